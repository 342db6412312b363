"""CSV that any program reads the same, and no spreadsheet runs."""

from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a cell begins with that is run, or that programs strip or narrow before they look: full-width signs too."""
_SPECIAL = re.compile('[,"\r\n]')


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table that reads the same everywhere.

    UTF-8 without BOM, comma, decimal point, line feeds, floats in their shortest round-trip form, nothing for a
    missing value.
    """
    columns = [[cell(value) for value in table[name].tolist()] for name in table.columns]
    rows = [[cell(str(name)) for name in table.columns], *zip(*columns, strict=True)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(",".join(map(_quoted, row)) + "\n" for row in rows)


def _quoted(text: str) -> str:
    """A cell between quotes where it must; Python's own writer leaves a lone carriage return bare, and readers break.

    Examples
    --------
    >>> _quoted("a"), _quoted("a,b")
    ('a', '"a,b"')
    """
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text


def cell(value: Any) -> str:
    """One value as the text of a cell; text that a spreadsheet would run gets a leading apostrophe.

    Examples
    --------
    >>> cell("=1+1"), cell(-2), cell("-3"), cell("-a"), cell(None), cell(0.1)
    ("'=1+1", '-2', '-3', "'-a", '', '0.1')
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else repr(float(value))
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return f"'{text}" if text.startswith(_RISKY) and not _is_negative_number(text) else text


def _is_negative_number(text: str) -> bool:
    try:
        return text.startswith("-") and math.isfinite(float(text))
    except ValueError:
        return False
