"""Sums with decay, ways to stops, baskets, catchments and character: by hand, and against networkx on odd networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access import straight
from flexsite.access.entering.ends import ends
from flexsite.access.entering.snap import Entrances
from flexsite.access.places import Places
from flexsite.access.reach import bounded as reach
from flexsite.access.reach import distance, search
from flexsite.access.reach.catchment import catchment
from flexsite.access.reach.character import directness, intersections
from flexsite.access.reach.compact import compact, z_order
from flexsite.access.reach.decay import weights
from flexsite.access.reach.distance import basket, nearest_places, total_within
from flexsite.access.reach.legs import Legs, legs
from flexsite.access.streets.model import Graph
from flexsite.geometry import WORKERS
from flexsite.study.access import Decay

from .conftest import NAN, RD, pair_distances, street_file
from .test_distance import DOOR, EDGE, LOOP, NOBODY_INSIDE, doors

OWNERS = 7


@pytest.fixture(params=["plain", "compiled"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both implementations of every search."""
    if request.param == "compiled":
        monkeypatch.setattr(reach, "FEW", -1)
        monkeypatch.setattr(distance, "_SMALL", -1)
    return request.param


@st.composite
def networks(draw: st.DrawFn) -> tuple[Graph, Entrances, Entrances]:
    """Streets with loops, parallel edges, edges without length, islands and one-ways; two sets of entrances."""
    graph = street_file(draw(st.lists(EDGE, min_size=1, max_size=14))).window(RD)
    one = graph.graph(draw(st.sampled_from(["walk", "cycle"])))
    usable = np.flatnonzero(one.along | one.against)
    if not len(usable):
        return one, doors(), doors()

    def some() -> Entrances:
        rows = draw(st.lists(DOOR, min_size=1, max_size=10))
        chosen = [(owner, usable[edge % len(usable)], part, leg) for owner, edge, part, leg in rows]
        return doors(*((owner, edge, part * one.streets.length[edge], leg) for owner, edge, part, leg in chosen))

    return one, some(), some()


def oracle(graph: Graph, sites: Entrances, places: Entrances) -> np.ndarray:
    return pair_distances(graph, sites, places, OWNERS, OWNERS)


def undecided(metres: np.ndarray, limit: float) -> bool:
    """Whether rounding decides if a distance is within the limit."""
    return bool((np.abs(metres - limit) < 1e-3).any())


@given(networks())
@settings(max_examples=60, deadline=None)
@pytest.mark.usefixtures("way")
def test_nearest_place_of_several_kinds(drawn: tuple[Graph, Entrances, Entrances]) -> None:
    graph, sites, places = drawn
    odd, even = places.take(places.owner % 2 == 1), places.take(places.owner % 2 == 0)
    metres, which = nearest_places(graph, sites, [odd, even, places], OWNERS)
    for row, some in enumerate((odd, even, places)):
        expected = oracle(graph, sites, some)
        shortest = expected.min(axis=1)
        np.testing.assert_allclose(metres[row], np.where(np.isinf(shortest), NAN, shortest), rtol=0, atol=1e-9)
        for site in range(OWNERS):
            if np.isinf(shortest[site]):
                assert which[row, site] == -1
            else:
                assert expected[site, which[row, site]] <= shortest[site] + 1e-9


def test_of_places_as_near_the_first_is_named(way: str) -> None:
    graph = street_file([([(0, 0), (100, 0)],), ([(100, 0), (200, 0)],)]).window(RD).graph("walk")
    sites = doors((0, 0, 100, 0), (1, 0, 40, 0), (2, 1, 90, 0))
    places = doors((0, 1, 60, 0), (1, 0, 40, 0), (2, 1, 60, 0))  # 0 and 2 at one point, 1 as far on the other side
    metres, which = nearest_places(graph, sites, [places], 3)
    assert metres.tolist() == [[60, 0, 30]]
    assert which.tolist() == [[0, 1, 0]]


@pytest.mark.parametrize("mirrored", [False, True])
def test_ties_are_settled_along_the_way_too(way: str, mirrored: bool) -> None:
    graph = street_file([([(100 * x, 0), (100 * x + 100, 0)],) for x in range(6)]).window(RD).graph("walk")
    places = doors(
        (0, 5 if mirrored else 0, 100 if mirrored else 0, 0), (1, 0 if mirrored else 5, 0 if mirrored else 100, 0)
    )
    metres, which = nearest_places(graph, doors((0, 2, 100, 0), (1, 3, 50, 0), (2, 1, 90, 0)), [places], 3)
    assert metres.tolist() == [[300, 250, 190]]
    assert which.tolist() == [[0, 0, 1] if mirrored else [0, 1, 0]]


