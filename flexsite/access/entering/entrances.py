"""Where sites and places meet the street network (design, section 5, Distances)."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.access.entering.snap import MANY, ROUNDING, Entrances, Geometries, Segments, nearest
from flexsite.access.streets.model import FloatArray, Graph, IntArray

LONG_BOUNDARY = 100.0
"""Metres of boundary above which a site gets more entrances than one (design)."""
MOST = 16
"""Entrances of a site at most (design)."""
_CHUNK = 20_000
_WORKERS = 4
_SAME = 1e-6  # metres below which two distances are called equal


class Barriers:
    """Geometries that a straight leg may not cross; to touch one, as on the water's edge, is no crossing."""

    def __init__(self, geometries: Geometries) -> None:
        self._geometries = np.asarray(geometries, dtype=object)
        shapely.prepare(self._geometries)

    def __len__(self) -> int:
        """Number of geometries."""
        return len(self._geometries)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._geometries)

    def block(self, legs: Geometries) -> NDArray[np.bool_]:
        """(k,) whether the inside of each leg meets the inside of a barrier."""
        blocked = np.zeros(len(legs), bool)
        if len(self._geometries):
            leg, barrier = self._tree.query(legs, predicate="intersects")
            crossing = ~shapely.touches(self._geometries[barrier], legs[leg]) & (shapely.length(legs[leg]) > 0)
            blocked[leg[crossing]] = True
        return blocked


def site_entrances(
    graph: Graph, sites: Geometries, *, max_snap: float, spacing: float, barriers: Barriers
) -> Entrances:
    """Entrances of sites.

    The street point nearest to the site is the first. Where the outer boundary is longer than 100 m, points along it,
    every `spacing` metres and counter-clockwise from the boundary point nearest to the first entrance, each give their
    nearest street point. A street point farther than `max_snap` from the site is no entrance, nor one across a barrier,
    even when another street near by is not. Then at most 16 are kept, none within `spacing` of one before it. The
    straight leg is the shortest line from the site to the street point, wherever the boundary point was. Of a site with
    several parts every outer boundary is walked, the nearest part first. Streets on a small island count only for sites
    that have no other street within `max_snap`.

    Parameters
    ----------
    graph
        Streets of a mode.
    sites
        (n,) polygons in the study's CRS.
    max_snap, spacing
        Metres.
    barriers
        What a straight leg may not cross.
    """

    def search(segments: Segments, some: Geometries, many: bool) -> tuple[Entrances, IntArray, IntArray]:
        return _site_doors(segments, some, max_snap, spacing, many=many)

    found, rank = _everywhere(graph, sites, search)
    free = _free(barriers, sites, found)
    found, rank = found.take(free), rank[free]
    found = found.take(np.lexsort((rank, found.owner)))
    return found.take(_spread(found, spacing))


def place_entrances(graph: Graph, places: Geometries, *, max_snap: float, barriers: Barriers) -> Entrances:
    """The one entrance of a place: the street point nearest to it.

    None when that is farther than `max_snap` or across a barrier. Streets on a small island count only for places that
    have no other street within `max_snap`.
    """

    def search(segments: Segments, some: Geometries, many: bool) -> tuple[Entrances, IntArray, IntArray]:
        found = nearest(segments.near(some, np.full(len(some), max_snap), many=many), some, max_snap)
        return found, np.zeros(len(found), np.int64), found.owner

    found, _ = _everywhere(graph, places, search)
    return found.take(_free(barriers, places, found))


_Search = Callable[[Segments, Geometries, bool], tuple[Entrances, IntArray, IntArray]]
"""Entrances with their ranks among those of their owner, and the owners with a street near; many or few geometries."""


def _everywhere(graph: Graph, geometries: Geometries, search: _Search) -> tuple[Entrances, IntArray]:
    """Search the mainland, and for what has no street of it near all streets; entrances by owner, and their ranks."""
    geometries = np.asarray(geometries, dtype=object)
    many = len(geometries) >= MANY
    found, rank, near = _side_by_side(graph.mainland, geometries, search, many)
    left = np.ones(len(geometries), bool)
    left[near] = False
    if graph.mainland is graph.segments or not left.any():
        return found, rank
    rows = np.flatnonzero(left)
    more, more_rank, _ = search(graph.segments, geometries[rows], many)
    found = Entrances.joined(found, Entrances(rows[more.owner], more.edge, more.offset, more.leg, more.xy))
    order = np.argsort(found.owner, kind="stable")
    return found.take(order), np.concatenate([rank, more_rank])[order]


