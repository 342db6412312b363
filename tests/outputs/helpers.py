"""A small world in files: four parcels, a nature reserve, plans, owners, stops and a profile."""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
import yaml

import flexsite
from flexsite.outputs.result import Result

X, Y = 150_000.0, 450_000.0


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """A rectangle in metres from the corner of the world."""
    return shapely.box(X + x0, Y + y0, X + x1, Y + y1)


def layer(path: Path, geometries: list[Any], **columns: Any) -> Path:
    """Write a file of the kind its suffix says."""
    frame = gpd.GeoDataFrame(columns, geometry=geometries, crs="EPSG:28992")
    if path.suffix == ".parquet":
        frame.to_parquet(path)
        return path
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(path, engine="pyogrio")
    return path


PROFILE: dict[str, Any] = {
    "id": "tester",
    "label": {"nl": "Tester & <zoon>", "en": 'Tester & "son"'},
    "requires": {"near": {"measure": "stop", "at_most": 400}},
    "criteria": {"stop": {"measure": "stop", "best": 0, "worst": 500, "weight": 60}},
    "unit": {"homes_per_ha": 40},
    "homes": {"min": 5, "max": 30},
}
STUDY: dict[str, Any] = {
    "flexsite": 1,
    "name": "A small world",
    "language": "en",
    "crs": "EPSG:28992",
    "date": "2026-01-01",
    "term": 10,
    "area": "area.fgb",
    "layers": {
        "parcels": {"path": "parcels.fgb", "source": "Land registry", "date": "2026-01-01", "licence": "CC-BY-4.0"},
        "nature": {"path": "nature.fgb", "coverage": "complete"},
        "plans": {"path": "plans.fgb", "coverage": "known.fgb"},
        "owners": "owners.fgb",
        "stops": "stops.fgb",
    },
    "candidates": {"layer": "parcels", "id": "code", "min_area": 100},
    "rules": [
        {"id": "reserve", "exclude": "nature", "class": "very_hard"},
        {"id": "planned", "exclude": "plans", "until": "start"},
    ],
    "columns": {"owner": {"layer": "owners", "column": "name"}},
    "access": {"measures": [{"id": "stop", "to": "stops", "mode": "straight"}]},
    "profiles": ["tester.yaml"],
    "outputs": ["parquet"],
}


def write_world(folder: Path) -> None:
    """Four parcels of a hectare in a row: free; half nature; planned for 2030 and 2050; outside what plans know."""
    layer(folder / "area.fgb", [box(-100, -100, 900, 900)])
    layer(
        folder / "parcels.fgb", [box(200 * i, 0, 200 * i + 100, 100) for i in range(4)], code=["K1", "K2", "K3", "K4"]
    )
    layer(folder / "nature.fgb", [box(250, -50, 350, 150)])
    layer(folder / "plans.fgb", [box(400, 0, 430, 100), box(430, 0, 500, 100)], start=[2030, 2050])
    layer(folder / "known.fgb", [box(-100, -100, 550, 200)])
    layer(folder / "owners.fgb", [box(0, 0, 320, 100), box(320, 0, 900, 100)], name=["Jansen", "=Pietersen()"])
    layer(folder / "stops.fgb", [shapely.Point(X - 50, Y + 50)])
    (folder / "tester.yaml").write_text(yaml.safe_dump(PROFILE, sort_keys=False), encoding="utf-8")


def world(folder: Path, changes: Mapping[str, Any] | None = None, **keys: Any) -> Path:
    """The study of this world; keys replace those of the study, `changes` are deep ones such as `layers.owners`."""
    write_world(folder)
    study = copy.deepcopy(STUDY) | keys
    for key, value in (changes or {}).items():
        node: Any = study
        *parents, last = key.split(".")
        for parent in parents:
            node = node[parent]
        node[last] = value
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(study, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def run(path: Path, **overrides: Any) -> Result:
    """The study, run; `a__b` in an override stands for `a.b`."""
    return flexsite.run(flexsite.load(path, {key.replace("__", "."): value for key, value in overrides.items()}))


def files(folder: Path) -> list[str]:
    """Every file in a folder, by its path from there."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def lines(text: str) -> io.StringIO:
    """Text as a file, its line ends as they are."""
    return io.StringIO(text, newline="")
