"""What the map says of owners and windows."""

from __future__ import annotations

from pathlib import Path

import pytest

from flexsite.outputs.map_data import map_data
from tests.acceptance.helpers import run_study, vector

from .worlds import row_of, world


def result(folder: Path, **keys: object) -> object:
    vector(folder / "plans.gpkg", row_of(2), jaar=[2050, 2040])
    vector(folder / "pre.gpkg", row_of(1))
    given = {
        "layers": {"plans": "plans.gpkg", "pre": "pre.gpkg"},
        "rules": [{"id": "plans", "exclude": "plans", "until": "jaar", "horizon": 1}],
        "owners": {"layer": "owned", "name": "naam", "right": "recht", "preemption": "pre"},
    }
    owned = {"naam": ["Gemeente Urk", "Jansen", None], "recht": ["Eigendom", "Erfpacht", None]}
    return run_study(world(folder, 3, row_of(3), owned, **given | keys))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", ["Gemeente", "Overig (particulier e.a.)", "Niet bekend"]),
        ("en", ["Municipality", "Other (private and such)", "Not known"]),
    ],
)
def test_classes_are_in_words_and_bridging_is_a_plus(tmp_path: Path, language: str, words: list[str]) -> None:
    found = result(tmp_path, language=language)
    data = map_data(found)
    assert data.sites["owner_class"].tolist() == words
    assert data.sites["bridging"].tolist() == [{"nl": "Ja", "en": "Yes"}[language], "", ""]
    assert found.sites["owner_class"].tolist() == ["municipality", "other", "unknown"]
    assert [one.name for one in data.columns] == ["owner_class"]
    assert [one.name for one in data.kind_columns] == ["right", "price_class", "moves", "bridging"]


def test_marks_have_names(tmp_path: Path) -> None:
    found = result(tmp_path, language="nl")
    data = map_data(found)
    names = {rule.id: rule.label["nl"] for rule in data.rules}
    given = {name for text in found.sites["marks"] for name in text.split(";") if name}
    assert given == {"preemption", "public_selection"} and given <= set(names)
    assert names["public_selection"] == "Openbare selectie (Didam)"


def test_a_study_without_owners_or_plans_says_nothing(tmp_path: Path) -> None:
    data = map_data(result(tmp_path, owners=None, rules=[]))
    assert data.columns == () and data.kind_columns == ()
