"""What is reached within a distance: small cases by hand, and every metre of random networks against networkx."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access.entering.snap import Entrances
from flexsite.access.reach.isochrone import field, outline, reached
from flexsite.access.streets.model import Graph

from .conftest import RD, pair_distances, street_file
from .test_distance import doors

CROSS = street_file(
    [([(-100, 0), (0, 0)],), ([(0, 0), (100, 0)], "wf"), ([(0, 0), (0, 100)],), ([(0, 100), (300, 100)], "wF")]
).window(RD)


def lengths(graph: Graph, starts: Entrances, limit: float, head: float = 0.0) -> float:
    heads = np.full(len(starts), head)
    pieces = reached(graph, field(graph, starts, heads, limit), starts, heads, limit)
    return float(shapely.union_all(pieces).length)


def row_of(xy: tuple[float, float]) -> int:
    """Row of the edge of the cross that begins or ends at a point."""
    return next(k for k, line in enumerate(CROSS.lines) if xy in (line.coords[0], line.coords[-1]))


def test_ways_part_at_the_junction() -> None:
    start = doors((0, row_of((-100, 0)), 60, 0))  # 40 m before the junction
    assert lengths(CROSS.graph("walk"), start, 30) == pytest.approx(60)
    assert lengths(CROSS.graph("walk"), start, 70) == pytest.approx(60 + 40 + 30 + 30)


def test_legs_and_heads_count() -> None:
    start = doors((0, row_of((-100, 0)), 60, 10))
    assert lengths(CROSS.graph("walk"), start, 70, head=20) == pytest.approx(40 + 40)


def test_against_a_one_way_street_nobody_cycles() -> None:
    start = doors((0, row_of((100, 0)), 50, 0))
    assert lengths(CROSS.graph("walk"), start, 20) == pytest.approx(40)
    assert lengths(CROSS.graph("cycle"), start, 20) == pytest.approx(20)


def test_a_boat_is_crossed_but_nobody_stands_on_it() -> None:
    start = doors((0, row_of((0, 100)), 90, 0))
    assert lengths(CROSS.graph("walk"), start, 60) == pytest.approx(10 + 60)


def test_the_outline_is_the_ground_beside_the_streets() -> None:
    around = outline(np.array([shapely.LineString([(0, 0), (100, 0)])]), 10.0)
    assert shapely.area(around) == pytest.approx(100 * 20 + np.pi * 100, rel=0.03)
    assert shapely.is_empty(outline(np.empty(0, dtype=object)))


@st.composite
def networks(draw: st.DrawFn) -> tuple[Graph, Entrances, float]:
    points = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=8, unique=True))
    pairs = st.tuples(st.integers(0, len(points) - 1), st.integers(0, len(points) - 1))
    ends = draw(st.lists(pairs.filter(lambda pair: pair[0] != pair[1]), min_size=2, max_size=12))
    edges = [
        (
            [tuple(10 * c for c in points[u]), tuple(10 * c for c in points[v])],
            draw(st.sampled_from(["w", "wfb", "wf"])),
        )
        for u, v in ends
    ]
    graph = street_file(edges).window(RD).graph(draw(st.sampled_from(["walk", "cycle"])))
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        if len(graph.doors):
            edge = int(draw(st.sampled_from(graph.doors.tolist())))
            rows.append((0, edge, draw(st.floats(0, 1)) * graph.streets.length[edge], draw(st.integers(0, 9))))
    return graph, doors(*rows), draw(st.floats(1, 150))


@settings(max_examples=60)
@given(networks())
def test_every_metre_agrees_with_networkx(case: tuple[Graph, Entrances, float]) -> None:
    graph, starts, limit = case
    heads = np.zeros(len(starts))
    pieces = reached(graph, field(graph, starts, heads, limit), starts, heads, limit)
    places = [(edge, part * graph.streets.length[edge]) for edge in graph.doors.tolist() for part in (0.13, 0.5, 0.91)]
    if not places or not len(starts):
        return
    ends = doors(*((k, edge, offset, 0.0) for k, (edge, offset) in enumerate(places)))
    metres = pair_distances(graph, starts, ends, 1, len(places))[0]
    covered = shapely.union_all(pieces)
    for (edge, offset), far in zip(places, metres.tolist(), strict=True):
        spot = graph.streets.lines[edge].interpolate(offset)
        # two streets may lie on one another, and then the other may be reached
        alone = sum(line.distance(spot) < 1e-6 for line in graph.streets.lines) == 1
        if far <= limit - 1e-6:
            assert covered.distance(spot) < 1e-6
        elif alone and not far <= limit + 1e-6:
            assert shapely.is_empty(covered) or covered.distance(spot) > 1e-9
