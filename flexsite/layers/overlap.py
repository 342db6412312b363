"""Exact areas of overlap between polygons and the cells of a raster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine

from flexsite.flat import Flat
from flexsite.geometry import Floats
from flexsite.layers.table import Array, Mask

UNKNOWN = 255
"""Code of a cell without a value."""

BATCH = 400_000
"""Cells looked at together: bounds the memory."""
TRIFLE = 1e-6
"""m2 (or that share of a polygon below 1 m2): an overlap no larger is rounding, and its cell no minimum or maximum."""
COMPILED_FROM = 5_000
"""Polygons from which compiled code pays the time it takes to load."""


@dataclass(frozen=True)
class Overlap:
    """Cells that polygons overlap: number of the polygon, row, column, area of overlap; every array equally long."""

    polygon: Array
    row: Array
    column: Array
    area: Array


@dataclass(frozen=True)
class Windows:
    """The rows and columns of a raster around each of some polygons.

    `ranges` has first row, end row, first column and end column for each of the polygons that `asked` numbers.
    """

    asked: Array
    ranges: Array

    def batches(self) -> Iterator[tuple[Array, Array]]:
        """Numbers of polygons and their ranges, about `BATCH` cells together; larger windows in bands of rows."""
        group: list[int] = []
        size = 0
        heights, widths = self.ranges[:, 1] - self.ranges[:, 0], self.ranges[:, 3] - self.ranges[:, 2]
        for item, (height, width) in enumerate(zip(heights.tolist(), widths.tolist(), strict=True)):
            if height <= 0 or width <= 0:
                continue
            if height * width > BATCH:
                band = max(1, BATCH // width)
                for top in range(int(self.ranges[item, 0]), int(self.ranges[item, 1]), band):
                    part = self.ranges[item].copy()
                    part[:2] = top, min(top + band, self.ranges[item, 1])
                    yield self.asked[[item]], part[None]
                continue
            if size + height * width > BATCH:
                yield self.asked[group], self.ranges[group]
                group, size = [], 0
            group.append(item)
            size += height * width
        if group:
            yield self.asked[group], self.ranges[group]


@dataclass(frozen=True)
class Sums:
    """What lies on each polygon: sum of value * m2, m2 with a value, smallest and largest value (infinite without)."""

    total: Floats
    known: Floats
    low: Floats
    high: Floats


def statistics(found: Iterator[Overlap], values: Array, valid: Mask, sizes: Floats) -> Sums:
    """Add up overlaps per polygon; `sizes` are the areas of the polygons in m2."""
    count = len(sizes)
    sums = Sums(np.zeros(count), np.zeros(count), np.full(count, np.inf), np.full(count, -np.inf))
    for overlap in found:
        here = valid[overlap.row, overlap.column]
        polygon, area = overlap.polygon[here], overlap.area[here]
        worth = values[overlap.row[here], overlap.column[here]].astype(float)
        np.add.at(sums.total, polygon, area * worth)
        np.add.at(sums.known, polygon, area)
        real = area > TRIFLE * np.minimum(1.0, sizes[polygon])
        np.minimum.at(sums.low, polygon[real], worth[real])
        np.maximum.at(sums.high, polygon[real], worth[real])
    return sums


def by_code(found: Iterator[Overlap], codes: Array, count: int, polygons: int) -> Floats:
    """(polygons, count) m2 per code on each polygon; the code `UNKNOWN` is left out."""
    areas = np.zeros((polygons, count))
    for overlap in found:
        code = codes[overlap.row, overlap.column]
        here = code != UNKNOWN
        np.add.at(areas, (overlap.polygon[here], code[here]), overlap.area[here])
    return areas


def statistics_compiled(polygons: Array, transform: Affine, values: Array, valid: Mask, sizes: Floats) -> Sums:
    """The same as `statistics` of `of_grid`, for many polygons; what is no polygon has nothing on it."""
    from flexsite.kernel.coverage import statistics as compiled

    size = abs(transform.determinant)
    trifle = TRIFLE * np.minimum(1.0, np.nan_to_num(sizes)) / size
    found = compiled(_flat(polygons), tuple(~transform)[:6], values, valid, trifle)
    return Sums(found[:, 0] * size, found[:, 1] * size, found[:, 2], found[:, 3])


def by_code_compiled(polygons: Array, transform: Affine, codes: Array, count: int) -> Floats:
    """The same as `by_code` of `of_grid`, for many polygons."""
    from flexsite.kernel.coverage import shares_by_code

    return shares_by_code(_flat(polygons), tuple(~transform)[:6], codes, count) * abs(transform.determinant)


def _flat(polygons: Array) -> Flat:
    areal = np.isin(shapely.get_type_id(polygons), (3, 6))
    solid = polygons.copy()
    solid[~areal] = None
    return Flat.of(solid)


def cells_of(ranges: Array) -> tuple[Array, Array, Array]:
    """Number of the window, row and column of every cell of some windows, row by row."""
    widths = ranges[:, 3] - ranges[:, 2]
    counts = (ranges[:, 1] - ranges[:, 0]) * widths
    window = np.repeat(np.arange(len(ranges)), counts)
    offset = np.arange(len(window)) - np.repeat(np.cumsum(counts) - counts, counts)
    return window, ranges[window, 0] + offset // widths[window], ranges[window, 2] + offset % widths[window]


def of_grid(polygons: Array, transform: Affine, windows: Windows) -> Iterator[Overlap]:
    """Overlaps where the raster has the CRS of the polygons: whatever its slant, exact by Green's theorem.

    In the coordinates of the grid every cell is a unit square. Each edge is cut where it crosses a grid line. A piece
    that goes dv down in a cell covers dv * (distance to the right side of the cell) of that cell and dv of every cell
    further right, with the sign of its direction; summed over a polygon this is the covered part of each cell.

    Parameters
    ----------
    polygons
        Valid polygons; only those in `windows` are looked at.
    transform
        From column and row to the CRS of the polygons.
    windows
        Of the polygons, within the raster.
    """
    size = abs(transform.determinant)
    inverse = ~transform
    for numbers, ranges in windows.batches():
        window, u, v, du, dv = _edges(polygons[numbers], inverse)
        keep = (np.maximum(v, v + dv) > ranges[window, 0]) & (np.minimum(v, v + dv) < ranges[window, 1]) & (dv != 0)
        window, middle, top, down = _pieces(window[keep], u[keep], v[keep], du[keep], dv[keep])
        row, column = np.floor(top).astype(np.int64), np.floor(middle).astype(np.int64)
        inside = (row >= ranges[window, 0]) & (row < ranges[window, 1])
        window, middle, row, column, down = (item[inside] for item in (window, middle, row, column, down))
        left, right = ranges[window, 2], ranges[window, 3]
        # A column more at either side takes what lies beyond the raster, so that every row comes back to nothing.
        widths = ranges[:, 3] - ranges[:, 2] + 2
        counts = (ranges[:, 1] - ranges[:, 0]) * widths
        start = np.cumsum(counts) - counts
        at = start[window] + (row - ranges[window, 0]) * widths[window] + np.clip(column, left - 1, right) - left + 1
        own = np.where(column >= left, column + 1 - middle, 1.0)
        total = int(counts.sum())
        further = np.bincount(at, down, minlength=total)
        part = np.bincount(at, down * own, minlength=total) + (np.cumsum(further) - further)
        window, row, column = cells_of(np.add(ranges, (0, 0, -1, 1)))
        area = -np.sign(inverse.determinant) * part * size
        real = (column >= ranges[window, 2]) & (column < ranges[window, 3]) & (area > size * 1e-10)
        yield Overlap(numbers[window[real]], row[real], column[real], np.minimum(area[real], size))


def of_quads(
    polygons: Array, quads: Callable[[Array, Array], Array], valid: Mask, windows: Windows
) -> Iterator[Overlap]:
    """Overlaps with cells of another CRS, each a quadrilateral of its own: `quads` makes them from rows and columns."""
    for numbers, ranges in windows.batches():
        window, row, column = cells_of(ranges)
        known = valid[row, column]
        polygon, row, column = numbers[window[known]], row[known], column[known]
        cells = quads(row, column)
        shapely.prepare(polygons[numbers])
        area = np.zeros(len(polygon))
        within = shapely.contains_properly(polygons[polygon], cells)
        area[within] = shapely.area(cells[within])
        edge = np.flatnonzero(~within)
        edge = edge[shapely.intersects(polygons[polygon[edge]], cells[edge])]
        area[edge] = shapely.area(shapely.intersection(polygons[polygon[edge]], cells[edge]))
        yield Overlap(polygon, row, column, area)


def _edges(polygons: Array, inverse: Affine) -> tuple[Array, Array, Array, Array, Array]:
    """Number of the polygon, start and change in grid coordinates of every edge, the ground at the left in x, y."""
    oriented = shapely.orient_polygons(polygons)
    parts, owner = shapely.get_parts(oriented, return_index=True)
    rings, ring_owner = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    u = inverse.a * xy[:, 0] + inverse.b * xy[:, 1] + inverse.c
    v = inverse.d * xy[:, 0] + inverse.e * xy[:, 1] + inverse.f
    same = ring[1:] == ring[:-1]
    return owner[ring_owner[ring[:-1][same]]], u[:-1][same], v[:-1][same], np.diff(u)[same], np.diff(v)[same]


def _pieces(window: Array, u: Array, v: Array, du: Array, dv: Array) -> tuple[Array, Array, Array, Array]:
    """Edges cut at every grid line: number, column and row of the middle, and change of row of each piece."""
    every = np.arange(len(window))
    edges, shares = [every, every], [np.zeros(len(window)), np.ones(len(window))]
    for start, change in ((u, du), (v, dv)):
        low, high = np.minimum(start, start + change), np.maximum(start, start + change)
        first = np.floor(low) + 1
        count = np.maximum(np.ceil(high) - first, 0).astype(np.int64)
        edge = np.repeat(every, count)
        line = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
        edges.append(edge)
        shares.append((line - start[edge]) / change[edge])
    edge, share = np.concatenate(edges), np.clip(np.concatenate(shares), 0.0, 1.0)
    order = np.lexsort((share, edge))
    edge, share = edge[order], share[order]
    same = edge[1:] == edge[:-1]
    edge, begin, end = edge[:-1][same], share[:-1][same], share[1:][same]
    middle = (begin + end) / 2
    return window[edge], u[edge] + middle * du[edge], v[edge] + middle * dv[edge], (end - begin) * dv[edge]
