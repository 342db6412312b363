"""The same bytes for the same inputs, tables in the promised form, and a light start."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pytest

from .helpers import box, cli, process, study_file, vector
from .test_errors import edit, write_inputs

CSV_HEAD = (
    "variant,stage,profile,step,rule,effect,class,candidates,sites,"
    "area_ha,removed_ha,touched_ha,only_ha,unknown_ha,homes,homes_fit"
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same study run twice, a second apart, with every output that can be written here."""
    folder = tmp_path_factory.mktemp("twice")
    write_inputs(folder)
    edit(folder, "outputs: [parquet]", "outputs: [parquet, gpkg, excluded, map]")
    for name in ("one", "two"):
        outcome = cli("run", folder / "study.yaml", "--out", folder / name, "--quiet")
        assert outcome.code == 0, outcome.err
        time.sleep(1.1)  # past the second that time stamps in zips and databases are written in
    return folder / "one", folder / "two"


def test_two_runs_give_the_same_files(runs: tuple[Path, Path]) -> None:
    one, two = runs
    names = sorted(path.relative_to(one).as_posix() for path in one.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(two).as_posix() for path in two.rglob("*") if path.is_file())
    assert {"sites.gpkg", "map.html", "excluded.parquet", "waterfall.csv"} <= set(names)
    for name in names:
        if name != "run.json":
            assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_run_json_differs_in_timings_only(runs: tuple[Path, Path]) -> None:
    records = [json.loads((folder / "run.json").read_text(encoding="utf-8")) for folder in runs]
    for record in records:
        assert record.pop("timings"), "run.json tells no timings"
    one, two = (json.dumps(record).replace(str(folder), "") for record, folder in zip(records, runs, strict=True))
    assert one == two


def test_a_real_process_gives_the_same_bytes_as_this_one(runs: tuple[Path, Path]) -> None:
    one, _ = runs
    folder = one.parent
    done = process("-m", "flexsite", "run", "study.yaml", "--out", "three", "--quiet", cwd=folder)
    assert done.returncode == 0, done.stderr
    for path in sorted(one.iterdir()):
        if path.is_file() and path.name != "run.json":
            assert path.read_bytes() == (folder / "three" / path.name).read_bytes(), path.name


def test_the_csv_is_plain(runs: tuple[Path, Path]) -> None:
    content = (runs[0] / "waterfall.csv").read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf") and b"\r" not in content and content.endswith(b"\n")
    text = content.decode("utf-8")
    assert text.splitlines()[0] == CSV_HEAD
    for row in csv.DictReader(text.splitlines()):
        for name, cell in row.items():
            if name.endswith("_ha") and cell:
                assert cell == repr(float(cell)) or cell == str(int(float(cell))), (name, cell)
            if name in ("step", "candidates", "sites", "homes", "homes_fit") and cell:
                assert cell == str(int(cell)), (name, cell)


