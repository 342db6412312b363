"""Tiles and footprints that are kept: they come back as they were, and only what changed is dealt with anew."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flexsite.availability import kept, prepared, work
from flexsite.availability.finding import Available
from flexsite.availability.footprint import Footprint
from flexsite.availability.laying import lay
from flexsite.availability.tile import find
from flexsite.availability.window import Clock
from flexsite.availability.work import Crew
from flexsite.cache import Cache
from flexsite.flat import Flat
from flexsite.geometry import Floats
from flexsite.study.models import Study
from flexsite.study.rule import EFFECTS, When

from .alike import differences
from .helpers import day, footprint, objects, shapes, strip
from .test_tile import found, ways, without
from .worlds import World, wide, wide_worlds, world, worlds

CRS = "EPSG:28992"
PROJECTED = pyproj.CRS(CRS).to_json()


def prints_of(rows: Flat, footprints: Any) -> Any:
    """The prints of candidates under footprints, rule by rule."""
    return lay(rows, footprints).prints(rows, footprints)


class TestTiles:
    @settings(max_examples=12, deadline=None)
    @given(worlds, ways)
    def test_a_tile_comes_back_as_it_was(self, world: World, wanted: Any) -> None:
        tile = find(world.candidates.shapes, world.footprints, world.study, world.clock, wanted)
        with tempfile.TemporaryDirectory() as name:
            kept.save(tile, Path(name), CRS)
            assert differences(kept.load(Path(name)), tile) == []

    def test_the_same_tile_makes_the_same_bytes(self, tmp_path: Path, some: World) -> None:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            tile = find(some.candidates.shapes, some.footprints, some.study, some.clock, KEEPING)
            kept.save(tile, tmp_path / name, CRS)
        files = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")]
        assert files[0] == files[1] and len(files[0]) >= 6

    def test_others_can_read_the_sites(self, tmp_path: Path, some: World) -> None:
        tile = find(some.candidates.shapes, some.footprints, some.study, some.clock, KEEPING)
        kept.save(tile, tmp_path, CRS)
        frame = gpd.read_parquet(tmp_path / "sites.parquet")
        assert len(frame) == len(tile.pieces) > 0 and frame.crs == pyproj.CRS(CRS)
        assert frame["marks"].tolist() == tile.pieces.marks.tolist()
        assert shapely.equals_exact(frame.geometry.to_numpy(), tile.pieces.shapes.geometry()).all()
        taken = gpd.read_parquet(tmp_path / "excluded.parquet")
        geometry = [one for rule in tile.account.taken.values() for one in rule.geometry if one is not None]
        assert taken.geometry.area.tolist() == pytest.approx([one.area for one in geometry]) and len(taken)


KEEPING = work.Wanted(compiled=False, taken=True, stand_ins=True)


@pytest.fixture
def some() -> World:
    """A world in which rules take something and leave something."""
    chosen = world(3)
    tile = find(chosen.candidates.shapes, chosen.footprints, chosen.study, chosen.clock, KEEPING)
    assert sum(one.taken_m2.sum() for one in tile.account.taken.values()) > 0 and len(tile.pieces)
    return chosen


frames = st.tuples(*[st.floats(-20, 120)] * 4).map(
    lambda at: (min(at[0], at[2]), min(at[1], at[3]), max(at[0], at[2]), max(at[1], at[3]))
)


class TestFootprints:
    @settings(max_examples=12, deadline=None)
    @given(worlds, st.none() | frames)
    def test_a_footprint_comes_back_as_it_was(self, world: World, frame: Any) -> None:
        """With bounds: the part of it that a tile there would be given."""
        low = np.nanmin(world.candidates.shapes.bounds[:, :2], axis=0)
        bounds = None if frame is None else tuple(float(value) for value in np.array(frame) + np.tile(low, 2))
        for one in world.footprints.values():
            with tempfile.TemporaryDirectory() as name:
                prepared.save(one, Path(name), PROJECTED)
                again = prepared.load(Path(name), bounds)  # type: ignore[arg-type]
            assert differences(again, one if bounds is None else one.near(bounds)) == []  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "values", [[True, True], [day(2030), day(2031, 5, 6)], [3, None], ["check", "forbidden"], [0, 0]]
    )
    def test_values_keep_their_type(self, tmp_path: Path, values: list[Any]) -> None:
        one = footprint(strip(0, 1), strip(2, 3), value=values, coverage=[])
        prepared.save(replace(one, assumed=True), tmp_path, PROJECTED)
        again = prepared.load(tmp_path)
        assert [(type(value), value) for value in again.value] == [(type(value), value) for value in values]
        assert again.assumed and again.covered is not None and len(again.covered) == 0

    def test_others_can_read_them(self, tmp_path: Path) -> None:
        prepared.save(footprint(strip(0, 1), strip(2, 3), coverage=[strip(0, 50)]), tmp_path, PROJECTED)
        assert gpd.read_parquet(tmp_path / "features.parquet", bbox=(2, 0, 3, 1)).geometry.area.tolist() == [100]
        assert gpd.read_parquet(tmp_path / "coverage.parquet").geometry.area.tolist() == [5000]


def covering(world: World, layer: str, covered: Flat | None) -> dict[str, Footprint]:
    """The footprints with another coverage of one layer."""
    by_rule = {rule.id: rule.layer for rule in world.study.rules}
    return {
        name: replace(one, covered=covered) if by_rule[name] == layer else one for name, one in world.footprints.items()
    }


def changed(world: World, kind: str, name: str, row: int) -> tuple[World, Floats | None]:
    """The world with one change, and the boxes of everything that changed; None for everywhere."""
    one = world.footprints[name]
    rule = next(rule for rule in world.study.rules if rule.id == name)
    low = world.candidates.shapes.bounds[row % len(world.candidates), :2]
    patch_ = Flat.of(shapes(shapely.box(*low, *(low + 700.0))))
    if kind == "coverage":
        if one.covered is None:
            return replace(world, footprints=covering(world, rule.layer, patch_)), None
        more = Flat.join([one.covered, patch_])
        return replace(world, footprints=covering(world, rule.layer, more)), patch_.bounds
    if kind == "unknown":
        assume(one.covered is None or len(one.covered) > 0)
        nothing = Flat.of(shapes())
        boxes = None if one.covered is None else one.covered.bounds
        return replace(world, footprints=covering(world, rule.layer, nothing)), boxes
    if kind == "add":
        value = one.value[0] if len(one) else {"cap": 3, "route": "forbidden"}.get(rule.effect, True)
        assume(len(one) or getattr(rule, "until", None) is None)
        new = replace(one, shapes=Flat.join([one.shapes, patch_]), value=objects([*one.value, value]))
        return replace(world, footprints={**world.footprints, name: new}), patch_.bounds
    assume(len(one) > 0)
    row %= len(one)
    others = np.delete(np.arange(len(one)), row)
    box = one.shapes.bounds[[row]]
    if kind == "remove":
        new = replace(one, shapes=one.shapes.take(others), value=one.value[others])
        return replace(world, footprints={**world.footprints, name: new}), box
    if kind == "value":
        value = one.value.copy()
        value[row] = {"date": day(2037), "int": 7, "NoneType": 7, "str": "deviation", "bool": None}[
            type(value[row]).__name__
        ]
        assume(value[row] is not None and value[row] != one.value[row])
        return replace(world, footprints={**world.footprints, name: replace(one, value=value)}), box
    shifted = one.shapes.geometry()
    shifted[row] = shapely.transform(shifted[row], lambda xy: xy + 400.0)
    new = replace(one, shapes=Flat.of(shifted))
    return replace(world, footprints={**world.footprints, name: new}), np.vstack([box, new.shapes.bounds[[row]]])


def meeting(boxes: Floats, others: Floats) -> list[bool]:
    """Whether each box meets any of the others, in plain loops."""
    return [
        any(x0 <= b[2] and x1 >= b[0] and y0 <= b[3] and y1 >= b[1] for b in others.tolist())
        for x0, y0, x1, y1 in boxes.tolist()
    ]


class TestRenewal:
    def dealt_with(self, world: World, crew: Crew, most: int) -> tuple[Any, list[list[float]]]:
        """The result, and the boxes of the candidates that went through the rules for it."""
        with patch.object(work, "find", wraps=work.find) as calls:
            result = found(world, crew, most=most, compiled=True, keep=False)
        return result, sorted(box for call in calls.call_args_list for box in call.args[0].bounds.tolist())

    @settings(max_examples=12, deadline=None)
    @given(
        wide_worlds,
        st.integers(2, 9),
        st.sampled_from(["coverage", "unknown", "add", "remove", "value", "move"]),
        st.integers(0, 5),
        st.integers(0, 9),
    )
    def test_no_candidate_far_from_a_change_is_dealt_with_anew(
        self, world: World, most: int, kind: str, rule: int, row: int
    ) -> None:
        assume(world.study.rules)
        name = world.study.rules[rule % len(world.study.rules)].id
        other, boxes = changed(world, kind, name, row)
        every = world.candidates.shapes.bounds
        with Cache.temporary() as kept_here:
            crew = Crew(1, kept_here)
            first, all_of_them = self.dealt_with(world, crew, most)
            assert all_of_them == sorted(every.tolist()) and first.reused[0] == 0
            again, dealt = self.dealt_with(other, crew, most)
            near = np.ones(len(every), dtype=bool) if boxes is None else np.array(meeting(every, boxes))
            assert {tuple(box) for box in dealt} <= {tuple(box) for box in every[near].tolist()}
            fresh = found(other, Crew(1), most=most, compiled=True, keep=False)
            assert differences(without(again), without(fresh)) == []
            for same, before in ((other, again), (world, first)):
                known, dealt = self.dealt_with(same, crew, most)
                assert known.reused == (known.reused[1], known.reused[1]) and dealt == []
                assert differences(without(known), without(before)) == []

    def test_values_count_and_not_where_they_stand(self) -> None:
        """Equal values in another place are another footprint: the same polygons with their dates exchanged."""
        two = [strip(0, 10), strip(10, 20)]
        one, other = (footprint(*two, value=value) for value in ([day(2030), day(2040)], [day(2040), day(2030)]))
        rows = Flat.of(shapes(strip(0, 5), strip(12, 15), strip(50, 60)))
        mine, theirs = (prints_of(rows, {"r": some})["r"] for some in (one, other))
        assert (mine == theirs).all(axis=1).tolist() == [False, False, True]

    def test_what_a_rule_knows_is_not_taken_for_another_rules(self) -> None:
        rows = Flat.of(shapes(strip(0, 5)))
        one, none = footprint(strip(0, 10)), footprint()
        mine, theirs = (prints_of(rows, dict(zip("rs", some, strict=True))) for some in ((one, none), (none, one)))
        assert (mine["r"] != theirs["s"]).any() and not mine["s"].any()

    def test_a_layer_that_knows_nothing_is_not_one_that_is_complete(self) -> None:
        rows = Flat.of(shapes(strip(0, 5)))
        nothing, whole = footprint(coverage=[]), footprint()
        assert prints_of(rows, {"r": nothing})["r"].any() and not prints_of(rows, {"r": whole})["r"].any()


STUDY_CHANGES: dict[str, Any] = {
    "candidates.min_area": 250_000.0,
    "candidates.min_width": 90.0,
    "strictness": "very_hard",
    "term": 11,
    "lead_time": 30,
    "date": day(2029),
}
RULE_CHANGES: dict[str, Any] = {
    "hardness": "soft",
    "outside_coverage": "exclude",
    "touch.share": 0.4,
    "touch.area": 1e6,
    "when": When(term_above=90),
    "horizon": 3.0,
    "otherwise": "allowed",
}
COSMETIC: dict[str, Any] = {
    "label": None, "basis": "a law", "source": "a letter", "note": "a word", "certainty": "norm", "date": day(2020),
    "where": "x = 1", "kinds": ["land"], "library": "nl/natura2000", "theme": "nature",
}  # fmt: skip
READ = set("match buffer above below values until column homes allowed check_ deviation forbidden".split())
"""What decides which features are read, and their values; these count by themselves."""


def with_change(model: Any, key: str, value: Any) -> Any:
    """A copy of a study or a rule with one field changed."""
    first, _, rest = key.partition(".")
    if rest:
        value = with_change(getattr(model, first), rest, value)
    assert first in type(model).model_fields, f"{type(model).__name__} has no {first}"
    return model.model_copy(update={first: value})


def result(world: World, crew: Crew) -> Available:
    """What is found, but for what no tile has a part in."""
    clock = Clock(day(2026), day(2026), 1)
    return replace(without(found(world, crew, most=3, compiled=True, keep=True)), clock=clock)


@cache
def fresh(seed: int) -> tuple[World, Available]:
    """A world and what is found in it."""
    return wide(seed), result(wide(seed), Crew(1))


def telling(change: Callable[[Study], Study | None]) -> tuple[World, World]:
    """The first world of which a change to the study changes the result, and that world changed."""
    for seed in range(300):
        one, before = fresh(seed)
        study = change(one.study)
        if study is not None and differences(before, result(replace(one, study=study), Crew(1))):
            return one, replace(one, study=study)
    raise AssertionError("the change changes nothing")


class TestSettings:
    """What is kept is found again by what it was made of."""

    @pytest.mark.parametrize("key", STUDY_CHANGES)
    def test_another_study_gets_no_result_of_this_one(self, key: str) -> None:
        self.check(*telling(lambda one: with_change(one, key, STUDY_CHANGES[key])))

    @pytest.mark.parametrize("key", RULE_CHANGES)
    def test_another_rule_gets_no_result_of_this_one(self, key: str) -> None:
        def change(one: Study) -> Study | None:
            field = key.partition(".")[0]
            mine = [field in type(rule).model_fields and rule.acts(one.strictness, one.term) for rule in one.rules]
            turned = [
                with_change(rule, key, RULE_CHANGES[key]) if own else rule
                for rule, own in zip(one.rules, mine, strict=True)
            ]
            return one.model_copy(update={"rules": turned}) if any(mine) else None

        self.check(*telling(change))

    def test_another_order_gets_no_result_of_this_one(self) -> None:
        self.check(*telling(lambda one: one.model_copy(update={"rules": one.rules[::-1]})))

    def check(self, world: World, other: World) -> None:
        with Cache.temporary() as kept_here:
            for one in (world, other, world):
                assert differences(result(one, Crew(1, kept_here)), result(one, Crew(1))) == []

    def test_words_about_a_rule_change_nothing(self) -> None:
        world = wide(2)
        rules = list(world.study.rules)
        for key, value in COSMETIC.items():
            rules = [with_change(rule, key, value) for rule in rules]
        other = replace(world, study=world.study.model_copy(update={"rules": rules}))
        with Cache.temporary() as kept_here:
            found(world, Crew(1, kept_here), most=3, compiled=True, keep=True)
            known, tiles = found(other, Crew(1, kept_here), most=3, compiled=True, keep=True).reused
        assert known == tiles > 0 and rules

    @pytest.mark.parametrize("seed", range(3))
    def test_each_way_keeps_its_own(self, seed: int) -> None:
        world = wide(seed)
        with Cache.temporary() as kept_here:
            for compiled, keep in ((True, False), (False, False), (True, True), (False, True), (True, False)):
                mine, fresh = (
                    found(world, crew, most=3, compiled=compiled, keep=keep) for crew in (Crew(1, kept_here), Crew(1))
                )
                assert differences(without(mine), without(fresh)) == []

    def test_every_field_of_a_rule_is_asked_about(self) -> None:
        """It is changed above, is words, or is what the footprint was read by."""
        listed = {key.partition(".")[0] for key in (*RULE_CHANGES, *COSMETIC)} | {"id"}
        for model in EFFECTS.values():
            assert set(model.model_fields) <= listed | READ | {*EFFECTS}, model.__name__
