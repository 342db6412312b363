"""Boxes that meet, against comparing every box with every other."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.kernel import pairs


def boxes(rng: np.random.Generator, spread: float, whole: bool) -> np.ndarray:
    count = int(rng.integers(0, 50))
    low = rng.uniform(-100, 100, (count, 2)) * spread
    result = np.column_stack([low, low + rng.exponential(rng.choice([0, 0.1, 5, 1000]), (count, 2))])
    result = np.round(result) if whole else result
    if count > 3 and rng.random() < 0.3:
        result[1] = np.nan
    if count > 3 and rng.random() < 0.3:
        result[2] = [-1e6, -1e6, 1e6, 1e6]
    return result


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 1000.0]), st.booleans())
def test_pairs_are_those_of_comparing_all_with_all(seed: int, spread: float, whole: bool) -> None:
    rng = np.random.default_rng(seed)
    a, b = boxes(rng, spread, whole), boxes(rng, spread, whole)
    start, feature = pairs(a, b)
    apart = (a[:, None, :2] > b[None, :, 2:]).any(axis=2) | (b[None, :, :2] > a[:, None, 2:]).any(axis=2)
    missing = np.isnan(a).any(axis=1)[:, None] | np.isnan(b).any(axis=1)[None, :]
    row, other = np.nonzero(~apart & ~missing)
    assert np.repeat(np.arange(len(a)), np.diff(start)).tolist() == row.tolist()
    assert feature.tolist() == other.tolist()


@pytest.mark.parametrize(("grounds", "features"), [(0, 0), (0, 3), (3, 0)])
def test_nothing_meets_nothing(grounds: int, features: int) -> None:
    start, feature = pairs(np.ones((grounds, 4)), np.ones((features, 4)))
    assert start.tolist() == [0] * (grounds + 1)
    assert len(feature) == 0


def test_huge_and_far_boxes_among_many_small_ones_cost_no_more() -> None:
    low = np.random.default_rng(1).uniform(0, 1e5, (100_000, 2))
    small = np.column_stack([low, low + 5])
    odd = np.array([[-1e9, -1e9, 1e9, 1e9], [-1e9, 0, -1e9, 1], [1e9, 1e9, 1e9, 1e9]])
    pairs(small[:1], small[:1])  # compiles
    began = time.process_time()
    plain, _ = pairs(small, small)
    took = time.process_time() - began
    start, feature = pairs(np.concatenate([odd, small]), np.concatenate([odd, small]))
    assert time.process_time() - began < 10 * took + 1
    assert np.diff(start)[:3].tolist() == [100_003, 2, 2]
    assert (feature[start[3:-1]] == 0).all()
    assert (np.diff(start)[3:] == np.diff(plain) + 1).all()


def test_boxes_that_touch_at_a_corner_meet() -> None:
    assert pairs(np.array([[0.0, 0, 1, 1]]), np.array([[1.0, 1, 2, 2], [1.001, 1, 2, 2]]))[1].tolist() == [0]
