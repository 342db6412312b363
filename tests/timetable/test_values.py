"""What single texts say."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from flexsite.access.timetable import values

TIME = st.tuples(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))


@given(st.lists(TIME, min_size=1), st.integers(0, 3))
def test_times_that_all_have_eight_characters(times: list[tuple[int, int, int]], offset: int) -> None:
    texts = pa.array([f"{hours:02d}:{minutes:02d}:{rest:02d}" for hours, minutes, rest in times]).slice(offset)
    expected = [hours * 3600 + minutes * 60 + rest for hours, minutes, rest in times][offset:]
    assert values.seconds(texts).tolist() == expected
    assert values.seconds(pa.concat_arrays([texts, pa.array(["7:00:00"])])).tolist() == [*expected, 25200]


@given(st.lists(st.text("0123456789:; /", min_size=8, max_size=8), min_size=1))
def test_eight_characters_of_any_kind_say_what_each_alone_says(texts: list[str]) -> None:
    alone = [values.seconds(pa.array([text, ""])).tolist()[0] for text in texts]  # with an empty one: the plain way
    assert values.seconds(pa.array(texts)).tolist() == alone


def test_eight_characters_with_something_else_for_a_colon() -> None:
    texts = ["07830:00", "07;30:00", "07:30900", "07:30:00"]
    assert [values.seconds(pa.array([text])).tolist() for text in texts] == [[-2], [-2], [-2], [27000]]


def test_times_of_any_kind() -> None:
    texts = [
        "24:00:00",
        "100:00:01",
        "7:5:9",
        " 07:30:00 ",
        "07:30",
        "07:60:00",
        "07:00:60",
        "1000:00:00",
        "٠٧:00:00",
        " ",
    ]
    assert values.seconds(pa.array(texts)).tolist() == [86400, 360001, 25509, 27000, -2, -2, -2, -2, 25200, -1]
    assert values.seconds(pa.array([], pa.string())).tolist() == []


@given(st.dates())
def test_dates(day: datetime.date) -> None:
    text = f"{day.year:04d}{day.month:02d}{day.day:02d}"
    assert values.day_numbers(pa.array([text, text + "0", "20260230", ""])).tolist() == [day.toordinal(), 0, 0, 0]


def test_whole_numbers() -> None:
    texts = pa.array(["007", " 5 ", "", "2.0", "2.5", "1e3", "x", "99999999999", "nan"])
    assert values.whole(texts, 0, -1).tolist() == [7, 5, 0, 2, -1, 1000, -1, -1, -1]
    assert values.whole(pa.array([1, None], pa.int8()), 4, -1).tolist() == [1, 4]
    assert np.isnan(values.numbers(pa.array([1.5, None]))).tolist() == [False, True]


def test_rows_of_ids_may_be_written_to() -> None:
    rows = values.rows_of(pa.array(["b", "b"]), pa.array(["a", "b"]))
    rows[0] = -1
    assert rows.tolist() == [-1, 1]
