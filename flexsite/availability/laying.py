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
ROOM = 1.0
"""Metres around the box of a candidate within which features count: cut there, they lend it no edges."""
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
        That number by rule, below twice as many as there are rules; it depends on the rules alone.
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

    def only(self, features: NDArray[np.bool_]) -> Laid:
        """Without the pieces of other features."""
        if features.all():
            return self
        kept = features[self.owner[self.piece]]
        ends = np.concatenate([[0], np.cumsum(kept)])
        return replace(self, start=ends[self.start].astype(np.int64), piece=self.piece[kept])

    def prints(self, shapes: Flat, footprints: Mapping[str, Footprint]) -> dict[str, Prints]:
        """By rule, per candidate a fingerprint of what the rule knows there; zeros where that is nothing."""
        keys = np.zeros((len(self.features), 2), dtype=np.uint64)
        for name, footprint in footprints.items():
            mine = np.flatnonzero(self.part == self.feature_part[name])
            for value in dict.fromkeys(footprint.value.tolist()):
                keys[mine[footprint.value == value]] = _salt(name, value)
        around = shapes.bounds + np.array([-ROOM, -ROOM, ROOM, ROOM])
        part, parts = self.part[self.owner], 2 * len(footprints)
        found = kernel.seen(around, self.pieces, self.start, self.piece, part, keys[self.owner], parts)
        result = {name: found[:, self.feature_part[name]].copy() for name in footprints}
        for name, covered in self.coverage_part.items():
            # That a layer covers nothing of a candidate is another thing than that it is complete.
            result[name] ^= found[:, covered] ^ _salt(name, "not complete")
        return result


def lay(shapes: Flat, footprints: Mapping[str, Footprint]) -> Laid:
    """Lay the footprints of rules over candidates."""
    numbers = {name: number for number, name in enumerate(footprints)}
    covered = {name: one.covered for name, one in footprints.items() if one.covered is not None}
    coverage_part = {name: len(numbers) + numbers[name] for name in covered}
    shares = [*(one.shapes for one in footprints.values()), *covered.values()]
    features = Flat.join(shares or [Flat.of(np.empty(0, dtype=object))])
    pieces, owner = kernel.cut(features, _FINE)
    start, piece = kernel.pairs(shapes.bounds, pieces.bounds)
    part = np.repeat([*numbers.values(), *coverage_part.values()], [len(share) for share in shares]).astype(np.intp)
    return Laid(features, part, numbers, coverage_part, pieces, owner, start, piece)


def _salt(rule: str, value: object) -> Prints:
    text = f"{rule} {type(value).__name__} {value}"
    return np.frombuffer(hashlib.sha256(text.encode()).digest()[:16], dtype=np.uint64)
