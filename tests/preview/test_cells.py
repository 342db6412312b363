"""Shares of cells, cells by their centres or under rasters, outlines of patches: by hand and against GEOS and GDAL."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import rasterio.features
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from flexsite.errors import InputError
from flexsite.flat import Flat
from flexsite.kernel.scan import Band as Settled
from flexsite.kernel.scan import Runs, cells_entered, centre_shares, covered_shares, raster_shares
from flexsite.preview.grid import Grid
from flexsite.preview.sources import Polygons, _parts

ROWS, COLUMNS = 7, 9
GRID = Grid(10.0, 0, ROWS, ROWS, COLUMNS)
CELLS = np.array(
    [[shapely.box(c * 10, 10 * (ROWS - r - 1), c * 10 + 10, 10 * (ROWS - r)) for c in range(COLUMNS)]
     for r in range(ROWS)]
)  # fmt: skip


def covered(*shapes: Any, top: int = 0, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    flat = Flat.of(np.array(shapes, dtype=object))
    return covered_shares(flat, np.arange(len(shapes)), GRID.inverse, top, rows, COLUMNS)


def test_shares_by_hand() -> None:
    shape = shapely.box(5, 0, 25, 65).difference(shapely.box(10, 30, 20, 35))
    triangle = shapely.Polygon([(40, 40), (60, 40), (40, 60)])
    high, low = covered(shapely.MultiPolygon([shape, triangle]))
    expected = np.zeros((ROWS, COLUMNS))
    expected[1:, :3] = (0.5, 1, 0.5)
    expected[0, :3] = (0.25, 0.5, 0.25)
    expected[3, 1] = 0.5
    expected[1, 4], expected[2, 4], expected[2, 5] = 0.5, 1, 0.5
    assert high.tolist() == expected.tolist()
    assert low.tolist() == high.tolist()


def test_where_features_overlap_the_truth_lies_between() -> None:
    whole, half, more = shapely.box(0, 0, 20, 10), shapely.box(10, 0, 15, 10), shapely.box(12, 0, 20, 10)
    high, low = covered(whole, half)
    assert high[6, :3].tolist() == low[6, :3].tolist() == [1, 1, 0]
    high, low = covered(half, more)  # 0.5 and 0.8, together 1
    assert high[6, 1] == 1
    assert low[6, 1] == pytest.approx(0.65)
    beside = covered(half, shapely.box(15, 0, 18, 10))
    assert beside[0][6, 1] == pytest.approx(0.8)


def exact(shapes: list[Any], grid: Grid = GRID) -> np.ndarray:
    source = Polygons(Flat.of(np.array(shapes, dtype=object)))
    source.prepare("shares")
    parts = [source.of(grid, band, "shares") for band in grid.bands()]
    assert all((part.high == part.low).all() for part in parts)
    return np.concatenate([part.high for part in parts])


def test_ground_under_several_features_of_a_rule_counts_once() -> None:
    half, more = shapely.box(10, 0, 15, 10), shapely.box(12, 0, 20, 10)
    assert exact([half, more])[6, 1] == 1
    assert exact([half, shapely.box(13, 0, 18, 10)])[6, 1] == pytest.approx(0.8)
    assert exact([half, half, half])[6, 1] == pytest.approx(0.5)
    disc = shapely.Point(45, 35).buffer(30, quad_segs=400)  # heavy enough to be cut
    other = shapely.Point(60, 40).buffer(22, quad_segs=500)
    expected = shapely.area(shapely.intersection(CELLS, shapely.union(disc, other))) / 100
    assert exact([disc, other]) == pytest.approx(expected, abs=1e-6)


spots = st.tuples(st.integers(-30, 120), st.integers(-30, 100))
ringed = st.lists(spots, min_size=3, max_size=9)


def valid(corners: list[list[tuple[int, int]]], shift: float = 0.0) -> list[Any]:
    shapes = [shapely.make_valid(shapely.Polygon([(x + shift, y + shift) for x, y in ring])) for ring in corners]
    areal = [shape for shape in shapes if shape.geom_type in ("Polygon", "MultiPolygon")]
    return [shapely.Polygon(), *areal]


@settings(max_examples=60, deadline=None)
@given(st.lists(ringed, min_size=1, max_size=4), st.sampled_from([0.0, 0.37]))
def test_shares_against_geos(corners: list[list[tuple[int, int]]], shift: float) -> None:
    shapes = valid(corners, shift)
    each = [shapely.area(shapely.intersection(CELLS, shape)) / 100 for shape in shapes]
    for shape, expected in zip(shapes, each, strict=True):
        high, low = covered(shape)
        assert high == pytest.approx(expected, abs=1e-6)
        assert (low == high).all()
    high, low = covered(*shapes)
    assert high == pytest.approx(np.minimum(np.sum(each, axis=0), 1), abs=1e-6)
    union = shapely.area(shapely.intersection(CELLS, shapely.union_all(shapes))) / 100
    assert (union <= high + 1e-6).all()
    assert (union >= low - 1e-6).all()
    assert exact(shapes) == pytest.approx(union, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(ringed, min_size=1, max_size=4), st.integers(1, ROWS - 1))
def test_a_band_has_the_same_numbers(corners: list[list[tuple[int, int]]], cut: int) -> None:
    shapes = valid(corners, 0.37)
    whole = covered(*shapes)
    parts = covered(*shapes, top=0, rows=cut), covered(*shapes, top=cut, rows=ROWS - cut)
    for k in (0, 1):
        assert np.concatenate([part[k] for part in parts]).tobytes() == whole[k].tobytes()


@settings(max_examples=80, deadline=None)
@given(st.lists(ringed, min_size=1, max_size=4))
def test_centres_are_those_of_gdal(corners: list[list[tuple[int, int]]]) -> None:
    shapes = valid(corners, 0.3712)  # no centre lies on an edge
    flat, transform = Flat.of(np.array(shapes, dtype=object)), Affine(10, 0, 0, 0, -10, ROWS * 10)
    found = centre_shares(flat, np.arange(len(shapes)), GRID.inverse, 0, ROWS, COLUMNS)
    expected = np.zeros((ROWS, COLUMNS))
    filled = [shape for shape in shapes if not shape.is_empty]
    if filled:
        expected = rasterio.features.rasterize(filled, (ROWS, COLUMNS), transform=transform, dtype="uint8")
    centre = shapely.centroid(CELLS)
    near = shapely.distance(centre, shapely.boundary(shapely.union_all(shapes))) < 1e-6
    assert (found == expected)[~near].all()
    partly = sum(int(((share > 0) & (share < 1)).sum()) for share in (covered(shape)[0] for shape in shapes))
    assert cells_entered(flat, GRID.inverse) >= partly


def test_cells_entered_by_hand() -> None:
    one = Flat.of(np.array([shapely.box(2, 2, 8, 8)]))
    four = Flat.of(np.array([shapely.box(5, 5, 15, 15)]))
    assert cells_entered(one, GRID.inverse) == 1
    assert cells_entered(four, GRID.inverse) == 5


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**35 - 1), st.sampled_from([10, 25, 4, 30, 7.5]), st.integers(-40, 90), st.integers(-20, 110),
    st.booleans(),
)  # fmt: skip
def test_rasters_against_geos(bits: int, side: float, left: int, upper: int, turned: bool) -> None:
    mask = np.array([bits >> i & 1 for i in range(35)], bool).reshape(5, 7)
    rows = (upper - 10.0 * (ROWS - np.arange(ROWS + 1))) / side
    columns = (10.0 * np.arange(COLUMNS + 1) - left) / side
    sides = [shapely.box(left + c * side, upper - (r + 1) * side, left + (c + 1) * side, upper - r * side)
             for r, c in zip(*np.nonzero(mask), strict=True)]  # fmt: skip
    if turned:  # stored from south to north
        mask, rows = mask[::-1], 5 - rows
    found = raster_shares(mask, _parts(rows, 5, "shares"), _parts(columns, 7, "shares"))
    expected = np.zeros((ROWS, COLUMNS))
    for quad in sides:
        expected += shapely.area(shapely.intersection(CELLS, quad)) / 100
    assert found == pytest.approx(expected, abs=1e-6)
    centres = raster_shares(mask, _parts(rows, 5, "centres"), _parts(columns, 7, "centres"))
    middle = shapely.centroid(CELLS)
    inside = np.zeros((ROWS, COLUMNS), bool)
    edge = np.zeros((ROWS, COLUMNS), bool)
    for quad in sides:
        inside |= shapely.contains(quad, middle)
        edge |= shapely.distance(shapely.boundary(quad), middle) < 1e-6
    assert (centres.astype(bool) == inside)[~edge].all()


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**36 - 1))
def test_outlines_are_the_union_of_connected_cells(rows: int, columns: int, bits: int) -> None:
    share = np.array([bits >> i & 1 for i in range(rows * columns)], np.float32).reshape(rows, columns)
    runs = Runs.of(share, 0.5)
    patch, count = runs.connected()
    label, expected = ndimage.label(share)
    assert count == expected
    found = runs.outlines(patch, columns).geometry()
    assert len(found) == count
    for number, shape in enumerate(found):
        cells = [shapely.box(c, -r - 1, c + 1, -r) for r, c in np.argwhere(label == number + 1)]
        assert shape.is_valid
        assert shape.geom_type == "Polygon"
        assert shape.equals(shapely.union_all(cells))


def test_runs_of_bands_join_and_a_patch_can_be_left_out() -> None:
    share = np.array([[1, 0, 1, 1], [1, 1, 0, 0.5], [0, 0.25, 0, 0], [1, 0, 1, 0]], np.float32)
    whole = Runs.of(share, 0.5)
    joined = Runs.join([Runs.of(share[:1], 0.5), Runs.of(share[1:3], 0.5), Runs.of(share[3:], 0.5)])
    for name in ("first", "start", "stop", "size"):
        assert getattr(joined, name).tolist() == getattr(whole, name).tolist()
    patch, count = joined.connected()
    assert (patch.tolist(), count) == ([0, 1, 0, 1, 2, 3], 4)
    assert joined.size.tolist() == [1, 2, 2, 0.5, 1, 1]
    left = np.where(patch == 1, 0, -1)
    assert shapely.area(joined.outlines(left, 4).geometry()).tolist() == [3]
    assert len(joined.outlines(np.full(6, -1), 4)) == 0


def test_rules_on_cells_by_hand() -> None:
    ground = np.array([[1, 1, 0.5, 0]], np.float32)
    band = Settled(ground)
    half = np.array([[0.5, 0, 0.5, 1]], np.float32)
    first = band.act(1, (half, half), None, keeps=False, beyond=False, takes=True)
    assert first[0].tolist() == [1.75, 0.75, 0, 0.25, 0.5, 3]  # in a half cell it may take none, or all but nothing
    known = np.array([[0.5, 1, 1, 1]], np.float32)
    second = band.act(2, (half, half), (known, known), keeps=True, beyond=False, takes=True)
    # keeps half of the third cell, nothing of the second, and of the first all that it knows
    assert band.left.tolist() == [[0.5, 0, 0.125, 0]]
    assert second[0, :3].tolist() == [0.625, 1.25, 0.5]
    assert band.code.tolist() == [[1, 2, 1, 0]]
    assert band.alone().tolist() == [[0.625, 1.125]]


def test_a_grid_lies_on_multiples_of_its_cells() -> None:
    grid = Grid.around((-3.0, 101.0, 19.0, 130.0), 10.0)
    assert grid.bounds == (-10, 100, 20, 130)
    assert (grid.rows, grid.columns, grid.hectares) == (3, 3, 0.01)
    assert sum(band.rows for band in grid.bands()) == 3
    large = Grid(10.0, 0, 6000, 6000, 5000)
    tops = [(band.top, band.rows) for band in large.bands()]
    assert all(top % 128 == 0 for top, _ in tops)
    assert sum(rows for _, rows in tops) == 6000


@pytest.mark.parametrize(("cell", "words"), [(0.5, "cells of 0.5 m cannot be used"), (2000, "cannot be used")])
def test_cells_too_small_or_large_are_refused(cell: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Grid.around((0, 0, 100, 100), cell)


def test_too_many_cells_are_refused() -> None:
    with pytest.raises(InputError, match="10000000000 in all, more than 2000000000; use larger cells"):
        Grid.around((0, 0, 1e5, 1e5), 1)
