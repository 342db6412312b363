"""Service levels of public transport at a site, by published standards."""
