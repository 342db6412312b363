"""The waterfall and sites with `geopandas.overlay`, layer by layer: with_geopandas.py DATA OUT."""

from __future__ import annotations

import sys

import geopandas as gpd
from rules import BUFFER, MIN_AREA, QUADRANT_SEGMENTS, RULES, Sizes


def main(data: str, out: str) -> None:
    left = gpd.read_parquet(f"{data}/parcels.parquet")[["id", "geometry"]]
    sizes = Sizes(int(left["id"].max()) + 1)
    sizes.add(left["id"], left.area)
    for name in RULES:
        layer = gpd.read_parquet(f"{data}/{name}.parquet")[["geometry"]]
        if name in BUFFER:
            layer = layer.set_geometry(layer.buffer(BUFFER[name], quad_segs=QUADRANT_SEGMENTS))
        left = gpd.overlay(left, layer, how="difference", keep_geom_type=True)
        sizes.add(left["id"], left.area)
    parts = left.explode(index_parts=False)
    parts["area"] = parts.area
    large = parts[parts["area"] >= MIN_AREA].groupby("id")["area"].agg(["size", "sum"])
    sizes.save(out, large.index, large["size"], large["sum"])


if __name__ == "__main__":
    main(*sys.argv[1:])
