"""The grid of a preview: upright square cells on whole multiples of their size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from flexsite.errors import InputError
from flexsite.flat import Flat
from flexsite.geometry import Indices

Bounds = tuple[float, float, float, float]
SMALLEST, LARGEST = 1.0, 1000.0
"""Metres of a side."""
MOST_CELLS = 2_000_000_000
BLOCK = 128
"""Rows of a block in the GeoTIFFs: every band has whole ones, so that bands do not change bytes."""
BAND_CELLS = 1_000_000
"""Cells in memory at a time, about; results do not depend on it."""


@dataclass(frozen=True)
class Band:
    """Rows `top` to `top + rows` of a grid."""

    top: int
    rows: int
    bounds: Bounds


@dataclass(frozen=True)
class Grid:
    """Cells of `cell` metres in the CRS of the study; row 0 is the northernmost.

    Attributes
    ----------
    west, north
        Corner of the first cell, in cells from the origin of the CRS: whole numbers.
    rows, columns
        How many there are.
    """

    cell: float
    west: int
    north: int
    rows: int
    columns: int

    @classmethod
    def around(cls, bounds: Bounds, cell: float) -> Grid:
        """The smallest grid that holds some bounds (metres).

        Raises
        ------
        InputError
            The cells are too small or too large, or there are too many.

        Examples
        --------
        >>> Grid.around((12.0, 5.0, 31.0, 40.0), 10.0)
        Grid(cell=10.0, west=1, north=4, rows=4, columns=3)
        """
        if not SMALLEST <= cell <= LARGEST:
            raise InputError(
                f"cells of {cell:g} m cannot be used",
                where="--cell",
                remedy=f"give a side from {SMALLEST:g} to {LARGEST:g} m, such as 10",
            )
        west, south = int(np.floor(bounds[0] / cell)), int(np.floor(bounds[1] / cell))
        east, north = int(np.ceil(bounds[2] / cell)), int(np.ceil(bounds[3] / cell))
        rows, columns = max(north - south, 1), max(east - west, 1)
        if rows * columns > MOST_CELLS:
            raise InputError(
                f"cells of {cell:g} m are {rows * columns} in all, more than {MOST_CELLS}",
                where="--cell",
                remedy="use larger cells",
            )
        return cls(cell, west, north, rows, columns)

    @property
    def hectares(self) -> float:
        """Area of a cell."""
        return self.cell * self.cell / 1e4

    @property
    def inverse(self) -> tuple[float, float, float, float, float, float]:
        """From x, y to column, row."""
        return 1 / self.cell, 0.0, float(-self.west), 0.0, -1 / self.cell, float(self.north)

    @property
    def bounds(self) -> Bounds:
        """Metres, of all cells."""
        return self._bounds(0, self.rows)

    def bands(self) -> Iterator[Band]:
        """All rows from the north, some at a time."""
        step = max(1, BAND_CELLS // (self.columns * BLOCK)) * BLOCK
        for top in range(0, self.rows, step):
            rows = min(step, self.rows - top)
            yield Band(top, rows, self._bounds(top, rows))

    def cells(self, band: Band, rows: Indices, columns: Indices) -> Flat:
        """Some cells of a band, as squares."""
        west, north = self.west + columns, self.north - band.top - rows
        x = np.stack([west, west + 1, west + 1, west, west], axis=1)
        y = np.stack([north - 1, north - 1, north, north, north - 1], axis=1)
        xy = np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float64) * self.cell
        every = np.arange(len(rows) + 1, dtype=np.int64)
        return Flat(xy, every * 5, every, every)

    def _bounds(self, top: int, rows: int) -> Bounds:
        west, north, cell = self.west, self.north - top, self.cell
        return west * cell, (north - rows) * cell, (west + self.columns) * cell, north * cell
