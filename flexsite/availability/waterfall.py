"""Rules at work: what each takes, at its turn and by itself, and what is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.geometry import (
    Floats,
    Geometries,
    Indices,
    Sparse,
    difference,
    empty_geometries,
    footprint_on,
    intersection,
    rounded_area,
    union_groups,
)
from flexsite.study.rule import ExcludeRule, KeepRule, MarkRule, RouteRule

if TYPE_CHECKING:
    from flexsite.availability.footprint import Footprint
    from flexsite.availability.window import Clock
    from flexsite.candidates import Candidates
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
    claim
        The rule's footprint on each candidate, reaching beyond it where features do.
    geometry
        The ground it took at its turn, where asked for; else empty.
    """

    index: Indices
    touched_m2: Floats
    taken_m2: Floats
    claim: Geometries
    geometry: Geometries


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


@dataclass
class Ground:
    """Ground of the candidates that is left.

    Attributes
    ----------
    start
        Each candidate before any rule.
    geometry, area_m2
        What is left of it; empty and 0 where nothing is left.
    start_m2
        Area of each candidate before any rule.
    taken
        What each rule took, by id, in order.
    """

    start: Geometries
    geometry: Geometries
    area_m2: Floats
    start_m2: Floats
    tree: shapely.STRtree
    taken: dict[str, Taken] = field(default_factory=dict)
    unknown_m2: dict[str, float] = field(default_factory=dict)
    removing: set[str] = field(default_factory=set)
    counts: dict[str, tuple[int, float]] = field(default_factory=dict)


def start(candidates: Candidates) -> Ground:
    """Ground before any rule."""
    area = rounded_area(candidates.geometry)
    return Ground(
        candidates.geometry, candidates.geometry.copy(), area.copy(), area, shapely.STRtree(candidates.geometry)
    )


def acts(rule: RuleBase, study: Study) -> bool:
    """Whether a rule has its own effect under the study's strictness and term; otherwise it only marks."""
    return rule.acts(study.strictness, study.term)


def effect_of(rule: RuleBase, study: Study) -> str:
    """The effect a rule has in this study."""
    return rule.effect if acts(rule, study) else MarkRule.effect


def apply(
    ground: Ground,
    rule: RuleBase,
    footprint: Footprint,
    candidates: Candidates,
    study: Study,
    clock: Clock,
    *,
    keep_geometry: bool,
) -> None:
    """Let one rule act; changes `ground`.

    Parameters
    ----------
    keep_geometry
        Keep the ground that the rule took, for `excluded.parquet` and the map.
    """
    active = acts(rule, study)
    removes = active and isinstance(rule, ExcludeRule | KeepRule | RouteRule)
    uncovered, known = _uncovered(candidates.geometry, ground.tree, footprint)
    beyond = rule.outside_coverage == "exclude" and len(uncovered.row) > 0
    staying: Sparse | None = None
    if isinstance(rule, KeepRule):
        staying = _staying(candidates.geometry, ground.tree, footprint.features, uncovered, rule)
        claim = _complement(candidates.geometry, staying)
    else:
        features = footprint.features[_claiming(rule, footprint, clock, active=active)]
        under, whole = footprint_on(candidates.geometry, ground.tree, features)
        if removes:
            under = _within(under, whole, uncovered, known)
        claim = _both(under, uncovered) if beyond else under
    ground.unknown_m2[rule.id] = (
        float(rounded_area(uncovered.geometry).sum()) if rule.outside_coverage == "unknown" else 0.0
    )
    index = claim.row
    before, before_m2 = ground.geometry[index], ground.area_m2[index]
    after = before
    if removes and staying is not None:
        after = intersection(before, _rows(staying, index))
    elif removes and beyond:
        # Cut with the coverage itself: a difference with a piece of the candidate leaves spikes along slanting edges.
        after = difference(before, _rows(under, index))
        rows = np.flatnonzero(np.isin(index, uncovered.row))
        after[rows] = intersection(after[rows], _rows(known, index[rows]))
    elif removes:
        after = difference(before, claim.geometry)
    touched_m2 = _touched(candidates.geometry[index], claim.geometry, before, after, removes=removes)
    positive = touched_m2 > 0
    index, touched_m2 = index[positive], touched_m2[positive]
    before, before_m2, after = before[positive], before_m2[positive], after[positive]
    taken_m2 = np.zeros(len(index))
    removed = empty_geometries(len(index))
    if removes:
        ground.removing.add(rule.id)
        after_m2 = rounded_area(after)
        after[after_m2 == 0] = shapely.Polygon()
        # An overlay may move a corner by a rounding error; a rule that took nothing must not change the sum.
        after_m2 = np.minimum(after_m2, before_m2)
        taken_m2 = before_m2 - after_m2
        ground.geometry[index], ground.area_m2[index] = after, after_m2
        if keep_geometry:
            changed = taken_m2 > 0
            removed[changed] = difference(before[changed], after[changed])
    ground.taken[rule.id] = Taken(index, touched_m2, np.round(taken_m2, 2), claim.geometry[positive], removed)
    ground.counts[rule.id] = (int((ground.area_m2 > 0).sum()), float(ground.area_m2.sum()) / 1e4)


def _touched(ground: Geometries, claim: Geometries, before: Geometries, after: Geometries, *, removes: bool) -> Floats:
    """Candidate ground in m2 under a claim.

    Where no rule came before, what was taken is that ground, without another overlay.
    """
    whole = np.fromiter((a is b for a, b in zip(ground, before, strict=True)), dtype=bool, count=len(ground)) & removes
    touched = np.empty(len(ground))
    touched[whole] = np.round(shapely.area(ground[whole]) - shapely.area(after[whole]), 2)
    touched[~whole] = rounded_area(intersection(ground[~whole], claim[~whole]))
    return touched + 0.0


