"""The timetable as a whole: of one feed, and of several together."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable import values
from flexsite.access.timetable.departures import Departures
from flexsite.access.timetable.lines import LineTable
from flexsite.access.timetable.mending import Courses
from flexsite.access.timetable.model import Changes, Flags, Ints, Lines, Stops, Texts, Timetable
from flexsite.access.timetable.stop_times import ranges
from flexsite.access.timetable.stops import PLATFORM, StopTable
from flexsite.access.timetable.transfers import Rules, changes
from flexsite.access.timetable.trips import TripTable

_Kind = TypeVar("_Kind", bound=np.generic)


def assembled(
    day: datetime.date,
    *,
    stops: StopTable,
    inside: Flags,
    lines: LineTable,
    trips: TripTable,
    courses: Courses,
    every: Departures,
    run: Ints,
    rules: Rules,
    warnings: tuple[str, ...],
    rows: int,
) -> Timetable:
    """The timetable of one feed.

    Parameters
    ----------
    inside
        (s,) stops to keep, also when nothing serves them.
    every, run
        Trips to keep, and their run.
    rows
        Number of stop times in the feed.
    """
    size = np.diff(courses.first)[every.course]
    at = ranges(courses.first[every.course], size)
    stop = courses.stop[at]
    served = np.zeros(len(inside), bool)
    served[stop] = True
    kept, new = stops.chosen(served | (inside & (stops.kind == PLATFORM)))
    trip = courses.trip[every.course]
    line, trip_line = np.unique(trips.line[trip], return_inverse=True)
    later = np.repeat(every.later, size)
    counts = {
        "feeds": 1, "stop_times_read": rows, "stop_times": len(at), "trips": len(every), "stops": len(kept),
        "stops_served": int(served.sum()), "trips_of_day_before": int((every.shift < 0).sum()),
        "trips_of_day_after": int((every.shift > 0).sum()), "trips_by_headway": int((every.clock >= 0).sum()),
        "runs": int(np.count_nonzero(np.bincount(run))),
    }  # fmt: skip
    return Timetable(
        day=day, stops=kept, lines=lines.chosen(line), changes=changes(rules, stops, new),
        trip_id=_trip_ids(trips, trip, every), trip_headsign=values.objects(trips.headsigns)[trip],
        trip_line=trip_line.astype(np.int32).reshape(-1), trip_direction=trips.direction[trip],
        trip_run=np.unique(run, return_inverse=True)[1].astype(np.int32).reshape(-1),
        first=np.concatenate([[0], np.cumsum(size)]).astype(np.int64), stop=new[stop],
        arrive=courses.arrive[at] + later, depart=courses.depart[at] + later,
        board=courses.board[at], alight=courses.alight[at], warnings=warnings, counts=counts,
    )  # fmt: skip


def _trip_ids(trips: TripTable, trip: Ints, every: Departures) -> Texts:
    ids = values.objects(trips.ids)[trip]
    for row in np.flatnonzero(every.clock >= 0).tolist():
        minutes, seconds = divmod(int(every.clock[row]), 60)
        ids[row] = f"{ids[row]} {minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    return ids


def join(feeds: Sequence[tuple[int, Timetable]], warnings: Sequence[str]) -> Timetable:
    """Timetables of several feeds as one, with the feed's number before every id.

    Parameters
    ----------
    feeds
        Number and timetable of each, of the same day.
    warnings
        What else there is to say.
    """
    tables = [table for _, table in feeds]

    def prefixed(ids: Callable[[Timetable], Texts]) -> Texts:
        texts = [np.array([f"{number}:{text}" for text in ids(table)], dtype=object) for number, table in feeds]
        return np.concatenate(texts)

    def together(column: Callable[[Timetable], NDArray[_Kind]]) -> NDArray[_Kind]:
        return np.concatenate([column(table) for table in tables])

    def moved(column: Callable[[Timetable], Ints], size: Callable[[Timetable], int]) -> Ints:
        before = np.cumsum([0, *(size(table) for table in tables)])[:-1]
        return np.concatenate(
            [column(table) + np.int32(low) for table, low in zip(tables, before.tolist(), strict=True)]
        ).astype(np.int32)

    def number_of_stops(table: Timetable) -> int:
        return len(table.stops)

    stops = Stops(
        id=prefixed(lambda t: t.stops.id), name=together(lambda t: t.stops.name), xy=together(lambda t: t.stops.xy),
        station=moved(lambda t: t.stops.station, lambda t: int(t.stops.station.max(initial=-1)) + 1),
        entrance_stop=moved(lambda t: t.stops.entrance_stop, number_of_stops),
        entrance_xy=together(lambda t: t.stops.entrance_xy),
    )  # fmt: skip
    lines = Lines(
        id=prefixed(lambda t: t.lines.id), short_name=together(lambda t: t.lines.short_name),
        long_name=together(lambda t: t.lines.long_name), mode=together(lambda t: t.lines.mode),
        route_type=together(lambda t: t.lines.route_type),
    )  # fmt: skip
    rules = Changes(
        from_stop=moved(lambda t: t.changes.from_stop, number_of_stops),
        to_stop=moved(lambda t: t.changes.to_stop, number_of_stops), seconds=together(lambda t: t.changes.seconds),
    )  # fmt: skip
    sizes = np.concatenate([np.diff(table.first) for table in tables])
    counts: dict[str, int] = {}
    for table in tables:
        for key, value in table.counts.items():
            counts[key] = counts.get(key, 0) + value
    return Timetable(
        day=tables[0].day, stops=stops, lines=lines, changes=rules, trip_id=prefixed(lambda t: t.trip_id),
        trip_headsign=together(lambda t: t.trip_headsign),
        trip_line=moved(lambda t: t.trip_line, lambda t: len(t.lines)),
        trip_direction=together(lambda t: t.trip_direction),
        trip_run=moved(lambda t: t.trip_run, lambda t: int(t.trip_run.max(initial=-1)) + 1),
        first=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), stop=moved(lambda t: t.stop, number_of_stops),
        arrive=together(lambda t: t.arrive), depart=together(lambda t: t.depart), board=together(lambda t: t.board),
        alight=together(lambda t: t.alight), warnings=(*warnings, *(text for t in tables for text in t.warnings)),
        counts=counts,
    )  # fmt: skip
