"""Rows of flat polygons: some of them, and their boxes."""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry


@entry
def boxes(xy: Array, spans: Array) -> Array:
    """(N, 4) minx, miny, maxx, maxy; NaN for a row without vertices."""
    result = np.full((len(spans) - 1, 4), np.nan)
    for row in range(len(spans) - 1):
        first, last = spans[row], spans[row + 1]
        if first == last:
            continue
        west, south = east, north = xy[first, 0], xy[first, 1]
        for i in range(first + 1, last):
            west, south = min(west, xy[i, 0]), min(south, xy[i, 1])
            east, north = max(east, xy[i, 0]), max(north, xy[i, 1])
        result[row, 0], result[row, 1], result[row, 2], result[row, 3] = west, south, east, north
    return result


@entry
def taken(xy: Array, rings: Array, polygons: Array, rows: Array, wanted: Array) -> tuple[Array, Array, Array, Array]:
    """The wanted rows, in that order, as a flat of their own."""
    shapes, parts, vertices = 0, 0, 0
    for row in wanted:
        first, last = rows[row], rows[row + 1]
        shapes += last - first
        parts += polygons[last] - polygons[first]
        vertices += rings[polygons[last]] - rings[polygons[first]]
    new_xy = np.empty((vertices, 2))
    new_rings, new_polygons = np.zeros(parts + 1, np.int64), np.zeros(shapes + 1, np.int64)
    new_rows = np.zeros(len(wanted) + 1, np.int64)
    shape, part, vertex = 0, 0, 0
    for place in range(len(wanted)):
        first, last = rows[wanted[place]], rows[wanted[place] + 1]
        begin, end = polygons[first], polygons[last]
        for polygon in range(first, last):
            new_polygons[shape + 1] = part + polygons[polygon + 1] - begin
            shape += 1
        for ring in range(begin, end):
            new_rings[part + 1] = vertex + rings[ring + 1] - rings[begin]
            part += 1
        for i in range(rings[begin], rings[end]):
            new_xy[vertex, 0], new_xy[vertex, 1] = xy[i, 0], xy[i, 1]
            vertex += 1
        new_rows[place + 1] = shape
    return new_xy, new_rings, new_polygons, new_rows
