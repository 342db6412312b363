"""Variants: the study with some values changed, as if run apart."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import flexsite
from flexsite.errors import InputError, InputErrors

from .helpers import files, run, world

VARIANTS = {
    "short": {"term": 3},
    "strict": {"profiles.tester.requires.near.at_most": 100, "rules.reserve.buffer": 10},
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("variants")
    run(world(folder, variants=VARIANTS)).write(folder / "out")
    return folder


def test_each_folder_equals_a_run_of_its_own(out: Path) -> None:
    for name, changes in VARIANTS.items():
        alone = flexsite.run(flexsite.load(out / "study.yaml", {**changes, "variants": {}}))
        alone.write(out / f"alone_{name}")
        assert files(out / "out" / "variants" / name) == ["sites.parquet", "suitability.parquet"]
        for file in ("sites.parquet", "suitability.parquet"):
            assert (out / "out" / "variants" / name / file).read_bytes() == (out / f"alone_{name}" / file).read_bytes()


def test_the_base_is_the_study_without_variants(out: Path) -> None:
    flexsite.run(flexsite.load(out / "study.yaml", {"variants": {}})).write(out / "base")
    for file in ("sites.parquet", "suitability.parquet", "taken.parquet"):
        assert (out / "out" / file).read_bytes() == (out / "base" / file).read_bytes()
    waterfall = pd.read_csv(out / "out" / "waterfall.csv")
    assert waterfall["variant"].drop_duplicates().tolist() == ["base", "short", "strict"]
    base = waterfall[waterfall["variant"] == "base"]
    assert base.equals(pd.read_csv(out / "base" / "waterfall.csv"))


def test_the_table_of_variants(out: Path) -> None:
    table = pd.read_csv(out / "out" / "variants.csv")
    assert list(table.columns) == [
        "variant", "profile", "sites", "area_ha", "homes", "d_sites", "d_area_ha", "d_homes",
    ]  # fmt: skip
    # Within 400 m of the stop lie K1 (1 ha, 40 homes cut to 30) and what nature leaves of K2 (0.5 ha, 20 homes);
    # within 100 m only K1. A term of 3 years gives K3 back what is planned for 2030, but K3 is too far off.
    assert table.to_numpy().tolist() == [
        ["base", "tester", 2, 1.5, 50, 0, 0.0, 0],
        ["short", "tester", 2, 1.5, 50, 0, 0.0, 0],
        ["strict", "tester", 1, 1.0, 30, -1, -0.5, -20],
    ]


def test_a_variant_may_leave_out_a_profile_or_bring_one(tmp_path: Path) -> None:
    other = {"id": "other", "unit": {"homes_per_ha": 10}}
    path = world(tmp_path, variants={"more": {"profiles": [other]}, "none": {"profiles": []}})
    run(path).write(tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "variants.csv")
    assert table[["variant", "profile", "sites", "d_sites"]].to_numpy().tolist() == [
        ["base", "tester", 2, 0], ["more", "other", 4, 4],
    ]  # fmt: skip


def test_a_wrong_variant_stops_before_the_run(tmp_path: Path) -> None:
    told: list[str] = []
    for changes, words in ({"rules.reserv.buffer": 1}, "did you mean 'reserve'"), ({"term": "x"}, "term"):
        path = world(tmp_path, variants={"good": {"term": 3}, "bad": changes})
        with pytest.raises((InputError, InputErrors), match=words):
            flexsite.run(flexsite.load(path), progress=told.append)
    assert told == [], "nothing was read"


def test_warnings_of_variants_are_kept(tmp_path: Path) -> None:
    path = world(tmp_path, variants={"far": {"profiles.tester.requires.near.at_most": 1}})
    run(path).write(tmp_path / "out")
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert any("0 of 4 sites are suitable" in text for text in record["warnings"])
    assert record["study"]["variants"] == {"far": {"profiles.tester.requires.near.at_most": 1}}
