"""What touches a site: marks, windows, caps, unknown ground, routes and joined columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from flexsite.availability.columns import join
from flexsite.availability.footprint import Footprint
from flexsite.availability.route import ORDER, routes
from flexsite.availability.sites import Sites
from flexsite.availability.touching import Touching, counts, touch
from flexsite.availability.window import Clock
from flexsite.layers import Layers
from flexsite.study.models import Study
from flexsite.study.rule import Touch

from .helpers import boxes, day, footprint, objects, shapes, sites, solid, strip, study

SITE = shapely.box(0, 0, 100, 100)


def touched(where: Sites, rule: dict[str, Any], ground: Footprint, **changes: Any) -> Touching:
    """What one rule notes on the sites; the study's term is 10 years from 2026."""
    found = study(rule, **changes)
    result = Touching.none(len(where))
    touch(result, where, found.rules[0], ground, found, Clock.of(found))
    return result


class TestThreshold:
    @pytest.mark.parametrize(
        ("area", "site", "enough"),
        [
            # share >= 1 % and area >= min(50 m2, half the site)
            (50, 5000, True), (49.99, 4000, False), (50, 5000.01, False), (100, 10_000, True), (99.99, 10_000, False),
            (30, 60, True), (29.99, 60, False), (50, 100, True), (49.99, 100, False), (0.5, 1, True), (0, 1, False),
        ],
    )  # fmt: skip
    def test_share_and_area(self, area: float, site: float, enough: bool) -> None:
        assert counts(np.array([area], float), np.array([site], float), Touch()).tolist() == [enough]

    def test_a_rule_may_have_its_own(self) -> None:
        own = Touch(share=0.5, area=0)
        assert counts(np.array([4.99, 5.0]), np.array([10.0, 10.0]), own).tolist() == [False, True]
        assert counts(np.array([3.0]), np.array([1000.0]), Touch(share=0, area=3)).tolist() == [True]


class TestMarks:
    rule: ClassVar[dict[str, Any]] = {"id": "m", "mark": "a"}

    def test_features_touch_together_and_overlap_once(self) -> None:
        small = [shapely.box(0, 10 * i, 4, 10 * i + 10) for i in range(2)]  # 40 m2 each
        assert touched(sites(SITE), self.rule, footprint(small[0])).marks == [[]]
        assert touched(sites(SITE), self.rule, footprint(*small)).marks == [[]], "80 m2 is less than 1 %"
        assert touched(sites(SITE), self.rule, footprint(*small, shapely.box(50, 0, 54, 10))).marks == [["m"]]
        assert touched(sites(SITE), self.rule, footprint(*small, *small)).marks == [[]], "the same ground twice"

    def test_each_site_by_itself(self) -> None:
        rows = sites(SITE, shapely.box(200, 0, 300, 100), shapely.box(400, 0, 500, 100))
        found = touched(rows, self.rule, footprint(shapely.box(90, 0, 210, 100)))
        assert found.marks == [["m"], ["m"], []]

    @pytest.mark.parametrize("rule", [{"class": "medium"}, {"when": {"term_above": 10}}])
    def test_a_demoted_rule_marks(self, rule: dict[str, Any]) -> None:
        for verb in ({"exclude": "a"}, {"cap": "a", "homes": 3}):
            found = touched(sites(SITE), {"id": "r", **verb, **rule}, footprint(strip(0, 50), value=[3]))
            assert (found.marks, found.cap.tolist()) == ([["r"]], [np.inf])

    def test_a_demoted_keep_marks_what_it_would_take(self) -> None:
        rule = {"id": "k", "keep": "a", "class": "soft"}
        assert touched(sites(SITE), rule, footprint(strip(0, 100))).marks == [[]]
        assert touched(sites(SITE), rule, footprint(strip(0, 98))).marks == [["k"]]
        uncovered = touched(sites(SITE), rule, footprint(strip(0, 50), coverage=[strip(0, 50)]))
        assert (uncovered.marks, uncovered.unknown) == ([[]], [["k"]])
        outside = touched(
            sites(SITE), rule | {"outside_coverage": "exclude"}, footprint(strip(0, 50), coverage=[strip(0, 50)])
        )
        assert (outside.marks, outside.unknown) == ([["k"]], [[]])

    def test_a_demoted_route_marks_forbidden_ground(self) -> None:
        rule = {"id": "z", "route": "a", "column": "x", "class": "soft"}
        assert touched(sites(SITE), rule, footprint(strip(0, 50), value=["check"])).marks == [[]]
        assert touched(sites(SITE), rule, footprint(strip(0, 50), value=["forbidden"])).marks == [["z"]]

    def test_an_active_rule_does_not_mark(self) -> None:
        for verb in ({"exclude": "a"}, {"keep": "a"}, {"cap": "a", "homes": 3}, {"route": "a", "column": "x"}):
            assert touched(sites(SITE), {"id": "r", **verb}, footprint(strip(0, 50), value=[3])).marks == [[]]

    def test_without_sites_nothing_happens(self) -> None:
        assert touched(sites(), self.rule, footprint(strip(0, 50))).marks == []


