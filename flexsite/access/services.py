"""Public transport around the sites of a study: its timetables, and the ways on foot to the stops."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from flexsite.access.context import Context
from flexsite.access.habits import Habits
from flexsite.access.places import Geometries
from flexsite.access.reach.bounded import TOLERANCE
from flexsite.access.reach.legs import Legs
from flexsite.access.streets.model import BoolArray, Bounds, IntArray, NetworkMode, expand, join
from flexsite.access.timetable import kept
from flexsite.access.timetable.reading import read_timetable
from flexsite.access.transit.footpaths import Footpaths
from flexsite.access.transit.router import Router
from flexsite.cache import key
from flexsite.study.access import CountMeasure, NearestMeasure, SumMeasure
from flexsite.study.identity import files_of

if TYPE_CHECKING:
    from flexsite.access.timetable.model import Timetable
    from flexsite.study.access import Timetable as Feeds


@dataclass
class ServiceDay:
    """One service day on the streets around the sites.

    Parameters
    ----------
    context
        The sites and what is around them.
    habits
        How people travel.
    timetable
        What runs that day.
    area
        Bounds around sites and places: stops outside it are only changed at.
    """

    context: Context
    habits: Habits
    timetable: Timetable
    area: Bounds

    @cached_property
    def served(self) -> IntArray:
        """Rows of the stops in the area where something stops on the day."""
        xy = self.timetable.stops.xy
        inside = (xy >= self.area[:2]).all(axis=1) & (xy <= self.area[2:]).all(axis=1)
        inside &= np.bincount(self.timetable.stop, minlength=len(xy)) > 0
        return np.flatnonzero(inside)

    @cached_property
    def from_sites(self) -> Legs:
        """Ways on foot from the sites to the stops within `max_walk`."""
        return self.legs_to(self.served, "walk", self.habits.max_walk)

    def legs_to(self, stops: IntArray, mode: str, metres: float) -> Legs:
        """Ways from the sites to some stops (rows, rising), along the streets or straight."""
        points = np.asarray(shapely.points(self.timetable.stops.xy), dtype=object)
        return legs_along(self.context, mode, points, stops, metres, self._entrances(stops))

    def legs_from(self, places: Geometries) -> Legs:
        """Ways on foot between some places and the stops within `max_walk`."""
        return self._between(places, self.habits.max_walk)

    def reaches(self, places: Geometries) -> BoolArray:
        """(n,) sites that have an entrance, or one of the places inside: from others nobody knows the way."""
        network, sites = self.context.network, self.context.sites
        found = np.full(len(sites), network is None)
        if network is not None:
            found[network.entrances("walk").owner] = True
            found[network.inside(places)[0]] = True
        return found

    def on_foot(self, places: Geometries) -> Legs:
        """Ways from the sites to some places without any vehicle, within `max_walk`."""
        if self.context.network is None:
            return _straight(self.context.sites, places, self.habits.max_walk)
        return self.context.network.legs(places, self.habits.max_walk)

    @cached_property
    def footpaths(self) -> Footpaths:
        """Ways on foot from one vehicle to the next."""
        habits, timetable = self.habits, self.timetable
        near = self._between(self.points(self.served), habits.change_walk, self._entrances(self.served))
        first = np.zeros(len(timetable.stops) + 1, np.int64)
        first[self.served + 1] = np.diff(near.first)
        between = Legs(np.cumsum(first), near.stop, near.metres)
        return Footpaths.of(
            timetable.stops, timetable.changes, between, habits.speed, habits.change_walk, habits.change_time
        )

    @cached_property
    def router(self) -> Router:
        """Answers about journeys on the day."""
        return Router.of(self.timetable, self.footpaths, self.habits.longest)

    def _between(
        self, origins: Geometries, metres: float, entrances: tuple[IntArray, Geometries] | None = None
    ) -> Legs:
        points, network = self.points(self.served), self.context.network
        if network is None:
            return _renamed(_straight(origins, points, metres), self.served)
        found = network.ways(origins, points, metres, begins=entrances, ends=self._entrances(self.served))
        return _renamed(found, self.served)

    def from_site(self, row: int) -> Legs:
        """Ways on foot from one site."""
        part = slice(int(self.from_sites.first[row]), int(self.from_sites.first[row + 1]))
        count = part.stop - part.start
        return Legs(np.array([0, count]), self.from_sites.stop[part], self.from_sites.metres[part])

    def points(self, stops: IntArray) -> Geometries:
        """Where stops are."""
        return np.asarray(shapely.points(self.timetable.stops.xy[stops]), dtype=object)

    def _entrances(self, stops: IntArray) -> tuple[IntArray, Geometries]:
        """Which of these stops have entrances of their station, and where."""
        known = self.timetable.stops
        place = np.full(len(known), -1)
        place[stops] = np.arange(len(stops))
        wanted: BoolArray = place[known.entrance_stop] >= 0
        return place[known.entrance_stop[wanted]], np.asarray(shapely.points(known.entrance_xy[wanted]), dtype=object)


def legs_along(
    context: Context,
    mode: str,
    points: Geometries,
    rows: IntArray,
    metres: float,
    entrances: tuple[IntArray, Geometries] | None = None,
) -> Legs:
    """Ways from the sites to some of the points (rows, rising): along the streets, or straight without them."""
    if mode == "straight" or context.network is None:
        return _renamed(_straight(context.sites, points[rows], metres), rows)
    return _renamed(context.network.legs(points[rows], metres, _mode(mode), entrances=entrances), rows)


def _straight(origins: Geometries, points: Geometries, metres: float) -> Legs:
    """Straight ways from origins to points, no longer than `metres`."""
    origin, point = shapely.STRtree(points).query(origins, predicate="dwithin", distance=metres + TOLERANCE)
    order = np.lexsort((point, origin))
    origin, point = origin[order], point[order]
    first = np.concatenate([[0], np.cumsum(np.bincount(origin, minlength=len(origins)))]).astype(np.int64)
    return Legs(first, point.astype(np.int32), shapely.distance(origins[origin], points[point]))


def _mode(mode: str) -> NetworkMode:
    return "cycle" if mode == "cycle" else "walk"


def _renamed(legs: Legs, stops: IntArray) -> Legs:
    """Ways to rows of the timetable's stops instead of places in a list of them, which rises."""
    return Legs(legs.first, stops[legs.stop].astype(np.int32), legs.metres)


