"""What need not be stored as the page can work it out: common beginnings of ids, values that follow from measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flexsite.outputs.map.columns import Columns

_LONGEST = 255


def front_coded(columns: Columns, ids: Sequence[str]) -> dict[str, Any]:
    """Sorted ids as the length of the beginning that each shares with the one before, and what follows it.

    Only ASCII is shared, as a page counts other characters otherwise.

    Examples
    --------
    >>> from flexsite.outputs.map.columns import Columns
    >>> front_coded(Columns(), ["A-10", "A-11", "B"])["rest"]
    ['A-10', '1', 'B']
    """
    shared = np.zeros(len(ids), dtype=np.uint8)
    rest = list(ids)
    for place in range(1, len(ids)):
        before, own = ids[place - 1], ids[place]
        length = 0
        for one, other in zip(before[:_LONGEST], own, strict=False):
            if one != other or one > "\x7f":
                break
            length += 1
        shared[place] = length
        rest[place] = own[length:]
    return {"shared": columns.array(shared), "rest": rest}


def criterion_values(
    columns: Columns,
    values: pd.Series[Any],
    raw: dict[str, Any] | None,
    stored: NDArray[Any],
    best: float,
    worst: float,
) -> dict[str, Any]:
    """A criterion's values 0..100 as what they differ from those that follow from the measure that the page holds.

    Parameters
    ----------
    raw, stored
        How the measure is stored, and its numbers as the page reads them, NaN where there is none.
    """
    own = values.fillna(0).to_numpy(dtype=np.float64).astype(np.int64)
    if raw is None or "words" in raw:
        return {"value": columns.array(own.astype(np.uint8))}
    more = own - followed(stored, best, worst)
    return {"more": columns.array(np.where(more < 0, -2 * more - 1, 2 * more).astype(np.uint8))}


def followed(measure: NDArray[Any], best: float, worst: float) -> NDArray[np.int64]:
    """Values 0..100 by the scale between worst and best, as the page works them out: 0 without a measure.

    Examples
    --------
    >>> followed(np.array([300.0, 1150.0, 5000.0, np.nan]), 300, 2000).tolist()
    [100, 50, 0, 0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip((measure - worst) / (best - worst), 0.0, 1.0)
    return np.where(np.isnan(share), 0, np.floor(100.0 * share + 0.5)).astype(np.int64)


def read_back(raw: dict[str, Any], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers as the page reads them from what is stored."""
    if "scaled" not in raw:
        return values
    scale = 10 ** raw["decimals"]
    found: NDArray[np.float64] = np.rint(values * scale) / scale
    return found
