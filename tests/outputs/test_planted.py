"""A public study with a secret in every place: none is in any byte of any output, and the record says what was kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import flexsite
from flexsite.errors import InputError
from flexsite.outputs import plots
from flexsite.outputs.report import facts_in, sheets_page
from flexsite.sensitivity.planning import plan
from tests.acceptance.helpers import cli

from .helpers import box, files, layer
from .planted import NUMBERS, planted, secrets_in


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Everything that can be written of the study, for those inside and for the public."""
    found = {}
    for audience in ("internal", "public"):
        folder = tmp_path_factory.mktemp(audience)
        path = planted(folder, audience=audience)
        result = flexsite.run(flexsite.load(path))
        result.write(folder / "out")
        facts = facts_in(folder / "out")
        ids = facts.available["site_id"].tolist()
        (folder / "out" / "sheets.html").write_text(sheets_page(facts, ids), encoding="utf-8")
        (folder / "out" / "waterfall.svg").write_text(plots.waterfall(result), encoding="utf-8")
        found[audience] = folder / "out"
    return found


def test_this_search_finds_what_is_there(runs: dict[str, Path]) -> None:
    """Inside, nearly all that was planted is told somewhere; names of owners are told nowhere."""
    found = secrets_in(runs["internal"])
    everywhere = set().union(*found.values())
    expected = """amount area author basis border cap column confidential context cost date day ditches districts
        exclude
        field flex ground hand heading holder id kernels key known level licence lots mark meaning name note notes other
        owners people phase pin place plan preemption prices projects right source stage table towers town towns use
        variant veto village way where"""
    assert set(expected.split()) | set(NUMBERS) <= everywhere
    assert not {"vastgoed"} & everywhere
    for name in ("map.html", "sites.parquet", "sites.gpkg", "sites.xlsx", "sheets.html", "variants/dear/sites.parquet"):
        assert {"towers", "holder"} <= found[name], name
    assert {"price", "floor"} <= found["sites.gpkg"] & found["sites.xlsx"] & found["map.html"]
    for name in ("waterfall.csv", "waterfall.svg", "taken.parquet", "excluded.parquet", "boundaries.csv", "shown.gpkg"):
        assert found[name], name


def test_no_output_of_a_public_run_holds_a_secret(runs: dict[str, Path]) -> None:
    assert len(files(runs["public"])) >= 25
    assert {name: told for name, told in secrets_in(runs["public"]).items() if told} == {}


def test_the_record_says_what_was_withheld(runs: dict[str, Path]) -> None:
    record = json.loads((runs["public"] / "run.json").read_text(encoding="utf-8"))
    study = yaml.safe_load((runs["public"].parent / "study.yaml").read_text(encoding="utf-8"))
    private = [name for name, one in study["layers"].items() if isinstance(one, dict) and one.get("private")]
    assert record["withheld"]["layers"] == [*private, "area"]
    inside, outside = (set(pd.read_parquet(runs[one] / "sites.parquet")) for one in ("internal", "public"))
    assert inside - outside == set(record["withheld"]["columns"])
    assert {"zarquon_holder", "zarquon_place_share", "zarquon_cost_v", "floor_area", "local_reason"} <= inside - outside
    assert [rule["id"] for rule in record["study"]["rules"]] == ["reserve", *["withheld"] * 3, "planned"]
    assert record["layers"]["housing"]["not_understood"] == {
        "confidential": {"withheld": 1},
        "status": {"withheld": 1},
    }


def test_a_confidential_plan_has_no_name_in_a_column(runs: dict[str, Path]) -> None:
    names = {one: pd.read_parquet(runs[one] / "sites.parquet").set_index("site_id")["plan"] for one in runs}
    assert (names["internal"]["K1"], names["public"]["K1"]) == ("Zarquon towers", "planned")


def test_what_else_is_written_of_a_public_study_holds_none_either(tmp_path: Path) -> None:
    path = planted(tmp_path, audience="public")
    layer(tmp_path / "plots.gpkg", [box(0, 0, 100, 100), box(400, 0, 500, 50)], id=["p1", "p2"])
    without = ("--set", "candidates.also=null")
    done = [
        cli("screen", tmp_path / "plots.gpkg", "--study", path, "--out", tmp_path / "screen", "--quiet"),
        cli("preview", path, "--out", tmp_path / "preview", "--quiet", *without),
    ]
    assert [(one.code, one.err) for one in done if one.code] == []
    for folder in ("screen", "preview"):
        found = secrets_in(tmp_path / folder)
        assert len(found) >= 5
        assert {name: told for name, told in found.items() if told} == {}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"audience": "internal"}, "what is private"),
        ({"layers.zarquon_prices.private": False}, "'zarquon_prices'"),
        ({"columns.zarquon_holder.private": False}, "'zarquon_holder'"),
    ],
)
def test_no_variant_opens_what_a_public_study_withholds(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    path = planted(tmp_path, audience="public", variants={"open": changes})
    with pytest.raises(InputError, match=f"would show {told}"):
        plan(flexsite.load(path))
    plan(flexsite.load(path, {"audience": "internal"}))


def test_a_sweep_of_a_private_column_is_refused(tmp_path: Path) -> None:
    """Also where its layer is not private."""
    sweep = {"own": {"key": "columns.zarquon_holder.column", "values": ["zarquon_field"]}}
    study = flexsite.load(planted(tmp_path, audience="public", sweep=sweep))
    with pytest.raises(InputError, match="cannot show what"):
        plan(study)
