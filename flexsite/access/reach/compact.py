"""A graph laid out for searching: junctions near each other are near each other in memory."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexsite.access.streets.model import FloatArray, Graph, IntArray

_SIDE = 16  # bits of each coordinate in a junction's place on the curve
_MASKS = (0x00FF00FF, 0x0F0F0F0F, 0x33333333, 0x55555555)


@dataclass(frozen=True)
class Arcs:
    """Arcs in compressed rows: those of junction n are elements `pointer[n]:pointer[n + 1]` of head and metres."""

    pointer: NDArray[np.int32]
    head: NDArray[np.int32]
    metres: FloatArray


@dataclass(frozen=True)
class Compact:
    """The arcs of a graph with its junctions renumbered along a Z-order curve (Morton, 1966).

    Parameters
    ----------
    rank
        (n,) number of every junction of the graph here.
    ahead, back
        Arcs as they may be travelled, and turned round; the same object where all streets go both ways.
    step
        Mean length of the arcs, metres; 1 where there are none.
    """

    rank: IntArray
    ahead: Arcs
    back: Arcs
    step: float

    def __len__(self) -> int:
        """Number of junctions."""
        return len(self.rank)


_KEPT: dict[int, Compact] = {}


def compact(graph: Graph) -> Compact:
    """The compact form of a graph; made once, and kept for as long as the graph is."""
    found = _KEPT.get(id(graph))
    if found is None:
        order = z_order(graph.streets.node_xy)
        if not len(order):
            order = np.zeros(1, np.int64)  # the matrix of no streets has one junction
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        ahead = _arcs(graph.matrix, order, rank)
        back = ahead if graph.along is graph.against else _arcs(graph.reverse, order, rank)
        positive = ahead.metres[ahead.metres > 0]
        found = Compact(rank, ahead, back, float(positive.mean()) if len(positive) else 1.0)
        _KEPT[id(graph)] = found
        weakref.finalize(graph, _KEPT.pop, id(graph), None).atexit = False
    return found


def z_order(xy: FloatArray) -> IntArray:
    """Rows of points (n, 2) along a Z-order curve; equal places in the order given.

    Examples
    --------
    >>> z_order(np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 1.0], [1.0, 0.0]])).tolist()
    [1, 3, 2, 0]
    """
    if not len(xy):
        return np.empty(0, np.int64)
    low = xy.min(axis=0)
    scale = (2**_SIDE - 1) / max(float((xy.max(axis=0) - low).max()), 1e-9)
    code = np.zeros(len(xy), np.uint32)
    for axis in (0, 1):
        bits = ((xy[:, axis] - low[axis]) * scale).astype(np.uint32)
        for shift, mask in zip((8, 4, 2, 1), _MASKS, strict=True):
            bits = (bits | (bits << np.uint32(shift))) & np.uint32(mask)
        code |= bits << np.uint32(axis)
    return np.argsort(code, kind="stable")


def _arcs(matrix: Any, order: IntArray, rank: IntArray) -> Arcs:
    """Rows and columns of a sparse matrix in another order."""
    pointer = matrix.indptr.astype(np.int64)
    size = np.diff(pointer)[order]
    begin = np.concatenate([[0], np.cumsum(size)])
    chosen = np.repeat(pointer[order] - begin[:-1], size) + np.arange(begin[-1])
    return Arcs(begin.astype(np.int32), rank[matrix.indices[chosen]].astype(np.int32), matrix.data[chosen])
