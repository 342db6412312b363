"""The street point nearest to a geometry."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.access.entering.nearby import Nearby, reaches
from flexsite.access.streets.model import BoolArray, FloatArray, Graph, IntArray

Geometries = NDArray[np.object_]
MANY = 5000
"""Geometries from which compiled code pays for the time it takes to load; answers are the same."""
_AT_NODE = 1e-7  # metres from an edge's end within which a point is that end
ROUNDING = 1e-9  # metres by which a leg may exceed the limit
_EQUAL = 8  # decimals of a metre to which two distances are compared
_CELL = 100.0  # metres of the grid that tells segments near geometries from the others
_MOST_CELLS = 4000  # along one side
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


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

    @classmethod
    def joined(cls, *some: Entrances) -> Entrances:
        """Several tables after one another, in the order given."""
        return cls(*(np.concatenate(column) for column in zip(*(vars(one).values() for one in some), strict=True)))

    def take(self, rows: IntArray | BoolArray) -> Entrances:
        """Some of them."""
        return Entrances(self.owner[rows], self.edge[rows], self.offset[rows], self.leg[rows], self.xy[rows])


class Segments:
    """The straight segments of the streets that give entrances, and how far along its edge each begins.

    Parameters
    ----------
    graph
        Streets of a mode.
    doors
        Those of its edges that give entrances here, rising.
    """

    def __init__(self, graph: Graph, doors: IntArray) -> None:
        streets = graph.streets
        size = np.diff(streets.start)[doors] - 1
        first = np.repeat(streets.start[doors] - (np.cumsum(size) - size), size) + np.arange(size.sum())
        self.edge = np.repeat(doors, size)
        self.begin = streets.coords[first]
        self.step = streets.coords[first + 1] - self.begin
        self.length = np.hypot(self.step[:, 0], self.step[:, 1])
        self.offset = _running(self.length, np.arange(len(self.edge)) - np.repeat(np.cumsum(size) - size, size))
        self._edge_length = streets.length

    def project(self, segment: IntArray, xy: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(k, 2) points of the segments nearest to `xy`, and how far along their edges they are."""
        step, length = self.step[segment], self.length[segment]
        ahead = ((xy - self.begin[segment]) * step).sum(axis=1)
        part = np.clip(np.divide(ahead, length**2, out=np.zeros(len(segment)), where=length > 0), 0, 1)
        offset, whole = self.offset[segment] + part * length, self._edge_length[self.edge[segment]]
        offset = np.where(offset <= _AT_NODE, 0.0, np.where(offset >= whole - _AT_NODE, whole, offset))
        return self.begin[segment] + part[:, np.newaxis] * step, offset

    def lines(self, rows: IntArray) -> Geometries:
        """Shapes of some of them."""
        ends = np.stack([self.begin[rows], self.begin[rows] + self.step[rows]], axis=1)
        return np.asarray(shapely.linestrings(ends), dtype=object)

    def near(self, geometries: Geometries, distance: FloatArray, *, many: bool = False) -> Index:
        """An index of the segments that can be within a distance (k,) of geometries; a quick one for many.

        Once that is made it serves few as well: what is found is the same.
        """
        return Index(self, geometries, distance, (many and find_spec("numba") is not None) or "grid" in vars(self))

    def prepare(self, *, many: bool) -> None:
        """Make what several threads will use."""
        if many and find_spec("numba") is not None:
            _ = self.grid

    @cached_property
    def grid(self) -> Nearby:
        """An index of all segments, for many geometries."""
        return Nearby(self.begin, self.step, self.edge)


