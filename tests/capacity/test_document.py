"""The page on capacity: its examples load, its tables are those of the rulebook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import flexsite
from flexsite.capacity.counting import refuse_norms
from flexsite.capacity.norms import Rooms, meant_for, rooms_needed
from flexsite.rulebook import norm_ids
from flexsite.study.overrides import parse_assignment
from flexsite.study.units import Unit, unit_types

from .helpers import study

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "capacity.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_loads(number: int, tmp_path: Path) -> None:
    part = yaml.safe_load(EXAMPLES[number])
    if set(part) == {"unit"}:
        part = {"profiles": [{"id": "p"} | part]}
    whole: dict[str, Any] = study().resolved() | {"columns": {}, "access": {}}
    whole["layers"] |= {name: f"{name}.gpkg" for name in ("stations", "municipalities")}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(whole | part), encoding="utf-8")
    loaded = flexsite.load(tmp_path / "study.yaml")
    refuse_norms(loaded)
    written = yaml.safe_dump(loaded.resolved())
    for key in part:
        assert key in written


def test_the_home_of_a_built_in_profile_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(
        yaml.safe_dump(study().resolved() | {"profiles": ["starter"]}), encoding="utf-8"
    )
    key, value = parse_assignment("profiles.starter.unit={type: low_rise}")
    assert flexsite.load(tmp_path / "study.yaml", {key: value}).profiles[0].unit.homes_per_ha == 60


def rows(header: str) -> list[list[str]]:
    table = PAGE[PAGE.index(header) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_table_of_types_is_that_of_the_rulebook() -> None:
    seen = []
    for name, density, area, storeys, rooms, parking, _ in rows("| type |"):
        home = Unit.model_validate({"type": name.strip("`")})
        seen.append(home.type)
        by_storeys = dict.fromkeys([home.storeys], home.homes_per_ha)
        given = re.findall(r"([\d.]+) \((\d)", density)
        shown = {float(n): float(value) for value, n in given} if given else {home.storeys: float(density)}
        assert shown == (unit_types()[name.strip("`")].homes_per_ha.by_storeys or by_storeys)
        assert float(area.removesuffix(" m²")) == home.floor_area
        assert float(storeys) == home.storeys and float(parking) == home.parking
        assert float(rooms.split(",")[0]) == home.rooms
    assert seen == list(unit_types())


def test_the_table_of_norms_is_that_of_the_rulebook() -> None:
    found = rows("| `rooms:` |")
    assert len(found) == 3
    for name, alone, *cells, _ in found:
        norm = name.split("`")[1]
        ages = [22, 40] if "below" in alone else [40]
        for text, age in zip(alone.replace(" (below 23)", "").split(", "), ages, strict=True):
            least, _, most = text.partition("-")
            assert rooms_needed(norm, 1, 0, age) == Rooms(int(least), int(most or least))
        for text, (adults, children) in zip(cells, [(2, 0), (2, 1), (1, 2), (2, 3), (2, 4), (1, 5)], strict=True):
            least = int(text.split()[0])
            assert rooms_needed(norm, adults, children) == Rooms(least, None if "or more" in text else least)


def test_what_it_says_of_norms_and_python_is_so() -> None:
    assert {"almere2021", "almere2021_extended", "aedes", "haaglanden", "gooi2018"} == set(norm_ids())
    assert rooms_needed("almere2021", adults=2, children=3) == (4, 4)
    assert meant_for("haaglanden", floor_area=85, rooms=4, persons=2, children=0) == "refused"
