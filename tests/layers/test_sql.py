"""`sql` makes a layer of one SELECT; geometry is passed on and never looked into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from flexsite.errors import InputError
from flexsite.layers import Layers

from .helpers import FORMATS, RD, plots, write

Open = Callable[..., Layers]
GEOMETRY = {"gpkg": "geom", "gml": "geometryProperty"}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GeoPackage with plots, owners (no geometry) and roads."""
    path = tmp_path_factory.mktemp("sql") / "two.gpkg"
    write(plots(), path, layer="plots")
    owners = gpd.GeoDataFrame({"klasse": ["1A", "1B", "10"], "eigenaar": ["gemeente", "rijk", None]})
    pyogrio.write_dataframe(owners, path, layer="owners", driver="GPKG", append=True)
    roads = gpd.GeoDataFrame({"nr": [1, 2]}, geometry=shapely.linestrings([[(0, 0), (9, 9)], [(5, 0), (5, 9)]]), crs=RD)
    pyogrio.write_dataframe(roads, path, layer="roads", driver="GPKG", append=True)
    return path


@pytest.mark.parametrize("suffix", FORMATS)
def test_select_star_with_case(suffix: str, every_format: dict[str, Path], layers: Open) -> None:
    sql = "SELECT *, CASE WHEN aantal > 5 THEN 2020 WHEN aantal >= 0 THEN 2025 END AS jaar FROM plots WHERE vast = 1"
    opened = layers(plots={"path": every_format[suffix], "sql": sql, "missing": [2025]})
    vector = opened.vector("plots", columns=["nr", "jaar", "naam"])
    frame = vector.frame.sort_values("nr")
    assert list(frame["nr"]) == [0, 3, 5, 7]
    assert frame["jaar"].tolist()[0] == 2020
    assert frame["jaar"].isna().tolist() == [False, True, True, True]  # none, and 2025 is listed as missing
    assert list(vector.ids) == [0, 1, 2, 3]
    expected = plots().set_index("nr").geometry.loc[[0, 3, 5, 7]]
    assert all(frame.geometry.normalize().to_numpy() == expected.normalize().to_numpy())


@pytest.mark.parametrize("suffix", FORMATS)
def test_geometry_has_its_own_name_in_every_format(suffix: str, every_format: dict[str, Path], layers: Open) -> None:
    select = f"SELECT {GEOMETRY.get(suffix, 'geometry')} AS g FROM plots"  # noqa: S608 - ours
    vector = layers(plots={"path": every_format[suffix], "sql": select}).vector("plots")
    assert len(vector) == 8
    assert vector.frame.geometry.area.tolist() == pytest.approx([10_000] * 8)


def test_the_rules_where_acts_on_the_result_with_its_affinity(two: Path, layers: Open) -> None:
    sql = "SELECT p.geom, p.nr * 2 AS dubbel, p.klasse, o.eigenaar FROM plots p LEFT JOIN owners o USING (klasse)"
    opened = layers(plots={"path": two, "sql": sql, "columns": {"eigenaar_klasse": "eigenaar"}})
    assert len(opened.vector("plots")) == 8
    assert opened.vector("plots", where="dubbel > 11", columns=["dubbel"]).frame["dubbel"].tolist() == [12, 14]
    assert opened.vector("plots", where="klasse = 10", columns=["dubbel"]).frame["dubbel"].tolist() == [8]
    owned = opened.vector("plots", where="eigenaar IS NOT NULL", columns=["eigenaar_klasse"])
    assert owned.frame["eigenaar_klasse"].tolist() == ["gemeente", "rijk"]
    above = opened.vector("plots", where="dubbel > (SELECT avg(dubbel) FROM plots)", columns=["dubbel"])
    assert above.frame["dubbel"].tolist() == [8, 10, 12, 14]
    with pytest.raises(InputError, match="no feature meets"):
        opened.vector("plots", where="dubbel = 3", bounds=(0, 0, 1, 1))
    assert len(opened.vector("plots", where="dubbel = 2", bounds=(0, 0, 1, 1))) == 0


def test_geometry_of_several_tables(two: Path, layers: Open) -> None:
    union = "SELECT geom, nr FROM plots WHERE nr < 2 UNION ALL SELECT geom, nr + 100 FROM roads"
    vector = layers(all={"path": two, "sql": union}).vector("all", columns=["nr"])
    assert vector.frame["nr"].tolist() == [0, 1, 101, 102]
    assert vector.frame.geom_type.tolist() == ["Polygon", "Polygon", "LineString", "LineString"]
    chosen = "SELECT CASE WHEN r.nr IS NULL THEN p.geom ELSE r.geom END AS g FROM plots p LEFT JOIN roads r USING (nr)"
    vector = layers(all={"path": two, "sql": chosen}).vector("all")
    assert sorted(vector.frame.geom_type) == ["LineString"] * 2 + ["Polygon"] * 6


