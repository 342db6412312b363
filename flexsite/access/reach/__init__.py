"""Ways along the streets: to the nearest, to all within reach, drawn."""
