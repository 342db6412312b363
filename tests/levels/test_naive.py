"""Levels of all sites at once equal those of a person who goes through the sites, stops and trips one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access.levels import level as level_module
from flexsite.access.levels.level import levels, needs
from flexsite.access.levels.standard import Standard, load_standard
from flexsite.access.levels.supply import supply_of
from flexsite.access.timetable.model import MODES, Timetable

from .hand import legs, shown, timetable

LINES = [("1", "bus"), ("2", "bus"), ("A", "tram"), ("M", "metro"), ("IC", "rail"), ("SPR", "rail")]
STATIONS = [0, 0, 1, 2, 3, 3]
DISTANCES = st.sampled_from(
    [0.0, 120.5, 499.9, 500.0, 500.1, 640.0, 641.0, 960.0, 1000.0, 1500.0, 2000.0, 2999.0, 3000.0]
)
TRIP = st.tuples(
    st.integers(0, len(LINES) - 1), st.integers(0, 1), st.lists(st.integers(0, 5), min_size=2, max_size=4),
    st.integers(0, 719),
)  # fmt: skip
SITE = st.dictionaries(st.integers(0, 5), DISTANCES, max_size=6)


def made(trips: list[tuple[int, int, list[int], int]], times: int) -> Timetable:
    """Every trip `times` times, so that some stops have several departures an hour."""
    calls = [
        (
            line,
            way,
            [
                (stop, f"{7 + (minute + k + row) // 60:02}:{(minute + k + row) % 60:02}")
                for row, stop in enumerate(stops)
            ],
        )
        for line, way, stops, minute in trips
        for k in range(times)
    ]
    return timetable([(f"S{row}", 0.0, 0.0, station) for row, station in enumerate(STATIONS)], LINES, calls)


def counted(feed: Timetable, start: int, end: int) -> dict[tuple[int, int], int]:
    """Departures by station and line in the line's busiest direction, by going through all trips."""
    both = {line: {int(d) for d in feed.trip_direction[feed.trip_line == line]} == {0, 1} for line in range(len(LINES))}
    number: dict[tuple[int, int, int], int] = {}
    for trip in range(len(feed)):
        seen = set()
        for call in range(feed.first[trip], feed.first[trip + 1] - 1):
            station = STATIONS[feed.stop[call]]
            if start <= feed.depart[call] < end and station not in seen:
                seen.add(station)
                line = int(feed.trip_line[trip])
                # all stops lie at one point: no trip goes back
                key = (station, line, int(feed.trip_direction[trip]) if both[line] else 0)
                number[key] = number.get(key, 0) + 1
    most: dict[tuple[int, int], int] = {}
    for (station, line, _), n in number.items():
        most[station, line] = max(n, most.get((station, line), 0))
    return most


def by_class(standard: Standard, most: dict[tuple[int, int], int], site: dict[int, float]) -> str:
    hours = (standard.window.seconds[1] - standard.window.seconds[0]) / 3600
    best = len(standard.levels) - 1
    for stop, metres in site.items():
        for reach in standard.reach:
            for kind in reach.kinds:
                here = {line: n for (at, line), n in most.items() if at == STATIONS[stop]}
                mode = MODES[standard.mode_of(kind)]
                often = sum(n for line, n in here.items() if LINES[line][1] == mode) / hours
                intercity = here.get(4, 0) / hours
                if metres <= standard.metres(reach) and often > 0 and (kind != "intercity" or intercity >= 1):
                    for row, level in enumerate(standard.levels):
                        if often >= (level.per_hour or 0) and metres <= (level.minutes or 999) * 80:
                            best = min(best, row)
                            break
    return standard.levels[best].id


def by_index(most: dict[tuple[int, int], int], site: dict[int, float]) -> float:
    index = 0.0
    for mode, reach, late in (("bus", 640, 2.0), ("tram", 960, 0.75), ("metro", 960, 0.75), ("rail", 960, 0.75)):
        doors = []
        for line in range(len(LINES)):
            near = [
                (metres, 30 / most[STATIONS[stop], line])
                for stop, metres in site.items()
                if LINES[line][1] == mode and metres <= reach and (STATIONS[stop], line) in most
            ]
            if near:
                metres, waiting = min(near)
                doors.append(30 / (metres / 80 + waiting + late))
        if doors:
            index += max(doors) + 0.5 * (sum(doors) - max(doors))
    return index


def ours(standard: Standard, feed: Timetable, sites: list[dict[int, float]]) -> Any:
    supply = supply_of(feed, standard.window.seconds)
    wanted = needs(standard, supply)
    everywhere = np.ones(len(sites), bool)
    return levels(standard, supply, wanted, [legs(sites)] * len(wanted), [everywhere] * len(wanted), "en")


@pytest.mark.parametrize("name", ["pbl-crow", "rail-minutes"])
@settings(max_examples=60, deadline=None)
@given(trips=st.lists(TRIP, max_size=8), times=st.sampled_from([1, 12, 13, 25, 60]), sites=st.lists(SITE, max_size=6))
def test_classes(name: str, trips: list[Any], times: int, sites: list[dict[int, float]]) -> None:
    standard = load_standard(name)
    feed = made(trips, times)
    most = counted(feed, *standard.window.seconds)
    assert shown(ours(standard, feed, sites).level) == [by_class(standard, most, site) for site in sites]


@settings(max_examples=60, deadline=None)
@given(
    trips=st.lists(TRIP.map(lambda trip: (*trip[:3], 75 + trip[3] % 60)), max_size=8), times=st.integers(1, 8),
    sites=st.lists(SITE, max_size=6), compiled=st.booleans(),
)  # fmt: skip
def test_index(trips: list[Any], times: int, sites: list[dict[int, float]], compiled: bool) -> None:
    standard = load_standard("ptal")
    feed = made(trips, times)
    most = counted(feed, *standard.window.seconds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(level_module, "FEW", -1 if compiled else 20_000)
        found = ours(standard, feed, sites)
    for site, level, why in zip(sites, shown(found.level), shown(found.why), strict=True):
        index = by_index(most, site)
        if index == 0:
            assert level == "0"
        else:
            assert float(why.split(";")[0].removeprefix("index ")) == pytest.approx(index, abs=0.005000001)
