"""Streets around the sites, read as far as the answers need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyproj
import shapely

from flexsite.access.entering.entrances import Barriers, extent, place_entrances, site_entrances
from flexsite.access.entering.snap import Entrances, Geometries
from flexsite.access.places import Places, PlaceSource
from flexsite.access.reach import character, distance
from flexsite.access.reach.catchment import Catchment, catchment
from flexsite.access.reach.legs import Legs
from flexsite.access.reach.legs import legs as find_legs
from flexsite.access.reach.route import Path, street_path
from flexsite.access.streets.closing import closed_by, closed_ways
from flexsite.access.streets.kept import kept_streets, kept_way_ids, read_streets
from flexsite.access.streets.model import (
    BoolArray,
    Bounds,
    FloatArray,
    Graph,
    IntArray,
    NetworkMode,
    StreetFile,
    Streets,
    expand,
    join,
)
from flexsite.errors import InputError
from flexsite.memory import give_back
from flexsite.study.access import Access, Decay, StreetsSource

if TYPE_CHECKING:
    from flexsite.cache import Cache
    from flexsite.layers import Layers


More = tuple[IntArray, Geometries]
"""Further entrances: rows of the points they belong to, and where they are."""


class Network:
    """The street network of a study, with the entrances of its sites.

    A distance of at most `reach` is certain once the streets and places within `reach` of the sites are read: no way
    that short leaves them. Sites with a longer distance, or none, are answered from a window twice as wide, until their
    distance is certain, the part of the network they are on is known to its ends, or everything is read. So answers are
    those of reading everything.

    Parameters
    ----------
    access
        The study's `access`.
    layers
        Its layers, for the barriers.
    sites
        (n,) polygons in the study's CRS.
    crs
        That CRS.
    cache
        Where the streets are kept once they are read.
    """

    def __init__(
        self, access: Access, layers: Layers, sites: Geometries, crs: pyproj.CRS, cache: Cache | None = None
    ) -> None:
        if access.streets is None:
            raise InputError(
                "there are no streets", where="access", remedy="give access.streets, or measure with `mode: straight`"
            )
        self._file = _without_closed(open_streets(access.streets, cache), access, layers, crs, cache)
        self._access, self._layers, self._sites, self._crs = access, layers, sites, crs
        self._streets: Streets | None = None
        self._barriers: tuple[Bounds, Barriers] | None = None
        self._entrances: dict[str, Entrances] = {}
        self._entered: dict[str, tuple[Streets, Entrances]] = {}
        self._left: tuple[Streets, Bounds, BoolArray] | None = None
        self.places: dict[tuple[str, str], tuple[int, int]] = {}

    @property
    def streets(self) -> Streets:
        """The streets read so far."""
        around = max(self._access.margin, float(np.nanmax(extent(self._sites))))
        return self._window(expand(self._bounds(), around + 2 * self._access.max_snap))

    def entrances(self, mode: NetworkMode) -> Entrances:
        """Entrances of the sites; `edge` is the row in the street file, whatever the window."""
        if mode not in self._entrances:
            if not len(self._sites):
                return Entrances(
                    np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty((0, 2))
                )
            streets, barriers = self.streets, self._barriers_in(expand(self._bounds(), self._access.max_snap))
            found = site_entrances(
                streets.graph(mode),
                self._sites,
                max_snap=self._access.max_snap,
                spacing=self._access.entrance_spacing,
                barriers=barriers,
            )
            self._entrances[mode] = replace(found, edge=streets.edge_id[found.edge])
            give_back()
        return self._entrances[mode]

    def nearest(self, sources: Sequence[PlaceSource], mode: NetworkMode) -> list[FloatArray]:
        """Per source, metres (n,) along the network to the nearest place; 0 inside the site, NaN when out of reach."""
        count, reach = len(self._sites), self._access.margin
        if not count or not sources:
            return [np.full(count, np.nan) for _ in sources]
        window = expand(self._bounds(), reach)
        found = [self._around(source, mode, window) for source in sources]
        graph = found[-1][0]
        # rows of edges are those of one window, and the first may not have been the widest
        found = [
            one if one[0] is graph else self._around(source, mode, window)
            for one, source in zip(found, sources, strict=True)
        ]
        here = self._here(graph.streets, mode)
        metres = distance.nearest_places(graph, here, [doors for _, _, doors in found], count)[0]
        return [
            self._farther(source, mode, metres[row], found[row][1].complete and graph.streets.complete)
            for row, source in enumerate(sources)
        ]

    def _farther(self, source: PlaceSource, mode: NetworkMode, metres: FloatArray, everything: bool) -> FloatArray:
        """Metres (n,) to the nearest place, given those of the window that is `margin` wide around the sites."""
        entrances, reach = self.entrances(mode), self._access.margin
        inside = self.inside(source.read(expand(self._bounds(), reach + self._access.max_snap)).geometry)[0]
        pending = np.zeros(len(metres), bool)
        pending[entrances.owner] = True
        pending[inside] = False
        pending &= ~(metres <= reach)
        streets, window = self.streets, expand(self._bounds(), reach)
        graph, here = streets.graph(mode), self._here(streets, mode)
        while pending.any() and not everything:
            here = here.take(pending[here.owner])
            pending &= distance.touches(graph, here, self._leaving(graph.streets, window), len(metres))
            if not pending.any():
                break
            reach *= 2
            window = expand(self._bounds(np.flatnonzero(pending)), reach)
            graph, places, doors = self._around(source, mode, window, everything=True)
            here = self._here(graph.streets, mode).take(pending[entrances.owner])
            metres[pending] = distance.nearest(graph, here, doors, len(metres))[pending]
            everything = places.complete and graph.streets.complete
            pending &= ~(metres <= reach)
        metres[inside] = 0.0
        return metres

    def total_within(
        self, source: PlaceSource, mode: NetworkMode, within: float, decay: Decay | None = None
    ) -> FloatArray:
        """(n,) number or sum of the places within so many metres along the network; NaN for a site without entrance."""
        if not len(self._sites):
            return np.empty(0)
        graph, places, doors = self._around(source, mode, expand(self._bounds(), within))
        here = self._here(graph.streets, mode)
        return distance.total_within(
            graph, here, doors, places.value, len(self._sites), within, self.inside(places.geometry), decay
        )

    def catchment(self, amenities: PlaceSource, demand: PlaceSource, mode: NetworkMode, within: float) -> Catchment:
        """Capacity of the amenities within reach per household that shares it; see `reach.catchment`."""
        if not len(self._sites):
            return Catchment(np.empty(0), np.empty(0))
        # whoever shares an amenity with a site may live as far on its other side
        self._around(amenities, mode, expand(self._bounds(), within))
        graph, asking, homes = self._around(demand, mode, expand(self._bounds(), 2 * within))
        # again, now that no wider window is needed: rows of edges are those of one window
        _, places, doors = self._around(amenities, mode, expand(self._bounds(), within))
        here, count = self._here(graph.streets, mode), len(self._sites)
        inside = self.inside(places.geometry)
        return catchment(graph, here, doors, homes, places.value, asking.value, count, within, inside)

    def character(self, what: Literal["intersections", "directness"], mode: NetworkMode, within: float) -> FloatArray:
        """(n,) what the streets around each site are like; see `reach.character`."""
        if not len(self._sites):
            return np.empty(0)
        graph = self._window(expand(self._bounds(), within + 2 * self._access.max_snap)).graph(mode)
        function = character.intersections if what == "intersections" else character.directness
        return function(graph, self._here(graph.streets, mode), len(self._sites), within)

    def legs(
        self,
        points: Geometries,
        metres: float,
        mode: NetworkMode = "walk",
        *,
        entrances: More | None = None,
    ) -> Legs:
        """Ways from the sites to points (p,), no longer than `metres`.

        Boats cost their time. `entrances` are further places where a point is entered: which point, and where.
        """
        if not len(self._sites) or not len(points):
            return Legs.none(len(self._sites))
        around = expand(self._bounds(), metres)
        graph, doors = self._doors(points, join(around, _bounds_of(points)), mode, entrances)
        here = self._here(graph.streets, mode)
        return find_legs(graph, here, doors, len(self._sites), len(points), metres, self.inside(points))

    def ways(
        self,
        origins: Geometries,
        points: Geometries,
        metres: float,
        *,
        begins: More | None = None,
        ends: More | None = None,
    ) -> Legs:
        """Ways on foot from some points (o,) to others (p,), no longer than `metres`; entrances as in `legs`."""
        if not len(origins) or not len(points):
            return Legs.none(len(origins))
        window = expand(join(_bounds_of(points), _bounds_of(origins)), metres)
        graph, doors = self._doors(points, window, "walk", ends)
        here = self._doors(origins, window, "walk", begins)[1]
        return find_legs(graph, here, doors, len(origins), len(points), metres, _inside(origins, points))

    def points_on_streets(self, points: Geometries) -> Entrances:
        """Where points are entered on foot; `edge` is the row in the street file, whatever the window."""
        graph, doors = self._doors(points, join(self._bounds(), _bounds_of(points)), "walk", None)
        return replace(doors, edge=graph.streets.edge_id[doors.edge])

    def within(self, starts: Entrances, metres: float, mode: NetworkMode) -> tuple[Graph, Entrances]:
        """The streets around entrances, whose `edge` is the row in the street file, and the entrances on them."""
        low, high = starts.xy.min(axis=0, initial=np.inf), starts.xy.max(axis=0, initial=-np.inf)
        window = (*low.tolist(), *high.tolist()) if len(starts) else self._bounds()
        streets = self._window(expand(window, metres))
        return streets.graph(mode, timed=True), self._in(streets, starts)

    def path(self, starts: Geometries, ends: Geometries, mode: NetworkMode) -> Path | None:
        """The shortest way from any of some geometries to any of others, each entered at its nearest street point."""
        window = join(_bounds_of(starts), _bounds_of(ends))
        graph, doors = self._doors(ends, expand(window, self._access.margin), mode, None)
        begins = place_entrances(
            graph,
            starts,
            max_snap=self._access.max_snap,
            barriers=self._barriers_in(expand(window, self._access.margin)),
        )
        return street_path(graph, begins, doors)

    def _doors(
        self, points: Geometries, window: Bounds, mode: NetworkMode, more: More | None
    ) -> tuple[Graph, Entrances]:
        """Streets in a window, where boats cost their time, and where points enter them."""
        needed = expand(window, self._access.max_snap)
        graph, barriers = self._window(needed).graph(mode, timed=True), self._barriers_in(needed)
        doors = place_entrances(graph, points, max_snap=self._access.max_snap, barriers=barriers)
        if more is not None and len(more[0]):
            found = place_entrances(graph, more[1], max_snap=self._access.max_snap, barriers=barriers)
            whose = more[0][found.owner]
            within = shapely.distance(points[whose], more[1][found.owner])  # from the entrance to the platform
            both = Entrances.joined(doors, replace(found, owner=whose, leg=found.leg + within))
            doors = both.take(np.argsort(both.owner, kind="stable"))
        return graph, doors

    def _around(
        self, source: PlaceSource, mode: NetworkMode, window: Bounds, *, everything: bool = False
    ) -> tuple[Graph, Places, Entrances]:
        """Streets and places in a window, and where the places' entrances are."""
        snap = self._access.max_snap
        places = source.read(None if everything else expand(window, snap))
        if places.complete and len(places) and not (self._streets is not None and self._streets.complete):
            # only what can be at an edge in the window
            box, around = shapely.bounds(places.geometry), expand(window, snap)
            near = ((box[:, :2] <= around[2:]) & (box[:, 2:] >= around[:2])).all(axis=1)
            places = Places(places.geometry[near], places.value[near], complete=bool(near.all()))
        # the nearest street of a place must be among them
        needed = expand(join(expand(window, snap), places.bounds), snap)
        graph = self._window(needed).graph(mode)
        doors = place_entrances(graph, places.geometry, max_snap=snap, barriers=self._barriers_in(needed))
        self.places[source.name, mode] = (len(places), len(doors))
        return graph, places, doors

    def inside(self, geometries: Geometries) -> tuple[IntArray, IntArray]:
        """Rows of sites, and of the geometries that lie in or touch them."""
        place, site = self._tree.query(geometries, predicate="intersects")
        order = np.lexsort((place, site))
        return site[order].astype(np.int64), place[order].astype(np.int64)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._sites)

    def _leaving(self, streets: Streets, window: Bounds) -> BoolArray:
        """Edges that do not lie in a window with all their points; kept for the next measure with that window."""
        if self._left is None or self._left[0] is not streets or self._left[1] != window:
            self._left = streets, window, ~_within(streets, window)
        return self._left[2]

    def _here(self, streets: Streets, mode: NetworkMode) -> Entrances:
        """The entrances of the sites with `edge` as the row in these streets, made once for a window."""
        if mode not in self._entered or self._entered[mode][0] is not streets:
            self._entered[mode] = streets, self._in(streets, self.entrances(mode))
        return self._entered[mode][1]

    def _in(self, streets: Streets, entrances: Entrances) -> Entrances:
        """Entrances with `edge` as the row in these streets."""
        return replace(entrances, edge=np.searchsorted(streets.edge_id, entrances.edge))

    def _window(self, bounds: Bounds) -> Streets:
        """Streets over these bounds, and perhaps more."""
        current = self._streets
        if current is None or not (
            current.complete or (current.bounds is not None and join(current.bounds, bounds) == current.bounds)
        ):
            current = self._file.window(self._crs, join(bounds, current.bounds if current else None))
            self._streets = current
        return current

    def _barriers_in(self, bounds: Bounds) -> Barriers:
        if self._barriers is None or join(self._barriers[0], bounds) != self._barriers[0]:
            around = join(bounds, self._barriers[0] if self._barriers else None)
            frames = [self._layers.vector(name, bounds=around).frame for name in self._access.barriers]
            geometries = [frame.geometry.to_numpy() for frame in frames]
            self._barriers = (around, Barriers(np.concatenate([np.empty(0, dtype=object), *geometries])))
        return self._barriers[1]

    def _bounds(self, rows: IntArray | None = None) -> Bounds:
        """Bounds of the sites, or of some."""
        return self._around_all if rows is None else _bounds_of(self._sites[rows])

    @cached_property
    def _around_all(self) -> Bounds:
        return _bounds_of(self._sites)


