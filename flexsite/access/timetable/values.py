"""What texts in a feed say: times, dates, numbers and references to ids."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

EMPTY = -1
"""Seconds where a feed gives no time."""
UNREADABLE = -2
"""Seconds where a feed gives something that is no time."""
NO_DAY = 0
"""Number of a day that cannot be read."""

_CLOCK = re.compile(r"\s*(\d{1,3}):([0-5]?\d):([0-5]?\d)\s*")
_ZEROS = np.uint64(0x30303A30303A3030)  # "00:00:00", the first character lowest
_HIGH = np.uint64(0xF0F0F0F0F0F0F0F0)
_COLONS = np.uint64(0x0000FF0000FF0000)
_SIX = np.uint64(0x0606060606060606)  # carries into the high half of a byte above nine


def seconds(texts: Any) -> Ints:
    """Seconds of times as H:MM:SS or HH:MM:SS, with hours to 999; `EMPTY` or `UNREADABLE` where there is none.

    Parameters
    ----------
    texts
        An Arrow array of strings.

    Examples
    --------
    >>> import pyarrow as pa
    >>> seconds(pa.array(["07:30:00", " 7:30:05", "25:00:00", "", "noon"])).tolist()
    [27000, 27005, 90000, -1, -2]
    """
    quick = _seconds_of_eight(texts)
    if quick is not None:
        return quick
    read: Ints = each(texts, _clock, np.int32)
    return read


def _seconds_of_eight(texts: Any) -> Ints | None:
    """Seconds of times that all are HH:MM:SS; None when any is not."""
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None or texts.null_count:
        return None
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if bounds[-1] - bounds[0] != 8 * len(texts) or not (np.diff(bounds) == 8).all():
        return None
    word = np.frombuffer(data, "<u8", len(texts), int(bounds[0])) ^ _ZEROS
    if (((word | (word + _SIX)) & _HIGH | word & _COLONS) != 0).any():  # not digits, or no colons between them
        return None
    pair = word * np.uint64(10) + (word >> np.uint64(8))  # ten times a digit and the next
    hours, minutes, rest = (((pair >> np.uint64(shift)) & np.uint64(0xFF)).astype(np.int32) for shift in (0, 24, 48))
    if (minutes > 59).any() or (rest > 59).any():
        return None
    return hours * 3600 + minutes * 60 + rest


def _clock(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return UNREADABLE if text.strip() else EMPTY
    hours, minutes, rest = map(int, found.groups())
    return hours * 3600 + minutes * 60 + rest


def day_numbers(texts: Any) -> Ints:
    """Ordinals of dates as YYYYMMDD (`datetime.date.toordinal`); `NO_DAY` where a text is no date.

    Examples
    --------
    >>> import pyarrow as pa
    >>> datetime.date.fromordinal(int(day_numbers(pa.array(["20260310"]))[0]))
    datetime.date(2026, 3, 10)
    """
    days: Ints = each(texts, _day, np.int32)
    return days


def _day(text: str) -> int:
    if len(text) != 8 or not text.isdecimal() or not text.isascii():
        return NO_DAY
    try:
        return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:])).toordinal()
    except ValueError:
        return NO_DAY


def numbers(values: Any) -> Floats:
    """Numbers of texts, or of a column that is numbers already; NaN where there is none.

    Examples
    --------
    >>> import pyarrow as pa
    >>> numbers(pa.array(["1.5", "", "x", " 2"])).tolist()
    [1.5, nan, nan, 2.0]
    """
    import pyarrow as pa

    if not pa.types.is_string(values.type):
        return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    read: Floats = each(values, _number, np.float64)
    return read


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return float("nan")
    return value if abs(value) < float("inf") else float("nan")


def whole(values: Any, empty: int, broken: int) -> Ints:
    """Whole numbers within 32 bits; `empty` where there is nothing, `broken` where there is something else.

    Examples
    --------
    >>> import pyarrow as pa
    >>> whole(pa.array(["3", "", "x", "2.5"]), 0, -1).tolist()
    [3, 0, -1, -1]
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(values.type):
        filled = pc.fill_null(values, empty) if values.null_count else values
        return np.asarray(filled.to_numpy(zero_copy_only=False)).astype(np.int32)

    def one(text: str) -> int:
        if not text.strip():
            return empty
        value = _number(text)
        return int(value) if value == value and value.is_integer() and abs(value) < 2**31 else broken

    read: Ints = each(values, one, np.int32)
    return read


def each(texts: Any, what: Callable[[str], float], kind: type[np.generic]) -> Any:
    """An array of what a function makes of every text; it is asked once for each different one."""
    coded = texts.dictionary_encode()
    made = np.array([what(text or "") for text in coded.dictionary.to_pylist()], kind)
    codes = coded.indices.to_numpy(zero_copy_only=False)
    return made[codes] if len(made) else np.empty(0, kind)


def rows_of(texts: Any, ids: Any) -> Ints:
    """Row of every text in `ids`; -1 where it is not there.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows_of(pa.array(["b", "a", "b", "?"]), pa.array(["a", "b"])).tolist()
    [1, 0, 1, -1]
    """
    import pyarrow.compute as pc

    found = pc.index_in(texts, value_set=ids)
    return np.array(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int32)  # a copy that may be written to


class Lookup:
    """Rows of ids, for texts that come part by part; blanks around a text do not matter.

    Examples
    --------
    >>> import pyarrow as pa
    >>> Lookup(pa.array(["a", "b"])).rows(pa.array(["b", "a ", "?"])).tolist()
    [1, 0, -1]
    """

    def __init__(self, ids: Any) -> None:
        self._row = {text: row for row, text in enumerate(ids.to_pylist())}

    def rows(self, texts: Any) -> Ints:
        """Row of every text; -1 where it is not there."""
        coded = texts.dictionary_encode()
        names = coded.dictionary.to_pylist()
        found = list(map(self._row.get, names))
        rows = np.array([self._stripped(name) if row is None else row for name, row in zip(names, found, strict=True)])
        return rows.astype(np.int32)[coded.indices.to_numpy(zero_copy_only=False)] if names else np.empty(0, np.int32)

    def _stripped(self, text: str) -> int:
        return self._row.get(text.strip(), -1)


def objects(texts: Any) -> NDArray[np.object_]:
    """Texts as a numpy array."""
    return np.asarray(texts.to_numpy(zero_copy_only=False), dtype=object)


def firsts(texts: Any) -> NDArray[np.intp]:
    """Rows at which each different text is for the first time, rising."""
    coded = texts.dictionary_encode()
    if len(coded.dictionary) == len(texts):
        return np.arange(len(texts))
    _, first = np.unique(coded.indices.to_numpy(zero_copy_only=False), return_index=True)
    return np.sort(first)


def by_text(texts: Any) -> NDArray[np.intp]:
    """Order of texts by code point."""
    import pyarrow.compute as pc

    return np.asarray(pc.sort_indices(texts).to_numpy(zero_copy_only=False)).astype(np.intp)
