"""Screening: the user's own plots, every one a row with its verdict and reasons."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pytest
import shapely

import flexsite as package
from flexsite.errors import InputError

from .conftest import Said
from .helpers import box, edit, layer

Command = Callable[..., Said]
PLOTS: dict[str, Any] = {
    "free": box(0, 0, 60, 60),
    "half": box(220, 0, 280, 100),
    "gone": box(260, 0, 300, 50),
    "wet": box(400, 0, 450, 50),
    "rest": box(245, 0, 300, 90),
    "split": box(200, 120, 400, 130).union(box(200, 120, 210, 200)).union(box(390, 120, 400, 200)),
    "far": box(5000, 0, 5100, 100),
    "parts": shapely.MultiPolygon([box(0, 200, 50, 250), box(100, 200, 120, 250)]),
}


@pytest.fixture
def plots(tmp_path: Path) -> Path:
    return layer(tmp_path / "plots.gpkg", list(PLOTS.values()), plot_id=list(PLOTS), street=["x"] * len(PLOTS))


def screened(study: Path, plots: Path, **options: Any) -> dict[str, dict[str, Any]]:
    found = package.screen(plots, package.load(study), **options).plots
    assert found["plot_id"].is_unique
    return {row["plot_id"]: row for row in found.to_dict(orient="records")}


def test_every_plot_is_a_row_with_a_verdict(study: Path, plots: Path) -> None:
    rows = screened(study, plots)
    assert set(rows) == set(PLOTS)
    assert {name: (row["verdict"], row["rules"], row["available_m2"]) for name, row in rows.items()} == {
        "free": ("available", "", 3600),
        "half": ("partly", "reserve", 3000),
        "gone": ("excluded", "reserve", 0),
        "wet": ("excluded", "plan", 0),
        "rest": ("too_small", "reserve", 450),
        "split": ("partly", "reserve;plan", 2100),
        "far": ("outside_area", "", 10_000),
        "parts": ("available", "", 3500),
    }
    assert {name: row["area_m2"] for name, row in rows.items()} == {name: shape.area for name, shape in PLOTS.items()}


def test_what_each_rule_touches_whatever_others_take(study: Path, plots: Path) -> None:
    rows = screened(study, plots)
    assert {name: rows[name]["reserve_m2"] for name in ("free", "half", "gone", "rest")} == {
        "free": 0, "half": 3000, "gone": 2000, "rest": 4500,
    }  # fmt: skip
    assert rows["half"]["looked_at_m2"] == 3000, "a mark touches what the reserve took"


def test_columns_measures_and_profiles_of_the_largest_site(study: Path, plots: Path) -> None:
    rows = screened(study, plots)
    assert (rows["free"]["stop_m"], rows["free"]["purpose"], rows["free"]["route"]) == (50, "wonen", "allowed")
    assert (rows["parts"]["site_id"], rows["parts"]["site_area_m2"]) == ("parts.1", 2500)
    assert (rows["free"]["tester_suitable"], rows["free"]["tester_homes"], rows["free"]["tester_rank"]) == (True, 14, 1)
    suitable = [row for row in rows.values() if row["tester_suitable"] is True]
    assert sorted(row["tester_rank"] for row in suitable) == list(range(1, len(suitable) + 1))


def test_a_plot_without_a_site_is_told_as_a_whole_and_never_suitable(study: Path, plots: Path) -> None:
    for name in ("gone", "wet", "rest"):
        row = screened(study, plots)[name]
        assert row["tester_suitable"] is False
        assert row["tester_failed"].split(";")[0] == "available"
        assert pd.isna(row["tester_rank"]) and row["site_area_m2"] == 0
        assert row["stop_m"] > 0, "how far it is from a stop is known all the same"


def test_the_plot_itself_is_drawn(study: Path, plots: Path) -> None:
    rows = screened(study, plots)
    assert all(rows[name]["geometry"].equals(shape) for name, shape in PLOTS.items())


def test_the_same_rules_and_the_same_numbers_as_a_run(study: Path, tmp_path: Path) -> None:
    """Screening the candidates of a study says what its run says."""
    result = package.run(package.load(study))
    rows = screened(study, tmp_path / "parcels.gpkg")
    sites = result.sites.set_index("site_id")
    assert set(sites.index) <= set(rows)
    for name, row in rows.items():
        if name in sites.index:
            site = sites.loc[name]
            assert (row["site_area_m2"], row["stop_m"], row["marks"]) == (
                site["area_m2"],
                site["stop_m"],
                site["marks"],
            )
        else:
            assert row["verdict"] == "excluded"


def test_which_column_names_a_plot(study: Path, tmp_path: Path) -> None:
    shapes = [box(0, 0, 50, 50), box(60, 0, 110, 50)]
    for number, (columns, options, expected) in enumerate(
        [
            ({"id": [7, 8], "plot_id": ["a", "b"]}, {}, {"a", "b"}),
            ({"id": [7, 8], "name": ["a", "b"]}, {}, {"7", "8"}),
            ({"id": [7, 8], "name": ["a", "b"]}, {"id_column": "name"}, {"a", "b"}),
            ({"name": ["a", "b"]}, {}, {"1", "2"}),
        ]
    ):
        path = layer(tmp_path / f"p{number}.gpkg", shapes, **columns)
        assert set(screened(study, path, **options)) == expected
    with pytest.raises(InputError, match="'street'"):
        screened(study, path, id_column="street")


def test_a_layer_among_several(study: Path, tmp_path: Path) -> None:
    for name, shape in (("first", box(0, 0, 50, 50)), ("second", box(60, 0, 110, 50))):
        pyogrio.write_dataframe(
            package.screen(layer(tmp_path / f"{name}.gpkg", [shape], plot_id=[name]), package.load(study)).plots[
                ["plot_id", "geometry"]
            ],
            tmp_path / "both.gpkg",
            layer=name,
            append=(tmp_path / "both.gpkg").exists(),
        )
    assert set(screened(study, tmp_path / "both.gpkg", layer="second")) == {"second"}
    with pytest.raises(InputError, match="first"):
        screened(study, tmp_path / "both.gpkg")


def test_a_study_of_cells_screens_plots(study: Path, plots: Path) -> None:
    edit(study, "{layer: parcels, id: code, min_area: 500}", "{grid: 100, min_area: 500}")
    assert screened(study, plots)["half"]["verdict"] == "partly"


def test_a_study_without_rules(study: Path, plots: Path) -> None:
    text = study.read_text(encoding="utf-8")
    start, end = text.index("rules:"), text.index("columns:")
    rows = screened(edit(study, write=text[:start] + text[end:]), plots)
    assert {row["verdict"] for name, row in rows.items() if name != "far"} == {"available"}


def test_a_rule_called_area_hides_no_column(study: Path, plots: Path) -> None:
    row = screened(edit(study, "id: reserve", "id: area"), plots)["half"]
    assert (row["area_m2"], row["rule_area_m2"]) == (6000, 3000)


def test_a_plot_may_not_bear_the_id_of_another_plots_part(study: Path, tmp_path: Path) -> None:
    path = layer(tmp_path / "p.gpkg", [PLOTS["parts"], box(260, 0, 300, 50)], plot_id=["k", "k.1"])
    with pytest.raises(InputError, match=r"'k\.1'"):
        screened(study, path)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: folder / "nothing.gpkg", "no such file"),
        (lambda folder: layer(folder / "p.gpkg", [shapely.Point(150_000, 450_000)], id=["a"]), "polygon"),
        (
            lambda folder: layer(folder / "p.gpkg", [box(0, 0, 9, 9), box(20, 0, 29, 9)], id=["a", "a"]),
            "more than once",
        ),
    ],
)
def test_plots_that_cannot_be_screened(
    flexsite: Command, study: Path, tmp_path: Path, spoil: Callable[[Path], Path], words: str
) -> None:
    said = flexsite("screen", spoil(tmp_path), "--study", study, "--out", tmp_path / "out")
    assert said.code == 2 and words in said.err
    assert not (tmp_path / "out").exists()


HOSTILE = ["=HYPERLINK(1)", "<script>alert(1)</script>", 'a,b\r\n"c"', "</textarea>{{x}}", "../../up", "é" * 40]


def test_hostile_ids_are_data_and_nothing_else(flexsite: Command, study: Path, tmp_path: Path) -> None:
    shapes = [box(60 * i, 200, 60 * i + 50, 250) for i in range(len(HOSTILE))]
    path = layer(tmp_path / "p.gpkg", shapes, plot_id=HOSTILE)
    said = flexsite("screen", path, "--study", study, "--out", tmp_path / "out")
    assert said.code == 0
    table = pd.read_csv(tmp_path / "out" / "screen.csv", dtype=str)
    assert set(table["plot_id"]) == {*HOSTILE[1:], "'=HYPERLINK(1)"}
    assert set(pyogrio.read_dataframe(tmp_path / "out" / "screen.gpkg", layer="screen")["plot_id"]) == set(HOSTILE)
    assert "<script>alert(1)" not in (tmp_path / "out" / "map.html").read_text(encoding="utf-8")


def test_the_command(flexsite: Command, study: Path, plots: Path, tmp_path: Path) -> None:
    said = flexsite("screen", plots, "--study", study, "--out", "out", "--set", "candidates.min_area=100")
    assert said.code == 0
    assert said.out.splitlines() == ["8 plots: 2 available, 2 excluded, 1 outside_area, 3 partly", "out"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "map.html", "run.json", "screen.csv", "screen.gpkg", "waterfall.csv",
    }  # fmt: skip
    header = (tmp_path / "out" / "screen.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header[:5] == ["plot_id", "area_m2", "available_m2", "verdict", "rules"]
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert {"plots.gpkg", "nature.gpkg", "study.yaml"} <= set(record["inputs"])
    flexsite("screen", plots, "--study", study, "--out", "again", "--set", "candidates.min_area=100")
    for name in ("screen.csv", "screen.gpkg", "map.html"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_run_leaves_no_screening_behind(flexsite: Command, study: Path, plots: Path, tmp_path: Path) -> None:
    assert flexsite("screen", plots, "--study", study, "--out", "out").code == 0
    assert flexsite("run", study, "--out", "out").code == 0
    assert not (tmp_path / "out" / "screen.csv").exists() and not (tmp_path / "out" / "map.html").exists()