def _side_by_side(
    segments: Segments, geometries: Geometries, search: _Search, many: bool
) -> tuple[Entrances, IntArray, IntArray]:
    """The search in chunks, several at a time: what one geometry finds does not depend on the others."""
    begins = range(0, len(geometries), _CHUNK)
    if len(begins) < 2:
        return search(segments, geometries, many)
    segments.prepare(many=many)
    with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        parts = list(pool.map(lambda low: search(segments, geometries[low : low + _CHUNK], many), begins))
    found = [
        Entrances(one.owner + low, one.edge, one.offset, one.leg, one.xy)
        for (one, _, _), low in zip(parts, begins, strict=True)
    ]
    near = [owner + low for (_, _, owner), low in zip(parts, begins, strict=True)]
    return Entrances.joined(*found), np.concatenate([rank for _, rank, _ in parts]), np.concatenate(near)


def _site_doors(
    segments: Segments, sites: Geometries, max_snap: float, spacing: float, *, many: bool
) -> tuple[Entrances, IntArray, IntArray]:
    """Entrances on some of the streets, before barriers and `_spread`."""
    # no street point nearest to a boundary point is farther from it than the site is wide and its first entrance away
    reach = max_snap + np.nan_to_num(extent(sites))
    index = segments.near(sites, reach, many=many)
    first = nearest(index, sites, max_snap)
    points, owner, order = _boundary_points(sites, first, spacing)
    more = nearest(index, points, float(reach.max(initial=max_snap)))
    owner, order = owner[more.owner], order[more.owner]
    leg = shapely.distance(sites[owner], shapely.points(more.xy))
    both = Entrances.joined(first, Entrances(owner, more.edge, more.offset, leg, more.xy))
    rank = np.concatenate([np.zeros(len(first), np.int64), 1 + order])
    near = both.leg <= max_snap + ROUNDING
    return both.take(near), rank[near], first.owner


def _free(barriers: Barriers, geometries: Geometries, entrances: Entrances) -> NDArray[np.bool_]:
    """Whether the straight leg of each entrance crosses no barrier."""
    if not len(barriers):
        return np.ones(len(entrances), bool)
    return ~barriers.block(_legs(geometries[entrances.owner], entrances))


def extent(geometries: Geometries) -> FloatArray:
    """Diagonal (k,) of the bounds of each geometry, in metres; NaN for an empty one."""
    box = shapely.bounds(geometries)
    return np.hypot(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])


def _legs(geometries: Geometries, entrances: Entrances) -> Geometries:
    """Straight lines from geometries to their entrances."""
    if not len(entrances):
        return np.empty(0, dtype=object)
    return np.asarray(shapely.shortest_line(geometries, shapely.points(entrances.xy)), dtype=object)


def _boundary_points(sites: Geometries, first: Entrances, spacing: float) -> tuple[Geometries, IntArray, IntArray]:
    """Points along the outer boundaries of sites that have a street near, with their site and their order within it."""
    nothing = np.empty(0, dtype=object), np.empty(0, np.int64), np.empty(0, np.int64)
    area, around = shapely.get_dimensions(sites[first.owner]) == 2, shapely.length(sites[first.owner])
    polygon = np.flatnonzero(area & (around > LONG_BOUNDARY))
    if not len(polygon):
        return nothing
    parts, whose = shapely.get_parts(sites[first.owner[polygon]], return_index=True)
    area = shapely.get_dimensions(parts) == 2
    parts, whose = parts[area], whose[area]
    rings = shapely.get_exterior_ring(shapely.orient_polygons(parts))
    total = np.bincount(whose, shapely.length(rings), minlength=len(polygon))
    rings, whose = rings[total[whose] > LONG_BOUNDARY], whose[total[whose] > LONG_BOUNDARY]
    if not len(rings):
        return nothing
    start = shapely.points(first.xy[polygon[whose]])
    by_nearness = np.lexsort((np.arange(len(rings)), shapely.distance(rings, start), whose))
    rings, whose, start = rings[by_nearness], whose[by_nearness], start[by_nearness]
    length = shapely.length(rings)
    steps = np.ceil(length / spacing - 1e-9).astype(np.int64)
    begin = np.cumsum(steps) - steps
    ring = np.repeat(np.arange(len(rings)), steps)
    order = np.arange(steps.sum())  # rings of one site are neighbours, so this rises within a site
    position = (shapely.line_locate_point(rings, start)[ring] + (order - begin[ring]) * spacing) % length[ring]
    return np.asarray(shapely.line_interpolate_point(rings[ring], position)), first.owner[polygon[whose[ring]]], order


def _spread(entrances: Entrances, spacing: float) -> IntArray:
    """Rows to keep so that none is within `spacing` of an earlier one of its owner, and at most 16 for each."""
    left = np.arange(len(entrances))
    kept = []
    for _ in range(MOST):
        if not len(left):
            break
        opens = np.append(True, entrances.owner[left[1:]] != entrances.owner[left[:-1]])
        chosen = left[opens]
        kept.append(chosen)
        apart = entrances.xy[left] - entrances.xy[chosen][np.cumsum(opens) - 1]
        left = left[~opens & (np.hypot(apart[:, 0], apart[:, 1]) >= spacing - _SAME)]
    return np.sort(np.concatenate(kept)) if kept else np.empty(0, np.int64)
