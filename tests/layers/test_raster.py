"""Cells are never resampled: what covers them, what they are worth, in any CRS and at any slant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.errors import InputError
from flexsite.layers import Layers
from flexsite.layers.raster import Raster

from .helpers import RD

Open = Callable[..., Layers]
UPRIGHT = Affine(25, 0, 120_000, 0, -25, 481_000)
SLANTED = Affine.translation(120_000, 480_500) @ Affine.rotation(20) @ Affine.shear(10) @ Affine.scale(25, -25)
DEGREES = Affine(0.0004, 0, 4.89, 0, -0.00025, 52.31)
GRIDS = {"upright": (UPRIGHT, "EPSG:28992"), "slanted": (SLANTED, "EPSG:28992"), "degrees": (DEGREES, "EPSG:4326")}


def tiff(
    path: Path, values: np.ndarray, transform: Affine = UPRIGHT, crs: str | None = "EPSG:28992", **options: Any
) -> Path:
    bands = values if values.ndim == 3 else values[None]
    shape = {"count": bands.shape[0], "height": bands.shape[1], "width": bands.shape[2]}
    with rasterio.open(
        path, "w", driver="GTiff", dtype=values.dtype, crs=crs, transform=transform, **shape, **options
    ) as out:
        out.write(bands)
    return path


def grid(kind: str, values: np.ndarray, valid: np.ndarray | None = None) -> Raster:
    import pyproj

    transform, crs = GRIDS[kind]
    return Raster(
        "grid", values, np.ones(values.shape, bool) if valid is None else valid, transform, pyproj.CRS(crs), RD
    )


def quads(raster: Raster) -> np.ndarray:
    """Every cell by the definition, one by one."""
    import pyproj

    change = pyproj.Transformer.from_crs(raster.crs, RD, always_xy=True)
    made = np.empty(raster.values.shape, dtype=object)
    for row, column in np.ndindex(*made.shape):
        corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
        made[row, column] = shapely.Polygon([change.transform(*(raster.transform @ corner)) for corner in corners])
    return made


masks = st.integers(0, 2**35 - 1).map(lambda bits: np.array([bits >> i & 1 for i in range(35)], bool).reshape(5, 7))


@settings(max_examples=40, deadline=None)
@given(mask=masks, kind=st.sampled_from(sorted(GRIDS)))
def test_runs_cover_exactly_the_true_cells(mask: np.ndarray, kind: str) -> None:
    raster = grid(kind, np.zeros((5, 7)))
    runs = raster.runs(mask)
    cells = quads(raster)
    assert all(shapely.is_valid(runs))
    assert sum(shapely.area(runs)) == pytest.approx(sum(shapely.area(cells[mask])), rel=1e-9)
    ground = shapely.union_all(runs)
    assert ground.area == pytest.approx(sum(shapely.area(cells[mask])), rel=1e-9)  # no overlap
    for row, column in np.ndindex(5, 7):
        inside = ground.intersection(cells[row, column]).area
        assert inside == pytest.approx(cells[row, column].area if mask[row, column] else 0, abs=1e-3)


def test_equal_runs_in_successive_rows_are_one_rectangle() -> None:
    mask = np.zeros((4, 6), bool)
    mask[:3, 1:4] = True
    mask[3, 1:5] = True
    runs = grid("upright", np.zeros((4, 6))).runs(mask)
    assert [shape.bounds for shape in runs] == [
        (120_025, 480_925, 120_100, 481_000),
        (120_025, 480_900, 120_125, 480_925),
    ]
    assert len(grid("degrees", np.zeros((4, 6))).runs(mask)) == 4


def test_neighbours_in_another_crs_share_every_vertex() -> None:
    raster = grid("degrees", np.zeros((3, 8)))
    mask = np.ones((3, 8), bool)
    mask[1, 3] = False
    runs = raster.runs(mask)
    shapely.union_all(runs)
    rows = [set(map(tuple, shapely.get_coordinates(shape))) for shape in runs]
    assert len(rows[0] & rows[1]) == 4 and len(rows[0] & rows[2]) == 5  # the corners of cells 0..2 and 4..7
    assert shapely.union_all(runs).interiors[0].length > 0 and len(shapely.union_all(runs).interiors) == 1


@pytest.mark.parametrize("kind", GRIDS)
@pytest.mark.parametrize("statistic", ["mean", "min", "max"])
def test_area_weighted_is_what_brute_force_finds(kind: str, statistic: str) -> None:
    rng = np.random.default_rng(3)
    values = rng.random((12, 14)) * 40 + 30
    valid = rng.random((12, 14)) > 0.25
    raster = grid(kind, values, valid)
    cells = quads(raster)
    west, south, east, north = shapely.total_bounds(cells.ravel())
    centres = np.column_stack([rng.uniform(west - 30, east + 30, 120), rng.uniform(south - 30, north + 30, 120)])
    shapes = shapely.buffer(shapely.points(centres), rng.uniform(1, 80, 120), quad_segs=5)
    found = raster.area_weighted(shapes, statistic)  # type: ignore[arg-type]
    assert 20 < np.isnan(found).sum() < 100
    for shape, result in zip(shapes, found, strict=True):
        overlap = np.array([shape.intersection(cell).area for cell in cells[valid]])
        touched = overlap > 1e-6
        if overlap.sum() < shape.area / 2:
            assert np.isnan(result)
        elif statistic == "mean":
            assert result == pytest.approx((overlap * values[valid]).sum() / overlap.sum(), rel=1e-9)
        else:
            assert result == getattr(values[valid][touched], statistic)()


def test_area_weighted_borders() -> None:
    values = np.full((4, 4), 50.1)
    valid = np.ones((4, 4), bool)
    valid[:, 2:] = False
    raster = grid("upright", values, valid)
    half, more, less = (
        shapely.box(120_025, 480_925, 120_075, 480_975),
        shapely.box(120_025, 480_925, 120_074, 480_975),
        None,
    )
    assert (
        raster.area_weighted(np.array([half, more, less, shapely.Polygon()], dtype=object), "mean")[:2].tolist()
        == [50.1] * 2
    )
    rest = raster.area_weighted(np.array([less, shapely.Polygon(), shapely.box(0, 0, 1, 1)], dtype=object), "max")
    assert np.isnan(rest).all()
    just_over = shapely.box(120_025, 480_925, 120_075.1, 480_975)
    assert np.isnan(raster.area_weighted(np.array([just_over], dtype=object), "mean")).all()
    # A neighbour touched along a border does not count.
    values[:, 0] = 99
    own = np.array([shapely.box(120_025, 480_900, 120_050, 481_000)], dtype=object)
    assert grid("upright", values).area_weighted(own, "max").tolist() == [50.1]


def test_a_polygon_with_more_cells_than_a_batch_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    import flexsite.layers.overlap as module

    raster = grid("upright", np.arange(400.0).reshape(20, 20))
    shapes = np.array(
        [shapely.box(120_010, 480_510, 120_490, 480_990), shapely.box(120_000, 480_990, 120_010, 481_000)]
    )
    whole = raster.area_weighted(shapes, "mean")
    monkeypatch.setattr(module, "BATCH", 37)
    assert raster.area_weighted(shapes, "mean") == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("kind", GRIDS)
def test_a_window_has_the_cells_of_the_whole(kind: str, tmp_path: Path, layers: Open) -> None:
    transform, crs = GRIDS[kind]
    values = np.arange(30 * 40, dtype="int32").reshape(30, 40)
    opened = layers(grid=tiff(tmp_path / "grid.tif", values, transform, crs, nodata=17))
    whole = opened.raster("grid")
    assert opened.is_raster("grid")
    assert whole.valid.sum() == 1199 and not whole.valid[0, 17]
    cells, found = whole.cells()
    middle = shapely.box(*shapely.total_bounds(cells)).centroid
    bounds = (middle.x - 90, middle.y - 60, middle.x + 60, middle.y + 90)
    part = opened.raster("grid", bounds=bounds)
    assert part.values.size < whole.values.size / 2
    near, close = part.cells(bounds)
    inside = shapely.intersects(shapely.envelope(cells), shapely.box(*bounds))
    assert close.tolist() == found[inside].tolist()
    assert all(one.equals_exact(other, 0) for one, other in zip(near, cells[inside], strict=True))
    assert opened.raster("grid", bounds=(0, 0, 10, 10)).values.size == 0
    assert len(opened.raster("grid", bounds=(0, 0, 10, 10)).cells()[0]) == 0
    polygon = np.array([shapely.box(*bounds)], dtype=object)
    assert part.area_weighted(polygon, "mean") == pytest.approx(whole.area_weighted(polygon, "mean"), rel=1e-12)


def test_what_is_no_value(tmp_path: Path, layers: Open) -> None:
    values = np.array([[1, np.nan, -9999], [np.inf, 5, 6]], dtype="float32")
    raster = layers(grid=tiff(tmp_path / "grid.tif", values, nodata=-9999)).raster("grid")
    assert raster.valid.tolist() == [[True, False, False], [False, True, True]]
    path = tiff(tmp_path / "masked.tif", np.ones((2, 3), "uint8"))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        file.write_mask(np.array([[True, True, False], [False, True, True]]))
    assert layers(grid=path).raster("grid").valid.sum() == 4
    plain = tiff(tmp_path / "plain.tif", np.zeros((2, 3), "uint8"))
    assert layers(grid=plain).raster("grid").valid.all()
    description = layers(grid=plain).describe("grid").raster
    assert description is not None and not description.masked and description.nodata is None


def test_bands_scale_and_offset(tmp_path: Path, layers: Open) -> None:
    values = np.stack([np.zeros((2, 2), "int16"), np.array([[10, 20], [30, 40]], "int16")])
    path = tiff(tmp_path / "two.tif", values)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (1.0, 0.5), (0.0, 2.0)
    assert layers(two={"path": path, "band": 2}).raster("two").values.tolist() == [[7, 12], [17, 22]]
    with pytest.raises(InputError, match=r"layer 'two' \(two\.tif\): no band 3; it has 2"):
        layers(two={"path": path, "band": 3}).raster("two")


def test_rasters_without_crs_and_other_troubles(tmp_path: Path, layers: Open) -> None:
    bare = tiff(tmp_path / "bare.tif", np.ones((2, 3), "uint8"), crs=None)
    with pytest.raises(InputError, match="the file has no CRS; add crs:"):
        layers(bare=bare).raster("bare")
    filled = layers(bare={"path": bare, "crs": "EPSG:28992"}).raster("bare")
    assert filled.aligned and shapely.total_bounds(filled.cells()[0]).tolist() == [120_000, 480_950, 120_075, 481_000]
    (tmp_path / "cut.tif").write_bytes(bare.read_bytes()[:60])
    with pytest.raises(InputError, match="cannot be read"):
        layers(cut=tmp_path / "cut.tif").raster("cut")
    with pytest.raises(InputError, match="a raster has no 'where'"):
        layers(bare={"path": bare, "where": "x = 1"}).raster("bare")
    with pytest.raises(InputError, match="it is a raster"):
        layers(bare=bare).vector("bare")
    other = tiff(tmp_path / "other.tif", np.ones((2, 3), "uint8"))
    opened = layers(other={"path": other, "crs": "EPSG:4326"})
    opened.raster("other")
    assert opened.report["other"].warnings == [
        "layer 'other': the file says its CRS is EPSG:28992; crs: EPSG:4326 is not used"
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bare.tif", "cut.tif", "other.tif"]


def test_a_world_file_and_a_text_grid(tmp_path: Path, layers: Open) -> None:
    text = "ncols 3\nnrows 2\nxllcorner 120000\nyllcorner 480000\ncellsize 10\nNODATA_value -1\n1 2 -1\n4 5 6\n"
    (tmp_path / "grid.asc").write_text(text)
    raster = layers(grid={"path": tmp_path / "grid.asc", "crs": "EPSG:28992"}).raster("grid")
    assert raster.values[raster.valid].tolist() == [1, 2, 4, 5, 6]
    assert raster.runs(raster.values > 4)[0].bounds == (120_010, 480_000, 120_030, 480_010)


@pytest.mark.parametrize(
    "transform",
    [UPRIGHT, Affine(25, 0, 120_000, 0, 25, 480_000), Affine(-25, 0, 121_000, 0, -25, 481_000), SLANTED],
)
def test_area_weighted_of_polygons_with_holes_and_parts_however_the_grid_lies(transform: Affine) -> None:
    rng = np.random.default_rng(11)
    values = rng.random((40, 40))
    raster = Raster("grid", values, rng.random((40, 40)) > 0.1, transform, RD, RD)
    cells, found = raster.cells()
    west, south, east, north = shapely.total_bounds(cells)
    points = shapely.points(rng.uniform(west, east, 60), rng.uniform(south, north, 60))
    discs = shapely.difference(shapely.buffer(points, 120), shapely.buffer(points, rng.uniform(5, 100, 60)))
    shapes = shapely.union(discs, np.roll(discs, 1))
    shapes[0] = shapely.box(west - 5000, south - 5000, east + 20, north + 5000)  # the raster is a small part of it
    shapes[1] = shapely.box(west - 20, south - 1, east + 20, north + 1)
    overlap = np.array([shapely.area(shapely.intersection(shape, cells)) for shape in shapes])
    covered, total = overlap.sum(axis=1), overlap @ found
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.where(2 * covered >= shapely.area(shapes), total / covered, np.nan)
    result = raster.area_weighted(shapes, "mean")
    assert np.isnan(result[0]) and not np.isnan(result).all()
    np.testing.assert_allclose(result, expected, rtol=1e-9)
