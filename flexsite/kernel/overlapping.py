"""Which polygons may overlap: most neighbours are told apart without an overlay."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from flexsite.flat import Flat, Offsets
from flexsite.geometry import WORKERS, Indices

_CHUNK = 65_536


def may_overlap(shapes: Flat, left: Indices | Offsets, right: Indices | Offsets) -> NDArray[np.bool_]:
    """Tell pairs of polygons that share no ground from those that may.

    Parameters
    ----------
    shapes
        Valid polygons, metres.
    left, right
        (K,) rows that make the pairs.

    Returns
    -------
    (K,) False where the insides of the two certainly have nothing in common; True where they do, and where a vertex
    of one lies so near to the boundary of the other, without being a vertex of it, that rounding may decide.

    Notes
    -----
    The boundary of ground that two polygons share is made of edges of one within the other and of edges that both run
    along in the same direction. Where an edge of one is an edge of the other the other way round, as between parcels,
    both lie outside each other, and it need not be looked at. Of the other edges, one that has only end points in
    common with the other polygon lies wholly within or wholly outside it, so that its middle tells which.

    Examples
    --------
    >>> import shapely
    >>> squares = Flat.of(shapely.box([0, 1, 1.5], 0, [1, 2, 3], [1, 1, 1]))
    >>> may_overlap(squares, np.array([0, 0, 1]), np.array([1, 2, 2])).tolist()
    [False, False, True]
    """
    from flexsite.kernel._jit import plain
    from flexsite.kernel._overlap import overlapping

    laid = (plain(shapes.xy, np.float64), plain(shapes.rings, np.int64), plain(shapes.polygons[shapes.rows], np.int64))
    boxes = plain(shapes.bounds, np.float64)
    one, other = plain(np.asarray(left), np.int64), plain(np.asarray(right), np.int64)
    # The same for a pair whatever pairs are beside it, so threads and chunks do not show.
    with ThreadPoolExecutor(WORKERS.get() or os.cpu_count() or 1) as pool:
        firsts = range(0, len(one), _CHUNK)
        found = pool.map(
            lambda first: overlapping(*laid, boxes, one[first : first + _CHUNK], other[first : first + _CHUNK]), firsts
        )
        return np.concatenate([np.empty(0, bool), *found])
