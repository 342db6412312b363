"""Trips that may run on a service day, the day before or the day after."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable import values
from flexsite.access.timetable.feed import Feed
from flexsite.access.timetable.lines import LineTable
from flexsite.access.timetable.model import Flags, Ints
from flexsite.access.timetable.service_days import Services
from flexsite.access.timetable.tables import Table, read_table
from flexsite.errors import InputError
from flexsite.notices import Notices

SHIFTS = (-1, 0, 1)
"""Service days around the asked one, in the order of `TripTable.active`."""


@dataclass(frozen=True)
class TripTable:
    """Trips of one feed that are active on one of three service days, by id.

    Parameters
    ----------
    ids, headsigns
        (t,) texts.
    line
        (t,) row of the line.
    direction
        (t,) 0, 1 or -1.
    block
        (t,) number of the block, -1 without one.
    active
        (3, t) whether the trip runs on the day before, the day itself, and the day after.
    every_id, row
        All ids of trips.txt in any order, and for each its row here, or -1.
    """

    ids: Any
    headsigns: Any
    line: Ints
    direction: NDArray[np.int8]
    block: Ints
    active: Flags
    every_id: Any
    row: Ints

    def __len__(self) -> int:
        """Number of trips."""
        return len(self.ids)


@dataclass(frozen=True)
class Running:
    """Rows of trips.txt, the first of each id, with (n,) the row of their service in `Services`, -1 unknown."""

    table: Table
    service: Ints
    services: Services

    def per_service(self) -> NDArray[np.int64]:
        """(s,) number of trips of every service."""
        return np.bincount(self.service[self.service >= 0], minlength=len(self.services.ids))


def read_running(feed: Feed, services: Services, notices: Notices, *, details: bool = True) -> Running:
    """Rows of trips.txt; without details only their ids and services."""
    optional = ["trip_headsign", "direction_id", "block_id"] if details else []
    table = read_table(feed, "trips", ["route_id", "service_id", "trip_id"], optional, notices)
    first = values.firsts(table["trip_id"])
    if len(first) < len(table):
        text = f"{feed.where('trips', 'trip_id')}: {len(table) - len(first)} rows repeat an id; set aside"
        notices.warn("trip ids", text)
    table = table.only(first)
    return Running(table, values.rows_of(table["service_id"], services.ids), services)


def trips_around(feed: Feed, running: Running, lines: LineTable, day: datetime.date, notices: Notices) -> TripTable:
    """Trips of the services that are active on a day, the day before or the day after.

    Raises
    ------
    InputError
        There is no trip at all, or none with a service and a line that exist.
    """
    table, service = running.table, running.service
    line = values.rows_of(table["route_id"], lines.ids)
    for column, unknown, what in (
        ("service_id", int((service < 0).sum()), "a service that no calendar has"),
        ("route_id", int((line < 0).sum()), "a line that routes.txt has not"),
    ):
        if unknown:
            text = f"{feed.where('trips', column)}: {unknown} of {len(table)} trips are of {what}; set aside"
            notices.warn(f"unknown {column}", text)
    usable = (service >= 0) & (line >= 0)
    if not usable.any():
        what = "there are no trips" if not len(table) else "no trip has a service and a line that exist"
        remedy = "check service_id and route_id against the calendar and routes.txt; ask the publisher for a whole feed"
        raise InputError(what, where=feed.where("trips"), remedy=remedy)
    ordinal = day.toordinal()
    runs = np.array([running.services.active(ordinal + shift)[service] & usable for shift in SHIFTS])
    rows = np.flatnonzero(runs.any(axis=0))
    every = table["trip_id"]
    table = table.only(rows)
    order = values.by_text(table["trip_id"])
    table, rows = table.only(order), rows[order]
    row = np.full(len(every), -1, np.int32)
    row[rows] = np.arange(len(rows), dtype=np.int32)
    direction = values.whole(table["direction_id"], -1, -1)
    direction[(direction != 0) & (direction != 1)] = -1
    blocks = table["block_id"].dictionary_encode()
    block = blocks.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    without = [number for number, text in enumerate(blocks.dictionary.to_pylist()) if not text]
    block[np.isin(block, without)] = -1
    return TripTable(
        ids=table["trip_id"], headsigns=table["trip_headsign"], line=line[rows], direction=direction.astype(np.int8),
        block=block, active=runs[:, rows], every_id=every, row=row,
    )  # fmt: skip
