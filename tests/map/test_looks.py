"""How the map looks: nothing is cut off or broken over lines that belong together, from a phone to a wide screen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from flexsite.outputs.map import ContextInfo

from .fake import BOX, RD, study

pytestmark = pytest.mark.browser
OpenMap = Callable[..., Any]
LINES = """(selector) => {
  const middles = [...document.querySelectorAll(selector)].map((one) => one.getBoundingClientRect())
    .map((box) => box.top + box.height / 2).sort((a, b) => a - b);
  return middles.filter((at, k) => !k || at - middles[k - 1] > 5).length;
}"""
CUT = """(selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility()
  && one.scrollWidth > one.clientWidth + 1).map((one) => one.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("width", [390, 768, 1280, 2560])
def test_tabs_and_sites_fit_their_lines(open_map: OpenMap, small: Path, width: int) -> None:
    opened = open_map(
        (small / "map.html").read_text(encoding="utf-8"), width=width, height=1440 if width > 2000 else 800
    )
    for _ in ("nl", "en"):
        assert opened.js("document.documentElement.scrollWidth") <= width
        assert opened.js(LINES, ".fs-tabs button") == 1
        assert opened.js(CUT, ".fs-tabs, .fs-big b, .fs-list, .fs-list tr, #fs-legend") == []
        row = ".fs-list tbody tr:nth-child(2)"
        assert opened.js(LINES, f"{row} .fs-pick, {row} .fs-comparing") == 1
        assert opened.js(LINES, f"{row} td:not(.fs-late)") == 1
        assert opened.js(f"document.querySelector('{row}').offsetHeight") < 120
        opened.page.click(".fs-language")
    size = opened.js("parseFloat(getComputedStyle(document.body).fontSize)")
    assert size == (15 if width < 2000 else pytest.approx(16.9, abs=0.1))


def test_on_a_phone_the_map_comes_before_what_it_rests_on(open_map: OpenMap) -> None:
    opened = open_map(study(40), width=390)
    top = "(selector) => document.querySelector(selector).getBoundingClientRect().top"
    places = [opened.js(top, one) for one in (".fs-group", ".folium-map", "#fs-legend", ".fs-about", "#fs-body")]
    assert places == sorted(places)
    assert places[1] < 500


@pytest.mark.parametrize("width", [1280, 1600])
def test_a_card_and_a_comparison_do_not_lie_on_each_other(open_map: OpenMap, width: int) -> None:
    opened = open_map(study(60), width=width)
    opened.js("flexsite.compare(flexsite.ranking().slice(0, 3).map((one) => one.site_id))")
    opened.page.click(".fs-list .fs-pick")
    apart = """() => {
      const [a, b] = ['#fs-card', '#fs-compare'].map((one) => document.querySelector(one).getBoundingClientRect());
      return a.bottom <= b.top || b.right <= a.left;
    }"""
    assert opened.js(apart)


def test_a_tab_is_opened_with_room_to_read_it(open_map: OpenMap) -> None:
    opened = open_map(study(60))
    for tab in ("weights", "waterfall", "layers"):
        opened.page.click(f"#fs-tab-{tab}")
        assert opened.js("document.querySelector('#fs-body').getBoundingClientRect().top") < 400


def test_what_is_in_reach_is_drawn_when_asked_for(open_map: OpenMap) -> None:
    ground = gpd.GeoSeries([shapely.box(BOX[0] + 5000, BOX[1] + 5000, BOX[0] + 9000, BOX[1] + 9000)], crs=RD)
    reach = ContextInfo("reach", {"nl": "Bereikbaar", "en": "In reach"}, ground, ("30 min",))
    data = study(60)
    opened = open_map(dataclasses.replace(data, context=(*data.context, reach)))
    drawn = "document.querySelectorAll('.leaflet-fsShown-pane canvas').length"
    named = "[...document.querySelectorAll('.fs-name')].some((one) => one.textContent === '30 min')"
    assert opened.js(drawn) == 0
    assert not opened.js(named)
    assert "Bereikbaar" not in opened.text("#fs-legend")
    opened.page.click("#fs-tab-layers")
    opened.page.check("label:has-text('Bereikbaar') input")
    opened.page.wait_for_timeout(300)
    assert opened.js(drawn) > 0
    assert opened.js(named)
    assert "Bereikbaar" in opened.text("#fs-legend")
    opened.page.uncheck("label:has-text('Bereikbaar') input")
    assert not opened.js(named)
    opened.quiet()
