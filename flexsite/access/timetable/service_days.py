"""On which days services run: calendar.txt and calendar_dates.txt."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable import values
from flexsite.access.timetable.feed import Feed
from flexsite.access.timetable.tables import read_table
from flexsite.errors import InputError
from flexsite.notices import Notices

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EARLIEST = datetime.date(1980, 1, 1).toordinal()
_LATEST = datetime.date(2099, 12, 31).toordinal()
"""Days are counted between these; a calendar without an end says 9999."""
Days = NDArray[np.int32]


@dataclass(frozen=True)
class RunningDays:
    """How many trips begin on each day; trips that repeat at a headway count once.

    Parameters
    ----------
    first, last
        First and last day with a trip.
    trips
        (days,) number of trips of every day from the first to the last.
    """

    first: datetime.date
    last: datetime.date
    trips: NDArray[np.int64]

    def on(self, day: datetime.date) -> int:
        """Number of trips on a day."""
        at = (day - self.first).days
        return int(self.trips[at]) if 0 <= at < len(self.trips) else 0

    def nearest(self, day: datetime.date, *, weekday: bool = False) -> datetime.date | None:
        """The day with trips nearest to another, the earlier of two; of the same day of the week if asked for."""
        running = np.flatnonzero(self.trips) + self.first.toordinal()
        if weekday:
            running = running[running % 7 == day.toordinal() % 7]
        if not len(running):
            return None
        return datetime.date.fromordinal(int(running[np.argmin(np.abs(running - day.toordinal()))]))


@dataclass(frozen=True)
class Services:
    """Services of one feed and the days they run on.

    Parameters
    ----------
    ids
        (s,) texts, by code point.
    service, weekdays, start, end
        One row per row of calendar.txt: service, (r, 7) flags from Monday, first and last day as ordinals.
    changed, change_day, added
        One row per row of calendar_dates.txt, by day: service, day, and whether it runs or does not.
    """

    ids: Any
    service: Days
    weekdays: NDArray[np.bool_]
    start: Days
    end: Days
    changed: Days
    change_day: Days
    added: NDArray[np.bool_]

    def active(self, day: int) -> NDArray[np.bool_]:
        """(s,) whether each service runs on a day, given as ordinal."""
        runs = np.zeros(len(self.ids), bool)
        today = (self.start <= day) & (day <= self.end) & self.weekdays[:, (day - 1) % 7]
        runs[self.service[today]] = True
        low, high = np.searchsorted(self.change_day, [day, day + 1])
        added = self.added[low:high]
        runs[self.changed[low:high][added]] = True
        runs[self.changed[low:high][~added]] = False  # said both, it does not run
        return runs

    @cached_property
    def bounds(self) -> tuple[int, int] | None:
        """First and last day that the tables speak of, as ordinals; None when they speak of none."""
        days = [*self.start[self.end >= self.start], *self.end[self.end >= self.start], *self.change_day]
        return (int(min(days)), int(max(days))) if days else None

    def running(self, trips: NDArray[np.int64]) -> RunningDays | None:
        """Days on which trips run, given their number per service; None when there is no such day."""
        if self.bounds is None:
            return None
        first = max(self.bounds[0], _EARLIEST)
        days = range(first, min(self.bounds[1], _LATEST) + 1)
        count = np.array([trips[self.active(day)].sum() for day in days], np.int64)
        running = np.flatnonzero(count)
        if not len(running):
            return None
        low, high = int(running[0]), int(running[-1])
        fromordinal = datetime.date.fromordinal
        return RunningDays(fromordinal(first + low), fromordinal(first + high), count[low : high + 1])


def read_services(feed: Feed, notices: Notices) -> Services:
    """Services of a feed that has calendar.txt, calendar_dates.txt or both.

    Raises
    ------
    InputError
        Neither table has a row that can be used, or a required column is missing.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    none = pa.array([], pa.string())
    service, weekdays, start, end = none, np.empty((0, 7), bool), *(np.empty(0, np.int32),) * 2
    changed, change_day, added = none, np.empty(0, np.int32), np.empty(0, bool)
    unusable = 0
    if feed.has("calendar"):
        columns = [day.lower() for day in WEEKDAYS]
        table = read_table(feed, "calendar", ["service_id", *columns, "start_date", "end_date"], [], notices)
        flags = np.column_stack([values.whole(table[column], 0, -1) for column in columns]).reshape(-1, 7)
        start, end = values.day_numbers(table["start_date"]), values.day_numbers(table["end_date"])
        good = (start != values.NO_DAY) & (end != values.NO_DAY) & np.isin(flags, (0, 1)).all(axis=1)
        unusable += int((~good).sum())
        service, weekdays, start, end = table["service_id"].filter(good), flags[good] == 1, start[good], end[good]
    if feed.has("calendar_dates"):
        table = read_table(feed, "calendar_dates", ["service_id", "date", "exception_type"], [], notices)
        change_day = values.day_numbers(table["date"])
        kind = values.whole(table["exception_type"], 0, 0)
        good = (change_day != values.NO_DAY) & ((kind == 1) | (kind == 2))
        unusable += int((~good).sum())
        changed, change_day, added = table["service_id"].filter(good), change_day[good], kind[good] == 1
    if unusable:
        text = f"{feed.name}: {unusable} rows of the calendar have no date or value that can be read; set aside"
        notices.warn("calendar rows", text)
    if not len(service) and not added.any():
        remedy = "ask the publisher for a feed with calendar.txt or calendar_dates.txt filled in"
        raise InputError("its calendar names no day on which anything runs", where=feed.name, remedy=remedy)
    ids = pc.unique(pa.concat_arrays([service, changed]))
    ids = ids.take(pa.array(values.by_text(ids)))
    order = np.argsort(change_day, kind="stable")
    return Services(
        ids=ids, service=values.rows_of(service, ids), weekdays=weekdays, start=start, end=end,
        changed=values.rows_of(changed, ids)[order], change_day=change_day[order], added=added[order],
    )  # fmt: skip


def named(day: datetime.date) -> str:
    """A day with its day of the week, in English.

    Examples
    --------
    >>> named(datetime.date(2026, 3, 10))
    'Tuesday 2026-03-10'
    """
    return f"{WEEKDAYS[day.weekday()]} {day.isoformat()}"


def no_service(name: str, day: datetime.date, running: RunningDays | None) -> InputError:
    """The error for a day on which a feed has no trip, with the days that do work."""
    if running is None:
        remedy = "ask the publisher for a whole feed"
        return InputError("no trip runs on any day of its calendar", where=name, remedy=remedy)
    near = running.nearest(day) or running.first
    same = running.nearest(day, weekday=True)
    when = f"it runs from {running.first} to {running.last}; {named(near)} has {running.on(near)} trips"
    if same is None:
        when += f", and it never runs on a {WEEKDAYS[day.weekday()]}"
    elif same != near:
        when += f", the nearest {WEEKDAYS[day.weekday()]} is {same} with {running.on(same)}"
    out = day < running.first or day > running.last
    remedy = f"{when}; take one of these days" + (", or a feed of the right period" if out else "")
    return InputError(f"no trip runs on {named(day)}", where=name, remedy=remedy)


def together(several: Sequence[RunningDays]) -> RunningDays:
    """Trips of several feeds, day by day."""
    first, last = min(one.first for one in several), max(one.last for one in several)
    trips = np.zeros((last - first).days + 1, np.int64)
    for one in several:
        at = (one.first - first).days
        trips[at : at + len(one.trips)] += one.trips
    return RunningDays(first, last, trips)
