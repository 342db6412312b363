"""An invented study for the map: sites of every sort, with known numbers."""

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

RD = pyproj.CRS("EPSG:28992")
BOX = (110000.0, 500000.0, 130000.0, 515000.0)

MEASURES = (
    MeasureInfo("supermarket", "supermarket_m", "m", {"nl": "Supermarkt, lopend", "en": "Supermarket, on foot"}),
    MeasureInfo("stop_crow", "stop_crow_m", "m", {"nl": "Halte, hemelsbreed", "en": "Stop, straight"}),
    MeasureInfo("noise", "noise_v", "dB", {"nl": "Geluid", "en": "Noise"}),
    MeasureInfo("jobs", "jobs_n", "", {"nl": "Banen binnen 45 minuten", "en": "Jobs within 45 minutes"}),
    MeasureInfo("pt", "pt_level", "", {"nl": "OV-klasse", "en": "Public transport level"}),
)
CRITERIA = (
    CriterionInfo(
        "supermarket", {"nl": "Supermarkt dichtbij", "en": "Supermarket nearby"}, "supermarket_m", 300, 2000, 60
    ),
    CriterionInfo("quiet", {"nl": "Rustig", "en": "Quiet"}, "noise_v", 45, 60, 20),
    CriterionInfo("jobs", {"nl": "Werk bereikbaar", "en": "Jobs in reach"}, "jobs_n", 60000, 1000, 35),
)
REQUIREMENTS = (
    RequirementInfo(
        "supermarket",
        {"nl": "hoogstens 1.500 m lopen naar een supermarkt", "en": "at most 1,500 m on foot to a supermarket"},
    ),
    RequirementInfo("pt", {"nl": "een halte binnen 500 m, hemelsbreed", "en": "a stop within 500 m, straight"}),
)
PROFILES = (
    ProfileInfo("starter", {"nl": "Starters op de woningmarkt", "en": "Starters"}, CRITERIA, REQUIREMENTS),
    ProfileInfo(
        "tiny_house", {"nl": "Bewoners van tiny houses", "en": "Tiny-house dwellers"}, CRITERIA[:2], REQUIREMENTS[:1]
    ),
)
RULES = (
    RuleInfo("built", "exclude", "very_hard", "Bebouwing met 5 m afstand", "BAG", "2025-11-01"),
    RuleInfo("natura2000", "exclude", "very_hard", "Omgevingswet, Natura 2000", "PDOK Natura 2000", "2026-01-01"),
    RuleInfo("noise", "exclude", "hard", "Bkl par. 5.1.4.2a", "Geluidkaart 2022", "2022-06-01"),
    RuleInfo("zoning", "route", "hard", "Omgevingsplan, tijdelijk deel", "Ruimtelijke plannen", "2024-01-01"),
    RuleInfo("lib5", "mark", "soft", "LIB 5 afwegingsgebied", "Luchthavenindelingbesluit", "2018-01-01"),
    RuleInfo("plans", "exclude", "hard", "Harde plancapaciteit", "Monitor Plancapaciteit", "2025-10-01"),
)
SOURCES = (
    SourceInfo("parcels", "Kadastrale kaart", "2025-11-01", "CC-BY-4.0"),
    SourceInfo("nature", "PDOK Natura 2000", "2026-01-01", "CC0-1.0"),
    SourceInfo("plans", "Monitor Plancapaciteit", "2025-10-01", "CC-BY-4.0"),
)
TOWNS = np.array(["Schagen", "Alkmaar", "Hollands Kroon", "Edam-Volendam", "'s-Gravenland"])
OWNERS = np.array(["gemeente", "particulier", "Rijk", "corporatie", "bedrijf"])


def blobs(rng: np.random.Generator, n: int, vertices: int = 20, scale: float = 60.0) -> np.ndarray:
    """Star-shaped polygons over the study area."""
    centre = np.column_stack((rng.uniform(BOX[0] + 400, BOX[2] - 400, n), rng.uniform(BOX[1] + 400, BOX[3] - 400, n)))
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    radius = np.exp(rng.normal(np.log(scale), 0.5, n))[:, None] * rng.uniform(0.75, 1.25, (n, vertices))
    xy = np.stack((centre[:, :1] + radius * np.cos(angle), centre[:, 1:] + radius * np.sin(angle)), axis=-1)
    return shapely.polygons(np.concatenate((xy, xy[:, :1]), axis=1))


