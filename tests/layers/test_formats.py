"""Files as they come: real ones, ZIPs, GML in folders that must stay as they are, CSV, GeoParquet of every make."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from flexsite.errors import InputError
from flexsite.layers import Layers, describe
from flexsite.study.models import Layer

from .helpers import RD, plots, write

Open = Callable[..., Layers]
START = "CASE WHEN OP202024 > 0 OR OPLONB > 0 THEN 2020 WHEN Op202529 > 0 THEN 2025 WHEN Op20302050 > 0 THEN 2030 END"


@pytest.fixture(scope="module")
def data(shared: Path) -> Path:
    return shared / "data"


def state(folder: Path) -> list[tuple[str, int, int]]:
    return sorted((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in folder.iterdir())


def test_gml_leaves_its_folder_as_it_is(tmp_path: Path, layers: Open) -> None:
    path = write(plots(), tmp_path / "plots.gml")
    path.with_suffix(".xsd").unlink()  # without a scheme GDAL would write one
    before = state(tmp_path)
    opened = layers(plots={"path": path, "where": "nr > 5"})
    assert sorted(opened.vector("plots", columns=["nr"]).frame["nr"]) == [6, 7]
    assert {"nr", "naam"} <= set(describe(Layer(path=path)).fields)
    assert state(tmp_path) == before


def test_a_gml_that_changes_is_read_anew(tmp_path: Path, layers: Open) -> None:
    path = write(plots(), tmp_path / "plots.gml")
    assert len(layers(plots=path).vector("plots")) == 8
    write(plots().iloc[:3].assign(extra="x" * 9), path)
    assert layers(plots=path).vector("plots", columns=["extra"]).frame["extra"].tolist() == ["x" * 9] * 3


@pytest.mark.parametrize("suffix", ["gpkg", "gml", "geojson", "fgb", "parquet"])
def test_one_dataset_in_a_zip(suffix: str, every_format: dict[str, Path], tmp_path: Path, layers: Open) -> None:
    path = tmp_path / "plots and more {1}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(every_format[suffix], f"sub/plots.{suffix}")
        archive.writestr("README.txt", "about")
        archive.writestr("__MACOSX/plots.shp", "")
    assert len(layers(plots={"path": path, "where": "nr < 4"}).vector("plots")) == 4
    assert len(layers(plots={"path": path / "sub" / f"plots.{suffix}"}).vector("plots")) == 8
    with pytest.raises(InputError, match=rf"no sub/plot\.{suffix} in .*; did you mean 'sub/plots\.{suffix}'"):
        layers(plots=path / "sub" / f"plot.{suffix}").vector("plots")


def test_shapefiles_in_a_zip(every_format: dict[str, Path], tmp_path: Path, layers: Open) -> None:
    parts = [
        part
        for part in every_format["shp"].parent.iterdir()
        if part.stem == "plots" and part.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg")
    ]
    one, two, mixed = tmp_path / "one.zip", tmp_path / "two.zip", tmp_path / "mixed.zip"
    for path, names in ((one, ["a"]), (two, ["a", "b"])):
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                for part in parts:
                    archive.write(part, f"{name}{part.suffix}")
    with zipfile.ZipFile(mixed, "w") as archive:
        for suffix in ("gpkg", "fgb"):
            archive.write(every_format[suffix], f"x.{suffix}")
    assert len(layers(one=one).vector("one")) == 8
    with pytest.raises(InputError, match="it holds 2 layers; add layer: with one of a, b"):
        layers(two=two).vector("two")
    assert len(layers(two={"path": two, "layer": "b"}).vector("two")) == 8
    with pytest.raises(
        InputError, match=r"mixed\.zip holds 2 datasets; give the path of one: mixed\.zip/x\.fgb, mixed"
    ):
        layers(mixed=mixed).vector("mixed")


def test_csv_with_coordinates(tmp_path: Path, layers: Open) -> None:
    table = pd.DataFrame({"code": ["0363", "0012"], "lon": [4.9, 5.1], "lat": [52.3, 52.4], "n": [1, 2]})
    table.to_csv(tmp_path / "stops.csv", index=False)
    spec = {"path": tmp_path / "stops.csv", "crs": "EPSG:4326", "where": "n = 2 AND lat > 52.35"}
    found = layers(stops=spec).vector("stops", columns=["code", "lon"])
    assert found.frame.to_dict("list")["code"] == ["0012"]
    assert found.frame.geometry[0].distance(shapely.Point(131_000, 490_000)) < 5_000
    with pytest.raises(InputError, match="no CRS"):
        layers(stops=tmp_path / "stops.csv").vector("stops")
    wkt = pd.DataFrame({"wkt": ["POLYGON ((0 0, 1 0, 1 1, 0 0))"], "naam": ["a"]})
    wkt.to_csv(tmp_path / "wkt.csv", index=False)
    assert len(layers(wkt={"path": tmp_path / "wkt.csv", "crs": "EPSG:28992"}).vector("wkt")) == 1
    table[["code", "n"]].to_csv(tmp_path / "bare.csv", index=False)
    with pytest.raises(InputError, match="it has no geometry; a CSV needs columns x and y"):
        layers(bare=tmp_path / "bare.csv").vector("bare")


def test_geoparquet_of_every_make(tmp_path: Path, layers: Open) -> None:
    frame = plots()
    frame.to_parquet(tmp_path / "cover.parquet", write_covering_bbox=True, row_group_size=3)
    frame.to_parquet(tmp_path / "native.parquet", geometry_encoding="geoarrow", row_group_size=3)
    window = (120_250.0, 480_020.0, 120_900.0, 480_050.0)
    for name in ("cover", "native"):
        opened = layers(plots=tmp_path / f"{name}.parquet")
        found = opened.vector("plots", bounds=window, columns=["nr"])
        assert found.frame["nr"].tolist() == [1, 2, 3, 4] == found.ids.tolist()
        assert found.frame.geometry.area.tolist() == [10_000] * 4
        assert len(opened.vector("plots", bounds=(0, 0, 1, 1))) == 0
        with pytest.raises(InputError, match="no column 'bbox'"):
            opened.vector("plots", columns=["bbox"])


@pytest.mark.parametrize("kind", ["Point", "LineString", "MultiPoint", "MultiLineString", "MultiPolygon"])
def test_native_geoparquet_of_every_kind(kind: str, tmp_path: Path, layers: Open) -> None:
    texts = {
        "Point": ["POINT (1 2)", "POINT (3 4)"],
        "LineString": ["LINESTRING (0 0, 1 1)", "LINESTRING (0 0, 1 1, 5 5)"],
        "MultiPoint": ["MULTIPOINT ((1 1), (2 2))", "MULTIPOINT ((3 3))"],
        "MultiLineString": ["MULTILINESTRING ((0 0, 1 1), (4 4, 5 5))", "MULTILINESTRING ((0 0, 1 1, 2 0))"],
        "MultiPolygon": [
            "MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0), (4 1, 8 1, 8 5, 4 1)), ((20 20, 29 20, 29 29, 20 20)))",
            "MULTIPOLYGON (((0 0, 3 0, 3 3, 0 0)))",
        ],
    }[kind]
    shapes = [None, *shapely.from_wkt(texts)]
    frame = gpd.GeoDataFrame({"nr": [0, 1, 2]}, geometry=shapes, crs=RD)
    frame.to_parquet(tmp_path / "native.parquet", geometry_encoding="geoarrow")
    found = layers(native=tmp_path / "native.parquet").vector("native", columns=["nr"])
    assert found.frame["nr"].tolist() == [1, 2]
    assert all(found.frame.geometry.geom_equals(gpd.GeoSeries(shapes[1:], crs=RD)))


def test_arrow_types_become_what_a_geopackage_would_hold(tmp_path: Path, layers: Open) -> None:
    stamp = pd.Timestamp("2020-01-02T03:04:05.5")
    table = pa.table(
        {
            "category": pa.array(["a", None]).dictionary_encode(),
            "small": pa.array([1, None], pa.uint8()),
            "huge": pa.array([2**63 + 1, 1], pa.uint64()),
            "decimal": pa.array([1, 2], pa.int32()).cast(pa.decimal128(12, 2)),
            "half": pa.array(np.array([0.5, np.nan], np.float16)),
            "stamp": pa.array([stamp, pd.Timestamp("2020-01-02")], pa.timestamp("us")),
            "zoned": pa.array([stamp, None], pa.timestamp("ns", "Europe/Amsterdam")),
            "list": pa.array([["é", "b"], None]),
            "struct": pa.array([{"x": 1}, None]),
            "none": pa.nulls(2),
            "geometry": pa.array(shapely.to_wkb([shapely.box(0, 0, 1, 1)] * 2)),
        }
    )
    meta = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "crs": RD.to_json_dict(), "geometry_types": []}},
    }
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(meta)}), tmp_path / "types.parquet")
    where = (
        "category = 'a' AND small = 1 AND huge > 9e18 AND decimal = 1 AND half = 0.5"
        " AND stamp = '2020-01-02T03:04:05.500' AND zoned LIKE '2020-01-02T03:04:05.500Z'"
        ' AND list = \'["é", "b"]\' AND struct = \'{"x": 1}\' AND none IS NULL'
    )
    opened = layers(types={"path": tmp_path / "types.parquet", "where": where})
    names = [name for name in table.column_names if name != "geometry"]
    row = opened.vector("types", columns=names).frame.iloc[0]
    assert row["stamp"] == "2020-01-02T03:04:05.500" and row["small"] == 1 and row["none"] is None
    both = layers(types=tmp_path / "types.parquet").vector("types", columns=["stamp"])
    assert both.frame["stamp"][1] == "2020-01-02T00:00:00"


def test_raster_or_vector_is_told_by_the_file(every_format: dict[str, Path], tmp_path: Path, layers: Open) -> None:
    from .test_raster import tiff

    tiff(tmp_path / "grid.tif", np.ones((2, 2), "uint8"))
    shutil.copy(tmp_path / "grid.tif", tmp_path / "grid.data")
    with zipfile.ZipFile(tmp_path / "grid.zip", "w") as archive:
        archive.write(tmp_path / "grid.tif", "grid.tif")
    for name in ("grid.tif", "grid.data", "grid.zip"):
        opened = layers(it=tmp_path / name)
        assert opened.is_raster("it") and opened.raster("it").valid.sum() == 4
    assert not any(layers(it=path).is_raster("it") for path in every_format.values())


def test_describe_names_what_is_there(every_format: dict[str, Path], layers: Open) -> None:
    (found,) = layers(plots=every_format["gpkg"]).describe("plots").vectors
    assert (found.layer, found.geometry_type, found.features) == ("plots", "Polygon", 8)
    assert found.crs == RD and found.bounds == (120_000, 480_000, 121_500, 480_100)
    kinds = {"nr": "integer", "naam": "text", "klasse": "text", "aantal": "integer", "deel": "real", "vast": "boolean"}
    assert {name: found.fields[name] for name in kinds} == kinds


# Real files


def test_natura2000_has_invalid_multipolygons_made_valid(data: Path, layers: Open) -> None:
    path = data / "natura2000_RVO2026_NL-excl-ZL-DR.gpkg"
    opened = layers(nature=path)
    found = opened.vector("nature", columns=["naam"])
    counts = opened.report["nature"].counts()
    assert (counts["features"], counts["read"], counts["repaired"], counts["dropped_empty"]) == (122, 122, 35, 0)
    assert found.frame.is_valid.all() and set(found.frame.geom_type) <= {"Polygon", "MultiPolygon"}
    raw = gpd.read_file(path, use_arrow=True).to_crs(RD)
    for row in np.flatnonzero(~raw.is_valid):
        parts = [shapely.make_valid(part, method="structure", keep_collapsed=False) for part in raw.geometry[row].geoms]
        assert found.frame.area[row] == pytest.approx(shapely.union_all(parts).area, rel=1e-9)
    assert found.frame.area.sum() > 1e9


def test_plan_capacity_with_the_sql_of_the_design(data: Path, layers: Open) -> None:
    path = data / "plancapaciteit_EIB2020_NH-ZH-FL-GE.gpkg"
    sql = f"SELECT *, {START} AS start_year FROM plancapaciteit WHERE Aantalrest > 0"  # noqa: S608 - ours
    opened = layers(plans={"path": path, "sql": sql, "columns": {"homes": "Aantalrest"}})
    frame = opened.vector("plans", columns=["start_year", "homes", "Provincie"]).frame
    raw = gpd.read_file(path)
    raw = raw[raw["Aantalrest"] > 0]
    now, soon, later = (raw["OP202024"] > 0) | (raw["OPLONB"] > 0), raw["Op202529"] > 0, raw["Op20302050"] > 0
    expected = np.select([now, soon, later], [2020, 2025, 2030], 0)
    assert frame["start_year"].fillna(0).tolist() == expected.tolist()
    assert frame["homes"].sum() == raw["Aantalrest"].sum()
    hard = opened.vector("plans", where="Planstatus LIKE '1a%'", columns=["homes"])
    assert hard.frame["homes"].sum() == raw.loc[raw["Planstatus"].str.startswith("1A", na=False), "Aantalrest"].sum()


def test_one_province(data: Path, layers: Open) -> None:
    spec = {"path": data / "provincies_NL_wgs84.geojson", "where": "provincieCode = 'PV27'"}
    frame = layers(area=spec).vector("area", columns=["provincie"]).frame
    assert frame["provincie"].tolist() == ["Noord Holland"]
    assert 2.5e9 < frame.area.sum() < 4.5e9


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("IMRO2006_Borsele_NL.IMRO.06540000BS4376", 51),
        ("IMRO2008_Gieterveen-AaEnHunze_NL.IMRO.1680.1800030105-0000", 84),
        ("IMRO2012_Goes-Stationsomgeving-ZO_NL.IMRO.0664.BPBS02-VG99", 11),
    ],
)
def test_zoning_plans(name: str, count: int, data: Path, layers: Open) -> None:
    path = data / f"bestemmingsplan_{name}.gml"
    before = sorted(path.parent.iterdir())
    opened = layers(zoning={"path": path, "layer": "Enkelbestemming"}, bare=path)
    frame = opened.vector("zoning", columns=["bestemmingshoofdgroep"]).frame
    assert len(frame) == count and frame["bestemmingshoofdgroep"].notna().any()
    assert (frame.area > 0).any()  # the plan of 2006 also has lines and label points among them
    with pytest.raises(InputError, match=r"it holds \d layers; add layer: with one of .*Enkelbestemming"):
        opened.vector("bare")
    assert sorted(path.parent.iterdir()) == before


def test_raw_bgt_gml_that_pyogrio_itself_refuses(data: Path, layers: Open) -> None:
    archive = data / "bgt_Hilversum-zuid-A27_NH_2018_gml.zip"
    spec = {"path": archive / "bgt_begroeidterreindeel.gml", "crs": "EPSG:28992", "where": "eindRegistratie IS NULL"}
    raw = layers(green=spec).vector("green", columns=["class", "lokaalID"]).frame
    clean = {"path": data / "bgt_Hilversum-zuid-A27_NH_current_polygons.gpkg", "layer": "bgt_begroeidterreindeel"}
    current = layers(green=clean).vector("green")
    assert len(raw) == len(current) == 770
    assert raw.area.sum() == pytest.approx(current.frame.area.sum(), rel=1e-3)
    with pytest.raises(InputError, match=r"holds 33 datasets; give the path of one"):
        layers(all=archive).vector("all")


def test_zuid_holland_grid_of_hexagons(data: Path, layers: Open) -> None:
    path = data / "zuidholland_h3r9_lgn2022_nnn_natura2000_gemeente.parquet"
    opened = layers(cells={"path": path, "where": "gemeentenaam = 'Delft' AND lgn22_agrarisch_gras > 0.2"})
    found = opened.vector("cells", columns=["lgn22_agrarisch_gras", "h3_id"])
    raw = pd.read_parquet(path, columns=["gemeentenaam", "lgn22_agrarisch_gras", "h3_id"])
    mask = (raw["gemeentenaam"] == "Delft") & (raw["lgn22_agrarisch_gras"] > 0.2)
    assert found.ids.tolist() == np.flatnonzero(mask).tolist()
    assert found.frame["h3_id"].tolist() == raw.loc[mask, "h3_id"].tolist()


def test_groningen_in_web_mercator_in_a_zip(data: Path, layers: Open) -> None:
    path = data / "cbs-vierkant100m-2014_Groningen_epsg3857_shp.zip"
    opened = layers(cells={"path": path, "missing": [-99997, -99998]})
    frame = opened.vector("cells", columns=["INW2014"]).frame
    assert len(frame) == 3441
    assert frame.area.median() == pytest.approx(10_000, rel=1e-3)  # cells of 100 m in RD, so back where they came from
    assert opened.report["cells"].missing["INW2014"] == frame["INW2014"].isna().sum() > 0


def test_ruimtescanner_raster(data: Path, layers: Open) -> None:
    path = data / "raster_RSopen-WLOhoog2050-op_NoordHolland_25m.tif"
    opened = layers(model=path)
    whole = opened.raster("model")
    runs = whole.runs(whole.valid)
    assert shapely.area(runs).sum() == whole.valid.sum() * 625
    bounds = (120_013.0, 480_013.0, 120_990.0, 480_990.0)
    part = opened.raster("model", bounds=bounds)
    assert part.valid.shape == (40, 40) and part.aligned
    assert shapely.total_bounds(part.runs(np.ones((40, 40), bool))).tolist() == [120_000, 480_000, 121_000, 481_000]
