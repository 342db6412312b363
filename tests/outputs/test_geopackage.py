"""GeoPackages: equal bytes, a style that QGIS reads, columns of any name."""

from __future__ import annotations

import datetime
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
import pytest

from flexsite.outputs.geopackage import COLOURS, qml, write_gpkg

from .helpers import box, run, world

STYLE = ('"kind"', {"a": "plain", "<b & 'c'>": 'say "hi" & <go>', "é": "ë"})


def frame(**columns: Any) -> gpd.GeoDataFrame:
    data = {
        "site_id": pd.Series(["K1", "<script>"], dtype="str"),
        "area_m2": [1.5, 2.25],
        "until": pd.Series([datetime.date(2030, 1, 1), None], dtype=pd.ArrowDtype(pa.date32())),
        "rank": pd.array([1, None], dtype="Int64"),
        "ok": [True, False],
    } | columns
    return gpd.GeoDataFrame(data, geometry=[box(0, 0, 10, 10), box(20, 0, 30, 10)], crs="EPSG:28992")


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        write_gpkg(frame(), tmp_path / str(number) / "x.gpkg", "sites", style=STYLE)
        time.sleep(1.1 * (1 - number))  # a second apart, the step of most time stamps
    first, second = ((tmp_path / str(number) / "x.gpkg").read_bytes() for number in range(2))
    assert first == second
    assert str(datetime.datetime.now(tz=datetime.UTC).year).encode() + b"-" not in first.replace(b"2030-01-01", b"")


def test_the_environment_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OGR_CURRENT_DATE", "mine")
    write_gpkg(frame(), tmp_path / "x.gpkg", "sites")
    assert os.environ["OGR_CURRENT_DATE"] == "mine"
    monkeypatch.delenv("OGR_CURRENT_DATE")
    write_gpkg(frame(), tmp_path / "y.gpkg", "sites")
    assert "OGR_CURRENT_DATE" not in os.environ
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_it_opens_with_types_and_values(tmp_path: Path) -> None:
    write_gpkg(frame(), tmp_path / "x.gpkg", "sites", style=STYLE)
    back = pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="sites")
    assert back.crs == "EPSG:28992"
    assert back["site_id"].tolist() == ["K1", "<script>"]
    assert back["rank"].iloc[0] == 1 and pd.isna(back["rank"].iloc[1])
    assert back["ok"].tolist() == [True, False]
    assert back.geometry.iloc[0].equals(box(0, 0, 10, 10))
    info = pyogrio.read_info(tmp_path / "x.gpkg", layer="sites")
    kinds = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert kinds["until"] == "OFTDate" and kinds["area_m2"] == "OFTReal"
    assert info["geometry_type"] == "Polygon"


def test_the_style_is_registered_for_the_layer(tmp_path: Path) -> None:
    write_gpkg(frame(), tmp_path / "x.gpkg", "sites", style=STYLE)
    ((table, column, text, default),) = query(
        tmp_path / "x.gpkg", "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles"
    )
    assert (table, column, default) == ("sites", "geom", 1)
    assert text == qml(*STYLE)
    assert ("layer_styles", "attributes") in query(
        tmp_path / "x.gpkg", "SELECT table_name, data_type FROM gpkg_contents"
    )
    assert query(tmp_path / "x.gpkg", "PRAGMA integrity_check") == [("ok",)]


def test_the_style_is_well_formed_and_fills_each_value() -> None:
    tree = ET.fromstring(qml(*STYLE).split("\n", 1)[1])  # noqa: S314  (our own text)
    renderer = tree.find("renderer-v2")
    assert renderer is not None and renderer.get("attr") == '"kind"'
    categories = {item.get("value"): (item.get("label"), item.get("symbol")) for item in renderer.iter("category")}
    assert {value: label for value, (label, _) in categories.items()} == STYLE[1]
    symbols = {symbol.get("name"): symbol for symbol in renderer.iter("symbol")}
    assert set(symbols) == {number for _, number in categories.values()}
    fills = [symbol.find(".//Option[@name='color']").get("value") for symbol in symbols.values()]  # type: ignore[union-attr]
    assert len(set(fills)) == 3 and all(fill.endswith(",255") for fill in fills if fill)  # type: ignore[union-attr]


def test_more_values_than_colours() -> None:
    text = qml("x", {str(number): str(number) for number in range(len(COLOURS) + 2)})
    assert text.count("<category ") == text.count("<symbol ") == len(COLOURS) + 2
    assert "@" not in text


def test_columns_may_bear_the_names_of_the_format(tmp_path: Path) -> None:
    write_gpkg(frame(fid=["x", "y"], geom=[7, 7], ogc_fid=[1, 2]), tmp_path / "x.gpkg", "sites", style=STYLE)
    back = pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="sites")
    assert (back["fid"].tolist(), back["geom"].tolist()) == (["x", "y"], [7, 7])
    assert query(tmp_path / "x.gpkg", "SELECT f_geometry_column FROM layer_styles") == [("geom_",)]
    assert query(tmp_path / "x.gpkg", "SELECT column_name FROM gpkg_geometry_columns") == [("geom_",)]


def test_no_rows(tmp_path: Path) -> None:
    write_gpkg(frame().iloc[:0], tmp_path / "x.gpkg", "sites", style=STYLE)
    back = pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="sites")
    assert len(back) == 0 and back.crs == "EPSG:28992"
    assert {"site_id", "rank", "until"} <= set(back.columns)


def test_the_layer_of_a_run_tells_who_may_live_where(tmp_path: Path) -> None:
    result = run(world(tmp_path, outputs=["gpkg"]))
    result.write(tmp_path / "out")
    back = pyogrio.read_dataframe(tmp_path / "out" / "sites.gpkg", layer="sites").set_index("site_id")
    table = result.suitability.set_index("site_id")
    assert back["tester_suitable"].to_dict() == table["suitable"].to_dict()
    assert back["tester_homes"].to_dict() == table["homes"].to_dict()
    assert back["tester_rank"].dropna().to_dict() == table["rank"].dropna().astype(float).to_dict()
    ((text,),) = query(tmp_path / "out" / "sites.gpkg", "SELECT styleQML FROM layer_styles")
    categories = [item.get("label") for item in ET.fromstring(text.split("\n", 1)[1]).iter("category")]  # noqa: S314
    assert categories == ['suitable for Tester & "son"', 'available, not suitable for Tester & "son"']
    run(world(tmp_path, outputs=["gpkg"], profiles=[])).write(tmp_path / "plain")
    ((text,),) = query(tmp_path / "plain" / "sites.gpkg", "SELECT styleQML FROM layer_styles")
    assert 'label="available"' in text
