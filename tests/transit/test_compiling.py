"""What is said to be compiled is what is called, and no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from flexsite.access.transit import router as room
from flexsite.access.transit.compiling import entries
from flexsite.access.transit.joining import REPORTS
from flexsite.access.transit.profile import STEP
from flexsite.access.transit.router import Router
from tests.transit.days import day_of, footpaths_of, legs_of, trip

ROOT = Path(__file__).resolve().parents[2]


def test_all_that_is_called_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    for function, types in entries():
        function.compile(types)
    announced = {function: list(function.signatures) for function, _ in entries()}
    monkeypatch.setattr(room, "FEW", -1)
    day = day_of([trip(0, (0, 10), (1, 20))], 2)
    router = Router.of(day, footpaths_of({(0, 0): 1, (1, 1): 1}, 2))
    origins, places = legs_of([{0: 1}, {}]), legs_of([{1: 2}])
    direct = np.asfortranarray([[5.0], [np.nan]])
    router.travel(origins, places, [1, 5])
    router.travel(origins, places, [1, 5], report=REPORTS, direct=direct)
    router.arrivals(origins, 1, 100)
    router.totals(origins, 1, 100, np.ones(2))
    assert {function: list(function.signatures) for function, _ in entries()} == announced
    assert sum(map(len, announced.values())) == len(list(entries()))


def test_rows_of_costs_are_filled_up_to_whole_vectors() -> None:
    from flexsite.access.transit._lanes import LANES

    assert STEP % LANES == 0


def test_a_few_journeys_need_no_compiled_function() -> None:
    code = """
import sys
from flexsite.access.transit.router import Router
from tests.transit.days import day_of, footpaths_of, legs_of, trip
router = Router.of(day_of([trip(0, (0, 10), (1, 20))], 2), footpaths_of({(0, 0): 1}, 2))
print(router.travel(legs_of([{0: 1}]), legs_of([{1: 2}]), [1]).seconds, "numba" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[[21.]] False"
