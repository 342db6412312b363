"""Every example of the page on places loads, and its tables name what the code knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import flexsite
from flexsite.availability.context import CONTEXTS
from flexsite.errors import FlexsiteError
from flexsite.layers.plan_words import rulebook
from flexsite.study.models import Study
from flexsite.suitability.boundaries import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "places.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
FRAME: dict[str, Any] = {
    "flexsite": 1, "name": "Page", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10, "area": "area.gpkg",
    "candidates": {"grid": 100},
}  # fmt: skip


def written(folder: Path, example: str) -> Path:
    """A study with an example as it stands on the page: for plain YAML readers `on` is a truth value."""
    (folder / "study.yaml").write_text(yaml.safe_dump(FRAME, sort_keys=False) + example, encoding="utf-8")
    return folder / "study.yaml"


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_loads(number: int, tmp_path: Path) -> None:
    part = yaml.safe_load(EXAMPLES[number])
    assert set(part) <= set(Study.model_fields)
    loaded = flexsite.load(written(tmp_path, EXAMPLES[number]))
    assert len(loaded.rules) == len(part.get("rules", []))
    assert len(loaded.boundaries or []) == len(part.get("boundaries", []))


def test_there_are_examples_and_a_slip_in_one_would_be_found(tmp_path: Path) -> None:
    assert len(EXAMPLES) == 5
    path = written(tmp_path, EXAMPLES[0].replace("not_in", "notin"))
    with pytest.raises(FlexsiteError, match="not_in"):
        flexsite.load(path)


def test_the_tables_name_what_there_is() -> None:
    for word in (*CONTEXTS, *COLUMNS):
        assert f"`{word}`" in PAGE
    assert ", ".join(rulebook()["status"]["codes"]) in PAGE
    assert f"under {rulebook()['drawn']['point']['below']} m²" in PAGE
    assert f"under {rulebook()['drawn']['thin']['below']} home per" in PAGE
    assert rulebook()["projects"]["near"] == 1000
    assert "within a\nkilometre" in PAGE
