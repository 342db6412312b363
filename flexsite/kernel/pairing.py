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
    start, found = meet(ground, feature, _typical(ground, feature), 2 * (len(ground) + len(feature)) + 1024)
    return start, found


def _typical(*boxes: Floats) -> float:
    """Side of the smallest grid cells; results do not depend on it."""
    sides = [0.0]
    for some in boxes:
        with np.errstate(invalid="ignore"):
            size = np.maximum(some[:, 2] - some[:, 0], some[:, 3] - some[:, 1])
        size = size[np.isfinite(size)]
        sides.append(float(np.median(size)) if len(size) else 0.0)
    return max(sides) or 1.0
