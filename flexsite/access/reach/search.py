"""Bounded and nearest searches in plain Python: for few places, and to hold the compiled ones to.

Dijkstra's algorithm (1959). A distance is the smallest, over all ways, of the sum of the metres from the start on; so
it is the same number whatever the order in which ways are tried.
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexsite.access.reach.compact import Arcs
from flexsite.access.streets.model import FloatArray, IntArray

Groups = tuple[IntArray, NDArray[Any], FloatArray]
"""Where each group begins, which junction or place, metres."""


def pairs(
    arcs: Arcs, sources: Groups, targets: Groups, known: Groups, limit: float
) -> tuple[IntArray, NDArray[np.int32], FloatArray]:
    """The places within `limit` metres of each source.

    Parameters
    ----------
    arcs
        The graph.
    sources
        By source, the junctions that it leads to.
    targets
        By junction, the places beside it.
    known
        By source, places with a distance that needs no search.
    limit
        Metres.

    Returns
    -------
    How many there are for each source; which, rising, one source after the other; metres.
    """
    sizes, places, metres = [], [], []
    for source in range(len(sources[0]) - 1):
        found = dict[int, float]()
        for place, far in _of(known, source):
            found[place] = min(far, found.get(place, np.inf))
        for junction, near in _around(arcs, list(_of(sources, source)), limit).items():
            for place, more in _of(targets, junction):
                found[place] = min(near + more, found.get(place, np.inf))
        within = sorted(place for place, far in found.items() if far <= limit)
        sizes.append(len(within))
        places += within
        metres += [found[place] for place in within]
    return np.array(sizes, np.int64), np.array(places, np.int32), np.array(metres, float)


def nearest(arcs: Arcs, node: IntArray, metres: FloatArray, place: IntArray) -> tuple[FloatArray, NDArray[np.int32]]:
    """Metres from every junction to the nearest place, infinite where there is no way, and which, of equals the first.

    Parameters
    ----------
    arcs
        The graph, its directions turned round.
    node, metres, place
        Junctions beside places, metres between them, and the place.
    """
    count = len(arcs.pointer) - 1
    best, which = np.full(count, np.inf), np.full(count, -1, np.int32)
    heap = [(far, which_one, junction) for far, which_one, junction in zip(
        metres.tolist(), place.tolist(), node.tolist(), strict=True)]  # fmt: skip
    heapq.heapify(heap)
    pointer, head, length = arcs.pointer.tolist(), arcs.head.tolist(), arcs.metres.tolist()
    while heap:
        far, which_one, junction = heapq.heappop(heap)
        if which[junction] >= 0:
            continue
        best[junction], which[junction] = far, which_one
        for k in range(pointer[junction], pointer[junction + 1]):
            if which[head[k]] < 0:
                heapq.heappush(heap, (far + length[k], which_one, head[k]))
    return best, which


def _of(groups: Groups, row: int) -> zip[tuple[int, float]]:
    low, high = groups[0][row], groups[0][row + 1]
    return zip(groups[1][low:high].tolist(), groups[2][low:high].tolist(), strict=True)


def _around(arcs: Arcs, starts: list[tuple[int, float]], limit: float) -> dict[int, float]:
    """Metres to every junction within the limit."""
    best = dict[int, float]()
    heap = [(metres, junction) for junction, metres in starts if metres <= limit]
    heapq.heapify(heap)
    while heap:
        metres, junction = heapq.heappop(heap)
        if junction in best:
            continue
        best[junction] = metres
        low, high = arcs.pointer[junction], arcs.pointer[junction + 1]
        for other, length in zip(arcs.head[low:high].tolist(), arcs.metres[low:high].tolist(), strict=True):
            if metres + length <= limit and other not in best:
                heapq.heappush(heap, (metres + length, other))
    return best
