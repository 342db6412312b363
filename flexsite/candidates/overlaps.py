"""Candidates that share ground: counted, and told."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.flat import Flat
from flexsite.geometry import Floats, Indices, intersection, rounded_area, spread
from flexsite.notices import Notices

_COMPILED_FROM = 50_000
"""Candidates from which compiled code looks for overlaps; what it finds does not depend on it."""
_ROWS = 200_000
"""Candidates looked at for overlaps at a time; results do not depend on it."""


def warn_overlaps(shapes: Flat, notices: Notices, kinds: NDArray[np.object_] | None = None) -> None:
    """Overlapping candidates count whole; say how many there are, of one kind and of different kinds.

    Parameters
    ----------
    kinds
        Of the candidates; None where all are of one.
    """
    left, right = _may_overlap(shapes)
    one, other = shapes.geometry(left), shapes.geometry(right)
    inner = ~np.asarray(spread(lambda *two: np.asarray(shapely.touches(*two)), one, other), dtype=bool)
    areas = rounded_area(intersection(one[inner], other[inner]))
    apart = np.zeros(len(areas), dtype=bool) if kinds is None else kinds[left[inner]] != kinds[right[inner]]
    count, hectares = _counted(areas[~apart])
    if count:
        notices.warn(
            "candidates_overlap", f"{count} pairs of candidates overlap ({hectares:.2f} ha); each counts whole"
        )
    count, hectares = _counted(areas[apart])
    if count:
        notices.warn(
            "kinds_overlap",
            f"{count} pairs of candidates of different kinds share ground ({hectares:.2f} ha): homes on a parcel and "
            "in the building on it may exclude each other, and are not to be added without a look",
        )


def _counted(areas: Floats) -> tuple[int, float]:
    """How many overlaps there are, and their hectares."""
    return int((areas > 0).sum()), float(areas.sum()) / 1e4


def _may_overlap(shapes: Flat) -> tuple[Indices, Indices]:
    """Pairs of candidates, the first row before the second, that may share ground; all that do are among them."""
    if len(shapes) >= _COMPILED_FROM:
        from flexsite.kernel import pairs
        from flexsite.kernel.overlapping import may_overlap

        start, met = pairs(shapes.bounds, shapes.bounds)
        found: list[tuple[Indices, Indices]] = []
        for first in range(0, len(shapes), _ROWS):
            rows = np.arange(first, min(first + _ROWS, len(shapes)))
            left = np.repeat(rows, np.diff(start[first : first + _ROWS + 1]))
            right = met[start[rows[0]] : start[rows[-1] + 1]]
            left, right = left[left < right], right[left < right]
            kept = may_overlap(shapes, left, right)
            found.append((left[kept], right[kept]))
        return np.concatenate([left for left, _ in found]), np.concatenate([right for _, right in found])
    geometry = shapes.geometry()
    if shapely.coverage_is_valid(shapely.get_parts(geometry)):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    left, right = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    return left[left < right], right[left < right]