def _claiming(rule: RuleBase, footprint: Footprint, clock: Clock, *, active: bool) -> NDArray[np.bool_]:
    """Features under which the rule takes (or, when it takes nothing, touches) ground."""
    if isinstance(rule, ExcludeRule) and rule.until is not None and active:
        limit = clock.limit(rule)
        return np.fromiter((until < limit for until in footprint.value), dtype=bool, count=len(footprint.value))
    if isinstance(rule, RouteRule):
        return np.fromiter((route == "forbidden" for route in footprint.value), dtype=bool, count=len(footprint.value))
    return np.ones(len(footprint.features), bool)


def _uncovered(ground: Geometries, tree: shapely.STRtree, footprint: Footprint) -> tuple[Sparse, Sparse]:
    """Candidate ground where the layer knows nothing, and the coverage around each candidate."""
    if footprint.coverage is None:
        nothing = Sparse(np.empty(0, dtype=np.intp), empty_geometries())
        return nothing, nothing
    known, covered = footprint_on(ground, tree, footprint.coverage)
    rest = ground.copy()
    rest[known.row[covered]] = shapely.Polygon()
    partly = known.row[~covered]
    rest[partly] = difference(ground[partly], known.geometry[~covered])
    index = np.flatnonzero(rounded_area(rest) > 0)
    return Sparse(index, rest[index]), known


def _both(left: Sparse, right: Sparse) -> Sparse:
    """Union per row of two sparse arrays."""
    return union_groups(np.concatenate([left.geometry, right.geometry]), np.concatenate([left.row, right.row]))


def _staying(
    ground: Geometries, tree: shapely.STRtree, features: Geometries, uncovered: Sparse, rule: KeepRule
) -> Sparse:
    """Ground that a keep rule leaves: under its features, and where it knows nothing."""
    under, _ = footprint_on(ground, tree, features)
    return under if rule.outside_coverage == "exclude" else _both(under, uncovered)


def _complement(ground: Geometries, staying: Sparse) -> Sparse:
    rest = ground.copy()
    rest[staying.row] = difference(ground[staying.row], staying.geometry)
    index = np.flatnonzero(~shapely.is_empty(rest))
    return Sparse(index, rest[index])


def _within(under: Sparse, whole: NDArray[np.bool_], uncovered: Sparse, known: Sparse) -> Sparse:
    """The footprint within the coverage: ground where the layer knows nothing stays.

    Where a feature covers the candidate whole, the coverage itself is the cut: a difference with a piece of the
    candidate would leave spikes along slanting edges.
    """
    rows = np.flatnonzero(np.isin(under.row, uncovered.row))
    if not len(rows):
        return under
    geometry = under.geometry.copy()
    coverage = _rows(known, under.row[rows])
    geometry[rows] = coverage
    partly = ~whole[rows]
    geometry[rows[partly]] = intersection(under.geometry[rows[partly]], coverage[partly])
    return Sparse(under.row, geometry)


def _rows(sparse: Sparse, index: Indices) -> Geometries:
    """Geometries of the asked rows; empty where the sparse array holds none."""
    result = np.full(len(index), shapely.Polygon(), dtype=object)
    place = np.searchsorted(sparse.row, index)
    found = place < len(sparse.row)
    found[found] = sparse.row[place[found]] == index[found]
    result[found] = sparse.geometry[place[found]]
    return result


def steps(ground: Ground, study: Study) -> list[Step]:
    """The waterfall's rows for the rules, in order."""
    only = _only(ground)
    rows: list[Step] = []
    for rule in study.rules:
        count, left = ground.counts[rule.id]
        touched = float(ground.taken[rule.id].touched_m2.sum()) / 1e4
        rows.append(
            Step(
                rule=rule.id,
                effect=effect_of(rule, study),
                hardness=rule.hardness,
                candidates=count,
                area_ha=left,
                touched_ha=touched,
                only_ha=only.get(rule.id, 0.0) / 1e4,
                unknown_ha=ground.unknown_m2[rule.id] / 1e4,
            )
        )
    return rows


def _only(ground: Ground) -> dict[str, float]:
    """Ground in m2 that no other removing rule takes, per removing rule: what would return without it."""
    names = [name for name in ground.taken if name in ground.removing]
    if not names:
        return {}
    row = np.concatenate([ground.taken[name].index for name in names])
    rule = np.concatenate([np.full(len(ground.taken[name].index), k) for k, name in enumerate(names)])
    claim = np.concatenate([ground.taken[name].claim for name in names])
    touched_m2 = np.concatenate([ground.taken[name].touched_m2 for name in names])
    count = np.bincount(row, minlength=len(ground.geometry))[row]
    only = np.where(count == 1, touched_m2, 0.0)
    mine = claim.copy()
    mine[count > 1] = intersection(ground.start[row[count > 1]], claim[count > 1])
    # Two rules on a candidate: what both touch is one overlay for the two of them.
    two = np.flatnonzero(count == 2)
    first, second = two[np.argsort(row[two], kind="stable")].reshape(-1, 2).T
    both = shapely.area(intersection(mine[first], mine[second]))
    for one in (first, second):
        only[one] = np.round(shapely.area(mine[one]) - both, 2)
    more = count > 2
    for k in range(len(names)):
        own = np.flatnonzero(more & (rule == k))
        others = more & (rule != k) & np.isin(row, row[own])
        rest = union_groups(mine[others], row[others])
        only[own] = rounded_area(difference(mine[own], _rows(rest, row[own])))
    return {name: float(only[rule == k].sum()) for k, name in enumerate(names)}
