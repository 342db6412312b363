"""A study without files, and sites written by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd

from flexsite.study.models import Study

MEASURES = [
    {"id": "pt", "standard": "pbl-crow", "stops": "stops"},
    {"id": "node", "standard": "nh-knooppunt", "stops": "stops"},
    {"id": "band", "standard": "ptal", "stops": "stops"},
    {"id": "rail", "standard": "rail-minutes", "stops": "stops"},
    {"id": "station_bike", "to": "stops", "mode": "straight"},
]


def profile(**keys: Any) -> dict[str, Any]:
    return {"id": "p", "unit": {"homes_per_ha": 80, "floor_area": 28, "storeys": 3, "rooms": 2}} | keys


def study(*profiles: dict[str, Any], **keys: Any) -> Study:
    return Study.model_validate(
        {
            "flexsite": 1, "name": "x", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10, "area": "a.gpkg",
            "layers": {"parcels": "p.gpkg", "stops": "s.gpkg", "own": {"path": "o.gpkg", "private": True}},
            "candidates": {"layer": "parcels"},
            "columns": {
                "permits": {"layer": "parcels", "column": "permits"}, "secret": {"layer": "own", "column": "x"},
            },
            "access": {"measures": MEASURES},
            "profiles": list(profiles) or [profile()],
        }
        | keys
    )  # fmt: skip


def sites(**columns: Any) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    frame = {
        "site_id": [f"s{i}" for i in range(count)],
        "kind": ["land"] * count,
        "area_m2": [10_000.0] * count,
    }
    return pd.DataFrame(frame | columns)


def judged(place: Study, table: pd.DataFrame, homes: list[list[int]], suitable: list[list[bool]]) -> pd.DataFrame:
    """Rows as in suitability.parquet: per profile the homes of each site."""
    rows = [
        {"site_id": name, "profile": one.id, "suitable": fine, "homes": n, "homes_fit": n + 5}
        for one, per_site, well in zip(place.profiles, homes, suitable, strict=True)
        for name, n, fine in zip(table["site_id"], per_site, well, strict=True)
    ]
    return pd.DataFrame(rows)
