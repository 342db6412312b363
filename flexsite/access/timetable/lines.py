"""Lines (GTFS routes) and their modes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable import values
from flexsite.access.timetable.feed import Feed
from flexsite.access.timetable.model import MODES, Ints, Lines
from flexsite.access.timetable.tables import read_table
from flexsite.notices import Notices

_BASIC = ("tram", "metro", "rail", "bus", "ferry", "tram", "other", "other", None, None, None, "bus", "metro")
"""Modes of GTFS route types 0 to 12: 5 cable trams, 6 aerial lifts, 7 funiculars, 11 trolleybuses, 12 monorails."""
_EXTENDED = {
    1: "rail",
    2: "bus",  # coaches
    3: "rail",  # suburban railways, as of old
    4: "metro",
    5: "metro",
    6: "metro",
    7: "bus",
    8: "bus",  # trolleybuses
    9: "tram",
    10: "ferry",
    12: "ferry",
}
"""Modes of the hundreds of extended route types; the others (air, cable cars, taxis) are `other`."""


def mode_of(route_type: int) -> str | None:
    """The mode of a basic or extended GTFS route type; None when there is no such type.

    Source: GTFS reference, routes.txt, and the extended route types of Google Transit.

    Examples
    --------
    >>> [mode_of(number) for number in (0, 109, 702, 1700, 10)]
    ['tram', 'rail', 'bus', 'other', None]
    """
    if 0 <= route_type < len(_BASIC):
        return _BASIC[route_type]
    return _EXTENDED.get(route_type // 100, "other") if 100 <= route_type < 1800 else None


@dataclass(frozen=True)
class LineTable:
    """All rows of routes.txt, by id: texts, mode as number in `MODES`, and route type."""

    ids: Any
    short_names: Any
    long_names: Any
    mode: NDArray[np.int8]
    route_type: Ints

    def chosen(self, rows: Ints) -> Lines:
        """Some of the lines."""
        return Lines(
            id=values.objects(self.ids)[rows], short_name=values.objects(self.short_names)[rows],
            long_name=values.objects(self.long_names)[rows], mode=self.mode[rows], route_type=self.route_type[rows],
        )  # fmt: skip


def read_lines(feed: Feed, notices: Notices) -> LineTable:
    """Lines of a feed, the first row of each id; a route type that is none is of mode `other`."""
    table = read_table(feed, "routes", ["route_id", "route_type"], ["route_short_name", "route_long_name"], notices)
    first = values.firsts(table["route_id"])
    if len(first) < len(table):
        text = f"{feed.where('routes', 'route_id')}: {len(table) - len(first)} rows repeat an id; set aside"
        notices.warn("route ids", text)
    table = table.only(first)
    table = table.only(values.by_text(table["route_id"]))
    route_type = values.whole(table["route_type"], -1, -1)
    modes = [mode_of(number) for number in route_type.tolist()]
    odd = sum(mode is None for mode in modes)
    if odd:
        text = (
            f"{feed.where('routes', 'route_type')}: {odd} lines have a type that GTFS does not know; taken as 'other'"
        )
        notices.warn("route types", text)
    mode = np.array([MODES.index(name or "other") for name in modes], np.int8)
    return LineTable(table["route_id"], table["route_short_name"], table["route_long_name"], mode, route_type)
