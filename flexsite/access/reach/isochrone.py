"""What can be reached from somewhere within a time: the streets, and the ground beside them.

A field holds, for every junction, how many metres on foot (or by bicycle) it is from the nearest start. A start may be
some metres off already: someone who leaves a vehicle after ten minutes is as far as one who walked for ten.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from flexsite.access.entering.ends import ends
from flexsite.access.entering.snap import Entrances, Geometries
from flexsite.access.streets.arcs import with_source
from flexsite.access.streets.model import BoolArray, FloatArray, Graph, IntArray

WIDTH = 40.0
"""Metres on both sides of a street that count as reached with it, so that blocks without a street within stay open."""
_SEGMENTS = 4  # of a quarter circle: the outline is a picture, no measure


def field(graph: Graph, starts: Entrances, head: FloatArray, limit: float) -> FloatArray:
    """Metres from the starts to every junction.

    Parameters
    ----------
    graph
        Streets of a mode.
    starts
        Where ways begin; the straight leg counts.
    head
        (k,) metres that each start has behind it.
    limit
        Metres beyond which nobody goes.

    Returns
    -------
    (n,) metres, infinite beyond the limit.
    """
    from scipy.sparse.csgraph import dijkstra

    nodes = graph.matrix.shape[0]
    if not len(starts):
        return np.full(nodes, np.inf)
    leave = ends(graph, replace(starts, leg=starts.leg + head), leaving=True)
    extended = with_source(graph.matrix, leave.node, leave.metres)
    found: FloatArray = dijkstra(extended, directed=True, indices=[nodes], limit=limit)[0, :nodes]
    return found


def reached(graph: Graph, metres: FloatArray, starts: Entrances, head: FloatArray, limit: float) -> Geometries:
    """The streets within the limit, cut where it is reached.

    Parameters
    ----------
    metres
        (n,) from `field`, of these starts and at least this limit.
    limit
        Metres.

    Returns
    -------
    (k,) shapely LineStrings in the study's CRS.
    """
    streets = graph.streets
    whole = streets.length
    # from the first node forward as far as is left there, and from the last node backward
    forth = np.where(graph.along, np.clip(limit - metres[streets.u], 0, None), 0.0)
    back = np.where(graph.against, np.clip(limit - metres[streets.v], 0, None), 0.0)
    edge = np.flatnonzero((forth > 0) | (back > 0))
    edge = edge[graph.along[edge] | graph.against[edge]]
    met = forth[edge] + back[edge] >= whole[edge]
    spans = [(edge[met], np.zeros(met.sum()), whole[edge[met]])]
    ahead, behind = edge[~met & (forth[edge] > 0)], edge[~met & (back[edge] > 0)]
    spans.append((ahead, np.zeros(len(ahead)), forth[ahead]))
    spans.append((behind, whole[behind] - back[behind], whole[behind]))
    # beside a start, also where its edge is longer than what is left
    left = limit - head - starts.leg
    near = left > 0
    own, at, left = starts.edge[near], starts.offset[near], left[near]
    low = np.where(graph.against[own], np.maximum(at - left, 0), at)
    high = np.where(graph.along[own], np.minimum(at + left, whole[own]), at)
    spans.append((own, low, high))
    edge, low, high = (np.concatenate(column) for column in zip(*spans, strict=True))
    return _pieces(graph, edge, low, high)


def _pieces(graph: Graph, edge: IntArray, low: FloatArray, high: FloatArray) -> Geometries:
    """Pieces of edges between two positions along them, in metres."""
    streets = graph.streets
    row = np.full(len(streets), -1, np.int64)
    row[graph.doors] = np.arange(len(graph.doors))
    there = (row[edge] >= 0) & (high > low)  # on a ferry nobody is anywhere
    edge, low, high = edge[there], low[there], high[there]
    segments = graph.segments
    count = np.bincount(segments.edge, minlength=len(streets))
    first = np.cumsum(count) - count
    order = np.argsort(segments.edge, kind="stable")
    size = count[edge]
    piece = np.repeat(np.arange(len(edge)), size)
    segment = order[np.repeat(first[edge] - (np.cumsum(size) - size), size) + np.arange(size.sum())]
    begin, length = segments.offset[segment], segments.length[segment]
    from_, to = np.clip(low[piece] - begin, 0, length), np.clip(high[piece] - begin, 0, length)
    kept: BoolArray = to > from_
    segment, from_, to, length = segment[kept], from_[kept], to[kept], length[kept]
    start, step = segments.begin[segment], segments.step[segment] / length[:, np.newaxis]
    ends = np.stack([start + step * from_[:, np.newaxis], start + step * to[:, np.newaxis]], axis=1)
    return np.asarray(shapely.linestrings(ends), dtype=object)


def outline(pieces: Geometries, width: float = WIDTH) -> shapely.Geometry:
    """The ground within `width` metres of streets, as one (multi)polygon; empty without streets."""
    if not len(pieces):
        return shapely.Polygon()
    lines = shapely.line_merge(shapely.union_all(pieces))
    return shapely.union_all(shapely.buffer(shapely.get_parts(lines), width, quad_segs=_SEGMENTS))
