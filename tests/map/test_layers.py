"""What lies on the map: signs, dots, hatching, opacity, surroundings, and a background only when it is asked for."""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from flexsite.outputs.map import MapData, SiteMap
from flexsite.outputs.map.backdrop import bounded
from flexsite.outputs.map.background import HOSTS
from flexsite.outputs.map.payload import build

from .fake import BOX, context, study
from .test_browser import COLOUR_AT, NEAR, OUTLINE, PIXELS, bounds_of, where
from .test_page import meta_of

OpenMap = Callable[..., Any]
browser_test = pytest.mark.browser

GREY_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8Dwn4EIwDiqEF8oAHPkCP+ZQ5F2AAAAAElFTkSuQmCC"
)


def projects() -> pd.DataFrame:
    """Two projects with a place, and a confidential one without."""
    return pd.DataFrame(
        {
            "x": [BOX[0] + 2000.0, BOX[0] + 15000.0, np.nan],
            "y": [BOX[1] + 3000.0, BOX[1] + 12000.0, np.nan],
            "homes": pd.array([40, None, 75], dtype="Int64"),
            "year": ["2027", "", "2029"],
            "status": ["1A", "3", "1A"],
            "name": ["Aan de <b>Vaart</b>", "", "planned"],
        }
    )


def small(n: int = 40, **changes: Any) -> MapData:
    """A study without surroundings, so that only sites have colours."""
    return study(n, context=(), excluded=None, **changes)


def wait(opened: Any, milliseconds: int = 400) -> None:
    opened.page.wait_for_timeout(milliseconds)


@browser_test
def test_known_projects_are_stars_that_tell_of_themselves(open_map: OpenMap) -> None:
    opened = open_map(small(projects=projects()))
    assert opened.js(PIXELS, "fsPoints")["#f2b134"] > 60
    assert "Bekende flexprojecten" in opened.text("#fs-legend")
    opened.page.mouse.click(*where(opened, BOX[0] + 2000, BOX[1] + 3000))
    card = opened.text("#fs-card")
    for part in ("Aan de <b>Vaart</b>", "40", "2027", "1A", "telt niet mee"):
        assert part in card
    opened.page.click("#fs-tab-layers")
    assert "Lijst van flexprojecten (2)" in opened.text("#fs-body"), "one has no place that may be shown"
    opened.page.uncheck("label:has-text('Bekende flexprojecten') input")
    wait(opened)
    assert "#f2b134" not in opened.js(PIXELS, "fsPoints")
    opened.quiet()


def test_a_map_without_projects_has_none() -> None:
    meta = meta_of(build(small(3)))
    assert meta["projects"] == []
    assert [one["name"] for one in meta_of(build(small(3, projects=projects())))["projects"]] == [
        "Aan de <b>Vaart</b>",
        "",
    ]


@browser_test
def test_what_is_too_small_to_see_is_a_dot_and_grows_into_its_shape(open_map: OpenMap) -> None:
    data = small(3)
    tiny = data.sites.iloc[2:3].assign(unknown="")
    rows = data.suitability[data.suitability["site_id"].isin(tiny["site_id"])].assign(suitable=True, failed="")
    opened = open_map(dataclasses.replace(data, sites=tiny, suitability=rows))
    x, y = tiny.geometry.iloc[0].centroid.coords[0]
    assert opened.js(COLOUR_AT, where(opened, x, y))[3] == 255, "two metres wide, and seen on a map of 20 km"
    assert 20 < sum(opened.js(PIXELS, "fsSites").values()) < 150
    opened.js("(b) => map_0.fitBounds(b, {animate: false})", bounds_of(tiny.geometry.iloc[0].buffer(5)))
    wait(opened)
    colours = opened.js(PIXELS, "fsSites")
    assert colours["#1b2a6b"] > 500


