"""Rules of the library at work: each on ground of its own, the cases of the source bundle, and what is not tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

import flexsite
from flexsite.outputs.map_data import assumptions, map_data
from flexsite.outputs.record import record
from flexsite.screening import screen
from flexsite.study.library import Row, library

from .helpers import (
    PROFILE,
    box,
    cli,
    ids,
    line,
    one_parcel,
    point,
    profile_file,
    raster,
    run_study,
    study_file,
    vector,
)

ROWS = library()[0]
APART = 30_000.0
"""Metres between the parcels of two rules: more than any buffer reaches."""


class World:
    """A parcel for each rule of a province, and a layer for each role with a feature on the parcels of its rules."""

    def __init__(self, folder: Path, province: str) -> None:
        self.rows = [
            row for row in ROWS.values() if row.province in {None, province} and row.effect != "keep"
        ]  # fmt: skip
        roles = [row.role for row in self.rows if "above" in row.rule]
        self.place = {
            row.id: roles.index(row.role) if "above" in row.rule else len(roles) + k for k, row in enumerate(self.rows)
        }
        self.layers: dict[str, Any] = {"parcels": "parcels.gpkg"}
        corners = [self.corner(place) for place in range(len(roles) + len(self.rows))]
        vector(folder / "parcels.gpkg", [box(x, y, x + 100, y + 100) for x, y in corners], code=[
            f"P{place}" for place in range(len(corners))
        ])  # fmt: skip
        vector(folder / "area.gpkg", [box(-1e3, -1e3, 400e3, 400e3)])
        for role in dict.fromkeys(row.role for row in self.rows):
            self.layers[role] = self.layer(folder, role)
        study = {
            "flexsite": 1, "name": "All rules", "crs": "EPSG:28992", "date": "2026-01-01", "term": 15,
            "strictness": "soft", "province": province, "area": "area.gpkg", "layers": self.layers,
            "candidates": {"layer": "parcels", "id": "code"}, "rules": [row.id for row in self.rows],
            "profiles": [{**PROFILE, "unit": {"homes_per_ha": 200}}], "outputs": ["parquet"],
        }  # fmt: skip
        self.result = run_study(study_file(folder, study))

    def corner(self, place: int) -> tuple[float, float]:
        return (place % 12) * APART, (place // 12) * APART

    def layer(self, folder: Path, role: str) -> Any:
        rows = [row for row in self.rows if row.role == role]
        if "above" in rows[0].rule:
            x, y = self.corner(self.place[rows[0].id])
            loud = max(row.rule["above"] for row in rows) + 1
            raster(folder / f"{role}.tif", [[loud]], cell=100, left=x, top=y + 100)
            return {"path": f"{role}.tif"}
        names = dict.fromkeys(name for row in rows for name in [*row.columns, *row.rule.get("match", {})])
        columns = {name: [held(row, name) for row in rows] for name in names}
        vector(folder / f"{role}.gpkg", [self.feature(row) for row in rows], **columns)
        return {"path": f"{role}.gpkg", "role": role}

    def feature(self, row: Row) -> Any:
        x, y = self.corner(self.place[row.id])
        if row.holds.startswith("lines"):
            return line((x - 50, y + 50), (x + 150, y + 50))
        if row.holds.startswith("points"):
            return point(x + 50, y + 50)
        return box(x - 10, y - 10, x + 110, y + 110)

    def touched(self, row: Row) -> tuple[float, float]:
        """m2 that the rule took from its parcel, and touched."""
        taken = self.result.taken
        own = taken[(taken["candidate_id"] == f"P{self.place[row.id]}") & (taken["rule"] == row.rule_id)]
        return float(own["taken_m2"].sum()), float(own["touched_m2"].sum())

    def site(self, row: Row) -> dict[str, Any]:
        sites = self.result.sites
        found = sites[sites["candidate_id"] == f"P{self.place[row.id]}"].to_dict("records")
        assert len(found) == 1, row.id
        return dict(found[0])


def held(row: Row, name: str) -> Any:
    """A value of a column that meets the condition of a rule."""
    condition = row.rule.get("match", {}).get(name)
    if row.effect == "route":
        return "agrarisch"
    if name == "start_year":
        return 2027
    if condition is None:
        return 1 if name in {"homes", "kv", "lden", "bbg"} else "something"
    if isinstance(condition, list):
        return condition[0]
    if "in" in condition:
        return condition["in"][0]
    if "not_in" in condition:
        return {"status": "4A", "programme": "permanent", "drawn": "thin"}[name]
    return condition["at_least"]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    return {name: World(tmp_path_factory.mktemp(name), name) for name in ("nl-nh", "nl-ut", "nl-zh")}


@pytest.mark.parametrize("province", ["nl-nh", "nl-ut", "nl-zh"])
def test_every_rule_does_on_its_own_ground_what_it_says(worlds: dict[str, World], province: str) -> None:
    world = worlds[province]
    assert world.result.study.untested == () and world.result.study.elsewhere == ()
    for row in world.rows:
        if row.effect == "score":
            assert world.site(row)[f"{row.rule_id}_m"] == 0, row.id
            continue
        if row.effect == "route":
            assert world.site(row)["route"] == "deviation"
            continue
        took, touched = world.touched(row)
        assert touched > 0, f"{row.id} does not reach its own ground"
        assert (took > 0) == (row.effect == "exclude"), row.id
        if row.effect == "cap":
            homes = world.result.suitability.set_index("site_id").loc[world.site(row)["site_id"]]
            assert (homes["homes"], homes["homes_fit"]) == (25, 200)


def test_no_rule_reaches_the_ground_of_another_role(worlds: dict[str, World]) -> None:
    world = worlds["nl-nh"]
    role = {f"P{world.place[row.id]}": row.role for row in world.rows}
    of_rule = {row.rule_id: row.role for row in world.rows}
    touched = world.result.taken[world.result.taken["touched_m2"] > 0]
    for parcel, rule in zip(touched["candidate_id"], touched["rule"], strict=True):
        assert of_rule[rule] == role[parcel], (parcel, rule)


def test_open_ground_alone_is_kept(tmp_path: Path) -> None:
    vector(tmp_path / "bbg.gpkg", [box(0, 0, 50, 100), box(50, 0, 80, 100)], bbg=[51, 20])
    study = one_parcel(tmp_path, layers={"land_use": "bbg.gpkg"}, rules=["nl/land_use_open"])
    assert run_study(study).sites["area_m2"].tolist() == [5000]


# Cases 1 and 2 of the source bundle, with the library instead of rules of one's own.


def test_case_1_agricultural_zoning_is_a_route_and_no_knock_out(tmp_path: Path) -> None:
    vector(tmp_path / "zoning.gpkg", [box(-50, -50, 150, 150)], bestemmingshoofdgroep=["agrarisch"])
    result = run_study(one_parcel(tmp_path, layers={"zoning": "zoning.gpkg"}, rules=["nl/zoning"]))
    told = result.sites[["site_id", "route", "route_share", "area_m2"]].to_dict("records")
    assert told == [{"site_id": "K1", "route": "deviation", "route_share": 1, "area_m2": 10000}]


def test_case_2_inside_natura_2000_is_rejected_and_the_layer_named(tmp_path: Path) -> None:
    vector(tmp_path / "zoning.gpkg", [box(-50, -50, 150, 150)], bestemmingshoofdgroep=["agrarisch"])
    vector(tmp_path / "nature.gpkg", [box(-10, -10, 110, 110)], name=["Invented dunes"])
    layers = {"zoning": "zoning.gpkg", "dunes": {"path": "nature.gpkg", "role": "natura2000"}}
    result = run_study(one_parcel(tmp_path, layers=layers, rules=["nl/natura2000", "nl/zoning"]))
    assert len(result.sites) == 0
    taken = result.taken[result.taken["taken_m2"] > 0]
    told = list(zip(taken["candidate_id"], taken["rule"], taken["taken_m2"], strict=True))
    assert told == [("K1", "natura2000", 10000)]
    assert result.study.rules[0].layer == "dunes"


@pytest.mark.parametrize(("term", "left"), [(10, 10000), (15, 6000)])
def test_noise_takes_ground_only_from_homes_for_more_than_ten_years(tmp_path: Path, term: int, left: float) -> None:
    """60 dB of a State road is no more than the limit; 60.1 is."""
    raster(tmp_path / "roads.tif", [[60, 60, 60, 60.1, 75]], cell=20)
    layers = {"noise_state_roads": {"path": "roads.tif", "coverage": "complete"}}
    vector(tmp_path / "area.gpkg", [box(-1000, -1000, 1000, 1000)])
    study = one_parcel(tmp_path, term=term, layers=layers, rules=["nl/noise_state_roads"])
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 100, 20)], code=["K1"])
    result = run_study(study)
    assert result.sites["area_m2"].tolist() == [left / 5]
    assert ids(result.sites["marks"].iloc[0]) == (["noise_state_roads"] if term == 10 else [])


def test_plans_take_by_status_and_a_plan_for_flex_homes_never(tmp_path: Path) -> None:
    """Six parcels of a hectare with a plan each, wanted in two years."""
    plots = [box(x, 0, x + 100, 100) for x in range(0, 1200, 200)]
    vector(
        tmp_path / "plans.gpkg", plots, start_year=[2028] * 6, homes=[30, 30, 30, 30, 30, 0.5],
        status=["1A Onherroepelijk", "3 In voorbereiding", "4A Visie", None, "2A Vastgesteld", "1A Onherroepelijk"],
        programme=["permanent", "permanent", "permanent", "permanent", "Flexwoningen", "permanent"],
    )  # fmt: skip
    layers = {"register": {"path": "plans.gpkg", "role": "plans"}}
    study = one_parcel(tmp_path, layers=layers, rules=["nl/plans"], strictness="hard")
    vector(tmp_path / "area.gpkg", [box(-1000, -1000, 2000, 1000)])
    vector(tmp_path / "parcels.gpkg", plots, code=[f"K{k}" for k in range(6)])
    found = {row.site_id: ids(row.marks) for row in run_study(study).sites.itertuples()}
    assert found == {
        "K1": ["plans_in_procedure"], "K2": ["plans_soft"], "K3": ["plans_soft"], "K4": ["known_projects"],
        "K5": ["plans_unclear"],
    }  # fmt: skip
    stricter = flexsite.run(flexsite.load(study, {"strictness": "medium"}))
    assert "K1" not in set(stricter.sites["site_id"])


WABO = [("allowed", "within_plan_wabo", 8), ("deviation", "kruimel", 13), ("deviation", "zoning_plan", None)]
OMGEVINGSWET = [
    ("allowed", "within_plan", 8), ("deviation", "bopa_regular", 8), ("deviation", "bopa_extended", 26),
    ("deviation", "plan_change", None),
]  # fmt: skip


@pytest.mark.parametrize(("day", "told"), [("2023-12-31", WABO), ("2024-01-01", OMGEVINGSWET)])
def test_the_permits_are_those_of_the_law_on_the_date_of_the_study(
    tmp_path: Path, day: str, told: list[tuple[str, str, int | None]]
) -> None:
    vector(
        tmp_path / "zoning.gpkg", [box(-50, -50, 150, 150), box(150, -50, 500, 150)],
        bestemmingshoofdgroep=["wonen", "sport"],
    )  # fmt: skip
    study = one_parcel(tmp_path, date=day, layers={"zoning": "zoning.gpkg"}, rules=["nl/zoning"])
    vector(tmp_path / "parcels.gpkg", [box(x, 0, x + 100, 100) for x in (0, 200, 320)], code=["K1", "K2", "K3"])
    out = tmp_path / "out"
    assert cli("run", study, "--out", out, "--quiet", "--no-cache").code == 0
    table = pd.read_csv(out / "permits.csv")
    weeks = [None if np.isnan(value) else int(value) for value in table["weeks"]]
    assert list(zip(table["route"], table["permit"], weeks, strict=True)) == told
    assert table.loc[table["weeks"] == 8, "appeal"].tolist() == [12] * (table["weeks"] == 8).sum()
    assert table.loc[table["weeks"].isna() | (table["weeks"] == 26), "appeal"].eq(6).all()
    assert set(zip(table["route"], table["sites"], table["area_ha"], strict=True)) == {
        ("allowed", 1, 1), ("deviation", 2, 2),
    }  # fmt: skip


def test_a_plot_without_a_site_needs_no_permit(tmp_path: Path) -> None:
    """Of two plots one lies in nature: it stands in the list, and not in the table."""
    vector(tmp_path / "zoning.gpkg", [box(-50, -50, 500, 150)], bestemmingshoofdgroep=["agrarisch"])
    vector(tmp_path / "nature.gpkg", [box(190, -10, 310, 110)])
    vector(tmp_path / "plots.gpkg", [box(0, 0, 100, 100), box(200, 0, 300, 100)], plot_id=["free", "taken"])
    layers = {"zoning": "zoning.gpkg", "natura2000": "nature.gpkg"}
    study = one_parcel(tmp_path, layers=layers, rules=["nl/natura2000", "nl/zoning"])
    screening = screen(tmp_path / "plots.gpkg", flexsite.load(study))
    assert screening.plots.set_index("plot_id")["verdict"].to_dict() == {"free": "available", "taken": "excluded"}
    table = screening.result.tables["permits"]
    assert set(zip(table["route"], table["sites"], table["area_ha"], strict=True)) == {("deviation", 1, 1)}


def test_without_a_route_rule_there_is_no_table_of_permits(tmp_path: Path) -> None:
    assert "permits" not in run_study(one_parcel(tmp_path, province="nl-nh")).tables


@pytest.mark.parametrize(
    ("changes", "told"), [({}, False), ({"province": "nl-nh"}, True), ({"rules": "nl/grid"}, True)]
)
def test_dutch_permits_are_told_of_dutch_studies_alone(tmp_path: Path, changes: dict[str, Any], told: bool) -> None:
    vector(tmp_path / "plan.gpkg", [box(-50, -50, 150, 150)], use=["Wohnzone"])
    rules = [{"id": "plan", "route": "plan", "column": "use", "allowed": ["Wohnzone"]}]
    changes = {**changes, "rules": [*rules, *filter(None, [changes.get("rules")])]}
    assert ("permits" in run_study(one_parcel(tmp_path, layers={"plan": "plan.gpkg"}, **changes)).tables) is told


ONE = "rule 'lib4': 0 features of layer 'lib' match in this area"
THREE = "3 rules of the library have 0 features in this area: " + ", ".join(
    f"'lib{k}' (layer 'lib')" for k in (1, 2, 3)
)


@pytest.mark.parametrize(("zones", "told"), [(["LIB1", "LIB2", "LIB3", "LIB5"], ONE), (["LIB4", "LIB5"], THREE)])
def test_rules_that_find_nothing_here_are_one_warning(tmp_path: Path, zones: list[str], told: str) -> None:
    from flexsite.cache import Cache

    vector(tmp_path / "lib.gpkg", [box(200, 0, 300, 100)] * len(zones), zone=zones)
    vector(tmp_path / "area.gpkg", [box(-1000, -1000, 1000, 1000)])
    study = flexsite.load(one_parcel(tmp_path, layers={"lib": "lib.gpkg"}, rules=["nl/lib"]))
    vector(tmp_path / "parcels.gpkg", [box(0, 0, 400, 100)], code=["K1"])
    for _ in range(2):  # the second time from the cache
        with Cache(tmp_path / "cache") as cache:
            assert [text for text in flexsite.run(study, cache=cache).warnings if "0 features" in text] == [told]


class TestUntested:
    """Three rules asked for, one layer there: two are unknown on every site, and nothing is free."""

    RULES = ("nl/grid", "nl/natura2000", "nl/unesco")

    @pytest.fixture
    def study(self, tmp_path: Path) -> Path:
        vector(tmp_path / "nature.gpkg", [box(0, 0, 40, 100)])
        vector(tmp_path / "known.gpkg", [box(-900, -900, 60, 900)])
        layers = {"natura2000": {"path": "nature.gpkg", "coverage": "known.gpkg"}}
        profiles = [profile_file(tmp_path, "group")]
        return one_parcel(tmp_path, layers=layers, rules=list(self.RULES), profiles=profiles, language="nl")

    def test_every_site_names_them_after_what_is_unknown_here(self, study: Path) -> None:
        assert run_study(study).sites["unknown"].tolist() == ["natura2000;grid;unesco"]

    def test_they_stand_in_the_waterfall_and_take_nothing(self, study: Path) -> None:
        table = run_study(study).waterfall
        rows = table[table["stage"] == "availability"].set_index("rule")
        assert list(rows.index) == ["start", "natura2000", "grid", "unesco", "min_size"]
        assert rows["step"].tolist() == [0, 1, 2, 3, 4]
        for name, effect, step in (("grid", "mark", "medium"), ("unesco", "exclude", "hard")):
            row = rows.loc[name]
            assert (row["effect"], row["class"]) == (effect, step)
            assert row[["removed_ha", "touched_ha", "only_ha"]].tolist() == [0, 0, 0]
            assert row[["area_ha", "unknown_ha"]].tolist() == [0.6, 0.6] and row["candidates"] == 1

    def test_one_warning_counts_them_and_the_check_tells(self, study: Path) -> None:
        said = [text for text in run_study(study).warnings if "not tested" in text]
        assert len(said) == 1 and said[0].startswith("2 rules") and "grid" in said[0] and "unesco" in said[0]
        checked = cli("check", study)
        assert checked.code == 0 and said[0] in checked.out

    def test_the_record_says_what_and_why_and_can_be_run_again(self, study: Path) -> None:
        out = study.parent / "out"
        assert cli("run", study, "--out", out, "--quiet", "--no-cache").code == 0
        record = json.loads((out / "run.json").read_text(encoding="utf-8"))
        told = {item["id"]: item for item in record["not_tested"]}
        assert list(told) == ["grid", "unesco"]
        assert told["grid"]["label"] == "aansluitcapaciteit niet getoetst" and told["grid"]["certainty"] == "found"
        assert told["unesco"]["role"] == "unesco" and told["unesco"]["holds"]
        (study.parent / "again.yaml").write_text(json.dumps(record["study"]), encoding="utf-8")
        again = run_study(study.parent / "again.yaml")
        assert again.sites["unknown"].tolist() == ["natura2000;grid;unesco"]

    def test_the_map_has_words_for_them_and_counts_what_is_assumed(self, study: Path) -> None:
        result = run_study(study)
        data = map_data(result)
        assert data.untested == ("grid", "unesco")
        labels = {rule.id: rule.label for rule in data.rules}
        assert labels["grid"] == {
            "nl": "aansluitcapaciteit niet getoetst", "en": "capacity to connect to the power grid not tested",
        }  # fmt: skip
        sources = {rule.id: rule.source for rule in data.rules}
        assert sources["natura2000"].startswith("RSopen")
        assumed, all_numbers = assumptions(result.study)
        own = [certainty for profile in result.study.profiles for certainty in profile.certainties()]
        assert all_numbers == len(own) + 3 and assumed == len(own)

    def test_a_plot_that_is_screened_is_not_free_either(self, study: Path) -> None:
        vector(study.parent / "plots.gpkg", [box(50, 0, 100, 100)], plot_id=["mine"])
        plots = screen(study.parent / "plots.gpkg", flexsite.load(study)).plots
        assert plots["unknown"].tolist() == ["natura2000;grid;unesco"]
        assert plots["verdict"].tolist() == ["available"]

    def test_a_preview_and_a_what_if_warn_of_them(self, study: Path) -> None:
        for command in (["whatif", study, "--no-cache"], ["preview", study, "--out", study.parent / "preview"]):
            said = cli(*command)
            assert said.code == 0 and said.says("2 rules of the library are not tested"), said.err

    def test_a_public_run_with_a_private_layer_tells_of_them(self, study: Path) -> None:
        changes = {"audience": "public", "layers.natura2000.private": True}
        tree = record(flexsite.run(flexsite.load(study, changes)))
        assert [item["id"] for item in tree["not_tested"]] == ["grid", "unesco"]
        assert tree["study"]["rules"] == [
            {"id": "withheld"}, {"use": "nl/grid", "id": "grid"}, {"use": "nl/unesco", "id": "unesco"},
        ]  # fmt: skip

    def test_nothing_changes_for_a_study_that_names_its_own_rules(self, tmp_path: Path) -> None:
        result = run_study(one_parcel(tmp_path))
        assert result.sites["unknown"].tolist() == [""]
        assert not [text for text in result.warnings if "not tested" in text]


def test_a_variant_without_a_layer_is_untested_and_equals_a_run_of_its_own(tmp_path: Path) -> None:
    vector(tmp_path / "unesco.gpkg", [box(0, 0, 40, 100)])
    changes: dict[str, Any] = {"rules": ["nl/unesco", "nl/grid"], "outputs": ["parquet"]}
    study = one_parcel(
        tmp_path, layers={"unesco": "unesco.gpkg"}, variants={"wide": {"rules.unesco.buffer": 10}}, **changes
    )
    whole = run_study(study)
    alone = flexsite.run(flexsite.load(study, {"rules.unesco.buffer": 10, "variants": {}}))
    varied = whole.variants["wide"].sites
    assert varied["unknown"].tolist() == alone.sites["unknown"].tolist() == ["grid"]
    assert shapely.area(varied.geometry.to_numpy()).tolist() == shapely.area(alone.sites.geometry.to_numpy()).tolist()
    assert varied["area_m2"].iloc[0] == 5000
