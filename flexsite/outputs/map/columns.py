"""Columns of numbers and texts as bytes, and where each one lies in the block."""

from __future__ import annotations

import datetime
import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexsite.outputs.map.codec import shuffle

if TYPE_CHECKING:
    from flexsite.outputs.map.data import Label

MAGIC = b"FSM1"
_NULL = -(2**31)
_MANY = 100_000
_FEW = 4096  # so many different numbers are stored exactly, as a dictionary

_LONGEST = 600

Section = tuple[int, int, str]


def short(text: str) -> str:
    """A text that names the page, such as its title, cut off with an ellipsis where it is very long.

    Examples
    --------
    >>> short("a" * 1_000_000)[-3:]
    'aa…'
    """
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


class Columns:
    """Collects columns of bytes and says where each one lies."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._seen: dict[tuple[str, bytes], Section] = {}

    def raw(self, data: bytes, kind: str = "raw") -> Section:
        """Store bytes; equal bytes get the place they already have."""
        key = (kind, data)
        if key not in self._seen:
            self._seen[key] = (self._size, len(data), kind)
            padded = data + bytes(-len(data) % 8)
            self._parts.append(padded)
            self._size += len(padded)
        return self._seen[key]

    def array(self, values: NDArray[Any]) -> Section:
        """Store numbers, bytes regrouped."""
        return self.raw(shuffle(values), values.dtype.kind + str(values.dtype.itemsize))

    def codes(self, values: NDArray[Any], size: int) -> Section:
        """Store places in a dictionary of `size` entries in as few bytes as they need."""
        kind = "u1" if size <= 2**8 else "u2" if size <= 2**16 else "u4"
        return self.array(values.astype(kind))

    def text(self, values: Sequence[str]) -> dict[str, Any]:
        """Store texts by a sorted dictionary."""
        codes, words = pd.factorize(np.array(values, dtype=object))
        return self.coded(codes, words.tolist())

    def coded(self, codes: NDArray[Any], words: Sequence[str]) -> dict[str, Any]:
        """Store texts given as places in a list of words, some of which may be equal or never used."""
        used = np.unique(codes).tolist()
        known = sorted({words[code] for code in used}, key=lambda word: (word == "", word))  # as NaN is last of numbers
        place = {word: code for code, word in enumerate(known)}
        turn = np.zeros(len(words), dtype=np.int64)
        turn[used] = [place[words[code]] for code in used]
        return {"words": known, "codes": self.codes(turn[codes], len(known))}

    def number(self, values: NDArray[np.float64], decimals: int) -> dict[str, Any]:
        """Store numbers: exactly when few differ or they do not fit, else to so many decimals; NaN is missing."""
        few, codes = np.unique(values, return_inverse=True)
        if len(few) <= _FEW:
            return {"few": [plain(value) for value in few.tolist()], "codes": self.codes(codes, len(few))}
        decimals = _decimals_needed(values, decimals)
        scaled = values * 10**decimals
        finite = np.isfinite(scaled)
        if finite.sum() + np.isnan(values).sum() == len(values) and np.abs(scaled[finite]).max(initial=0) < 2**31 - 1:
            whole = np.where(finite, np.rint(np.where(finite, scaled, 0)), _NULL).astype(np.int32)
            return {"scaled": self.array(whole), "decimals": decimals}
        return {"exact": self.array(values.astype(np.float64))}

    def block(self, meta: Mapping[str, Any]) -> bytes:
        """The whole: magic, JSON, columns."""
        text = json.dumps(meta, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
        head = MAGIC + struct.pack("<I", len(text)) + text
        return b"".join([head, bytes(-len(head) % 8), *self._parts])


def _decimals_needed(values: NDArray[np.float64], most: int) -> int:
    """The fewest decimals that tell every number exactly, and `most` when more would be needed."""
    known = values[np.isfinite(values)]
    return next((few for few in range(most) if (np.rint(known * 10**few) / 10**few == known).all()), most)


def column_of(columns: Columns, frame: pd.DataFrame, name: str, decimals: int = 3) -> dict[str, Any] | None:
    """A column as numbers or texts, None when the frame lacks it."""
    if name not in frame.columns:
        return None
    values = frame[name]
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return worded(columns, frame, name)
    return columns.number(values.to_numpy(dtype=np.float64, na_value=np.nan), decimals)


def worded(columns: Columns, frame: pd.DataFrame, name: str) -> dict[str, Any]:
    """A column as texts, whatever it holds."""
    return columns.coded(*_coded(frame, name))


def texts(frame: pd.DataFrame, name: str) -> list[str]:
    """A column's values as people read them; every different value is put into words once."""
    codes, words = _coded(frame, name)
    found: list[str] = np.array(words, dtype=object)[codes].tolist()
    return found


def _coded(frame: pd.DataFrame, name: str) -> tuple[NDArray[Any], list[str]]:
    """Places in a list of texts, the last of which is empty and stands for what is missing."""
    codes, values = pd.factorize(frame[name], use_na_sentinel=True)
    words = [value if type(value) is str else text_of(value) for value in values.tolist()]
    return np.where(codes < 0, len(words), codes), [*words, ""]


def text_of(value: Any) -> str:
    """A value as people read it; missing is empty, a date is ISO."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def plain(value: Any) -> float | int | None:
    """A number that JSON can hold; NaN is None, infinity an error."""
    if value is None or value is pd.NA or math.isnan(value):
        return None
    number = float(value)
    if math.isinf(number):
        raise ValueError("infinity cannot be shown on the map")
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def labelled(label: Label) -> dict[str, str]:
    """A text per language of the page."""
    if isinstance(label, str):
        return {"nl": label, "en": label}
    fallback = next(iter(label.values()), "")
    return {language: label.get(language, fallback) for language in ("nl", "en")}


def decimals_of(unit: str, sites: int) -> int:
    """Decimals that a measure keeps; one less each on a map of many sites, to spare bytes."""
    return {"m": 1, "min": 2, "dB": 2}.get(unit, 3) - (sites > _MANY)
