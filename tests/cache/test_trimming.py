"""Trim and clear: least recently used first, and nothing that is not the cache's own."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from flexsite.cache import Cache, Entry, Removed, size_from, size_text, table
from flexsite.errors import InputError

from .helpers import contents, named, used_at, writer

SIZE = 1000 + len('{"a.bin": [500, ""], "deep/b.bin": [500, ""]}') + 128
"""Bytes of an entry with its manifest."""


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """Five entries, the first used longest ago."""
    with Cache(tmp_path / "cache") as cache:
        for n in range(5):
            used_at(cache.make("tile", named(n), writer(str(n), 1000)), 1_000_000 + n)
    return cache


def left(cache: Cache) -> set[int]:
    return {n for n in range(5) if any(one.key == named(n) for one in cache.entries())}


def test_entries_with_size_and_last_use(cache: Cache) -> None:
    found = {one.key: one for one in cache.entries()}
    assert len(found) == 5
    for n in range(5):
        path = cache.folder / "tile" / named(n)[:2] / named(n)
        assert found[named(n)] == Entry("tile", named(n), path, SIZE, (1_000_000 + n) * 10**9)


def test_no_cache_at_all(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "none")
    assert cache.entries() == [] and cache.trim(0) == cache.clear() == Removed(0, 0, 0)
    cache.finish()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("most", "stay"),
    [
        (5 * SIZE, {0, 1, 2, 3, 4}),
        (5 * SIZE - 1, {1, 2, 3, 4}),
        (2 * SIZE, {3, 4}),
        (SIZE, {4}),
        (SIZE - 1, set()),
        (0, set()),
    ],
)
def test_the_least_recently_used_goes_first(cache: Cache, most: int, stay: set[int]) -> None:
    gone = 5 - len(stay)
    assert cache.trim(most) == Removed(gone, gone * SIZE, 0)
    assert left(cache) == stay


def test_looking_up_counts_as_use(cache: Cache) -> None:
    cache.get("tile", named(0))
    cache.close()
    time.sleep(0.02)  # a tick of the file system's clock
    cache.trim(2 * SIZE)
    assert left(cache) == {0, 4}


def test_the_end_of_a_run_trims_to_the_limit(cache: Cache) -> None:
    limited = Cache(cache.folder, limit=3 * SIZE)
    path = limited.make("tile", named(1), writer())
    time.sleep(0.02)
    limited.finish()
    assert left(cache) == {1, 3, 4} and contents(path)
    limited.finish()
    assert left(cache) == {1, 3, 4}


def test_a_damaged_entry_is_listed_and_goes_too(cache: Cache) -> None:
    path = cache.folder / "tile" / named(2)[:2] / named(2)
    (path / ".manifest.json").unlink()
    assert sum(one.size for one in cache.entries()) == 4 * SIZE + 1000
    time.sleep(0.02)
    assert cache.clear().entries == 5
    assert not path.exists()


def test_only_what_is_the_caches_own_is_removed(cache: Cache) -> None:
    """Somebody may name a folder that holds something else as well."""
    mine = ["notes.txt", "tile/notes.txt", "tile/ab/notes.txt", f"photos/{named(1)}/a.jpg", f"Tile/ab/{named(1)}/a.jpg"]
    for name in mine:
        (cache.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (cache.folder / name).write_text("mine")
    assert cache.clear().entries == 5
    assert all((cache.folder / name).read_text() == "mine" for name in mine)


def test_a_file_is_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for act in (Cache(tmp_path / "file").entries, Cache(tmp_path / "file").clear):
        with pytest.raises(InputError, match="cache cannot be") as caught:
            act()
        assert caught.value.where == str(tmp_path / "file") and "FLEXSITE_CACHE" in caught.value.remedy
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("512", 512), ("5GB", 5 * 10**9), (" 5 gb ", 5 * 10**9), ("1.5MB", 1_500_000), ("2GiB", 2 * 2**30),
     ("1k", 1000), ("3 TB", 3 * 10**12), ("7B", 7)],
)  # fmt: skip
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    assert size_from(text, where="here") == size


@pytest.mark.parametrize("text", ["", "GB", "-5GB", "5XB", "5GBB", "1e9", "five", "5,5GB", "٣GB", "1.GB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(InputError, match="is no size"):
        size_from(text, where="here")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_550_000, "1.6 MB"), (5 * 10**9, "5 GB"), (12 * 10**15, "12000 TB")],
)
def test_sizes_as_people_read_them(size: int, text: str) -> None:
    assert size_text(size) == text


def test_a_table_of_kinds() -> None:
    entries = [Entry("tile", "k", Path(), 1_500_000, 0)] * 12 + [Entry("digest", "k", Path(), 200, 0)]
    assert table(entries) == [
        "kind    entries   size",
        "digest        1  200 B",
        "tile         12  18 MB",
        "total        13  18 MB",
    ]
