"""Candidates of several kinds: each group goes through the rules that act on it, and the parts become one.

The rules of a group are those that act on its kind; a rule that does not leaves the ground as it is. Candidates of
different kinds may lie on the same ground: each counts by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flexsite.availability import sites, spots, tile
from flexsite.availability.account import Account, Taken, Unknown
from flexsite.availability.finding import Available, find
from flexsite.availability.overlaps import MOST
from flexsite.availability.tile import Tile
from flexsite.availability.window import Clock
from flexsite.geometry import Indices, empty_geometries
from flexsite.notices import Notices
from flexsite.study.kinds import applies, kind_of

if TYPE_CHECKING:
    from flexsite.availability.spots import Frame
    from flexsite.availability.work import Crew
    from flexsite.candidates import Candidates
    from flexsite.layers import Layers
    from flexsite.study.models import Study

_NO_SITE = "no_site"


@dataclass(frozen=True)
class Group:
    """Candidates on which the same rules act, and that ask the same size of a site.

    Attributes
    ----------
    study
        The study with these rules and sizes alone.
    rows
        Its candidates, rising; None for all.
    """

    study: Study
    rows: Indices | None


def groups(study: Study, candidates: Candidates) -> list[Group]:
    """Candidates by the rules that act on them and by the size of a site; where these are equal for all, one group."""
    spec = study.candidates
    every = [(spec.kind, spec.min_area, spec.min_width)]
    if candidates.part is not None:
        every = [(one.kind, one.min_area, one.min_width) for one in spec.every()]
    found: dict[tuple[tuple[str, ...], float, float], list[int]] = {}
    for place, (name, min_area, min_width) in enumerate(every):
        kind = kind_of(study, name)
        acting = tuple(rule.id for rule in study.rules if applies(rule, kind))
        found.setdefault((acting, min_area, min_width), []).append(place)
    result = []
    for (acting, min_area, min_width), places in found.items():
        whole = len(acting) == len(study.rules) and (min_area, min_width) == (spec.min_area, spec.min_width)
        rules = [rule for rule in study.rules if rule.id in acting]
        sizes = spec.model_copy(update={"min_area": min_area, "min_width": min_width})
        mine = study if whole else study.model_copy(update={"rules": rules, "candidates": sizes})
        if len(found) == 1 or candidates.part is None:
            result.append(Group(mine, None))
            continue
        rows = np.flatnonzero(np.isin(candidates.part, places))
        if len(rows):
            result.append(Group(mine, rows))
    return result


def find_all(
    study: Study,
    layers: Layers,
    candidates: Candidates,
    notices: Notices,
    told: Callable[[str], None],
    crew: Crew,
    *,
    keep_taken: bool,
    keep_all: bool,
    frame: Frame | None = None,
) -> Available:
    """Let every rule of a study act on the candidates of the kinds it is for, and describe what is left.

    Parameters and errors as `flexsite.availability.finding.find`, which does all of it for a study of one kind on which
    all rules act.
    """
    parts = groups(study, candidates)
    if len(parts) == 1 and parts[0].rows is None and len(parts[0].study.rules) == len(study.rules):
        return find(
            parts[0].study, layers, candidates, notices, told, crew, keep_taken=keep_taken, keep_all=keep_all,
            frame=frame,
        )  # fmt: skip
    once = _Once(told)
    found, heard = [], []
    for group in parts:
        mine = Notices()
        some = candidates if group.rows is None else candidates.take(group.rows)
        found.append(
            find(group.study, layers, some, mine, once, crew, keep_taken=keep_taken, keep_all=keep_all, frame=frame)
        )  # fmt: skip
        heard.append((group, mine))
    merged = _merged(study, candidates, parts, found)
    _pass_on(study, candidates, merged, heard, notices)
    return merged


class _Once:
    """Passes each step on once, though several groups go through it."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self.told, self.said = told, set[str]()

    def __call__(self, step: str) -> None:
        if step not in self.said:
            self.said.add(step)
            self.told(step)


def _merged(study: Study, candidates: Candidates, parts: Sequence[Group], found: Sequence[Available]) -> Available:
    rules = [rule.id for rule in study.rules]
    every = np.arange(len(candidates))
    rows = [every if group.rows is None else group.rows for group in parts]
    tiles = [Tile(_with_all(one.ground, rules), one.sites, one.small) for one in found]
    whole = tile.together(tiles, rows, len(candidates), rules)
    ids, order = sites.numbered(
        whole.pieces.candidate, whole.pieces.shapes.bounds, whole.pieces.area_m2, candidates.ids
    )
    return Available(
        ground=whole.account,
        ids=ids[order],
        sites=whole.pieces.take(order),
        small=whole.small,
        steps=whole.account.steps(study),
        clock=Clock.of(study),
        reused=(sum(one.reused[0] for one in found), sum(one.reused[1] for one in found)),
        spots=_spots(study, parts, found),
    )


def _spots(study: Study, parts: Sequence[Group], found: Sequence[Available]) -> spots.Spots | None:
    """Those of all groups on one grid, each with the places that its rules have in the study."""
    rules = [rule.id for rule in study.rules]
    if len(rules) > MOST:
        return None
    seen = [
        None if one.spots is None else one.spots.renumbered([rules.index(rule.id) for rule in group.study.rules])
        for group, one in zip(parts, found, strict=True)
    ]
    return spots.merged(seen)


def _with_all(account: Account, rules: Sequence[str]) -> Account:
    """The account with rules that did not act as such that touched nothing."""
    rows, number = np.empty(0, dtype=np.intp), np.empty(0)
    taken = Taken(rows, number, number, number, empty_geometries())
    overlaps = account.overlaps if len(rules) <= MOST else None
    if overlaps is not None:
        overlaps = overlaps.renumbered([list(rules).index(name) for name in account.taken])
    return Account(
        account.start_m2,
        account.area_m2,
        {name: account.taken.get(name, taken) for name in rules},
        {name: account.unknown.get(name, Unknown(rows, number)) for name in rules},
        overlaps,
    )


def _pass_on(
    study: Study,
    candidates: Candidates,
    merged: Available,
    heard: Sequence[tuple[Group, Notices]],
    notices: Notices,
) -> None:
    """Tell of a rule what holds in every group in which it acts, and of sites what holds of all."""
    acting: dict[str, list[Notices]] = {rule.id: [] for rule in study.rules}
    for group, mine in heard:
        for rule in group.study.rules:
            acting[rule.id].append(mine)
    for rule_id, several in acting.items():
        name = f"rule_{rule_id}"
        if not several:
            kinds = ", ".join(study.candidates.kinds())
            notices.warn(
                name, f"rule '{rule_id}' acts on 0 of {len(candidates)} candidates: theirs are the kinds {kinds}"
            )
        elif all(name in mine.texts for mine in several):
            notices.warn(name, several[0].texts[name])
    of_rules = {f"rule_{rule}" for rule in acting}
    for _, mine in heard:
        for name, text in mine.texts.items():
            if name not in of_rules and name != _NO_SITE:
                notices.warn(name, text)
    if not len(merged.ids) or merged.sites.stand_in.all():
        notices.warn(_NO_SITE, f"0 sites are left of {len(candidates)} candidates")


__all__ = ["Group", "find_all", "groups"]
