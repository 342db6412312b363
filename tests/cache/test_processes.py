"""Several processes at once, and processes that are killed."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from flexsite.cache import Cache
from flexsite.cache.workplace import LOCK, Workplace, _made, _take, running_since, sweep

from .helpers import child, contents, half_entries, kill, named, running, used_at, writer

ON_THE_WAY = {Workplace.__init__.__code__, _made.__code__, _take.__code__}


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_two_processes_make_the_same_at_once(tmp_path: Path) -> None:
    """Both are inside the writing of the first entry at the same moment, and then run on side by side."""
    code = """
        root, me, other = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
        writes = 0

        def write(folder, n):
            global writes
            writes += 1
            me.touch()
            while not other.exists():
                time.sleep(0.001)
            writer(str(n), 5000)(folder)

        with Cache(root) as cache:
            for n in range(60):
                path = cache.make("tile", named(n), lambda folder: write(folder, n))
                assert contents(path)["a.bin"].decode() == (str(n) * 5000)[:2500], n
        print(writes)
    """
    root, signs = tmp_path / "cache", [tmp_path / "a", tmp_path / "b"]
    both = [child(code, root, *signs), child(code, root, *signs[::-1])]
    writes = [int(process.communicate(timeout=30)[0]) for process in both]
    assert sum(writes) > 60, "at least the first was made twice"
    assert len(Cache(root).entries()) == 60
    assert half_entries(root) == [] and running(root) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_killed_at_thirty_moments(tmp_path: Path) -> None:
    """Nothing half under a name, whether it was writing or removing; and what is made again is the same."""
    code = """
        def work():
            with Cache(Path(sys.argv[1])) as cache:
                print(os.getpid(), flush=True)
                for turn in range(10_000):
                    for n in range(8):
                        cache.make("tile", named(n), writer(str(n), 200_000))
                    cache.close()
                    cache.clear()

        for _ in sys.stdin:  # a new process for each line; starting Python thirty times would take long
            process = os.fork() or work()
            os.waitpid(process, 0)
            print("dead", flush=True)
    """
    root, moments = tmp_path / "cache", random.Random(7)
    found, cut_short = set(), 0
    parent = child(code, root)
    assert parent.stdin is not None
    for _ in range(30):
        parent.stdin.write("next\n")
        parent.stdin.flush()
        process = int(line_of(parent))
        time.sleep(moments.uniform(0, 0.06))
        os.kill(process, signal.SIGKILL)
        assert line_of(parent) == "dead"
        assert half_entries(root) == []
        found.add(len(list(root.glob("tile/??/*"))))
        cut_short += bool(list(root.glob(".running/*/*/*")))
    parent.communicate()
    assert len(found) > 1 and cut_short > 1, "the moments differ, and some were in the midst of writing or removing"
    with Cache(root) as cache:
        for n in range(8):
            assert contents(cache.make("tile", named(n), writer(str(n), 200_000))) == {
                "a.bin": str(n).encode() * 100_000,
                "deep/b.bin": str(n).encode() * 100_000,
            }
    assert half_entries(root) == []
    for left in running(root):  # only folders whose owner died on the very edge of having them
        assert list(left.iterdir()) == []
        os.utime(left, (1_000_000, 1_000_000))
    assert sweep(root / ".running") == [] == running(root)


class TestInUse:
    """What a running process has looked up or made is not taken from it."""

    HOLD = """
        cache = Cache(Path(sys.argv[1]))
        cache.get("tile", named("looked up"))
        cache.make("tile", named("made"), writer())
        print("held", flush=True)
        sys.stdin.readline()
        cache.close()
        print("let go", flush=True)
        sys.stdin.read()
    """

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        with Cache(tmp_path) as cache:
            for name in ("looked up", "old"):
                used_at(cache.make("tile", named(name), writer()), 1_000_000)
        return tmp_path

    def test_by_a_living_process(self, root: Path) -> None:
        other, cache = child(self.HOLD, root), Cache(root)
        assert line_of(other) == "held"
        removed = cache.clear()
        assert (removed.entries, removed.left) == (1, 2)
        assert {one.key for one in cache.entries()} == {named("looked up"), named("made")}
        assert other.stdin is not None
        other.stdin.write("\n")
        other.stdin.flush()
        assert line_of(other) == "let go"
        time.sleep(0.02)  # a tick of the file system's clock
        assert cache.clear().entries == 2 and cache.entries() == []
        other.communicate()

    def test_by_a_dead_process_no_longer(self, root: Path) -> None:
        other, cache = child(self.HOLD, root), Cache(root)
        assert line_of(other) == "held"
        kill(other)
        assert len(running(root)) == 1
        time.sleep(0.02)
        removed = cache.clear()
        assert (removed.entries, removed.left) == (3, 0)
        assert cache.entries() == [] and running(root) == []

    def test_by_ourselves(self, root: Path) -> None:
        with Cache(root) as cache:
            path = cache.get("tile", named("old"))
            assert path is not None
            assert (cache.clear().entries, cache.clear().left) == (1, 1)
            assert contents(path)

    def test_one_that_is_looked_up_while_a_trim_runs(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The list of entries is old by the time that each is taken away."""
        from flexsite.cache import entry

        listed = entry.listed

        def later(folder: Path) -> list[object]:
            found = list(listed(folder))
            assert Cache(root).get("tile", named("old")) is not None
            return found

        monkeypatch.setattr(entry, "listed", later)
        removed = Cache(root).clear()
        assert (removed.entries, removed.left) == (1, 1)
        assert (root / "tile" / named("old")[:2] / named("old")).is_dir()


