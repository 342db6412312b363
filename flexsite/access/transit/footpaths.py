"""Ways on foot from one vehicle to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flexsite.access.reach.legs import ROUNDING, Legs
from flexsite.access.timetable.model import FORBIDDEN, Changes, Ints, Metres, Stops


@dataclass(frozen=True)
class Footpaths:
    """Ways on foot between stops where one changes, the own stop among them.

    Parameters
    ----------
    first
        (s + 1,) ways from stop s are elements first[s]:first[s + 1].
    stop
        (k,) row of the stop the way leads to, rising within a stop.
    seconds
        (k,) from getting off to being able to board; at the own stop the time a change takes.
    metres
        (k,) length, 0 at the own stop.
    metres_per_second
        Walking speed.
    """

    first: NDArray[np.int64]
    stop: Ints
    seconds: Ints
    metres: Metres
    metres_per_second: float

    def __len__(self) -> int:
        """Number of stops."""
        return len(self.first) - 1

    @classmethod
    def of(
        cls,
        stops: Stops,
        changes: Changes,
        legs: Legs,
        metres_per_second: float,
        change_walk: float,
        change_time: int,
    ) -> Footpaths:
        """Ways between stops: along streets, within stations, and as the timetable says.

        Parameters
        ----------
        stops, changes
            Of the timetable. What it says about a pair of stops holds whatever the way along streets; a forbidden
            change is none.
        legs
            Ways on foot with the stops as origins.
        metres_per_second
            Walking speed.
        change_walk
            Metres of the longest way between two vehicles. Stops of one station without such a way are joined by a
            straight one, however long.
        change_time
            Seconds that any change takes at least, unless the timetable says otherwise.
        """
        count = len(stops)
        own = np.arange(count, dtype=np.int64)
        start = np.repeat(own, np.diff(legs.first))
        near = (legs.stop != start) & (legs.metres <= change_walk)
        seconds = np.maximum(legs.seconds(metres_per_second)[near], change_time)
        one, other = _partners(stops.station)
        apart = np.hypot(*(stops.xy[one] - stops.xy[other]).T)
        straight = np.maximum(_walk(apart, metres_per_second), change_time)
        # in the order of who is believed first
        key = np.concatenate([own * (count + 1), start[near] * count + legs.stop[near], one * count + other])
        seconds = np.concatenate([np.full(count, change_time), seconds, straight])
        metres = np.concatenate([np.zeros(count), legs.metres[near], apart])
        key, chosen = np.unique(key, return_index=True)
        seconds, metres = seconds[chosen], metres[chosen]

        said, which = np.unique(changes.from_stop.astype(np.int64) * count + changes.to_stop, return_index=True)
        wanted = changes.seconds[which]
        row = np.minimum(np.searchsorted(key, said), max(len(key) - 1, 0))
        known = key[row] == said if len(key) else np.zeros(len(said), bool)
        seconds[row[known]] = wanted[known]
        new = said[~known]
        key = np.concatenate([key, new])
        seconds = np.concatenate([seconds, wanted[~known]])
        reach = stops.xy[new // max(count, 1)] - stops.xy[new % max(count, 1)]
        metres = np.concatenate([metres, np.hypot(*reach.T)])
        order = np.argsort(key, kind="stable")
        order = order[seconds[order] != FORBIDDEN]
        key = key[order]
        first = np.searchsorted(key, np.arange(count + 1) * count).astype(np.int64)
        return cls(
            first, (key % max(count, 1)).astype(np.int32), seconds[order].astype(np.int32), metres[order],
            metres_per_second,
        )  # fmt: skip


def _walk(metres: Metres, metres_per_second: float) -> NDArray[np.int64]:
    """Whole seconds, as `Legs.seconds` rounds them."""
    return np.ceil(metres / metres_per_second - ROUNDING).astype(np.int64)


def _partners(station: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All ordered pairs of different stops of one station."""
    order = np.argsort(station, kind="stable").astype(np.int64)
    _, begin, size = np.unique(station[order], return_index=True, return_counts=True)
    several = size > 1
    begin, size = begin[several], size[several]
    # every stop of a station beside every stop of it
    group = np.repeat(np.arange(len(size)), size**2)
    place = np.arange(len(group)) - np.repeat(np.cumsum(size**2) - size**2, size**2)
    one = order[begin[group] + place // size[group]]
    other = order[begin[group] + place % size[group]]
    apart = one != other
    return one[apart], other[apart]
