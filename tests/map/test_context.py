"""The surroundings of a study: which of its layers are drawn, as what, and how much of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
import yaml

import flexsite
from flexsite.errors import InputErrors
from flexsite.outputs.map_context import MOST, context
from flexsite.outputs.map_data import map_data

X, Y = 150_000.0, 450_000.0
SHAPES: dict[str, tuple[list[Any], dict[str, list[Any]]]] = {
    "area": ([shapely.box(X, Y, X + 1000, Y + 1000)], {}),
    "parcels": ([shapely.box(X + 600, Y + 600, X + 700, Y + 700)], {"code": ["P1"], "town": ["Molmerdam"]}),
    "water": ([shapely.box(X - 500, Y + 100, X + 300, Y + 150)], {}),
    "drinking_water": ([shapely.box(X, Y, X + 900, Y + 900)], {}),
    "tracks": ([shapely.LineString([(X - 100, Y + 500), (X + 2000, Y + 500)])], {}),
    "secret": ([shapely.box(X, Y, X + 50, Y + 50)], {}),
    "stations": ([shapely.Point(X + 400, Y + 500), shapely.Point(X + 4000, Y)], {}),
    # One cell is full, one nearly empty, one just below the share that counts.
    "panden": ([shapely.box(X + 110, Y + 110, X + 190, Y + 190), shapely.box(X + 310, Y + 310, X + 320, Y + 320),
                shapely.box(X + 510, Y + 510, X + 547, Y + 550)], {}),
    "towns": ([shapely.box(X - 900, Y - 900, X + 1900, Y + 1900)], {"name": ["Molmerdam"]}),
}  # fmt: skip


def result_of(folder: Path, **changes: Any) -> flexsite.Result:
    for name, (shapes, columns) in SHAPES.items():
        gpd.GeoDataFrame(columns, geometry=shapes, crs=28992).to_file(folder / f"{name}.gpkg", engine="pyogrio")
    layers = {name: {"path": f"{name}.gpkg", "source": f"source of {name}"} for name in SHAPES if name != "area"}
    layers["secret"] |= {"role": "water", "private": True}
    layers["water"] |= {"date": "2025-03-01"}
    study = {
        "flexsite": 1, "name": "Context", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10, "area": "area.gpkg",
        "layers": layers, "candidates": {"layer": "parcels", "id": "code"},
        "columns": {"municipality": {"layer": "towns", "column": "name"}}, "outputs": ["map"], **changes,
    }  # fmt: skip
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    return flexsite.run(flexsite.load(folder / "study.yaml"))


def test_layers_count_by_their_whole_name_or_role_and_are_cut_to_the_area(tmp_path: Path) -> None:
    found = {info.kind: info for info in context(result_of(tmp_path, audience="public"))}
    assert list(found) == ["built", "water", "rail", "station", "border"], "from below to above"
    assert found["water"].geometry.area.tolist() == [300 * 50]
    assert (found["water"].source, found["water"].date) == ("source of water", "2025-03-01")
    assert found["rail"].geometry.length.tolist() == [1000]
    assert len(found["station"].geometry) == 1
    assert found["border"].names == ("Molmerdam",)


def test_built_up_is_where_buildings_cover_enough_of_a_cell(tmp_path: Path) -> None:
    built = context(result_of(tmp_path))[0]
    assert built.geometry.iloc[0].equals(shapely.box(X + 100, Y + 100, X + 200, Y + 200))
    assert len(built.geometry) == 1, "1,480 of 10,000 m2 is below 15 %"
    assert built.source == "source of panden"


def test_a_role_goes_before_names(tmp_path: Path) -> None:
    internal = {info.kind: info for info in context(result_of(tmp_path))}
    assert internal["water"].geometry.area.tolist() == [2500], "the layer with the role, alone"


def test_layers_with_too_much_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = result_of(tmp_path)
    assert MOST > 100_000
    monkeypatch.setattr("flexsite.outputs.map_context.MOST", 1)
    assert [info.kind for info in context(result)] == ["water", "rail", "border"]


def test_a_study_may_offer_a_background_of_a_few(tmp_path: Path) -> None:
    assert map_data(result_of(tmp_path)).background is None
    assert map_data(result_of(tmp_path, map={"background": "osm"})).background == "osm"
    with pytest.raises(InputErrors, match="background"):
        result_of(tmp_path, map={"background": "google"})
