"""The way of somebody new to the map: a group, two filters, the order, and the three best sites; with mouse and keys.

What the page says is compared with the tables of the same run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytestmark = pytest.mark.browser
LEAST = 40
CARD = "#fs-card"


@pytest.fixture(scope="module")
def best(small: Path) -> pd.DataFrame:
    """The three best sites for starters on ground of a municipality with room for so many homes, from the tables."""
    rows = pd.read_parquet(small / "suitability.parquet").query("profile == 'starter' and suitable")
    sites = pd.read_parquet(small / "sites.parquet", columns=["site_id", "owner_class", "area_m2", "municipality"])
    rows = rows.merge(sites, on="site_id").query("owner_class == 'municipality' and homes >= @LEAST")
    assert len(rows) > 3, "the region has sites to choose from"
    return rows.nsmallest(3, "rank")


@pytest.fixture
def opened(open_map: Callable[..., Any], small: Path) -> Any:
    page = open_map((small / "map.html").read_text(encoding="utf-8"))
    page.page.emulate_media(reduced_motion="reduce")
    return page


def dutch(number: float, decimals: int = 0) -> str:
    return f"{number:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def told(opened: Any, row: Any) -> None:
    """The card says of the site what the tables say."""
    card = opened.text(CARD).replace("\u00a0", " ")
    assert opened.text(f"{CARD} h2") == row.site_id
    count = opened.js("flexsite.ranking().length")
    for part in (f"rang {row.rank} van {count}", dutch(row.homes), dutch(row.score, 1), dutch(row.area_m2), "Gemeente"):
        assert part in card, part


def wait_for(opened: Any, filters: dict[str, Any]) -> None:
    opened.page.wait_for_function(
        "(asked) => JSON.stringify(flexsite.state().filters) === JSON.stringify(asked)", arg=filters
    )


def test_with_the_mouse(opened: Any, best: pd.DataFrame) -> None:
    page = opened.page
    page.select_option("#fs-profile", "senior")
    page.select_option("#fs-profile", label="Starters op de woningmarkt")
    page.click(".fs-filters summary")
    page.locator(".fs-boxes label", has_text="Gemeente").first.click()
    page.fill("#fs-homes-0", str(LEAST))
    wait_for(opened, {"homes": [LEAST, None], "owner": ["Gemeente"]})
    page.click(".fs-filters summary")
    page.click("#fs-sort-homes")
    page.click("#fs-sort-rank")
    assert page.locator("th:has(#fs-sort-rank)").get_attribute("aria-sort") == "ascending"
    listed = page.locator(".fs-list tbody tr")
    assert listed.count() > 3
    for place, row in enumerate(best.itertuples()):
        cells = listed.nth(place).inner_text().replace("\u00a0", " ")
        for part in (row.site_id, dutch(row.score, 1), dutch(row.homes), "Gemeente", row.municipality):
            assert part in cells, part
        listed.nth(place).locator(".fs-pick").click()
        told(opened, row)
    opened.quiet()


def tab_to(opened: Any, wanted: str, most: int = 150) -> None:
    """Press tab until what has the focus is what is wanted; it is to be seen that it has."""
    for _ in range(most):
        opened.page.keyboard.press("Tab")
        if opened.js("(wanted) => document.activeElement.matches(wanted)", wanted):
            assert opened.js("getComputedStyle(document.activeElement).outlineStyle") == "solid", wanted
            return
    raise AssertionError(f"{wanted} is not reached by the keyboard")


def test_with_the_keyboard_alone(opened: Any, best: pd.DataFrame) -> None:
    keys = opened.page.keyboard
    tab_to(opened, "#fs-profile")
    keys.type("Studenten")
    assert opened.js("flexsite.state().profile") == "student"
    opened.page.wait_for_timeout(1200)  # what is typed next is another word
    keys.type("Starters")
    assert opened.js("flexsite.state().profile") == "starter"
    tab_to(opened, ".fs-filters summary")
    keys.press("Enter")
    tab_to(opened, "#fs-homes-0")
    keys.type(str(LEAST))
    tab_to(opened, "input[data-key=owner][data-value=Gemeente]")
    keys.press("Space")
    wait_for(opened, {"homes": [LEAST, None], "owner": ["Gemeente"]})
    tab_to(opened, "#fs-sort-homes")
    keys.press("Enter")
    assert opened.js("flexsite.state().sort") == {"key": "homes", "down": True}
    assert opened.js("document.activeElement.id") == "fs-sort-homes"
    keys.press("Shift+Tab")
    keys.press("Shift+Tab")
    keys.press("Shift+Tab")
    assert opened.js("document.activeElement.id") == "fs-sort-rank"
    keys.press("Enter")
    assert opened.js("flexsite.state().sort") == {"key": "rank", "down": False}
    tab_to(opened, ".fs-pick")
    for place, row in enumerate(best.itertuples()):
        if place:
            keys.press("ArrowDown")
        assert opened.js("document.activeElement.textContent") == row.site_id
        keys.press("Enter")
        told(opened, row)
    keys.press("Escape")
    assert not opened.page.is_visible(CARD)
    opened.quiet()


WATCH = """() => {
  window.reached = new Set();
  document.addEventListener('focusin', (event) => window.reached.add(event.target));
}"""
CONTROLS = """() => {
  const usable = 'button:not(:disabled), input:not(:disabled), select, textarea, summary, a[href], [tabindex="0"]';
  const waits = (one) => (one.matches('[role=tab][aria-selected=false]') || (one.type === 'radio' && !one.checked));
  const seen = (one) => one.checkVisibility({visibilityProperty: true});
  const all = [...document.querySelectorAll(usable)].filter((one) => seen(one) && !waits(one));
  return [all.length, all.filter((one) => !window.reached.has(one)).map((one) => one.outerHTML.slice(0, 120))];
}"""


def reached(opened: Any) -> int:
    """Walk over the page with the tab key; how many controls there are, all of which must have had the focus."""
    opened.js("window.reached.clear()")
    opened.page.focus(".fs-language")  # the first of all
    for _ in range(600):
        opened.page.keyboard.press("Tab")
        if opened.js("document.activeElement === document.body"):
            break
    else:
        raise AssertionError("the keyboard does not leave the page")
    count, missed = opened.js(CONTROLS)
    assert missed == []
    return int(count)


@pytest.mark.parametrize("tab", ["list", "weights", "waterfall", "layers", "notes", "sources"])
def test_the_tab_key_comes_by_every_control(opened: Any, tab: str) -> None:
    opened.js(WATCH)
    opened.page.focus("#fs-tab-list")
    opened.page.keyboard.press("End")
    assert opened.js("document.activeElement.id") == "fs-tab-sources"
    opened.page.keyboard.press("Home")
    while opened.js("document.activeElement.id") != f"fs-tab-{tab}":
        opened.page.keyboard.press("ArrowRight")
    opened.js("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    if tab == "list":
        opened.js("flexsite.compare(flexsite.ranking().slice(0, 3).map((one) => one.site_id))")
        opened.page.click(".fs-list .fs-pick")
        opened.js("document.querySelectorAll('#fs-card details').forEach((one) => { one.open = true; })")
    assert reached(opened) > 10
