"""What each rule takes, at its turn and by itself: against plain shapely, candidate by candidate."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.availability import waterfall
from flexsite.availability.account import Step
from flexsite.availability.footprint import Footprint
from flexsite.availability.waterfall import Ground
from flexsite.availability.window import Clock
from flexsite.candidates import Candidates
from flexsite.study.models import Study

from .helpers import boxes, candidates, day, footprint, solid, strip, study

ROW = candidates(k=shapely.box(0, 0, 100, 100))


def flow(rows: Candidates, found: Study, *prints: Footprint) -> tuple[Ground, list[Step]]:
    ground = waterfall.start(rows.geometry)
    for rule, one in zip(found.rules, prints, strict=True):
        waterfall.apply(ground, rule, one, found, Clock.of(found), keep_geometry=True)
    return ground, waterfall.account(ground).steps(found)


def m2(step: Step) -> tuple[float, ...]:
    """Areas left, touched, only and unknown in m2."""
    return tuple(round(ha * 1e4, 2) for ha in (step.area_ha, step.touched_ha, step.only_ha, step.unknown_ha))


def test_three_rules_by_hand() -> None:
    rules = [{"id": "a", "exclude": "a"}, {"id": "b", "exclude": "b"}, {"id": "c", "mark": "c"}]
    ground, steps = flow(
        ROW, study(*rules), footprint(strip(0, 30)), footprint(strip(20, 60)), footprint(strip(50, 100))
    )
    assert [m2(step) for step in steps] == [(7000, 3000, 2000, 0), (4000, 4000, 3000, 0), (4000, 5000, 0, 0)]
    assert ground.taken["a"].taken_m2.tolist() == [3000]
    assert ground.taken["b"].taken_m2.tolist() == [3000]
    assert ground.taken["b"].geometry[0].equals(strip(30, 60))
    assert ground.taken["c"].taken_m2.tolist() == [0]
    assert [step.candidates for step in steps] == [1, 1, 1]


def test_what_three_rules_on_one_candidate_take_alone() -> None:
    rules = [{"id": name, "exclude": name} for name in "abc"]
    _, steps = flow(ROW, study(*rules), footprint(strip(0, 40)), footprint(strip(20, 60)), footprint(strip(30, 80)))
    assert [m2(step)[2] for step in steps] == [2000, 0, 2000]
    _, steps = flow(ROW, study(*rules), footprint(strip(30, 80)), footprint(strip(10, 60)), footprint(strip(0, 40)))
    assert [m2(step)[2] for step in steps] == [2000, 0, 1000]


def test_ground_outside_the_coverage_stays_also_under_a_feature() -> None:
    ground = footprint(strip(40, 60), coverage=[strip(0, 50)])
    for rule, expected in (
        ({"exclude": "a"}, (9000, 1000, 1000, 5000)),
        ({"exclude": "a", "outside_coverage": "free"}, (9000, 1000, 1000, 0)),
        ({"exclude": "a", "outside_coverage": "exclude"}, (4000, 6000, 6000, 0)),
        ({"mark": "a"}, (10_000, 2000, 0, 5000)),
        ({"exclude": "a", "class": "soft"}, (10_000, 2000, 0, 5000)),
    ):
        assert m2(flow(ROW, study({"id": "r", **rule}), ground)[1][0]) == expected, rule


def test_a_feature_over_all_ground_takes_what_the_coverage_knows() -> None:
    """On a slanting edge the cut is the coverage's own: no spike of what stays reaches into it."""
    slanted = shapely.Polygon([(3, 5), (20, 44), (51, 58), (7, 7)])
    rows = candidates(k=slanted)
    known = shapely.box(-100, -100, 100, 30)
    ground, _ = flow(rows, study({"id": "r", "exclude": "a"}), footprint(shapely.box(-9, -9, 99, 99), coverage=[known]))
    assert shapely.bounds(ground.geometry[0])[1] == pytest.approx(30)
    assert ground.area_m2[0] == pytest.approx(slanted.difference(known).area, abs=0.01)


def test_a_rule_that_comes_too_late_took_nothing_but_touches() -> None:
    rules = [{"id": "a", "exclude": "a"}, {"id": "b", "exclude": "b"}]
    ground, steps = flow(ROW, study(*rules), footprint(strip(-5, 105)), footprint(strip(0, 10)))
    assert [m2(step) for step in steps] == [(0, 10_000, 9000, 0), (0, 1000, 0, 0)]
    assert ground.area_m2.tolist() == [0] and ground.geometry[0].is_empty
    assert steps[0].candidates == 0


def test_keep_takes_the_rest_within_the_coverage() -> None:
    for outside, expected in (
        ("unknown", (7000, 3000, 3000, 3000)), ("free", (7000, 3000, 3000, 0)), ("exclude", (4000, 6000, 6000, 0)),
    ):  # fmt: skip
        found = study({"id": "k", "keep": "a", "outside_coverage": outside})
        _, steps = flow(ROW, found, footprint(strip(0, 40), coverage=[strip(0, 70)]))
        assert m2(steps[0]) == expected, outside


