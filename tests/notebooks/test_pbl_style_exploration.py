"""The notebook runs from top to bottom on the open data, and says what its text says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

NOTEBOOK = "pbl_style_exploration.ipynb"


@pytest.fixture(scope="module")
def written(root: Path) -> Any:
    return nbformat.read(root / "notebooks" / NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def executed(root: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook after a run on coarse cells, in a process of its own as at somebody's desk."""
    assert shared.is_dir()
    out = tmp_path_factory.mktemp("notebook") / "executed.ipynb"
    code = (
        "import os, sys, nbformat, nbclient\n"
        "book = nbformat.read(sys.argv[1], as_version=4)\n"
        "place = {'metadata': {'path': os.path.dirname(sys.argv[1])}}\n"
        "nbclient.NotebookClient(book, timeout=600, kernel_name='python3', resources=place).execute()\n"
        "nbformat.write(book, sys.argv[2])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(root / "notebooks" / NOTEBOOK), str(out)],
        env={**os.environ, "FLEXSITE_NOTEBOOK_CELL": "500", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return nbformat.read(out, as_version=4)  # type: ignore[no-untyped-call]


def text_of(book: Any) -> str:
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


def test_it_is_kept_without_output(written: Any) -> None:
    code = [cell for cell in written.cells if cell.cell_type == "code"]
    assert len(code) >= 10
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_it_uses_no_data_from_the_network(written: Any) -> None:
    assert not re.search(r"https?://|urllib|requests", "\n".join(cell.source for cell in written.cells))


def test_every_relation_has_a_null_and_a_verdict(executed: Any) -> None:
    text = text_of(executed)
    assert text.count("consistent but trivial") == 1
    assert text.count("not testable") >= 3
    assert "supported" not in text.replace("not supported", "")
    assert "quotient 1 by definition" in text


def test_the_break_even_is_printed_instead_of_a_number_that_any_density_gives(executed: Any) -> None:
    found = [
        float(value) for value in re.findall(r"two million homes at ([0-9.]+) homes per hectare", text_of(executed))
    ]
    assert found == [pytest.approx(8.1, abs=0.1), pytest.approx(7.0, abs=0.1)]


def test_the_drop_has_bounds_and_the_accident_is_called_one(executed: Any) -> None:
    text = text_of(executed)
    low, high = map(int, re.search(r"rows +(\d+)% to (\d+)%", text).groups())  # type: ignore[union-attr]
    assert low < 20 < 60 < high < 80
    station = float(re.search(r"([0-9.]+)% of the cells lie beyond 2,000 m of a station", text).group(1))  # type: ignore[union-attr]
    assert station == pytest.approx(78, abs=3)
    assert "by accident" in text


def test_the_noordkop_is_no_concentration(executed: Any) -> None:
    quotient = float(re.search(r"location quotient ([0-9.]+)$", text_of(executed), re.MULTILINE).group(1))  # type: ignore[union-attr]
    assert quotient == pytest.approx(1.06, abs=0.02)


def test_the_second_region_and_the_invented_one_are_there(executed: Any) -> None:
    text = text_of(executed)
    assert "landuse_unknown" in text
    assert re.search(r"beyond 2,000 m of a station +9\d\.\d% +78\.\d%", text)
    assert "relation by construction" in text