def _bounds_of(geometries: Geometries) -> Bounds:
    return tuple(shapely.total_bounds(geometries).tolist())


def _inside(origins: Geometries, points: Geometries) -> tuple[IntArray, IntArray]:
    """Rows of origins, and of the points that lie in or touch them."""
    origin, point = shapely.STRtree(points).query(origins, predicate="intersects")
    return origin.astype(np.int64), point.astype(np.int64)


def _within(streets: Streets, window: Bounds) -> BoolArray:
    """Edges that lie in the window with all their points."""
    if not len(streets):
        return np.ones(0, bool)
    first = streets.start[:-1]
    low, high = np.minimum.reduceat(streets.coords, first), np.maximum.reduceat(streets.coords, first)
    return np.asarray((low >= window[:2]).all(axis=1) & (high <= window[2:]).all(axis=1))


def _without_closed(
    file: StreetFile, access: Access, layers: Layers, crs: pyproj.CRS, cache: Cache | None
) -> StreetFile:
    """The streets that are in use."""
    closed = np.zeros(len(file), bool)
    for one in access.closed:
        if isinstance(one, str):
            closed |= closed_by(file, crs, layers.vector(one).frame.geometry.to_numpy())
        elif access.streets is not None and access.streets.path is not None:
            closed |= closed_ways(file, kept_way_ids(access.streets.path, one.osm, cache))
    return file.without(closed) if closed.any() else file


def open_streets(source: StreetsSource, cache: Cache | None = None) -> StreetFile:
    """All streets of a source; read once for as long as the file stays the same, or kept in the cache.

    Raises
    ------
    InputError
        It cannot be read, or its format is not known.
    """
    paths = [path for path in (source.path, source.nodes, source.edges) if path is not None]
    for path in paths:
        if not path.exists():
            raise InputError("the street file is not there", where=str(path), remedy="check access.streets")
    if cache is not None:
        return kept_streets(paths, cache)
    return _read(tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in paths))


@lru_cache(maxsize=2)
def _read(files: tuple[tuple[FilePath, int, int], ...]) -> StreetFile:
    return read_streets([path for path, _, _ in files])
