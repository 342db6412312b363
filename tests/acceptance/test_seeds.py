"""The acceptance cases 1-4 and 6-8 that the source bundle gives, one test each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import flexsite

from .helpers import box, empty, ids, one_parcel, point, profile_file, raster, run_study, vector


def zoned(folder: Path, value: str = "agrarisch") -> dict[str, Any]:
    vector(folder / "zoning.gpkg", [box(-50, -50, 150, 150)], doel=[value])
    rule = {"id": "zoning", "route": "plan", "column": "doel", "allowed": ["wonen"], "otherwise": "deviation"}
    return {"layers": {"plan": "zoning.gpkg"}, "rules": [rule]}


def test_case_1_agricultural_zoning_is_a_route_and_no_knock_out(tmp_path: Path) -> None:
    result = run_study(one_parcel(tmp_path, **zoned(tmp_path)))
    assert list(result.sites["site_id"]) == ["K1"]
    assert result.sites["route"].iloc[0] == "deviation"
    assert result.sites["route_share"].iloc[0] == 1
    assert result.sites["area_m2"].iloc[0] == 10000


def test_case_2_inside_natura_2000_is_rejected_and_the_layer_named(tmp_path: Path) -> None:
    changes = zoned(tmp_path)
    vector(tmp_path / "nature.gpkg", [box(-10, -10, 110, 110)], name=["Invented dunes"])
    changes["layers"]["nature"] = "nature.gpkg"
    changes["rules"].insert(0, {"id": "natura2000", "exclude": "nature", "class": "very_hard"})
    result = run_study(one_parcel(tmp_path, **changes))
    assert len(result.sites) == 0
    taken = result.taken[result.taken["taken_m2"] > 0]
    assert list(zip(taken["candidate_id"], taken["rule"], taken["taken_m2"], strict=True)) == [
        ("K1", "natura2000", 10000)
    ]
    step = result.waterfall.set_index("rule").loc["natura2000"]
    assert (step["candidates"], step["area_ha"], step["removed_ha"]) == (0, 0, 1)


def planned(folder: Path, year: int, term: int) -> flexsite.Result:
    vector(folder / "plans.gpkg", [box(0, 0, 100, 100)], start=[year])
    rules = [{"id": "plans", "exclude": "plans", "until": "start"}]
    return run_study(one_parcel(folder, term=term, layers={"plans": "plans.gpkg"}, rules=rules))


@pytest.mark.parametrize(
    ("years", "term", "kept"), [(8, 10, False), (12, 10, True), (12, 15, False), (8, 5, True), (10, 10, True)]
)
def test_case_3_a_permanent_plan_within_the_horizon_takes_the_ground(
    tmp_path: Path, years: int, term: int, kept: bool
) -> None:
    sites = planned(tmp_path, 2026 + years, term).sites
    assert len(sites) == kept
    if kept:
        assert sites["net_years"].iloc[0] == years
        assert pd.Timestamp(str(sites["available_until"].iloc[0])) == pd.Timestamp(2026 + years, 1, 1)


def test_case_4_outside_the_plan_capacity_coverage_is_unknown_not_free(tmp_path: Path) -> None:
    vector(tmp_path / "area.gpkg", [box(-1000, -1000, 1000, 1000)])
    vector(tmp_path / "plans.gpkg", [box(-500, 0, -400, 100)], start=[2027])
    vector(tmp_path / "known.gpkg", [box(-900, -900, -50, 900)])
    changes = {
        "layers": {"plans": {"path": "plans.gpkg", "coverage": "known.gpkg"}},
        "rules": [{"id": "plans", "exclude": "plans", "until": "start"}],
    }
    path = one_parcel(tmp_path, **changes)
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 100, 100), box(-200, 0, -100, 100)], code=["K1", "K2"])
    result = run_study(path)
    unknown = {row.site_id: ids(row.unknown) for row in result.sites.itertuples()}
    assert unknown == {"K1": ["plans"], "K2": []}
    step = result.waterfall.set_index("rule").loc["plans"]
    assert (step["unknown_ha"], step["removed_ha"], step["area_ha"]) == (1, 0, 2)


# Cases 6 and 7 with profiles of our own, then with the built-in ones.


def served(folder: Path, stop: float, shop: float) -> dict[str, Any]:
    """A stop and a shop at so many metres from the parcel."""
    vector(folder / "stops.gpkg", [point(100 + stop, 50)])
    vector(folder / "shops.gpkg", [point(100 + shop, 50)])
    measures = [
        {"id": "stop_crow", "to": "stops", "mode": "straight"},
        {"id": "supermarket", "to": "shops", "mode": "straight"},
    ]
    return {"layers": {"stops": "stops.gpkg", "shops": "shops.gpkg"}, "access": {"measures": measures}}


def verdict(result: flexsite.Result, name: str) -> dict[str, Any]:
    rows = result.suitability[result.suitability["profile"] == name].to_dict("records")
    assert len(rows) == 1
    return rows[0]  # type: ignore[no-any-return]


def test_case_6_no_car_and_no_public_transport_is_out_whatever_the_scores(tmp_path: Path) -> None:
    criteria = {"shop": {"measure": "supermarket", "best": 100, "worst": 1000, "weight": 100}}
    requires = {"pt": {"measure": "stop_crow", "at_most": 500}}
    names = [
        profile_file(tmp_path, "carless", requires=requires, criteria=criteria),
        profile_file(tmp_path, "small_green", criteria=criteria),
    ]
    result = run_study(one_parcel(tmp_path, profiles=names, **served(tmp_path, stop=501, shop=10)))
    out = verdict(result, "carless")
    assert not out["suitable"] and out["failed"] == "pt" and empty(out["rank"])
    kept = verdict(result, "small_green")
    assert kept["suitable"] and kept["rank"] == 1 and kept["score"] == 100


def test_case_7_a_shuttle_admits_what_is_refused_without_it(tmp_path: Path) -> None:
    requires = {
        "pt": {"measure": "stop_crow", "at_most": 500},
        "shop": {"measure": "supermarket", "at_most": 1000},
    }
    names = [profile_file(tmp_path, "migrant", requires=requires), profile_file(tmp_path, "migrant_shuttle")]
    result = run_study(one_parcel(tmp_path, profiles=names, **served(tmp_path, stop=700, shop=900)))
    assert not verdict(result, "migrant")["suitable"]
    assert verdict(result, "migrant")["failed"] == "pt"
    assert verdict(result, "migrant_shuttle")["suitable"]


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> flexsite.Result:
    """A quiet, liveable parcel of four hectares, far from everything, for the built-in profiles."""
    folder = tmp_path_factory.mktemp("remote")
    vector(folder / "far.gpkg", [point(4100, 100)], jobs=[500])
    vector(folder / "near.gpkg", [point(210, 100)], jobs=[20])
    raster(folder / "noise.tif", [[42.0]], cell=400, left=-100, top=300)
    raster(folder / "liveability.tif", [[5.0]], cell=400, left=-100, top=300)
    places = ("stop_crow", "station_crow", "stop", "station", "supermarket", "primary_school", "doctor")
    measures: list[dict[str, Any]] = [{"id": name, "to": "far", "mode": "straight"} for name in places]
    measures += [
        {"id": "park", "to": "near", "mode": "straight"},
        {"id": "jobs", "sum": "jobs", "of": "near", "mode": "straight", "within": 1000},
        {"id": "dwellings", "count": "near", "mode": "straight", "within": 1000},
        {"id": "noise", "value": "noise", "statistic": "mean"},
        {"id": "liveability", "value": "liveability", "statistic": "mean"},
    ]
    path = one_parcel(
        folder,
        layers={"far": "far.gpkg", "near": "near.gpkg", "noise": "noise.tif", "liveability": "liveability.tif"},
        access={"measures": measures},
        profiles=["starter", "student", "tiny_house", "labour_migrant", "labour_migrant_shuttle"],
    )
    vector(folder / "parcels.gpkg", [box(0, 0, 200, 200)], code=["K1"])
    return run_study(path)


def test_case_6_with_the_built_in_profiles(remote: flexsite.Result) -> None:
    for name in ("starter", "student"):
        row = verdict(remote, name)
        assert not row["suitable"] and empty(row["rank"])
    row = verdict(remote, "tiny_house")
    assert row["suitable"], row["failed"]


def test_case_7_with_the_built_in_profiles(remote: flexsite.Result) -> None:
    assert not verdict(remote, "labour_migrant")["suitable"]
    assert verdict(remote, "labour_migrant_shuttle")["suitable"], verdict(remote, "labour_migrant_shuttle")["failed"]


def test_case_8_the_waterfall_tells_sites_hectares_and_homes_and_adds_up(tmp_path: Path) -> None:
    vector(tmp_path / "nature.gpkg", [box(0, 0, 100, 30)])
    vector(tmp_path / "built.gpkg", [box(0, 20, 100, 50)])
    changes = served(tmp_path, stop=400, shop=900)
    changes["layers"] |= {"nature": "nature.gpkg", "built": "built.gpkg"}
    requires = {
        "pt": {"measure": "stop_crow", "at_most": 500},
        "shop": {"measure": "supermarket", "at_most": 500},
    }
    rules = [{"id": "natura2000", "exclude": "nature"}, {"id": "built", "exclude": "built"}]
    names = [profile_file(tmp_path, "starter_like", requires=requires)]
    path = one_parcel(tmp_path, rules=rules, profiles=names, **changes)
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 100, 100), box(-1000, 0, -900, 100)], code=["K1", "K2"])
    table = run_study(path).waterfall
    ground = table[table["stage"] == "availability"]
    # 2 ha; nature takes 0.3; buildings 0.3, of which 0.1 was gone: 0.2
    assert list(ground["area_ha"]) == pytest.approx([2, 1.7, 1.5, 1.5], abs=1e-9)
    assert list(ground["only_ha"].iloc[1:3]) == pytest.approx([0.2, 0.2], abs=1e-9)
    assert ground["sites"].iloc[-1] == 2
    funnel = table[table["stage"] == "suitability"]
    # K1 0.5 ha 20 homes, K2 1 ha 40 homes; K2's stop lies 1.4 km off; no shop is near K1
    assert list(funnel["rule"]) == ["available", "pt", "shop", "term", "homes.min"]
    assert list(funnel["sites"]) == [2, 1, 0, 0, 0]
    assert list(funnel["area_ha"]) == pytest.approx([1.5, 0.5, 0, 0, 0], abs=1e-9)
    assert list(funnel["homes"]) == [60, 20, 0, 0, 0]
    for part in (ground, funnel):
        removed = part["removed_ha"].fillna(0).iloc[1:]
        for gone, after in zip(removed.cumsum(), part["area_ha"].iloc[1:], strict=True):
            assert gone + after == pytest.approx(part["area_ha"].iloc[0], abs=1e-9)
