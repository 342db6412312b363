"""Parts of a network that hang together, and small ones that a site should not be led onto."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from flexsite.access.streets.model import NetworkMode, StreetFile

FEWEST_NODES = 50
"""Junctions below which a part of the network is an island, to which nothing snaps that has another street near."""


@dataclass(frozen=True)
class Islands:
    """What hangs together in the network of a mode, directions aside.

    Parameters
    ----------
    small
        (m,) edges of the mode on a part with fewer than 50 junctions. Where every part is that small, none is.
    parts, islands
        Number of parts, and of small ones.
    nodes, island_nodes
        Junctions of the mode, and those on small parts.
    island_metres
        Length of the small parts, about.
    """

    small: NDArray[np.bool_]
    parts: int
    islands: int
    nodes: int
    island_nodes: int
    island_metres: float

    @classmethod
    def of(cls, file: StreetFile, mode: NetworkMode) -> Islands:
        """The islands of a mode in a whole street file, so that they do not depend on a window."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        from flexsite.access.streets.model import rough_lengths

        along, against = file.directions(mode)
        edges = np.flatnonzero(along | against)
        count = len(file.node_id)
        u, v = file.u[edges], file.v[edges]
        used = np.zeros(count, bool)
        used[u] = used[v] = True
        links = coo_array((np.ones(len(edges), np.int8), (u, v)), shape=(count, count)).tocsr()
        label = connected_components(links, directed=False)[1]
        size = np.bincount(label[used])
        little = (size > 0) & (size < FEWEST_NODES)
        if little.sum() == (size > 0).sum():
            little[:] = False
        small = np.zeros(len(file), bool)
        small[edges] = little[label[u]]
        metres = rough_lengths(file.coords, file.start, np.flatnonzero(small), file.crs)
        return cls(
            small, int((size > 0).sum()), int(little.sum()), int(used.sum()), int(size[little].sum()),
            float(metres.sum()),
        )  # fmt: skip

    def counts(self) -> dict[str, float]:
        """All fields but `small`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "small"}

    def report(self) -> dict[str, float]:
        """Counts for run.json."""
        return {
            "parts": self.parts,
            "islands": self.islands,
            "islands_km": round(self.island_metres / 1000, 1),
            "islands_share_of_junctions": round(self.island_nodes / self.nodes, 4) if self.nodes else 0.0,
        }
