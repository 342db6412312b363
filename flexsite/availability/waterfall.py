"""Rules at work: what each takes, at its turn and by itself, and what is left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.availability.account import Account, Taken, Unknown
from flexsite.availability.overlaps import arranged
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
from flexsite.study.rule import ExcludeRule, KeepRule, RouteRule

if TYPE_CHECKING:
    from flexsite.availability.footprint import Footprint
    from flexsite.availability.window import Clock
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase


class Cut(NamedTuple):
    """A rule laid over candidates: its claim per row, those rows before and after, and where it knows nothing."""

    claim: Sparse
    before: Geometries
    after: Geometries
    uncovered: Sparse


@dataclass
class Ground:
    """Ground of the candidates that is left; the rules change it one by one.

    Attributes
    ----------
    start
        Each candidate before any rule.
    geometry, area_m2
        What is left of it; empty and 0 where nothing is left.
    start_m2
        Area of each candidate before any rule.
    taken
        What each rule took, by id, in order; `only_m2` is not known before all have been.
    claims
        The footprint of each rule on the candidates it touches, reaching beyond them where features do.
    """

    start: Geometries
    geometry: Geometries
    area_m2: Floats
    start_m2: Floats
    tree: shapely.STRtree
    taken: dict[str, Taken] = field(default_factory=dict)
    unknown: dict[str, Unknown] = field(default_factory=dict)
    claims: dict[str, Geometries] = field(default_factory=dict)
    removing: set[str] = field(default_factory=set)


def start(geometry: Geometries) -> Ground:
    """Ground before any rule."""
    area = rounded_area(geometry)
    return Ground(geometry, geometry.copy(), area.copy(), area, shapely.STRtree(geometry))


def acts(rule: RuleBase, study: Study) -> bool:
    """Whether a rule has its own effect under the study's strictness and term; otherwise it only marks."""
    return rule.acts(study.strictness, study.term)


def removes(rule: RuleBase, study: Study) -> bool:
    """Whether a rule takes ground in this study."""
    return acts(rule, study) and isinstance(rule, ExcludeRule | KeepRule | RouteRule)


def cut(
    start: Geometries,
    tree: shapely.STRtree,
    left: Geometries,
    rule: RuleBase,
    footprint: Footprint,
    study: Study,
    clock: Clock,
) -> Cut:
    """Lay a rule over candidates.

    Parameters
    ----------
    start, tree
        The candidates before any rule, and a tree over them.
    left
        What earlier rules left of them.
    """
    uncovered, known = _uncovered(start, tree, footprint)
    takes = removes(rule, study)
    beyond = rule.outside_coverage == "exclude" and len(uncovered.row) > 0
    staying: Sparse | None = None
    if isinstance(rule, KeepRule):
        staying = _staying(start, tree, footprint.features, uncovered, rule)
        claim = _complement(start, staying)
    else:
        features = footprint.features[claiming(rule, footprint, clock, active=acts(rule, study))]
        under, whole = footprint_on(start, tree, features)
        if takes:
            under = _within(under, whole, uncovered, known)
        claim = _both(under, uncovered) if beyond else under
    index = claim.row
    before = left[index]
    after = before
    if takes and staying is not None:
        after = intersection(before, _rows(staying, index))
    elif takes and beyond:
        # Cut with the coverage itself: a difference with a piece of the candidate leaves spikes along slanting edges.
        after = difference(before, _rows(under, index))
        rows = np.flatnonzero(np.isin(index, uncovered.row))
        after[rows] = intersection(after[rows], _rows(known, index[rows]))
    elif takes:
        after = difference(before, claim.geometry)
    return Cut(claim, before, after, uncovered)


def apply(
    ground: Ground, rule: RuleBase, footprint: Footprint, study: Study, clock: Clock, *, keep_geometry: bool
) -> None:
    """Let one rule act; changes `ground`.

    Parameters
    ----------
    keep_geometry
        Keep the ground that the rule took, for `excluded.parquet` and the map.
    """
    claim, before, after, uncovered = cut(ground.start, ground.tree, ground.geometry, rule, footprint, study, clock)
    takes = removes(rule, study)
    unknown_m2 = rounded_area(uncovered.geometry)
    known = rule.outside_coverage != "unknown"
    ground.unknown[rule.id] = Unknown(
        uncovered.row[:0] if known else uncovered.row, unknown_m2[:0] if known else unknown_m2
    )
    index = claim.row
    before_m2 = ground.area_m2[index]
    touched_m2 = _touched(ground.start[index], claim.geometry, before, after, removes=takes)
    positive = touched_m2 > 0
    index, touched_m2 = index[positive], touched_m2[positive]
    before, before_m2, after = before[positive], before_m2[positive], after[positive]
    taken_m2 = np.zeros(len(index))
    removed = empty_geometries(len(index))
    if takes:
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
    ground.taken[rule.id] = Taken(index, touched_m2, np.round(taken_m2, 2), np.zeros(len(index)), removed)
    ground.claims[rule.id] = claim.geometry[positive]


def account(ground: Ground, *, arrange: bool = False) -> Account:
    """What all rules did, in numbers.

    Parameters
    ----------
    arrange
        Also cut the ground that each rule took, which must have been kept, by the others that claim it.
    """
    only = _only(ground)
    taken = {name: replace(one, only_m2=only.get(name, one.only_m2)) for name, one in ground.taken.items()}
    overlaps = arranged(ground) if arrange else None
    return Account(ground.start_m2, ground.area_m2, taken, ground.unknown, overlaps)


def _touched(ground: Geometries, claim: Geometries, before: Geometries, after: Geometries, *, removes: bool) -> Floats:
    """Candidate ground in m2 under a claim.

    Where no rule came before, what was taken is that ground, without another overlay.
    """
    whole = np.fromiter((a is b for a, b in zip(ground, before, strict=True)), dtype=bool, count=len(ground)) & removes
    touched = np.empty(len(ground))
    touched[whole] = np.round(shapely.area(ground[whole]) - shapely.area(after[whole]), 2)
    touched[~whole] = rounded_area(intersection(ground[~whole], claim[~whole]))
    return touched + 0.0


def claiming(rule: RuleBase, footprint: Footprint, clock: Clock, *, active: bool) -> NDArray[np.bool_]:
    """Features under which the rule takes (or, when it takes nothing, touches) ground."""
    if isinstance(rule, ExcludeRule) and rule.until is not None and active:
        limit = clock.limit(rule)
        return np.fromiter((until < limit for until in footprint.value), dtype=bool, count=len(footprint.value))
    if isinstance(rule, RouteRule):
        return np.fromiter((route == "forbidden" for route in footprint.value), dtype=bool, count=len(footprint.value))
    return np.ones(len(footprint), bool)


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


def _only(ground: Ground) -> dict[str, Floats]:
    """Per removing rule, on each candidate it touches, the m2 that no other removing rule takes."""
    names = [name for name in ground.taken if name in ground.removing]
    if not names:
        return {}
    row = np.concatenate([ground.taken[name].index for name in names])
    rule = np.concatenate([np.full(len(ground.taken[name].index), k) for k, name in enumerate(names)])
    claim = np.concatenate([ground.claims[name] for name in names])
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
    return {name: only[rule == k] for k, name in enumerate(names)}
