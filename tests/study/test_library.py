"""Rules that a study names by the library: bound by role, written out, changed, or untested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import flexsite
from flexsite.errors import InputError, InputErrors
from flexsite.study.loading import vary
from flexsite.study.models import Study
from flexsite.study.schema import study_schema
from flexsite.study.yaml_source import parse

from .schemas import faults

STUDY = """\
flexsite: 1
name: Library
crs: EPSG:28992
date: 2026-01-01
term: 15
province: nl-nh
area: area.gpkg
layers:
  natura2000: nature.gpkg
  schiphol: {path: lib.gpkg, role: lib}
  monuments: {path: buildings.gpkg, role: buildings}
  other: other.gpkg
candidates: {grid: 100}
rules:
  - nl/natura2000
"""


def load(folder: Path, rules: str = "", overrides: dict[str, Any] | None = None, **changes: str) -> Study:
    """The study with other rules, and with some texts replaced: old=new."""
    text = STUDY if not rules else STUDY[: STUDY.index("rules:")] + "rules:\n" + rules
    for key, value in changes.items():
        text = "\n".join(f"{key}: {value}" if line.startswith(f"{key}:") else line for line in text.splitlines())
    (folder / "study.yaml").write_text(text + "\n", encoding="utf-8")
    return flexsite.load(folder / "study.yaml", overrides)


def problem(folder: Path, rules: str, overrides: dict[str, Any] | None = None, **changes: str) -> str:
    with pytest.raises((InputError, InputErrors)) as raised:
        load(folder, rules, overrides, **changes)
    error = raised.value
    return "\n".join(map(str, error.errors)) if isinstance(error, InputErrors) else str(error)


class TestBinding:
    def test_a_name_becomes_the_whole_rule(self, tmp_path: Path) -> None:
        rule = load(tmp_path).rules[0]
        assert (rule.id, rule.effect, rule.layer, rule.hardness) == ("natura2000", "exclude", "natura2000", "very_hard")
        assert (rule.library, rule.theme, rule.source) == ("nl/natura2000", "nature", "rsopen_restrictions")
        assert rule.label == {"nl": "Natura 2000", "en": "Natura 2000"}

    def test_a_role_goes_before_the_name_of_a_layer(self, tmp_path: Path) -> None:
        study = load(tmp_path, "  - nl/lib4\n  - nl/buildings\n  - nl/monuments\n")
        assert {rule.id: rule.layer for rule in study.rules} == {"lib4": "schiphol", "buildings": "monuments"}
        assert [one.id for one in study.untested] == ["monuments"]  # that layer holds buildings, by its role

    def test_the_rule_says_which_layer(self, tmp_path: Path) -> None:
        study = load(tmp_path, "  - {use: nl/monuments, layer: other}\n")
        assert study.rules[0].layer == "other" and not study.untested

    def test_several_rules_under_one_name_keep_their_order_among_others(self, tmp_path: Path) -> None:
        own = "  - {id: built, exclude: other}\n  - nl/lib\n  - {id: last, mark: other}\n"
        study = load(tmp_path, own)
        assert [rule.id for rule in study.rules] == ["built", "lib1", "lib2", "lib3", "lib4", "lib5", "last"]
        assert [rule.effect for rule in study.rules] == [*["exclude"] * 5, "mark", "mark"]

    def test_changes_go_over_what_the_library_says(self, tmp_path: Path) -> None:
        study = load(tmp_path, "  - {use: nl/natura2000, id: dunes, class: soft, buffer: 50, basis: our own}\n")
        rule = study.rules[0]
        assert (rule.id, rule.hardness, rule.buffer, rule.basis) == ("dunes", "soft", 50, "our own")
        assert rule.library == "nl/natura2000"

    def test_null_takes_a_key_away(self, tmp_path: Path) -> None:
        change = "{use: nl/noise_rail, layer: other, above: null, match: {lden: {at_least: 65}}}"
        rule = load(tmp_path, f"  - {change}\n").rules[0]
        assert rule.above is None and rule.match is not None and rule.when is not None

    def test_a_key_that_is_taken_away_has_its_default(self, tmp_path: Path) -> None:
        assert load(tmp_path, "  - nl/buildings\n").rules[0].buffer == 5
        assert load(tmp_path, "  - {use: nl/buildings, buffer: null}\n").rules[0].buffer == 0

    def test_a_measure_goes_to_the_measures(self, tmp_path: Path) -> None:
        study = load(tmp_path, "  - {use: nl/nitrogen_distance, layer: natura2000}\n")
        measure = study.access.measures[0]
        assert (measure.id, measure.library, study.rules) == ("nitrogen_distance", "nl/nitrogen_distance", [])

    def test_a_class_that_differs_by_province(self, tmp_path: Path) -> None:
        use = "  - {use: nl/groundwater, layer: other}\n"
        assert load(tmp_path, use).rules[0].hardness == "soft"
        assert load(tmp_path, use, province="nl-ut").rules[0].hardness == "medium"
        assert load(tmp_path, use, {"province": "nl-ut"}).rules[0].hardness == "medium"

    def test_rules_of_another_province_are_left_out_and_named(self, tmp_path: Path) -> None:
        study = load(
            tmp_path, "  - {use: nl-ut/limes_buffer, layer: other}\n  - {use: nl-nh/rural_area, layer: other}\n"
        )
        assert [rule.id for rule in study.rules] == ["rural_area"]
        assert (study.elsewhere, study.untested) == (("nl-ut/limes_buffer",), ())


class TestMistakes:
    @pytest.mark.parametrize(
        ("rules", "told"),
        [
            (
                "  - {id: a, exclude: other}\n  - nl/natura200\n",
                ["study.yaml, line 16", "did you mean 'nl/natura2000'"],
            ),
            ("  - xx/yy\n", ["line 15", "`flexsite rules` lists"]),
            ("  - {use: 7}\n", ["no '7'"]),
            ("  - natura2000\n", ["a rule is a mapping", "nl/natura2000"]),
            ("  - nl/lib\n  - {use: nl/natura2000, bufer: 5}\n", ["line 16, rules.natura2000.bufer", "'buffer'"]),
            ("  - nl/grid\n  - {use: nl/monuments, bufer: 5}\n", ["line 16, rules.monuments", "'buffer'"]),
            ("  - {use: nl/natura2000, layer: nowhere}\n", ["rules.natura2000", "'nowhere' is not defined"]),
            (
                "  - {use: nl/natura2000, exclude: other}\n",
                ["line 15", "'exclude' cannot stand beside 'use'", "'layer'"],
            ),
            ("  - {use: nl/lib, id: airport}\n", ["5 rules", "nl/lib1, nl/lib2"]),
            ("  - nl/natura2000\n  - nl/natura2000\n", ["'natura2000' is used twice"]),
            ("  - nl/grid\n  - nl/grid\n", ["line 16, rules.grid", "'grid' is used twice"]),
            ("  - nl/grid\n  - {id: grid, mark: other}\n", ["'grid' is used twice"]),
        ],
    )
    def test_is_named_with_its_line_and_remedy(self, tmp_path: Path, rules: str, told: list[str]) -> None:
        said = problem(tmp_path, rules)
        assert all(text in said for text in told), said

    @pytest.mark.parametrize("name", ["nl-nh/protected_landscape", "nl/groundwater"])
    def test_a_province_that_is_needed_and_not_said(self, tmp_path: Path, name: str) -> None:
        said = problem(tmp_path, f"  - {name}\n", province="null")
        assert "the study names none" in said and "province: nl-" in said

    def test_a_province_that_is_none(self, tmp_path: Path) -> None:
        assert "did you mean 'nl-nh'" in problem(tmp_path, "", province="nl-nhh")

    def test_two_layers_with_one_role(self, tmp_path: Path) -> None:
        said = problem(tmp_path, "  - nl/lib4\n", **{"  other": "{path: b.gpkg, role: lib}"})
        assert "line 15: 2 layers have the role 'lib'" in said and "{use: nl/lib4, layer: schiphol}" in said

    def test_a_variant_cannot_move_to_another_province(self, tmp_path: Path) -> None:
        study = load(tmp_path)
        with pytest.raises(InputError, match="province of the study"):
            vary(study, {"province": "nl-ut"}, place="variants.utrecht")


class TestUntested:
    RULES = "  - nl/natura2000\n  - nl/grid\n  - nl/noise\n  - nl/nitrogen_distance\n"

    def test_a_rule_without_a_layer_is_no_rule_but_untested(self, tmp_path: Path) -> None:
        study = load(tmp_path, self.RULES)
        assert [rule.id for rule in study.rules] == ["natura2000"]
        found = {one.id: (one.effect, one.rule.hardness, one.role) for one in study.untested}
        assert found == {
            "grid": ("mark", "medium", "grid"),
            "noise_state_roads": ("exclude", "hard", "noise_state_roads"),
            "noise_municipal_roads": ("exclude", "hard", "noise_municipal_roads"),
            "noise_rail": ("exclude", "hard", "noise_rail"),
            "noise_industry": ("exclude", "hard", "noise_industry"),
            "nitrogen_distance": ("score", "soft", "nitrogen_sensitive"),
        }

    def test_its_effect_follows_term_and_strictness(self, tmp_path: Path) -> None:
        for changes in ({"term": 10}, {"strictness": "very_hard"}):
            study = load(tmp_path, self.RULES, changes)
            assert {one.effect for one in study.untested} == {"mark", "score"}

    def test_power_is_said_in_words_of_its_own(self, tmp_path: Path) -> None:
        labels = {one.id: one.label for one in load(tmp_path, self.RULES).untested}
        assert isinstance(labels["grid"], dict) and labels["grid"]["nl"] == "aansluitcapaciteit niet getoetst"
        own = load(tmp_path, "  - {use: nl/grid, label: Stroom}\n").untested[0]
        assert own.label == "Stroom"

    def test_a_variant_that_brings_the_layer_tests_it(self, tmp_path: Path) -> None:
        study = load(tmp_path, self.RULES)
        varied = vary(study, {"layers.grid": "grid.gpkg"}, place="variants.grid")
        assert [rule.id for rule in varied.rules] == ["natura2000", "grid"]
        assert "grid" not in {one.id for one in varied.untested}

    def test_a_change_to_it_holds_once_it_is_tested(self, tmp_path: Path) -> None:
        changes: dict[str, Any] = {"rules.grid.class": "soft"}
        assert load(tmp_path, self.RULES, changes).untested[0].rule.hardness == "soft"
        tested = load(tmp_path, self.RULES, {**changes, "layers.grid": "grid.gpkg"})
        assert {rule.id: rule.hardness for rule in tested.rules}["grid"] == "soft"


class TestResolved:
    def test_overrides_go_by_the_id_of_the_rule(self, tmp_path: Path) -> None:
        study = load(tmp_path, "", {"rules.natura2000.buffer": 100, "rules.natura2000.class": "soft"})
        assert (study.rules[0].buffer, study.rules[0].hardness) == (100, "soft")
        with pytest.raises(InputError, match="did you mean 'natura2000'"):
            load(tmp_path, "", {"rules.natura.buffer": 100})

    def test_the_resolved_study_is_the_same_study(self, tmp_path: Path) -> None:
        """What run.json holds can be run again: written out where tested, by name where not."""
        study = load(tmp_path, "  - nl/natura2000\n  - {use: nl/grid, class: soft}\n  - nl/lib\n")
        text = json.dumps(study.resolved(), indent=1)
        (tmp_path / "again.yaml").write_text(text, encoding="utf-8")
        again = flexsite.load(tmp_path / "again.yaml")
        assert again.rules == study.rules
        assert [(one.id, one.rule, one.effect) for one in again.untested] == [
            (one.id, one.rule, one.effect) for one in study.untested
        ]
        assert again.resolved() == study.resolved()

    def test_a_study_without_the_library_resolves_as_before(self, tmp_path: Path) -> None:
        study = load(tmp_path, "  - {id: built, exclude: other}\n")
        assert not {"library", "theme", "use"} & set(study.resolved()["rules"][0])
        assert study.untested == () and study.elsewhere == ()


@pytest.mark.parametrize(
    ("rule", "valid"),
    [
        ("nl/natura2000", True),
        ("nl-nh/rural_area", True),
        ("{use: nl/natura2000, layer: other, class: soft, buffer: 50}", True),
        ("{use: nl/noise_rail, layer: other, above: null}", True),
        ("{use: nl/natura2000, bufer: 50}", False),
        ("{use: nl/natura2000, exclude: other}", False),
        ("natura2000", False),
    ],
)
def test_the_schema_knows_rules_of_the_library(rule: str, valid: bool) -> None:
    tree = parse(STUDY[: STUDY.index("rules:")] + f"rules:\n  - {rule}\n", Path("study.yaml")).data
    schema = study_schema()
    assert (faults(tree, schema, schema) == []) is valid
