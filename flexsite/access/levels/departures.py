"""How often vehicles leave: departures per hour of a stop or station, by line, direction and mode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable.model import MODES, Timetable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Departures:
    """Departures in a window of the day, by place, line and direction, in that order.

    Parameters
    ----------
    place
        (k,) where: row of the stop, or number of what stops were joined to.
    line
        (k,) row of the line.
    direction
        (k,) 0 or 1, of the line.
    mode
        (k,) number of the line's mode in `MODES`.
    number
        (k,) departures in the window.
    hours
        Length of the window.
    """

    place: Ints
    line: Ints
    direction: Ints
    mode: Ints
    number: Ints
    hours: float

    @property
    def per_hour(self) -> Floats:
        """(k,) departures per hour."""
        return self.number / self.hours


def departures(timetable: Timetable, start: int, end: int, place: NDArray[np.integer] | None = None) -> Departures:
    """Count departures from `start` up to, but not at, `end`.

    What counts is a vehicle one may board and that goes on from there: not the end of a trip, not a stop to get off
    only. A trip counts once per place, however often it calls there. Trips of one run are trips of their own.

    Parameters
    ----------
    timetable
        One service day.
    start, end
        Seconds since the beginning of the service day.
    place
        (stops,) number of the place of each stop, such as `timetable.stops.station`; left out, each stop is its own.

    Examples
    --------
    >>> found = departures(timetable, 7 * 3600, 19 * 3600)  # doctest: +SKIP
    """
    trips = len(timetable)
    boards = timetable.board & (timetable.depart >= start) & (timetable.depart < end)
    size = np.diff(timetable.first)
    boards[timetable.first[1:][size > 0] - 1] = False  # nobody leaves with a vehicle that stays
    called = np.flatnonzero(boards)
    trip = np.repeat(np.arange(trips), size)[called]
    at = timetable.stop[called].astype(np.int64)
    if place is not None:
        at = np.asarray(place, np.int64)[at]
    count = int(at.max(initial=-1)) + 1
    once = _sorted_unique(trip * max(count, 1) + at)
    trip, at = np.divmod(once, max(count, 1))
    line = timetable.trip_line[trip].astype(np.int64)
    direction = directions(timetable)[trip]
    lines = max(len(timetable.lines), 1)
    key, number = np.unique((at * lines + line) * 2 + direction, return_counts=True)
    rest, direction = np.divmod(key, 2)
    at, line = np.divmod(rest, lines)
    mode = timetable.lines.mode[line].astype(np.int64)
    return Departures(at, line, direction, mode, number.astype(np.int64), (end - start) / 3600)


def _sorted_unique(key: Ints) -> Ints:
    """Distinct values in order."""
    key = np.sort(key)
    return key[np.concatenate([[True], key[1:] != key[:-1]])] if len(key) else key


def directions(timetable: Timetable) -> Ints:
    """(t,) direction 0 or 1 of every trip.

    As the feed says, where it tells the trips of a line apart. A line whose trips all have the same direction, or
    none, is told apart by where they go: a trip that ends the other way than the line's longest goes back.
    """
    given = timetable.trip_direction.astype(np.int64)
    line, lines = timetable.trip_line, len(timetable.lines)
    both = np.zeros(lines, bool)
    low, high = np.full(lines, 2), np.full(lines, -1)
    np.minimum.at(low, line, given)
    np.maximum.at(high, line, given)
    both[(low == 0) & (high == 1)] = True
    calls = np.diff(timetable.first) > 0
    begin = timetable.stop[timetable.first[:-1][calls]]
    end = timetable.stop[timetable.first[1:][calls] - 1]
    way = np.zeros((len(timetable), 2))
    way[calls] = timetable.stops.xy[end] - timetable.stops.xy[begin]
    length = np.hypot(*way.T)
    order = np.lexsort((-length, line))
    longest = np.zeros(lines, np.int64)
    longest[line[order][::-1]] = order[::-1]  # the first of each line is written last
    back = (way * way[longest[line]]).sum(axis=1) < 0
    return np.where(both[line], given, back.astype(np.int64))


@dataclass(frozen=True)
class Frequencies:
    """Lines that leave from each place: elements first[p]:first[p + 1] of line, mode and number.

    `number` (k,) counts departures in the window in the direction in which the line leaves most often.
    """

    first: Ints
    line: Ints
    mode: Ints
    number: Ints
    hours: float

    @property
    def per_hour(self) -> Floats:
        """(k,) departures per hour of each line in its busiest direction."""
        return self.number / self.hours

    @property
    def by_mode(self) -> Floats:
        """(places, modes) departures per hour in the busiest direction, 0 where nothing leaves.

        Lines of a mode are added, each in its own busiest direction: the numbers that feeds give to directions mean
        nothing from one line to the next.
        """
        places = len(self.first) - 1
        at = np.repeat(np.arange(places), np.diff(self.first))
        total = np.bincount(at * len(MODES) + self.mode, self.number, minlength=places * len(MODES))
        return total.reshape(places, len(MODES)) / self.hours


def busiest(found: Departures, places: int) -> Frequencies:
    """Departures of each place and line in the line's busiest direction; places without service have none."""
    new = np.ones(len(found.line), bool)
    new[1:] = (np.diff(found.place) != 0) | (np.diff(found.line) != 0)
    begin = np.flatnonzero(new)
    number = np.maximum.reduceat(found.number, begin) if len(begin) else found.number
    first = np.zeros(places + 1, np.int64)
    np.cumsum(np.bincount(found.place[begin], minlength=places), out=first[1:])
    return Frequencies(first, found.line[begin], found.mode[begin], number, found.hours)
