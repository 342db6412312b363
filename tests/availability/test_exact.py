"""The compiled way through the rules against the plain one: the same account, the same sites."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.availability import exact, sites, waterfall
from flexsite.availability.account import Account, Taken
from flexsite.availability.tile import Tile, Wanted, find
from flexsite.availability.waterfall import Ground
from flexsite.candidates import Candidates
from flexsite.flat import Flat
from flexsite.geometry import Floats

from .alike import differences
from .helpers import candidates, day, footprint, strip, study
from .worlds import World, wide_worlds, worlds
from .worlds import world as random_world

PLAIN, COMPILED = (
    Wanted(compiled=False, taken=False, stand_ins=False),
    Wanted(compiled=True, taken=False, stand_ins=False),
)
CENT = 0.0101
"""m2 between two areas that are equal before they are rounded to 0.01."""


def through(world: World, wanted: Wanted) -> Tile:
    return find(world.candidates.shapes, world.footprints, world.study, world.clock, wanted)


def plain(world: World) -> Ground:
    ground = waterfall.start(world.candidates.geometry)
    for rule in world.study.rules:
        waterfall.apply(ground, rule, world.footprints[rule.id], world.study, world.clock, keep_geometry=False)
    return ground


def spread_out(taken: Taken, name: str, count: int) -> Floats:
    result = np.zeros(count)
    result[taken.index] = getattr(taken, name)
    return result


def check_accounts(one: Account, other: Account) -> None:
    count = len(one.start_m2)
    assert list(one.taken) == list(other.taken) and list(one.unknown) == list(other.unknown)
    np.testing.assert_array_equal(one.start_m2, other.start_m2)
    np.testing.assert_allclose(one.area_m2, other.area_m2, rtol=0, atol=CENT)
    for rule, taken in one.taken.items():
        for name in ("touched_m2", "taken_m2", "only_m2"):
            mine, theirs = (spread_out(some, name, count) for some in (taken, other.taken[rule]))
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=CENT, err_msg=f"{rule} {name}")
        beyond = [np.zeros(count), np.zeros(count)]
        for array, some in zip(beyond, (one.unknown[rule], other.unknown[rule]), strict=True):
            array[some.index] = some.area_m2
        np.testing.assert_allclose(*beyond, rtol=0, atol=CENT, err_msg=f"{rule} unknown")


def check_sites(one: Tile, other: Tile, names: Any, scale: float) -> None:
    """The same ids, polygons and notes, told by id."""
    turned = []
    for some in (one.pieces, other.pieces):
        ids, order = sites.numbered(some.candidate, some.shapes.bounds, some.area_m2, names)
        turned.append((ids[order].tolist(), some.take(order)))
    (ids, mine), (others, theirs) = turned
    assert ids == others
    np.testing.assert_allclose(mine.area_m2, theirs.area_m2, rtol=0, atol=CENT)
    apart = shapely.area(shapely.symmetric_difference(mine.shapes.geometry(), theirs.shapes.geometry()))
    assert apart.max(initial=0) < 1e-6 * scale
    for name in ("candidate", "marks", "unknown", "available_until", "mark_until", "cap", "route", "stand_in"):
        assert getattr(mine, name).tolist() == getattr(theirs, name).tolist(), name
    np.testing.assert_allclose(mine.route_share, theirs.route_share, rtol=0, atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(worlds, st.booleans())
def test_the_compiled_way_equals_the_plain_one(world: World, stand_ins: bool) -> None:
    one, other = (through(world, replace(wanted, stand_ins=stand_ins)) for wanted in (PLAIN, COMPILED))
    check_accounts(one.account, other.account)
    check_sites(one, other, world.candidates.ids, 1.0)


@settings(max_examples=15, deadline=None)
@given(wide_worlds)
def test_in_a_wide_world_to_six_digits_more(world: World) -> None:
    """A cent here is 1e-6 m2 in a world of the usual width, where it would drown in the rounding."""
    one, other = through(world, PLAIN), through(world, COMPILED)
    check_accounts(one.account, other.account)
    check_sites(one, other, world.candidates.ids, 100.0)


@settings(max_examples=15, deadline=None)
@given(worlds)
def test_what_is_left_before_rounding(world: World) -> None:
    ground = plain(world)
    table = exact.combinations(world.candidates.shapes, world.footprints, world.study, world.clock)
    account, left = table.account(world.study)
    some = (account.area_m2 > 0) & (ground.area_m2 > 0)
    np.testing.assert_allclose(left[some], shapely.area(ground.geometry)[some], rtol=0, atol=1e-6)
    assert (left[~some] < 0.0051 + 0.005 * len(world.study.rules)).all(), (
        "rules that take less than half a cent take nothing"
    )
    np.testing.assert_allclose(np.bincount(table.row, table.area, minlength=len(left)), table.start, rtol=0, atol=1e-6)
    kept = exact.clear(world.candidates.shapes, world.footprints, world.study, world.clock, least=0.0).geometry
    np.testing.assert_allclose(shapely.area(kept)[some], left[some], rtol=1e-6, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(worlds, st.data())
def test_another_order_of_rules_is_another_sum_over_the_same_table(world: World, data: st.DataObject) -> None:
    """Also with rules left out: equal to a study that has only those."""
    order = data.draw(st.permutations(range(len(world.study.rules))))
    chosen = order[: data.draw(st.integers(0, len(order)))]
    rules = [world.study.rules[k] for k in chosen]
    table = exact.combinations(world.candidates.shapes, world.footprints, world.study, world.clock)
    mine, left = table.account(world.study, rules)
    smaller = world.study.model_copy(update={"rules": rules})
    fresh = replace(world, study=smaller, footprints={rule.id: world.footprints[rule.id] for rule in rules})
    check_accounts(mine, waterfall.account(plain(fresh)))
    again, same = exact.combinations(fresh.candidates.shapes, fresh.footprints, smaller, fresh.clock).account(smaller)
    check_accounts(mine, again)
    np.testing.assert_allclose(left, same, rtol=0, atol=1e-6)
    assert [step.rule for step in mine.steps(world.study, rules)] == [rule.id for rule in rules]


@settings(max_examples=12, deadline=None)
@given(worlds)
def test_where_the_two_areas_differ_the_plain_way_decides(world: World) -> None:
    with patch.object(exact, "_AGREED", -1.0):
        found = through(world, COMPILED)
    touched = {row for rule in world.study.rules if waterfall.removes(rule, world.study)
               for row in found.account.taken[rule.id].index.tolist()}  # fmt: skip
    ground = plain(world)
    parts = sites.parts_of(ground.geometry, world.study.candidates).sites()
    mine, theirs = (np.flatnonzero(np.isin(one.candidate, list(touched))) for one in (found.pieces, parts))
    assert differences(found.pieces.shapes.take(mine), Flat.of(parts.geometry[theirs])) == []


@settings(max_examples=12, deadline=None)
@given(worlds, st.integers(0, 5))
def test_what_geos_refuses_goes_the_plain_way(world: World, bad: int) -> None:
    """A difference that fails for one candidate fails for the whole array; the others must not suffer."""
    refused = world.candidates.geometry[bad % len(world.candidates)]

    def difference(ground: Any, taken: Any) -> Any:
        if (shapely.equals(ground, refused)).any():
            raise shapely.errors.GEOSException("TopologyException: found non-noded intersection")
        return geometry_difference(ground, taken)

    geometry_difference = exact.difference
    with patch.object(exact, "difference", difference):
        found = through(world, COMPILED)
    check_sites(through(world, PLAIN), found, world.candidates.ids, 1.0)


ROW = candidates(k=shapely.box(0, 0, 100, 100))


def cleared(
    rows: Candidates, rules: list[dict[str, Any]], *prints: Any, least: float = 0.0, **changes: Any
) -> exact.Cleared:
    found = study(*rules, **changes)
    own = {rule.id: one for rule, one in zip(found.rules, prints, strict=True)}
    return exact.clear(rows.shapes, own, found, World(rows, found, own).clock, least=least)


def test_three_rules_by_hand() -> None:
    rules = [{"id": "a", "exclude": "a"}, {"id": "b", "exclude": "b", "until": "y"}, {"id": "c", "mark": "c"}]
    plans = footprint(strip(20, 60), strip(60, 70), value=[day(2030), day(2040)])
    account, (left,) = cleared(ROW, rules, footprint(strip(0, 30)), plans, footprint(strip(50, 100)))
    figures = [(one.touched_m2.tolist(), one.taken_m2.tolist(), one.only_m2.tolist()) for one in account.taken.values()]
    assert figures == [([3000], [3000], [2000]), ([4000], [3000], [3000]), ([5000], [0], [0])]
    assert (account.area_m2.tolist(), left.equals(strip(60, 100))) == ([4000], True)


def test_too_little_for_a_site_gets_no_geometry() -> None:
    rows = candidates(a=strip(0, 10), b=strip(20, 40), c=strip(50, 60))
    rules = [{"id": "r", "exclude": "a"}]
    for least, enough in ((0, True), (900, True), (900.01, False)):
        account, left = cleared(rows, rules, footprint(strip(-5, 1), strip(45, 70)), least=least)
        assert account.area_m2.tolist() == [900, 2000, 0]
        assert [one is not None for one in left] == [enough, True, False], least


def test_rules_with_one_coverage_and_with_others() -> None:
    known = [strip(0, 50)]
    rules = [
        {"id": "r", "exclude": "a"},
        {"id": "s", "keep": "a", "outside_coverage": "exclude"},
        {"id": "t", "mark": "b"},
    ]
    prints = [
        footprint(strip(0, 10), strip(60, 70), coverage=known),
        footprint(strip(0, 40), coverage=known),
        footprint(coverage=[strip(0, 60)]),
    ]
    found = study(*rules)
    own = dict(zip("rst", prints, strict=True))
    table = exact.combinations(ROW.shapes, own, found, World(ROW, found, own).clock)
    assert len({*table.coverage_bit.values(), *table.feature_bit.values()}) == 6
    other = own | {"s": footprint(strip(0, 40), coverage=[strip(0, 51)])}
    again = exact.combinations(ROW.shapes, other, found, World(ROW, found, other).clock)
    assert (again.feature_bit, again.coverage_bit) == (table.feature_bit, table.coverage_bit), "bits of any tile"
    account, left = table.account(found)
    figures = [(one.touched_m2.tolist(), one.taken_m2.tolist(), one.only_m2.tolist()) for one in account.taken.values()]
    assert figures == [([1000], [1000], [1000]), ([6000], [6000], [6000]), ([], [], [])]
    assert left.tolist() == [3000]
    assert [one.area_m2.tolist() for one in account.unknown.values()] == [[5000], [], [4000]]


def test_more_rules_than_a_mask_has_bits_go_the_plain_way() -> None:
    rules = [{"id": f"r{k}", "exclude": "a"} for k in range(33)]
    prints = {f"r{k}": footprint(strip(2 * k, 2 * k + 1)) for k in range(33)}
    for count, calls in ((32, 1), (33, 0)):
        found = study(*rules[:count])
        own = {rule.id: prints[rule.id] for rule in found.rules}
        assert exact.possible(found.rules) == bool(calls)
        with patch.object(exact, "clear", wraps=exact.clear) as clear:
            result = through(World(ROW, found, own), COMPILED)
        assert (clear.call_count, result.account.area_m2.tolist()) == (calls, [10_000 - 100.0 * count])


def test_without_rules_all_stays() -> None:
    account, (left,) = cleared(ROW, [])
    assert (account.area_m2.tolist(), dict(account.taken), left.equals(ROW.geometry[0])) == ([10_000], {}, True)


def test_rules_without_features_take_nothing() -> None:
    account, (left,) = cleared(ROW, [{"id": "r", "exclude": "a"}], footprint())
    assert (account.taken["r"].index.tolist(), account.area_m2.tolist()) == ([], [10_000])
    assert left.equals_exact(ROW.geometry[0])


def test_less_than_half_a_cent_is_not_taken_also_by_several_rules() -> None:
    """Three rules with 0.004 m2 each: none touches the candidate, and only what the fourth takes goes."""
    rules = [{"id": name, "exclude": name} for name in "abc"] + [{"id": "d", "exclude": "a"}]
    crumbs = [footprint(shapely.box(10.0 * k, 0, 10.0 * k + 0.04, 0.1)) for k in range(3)]
    prints = [*crumbs, footprint(strip(50, 60))]
    world = World(ROW, study(*rules), dict(zip("abcd", prints, strict=True)))
    for account in (cleared(ROW, rules, *prints).account, waterfall.account(plain(world))):
        assert account.area_m2.tolist() == [9000]
        assert [len(one.index) for one in account.taken.values()] == [0, 0, 0, 1]
    (left,) = cleared(ROW, rules, *prints).geometry
    assert left.equals(ROW.geometry[0].difference(strip(50, 60)))


def test_the_plain_way_is_seldom_needed() -> None:
    """It mends what the fast one gets wrong, and would hide that it gets more wrong."""
    with patch.object(exact, "_one_by_one", wraps=exact._one_by_one) as again:
        left = [len(through(random_world(seed), COMPILED).pieces) for seed in range(80)]
    assert sum(left) > 150
    assert sum(len(call.args[0]) for call in again.call_args_list) == 0
