"""Area per combination of footprints."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flexsite.flat import Flat, Offsets
from flexsite.geometry import Floats

_CROWDED = 1e-6
"""Square metres of overlap between features below which it is rounding, as areas are exact to that."""


class Combinations(NamedTuple):
    """How much of each row of ground lies under which footprints.

    Attributes
    ----------
    row
        (C,) rising row of the ground.
    mask
        (C,) rising within a row; bit k is set where footprint k lies. 0 is ground under none.
    area
        (C,) square metres, above zero.
    crowded
        (N,) whether features overlap each other somewhere within the box of the row, by more than 1e-6 m2.
    start_area
        (N,) square metres of the whole row: the sum over its masks.
    """

    row: Offsets
    mask: NDArray[np.uint64]
    area: Floats
    crowded: NDArray[np.bool_]
    start_area: Floats


def combine(ground: Flat, features: Flat, bit: NDArray[np.uint8], start: Offsets, feature: Offsets) -> Combinations:
    """Measure every row of ground per combination of footprints over it.

    A point lies in a row, or under a footprint, where the rings wind around it more than zero times; the windings of
    all features of one footprint add up, so that ground under two of them counts once. Invalid rings thus have a
    meaning, and nothing can fail.

    Parameters
    ----------
    ground, features
        Polygons in one CRS, metres.
    bit
        (M,) the footprint, 0 to 63, that each feature belongs to.
    start, feature
        The features that may lie on each row, as `pairs` returns them.

    Returns
    -------
    Combinations
        Exact to 1e-6 m2. What is returned for a row depends on that row and its features alone.

    Raises
    ------
    ValueError
        A bit above 63, or arrays that do not fit each other.

    Notes
    -----
    A plane sweep over horizontal slabs (Preparata and Shamos, Computational Geometry, 1985, chapter 7): slabs end
    where an edge begins, ends or crosses another.

    Examples
    --------
    >>> import shapely
    >>> from flexsite.kernel import pairs
    >>> ground = Flat.of(shapely.box([0], [0], [10], [10]))
    >>> features = Flat.of(shapely.box([-5, 0], [0, 0], [4, 10], [10, 3]))
    >>> found = combine(ground, features, np.array([0, 1], np.uint8), *pairs(ground.bounds, features.bounds))
    >>> found.mask.tolist(), found.area.tolist(), found.crowded.tolist()
    ([0, 1, 2, 3], [42.0, 28.0, 18.0, 12.0], [True])
    """
    from flexsite.kernel._jit import plain
    from flexsite.kernel._slab import combinations

    if len(bit) != len(features) or len(start) != len(ground) + 1:
        raise ValueError("a bit per feature and a start per row of ground are needed")
    if len(bit) and int(np.max(bit)) > 63:
        raise ValueError("a mask has room for 64 footprints")
    if len(feature) and (np.min(feature) < 0 or np.max(feature) >= len(features)):
        raise ValueError("a pair names a feature that does not exist")
    row, mask, area, overlap, own = combinations(
        *_laid(ground), *_laid(features), plain(bit, np.int64), plain(start, np.int64), plain(feature, np.int64)
    )
    return Combinations(row, mask, area, overlap > _CROWDED, own)


def _laid(flat: Flat) -> tuple[Floats, Offsets, Offsets]:
    """Coordinates, where rings begin in them, and where rows begin in the rings."""
    from flexsite.kernel._jit import plain

    return plain(flat.xy, np.float64), plain(flat.rings, np.int64), plain(flat.polygons[flat.rows], np.int64)
