"""Sweeps: the study counted at every value, on the ground it shares."""

from __future__ import annotations

import gc
import json
import weakref
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

import flexsite
from flexsite import pipeline
from flexsite.checking import check
from flexsite.errors import InputError, InputErrors
from flexsite.outputs.writing import variants_frame
from flexsite.pipeline import step_count
from flexsite.standing import Standing
from flexsite.study.models import Study
from tests.outputs.helpers import files, layer, run, world

NEAR = "profiles.tester.requires.near.at_most"
DENSITY = "profiles.tester.unit.homes_per_ha"
SWEEPS: dict[str, Any] = {
    "distance": {"key": NEAR, "values": [40, 50, 250, 700]},
    "terms": {"key": "term", "values": [10, 3]},
    "both": {"keys": {DENSITY: [20, 40], "term": {"from": 3, "to": 10, "step": 7}}},
    "class": {"key": "strictness", "values": ["very_hard", "hard"]},
}
COLUMNS = [
    "sweep", "parameter", "value", "parameter2", "value2", "profile", "sites", "area_ha", "homes", "homes_fit",
    "floor_area_m2",
]  # fmt: skip


def test_counts_by_hand(tmp_path: Path) -> None:
    """K1 lies 50 m from the stop (1 ha, 40 homes cut to 30), K2 250 m (half a ha, 20 homes), K4 650 m (1 ha).

    Of K3, 450 m off, nothing is left for ten years; for three years it is there whole, and so are the plans very hard.
    """
    table = run(world(tmp_path, sweep=SWEEPS)).tables["sweep"]
    assert list(table.columns) == COLUMNS
    assert table["profile"].unique().tolist() == ["tester"]
    found = table[["sweep", "value", "value2", "sites", "area_ha", "homes", "homes_fit"]].astype(object)
    assert found.where(found.notna(), None).to_numpy().tolist() == [
        ["distance", 40, None, 0, 0.0, 0, 0],
        ["distance", 50, None, 1, 1.0, 30, 40],
        ["distance", 250, None, 2, 1.5, 50, 60],
        ["distance", 700, None, 4, 3.2, 108, 128],
        ["terms", 10, None, 2, 1.5, 50, 60],
        ["terms", 3, None, 2, 1.5, 50, 60],
        ["both", 20, 3, 2, 1.5, 30, 30],
        ["both", 20, 10, 2, 1.5, 30, 30],
        ["both", 40, 3, 2, 1.5, 50, 60],
        ["both", 40, 10, 2, 1.5, 50, 60],
        ["class", "very_hard", None, 2, 1.5, 50, 60],
        ["class", "hard", None, 2, 1.5, 50, 60],
    ]
    assert table["floor_area_m2"].isna().all()


def test_every_point_equals_a_variant_of_its_own(tmp_path: Path) -> None:
    sweep = {"both": {"keys": {NEAR: [300, 500, 700], "rules.reserve.buffer": [0, 10, 30]}}}
    variants = {f"v{near}_{buffer}": {NEAR: near, "rules.reserve.buffer": buffer}
                for near in (300, 500, 700) for buffer in (0, 10, 30)}  # fmt: skip
    result = run(world(tmp_path, variants=variants, sweep=sweep))
    table = result.tables["sweep"]
    wanted = variants_frame(result).query("variant != 'base'")
    counts = ["sites", "area_ha", "homes"]
    assert table[counts].to_numpy().tolist() == wanted[counts].to_numpy().tolist()
    assert len({*map(tuple, table[counts].to_numpy().tolist())}) > 4, "else the sweep shows nothing"


def test_floor_area_is_that_of_the_homes(tmp_path: Path) -> None:
    changes = {"sweep": {"d": {"key": DENSITY, "values": [10, 20.5]}}, "profiles.tester.unit.floor_area": 25.5}
    table = flexsite.run(flexsite.load(world(tmp_path), changes)).tables["sweep"]
    assert table["homes"].tolist() == [15, 30]
    assert table["floor_area_m2"].tolist() == [15 * 25.5, 30 * 25.5]


