"""Tables joined to layers by a key: as Dutch and English programs write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flexsite
from flexsite.availability.work import Crew
from flexsite.cache import Cache
from flexsite.errors import InputError
from flexsite.layers.attributes import Attributes
from flexsite.layers.vector import series_of
from flexsite.study.layer import Table
from tests.acceptance.helpers import box, cli, one_parcel, run_study, vector

DUTCH = (
    '"gwb_code";"naam";"leefbaarheid";"sociale_huur";"inwoners"\r\n'
    '"0001";"Oost; nieuw";"6,5";"30";"1.200"\r\n'
    '"0002";"West";"7,25";"";"890"\r\n'
    '"0099";"Elders";"3";"55";"."\r\n'
)


def read(folder: Path, text: str | bytes, name: str, *, missing: list[Any] | None = None, **spec: Any) -> list[Any]:
    """A column of a CSV, missing values as None."""
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    table = Attributes(Table(path=path, key="k", on="k", **spec), missing or [], "areas")
    return list(table.field(name).to_pylist())


def rows_of(folder: Path, text: str) -> dict[str, int]:
    """Rows of a CSV by key."""
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return Attributes(Table(path=path, key="k", on="k"), [], "areas").rows


class TestACsv:
    def test_with_semicolons_and_decimal_commas(self, tmp_path: Path) -> None:
        path = tmp_path / "table.csv"
        path.write_text(DUTCH, encoding="utf-8", newline="")
        table = Attributes(Table(path=path, key="gwb_code", on="code"), [], "areas")
        assert table.rows == {"0001": 0, "0002": 1, "0099": 2}
        assert table.field("leefbaarheid").to_pylist() == [6.5, 7.25, 3.0]
        assert table.field("sociale_huur").to_pylist() == [30, None, 55]
        assert table.field("inwoners").to_pylist() == [1200.0, 890.0, None]
        assert table.field("naam").to_pylist() == ["Oost; nieuw", "West", "Elders"]
        assert table.field("gwb_code").to_pylist() == ["0001", "0002", "0099"]

    @pytest.mark.parametrize(
        ("text", "values"),
        {
            "k;v\na;6.5\nb;7\n": [6.5, 7.0],
            "k,v\na,6.5\nb,1e3\n": [6.5, 1000.0],
            "k,v\na,1.234\nb,2.345\n": [1.234, 2.345],
            'k,v\na,"6,5"\nb,"7,25"\n': [6.5, 7.25],
            "k\tv\na\t-0,5\nb\t12\n": [-0.5, 12.0],
            "k;v\na;1.234.567\nb;12\n": [1234567.0, 12.0],
            "k;v\na;1.234\nb;0,5\n": [1234.0, 0.5],
            "k;v;w\na;6.5;1,5\nb;7.25;2,5\n": [6.5, 7.25],
            "k;v;w\na;1.234;1,5\nb;12;2,5\n": [1234.0, 12.0],
            "k;v\na;0363\nb;1\n": ["0363", "1"],
            "k;v\na;0\nb;0,1\n": [0.0, 0.1],
            "k;v\na;12 %\nb;1\n": ["12 %", "1"],
            "k;v\na;123456789012345678901\nb;1\n": [123456789012345678901.0, 1.0],
            "sep=|\nk|v\na|1\nb|2\n": [1, 2],
            "\ufeffk;v\n a ; 1 \n\n b;2\n;\n": [1, 2],
            "k;v\na;.\nb;\n": [None, None],
        }.items(),
    )  # fmt: skip
    def test_is_read_as_it_is_meant(self, tmp_path: Path, text: str, values: list[Any]) -> None:
        found = read(tmp_path, text, "v")
        assert found == values
        assert list(map(type, found)) == list(map(type, values))

    @pytest.mark.parametrize("text", ["k;v\na;1.234\nb;12.500\n", 'k,v\na,"1,234"\nb,12\n'])
    def test_that_can_be_read_in_two_ways_is_not_guessed(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(InputError, match=r"can be read in two ways: '1[.,]234'"):
            read(tmp_path, text, "v")
        either = [read(tmp_path, text, "v", decimal=mark) for mark in (",", ".")]
        assert sorted(values[0] for values in either) == [1.234, 1234.0]

    def test_of_windows_is_read_too(self, tmp_path: Path) -> None:
        assert read(tmp_path, "k;v\na;Súdwest\n".encode("cp1252"), "v") == ["Súdwest"]

    def test_may_say_what_is_missing(self, tmp_path: Path) -> None:
        assert read(tmp_path, "k;v\na;x\nb;-99997\nc;4\n", "v", missing=["x", -99997]) == [None, None, 4]

    @pytest.mark.parametrize(
        ("text", "message"),
        {
            "k;v\n": "it has no rows",
            "": "it has no rows",
            "x;v\na;1\n": "no column 'k' for the key",
            "k;v\na;1\na ;2\n": "the key 'a' stands in several rows",
            "k;v\na;1;2\n": "row 2 has another number of cells than the header, which has 2",
            "k;v;v\na;1;2\n": "two columns are called 'v'",
            'k;v\na;"1\n': "no sound CSV",
            "k;v\n;1\n": "no row with a key",
        }.items(),
    )
    def test_that_is_broken_is_refused(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(InputError, match=message) as error:
            rows_of(tmp_path, text)
        assert "layer 'areas', table (table.csv)" in str(error.value)

    def test_bytes_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="neither UTF-8 nor Windows text"):
            read(tmp_path, b"k;v\na;\x81\xff\n", "v")

    def test_a_workbook_is_no_table(self, tmp_path: Path) -> None:
        (tmp_path / "a.xlsx").write_bytes(b"PK")
        with pytest.raises(InputError, match="a table is CSV or Parquet"):
            Attributes(Table(path=tmp_path / "a.xlsx", key="k", on="k"), [], "areas")


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(-9999, 9999, allow_nan=False).map(lambda v: round(v, 2)), min_size=1, max_size=8),
    st.booleans(),
)
def test_numbers_survive_either_way_of_writing(
    tmp_path_factory: pytest.TempPathFactory, values: list[float], dutch: bool
) -> None:
    frame = pd.DataFrame({"k": [f"r{i}" for i in range(len(values) + 1)], "v": [*values, 0.25]})
    path = tmp_path_factory.mktemp("t") / "table.csv"
    frame.to_csv(path, index=False, sep=";" if dutch else ",", decimal="," if dutch else ".")
    table = Attributes(Table(path=path, key="k", on="k"), [], "areas")
    assert series_of(table.field("v"), [])[0].tolist() == frame["v"].tolist()


WEST, EAST, FAR = box(0, 0, 60, 100), box(60, 0, 100, 100), box(3000, 0, 3100, 100)


def areas(folder: Path, table: str = DUTCH, **changes: Any) -> Path:
    """A parcel of a hectare in two neighbourhoods, whose figures stand in a table."""
    (folder / "figures.csv").write_text(table, encoding="utf-8", newline="")
    vector(folder / "areas.gpkg", [WEST, EAST, FAR], code=["0002", "0001", "0404"], naam=["w", "o", "f"])
    spec = {
        "path": "areas.gpkg",
        "columns": {"liveability": "leefbaarheid"},
        "table": {"path": "figures.csv", "key": "gwb_code", "on": "code", "year": 2023},
    }
    return one_parcel(folder, layers={"areas": spec | changes.pop("spec", {})}, **changes)


COLUMN = {"l": {"layer": "areas", "column": "liveability"}}


class TestALayerWithATable:
    def test_serves_columns_measures_and_rules(self, tmp_path: Path) -> None:
        path = areas(
            tmp_path,
            columns={**COLUMN, "place": {"layer": "areas", "column": "naam"}},
            access={"measures": [{"id": "live", "value": "areas", "column": "liveability"}]},
            rules=[{"id": "few", "mark": "areas", "match": {"inwoners": {"at_least": 1000}}}],
        )
        site = run_study(path).sites.iloc[0]
        assert (site["l"], site["l_share"]) == (7.25, 0.6)
        assert site["live_v"] == pytest.approx(0.6 * 7.25 + 0.4 * 6.5)
        assert site["marks"] == "few"
        assert site["place"] == "w", "the file's own column wins"

    def test_takes_ground_by_its_figures_and_caps_by_them(self, tmp_path: Path) -> None:
        rules = [{"id": "weak", "exclude": "areas", "match": {"liveability": {"at_most": 6.5}}}]
        assert run_study(areas(tmp_path, rules=rules)).sites["area_m2"].tolist() == [6000.0]

    def test_leading_zeros_count(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no key of the table is a 'code' of the layer: '1' there, '0001' here"):
            run_study(areas(tmp_path, DUTCH.replace('"00', '"').replace('"0', '"'), columns=COLUMN))

    def test_numbers_as_codes_are_compared_as_text(self, tmp_path: Path) -> None:
        path = areas(tmp_path, 'gwb_code;leefbaarheid\n"2";6,5\n', columns=COLUMN)
        vector(tmp_path / "areas.gpkg", [WEST, EAST, FAR], code=[2, 1, 404])
        assert run_study(path).sites["l"].tolist() == [6.5]

    def test_is_counted_in_the_record_with_its_year(self, tmp_path: Path) -> None:
        path = areas(tmp_path, DUTCH.replace('"0001"', '"0003"'), columns=COLUMN, outputs=["parquet"])
        assert cli("run", path, "--out", tmp_path / "run", "--quiet").code == 0
        record = json.loads((tmp_path / "run" / "run.json").read_text())
        assert record["layers"]["areas"]["table"] == {
            "file": "figures.csv",
            "year": 2023,
            "rows": 3,
            "keys_without_feature": 2,
            "keys_without_row": 2,
            "features_without_row": 1,
        }
        assert "figures.csv" in record["inputs"]
        assert "layer 'areas': 1 of 2 features read have no row in its table" in record["warnings"]

    def test_is_held_against_its_layer_by_check(self, tmp_path: Path) -> None:
        told = cli("check", areas(tmp_path, columns=COLUMN))
        assert told.code == 0
        assert "layer 'areas', table (figures.csv): 1 keys have no feature: 0099" in told.out
        assert "layer 'areas', table (figures.csv): 1 keys of features have no row: 0404" in told.out

    def test_with_sql_and_where(self, tmp_path: Path) -> None:
        sql = "SELECT geom, code FROM areas WHERE code <> '0404'"
        assert run_study(areas(tmp_path, columns=COLUMN, spec={"sql": sql})).sites["l"].tolist() == [7.25]
        path = areas(tmp_path, columns=COLUMN, spec={"where": "naam = 'o'"})
        assert run_study(path).sites[["l", "l_share"]].to_numpy().tolist() == [[6.5, 0.4]]

    def test_in_parquet(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({"gwb_code": ["0002", "0001"], "leefbaarheid": [np.nan, 6.0]})
        frame.to_parquet(tmp_path / "figures.parquet")
        path = areas(tmp_path, columns=COLUMN)
        study = flexsite.load(path, {"layers.areas.table.path": "figures.parquet"})
        assert flexsite.run(study).sites[["l", "l_share"]].to_numpy().tolist() == [[6.0, 0.4]]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"on": "kode"}, "no column 'kode' to join the table figures.csv on"),
            ({"key": "code"}, "no column 'code' for the key"),
            ({"path": "other.csv"}, "there is no such file"),
        ],
    )
    def test_that_does_not_fit_is_refused(self, tmp_path: Path, change: dict[str, str], message: str) -> None:
        path = areas(tmp_path, columns=COLUMN)
        told = cli("run", path, "--quiet", *(f"--set=layers.areas.table.{k}={v}" for k, v in change.items()))
        assert told.code == 2
        assert told.says(message)

    def test_a_column_that_neither_has_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no column 'lefbaarheid'"):
            run_study(areas(tmp_path, columns={"l": {"layer": "areas", "column": "lefbaarheid"}}))

    def test_that_changes_changes_what_a_cache_gives(self, tmp_path: Path) -> None:
        rules = [{"id": "weak", "exclude": "areas", "match": {"liveability": {"at_most": 6.5}}}]
        measures = {"measures": [{"id": "live", "value": "areas", "column": "liveability"}]}
        path = areas(tmp_path, columns=COLUMN, rules=rules, access=measures)

        def run(cache: Cache | None) -> tuple[dict[str, Any], dict[str, Any]]:
            result = flexsite.run(flexsite.load(path), crew=Crew(1, cache))
            row = result.sites.drop(columns="geometry").iloc[0].astype(str).to_dict()
            return row, result.layers

        with Cache(tmp_path / "cache") as cache:
            first, again = run(cache), run(cache)
            assert first == again == run(None)
            other = DUTCH.replace("7,25", "8,25").replace("6,5", "9,5")
            (tmp_path / "figures.csv").write_text(other, encoding="utf-8", newline="")
            changed = run(cache)
            assert changed == run(None)
        assert (first[0]["l"], changed[0]["l"]) == ("7.25", "8.25")
        assert (first[0]["area_m2"], changed[0]["area_m2"]) == ("6000.0", "10000.0")
