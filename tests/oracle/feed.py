"""What runs on a day, read from GTFS zips with csv and zipfile alone."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import math
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Row = dict[str, str]


@dataclass(frozen=True)
class Call:
    """A vehicle at a stop: seconds after the beginning of the service day."""

    stop: str
    arrive: int
    depart: int
    board: bool = True
    alight: bool = True
    line: str = ""


Vehicle = list[Call]


@dataclass
class Day:
    """Vehicles of one service day, each the list of its calls, and where stops are: name, longitude, latitude."""

    vehicles: list[Vehicle] = field(default_factory=list)
    stops: dict[str, tuple[str, float, float]] = field(default_factory=dict)


def clock(text: str) -> int | None:
    """Seconds of "25:10:00"; None when there is no time.

    >>> clock("25:10:00"), clock(" 7:05:00"), clock("")
    (90600, 25500, None)
    """
    if not text.strip():
        return None
    hours, minutes, rest = text.strip().split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def table(feed: zipfile.ZipFile, name: str) -> Iterator[Row]:
    """Rows of a table; none when it is not in the feed."""
    if name in feed.namelist():
        with feed.open(name) as file:
            rows = csv.reader(io.TextIOWrapper(file, "utf-8-sig"))
            header = [column.strip() for column in next(rows)]
            for row in rows:
                if row:
                    yield dict(zip(header, row, strict=False))


def running(feed: zipfile.ZipFile, day: dt.date) -> set[str]:
    """Services of a date: weekdays between two dates, and exceptions."""
    text = day.strftime("%Y%m%d")
    found = {
        row["service_id"]
        for row in table(feed, "calendar.txt")
        if row["start_date"] <= text <= row["end_date"] and row[DAYS[day.weekday()]] == "1"
    }
    for row in table(feed, "calendar_dates.txt"):
        if row["date"] == text:
            (found.add if row["exception_type"] == "1" else found.discard)(row["service_id"])
    return found


def metres(one: Sequence[float], other: Sequence[float]) -> float:
    """Great-circle distance between two (longitude, latitude)."""
    (x1, y1), (x2, y2) = [(math.radians(x), math.radians(y)) for x, y in (one, other)]
    part = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * 6371008.8 * math.asin(math.sqrt(part))


def fill(rows: list[Row], lonlat: dict[str, tuple[float, float]], by: str) -> list[tuple[int, int]]:
    """Arrival and departure at each call; calls without time lie between those with one.

    `by` says how: "distance", straight from stop to stop, or "sequence", each stop as far as the next.
    """
    times = [(clock(row.get("arrival_time", "")), clock(row.get("departure_time", ""))) for row in rows]
    known = [place for place, pair in enumerate(times) if pair != (None, None)]
    whole: list[tuple[int, int]] = []
    for arrive, depart in times:
        either = depart if arrive is None else arrive
        whole.append((-1, -1) if either is None else (either, either if depart is None else depart))
    for first, last in itertools.pairwise(known):
        steps = [
            1.0 if by == "sequence" else metres(lonlat[rows[k - 1]["stop_id"]], lonlat[rows[k]["stop_id"]])
            for k in range(first + 1, last + 1)
        ]
        if sum(steps) == 0:
            steps = [1.0] * len(steps)
        begin, end = whole[first][1], whole[last][0]
        for place, sofar in enumerate(itertools.accumulate(steps[:-1]), start=first + 1):
            moment = begin + round(sofar / sum(steps) * (end - begin))
            whole[place] = (moment, moment)
    return whole


def read_day(paths: Sequence[Path], day: dt.date, *, by: str = "distance") -> Day:
    """All vehicles that touch a service day, those of the night before and after included.

    Parameters
    ----------
    paths
        GTFS zips; ids get the number of the feed and a colon in front.
    day
        The service day.
    by
        How calls without time are filled in, see `fill`.
    """
    found = Day()
    for number, path in enumerate(paths):
        with zipfile.ZipFile(path) as feed:
            _read_feed(feed, f"{number}:", day, by, found)
    return found


def _read_feed(feed: zipfile.ZipFile, prefix: str, day: dt.date, by: str, found: Day) -> None:
    lonlat = {}
    for row in table(feed, "stops.txt"):
        if (row.get("location_type") or "0") == "0":
            lonlat[row["stop_id"]] = (float(row["stop_lon"]), float(row["stop_lat"]))
            found.stops[prefix + row["stop_id"]] = (row["stop_name"], *lonlat[row["stop_id"]])
    calls: dict[str, list[Row]] = defaultdict(list)
    for row in table(feed, "stop_times.txt"):
        calls[row["trip_id"]].append(row)
    often: dict[str, list[Row]] = defaultdict(list)
    for row in table(feed, "frequencies.txt"):
        often[row["trip_id"]].append(row)
    trips = list(table(feed, "trips.txt"))
    names = {row["route_id"]: row.get("route_short_name") or row["route_id"] for row in table(feed, "routes.txt")}
    for shift in (-1, 0, 1):
        services = running(feed, day + dt.timedelta(days=shift))
        blocks: dict[str, list[Vehicle]] = defaultdict(list)
        for trip in trips:
            if trip["service_id"] not in services or len(calls[trip["trip_id"]]) < 2:
                continue
            rows = sorted(calls[trip["trip_id"]], key=lambda row: int(row["stop_sequence"]))
            times = fill(rows, lonlat, by)
            for start in _starts(often.get(trip["trip_id"]), times[0][1]):
                move = start - times[0][1] + shift * 86400
                vehicle = [
                    Call(
                        prefix + row["stop_id"],
                        arrive + move,
                        depart + move,
                        (row.get("pickup_type") or "0") == "0",
                        (row.get("drop_off_type") or "0") == "0",
                        names[trip["route_id"]],
                    )
                    for row, (arrive, depart) in zip(rows, times, strict=True)
                ]
                if vehicle[-1].arrive < 0 or vehicle[0].depart >= 32 * 3600:
                    continue
                block = trip.get("block_id") or ""
                blocks[block].append(vehicle) if block else found.vehicles.append(vehicle)
        for chain in blocks.values():
            chain.sort(key=lambda vehicle: vehicle[0].depart)
            whole = chain[0]
            for vehicle in chain[1:]:
                if vehicle[0].depart < whole[-1].arrive or vehicle[0].stop != whole[-1].stop:
                    found.vehicles.append(whole)
                    whole = vehicle
                else:
                    whole = whole + vehicle
            found.vehicles.append(whole)


def _starts(often: list[Row] | None, usual: int) -> list[int]:
    """Departures from the first stop: the trip's own, or every headway from start until before the end."""
    if not often:
        return [usual]
    found = []
    for row in often:
        start, end = clock(row["start_time"]), clock(row["end_time"])
        assert start is not None and end is not None
        found += range(start, end, int(row["headway_secs"]))
    return found