@dataclass(frozen=True)
class Index:
    """Spatial index of the segments within a distance (k,) of geometries; of the others no shape is made."""

    segments: Segments
    geometries: Geometries
    distance: FloatArray
    many: bool = False

    @cached_property
    def rows(self) -> IntArray:
        """The segments in the index."""
        begin, end = self.segments.begin, self.segments.begin + self.segments.step
        boxes = shapely.bounds(self.geometries)
        boxes += np.outer(self.distance + 1.0, [-1, -1, 1, 1])
        boxes = boxes[np.isfinite(boxes).all(axis=1)]
        return np.flatnonzero(_meet(np.minimum(begin, end), np.maximum(begin, end), boxes))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Their shapes, in the order of `rows`."""
        return shapely.STRtree(self.segments.lines(self.rows))


def _meet(low: FloatArray, high: FloatArray, boxes: FloatArray) -> BoolArray:
    """Which of the boxes low..high (k, 2) may meet any of the other boxes (b, 4), by a grid."""
    if not len(low) or not len(boxes):
        return np.zeros(len(low), bool)
    origin, far = low.min(axis=0), high.max(axis=0)
    cell = max(_CELL, float((far - origin).max()) / _MOST_CELLS)
    shape = ((far - origin) // cell).astype(int) + 1

    def cells(xy: FloatArray) -> IntArray:
        return np.asarray(np.clip((xy - origin) // cell, 0, shape - 1), dtype=np.int64)

    first, last = cells(boxes[:, :2]), cells(boxes[:, 2:]) + 1
    marks = np.zeros(shape + 1, np.int64)
    for column, row, sign in ((first, first, 1), (first, last, -1), (last, first, -1), (last, last, 1)):
        np.add.at(marks, (column[:, 0], row[:, 1]), sign)
    marked = marks.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0
    sums = np.zeros(shape + 1, np.int64)
    sums[1:, 1:] = marked.cumsum(axis=0).cumsum(axis=1)
    (x, y), (right, top) = cells(low).T, cells(high).T + 1
    return np.asarray(sums[right, top] - sums[x, top] - sums[right, y] + sums[x, y] > 0)


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


def nearest(index: Index, geometries: Geometries, max_snap: float) -> Entrances:
    """The nearest street point of every geometry that has one within `max_snap` metres.

    Of edges at the same distance the first counts. Where streets run through a polygon, it is the point nearest to the
    polygon's point on surface.

    Parameters
    ----------
    index
        `graph.segments.near(...)` of these geometries and this distance, or of more.
    geometries
        (k,) in the study's CRS.
    max_snap
        Metres.
    """
    geometries = np.asarray(geometries, dtype=object)
    points = (shapely.get_type_id(geometries) == shapely.GeometryType.POINT) & ~shapely.is_empty(geometries)
    owner, segment, target, leg = _of_shapes(index, geometries, np.flatnonzero(~points), max_snap)
    search = _of_many_points if index.many else _of_points
    near, found, xy, metres = search(index, geometries, np.flatnonzero(points), max_snap)
    owner, segment = np.concatenate([owner, near]), np.concatenate([segment, found])
    target, leg = np.concatenate([target, xy]), np.concatenate([leg, metres])
    order = np.argsort(owner, kind="stable")
    owner, segment, target, leg = owner[order], segment[order], target[order], leg[order]
    touched, offset = index.segments.project(segment, target)
    return Entrances(owner, index.segments.edge[segment], offset, leg, touched)


_Found = tuple[IntArray, IntArray, FloatArray, FloatArray]
"""Row of the geometry, segment, the geometry's point (k, 2) nearest to it, metres between them."""


def _of_points(index: Index, geometries: Geometries, rows: IntArray, max_snap: float) -> _Found:
    """Points search small circles first, as most streets are near."""
    segments, xy = index.segments, shapely.get_coordinates(geometries[rows])
    owners, chosen, metres = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    left = np.arange(len(rows))
    for reach in reaches(max_snap).tolist():
        point, line = index.tree.query(geometries[rows[left]], predicate="dwithin", distance=reach + ROUNDING)
        point, segment = left[point], index.rows[line]
        touched, _ = segments.project(segment, xy[point])
        distance = np.hypot(*(touched - xy[point]).T)
        best = _first(point, np.round(distance, _EQUAL), segments.edge[segment], segment)
        owners.append(point[best])
        chosen.append(segment[best])
        metres.append(distance[best])
        left = np.setdiff1d(left, point[best], assume_unique=True)
        if not len(left):
            break
    found = np.concatenate(owners)
    return rows[found], np.concatenate(chosen), xy[found], np.concatenate(metres)


def _of_many_points(index: Index, geometries: Geometries, rows: IntArray, max_snap: float) -> _Found:
    """As `_of_points`, by the grid."""
    segments, xy = index.segments, shapely.get_coordinates(geometries[rows])
    segment = segments.grid.to_points(xy, max_snap + ROUNDING)
    found = np.flatnonzero(segment >= 0)
    touched, _ = segments.project(segment[found], xy[found])
    return rows[found], segment[found], xy[found], np.hypot(*(touched - xy[found]).T)


