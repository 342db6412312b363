"""Straight segments near many points and polygons at once."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.access.streets.model import FloatArray, IntArray
from flexsite.flat import Flat

_PER_CELL = 2  # segments in a cell, about
_SHORTEST = 15.0  # metres
_BLOCK, _STRIPE = 1000.0, 100.0  # metres


class Nearby:
    """Segments in a grid.

    Parameters
    ----------
    begin, step
        (n, 2) where each begins and how far it goes, metres.
    edge
        (n,) the edge each belongs to, by which ties are decided.
    """

    def __init__(self, begin: FloatArray, step: FloatArray, edge: IntArray) -> None:
        from flexsite.access.entering._nearby import arranged
        from flexsite.kernel._jit import plain

        self._extent = _extent(begin)
        width, height = self._extent[2:] - self._extent[:2]
        cell = float(np.sqrt(max(width * height, 1.0) * _PER_CELL / max(len(begin), 1)))
        cell = max(cell, width / 1e4, height / 1e4, 1.0)
        self._grid = arranged(plain(begin, np.float64), plain(step, np.float64), self._extent, cell)
        self._edge = plain(edge, np.int64)

    def to_points(self, xy: FloatArray, most: float) -> IntArray:
        """(k,) the segment nearest to each point (k, 2) within `most` metres, or -1.

        Of segments whose distances are equal to 1e-8 m the first edge counts, and of that the first segment.
        """
        from flexsite.access.entering._nearby import nearest
        from flexsite.kernel._jit import plain

        # points near one another look at the same cells
        order = np.lexsort((xy[:, 0] // _BLOCK, xy[:, 1] // _STRIPE))
        answer = np.empty(len(xy), np.int64)
        answer[order] = nearest(*self._grid, self._edge, self._extent, plain(xy[order], np.float64), reaches(most))
        return answer

    def to_polygons(self, polygons: NDArray[np.object_], most: float) -> tuple[IntArray, IntArray]:
        """Rows of polygons and the segments that may be nearest to them within `most` metres.

        All segments that are as near as the nearest are among them, and those hardly farther.
        """
        from flexsite.access.entering._nearby import beside
        from flexsite.kernel._jit import plain

        flat = Flat.of(polygons)
        corners = (plain(flat.xy, np.float64), plain(flat.rings, np.int64), plain(flat.polygons[flat.rows], np.int64))
        box = plain(shapely.bounds(polygons), np.float64)
        start, found = beside(*self._grid, self._extent, *corners, box, reaches(most))
        return np.repeat(np.arange(len(polygons)), np.diff(start)), found


def reaches(most: float) -> FloatArray:
    """Metres that a search reaches, one after the other, up to `most`: most streets are near.

    Examples
    --------
    >>> reaches(100.0).tolist()
    [15.0, 30.0, 60.0, 100.0]
    """
    steps = int(max(np.ceil(np.log2(max(most, _SHORTEST) / _SHORTEST)), 0))
    return np.append(_SHORTEST * 2.0 ** np.arange(steps), most)


def _extent(begin: FloatArray) -> FloatArray:
    """Where nearly all segments begin, however far the others are; answers do not depend on it."""
    if not len(begin):
        return np.zeros(4)
    some = begin[:: len(begin) // 10_000 + 1]
    return np.concatenate(np.quantile(some, [0.001, 0.999], axis=0))
