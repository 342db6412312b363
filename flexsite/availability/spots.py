"""Rules at the centres of the cells of a grid: why not here, for runs too large to bring all shapes along."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.availability.combinations import MOST_BITS, Combinations
from flexsite.availability.waterfall import acts, claiming, removes

if TYPE_CHECKING:
    from flexsite.availability.footprint import Bounds, Footprint
    from flexsite.availability.overlaps import Masks
    from flexsite.availability.window import Clock
    from flexsite.flat import Flat
    from flexsite.study.models import Study

KIND = "spots"
SIDES = (25.0, 50.0, 100.0, 250.0, 500.0, 1000.0)
"""Metres of a cell: the first with which the grid is no larger than `MOST_CELLS`."""
MOST_CELLS = 5_000_000
_MOST_MASKS = 2**16 - 1


@dataclass(frozen=True)
class Frame:
    """Upright square cells in the CRS of the study; row 0 is the northernmost.

    Attributes
    ----------
    cell
        Metres of a side.
    west, north
        Corner of the first cell, in cells from the origin of the CRS.
    """

    cell: float
    west: int
    north: int
    rows: int
    columns: int

    @classmethod
    def around(cls, bounds: Bounds) -> Frame:
        """The finest grid that holds some bounds (metres) and is not too large.

        Examples
        --------
        >>> Frame.around((10.0, 30.0, 60.0, 90.0))
        Frame(cell=25.0, west=0, north=4, rows=3, columns=3)
        """
        for cell in SIDES:
            west, south = int(np.floor(bounds[0] / cell)), int(np.floor(bounds[1] / cell))
            east, north = int(np.ceil(bounds[2] / cell)), int(np.ceil(bounds[3] / cell))
            frame = cls(cell, west, north, max(north - south, 1), max(east - west, 1))
            if frame.rows * frame.columns <= MOST_CELLS:
                break
        return frame

    @property
    def inverse(self) -> tuple[float, float, float, float, float, float]:
        """From x, y to column, row."""
        return 1 / self.cell, 0.0, float(-self.west), 0.0, -1 / self.cell, float(self.north)


@dataclass(frozen=True)
class Spots:
    """What lies at the centres of cells.

    Attributes
    ----------
    code
        (rows, columns) 0 where no candidate lies, else 1 + the place in `masks`.
    masks
        Rules that claim the ground as bits: bit k is the k-th rule of the study; 0: none does.
    """

    frame: Frame
    code: NDArray[np.uint16]
    masks: Masks

    def renumbered(self, bits: Sequence[int]) -> Spots:
        """The same with rule k as bit `bits[k]`."""
        masks = np.zeros(len(self.masks), dtype=np.uint64)
        for k, bit in enumerate(bits):
            masks |= ((self.masks >> np.uint64(k)) & np.uint64(1)) << np.uint64(bit)
        return Spots(self.frame, self.code, masks)


def spot(shapes: Flat, footprints: Mapping[str, Footprint], study: Study, clock: Clock, frame: Frame) -> Spots | None:
    """Look what claims the ground at the centres of cells; None for too many rules or combinations.

    Parameters
    ----------
    shapes
        The candidates.
    footprints
        By rule, in the order of the study.
    """
    from flexsite.kernel.scan import centre_shares

    if 2 * len(study.rules) > MOST_BITS:
        return None

    def under(features: Flat, wanted: NDArray[np.intp]) -> NDArray[np.bool_]:
        found = centre_shares(features, wanted, frame.inverse, 0, frame.rows, frame.columns)
        return found.reshape(-1) > 0

    cells = np.flatnonzero(under(shapes, np.arange(len(shapes))))
    mask = np.zeros(len(cells), dtype=np.uint64)
    features: dict[str, int] = {}
    coverages: dict[str, int] = {}
    takers = [(place, rule) for place, rule in enumerate(study.rules) if removes(rule, study)]
    for _, rule in takers:
        found = footprints[rule.id]
        mine = np.flatnonzero(claiming(rule, found, clock, active=acts(rule, study)))
        features[rule.id] = len(features) + len(coverages)
        mask[under(found.shapes, mine)[cells]] |= np.uint64(1 << features[rule.id])
        if found.covered is not None:
            coverages[rule.id] = len(features) + len(coverages)
            mask[under(found.covered, np.arange(len(found.covered)))[cells]] |= np.uint64(1 << coverages[rule.id])
    table = Combinations(np.empty(0), cells, mask, np.empty(0), features, coverages)
    claims = np.zeros(len(cells), dtype=np.uint64)
    for place, rule in takers:
        claims[table.claimed(rule, study)] |= np.uint64(1 << place)
    return _coded(cells, claims, frame)


def merged(several: Sequence[Spots | None]) -> Spots | None:
    """Those of several groups of candidates on one grid; where two lie on one cell the first holds."""
    first = several[0] if several else None
    if first is None or None in several:
        return None
    claims = np.zeros(first.code.size, dtype=np.uint64)
    there = np.zeros(first.code.size, dtype=bool)
    for one in several:
        if one is not None:
            code = one.code.reshape(-1)
            new = np.flatnonzero(~there & (code > 0))
            claims[new] = one.masks[code[new].astype(np.intp) - 1]
            there[new] = True
    cells = np.flatnonzero(there)
    return _coded(cells, claims[cells], first.frame)


def save(spots: Spots, folder: Path) -> None:
    """Write spots."""
    np.savez(folder / "spots.npz", code=spots.code, masks=spots.masks)
    frame = spots.frame
    about = [frame.cell, frame.west, frame.north, frame.rows, frame.columns]
    (folder / "frame.json").write_text(json.dumps(about), encoding="utf-8")


def load(folder: Path) -> Spots:
    """Read spots that `save` wrote."""
    cell, west, north, rows, columns = json.loads((folder / "frame.json").read_text(encoding="utf-8"))
    with np.load(folder / "spots.npz", allow_pickle=False) as found:
        return Spots(Frame(float(cell), west, north, rows, columns), found["code"], found["masks"])


def _coded(cells: NDArray[np.intp], claims: Masks, frame: Frame) -> Spots | None:
    masks, place = np.unique(claims, return_inverse=True)
    if len(masks) > _MOST_MASKS:
        return None
    code = np.zeros(frame.rows * frame.columns, dtype=np.uint16)
    code[cells] = place + 1
    return Spots(frame, code.reshape(frame.rows, frame.columns), masks)
