"""When courses run: on which of the service days around the asked one, and at which headway."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable import values
from flexsite.access.timetable.feed import Feed
from flexsite.access.timetable.mending import Courses
from flexsite.access.timetable.model import Ints
from flexsite.access.timetable.stop_times import ranges
from flexsite.access.timetable.tables import read_table
from flexsite.access.timetable.trips import SHIFTS, TripTable
from flexsite.errors import InputError
from flexsite.notices import Notices

DAY = 86_400
"""Seconds of a service day: noon less 12 hours to the next; when clocks change, an hour of the night is off by one."""
NIGHT_ENDS = 32 * 3600
"""Seconds at which trips of the next day no longer matter: windows end at 29:59, journeys take two hours at most."""
MOST = 2_000_000
"""Trips that frequencies may make; more is a mistake in the feed."""


@dataclass(frozen=True)
class Headways:
    """Rows of frequencies.txt: course, first departure, departure that no longer is, headway, all (f,) in seconds."""

    course: Ints
    start: Ints
    end: Ints
    headway: Ints


@dataclass(frozen=True)
class Departures:
    """Trips that run, all (d,), in the order of course, service day and departure.

    Parameters
    ----------
    course
        Row in `Courses`.
    shift
        Service day: -1 the day before, 0 the day asked for, 1 the day after.
    later
        Seconds between the times of the course and those since the beginning of the day asked for.
    clock
        Departure on the trip's own service day where it was made of a frequency, else -1.
    """

    course: Ints
    shift: NDArray[np.int8]
    later: Ints
    clock: Ints

    def __len__(self) -> int:
        """Number of trips."""
        return len(self.course)

    def only(self, rows: NDArray[np.intp]) -> Departures:
        """Some of the trips."""
        return Departures(self.course[rows], self.shift[rows], self.later[rows], self.clock[rows])


def read_headways(feed: Feed, trips: TripTable, courses: Courses, notices: Notices) -> tuple[Headways, Ints]:
    """Frequencies of courses, and the courses that only serve as their template."""
    none = np.empty(0, np.int32)
    if not feed.has("frequencies"):
        return Headways(none, none, none, none), none
    required = ["trip_id", "start_time", "end_time", "headway_secs"]
    table = read_table(feed, "frequencies", required, ["exact_times"], notices)
    known = values.rows_of(table["trip_id"], trips.every_id)
    strange = int((known < 0).sum())
    if strange:
        text = f"{feed.where('frequencies', 'trip_id')}: {strange} rows are of a trip that trips.txt has not; set aside"
        notices.warn("unknown frequency", text)
    of = np.full(len(trips) + 1, -1, np.int32)  # the last for trips that do not run
    of[courses.trip] = np.arange(len(courses), dtype=np.int32)
    course = np.where(known >= 0, of[trips.row[known]] if len(trips.row) else -1, -1)
    rows = course >= 0
    course, exact = course[rows].astype(np.int32), values.whole(table["exact_times"], 0, 0)[rows]
    start, end = values.seconds(table["start_time"])[rows], values.seconds(table["end_time"])[rows]
    headway = values.whole(table["headway_secs"], 0, 0)[rows]
    good = (start >= 0) & (end > start) & (headway > 0)
    if not good.all():
        text = f"{feed.where('frequencies')}: {int((~good).sum())} rows have no headway, or end before they begin"
        notices.warn("frequencies", text + "; set aside")
    loose = np.unique(course[good & (exact != 1)])
    if len(loose):
        count = len(np.unique(trips.line[courses.trip[loose]]))
        text = f"{feed.where('frequencies')}: {len(loose)} trips of {count} lines only have a headway (exact_times 0); "
        notices.warn("headways", text + "that they leave at its start and every headway after is an assumption")
    return Headways(course[good], start[good], end[good], headway[good]), np.unique(course)


def departures(feed: Feed, trips: TripTable, courses: Courses, headways: Headways, templates: Ints) -> Departures:
    """All trips that touch the service day: those of the day before still under way, and those of the night after.

    Raises
    ------
    InputError
        Frequencies make more trips than can be meant.
    """
    begins = courses.depart[courses.first[:-1]]
    ends = courses.arrive[courses.first[1:] - 1]
    course, clock = _scheduled(courses, headways, templates, feed)
    own = np.where(clock >= 0, clock - begins[course], 0)
    found: list[Departures] = []
    for shift, active in zip(SHIFTS, trips.active, strict=True):
        later = own + shift * DAY
        runs = active[courses.trip[course]]
        if shift < 0:
            runs = runs & (ends[course] + later > 0)
        elif shift > 0:
            runs = runs & (begins[course] + later < NIGHT_ENDS)
        rows = np.flatnonzero(runs)
        day = np.full(len(rows), shift, np.int8)
        found.append(Departures(course[rows], day, later[rows].astype(np.int32), clock[rows]))
    every = Departures(
        *(np.concatenate([getattr(one, name) for one in found]) for name in ("course", "shift", "later", "clock"))
    )
    return every.only(np.lexsort((every.later, every.shift, every.course)))


def _scheduled(courses: Courses, headways: Headways, templates: Ints, feed: Feed) -> tuple[Ints, Ints]:
    """Courses and departures of all trips of a service day; -1 for the departure that the course itself has."""
    times = -(-(headways.end - headways.start) // headways.headway)
    made = int(times.sum())
    if made > MOST:
        remedy = "check headway_secs, start_time and end_time"
        raise InputError(f"makes {made} trips", where=feed.where("frequencies"), remedy=remedy)
    step = ranges(np.zeros(len(times), np.int64), times)
    clock = np.repeat(headways.start, times) + np.repeat(headways.headway, times) * step.astype(np.int32)
    both = np.repeat(headways.course, times).astype(np.int64) << 32 | clock  # rows may overlap
    both = np.unique(both)
    alone = np.ones(len(courses), bool)
    alone[templates] = False
    plain = np.flatnonzero(alone).astype(np.int32)
    course = np.concatenate([plain, (both >> 32).astype(np.int32)])
    return course, np.concatenate([np.full(len(plain), -1, np.int32), (both & 0xFFFFFFFF).astype(np.int32)])


def without_twins(feed: Feed, trips: TripTable, courses: Courses, every: Departures, notices: Notices) -> Departures:
    """Trips of which no other has the same line, direction, headsign, block, stops and times; one of such twins stays.

    Trips made of frequencies stay as they are.
    """
    trip = courses.trip[every.course]
    low, high = courses.first[every.course], courses.first[every.course + 1]
    headsign = trips.headsigns.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    keys = (
        trips.line[trip], courses.depart[low] + every.later, courses.arrive[high - 1] + every.later, high - low,
        courses.stop[low], courses.stop[high - 1], trips.direction[trip], trips.block[trip], headsign[trip],
        every.shift, every.clock,
    )  # fmt: skip
    mixed = np.zeros(len(every), np.uint64)
    for key in keys:  # equal trips have equal numbers; the few others that have are told apart below
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + key.astype(np.uint64)
    order = np.argsort(mixed, kind="stable")
    alike = mixed[order][1:] == mixed[order][:-1]
    near = np.zeros(len(order), bool)
    near[1:] |= alike
    near[:-1] |= alike
    rows = np.sort(order[near])
    rows = rows[every.clock[rows] < 0]
    seen: set[tuple[object, ...]] = set()
    twins = []
    lists = [key[rows].tolist() for key in keys]
    columns = (courses.stop, courses.arrive, courses.depart, courses.board, courses.alight)
    for row, begin, end, *facts in zip(rows.tolist(), low[rows].tolist(), high[rows].tolist(), *lists, strict=True):
        content = (*facts, *(column[begin:end].tobytes() for column in columns))
        if content in seen:
            twins.append(row)
        seen.add(content)
    if not twins:
        return every
    count = len(np.unique(every.course[twins]))
    text = f"{feed.where('trips')}: {count} trips are the same as another of their line in all but their id; set aside"
    notices.warn("twins", text)
    return every.only(np.setdiff1d(np.arange(len(every)), twins))
