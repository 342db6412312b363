"""Stops, the stations they belong to, and the entrances of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

from flexsite.access.timetable import values
from flexsite.access.timetable.feed import Feed
from flexsite.access.timetable.model import Flags, Ints, Metres, Stops
from flexsite.access.timetable.tables import Table, read_table
from flexsite.errors import InputError
from flexsite.layers import projection
from flexsite.notices import Notices

PLATFORM, STATION, ENTRANCE, NODE, BOARDING_AREA = range(5)
"""GTFS location types; stops are platforms."""


@dataclass(frozen=True)
class StopTable:
    """All rows of stops.txt, by id.

    Parameters
    ----------
    ids, names
        (s,) texts.
    kind
        (s,) location type.
    xy
        (s, 2) in the study's CRS, NaN where the feed gives no place.
    degrees
        (s, 2) longitude and latitude, NaN likewise.
    station
        (s,) row of the station, or of the stop itself.
    nowhere
        (s,) whether the feed says that it lies where no stop can lie.
    """

    feed: str
    ids: Any
    names: Any
    kind: Ints
    xy: Metres
    degrees: Metres
    station: Ints
    nowhere: Flags

    def placed(self) -> Flags:
        """(s,) whether a stop has a place."""
        return np.asarray(np.isfinite(self.xy).all(axis=1))

    def chosen(self, keep: Flags) -> tuple[Stops, Ints]:
        """The stops kept, with the entrances of their stations, and (s,) their new rows, -1 for the others."""
        rows = np.flatnonzero(keep)
        new = np.full(len(keep), -1, np.int32)
        new[rows] = np.arange(len(rows))
        _, station = np.unique(self.station[rows], return_inverse=True)
        doors = np.flatnonzero((self.kind == ENTRANCE) & self.placed() & (self.station != np.arange(len(keep))))
        doors = doors[np.argsort(self.station[doors], kind="stable")]
        of = self.station[doors]
        low, high = np.searchsorted(of, self.station[rows], "left"), np.searchsorted(of, self.station[rows], "right")
        count = high - low
        at = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
        stops = Stops(
            id=values.objects(self.ids)[rows], name=values.objects(self.names)[rows], xy=self.xy[rows],
            station=station.astype(np.int32).reshape(-1), entrance_xy=self.xy[doors[at]],
            entrance_stop=np.repeat(np.arange(len(rows), dtype=np.int32), count),
        )  # fmt: skip
        return stops, new


def read_stops(feed: Feed, crs: pyproj.CRS, notices: Notices) -> StopTable:
    """Stops with their place in the study's CRS; a stop without one has that of its station.

    Raises
    ------
    InputError
        There are none, or latitude and longitude are exchanged.
    """
    table = read_table(
        feed, "stops", ["stop_id", "stop_lat", "stop_lon"], ["stop_name", "location_type", "parent_station"], notices
    )
    table = _unique(feed, table, notices)
    ids = table["stop_id"]
    kind = values.whole(table["location_type"], PLATFORM, -1)
    kind[(kind < PLATFORM) | (kind > BOARDING_AREA)] = PLATFORM
    parent = values.rows_of(table["parent_station"], ids)
    named = np.asarray(table["parent_station"].to_numpy(zero_copy_only=False), dtype=object) != ""
    unknown = int((named & (parent < 0)).sum())
    if unknown:
        text = f"{feed.where('stops', 'parent_station')}: {unknown} stops name a station that is not there"
        notices.warn("parent", text)
    own = np.arange(len(ids), dtype=np.int32)
    station = np.where((parent >= 0) & (kind != STATION), parent, own).astype(np.int32)
    xy, degrees, nowhere = _places(feed, table, crs, notices)
    for _ in range(2):  # of a boarding area the platform's, of a platform the station's
        lacking = ~np.isfinite(xy).all(axis=1) & (kind != ENTRANCE)  # an entrance is where it is, or not known
        xy[lacking], degrees[lacking] = xy[station[lacking]], degrees[station[lacking]]
    area = np.flatnonzero(kind == BOARDING_AREA)
    station[area] = station[station[area]]
    nowhere &= ~np.isfinite(xy).all(axis=1)
    return StopTable(feed.name, ids, table["stop_name"], kind, xy, degrees, station, nowhere)


def _unique(feed: Feed, table: Table, notices: Notices) -> Table:
    """Rows with an id, the first of each, in the order of ids."""
    ids = table["stop_id"]
    first = values.firsts(ids)
    first = first[np.asarray(ids.take(_arrow(first)).to_numpy(zero_copy_only=False), dtype=object) != ""]
    double = len(table) - len(first)
    if double:
        notices.warn(
            "stop ids", f"{feed.where('stops', 'stop_id')}: {double} rows repeat an id or have none; set aside"
        )
    if not len(first):
        raise InputError("there are no stops", where=feed.where("stops"), remedy="ask the publisher for a whole feed")
    table = table.only(first)
    return table.only(values.by_text(table["stop_id"]))


def _arrow(rows: NDArray[np.intp]) -> Any:
    import pyarrow as pa

    return pa.array(rows)


def _places(feed: Feed, table: Table, crs: pyproj.CRS, notices: Notices) -> tuple[Metres, Metres, Flags]:
    """(s, 2) places in the study's CRS and in degrees, NaN where there is none, and whether none can be there."""
    lat, lon = values.numbers(table["stop_lat"]), values.numbers(table["stop_lon"])
    given = np.isfinite(lat) & np.isfinite(lon)
    nowhere = given & (((lat == 0) & (lon == 0)) | (np.abs(lat) > 90) | (np.abs(lon) > 180))
    _refuse_exchanged(feed, lat[given], lon[given], crs)
    change = projection.transformer(pyproj.CRS.from_epsg(4326), crs)
    good = given & ~nowhere
    xy = np.full((len(lat), 2), np.nan)
    if good.any():
        x, y = (lon[good], lat[good]) if change is None else change.transform(lon[good], lat[good])
        xy[good] = np.column_stack([x, y])
    nowhere |= good & ~np.isfinite(xy).all(axis=1)  # on earth, but beyond what the study's CRS can show
    xy[nowhere] = np.nan
    if nowhere.any():
        text = f"{feed.where('stops')}: {int(nowhere.sum())} stops lie at 0, 0, off the globe or where the study's CRS "
        notices.warn("places", text + "does not reach; taken as without a place")
    return xy, np.where(np.isfinite(xy), np.column_stack([lon, lat]), np.nan), nowhere


def _refuse_exchanged(feed: Feed, lat: Metres, lon: Metres, crs: pyproj.CRS) -> None:
    """Refuse places that lie where the study's CRS is used only when latitude and longitude change places."""
    area = crs.area_of_use
    if area is None or area.west > area.east:
        return

    def inside(north: Metres, east: Metres) -> float:
        within = (area.south <= north) & (north <= area.north) & (area.west <= east) & (east <= area.east)
        return float(within.mean()) if len(within) else 0.0

    if inside(lat, lon) < 0.5 < inside(lon, lat):
        remedy = "exchange the columns stop_lat and stop_lon"
        raise InputError("latitude and longitude are exchanged", where=feed.where("stops"), remedy=remedy)
