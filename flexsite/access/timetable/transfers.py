"""What transfers.txt says: seconds between stops, changes that are not possible, and vehicles that go on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable import values
from flexsite.access.timetable.feed import Feed
from flexsite.access.timetable.model import FORBIDDEN, Changes, Ints
from flexsite.access.timetable.stop_times import ranges
from flexsite.access.timetable.stops import StopTable
from flexsite.access.timetable.tables import Table, read_table
from flexsite.access.timetable.trips import TripTable
from flexsite.notices import Notices

_RECOMMENDED, _TIMED, _TAKES, _IMPOSSIBLE, _STAY, _LEAVE = range(6)
"""GTFS transfer types."""


@dataclass(frozen=True)
class Rules:
    """Rows of transfers.txt by what they are about.

    Parameters
    ----------
    origin, destination, seconds
        (r,) rows of stops or stations, and seconds at least or `FORBIDDEN`.
    stay, leave
        (n, 2) rows of trips: who sits in the first goes on in the second, or must get off.
    """

    origin: Ints
    destination: Ints
    seconds: Ints
    stay: Ints
    leave: Ints


def read_rules(feed: Feed, trips: TripTable, stops: StopTable, notices: Notices) -> Rules:
    """Rows of transfers.txt that can be used; no rows without the table."""
    none, pairs = np.empty(0, np.int32), np.empty((0, 2), np.int32)
    if not feed.has("transfers"):
        return Rules(none, none, none, pairs, pairs)
    particular = ["from_trip_id", "to_trip_id", "from_route_id", "to_route_id"]
    optional = ["from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time", *particular]
    table = read_table(feed, "transfers", [], optional, notices)
    kind = values.whole(table["transfer_type"], _RECOMMENDED, -1)
    seconds = values.whole(table["min_transfer_time"], -1, -1)
    linked = (kind == _STAY) | (kind == _LEAVE)
    special = np.zeros(len(table), bool)
    for column in particular:
        special |= np.asarray(table[column].to_numpy(zero_copy_only=False), dtype=object) != ""
    special &= ~linked
    origin = values.rows_of(table["from_stop_id"], stops.ids)
    destination = values.rows_of(table["to_stop_id"], stops.ids)
    general = ~linked & ~special
    strange = general & ((origin < 0) | (destination < 0))
    untimed = general & ~strange & ((kind < 0) | (kind > _LEAVE) | ((kind == _TAKES) & (seconds < 0)))
    for rows, what in (
        (special, "are about single trips or lines"),
        (strange, "name a stop that stops.txt has not"),
        (untimed, "have no time or type that can be read"),
    ):
        if rows.any():
            notices.warn(f"transfers {what}", f"{feed.where('transfers')}: {int(rows.sum())} rows {what}; set aside")
    seconds[kind == _TIMED] = 0
    seconds[kind == _IMPOSSIBLE] = FORBIDDEN
    said = general & ~strange & ~untimed & ((seconds >= 0) | (kind == _IMPOSSIBLE))  # a recommendation has no time
    stay, leave = (_trips(feed, table, trips, kind == what, notices) for what in (_STAY, _LEAVE))
    return Rules(origin[said], destination[said], seconds[said], stay, leave)


def _trips(feed: Feed, table: Table, trips: TripTable, rows: NDArray[np.bool_], notices: Notices) -> Ints:
    """(n, 2) trips that rows of types 4 and 5 name, of those that run."""
    some = table.only(rows)
    known = np.column_stack([values.rows_of(some[name], trips.every_id) for name in ("from_trip_id", "to_trip_id")])
    strange = int((known < 0).any(axis=1).sum())
    if strange:
        text = f"{feed.where('transfers')}: {strange} rows of type 4 or 5 name no two trips of trips.txt; set aside"
        notices.warn("linked trips", text)
    known = known[(known >= 0).all(axis=1)]
    pairs = trips.row[known].reshape(-1, 2)
    return np.unique(pairs[(pairs >= 0).all(axis=1)], axis=0).reshape(-1, 2)


def changes(rules: Rules, stops: StopTable, new: Ints) -> Changes:
    """Rules for pairs of the stops that are kept.

    A rule about a station is one about all its stops; what is said about a stop itself goes before that. Where several
    are as specific, the strictest counts.

    Parameters
    ----------
    new
        (s,) new row of every stop, -1 for those not kept.
    """
    kept = np.flatnonzero(new >= 0)
    kept = kept[np.argsort(stops.station[kept], kind="stable")]
    station = stops.station[kept]
    exists = np.bincount(station, minlength=len(new)) > 0

    def members(rows: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Where the stops of every row begin in `several`, their number, and whether the row is a station."""
        own = stops.station[rows] == rows
        whole = own & exists[rows]
        low = np.where(whole, np.searchsorted(station, rows, "left"), len(kept) + rows)
        size = np.where(whole, np.searchsorted(station, rows, "right") - low, (new[rows] >= 0).astype(np.int64))
        return low.astype(np.int64), size.astype(np.int64), whole & ((size > 1) | (new[rows] < 0))

    several = np.concatenate([kept, np.arange(len(new))])
    from_low, from_size, from_wide = members(rules.origin)
    to_low, to_size, to_wide = members(rules.destination)
    pairs = from_size * to_size
    rule = np.repeat(np.arange(len(pairs)), pairs)
    at = ranges(np.zeros(len(pairs), np.int64), pairs)
    width = np.maximum(to_size[rule], 1)
    origin = new[several[from_low[rule] + at // width]]
    destination = new[several[to_low[rule] + at % width]]
    seconds = rules.seconds[rule]
    general = from_wide.astype(np.int8)[rule] + to_wide.astype(np.int8)[rule]
    strict = np.where(seconds == FORBIDDEN, np.iinfo(np.int32).max, seconds)
    order = np.lexsort((-strict.astype(np.int64), general, destination, origin))
    origin, destination, seconds = origin[order], destination[order], seconds[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (origin[1:] != origin[:-1]) | (destination[1:] != destination[:-1])
    return Changes(*(column[fresh].astype(np.int32) for column in (origin, destination, seconds)))