def _of_shapes(index: Index, geometries: Geometries, rows: IntArray, max_snap: float) -> _Found:
    """Lines and polygons search by exact distance; those that streets run through, by their point on surface."""
    segments = index.segments
    area = np.isin(shapely.get_type_id(geometries[rows]), _POLYGONS) & index.many
    row, segment, leg = _nearest_to(index, geometries, rows[~area], max_snap + 1e-6)
    if area.any():
        more = _nearest_to_polygons(segments, geometries, rows[area], max_snap + 1e-6)
        row, segment, leg = (np.concatenate(pair) for pair in zip((row, segment, leg), more, strict=True))
    within = leg <= max_snap + ROUNDING
    row, segment, leg = row[within], segment[within], leg[within]
    through = (leg == 0) & (shapely.get_dimensions(geometries[row]) == 2)
    beside = np.flatnonzero(~through)
    beside = beside[_first(row[beside], leg[beside], segments.edge[segment[beside]], segment[beside])]
    target = shapely.get_point(shapely.shortest_line(geometries[row[beside]], segments.lines(segment[beside])), 0)
    inner, middle, xy = _middle(segments, geometries, row[through], segment[through])
    return (
        np.concatenate([row[beside], inner]),
        np.concatenate([segment[beside], middle]),
        np.concatenate([shapely.get_coordinates(target), xy]),
        np.concatenate([leg[beside], np.zeros(len(inner))]),
    )


_Pairs = tuple[IntArray, IntArray, FloatArray]
"""Row of the geometry, segment, metres between them: all segments that are as near as the nearest."""


def _nearest_to(index: Index, geometries: Geometries, rows: IntArray, most: float) -> _Pairs:
    if not len(rows):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    (row, line), leg = index.tree.query_nearest(geometries[rows], max_distance=most, return_distance=True)
    return rows[row], index.rows[line], leg


def _nearest_to_polygons(segments: Segments, geometries: Geometries, rows: IntArray, most: float) -> _Pairs:
    """The grid finds the few that may be nearest, the geometries' own distance decides."""
    place, segment = segments.grid.to_polygons(geometries[rows], most)
    row = rows[place]
    leg = shapely.distance(geometries[row], segments.lines(segment))
    if len(row):
        opens = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
        nearest_leg = np.repeat(np.minimum.reduceat(leg, opens), np.diff(np.append(opens, len(row))))
        row, segment, leg = (some[leg == nearest_leg] for some in (row, segment, leg))
    return row, segment, leg


def _middle(
    segments: Segments, polygons: Geometries, row: IntArray, segment: IntArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """For polygons with streets in them: row of the polygon, segment, and the street point nearest to its middle."""
    owner, place = np.unique(row, return_inverse=True)
    shapely.prepare(polygons[owner])
    centre = shapely.get_coordinates(shapely.point_on_surface(polygons[owner]))[place]
    xy, _ = segments.project(segment, centre)
    # a segment is as near as its nearest point, but that may lie outside the polygon: then only the part inside counts
    outside = np.flatnonzero(~shapely.intersects_xy(polygons[row], xy[:, 0], xy[:, 1]))
    part = shapely.intersection(segments.lines(segment[outside]), polygons[row[outside]])
    outside, part = outside[~shapely.is_empty(part)], part[~shapely.is_empty(part)]
    middle = shapely.points(centre[outside])
    xy[outside] = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(part, middle), 0))
    distance = np.round(np.hypot(xy[:, 0] - centre[:, 0], xy[:, 1] - centre[:, 1]), _EQUAL).astype(float)
    best = _first(row, distance, segments.edge[segment], segment)
    return row[best], segment[best], xy[best]


def _first(group: IntArray, distance: FloatArray, edge: IntArray, segment: IntArray) -> IntArray:
    """For every group the row with the smallest distance, the first edge among equals, and its first segment."""
    order = np.lexsort((segment, edge, distance, group))
    opens = np.append(True, group[order][1:] != group[order][:-1])[: len(group)]
    chosen: IntArray = order[opens]
    return chosen
