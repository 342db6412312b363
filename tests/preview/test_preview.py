"""Previews of small studies: by hand, against exact runs of random ones, and as files."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import rasterio
import rasterio.warp
import shapely
from affine import Affine
from hypothesis import HealthCheck, Phase, assume, given, settings

import flexsite
from flexsite.errors import InputError
from flexsite.geometry import WORKERS
from flexsite.preview import grid as grids
from flexsite.preview.looking import Preview, preview, story

from .helpers import (
    X0,
    Y0,
    Debatable,
    World,
    box,
    candidates,
    cli,
    line,
    one_parcel,
    poly,
    profile_file,
    raster,
    vector,
    worlds,
    write_layers,
    write_study,
)  # fmt: skip


def look(study: Path, **options: Any) -> Preview:
    return preview(flexsite.load(study), study.parent / "look", **{"cell": 10.0, **options})


def step(found: Preview, rule: str) -> dict[str, Any]:
    table = found.waterfall.set_index("rule")
    return {name: value for name, value in table.loc[rule].items() if not pd.isna(value)}


def shares(found: Preview, folder: Path) -> np.ndarray:
    with rasterio.open(folder / "look" / "available.tif") as file:
        return np.asarray(file.read(1))


def codes(folder: Path) -> np.ndarray:
    with rasterio.open(folder / "look" / "taken_by.tif") as file:
        return np.asarray(file.read(1))


# By hand: one parcel of a hectare, 10 x 10 cells of 10 m


def test_what_rules_take_and_how_far_it_is_from_the_truth(tmp_path: Path) -> None:
    vector(tmp_path / "built.gpkg", [box(0, 0, 25, 100)])
    vector(tmp_path / "nature.gpkg", [box(20, 0, 45, 100)])
    rules = [{"id": "built", "exclude": "built"}, {"id": "nature", "exclude": "nature"}]
    study = one_parcel(tmp_path, rules=rules, layers={"built": "built.gpkg", "nature": "nature.gpkg"})
    found = look(study, exact=True)
    assert step(found, "start")["area_ha"] == 1
    assert step(found, "start")["candidates"] == 100
    built = step(found, "built")
    assert (built["area_ha"], built["removed_ha"], built["touched_ha"], built["candidates"]) == (0.75, 0.25, 0.25, 80)
    # The column of cells from 20 to 30 m is half built and wholly nature; that from 40 to 50 m is half nature.
    nature = step(found, "nature")
    assert (nature["area_ha"], nature["removed_ha"], nature["only_ha"], nature["candidates"]) == (0.55, 0.2, 0.2, 60)
    assert built["only_ha"] == 0.2
    assert step(found, "min_size")["area_ha"] == 0.55
    error = found.record["error"]
    assert [row["bound_ha"] for row in error["steps"]] == [0, 0]
    assert [row["difference_ha"] for row in error["steps"]] == [0, 0]
    left = shares(found, tmp_path)
    assert left[0].tolist() == [0, 0, 0, 0, 0.5, 1, 1, 1, 1, 1]
    assert codes(tmp_path)[9].tolist() == [1, 1, 1, 2, 2, 0, 0, 0, 0, 0]
    assert story(found).splitlines()[0] == "0.55 of 1.00 ha left, on 60 cells of 10 m"
    assert story(found).splitlines()[-1] == "cells are not locations"


def test_a_cell_that_rules_share_is_taken_in_proportion_within_a_bound_that_holds(tmp_path: Path) -> None:
    vector(tmp_path / "a.gpkg", [box(0, 0, 5, 10)])
    vector(tmp_path / "b.gpkg", [box(5, 0, 10, 10)])
    rules = [{"id": "a", "exclude": "a"}, {"id": "b", "exclude": "b"}]
    study = one_parcel(tmp_path, rules=rules, layers={"a": "a.gpkg", "b": "b.gpkg"})
    found = look(study, exact=True)
    assert shares(found, tmp_path)[9, 0] == 0.25
    first, second = found.record["error"]["steps"]
    assert (first["bound_ha"], second["bound_ha"]) == (0, 0.0025)
    assert second["difference_ha"] == 0.0025
    assert second["removed_difference_ha"] == -0.0025
    assert second["shared_ha"] == 0.01
    assert found.record["error"]["difference_pct"] == 0.25


def test_centres_take_whole_cells_and_say_so(tmp_path: Path) -> None:
    vector(tmp_path / "built.gpkg", [box(0, 0, 26, 100), box(50, 0, 54, 100)])
    study = one_parcel(tmp_path, rules=[{"id": "built", "exclude": "built"}], layers={"built": "built.gpkg"})
    found = look(study, way="centres")
    assert shares(found, tmp_path)[3].tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    assert step(found, "built")["area_ha"] == 0.7
    assert "centre" in found.record["method"]
    assert found.warnings[-1].startswith("cells count by their centres alone")
    assert "cells of 10 m, by their centres" in story(found)
    exact = look(study, way="centres", exact=True).record["error"]
    assert exact["difference_ha"] == 0
    assert exact["bound_ha"] >= 0.3


def test_keep_coverage_until_route_and_softness_mean_what_they_mean_in_a_run(tmp_path: Path) -> None:
    vector(tmp_path / "fields.gpkg", [box(0, 0, 100, 60)])
    vector(tmp_path / "known.gpkg", [box(0, 0, 80, 100)])
    vector(tmp_path / "plans.gpkg", [box(0, 0, 20, 100), box(20, 0, 40, 100)], year=[2030, 2060])
    vector(tmp_path / "zones.gpkg", [box(40, 0, 50, 100), box(50, 0, 100, 100)], cls=["no", "yes"])
    vector(tmp_path / "road.gpkg", [line((0, 5), (100, 5))])
    rules = [
        {"id": "fields", "keep": "fields"},
        {"id": "plans", "exclude": "plans", "until": "year"},
        {"id": "zoning", "route": "zones", "column": "cls", "forbidden": ["no"]},
        {"id": "road", "exclude": "road", "buffer": 5, "class": "soft"},
        {"id": "strict", "mark": "fields", "outside_coverage": "exclude"},
        {"id": "known", "exclude": "plans_elsewhere", "outside_coverage": "exclude"},
    ]
    vector(tmp_path / "far.gpkg", [box(-500, -500, -400, -400)])
    layers = {
        "fields": {"path": "fields.gpkg", "coverage": "known.gpkg"}, "plans": "plans.gpkg", "zones": "zones.gpkg",
        "road": "road.gpkg", "plans_elsewhere": {"path": "far.gpkg", "coverage": "known.gpkg"},
    }  # fmt: skip
    found = look(one_parcel(tmp_path, rules=rules, layers=layers), exact=True)
    fields = step(found, "fields")
    assert (fields["removed_ha"], fields["unknown_ha"]) == (0.32, 0.2)  # what lies outside the coverage stays
    assert step(found, "plans")["removed_ha"] == 0.12
    assert step(found, "zoning")["removed_ha"] == 0.06
    road, strict = step(found, "road"), step(found, "strict")
    assert (road["effect"], road["removed_ha"], road["only_ha"]) == ("mark", 0, 0)
    assert road["touched_ha"] == pytest.approx(0.1, abs=1e-4)
    assert (strict["removed_ha"], strict["touched_ha"], strict["unknown_ha"]) == (0, 0.68, 0)
    assert step(found, "known")["removed_ha"] == 0.2
    assert any("0 features of layer 'plans_elsewhere'" in text for text in found.warnings)
    for row in found.record["error"]["steps"]:
        assert row["difference_ha"] == row["bound_ha"] == 0


@pytest.mark.parametrize("cell", [5.0, 10.0, 20.0])
def test_cells_of_a_raster_count_by_their_exact_ground(tmp_path: Path, cell: float) -> None:
    values = [[1, 2, 3, -1], [2, 2, 1, 1], [3, 1, 3, 2], [1, 1, 1, 3]]
    raster(tmp_path / "use.tif", values, cell=25)
    rules = [{"id": "two", "exclude": "use", "values": [2]}, {"id": "three", "exclude": "use", "above": 2}]
    found = look(one_parcel(tmp_path, rules=rules, layers={"use": "use.tif"}), cell=cell, exact=True)
    assert step(found, "two")["removed_ha"] == pytest.approx(0.25, abs=1e-6)
    assert step(found, "two")["unknown_ha"] == pytest.approx(0.0625, abs=1e-6)
    assert step(found, "three")["touched_ha"] == pytest.approx(0.25, abs=1e-6)
    error = found.record["error"]
    assert abs(error["difference_ha"]) <= error["bound_ha"] + 1e-9
    assert error["steps"][0]["difference_ha"] == pytest.approx(0, abs=1e-6)


def test_a_raster_with_a_buffer_or_in_another_crs_counts_by_its_outlines(tmp_path: Path) -> None:
    raster(tmp_path / "use.tif", [[1, 2], [1, 1]], cell=50)
    degrees = [[1.0, 2.0], [2.0, 1.0]]
    with rasterio.open(tmp_path / "use.tif") as file:
        west, south, east, north = rasterio.warp.transform_bounds(file.crs, "EPSG:4326", *file.bounds)
    with rasterio.open(
        tmp_path / "degrees.tif", "w", driver="GTiff", width=2, height=2, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine((east - west) / 2, 0, west, 0, (south - north) / 2, north),
    ) as out:  # fmt: skip
        out.write(np.array(degrees, "float32"), 1)
    rules = [
        {"id": "near", "exclude": "use", "values": [2], "buffer": 10},
        {"id": "far", "exclude": "degrees", "values": [2]},
    ]
    study = one_parcel(tmp_path, rules=rules, layers={"use": "use.tif", "degrees": "degrees.tif"})
    found = look(study, exact=True)
    assert step(found, "near")["removed_ha"] == pytest.approx(0.25 + 0.1 + 0.0078, abs=2e-4)
    for row in found.record["error"]["steps"]:
        assert abs(row["difference_ha"]) <= row["bound_ha"] + 1e-6
        assert row["bound_ha"] < 0.02


def test_ground_is_the_area_for_a_grid_and_the_candidates_of_a_layer(tmp_path: Path) -> None:
    study = one_parcel(tmp_path)
    assert step(look(study), "start")["area_ha"] == 1
    vector(tmp_path / "area.gpkg", [poly((0, 0), (100, 0), (0, 100))])
    assert step(look(study), "start")["area_ha"] == 1  # candidates are taken whole
    study.write_text(study.read_text().replace("layer: parcels\n  id: code", "grid: 50"))
    found = look(study)
    assert step(found, "start")["area_ha"] == 0.5
    with rasterio.open(tmp_path / "look" / "available.tif") as file:
        assert np.isnan(file.nodata)
        assert file.read(1)[0].tolist() == pytest.approx([0.5, *[np.nan] * 9], nan_ok=True)
    assert codes(tmp_path)[0].tolist() == [0, *[255] * 9]


# Files


def test_patches_are_connected_cells_that_are_large_enough(tmp_path: Path) -> None:
    vector(tmp_path / "built.gpkg", [box(0, 40, 100, 55), box(70, 55, 75, 100), box(0, 0, 20, 10), box(80, 70, 90, 80)])
    spec = {"layer": "parcels", "id": "code", "min_area": 1500}
    rules = [{"id": "built", "exclude": "built"}]
    found = look(one_parcel(tmp_path, rules=rules, layers={"built": "built.gpkg"}, candidates=spec))
    frame = gpd.read_parquet(tmp_path / "look" / "patches.parquet")
    # cells left for half belong to the northern patch; one that is left for a quarter does not
    north, south = frame.geometry
    assert north.equals(box(0, 50, 100, 100).difference(shapely.union(box(80, 70, 90, 80), box(70, 50, 80, 60))))
    assert south.equals(box(0, 0, 100, 40).difference(box(0, 0, 20, 10)))
    assert frame["area_m2"].tolist() == [9 * 50 + 35 * 100 + 4 * 50, 3800]
    assert frame["cells"].tolist() == [48, 38]
    assert frame["patch"].tolist() == [1, 2]
    assert frame.crs == "EPSG:28992"
    assert list(frame.columns) == ["patch", "cells", "area_m2", "geometry"]
    assert set(pq.read_schema(tmp_path / "look" / "patches.parquet").names) == {*frame.columns, "bbox"}
    assert found.patches == 2
    assert step(found, "min_size")["candidates"] == 86


def test_outputs_say_what_they_are(tmp_path: Path) -> None:
    vector(tmp_path / "built.gpkg", [box(0, 0, 26, 100)])
    study = one_parcel(tmp_path, rules=[{"id": "built", "exclude": "built"}],
                       layers={"built": {"path": "built.gpkg", "source": "Cadastre <&>"}})  # fmt: skip
    found = look(study)
    folder = tmp_path / "look"
    names = {
        "available.tif",
        "patches.parquet",
        "preview.json",
        "taken_by.tif",
        "taken_by.tif.aux.xml",
        "waterfall.csv",
    }
    assert {path.name for path in folder.iterdir()} == names
    record = json.loads((folder / "preview.json").read_text())
    assert record == json.loads(json.dumps(found.record))
    assert "cells are not locations" in record["preview"]
    assert record["taken_by"] == {"1": "built", "255": "no ground"}
    assert record["cells"] == {"rows": 10, "columns": 10, "with_ground": 100}
    assert record["bounds"] == [X0, Y0, X0 + 100, Y0 + 100]
    assert set(record["inputs"]) == {"area.gpkg", "built.gpkg", "parcels.gpkg", "study.yaml"}
    assert record["sources"][1]["source"] == "Cadastre <&>"
    table = pd.read_csv(folder / "waterfall.csv")
    assert list(table.columns) == list(found.waterfall.columns)
    assert set(table["variant"]) == {"preview"}
    assert table["sites"].isna().all()
    with rasterio.open(folder / "available.tif") as file:
        assert (file.dtypes, file.crs.to_epsg(), file.res) == (("float32",), 28992, (10, 10))
        assert file.profile["compress"] == "deflate"
        assert file.profile["tiled"]
        assert tuple(file.bounds) == (X0, Y0, X0 + 100, Y0 + 100)
    assert "<Category></Category>\n      <Category>built</Category>" in (folder / "taken_by.tif.aux.xml").read_text()


def test_neither_bands_nor_threads_change_a_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    centres = shapely.points(X0 + rng.uniform(0, 1000, 300), Y0 + rng.uniform(0, 1000, 300))
    vector(tmp_path / "built.gpkg", list(shapely.buffer(centres, rng.uniform(2, 30, 300), quad_segs=3)))
    raster(tmp_path / "use.tif", rng.integers(0, 4, (41, 41)).tolist(), cell=25)
    vector(tmp_path / "area.gpkg", [poly((0, 0), (1000, 40), (700, 990), (10, 700))])
    rules = [{"id": "built", "exclude": "built"}, {"id": "use", "exclude": "use", "values": [1]}]
    study = one_parcel(tmp_path, rules=rules, layers={"built": "built.gpkg", "use": "use.tif"},
                       candidates={"grid": 100, "min_area": 300})  # fmt: skip
    vector(tmp_path / "area.gpkg", [poly((0, 0), (1000, 40), (700, 990), (10, 700))])
    seen = []
    for band, workers in ((10**9, 1), (1, 1), (1, 3)):
        monkeypatch.setattr(grids, "BAND_CELLS", band)
        found = look(study, cell=3.0, workers=workers)
        WORKERS.set(None)
        folder = tmp_path / "look"
        data = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "preview.json"}
        seen.append((data, {key: value for key, value in found.record.items() if key != "timings"}))
    assert len(list(grids.Grid.around((0, 0, 1000, 1000), 3.0).bands())) == 3
    for data, record in seen[1:]:
        assert {name for name in data if data[name] != seen[0][0][name]} == set()
        assert record == seen[0][1]


def test_a_public_preview_keeps_private_layers_to_itself(tmp_path: Path) -> None:
    vector(tmp_path / "plans.gpkg", [box(0, 0, 20, 100)], year=[2030])
    rules = [{"id": "secret_plan", "exclude": "secret", "until": "year"}]
    layers = {"secret": {"path": "plans.gpkg", "private": True}}
    found = look(one_parcel(tmp_path, rules=rules, layers=layers, audience="public"))
    assert step(found, "planned")["removed_ha"] == 0.2
    for path in (tmp_path / "look").iterdir():
        assert b"secret" not in path.read_bytes()
        assert b"plans.gpkg" not in path.read_bytes()


# Against exact runs


@settings(
    max_examples=15, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)  # fmt: skip
@given(worlds())
def test_the_exact_run_lies_within_the_bound(world: World) -> None:
    try:
        ground = list(candidates(world).values())
    except Debatable:
        ground = []
    assume(ground)
    union = shapely.union_all(ground)
    assume(abs(union.area - sum(shape.area for shape in ground)) < 1e-6)  # overlapping candidates count twice in a run
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_layers(world, folder)
        study = flexsite.load(write_study(world, folder))
        exact = flexsite.run(study).waterfall
        steps = exact[exact["stage"] == "availability"].set_index("rule")
        for cell, way in ((5.0, "shares"), (1.0, "shares"), (5.0, "centres")):
            found = preview(study, folder / "look", cell=cell, way=way)  # type: ignore[arg-type]
            mine = found.waterfall.set_index("rule")
            assert list(mine.index) == list(steps.index)
            if way == "shares":
                assert mine.loc["start", "area_ha"] == pytest.approx(steps.loc["start", "area_ha"], abs=1e-5)
            for row in found.record["error"]["steps"]:
                rule = row["rule"]
                assert abs(row["area_ha"] - steps.loc[rule, "area_ha"]) <= row["bound_ha"] + 1e-5
                assert mine.loc[rule, "effect"] == steps.loc[rule, "effect"]
                if cell == 1.0:  # exact but for cells on the border of the ground and of the coverage both
                    assert mine.loc[rule, "unknown_ha"] == pytest.approx(steps.loc[rule, "unknown_ha"], abs=0.004)


# Refusals and the command line


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"exclude": "use"}, "rule 'x', layer 'use' (use.tif): a rule on a raster needs a condition"),
        ({"exclude": "use", "where": "a = 1"}, "'where' asks for columns, and a raster has none"),
        ({"exclude": "road"}, "1 features are lines or points, which hold no ground; give the rule a 'buffer'"),
    ],
)
def test_rules_that_do_not_fit_are_refused_as_in_a_run(tmp_path: Path, rule: dict[str, Any], words: str) -> None:
    raster(tmp_path / "use.tif", [[1, 2], [1, 1]], cell=50)
    vector(tmp_path / "road.gpkg", [line((0, 5), (100, 5))])
    study = one_parcel(tmp_path, rules=[{"id": "x", **rule}], layers={"use": "use.tif", "road": "road.gpkg"})
    with pytest.raises(InputError) as error:
        look(study)
    assert words in str(error.value)
    assert not (tmp_path / "look").exists()


def test_the_command_line(tmp_path: Path) -> None:
    vector(tmp_path / "built.gpkg", [box(0, 0, 25, 100)])
    rules = [{"id": "built", "exclude": "built"}]
    study = one_parcel(tmp_path, rules=rules, layers={"built": "built.gpkg"},
                       profiles=[profile_file(tmp_path, "p")])  # fmt: skip
    out = tmp_path / "out"
    told = cli("preview", study, "--out", out, "--cell", 20, "--exact")
    assert told.code == 0
    assert told.out.splitlines()[:2] == [
        "0.75 of 1.00 ha left, on 20 cells of 20 m", "1 patches of connected cells, 0.75 ha",
    ]  # fmt: skip
    assert "+0.0000 ha (+0 %) from the exact run" in told.out
    assert "site" not in told.out
    assert json.loads((out / "preview.json").read_text())["cell_m"] == 20
    again = cli("preview", study, "--out", out, "--centres", "--quiet", "--set", "rules.built.buffer=5")
    assert again.code == 0
    assert "centres" in again.err
    refused = cli("run", study, "--out", out)
    assert (refused.code, refused.says("holds no earlier run")) == (2, True)
    assert cli("run", study, "--out", tmp_path / "run").code == 0
    refused = cli("preview", study, "--out", tmp_path / "run")
    assert (refused.code, refused.says("holds no earlier preview")) == (2, True)
    refused = cli("preview", study, "--out", out, "--cell", 0)
    assert (refused.code, refused.says("--cell: cells of 0 m cannot be used; give a side from 1 to 1000 m")) == (
        2,
        True,
    )
