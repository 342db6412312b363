"""Scores and ranks in integers, so that every reader of the numbers finds the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.geometry import Floats

if TYPE_CHECKING:
    from flexsite.study.profile import Criterion

Integers = NDArray[np.int64]


def value(x: Floats, criterion: Criterion) -> Integers:
    """Value of a criterion: 0 at `worst`, 100 at `best`, straight in between, rounded half up; missing counts 0.

    Examples
    --------
    >>> from flexsite.study.profile import Criterion
    >>> shop = Criterion(measure="shop", best=300, worst=2000, weight=60)
    >>> value(np.array([300.0, 1150.0, 2500.0, np.nan]), shop).tolist()
    [100, 50, 0, 0]
    """
    share = np.clip((x - criterion.worst) / (criterion.best - criterion.worst), 0.0, 1.0)
    return np.where(np.isnan(x), 0, np.floor(100 * np.nan_to_num(share) + 0.5)).astype(np.int64)


def weighted_sum(values: list[Integers], weights: list[int], count: int) -> Integers:
    """Sum of weight x value per site: the integer on which ranks rest."""
    total = np.zeros(count, dtype=np.int64)
    for column, weight in zip(values, weights, strict=True):
        total += weight * column
    return total


def score(values: list[Integers], weights: list[int], count: int) -> Floats:
    """Weighted mean of the values, 0..100; 0 without criteria or weights."""
    if sum(weights) == 0:
        return np.zeros(count)
    return weighted_sum(values, weights, count) / sum(weights)


def ranks(total: Integers, suitable: NDArray[np.bool_]) -> Integers:
    """Rank among the suitable sites, 1 is best, 0 for the others.

    Ties go by row: sites stand in code point order of their id.

    Examples
    --------
    >>> ranks(np.array([5, 9, 9, 1]), np.array([True, True, True, False])).tolist()
    [3, 1, 2, 0]
    """
    rows = np.flatnonzero(suitable)
    order = rows[np.lexsort((rows, -total[rows]))]
    result = np.zeros(len(total), dtype=np.int64)
    result[order] = np.arange(1, len(order) + 1)
    return result
