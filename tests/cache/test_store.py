"""Get and make: complete or absent, and made again when damaged."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flexsite.cache import Cache, entry
from flexsite.errors import InputError

from .helpers import child, contents, half_entries, kill, named, running, writer

CONTENT = {"a.bin": b"content" * 7 + b"c", "deep/b.bin": b"ontent" + b"content" * 6 + b"co"}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


class TestGetAndMake:
    def test_made_once(self, cache: Cache) -> None:
        assert cache.get("tile", named(1)) is None
        assert not cache.folder.exists()
        path = cache.make("tile", named(1), writer())
        assert contents(path) == CONTENT
        assert path == cache.folder / "tile" / named(1)[:2] / named(1)

        def never(folder: Path) -> None:
            raise AssertionError("it is there")

        assert cache.get("tile", named(1), verify=True) == path
        assert cache.make("tile", named(1), never) == path
        assert cache.keep("tile", named(1), never) == path

    def test_kinds_and_keys_are_apart(self, cache: Cache) -> None:
        cache.make("tile", named(1), writer())
        assert cache.get("tile", named(2)) is None
        assert cache.get("layer", named(1)) is None

    def test_an_entry_without_files(self, cache: Cache) -> None:
        path = cache.make("tile", named(1), lambda folder: None)
        assert cache.get("tile", named(1), verify=True) == path

    @pytest.mark.parametrize(("kind", "key"), [("../x", named(1)), ("Tile", named(1)), ("tile", "../x"), ("tile", "")])
    def test_names_cannot_lead_out_of_the_folder(self, cache: Cache, kind: str, key: str) -> None:
        with pytest.raises(ValueError, match="no kind and key"):
            cache.get(kind, key)
        with pytest.raises(ValueError, match="no kind and key"):
            cache.make(kind, key, writer())

    def test_nothing_else_stays_in_the_folder(self, cache: Cache) -> None:
        cache.make("tile", named(1), writer())
        cache.get("tile", named(1))
        cache.close()
        assert {path.name for path in cache.folder.iterdir()} == {"tile", ".lock", ".running", "CACHEDIR.TAG"}
        assert running(cache.folder) == []
        assert (cache.folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, FileNotFoundError(2, "No such file", "input")])
    def test_a_failing_writer_leaves_nothing(self, cache: Cache, error: type[BaseException] | BaseException) -> None:
        calls = []

        def fail(folder: Path) -> None:
            calls.append(folder)
            (folder / "half").write_text("half")
            raise error

        with pytest.raises(error if isinstance(error, type) else type(error)):
            cache.make("tile", named(1), fail)
        assert len(calls) == 1 and not calls[0].exists()
        assert cache.get("tile", named(1)) is None
        said: list[str] = []
        cache.tell(lambda key, text: said.append(text))
        assert said == []
        assert contents(cache.make("tile", named(1), writer())) == CONTENT

    def test_two_threads_make_the_same_at_once(self, cache: Cache) -> None:
        both = threading.Barrier(2, timeout=10)

        def write(folder: Path) -> None:
            both.wait()
            writer()(folder)

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(lambda _: cache.make("tile", named(1), write), range(2))
        assert first == second and contents(first) == CONTENT
        cache.close()
        assert half_entries(cache.folder) == [] and running(cache.folder) == []

    def test_many_threads_share_one_workplace(self, cache: Cache) -> None:
        with ThreadPoolExecutor(8) as pool:
            paths = list(pool.map(lambda n: cache.make("tile", named(n % 20), writer(str(n % 20))), range(100)))
        assert len(running(cache.folder)) == 1
        assert [contents(path)["a.bin"] for path in paths] == [(str(n % 20) * 50)[:50].encode() for n in range(100)]

    def test_a_parent_that_a_trim_removes_meanwhile(self, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
        rename, tries = Path.rename, []

        def remove_once(self: Path, target: Path) -> Path:
            if not tries:
                target.parent.rmdir()
            tries.append(target)
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", remove_once)
        assert contents(cache.make("tile", named(1), writer())) == CONTENT
        assert len(tries) == 2


class TestReachingTheDisk:
    def test_files_of_a_cache_that_stays_do_before_they_have_a_name(
        self, cache: Cache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After a power cut a name without content would be a half entry."""
        flushed: list[int] = []

        def watch(descriptor: int) -> None:
            assert not list(cache.folder.glob("tile/??/*"))
            flushed.append(os.fstat(descriptor).st_size)

        monkeypatch.setattr(os, "fsync", watch)
        cache.make("tile", named(1), writer(size=101))
        assert flushed == [50, 51]

    def test_files_of_a_throw_away_need_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "fsync", lambda descriptor: pytest.fail("waits for the disk"))
        with Cache.temporary() as cache:
            cache.make("tile", named(1), writer())


