"""Public transport of one day: journeys from many origins to many destinations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from flexsite.access.reach.legs import Legs
from flexsite.access.timetable.model import Ints, Timetable
from flexsite.access.transit import journey as one
from flexsite.access.transit import plain as slow
from flexsite.access.transit import raptor
from flexsite.access.transit.connections import Connections
from flexsite.access.transit.footpaths import Footpaths
from flexsite.access.transit.joining import REPORTS, STATISTICS, Journeys, Numbers, Origins, join, ranks
from flexsite.access.transit.patterns import Patterns
from flexsite.access.transit.profile import Coding, profiles

LIMIT = 7200
"""Seconds of the longest journey: the contract's 120 minutes."""

FEW = 200_000
"""Searches times rides below which loading compiled functions would take longer than it saves (some 3 us each)."""


@dataclass(frozen=True)
class Router:
    """Answers about journeys between places, by the ways on foot between them and stops.

    A journey leaves the origin at a second, walks to a stop, rides, changes along footpaths, gets off and walks to the
    destination; or it walks all the way where that is given, and no slower. All times are whole seconds.

    Parameters
    ----------
    timetable
        What runs.
    footpaths
        Ways between vehicles; their walking speed holds for all ways.
    connections
        Rides of the timetable, of all the hours that will be asked for.
    limit
        Seconds of the longest journey.
    """

    timetable: Timetable
    footpaths: Footpaths
    connections: Connections
    limit: int = LIMIT

    @classmethod
    def of(cls, timetable: Timetable, footpaths: Footpaths, limit: int = LIMIT) -> Router:
        """For all hours of a timetable."""
        return cls(timetable, footpaths, Connections.of(timetable), limit)

    @cached_property
    def patterns(self) -> Patterns:
        """Rides by vehicle, for searches from origins."""
        return Patterns.of(self.connections)

    def travel(
        self,
        origins: Legs,
        destinations: Legs,
        departures: Iterable[int] | Ints,
        statistic: str = "median",
        *,
        report: Iterable[str] = (),
        lanes: Ints | None = None,
        direct: Numbers | None = None,
    ) -> Journeys:
        """Times of journeys over all departures, and what else is asked for.

        Parameters
        ----------
        origins
            Ways on foot from origins to stops.
        destinations
            Ways on foot from places to stops; walking is symmetric.
        departures
            Seconds of the service day, rising.
        statistic
            One of `joining.STATISTICS`: what is made of the times of all departures. Percentiles and the maximum count
            a departure without a journey as infinite, and the mean needs all.
        report
            Some of `joining.REPORTS`: share of departures with a journey, the last such, number of changes.
        lanes
            (places,) column of each place, 0 and up: the best place of a column counts at every departure. By default
            every place has its own.
        direct
            (n, lanes) whole seconds of the way on foot alone, NaN where there is none.

        Returns
        -------
        Journeys (n, lanes), in seconds.
        """
        column = np.arange(len(destinations)) if lanes is None else np.asarray(lanes, np.int64)
        wanted, columns = frozenset(report), int(column.max(initial=-1)) + 1
        on_foot = None if direct is None else lambda block: direct[:, block]
        out = Journeys.empty(len(origins), columns, wanted)
        for block, part in self._journeys(
            origins, destinations, column, _rising(departures), statistic, wanted, on_foot, self.limit
        ):
            out.fill(part, block)
        return out

    def within(
        self,
        origins: Legs,
        destinations: Legs,
        departures: Iterable[int] | Ints,
        seconds: int,
        statistic: str = "median",
        *,
        values: Numbers | None = None,
        direct: Legs | None = None,
    ) -> Numbers:
        """Number of places, or total of their values, whose statistic is within a time.

        Parameters
        ----------
        origins, destinations, departures, statistic
            As in `travel`; every place is one of its own.
        seconds
            The time, inclusive.
        values
            (places,) value of each, by default 1.
        direct
            Ways on foot alone, with rows of places instead of stops.

        Returns
        -------
        (n,) totals.
        """
        moments = _rising(departures)
        total = np.zeros(len(origins))
        value = np.ones(len(destinations)) if values is None else values
        low, high = ranks(statistic, len(moments))
        # who is not there in time counts as never there, unless the statistic is a mean of several times
        limit = min(self.limit, seconds) if low == high >= 0 else self.limit
        # neighbours side by side, so that most origins have no way at all to the places of a block
        order = self._by_neighbourhood(destinations)
        on_foot = None if direct is None else lambda block: self._table(direct, order[block])
        for block, part in self._journeys(
            origins, destinations, _inverse(order), moments, statistic, frozenset(), on_foot, limit
        ):
            for k in range(block.start, block.stop):
                total += np.where(part.seconds[:, k - block.start] <= seconds, value[order[k]], 0.0)
        return total

    def arrivals(self, origins: Legs, departure: int, budget: int = LIMIT) -> Ints:
        """Earliest second (n, stops) of getting off at every stop; `raptor.NEVER` where not within `budget` seconds."""
        ways = self._origins(origins)
        if self._few(len(origins), departure, budget):
            return slow.earliest(self._plain(departure, budget), ways, departure, budget, raptor.NEVER)
        return raptor.arrivals(self.patterns, self.footpaths, ways, departure, budget)

    def totals(self, origins: Legs, departure: int, budget: int, values: Numbers) -> Numbers:
        """Total value (n,) of the stops that are reached within `budget` seconds, on foot from a stop as well.

        Parameters
        ----------
        origins
            Ways on foot to stops; with stops as origins the own stop among them, at 0 metres.
        departure
            Second of the service day.
        budget
            Seconds, inclusive.
        values
            (stops,) value of each.
        """
        ways = self._origins(origins)
        if self._few(len(origins), departure, budget):
            return slow.total(self._plain(departure, budget), ways, departure, budget, values)
        return raptor.totals(self.patterns, self.footpaths, ways, departure, budget, values)

    def journey(
        self, origins: Legs, origin: int, destinations: Legs, places: Iterable[int], departure: int,
        direct: one.Way | None = None,
    ) -> list[one.Step]:  # fmt: skip
        """The journey that arrives first at any of the places, with the fewest changes among those; empty if none.

        Parameters
        ----------
        origins, origin
            Ways on foot from origins to stops, and the row of the origin.
        destinations, places
            Ways on foot from places to stops, and the rows of the places that may be gone to.
        departure
            Second of the service day.
        direct
            Seconds and metres of the way on foot alone.
        """
        egress: dict[int, one.Way] = {}
        for place in places:
            for stop, way in self._ways(destinations, place).items():
                egress[stop] = min(way, egress.get(stop, way))
        access = self._ways(origins, origin)
        plain = self._plain(departure, self.limit)
        return one.journey(self.timetable, self.connections, plain, access, departure, egress, self.limit, direct)

    def _journeys(
        self,
        origins: Legs,
        destinations: Legs,
        column: NDArray[np.int64],
        departures: Ints,
        statistic: str,
        report: frozenset[str],
        direct: Callable[[slice], Numbers] | None,
        limit: int,
    ) -> Iterator[tuple[slice, Journeys]]:
        """Journeys to a block of columns at a time, so that memory holds no more than that of many places."""
        if statistic not in STATISTICS or not report <= set(REPORTS):
            raise ValueError(f"{statistic}, {sorted(report)}")
        columns = int(column.max(initial=-1)) + 1
        if not len(departures) or not columns:
            return
        lane = np.repeat(column, np.diff(destinations.first)).astype(np.int32)
        seconds = destinations.seconds(self.footpaths.metres_per_second)
        ways = self._origins(origins)
        first, budget = int(departures[0]), int(departures[-1] - departures[0]) + limit

        def on_foot(block: slice) -> Numbers:
            return np.empty((0, block.stop - block.start)) if direct is None else direct(block)

        if self._few(len(origins) * len(departures), first, budget):
            egress: list[dict[int, int]] = [{} for _ in range(columns)]
            for stop, walk, k in zip(destinations.stop.tolist(), seconds.tolist(), lane.tolist(), strict=True):
                egress[k][stop] = min(walk, egress[k].get(stop, walk))
            out, every = Journeys.empty(len(origins), columns, report), slice(0, columns)
            slow.travel(self._plain(first, budget), ways, egress, on_foot(every), departures, statistic, limit, out)
            yield every, out
            return
        rides = self.connections.between(first, first + budget)
        coding = Coding.of(limit, vehicles="changes" in report)
        for block, profile in profiles(rides, self.footpaths, destinations.stop, seconds, lane, columns, coding):
            yield block, join(profile, ways, on_foot(block), departures, statistic, report)

    def _origins(self, legs: Legs) -> Origins:
        """Ways on foot in seconds."""
        return Origins(legs.first, legs.stop, legs.seconds(self.footpaths.metres_per_second))

    def _plain(self, departure: int, budget: int) -> slow.Plain:
        """Vehicles within some time, for a plain search."""
        return slow.Plain(self.patterns.between(departure, departure + budget), self.footpaths)

    def _few(self, searches: int, departure: int, budget: int) -> bool:
        """Whether plain searches are quick enough."""
        low, high = np.searchsorted(self.connections.depart, [departure, departure + budget])
        return searches * (int(high - low) + 50) <= FEW

    def _ways(self, legs: Legs, row: int) -> dict[int, one.Way]:
        """Seconds and metres by stop, of one origin."""
        some = _rows(legs, slice(row, row + 1))
        seconds = some.seconds(self.footpaths.metres_per_second).tolist()
        return dict(zip(some.stop.tolist(), zip(seconds, some.metres.tolist(), strict=True), strict=True))

    def _table(self, direct: Legs, places: NDArray[np.int64]) -> Numbers:
        """(n, places) seconds on foot alone, NaN where there is no way."""
        column = np.full(int(max(direct.stop.max(initial=-1), places.max(initial=-1))) + 1, -1)
        column[places] = np.arange(len(places))
        chosen = np.flatnonzero(column[direct.stop] >= 0)
        origin = np.searchsorted(direct.first, chosen, "right") - 1
        table = np.full((len(direct), len(places)), np.nan)
        table[origin, column[direct.stop[chosen]]] = direct.seconds(self.footpaths.metres_per_second)[chosen]
        return table

    def _by_neighbourhood(self, places: Legs) -> NDArray[np.int64]:
        """Rows of places, those with the same or neighbouring stops one after the other, along Morton's curve."""
        xy = self.timetable.stops.xy
        order = np.arange(len(places))
        some = places.first[1:] > places.first[:-1]
        if not some.any():
            return order
        low, wide = xy.min(axis=0), max(float(np.ptp(xy, axis=0).max()), 1.0)
        cell = ((xy - low) / wide * 1023).astype(np.int64)
        curve = sum((((cell[:, axis] >> bit) & 1) << (2 * bit + axis)) for bit in range(10) for axis in range(2))
        key = np.full(len(places), -1)
        key[some] = np.asarray(curve)[places.stop[places.first[:-1][some]]]
        return np.argsort(key, kind="stable")


def _inverse(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each row has come to."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place


def _rising(departures: Iterable[int] | Ints) -> Ints:
    """Departures as the searches take them."""
    moments = np.asarray(list(departures) if not isinstance(departures, np.ndarray) else departures, np.int32)
    if (np.diff(moments) <= 0).any():
        raise ValueError("departures do not rise")
    return moments


def _rows(legs: Legs, rows: slice) -> Legs:
    """Ways of some origins."""
    first: NDArray[np.int64] = legs.first[rows.start : rows.stop + 1]
    part = slice(int(first[0]), int(first[-1]))
    return Legs(first - first[0], legs.stop[part], legs.metres[part])
