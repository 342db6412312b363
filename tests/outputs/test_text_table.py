"""CSV: every reader finds the same, and no spreadsheet runs a cell."""

from __future__ import annotations

import csv
import math
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexsite.outputs.text_table import cell, write_csv

from .helpers import lines


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""), (float("nan"), ""), (pd.NA, ""), (pd.NaT, ""), (np.float32("nan"), ""),
        (True, "true"), (np.bool_(False), "false"), (0, "0"), (-2, "-2"), (np.int64(7), "7"),
        (0.1, "0.1"), (1e21, "1e+21"), (20.0, "20.0"), (np.float64(1 / 3), repr(1 / 3)), (-0.5, "-0.5"),
        (date(2026, 1, 2), "2026-01-02"), (datetime(2026, 1, 2, 3), "2026-01-02T03:00:00"),  # noqa: DTZ001
        ("plain", "plain"), ("", ""), (" =1", " =1"), ("a=1", "a=1"), ("1-2", "1-2"),
        # A spreadsheet would run these
        ("=1+1", "'=1+1"), ("+31 6", "'+31 6"), ("+3", "'+3"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"), ("-", "'-"), ("- 3", "'- 3"), ("-a", "'-a"),
        ("-inf", "'-inf"), ("-nan", "'-nan"), ("\r=1", "'\r=1"), ("\n=1", "'\n=1"),
        ("\uff1d1+1", "'\uff1d1+1"), ("\uff0b1", "'\uff0b1"), ("\uff0d1", "'\uff0d1"), ("\uff20A1", "'\uff20A1"),
        # A number is a number
        ("-3", "-3"), ("-3.5", "-3.5"), ("-1e3", "-1e3"),
    ],
)  # fmt: skip
def test_a_cell(value: Any, expected: str) -> None:
    assert cell(value) == expected


@given(st.text())
def test_no_text_starts_like_a_formula(text: str) -> None:
    found = cell(text)
    assert found in {text, f"'{text}"}
    if found[:1] in set("=+@\t\r\n-\uff1d\uff0b\uff0d\uff20"):
        assert found == text and float(text) <= 0


@given(st.floats(allow_nan=False))
def test_floats_come_back_as_they_were(number: float) -> None:
    assert float(cell(number)) == number
    assert math.copysign(1, float(cell(number))) == math.copysign(1, number)


texts = st.text(st.sampled_from("ab,\"'\r\n;\t é€") | st.characters(exclude_categories=["Cs"]), max_size=6)


@given(st.lists(st.tuples(texts, texts), max_size=5))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    write_csv(pd.DataFrame(rows, columns=["a", "b"]), path)
    text = path.read_bytes().decode("utf-8")
    read = list(csv.reader(lines(text)))
    assert read == [["a", "b"], *([cell(one) for one in row] for row in rows)]


def test_a_lone_carriage_return_starts_no_row(tmp_path: Path) -> None:
    """Spreadsheets and pandas end a line there when it stands bare; what follows could be a formula."""
    write_csv(pd.DataFrame({"a": ["x\r=1+1", "y"], "b": [1, 2]}), tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_bytes() == b'a,b\n"x\r=1+1",1\ny,2\n'
    assert len(pd.read_csv(tmp_path / "table.csv")) == 2


def test_the_bytes(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "=name": pd.Series(["é", "a,b", 'say "hi"'], dtype="str"),
            "n": pd.array([1, None, 3], dtype="Int64"),
            "x": [0.1, float("nan"), 2.0],
            "day": [date(2026, 1, 1), None, None],
            "flag": [True, False, True],
        }
    )
    write_csv(table, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_bytes().decode() == (
        '\'=name,n,x,day,flag\né,1,0.1,2026-01-01,true\n"a,b",,,,false\n"say ""hi""",3,2.0,,true\n'
    )


def test_no_rows_and_no_columns(tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"a": [], "b": []}), tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_bytes() == b"a,b\n"
