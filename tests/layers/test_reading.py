"""Windows, CRSs, columns, missing values, and what a user hears when something is wrong."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely

from flexsite.errors import InputError
from flexsite.layers import Layers, projection

from .helpers import FORMATS, RD, plots, write

Open = Callable[..., Layers]


@pytest.mark.parametrize("suffix", FORMATS)
def test_columns_have_our_names_and_plain_types(suffix: str, every_format: dict[str, Path], layers: Open) -> None:
    ours = {"homes": "aantal", "share": "deel"}
    opened = layers(plots={"path": every_format[suffix], "columns": ours, "missing": [-99997, "1a", 0.5]})
    frame = opened.vector("plots", columns=["nr", "homes", "share", "klasse", "naam", "datum"]).frame
    frame = frame.sort_values("nr", ignore_index=True)
    assert list(frame.columns) == ["nr", "homes", "share", "klasse", "naam", "datum", "geometry"]
    assert frame["nr"].dtype == np.int64
    assert frame["homes"].tolist()[:2] == [10, 9]
    assert frame["homes"].isna().tolist() == [False, False, True, True, False, False, False, False]
    assert frame["share"].isna().tolist() == [True, True] + [False] * 6
    assert frame["klasse"].tolist()[:3] == ["1A", "1B", None]
    assert frame["naam"][4] == "Één" and frame["naam"][5] is None
    assert frame["datum"].tolist()[:4] == ["2020-06-01", "2021-06-01", "2022-06-01", None]
    assert frame.crs == RD
    assert opened.report["plots"].missing == {"homes": 1, "klasse": 1, "share": 1}


def test_a_number_that_stands_for_missing_also_counts_as_written_in_text(tmp_path: Path, layers: Open) -> None:
    frame = gpd.GeoDataFrame({"n": ["-99997", "5", "-99997.0"]}, geometry=[shapely.box(0, 0, 1, 1)] * 3, crs=RD)
    path = write(frame, tmp_path / "cbs.gpkg")
    found = layers(cbs={"path": path, "missing": [-99997]}).vector("cbs", columns=["n"]).frame["n"].tolist()
    assert found == [None, "5", "-99997.0"]


def test_where_sees_values_before_missing_applies(every_format: dict[str, Path], layers: Open) -> None:
    opened = layers(plots={"path": every_format["gpkg"], "missing": [-99997], "where": "aantal = -99997"})
    assert np.isnan(opened.vector("plots", columns=["aantal"]).frame["aantal"][0])


@pytest.mark.parametrize("crs", ["EPSG:28992", "EPSG:4326", "EPSG:3857", "EPSG:4258", "EPSG:3035"])
@pytest.mark.parametrize("suffix", ["gpkg", "fgb", "parquet", "gml"])
def test_a_window_holds_exactly_what_touches_it(crs: str, suffix: str, tmp_path: Path, layers: Open) -> None:
    rng = np.random.default_rng(7)
    corners = rng.random((400, 2)) * [20_000, 20_000] + [110_000, 470_000]
    boxes = shapely.box(*corners.T, *(corners + rng.random((400, 2)) * 900 + 1).T)
    boxes[::7] = shapely.affinity.rotate(boxes[7], 30)
    frame = gpd.GeoDataFrame({"nr": np.arange(400)}, geometry=boxes, crs=RD).to_crs(crs)
    opened = layers(boxes=write(frame, tmp_path / f"boxes.{suffix}"))
    exact = frame.to_crs(RD).geometry
    for west, south in ((112_000, 471_500), (119_000, 480_010), (90_000, 400_000)):
        bounds = (float(west), float(south), float(west + 4000), float(south + 2500))
        found = opened.vector("boxes", bounds=bounds, columns=["nr"])
        expected = np.flatnonzero(exact.intersects(shapely.box(*bounds)))
        assert sorted(found.frame["nr"]) == list(expected)
        order = np.argsort(found.frame["nr"].to_numpy())
        both = zip(found.frame.geometry.to_numpy()[order], exact[expected], strict=True)
        # FlatGeobuf and GML may turn rings round; the ground is the same.
        assert all(one.symmetric_difference(other).area < 1e-3 for one, other in both)


def test_vertices_are_reprojected_as_proj_does(tmp_path: Path, layers: Open) -> None:
    point = gpd.GeoDataFrame(geometry=[shapely.Point(5.387206, 52.155174)], crs="EPSG:4326")
    found = layers(one=write(point, tmp_path / "one.gpkg")).vector("one").frame.geometry[0]
    x, y = pyproj.Transformer.from_crs("EPSG:4326", RD, always_xy=True).transform(5.387206, 52.155174)
    assert (found.x, found.y) == (x, y)
    assert abs(found.x - 155_000) < 1 and abs(found.y - 463_000) < 1


def test_a_long_edge_in_another_crs_is_not_missed(tmp_path: Path, layers: Open) -> None:
    # A strip of 3 degrees with four corners: in RD its straight edges run up to 2 km from the parallel.
    strip = gpd.GeoDataFrame(geometry=[shapely.box(4.0, 52.0, 7.0, 52.001)], crs="EPSG:4326")
    opened = layers(strip=write(strip, tmp_path / "strip.gpkg"))
    ring = np.array(opened.vector("strip").frame.geometry[0].exterior.coords)
    middle = ring[:, 0].mean()
    inside = opened.vector("strip").frame.geometry[0].intersection(shapely.box(middle, 0, middle + 10, 900_000)).bounds
    assert len(opened.vector("strip", bounds=inside)) in (0, 1)  # beyond the margin it may fall outside the window
    edge = ring[np.argmin(ring[:, 0])]
    assert len(opened.vector("strip", bounds=(edge[0], edge[1] - 5, edge[0] + 50, edge[1] + 5))) == 1


def test_crs_of_the_file_wins_and_says_so_once(tmp_path: Path, layers: Open) -> None:
    path = write(plots(), tmp_path / "plots.gpkg")
    opened = layers(plots={"path": path, "crs": "EPSG:4326"})
    for _ in range(2):
        assert opened.vector("plots").frame.total_bounds[0] == 120_000
    warning = "layer 'plots': the file says its CRS is EPSG:28992; crs: EPSG:4326 is not used"
    assert opened.report["plots"].warnings == [warning]


def test_crs_fills_what_the_file_lacks(tmp_path: Path, layers: Open) -> None:
    frame = plots().set_crs(None, allow_override=True)
    for suffix in ("gpkg", "shp", "parquet", "gml"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # GeoPandas also sees that there is no CRS
            path = write(frame, tmp_path / f"bare.{suffix}")
        with pytest.raises(InputError, match="the file has no CRS; add crs:"):
            layers(bare=path).vector("bare")
        assert len(layers(bare={"path": path, "crs": "EPSG:28992"}).vector("bare")) == 8
        with pytest.raises(InputError, match="the CRS 'EPSG:289920' is not known; did you mean 'EPSG:28992'"):
            layers(bare={"path": path, "crs": "EPSG:289920"}).vector("bare")


def test_geoparquet_without_crs_key_is_longitude_latitude(tmp_path: Path, layers: Open) -> None:
    import pyarrow.parquet as pq

    path = tmp_path / "lonlat.parquet"
    plots().to_crs("OGC:CRS84").to_parquet(path)
    table = pq.read_table(path)
    meta = json.loads(table.schema.metadata[b"geo"])
    del meta["columns"]["geometry"]["crs"]
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(meta).encode()}), path)
    assert layers(plots=path).vector("plots").frame.total_bounds == pytest.approx(plots().total_bounds, abs=1e-3)


def test_compound_and_wkt_crs_count_as_the_same(tmp_path: Path) -> None:
    wkt = RD.to_wkt("WKT1_ESRI")
    for other in ("EPSG:7415", wkt):
        assert projection.transformer(pyproj.CRS(other), RD) is None
    assert projection.transformer(pyproj.CRS("EPSG:4326"), pyproj.CRS("OGC:CRS84")) is None
    assert projection.transformer(pyproj.CRS("EPSG:4258"), RD) is not None


def test_features_that_the_crs_cannot_show_are_dropped_and_counted(tmp_path: Path, layers: Open) -> None:
    mixed = [shapely.Point(5, 52), shapely.Point(500, 95)]
    path = write(gpd.GeoDataFrame({"nr": [1, 2]}, geometry=mixed, crs="EPSG:4326"), tmp_path / "mixed.gpkg")
    opened = layers(mixed=path)
    assert opened.vector("mixed", columns=["nr"]).frame["nr"].tolist() == [1]
    assert opened.report["mixed"].counts()["dropped_outside_crs"] == 1
    wrong = gpd.GeoDataFrame(geometry=[shapely.Point(155_000, 463_000)], crs="EPSG:4326")
    with pytest.raises(InputError, match="no feature has coordinates that EPSG:4326 allows; check the CRS"):
        layers(wrong=write(wrong, tmp_path / "wrong.gpkg")).vector("wrong")


def test_a_coordinate_that_is_no_number(tmp_path: Path, layers: Open) -> None:
    bad = shapely.from_wkt("LINESTRING (0 0, 1 1)")
    bad = shapely.set_coordinates(bad, [[0, 0], [np.inf, 1]])
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(1, 1), bad], crs=RD)
    path = tmp_path / "bad.parquet"
    frame.to_parquet(path)
    with pytest.raises(InputError, match="feature 1 has a coordinate that is not a number"):
        layers(bad=path).vector("bad")


def test_unknown_column_shows_both_names_and_the_nearest(every_format: dict[str, Path], layers: Open) -> None:
    opened = layers(plots={"path": every_format["fgb"], "columns": {"homes": "aantall"}})
    with pytest.raises(InputError, match=r"no column 'aantall' \(our 'homes'\); did you mean 'aantal'"):
        opened.vector("plots", columns=["homes"])
    with pytest.raises(InputError, match="no column 'Naam'; did you mean 'naam'"):
        opened.vector("plots", columns=["Naam"])
    with pytest.raises(InputError, match="cannot be called 'geometry'"):
        opened.vector("plots", columns=["geometry"])


def test_layers_of_a_file(tmp_path: Path, layers: Open) -> None:
    path = write(plots(), tmp_path / "several.gpkg", layer="plots")
    table = pd.DataFrame({"x": [1]})
    pyogrio.write_dataframe(table, path, layer="table", driver="GPKG", append=True)
    assert len(layers(only=path).vector("only")) == 8  # one with geometry
    pyogrio.write_dataframe(plots(), path, layer="more", driver="GPKG", append=True)
    with pytest.raises(InputError, match="it holds 2 layers; add layer: with one of plots, more"):
        layers(several=path).vector("several")
    with pytest.raises(InputError, match=r"no layer 'plot'; did you mean 'plots'\? \(layers: plots, .*table"):
        layers(several={"path": path, "layer": "plot"}).vector("several")
    with pytest.raises(InputError, match=r"several\.gpkg, layer table.*no geometry"):
        layers(several={"path": path, "layer": "table"}).vector("several")


def test_files_that_cannot_be_read(tmp_path: Path, layers: Open) -> None:
    good = write(plots(), tmp_path / "plots.gpkg")
    (tmp_path / "broken.gpkg").write_bytes(good.read_bytes()[:3000])
    (tmp_path / "text.geojson").write_text("not json at all")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 nothing PAR1")
    (tmp_path / "broken.zip").write_bytes(b"PK nothing")
    (tmp_path / "empty.gml").write_text("")
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "table.parquet")
    for name, message in {
        "plot.gpkg": "no file plot.gpkg in .*; did you mean 'plots.gpkg'",
        "nowhere/plots.gpkg": "the folder .* does not exist",
        "broken.gpkg": r"layer 'it' \(broken\.gpkg\): it cannot be read",
        "text.geojson": "it cannot be read",
        "broken.parquet": "no sound Parquet file",
        "table.parquet": "Parquet without geometry",
        "broken.zip": "not a sound ZIP",
        "empty.gml": "cannot be read",
        ".": "is a folder",
    }.items():
        with pytest.raises(InputError, match=message):
            layers(it=tmp_path / name).vector("it")
    with pytest.raises(InputError, match="no layer 'others'"):
        layers(other=good).vector("others")


def test_a_file_without_features(tmp_path: Path, layers: Open) -> None:
    for suffix in ("gpkg", "geojson", "parquet", "fgb", "shp"):
        path = write(plots().iloc[:0], tmp_path / f"none.{suffix}")
        for bounds in (None, (0.0, 0.0, 1.0, 1.0)):
            with pytest.raises(InputError, match="has no feature"):
                layers(none=path).vector("none", bounds=bounds)


def test_features_none_of_which_has_a_geometry(tmp_path: Path, layers: Open) -> None:
    frame = gpd.GeoDataFrame({"nr": [1, 2]}, geometry=[None, shapely.Polygon()], crs=RD)
    path = write(frame, tmp_path / "bare.parquet")
    for spec in ({"path": path}, {"path": path, "sql": "SELECT * FROM bare"}):
        with pytest.raises(InputError, match=r"none of its 2 features has a geometry|the result has no geometry"):
            layers(bare=spec).vector("bare")


def test_the_report_counts_a_feature_once_and_survives_a_worker(tmp_path: Path, layers: Open) -> None:
    bowties = [shapely.Polygon([(x, 0), (x + 2, 2), (x + 2, 0), (x, 2)]) for x in range(0, 30, 10)]
    frame = gpd.GeoDataFrame({"nr": [0, 1, 2]}, geometry=bowties, crs=RD)
    opened = layers(bows=write(frame, tmp_path / "bows.gpkg"))
    opened.vector("bows", bounds=(0, 0, 15, 5))
    again = pickle.loads(pickle.dumps(opened))  # noqa: S301 - our own
    again.vector("bows", bounds=(5, 0, 25, 5))
    opened.report["bows"].merge(again.report["bows"])
    assert opened.report["bows"].counts() | {"notes": []} == opened.report["bows"].counts()
    assert opened.report["bows"].counts()["read"] == 3
    assert opened.report["bows"].counts()["repaired"] == 3
    assert opened.report["bows"].warnings == ["layer 'bows': 3 of 3 features read had invalid polygons, made valid"]
