"""Random feeds against a plain reader that goes through them row by row, trip by trip and day by day."""

from __future__ import annotations

import csv
import datetime
import io
import random
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access.timetable.feed import open_feed
from flexsite.access.timetable.mending import mend
from flexsite.access.timetable.model import Timetable
from flexsite.access.timetable.reading import days
from flexsite.access.timetable.service_days import read_services
from flexsite.access.timetable.stop_times import Rows
from flexsite.errors import InputError
from flexsite.notices import Notices

from .conftest import PLAIN, read, table, write

MONDAY = datetime.date(2026, 3, 9)
STOPS = "ABCDE"
TIMES = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type"
Row = dict[str, str]
Call = tuple[str, int, int, bool, bool]
Trip = tuple[str, int, int, tuple[Call, ...]]
"""Id with its departure where it was made of a headway, day's shift, seconds of the first departure, calls."""


def rows(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text)))


def seconds(text: str) -> int:
    hours, minutes, rest = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + rest


def clock(time: int) -> str:
    return f"{time // 3600:02d}:{time // 60 % 60:02d}:{time % 60:02d}"


def runs_on(feed: dict[str, str], service: str, day: datetime.date) -> bool:
    text = day.strftime("%Y%m%d")
    kinds = [row["exception_type"] for row in rows(feed.get("calendar_dates", "")) if row["service_id"] == service
             and row["date"] == text]  # fmt: skip
    if kinds:
        return "2" not in kinds
    return any(
        row["service_id"] == service and row["start_date"] <= text <= row["end_date"]
        and row[day.strftime("%A").lower()] == "1"
        for row in rows(feed.get("calendar", ""))
    )  # fmt: skip


def plainly(feed: dict[str, str], day: datetime.date) -> tuple[list[Trip], dict[Trip, Trip]]:
    """All trips of a day, and which trip each vehicle makes next."""
    calls: dict[str, list[Row]] = defaultdict(list)
    for row in rows(feed["stop_times"]):
        calls[row["trip_id"]].append(row)
    station = {row["stop_id"]: row["parent_station"] or row["stop_id"] for row in rows(feed["stops"])}
    found: list[Trip] = []
    of_block: dict[tuple[str, int], list[Trip]] = defaultdict(list)
    for trip in sorted(rows(feed["trips"]), key=lambda row: row["trip_id"]):
        order = sorted(calls[trip["trip_id"]], key=lambda row: int(row["stop_sequence"]))
        begins = seconds(order[0]["departure_time"])
        headways = [row for row in rows(feed.get("frequencies", "")) if row["trip_id"] == trip["trip_id"]]
        leaves = {
            time
            for row in headways
            for time in range(seconds(row["start_time"]), seconds(row["end_time"]), int(row["headway_secs"]))
        }
        for shift in (-1, 0, 1):
            if not runs_on(feed, trip["service_id"], day + datetime.timedelta(days=shift)):
                continue
            for leave in sorted(leaves) if headways else [begins]:
                later = leave - begins + 86400 * shift
                times = [
                    (seconds(row["arrival_time"]) + later, seconds(row["departure_time"]) + later) for row in order
                ]
                if (shift == -1 and times[-1][0] <= 0) or (shift == 1 and times[0][1] >= 32 * 3600):
                    continue
                name = trip["trip_id"] + (f" {clock(leave)}" if headways else "")
                one = (name, shift, times[0][1], tuple(
                    (row["stop_id"], arrive, depart, row["pickup_type"] in ("", "0"), row["drop_off_type"] in ("", "0"))
                    for row, (arrive, depart) in zip(order, times, strict=True)
                ))  # fmt: skip
                found.append(one)
                if trip["block_id"] and not headways:
                    of_block[trip["block_id"], shift].append(one)
    after: dict[Trip, Trip] = {}
    for chain in of_block.values():
        chain.sort(key=lambda one: (one[2], one[3][-1][1], one[0]))
        after |= {
            one: two
            for one, two in pairwise(chain)
            if one[3][-1][1] <= two[2] and station[one[3][-1][0]] == station[two[3][0][0]]
        }
    return found, after


def as_found(timetable: Timetable) -> tuple[list[Trip], dict[Trip, Trip]]:
    found: list[Trip] = []
    last: dict[int, Trip] = {}
    after = {}
    seen: dict[str, int] = {}
    for trip, name in enumerate(timetable.trip_id):
        low, high = timetable.first[trip], timetable.first[trip + 1]
        calls = tuple(
            (str(timetable.stops.id[timetable.stop[at]]), int(timetable.arrive[at]), int(timetable.depart[at]),
             bool(timetable.board[at]), bool(timetable.alight[at]))
            for at in range(low, high)
        )  # fmt: skip
        seen[name] = trip
        found.append((name, 0, calls[0][2], calls))
    order = sorted(range(len(found)), key=lambda trip: (found[trip][2], found[trip][3][-1][1], found[trip][0]))
    for trip in order:
        run = int(timetable.trip_run[trip])
        if run in last:
            after[last[run]] = found[trip]
        last[run] = found[trip]
    return found, after


