"""Ground by the rules that claim it at once: cut by shapes, summed by the sweep, looked at on a grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings

from flexsite.availability import spots, waterfall
from flexsite.availability.overlaps import Overlaps
from flexsite.availability.spots import Frame
from flexsite.availability.tile import Wanted, find
from flexsite.study.rule import KeepRule

from .worlds import World, worlds

PLAIN = Wanted(compiled=False, taken=True, stand_ins=False)
SWEPT = Wanted(compiled=True, taken=False, stand_ins=False)


def overlaps_of(world: World, wanted: Wanted) -> Any:
    """The account of a world, which has overlaps."""
    tile = find(world.candidates.shapes, world.footprints, world.study, world.clock, wanted)
    assert tile.account.overlaps is not None
    return tile.account


def sums(overlaps: Overlaps) -> dict[tuple[int, int], float]:
    """m2 by candidate and mask; two parts may not have both the same."""
    found = {
        (int(row), int(mask)): float(area)
        for row, mask, area in zip(overlaps.candidate, overlaps.mask, overlaps.area_m2, strict=True)
    }
    assert len(found) == len(overlaps)
    return found


def claimed(world: World, x: float, y: float) -> int | None:
    """Rules that claim a point, from the meaning of the effects alone; None close to where one of them ends."""
    point, mask = shapely.Point(x, y), 0
    for bit, rule in enumerate(world.study.rules):
        if not waterfall.removes(rule, world.study):
            continue
        print_ = world.footprints[rule.id]
        mine = waterfall.claiming(rule, print_, world.clock, active=True)
        edges = [print_.features[mine], [] if print_.coverage is None else print_.coverage]
        if any(shapely.boundary(one).distance(point) < 0.01 for some in edges for one in some if one is not None):
            return None
        under = bool(shapely.contains(print_.features[mine], point).any())
        known = print_.coverage is None or bool(shapely.contains(print_.coverage, point).any())
        excludes = rule.outside_coverage == "exclude"
        takes = (known or excludes) and not under if isinstance(rule, KeepRule) else under if known else excludes
        mask |= takes << bit
    return mask


@settings(max_examples=40, deadline=None)
@given(worlds)
def test_two_ways_to_the_same_areas(world: World) -> None:
    cut, swept = sums(overlaps_of(world, PLAIN).overlaps), sums(overlaps_of(world, SWEPT).overlaps)
    for key in cut.keys() | swept.keys():
        assert abs(cut.get(key, 0.0) - swept.get(key, 0.0)) <= 0.05 + 1e-6 * world.candidates.shapes.area.max(), key


@settings(max_examples=40, deadline=None)
@given(worlds)
def test_parts_add_up_to_what_each_rule_touches_and_takes_alone(world: World) -> None:
    account = overlaps_of(world, PLAIN)
    found = account.overlaps
    assert (found.mask > 0).all()
    for bit, rule in enumerate(world.study.rules):
        mine = (found.mask >> np.uint64(bit)) & np.uint64(1) == 1
        if not waterfall.removes(rule, world.study):
            assert not mine.any()
            continue
        taken = account.taken[rule.id]
        near = 0.02 * (len(found) + 1)
        assert abs(found.area_m2[mine].sum() - taken.touched_m2.sum()) <= near
        alone = found.mask == np.uint64(1 << bit)
        assert abs(found.area_m2[alone].sum() - taken.only_m2.sum()) <= near
        first = found.mask & (~found.mask + np.uint64(1)) == np.uint64(1 << bit)
        assert abs(found.area_m2[first].sum() - taken.taken_m2.sum()) <= near
    assert abs(account.start_m2.sum() - found.area_m2.sum() - account.area_m2.sum()) <= 0.02 * (len(found) + 1)


@settings(max_examples=25, deadline=None)
@given(worlds)
def test_a_part_lies_under_the_rules_of_its_mask(world: World) -> None:
    found = overlaps_of(world, PLAIN).overlaps
    for mask, part in zip(found.mask, found.geometry, strict=True):
        point = shapely.point_on_surface(part)
        if shapely.boundary(part).distance(point) > 0.05:
            assert claimed(world, point.x, point.y) in (int(mask), None)


@settings(max_examples=25, deadline=None)
@given(worlds)
def test_a_grid_knows_what_claims_the_centres_of_its_cells(world: World) -> None:
    bounds = world.candidates.bounds
    cell = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / 12
    west, north = int(np.floor(bounds[0] / cell)), int(np.ceil(bounds[3] / cell))
    frame = Frame(cell, west, north, 14, 14)
    found = spots.spot(world.candidates.shapes, world.footprints, world.study, world.clock, frame)
    assert found is not None
    whole = world.candidates.shapes.geometry()
    for row in range(14):
        for column in range(14):
            x, y = (west + column + 0.5) * cell, (north - row - 0.5) * cell
            point = shapely.Point(x, y)
            if (shapely.distance(shapely.boundary(whole), point) < 0.01).any():
                continue
            code = int(found.code[row, column])
            assert (code > 0) == bool(shapely.contains(whole, point).any())
            if code:
                assert claimed(world, x, y) in (int(found.masks[code - 1]), None)


def test_the_finest_grid_that_is_not_too_large() -> None:
    assert Frame.around((0.0, 0.0, 50_000.0, 60_000.0)).cell == 25.0
    large = Frame.around((100_000.0, 450_000.0, 170_000.0, 580_000.0))
    assert (large.cell, large.west, large.north) == (50.0, 2000, 11600)
    assert large.rows * large.columns <= spots.MOST_CELLS


def test_groups_share_a_grid(tmp_path: Any) -> None:
    frame = Frame(25.0, 0, 2, 2, 2)
    one = spots.Spots(frame, np.array([[1, 0], [2, 0]], np.uint16), np.array([0, 1], np.uint64)).renumbered([2])
    other = spots.Spots(frame, np.array([[1, 1], [0, 0]], np.uint16), np.array([1], np.uint64)).renumbered([0])
    both = spots.merged([one, other])
    assert both is not None
    assert np.where(both.code > 0, both.masks[both.code.astype(int) - 1], 99).tolist() == [[0, 1], [4, 99]]
    assert spots.merged([one, None]) is None
    spots.save(both, tmp_path)
    again = spots.load(tmp_path)
    assert again.frame == frame
    assert again.code.tolist() == both.code.tolist()
    assert again.masks.tolist() == both.masks.tolist()
