"""Tiles on Dask: the same bytes, whatever happens to workers, and clear words when nothing can be done."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import flexsite
from flexsite.availability import cluster, kept, sharing, tiles
from flexsite.availability.work import Crew
from flexsite.cache import Cache
from flexsite.cache.keys import surroundings as made_with
from flexsite.errors import InputError
from flexsite.outputs.result import Result

from .conftest import ROOT, Start, results, said, surroundings
from .small_tiles import MOST

GUIDE = ROOT / "docs" / "cluster.md"
ADDRESS = "10.0.0.1:8786"


class Processes:
    """A scheduler and workers, started by the commands of the guide."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.place = f"127.0.0.1:{free.getsockname()[1]}"
        self.folder = folder
        self.started: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        return f"tcp://{self.place}"

    def begin(self, what: str, workers: int = 2, **environment: str) -> None:
        """Run `dask WHAT` as the guide says, on this machine."""
        line = re.search(rf"^dask {what} .*$", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert line is not None, f"the guide does not say how to start a {what}"
        command = line[0].replace(ADDRESS, self.place).replace("--port 8786", f"--port {self.place.split(':')[1]}")
        program, *arguments = command.replace("--nworkers 4", f"--nworkers {workers}").split()
        with (self.folder / f"{what}.log").open("wb") as log:
            self.started[what] = subprocess.Popen(
                [Path(sys.executable).with_name(program), *arguments], stdout=log, stderr=log, cwd=self.folder,
                env=surroundings(self.folder / "none") | environment, start_new_session=True,
            )  # fmt: skip

    def end(self, what: str) -> None:
        """kill -9 the process and all that it started."""
        process = self.started.pop(what)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for what in list(self.started):
            self.end(what)


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    processes = Processes(tmp_path_factory.mktemp("dask"))
    processes.begin("scheduler")
    processes.begin("worker")
    yield processes
    processes.close()


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "split", partial(tiles.split, most=MOST))


def written(result: Result, folder: Path) -> dict[str, bytes]:
    from flexsite.outputs.writing import write

    write(result, folder)
    return results(folder)


def run(town: Path, cache: Cache | None, scheduler: Any) -> Result:
    return flexsite.run(flexsite.load(town), crew=Crew(1, cache, scheduler))


def after_the_first_tile(monkeypatch: pytest.MonkeyPatch, happens: Any) -> None:
    """Let something happen once when one tile is finished, and the others are under way."""
    todo = [happens]
    answer = cluster._answer

    def watched(*arguments: Any) -> Any:
        found = answer(*arguments)
        if todo:
            todo.pop()()
        return found

    monkeypatch.setattr(cluster, "_answer", watched)


def test_processes_of_this_machine(start: Start, town: Path, tmp_path: Path, expected: dict[str, bytes]) -> None:
    command = ("run", town, "--out", tmp_path / "at" / "out", "--scheduler", "local", "--workers", "2")
    code, out, err = said(start(*command))
    assert code == 0, err
    assert "sites available" in out and not re.search("distributed|dask|Warning", err)
    assert results(tmp_path / "at" / "out") == expected
    with Cache(tmp_path / "cache") as cache:
        assert sum(entry.kind == kept.KIND for entry in cache.entries()) == 16
    assert list((tmp_path / "cache" / ".running").iterdir()) == []
    assert [path.name for path in (tmp_path / "at").iterdir()] == ["out"]