def test_nearest_on_more_streets_than_are_searched_together() -> None:
    graph = town(110)  # more junctions than one tile has
    assert len(compact(graph)) > 8192
    places = scattered(graph, 5, 1, 2)
    arrive, laid = ends(graph, places, leaving=False), compact(graph)
    expected, whose = search.nearest(laid.back, laid.rank[arrive.node], arrive.metres, arrive.owner)
    metres, which = distance._from_places(graph, places)
    assert metres.tobytes() == expected.tobytes()
    assert which.tobytes() == whose.tobytes()
    assert len(np.unique(which)) == 6


DECAYS = [Decay(halving=40), Decay(power=1.5, least=20), Decay(middle=60, spread=15)]


@given(networks(), st.integers(0, 200), st.sampled_from([None, *DECAYS]))
@settings(max_examples=60, deadline=None)
@pytest.mark.usefixtures("way")
def test_totals_with_and_without_decay(
    drawn: tuple[Graph, Entrances, Entrances], within: int, decay: Decay | None
) -> None:
    graph, sites, places = drawn
    expected = oracle(graph, sites, places)
    expected[1, 2] = 0  # inside
    if undecided(expected, within):
        return
    value = np.array([1, 0.1, 7, 3.3, 1e-3, 12, 0.7])
    weight = np.array([[by_hand(decay, far) for far in row] for row in expected])
    total = (np.where(expected <= within, weight, 0) * value).sum(axis=1)
    total[[site for site in range(OWNERS) if site not in sites.owner and site != 1]] = NAN
    inside = (np.array([1]), np.array([2]))
    found = total_within(graph, sites, places, value, OWNERS, within, inside, decay)
    np.testing.assert_allclose(found, total, rtol=1e-9, atol=1e-12)


def by_hand(decay: Decay | None, metres: float) -> float:
    if decay is None:
        return 1.0
    if math.isinf(metres):
        return 0.0
    if decay.halving is not None:
        return 0.5 ** (metres / decay.halving)
    if decay.power is not None:
        return 1 / max(metres, decay.least) ** decay.power
    return 1 / (1 + math.exp((metres - decay.middle) / decay.spread))


def test_weights_far_away_are_nothing_and_say_nothing() -> None:
    assert weights(Decay(middle=10, spread=0.1), np.array([0.0, 1e6])).round(9).tolist() == [1, 0]
    assert weights(Decay(halving=1), np.array([1e6])).tolist() == [0]


def test_straight_lines_decay_too() -> None:
    class Source:
        name, without_value = "shops", 0

        def read(self, bounds: object) -> Places:
            return Places(shapely.points([[50.0, 5], [110, 5], [400, 5], [5, 5]]), np.array([4.0, 8, 16, 1]), True)

    sites = np.array([shapely.box(0, 0, 10, 10), shapely.box(400, 0, 410, 10)])
    assert straight.total_within(Source(), sites, 100, Decay(halving=20)).tolist() == [1 + 1 + 8 / 32, 16]
    assert straight.total_within(Source(), sites, 100).tolist() == [13, 16]


@given(networks(), st.integers(0, 200))
@settings(max_examples=60, deadline=None)
@pytest.mark.usefixtures("way")
def test_legs_are_all_pairs_within_reach(drawn: tuple[Graph, Entrances, Entrances], limit: int) -> None:
    graph, origins, stops = drawn
    expected = oracle(graph, origins, stops)
    expected[3, 3] = 0
    if undecided(expected, limit):
        return
    found = legs(graph, origins, stops, OWNERS, OWNERS, limit, (np.array([3]), np.array([3])))
    origin, stop = np.nonzero(expected <= limit)
    np.testing.assert_array_equal(found.first, np.searchsorted(origin, np.arange(OWNERS + 1)))
    np.testing.assert_array_equal(found.stop, stop)
    np.testing.assert_allclose(found.metres, expected[origin, stop], rtol=0, atol=1e-9)
    assert (found.first.dtype, found.stop.dtype, found.metres.dtype) == (np.int64, np.int32, np.float64)


