"""What lies within a distance of many places along the streets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from flexsite.access.entering.ends import ends, grouped, same_edge
from flexsite.access.entering.snap import Entrances
from flexsite.access.reach import search
from flexsite.access.reach.compact import Arcs, compact
from flexsite.access.streets.model import FloatArray, Graph, IntArray
from flexsite.geometry import WORKERS

Item = TypeVar("Item")
Answer = TypeVar("Answer")

TOLERANCE = 1e-6
"""Metres by which a distance may exceed a limit and still count: rounding of coordinates, not a policy."""
FEW = 50_000
"""Junctions to look at up to which loading the compiled search takes longer than it saves (some microseconds each)."""
_CHUNK = 1024
"""Sources that one thread takes at a time."""
_MOST_BUCKETS = 4096


@dataclass(frozen=True)
class Pairs:
    """Places within reach of some sources.

    Parameters
    ----------
    source
        (s,) rows of the sources.
    size
        (s,) places within reach of each.
    place
        (k,) rows of the places, rising within a source, one source after the other.
    metres
        (k,) the shortest way with the straight legs at both ends.
    """

    source: IntArray
    size: IntArray
    place: NDArray[np.int32]
    metres: FloatArray

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.place)

    @property
    def sources(self) -> IntArray:
        """(k,) row of the source of every pair."""
        return np.repeat(self.source, self.size)

    def add(self, values: FloatArray) -> FloatArray:
        """(s,) sum of the values (k,) of the pairs for every source, added in the order of the places."""
        which = np.repeat(np.arange(len(self.source)), self.size)
        return np.bincount(which, values, minlength=len(self.source)).astype(float)


class Reach:
    """The places within a distance of each source: all ways of one question, to be answered in parts.

    Every place counts once, by its best way; the best entrance wins. Sources near each other are searched from
    together, in threads: the answers are those of one search from each (`search.pairs`), to the last bit.

    Parameters
    ----------
    graph
        Streets of a mode.
    sources, places
        Entrances; rows without one are reached only by `inside`.
    count, places_count
        Number of sources and of places.
    limit
        Metres, straight legs included; a place at exactly that distance counts.
    inside
        Rows of sources and of places at no distance.
    backwards
        Ways lead from the places to the sources.
    """

    def __init__(
        self,
        graph: Graph,
        sources: Entrances,
        places: Entrances,
        count: int,
        places_count: int,
        limit: float,
        inside: tuple[IntArray, IntArray] | None = None,
        *,
        backwards: bool = False,
    ) -> None:
        laid = compact(graph)
        self._arcs: Arcs = laid.back if backwards else laid.ahead
        self._limit, self._count, self._places_count = float(limit), count, places_count
        self._few = count * min(len(laid), 2 * (limit / laid.step) ** 2) <= FEW
        self._step = max(laid.step / 2, self._limit / _MOST_BUCKETS)
        leave = ends(graph, sources, leaving=not backwards)
        arrive = ends(graph, places, leaving=backwards)
        node = laid.rank[leave.node]
        start, (nodes, metres) = grouped(leave.owner, count, node, leave.metres)
        self._sources: search.Groups = (start, nodes, metres)
        stop, (place, more) = grouped(laid.rank[arrive.node], len(laid), arrive.owner, arrive.metres)
        self._targets: search.Groups = (stop, place, more)
        if backwards:
            place, source, metres = same_edge(graph, places, sources)
        else:
            source, place, metres = same_edge(graph, sources, places)
        near = metres <= self._limit
        if inside is None:
            inside = (np.empty(0, np.int64), np.empty(0, np.int64))
        known, (known_place, known_metres) = grouped(
            np.concatenate([source[near], inside[0]]), count,
            np.concatenate([place[near], inside[1]]), np.concatenate([metres[near], np.zeros(len(inside[0]))]),
        )  # fmt: skip
        self._known: search.Groups = (known, known_place, known_metres)
        # along the curve by the first junction; those without one come last
        first = np.full(count, len(laid), np.int64)
        first[np.diff(start) > 0] = nodes[start[:-1][np.diff(start) > 0]]
        self._order = np.argsort(first, kind="stable")
        self._marks: SimpleQueue[tuple[NDArray[np.int32], NDArray[np.int32]]] = SimpleQueue()
        self.unreached = (np.diff(start) == 0) & (np.diff(known) == 0)
        """(count,) sources without an entrance, and with no place inside."""

    def totals(self, values: FloatArray) -> FloatArray:
        """(count,) sum of the values (p,) of the places within reach, added in the order of the places."""
        values = np.asarray(values, np.float64)
        total = np.zeros(self._count)
        if self._few:
            found = self._plain()
            return found.add(values[found.place])
        from flexsite.access.reach._lanes import totals
        from flexsite.kernel._jit import plain

        arguments, per_place = self._arguments(), plain(values, np.float64)
        chunks = list(self._chunks())
        for rows, answer in zip(
            chunks,
            in_threads(lambda rows: self._marked(totals, *arguments, rows, *self._bounds(), last=[per_place]), chunks),
            strict=True,
        ):
            total[rows] = answer
        return total

    def fold(self, function: Callable[[Pairs], FloatArray]) -> FloatArray:
        """(count,) sum of what a function makes of every pair (k,), added in the order of the places.

        The function is called with some sources at a time, in threads.
        """
        return self.folds(lambda found: [function(found)])[0]

    def folds(self, function: Callable[[Pairs], Sequence[FloatArray]]) -> list[FloatArray]:
        """Several such sums at once."""

        def some(rows: IntArray) -> list[FloatArray]:
            found = self._found(rows)
            return [found.add(values) for values in function(found)]

        chunks = list(self._chunks())
        parts = list(in_threads(some, chunks))
        answer = []
        for which in range(len(parts[0]) if parts else 0):
            total = np.zeros(self._count)
            for rows, part in zip(chunks, parts, strict=True):
                total[rows] = part[which]
            answer.append(total)
        return answer

    def by_place(self) -> tuple[IntArray, NDArray[np.int32], FloatArray]:
        """All pairs by place: where each begins (p + 1,), the sources (k,), rising, and metres (k,)."""
        parts = list(in_threads(self._found, list(self._chunks())))
        place = np.concatenate([np.empty(0, np.int32), *(part.place for part in parts)])
        metres = np.concatenate([np.empty(0), *(part.metres for part in parts)])
        size = np.concatenate([np.empty(0, np.int64), *(part.size for part in parts)])
        source = np.concatenate([np.empty(0, np.int64), *(part.source for part in parts)])
        if self._few:
            order = np.lexsort((np.repeat(source, size), place))
            first = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=self._places_count))])
            return first.astype(np.int64), np.repeat(source, size)[order].astype(np.int32), metres[order]
        from flexsite.access.reach._lanes import turned
        from flexsite.kernel._jit import plain

        begin, sizes = np.zeros(self._count, np.int64), np.zeros(self._count, np.int64)
        begin[source], sizes[source] = np.cumsum(size) - size, size
        return turned(begin, sizes, plain(place, np.int32), plain(metres, np.float64), self._places_count)

    def _chunks(self) -> Iterator[IntArray]:
        if self._few:
            yield np.arange(self._count)
            return
        for begin in range(0, self._count, _CHUNK):
            yield self._order[begin : begin + _CHUNK]

    def _found(self, rows: IntArray) -> Pairs:
        """Pairs of some sources, those of a chunk."""
        if self._few:
            return self._plain()
        from flexsite.access.reach._lanes import pairs

        return Pairs(rows, *self._marked(pairs, *self._arguments(), rows, *self._bounds()))

    def _marked(self, function: Callable[..., Answer], *arguments: Any, last: Sequence[Any] = ()) -> Answer:
        """Call a compiled function with its marks, of which there is one pair for every thread at work."""
        try:
            marks = self._marks.get_nowait()
        except Empty:
            marks = np.full(len(self._arcs.pointer) - 1, -1, np.int32), np.full(self._places_count, -1, np.int32)
        answer = function(*arguments, *marks, *last)
        self._marks.put(marks)
        return answer

    def _plain(self) -> Pairs:
        found = search.pairs(self._arcs, self._sources, self._targets, self._known, self._limit)
        return Pairs(np.arange(self._count), *found)

    def _arguments(self) -> tuple[Any, Any, Any, Any]:
        """What the compiled functions take."""
        from flexsite.kernel._jit import plain

        arcs = self._arcs
        graph = (plain(arcs.pointer, np.int32), plain(arcs.head, np.int32), plain(arcs.metres, np.float64))
        sources, targets, known = (
            (plain(first, np.int64), plain(which, np.int64), plain(metres, np.float64))
            for first, which, metres in (self._sources, self._targets, self._known)
        )
        return graph, sources, targets, known

    def _bounds(self) -> tuple[float, float, int]:
        """The limit, the width of a bucket, and how many there are."""
        return self._limit, self._step, int(self._limit / self._step) + 1


def in_threads(function: Callable[[Item], Answer], items: Sequence[Item]) -> Iterator[Answer]:
    """Answers in order, from as many threads as there are cores or as are asked for."""
    workers = min(WORKERS.get() or os.cpu_count() or 1, len(items))
    if workers <= 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(function, items)
