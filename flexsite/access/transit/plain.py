"""Journeys one at a time, in plain Python: for few of them, for drawing one, and to check the compiled searches by.

Round by round as RAPTOR, but every label remembers where it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flexsite.access.timetable.model import Ints
from flexsite.access.transit.footpaths import Footpaths
from flexsite.access.transit.joining import Journeys, Numbers, Origins, ranks
from flexsite.access.transit.patterns import Patterns


@dataclass(frozen=True)
class Ready:
    """Somebody who can board: since when, where, and off which vehicle he came; None from the origin."""

    second: int
    stop: int
    after: Off | None


@dataclass(frozen=True)
class Off:
    """Somebody who got off: when, where, how many vehicles it took, and the last ride."""

    second: int
    stop: int
    vehicles: int
    before: Ready
    pattern: int
    vehicle: int
    on: int
    off: int


@dataclass(frozen=True)
class Plain:
    """Patterns and footpaths as lists, which Python reads faster than arrays."""

    patterns: Patterns
    footpaths: Footpaths

    @cached_property
    def table(self) -> list[tuple[list[int], list[bool], list[bool], list[list[int]], list[list[int]]]]:
        """Per pattern: stops, flags for getting on and off, and per place the arrivals and departures of vehicles."""
        some, tables = self.patterns, []
        for p in range(len(some)):
            along = slice(some.first[p], some.first[p + 1])
            times = slice(some.first_time[p], some.first_time[p + 1])
            size = along.stop - along.start
            tables.append(
                (
                    some.stop[along].tolist(),
                    some.board[along].tolist(),
                    some.alight[along].tolist(),
                    some.arrive[times].reshape(-1, size).T.tolist(),
                    some.depart[times].reshape(-1, size).T.tolist(),
                )
            )
        return tables

    @cached_property
    def calls(self) -> list[list[tuple[int, int]]]:
        """Per stop: patterns that one can board there, and the place in them."""
        some = self.patterns
        both = list(zip(some.pattern.tolist(), some.place.tolist(), strict=True))
        return [both[low:high] for low, high in zip(some.served[:-1], some.served[1:], strict=True)]

    @cached_property
    def ways(self) -> list[list[tuple[int, int]]]:
        """Per stop: stops that one can walk to between vehicles, and seconds."""
        both = list(zip(self.footpaths.stop.tolist(), self.footpaths.seconds.tolist(), strict=True))
        return [both[low:high] for low, high in zip(self.footpaths.first[:-1], self.footpaths.first[1:], strict=True)]

    def rounds(self, start: Mapping[int, int], latest: int) -> Iterator[list[Off]]:
        """Who gets off where earlier than with fewer vehicles, for one vehicle, two, and so on.

        Parameters
        ----------
        start
            Second at which one can first board, by stop.
        latest
            Second after which nothing counts.
        """
        ready = {stop: Ready(second, stop, None) for stop, second in start.items() if second <= latest}
        there: dict[int, int] = {}
        marked, vehicles = list(ready), 0
        while marked:
            vehicles += 1
            from_place: dict[int, int] = {}
            for stop in marked:
                for pattern, place in self.calls[stop]:
                    from_place[pattern] = min(place, from_place.get(pattern, place))
            found: dict[int, Off] = {}
            for pattern, start_place in from_place.items():
                for off in self._ride(pattern, start_place, ready, latest, vehicles):
                    if off.second < there.get(off.stop, latest + 1):
                        there[off.stop] = off.second
                        found[off.stop] = off
            yield list(found.values())
            marked = []
            for off in found.values():
                for stop, seconds in self.ways[off.stop]:
                    second = off.second + seconds
                    if second <= latest and (stop not in ready or second < ready[stop].second):
                        ready[stop] = Ready(second, stop, off)
                        marked.append(stop)

    def _ride(self, pattern: int, start: int, ready: Mapping[int, Ready], latest: int, vehicles: int) -> Iterator[Off]:
        """Everybody who gets off a pattern in time, boarding the first vehicle that can be had anywhere along it."""
        stops, board, alight, arrive, depart = self.table[pattern]
        none = len(arrive[0])
        vehicle, on, before = none, 0, None
        for place in range(start, len(stops)):
            here = stops[place]
            if before is not None and alight[place] and arrive[place][vehicle] <= latest:
                yield Off(arrive[place][vehicle], here, vehicles, before, pattern, vehicle, on, place)
            if board[place] and here in ready:
                first = next((v for v in range(vehicle) if depart[place][v] >= ready[here].second), none)
                if first < vehicle:
                    vehicle, on, before = first, place, ready[here]

    def fastest(
        self, start: Mapping[int, int], egress: Iterable[Mapping[int, int]], latest: int
    ) -> list[tuple[int, Off] | None]:
        """Second of arrival and last vehicle of the fastest journey to each destination, with the fewest vehicles.

        Parameters
        ----------
        start
            Second at which one can first board, by stop.
        egress
            For each destination, seconds on foot by stop.
        latest
            Second after which one cannot arrive.
        """
        ends = list(egress)
        best: list[tuple[int, Off] | None] = [None] * len(ends)
        for found in self.rounds(start, latest):
            for lane, seconds in enumerate(ends):
                for off in found:
                    if off.stop in seconds:
                        second = off.second + seconds[off.stop]
                        held = best[lane]
                        if second <= latest and (held is None or second < held[0]):
                            best[lane] = (second, off)
        return best


def earliest(plain: Plain, origins: Origins, departure: int, budget: int, never: int) -> Ints:
    """`raptor.arrivals`, plainly."""
    found = np.full((len(origins), plain.patterns.stops), never, np.int32)
    for o in range(len(origins)):
        for offs in plain.rounds(start_of(origins, o, departure), departure + budget):
            for off in offs:
                found[o, off.stop] = off.second
    return found


def total(plain: Plain, origins: Origins, departure: int, budget: int, values: Numbers) -> Numbers:
    """`raptor.totals`, plainly."""
    found, latest = np.zeros(len(origins)), departure + budget
    for o in range(len(origins)):
        start = start_of(origins, o, departure)
        reached = {stop for stop, second in start.items() if second <= latest}
        for offs in plain.rounds(start, latest):
            for off in offs:
                reached.add(off.stop)
                reached |= {stop for stop, seconds in plain.ways[off.stop] if off.second + seconds <= latest}
        for stop in sorted(reached):
            found[o] += values[stop]
    return found


def start_of(origins: Origins, row: int, departure: int) -> dict[int, int]:
    """Second at which one can first board at each stop near an origin."""
    ways = slice(origins.first[row], origins.first[row + 1])
    start: dict[int, int] = {}
    for stop, seconds in zip(origins.stop[ways].tolist(), origins.seconds[ways].tolist(), strict=True):
        start[stop] = min(departure + seconds, start.get(stop, departure + seconds))
    return start


def travel(
    plain: Plain, origins: Origins, egress: list[dict[int, int]], direct: Numbers, departures: Ints,
    statistic: str, limit: int, out: Journeys,
) -> None:  # fmt: skip
    """Fill in journeys to all destinations, plainly.

    Parameters
    ----------
    plain, origins
        Vehicles, ways on foot, and where journeys begin.
    egress
        For each destination, seconds on foot by stop.
    direct
        (n, lanes) seconds on foot alone, NaN where there is no way; or without rows.
    departures, statistic, limit
        As in `joining.join`; the limit in seconds.
    out
        What is filled in.
    """
    shape = (len(departures), len(egress))
    for o in range(len(origins)):
        seconds, changes = np.full(shape, np.inf), np.full(shape, np.inf)
        if len(direct):
            walked = np.where(direct[o] <= limit, direct[o], np.inf)
            seconds[:] = walked
            changes[:, np.isfinite(walked)] = 0
        for i, departure in enumerate(departures.tolist()):
            for lane, best in enumerate(plain.fastest(start_of(origins, o, departure), egress, departure + limit)):
                if best is not None and best[0] - departure < seconds[i, lane]:
                    seconds[i, lane] = best[0] - departure
                    changes[i, lane] = best[1].vehicles - 1
        there = np.isfinite(seconds)
        out.seconds[o] = summary(seconds, statistic)
        if len(out.share):
            out.share[o] = there.mean(axis=0)
        if len(out.last):
            out.last[o] = np.where(there, departures[:, None], -np.inf).max(axis=0)
            out.last[o, ~there.any(axis=0)] = np.nan
        if len(out.changes):
            out.changes[o] = summary(changes, "median")


def summary(values: Numbers, statistic: str) -> Numbers:
    """A statistic (lanes,) of values (departures, lanes) that are infinite where there is none."""
    low, high = ranks(statistic, len(values))
    rising = np.sort(values, axis=0)
    found: Numbers = values.mean(axis=0) if low < 0 else (rising[low] + rising[high]) / 2
    return np.where(np.isfinite(found), found, np.nan)
