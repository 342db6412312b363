"""Fingerprints of files: read once, and again as soon as a file may have changed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from flexsite.cache import Cache, digest, sha256, store

from .helpers import named

HOUR = 3600 * 10**9


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file that was read, in an hour from now: what was written in a test is old then."""
    read: list[Path] = []

    def watched(path: Path) -> str:
        read.append(path)
        return sha256(path)

    monkeypatch.setattr(digest, "sha256", watched)
    monkeypatch.setattr(store, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + HOUR))
    return read


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").write_text("one")
    return tmp_path / "data"


def test_the_second_time_nothing_is_read(cache: Cache, data: Path, reads: list[Path], tmp_path: Path) -> None:
    assert cache.digest(data) == named("one")
    assert Cache(cache.folder).digest(data) == named("one")
    assert reads == [data]


def test_a_path_from_here_is_the_same_file(
    cache: Cache, data: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data.parent)
    for path in (Path("data"), data, data.parent / "x" / ".." / "data"):
        (data.parent / "x").mkdir(exist_ok=True)
        assert cache.digest(path) == named("one")
    assert len(reads) == 1


def test_another_content(cache: Cache, data: Path, reads: list[Path]) -> None:
    cache.digest(data)
    data.write_text("three")
    assert cache.digest(data) == named("three")


def test_another_content_of_the_same_size_and_time(cache: Cache, data: Path, reads: list[Path]) -> None:
    """Its time of change cannot be set back."""
    cache.digest(data)
    state = data.stat()
    time.sleep(0.02)
    data.write_text("two")
    os.utime(data, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert data.stat().st_mtime_ns == state.st_mtime_ns
    assert cache.digest(data) == named("two")


def test_another_file_of_that_name(cache: Cache, data: Path, reads: list[Path]) -> None:
    (data.parent / "other").write_text("two")
    cache.digest(data)
    (data.parent / "other").replace(data)
    assert cache.digest(data) == named("two")


def test_a_young_file_is_read_again(
    cache: Cache, data: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change within the same tick of the clock would not show."""
    monkeypatch.setattr(store, "time", time)
    cache.digest(data)
    os.utime(data, (1_000_000, 1_000_000))  # its status changed just now nevertheless
    cache.digest(data)
    assert cache.digest(data) == named("one")
    assert len(reads) == 3 and cache.entries() == []


@pytest.mark.parametrize(("seconds", "remembered"), [(1.9, False), (2.1, True), (-5.0, False)])
def test_how_old_a_file_must_be(seconds: float, remembered: bool) -> None:
    now = 10**18
    then = now - int(seconds * 1e9)
    assert digest.settled((1, 2, 3, then, then - HOUR), now) is remembered
    assert digest.settled((1, 2, 3, then - HOUR, then), now) is remembered


def test_a_file_that_changes_while_it_is_read_is_not_remembered(
    cache: Cache, data: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(path: Path) -> str:
        found = sha256(path)
        path.write_text("changed")
        return found

    monkeypatch.setattr(digest, "sha256", change)
    cache.digest(data)
    assert cache.entries() == []
    monkeypatch.setattr(digest, "sha256", sha256)
    assert cache.digest(data) == named("changed")


def test_a_damaged_memory_is_not_believed(cache: Cache, data: Path, reads: list[Path]) -> None:
    cache.digest(data)
    [one] = cache.entries()
    assert one.kind == "digest"
    (one.path / "sha256").write_text(named("another"))
    assert cache.digest(data) == named("one")
    assert reads.count(data) == 2


def test_a_missing_file(cache: Cache, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        cache.digest(tmp_path / "none")


def test_of_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert sha256(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
