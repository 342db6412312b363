"""The small world of tests/outputs with all that a report can tell of: groups, owners, variants, sensitivity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.outputs.helpers import PROFILE, box, layer, world

TESTER: dict[str, Any] = PROFILE | {
    "label": {"nl": "Tester", "en": "Tester"},
    "requires": {
        "near": {"measure": "stop", "at_most": 400, "basis": "a walk", "source": "crow2019_ov", "certainty": "norm"}
    },
    "criteria": {"stop": {"measure": "stop", "best": 0, "worst": 500, "weight": 60, "certainty": "assumption"}},
    "unit": {"homes_per_ha": 40, "floor_area": 25, "rooms": 2, "certainty": "assumption"},
    "households": {"single": 0.5, "couple": 0.5},
}
FAR: dict[str, Any] = {
    "id": "far",
    "label": {"nl": "Ver weg", "en": "Far off"},
    "requires": {"far": {"measure": "stop", "at_least": 200}},
    "criteria": {"size": {"column": "area_m2", "best": 10000, "worst": 0, "weight": 10}},
    "unit": {"homes_per_ha": 10, "floor_area": 50, "rooms": 3},
}
NEAR: dict[str, Any] = {
    "key": "profiles.tester.requires.near.at_most",
    "values": [50, 260, 500],
    "label": {"nl": "Afstand", "en": "Distance"},
}


def rich_world(folder: Path, changes: dict[str, Any] | None = None, **keys: Any) -> Path:
    """The study with everything a report has a part for."""
    told = {
        "profiles": [TESTER, FAR],
        "owners": {"layer": "owners", "class": "name", "classes": {"Jansen": "other", "=Pietersen()": "municipality"}},
        "columns": {"municipality": {"layer": "towns", "column": "name"}},
        "terms": [5, 10],
        "variants": {"near": {"profiles.tester.requires.near.at_most": 100}},
        "sweep": {"near": NEAR},
        "sensitivity": {"weights": {"draws": 20}, "tornado": {"keys": ["term"]}},
        "outputs": ["parquet", "report", "excluded"],
    }
    path = world(folder, {"layers.towns": {"path": "towns.fgb", "date": "2020-05-01"}} | (changes or {}), **told | keys)
    layer(folder / "towns.fgb", [box(-100, -100, 350, 900), box(350, -100, 900, 900)], name=["Oost", "West"])
    return path


def rewritten(path: Path, **keys: Any) -> Path:
    """The study with other values of its keys."""
    tree = yaml.safe_load(path.read_text(encoding="utf-8")) | keys
    path.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path
