"""Service days made by hand and by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from hypothesis import strategies as st

from flexsite.access.reach.legs import Legs
from flexsite.access.timetable.model import Changes, Lines, Stops, Timetable
from flexsite.access.transit.footpaths import Footpaths


@dataclass(frozen=True)
class Call:
    stop: int
    arrive: int
    depart: int
    board: bool = True
    alight: bool = True


@dataclass(frozen=True)
class Trip:
    run: int
    calls: tuple[Call, ...]


def trip(run: int, *calls: tuple[int, int] | tuple[int, int, int]) -> Trip:
    """Calls as (stop, second) or (stop, arrival, departure)."""
    return Trip(run, tuple(Call(call[0], call[1], call[-1]) for call in calls))


def stops_at(xy: Sequence[tuple[float, float]], station: Sequence[int] | None = None) -> Stops:
    names = np.array([f"s{i}" for i in range(len(xy))], object)
    return Stops(
        id=names,
        name=names,
        xy=np.array(xy, float).reshape(-1, 2),
        station=np.arange(len(xy), dtype=np.int32) if station is None else np.array(station, np.int32),
        entrance_stop=np.empty(0, np.int32),
        entrance_xy=np.empty((0, 2)),
    )


def changes_of(pairs: Mapping[tuple[int, int], int]) -> Changes:
    table = np.array([(*pair, seconds) for pair, seconds in pairs.items()], np.int32).reshape(-1, 3)
    return Changes(table[:, 0], table[:, 1], table[:, 2])


def day_of(trips: Sequence[Trip], stops: int) -> Timetable:
    calls = [call for one in trips for call in one.calls]
    names = np.array([f"t{i}" for i in range(len(trips))], object)
    return Timetable(
        day=date(2026, 3, 10),
        stops=stops_at([(100.0 * i, 0.0) for i in range(stops)]),
        lines=Lines(names, names, names, np.zeros(len(trips), np.int8), np.full(len(trips), 3, np.int32)),
        changes=changes_of({}),
        trip_id=names,
        trip_headsign=names,
        trip_line=np.arange(len(trips), dtype=np.int32),
        trip_direction=np.zeros(len(trips), np.int8),
        trip_run=np.array([one.run for one in trips], np.int32),
        first=np.cumsum([0, *(len(one.calls) for one in trips)]).astype(np.int64),
        stop=np.array([call.stop for call in calls], np.int32),
        arrive=np.array([call.arrive for call in calls], np.int32),
        depart=np.array([call.depart for call in calls], np.int32),
        board=np.array([call.board for call in calls], bool),
        alight=np.array([call.alight for call in calls], bool),
    )


def footpaths_of(ways: Mapping[tuple[int, int], int], stops: int, speed: float = 1.0) -> Footpaths:
    """Footpaths just so, in seconds; metres are the same number."""
    pairs = sorted(ways)
    start = np.array([pair[0] for pair in pairs], np.int64)
    return Footpaths(
        first=np.searchsorted(start, np.arange(stops + 1)).astype(np.int64),
        stop=np.array([pair[1] for pair in pairs], np.int32),
        seconds=np.array([ways[pair] for pair in pairs], np.int32),
        metres=np.array([ways[pair] for pair in pairs], float),
        metres_per_second=speed,
    )


def legs_of(ways: Sequence[Mapping[int, float]]) -> Legs:
    """Ways from each origin as {stop: metres}; at 1 m/s these are seconds."""
    return Legs(
        first=np.cumsum([0, *map(len, ways)]).astype(np.int64),
        stop=np.array([stop for some in ways for stop in sorted(some)], np.int32),
        metres=np.array([some[stop] for some in ways for stop in sorted(some)], float),
    )


@dataclass(frozen=True)
class Case:
    """A day, and what is asked of it."""

    day: Timetable
    ways: dict[tuple[int, int], int]
    origins: list[dict[int, float]]
    places: list[dict[int, float]]
    lanes: list[int]
    departures: list[int]
    limit: int
    direct: list[list[int | None]] | None


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Small days full of trouble: loops, rides and changes that take no time, overtaking, runs, midnight."""
    stops = draw(st.integers(2, 6))
    stop, small = st.integers(0, stops - 1), st.integers(0, 3)
    roads = draw(st.lists(st.lists(stop, min_size=2, max_size=6), min_size=1, max_size=3))
    flag = st.sampled_from([True, True, True, True, False])
    origin_of_time = draw(st.sampled_from([0, 0, -7, 86_395]))
    trips = []
    for _ in range(draw(st.integers(1, 9))):
        second, calls = origin_of_time + draw(st.integers(-5, 20)), []
        for here in draw(st.sampled_from(roads)):
            leave = second + draw(small)
            calls.append(Call(here, second, leave, draw(flag), draw(flag)))
            second = leave + draw(small)
        trips.append(Trip(draw(st.integers(0, 5)), tuple(calls)))
    ways = {}
    for one in range(stops):
        for other in range(stops):
            if draw(st.booleans()) or (one == other and draw(st.booleans())):
                ways[one, other] = draw(st.integers(0, 4))
    walk = st.dictionaries(stop, st.integers(0, 6).map(float), max_size=3)
    places = draw(st.lists(walk, min_size=1, max_size=4))
    lanes = draw(st.lists(st.integers(0, 2), min_size=len(places), max_size=len(places)))
    origins = draw(st.lists(walk, min_size=1, max_size=3))
    first = origin_of_time + draw(st.integers(-3, 12))
    departures = [first + i * draw(st.integers(1, 3)) for i in range(draw(st.integers(1, 7)))]
    departures = sorted(set(departures))
    on_foot = st.one_of(st.none(), st.integers(0, 30))
    direct = [[draw(on_foot) for _ in range(max(lanes) + 1)] for _ in origins] if draw(st.booleans()) else None
    return Case(day_of(trips, stops), ways, origins, places, lanes, departures, draw(st.integers(5, 40)), direct)


def big_day(seed: int, stops: int = 60, trips: int = 400) -> tuple[Timetable, dict[tuple[int, int], int]]:
    """A day by chance that searches have to go far in: lines of up to 20 stops, some faster vehicles, some blocks."""
    rng = np.random.default_rng(seed)
    roads = [rng.integers(0, stops, rng.integers(3, 20)) for _ in range(25)]
    made = []
    for number in range(trips):
        road = roads[rng.integers(len(roads))]
        slow = rng.choice([20, 40, 60, 90, 200])
        second = int(rng.integers(0, 7000))
        calls = []
        for here in road:
            leave = second + int(rng.choice([0, 0, 10]))
            calls.append(Call(int(here), second, leave, bool(rng.random() < 0.95), bool(rng.random() < 0.95)))
            second = leave + int(rng.choice([0, slow, slow, slow + 30]))
        made.append(Trip(int(number if rng.random() < 0.8 else rng.integers(0, 15)), tuple(calls)))
    ways = {(s, s): 60 for s in range(stops)}
    for _ in range(150):
        one, other = rng.integers(0, stops, 2)
        if one != other:
            ways[int(one), int(other)] = int(rng.choice([0, 60, 90, 200]))
    return day_of(made, stops), ways
