"""Which boxes meet."""

from __future__ import annotations

import numpy as np

from flexsite.flat import Offsets
from flexsite.geometry import Floats


def pairs(ground_bounds: Floats, feature_bounds: Floats) -> tuple[Offsets, Offsets]:
    """Find all pairs of rows whose boxes overlap or touch.

    Parameters
    ----------
    ground_bounds, feature_bounds
        (N, 4) and (M, 4) minx, miny, maxx, maxy in metres, one CRS. A box with NaN or infinity meets nothing.

    Returns
    -------
    start, feature
        (N + 1,) and (K,): the rows of features that meet ground i, rising, are `feature[start[i]:start[i + 1]]`.

    Examples
    --------
    >>> start, feature = pairs(np.array([[0.0, 0, 2, 2], [9, 9, 10, 10]]), np.array([[2.0, 2, 3, 3], [1, 1, 20, 20]]))
    >>> start.tolist(), feature.tolist()
    ([0, 2, 3], [0, 1, 1])
    """
    from flexsite.kernel._grid import meet
    from flexsite.kernel._jit import plain

    ground, feature = (plain(np.reshape(some, (-1, 4)), np.float64) for some in (ground_bounds, feature_bounds))
    cells = 2 * (len(ground) + len(feature)) + 1024
    start, found = meet(ground, feature, _extent(ground), max(_typical(ground), _typical(feature)) or 1.0, cells)
    return start, found


# What follows chooses the grid, by a sample: results do not depend on it.
_SAMPLE, _FEW = 2_000, 500


def _sample(boxes: Floats, size: int) -> Floats:
    some: Floats = boxes[:: len(boxes) // size + 1]
    return some[np.isfinite(some).all(axis=1)]


def _typical(boxes: Floats) -> float:
    """Median of the longer sides."""
    some = _sample(boxes, _FEW)
    return float(np.median((some[:, 2:] - some[:, :2]).max(axis=1))) if len(some) else 0.0


def _extent(boxes: Floats) -> Floats:
    """Where nearly all of the boxes lie, however far the others are."""
    some = _sample(boxes, _SAMPLE)
    if not len(some):
        return np.zeros(4)
    some = np.sort(some, axis=0)
    beyond = len(some) // 1000
    low, high = some[beyond], some[-1 - beyond]
    return np.array([low[0], low[1], high[2], high[3]])
