"""Network distances: small cases by hand, and random networks against networkx."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access.entering.snap import Entrances
from flexsite.access.reach.distance import nearest, total_within
from flexsite.access.streets.model import Graph

from .conftest import NAN, RD, pair_distances, street_file

NOBODY_INSIDE = (np.empty(0, np.int64), np.empty(0, np.int64))


def doors(*rows: tuple[int, int, float, float]) -> Entrances:
    """Entrances from (owner, edge, offset, leg)."""
    table = np.array(rows, float).reshape(-1, 4)
    table = table[np.argsort(table[:, 0], kind="stable")]
    return Entrances(
        table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2], table[:, 3], np.zeros((len(table), 2))
    )


LINE = street_file([([(0, 0), (100, 0)], "wf"), ([(100, 0), (100, 50)], "wfb"), ([(500, 0), (600, 0)],)]).window(RD)
LOOP = street_file([([(0, 0), (100, 0)], "wf"), ([(100, 0), (100, 50), (0, 50), (0, 0)], "wf")]).window(RD)


def test_legs_and_both_parts_of_the_edges_count() -> None:
    assert nearest(LINE.graph("walk"), doors((0, 0, 30, 5)), doors((0, 1, 20, 7)), 1).tolist() == [5 + 70 + 20 + 7]


def test_the_best_entrance_and_the_best_place_win() -> None:
    graph = LINE.graph("walk")
    assert nearest(graph, doors((0, 0, 10, 1), (0, 0, 90, 40)), doors((0, 1, 20, 0), (1, 1, 50, 0)), 1).tolist() == [
        40 + 10 + 20
    ]


def test_on_one_edge_straight_along_it() -> None:
    graph = LINE.graph("walk")
    assert nearest(graph, doors((0, 0, 30, 5), (1, 0, 80, 0)), doors((0, 0, 60, 2)), 2).tolist() == [37, 22]


def test_a_bicycle_goes_round_where_a_walker_turns_back() -> None:
    site, place = doors((0, 0, 60, 0)), doors((0, 0, 30, 0))
    assert nearest(LOOP.graph("walk"), site, place, 1).tolist() == [30]
    assert nearest(LOOP.graph("cycle"), site, place, 1).tolist() == [40 + 200 + 30]


def test_one_way_is_from_site_to_place() -> None:
    graph = LINE.graph("cycle")
    start, end = doors((0, 0, 20, 0)), doors((0, 1, 10, 0))
    assert nearest(graph, start, end, 1).tolist() == [90]
    assert np.isnan(nearest(graph, end, start, 1)).all()


def test_a_point_at_a_junction_is_there_whatever_the_direction_of_its_edge() -> None:
    graph = LINE.graph("cycle")
    assert nearest(graph, doors((0, 1, 10, 0)), doors((0, 0, 100, 3)), 1).tolist() == [13]


def test_unreachable_is_empty() -> None:
    graph = LINE.graph("walk")
    assert np.isnan(nearest(graph, doors((0, 0, 30, 5)), doors((0, 2, 20, 7)), 2)).all()
    assert np.isnan(nearest(graph, doors((0, 0, 30, 5)), doors(), 1)).all()


def test_the_shortest_of_parallel_streets_counts() -> None:
    streets = street_file(
        [([(0, 0), (50, 80), (100, 0)],), ([(0, 0), (100, 0)],), ([(0, 0), (0, 10)],), ([(100, 0), (100, 10)],)]
    ).window(RD)
    assert nearest(streets.graph("walk"), doors((0, 2, 10, 0)), doors((0, 3, 10, 0)), 1).tolist() == [120]


def test_a_ferry_carries_but_has_no_doors() -> None:
    graph = (
        street_file([([(0, 0), (10, 0)],), ([(10, 0), (60, 0)], "wfbF"), ([(60, 0), (70, 0)],)])
        .window(RD)
        .graph("walk")
    )
    assert graph.doors.tolist() == [0, 2]
    assert nearest(graph, doors((0, 0, 0, 0)), doors((0, 2, 10, 0)), 1).tolist() == [70]


def test_within_counts_a_place_once_and_at_exactly_the_distance() -> None:
    graph = LINE.graph("walk")
    site = doors((0, 0, 30, 0), (0, 0, 90, 0))
    places = doors((0, 1, 20, 0), (1, 1, 21, 0))
    values = np.array([10.0, 100.0])
    assert total_within(graph, site, places, np.ones(2), 1, 30, NOBODY_INSIDE).tolist() == [1]
    assert total_within(graph, site, places, values, 1, 31, NOBODY_INSIDE).tolist() == [110]


def test_within_is_empty_without_entrance_and_0_without_places() -> None:
    graph = LINE.graph("walk")
    found = total_within(graph, doors((1, 0, 30, 0)), doors((0, 2, 5, 0)), np.ones(1), 2, 500, NOBODY_INSIDE)
    np.testing.assert_array_equal(found, [NAN, 0])
    inside = (np.array([0]), np.array([0]))
    assert total_within(graph, doors(), doors(), np.ones(1), 1, 500, inside).tolist() == [1]


XY = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda xy: (xy[0] * 25.0, xy[1] * 25.0))
PERMISSION = st.sampled_from(["wfb", "wfb", "wf", "wb", "w", "f", "b", "wfbF"])
EDGE = st.tuples(st.lists(XY, min_size=2, max_size=4), PERMISSION)  # equal ends: loops, and streets without length
DOOR = st.tuples(
    st.integers(0, 6), st.integers(0, 10_000), st.sampled_from([0.0, 0.125, 0.3, 0.5, 0.77, 1.0]), st.integers(0, 60)
)


@given(
    st.lists(EDGE, min_size=1, max_size=14),
    st.lists(DOOR, min_size=1, max_size=10),
    st.lists(DOOR, min_size=1, max_size=10),
    st.sampled_from(["walk", "cycle"]),
    st.integers(0, 200),
)
@settings(max_examples=300, deadline=None)
def test_same_as_networkx(edges: list, of_sites: list, of_places: list, mode: str, within: int) -> None:
    graph = street_file(edges).window(RD).graph(mode)
    usable = np.flatnonzero(graph.along | graph.against)
    if not len(usable):
        return

    def place(rows: list) -> Entrances:
        chosen = [(owner, usable[edge % len(usable)], part, leg) for owner, edge, part, leg in rows]
        return doors(*((owner, edge, part * graph.streets.length[edge], leg) for owner, edge, part, leg in chosen))

    sites, places = place(of_sites), place(of_places)
    expected = pair_distances(graph, sites, places, 7, 7)
    shortest = expected.min(axis=1)
    np.testing.assert_allclose(
        nearest(graph, sites, places, 7), np.where(np.isinf(shortest), NAN, shortest), rtol=0, atol=1e-9
    )
    if (np.abs(expected - within) < 1e-3).any():
        return  # rounding decides
    values = 2.0 ** np.arange(7)  # the total names the places
    total = (values * (expected <= within)).sum(axis=1)
    total[~np.isin(np.arange(7), sites.owner)] = NAN
    np.testing.assert_array_equal(_within(graph, sites, places, values, within), total)


def _within(graph: Graph, sites: Entrances, places: Entrances, values: np.ndarray, within: float) -> np.ndarray:
    return total_within(graph, sites, places, values, 7, within, NOBODY_INSIDE)


def test_compiled_and_plain_search_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba", reason="without numba there is only the plain search")
    from flexsite.access.reach import bounded as reach

    random = np.random.default_rng(7)
    lines = [
        ([tuple(a), tuple(a + step)], "wfb")
        for a in random.integers(0, 9, (80, 2)) * 10.0
        for step in ((10, 0), (0, 10))
    ]
    graph = street_file(lines).window(RD).graph("walk")

    def some(count: int) -> Entrances:
        return doors(
            *((row % 20, random.integers(160), random.uniform(0, 10), random.uniform(0, 5)) for row in range(count))
        )

    sites, places, values = some(40), some(20), random.uniform(0, 1, 20)
    plain = total_within(graph, sites, places, values, 20, 35, NOBODY_INSIDE)
    monkeypatch.setattr(reach, "FEW", 0)
    np.testing.assert_array_equal(plain, total_within(graph, sites, places, values, 20, 35, NOBODY_INSIDE))
    assert len(np.unique(plain)) > 10
