"""Capacity within reach per household that asks for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flexsite.access.entering.snap import Entrances
from flexsite.access.reach.bounded import TOLERANCE, Reach
from flexsite.access.reach.distance import total_within
from flexsite.access.streets.model import FloatArray, Graph, IntArray


@dataclass(frozen=True)
class Catchment:
    """Answer of `catchment`.

    Parameters
    ----------
    value
        (n,) capacity per household within reach of each site; NaN for a site without an entrance.
    households
        (a,) households within reach of each amenity.
    """

    value: FloatArray
    households: FloatArray

    @property
    def unasked(self) -> int:
        """Amenities that no household can reach: they have no ratio, and add nothing."""
        return int((self.households == 0).sum())


def catchment(
    graph: Graph,
    sites: Entrances,
    amenities: Entrances,
    demand: Entrances,
    capacity: FloatArray,
    households: FloatArray,
    count: int,
    within: float,
    inside: tuple[IntArray, IntArray],
) -> Catchment:
    """Two-step floating catchment areas along the network.

    First, each amenity's capacity is divided by all households within `within` metres of it: its ratio. Then the ratios
    of the amenities within `within` metres of a site are added up. Households are where their feature meets the
    streets, all at one point, so features should be small against `within`. Homes that are still to be built ask for
    nothing here: the answer is what there is today.

    Parameters
    ----------
    graph
        Streets of a mode; households travel to amenities.
    sites, amenities, demand
        Entrances.
    capacity
        (a,) of every amenity, in any unit, such as places in a school.
    households
        (d,) of every feature of demand.
    count
        Number of sites.
    within
        Metres; exactly that distance counts.
    inside
        Rows of sites and of amenities that lie in or touch them: their distance is 0.

    References
    ----------
    Luo, W. and F. Wang (2003), "Measures of spatial accessibility to health care in a GIS environment", Environment and
    Planning B 30. As in PySAL access, an amenity that no household can reach adds nothing.
    """
    asking = Reach(graph, amenities, demand, len(capacity), len(households), within + TOLERANCE, backwards=True)
    asked = asking.totals(households)
    ratio = np.divide(capacity, asked, out=np.zeros(len(capacity)), where=asked > 0)
    return Catchment(total_within(graph, sites, amenities, ratio, count, within, inside), asked)
