"""The page on the report is true: its keys, commands, numbers and code."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from flexsite.outputs.report.figure import SHORT
from flexsite.outputs.report.rulebook import report_book
from flexsite.outputs.report.top import DRAWN, LISTED
from flexsite.outputs.report.whole import PARTS
from tests.cli.conftest import flexsite  # noqa: F401  (the command line inside this process)
from tests.outputs.helpers import run, world

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
FLAT = " ".join(PAGE.split())


def test_its_outputs_run(tmp_path: Path) -> None:
    [example] = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    run(world(tmp_path, **yaml.safe_load(example))).write(tmp_path / "out")
    assert {"report.html", "excluded.parquet", "borders.parquet"} <= {one.name for one in (tmp_path / "out").iterdir()}


def test_its_commands_do_what_they_say(flexsite: Callable[..., Any], english: Path, tmp_path: Path) -> None:  # noqa: F811
    commands = re.findall(r"^    flexsite report (.*)$", PAGE, flags=re.MULTILINE)
    assert commands == ["RUN --site ID [--site ID]... [--out FILE]", "RUN"]
    folder = Path(shutil.copytree(english, tmp_path / "run"))
    assert flexsite("report", folder, "--site", "K1", "--site", "K2", "--out", tmp_path / "two.html").code == 0
    before = (folder / "report.html").read_bytes()
    assert flexsite("report", folder).code == 0 and (folder / "report.html").read_bytes() == before


def test_its_code_runs(english: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    shutil.copytree(english, tmp_path / "RUN")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "report.md", "exec"), {})  # noqa: S102  (our own page)
    assert (tmp_path / "report.html").read_bytes() == (english / "report.html").read_bytes()


def test_its_numbers_are_those_of_the_code_and_the_rulebook() -> None:
    book = report_book()
    assert f"more than {book.old_layer.months} months older" in FLAT
    assert f"({book.fell_away.before:,} homes became {book.fell_away.after:,})" in FLAT
    assert f"up to {SHORT} rows" in FLAT
    words = {10: "ten", 6: "six"}
    assert f"the first {words[LISTED]} of every group, {words[DRAWN]} of them on a small map" in FLAT


def test_it_names_every_part() -> None:
    """Beside head and summary; a row may stand for several."""
    named = " ".join(re.findall(r"^\| ([a-z ,]+) \| ", PAGE, flags=re.MULTILINE))
    for part in PARTS:
        name = {"top_sites": "best sites", "municipalities": "where", "projects": "known projects",
                "caveats": "reservations"}.get(part.__name__, part.__name__)  # fmt: skip
        assert name in named, name
