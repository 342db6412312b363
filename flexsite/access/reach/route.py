"""The way along the streets from one place to another, as a line that people can look at."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import shapely

from flexsite.access.entering.ends import Ends
from flexsite.access.entering.ends import ends as junctions_of
from flexsite.access.entering.snap import Entrances
from flexsite.access.streets.arcs import with_source
from flexsite.access.streets.model import FloatArray, Graph


class Path(NamedTuple):
    """A way along the streets: metres with the straight legs, and its line between two entrances."""

    metres: float
    line: shapely.LineString
    start: int
    """Row of the entrance it begins at."""
    end: int
    """Row of the entrance it ends at."""


def street_path(graph: Graph, starts: Entrances, ends: Entrances) -> Path | None:
    """The shortest way from any of some entrances to any of others.

    Parameters
    ----------
    graph
        Streets of a mode.
    starts, ends
        Where it may begin and end; the straight legs count.

    Returns
    -------
    The way, or None where there is none. Among equals the first entrances win.
    """
    best: Path | None = None
    for end in range(len(ends)):
        for start in range(len(starts)):
            found = _on_one_edge(graph, starts, start, ends, end)
            if found is not None and (best is None or found.metres < best.metres):
                best = found
    far = _through_junctions(graph, starts, ends)
    return far if far is not None and (best is None or far.metres < best.metres) else best


def _on_one_edge(graph: Graph, starts: Entrances, start: int, ends: Entrances, end: int) -> Path | None:
    edge, other = int(starts.edge[start]), int(ends.edge[end])
    begin, stop = float(starts.offset[start]), float(ends.offset[end])
    allowed = graph.along[edge] if stop >= begin else graph.against[edge]
    if edge != other or not (allowed or begin == stop):
        return None
    metres = abs(stop - begin) + float(starts.leg[start]) + float(ends.leg[end])
    return Path(metres, shapely.LineString(_part(graph, edge, begin, stop)), start, end)


def _through_junctions(graph: Graph, starts: Entrances, ends: Entrances) -> Path | None:
    from scipy.sparse.csgraph import dijkstra

    nodes = graph.matrix.shape[0]
    leave, arrive = _junctions(graph, starts, leaving=True), _junctions(graph, ends, leaving=False)
    if not len(leave.node) or not len(arrive.node):
        return None
    extended = with_source(graph.matrix, leave.node, leave.metres)
    searched = dijkstra(extended, directed=True, indices=[nodes], return_predecessors=True)
    far, before = searched[0][0], searched[1][0]
    total = far[arrive.node] + arrive.metres
    last = int(np.argmin(total))
    if not np.isfinite(total[last]):
        return None
    chain = [int(arrive.node[last])]
    while before[chain[-1]] != nodes:
        chain.append(int(before[chain[-1]]))
    chain.reverse()
    here = np.flatnonzero(leave.node == chain[0])
    first = int(here[np.argmin(leave.metres[here])])
    start, end = int(leave.owner[first]), int(arrive.owner[last])
    points = [_end(graph, starts, start, chain[0], float(leave.metres[first]))]
    points += [_between(graph, u, v) for u, v in itertools.pairwise(chain)]
    points.append(_end(graph, ends, end, chain[-1], float(arrive.metres[last]))[::-1])
    line = np.concatenate(points)
    kept = np.append(True, (line[1:] != line[:-1]).any(axis=1))
    line = line[kept] if kept.sum() > 1 else line[:2]
    return Path(float(total[last]), shapely.LineString(line), start, end)


def _junctions(graph: Graph, doors: Entrances, *, leaving: bool) -> Ends:
    """As `ends`, with the rows of the entrances as owners."""
    return junctions_of(graph, replace(doors, owner=np.arange(len(doors))), leaving=leaving)


def _end(graph: Graph, doors: Entrances, row: int, node: int, metres: float) -> FloatArray:
    """Points from an entrance to a junction at an end of its edge, which are so many metres apart with the leg."""
    edge, offset = int(doors.edge[row]), float(doors.offset[row])
    streets = graph.streets
    whole = float(streets.length[edge])
    to_u, to_v = streets.u[edge] == node, streets.v[edge] == node
    if to_u and to_v:  # a street that ends where it begins
        gone = metres - float(doors.leg[row])
        to_u = abs(gone - offset) <= abs(gone - (whole - offset))
    return _part(graph, edge, offset, 0.0 if to_u else whole)


def _between(graph: Graph, u: int, v: int) -> FloatArray:
    """Points of the shortest edge from one junction to another."""
    streets = graph.streets
    along = np.flatnonzero((streets.u == u) & (streets.v == v) & graph.along)
    against = np.flatnonzero((streets.u == v) & (streets.v == u) & graph.against)
    edges = np.concatenate([along, against])
    best = int(np.argmin(streets.length[edges]))
    edge = int(edges[best])
    points = streets.coords[streets.start[edge] : streets.start[edge + 1]]
    return points if best < len(along) else points[::-1]


def _part(graph: Graph, edge: int, begin: float, end: float) -> FloatArray:
    """Points of an edge from one position along it to another, in metres, in that order."""
    streets = graph.streets
    points = streets.coords[streets.start[edge] : streets.start[edge + 1]]
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    low, high = min(begin, end), max(begin, end)
    inner = (at > low) & (at < high)
    where = np.concatenate([[low], at[inner], [high]])
    line = np.column_stack([np.interp(where, at, points[:, k]) for k in (0, 1)])
    return line if begin <= end else line[::-1]
