"""The page on the rule library is true: its examples load, and what it names exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import flexsite
from flexsite.study.library import library
from flexsite.study.yaml_source import parse

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
WHOLE, CHANGED = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
ROWS, BUNDLES = library()


def test_the_study_loads_and_does_what_its_remarks_say(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(WHOLE, encoding="utf-8")
    study = flexsite.load(tmp_path / "study.yaml")
    assert {rule.id: rule.layer for rule in study.rules if rule.theme == "aviation"} == dict.fromkeys(
        ["lib1", "lib2", "lib3", "lib4", "lib5"], "schiphol"
    )
    assert [one.id for one in study.untested] == ["grid", "protected_landscape"]
    own = {rule.id: (rule.buffer, rule.hardness) for rule in study.rules}
    assert own["buildings"] == (3, "hard") and own["own"] == (500, "hard")


def test_the_changes_load(tmp_path: Path) -> None:
    tree: Any = parse(WHOLE, Path("rules.md")).data | parse(CHANGED, Path("rules.md")).data
    tree["layers"] |= {"airport": "a.gpkg", "contours": "c.gpkg"}
    (tmp_path / "study.yaml").write_text(str(tree).replace("None", "null"), encoding="utf-8")
    lib4, rail = flexsite.load(tmp_path / "study.yaml").rules
    assert lib4.match is not None and lib4.match["zone"].in_ == ["4", "4a"]
    assert rail.above is None and rail.when is not None


def test_every_rule_and_province_it_names_exists() -> None:
    named = set(re.findall(r"\bnl(?:-[a-z]{2})?/[a-z0-9_]+", PAGE))
    assert len(named) > 10 and named <= {*ROWS, *BUNDLES}


def test_it_explains_every_certainty_and_effect_of_the_library() -> None:
    for row in ROWS.values():
        assert re.search(rf"^\| {row.rule['certainty']} \|", PAGE, flags=re.MULTILINE), row.id
        assert re.search(rf"^\| [a-z, ]*\b{row.effect}\b", PAGE, flags=re.MULTILINE), row.id
