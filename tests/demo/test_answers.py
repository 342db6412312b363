"""What the invented region shows: other sites for other groups, and every table of a run."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import flexsite
from flexsite.demo.region import Region
from flexsite.demo.writing import write_region
from flexsite.outputs.result import Result
from flexsite.outputs.writing import write

# pictures of the same: they cost time, and tests of their own
LEFT_OUT = {"outputs": ["parquet", "tables"], "access.shown": None}


@pytest.fixture(scope="module")
def result(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return flexsite.run(flexsite.load(write_region(region, tmp_path_factory.mktemp("demo")), LEFT_OUT))


@pytest.fixture(scope="module")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "demo"
    write(result, path)
    return path


def suitable(result: Result, profile: str) -> pd.DataFrame:
    table = result.suitability
    return table[(table["profile"] == profile) & table["suitable"]]


def top(rows: pd.DataFrame) -> set[str]:
    return set(rows.nsmallest(math.ceil(len(rows) / 10), "rank")["site_id"])


def test_tiny_houses_and_starters_want_other_sites(result: Result) -> None:
    tiny, starter = suitable(result, "tiny_house"), suitable(result, "starter")
    first, second = top(tiny), top(starter)
    assert len(first) > 200 and len(second) > 30
    shared = len(first & second)
    assert shared < 0.2 * len(first) and shared < 0.2 * len(second)
    # the same among the sites that suit both, where no requirement keeps them apart
    both = set(tiny["site_id"]) & set(starter["site_id"])
    assert len(both) > 200
    first, second = (top(rows[rows["site_id"].isin(both)]) for rows in (tiny, starter))
    assert len(first & second) < 0.2 * len(second)


def test_the_best_sites_are_not_all_equally_good(result: Result) -> None:
    for profile in ("tiny_house", "starter"):
        rows = suitable(result, profile)
        assert (rows["score"] == rows["score"].max()).sum() <= math.ceil(0.01 * len(rows)), profile


def test_a_shuttle_admits_more(result: Result) -> None:
    own, shuttle = (set(suitable(result, name)["site_id"]) for name in ("labour_migrant", "labour_migrant_shuttle"))
    assert own and own < shuttle


def test_every_kind_of_site_is_suitable_for_somebody(result: Result) -> None:
    kinds = result.tables["kinds"].groupby("kind")["suitable"].sum()
    assert set(kinds.index) == {"land", "building", "roof"}
    assert (kinds > 0).all()


def test_every_table_is_written_and_holds_something(folder: Path) -> None:
    tables = [
        "waterfall",
        "boundaries",
        "capacity_totals",
        "kinds",
        "known_projects",
        "owners",
        "permits",
        "robustness",
    ]
    tables += ["sweep", "tornado", "variants", "windows"]
    assert sorted(path.stem for path in folder.glob("*.csv")) == sorted(tables)
    assert all(len(pd.read_csv(folder / f"{name}.csv")) for name in tables)
    frames = {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}
    assert {"best_for", "capacity", "weights"} < set(frames)
    assert all(len(frame) for frame in frames.values())
    assert {path.name for path in (folder / "variants").iterdir()} == {"without_transit", "without_parking"}


def test_flex_homes_that_are_planned_are_counted_and_bar_nothing(result: Result) -> None:
    known = result.tables["known_projects"]
    assert len(known) == 4 and known["inside"].all() and (known["homes"] > 0).all()
    marked = result.sites[result.sites["marks"].str.split(";").map(lambda marks: "known_projects" in marks)]
    assert len(marked) >= 3


def test_plans_without_a_border_take_nothing(result: Result) -> None:
    rule = result.waterfall.query("stage == 'availability' and rule == 'plans_unclear'").iloc[0]
    assert rule["removed_ha"] == 0 and rule["touched_ha"] > 100


def test_the_grid_is_not_tested_and_every_site_says_so(result: Result, folder: Path) -> None:
    assert result.sites["unknown"].str.split(";").map(lambda names: "grid" in names).all()
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert [entry["id"] for entry in record["not_tested"]] == ["grid"]
    assert record["not_tested"][0]["label"] == "aansluitcapaciteit niet getoetst"
    assert any("not tested" in text for text in result.warnings)


def test_columns_tell_of_place_owner_and_time(result: Result) -> None:
    sites = result.sites
    assert set(sites["context"].dropna()) == {"inside", "edge", "village", "rural"}
    assert {"municipality", "municipality_leased", "corporation", "commercial", "other"} <= set(sites["owner_class"])
    leased = sites["owner_class"] == "municipality_leased"
    assert set(sites["right"][leased]) == {"erfpacht"} and not (sites["right"][~leased] == "erfpacht").any()
    assert len(set(sites["lead_months"])) > 3 and sites["bridging"].any() and {1, 2} <= set(sites["moves"])
    # what is known of parking in one municipality alone lowers no norm
    assert set(sites["permits"].dropna()) == {"ja", "nee"} and sites["permits"].isna().any()
    assert any(text.startswith("parking") for text in result.warnings)


def test_what_is_varied_moves_what_it_should(result: Result) -> None:
    starters = {
        name: one.suitability.query("profile == 'starter'")["suitable"] for name, one in result.variants.items()
    }
    base = result.suitability.query("profile == 'starter'")["suitable"]
    assert starters["without_transit"].sum() > 1.1 * base.sum()
    assert set(result.tables["sweep"]["sweep"]) == {"supermarket", "years"}
    curve = result.tables["sweep"].query("sweep == 'supermarket' and profile == 'starter'")["sites"]
    assert curve.is_monotonic_increasing and curve.iloc[-1] > curve.iloc[0]
    firmest = result.tables["tornado"].query("profile == 'starter'").iloc[0]
    assert firmest["swing"] > 0
    weights = result.tables["weights"].query("profile == 'starter'")
    assert weights["top10"].max() > 0.5 and weights["top10"].sum() == pytest.approx(10)


def test_two_runs_with_other_hashes_give_the_same_bytes(root: Path, tmp_path: Path) -> None:
    folders, running = [], []
    for seed in ("1", "2"):
        folders.append(tmp_path / seed)
        command = [sys.executable, "-m", "flexsite", "run", str(root / "data" / "small" / "study.yaml")]
        command += ["--out", str(folders[-1]), "--no-cache", "--quiet"]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(flexsite.__file__).parent.parent)}
        running.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert [one.wait(timeout=300) for one in running] == [0, 0]
    names = sorted(path.name for path in folders[0].iterdir())
    assert names == sorted(path.name for path in folders[1].iterdir()) and "map.html" in names
    for name in names:
        one, other = ((folder / name).read_bytes() for folder in folders)
        if name == "run.json":
            one, other = (json.dumps(json.loads(text) | {"timings": None}).encode() for text in (one, other))
        assert one == other, name
