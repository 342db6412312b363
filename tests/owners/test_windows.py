"""Windows with lead times by owner and route, moves, bridging, and how many sites reach which term."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexsite.availability.leading import bridging, moves, net_years
from flexsite.availability.window import whole_months
from flexsite.outputs.windows import WINDOWS
from tests.acceptance.helpers import box, day, empty, run_study, vector

from .worlds import row_of, world

DAYS = st.dates(date(2000, 1, 1), date(2080, 1, 1))


def planned(folder: Path, years: list[int | None], **keys: Any) -> Any:
    """A parcel per year in which a hard plan needs it, None for none; the result."""
    some = [(shape, year) for shape, year in zip(row_of(len(years)), years, strict=True) if year is not None]
    if some:
        vector(folder / "plans.gpkg", [shape for shape, _ in some], jaar=[year for _, year in some])
        keys["layers"] = {"plans": "plans.gpkg", **keys.get("layers", {})}
        rule = {"id": "plans", "exclude": "plans", "until": "jaar", "horizon": 0}
        keys["rules"] = [rule, *keys.get("rules", [])]
    names = keys.pop("names", ["Jansen"] * len(years))
    return run_study(world(folder, len(years), row_of(len(years)), {"naam": names}, **keys))


def moved(result: Any) -> list[int | None]:
    return [None if empty(value) else int(value) for value in result.sites["moves"]]


class TestMoves:
    """Case 10 of the seeds: term 15, payback 30; a lead time of 3 years leaves 12 of a window that ends after 15."""

    def test_term_15_is_one_move(self, tmp_path: Path) -> None:
        assert moved(planned(tmp_path, [None])) == [1]

    def test_net_12_is_two(self, tmp_path: Path) -> None:
        result = planned(tmp_path, [2041], lead_time=36)
        assert result.sites["net_years"].tolist() == [12.0]
        assert moved(result) == [2]

    def test_a_longer_window_than_the_term_saves_none(self, tmp_path: Path) -> None:
        assert moved(planned(tmp_path, [2090])) == [1]

    def test_ground_needed_before_the_homes_come_has_none(self, tmp_path: Path) -> None:
        result = planned(tmp_path, [2030, 2031, 2032], lead_times={"owner": {"other": 36}})
        assert result.sites["net_years"].tolist() == [-1.0, 0.0, 1.0]
        assert moved(result) == [None, None, 29]
        assert result.suitability["suitable"].tolist() == [False, False, False]

    @pytest.mark.parametrize(
        ("payback", "term", "expected"), [(30, 10, 2), (30, 5, 5), (20, 15, 1), (15, 15, 0), (8, 15, 0)]
    )
    def test_by_payback_and_term(self, tmp_path: Path, payback: int, term: int, expected: int) -> None:
        assert moved(planned(tmp_path, [None], payback=payback, term=term)) == [expected]

    @given(st.integers(1, 60), st.integers(1, 400), st.integers(1, 40))
    def test_so_many_and_one_less_would_not_pay(self, payback: int, months: int, term: int) -> None:
        """All places together reach the payback; one place fewer does not."""
        found = moves(payback, np.array([months / 12]), term)[0]
        stay = min(months, 12 * term)
        assert (found + 1) * stay >= 12 * payback > found * stay


class TestLeadTimes:
    def test_by_owner_and_by_route(self, tmp_path: Path) -> None:
        vector(tmp_path / "zoning.gpkg", row_of(3), use=["wonen", "agrarisch", "wonen"])
        result = planned(
            tmp_path, [2042] * 4, names=["Gemeente Urk", "Gemeente Urk", "Jansen", "Jansen"],
            layers={"zoning": "zoning.gpkg"},
            rules=[{"id": "zone", "route": "zoning", "column": "use", "allowed": ["wonen"], "otherwise": "deviation"}],
            lead_times={"owner": {"municipality": 6, "other": 12}, "route": {"deviation": 8, "unlisted": 30}},
        )  # fmt: skip
        sites = result.sites
        assert sites["lead_months"].tolist() == [6, 14, 12, 20]
        assert [day(one) for one in sites["available_from"]] == ["2028-07-01", "2029-03-01", "2029-01-01", "2029-09-01"]
        assert sites["net_years"].tolist() == [13.5, 154 / 12, 13.0, 148 / 12]
        assert moved(result) == [2, 2, 2, 2]

    def test_eat_the_term(self, tmp_path: Path) -> None:
        """10 years are asked; 2038 is 10 years after the study's lead time, and 9 after that of a private owner."""
        names = ["Stichting Ymere", "Jansen"]
        without = planned(tmp_path, [2038, 2038], names=names)
        with_them = planned(tmp_path, [2038, 2038], names=names, lead_times={"owner": {"other": 12}})
        assert without.suitability["failed"].tolist() == ["", ""]
        assert with_them.suitability["failed"].tolist() == ["", "term"]
        assert with_them.sites["net_years"].tolist() == [10.0, 9.0]

    def test_of_the_rulebook_can_be_changed_one_by_one(self, tmp_path: Path) -> None:
        names = ["Gemeente Urk", "Jansen", "Stichting Ymere"]
        variants = {"quick": {"lead_times.owner.municipality": 1, "lead_times.route.unknown": 0}}
        result = planned(tmp_path, [None] * 3, names=names, lead_times="nl", variants=variants)
        assert result.sites["lead_months"].tolist() == [12, 18, 6]
        assert result.variants["quick"].sites["lead_months"].tolist() == [1, 12, 0]

    def test_left_out_change_nothing(self, tmp_path: Path) -> None:
        years = [2030, 2042, None]
        plain, empty_ones = planned(tmp_path, years), planned(tmp_path, years, lead_times={})
        assert "lead_months" not in plain.sites.columns
        assert plain.sites.equals(empty_ones.sites.drop(columns="lead_months"))
        assert [day(one) for one in plain.sites["available_from"]] == ["2028-01-01"] * 3
        assert plain.suitability.equals(empty_ones.suitability)

    def test_do_not_move_what_a_plan_takes(self, tmp_path: Path) -> None:
        """Exclusion goes by the study's lead time alone: the ground is the same, its net years are not."""
        vector(tmp_path / "plans.gpkg", row_of(2), jaar=[2037, 2039])
        keys: dict[str, Any] = {
            "layers": {"plans": "plans.gpkg"},
            "rules": [{"id": "plans", "exclude": "plans", "until": "jaar", "horizon": 10}],
        }
        names = {"naam": ["Jansen"] * 2}
        plain = run_study(world(tmp_path, 2, row_of(2), names, **keys))
        late = run_study(world(tmp_path, 2, row_of(2), names, **keys, lead_times={"owner": {"other": 60}}))
        assert plain.sites["site_id"].tolist() == late.sites["site_id"].tolist() == ["K2"]
        assert (plain.sites["net_years"].tolist(), late.sites["net_years"].tolist()) == ([11.0], [6.0])

    def test_without_owners_every_owner_is_unknown_and_that_is_said(self, tmp_path: Path) -> None:
        result = planned(tmp_path, [None], owners=None, lead_times={"owner": {"other": 12, "unknown": 9}})
        assert result.sites["lead_months"].tolist() == [9]
        assert any("every one counts as unknown, 9 months" in text for text in result.warnings)

    @given(
        st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.lists(st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1)))
    )
    def test_net_years_are_those_of_the_calendar(self, begin: date, ends: list[date | None]) -> None:
        starts, until = np.array([begin] * len(ends), dtype=object), np.array(ends, dtype=object)
        expected = [None if end is None else whole_months(begin, end) / 12 for end in ends]
        assert [None if np.isnan(one) else one for one in net_years(starts, until).tolist()] == expected


