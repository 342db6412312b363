"""How many homes, rooms and people fit on a site."""
