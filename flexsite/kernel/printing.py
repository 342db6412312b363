"""Fingerprints of what lies within boxes, to find again what was computed there."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from flexsite.flat import Flat, Offsets
from flexsite.geometry import Floats

Prints: TypeAlias = NDArray[np.uint64]
"""(N, 2) 128 bits per row."""


def seen(
    boxes: Floats, features: Flat, start: Offsets, feature: Offsets, part: Offsets, keys: Prints, parts: int
) -> Prints:
    """Hash, box by box, what its features are there: all that `combine` and `clip` can tell of them within it.

    A feature counts by its edges whose own boxes meet the box, bit by bit, and by how often its other edges wind
    around the box. One that only passes by is nothing; all that cover the box whole are alike. The same on every
    machine. Nothing of it is secret: it tells accidents apart, not attacks.

    Parameters
    ----------
    boxes
        (N, 4) minx, miny, maxx, maxy, metres.
    start, feature
        The features that may lie in each box, as `pairs` returns them.
    part, keys
        (M,) the part that each feature belongs to, below `parts`, and (M, 2) what else must be alike of it.

    Returns
    -------
    (N, parts, 2) words, of the features of a box in their order; zeros where none of the part lies in the box.

    Notes
    -----
    Two runs of edges from one point to another, both beyond the box, differ by a closed path that winds around all
    of the box alike: that number and the edges at the box tell everything within.

    Examples
    --------
    A lake that grows looks the same from its middle and from far away:

    >>> import shapely
    >>> boxes = np.array([[4.0, 4, 5, 5], [8, 8, 12, 12], [30, 30, 31, 31]])
    >>> lakes = [Flat.of(shapely.box([0], [0], [size], [size])) for size in (10, 20)]
    >>> all_of_it = np.array([0, 1, 2, 3]), np.zeros(3, int), np.zeros(1, int), np.ones((1, 2), np.uint64), 1
    >>> small, large = (seen(boxes, lake, *all_of_it)[:, 0] for lake in lakes)
    >>> (small == large).all(axis=1).tolist(), small.any(axis=1).tolist()
    ([True, False, True], [True, True, False])
    """
    from flexsite.kernel._hash import seen as hashed
    from flexsite.kernel._jit import plain

    xy = plain(features.xy, np.float64)
    return hashed(
        plain(boxes, np.float64),
        xy,
        xy.view(np.uint64),
        plain(features.rings, np.int64),
        plain(features.polygons[features.rows], np.int64),
        plain(start, np.int64),
        plain(feature, np.int64),
        plain(part, np.int64),
        plain(keys, np.uint64),
        parts,
    )
