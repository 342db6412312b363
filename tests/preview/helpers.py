"""The small files and random worlds of the acceptance tests, for previews of the same studies."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tests import by path, and their rooms are no one package

from acceptance.helpers import X0, Y0, box, cli, line, one_parcel, poly, profile_file, raster, vector
from acceptance.oracle import Debatable, World, candidates
from acceptance.worlds import worlds, write_layers, write_study

__all__ = [
    "X0", "Y0", "Debatable", "World", "box", "candidates", "cli", "line", "one_parcel", "poly", "profile_file",
    "raster", "vector", "worlds", "write_layers", "write_study",
]  # fmt: skip
