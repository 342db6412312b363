"""Kinds of measures: what lies on a site, names of columns, refusals."""

from __future__ import annotations

from pathlib import Path

import affine
import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access import ground
from flexsite.access.measures import AccessResult, measure
from flexsite.errors import InputError
from flexsite.layers import Layers
from flexsite.study.access import Access, ShareMeasure
from flexsite.study.layer import Layer

from .conftest import NAN, RD, FakeLayers, points, sites


def polygons(*boxes: tuple[float, float, float, float], **columns: object) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(columns, geometry=[shapely.box(*box) for box in boxes], crs=RD)


def taken(measures: list[dict], layers: object, where: geopandas.GeoDataFrame, **access: object) -> AccessResult:
    return measure(Access.model_validate({"measures": measures, **access}), layers, where, RD)  # type: ignore[arg-type]


SITES = sites((0, 0, 100, 100), (200, 0, 300, 100), (1000, 1000, 1100, 1100))


def files(folder: Path, **frames: geopandas.GeoDataFrame) -> Layers:
    specs = {}
    for name, frame in frames.items():
        frame.to_file(folder / f"{name}.gpkg")
        specs[name] = Layer(path=folder / f"{name}.gpkg")
    return Layers(specs, RD)


def test_value_of_polygons_is_weighted_by_area(tmp_path: Path) -> None:
    noise = polygons((0, 0, 25, 100), (25, 0, 100, 100), (200, 0, 260, 100), (260, 0, 300, 100), db=[40, 60, 50, None])
    layers = files(tmp_path, noise=noise)
    ask = [{"id": kind, "value": "noise", "column": "db", "statistic": kind} for kind in ("mean", "min", "max")]
    found = taken(ask, layers, SITES).columns
    assert list(found.columns) == ["mean_v", "min_v", "max_v"]
    np.testing.assert_allclose(found["mean_v"], [55, 50, NAN])
    np.testing.assert_allclose(found["min_v"], [40, 50, NAN])
    np.testing.assert_allclose(found["max_v"], [60, 50, NAN])


def test_value_is_empty_when_over_half_of_the_site_has_none(tmp_path: Path) -> None:
    layers = files(
        tmp_path, half=polygons((0, 0, 50, 100), (200, 0, 249.9, 100), (200, 0, 249.9, 100), db=[1.0, 2.0, 2.0])
    )
    found = taken([{"id": "x", "value": "half", "column": "db"}], layers, SITES).columns["x_v"]
    np.testing.assert_array_equal(found, [1, NAN, NAN])  # twice the same 49.9 % is not more


def noise_raster(tmp_path: Path) -> Layers:
    cells = np.array([[10, 20, -1, -1, 7], [30, 40, -1, 5, 7]], np.float32)
    path = tmp_path / "noise.tif"
    place = affine.Affine(50, 0, 0, 0, -50, 100)
    with rasterio.open(
        path, "w", driver="GTiff", width=5, height=2, count=1, dtype="float32", crs="EPSG:28992", transform=place,
        nodata=-1,
    ) as file:  # fmt: skip
        file.write(cells, 1)
    return Layers(
        {"noise": Layer(path=path), **files(tmp_path, use=polygons((0, 0, 50, 100), kind=["park"])).specs}, RD
    )


def test_value_of_a_raster(tmp_path: Path) -> None:
    where = sites((0, 0, 100, 100), (100, 0, 200, 100), (150, 0, 250, 50), (25, 50, 75, 100))
    found = taken(
        [{"id": kind, "value": "noise", "statistic": kind} for kind in ("mean", "max")], noise_raster(tmp_path), where
    ).columns
    np.testing.assert_allclose(found["mean_v"], [25, NAN, 6, 15])
    np.testing.assert_allclose(found["max_v"], [40, NAN, 7, 20])


def test_share_of_a_raster(tmp_path: Path) -> None:
    where = sites((0, 0, 100, 100), (100, 0, 200, 100), (150, 0, 250, 50), (25, 50, 75, 100), (60, 0, 110, 50))
    conditions = {"loud": {"above": 10}, "quiet": {"below": 20}, "some": {"values": [30, 7]}}
    found = taken(
        [{"id": name, "share": "noise", **test} for name, test in conditions.items()], noise_raster(tmp_path), where
    ).columns
    np.testing.assert_allclose(found["loud_v"], [0.75, NAN, 0, 0.5, 0.8], atol=1e-12)
    np.testing.assert_allclose(found["quiet_v"], [0.25, NAN, 1, 0.5, 0], atol=1e-12)
    np.testing.assert_allclose(found["some_v"], [0.25, NAN, 0.5, 0, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (
            {"share": "noise"},
            "measure 'x', layer 'noise' (noise.tif): a share of a raster needs a condition; give 'above'",
        ),
        ({"share": "noise", "where": "kind = 'park'"}, "'where' asks for columns, and a raster has none; use above"),
        ({"share": "use", "above": 3}, "'above', 'below' and 'values' are for rasters; use 'where' on a column"),
    ],
)
def test_a_share_whose_condition_does_not_fit_is_refused(tmp_path: Path, measure: dict, words: str) -> None:
    with pytest.raises(InputError) as error:
        taken([{"id": "x", **measure}], noise_raster(tmp_path), SITES)
    assert words in str(error.value)


