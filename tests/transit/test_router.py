"""Journeys worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from flexsite.access.transit import router as room
from flexsite.access.transit.joining import REPORTS, ranks
from flexsite.access.transit.journey import PLACE
from flexsite.access.transit.raptor import NEVER
from flexsite.access.transit.router import Router
from tests.transit.days import day_of, footpaths_of, legs_of, trip

MINUTE, HOUR = 60, 3600
EIGHT = 8 * HOUR


@pytest.fixture(params=["plain", "compiled"], autouse=True)
def both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FEW", 10**12 if request.param == "plain" else -1)


def town() -> Router:
    """A bus every half hour from 0 to 1 in ten minutes, and a train from 2, beside 1, to 3 at 8:20 and 8:50."""
    trips = [trip(i, (0, EIGHT + 30 * i * MINUTE), (1, EIGHT + (30 * i + 10) * MINUTE)) for i in range(4)]
    trips += [trip(9 + i, (2, EIGHT + (20 + 30 * i) * MINUTE), (3, EIGHT + (45 + 30 * i) * MINUTE)) for i in range(2)]
    return Router.of(day_of(trips, 4), footpaths_of({(0, 0): 60, (1, 1): 60, (1, 2): 600, (2, 1): 600}, 4))


def test_every_departure_minute_and_its_statistics() -> None:
    minutes = EIGHT + MINUTE * np.arange(-10, 51)  # 7:50 to 8:50, both included
    answers = {
        statistic: town().travel(legs_of([{0: 120}]), legs_of([{3: 60}]), minutes, statistic, report=REPORTS)
        for statistic in ("min", "max", "median", "mean", "p85", "p90")
    }
    # leaving at 7:58 one arrives at 8:46, at 8:28 at 9:16; whoever leaves after that finds no train
    times = [8 * 60 + 46 - m if m <= 7 * 60 + 58 else 9 * 60 + 16 - m for m in range(7 * 60 + 50, 8 * 60 + 29)]
    every = np.array(times + [np.inf] * (61 - len(times)))
    assert answers["min"].seconds.tolist() == [[min(times) * 60]]
    assert answers["median"].seconds.tolist() == [[np.sort(every)[30] * 60]]
    for statistic in ("max", "mean", "p85", "p90"):
        assert np.isnan(answers[statistic].seconds).all()
    assert answers["min"].share.tolist() == [[39 / 61]]
    assert answers["min"].last.tolist() == [[EIGHT + 28 * MINUTE]]
    assert answers["min"].changes.tolist() == [[1]]


def test_walking_all_the_way_when_that_is_no_slower() -> None:
    minutes = [EIGHT - 120, EIGHT]
    got = town().travel(
        legs_of([{0: 120}]), legs_of([{1: 0}, {1: 0}]), minutes, "max",
        direct=np.array([[600.0, np.nan]]), report=REPORTS,
    )  # fmt: skip
    assert got.seconds.tolist() == [[600, 40 * MINUTE]]
    assert got.changes.tolist() == [[0, 0]]
    assert np.isnan(town().travel(legs_of([{}]), legs_of([{}]), minutes, direct=np.array([[7201.0]])).seconds).all()
    assert town().travel(legs_of([{}]), legs_of([{}]), minutes, direct=np.array([[7200.0]])).seconds == 7200


def test_the_best_place_of_a_set_counts_at_every_departure() -> None:
    minutes = [EIGHT, EIGHT + 10 * MINUTE]
    places = legs_of([{1: 0}, {3: 0}, {0: 30}])
    each = town().travel(legs_of([{0: 0, 2: 0}]), places, minutes, "mean").seconds
    np.testing.assert_array_equal(each, [[(10 + 30) / 2 * 60, (45 + 35) / 2 * 60, np.nan]])
    best = town().travel(legs_of([{0: 0, 2: 0}]), places, minutes, "mean", lanes=np.array([0, 0, 1])).seconds
    np.testing.assert_array_equal(best, [[(10 + 30) / 2 * 60, np.nan]])
    sets = town().travel(legs_of([{0: 0, 2: 0}]), places, [EIGHT + 600], lanes=np.array([0, 0, 0])).seconds
    assert sets.tolist() == [[30 * 60]]


def test_a_journey_of_two_hours_counts_and_one_second_more_does_not() -> None:
    day = day_of([trip(0, (0, 3600), (1, 7200))], 2)
    router = Router.of(day, footpaths_of({}, 2))
    seconds = router.travel(legs_of([{0: 0}]), legs_of([{1: 0}]), [-1, 0], "max").seconds
    assert np.isnan(seconds).all()
    assert router.travel(legs_of([{0: 0}]), legs_of([{1: 0}]), [0, 1], "max").seconds == 7200


def test_two_hours_of_waiting_for_a_ride_that_takes_no_time_count() -> None:
    trips = [trip(0, (0, 7200), (1, 7200)), trip(1, (2, 0), (0, 0)), trip(2, (3, 0), (0, 0, 7200), (1, 7200))]
    router = Router.of(day_of(trips, 4), footpaths_of({(0, 0): 60}, 4))
    seconds = router.travel(legs_of([{0: 0}, {2: 0}, {3: 0}]), legs_of([{1: 0}]), [0]).seconds
    assert seconds.tolist() == [[7200], [7200], [7200]]
    assert np.isnan(router.travel(legs_of([{0: 0}]), legs_of([{1: 1}]), [0]).seconds).all()


def test_counting_places_within_a_time() -> None:
    places = legs_of([{1: 0}, {3: 0}, {}])
    at_eight = {"departures": [EIGHT], "seconds": 45 * MINUTE}
    origins = legs_of([{0: 0, 2: 0}, {0: 60}, {}])  # who misses the bus of eight is at 1 by 8:40
    assert town().within(origins, places, **at_eight).tolist() == [2, 1, 0]
    assert town().within(origins, places, **at_eight, values=np.array([3.0, 0.5, 9.0])).tolist() == [3.5, 3, 0]
    on_foot = legs_of([{}, {2: 2700}, {2: 2701}])
    assert town().within(origins, places, **at_eight, direct=on_foot).tolist() == [2, 2, 0]


def test_the_median_of_two_is_their_mean_also_when_counting() -> None:
    places = legs_of([{1: 0}])
    minutes = [EIGHT, EIGHT + 10 * MINUTE]  # ten minutes and thirty
    assert town().within(legs_of([{0: 0}]), places, minutes, 20 * MINUTE).tolist() == [1]
    assert town().within(legs_of([{0: 0}]), places, minutes, 20 * MINUTE - 1).tolist() == [0]


def test_stops_reached_from_a_stop() -> None:
    origins = legs_of([{0: 0}, {1: 0, 2: 600}])
    assert town().arrivals(origins, EIGHT, 2700).tolist() == [
        [NEVER, EIGHT + 600, NEVER, EIGHT + 2700],
        [NEVER, NEVER, NEVER, EIGHT + 2700],
    ]
    values = np.array([1.0, 10, 100, 1000])
    assert town().totals(origins, EIGHT, 2700, values).tolist() == [1111, 1110]
    assert town().totals(origins, EIGHT, 2699, values).tolist() == [111, 110]


def test_an_earlier_vehicle_boarded_further_on_when_the_one_ridden_comes_too_late() -> None:
    day = day_of([trip(0, (0, 0), (1, 100), (2, 200), (3, 300)), trip(1, (0, 50), (1, 400), (2, 500), (3, 600))], 4)
    router = Router.of(day, footpaths_of({}, 4))
    origins = legs_of([{0: 10, 2: 190}])  # misses the first vehicle at 0, but not at 2
    assert router.arrivals(origins, 0, 300).tolist() == [[NEVER, NEVER, NEVER, 300]]
    assert router.totals(origins, 0, 300, np.array([1.0, 10, 100, 1000])).tolist() == [1101]


def test_a_route_to_show() -> None:
    steps = town().journey(legs_of([{0: 120}]), 0, legs_of([{}, {3: 60}]), [0, 1], EIGHT - 180)
    assert [(step.kind, step.from_stop, step.to_stop) for step in steps] == [
        ("walk", PLACE, 0),
        ("ride", 0, 1),
        ("change", 1, 2),
        ("ride", 2, 3),
        ("walk", 3, PLACE),
    ]
    assert [(step.depart - EIGHT, step.arrive - EIGHT) for step in steps] == [
        (-180, -60),
        (0, 600),
        (600, 1200),
        (1200, 2700),
        (2700, 2760),
    ]
    assert [step.metres for step in steps] == [120, 0, 600, 0, 60]
    assert [step.line for step in steps] == [-1, 0, -1, 4, -1]
    assert town().journey(legs_of([{}]), 0, legs_of([{3: 60}]), [0], EIGHT) == []
    walk = town().journey(legs_of([{}]), 0, legs_of([{3: 60}]), [0], EIGHT, direct=(900, 1200.0))
    assert [(step.kind, step.arrive - step.depart, step.metres) for step in walk] == [("walk", 900, 1200.0)]
    as_fast = [
        town().journey(legs_of([{0: 0}]), 0, legs_of([{1: 0}]), [0], EIGHT, direct=(seconds, 800.0))
        for seconds in (600, 601)
    ]
    assert [len(steps) for steps in as_fast] == [1, 3]  # on foot when that is no slower


def test_who_stays_seated_at_the_end_of_a_trip_changes_nothing() -> None:
    day = day_of([trip(5, (0, 0), (1, 300), (2, 600)), trip(5, (3, 620), (4, 900))], 5)
    router = Router.of(day, footpaths_of({}, 5))
    got = router.travel(legs_of([{0: 0}]), legs_of([{4: 0}]), [0], report=REPORTS)
    assert got.seconds == 900 and got.changes == 0
    first, second = router.journey(legs_of([{0: 0}]), 0, legs_of([{4: 0}]), [0], 0)[1:-1]
    assert (first.stops, second.stops) == ((0, 1, 2), (3, 4))
    assert (first.seated, second.seated) == (False, True)


def test_the_fewest_changes_among_the_fastest_not_the_first_found() -> None:
    day = day_of(
        [
            trip(0, (0, 0), (1, 100)),
            trip(1, (1, 200), (2, 300)),
            trip(2, (0, 50), (2, 290), (3, 400)),  # slower to board, no change
            trip(3, (2, 350), (3, 400)),
        ],
        4,
    )
    router = Router.of(day, footpaths_of({(s, s): 10 for s in range(4)}, 4))
    got = router.travel(legs_of([{0: 0}]), legs_of([{3: 0}]), [0], report=("changes",))
    assert got.seconds == 400 and got.changes == 0
    assert [step.kind for step in router.journey(legs_of([{0: 0}]), 0, legs_of([{3: 0}]), [0], 0)] == [
        "walk", "ride", "walk",
    ]  # fmt: skip


def test_what_cannot_be_asked_is_said() -> None:
    with pytest.raises(ValueError, match="fastest"):
        town().travel(legs_of([{0: 0}]), legs_of([{3: 0}]), [0], "fastest")
    with pytest.raises(ValueError, match="rise"):
        town().travel(legs_of([{0: 0}]), legs_of([{3: 0}]), [60, 0])


def test_nothing_to_search() -> None:
    empty = Router.of(day_of([], 2), footpaths_of({}, 2))
    assert np.isnan(empty.travel(legs_of([{0: 0}]), legs_of([{1: 0}]), [0]).seconds).all()
    assert (empty.arrivals(legs_of([{0: 0}]), 0) == NEVER).all()
    assert town().travel(legs_of([]), legs_of([{1: 0}]), [0]).seconds.shape == (0, 1)
    assert town().travel(legs_of([{0: 0}]), legs_of([]), [0]).seconds.shape == (1, 0)


@pytest.mark.parametrize("count", [*range(1, 60), 121, 240, 1441])
def test_places_of_statistics_are_those_of_numpy(count: int) -> None:
    times = np.arange(count) ** 2.0
    for statistic, method in (("p85", "inverted_cdf"), ("p90", "inverted_cdf")):
        low, high = ranks(statistic, count)
        assert low == high
        assert times[low] == np.percentile(times, int(statistic[1:]), method=method)  # type: ignore[call-overload]
    low, high = ranks("median", count)
    assert (times[low] + times[high]) / 2 == np.median(times)
