"""Random small studies against the naive oracle, and laws that hold whatever the study."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
import shapely
from hypothesis import HealthCheck, Phase, assume, given, note, settings
from hypothesis import strategies as st

import flexsite
from flexsite.availability import exact, finding

from .helpers import day, empty, ids
from .oracle import Answer, Debatable, Rules, Site, World, candidates, solve
from .worlds import rules as random_rules
from .worlds import worlds, write_layers, write_study

F = TypeVar("F", bound=Callable[..., None])


def examples(count: int) -> Callable[[F], F]:
    """The same examples on every machine, few enough for the whole file to stay quick; a failing one is not shrunk.

    With FLEXSITE_EXAMPLES=20 in the environment there are twenty times as many, and new ones every time.
    """
    times = int(os.environ.get("FLEXSITE_EXAMPLES", "1"))
    return settings(
        max_examples=count * times,
        deadline=None,
        derandomize=times == 1,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


def answer(world: World) -> Answer:
    """The oracle's answer; examples it cannot be sure of, or without any candidate, are thrown away."""
    try:
        assume(len(candidates(world)) > 0)
        return solve(world)
    except Debatable:
        assume(False)
        raise


def run(world: World, folder: Path, name: str = "study.yaml") -> flexsite.Result:
    return flexsite.run(flexsite.load(write_study(world, folder, name)))


def run_compiled(world: World, folder: Path) -> flexsite.Result:
    """Let a study this small go the way of many candidates."""
    with patch.object(finding, "MANY", 0), patch.object(exact, "clear", wraps=exact.clear) as clear:
        result = run(world, folder)
    assert sum(len(call.args[0]) for call in clear.call_args_list) == result.counts["candidates"], (
        "every candidate went that way"
    )
    return result


def close(one: float, other: float, tolerance: float = 1e-9) -> bool:
    return abs(one - other) <= tolerance


def number(value: Any) -> float:
    """A figure of a row that may be left empty when nothing is taken."""
    return 0.0 if empty(value) else float(value)


@examples(80)
@given(worlds())
def test_a_run_equals_the_naive_oracle(world: World) -> None:
    """Either way through the rules: the plain one, and the compiled one for many candidates."""
    expected = answer(world)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_layers(world, folder)
        for way in (run, run_compiled):
            note(way.__name__)
            result = way(world, folder)
            check_waterfall(result, expected)
            check_sums(result)
            check_taken(result, expected)
            check_sites(world, result, expected)
            check_suitability(world, result, expected)


def check_waterfall(result: flexsite.Result, expected: Answer) -> None:
    table = result.waterfall
    table = table[table["stage"] == "availability"].reset_index(drop=True)
    assert list(table["rule"]) == [row.rule for row in expected.rows]
    assert list(table["step"]) == list(range(len(expected.rows)))
    assert set(table["variant"]) == {"base"}
    for got, want in zip(table.to_dict("records"), expected.rows, strict=True):
        assert got["candidates"] == want.candidates, want.rule
        assert close(got["area_ha"], want.area_ha), (want.rule, got["area_ha"], want.area_ha)
        assert close(number(got["removed_ha"]), want.removed_ha), want.rule
        if want.sites is None:
            assert empty(got["sites"]), "sites are counted at min_size only"
        else:
            assert got["sites"] == want.sites
        if want.touched_ha is not None:
            assert any(close(number(got["touched_ha"]), value) for value in want.touched_ha), (want, got)
        if want.only_ha is not None:
            assert any(close(number(got["only_ha"]), value) for value in want.only_ha), (want, got)
        if want.unknown_ha is not None:
            low, high = want.unknown_ha
            assert low - 1e-9 <= number(got["unknown_ha"]) <= high + 1e-9, (want, got)


def check_sums(result: flexsite.Result) -> None:
    """What was removed and what is left add up, in every stage."""
    table = result.waterfall
    for _, part in table.groupby(["stage", "profile"], dropna=False, sort=False):
        areas, removed = list(part["area_ha"]), [number(value) for value in part["removed_ha"]]
        for before, after, gone in zip(areas, areas[1:], removed[1:], strict=False):
            assert close(before - after, gone)
        assert close(sum(removed[1:]) + areas[-1], areas[0])
    steps = table[table["stage"] == "availability"].set_index("rule")
    for rule, taken in result.taken.groupby("rule"):
        if rule != "min_size":  # where parts are rounded one by one, and their sum may differ by 0.01 m2
            assert close(taken["taken_m2"].sum() / 1e4, number(steps.loc[rule, "removed_ha"]))
    assert close(result.sites["area_m2"].sum() / 1e4, steps.loc["min_size", "area_ha"])


def check_taken(result: flexsite.Result, expected: Answer) -> None:
    got = {(row.rule, row.candidate_id): row.taken_m2 for row in result.taken.itertuples() if row.taken_m2}
    want = {key: area for key, area in expected.taken.items() if area}
    got = {key: area for key, area in got.items() if key[0] != "min_size"}
    assert got.keys() == want.keys()
    for key, area in want.items():
        assert close(got[key], area, 1e-5), key


