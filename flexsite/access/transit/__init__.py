"""Journeys by public transport: on foot to stops, riding, changing, on foot to the destination."""