def test_feature_id_order_window_functions_and_a_final_semicolon(two: Path, layers: Open) -> None:
    sql = """
        WITH ranked AS (SELECT fid, geom, row_number() OVER (ORDER BY nr DESC) AS plek FROM plots)
        SELECT * FROM ranked WHERE plek <= 3 ORDER BY plek;
    """
    frame = layers(plots={"path": two, "sql": sql}).vector("plots", columns=["fid", "plek"]).frame
    assert frame["fid"].tolist() == [8, 7, 6]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT nr FROM plots", "no geometry.*add the geometry column geom"),
        ("SELECT nr FROM owners", "no column 'nr'"),
        ("SELECT p.geom, r.geom AS g2 FROM plots p JOIN roads r USING (nr)", "2 geometry columns .geom, g2."),
        ("SELECT *, nr AS Naam FROM plots", "two columns of the result are called 'Naam'"),
        ("SELECT geom FROM plots WHERE nr > 99", "gives no feature"),
        ("SELECT geom FROM plot", "no table 'plot'.*did you mean 'plots'"),
        ("SELECT geom, ST_Area(geom) FROM plots", "no function ST_Area"),
        ("SELECT substr(geom, 1, 3) FROM plots", "no geometry"),
        (
            "SELECT CASE WHEN nr = 1 THEN 'x' ELSE geom END AS g FROM plots",
            "something else in the place of its geometry",
        ),
        ("SELECT geom FROM plots; DROP TABLE plots", "one statement only"),
        ("DELETE FROM plots", "one SELECT"),
        ("EXPLAIN SELECT geom FROM plots", "one SELECT"),
        ("PRAGMA table_info(plots)", "one SELECT"),
        ("ATTACH 'x.db' AS x", "one SELECT"),
        ("WITH x AS (SELECT 1) DELETE FROM plots", "may not be used"),
        ("WITH x AS (SELECT 1) INSERT INTO plots (nr) VALUES (1)", "may not be used"),
        ("SELECT * FROM sqlite_master", "may not be used"),
        ("SELECT * FROM pragma_database_list", "may not be used"),
        ("SELECT geom, load_extension('x') FROM plots", "may not be used"),
        ('SELECT geom FROM plots WHERE klasse = "1A"', "no column '1A'"),
        (
            "SELECT geom FROM plots, (WITH RECURSIVE q(n) AS (SELECT 1 UNION ALL SELECT n FROM q) SELECT n FROM q)",
            "too much",
        ),
    ],
)
def test_what_an_sql_may_not_be(sql: str, message: str, two: Path, layers: Open) -> None:
    before = two.read_bytes()
    with pytest.raises(InputError, match=message):
        layers(plots={"path": two, "sql": sql}).vector("plots")
    assert two.read_bytes() == before


def test_a_layer_called_like_the_result(two: Path, layers: Open) -> None:
    assert len(layers(plots={"path": two, "sql": "SELECT geom FROM plots"}).vector("plots", where="rowid < 3")) == 2


def test_null_geometry_passes_and_is_counted(tmp_path: Path, layers: Open) -> None:
    frame = gpd.GeoDataFrame({"nr": [1, 2, 3]}, geometry=[None, shapely.box(0, 0, 1, 1), shapely.Polygon()], crs=RD)
    path = write(frame, tmp_path / "some.parquet")
    opened = layers(some={"path": path, "sql": "SELECT geometry, nr, geometry IS NULL AS leeg FROM some"})
    assert opened.vector("some", columns=["leeg"]).frame["leeg"].tolist() == [0]
    assert opened.report["some"].counts()["dropped_empty"] == 2


def test_an_empty_window_of_a_result_and_its_columns_keep_their_types(two: Path, layers: Open) -> None:
    opened = layers(plots={"path": two, "sql": "SELECT geom, nr, naam, deel FROM plots"})
    frame = opened.vector("plots", bounds=(0, 0, 1, 1), columns=["nr", "naam", "deel"]).frame
    assert len(frame) == 0
    assert [str(kind) for kind in frame.dtypes[:3]] == ["int64", "object", "float64"]
