"""Where sites and places meet the streets."""
