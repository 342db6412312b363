"""The bounded search behind `count` and `sum`, in the subset of Python that numba compiles."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from flexsite.access.streets import FloatArray, IntArray


def totals_in_reach(
    pointer: NDArray[np.int32], head: NDArray[np.int32], length: FloatArray,
    start: IntArray, start_node: IntArray, start_metres: FloatArray,
    stop: IntArray, stop_place: IntArray, stop_metres: FloatArray,
    known: IntArray, known_place: IntArray,
    values: FloatArray, limit: float,
) -> FloatArray:  # fmt: skip
    """Total value of the places within `limit` metres of each site.

    Parameters
    ----------
    pointer, head, length
        The graph in compressed rows: arcs of node n are `pointer[n]:pointer[n + 1]`.
    start, start_node, start_metres
        Where each site enters the graph: elements `start[s]:start[s + 1]`, junction and metres to it.
    stop, stop_place, stop_metres
        Places beside each junction: elements `stop[n]:stop[n + 1]`, place and metres from the junction.
    known, known_place
        Places that each site has in reach without a search.
    values
        Value of every place.
    limit
        Metres.

    Returns
    -------
    (sites,) totals, added in the order of the places.
    """
    sites = len(start) - 1
    total = np.zeros(sites)
    distance = np.full(len(pointer) - 1, np.inf)
    counted = np.zeros(len(values), np.bool_)
    places = np.empty(len(values), np.int64)
    for site in range(sites):
        found = 0
        for k in range(known[site], known[site + 1]):
            place = known_place[k]
            if not counted[place]:
                counted[place] = True
                places[found] = place
                found += 1
        heap = [(0.0, np.int64(0))]
        visited = [np.int64(0)]
        heap.pop()
        visited.pop()
        for k in range(start[site], start[site + 1]):
            metres = start_metres[k]
            node = np.int64(start_node[k])
            if metres <= limit and metres < distance[node]:
                if distance[node] == np.inf:
                    visited.append(node)
                distance[node] = metres
                heapq.heappush(heap, (metres, node))
        while len(heap) > 0:
            metres, node = heapq.heappop(heap)
            if metres > distance[node]:
                continue
            for k in range(stop[node], stop[node + 1]):
                place = stop_place[k]
                if metres + stop_metres[k] <= limit and not counted[place]:
                    counted[place] = True
                    places[found] = place
                    found += 1
            for k in range(pointer[node], pointer[node + 1]):
                further = metres + length[k]
                other = np.int64(head[k])
                if further <= limit and further < distance[other]:
                    if distance[other] == np.inf:
                        visited.append(other)
                    distance[other] = further
                    heapq.heappush(heap, (further, other))
        for node in visited:
            distance[node] = np.inf
        # places in their own order, so that a sum does not depend on the way the search went
        for place in np.sort(places[:found]):
            total[site] += values[place]
            counted[place] = False
    return total
