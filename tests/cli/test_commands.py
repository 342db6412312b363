"""The commands: exit codes, words on the two streams, files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import flexsite as package

from .conftest import Said
from .helpers import edit

Command = Callable[..., Said]


def test_version_and_help(flexsite: Command) -> None:
    assert flexsite("--version") == Said(0, f"flexsite {package.__version__}\n", "")
    helped = flexsite("--help")
    assert helped.code == 0
    for command in ("demo", "run", "check", "screen", "schema", "init"):
        assert command in helped.out
        one = flexsite(command, "--help")
        assert one.code == 0 and "Usage" in one.out


def test_nothing_asked_is_help(flexsite: Command) -> None:
    said = flexsite()
    assert "Usage" in said.out + said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["run"],
        ["run", "a", "b"],
        ["run", "study.yaml", "--colour"],
        ["screen", "x"],
        ["run", "x", "--workers", "0"],
    ],
)
def test_wrong_words_end_with_2(flexsite: Command, arguments: list[str]) -> None:
    said = flexsite(*arguments)
    assert said.code == 2 and said.err and not said.out


class TestRun:
    def test_results_on_stdout_and_files(self, flexsite: Command, study: Path, tmp_path: Path) -> None:
        said = flexsite("run", study, "--out", tmp_path / "out", "--quiet")
        assert said.code == 0
        assert said.out.splitlines() == [
            "2 sites available, 1.50 ha",
            "  tester: 2 sites suitable, 1.50 ha, 60 homes, floor area not given",
            "assumed complete: stops",
            str(tmp_path / "out"),
        ]
        assert {path.name for path in (tmp_path / "out").iterdir()} == {
            "run.json", "sites.parquet", "suitability.parquet", "taken.parquet", "waterfall.csv",
        }  # fmt: skip

    def test_homes_are_told_with_their_floor_area(self, flexsite: Command, study: Path) -> None:
        said = flexsite("run", study, "--out", "out", "--quiet", "--set", "profiles.tester.unit.floor_area=28.5")
        assert "  tester: 2 sites suitable, 1.50 ha, 60 homes, 1,710 m2 of floor" in said.out.splitlines()

    def test_the_map_is_named_when_there_is_one(self, flexsite: Command, study: Path, tmp_path: Path) -> None:
        said = flexsite("run", study, "--out", tmp_path / "out", "--set", "outputs=[map]")
        assert said.out.splitlines()[-1] == str(tmp_path / "out" / "map.html")

    def test_the_folder_is_here_and_named_after_the_study(self, flexsite: Command, study: Path, tmp_path: Path) -> None:
        assert flexsite("run", study.name).out.splitlines()[-1] == "three-parcels"
        assert (tmp_path / "three-parcels" / "run.json").is_file()

    def test_set_as_often_as_wanted(self, flexsite: Command, study: Path, tmp_path: Path) -> None:
        said = flexsite(
            "run", study, "--out", "out", "--set", "profiles.tester.homes.max=7", "--set", "rules.reserve.buffer=10",
            "--set", "candidates.min_area=4500", "--set", "columns.purpose=null",
        )  # fmt: skip
        assert said.code == 0 and "1 sites suitable, 1.00 ha, 7 homes" in said.out
        record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
        assert record["study"]["rules"][0]["buffer"] == 10 and record["study"]["columns"] == {}

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ("term", "write key=value"), ("term=[", "YAML"), ("term=ten", "term"), ("term.years=3", "single value"),
            ("trem=3", "did you mean 'term'"), ("rules.reserv.buffer=3", "did you mean 'reserve'"),
            ("rules.reserve.bufer=3", "did you mean 'buffer'"), ("layers.parcel.path=x", "'parcels'"),
        ],
    )  # fmt: skip
    def test_a_wrong_set(self, flexsite: Command, study: Path, tmp_path: Path, value: str, words: str) -> None:
        said = flexsite("run", study, "--out", tmp_path / "out", "--set", value)
        assert said.code == 2 and said.out == "" and said.err.startswith("error: ") and words in said.err
        assert not (tmp_path / "out").exists()

    def test_warnings_go_to_stderr(self, flexsite: Command, study: Path) -> None:
        said = flexsite("run", study, "--set", "rules=[]", "--set", "profiles=[]")
        assert said.code == 0
        assert [row.split(":")[0] for row in said.err.splitlines()] == ["warning", "warning"]
        assert said.out.startswith("3 sites available, 3.00 ha\n")

    def test_cells_are_not_called_sites(self, flexsite: Command, study: Path) -> None:
        said = flexsite("run", study, "--set", "candidates={grid: 100}", "--set", "rules=[]")
        assert said.code == 0 and "32 cells available" in said.out and "cells suitable" in said.out
        assert "sites" not in said.out + said.err

    def test_no_tally_of_one_profile_stands_for_all(self, flexsite: Command, study: Path) -> None:
        text = study.read_text(encoding="utf-8")
        start, end = text.index("  - id: tester"), text.index("outputs:")
        edit(study, "outputs:", text[start:end].replace("tester", "second").replace("450", "100") + "outputs:")
        said = flexsite("run", study)
        assert "  tester: 2 sites" in said.out and "  second: 1 sites" in said.out

    def test_a_foreign_folder_is_refused_before_the_data_are_read(
        self, flexsite: Command, study: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "notes.txt").write_text("x", encoding="utf-8")
        (tmp_path / "parcels.gpkg").write_bytes(b"broken")
        said = flexsite("run", study, "--out", tmp_path / "mine")
        assert said.code == 2 and "holds no earlier run" in said.err

    def test_every_problem_of_the_study_is_printed(self, flexsite: Command, study: Path) -> None:
        edit(edit(study, "term: 10", "term: x"), "homes_per_ha: 40", "homes_per_ha: 0")
        said = flexsite("run", study)
        assert said.code == 2
        assert [row.partition(", line")[0] for row in said.err.splitlines()] == ["error: study.yaml"] * 2

    def test_our_own_fault_is_no_user_error(self, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A bug must not look like wrong input."""
        from flexsite import cli, errors, pipeline

        monkeypatch.setattr(sys, "argv", ["flexsite", "run", str(study)])
        monkeypatch.setattr(pipeline, "run", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cli.main()

        def fail(*_: object, **__: object) -> None:
            raise errors.FlexsiteError("a room failed")

        monkeypatch.setattr(pipeline, "run", fail)
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert stop.value.code == 1


class TestInitAndSchema:
    def test_the_template_is_printed_or_written(self, flexsite: Command, tmp_path: Path) -> None:
        printed = flexsite("init")
        assert printed.code == 0 and printed.out.startswith("# ") and printed.err == ""
        written = flexsite("init", "--out", "mine.yaml")
        assert written.out == "mine.yaml\n"
        assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == printed.out
        assert package.load(tmp_path / "mine.yaml").name == "My first exploration"

    def test_nothing_is_overwritten(self, flexsite: Command, tmp_path: Path) -> None:
        (tmp_path / "mine.yaml").write_text("mine", encoding="utf-8")
        said = flexsite("init", "--out", "mine.yaml")
        assert said.code == 2 and "choose another name" in said.err
        assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == "mine"
        assert flexsite("init", "--out", "no/such/folder.yaml").code == 2

    def test_no_such_template(self, flexsite: Command) -> None:
        said = flexsite("init", "studdy")
        assert said.code == 2 and "did you mean 'study'" in said.err

    def test_the_schema_is_json(self, flexsite: Command) -> None:
        schema = json.loads(flexsite("schema").out)
        assert schema["$schema"].endswith("2020-12/schema") and "candidates" in schema["properties"]


class TestCheck:
    def test_a_study_without_problems(self, flexsite: Command, study: Path, tmp_path: Path) -> None:
        before = sorted(tmp_path.iterdir())
        said = flexsite("check", study)
        assert said.code == 0 and said.out.splitlines()[-1] == "study.yaml: no problems found"
        assert any("assumed complete" in row and "stops" in row for row in said.out.splitlines())
        assert sorted(tmp_path.iterdir()) == before, "a check writes nothing"

    def test_every_problem_at_once_in_study_and_data(self, flexsite: Command, study: Path) -> None:
        """Each alone would stop a run; a check names them all."""
        edit(study, "nature.gpkg", "natur.gpkg")
        edit(study, "id: code", "id: number")
        edit(study, "column: use, allowed", "column: goal, allowed")
        edit(study, "purpose: {layer: zoning, column: use}", "purpose: {layer: zoning, column: aim}")
        edit(study, "to: stops, mode: straight", "to: stops, mode: walk")
        edit(study, "outputs: [parquet]", "variants: {bad: {rules.reserv.class: soft}}")
        said = flexsite("check", study)
        assert said.code == 2
        for words in ("natur.gpkg", "'number'", "'goal'", "'aim'", "streets", "did you mean 'reserve'"):
            assert words in said.err, words
        rows = [row for row in said.err.splitlines() if row.startswith("error: ")]
        assert len(rows) == len(set(rows)) >= 6

    def test_a_wrong_study_still_says_which_files_are_missing(self, flexsite: Command, study: Path) -> None:
        edit(edit(study, "term: 10", "term: x"), "nature.gpkg", "natur.gpkg")
        said = flexsite("check", study)
        assert said.code == 2 and "term" in said.err and "natur.gpkg" in said.err

    def test_what_does_not_stop_a_run_is_a_note(self, flexsite: Command, study: Path) -> None:
        edit(study, "measure: stop, at_most: 450", "measure: jobs, at_least: 1")
        edit(study, "area: area.gpkg", "area: {path: parcels.gpkg, where: \"code = 'K1'\"}")
        said = flexsite("check", study)
        assert said.code == 0
        notes = [row for row in said.out.splitlines() if row.startswith("note: ")]
        assert any("jobs" in row for row in notes)
        assert any("'reserve': 0 features" in row for row in notes)

    def test_overrides_are_checked(self, flexsite: Command, study: Path) -> None:
        assert flexsite("check", study, "--set", "candidates.id=number").code == 2
        assert flexsite("check", study, "--set", "candidates.id=code").code == 0

    @pytest.mark.parametrize("text", ["", "- a", "a: [", "a: 1\na: 2", "flexsite: 1"])
    def test_a_file_that_is_no_study(self, flexsite: Command, study: Path, text: str) -> None:
        said = flexsite("check", edit(study, write=text))
        assert said.code == 2 and "study.yaml" in said.err

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("term: 10", "term: 10", 0), ("path: nature.gpkg", "path: stops.gpkg", 2),
            ("parcels: parcels", "parcels: stops", 2),
            ("area: area", "area: stops", 2), ("EPSG:28992", "EPSG:4326", 2), ("min_area: 500", "min_area: 1.0e9", 0),
            ("area: area.gpkg", "area: {path: area.gpkg, where: fid > 5}", 2),
        ],
    )  # fmt: skip
    def test_a_check_agrees_with_a_run(self, flexsite: Command, study: Path, old: str, new: str, code: int) -> None:
        edit(study, old, new)
        assert (flexsite("check", study).code, flexsite("run", study, "--out", "out").code) == (code, code)


def test_the_module_and_the_script_are_the_same_command(tmp_path: Path) -> None:
    home = str(Path(package.__file__).parents[1])
    said = subprocess.run(
        [sys.executable, "-m", "flexsite", "run", "nothing.yaml"],
        cwd=tmp_path, env={"PYTHONPATH": home, "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("error: nothing.yaml: there is no such file")
    assert "Traceback" not in said.stderr


def test_progress_is_told_step_by_step(study: Path) -> None:
    told: list[str] = []
    package.run(package.load(study), progress=told.append)
    assert told[0] == "candidates" and "rule reserve" in told and told[-1] == "suitability"
    assert told.index("rule reserve") < told.index("rule plan") < told.index("sites") < told.index("access")


def test_threads_do_not_change_the_result(flexsite: Command, study: Path, tmp_path: Path) -> None:
    for workers in (1, 3):
        assert flexsite("run", study, "--out", tmp_path / str(workers), "--workers", workers).code == 0
    one, three = (pd.read_parquet(tmp_path / name / "sites.parquet") for name in "13")
    assert one.equals(three)
