"""`run.json`: enough to trust and to repeat a run."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import yaml
from hypothesis import given
from hypothesis import strategies as st

import flexsite
from flexsite.outputs.record import input_files, plain, write_json

from .helpers import PROFILE, box, files, layer, run, world


def record(folder: Path, result: Any) -> dict[str, Any]:
    result.write(folder / "out")
    loaded: dict[str, Any] = json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))
    return loaded


def test_every_input_has_its_sha256(tmp_path: Path) -> None:
    layer(tmp_path / "nature.shp", [box(250, -50, 350, 150)])
    layer(tmp_path / "known.shp", [box(-100, -100, 550, 200)])
    (tmp_path / "unrelated.txt").write_text("x", encoding="utf-8")
    path = world(
        tmp_path, {"layers.nature": "nature.shp", "layers.plans": {"path": "plans.fgb", "coverage": "known.shp"}}
    )
    inputs = record(tmp_path, run(path))["inputs"]
    shapefiles = [
        f"{name}{suffix}" for name in ("known", "nature") for suffix in (".cpg", ".dbf", ".prj", ".shp", ".shx")
    ]
    assert sorted(inputs) == sorted(
        ["area.fgb", "owners.fgb", "parcels.fgb", "plans.fgb", "stops.fgb", "study.yaml", "tester.yaml", *shapefiles]
    )
    for name, digest in inputs.items():
        assert digest == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()


def test_streets_timetables_and_folders_are_inputs_too(tmp_path: Path) -> None:
    (tmp_path / "base.gdb").mkdir()
    for name in ("base.gdb/a.gdbtable", "base.gdb/a.gdbtablx", "streets.osm.pbf", "gtfs.zip", "in.zip"):
        (tmp_path / name).write_bytes(b"x")
    path = world(
        tmp_path,
        {"layers.owners": "base.gdb", "layers.nature": "in.zip/nature.shp"},
        access={"streets": "streets.osm.pbf", "timetable": {"path": "gtfs.zip", "date": "2026-03-10"}},
        profiles=["starter"],
    )
    found = {path.relative_to(tmp_path).as_posix() for path in input_files(flexsite.load(path))}
    assert {"base.gdb/a.gdbtable", "base.gdb/a.gdbtablx", "streets.osm.pbf", "gtfs.zip", "in.zip"} <= found
    path = world(tmp_path, access={"streets": {"nodes": "streets.osm.pbf", "edges": "gtfs.zip"}}, profiles=[])
    assert {"streets.osm.pbf", "gtfs.zip"} <= {one.name for one in input_files(flexsite.load(path))}


def test_the_study_is_there_whole_and_means_the_same(tmp_path: Path) -> None:
    path = world(tmp_path)
    result = run(path, term=12)
    found = record(tmp_path, result)["study"]
    assert found["term"] == 12 and found["lead_time"] == 0 and found["strictness"] == "hard"
    assert found["profiles"][0]["requires"] == PROFILE["requires"]
    assert found["layers"]["nature"]["path"] == "nature.fgb"
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(found), encoding="utf-8")
    again = run(tmp_path / "again.yaml")
    assert again.waterfall.equals(result.waterfall)
    assert again.sites.equals(result.sites)


def test_what_it_says_of_the_run(tmp_path: Path) -> None:
    bow = shapely.Polygon([(150_050, 450_000), (150_090, 450_040), (150_090, 450_000), (150_050, 450_040)])
    path = world(tmp_path)
    layer(tmp_path / "nature.fgb", [bow])
    found = record(tmp_path, run(path))
    assert list(found)[:1] == ["flexsite"] and found["flexsite"] == flexsite.__version__
    assert all(found["libraries"].values())
    assert found["assumed_complete"] == ["owners", "stops"]
    assert found["layers"]["nature"]["repaired"] == 1
    assert any("nature" in text and "1 of 1" in text for text in found["warnings"])
    assert found["rows"] == {"candidates": 4, "sites": 5, "suitability": 5}
    assert found["withheld"] == {"layers": [], "columns": []}
    by_layer = {item["layer"]: item for item in found["sources"]}
    assert by_layer["parcels"]["source"] == "Land registry" and by_layer["parcels"]["licence"] == "CC-BY-4.0"
    assert [by_layer[name]["coverage"] for name in ("nature", "plans", "owners")] == [
        "complete", "known.fgb", "assumed complete",
    ]  # fmt: skip
    assert set(found["timings"]) and all(seconds >= 0 for seconds in found["timings"].values())


def test_it_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    record(tmp_path, run(world(tmp_path)))
    assert str(tmp_path) not in (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
    assert "run.json" in files(tmp_path / "out")


def test_values_become_plain(tmp_path: Path) -> None:
    value = {
        1: np.int64(3), "nan": float("nan"), "np": np.float64("nan"), "path": Path("a/b"), "day": date(2026, 1, 1),
        "set": (1, 2), "array": np.array([1.5, np.nan]), "text": "é",
    }  # fmt: skip
    assert plain(value) == {
        "1": 3, "nan": None, "np": None, "path": "a/b", "day": "2026-01-01", "set": [1, 2], "array": [1.5, None],
        "text": "é",
    }  # fmt: skip
    write_json(value, tmp_path / "x.json")
    text = (tmp_path / "x.json").read_bytes()
    assert text.endswith(b"}\n") and b"\r" not in text and "é".encode() in text
    with pytest.raises(ValueError, match="JSON"):
        write_json({"x": float("inf")}, tmp_path / "y.json")


@given(st.recursive(st.integers() | st.text() | st.booleans() | st.none(), lambda inner: st.lists(inner, max_size=3)))
def test_plain_values_stay(value: Any) -> None:
    assert plain(value) == value


def test_two_processes_with_other_hash_seeds_write_the_same(tmp_path: Path) -> None:
    """No order of a set may show."""
    path = world(tmp_path, outputs=["parquet"])
    code = (
        "import sys, pathlib, flexsite\n"
        f"flexsite.run(flexsite.load({str(path)!r})).write({str(tmp_path)!r} + '/out' + sys.argv[1])\n"
    )
    home = str(Path(flexsite.__file__).parents[1])
    for seed in ("1", "2"):
        env = {"PYTHONHASHSEED": seed, "PYTHONPATH": home, "PATH": "", "HOME": str(tmp_path)}
        subprocess.run([sys.executable, "-W", "ignore", "-c", code, seed], check=True, env=env)
    for name in files(tmp_path / "out1"):
        one, two = ((tmp_path / f"out{seed}" / name).read_bytes() for seed in "12")
        if name == "run.json":
            first, second = json.loads(one), json.loads(two)
            assert first.pop("timings") and second.pop("timings")
            assert json.dumps(first) == json.dumps(second)
        else:
            assert one == two, name
