"""The examples on real open data, checked against independent computations."""
