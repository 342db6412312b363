"""A timetable as arrays: what runs on one service day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

Texts = NDArray[np.object_]
Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]
Metres = NDArray[np.float64]

MODES = ("tram", "metro", "rail", "bus", "ferry", "other")
"""Modes of lines, by their number in `Lines.mode`."""

FORBIDDEN = -1
"""Seconds of a change that the feed says is not possible."""


@dataclass(frozen=True)
class Stops:
    """Places where vehicles stop, in the order of feed and id.

    Parameters
    ----------
    id, name
        (s,) texts; with several feeds an id begins with the feed's number and a colon.
    xy
        (s, 2) in the study's CRS.
    station
        (s,) number of the station a stop belongs to; a stop without one has a number of its own.
    entrance_stop, entrance_xy
        (e,) row of the stop and (e, 2) place of its station's entrances, where the feed names any.
    """

    id: Texts
    name: Texts
    xy: Metres
    station: Ints
    entrance_stop: Ints
    entrance_xy: Metres

    def __len__(self) -> int:
        """Number of stops."""
        return len(self.id)


@dataclass(frozen=True)
class Lines:
    """Lines (GTFS routes): id, short and long name, (l,) number of the mode in `MODES`, GTFS route type."""

    id: Texts
    short_name: Texts
    long_name: Texts
    mode: NDArray[np.int8]
    route_type: Ints

    def __len__(self) -> int:
        """Number of lines."""
        return len(self.id)


@dataclass(frozen=True)
class Changes:
    """What feeds say about changing (transfers.txt): rows of stops, and seconds at least, or `FORBIDDEN`.

    A rule about a station is given for every pair of its stops. Where a pair has several, the most specific counts, and
    of equally specific ones the strictest. A change that is recommended without a time (type 0) is not in here.
    """

    from_stop: Ints
    to_stop: Ints
    seconds: Ints

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.from_stop)


@dataclass(frozen=True)
class Timetable:
    """All trips of one service day, with those of the day before and after that touch it.

    Trips are in the order of feed, id, service day and departure.

    Parameters
    ----------
    day
        The service day.
    stops, lines, changes
        What trips refer to.
    trip_id, trip_headsign
        (t,) texts; a trip made of a frequency has its departure time behind the id.
    trip_line
        (t,) row of the line.
    trip_direction
        (t,) 0 or 1, -1 where the feed does not say.
    trip_run
        (t,) number of the vehicle's run: who stays seated at the end of a trip goes on with the next of the same run,
        in the order of their departures.
    first
        (t + 1,) stop times of trip i are elements first[i]:first[i + 1] of the next arrays.
    stop
        (k,) row of the stop.
    arrive, depart
        (k,) seconds since the beginning of the service day (noon less 12 hours); below 0 for what is left of the day
        before, 86,400 and above for the night after.
    board, alight
        (k,) whether one may get on, and off. What must be ordered by telephone is neither, unless asked for.
    warnings
        What the user should know about the feeds, each with a count.
    counts
        Numbers for the record.
    """

    day: date
    stops: Stops
    lines: Lines
    changes: Changes
    trip_id: Texts
    trip_headsign: Texts
    trip_line: Ints
    trip_direction: NDArray[np.int8]
    trip_run: Ints
    first: NDArray[np.int64]
    stop: Ints
    arrive: Ints
    depart: Ints
    board: Flags
    alight: Flags
    warnings: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of trips."""
        return len(self.trip_id)
