"""What docs/kinds.md promises: every example loads, every built-in kind stands there with its columns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import flexsite
from flexsite.rulebook import kind_ids
from flexsite.study.kinds import built_in_kind

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "kinds.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
LAYERS = {name: f"{name}.gpkg" for name in ("parcels", "buildings", "landscape", "quays")} | {"noise": "noise.tif"}


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_loads(number: int, tmp_path: Path) -> None:
    part = yaml.safe_load(EXAMPLES[number])
    study = {
        "flexsite": 1, "name": "Example", "crs": "EPSG:28992", "date": "2026-01-01", "term": 15, "area": "area.gpkg",
        "layers": LAYERS,
    }  # fmt: skip
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study | part, sort_keys=False), encoding="utf-8")
    loaded = flexsite.load(tmp_path / "study.yaml")
    assert loaded.candidates.kinds() == ["land", *(one["kind"] for one in part["candidates"]["also"])]
    assert {kind.id for kind in loaded.kinds or []} == set(loaded.candidates.kinds()) - {"land"}


def test_the_table_has_every_kind_with_what_it_needs() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", TEXT.split("## In a study")[0], flags=re.MULTILINE))
    assert set(rows) == set(kind_ids())
    for name in kind_ids():
        assert re.findall(r"`([a-z_]+)`", rows[name].split(" | ")[1]) == list(built_in_kind(name).needs)
