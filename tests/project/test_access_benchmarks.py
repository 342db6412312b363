"""The benchmarks of streets and timetables work, and their checks can fail."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"

sys.path.insert(0, str(BENCHMARKS))
access, access_answers, access_inside, answers, page, streets_region, with_streets = (
    importlib.import_module(name)
    for name in ("access", "access_answers", "access_inside", "answers", "page", "streets_region", "with_streets")
)
sys.path.remove(str(BENCHMARKS))

Answer = dict[str, np.ndarray[Any, Any]]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return streets_region.make(tmp_path_factory.mktemp("region"), 0.01)


@pytest.fixture(scope="module")
def found(town: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Answer]:
    """Answers of flexsite, a copy each time."""
    folder, known = tmp_path_factory.mktemp("answers"), set()

    def answer(job: str) -> Answer:
        out = folder / f"{job}.npz"
        if job not in known:
            known.add(job)
            told = access_inside.do(job, town, out, 1)
            assert told["same"], "one thread answers as several do"
            assert len(told["seconds"]) == 1
        with np.load(out) as file:
            return dict(file)

    return answer


class TestTheRegion:
    def test_is_the_same_each_time(self, town: Any, tmp_path: Path) -> None:
        again = streets_region.make(tmp_path, 0.01)
        for mine, other in ((town.streets, again.streets), (town.lines, again.lines)):
            assert set(mine) == set(other)
            assert all(np.array_equal(mine[name], other[name]) for name in mine)
        assert again.mark == town.mark
        assert streets_region.make_streets(np.random.default_rng(1), 0.01)["u"].tolist() != town.streets["u"].tolist()

    def test_has_what_makes_a_region_hard(self, town: Any) -> None:
        g, lines = town.streets, town.lines
        size = np.bincount(g["comp"])
        assert len(g["x"]) == 6000
        assert len(g["u"]) == 7500
        assert 0.9 < size.max() / size.sum() < 0.97
        assert (size > 100).sum() == 2, "the mainland and an island"
        assert (size < 50).any(), "a closed pocket"
        assert 0.03 < g["oneway"].mean() < 0.12
        straight = np.hypot(g["x"][g["u"]] - g["x"][g["v"]], g["y"][g["u"]] - g["y"][g["v"]])
        assert (g["length"] > straight - 0.006).all()
        assert len(g["centre"]) == 20
        assert len(lines["dep"]) >= 10_000
        assert set(lines["trip_line"][:, 2]) == {2, 3}
        assert lines["arr"].max() > 24 * 3600
        assert 0 < town.stop_jobs.sum() <= g["jobs"].sum()

    def test_data_that_lack_a_file_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match=r"lacks g1\.npz, g2\.npz, gtfs\.zip, streets\.osm\.pbf"):
            streets_region.study_on(tmp_path, tmp_path / "study")


def more(answer: Answer, name: str, row: Any, by: float = 1.0) -> None:
    answer[name][row] += by


def dropped(answer: Answer) -> None:
    for name in answer:
        answer[name] = answer[name][1:]


FAULTS: dict[str, Callable[[Answer], None]] = {
    "nearest": lambda answer: more(answer, "metres", (3, 7), 0.01),
    "total": lambda answer: more(answer, "jobs", 5),
    "points": dropped,
    "polygons": lambda answer: more(answer, "leg", 11, 0.001),
    "centres": lambda answer: more(answer, "seconds", slice(None)),
    "reached": lambda answer: more(answer, "jobs", slice(None)),
    "level": lambda answer: more(answer, "value", slice(0, 2000, 3)),
    "timetable": lambda answer: more(answer, "arr", len(answer["arr"]) // 2),
    "pbf": lambda answer: answer.update(backward=~answer["backward"]),
}


class TestTheChecks:
    @pytest.mark.parametrize("job", access_inside.JOBS)
    def test_pass_what_is_right_and_find_what_is_not(self, town: Any, found: Any, job: str) -> None:
        check = access_answers.CHECKS[job]
        assert check(town, found(job))
        wrong = found(job)
        FAULTS[job](wrong)
        with pytest.raises(answers.WrongError):
            check(town, wrong)

    def test_find_a_way_where_there_is_none(self, town: Any, found: Any) -> None:
        wrong = found("nearest")
        row = np.argwhere(np.isnan(wrong["metres"]))[0]
        wrong["metres"][tuple(row)] = 12_345.0
        with pytest.raises(answers.WrongError, match="known where it is not"):
            access_answers.check_nearest(town, wrong)

    def test_find_another_total_than_others_did(self, town: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        total = float(found("reached")["jobs"].sum())
        name = "jobs within 45 minutes of all stops"
        monkeypatch.setitem(access_answers.RECORDED, town.mark, {name: total})
        assert access_answers.check_reached(town, found("reached")).endswith("a recorded total")
        monkeypatch.setitem(access_answers.RECORDED, town.mark, {name: total + 1})
        with pytest.raises(answers.WrongError, match="recorded"):
            access_answers.check_reached(town, found("reached"))

    def test_find_a_study_that_is_wrong(self, town: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLEXSITE_CACHE", str(tmp_path / "cache"))
        access_inside.study(town, tmp_path / "columns.parquet")
        columns = pd.read_parquet(tmp_path / "columns.parquet")
        assert set(columns) >= {"stops_m", "amenity5_m", "work_n", "centre19_min", "level_level", "level_why"}
        assert "scipy" in access_answers.check_study(town, columns)
        with pytest.raises(answers.WrongError, match="sites differ"):
            access_answers.check_study(town, columns.assign(amenity5_m=columns["amenity5_m"] + 0.2))
        with pytest.raises(answers.WrongError, match="empty: centre3_min"):
            access_answers.check_study(town, columns.assign(centre3_min=np.nan))

    @pytest.mark.parametrize(
        ("tool", "job", "column"),
        [("scipy", "nearest", "metres"), ("networkx", "total", "jobs"), ("shapely", "points", "leg"),
         ("osmium", "pbf", "streets")],
    )  # fmt: skip
    def test_find_a_tool_that_is_wrong(
        self, town: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], tool: str, job: str, column: str
    ) -> None:
        with_streets.main(tool, job, str(town.data), str(tmp_path / "out.npz"))
        assert set(json.loads(capsys.readouterr().out)) == {"seconds", "build", "share"}
        with np.load(tmp_path / "out.npz") as file:
            answer = dict(file)
        assert access_answers.PEER_CHECKS[job](town, answer)
        answer[column] = answer[column] + 100
        with pytest.raises(answers.WrongError):
            access_answers.PEER_CHECKS[job](town, answer)


def test_the_whole_script_and_its_tables(town: Any, tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    asked = [sys.executable, BENCHMARKS / "access.py", "--from", town.data, "--repeat", "1", "--jobs", "nearest,points",
             "--tools", "scipy,pandana", "--out", out]  # fmt: skip
    shown = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["data"]["scale"] == 0.01
    assert result["data"]["mark"] == town.mark
    assert result["jobs"]["nearest"]["checked"].startswith("scipy, all 2,000 sites")
    assert [found.get("why") for found in result["tools"]] == [None, "not installed"]
    table = page.tables([result])["access"]
    assert "6,000 junctions, 7,500 streets, 2,000 sites, 120 stops" in table
    assert "| nearest of 7 kinds, all sites | " in table
    assert "| nearest of 7 kinds, all sites | pandana | not installed | | | | |" in table
    filled = page.filled("a\n<!-- access -->\nold\n<!-- end -->\nb\n", [result])
    assert page.filled(filled, [result]) == filled
    assert "old" not in filled


def test_a_wrong_answer_ends_the_script(town: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: Any) -> str:
        raise answers.WrongError("metres to kind 0: 1, not 2")

    monkeypatch.setitem(access_answers.CHECKS, "points", wrong)
    out = tmp_path / "result.json"
    asked = [
        "access.py",
        "--from",
        str(town.data),
        "--repeat",
        "1",
        "--jobs",
        "points",
        "--tools",
        "",
        "--out",
        str(out),
    ]
    monkeypatch.setattr(sys, "argv", asked)
    with pytest.raises(SystemExit, match="WrongError: metres to kind 0"):
        access.main()
    assert not out.exists()


def test_a_sample_is_told_as_a_sample() -> None:
    found = {"job": "total", "tool": "scipy", "wall_s": 1.0, "cpu_s": 2.0, "build_s": 0.1, "peak_mb": 300,
             "share": 0.01, "checked": "plain Dijkstra, 20 sites"}  # fmt: skip
    told = importlib.import_module("access_page")._theirs(found)
    assert told == "1.00 for 1.00% of the sites, so 100 for all | 200 | 0.1 | 300 | plain Dijkstra, 20 sites"
