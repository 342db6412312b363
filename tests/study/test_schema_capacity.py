"""Homes and norms of capacity in the JSON Schema: what the models take and refuse, it does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from flexsite.study.schema import study_schema

from .schemas import faults

PAGE = Path(__file__).resolve().parents[2] / "docs" / "capacity.md"
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
STUDY: dict[str, Any] = {
    "flexsite": 1, "name": "x", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10, "area": "a.gpkg",
    "layers": {"parcels": "p.gpkg"}, "candidates": {"layer": "parcels"},
}  # fmt: skip


def wrong(part: dict[str, Any]) -> list[str]:
    schema = study_schema()
    part = {"profiles": [{"id": "p"} | part]} if set(part) == {"unit"} else part
    return faults(STUDY | part, schema, schema)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_are_valid(text: str) -> None:
    assert wrong(yaml.safe_load(text)) == []


@pytest.mark.parametrize(
    "part",
    [
        {"unit": {"floor_area": 30}},
        {"unit": {"type": "stacked", "shared_by": 1}},
        {"unit": {"type": 3}},
        {"capacity": {"rooms": 5}},
        {"capacity": {"parking": "nl", "regulated": 3}},
        {"capacity": {"parkeren": "nl"}},
        {"capacity": {"mix_above": -1}},
    ],
)
def test_what_the_models_refuse_is_not_valid(part: dict[str, Any]) -> None:
    assert wrong(part)
