"""The street network: what a file says, what hangs together, what is closed, kept for the next run."""
