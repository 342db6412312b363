"""The tables of capacity: worked out by hand, on sites written by hand and in a run from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml
from hypothesis import given
from hypothesis import strategies as st

import flexsite
from flexsite.capacity.counting import capacity_frame, parking_text, totals_frame
from flexsite.errors import InputErrors
from flexsite.rulebook import norm_path, parking_path
from flexsite.study.units import unit_types

from .helpers import judged, profile, sites, study

FAMILIES: dict[str, Any] = {
    "id": "families", "unit": {"type": "family"}, "households": {"couple_1": 0.75, "couple_3": 0.25},
    "mix": {"min": 0.3, "max": 0.5},
}  # fmt: skip
FRIENDS: dict[str, Any] = {"id": "friends", "unit": {"type": "shared"}, "households": {"single_young": 1.0}}
PLAIN: dict[str, Any] = {"id": "plain", "unit": {"homes_per_ha": 40}}


def test_every_column_by_hand() -> None:
    place = study(FAMILIES, FRIENDS, PLAIN)
    table = sites(site_id=["a", "b", "c"])
    rows = judged(place, table, [[100, 8, 3], [10, 20, 0], [7, 7, 7]],
                  [[True, True, False], [False, True, False], [True, False, False]])  # fmt: skip
    found = capacity_frame(place, table, rows)
    assert list(zip(found["site_id"], found["profile"], strict=True)) == [
        ("a", "families"), ("b", "families"), ("b", "friends"), ("a", "plain"),
    ]  # fmt: skip
    first = found.iloc[0]
    assert first["homes"] == 100 and first["homes_fit"] == 105
    assert first["floor_area_m2"] == 5000 and first["rooms"] == 300
    assert first["footprint_m2"] == pytest.approx(100 * 50 / 0.76 / 2)
    assert first["people"] == 100 * (0.75 * 3 + 0.25 * 5) and first["households"] == 100
    assert (first["hh_couple_1"], first["hh_couple_3"], first["hh_single_young"]) == (75, 25, 0)
    assert first["unfit_share"] == 0.25, "three children need four rooms, and these homes have three"
    assert (first["ordinary"], first["ordinary_most"]) == (30, 50)
    assert tuple(found.loc[1, ["ordinary", "ordinary_most"]]) == (0, 8), "not more than 80 homes"
    friends = found.iloc[2]
    assert (friends["homes"], friends["people"], friends["hh_single_young"], friends["rooms"]) == (20, 60, 60, 80)
    plain = found.iloc[3]
    unknown = ["floor_area_m2", "footprint_m2", "rooms", "people", "households", "hh_couple_1", "unfit_share",
               "ordinary"]  # fmt: skip
    assert plain[unknown].isna().all(), "what a profile does not say stays empty"

    totals = totals_frame("base", place, table, found).set_index("profile")
    families = totals.loc["families"]
    assert (families["sites"], families["area_ha"], families["homes"]) == (2, 2.0, 108)
    assert (families["floor_area_m2"], families["unfit_homes"]) == (5400, 27)
    assert (families["people"], families["hh_couple_3"], families["ordinary"]) == (378, 27, 30)
    assert pd.isna(totals.loc["plain", "people"]) and totals.loc["plain", "homes"] == 7


def test_norms_of_the_study_change_the_columns() -> None:
    table = sites(site_id=["a"], pt_level=["0"])
    rows = judged(study(FAMILIES), table, [[100]], [[True]])
    loose = study(FAMILIES, capacity={"mix_above": 100, "rooms": "almere2021", "occupancy": "gooi2018"})
    found = capacity_frame(loose, table, rows).iloc[0]
    assert (found["ordinary"], found["ordinary_most"]) == (0, 100)
    assert found["unfit_share"] == 0.25 and found["refused_share"] == 0 and found["later_share"] == 0
    parked = study(FAMILIES, capacity={"parking": "nl", "level": "pt"})
    found = capacity_frame(parked, table, rows).iloc[0]
    assert (found["parking_norm"], found["parking_spaces"], found["parking_assumed"]) == (1.0, 100, False)
    assert "parking_norm" not in capacity_frame(study(FAMILIES), table, rows).columns


def test_spaces_are_whole_and_what_is_unknown_is_counted() -> None:
    place = study(profile(), capacity={"parking": "nl", "level": "pt"})
    table = sites(site_id=["a", "b", "c"], pt_level=["4", None, "stop"])
    rows = judged(place, table, [[10, 10, 3]], [[True, True, True]])
    found = capacity_frame(place, table, rows)
    assert found["parking_spaces"].tolist() == [4, 7, 3], "3.5, 7.0 and 2.1"
    assert "not known for 2 of 3 suitable cells" in parking_text(place, found, "cells")
    assert parking_text(place, found.iloc[:1], "cells") == ""
    assert totals_frame("base", place, table, found).loc[0, "parking_assumed_sites"] == 2
    assert "without 'capacity.level'" in parking_text(study(capacity={"parking": "nl"}), found, "sites")


def test_homes_in_a_building_stand_on_no_new_ground() -> None:
    place = study(
        profile(unit={"type": "studio"}),
        candidates={"layer": "parcels", "also": [{"layer": "own", "kind": "building"}]},
    )
    table = sites(site_id=["a", "b"], kind=["land", "building"])
    found = capacity_frame(place, table, judged(place, table, [[10, 10]], [[True, True]]))
    assert found["footprint_m2"].tolist() == pytest.approx([10 * 21 / 0.78 / 5, 0])
    assert found["floor_area_m2"].tolist() == [210, 210]


def test_no_suitable_site_is_an_empty_table_with_all_columns() -> None:
    place, table = study(FAMILIES), sites(site_id=["a"])
    found = capacity_frame(place, table, judged(place, table, [[5]], [[False]]))
    assert not len(found) and "hh_couple_1" in found.columns
    totals = totals_frame("base", place, table, found)
    assert totals.loc[0, ["sites", "homes", "people", "floor_area_m2"]].tolist() == [0, 0, 0, 0]


@given(
    homes=st.lists(st.integers(0, 400), min_size=1, max_size=6), name=st.sampled_from(list(unit_types())),
    alone=st.integers(0, 10),
)  # fmt: skip
def test_sums_hold(homes: list[int], name: str, alone: int) -> None:
    mix = {"single": alone / 10, "single_young": 1 - alone / 10}
    place = study({"id": "p", "unit": {"type": name}, "households": mix, "mix": {"min": 0.24}})
    table = sites(site_id=[f"s{i}" for i in range(len(homes))])
    found = capacity_frame(place, table, judged(place, table, [homes], [[True] * len(homes)]))
    kinds = found[[column for column in found.columns if column.startswith("hh_")]]
    assert kinds.sum(axis=1).tolist() == pytest.approx(found["households"].tolist())
    assert found["people"].tolist() == pytest.approx(found["households"].tolist()), "all live alone"
    assert (found["people"] >= found["homes"]).all()
    assert (found["footprint_m2"] <= found["floor_area_m2"] / 0.76 + 1e-6).all()
    total = totals_frame("base", place, table, found).iloc[0]
    assert total["homes"] == sum(homes)
    assert total["people"] == pytest.approx(found["people"].sum(), abs=1e-5)


def write(folder: Path, **keys: Any) -> Path:
    """Three parcels of a hectare: 100 m, 300 m and 900 m from a stop without a timetable; two with permits."""

    def layer(name: str, shapes: list[Any], **columns: Any) -> None:
        gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:28992").to_parquet(folder / f"{name}.parquet")

    x, y = 150_000, 450_000
    layer("area", [shapely.box(x - 500, y - 500, x + 3000, y + 1000)])
    layer("parcels", [shapely.box(x + d, y, x + d + 100, y + 100) for d in (100, 300, 900)], code=["a", "b", "c"],
          permits=["ja", "nee", "ja"])  # fmt: skip
    layer("stops", [shapely.Point(x, y + 50)])
    study: dict[str, Any] = {
        "flexsite": 1, "name": "small", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10, "area": "area.parquet",
        "layers": {"parcels": "parcels.parquet", "stops": "stops.parquet"},
        "candidates": {"layer": "parcels", "id": "code"},
        "columns": {"permits": {"layer": "parcels", "column": "permits"}},
        "access": {"measures": [{"id": "stop", "to": "stops", "mode": "straight"}]},
        "profiles": [FAMILIES | {"requires": {"stop": {"measure": "stop", "at_most": 500}}}, FRIENDS],
        "variants": {"dense": {"profiles.families.unit.homes_per_ha": 60}, "plain": {"profiles.families.mix": None}},
        "outputs": ["parquet", "tables"],
    }  # fmt: skip
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(study | keys), encoding="utf-8")
    return path


def test_a_run_writes_both_tables_and_the_totals_of_every_variant(tmp_path: Path) -> None:
    result = flexsite.run(flexsite.load(write(tmp_path)))
    result.write(tmp_path / "out")
    table = pd.read_parquet(tmp_path / "out" / "capacity.parquet")
    rows = pd.read_parquet(tmp_path / "out" / "suitability.parquet")
    kept = rows[rows["suitable"]].reset_index(drop=True)
    for column in ("site_id", "profile", "homes", "homes_fit"):
        assert table[column].tolist() == kept[column].tolist(), column
    assert table["site_id"].tolist() == ["a", "b", "a", "b", "c"]
    assert table["people"].tolist() == pytest.approx([140, 140, 108, 108, 108])
    totals = pd.read_csv(tmp_path / "out" / "capacity_totals.csv")
    assert totals["variant"].tolist() == ["base", "base", "dense", "dense", "plain", "plain"]
    families = totals[totals["profile"] == "families"].set_index("variant")
    assert families["homes"].to_dict() == {"base": 80, "dense": 120, "plain": 80}
    assert families["floor_area_m2"].to_dict() == {"base": 4000, "dense": 6000, "plain": 4000}
    last = result.waterfall[(result.waterfall["variant"] == "base") & (result.waterfall["rule"] == "homes.min")]
    assert totals["homes"].tolist()[:2] == last["homes"].tolist()


def test_parking_in_a_run_leaves_fewer_homes_where_it_is_unknown(tmp_path: Path) -> None:
    path = write(
        tmp_path, capacity={"parking": "nl", "regulated": "permits", "cycling": {"measure": "stop", "at_most": 250}}
    )
    result = flexsite.run(flexsite.load(path))
    first = result.tables["capacity"].query("profile == 'families'")
    assert first["parking_norm"].tolist() == [0, 1.0], "permits and 100 m away; no permits"
    # 0.2 spaces beyond the 0.8 within the density, of 25 m2: 255 m2 per home
    assert first["homes"].tolist() == [40, 39]
    assert any(text.startswith("parking: without 'capacity.level'") for text in result.warnings)


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        ({"profiles": []}, False),
        ({"profiles": [], "capacity": {"rooms": "aedes"}}, False),
        ({"profiles": [PLAIN]}, False),
        ({"profiles": [PLAIN], "capacity": {}}, True),
        ({"profiles": [PLAIN], "variants": {"parked": {"capacity.parking": "nl"}}}, True),
        ({"profiles": [PLAIN | {"mix": {"min": 0.2}}]}, True),
        ({"profiles": [PLAIN | {"households": {"single": 1.0}}]}, True),
        ({"profiles": [PLAIN | {"unit": {"type": "low_rise"}}]}, True),
    ],
)
def test_the_tables_are_there_when_a_study_says_who_lives_there(
    tmp_path: Path, keys: dict[str, Any], asked: bool
) -> None:
    result = flexsite.run(flexsite.load(write(tmp_path, **{"variants": {}} | keys)))
    assert [name for name in result.tables if name.startswith("capacity")] == ["capacity", "capacity_totals"] * asked
    if "variants" in keys:
        assert result.tables["capacity_totals"]["homes"].tolist() == [120, 111], (
            "0.8 spaces beyond the density, 270 m2 a home"
        )


def test_norms_of_ones_own_are_in_the_record_of_the_run(tmp_path: Path) -> None:
    for name, source in (("rooms", norm_path("aedes")), ("cars", parking_path("nl"))):
        (tmp_path / f"{name}.yaml").write_bytes(source.read_bytes())
    path = write(tmp_path, capacity={"rooms": "rooms.yaml", "parking": "cars.yaml"})
    flexsite.run(flexsite.load(path)).write(tmp_path / "out")
    record = (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
    assert '"rooms.yaml"' in record and '"cars.yaml"' in record


def test_what_a_profile_gets_wrong_is_named_with_its_line(tmp_path: Path) -> None:
    wrong = FAMILIES | {"households": {"couple_1": 0.75, "cuple_3": 0.25}}
    with pytest.raises(InputErrors, match=r"study.yaml, line \d+, profiles.families.households.cuple_3.*couple_3"):
        flexsite.load(write(tmp_path, profiles=[wrong], variants={}))
    with pytest.raises(InputErrors, match=r"profiles.families.unit: homes of type 'low_rise' have 1, 2 storeys"):
        flexsite.load(write(tmp_path, profiles=[FAMILIES | {"unit": {"type": "low_rise", "storeys": 9}}], variants={}))
    with pytest.raises(InputErrors, match=r"capacity.parking: there is no built-in parking norm 'nll'"):
        flexsite.load(write(tmp_path, capacity={"parking": "nll"}))


def test_a_variant_can_change_the_type_and_its_storeys(tmp_path: Path) -> None:
    variants = {"higher": {"profiles.p.unit.storeys": 5}, "lower": {"profiles.p.unit.type": "low_rise"}}
    path = write(tmp_path, profiles=[{"id": "p", "unit": {"type": "stacked"}}], variants=variants)
    result = flexsite.run(flexsite.load(path))
    totals = result.tables["capacity_totals"].set_index("variant")
    assert totals["homes"].to_dict() == {"base": 360, "higher": 750, "lower": 180}
