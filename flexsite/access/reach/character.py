"""What the streets around a site are like."""

from __future__ import annotations

import os

import numpy as np

from flexsite.access.entering.snap import Entrances
from flexsite.access.reach.bounded import TOLERANCE, Pairs, Reach
from flexsite.access.streets.model import FloatArray, Graph, IntArray
from flexsite.geometry import WORKERS

_ENDS = 3
"""Street ends that make a junction: with fewer it is a bend or a dead end."""


def intersections(graph: Graph, sites: Entrances, count: int, within: float) -> FloatArray:
    """Junctions per km2 around the street point nearest to each site.

    A junction is where three or more ends of streets of the mode meet, boats aside; a loop has two ends there. The area
    is the circle of radius `within`, water and other ground without streets included.

    Parameters
    ----------
    graph
        Streets of a mode.
    sites
        Entrances; the first of each site is its middle.
    count
        Number of sites.
    within
        Metres as the crow flies; a junction at exactly that distance counts.

    Returns
    -------
    (count,) per km2; NaN for a site without an entrance.
    """
    from scipy.spatial import cKDTree

    density = np.full(count, np.nan)
    middle = _middles(sites)
    where = graph.streets.node_xy[_junctions(graph)]
    density[middle.owner] = 0.0
    if len(where) and len(middle):
        tree = cKDTree(where)
        workers = WORKERS.get() or os.cpu_count() or 1
        found = tree.query_ball_point(middle.xy, within + TOLERANCE, return_length=True, workers=workers)
        density[middle.owner] = np.asarray(found, float)
    return density / (np.pi * (within / 1000) ** 2)


def directness(graph: Graph, sites: Entrances, count: int, within: float) -> FloatArray:
    """How direct streets are: the straight distance to a junction as a share of the way there, averaged.

    Over the junctions (see `intersections`) within reach along the streets, from the street point nearest to the site;
    a junction at that very point says nothing and is left out.

    Parameters
    ----------
    graph
        Streets of a mode.
    sites
        Entrances; the first of each site is where ways start.
    count
        Number of sites.
    within
        Metres along the streets.

    Returns
    -------
    (count,) 0..1, where 1 is straight on; NaN for a site without an entrance or without a junction within reach.
    """
    middle = _middles(sites)
    start = Entrances(middle.owner, middle.edge, middle.offset, np.zeros(len(middle)), middle.xy)
    xy = np.full((count, 2), np.nan)
    xy[middle.owner] = middle.xy
    junctions = _junctions(graph)
    there = graph.streets.node_xy[junctions]

    def shares(pairs: Pairs) -> list[FloatArray]:
        apart = there[pairs.place] - xy[pairs.sources]
        away = pairs.metres > 0
        straight = np.hypot(apart[:, 0], apart[:, 1])
        share = np.divide(straight, pairs.metres, out=np.zeros(len(pairs)), where=away)
        return [np.minimum(share, 1.0), away.astype(float)]

    reach = Reach(graph, start, _at_junctions(graph, junctions), count, len(junctions), within + TOLERANCE)
    total, number = reach.folds(shares) if count else (np.empty(0), np.empty(0))
    return np.asarray(np.divide(total, number, out=np.full(count, np.nan), where=number > 0))


def _middles(sites: Entrances) -> Entrances:
    """The first entrance of every site: the street point nearest to it."""
    return sites.take(np.append(True, sites.owner[1:] != sites.owner[:-1])[: len(sites)])


def _junctions(graph: Graph) -> IntArray:
    """Rows of the nodes where three or more street ends meet."""
    streets, count = graph.streets, len(graph.streets.node_id)
    ends = np.bincount(streets.u[graph.doors], minlength=count) + np.bincount(streets.v[graph.doors], minlength=count)
    return np.flatnonzero(ends >= _ENDS)


def _at_junctions(graph: Graph, junctions: IntArray) -> Entrances:
    """Junctions as places on one of their streets."""
    streets = graph.streets
    edge = np.zeros(len(streets.node_id), np.int64)
    edge[streets.v[graph.doors]] = graph.doors
    edge[streets.u[graph.doors]] = graph.doors
    chosen = edge[junctions]
    offset = np.where(streets.u[chosen] == junctions, 0.0, streets.length[chosen])
    none = np.zeros(len(junctions))
    return Entrances(np.arange(len(junctions)), chosen, offset, none, streets.node_xy[junctions])
