"""Costs from every stop and second to many destinations at once, by one scan over all rides, the last one first.

J. Dibbelt, T. Pajor, B. Strasser and D. Wagner (2018), Connection Scan Algorithm, Journal of Experimental Algorithmics
23: the profile variant, in which a row holds the costs of many destinations, relative to its own departure.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable.model import Ints
from flexsite.access.transit.connections import Connections
from flexsite.access.transit.footpaths import Footpaths

Costs = NDArray[Any]
BLOCK = 32
"""Destinations of one scan: their costs fill one line of the processor's cache."""
STEP = 16
"""Destinations are filled up to a multiple of this, so that the inner loops have no rest."""


@dataclass(frozen=True)
class Coding:
    """How seconds, and the number of vehicles, are one number.

    Parameters
    ----------
    kind
        Type of a cost.
    shift
        Bits below the seconds, in which vehicles are counted; 0: they are not.
    none
        Cost of what is not possible: with any other cost added it still fits the type.
    limit
        Seconds of the longest journey.
    """

    kind: type
    shift: int
    none: int
    limit: int

    @classmethod
    def of(cls, limit: int, *, vehicles: bool = False, narrow: bool = True) -> Coding:
        """The smallest numbers that hold journeys of at most `limit` seconds, with the number of vehicles or without.

        Examples
        --------
        >>> Coding.of(7200).kind.__name__, Coding.of(20_000).kind.__name__, Coding.of(7200, vehicles=True).shift
        ('int16', 'int32', 10)
        """
        if vehicles:
            if limit >= 2**20:
                raise ValueError(f"journeys of {limit} s")
            return cls(np.int32, 10, 2**30, limit)
        if limit < 2**14 and narrow:
            return cls(np.int16, 0, 2**14, limit)
        return cls(np.int32, 0, 2**30, limit)


@dataclass(frozen=True)
class Profile:
    """Costs of journeys to destinations, per stop and second of being there ready to board.

    Parameters
    ----------
    coding
        What a cost is.
    begin, end
        (s,) rows of stop i are elements begin[i]:end[i] of the next arrays, by falling second.
    second
        (r,) seconds of the service day: the row holds from the second of the one after it until this one.
    cost
        (r, lanes) from the second of the row on.
    """

    coding: Coding
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    second: Ints
    cost: Costs


def profiles(
    connections: Connections, footpaths: Footpaths, stop: Ints, seconds: Ints, lane: Ints, lanes: int, coding: Coding
) -> Iterator[tuple[slice, Profile]]:
    """Profiles of all destinations, a block at a time.

    Parameters
    ----------
    connections, footpaths
        Rides, and ways on foot between them.
    stop, seconds, lane
        (k,) ways on foot from stops to destinations.
    lanes
        Number of destinations.
    coding
        What a cost is, and the longest journey.

    Yields
    ------
    Which destinations, and their profile.
    """

    def of(start: int) -> tuple[slice, Profile]:
        block = slice(start, min(start + BLOCK, lanes))
        chosen = (lane >= block.start) & (lane < block.stop)
        egress = ways_out(connections.stops, stop[chosen], seconds[chosen], lane[chosen] - start, width(block), coding)
        return block, profile(connections, footpaths, egress, coding)

    with ThreadPoolExecutor(1) as ahead:  # the next is made while the caller works with this one
        coming = [ahead.submit(of, start) for start in range(0, min(lanes, BLOCK), BLOCK)]
        for start in range(BLOCK, lanes + BLOCK, BLOCK):
            ready = coming.pop().result()
            if start < lanes:
                coming.append(ahead.submit(of, start))
            yield ready


def width(block: slice) -> int:
    """Columns of the costs of a block of destinations."""
    size: int = block.stop - block.start
    return -(-size // STEP) * STEP


def ways_out(stops: int, stop: Ints, seconds: Ints, lane: Ints, wide: int, coding: Coding) -> Costs:
    """(stops, wide) costs of the way on foot from a stop to each destination."""
    egress: Costs = np.full((stops, wide), coding.none, coding.kind)
    near = seconds <= coding.limit
    np.minimum.at(egress, (stop[near], lane[near]), (seconds[near] << coding.shift).astype(coding.kind))
    return egress


def profile(connections: Connections, footpaths: Footpaths, egress: Costs, coding: Coding) -> Profile:
    """Profile of the destinations that are the columns of `egress`."""
    from flexsite.access.transit._profile import scan
    from flexsite.kernel._jit import plain

    rides = (
        plain(connections.depart, np.int32),
        plain(connections.arrive, np.int32),
        plain(connections.from_stop, np.int32),
        plain(connections.to_stop, np.int32),
        plain(connections.run, np.int32),
        plain(connections.board, np.bool_),
        plain(connections.alight, np.bool_),
    )
    ways = (plain(footpaths.first, np.int64), plain(footpaths.stop, np.int32), plain(footpaths.seconds, np.int32))
    near: NDArray[np.bool_] = np.any(egress < coding.none, axis=1)
    ends = (plain(near, np.bool_), plain(egress, coding.kind))
    begin, end, second, cost = scan(*rides, connections.runs, *ways, *ends, coding.limit, coding.shift, coding.none)
    return Profile(coding, begin[:-1], end, second, cost)
