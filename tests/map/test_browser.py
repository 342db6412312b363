"""The map in a real browser: it is painted, it answers, and it says what Python says."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from flexsite.outputs.map import MapData

from .fake import BOX, PROFILES, study, suitability
from .hostile import PAYLOADS, hostile_study

pytestmark = pytest.mark.browser

OpenMap = Callable[..., Any]

PIXELS = """(pane) => {
  const counts = {};
  const hex = (value) => (value & 255).toString(16).padStart(2, '0');
  for (const canvas of document.querySelectorAll('.leaflet-' + pane + '-pane canvas')) {
    const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (const value of new Uint32Array(image.data.buffer)) {
      const colour = '#' + hex(value) + hex(value >> 8) + hex(value >> 16);
      const key = value >>> 24 === 255 ? colour : 'translucent';
      if (value >>> 24) counts[key] = (counts[key] || 0) + 1;
    }
  }
  return counts;
}"""
NEAR = """([pane, [red, green, blue]]) => {
  let count = 0;
  for (const canvas of document.querySelectorAll('.leaflet-' + pane + '-pane canvas')) {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let k = 0; k < data.length; k += 4) {
      const off = Math.max(Math.abs(data[k] - red), Math.abs(data[k + 1] - green), Math.abs(data[k + 2] - blue));
      if (data[k + 3] > 60 && off < 5) count++;
    }
  }
  return count;
}"""
OUTLINE = ["fsSites", [0xA3, 0xAB, 0xB3]]  # of what is not suitable, thin and soft
COLOUR_AT = """([x, y]) => {
  const inside = (box) => x >= box.left && x < box.right && y >= box.top && y < box.bottom;
  const canvases = [...document.querySelectorAll('.leaflet-fsSites-pane canvas')];
  const canvas = canvases.find((one) => inside(one.getBoundingClientRect()));
  const box = canvas.getBoundingClientRect();
  const ratio = canvas.width / box.width;
  const place = [Math.floor((x - box.left) * ratio), Math.floor((y - box.top) * ratio)];
  return [...canvas.getContext('2d').getImageData(...place, 1, 1).data];
}"""
CLASS_COLOURS = {
    "top 1 %": "#1b2a6b",
    "top 5 %": "#1f6fb2",
    "top 20 %": "#3fb3bd",
    "rest": "#b5dfa5",
}


def where(opened: Any, x: float, y: float) -> tuple[float, float]:
    """The place on the screen of a point in the study CRS."""
    import pyproj

    lon, lat = pyproj.Transformer.from_crs(28992, 4326, always_xy=True).transform(x, y)
    box = opened.page.locator(".folium-map").bounding_box()
    at = opened.js(
        "([lat, lon]) => { const p = map_0.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }", [lat, lon]
    )
    return box["x"] + at[0], box["y"] + at[1]


def ranking_of(data: MapData, profile: str, weights: dict[str, int]) -> list[tuple[str, int]]:
    """Site ids and ranks by numpy, written down here on its own."""
    rows = data.suitability[data.suitability["profile"] == profile].sort_values("site_id", kind="stable")
    rows = rows[rows["suitable"]]
    number = np.zeros(len(rows), dtype=np.int64)
    for name, weight in weights.items():
        number += weight * rows[f"v_{name}"].to_numpy(dtype=np.int64)
    order = np.lexsort((np.arange(len(rows)), -number))
    return [(rows["site_id"].iloc[k], rank) for rank, k in enumerate(order, start=1)]


def test_it_opens_without_a_word_and_without_the_network(open_map: OpenMap) -> None:
    opened = open_map(study(300))
    opened.quiet()
    assert opened.js("flexsite.profiles") == ["starter", "tiny_house"]
    assert opened.page.title() == "Noord-Holland, eerste verkenning"
    panel = opened.text("#fs-panel")
    for part in (
        "INTERN GEBRUIK",
        "1 januari 2026",
        "15 jaar",
        "12 van 40",
        "parcels, water",
        "bureaustudie",
        "Starters",
    ):
        assert part in panel
    opened.quiet()


def test_every_class_is_painted(open_map: OpenMap) -> None:
    opened = open_map(study(400))
    counts = opened.js(PIXELS, "fsSites")
    for name, colour in CLASS_COLOURS.items():
        assert counts.get(colour, 0) > 20, name
    assert opened.js(NEAR, OUTLINE) > 200
    assert opened.js(PIXELS, "fsBackdrop").get("#fbfbf8", 0) > 50_000


def test_a_hole_is_not_painted_and_unknown_is_hatched(open_map: OpenMap) -> None:
    data = study(3)
    data = dataclasses.replace(data, context=(), sites=data.sites.assign(unknown=["", "noise", ""]))
    opened = open_map(data)
    x, y = BOX[0] + 9000, BOX[1] + 7000
    opened.js("(b) => map_0.fitBounds(b, {animate: false})", bounds_of(data.sites.geometry.iloc[0]))
    opened.page.wait_for_timeout(400)
    assert opened.js(COLOUR_AT, where(opened, x + 450, y + 350))[3] == 0
    assert opened.js(COLOUR_AT, where(opened, x + 150, y + 350))[3] == 255
    opened.js("(b) => map_0.fitBounds(b, {animate: false})", bounds_of(data.sites.geometry.iloc[1]))
    opened.page.wait_for_timeout(400)
    assert len([n for n in opened.js(PIXELS, "fsSites").values() if n > 300]) >= 2, (
        "two colours: the class and its hatching"
    )


def bounds_of(shape: shapely.Geometry) -> list[list[float]]:
    west, south, east, north = gpd.GeoSeries([shape], crs=28992).to_crs(4326).total_bounds
    return [[south, west], [north, east]]


def test_a_click_on_a_site_gives_its_card_with_every_value(open_map: OpenMap) -> None:
    data = study(300)
    opened = open_map(data)
    x, y = BOX[0] + 9150, BOX[1] + 7350
    opened.page.mouse.click(*where(opened, x, y))
    card = opened.text("#fs-card")
    site = data.sites.iloc[0]
    row = data.suitability[
        (data.suitability["site_id"] == site["site_id"]) & (data.suitability["profile"] == "starter")
    ].iloc[0]
    assert site["site_id"] in card
    assert site["candidate_id"] in card
    assert site["municipality"] in card
    assert site["owner"] in card
    assert f"{row['homes']}" in card
    for word in (
        "Planologische route",
        "Beschikbaar vanaf",
        "1 januari 2028",
        "Netto jaren",
        "Supermarkt, lopend",
        "dB",
        "Gewicht",
    ):
        assert word in card
    opened.page.keyboard.press("Escape")
    assert not opened.page.is_visible("#fs-card")
    opened.quiet()


def test_a_failed_site_says_why_in_words(open_map: OpenMap) -> None:
    data = study(300)
    rows = data.suitability[data.suitability["profile"] == "starter"].reset_index(drop=True)
    k = int(rows.index[(rows["failed"] == "supermarket") & (data.sites["unknown"] == "noise").to_numpy()][0])
    point = data.sites.geometry.iloc[k].representative_point()
    opened = open_map(data)
    found = opened.js("([x, y]) => flexsite.explain(x, y)", [point.x, point.y])
    assert found["failed"] == ["supermarket"]
    assert found["rank"] is None
    assert found["unknown"][0]["rule"] == "noise"
    opened.js("(b) => map_0.fitBounds(b, {animate: false})", bounds_of(data.sites.geometry.iloc[k]))
    opened.page.mouse.click(*where(opened, point.x, point.y))
    card = opened.text("#fs-card")
    assert "hoogstens 1.500 m lopen naar een supermarkt" in card
    assert "Geluidkaart 2022" in card
    assert "Bkl par. 5.1.4.2a" in card


def test_a_click_beside_a_site_says_which_rule_took_the_ground(open_map: OpenMap) -> None:
    opened = open_map(study(50))
    ground = shapely.box(BOX[0] + 150, BOX[1] + 150, BOX[0] + 350, BOX[1] + 350)
    opened.js("(b) => map_0.fitBounds(b, {animate: false})", bounds_of(ground))
    opened.page.mouse.click(*where(opened, BOX[0] + 250, BOX[1] + 250))
    card = opened.text("#fs-card")
    for part in (
        "Waarom niet hier?",
        "natura2000",
        "Omgevingswet, Natura 2000",
        "PDOK Natura 2000",
        "1 januari 2026",
        "zeer hard",
    ):
        assert part in card
    found = opened.js("flexsite.explain(110250, 500250)")
    assert [item["rule"] for item in found["excluded"]] == ["natura2000"]
    assert opened.page.locator(".fs-cross").count() == 1
    assert found["site_id"] is None


def test_explain_knows_every_site_and_the_world_outside(open_map: OpenMap) -> None:
    data = study(300)
    opened = open_map(data)
    points = data.sites.geometry.representative_point()
    found = opened.js("(points) => points.map(([x, y]) => flexsite.explain(x, y))", [[p.x, p.y] for p in points])
    overlap = data.sites.sindex.query(points, predicate="intersects")
    for k, place in enumerate(found):
        here = set(data.sites["site_id"].to_numpy()[overlap[1][overlap[0] == k]])
        assert {place["site_id"], *place["also"]} == here
        own = data.sites[data.sites["site_id"] == place["site_id"]].iloc[0]
        assert place["candidate_id"] == own["candidate_id"]
        assert place["route"] == own["route"]
        assert place["area_m2"] == own["area_m2"]
        assert place["measures"]["supermarket_m"] == pytest.approx(own["supermarket_m"], abs=0.06, nan_ok=True) or (
            place["measures"]["supermarket_m"] is None and np.isnan(own["supermarket_m"])
        )
    outside = opened.js("flexsite.explain(250000, 600000)")
    assert outside["site_id"] is None
    assert outside["inside"] is False
    assert "buiten het studiegebied" in outside["text"]


def test_switching_the_profile_switches_everything(open_map: OpenMap) -> None:
    data = study(300)
    opened = open_map(data)
    before = opened.js("flexsite.ranking().length")
    opened.page.select_option("#fs-profile", "tiny_house")
    rows = data.suitability[(data.suitability["profile"] == "tiny_house") & data.suitability["suitable"]]
    assert before != len(rows)
    assert opened.js("flexsite.ranking().length") == len(rows)
    assert "tiny houses" in opened.text(".fs-for")
    assert opened.text(".fs-big b").replace(".", "") == str(len(rows))
    opened.js("flexsite.select('starter')")
    assert opened.js("flexsite.ranking().length") == before
    with pytest.raises(Exception, match="no profile"):
        opened.js("flexsite.select('nobody')")
    opened.quiet()


def test_ranks_equal_those_of_the_table_and_of_numpy_for_any_weights(open_map: OpenMap) -> None:
    data = study(1000)
    opened = open_map(data)
    rows = data.suitability[(data.suitability["profile"] == "starter") & data.suitability["suitable"]].sort_values(
        "rank"
    )
    ranking = opened.js("flexsite.ranking()")
    assert [item["site_id"] for item in ranking] == rows["site_id"].tolist()
    assert [item["rank"] for item in ranking] == list(range(1, len(rows) + 1))
    assert [item["score"] for item in ranking] == rows["score"].tolist()
    assert opened.js("flexsite.weights()") == {"supermarket": 60, "quiet": 20, "jobs": 35}
    rng = np.random.default_rng(5)
    tries = [{name: int(rng.integers(0, 101)) for name in ("supermarket", "quiet", "jobs")} for _ in range(40)]
    tries += [{"supermarket": 0, "quiet": 0, "jobs": 0}, {"supermarket": 0, "quiet": 1, "jobs": 0}]
    found = opened.js(
        """(tries) => tries.map((weights) => {
          flexsite.weights(weights);
          return flexsite.ranking().map((site) => [site.site_id, site.rank]);
        })""",
        tries,
    )
    for weights, ranking in zip(tries, found, strict=True):
        assert [tuple(item) for item in ranking] == ranking_of(data, "starter", weights)
    assert opened.js("flexsite.weights()") == tries[-1]
    for wrong in ({"supermarket": 101}, {"supermarket": 1.5}, {"nothing": 1}):
        with pytest.raises(Exception, match="flexsite"):
            opened.js("(w) => flexsite.weights(w)", wrong)
    opened.quiet()


def test_new_weights_repaint_the_map_and_say_so(open_map: OpenMap) -> None:
    opened = open_map(study(400))
    image = opened.page.locator(".folium-map").screenshot()
    first = opened.text(".fs-list tbody tr .fs-pick")
    opened.js("flexsite.weights({supermarket: 0, quiet: 100, jobs: 0})")
    opened.page.wait_for_timeout(300)
    assert opened.page.locator(".folium-map").screenshot() != image
    assert opened.text(".fs-list tbody tr .fs-pick") != first
    assert "Gewichten zijn aangepast" in opened.text("#fs-body")
    opened.page.click("#fs-body button:has-text('Gewichten van de studie')")
    assert opened.text(".fs-list tbody tr .fs-pick") == first
    assert "," in opened.text(".fs-list tbody tr td:nth-child(3)"), "scores have one decimal, always"


def test_the_list_has_pages_and_works_by_keyboard(open_map: OpenMap) -> None:
    opened = open_map(study(400))
    assert opened.page.locator(".fs-list tbody tr").count() == 50
    opened.page.click("text=Volgende")
    assert opened.text(".fs-list tbody tr .fs-rank").strip() == "51"
    opened.page.focus(".fs-list tbody tr:nth-child(2) .fs-pick")
    opened.page.keyboard.press("Enter")
    assert "rang 52" in opened.text("#fs-card")
    opened.page.wait_for_timeout(900)
    assert opened.js("map_0.getZoom()") >= 14
    opened.page.focus("#fs-tab-list")
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowRight")
    assert opened.page.locator("#fs-tab-waterfall").get_attribute("aria-selected") == "true"
    assert "alle kandidaten" in opened.text("#fs-body")
    opened.quiet()


def test_a_rule_can_be_switched_on(open_map: OpenMap) -> None:
    opened = open_map(study(50))
    assert opened.page.locator(".leaflet-fsGround-pane canvas").count() == 0
    opened.page.click("#fs-tab-layers")
    opened.page.check("label:has-text('natura2000') input")
    opened.page.wait_for_timeout(300)
    assert opened.js(PIXELS, "fsGround")["translucent"] > 300
    assert "natura2000" in opened.text("#fs-legend")
    opened.page.uncheck("label:has-text('natura2000') input")
    assert opened.page.locator(".leaflet-fsGround-pane canvas").count() == 0
    opened.quiet()


def test_the_language_switches_live(open_map: OpenMap) -> None:
    opened = open_map(study(100))
    assert opened.js("document.documentElement.lang") == "nl"
    opened.page.click(".fs-language")
    assert opened.js("document.documentElement.lang") == "en"
    panel = opened.text("#fs-panel")
    for part in ("INTERNAL USE", "Programme of requirements", "desk study", "1 January 2026"):
        assert part in panel
    assert "Ranglijst" not in panel
    for tab in ("waterfall", "layers", "sources"):
        opened.page.click(f"#fs-tab-{tab}")
        for word in ("Trechter", "Stap", "Grondslag", "Bron ", "Licentie", "sluit uit"):
            assert word not in opened.text("#fs-panel")
    opened.quiet()


def test_a_grid_study_says_cells(open_map: OpenMap) -> None:
    opened = open_map(study(100, is_grid=True))
    opened.page.click(".fs-list .fs-pick")
    for language in ("nl", "en"):
        text = opened.text("body").lower()
        assert ("rastercellen" if language == "nl" else "cells") in text
        assert "locatie" not in text
        assert " sites" not in text
        opened.page.click(".fs-language")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(open_map: OpenMap, width: int) -> None:
    for data in (study(300), hostile_study()):
        opened = open_map(data, width=width)
        assert opened.js("document.documentElement.scrollWidth") <= width
        opened.page.click(".fs-list .fs-pick")
        for tab in ("list", "waterfall", "layers", "sources"):
            opened.page.click(f"#fs-tab-{tab}")
            assert opened.js("document.documentElement.scrollWidth") <= width, tab


def test_hostile_values_are_shown_and_never_run(open_map: OpenMap) -> None:
    opened = open_map(hostile_study())
    for tab in ("waterfall", "layers", "sources", "list"):
        opened.page.click(f"#fs-tab-{tab}")
        opened.page.wait_for_timeout(50)
        shown = opened.page.text_content("#fs-panel")
        assert "<img src=x onerror=window.X=1>" in shown
        assert "{{ 7*7 }}" in shown
    opened.page.click("#fs-tab-sources")
    shown = opened.page.text_content("#fs-body")
    for text in PAYLOADS:
        assert text.replace("\r\n", "\n").replace("\r", "\n") in shown.replace("\r\n", "\n")
    opened.page.click("#fs-tab-list")
    for k in range(5):
        opened.page.click(f".fs-list tbody tr:nth-child({k + 1}) .fs-pick")
        opened.page.wait_for_timeout(50)
    opened.page.click(".fs-language")
    assert opened.js("window.X") is None
    assert opened.js("document.querySelectorAll('#fs-main img, #fs-main svg, #fs-panel script').length") == 0
    opened.quiet()


EMPTY = gpd.GeoDataFrame({"site_id": [], "candidate_id": []}, geometry=[], crs=28992)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"sites": EMPTY, "suitability": suitability(study(3).sites, PROFILES).iloc[:0]},
            "Er is geen beschikbare locatie",
        ),
        ({"profiles": (), "suitability": pd.DataFrame({"site_id": [], "profile": []})}, "geen programma's van eisen"),
        ({"excluded": None}, "Starters"),
        ({"excluded": study(3).excluded.iloc[:0]}, "Starters"),  # type: ignore[union-attr]
        ({"waterfall": pd.DataFrame(), "rules": (), "sources": (), "measures": (), "columns": ()}, "Starters"),
    ],
    ids=["no sites", "no profiles", "no excluded layer", "empty excluded layer", "nothing else"],
)
def test_empty_runs_give_a_map_that_says_so(open_map: OpenMap, change: dict[str, Any], says: str) -> None:
    opened = open_map(study(40, **change))
    assert says in opened.text("#fs-panel")
    for tab in ("waterfall", "layers", "sources", "list"):
        opened.page.click(f"#fs-tab-{tab}")
    opened.js("[flexsite.ranking(), flexsite.weights(), flexsite.explain(110250, 500250)]")
    opened.page.mouse.click(900, 300)
    opened.page.click(".fs-language")
    opened.quiet()


def test_nobody_suitable_is_said(open_map: OpenMap) -> None:
    data = study(40)
    opened = open_map(dataclasses.replace(data, suitability=data.suitability.assign(suitable=False, failed="pt")))
    assert "Geen enkele locatie is geschikt" in opened.text("#fs-panel")
    assert opened.js("flexsite.ranking()") == []
    opened.quiet()
