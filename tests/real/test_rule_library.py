"""Noord-Holland in cells of 1 km by the rule library alone, against overlays made without flexsite."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
import yaml

import flexsite
from flexsite.study.library import library
from flexsite.study.rule import RouteRule

from .conftest import RD

pytestmark = pytest.mark.shared
NATURE = "natura2000_RVO2026_NL-excl-ZL-DR.gpkg"
PLANS = "plancapaciteit_EIB2020_NH-ZH-FL-GE.gpkg"
SENSITIVE = "stikstofgevoelig = 'True' AND naam IN ('Naardermeer', 'Polder Westzaan')"
"""Two areas: a province of them, with all their corners, takes minutes."""
YEAR = (
    "SELECT *, CASE WHEN OP202024 > 0 OR OPLONB > 0 THEN 2020 WHEN Op202529 > 0 THEN 2025 "
    "WHEN Op20302050 > 0 THEN 2030 END AS start_year FROM plancapaciteit WHERE Aantalrest > 0"
)
NO_LAYER = [
    "nature_network", "primary_defence", "primary_defence_zone", "regional_defence", "lib1", "lib2", "lib3", "lib4",
    "lib5", "risk_contour", "attention_area", "toxic_cloud", "noise_state_roads", "noise_municipal_roads", "noise_rail",
    "noise_industry", "unesco", "protected_landscape", "rural_area", "ladder", "grid",
]  # fmt: skip


@pytest.fixture(scope="module")
def result(data: Path, tmp_path_factory: pytest.TempPathFactory) -> flexsite.Result:
    nature = str(data / NATURE)
    study: dict[str, Any] = {
        "flexsite": 1, "name": "Noord-Holland by the library", "language": "nl", "crs": RD, "date": "2020-07-01",
        "term": 10, "strictness": "medium", "province": "nl-nh",
        "area": {"path": str(data / "provincies_NL_wgs84.geojson"), "where": "provincieCode = 'PV27'"},
        "layers": {
            "natura2000": nature,
            "sensitive": {"path": nature, "where": SENSITIVE, "role": "nitrogen_sensitive"},
            "monitor": {
                "path": str(data / PLANS), "sql": YEAR, "role": "plans",
                "columns": {"status": "Planstatus", "homes": "Aantalrest"},
            },
        },
        "candidates": {"grid": 1000},
        "rules": [
            "nl/natura2000", "nl/plans", "nl/nature_network", "nl/flood_defences", "nl/lib", "nl/external_safety",
            "nl/noise", "nl/unesco", "nl-nh/protected_landscape", "nl-nh/rural_area", "nl/ladder",
            "nl/nitrogen_distance", "nl/grid", "nl-ut/limes_buffer",
        ],
        "outputs": ["parquet"],
    }  # fmt: skip
    path = tmp_path_factory.mktemp("library") / "study.yaml"
    path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    return flexsite.run(flexsite.load(path))


@pytest.fixture(scope="module")
def plans(data: Path, province: Any) -> gpd.GeoDataFrame:
    """Plans of the province with homes left, by kind of status and by how they are drawn, read in plain Python."""
    frame = gpd.read_file(data / PLANS)
    frame = frame[frame["Aantalrest"] > 0].reset_index(drop=True).to_crs(RD)
    frame["geometry"] = frame.geometry.make_valid()
    area = frame.geometry.area
    kinds = {"1": "plans_hard", "2": "plans_hard", "3": "plans_in_procedure"}
    frame["rule"] = [kinds.get(status[0], "plans_soft") for status in frame["Planstatus"]]
    frame["unclear"] = (area < 100) | (frame["Aantalrest"] / (area / 1e4) < 1)
    return frame[frame.intersects(province)]


@pytest.fixture(scope="module")
def steps(result: flexsite.Result) -> Any:
    return result.waterfall.set_index("rule")


def test_natura_2000_takes_34437_ha(steps: Any) -> None:
    assert steps.loc["natura2000", "removed_ha"] == pytest.approx(34_437, abs=0.5)


@pytest.mark.parametrize("rule", ["plans_hard", "plans_in_procedure", "plans_soft"])
def test_plans_touch_what_is_drawn_clearly(steps: Any, plans: gpd.GeoDataFrame, province: Any, rule: str) -> None:
    own = plans[(plans["rule"] == rule) & ~plans["unclear"]]
    ground = shapely.intersection(own.geometry.union_all(), province).area / 1e4
    assert len(own) > 80 and ground > 500
    assert steps.loc[rule, "touched_ha"] == pytest.approx(ground, abs=0.1)
    assert (steps.loc[rule, "removed_ha"] > 0) == (rule != "plans_soft")


def test_plans_without_a_clear_border_take_nothing(steps: Any, plans: gpd.GeoDataFrame, province: Any) -> None:
    ground = shapely.intersection(plans[plans["unclear"]].geometry.union_all(), province).area / 1e4
    row = steps.loc["plans_unclear"]
    assert row["touched_ha"] == pytest.approx(ground, abs=0.1) and ground > 50
    assert (row["effect"], row["removed_ha"]) == ("mark", 0)


def test_nitrogen_is_a_distance_to_sensitive_nature_alone(result: flexsite.Result, data: Path) -> None:
    frame = gpd.read_file(data / NATURE)
    sensitive = (
        frame[frame["naam"].isin(["Naardermeer", "Polder Westzaan"])].to_crs(RD).geometry.make_valid().to_numpy()
    )
    assert len(sensitive) == 2
    sites = result.sites.iloc[::50]
    tree = shapely.STRtree(sensitive)
    far = tree.query_nearest(sites.geometry.to_numpy(), return_distance=True, all_matches=False)[1]
    assert np.allclose(sites["nitrogen_distance_m"], far, atol=0.01)
    assert (far < 3_000).any() and (far > 10_000).any()


def test_real_zoning_plans_hold_no_main_group_that_the_library_does_not_know(data: Path) -> None:
    """Four plans of 2006 to 2016; pipes and values are double zones, which the layer of the role leaves out."""
    files = sorted(data.glob("bestemmingsplan_IMRO*.gml"))
    found = {
        group.strip()
        for file in files
        for group in re.findall(r"bestemmingshoofdgroep>([^<]+)<", file.read_text(encoding="utf-8", errors="replace"))
    }
    zoning = RouteRule.model_validate(library()[0]["nl/zoning"].written_out("zoning", None, {}))
    known = {value for values in zoning.listed().values() for value in values}
    assert len(files) == 4 and len(found) > 12
    assert found - known - {""} == {"leiding", "waarde"}


def test_what_has_no_layer_is_unknown_in_the_whole_province(result: flexsite.Result, steps: Any) -> None:
    assert [one.id for one in result.study.untested] == NO_LAYER
    assert set(result.sites["unknown"]) == {";".join(NO_LAYER)}
    left = steps.loc["known_projects", "area_ha"]
    assert all(steps.loc[NO_LAYER, "unknown_ha"] == left) and all(steps.loc[NO_LAYER, "removed_ha"] == 0)
    assert result.study.elsewhere == ("nl-ut/limes_buffer",)