def test_legs_of_nobody(way: str) -> None:
    graph = street_file([([(0, 0), (100, 0)],)]).window(RD).graph("walk")
    found = legs(graph, doors(), doors((0, 0, 50, 0)), 3, 1, 500, NOBODY_INSIDE)
    assert (found.first.tolist(), len(found.stop)) == ([0, 0, 0, 0], 0)
    assert legs(graph, doors((0, 0, 1, 0)), doors(), 1, 0, 500, NOBODY_INSIDE).first.tolist() == [0, 0]
    assert legs(graph, doors(), doors(), 0, 0, 500, NOBODY_INSIDE).first.tolist() == [0]


@given(networks(), st.integers(0, 200))
@settings(max_examples=40, deadline=None)
@pytest.mark.usefixtures("way")
def test_catchment_is_the_formula_on_all_distances(drawn: tuple[Graph, Entrances, Entrances], within: int) -> None:
    graph, sites, others = drawn
    amenities, demand = others.take(others.owner < 3), others.take(others.owner >= 3)
    to_amenity, from_demand = oracle(graph, sites, amenities)[:, :3], oracle(graph, demand, amenities)[:, :3]
    if undecided(to_amenity, within) or undecided(from_demand, within):
        return
    capacity, households = np.array([10.0, 30, 7]), np.array([0, 0, 0, 100, 50, 25.5, 8])
    asked = ((from_demand <= within) * households[:, np.newaxis]).sum(axis=0)
    ratio = np.array([have / ask if ask else 0.0 for have, ask in zip(capacity, asked, strict=True)])
    expected = ((to_amenity <= within) * ratio).sum(axis=1)
    expected[~np.isin(np.arange(OWNERS), sites.owner)] = NAN
    found = catchment(graph, sites, amenities, demand, capacity, households, OWNERS, within, NOBODY_INSIDE)
    np.testing.assert_allclose(found.value, expected, rtol=1e-12)
    np.testing.assert_allclose(found.households, asked)
    assert found.unasked == (asked == 0).sum()


def test_a_catchment_by_hand(way: str) -> None:
    graph = street_file([([(0, 0), (1000, 0)],)]).window(RD).graph("walk")
    amenities, demand = doors((0, 0, 200, 0), (1, 0, 700, 0)), doors((0, 0, 0, 0), (1, 0, 450, 0), (2, 0, 1000, 0))
    sites = doors((0, 0, 100, 0), (1, 0, 500, 0), (2, 0, 1000, 0))
    found = catchment(graph, sites, amenities, demand, np.array([90.0, 40]), np.array([20.0, 10, 30]), 3, 300,
                      NOBODY_INSIDE)  # fmt: skip
    # the first serves 20 + 10, the second 10 + 30
    assert found.value.tolist() == [3, 3 + 1, 1]
    assert found.households.tolist() == [30, 40]


def test_households_travel_to_amenities_and_not_back(way: str) -> None:
    graph = LOOP.graph("cycle")  # 40 m from 20 to 60, and 260 m back
    found = catchment(graph, doors((0, 0, 30, 0)), doors((0, 0, 60, 0)), doors((0, 0, 20, 0)), np.array([5.0]),
                      np.array([10.0]), 1, 50, NOBODY_INSIDE)  # fmt: skip
    assert (found.value.tolist(), found.households.tolist(), found.unasked) == ([0.5], [10], 0)


def test_a_basket_counts_kinds_not_places() -> None:
    metres = np.array([[100.0, 500, NAN], [500.0000001, 600, NAN], [0, NAN, NAN], [501, 2, 3]])
    np.testing.assert_array_equal(basket(metres, 500), [0.75, 0.5, 0.25])


CROSS = [([(0, 0), (100, 0)],), ([(100, 0), (200, 0)],), ([(100, 0), (100, 100)],), ([(100, 100), (100, 200)],),
         ([(100, 100), (100, 150), (150, 150), (150, 100), (100, 100)],), ([(200, 0), (5000, 0)], "F"),
         ([(200, 0), (200, 100)], "f"), ([(100, 200), (100, 300)],)]  # fmt: skip


def at(graph: Graph, *rows: tuple[int, int, float, float]) -> Entrances:
    """Entrances with their place."""
    found = doors(*rows)
    xy = np.array([shapely.get_coordinates(shapely.line_interpolate_point(graph.streets.lines[edge], offset))[0]
                   for edge, offset in zip(found.edge, found.offset, strict=True)]).reshape(-1, 2)  # fmt: skip
    return Entrances(found.owner, found.edge, found.offset, found.leg, xy)


