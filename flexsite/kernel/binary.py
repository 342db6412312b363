"""Flat polygons from and to well-known binary, without a geometry object between."""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from flexsite.flat import Flat, Offsets

Bytes = NDArray[np.uint8]


def from_wkb(data: Bytes, offsets: Offsets) -> Flat | None:
    """Polygons from little-endian WKB, or None where a row is something else.

    Parameters
    ----------
    data, offsets
        All rows one after the other, and (N + 1,) where each begins. Shells run counter-clockwise and holes clockwise,
        as `to_wkb` writes them.

    Examples
    --------
    >>> import shapely
    >>> squares = Flat.of(shapely.box([0, 5], 0, [2, 6], [2, 1]))
    >>> from_wkb(*to_wkb(squares)).area.tolist()
    [4.0, 1.0]
    """
    from flexsite.kernel._jit import plain
    from flexsite.kernel._wkb import decoded, sizes

    offsets = plain(offsets, np.int64)
    data = np.ascontiguousarray(data, np.uint8)[:]  # files are mostly read only, and too large to copy for that
    data.flags.writeable = False
    polygons, rings, vertices = sizes(data, offsets).tolist()
    if polygons < 0 or sys.byteorder != "little":
        return None
    flat = Flat(
        np.empty((vertices, 2)),
        np.zeros(rings + 1, np.int64),
        np.zeros(polygons + 1, np.int64),
        np.zeros(len(offsets), np.int64),
    )
    decoded(data, offsets, flat.xy.reshape(-1).view(np.uint8), flat.rings, flat.polygons, flat.rows)
    return flat


def to_wkb(flat: Flat) -> tuple[Bytes, Offsets]:
    """Little-endian WKB of all rows one after the other, and where each begins."""
    from flexsite.kernel._jit import plain
    from flexsite.kernel._wkb import encoded

    polygons = np.diff(flat.rows)
    rings = np.diff(flat.polygons[flat.rows])
    head = np.where(polygons == 1, 0, 9) + 9 * polygons
    sizes = head + 4 * rings + 16 * np.diff(flat.spans)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    data = np.empty(offsets[-1], np.uint8)
    coordinates = plain(flat.xy.astype("<f8", copy=False), np.float64).reshape(-1).view(np.uint8)
    rings_of, polygons_of, rows = (plain(one, np.int64) for one in (flat.rings, flat.polygons, flat.rows))
    encoded(coordinates, rings_of, polygons_of, rows, offsets, data)
    return data, offsets
