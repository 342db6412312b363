"""What kinds of sites need to know of their candidates: columns, checked and of one type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexsite.errors import InputError
from flexsite.geometry import Floats, Indices, empty_geometries
from flexsite.values import text_of

if TYPE_CHECKING:
    from flexsite.notices import Notices
    from flexsite.study.kind import Condition, Kind, Need

Values = NDArray[Any]


def needed(
    kind: Kind, given: Mapping[str, str], frame: pd.DataFrame, features: Indices, place: str, notices: Notices
) -> dict[str, Values]:
    """Columns of the candidates that their kind needs: numbers with NaN, or text with None, where nothing is known.

    Parameters
    ----------
    given
        Our name: the layer's name.
    frame, features
        The candidates and the numbers of their features.
    notices
        Told of columns that the study does not give: they are unknown everywhere.

    Raises
    ------
    InputError
        A value is no number, or lies outside the bounds of what it can be.
    """
    missing = [name for name in kind.needs if name not in given]
    if missing and len(frame):
        names = ", ".join(missing)
        notices.warn(
            f"kind_{kind.id}_columns",
            f"{len(missing)} columns that candidates of the kind '{kind.id}' need are not given and unknown for all "
            f"{len(frame)}: {names}",
        )
    return {
        name: _of_one(need, frame[given[name]], features, f"{place}, column '{given[name]}'")
        if name in given
        else nothing(need.type, len(frame))
        for name, need in kind.needs.items()
    }


def nothing(kind: str, count: int) -> Values:
    """A column in which nothing is known."""
    return np.full(count, np.nan) if kind == "number" else empty_geometries(count)


def met(condition: Condition, values: Values) -> NDArray[np.bool_]:
    """Whether values meet a condition; a missing one never does.

    Examples
    --------
    >>> from flexsite.study.kind import Condition
    >>> met(Condition(column="storeys", at_least=4), np.array([3.0, 4.0, np.nan])).tolist()
    [False, True, False]
    """
    if condition.in_ is not None:
        listed = {text_of(value) for value in condition.in_}
        codes, present = pd.factorize(values)
        passes = np.array([*(text_of(value) in listed for value in present), False], dtype=bool)
        return passes[codes]
    result = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        if condition.at_least is not None:
            result &= values >= condition.at_least
        if condition.at_most is not None:
            result &= values <= condition.at_most
        if condition.above is not None:
            result &= values > condition.above
        if condition.below is not None:
            result &= values < condition.below
    return np.asarray(result, dtype=bool)


def known(values: Values) -> NDArray[np.bool_]:
    """Where a column says something."""
    return ~np.asarray(pd.isna(values), dtype=bool)


def _of_one(need: Need, column: pd.Series[Any], features: Indices, place: str) -> Values:
    if need.type == "text":
        codes, present = pd.factorize(column)
        texts = empty_geometries(len(present) + 1)
        texts[:-1] = [text_of(value).strip() or None for value in present]
        return texts[codes]
    try:
        numbers: Floats = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        wrong = pd.to_numeric(column, errors="coerce").isna() & column.notna()
        first = int(np.flatnonzero(wrong.to_numpy(dtype=bool))[0]) if wrong.any() else 0
        raise InputError(
            f"the value {column.iloc[first]!r} is no number (feature {features[first]})",
            where=place,
            remedy="leave it empty where it is not known",
        ) from None
    low, high = need.at_least, need.at_most
    outside = np.isinf(numbers) | (numbers < (-np.inf if low is None else low))
    outside |= numbers > (np.inf if high is None else high)
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        wanted = " and ".join(
            f"{word} {bound:g}" for word, bound in (("at least", low), ("at most", high)) if bound is not None
        )
        raise InputError(
            f"{int(outside.sum())} values are not {wanted or 'finite'} (first: {numbers[first]:g}, feature "
            f"{features[first]})",
            where=place,
            remedy="give a share from 0 to 1, not per cent" if (low, high) == (0, 1) else "check the column",
        )
    return numbers


def together(several: Sequence[Mapping[str, Values]], counts: Sequence[int]) -> dict[str, Values]:
    """Columns of several layers, one after the other; a layer that lacks one knows nothing of it."""
    kinds = {
        name: "text" if values.dtype == object else "number" for columns in several for name, values in columns.items()
    }
    return {
        name: np.concatenate(
            [columns.get(name, nothing(kind, count)) for columns, count in zip(several, counts, strict=True)]
        )
        for name, kind in kinds.items()
    }
