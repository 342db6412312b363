"""What is left on a raster of 10 m with atlite, which tells layers not apart: with_atlite.py DATA OUT."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from atlite.gis import ExclusionContainer
from rules import BUFFER, QUADRANT_SEGMENTS, RULES

CELL = 10.0


def main(data: str, out: str) -> None:
    meta = json.loads(Path(data, "meta.json").read_text(encoding="utf-8"))
    excluded = ExclusionContainer(crs="EPSG:28992", res=CELL)
    for name in RULES:
        shapes = gpd.read_parquet(f"{data}/{name}.parquet").geometry
        excluded.add_geometry(shapes.buffer(BUFFER[name], quad_segs=QUADRANT_SEGMENTS) if name in BUFFER else shapes)
    ground = shapely.box(meta["x0"], meta["y0"], meta["x0"] + meta["W"], meta["y0"] + meta["H"])
    mask, _ = excluded.compute_shape_availability(gpd.GeoSeries([ground], crs="EPSG:28992"))
    np.savez(out, left_ha=mask.sum() * CELL * CELL / 1e4)


if __name__ == "__main__":
    main(*sys.argv[1:])
