"""Kinds of sites: parcels, partly used ground, vacant buildings and roofs in one run, with homes counted by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from flexsite.errors import FlexsiteError

from .helpers import box, ids, one_parcel, profile_file, run_study, study_file, vector

FLOOR_AREA = 30.0


def group(folder: Path, name: str = "tester", **content: Any) -> str:
    """A target group: 40 homes per hectare of 30 m2 each."""
    return profile_file(folder, name, **{"unit": {"homes_per_ha": 40, "floor_area": FLOOR_AREA}} | content)


def only(folder: Path, kind: str, columns: dict[str, list[Any]], **changes: Any) -> Any:
    """The result of one candidate of a hectare of a kind, with what its kind needs; a list per column."""
    path = one_parcel(folder, profiles=[group(folder)], **changes)
    count = len(next(iter(columns.values())))
    shapes = [box(110 * place, 0, 110 * place + 100, 100) for place in range(count)]
    vector(folder / "parcels.gpkg", shapes, code=[f"K{place}" for place in range(count)], **columns)
    study = yaml.safe_load(path.read_text())
    study["candidates"] |= {"kind": kind, "columns": {name: name for name in columns}}
    return run_study(study_file(folder, study))


def by_site(result: Any, profile: str = "tester") -> dict[str, Any]:
    table = result.suitability[result.suitability["profile"] == profile]
    return {row["site_id"]: row for row in table.to_dict(orient="records")}


class TestCase5:
    """Business park 40 % used: in, capacity over the unused share; 100 %: out."""

    @pytest.fixture(scope="class")
    def result(self, tmp_path_factory: pytest.TempPathFactory) -> Any:
        return only(tmp_path_factory.mktemp("park"), "partly_used", {"used_share": [0.4, 1.0, None, 0.0]})

    def test_case_5_business_park_40_percent_used_counts_over_the_unused_share(self, result: Any) -> None:
        judged = by_site(result)
        assert judged["K0"]["suitable"] and judged["K0"]["homes_fit"] == 24
        assert judged["K3"]["suitable"] and judged["K3"]["homes_fit"] == 40

    def test_case_5_business_park_100_percent_used_is_out(self, result: Any) -> None:
        judged = by_site(result)["K1"]
        assert not judged["suitable"] and judged["homes"] == 0
        assert ids(judged["failed"]) == ["used"]

    def test_an_unknown_share_is_no_unused_ground(self, result: Any) -> None:
        judged = by_site(result)["K2"]
        assert not judged["suitable"] and judged["homes"] == 0
        assert ids(judged["failed"]) == ["unknown:used"]

    def test_the_step_comes_right_after_what_is_available(self, result: Any) -> None:
        steps = result.waterfall[result.waterfall["stage"] == "suitability"]
        assert steps["rule"].tolist() == ["available", "kind", "term", "homes.min"]
        assert steps["sites"].tolist() == [4, 2, 2, 2]
        assert steps["homes"].tolist() == [64, 64, 64, 64]


class TestCase14:
    """A roof on a 4-storey porch flat is flagged "lift needed", 3-storey not; weight share <= 10 % else unknown."""

    @pytest.fixture(scope="class")
    def result(self, tmp_path_factory: pytest.TempPathFactory) -> Any:
        return only(
            tmp_path_factory.mktemp("roofs"),
            "roof",
            {
                "roof_shape": ["flat"] * 7 + ["gable"],
                "storeys": [4, 3, 4, 3, None, 3, 3, 3],
                "entrance_height": [None, None, 12.5, 12.51, None, None, None, None],
                "weight_share": [0.1, 0.1, 0.1, 0.1, 0.1, 0.11, None, 0.05],
                "consent_share": [None, 0.7, 0.69, 0.9, None, None, None, None],
            },
        )

    def marks(self, result: Any) -> dict[str, list[str]]:
        return {row["site_id"]: ids(row["marks"]) for row in result.sites.to_dict(orient="records")}

    def test_case_14_roof_on_four_storeys_needs_a_lift_on_three_not(self, result: Any) -> None:
        marks = self.marks(result)
        assert "lift_needed" in marks["K0"] and "lift_needed" not in marks["K1"]

    def test_the_height_of_the_entrance_goes_before_the_number_of_storeys(self, result: Any) -> None:
        marks = self.marks(result)
        assert "lift_needed" not in marks["K2"] and "lift_needed" in marks["K3"]
        assert "lift_unknown" in marks["K4"] and "lift_needed" not in marks["K4"]
        assert sum("lift_unknown" in one for one in marks.values()) == 1

    def test_case_14_weight_share_above_10_percent_is_unknown(self, result: Any) -> None:
        judged, marks = by_site(result), self.marks(result)
        assert judged["K0"]["suitable"] and judged["K0"]["failed"] == ""
        for name in ("K5", "K6"):
            assert ids(judged[name]["failed"]) == ["unknown:bearing"] and "bearing_unknown" in marks[name]
        assert sum("bearing_unknown" in one for one in marks.values()) == 2

    def test_consent_is_to_be_weighed_until_seven_in_ten_agree(self, result: Any) -> None:
        agreed = {name for name, marks in self.marks(result).items() if "consent" not in marks}
        assert agreed == {"K1", "K3"}

    def test_another_roof_is_no_flat_one(self, result: Any) -> None:
        assert ids(by_site(result)["K7"]["failed"]) == ["flat"]

    def test_homes_are_the_usable_roof_by_the_gross_area_of_a_home(self, result: Any) -> None:
        """10,000 m2 x 0.7 = 7,000 m2; 30 m2 / 0.78 = 38.46 m2 gross; 182 homes of one storey."""
        assert by_site(result)["K0"]["homes_fit"] == 182


class TestBuilding:
    @pytest.fixture(scope="class")
    def result(self, tmp_path_factory: pytest.TempPathFactory) -> Any:
        return only(
            tmp_path_factory.mktemp("buildings"),
            "building",
            {
                "floor_area": [1000.0, 1000.0, 1000.0, None, 1000.0],
                "vacant_years": [1.0, 0.9, 3.0, 2.0, None],
                "function": ["onderwijsfunctie", "kantoorfunctie", "woonfunctie", "kantoorfunctie", "kantoorfunctie"],
                "storeys": [2, 2, 2, 2, 5],
            },
        )

    def test_homes_are_what_conversion_leaves_by_the_area_of_a_home_with_what_it_shares(self, result: Any) -> None:
        """1,000 m2 x 0.75 / (30 m2 x 1.15) = 21.7."""
        assert by_site(result)["K0"]["homes_fit"] == 21
        assert by_site(result)["K0"]["suitable"]

    def test_vacant_from_a_year_on_and_with_a_function_to_convert(self, result: Any) -> None:
        failed = {name: ids(row["failed"]) for name, row in by_site(result).items()}
        assert failed == {
            "K0": [], "K1": ["vacant"], "K2": ["function"], "K3": ["unknown:floor_area"], "K4": ["unknown:vacant"],
        }  # fmt: skip

    def test_nobody_knows_who_lives_there(self, result: Any) -> None:
        marks = [ids(text) for text in result.sites["marks"]]
        assert all("occupancy_unchecked" in one for one in marks)
        assert ["lift_unchecked" in one for one in marks] == [False, False, False, False, True]


RULES: list[dict[str, Any]] = [
    {"id": "built", "exclude": "blocks", "class": "very_hard"},
    {"id": "nature", "exclude": "nature"},
    {"id": "dark", "mark": "nature", "kinds": ["building"], "buffer": 500},
]
BUILDING = {"floor_area": "opp", "vacant_years": "leeg", "function": "doel", "storeys": "lagen"}
ROOF = {"roof_shape": "dak", "storeys": "lagen", "weight_share": "gewicht"}


class TestTogether:
    """Two parcels, a school on the first, and the roof of a block on no parcel, in one run."""

    def world(self, folder: Path, **changes: Any) -> Path:
        vector(folder / "area.gpkg", [box(-1000, -1000, 1000, 1000)])
        vector(folder / "parcels.gpkg", [box(0, 0, 100, 100), box(200, 0, 300, 100)], code=["P1", "P2"])
        vector(
            folder / "blocks.gpkg",
            [box(10, 10, 50, 60), box(500, 0, 540, 15)],
            pand=["B1", "B2"],
            opp=[3000.0, 2000.0],
            leeg=[2.0, 0.0],
            doel=["onderwijsfunctie", "woonfunctie"],
            lagen=[2, 4],
            dak=["plat", "plat"],
            gewicht=[None, 0.08],
        )
        vector(folder / "nature.gpkg", [box(250, 0, 400, 100), box(10, 10, 30, 60)])
        study: dict[str, Any] = {
            "flexsite": 1,
            "name": "Together",
            "crs": "EPSG:28992",
            "date": "2026-01-01",
            "term": 10,
            "area": "area.gpkg",
            "layers": {name: f"{name}.gpkg" for name in ("parcels", "blocks", "nature")},
            "candidates": {
                "layer": "parcels",
                "id": "code",
                "min_area": 2500,
                "also": [
                    {"layer": "blocks", "id": "pand", "kind": "building", "columns": BUILDING},
                    {"layer": "blocks", "id": "pand", "prefix": "dak-", "kind": "roof", "columns": ROOF},
                ],
            },
            "rules": RULES,
            "profiles": [group(folder), group(folder, "outdoors", kinds=["land"])],
            "outputs": ["parquet"],
        }
        return study_file(folder, study | changes)

    @pytest.fixture(scope="class")
    def result(self, tmp_path_factory: pytest.TempPathFactory) -> Any:
        return run_study(self.world(tmp_path_factory.mktemp("together")))

    def test_every_kind_has_the_ground_that_its_own_rules_leave(self, result: Any) -> None:
        """The building's west half is nature; the rule on buildings takes neither buildings nor roofs."""
        found = {row["site_id"]: (row["kind"], row["area_m2"]) for row in result.sites.to_dict(orient="records")}
        assert found == {
            "P1": ("land", 8000.0), "P2": ("land", 5000.0), "B1": ("building", 1000.0), "B2": ("building", 600.0),
            "dak-B1": ("roof", 1000.0), "dak-B2": ("roof", 600.0),
        }  # fmt: skip
        assert result.sites["site_id"].tolist() == sorted(found)

    def test_homes_by_hand(self, result: Any) -> None:
        """P1 0.8 ha x 40; P2 0.5 ha x 40; B1 half of 3,000 m2 x 0.75 / 34.5; dak-B2 600 x 0.7 x 0.78 / 30."""
        judged = by_site(result)
        assert {name: row["homes_fit"] for name, row in judged.items() if row["suitable"]} == {
            "P1": 32, "P2": 20, "B1": 32, "dak-B2": 10,
        }  # fmt: skip
        assert ids(judged["B2"]["failed"]) == ["vacant", "function"]
        assert ids(judged["dak-B1"]["failed"]) == ["unknown:bearing"]

    def test_a_group_may_refuse_kinds(self, result: Any) -> None:
        judged = by_site(result, "outdoors")
        assert {name for name, row in judged.items() if row["suitable"]} == {"P1", "P2"}
        assert ids(judged["B1"]["failed"]) == ["kind"]
        assert ids(judged["dak-B1"]["failed"]) == ["kind", "unknown:bearing"]

    def test_what_a_building_has_goes_with_its_ground(self, result: Any) -> None:
        sites = result.sites.set_index("site_id")
        assert sites.loc["B1", "floor_area"] == 1500.0 and sites.loc["B1", "storeys"] == 2
        assert sites.loc["P1"][["floor_area", "storeys", "roof_shape"]].isna().all()

    def test_a_rule_marks_the_kinds_it_names(self, result: Any) -> None:
        marked = {row["site_id"] for row in result.sites.to_dict(orient="records") if "dark" in ids(row["marks"])}
        assert marked == {"B1", "B2"}

    def test_the_waterfall_counts_all_kinds_and_keeps_its_sums(self, result: Any) -> None:
        rows = result.waterfall[result.waterfall["stage"] == "availability"].set_index("rule")
        assert rows["area_ha"].tolist() == pytest.approx([2.52, 2.32, 1.62, 1.62, 1.62])
        assert rows.loc["built", "removed_ha"] == pytest.approx(0.2)
        assert rows.loc["nature", ["removed_ha", "touched_ha", "only_ha"]].tolist() == pytest.approx([0.7, 0.8, 0.7])
        assert rows["candidates"].tolist() == [6, 6, 6, 6, 6] and rows.loc["min_size", "sites"] == 6

    def test_shared_ground_is_told_once_and_is_no_overlap(self, result: Any) -> None:
        told = [text for text in result.warnings if "share ground" in text]
        assert len(told) == 1 and told[0].startswith("4 pairs of candidates of different kinds share ground (0.66 ha)")
        assert not any("pairs of candidates overlap" in text for text in result.warnings)

    def test_each_kind_is_as_in_a_run_of_its_own(self, result: Any, tmp_path: Path) -> None:
        study = yaml.safe_load(self.world(tmp_path).read_text())
        also = study["candidates"].pop("also")
        for number, spec in enumerate([study["candidates"], *also]):
            prefix = spec.pop("prefix", "")
            path = study_file(tmp_path, study | {"candidates": spec}, name=f"{number}.yaml")
            alone = run_study(path)
            ours = result.sites[result.sites["kind"] == spec.get("kind", "land")].reset_index(drop=True)
            assert (prefix + alone.sites["site_id"]).tolist() == ours["site_id"].tolist()
            for name in set(alone.sites.columns) - {"site_id", "candidate_id", "geometry"}:
                assert [str(value) for value in alone.sites[name]] == [str(value) for value in ours[name]], name
            assert alone.sites.geometry.geom_equals_exact(ours.geometry, 0).all()
            judged = alone.suitability.assign(site_id=prefix + alone.suitability["site_id"])
            mine = result.suitability[result.suitability["site_id"].isin(set(judged["site_id"]))]
            assert judged["failed"].tolist() == mine["failed"].tolist()
            assert judged["homes_fit"].tolist() == mine["homes_fit"].tolist()

    def test_the_record_has_the_kinds_with_their_numbers(self, tmp_path: Path) -> None:
        result = run_study(self.world(tmp_path))
        result.write(tmp_path / "out")
        record = json.loads((tmp_path / "out" / "run.json").read_text())
        kinds = {kind["id"]: kind for kind in record["study"]["kinds"]}
        assert set(kinds) == {"building", "roof"}
        assert kinds["building"]["capacity"]["factor"]["value"] == 0.75

    def test_a_number_of_a_kind_can_be_varied_on_the_same_ground(self, tmp_path: Path) -> None:
        variants = {"better": {"kinds.building.capacity.factor": 1.0}, "plots": {"candidates.also.roof.min_area": 5000}}
        result = run_study(self.world(tmp_path, variants=variants))
        assert by_site(result)["B1"]["homes_fit"] == 32
        assert by_site(result.variants["better"])["B1"]["homes_fit"] == 43  # 1,500 / 34.5
        assert set(by_site(result.variants["plots"])) == {"P1", "P2", "B1", "B2"}

    def test_a_check_finds_nothing_and_what_is_wrong_in_a_further_layer(self, tmp_path: Path) -> None:
        from flexsite.checking import check

        path = self.world(tmp_path)
        problems, remarks = check(path)
        assert problems == [] and any("share ground" in text for text in remarks)
        study = yaml.safe_load(path.read_text())
        study["candidates"]["also"][0]["columns"]["floor_area"] = "doel"
        study["candidates"]["also"][1]["columns"]["storeys"] = "laag"
        problems, _ = check(study_file(tmp_path, study))
        assert len(problems) == 2
        assert "'onderwijsfunctie' is no number (feature 1)" in str(problems[0])
        assert "laag" in str(problems[1])

    def test_the_same_ids_in_two_layers_are_refused_with_the_remedy(self, tmp_path: Path) -> None:
        study = yaml.safe_load(self.world(tmp_path).read_text())
        del study["candidates"]["also"][1]["prefix"]
        with pytest.raises(FlexsiteError, match=r"2 candidate ids stand in more than one layer.*'B1'.*prefix"):
            run_study(study_file(tmp_path, study))


def test_the_step_is_there_only_where_kinds_can_make_a_difference(tmp_path: Path) -> None:
    """Garage parks ask nothing of their own: it takes a group that refuses them."""
    for name, kinds, expected in (("any", ["land", "garage_park"], False), ("picky", ["land"], True)):
        path = one_parcel(tmp_path, profiles=[group(tmp_path, name, kinds=kinds), group(tmp_path)])
        study = yaml.safe_load(path.read_text())
        study["candidates"]["kind"] = "garage_park"
        result = run_study(study_file(tmp_path, study))
        for profile in (name, "tester"):
            steps = result.waterfall[result.waterfall["profile"] == profile].set_index("rule")
            assert ("kind" in steps.index) == expected
        if expected:
            assert by_site(result, name)["K1"]["failed"] == "kind"
            assert by_site(result)["K1"]["homes"] == 40
