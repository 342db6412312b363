"""What a command costs as a whole process: wall time, CPU time, peak memory of its whole tree of processes."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_POLL = 0.1
_SHARE = 0.1
"""Of one core, at most, that looking at memory may take: of a large process it takes the system many milliseconds."""


class FailedError(Exception):
    """A command ended badly, or took longer than it was given."""


@dataclass(frozen=True)
class Cost:
    """Of one process with its children: seconds, CPU seconds, peak memory in MB (2**20 bytes)."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def memory_kind() -> str:
    """How the peak is found here."""
    if Path("/proc/self/smaps_rollup").exists():
        return "PSS of all processes, ten times a second"
    return "largest RSS of one process"


def run(command: Sequence[str], *, limit: float | None = None, env: dict[str, str] | None = None) -> tuple[Cost, str]:
    """Run a command to its end.

    Parameters
    ----------
    limit
        Seconds after which it is ended.
    env
        Variables added to those of this process.

    Returns
    -------
    What it cost, and what it printed.

    Raises
    ------
    FailedError
        It ended with another code than 0, or was ended.
    """
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    own = {**os.environ, "PYTHONPATH": paths, **(env or {})}
    start = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - the commands are ours
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=own, start_new_session=True
    )
    readers = [_Reader(stream) for stream in (process.stdout, process.stderr)]
    watch = _Watch(process.pid)
    timer = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL)) if limit else None
    if timer:
        timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if timer:
        timer.cancel()
    peak = watch.stop()
    out, err = (reader.text() for reader in readers)
    if process.returncode:
        ended = f"ended after {limit:g} s" if limit and wall >= limit else f"exit code {process.returncode}"
        raise FailedError("\n".join([f"{ended}: {' '.join(command)}", *err.splitlines()[-12:]]))
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak if peak is not None else usage.ru_maxrss / unit), out


class _Reader(threading.Thread):
    """Takes what a process writes, so that it never waits for us."""

    def __init__(self, stream: Any) -> None:
        super().__init__(daemon=True)
        self._stream, self._taken = stream, b""
        self.start()

    def run(self) -> None:
        self._taken = self._stream.read()
        self._stream.close()

    def text(self) -> str:
        self.join()
        return self._taken.decode(errors="replace")


class _Watch(threading.Thread):
    """Looks at the memory of a tree of processes until it is told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._peak_kb, self._done = pid, 0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self._done.is_set():
            begin = time.thread_time()
            self._peak_kb = max(self._peak_kb, sum(map(_pss_kb, _tree(self._pid))))
            self._done.wait(max(_POLL, (time.thread_time() - begin) / _SHARE))

    def stop(self) -> float | None:
        """MB at the peak; None where the system does not say."""
        self._done.set()
        self.join()
        return self._peak_kb / 1024 if self._peak_kb else None


def _tree(pid: int) -> list[int]:
    found = [pid]
    for one in found:  # grows while it is walked
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _pss_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def medians(costs: Sequence[Cost]) -> dict[str, Any]:
    """The middle of several costs, and all of them."""
    return {
        name: {"median": round(statistics.median(values), 3), "all": [round(value, 3) for value in values]}
        for name in ("wall_s", "cpu_s", "peak_mb")
        for values in [[getattr(cost, name) for cost in costs]]
    }


def machine() -> dict[str, Any]:
    """Where and when, and how busy it was already."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    try:
        memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError):
        memory = 0.0
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": model or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": memory,
        "system": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
        "memory": memory_kind(),
    }


def versions(*names: str) -> dict[str, str]:
    """Versions of Python, of flexsite with its commit, and of packages that are installed here."""
    found = {"python": platform.python_version(), "flexsite": _flexsite()}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _flexsite() -> str:
    found = re.search(r'__version__ = "(.+)"', (ROOT / "flexsite" / "__init__.py").read_text(encoding="utf-8"))
    version = found[1] if found else "?"
    try:
        asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
        commit = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return version
    return f"{version} ({commit})"
