"""docs/groups.md: its tables are those of the rulebook, and its examples load."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import flexsite
from flexsite.rulebook import flexmilieu_ids, profile_ids, profile_path
from flexsite.study.inheriting import fill
from flexsite.study.profile import AnyOf, Profile
from flexsite.study.yaml_source import Document

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "groups.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
WHOLE = re.findall(
    r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "study.md").read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
)[0]


def loaded(name: str) -> Profile:
    study: dict[str, Any] = {"profiles": [name]}
    fill(study, Document(Path("study.yaml"), study, {}), written=True)
    return Profile.model_validate(study["profiles"][0])


def span(low: float, high: float | None) -> str:
    return f"{low:g} to {high:g}" if high is not None else f"{low:g} and more"


def asked(profile: Profile) -> str:
    """Requirements in short: of distances the bound, of several ways out the id alone."""
    parts = []
    for name, one in profile.requires.items():
        if isinstance(one, AnyOf):
            parts.append(name)
        elif one.at_most is not None:
            parts.append(f"{one.measure} ≤ {one.at_most:,g}")
        else:
            parts.append(f"{one.measure} ≥ {one.at_least:,g}")
    return "; ".join(parts) or "nothing"


def common(profile: Profile) -> str:
    unit = profile.unit
    kinds = "all" if profile.kinds is None else ", ".join(profile.kinds)
    assert profile.stay is not None
    return (
        f"{unit.homes_per_ha:g} of {unit.floor_area:g} m² | {span(profile.homes.min, profile.homes.max)} | "
        f"{profile.term.min:g} | {span(profile.stay.min, profile.stay.max)} | {kinds}"
    )


def row_of_group(name: str) -> str:
    profile = loaded(name)
    written = yaml.safe_load(profile_path(name).read_text(encoding="utf-8"))
    base = f" (extends `{written['extends']}`)" if "extends" in written else ""
    return f"| `{name}`{base} | {profile.name('en')} | {asked(profile)} | {common(profile)} |"


def row_of_milieu(name: str) -> str:
    profile = loaded(name)
    assert profile.groups is not None
    groups = ", ".join(f"{group} {round(100 * share)} %" for group, share in profile.groups.items())
    return f"| `{name}` | {profile.name('en')} | {groups} | {common(profile)} |"


@pytest.mark.parametrize("name", profile_ids())
def test_every_group_stands_in_the_table_as_it_is(name: str) -> None:
    assert row_of_group(name) in TEXT.splitlines()


@pytest.mark.parametrize("name", flexmilieu_ids())
def test_every_flexmilieu_stands_in_the_table_as_it_is(name: str) -> None:
    assert row_of_milieu(name) in TEXT.splitlines()


def test_the_tables_hold_nothing_else() -> None:
    rows = {line.split("`")[1] for line in TEXT.splitlines() if line.startswith("| `") and line.count("|") > 7}
    assert rows == {*profile_ids(), *flexmilieu_ids()}


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_loads(number: int, tmp_path: Path) -> None:
    part = yaml.safe_load(EXAMPLES[number])
    study = yaml.safe_load(WHOLE) | {"variants": {}, "columns": {"municipality": {"layer": "towns", "column": "naam"}}}
    study["layers"]["towns"] = "towns.gpkg"
    if "profiles" in part:
        study |= part
    else:
        (tmp_path / "mine.yaml").write_text(EXAMPLES[number], encoding="utf-8")
        study["profiles"] = ["mine.yaml"]
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups" / "neighbours.yaml").write_text("id: neighbours\nextends: starter\n", encoding="utf-8")
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    found = flexsite.load(tmp_path / "study.yaml").profiles
    assert len(found) == (len(part["profiles"]) if "profiles" in part else 1)
    assert "profiles" in part or found[0].id == part["id"]
