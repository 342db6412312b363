"""A page per site, from the folder of a run alone."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flexsite.errors import InputErrors
from flexsite.outputs.report import facts_in, report_page, sheets_page
from flexsite.outputs.report.timebar import WIDTH, time_bar
from tests.acceptance.test_local import VETO, notes
from tests.outputs.helpers import run, world

from .pages import Taken


@pytest.fixture(scope="module")
def told(english: Path) -> dict[str, Taken]:
    facts = facts_in(english)
    return {name: Taken(sheets_page(facts, [name])) for name in ("K1", "K2", "K3", "K4")}


def test_area_owner_candidate_and_columns(told: dict[str, Taken]) -> None:
    page = told["K2"]
    assert page.headings[:2] == [(1, "A small world"), (2, "K2Oost")]
    for text in ("5,000 m² (0.50 ha)", "Other (private and such)", "Candidate K2", "Municipality Oost", "Site sheet"):
        assert text in page.text, text
    assert "309,000 → 220,000" in page.text


def test_per_group_suitable_or_why_not_with_what_the_homes_mean(told: dict[str, Taken]) -> None:
    """K3 lies 480 m from the stop; 0.7 ha is 7 homes of 50 m2 and 3 rooms for those far off."""
    assert told["K3"].table("For whom and for whom not")[1:] == [
        ["Tester", "no", "asked Bus, tram or metro stop (on foot): ≤ 400 m; here 480 m", "–", "–", "–", "–", "–"],
        ["Far off", "yes", "rank 2 of 3", "70.0", "7", "350", "21", "–"],
    ]
    assert told["K1"].row("For whom", "Tester") == {
        "For whom": "Tester", "Suitable": "yes", "Rank or reason": "rank 1 of 2", "Score": "90.0", "Homes": "30",
        "Floor area (m²)": "750", "Rooms": "60", "People": "45",
    }  # fmt: skip


def test_the_window_with_its_plan_and_moves(told: dict[str, Taken]) -> None:
    assert "Available from 1 January 2026 Available until 1 January 2050 Net years 24.0" in told["K3"].text
    assert "no end known" in told["K1"].text


def test_measures_with_the_bounds_that_groups_set(told: dict[str, Taken]) -> None:
    [row] = told["K1"].table("Access and surroundings")[1:]
    assert row == ["Bus, tram or metro stop (on foot)", "50 m", "✓ ≤ 400 m (Tester); ✗ ≥ 200 m (Far off)"]


def test_marks_and_what_is_unknown(told: dict[str, Taken]) -> None:
    """K4 lies outside what the plans know, and is the municipality's."""
    assert "planned no data here; that is not the same as free" in told["K4"].text
    marks = told["K4"].text[told["K4"].text.index("Marks") :]
    assert "Public selection (Didam)" in marks and re.search(r"20\d\d", marks)
    assert "Marks none" in told["K2"].text and "Unknown none" in told["K2"].text


def test_requirements_that_fail_for_want_of_a_value_or_of_size(tmp_path: Path) -> None:
    profile = {
        "id": "asker",
        "requires": {"quiet": {"any": [{"measure": "noise", "at_most": 55}, {"measure": "stop", "at_most": 10}]}},
        "unit": {"homes_per_ha": 10},
        "homes": {"min": 8},
        "term": {"min": 30},
    }
    run(world(tmp_path, profiles=[profile], outputs=["parquet"])).write(tmp_path / "out")
    page = Taken(sheets_page(facts_in(tmp_path / "out"), ["K3"]))
    why = page.row("For whom", "asker")["Rank or reason"]
    assert "unknown: Noise (Lden) / Bus, tram or metro stop (on foot)" in why
    assert "24.0 net years, at least 30 asked" in why and "7 homes, at least 8 asked" in why


def test_what_people_who_know_the_place_say(tmp_path: Path) -> None:
    local = {"path": notes(tmp_path, VETO), "veto": "exclude"}
    run(world(tmp_path, local=local, outputs=["parquet"])).write(tmp_path / "out")
    facts = facts_in(tmp_path / "out")
    page = Taken(sheets_page(facts, ["K1"]))
    assert "Local verdict Veto Polluted ground" in page.text
    assert page.row("For whom", 'Tester & "son"')["Rank or reason"] == "Veto of who knows the place"
    assert "Veto of who knows the place" in [row[0] for row in Taken(report_page(facts)).table("What is left")]


def test_several_sites_get_a_page_each_in_the_order_asked(english: Path) -> None:
    page = Taken(sheets_page(facts_in(english), ["K3", "K1", "K3"]))
    assert [text for level, text in page.headings if level == 2] == ["K3West", "K1Oost"]
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))


def test_every_part_of_the_report_has_an_id_of_its_own(english: Path) -> None:
    page = Taken((english / "report.html").read_text(encoding="utf-8"))
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))


def test_an_unknown_site_names_the_nearest(english: Path) -> None:
    with pytest.raises(InputErrors) as raised:
        sheets_page(facts_in(english), ["K22", "somewhere"])
    first, second = (str(error) for error in raised.value.errors)
    assert "K22" in first and "did you mean 'K2'" in first
    assert "somewhere" in second and "4 sites, such as K1, K2, K3" in second


class TestTimeBar:
    """From 2026 with a term of 10 years; the bar shows three years more than the last thing in it."""

    @staticmethod
    def bar(
        facts: Any, until: datetime.date | None, ready: datetime.date | None = None
    ) -> dict[str, tuple[float, float]]:
        site = {"site_id": "K", "available_from": ready, "available_until": until, "mark_until": pd.NaT}
        rects = re.findall(r'x="([\d.]+)" y="14" width="([\d.]+)" height="16" class="(\w+)"', time_bar(site, facts))
        return {name: (float(x), float(width)) for x, width, name in rects}

    def test_until_a_plan(self, english: Path) -> None:
        bars = self.bar(facts_in(english), datetime.date(2046, 1, 1), datetime.date(2028, 1, 1))
        year = WIDTH / 23
        assert bars["preparing"] == (0, pytest.approx(2 * year, abs=0.2))
        assert bars["free"] == (pytest.approx(2 * year, abs=0.2), pytest.approx(18 * year, abs=0.3))
        assert bars["needed"] == (pytest.approx(20 * year, abs=0.3), pytest.approx(3 * year, abs=0.4))

    def test_without_an_end_it_goes_on(self, english: Path) -> None:
        assert self.bar(facts_in(english), None) == {"preparing": (0, 0), "free": (0, WIDTH)}

    def test_needed_before_it_is_ready(self, english: Path) -> None:
        bars = self.bar(facts_in(english), datetime.date(2027, 1, 1), datetime.date(2028, 1, 1))
        assert bars["free"][1] == 0
