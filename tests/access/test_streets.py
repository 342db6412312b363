"""Arrays of streets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexsite.access.streets.arcs import shortest_arcs
from flexsite.access.streets.model import MODES, codes, rough_lengths, rows_of

from .conftest import RD, street_file
from .test_formats import MIXED
from .test_osm import HOME

NODES = 5
ARC = st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.integers(0, 9).map(float))


@given(st.lists(ARC, max_size=60))
def test_of_parallel_arcs_the_shortest_stays(arcs: list[tuple[int, int, float]]) -> None:
    shortest: dict[tuple[int, int], float] = {}
    for tail, head, metres in arcs:
        shortest[tail, head] = min(metres, shortest.get((tail, head), np.inf))
    tail, head, metres = (np.array([arc[k] for arc in arcs]) for k in range(3))
    found = shortest_arcs(tail.astype(np.int64), head.astype(np.int64), metres.astype(float), NODES)
    rows = np.repeat(np.arange(NODES), np.diff(found.indptr))
    assert dict(zip(zip(rows.tolist(), found.indices.tolist(), strict=True), found.data, strict=True)) == shortest
    assert found.nnz == len(shortest), "a street without length is an arc"
    assert (np.diff(rows * NODES + found.indices) > 0).all()


def test_only_a_boat_has_its_own_time() -> None:
    streets = street_file([([(0, 0), (30, 0)], "w", 600), ([(30, 0), (90, 0)], "wF", 600), ([(90, 0), (99, 0)],)])
    timed = streets.window(RD).graph("walk", timed=True)
    assert timed.metres.tolist() == pytest.approx([30, 800, 9])
    assert streets.window(RD).graph("cycle", timed=True).metres.tolist() == pytest.approx([30, 2500, 9])


@pytest.mark.parametrize("seed", range(4))
def test_a_window_is_a_part_of_everything(seed: int) -> None:
    whole = MIXED.window(RD)
    low = np.random.default_rng(seed).uniform(-100, 300, 2)
    part = MIXED.window(RD, (*low.tolist(), *(low + 120).tolist()))
    assert (np.diff(part.edge_id) > 0).all()
    for name in ("length", "walk", "forward", "drive_backward", "ferry", "seconds", "way_id", "highway"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[part.edge_id], err_msg=name)
    np.testing.assert_array_equal(part.node_id[part.u], whole.node_id[whole.u][part.edge_id])
    np.testing.assert_array_equal(part.node_id[part.v], whole.node_id[whole.v][part.edge_id])
    assert len(part.node_id) == len(np.unique(np.concatenate([part.u, part.v])))
    for mode in MODES:
        np.testing.assert_array_equal(part.graph(mode).island, whole.graph(mode).island[part.edge_id])


def test_rows_and_codes() -> None:
    start = np.array([0, 2, 2, 5])
    points, begins = rows_of(start, np.array([2, 0, 1]))
    assert points.tolist() == [2, 3, 4, 0, 1]
    assert begins.tolist() == [0, 3, 5, 5]
    code, names = codes(["steps", "path", "steps"])
    assert names[code].tolist() == ["steps", "path", "steps"]


def test_rough_lengths_are_about_right() -> None:
    file = street_file([([HOME, (HOME[0] + 300, HOME[1] + 400)],), ([HOME, HOME],)])
    there = street_file([([(5.3, 52.3), (5.3, 52.31)],), ([(5.3, 52.3), (5.32, 52.3)],)], crs=RD.geodetic_crs)
    everything = np.arange(2)
    assert rough_lengths(file.coords, file.start, everything, RD).tolist() == [500, 0]
    found = rough_lengths(there.coords, there.start, everything, there.crs)
    assert found == pytest.approx([1112.8, 1365], rel=0.005)
    assert rough_lengths(there.coords, there.start, np.array([1]), there.crs) == found[1]