def test_exclude_outside_the_coverage() -> None:
    for outside, expected in (
        ("unknown", (8000, 2000, 2000, 5000)), ("free", (8000, 2000, 2000, 0)), ("exclude", (3000, 7000, 7000, 0)),
    ):  # fmt: skip
        found = study({"id": "r", "exclude": "a", "outside_coverage": outside})
        _, steps = flow(ROW, found, footprint(strip(0, 20), coverage=[strip(0, 50)]))
        assert m2(steps[0]) == expected, outside


def test_a_route_takes_forbidden_ground_only() -> None:
    found = study({"id": "z", "route": "zoning", "column": "use"})
    zones = footprint(strip(0, 20), strip(20, 90), value=["forbidden", "allowed"])
    assert m2(flow(ROW, found, zones)[1][0]) == (8000, 2000, 2000, 0)


def test_until_takes_what_is_needed_too_early() -> None:
    found = study({"id": "p", "exclude": "a", "until": "y"})
    plans = footprint(strip(0, 20), strip(20, 50), value=[day(2035, 12, 31), day(2036)])
    assert m2(flow(ROW, found, plans)[1][0]) == (8000, 2000, 2000, 0)


@pytest.mark.parametrize("change", [{"strictness": "very_hard"}, {"term": 3}])
def test_a_demoted_rule_takes_nothing_and_touches_all(change: dict[str, Any]) -> None:
    found = study({"id": "p", "exclude": "a", "until": "y", "when": {"term_above": 5}}, **change)
    plans = footprint(strip(0, 20), strip(20, 50), value=[day(2027), day(2060)])
    ground, steps = flow(ROW, found, plans)
    assert m2(steps[0]) == (10_000, 5000, 0, 0)
    assert (steps[0].effect, ground.removing) == ("mark", set())


wide = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    st.integers(0, 12), st.integers(0, 12), st.integers(4, 24), st.integers(4, 24),
)  # fmt: skip
"""Rectangles that mostly meet each other."""
coverages = st.none() | st.lists(boxes, max_size=2)
rules_of = st.fixed_dictionaries(
    {
        "verb": st.sampled_from(["exclude", "exclude", "keep", "mark"]),
        "outside": st.sampled_from(["unknown", "free", "exclude"]),
        "features": st.lists(wide, max_size=3),
        "coverage": coverages,
    }
)


@settings(max_examples=100, deadline=None)
@given(st.lists(wide, min_size=1, max_size=3), st.lists(rules_of, min_size=1, max_size=4))
def test_against_brute_force(shapes: list[Any], drawn: list[dict[str, Any]]) -> None:
    """`only` is what would come back without the rule; nothing depends on the order but who took it."""
    rows = candidates(**{f"k{i}": shape for i, shape in enumerate(shapes)})
    found = study(
        *({"id": f"r{i}", one["verb"]: "a", "outside_coverage": one["outside"]} for i, one in enumerate(drawn))
    )
    prints = [footprint(*one["features"], coverage=one["coverage"]) for one in drawn]
    ground, steps = flow(rows, found, *prints)

    def claim(shape: Any, one: dict[str, Any]) -> Any:
        under = solid(shapely.union_all(one["features"]).intersection(shape))
        beyond = shapely.Polygon()
        if one["coverage"] is not None:
            beyond = solid(shape.difference(shapely.union_all(one["coverage"])))
        if one["verb"] == "exclude":
            under = under.difference(beyond)
        if one["verb"] == "keep":
            return shape.difference(under if one["outside"] == "exclude" else under.union(beyond))
        return under.union(beyond) if one["outside"] == "exclude" else under

    claims = [[claim(shape, one) for one in drawn] for shape in shapes]
    active = [number for number, one in enumerate(drawn) if one["verb"] != "mark"]
    left = [float(shape.area) for shape in shapes]
    for number, step in enumerate(steps):
        gone = [shapely.union_all([own[n] for n in active if n <= number]) for own in claims]
        after = [shape.difference(one).area for shape, one in zip(shapes, gone, strict=True)]
        others = [shapely.union_all([own[n] for n in active if n != number]) for own in claims]
        only = sum(own[number].difference(rest).area for own, rest in zip(claims, others, strict=True))
        taken = dict(zip(ground.taken[f"r{number}"].index.tolist(), ground.taken[f"r{number}"].taken_m2, strict=True))
        assert {row: size for row, size in taken.items() if size} == {
            row: before - now for row, (before, now) in enumerate(zip(left, after, strict=True)) if before > now
        }
        assert m2(step)[:3] == (sum(after), sum(own[number].area for own in claims), only if number in active else 0)
        assert step.candidates == sum(size > 0 for size in after)
        left = after
    assert ground.area_m2.tolist() == left
