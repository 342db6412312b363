"""A quick look at a study on a grid: what the rules leave of each cell. Cells are not locations."""
