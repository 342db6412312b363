"""The rules that every tool applies, in their order, and how a tool hands in its answer. Needs numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np

RULES = ("buildings", "nature", "planned", "noise", "safety", "landuse")
BUFFER = {"noise": 50.0, "safety": 150.0}
"""Metres around the features."""
QUADRANT_SEGMENTS = 16
"""Of buffers, as flexsite's; GEOS takes 8 when it is not told."""
MIN_AREA = 2500.0
"""m2 of a site, at least."""


class Sizes:
    """m2 that tools leave of parcels after each rule, by their ids 0, 1, 2, ...; what is not named has nothing left."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.steps: list[Any] = []

    def add(self, ids: Any, area: Any) -> None:
        """Note one step."""
        step = np.zeros(self.count)
        step[np.asarray(ids)] = area
        self.steps.append(step)

    def save(self, out: str, ids: Any, parts: Any, area: Any) -> None:
        """Write what rules took and the sites: how many parts a parcel has, and their m2."""
        sites, sites_m2 = np.zeros(self.count), np.zeros(self.count)
        sites[np.asarray(ids)], sites_m2[np.asarray(ids)] = parts, area
        removed = -np.diff(np.stack(self.steps), axis=0)
        np.savez(out, removed=removed, left=self.steps[-1], sites=sites, sites_m2=sites_m2)
