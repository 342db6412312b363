"""Exact shares of cells under polygons: what lies on each polygon, and how much of each cell lies under any."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from flexsite.flat import Flat, Offsets
from flexsite.geometry import WORKERS, Floats, Indices

Transform = tuple[float, float, float, float, float, float]
"""a, b, c, d, e, f: column = a * x + b * y + c, row = d * x + e * y + f."""
UNKNOWN = 255
"""Code of a cell that is left out of `shares_by_code`."""
_CHUNK = 4096
"""Rows that one thread takes at a time."""
_NATIVE = (np.uint8, np.float32)
"""Kinds of values that are not copied to float64 first."""


def statistics(
    shapes: Flat, inverse: Transform, values: NDArray[np.generic], valid: NDArray[np.bool_], trifle: Floats
) -> Floats:
    """Sum of value * share, sum of shares, smallest and largest value on each row of `shapes`.

    Parameters
    ----------
    shapes
        N rows of polygons.
    inverse
        From their coordinates to columns and rows of the raster.
    values, valid
        (H, W) what each cell is worth, and whether it counts.
    trifle
        (N,) share of a cell up to which an overlap is no smallest or largest value.

    Returns
    -------
    (N, 4); shares are of a cell, exact by Green's theorem. No row depends on another.
    """
    from flexsite.kernel._cover import weigh
    from flexsite.kernel._jit import plain

    known = plain(values, values.dtype.type if values.dtype.type in _NATIVE else np.float64)
    mask, least, result = plain(valid, np.bool_), plain(trifle, np.float64), np.empty((len(shapes), 4))
    _spread(lambda first, end: weigh(*arrays(shapes), first, end, np.array(inverse), known, mask, least, result),
            len(shapes))  # fmt: skip
    return result


def shares_by_code(shapes: Flat, inverse: Transform, codes: NDArray[np.uint8], count: int) -> Floats:
    """(N, count) sum of the shares of cells per code under each row of `shapes`; codes `UNKNOWN` are left out.

    Parameters are those of `statistics`; `codes` is (H, W), below `count` or `UNKNOWN`.
    """
    from flexsite.kernel._cover import tally
    from flexsite.kernel._jit import plain

    known, result = plain(codes, np.uint8), np.zeros((len(shapes), count))
    _spread(lambda first, end: tally(*arrays(shapes), first, end, np.array(inverse), known, result), len(shapes))
    return result


def band_sums(
    shapes: Flat, wanted: Indices, inverse: Transform, top: int, rows: int, columns: int
) -> tuple[Floats, NDArray[np.uint8]]:
    """Signed areas in a band of a grid, and boundaries per cell.

    Parameters
    ----------
    shapes, wanted
        Polygons, and the rows of them that may reach the band.
    inverse
        From their coordinates to columns and rows of the grid.
    top, rows, columns
        Where the band begins, and its size.

    Returns
    -------
    sums, count
        (rows, columns + 1): summed along each row they are the share of each cell under the polygons, where several
        overlap counted as often; (rows, columns): how many polygons have a boundary inside each cell, at most 255.
    """
    from flexsite.kernel._cover import accumulate

    sums, count = np.zeros((rows, columns + 1)), np.zeros((rows, columns), np.uint8)
    if len(wanted):
        last = np.full((rows, columns), -1, np.int32)
        accumulate(*arrays(shapes), np.ascontiguousarray(wanted, np.int64), np.array(inverse), top, sums, last, count)
    return sums, count


def arrays(shapes: Flat) -> tuple[Floats, Offsets, Offsets, Offsets]:
    """Coordinates and offsets as compiled functions take them."""
    from flexsite.kernel._jit import plain

    rings, polygons, rows = (plain(some, np.int64) for some in (shapes.rings, shapes.polygons, shapes.rows))
    return plain(shapes.xy, np.float64), rings, polygons, rows


def _spread(work: Callable[[int, int], None], count: int) -> None:
    """Work on ranges of rows in threads."""
    if not count:
        return
    with ThreadPoolExecutor(WORKERS.get() or os.cpu_count() or 1) as pool:
        for done in [pool.submit(work, first, min(first + _CHUNK, count)) for first in range(0, count, _CHUNK)]:
            done.result()


__all__ = ["UNKNOWN", "Transform", "arrays", "band_sums", "shares_by_code", "statistics"]
