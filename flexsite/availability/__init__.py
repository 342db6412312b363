"""Availability: rules take ground away, what is left becomes sites."""
