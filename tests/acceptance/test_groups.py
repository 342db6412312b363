"""Groups of the source bundle in whole runs: signs that turn, alternatives, and the relations that must hold."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import flexsite

from .helpers import box, cli, point, run_study, study_file, vector


def two_parcels(folder: Path, **changes: Any) -> dict[str, Any]:
    """K1 lies 2 km from 40 homes, K2 lies 50 m from them; a stop and a shop at 200 m from each."""
    far = 2150
    vector(folder / "parcels.gpkg", [box(0, 0, 100, 100), box(far, 0, far + 100, 100)], code=["K1", "K2"])
    vector(folder / "area.gpkg", [box(-10, -10, far + 110, 110)])
    homes = [point(far + 150 + x, y) for x in (0, 10, 20, 30) for y in range(0, 100, 10)]
    vector(folder / "homes.gpkg", homes)
    vector(folder / "near.gpkg", [point(50, -200), point(far + 50, -200)])
    near = dict.fromkeys(("stops", "shops"), "near.gpkg")
    measures = [
        {"id": "dwellings", "count": "homes", "mode": "straight", "within": 250},
        {"id": "stop_crow", "to": "stops", "mode": "straight"},
        {"id": "supermarket", "to": "shops", "mode": "straight"},
    ]
    return {
        "flexsite": 1, "name": "two", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10,
        "area": {"path": "area.gpkg"}, "layers": {"parcels": "parcels.gpkg", "homes": "homes.gpkg", **near},
        "candidates": {"layer": "parcels", "id": "code"}, "access": {"measures": measures},
        "outputs": ["parquet", "tables"],
    } | changes  # fmt: skip


def test_g15_skaeve_huse_turn_away_from_homes_and_students_towards_them(tmp_path: Path) -> None:
    """Seeds-demand G15. That students weigh neighbours at all is a policy choice, which the study makes here."""
    students = {"id": "student", "extends": "student", "criteria": {"dwellings": {"weight": 30}}}
    result = run_study(study_file(tmp_path, two_parcels(tmp_path, profiles=["skaeve_huse", students])))
    ranks = result.suitability.set_index(["profile", "site_id"])["rank"]
    assert ranks["skaeve_huse"].to_dict() == {"K1": 1, "K2": 2}
    assert ranks["student"].to_dict() == {"K1": 2, "K2": 1}
    dwellings = result.sites.set_index("site_id")["dwellings_n"]
    assert dwellings.to_dict() == {"K1": 0, "K2": 40}
    best = result.tables["best_for"].set_index("site_id")
    assert best.loc["K1", ["best_for", "next_best"]].tolist() == ["skaeve_huse", "student"]
    assert best.loc["K2", ["best_for", "next_best"]].tolist() == ["student", "skaeve_huse"]


def test_a_milieu_runs_like_a_profile_through_every_output(tmp_path: Path) -> None:
    listed = ["starter", "tiny_house_community", {"id": "mine", "groups": {"starter": 70, "tiny_house": 30}}]
    changes = {"profiles": listed, "outputs": ["parquet", "gpkg", "map", "tables"], "variants": {"dense": {
        "profiles.tiny_house_community.unit.homes_per_ha": 18}}}  # fmt: skip
    study = study_file(tmp_path, two_parcels(tmp_path, **changes))
    result = run_study(study)
    result.write(tmp_path / "out")
    homes = result.suitability.set_index(["profile", "site_id"])["homes"]
    assert homes["tiny_house_community", "K1"] == 13
    # 0.7 / 80 + 0.3 / 13 ha per home
    assert homes["mine", "K1"] == math.floor(1 / (0.7 / 80 + 0.3 / 13))
    dense = result.variants["dense"].suitability.set_index(["profile", "site_id"])["homes"]
    assert dense["tiny_house_community", "K1"] == 18
    best = pd.read_parquet(tmp_path / "out" / "best_for.parquet")
    assert best["groups_n"].tolist() == [1, 1]
    assert best["groups"].tolist() == ["starter", "starter"]
    written = pd.read_csv(tmp_path / "out" / "robustness.csv", keep_default_na=False)
    assert set(written["variant"]) == {"base", "dense"}
    assert (tmp_path / "out" / "map.html").stat().st_size > 10_000
    again = flexsite.load(study)
    assert again.profiles[2].groups == {"starter": 0.7, "tiny_house": 0.3}


def test_the_two_products_that_people_ask_for_load_everywhere(tmp_path: Path) -> None:
    study = study_file(tmp_path, two_parcels(tmp_path, profiles=["starter", "tiny_house_community"]))
    checked = cli("check", study)
    assert checked.code == 0, checked.err
    wrong = study_file(tmp_path, two_parcels(tmp_path, profiles=["starter", "tiny_house_comunity"]), "wrong.yaml")
    refused = cli("check", wrong)
    assert refused.code == 2
    assert refused.says("did you mean 'tiny_house_community'?")
    (tmp_path / "mine.yaml").write_text("id: mine\nextends: starter\nfunction: care\n", encoding="utf-8")
    care = study_file(tmp_path, two_parcels(tmp_path, profiles=["mine.yaml"]), "care.yaml")
    assert cli("check", care).says("care is no flex home")
    assert '"ProfileVariant"' in cli("schema").out
    assert "tiny_house_community" in cli("init").out


@pytest.fixture(scope="module")
def corner(root: Path) -> flexsite.Result:
    """The corner of the invented region, with demands on jobs that some of its sites meet."""
    study = flexsite.load(
        root / "data" / "small" / "study.yaml", {"profiles.labour_migrant.requires.jobs.at_least": 100}
    )
    return flexsite.run(study)


def suitable(result: flexsite.Result, profile: str) -> pd.DataFrame:
    table = result.suitability
    return table[(table["profile"] == profile) & table["suitable"]]


def test_the_best_sites_of_tiny_houses_and_of_starters_are_other_sites(corner: flexsite.Result) -> None:
    """Top deciles overlap less than 20 %: as shares of both together, and among sites that suit both."""
    both = set(suitable(corner, "tiny_house")["site_id"]) & set(suitable(corner, "starter")["site_id"])
    assert len(both) > 20
    for among in (None, both):
        tops = []
        for profile in ("tiny_house", "starter"):
            rows = suitable(corner, profile)
            rows = rows if among is None else rows[rows["site_id"].isin(among)]
            tops.append(set(rows.nsmallest(math.ceil(len(rows) / 10), "rank")["site_id"]))
        assert all(tops)
        assert len(tops[0] & tops[1]) < 0.2 * len(tops[0] | tops[1])


def test_a_shuttle_admits_a_strict_superset_of_sites(corner: flexsite.Result) -> None:
    own = set(suitable(corner, "labour_migrant")["site_id"])
    shuttle = set(suitable(corner, "labour_migrant_shuttle")["site_id"])
    assert own
    assert own < shuttle


def test_case_13_on_the_corner_the_shift_from_refugees_to_students(corner: flexsite.Result) -> None:
    table = corner.tables["robustness"].set_index(["from", "to"])
    row = table.loc[("statushouder", "student")]
    ids = set(suitable(corner, "statushouder")["site_id"])
    kept = ids & set(suitable(corner, "student")["site_id"])
    assert row["sites"] == len(kept) > 0
    area = corner.sites.set_index("site_id")["area_m2"]
    assert row["area_ha"] == pytest.approx(area[sorted(kept)].sum() / 1e4)
    best = corner.tables["best_for"]
    assert best["site_id"].tolist() == corner.sites["site_id"].tolist()
    assert (best["best_for"] == "").tolist() == (best["groups_n"] == 0).tolist()
