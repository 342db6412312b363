"""Polygons and columns as compact bytes, and back.

Positions are whole steps of the web mercator square cut in 2^26 (0.6 m at the
equator, 0.36 m of ground at 52.5 degrees north), y downwards, as Leaflet's pixels
at zoom 18. A block of polygons is

    u32 features, u32 rings, u32 vertices, u32 width     little-endian
    varint per feature: its number of rings
    varint per ring: its number of vertices              (unclosed)
    u8 per ring: the class of its longest step
    four planes: zigzag steps in x and y of every first vertex from that of the ring before
    `width` planes: zigzag steps in x and y of every other vertex from the one before it, rings of a low class first

Steps of rings of about the same size lie together, as they compress better so. A plane
holds one byte of every number, the lowest byte first: steps are mostly short, so that
the higher planes are zeros, which compress away. Rings of all parts of a feature follow
each other; exterior rings turn one way, holes the other, so that both the non-zero and
the even-odd rule fill them right.
"""

from __future__ import annotations

import base64
import gzip
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

BITS = 26
WORLD = 1 << BITS
HALF_EQUATOR = 20037508.342789244  # metres in EPSG:3857

_CLASSES = np.array([int(2 ** (half / 2)) for half in range(64)], dtype=np.uint32)  # by steps of the square root of 2

Bytes = NDArray[np.uint8]
Place = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Rings:
    """Decoded polygons.

    The rings of feature i are `ring[i]:ring[i + 1]`, the vertices of ring r `xy[vertex[r]:vertex[r + 1]]`.
    """

    ring: NDArray[np.int64]
    vertex: NDArray[np.int64]
    xy: NDArray[np.int64]


