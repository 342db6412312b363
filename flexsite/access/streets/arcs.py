"""Arcs between junctions as sparse matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


def shortest_arcs(tail: IntArray, head: IntArray, weight: FloatArray, nodes: int) -> csr_array[Any]:
    """A sparse matrix of arcs that keeps the shortest of parallel ones (scipy would add them up)."""
    from scipy.sparse import csr_array

    place = tail.astype(np.int64) * nodes + head
    order = np.argsort(place)
    place = place[order]
    first = np.flatnonzero(np.append(True, place[1:] != place[:-1])[: len(place)])
    weight = np.minimum.reduceat(weight[order], first) if len(first) else weight[order]
    tail, head = np.divmod(place[first], nodes)
    pointer = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=nodes))])
    return csr_array((weight, head.astype(np.int32), pointer.astype(np.int32)), shape=(nodes, nodes))


def with_source(matrix: csr_array[Any], node: IntArray, metres: FloatArray) -> csr_array[Any]:
    """The matrix with one more node, the last, from which an arc of so many metres leads to each given node (k,)."""
    from scipy.sparse import csr_array

    nodes = matrix.shape[0]
    arcs = shortest_arcs(np.full(len(node), nodes), node, metres, nodes + 1)
    return csr_array(
        (
            np.concatenate([matrix.data, arcs.data]),
            np.concatenate([matrix.indices, arcs.indices]),
            np.concatenate([matrix.indptr, matrix.indptr[-1:] + arcs.indptr[-1:]]),
        ),
        shape=(nodes + 1, nodes + 1),
    )
