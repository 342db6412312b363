"""The built-in flexmilieus: named by us and said so, sourced, and what planners ask of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from flexsite.errors import InputError
from flexsite.rulebook import flexmilieu_ids, flexmilieu_path, profile_ids
from flexsite.study.inheriting import fill
from flexsite.study.profile import Profile
from flexsite.study.yaml_source import Document

from .test_profiles import CERTAINTIES, MEASURES, numbers, sources

SEVEN = {
    "flex_homes", "tiny_house_community", "magic_mix", "work_and_stay", "court_with_care", "stepping_stone",
    "family_court",
}  # fmt: skip


def written(name: str) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load(flexmilieu_path(name).read_text(encoding="utf-8"))
    return tree


@cache
def whole(name: str) -> Profile:
    study: dict[str, Any] = {"profiles": [name]}
    fill(study, Document(Path("study.yaml"), study, {}), written=True)
    return Profile.model_validate(study["profiles"][0])


def test_there_are_seven_that_share_no_name_with_a_group() -> None:
    assert set(flexmilieu_ids()) == SEVEN
    assert not SEVEN & set(profile_ids())
    with pytest.raises(InputError, match=r"no built-in flexmilieu 'flexhomes'.*flex_homes"):
        flexmilieu_path("flexhomes")


@pytest.mark.parametrize("name", sorted(SEVEN))
class TestEveryFlexmilieu:
    def test_says_that_its_name_is_ours_and_on_what_it_rests(self, name: str) -> None:
        tree = written(name)
        assert tree["id"] == name
        assert tree["label"]["nl"] != tree["label"]["en"] or name == "magic_mix"
        assert "named by us, not by PBL" in tree["about"]
        assert any(source in tree["about"] for source in sources())

    def test_gives_every_number_a_basis_and_a_certainty_and_cites_the_catalogue(self, name: str) -> None:
        for where, holds in numbers(written(name), {}):
            assert holds.get("basis"), where
            assert holds.get("certainty") in CERTAINTIES, where
            assert holds.get("source", "dsh2020_pbl") in sources(), where

    def test_is_an_ordinary_profile_of_built_in_groups_and_measures(self, name: str) -> None:
        found, tree = whole(name), written(name)
        assert found.groups is not None
        assert set(found.groups) <= set(profile_ids())
        assert sum(share for key, share in tree["groups"].items() if key in profile_ids()) == 100
        assert {one.measure for one in found.subjects()} <= MEASURES
        assert 0 < found.homes.min < (found.homes.max or 0)
        assert found.households is not None
        assert found.stay is not None
        assert found.unit.floor_area is not None
        assert found.unit.homes_per_ha * found.unit.floor_area / 10_000 <= 0.5 * (found.unit.storeys or 1)


def test_a_community_of_tiny_houses_shares_a_tenth_of_its_ground() -> None:
    found = whole("tiny_house_community")
    assert (found.homes.min, found.homes.max) == (5, 30)
    assert 10 <= found.unit.homes_per_ha <= 18
    assert found.term.min == 5
    packages = 1 / 1.13
    assert found.unit.net_share is not None
    assert found.unit.net_share <= packages - 0.1 + 1e-3
    assert found.requires == {}


def test_flex_homes_are_stacked_and_house_four_groups() -> None:
    found = whole("flex_homes")
    assert set(found.groups or {}) == {"starter", "urgent_seeker", "statushouder", "student"}
    assert found.unit.type == "stacked"
    assert 2 <= (found.unit.storeys or 0) <= 5
    assert set(found.requires) == {"pt", "supermarket"}, "all four ask the same"