def test_junctions_per_km2_are_where_three_streets_meet() -> None:
    graph = street_file(CROSS).window(RD).graph("walk")
    # (100, 0) with three ends, (100, 100) with four; (100, 200) two; (200, 0) one, a boat and a street not to walk on
    sites = at(graph, (0, 0, 20, 5), (0, 2, 90, 50), (2, 2, 50, 0), (3, 3, 60, 0))
    area = math.pi * 0.08**2
    np.testing.assert_allclose(intersections(graph, sites, 5, 80), [1 / area, NAN, 2 / area, 1 / area, NAN])
    np.testing.assert_allclose(intersections(graph, sites, 5, 79.9)[0], 0)


def test_directness_by_hand(way: str) -> None:
    graph = street_file(CROSS).window(RD).graph("walk")
    sites = at(graph, (0, 0, 20, 5), (1, 4, 50, 0), (3, 1, 0, 0), (4, 7, 100, 0))
    found = directness(graph, sites, 5, 180)
    first = (1 + math.hypot(80, 100) / 180) / 2
    loop = (50 / 50 + 150 / 150) / 2  # straight up from both
    np.testing.assert_allclose(found, [first, loop, NAN, 1, NAN])  # from (100, 0) itself only the other counts
    assert np.isnan(directness(graph, sites.take(np.array([4 - 1])), 5, 199)).all()


@given(networks(), st.integers(0, 200))
@settings(max_examples=40, deadline=None)
def test_compiled_equals_plain_to_the_last_bit(drawn: tuple[Graph, Entrances, Entrances], within: int) -> None:
    graph, sites, places = drawn
    values = np.array([0.1, 0.2, 0.7, 1e9, 1e-9, 3, 1 / 3])

    def answers() -> list[np.ndarray]:
        ways = legs(graph, sites, places, OWNERS, OWNERS, within, NOBODY_INSIDE)
        return [
            *nearest_places(graph, sites, [places], OWNERS),
            total_within(graph, sites, places, values, OWNERS, within, NOBODY_INSIDE),
            total_within(graph, sites, places, values, OWNERS, within, NOBODY_INSIDE, DECAYS[0]),
            directness(graph, sites, OWNERS, within + 1),
            *vars(ways).values(),
        ]

    compare(answers, lambda patch: (patch.setattr(reach, "FEW", -1), patch.setattr(distance, "_SMALL", -1)))


def compare(answers: Callable[[], list[np.ndarray]], change: Callable[[pytest.MonkeyPatch], object]) -> None:
    before = answers()
    with pytest.MonkeyPatch.context() as patch:
        change(patch)
        after = answers()
    for one, other in zip(before, after, strict=True):
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()


def town(size: int = 60, seed: int = 3) -> Graph:
    """A bent grid with gaps, one-ways, parallel streets and an island."""
    random = np.random.default_rng(seed)
    xy = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1) * 60.0 + random.uniform(
        -25, 25, (size, size, 2)
    )
    edges = []
    for y in range(size):
        for x in range(size):
            for right, up in ((1, 0), (0, 1)):
                if x + right < size and y + up < size and random.random() < 0.75 and not (up and y == size - 8):
                    ends = [tuple(xy[y, x]), tuple(xy[y + up, x + right])]
                    bend = tuple(np.mean(ends, axis=0) + random.uniform(-9, 9, 2))
                    edges.append(([ends[0], bend, ends[1]], "wf" if random.random() < 0.1 else "wfb"))
    return street_file(edges).window(RD).graph("cycle")


def scattered(graph: Graph, owners: int, each: int, seed: int) -> Entrances:
    random = np.random.default_rng(seed)
    edge = random.choice(graph.doors, owners * each)
    return at_many(graph, np.repeat(np.arange(owners), each), edge, random.uniform(0, 1, len(edge)), random)


def at_many(
    graph: Graph, owner: np.ndarray, edge: np.ndarray, part: np.ndarray, random: np.random.Generator
) -> Entrances:
    offset = part * graph.streets.length[edge]
    xy = shapely.get_coordinates(shapely.line_interpolate_point(graph.streets.lines[edge], offset))
    return Entrances(owner, edge, offset, random.uniform(0, 40, len(owner)), xy)


