"""A map to measure with: sites of twenty corners on the ground of a province, six criteria, from a fixed seed."""

from __future__ import annotations

import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from flexsite.outputs.map import (
    ColumnInfo,
    ContextInfo,
    CriterionInfo,
    MapData,
    MeasureInfo,
    ProfileInfo,
    RequirementInfo,
    RuleInfo,
    SourceInfo,
)

CRS = pyproj.CRS("EPSG:28992")
WEST, EAST, SOUTH, NORTH = 104000.0, 142000.0, 478000.0, 548000.0
CORNERS = 20
TOWNS = np.array(["Alkmaar", "Den Helder", "Haarlem", "Hoorn", "Medemblik", "Purmerend", "Schagen", "Zaanstad"])
OWNERS = np.array(["municipality", "housing_association", "private_person", "company", "state"])
MEASURES = {
    "supermarket": ("m", 300, 2000, lambda rng, n: rng.gamma(2.5, 450, n).round(3)),
    "stop": ("m", 200, 1500, lambda rng, n: rng.gamma(2.5, 300, n).round(3)),
    "school": ("m", 500, 3000, lambda rng, n: rng.gamma(2.5, 600, n).round(3)),
    "noise": ("dB", 45, 60, lambda rng, n: rng.normal(52, 5, n).round(2)),
    "green": ("", 100, 0, lambda rng, n: rng.integers(0, 101, n)),
    "jobs": ("", 60000, 1000, lambda rng, n: rng.integers(500, 70000, n)),
}


def shapes(rng: np.random.Generator, n: int) -> Any:
    """Star-shaped polygons, half of them around one town: (n,) polygons of `CORNERS` corners, 1.4 ha on average."""
    half = n // 2
    x = np.r_[rng.uniform(WEST, EAST, n - half), _within(rng.normal(118000, 9000, half), WEST, EAST)]
    y = np.r_[rng.uniform(SOUTH, NORTH, n - half), _within(rng.normal(525000, 12000, half), SOUTH, NORTH)]
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    radius = np.exp(rng.normal(np.log(55), 0.45, n))[:, None] * rng.uniform(0.75, 1.25, (n, CORNERS))
    xy = np.stack((x[:, None] + radius * np.cos(angle), y[:, None] + radius * np.sin(angle)), axis=-1).round(2)
    return shapely.polygons(np.concatenate((xy, xy[:, :1]), axis=1))


def _within(values: Any, low: float, high: float) -> Any:
    """Values beyond an end come in again at the other."""
    return low + (values - low) % (high - low)


def map_data(n: int, seed: int = 1) -> MapData:
    """A map of n sites."""
    rng = np.random.default_rng(seed)
    geometry = shapes(rng, n)
    area = shapely.area(geometry)
    ids = [f"NH-{k:06d}" for k in range(n)]
    until = rng.choice(np.array([None, *(datetime.date(year, 1, 1) for year in range(2036, 2056))]), n)
    raw = {f"{name}_v": made(rng, n) for name, (_, _, _, made) in MEASURES.items()}
    sites = gpd.GeoDataFrame(
        {
            "site_id": ids,
            "candidate_id": ids,
            "kind": "land",
            "area_m2": area.round(2),
            "route": rng.choice(["allowed", "check", "deviation", "unlisted"], n),
            "route_share": np.where(rng.random(n) < 0.8, 1.0, rng.uniform(0.5, 1, n).round(4)),
            "available_from": datetime.date(2028, 1, 1),
            "available_until": until,
            "net_years": [np.nan if end is None else float(end.year - 2028) for end in until],
            "marks": rng.choice(["", "airport", "airport;noise"], n, p=[0.7, 0.25, 0.05]),
            "unknown": rng.choice(["", "noise"], n, p=[0.9, 0.1]),
            "municipality": rng.choice(TOWNS, n),
            "owner": rng.choice(OWNERS, n, p=[0.1, 0.02, 0.5, 0.33, 0.05]),
            **raw,
        },
        geometry=geometry,
        crs=CRS,
    )
    names = {name: {"nl": name, "en": name} for name in MEASURES}
    criteria = tuple(
        CriterionInfo(name, names[name], f"{name}_v", best, worst, 20 + 10 * place)
        for place, (name, (_, best, worst, _)) in enumerate(MEASURES.items())
    )
    profile = ProfileInfo(
        "starter", {"nl": "Starters", "en": "Starters"}, criteria, (RequirementInfo("supermarket", "supermarket"),)
    )
    ground = shapely.box(WEST - 2000, SOUTH - 2000, EAST + 4000, NORTH + 4000)
    towns = gpd.GeoSeries(
        [shapely.box(WEST, SOUTH + k * 8000, EAST, SOUTH + k * 8000 + 8000) for k in range(8)], crs=CRS
    )
    return MapData(
        title="Benchmark", language="nl", audience="internal", crs=CRS, date=datetime.date(2026, 1, 1), term=15,
        strictness="hard", area=ground, sites=sites, suitability=_suitability(sites, criteria),
        waterfall=pd.DataFrame(), profiles=(profile,),
        columns=(ColumnInfo("municipality", "municipality"), ColumnInfo("owner", "owner")),
        measures=tuple(MeasureInfo(name, f"{name}_v", unit, names[name]) for name, (unit, *_) in MEASURES.items()),
        rules=(RuleInfo("noise", "exclude", "hard"), RuleInfo("airport", "mark", "soft")),
        sources=(SourceInfo("parcels"),), version="", study_hash="0" * 12,
        context=(ContextInfo("border", "municipality", towns, tuple(TOWNS)),),
    )  # fmt: skip


def _suitability(sites: gpd.GeoDataFrame, criteria: tuple[CriterionInfo, ...]) -> pd.DataFrame:
    """Values, scores and homes as a run gives them; one in five fails its requirement."""
    table = pd.DataFrame({"site_id": sites["site_id"], "profile": "starter"})
    total = np.zeros(len(sites))
    for item in criteria:
        share = np.clip((sites[item.column].to_numpy(float) - item.worst) / (item.best - item.worst), 0, 1)
        table[f"v_{item.id}"] = np.floor(100 * share + 0.5).astype(int)
        total += item.weight * table[f"v_{item.id}"].to_numpy()
    table["failed"] = np.where(sites["supermarket_v"] > 1700, "supermarket", "")
    table["missing"] = ""
    table["suitable"] = table["failed"] == ""
    table["score"] = total / sum(item.weight for item in criteria)
    table["homes_fit"] = np.maximum(1, sites["area_m2"].to_numpy() / 10000 * 35).astype(int)
    table["homes"] = table["homes_fit"].clip(upper=150)
    return table