class TestDamage:
    def damage(self, path: Path, how: str) -> None:
        if how == "shorter":
            os.truncate(path / "deep" / "b.bin", 3)
        elif how == "gone":
            (path / "a.bin").unlink()
        elif how == "without manifest":
            (path / entry.MANIFEST).unlink()
        elif how == "half a manifest":
            os.truncate(path / entry.MANIFEST, 20)
        elif how == "an empty manifest":
            os.truncate(path / entry.MANIFEST, 0)
        elif how == "another manifest":
            (path / entry.MANIFEST).write_text(json.dumps([1, 2]))
        else:
            (path / "a.bin").write_bytes(b"X" + CONTENT["a.bin"][1:])

    @pytest.mark.parametrize(
        "how", ["shorter", "gone", "without manifest", "half a manifest", "an empty manifest", "another manifest"]
    )
    def test_it_counts_as_absent_and_is_made_again(self, cache: Cache, how: str) -> None:
        path = cache.make("tile", named(1), writer())
        self.damage(path, how)
        assert cache.get("tile", named(1)) is None
        assert not path.exists()
        assert contents(cache.make("tile", named(1), writer())) == CONTENT

    def test_a_wrong_byte_is_found_on_request(self, cache: Cache) -> None:
        path = cache.make("tile", named(1), writer())
        self.damage(path, "a wrong byte")
        assert cache.get("tile", named(1)) == path
        assert cache.get("tile", named(1), verify=True) is None
        assert contents(cache.make("tile", named(1), writer())) == CONTENT

    def test_one_mended_by_another_run_meanwhile_stays(self, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two runs find the damage; the second must not take away what the first has put there since."""
        path = cache.make("tile", named(1), writer())
        answers = [False]
        sound = entry.sound
        monkeypatch.setattr(
            entry, "sound", lambda folder, verify: answers.pop() if answers else sound(folder, verify=verify)
        )
        assert cache.get("tile", named(1)) is None
        assert path.exists()

    def test_damage_in_the_place_of_a_new_entry(self, cache: Cache) -> None:
        """Another run wrote an entry there since we looked, and its disk lost it again."""
        path = entry.place_of(cache.folder, "tile", named(1))

        def write(folder: Path) -> None:
            path.mkdir(parents=True)
            (path / "a.bin").write_text("half")
            writer()(folder)

        assert contents(cache.make("tile", named(1), write)) == CONTENT
        assert half_entries(cache.folder) == []


class TestTemporary:
    def test_the_same_and_gone_afterwards(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        with Cache.temporary() as cache:
            path = cache.make("tile", named(1), writer())
            assert path.is_relative_to(tmp_path) and contents(path) == CONTENT
            assert cache.get("tile", named(1), verify=True) == path
            cache.limit = 0
            time.sleep(0.02)
            cache.finish()
            assert path.exists()
        assert list(tmp_path.iterdir()) == []

    def test_what_a_killed_run_left_is_swept_and_a_living_one_stays(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code = """
            with Cache.temporary() as cache:
                print(cache.make("tile", named(1), writer()), flush=True)
                sys.stdin.read()
        """
        dead, alive = child(code, TMPDIR=str(tmp_path)), child(code, TMPDIR=str(tmp_path))
        assert dead.stdout is not None and alive.stdout is not None
        left, used = Path(dead.stdout.readline().strip()), Path(alive.stdout.readline().strip())
        kill(dead)
        assert left.exists()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        with Cache.temporary():
            assert not left.exists() and contents(used) == CONTENT
            assert len(list(tmp_path.iterdir())) == 2
        alive.communicate()
        assert alive.returncode == 0 and list(tmp_path.iterdir()) == []


class TestDefault:
    def test_the_folder_of_the_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLEXSITE_CACHE", str(tmp_path / "mine"))
        monkeypatch.delenv("FLEXSITE_CACHE_LIMIT", raising=False)
        assert (Cache.default().folder, Cache.default().limit) == (tmp_path / "mine", 20_000_000_000)
        monkeypatch.setenv("FLEXSITE_CACHE_LIMIT", "5GB")
        assert Cache.default().limit == 5_000_000_000

    def test_relative_and_home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.setenv("FLEXSITE_CACHE", "here")
        assert Cache.default().folder == tmp_path / "here"
        monkeypatch.setenv("FLEXSITE_CACHE", "~/there")
        assert Cache.default().folder == tmp_path / "home" / "there"

    @pytest.mark.parametrize("value", ["", " ", None])
    def test_else_among_the_caches_of_the_system(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
    ) -> None:
        import platformdirs

        monkeypatch.setattr(platformdirs, "user_cache_path", lambda name, appauthor: tmp_path / name)
        monkeypatch.setenv("FLEXSITE_CACHE", value) if value is not None else monkeypatch.delenv(
            "FLEXSITE_CACHE", False
        )
        assert Cache.default().folder == tmp_path / "flexsite"

    def test_a_limit_that_is_no_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLEXSITE_CACHE_LIMIT", "a lot")
        with pytest.raises(InputError, match="'a lot' is no size") as caught:
            Cache.default()
        assert caught.value.where == "FLEXSITE_CACHE_LIMIT" and "5GB" in caught.value.remedy
