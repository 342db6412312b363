"""Slow, plain second implementations that share no code with the product."""
