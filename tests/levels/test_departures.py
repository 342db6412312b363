"""Departures per hour of stops, lines and directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access.levels.departures import busiest, departures, directions
from flexsite.access.timetable.model import MODES, Timetable

from .hand import clock, service, timetable

SEVEN, NINE = clock("07:00"), clock("09:00")
BUS, RAIL = MODES.index("bus"), MODES.index("rail")


def rows(found: object) -> list[tuple[int, ...]]:
    columns = [getattr(found, name).tolist() for name in ("place", "line", "direction", "number")]
    return list(zip(*columns, strict=True))


def line_of_three(**how: object) -> Timetable:
    return timetable(
        [("A", 0, 0), ("B", 1000, 0), ("C", 2000, 0)],
        [("12", "bus")],
        [
            (0, 0, [(0, "06:59"), (1, "07:00"), (2, "07:10")]),
            (0, 0, [(0, "07:30"), (1, "07:40"), (2, "07:50")]),
            (0, 1, [(2, "08:55"), (1, "08:59"), (0, "09:05")]),
            (0, 1, [(2, "08:56"), (1, "09:00"), (0, "09:06")]),
        ],
        **how,  # type: ignore[arg-type]
    )


def test_the_first_moment_of_the_window_counts_and_the_last_does_not() -> None:
    """A: 07:30 (06:59 is too early). B: 07:00, 07:40 there and 08:59 back (09:00 is too late). C: 08:55, 08:56 back."""
    found = departures(line_of_three(), SEVEN, NINE)
    assert rows(found) == [(0, 0, 0, 1), (1, 0, 0, 2), (1, 0, 1, 1), (2, 0, 1, 2)]
    assert found.hours == 2
    assert found.per_hour.tolist() == [0.5, 1.0, 0.5, 1.0]


def test_nobody_leaves_where_a_trip_ends_or_where_one_may_only_get_off() -> None:
    found = departures(line_of_three(no_board=[(1, 1)]), SEVEN, NINE)
    assert rows(found) == [(0, 0, 0, 1), (1, 0, 0, 1), (1, 0, 1, 1), (2, 0, 1, 2)]


def test_a_night_goes_on_after_midnight() -> None:
    late = timetable([("A", 0, 0), ("B", 9, 0)], [("n", "bus")], [(0, 0, [(0, "24:10"), (1, "24:20")])])
    assert rows(departures(late, clock("23:00"), clock("25:00"))) == [(0, 0, 0, 1)]
    assert rows(departures(late, 0, clock("01:00"))) == []


def test_a_trip_that_calls_twice_counts_once_and_trips_of_one_run_count_each() -> None:
    twice = timetable(
        [("A", 0, 0), ("B", 500, 0)],
        [("7", "bus")],
        [
            (0, 0, [(0, "07:00"), (1, "07:05"), (0, "07:10"), (1, "07:15")]),
            (0, 0, [(1, "07:20"), (0, "07:25")]),
        ],
        runs=[3, 3],
    )
    assert rows(departures(twice, SEVEN, NINE)) == [(0, 0, 0, 1), (1, 0, 0, 1), (1, 0, 1, 1)]


def test_platforms_of_a_station_are_one_place() -> None:
    two = timetable(
        [("p1", 0, 0, 5), ("p2", 9, 0, 5), ("far", 5000, 0, 6)],
        [("IC", "rail")],
        [(0, 0, [(0, "07:00"), (2, "07:30")]), (0, 0, [(1, "07:15"), (2, "07:45")])],
    )
    assert rows(departures(two, SEVEN, NINE, np.array([5, 5, 6]))) == [(5, 0, 0, 2)]


class TestDirections:
    def test_are_those_of_the_feed_where_it_tells_trips_apart(self) -> None:
        assert directions(line_of_three()).tolist() == [0, 0, 1, 1]

    @pytest.mark.parametrize("said", [-1, 0, 1])
    def test_are_found_by_where_trips_go_where_the_feed_says_one_thing(self, said: int) -> None:
        """The longest trip gives the way; a short one along it is the same way, a longer one against it the other."""
        stops = [("A", 0, 0), ("B", 1000, 100), ("C", 2000, 0)]
        trips = [
            (0, said, [(0, "07:00"), (1, "07:05"), (2, "07:10")]),
            (0, said, [(2, "07:00"), (1, "07:05")]),
            (0, said, [(1, "07:30"), (2, "07:35")]),
            (1, said, [(2, "07:00"), (1, "07:05")]),
        ]
        found = directions(timetable(stops, [("1", "bus"), ("2", "bus")], trips))
        assert found.tolist() == [0, 1, 0, 0]

    def test_of_a_circle_are_one(self) -> None:
        circle = timetable(
            [("A", 0, 0), ("B", 500, 0)], [("c", "bus")], [(0, -1, [(0, "07:00"), (1, "07:05"), (0, "07:10")])] * 2
        )
        assert directions(circle).tolist() == [0, 0]


def test_the_busiest_direction_of_each_line_counts_and_lines_of_a_mode_are_added() -> None:
    """From 07:00 to 09:00 at B: bus 1 leaves 4 times there and 2 back, bus 2 once and 3 times, a train twice there."""
    trips = [
        *service(0, 0, [0, 1, 2], 30, "06:55", "08:25"),
        *service(0, 1, [2, 1, 0], 60, "06:55", "07:55"),
        *service(1, 0, [0, 1, 2], 60, "07:55", "07:55"),
        *service(1, 1, [2, 1, 0], 30, "06:55", "07:55"),
        *service(2, 0, [0, 1, 2], 60, "06:55", "07:55"),
    ]
    made = timetable(
        [("A", 0, 0), ("B", 1000, 0), ("C", 2000, 0), ("nowhere", 3000, 0)],
        [("1", "bus"), ("2", "bus"), ("S", "rail")],
        trips,
    )
    found = busiest(departures(made, SEVEN, NINE), 4)
    at_b = slice(found.first[1], found.first[2])
    assert found.line[at_b].tolist() == [0, 1, 2]
    assert found.number[at_b].tolist() == [4, 3, 2]
    assert found.per_hour[at_b].tolist() == [2.0, 1.5, 1.0]
    by_mode = found.by_mode
    assert by_mode.shape == (4, len(MODES))
    assert by_mode[1, BUS] == 3.5
    assert by_mode[1, RAIL] == 1.0
    assert by_mode[3].tolist() == [0.0] * len(MODES), "a stop without service"


def test_a_timetable_without_trips_has_no_departures() -> None:
    empty = timetable([("A", 0, 0)], [], [])
    found = departures(empty, SEVEN, NINE)
    assert rows(found) == []
    assert busiest(found, 1).by_mode.tolist() == [[0.0] * len(MODES)]


CALLS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 180)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), CALLS), max_size=8), st.data())
def test_departures_are_those_that_a_person_would_count(trips: list, data: st.DataObject) -> None:
    made = timetable(
        [("a", 0, 0, 7), ("b", 5, 0, 7), ("c", 100, 0), ("d", 200, 7), ("e", 300, 1)],
        [("1", "bus"), ("2", "tram"), ("3", "rail")],
        [
            (line, way, [(stop, f"{8 + minute // 60:02}:{minute % 60:02}") for stop, minute in calls])
            for line, way, calls in trips
        ],
    )
    boards = data.draw(st.lists(st.booleans(), min_size=len(made.stop), max_size=len(made.stop)))
    made.board[:] = boards
    place = [0, 0, 1, 2, 3]
    way = directions(made).tolist()
    counted: dict[tuple[int, int, int], int] = {}
    for trip, (line, _, calls) in enumerate(trips):
        seen = set()
        for call, (stop, minute) in enumerate(calls[:-1]):
            if boards[made.first[trip] + call] and 30 <= minute < 90 and place[stop] not in seen:
                seen.add(place[stop])
                key = (place[stop], line, way[trip])
                counted[key] = counted.get(key, 0) + 1
    found = departures(made, clock("08:30"), clock("09:30"), np.array(place))
    assert rows(found) == [(*key, number) for key, number in sorted(counted.items())]
    most = {(at, line): max(counted.get((at, line, d), 0) for d in (0, 1)) for at, line, _ in counted}
    ours = busiest(found, 4)
    at = np.repeat(np.arange(4), np.diff(ours.first)).tolist()
    assert dict(zip(zip(at, ours.line.tolist(), strict=True), ours.number.tolist(), strict=True)) == most
