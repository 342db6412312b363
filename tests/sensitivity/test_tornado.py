"""The tornado: each assumption moved down and up, and what that does to the homes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

import flexsite
from flexsite.checking import check
from flexsite.errors import InputError, InputErrors
from flexsite.outputs.result import Result
from flexsite.sensitivity.moving import label_of, moves
from flexsite.study.models import Study
from tests.outputs.helpers import run, world

COLUMNS = [
    "profile", "key", "label", "low", "base", "high", "homes_low", "homes_base", "homes_high", "swing", "certainty",
]  # fmt: skip
GUESSED: dict[str, Any] = {
    "id": "tester",
    "requires": {
        "near": {"measure": "stop", "at_most": 400, "certainty": "assumption"},
        "either": {
            "certainty": "assumption",
            "any": [{"measure": "stop", "at_most": 1000}, {"column": "area_m2", "at_least": 7000, "certainty": "norm"}],
        },
        "owned": {"column": "owner", "in": ["Jansen"], "certainty": "assumption"},
    },
    "criteria": {"stop": {"measure": "stop", "best": 0, "worst": 500, "weight": 60, "certainty": "assumption"}},
    "unit": {"homes_per_ha": 40, "certainty": "assumption"},
    "homes": {"min": 5, "max": 30, "certainty": "assumption"},
    "term": {"min": 10, "certainty": "found"},
}


def study(folder: Path, tornado: dict[str, Any] | None = None, **keys: Any) -> Study:
    written = {"profiles": [GUESSED], "sensitivity": {"tornado": tornado or {}}} | keys
    return flexsite.load(world(folder, **written))


def rows(result: Result, *columns: str) -> list[list[Any]]:
    found: list[list[Any]] = result.tables["tornado"][list(columns)].to_numpy().tolist()
    return found


def test_by_hand(tmp_path: Path) -> None:
    """Two sites are Jansen's and near enough: K1 (1 ha, 50 m) and what is left of K2 (half a ha, 250 m)."""
    result = flexsite.run(study(tmp_path))
    assert list(result.tables["tornado"].columns) == COLUMNS
    start = "profiles.tester"
    assert rows(result, "key", "low", "base", "high", "homes_low", "homes_base", "homes_high", "swing") == [
        [f"{start}.homes.max", 24, 30, 36, 24 + 20, 50, 36 + 20, 12],
        [f"{start}.unit.homes_per_ha", 32, 40, 48, 30 + 16, 50, 30 + 24, 8],
        [f"{start}.homes.min", 4, 5, 6, 50, 50, 50, 0],
        [f"{start}.requires.either.any.0.at_most", 800, 1000, 1200, 50, 50, 50, 0],
        [f"{start}.requires.near.at_most", 320, 400, 480, 50, 50, 50, 0],
    ]
    assert {row[0] for row in rows(result, "certainty")} == {"assumption"}
    assert {row[0] for row in rows(result, "profile")} == {"tester"}


def test_only_what_is_marked_so_is_moved(tmp_path: Path) -> None:
    def keys(certainty: list[str]) -> set[str]:
        return {move.key.removeprefix("profiles.tester.") for move in moves(study(tmp_path, {"certainty": certainty}))}

    assert keys(["norm"]) == {"requires.either.any.1.at_least"}
    assert keys(["found", "norm"]) == {"requires.either.any.1.at_least", "term.min"}
    assert keys(["background"]) == set()


def test_criteria_are_left_out(tmp_path: Path) -> None:
    assert not [move for move in moves(study(tmp_path)) if "criteria" in move.key]


def test_keys_of_the_study_move_every_profile(tmp_path: Path, laid_out: list[Study]) -> None:
    other = {"id": "other", "unit": {"homes_per_ha": 10}}
    keys = ["term", {"key": "rules.reserve.buffer", "low": 0, "high": 20}, {"key": "lead_time", "low": 0, "high": 300}]
    result = flexsite.run(study(tmp_path, {"keys": keys, "certainty": ["none"]}, profiles=[other, GUESSED]))
    assert rows(result, "profile", "key", "low", "base", "high", "homes_low", "homes_base", "homes_high") == [
        # After 25 years the plans of 2050 are in the way of K3 too (0.7 ha); twenty metres take 0.2 ha more of K2.
        ["other", "lead_time", 0, 0, 300, 32, 32, 25],
        ["other", "rules.reserve.buffer", 0, 0, 20, 32, 32, 30],
        ["other", "term", 8, 10, 12, 32, 32, 32],
        ["tester", "rules.reserve.buffer", 0, 0, 20, 50, 50, 42],
        ["tester", "lead_time", 0, 0, 300, 50, 50, 50],
        ["tester", "term", 8, 10, 12, 50, 50, 50],
    ]
    assert len(laid_out) == 5  # as it is; term twice; buffer and lead_time once, for their low is what they are


def test_bounds_of_ones_own_go_before_the_step(tmp_path: Path) -> None:
    keys = [{"key": "profiles.tester.unit.homes_per_ha", "low": 10, "high": 100, "label": "Density"}]
    result = flexsite.run(study(tmp_path, {"keys": keys}))
    first = result.tables["tornado"].iloc[0]
    assert first[["label", "low", "high", "homes_low", "homes_high", "swing"]].tolist() == [
        "Density",
        10,
        100,
        15,
        60,
        45,
    ]
    assert (result.tables["tornado"]["key"] == "profiles.tester.unit.homes_per_ha").sum() == 1
    one_sided = [{"key": "profiles.tester.unit.homes_per_ha", "low": 10}]
    [found] = [move for move in moves(study(tmp_path, {"keys": one_sided})) if "per_ha" in move.key]
    assert (found.low, found.high) == (10, 48)


