"""The results folder: whole or not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexsite.errors import InputError
from flexsite.outputs.folder import RUN_RECORD, refuse_foreign, slug, staged

from .helpers import files


def fill(folder: Path, *names: str, text: str = "old") -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text(encoding="utf-8") for name in files(folder)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Noord-Holland, first exploration", "noord-holland-first-exploration"),
        ("Súdwest-Fryslân 2026!", "sudwest-fryslan-2026"),
        ("../../etc/passwd", "etc-passwd"),
        ("...", "run"),
        ("日本", "run"),
        ("ﬁets №1", "fiets-no1"),
    ],
)
def test_a_folder_name_from_a_study_name(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(st.text(max_size=300))
def test_a_folder_name_is_always_one_plain_name(name: str) -> None:
    found = slug(name)
    assert found and len(found) <= 100
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not found.startswith("-") and not found.endswith("-")
    assert slug(found) == found


class TestForeign:
    def test_what_is_welcome(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        fill(tmp_path / "run", RUN_RECORD, "anything.txt")
        for name in ("empty", "run", "new", "new/deep"):
            refuse_foreign(tmp_path / name)

    def test_a_folder_with_something_else(self, tmp_path: Path) -> None:
        fill(tmp_path / "mine", "notes.txt")
        with pytest.raises(InputError, match="holds no earlier run") as caught:
            refuse_foreign(tmp_path / "mine")
        assert "mine" in caught.value.where and "another folder" in caught.value.remedy

    def test_a_folder_named_run_json_is_no_run(self, tmp_path: Path) -> None:
        (tmp_path / "mine" / RUN_RECORD).mkdir(parents=True)
        with pytest.raises(InputError, match="holds no earlier run"):
            refuse_foreign(tmp_path / "mine")

    def test_files_are_no_folders(self, tmp_path: Path) -> None:
        fill(tmp_path, "file")
        with pytest.raises(InputError, match="a file, not a folder"):
            refuse_foreign(tmp_path / "file")
        with pytest.raises(InputError, match="cannot be written"):
            refuse_foreign(tmp_path / "file" / "below")


class TestStaged:
    def test_a_new_folder(self, tmp_path: Path) -> None:
        with staged(tmp_path / "a" / "b") as stage:
            fill(stage, "sites.gpkg", "variants/v/sites.parquet", RUN_RECORD, text="new")
            assert not (tmp_path / "a" / "b").exists()
        assert files(tmp_path) == ["a/b/run.json", "a/b/sites.gpkg", "a/b/variants/v/sites.parquet"]

    def test_the_stage_is_a_sibling(self, tmp_path: Path) -> None:
        """On the same disk, so that moving is one step."""
        with staged(tmp_path / "out") as stage:
            assert stage.parent == tmp_path and stage.name.startswith(".out.")
            fill(stage, RUN_RECORD)

    def test_what_an_earlier_run_left_is_replaced_or_removed(self, tmp_path: Path) -> None:
        out = fill(
            tmp_path / "out", RUN_RECORD, "waterfall.csv", "map.html", "sites.xlsx", "variants.csv",
            "variants/gone/sites.parquet", "notes.txt", "input/parcels.gpkg",
        )  # fmt: skip
        with staged(out) as stage:
            fill(stage, RUN_RECORD, "waterfall.csv", "variants/here/sites.parquet", text="new")
        assert contents(out) == {
            RUN_RECORD: "new", "waterfall.csv": "new", "variants/here/sites.parquet": "new",
            "notes.txt": "old", "input/parcels.gpkg": "old",
        }  # fmt: skip

    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, InputError])
    def test_an_error_leaves_everything_as_it_was(self, tmp_path: Path, error: type[BaseException]) -> None:
        out = fill(tmp_path / "out", RUN_RECORD, "waterfall.csv", "variants/v/sites.parquet")
        before = contents(tmp_path)

        def break_off(folder: Path) -> None:
            with staged(folder) as stage:
                fill(stage, "waterfall.csv", RUN_RECORD, text="new")
                raise error("half way")

        for folder in (out, tmp_path / "new"):
            with pytest.raises(error):
                break_off(folder)
            assert contents(tmp_path) == before
        assert not (tmp_path / "new").exists()

    def test_the_record_comes_last_and_goes_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever looks in between finds no run, never half of one."""
        out = fill(tmp_path / "out", RUN_RECORD, "waterfall.csv", "sites.gpkg")
        moved: list[str] = []
        replace = Path.replace

        def watch(self: Path, target: Path) -> Path:
            assert not (out / RUN_RECORD).exists(), f"{self.name} moves while a record stands"
            moved.append(self.name)
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", watch)
        with staged(out) as stage:
            fill(stage, RUN_RECORD, "a.csv", "zz.csv", "waterfall.csv", text="new")
        assert moved == ["a.csv", "waterfall.csv", "zz.csv", RUN_RECORD]

    def test_a_failing_move_leaves_no_record(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        out = fill(tmp_path / "out", RUN_RECORD)

        def fail(self: Path, target: Path) -> Path:
            raise OSError("disk full")

        monkeypatch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="disk full"), staged(out) as stage:
            fill(stage, RUN_RECORD, "a.csv", text="new")
        assert files(tmp_path) == []

    def test_a_foreign_folder_is_refused_before_anything_is_done(self, tmp_path: Path) -> None:
        fill(tmp_path / "mine", "notes.txt")
        with pytest.raises(InputError), staged(tmp_path / "mine"):
            raise AssertionError("never comes here")
        assert contents(tmp_path) == {"mine/notes.txt": "old"}

    def test_a_folder_from_here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with staged(Path("out")) as stage:
            fill(stage, RUN_RECORD)
            monkeypatch.chdir("/")
        assert files(tmp_path) == ["out/run.json"]