def to_units(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Web mercator metres (n, 2) as units of the 2^26 square, y downwards."""
    scale = WORLD / (2 * HALF_EQUATOR)
    return np.column_stack(((xy[:, 0] + HALF_EQUATOR) * scale, (HALF_EQUATOR - xy[:, 1]) * scale))


def to_mercator(units: NDArray[Any]) -> NDArray[np.float64]:
    """Units of the 2^26 square (n, 2) as web mercator metres."""
    scale = 2 * HALF_EQUATOR / WORLD
    return np.column_stack((units[:, 0] * scale - HALF_EQUATOR, HALF_EQUATOR - units[:, 1] * scale))


def zigzag(values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Signed integers as unsigned ones, small magnitudes first: 0, -1, 1, -2, 2."""
    return ((values << 1) ^ (values >> 63)).astype(np.uint64)


def varint(values: NDArray[np.uint64]) -> bytes:
    """Unsigned integers below 2^35 in little-endian groups of seven bits."""
    length = np.ones(len(values), dtype=np.int64)
    for shift in (7, 14, 21, 28):
        length += (values >> np.uint64(shift)) > 0
    start = np.concatenate(([0], np.cumsum(length)))
    out = np.zeros(start[-1], dtype=np.uint8)
    for place in range(5):
        has = length > place
        group = ((values[has] >> np.uint64(7 * place)) & np.uint64(127)).astype(np.uint8)
        group |= np.where(length[has] > place + 1, 128, 0).astype(np.uint8)
        out[start[:-1][has] + place] = group
    return out.tobytes()


def read_varint(data: bytes) -> NDArray[np.uint64]:
    """All integers of a varint stream."""
    raw = np.frombuffer(data, dtype=np.uint8)
    last = raw < 128
    number = np.concatenate(([0], np.cumsum(last)[:-1]))
    begin = np.concatenate(([0], np.flatnonzero(last)[:-1] + 1))
    place = np.arange(len(raw)) - begin[number]
    groups = (raw & 127).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.add.reduceat(groups, begin) if len(raw) else np.zeros(0, dtype=np.uint64)


def encode_polygons(geometry: NDArray[Any], place: Place = to_units) -> bytes:
    """A block of polygons or multipolygons.

    Empty and missing geometries keep their place, with no ring. Neighbouring vertices
    that fall on the same step are one; a ring keeps at least one vertex.

    Parameters
    ----------
    place
        From coordinates (n, 2) of the geometries to units of the 2^26 square; left out, they are in
        web mercator metres (EPSG:3857).
    """
    polygon, feature = shapely.get_parts(geometry, return_index=True)
    kept = (shapely.get_type_id(polygon) == 3) & ~shapely.is_empty(polygon)
    polygon, feature = polygon[kept], feature[kept]
    if len(polygon):
        _, xy, offsets = shapely.to_ragged_array(polygon, include_z=False)
        ring, part = (found.astype(np.int64) for found in offsets)
    else:
        xy, ring, part = np.zeros((0, 2)), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    size = np.diff(ring) - 1  # the last vertex of a ring is its first
    owner = np.repeat(np.arange(len(size)), size)
    begin = np.concatenate(([0], np.cumsum(size)))[:-1]
    units = np.rint(place(np.delete(xy, ring[1:] - 1, axis=0))).astype(np.int64)
    units = units[_turned(units, begin, size, owner, part)]
    new = np.ones(len(units), dtype=bool)
    new[1:] = (units[1:] != units[:-1]).any(axis=1)
    new[begin] = True
    first = np.zeros(len(units), dtype=bool)
    first[begin] = True
    units, owner, first = units[new], owner[new], first[new]
    step = np.diff(units, axis=0, prepend=0)
    step[first] = np.diff(units[first], axis=0, prepend=0)
    starts = zigzag(step[first].reshape(-1)).astype(np.uint32)
    steps = zigzag(step[~first]).astype(np.uint32)
    longest = np.zeros(len(size), dtype=np.uint32)
    np.maximum.at(longest, owner[~first], steps.max(axis=1, initial=0))
    group = np.searchsorted(_CLASSES, longest, side="right").astype(np.uint8)
    steps = steps[np.argsort(group[owner[~first]], kind="stable")].reshape(-1)
    width = (int(steps.max(initial=1)).bit_length() + 7) // 8
    ring_count = np.bincount(np.repeat(feature, np.diff(part)), minlength=len(geometry)).astype(np.uint64)
    vertex_count = np.bincount(owner, minlength=len(size)).astype(np.uint64)
    head = struct.pack("<IIII", len(geometry), len(size), len(units), width)
    counts = varint(ring_count) + varint(vertex_count) + group.tobytes()
    return head + counts + shuffle(starts) + shuffle(steps)[: width * len(steps)]


def _turned(
    units: NDArray[np.int64],
    begin: NDArray[np.int64],
    size: NDArray[np.int64],
    owner: NDArray[np.int64],
    part: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Places of the vertices with exterior rings turned one way and holes the other."""
    at = np.arange(len(units))
    if not len(units):
        return at
    beside = units - units[begin][owner]  # small numbers, so that the products are exact
    after = at + 1
    after[begin + size - 1] = begin
    cross = beside[:, 0] * beside[after, 1] - beside[after, 0] * beside[:, 1]
    outer = np.zeros(len(size), dtype=bool)
    outer[part[:-1]] = True
    wrong = (np.add.reduceat(cross, begin) > 0) != outer
    mirrored = (2 * begin + size - 1)[owner] - at
    return np.where(wrong[owner], mirrored, at)


def decode_polygons(block: bytes) -> Rings:
    """The inverse of `encode_polygons`, up to the rounding to whole steps."""
    features, rings, vertices, width = struct.unpack_from("<IIII", block)
    rest = 2 * (vertices - rings)
    split = len(block) - 8 * rings - width * rest
    counts = read_varint(block[16 : split - rings]).astype(np.int64)
    group = np.frombuffer(block[split - rings : split], dtype=np.uint8)
    ring = np.concatenate(([0], np.cumsum(counts[:features])))
    vertex = np.concatenate(([0], np.cumsum(counts[features:])))
    first = vertex[:-1]
    steps = np.zeros((vertices, 2), dtype=np.int64)
    other = np.ones(vertices, dtype=bool)
    other[first] = False
    turn = np.argsort(np.repeat(group, np.diff(vertex) - 1), kind="stable")
    steps[np.flatnonzero(other)[turn]] = _unplane(block[split + 8 * rings :], rest, width)
    anchor = np.cumsum(_unplane(block[split : split + 8 * rings], 2 * rings, 4), axis=0)
    path = np.cumsum(steps, axis=0)
    per_vertex = np.repeat(np.arange(rings), np.diff(vertex))
    return Rings(ring, vertex, path - path[first][per_vertex] + anchor[per_vertex])


def _unplane(data: bytes, count: int, width: int) -> NDArray[np.int64]:
    """Pairs of signed steps from planes of zigzag numbers."""
    planes = np.frombuffer(data, dtype=np.uint8).reshape(width, count).astype(np.int64)
    numbers = sum((planes[k] << (8 * k) for k in range(width)), np.zeros(count, dtype=np.int64))
    return ((numbers >> 1) ^ -(numbers & 1)).reshape(-1, 2)


def shuffle(values: NDArray[Any]) -> bytes:
    """Little-endian numbers with their bytes regrouped by place value, which compresses better."""
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    if little.itemsize == 1:
        return little.tobytes()
    return np.ascontiguousarray(little.view(np.uint8).reshape(len(little), little.itemsize).T).tobytes()


def pack(data: bytes) -> str:
    """Gzip without a time stamp, as base64: inert in HTML, in scripts and in templates."""
    return base64.b64encode(gzip.compress(data, compresslevel=7, mtime=0)).decode("ascii")
