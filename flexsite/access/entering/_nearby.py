"""Straight segments near points and polygons, by a pyramid of grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from flexsite.kernel._jit import Array, entry, inner, longer

# mypy: disable-error-code="no-any-return"

SAME = 1e8
"""Distances are equal when they are after rounding to this part of a metre."""
MARGIN = 1e-6
"""Metres by which segments may be farther than the nearest and still be told; above what sums may round."""


@inner
def cell_of(value: float, low: float, side: float, cells: int) -> int:
    """Row or column of a coordinate; what is beyond the grid lies at its border."""
    return int(min(max((value - low) / side, 0.0), cells - 1.0))


@entry
def arranged(begin: Array, step: Array, extent: Array, cell: float) -> tuple[Array, Array, Array, Array]:
    """Put segments in a pyramid of grids.

    A segment lies in one cell only: that of its lower left corner, at the level whose cells are wider than it is. So
    the memory does not depend on how long segments are, and a look-up reads one row and one column of cells more than
    its box covers.

    Returns the levels as rows (side, columns, rows, first cell, whether used); where the segments of every cell begin;
    the segments in that order; and (n, 4) their begin and step in that order.
    """
    count, widest = len(begin), 0.0
    for i in range(count):
        widest = max(widest, abs(step[i, 0]), abs(step[i, 1]))
    west, south, east, north = extent[0], extent[1], extent[2], extent[3]
    levels = 1
    while cell * 2.0 ** (levels - 1) * 0.99 < widest:
        levels += 1
    level = np.zeros((levels, 5))
    cells = 0
    for k in range(levels):
        side = cell * 2.0**k
        level[k, 0], level[k, 3] = side, cells
        level[k, 1], level[k, 2] = int((east - west) / side) + 1, int((north - south) / side) + 1
        cells += int(level[k, 1]) * int(level[k, 2])
    place = np.empty(count, np.int64)
    first = np.zeros(cells + 1, np.int64)
    for i in range(count):
        size, k = max(abs(step[i, 0]), abs(step[i, 1])), 0
        while k < levels - 1 and size > cell * 2.0**k * 0.99:  # 0.99: room for the rounding of what follows
            k += 1
        column = cell_of(begin[i, 0] + min(step[i, 0], 0.0), west, level[k, 0], int(level[k, 1]))
        row = cell_of(begin[i, 1] + min(step[i, 1], 0.0), south, level[k, 0], int(level[k, 2]))
        place[i] = int(level[k, 3]) + row * int(level[k, 1]) + column
        level[k, 4] = 1.0
        first[place[i] + 1] += 1
    for i in range(cells):
        first[i + 1] += first[i]
    item, shape = np.empty(count, np.int64), np.empty((count, 4))
    fill = first[:-1].copy()
    for i in range(count):
        at = fill[place[i]]
        fill[place[i]] += 1
        item[at] = i
        shape[at, 0], shape[at, 1], shape[at, 2], shape[at, 3] = begin[i, 0], begin[i, 1], step[i, 0], step[i, 1]
    return level, first, item, shape


@inner
def to_point(x: float, y: float, x0: float, y0: float, dx: float, dy: float) -> float:
    """Square of the distance from a point to a segment."""
    size, ahead = dx * dx + dy * dy, (x - x0) * dx + (y - y0) * dy
    part = min(max(ahead / size, 0.0), 1.0) if size > 0 else 0.0
    right, up = x0 + part * dx - x, y0 + part * dy - y
    return right * right + up * up


@entry
def nearest(
    level: Array, first: Array, item: Array, shape: Array, edge: Array, extent: Array, xy: Array, radii: Array
) -> Array:
    """The segment nearest to each point (k, 2) within the last of the radii, or -1.

    Of equal distances the first edge counts, and of that the first segment.
    """
    found = np.full(len(xy), -1, np.int64)
    west, south = extent[0], extent[1]
    most = radii[len(radii) - 1]
    for point in range(len(xy)):
        x, y = xy[point, 0], xy[point, 1]
        if not np.isfinite(x + y):
            continue
        best, chosen, near = np.inf, -1, most * most
        for radius in radii:
            for k in range(len(level)):
                if level[k, 4] == 0.0:
                    continue
                side, across, along = level[k, 0], int(level[k, 1]), int(level[k, 2])
                low = max(cell_of(x - radius, west, side, across) - 1, 0)
                high = cell_of(x + radius, west, side, across)
                bottom = max(cell_of(y - radius, south, side, along) - 1, 0)
                for row in range(bottom, cell_of(y + radius, south, side, along) + 1):
                    line = int(level[k, 3]) + row * across
                    for at in range(first[line + low], first[line + high + 1]):
                        square = to_point(x, y, shape[at, 0], shape[at, 1], shape[at, 2], shape[at, 3])
                        if square > near:
                            continue
                        metres, other = np.rint(np.sqrt(square) * SAME), item[at]
                        if metres < best or (
                            metres == best
                            and (edge[other] < edge[chosen] or (edge[other] == edge[chosen] and other < chosen))
                        ):
                            best, chosen = metres, other
                            near = min(near, ((metres + 1.0) / SAME) ** 2)
            if best + 1.0 < radius * SAME:  # what is farther than the radius cannot be as near
                break
        found[point] = chosen
    return found


@inner
def crossing(ax: float, ay: float, bx: float, by: float, px: float, py: float, qx: float, qy: float) -> bool:
    """Whether two segments cross within both; touching is left to the distance between their ends."""
    one = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    two = (bx - ax) * (qy - ay) - (by - ay) * (qx - ax)
    if not ((one > 0 and two < 0) or (one < 0 and two > 0)):
        return False
    three = (qx - px) * (ay - py) - (qy - py) * (ax - px)
    four = (qx - px) * (by - py) - (qy - py) * (bx - px)
    return (three > 0 and four < 0) or (three < 0 and four > 0)


@inner
def to_polygon(corner: Array, ring: Array, low: int, high: int, one: Array, near: float) -> float:
    """Square of the distance from a segment to a polygon of the rings low..high; more than `near` may be infinite."""
    x0, y0, dx, dy = one[0], one[1], one[2], one[3]
    x1, y1 = x0 + dx, y0 + dy
    west, east, south, north = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    best, inside = np.inf, False
    for r in range(low, high):
        for i in range(ring[r], ring[r + 1] - 1):
            ax, ay, bx, by = corner[i, 0], corner[i, 1], corner[i + 1, 0], corner[i + 1, 1]
            if (ay > y0) != (by > y0) and x0 < (bx - ax) * (y0 - ay) / (by - ay) + ax:
                inside = not inside
            right = max(west - max(ax, bx), min(ax, bx) - east, 0.0)
            up = max(south - max(ay, by), min(ay, by) - north, 0.0)
            if right * right + up * up > near:
                continue
            if crossing(ax, ay, bx, by, x0, y0, x1, y1):
                return 0.0
            square = min(to_point(ax, ay, x0, y0, dx, dy), to_point(bx, by, x0, y0, dx, dy))
            square = min(square, to_point(x0, y0, ax, ay, bx - ax, by - ay), to_point(x1, y1, ax, ay, bx - ax, by - ay))
            best = min(best, square)
            near = min(near, best)
    return 0.0 if inside else best


@entry
def beside(
    level: Array, first: Array, item: Array, shape: Array, extent: Array,
    corner: Array, ring: Array, part: Array, box: Array, radii: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """The segments nearest to each polygon within the last of the radii, and those hardly farther.

    Polygon p has the rings `part[p]:part[p + 1]`, ring r the corners `ring[r]:ring[r + 1]`, and p the bounds `box[p]`.
    Returns where the segments of each polygon begin, and these, rising.
    """
    start = np.zeros(len(box) + 1, np.int64)
    found, total = np.empty(4 * len(box) + 16, np.int64), 0
    held, square = np.empty(64, np.int64), np.empty(64)
    west, south = extent[0], extent[1]
    for p in range(len(box)):
        for r in range(len(radii)):
            if not np.isfinite(box[p, 0] + box[p, 1] + box[p, 2] + box[p, 3]):
                break
            radius: Any = radii[r] + 10 * MARGIN
            x0, y0, x1, y1 = box[p, 0] - radius, box[p, 1] - radius, box[p, 2] + radius, box[p, 3] + radius
            count, best = 0, radius
            for k in range(len(level)):
                if level[k, 4] == 0.0:
                    continue
                side, across, along = level[k, 0], int(level[k, 1]), int(level[k, 2])
                low = max(cell_of(x0, west, side, across) - 1, 0)
                high = cell_of(x1, west, side, across)
                bottom = max(cell_of(y0, south, side, along) - 1, 0)
                for row in range(bottom, cell_of(y1, south, side, along) + 1):
                    line = int(level[k, 3]) + row * across
                    for at in range(first[line + low], first[line + high + 1]):
                        a, b = shape[at, 0], shape[at, 1]
                        c, d = a + shape[at, 2], b + shape[at, 3]
                        if min(a, c) > x1 or max(a, c) < x0 or min(b, d) > y1 or max(b, d) < y0:
                            continue
                        near = (best + MARGIN) ** 2
                        own = to_polygon(corner, ring, part[p], part[p + 1], shape[at], near)
                        if own > near:
                            continue
                        if count == len(held):
                            held, square = longer(held, count + 1), longer(square, count + 1)
                        held[count], square[count] = item[at], own
                        count += 1
                        best = min(best, np.sqrt(own))
            if count > 0 and best <= radii[r]:
                begin = total
                for i in range(count):
                    if square[i] <= (best + MARGIN) ** 2:
                        if total == len(found):
                            found = longer(found, total + 1)
                        found[total] = held[i]
                        total += 1
                found[begin:total].sort()
                break
        start[p + 1] = total
    return start, found[:total].copy()
