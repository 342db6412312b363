"""Stop times of the trips that run: read part by part, put in order, mended where that can be, else set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable import values
from flexsite.access.timetable.feed import Feed
from flexsite.access.timetable.model import Flags, Ints
from flexsite.access.timetable.stops import StopTable
from flexsite.access.timetable.tables import Table, stream_table
from flexsite.access.timetable.trips import TripTable
from flexsite.errors import InputError
from flexsite.notices import Notices

NO_SEQUENCE = -(2**31)
"""Where a row says nothing about its place in the trip."""
_REQUIRED = ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence")
_OPTIONAL = ("pickup_type", "drop_off_type", "shape_dist_traveled")
_NUMBERS = {"stop_sequence": "int32", "pickup_type": "int8", "drop_off_type": "int8", "shape_dist_traveled": "float64"}


@dataclass(frozen=True)
class Rows:
    """Rows of stop_times.txt of trips that run, as numbers: all (k,).

    Parameters
    ----------
    trip, stop, sequence
        Row of the trip and of the stop, and the place in the trip.
    arrive, depart
        Seconds, `values.EMPTY` or `values.UNREADABLE`.
    board, alight
        Whether one may get on and off.
    travelled
        Distance along the way, NaN where not given.
    """

    trip: Ints
    stop: Ints
    sequence: Ints
    arrive: Ints
    depart: Ints
    board: Flags
    alight: Flags
    travelled: NDArray[np.float32]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.trip)

    def only(self, rows: Any) -> Rows:
        """Some of the rows."""
        return Rows(
            self.trip[rows], self.stop[rows], self.sequence[rows], self.arrive[rows], self.depart[rows],
            self.board[rows], self.alight[rows], self.travelled[rows],
        )  # fmt: skip


def read_stop_times(
    feed: Feed, trips: TripTable, stops: StopTable, notices: Notices, *, on_demand: bool
) -> tuple[Rows, int]:
    """Rows of the trips that run, in the order of trip and sequence, and how many rows the table has.

    Raises
    ------
    InputError
        A required column is missing, the table has no rows, or none of a trip and a stop that exist.
    """
    parts: list[Rows] = []
    total, counts = 0, np.zeros(4, np.int64)
    trip_rows, stop_rows = values.Lookup(trips.every_id), values.Lookup(stops.ids)
    for table in stream_table(feed, "stop_times", _REQUIRED, _OPTIONAL, _NUMBERS, notices):
        total += len(table)
        known = trip_rows.rows(table["trip_id"])
        part, found = _part(table, known, stop_rows, trips, stops, on_demand=on_demand)
        counts += found
        if len(part):
            parts.append(part)
    strange, stopless, nowhere, ordered = counts.tolist()
    if strange:
        text = f"{feed.where('stop_times', 'trip_id')}: {strange} of {total} rows are of a trip that trips.txt has not"
        notices.warn("unknown trip", text + "; set aside")
    if stopless:
        text = f"{feed.where('stop_times', 'stop_id')}: {stopless} rows are of a stop that stops.txt has not; set aside"
        notices.warn("unknown stop", text)
    if nowhere:
        text = f"{feed.where('stop_times', 'stop_id')}: {nowhere} rows are of a stop that lies nowhere; set aside"
        notices.warn("stop nowhere", text)
    if ordered:
        text = f"{feed.where('stop_times')}: at {ordered} stop times one must order the vehicle (pickup_type or "
        text += "drop_off_type 2 or 3); "
        notices.warn("on demand", text + ("they count" if on_demand else "not counted; on_demand: true counts them"))
    if not parts:
        what = "the table has no rows" if not total else "no row is of a trip that runs and of a stop that exists"
        remedy = "check trip_id and stop_id against trips.txt and stops.txt; ask the publisher for a whole feed"
        raise InputError(what, where=feed.where("stop_times"), remedy=remedy)
    return _ordered(parts), total


def _part(
    table: Table, known: Ints, stop_rows: values.Lookup, trips: TripTable, stops: StopTable, *, on_demand: bool
) -> tuple[Rows, NDArray[np.int64]]:
    """The rows of one part, and how many are of unknown trips, of unknown stops, of stops nowhere, and on demand."""
    trip = trips.row[known]  # an unknown trip, -1, gets that of the last
    trip[known < 0] = -1
    strange = int((known < 0).sum())
    rows = np.flatnonzero(trip >= 0)
    table, trip = table.only(rows), trip[rows]
    stop = stop_rows.rows(table["stop_id"])
    stopless = int((stop < 0).sum())
    nowhere = int(stops.nowhere[stop[stop >= 0]].sum())
    if stopless or nowhere:
        stop[stops.nowhere[stop]] = -1
        rows = np.flatnonzero(stop >= 0)  # -1 may be of the last stop, and stays -1
        table, trip, stop = table.only(rows), trip[rows], stop[rows]
    pickup, drop = values.whole(table["pickup_type"], 0, 0), values.whole(table["drop_off_type"], 0, 0)
    asked = (pickup >= 2) | (drop >= 2)
    part = Rows(
        trip=trip, stop=stop, sequence=values.whole(table["stop_sequence"], NO_SEQUENCE, NO_SEQUENCE),
        arrive=values.seconds(table["arrival_time"]), depart=values.seconds(table["departure_time"]),
        board=(pickup == 0) | (on_demand & (pickup >= 2)), alight=(drop == 0) | (on_demand & (drop >= 2)),
        travelled=values.numbers(table["shape_dist_traveled"]).astype(np.float32),
    )  # fmt: skip
    return part, np.array([strange, stopless, nowhere, int(asked.sum())])


def _ordered(parts: list[Rows]) -> Rows:
    """All rows by trip and sequence; those of equal place by stop and times, so that the file's order is nothing."""
    columns = (np.concatenate([getattr(part, name) for part in parts]) for name in Rows.__dataclass_fields__)
    rows = Rows(*columns)
    if not len(rows):
        return rows
    trip, sequence = rows.trip, rows.sequence
    ahead = (trip[1:] == trip[:-1]) & (sequence[1:] > sequence[:-1])
    starts = np.concatenate([[0], np.flatnonzero(~ahead) + 1])
    of = trip[starts]
    order = np.argsort(of, kind="stable")
    if np.bincount(of).max() == 1:  # each trip is one piece of the file, in its order
        if (order[1:] > order[:-1]).all():
            return rows
        return rows.only(ranges(starts[order], np.diff(np.append(starts, len(rows)))[order]))
    keys = trip.astype(np.int64) << 32 | (sequence.astype(np.int64) + 2**31)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    if (keys[1:] == keys[:-1]).any():
        flags = rows.board * 2 + rows.alight
        order = np.lexsort((rows.travelled, flags, rows.depart, rows.arrive, rows.stop, sequence, trip))
    return rows.only(order)


def ranges(start: NDArray[np.integer[Any]], size: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Numbers from each start on, as many as its size, one range after the other.

    Examples
    --------
    >>> ranges(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    before = np.cumsum(size) - size
    return np.asarray(np.repeat(np.asarray(start, np.int64) - before, size) + np.arange(int(size.sum())), np.int64)
