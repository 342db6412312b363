"""Trips as stop times can tell them: times between known ones filled in, what makes no sense set aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable import values
from flexsite.access.timetable.feed import Feed
from flexsite.access.timetable.model import Flags, Ints, Metres
from flexsite.access.timetable.stop_times import NO_SEQUENCE, Rows
from flexsite.notices import Notices


@dataclass(frozen=True)
class Courses:
    """Courses of trips over their stops, before it is said when they run.

    Parameters
    ----------
    trip
        (c,) row of the trip, rising.
    first
        (c + 1,) stop times of course i are elements first[i]:first[i + 1] of the next arrays.
    stop, arrive, depart, board, alight
        (k,) as in `model.Timetable`, in seconds of the trip's own service day.
    """

    trip: Ints
    first: NDArray[np.int64]
    stop: Ints
    arrive: Ints
    depart: Ints
    board: Flags
    alight: Flags

    def __len__(self) -> int:
        """Number of courses."""
        return len(self.trip)


EARTH = 6_371_008.8
"""Metres of the earth's mean radius (IUGG)."""


def mend(feed: Feed, rows: Rows, notices: Notices, degrees: Metres) -> Courses:
    """Courses of all trips that make sense; each reason for which some do not is told with their number.

    Times that are missing lie between the known ones before and after as `shape_dist_traveled` says where all of these
    have it; else by the straight distances from stop to stop, as R5 has it; and evenly where these are not known.

    Parameters
    ----------
    rows
        In the order of trip and sequence.
    degrees
        (s, 2) longitude and latitude of the stops.
    """
    rows, sad = _without_doubles(rows, feed, notices)
    starts = np.flatnonzero(np.diff(rows.trip, prepend=-1))
    size = np.diff(np.append(starts, len(rows)))
    number = np.repeat(np.arange(len(starts)), size)  # of the trip, from 0
    bad = np.zeros(len(starts), bool)

    def refuse(which: Flags, why: str) -> None:
        fresh = which & ~bad
        if fresh.any():
            text = f"{feed.where('stop_times')}: {int(fresh.sum())} of {len(starts)} trips {why}; set aside"
            notices.warn(why, text)
        bad[fresh] = True

    def any_of(flags: Flags) -> Flags:
        return np.bincount(number[flags], minlength=len(starts)) > 0

    refuse(any_of(sad), "have two different rows with one stop_sequence")
    refuse(any_of(rows.sequence == NO_SEQUENCE), "have a stop_sequence that is no number")
    unreadable = (rows.arrive == values.UNREADABLE) | (rows.depart == values.UNREADABLE)
    refuse(any_of(unreadable), "have a time that cannot be read")
    refuse(size < 2, "have fewer than two stops")
    arrive = np.where(rows.arrive < 0, rows.depart, rows.arrive)
    depart = np.where(rows.depart < 0, rows.arrive, rows.depart)
    ends = starts + size - 1
    refuse((arrive[starts] < 0) | (arrive[ends] < 0), "have no time at their first or last stop")
    if (arrive < 0).any():
        _fill(rows, number, starts, bad, arrive, depart, _apart(degrees[rows.stop]))
    falling = arrive > depart
    falling[1:] |= (depart[:-1] > arrive[1:]) & (number[1:] == number[:-1])
    refuse(any_of(falling), "go back in time")
    if bad.any():
        keep = ~bad[number]
        rows, arrive, depart, size = rows.only(keep), arrive[keep], depart[keep], size[~bad]
    first = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    trip = rows.trip[first[:-1]]
    return Courses(trip, first, rows.stop, arrive, depart, rows.board, rows.alight)


def _without_doubles(rows: Rows, feed: Feed, notices: Notices) -> tuple[Rows, Flags]:
    """Rows without those that say the same as the one before, and flags of those that contradict it."""
    again = np.zeros(len(rows), bool)
    again[1:] = (rows.trip[1:] == rows.trip[:-1]) & (rows.sequence[1:] == rows.sequence[:-1])
    again &= rows.sequence != NO_SEQUENCE
    if not again.any():
        return rows, again
    at = np.flatnonzero(again)
    same = np.ones(len(at), bool)
    for column in (rows.stop, rows.arrive, rows.depart, rows.board, rows.alight):
        same &= column[at] == column[at - 1]
    double = at[same]
    if len(double):
        text = f"{feed.where('stop_times')}: {len(double)} rows say the same as another; set aside"
        notices.warn("double rows", text)
    keep = np.ones(len(rows), bool)
    keep[double] = False
    again[double] = False
    return rows.only(keep), again[keep]


def _apart(degrees: Metres) -> Metres:
    """(k,) metres from each place to the next as the crow flies, on a sphere (haversine); 0 for the last."""
    lon, lat = np.radians(degrees).T
    half = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    return np.append(2 * EARTH * np.arcsin(np.sqrt(half)), 0.0)


def _fill(
    rows: Rows,
    number: NDArray[np.intp],
    starts: NDArray[np.intp],
    bad: Flags,
    arrive: Ints,
    depart: Ints,
    apart: Metres,
) -> None:
    """Times of stops without one, in place; trips in `bad` get some time too, and are not looked at again."""
    total = len(arrive)
    at = np.arange(total)
    known = arrive >= 0
    known[starts[bad]] = True
    before = np.maximum.accumulate(np.where(known, at, 0))
    after = np.minimum.accumulate(np.where(known, at, total - 1)[::-1])[::-1]
    gap = np.flatnonzero(~known & ~bad[number])
    low, high = before[gap], after[gap]
    way = rows.travelled.astype(np.float64)
    step = np.diff(way, prepend=way[:1])
    odd = ~(step >= 0)  # back, or not known
    until = np.cumsum(odd)
    steady = (until[high] == until[low]) & (way[high] > way[low])
    placed = np.isfinite(apart)
    gone = np.concatenate([[0.0], np.cumsum(np.where(placed, apart, 0.0))[:-1]])
    lost = np.concatenate([[0], np.cumsum(~placed)[:-1]])
    near = (lost[high] == lost[low]) & (gone[high] > gone[low])
    with np.errstate(invalid="ignore", divide="ignore"):
        by_line = (way[gap] - way[low]) / (way[high] - way[low])
        by_place = (gone[gap] - gone[low]) / (gone[high] - gone[low])
    share = np.select([steady, near], [by_line, by_place], (gap - low) / (high - low))
    time = depart[low] + np.rint(share * (arrive[high] - depart[low])).astype(np.int32)
    arrive[gap], depart[gap] = time, time
