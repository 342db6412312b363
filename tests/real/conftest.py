"""Runs of the examples, once per session."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import flexsite

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
RD = "EPSG:28992"


def cut(pieces: Any, takers: Any, how: Any = shapely.difference) -> Any:
    """Each piece without (or within) the union of the takers that touch it, one by one."""
    tree, takers = shapely.STRtree(takers), np.asarray(takers)
    return np.array([how(piece, shapely.union_all(takers[tree.query(piece, "intersects")])) for piece in pieces])


@pytest.fixture(scope="session")
def data(shared: Path) -> Path:
    """The folder with real data."""
    return shared / "data"


def run(study: str, overrides: Mapping[str, Any]) -> flexsite.Result:
    return flexsite.run(flexsite.load(EXAMPLES / study, {"outputs": ["parquet"], **overrides}))


@pytest.fixture(scope="session")
def noord_holland(shared: Path) -> flexsite.Result:
    """Noord-Holland in cells of 250 m, with the variant without rules."""
    return run("noord-holland/study.yaml", {"candidates.grid": 250, "variants": {"no_rules": {"rules": []}}})


@pytest.fixture(scope="session")
def liechtenstein(shared: Path) -> flexsite.Result:
    return run("liechtenstein/study.yaml", {})


@pytest.fixture(scope="session", params=["hilversum", "otterlo"])
def bgt(request: pytest.FixtureRequest, shared: Path) -> flexsite.Result:
    return run(f"bgt/{request.param}.yaml", {})


@pytest.fixture(scope="session")
def province(data: Path) -> Any:
    """Noord-Holland as one geometry in RD, read without flexsite."""
    provinces = gpd.read_file(data / "provincies_NL_wgs84.geojson")
    return provinces[provinces["provincieCode"] == "PV27"].to_crs(RD).geometry.make_valid().union_all()


@pytest.fixture(scope="session")
def municipalities(data: Path) -> gpd.GeoDataFrame:
    frame = gpd.read_file(data / "gemeenten_CBS2022-gegeneraliseerd_NL_wgs84.geojson").to_crs(RD)
    return frame.assign(geometry=frame.geometry.make_valid())


@pytest.fixture(scope="session")
def relations() -> ModuleType:
    """The script of the Noord-Holland example."""
    spec = importlib.util.spec_from_file_location("relations", EXAMPLES / "noord-holland" / "relations.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["relations"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
