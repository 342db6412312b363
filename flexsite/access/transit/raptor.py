"""Earliest arrivals at all stops from many origins at one departure.

D. Delling, T. Pajor and R. F. Werneck (2015), Round-Based Public Transit Routing, Transportation Science 49(3).
"""

from __future__ import annotations

import numpy as np

from flexsite.access.timetable.model import Ints
from flexsite.access.transit.footpaths import Footpaths
from flexsite.access.transit.joining import Numbers, Origins, spread
from flexsite.access.transit.patterns import Patterns

NEVER = 2**31 - 1
"""Second of an arrival that does not happen."""
CHUNK = 128
"""Origins that a thread deals with at a time."""


def arrivals(patterns: Patterns, footpaths: Footpaths, origins: Origins, departure: int, budget: int) -> Ints:
    """Earliest second of getting off at every stop.

    Parameters
    ----------
    patterns, footpaths
        Vehicles, and ways on foot between them.
    origins
        Where journeys begin.
    departure
        Second of the service day.
    budget
        Seconds after which an arrival does not count.

    Returns
    -------
    (n, stops), `NEVER` where there is none.
    """
    found = np.empty((len(origins), patterns.stops), np.int32)
    _search(patterns, footpaths, origins, departure, budget, np.empty(0), found, np.empty(0))
    return found


def totals(
    patterns: Patterns, footpaths: Footpaths, origins: Origins, departure: int, budget: int, values: Numbers
) -> Numbers:
    """Total value of the stops that are reached within a time.

    Parameters
    ----------
    patterns, footpaths, origins, departure
        As in `arrivals`.
    budget
        Seconds, inclusive.
    values
        (stops,) value of each.

    Returns
    -------
    (n,) totals. A stop is reached by getting off there, or on foot: from the origin, or from where one gets off,
    along a footpath.
    """
    found = np.empty(len(origins))
    _search(patterns, footpaths, origins, departure, budget, values, np.empty((0, patterns.stops), np.int32), found)
    return found


def _search(
    patterns: Patterns, footpaths: Footpaths, origins: Origins, departure: int, budget: int,
    values: Numbers, by_stop: Ints, total: Numbers,
) -> None:  # fmt: skip
    """Fill in one of the last two."""
    from flexsite.access.transit._raptor import raptor
    from flexsite.kernel._jit import plain

    few = patterns.between(departure, departure + budget)
    table = (
        plain(few.first, np.int64),
        plain(few.stop, np.int32),
        plain(few.board, np.bool_),
        plain(few.alight, np.bool_),
        plain(few.first_vehicle, np.int64),
        plain(few.first_time, np.int64),
        plain(few.arrive, np.int32),
        plain(few.depart, np.int32),
        plain(few.served, np.int64),
        plain(few.pattern, np.int32),
        plain(few.place, np.int32),
    )
    feet = (plain(footpaths.first, np.int64), plain(footpaths.stop, np.int32), plain(footpaths.seconds, np.int32))
    ways = (plain(origins.stop, np.int32), plain(origins.seconds, np.int32))
    value = plain(values, np.float64)

    def work(low: int, high: int) -> None:
        first = plain(origins.first[low : high + 1], np.int64)
        raptor(*table, *feet, first, *ways, departure, departure + budget, value, by_stop[low:high], total[low:high])

    spread(work, len(origins), CHUNK)
