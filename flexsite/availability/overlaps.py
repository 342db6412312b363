"""Ground by the rules that claim it at once: what would come back without some of them, and why it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.geometry import (
    Floats,
    Geometries,
    Indices,
    difference,
    empty_geometries,
    intersection,
    rounded_area,
)

if TYPE_CHECKING:
    from flexsite.availability.waterfall import Ground

Masks = NDArray[np.uint64]
MOST = 64
"""Rules that one mask tells apart."""
_NEAR = 0.005
"""m2 below which ground counts as none, as areas are rounded."""


@dataclass(frozen=True)
class Overlaps:
    """Ground that rules take, cut where one of them ends; by candidate, then mask.

    Attributes
    ----------
    candidate
        Rows of the candidates.
    mask
        Rules that claim the ground as bits: bit k is the k-th rule of the study. Never 0.
    area_m2
        Of each part.
    geometry
        The ground of each part; empty slots where shapes were not asked for.
    """

    candidate: Indices
    mask: Masks
    area_m2: Floats
    geometry: Geometries

    def __len__(self) -> int:
        return len(self.candidate)

    def take(self, place: Indices) -> Overlaps:
        """The parts of some candidates: `place` says for each its new row, or -1 where it is left out."""
        mine = np.flatnonzero(place[self.candidate] >= 0)
        return Overlaps(place[self.candidate[mine]], self.mask[mine], self.area_m2[mine], self.geometry[mine])

    def renumbered(self, bits: Sequence[int]) -> Overlaps:
        """The same with rule k as bit `bits[k]`."""
        mask = np.zeros(len(self.mask), dtype=np.uint64)
        for k, bit in enumerate(bits):
            mask |= ((self.mask >> np.uint64(k)) & np.uint64(1)) << np.uint64(bit)
        return Overlaps(self.candidate, mask, self.area_m2, self.geometry)


def joined(several: Sequence[Overlaps | None], rows: Sequence[Indices]) -> Overlaps | None:
    """Those of tiles as one, where all have them; `rows` says for each which candidates of the whole it holds."""
    found = [(one, own) for one, own in zip(several, rows, strict=True) if one is not None]
    if len(found) < len(several):
        return None
    candidate = np.concatenate([np.empty(0, dtype=np.intp), *(own[one.candidate] for one, own in found)])
    mask = np.concatenate([np.empty(0, dtype=np.uint64), *(one.mask for one, _ in found)])
    area = np.concatenate([np.empty(0), *(one.area_m2 for one, _ in found)])
    geometry = np.concatenate([empty_geometries(), *(one.geometry for one, _ in found)])
    order = np.argsort(candidate, kind="stable")
    return Overlaps(candidate[order], mask[order], area[order], geometry[order])


def summed(candidate: Indices, mask: Masks, area_m2: Floats) -> Overlaps:
    """Parts without shapes: areas (m2) added up per candidate and mask; ground that no rule claims is left out."""
    claimed = np.flatnonzero(mask)
    claimed = claimed[np.lexsort((mask[claimed], candidate[claimed]))]
    candidate, mask, area_m2 = candidate[claimed], mask[claimed], area_m2[claimed]
    if not len(candidate):
        return Overlaps(candidate, mask, area_m2, empty_geometries())
    first = np.flatnonzero(np.concatenate([[True], (np.diff(candidate) != 0) | (mask[1:] != mask[:-1])]))
    return Overlaps(candidate[first], mask[first], np.add.reduceat(area_m2, first), empty_geometries(len(first)))


def arranged(ground: Ground) -> Overlaps | None:
    """Cut what each rule took at its turn where later ones lie over it; None for more rules than a mask tells apart.

    Parameters
    ----------
    ground
        On which all rules have acted, the ground that each took kept.
    """
    names = list(ground.taken)
    if len(names) > MOST:
        return None
    candidate, mask, geometry = np.empty(0, dtype=np.intp), np.empty(0, dtype=np.uint64), empty_geometries()
    for bit, name in enumerate(names):
        if name not in ground.removing:
            continue
        taken = ground.taken[name]
        place = np.full(len(ground.start), -1)
        place[taken.index] = np.arange(len(taken.index))
        over = np.flatnonzero(place[candidate] >= 0)
        under = intersection(geometry[over], ground.claims[name][place[candidate[over]]])
        inside, whole = rounded_area(under), rounded_area(geometry[over])
        some = inside > _NEAR
        partly = some & (whole - inside > _NEAR)
        mask[over[some & ~partly]] |= np.uint64(1 << bit)
        split = over[partly]
        rest = difference(geometry[split], under[partly])
        geometry[split] = rest
        new = np.flatnonzero(taken.taken_m2 > 0)
        candidate = np.concatenate([candidate, candidate[split], taken.index[new]])
        mask = np.concatenate([mask, mask[split] | np.uint64(1 << bit), np.full(len(new), 1 << bit, dtype=np.uint64)])
        geometry = np.concatenate([geometry, under[partly], taken.geometry[new]])
    area_m2 = rounded_area(geometry) if len(geometry) else np.empty(0)
    order = np.lexsort((mask, candidate))
    order = order[area_m2[order] > 0]
    return Overlaps(candidate[order], mask[order], area_m2[order], geometry[order])
