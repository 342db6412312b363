"""The JSON Schema, the templates and the examples agree with the models."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from flexsite.errors import InputError, InputErrors
from flexsite.study.schema import study_schema
from flexsite.study.templates import template_names, template_text
from flexsite.study.yaml_source import parse

from .helpers import STUDY, load, problems
from .schemas import faults
from .test_messages import CASES

ROOT = Path(__file__).resolve().parents[2]
STUDIES = sorted(
    path
    for folder in ("docs", "data", "flexsite", "maps", "benchmarks", "notebooks")
    for path in (ROOT / folder).rglob("*.yaml")
    if re.search(r"^flexsite: 1", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
)
DOCUMENTED = re.findall(
    r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "study.md").read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return study_schema()


def invalid(text: str, schema: dict[str, Any]) -> list[str]:
    return faults(parse(text, Path("study.yaml")).data, schema, schema)


def test_there_are_examples() -> None:
    assert len(STUDIES) >= 3
    assert any("flexsite: 1" in text for text in DOCUMENTED)


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_study_here_is_valid(path: Path, schema: dict[str, Any]) -> None:
    text = path.read_text(encoding="utf-8")
    assert invalid(text, schema) == []


@pytest.mark.parametrize("number", range(len(DOCUMENTED)))
def test_every_example_of_the_document_is_valid(number: int, schema: dict[str, Any]) -> None:
    part = parse(DOCUMENTED[number], Path("study.md")).data
    if "flexsite" in part:
        assert faults(part, schema, schema) == []
    elif "unit" in part:
        assert faults(part, schema["$defs"]["Profile"], schema) == []
    else:
        whole = parse(STUDY, Path("study.yaml")).data
        assert faults(whole | part, schema, schema) == []


def test_the_study_of_these_tests_is_valid(schema: dict[str, Any]) -> None:
    assert invalid(STUDY, schema) == []
    assert invalid(STUDY.replace("parcels: parcels.gpkg", "parcels: {path: parcels.gpkg}"), schema) == []
    assert invalid(STUDY.replace("in: [wonen]", "in: [1, 2.5, wonen]"), schema) == []


SEMANTIC = {
    # What a schema cannot see: it knows no other key than the one it looks at, and no calendar.
    "a date", "infinity", "a hole in max_snap", "layer and sql", "no candidates", "an id for a grid",
    "a layer that is not there", "a reserved id", "an id twice", "two conditions", "when without a condition",
    "a route listed twice", "another route rule", "a column named as an output", "a column of a measure",
    "a column's layer", "a barrier", "depart when walking", "a requirement without bound", "a requirement on nothing",
    "bounds that cross", "a column within any", "best and worst", "homes the wrong way round",
    "a variant with the name of the base",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_editor_sees_what_the_models_refuse(name: str, schema: dict[str, Any]) -> None:
    old, new, _, _ = CASES[name]
    found = invalid(STUDY.replace(old, new, 1), schema)
    assert bool(found) == (name not in SEMANTIC), found


def test_the_schema_names_the_keys_as_they_are_written(schema: dict[str, Any]) -> None:
    assert {"class", "outside_coverage"} <= set(schema["$defs"]["ExcludeRule"]["properties"])
    assert "hardness" not in schema["$defs"]["ExcludeRule"]["properties"]
    assert "in" in schema["$defs"]["Test"]["properties"]
    assert "check" in schema["$defs"]["RouteRule"]["properties"]
    assert schema["required"] == ["flexsite", "name", "crs", "date", "term", "area", "candidates"]


@pytest.mark.parametrize("name", template_names())
def test_templates_load_and_are_valid(name: str, tmp_path: Path, schema: dict[str, Any]) -> None:
    text = template_text(name)
    study = load(tmp_path, text)
    assert study.profiles and study.rules
    assert invalid(text, schema) == []
    assert all(re.search("#", line) or len(line) < 130 for line in text.splitlines())


def test_a_template_that_is_not_there() -> None:
    with pytest.raises(InputError, match="did you mean 'study'"):
        template_text("studdy")
    for hostile in ("../study", "study.yaml", "", "/etc/passwd"):
        with pytest.raises(InputError):
            template_text(hostile)


def test_the_validator_finds_what_is_wrong() -> None:
    """The check itself must be able to fail."""
    schema = {"type": "object", "properties": {"a": {"oneOf": [{"type": "integer"}, {"type": "number"}]}}}
    assert faults({"a": 1.5}, schema, schema) == []
    assert faults({"a": 1}, schema, schema) and faults({"a": "x"}, schema, schema) and faults([], schema, schema)
    with pytest.raises(NotImplementedError):
        faults(1, {"multipleOf": 2}, {})


def test_problems_of_a_study_and_its_schema_meet(tmp_path: Path) -> None:
    """An unknown key anywhere is refused by both."""
    for old in ("    buffer: 5", "      homes_per_ha: 40", "  max_snap: 100", "        worst: 2000", "  id: code"):
        spaces = old[: len(old) - len(old.lstrip())]
        text = STUDY.replace(old, f"{old}\n{spaces}zzz: 1", 1)
        assert invalid(text, study_schema()), old
        assert any("zzz" in str(error) for error in problems(tmp_path, text)), old


def test_overrides_are_validated_too(tmp_path: Path) -> None:
    with pytest.raises(InputErrors):
        load(tmp_path, term="x")


def test_the_examples_of_kinds_of_sites_are_valid(schema: dict[str, Any]) -> None:
    text = (ROOT / "docs" / "kinds.md").read_text(encoding="utf-8")
    whole = parse(next(text for text in DOCUMENTED if "flexsite: 1" in text), Path("study.yaml")).data
    examples = [
        parse(one, Path("study.yaml")).data
        for one in re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]
    assert len(examples) == 4
    assert [faults(whole | one, schema, schema) for one in examples] == [[]] * 4
    kind = examples[-1]["kinds"][0]
    assert faults(whole | {"kinds": [kind | {"exemt": []}]}, schema, schema) != []
