"""Small islands: nothing snaps to one that has another street near."""

from __future__ import annotations

import networkx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access.entering import entrances
from flexsite.access.entering.entrances import Barriers, place_entrances, site_entrances
from flexsite.access.entering.snap import Entrances
from flexsite.access.streets.islands import FEWEST_NODES, Islands
from flexsite.access.streets.model import StreetFile

from .conftest import RD, street_file

NO_BARRIERS = Barriers(np.empty(0, dtype=object))


def row_of(count: int, y: float, permission: str = "wfbdr") -> list[tuple[list[tuple[float, float]], str]]:
    """A straight street of so many junctions, 10 m apart."""
    return [([(10.0 * k, y), (10.0 * k + 10, y)], permission) for k in range(count - 1)]


def of(file: StreetFile, *places: object, max_snap: float = 100, mode: str = "walk") -> Entrances:
    array = np.empty(len(places), dtype=object)
    array[:] = places
    graph = file.window(RD).graph(mode)  # type: ignore[arg-type]
    return place_entrances(graph, array, max_snap=max_snap, barriers=NO_BARRIERS)


def test_fewer_than_50_junctions_are_an_island() -> None:
    big = row_of(50, 0)
    for count, expected in ((49, 0.0), (50, 60.0)):
        found = of(street_file([*big, *row_of(count, 60)]), shapely.Point(105, 50))
        assert found.xy[:, 1].tolist() == [expected]
        assert found.leg.tolist() == [abs(50 - expected)]


def test_an_island_serves_what_nothing_else_is_near_to() -> None:
    file = street_file([*row_of(50, 0), *row_of(5, 60)])
    assert of(file, shapely.Point(5, 130), max_snap=100).xy.tolist() == [[5, 60]]
    assert of(file, shapely.Point(5, 90), max_snap=90).xy.tolist() == [[5, 0]], "exactly as far as allowed"
    assert len(of(file, shapely.Point(5, 200))) == 0


def test_where_all_are_small_nothing_changes() -> None:
    file = street_file([*row_of(49, 0), *row_of(5, 60)])
    assert of(file, shapely.Point(5, 50)).xy.tolist() == [[5, 60]]
    assert not file.islands("walk").small.any()


def test_modes_have_their_own_islands_and_a_ferry_links() -> None:
    island = row_of(10, 60, "wfb")
    bridge = ([(0, 0), (0, 60)], "wF")
    file = street_file([*row_of(60, 0), *island, bridge])
    assert of(file, shapely.Point(5, 50)).xy.tolist() == [[5, 60]]
    assert of(file, shapely.Point(5, 50), mode="cycle").xy.tolist() == [[5, 0]]


def test_a_site_with_a_barrier_on_the_way_is_not_led_to_an_island() -> None:
    graph = street_file([*row_of(60, 0), *row_of(5, 60)]).window(RD).graph("walk")
    canal = Barriers(np.array([shapely.LineString([(-50, 10), (700, 10)])], dtype=object))
    site = np.array([shapely.box(5, 30, 15, 40)], dtype=object)
    assert len(site_entrances(graph, site, max_snap=100, spacing=50, barriers=canal)) == 0


def test_islands_are_those_of_the_whole_file_not_of_a_window() -> None:
    file = street_file([*row_of(60, 0), *row_of(5, 60)])
    site = np.array([shapely.Point(5, 50)], dtype=object)
    part = file.window(RD, (-20, 30, 20, 70)).graph("walk")  # of the long street nothing, or little
    whole = file.window(RD).graph("walk")
    assert part.island.all()
    assert whole.island.sum() == 4
    near = file.window(RD, (-20, -20, 20, 70)).graph("walk")
    assert len(near.streets) < 20
    found = place_entrances(near, site, max_snap=100, barriers=NO_BARRIERS)
    assert found.xy.tolist() == [[5, 0]]


def test_what_closing_cuts_off_becomes_an_island() -> None:
    file = street_file([*row_of(60, 0), ([(0, 0), (0, 60)], "w"), *row_of(5, 60)])
    assert of(file, shapely.Point(25, 50)).xy.tolist() == [[25, 60]]
    closed = np.zeros(len(file), bool)
    closed[59] = True
    rest = file.without(closed)
    assert len(rest) == len(file) - 1
    assert of(rest, shapely.Point(25, 50)).xy.tolist() == [[25, 0]]
    assert file.islands("walk").islands == 0, "the file itself is as it was"


def test_report() -> None:
    file = street_file([*row_of(60, 0), *row_of(5, 60), ([(0, 200), (500, 200)], "fb")])
    assert file.islands("walk").report() == {
        "parts": 2,
        "islands": 1,
        "islands_km": 0.0,
        "islands_share_of_junctions": round(5 / 65, 4),
    }
    assert file.islands("walk").island_metres == pytest.approx(40)
    assert file.islands("cycle").report()["islands_km"] == 0.5
    assert file.islands("drive").parts == 2


SPOT = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda xy: (xy[0] * 40.0, xy[1] * 40.0))


@given(
    st.lists(st.tuples(SPOT, SPOT), min_size=1, max_size=16, unique=True),
    st.lists(SPOT, min_size=1, max_size=6),
    st.integers(2, 6),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_as_by_hand(lines: list, spots: list, fewest: int, compiled: bool) -> None:
    """Nearest street by shapely and components by networkx, street by street."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flexsite.access.streets.islands.FEWEST_NODES", fewest)
        patch.setattr(entrances, "MANY", 0 if compiled else 10**9)
        file = street_file([(list(line), "w") for line in lines])
        streets = file.window(RD)
        hand = networkx.Graph()
        hand.add_edges_from(zip(streets.u.tolist(), streets.v.tolist(), strict=True))
        size = {node: len(part) for part in networkx.connected_components(hand) for node in part}
        small = np.array([size[node] < fewest for node in streets.u.tolist()])
        places = np.asarray(shapely.points(np.array(spots) + 0.37), dtype=object)
        found = place_entrances(streets.graph("walk"), places, max_snap=60, barriers=NO_BARRIERS)
    legs = dict(zip(found.owner.tolist(), zip(found.edge.tolist(), found.leg.tolist(), strict=True), strict=True))
    for row, place in enumerate(places):
        metres = shapely.distance(streets.lines, place)
        main = metres[~small].min(initial=np.inf)
        best = main if main <= 60 else metres.min()
        if abs(best - 60) < 1e-6:
            continue
        assert (row in legs) == (best <= 60)
        if best <= 60:
            allowed = (metres <= best + 1e-8) & (~small | (main > 60))
            assert legs[row][0] == np.flatnonzero(allowed)[0]
            assert legs[row][1] == pytest.approx(best, abs=1e-9)


def test_the_limit_is_that_of_the_contract() -> None:
    assert FEWEST_NODES == 50
    assert Islands.of(street_file(row_of(3, 0)), "walk").islands == 0