def test_keys_that_move_together(tmp_path: Path) -> None:
    other = {"id": "other", "unit": {"homes_per_ha": 10}}
    sweep = {"d": {"key": [DENSITY, "profiles.other.unit.homes_per_ha"], "values": [10, 20]}}
    path = world(tmp_path, profiles=["tester.yaml", other], sweep=sweep)
    table = run(path).tables["sweep"]
    assert table["parameter"].unique().tolist() == [f"{DENSITY};profiles.other.unit.homes_per_ha"]
    assert table[["profile", "homes"]].to_numpy().tolist() == [
        ["tester", 15], ["other", 32], ["tester", 30], ["other", 64],
    ]  # fmt: skip


class TestGround:
    def test_values_of_profiles_need_no_ground_of_their_own(self, tmp_path: Path, laid_out: list[Study]) -> None:
        sweep = {"distance": {"key": NEAR, "from": 50, "to": 700, "step": 50}}
        run(world(tmp_path, sweep=sweep))
        assert len(laid_out) == 1

    def test_what_comes_after_the_ground_but_is_no_profile_counts(self, tmp_path: Path, laid_out: list[Study]) -> None:
        """How homes are counted on a kind of site changes no ground, and every count."""
        sweep = {"used": {"key": "kinds.farm_yard.capacity.usable_share", "values": [0.25, 0.5, 1]}}
        changes = {
            "candidates.kind": "farm_yard",
            "candidates.columns": {"stopped_years": "stopped_years"},
            "rules": [],
        }
        path = world(tmp_path, changes, sweep=sweep)
        parcels = gpd.read_file(tmp_path / "parcels.fgb")
        layer(tmp_path / "parcels.fgb", list(parcels.geometry), code=parcels["code"], stopped_years=[1.0] * 4)
        assert run(path).tables["sweep"]["homes_fit"].tolist() == [20, 40, 80]
        assert len(laid_out) == 1

    def test_equal_grounds_are_laid_out_once(self, tmp_path: Path, laid_out: list[Study]) -> None:
        """Also those of variants, and of sweeps that meet at a point."""
        run(world(tmp_path, sweep=SWEEPS, variants={"short": {"term": 3}, "same": {"term": 10}}))
        assert [(study.term, study.strictness) for study in laid_out] == [
            (10, "hard"), (3, "hard"), (10, "very_hard"),
        ]  # fmt: skip

    def test_only_one_ground_of_a_sweep_is_held_at_a_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own, held = pipeline.stand, list[Any]()
        most = 0

        def watched(*what: Any, **more: Any) -> Standing:
            nonlocal most
            gc.collect()
            most = max(most, sum(one() is not None for one in held))
            standing = own(*what, **more)
            held.append(weakref.ref(standing))
            return standing

        monkeypatch.setattr(pipeline, "stand", watched)
        result = run(world(tmp_path, sweep={"terms": {"key": "term", "values": [1, 2, 3, 4, 5]}}))
        assert len(held) == 6
        assert most == 1  # that of the study as it is, which the result holds
        assert len(result.tables["sweep"]) == 5


def test_nothing_else_changes(tmp_path: Path) -> None:
    variants = {"short": {"term": 3}}
    for name, more in (("with", {"sweep": SWEEPS}), ("without", {})):
        run(world(tmp_path, variants=variants, **more)).write(tmp_path / name)
    assert files(tmp_path / "with") == sorted([*files(tmp_path / "without"), "sweep.csv"])
    for file in files(tmp_path / "without"):
        if file != "run.json":
            assert (tmp_path / "with" / file).read_bytes() == (tmp_path / "without" / file).read_bytes(), file
    written = pd.read_csv(tmp_path / "with" / "sweep.csv")
    assert written["value"].tolist() == [
        "40",
        "50",
        "250",
        "700",
        "10",
        "3",
        *["20"] * 2,
        *["40"] * 2,
        "very_hard",
        "hard",
    ]
    record = json.loads((tmp_path / "with" / "run.json").read_text(encoding="utf-8"))
    assert list(record["study"]["sweep"]) == list(SWEEPS)