def special() -> list[shapely.Geometry]:
    """A polygon with a hole, a multipolygon and a very small one."""
    x, y = BOX[0] + 9000, BOX[1] + 7000
    hole = shapely.box(x, y, x + 900, y + 700).difference(shapely.box(x + 300, y + 200, x + 600, y + 500))
    parts = shapely.MultiPolygon(
        [shapely.box(x + 1500, y, x + 1800, y + 300), shapely.box(x + 2000, y + 100, x + 2300, y + 500)]
    )
    return [hole, parts, shapely.box(x + 3000, y, x + 3002, y + 2)]


def study(n: int = 400, seed: int = 7, **changes: Any) -> MapData:
    """A study with n sites; the first three have the special shapes."""
    rng = np.random.default_rng(seed)
    geometry = np.concatenate((np.array(special(), dtype=object), blobs(rng, n)))[:n]
    ids = [f"NHN00-{k:05d}" for k in range(n)]
    market = rng.gamma(2.5, 450, n).round(3)
    market[rng.random(n) < 0.05] = np.nan
    noise = rng.normal(52, 5, n).round(2)
    until = [None if value > 0.6 else datetime.date(2036 + int(value * 20), 1, 1) for value in rng.random(n)]
    sites = gpd.GeoDataFrame(
        {
            "site_id": ids,
            "candidate_id": [i if k % 3 else i.split("-")[0] + "-p" + i[-5:] for k, i in enumerate(ids)],
            "kind": "land",
            "area_m2": shapely.area(geometry).round(2),
            "route": rng.choice(
                ["allowed", "check", "deviation", "unlisted", "unknown"], n, p=[0.2, 0.2, 0.4, 0.15, 0.05]
            ),
            "route_share": rng.uniform(0.5, 1, n).round(4),
            "available_from": datetime.date(2028, 1, 1),
            "available_until": until,
            "mark_until": None,
            "net_years": [np.nan if end is None else (end.year - 2028) * 1.0 for end in until],
            "marks": rng.choice(["", "lib5", "lib5;no_access"], n, p=[0.7, 0.25, 0.05]),
            "unknown": rng.choice(["", "noise", "plans"], n, p=[0.85, 0.1, 0.05]),
            "municipality": rng.choice(TOWNS, n),
            "municipality_share": rng.choice([1.0, 0.83], n),
            "owner": rng.choice(OWNERS, n),
            "supermarket_m": market,
            "stop_crow_m": rng.gamma(2.5, 200, n).round(3),
            "noise_v": noise,
            "jobs_n": rng.integers(500, 70000, n),
            "pt_level": rng.choice(["A", "B", "C", ""], n),
        },
        geometry=geometry,
        crs=RD,
    )
    defaults: dict[str, Any] = {
        "title": "Noord-Holland, eerste verkenning",
        "language": "nl",
        "audience": "internal",
        "crs": RD,
        "date": datetime.date(2026, 1, 1),
        "term": 15,
        "strictness": "hard",
        "area": shapely.box(*BOX)
        .buffer(-100)
        .union(shapely.Point(120000, 507000).buffer(9000))
        .intersection(shapely.box(*BOX)),
        "sites": sites,
        "suitability": suitability(sites, PROFILES),
        "waterfall": waterfall(sites),
        "profiles": PROFILES,
        "columns": (
            ColumnInfo("municipality", {"nl": "Gemeente", "en": "Municipality"}),
            ColumnInfo("owner", {"nl": "Eigenaar", "en": "Owner"}),
        ),
        "measures": MEASURES,
        "rules": RULES,
        "excluded": excluded(rng),
        "sources": SOURCES,
        "assumed_complete": ("parcels", "water"),
        "assumptions": (12, 40),
        "warnings": ("3 polygonen van laag plans waren ongeldig en zijn hersteld",),
        "version": "0.1.0",
        "study_hash": "3f1c9ab27d5e4f60",
        "context": (context(),),
    }
    return MapData(**{**defaults, **changes})


