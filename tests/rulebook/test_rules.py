"""The rule library: complete, sourced, on PBL's ladder, and every row a rule that a study can use."""

from __future__ import annotations

import datetime
import re
from datetime import date
from typing import Any

import pytest

from flexsite.rulebook import rule_files
from flexsite.study.access import NearestMeasure
from flexsite.study.base import RESERVED
from flexsite.study.library import PROVINCES, SCORE, Row, library, sources
from flexsite.study.permits import Permit, permits, permits_on
from flexsite.study.rule import EFFECTS, CapRule, ExcludeRule, MarkRule, RouteRule, RuleBase
from flexsite.study.yaml_source import read

ROWS, BUNDLES = library()
CERTAINTIES = {"found", "norm", "background", "assumption", "verify"}
KEYS = {
    "id", "label", "effect", "class", "role", "holds", "columns", "by_province", "untested", "measure", "basis",
    "source", "date", "certainty", "note", "match", "buffer", "above", "below", "values", "when", "until", "horizon",
    "homes", "column", "allowed", "check", "deviation", "forbidden", "otherwise", "touch", "outside_coverage",
}  # fmt: skip

LADDER = {
    "very_hard": """natura2000 coastal_foundation military explosives pipeline_corridor lib1 lib2 lib3 lib4 risk_contour
        monuments protected_view_state airport_hard nl-nh/kaagbaan""",
    "hard": """river_bed unesco nature_network well_field nl-nh/ijmuiden nl-ut/limes_buffer nl-ut/provincial_roads
        nl-zh/recreation_areas""",
    "medium": """river_reservation lib5 protected_view_other airport_medium regional_defence nl-ut/green_contour
        nl-ut/water_storage""",
    "soft": "airport_soft geese quiet_area groundwater meadow_birds geological nl-ut/strategic_groundwater",
}
"""What PBL's configuration of September 2023 has on each step for housing, copied by hand from the research."""


def rule(row: Row, province: str | None = None) -> RuleBase:
    return EFFECTS[row.effect].model_validate(row.written_out("layer", province, {}))


def rules_of(bundle: str) -> dict[str, RuleBase]:
    return {name.removeprefix("nl/"): rule(ROWS[name]) for name in BUNDLES[bundle].rows}


def test_the_library_has_the_rules_of_the_research() -> None:
    assert len(ROWS) > 80
    assert {scope for scope, _, _ in rule_files()} == {"nl", "nl-nh", "nl-ut", "nl-zh"}
    assert {row.theme for row in ROWS.values()} == {
        "nature", "water", "aviation", "safety", "noise", "landscape", "heritage", "plans", "use", "zoning",
        "soil_and_air", "utilities",
    }  # fmt: skip


def test_no_row_says_what_nobody_reads() -> None:
    for _, _, path in rule_files():
        for entry in read(path).data:
            if "rules" in entry:
                assert set(entry) == {"id", "label", "rules"}, entry["id"]
            else:
                assert set(entry) <= KEYS, entry["id"]


