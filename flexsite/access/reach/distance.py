"""Network distances from sites to places: the nearest, and the number or sum within reach.

A distance is the straight leg from site to street, the shortest way along the streets, and the straight leg from street
to place. Both ends lie on edges, not on junctions. Dijkstra's algorithm (1959), once from all places at once for the
nearest, once per site for what is within reach.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from flexsite.access.entering.ends import Ends, ends, grouped, same_edge
from flexsite.access.entering.snap import Entrances
from flexsite.access.reach import search
from flexsite.access.reach.bounded import TOLERANCE, Reach, in_threads
from flexsite.access.reach.compact import compact
from flexsite.access.reach.decay import weights
from flexsite.access.streets.model import BoolArray, FloatArray, Graph, IntArray
from flexsite.study.access import Decay

_SMALL = 2000
"""Junctions up to which loading the compiled search takes longer than it saves (10 ms)."""


def nearest(graph: Graph, sites: Entrances, places: Entrances, count: int) -> FloatArray:
    """Network distance from each site to the place nearest by.

    Parameters
    ----------
    graph
        Streets of a mode.
    sites, places
        Entrances; a site may have several, and the best one counts.
    count
        Number of sites.

    Returns
    -------
    (count,) metres; NaN where no place can be reached.
    """
    metres: FloatArray = nearest_places(graph, sites, [places], count)[0][0]
    return metres


def nearest_places(
    graph: Graph, sites: Entrances, kinds: Sequence[Entrances], count: int
) -> tuple[FloatArray, NDArray[np.int32]]:
    """Network distance from each site to the place of each kind nearest by, and which one that is.

    Parameters
    ----------
    graph
        Streets of a mode.
    sites
        Entrances; a site may have several, and the best one counts.
    kinds
        Entrances of the places of each kind: one search from all of them answers all sites.
    count
        Number of sites.

    Returns
    -------
    metres, place
        (kinds, count) metres, NaN where no place can be reached; row of the place, of equals the first, -1 there.
    """
    leave = ends(graph, sites, leaving=True)
    metres, place = np.full((len(kinds), count), np.inf), np.full((len(kinds), count), -1, np.int32)
    compact(graph)  # made once, not by two threads
    for row, (far, which) in enumerate(in_threads(lambda one: _nearest(graph, sites, leave, one, count), kinds)):
        metres[row], place[row] = far, which
    metres[np.isinf(metres)] = np.nan
    return metres, place


def _nearest(
    graph: Graph, sites: Entrances, leave: Ends, places: Entrances, count: int
) -> tuple[FloatArray, NDArray[np.int32]]:
    if not len(places) or not len(sites):
        return np.full(count, np.inf), np.full(count, -1, np.int32)
    metres, which = _from_places(graph, places)
    node = compact(graph).rank[leave.node]
    site, place, along = same_edge(graph, sites, places)
    start, (far, chosen) = grouped(
        np.concatenate([leave.owner, site]), count,
        np.concatenate([leave.metres + metres[node], along]), np.concatenate([which[node], place.astype(np.int32)]),
    )  # fmt: skip
    return _least(start, far, chosen)


def _least(start: IntArray, metres: FloatArray, place: NDArray[np.int32]) -> tuple[FloatArray, NDArray[np.int32]]:
    """The smallest of every group with its place, of equals the smallest place."""
    some = np.flatnonzero(np.diff(start))
    best, which = np.full(len(start) - 1, np.inf), np.full(len(start) - 1, -1, np.int32)
    if len(some):
        best[some] = np.minimum.reduceat(metres, start[some])
        least = metres == np.repeat(best, np.diff(start))
        which[some] = np.minimum.reduceat(np.where(least, place, np.iinfo(np.int32).max), start[some])
        which[np.isinf(best)] = -1
    return best, which


def _from_places(graph: Graph, places: Entrances) -> tuple[FloatArray, NDArray[np.int32]]:
    """Metres to the nearest place from every junction of the compact graph, infinite where there is no way, and which.

    One search against the directions.
    """
    laid = compact(graph)
    arrive = ends(graph, places, leaving=False)
    node = laid.rank[arrive.node]
    if len(laid) <= _SMALL:
        return search.nearest(laid.back, node, arrive.metres, arrive.owner)
    from flexsite.access.reach._nearest import nearest as search_from
    from flexsite.kernel._jit import plain

    arcs = (
        plain(laid.back.pointer, np.int32), plain(laid.back.head, np.int32), plain(laid.back.metres, np.float64),
    )  # fmt: skip
    found: tuple[FloatArray, NDArray[np.int32]] = search_from(
        arcs, plain(node, np.int64), plain(arrive.metres, np.float64), plain(arrive.owner, np.int64), laid.step / 3
    )
    return found


def total_within(
    graph: Graph,
    sites: Entrances,
    places: Entrances,
    values: FloatArray,
    count: int,
    within: float,
    inside: tuple[IntArray, IntArray],
    decay: Decay | None = None,
) -> FloatArray:
    """Sum of a value over the places within a network distance of each site; every place counts once, by its best way.

    Parameters
    ----------
    graph
        Streets of a mode.
    sites, places
        Entrances.
    values
        (p,) value of every place; ones to count them.
    count
        Number of sites.
    within
        Metres; a place at exactly that distance counts.
    inside
        Rows of sites and of places that lie in or touch them: their distance is 0.
    decay
        How the value of a place counts less with its distance; None: all count in full.

    Returns
    -------
    (count,) totals; NaN for a site without entrance that has no place inside it.
    """
    reach = Reach(graph, sites, places, count, len(values), within + TOLERANCE, inside)
    if decay is None:
        total = reach.totals(values)
    else:
        each = np.asarray(values, float)
        total = reach.fold(lambda pairs: each[pairs.place] * weights(decay, pairs.metres))
    total[reach.unreached] = np.nan
    return total


def basket(metres: FloatArray, within: float) -> FloatArray:
    """Share of a set of amenities of which one is within a distance.

    Parameters
    ----------
    metres
        (kinds, n) distance from each site to the nearest place of each kind; NaN where there is none.
    within
        Metres; an amenity at exactly that distance counts.

    Returns
    -------
    (n,) 0..1.

    Examples
    --------
    >>> basket(np.array([[200.0, 900.0], [500.0, np.nan]]), 500).tolist()
    [1.0, 0.0]
    """
    return np.asarray((metres <= within + TOLERANCE).mean(axis=0))


def touches(graph: Graph, sites: Entrances, edges: BoolArray, count: int) -> BoolArray:
    """(count,) whether a site is on a part of the network that has one of the given edges (m,), directions aside."""
    component = graph.component
    marked = np.zeros(component.max(initial=-1) + 1, bool)
    marked[component[graph.streets.u[(graph.along | graph.against) & edges]]] = True
    touched = np.zeros(count, bool)
    touched[sites.owner[marked[component[graph.streets.u[sites.edge]]]]] = True
    return touched


__all__ = ["TOLERANCE", "basket", "nearest", "nearest_places", "total_within", "touches"]
