"""Streets that are out of use: those that a layer touches, or that have a tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from flexsite.access.streets.model import BoolArray, IntArray, StreetFile, Streets, expand

if TYPE_CHECKING:
    from flexsite.access.entering.snap import Geometries

TRIFLE = 0.01
"""Metres of a street within a polygon, or along a line, that are no more than a drawing's inaccuracy."""


def touched_by(streets: Streets, geometries: Geometries) -> BoolArray:
    """Which edges lines or polygons close.

    A line closes the edges that it crosses or runs along, wherever it goes through them: an edge that only ends on it,
    or on whose end it ends, stays open, as does one that begins where the line crosses a junction. A polygon closes
    the edges of which more than a centimetre lies inside it. Points close nothing.

    Parameters
    ----------
    streets
        Streets in the study's CRS.
    geometries
        (k,) in that CRS.

    Returns
    -------
    (m,) True for edges that are closed.
    """
    closed = np.zeros(len(streets), bool)
    dimension = shapely.get_dimensions(geometries)
    parts = np.asarray(geometries, dtype=object)[dimension > 0]
    if not len(parts) or not len(streets):
        return closed
    lines = streets.lines
    part, edge = shapely.STRtree(lines).query(parts, predicate="intersects").astype(np.int64)
    area = shapely.get_dimensions(parts[part]) == 2
    shapely.prepare(parts)
    inside = shapely.contains_properly(parts[part], lines[edge])
    closed[edge[inside]] = True
    left = ~inside & ~closed[edge]
    part, edge, area = part[left], edge[left], area[left]
    shared = shapely.intersection(lines[edge], parts[part])
    closed[edge[shapely.length(shared) > TRIFLE]] = True
    point = ~area & (shapely.length(shared) <= TRIFLE)
    closed[edge[point][_within(lines[edge[point]], shared[point])]] = True
    return closed


def _within(lines: Geometries, meeting: Geometries) -> NDArray[np.bool_]:
    """Whether lines meet something elsewhere than at their ends."""
    points, row = shapely.get_coordinates(meeting, return_index=True)
    far = np.full(len(points), True)
    for end in (0, -1):
        tip = shapely.get_coordinates(shapely.get_point(lines, end))[row]
        far &= np.hypot(*(points - tip).T) > TRIFLE
    answer = np.zeros(len(lines), bool)
    answer[row[far]] = True
    return answer


def closed_by(file: StreetFile, crs: pyproj.CRS, geometries: Geometries) -> BoolArray:
    """As `touched_by`, for all edges (m,) of a street file; `crs` is the study's, and that of the geometries."""
    closed = np.zeros(len(file), bool)
    geometries = np.asarray(geometries, dtype=object)
    there = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    if there.any():
        low_x, low_y, high_x, high_y = shapely.total_bounds(geometries[there]).tolist()
        streets = file.window(crs, expand((low_x, low_y, high_x, high_y), 1.0))
        closed[streets.edge_id[touched_by(streets, geometries[there])]] = True
    return closed


def closed_ways(file: StreetFile, way_ids: IntArray) -> BoolArray:
    """(m,) the edges of a street file that are part of OSM ways; see `readers.osm.way_ids_with`."""
    return np.asarray(np.isin(file.way_id, way_ids) & (file.way_id != 0))