def test_threads_do_not_show_and_nor_do_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = town()
    sites, places = scattered(graph, 900, 2, 1), scattered(graph, 400, 1, 2)
    values = np.random.default_rng(5).uniform(0, 9, 400)

    def answers() -> list[np.ndarray]:
        ways = legs(graph, sites, places, 900, 400, 700, NOBODY_INSIDE)
        return [
            *nearest_places(graph, sites, [places, places.take(slice(0, 9))], 900),
            total_within(graph, sites, places, values, 900, 1000, NOBODY_INSIDE),
            total_within(graph, sites, places, values, 900, 1000, NOBODY_INSIDE, DECAYS[2]),
            directness(graph, sites, 900, 500),
            intersections(graph, sites, 900, 500),
            *vars(ways).values(),
        ]

    def change(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(reach, "_CHUNK", 77)
        WORKERS.set(1)

    token = WORKERS.set(2)
    try:
        compare(answers, change)
    finally:
        WORKERS.reset(token)


def test_a_town_as_networkx_has_it(way: str) -> None:
    graph = town(24)
    sites, places = scattered(graph, 60, 2, 1), scattered(graph, 40, 1, 2)
    expected = pair_distances(graph, sites, places, 60, 40)
    shortest = expected.min(axis=1)
    metres, which = nearest_places(graph, sites, [places], 60)
    np.testing.assert_allclose(metres[0], np.where(np.isinf(shortest), NAN, shortest), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(which[0], np.where(np.isinf(shortest), -1, expected.argmin(axis=1)))
    found = legs(graph, sites, places, 60, 40, 900, NOBODY_INSIDE)
    origin, stop = np.nonzero(expected <= 900)
    np.testing.assert_array_equal(found.stop, stop)
    np.testing.assert_allclose(found.metres, expected[origin, stop], rtol=0, atol=1e-9)
    total = total_within(graph, sites, places, np.ones(40), 60, 900, NOBODY_INSIDE)
    np.testing.assert_array_equal(total, (expected <= 900).sum(axis=1))
    assert 100 < len(found.stop) < 1500


def test_searches_that_outgrow_their_room() -> None:
    """More junctions, arcs and places in reach than there is room for at first, and passes instead of patience."""
    graph = town(70)
    sites, places = scattered(graph, 150, 1, 1), scattered(graph, 3000, 1, 2)
    total = total_within(graph, sites, places, np.ones(3000), 150, 1e5, NOBODY_INSIDE)
    metres = np.array([nearest_places(graph, sites, [places.take([row])], 150)[0][0] for row in range(0, 3000, 100)])
    some = total_within(graph, sites, places, np.arange(3000) % 100 == 0, 150, 1e5, NOBODY_INSIDE)
    np.testing.assert_array_equal(some, np.isfinite(metres).sum(axis=0))
    assert total.max() > 2000


def test_a_search_without_patience_goes_on_in_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    from flexsite.access.reach import _lanes

    random = np.random.default_rng(0)
    count = 40
    tail, head = random.integers(0, count, (2, 200))
    order = np.argsort(tail, kind="stable")
    link = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=count))]).astype(np.int32)
    metres = random.uniform(0, 10, 200)[order]
    monkeypatch.setattr(_lanes, "_PATIENCE", 0)
    reached, active = np.full((count, _lanes.LANES), np.inf), np.zeros(count, np.uint8)
    reached[0], active[0] = 0.0, 1
    _lanes._settle.py_func(count, link, head[order].astype(np.int32), metres, reached, active, 30.0)  # type: ignore[attr-defined]
    best = np.full(count, np.inf)
    best[0] = 0
    for _ in range(count):
        np.minimum.at(best, head[order], best[tail[order]] + metres)
    within = best <= 30
    np.testing.assert_allclose(reached[within, 0], best[within])
    assert within.sum() > 20


def test_neighbours_are_near_each_other_in_memory() -> None:
    graph = town(40)
    laid = compact(graph)
    assert laid is compact(graph)
    assert sorted(laid.rank.tolist()) == list(range(len(laid)))
    xy = graph.streets.node_xy[np.argsort(laid.rank)]
    assert (
        np.hypot(*np.diff(xy, axis=0).T).mean() < 0.1 * np.hypot(*np.diff(graph.streets.node_xy, axis=0).T).mean() + 150
    )
    assert z_order(np.zeros((3, 2))).tolist() == [0, 1, 2]


def test_legs_know_nobody() -> None:
    assert len(Legs.none(4)) == 4
