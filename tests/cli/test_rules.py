"""`flexsite rules`: the library on the command line."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest

from flexsite.study.library import library

from .conftest import Said

ROWS, BUNDLES = library()
Command = Callable[..., Said]


def listed(said: Said) -> list[str]:
    """Ids of the rules in a list."""
    table = said.out.partition("\n\n")[0].splitlines()
    assert table[0].split() == ["id", "theme", "class", "effect", "role", "certainty"]
    return [line.split()[0] for line in table[1:]]


def test_all_rules_are_listed_once_with_what_stands_for_several(flexsite: Command) -> None:
    said = flexsite("rules")
    assert said.code == 0 and said.err == ""
    assert listed(said) == list(ROWS)
    assert all(f"  {name}: " in said.out for name in BUNDLES)
    row = next(line for line in said.out.splitlines() if line.startswith("nl/grid "))
    assert row.split() == ["nl/grid", "utilities", "medium", "mark", "grid", "found"]


def test_a_theme_and_a_province_narrow_the_list(flexsite: Command) -> None:
    water = listed(flexsite("rules", "--theme", "water"))
    assert water == [name for name, row in ROWS.items() if row.theme == "water"]
    utrecht = flexsite("rules", "--province", "nl-ut")
    assert {name.partition("/")[0] for name in listed(utrecht)} == {"nl", "nl-ut"}
    assert re.search(r"^nl/groundwater +water +medium +mark +drinking_water +verify$", utrecht.out, re.MULTILINE)


def test_one_rule_is_told_in_full_with_its_source(flexsite: Command) -> None:
    out = flexsite("rules", "nl/noise_rail").out
    for text in (
        "Noise of railways above 65 dB / Geluid van spoor boven 65 dB", "role: noise_rail: raster", "above: 65",
        "when: {term_above: 10}", "article 5.78, second paragraph", "rules: [nl/noise_rail]",
        "layers: {noise_rail: ...}",
    ):  # fmt: skip
        assert text in out
    assert "column zone: waterwingebied or grondwaterbeschermingsgebied" in flexsite("rules", "nl/groundwater").out
    assert "in nl-ut: {class: medium" in flexsite("rules", "nl/groundwater").out
    assert "only in: nl-nh" in flexsite("rules", "nl-nh/rural_area").out
    assert "(not read by us)" in flexsite("rules", "nl/noise_rail_standard").out


def test_a_name_for_several_lists_them(flexsite: Command) -> None:
    out = flexsite("rules", "nl/lib").out
    assert out.startswith("nl/lib: Schiphol (LIB 1 to 5)") and all(f"nl/lib{zone} " in out for zone in range(1, 6))


def test_the_permits_are_listed_with_their_weeks(flexsite: Command) -> None:
    lines = {line.split()[0]: line for line in flexsite("rules", "--routes").out.splitlines()}
    assert re.search(r" 13 +0 +6 +6 +until 2023-12-31 +found$", lines["kruimel"])
    assert re.search(r" 8 +6 +6 +6 +from 2024-01-01 +found$", lines["bopa_regular"])
    assert "years" in lines["plan_change"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nl/gird"], "did you mean 'nl/grid'"),
        (["what"], "`flexsite rules` lists"),
        (["--theme", "watr"], "did you mean 'water'"),
        (["--province", "utrecht"], "there is no province 'utrecht'"),
    ],
)
def test_a_slip_is_named(flexsite: Command, arguments: list[str], told: str) -> None:
    said = flexsite("rules", *arguments)
    assert said.code == 2 and told in said.err and said.out == ""


def test_a_terminal_gets_a_table(flexsite: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    out = flexsite("rules", "--theme", "water").out
    assert "┃" in out and "nl/well_field" in out
