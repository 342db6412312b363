"""Writing the region as ordinary files: the same bytes every time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely

from flexsite.demo import plans, rules_layers, streets, timetable
from flexsite.demo.frame import CRS, ORIGIN, PRECISION, SIZE
from flexsite.demo.region import Region

Bounds = tuple[float, float, float, float]
TIME = "2026-01-01T00:00:00.000Z"
# the east of Molmerdam: town, railway, motorway, canal and polder
SMALL: Bounds = (ORIGIN[0] + 7250, ORIGIN[1] + 3400, ORIGIN[0] + 9650, ORIGIN[1] + 5800)
AROUND = 1500.0
FIGURES = "kerncijfers.csv"
UNCUT = ("parcels", "buildings", "jobs", "dwellings", "stops", "stations", "centres")


@contextmanager
def _fixed_time() -> Iterator[None]:
    """Let GDAL write a fixed date into GeoPackages for the time being."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": TIME})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_vectors(layers: dict[tuple[str, str], gpd.GeoDataFrame], folder: Path, *, index: bool = True) -> None:
    """Write every layer to <file stem>.gpkg, with a spatial index or smaller; files that are there are replaced."""
    for stem in {stem: None for stem, _ in layers}:
        (folder / f"{stem}.gpkg").unlink(missing_ok=True)
    with _fixed_time():
        for (stem, name), layer in layers.items():
            path = folder / f"{stem}.gpkg"
            pyogrio.write_dataframe(
                layer, path, layer=name, driver="GPKG", append=path.exists(), SPATIAL_INDEX="YES" if index else "NO"
            )


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
        transform=rasterio.Affine(cell, 0.0, west, 0.0, -cell, north), nodata=rules_layers.NODATA,
        compress="deflate", predictor=3,
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
    (inputs / FIGURES).write_bytes(region.figures.encode("utf-8"))
    study = folder / "study.yaml"
    study.write_bytes(study_text().encode("utf-8"))
    return study


def clip(layers: dict[tuple[str, str], gpd.GeoDataFrame], bounds: Bounds) -> dict[tuple[str, str], gpd.GeoDataFrame]:
    """Return what of every layer lies within bounds, all in one file.

    Parcels are not cut: those whose point on surface lies within stay. Of a layer, zone, stage or kind of plan with
    nothing there the nearest feature stays whole, so that every rule of the study finds its features.
    """
    box = shapely.box(*bounds)
    found: dict[tuple[str, str], gpd.GeoDataFrame] = {}
    for (_, name), layer in layers.items():
        shapes = layer.geometry.to_numpy()
        inside = shapely.contains_properly(box, shapely.point_on_surface(shapes))
        if name not in UNCUT:
            inside = shapely.intersects(shapes, box)
        sort = (
            layer["zone"]
            if "zone" in layer
            else layer["status"].str[0].where(~layer["plantype"].isin(plans.APART), layer["plantype"])
            if "status" in layer
            else layer["geometry"].isna()
        )
        missing = sorted(set(sort) - set(sort[inside]))
        rows = [np.flatnonzero(sort == value) for value in missing]
        nearest = [int(row[np.argmin(shapely.distance(shapes[row], box))]) for row in rows]
        chosen = layer[inside]
        if name not in UNCUT:
            chosen = chosen.set_geometry(shapely.intersection(chosen.geometry.to_numpy(), box, grid_size=PRECISION))
            chosen = chosen[~chosen.geometry.is_empty]
        whole = pd.concat([chosen, layer.iloc[nearest]]) if nearest else chosen
        found[("region", name)] = whole.sort_index().reset_index(drop=True)
    return found


def write_small(region: Region, folder: Path) -> Path:
    """Write a corner of 2.4 x 2.4 km that runs by itself in seconds; return its study's path.

    All layers go into region.gpkg. Its study looks at land alone, is run once, and writes no workbook and no report.
    """
    inputs = folder / "input"
    inputs.mkdir(parents=True, exist_ok=True)
    layers = clip(region.vectors, SMALL)
    for name in ("zoning_coverage", "plans_coverage"):
        path = inputs / f"{name}.geojson"
        path.unlink(missing_ok=True)
        pyogrio.write_dataframe(layers.pop(("region", name)), path, driver="GeoJSON", COORDINATE_PRECISION=2)
    write_vectors(layers, inputs, index=False)
    write_noise(region, inputs / "noise.tif", SMALL)
    around = (SMALL[0] - AROUND, SMALL[1] - AROUND, SMALL[2] + AROUND, SMALL[3] + AROUND)
    streets.write(region.network, inputs / "streets.osm.pbf", around)
    text = re.sub(r"coverage: input/(\w+)\.gpkg", r"coverage: input/\1.geojson", study_text())
    text = re.sub(r"path: input/\w+\.gpkg", "path: input/region.gpkg", text)
    text = text.replace("name: Verzonnen Waard (invented)", "name: Verzonnen Waard, a corner (invented)")
    text = re.sub(r"margin: \d+ ", "margin: 3000 ", text)
    text = re.sub(r"  shown:.*?(?=  measures:)", "", text, flags=re.DOTALL)
    text = re.sub(r"  also:.*?(?=\n\n)", "", text, flags=re.DOTALL)
    text = re.sub(r"  (vacant_buildings|flat_roofs): .*\n", "", text)
    text = re.sub(r"variants: .*?(?=boundaries:)", "", text, flags=re.DOTALL)
    text = text.replace("tables, xlsx, map, report]", "tables, map]")
    timetable.write(region.table, inputs / "gtfs.zip")
    codes = {*layers["region", "neighbourhoods"]["buurtcode"], *layers["region", "districts"]["wijkcode"]}
    header, *rows = region.figures.splitlines(keepends=True)
    figures = "".join([header, *(row for row in rows if row.split(";")[0] in codes)])
    (inputs / FIGURES).write_bytes(figures.encode("utf-8"))
    study = folder / "study.yaml"
    study.write_bytes(text.encode("utf-8"))
    return study
