"""From when, and until when, a site is free."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexsite.availability.window import Clock, add_months, needed_from, whole_months
from flexsite.errors import InputError

from .helpers import day, objects, study

TODAY = day(2026, 3, 14)
days = st.dates(date(1900, 1, 1), date(2400, 12, 31))
months = st.integers(0, 2000)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (day(2026), 0, day(2026)),
        (day(2026), 24, day(2028)),
        (day(2026, 11, 30), 3, day(2027, 2, 28)),
        (day(2023, 11, 30), 3, day(2024, 2, 29)),
        (day(2026, 12, 31), 1, day(2027, 1, 31)),
        (day(2024, 2, 29), 12, day(2025, 2, 28)),
        (day(2024, 2, 29), 48, day(2028, 2, 29)),
        (day(2026, 1, 1), 12 * 20_000, date.max),
        (day(9999, 12, 1), 1, date.max),
    ],
)
def test_months_later(start: date, count: int, end: date) -> None:
    assert add_months(start, count) == end


@given(days, months)
def test_whole_months_undo_added_months(start: date, count: int) -> None:
    """Adding n months and counting them gives n; one day less gives n - 1."""
    end = add_months(start, count)
    assert whole_months(start, end) == count
    assert whole_months(end, start) == -count
    if count > 0:
        assert whole_months(start, date.fromordinal(end.toordinal() - 1)) == count - 1


@given(days, days)
def test_whole_months_is_the_most_that_fit(start: date, end: date) -> None:
    start, end = sorted((start, end))
    count = whole_months(start, end)
    assert add_months(start, count) <= end < add_months(start, count + 1)


@given(days, months, months)
def test_more_months_never_come_earlier(start: date, few: int, more: int) -> None:
    few, more = sorted((few, more))
    assert add_months(start, few) <= add_months(start, more)


@pytest.mark.parametrize(
    ("term", "rule", "expected"),
    [
        (15, {}, day(2043)),
        (12.5, {}, day(2040, 7)),
        (15, {"horizon": 5}, day(2033)),
        (15, {"horizon": 0}, day(2028)),
        (15, {"horizon": 0.25}, day(2028, 4)),
        (15, {"horizon": 100_000}, date.max),
    ],
)
def test_until_when_a_rule_must_leave_the_ground_free(term: float, rule: dict[str, Any], expected: date) -> None:
    found = study({"id": "r", "exclude": "a", "until": "y", **rule}, term=term, lead_time=24)
    clock = Clock.of(found)
    assert clock.available_from == day(2028)
    assert clock.limit(found.rules[0]) == expected  # type: ignore[arg-type]


def test_net_years_are_whole_months() -> None:
    clock = Clock(day(2026), day(2028, 1, 15), 10)
    assert clock.net_years(day(2038, 1, 15)) == 10
    assert clock.net_years(day(2038, 1, 14)) == 119 / 12
    assert clock.net_years(day(2028, 1, 15)) == 0


def needed(*values: Any) -> list[date]:
    return needed_from(objects(values), TODAY, "rule 'r', column 'y'", np.arange(len(values))).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2035, day(2035)), (2035.0, day(2035)), (np.int32(2035), day(2035)), (np.float32(2035), day(2035)),
        ("2035", day(2035)), (" 2035 ", day(2035)), ("2035-06-30", day(2035, 6, 30)),
        ("2035-06-30T12:00:00", day(2035, 6, 30)), ("2035-06-30 12:00", day(2035, 6, 30)),
        (date(2035, 6, 30), day(2035, 6, 30)), (datetime(2035, 6, 30, 23, 59), day(2035, 6, 30)),  # noqa: DTZ001
        (pd.Timestamp("2035-06-30", tz="UTC"), day(2035, 6, 30)), (np.datetime64("2035-06-30T01"), day(2035, 6, 30)),
        # Nothing: needed now
        (None, TODAY), (float("nan"), TODAY), (np.float64("nan"), TODAY), (pd.NaT, TODAY), ("", TODAY), ("  ", TODAY),
        (np.datetime64("NaT"), TODAY),
        (1, day(1)), (9999, day(9999)),
    ],
)  # fmt: skip
def test_years_dates_and_nothing(value: Any, expected: date) -> None:
    assert needed(value) == [expected]


@pytest.mark.parametrize(
    "value",
    [
        "soon",
        "2035?",
        "35",
        "2035-13-01",
        "2035-02-30",
        "30-06-2035",
        2035.5,
        0,
        -99997,
        10_000,
        True,
        "12345",
        b"2035",
    ],
)
def test_other_text_and_numbers_are_refused(value: Any) -> None:
    with pytest.raises(InputError) as caught:
        needed(2030, 2031, value)
    assert "feature 2" in caught.value.what and repr(value) in caught.value.what
    assert caught.value.where == "rule 'r', column 'y'" and "2035-01-31" in caught.value.remedy


def test_each_feature_has_its_own() -> None:
    assert needed(2030, None, 2030, "2031") == [day(2030), TODAY, day(2030), day(2031)]
    assert needed() == []
