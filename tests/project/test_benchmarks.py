"""The benchmarks work, and their checks can fail."""

from __future__ import annotations

import dataclasses
import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import flexsite
from flexsite.outputs.writing import write

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"

sys.path.insert(0, str(BENCHMARKS))
answers, inside, land, measure, page, peers, region = (
    importlib.import_module(name) for name in ("answers", "inside", "land", "measure", "page", "peers", "region")
)
sys.path.remove(str(BENCHMARKS))

# rasterio multiplies transforms in a way that affine is about to give up.
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return region.make(tmp_path_factory.mktemp("region"), 300)


@pytest.fixture(scope="module")
def right(made: Any) -> Any:
    return answers.Plain(made).answer()


@pytest.fixture(scope="module")
def results(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("results") / "run"
    write(flexsite.run(flexsite.load(made.study)), folder)
    return folder


@pytest.fixture
def copied(results: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(results, tmp_path / "copy"))


class TestTheRegion:
    def test_is_the_same_each_time(self, made: Any, tmp_path: Path) -> None:
        again = region.make(tmp_path, 300)
        names = sorted(path.name for path in made.data.iterdir())
        assert len(names) == 13
        assert all((made.data / name).read_bytes() == (again.data / name).read_bytes() for name in names)

    def test_parcels_cover_it_once(self, made: Any, right: Any) -> None:
        west, south, east, north = made.bounds
        taken = sum(mine.sum() for mine in right.removed.values())
        assert taken + right.left.sum() == pytest.approx((east - west) * (north - south), rel=1e-9)
        assert all(mine.sum() > 0 for mine in right.removed.values())
        assert 0 < right.sites.sum() < len(right.ids)

    def test_a_study_on_data_from_elsewhere_is_the_same(self, made: Any, tmp_path: Path) -> None:
        other = region.study_on(made.data, tmp_path / "elsewhere")
        mine, theirs = flexsite.load(made.study), flexsite.load(other.study)
        assert other.study.parent != made.data
        assert theirs.rules == mine.rules
        assert {name: layer.path.resolve() for name, layer in theirs.layers.items()} == {
            name: layer.path.resolve() for name, layer in mine.layers.items()
        }

    def test_data_that_lack_a_layer_are_refused(self, made: Any, tmp_path: Path) -> None:
        shutil.copytree(made.data, tmp_path / "data")
        (tmp_path / "data" / "nature.parquet").unlink()
        with pytest.raises(SystemExit, match=r"lacks nature\.parquet"):
            region.study_on(tmp_path / "data", tmp_path)


class TestTheChecks:
    def test_pass_what_is_right(self, results: Path, right: Any) -> None:
        found = answers.check_run(results, right, None)
        assert found.sites == right.sites.sum()

    @pytest.mark.parametrize("rule", ["buildings", "landuse"])
    def test_find_ground_taken_wrongly(self, copied: Path, right: Any, rule: str) -> None:
        taken = pd.read_parquet(copied / "taken.parquet")
        taken.loc[taken.index[taken["rule"] == rule][0], "taken_m2"] += 0.05
        taken.to_parquet(copied / "taken.parquet")
        with pytest.raises(answers.WrongError, match=f"m2 that {rule} takes"):
            answers.check_run(copied, right, None)

    def test_find_a_site_that_is_missing(self, copied: Path, right: Any) -> None:
        pd.read_parquet(copied / "sites.parquet").iloc[1:].to_parquet(copied / "sites.parquet")
        with pytest.raises(answers.WrongError, match="sites per parcel"):
            answers.check_run(copied, right, None)

    def test_find_a_site_of_another_size(self, copied: Path, right: Any) -> None:
        sites = pd.read_parquet(copied / "sites.parquet")
        sites.loc[3, "area_m2"] += 1
        sites.to_parquet(copied / "sites.parquet")
        with pytest.raises(answers.WrongError, match="m2 of the sites"):
            answers.check_run(copied, right, None)

    def test_find_totals_other_than_the_recorded_ones(self, results: Path, right: Any) -> None:
        other = dataclasses.replace(right.totals, left_ha=right.totals.left_ha + 0.02)
        with pytest.raises(answers.WrongError, match="hectares left"):
            answers.check_run(results, right, other)

    def test_find_a_wrong_table(self, made: Any, right: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLEXSITE_CACHE", str(tmp_path / "cache"))
        assert min(inside.questions(made.study, tmp_path).values()) > 0
        assert answers.check_table(tmp_path / "table.npz", right) < 1e-6
        with np.load(tmp_path / "table.npz") as table:
            arrays = dict(table)
        arrays["area"][np.argmax(arrays["mask"])] += 2e-6
        np.savez(tmp_path / "table.npz", **arrays)
        with pytest.raises(answers.WrongError, match="in the table"):
            answers.check_table(tmp_path / "table.npz", right)

    def test_find_a_tool_that_is_wrong(self, right: Any, tmp_path: Path) -> None:
        removed, sites = np.stack(list(right.removed.values())), right.sites
        out = tmp_path / "out.npz"
        np.savez(out, removed=removed + 2e-4, sites=sites, sites_m2=right.sites_m2)
        assert peers.apart(out, right) == pytest.approx(2e-4)
        np.savez(out, removed=removed + 2e-2, sites=sites, sites_m2=right.sites_m2)
        with pytest.raises(answers.WrongError):
            peers.apart(out, right)

    def test_know_no_number_and_other_lengths_for_wrong(self) -> None:
        assert answers.close("it", [1.0, 2.0], [1.0, 2.5], 0.5) == 0.5
        for found in ([1.0, np.nan], [1.0]):
            with pytest.raises(answers.WrongError):
                answers.close("it", found, [1.0, 2.0], 0.5)


class TestTheMeasuring:
    def test_counts_the_memory_and_the_work_of_children(self) -> None:
        child = "import time; held = b'x' * 150_000_000; s = sum(range(3_000_000)); time.sleep(0.5)"
        code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True); print('done')"
        cost, text = measure.run([sys.executable, "-c", code])
        assert text == "done\n"
        assert 143 < cost.peak_mb < 400
        assert cost.wall_s > 0.5
        assert 0 < cost.cpu_s < cost.wall_s

    def test_says_why_a_command_failed(self) -> None:
        with pytest.raises(measure.FailedError, match=r"(?s)exit code 3.*the reason"):
            measure.run([sys.executable, "-c", "import sys; print('the reason', file=sys.stderr); sys.exit(3)"])
        with pytest.raises(measure.FailedError, match=r"ended after 0\.3 s"):
            measure.run([sys.executable, "-c", "import time; time.sleep(30)"], limit=0.3)

    def test_medians_keep_every_value(self) -> None:
        found = measure.medians([measure.Cost(wall, 1.0, 2.0) for wall in (3.0, 1.0, 9.0)])
        assert found["wall_s"] == {"median": 3.0, "all": [3.0, 1.0, 9.0]}


def test_the_whole_script_and_its_tables(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    asked = [
        sys.executable,
        BENCHMARKS / "land.py",
        "--parcels",
        "2000",
        "--repeat",
        "1",
        "--jobs",
        "sites",
        "--out",
        out,
    ]
    shown = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["data"]["checked"] == result["data"]["parcels"] > 1900
    assert result["jobs"]["sites"]["sites"] > 500
    assert 50 < result["jobs"]["sites"]["peak_mb"]["median"] < 2000
    assert result["versions"]["flexsite"].startswith(flexsite.__version__)
    assert "| waterfall and sites, exact |" in page.tables([result])["land"]
    filled = page.filled("a\n<!-- land -->\nold\n<!-- end -->\nb\n", [result])
    assert filled.startswith("a\n<!-- land -->")
    assert filled.endswith("<!-- end -->\nb\n")
    assert "old" not in filled
    assert page.filled(filled, [result]) == filled
    with pytest.raises(SystemExit, match="no place"):
        page.filled("a page", [result])


def test_the_tables_say_what_was_not_measured_and_what_was_wrong() -> None:
    cost = measure.medians([measure.Cost(1.0, 2.0, 3.0)])
    machine = measure.machine() | {"load_before": 3.0}
    jobs = {
        "one": {"job": "a", "tool": "one", "why": "not installed"},
        "two": {"job": "a", "tool": "two", "why": "wrong: 3, not 2", "apart_m2": 1e-9} | cost,
        "three": {"job": "a", "tool": "three", "apart_m2": 2e-9} | cost,
    }
    data = {"parcels": 5, "checked": 4, "totals_checked": False}
    result = {"script": "peers", "machine": machine, "versions": measure.versions(), "data": data, "jobs": jobs}
    table = page.tables([result])["peers"]
    assert "| a | one | not installed | | | |" in table
    assert "| a | two | 1.0 | 2.0 | 3 | wrong: 3, not 2 |" in table
    assert "| a | three | 1.0 | 2.0 | 3 | 2e-09 m2 |" in table
    assert "upper bounds" in table
    assert "totals" not in table


def test_the_page_shows_the_results_that_are_kept() -> None:
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((BENCHMARKS / "results").glob("*.json"))]
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert page.filled(text, kept) == text
