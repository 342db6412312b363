"""`where` means the same in every format, and nothing but a condition gets through."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from flexsite.errors import InputError
from flexsite.layers import Layers

from .helpers import FORMATS, RD, write

Open = Callable[..., Layers]

# What SQLite makes of each condition, by hand; the number of a plot is its `nr`.
MEANINGS = {
    "naam = 'Aalsmeer'": [0],
    "naam LIKE 'AALSMEER'": [0, 1],
    "naam LIKE '50\\%%' ESCAPE '\\'": [6],
    "naam = 'O''Neill' OR naam = 'De \"Punt\"'": [2, 3],
    "naam IN ('Één', 'Ümlaut')": [4, 7],
    "naam IS NULL": [5],
    "aantal BETWEEN 1 AND 10": [0, 1, 5, 7],
    "aantal > '9'": [0, 6],
    "klasse >= 9": [5],
    "klasse = 10": [4],
    "klasse IN ('1A', '1B')": [0, 1],
    "NOT (aantal > 5)": [3, 4, 5, 7],
    "aantal + deel > 100": [6],
    "deel < 0.6 AND deel >= 0": [0, 5],
    "vast": [0, 3, 5, 7],
    "vast = 0": [1, 4, 6],
    "vast IS NULL": [2],
    "datum < '2022-01-01'": [0, 1],
    "substr(datum, 1, 4) = '2025'": [5],
    "\"naam\" = 'aalsmeer' AND [klasse] <> `naam`": [1],
    "length(klasse) = 0 -- an empty text\n": [7],
    "aantal = (SELECT max(aantal) FROM plots)": [6],
    "CASE WHEN vast THEN aantal > 1 ELSE deel > 1 END": [0, 6, 7],
    "nr % 2 = 1 /* odd */ AND coalesce(aantal, 0) < 5": [3, 5, 7],
}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("where", MEANINGS)
def test_a_condition_means_the_same_in_every_format(
    where: str, suffix: str, every_format: dict[str, Path], layers: Open
) -> None:
    if suffix in ("shp", "gml") and where.startswith("length"):
        pytest.skip("GDAL writes no difference between an empty text and none in this format")
    opened = layers(plots={"path": every_format[suffix], "where": where})
    frame = opened.vector("plots", columns=["nr"]).frame
    expected = MEANINGS[where]
    assert sorted(frame["nr"]) == expected


@pytest.mark.parametrize("where", MEANINGS)
def test_the_meaning_is_that_of_sqlite_on_the_geopackage_itself(where: str, every_format: dict[str, Path]) -> None:
    with sqlite3.connect(f"file:{every_format['gpkg']}?mode=ro", uri=True) as file:
        found = [row[0] for row in file.execute(f"SELECT nr FROM plots WHERE {where}\n ORDER BY nr")]  # noqa: S608 - ours
    assert found == MEANINGS[where]


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_rules_where_is_anded_and_windows_do_not_change_it(
    suffix: str, every_format: dict[str, Path], layers: Open
) -> None:
    opened = layers(plots={"path": every_format[suffix], "where": "nr < 3 OR nr = 6"})
    assert sorted(opened.vector("plots", where="nr > 1 OR nr = 0", columns=["nr"]).frame["nr"]) == [0, 2, 6]
    window = (120_300.0, 480_000.0, 120_550.0, 480_050.0)  # plots 1 (its right part ends at its border) and 2
    inside = opened.vector("plots", where="nr = (SELECT min(nr) FROM plots) + 2", bounds=window, columns=["nr"])
    assert list(inside.frame["nr"]) == [2]


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet"])
def test_names_with_spaces_and_other_signs(suffix: str, tmp_path: Path, layers: Open) -> None:
    odd = ["jaar van", 'a"b', "x`y", "select", "a;b", "é-1"]
    frame = gpd.GeoDataFrame({name: [1, 2] for name in odd}, geometry=[shapely.box(0, 0, 9, 9)] * 2, crs=RD)
    path = write(frame, tmp_path / f"odd.{suffix}")
    for name in odd:
        doubled = name.replace('"', '""')
        opened = layers(odd={"path": path, "where": f'"{doubled}" = 2', "columns": {"ours": name}})
        assert list(opened.vector("odd", columns=["ours"]).frame["ours"]) == [2]


INJECTIONS = [
    "1) UNION SELECT 1 --",
    "1) --",
    "1); DROP TABLE plots; --",
    "1; SELECT 1",
    "1) OR (1",
    "nr = 1) AND (nr = 1",
    "1 THEN 1 END, CASE WHEN 1",
    "1 THEN 1 ELSE 0 END OR CASE WHEN 1",
    "SELECT 1",
    "WITH q AS (SELECT 1) SELECT * FROM q",
    "VALUES (1)",
    "1 ORDER BY nr",
    "1 LIMIT 1",
    "nr = 1 /*",
    "naam = 'Aalsmeer",
    'naam = "Aalsmeer',
    "nr = [1",
    "nr = `1",
    "nr = ?",
    "nr = :one",
    "nr = @one",
    "nr = $one",
    "",
    "   ",
    "-- nothing",
    "nr = 1\0",
    "nr = '\ud800'",
    "(nr = 1",
    "nr, naam",
    "count(*) > 1",
    "load_extension('x')",
    "readfile('/etc/passwd') IS NOT NULL",
    "writefile('x', 'y')",
    "randomblob(1000000000) IS NOT NULL",
    "zeroblob(1000000000) IS NOT NULL",
    "random() > 0",
    "sqlite_version() > ''",
    "EXISTS (SELECT 1 FROM sqlite_master)",
    "EXISTS (SELECT 1 FROM sqlite_schema)",
    "EXISTS (SELECT 1 FROM pragma_table_info('plots'))",
    "EXISTS (SELECT 1 FROM other)",
    "EXISTS (SELECT 1 FROM json_each('[1]'))",
    "naam MATCH 'x'",
    "naam REGEXP 'x'",
    "datum < date('now')",
    "datum < date()",
    "datum < CURRENT_DATE",
    "datum < date('n' || 'ow')",
    'naam = "no such name"',
    "ST_Area(geom) > 1",
    "raise(ABORT, 'x')",
]


@pytest.mark.parametrize("where", INJECTIONS)
def test_what_is_not_one_harmless_condition_is_refused(where: str, every_format: dict[str, Path], layers: Open) -> None:
    before = sorted(path.name for path in every_format["fgb"].parent.iterdir())
    try:
        opened = layers(plots={"path": every_format["fgb"], "where": where})
    except ValueError:
        return  # the study format itself refuses an empty text
    with pytest.raises(InputError, match=r"^layer 'plots' \(plots\.fgb, layer plots\): "):
        opened.vector("plots")
    assert sorted(path.name for path in every_format["fgb"].parent.iterdir()) == before


@pytest.mark.parametrize(
    "where",
    [
        "(WITH RECURSIVE q(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM q) SELECT max(n) FROM q) > 0",
        "(SELECT count(*) FROM plots a, plots b, plots c, plots d, plots e, plots f, plots g, plots h, plots i) > 0",
        "length(replace(replace(printf('%99999d', 1), ' ', printf('%999d', 1)), '1', printf('%999d', 2))) > 0",
    ],
)
def test_a_condition_cannot_eat_the_machine(where: str, every_format: dict[str, Path], layers: Open) -> None:
    with pytest.raises(InputError, match=r"too much work|too large"):
        layers(plots={"path": every_format["fgb"], "where": where}).vector("plots")


def test_unknown_column_names_file_layer_column_and_the_nearest(every_format: dict[str, Path], layers: Open) -> None:
    opened = layers(plots={"path": every_format["gpkg"], "where": "Klas = 'x'"})
    with pytest.raises(InputError) as caught:
        opened.vector("plots")
    message = str(caught.value)
    assert message.startswith("layer 'plots' (plots.gpkg, layer plots): no column 'Klas'")
    assert "did you mean 'klasse'?" in message


def test_a_double_quoted_text_is_an_unknown_name(every_format: dict[str, Path], layers: Open) -> None:
    opened = layers(plots={"path": every_format["gpkg"], "where": 'klasse = "1A"'})
    with pytest.raises(InputError, match=r"no column '1A'.*a text stands between single quotes"):
        opened.vector("plots")


@pytest.mark.parametrize("suffix", FORMATS)
def test_no_feature_at_all_is_an_error_an_empty_window_is_not(
    suffix: str, every_format: dict[str, Path], layers: Open
) -> None:
    far = (0.0, 0.0, 10.0, 10.0)
    opened = layers(plots=every_format[suffix])
    assert len(opened.vector("plots", bounds=far)) == 0
    assert len(opened.vector("plots", bounds=far, where="klasse = '1A'", columns=["naam"]).frame["naam"]) == 0
    for bounds in (None, far, (119_000.0, 479_000.0, 130_000.0, 490_000.0)):
        with pytest.raises(InputError, match="no feature meets  klasse = '1C'"):
            opened.vector("plots", bounds=bounds, where="klasse = '1C'")


def test_names_that_differ_in_case_alone(tmp_path: Path, layers: Open) -> None:
    frame = gpd.GeoDataFrame({"naam": ["a"], "NAAM": ["b"], "x": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=RD)
    path = write(frame, tmp_path / "double.parquet")
    assert len(layers(double={"path": path, "where": "x = 1"}).vector("double", columns=["NAAM"])) == 1
    with pytest.raises(InputError, match="two columns differ only in case, 'naam' and 'NAAM'"):
        layers(double={"path": path, "where": "naam = 'a'"}).vector("double")


def test_the_feature_id_may_be_asked(every_format: dict[str, Path], layers: Open) -> None:
    vector = layers(plots={"path": every_format["gpkg"], "where": "fid > 6"}).vector("plots", columns=["fid", "nr"])
    assert list(vector.frame["fid"]) == [7, 8] == list(vector.ids)
    assert list(vector.frame["nr"]) == [6, 7]
    assert len(layers(plots={"path": every_format["fgb"], "where": "rowid = 3"}).vector("plots")) == 1


def test_geometry_may_be_tested_for_being_there(tmp_path: Path, layers: Open) -> None:
    frame = gpd.GeoDataFrame({"nr": [1, 2]}, geometry=[shapely.box(0, 0, 1, 1), None], crs=RD)
    path = write(frame, tmp_path / "some.gpkg")
    opened = layers(some={"path": path, "where": "geom IS NULL OR nr = 1"})
    vector = opened.vector("some", columns=["nr"])
    assert list(vector.frame["nr"]) == [1]
    assert opened.report["some"].counts()["dropped_empty"] == 1
