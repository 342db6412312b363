"""Values, scores and ranks in whole numbers."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from flexsite.capacity.fitting import on_ground
from flexsite.study.profile import Criterion
from flexsite.suitability.scoring import ranks, score, value, weighted_sum

bounds = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda number: number == 0 or abs(number) > 1e-6)
numbers = st.lists(st.floats(-2e6, 2e6, allow_nan=False), min_size=1, max_size=8)


def criterion(best: float, worst: float, weight: int = 1) -> Criterion:
    return Criterion(measure="m", best=best, worst=worst, weight=weight)


@given(numbers, bounds, bounds)
def test_values_are_whole_numbers_from_0_to_100_that_never_turn(x: list[float], best: float, worst: float) -> None:
    assume(abs(best - worst) > 1e-6)
    ordered = np.array(sorted(x, reverse=best < worst))
    found = value(ordered, criterion(best, worst))
    assert found.dtype == np.int64
    assert ((found >= 0) & (found <= 100)).all()
    assert (np.diff(found) >= 0).all(), "nearer to the best is never worse"


@given(bounds, bounds)
def test_ends_and_sign(best: float, worst: float) -> None:
    assume(abs(best - worst) > 1e-6)
    far = best - worst
    assert value(np.array([worst, best, worst - far, best + far]), criterion(best, worst)).tolist() == [0, 100, 0, 100]


@given(st.integers(-600, 600), st.integers(-200, 200), st.integers(0, 8), st.sampled_from([1, -1]))
def test_halves_go_up(x: int, worst: int, power: int, sign: int) -> None:
    """Against exact fractions; ranges are powers of two, on which floats are exact as well."""
    best = worst + sign * 2**power
    share = min(max(Fraction(x - worst, best - worst), Fraction(0)), Fraction(1))
    assert value(np.array([float(x)]), criterion(best, worst)).tolist() == [math.floor(100 * share + Fraction(1, 2))]


def test_halves_by_hand() -> None:
    assert value(np.array([0.5, 1.5, 2.5, 99.5, 0.49]), criterion(100, 0)).tolist() == [1, 2, 3, 100, 0]
    assert value(np.array([99.5, 0.5]), criterion(0, 100)).tolist() == [1, 100]


def test_missing_counts_nothing() -> None:
    assert value(np.array([np.nan, np.nan]), criterion(0, 100)).tolist() == [0, 0]
    assert value(np.array([np.nan]), criterion(100, 0)).tolist() == [0]


columns = st.lists(st.tuples(st.lists(st.integers(0, 100), min_size=5, max_size=5), st.integers(0, 100)), max_size=4)


@given(columns)
def test_the_score_is_the_weighted_mean(drawn: list[tuple[list[int], int]]) -> None:
    values = [np.array(column, dtype=np.int64) for column, _ in drawn]
    weights = [weight for _, weight in drawn]
    found, total = score(values, weights, 5), weighted_sum(values, weights, 5)
    assert total.dtype == np.int64
    for row in range(5):
        by_hand = sum(weight * column[row] for column, weight in drawn)
        assert total[row] == by_hand
        assert found[row] == (by_hand / sum(weights) if sum(weights) else 0)
    assert ((found >= 0) & (found <= 100)).all()


@given(columns, st.integers(0, 3), st.integers(0, 4))
def test_a_better_value_never_lowers_the_score(drawn: list[tuple[list[int], int]], which: int, row: int) -> None:
    assume(which < len(drawn))
    values = [np.array(column, dtype=np.int64) for column, _ in drawn]
    weights = [weight for _, weight in drawn]
    before = score(values, weights, 5)
    values[which][row] = 100
    after = score(values, weights, 5)
    assert after[row] >= before[row]
    assert (np.delete(after, row) == np.delete(before, row)).all()


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=12))
def test_ranks_against_a_naive_loop(rows: list[tuple[int, bool]]) -> None:
    total = np.array([one for one, _ in rows], dtype=np.int64)
    suitable = np.array([fits for _, fits in rows], dtype=bool)
    expected = [0] * len(rows)
    for row, (mine, fits) in enumerate(rows):
        if fits:
            before = [
                other for other, (theirs, theirs_fit) in enumerate(rows)
                if theirs_fit and (theirs > mine or (theirs == mine and other < row))
            ]  # fmt: skip
            expected[row] = len(before) + 1
    assert ranks(total, suitable).tolist() == expected


@given(st.integers(0, 10**9), st.floats(0.1, 500))
def test_homes_fit_the_ground(square_decimetres: int, density: float) -> None:
    area = square_decimetres / 100
    found = int(on_ground(np.array([area]), density)[0])
    exact = area * density / 10000
    assert found <= exact + 1e-6
    assert found > exact - 1 - 1e-6


def test_a_rounding_error_costs_no_home() -> None:
    """10 ha at 2.3 homes per hectare is 22.999... in floats."""
    assert 100_000.0 * 2.3 / 10_000 < 23
    assert on_ground(np.array([100_000.0, 99_999.0, 0.0]), 2.3).tolist() == [23, 22, 0]
    assert on_ground(np.array([50_000.0]), 66.6).tolist() == [333]