def random_feed(seed: int) -> dict[str, str]:
    """Up to ten trips on three services, some at a headway, some past midnight, some in blocks; rows shuffled."""
    pick = random.Random(seed)
    names = ["wk", "we", "x"]
    calendar = [
        (name, *(pick.choice([0, 1, 1, 1]) for _ in range(7)), "20260305", pick.choice(["20260309", "20260320"]))
        for name in names[:2]
    ]
    dates = [(name, f"202603{pick.randint(7, 12):02d}", pick.choice([1, 1, 2])) for name in names for _ in range(2)]
    dates = list({date[:2]: date for date in dates}.values())
    trips, times, frequencies = [], [], []
    ends: dict[str, tuple[int, str]] = {}
    for number in range(pick.randint(1, 10)):
        trip = f"t{number}"
        block = pick.choice(["", "b", "b", "c"])
        time = pick.choice([0, 5, 7, 8, 20, 23, 25, 31]) * 3600 + pick.randint(0, 59) * 60
        stop = pick.choice(STOPS)
        if block in ends and pick.random() < 0.7:  # where and when the vehicle is free, or nearly so
            time, stop = ends[block][0] + pick.choice([-60, 0, 600]), pick.choice([ends[block][1], "C"])
        trips.append(
            ("r", pick.choice(["wk", "wk", "wk", *names]), trip, f"to {number}", pick.choice(["", "0", "1"]), block)
        )
        sequence = 0
        for _ in range(pick.randint(2, 5)):
            sequence += pick.randint(1, 10)
            stay = pick.choice([0, 0, 60])
            flags = (pick.choice(["", "0", "1"]), pick.choice(["", "0", "1"]))
            times.append((trip, clock(time), clock(time + stay), stop, sequence, *flags))
            ends[block] = (time, stop)
            time += stay + pick.choice([0, 45, 300, 3600])
            stop = pick.choice(STOPS)
        for _ in range(pick.choice([0, 0, 0, 0, 0, 1, 2])):
            start = pick.randint(0, 26) * 3600
            frequencies.append(
                (trip, clock(start), clock(start + pick.randint(1, 7200)), pick.choice([600, 901, 3600]), 1)
            )
    for some in (trips, times, frequencies, dates):
        pick.shuffle(some)
    stops = "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\nS,S,52.3,4.9,1,\n"
    feed = {
        "stops": stops
        + "".join(f"{stop},,52.3,4.{at}1,0,{'S' if stop in 'CD' else ''}\n" for at, stop in enumerate(STOPS)),
        "routes": PLAIN["routes"],
        "trips": table("route_id,service_id,trip_id,trip_headsign,direction_id,block_id", trips),
        "stop_times": table(TIMES, times),
        "calendar_dates": table("service_id,date,exception_type", dates),
    }  # fmt: skip
    if pick.random() < 0.8:
        feed["calendar"] = table(PLAIN["calendar"].split("\n", 1)[0], calendar)
    if frequencies:
        feed["frequencies"] = table("trip_id,start_time,end_time,headway_secs,exact_times", frequencies)
    return feed


def compare(folder: Path, seed: int) -> bool:
    feed = random_feed(seed)
    path = write(folder, **{"calendar": None, **feed})
    day = MONDAY + datetime.timedelta(days=seed % 3)
    expected, next_expected = plainly(feed, day)
    service = {row["trip_id"]: row["service_id"] for row in rows(feed["trips"])}
    if not any(runs_on(feed, service[row["trip_id"]], day) for row in rows(feed["trips"])):
        with pytest.raises(InputError, match=r"no trip runs|names no day"):
            read(path, day)
        return False
    timetable = read(path, day)
    found, next_found = as_found(timetable)
    assert found == [(name, 0, time, calls) for name, _, time, calls in expected]

    def bare(after: dict[Trip, Trip]) -> dict[tuple[str, int], tuple[str, int]]:
        return {(one[0], one[2]): (two[0], two[2]) for one, two in after.items()}

    assert bare(next_found) == bare(next_expected)
    return bool(next_expected)


def test_random_feeds_against_a_plain_reader(tmp_path: Path) -> None:
    assert sum(compare(tmp_path, seed) for seed in range(200)) > 20  # of these have a run of several trips


def calendars() -> Iterator[st.SearchStrategy[list[tuple[object, ...]]]]:
    flag, name = st.sampled_from([0, 1]), st.sampled_from(["a", "b", "c"])
    date = st.integers(1, 28).map(lambda at: f"202602{at:02d}")
    yield st.lists(st.tuples(name, *[flag] * 7, date, date), max_size=4)
    yield st.lists(st.tuples(name, date, st.sampled_from([1, 2])), max_size=8)


