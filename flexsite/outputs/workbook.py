"""`sites.xlsx`: the run as a workbook with filters, frozen headers and number formats, and nothing that runs."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flexsite.errors import InputError
from flexsite.outputs.sheets import Sheet, sheets

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from flexsite.outputs.result import Result

ROWS = 1_048_576
"""Rows of a sheet, by the file format."""
COLUMNS = 16_384
CELL = 32_767
"""Characters of a cell, by the file format."""
_CUT = " [...]"
_WIDEST = 48
_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
"""Time stamp inside the file: a fixed one, so that equal content gives equal bytes."""
_FORMATS = {
    "_ha": "#,##0.00",
    "_m2": "#,##0",
    "_m": "#,##0",
    "_min": "0.0",
    "_n": "#,##0",
    "_share": "0.0%",
    "score": "0.0",
    "_years": "0.0",
}
"""Number formats by how the name of a column ends."""


def write_workbook(result: Result, path: Path) -> None:
    """Write a run as a workbook.

    Text stays text, whatever it begins with: no cell holds a formula or a link.

    Parameters
    ----------
    path
        The file, which ends on `.xlsx`.

    Raises
    ------
    InputError
        More rows or columns than a sheet can hold.
    """
    import xlsxwriter

    content = sheets(result)
    for sheet in content:
        if len(sheet.table) >= ROWS or len(sheet.table.columns) > COLUMNS:
            raise InputError(
                f"the sheet '{sheet.name}' has {len(sheet.table):,} rows and {len(sheet.table.columns):,} columns, more"
                f" than a workbook holds",
                where="outputs, xlsx",
                remedy="leave xlsx out and use parquet or gpkg, or study a smaller area",
            )
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": _clean(result.study.name), "created": _MOMENT})
        styles = _Styles(book)
        for sheet in content:
            _write_sheet(book.add_worksheet(sheet.name), sheet, styles)


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._numbers: dict[str, Format] = {}
        self.header = book.add_format({"bold": True, "bottom": 1, "bg_color": "#e8ecf1", "valign": "top"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})

    def number(self, column: str, whole: bool) -> Format:
        """Format of a column of numbers."""
        named = next((text for end, text in _FORMATS.items() if column.endswith(end)), None)
        text = named or ("#,##0" if whole else "#,##0.00")
        if text not in self._numbers:
            self._numbers[text] = self._book.add_format({"num_format": text})
        return self._numbers[text]


def _write_sheet(page: Worksheet, sheet: Sheet, styles: _Styles) -> None:
    table = sheet.table
    names = [str(name) for name in table.columns]
    columns = [table[name].tolist() for name in table.columns]
    formats: list[Format | None] = []
    for place, (name, values) in enumerate(zip(names, columns, strict=True)):
        kind = table[table.columns[place]].dtype
        number = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
        formats.append(styles.number(name, pd.api.types.is_integer_dtype(kind)) if number else None)
        page.set_column(place, place, _width(name, values))
    page.freeze_panes(1, sheet.frozen)
    for place, name in enumerate(names):
        page.write_string(0, place, _clean(name), styles.header)
    for row, cells in enumerate(zip(*columns, strict=True), start=1):
        for place, value in enumerate(cells):
            _write_cell(page, row, place, value, formats[place], styles.day)
    if names:
        page.autofilter(0, 0, max(len(table), 1), len(names) - 1)


def _write_cell(page: Worksheet, row: int, column: int, value: Any, number: Format | None, day: Format) -> None:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return
    if isinstance(value, bool | np.bool_):
        page.write_boolean(row, column, bool(value))
    elif isinstance(value, int | float | np.integer | np.floating) and math.isfinite(value):
        page.write_number(row, column, float(value), number)
    elif isinstance(value, date) and value.year >= 1900:
        page.write_datetime(row, column, date(value.year, value.month, value.day), day)
    elif text := _clean(str(value)):
        page.write_string(row, column, text)


def _clean(text: str) -> str:
    """Text that a cell can hold: what is no character becomes the mark for that, what is too long is cut and says so.

    Examples
    --------
    >>> _clean("a" * 40_000)[-8:]
    'aa [...]'
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= CELL else text[: CELL - len(_CUT)] + _CUT


def _width(name: str, values: list[Any]) -> float:
    """Width of a column, in characters, from its name and its first rows."""
    longest = max((len(str(value)) for value in values[:200] if value is not None), default=0)
    return float(min(max(len(name) + 3, longest + 1, 6), _WIDEST))