class TestWithAScheduler:
    def test_threads_go_on_with_what_workers_did(
        self, dask: Processes, town: Path, tmp_path: Path, expected: dict[str, bytes]
    ) -> None:
        """And the other way round: both know a tile by the same key."""
        with Cache(tmp_path / "cache") as cache:
            first = run(town, cache, dask.address)
            assert (first.timings["tiles_kept"], first.timings["tiles"]) == (0, 16)
            shutil.rmtree(tmp_path / "cache" / "index", ignore_errors=True)  # it would spare looking at tiles
            assert run(town, cache, None).timings["tiles_kept"] == 16
            shutil.rmtree(tmp_path / "cache" / "index", ignore_errors=True)
            shutil.rmtree(tmp_path / "cache" / "tile")
            assert run(town, cache, None).timings["tiles_kept"] == 0
            shutil.rmtree(tmp_path / "cache" / "index", ignore_errors=True)
            again = run(town, cache, dask.address)
            assert again.timings["tiles_kept"] == 16
        assert written(first, tmp_path / "first") == expected == written(again, tmp_path / "again")

    def test_a_run_that_keeps_nothing(
        self, dask: Processes, start: Start, town: Path, tmp_path: Path, expected: dict[str, bytes]
    ) -> None:
        command = ("run", town, "--out", tmp_path / "at" / "out", "--scheduler", dask.address, "--no-cache")
        code, _, err = said(start(*command))
        assert code == 0, err
        assert results(tmp_path / "at" / "out") == expected
        assert [path.name for path in tmp_path.iterdir()] == ["at"]
        assert [path.name for path in (tmp_path / "at").iterdir()] == ["out"]

    def test_a_worker_that_dies_is_survived(
        self, dask: Processes, town: Path, tmp_path: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with cluster.reached(dask.address) as reached, Cache(tmp_path / "cache") as cache:
            reached.client.wait_for_workers(2, timeout=30)
            before = reached.client.run(os.getpid)
            victim = min(before.values())
            after_the_first_tile(monkeypatch, lambda: os.kill(victim, signal.SIGKILL))
            found = run(town, cache, reached)
            assert not Path(f"/proc/{victim}").exists() or victim not in reached.client.run(os.getpid).values()
        assert written(found, tmp_path / "out") == expected

    def test_a_worker_that_does_not_see_the_folder(self, dask: Processes, tmp_path: Path) -> None:
        job = sharing.Job(tmp_path, tmp_path / "gone", {}, *[None] * 3)  # type: ignore[list-item]
        with cluster.reached(dask.address) as reached, pytest.raises(InputError) as caught:
            cluster._refuse_unfit(reached, job)
        assert re.fullmatch(r"worker tcp://127\.0\.0\.1:\d+", caught.value.where)
        assert "does not see the folder" in caught.value.what and "gone" in caught.value.what
        assert "shared folder under the same path" in caught.value.remedy

    def test_a_worker_that_came_too_late_to_be_looked_at(self, dask: Processes, tmp_path: Path) -> None:
        with cluster.reached(dask.address) as reached:
            reached.client.wait_for_workers(1, timeout=30)
            other = made_with() | {"shapely": "1.0"}
            answer = reached.client.submit(cluster.deal, other, tmp_path, b"never read", 0).result()
        assert answer.wrong == "has another shapely than the machine that runs the study"
        assert answer.worker.startswith("tcp://")


def test_another_flexsite_on_a_worker(dask: Processes, town: Path, tmp_path: Path) -> None:
    """One line more in one module, and every result might be another."""
    shutil.copytree(ROOT / "flexsite", tmp_path / "other" / "flexsite", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "other" / "flexsite" / "notices.py").open("a") as module:
        module.write("# changed\n")
    odd = Processes(tmp_path)
    odd.place = dask.place
    odd.begin("worker", workers=1, PYTHONPATH=str(tmp_path / "other"))
    try:
        with cluster.reached(dask.address) as reached, Cache(tmp_path / "cache") as cache:
            reached.client.wait_for_workers(3, timeout=30)
            with pytest.raises(InputError, match="has another code than the machine") as caught:
                run(town, cache, reached)
        assert caught.value.where.startswith("worker tcp://127.0.0.1:")
        assert "same flexsite" in caught.value.remedy
    finally:
        odd.close()


def test_a_scheduler_without_workers_and_one_that_is_lost(
    town: Path,
    tmp_path: Path,
    expected: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    dask = Processes(tmp_path)
    dask.begin("scheduler")
    try:
        with Cache(tmp_path / "cache") as cache:
            monkeypatch.setattr(cluster, "PATIENCE", 0.5)
            with pytest.raises(InputError, match="has had no worker") as caught:
                run(town, cache, dask.address)
            monkeypatch.setattr(cluster, "PATIENCE", 30.0)
            assert caught.value.where == f"--scheduler {dask.address}" and "dask worker" in caught.value.remedy
            dask.begin("worker", workers=1)
            after_the_first_tile(monkeypatch, lambda: dask.end("scheduler"))
            with pytest.raises(InputError, match="the Dask scheduler was lost") as caught:
                run(town, cache, dask.address)
            assert caught.value.where == f"--scheduler {dask.address}" and "--resume" in caught.value.remedy
            dask.close()
            found = run(town, cache, None)
            assert 1 <= found.timings["tiles_kept"] <= 16
        assert written(found, tmp_path / "out") == expected
        assert capfd.readouterr().err == ""
    finally:
        dask.close()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "tcp://"])
def test_no_scheduler_there(town: Path, tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_ANSWER", 0.5)
    with pytest.raises(InputError, match="no Dask scheduler answers") as caught, cluster.reached(address):
        raise AssertionError("never comes here")
    assert caught.value.where == f"--scheduler {address}" and "dask scheduler" in caught.value.remedy


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(InputError, match=r"Dask is not installed; pip install flexsite\[cluster\]"),
        cluster.reached("local"),
    ):
        raise AssertionError("never comes here")


def test_a_shared_folder_that_cannot_be_written(town: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder can be made in a file")
    with Cache(tmp_path / "file" / "cache") as cache, pytest.raises(InputError, match="cannot be written") as caught:
        sharing.put(cache, sharing.CANDIDATES, "0" * 64, lambda folder: None)
    assert "shared folder" in caught.value.where