class TestWindow:
    rule: ClassVar[dict[str, Any]] = {"id": "p", "exclude": "a", "until": "y"}

    def until(self, rule: dict[str, Any], *plans: tuple[Any, Any], **changes: Any) -> tuple[Any, Any, list[str]]:
        ground = footprint(*(shape for shape, _ in plans), value=[moment for _, moment in plans])
        found = touched(sites(SITE), rule, ground, **changes)
        return found.available_until[0], found.mark_until[0], found.marks[0]

    def test_the_earliest_that_is_late_enough(self) -> None:
        plans = [(strip(0, 50), day(2036)), (strip(0, 50), day(2040)), (strip(0, 50), day(2035, 12, 31))]
        assert self.until(self.rule, *plans) == (day(2036), None, [])
        assert self.until(self.rule | {"horizon": 11}, *plans) == (day(2040), None, [])
        assert self.until(self.rule, *plans, lead_time=1) == (day(2040), None, [])

    def test_each_date_must_touch_by_itself(self) -> None:
        plans = [(shapely.box(0, 0, 9, 9), day(2037)), (shapely.box(0, 0, 10, 10), day(2039))]
        assert self.until(self.rule, *plans) == (day(2039), None, [])
        split = [(shapely.box(0, 0, 9, 9), day(2037)), (shapely.box(20, 0, 29, 9), day(2037))]
        assert self.until(self.rule, *split)[0] == day(2037), "162 m2 of one date in two plans"

    def test_marks_and_demoted_rules_have_an_end_of_their_own(self) -> None:
        plans = [(strip(0, 50), day(2027)), (strip(50, 100), day(2040))]
        assert self.until({"id": "p", "mark": "a", "until": "y"}, *plans) == (None, day(2027), ["p"])
        assert self.until(self.rule | {"class": "soft"}, *plans) == (None, day(2027), ["p"])

    def test_none(self) -> None:
        assert self.until(self.rule) == (None, None, [])


class TestCaps:
    def cap(self, *items: tuple[Any, Any], **rule: Any) -> float:
        ground = footprint(*(shape for shape, _ in items), value=[homes for _, homes in items])
        return float(touched(sites(SITE), {"id": "c", "cap": "a", "homes": "n", **rule}, ground).cap[0])

    def test_the_smallest_that_touches(self) -> None:
        assert self.cap((strip(0, 50), 25), (strip(0, 60), 12), (shapely.box(0, 0, 5, 5), 1)) == 12

    def test_no_number_is_no_cap(self) -> None:
        assert self.cap((strip(0, 50), None)) == np.inf
        assert self.cap((strip(0, 50), None), (strip(0, 50), 0)) == 0

    def test_over_several_rules_the_smallest(self) -> None:
        found = study(*({"id": f"c{n}", "cap": "a", "homes": n} for n in (9, 4, 7)))
        result = Touching.none(1)
        for rule in found.rules:
            touch(result, sites(SITE), rule, footprint(strip(0, 50), value=[rule.homes]), found, Clock.of(found))  # type: ignore[attr-defined]
        assert result.cap.tolist() == [4]


