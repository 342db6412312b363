"""Where sites and places meet the street network (design, section 5, Distances)."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.access.snap import ROUNDING, Entrances, Geometries, nearest
from flexsite.access.streets import FloatArray, Graph, IntArray

LONG_BOUNDARY = 100.0
"""Metres of boundary above which a site gets more entrances than one (design)."""
MOST = 16
"""Entrances of a site at most (design)."""
_SAME = 1e-6  # metres below which two distances are called equal


class Barriers:
    """Geometries that a straight leg may not cross; to touch one, as on the water's edge, is no crossing."""

    def __init__(self, geometries: Geometries) -> None:
        self._geometries = np.asarray(geometries, dtype=object)
        shapely.prepare(self._geometries)

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
    several parts every outer boundary is walked, the nearest part first.

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
    # no street point nearest to a boundary point is farther from it than the site is wide and its first entrance away
    reach = max_snap + np.nan_to_num(extent(sites))
    index = graph.segments.near(sites, reach)
    first = nearest(index, sites, max_snap)
    points, owner, order = _boundary_points(sites, first, spacing)
    more = nearest(index, points, float(reach.max(initial=max_snap)))
    owner, order = owner[more.owner], order[more.owner]
    leg = shapely.distance(sites[owner], shapely.points(more.xy))
    both = _concatenate(first, Entrances(owner, more.edge, more.offset, leg, more.xy))
    rank = np.concatenate([np.zeros(len(first), np.int64), 1 + order])
    near = both.leg <= max_snap + ROUNDING
    both, rank = both.take(near), rank[near]
    free = ~barriers.block(_legs(sites[both.owner], both))
    both, rank = both.take(free), rank[free]
    both = both.take(np.lexsort((rank, both.owner)))
    return both.take(_spread(both, spacing))


def place_entrances(graph: Graph, places: Geometries, *, max_snap: float, barriers: Barriers) -> Entrances:
    """The one entrance of a place: the street point nearest to it.

    None when that is farther than `max_snap` or across a barrier.
    """
    index = graph.segments.near(places, np.full(len(places), max_snap))
    found = nearest(index, places, max_snap)
    return found.take(~barriers.block(_legs(places[found.owner], found)))


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
    polygon = np.flatnonzero(shapely.get_dimensions(sites[first.owner]) == 2)
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


def _concatenate(first: Entrances, second: Entrances) -> Entrances:
    return Entrances(
        np.concatenate([first.owner, second.owner]), np.concatenate([first.edge, second.edge]),
        np.concatenate([first.offset, second.offset]), np.concatenate([first.leg, second.leg]),
        np.concatenate([first.xy, second.xy]),
    )  # fmt: skip