def test_whole_numbers_stay_whole_and_move_by_one_at_least(tmp_path: Path) -> None:
    profile = copy.deepcopy(GUESSED) | {"homes": {"min": 2, "max": 13, "certainty": "assumption"}}
    found = {move.key.rpartition(".")[2]: (move.low, move.high) for move in moves(study(tmp_path, profiles=[profile]))}
    assert found["min"] == (1, 3)
    assert found["max"] == (10, 16)
    assert all(isinstance(value, int) for name in ("min", "max") for value in found[name])


def test_bounds_do_not_cross(tmp_path: Path) -> None:
    near = {"near": {"measure": "stop", "at_least": 90, "at_most": 100, "certainty": "assumption"}}
    profile = copy.deepcopy(GUESSED) | {"requires": near, "homes": {"min": 28, "max": 30, "certainty": "assumption"}}
    made = study(tmp_path, profiles=[profile])
    found = {move.key.rpartition(".")[2]: (move.low, move.high) for move in moves(made)}
    assert (found["at_least"], found["at_most"]) == ((72, 100), (90, 120))
    assert (found["min"], found["max"]) == ((22, 30), (28, 36))
    flexsite.run(made)


def test_numbers_equal_variants_of_their_own(tmp_path: Path) -> None:
    start = "profiles.tester"
    keys = ["term", "candidates.min_area", f"{start}.unit.homes_per_ha", f"{start}.requires.near.at_most"]
    more = {"key": "rules.planned.buffer", "low": 0, "high": 30}
    made = study(tmp_path, {"keys": [*keys, more], "step": 0.5, "certainty": ["none"]})
    result = flexsite.run(made)
    assert len(result.tables["tornado"]) == 5
    for row in result.tables["tornado"].to_dict("records"):
        for end in ("low", "high") if row["low"] < row["base"] else ("high",):
            alone = run(made.path, **{"sensitivity": {}, row["key"]: row[end]}).suitability
            assert row[f"homes_{end}"] == alone.loc[alone["suitable"], "homes"].sum(), (row["key"], end)


def test_nothing_to_move(tmp_path: Path) -> None:
    plain = flexsite.run(flexsite.load(world(tmp_path, sensitivity={"tornado": {}})))
    assert list(plain.tables["tornado"].columns) == COLUMNS and not len(plain.tables["tornado"])
    assert "tornado" not in run(world(tmp_path)).tables


def test_a_public_study_gets_its_tornado_without_what_is_private(tmp_path: Path) -> None:
    path = world(tmp_path, {"layers.plans": {"path": "plans.fgb", "private": True}}, audience="public", columns={},
                 sensitivity={"tornado": {"keys": [{"key": "rules.planned.buffer", "low": 0, "high": 9}]}})  # fmt: skip
    with pytest.raises(InputError, match="which is private"):
        run(path)


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a key": ({"keys": ["trem"]}, ["did you mean 'term'"]),
    "an id": ({"keys": ["rules.reserv.buffer"]}, ["did you mean 'reserve'"]),
    "a text": ({"keys": ["name"]}, ["'name' is no number"]),
    "a part": ({"keys": ["candidates"]}, ["'candidates' is no number"]),
    "zero": ({"keys": ["lead_time"]}, ["'lead_time' is 0", "give 'low' and 'high'"]),
    "bounds beside the number": ({"keys": [{"key": "term", "low": 11, "high": 12}]}, ["is 10", "between"]),
    "a bound that is no value": ({"keys": [{"key": "term", "low": -5}]}, ["term", "-5"]),
    "half a month": ({"keys": [{"key": "lead_time", "low": 0, "high": 1.5}]}, ["lead_time", "integer", "1.5"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_tornado_stops_before_the_run_and_check_names_it(tmp_path: Path, name: str) -> None:
    tornado, words = WRONG[name]
    path = world(tmp_path, sensitivity={"tornado": tornado})
    told: list[str] = []
    with pytest.raises((InputError, InputErrors)) as caught:
        flexsite.run(flexsite.load(path), progress=told.append)
    assert told == []
    found, _ = check(path)
    assert len(found) == 1
    for text in (str(caught.value), str(found[0])):
        assert text.startswith("study.yaml, sensitivity.tornado"), text
        assert all(word in text for word in words), text


@pytest.mark.parametrize(
    ("key", "nl", "en"),
    [
        ("term", "Termijn (jaar)", "Term (years)"),
        ("rules.buildings.buffer", "Bebouwd (5 m): afstand (m)", "Built up (5 m): buffer (m)"),
        ("profiles.starter.unit.homes_per_ha", "Woningen per hectare", "Homes per hectare"),
        ("profiles.starter.requires.supermarket.at_most", "Supermarkt: hoogstens", "Supermarket: at most"),
        (
            "profiles.starter.requires.pt.any.1.at_most",
            "Treinstation (hemelsbreed): hoogstens", "Railway station (straight line): at most",
        ),
        ("access.margin", "access.margin", "access.margin"),
        ("rules.none.buffer", "rules.none.buffer", "rules.none.buffer"),
    ],
)  # fmt: skip
def test_labels(root: Path, key: str, nl: str, en: str) -> None:
    for language, words in (("nl", nl), ("en", en)):
        made = flexsite.load(root / "data" / "small" / "study.yaml", {"language": language})
        assert label_of(made, key) == words


def test_every_built_in_profile_can_be_moved(root: Path) -> None:
    made = flexsite.load(root / "data" / "small" / "study.yaml", {"sensitivity": {"tornado": {}}})
    found = moves(made)
    assert {move.profile for move in found} == {profile.id for profile in made.profiles}
    assert all(move.low < move.base < move.high and move.label != move.key for move in found)
