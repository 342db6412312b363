"""Compiled: how much of each cell of a grid polygons cover, by signed areas, as fonts are drawn.

In the coordinates of the grid every cell is a unit square; u runs over the columns, v down the rows. An edge that goes
dv down through a cell takes dv * (distance to the right side of the cell) from that cell, and dv from every cell
further right; going up it gives. Summed over a polygon, and along each row from the left, this is what the polygon
covers of each cell (Green's theorem). No polygon is clipped and no piece of one is made.
"""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry, inner

CELLS = 1_000_000
"""Cells of the window of one polygon looked at together: bounds the memory."""
TRIFLE = 1e-10
"""Share of a cell that is rounding."""


@inner
def turn(uv: Array, start: int, end: int, hole: bool) -> float:
    """1 where a ring has its ground on the side that its place asks for, -1 where it runs the other way round."""
    area = 0.0
    u, v = uv[start, 0], uv[start, 1]
    for i in range(start + 1, end - 1):
        area += (uv[i, 0] - u) * (uv[i + 1, 1] - v) - (uv[i + 1, 0] - u) * (uv[i, 1] - v)
    return 1.0 if (area > 0) != hole else -1.0


@inner
def piece(sums: Array, row: int, low: float, high: float, gain: float, columns: int) -> None:
    """Note a piece of an edge, between u = low and high, within one row; `sums` has a column more than the grid."""
    if high <= 0:
        sums[row, 0] += gain
        return
    if low >= columns:
        return
    column = int(np.floor(low))
    if high <= column + 1:
        part = gain * ((low + high) / 2 - column)
        sums[row, column] += gain - part
        sums[row, column + 1] += part
        return
    slope = gain / (high - low)
    if low < 0:
        sums[row, 0] -= low * slope
        low, column = 0.0, 0
    while low < high and column < columns:
        end = min(high, column + 1.0)
        own = (end - low) * slope
        part = own * ((low + end) / 2 - column)
        sums[row, column] += own - part
        sums[row, column + 1] += part
        low = end
        column += 1


@inner
def mark(last: Array, count: Array, row: int, low: float, high: float, columns: int, feature: int) -> None:
    """Count a feature once for every cell of a row whose inside its boundary enters between u = low and high."""
    first, end = max(int(np.floor(low)), 0), min(int(np.ceil(high)), columns)
    for column in range(first, end):
        if last[row, column] != feature:
            last[row, column] = feature
            if count[row, column] < 255:
                count[row, column] += 1


@inner
def crossing(u0: float, v0: float, u1: float, v1: float, v: float) -> float:
    """Column coordinate of an edge, v0 < v1, at v between them; the same from whatever row it is asked."""
    u = u0 + (v - v0) * ((u1 - u0) / (v1 - v0))
    return min(max(u, min(u0, u1)), max(u0, u1))


@inner
def edge(
    sums: Array, u0: float, v0: float, u1: float, v1: float, gain: float, top: int, last: Array, count: Array,
    feature: int,
) -> None:  # fmt: skip
    """Note an edge in a band of rows from `top`, `gain` for each row it goes up; marks where `last` has room for it."""
    bottom, columns, marked = top + sums.shape[0], sums.shape[1] - 1, last.shape[0] > 0
    if max(v0, v1) <= top or min(v0, v1) >= bottom:
        return
    if v0 == v1:
        if marked and v0 != np.floor(v0):
            mark(last, count, int(np.floor(v0)) - top, min(u0, u1), max(u0, u1), columns, feature)
        return
    if v0 < v1:
        gain = -gain
    else:
        u0, v0, u1, v1 = u1, v1, u0, v0
    for row in range(max(int(np.floor(v0)), top), min(int(np.ceil(v1)), bottom)):
        above, below = max(v0, float(row)), min(v1, row + 1.0)
        start = u0 if above == v0 else crossing(u0, v0, u1, v1, above)
        stop = u1 if below == v1 else crossing(u0, v0, u1, v1, below)
        piece(sums, row - top, min(start, stop), max(start, stop), gain * (below - above), columns)
        if marked:
            mark(last, count, row - top, min(start, stop), max(start, stop), columns, feature)


@inner
def to_grid(xy: Array, start: int, end: int, inverse: Array) -> Array:
    """Grid coordinates of some vertices."""
    uv = np.empty((end - start, 2))
    for i in range(start, end):
        uv[i - start, 0] = inverse[0] * xy[i, 0] + inverse[1] * xy[i, 1] + inverse[2]
        uv[i - start, 1] = inverse[3] * xy[i, 0] + inverse[4] * xy[i, 1] + inverse[5]
    return uv


