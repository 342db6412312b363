"""The study format: models, loading with line numbers, single changes."""
