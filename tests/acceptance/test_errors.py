"""Wrong inputs: exit 2, one clear message that names the place, and no output folder touched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml

import flexsite

from .helpers import Outcome, box, cli, line, point, poly, process, raster, vector

STUDY = """\
flexsite: 1
name: Errors
language: en
crs: EPSG:28992
date: 2026-01-01
term: 10
area: area.gpkg
layers:
  parcels: parcels.gpkg
  nature: nature.gpkg
  zoning: zoning.gpkg
  plans: plans.gpkg
  landscape: landscape.gpkg
  roads: roads.gpkg
  noise: noise.tif
  stops: stops.gpkg
candidates: {layer: parcels, id: code, min_area: 100}
rules:
  - {id: natura2000, exclude: nature, class: very_hard}
  - {id: plans_hard, exclude: plans, where: "status = 'hard'", until: start}
  - {id: loud, exclude: noise, above: 60}
  - {id: use, keep: zoning, where: "doel = 'wonen'"}
  - {id: plan, route: zoning, column: doel, allowed: [wonen], otherwise: deviation}
  - {id: scenic, cap: landscape, homes: most}
columns:
  purpose: {layer: zoning, column: doel}
access:
  measures:
    - {id: stop, to: stops, mode: straight}
profiles: [tester.yaml]
outputs: [parquet]
"""

PROFILE: dict[str, Any] = {
    "id": "tester",
    "label": {"nl": "Tester", "en": "Tester"},
    "about": "invented",
    "requires": {"near": {"measure": "stop", "at_most": 5000}},
    "criteria": {"stop": {"measure": "stop", "best": 100, "worst": 3000, "weight": 60}},
    "unit": {"homes_per_ha": 40, "floor_area": 28, "storeys": 2, "rooms": 2},
    "homes": {"min": 1},
}


def write_inputs(folder: Path) -> None:
    vector(folder / "area.gpkg", [box(-100, -100, 400, 400)])
    vector(folder / "parcels.gpkg", [box(0, 0, 100, 100), box(100, 0, 200, 100)], code=["K1", "K2"])
    vector(folder / "nature.gpkg", [box(0, 0, 50, 50)])
    vector(folder / "zoning.gpkg", [box(0, 0, 300, 300)], doel=["wonen"])
    vector(folder / "plans.gpkg", [box(150, 0, 200, 100)], status=["hard"], start=[2030], note=["ask"])
    vector(folder / "landscape.gpkg", [box(0, 0, 50, 100)], most=[25], note=["few"])
    vector(folder / "roads.gpkg", [line((0, 80), (300, 80))])
    vector(folder / "stops.gpkg", [point(500, 50)])
    raster(folder / "noise.tif", [[50, 70], [50, 50]], cell=100)
    (folder / "tester.yaml").write_text(yaml.safe_dump(PROFILE, sort_keys=False), encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    write_inputs(tmp_path)
    return tmp_path


def run(folder: Path, *arguments: object) -> Outcome:
    return cli("run", folder / "study.yaml", "--out", folder / "out", "--quiet", *arguments)


def edit(folder: Path, old: str, new: str, file: str = "study.yaml") -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} is not in {file}"
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(folder: Path, text: str) -> int:
    for number, row in enumerate((folder / "study.yaml").read_text(encoding="utf-8").splitlines(), 1):
        if text in row:
            return number
    raise AssertionError(text)


def rule(folder: Path, text: str) -> None:
    """Add a rule."""
    edit(folder, "columns:\n", f"  - {text}\ncolumns:\n")


def profile(folder: Path, **changes: Any) -> None:
    (folder / "tester.yaml").write_text(yaml.safe_dump(PROFILE | changes, sort_keys=False), encoding="utf-8")


def criterion(folder: Path, **changes: Any) -> None:
    profile(folder, criteria={"stop": PROFILE["criteria"]["stop"] | changes})


def refused(outcome: Outcome, *needles: str) -> None:
    assert outcome.code == 2, (outcome.code, outcome.err)
    assert "Traceback" not in outcome.err
    assert 0 < len([row for row in outcome.err.splitlines() if row.strip()]) <= 6, outcome.err
    for needle in needles:
        assert outcome.says(needle), (needle, outcome.err)


def test_the_study_without_a_mistake_runs(inputs: Path) -> None:
    outcome = run(inputs)
    assert outcome.code == 0, outcome.err
    assert (inputs / "out" / "run.json").exists()


# name: what is done to the inputs, and words the message must hold
Case = tuple[Callable[[Path], Any], tuple[str, ...]]


def text(old: str, new: str, *needles: str) -> Case:
    """A mistake in the study file itself."""
    return (lambda folder: edit(folder, old, new)), needles


def study_bytes(content: bytes) -> Callable[[Path], Any]:
    return lambda folder: (folder / "study.yaml").write_bytes(content)


def plus_rule(content: str, *needles: str) -> Case:
    return (lambda folder: rule(folder, content)), needles


def unreferenced_shapefile(folder: Path) -> None:
    vector(folder / "nature.shp", [box(0, 0, 50, 50)], crs=None, name=["x"])
    (folder / "nature.prj").unlink(missing_ok=True)
    edit(folder, "nature.gpkg", "nature.shp")


CASES: dict[str, Case] = {
    # The study file
    "unknown key": text("term: 10", "term: 10\nstrictnes: hard", "strictnes", "strictness", "study.yaml", "7"),
    "unknown key in a rule": text("class: very_hard", "clas: very_hard", "clas", "class", "natura2000"),
    "unknown key in candidates": text("min_area: 100", "min_aera: 100", "min_aera", "min_area", "17"),
    "duplicate key": text("term: 10", "term: 10\nterm: 15", "term", "line 7", "line 6"),
    "missing key": text("date: 2026-01-01\n", "", "date"),
    "not yaml": (study_bytes(b"flexsite: 1\nname: [unclosed\n"), ("study.yaml",)),
    "not utf-8": (study_bytes(b"flexsite: 1\nname: \xff\xfe\n"), ("study.yaml",)),
    "a list as study": (study_bytes(b"- flexsite\n- 1\n"), ("study.yaml",)),
    "empty study": (study_bytes(b""), ("study.yaml",)),
    "a later format": text("flexsite: 1", "flexsite: 2", "flexsite", "2"),
    "a wrong date": text("2026-01-01", "2026-13-01", "date", "2026-13-01"),
    "term as text": text("term: 10", "term: ten", "term"),
    "bad strictness": text("term: 10", "term: 10\nstrictness: strict", "strictness", "very_hard"),
    "bad language": text("language: en", "language: fr", "language", "nl"),
    "norway stays a string": text("language: en", "language: no", "language"),
    "negative buffer": text("exclude: nature,", "exclude: nature, buffer: -5,", "buffer", "natura2000"),
    "negative min_area": text("min_area: 100", "min_area: -1", "min_area"),
    "two rules with one id": text("id: plans_hard", "id: natura2000", "natura2000", "line 20"),
    "reserved rule id": text("id: natura2000", "id: start", "start", "reserved"),
    "reserved measure or output name": text("id: natura2000", "id: min_size", "min_size", "reserved"),
    "id with a capital": text("id: natura2000", "id: Natura2000", "Natura2000"),
    "column named as an output": text("purpose: {layer", "area_m2: {layer", "area_m2"),
    "two route rules": plus_rule(
        "{id: plan2, route: zoning, column: doel, allowed: [wonen]}", "plan2", "route", "line 25"
    ),
    "two effects in one rule": plus_rule("{id: both, exclude: nature, keep: zoning}", "both"),
    "a rule without effect": plus_rule("{id: idle, class: hard}", "idle"),
    "an unknown otherwise": text("otherwise: deviation", "otherwise: perhaps", "otherwise", "perhaps"),
    "an unknown output": text("outputs: [parquet]", "outputs: [parqet]", "parqet", "parquet"),
    "layer and grid": text("{layer: parcels,", "{layer: parcels, grid: 100,", "grid"),
    # Coordinate systems
    "unknown crs": text("EPSG:28992", "EPSG:999999", "999999", "crs"),
    "geographic crs": text("EPSG:28992", "EPSG:4326", "4326", "crs"),
    "crs in feet": text("EPSG:28992", "EPSG:2263", "2263", "crs"),
    "layer without crs": (unreferenced_shapefile, ("nature", "crs")),
    "no overlap with the area": (
        lambda folder: vector(folder / "area.gpkg", [shapely.box(10_000, 350_000, 11_000, 351_000)]),
        ("area",),
    ),
    "a crs that is not the data's": (
        lambda folder: vector(
            folder / "parcels.gpkg", [shapely.box(5.1, 52.1, 5.2, 52.2)], crs="EPSG:28992", code=["K1"]
        ),
        ("area",),
    ),
    # Layers and files
    "undefined layer": text("exclude: nature,", "exclude: natuur,", "natuur", "natura2000", "line 19"),
    "undefined layer of a column": text("{layer: zoning, column: doel}", "{layer: zones, column: doel}", "zones"),
    "undefined layer of a measure": text("to: stops", "to: stoops", "stoops", "stops"),
    "undefined candidates": text("{layer: parcels,", "{layer: parcel,", "parcel"),
    "missing file": text("nature.gpkg", "natur.gpkg", "natur.gpkg", "nature"),
    "missing layer in the file": text(
        "nature: nature.gpkg", "nature: {path: nature.gpkg, layer: natura}", "natura", "nature.gpkg"
    ),
    "missing coverage file": text(
        "nature: nature.gpkg", "nature: {path: nature.gpkg, coverage: no_such.gpkg}", "no_such.gpkg"
    ),
    "missing id column": text("id: code", "id: number", "number", "parcels"),
    "missing until column": text("until: start", "until: year", "year", "plans"),
    "missing route column": text("route: zoning, column: doel", "route: zoning, column: goal", "goal", "zoning"),
    "missing joined column": text(
        "purpose: {layer: zoning, column: doel}", "purpose: {layer: zoning, column: goal}", "goal"
    ),
    "missing renamed column": text(
        "plans: plans.gpkg", "plans: {path: plans.gpkg, columns: {start: begin}}", "begin", "plans"
    ),
    "missing cap column": text("homes: most", "homes: many", "many", "landscape"),
    "broken file": (
        lambda folder: (folder / "nature.gpkg").write_bytes(b"SQLite format 3\0 and no more"),
        ("nature.gpkg",),
    ),
    "not a geographic file": (lambda folder: (folder / "nature.gpkg").write_text("hello"), ("nature.gpkg",)),
    "empty file": (lambda folder: (folder / "nature.gpkg").write_bytes(b""), ("nature.gpkg",)),
    "broken raster": (lambda folder: (folder / "noise.tif").write_bytes(b"II*\0 and no more"), ("noise.tif",)),
    "layer without any feature": (
        lambda folder: gpd.GeoDataFrame({"name": pd.Series([], dtype=str)}, geometry=[], crs="EPSG:28992").to_file(
            folder / "nature.gpkg", engine="pyogrio"
        ),
        ("nature",),
    ),
    "candidates that are points": (
        lambda folder: vector(folder / "parcels.gpkg", [point(5, 5), point(9, 9)], code=["K1", "K2"]),
        ("parcels", "polygon"),
    ),
    "duplicate candidate ids": (
        lambda folder: vector(folder / "parcels.gpkg", [box(0, 0, 90, 90), box(100, 0, 200, 90)], code=["K1", "K1"]),
        ("K1", "parcels"),
    ),
    "two equal site ids": (
        # K falls apart into K.1 and K.2, and K.1 is a candidate too
        lambda folder: (
            vector(folder / "parcels.gpkg", [box(0, 0, 100, 100), box(110, 0, 200, 40)], code=["K", "K.1"]),
            vector(folder / "nature.gpkg", [box(40, -10, 60, 110)]),
            edit(folder, "until: start}", "until: start, horizon: 1}"),
        ),
        ("K.1",),
    ),
    "line excluded without buffer": plus_rule("{id: street, exclude: roads}", "street", "buffer", "roads"),
    "points kept without buffer": plus_rule("{id: close, keep: stops}", "close", "buffer", "stops"),
    # where and sql
    "where without any feature": text("status = 'hard'", "status = 'HARD'", "plans"),
    "where that fails": text("status = 'hard'", "statuz = 'hard'", "statuz"),
    "where with a syntax error": text("status = 'hard'", "status = = 'hard'", "plans"),
    "where with a second statement": text("status = 'hard'", "1 = 1; DROP TABLE plans", "plans"),
    "where that closes a bracket": text("status = 'hard'", "1 = 1) OR (1 = 1", "plans"),
    "where that loads code": text("status = 'hard'", "load_extension('x') = 1", "plans"),
    "sql that attaches a file": text(
        "plans: plans.gpkg", "plans: {path: plans.gpkg, sql: \"ATTACH 'other.db' AS other\"}", "plans"
    ),
    "sql that writes": text("plans: plans.gpkg", 'plans: {path: plans.gpkg, sql: "DELETE FROM plans"}', "plans"),
    # Values
    "until with text": text("until: start", "until: note", "note", "ask"),
    "a cap in words": text("homes: most", "homes: note", "note"),
    "raster with where": plus_rule('{id: quiet, exclude: noise, where: "value > 60"}', "quiet"),
    "raster without condition": plus_rule("{id: quiet, exclude: noise}", "quiet", "above"),
    "raster condition on a vector": plus_rule("{id: quiet, exclude: nature, above: 3}", "quiet"),
    "raster as candidates": text("{layer: parcels, id: code,", "{layer: noise,", "noise"),
    # Access and profiles
    "walk without streets": text("mode: straight", "mode: walk", "streets", "straight"),
    "unknown mode": text("mode: straight", "mode: fly", "fly", "walk"),
    "two measures with one id": text(
        "    - {id: stop, to", "    - {id: stop, to: stops, mode: straight}\n    - {id: stop, to", "stop"
    ),
    "profile that does not exist": text("[tester.yaml]", "[tester.yaml, startr]", "startr", "starter"),
    "profile file that does not exist": text("[tester.yaml]", "[testr.yaml]", "testr.yaml"),
    "profile with an unknown key": (
        lambda folder: profile(folder, requires={"near": {"measur": "stop", "at_most": 500}}),
        ("measur", "measure", "tester.yaml"),
    ),
    "requirement without a bound": (
        lambda folder: profile(folder, requires={"near": {"measure": "stop"}}),
        ("near", "at_most"),
    ),
    "best equals worst": (lambda folder: criterion(folder, best=300, worst=300), ("best", "worst", "stop")),
    "weight with a fraction": (lambda folder: criterion(folder, weight=60.5), ("weight", "60.5")),
    "weight above 100": (lambda folder: criterion(folder, weight=101), ("weight", "101")),
    "negative homes per hectare": (
        lambda folder: profile(folder, unit=PROFILE["unit"] | {"homes_per_ha": -1}),
        ("homes_per_ha",),
    ),
    # Outputs
    "output that does not exist": text("outputs: [parquet]", "outputs: [parquet, rapport]", "rapport", "'report'"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_input_is_refused(inputs: Path, name: str) -> None:
    spoil, needles = CASES[name]
    spoil(inputs)
    before = {path.name for path in inputs.iterdir()}
    refused(run(inputs), *needles)
    assert {path.name for path in inputs.iterdir()} == before, "something was left behind"


@pytest.mark.parametrize(
    "name",
    ["unknown key", "duplicate key", "missing file", "undefined layer", "missing until column", "where that fails"],
)
def test_check_refuses_it_too(inputs: Path, name: str) -> None:
    spoil, needles = CASES[name]
    spoil(inputs)
    outcome = cli("check", inputs / "study.yaml")
    assert outcome.code == 2
    said = Outcome(outcome.code, "", outcome.out + outcome.err)
    assert "Traceback" not in said.err
    for needle in needles:
        assert said.says(needle), (needle, said.err)


def test_check_finds_every_problem_at_once(inputs: Path) -> None:
    edit(inputs, "nature.gpkg", "natur.gpkg")
    edit(inputs, "until: start", "until: year")
    edit(inputs, "id: code", "id: number")
    outcome = cli("check", inputs / "study.yaml")
    said = Outcome(outcome.code, "", outcome.out + outcome.err)
    assert outcome.code == 2
    for needle in ("natur.gpkg", "year", "number"):
        assert said.says(needle), (needle, said.err)


def test_check_accepts_the_study_without_a_mistake(inputs: Path) -> None:
    outcome = cli("check", inputs / "study.yaml")
    assert outcome.code == 0, outcome.err
    assert not (inputs / "out").exists()


def test_the_api_raises_the_same_error(inputs: Path) -> None:
    from flexsite.errors import InputError

    edit(inputs, "nature.gpkg", "natur.gpkg")
    with pytest.raises(InputError, match=r"natur\.gpkg"):
        flexsite.run(flexsite.load(inputs / "study.yaml"))


def test_line_numbers_are_those_of_the_study(inputs: Path) -> None:
    edit(inputs, "  - {id: loud,", "  - {idd: loud,")
    outcome = run(inputs)
    refused(outcome, "idd", str(line_of(inputs, "idd: loud")))


def test_set_refuses_what_the_study_refuses(inputs: Path) -> None:
    refused(run(inputs, "--set", "trem=15"), "trem")
    refused(run(inputs, "--set", "term=fifteen"), "term")
    refused(run(inputs, "--set", "term"), "term")
    assert not (inputs / "out").exists()


def test_a_study_that_is_not_there(tmp_path: Path) -> None:
    refused(cli("run", tmp_path / "nothing.yaml", "--out", tmp_path / "out"), "nothing.yaml")
    assert not (tmp_path / "out").exists()


def test_an_unknown_command_and_option(tmp_path: Path) -> None:
    assert cli("rnu").code == 2
    assert cli("run", tmp_path / "study.yaml", "--no-such-option").code == 2


# The output folder


def test_a_folder_that_is_no_run_is_not_overwritten(inputs: Path) -> None:
    out = inputs / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    refused(run(inputs), "out")
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]
    assert (out / "thesis.txt").read_text() == "mine"


def test_an_output_folder_under_a_file(inputs: Path) -> None:
    (inputs / "taken").write_text("a file")
    refused(cli("run", inputs / "study.yaml", "--out", inputs / "taken" / "out"), "taken")
    assert (inputs / "taken").read_text() == "a file"


def test_an_output_folder_that_is_a_file(inputs: Path) -> None:
    (inputs / "out").write_text("a file")
    refused(run(inputs), "out")
    assert (inputs / "out").read_text() == "a file"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="folder permissions bind neither root nor Windows users"
)
def test_an_output_folder_without_write_permission(inputs: Path) -> None:
    closed = inputs / "closed"
    closed.mkdir()
    closed.chmod(0o500)
    try:
        refused(cli("run", inputs / "study.yaml", "--out", closed / "out"), "closed")
    finally:
        closed.chmod(0o700)


def test_a_failing_run_leaves_an_earlier_run_as_it_was(inputs: Path) -> None:
    assert run(inputs).code == 0
    before = {path.name: path.read_bytes() for path in (inputs / "out").iterdir()}
    edit(inputs, "nature.gpkg", "natur.gpkg")
    refused(run(inputs), "natur.gpkg")
    assert {path.name: path.read_bytes() for path in (inputs / "out").iterdir()} == before
    assert not [path for path in inputs.iterdir() if path.name.startswith((".out", "out.", "out-", "out_"))]


def test_a_run_over_an_earlier_run_leaves_no_old_files(inputs: Path) -> None:
    edit(inputs, "outputs: [parquet]", "outputs: [parquet, gpkg]")
    assert run(inputs).code == 0
    edit(inputs, "outputs: [parquet, gpkg]", "outputs: [parquet]")
    assert run(inputs).code == 0
    assert (inputs / "out" / "run.json").exists()


def test_the_real_command_line_ends_without_a_traceback(inputs: Path) -> None:
    edit(inputs, "until: start", "until: note")
    done = process("-m", "flexsite", "run", "study.yaml", "--out", "out", cwd=inputs)
    refused(Outcome(done.returncode, done.stdout, done.stderr), "note", "ask", "plans")
    assert not (inputs / "out").exists()


# Hostile but honest data: repaired and counted


def test_a_self_crossing_polygon_is_repaired_and_counted(inputs: Path) -> None:
    # A bow tie of two triangles of 400 m2 each
    vector(inputs / "nature.gpkg", [poly((0, 0), (40, 40), (40, 0), (0, 40))])
    outcome = run(inputs)
    assert outcome.code == 0, outcome.err
    taken = pd.read_parquet(inputs / "out" / "taken.parquet")
    assert taken[taken["rule"] == "natura2000"]["taken_m2"].sum() == pytest.approx(800, abs=0.02)
    repairs = find((inputs / "out" / "run.json"), "repair")
    assert any(1 in numbers(value) for value in repairs), repairs


def test_z_coordinates_and_empty_geometries_are_dropped(inputs: Path) -> None:
    flat = box(0, 0, 50, 50)
    vector(inputs / "nature.gpkg", [shapely.force_3d(flat, z=7), None], name=["a", "b"])
    outcome = run(inputs)
    assert outcome.code == 0, outcome.err
    assert not gpd.read_parquet(inputs / "out" / "sites.parquet").has_z.any()


def test_not_a_number_in_a_number_column_is_no_crash(inputs: Path) -> None:
    for name, columns in (
        ("landscape.parquet", {"most": [float("nan"), 25.0], "note": ["a", "b"]}),
        ("plans.parquet", {"start": [float("nan"), 2030.0], "status": ["hard", "hard"]}),
    ):
        vector(inputs / name, [box(0, 0, 50, 100), box(150, 0, 200, 100)], **columns)
        edit(inputs, name.replace(".parquet", ".gpkg"), name)
    outcome = run(inputs)
    assert outcome.code in (0, 2) and "Traceback" not in outcome.err
    if outcome.code == 2:
        assert outcome.says("most")
        edit(inputs, "homes: most", "homes: 25")
        assert run(inputs).code == 0
    # An empty year means needed now: the western feature takes the rest of its half of K1.
    taken = pd.read_parquet(inputs / "out" / "taken.parquet")
    rows = taken[taken["rule"] == "plans_hard"].set_index("candidate_id")["taken_m2"]
    assert rows["K1"] == pytest.approx(2500) and rows["K2"] == pytest.approx(5000)


# Answers with a warning


def find(path: Path, part: str) -> list[Any]:
    """Every value in run.json whose key holds the text."""
    import json

    found: list[Any] = []

    def visit(value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if part in key:
                    found.append(inner)
                visit(inner)
        elif isinstance(value, list):
            for inner in value:
                visit(inner)

    visit(json.loads(path.read_text(encoding="utf-8")))
    return found


def numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [n for inner in value.values() for n in numbers(inner)]
    if isinstance(value, list):
        return [n for inner in value for n in numbers(inner)]
    return [value] if isinstance(value, int | float) else []


def complete(folder: Path) -> dict[str, pd.DataFrame]:
    out = folder / "out"
    tables = {name: pd.read_parquet(out / f"{name}.parquet") for name in ("suitability", "taken")}
    tables["sites"] = gpd.read_parquet(out / "sites.parquet")
    tables["waterfall"] = pd.read_csv(out / "waterfall.csv")
    assert (out / "run.json").exists()
    return tables


def warned(folder: Path, text: str) -> None:
    outcome = run(folder)
    assert outcome.code == 0, outcome.err
    warnings = " ".join(str(value) for value in find(folder / "out" / "run.json", "warning"))
    assert text in warnings, warnings


def test_a_rule_layer_with_nothing_here(inputs: Path) -> None:
    vector(inputs / "nature.gpkg", [box(9000, 9000, 9100, 9100)])
    warned(inputs, "nat")
    steps = complete(inputs)["waterfall"].set_index("rule")
    assert steps.loc["natura2000", "removed_ha"] == 0


def test_no_site_left(inputs: Path) -> None:
    vector(inputs / "nature.gpkg", [box(-50, -50, 300, 300)])
    edit(inputs, "outputs: [parquet]", "outputs: [parquet, gpkg, excluded]")
    warned(inputs, "site")
    tables = complete(inputs)
    assert len(tables["sites"]) == 0 and len(tables["suitability"]) == 0
    for name in ("site_id", "candidate_id", "area_m2", "route", "purpose", "stop_m", "geometry"):
        assert name in tables["sites"].columns
    for name in ("site_id", "profile", "suitable", "rank", "v_stop"):
        assert name in tables["suitability"].columns
    assert len(gpd.read_file(inputs / "out" / "sites.gpkg", layer="sites")) == 0


def test_no_suitable_site(inputs: Path) -> None:
    profile(inputs, requires={"near": {"measure": "stop", "at_most": 1}})
    warned(inputs, "tester")
    table = complete(inputs)["suitability"]
    assert len(table) > 0 and not table["suitable"].any() and table["rank"].isna().all()


def test_no_rules(inputs: Path) -> None:
    start = STUDY.index("rules:")
    (inputs / "study.yaml").write_text(STUDY[:start] + "rules: []\n" + STUDY[STUDY.index("columns:") :])
    warned(inputs, "rule")
    tables = complete(inputs)
    assert list(tables["sites"]["site_id"]) == ["K1", "K2"]
    ground = tables["waterfall"][tables["waterfall"]["stage"] == "availability"]
    assert list(ground["rule"]) == ["start", "min_size"]


def test_no_profiles(inputs: Path) -> None:
    edit(inputs, "profiles: [tester.yaml]", "profiles: []")
    warned(inputs, "profile")
    tables = complete(inputs)
    assert len(tables["sites"]) == 2 and len(tables["suitability"]) == 0


def test_a_measure_that_the_study_does_not_define_is_empty_with_one_warning(inputs: Path) -> None:
    profile(inputs, requires={"park": {"measure": "park", "at_most": 500}}, criteria={})
    warned(inputs, "park")
    table = complete(inputs)["suitability"]
    assert set(table["failed"]) == {"unknown:park"}
