"""Tiles of candidates through the rules: no result depends on tiles, threads, or the order of the candidates."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.availability import finding, tiles, work
from flexsite.availability.finding import Available
from flexsite.availability.tile import Tile, Wanted, find, together
from flexsite.availability.work import Crew
from flexsite.notices import Notices

from .alike import differences
from .worlds import World, wide_worlds, worlds

ways = st.sampled_from([Wanted(*way) for way in ((False, False, False), (False, True, True), (True, False, True))])


def whole(world: World, wanted: Wanted) -> Tile:
    """All candidates as one tile, its sites by candidate."""
    found = find(world.candidates.shapes, world.footprints, world.study, world.clock, wanted)
    return together([found], [np.arange(len(world.candidates))], len(world.candidates), list(world.footprints))


@settings(max_examples=12, deadline=None)
@given(worlds, ways, st.data())
def test_taking_apart_and_putting_together_undo_each_other(world: World, wanted: Wanted, data: st.DataObject) -> None:
    count = len(world.candidates)
    found = whole(world, wanted)
    own = np.array(data.draw(st.lists(st.integers(0, 2), min_size=count, max_size=count)))
    rows = [np.flatnonzero(own == part) for part in range(3)]
    parts = [found.take(mine) for mine in rows]
    assert differences(together(parts, rows, count, list(world.footprints)), found) == []
    for part, mine in zip(parts, rows, strict=True):
        assert len(part.account.start_m2) == len(mine)
        assert set(mine[part.pieces.candidate].tolist()) == set(found.pieces.candidate.tolist()) & set(mine.tolist())


@settings(max_examples=12, deadline=None)
@given(worlds, ways, st.data())
def test_a_tile_of_some_candidates_is_that_part_of_the_tile_of_all(
    world: World, wanted: Wanted, data: st.DataObject
) -> None:
    """Candidates are dealt with each by itself, with the features around them."""
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, len(world.candidates) - 1), min_size=1))))
    some = world.turned(rows)
    around = work.box_of(some.candidates.shapes)
    near = {name: footprint.near(around) for name, footprint in world.footprints.items()}
    assert differences(whole(replace(some, footprints=near), wanted), whole(world, wanted).take(rows)) == []


def found(world: World, crew: Crew, *, most: int, compiled: bool, keep: bool) -> Available:
    """What `finding.find` makes of a world, with tiles of so many candidates."""

    def footprint(rule: Any, *_: Any) -> Any:
        return world.footprints[rule.id]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding.prepared, "footprint", footprint)
        patch.setattr(finding.tiles, "split", partial(tiles.split, most=most))
        patch.setattr(finding, "MANY", 0 if compiled else 10**9)
        return finding.find(
            world.study, None, world.candidates, Notices(), lambda _: None, crew, keep_taken=keep and not compiled,
            keep_all=keep,
        )  # type: ignore[arg-type]  # fmt: skip


def without(result: Available) -> Available:
    """The result but for the number of tiles."""
    return replace(result, reused=(0, 0))


@settings(max_examples=12, deadline=None)
@given(wide_worlds, st.booleans(), st.booleans(), st.integers(1, 4), st.sampled_from([1, 2, 4]))
def test_tiles_and_threads_change_no_bit(world: World, compiled: bool, keep: bool, most: int, threads: int) -> None:
    one = found(world, Crew(workers=1), most=10**6, compiled=compiled, keep=keep)
    other = found(world, Crew(workers=threads), most=most, compiled=compiled, keep=keep)
    assert one.reused == (0, 1) and other.reused[0] == 0
    assert differences(without(one), without(other)) == []


@settings(max_examples=12, deadline=None)
@given(wide_worlds, st.booleans(), st.booleans(), st.integers(1, 4), st.randoms(use_true_random=False))
def test_the_order_of_candidates_changes_no_bit(
    world: World, compiled: bool, keep: bool, most: int, random: Any
) -> None:
    count = len(world.candidates)
    order = np.array(random.sample(range(count), count), dtype=np.intp)
    one = found(world, Crew(workers=1), most=most, compiled=compiled, keep=keep)
    other = found(world.turned(order), Crew(workers=1), most=most, compiled=compiled, keep=keep)
    assert differences(one.ids, other.ids) == []
    back = replace(other.sites, candidate=order[other.sites.candidate])
    assert differences(back, one.sites) == []
    assert differences(other.ground.start_m2, one.ground.start_m2[order]) == []
    assert differences(other.ground.area_m2, one.ground.area_m2[order]) == []
    for name, taken in other.ground.taken.items():
        again = np.argsort(order[taken.index])
        columns = {
            column: getattr(taken, column)[again] for column in ("touched_m2", "taken_m2", "only_m2", "geometry")
        }
        turned = replace(taken, index=order[taken.index][again], **columns)
        assert differences(turned, one.ground.taken[name]) == [], name
    again = np.argsort(order[other.small.candidate])
    assert differences(order[other.small.candidate][again], one.small.candidate) == []
    assert differences(other.small.shapes.take(again), one.small.shapes) == []
    for step, mine in zip(other.steps, one.steps, strict=True):
        figures = ("area_ha", "touched_ha", "only_ha", "unknown_ha")
        assert [round(getattr(step, name), 6) for name in figures] == [
            round(getattr(mine, name), 6) for name in figures
        ]
        assert (step.rule, step.candidates) == (mine.rule, mine.candidates)


@settings(max_examples=12, deadline=None)
@given(worlds, ways)
def test_what_is_left_small_or_taken_adds_up(world: World, wanted: Wanted) -> None:
    tile = whole(world, wanted)
    account, pieces = tile.account, tile.pieces
    left = account.start_m2.copy()
    for taken in account.taken.values():
        left[taken.index] -= taken.taken_m2
        assert (np.diff(taken.index) > 0).all()
        for areas in (taken.taken_m2, taken.only_m2):
            assert (areas >= 0).all() and (areas <= taken.touched_m2 + 0.0151).all(), "three roundings"
    np.testing.assert_allclose(left, account.area_m2, atol=1e-6)
    kept = np.bincount(pieces.candidate[~pieces.stand_in], pieces.area_m2[~pieces.stand_in], minlength=len(left))
    assert (kept <= account.area_m2 + 0.01 * (1 + np.bincount(pieces.candidate, minlength=len(left)))).all()
    if wanted.taken:
        lost = np.bincount(tile.small.candidate, tile.small.shapes.area, minlength=len(left))
        parts = 0.01 * (2 + np.bincount(pieces.candidate, minlength=len(left)))
        assert (np.abs(kept + lost - account.area_m2) <= parts).all()
        for taken in account.taken.values():
            areas = np.where(taken.taken_m2 > 0, shapely.area(np.where(taken.taken_m2 > 0, taken.geometry, None)), 0.0)
            np.testing.assert_allclose(areas, taken.taken_m2, atol=0.0151)
    if wanted.stand_ins:
        assert set(pieces.candidate.tolist()) == set(range(len(left)))
        assert not set(pieces.candidate[pieces.stand_in]) & set(pieces.candidate[~pieces.stand_in])


def test_an_error_in_a_tile_is_an_error() -> None:
    def broken(item: int) -> int:
        if item == 3:
            raise RuntimeError("tile 3")
        return item

    for threads in (1, 3):
        assert work._on_threads(broken, [0, 1, 2], threads) == [0, 1, 2]
        with pytest.raises(RuntimeError, match="tile 3"):
            work._on_threads(broken, [0, 1, 2, 3, 4, 5], threads)