class TestUnknown:
    def test_the_part_outside_the_coverage_must_touch(self) -> None:
        rule = {"id": "r", "exclude": "a"}
        for edge, expected in ((99, ["r"]), (99.5, []), (0, ["r"])):
            ground = footprint(coverage=[strip(0, edge)] if edge else [])
            assert touched(sites(SITE), rule, ground).unknown == [expected]
        assert touched(sites(SITE), rule, footprint()).unknown == [[]]

    @pytest.mark.parametrize("verb", [{"exclude": "a"}, {"keep": "a"}, {"mark": "a"}, {"route": "a", "column": "x"}])
    def test_only_where_the_rule_says_unknown(self, verb: dict[str, Any]) -> None:
        ground = footprint(coverage=[strip(0, 50)])
        for outside, expected in (("unknown", ["r"]), ("free", []), ("exclude", [])):
            rule = {"id": "r", **verb, "outside_coverage": outside}
            assert touched(sites(SITE), rule, ground).unknown == [expected]


def routed(where: Sites, ground: Footprint | None, **rule: Any) -> tuple[list[str], list[float]]:
    found = study({"id": "z", "route": "zoning", "column": "use", **rule})
    route, share = routes(where, found.rules[0] if ground is not None else None, ground)  # type: ignore[arg-type]
    return route.tolist(), share.tolist()


class TestRoutes:
    def test_without_a_rule_all_is_unknown(self) -> None:
        assert routed(sites(SITE, SITE), None) == (["unknown", "unknown"], [1, 1])

    @given(st.permutations(["allowed", "check", "deviation"]))
    def test_where_zones_overlap_the_strictest_holds_in_any_order(self, order: list[str]) -> None:
        ground = footprint(*(strip(0, 100) for _ in order), value=order)
        assert routed(sites(SITE), ground) == (["check"], [1])

    def test_ties_go_by_the_same_order(self) -> None:
        for first, second, best in (
            ("allowed", "check", "check"), ("deviation", "check", "check"), ("allowed", "deviation", "deviation"),
            ("unlisted", "allowed", "allowed"),
        ):  # fmt: skip
            for pair in ((first, second), (second, first)):
                ground = footprint(strip(0, 50), strip(50, 100), value=list(pair))
                assert routed(sites(SITE), ground) == ([best], [0.5])

    def test_no_polygon_within_the_coverage_is_otherwise(self) -> None:
        ground = footprint(strip(0, 40), value=["allowed"])
        assert routed(sites(SITE), ground) == (["unlisted"], [0.6])
        assert routed(sites(SITE), ground, otherwise="deviation") == (["deviation"], [0.6])
        assert routed(sites(SITE), ground, otherwise="allowed") == (["allowed"], [1])

    def test_outside_the_coverage_is_unknown(self) -> None:
        ground = footprint(strip(0, 40), value=["allowed"], coverage=[strip(0, 45)])
        assert routed(sites(SITE), ground) == (["unknown"], [0.55])
        assert routed(sites(SITE), ground, outside_coverage="free") == (["unlisted"], [0.6])
        zones_there = footprint(strip(0, 100), value=["allowed"], coverage=[strip(0, 30)])
        assert routed(sites(SITE), zones_there) == (["unknown"], [0.7]), "a zone outside the coverage is no knowledge"

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(boxes, min_size=1, max_size=3),
        st.lists(st.tuples(boxes, st.sampled_from(ORDER[:5])), max_size=5),
        st.lists(boxes, max_size=2) | st.none(),
    )
    def test_against_brute_force(
        self, ground: list[Any], zones: list[tuple[Any, str]], known: list[Any] | None
    ) -> None:
        found = routed(
            sites(*ground), footprint(*(zone for zone, _ in zones), value=[name for _, name in zones], coverage=known)
        )
        for polygon, route, share in zip(ground, *found, strict=True):
            left = polygon
            areas = dict.fromkeys(ORDER, 0.0)
            if known is not None:
                inside = solid(polygon.intersection(shapely.union_all(known)))
                areas["unknown"] = polygon.area - inside.area
                left = inside
            for name in ORDER[:5]:
                zone = shapely.union_all([shape for shape, own in zones if own == name])
                areas[name] += left.intersection(zone).area
                left = solid(left.difference(zone))
            areas["unlisted"] += left.area
            best = max(areas.values())
            assert route == next(name for name in ORDER if areas[name] == best)
            assert share == pytest.approx(best / polygon.area)


