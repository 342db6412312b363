"""Well-known binary of polygons, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from flexsite.kernel._jit import Array, entry, inner

_HEAD = 5  # byte order and type
_COUNT = 4


@inner
def _word(data: Array, at: int) -> Any:
    return (
        np.int64(data[at]) | np.int64(data[at + 1]) << 8 | np.int64(data[at + 2]) << 16 | np.int64(data[at + 3]) << 24
    )


@entry
def sizes(data: Array, offsets: Array) -> Array:
    """Polygons, rings and vertices in all rows; -1 where a row is no flat little-endian polygon or multipolygon."""
    total = np.zeros(3, np.int64)
    for row in range(len(offsets) - 1):
        at, end = offsets[row], offsets[row + 1]
        if end - at < _HEAD + _COUNT or data[at] != 1:
            total[0] = -1
            return total
        kind = _word(data, at + 1)
        polygons = 1
        if kind == 6:
            polygons = _word(data, at + _HEAD)
            at += _HEAD + _COUNT
        elif kind != 3:
            total[0] = -1
            return total
        for _ in range(polygons):
            if end - at < _HEAD + _COUNT or data[at] != 1 or _word(data, at + 1) != 3:
                total[0] = -1
                return total
            rings = _word(data, at + _HEAD)
            at += _HEAD + _COUNT
            total[0] += 1 if rings > 0 else 0
            total[1] += rings
            for _ring in range(rings):
                if end - at < _COUNT:
                    total[0] = -1
                    return total
                vertices = _word(data, at)
                at += _COUNT + 16 * vertices
                total[2] += vertices
        if at != end:
            total[0] = -1
            return total
    return total


@entry
def decoded(data: Array, offsets: Array, xy: Array, rings: Array, polygons: Array, rows: Array) -> None:
    """Fill the arrays of flat polygons; `xy` are bytes, 16 to a vertex. `sizes` has seen that the rows are sound."""
    polygon, ring, vertex = 0, 0, 0
    for row in range(len(offsets) - 1):
        at = offsets[row]
        count = 1
        if _word(data, at + 1) == 6:
            count = _word(data, at + _HEAD)
            at += _HEAD + _COUNT
        for _ in range(count):
            inside = _word(data, at + _HEAD)
            at += _HEAD + _COUNT
            for _ring in range(inside):
                vertices = _word(data, at)
                at += _COUNT
                for place in range(16 * vertices):
                    xy[16 * vertex + place] = data[at + place]
                at += 16 * vertices
                vertex += vertices
                ring += 1
                rings[ring] = vertex
            if inside > 0:
                polygon += 1
                polygons[polygon] = ring
        rows[row + 1] = polygon


@inner
def _put(data: Array, at: int, value: int) -> None:
    for byte in range(4):
        data[at + byte] = (value >> (8 * byte)) & 255


@entry
def encoded(xy: Array, rings: Array, polygons: Array, rows: Array, offsets: Array, data: Array) -> None:
    """Fill the bytes of every row; `xy` are bytes, 16 to a vertex, and `offsets` where each row begins."""
    for row in range(len(rows) - 1):
        at = offsets[row]
        first, last = rows[row], rows[row + 1]
        if last - first > 1:
            data[at] = 1
            _put(data, at + 1, 6)
            _put(data, at + _HEAD, last - first)
            at += _HEAD + _COUNT
        elif last == first:
            data[at] = 1
            _put(data, at + 1, 3)
            _put(data, at + _HEAD, 0)
        for polygon in range(first, last):
            data[at] = 1
            _put(data, at + 1, 3)
            _put(data, at + _HEAD, polygons[polygon + 1] - polygons[polygon])
            at += _HEAD + _COUNT
            for ring in range(polygons[polygon], polygons[polygon + 1]):
                vertices = rings[ring + 1] - rings[ring]
                _put(data, at, vertices)
                at += _COUNT
                for place in range(16 * vertices):
                    data[at + place] = xy[16 * rings[ring] + place]
                at += 16 * vertices
