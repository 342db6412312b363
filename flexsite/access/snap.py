"""The street point nearest to a geometry."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.access.streets import BoolArray, FloatArray, Graph, IntArray

Geometries = NDArray[np.object_]
_AT_NODE = 1e-7  # metres from an edge's end within which a point is that end
_EQUAL = 8  # decimals of a metre to which two distances are compared
_ROUNDS = (0.125, 0.25, 0.5, 1.0)  # parts of `max_snap` that are searched one after the other: most streets are near


@dataclass(frozen=True)
class Entrances:
    """Points on streets, in order of their owner and of being found.

    Parameters
    ----------
    owner
        (k,) row of the site or place, rising.
    edge
        (k,) row of the edge in the streets.
    offset
        (k,) metres from the edge's first node to the point, along the edge.
    leg
        (k,) metres of the straight leg between owner and point.
    xy
        (k, 2) the point, in the study's CRS.
    """

    owner: IntArray
    edge: IntArray
    offset: FloatArray
    leg: FloatArray
    xy: FloatArray

    def __len__(self) -> int:
        """Number of entrances."""
        return len(self.owner)

    def take(self, rows: IntArray | BoolArray) -> Entrances:
        """Some of them."""
        return Entrances(self.owner[rows], self.edge[rows], self.offset[rows], self.leg[rows], self.xy[rows])


class Segments:
    """The straight segments of the streets that give entrances: an index, and how far along its edge each begins."""

    def __init__(self, graph: Graph) -> None:
        streets = graph.streets
        size = np.diff(streets.start)[graph.doors] - 1
        first = np.repeat(streets.start[graph.doors] - (np.cumsum(size) - size), size) + np.arange(size.sum())
        self.edge = np.repeat(graph.doors, size)
        self.begin = streets.coords[first]
        self.step = streets.coords[first + 1] - self.begin
        self.length = np.hypot(self.step[:, 0], self.step[:, 1])
        self.offset = _running(self.length, np.arange(len(self.edge)) - np.repeat(np.cumsum(size) - size, size))
        self.lines = np.asarray(shapely.linestrings(np.stack([self.begin, self.begin + self.step], axis=1)))
        self.tree = shapely.STRtree(self.lines)
        self._edge_length = streets.length

    def project(self, segment: IntArray, xy: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(k, 2) points of the segments nearest to `xy`, and how far along their edges they are."""
        step, length = self.step[segment], self.length[segment]
        ahead = ((xy - self.begin[segment]) * step).sum(axis=1)
        part = np.clip(np.divide(ahead, length**2, out=np.zeros(len(segment)), where=length > 0), 0, 1)
        offset, whole = self.offset[segment] + part * length, self._edge_length[self.edge[segment]]
        offset = np.where(offset <= _AT_NODE, 0.0, np.where(offset >= whole - _AT_NODE, whole, offset))
        return self.begin[segment] + part[:, np.newaxis] * step, offset


def _running(length: FloatArray, rank: IntArray) -> FloatArray:
    """Metres along its edge at which each segment begins; `rank` is its place in the edge.

    Added edge by edge: one running sum over all edges would round differently in every window.
    """
    before = np.zeros(len(length))
    order = np.argsort(rank, kind="stable")
    begins = np.concatenate([[0], np.cumsum(np.bincount(rank))])
    for low, high in itertools.pairwise(begins[1:].tolist()):
        rows = order[low:high]
        before[rows] = before[rows - 1] + length[rows - 1]
    return before


def nearest(graph: Graph, geometries: Geometries, max_snap: float) -> Entrances:
    """The nearest street point of every geometry that has one within `max_snap` metres.

    Of edges at the same distance the first counts. Where streets run through a polygon, it is the point nearest to the
    polygon's point on surface.
    """
    geometries = np.asarray(geometries, dtype=object)
    if not len(graph.doors) or not len(geometries):
        return Entrances(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty((0, 2)))
    segments = graph.segments
    points = shapely.get_type_id(geometries) == shapely.GeometryType.POINT
    owner, segment, target, leg = _of_shapes(segments, geometries, np.flatnonzero(~points), max_snap)
    near, found, xy, metres = _of_points(
        segments, geometries, np.flatnonzero(points & ~shapely.is_empty(geometries)), max_snap
    )
    owner, segment = np.concatenate([owner, near]), np.concatenate([segment, found])
    target, leg = np.concatenate([target, xy]), np.concatenate([leg, metres])
    order = np.argsort(owner, kind="stable")
    owner, segment, target, leg = owner[order], segment[order], target[order], leg[order]
    touched, offset = segments.project(segment, target)
    return Entrances(owner, segments.edge[segment], offset, leg, touched)


_Found = tuple[IntArray, IntArray, FloatArray, FloatArray]
"""Row of the geometry, segment, the geometry's point (k, 2) nearest to it, metres between them."""


def _of_points(segments: Segments, geometries: Geometries, rows: IntArray, max_snap: float) -> _Found:
    xy = shapely.get_coordinates(geometries[rows])
    owners, chosen, metres = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    left = np.arange(len(rows))
    for part in _ROUNDS:
        reach = part * max_snap + 1e-9
        point, segment = segments.tree.query(geometries[rows[left]], predicate="dwithin", distance=reach)
        point = left[point]
        touched, _ = segments.project(segment, xy[point])
        distance = np.hypot(*(touched - xy[point]).T)
        best = _first(point, np.round(distance, _EQUAL), segments.edge[segment])
        owners.append(point[best])
        chosen.append(segment[best])
        metres.append(distance[best])
        left = np.setdiff1d(left, point[best], assume_unique=True)
        if not len(left):
            break
    found = np.concatenate(owners)
    return rows[found], np.concatenate(chosen), xy[found], np.concatenate(metres)


def _of_shapes(segments: Segments, geometries: Geometries, rows: IntArray, max_snap: float) -> _Found:
    (row, segment), leg = segments.tree.query_nearest(
        geometries[rows], max_distance=max_snap + 1e-6, return_distance=True
    )
    within = leg <= max_snap + 1e-9
    row, segment, leg = rows[row[within]], segment[within], leg[within]
    shape = geometries[row]
    apart = np.zeros(len(row))
    through = np.flatnonzero((leg == 0) & (shapely.get_dimensions(shape) == 2))
    if len(through):
        centre = shapely.point_on_surface(shape[through])
        inside = shapely.intersection(segments.lines[segment[through]], shape[through])
        apart[through] = np.round(shapely.distance(centre, inside), _EQUAL)
        shape[through] = shapely.get_point(shapely.shortest_line(inside, centre), 0)
    best = _first(row, apart, segments.edge[segment])
    target = shapely.get_point(shapely.shortest_line(shape[best], segments.lines[segment[best]]), 0)
    return row[best], segment[best], shapely.get_coordinates(target), leg[best]


def _first(group: IntArray, distance: FloatArray, edge: IntArray) -> IntArray:
    """For every group the row with the smallest distance, the first edge among equals."""
    order = np.lexsort((edge, distance, group))
    opens = np.append(True, group[order][1:] != group[order][:-1])[: len(group)]
    chosen: IntArray = order[opens]
    return chosen
