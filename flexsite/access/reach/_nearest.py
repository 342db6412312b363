"""The nearest of many places from every junction, in one search from all places at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from flexsite.kernel._jit import Array, entry, longer

# mypy: disable-error-code="no-any-return"

_TILE = 8192
"""Junctions that are searched together, while what they need stays in the processor's cache."""


@entry
def nearest(graph: Any, node: Array, metres: Array, place: Array, width: float) -> tuple[Array, Array]:
    """Metres from every junction back to the nearest place and which place that is, of equals the first one.

    Parameters
    ----------
    graph
        Pointer, head and metres of the arcs, turned round.
    node, metres, place
        Junctions beside places, metres between them, and the place.
    width
        Metres of a bucket; results do not depend on it.

    Returns
    -------
    Metres, infinite where there is no way, and places, -1 there.

    Notes
    -----
    A tile is a run of junctions along the curve that they are numbered by. Labels are corrected within one until
    nothing changes (buckets, Dial 1969), then in the next that was touched, until none is.
    """
    pointer, head, length = graph
    count = len(pointer) - 1
    best, which = np.full(count, np.inf), np.full(count, -1, np.int32)
    active = np.zeros(count, np.uint8)
    tiles = (count + _TILE - 1) // _TILE
    ring, waits = np.empty(tiles, np.int32), np.zeros(tiles, np.uint8)
    turn, waiting = 0, 0
    longest = 0.0
    for k in range(len(length)):
        longest = max(longest, length[k])
    for k in range(len(node)):
        n = node[k]
        if metres[k] < best[n] or (metres[k] == best[n] and place[k] < which[n]):
            best[n], which[n] = metres[k], place[k]
            active[n] = 1
            waits[n // _TILE] = 1
    for tile in range(tiles):
        if waits[tile]:
            ring[waiting] = tile
            waiting += 1
    item, value, after = np.empty(1024, np.int32), np.empty(1024), np.empty(1024, np.int32)
    first = np.full(64, -1, np.int32)
    while waiting:
        tile = ring[turn]
        turn = (turn + 1) % tiles
        waiting -= 1
        waits[tile] = 0
        low, high = tile * _TILE, min(tile * _TILE + _TILE, count)
        near, far = np.inf, 0.0
        for n in range(low, high):
            if active[n]:
                near, far = min(near, best[n]), max(far, best[n])
        step = max(width, max(far - near, longest) / 65536.0)
        buckets = int(max(far - near, longest) / step) + 3
        if buckets > len(first):
            first = np.full(2 * buckets, -1, np.int32)
        buckets = len(first)
        free, used, live = -1, 0, 0
        for n in range(low, high):
            if active[n]:
                active[n] = 0
                if used == len(item):
                    item, value, after = longer(item, used + 1), longer(value, used + 1), longer(after, used + 1)
                bucket = int((best[n] - near) / step) % buckets
                item[used], value[used], after[used] = n, best[n], first[bucket]
                first[bucket] = used
                used += 1
                live += 1
        current = 0
        while live:
            while first[current] >= 0:
                e = first[current]
                n, reached = item[e], value[e]
                first[current], after[e] = after[e], free
                free = e
                live -= 1
                if reached != best[n]:
                    continue
                nearby = which[n]
                for k in range(pointer[n], pointer[n + 1]):
                    other, further = head[k], reached + length[k]
                    if further < best[other] or (further == best[other] and nearby < which[other]):
                        best[other], which[other] = further, nearby
                        if low <= other < high:
                            if free >= 0:
                                e = free
                                free = after[e]
                            else:
                                if used == len(item):
                                    item, value = longer(item, used + 1), longer(value, used + 1)
                                    after = longer(after, used + 1)
                                e = used
                                used += 1
                            bucket = int((further - near) / step) % buckets
                            item[e], value[e], after[e] = other, further, first[bucket]
                            first[bucket] = e
                            live += 1
                        else:
                            active[other] = 1
                            next_tile = other // _TILE
                            if waits[next_tile] == 0:
                                waits[next_tile] = 1
                                ring[(turn + waiting) % tiles] = next_tile
                                waiting += 1
            current = (current + 1) % buckets
    return best, which
