"""The workbook: what a planner opens in Excel, and nothing that runs."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from flexsite.errors import InputError
from flexsite.outputs import workbook
from flexsite.outputs.sheets import Sheet, by_column, sheets
from flexsite.outputs.workbook import CELL, write_workbook

from .helpers import box, layer, run, world

HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\tx",
    "https://example.org",
    "{{7*7}}",
    "</script>",
    "007",
]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("workbook")
    path = world(folder, {"columns.municipality": {"layer": "towns", "column": "naam"}}, outputs=["xlsx"])
    study = path.read_text(encoding="utf-8").replace("layers:", "layers:\n  towns: towns.fgb", 1)
    path.write_text(study, encoding="utf-8")
    layer(folder / "towns.fgb", [box(-100, -100, 350, 900), box(350, -100, 500, 900)], naam=["=Aa()", "Bee"])
    return run(path)


@pytest.fixture(scope="module")
def book(result: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("book") / "sites.xlsx"
    write_workbook(result, path)
    return openpyxl.load_workbook(path)


def rows(book: Any, name: str) -> list[dict[str, Any]]:
    header, *body = book[name].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in body]


def test_the_sheets_are_those_of_the_design(book: Any) -> None:
    assert book.sheetnames == [
        "sites", "ranking_tester", "waterfall", "owners", "municipalities", "windows", "sources",
        "settings", "columns",
    ]  # fmt: skip


def test_every_sheet_has_filters_and_a_frozen_header(book: Any) -> None:
    for name in book.sheetnames:
        page = book[name]
        assert page.freeze_panes == {"sites": "B2", "ranking_tester": "C2"}.get(name, "A2"), name
        assert page.auto_filter.ref == f"A1:{openpyxl.utils.get_column_letter(page.max_column)}{page.max_row}", name
        assert all(cell.font.bold for cell in page[1]), name


def test_the_sites_are_those_of_the_run(result: Any, book: Any) -> None:
    found = rows(book, "sites")
    assert [row["site_id"] for row in found] == result.sites["site_id"].tolist()
    assert [row["area_m2"] for row in found] == result.sites["area_m2"].tolist()
    assert found[0]["available_from"] == datetime.datetime(2026, 1, 1)  # noqa: DTZ001 - a sheet has no zones
    assert [row["owner"] for row in found] == [None if pd.isna(o) else o for o in result.sites["owner"]]
    cell = book["sites"].cell(2, [c.value for c in book["sites"][1]].index("area_m2") + 1)
    assert (cell.data_type, cell.number_format) == ("n", "#,##0")


def test_a_ranking_holds_the_suitable_sites_best_first(result: Any, book: Any) -> None:
    found = rows(book, "ranking_tester")
    judged = result.suitability[result.suitability["suitable"]].sort_values("rank")
    assert [row["rank"] for row in found] == list(range(1, len(judged) + 1))
    assert [row["site_id"] for row in found] == judged["site_id"].tolist()
    assert [row["homes"] for row in found] == judged["homes"].tolist()
    assert len(found) >= 2


def test_owners_and_municipalities_add_up_by_count_and_by_area(result: Any, book: Any) -> None:
    for sheet in ("owners", "municipalities"):
        found = pd.DataFrame(rows(book, sheet))
        whole = found[found["profile"].isna()]
        assert whole["sites"].sum() == len(result.sites)
        assert whole["area_ha"].sum() == pytest.approx(result.sites["area_m2"].sum() / 1e4)
        for _, part in found.groupby("profile", dropna=False):
            assert part["sites_share"].sum() == pytest.approx(1)
            assert part["area_share"].sum() == pytest.approx(1)
        suits = result.suitability[result.suitability["suitable"]]
        assert found[found["profile"] == "tester"]["homes"].sum() == suits["homes"].sum()


def test_a_study_without_municipalities_has_an_empty_sheet(result: Any) -> None:
    assert by_column(result, "nowhere").columns.tolist()[:2] == ["profile", "nowhere"]
    assert len(by_column(result, "nowhere")) == 0


def test_no_cell_runs(result: Any, book: Any, tmp_path: Path) -> None:
    assert {row["municipality"] for row in rows(book, "sites")} >= {"=Aa()"}
    for page in book:
        assert all(cell.data_type != "f" and cell.hyperlink is None for line in page.iter_rows() for cell in line)
    table = pd.DataFrame({"text": [*HOSTILE, "a\x00b\x1f", "\ud800x", "y" * (CELL + 5)]}, dtype=object)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook, "sheets", lambda _: [Sheet("hostile", table)])
        write_workbook(result, tmp_path / "hostile.xlsx")
    page = openpyxl.load_workbook(tmp_path / "hostile.xlsx")["hostile"]
    found = [page.cell(row, 1) for row in range(2, len(table) + 2)]
    assert [cell.value for cell in found[: len(HOSTILE)]] == HOSTILE
    assert {cell.data_type for cell in found} == {"s"} or {cell.data_type for cell in found} == {"inlineStr"}
    assert found[-2].value == "?x"
    assert len(found[-1].value) == CELL
    assert found[-1].value.endswith(" [...]")


def test_the_same_run_gives_the_same_bytes(result: Any, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(result, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
        assert b"2000-01-01T00:00:00Z" in archive.read("docProps/core.xml")


def test_missing_values_are_empty_cells_and_types_are_kept(result: Any, tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "x_share": [0.25, np.nan],
            "yes": pd.array([True, None], dtype="boolean"),
            "day": [datetime.date(2031, 5, 1), None],
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook, "sheets", lambda _: [Sheet("types", table)])
        write_workbook(result, tmp_path / "types.xlsx")
    page = openpyxl.load_workbook(tmp_path / "types.xlsx")["types"]
    first = [page.cell(2, column) for column in range(1, 5)]
    assert [cell.value for cell in first] == [1, 0.25, True, datetime.datetime(2031, 5, 1)]  # noqa: DTZ001
    assert [cell.number_format for cell in first] == ["#,##0", "0.0%", "General", "yyyy-mm-dd"]
    assert [page.cell(3, column).value for column in range(1, 5)] == [None] * 4


def test_too_many_rows_are_refused_before_a_byte_is_written(result: Any, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook, "ROWS", 3)
        with pytest.raises(InputError, match=r"more than a workbook holds.*parquet"):
            write_workbook(result, tmp_path / "big.xlsx")
    assert not list(tmp_path.iterdir())


def test_names_of_sheets_are_short_and_never_twice(result: Any) -> None:
    long = {f"{'x' * 40}_{place}": pd.DataFrame({"a": [1]}) for place in range(3)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(result.tables, "sites", pd.DataFrame({"a": [1]}))
        for name, table in long.items():
            patch.setitem(result.tables, name, table)
        names = [sheet.name for sheet in sheets(result)]
    assert len(names) == len({name.lower() for name in names})
    assert max(map(len, names)) <= 31
    assert "sites_2" in names


def test_a_run_writes_the_workbook(result: Any, tmp_path: Path) -> None:
    result.write(tmp_path / "out")
    assert openpyxl.load_workbook(tmp_path / "out" / "sites.xlsx").sheetnames[0] == "sites"
