"""Flat polygons from and to well-known binary, without a geometry object between."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

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
    return from_chunks([(data, offsets)], map)


def from_chunks(chunks: Sequence[tuple[Bytes, Offsets]], each: Callable[..., Iterable[Any]]) -> Flat | None:
    """The same of several chunks, one after the other.

    Parameters
    ----------
    each
        Runs a function on every chunk: `map`, or that of a pool. Nothing is copied after it, so that chunks beside each
        other take as long as the largest.
    """
    from flexsite.kernel._jit import plain
    from flexsite.kernel._wkb import decoded, sizes

    read = [(_shut(data), plain(offsets, np.int64)) for data, offsets in chunks]
    counts = np.array(list(each(lambda one: sizes(*one), read)), dtype=np.int64).reshape(-1, 3)
    if (counts < 0).any() or sys.byteorder != "little":
        return None
    ends = np.zeros((len(read) + 1, 4), dtype=np.int64)
    ends[1:, 0] = np.cumsum([len(offsets) - 1 for _, offsets in read])
    ends[1:, 1:] = counts.cumsum(axis=0)
    rows, polygons, rings, vertices = ends[-1].tolist()
    flat = Flat(np.empty((vertices, 2)), *(np.zeros(size + 1, np.int64) for size in (rings, polygons, rows)))

    def fill(place: int) -> None:
        row, polygon, ring, vertex = (slice(low, high + 1) for low, high in ends[place : place + 2].T.tolist())
        xy = flat.xy[vertex.start : vertex.stop - 1]
        own = [np.zeros(part.stop - part.start, np.int64) for part in (ring, polygon, row)]
        decoded(*read[place], xy.reshape(-1).view(np.uint8), *own)
        for whole, part, one, before in (
            (flat.rings, ring, own[0], vertex.start),
            (flat.polygons, polygon, own[1], ring.start),
            (flat.rows, row, own[2], polygon.start),
        ):
            whole[part.start + 1 : part.stop] = one[1:] + before

    for _ in each(fill, range(len(read))):
        pass
    return flat


def _shut(data: Bytes) -> Bytes:
    """Bytes that cannot be written: files mostly cannot, and are too large to copy for that."""
    data = np.ascontiguousarray(data, np.uint8)[:]
    data.flags.writeable = False
    return data


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
