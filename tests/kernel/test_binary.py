"""Well-known binary without geometry objects, against GEOS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite import flat as flat_module
from flexsite.flat import Flat
from flexsite.kernel.binary import from_chunks, from_wkb, to_wkb

HOLED = shapely.box(0, 0, 9, 9).difference(shapely.box(1, 1, 2, 2))
SHAPES = [
    HOLED,
    shapely.MultiPolygon([HOLED, shapely.box(20, 0, 21, 1)]),
    shapely.Polygon(),
    None,
    shapely.box(0, 0, 1, 1),
]


def same(left: Flat, right: Flat) -> bool:
    return all(
        np.array_equal(getattr(left, name), getattr(right, name)) for name in ("xy", "rings", "polygons", "rows")
    )


@settings(deadline=None)  # the first example loads the compiled code
@given(st.lists(st.sampled_from(range(len(SHAPES))), max_size=12))
def test_bytes_are_those_of_geos_and_come_back_the_same(chosen: list[int]) -> None:
    shapes = np.array([SHAPES[number] for number in chosen] + [None], dtype=object)[:-1]
    flat = Flat.of(shapes)
    data, offsets = to_wkb(flat)
    rows = [data[first:last].tobytes() for first, last in pairwise(offsets)]
    assert rows == list(shapely.to_wkb(flat.geometry(), byte_order=1))
    found = from_wkb(data, offsets)
    assert found is not None
    assert same(found, flat)


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Point(1, 2),
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.Polygon([(0, 0, 1), (1, 0, 1), (1, 1, 1)]),
        shapely.GeometryCollection([HOLED]),
    ],
    ids=lambda shape: shape.geom_type,
)
def test_what_is_no_flat_polygon_is_left_to_geos(shape: shapely.Geometry) -> None:
    data = np.frombuffer(shapely.to_wkb(shape, byte_order=1), np.uint8)
    assert from_wkb(data, np.array([0, len(data)])) is None


@pytest.mark.parametrize("cut", [1, 3, 17, 60])
def test_bytes_cut_short_are_refused(cut: int) -> None:
    data = np.frombuffer(shapely.to_wkb(HOLED, byte_order=1), np.uint8)[:-cut]
    assert from_wkb(data, np.array([0, len(data)])) is None


def test_big_endian_is_left_to_geos() -> None:
    data = np.frombuffer(shapely.to_wkb(HOLED, byte_order=0), np.uint8)
    assert from_wkb(data, np.array([0, len(data)])) is None


def test_many_rows_take_the_compiled_way_and_few_the_plain_way_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    flat = Flat.of(np.array(SHAPES * 3, dtype=object))
    plain = flat.wkb()
    monkeypatch.setattr(flat_module, "_MANY", 1)
    assert flat.wkb().equals(plain)
    assert same(Flat.of_wkb(plain), flat)
    assert same(Flat.of_wkb(plain.slice(4, 7)), flat.take(np.arange(4, 11)))


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(range(len(SHAPES))), max_size=5), max_size=4), st.sampled_from([1, 3]))
def test_chunks_are_read_as_if_they_were_one(chosen: list[list[int]], threads: int) -> None:
    flats = [Flat.of(np.array([SHAPES[n] for n in some] + [None], dtype=object)[:-1]) for some in chosen]
    with ThreadPoolExecutor(threads) as pool:
        found = from_chunks([to_wkb(flat) for flat in flats], pool.map)
    assert found is not None
    assert same(found, Flat.join(flats) if flats else Flat.of(np.empty(0, dtype=object)))


def test_one_chunk_of_something_else_leaves_all_to_geos() -> None:
    point = np.frombuffer(shapely.to_wkb(shapely.Point(1, 2), byte_order=1), np.uint8)
    square = to_wkb(Flat.of(shapely.box([0], 0, 1, 1)))
    assert from_chunks([square, (point, np.array([0, len(point)]))], map) is None
