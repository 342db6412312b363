"""Candidates of several kinds in one run are what each kind is in a run of its own, whatever the ground."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import flexsite

from .helpers import box, layer, study

KINDS = ("land", "garage_park", "quay", "roof")
QUAY = {
    "id": "quay",
    "needs": {"berths": {"divided": True}},
    "capacity": {"method": "ground", "usable_share": 0.5},
    "requires": {"berths": {"column": "berths", "above": 1}},
    "marks": [{"id": "quiet", "when": [{"column": "berths", "below": 3}]}],
    "exempt": ["water"],
}
RULES = [
    {"id": "built", "exclude": "built", "class": "very_hard", "buffer": 3},
    {"id": "water", "exclude": "water"},
    {"id": "near", "mark": "built", "buffer": 20, "kinds": ["land", "quay"]},
    {"id": "small", "cap": "water", "homes": 7, "kinds": ["garage_park", "roof"], "buffer": 15},
]


def boxes(rng: np.random.Generator, count: int, size: float) -> list[Any]:
    west, south = np.round(rng.uniform(0, 300, (2, count)))
    width, height = np.round(rng.uniform(size / 3, size, (2, count)))
    return [box(*one) for one in zip(west, south, west + width, south + height, strict=True)]


def spec_of(kind: str, number: int) -> dict[str, Any]:
    columns = {"quay": {"berths": "berths"}, "roof": {"storeys": "berths"}}.get(kind, {})
    sizes = {"min_area": [0, 300, 0, 200][number], "min_width": [0, 0, 5, 0][number]}
    return {"layer": kind, "id": "code", "kind": kind, **sizes, **({"columns": columns} if columns else {})}


def world(folder: Path, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    for kind in KINDS:
        count = int(rng.integers(3, 12))
        codes = [f"{kind[0]}{n}" for n in rng.permutation(count)]
        berths = [None if rng.random() < 0.2 else float(rng.integers(0, 9)) for _ in range(count)]
        layer(folder / f"{kind}.gpkg", boxes(rng, count, 60), code=codes, berths=[*berths[:-1], 1.0])
    layer(folder / "built.gpkg", boxes(rng, 25, 25))
    layer(folder / "water.gpkg", boxes(rng, 8, 90))
    first, *others = [spec_of(kind, number) for number, kind in enumerate(KINDS)]
    path = study(folder, {**first, "also": others}, rules=RULES, kinds=[QUAY])
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


def ran(folder: Path, tree: dict[str, Any], name: str) -> Any:
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return flexsite.run(flexsite.load(path))


def rows(table: pd.DataFrame, keys: list[str]) -> list[list[str]]:
    shown = table.sort_values(keys)
    return [[str(value) for value in row] for row in shown.reindex(sorted(shown.columns), axis=1).to_numpy().tolist()]


@pytest.mark.parametrize("seed", range(4))
def test_together_is_what_each_is_alone(tmp_path: Path, seed: int) -> None:
    tree = world(tmp_path, seed)
    together = ran(tmp_path, tree, "together")
    every = [{key: value for key, value in tree["candidates"].items() if key != "also"}, *tree["candidates"]["also"]]
    alone = [ran(tmp_path, tree | {"candidates": spec}, spec["kind"]) for spec in every]
    sites = pd.concat([one.sites for one in alone])
    columns = ["site_id", "candidate_id", "kind", "area_m2", "route", "marks", "unknown", "net_years"]
    assert rows(sites[columns], ["site_id"]) == rows(together.sites[columns], ["site_id"])
    shapes = sites.sort_values("site_id").geometry.reset_index(drop=True)
    assert len(shapes) and shapes.geom_equals_exact(together.sites.geometry, 0).all()
    judged = pd.concat([one.suitability for one in alone])[["site_id", "suitable", "failed", "homes", "homes_fit"]]
    assert rows(judged, ["site_id"]) == rows(together.suitability[judged.columns], ["site_id"])
    taken = pd.concat([one.taken for one in alone])
    assert rows(taken, ["candidate_id", "rule"]) == rows(together.taken, ["candidate_id", "rule"])
    kept = ["candidates", "sites", "area_ha", "removed_ha", "touched_ha", "only_ha", "unknown_ha"]
    falls = [one.waterfall[one.waterfall["stage"] == "availability"] for one in (together, *alone)]
    whole = falls[0][kept].fillna(0).to_numpy(dtype=float)
    assert whole == pytest.approx(np.sum([fall[kept].fillna(0).to_numpy(dtype=float) for fall in falls[1:]], axis=0))
    assert together.sites["site_id"].tolist() == sorted(together.sites["site_id"])


def test_each_kind_has_something_to_tell(tmp_path: Path) -> None:
    """The worlds above would prove little if rules, marks and caps met nothing."""
    marks, failed, homes = set(), set(), set()
    for seed in range(4):
        (tmp_path / str(seed)).mkdir()
        found = ran(tmp_path / str(seed), world(tmp_path / str(seed), seed), "together")
        marks |= {mark for text in found.sites["marks"] for mark in text.split(";")}
        failed |= {reason for text in found.suitability["failed"] for reason in text.split(";")}
        homes |= set(found.suitability["homes"])
        assert found.sites["kind"].nunique() == len(KINDS)
    assert {"near", "quiet", "lift_needed", "garage_holders"} <= marks
    assert {"berths", "unknown:berths", "unknown:bearing"} <= failed
    assert 7 in homes and max(homes) > 7
