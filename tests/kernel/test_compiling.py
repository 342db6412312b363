"""Compiled once: a cold start compiles, a warm one loads; a folder that cannot be written stops nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely

from flexsite.flat import Flat
from flexsite.kernel import clip, combine, compiled, cut, pairs, seen, warm
from flexsite.kernel import compiling as room

ROOT = Path(__file__).resolve().parents[2]


def python(code: str, **changes: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ | changes
    )
    return done.stdout.strip()


def test_importing_the_kernel_loads_nothing_heavy() -> None:
    assert python("import sys, flexsite.kernel; print(sorted({'numba', 'pyarrow'} & set(sys.modules)))") == "[]"


def test_an_empty_cache_needs_compiling_and_a_full_one_does_not(tmp_path: Path) -> None:
    ask = "from flexsite.kernel import compiled; print(compiled())"
    assert python(ask, NUMBA_CACHE_DIR=str(tmp_path)) == "False"
    warm()
    assert compiled()
    assert python(ask) == "True"


def test_what_is_warmed_up_is_all_that_is_called() -> None:
    warm()
    before = [tuple(function.signatures) for function, _ in room._entries()]
    flat = Flat.of(shapely.box([0.0, 100], 0, [2, 110], 5))
    locked = Flat(*(np.array(part) for part in (flat.xy, flat.rings, flat.polygons, flat.rows)))
    for part in (locked.xy, locked.rings, locked.polygons, locked.rows):
        part.setflags(write=False)  # as arrays from files are
    found = pairs(locked.bounds, flat.bounds)
    combine(locked, cut(locked)[0], np.zeros(2, np.uint8), *found)
    clip(locked, np.array([1, 0], np.int32), locked.bounds.astype(np.float32))
    seen(locked.bounds, locked, *found, np.zeros(2, np.int32), np.zeros((2, 2), np.uint64), 1)
    assert [tuple(function.signatures) for function, _ in room._entries()] == before
    assert all(len(signatures) == 1 for signatures in before)


class Full:
    """A function on a disk without room, as numba's dispatchers behave."""

    def __init__(self) -> None:
        self._cache: Any = "a folder"
        self.signatures: list[Any] = []

    def compile(self, types: Any) -> None:
        if self._cache == "a folder":
            raise OSError(28, "No space left on device")
        self.signatures.append(types)


def test_a_full_disk_does_not_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    function = Full()
    monkeypatch.setattr(room, "_entries", lambda: iter([(function, ("types",))]))
    warm()
    assert function.signatures == [("types",)]


def test_without_any_folder_functions_are_compiled_for_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    from flexsite.kernel import _jit

    def njit(**options: bool) -> Any:
        def decorate(function: Any) -> Any:
            if options.get("cache"):
                raise RuntimeError("cannot cache function 'double': no locator available for file 'x.py'")
            return function

        return decorate

    monkeypatch.setattr(_jit, "numba", SimpleNamespace(njit=njit))
    assert _jit.entry(lambda x: 2 * x)(3) == 6
