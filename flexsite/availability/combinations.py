"""Ground by combination of rules: every order, every rule left out, every smallest area is a sum over one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.availability.account import Account, Taken, Unknown
from flexsite.availability.overlaps import Overlaps, summed
from flexsite.availability.waterfall import removes
from flexsite.geometry import Floats, Indices, empty_geometries
from flexsite.study.rule import KeepRule

if TYPE_CHECKING:
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase

Masks = NDArray[np.uint64]
Truths = NDArray[np.bool_]
MOST_BITS = 64
"""Footprints and coverages that one mask can tell apart."""


@dataclass(frozen=True)
class Combinations:
    """How much ground of each candidate lies under which footprints at once.

    Attributes
    ----------
    start
        (N,) area of each candidate in m2, not rounded.
    row, mask, area
        Equally long, by row: a candidate, the footprints over a part of it as bits, and the m2 of that part. Ground
        under no footprint is in the table too, with mask 0.
    feature_bit, coverage_bit
        By rule: the bit of the features under which it claims ground, and of what its layer covers; a rule whose
        layer is complete has no coverage bit.
    """

    start: Floats
    row: Indices
    mask: Masks
    area: Floats
    feature_bit: Mapping[str, int]
    coverage_bit: Mapping[str, int]

    def claimed(self, rule: RuleBase, study: Study) -> Truths:
        """Parts that a rule claims, by the meaning that `waterfall.cut` gives each effect."""
        under = _has(self.mask, self.feature_bit[rule.id])
        beyond = rule.outside_coverage == "exclude"
        known = self.known(rule)
        if isinstance(rule, KeepRule):
            return ~under if beyond else ~under & known
        inside = under & known if removes(rule, study) else under
        return inside | ~known if beyond else inside

    def known(self, rule: RuleBase) -> Truths:
        """Parts where the rule's layer knows anything."""
        bit = self.coverage_bit.get(rule.id)
        return np.ones(len(self.mask), dtype=bool) if bit is None else _has(self.mask, bit)

    def account(
        self, study: Study, rules: Sequence[RuleBase] | None = None, *, overlaps: bool = True
    ) -> tuple[Account, Floats]:
        """What the rules do, in numbers, and what they leave of each candidate in m2, not rounded.

        Parameters
        ----------
        rules
            Those that act, in their order; default: all of the study.
        overlaps
            Whether anybody asks what several rules claim.

        Examples
        --------
        Another order changes who gets the blame, never what is left:

        >>> account, left = table.account(study, list(reversed(study.rules)))  # doctest: +SKIP
        """
        chosen = list(study.rules) if rules is None else list(rules)
        count = len(self.start)
        claims = {rule.id: self.claimed(rule, study) for rule in chosen}
        touched = {name: self._sums(claim) for name, claim in claims.items()}
        # A rule that touches less than a square centimetre leaves the candidate as it is.
        claims = {name: claim & (touched[name][self.row] > 0) for name, claim in claims.items()}
        takers = [rule.id for rule in chosen if removes(rule, study)]
        times = np.zeros(len(self.row), dtype=np.int64)
        for name in takers:
            times += claims[name]
        start_m2 = np.round(self.start, 2) + 0.0
        gone = np.zeros(count)
        left_m2, free = start_m2.copy(), np.ones(len(self.row), dtype=bool)
        taken, unknown = {}, {}
        for rule in chosen:
            claim = claims[rule.id]
            index = np.flatnonzero(touched[rule.id] > 0)
            touched_m2 = touched[rule.id][index]
            taken_m2, only_m2 = np.zeros(len(index)), np.zeros(len(index))
            if rule.id in takers:
                gone += np.bincount(self.row[claim & free], self.area[claim & free], minlength=count)
                free &= ~claim
                after_m2 = np.clip(np.round(self.start[index] - gone[index], 2) + 0.0, 0.0, left_m2[index])
                taken_m2 = np.round(left_m2[index] - after_m2, 2)
                left_m2[index] = after_m2
                only_m2 = self._sums(claim & (times == 1))[index]
            taken[rule.id] = Taken(index, touched_m2, taken_m2, only_m2, empty_geometries(len(index)))
            beyond = self._sums(~self.known(rule)) if rule.outside_coverage == "unknown" else np.zeros(count)
            where = np.flatnonzero(beyond > 0)
            unknown[rule.id] = Unknown(where, beyond[where])
        several = self._overlaps(claims, chosen, takers) if overlaps else None
        return Account(start_m2, left_m2, taken, unknown, several), self.start - gone

    def _overlaps(self, claims: Mapping[str, Truths], chosen: Sequence[RuleBase], takers: Sequence[str]) -> Overlaps:
        """What rules take by which of them claim it, the k-th of those chosen as bit k."""
        mask = np.zeros(len(self.row), dtype=np.uint64)
        for bit, rule in enumerate(chosen):
            if rule.id in takers:
                mask[claims[rule.id]] |= np.uint64(1 << bit)
        return summed(self.row, mask, self.area)

    def with_rows(self, rows: Indices, table: Combinations) -> Combinations:
        """The same with some candidates, given by their rows here, as another table has them."""
        ours = np.ones(len(self.start), dtype=bool)
        ours[rows] = False
        stay = ours[self.row]
        row = np.concatenate([self.row[stay], rows[table.row]])
        order = np.argsort(row, kind="stable")
        return replace(
            self,
            row=row[order],
            mask=np.concatenate([self.mask[stay], table.mask])[order],
            area=np.concatenate([self.area[stay], table.area])[order],
        )

    def _sums(self, parts: Truths) -> Floats:
        """m2 per candidate of some parts, rounded to 0.01."""
        sums: Floats = np.round(np.bincount(self.row[parts], self.area[parts], minlength=len(self.start)), 2)
        return sums + 0.0


def _has(mask: Masks, bit: int) -> Truths:
    result: Truths = (mask >> np.uint64(bit)) & np.uint64(1) == 1
    return result
