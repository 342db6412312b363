"""Outputs: tables, files, the map."""
