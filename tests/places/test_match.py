"""Rules that match columns: the same features as pandas picks, in runs, previews and caches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import flexsite
from flexsite.availability.work import Crew
from flexsite.cache import Cache
from flexsite.errors import InputError
from flexsite.layers.matching import passing
from flexsite.study.match import Match
from flexsite.study.schema import study_schema
from tests.acceptance.helpers import box, cli, one_parcel, raster, run_study, vector
from tests.study.schemas import faults

IDS = np.arange(1000)


def met(values: Any, condition: Any) -> list[bool]:
    """Which values of one column meet a condition."""
    frame = pd.DataFrame({"c": values})
    return [bool(one) for one in passing(frame, {"c": Match.model_validate(condition)}, IDS, "here")]


class TestACondition:
    def test_text_is_compared_without_spaces_around_it_and_with_its_case(self) -> None:
        column = pd.Series([" 1A", "1a", "1A ", None, ""], dtype=object)
        assert met(column, ["1A"]) == [True, False, True, False, False]
        assert met(column, {"not_in": ["1A "]}) == [False, True, False, True, True]

    def test_numbers_and_text_of_numbers_are_alike(self) -> None:
        assert met(pd.Series([3.0, np.nan, 4.5]), [3, "4.5"]) == [True, False, True]
        assert met(pd.Series(["3", None, "3.0"], dtype=object), [3.0]) == [True, False, False]
        assert met(pd.Series([True, False]), [True]) == [True, False]

    def test_a_missing_value_is_in_no_list_even_one_with_an_empty_text(self) -> None:
        assert met(pd.Series(["", None, "x"], dtype=object), ["", "x"]) == [False, False, True]

    def test_bounds_are_inclusive_and_leave_out_what_is_missing(self) -> None:
        assert met(pd.Series([1.0, 2.0, 3.0, np.nan]), {"at_least": 2, "at_most": 3}) == [False, True, True, False]
        assert met(pd.Series(["10", " 9 ", None], dtype=object), {"at_least": 9.5}) == [True, False, False]

    @pytest.mark.parametrize("bad", ["many", "nan", "inf", "1_0", "1e999"])
    def test_text_has_no_bounds(self, bad: str) -> None:
        with pytest.raises(InputError, match="is no number") as error:
            met(pd.Series(["1", bad], dtype=object), {"at_most": 5})
        assert "feature 1" in str(error.value)
        assert "column 'c'" in str(error.value)

    def test_truth_has_no_bounds(self) -> None:
        with pytest.raises(InputError, match="is no number"):
            met(pd.Series([True, False]), {"at_most": 5})

    @pytest.mark.parametrize(
        "wrong", [{}, {"in": []}, {"in": ["a"], "at_most": 1}, {"in": ["a"], "not_in": ["b"]}, {"is": ["a"]}]
    )
    def test_is_one_thing(self, wrong: Any) -> None:
        with pytest.raises(ValidationError):
            Match.model_validate(wrong)


texts = st.sampled_from(["a", "b", "A", " a", "b ", "", "10", None])
columns = st.one_of(
    st.lists(texts, min_size=1, max_size=12).map(lambda values: pd.Series(values, dtype=object)),
    st.lists(st.integers(-3, 12), min_size=1, max_size=12).map(lambda values: pd.Series(values, dtype="int64")),
    st.lists(st.sampled_from([0.5, 1.0, 10.0, float("nan")]), min_size=1, max_size=12).map(
        lambda values: pd.Series(values, dtype="float64")
    ),
)
listed = st.lists(st.sampled_from(["a", "b ", "A", "10", 10, 1, 0.5, -3]), min_size=1, max_size=4)


@settings(deadline=None, max_examples=150)
@given(columns, listed, st.booleans())
def test_lists_pick_what_pandas_picks(column: pd.Series[Any], wanted: list[Any], negated: bool) -> None:
    def text(value: Any) -> Any:
        return f"{value:g}" if isinstance(value, float) else str(value).strip()

    as_text = column.map(lambda value: None if value is None or value != value else text(value))
    expected = as_text.isin([text(value) for value in wanted])
    assert met(column, {"not_in" if negated else "in": wanted}) == (~expected if negated else expected).tolist()


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.one_of(st.integers(-50, 50), st.floats(-50, 50), st.none()), min_size=1, max_size=12),
    st.integers(-20, 20),
    st.integers(0, 20),
    st.booleans(),
)
def test_bounds_pick_what_pandas_picks(values: list[Any], low: int, wide: int, as_text: bool) -> None:
    number = pd.Series(values, dtype="float64")
    column = pd.Series([None if v is None else repr(v) for v in values], dtype=object) if as_text else number
    expected = number.between(low, low + wide).tolist()
    assert met(column, {"at_least": low, "at_most": low + wide}) == expected


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(texts, st.integers(0, 3)), min_size=1, max_size=10), listed, st.integers(0, 3))
def test_all_conditions_are_met_together(rows: list[tuple[Any, int]], wanted: list[Any], most: int) -> None:
    frame = pd.DataFrame({"a": pd.Series([row[0] for row in rows], dtype=object), "b": [row[1] for row in rows]})
    both = {"a": Match.model_validate(wanted), "b": Match(at_most=most)}
    apart = [passing(frame, {name: one}, IDS, "") for name, one in both.items()]
    assert passing(frame, both, IDS, "").tolist() == (apart[0] & apart[1]).tolist()


LEFT, RIGHT = box(0, 0, 50, 100), box(50, 0, 100, 100)


def half_and_half(folder: Path, rule: dict[str, Any], **changes: Any) -> Path:
    """A parcel of a hectare with a zone on its western and one on its eastern half."""
    vector(folder / "zones.gpkg", [LEFT, RIGHT], soort=["west ", "-9"], aantal=[5, 20], jaar=[2030, 2050])
    layers = {
        "zones": {"path": "zones.gpkg", "columns": {"zone": "soort", "homes": "aantal"}, "missing": [-9]},
        **changes.pop("layers", {}),
    }
    return one_parcel(folder, layers=layers, rules=[{"id": "zoned", **rule}], **changes)


def left_ha(path: Path) -> float:
    return float(run_study(path).sites["area_m2"].sum()) / 1e4


class TestARule:
    def test_takes_the_features_that_match_by_our_names_after_missing(self, tmp_path: Path) -> None:
        for match, left in (
            ({"zone": ["west"]}, 0.5),
            ({"zone": ["-9"]}, 1.0),
            ({"zone": {"not_in": ["west"]}}, 0.5),
            ({"zone": {"not_in": ["east"]}}, 0.0),
            ({"homes": {"at_least": 6}}, 0.5),
            ({"zone": ["west"], "homes": {"at_least": 6}}, 1.0),
        ):
            assert left_ha(half_and_half(tmp_path, {"exclude": "zones", "match": match})) == left, match

    def test_where_comes_first_and_both_must_hold(self, tmp_path: Path) -> None:
        rule = {"exclude": "zones", "where": "aantal > 6", "match": {"zone": ["west"]}}
        assert left_ha(half_and_half(tmp_path, rule)) == 1.0

    def test_with_another_effect_keeps_the_values_of_its_features(self, tmp_path: Path) -> None:
        kept = run_study(half_and_half(tmp_path, {"keep": "zones", "match": {"zone": ["west"]}})).sites
        assert kept["area_m2"].tolist() == [5000.0]
        until = {"exclude": "zones", "match": {"zone": {"not_in": ["west"]}}, "until": "jaar"}
        assert run_study(half_and_half(tmp_path, until)).sites["available_until"].astype(str).tolist() == ["2050-01-01"]
        route = {"route": "zones", "column": "homes", "allowed": [5], "match": {"homes": [5]}}
        assert run_study(half_and_half(tmp_path, route)).sites["route_share"].tolist() == [0.5]
        marked = run_study(half_and_half(tmp_path, {"mark": "zones", "match": {"zone": ["north"]}}))
        assert marked.sites["marks"].tolist() == [""]

    def test_that_matches_nothing_says_so_and_check_says_what_there_is(self, tmp_path: Path) -> None:
        path = half_and_half(tmp_path, {"exclude": "zones", "match": {"zone": ["north"]}})
        warnings = run_study(path).warnings
        assert any(text == "rule 'zoned': 0 features of layer 'zones' match in this area" for text in warnings)
        assert not any("none of" in text for text in warnings), "once is enough"
        told = cli("check", path)
        assert "none of 2 features matches: 'zone' holds 'west'" in told.out

    def test_names_a_column_that_is_not_there(self, tmp_path: Path) -> None:
        told = cli("run", half_and_half(tmp_path, {"exclude": "zones", "match": {"zon": ["west"]}}), "--quiet")
        assert told.code == 2
        assert told.says("no column 'zon'")
        assert told.says("did you mean 'zone'?")

    def test_on_a_raster_is_refused(self, tmp_path: Path) -> None:
        raster(tmp_path / "noise.tif", [[50.0, 70.0]], cell=50)
        path = half_and_half(
            tmp_path, {"exclude": "noise", "above": 60, "match": {"zone": ["a"]}}, layers={"noise": "noise.tif"}
        )
        with pytest.raises(InputError, match="'match' asks for columns, and a raster has none"):
            run_study(path)

    def test_matches_in_a_preview_too(self, tmp_path: Path) -> None:
        path = half_and_half(tmp_path, {"exclude": "zones", "match": {"homes": {"at_most": 6}}})
        assert cli("preview", path, "--out", tmp_path / "look", "--quiet").code == 0
        steps = pd.read_csv(tmp_path / "look" / "waterfall.csv").set_index("rule")
        assert steps.loc["zoned", "area_ha"] == 0.5

    def test_that_changes_changes_what_a_cache_gives(self, tmp_path: Path) -> None:
        west = flexsite.load(half_and_half(tmp_path, {"exclude": "zones", "match": {"zone": ["west"]}}))
        with Cache(tmp_path / "cache") as cache:
            first = flexsite.run(west, crew=Crew(1, cache)).sites["geometry"].iloc[0]
            other = flexsite.load(west.path, {"rules.zoned.match": {"homes": {"at_least": 6}}})
            second = flexsite.run(other, crew=Crew(1, cache)).sites["geometry"].iloc[0]
            again = flexsite.run(west, crew=Crew(1, cache)).sites["geometry"].iloc[0]
        assert first.equals(RIGHT)
        assert second.equals(LEFT)
        assert again.equals(first)

    def test_is_written_in_either_form(self, tmp_path: Path) -> None:
        rule = {"exclude": "zones", "match": {"zone": ["west"], "homes": {"at_least": 1, "at_most": 9}}}
        study = flexsite.load(half_and_half(tmp_path, rule))
        assert study.resolved()["rules"][0]["match"] == {
            "zone": {"in": ["west"]},
            "homes": {"at_least": 1.0, "at_most": 9.0},
        }
        schema = study_schema()
        assert faults(study.tree, schema, schema) == []
        assert faults(study.resolved(), schema, schema) == []
        wrong = study.tree | {"rules": [{"id": "a", "exclude": "zones", "match": {"zone": "west"}}]}
        assert faults(wrong, schema, schema)
