"""Ways of a large `.osm.pbf`, without an object for each: twenty times as fast as asking libosmium from Python.

Follows the OSM wiki page "PBF Format". What this does not read (history, locations on ways, other compression) is left
to libosmium.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from flexsite.access.readers.tags import KEYS, SELECTING
from flexsite.access.readers.ways import NOWHERE, Ways
from flexsite.access.streets.model import IntArray

MANY_BYTES = 4_000_000
"""Size of a file from which the compiled way pays for the time it takes to load."""
_MOST_HEADER, _MOST_BLOCK = 64 * 1024, 32 * 1024 * 1024  # of the format
_FEATURES = {b"OsmSchema-V0.6", b"DenseNodes"}
_WORKERS = 4


class Unfamiliar(Exception):
    """What this module does not read; libosmium may, or will say what is wrong."""


@dataclass(frozen=True)
class _Found:
    """What one block has: whether nodes, and of its ways ids, sizes, nodes, row in `tags`, and these."""

    nodes: bool
    way_id: IntArray
    size: IntArray
    ref: IntArray
    tag_set: IntArray
    tags: list[dict[str, str]]


def read_ways(path: Path) -> Ways:
    """Ways with a tag that may make them a street, with the tags that `tags.permission` asks for.

    The file is read twice: first the ways, then the nodes they have; so memory holds these nodes only.

    Raises
    ------
    Unfamiliar
        The file is of a kind that is not read here, or damaged.
    OSError
        It cannot be read.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _ways(data)
    except (ValueError, IndexError, KeyError, struct.error, zlib.error) as error:
        raise Unfamiliar(str(error)) from error


def _ways(data: mmap.mmap) -> Ways:
    blobs = list(_blobs(data))
    words = [word.encode() for word in (*SELECTING, *sorted(set(KEYS) - set(SELECTING)))]
    bounds = np.concatenate([[0], np.cumsum([len(word) for word in words])]).astype(np.int64)
    spelled = np.frombuffer(b"".join(words), np.uint8).copy()
    names = [word.decode() for word in words]
    with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        found = list(pool.map(partial(_ways_of, data, spelled, bounds, names), blobs))
        tags, rows = _distinct(found)
        ref = _joined([one.ref for one in found])
        node_id, node = np.unique(ref, return_inverse=True)
        xy = np.full((len(node_id), 2), NOWHERE, np.int64)
        with_nodes = [blob for blob, one in zip(blobs, found, strict=True) if one.nodes]
        for row, place in pool.map(partial(_places_of, data, node_id), with_nodes):
            xy[row] = place  # in the file's order: of a node that is there twice the last one counts
    return Ways(
        _joined([one.way_id for one in found]), _joined([one.size for one in found]), tags, _joined(rows),
        node, node_id, xy,
    )  # fmt: skip


def _joined(some: Sequence[IntArray]) -> IntArray:
    return np.concatenate([np.empty(0, np.int64), *some])


def _distinct(found: Sequence[_Found]) -> tuple[list[dict[str, str]], list[IntArray]]:
    """The distinct sets of tags of all blocks, and for every block the row of each way's."""
    known: dict[frozenset[tuple[str, str]], int] = {}
    rows = []
    for one in found:
        place = [known.setdefault(frozenset(tags.items()), len(known)) for tags in one.tags]
        rows.append(np.array(place, np.int64)[one.tag_set] if place else np.empty(0, np.int64))
    return [dict(tags) for tags in known], rows


def _ways_of(data: mmap.mmap, words: Any, bounds: IntArray, names: list[str], blob: tuple[int, int]) -> _Found:
    from flexsite.access.readers._pbf import ways

    block = _inflated(data, blob)
    nodes, counts, way_id, size, ref, tag_set, first, pairs, spans = ways(block, words, bounds, len(SELECTING))
    count, total, distinct, length = counts.tolist()

    def text(row: int) -> str:
        return bytes(block[spans[2 * row] : spans[2 * row + 1]]).decode("utf-8")

    found = [(names[word], value) for word, value in pairs[:length].reshape(-1, 2).tolist()]
    tags = [
        {key: text(value) for key, value in found[low // 2 : high // 2]}
        for low, high in pairwise(first[: distinct + 1].tolist())
    ]
    some = (way_id[:count].copy(), size[:count].copy(), ref[:total].copy(), tag_set[:count].copy())
    return _Found(bool(nodes), *some, tags)


def _places_of(data: mmap.mmap, node_id: IntArray, blob: tuple[int, int]) -> tuple[IntArray, IntArray]:
    from flexsite.access.readers._pbf import places

    count, rows, xy = places(_inflated(data, blob), node_id)
    return rows[:count].copy(), xy[: 2 * count].copy().reshape(-1, 2)


def _blobs(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Begin and end of the blobs that hold data; the header is looked at."""
    at, header = 0, False
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        if size > _MOST_HEADER:
            raise Unfamiliar("no PBF")
        fields = dict(_fields(data, at + 4, at + 4 + size))
        (begin, end), length = fields[1], fields[3]
        at += 4 + size
        blob = (at, at + length)
        if blob[1] > len(data):
            raise Unfamiliar("cut off")
        if data[begin:end] == b"OSMHeader":
            block = _inflated(data, blob)
            texts = [(tag, bytes(block[slice(*span)])) for tag, span in _fields(block, 0, len(block)) if tag in {4, 5}]
            needed, offered = ({text for tag, text in texts if tag == wanted} for wanted in (4, 5))
            if not needed <= _FEATURES or b"LocationsOnWays" in offered:
                raise Unfamiliar("another kind of PBF")
            header = True
        elif data[begin:end] == b"OSMData":
            yield blob
        at = blob[1]
    if not header:
        raise Unfamiliar("no header")


def _inflated(data: mmap.mmap, blob: tuple[int, int]) -> Any:
    """The content of a blob as bytes in an array."""
    fields = dict(_fields(data, *blob))
    if 1 in fields:
        begin, end = fields[1]
        content = data[begin:end]
    elif 3 in fields:
        begin, end = fields[3]
        inflater = zlib.decompressobj()
        content = inflater.decompress(data[begin:end], _MOST_BLOCK)
        if not inflater.eof:
            raise Unfamiliar("a block that is too large")
    else:
        raise Unfamiliar("another compression")
    return np.frombuffer(bytearray(content), np.uint8)


def _fields(data: Any, at: int, end: int) -> Iterator[tuple[int, Any]]:
    """Number and content of the fields of a message: a number, or begin and end."""
    while at < end:
        tag, at = _number(data, at)
        if tag & 7 == 0:
            value, at = _number(data, at)
            yield tag >> 3, value
        elif tag & 7 == 2:
            size, at = _number(data, at)
            if at + size > end:
                raise Unfamiliar("a field runs on beyond its message")
            yield tag >> 3, (at, at + size)
            at += size
        else:
            raise Unfamiliar("a field of another kind")


def _number(data: Any, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = int(data[at])
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise Unfamiliar("no number")