def test_a_share_has_one_condition() -> None:
    with pytest.raises(ValueError, match="give one of 'where', 'above', 'below' and 'values'"):
        ShareMeasure(id="x", share="noise", above=3, values=[4])
    with pytest.raises(ValueError, match="at least 1 item"):
        ShareMeasure(id="x", share="noise", values=[])


def test_share_counts_ground_once(tmp_path: Path) -> None:
    use = polygons(
        (0, 0, 50, 100),
        (25, 0, 75, 100),
        (200, 0, 300, 10),
        (-10, -10, 400, 400),
        kind=["park", "park", "park", "road"],
    )
    layers = files(tmp_path, use=use)
    found = taken(
        [{"id": "park", "share": "use", "where": "kind = 'park'"}, {"id": "any", "share": "use"}], layers, SITES
    ).columns
    assert found["park_v"].tolist() == [0.75, 0.1, 0]
    assert found["any_v"].tolist() == [1, 1, 0]


def test_share_is_empty_outside_the_layers_coverage(tmp_path: Path) -> None:
    polygons((0, 0, 10, 100)).to_file(tmp_path / "use.gpkg")
    polygons((-50, -50, 240, 200)).to_file(tmp_path / "known.gpkg")
    layers = Layers({"use": Layer(path=tmp_path / "use.gpkg", coverage=tmp_path / "known.gpkg")}, RD)
    np.testing.assert_array_equal(
        taken([{"id": "use", "share": "use"}], layers, SITES).columns["use_v"], [0.1, NAN, NAN]
    )


@given(
    st.lists(st.tuples(*[st.integers(0, 120)] * 2, *[st.integers(1, 80)] * 2), max_size=6),
    st.lists(st.integers(0, 9), min_size=6, max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_value_and_share_against_shapely(rows: list, numbers: list) -> None:
    site = shapely.Polygon([(0, 0), (100, 10), (90, 110), (20, 70)])
    shapes = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in rows], dtype=object)
    frame = geopandas.GeoDataFrame({"v": numbers[: len(rows)]}, geometry=list(shapes), crs=RD)
    parts = shapely.area(shapely.intersection(shapes, site)) if len(rows) else np.empty(0)
    whole = shapely.union_all(shapes).intersection(site).area / site.area if len(rows) else 0.0
    target = np.array([site], dtype=object)
    assert ground.covered(frame.geometry.to_numpy(), target) == pytest.approx([whole], abs=1e-5)
    if abs(whole - 0.5) < 1e-4:
        return
    found = ground.value(FakeLayers(x=frame), "x", "v", "mean", target)  # type: ignore[arg-type]
    expected = (parts * frame["v"]).sum() / parts.sum() if whole > 0.5 else NAN
    np.testing.assert_allclose(found, [expected], rtol=1e-9)


def test_straight_to_lines_and_areas_and_from_the_polygon() -> None:
    shapes = points((0, 0), (0, 0)).set_geometry(
        [shapely.box(130, 0, 140, 10), shapely.LineString([(190, -50), (190, 150)])], crs=RD
    )
    layers = FakeLayers(things=shapes)
    found = taken(
        [
            {"id": "d", "to": "things", "mode": "straight"},
            {"id": "n", "count": "things", "mode": "straight", "within": 60},
        ],
        layers,
        SITES,
    )
    assert found.columns["d_m"].tolist() == pytest.approx([30, 10, np.hypot(1000 - 190, 850)])
    assert found.columns["n_n"].tolist() == [1, 2, 0]
    assert not found.no_access.any()
    assert list(found.entrances.columns) == ["mode", "site_id", "x", "y", "leg_m"]


def test_within_is_inclusive() -> None:
    layers = FakeLayers(things=points((150, 50), (400, 50)))
    count = [{"id": "n", "count": "things", "mode": "straight", "within": within} for within in (50, 49.999)]
    assert taken(count[:1], layers, SITES).columns["n_n"].tolist() == [1, 1, 0]
    assert taken(count[1:], layers, SITES).columns["n_n"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        ({"id": "stop", "to": "stops", "mode": "walk"}, r"stop.*walk needs streets.*mode: straight"),
        (
            {"id": "jobs", "sum": "n", "of": "stops", "mode": "cycle", "within": 500},
            r"jobs.*cycle needs streets.*mode: straight",
        ),
        (
            {"id": "centre", "to": "stops", "mode": "transit", "depart": ["07:00", "09:00"]},
            r"centre.*transit needs a timetable.*walk",
        ),
        ({"id": "pt", "standard": "pbl-crow"}, r"pt.*needs a timetable, or a layer of stops"),
        ({"id": "shop", "to": {"osm": {"shop": True}}, "mode": "straight"}, r"shop.*no OpenStreetMap file.*\.osm"),
        ({"id": "v", "value": "stops"}, r"stops.*column"),
    ],
)
def test_refusals(ask: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        taken([ask], FakeLayers(stops=points((0, 0), n=[1])), SITES)


def test_a_column_of_words_is_no_number() -> None:
    layers = FakeLayers(stops=points((0, 0), (1, 1), n=["12", "many"]))
    with pytest.raises(InputError, match=r"stops.*'n'.*'many'"):
        taken([{"id": "jobs", "sum": "n", "of": "stops", "mode": "straight", "within": 500}], layers, SITES)


def test_no_measures() -> None:
    found = taken([], FakeLayers(), SITES)
    assert found.columns.shape == (3, 0)
    assert not found.no_access.any()
