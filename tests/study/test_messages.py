"""Every mistake in a study: the line, the key and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

import flexsite

from .helpers import STUDY, line_of, load, problems

# name: what stands in the study, what is written instead, where the message must point, words it must hold
CASES: dict[str, tuple[str, str, str, list[str]]] = {
    "a key that is missing": ("name: Test\n", "", "flexsite: 1", ["name", "required", "add it"]),
    "an unknown key": ("term: 15", "term: 15\nstrictnes: hard", "strictnes", ["'strictnes'", "mean 'strictness'"]),
    "a key like no other": ("term: 15", "term: 15\nzzz: 1", "zzz", ["'zzz'", "known are: flexsite, name"]),
    "a later format": ("flexsite: 1", "flexsite: 2", "flexsite: 2", ["flexsite", "2", "1"]),
    "a choice": ("strictness: hard", "strictness: strong", "strong", ["'strong'", "very_hard"]),
    "a date": ("2026-01-01", "2026-02-30", "2026-02-30", ["no date", "2026-01-31"]),
    "a date as a year": ("2026-01-01", "2026", "date: 2026", ["no date", "2026-01-31"]),
    "a number in words": ("term: 15", "term: long", "term: long", ["number", "'long'"]),
    "a number between quotes": ("term: 15", "term: '15'", "term: '15'", ["number", "'15'"]),
    "infinity": ("term: 15", "term: .inf", "term: .inf", ["finite"]),
    "a fraction of a month": ("lead_time: 24", "lead_time: 1.5", "lead_time", ["integer", "1.5"]),
    "less than nothing": ("min_area: 100", "min_area: -1", "min_area", ["greater than or equal to 0", "-1"]),
    "an empty name": ("name: Test", 'name: ""', "name:", ["at least 1 character"]),
    "a list for a mapping": ("area: {path: area.gpkg}", "area: [area.gpkg]", "area:", ["area", "dictionary"]),
    "a layer without path": ("{path: plans.gpkg, columns", "{columns", "plans: {col", ["plans.path", "required"]),
    "layer and sql": (
        "{path: plans.gpkg,", "{path: plans.gpkg, layer: a, sql: SELECT 1,", "plans: {path", ["'sql'", "instead"],
    ),
    "a layer with a capital": ("  parcels: p", "  Parcels: p", "  Parcels", ["'Parcels'", "lower case letters"]),
    "no candidates": ("  layer: parcels\n", "", "candidates:", ["'layer' or 'grid'"]),
    "an id for a grid": ("  layer: parcels\n", "  grid: 100\n", "candidates:", ["'id'", "grid"]),
    "a rule without effect": ("    exclude: buildings\n", "", "- id: built", ["built", "effect", "exclude, keep"]),
    "a misspelt effect": ("    exclude: plans\n", "    exlude: plans\n", "plans_hard", ["'exlude'", "'exclude'"]),
    "two effects": ("    buffer: 5", "    keep: zoning\n    buffer: 5", "- id: built", ["one effect", "exclude, keep"]),
    "a rule that is a word": ("  - id: built\n", "  - built\n  - id: built\n", "- built", ["mapping", "{id: built"]),
    "a misspelt key of a rule": ("    buffer: 5", "    bufer: 5", "bufer", ["built.bufer", "mean 'buffer'"]),
    "a negative buffer": ("    buffer: 5", "    buffer: -5", "buffer: -5", ["built.buffer", "-5"]),
    "a layer that is none": ("exclude: buildings", "exclude: 7", "exclude: 7", ["built.exclude", "string", "7"]),
    "a layer that is not there": ("exclude: buildings", "exclude: bildings", "- id: built", ["mean 'buildings'"]),
    "a reserved id": ("- id: built", "- id: min_size", "min_size", ["reserved", "choose another"]),
    "an id twice": ("- id: plans_hard", "- id: built", "- id: built\n    exclude: plans", ["'built'", "twice"]),
    "two conditions": ("above: 60", "above: 60, below: 3", "loud", ["one of 'above', 'below'"]),
    "when without a condition": ("when: {term_above: 10}", "when: {}", "loud", ["term_above", "term_at_most"]),
    "a route listed twice": ("check: [gemengd]", "check: [wonen]", "- id: plan\n", ["check and as allowed"]),
    "another route rule": (
        "  - {id: scenic,", "  - {id: again, route: zoning, column: use}\n  - {id: scenic,", "again", ["one route"],
    ),
    "a cap of minus one": ("homes: 25", "homes: -1", "scenic", ["scenic", "homes"]),
    "a column named as an output": ("  purpose: {", "  route: {", "  route: {", ["'route'", "reserved"]),
    "a column of a measure": ("  purpose: {", "  stop_m: {", "- id: stop\n", ["'stop_m'", "twice", "output column"]),
    "a column's layer": ("{layer: zoning, c", "{layer: zones, c", "purpose:", ["'zones'", "known are: parcels"]),
    "a barrier": ("[buildings]", "[water]", "barriers:", ["'water'", "known are: parcels"]),
    "a measure without kind": ("      to: stops\n", "", "- id: stop\n", ["stop", "no kind", "to, count"]),
    "two kinds of measure": ("      within", "      to: stops\n      within", "- id: stops_800", ["one kind"]),
    "a measure without within": ("      within: 800\n", "", "- id: stops_800", ["stops_800.within", "required"]),
    "within 0": ("within: 800", "within: 0", "within: 0", ["stops_800.within", "greater than 0"]),
    "depart when walking": (
        "      to: stops\n", '      to: stops\n      depart: ["07:00", "09:00"]\n', "- id: stop\n", ["transit"],
    ),
    "a hole in max_snap": ("max_snap: 100", "max_snap: .nan", "max_snap", ["finite"]),
    "a requirement without bound": ("        at_most: 500\n", "", "near:", ["near", "'at_most' and/or 'at_least'"]),
    "a requirement on nothing": ("        measure: stop\n", "", "near:", ["any"]),
    "bounds that cross": ("at_most: 500", "at_most: 500\n        at_least: 600", "near:", ["exchange"]),
    "a slip within any": ("            at_most: 100", "            at_mst: 100", "at_mst", ["at_mst", "'at_most'"]),
    "a bound within any": ("            at_most: 100", "            at_most: x", "at_most: x", ["at_most", "number"]),
    "a column within any": ("column: purpose", "column: purpos", "- id: tester", ["'purpos'", "mean 'purpose'"]),
    "best and worst": ("worst: 2000", "worst: 100", "close:", ["close", "'best' equals 'worst'"]),
    "a weight with a fraction": ("weight: 60", "weight: 60.5", "weight: 60.5", ["close.weight", "60.5"]),
    "a weight above 100": ("weight: 60", "weight: 101", "weight: 101", ["less than or equal to 100", "101"]),
    "no unit": ("    unit:\n      homes_per_ha: 40\n", "", "- id: tester", ["tester.unit", "required"]),
    "homes the wrong way round": ("{min: 5, max: 50}", "{min: 5, max: 4}", "homes: {", ["'max' is below 'min'"]),
    "an output": ("[parquet]", "[parqet]", "outputs:", ["'parqet'", "mean 'parquet'"]),
    "a variant with the name of the base": ("  short: {", "  base: {", "  base: {", ["'base'", "reserved"]),
}  # fmt: skip


def test_the_study_without_a_mistake_loads(tmp_path: Path) -> None:
    study = load(tmp_path)
    assert [rule.id for rule in study.rules] == ["built", "plans_hard", "loud", "plan", "scenic"]
    assert study.layers["parcels"].path == tmp_path / "parcels.gpkg"


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_named_with_its_line_and_remedy(tmp_path: Path, name: str) -> None:
    old, new, at, words = CASES[name]
    assert STUDY.count(old) >= 1
    text = STUDY.replace(old, new, 1)
    found = problems(tmp_path, text)
    line = line_of(text, at)
    named = [error for error in found if error.where.startswith(f"study.yaml, line {line}")]
    assert any(all(word in str(error) for word in words) for error in named), "\n".join(map(str, found))
    for error in found:
        assert error.remedy or any(word in error.what for word in (" should ", " need", " one ", "equals", "cannot")), (
            f"no way out: {error}"
        )
        assert "pydantic" not in str(error) and "Traceback" not in str(error)


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    text = STUDY.replace("term: 15", "term: x").replace("buffer: 5", "buffer: -5").replace("weight: 60", "weight: 6.5")
    assert {error.where.rpartition(", ")[2] for error in problems(tmp_path, text)} == {
        "term", "rules.built.buffer", "profiles.tester.criteria.close.weight",
    }  # fmt: skip


def test_a_mistake_in_a_profile_file_is_found_there(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("id: mine\nunit:\n  homes_per_ha: 40\n  floor_aera: 28\n", encoding="utf-8")
    start = STUDY.index("profiles:")
    text = STUDY[:start] + "profiles: [starter, mine.yaml]\n" + STUDY[STUDY.index("variants:") :]
    (error,) = problems(tmp_path, text)
    assert error.where == "mine.yaml, line 4, profiles.mine.unit.floor_aera"
    assert error.remedy == "did you mean 'floor_area'?"


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ("[startr]", ["startr", "mean 'starter'"]),
        ("[mine.yaml]", ["mine.yaml", "folder of the study"]),
        ("[list.yaml]", ["list.yaml", "mapping", "id: starter"]),
    ],
)
def test_profiles_that_are_not_there(tmp_path: Path, listed: str, words: list[str]) -> None:
    (tmp_path / "list.yaml").write_text("- a\n", encoding="utf-8")
    start = STUDY.index("profiles:")
    (error,) = problems(tmp_path, STUDY[:start] + f"profiles: {listed}\n")
    assert all(word in str(error) for word in words), str(error)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "12\n"])
def test_a_study_is_a_mapping(tmp_path: Path, text: str) -> None:
    (error,) = problems(tmp_path, text)
    assert "mapping" in error.what and "flexsite: 1" in error.what


PUBLIC = STUDY.replace("strictness: hard", "audience: public").replace(
    "{layer: zoning, c", "{layer: zoning, private: true, c"
)


def test_a_public_study_does_not_score_on_what_is_private(tmp_path: Path) -> None:
    text = PUBLIC.replace("        measure: stop\n        best", "        column: purpose\n        best")
    (error,) = problems(tmp_path, text)
    assert error.where.startswith(f"study.yaml, line {line_of(text, 'close:')}, profiles.tester.criteria.close")
    assert "'purpose'" in error.what and "internal" in error.remedy
    assert load(tmp_path, text.replace("audience: public", "audience: internal")).withheld_columns() == []
    text = PUBLIC.replace("  stops: stops.gpkg", "  stops: {path: stops.gpkg, private: true}")
    (error,) = problems(tmp_path, text)
    assert "'stop'" in error.what


def test_a_public_study_says_what_it_withholds(tmp_path: Path) -> None:
    text = PUBLIC.replace("  noise: noise.tif", "  noise: {path: noise.tif, private: true}")
    study = load(tmp_path, text)
    assert study.withheld_columns() == ["purpose"]
    assert [measure.id for measure in study.withheld_measures()] == ["loudness"]


def test_the_defaults_are_those_of_the_design(tmp_path: Path) -> None:
    few = "flexsite: 1\nname: x\ncrs: EPSG:28992\ndate: 2026-01-01\nterm: 10\narea: a.gpkg\ncandidates: {grid: 100}\n"
    study = load(tmp_path, few + "layers: {a: a.gpkg}\nrules: [{id: r, exclude: a}]\n")
    rule = study.rules[0]
    assert (study.language, study.lead_time, study.strictness, study.audience) == ("en", 0, "hard", "internal")
    assert (study.candidates.kind, study.candidates.min_area, study.candidates.min_width) == ("land", 0, 0)
    assert (rule.buffer, rule.hardness, rule.outside_coverage) == (0, "hard", "unknown")
    assert (rule.touch.share, rule.touch.area) == (0.01, 50)
    assert (study.access.max_snap, study.access.entrance_spacing, study.access.margin) == (100, 50, 5000)
    assert (study.access.barriers, study.access.measures, study.access.streets) == ([], [], None)
    assert study.outputs == ["parquet", "gpkg", "map"]
    assert (study.columns, study.profiles, study.variants) == ({}, [], {})


def test_the_public_face() -> None:
    assert all(getattr(flexsite, name) is not None for name in flexsite.__all__)
    with pytest.raises(AttributeError, match="no attribute 'walk'"):
        flexsite.walk  # noqa: B018
