"""Suitability: per target group hard requirements, signed criteria, homes and ranks."""
