"""Kinds of one's own, and changes of those that are built in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import flexsite
from flexsite.errors import FlexsiteError

from .helpers import PROFILE, box, layer, study

QUAY = {
    "id": "quay",
    "label": {"nl": "Kade", "en": "Quay"},
    "needs": {"depth": {"at_least": 0}, "owner_says": {"type": "text"}},
    "capacity": {"method": "plots", "plot_area": 200, "most": {"value": 4, "certainty": "assumption"}},
    "requires": {"deep": {"column": "depth", "at_least": 1.5}},
    "marks": [
        {"id": "mooring", "label": {"nl": "Ligplaats", "en": "Mooring"}},
        {"id": "refused", "when": [{"column": "owner_says", "in": ["no"]}]},
    ],
    "exempt": ["water"],
}


def quays(folder: Path, kind: Any, **changes: Any) -> Path:
    shapes = [box(0, 0, 100, 10), box(0, 20, 50, 30), box(0, 40, 100, 50), box(0, 60, 100, 70)]
    layer(
        folder / "quays.gpkg", shapes, code=list("ABCD"), diep=[2.0, 1.5, 1.0, None], zegt=["yes", " no ", "no", None]
    )
    layer(folder / "water.gpkg", [box(0, 0, 500, 500)])
    spec = {"layer": "quays", "id": "code", "kind": "quay", "columns": {"depth": "diep", "owner_says": "zegt"}}
    rules = [{"id": "water", "exclude": "water"}]
    spec = changes.pop("candidates", spec)
    return study(folder, spec, **{"rules": rules, "kinds": [kind]} | changes)


def judged(result: Any) -> dict[str, Any]:
    return {row["site_id"]: row for row in result.suitability.to_dict(orient="records")}


def written(folder: Path, kind: Any, name: str = "quay.yaml") -> str:
    (folder / name).write_text(yaml.safe_dump(kind, sort_keys=False), encoding="utf-8")
    return name


@pytest.mark.parametrize("in_a_file", [True, False])
def test_a_kind_of_ones_own_counts_asks_marks_and_is_exempt(tmp_path: Path, in_a_file: bool) -> None:
    path = quays(tmp_path, written(tmp_path, QUAY) if in_a_file else QUAY)
    result = flexsite.run(flexsite.load(path))
    found = judged(result)
    assert {name: row["homes_fit"] for name, row in found.items()} == {"A": 4, "B": 2, "C": 4, "D": 4}
    assert {name: row["failed"] for name, row in found.items()} == {"A": "", "B": "", "C": "deep", "D": "unknown:deep"}
    marks = dict(zip(result.sites["site_id"], result.sites["marks"], strict=True))
    assert marks == {"A": "mooring", "B": "mooring;refused", "C": "mooring;refused", "D": "mooring"}
    assert result.waterfall.set_index("rule").loc["water", "removed_ha"] == 0


def test_the_record_has_the_fingerprint_of_the_file(tmp_path: Path) -> None:
    result = flexsite.run(flexsite.load(quays(tmp_path, written(tmp_path, QUAY))))
    result.write(tmp_path / "out")
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert "quay.yaml" in record["inputs"]
    assert record["study"]["kinds"][0]["id"] == "quay"


def test_a_slip_in_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    name = written(tmp_path, QUAY | {"capacity": {"method": "plots", "plot_aera": 200}})
    with pytest.raises(FlexsiteError, match=r"quay\.yaml, line \d+.*plot_aera.*did you mean 'plot_area'"):
        flexsite.load(quays(tmp_path, name))


def test_a_change_of_a_built_in_kind_says_only_what_differs(tmp_path: Path) -> None:
    layer(tmp_path / "blocks.gpkg", [box(0, 0, 10, 10)], code=["A"], m2=[345.0], leeg=[0.5], doel=["kantoorfunctie"])
    columns = {"floor_area": "m2", "vacant_years": "leeg", "function": "doel"}
    spec = {"layer": "blocks", "id": "code", "kind": "building", "columns": columns}
    plain = judged(flexsite.run(flexsite.load(study(tmp_path, spec))))["A"]
    assert (plain["homes_fit"], plain["failed"]) == (7, "vacant")
    change = {"extends": "building", "capacity": {"factor": 1}, "requires": {"vacant": None}}
    path = study(tmp_path, spec, kinds=[change])
    changed = judged(flexsite.run(flexsite.load(path)))["A"]
    assert (changed["homes_fit"], changed["failed"]) == (10, "")
    other = flexsite.load(path, {"kinds.building.capacity.shared_space": 0.5})
    assert judged(flexsite.run(other))["A"]["homes_fit"] == 7  # 345 / 45


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"candidates": {"layer": "quays", "kind": "qay"}}, "there is no kind of sites 'qay'; did you mean 'quay'"),
        ({"kinds": ["bilding"]}, "there is no built-in kind 'bilding'; did you mean 'building'"),
        ({"kinds": ["gone.yaml"]}, "there is no kind file 'gone.yaml'"),
        ({"kinds": [QUAY, QUAY]}, "the kind 'quay' stands twice"),
        ({"rules": [{"id": "mooring", "exclude": "water"}]}, "a mark 'mooring', which is the id of a rule"),
        ({"rules": [{"id": "x", "exclude": "water", "kinds": ["quays"]}]}, "there is no kind of sites 'quays'"),
        ({"columns": {"depth": {"layer": "water", "column": "x"}}}, "'depth' would be there twice"),
        ({"profiles": [PROFILE | {"kinds": ["ruin"]}]}, "there is no kind of sites 'ruin'"),
        (
            {"candidates": {"layer": "quays", "kind": "quay", "columns": {"dept": "diep"}}},
            "looks at no column 'dept'; did you mean 'depth'",
        ),
        (
            {"candidates": {"layer": "quays", "kind": "quay", "join": "zegt", "columns": {"depth": "diep"}}},
            "'join' makes one candidate of several",
        ),
        (
            {"candidates": {"grid": 100, "also": [{"layer": "quays", "kind": "quay"}]}},
            "belong to candidates of a layer",
        ),
        ({"kinds": [QUAY | {"requires": {"deep": {"column": "dept", "at_least": 1}}}]}, "looks at a column 'dept'"),
        ({"kinds": [QUAY | {"requires": {"deep": {"column": "owner_says", "at_least": 1}}}]}, "compares the column"),
        ({"kinds": [QUAY | {"capacity": {"method": "floor"}}]}, "the method 'floor' needs 'factor'"),
        ({"kinds": [QUAY | {"capacity": {"method": "ground", "plot_area": 5}}]}, "knows no 'plot_area'"),
        ({"kinds": [QUAY | {"capacity": {"method": "unused"}}]}, "looks at a column 'used_share'"),
        ({"kinds": [QUAY | {"requires": {"deep": {"column": "depth"}}}]}, "a condition needs 'at_least'"),
        (
            {
                "candidates": {"layer": "quays", "kind": "roof"},
                "profiles": [{"id": "bare", "unit": {"homes_per_ha": 40}}],
            },
            "homes in sites of the kind 'roof' are counted by the floor area of a home",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_any_data_are_read(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = quays(tmp_path, QUAY, **changes)
    with pytest.raises(FlexsiteError) as caught:
        flexsite.load(path)
    assert message in str(caught.value).replace("\n", " ")


def test_a_group_that_refuses_roofs_needs_no_floor_area(tmp_path: Path) -> None:
    bare = {"id": "bare", "unit": {"homes_per_ha": 40}, "kinds": ["land"]}
    path = quays(tmp_path, QUAY, candidates={"layer": "quays", "kind": "roof"}, profiles=[bare], rules=[])
    result = flexsite.run(flexsite.load(path))
    assert set(result.suitability["homes"]) == {0}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([40.0, 0.5], r"1 values are not at least 0 and at most 1 \(first: 40, feature 1\).*not per cent"),
        (["half", "0.5"], r"'half' is no number \(feature 1\)"),
    ],
)
def test_values_that_cannot_be_are_refused_with_their_feature(tmp_path: Path, values: list[Any], message: str) -> None:
    layer(tmp_path / "parks.gpkg", [box(0, 0, 10, 10), box(20, 0, 30, 10)], code=["A", "B"], used=values)
    spec = {"layer": "parks", "id": "code", "kind": "partly_used", "columns": {"used_share": "used"}}
    with pytest.raises(FlexsiteError, match=message):
        flexsite.run(flexsite.load(study(tmp_path, spec)))


def test_a_column_that_is_not_given_is_unknown_and_told(tmp_path: Path) -> None:
    layer(tmp_path / "parks.gpkg", [box(0, 0, 10, 10)], code=["A"])
    result = flexsite.run(flexsite.load(study(tmp_path, {"layer": "parks", "id": "code", "kind": "partly_used"})))
    assert judged(result)["A"]["failed"] == "unknown:used"
    assert any("'partly_used' need are not given and unknown for all 1: used_share" in text for text in result.warnings)


def test_a_kind_in_words_of_ones_own_counts_as_land_and_is_told(tmp_path: Path) -> None:
    layer(tmp_path / "quays.gpkg", [box(0, 0, 100, 100)], code=["A"])
    spec = {"layer": "quays", "id": "code", "kind": "cell"}
    result = flexsite.run(flexsite.load(study(tmp_path, spec, profiles=[PROFILE | {"kinds": ["land"]}])))
    assert result.suitability["suitable"].all()
    assert set(result.sites["kind"]) == {"cell"}
    assert "1 kinds of candidates are in no rulebook and count as land: cell" in result.warnings
