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

_ROOM = 1.0
"""Metres that a feature is kept beyond the box of a candidate, so that cutting it adds no line to the candidate."""
_SLIVER = 1e-8
"""m2 up to which ground under a rule alone is rounding."""
_AGREED = 1e-6
"""m2, and that share of a candidate above 1 m2, up to which two ways to an area agree."""


class Cleared(NamedTuple):
    """The account of some candidates, and what is left of each: None where it is too little for a site."""

    account: Account
    geometry: Geometries


class _Claims(NamedTuple):
    """Features under which rules claim ground, and coverages, in one array; `bit` says whose each is."""

    shapes: Flat
    bit: Indices
    feature_bit: dict[str, int]
    coverage_bit: dict[str, int]


def possible(rules: Sequence[RuleBase]) -> bool:
    """Whether so many rules fit in one mask."""
    return 2 * len(rules) <= MOST_BITS


def combinations(shapes: Flat, footprints: Mapping[str, Footprint], study: Study, clock: Clock) -> Combinations:
    """Ground of candidates by combination of the rules' footprints."""
    return _swept(shapes, _claims(footprints, study, clock))[0]


def clear(shapes: Flat, footprints: Mapping[str, Footprint], study: Study, clock: Clock, *, least: float) -> Cleared:
    """Take the rules' ground from candidates.

    Parameters
    ----------
    shapes
        The candidates.
    least
        m2 below which nobody asks what is left of a candidate.
    """
    claims = _claims(footprints, study, clock)
    table, crowded, pairs = _swept(shapes, claims)
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
        geometry[rows] = _remaining(shapes, rows, claims, pairs, crowded, needed, footprints, takers, study, clock)
        differs = np.abs(shapely.area(geometry[rows]) - left[rows]) > _AGREED * np.maximum(1.0, shapes.area[rows])
        again = rows[differs]
        if len(again):
            geometry[again] = _one_by_one(shapes.geometry(again), footprints, study, clock)
    return Cleared(account, geometry)


def _claims(footprints: Mapping[str, Footprint], study: Study, clock: Clock) -> _Claims:
    shapes: list[Flat] = []
    feature_bit: dict[str, int] = {}
    coverage_bit: dict[str, int] = {}
    by_layer: dict[str, int] = {}
    for rule in study.rules:
        footprint = footprints[rule.id]
        feature_bit[rule.id] = len(shapes)
        mine = claiming(rule, footprint, clock, active=acts(rule, study))
        shapes.append(footprint.shapes if mine.all() else footprint.shapes.take(np.flatnonzero(mine)))
        if footprint.covered is not None:
            if rule.layer not in by_layer:
                by_layer[rule.layer] = len(shapes)
                shapes.append(footprint.covered)
            coverage_bit[rule.id] = by_layer[rule.layer]
    bit = np.repeat(np.arange(len(shapes)), [len(some) for some in shapes])
    return _Claims(Flat.join(shapes or [Flat.of(np.empty(0, dtype=object))]), bit, feature_bit, coverage_bit)


def _swept(shapes: Flat, claims: _Claims) -> tuple[Combinations, Truths, tuple[Indices, Indices]]:
    """The combinations, rows where features overlap each other, and pairs of candidates and features that meet."""
    pieces, owner = kernel.cut(claims.shapes)
    start, piece = kernel.pairs(shapes.bounds, pieces.bounds)
    found = kernel.combine(shapes, pieces, claims.bit[owner].astype(np.uint8), start, piece)
    table = Combinations(shapes.area, found.row, found.mask, found.area, claims.feature_bit, claims.coverage_bit)
    row = np.repeat(np.arange(len(shapes)), np.diff(start))
    return table, found.crowded, (row, owner[piece])


def _remaining(
    shapes: Flat,
    rows: Indices,
    claims: _Claims,
    pairs: tuple[Indices, Indices],
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
    special = [rule for rule in takers if isinstance(rule, KeepRule) or rule.id in claims.coverage_bit]
    taker_of_bit = np.full(len(claims.feature_bit) + len(claims.coverage_bit) + 1, -1)
    for number, rule in enumerate(takers):
        if rule not in special:
            taker_of_bit[claims.feature_bit[rule.id]] = number
    row, feature = pairs
    taker = taker_of_bit[claims.bit[feature]]
    wanted = (place[row] >= 0) & (taker >= 0)
    wanted[wanted] = needed[taker[wanted], row[wanted]]
    row, feature = _distinct(row[wanted], feature[wanted], len(claims.shapes))
    left = shapes.geometry(rows)
    under = _united(claims.shapes, feature, row, shapes.bounds, crowded)
    at = place[under.row]
    left[at] = _without(left[at], under.geometry)
    if special:
        whole = shapes.geometry(rows)
        tree = shapely.STRtree(whole)
        for number, rule in enumerate(takers):
            if rule in special:
                laid = cut(whole, tree, left, rule, footprints[rule.id], study, clock)
                mine = needed[number, rows[laid.claim.row]]
                left[laid.claim.row[mine]] = laid.after[mine]
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
    box = bounds[row] + (-_ROOM, -_ROOM, _ROOM, _ROOM)
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
