"""The fast way through the rules: areas from a compiled sweep, geometry only where a site may remain.

The sweep (`flexsite.kernel`) gives the ground of each candidate by combination of footprints. GEOS cuts only the
candidates that keep enough ground, in one difference each, and is checked against the area of the sweep: where they
differ, the candidate goes through the rules one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from flexsite import kernel
from flexsite.availability.combinations import MOST_BITS, Combinations, Truths
from flexsite.availability.laying import ROOM, Laid, lay
from flexsite.availability.waterfall import acts, apply, claiming, cut, removes
from flexsite.availability.waterfall import start as plain_start
from flexsite.flat import Flat
from flexsite.geometry import Floats, Geometries, Indices, Sparse, difference, joined_groups, polygonal
from flexsite.study.rule import KeepRule

if TYPE_CHECKING:
    from flexsite.availability.account import Account
    from flexsite.availability.footprint import Footprint
    from flexsite.availability.window import Clock
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase

_SLIVER = 1e-8
"""m2 up to which ground under a rule alone is rounding."""
_AGREED = 1e-6
"""m2, and that share of a candidate above 1 m2, up to which two ways to an area agree."""


class Cleared(NamedTuple):
    """The account of some candidates, and what is left of each: None where it is too little for a site."""

    account: Account
    geometry: Geometries


def possible(rules: Sequence[RuleBase]) -> bool:
    """Whether so many rules fit in one mask."""
    return 2 * len(rules) <= MOST_BITS


def combinations(
    shapes: Flat, footprints: Mapping[str, Footprint], study: Study, clock: Clock, laid: Laid | None = None
) -> Combinations:
    """Ground of candidates by combination of the rules' footprints; parameters as for `clear`."""
    return _swept(shapes, _claiming(laid or lay(shapes, footprints), footprints, study, clock))[0]


def clear(
    shapes: Flat,
    footprints: Mapping[str, Footprint],
    study: Study,
    clock: Clock,
    *,
    least: float,
    laid: Laid | None = None,
) -> Cleared:
    """Take the rules' ground from candidates.

    Parameters
    ----------
    shapes
        The candidates.
    footprints
        By rule, in the order of the study.
    least
        m2 below which nobody asks what is left of a candidate.
    laid
        These footprints laid over these candidates, where that is at hand.
    """
    claims = _claiming(laid or lay(shapes, footprints), footprints, study, clock)
    table, crowded = _swept(shapes, claims)
    account, left = table.account(study)
    takers = [rule for rule in study.rules if removes(rule, study)]
    touched = np.zeros((len(takers), len(shapes)), dtype=bool)
    for place, rule in enumerate(takers):
        touched[place, account.taken[rule.id].index] = True
    kept = (account.area_m2 > 0) & (account.area_m2 >= least)
    geometry = np.full(len(shapes), None, dtype=object)
    whole = np.flatnonzero(kept & ~touched.any(axis=0))
    geometry[whole] = shapes.geometry(whole)
    needed = _needed(table, takers, touched, study)
    rows = np.flatnonzero(kept & touched.any(axis=0))
    if len(rows):
        geometry[rows] = _remaining(shapes, rows, claims, crowded, needed, footprints, takers, study, clock)
        differs = np.abs(shapely.area(geometry[rows]) - left[rows]) > _AGREED * np.maximum(1.0, shapes.area[rows])
        again = rows[differs]
        if len(again):
            geometry[again] = _one_by_one(shapes.geometry(again), footprints, study, clock)
    return Cleared(account, geometry)


def _claiming(laid: Laid, footprints: Mapping[str, Footprint], study: Study, clock: Clock) -> Laid:
    """Without the pieces under which no rule claims ground, such as what is needed too late to matter."""
    mine = np.ones(len(laid.features), dtype=bool)
    for rule in study.rules:
        of_rule = laid.part == laid.feature_part[rule.id]
        mine[of_rule] = claiming(rule, footprints[rule.id], clock, active=acts(rule, study))
    return laid.only(mine)


