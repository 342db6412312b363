"""Variants: each as if run alone, and the ground laid out once for all that share it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import yaml
from pandas.testing import assert_frame_equal

import flexsite
from flexsite.availability.work import Crew
from flexsite.outputs.result import Result
from flexsite.standing import _OF_PROFILES, ground_key, stand
from flexsite.study.models import Study
from tests.outputs.helpers import PROFILE, X, Y, box, layer, run, world

VARIANTS: dict[str, dict[str, Any]] = {
    "nearer": {"profiles.tester.requires.near.at_most": 200},
    "denser": {"profiles.tester.unit.homes_per_ha": 55.5, "profiles.tester.homes.max": None},
    "wide": {"rules.reserve.buffer": 20},
    "unplanned": {"rules.planned": None},
    "short": {"term": 3},
    "slow": {"lead_time": 60},
    "half": {"area": "west.fgb"},
    "cells": {"candidates": {"grid": 50}},
    "both": {"term": 3, "profiles.tester.homes.min": 1},
    "another": {"profiles": [{"id": "other", "unit": {"homes_per_ha": 10}}]},
}
FILES = ("sites.parquet", "suitability.parquet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("variants")
    layer(folder / "west.fgb", [box(-100, -100, 350, 900)])
    path = world(folder, variants=VARIANTS)
    run(path).write(folder / "out")
    return folder


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_equals_a_run_of_its_own_byte_for_byte(folder: Path, name: str) -> None:
    alone = flexsite.run(flexsite.load(folder / "study.yaml", {**VARIANTS[name], "variants": {}}))
    alone.write(folder / f"alone_{name}")
    for file in FILES:
        mine = (folder / "out" / "variants" / name / file).read_bytes()
        assert mine == (folder / f"alone_{name}" / file).read_bytes(), file


def test_the_variants_differ(folder: Path) -> None:
    """Else their being equal to runs of their own would say little."""
    sites = {name: (folder / "out" / "variants" / name / FILES[0]).read_bytes() for name in VARIANTS}
    assert len({*sites.values()}) == 7  # wide, unplanned, short = both, slow, half, cells, and the rest as it is
    judged = [(folder / "out" / "variants" / name / FILES[1]).read_bytes() for name in ("nearer", "denser", "another")]
    assert len({*judged, (folder / "out" / FILES[1]).read_bytes()}) == 4


def test_the_order_of_variants_is_that_of_the_study(folder: Path) -> None:
    table = pd.read_csv(folder / "out" / "variants.csv")
    assert table["variant"].drop_duplicates().tolist() == ["base", *VARIANTS]


def test_each_ground_is_laid_out_once(folder: Path, laid_out: list[Study]) -> None:
    run(folder / "study.yaml")
    # As it is (with nearer, denser, another), wide, unplanned, short (with both), slow, half, cells.
    assert len(laid_out) == 7
    assert [study.term for study in laid_out] == [10, 10, 10, 3, 10, 10, 10]


def test_variants_of_profiles_need_no_ground_of_their_own(tmp_path: Path, laid_out: list[Study]) -> None:
    run(world(tmp_path, variants={f"d{i}": {"profiles.tester.unit.homes_per_ha": 10.0 + i} for i in range(10)}))
    assert len(laid_out) == 1


class TestGroundKey:
    def test_every_key_of_a_study_but_those_of_profiles_changes_it(self, tmp_path: Path) -> None:
        study = flexsite.load(world(tmp_path))
        other: dict[str, Any] = {
            name: "other" for name in Study.model_fields if name not in {*_OF_PROFILES, "rules", "layers", "kinds"}
        }
        other |= {"rules": study.rules[:1], "layers": {}, "kinds": []}
        with pytest.warns(UserWarning, match="serializer"):  # the values are not of the right kind, which is no matter
            keys = {name: ground_key(study.model_copy(update={name: value})) for name, value in other.items()}
        assert ground_key(study) not in keys.values()
        assert len({*keys.values()}) == len(other)
        assert {"rules", "layers", "term", "lead_time", "area", "candidates", "access", "columns", "crs", "date",
                "strictness", "audience", "language"} <= set(keys)  # fmt: skip

    @pytest.mark.parametrize(
        "changes",
        [
            {"rules.reserve.buffer": 1}, {"rules.reserve.class": "soft"}, {"rules.reserve.touch": {"area": 1}},
            {"rules.planned.until": None}, {"layers.plans.where": "start > 2040"}, {"layers.plans.coverage": None},
            {"candidates.min_area": 101}, {"candidates.min_width": 3}, {"candidates.kind": "farm_yard"},
            {"access.measures.stop.to": "plans"}, {"access.margin": 10}, {"columns.owner.column": "other"},
            {"columns": {}}, {"outputs": ["parquet", "excluded"]}, {"outputs": ["map"]}, {"date": "2026-01-02"},
        ],
        ids=lambda changes: next(iter(changes)),
    )  # fmt: skip
    def test_a_key_deep_in_the_study_changes_it(self, tmp_path: Path, changes: dict[str, Any]) -> None:
        path = world(tmp_path)
        assert ground_key(flexsite.load(path)) != ground_key(flexsite.load(path, changes))

    def test_what_comes_after_the_ground_does_not_change_it(self, tmp_path: Path) -> None:
        path = world(tmp_path)
        changes = {name: AFTER_THE_GROUND[name] for name in _OF_PROFILES}  # this test knows every key that is left out
        assert ground_key(flexsite.load(path)) == ground_key(flexsite.load(path, changes))

    @pytest.mark.parametrize("kind", ["land", "farm_yard"])
    def test_ground_is_laid_out_without_looking_at_them(self, tmp_path: Path, kind: str) -> None:
        """What is left out of the key of the ground is not there when it is laid out."""
        path = world(tmp_path, {"candidates.kind": kind}, outputs=["parquet", "excluded"], profiles=[])
        parcels = gpd.read_file(tmp_path / "parcels.fgb")
        layer(tmp_path / "parcels.fgb", list(parcels.geometry), code=parcels["code"], stopped_years=[1.0, 2, 3, None])
        study = flexsite.load(path)
        blind = study.model_copy(deep=True, update={"outputs": Outputs(study.outputs)})
        for name in {*_OF_PROFILES} - {"outputs"}:
            del blind.__dict__[name]
        for one in blind.kinds or []:
            del one.__dict__["capacity"], one.__dict__["requires"]
        assert bool(blind.kinds) == (kind != "land")
        with pytest.raises(AttributeError):
            _ = blind.profiles
        ours, theirs = (stand(one, lambda _: None, Crew()) for one in (study, blind))
        assert_frame_equal(ours.plain, theirs.plain)
        assert_frame_equal(ours.taken, theirs.taken)
        assert ours.sites.geometry.equals(theirs.sites.geometry)


AFTER_THE_GROUND: dict[str, Any] = {
    "profiles": [],
    "name": "x",
    "outputs": ["parquet", "gpkg"],
    "variants": {"a": {"term": 1}},
    "sweep": {"t": {"key": "term", "values": [1]}},
    "sensitivity": {"weights": {}},
    "capacity": {"mix_above": 5},
    "terms": [5, 10],
}


class Outputs(list[str]):
    """Outputs of which nobody may know more than whether excluded ground is drawn."""

    def __contains__(self, name: object) -> bool:
        assert name in {"excluded", "map"}
        return super().__contains__(name)

    def __iter__(self) -> Any:
        raise AssertionError("somebody looked at the outputs")


class TestCost:
    @pytest.fixture(scope="class")
    def study(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """10,000 parcels, as many reserves of many corners, a thousand plans, and 2,000 stops."""
        folder, source = tmp_path_factory.mktemp("large"), np.random.default_rng(1)
        column, row = (100.0 * axis.ravel() for axis in np.meshgrid(np.arange(100), np.arange(100)))
        x, y = X + column, Y + row
        layer(folder / "area.fgb", [box(-100, -100, 12_000, 12_000)])
        layer(folder / "parcels.fgb", list(shapely.box(x, y, x + 95, y + 95)), code=[f"K{i}" for i in range(len(x))])
        size = source.uniform(5, 60, len(x))
        layer(folder / "nature.fgb", list(shapely.buffer(shapely.points(x + 50, y + 50), size / 2)))
        some = source.choice(len(x), 1000, replace=False)
        layer(
            folder / "plans.fgb", list(shapely.box(x[some], y[some], x[some] + 60, y[some] + 30)), start=[2040] * 1000
        )
        stops = shapely.points(source.uniform(X, X + 10_000, 2000), source.uniform(Y, Y + 10_000, 2000))
        layer(folder / "stops.fgb", list(stops))
        (folder / "tester.yaml").write_text(yaml.safe_dump(PROFILE, sort_keys=False), encoding="utf-8")
        path = world(folder / "small") if (folder / "small").mkdir() is None else folder
        study = yaml.safe_load(path.read_text(encoding="utf-8"))
        study["layers"] |= {"plans": "plans.fgb"}
        study["layers"].pop("owners")
        study |= {"columns": {}}
        (folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
        return folder / "study.yaml"

    def test_ten_variants_of_profiles_cost_less_than_two_runs(self, study: Path, laid_out: list[Study]) -> None:
        base = flexsite.load(study)
        variants = {f"d{i}": {"profiles.tester.requires.near.at_most": 20 + 10 * i} for i in range(10)}
        flexsite.run(flexsite.load(study.parent / "small" / "study.yaml"))  # compiles and imports
        one, _ = cpu_seconds(base)
        laid_out.clear()
        ten, result = cpu_seconds(flexsite.load(study, {"variants": variants}))
        assert len(laid_out) == 1
        assert ten < 2 * one, (ten, one)
        found = [int(one.suitability["suitable"].sum()) for one in result.variants.values()]
        assert found == sorted(found) and found[0] < found[-1]


def cpu_seconds(study: Study) -> tuple[float, Result]:
    begun = time.process_time()
    result = flexsite.run(study)
    return time.process_time() - begun, result


def test_the_record_names_seeds(tmp_path: Path) -> None:
    run(world(tmp_path, sensitivity={"weights": {"seed": 7, "draws": 10}})).write(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["seeds"] == {"weights": 7}
    run(world(tmp_path)).write(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["seeds"] == {}


def test_the_area_of_a_variant_is_its_own(folder: Path) -> None:
    assert len(gpd.read_parquet(folder / "out" / "variants" / "half" / "sites.parquet")) == 2