class TestForked:
    def test_a_child_that_ends_leaves_the_parent_its_place(self, tmp_path: Path) -> None:
        code = """
            import os
            cache = Cache(Path(sys.argv[1]))
            path = cache.make("tile", named(1), writer())
            pid = os.fork()
            if pid == 0:
                cache.make("tile", named(2), writer())
                assert len(running(cache.folder)) == 2
                cache.close()
                sys.exit(0)  # with everything that Python does at its end
            assert os.waitpid(pid, 0)[1] == 0
            assert len(running(cache.folder)) == 1
            Cache(cache.folder).clear()
            assert contents(path)
            print("kept")
        """
        if not hasattr(os, "fork"):
            pytest.skip("this system cannot fork")
        out, _ = child(code, tmp_path).communicate(timeout=20)
        assert out == "kept\n"
        assert running(tmp_path) == []


class TestWorkplace:
    def test_lives_with_its_owner(self, tmp_path: Path) -> None:
        place = Workplace(tmp_path, ".out.", ".partial")
        assert place.path.parent == tmp_path
        assert place.path.name.startswith(".out.") and place.path.name.endswith(".partial")
        assert running_since(place.path) == place.since == (place.path / LOCK).stat().st_mtime_ns
        assert sweep(tmp_path, ".out.", ".partial") == [place.since]
        with place.scratch() as one, place.scratch() as other:
            assert one != other and one.is_dir() and other.is_dir()
        place.close()
        assert list(tmp_path.iterdir()) == []
        place.close()

    def test_seen_from_elsewhere(self, tmp_path: Path) -> None:
        code = """
            from flexsite.cache.workplace import Workplace
            place = Workplace(Path(sys.argv[1]))
            (place.path / "half").mkdir()
            (place.path / "half" / "file").write_text("half")
            print(place.path, flush=True)
            sys.stdin.read()
        """
        other = child(code, tmp_path)
        path = Path(line_of(other))
        assert running_since(path) == (path / LOCK).stat().st_mtime_ns
        assert sweep(tmp_path) == [running_since(path)] and (path / "half" / "file").exists()
        kill(other)
        assert running_since(path) is None
        assert sweep(tmp_path) == [] and not path.exists()

    def test_what_is_not_ours_stays(self, tmp_path: Path) -> None:
        names = [".out.backup.partial", ".out.0123456789ab.partial", ".out.0123456789abc.partial", ".out.0123456789ab"]
        for name in names:
            (tmp_path / name).mkdir()
            (tmp_path / name / "mine").write_text("mine")
            os.utime(tmp_path / name, (1_000_000, 1_000_000))
        assert sweep(tmp_path, ".out.", ".partial") == []
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)

    def test_a_folder_whose_owner_died_before_it_could_lock(self, tmp_path: Path) -> None:
        for name, age in (("0123456789ab", 3600), ("0123456789ac", 0)):
            (tmp_path / name).mkdir()
            os.utime(tmp_path / name, (time.time() - age,) * 2)
        assert len(sweep(tmp_path)) == 1, "the young one may be about to"
        assert [path.name for path in tmp_path.iterdir()] == ["0123456789ac"]

    def test_one_that_a_sweep_took_for_dead_is_made_anew(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Between making the file and locking it, another process may have locked it, or removed it."""
        from flexsite.cache import workplace

        lock, tries = workplace._lock, []

        def taken(descriptor: int, *, alone: bool, wait: bool) -> None:
            tries.append(descriptor)
            if len(tries) == 1:
                raise BlockingIOError
            if len(tries) == 2:
                next(path for path in tmp_path.glob("*/.lock")).unlink()
                for path in tmp_path.glob("*"):
                    (path / LOCK).unlink(missing_ok=True)
            lock(descriptor, alone=alone, wait=wait)

        monkeypatch.setattr(workplace, "_lock", taken)
        place = Workplace(tmp_path)
        assert len(tries) == 3 and running_since(place.path) == place.since

    def test_without_locks_time_tells(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from flexsite.cache import workplace

        def none(descriptor: int, *, alone: bool, wait: bool) -> None:
            raise OSError(95, "no locks here")

        monkeypatch.setattr(workplace, "_lock", none)
        place = Workplace(tmp_path)
        monkeypatch.setattr(workplace, "_OURS", {})  # seen from elsewhere
        assert running_since(place.path) == place.since
        day_ago = time.time() - 100_000
        os.utime(place.path / LOCK, (day_ago, day_ago))
        assert running_since(place.path) is None

    def test_our_own_lock_is_not_tried(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """On NFS the locks of one process never stand in its own way, and trying one gives it back."""
        from flexsite.cache import workplace

        place = Workplace(tmp_path)
        monkeypatch.setattr(workplace, "_lock", lambda descriptor, *, alone, wait: None)
        assert sweep(tmp_path) == [place.since] and place.path.exists()

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            Workplace(tmp_path / "nowhere")
        assert sweep(tmp_path / "nowhere") == []


def test_interrupted_while_a_folder_is_made(tmp_path: Path) -> None:
    """Ctrl-C at any line on the way to a folder leaves none behind."""
    for moment in itertools.count(1):
        steps = itertools.count(1)

        def step(frame: FrameType, event: str, _: object, steps: Iterator[int] = steps, moment: int = moment) -> Any:
            if event == "line" and frame.f_code in ON_THE_WAY and next(steps) == moment:
                sys.settrace(None)
                raise KeyboardInterrupt
            return step

        sys.settrace(step)
        try:
            place = Workplace(tmp_path)
        except KeyboardInterrupt:
            assert list(tmp_path.iterdir()) == [], f"line {moment}"
            continue
        finally:
            sys.settrace(None)
        assert moment > 15 and list(tmp_path.iterdir()) == [place.path]
        break
