"""Studies of one kind of site or several, from a few boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
import yaml

CRS = "EPSG:28992"
PROFILE = {"id": "tester", "unit": {"homes_per_ha": 40, "floor_area": 30}}


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(150_000 + west, 450_000 + south, 150_000 + east, 450_000 + north)


def layer(path: Path, shapes: Sequence[shapely.Geometry], **columns: Sequence[Any]) -> None:
    path.unlink(missing_ok=True)
    gpd.GeoDataFrame(dict(columns), geometry=list(shapes), crs=CRS).to_file(path, engine="pyogrio")


def study(folder: Path, candidates: Mapping[str, Any], **changes: Any) -> Path:
    """A study of the layers in a folder."""
    layer(folder / "area.gpkg", [box(-5000, -5000, 5000, 5000)])
    names = sorted(path.stem for path in folder.glob("*.gpkg") if path.stem != "area")
    tree = {
        "flexsite": 1, "name": "Kinds", "crs": CRS, "date": "2026-01-01", "term": 10, "area": "area.gpkg",
        "layers": {name: f"{name}.gpkg" for name in names}, "candidates": dict(candidates), "profiles": [PROFILE],
        "outputs": ["parquet"],
    }  # fmt: skip
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(tree | changes, sort_keys=False), encoding="utf-8")
    return path