def suitability(sites: gpd.GeoDataFrame, profiles: tuple[ProfileInfo, ...]) -> pd.DataFrame:
    """The contract's scores, computed here on their own."""
    tables = []
    for profile in profiles:
        table = pd.DataFrame({"site_id": sites["site_id"], "profile": profile.id})
        number = np.zeros(len(sites))
        missing = [[] for _ in range(len(sites))]
        for item in profile.criteria:
            raw = sites[item.column].to_numpy(dtype=float)
            share = np.clip((raw - item.worst) / (item.best - item.worst), 0, 1)
            value = np.floor(100 * np.nan_to_num(share) + 0.5)
            table[f"v_{item.id}"] = value.astype(int)
            number += item.weight * value
            for k in np.flatnonzero(np.isnan(raw)):
                missing[k].append(item.id)
        market = sites["supermarket_m"].to_numpy(dtype=float)
        failed = [[] for _ in range(len(sites))]
        for k in range(len(sites)):
            if np.isnan(market[k]):
                failed[k].append("unknown:supermarket")
            elif market[k] > 1500:
                failed[k].append("supermarket")
            if profile.id == "starter" and sites["stop_crow_m"].iloc[k] > 700:
                failed[k].append("pt")
            if sites["area_m2"].iloc[k] < 1500:
                failed[k].append("homes.min")
        table["failed"] = [";".join(part) for part in failed]
        table["missing"] = [";".join(part) for part in missing]
        table["suitable"] = table["failed"] == ""
        total = sum(item.weight for item in profile.criteria)
        table["score"] = number / total if total else 0.0
        table["access_score"] = table["score"].round(1)
        order = np.lexsort((np.arange(len(sites)), -number))
        order = order[table["suitable"].to_numpy()[order]]
        rank = pd.array([pd.NA] * len(sites), dtype="Int64")
        rank[order] = np.arange(1, len(order) + 1)
        table["rank"] = rank
        table["homes_fit"] = np.floor(sites["area_m2"].to_numpy() * 80 / 10000 + 1e-9).astype(int)
        table["homes"] = table["homes_fit"].clip(upper=150)
        tables.append(table)
    columns = [
        "site_id",
        "profile",
        "suitable",
        "failed",
        "missing",
        "score",
        "access_score",
        "rank",
        "homes",
        "homes_fit",
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def excluded(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Ground that rules took, with one known piece each."""
    shapes, names = [], []
    for k, (rule, count) in enumerate((("built", 150), ("natura2000", 4), ("noise", 12), ("min_size", 30))):
        shapes.extend(blobs(rng, count, scale=(40, 1500, 600, 25)[k]))
        names.extend([rule] * count)
    corner = shapely.box(BOX[0] + 150, BOX[1] + 150, BOX[0] + 350, BOX[1] + 350)
    shapes.append(corner)
    names.append("natura2000")
    return gpd.GeoDataFrame(
        {
            "candidate_id": [f"K{k:04d}" for k in range(len(shapes))],
            "rule": names,
            "area_m2": shapely.area(shapes).round(2),
        },
        geometry=shapes,
        crs=RD,
    )


def waterfall(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """A plausible waterfall."""
    ha = float(sites["area_m2"].sum()) / 1e4 if len(sites) else 0.0
    ground = (
        ("start", "", 6, 0),
        ("built", "exclude", 4, 2),
        ("natura2000", "exclude", 2.5, 1.5),
        ("noise", "exclude", 1.2, 1.3),
        ("zoning", "route", 1.2, 0),
        ("lib5", "mark", 1.2, 0),
        ("plans", "exclude", 1.1, 0.1),
        ("min_size", "", 1, 0.1),
    )
    rows = [
        ("availability", "", k, rule, effect, ha * left, ha * gone, ha * gone / 2, ha * 0.05 * k)
        for k, (rule, effect, left, gone) in enumerate(ground)
    ]
    frame = pd.DataFrame(
        rows, columns=["stage", "profile", "step", "rule", "effect", "area_ha", "removed_ha", "only_ha", "unknown_ha"]
    )
    later = [
        {
            "stage": "suitability",
            "profile": profile,
            "step": k,
            "rule": rule,
            "effect": "",
            "sites": int(len(sites) * part),
            "area_ha": ha * part,
            "homes": int(ha * part * 60),
        }
        for profile in ("starter", "tiny_house")
        for k, (rule, part) in enumerate(
            (("available", 1), ("supermarket", 0.7), ("pt", 0.5), ("term", 0.45), ("homes.min", 0.4))
        )
    ]
    frame = pd.concat([frame, pd.DataFrame(later)], ignore_index=True)
    frame.insert(0, "variant", "base")
    frame["class"] = "hard"
    return frame


def context() -> ContextInfo:
    """Three municipalities side by side."""
    x = np.linspace(BOX[0], BOX[2], 4)
    shapes = [shapely.box(x[k], BOX[1], x[k + 1], BOX[3]) for k in range(3)]
    return ContextInfo(
        "border",
        {"nl": "gemeenten", "en": "municipalities"},
        gpd.GeoSeries(shapes, crs=RD),
        ("Schagen", "Alkmaar", "Hollands Kroon"),
    )
