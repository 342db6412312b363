"""`flexsite cache`: what it shows and removes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flexsite.cache import Cache
from flexsite.cli import main

from .helpers import named, used_at, writer

Call = Callable[..., tuple[object, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache: three tiles of 2 kB each and a fingerprint."""
    monkeypatch.setenv("FLEXSITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FLEXSITE_CACHE_LIMIT", raising=False)
    with Cache.default() as cache:
        for n in range(3):
            used_at(cache.make("tile", named(n), writer(str(n), 1827)), 1_000_000 + n)
        used_at(cache.make("digest", named("d"), writer("d", 327)), 1_000_000)
    return tmp_path / "cache"


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """`flexsite cache ARGUMENTS`: exit code, standard output, standard error."""

    def called(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["flexsite", "cache", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return called


def test_show(call: Call, folder: Path) -> None:
    shown = [
        str(folder),
        "kind    entries    size",
        "digest        1   500 B",
        "tile          3    6 kB",
        "total         4  6.5 kB",
        "trimmed to 20 GB after a run (FLEXSITE_CACHE_LIMIT)",
    ]
    assert call() == (0, "\n".join(shown) + "\n", "")


def test_show_before_the_first_run(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEXSITE_CACHE", str(tmp_path / "none"))
    code, out, _ = call()
    assert code == 0 and "total        0   0 B" in out
    assert not (tmp_path / "none").exists()


def test_trim_to_a_size_and_to_the_limit_and_clear(call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("trim") == (0, "0 removed, 0 B\n", "")
    assert call("trim", "4.1kB") == (0, "2 removed, 2.5 kB\n", "")
    monkeypatch.setenv("FLEXSITE_CACHE_LIMIT", "2 kB")
    assert call("trim")[1] == "1 removed, 2 kB\n"
    assert {one.key for one in Cache(folder).entries()} == {named(2)}
    assert call("clear")[1] == "1 removed, 2 kB\n"
    assert Cache(folder).entries() == []


def test_what_is_in_use_is_counted(call: Call, folder: Path) -> None:
    with Cache(folder) as cache:
        cache.get("tile", named(0))
        assert call("clear")[1] == "3 removed, 4.5 kB; 1 in use stay\n"


@pytest.mark.parametrize(
    ("arguments", "limit", "message"),
    [
        (["trim", "5XB"], "", "error: flexsite cache trim: '5XB' is no size; "),
        (["trim"], "much", "error: FLEXSITE_CACHE_LIMIT: 'much' is no size; "),
        ([], "much", "error: FLEXSITE_CACHE_LIMIT: 'much' is no size; "),
        (["burn"], "", "No such command"),
    ],
)
def test_wrong_words(
    call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], limit: str, message: str
) -> None:
    monkeypatch.setenv("FLEXSITE_CACHE_LIMIT", limit)
    code, out, err = call(*arguments)
    assert (code, out) == (2, "") and message in err
    assert len(Cache(folder).entries()) == 4


@pytest.mark.parametrize("arguments", [[], ["trim"], ["clear"]])
def test_a_file_in_its_place(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FLEXSITE_CACHE", str(tmp_path / "file"))
    code, out, err = call(*arguments)
    assert (code, out) == (2, "") and err.startswith(f"error: {tmp_path / 'file'}: the cache cannot be ")
