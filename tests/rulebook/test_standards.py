"""The built-in standards of public transport: complete, sourced, and with the numbers that are published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from flexsite.access.levels.standard import load_standard
from flexsite.errors import InputError
from flexsite.rulebook import sources_path, standard_ids, standard_path

FOUR = {"pbl-crow", "nh-knooppunt", "rail-minutes", "ptal"}
CERTAINTIES = {"found", "norm", "background", "assumption"}


def tree(standard_id: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(standard_path(standard_id).read_text(encoding="utf-8"))
    return loaded


def numbers(node: Any, inherited: dict[str, Any], where: tuple[str, ...] = ()) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Every number and time of day, with the basis, source and certainty that hold there."""
    if isinstance(node, dict):
        holds = inherited | {key: node[key] for key in ("basis", "source", "certainty") if key in node}
        for key, value in node.items():
            yield from numbers(value, holds, (*where, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from numbers(value, inherited, (*where, str(index)))
    elif (isinstance(node, int | float) and not isinstance(node, bool)) or where[-1] in ("from", "to"):
        yield where, inherited


def test_there_are_four_and_their_names_are_their_ids() -> None:
    assert set(standard_ids()) == FOUR
    assert all(load_standard(name).id == name for name in FOUR)


def test_a_name_that_is_not_built_in_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match=r"no built-in standard 'pbl'.*pbl-crow"):
        load_standard("pbl")


@pytest.mark.parametrize("standard_id", sorted(FOUR))
class TestEveryStandard:
    def test_has_labels_in_both_languages_and_says_what_it_is_with_its_source(self, standard_id: str) -> None:
        loaded = load_standard(standard_id)
        assert isinstance(loaded.label, dict)
        assert set(loaded.label) == {"nl", "en"}
        assert loaded.source in yaml.safe_load(sources_path().read_text(encoding="utf-8"))
        assert loaded.source in loaded.about

    def test_gives_every_number_a_basis_and_a_certainty_and_calls_nothing_found_without_source(
        self, standard_id: str
    ) -> None:
        sources = yaml.safe_load(sources_path().read_text(encoding="utf-8"))
        parts = {key: part for key, part in tree(standard_id).items() if isinstance(part, dict | list)}
        found = list(numbers(parts, {}))
        assert len(found) > 6
        for where, holds in found:
            assert holds.get("basis"), where
            assert holds.get("certainty") in CERTAINTIES, where
            assert holds["certainty"] == "assumption" or holds.get("source") in sources, where


def test_a_radius_that_is_published_as_the_crow_flies_is_no_norm_along_streets() -> None:
    for name in ("pbl-crow", "nh-knooppunt"):
        for reach in load_standard(name).reach:
            assert reach.certainty == ("norm" if reach.minutes else "assumption")


def test_pbl_crow_has_the_published_distances_and_classes() -> None:
    standard = load_standard("pbl-crow")
    assert {kind: standard.metres(reach) for reach in standard.reach for kind in reach.kinds} == {
        "bus": 500, "tram": 500, "metro": 1000, "rail": 2000, "intercity": 3000,
    }  # fmt: skip
    assert [(level.id, level.per_hour) for level in standard.levels] == [("4", 4), ("2", 2), ("1", 1), ("0", None)]


def test_ptal_has_the_published_bands() -> None:
    standard = load_standard("ptal")
    assert [(level.id, level.above) for level in standard.levels] == [
        ("6b", 40), ("6a", 25), ("5", 20), ("4", 15), ("3", 10), ("2", 5), ("1b", 2.5), ("1a", 0), ("0", None),
    ]  # fmt: skip
    assert standard.seconds() == (8 * 3600 + 900, 9 * 3600 + 900)
    assert {kind: standard.metres(reach) / 80 for reach in standard.reach for kind in reach.kinds} == {
        "bus": 8, "rail": 12, "metro": 12, "tram": 12,
    }  # fmt: skip


def test_minutes_become_metres_at_the_speed_of_the_standard() -> None:
    assert [load_standard("nh-knooppunt").metres(reach) for reach in load_standard("nh-knooppunt").reach] == [
        1200,
        2500,
    ]
    assert [load_standard("rail-minutes").metres(reach) for reach in load_standard("rail-minutes").reach] == [3600]
