"""Invented sites and studies of built-in groups, for tests that judge many of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from flexsite.capacity.fitting import homes_fit
from flexsite.study.inheriting import fill
from flexsite.study.models import Study
from flexsite.study.yaml_source import Document
from flexsite.suitability.judging import Verdict, judge_profile

NEAR = ("stop_crow", "station_crow", "stop", "station", "supermarket", "primary_school", "doctor", "park")
RANGES = {"jobs_n": 60_000, "noise_v": 75, "liveability_v": 10, "dwellings_n": 350}
KINDS = ("land", "building", "roof")


def study(*profiles: Any, **keys: Any) -> Study:
    """A study with every measure that built-in profiles use."""
    measures: list[dict[str, Any]] = [{"id": name, "to": "places", "mode": "straight"} for name in NEAR]
    measures += [
        {"id": "jobs", "sum": "n", "of": "places", "mode": "straight", "within": 5000},
        {"id": "dwellings", "count": "places", "mode": "straight", "within": 250},
        {"id": "noise", "value": "noise"}, {"id": "liveability", "value": "noise"},
    ]  # fmt: skip
    tree: dict[str, Any] = {
        "flexsite": 1, "name": "x", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10, "area": "a.gpkg",
        "layers": {"parcels": "p.gpkg", "places": "s.gpkg", "noise": "n.tif"}, "candidates": {"layer": "parcels"},
        "access": {"measures": measures}, "profiles": list(profiles),
    } | keys  # fmt: skip
    fill(tree, Document(Path("study.yaml"), tree, {}), written=True)
    return Study.model_validate(tree)


def sites(seed: int, count: int = 60) -> pd.DataFrame:
    """Sites of all sorts; one value in ten is missing."""
    rng = np.random.default_rng(seed)

    def some(values: Any) -> Any:
        return np.where(rng.random(count) < 0.1, np.nan, values)

    columns: dict[str, Any] = {
        "site_id": [f"s{number:03}" for number in range(count)],
        "kind": "land",
        "area_m2": np.round(rng.choice([800.0, 8000.0, 20_000.0], count) * rng.uniform(0.5, 2, count), 2),
        "route": rng.choice(["allowed", "deviation", "unknown"], count),
        "route_share": 1.0,
        "net_years": some(rng.integers(2, 40, count).astype(float)),
    }
    near = rng.random(count) < 0.7  # most lie near everything, so that some suit everybody
    for name in NEAR:
        columns[f"{name}_m"] = some(np.round(np.where(near, rng.uniform(0, 1000, count), rng.uniform(0, 6000, count))))
    for name, most in RANGES.items():
        columns[name] = some(np.round(rng.uniform(0, most, count)))
    return pd.DataFrame(columns)


def judged(found: Study, ground: pd.DataFrame) -> list[Verdict]:
    """The verdict of each profile of a study."""
    cap = np.full(len(ground), np.inf)
    return [judge_profile(one, found, ground, homes_fit(one, found, ground), cap) for one in found.profiles]


def table(found: Study, ground: pd.DataFrame) -> pd.DataFrame:
    """Every site x profile."""
    return pd.concat([verdict.table for verdict in judged(found, ground)], ignore_index=True)
