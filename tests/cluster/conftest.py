"""The town, its results without any cache, and runs of it in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from .world import write_town

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SMALL_TILES = HERE / "small_tiles.py"
Start = Callable[..., "subprocess.Popen[str]"]


def surroundings(cache: Path) -> dict[str, str]:
    """Environment of a process that finds this flexsite and a cache of the test."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path, "FLEXSITE_CACHE": str(cache), "COLUMNS": "300"}


def results(folder: Path) -> dict[str, bytes]:
    """Files of a run and their content; what it took is no part of it."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if "run.json" in found:
        record = json.loads(found["run.json"])
        del record["timings"]
        found["run.json"] = json.dumps(record).encode()
    return found


class Forks:
    """Runs in processes that are forked from one with everything loaded."""

    def __init__(self, cache: Path, log: Path) -> None:
        self.log = log
        self._server = subprocess.Popen(
            [sys.executable, SMALL_TILES, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=surroundings(cache),
        )  # fmt: skip
        assert self._server.stdin and self._server.stdout
        self._ask: IO[str] = self._server.stdin
        self._told: IO[str] = self._server.stdout

    def start(self, *arguments: object) -> int:
        """Number of a process that runs the command line."""
        self._ask.write(json.dumps([str(self.log), *map(str, arguments)]) + "\n")
        self._ask.flush()
        return int(self._told.readline())

    def end(self) -> int:
        """Exit code of that process, negative for a signal."""
        self._ask.write("\n")
        self._ask.flush()
        return os.waitstatus_to_exitcode(int(self._told.readline()))

    def close(self) -> None:
        self._ask.close()
        self._server.wait(20)
        self._told.close()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study file of the town."""
    return write_town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the cache that forked runs use."""
    return tmp_path_factory.mktemp("forked") / "cache"


@pytest.fixture(scope="session")
def forks(cache: Path) -> Iterator[Forks]:
    made = Forks(cache, cache.parent / "log.txt")
    yield made
    made.close()


@pytest.fixture(scope="session")
def expected(forks: Forks, town: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Results of an uninterrupted run that keeps nothing, with the same small tiles."""
    out = tmp_path_factory.mktemp("plain") / "out"
    forks.start("run", town, "--out", out, "--no-cache")
    assert forks.end() == 0, forks.log.read_text()
    found = results(out)
    assert {"run.json", "sites.parquet", "sites.gpkg", "waterfall.csv", "taken.parquet"} <= set(found)
    return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `flexsite ARGUMENTS` with small tiles in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: object, **how: Any) -> subprocess.Popen[str]:
        command = [sys.executable, str(SMALL_TILES), *map(str, arguments)]
        settings: dict[str, Any] = {"env": surroundings(tmp_path / "cache"), "start_new_session": True} | how
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, **streams, **settings))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code and what a process said on both streams; never a traceback."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in out + err, err
    return process.returncode, out, err
