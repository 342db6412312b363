"""Pieces of ground of the large-scale base map at Hilversum and Otterlo, against an overlay made without flexsite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import flexsite

from .conftest import cut

pytestmark = pytest.mark.shared
CLOSED = {
    "gemengd bos", "loofbos", "naaldbos", "heide", "houtwal", "gesloten verharding", "open verharding", "erf",
}  # fmt: skip


def file_of(result: flexsite.Result) -> Path:
    return Path(result.study.layers["ground"].path)


@pytest.fixture(scope="module")
def ground(bgt: flexsite.Result) -> gpd.GeoDataFrame:
    """Bare and overgrown ground, not on a viaduct."""
    green = gpd.read_file(file_of(bgt), layer="bgt_begroeidterreindeel").rename(columns={"class": "cover"})
    bare = gpd.read_file(file_of(bgt), layer="bgt_onbegroeidterreindeel")
    bare = bare.rename(columns={"bgt-fysiekVoorkomen": "cover"})
    both = pd.concat([green, bare], ignore_index=True)
    return both[both["relatieveHoogteligging"] == "0"].reset_index(drop=True)


@pytest.fixture(scope="module")
def steps(bgt: flexsite.Result) -> pd.DataFrame:
    return bgt.waterfall[bgt.waterfall["stage"] == "availability"].set_index("rule")


@pytest.fixture(scope="module")
def left(ground: gpd.GeoDataFrame, bgt: flexsite.Result) -> dict[str, Any]:
    """Ground left after each rule, by shapely alone."""
    geometry = ground.geometry.to_numpy()
    built = gpd.read_file(file_of(bgt), layer="bgt_pand").buffer(5, quad_segs=16)
    roads = gpd.read_file(file_of(bgt), layer="bgt_wegdeel")
    kept = ground.loc[~ground["cover"].isin(CLOSED)]
    left = {"start": geometry, "built": cut(geometry, built)}
    left["roads"] = cut(left["built"], roads.geometry)
    before = left["roads"]
    if "natura2000" in bgt.study.layers:
        nature = gpd.read_file(bgt.study.layers["natura2000"].path, bbox=ground.to_crs(4326)).to_crs(ground.crs)
        here = shapely.clip_by_rect(nature.geometry.make_valid().to_numpy(), *ground.total_bounds)
        before = left["natura2000"] = cut(before, here)
    left["use"] = cut(before, kept.geometry, shapely.intersection)
    return left


def test_ids_are_those_of_the_map_and_unique(bgt: flexsite.Result, ground: gpd.GeoDataFrame) -> None:
    assert ground["lokaalID"].is_unique
    assert set(bgt.plots["candidate_id"]) == set(ground["lokaalID"])


def test_what_each_rule_takes_equals_an_overlay(left: dict[str, Any], steps: pd.DataFrame) -> None:
    hectares = {name: shapely.area(parts).sum() / 1e4 for name, parts in left.items()}
    for name, expected in hectares.items():
        assert steps.loc[name, "area_ha"] == pytest.approx(expected, abs=0.01), name
    assert hectares["start"] - hectares["use"] > 100


def test_sites_are_the_parts_that_are_large_and_wide_enough(bgt: flexsite.Result, left: dict[str, Any]) -> None:
    parts = [part for part in shapely.get_parts(left["use"]) if part.geom_type == "Polygon" and part.area >= 1000]
    wide = [part for part in parts if not part.buffer(-7.5).is_empty]
    assert len(bgt.sites) == len(wide)
    assert bgt.sites["area_m2"].sum() == pytest.approx(sum(part.area for part in wide), abs=5)


def test_cover_and_municipality_are_joined(bgt: flexsite.Result, ground: gpd.GeoDataFrame) -> None:
    cover = ground.set_index("lokaalID")["cover"]
    assert (bgt.sites["cover"].to_numpy() == cover.loc[bgt.sites["candidate_id"]].to_numpy()).all()
    assert not set(bgt.sites["cover"]) & CLOSED
    assert set(bgt.sites["municipality"]) == {"Hilversum" if "Hilversum" in bgt.study.name else "Ede"}


def test_nothing_is_unknown_on_ground_that_the_map_knows(bgt: flexsite.Result) -> None:
    assert set(bgt.sites["unknown"]) == {""}
