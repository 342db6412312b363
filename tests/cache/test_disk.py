"""A full disk, a cache that may only be read, a writer that fails: the run goes on, and nothing half stays."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flexsite.cache import Cache
from flexsite.errors import InputError

from .helpers import contents, half_entries, named, running, writer

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
MEGABYTE = 1_000_000


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.fixture
def readable(small: Path) -> Callable[[], None]:
    """Makes the small disk one that can only be read."""

    def call() -> None:
        subprocess.run(["mount", "-o", "remount,ro", small], check=True)

    return call


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def fill(disk: Path) -> None:
    """Fill a disk to the last byte."""
    with pytest.raises(OSError, match="No space left"):
        (disk / "filler").write_bytes(bytes(3 * MEGABYTE))
    assert shutil.disk_usage(disk).free == 0


def said(cache: Cache) -> list[tuple[str, str]]:
    warnings: list[tuple[str, str]] = []
    cache.tell(lambda key, text: warnings.append((key, text)))
    return warnings


class TestFullDisk:
    def test_the_run_goes_on_with_what_it_needs_elsewhere(self, small: Path, elsewhere: Path) -> None:
        with Cache(small) as cache:
            kept = cache.make("tile", named(1), writer("a", MEGABYTE))
            assert said(cache) == []
            path = cache.make("tile", named(2), writer("b", 3 * MEGABYTE))
            assert path.is_relative_to(elsewhere)
            assert contents(path)["a.bin"] == b"b" * 1_500_000
            assert cache.get("tile", named(2)) == path == cache.make("tile", named(2), writer("b", 3 * MEGABYTE))
            assert cache.make("tile", named(3), writer("c", 10)).is_relative_to(elsewhere), "no second try"
            assert cache.keep("tile", named(4), writer("d", 10)) is None
            assert cache.get("tile", named(1)) == kept
            [(key, text)] = said(cache)
            assert key == "cache" and str(small) in text and "No space left" in text and "3 results not kept" in text
            assert "FLEXSITE_CACHE" in text
            assert half_entries(small) == [] and [one.key for one in cache.entries()] == [named(1)]
        assert running(small) == [] and list(elsewhere.iterdir()) == []

    def test_full_to_the_last_byte(self, small: Path, elsewhere: Path) -> None:
        """Not even a lock file finds room; what is there is still found."""
        with Cache(small) as cache:
            cache.make("tile", named(1), writer("a"))
        fill(small)
        with Cache(small) as cache:
            assert cache.get("tile", named(1), verify=True) is not None
            path = cache.make("tile", named(2), writer("b"))
            assert contents(path)["a.bin"] == b"b" * 50
        cache.finish()
        assert half_entries(small) == [] and list(elsewhere.iterdir()) == []

    def test_no_room_anywhere(self, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(small))
        with Cache(small / "cache") as cache, pytest.raises(InputError, match="No space left") as caught:
            cache.make("tile", named(1), writer("a", 3 * MEGABYTE))
        assert str(small) in caught.value.where and "TMPDIR" in caught.value.remedy
        assert half_entries(small / "cache") == []
        assert [path.name for path in small.iterdir()] == ["cache"]

    def test_no_room_for_a_run_that_keeps_nothing(self, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(small))
        with Cache.temporary() as cache:
            cache.make("tile", named(1), writer("a", MEGABYTE))
            with pytest.raises(InputError, match="No space left"):
                cache.make("tile", named(2), writer("b", 3 * MEGABYTE))
        assert list(small.iterdir()) == []

    def test_fingerprints_need_no_room(self, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(small))
        (tmp_path / "data").write_bytes(b"data")
        os.utime(tmp_path / "data", (1, 1))
        with Cache(small) as cache:
            fill(small)
            assert cache.digest(tmp_path / "data") == named("data")


class TestReadOnly:
    def test_what_is_there_is_used_and_the_rest_goes_elsewhere(
        self, small: Path, readable: Callable[[], None], elsewhere: Path
    ) -> None:
        with Cache(small) as cache:
            kept = cache.make("tile", named(1), writer("a"))
        readable()
        with Cache(small) as cache:
            assert cache.get("tile", named(1), verify=True) == kept
            assert cache.make("tile", named(2), writer("b")).is_relative_to(elsewhere)
            [(_, text)] = said(cache)
            assert "Read-only file system" in text and "1 results not kept" in text
            with pytest.raises(InputError, match="cannot be trimmed"):
                cache.clear()
            cache.finish()
            assert len(said(cache)) == 1

    def test_a_damaged_entry_is_made_elsewhere(
        self, small: Path, readable: Callable[[], None], elsewhere: Path
    ) -> None:
        with Cache(small) as cache:
            (cache.make("tile", named(1), writer("a")) / "a.bin").unlink()
        readable()
        with Cache(small) as cache:
            assert cache.get("tile", named(1)) is None
            assert contents(cache.make("tile", named(1), writer("a")))["a.bin"] == b"a" * 50

    def test_a_name_that_is_a_file(self, tmp_path: Path, elsewhere: Path) -> None:
        (tmp_path / "file").write_text("mine")
        with Cache(tmp_path / "file") as cache:
            assert cache.get("tile", named(1)) is None
            assert contents(cache.make("tile", named(1), writer("a")))["a.bin"] == b"a" * 50
            assert "File exists" in said(cache)[0][1]
            cache.finish()
        assert (tmp_path / "file").read_text() == "mine"

    def test_a_folder_that_is_closed_to_us(self, tmp_path: Path, elsewhere: Path, monkeypatch: Any) -> None:
        """As for a user without the right: root may do everything."""
        mkdir = Path.mkdir

        def refuse(self: Path, *arguments: Any, **named_arguments: Any) -> None:
            if self.is_relative_to(tmp_path / "cache"):
                raise PermissionError(errno.EACCES, "Permission denied")
            mkdir(self, *arguments, **named_arguments)

        monkeypatch.setattr(Path, "mkdir", refuse)
        with Cache(tmp_path / "cache") as cache:
            assert contents(cache.make("tile", named(1), writer("a")))["a.bin"] == b"a" * 50
            assert "Permission denied" in said(cache)[0][1]


class TestFaultyWriter:
    """Errors that come out of the function that writes."""

    def failing(self, errors: list[OSError]) -> Callable[[Path], None]:
        def write(folder: Path) -> None:
            (folder / "half").write_bytes(b"half")
            if errors:
                raise errors.pop(0)
            (folder / "half").rename(folder / "whole")

        return write

    @pytest.mark.parametrize("error", [FULL, OSError("10 requested and 3 written"), OSError(errno.EDQUOT, "quota")])
    def test_of_the_disk(self, tmp_path: Path, elsewhere: Path, error: OSError) -> None:
        with Cache(tmp_path / "cache") as cache:
            path = cache.make("tile", named(1), self.failing([error]))
            assert contents(path) == {"whole": b"half"} and path.is_relative_to(elsewhere)
            assert cache.entries() == []
            assert str(error.strerror or error) in said(cache)[0][1]
        assert running(tmp_path / "cache") == [] and list(elsewhere.iterdir()) == []

    def test_of_both_disks(self, tmp_path: Path, elsewhere: Path) -> None:
        with Cache(tmp_path / "cache") as cache:
            with pytest.raises(InputError, match="No space left"):
                cache.make("tile", named(1), self.failing([FULL, FULL]))
            assert not list(elsewhere.rglob("half"))

    def test_a_library_that_hides_that_the_disk_is_full(
        self, tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = shutil.disk_usage(tmp_path)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=4096))
        with Cache(tmp_path / "cache") as cache, pytest.raises(InputError, match="3 written"):
            cache.make("tile", named(1), self.failing([OSError("3 written"), OSError("3 written")]))

    @pytest.mark.parametrize("error", [OSError("broken input"), FileNotFoundError(errno.ENOENT, "no input")])
    def test_of_its_own(self, tmp_path: Path, elsewhere: Path, error: OSError) -> None:
        with Cache(tmp_path / "cache") as cache:
            with pytest.raises(OSError, match="input") as caught:
                cache.make("tile", named(1), self.failing([error, error]))
            assert caught.value is error and cache.entries() == []