def _swept(shapes: Flat, laid: Laid) -> tuple[Combinations, Truths]:
    """The combinations, and candidates on which features overlap each other."""
    bit = laid.part[laid.owner].astype(np.uint8)
    found = kernel.combine(shapes, laid.pieces, bit, laid.start, laid.piece)
    table = Combinations(shapes.area, found.row, found.mask, found.area, laid.feature_part, laid.coverage_part)
    return table, found.crowded


def _remaining(
    shapes: Flat,
    rows: Indices,
    laid: Laid,
    crowded: Truths,
    needed: Truths,
    footprints: Mapping[str, Footprint],
    takers: Sequence[RuleBase],
    study: Study,
    clock: Clock,
) -> Geometries:
    """What is left of some candidates: the plain claims in one difference, then rules with a coverage, one by one."""
    place = np.full(len(shapes), -1)
    place[rows] = np.arange(len(rows))
    special = [rule for rule in takers if isinstance(rule, KeepRule) or rule.id in laid.coverage_part]
    taker_of_part = np.full(2 * len(laid.feature_part) + 1, -1)
    for number, rule in enumerate(takers):
        if rule not in special:
            taker_of_part[laid.feature_part[rule.id]] = number
    row = np.repeat(np.arange(len(shapes)), np.diff(laid.start))
    feature = laid.owner[laid.piece]
    taker = taker_of_part[laid.part[feature]]
    wanted = (place[row] >= 0) & (taker >= 0)
    wanted[wanted] = needed[taker[wanted], row[wanted]]
    row, feature = _distinct(row[wanted], feature[wanted], len(laid.features))
    left = shapes.geometry(rows)
    under = _united(laid.features, feature, row, shapes.bounds, crowded)
    at = place[under.row]
    left[at] = _without(left[at], under.geometry)
    if special:
        whole = shapes.geometry(rows)
        tree = shapely.STRtree(whole)
        for number, rule in enumerate(takers):
            if rule in special:
                found = cut(whole, tree, left, rule, footprints[rule.id], study, clock)
                mine = needed[number, rows[found.claim.row]]
                left[found.claim.row[mine]] = found.after[mine]
    return left


def _needed(table: Combinations, takers: Sequence[RuleBase], touched: Truths, study: Study) -> Truths:
    """Per rule and candidate whether it must be cut out: not where others that are cut out take all of its ground."""
    needed = touched.copy()
    parts = np.array([table.claimed(rule, study) for rule in takers], dtype=bool).reshape(len(takers), len(table.row))
    parts &= touched[:, table.row]
    times = parts.sum(axis=0)
    real = table.area > _SLIVER
    for number in range(len(takers)):
        alone = parts[number] & (times == 1) & real
        needed[number] &= np.bincount(table.row[alone], minlength=needed.shape[1]) > 0
        times -= parts[number] & ~needed[number][table.row]
    return needed


def _without(ground: Geometries, taken: Geometries) -> Geometries:
    """The difference, row by row; an empty polygon where GEOS finds no way through the lines of two geometries."""
    try:
        return difference(ground, taken)
    except shapely.errors.GEOSException:
        if len(ground) == 1:
            return np.array([shapely.Polygon()], dtype=object)
        half = len(ground) // 2
        return np.concatenate([_without(ground[:half], taken[:half]), _without(ground[half:], taken[half:])])


def _distinct(row: Indices, feature: Indices, count: int) -> tuple[Indices, Indices]:
    key = np.unique(row * np.int64(max(count, 1)) + feature)
    return key // max(count, 1), key % max(count, 1)


def _united(features: Flat, feature: Indices, row: Indices, bounds: Floats, crowded: Truths) -> Sparse:
    """Per candidate the union of its features around it."""
    box = bounds[row] + (-ROOM, -ROOM, ROOM, ROOM)
    near = kernel.clip(features, feature, box)
    filled = near.area > 0
    row = row[filled]
    parts = near.geometry(np.flatnonzero(filled))
    return joined_groups(parts, row, ~crowded)


def _one_by_one(whole: Geometries, footprints: Mapping[str, Footprint], study: Study, clock: Clock) -> Geometries:
    """The plain way, for candidates on which the two ways to an area differ."""
    ground = plain_start(whole)
    for rule in study.rules:
        apply(ground, rule, footprints[rule.id], study, clock, keep_geometry=False)
    return polygonal(ground.geometry)
