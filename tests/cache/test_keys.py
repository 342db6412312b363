"""Keys: equal for what is equal, different for what is different, the same tomorrow."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from flexsite.cache import key, keys

SIMPLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([0.0, -0.0, 1.0, 0.1, math.inf, math.nan]),
    st.sampled_from(["", "1", "1.0", "true", "None", "[1]", "\ud800"]),
    st.sampled_from([b"", b"1"]),
    st.dates(date(2026, 1, 1), date(2026, 1, 2)),
    st.just(datetime(2026, 1, 1)),  # noqa: DTZ001
)
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "1"]), inner, max_size=2),
    max_leaves=4,
)


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Surroundings that stay."""
    monkeypatch.setattr(keys, "surroundings", lambda: {"flexsite": "1"})


@pytest.mark.usefixtures("fixed")
def test_a_key_stays_the_same() -> None:
    """Else every cache would be empty after an update that changes nothing; raise FORMAT when this has to change."""
    made = key("tile", 3, 2.5, True, None, date(2026, 1, 1), b"x", [1, {"b": 2, "a": [np.float32(0.5)]}])
    assert made == "c6382a02e637f0a4887e8c681b6809f1e6e1973b9d3c0fe6f0af8d0fabc1a4f6"


@pytest.mark.usefixtures("fixed")
def test_a_key_is_the_sha256_of_plain_json() -> None:
    text = '[{"flexsite":"1"},[["str","a\\u00e9"],["list",[["int","1"],["float","0x1.8000000000000p+0"]]]]]'
    assert key("a\u00e9", [1, 1.5]) == hashlib.sha256(text.encode("ascii")).hexdigest()


def same(one: Any, other: Any) -> bool:
    """Equal down to the type and the bits, mappings whatever their order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, float):
        return repr(one) == repr(other)
    return bool(one == other)


@given(VALUES, VALUES)
def test_keys_are_equal_just_when_the_parts_are(one: Any, other: Any) -> None:
    assert (key(one) == key(other)) == same(one, other)


@given(st.lists(SIMPLE, max_size=3), st.lists(SIMPLE, max_size=3))
def test_parts_do_not_run_together(one: list[Any], other: list[Any]) -> None:
    assert (key(*one) == key(*other)) == same(one, other)
    assert key(one) != key(*one)


@pytest.mark.parametrize(
    "parts",
    [
        [1, 1.0, True, "1", b"1", [1], None, {"1": 1}, np.array([1]), np.array([1.0]), np.array([[1]])],
        [0, 0.0, -0.0, False, "", b"", [], {}, None, np.array([])],
        [date(2026, 1, 1), datetime(2026, 1, 1), "2026-01-01"],  # noqa: DTZ001
        [["a", "b"], ["ab"], [["a"], "b"], ["b", "a"]],
    ],
)
def test_parts_that_look_alike_differ(parts: list[Any]) -> None:
    assert len({key(part) for part in parts}) == len(parts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.int64(3), 3),
        (np.float64(0.1), 0.1),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.float32(0.5), 0.5),
        (np.array(3), 3),
        ((1, 2), [1, 2]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (np.arange(6).reshape(2, 3)[:, ::2], np.array([[0, 2], [3, 5]])),
        (bytearray(b"x"), b"x"),
    ],
)
def test_the_same_in_other_clothes(one: Any, other: Any) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    "part", [Path("a"), {1, 2}, object(), np.array([object()]), shapely.Point(1, 2), 1j, [Path("a")], {"a": Path("b")}]
)
def test_what_says_nothing_of_its_content_is_refused(part: Any) -> None:
    with pytest.raises(TypeError, match=r"key cannot be made|says nothing"):
        key(part)


class TestSurroundings:
    def test_every_version_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = keys.surroundings()
        assert {"numpy", "shapely", "pyproj", "pyogrio", "rasterio", "numba", "flexsite", "code", "cache"} <= set(now)
        before = key(1)
        for name in now:
            monkeypatch.setattr(keys, "surroundings", lambda name=name: now | {name: "another"})
            assert key(1) != before, name

    def test_another_release_or_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = keys.surroundings()
        monkeypatch.setattr(keys, "__version__", "99")
        monkeypatch.setattr(keys, "FORMAT", 99)
        monkeypatch.setattr(keys, "version", lambda name: "99")
        later = keys.surroundings.__wrapped__()
        assert {name for name in now if now[name] == later[name]} == {"code", "machine"}

    def test_changed_code(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        package = tmp_path / "flexsite"
        (package / "cache").mkdir(parents=True)
        (package / "a.py").write_text("A = 1\n")
        monkeypatch.setattr(keys, "__file__", str(package / "cache" / "keys.py"))
        found = [keys._code()]
        (package / "a.py").write_text("A = 2\n")
        found.append(keys._code())
        (package / "a.py").rename(package / "b.py")
        found.append(keys._code())
        assert len(set(found)) == 3

    def test_a_library_that_brings_no_c_library_along_is_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keys, "find_spec", lambda name: SimpleNamespace(origin=None))
        assert keys._library("shapely", "geos_version_string").endswith(" " + shapely.geos_version_string)
        assert keys._library("no-such-library", None) == ""

    @pytest.mark.parametrize(("name", "attribute"), keys._ASKED.items())
    def test_what_is_asked_exists(self, name: str, attribute: str | None) -> None:
        if attribute is not None:
            assert str(getattr(__import__(name), attribute))[0].isdigit()

    def test_no_heavy_library_is_loaded_for_its_version(self) -> None:
        code = "import sys; from flexsite.cache import Cache, key; key(1); print({*sys.modules} & {'numba', 'numpy'})"
        assert (
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
        )
