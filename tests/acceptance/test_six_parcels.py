"""Six parcels of one hectare, computed by hand: every figure of every output.

Local metres from the region's south-west corner; parcels of 100 x 100 m in two rows:

    y 200 +--------+--------+--------+
          |   P4   |   P5   |   P6   |
    y 100 +--------+--------+--------+
          |   P1   |   P2   |   P3   |
    y   0 +--------+--------+--------+
          0       100      200      300

Rules in order, m2 taken at their turn:

| rule | what | takes |
|---|---|---|
| built | a building 10 x 10 in the middle of P1, buffer 5 | P1 378.41 |
| road | a line along x = 240 through P3 and P6, buffer 5: 10 m x 100 m each | P3 1000, P6 1000 |
| plans_hard | west half of P2 in 2034, strip y 100-110 of P5 without a year, P3 in 2040 (a window) | P2 5000, P5 1000 |
| plans_soft | mark: y 100-125 of P4 in 2033 | - |
| noise | > 60: cells 70 at x 100-150, y 100-150 and 65 at x 150-200, y 150-200; strip taken before | P5 4500 |
| use | keep fallow land and grass: not the garden x 60-75 of P4 | P4 1500 |
| zoning | forbidden: nature x 190-200 of P2 | P2 1000 |
| landscape | cap of 20 homes on P1 | - |
| min_size | P5: south-east part of 2000 < 2200; P4: east strip of 25 m wide < 30 | P5 2000, P4 2500 |

The building: 10^2 + 4 * 10 * 5 + a 64-gon of radius 5 = 100 + 200 + 32 * sin(pi/32) * 25 = 378.4137, rounded 378.41.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
import yaml

from .helpers import box, cli, day, empty, ids, line, point, raster, study_file, vector

P1 = 9621.59  # 10000 - 378.41
AREAS = {"P1": P1, "P2": 4000, "P3.1": 5500, "P3.2": 3500, "P4": 6000, "P5": 2500, "P6.1": 5500, "P6.2": 3500}
SITES = list(AREAS)
"""P2 is x 150-190. P3 and P6 fall apart at the road: east x 245-300 (1) and west x 200-235 (2). P4 is x 0-60. P5's two
parts touch in the point (150, 150) only; the north-west one, x 100-150, y 150-200, is kept alone, without number."""

NOISE = [  # cells of 50 m, north first; -1 is nodata
    [-1, 50, 55, 65, 60, 58],
    [52, 52, 70, 60, 50, 50],
    [45, 45, 48, 48, 40, 40],
    [45, 45, 48, 48, 40, 44],
]

YOUNG = {
    "id": "young",
    "label": {"nl": "Jong", "en": "Young"},
    "about": "invented",
    "requires": {
        "pt": {
            "any": [
                {"measure": "stop_crow", "at_most": 150},
                {"measure": "station_crow", "at_most": 250},
                {"column": "scheme", "in": ["yes"]},
            ]
        },
        "quiet": {"measure": "noise", "at_most": 54},
    },
    "criteria": {
        "stop": {"measure": "stop_crow", "best": 100, "worst": 300, "weight": 30},
        "calm": {"measure": "noise", "best": 40, "worst": 60, "weight": 10},
        "liv": {"measure": "liveability", "best": 10, "worst": 0, "weight": 20},
    },
    "unit": {"homes_per_ha": 50, "floor_area": 28, "storeys": 2, "rooms": 2},
    "homes": {"min": 15, "max": 25},
    "term": {"min": 12},
}
GREEN = {
    "id": "green",
    "label": {"nl": "Groen", "en": "Green"},
    "about": "invented",
    "requires": {
        "near": {"measure": "station_crow", "at_most": 300},
        "north": {"column": "municipality", "in": ["Noord"]},
    },
    "criteria": {"away": {"measure": "station_crow", "best": 300, "worst": 100, "weight": 50}},
    "unit": {"homes_per_ha": 20, "floor_area": 28, "storeys": 1, "rooms": 2},
    "homes": {"min": 5},
}
PLAIN = {
    "id": "plain",
    "label": {"nl": "Gewoon", "en": "Plain"},
    "about": "invented",
    "unit": {"homes_per_ha": 50, "floor_area": 28, "storeys": 1, "rooms": 2},
    "homes": {"min": 13},
    "term": {"min": 13},
}


def write_region(folder: Path) -> Path:
    vector(folder / "area.gpkg", [box(-10, -10, 310, 210)])
    corners = [(0, 0), (100, 0), (200, 0), (0, 100), (100, 100), (200, 100)]
    vector(
        folder / "parcels.gpkg",
        [box(x, y, x + 100, y + 100) for x, y in corners],
        code=[f"P{i}" for i in range(1, 7)],
    )
    vector(folder / "buildings.gpkg", [box(45, 45, 55, 55)])
    vector(folder / "roads.gpkg", [line((240, -50), (240, 250))])
    vector(
        folder / "plans.gpkg",
        [box(100, 0, 150, 100), box(200, 0, 300, 100), box(100, 100, 200, 110), box(0, 100, 100, 125)],
        status=["hard", "hard", "hard", "soft"],
        year=pd.array([2034, 2040, None, 2033], dtype="Int64"),
    )
    # The hole in the plans' coverage: x 250-300, y 100-200, half of P6.
    vector(
        folder / "plans_coverage.gpkg",
        [box(-500, -500, 250, 700), box(250, -500, 800, 100), box(250, 200, 800, 700)],
    )
    raster(folder / "noise.tif", NOISE, cell=50)
    raster(folder / "liveability.tif", [[5, 7, 9]], cell=100)
    vector(
        folder / "landuse.gpkg",
        [box(-50, -50, 60, 250), box(60, -50, 350, 100), box(75, 100, 350, 250), box(60, 100, 75, 250)],
        klasse=["gras", "braak", "braak", "tuin"],
    )
    # Residential over P1 and P2; mixed over x 0-40 of P1 and nature over x 190-200 of P2 overlap it. P4 has no polygon.
    vector(
        folder / "zoning.gpkg",
        [
            box(0, 0, 200, 100),
            box(190, 0, 200, 100),
            box(0, 0, 40, 100),
            box(200, 0, 300, 100),
            box(100, 100, 200, 200),
            box(200, 100, 300, 200),
        ],
        bestemming=["wonen", "natuur", "gemengd", "agrarisch", "wonen", "bedrijf"],
    )
    vector(folder / "landscape.gpkg", [box(-20, -20, 100, 100)], most=[20])
    vector(folder / "municipalities.gpkg", [box(-50, -50, 350, 130), box(-50, 130, 350, 250)], naam=["Zuid", "Noord"])
    vector(
        folder / "schemes.gpkg",
        [
            box(0, 0, 300, 100),
            box(100, 100, 200, 150),
            box(100, 150, 200, 200),
            box(0, 100, 100, 200),
            box(200, 100, 300, 200),
        ],
        open=["no", "no", "no", None, "yes"],
    )
    vector(folder / "stops.gpkg", [point(50, -100)])
    vector(folder / "stations.gpkg", [point(400, 50)])
    for profile in (YOUNG, GREEN, PLAIN):
        (folder / f"{profile['id']}.yaml").write_text(yaml.safe_dump(profile, sort_keys=False), encoding="utf-8")
    study = {
        "flexsite": 1,
        "name": "Six parcels",
        "language": "en",
        "crs": "EPSG:28992",
        "date": "2026-01-01",
        "term": 10,
        "lead_time": 24,
        "strictness": "hard",
        "area": "area.gpkg",
        "layers": {
            "parcels": "parcels.gpkg",
            "buildings": "buildings.gpkg",
            "roads": "roads.gpkg",
            "plans": {
                "path": "plans.gpkg",
                "coverage": "plans_coverage.gpkg",
                "columns": {"start_year": "year"},
                "source": "Invented plan monitor",
                "date": "2025-10-01",
                "licence": "CC0-1.0",
            },
            "noise": "noise.tif",
            "liveability": "liveability.tif",
            "landuse": {"path": "landuse.gpkg", "coverage": "complete"},
            "zoning": "zoning.gpkg",
            "landscape": "landscape.gpkg",
            "municipalities": "municipalities.gpkg",
            "schemes": "schemes.gpkg",
            "stops": "stops.gpkg",
            "stations": "stations.gpkg",
        },
        "candidates": {"layer": "parcels", "id": "code", "kind": "land", "min_area": 2200, "min_width": 30},
        "rules": [
            {"id": "built", "exclude": "buildings", "buffer": 5, "class": "very_hard", "basis": "invented"},
            {"id": "road", "exclude": "roads", "buffer": 5},
            {
                "id": "plans_hard",
                "exclude": "plans",
                "where": "status = 'hard'",
                "until": "start_year",
                "class": "hard",
            },
            {"id": "plans_soft", "mark": "plans", "where": "status = 'soft'", "until": "start_year", "class": "soft"},
            {"id": "noise_rule", "exclude": "noise", "above": 60, "class": "hard"},
            {"id": "use", "keep": "landuse", "where": "klasse IN ('braak', 'gras')"},
            {
                "id": "zoning_rule",
                "route": "zoning",
                "column": "bestemming",
                "allowed": ["wonen"],
                "check": ["gemengd", "bedrijf"],
                "forbidden": ["natuur"],
                "otherwise": "deviation",
            },
            {"id": "landscape_rule", "cap": "landscape", "homes": "most"},
        ],
        "columns": {
            "municipality": {"layer": "municipalities", "column": "naam"},
            "scheme": {"layer": "schemes", "column": "open"},
        },
        "access": {
            "measures": [
                {"id": "stop_crow", "to": "stops", "mode": "straight"},
                {"id": "station_crow", "to": "stations", "mode": "straight"},
                {"id": "noise", "value": "noise", "statistic": "mean"},
                {"id": "liveability", "value": "liveability", "statistic": "mean"},
                {"id": "green", "share": "landuse", "where": "klasse = 'gras'"},
            ]
        },
        "profiles": ["young.yaml", "green.yaml", "plain.yaml"],
        "outputs": ["parquet", "gpkg", "excluded"],
    }
    return study_file(folder, study)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("six")
    study = write_region(folder)
    outcome = cli("run", study, "--out", folder / "out")
    assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture(scope="module")
def out(region: Path) -> Path:
    return region / "out"


@pytest.fixture(scope="module")
def sites(out: Path) -> dict[str, dict[str, Any]]:
    frame = gpd.read_parquet(out / "sites.parquet")
    assert list(frame["site_id"]) == SITES
    return {row["site_id"]: row for row in frame.to_dict("records")}


@pytest.fixture(scope="module")
def suitability(out: Path) -> pd.DataFrame:
    return pd.read_parquet(out / "suitability.parquet")


@pytest.fixture(scope="module")
def waterfall(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "waterfall.csv")


def near(value: float, tolerance: float = 1e-9) -> Any:
    return pytest.approx(value, abs=tolerance)


def test_the_folder_holds_the_files_asked_for(out: Path) -> None:
    assert {path.name for path in out.iterdir()} == {
        "waterfall.csv",
        "run.json",
        "sites.parquet",
        "suitability.parquet",
        "taken.parquet",
        "excluded.parquet",
        "sites.gpkg",
    }


# The waterfall

# rule, effect, class, area_m2 after it, removed, only, unknown
STEPS: list[tuple[str, str | None, str | None, float, float, float, float]] = [
    ("start", None, None, 60000.00, 0, 0, 0),
    ("built", "exclude", "very_hard", 59621.59, 378.41, 378.41, 0),
    ("road", "exclude", "hard", 57621.59, 2000, 2000, 0),
    # only: 5000 of P2, and of P5's strip what the noise cell (x 100-150) does not cover: 500. Unknown: the hole, 5000.
    ("plans_hard", "exclude", "hard", 51621.59, 6000, 5500, 5000),
    ("plans_soft", "mark", "soft", 51621.59, 0, 0, 5000),
    # only: two cells of 2500 less the 500 under the strip. Unknown: the nodata cell, 2500 of P4.
    ("noise_rule", "exclude", "hard", 47121.59, 4500, 4500, 2500),
    ("use", "keep", "hard", 45621.59, 1500, 1500, 0),
    ("zoning_rule", "route", "hard", 44621.59, 1000, 1000, 0),
    ("landscape_rule", "cap", "hard", 44621.59, 0, 0, 0),
    ("min_size", None, None, 40121.59, 4500, 0, 0),
]
# Ground under each rule. For three of them the contract leaves two readings: with the plan that only sets a window
# (10000 of P3) or without; for keep what it takes or what it keeps; for route what it forbids or all that is zoned.
TOUCHED = {
    "built": (378.41,),
    "road": (2000,),
    "plans_hard": (6000, 16000),
    "plans_soft": (2500,),
    "noise_rule": (5000,),
    "use": (1500, 58500),
    "zoning_rule": (1000, 50000),
    "landscape_rule": (10000,),
}


def test_waterfall_of_availability(waterfall: pd.DataFrame) -> None:
    rows = waterfall[waterfall["stage"] == "availability"].to_dict("records")
    assert [row["rule"] for row in rows] == [step[0] for step in STEPS]
    for number, (row, step) in enumerate(zip(rows, STEPS, strict=True)):
        rule, effect, softness, area, removed, only, unknown = step
        assert row["variant"] == "base"
        assert row["step"] == number
        assert empty(row["profile"])
        assert empty(row["homes"]) and empty(row["homes_fit"])
        assert row["candidates"] == 6, rule
        assert row["area_ha"] == near(area / 1e4), rule
        if rule == "start":
            assert empty(row["removed_ha"]) or row["removed_ha"] == 0
        else:
            assert row["removed_ha"] == near(removed / 1e4), rule
        if effect is not None:
            assert (row["effect"], row["class"]) == (effect, softness)
            assert (0 if empty(row["only_ha"]) and not removed else row["only_ha"]) == near(only / 1e4), rule
            assert (0 if empty(row["unknown_ha"]) and not unknown else row["unknown_ha"]) == near(unknown / 1e4), rule
            assert any(row["touched_ha"] == near(value / 1e4) for value in TOUCHED[rule]), (rule, row["touched_ha"])
        if rule == "min_size":
            assert row["sites"] == 8
        else:
            assert empty(row["sites"])


# profile: rule, sites, m2, homes, homes_fit
FUNNELS = {
    # homes: P1 20 (cap), P2 20, P3.1 25 (max, fits 27), P3.2 17, P4 25 (30), P5 12, P6.1 25 (27), P6.2 17; P1 fits 48
    "young": [
        ("available", 8, 40121.59, 161, 198),
        ("pt", 6, 31621.59, 124, 156),  # without P4 and P5
        ("quiet", 4, 22621.59, 82, 112),  # without both P6
        ("term", 4, 22621.59, 82, 112),  # P3 has 12 years, and 12 is enough
        ("homes.min", 4, 22621.59, 82, 112),
    ],
    # 20 homes a hectare: P1 19, P2 8, P3.1 11, P3.2 7, P4 12, P5 5, P6.1 11, P6.2 7
    "green": [
        ("available", 8, 40121.59, 80, 80),
        ("near", 7, 34121.59, 68, 68),  # without P4; P1 lies at 300 exactly
        ("north", 3, 11500, 23, 23),  # P5 and both P6
        ("term", 3, 11500, 23, 23),
        ("homes.min", 3, 11500, 23, 23),  # P5 has 5 exactly
    ],
    # no maximum: P1 20 (cap, fits 48), P2 20, P3.1 27, P3.2 17, P4 30, P5 12, P6.1 27, P6.2 17
    "plain": [
        ("available", 8, 40121.59, 170, 198),
        ("term", 6, 31121.59, 126, 154),  # P3 has 12 years, 13 are asked
        ("homes.min", 5, 28621.59, 114, 142),  # without P5
    ],
}


def test_waterfall_of_suitability(waterfall: pd.DataFrame) -> None:
    table = waterfall[waterfall["stage"] == "suitability"]
    assert list(table["profile"].unique()) == list(FUNNELS)
    for profile, steps in FUNNELS.items():
        rows = table[table["profile"] == profile].to_dict("records")
        assert [row["rule"] for row in rows] == [step[0] for step in steps]
        before = steps[0][2]
        for number, (row, (rule, count, area, homes, fit)) in enumerate(zip(rows, steps, strict=True)):
            assert row["step"] == number
            assert (row["sites"], row["homes"], row["homes_fit"]) == (count, homes, fit), (profile, rule)
            assert row["area_ha"] == near(area / 1e4), (profile, rule)
            if number:
                assert row["removed_ha"] == near((before - area) / 1e4), (profile, rule)
            before = area


def test_waterfall_columns(waterfall: pd.DataFrame) -> None:
    assert list(waterfall.columns) == (
        "variant stage profile step rule effect class candidates sites area_ha removed_ha touched_ha only_ha unknown_ha"
        " homes homes_fit".split()
    )


# Sites


def test_areas_and_ground(sites: dict[str, dict[str, Any]]) -> None:
    building = shapely.buffer(box(45, 45, 55, 55), 5, quad_segs=16)
    ground = {
        "P1": box(0, 0, 100, 100).difference(building),
        "P2": box(150, 0, 190, 100),
        "P3.1": box(245, 0, 300, 100),
        "P3.2": box(200, 0, 235, 100),
        "P4": box(0, 100, 60, 200),
        "P5": box(100, 150, 150, 200),
        "P6.1": box(245, 100, 300, 200),
        "P6.2": box(200, 100, 235, 200),
    }
    for site, row in sites.items():
        assert row["candidate_id"] == site[:2]
        assert row["kind"] == "land"
        assert row["area_m2"] == near(AREAS[site], 1e-6)
        assert row["geometry"].symmetric_difference(ground[site]).area < 1e-6


def test_routes(sites: dict[str, dict[str, Any]]) -> None:
    routes = {
        # Mixed x 0-40 (4000, check) holds over residential there; the building lies in the rest: 6000 - 378.41 allowed.
        "P1": ("allowed", 5621.59 / P1),
        "P2": ("allowed", 1),
        "P3.1": ("deviation", 1),
        "P3.2": ("deviation", 1),
        "P4": ("deviation", 1),
        "P5": ("allowed", 1),
        "P6.1": ("check", 1),
        "P6.2": ("check", 1),
    }
    for site, (route, share) in routes.items():
        assert sites[site]["route"] == route, site
        assert sites[site]["route_share"] == near(share, 1e-6), site


def test_windows(sites: dict[str, dict[str, Any]]) -> None:
    for site, row in sites.items():
        assert day(row["available_from"]) == "2028-01-01"
        if site in ("P3.1", "P3.2"):
            assert day(row["available_until"]) == "2040-01-01"
            assert row["net_years"] == 12
        else:
            assert empty(row["available_until"]) and empty(row["net_years"]), site
        # The soft plan lies on y 100-125 of P4's kept part: 1500 of 6000.
        assert day(row["mark_until"]) == ("2033-01-01" if site == "P4" else None)


def test_marks_and_unknown(sites: dict[str, dict[str, Any]]) -> None:
    marks = {site: ["plans_soft"] if site == "P4" else [] for site in SITES}
    assert {site: ids(row["marks"]) for site, row in sites.items()} == marks
    unknown: dict[str, list[str]] = {site: [] for site in SITES}
    unknown["P4"] = ["noise_rule"]  # the nodata cell: 2500 of 6000
    unknown["P6.1"] = ["plans_hard", "plans_soft"]  # the hole: 5000 of 5500
    assert {site: ids(row["unknown"]) for site, row in sites.items()} == unknown


def test_columns(sites: dict[str, dict[str, Any]]) -> None:
    # The border lies at y = 130: 30 % of P4 and P6 are in Zuid; P5's kept part lies above y = 150.
    towns = {site: ("Zuid", 1.0) if site < "P4" else ("Noord", 0.7) for site in SITES} | {"P5": ("Noord", 1.0)}
    schemes = dict.fromkeys(SITES, "no") | {"P4": None, "P6.1": "yes", "P6.2": "yes"}
    for site, row in sites.items():
        assert (row["municipality"], row["municipality_share"]) == (towns[site][0], near(towns[site][1]))
        if schemes[site] is None:  # its only polygon has no value, and missing values do not compete
            assert empty(row["scheme"])
        else:
            assert (row["scheme"], row["scheme_share"]) == (schemes[site], near(1))


MEASURES: dict[str, tuple[float, float, float, float | None, float]] = {
    # stop at (50, -100), station at (400, 50), mean noise, mean liveability, share of grass
    "P1": (100, 300, 45, 5, 5621.59 / P1),  # grass x 0-60, where the building lies
    "P2": (math.hypot(100, 100), 210, 48, 7, 0),
    "P3.1": (math.hypot(195, 100), 100, (40 * 2750 + 40 * 250 + 44 * 2500) / 5500, 9, 0),
    "P3.2": (math.hypot(150, 100), 165, 40, 9, 0),
    # nodata on 2500 of 6000, less than half: the mean of the rest
    "P4": (200, math.hypot(340, 50), (50 * 500 + 52 * 3000) / 3500, None, 1),
    "P5": (math.hypot(50, 250), math.hypot(250, 100), 55, None, 0),
    "P6.1": (math.hypot(195, 200), math.hypot(100, 50), (60 * 250 + 58 * 2500 + 50 * 2750) / 5500, None, 0),
    "P6.2": (250, math.hypot(165, 50), 55, None, 0),
}


def test_measures(sites: dict[str, dict[str, Any]]) -> None:
    for site, (stop, station, noise, liveability, green) in MEASURES.items():
        row = sites[site]
        assert row["stop_crow_m"] == near(stop, 1e-6), site
        assert row["station_crow_m"] == near(station, 1e-6), site
        assert row["noise_v"] == near(noise, 1e-4), site
        assert row["green_v"] == near(green, 1e-6), site
        if liveability is None:
            assert empty(row["liveability_v"]), site
        else:
            assert row["liveability_v"] == near(liveability, 1e-4), site


# Suitability

YOUNG_ROWS = {
    # failed, missing, (v_stop, v_calm, v_liv), score, rank, homes, homes_fit
    "P1": ("", "", (100, 75, 50), (3000 + 750 + 1000) / 60, 1, 20, 48),
    "P2": ("", "", (79, 60, 70), (2370 + 600 + 1400) / 60, 3, 20, 20),
    "P3.1": ("", "", (40, 91, 90), (1200 + 910 + 1800) / 60, 4, 25, 27),
    "P3.2": ("", "", (60, 100, 90), (1800 + 1000 + 1800) / 60, 2, 17, 17),
    # P4: neither stop (200) nor station (343.7) is near, and whether the scheme is open is not known
    "P4": ("unknown:pt", "liv", (50, 41, 0), (1500 + 410) / 60, None, 25, 30),
    "P5": ("pt;quiet;homes.min", "liv", (23, 25, 0), (690 + 250) / 60, None, 12, 12),
    "P6.1": ("quiet", "liv", (10, 30, 0), (300 + 300) / 60, None, 25, 27),
    "P6.2": ("quiet", "liv", (25, 25, 0), (750 + 250) / 60, None, 17, 17),
}
GREEN_ROWS = {
    # failed, v_away, rank, homes (= homes_fit: nothing is cut)
    "P1": ("north", 100, None, 19),
    "P2": ("north", 55, None, 8),
    "P3.1": ("north", 0, None, 11),
    "P3.2": ("north", 33, None, 7),  # 100 * (165 - 100) / 200 = 32.5, half rounds up
    "P4": ("near", 100, None, 12),
    "P5": ("", 85, 1, 5),
    "P6.1": ("", 6, 3, 11),
    "P6.2": ("", 36, 2, 7),
}
PLAIN_ROWS = {
    # failed, rank (all scores 0: by site_id), homes, homes_fit
    "P1": ("", 1, 20, 48),
    "P2": ("", 2, 20, 20),
    "P3.1": ("term", None, 27, 27),
    "P3.2": ("term", None, 17, 17),
    "P4": ("", 3, 30, 30),
    "P5": ("homes.min", None, 12, 12),
    "P6.1": ("", 4, 27, 27),
    "P6.2": ("", 5, 17, 17),
}


def rows_of(table: pd.DataFrame, profile: str) -> dict[str, dict[str, Any]]:
    rows = table[table["profile"] == profile]
    assert list(rows["site_id"]) == SITES
    return {row["site_id"]: row for row in rows.to_dict("records")}


def check_rank(row: dict[str, Any], rank: int | None, score: float) -> None:
    assert bool(row["suitable"]) == (rank is not None)
    if rank is None:
        assert empty(row["rank"])
        assert empty(row["score"]) or row["score"] == near(score)
    else:
        assert row["rank"] == rank
        assert row["score"] == near(score)


def test_rows_and_columns_of_suitability(suitability: pd.DataFrame) -> None:
    assert len(suitability) == 24
    assert list(suitability["profile"].unique()) == ["young", "green", "plain"]
    first = "site_id profile suitable failed missing score access_score rank homes homes_fit".split()
    assert list(suitability.columns[: len(first)]) == first
    assert set(suitability.columns[len(first) :]) == {"v_stop", "v_calm", "v_liv", "v_away"}


def test_young(suitability: pd.DataFrame) -> None:
    for site, row in rows_of(suitability, "young").items():
        failed, missing, values, score, rank, homes, fit = YOUNG_ROWS[site]
        assert (row["failed"], row["missing"]) == (failed, missing), site
        assert (row["homes"], row["homes_fit"]) == (homes, fit), site
        check_rank(row, rank, score)
        got = tuple(0 if empty(row[f"v_{name}"]) else row[f"v_{name}"] for name in ("stop", "calm", "liv"))
        if rank is not None:
            assert got == values, site
            # The mean over the access criteria alone: the stop, or every measure if all of them count as access.
            assert row["access_score"] in (near(values[0]), near(score))
        else:
            assert empty(row["v_stop"]) or got == values, site


def test_green(suitability: pd.DataFrame) -> None:
    for site, row in rows_of(suitability, "green").items():
        failed, value, rank, homes = GREEN_ROWS[site]
        assert (row["failed"], row["missing"]) == (failed, "")
        assert (row["homes"], row["homes_fit"]) == (homes, homes)
        check_rank(row, rank, value)
        if rank is not None:
            assert row["v_away"] == value
            assert row["access_score"] == near(value)


def test_plain(suitability: pd.DataFrame) -> None:
    for site, row in rows_of(suitability, "plain").items():
        failed, rank, homes, fit = PLAIN_ROWS[site]
        assert (row["failed"], row["missing"]) == (failed, "")
        assert (row["homes"], row["homes_fit"]) == (homes, fit)
        check_rank(row, rank, 0)


# Taken and excluded ground

TAKEN = {
    ("P1", "built"): 378.41,
    ("P3", "road"): 1000,
    ("P6", "road"): 1000,
    ("P2", "plans_hard"): 5000,
    ("P5", "plans_hard"): 1000,
    ("P5", "noise_rule"): 4500,
    ("P4", "use"): 1500,
    ("P2", "zoning_rule"): 1000,
}


def test_taken(out: Path, waterfall: pd.DataFrame) -> None:
    table = pd.read_parquet(out / "taken.parquet")
    assert list(table.columns) == ["candidate_id", "rule", "taken_m2", "touched_m2"]
    assert not table.duplicated(["candidate_id", "rule"]).any()
    rows = {(row.candidate_id, row.rule): row for row in table.itertuples() if row.rule != "min_size"}
    assert {key: near(row.taken_m2, 1e-6) for key, row in rows.items() if row.taken_m2} == TAKEN
    assert rows["P5", "noise_rule"].touched_m2 == near(5000, 1e-6)
    for key in ("P1", "built"), ("P3", "road"), ("P6", "road"), ("P2", "plans_hard"), ("P5", "plans_hard"):
        assert rows[key].touched_m2 == near(TAKEN[key], 1e-6)
    steps = waterfall[waterfall["stage"] == "availability"].set_index("rule")
    for rule, part in table[table["rule"] != "min_size"].groupby("rule"):
        assert part["taken_m2"].sum() / 1e4 == near(steps.loc[rule, "removed_ha"])
        assert part["touched_m2"].sum() / 1e4 == near(steps.loc[rule, "touched_ha"])


def test_excluded(out: Path) -> None:
    table = gpd.read_parquet(out / "excluded.parquet")
    assert list(table.columns) == ["candidate_id", "rule", "area_m2", "geometry"]
    rows = {(row.candidate_id, row.rule): row for row in table.itertuples() if row.rule != "min_size"}
    assert {key: near(row.area_m2, 1e-6) for key, row in rows.items()} == TAKEN
    shapes = {
        ("P1", "built"): shapely.buffer(box(45, 45, 55, 55), 5, quad_segs=16),
        ("P3", "road"): box(235, 0, 245, 100),
        ("P6", "road"): box(235, 100, 245, 200),
        ("P2", "plans_hard"): box(100, 0, 150, 100),
        ("P5", "plans_hard"): box(100, 100, 200, 110),
        ("P5", "noise_rule"): shapely.union_all([box(100, 110, 150, 150), box(150, 150, 200, 200)]),
        ("P4", "use"): box(60, 100, 75, 200),
        ("P2", "zoning_rule"): box(190, 0, 200, 100),
    }
    for key, shape in shapes.items():
        assert rows[key].geometry.symmetric_difference(shape).area < 1e-6, key


# The GeoPackage and run.json


def test_geopackage(out: Path) -> None:
    assert "sites" in [name for name, _ in pyogrio.list_layers(out / "sites.gpkg")]
    got, want = gpd.read_file(out / "sites.gpkg", layer="sites"), gpd.read_parquet(out / "sites.parquet")
    assert got.crs == want.crs == "EPSG:28992"
    assert [name for name in want.columns if name not in got.columns] == []
    assert list(got["site_id"]) == SITES
    for one, other in zip(got.to_dict("records"), want.to_dict("records"), strict=True):
        assert one["geometry"].equals(other["geometry"])
        for name in want.columns.drop("geometry"):
            if empty(other[name]):
                assert empty(one[name]), name
            elif "_until" in name or name == "available_from":
                assert day(one[name]) == day(other[name])
            else:
                assert one[name] == other[name], name
    styles = pyogrio.read_dataframe(out / "sites.gpkg", layer="layer_styles", read_geometry=False)
    assert "sites" in set(styles["f_table_name"])
    assert styles["styleQML"].str.startswith("<").any() or styles["styleQML"].str.contains("<qgis").any()


def test_run_json(region: Path, out: Path) -> None:
    text = (out / "run.json").read_text(encoding="utf-8")
    record = json.loads(text)
    inputs = [path for path in region.iterdir() if path.suffix in (".gpkg", ".tif") and path.stem != "study"]
    for path in inputs:
        assert hashlib.sha256(path.read_bytes()).hexdigest() in text, f"no sha256 of {path.name}"
    assert "Invented plan monitor" in text and "CC0-1.0" in text
    found = [value for key, value in walk(record) if "assumed" in key]
    assert found, "no list of layers assumed complete"
    for name in ("buildings", "zoning", "landscape"):
        assert any(name in json.dumps(value) for value in found), name
    for name in ("plans", "landuse", "noise"):  # covered by polygons, complete, a raster
        assert not any(f'"{name}"' in json.dumps(value) for value in found), name
    study = next(value for key, value in walk(record) if key == "study")
    assert study["term"] == 10 and study["max_snap" if "max_snap" in study else "lead_time"] in (100, 24)


def walk(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in [(key, inner), *walk(inner)]]
    if isinstance(value, list):
        return [pair for inner in value for pair in walk(inner)]
    return []
