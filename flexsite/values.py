"""Values of columns as text, the same everywhere: ids, listed values and joined columns must agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def text_of(value: object) -> str:
    """A value as text: whole numbers without decimals, nothing for a missing one.

    Examples
    --------
    >>> text_of(3.0), text_of("a"), text_of(None), text_of(float("nan"))
    ('3', 'a', '', '')
    """
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def texts_of(values: NDArray) -> list[str]:  # type: ignore[type-arg]
    """`text_of` of many values, faster where all are whole numbers or all are text.

    Examples
    --------
    >>> texts_of(np.array([3, 4])), texts_of(np.array([3.0, "a", None], dtype=object))
    (['3', '4'], ['3', 'a', ''])
    """
    listed: list[Any] = values.tolist()
    if values.dtype.kind in "iu":
        return list(map(str, listed))
    if values.dtype == object and all(type(value) is str for value in listed):
        return listed
    return [text_of(value) for value in values]
