"""Values of columns as text, the same everywhere: ids, listed values and joined columns must agree."""

from __future__ import annotations

import numpy as np
import pandas as pd


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
