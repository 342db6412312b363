"""The page on owners: its examples load, its tables are those of the rulebook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import flexsite
from flexsite.errors import FlexsiteError
from flexsite.outputs.owners import OWNERS
from flexsite.outputs.windows import WINDOWS
from flexsite.rulebook import sources_path
from flexsite.study.owners import (
    OWNER_CLASSES,
    PatternFile,
    built_in_lead_times,
    default_payback,
    default_terms,
    lead_book,
    owner_book,
)
from flexsite.study.schema import study_schema
from tests.study.schemas import faults

from .worlds import row_of, world

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "owners.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_loads(number: int, tmp_path: Path) -> None:
    part: dict[str, Any] = yaml.safe_load(EXAMPLES[number])
    if "patterns" in part:
        assert len(PatternFile.model_validate(part).patterns) == 4
        return
    loaded = flexsite.load(world(tmp_path, 1, row_of(1), {"naam": ["Jansen"]}, **part))
    assert all(getattr(loaded, key) is not None for key in part)
    written = yaml.safe_load((tmp_path / "study.yaml").read_text(encoding="utf-8"))
    assert faults(written, study_schema(), study_schema()) == []


@pytest.mark.parametrize(
    "part", [{"lead_times": "de"}, {"lead_times": {"owner": {"landlord": 3}}}, {"terms": []}, {"payback": 0}]
)
def test_the_schema_refuses_what_the_models_refuse(part: dict[str, Any], tmp_path: Path) -> None:
    path = world(tmp_path, 1, row_of(1), {"naam": ["Jansen"]}, **part)
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert faults(written, study_schema(), study_schema())
    with pytest.raises(FlexsiteError):
        flexsite.load(path)


def test_the_table_of_classes_is_that_of_the_rulebook() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (\w+) \| (\d+) \|$", PAGE, flags=re.MULTILINE)
    months = built_in_lead_times()["owner"]
    assert rows == [(name, owner_book().classes[name].price, str(months[name])) for name in OWNER_CLASSES]


def test_the_months_by_route_are_those_of_the_rulebook() -> None:
    routes = built_in_lead_times()["route"]
    assert ", ".join(f"{name} {months}" for name, months in routes.items()) in PAGE.replace("\n", " ")


def test_it_names_every_column_of_the_tables() -> None:
    for name in {*OWNERS, *WINDOWS} - {"profile", "term", "owner_class"}:
        assert f"`{name}`" in PAGE


def test_defaults_are_those_of_the_rulebook() -> None:
    assert f"payback: {default_payback():g} " in PAGE
    assert f"terms: [{', '.join(f'{term:g}' for term in default_terms())}]" in PAGE


def test_every_number_has_a_reason_and_every_source_is_known() -> None:
    known = yaml.safe_load(sources_path().read_text(encoding="utf-8"))
    book = lead_book()
    entries = [entry for part in book["nl"].values() for entry in part.values()] + [book["payback"], book["terms"]]
    for entry in entries:
        assert entry["basis"] and entry["date"] and entry["certainty"] in {"found", "norm", "background", "assumption"}
        assert entry.get("source") is None or entry["source"] in known
    kinds = [*owner_book().classes.values(), owner_book().public_selection]
    assert all(kind.source is None or kind.source in known for kind in kinds)
    assert set(book["nl"]["owner"]) == set(OWNER_CLASSES)
