"""Profiles that extend others: what they take over, what they leave behind, and whose line a slip stands on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import flexsite
from flexsite.errors import InputError, InputErrors
from flexsite.outputs.record import input_files
from flexsite.rulebook import profile_path
from flexsite.study.profile import AnyOf, Profile, Test
from flexsite.study.schema import study_schema
from flexsite.study.yaml_source import parse

from .helpers import STUDY, load
from .helpers import problems as all_problems
from .schemas import faults

HEAD = STUDY[: STUDY.index("profiles:\n")]
TAIL = STUDY[STUDY.index("variants:\n") :]
BASE = """\
id: common
label: {nl: Basis, en: Base}
requires:
  shop:
    measure: stop
    at_most: 1000
    basis: a reason
    source: a book
    certainty: norm
  pt:
    any:
      - {measure: stop, at_most: 300}
      - {column: purpose, in: [wonen]}
criteria:
  near: {measure: stop, best: 100, worst: 900, weight: 40, basis: an argument, certainty: assumption}
unit: {homes_per_ha: 40, floor_area: 30, basis: built, certainty: found}
homes: {min: 5, max: 50}
households: {single: 0.7, couple: 0.3}
kinds: [land, building]
"""


def profile(folder: Path, change: str, base: str = BASE) -> Profile:
    """The profile that a file makes of a base beside it."""
    (folder / "base.yaml").write_text(base, encoding="utf-8")
    (folder / "mine.yaml").write_text("id: mine\nextends: base.yaml\n" + change, encoding="utf-8")
    return load(folder, f"{HEAD}profiles: [mine.yaml]\n{TAIL}").profiles[0]


def problems(folder: Path, text: str) -> str:
    return "; ".join(str(one) for one in all_problems(folder, text))


def bound(found: Profile, name: str) -> Test:
    requirement = found.requires[name]
    assert not isinstance(requirement, AnyOf)
    return requirement


def test_what_is_not_said_is_taken_over(tmp_path: Path) -> None:
    found = profile(tmp_path, "homes: {min: 8}\n")
    base = Profile.model_validate(yaml.safe_load(BASE))
    assert (found.requires, found.criteria, found.unit) == (base.requires, base.criteria, base.unit)
    assert (found.homes.min, found.homes.max) == (8, 50)
    assert found.extends is None


def test_another_id_goes_by_another_name(tmp_path: Path) -> None:
    assert profile(tmp_path, "").name("en") == "mine"
    assert profile(tmp_path, "label: Mine\n").name("en") == "Mine"


def test_a_number_that_changes_leaves_its_reasons_behind(tmp_path: Path) -> None:
    found = bound(profile(tmp_path, "requires: {shop: {at_most: 800}}\n"), "shop")
    assert (found.measure, found.at_most) == ("stop", 800)
    assert (found.basis, found.source, found.certainty) == (None, None, None)
    assert profile(tmp_path, "").certainties()[0] == "norm"
    same = bound(profile(tmp_path, "requires: {shop: {at_most: 1000}}\n"), "shop")
    assert same.certainty == "norm"
    own = bound(profile(tmp_path, "requires: {shop: {at_most: 800, certainty: verify}}\n"), "shop")
    assert (own.basis, own.certainty) == (None, "verify")


def test_null_takes_a_requirement_a_criterion_or_all_of_them_away(tmp_path: Path) -> None:
    assert list(profile(tmp_path, "requires: {pt: null}\n").requires) == ["shop"]
    assert profile(tmp_path, "requires: null\n").requires == {}
    assert profile(tmp_path, "criteria: {near: null}\n").criteria == {}
    assert profile(tmp_path, "kinds: null\n").kinds is None


def test_a_requirement_on_something_else_takes_the_place_of_the_old_one_whole(tmp_path: Path) -> None:
    found = bound(profile(tmp_path, "requires: {pt: {measure: stop, at_most: 600}}\n"), "pt")
    assert (found.measure, found.at_most) == ("stop", 600)
    other = bound(profile(tmp_path, "requires: {shop: {column: purpose, in: [a]}}\n"), "shop")
    assert (other.measure, other.at_most, other.certainty) == (None, None, None)


def test_shares_are_replaced_whole(tmp_path: Path) -> None:
    found = profile(tmp_path, "households: {single_young: 1.0}\n")
    assert found.households is not None
    assert found.households.shares == {"single_young": 1.0}


def test_a_home_of_a_type_takes_the_place_of_another_whole(tmp_path: Path) -> None:
    assert profile(tmp_path, "unit: {homes_per_ha: 20}\n").unit.floor_area == 30
    found = profile(tmp_path, "unit: {type: family}\n").unit
    assert (found.homes_per_ha, found.floor_area, found.rooms) == (40, 50, 3)


def test_a_built_in_profile_may_be_extended_in_the_study_itself(tmp_path: Path) -> None:
    text = "profiles:\n  - {id: near_work, extends: starter, requires: {pt: null}, criteria: {jobs: {weight: 90}}}\n"
    found = load(tmp_path, f"{HEAD}{text}  - starter\n{TAIL}").profiles
    assert list(found[0].requires) == ["supermarket"]
    assert found[0].criteria["jobs"].weight == 90
    assert found[1].criteria["jobs"].weight == 30, "the built-in one stays as it is"
    assert set(found[1].requires) == {"pt", "supermarket"}


def test_a_chain_of_variants_is_followed_and_each_names_files_from_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups" / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "groups" / "second.yaml").write_text("extends: base.yaml\nid: second\nhomes: {max: 40}\n", "utf-8")
    text = f"{HEAD}profiles:\n  - {{id: third, extends: groups/second.yaml, homes: {{min: 7}}}}\n{TAIL}"
    found = load(tmp_path, text).profiles[0]
    assert (found.id, found.homes.min, found.homes.max) == ("third", 7, 40)


WRONG: dict[str, tuple[str, list[str]]] = {
    "itself": ("extends: mine.yaml\n", ["extend each other: mine.yaml -> mine.yaml", "mine.yaml, line 2"]),
    "a profile that is not there": ("extends: startr\n", ["no built-in profile 'startr'", "'starter'", "line 2"]),
    "a file that is not there": ("extends: no.yaml\n", ["no profile file 'no.yaml'", "mine.yaml, line 2"]),
    "a list": ("extends: [starter]\n", ["id of a built-in profile or the path", "line 2"]),
    "what cannot be removed": ("extends: starter\nrequires:\n  shp: null\n", ["no 'requires.shp'", "line 4"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_extended(name: str, tmp_path: Path) -> None:
    text, words = WRONG[name]
    (tmp_path / "mine.yaml").write_text(f"id: mine\n{text}", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load(tmp_path, f"{HEAD}profiles: [mine.yaml]\n{TAIL}")
    assert all(word in str(raised.value) for word in words), raised.value


def test_a_circle_of_three_is_named_whole(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "b")):
        (tmp_path / f"{name}.yaml").write_text(f"id: {name}\nextends: {other}.yaml\n", encoding="utf-8")
    with pytest.raises(InputError, match=re.escape("b.yaml -> c.yaml -> b.yaml")):
        load(tmp_path, f"{HEAD}profiles: [a.yaml]\n{TAIL}")


def test_a_slip_stands_on_the_line_where_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE.replace("at_most: 1000", "at_most: far"), encoding="utf-8")
    (tmp_path / "mine.yaml").write_text("id: mine\nextends: base.yaml\nhomes: {min: -1}\n", encoding="utf-8")
    with pytest.raises(InputErrors) as raised:
        load(tmp_path, f"{HEAD}profiles: [mine.yaml]\n{TAIL}")
    text = str(raised.value)
    assert "base.yaml, line 6, profiles.mine.requires.shop.at_most" in text
    assert "mine.yaml, line 3, profiles.mine.homes.min" in text
    inline = "profiles:\n  - id: mine\n    extends: starter\n    criteria:\n      jobs: {weight: 101}\n"
    line = next(at for at, one in enumerate((HEAD + inline).splitlines(), start=1) if "101" in one)
    with pytest.raises(InputErrors, match=rf"study.yaml, line {line}, profiles.mine.criteria.jobs.weight"):
        load(tmp_path, HEAD + inline + TAIL)


def test_a_misspelt_key_of_a_variant_is_found(tmp_path: Path) -> None:
    with pytest.raises(InputErrors, match=r"mine.yaml, line 3.*'home'.*'homes'"):
        profile(tmp_path, "home: {min: 8}\n")


def test_values_of_the_whole_profile_can_be_changed_later_but_not_whom_it_extends(tmp_path: Path) -> None:
    text = f"{HEAD}profiles:\n  - {{id: mine, extends: starter}}\n{TAIL}"
    found = load(tmp_path, text, profiles__mine__requires__supermarket__at_most=800)
    assert bound(found.profiles[0], "supermarket").at_most == 800
    with pytest.raises(InputError, match=r"profiles.mine.extends.*\{id: ..., extends: mine"):
        load(tmp_path, text, profiles__mine__extends="senior")
    new = load(tmp_path, text, profiles__mine={"id": "mine", "extends": "senior"})
    assert "doctor" in new.profiles[0].requires


def test_a_study_as_resolved_means_the_same(tmp_path: Path) -> None:
    text = f"{HEAD}profiles:\n  - {{id: mine, extends: senior, function: living}}\n  - magic_mix\n{TAIL}"
    first = load(tmp_path, text)
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(first.resolved(), sort_keys=False), encoding="utf-8")
    assert flexsite.load(tmp_path / "again.yaml").profiles == first.profiles


def test_every_file_on_the_way_is_an_input_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text("id: mine\nextends: base.yaml\n", encoding="utf-8")
    (tmp_path / "both.yaml").write_text("id: both\ngroups: {mine: 50, starter: 50}\n", encoding="utf-8")
    found = {path.name for path in input_files(load(tmp_path, f"{HEAD}profiles: [both.yaml, senior]\n{TAIL}"))}
    assert {"study.yaml", "both.yaml", "mine.yaml", "base.yaml"} <= found
    assert "starter.yaml" not in found


@pytest.mark.parametrize(
    ("entry", "valid"),
    [
        ({"id": "a", "extends": "starter"}, True),
        ({"extends": "starter", "requires": {"pt": None}}, True),
        ({"id": "a", "groups": {"starter": 60, "student": 40}, "homes": {"min": 5}}, True),
        ("tiny_house_community", True),
        ({"id": "a", "requires": {}}, False),
        ({"id": "a", "extends": 1}, False),
        ({"id": "a", "extends": "starter", "require": {}}, False),
        ({"id": "a", "unit": {"homes_per_ha": 3}, "function": "care"}, False),
        ({"id": "a", "unit": {"homes_per_ha": 3}, "households": {"single": 0.5, "couple": 0.5}}, True),
        ({"id": "a", "unit": {"homes_per_ha": 3}, "households": {"single": 2}}, False),
    ],
)
def test_the_schema_knows_variants_and_flexmilieus(entry: Any, valid: bool) -> None:
    schema = study_schema()
    study = parse(STUDY, Path("study.yaml")).data | {"profiles": [entry]}
    assert (faults(study, schema, schema) == []) == valid


class TestWhatAProfileSaysOfItsGroup:
    UNIT = "profiles:\n  - id: mine\n    unit: {homes_per_ha: 40}\n"

    @pytest.mark.parametrize("function", ["shelter", "care", "recreation"])
    def test_case_17_shelter_care_and_recreation_are_no_flex_homes(self, function: str, tmp_path: Path) -> None:
        """BZK's definition of a flex home, seeds-supply case 17."""
        found = problems(tmp_path, f"{HEAD}{self.UNIT}    function: {function}\n{TAIL}")
        assert f"{function} is no flex home" in found
        assert "BZK" in found
        assert "'living'" in found
        assert load(tmp_path, f"{HEAD}{self.UNIT}    function: living\n{TAIL}").profiles[0].function == "living"

    @pytest.mark.parametrize(
        ("key", "words"),
        [
            ("households: {single: 0.5, couple: 0.4}", "households sum to 0.9"),
            ("households: {}", "sum to 0"),
            ("households: {single: 1.5}", "less than or equal to 1"),
            ("households: {Single: 1.0}", "'Single' is no valid name"),
            ("groups: {starter: 0.5, student: 0.6}\n    requires: {}\n    criteria: {}", "groups sum to 1.1"),
            ("stay: {min: 3, max: 1}", "'max' is below 'min'"),
            ("mix: {min: 0.5, max: 0.3}", "'max' is below 'min'"),
            ("mix: {min: 30}", "less than or equal to 1"),
            ("kinds: []", "at least 1 item"),
        ],
    )
    def test_what_cannot_be(self, key: str, words: str, tmp_path: Path) -> None:
        assert words in problems(tmp_path, f"{HEAD}{self.UNIT}    {key}\n{TAIL}")

    def test_shares_may_miss_one_by_a_millionth(self, tmp_path: Path) -> None:
        third = "households: {single: 0.333333, couple: 0.333333, couple_1: 0.333333}"
        assert load(tmp_path, f"{HEAD}{self.UNIT}    {third}\n{TAIL}").profiles[0].households is not None
        assert "sum to" in problems(tmp_path, f"{HEAD}{self.UNIT}    {third.replace('333333}', '333330}')}\n{TAIL}")


def test_the_shuttle_is_written_as_what_differs() -> None:
    text = profile_path("labour_migrant_shuttle").read_text(encoding="utf-8")
    assert "requires: null" in text
    assert "homes_per_ha" not in text
