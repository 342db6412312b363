"""Polygons cut into light pieces, and clipped to boxes."""

from __future__ import annotations

import numpy as np

from flexsite.flat import Flat, Offsets
from flexsite.geometry import Floats


def cut(features: Flat, most_vertices: int = 64) -> tuple[Flat, Offsets]:
    """Cut heavy rows into pieces at fixed lines: multiples of 1000 m, then of 500 m, 250 m and so on down to a metre.

    Parameters
    ----------
    features
        Polygons, metres.
    most_vertices
        At least 8. Rows with more are cut until their pieces have no more, or lie between lines a metre apart.

    Returns
    -------
    pieces, owner
        The pieces, as rows in the order of the rows they come from, and (n,) that row. Light rows pass unchanged. All
        rings of a piece are kept as one polygon and may run back and forth along the lines: `combine` counts
        windings and needs no more, but a piece is no valid geometry.

    Raises
    ------
    ValueError
        Fewer than 8 vertices: cutting would not end before the finest lines.

    Notes
    -----
    Sutherland and Hodgman, Reentrant polygon clipping (1974), per ring and line.

    Examples
    --------
    >>> import shapely
    >>> lake = Flat.of(shapely.buffer(shapely.points([[1000, 750]]), 100, quad_segs=32))
    >>> pieces, owner = cut(lake)
    >>> owner.tolist(), bool(abs(pieces.area.sum() - lake.area[0]) < 1e-6)
    ([0, 0, 0, 0], True)
    """
    from flexsite.kernel._jit import plain
    from flexsite.kernel._knife import cut as cut_rings

    if most_vertices < 8:
        raise ValueError("pieces of fewer than 8 vertices are not made")
    xy, rings, polygons, rows, owner = cut_rings(
        plain(features.xy, np.float64), *_offsets(features), int(most_vertices)
    )
    return Flat(xy, rings, polygons, rows), owner


def clip(features: Flat, row: Offsets, box: Floats) -> Flat:
    """Clip rows to boxes.

    Parameters
    ----------
    features
        Polygons, metres.
    row
        (K,) rows of them, in any order; a row may be asked many times.
    box
        (K, 4) minx, miny, maxx, maxy, metres.

    Returns
    -------
    Flat
        K rows, oriented as those of `features`. A row within its box is unchanged, one beyond it without polygons.
        Where a ring leaves its box more than once, the result may run along the sides of the box twice: it is exact
        for overlays with what lies within the box and does not reach its sides, but need not be valid.

    Notes
    -----
    Sutherland and Hodgman, as `cut`. Runs of vertices beyond one side of the box are passed over whole.

    Examples
    --------
    >>> import shapely
    >>> clip(Flat.of(shapely.box([0], [0], [9], [9])), np.array([0]), np.array([[5.0, -1, 7, 20]])).bounds.tolist()
    [[5.0, 0.0, 7.0, 9.0]]
    """
    from flexsite.kernel._jit import plain
    from flexsite.kernel._knife import clip as clip_rings

    if len(row) != len(box):
        raise ValueError("a box per row is needed")
    if len(row) and (np.min(row) < 0 or np.max(row) >= len(features)):
        raise ValueError("a row that does not exist was asked")
    order = np.argsort(row, kind="stable")
    result = Flat(
        *clip_rings(
            plain(features.xy, np.float64),
            *_offsets(features),
            plain(np.asarray(row)[order], np.int64),
            plain(np.reshape(box, (-1, 4))[order], np.float64),
        )
    )
    if (order[1:] > order[:-1]).all():
        return result
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return result.take(back)


def _offsets(flat: Flat) -> tuple[Offsets, Offsets, Offsets]:
    from flexsite.kernel._jit import plain

    return plain(flat.rings, np.int64), plain(flat.polygons, np.int64), plain(flat.rows, np.int64)
