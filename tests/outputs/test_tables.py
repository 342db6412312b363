"""Tables of a result: types, sums, what each rule took."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import CRS

from flexsite import geoparquet
from flexsite.layers import Layers
from flexsite.outputs.tables import MIN_SIZE, WATERFALL, series
from flexsite.outputs.writing import write_geoparquet
from flexsite.study.models import Layer

from .helpers import box, layer, run, world

NAN = float("nan")


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, None, 3], "Int64", [1, None, 3]),
        ([1, 2.5, None], "float64", [1.0, 2.5, None]),
        ([1.0, 2.0], "float64", [1.0, 2.0]),
        ([np.int32(1), np.float64(NAN)], "Int64", [1, None]),
        ([True, None], "boolean", [True, None]),
        ([True, 1], "str", ["True", "1"]),
        (["a", None, NAN], "str", ["a", None, None]),
        (["a", 3.0, 4], "str", ["a", "3", "4"]),
        ([None, None], "str", [None, None]),
        ([datetime.date(2026, 1, 1)], "str", ["2026-01-01"]),
        ([], "str", []),
    ],
)
def test_a_column_has_one_type(values: list[Any], kind: str, expected: list[Any]) -> None:
    found = series(values)
    assert found.dtype == kind
    assert [None if pd.isna(value) else value for value in found] == expected


def test_ids_are_text_whatever_they_look_like() -> None:
    assert series([1, 2.0, "x"], as_text=True).tolist() == ["1", "2", "x"]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Crossing rules on four parcels, and parts that are too small."""
    folder = tmp_path_factory.mktemp("tables")
    path = world(folder, {"candidates.min_area": 4000}, outputs=["excluded"])
    layer(folder / "nature.fgb", [box(230, -50, 350, 150), box(-10, 95, 500, 100)])
    return run(path)


def test_the_waterfall_adds_up(result: Any) -> None:
    table = result.waterfall
    assert list(table.columns) == list(WATERFALL)
    assert {name: str(kind) for name, kind in table.dtypes.items()} == WATERFALL
    availability = table[table["stage"] == "availability"]
    assert availability["rule"].tolist() == ["start", "reserve", "planned", MIN_SIZE]
    assert availability["area_ha"].iloc[0] == 4
    for before, now in zip(availability.iloc[:-1].itertuples(), availability.iloc[1:].itertuples(), strict=True):
        assert now.area_ha + now.removed_ha == pytest.approx(before.area_ha, abs=1e-9)
    assert availability["area_ha"].iloc[-1] == pytest.approx(result.sites["area_m2"].sum() / 1e4, abs=1e-9)
    assert availability["sites"].iloc[-1] == len(result.sites)
    assert availability["sites"].iloc[:-1].isna().all()
    suitability = table[table["stage"] == "suitability"]
    assert suitability["rule"].tolist() == ["available", "near", "term", "homes.min"]
    assert suitability["area_ha"].iloc[0] == availability["area_ha"].iloc[-1]
    assert suitability["sites"].iloc[-1] == result.suitability["suitable"].sum()


def test_taken_and_excluded_tell_the_same(result: Any) -> None:
    taken, excluded = result.taken, result.excluded
    table = result.waterfall.set_index("rule")
    for rule in ("reserve", "planned", MIN_SIZE):
        rows = taken[taken["rule"] == rule]
        assert rows["taken_m2"].sum() / 1e4 == pytest.approx(table.loc[rule, "removed_ha"], abs=1e-9)
        assert excluded[excluded["rule"] == rule]["area_m2"].sum() == pytest.approx(rows["taken_m2"].sum())
    assert excluded.area.to_numpy() == pytest.approx(excluded["area_m2"].to_numpy(), abs=0.01)
    assert (shapely.get_type_id(excluded.geometry) != 7).all()
    for frame in (taken, excluded):
        order = [("reserve", "planned", MIN_SIZE).index(rule) for rule in frame["rule"]]
        assert list(zip(frame["candidate_id"], order, strict=True)) == sorted(
            zip(frame["candidate_id"], order, strict=True)
        )


def test_ground_is_a_site_or_taken_never_both(result: Any) -> None:
    """Sites and what was taken tile the candidates."""
    parcels = shapely.union_all([box(200 * i, 0, 200 * i + 100, 100) for i in range(4)])
    pieces = [*result.sites.geometry, *result.excluded.geometry]
    assert shapely.area(pieces).sum() == pytest.approx(40_000)
    assert shapely.union_all(pieces).symmetric_difference(parcels).area < 1e-6


def test_without_rules_and_profiles_the_tables_are_there(tmp_path: Path) -> None:
    found = run(world(tmp_path, rules=[], profiles=[], outputs=["excluded", "parquet"]))
    assert found.waterfall["rule"].tolist() == ["start", MIN_SIZE]
    assert len(found.suitability) == len(found.taken) == len(found.excluded) == 0
    found.write(tmp_path / "out")
    assert len(pd.read_parquet(tmp_path / "out" / "suitability.parquet")) == 0
    assert any("no rules" in text for text in found.warnings) and any("no profiles" in text for text in found.warnings)


def test_sites_and_excluded_ground_have_a_box_per_row(result: Any, tmp_path: Path) -> None:
    """Every reader of GeoParquet 1.1 can leave out what lies elsewhere; none sees a column of the study in it."""
    for name, frame in (("sites", result.sites), ("excluded", result.excluded)):
        path = tmp_path / f"{name}.parquet"
        write_geoparquet(frame, path)
        about = json.loads(pq.read_schema(path).metadata[b"geo"])
        assert about["version"] == "1.1.0"
        assert about["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
        boxes = pd.DataFrame(pq.read_table(path, columns=["bbox"]).column("bbox").to_pylist())
        assert boxes.to_numpy().tolist() == frame.bounds.to_numpy().tolist()
        again = gpd.read_parquet(path)
        assert list(again.columns) == list(frame.columns)
        assert again.geometry.geom_equals_exact(frame.geometry, 0).all()
        layers = Layers({"found": Layer(path=path)}, CRS(28992))
        assert layers.describe("found").fields == [column for column in frame.columns if column != "geometry"]


def test_rows_come_in_groups_that_a_reader_can_leave_out(
    result: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geoparquet, "ROWS", 2)
    write_geoparquet(result.sites, tmp_path / "sites.parquet")
    groups = pq.ParquetFile(tmp_path / "sites.parquet").metadata
    assert groups.num_row_groups == -(-len(result.sites) // 2) > 1
    sides = {groups.row_group(0).column(k).path_in_schema: k for k in range(groups.num_columns)}
    low = [groups.row_group(k).column(sides["bbox.xmin"]).statistics.min for k in range(groups.num_row_groups)]
    assert low == [result.sites.bounds["minx"][k : k + 2].min() for k in range(0, len(result.sites), 2)]


def test_a_column_of_the_study_named_bbox_stays_what_it_is(tmp_path: Path) -> None:
    path = world(tmp_path, {"columns": {"bbox": {"layer": "owners", "column": "name"}}}, outputs=["parquet"])
    found = run(path)
    found.write(tmp_path / "out")
    again = gpd.read_parquet(tmp_path / "out" / "sites.parquet")
    assert (
        again["bbox"].tolist() == found.sites["bbox"].tolist() == ["Jansen", "Jansen", "=Pietersen()", "=Pietersen()"]
    )


def test_areas_in_the_table_are_those_of_the_geometry(result: Any) -> None:
    assert result.sites["area_m2"].tolist() == np.round(result.sites.area, 2).tolist()
    assert result.sites["site_id"].is_monotonic_increasing and result.sites["site_id"].is_unique
