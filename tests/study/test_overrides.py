"""Changing single values: `--set` and variants."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexsite.errors import InputError, InputErrors
from flexsite.study.loading import vary
from flexsite.study.overrides import apply, parse_assignment

from .helpers import STUDY, load

TREE: dict[str, Any] = {
    "name": "x",
    "term": 15,
    "layers": {"a": "a.gpkg", "b": {"path": "b.gpkg", "where": "x = 1"}},
    "rules": [{"id": "one", "exclude": "a", "buffer": 5}, {"id": "two", "mark": "b"}],
    "profiles": [{"id": "p", "requires": {"near": {"any": [{"at_most": 1}, {"at_most": 2}]}}}],
    "outputs": ["parquet", "map"],
}


def changed(**changes: Any) -> dict[str, Any]:
    return apply(TREE, {key.replace("__", "."): value for key, value in changes.items()}, place="--set")


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("term=10", "term", 10),
        ("term= 10 ", "term", 10),
        (" term =10", "term", 10),
        ("a.b=no", "a.b", "no"),
        ("a=", "a", None),
        ("a=null", "a", None),
        ("a='12'", "a", "12"),
        ("a=[1, x]", "a", [1, "x"]),
        ("a={b: 2}", "a", {"b": 2}),
        ("rules.r.where=status = '3'", "rules.r.where", "status = '3'"),
        ("rules.r.where=x IN (1, 2) AND y >= 3", "rules.r.where", "x IN (1, 2) AND y >= 3"),
        ("date=2026-01-01", "date", "2026-01-01"),
    ],
)
def test_an_assignment_is_a_key_and_a_yaml_value(text: str, key: str, value: Any) -> None:
    assert parse_assignment(text) == (key, value)


@pytest.mark.parametrize("text", ["term", "=3", "", "term: 10", " =1"])
def test_what_is_no_assignment(text: str) -> None:
    with pytest.raises(InputError, match="key=value"):
        parse_assignment(text)


def test_a_value_that_is_no_yaml() -> None:
    with pytest.raises(InputError, match="--set"):
        parse_assignment("a=[1,")


def test_items_of_lists_go_by_their_id() -> None:
    assert changed(rules__two__class="soft")["rules"][1] == {"id": "two", "mark": "b", "class": "soft"}
    assert changed(rules__one={"id": "other"})["rules"][0] == {"id": "other"}
    assert [rule["id"] for rule in changed(rules__one=None)["rules"]] == ["two"]


def test_items_without_id_go_by_their_place() -> None:
    near = changed(profiles__p__requires__near__any__1__at_most=9)["profiles"][0]["requires"]["near"]
    assert near == {"any": [{"at_most": 1}, {"at_most": 9}]}
    assert changed(outputs__0="gpkg")["outputs"] == ["gpkg", "map"]


def test_a_key_left_out_can_be_set() -> None:
    assert changed(lead_time=6)["lead_time"] == 6
    assert changed(access__max_snap=50)["access"] == {"max_snap": 50}
    assert changed(candidates__id="code")["candidates"] == {"id": "code"}


def test_a_layer_given_by_its_path_alone() -> None:
    assert changed(layers__a__where="y = 2")["layers"]["a"] == {"path": "a.gpkg", "where": "y = 2"}
    assert changed(layers__a__path="c.gpkg")["layers"]["a"] == {"path": "c.gpkg"}
    assert changed(layers__a="c.gpkg")["layers"]["a"] == "c.gpkg"
    assert changed(layers__c="c.gpkg")["layers"]["c"] == "c.gpkg"


def test_null_removes() -> None:
    assert "buffer" not in changed(rules__one__buffer=None)["rules"][0]
    assert "where" not in changed(layers__b__where=None)["layers"]["b"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("rules.tow.class", ["rules.tow", "mean 'two'"]),
        ("rules.tow", ["rules.tow", "mean 'two'"]),
        ("layers.bb.where", ["layers.bb", "mean 'b'"]),
        ("profiles.p.requires.naer.at_most", ["requires.naer", "mean 'near'"]),
        ("profiles.q.term.min", ["profiles.q", "known are: p"]),
        ("profiles.p.requires.near.any.2.at_most", ["any.2", "known are: 0, 1"]),
        ("term.x", ["term", "single value"]),
        ("term.x.y", ["term", "single value"]),
        ("rules.one.buffer.x", ["buffer", "single value"]),
        ("outputs.9", ["outputs.9", "known are: 0, 1"]),
    ],
)
def test_a_key_that_leads_nowhere_is_refused_with_the_nearest(key: str, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        apply(TREE, {key: 1}, place="study.yaml, variants.v")
    assert str(caught.value).startswith("study.yaml, variants.v: ")
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_what_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(InputError, match="'trem' to remove; did you mean 'term'"):
        changed(trem=None)
    with pytest.raises(InputError, match=r"near' to remove|'profiles.p.requires.naer' to remove"):
        changed(profiles__p__requires__naer=None)


keys = st.sampled_from(
    ["name", "term", "layers.b.where", "layers.a.where", "rules.one.buffer", "rules.two.class", "access.max_snap"]
)


@given(st.dictionaries(keys, st.integers() | st.text(max_size=3), max_size=4))
def test_the_tree_itself_stays_as_it_is_and_order_does_not_matter(changes: dict[str, Any]) -> None:
    before = copy.deepcopy(TREE)
    forth = apply(TREE, changes, place="")
    back = apply(TREE, dict(reversed(changes.items())), place="")
    assert before == TREE
    assert forth == back
    assert apply(forth, changes, place="") == forth


def test_a_value_is_copied() -> None:
    value = {"id": "one", "list": [1]}
    tree = apply(TREE, {"rules.one": value, "rules.two": value}, place="")
    tree["rules"][0]["list"].append(2)
    assert value["list"] == [1] and tree["rules"][1]["list"] == [1]


class TestOnAStudy:
    def test_the_changed_study_is_checked_again(self, tmp_path: Path) -> None:
        assert load(tmp_path, rules__built__buffer=12).rules[0].buffer == 12
        assert load(tmp_path, profiles__tester__requires__near__at_most=9).profiles[0].tests()[0].at_most == 9
        with pytest.raises(InputErrors, match=r"built\.buffer"):
            load(tmp_path, rules__built__buffer="wide")
        with pytest.raises(InputErrors, match="did you mean 'strictness'"):
            load(tmp_path, strictnes="hard")
        with pytest.raises(InputErrors, match="not defined under 'layers'"):
            load(tmp_path, rules__built__exclude="nothing")

    def test_built_in_profiles_can_be_changed_key_by_key(self, tmp_path: Path) -> None:
        start = STUDY.index("profiles:")
        text = STUDY[:start] + "profiles: [starter]\n"
        study = load(tmp_path, text, profiles__starter__unit__homes_per_ha=12.5)
        assert study.profiles[0].unit.homes_per_ha == 12.5
        assert study.profiles[0].requires == load(tmp_path, text).profiles[0].requires

    def test_a_variant_is_the_study_with_its_changes_and_no_variants(self, tmp_path: Path) -> None:
        study = load(tmp_path)
        varied = vary(study, study.variants["short"], place="study.yaml, variants.short")
        assert (varied.term, varied.variants, varied.path) == (5, {}, study.path)
        alone = load(tmp_path, STUDY.replace("term: 15", "term: 5").replace("variants:\n  short: {term: 5}\n", ""))
        assert varied.resolved() == alone.resolved()
        assert study.term == 15

    def test_a_wrong_variant_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"variants.v: there is no 'rules.bilt'"):
            vary(load(tmp_path), {"rules.bilt.buffer": 3}, place="study.yaml, variants.v")

    def test_the_resolved_study_can_be_run_again(self, tmp_path: Path) -> None:
        """`run.json` holds the study; written out as YAML it loads and means the same."""
        import yaml

        study = load(tmp_path)
        again = load(tmp_path, yaml.safe_dump(study.resolved(), sort_keys=False))
        assert again.resolved() == study.resolved()
        assert again.layers["parcels"].path.resolve() == study.layers["parcels"].path.resolve()
