"""Access: streets, entrances of sites, distances to places, and what lies on a site."""
