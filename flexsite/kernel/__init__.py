"""Compiled work on flat polygons: which meet, cutting them, their areas per combination, their fingerprints.

Everything here is free of rooms and of geometry objects, lets other threads run while it works, and returns the same
for a row whatever the rows beside it.
"""

from __future__ import annotations

from flexsite.kernel.combining import Combinations, combine
from flexsite.kernel.compiling import COMPILING, announced, compiled, loading, warm
from flexsite.kernel.cutting import clip, cut
from flexsite.kernel.pairing import pairs
from flexsite.kernel.printing import Prints, seen

__all__ = [
    "COMPILING", "Combinations", "Prints", "announced", "clip", "combine", "compiled", "cut", "loading", "pairs",
    "seen", "warm",
]  # fmt: skip
