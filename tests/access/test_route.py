"""Ways drawn along the streets: as long as the distances say, and on the streets."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access.reach.route import street_path
from flexsite.access.streets.model import Graph

from .conftest import RD, pair_distances, street_file
from .test_distance import LINE, LOOP, doors


def test_from_door_to_door() -> None:
    found = street_path(LINE.graph("walk"), doors((0, 0, 30, 5)), doors((0, 1, 20, 7)))
    assert found is not None
    assert found.metres == 5 + 70 + 20 + 7
    assert list(found.line.coords) == [(30, 0), (100, 0), (100, 20)]


def test_on_one_street_and_round_the_block() -> None:
    back = street_path(LOOP.graph("walk"), doors((0, 0, 60, 0)), doors((0, 0, 30, 0)))
    assert back is not None
    assert list(back.line.coords) == [(60, 0), (30, 0)]
    round_ = street_path(LOOP.graph("cycle"), doors((0, 0, 60, 0)), doors((0, 0, 30, 0)))
    assert round_ is not None
    assert round_.metres == pytest.approx(40 + 200 + 30)
    assert list(round_.line.coords) == [(60, 0), (100, 0), (100, 50), (0, 50), (0, 0), (30, 0)]


def test_no_way_is_none() -> None:
    assert street_path(LINE.graph("walk"), doors((0, 0, 30, 5)), doors((0, 2, 20, 7))) is None
    assert street_path(LINE.graph("cycle"), doors((0, 1, 10, 0)), doors((0, 0, 20, 0))) is None
    assert street_path(LINE.graph("walk"), doors(), doors((0, 0, 20, 0))) is None


@st.composite
def journeys(draw: st.DrawFn) -> tuple[Graph, list[tuple[int, float, float]], list[tuple[int, float, float]]]:
    points = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=7, unique=True))
    pairs = st.tuples(st.integers(0, len(points) - 1), st.integers(0, len(points) - 1))
    ends = draw(st.lists(pairs.filter(lambda pair: pair[0] != pair[1]), min_size=2, max_size=10))
    ways = st.sampled_from(["wfb", "wf"])
    file = street_file(
        [([tuple(10 * c for c in points[u]), tuple(10 * c for c in points[v])], draw(ways)) for u, v in ends]
    )
    graph = file.window(RD).graph(draw(st.sampled_from(["walk", "cycle"])))

    def some() -> list[tuple[int, float, float]]:
        rows = []
        for _ in range(draw(st.integers(1, 3))):
            edge = draw(st.integers(0, len(ends) - 1))
            part = draw(st.sampled_from([0.0, 0.25, 0.4, 1.0]))
            rows.append((edge, part * float(graph.streets.length[edge]), float(draw(st.integers(0, 5)))))
        return rows

    return graph, some(), some()


@settings(max_examples=80)
@given(journeys())
def test_as_long_as_networkx_says_and_on_the_streets(
    case: tuple[Graph, list[tuple[int, float, float]], list[tuple[int, float, float]]],
) -> None:
    graph, begin, end = case
    starts, ends = doors(*((0, *row) for row in begin)), doors(*((0, *row) for row in end))
    metres = pair_distances(graph, starts, ends, 1, 1)[0, 0]
    found = street_path(graph, starts, ends)
    if found is None:
        assert not np.isfinite(metres)
        return
    assert found.metres == pytest.approx(metres, abs=1e-9)
    legs = starts.leg[found.start] + ends.leg[found.end]
    assert found.line.length + legs == pytest.approx(found.metres, abs=1e-9)
    assert shapely.union_all(graph.streets.lines).buffer(1e-6).covers(found.line)