@inner
def window_of(uv: Array, height: int, width: int) -> tuple[int, int, int, int]:
    """First row, end row, first column and end column of the cells that vertices span, within the raster."""
    west = east = uv[0, 0]
    north = south = uv[0, 1]
    for i in range(1, len(uv)):
        west, east = min(west, uv[i, 0]), max(east, uv[i, 0])
        north, south = min(north, uv[i, 1]), max(south, uv[i, 1])
    return (
        int(min(max(np.floor(north), 0.0), float(height))),
        int(min(max(np.ceil(south), 0.0), float(height))),
        int(min(max(np.floor(west), 0.0), float(width))),
        int(min(max(np.ceil(east), 0.0), float(width))),
    )


@inner
def draw(
    sums: Array, uv: Array, base: int, rings: Array, polygons: Array, first: int, end: int, top: int, left: int,
    last: Array, count: Array, feature: int,
) -> None:  # fmt: skip
    """Note the boundaries of the polygons `first` to `end` in a window that begins at row `top`, column `left`."""
    for polygon in range(first, end):
        for ring in range(polygons[polygon], polygons[polygon + 1]):
            start, stop = rings[ring] - base, rings[ring + 1] - base
            gain = turn(uv, start, stop, ring > polygons[polygon])
            for i in range(start, stop - 1):
                edge(
                    sums, uv[i, 0] - left, uv[i, 1], uv[i + 1, 0] - left, uv[i + 1, 1], gain, top, last, count, feature
                )


@entry
def weigh(
    xy: Array, rings: Array, polygons: Array, rows: Array, first: int, end: int, inverse: Array, values: Array,
    valid: Array, trifle: Array, result: Array,
) -> None:  # fmt: skip
    """Fill `result` (n, 4) for the rows `first` to `end`: sum of value * share, sum of shares, smallest, largest."""
    height, width = values.shape
    nothing, count = np.empty((0, 0), np.int32), np.empty((0, 0), np.uint8)
    for row in range(first, end):
        total = known = 0.0
        low, high = np.inf, -np.inf
        base, stop = rings[polygons[rows[row]]], rings[polygons[rows[row + 1]]]
        if stop > base:
            uv = to_grid(xy, base, stop, inverse)
            north, south, left, right = window_of(uv, height, width)
            band = max(1, CELLS // max(right - left, 1))
            for top in range(north, south if right > left else north, band):
                bottom = min(top + band, south)
                sums = np.zeros((bottom - top, right - left + 1))
                draw(sums, uv, base, rings, polygons, rows[row], rows[row + 1], top, left, nothing, count, row)
                for line in range(bottom - top):
                    share = 0.0
                    for column in range(right - left):
                        share += sums[line, column]
                        if share > TRIFLE and valid[top + line, left + column]:
                            value, part = float(values[top + line, left + column]), min(share, 1.0)
                            total += value * part
                            known += part
                            if part > trifle[row]:
                                low, high = min(low, value), max(high, value)
        result[row, 0], result[row, 1], result[row, 2], result[row, 3] = total, known, low, high


@entry
def tally(
    xy: Array, rings: Array, polygons: Array, rows: Array, first: int, end: int, inverse: Array, codes: Array,
    result: Array,
) -> None:  # fmt: skip
    """Add up in `result` (n, k) the shares of cells per code for the rows `first` to `end`; code 255 is left out."""
    height, width = codes.shape
    nothing, count = np.empty((0, 0), np.int32), np.empty((0, 0), np.uint8)
    for row in range(first, end):
        base, stop = rings[polygons[rows[row]]], rings[polygons[rows[row + 1]]]
        if stop == base:
            continue
        uv = to_grid(xy, base, stop, inverse)
        north, south, left, right = window_of(uv, height, width)
        band = max(1, CELLS // max(right - left, 1))
        for top in range(north, south if right > left else north, band):
            bottom = min(top + band, south)
            sums = np.zeros((bottom - top, right - left + 1))
            draw(sums, uv, base, rings, polygons, rows[row], rows[row + 1], top, left, nothing, count, row)
            for line in range(bottom - top):
                share = 0.0
                for column in range(right - left):
                    share += sums[line, column]
                    code = codes[top + line, left + column]
                    if share > TRIFLE and code != 255:
                        result[row, code] += min(share, 1.0)


@entry
def accumulate(
    xy: Array, rings: Array, polygons: Array, rows: Array, wanted: Array, inverse: Array, top: int, sums: Array,
    last: Array, count: Array,
) -> None:  # fmt: skip
    """Note the boundaries of the rows `wanted` in a band of the grid that begins at row `top`.

    `sums` (rows, columns + 1) receives the signed areas of all together, `count` how many of them have a boundary
    inside each cell, and `last` is room to work in, -1 at first. All three are float64, uint8 and int32.
    """
    for feature in wanted:
        base, stop = rings[polygons[rows[feature]]], rings[polygons[rows[feature + 1]]]
        if stop > base:
            uv = to_grid(xy, base, stop, inverse)
            draw(sums, uv, base, rings, polygons, rows[feature], rows[feature + 1], top, 0, last, count, feature)
