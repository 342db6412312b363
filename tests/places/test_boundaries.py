"""The same sites under several delineations (case G11): rank correlation and flips, worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

import flexsite
from flexsite.access.delineations import grid_cells
from flexsite.errors import InputErrors
from flexsite.study.boundaries import Boundaries
from flexsite.study.schema import study_schema
from flexsite.suitability.boundaries import compare, lines, spearman
from tests.acceptance.helpers import RD, box, cli, profile_file, study_file, vector
from tests.availability.helpers import study as plain_study
from tests.study.schemas import faults

# Four sites in a row. Neighbourhoods put 1, 2 | 3, 4 together, districts 1 | 2, 3 | 4.
SITES = [box(100 * i + 40, 40, 100 * i + 60, 60) for i in range(4)]
BUURTEN, BUURT_VALUES = [box(0, 0, 200, 100), box(200, 0, 400, 100)], [2, 8]
WIJKEN, WIJK_VALUES = [box(0, 0, 100, 100), box(100, 0, 300, 100), box(300, 0, 400, 100)], [4, 2, 9]
BY_HAND = 1 / np.sqrt(18)
"""Ranks 1.5 1.5 3.5 3.5 and 3 1.5 1.5 4: deviations -1 -1 1 1 and 0.5 -1 -1 1.5; 1 / sqrt(4 * 4.5)."""


def town(folder: Path, *boundaries: dict[str, Any], **changes: Any) -> Path:
    """The four sites and both delineations, in files."""
    vector(folder / "area.gpkg", [box(-50, -50, 450, 150)])
    vector(folder / "parcels.gpkg", SITES, code=["1", "2", "3", "4"])
    vector(folder / "buurten.gpkg", BUURTEN, leefbaarheid=BUURT_VALUES)
    vector(folder / "wijken.gpkg", WIJKEN, score=WIJK_VALUES)
    layers = {
        "parcels": "parcels.gpkg",
        "neighbourhoods": {"path": "buurten.gpkg", **changes.pop("buurten", {})},
        "districts": {"path": "wijken.gpkg", "columns": {"leefbaarheid": "score"}},
    }
    content = {
        "flexsite": 1, "name": "Town", "crs": RD, "date": "2026-01-01", "term": 10, "area": "area.gpkg",
        "layers": layers, "candidates": {"layer": "parcels", "id": "code"}, "outputs": ["parquet"],
        "boundaries": list(boundaries),
    }  # fmt: skip
    return study_file(folder, content | changes)


TWO = {"buurt": "neighbourhoods", "wijk": "districts"}
ASKED = {"measure": "liveability", "layers": TWO, "column": "leefbaarheid"}


def told(path: Path, **changes: Any) -> pd.DataFrame:
    return flexsite.run(flexsite.load(path, changes)).tables["boundaries"]


class TestTwoPartitionsOfTheSamePoints:
    def test_by_hand(self, tmp_path: Path) -> None:
        rows = told(town(tmp_path, ASKED | {"threshold": 5}, ASKED | {"threshold": 3}, ASKED | {"best": 1, "worst": 9}))
        assert rows[["measure", "column", "a", "b"]].drop_duplicates().to_numpy().tolist() == [
            ["liveability", "leefbaarheid", "buurt", "wijk"]
        ]
        assert rows["sites"].tolist() == [4, 4, 4]
        assert rows["spearman"].tolist() == pytest.approx([BY_HAND] * 3)
        assert rows["line"].tolist() == [5, 3, 5]
        assert rows["flips"].tolist() == [1, 2, 1]

    def test_is_written_as_csv(self, tmp_path: Path) -> None:
        path = town(tmp_path, ASKED | {"threshold": 5})
        assert cli("run", path, "--out", tmp_path / "run", "--quiet").code == 0
        text = (tmp_path / "run" / "boundaries.csv").read_text()
        assert text == (
            "measure,column,a,b,sites,spearman,profiles,line,flips\n"
            "liveability,leefbaarheid,buurt,wijk,4,0.235702260396,,5.0,1\n"
        )

    def test_takes_its_lines_from_the_profiles(self, tmp_path: Path) -> None:
        for name, best, worst in (("a", 1, 9), ("b", 2, 8), ("c", 6, 0)):
            criteria = {"x": {"measure": "liveability", "best": best, "worst": worst, "weight": 0}}
            profile_file(tmp_path, name, criteria=criteria)
        path = town(tmp_path, ASKED, profiles=["a.yaml", "b.yaml", "c.yaml"])
        rows = told(path)
        assert rows[["profiles", "line", "flips"]].to_numpy().tolist() == [["a;b", 5.0, 1], ["c", 3.0, 2]]

    def test_without_a_line_counts_no_flips(self, tmp_path: Path) -> None:
        rows = told(town(tmp_path, ASKED))
        assert rows["flips"].isna().tolist() == [True]
        assert rows["spearman"].tolist() == pytest.approx([BY_HAND])

    def test_leaves_out_sites_of_which_one_delineation_knows_nothing(self, tmp_path: Path) -> None:
        path = town(tmp_path, ASKED | {"threshold": 5}, buurten={"missing": [8]})
        rows = told(path)
        assert rows[["sites", "flips"]].to_numpy().tolist() == [[2, 0]]
        assert rows["spearman"].isna().all(), "both sites have one value in the neighbourhoods"

    def test_is_there_only_when_asked_for(self, tmp_path: Path) -> None:
        path = town(tmp_path, ASKED)
        content = flexsite.load(path).tree
        del content["boundaries"]
        assert "boundaries" not in flexsite.run(flexsite.load(study_file(tmp_path, content))).tables


class TestABufferAndAGrid:
    def test_weigh_the_layer_with_the_smallest_areas_by_ground(self, tmp_path: Path) -> None:
        path = town(tmp_path, ASKED | {"buffer": 50, "grid": 150, "threshold": 5})
        rows = told(path)
        assert rows[["a", "b"]].to_numpy().tolist() == [
            ["buurt", "wijk"], ["buurt", "buffer_50"], ["buurt", "grid_150"],
            ["wijk", "buffer_50"], ["wijk", "grid_150"], ["buffer_50", "grid_150"],
        ]  # fmt: skip
        # The districts are the finest: their median is one hectare, that of the neighbourhoods two.
        around = [site.buffer(50, quad_segs=16) for site in SITES]
        buffers = np.array([mean(ring) for ring in around])
        cells = {i: mean(shapely.box(150_000 + i, 450_000, 150_150 + i, 450_150)) for i in (0, 150)}
        # 150,000 and 450,000 are multiples of 150: cells begin at the corner of the world. Site 2 lies astride.
        assert 150_000 % 150 == 450_000 % 150 == 0
        # Of the cell under site 4 the districts cover less than half, so that it has no value.
        by_cell = np.array([cells[0], (cells[0] + cells[150]) / 2, cells[150], np.nan])
        wijk = np.array([4.0, 2, 2, 9])
        buurt = np.array([2.0, 2, 8, 8])
        expected = {"buurt": buurt, "wijk": wijk, "buffer_50": buffers, "grid_150": by_cell}
        for row in rows.to_dict("records"):
            known = np.isfinite(expected[row["a"]]) & np.isfinite(expected[row["b"]])
            left, right = expected[row["a"]][known], expected[row["b"]][known]
            assert row["sites"] == len(left) == (3 if "grid_150" in row.values() else 4)
            assert row["spearman"] == pytest.approx(spearmanr(left, right).statistic)
            assert row["flips"] == ((left >= 5) != (right >= 5)).sum()

    def test_cells_stand_on_multiples_of_their_side(self) -> None:
        sites = np.array([shapely.box(-5, 95, 5, 105), shapely.box(0, 100, 100, 200)])
        assert sorted(cell.bounds[:2] for cell in grid_cells(sites, 100.0)) == [
            (-100, 0),
            (-100, 100),
            (0, 0),
            (0, 100),
        ]

    def test_the_grid_of_a_layer_in_cells_of_its_own_is_that_layer(self, tmp_path: Path) -> None:
        cells = [box(100 * i, 0, 100 * i + 100, 100) for i in range(4)]
        vector(tmp_path / "cells.gpkg", cells, leefbaarheid=[3, 1, 4, 2])
        path = town(tmp_path, ASKED | {"layers": {"cell": "districts"}, "grid": 100, "threshold": 2.5})
        rows = told(path, **{"layers.districts": "cells.gpkg"})
        assert rows[["a", "b", "spearman", "flips"]].to_numpy().tolist() == [["cell", "grid_100", 1.0, 0]]


def mean(ground: Any) -> float:
    """Mean of the districts under some ground, weighted by area."""
    areas = [shape.intersection(ground).area for shape in WIJKEN]
    return float(np.average(WIJK_VALUES, weights=areas))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=0, max_size=12))
def test_the_coefficient_is_scipy_s_ties_averaged(pairs: list[tuple[int, int]]) -> None:
    left, right = np.array([pair[0] for pair in pairs], float), np.array([pair[1] for pair in pairs], float)
    found = spearman(left, right)
    if len(set(left)) < 2 or len(set(right)) < 2:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(left, right).statistic, abs=1e-9)
        assert found == spearman(right, left)
        assert spearman(left, -right) == -found


def test_a_value_on_the_line_is_on_the_better_side() -> None:
    study = plain_study()
    values = [{"a": np.array([5.0, 5.0]), "b": np.array([6.0, 4.0])}]
    up = Boundaries(measure="x", layers={"a": "l"}, column="c", buffer=1.0, best=9, worst=1)
    down = up.model_copy(update={"best": 1, "worst": 9})
    assert compare([up], values, study)["flips"].tolist() == [1]
    assert compare([down], values, study)["flips"].tolist() == [1]
    assert lines(up, study)[0].better(np.array([4.9, 5, 5.1])).tolist() == [False, True, True]
    assert lines(down, study)[0].better(np.array([4.9, 5, 5.1])).tolist() == [True, True, False]


class TestTheStudy:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"best": 1}, "'best' and 'worst' come together"),
            ({"best": 1, "worst": 2, "threshold": 1}, "either 'threshold' or 'best' and 'worst'"),
            ({"best": 1, "worst": 1}, "there is no middle"),
            ({"layers": {"buurt": "neighbourhoods"}}, "nothing to be compared with"),
            ({"layers": TWO | {"x": "nowhere"}}, "the layer 'nowhere' is not defined"),
            ({"bufer": 5}, "did you mean 'buffer'?"),
        ],
    )
    def test_that_is_wrong_is_refused(self, tmp_path: Path, change: dict[str, Any], message: str) -> None:
        with pytest.raises(InputErrors) as error:
            flexsite.load(town(tmp_path, ASKED | change))
        assert message in str(error.value)

    def test_stands_in_the_schema(self, tmp_path: Path) -> None:
        study = flexsite.load(town(tmp_path, ASKED | {"buffer": 500, "grid": 500, "threshold": 5}))
        schema = study_schema()
        assert faults(study.tree, schema, schema) == []
        assert faults(study.resolved(), schema, schema) == []

    def test_says_nothing_of_a_private_layer_in_public(self, tmp_path: Path) -> None:
        path = town(tmp_path, ASKED | {"threshold": 5}, audience="public", buurten={"private": True})
        result = flexsite.run(flexsite.load(path))
        assert "boundaries" not in result.tables
        result.write(tmp_path / "run")
        assert "leefbaarheid" not in (tmp_path / "run" / "run.json").read_text(encoding="utf-8").replace(
            '"leefbaarheid": "score"', ""
        )

    def test_names_a_column_that_a_layer_lacks(self, tmp_path: Path) -> None:
        for command in ("run", "check"):
            outcome = cli(command, town(tmp_path, ASKED | {"column": "leefbarheid"}))
            assert outcome.code == 2
            assert outcome.says("no column 'leefbarheid'")
