"""The card of a site: requirements, window, permits, people and groups as the tables have them; and side by side."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flexsite.outputs.map import ColumnInfo, MapData, RequirementInfo, TestInfo
from flexsite.outputs.map.explained import ExplainedInfo, PermitInfo, explained_meta
from flexsite.outputs.map_data import map_data
from flexsite.outputs.result import Result
from flexsite.pipeline import run
from flexsite.study.loading import load

from .fake import PROFILES, study
from .hostile import PAYLOADS

SMALL = Path(__file__).parents[2] / "data" / "small" / "study.yaml"
OpenMap = Callable[..., Any]
LABEL = {"nl": "Halte", "en": "Stop"}


def told(data: MapData, **changes: Any) -> MapData:
    """The study of `fake`, with requirements that have bounds, windows and what the card tells beside numbers."""
    requirements = (
        RequirementInfo(
            "supermarket",
            {"nl": "supermarkt dichtbij", "en": "supermarket nearby"},
            (TestInfo("supermarket_m", {"nl": "Supermarkt", "en": "Supermarket"}, "m", at_most=1500),),
        ),
        RequirementInfo(
            "pt",
            {"nl": "openbaar vervoer", "en": "public transport"},
            (
                TestInfo("stop_crow_m", LABEL, "m", at_most=700),
                TestInfo("jobs_n", {"nl": "Banen", "en": "Jobs"}, at_least=1e9),
            ),
        ),
    )
    rows = data.suitability
    homes = rows.loc[rows["suitable"], ["site_id", "profile", "homes"]]
    capacity = homes.assign(floor_area_m2=homes["homes"] * 28.0, people=homes["homes"] * 1.18)
    ids = data.sites["site_id"]
    explained = ExplainedInfo(
        variants=pd.DataFrame(
            {
                "variant": ["base", "base", "term_10", "term_10", "<b>x</b>", "<b>x</b>"],
                "profile": ["starter", "tiny_house"] * 3,
                "sites": [10, 20, 15, 25, 5, 6],
                "area_ha": [100.5, 200.5, 120.25, 210.0, 33.0, 44.0],
                "homes": [1000, 2000, 1200, 2100, 300, 400],
            }
        ),
        best=pd.DataFrame({"site_id": ids, "best_for": "tiny_house", "next_best": ["starter", ""] * (len(ids) // 2)}),
        capacity=capacity,
        permits=(
            PermitInfo("deviation", {"nl": "BOPA", "en": "Deviation"}, 8, 6, 12, "Omgevingswet art. 5.1", "found"),
            PermitInfo("deviation", {"nl": "Wijziging", "en": "Change"}, None, None, 6, "", ""),
            PermitInfo("allowed", {"nl": "Binnen plan", "en": "Within the plan"}, 8, None, 0, "", ""),
        ),
        grounds={"starter": {"pt": ("CROW-KpVV", "norm")}},
    )
    profiles = (dataclasses.replace(PROFILES[0], requirements=requirements), *PROFILES[1:])
    return dataclasses.replace(data, **{"explained": explained, "profiles": profiles, **changes})


def show(opened: Any, name: str) -> None:
    """Open the card of any site, as a click on its name beside others does."""
    opened.js("(id) => flexsite.compare([id])", name)
    opened.page.click("#fs-compare .fs-pick")
    opened.js("flexsite.compare([])")
    assert opened.text("#fs-card h2") == name


@pytest.fixture(scope="module")
def result() -> Result:
    """The small study with three of its groups."""
    return run(load(SMALL, {"profiles": ["starter", "tiny_house", "skaeve_huse"], "outputs": ["map"]}))


@pytest.mark.browser
def test_the_card_agrees_with_the_tables_of_a_run(open_map: OpenMap, result: Result) -> None:
    opened = open_map(map_data(result))
    found = opened.js(
        """(points) => { const all = {}; for (const profile of flexsite.profiles) {
          flexsite.select(profile); all[profile] = points.map(([x, y]) => flexsite.explain(x, y)); } return all; }""",
        [[point.x, point.y] for point in result.sites.geometry.representative_point()],
    )
    judged = result.suitability.set_index(["profile", "site_id"])
    capacity = result.tables["capacity"].set_index(["profile", "site_id"])
    best = result.tables["best_for"].set_index("site_id")
    measured = result.sites.set_index("site_id")
    tests = 0
    for profile in result.study.profiles:
        for place in found[profile.id]:
            name = place["site_id"]
            assert (place["best_for"] or "", place["next_best"] or "") == tuple(
                best.loc[name, ["best_for", "next_best"]]
            )
            for group in place["groups"]:
                row = judged.loc[(group["profile"], name)]
                assert group["suitable"] == row["suitable"]
                assert group["rank"] == (None if pd.isna(row["rank"]) else row["rank"])
                assert set(group["failed"]) == {part for part in row["failed"].split(";") if part}
                assert group["homes"] == row["homes"]
            row = judged.loc[(profile.id, name)]
            failed = {part.removeprefix("unknown:"): part for part in row["failed"].split(";") if part}
            assert {one["id"] for one in place["requirements"] if one["met"] is not True} == set(failed)
            for one in place["requirements"]:
                if one["id"] in failed:
                    assert one["met"] is (None if failed[one["id"]].startswith("unknown:") else False)
                if one["tests"] and one["id"] not in failed:
                    assert any(test["met"] for test in one["tests"])
                tests += len(one["tests"])
            if row["suitable"]:
                there = capacity.loc[(profile.id, name)]
                assert place["people"] == pytest.approx({key: there[key] for key in place["people"]})
                assert {"floor_area_m2", "rooms", "people"} <= set(place["people"])
            else:
                assert place["people"] == {}
            until = measured.loc[name, "available_until"]
            assert place["window"]["until"] == (None if pd.isna(until) else str(until))
            assert place["window"]["bridging"] == measured.loc[name, "bridging"]
    assert tests > 100
    opened.quiet()


@pytest.mark.browser
def test_requirements_say_their_bounds_and_follow_them(open_map: OpenMap) -> None:
    data = told(study(60))
    sites = data.sites.set_index("site_id")
    judged = data.suitability[data.suitability["profile"] == "starter"].set_index("site_id")
    chosen = judged.index[(judged["failed"] == "pt").to_numpy()][0]
    opened = open_map(data)
    point = sites.loc[chosen].geometry.representative_point()
    place = opened.js("([x, y]) => flexsite.explain(x, y)", [point.x, point.y])
    assert [(one["id"], one["met"]) for one in place["requirements"]] == [("supermarket", True), ("pt", False)]
    stop, jobs = place["requirements"][1]["tests"]
    assert (stop["met"], jobs["met"], stop["at_most"]) == (False, False, 700)
    assert stop["value"] == pytest.approx(sites.loc[chosen, "stop_crow_m"], abs=0.1)
    show(opened, str(chosen))
    card = opened.text("#fs-card").replace("\u00a0", " ")
    for part in ("Een van deze is genoeg", "hoogstens 700 m", "hoogstens 1.500 m", "CROW-KpVV; norm"):
        assert part in card, part
    signs = opened.js(
        "[...document.querySelectorAll('#fs-card .fs-needs .fs-met')].slice(0, 4).map((one) => one.textContent)"
    )
    assert [sign[0] for sign in signs] == ["\u2713", "\u2717", "\u2717", "\u2717"]
    assert "voldoet niet" in signs[1]  # no sign without words
    opened.js("flexsite.bounds({pt: [{at_most: 5000}, {}]})")
    assert "grens aangepast" in opened.text("#fs-card")
    assert opened.js("([x, y]) => flexsite.explain(x, y).requirements[1].met", [point.x, point.y]) is True
    opened.quiet()


BAR = """() => {
  const whole = document.querySelector('#fs-card .fs-window');
  const at = (name) => {
    const one = whole.querySelector('.' + name);
    return one ? [parseFloat(one.style.left), parseFloat(one.style.width)] : null;
  };
  return {
    text: whole.getAttribute('aria-label'), role: whole.getAttribute('role'),
    open: Boolean(whole.querySelector('.fs-bar-open')), free: at('fs-bar-free'), lead: at('fs-bar-lead'),
    term: at('fs-bar-term'), mark: at('fs-bar-mark'), plus: at('fs-bar-plus'),
  };
}"""


@pytest.mark.browser
def test_the_window_is_a_bar_with_words(open_map: OpenMap) -> None:
    data = told(study(4))
    days = [datetime.date(2040, 1, 1), None, datetime.date(2046, 7, 1), datetime.date(2033, 1, 1)]
    sites = data.sites.assign(
        available_until=days, mark_until=[None, datetime.date(2036, 1, 1), None, None], bridging=["", "", "", "ja"],
    )  # fmt: skip
    data = dataclasses.replace(
        data, sites=sites, kind_columns=(ColumnInfo("bridging", {"nl": "Overbrugt", "en": "Bridges"}),)
    )
    opened = open_map(data)
    by_site = {}
    for name in sites["site_id"]:
        show(opened, name)
        by_site[name] = opened.js(BAR)
    first = by_site[sites["site_id"].iloc[0]]
    # From 2026 to 2044: the term of fifteen years from 2028, and a year more.
    assert first["lead"] == pytest.approx([0, 100 * 2 / 18], abs=0.1)
    assert first["free"] == pytest.approx([100 * 2 / 18, 100 * 12 / 18], abs=0.1)
    assert first["term"][0] == pytest.approx(100 * 17 / 18, abs=0.1)
    assert (first["mark"], first["plus"], first["open"], first["role"]) == (None, None, False, "img")
    assert "tot 1 januari 2040" in first["text"]
    assert "15 jaar" in first["text"]
    second = by_site[sites["site_id"].iloc[1]]
    assert second["open"]
    assert second["mark"][0] == pytest.approx(100 * 10 / 18, abs=0.1)
    assert "geen einde bekend" in second["text"]
    assert "later plan vanaf 1 januari 2036" in second["text"]
    third = by_site[sites["site_id"].iloc[2]]
    assert third["free"] == pytest.approx([100 * 2 / 21.5, 100 * 18.5 / 21.5], abs=0.2)
    fourth = by_site[sites["site_id"].iloc[3]]
    assert fourth["plus"][0] == pytest.approx(100 * 7 / 18, abs=0.1)
    assert "overbrugt" in fourth["text"]
    opened.quiet()


@pytest.mark.browser
def test_permits_people_and_groups_stand_on_the_card(open_map: OpenMap) -> None:
    data = told(study(60))
    judged = data.suitability[(data.suitability["profile"] == "starter") & data.suitability["suitable"]]
    routes = data.sites.set_index("site_id").loc[judged["site_id"], "route"]
    opened = open_map(data)
    order = opened.js("flexsite.ranking().map((one) => one.site_id)")
    chosen = next(k for k, name in enumerate(order[:40]) if routes[name] == "deviation")
    opened.js("(k) => document.querySelectorAll('.fs-list .fs-pick')[k].click()", chosen)
    card = opened.text("#fs-card").replace("\u00a0", " ")
    homes = int(judged.set_index("site_id").loc[order[chosen], "homes"])
    for part in (
        "BOPA 8 weken (+ 6); bezwaar en beroep 12 weken", "Omgevingswet art. 5.1", "geen wettelijke termijn",
        f"{homes * 28:,} m²".replace(",", "."), "past het best", "Geschikt voor",
    ):  # fmt: skip
        assert part in card, part
    assert "Binnen plan" not in card
    opened.page.click("#fs-card #fs-group-1")
    assert opened.js("document.querySelector('#fs-profile').value") == "tiny_house"
    assert opened.text("#fs-card h2") == order[chosen]
    opened.page.click(".fs-language")
    english = opened.text("#fs-card")
    for part in (
        "Requirements of the programme",
        "Whom it suits",
        "Homes and residents",
        "objection and appeal 12 weeks",
    ):
        assert part in english, part
    for part in ("Eisen", "weken", "Bewoners", "Voor wie", "voldoet", "beschikbaar"):
        assert part not in english, part
    opened.quiet()


@pytest.mark.browser
def test_up_to_three_sites_stand_side_by_side(open_map: OpenMap) -> None:
    data = told(study(60))
    opened = open_map(data)
    assert opened.page.locator("#fs-compare:visible").count() == 0
    for k in range(3):
        opened.js("(k) => document.querySelectorAll('.fs-list .fs-pick')[k].click()", k)
        opened.page.focus("#fs-card .fs-comparing")
        opened.page.keyboard.press("Enter")
        assert opened.page.locator("#fs-card .fs-comparing").get_attribute("aria-pressed") == "true"
        assert opened.js("document.activeElement.className") == "fs-comparing"
    first = opened.js("flexsite.ranking().slice(0, 4).map((one) => one.site_id)")
    assert opened.js("flexsite.compare()") == first[:3]
    assert opened.page.locator(".leaflet-marker-icon.fs-letter").count() == 3
    opened.js("(k) => document.querySelectorAll('.fs-list .fs-pick')[k].click()", 3)
    assert opened.page.locator("#fs-card .fs-comparing").is_disabled()
    table = opened.js(
        """() => Object.fromEntries([...document.querySelectorAll('#fs-compare tbody tr')].map((row) => [
        row.querySelector('th').textContent,
        [...row.querySelectorAll('td')].map((cell) => [cell.textContent, cell.className])]))"""
    )
    judged = data.suitability[data.suitability["profile"] == "starter"].set_index("site_id")
    assert [text.replace("beste", "") for text, _ in table["Rang"]] == ["1", "2", "3"]
    assert [name for _, name in table["Rang"]] == ["fs-best", "", ""]
    homes = [int(judged.loc[name, "homes"]) for name in first[:3]]
    assert [int(text.replace("beste", "").replace(".", "")) for text, _ in table["Woningen"]] == homes
    if len(set(homes)) > 1:
        assert [name == "fs-best" for _, name in table["Woningen"]] == [value == max(homes) for value in homes]
    quiet = [int(judged.loc[name, "v_quiet"]) for name in first[:3]]
    assert [
        text.split(" dB")[0].replace("beste", "")[: len(str(value))]
        for (text, _), value in zip(table["Rustig"], quiet, strict=True)
    ] == [str(v) for v in quiet]
    opened.page.focus("#fs-compare .fs-out >> nth=0")
    opened.page.keyboard.press("Enter")
    assert opened.js("flexsite.compare()") == first[1:3]
    assert not opened.page.locator("#fs-card .fs-comparing").is_disabled()
    opened.page.focus("#fs-compare-fold")
    opened.page.keyboard.press("Enter")
    assert opened.page.locator("#fs-compare table").count() == 0
    assert opened.js("document.activeElement.id") == "fs-compare-fold"
    opened.page.click("#fs-compare-done")
    assert opened.page.locator("#fs-compare:visible").count() == 0
    assert opened.page.locator(".leaflet-marker-icon.fs-letter").count() == 0
    opened.quiet()


@pytest.mark.browser
def test_a_comparison_follows_weights_groups_and_languages_and_a_link(open_map: OpenMap) -> None:
    opened = open_map(told(study(60)))
    first = opened.js("flexsite.ranking().slice(0, 2).map((one) => one.site_id)")
    opened.js("(ids) => flexsite.compare(ids)", first)
    before = opened.text("#fs-compare tbody tr:nth-child(2)")
    opened.js("flexsite.weights({supermarket: 0, jobs: 100})")
    assert opened.text("#fs-compare tbody tr:nth-child(2)") != before
    opened.js("flexsite.select('tiny_house')")
    assert "Werk bereikbaar" not in opened.text("#fs-compare")
    opened.page.click(".fs-language")
    assert "Net years" in opened.text("#fs-compare")
    assert "Vergelijken" not in opened.text("#fs-compare")
    for _ in range(50):
        opened.page.wait_for_timeout(100)
        if "vs=" in opened.page.url:
            break
    url = opened.page.url
    opened.page.goto("about:blank")
    opened.page.goto(url)
    opened.js("() => window.flexsite.ready.then(() => true)")
    assert opened.js("flexsite.compare()") == first
    with pytest.raises(Exception, match="no site"):
        opened.js("flexsite.compare(['nowhere'])")
    opened.quiet()


@pytest.mark.browser
def test_variants_stand_beside_the_study_per_group(open_map: OpenMap) -> None:
    opened = open_map(told(study(20)))
    opened.page.click("#fs-tab-waterfall")
    rows = """() => [...document.querySelectorAll('.fs-waterfall section')]
      .find((one) => /Varianten|Variants/.test(one.querySelector('h3').textContent))
      .querySelectorAll('tbody tr').values()
      .map((row) => [...row.children].map((cell) => cell.firstChild ? cell.firstChild.textContent : '')).toArray()"""
    assert opened.js(rows) == [["studie", "101", ""], ["term 10", "120", "+19,8"], ["<b>x</b>", "33,0", "\u221267,5"]]
    opened.page.click("#fs-count-homes")
    assert opened.js(rows) == [["studie", "1.000", ""], ["term 10", "1.200", "+200"], ["<b>x</b>", "300", "\u2212700"]]
    opened.js("flexsite.select('tiny_house')")
    opened.page.click("#fs-count-sites")
    assert opened.js(rows) == [["studie", "20", ""], ["term 10", "25", "+5"], ["<b>x</b>", "6", "\u221214"]]
    opened.quiet()


@pytest.mark.browser
def test_the_waterfall_is_led_by_what_a_rule_costs_by_itself(open_map: OpenMap) -> None:
    data = study(40)
    opened = open_map(data)
    opened.page.click("#fs-tab-waterfall")
    rows = data.waterfall[data.waterfall["stage"] == "availability"].set_index("rule")
    shown = opened.js(
        """() => [...document.querySelectorAll('.fs-waterfall section:nth-of-type(2) tbody tr')].map((row) => [
        row.querySelector('th').firstChild.textContent,
        row.querySelector('.fs-lead').textContent, row.querySelector('small').textContent])"""
    )
    named = {name: (lead, note) for name, lead, note in shown}
    assert "zoning" not in named  # it took nothing, and stands with what took nothing
    assert "Nam niets (2)" in opened.text(".fs-idle")
    for rule in ("built", "natura2000", "noise"):
        assert float(named[rule][0].replace(",", ".")) == pytest.approx(rows.loc[rule, "only_ha"], abs=0.51)
        assert "op haar beurt" in named[rule][1]
    assert named["natura2000"][1].startswith("sluit uit; op haar beurt")
    opened.page.click("#fs-count-homes")
    assert "pas per programma geteld" in opened.text("#fs-body")
    assert "woningen" in opened.text("#fs-count-homes")
    opened.quiet()


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_of_it_is_wider_than_the_screen(open_map: OpenMap, width: int) -> None:
    data = told(study(40, title=PAYLOADS[0]))
    opened = open_map(data, width=width)
    opened.js("(ids) => flexsite.compare(ids)", data.sites["site_id"].iloc[:3].tolist())
    opened.js("document.querySelector('.fs-list .fs-pick').click()")
    for tab in ("list", "waterfall"):
        opened.page.click(f"#fs-tab-{tab}")
        assert opened.js("document.documentElement.scrollWidth") <= width
    opened.quiet()


def test_what_a_home_brings_is_one_number_or_one_per_site() -> None:
    from flexsite.outputs.map.columns import Columns

    ids = ["a", "b", "c"]
    frame = pd.DataFrame({"site_id": ["c", "a"], "profile": "p", "homes": [10, 20], "people": np.nan})
    frame = frame.assign(floor_area_m2=[280.0, 560.0], rooms=[20.0, 39.0])
    own = explained_meta(Columns(), ExplainedInfo(capacity=frame), ids)["capacity"]["p"]
    assert own["floor_area_m2"] == {"each": 28.0}
    assert own["rooms"]["value"]["few"] == [20, 39, None]
    assert "people" not in own
