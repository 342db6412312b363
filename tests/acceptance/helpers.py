"""Small files to run studies on, and the command line called inside this process."""

from __future__ import annotations

import contextlib
import copy
import io
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
import yaml
from affine import Affine

X0, Y0 = 150_000.0, 450_000.0
"""South-west corner of every invented region, in EPSG:28992, metres."""

RD = "EPSG:28992"


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """A rectangle in local metres, brought to the region's corner."""
    return shapely.box(X0 + x0, Y0 + y0, X0 + x1, Y0 + y1)


def poly(*points: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(X0 + x, Y0 + y) for x, y in points])


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(X0 + x, Y0 + y) for x, y in points])


def point(x: float, y: float) -> shapely.Point:
    return shapely.Point(X0 + x, Y0 + y)


def vector(
    path: Path,
    geometries: Sequence[Any],
    *,
    crs: str | None = RD,
    layer: str | None = None,
    **columns: Sequence[Any],
) -> Path:
    """Write features to a file of the kind its suffix says; keyword arguments are its columns."""
    frame = gpd.GeoDataFrame(dict(columns), geometry=list(geometries), crs=crs)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
        return path
    options = {"layer": layer} if layer else {}
    if crs is None:
        options["crs"] = None  # silence pyogrio's notice: the missing CRS is the point of the test
    with contextlib.suppress(FileNotFoundError):
        if path.suffix == ".gpkg" and layer is None:
            path.unlink()
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(path, engine="pyogrio", **options)
    return path


def raster(
    path: Path,
    values: Sequence[Sequence[float]],
    *,
    cell: float,
    left: float = 0.0,
    top: float | None = None,
    nodata: float | None = -1,
    crs: str | None = RD,
) -> Path:
    """Write a one-band GeoTIFF; `left` and `top` in local metres, the first row is the northernmost."""
    array = np.asarray(values, dtype="float64")
    top = array.shape[0] * cell if top is None else top
    transform = Affine(cell, 0, X0 + left, 0, -cell, Y0 + top)
    profile: dict[str, Any] = {
        "driver": "GTiff", "height": array.shape[0], "width": array.shape[1], "count": 1,
        "dtype": "float64", "transform": transform, "nodata": nodata,
    }  # fmt: skip
    if crs is not None:
        profile["crs"] = crs
    with rasterio.open(path, "w", **profile) as file:
        file.write(array, 1)
    return path


def study_file(folder: Path, content: Mapping[str, Any], name: str = "study.yaml") -> Path:
    """Write a study as YAML, keys in the order given."""
    path = folder / name
    path.write_text(yaml.safe_dump(copy.deepcopy(dict(content)), sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Outcome:
    """What a command did: its exit code and both streams."""

    code: int
    out: str
    err: str

    def says(self, text: str) -> bool:
        """Whether the message holds the text, however it was wrapped."""
        return "".join(text.split()).lower() in "".join(self.err.split()).lower()


def cli(*arguments: object) -> Outcome:
    """Run `python -m flexsite ...` inside this process: as the command line does, without its start-up time."""
    argv, sys.argv = sys.argv, ["flexsite", *map(str, arguments)]
    out, err = io.StringIO(), io.StringIO()
    columns = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "200"
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                runpy.run_module("flexsite", run_name="__main__")
            except SystemExit as stop:
                code = stop.code if isinstance(stop.code, int) else (0 if stop.code is None else 1)
    finally:
        sys.argv = argv
        if columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = columns
    return Outcome(code, out.getvalue(), err.getvalue())


def ids(text: object) -> list[str]:
    """A list column: ids joined by a semicolon, empty for none."""
    assert isinstance(text, str), f"a list column holds {text!r}, not a string"
    return text.split(";") if text else []


def day(value: object) -> str | None:
    """A date of whatever type as YYYY-MM-DD, None when empty."""
    if empty(value):
        return None
    return str(pd.Timestamp(str(value)).date())


def empty(value: object) -> bool:
    return bool(pd.isna(value)) or value == ""  # type: ignore[call-overload]


PROFILE: dict[str, Any] = {
    "id": "tester",
    "label": {"nl": "Tester", "en": "Tester"},
    "about": "invented",
    "unit": {"homes_per_ha": 40, "floor_area": 28, "storeys": 2, "rooms": 2},
}


def profile_file(folder: Path, name: str, **content: Any) -> str:
    """Write a profile of few words; its name for the study."""
    text = yaml.safe_dump(PROFILE | {"id": name} | content, sort_keys=False)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return f"{name}.yaml"


def one_parcel(folder: Path, **changes: Any) -> Path:
    """One parcel K1 of a hectare and the study around it; `changes` are keys of the study, `layers` are added."""
    vector(folder / "area.gpkg", [box(-1000, -1000, 1000, 1000)])
    vector(folder / "parcels.gpkg", [box(0, 0, 100, 100)], code=["K1"])
    study: dict[str, Any] = {
        "flexsite": 1,
        "name": "One parcel",
        "crs": RD,
        "date": "2026-01-01",
        "term": 10,
        "area": "area.gpkg",
        "layers": {"parcels": "parcels.gpkg"},
        "candidates": {"layer": "parcels", "id": "code"},
        "outputs": ["parquet"],
    }
    layers = study["layers"] | changes.pop("layers", {})
    return study_file(folder, study | changes | {"layers": layers})


def run_study(path: Path) -> Any:
    """The result through the public API."""
    import flexsite

    return flexsite.run(flexsite.load(path))


def process(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own that finds the package these tests run on."""
    import flexsite

    home = str(Path(flexsite.__file__).parents[1])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
