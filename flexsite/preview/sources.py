"""Where the shares of cells come from: polygons, or the cells of a raster as they are."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from flexsite.availability import footprint
from flexsite.flat import Flat
from flexsite.geometry import WORKERS, Floats, Indices
from flexsite.kernel import combine, cut, pairs
from flexsite.kernel.scan import Shares, cells_entered, centre_shares, covered_shares, raster_shares
from flexsite.preview.grid import Band, Bounds, Grid

if TYPE_CHECKING:
    from flexsite.layers import Layers
    from flexsite.layers.raster import Raster
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase

Way = Literal["shares", "centres"]
"""Exact shares of cells, or whole cells by their centres."""
_NEAR = 1e-9
"""Share of a cell that is rounding."""
_HEAVY = 512
"""Vertices above which a polygon is cut before it meets cells one by one."""


@dataclass(frozen=True)
class Found:
    """Shares of the cells of a band: the most and the least they can be."""

    high: Shares
    low: Shares


class Source(Protocol):
    """What covers cells."""

    def prepare(self, way: Way) -> None:
        """Do once what all bands need."""
        ...

    def of(self, grid: Grid, band: Band, way: Way) -> Found:
        """Shares of the cells of a band."""
        ...

    def entered(self, grid: Grid) -> int:
        """How many cells are covered in part, at most."""
        ...


@dataclass(frozen=True)
class Polygons:
    """Polygons, in the CRS of the study."""

    shapes: Flat

    @cached_property
    def _pieces(self) -> Flat:
        """The same polygons, heavy ones in pieces, so that what is near a cell is little."""
        heavy = np.diff(self.shapes.spans) > _HEAVY
        if not heavy.any():
            return self.shapes
        workers = WORKERS.get() or os.cpu_count() or 1
        shares = np.linspace(0, len(self.shapes.xy), 4 * workers + 1)[1:-1]
        rows = np.split(np.arange(len(self.shapes)), np.searchsorted(self.shapes.spans, shares))
        with ThreadPoolExecutor(workers) as pool:
            return Flat.join(list(pool.map(lambda some: cut(self.shapes.take(some), _HEAVY)[0], rows)))

    @cached_property
    def _spans(self) -> tuple[Floats, Floats]:
        """Southern and northern end of each row of polygons."""
        return self.shapes.bounds[:, 1].copy(), self.shapes.bounds[:, 3].copy()

    def prepare(self, way: Way) -> None:
        """Cut heavy polygons before threads ask for them."""
        if way == "shares":
            self._pieces.bounds  # noqa: B018 - kept once made

    def of(self, grid: Grid, band: Band, way: Way) -> Found:
        """Shares of the cells of a band."""
        south, north = self._spans
        with np.errstate(invalid="ignore"):
            wanted = np.flatnonzero((south <= band.bounds[3]) & (north >= band.bounds[1]))
        place = self.shapes, wanted, grid.inverse, band.top, band.rows, grid.columns
        if way == "centres":
            high = centre_shares(*place)
            return Found(high, high)
        high, low = covered_shares(*place)
        self._exactly(high, low, grid, band)
        return Found(high, low)

    def _exactly(self, high: Shares, low: Shares, grid: Grid, band: Band) -> None:
        """Count ground once in cells where boundaries of several polygons may overlap; changes both."""
        rows, columns = np.nonzero(low < high)
        if not len(rows):
            return
        cells, pieces = grid.cells(band, rows, columns), self._pieces
        near = np.flatnonzero((pieces.bounds[:, 1] < band.bounds[3]) & (pieces.bounds[:, 3] > band.bounds[1]))
        start, piece = pairs(cells.bounds, pieces.bounds[near])
        found = combine(cells, pieces, np.zeros(len(pieces), np.uint8), start, near[piece])
        free = np.zeros(len(rows))
        none = found.mask == 0
        free[found.row[none]] = found.area[none]
        share = np.clip(1 - free / grid.cell**2, 0.0, 1.0)
        high[rows, columns] = low[rows, columns] = np.where(share > 1 - _NEAR, 1.0, share)

    def entered(self, grid: Grid) -> int:
        """How many cells are covered in part, at most."""
        return cells_entered(self.shapes, grid.inverse)


class Cells:
    """Cells of an upright raster in the CRS of the study, read by window and never resampled.

    Parameters
    ----------
    rule
        Whose condition the cells meet.
    """

    def __init__(self, rule: RuleBase, study: Study, layers: Layers) -> None:
        self._rule, self._study, self._layers = rule, study, layers
        self._valid = False
        self._last = threading.local()

    def valid(self) -> Cells:
        """The cells with a value instead, whatever it is; a window that one of the two has read serves the other."""
        other = copy(self)
        other._valid = True
        return other

    def _window(self, bounds: Bounds) -> tuple[Raster, NDArray[np.bool_]]:
        if getattr(self._last, "bounds", None) != bounds:
            self._last.read = footprint.cells(self._rule, self._study, self._layers, bounds)
            self._last.bounds = bounds
        found: tuple[Raster, NDArray[np.bool_]] = self._last.read
        return found

    def prepare(self, way: Way) -> None:
        """Nothing: windows are read as they are asked for."""

    def of(self, grid: Grid, band: Band, way: Way) -> Found:
        """Shares of the cells of a band."""
        raster, mask = self._window(band.bounds)
        high = raster_shares(raster.valid if self._valid else mask, *_on(raster, grid, band, way))
        return Found(high, high)

    def entered(self, grid: Grid) -> int:
        """How many cells are covered in part."""
        shares = (self.of(grid, band, "shares").high for band in grid.bands())
        return sum(int(np.count_nonzero((share > 0) & (share < 1))) for share in shares)


def _on(raster: Raster, grid: Grid, band: Band, way: Way) -> tuple[tuple[Indices, Floats], tuple[Indices, Floats]]:
    """Rows and columns of the raster on those of the band."""
    height, width = raster.values.shape
    x = (grid.west + np.arange(grid.columns + 1)) * grid.cell
    y = (grid.north - band.top - np.arange(band.rows + 1)) * grid.cell
    inverse = ~raster.transform
    rows, columns = inverse.e * y + inverse.f, inverse.a * x + inverse.c
    return _parts(rows, height, way), _parts(columns, width, way)


def _parts(edges: Floats, size: int, way: Way) -> tuple[Indices, Floats]:
    """First cell of the raster on each cell between successive edges, and the part of it that this and the next hold.

    Edges are in cells of the raster, which has `size` of them.
    """
    edges = np.where(np.abs(edges - np.round(edges)) < _NEAR, np.round(edges), edges)
    low, high = np.minimum(edges[:-1], edges[1:]), np.maximum(edges[:-1], edges[1:])
    if way == "centres":
        cell = np.floor((low + high) / 2)
        there = (cell >= 0) & (cell < size)
        return np.where(there, cell, 0).astype(np.intp), there[:, None].astype(float)
    length = high - low
    low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    first = np.floor(low)
    most = int(np.ceil(length.max())) + 1 if len(length) else 1
    cells = first[:, None] + np.arange(most)
    part = np.minimum(cells + 1, high[:, None]) - np.maximum(cells, low[:, None])
    return first.astype(np.intp), np.maximum(part, 0.0) / length[:, None]


def upright(rule: RuleBase, layers: Layers, bounds: Bounds) -> bool:
    """Whether a rule can take cells of its raster as they are: upright in the CRS of the study, without a buffer."""
    if not layers.is_raster(rule.layer) or rule.buffer > 0:
        return False
    corner = (bounds[0], bounds[3], bounds[0], bounds[3])
    return layers.raster(rule.layer, bounds=corner).aligned


__all__ = ["Cells", "Found", "Polygons", "Source", "Way", "upright"]
