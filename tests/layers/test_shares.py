"""Exact shares of polygons under the values of a raster: by hand, against GEOS, and one way against the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.geometry import WORKERS
from flexsite.layers import overlap
from flexsite.layers.raster import Raster

from .helpers import RD
from .test_raster import GRIDS, UPRIGHT, grid, quads

SLANTS = ["upright", "slanted"]
HOLED = shapely.box(0, 0, 100, 100).difference(shapely.box(20, 20, 60, 70))
TWO = shapely.MultiPolygon([shapely.box(0, 0, 30, 30), shapely.box(50, 60, 90, 90)])
NASTY = [
    HOLED,
    TWO,
    shapely.MultiPolygon([HOLED, shapely.box(30, 30, 50, 60)]),
    shapely.box(25, 25, 50, 50),  # one cell, on the lines of the grid
    shapely.Polygon([(0, 0), (100, 0), (50, 0), (50, 60)]),  # collinear edges
    shapely.Polygon([(3, 3), (97, 3.001), (97, 3)]),  # a sliver
    shapely.Polygon([(-900, 10), (50, 11), (900, 10), (900, 40), (-900, 40)]),  # beyond the raster on both sides
    shapely.box(-500, -500, 900, 900),
    shapely.Polygon([(10, -300), (30, 500), (20, 500), (0, -300)]),
    shapely.Point(60, 60).buffer(33, quad_segs=40),
    shapely.box(-50, 0, -10, 30),  # off the raster
]


def moved(shapes: list[Any], transform: Affine = UPRIGHT) -> np.ndarray:
    """From metres along the rows and columns of cells of 25 m, from the corner of the raster."""
    a, b, c, d, e, f = transform[:6]
    turn = np.array([[a, d], [b, e]]) / 25
    return shapely.transform(np.array(shapes, dtype=object), lambda xy: xy @ turn + (c, f))


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda yes: monkeypatch.setattr(overlap, "COMPILED_FROM", 0 if yes else 10**9)


@pytest.mark.parametrize("fast", [False, True])
def test_shares_by_hand(fast: bool, compiled: Any) -> None:
    compiled(fast)
    raster = grid("upright", np.array([[3, 6, 6, 7], [3, 3, 9, 7]], np.uint8))
    whole, half, slant, off, away = moved(
        [
            shapely.box(0, 0, 100, 50),
            shapely.box(10, 0, 40, 25),  # 15 m of 3, 15 m of 6
            shapely.Polygon([(0, 0), (50, 0), (0, 50)]),  # 3: 25 * 25 + 2 * 25 * 25 / 2 less the part of 6
            shapely.box(-60, 0, 40, 50),  # 40 of 100 m lies on the raster
            shapely.box(-30, -30, -10, -10),
        ]
    )
    found = raster.shares(np.array([whole, half, slant, off, away, None, shapely.Polygon()], dtype=object), [6, 3, 5])
    assert found[:3] == pytest.approx(np.array([[2 / 8, 3 / 8, 0], [0.5, 0.5, 0], [0.25, 0.75, 0]]), abs=1e-12)
    assert np.isnan(found[3:]).all()
    assert found.shape == (7, 3)


@pytest.mark.parametrize("fast", [False, True])
def test_a_share_is_of_the_whole_polygon_and_unknown_beyond_half(fast: bool, compiled: Any) -> None:
    compiled(fast)
    valid = np.array([[True, True, False, False]])
    raster = grid("upright", np.array([[60.0, 40.0, 99.0, 99.0]]), valid)
    shapes = moved([shapely.box(0, 0, 100, 25), shapely.box(0, 0, 100.1, 25), shapely.box(25, 0, 75, 25)])
    found = raster.share(shapes, raster.where(above=50))
    assert found[0] == pytest.approx(0.25, abs=1e-12)
    assert np.isnan(found[1])
    assert found[2] == 0
    assert raster.where(below=99).tolist() == [[True, True, False, False]]
    assert raster.where(values=[40, 99]).tolist() == [[False, True, False, False]]


@pytest.mark.parametrize("kind", SLANTS)
def test_nasty_shapes_equal_geos(kind: str, compiled: Any) -> None:
    compiled(True)
    codes = np.random.default_rng(5).integers(1, 5, (7, 8)).astype(float)
    raster = grid(kind, codes)
    cells, shapes = quads(raster), moved(NASTY, raster.transform)
    under = [[shapely.area(shapely.intersection(cells[codes == value], shape)).sum() for value in (1, 2, 3, 4)]
             for shape in shapes]  # fmt: skip
    sizes = shapely.area(shapes)[:, None]
    known = np.sum(under, axis=1) >= sizes[:, 0] / 2
    assert known.sum() == 7
    found = raster.shares(shapes, [1, 2, 3, 4])
    assert (found * sizes)[known] == pytest.approx(np.array(under)[known], abs=1e-7)
    assert np.isnan(found[~known]).all()


spots = st.tuples(st.integers(-60, 260), st.integers(-60, 260))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(spots, min_size=3, max_size=9), min_size=1, max_size=4), st.sampled_from(SLANTS))
def test_both_ways_agree_and_equal_geos(corners: list[list[tuple[int, int]]], kind: str) -> None:
    shapes = np.array([shapely.make_valid(shapely.Polygon(ring)) for ring in corners], dtype=object)
    shapes = moved(list(shapes))
    areal = [shape for shape in shapes if shape.geom_type in ("Polygon", "MultiPolygon") and shape.area > 0]
    shapes = np.array([*areal, None, shapely.Point(UPRIGHT.c, UPRIGHT.f)], dtype=object)
    rng = np.random.default_rng(len(areal))
    values, valid = rng.integers(0, 4, (9, 8)), rng.random((9, 8)) > 0.2
    raster = grid(kind, values, valid)
    results = []
    before = overlap.COMPILED_FROM
    try:
        for limit in (0, 10**9):
            overlap.COMPILED_FROM = limit
            numbers = [raster.area_weighted(shapes, name) for name in ("mean", "min", "max")]  # type: ignore[arg-type]
            results.append(np.column_stack([raster.shares(shapes, [2, 0, 3]), *numbers]))
    finally:
        overlap.COMPILED_FROM = before
    assert results[0] == pytest.approx(results[1], rel=1e-9, abs=1e-12, nan_ok=True)
    cells = quads(raster)
    for shape, found in zip(areal, results[0], strict=False):
        under = [
            shapely.area(shapely.intersection(cells[valid & (values == value)], shape)).sum() for value in range(4)
        ]
        if abs(sum(under) / shape.area - 0.5) < 1e-6:
            continue
        if sum(under) < shape.area / 2:
            assert np.isnan(found).all()
        else:
            assert found[:3] == pytest.approx(np.array(under)[[2, 0, 3]] / shape.area, abs=1e-9)


def many(count: int) -> tuple[Raster, np.ndarray]:
    rng = np.random.default_rng(11)
    values = rng.integers(0, 6, (400, 500)).astype(np.uint8)
    raster = Raster("many", values, values != 0, Affine(25, 0, 0, 0, -25, 10_000), pyproj.CRS(RD), pyproj.CRS(RD))
    centres = np.column_stack([rng.uniform(0, 12_500, count), rng.uniform(0, 10_000, count)])
    return raster, shapely.buffer(shapely.points(centres), rng.uniform(1, 120, count), quad_segs=3)


def test_many_polygons_take_the_compiled_way_with_the_same_result_in_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raster, shapes = many(9_000)
    called: list[int] = []
    plain = overlap.of_grid
    monkeypatch.setattr(
        overlap, "of_grid", lambda polygons, *rest: called.append(len(polygons)) or plain(polygons, *rest)
    )
    found = []
    for workers in (1, 3):
        token = WORKERS.set(workers)
        try:
            found.append(np.column_stack([raster.shares(shapes, [1, 2, 5]), raster.area_weighted(shapes, "mean")]))
        finally:
            WORKERS.reset(token)
    assert not called
    assert found[0].tobytes() == found[1].tobytes()
    few = raster.shares(shapes[:4_000], [1, 2, 5])
    assert called == [4_000]
    assert few == pytest.approx(found[0][:4_000, :3], rel=1e-9, abs=1e-12, nan_ok=True)


def test_a_polygon_over_the_whole_of_a_large_raster_is_taken_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "COMPILED_FROM", 0)
    values = np.tile(np.arange(1500, dtype=np.uint8) % 4, (1500, 1))  # 2.25 million cells, more than a window holds
    transform = Affine(1, 0, 0, 0, -1, 1500)
    raster = Raster("large", values, np.ones_like(values, bool), transform, pyproj.CRS(RD), pyproj.CRS(RD))
    disc = shapely.Point(750, 750).buffer(700, quad_segs=4)
    found = raster.shares(np.array([disc, shapely.box(0, 0, 1500, 1500)], dtype=object), [0, 1, 2, 3])
    strips = shapely.box(np.arange(0, 1500, 4), 0, np.arange(0, 1500, 4) + 1, 1500)
    assert found[1] == pytest.approx([0.25] * 4, abs=1e-12)
    assert found[0, 0] == pytest.approx(shapely.area(shapely.intersection(strips, disc)).sum() / disc.area, rel=1e-9)


def test_more_values_than_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 250"):
        grid("upright", np.zeros((2, 2))).shares(np.empty(0, dtype=object), list(range(251)))


def test_another_crs_keeps_its_own_way(compiled: Any) -> None:
    compiled(True)
    values = np.array([[1.0, 2.0], [2.0, 2.0]])
    raster = grid("degrees", values)
    ground = shapely.union_all(quads(raster).ravel())
    cells = quads(raster)
    expected = cells[0, 0].area / ground.area
    assert raster.shares(np.array([ground], dtype=object), [1])[0, 0] == pytest.approx(expected, rel=1e-6)
    assert set(GRIDS) == {*SLANTS, "degrees"}


def test_no_polygon_at_all() -> None:
    assert grid("upright", np.zeros((2, 2))).shares(np.empty(0, dtype=object), [1, 2]).shape == (0, 2)