def check_sites(world: World, result: flexsite.Result, expected: Answer) -> None:
    sites = result.sites
    assert list(sites["site_id"]) == list(expected.sites)
    start = str(Rules(world).available_from)
    for got in sites.to_dict("records"):
        want = expected.sites[got["site_id"]]
        assert got["candidate_id"] == want.candidate
        assert got["kind"] == "land"
        assert close(got["area_m2"], want.area, 1e-5)
        assert got["geometry"].symmetric_difference(want.ground).area < 1e-6
        assert day(got["available_from"]) == start
        assert day(got["available_until"]) == (str(want.until) if want.until else None)
        assert day(got["mark_until"]) == (str(want.mark_until) if want.mark_until else None)
        check_net(got["net_years"], want)
        assert sorted(ids(got["marks"])) == sorted(want.marks)
        assert sorted(ids(got["unknown"])) == sorted(want.unknown)
        if want.route is not None:
            assert got["route"] == want.route
            assert close(got["route_share"], want.route_share, 0.011 / want.area)
        for name, value in want.columns.items():
            assert (empty(got[name]) and value is None) or got[name] == value
            if value is not None:
                assert close(got[f"{name}_share"], want.shares[name], 0.011 / want.area)
        for name, distance in want.measures.items():
            assert distance is not None and close(got[f"{name}_m"], distance, 1e-6)


def check_net(got: Any, want: Site) -> None:
    if want.net_years is None:
        assert empty(got)
    else:
        assert close(got, want.net_years)


def check_suitability(world: World, result: flexsite.Result, expected: Answer) -> None:
    table = result.suitability
    order = [(profile["id"], site) for profile in world.profiles for site in expected.sites]
    assert list(zip(table["profile"], table["site_id"], strict=True)) == order
    for got in table.to_dict("records"):
        want = expected.fits[got["profile"]][got["site_id"]]
        assert bool(got["suitable"]) == want.suitable
        assert ids(got["failed"]) == want.failed
        assert ids(got["missing"]) == want.missing
        assert got["homes"] == want.homes
        assert got["homes_fit"] == want.homes_fit
        if want.suitable:
            assert got["rank"] == want.rank
            assert close(got["score"], want.score)
            for name, value in want.values.items():
                assert got[f"v_{name}"] == value
        else:
            assert empty(got["rank"])
    funnel = result.waterfall[result.waterfall["stage"] == "suitability"]
    for profile, steps in expected.funnels.items():
        rows = funnel[funnel["profile"] == profile].to_dict("records")
        assert [row["rule"] for row in rows] == [step[0] for step in steps]
        for number_, (row, (_, count, hectares, homes, fit)) in enumerate(zip(rows, steps, strict=True)):
            assert row["step"] == number_
            assert (row["sites"], row["homes"], row["homes_fit"]) == (count, homes, fit)
            assert close(row["area_ha"], hectares)


# Laws


def ground(result: flexsite.Result) -> shapely.Geometry:
    return shapely.union_all(list(result.sites.geometry))


def after_rules(result: flexsite.Result) -> float:
    """Hectares left after the last rule, before min_size."""
    table = result.waterfall
    return float(table[(table["stage"] == "availability") & (table["rule"] != "min_size")]["area_ha"].iloc[-1])


def with_study(world: World, **changes: Any) -> World:
    return replace(world, study=copy.deepcopy(world.study) | changes)


@examples(15)
@given(st.data())
def test_adding_a_rule_never_adds_ground(data: st.DataObject) -> None:
    world = data.draw(worlds())
    extra = data.draw(random_rules(world.layers, "extra"))
    place = data.draw(st.integers(0, len(world.study["rules"])))
    answer(world)
    more = [*world.study["rules"]]
    more.insert(place, extra)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_layers(world, folder)
        one = run(world, folder)
        other = run(with_study(world, rules=more), folder, "more.yaml")
    assert after_rules(other) <= after_rules(one) + 1e-9
    assert ground(other).difference(ground(one)).area < 1e-6


@examples(15)
@given(st.data())
def test_the_order_of_rules_never_changes_what_is_left(data: st.DataObject) -> None:
    world = data.draw(worlds())
    assume(len(world.study["rules"]) > 1)
    answer(world)
    other_order = data.draw(st.permutations(world.study["rules"]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_layers(world, folder)
        one = run(world, folder)
        other = run(with_study(world, rules=other_order), folder, "permuted.yaml")
    assert close(after_rules(one), after_rules(other))
    assert list(one.sites["site_id"]) == list(other.sites["site_id"])
    assert list(one.sites["area_m2"]) == pytest.approx(list(other.sites["area_m2"]), abs=1e-5)
    for a, b in zip(one.sites.geometry, other.sites.geometry, strict=True):
        assert a.symmetric_difference(b).area < 1e-6
    same = ["site_id", "profile", "suitable", "failed", "homes", "homes_fit"]
    assert one.suitability[same].equals(other.suitability[same])
    table, turned = (r.waterfall[r.waterfall["stage"] == "availability"].set_index("rule") for r in (one, other))
    for rule in world.study["rules"]:
        for figure in ("touched_ha", "only_ha"):
            assert close(number(table.loc[rule["id"], figure]), number(turned.loc[rule["id"], figure]))


@examples(15)
@given(worlds())
def test_a_longer_term_never_adds_ground(world: World) -> None:
    answer(world)
    assume(any("until" in rule or "when" in rule for rule in world.study["rules"]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_layers(world, folder)
        ten = run(with_study(world, term=10), folder, "ten.yaml")
        fifteen = run(with_study(world, term=15), folder, "fifteen.yaml")
    assert after_rules(fifteen) <= after_rules(ten) + 1e-9
    assert ground(fifteen).difference(ground(ten)).area < 1e-6
