"""A small town in files: 1,680 parcels in a dozen tiles, and a study whose rules meet most of them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

ACROSS, UP, STEP = 42, 40, 85.0
X, Y = 120_000.0, 480_000.0
STUDY = """\
flexsite: 1
name: Town
crs: EPSG:28992
date: 2026-01-01
term: 15
area: area.gpkg
layers:
  parcels: parcels.gpkg
  buildings: {path: buildings.gpkg, coverage: complete}
  nature: {path: nature.gpkg, coverage: known.gpkg}
  plans: {path: plans.gpkg, coverage: extent}
  zoning: {path: zoning.gpkg, coverage: extent}
candidates: {layer: parcels, id: code, min_area: 300}
rules:
  - {id: built, exclude: buildings, buffer: 3, class: very_hard}
  - {id: reserve, exclude: nature, class: hard}
  - {id: planned, exclude: plans, until: start, class: hard}
  - {id: zoned, route: zoning, column: use, allowed: [wonen], forbidden: [water]}
  - {id: quiet, mark: nature, buffer: 40, class: soft}
  - {id: few, cap: plans, homes: homes, class: soft}
columns:
  purpose: {layer: zoning, column: use}
profiles:
  - id: starter
    requires: {large: {column: area_m2, at_least: 500}}
    criteria: {size: {column: area_m2, best: 4000, worst: 300, weight: 60}}
    unit: {homes_per_ha: 40}
    homes: {min: 2}
outputs: [parquet, gpkg]
"""


def write_town(folder: Path) -> Path:
    """The study file; its layers stand beside it."""
    random = np.random.default_rng(8)
    x = X + STEP * np.tile(np.arange(ACROSS), UP)
    y = Y + STEP * np.repeat(np.arange(UP), ACROSS)
    wide, high = random.uniform(30, STEP, (2, len(x)))
    parcels = shapely.box(x, y, x + wide, y + high)
    codes = [f"K{number:04d}" for number in random.permutation(len(x))]
    at = random.uniform((X, Y), (X + ACROSS * STEP, Y + UP * STEP), (700, 2))
    built = shapely.box(at[:, 0], at[:, 1], at[:, 0] + random.uniform(5, 30, 700), at[:, 1] + 12)
    woods = shapely.buffer(shapely.points(random.uniform((X, Y), (X + 4000, Y + 3300), (25, 2))), 130)
    corner = random.uniform((X, Y), (X + 3700, Y + 3000), (40, 2))
    plans = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + 190, corner[:, 1] + 140)
    edge = X + 500 * np.arange(9)
    zones = shapely.box(edge[:-1], Y - 50, edge[1:], Y + 3000)
    folder.mkdir(parents=True, exist_ok=True)
    _layer(folder / "area.gpkg", [shapely.box(X - 100, Y - 100, X + 4200, Y + 3500)])
    _layer(folder / "parcels.gpkg", parcels, code=codes)
    _layer(folder / "buildings.gpkg", built)
    _layer(folder / "nature.gpkg", woods)
    _layer(folder / "known.gpkg", [shapely.box(X - 10, Y - 10, X + 3000, Y + 3400)])
    _layer(folder / "plans.gpkg", plans, start=random.integers(2025, 2060, 40), homes=random.integers(1, 9, 40))
    _layer(folder / "zoning.gpkg", zones, use=["wonen", "groen", "water", "wonen", "wonen", "groen", "wonen", "wonen"])
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    return folder / "study.yaml"


def _layer(path: Path, geometries: Any, **columns: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gpd.GeoDataFrame(columns, geometry=list(geometries), crs="EPSG:28992").to_file(path, engine="pyogrio")
