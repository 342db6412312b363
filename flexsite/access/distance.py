"""Network distances from sites to places: the nearest, and the number or sum within reach.

A distance is the straight leg from site to street, the shortest way along the streets, and the straight leg from street
to place. Both ends lie on edges, not on junctions. Dijkstra's algorithm (1959), once from all places at once for the
nearest, once per site for what is within reach.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexsite.access.search import totals_in_reach
from flexsite.access.snap import Entrances
from flexsite.access.streets import BoolArray, FloatArray, Graph, IntArray, shortest_arcs

TOLERANCE = 1e-6
"""Metres by which a distance may exceed `within` and still count: rounding of coordinates, not a policy."""

FEW = 1000
"""Sites for which compiling the search would take longer than it saves (about 1 ms a site)."""


@dataclass(frozen=True)
class _Ends:
    """Ways between entrances and the ends of their edge: row of the entrance, junction, metres with the leg."""

    row: IntArray
    node: IntArray
    metres: FloatArray


def _ends(graph: Graph, entrances: Entrances, *, leaving: bool) -> _Ends:
    """Junctions that entrances of sites lead to (`leaving`) and those of places are reached from, as edges allow."""
    edge, offset = entrances.edge, entrances.offset
    rest = graph.streets.length[edge] - offset
    along, against = graph.along[edge], graph.against[edge]
    # a point at a junction is there already, whatever the direction of the edge
    by_v = (along if leaving else against) | (rest == 0)
    by_u = (against if leaving else along) | (offset == 0)
    u, v = np.flatnonzero(by_u), np.flatnonzero(by_v)
    return _Ends(
        np.concatenate([u, v]),
        np.concatenate([graph.streets.u[edge[u]], graph.streets.v[edge[v]]]),
        np.concatenate([entrances.leg[u] + offset[u], entrances.leg[v] + rest[v]]),
    )


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
    best = np.full(count, np.inf)
    if len(sites) and len(places):
        to_place = _from_places(graph, places)
        ends = _ends(graph, sites, leaving=True)
        np.minimum.at(best, sites.owner[ends.row], ends.metres + to_place[ends.node])
        site, _, metres = _same_edge(graph, sites, places)
        np.minimum.at(best, sites.owner[site], metres)
    best[~np.isfinite(best)] = np.nan
    return best


def _from_places(graph: Graph, places: Entrances) -> FloatArray:
    """Metres (n,) from every junction to the nearest place, or infinite: one search against the directions."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    ends = _ends(graph, places, leaving=False)
    reverse = graph.reverse
    nodes = reverse.shape[0]
    # one extra node, the source, from which an arc leads to each junction beside a place
    arcs = shortest_arcs(np.full(len(ends.node), nodes), ends.node, ends.metres, nodes + 1)
    extended: Any = csr_array(
        (
            np.concatenate([reverse.data, arcs.data]),
            np.concatenate([reverse.indices, arcs.indices]),
            np.concatenate([reverse.indptr, reverse.indptr[-1:] + arcs.indptr[-1:]]),
        ),
        shape=(nodes + 1, nodes + 1),
    )
    metres: FloatArray = dijkstra(extended, directed=True, indices=[nodes])[0, :nodes]
    return metres


def _same_edge(graph: Graph, sites: Entrances, places: Entrances) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs on one edge, straight along it where its direction allows: rows of sites, of places, metres."""
    order = np.argsort(places.edge, kind="stable")
    edges = places.edge[order]
    begin, end = np.searchsorted(edges, sites.edge, "left"), np.searchsorted(edges, sites.edge, "right")
    size = end - begin
    site = np.repeat(np.arange(len(sites)), size)
    place = order[np.repeat(begin - (np.cumsum(size) - size), size) + np.arange(size.sum())]
    ahead = places.offset[place] - sites.offset[site]
    edge = sites.edge[site]
    allowed = np.where(ahead > 0, graph.along[edge], np.where(ahead < 0, graph.against[edge], True))
    metres = np.abs(ahead) + sites.leg[site] + places.leg[place]
    return site[allowed], place[allowed], metres[allowed]


def total_within(
    graph: Graph,
    sites: Entrances,
    places: Entrances,
    values: FloatArray,
    count: int,
    within: float,
    inside: tuple[IntArray, IntArray],
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

    Returns
    -------
    (count,) totals; NaN for a site without entrance that has no place inside it.
    """
    limit = within + TOLERANCE
    leave, arrive = _ends(graph, sites, leaving=True), _ends(graph, places, leaving=False)
    site, place, metres = _same_edge(graph, sites, places)
    near = metres <= limit
    # what needs no search: on the same edge, or inside
    known_site = np.concatenate([sites.owner[site[near]], inside[0]])
    known_place = np.concatenate([places.owner[place[near]], inside[1]])
    matrix = graph.matrix
    nodes = matrix.shape[0]
    start, (start_node, start_metres) = _grouped(sites.owner[leave.row], count, leave.node, leave.metres)
    stop, (stop_place, stop_metres) = _grouped(arrive.node, nodes, places.owner[arrive.row], arrive.metres)
    known, (known_places,) = _grouped(known_site, count, known_place)
    search = totals_in_reach if count <= FEW else _compiled()
    total: FloatArray = search(
        matrix.indptr, matrix.indices, matrix.data, start, start_node, start_metres,
        stop, stop_place, stop_metres, known, known_places,
        np.asarray(values, float), float(limit),
    )  # fmt: skip
    empty = np.ones(count, bool)
    empty[sites.owner] = False
    empty[inside[0]] = False
    total[empty] = np.nan
    return total


def _grouped(key: IntArray, groups: int, *columns: NDArray[Any]) -> tuple[IntArray, list[NDArray[Any]]]:
    """Columns sorted by group, and where every group begins."""
    order = np.argsort(key, kind="stable")
    pointer = np.concatenate([[0], np.cumsum(np.bincount(key, minlength=groups))]).astype(np.int64)
    return pointer, [column[order] for column in columns]


def touches(graph: Graph, sites: Entrances, edges: BoolArray, count: int) -> BoolArray:
    """(count,) whether a site is on a part of the network that has one of the given edges (m,), directions aside."""
    component = graph.component
    marked = np.zeros(component.max(initial=-1) + 1, bool)
    marked[component[graph.streets.u[(graph.along | graph.against) & edges]]] = True
    touched = np.zeros(count, bool)
    touched[sites.owner[marked[component[graph.streets.u[sites.edge]]]]] = True
    return touched


@cache
def _compiled() -> Callable[..., FloatArray]:
    """The search, compiled when numba is there; else the same function in plain Python, with the same answers."""
    try:
        from numba import njit
    except ImportError:
        return totals_in_reach
    try:
        compiled: Callable[..., FloatArray] = njit(cache=True, nogil=True)(totals_in_reach)
    except RuntimeError:  # no folder to keep the compiled function in
        compiled = njit(nogil=True)(totals_in_reach)
    return compiled