@browser_test
@pytest.mark.parametrize("metres", [80, 400])
def test_what_is_unknown_is_hatched_small_and_large(open_map: OpenMap, metres: float) -> None:
    """The small one is written as pixels, the large one is a path."""
    data = small(3)
    x, y = BOX[0] + 9000, BOX[1] + 7000
    one = (
        data.sites.iloc[:1].assign(unknown="noise").set_geometry([shapely.box(x, y, x + metres, y + metres)], crs=28992)
    )
    rows = data.suitability[data.suitability["site_id"].isin(one["site_id"])].assign(suitable=True, failed="")
    opened = open_map(dataclasses.replace(data, sites=one, suitability=rows))
    opened.js("([b, z]) => map_0.fitBounds(b, {animate: false, maxZoom: z})", [bounds_of(one.geometry.iloc[0]), 13])
    wait(opened)
    colours = opened.js(PIXELS, "fsSites")
    assert colours["#1b2a6b"] > 2
    assert sum(number for colour, number in colours.items() if colour not in ("#1b2a6b", "translucent")) > 2
    plain = open_map(dataclasses.replace(data, sites=one.assign(unknown=""), suitability=rows))
    plain.js("([b, z]) => map_0.fitBounds(b, {animate: false, maxZoom: z})", [bounds_of(one.geometry.iloc[0]), 13])
    wait(plain)
    assert plain.js(PIXELS, "fsSites")["#1b2a6b"] > colours["#1b2a6b"]


@browser_test
def test_small_shapes_cover_as_much_as_they_should(open_map: OpenMap) -> None:
    """A square with a hole, 12 pixels wide: what its pixels add up to is its area on the screen."""
    data = small(1)
    x, y, side = BOX[0] + 9000, BOX[1] + 7000, 90.0
    ring = shapely.box(x, y, x + side, y + side).difference(shapely.box(x + 30, y + 30, x + 60, y + 60))
    one = data.sites.assign(unknown="").set_geometry([ring], crs=28992)
    opened = open_map(
        dataclasses.replace(data, sites=one, suitability=data.suitability.assign(suitable=True, failed=""))
    )
    opened.js("(b) => map_0.setView(L.latLngBounds(b).getCenter(), 14, {animate: false})", bounds_of(ring))
    wait(opened)
    covered = opened.js(
        """() => {
          let sum = 0;
          for (const canvas of document.querySelectorAll('.leaflet-fsSites-pane canvas')) {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            for (let k = 3; k < data.length; k += 4) sum += data[k] / 255;
          }
          return sum;
        }"""
    )
    metres = 156543.03 * np.cos(np.radians(52.5)) / 2**14
    assert 3 < side / metres < 16
    assert covered == pytest.approx(ring.area / metres**2, rel=0.05)


@browser_test
def test_each_layer_has_its_opacity(open_map: OpenMap) -> None:
    opened = open_map(small(200))
    assert opened.js(PIXELS, "fsSites")["#b5dfa5"] > 20
    opened.page.click("#fs-tab-layers")
    slider = opened.page.locator("input[aria-label='Dekking van Geschikte en beschikbare locaties']")
    slider.focus()
    for _ in range(5):
        opened.page.keyboard.press("ArrowLeft")
    wait(opened)
    colours = opened.js(PIXELS, "fsSites")
    assert "#b5dfa5" not in colours
    assert opened.js(NEAR, OUTLINE) > 50, "what is not suitable has an opacity of its own"
    assert slider.get_attribute("type") == "range"


@browser_test
def test_the_surroundings_are_listed_with_source_and_date_and_can_go(open_map: OpenMap) -> None:
    water = dataclasses.replace(
        context(), kind="water", label={"nl": "Water", "en": "Water"}, names=(), source="Waterkaart", date="2025-03-01"
    )
    opened = open_map(study(20, context=(water,)))
    assert opened.js(PIXELS, "fsBackdrop")["#d9e4ea"] > 10_000
    opened.page.click("#fs-tab-layers")
    assert "Waterkaart · 1 maart 2025" in opened.text("#fs-body")
    opened.page.uncheck("label:has-text('Water') input")
    wait(opened)
    assert "#d9e4ea" not in opened.js(PIXELS, "fsBackdrop")
    assert opened.js(PIXELS, "fsBackdrop")["#fbfbf8"] > 10_000
    assert opened.requests == []


