"""How far results rest on assumptions: sweeps, a tornado, and ranks under other weights."""
