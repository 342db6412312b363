"""YAML 1.2 core, its limits, and the lines of what was read."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flexsite.errors import InputError
from flexsite.study.yaml_source import Document, parse, read

FILE = Path("some/where/study.yaml")


def value(text: str) -> Any:
    return parse(f"key: {text}", FILE).data["key"]


def refusal(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(text, FILE)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The core schema, https://yaml.org/spec/1.2.2/#103-core-schema
        ("null", None), ("Null", None), ("NULL", None), ("~", None), ("", None),
        ("true", True), ("True", True), ("TRUE", True), ("false", False),
        ("0", 0), ("-19", -19), ("+7", 7), ("010", 10), ("0o7", 7), ("0x3A", 58),
        ("0.", 0.0), (".5", 0.5), ("-0.0", -0.0), ("12e03", 12000.0), ("-2E+05", -200000.0),
        (".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf),
        # What YAML 1.1 would make something else of
        ("no", "no"), ("Yes", "Yes"), ("on", "on"), ("off", "off"), ("y", "y"), ("nULL", "nULL"), ("tRUE", "tRUE"),
        ("07:30", "07:30"), ("2026-01-01", "2026-01-01"), ("1_000", "1_000"), ("0b11", "0b11"), ("<<", "<<"),
        ("=", "="), ("1e", "1e"), ("0o8", "0o8"), ("0xG", "0xG"), (".", "."),
        # Between quotes and in blocks all is text
        ("'12'", "12"), ('"true"', "true"), ("'~'", "~"), ("|\n  12\n", "12\n"), (">-\n  a\n  b", "a b"),
        # Plain tags
        ("!!str 12", "12"), ("!!str", ""), ('!!int "12"', 12), ("!!float 3", 3.0), ("!!null ''", None),
        ('!!bool "true"', True), ("!!seq [1]", [1]), ("!!map {a: 1}", {"a": 1}),
    ],
)  # fmt: skip
def test_scalars_have_the_types_of_the_core_schema(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_not_a_number_is_a_float() -> None:
    assert all(math.isnan(value(text)) for text in (".nan", ".NaN", ".NAN"))
    assert value(".Nan") == ".Nan"


words = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.sampled_from("\n\té€𐀀"), max_size=8)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_json_reads_as_what_it_is(data: Any) -> None:
    """JSON is YAML 1.2, so what a JSON writer wrote comes back."""
    assert parse(json.dumps(data, ensure_ascii=False), FILE).data == data


@given(st.from_regex(r"[-+.0-9a-z_~][-+.0-9a-z_~:]{0,8}", fullmatch=True))
def test_a_plain_scalar_is_what_the_core_schema_says_or_its_own_text(text: str) -> None:
    """Against the expressions of the specification, written again."""
    if text.endswith(":") or re.match(r"-+$", text):
        return
    found = value(text)
    if re.fullmatch(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", text):
        assert type(found) is int
    elif re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", text):
        assert type(found) is float
    elif text in {"null", "~"}:
        assert found is None
    elif text in {"true", "false"}:
        assert found is (text == "true")
    else:
        assert found == text


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3", 3, ["'a'", "twice", "line 1", "remove"]),
        ("a:\n  x: 1\n  y: 2\n  'x': 3", 4, ["'x'", "twice", "line 2"]),
        ("a: {b: 1,\n  c: 2, b: 3}", 2, ["'b'", "twice", "line 1"]),
        ("a: 1\nb: !!python/object/apply:os.system ['true']", 2, ["tag", "not allowed", "remove"]),
        ("a: 1\nb: !!python/name:os.system ''", 2, ["tag", "not allowed"]),
        ("a: !own 3", 1, ["!own", "not allowed"]),
        ("a: !own [3]", 1, ["!own", "not allowed"]),
        ("a: !!binary aGk=", 1, ["binary", "not allowed"]),
        ("a: !!set {x, y}", 1, ["set", "not allowed"]),
        ("a: !!timestamp 2026-01-01", 1, ["timestamp", "not allowed"]),
        ("a:\n- !!int three", 2, ["'three'", "int"]),
        ("a: 1\nb: [1, 2", 2, ["YAML"]),
        ("a: 1\n\tb: 2", 2, ["YAML"]),
        ("a: 1\n---\nb: 2", 2, ["another document"]),
        ("a: *nobody", 1, ["alias"]),
        ("a: 1\n? [b]\n: 2", 2, ["key must be a word"]),
    ],
)
def test_what_is_refused_and_where(text: str, line: int, words: list[str]) -> None:
    error = refusal(text)
    assert error.where == f"study.yaml, line {line}"
    assert all(word in str(error) for word in words), str(error)


def test_aliases_are_followed() -> None:
    assert parse("a: &x {k: 1}\nb: *x\nc: [*x, *x]", FILE).data == {"a": {"k": 1}, "b": {"k": 1}, "c": [{"k": 1}] * 2}


def test_a_merge_key_is_a_key_like_others() -> None:
    """YAML 1.2 has no merging; the models then refuse the key."""
    assert parse("a: &x {k: 1}\nb:\n  <<: *x", FILE).data["b"] == {"<<": {"k": 1}}


def test_a_bomb_of_aliases_is_refused() -> None:
    bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
    )
    assert "aliases" in str(refusal(bomb))
    assert "aliases" in str(refusal("a: &a [*a]"))
    assert "aliases" in str(refusal("a: &a {b: {c: *a}}"))


def test_many_plain_lines_are_no_bomb() -> None:
    assert len(parse("a:\n" + "- {x: 1, y: 2}\n" * 500, FILE).data["a"]) == 500


def test_nesting_without_end_is_refused() -> None:
    assert "nested too deep" in str(refusal("[" * 1500 + "]" * 1500))


def test_a_number_of_thousands_of_digits_is_no_crash() -> None:
    assert value("9" * 5000) == math.inf
    assert value("9" * 200) == int("9" * 200)


def test_every_key_and_item_has_its_line() -> None:
    document = parse("# first\na: 1\nb:\n  c:\n    - x\n    - d: 2\n      e:\n        f\n", FILE)
    assert document.lines[("a",)] == 2
    assert document.lines[("b", "c")] == 4
    assert document.lines[("b", "c", 0)] == 5
    assert document.lines[("b", "c", 1, "d")] == 6
    assert document.lines[("b", "c", 1, "e")] == 7
    assert document.place(("b", "c", 1, "e")) == "study.yaml, line 7"
    assert document.place(("b", "c", 1, "absent", "deeper")) == "study.yaml, line 6"
    assert Document(FILE, None, {}).place(("a",)) == "study.yaml"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for spoil, word in [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "folder"),
        (lambda path: path.write_bytes(b"a: \xff"), "UTF-8"),
        (lambda path: path.write_bytes(b"a: \x00"), "YAML"),
    ]:
        path = tmp_path / word.replace(" ", "_")
        spoil(path)
        with pytest.raises(InputError, match=word) as caught:
            read(path)
        assert path.name in caught.value.where


def test_a_byte_order_mark_and_windows_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: x\r\n")
    assert read(path).data == {"a": 1, "b": "x"}


def test_the_loader_leaves_that_of_others_as_it_is() -> None:
    assert yaml.safe_load("a: no\nb: 2") == {"a": False, "b": 2}
