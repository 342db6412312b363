"""Features laid over candidates: cut in small pieces, and which pieces lie near which candidate."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite import kernel
from flexsite.flat import Flat
from flexsite.geometry import Indices

if TYPE_CHECKING:
    from flexsite.availability.footprint import Footprint

Prints = NDArray[np.uint64]
"""(N, 2) fingerprints."""
_FINE = 32
"""Vertices above which a feature is cut: small pieces lie near few candidates, but there are more of them."""


@dataclass(frozen=True)
class Laid:
    """The features and coverages of rules, and where they meet candidates.

    Attributes
    ----------
    features, part
        All of them, rule by rule, and for each the number of its footprint or coverage.
    feature_part, coverage_part
        That number by rule; rules with one coverage share its number.
    pieces, owner
        The features cut, which serves areas only, and the feature that each piece is of.
    start, piece
        Pieces near each candidate, as `kernel.pairs` gives them.
    """

    features: Flat
    part: Indices
    feature_part: dict[str, int]
    coverage_part: dict[str, int]
    pieces: Flat
    owner: Indices
    start: Indices
    piece: Indices

    def take(self, rows: Indices) -> Laid:
        """The same for some of the candidates."""
        counts = np.diff(self.start)[rows]
        ends = np.cumsum(counts)
        index = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self.start[rows] - (ends - counts), counts)
        return replace(self, start=np.concatenate([[0], ends]).astype(np.int64), piece=self.piece[index])

    def only(self, features: NDArray[np.bool_]) -> Laid:
        """Without the pieces of other features."""
        if features.all():
            return self
        kept = features[self.owner[self.piece]]
        ends = np.concatenate([[0], np.cumsum(kept)])
        return replace(self, start=ends[self.start].astype(np.int64), piece=self.piece[kept])

    def prints(self, shapes: Flat, footprints: Mapping[str, Footprint]) -> Prints:
        """Per candidate a fingerprint of its own ground and of everything that the rules know near it."""
        salts = np.zeros((len(self.features), 2), dtype=np.uint64)
        for name, footprint in footprints.items():
            mine = np.flatnonzero(self.part == self.feature_part[name])
            for value in dict.fromkeys(footprint.value.tolist()):
                salts[mine[footprint.value == value]] = _salt(name, value)
        for name, part in self.coverage_part.items():
            salts[self.part == part] ^= _salt(name, "coverage")
        own = kernel.fingerprints(self.pieces) ^ salts[self.owner]
        whole = kernel.fingerprints(shapes)
        for name in self.coverage_part:
            # That a layer covers nothing near a candidate is another thing than that it is complete.
            whole ^= _salt(name, "not complete")
        return kernel.mix(whole, self.start, self.piece, own)


def lay(shapes: Flat, footprints: Mapping[str, Footprint]) -> Laid:
    """Lay the footprints of rules over candidates."""
    shares: list[Flat] = []
    feature_part: dict[str, int] = {}
    coverage_part: dict[str, int] = {}
    for name, footprint in footprints.items():
        feature_part[name] = len(shares)
        shares.append(footprint.shapes)
        if footprint.covered is None:
            continue
        known = next((part for part in set(coverage_part.values()) if _same(shares[part], footprint.covered)), None)
        if known is None:
            known = len(shares)
            shares.append(footprint.covered)
        coverage_part[name] = known
    features = Flat.join(shares or [Flat.of(np.empty(0, dtype=object))])
    pieces, owner = kernel.cut(features, _FINE)
    start, piece = kernel.pairs(shapes.bounds, pieces.bounds)
    part = np.repeat(np.arange(len(shares)), [len(share) for share in shares])
    return Laid(features, part, feature_part, coverage_part, pieces, owner, start, piece)


def _same(left: Flat, right: Flat) -> bool:
    names = ("rows", "polygons", "rings", "xy")
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in names)


def _salt(rule: str, value: object) -> Prints:
    text = f"{rule} {type(value).__name__} {value}"
    return np.frombuffer(hashlib.sha256(text.encode()).digest()[:16], dtype=np.uint64)