def policy(html: str) -> str:
    found = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert found
    return found.group(1)


def test_a_page_may_ask_its_one_host_for_pictures_and_no_other() -> None:
    assert "img-src data: blob:;" in policy(SiteMap(small(2)).html())
    hosts = {"brt-grijs": "https://service.pdok.nl", "osm": "https://tile.openstreetmap.org"}
    assert hosts == HOSTS
    for name, host in HOSTS.items():
        html = SiteMap(small(2, background=name)).html()
        assert f"img-src data: blob: {host};" in policy(html)
        assert "default-src 'none'" in policy(html)
        assert all(other == host or other not in html for other in HOSTS.values())


@browser_test
def test_a_background_asks_nothing_until_it_is_switched_on_and_is_not_missed(open_map: OpenMap) -> None:
    opened = open_map(study(20, background="osm"))
    opened.page.click("#fs-tab-layers")
    wait(opened)
    opened.quiet()
    assert not opened.page.is_checked("#fs-background")
    opened.page.check("#fs-background")
    wait(opened, 1000)
    assert opened.requests
    assert all(url.startswith("https://tile.openstreetmap.org/") for url in opened.requests)
    assert "niet bereikbaar" in opened.text("#fs-body")
    assert opened.js(PIXELS, "fsBackdrop")["#fbfbf8"] > 10_000, "the study's own map stays"
    assert not opened.page.is_visible(".fs-credit")


@browser_test
def test_a_background_that_answers_names_its_makers_and_lies_below(browser: Any, tmp_path: Any) -> None:
    file = tmp_path / "map.html"
    SiteMap(study(20, background="brt-grijs")).save(file)
    page = browser.new_context().new_page()
    page.route("https://service.pdok.nl/**", lambda route: route.fulfill(body=GREY_PNG, content_type="image/png"))
    page.goto(file.as_uri())
    page.evaluate("() => window.flexsite.ready.then(() => true)")
    page.click("#fs-tab-layers")
    page.check("#fs-background")
    page.wait_for_timeout(1000)
    assert "Kadaster" in page.inner_text(".fs-credit")
    assert "#fbfbf8" not in page.evaluate(PIXELS, "fsBackdrop")
    page.uncheck("#fs-background")
    page.wait_for_timeout(500)
    assert page.evaluate(PIXELS, "fsBackdrop")["#fbfbf8"] > 10_000
    assert not page.is_visible(".fs-credit")
    page.context.close()


@browser_test
def test_a_study_without_a_background_offers_none(open_map: OpenMap) -> None:
    opened = open_map(small(2))
    opened.page.click("#fs-tab-layers")
    assert opened.page.locator("#fs-background").count() == 0
    assert "internet" not in opened.text("#fs-body")
    assert "water, wegen" in opened.text("#fs-body"), "what would help to find one's way is named"


@browser_test
def test_rules_that_took_nothing_are_listed_apart(open_map: OpenMap) -> None:
    opened = open_map(study(20))
    opened.page.click("#fs-tab-layers")
    assert "Beperkingen zonder grond op de kaart (3)" in opened.text("#fs-body")
    opened.page.click("text=Beperkingen zonder grond")
    assert "zoning" in opened.text("#fs-body")


def test_outlines_above_their_bound_are_drawn_coarser() -> None:
    shapes = shapely.buffer(shapely.points([[0, 0], [9000, 0]]), 2000, quad_segs=100)
    simple, tolerance = bounded(shapes, 200)
    assert shapely.get_num_coordinates(simple).sum() <= 200 < shapely.get_num_coordinates(shapes).sum()
    assert max(map(shapely.hausdorff_distance, shapes, simple)) <= tolerance
    assert tolerance in (1, 2, 5, 10)
