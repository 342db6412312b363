"""Small feeds, written as text, and what a timetable says in words."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyproj

from flexsite.access.timetable.model import Timetable
from flexsite.access.timetable.reading import read_timetable

RD = pyproj.CRS.from_epsg(28992)
TUESDAY = datetime.date(2026, 3, 10)

PLAIN: dict[str, str] = {
    "agency": "agency_id,agency_name,agency_url,agency_timezone\nX,X,https://example.org,Europe/Amsterdam\n",
    "stops": "stop_id,stop_name,stop_lat,stop_lon\nA,Aa,52.37,4.89\nB,Bee,52.38,4.90\nC,Cee,52.39,4.91\n",
    "routes": "route_id,route_short_name,route_long_name,route_type\nr,1,Line one,3\n",
    "trips": "route_id,service_id,trip_id,trip_headsign,direction_id\nr,wk,t,Cee,1\n",
    "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "t,08:00:00,08:00:00,A,1\nt,08:10:00,08:11:00,B,2\nt,08:20:00,08:20:00,C,3\n",
    "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "wk,1,1,1,1,1,0,0,20260101,20261231\n",
}  # fmt: skip
"""A line of three stops with one trip on weekdays of 2026."""


def table(header: str, rows: Iterable[Iterable[Any]]) -> str:
    """A table as text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue()


def write(folder: Path, name: str = "feed.zip", **tables: str | bytes | None) -> Path:
    """Write the plain feed with some of its tables replaced, added, or (None) left out."""
    return pack(folder / name, {**PLAIN, **tables})


def pack(path: Path, tables: Mapping[str, str | bytes | None], inside: str = "") -> Path:
    """Write tables to a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in tables.items():
            if text is not None:
                archive.writestr(f"{inside}{name}.txt", text)
    return path


def read(path: Path, day: datetime.date = TUESDAY, **options: Any) -> Timetable:
    """The timetable of one feed."""
    return read_timetable([path], day, RD, **options)


def clock(seconds: int) -> str:
    """Hours and minutes, and seconds where there are any."""
    sign = "-" if seconds < 0 else ""
    minutes, rest = divmod(abs(int(seconds)), 60)
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}" + (f":{rest:02d}" if rest else "")


def said(timetable: Timetable) -> list[str]:
    """Every trip in words: its id and at each stop arrival and departure, one of them where they are the same."""
    lines = []
    for trip in range(len(timetable)):
        stops = []
        for at in range(timetable.first[trip], timetable.first[trip + 1]):
            arrive, depart = clock(timetable.arrive[at]), clock(timetable.depart[at])
            times = arrive if arrive == depart else f"{arrive}-{depart}"
            stops.append(f"{timetable.stops.id[timetable.stop[at]]} {times}")
        lines.append(f"{timetable.trip_id[trip]}: " + ", ".join(stops))
    return lines


PLAIN_SAID = "t: A 08:00, B 08:10-08:11, C 08:20"


def arrays(timetable: Timetable) -> dict[str, Any]:
    """All arrays as lists with their type, to compare timetables exactly."""
    found: dict[str, Any] = {}
    for name, value in vars(timetable).items():
        inner = vars(value) if name in ("stops", "lines", "changes") else {"": value}
        for part, array in inner.items():
            exact = isinstance(array, np.ndarray)
            found[f"{name}.{part}"] = (str(array.dtype), array.shape, array.tolist()) if exact else array
    return found


def changes(timetable: Timetable) -> dict[tuple[str, str], int]:
    """Seconds of changes by ids of stops."""
    ids, rules = timetable.stops.id, timetable.changes
    return {
        (ids[one], ids[two]): int(seconds)
        for one, two, seconds in zip(rules.from_stop, rules.to_stop, rules.seconds, strict=True)
    }


def together(timetable: Timetable) -> list[list[str]]:
    """Trips of every run of more than one."""
    found: dict[int, list[str]] = {}
    for trip, run in zip(timetable.trip_id, timetable.trip_run, strict=True):
        found.setdefault(int(run), []).append(trip)
    return [trips for trips in found.values() if len(trips) > 1]
