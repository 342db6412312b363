"""Pairs that cannot overlap are told from those that may; GEOS knows which do."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.flat import Flat
from flexsite.geometry import WORKERS
from flexsite.kernel import overlapping
from flexsite.kernel.overlapping import may_overlap

from .shapes import RD, polygon


def told(*shapes: shapely.Geometry) -> bool:
    """Whether the two may overlap; the order does not matter."""
    flat = Flat.of(np.array(shapes, dtype=object))
    one, other = may_overlap(flat, np.array([0, 1]), np.array([1, 0])).tolist()
    assert one == other
    return bool(one)


def every_pair(count: int) -> tuple[np.ndarray, np.ndarray]:
    left, right = np.triu_indices(count, 1)
    return left, right


RING = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 8, 8))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6), False),
        (shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), False),
        (shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2), False),
        (shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3), True),
        (shapely.box(0, 0, 9, 9), shapely.box(3, 3, 4, 4), True),
        (shapely.box(0, 0, 2, 1), shapely.box(0, 0, 2, 1), True),
        (shapely.box(0, 0, 2, 1), shapely.box(0, 0, 1, 1), True),
        (RING, shapely.box(2, 2, 8, 8), False),
        (RING, shapely.box(3, 3, 7, 7), False),
        (RING, shapely.box(0, 0, 10, 10), True),
        (RING, shapely.box(3, 3, 9, 7), True),
        (RING, shapely.Polygon([(2, 2), (8, 2), (2, 8)]), False),
        (RING, shapely.box(0.5, 0.5, 1.5, 9), True),
        # Two triangles with a vertex in common, one inside the angle of the other.
        (shapely.Polygon([(0, 0), (9, -3), (9, 3)]), shapely.Polygon([(0, 0), (5, -1), (5, 1)]), True),
        (shapely.Polygon([(0, 0), (9, 1), (9, 3)]), shapely.Polygon([(0, 0), (9, -3), (9, -1)]), False),
        # Crossing without a vertex of either inside the other.
        (shapely.box(0, 4, 10, 6), shapely.box(4, 0, 6, 10), True),
        # The cup: its box holds the other, its ground does not.
        (shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 8, 11)), shapely.box(3, 3, 7, 9), False),
        (shapely.multipolygons([shapely.box(0, 0, 1, 1), shapely.box(4, 0, 5, 1)]), shapely.box(2, 0, 3, 1), False),
        (shapely.multipolygons([shapely.box(0, 0, 1, 1), shapely.box(4, 0, 5, 1)]), shapely.box(4.5, 0, 6, 1), True),
    ],
)
def test_pairs_by_hand(one: shapely.Geometry, other: shapely.Geometry, expected: bool) -> None:
    assert told(one, other) == expected
    far = [shapely.transform(shape, lambda xy: xy + RD) for shape in (one, other)]
    assert told(*far) == expected
    back = [shapely.reverse(shape) for shape in (one, other)]
    assert told(*back) == expected


def test_what_rounding_may_decide_is_left_open() -> None:
    """A vertex on the middle of a slanting edge, and a hair beside it, on either side."""
    triangle = shapely.Polygon([(0, 0), (3, 1), (0, 3)])
    for shift in (0.0, 1e-13, -1e-13):
        assert told(triangle, shapely.Polygon([(3, 0), (3, 0.9), (1.5 + shift, 0.5 - shift)]))
    assert not told(triangle, shapely.Polygon([(3, 0), (3, 0.9), (1.51, 0.5)]))


def test_nothing_overlaps_nothing() -> None:
    flat = Flat.of(np.array([shapely.box(0, 0, 1, 1), shapely.Polygon(), None], dtype=object))
    assert may_overlap(flat, *every_pair(3)).tolist() == [False, False, False]
    assert may_overlap(flat, np.empty(0, np.intp), np.empty(0, np.intp)).tolist() == []


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.5, 2.0]), st.sampled_from([(0.0, 0.0), RD]))
def test_no_pair_that_overlaps_is_told_apart(seed: int, grid: float, origin: tuple[float, float]) -> None:
    rng = np.random.default_rng(seed)
    drawn = [polygon(rng, float(rng.choice([3, 8])), grid) for _ in range(6)]
    shapes = shapely.transform(np.array(drawn, dtype=object), lambda xy: xy + origin)
    flat = Flat.of(shapes)
    left, right = every_pair(len(shapes))
    may = may_overlap(flat, left, right)
    shared = shapely.area(shapely.intersection(flat.geometry(left), flat.geometry(right)))
    assert may[shared > 1e-6].all()
    near = shapely.distance(shapely.boundary(shapes[left]), shapely.boundary(shapes[right])) < 1e-3
    assert not may[(shared == 0) & ~near].any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(0.0, 0.0), RD]))
def test_cells_around_points_are_apart(seed: int, origin: tuple[float, float]) -> None:
    points = np.random.default_rng(seed).uniform(0, 100, (40, 2)) + origin
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points)))
    flat = Flat.of(cells)
    left, right = every_pair(len(cells))
    assert not may_overlap(flat, left, right).any()
    grown = np.append(cells, shapely.buffer(cells[7], 0.01))
    left, right = every_pair(len(grown))
    may = may_overlap(Flat.of(grown), left, right)
    shared = shapely.area(shapely.intersection(grown[left], grown[right])) > 1e-6
    assert shared.any() and may[shared].all()


def test_large_polygons_are_left_to_an_overlay() -> None:
    angle = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    reach = 100 + 50 * (np.arange(5000) % 2)
    star = shapely.Polygon(np.column_stack([reach * np.cos(angle), reach * np.sin(angle)]))
    assert told(star, shapely.affinity.translate(star, 1, 0))
    assert not told(star, shapely.affinity.translate(star, 301, 0))


def test_chunks_and_threads_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    flat = Flat.of(np.array([polygon(rng, 8, 0.5) for _ in range(25)], dtype=object))
    left, right = every_pair(25)
    expected = may_overlap(flat, left, right)
    assert 0 < expected.sum() < len(expected)
    monkeypatch.setattr(overlapping, "_CHUNK", 7)
    for workers in (1, 3):
        token = WORKERS.set(workers)
        assert (may_overlap(flat, left, right) == expected).all()
        WORKERS.reset(token)
