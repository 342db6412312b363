"""The small corner under data/: what the generator writes, and it runs by itself."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
import yaml

import flexsite
from flexsite.demo.region import Region
from flexsite.demo.writing import write_small
from flexsite.study import yaml_source

# the GEOS with which data/small was written; another may cut lines elsewhere and so lead to other random draws
GEOS = (3, 14)


@pytest.fixture(scope="module")
def kept(root: Path) -> Path:
    return root / "data" / "small"


@pytest.fixture(scope="module")
def fresh(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small(region, tmp_path_factory.mktemp("small")).parent


def test_it_is_small(kept: Path) -> None:
    assert sum(path.stat().st_size for path in kept.rglob("*")) < 1_500_000


def test_the_study_is_that_of_the_whole_region_but_for_paths(kept: Path, fresh: Path) -> None:
    assert (kept / "study.yaml").read_bytes() == (fresh / "study.yaml").read_bytes()
    study = flexsite.load(kept / "study.yaml")
    assert study.name == "Verzonnen Waard, a corner (invented)"
    assert all(layer.path.exists() for layer in study.layers.values())


def test_programs_that_read_older_yaml_read_the_same(kept: Path) -> None:
    """To them a bare `on`, `no` or `7:30` is no text; dates they make themselves."""
    path = kept / "study.yaml"
    older = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert json.loads(json.dumps(older, default=str)) == yaml_source.read(path).data


def test_the_copy_is_what_the_generator_writes(kept: Path, fresh: Path) -> None:
    if shapely.geos_version[:2] != GEOS:
        pytest.skip(f"data/small was written with GEOS {GEOS}, here is {shapely.geos_version}")
    names = sorted(path.name for path in (kept / "input").iterdir())
    assert names == sorted(path.name for path in (fresh / "input").iterdir())
    known, new = (folder / "input" / "region.gpkg" for folder in (kept, fresh))
    assert [row[0] for row in pyogrio.list_layers(known)] == [row[0] for row in pyogrio.list_layers(new)]
    for name, _ in pyogrio.list_layers(known):
        a, b = gpd.read_file(known, layer=name), gpd.read_file(new, layer=name)
        assert a.drop(columns="geometry").equals(b.drop(columns="geometry")), name
        assert shapely.equals_exact(a.geometry.to_numpy(), b.geometry.to_numpy(), tolerance=0.001).all(), name
    for name in ("zoning_coverage.geojson", "plans_coverage.geojson"):
        assert (kept / "input" / name).read_text() == (fresh / "input" / name).read_text()
    with rasterio.open(kept / "input" / "noise.tif") as a, rasterio.open(fresh / "input" / "noise.tif") as b:
        assert a.transform == b.transform
        np.testing.assert_array_equal(a.read(1), b.read(1))


def test_it_runs_by_itself(kept: Path, tmp_path: Path) -> None:
    result = flexsite.run(flexsite.load(kept / "study.yaml"))
    sites = result.sites
    assert 80 < len(sites) < 200
    suitable = result.suitability.groupby("profile")["suitable"].sum()
    # by construction: public transport is the bottleneck for starters, not for those who need none
    assert suitable["starter"] < 0.6 * len(sites)
    assert suitable["tiny_house"] > 0.8 * len(sites)
    assert suitable["labour_migrant_shuttle"] > 1.5 * suitable["labour_migrant"]