def test_cells_that_a_spreadsheet_would_run_get_an_apostrophe(tmp_path: Path) -> None:
    """Plot ids are the only text from data in a CSV."""
    vector(tmp_path / "area.gpkg", [box(-100, -100, 400, 400)])
    names = ["=1+1", "+x", "-x", "@x", "-5", "plain"]
    plots = [box(i * 20, 0, i * 20 + 15, 50) for i in range(len(names))]
    vector(tmp_path / "plots.gpkg", plots, plot_id=names)
    study = {
        "flexsite": 1,
        "name": "Screen",
        "crs": "EPSG:28992",
        "date": "2026-01-01",
        "term": 10,
        "area": "area.gpkg",
        "layers": {"plots": "plots.gpkg"},
        "candidates": {"layer": "plots", "id": "plot_id"},
        "outputs": ["parquet"],
    }
    path = study_file(tmp_path, study)
    outcome = cli("screen", tmp_path / "plots.gpkg", "--study", path, "--out", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    with (tmp_path / "out" / "screen.csv").open(newline="", encoding="utf-8") as file:
        got = {row["plot_id"] for row in csv.DictReader(file)}
    assert got == {"'=1+1", "'+x", "'-x", "'@x", "-5", "plain"}


SITES = (
    "site_id candidate_id kind area_m2 route route_share "
    "available_from available_until mark_until net_years marks unknown moves bridging"
)
SUITABILITY = "site_id profile suitable failed missing score access_score rank homes homes_fit v_stop"


def test_columns_and_their_order(runs: tuple[Path, Path]) -> None:
    out = runs[0]
    sites = gpd.read_parquet(out / "sites.parquet")
    assert list(sites.columns) == [*SITES.split(), "purpose", "purpose_share", "stop_m", "geometry"]
    assert sites.crs == "EPSG:28992"
    assert list(pd.read_parquet(out / "suitability.parquet").columns) == SUITABILITY.split()
    assert list(pd.read_parquet(out / "taken.parquet").columns) == ["candidate_id", "rule", "taken_m2", "touched_m2"]
    excluded = gpd.read_parquet(out / "excluded.parquet")
    assert list(excluded.columns) == ["candidate_id", "rule", "area_m2", "geometry"]


def test_types_of_columns(runs: tuple[Path, Path]) -> None:
    schema = {field.name: str(field.type) for field in pq.read_schema(runs[0] / "sites.parquet")}
    for name in ("site_id", "candidate_id", "kind", "route", "marks", "unknown", "purpose"):
        assert schema[name] in ("string", "large_string"), (name, schema[name])
    for name in ("area_m2", "route_share", "net_years", "stop_m", "purpose_share"):
        assert schema[name] == "double", (name, schema[name])
    schema = {field.name: str(field.type) for field in pq.read_schema(runs[0] / "suitability.parquet")}
    assert schema["suitable"] == "bool"
    for name in ("site_id", "profile", "failed", "missing"):
        assert schema[name] in ("string", "large_string"), (name, schema[name])
    for name in ("rank", "homes", "homes_fit", "v_stop"):
        assert schema[name].startswith("int"), (name, schema[name])
    for name in ("score", "access_score"):
        assert schema[name] == "double", (name, schema[name])


def test_empty_tables_have_the_same_types(tmp_path: Path, runs: tuple[Path, Path]) -> None:
    write_inputs(tmp_path)
    vector(tmp_path / "nature.gpkg", [box(-50, -50, 300, 300)])
    assert cli("run", tmp_path / "study.yaml", "--out", tmp_path / "out", "--quiet").code == 0
    for name in ("sites", "suitability", "taken"):
        full, none = (pq.read_schema(folder / f"{name}.parquet") for folder in (runs[0], tmp_path / "out"))
        assert [(f.name, str(f.type)) for f in none] == [(f.name, str(f.type)) for f in full], name


def test_rows_are_in_order(runs: tuple[Path, Path]) -> None:
    sites = pd.read_parquet(runs[0] / "sites.parquet", columns=["site_id"])["site_id"].tolist()
    assert sites == sorted(sites) and len(sites) > 1
    assert pd.read_parquet(runs[0] / "suitability.parquet")["site_id"].tolist() == sites


HEAVY = ("folium", "osmnx", "networkx", "matplotlib")


def test_a_run_without_map_imports_no_map_or_graph_library(tmp_path: Path) -> None:
    write_inputs(tmp_path)
    program = (
        "import sys, flexsite\n"
        "result = flexsite.run(flexsite.load('study.yaml'))\n"
        "assert len(result.sites) > 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = process("-c", program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_the_command_line_without_map_imports_none_either(tmp_path: Path) -> None:
    write_inputs(tmp_path)
    program = (
        "import runpy, sys\n"
        "sys.argv = ['flexsite', 'run', 'study.yaml', '--out', 'out', '--quiet']\n"
        "try:\n    runpy.run_module('flexsite', run_name='__main__')\n"
        "except SystemExit as stop:\n    assert not stop.code, stop.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = process("-c", program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_import_is_quick(tmp_path: Path) -> None:
    """Under 0.3 s beyond what starting Python costs; the best of three, so that a busy machine does not fail it."""
    program = "import time; t = time.perf_counter(); import flexsite; print(time.perf_counter() - t)"
    seconds = [float(process("-c", program, cwd=tmp_path).stdout) for _ in range(3)]
    assert min(seconds) < 0.3
