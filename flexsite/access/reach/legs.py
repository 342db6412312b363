"""Ways on foot between places and stops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flexsite.access.entering.snap import Entrances
from flexsite.access.reach.bounded import TOLERANCE, Reach
from flexsite.access.streets.model import Graph, IntArray

ROUNDING = 1e-6
"""Seconds by which a walk may exceed a whole second and still be that: rounding of coordinates, not a policy."""


@dataclass(frozen=True)
class Legs:
    """Ways on foot from origins to the stops within reach.

    Parameters
    ----------
    first
        (n + 1,) ways of origin i are elements first[i]:first[i + 1].
    stop
        (k,) row of the stop, rising within an origin.
    metres
        (k,) length of the shortest way, with the straight legs at both ends.
    """

    first: NDArray[np.int64]
    stop: NDArray[np.int32]
    metres: NDArray[np.float64]

    @classmethod
    def none(cls, count: int) -> Legs:
        """No way from any of so many origins."""
        return cls(np.zeros(count + 1, np.int64), np.empty(0, np.int32), np.empty(0))

    def __len__(self) -> int:
        """Number of origins."""
        return len(self.first) - 1

    def seconds(self, metres_per_second: float) -> NDArray[np.int32]:
        """(k,) walking time in whole seconds, rounded up.

        Examples
        --------
        >>> Legs(np.array([0, 2]), np.array([3, 5], np.int32), np.array([400.0, 401.0])).seconds(4.8 / 3.6)
        array([300, 301], dtype=int32)
        """
        return np.ceil(self.metres / metres_per_second - ROUNDING).astype(np.int32)


def legs(
    graph: Graph,
    origins: Entrances,
    stops: Entrances,
    count_origins: int,
    count_stops: int,
    limit: float,
    inside: tuple[IntArray, IntArray],
) -> Legs:
    """The shortest way from every origin to every stop within reach of it.

    The search starts from the stops, of which there are fewer than sites, and goes against the directions of streets.

    Parameters
    ----------
    graph
        Streets of a mode.
    origins, stops
        Entrances; of several the best one counts.
    count_origins, count_stops
        Number of origins and of stops.
    limit
        Metres, straight legs included; a stop at exactly that distance counts.
    inside
        Rows of origins, and of stops that lie in or touch them: no way at all.
    """
    reach = Reach(
        graph, stops, origins, count_stops, count_origins, limit + TOLERANCE, (inside[1], inside[0]), backwards=True
    )
    return Legs(*reach.by_place())
