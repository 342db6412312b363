"""Polygons as flat arrays: what goes in comes out, and every row is measured as shapely measures it."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite import flat as flat_module
from flexsite.flat import Flat

from .helpers import boxes, shapes

FRAME = shapely.box(0, 0, 60, 60)


def holed(outer: Any, *inner: Any) -> Any:
    return shapely.Polygon(outer.exterior, [one.exterior for one in inner])


def apart(*some: Any) -> Any:
    """The polygons as parts of one multipolygon, 100 m from each other so that they never meet."""
    return shapely.MultiPolygon([shapely.transform(one, lambda xy, k=k: xy + 100 * k) for k, one in enumerate(some)])


holes = st.just(holed(FRAME, shapely.box(1, 1, 20, 20), shapely.box(30, 30, 31, 59)))
single = boxes | boxes.map(shapely.Polygon.reverse) | holes | holes.map(shapely.Polygon.reverse)
nothing = st.sampled_from([None, shapely.Polygon(), shapely.MultiPolygon()])
several = st.lists(single, min_size=1, max_size=3).map(lambda some: apart(*some))
moved = st.tuples(single | several, st.sampled_from([0.0, 123_456.789, 600_000 + 1 / 3])).map(
    lambda pair: shapely.transform(pair[0], lambda xy: xy + pair[1])
)
rows = st.lists(moved | nothing, max_size=8)


def same(one: Flat, other: Flat) -> bool:
    """Equal to the last bit, in every array."""
    pairs = ((getattr(one, name), getattr(other, name)) for name in ("xy", "rings", "polygons", "rows"))
    return all(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes() for a, b in pairs)


def parts(geometry: Any) -> list[Any]:
    return [] if geometry is None else [one for one in shapely.get_parts(geometry).tolist() if not one.is_empty]


@given(rows)
def test_geometry_comes_back(some: list[Any]) -> None:
    flat = Flat.of(shapes(*some))
    assert len(flat) == len(some)
    for before, after in zip(some, flat.geometry(), strict=True):
        mine = parts(before)
        assert after.geom_type == ("MultiPolygon" if len(mine) > 1 else "Polygon")
        assert after.is_empty == (not mine)
        assert len(parts(after)) == len(mine)
        for a, b in zip(mine, parts(after), strict=True):
            assert shapely.normalize(a).equals_exact(shapely.normalize(b), 0), "the same vertices"
            assert len(a.interiors) == len(b.interiors)
    assert same(Flat.of(flat.geometry()), flat), "a second time nothing changes"


@given(rows)
def test_rings_are_closed_and_go_their_set_way(some: list[Any]) -> None:
    flat = Flat.of(shapes(*some))
    shells = set(flat.polygons[:-1].tolist())
    for ring, (first, last) in enumerate(zip(flat.rings[:-1], flat.rings[1:], strict=True)):
        xy = flat.xy[first:last]
        assert (xy[0] == xy[-1]).all() and last - first >= 4
        assert shapely.is_ccw(shapely.LinearRing(xy)) == (ring in shells)
    assert flat.xy.flags.c_contiguous


@given(rows, st.data())
def test_take_is_the_rows_alone(some: list[Any], data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.integers(0, len(some) - 1), max_size=10) if some else st.just([]))
    taken = Flat.of(shapes(*some)).take(np.array(wanted, dtype=np.intp))
    assert same(taken, Flat.of(shapes(*(some[row] for row in wanted))))
    found = Flat.of(shapes(*some)).geometry(np.array(wanted, dtype=np.intp))
    assert shapely.equals_exact(found, taken.geometry(), 0).all()


@given(st.lists(rows, max_size=4))
def test_join_is_one_after_the_other(some: list[list[Any]]) -> None:
    joined = Flat.join([Flat.of(shapes(*one)) for one in some])
    assert same(joined, Flat.of(shapes(*(row for one in some for row in one))))


@given(rows)
def test_bounds_and_area_are_those_of_shapely(some: list[Any]) -> None:
    flat = Flat.of(shapes(*some))
    filled = [one if one is not None else shapely.Polygon() for one in some]
    assert flat.bounds.shape == (len(some), 4) and flat.area.shape == (len(some),)
    np.testing.assert_array_equal(flat.bounds, shapely.bounds(shapes(*filled)).reshape(-1, 4))
    np.testing.assert_allclose(flat.area, shapely.area(shapes(*filled)), rtol=1e-9, atol=0)
    assert np.isnan(flat.bounds).any(axis=1).tolist() == [not parts(one) for one in some]


@given(rows)
def test_spans_hold_the_vertices_of_each_row(some: list[Any]) -> None:
    flat = Flat.of(shapes(*some))
    counts = [0 if one is None else int(shapely.get_num_coordinates(one)) for one in some]
    assert np.diff(flat.spans).tolist() == counts and len(flat.xy) == sum(counts)
    assert flat.nbytes == 16 * len(flat.xy) + 8 * (len(flat.rings) + len(flat.polygons) + len(flat.rows))


@given(rows)
def test_wkb_comes_back(some: list[Any]) -> None:
    flat = Flat.of(shapes(*some))
    wkb = flat.wkb()
    assert same(Flat.of_wkb(wkb), flat)
    assert len(wkb) == len(some) and wkb.null_count == 0
    assert shapely.equals_exact(shapely.from_wkb(wkb.to_pylist()), flat.geometry(), 0).all()


@settings(deadline=None)
@given(rows)
def test_many_rows_go_another_way_to_the_same_bytes(some: list[Any]) -> None:
    flat = Flat.of(shapes(*some))
    wkb = flat.wkb().to_pylist()
    with patch.object(flat_module, "_MANY", 0), patch.object(flat_module, "_AT_ONCE", 2):
        assert same(Flat.of(shapes(*some)), flat)
        assert flat.wkb().to_pylist() == wkb
        assert same(Flat.of_wkb(flat.wkb()), flat)


@given(rows)
def test_the_input_stays_as_it_was(some: list[Any]) -> None:
    before = shapely.to_wkb(shapes(*some)).tolist()
    Flat.of(shapes(*some))
    assert shapely.to_wkb(shapes(*some)).tolist() == before


@settings(max_examples=30)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e5))
def test_the_area_far_from_the_origin_keeps_its_digits(where: float, size: float) -> None:
    """A shoelace around the origin would lose six digits at national coordinates."""
    box = shapely.box(where, where, where + size, where + size)
    exact = float(box.bounds[2] - box.bounds[0]) * float(box.bounds[3] - box.bounds[1])
    assert Flat.of(shapes(box)).area[0] == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(
    "other",
    [
        shapely.Point(0, 0),
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.Point(3, 3)]),
    ],
)
def test_what_is_no_polygon_is_refused(other: Any) -> None:
    with pytest.raises(ValueError, match="only polygons"):
        Flat.of(shapes(shapely.box(0, 0, 1, 1), other))


def test_nothing_at_all() -> None:
    none = Flat.of(shapes())
    assert (len(none), none.area.shape, none.bounds.shape, none.geometry().shape) == (0, (0,), (0, 4), (0,))
    assert same(none, Flat.join([])) and same(Flat.of_wkb(none.wkb()), none)
    assert same(Flat.of(shapes(None, FRAME)).take(np.array([], dtype=np.intp)), none)


@settings(deadline=None)  # the first example loads the compiled code
@given(rows, st.data())
def test_compiled_code_takes_and_measures_rows_as_numpy_does(some: list[Any], data: st.DataObject) -> None:
    wanted = np.array(data.draw(st.lists(st.integers(0, len(some) - 1), max_size=10) if some else st.just([])), int)
    ways = []
    for compiled in (False, True):
        with patch.object(flat_module, "_compiled", lambda compiled=compiled: compiled):
            flat = Flat.of(shapes(*some))
            fresh = flat.take(wanted)
            ways.append((fresh, flat.bounds, flat.take(wanted).bounds, fresh.bounds))
    (plain, *plain_boxes), (quick, *quick_boxes) = ways
    assert same(plain, quick)
    for one, other in zip(plain_boxes, quick_boxes, strict=True):
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("row", [-3, 2])
def test_no_way_reads_beyond_the_rows(compiled: bool, row: int) -> None:
    flat = Flat.of(shapely.box([0, 2], 0, [1, 3], 1))
    with patch.object(flat_module, "_compiled", lambda: compiled), pytest.raises(IndexError):
        flat.take(np.array([0, row]))


@pytest.mark.parametrize("compiled", [False, True])
def test_the_sign_of_zero_is_the_same_either_way(compiled: bool) -> None:
    shape = shapely.Polygon([(0.0, 0.0), (-0.0, 1.0), (1.0, -0.0)])
    with patch.object(flat_module, "_compiled", lambda: compiled):
        assert not np.signbit(Flat.of(shapes(shape)).bounds).any()
        assert not np.signbit(Flat.of(shapes(shapely.Polygon(shape.exterior.coords[::-1]))).bounds).any()
