"""The account of the ground: what each rule took from each candidate, in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flexsite.availability import overlaps as overlapping
from flexsite.geometry import Floats, Geometries, Indices, empty_geometries
from flexsite.study.rule import MarkRule

if TYPE_CHECKING:
    from flexsite.availability.overlaps import Overlaps
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase


@dataclass(frozen=True)
class Taken:
    """What one rule did to the candidates it touches; rows rise.

    Attributes
    ----------
    index
        Rows of the candidates.
    touched_m2
        Candidate ground under the rule, whatever other rules take.
    taken_m2
        Ground it took at its turn.
    only_m2
        Ground that no other removing rule takes: what would return without it.
    geometry
        The ground it took at its turn, where asked for; else empty slots.
    """

    index: Indices
    touched_m2: Floats
    taken_m2: Floats
    only_m2: Floats
    geometry: Geometries


@dataclass(frozen=True)
class Unknown:
    """Candidate ground where a rule's layer knows nothing: rows of the candidates and m2."""

    index: Indices
    area_m2: Floats


@dataclass(frozen=True)
class Step:
    """One rule's row of the waterfall; areas in hectares."""

    rule: str
    effect: str
    hardness: str
    candidates: int
    area_ha: float
    touched_ha: float
    only_ha: float
    unknown_ha: float


@dataclass(frozen=True)
class Account:
    """Ground before, under and after the rules, per candidate.

    Attributes
    ----------
    start_m2, area_m2
        Area of each candidate before any rule, and what all rules together leave of it.
    taken, unknown
        By rule, in the order of the study.
    overlaps
        What they take by which of them claim it at once; None where that was not asked for.
    """

    start_m2: Floats
    area_m2: Floats
    taken: Mapping[str, Taken]
    unknown: Mapping[str, Unknown]
    overlaps: Overlaps | None = None

    def steps(self, study: Study, rules: Sequence[RuleBase] | None = None) -> list[Step]:
        """The waterfall's rows for the rules that acted, in their order; default: all of the study."""
        left = self.start_m2.copy()
        rows: list[Step] = []
        for rule in study.rules if rules is None else rules:
            taken = self.taken[rule.id]
            left[taken.index] = np.round(left[taken.index] - taken.taken_m2, 2)
            rows.append(
                Step(
                    rule=rule.id,
                    effect=effect_of(rule, study),
                    hardness=rule.hardness,
                    candidates=int((left > 0).sum()),
                    area_ha=float(left.sum()) / 1e4,
                    touched_ha=float(taken.touched_m2.sum()) / 1e4,
                    only_ha=float(taken.only_m2.sum()) / 1e4,
                    unknown_ha=float(self.unknown[rule.id].area_m2.sum()) / 1e4,
                )
            )
        return rows


def effect_of(rule: RuleBase, study: Study) -> str:
    """The effect a rule has in this study: one that is softer than its strictness only marks."""
    return rule.effect if rule.acts(study.strictness, study.term) else MarkRule.effect


def joined(accounts: Sequence[Account], rows: Sequence[Indices], count: int, rules: Sequence[str]) -> Account:
    """One account of `count` candidates from those of tiles.

    Parameters
    ----------
    rows
        For each account the rows that its candidates have in the whole.
    rules
        Ids, in order.
    """
    start, area = np.zeros(count), np.zeros(count)
    for account, own in zip(accounts, rows, strict=True):
        start[own], area[own] = account.start_m2, account.area_m2
    taken, unknown = {}, {}
    for rule in rules:
        found = [(account.taken[rule], own) for account, own in zip(accounts, rows, strict=True)]
        index = _concatenated([own[one.index] for one, own in found], np.intp)
        order = np.argsort(index, kind="stable")
        taken[rule] = Taken(
            index[order],
            _concatenated([one.touched_m2 for one, _ in found], float)[order],
            _concatenated([one.taken_m2 for one, _ in found], float)[order],
            _concatenated([one.only_m2 for one, _ in found], float)[order],
            np.concatenate([empty_geometries(), *(one.geometry for one, _ in found)])[order],
        )
        beyond = [(account.unknown[rule], own) for account, own in zip(accounts, rows, strict=True)]
        where = _concatenated([own[one.index] for one, own in beyond], np.intp)
        order = np.argsort(where, kind="stable")
        unknown[rule] = Unknown(where[order], _concatenated([one.area_m2 for one, _ in beyond], float)[order])
    return Account(start, area, taken, unknown, overlapping.joined([one.overlaps for one in accounts], rows))


def _concatenated(arrays: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.empty(0, dtype=kind), *arrays]).astype(kind, copy=False)