class Services:
    """The service days of a study, each read once."""

    def __init__(self, context: Context, feeds: Feeds) -> None:
        self.habits = Habits.of(feeds)
        self._context, self._feeds = context, feeds
        self._days: dict[datetime.date, ServiceDay] = {}

    def day(self, day: datetime.date | None = None) -> ServiceDay:
        """A service day; None: that of the study."""
        asked = day or self._feeds.date
        if asked not in self._days:
            context = self._context
            timetable = self._read(asked)
            context.counts[asked.isoformat()] = timetable.counts
            for text in timetable.warnings:
                context.warn(text)
            if context.network is None:
                context.warn("there are no streets: walks to stops are straight lines, which are shorter than streets")
            self._days[asked] = ServiceDay(context, self.habits, timetable, self._area)
        return self._days[asked]

    def _read(self, day: datetime.date) -> Timetable:
        """The timetable of a day; from the cache where that has it."""
        crs, cache, feeds = self._context.crs, self._context.cache, self._feeds

        def read() -> Timetable:
            return read_timetable(feeds.paths, day, crs, bounds=self._area, on_demand=feeds.on_demand)

        files = [files_of(path) for path in feeds.paths]
        if cache is None or None in files:
            return read()
        digests = [[cache.digest(one) for one in some or []] for some in files]
        made_of = key("timetable", digests, day.isoformat(), crs.to_wkt(), list(self._area), feeds.on_demand)
        folder = cache.get("timetable", made_of)
        if folder is not None:
            return kept.load(folder)
        found = read()
        cache.keep("timetable", made_of, partial(kept.save, found))
        return found

    @cached_property
    def _area(self) -> Bounds:
        """Around the sites, and the places that measures lead to by transit."""
        context = self._context
        area: Bounds = tuple(shapely.total_bounds(context.sites).tolist())
        for one in context.access.measures:
            if isinstance(one, NearestMeasure | CountMeasure | SumMeasure) and one.mode == "transit":
                area = join(area, context.places(one).read(None).bounds)
        return expand(area, context.access.margin)
