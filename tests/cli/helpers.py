"""Three parcels, a nature reserve, zoning and stops in files, and the study over them as text."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

X, Y = 150_000.0, 450_000.0
STUDY = """\
flexsite: 1
name: Three parcels
crs: EPSG:28992
date: 2026-01-01
term: 10
area: area.gpkg
layers:
  parcels: parcels.gpkg
  nature: {path: nature.gpkg, coverage: complete}
  zoning: {path: zoning.gpkg, coverage: extent}
  stops: stops.gpkg
candidates: {layer: parcels, id: code, min_area: 500}
rules:
  - {id: reserve, exclude: nature, class: very_hard}
  - {id: plan, route: zoning, column: use, allowed: [wonen], forbidden: [water]}
  - {id: looked_at, mark: nature, class: soft}
columns:
  purpose: {layer: zoning, column: use}
access:
  measures:
    - {id: stop, to: stops, mode: straight}
profiles:
  - id: tester
    requires: {near: {measure: stop, at_most: 450}}
    criteria: {stop: {measure: stop, best: 0, worst: 500, weight: 60}}
    unit: {homes_per_ha: 40}
    homes: {min: 5}
outputs: [parquet]
"""


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """A rectangle in metres from the corner of the world."""
    return shapely.box(X + x0, Y + y0, X + x1, Y + y1)


def layer(path: Path, geometries: list[Any], **columns: Any) -> Path:
    """Write a file of the kind its suffix says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gpd.GeoDataFrame(columns, geometry=geometries, crs="EPSG:28992").to_file(path, engine="pyogrio")
    return path


def write_study(folder: Path) -> Path:
    """K1 is free, K2 half reserve, K3 all water; the stop lies west of K1."""
    layer(folder / "area.gpkg", [box(-100, -100, 700, 300)])
    layer(folder / "parcels.gpkg", [box(200 * i, 0, 200 * i + 100, 100) for i in range(3)], code=["K1", "K2", "K3"])
    layer(folder / "nature.gpkg", [box(250, -50, 350, 150)])
    layer(folder / "zoning.gpkg", [box(-50, -50, 390, 150), box(390, -50, 600, 150)], use=["wonen", "water"])
    layer(folder / "stops.gpkg", [shapely.Point(X - 50, Y + 50)])
    return edit(folder / "study.yaml", write=STUDY)


def edit(path: Path, old: str = "", new: str = "", *, write: str | None = None) -> Path:
    """Replace one piece of a study, or write it anew."""
    text = path.read_text(encoding="utf-8") if write is None else write
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return path
