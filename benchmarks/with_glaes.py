"""What is left on a raster of 10 m with GLAES, layer by layer: with_glaes.py DATA OUT.

Its GDAL reads GeoPackages: DATA holds one per layer and `ground.gpkg`, which `peers.py` writes beforehand.
"""

from __future__ import annotations

import sys

import glaes
import numpy as np
from rules import BUFFER, RULES

CELL = 10.0


def main(data: str, out: str) -> None:
    ground = glaes.ExclusionCalculator(f"{data}/ground.gpkg", srs=28992, pixelRes=CELL)
    for name in RULES:
        ground.excludeVectorType(f"{data}/{name}.gpkg", buffer=BUFFER.get(name))
    np.savez(out, left_ha=ground.areaAvailable / 1e4)


if __name__ == "__main__":
    main(*sys.argv[1:])