@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_a_rule_with_labels_a_role_a_basis_and_a_source(name: str) -> None:
    row = ROWS[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", row.rule_id) and row.rule_id not in RESERVED
    assert re.fullmatch(r"[a-z][a-z0-9_]*", row.role) and row.holds
    assert all(isinstance(meaning, str) and meaning for meaning in row.columns.values())
    for label in filter(None, [row.rule["label"], row.untested]):
        assert set(label) == {"nl", "en"} and all(label.values()) and not isinstance(label, str)
    for province in (None, *PROVINCES):
        told = row.in_province(province)
        assert told["certainty"] in CERTAINTIES
        assert told["basis"] and told["source"] in sources()
        assert date.fromisoformat(told["date"]) <= date(2026, 12, 31)
        if row.effect == SCORE:
            measure = NearestMeasure.model_validate(row.written_out("layer", province, {}))
            assert (measure.to, measure.id, measure.library) == ("layer", row.rule_id, name)
        else:
            made = rule(row, province)
            assert (made.layer, made.id, made.library, made.theme) == ("layer", row.rule_id, name, row.theme)
            assert set(made.match or {}) <= {*row.columns, "programme", "drawn"}
    assert set(row.by_province) <= set(PROVINCES)
    assert row.province is None or name.startswith(f"{row.province}/")


def test_ids_are_told_apart_in_every_province() -> None:
    for province in PROVINCES:
        ids = [row.rule_id for row in ROWS.values() if row.province in {None, province}]
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("bundle", BUNDLES)
def test_a_name_for_several_rules_names_rules_of_its_own_theme(bundle: str) -> None:
    assert len(BUNDLES[bundle].rows) > 1 and bundle not in ROWS
    assert {ROWS[name].theme for name in BUNDLES[bundle].rows} == {BUNDLES[bundle].theme}


@pytest.mark.parametrize(("step", "name"), [(step, name) for step, names in LADDER.items() for name in names.split()])
def test_rules_stand_on_the_step_of_pbls_ladder(step: str, name: str) -> None:
    row = ROWS[name if "/" in name else f"nl/{name}"]
    assert rule(row).hardness == step
    assert row.effect == ("mark" if step == "soft" or name == "lib5" else "exclude")


def test_schiphol_bars_four_zones_and_weighs_in_the_fifth() -> None:
    found = rules_of("nl/lib")
    assert [type(found[f"lib{zone}"]) for zone in range(1, 6)] == [ExcludeRule] * 4 + [MarkRule]
    matches = [found[f"lib{zone}"].match or {} for zone in range(1, 6)]
    assert [match["zone"].in_ for match in matches] == [[f"LIB{zone}"] for zone in range(1, 6)]


LIMITS = {"noise_state_roads": 60, "noise_municipal_roads": 70, "noise_rail": 65, "noise_industry": 55}
STANDARDS = {"noise_state_roads": 50, "noise_municipal_roads": 53, "noise_rail": 55, "noise_industry": 50}


@pytest.mark.parametrize("source", LIMITS)
@pytest.mark.parametrize(("term", "acts"), [(9.5, False), (10, False), (10.5, True), (15, True)])
def test_limits_of_noise_do_not_bind_homes_for_at_most_ten_years(source: str, term: float, acts: bool) -> None:
    """Article 5.78, second paragraph, of the Bkl."""
    limit = rules_of("nl/noise")[source]
    assert limit.above == LIMITS[source] and limit.certainty == "found"
    assert limit.acts("hard", term) is acts
    assert rules_of("nl/noise_standards")[f"{source}_standard"].above == STANDARDS[source]


def test_odour_switches_with_the_term_but_is_to_be_verified() -> None:
    odour = rule(ROWS["nl/odour"])
    assert odour.certainty == "verify" and odour.when is not None and not odour.when.holds(10)


def test_the_environment_plan_forbids_nothing_and_knows_all_main_groups() -> None:
    zoning = rule(ROWS["nl/zoning"])
    assert isinstance(zoning, RouteRule)
    listed = zoning.listed()
    assert listed["forbidden"] == [] and zoning.otherwise == "unlisted"
    assert listed["allowed"] == ["wonen", "woongebied"] and listed["check"] == ["gemengd", "centrum", "maatschappelijk"]
    assert sum(map(len, listed.values())) == 23


def test_housing_plans_by_status_take_or_mark_and_flex_never_takes() -> None:
    found = rules_of("nl/plans")
    kinds = {name: (type(one), one.hardness) for name, one in found.items()}
    assert kinds == {
        "plans_hard": (ExcludeRule, "hard"), "plans_in_procedure": (ExcludeRule, "medium"),
        "plans_soft": (MarkRule, "soft"), "plans_unclear": (MarkRule, "medium"), "known_projects": (MarkRule, "soft"),
    }  # fmt: skip
    assert {name for name, one in found.items() if getattr(one, "until", None) == "start_year"} == set(found) - {
        "known_projects"
    }


def test_protected_landscape_in_noord_holland_is_a_cap_and_not_certain() -> None:
    landscape = rule(ROWS["nl-nh/protected_landscape"])
    assert isinstance(landscape, CapRule) and (landscape.homes, landscape.certainty) == (25, "verify")


def test_groundwater_is_harder_in_utrecht() -> None:
    row = ROWS["nl/groundwater"]
    assert [rule(row, province).hardness for province in (None, "nl-nh", "nl-ut")] == ["soft", "soft", "medium"]


class TestPermits:
    def test_every_permit_cites_what_stands_in_the_catalogue(self) -> None:
        for permit in permits():
            assert permit.source in sources() and permit.appeal_source in sources(), permit.id
            assert permit.certainty in CERTAINTIES and permit.basis and set(permit.label) == {"nl", "en"}

    def of(self, day: str, route: str) -> list[tuple[str, int | None, int | None]]:
        known = permits_on(date.fromisoformat(day))
        return [(permit.id, permit.weeks, permit.extension) for permit in known if route in permit.routes]

    def test_deviating_took_thirteen_weeks_until_the_end_of_2023_and_eight_after(self) -> None:
        assert self.of("2023-12-31", "deviation") == [("kruimel", 13, 0), ("zoning_plan", None, None)]
        assert self.of("2024-01-01", "deviation") == [
            ("bopa_regular", 8, 6), ("bopa_extended", 26, 6), ("plan_change", None, None),
        ]  # fmt: skip

    @pytest.mark.parametrize("route", ["allowed", "check", "deviation", "unlisted", "unknown"])
    def test_there_is_a_way_on_every_route_and_day(self, route: str) -> None:
        day = date(2015, 1, 1)
        while day < date(2035, 1, 1):
            assert any(route in permit.routes for permit in permits_on(day)), (route, day)
            day += datetime.timedelta(days=97)

    def test_the_kruimel_procedure_was_for_fifteen_years_at_most(self) -> None:
        found: dict[str, Any] = {permit.id: permit.most_years for permit in permits()}
        assert found["kruimel"] == 15 and found["bopa_regular"] is None

    def test_a_permit_on_a_route_that_does_not_exist_is_refused(self) -> None:
        entry = permits()[0].model_dump() | {"routes": ["shortcut"]}
        with pytest.raises(ValueError, match="shortcut"):
            Permit.model_validate(entry)
