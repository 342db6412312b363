"""Patches: connected cells that are left for the larger part, as polygons along the sides of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flexsite.flat import Flat
from flexsite.geometry import Floats
from flexsite.kernel.scan import Runs
from flexsite.preview.grid import Grid


@dataclass(frozen=True)
class Patches:
    """Patches by falling area, then from west to east, then from south to north.

    Attributes
    ----------
    shapes
        One polygon each, metres in the CRS of the study.
    area_m2
        Ground that is left of their cells.
    cells
        How many cells they have.
    """

    shapes: Flat
    area_m2: Floats
    cells: NDArray[np.int64]


def of(runs: Runs, grid: Grid, min_area: float) -> Patches:
    """Patches of at least `min_area` (m2).

    Parameters
    ----------
    runs
        Cells that are left for the larger part, of the whole grid. Cells belong together where they share a side.
    """
    patch, count = runs.connected()
    square = grid.cell**2
    area = np.round(np.bincount(patch, runs.size, minlength=count) * square, 2)
    cells = np.bincount(patch, (runs.stop - runs.start).astype(float), minlength=count).astype(np.int64)
    kept = area >= min_area
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    flat = runs.outlines(number[patch] if count else patch, grid.columns)
    corner = np.array([grid.west, grid.north], float)
    shapes = Flat((flat.xy + corner) * grid.cell, flat.rings, flat.polygons, flat.rows)
    area, cells = area[kept], cells[kept]
    west, south = shapes.bounds[:, :2].T
    order = np.lexsort((south, west, -area))
    return Patches(shapes.take(order), area[order], cells[order])
