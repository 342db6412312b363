"""The verdicts of the Noord-Holland report on small invented runs; needs no data."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

FULL = ("buildings", "landuse", "provincial")
PLACES = ["Texel", "Schagen", "Amsterdam", "Amsterdam", "Haarlem"]
PROFILES = ("flex_without_pt", "flex_with_pt", "flex_with_pt_or_unknown")


def write_run(folder: Path, passing: dict[str, list[bool]], *, places: list[str], layers: tuple[str, ...] = ()) -> Path:
    """A finished run of one-hectare cells: per profile which of them meet the access requirement."""
    ids = [f"E{number}N0" for number in range(len(places))]
    folder.mkdir(parents=True)
    profiles = [{"id": name, "unit": {"homes_per_ha": 50.0}} for name in PROFILES]
    study = {
        "name": "invented", "date": "2020-07-01", "term": 10.0, "candidates": {"grid": 100.0},
        "layers": {name: {} for name in layers}, "profiles": profiles,
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps({"study": study}), encoding="utf-8")
    known = [name == "Amsterdam" for name in places]
    pd.DataFrame(
        {
            "site_id": ids,
            "area_m2": 10_000.0,
            "municipality": places,
            "station_crow_m": [3000.0] * len(ids),
            "no_stop_data_v": [0.0 if yes else 1.0 for yes in known],
        }
    ).to_parquet(folder / "sites.parquet")
    rows = [
        {"site_id": site, "profile": name, "suitable": ok, "failed": "" if ok else "pt", "homes": 50}
        for name in PROFILES
        for site, ok in zip(ids, passing[name], strict=True)
    ]
    pd.DataFrame(rows).to_parquet(folder / "suitability.parquet")
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Five cells; one of the two with known stops has access, the three others are unknown."""
    passing = {
        "flex_without_pt": [True] * 5,
        "flex_with_pt": [False, False, True, False, False],
        "flex_with_pt_or_unknown": [True, True, True, False, True],
    }
    folder = write_run(tmp_path / "run", passing, places=PLACES)
    write_run(folder / "variants" / "no_rules", passing, places=PLACES)
    return folder


def test_the_drop_has_a_bound_for_either_reading_of_unknown(relations: ModuleType, small: Path) -> None:
    run = relations.read(small)
    assert relations.drops(run.base) == {name: pytest.approx((0.2, 0.8)) for name in ("rows", "ha", "homes")}
    assert relations.drops(relations.known_only(run.base))["rows"] == pytest.approx((0.5, 0.5))


def test_a_requirement_fails_when_it_is_unknown_too(relations: ModuleType) -> None:
    assert relations.fails("unknown:pt;homes.min", "pt")
    assert not relations.fails("pt_frequency", "pt")
    assert not relations.fails("", "pt")


def test_homes_that_fail_something_else_do_not_count_as_lost_to_access(relations: ModuleType, small: Path) -> None:
    table = pd.read_parquet(small / "suitability.parquet")
    table.loc[table["site_id"] == "E0N0", ["suitable", "failed"]] = [False, "homes.min"]
    table.to_parquet(small / "suitability.parquet")
    run = relations.read(small)
    assert len(run.base.passing("flex_without_pt")) == 4
    assert len(run.base.passing("flex_without_pt", "pt")) == 5


def test_municipalities_add_up_and_the_nameless_are_named(relations: ModuleType, small: Path) -> None:
    sites = pd.read_parquet(small / "sites.parquet")
    sites.loc[4, "municipality"] = None
    sites.to_parquet(small / "sites.parquet")
    table = relations.municipality_table(relations.read(small)).set_index("municipality")
    assert list(table.loc["Amsterdam"]) == [2, 2.0, 100, 50, 50]
    assert list(table.loc["(none)"]) == [1, 1.0, 50, 0, 50]
    assert table["homes_without_pt"].sum() == 250


def test_the_location_quotient_compares_with_all_land(relations: ModuleType, tmp_path: Path) -> None:
    every = {name: [True] * 4 for name in PROFILES}
    folder = write_run(tmp_path / "run", every, places=["Texel", "Texel", "Texel", "Haarlem"], layers=FULL)
    write_run(folder / "variants" / "no_rules", every, places=["Texel", "Haarlem", "Haarlem", "Haarlem"])
    found = relations.relations(relations.read(folder))[3]
    assert "75.0% of the ground of the cells, location quotient 3.00" in found.run
    assert found.verdict == "supported"


def test_without_the_null_no_concentration_can_be_judged(relations: ModuleType, tmp_path: Path) -> None:
    every = {name: [True] * 5 for name in PROFILES}
    found = relations.relations(relations.read(write_run(tmp_path / "run", every, places=PLACES, layers=FULL)))[3]
    assert (found.verdict, found.null) == ("not testable", "-")


@pytest.mark.parametrize(
    ("judge", "arguments", "verdict"),
    [
        ("capacity", (3e6, 2e6, []), "supported"),
        ("capacity", (3e6, 2e6, ["buildings"]), "consistent but trivial"),
        ("capacity", (1e6, 2e6, []), "contradicted"),
        ("capacity", (1e6, 2e6, ["buildings"]), "contradicted"),
        ("drop", (0.85, 0.95, 0.8, []), "supported"),
        ("drop", (0.10, 0.70, 0.8, []), "contradicted"),
        ("drop", (0.10, 0.95, 0.8, []), "not testable"),
        ("drop", (0.80, 0.95, 0.8, []), "not testable"),
        ("drop", (0.85, 0.95, 0.8, ["stops"]), "not testable"),
        ("owners", (None, None), "not testable"),
        ("owners", (0.10, 0.0), "supported"),
        ("owners", (0.30, 0.0), "contradicted"),
        ("owners", (0.10, 0.02), "contradicted"),
        ("concentration", (0.6, 1.5, []), "supported"),
        ("concentration", (0.6, 1.1, []), "contradicted"),
        ("concentration", (0.3, 1.5, []), "contradicted"),
        ("concentration", (0.6, 1.5, ["landuse"]), "not testable"),
    ],
)
def test_verdicts(relations: ModuleType, judge: str, arguments: tuple[Any, ...], verdict: str) -> None:
    assert getattr(relations, f"judge_{judge}")(*arguments) == verdict


def test_a_folder_that_is_no_run_is_refused(relations: ModuleType, tmp_path: Path, small: Path) -> None:
    with pytest.raises(SystemExit, match="no finished run"):
        relations.read(tmp_path)
    record = json.loads((small / "run.json").read_text(encoding="utf-8"))
    record["study"]["profiles"] = record["study"]["profiles"][:1]
    (small / "run.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(SystemExit, match="flex_with_pt"):
        relations.read(small)


def test_the_report_goes_to_a_file(relations: ModuleType, small: Path, tmp_path: Path) -> None:
    relations.main([str(small), "--out", str(tmp_path / "report.md")])
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert text.startswith("# invented") and "| T4 |" in text
