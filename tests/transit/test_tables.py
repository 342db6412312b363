"""Rides, patterns and footpaths worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from flexsite.access.timetable.model import FORBIDDEN
from flexsite.access.transit.connections import Connections
from flexsite.access.transit.footpaths import Footpaths
from flexsite.access.transit.patterns import Patterns
from flexsite.errors import InputError
from tests.transit.days import big_day, changes_of, day_of, legs_of, stops_at, trip


def test_rides_come_by_departure_and_along_their_run() -> None:
    day = day_of(
        [
            trip(7, (2, 30), (3, 30), (0, 30)),  # follows the next in the same second, the vehicle first stops at 2
            trip(7, (0, 10), (1, 30), (2, 30)),
            trip(3, (1, 20), (2, 25)),
            trip(9, (4, 99)),
        ],
        5,
    )
    rides = Connections.of(day)
    assert rides.depart.tolist() == [10, 20, 30, 30, 30]
    assert rides.trip.tolist() == [1, 2, 1, 0, 0]
    assert rides.from_stop.tolist() == [0, 1, 1, 2, 3]
    assert rides.to_stop.tolist() == [1, 2, 2, 3, 0]
    assert rides.element.tolist() == [3, 6, 4, 0, 1]
    assert rides.run.tolist() == [1, 0, 1, 1, 1]
    assert rides.runs == 2


def test_a_trip_that_leaves_before_the_last_has_arrived_is_another_vehicle() -> None:
    day = day_of([trip(1, (0, 0), (1, 10)), trip(1, (1, 9), (2, 20)), trip(1, (2, 20), (0, 30))], 3)
    rides = Connections.of(day)
    assert rides.run.tolist() == [0, 1, 1]


def test_the_hours_of_rides() -> None:
    day = day_of([trip(i, (0, 10 * i), (1, 10 * i + 15)) for i in range(6)], 2)
    for rides in (Connections.of(day, 10, 50), Connections.of(day).between(10, 50)):
        assert rides.depart.tolist() == [10, 20, 30]
        assert rides.run.tolist() == [0, 1, 2] and rides.runs == 3
    assert len(Connections.of(day).between(1000, 2000)) == 0


def test_flags_are_those_of_where_one_gets_on_and_off() -> None:
    day = day_of([trip(0, (0, 0), (1, 5), (2, 9))], 3)
    day.board[:] = [True, False, True]
    day.alight[:] = [False, True, False]
    rides = Connections.of(day)
    assert rides.board.tolist() == [True, False]
    assert rides.alight.tolist() == [True, False]


@pytest.mark.parametrize("calls", [[(0, 10), (1, 9)], [(0, 10), (1, 20, 19), (2, 30)]])
def test_a_trip_back_in_time_is_refused_by_its_name(calls: list[tuple[int, ...]]) -> None:
    day = day_of([trip(0, (0, 0), (1, 1)), trip(1, *calls)], 3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="trip 't1'"):
        Connections.of(day)


def test_patterns_hold_vehicles_that_do_not_overtake() -> None:
    day = day_of(
        [
            trip(0, (0, 0), (1, 10), (2, 30)),
            trip(1, (0, 5), (1, 15), (2, 35)),
            trip(2, (0, 6), (1, 12), (2, 20)),  # overtakes
            trip(3, (0, 50), (2, 60)),
        ],
        3,
    )
    patterns = Patterns.of(Connections.of(day))
    vehicles = [
        set(patterns.run[a:b].tolist())
        for a, b in zip(patterns.first_vehicle, patterns.first_vehicle[1:], strict=False)
    ]
    assert sorted(map(sorted, vehicles)) == [[0, 1], [2], [3]]
    few = patterns.between(36, 55)
    assert few.run.tolist() == [3] and few.depart.tolist() == [50, 60]
    assert few.served.tolist() == [0, 1, 1, 1] and few.place.tolist() == [0]


def test_a_vehicle_that_goes_on_elsewhere_calls_at_both_stops() -> None:
    day = day_of([trip(1, (0, 0), (1, 10)), trip(1, (2, 12), (3, 20)), trip(1, (3, 25), (0, 40))], 4)
    patterns = Patterns.of(Connections.of(day))
    assert patterns.stop.tolist() == [0, 1, 2, 3, 0]
    assert patterns.board.tolist() == [True, False, True, True, False]
    assert patterns.alight.tolist() == [False, True, False, True, True]
    assert patterns.arrive[[1, 3, 4]].tolist() == [10, 20, 40]
    assert patterns.depart[[0, 2, 3]].tolist() == [0, 12, 25]


@pytest.mark.parametrize("seed", range(3))
def test_patterns_of_a_big_day_keep_every_ride_and_no_vehicle_is_overtaken(seed: int) -> None:
    day, _ = big_day(seed)
    rides = Connections.of(day)
    patterns = Patterns.of(rides)
    assert sorted(patterns.ride[patterns.ride >= 0].tolist()) == list(range(len(rides)))
    assert sorted(patterns.run.tolist()) == list(range(rides.runs))
    for p in range(len(patterns)):
        size = int(patterns.first[p + 1] - patterns.first[p])
        for times in (patterns.arrive, patterns.depart):
            table = times[patterns.first_time[p] : patterns.first_time[p + 1]].reshape(-1, size)
            assert (np.diff(table, axis=0) >= 0).all()
        ride = patterns.ride[patterns.first_time[p] : patterns.first_time[p + 1]].reshape(-1, size)
        stop = patterns.stop[patterns.first[p] : patterns.first[p + 1]]
        there = ride >= 0
        assert (rides.from_stop[ride[there]] == np.broadcast_to(stop, ride.shape)[there]).all()


def test_footpaths_by_hand() -> None:
    stops = stops_at([(0, 0), (100, 0), (300, 0), (300, 600), (900, 900)], station=[0, 1, 2, 2, 2])
    legs = legs_of([{0: 0, 1: 120, 2: 350}, {0: 120, 1: 0}, {0: 350, 2: 0}, {3: 0}, {4: 0}])
    changes = changes_of({(0, 1): 30, (1, 0): FORBIDDEN, (4, 4): FORBIDDEN, (0, 4): 500, (1, 1): 0})
    found = Footpaths.of(stops, changes, legs, 1.0, 200, 150)
    ways = {
        (stop, int(found.stop[k])): (int(found.seconds[k]), float(found.metres[k]))
        for stop in range(5)
        for k in range(found.first[stop], found.first[stop + 1])
    }
    straight = float(np.hypot(600, 300))
    assert ways == {
        (0, 0): (150, 0),
        (0, 1): (30, 120),  # as the timetable says
        (0, 4): (500, float(np.hypot(900, 900))),
        (1, 1): (0, 0),
        (2, 2): (150, 0),
        (2, 3): (600, 600),  # one station, no way along the streets within reach
        (3, 2): (600, 600),
        (2, 4): (1082, float(np.hypot(600, 900))),
        (4, 2): (1082, float(np.hypot(600, 900))),
        (3, 3): (150, 0),
        (3, 4): (671, straight),
        (4, 3): (671, straight),
    }
    assert found.seconds.dtype == found.stop.dtype == np.int32


def test_a_walk_within_reach_takes_the_change_time_at_least() -> None:
    stops = stops_at([(0, 0), (10, 0)])
    found = Footpaths.of(stops, changes_of({}), legs_of([{0: 0, 1: 10}, {0: 10, 1: 0}]), 4.8 / 3.6, 10, 60)
    assert found.seconds.tolist() == [60, 60, 60, 60]
    assert Footpaths.of(stops, changes_of({}), legs_of([{1: 10}, {0: 10}]), 4.8 / 3.6, 9.9, 60).stop.tolist() == [0, 1]


def test_no_stops_no_footpaths() -> None:
    none = Footpaths.of(stops_at([]), changes_of({}), legs_of([]), 1.0, 400, 60)
    assert len(none) == 0 and none.first.tolist() == [0]
