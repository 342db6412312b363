"""Grids row by row: shares of cells, cells by their centres, rules on them, connected cells and their outlines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flexsite.flat import Flat, Offsets
from flexsite.geometry import Floats, Indices
from flexsite.kernel.coverage import Transform, arrays, band_sums

Shares = NDArray[np.float32]
Mask = NDArray[np.bool_]
TOTALS = ("left", "touched", "unknown", "error", "mixed", "cells")
"""Columns of what `Band.act` gives per row: amounts in cells, and how many cells have ground left."""


def covered_shares(
    shapes: Flat, wanted: Indices, inverse: Transform, top: int, rows: int, columns: int
) -> tuple[Shares, Shares]:
    """Share of each cell of a band under polygons: their sum up to 1, and the least it can be where they overlap.

    Parameters are those of `kernel.coverage.band_sums`. The two are equal, and exact, wherever no two polygons have
    a boundary in one cell.
    """
    from flexsite.kernel._scan import resolve

    sums, count = band_sums(shapes, wanted, inverse, top, rows, columns)
    high, low = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.float32)
    resolve(sums, count, high, low)
    return high, low


def centre_shares(shapes: Flat, wanted: Indices, inverse: Transform, top: int, rows: int, columns: int) -> Shares:
    """1 for each cell of a band whose centre lies in a polygon, else 0; parameters as `covered_shares`."""
    from flexsite.kernel._scan import centres, inside

    high = np.zeros((rows, columns), np.float32)
    if len(wanted):
        sums = np.zeros((rows, columns + 1), np.int32)
        centres(*arrays(shapes), np.ascontiguousarray(wanted, np.int64), np.array(inverse), top, sums)
        inside(sums, high)
    return high


def cells_entered(shapes: Flat, inverse: Transform) -> int:
    """How many cells of a grid the boundaries of polygons enter, at most."""
    from flexsite.kernel._scan import entered

    xy, rings, _, _ = arrays(shapes)
    return int(entered(xy, rings, np.array(inverse)))


def raster_shares(mask: Mask, rows: tuple[Indices, Floats], columns: tuple[Indices, Floats]) -> Shares:
    """Share of each cell of a band under the true cells of an upright raster.

    Parameters
    ----------
    mask
        (H, W) cells of the raster.
    rows, columns
        For each row (column) of the band the first row (column) of the raster on it, and (n, k) which part of its
        side that one and those after it hold; 0 ends them.
    """
    from flexsite.kernel._jit import plain
    from flexsite.kernel._scan import spread

    high = np.zeros((len(rows[0]), len(columns[0])), np.float32)
    (row, row_part), (column, column_part) = rows, columns
    spread(plain(mask, np.bool_), plain(row, np.int64), plain(row_part, np.float64), plain(column, np.int64),
           plain(column_part, np.float64), high)  # fmt: skip
    return high


class Band:
    """Ground in a band of cells, and what rules leave of it.

    Attributes
    ----------
    left, code
        Share of each cell that is left, and the number of the rule that took most of it: 0 where none did.
    """

    def __init__(self, ground: Shares) -> None:
        self._ground, self.left = ground, ground.copy()
        self._upper, self._lower = ground.copy(), ground.copy()
        self._most, self.code = np.zeros_like(ground), np.zeros(ground.shape, np.uint8)
        self._claims: list[Shares] = []

    @property
    def start(self) -> Floats:
        """(rows, 2) per row: ground in cells, and how many cells have any."""
        from flexsite.kernel._settle import add_rows

        result = np.zeros((len(self.left), 2))
        add_rows(self._ground, result)
        return result

    def act(
        self,
        number: int,
        under: tuple[Shares, Shares],
        known: tuple[Shares, Shares] | None,
        *,
        keeps: bool,
        beyond: bool,
        takes: bool,
    ) -> Floats:
        """Let a rule act.

        What it takes of a cell where earlier rules took a part is in proportion to what they left.

        Parameters
        ----------
        number
            Of the rule, for `code`.
        under, known
            Most and least share of each cell under its features, and within the coverage of its layer.
        keeps, beyond, takes
            It keeps what is under its features; it claims ground outside the coverage; it takes what it claims.

        Returns
        -------
        (rows, 6) per row: `TOTALS`.
        """
        from flexsite.kernel._settle import settle

        totals, claim = np.zeros((len(self.left), len(TOTALS))), np.empty_like(self.left)
        nothing = np.empty((0, 0), np.float32)
        known_high, known_low = (nothing, nothing) if known is None else known
        settle(keeps, beyond, takes, number, self._ground, *under, known_high, known_low, claim, self.left,
               self._upper, self._lower, self._most, self.code, totals)  # fmt: skip
        if takes:
            self._claims.append(claim)
        return totals

    def alone(self) -> Floats:
        """(rows, k) per row what only each of the k rules that take claims, in cells, in their order."""
        from flexsite.kernel._settle import alone

        totals = np.zeros((len(self.left), len(self._claims)))
        if self._claims:
            alone(self._ground, np.stack(self._claims), totals)
        return totals


@dataclass(frozen=True)
class Runs:
    """Cells beside each other in a row: row i has those from `first[i]` to `first[i + 1]`.

    Attributes
    ----------
    start, stop
        First and end column of each.
    size
        Sum of the shares of its cells.
    """

    first: Offsets
    start: NDArray[np.int32]
    stop: NDArray[np.int32]
    size: Floats

    @classmethod
    def of(cls, share: Shares, least: float) -> Runs:
        """The runs of cells with at least so much."""
        from flexsite.kernel._scan import count_runs, fill_runs

        count = np.zeros(len(share), np.int64)
        count_runs(share, least, count)
        total = int(count.sum())
        start, stop, size = np.empty(total, np.int32), np.empty(total, np.int32), np.empty(total)
        fill_runs(share, least, start, stop, size)
        return cls(np.concatenate([[0], np.cumsum(count)]), start, stop, size)

    @classmethod
    def join(cls, some: list[Runs]) -> Runs:
        """Runs of bands below each other."""
        firsts, base = [np.zeros(1, np.int64)], 0
        for one in some:
            firsts.append(one.first[1:] + base)
            base += len(one.start)
        return cls(
            np.concatenate(firsts),
            np.concatenate([np.empty(0, np.int32), *(one.start for one in some)]),
            np.concatenate([np.empty(0, np.int32), *(one.stop for one in some)]),
            np.concatenate([np.empty(0), *(one.size for one in some)]),
        )

    def connected(self) -> tuple[NDArray[np.int64], int]:
        """Number of the patch of each run: those that touch along an edge have one; and how many there are."""
        from flexsite.kernel._scan import connect

        patch = np.empty(len(self.start), np.int64)
        return patch, int(connect(self.first, self.start, self.stop, patch))

    def outlines(self, patch: NDArray[np.int64], columns: int) -> Flat:
        """Outlines of patches, in columns and rows (down is negative).

        Parameters
        ----------
        patch
            Number of the patch of each run, below 0 for what has none.
        columns
            Of the grid.

        Returns
        -------
        A row per patch, in the order of their numbers: one valid polygon each, holes and all.
        """
        from flexsite.kernel._scan import corners, outlines

        empty = np.empty(0, np.int32)
        count = corners(self.first, self.start, self.stop, patch, columns, empty, empty, np.empty(0, np.int64),
                        np.empty(0, np.int64))  # fmt: skip
        x, y = np.empty(count, np.int32), np.empty(count, np.int32)
        after, owner = np.empty(count, np.int64), np.empty(count, np.int64)
        if count:
            corners(self.first, self.start, self.stop, patch, columns, x, y, after, owner)
        order, ring, area = np.empty(count, np.int64), np.empty(count // 4 + 1, np.int64), np.empty(count // 4 + 1)
        rings = int(outlines(x, y, after, order, ring, area)) if count else 0
        ring = ring[: rings + 1] if count else np.zeros(1, np.int64)
        del after
        owners = owner[order[ring[:-1]]]
        sequence = np.lexsort((area[:rings] < 0, owners))  # per patch the ring around it, then its holes
        lengths = np.diff(ring)[sequence]
        closed = np.concatenate([[0], np.cumsum(lengths + 1)]).astype(np.int64)
        at = np.arange(closed[-1]) - np.repeat(closed[:-1], lengths + 1)
        at[closed[1:] - 1] = 0  # the last corner is the first again
        corner = order[at + np.repeat(ring[:-1][sequence], lengths + 1)]
        xy = np.column_stack([x[corner], -y[corner].astype(np.int64)]).astype(float)
        found = int(owners.max()) + 1 if rings else 0
        per_patch = np.bincount(owners, minlength=found)
        polygons = np.concatenate([[0], np.cumsum(per_patch[per_patch > 0])]).astype(np.int64)
        rows = np.concatenate([[0], np.cumsum(per_patch > 0)]).astype(np.int64)
        return Flat(xy, closed, polygons, rows)


__all__ = [
    "TOTALS",
    "Band",
    "Mask",
    "Runs",
    "Shares",
    "cells_entered",
    "centre_shares",
    "covered_shares",
    "raster_shares",
]
