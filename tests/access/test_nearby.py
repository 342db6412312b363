"""The compiled search for the nearest street against the tree's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access.entering import entrances
from flexsite.access.entering.entrances import Barriers, place_entrances, site_entrances
from flexsite.access.entering.nearby import Nearby
from flexsite.access.entering.snap import Entrances
from flexsite.access.streets.model import Graph

from .conftest import RD, street_file

pytest.importorskip("numba", reason="without numba there is only the tree")

NO_BARRIERS = Barriers(np.empty(0, dtype=object))


@contextmanager
def many(at: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entrances, "MANY", at)
        patch.setattr(entrances, "_CHUNK", 10**9 if at else 7)
        yield


def assert_equal(one: Entrances, other: Entrances) -> None:
    for name in ("owner", "edge", "offset", "leg", "xy"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def both_ways(graph: Graph, geometries: np.ndarray, max_snap: float, spacing: float | None = None) -> Entrances:
    answers = []
    for at in (0, 10**9):
        with many(at):
            answers.append(
                place_entrances(graph, geometries, max_snap=max_snap, barriers=NO_BARRIERS)
                if spacing is None
                else site_entrances(graph, geometries, max_snap=max_snap, spacing=spacing, barriers=NO_BARRIERS)
            )
    assert_equal(*answers)
    return answers[0]


def network(random: np.random.Generator, count: int, *, size: float = 1000.0, grid: float | None = None) -> Graph:
    """Streets of all lengths, some bent, some without length, some very long."""
    begin = random.uniform(0, size, (count, 2))
    step = random.normal(0, 1, (count, 2)) * random.choice(
        [0, 1, 20, 60, 700], (count, 1), p=[0.05, 0.1, 0.4, 0.4, 0.05]
    )
    middle = begin + step * random.uniform(0, 1, (count, 1)) + random.normal(0, 10, (count, 2))
    lines = np.stack([begin, middle, begin + step], axis=1)
    if grid is not None:
        lines = np.round(lines / grid) * grid
    return street_file([([tuple(point) for point in line], "w") for line in lines]).window(RD).graph("walk")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("grid", [None, 25.0])
def test_points_and_polygons_find_the_same_either_way(seed: int, grid: float | None) -> None:
    random = np.random.default_rng(seed)
    graph = network(random, 150, grid=grid)
    xy = random.uniform(-300, 1300, (60, 2))
    if grid is not None:
        xy = np.round(xy / grid) * grid  # ties, and points on streets
    found = both_ways(graph, np.asarray(shapely.points(xy), dtype=object), 250.0)
    assert len(found) > 20
    side = random.uniform(1, 120, (60, 2)) if grid is None else random.integers(1, 5, (60, 2)) * grid
    boxes = np.asarray(shapely.box(xy[:, 0], xy[:, 1], xy[:, 0] + side[:, 0], xy[:, 1] + side[:, 1]), dtype=object)
    holed = shapely.difference(boxes, shapely.buffer(boxes, -6.0))
    parts = shapely.union(boxes, shapely.transform(boxes, lambda xy: xy + 150))
    for shapes in (boxes, holed, parts):
        assert len(both_ways(graph, shapes, 80.0, 50.0)) > 20
        both_ways(graph, shapes, 80.0)


def test_lines_and_empty_shapes_among_many() -> None:
    graph = network(np.random.default_rng(1), 60)
    mixed = np.array(
        [
            shapely.Point(), shapely.LineString([(10, 10), (90, 500)]), shapely.Polygon(), shapely.box(0, 0, 5, 5),
            shapely.MultiPoint([(0, 0), (700, 700)]), shapely.Point(300, 300),
        ],
        dtype=object,
    )  # fmt: skip
    found = both_ways(graph, mixed, 200.0)
    assert {1, 4, 5} <= set(found.owner.tolist())


COORDINATE = st.integers(0, 12).map(lambda value: value * 5.0)


@given(
    st.lists(st.tuples(COORDINATE, COORDINATE, COORDINATE, COORDINATE), min_size=1, max_size=12),
    st.lists(st.tuples(COORDINATE, COORDINATE, st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=5),
    st.sampled_from([4.0, 5.0, 12.0, 40.0]),
)
@settings(max_examples=60, deadline=None)
def test_on_a_lattice_with_every_kind_of_touching(lines: list, boxes: list, max_snap: float) -> None:
    graph = street_file([([(a, b), (c, d)], "w") for a, b, c, d in lines]).window(RD).graph("walk")
    shapes = np.asarray([shapely.box(x, y, x + 5 * w, y + 5 * h) for x, y, w, h in boxes], dtype=object)
    both_ways(graph, shapes, max_snap, 10.0)
    both_ways(graph, np.asarray(shapely.points([box[:2] for box in boxes]), dtype=object), max_snap)


def test_the_nearest_segment_is_the_nearest_of_all() -> None:
    random = np.random.default_rng(3)
    begin, step = random.uniform(0, 4000, (400, 2)), random.normal(0, 80, (400, 2))
    step[0], begin[1] = (90_000, 40_000), (900_000, -900_000)  # one through everything, one far away
    edge = random.integers(0, 100, 400)
    xy = random.uniform(-2000, 6000, (500, 2))
    found = Nearby(begin, step, edge).to_points(xy, 900.0)
    lines = shapely.linestrings(np.stack([begin, begin + step], axis=1))
    metres = shapely.distance(shapely.points(xy)[:, np.newaxis], lines)
    np.testing.assert_array_equal(found >= 0, metres.min(axis=1) <= 900)
    there = found >= 0
    np.testing.assert_allclose(metres[there, found[there]], metres[there].min(axis=1), atol=1e-8)
    assert 100 < there.sum() < 500


def test_no_segments_and_no_points() -> None:
    nothing = Nearby(np.empty((0, 2)), np.empty((0, 2)), np.empty(0, np.int64))
    assert nothing.to_points(np.zeros((2, 2)), 10.0).tolist() == [-1, -1]
    assert nothing.to_polygons(np.array([shapely.box(0, 0, 1, 1)]), 10.0)[0].tolist() == []
    one = Nearby(np.zeros((1, 2)), np.ones((1, 2)), np.zeros(1, np.int64))
    assert one.to_points(np.empty((0, 2)), 10.0).tolist() == []