class TestBridging:
    """The term ends on 2043-01-01: 2026 + 24 months + 15 years."""

    def soft(self, folder: Path, hard: list[int | None], soft: list[int | None], **keys: Any) -> list[bool]:
        rows = [(shape, year) for shape, year in zip(row_of(len(soft)), soft, strict=True) if year is not None]
        vector(folder / "ideas.gpkg", [shape for shape, _ in rows], jaar=[year for _, year in rows])
        mark = {"id": "ideas", "mark": "ideas", "until": "jaar", "class": "soft"}
        result = planned(folder, hard, layers={"ideas": "ideas.gpkg"}, rules=[mark], **keys)
        return [bool(one) for one in result.sites["bridging"]]

    def test_is_a_hard_plan_beyond_the_window(self, tmp_path: Path) -> None:
        result = planned(tmp_path, [None, 2042, 2043, 2050])
        assert result.sites["bridging"].tolist() == [False, False, True, True]

    def test_or_a_soft_one(self, tmp_path: Path) -> None:
        assert self.soft(tmp_path, [None] * 3, [None, 2040, 2045]) == [False, False, True]

    def test_and_none_needs_it_before(self, tmp_path: Path) -> None:
        assert self.soft(tmp_path, [2050, 2040, 2050], [2040, 2050, 2045]) == [False, False, True]

    def test_counts_from_when_the_site_is_ready(self, tmp_path: Path) -> None:
        keys: dict[str, Any] = {"names": ["Stichting Ymere", "Jansen"], "lead_times": {"owner": {"other": 1}}}
        assert self.soft(tmp_path, [None, None], [2043, 2043], **keys) == [True, False]

    def test_is_no_reason_to_fail(self, tmp_path: Path) -> None:
        result = planned(tmp_path, [2050])
        assert result.suitability["suitable"].all() and result.sites["marks"].tolist() == [""]

    @given(st.lists(st.tuples(*[st.none() | st.dates(date(2025, 1, 1), date(2060, 1, 1))] * 2), min_size=1))
    def test_equals_its_definition_row_by_row(self, rows: list[tuple[date | None, date | None]]) -> None:
        begin = np.array([date(2028, 1, 1)] * len(rows), dtype=object)
        hard, soft = (np.array(part, dtype=object) for part in zip(*rows, strict=True))
        end = date(2043, 1, 1)
        expected = [any(pair) and all(one is None or one >= end for one in pair) for pair in rows]
        assert bridging(begin, hard, soft, 15).tolist() == expected


