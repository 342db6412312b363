"""Noord-Holland in cells of 250 m: every figure against an overlay made without flexsite."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import flexsite

from .conftest import RD, run

pytestmark = pytest.mark.shared
NATURE = "natura2000_RVO2026_NL-excl-ZL-DR.gpkg"
PLANS = "plancapaciteit_EIB2020_NH-ZH-FL-GE.gpkg"
COVERED = {
    "Aalsmeer", "Amstelveen", "Amsterdam", "Diemen", "Edam-Volendam", "Haarlemmermeer", "Landsmeer", "Oostzaan",
    "Ouder-Amstel", "Purmerend", "Uithoorn", "Waterland", "Wormerland", "Zaanstad",
}  # fmt: skip


def ground_of(frame: gpd.GeoDataFrame, province: Any) -> Any:
    """Union of polygons in RD within the province."""
    return shapely.intersection(frame.to_crs(RD).geometry.make_valid().union_all(), province)


@pytest.fixture(scope="module")
def areas(data: Path, province: Any) -> gpd.GeoDataFrame:
    """Natura 2000 areas near the province in RD, as they are, and valid."""
    frame = gpd.read_file(data / NATURE).to_crs(RD)
    valid = frame.geometry.make_valid(method="structure")
    return frame.assign(valid=valid)[valid.intersects(shapely.box(*province.bounds))]


@pytest.fixture(scope="module")
def nature(areas: gpd.GeoDataFrame, province: Any) -> Any:
    return shapely.intersection(areas["valid"].union_all(), province)


@pytest.fixture(scope="module")
def plans(data: Path) -> gpd.GeoDataFrame:
    """Plans with homes left, with the year and kind of status derived in Python."""
    frame = gpd.read_file(data / PLANS)
    frame = frame[frame["Aantalrest"] > 0].reset_index(drop=True)
    kinds = {"1": "plans_hard", "2": "plans_hard", "3": "plans_in_procedure", "4": "plans_soft", "5": "plans_soft"}
    frame["rule"] = [kinds.get(status[0], "plans_soft") for status in frame["Planstatus"]]
    now = (frame["OP202024"] > 0) | (frame["OPLONB"] > 0)
    later = np.where(frame["Op202529"] > 0, 2025, np.where(frame["Op20302050"] > 0, 2030, 0))
    frame["year"] = np.where(now, 2020, later)
    return frame


def waterfall(result: flexsite.Result, variant: str = "base") -> pd.DataFrame:
    table = result.waterfall[(result.waterfall["variant"] == variant) & (result.waterfall["stage"] == "availability")]
    return table.set_index("rule")


def suitable(result: flexsite.Result, profile: str) -> set[str]:
    judged = result.suitability[(result.suitability["profile"] == profile) & result.suitability["suitable"]]
    return set(judged["site_id"])


class TestAvailability:
    """What the rules take."""

    def test_the_cells_fill_the_province(self, noord_holland: flexsite.Result, province: Any) -> None:
        assert waterfall(noord_holland).loc["start", "area_ha"] == pytest.approx(province.area / 1e4, abs=0.05)

    def test_natura_2000_takes_34437_ha(self, noord_holland: flexsite.Result, nature: Any) -> None:
        row = waterfall(noord_holland).loc["natura2000"]
        assert row["removed_ha"] == pytest.approx(34_437, abs=0.5)
        assert row["removed_ha"] == pytest.approx(nature.area / 1e4, abs=0.05)

    def test_natura_2000_takes_the_same_at_any_cell_size(self, shared: Path, noord_holland: flexsite.Result) -> None:
        bare = {f"rules.{name}": None for name in ("plans_hard", "plans_in_procedure", "plans_soft")}
        bare |= {"access": {}, "columns": {}, "profiles": [], "variants": {}, "candidates.grid": 2000}
        coarse = waterfall(run("noord-holland/study.yaml", bare)).loc["natura2000", "removed_ha"]
        assert coarse == pytest.approx(waterfall(noord_holland).loc["natura2000", "removed_ha"], abs=0.01)

    @pytest.mark.parametrize("rule", ["plans_hard", "plans_in_procedure", "plans_soft"])
    def test_plans_lie_on_as_much_ground_as_an_overlay_finds(
        self, noord_holland: flexsite.Result, plans: gpd.GeoDataFrame, province: Any, rule: str
    ) -> None:
        expected = ground_of(plans[plans["rule"] == rule], province).area / 1e4
        assert expected > 1000
        assert waterfall(noord_holland).loc[rule, "touched_ha"] == pytest.approx(expected, abs=0.05)

    def test_what_is_left_is_the_province_without_nature_and_plans(
        self, noord_holland: flexsite.Result, plans: gpd.GeoDataFrame, nature: Any, province: Any
    ) -> None:
        taken = ground_of(plans[plans["rule"] != "plans_soft"], province).union(nature)
        left = province.difference(taken).area / 1e4
        assert waterfall(noord_holland).iloc[-1]["area_ha"] == pytest.approx(left, abs=0.05)
        assert noord_holland.sites["area_m2"].sum() / 1e4 == pytest.approx(left, abs=0.05)

    def test_soft_plans_mark_and_say_until_when(self, noord_holland: flexsite.Result, plans: gpd.GeoDataFrame) -> None:
        sites = noord_holland.sites
        assert sites["available_until"].isna().all(), "every known period begins within the term"
        marked = (sites["marks"] == "plans_soft").to_numpy()
        assert marked[sites["mark_until"].notna()].all(), "the union touches where the ground of one year does"
        soft = plans[plans["rule"] == "plans_soft"].reset_index(drop=True)
        tree = shapely.STRtree(soft.geometry.to_numpy())
        assert marked.sum() > 1000
        for row in np.flatnonzero(marked)[::40]:
            near = tree.query(sites.geometry.iloc[row], predicate="intersects")
            years = set()
            for year in soft["year"].iloc[near].unique():
                features = soft.geometry.iloc[near][(soft["year"].iloc[near] == year).to_numpy()]
                shared = shapely.area(shapely.intersection(features.union_all(), sites.geometry.iloc[row]))
                area = sites.geometry.iloc[row].area
                if shared >= 0.01 * area and shared >= min(50.0, area / 2):
                    years.add(year)
            until = sites["mark_until"].iloc[row]
            assert (until == dt.date(min(years), 1, 1)) if years else pd.isna(until)

    def test_a_longer_term_changes_nothing_because_the_plan_data_are_too_short(self, plans: gpd.GeoDataFrame) -> None:
        assert set(plans["year"]) == {2020, 2025, 2030}
        assert not (plans["year"] == 0).any()

    def test_the_variant_without_rules_keeps_all_land(self, noord_holland: flexsite.Result, province: Any) -> None:
        null = noord_holland.variants["no_rules"]
        assert null.sites["area_m2"].sum() == pytest.approx(province.area, rel=1e-6)


class TestCleaning:
    """What was repaired and dropped, and where it is told."""

    def test_repaired_nature_is_counted(self, noord_holland: flexsite.Result, areas: gpd.GeoDataFrame) -> None:
        minx, miny, maxx, maxy = noord_holland.plots.total_bounds
        read = areas[areas["valid"].intersects(shapely.box(minx, miny, maxx, maxy))]
        report = noord_holland.layers["natura2000"]
        assert (report["read"], report["repaired"]) == (len(read), int((~read.geometry.is_valid).sum())) == (21, 8)
        assert any("'natura2000': 8 of 21 features" in text for text in noord_holland.warnings)

    def test_stations_without_coordinates_are_counted(self, noord_holland: flexsite.Result, data: Path) -> None:
        frame = pd.read_csv(data / "treinstations_trainline2016_NL.csv", sep=";")
        report = noord_holland.layers["stations"]
        assert report["dropped_empty"] == int((frame["uic"].notna() & frame["latitude"].isna()).sum()) == 14

    def test_the_record_names_what_is_assumed_complete(self, noord_holland: flexsite.Result) -> None:
        assert {"natura2000", "plans", "stops"} <= set(noord_holland.assumed_complete)


class TestPlans:
    """The SQL of the example against the same in Python."""

    def test_status_and_year_follow_from_both_codings(self, noord_holland: flexsite.Result, data: Path) -> None:
        import pyproj

        from flexsite.layers import Layers

        layers = Layers(noord_holland.study.layers, pyproj.CRS(RD))
        frame = layers.vector("plans", columns=["Planstatus", "status", "start_year", "Provincie"]).frame
        raw = gpd.read_file(data / PLANS, ignore_geometry=True)
        assert len(frame) == (raw["Aantalrest"] > 0).sum()
        for text, status in frame.groupby("Planstatus")["status"]:
            expected = None if "nbekend" in text else text.split(" ")[0]
            assert set(status.fillna("-")) == {expected or "-"}, text
        assert frame["Planstatus"].nunique() == 18, "two codings of nine"
        ours = frame[frame["Provincie"] == "Noord-Holland"]
        assert ours["status"].str[0].isin(["1", "2"]).sum() == 968
        assert (~ours["status"].str[0].isin(["1", "2"])).sum() == 1044
        assert ours["start_year"].notna().all()

    def test_plans_drawn_as_points_are_read_as_drawn(self, noord_holland: flexsite.Result, data: Path) -> None:
        import pyproj

        from flexsite.layers import Layers

        raw = gpd.read_file(data / PLANS)
        small = raw[raw.area < 100]
        assert (len(small), (small["Provincie"] == "Noord-Holland").sum()) == (140, 56)
        spec = noord_holland.study.layers["plans"].model_copy(update={"sql": None})
        frame = Layers({"plans": spec}, pyproj.CRS(RD)).vector("plans", where="Shape_Area >= 0").frame
        assert len(frame) == len(raw) and frame.area.sum() == pytest.approx(raw.area.sum())
        assert (frame.area < 100).sum() == 140


class TestAccess:
    """Distances and the requirement on them."""

    @pytest.mark.parametrize("name", ["stop", "station"])
    def test_distances_equal_those_of_shapely(self, noord_holland: flexsite.Result, data: Path, name: str) -> None:
        if name == "stop":
            places = gpd.read_file(data / "ov-haltes_GOVI2011_Amsterdam-Zaan-Waterland-Haarlem_NH.geojson")
            pseudo = places["name"].str.contains("Zonegrens|ONBEKEND", regex=True)
            assert pseudo.sum() == 113
            points = places[~pseudo].to_crs(RD).geometry
        else:
            table = pd.read_csv(data / "treinstations_trainline2016_NL.csv", sep=";")
            table = table[table["uic"].notna() & table["latitude"].notna()]
            points = gpd.GeoSeries(gpd.points_from_xy(table["longitude"], table["latitude"]), crs=4326).to_crs(RD)
        sites = noord_holland.sites.iloc[::97]
        nearest = [points.distance(geometry).min() for geometry in sites.geometry]
        np.testing.assert_allclose(sites[f"{name}_crow_m"], nearest, atol=1e-3)

    def test_most_of_the_province_lies_beyond_2000_m_of_a_station(self, noord_holland: flexsite.Result) -> None:
        beyond = noord_holland.sites["station_crow_m"] > 2000
        assert beyond.mean() == pytest.approx(0.778, abs=0.002)

    def test_unknown_stops_bound_the_requirement_from_both_sides(self, noord_holland: flexsite.Result) -> None:
        low, high = suitable(noord_holland, "flex_with_pt"), suitable(noord_holland, "flex_with_pt_or_unknown")
        everything = suitable(noord_holland, "flex_without_pt")
        assert low < high < everything
        sites = noord_holland.sites.set_index("site_id")
        known = (sites["stop_crow_m"] <= 500) | (sites["station_crow_m"] <= 2000)
        assert low == everything & set(sites.index[known])
        assert high == everything & set(sites.index[known | (sites["no_stop_data_v"] >= 0.5)])

    def test_stops_are_known_in_the_former_stadsregio_only(self, noord_holland: flexsite.Result) -> None:
        sites = noord_holland.sites
        whole = sites[sites["municipality_share"] > 0.99]
        assert set(whole.loc[whole["no_stop_data_v"] < 0.5, "municipality"]) == COVERED


class TestMunicipalities:
    """The column joined by the largest overlap."""

    def test_every_municipality_of_the_province_is_there(
        self, noord_holland: flexsite.Result, municipalities: gpd.GeoDataFrame, province: Any
    ) -> None:
        inside = municipalities[municipalities.representative_point().within(province)]
        assert len(inside) == 45
        found = noord_holland.sites["municipality"].value_counts()
        assert set(inside["statnaam"]) <= set(found.index)
        assert found[list(inside["statnaam"])].sum() / len(noord_holland.sites) > 0.99

    def test_the_largest_overlap_wins(self, noord_holland: flexsite.Result, municipalities: gpd.GeoDataFrame) -> None:
        on_a_border = noord_holland.sites[noord_holland.sites["municipality_share"] < 0.9].iloc[::60]
        assert len(on_a_border) > 30
        for site in on_a_border.itertuples():
            overlap = shapely.area(shapely.intersection(municipalities.geometry.to_numpy(), site.geometry))
            if not overlap.max() > 0:
                assert pd.isna(site.municipality)
                continue
            assert municipalities["statnaam"].iloc[int(overlap.argmax())] == site.municipality
            assert site.municipality_share == pytest.approx(overlap.max() / site.geometry.area, abs=1e-4)


class TestRelations:
    """The report of the example on the finished run."""

    @pytest.fixture(scope="class")
    def folder(self, noord_holland: flexsite.Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("relations") / "run"
        noord_holland.write(folder)
        return folder

    @pytest.fixture(scope="class")
    def finished(self, folder: Path, relations: ModuleType) -> Any:
        return relations.read(folder)

    def test_verdicts_promise_no_more_than_the_data_hold(self, finished: Any, relations: ModuleType) -> None:
        verdicts = {relation.id: relation.verdict for relation in relations.relations(finished)}
        assert verdicts == {
            "T1": "consistent but trivial",
            "T2": "not testable",
            "T3": "not testable",
            "T4": "not testable",
        }

    def test_figures_are_those_of_the_run(
        self, finished: Any, relations: ModuleType, noord_holland: flexsite.Result
    ) -> None:
        low, high = relations.drops(finished.base)["rows"]
        rows = noord_holland.waterfall.query("variant == 'base' and rule == 'pt'").set_index("profile")["sites"]
        sites = len(noord_holland.sites)
        assert (low, high) == (1 - rows["flex_with_pt_or_unknown"] / sites, 1 - rows["flex_with_pt"] / sites)
        assert 0.12 < low < 0.14 and 0.65 < high < 0.67
        first, second, _, fourth = relations.relations(finished)
        assert "break-even at 8.1 homes/ha" in first.run and "break-even at 7.0 homes/ha" in first.null
        assert "by accident" not in second.run and "an accident" in second.why
        assert "location quotient 1.06" in fourth.run

    def test_homes_per_municipality_add_up(
        self, finished: Any, relations: ModuleType, noord_holland: flexsite.Result
    ) -> None:
        table = relations.municipality_table(finished)
        judged = noord_holland.suitability[noord_holland.suitability["suitable"]].groupby("profile")["homes"].sum()
        assert table["homes_without_pt"].sum() == judged["flex_without_pt"]
        assert table["homes_with_pt_low"].sum() == judged["flex_with_pt"]
        assert table["homes_with_pt_high"].sum() == judged["flex_with_pt_or_unknown"]
        assert table["ha"].sum() == pytest.approx(noord_holland.sites["area_m2"].sum() / 1e4)
        texel = table.set_index("municipality").loc["Texel"]
        assert texel["homes_with_pt_low"] == 0 < texel["homes_with_pt_high"]

    def test_the_report_says_that_it_reproduces_nothing(
        self, folder: Path, relations: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        relations.main([str(folder)])
        text = capsys.readouterr().out
        assert "None of this reproduces PBL's study" in text
        assert "Cells of 250 m are not locations." in text
        assert "stops of the whole province" in text