def joined(folder: Path, where: Sites, features: list[Any], values: Any) -> tuple[list[Any], list[float]]:
    """The column `x` of a layer in a file, joined to the sites."""
    frame = gpd.GeoDataFrame({"x": values}, geometry=features, crs="EPSG:28992")
    frame.to_parquet(folder / "zones.parquet")
    found = Study.model_validate(
        study().model_dump(by_alias=True, exclude_none=True)
        | {
            "layers": {"parcels": "p.gpkg", "zones": "zones.parquet"},
            "columns": {"c": {"layer": "zones", "column": "x"}},
        },
        context={"folder": folder},
    )
    bounds = tuple(float(value) for value in shapely.total_bounds(where.geometry))
    value, share = join(where, "c", found, Layers(found.layers, CRS(28992)), bounds)  # type: ignore[arg-type]
    return value.tolist(), share.tolist()


class TestColumns:
    def test_the_largest_overlap_summed_per_value(self, tmp_path: Path) -> None:
        parts = [strip(0, 30), strip(30, 70), strip(70, 95)]
        assert joined(tmp_path, sites(SITE), parts, ["a", "b", "a"]) == (["a"], [0.55])

    @pytest.mark.parametrize(
        ("values", "best"),
        [(["b", "a"], "a"), (["é", "z"], "z"), (["a", "B"], "B"), ([9, 10], 10), (["10", "9"], "10")],
    )
    def test_ties_go_by_code_point_order(self, tmp_path: Path, values: list[Any], best: Any) -> None:
        for order in (values, values[::-1]):
            assert joined(tmp_path, sites(SITE), [strip(0, 50), strip(50, 100)], order) == ([best], [0.5])

    def test_overlapping_features_of_one_value_both_count(self, tmp_path: Path) -> None:
        parts = [strip(0, 30), strip(0, 30), strip(50, 100)]
        assert joined(tmp_path, sites(SITE), parts, ["a", "a", "b"]) == (["a"], [0.6])

    def test_missing_values_do_not_compete(self, tmp_path: Path) -> None:
        assert joined(tmp_path, sites(SITE), [strip(0, 90), strip(90, 100)], [None, "x"]) == (["x"], [0.1])
        assert joined(tmp_path, sites(SITE), [strip(0, 90), strip(90, 100)], [float("nan"), 3.5]) == ([3.5], [0.1])

    def test_no_value_at_all(self, tmp_path: Path) -> None:
        rows = sites(SITE, shapely.box(0, 200, 10, 210))
        assert joined(tmp_path, rows, [strip(0, 100), strip(0, 100)], ["x", None]) == (["x", None], [1, 0])

    def test_overlaps_of_one_value_add_up_but_a_share_is_at_most_one(self, tmp_path: Path) -> None:
        assert joined(tmp_path, sites(SITE), [strip(0, 100), strip(0, 100)], ["x", "x"]) == (["x"], [1])

    def test_lines_and_points_do_not_count(self, tmp_path: Path) -> None:
        line = shapely.LineString([(0, 0), (100, 100)])
        assert joined(tmp_path, sites(SITE), [line, strip(0, 10)], ["line", "zone"]) == (["zone"], [0.1])


def test_the_result_starts_empty() -> None:
    none = Touching.none(2)
    none.marks[0].append("x")
    assert none.marks[1] == [] and none.unknown == [[], []]
    assert none.available_until.tolist() == [None, None] and np.isinf(none.cap).all()
    assert objects([1, 2]).tolist() == [1, 2] and len(shapes()) == 0