class TestTheTable:
    def test_counts_sites_that_reach_each_term(self, tmp_path: Path) -> None:
        table = planned(tmp_path, [2034, 2040, 2042, None]).tables["windows"]
        assert list(table.columns) == list(WINDOWS)
        rows = list(table.fillna(-1).itertuples(index=False, name=None))
        assert rows == [
            ("", 5.0, 4, 4.0, -1, 12.0, 5),
            ("", 10.0, 3, 3.0, -1, 13.0, 2),
            ("", 15.0, 1, 1.0, -1, -1.0, 1),
            ("tester", 5.0, 4, 4.0, 160, 12.0, 5),
            ("tester", 10.0, 3, 3.0, 120, 13.0, 2),
            ("tester", 15.0, 1, 1.0, 40, -1.0, 1),
        ]

    def test_at_its_own_term_a_profile_has_its_suitable_sites(self, tmp_path: Path) -> None:
        result = planned(tmp_path, [2034, 2040, 2042, None], terms=[10])
        (row,) = result.tables["windows"][result.tables["windows"]["profile"] == "tester"].itertuples()
        suitable = result.suitability[result.suitability["suitable"]]
        assert (row.sites, row.homes) == (len(suitable), suitable["homes"].sum())

    def test_other_requirements_hold(self, tmp_path: Path) -> None:
        profile = {"id": "tester", "unit": {"homes_per_ha": 40}, "homes": {"min": 41}}
        table = planned(tmp_path, [2034, None], profiles=[profile]).tables["windows"]
        assert table[table["profile"] == "tester"]["sites"].tolist() == [0, 0, 0]

    @pytest.mark.parametrize(
        ("years", "keys", "there"), [([None], {}, False), ([None], {"terms": [7]}, True), ([2040], {}, True)]
    )
    def test_is_there_when_asked_for_or_when_plans_are(
        self, tmp_path: Path, years: list[int | None], keys: dict[str, Any], there: bool
    ) -> None:
        assert ("windows" in planned(tmp_path, years, **keys).tables) == there

    def test_longer_terms_never_count_more(self, tmp_path: Path) -> None:
        years = [2029 + place for place in range(20)]
        table = planned(tmp_path, years, terms=[1, 3, 5, 8, 13, 21]).tables["windows"]
        for _, rows in table.groupby("profile"):
            assert rows["sites"].is_monotonic_decreasing and rows["homes"].dropna().is_monotonic_decreasing
            assert rows["median_net_years"].dropna().is_monotonic_increasing

    def test_is_written(self, tmp_path: Path) -> None:
        planned(tmp_path, [2040]).write(tmp_path / "out")
        found = pd.read_csv(tmp_path / "out" / "windows.csv", keep_default_na=False)
        assert found["profile"].tolist() == [""] * 3 + ["tester"] * 3
        assert found["homes"].tolist()[:3] == ["", "", ""]


def test_a_window_of_one_owner_moves_no_other(tmp_path: Path) -> None:
    """Two sites of one plan, each with its own net years."""
    vector(tmp_path / "plans.gpkg", [box(-10, -10, 400, 110)], jaar=[2040])
    keys: dict[str, Any] = {
        "layers": {"plans": "plans.gpkg"},
        "rules": [{"id": "plans", "exclude": "plans", "until": "jaar", "horizon": 1}],
        "lead_times": {"owner": {"other": 18}},
    }
    result = run_study(world(tmp_path, 2, row_of(2), {"naam": ["Stichting Ymere", "Jansen"]}, **keys))
    assert result.sites["net_years"].tolist() == [12.0, 10.5]
