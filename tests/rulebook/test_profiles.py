"""The built-in target groups: complete, sourced, and with the signs that the groups ask for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from flexsite.errors import InputError
from flexsite.rulebook import profile_ids, profile_path, sources_path
from flexsite.study.inheriting import fill
from flexsite.study.profile import AnyOf, Profile
from flexsite.study.yaml_source import Document

NINE = {
    "starter", "student", "labour_migrant", "labour_migrant_shuttle", "statushouder", "economic_homeless", "tiny_house",
    "senior", "skaeve_huse",
}  # fmt: skip
MORE = {
    "urgent_seeker", "homeless_guided", "women_from_shelter", "medical_urgent", "social_urgent", "youth", "outflow",
    "caravan", "displaced_tenant", "care_cluster", "short_stay", "affected_parent", "statushouder_family",
    "labour_migrant_settling", "job_track",
}  # fmt: skip
ALL = NINE | MORE
MEASURES = {
    "stop_crow", "station_crow", "stop", "station", "supermarket", "primary_school", "doctor", "park", "jobs", "noise",
    "liveability", "dwellings",
}  # fmt: skip
CERTAINTIES = {"found", "norm", "background", "assumption"}
CROW = {"stop_crow": 500, "station_crow": 2000}
NEAR = {"stop", "station", "supermarket", "primary_school", "doctor", "park"}


@cache
def tree(profile_id: str) -> dict[str, Any]:
    """A profile with what it takes over from the one that it extends."""
    study: dict[str, Any] = {"profiles": [profile_id]}
    fill(study, Document(Path("study.yaml"), study, {}), written=True)
    loaded: dict[str, Any] = study["profiles"][0]
    return loaded


@cache
def profile(profile_id: str) -> Profile:
    return Profile.model_validate(tree(profile_id))


@cache
def sources() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(sources_path().read_text(encoding="utf-8"))
    return loaded


def numbers(
    node: Any, inherited: dict[str, Any], where: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield the place of every number with the basis, source and certainty that hold there."""
    if isinstance(node, dict):
        holds = inherited | {key: node[key] for key in ("basis", "source", "certainty") if key in node}
        for key, value in node.items():
            yield from numbers(value, holds, (*where, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from numbers(value, inherited, (*where, str(index)))
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield where, inherited


def sign(profile_id: str, criterion: str) -> int:
    wish = profile(profile_id).criteria[criterion]
    return 1 if wish.best > wish.worst else -1


def test_there_is_one_for_every_group_and_their_names_are_their_ids() -> None:
    assert set(profile_ids()) == ALL
    assert all(profile(name).id == name for name in ALL)


def test_a_variant_of_a_group_says_so() -> None:
    written = {name: yaml.safe_load(profile_path(name).read_text(encoding="utf-8")) for name in ALL}
    assert {name: one["extends"] for name, one in written.items() if "extends" in one} == {
        "labour_migrant_shuttle": "labour_migrant",
        "labour_migrant_settling": "labour_migrant",
        "statushouder_family": "statushouder",
        "job_track": "economic_homeless",
    }


def test_a_name_that_is_not_built_in_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match=r"no built-in profile 'starters'.*starter"):
        profile_path("starters")


@pytest.mark.parametrize("profile_id", sorted(ALL))
class TestEveryProfile:
    def test_loads_with_labels_in_both_languages_and_words_about_who_they_are(self, profile_id: str) -> None:
        loaded = profile(profile_id)
        assert loaded.name("nl") != loaded.name("en")
        assert loaded.about is not None
        assert any(source in loaded.about for source in sources())

    def test_uses_only_measures_that_every_study_can_define(self, profile_id: str) -> None:
        loaded = profile(profile_id)
        used = {test.measure for test in loaded.tests()} | {wish.measure for wish in loaded.criteria.values()}
        assert used <= MEASURES

    def test_gives_every_number_a_basis_and_a_certainty(self, profile_id: str) -> None:
        found = list(numbers(tree(profile_id), {}))
        assert len(found) > 10
        for where, holds in found:
            assert holds.get("basis"), where
            assert holds.get("certainty") in CERTAINTIES, where

    def test_cites_sources_of_the_catalogue_and_calls_nothing_found_without_one(self, profile_id: str) -> None:
        for where, holds in numbers(tree(profile_id), {}):
            assert holds.get("source", "dsh2020_pbl") in sources(), where
            assert holds["certainty"] == "assumption" or holds.get("source"), where

    def test_calls_only_a_published_straight_distance_a_norm(self, profile_id: str) -> None:
        for requirement in profile(profile_id).requires.values():
            tests = requirement.any if isinstance(requirement, AnyOf) else [requirement]
            crow = {test.measure: test.at_most for test in tests} == CROW
            assert (requirement.certainty == "norm") == crow
        assert all(wish.certainty != "norm" for wish in profile(profile_id).criteria.values())

    def test_scores_somebody_above_the_worst_at_its_own_requirement(self, profile_id: str) -> None:
        """A site that may just be had is never better than the best nor are all sites that may be had equal."""
        loaded = profile(profile_id)
        for name, requirement in loaded.requires.items():
            if isinstance(requirement, AnyOf) or name not in loaded.criteria:
                continue
            wish, bound = loaded.criteria[name], requirement.at_most or requirement.at_least
            assert bound is not None
            assert min(wish.best, wish.worst) <= bound <= max(wish.best, wish.worst)
            assert bound != wish.best

    def test_gives_weight_to_liveability_and_neighbours_only_where_they_are_the_groups_own_need(
        self, profile_id: str
    ) -> None:
        own_need = {(name, "dwellings") for name in ("skaeve_huse", "economic_homeless", "caravan", "displaced_tenant")}
        for name in ("liveability", "dwellings", "friction", "isolation"):
            wish = profile(profile_id).criteria.get(name)
            if wish is not None:
                assert (wish.weight > 0) == ((profile_id, name) in own_need)
                assert "policy choice" in str(wish.basis) or wish.weight > 0

    def test_asks_a_possible_home_of_a_possible_site(self, profile_id: str) -> None:
        loaded = profile(profile_id)
        assert loaded.unit.storeys is not None
        assert loaded.unit.floor_area is not None
        floor_space_index = loaded.unit.homes_per_ha * loaded.unit.floor_area / 10_000
        assert floor_space_index <= 0.5 * loaded.unit.storeys
        assert 0 < loaded.homes.min < (loaded.homes.max or 0)
        assert 5 <= loaded.term.min <= 15

    def test_says_who_lives_there_how_long_and_with_whom(self, profile_id: str) -> None:
        loaded = profile(profile_id)
        types = yaml.safe_load((sources_path().parent / "households.yaml").read_text(encoding="utf-8"))
        kinds = {path.stem for path in (sources_path().parent / "kinds").glob("*.yaml")}
        assert loaded.households is not None
        assert set(loaded.households.shares) <= set(types)
        assert all(share > 0 for share in loaded.households.shares.values())
        assert loaded.stay is not None
        assert 0 < loaded.stay.min < (loaded.stay.max or 0) <= 15
        assert loaded.mix is not None
        assert set(loaded.kinds or []) <= kinds

    def test_shows_what_neighbours_may_do_in_both_directions_and_weighs_neither(self, profile_id: str) -> None:
        wishes = profile(profile_id).criteria
        friction, isolation = wishes["friction"], wishes["isolation"]
        assert (friction.measure, friction.best, friction.worst, friction.weight) == ("dwellings", 100, 300, 0)
        assert (isolation.measure, isolation.weight) == ("dwellings", 0)
        away = profile_id in {"tiny_house", "skaeve_huse", "caravan"}
        assert (isolation.best, isolation.worst) == ((0, 10) if away else (10, 0))


def test_tiny_house_turns_the_sign_of_the_starters_distance_and_neighbours() -> None:
    assert sign("starter", "supermarket") == -1
    assert sign("tiny_house", "supermarket") == 1
    assert sign("starter", "dwellings") == 1
    assert sign("tiny_house", "dwellings") == -1
    assert sign("tiny_house", "park") == -1, "near the green"
    assert profile("tiny_house").requires == {}


def test_skaeve_huse_turns_the_sign_of_neighbours_but_stays_within_reach() -> None:
    assert sign("skaeve_huse", "dwellings") == -1
    assert sign("student", "dwellings") == 1
    assert sign("skaeve_huse", "stop") == -1, "supervisors must get there"
    assert profile("skaeve_huse").tests()[0].at_most == 50


def test_everybody_else_is_better_off_near() -> None:
    for name in ALL - {"tiny_house"}:
        loaded = profile(name)
        assert all(sign(name, wish) == -1 for wish in NEAR & set(loaded.criteria)), name
        assert sign(name, "noise") == -1


def test_a_shuttle_asks_less_of_the_same_homes() -> None:
    own, shuttle = profile("labour_migrant"), profile("labour_migrant_shuttle")
    assert set(shuttle.requires) < set(own.requires)
    assert set(own.requires) == {"pt", "supermarket", "jobs"}
    assert (shuttle.unit, shuttle.term) == (own.unit, own.term)
    for name in set(own.criteria) & set(shuttle.criteria):
        ours, theirs = own.criteria[name], shuttle.criteria[name]
        assert theirs.best == ours.best
        assert abs(theirs.best - theirs.worst) >= abs(ours.best - ours.worst)


def test_who_has_no_car_needs_public_transport_whatever_else_a_site_offers() -> None:
    without = {"tiny_house", "labour_migrant_shuttle", "skaeve_huse", "caravan"}
    assert {name for name in ALL if "pt" in profile(name).requires} == ALL - without


def test_seniors_live_nearest_to_amenities_and_stay_longest() -> None:
    def bound(name: str) -> float:
        requirement = profile(name).requires["supermarket"]
        assert not isinstance(requirement, AnyOf)
        assert requirement.at_most is not None
        return requirement.at_most

    with_shop = {name for name in ALL if "supermarket" in profile(name).requires}
    assert min(with_shop, key=bound) == "senior"
    assert max(ALL, key=lambda name: profile(name).term.min) == "senior"


def test_the_catalogue_holds_only_what_is_cited_and_says_what_it_supports() -> None:
    cited = "".join(path.read_text(encoding="utf-8") for path in Path(sources_path().parent).rglob("*.yaml"))
    for name, entry in sources().items():
        assert {"title", "publisher", "year", "supports"} <= set(entry), name
        assert cited.count(name) > 1, f"{name} is cited nowhere"