@settings(max_examples=60, deadline=None)
@given(*calendars())
def test_services_run_on_the_days_that_the_tables_say(
    tmp_path_factory: pytest.TempPathFactory, calendar: list[tuple[object, ...]], dates: list[tuple[object, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("calendar")
    feed = {
        "calendar": table(PLAIN["calendar"].split("\n", 1)[0], calendar),
        "calendar_dates": table("service_id,date,exception_type", dates),
        "trips": "route_id,service_id,trip_id\nr,a,1\nr,a,2\nr,b,3\nr,b,4\nr,b,5\nr,c,6\n",
    }
    path = write(folder, **feed)
    every = [datetime.date(2026, 1, 31) + datetime.timedelta(days=at) for at in range(31)]
    weights = {"a": 2, "b": 3, "c": 1}
    expected = [sum(weight for name, weight in weights.items() if runs_on(feed, name, day)) for day in every]
    if not calendar and all(kind == 2 for _, _, kind in dates):
        with pytest.raises(InputError, match="names no day"):
            days([path])
        return
    with open_feed(path) as opened:
        services = read_services(opened, Notices())
    names = services.ids.to_pylist()
    for day in every:
        active = dict(zip(names, services.active(day.toordinal()).tolist(), strict=True))
        assert {name for name, on in active.items() if on} == {name for name in weights if runs_on(feed, name, day)}
    if not any(expected):
        with pytest.raises(InputError, match="on any day"):
            days([path])
        return
    counted = days([path])
    assert [counted.on(day) for day in every] == expected
    assert counted.on(counted.first) > 0 and counted.on(counted.last) > 0
    for day in every:
        running = [other for other, count in zip(every, expected, strict=True) if count]
        assert counted.nearest(day) == min(running, key=lambda other: (abs((other - day).days), other))
        same = [other for other in running if other.weekday() == day.weekday()]
        nearest = min(same, key=lambda other: (abs((other - day).days), other)) if same else None
        assert counted.nearest(day, weekday=True) == nearest


Call2 = st.tuples(st.booleans(), st.integers(0, 3), st.none() | st.integers(0, 50), st.none() | st.integers(0, 6))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(Call2, min_size=2, max_size=8), min_size=1, max_size=4))
def test_missing_times_against_one_trip_after_another(trips: list[list[Any]]) -> None:
    import numpy as np

    trip, sequence, time, way, degrees = [], [], [], [], []
    expected: list[list[int]] = []
    for number, calls in enumerate(trips):
        known = [given or at in (0, len(calls) - 1) for at, (given, _, _, _) in enumerate(calls)]
        clock = np.cumsum([step * 100 for _, step, _, _ in calls]).tolist()
        places = [place for _, _, place, _ in calls]
        spots = [spot for _, _, _, spot in calls]
        times: list[int] = []
        for at in range(len(calls)):
            low = max(i for i in range(at + 1) if known[i])
            high = min(i for i in range(at, len(calls)) if known[i])
            share = 0.0 if high == low else (at - low) / (high - low)
            gap = places[low : high + 1]
            rises = None not in gap and all(a <= b for a, b in pairwise(gap)) and gap[-1] > gap[0]
            if high > low and rises:
                share = (places[at] - places[low]) / (places[high] - places[low])
            elif high > low and None not in spots[low : high + 1]:
                steps = [abs(a - b) for a, b in pairwise(spots[low : high + 1])]
                share = sum(steps[: at - low]) / sum(steps) if sum(steps) else share
            times.append(clock[low] + round(share * (clock[high] - clock[low])))
        expected.append(times)
        trip += [number] * len(calls)
        sequence += list(range(len(calls)))
        time += [clock[at] if known[at] else -1 for at in range(len(calls))]
        way += [float("nan") if place is None else place for place in places]
        degrees += [(float("nan"), 0.0) if spot is None else (spot * 0.01, 0.0) for spot in spots]
    flags = np.ones(len(trip), bool)
    times32 = np.array(time, np.int32)
    stop = np.arange(len(trip), dtype=np.int32)
    given_rows = Rows(np.array(trip, np.int32), stop, np.array(sequence, np.int32), times32, times32,
                      flags, flags, np.array(way, np.float32))  # fmt: skip
    feed = type("Named", (), {"where": staticmethod(lambda table, column="": table)})()
    found = mend(feed, given_rows, Notices(), np.array(degrees))
    assert len(found) == len(trips)
    for number, times in enumerate(expected):
        part = slice(found.first[number], found.first[number + 1])
        # a share of exactly half a second may be rounded either way
        assert np.abs(found.arrive[part] - np.array(times)).max() <= 1
        assert found.arrive[part].tolist() == found.depart[part].tolist()
