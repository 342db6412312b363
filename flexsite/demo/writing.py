"""Writing the region as ordinary files: the same bytes every time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from rasterio.transform import from_origin

from flexsite.demo import rules_layers, streets, timetable
from flexsite.demo.frame import CRS, ORIGIN, PRECISION, SIZE
from flexsite.demo.region import Region

Bounds = tuple[float, float, float, float]
TIME = "2026-01-01T00:00:00.000Z"
# a corner of Molmerdam: town, railway, motorway, canal and polder
SMALL: Bounds = (ORIGIN[0] + 6600, ORIGIN[1] + 3500, ORIGIN[0] + 9600, ORIGIN[1] + 6500)
WHOLE = ("area", "municipalities", "plans_coverage", "zoning_coverage")


@contextmanager
def _fixed_time() -> Iterator[None]:
    """Let GDAL write a fixed date into GeoPackages for the time being."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": TIME})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_vectors(layers: dict[tuple[str, str], gpd.GeoDataFrame], folder: Path) -> None:
    """Write every layer to <file stem>.gpkg; files that are there are replaced."""
    for stem in {stem: None for stem, _ in layers}:
        (folder / f"{stem}.gpkg").unlink(missing_ok=True)
    with _fixed_time():
        for (stem, name), layer in layers.items():
            path = folder / f"{stem}.gpkg"
            pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=path.exists())


def write_noise(region: Region, path: Path, bounds: Bounds | None = None) -> None:
    """Write the noise raster as GeoTIFF, clipped to whole cells within `bounds`."""
    cell, values = rules_layers.NOISE_CELL, region.noise
    west, north = ORIGIN[0], ORIGIN[1] + SIZE
    if bounds is not None:
        first, last = int((bounds[0] - west) // cell), int((bounds[2] - west) // cell)
        top, bottom = int((north - bounds[3]) // cell), int((north - bounds[1]) // cell)
        values = values[top:bottom, first:last]
        west, north = west + first * cell, north - top * cell
    path.unlink(missing_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype="float32", crs=CRS,
        transform=from_origin(west, north, cell, cell), nodata=rules_layers.NODATA, compress="deflate", predictor=3,
    ) as target:  # fmt: skip
        target.write(values, 1)


def study_text() -> str:
    """Return the study of the whole region."""
    return resources.files("flexsite.demo").joinpath("study_template.yaml").read_text(encoding="utf-8")


def write_region(region: Region, folder: Path) -> Path:
    """Write all inputs to folder/input and the study beside it; return the study's path."""
    inputs = folder / "input"
    inputs.mkdir(parents=True, exist_ok=True)
    write_vectors(region.vectors, inputs)
    write_noise(region, inputs / "noise.tif")
    streets.write(region.network, inputs / "streets.osm.pbf")
    timetable.write(region.table, inputs / "gtfs.zip")
    study = folder / "study.yaml"
    study.write_bytes(study_text().encode("utf-8"))
    return study


def clip(layers: dict[tuple[str, str], gpd.GeoDataFrame], bounds: Bounds) -> dict[tuple[str, str], gpd.GeoDataFrame]:
    """Return what of every layer lies within bounds; a layer with nothing there keeps its nearest feature whole.

    Parcels are not cut: those whose point on surface lies within stay.
    """
    box = shapely.box(*bounds)
    found: dict[tuple[str, str], gpd.GeoDataFrame] = {}
    for key, layer in layers.items():
        shapes = layer.geometry.to_numpy()
        if key[1] == "parcels":
            chosen = layer[shapely.contains_properly(box, shapely.point_on_surface(shapes))]
        else:
            chosen = layer[shapely.intersects(shapes, box)]
            if not len(chosen):
                chosen = layer.iloc[[int(np.argmin(shapely.distance(shapes, box)))]]
            elif key[1] not in ("buildings", "jobs", "dwellings", "stops", "stations", "centres"):
                cut = shapely.intersection(chosen.geometry.to_numpy(), box, grid_size=PRECISION)
                chosen = chosen.set_geometry(cut)
                chosen = chosen[(shapely.area(cut) > 1) | (shapely.length(cut) > 1)]
        found[("region", key[1])] = chosen.reset_index(drop=True)
    return found


def write_small(region: Region, folder: Path) -> Path:
    """Write a corner of 3 x 3 km that runs by itself; return its study's path. All layers go into region.gpkg."""
    inputs = folder / "input"
    inputs.mkdir(parents=True, exist_ok=True)
    write_vectors(clip(region.vectors, SMALL), inputs)
    write_noise(region, inputs / "noise.tif", SMALL)
    streets.write(region.network, inputs / "streets.osm.pbf", SMALL)
    text = re.sub(r"path: input/\w+\.gpkg, layer:", "path: input/region.gpkg, layer:", study_text())
    text = text.replace("name: Verzonnen Waard (invented)", "name: Verzonnen Waard, a corner (invented)")
    text = re.sub(r"margin: \d+ ", "margin: 3000 ", text)
    study = folder / "study.yaml"
    study.write_bytes(text.encode("utf-8"))
    return study
