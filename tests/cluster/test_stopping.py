"""Stop and go on: whatever ends a run, its results are whole or not there, and the next one finishes the work."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flexsite.cache import Cache

from .conftest import Forks, Start, results, said, surroundings

KILLS = 30 if os.environ.get("CI") == "true" else 8


def whole_or_absent(out: Path, expected: dict[str, bytes]) -> None:
    """What stands under a final name is what belongs there, to the byte."""
    if out.exists():
        for name, content in results(out).items():
            assert content == expected[name], f"{name} is half written"


def sound(cache: Path) -> None:
    """Every entry of a cache that counts as one has all its bytes."""
    kept = Cache(cache)
    for one in kept.entries():
        before = one.path.exists()
        assert before and kept.get(one.kind, one.key, verify=True) == one.path, f"{one.kind} is damaged"
    kept.close()


def test_killed_at_random_moments_and_resumed(
    forks: Forks, town: Path, cache: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    moments = random.Random(3)
    out = tmp_path / "results" / "out"
    shutil.rmtree(cache, ignore_errors=True)
    began = time.monotonic()
    forks.start("run", town, "--out", out)
    assert forks.end() == 0, forks.log.read_text()
    lasts = time.monotonic() - began
    killed = finished = 0
    while killed < KILLS:
        if killed % 5 == 0 or finished:
            shutil.rmtree(cache)
            shutil.rmtree(out.parent)
            finished = 0
        process = forks.start("run", town, "--out", out, "--resume")
        time.sleep(moments.uniform(0, lasts))
        os.kill(process, signal.SIGKILL)
        code = forks.end()
        assert code in {0, -signal.SIGKILL}, forks.log.read_text()
        finished = code == 0
        killed += code != 0
        whole_or_absent(out, expected)
        if killed % 5 == 0 or finished:
            if cache.exists():
                sound(cache)
            forks.start("run", town, "--out", out, "--resume")
            assert forks.end() == 0, forks.log.read_text()
            assert results(out) == expected
            assert list(out.parent.iterdir()) == [out]
            assert list((cache / ".running").iterdir()) == []


def test_finished_tiles_are_not_done_again(
    forks: Forks, town: Path, cache: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    shutil.rmtree(cache, ignore_errors=True)
    process = forks.start("run", town, "--out", tmp_path / "out")
    until = time.monotonic() + 30
    while len(list(cache.glob("tile/??/*"))) < 4 and time.monotonic() < until:
        time.sleep(0.005)
    os.kill(process, signal.SIGKILL)
    assert forks.end() == -signal.SIGKILL
    ready = len(list(cache.glob("tile/??/*")))
    forks.start("run", town, "--out", tmp_path / "out", "--resume")
    assert forks.end() == 0
    assert f"{ready} of 16 tiles were ready" in forks.log.read_text()
    assert results(tmp_path / "out") == expected


@pytest.mark.parametrize("how", [[], ["--no-cache"], ["--scheduler", "local", "--workers", "1"]], ids=" ".join)
def test_interrupted(start: Start, town: Path, tmp_path: Path, how: list[str]) -> None:
    """Ctrl-C reaches the whole group of processes, as a terminal sends it."""
    keeps = "--no-cache" not in how
    process = start("run", town, "--out", tmp_path / "at" / "out", *how)
    until = time.monotonic() + 30
    while time.monotonic() < until and not list(tmp_path.glob("cache/tile/??/*" if keeps else "at/.out.*")):
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)
    began = time.monotonic()
    code, out, err = said(process)
    assert (code, out) == (130, "")
    assert err == (
        "stopped; finished tiles are kept: the same command with --resume goes on\n"
        if keeps
        else "stopped; nothing is kept\n"
    )
    assert time.monotonic() - began < 5
    assert list(tmp_path.glob("at/*")) == []
    assert list(tmp_path.glob("cache/.running/*")) == []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path | None]:
    """A disk of 300 kB where one may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", place], check=False)
        mounted = done.returncode == 0
    except OSError:
        mounted = False
    yield place if mounted else None
    if mounted:
        subprocess.run(["umount", place], check=True)


def no_large_files() -> None:
    """Let every file of more than 60 kB fail as on a full disk (EFBIG)."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))


@pytest.mark.parametrize("output", ["parquet", "gpkg"])
def test_a_full_disk_leaves_earlier_results_as_they_were(
    start: Start, town: Path, tmp_path: Path, disk: Path | None, output: str
) -> None:
    folder = (disk or tmp_path / "at") / "out"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("an earlier record")
    (folder / "waterfall.csv").write_text("an earlier table")
    limit = {} if disk else {"preexec_fn": no_large_files}
    process = start("run", town, "--out", folder, "--no-cache", "--set", f"outputs=[{output}]", **limit)
    code, out, err = said(process)
    assert (code, out) == (2, "")
    assert str(folder) in err and "cannot be written" in err and "free space there" in err
    found = {path.relative_to(folder.parent).as_posix(): path.read_text() for path in folder.parent.rglob("*.*")}
    assert found == {"out/run.json": "an earlier record", "out/waterfall.csv": "an earlier table"}


def test_a_full_cache_warns_and_goes_on(
    start: Start, town: Path, tmp_path: Path, disk: Path | None, expected: dict[str, bytes]
) -> None:
    place = disk or tmp_path / "file"
    if disk is None:
        place.write_text("no folder can be made in a file")
    code, _, err = said(start("run", town, "--out", tmp_path / "out", env=surroundings(place / "cache")))
    assert code == 0 and results(tmp_path / "out") == expected
    assert f"warning: the cache '{place / 'cache'}' cannot be written" in err


def test_a_folder_that_cannot_be_written(start: Start, town: Path, tmp_path: Path, disk: Path | None) -> None:
    place = tmp_path / "closed"
    place.mkdir()
    if disk is not None:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        place = disk
    elif os.geteuid() == 0:
        place = Path("/proc")  # even root makes no folders here
    else:
        place.chmod(0o555)
    code, out, err = said(start("run", town, "--out", place / "out", "--no-cache"))
    assert (code, out) == (2, "")
    assert str(place) in err and ("choose a folder where you may write" in err or "choose another folder" in err)


def test_two_runs_at_once(start: Start, town: Path, tmp_path: Path, expected: dict[str, bytes]) -> None:
    """Into one folder and another, with one cache, which is empty at first."""
    runs = [start("run", town, "--out", tmp_path / "at" / name) for name in ("one", "one", "two")]
    assert [said(run)[0] for run in runs] == [0, 0, 0]
    assert results(tmp_path / "at" / "one") == expected == results(tmp_path / "at" / "two")
    assert sorted(path.name for path in (tmp_path / "at").iterdir()) == ["one", "two"]
    sound(tmp_path / "cache")


def test_errors_of_the_program_are_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    from flexsite.outputs.storing import stored

    for error in (RuntimeError("a bug"), FileNotFoundError(errno.ENOENT, "gone")):
        with pytest.raises(type(error)), stored(tmp_path / "out"):
            raise error
