"""Fingerprints of rows, to find again what was computed for them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from flexsite.flat import Flat, Offsets

Prints: TypeAlias = NDArray[np.uint64]
"""(N, 2) 128 bits per row."""


def fingerprints(flat: Flat) -> Prints:
    """Hash the content of each row: how many polygons, rings and vertices it has, and the coordinates bit by bit.

    -0.0 equals 0.0. The same on every machine. Nothing of it is secret: it tells accidents apart, not attacks.

    Examples
    --------
    >>> import shapely
    >>> one, two, three = fingerprints(Flat.of(shapely.box([0, 0, -0.0], 0, [1, 2, 1], 1))).tolist()
    >>> one == two, one == three
    (False, True)
    """
    from flexsite.kernel._hash import prints
    from flexsite.kernel._jit import plain

    return prints(
        plain(flat.xy, np.float64).view(np.uint64),
        plain(flat.rings, np.int64),
        plain(flat.polygons, np.int64),
        plain(flat.rows, np.int64),
    )


def mix(own: Prints, start: Offsets, feature: Offsets, keys: Prints) -> Prints:
    """Hash the print of each row together with those of its features, in their order.

    Parameters
    ----------
    own
        (N, 2) print of each row.
    start, feature
        The features of each row, as `pairs` returns them.
    keys
        (M, 2) print of each feature.

    Returns
    -------
    (N, 2) prints.

    Examples
    --------
    >>> keys = np.array([[1, 2], [3, 4]], dtype=np.uint64)
    >>> two = mix(keys, np.array([0, 1, 3]), np.array([0, 0, 1]), keys)
    >>> bool((two[0] == mix(keys[:1], np.array([0, 1]), np.array([0]), keys)).all())
    True
    """
    from flexsite.kernel._hash import mixed
    from flexsite.kernel._jit import plain

    return mixed(plain(own, np.uint64), plain(start, np.int64), plain(feature, np.int64), plain(keys, np.uint64))
