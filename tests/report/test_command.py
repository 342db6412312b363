"""`flexsite report` on the command line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from flexsite.outputs import writing
from flexsite.study.models import Output
from tests.cli.conftest import flexsite  # noqa: F401  (the command line inside this process)
from tests.outputs.helpers import run, world

from .pages import Taken


@pytest.fixture
def folder(english: Path, tmp_path: Path) -> Path:
    """The run, moved; neither study nor inputs stand beside it."""
    return Path(shutil.copytree(english, tmp_path / "moved"))


Command = Callable[..., Any]


def test_the_report_is_written_again(flexsite: Command, folder: Path) -> None:  # noqa: F811
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    said = flexsite("report", folder)
    assert (said.code, said.err, said.out.strip()) == (0, "", str(folder / "report.html"))
    assert (folder / "report.html").read_bytes() == before


def test_sheets_of_sites(flexsite: Command, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    assert flexsite("report", folder, "--site", "K1", "--site", "K4").out.strip() == str(folder / "sheets.html")
    page = Taken((folder / "sheets.html").read_text(encoding="utf-8"))
    assert [text for level, text in page.headings if level == 2] == ["K1Oost", "K4West"]
    said = flexsite("report", folder, "--site", "K2", "--out", tmp_path / "k2.html")
    assert said.code == 0 and (tmp_path / "k2.html").is_file()


def test_what_is_wrong_is_said(flexsite: Command, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    cases = {
        ("--site", "K11"): ("no site 'K11'", "did you mean 'K1'"),
        ("--out", str(tmp_path)): ("a folder, not a file", "name of a file"),
        ("--site", "K1", "--out", str(tmp_path / "no" / "x.html")): ("cannot be written", ""),
    }
    for arguments, told in cases.items():
        said = flexsite("report", folder, *arguments)
        assert said.code == 2 and all(text in said.err for text in told), said.err
    for place, text in ((tmp_path, "no run.json"), (tmp_path / "nowhere", "is no folder")):
        said = flexsite("report", place)
        assert said.code == 2 and text in said.err, said.err


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("run.json", "{", "cannot be read"),
        ("run.json", "[]", "no record of a run"),
        ("run.json", '{"study": {"flexsite": 9}}', "cannot be read by this version"),
        ("sites.parquet", "x", "cannot be read"),
        ("owners.csv", 'a,b\n"1', "cannot be read"),
    ],
)
def test_a_broken_folder_is_no_traceback(name: str, content: str, told: str, flexsite: Command, folder: Path) -> None:  # noqa: F811
    (folder / name).write_text(content, encoding="utf-8")
    said = flexsite("report", folder)
    assert said.code == 2 and told in said.err and name.split(".", maxsplit=1)[0] in said.err, said.err


def test_a_run_without_tables_says_what_is_missing(flexsite: Command, tmp_path: Path) -> None:  # noqa: F811
    run(world(tmp_path, outputs=["excluded"])).write(tmp_path / "out")
    said = flexsite("report", tmp_path / "out")
    assert said.code == 2 and "sites.parquet" in said.err and "add parquet to 'outputs'" in said.err


def test_a_run_without_borders_does_without(flexsite: Command, folder: Path) -> None:  # noqa: F811
    (folder / "borders.parquet").unlink()
    (folder / "excluded.parquet").unlink()
    said = flexsite("report", folder, "--site", "K1")
    assert said.code == 0 and "no borders.parquet" in said.err and "no excluded.parquet" in said.err
    assert "taken by rules" not in (folder / "sheets.html").read_text(encoding="utf-8")


def test_an_output_that_is_not_built_is_refused(
    flexsite: Command,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every output of the format is; one that were not would be named with the others."""
    assert set(get_args(Output)) == writing.BUILT
    monkeypatch.setattr(writing, "BUILT", writing.BUILT - {"report"})
    said = flexsite("run", world(tmp_path, outputs=["report"]), "--out", tmp_path / "out")
    assert said.code == 2 and "'report' is not built yet" in said.err and "parquet" in said.err
    assert not (tmp_path / "out").exists()


def test_the_output_report_runs_from_the_command_line(flexsite: Command, tmp_path: Path) -> None:  # noqa: F811
    path = world(tmp_path, outputs=["report"])
    assert flexsite("check", path).code == 0
    assert flexsite("run", path, "--out", tmp_path / "out", "--quiet").code == 0
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["report.html", "run.json", "waterfall.csv"]
    assert flexsite("run", path, "--out", tmp_path / "out", "--quiet", "--set", "outputs=[parquet]").code == 0
    assert not (tmp_path / "out" / "report.html").exists()
