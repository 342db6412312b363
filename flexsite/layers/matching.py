"""Which features meet conditions on their columns, by the names and values that the study gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flexsite.errors import InputError
from flexsite.layers.table import Array, Mask
from flexsite.values import text_of

if TYPE_CHECKING:
    from flexsite.study.match import Match

_SHOWN = 8
"""Values of a column that a message names."""


def passing(frame: pd.DataFrame, match: Mapping[str, Match], ids: Array, place: str) -> Mask:
    """Features that meet every condition.

    Parameters
    ----------
    frame
        The features' columns, among them all that `match` names.
    match
        Condition per column.
    ids
        (n,) ids of the features, for messages.
    place
        Of the layer, for messages.

    Raises
    ------
    InputError
        A bound on a column with text that is no number, or with truth values.

    Examples
    --------
    >>> from flexsite.study.match import Match
    >>> frame = pd.DataFrame({"status": ["1A", " 3 ", None], "homes": [10.0, 20.0, np.nan]})
    >>> rules = {"status": Match.model_validate({"not_in": ["1A"]}), "homes": Match(at_most=20)}
    >>> passing(frame, rules, np.arange(3), "layer 'plans'")
    array([False,  True, False])
    """
    mask = np.ones(len(frame), bool)
    for name, condition in match.items():
        mask &= _meets(frame[name], condition, ids, f"{place}, column '{name}'")
    return mask


def values_of(column: pd.Series[Any]) -> str:
    """The values that a column holds, for a message: some of them, in code point order.

    Examples
    --------
    >>> values_of(pd.Series(["b", "a", None, "b"]))
    "'a', 'b'"
    """
    found = sorted({text_of(value).strip() for value in column.unique()} - {""})
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(f"'{value}'" for value in found[:_SHOWN]) + more if found else "nothing"


def _meets(column: pd.Series[Any], condition: Match, ids: Array, place: str) -> Mask:
    listed = condition.in_ if condition.in_ is not None else condition.not_in
    if listed is not None:
        wanted = {text_of(value).strip() for value in listed} - {""}
        codes, present = pd.factorize(column)
        held = np.array([*(text_of(value).strip() in wanted for value in present), False], dtype=bool)
        inside = held[codes]  # the last is where a missing value, -1, finds that it is in no list
        return inside if condition.in_ is not None else ~inside
    values = numbers(column, ids, place, remedy="a bound needs numbers; use 'in' or 'not_in'")
    with np.errstate(invalid="ignore"):
        mask = ~np.isnan(values)
        if condition.at_least is not None:
            mask &= values >= condition.at_least
        if condition.at_most is not None:
            mask &= values <= condition.at_most
    return np.asarray(mask, bool)


def numbers(column: pd.Series[Any], ids: Array, place: str, *, remedy: str = "give a column with numbers") -> Array:
    """A column as numbers, also where a file holds them as text; missing as NaN.

    Raises
    ------
    InputError
        A text is no number, or the column holds truth values.
    """
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=float)
    codes, present = pd.factorize(column)
    worth = np.full(len(present) + 1, np.nan)
    for code, value in enumerate(present):
        text = text_of(value).strip()
        try:
            worth[code] = np.nan if text == "" else float(text.replace("_", "no"))
        except ValueError:
            worth[code] = np.inf
        if isinstance(value, bool | np.bool_) or np.isinf(worth[code]) or (text and np.isnan(worth[code])):
            raise InputError(
                f"the value {text!r} is no number (feature {ids[np.flatnonzero(codes == code)[0]]})",
                where=place,
                remedy=remedy,
            )
    return np.asarray(worth[codes])
