"""From GTFS feeds to the timetable of one service day."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyproj

from flexsite.access.timetable import values
from flexsite.access.timetable.assembling import assembled, join
from flexsite.access.timetable.departures import departures, read_headways, without_twins
from flexsite.access.timetable.feed import Feed, open_feed
from flexsite.access.timetable.lines import read_lines
from flexsite.access.timetable.mending import mend
from flexsite.access.timetable.model import Flags, Timetable
from flexsite.access.timetable.runs import runs
from flexsite.access.timetable.service_days import RunningDays, named, no_service, read_services, together
from flexsite.access.timetable.stop_times import read_stop_times
from flexsite.access.timetable.stops import StopTable, read_stops
from flexsite.access.timetable.tables import read_table
from flexsite.access.timetable.transfers import read_rules
from flexsite.access.timetable.trips import Running, read_running, trips_around
from flexsite.errors import InputError
from flexsite.layers.table import Bounds
from flexsite.notices import Notices

_AROUND = (-28, -21, -14, -7, 7, 14, 21, 28)
"""Days whose number of trips is compared with that of the asked one."""


def read_timetable(
    paths: Sequence[Path],
    day: datetime.date,
    crs: pyproj.CRS,
    *,
    bounds: Bounds | None = None,
    on_demand: bool = False,
) -> Timetable:
    """The trips of one service day, and of the days before and after as far as they touch it.

    Parameters
    ----------
    paths
        Feeds: zips or folders. With several, every id begins with the feed's number, from 1, and a colon.
    day
        The service day. Times count from noon less 12 hours, as GTFS says; on the two days a year on which clocks
        change, those of the days before and after are shifted by 24 hours all the same.
    crs
        The study's CRS; stops are brought there from WGS 84.
    bounds
        In `crs`: trips with a stop within are kept, whole; other trips and stops are left out. None: all.
    on_demand
        Whether one may board and alight where the vehicle must be ordered (pickup and drop-off types 2 and 3).

    Returns
    -------
    Timetable
        Trips in the order of feed, id, service day and departure, whatever the order of rows in the feed. Stops that
        nothing serves on the day are there too: none of the stop times is of their row.

    Raises
    ------
    InputError
        A feed cannot be read, no trip runs on the day (the message has days that do work), or none of its trips makes
        sense. Smaller faults are set aside, and told in `Timetable.warnings` with their number.

    Notes
    -----
    Formats and meanings: General Transit Feed Specification, https://gtfs.org/documentation/schedule/reference.

    Examples
    --------
    >>> from datetime import date
    >>> rd = pyproj.CRS.from_epsg(28992)
    >>> timetable = read_timetable([Path("gtfs.zip")], date(2026, 3, 10), rd)  # doctest: +SKIP
    >>> len(timetable), timetable.counts["stop_times"]  # doctest: +SKIP
    (54782, 1055095)
    """
    if not paths:
        raise InputError("there is no feed", where="timetable.path", remedy="give a GTFS zip or a folder")
    read: list[tuple[int, Timetable]] = []
    idle: list[InputError] = []
    for number, path in enumerate(paths, 1):
        with open_feed(path) as feed:
            found = _read_feed(feed, day, crs, bounds, on_demand=on_demand, alone=len(paths) == 1)
        if isinstance(found, InputError):
            idle.append(found)
        else:
            read.append((number, found))
    if not read:
        raise idle[0]
    return join(read, [str(error) for error in idle]) if len(paths) > 1 else read[0][1]


def days(paths: Sequence[Path]) -> RunningDays:
    """On which days how many trips of the feeds begin, from the first to the last.

    Stop times are not read. Trips that repeat at a headway count once.

    Raises
    ------
    InputError
        A feed cannot be read, or no trip runs on any day.
    """
    found = []
    for path in paths:
        with open_feed(path) as feed:
            notices = Notices()
            running = read_running(feed, read_services(feed, notices), notices, details=False)
            one = running.services.running(running.per_service())
            if one is None:
                raise no_service(feed.name, datetime.date.min, None)
            found.append(one)
    if not found:
        raise InputError("there is no feed", where="timetable.path", remedy="give a GTFS zip or a folder")
    return together(found)


def refuse_idle(paths: Sequence[Path], day: datetime.date) -> None:
    """Refuse a day on which `read_timetable` would find no trip, without reading stop times.

    Raises
    ------
    InputError
        A feed cannot be read, or no trip runs on the day (the message has days that do work).
    """
    idle: list[InputError] = []
    for path in paths:
        with open_feed(path) as feed:
            notices = Notices()
            running = read_running(feed, read_services(feed, notices), notices, details=False)
            when = running.services.running(running.per_service())
            if when is None or not when.on(day):
                idle.append(no_service(feed.name, day, when))
                if len(paths) == 1 or when is None or not when.first <= day <= when.last:
                    raise idle[-1]
    if len(idle) == len(paths) > 0:
        raise idle[0]


def _read_feed(
    feed: Feed, day: datetime.date, crs: pyproj.CRS, bounds: Bounds | None, *, on_demand: bool, alone: bool
) -> Timetable | InputError:
    """The timetable of one feed; the error where none of its trips runs on a day within its period."""
    notices = Notices()
    running = read_running(feed, read_services(feed, notices), notices)
    lines = read_lines(feed, notices)
    trips = trips_around(feed, running, lines, day, notices)
    if not trips.active[1].any():
        when = running.services.running(running.per_service())
        error = no_service(feed.name, day, when)
        if alone or when is None or not when.first <= day <= when.last:
            raise error
        return error
    _warn_of_unusual_day(feed, day, running, notices)
    stops = read_stops(feed, crs, notices)
    rows, total = read_stop_times(feed, trips, stops, notices, on_demand=on_demand)
    with_rows = int(np.count_nonzero(np.diff(rows.trip, prepend=-1)))
    if with_rows < len(trips):
        text = f"{feed.where('trips')}: {len(trips) - with_rows} of {len(trips)} trips have no stop times; set aside"
        notices.warn("empty trips", text)
    courses = mend(feed, rows, notices, stops.degrees)
    if not len(courses):
        why = "; ".join(notices)
        remedy = f"ask the publisher for a feed without these faults: {why}"
        what = f"none of the {len(trips)} trips around {named(day)} can be used"
        raise InputError(what, where=feed.where("stop_times"), remedy=remedy)
    calls = np.bincount(courses.stop, minlength=len(stops.kind)) > 0
    unplaced = np.flatnonzero(calls & ~stops.placed())
    if len(unplaced):
        some = ", ".join(values.objects(stops.ids)[unplaced[:3]])
        what = f"{len(unplaced)} stops that trips call at have no place ({some})"
        remedy = "give stop_lat and stop_lon, or a parent_station that has them"
        raise InputError(what, where=feed.where("stops"), remedy=remedy)
    every = departures(feed, trips, courses, *read_headways(feed, trips, courses, notices))
    every = without_twins(feed, trips, courses, every, notices)
    rules = read_rules(feed, trips, stops, notices)
    run = runs(feed, trips, courses, every, stops.station, rules, notices)
    inside = _inside(stops, bounds)
    near = np.logical_or.reduceat(inside[courses.stop], courses.first[:-1])
    kept = np.flatnonzero(near[every.course])
    if not len(kept):
        notices.warn("no trip near", f"{feed.name}: no trip on {named(day)} calls at a stop in the area")
    return assembled(
        day, stops=stops, inside=inside, lines=lines, trips=trips, courses=courses, every=every.only(kept),
        run=run[kept], rules=rules, warnings=tuple(notices), rows=total,
    )  # fmt: skip


def _inside(stops: StopTable, bounds: Bounds | None) -> Flags:
    """(s,) whether each stop lies in the bounds."""
    if bounds is None:
        return np.ones(len(stops.kind), bool)
    x, y = stops.xy.T
    with np.errstate(invalid="ignore"):
        return np.asarray((x >= bounds[0]) & (x <= bounds[2]) & (y >= bounds[1]) & (y <= bounds[3]))


def _warn_of_unusual_day(feed: Feed, day: datetime.date, running: Running, notices: Notices) -> None:
    """Tell when the feed does not vouch for the day, or when far fewer trips run than on others of its weekday."""
    trips = running.per_service()
    today = int(trips[running.services.active(day.toordinal())].sum())
    if feed.has("feed_info"):
        table = read_table(feed, "feed_info", [], ["feed_start_date", "feed_end_date"], notices)
        first, last = (values.day_numbers(table[name])[:1] for name in ("feed_start_date", "feed_end_date"))
        low, high = (int(found[0]) if len(found) else values.NO_DAY for found in (first, last))
        if (low != values.NO_DAY and day.toordinal() < low) or (high != values.NO_DAY and day.toordinal() > high):
            until = " to ".join(
                "?" if at == values.NO_DAY else datetime.date.fromordinal(at).isoformat() for at in (low, high)
            )
            text = f"{feed.where('feed_info')}: the feed is meant for {until}; {today} trips run on {day} all the same"
            notices.warn("period", text)
    others = [int(trips[running.services.active(day.toordinal() + step)].sum()) for step in _AROUND]
    usual = sorted(count for count in others if count)
    if usual and today < usual[len(usual) // 2] / 2:
        text = f"{feed.name}: {today} trips run on {named(day)}, {usual[len(usual) // 2]} on most days of that name "
        notices.warn("few trips", text + "in the weeks around it; it may be a holiday")