def test_a_variant_may_drop_what_a_sweep_moves(tmp_path: Path) -> None:
    other = {"id": "other", "unit": {"homes_per_ha": 10}}
    path = world(tmp_path, variants={"none": {"profiles": [other]}}, sweep={"d": {"key": DENSITY, "values": [10]}})
    result = run(path)
    assert result.tables["sweep"]["profile"].tolist() == ["tester"]
    assert not result.variants["none"].tables.get("sweep", pd.DataFrame()).size


@pytest.mark.parametrize("keys", [
    {"sweep": SWEEPS},
    {"sweep": SWEEPS, "variants": {"short": {"term": 3}, "none": {"rules": []}}},
    {"sweep": SWEEPS, "sensitivity": {"weights": {"draws": 5}, "tornado": {"keys": ["term"]}}},
    {"variants": {"near": {NEAR: 10}, "nearer": {NEAR: 5}}},
    {},
], ids=["sweep", "variants", "sensitivity", "profiles", "nothing"])  # fmt: skip
def test_steps_are_counted(tmp_path: Path, keys: dict[str, Any]) -> None:
    study = flexsite.load(world(tmp_path, **keys))
    told: list[str] = []
    flexsite.run(study, progress=told.append)
    assert step_count(study) == len(told) + 1  # and the writing
    if keys.get("sweep"):
        assert "sweep distance" in told


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "an id": ({"key": "rules.reserv.buffer", "values": [1]}, ["sweep.wrong", "did you mean 'reserve'"]),
    "a requirement": ({"key": "profiles.tester.requires.naer.at_most", "values": [1]}, ["did you mean 'near'"]),
    "a bound": (
        {"key": "profiles.tester.requires.near.at_mots", "values": [1]},
        ["sweep.wrong", "profiles.tester.requires.near", "did you mean 'at_most'"],
    ),
    "a key of the study": ({"key": "trem", "values": [1]}, ["sweep.wrong", "'trem'", "did you mean 'term'"]),
    "a value": ({"key": "term", "values": [5, -1]}, ["sweep.wrong", "term", "-1"]),
    "a kind of value": ({"key": "term", "values": ["long"]}, ["sweep.wrong", "term", "number", "'long'"]),
    "the second key": ({"keys": {"term": [5], "trem": [5]}}, ["sweep.wrong", "did you mean 'term'"]),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_sweep_stops_before_the_run_and_check_names_it(tmp_path: Path, name: str) -> None:
    sweep, words = WRONG[name]
    path = world(tmp_path, sweep={"good": {"key": "term", "values": [5]}, "wrong": sweep})
    told: list[str] = []
    with pytest.raises((InputError, InputErrors)) as caught:
        flexsite.run(flexsite.load(path), progress=told.append)
    assert told == []
    found, _ = check(path)
    for text in (str(caught.value), *map(str, found)):
        assert text.startswith("study.yaml, sweep.wrong"), text
        assert all(word in text for word in words), text
    assert len(found) == 1


def test_check_tries_every_sweep(tmp_path: Path) -> None:
    wrong = {"a": {"key": "trem", "values": [1]}, "b": {"key": "trm", "values": [1]}}
    found, _ = check(world(tmp_path, sweep=wrong))
    assert [str(error).split(":")[0] for error in found] == ["study.yaml, sweep.a, trem", "study.yaml, sweep.b, trm"]
    assert check(world(tmp_path, sweep=SWEEPS))[0] == []


class TestPublic:
    def study(self, folder: Path, key: str) -> Path:
        return world(folder, {"layers.plans": {"path": "plans.fgb", "private": True}}, audience="public",
                     columns={}, sweep={"secret": {"key": key, "values": [1]}})  # fmt: skip

    @pytest.mark.parametrize("key", ["rules.planned.buffer", "layers.plans.where"])
    def test_a_key_that_names_what_is_private_is_refused(self, tmp_path: Path, key: str) -> None:
        with pytest.raises(InputError, match="which is private"):
            run(self.study(tmp_path, key))
        assert "which is private" in str(check(self.study(tmp_path, key))[0][0])

    def test_another_is_not(self, tmp_path: Path) -> None:
        assert len(run(self.study(tmp_path, "rules.reserve.buffer")).tables["sweep"]) == 1
        assert "which is private" not in str(check(self.study(tmp_path, "term"))[0])
