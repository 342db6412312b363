"""The text of a condition, token by token."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.errors import InputError
from flexsite.layers.query import Filter
from flexsite.layers.sqltext import expression, identifiers, quote, select
from flexsite.layers.table import Rows, Schema, nearest

SCHEMA = Schema("t", {"nr": "integer", "x y": "text"}, "", "geometry", "Polygon", None, 3)
ROWS = Rows(np.arange(3), None, {"nr": pa.array([1, 2, None]), "x y": pa.array(["a", None, "é"])})

TOKENS = [
    *("nr", '"x y"', "1", "'a'", "NULL", "(", ")", "=", "AND", "OR", "NOT", "+", ",", ";", "--", "/*", "*/", "'", '"'),
    *("`", "[", "]", "SELECT", "FROM", "t", "UNION", "CASE", "WHEN", "THEN", "ELSE", "END", "IN", "EXISTS", "WHERE"),
    *("LIMIT", "ORDER BY", "VALUES", "WITH", "AS", "*", "\n", "IS", "BETWEEN", "LIKE", "COLLATE", "NOCASE", "count"),
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=9).map(" ".join))
def test_no_text_reaches_beyond_its_own_condition(text: str) -> None:
    """Whatever the text, ANDed to a false condition it keeps no row, and ORed within itself it reads no other table."""
    try:
        both = Filter([text, "0"], SCHEMA, "here")
        other = Filter(["0", text], SCHEMA, "here")
    except InputError:
        return
    assert not both.mask(ROWS).any() and not other.mask(ROWS).any()


@given(st.text(max_size=20))
def test_any_text_at_all_is_a_condition_or_an_input_error(text: str) -> None:
    place = "here"
    try:
        found = Filter([text], SCHEMA, place).mask(ROWS)
    except InputError as error:
        found, place = np.zeros(3), error.where
    assert len(found) == 3 and place == "here"


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_any_name_can_be_quoted(name: str) -> None:
    schema = Schema("t", {name: "integer"}, "", "", None, None, 1)
    rows = Rows(np.arange(2), None, {name: pa.array([7, 8])})
    doubled = name.replace('"', '""')
    for written in (quote(name), f'"{doubled}"'):
        chosen = Filter([f"{written} = 8"], schema, "here")
        assert chosen.columns == {name}
        assert chosen.mask(rows).tolist() == [False, True]


def test_comments_and_quotes_are_replaced_outside_texts_only() -> None:
    text = 'a = \'--"x"\' /* "y" */ AND "b""c" = 1 -- ;\n AND [d] = \';\''
    assert expression(text, "") == "a = '--\"x\"'   AND `b\"c` = 1  \n AND [d] = ';'"
    assert {"a", 'b"c', "d"} <= identifiers(text)
    assert "x" not in identifiers(text)
    assert select(" select 1 ; \n", "") == " select 1 "


@pytest.mark.parametrize(
    ("name", "known", "remedy"),
    [
        ("Naam", ["id", "naam"], "did you mean 'naam'?"),
        ("zzz", ["id", "naam"], "known are: id, naam"),
        ("zzz", [], "there are none"),
        ("zzz", [f"c{number}" for number in range(40)], "and 10 more"),
    ],
)
def test_the_nearest_name(name: str, known: list[str], remedy: str) -> None:
    assert remedy in nearest(name, known)