class TestLeftovers:
    """Hidden siblings of runs that were killed."""

    RUN = """
import sys
from pathlib import Path
from flexsite.outputs.folder import staged
with staged(Path(sys.argv[1])) as stage:
    (stage / "half.gpkg").write_text("half")
    print(stage, flush=True)
    sys.stdin.readline()
    (stage / "run.json").write_text("theirs")
"""

    def begun(self, out: Path) -> tuple[subprocess.Popen[str], Path]:
        """Another process, half way through writing its results."""
        process = subprocess.Popen(
            [sys.executable, "-c", self.RUN, out], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        return process, Path(process.stdout.readline().strip())

    def test_of_a_killed_run_go_when_the_next_begins(self, tmp_path: Path) -> None:
        process, stage = self.begun(tmp_path / "out")
        process.kill()
        process.communicate()
        assert files(stage) != []
        with staged(tmp_path / "out") as own:
            assert not stage.exists() and own.exists()
            fill(own, RUN_RECORD)
        assert files(tmp_path) == ["out/run.json"]

    def test_of_a_run_into_another_folder_are_not_ours_to_judge(self, tmp_path: Path) -> None:
        process, stage = self.begun(tmp_path / "out")
        process.kill()
        process.communicate()
        for other in ("ou", "out.new", "new"):
            with staged(tmp_path / other):
                assert stage.exists()

    def test_two_runs_into_one_folder_leave_each_other_alone(self, tmp_path: Path) -> None:
        process, stage = self.begun(tmp_path / "out")
        with staged(tmp_path / "out") as own:
            assert own != stage and (stage / "half.gpkg").exists()
            fill(own, RUN_RECORD, text="ours")
        assert contents(tmp_path / "out") == {RUN_RECORD: "ours"} and (stage / "half.gpkg").exists()
        process.communicate("\n")
        assert process.returncode == 0
        assert contents(tmp_path / "out") == {RUN_RECORD: "theirs", "half.gpkg": "half"}
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_somebody_elses_hidden_folder_stays(self, tmp_path: Path) -> None:
        for name in (".out.backup.partial", ".out.0123456789ab.partial"):
            fill(tmp_path / name, "mine")
            os.utime(tmp_path / name, (1, 1))
        with staged(tmp_path / "out") as stage:
            fill(stage, RUN_RECORD)
        assert files(tmp_path) == [".out.0123456789ab.partial/mine", ".out.backup.partial/mine", "out/run.json"]

    def test_the_lock_does_not_come_along(self, tmp_path: Path) -> None:
        with staged(tmp_path / "out") as stage:
            fill(stage, RUN_RECORD, "deep/.lock")
        assert files(tmp_path) == ["out/deep/.lock", "out/run.json"]
