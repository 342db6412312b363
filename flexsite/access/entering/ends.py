"""How entrances, which lie on edges, lead to the junctions of a graph, and to each other along one edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexsite.access.entering.snap import Entrances
from flexsite.access.streets.model import FloatArray, Graph, IntArray


@dataclass(frozen=True)
class Ends:
    """Ways between owners of entrances and junctions: who, the junction, metres with the straight leg."""

    owner: IntArray
    node: IntArray
    metres: FloatArray


def ends(graph: Graph, entrances: Entrances, *, leaving: bool) -> Ends:
    """Junctions that entrances lead to (`leaving`), or that they are reached from, as edges allow; owners rise.

    From an entrance at a junction no way to the other end of its edge is given: it is in the graph.
    """
    edge, offset = entrances.edge, entrances.offset
    rest = graph.streets.length[edge] - offset
    along, against = graph.along[edge], graph.against[edge]
    at_u, at_v = offset == 0, rest == 0
    # a point at a junction is there already, whatever the direction of the edge
    by_u = ((against if leaving else along) & ~at_v) | at_u
    by_v = ((along if leaving else against) & ~at_u) | at_v
    row, end = np.nonzero(np.column_stack([by_u, by_v]))
    node = np.where(end == 0, graph.streets.u[edge[row]], graph.streets.v[edge[row]])
    metres = entrances.leg[row] + np.where(end == 0, offset[row], rest[row])
    return Ends(entrances.owner[row], node.astype(np.int64), metres)


def same_edge(graph: Graph, sites: Entrances, places: Entrances) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs on one edge, straight along it where its direction allows: owners of sites, of places, metres."""
    order = np.argsort(places.edge, kind="stable")
    begin = np.concatenate([[0], np.cumsum(np.bincount(places.edge, minlength=len(graph.streets)))])
    size = begin[sites.edge + 1] - begin[sites.edge]
    some = np.flatnonzero(size)
    size = size[some]
    site = np.repeat(some, size)
    place = order[np.repeat(begin[sites.edge[some]] - (np.cumsum(size) - size), size) + np.arange(size.sum())]
    ahead = places.offset[place] - sites.offset[site]
    edge = sites.edge[site]
    allowed = np.where(ahead > 0, graph.along[edge], np.where(ahead < 0, graph.against[edge], True))
    metres = np.abs(ahead) + sites.leg[site] + places.leg[place]
    return sites.owner[site[allowed]], places.owner[place[allowed]], metres[allowed]


def grouped(key: IntArray, groups: int, *columns: NDArray[Any]) -> tuple[IntArray, list[NDArray[Any]]]:
    """Where every group begins, and columns sorted by group."""
    pointer = np.concatenate([[0], np.cumsum(np.bincount(key, minlength=groups))]).astype(np.int64)
    if (key[1:] >= key[:-1]).all():
        return pointer, list(columns)
    order = np.argsort(key, kind="stable")
    return pointer, [column[order] for column in columns]
