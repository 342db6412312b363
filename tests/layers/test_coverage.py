"""Where a layer knows anything: complete, assumed, its extent, polygons of a file, valid cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from flexsite.errors import InputError
from flexsite.layers import Layers

from .helpers import RD, plots, write
from .test_raster import DEGREES, tiff

Open = Callable[..., Layers]
AREA = (119_000.0, 479_000.0, 122_000.0, 481_000.0)


def test_left_out_is_assumed_and_complete_is_complete(every_format: dict[str, Path], layers: Open) -> None:
    opened = layers(one=every_format["gpkg"], two={"path": every_format["gpkg"], "coverage": "complete"})
    assert (opened.coverage("one", bounds=AREA).kind, opened.coverage("one", bounds=AREA).polygons) == ("assumed", None)
    assert opened.coverage("two", bounds=AREA).kind == "complete"
    assert opened.coverage("two", bounds=AREA).polygons is None
    assert opened.report["one"].coverage == "assumed"


@pytest.mark.parametrize("spec", [{"where": "nr = 3"}, {"sql": "SELECT * FROM plots WHERE nr = 3"}, {}])
@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "gml", "parquet"])
def test_extent_is_of_the_whole_layer_whatever_the_filter(
    suffix: str, spec: dict[str, str], every_format: dict[str, Path], layers: Open
) -> None:
    opened = layers(plots={"path": every_format[suffix], "coverage": "extent", **spec})
    found = opened.coverage("plots", bounds=AREA)
    assert found.kind == "extent" and found.polygons is not None
    assert [shape.bounds for shape in found.polygons] == [(120_000, 480_000, 121_500, 480_100)]
    beside = opened.coverage("plots", bounds=(0, 0, 1, 1)).polygons
    assert beside is not None and len(beside) == 0


def test_extent_of_a_file_in_degrees_has_bent_edges(tmp_path: Path, layers: Open) -> None:
    wide = gpd.GeoDataFrame(geometry=[shapely.Point(4, 52), shapely.Point(7, 53)], crs="EPSG:4326")
    path = write(wide, tmp_path / "wide.gpkg")
    (found,) = layers(wide={"path": path, "coverage": "extent"}).coverage("wide", bounds=(0, 3e5, 3e5, 6e5)).polygons
    south = gpd.GeoSeries(shapely.points(np.linspace(4, 7, 50), 52.0), crs="EPSG:4326").to_crs(RD)
    assert south.distance(found.exterior).max() < 1  # straight between four corners it would be 1.6 km


def test_polygons_of_a_file_in_another_crs_with_several_layers(tmp_path: Path, layers: Open) -> None:
    path = tmp_path / "cover.gpkg"
    half = gpd.GeoDataFrame(geometry=[shapely.box(120_000, 480_000, 120_700, 480_100)], crs=RD).to_crs("EPSG:4326")
    pyogrio.write_dataframe(half, path, layer="first", driver="GPKG")
    pyogrio.write_dataframe(half, path, layer="second", driver="GPKG")
    opened = layers(plots={"path": write(plots(), tmp_path / "plots.gpkg"), "coverage": path})
    found = opened.coverage("plots", bounds=AREA)
    assert found.kind == "polygons" and found.polygons is not None and len(found.polygons) == 1
    assert found.polygons[0].bounds == pytest.approx((120_000, 480_000, 120_700, 480_100), abs=0.01)
    assert opened.report["plots coverage"].layer == "first"
    nothing = opened.coverage("plots", bounds=(0, 0, 1, 1)).polygons
    assert nothing is not None and len(nothing) == 0


def test_a_coverage_that_is_no_polygon_or_not_there(tmp_path: Path, layers: Open) -> None:
    good = write(plots(), tmp_path / "plots.gpkg")
    points = write(gpd.GeoDataFrame(geometry=[shapely.Point(120_000, 480_000)], crs=RD), tmp_path / "points.gpkg")
    with pytest.raises(InputError, match=r"layer 'plots coverage' \(points\.gpkg.*not polygons"):
        layers(plots={"path": good, "coverage": points}).coverage("plots", bounds=AREA)
    with pytest.raises(InputError, match=r"no file cover\.gpkg"):
        layers(plots={"path": good, "coverage": tmp_path / "cover.gpkg"}).coverage("plots", bounds=AREA)


def test_a_raster_covers_its_valid_cells_within_its_polygons(tmp_path: Path, layers: Open) -> None:
    values = np.arange(12, dtype="uint8").reshape(3, 4)
    grid = tiff(tmp_path / "grid.tif", values, nodata=5)
    spec = {"path": grid, "coverage": "complete"}
    found = layers(grid=spec).coverage("grid", bounds=AREA)
    assert found.kind == "raster" and found.polygons is not None
    assert shapely.area(found.polygons).sum() == 11 * 625
    mask = gpd.GeoDataFrame(geometry=[shapely.box(120_010, 480_930, 120_090, 490_000)], crs=RD)
    cover = write(mask, tmp_path / "cover.gpkg")
    both = layers(grid={"path": grid, "coverage": cover}).coverage("grid", bounds=AREA)
    assert both.kind == "raster" and both.polygons is not None
    ground = shapely.union_all(both.polygons)
    assert ground.area == pytest.approx(80 * 70 - 625)  # the whole of cell 5 lies in it
    assert shapely.area(both.polygons).sum() == pytest.approx(ground.area)


def test_valid_cells_of_a_raster_in_degrees(tmp_path: Path, layers: Open) -> None:
    values = np.ones((5, 6), "float32")
    values[2, 2:4] = np.nan
    opened = layers(grid=tiff(tmp_path / "grid.tif", values, DEGREES, "EPSG:4326"))
    cells, _ = opened.raster("grid").cells()
    found = opened.coverage("grid", bounds=tuple(shapely.total_bounds(cells)))
    assert found.polygons is not None
    assert shapely.area(found.polygons).sum() == pytest.approx(shapely.area(cells).sum(), rel=1e-9)
    assert len(shapely.union_all(found.polygons).interiors) == 1
