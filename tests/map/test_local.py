"""Local knowledge on the map: verdicts, pins and drawings, kept by the browser, by files and by the next run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from flexsite.outputs.map import LocalInfo, SiteMap
from flexsite.study.local import local_book

from .fake import BOX, RD, study
from .hostile import PAYLOADS

pytestmark = pytest.mark.browser
OpenMap = Callable[..., Any]
LOCAL = LocalInfo(local_book().reasons.labels)
REFUSED = """() => Object.defineProperty(window, 'localStorage', {
  get() { throw new DOMException('no', 'SecurityError'); },
})"""


def to_degrees(shape: shapely.Geometry) -> dict[str, Any]:
    return shapely.geometry.mapping(gpd.GeoSeries([shape], crs=RD).to_crs(4326).iloc[0])


def feature(shape: shapely.Geometry | None, **told: Any) -> dict[str, Any]:
    geometry = None if shape is None else to_degrees(shape)
    return {"type": "Feature", "geometry": geometry, "properties": told}


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", **more, "features": list(features)}


def bring(opened: Any, data: Any, name: str = "notes.geojson") -> None:
    """Give a file to the page, as the file dialog would."""
    if opened.page.locator("#fs-notes-file").count() == 0:
        opened.page.click("#fs-tab-notes")
    text = data if isinstance(data, str) else json.dumps(data)
    file = {"name": name, "mimeType": "application/geo+json", "buffer": text.encode("utf-8", "surrogatepass")}
    opened.js("document.querySelectorAll('.fs-told, .fs-notetab .fs-failed').forEach((one) => one.remove())")
    opened.page.set_input_files("#fs-notes-file", files=[file])
    opened.page.wait_for_selector(".fs-told, .fs-notetab .fs-failed", timeout=5000)


def taken(opened: Any, button: str, folder: Path) -> Path:
    """The file that a button saves."""
    with opened.page.expect_download() as waiting:
        opened.page.click(button)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def judge(opened: Any, verdict: str, **told: str) -> None:
    """Give a verdict on the site whose card is open."""
    opened.page.click(f"#fs-verdict-{verdict}")
    for name, text in told.items():
        if name == "reason":
            opened.page.select_option("#fs-note-card-reason", text)
        else:
            opened.page.fill(f"#fs-note-card-{name}", text)
    opened.page.click("#fs-card .fs-first")


def test_a_verdict_is_kept_drawn_exported_and_read_again(open_map: OpenMap, tmp_path: Path) -> None:
    data = study(60, local=LOCAL)
    opened = open_map(data)
    site = opened.text(".fs-list .fs-pick")
    opened.page.click(".fs-list .fs-pick")
    judge(opened, "veto", reason="soil", note="old tip", author="Ann", date="2026-03-01")
    card = opened.text("#fs-card")
    for part in ("Veto", "Vervuilde grond", "old tip", "Ann", "1 maart 2026"):
        assert part in card
    assert "veto" in opened.text("#fs-legend")
    red = "#a50f15"
    opened.page.wait_for_timeout(400)
    assert opened.js(SIGNS).get(red, 0) > 20, "the sign is painted"

    opened.page.click("#fs-tab-notes")
    file = taken(opened, "#fs-notes-save", tmp_path)
    frame = gpd.read_file(file)
    assert frame.crs.to_epsg() == 4326
    own = data.sites.set_index("site_id").geometry[site]
    there = frame.to_crs(RD).geometry.iloc[0]
    assert there.symmetric_difference(own).area < 0.01 * own.area
    assert shapely.from_wkt(frame["study_wkt"].iloc[0]).symmetric_difference(own).area < 0.01 * own.area
    assert frame["study_crs"].iloc[0] == "EPSG:28992"
    raw = json.loads(file.read_text(encoding="utf-8"))
    assert "crs" not in raw
    assert raw["flexsite"]["study_hash"] == data.study_hash
    told = raw["features"][0]["properties"]
    assert (told["verdict"], told["reason"], told["author"], told["site_id"]) == ("veto", "soil", "Ann", site)

    opened.page.reload()
    opened.js("() => window.flexsite.ready.then(() => true)")
    opened.page.click("#fs-tab-list")
    opened.page.click(".fs-list .fs-pick")
    assert "old tip" in opened.text("#fs-card"), "the browser kept it"

    other = open_map(data)
    other.page.click(".fs-list .fs-pick")
    assert "old tip" not in other.text("#fs-card")
    bring(other, raw)
    assert "Toegevoegd: 1" in other.text(".fs-told")
    bring(other, raw)
    assert "Toegevoegd: 0" in other.text(".fs-told")
    assert "al bekend: 1" in other.text(".fs-told")
    assert other.text("#fs-card").count("old tip") == 1
    for one in (opened, other):
        one.quiet()


def test_verdicts_narrow_the_list_its_sums_a_link_and_the_exports(open_map: OpenMap, tmp_path: Path) -> None:
    """A veto outweighs a favourite; sites that nobody judged are a choice of their own."""
    data = study(60, local=LOCAL)
    ranks = data.suitability[(data.suitability["profile"] == "starter") & data.suitability["suitable"]]
    first, second, third = ranks.sort_values("rank")["site_id"][:3]
    shape = data.sites.set_index("site_id").geometry
    notes = [feature(shape[first], verdict="veto"), feature(shape[first], verdict="favourite")]
    opened = open_map(data)
    bring(opened, collection(*notes, feature(shape[second], verdict="favourite"), feature(shape[third], note="x")))
    everything = opened.js("flexsite.selection()")
    assert everything[:3] == [first, second, third]
    expected = {
        "veto": [first],
        "favourite": [second],
        "none": [one for one in everything if one not in (first, second)],
    }
    for verdict, sites in expected.items():
        assert opened.js("(verdict) => { flexsite.filter({verdict}); return flexsite.selection(); }", verdict) == sites
    assert opened.js("flexsite.filter({verdict: null})") == {}
    with pytest.raises(Exception, match="no filter verdict"):
        opened.js("flexsite.filter({verdict: 'burn'})")

    opened.page.click("#fs-tab-list")
    opened.page.click(".fs-filters summary")
    opened.page.select_option("#fs-find-verdict", "veto")
    assert opened.page.locator(".fs-list tbody tr").count() == 1
    homes = int(ranks.set_index("site_id").loc[first, "homes"])
    assert f"1 locatie · {shape[first].area / 1e4:.1f}".replace(".", ",") in opened.text("#fs-selection")
    assert f"{homes} woningen" in opened.text("#fs-selection")
    assert "1 actief" in opened.text("#fs-conditions")
    opened.page.click(".fs-export summary")
    table = taken(opened, "#fs-export-csv", tmp_path).read_text(encoding="utf-8-sig")
    assert "Lokaal oordeel: veto" in table and table.count(first) >= 1 and second not in table
    raw = json.loads(taken(opened, "#fs-export-geojson", tmp_path).read_text(encoding="utf-8"))
    assert [one["properties"]["site_id"] for one in raw["features"]] == [first]
    assert raw["features"][0]["properties"]["local_verdict"] == "Veto"

    opened.page.wait_for_url("**verdict~veto**")
    opened.page.reload()
    opened.js("() => window.flexsite.ready.then(() => true)")
    assert opened.js("flexsite.selection()") == [first]
    opened.page.click(".fs-list .fs-pick")
    opened.page.click("#fs-verdict-favourite")
    opened.page.click("#fs-card .fs-first")
    assert opened.js("flexsite.selection()") == [first], "a veto outweighs it"
    opened.page.click("#fs-tab-notes")
    for _ in range(2):
        opened.page.click("button:has-text('Wis alles')")
    assert opened.js("flexsite.selection()") == [], "the list follows what is said"
    opened.quiet()


SIGNS = """() => {
  const counts = {};
  const hex = (value) => (value & 255).toString(16).padStart(2, '0');
  for (const canvas of document.querySelectorAll('.leaflet-fsPoints-pane canvas')) {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (const value of new Uint32Array(data.buffer)) {
      if (value >>> 24 === 255) { const key = '#' + hex(value) + hex(value >> 8) + hex(value >> 16); counts[key] = (counts[key] || 0) + 1; }
    }
  }
  return counts;
}"""  # noqa: E501


def test_a_pin_by_click_and_a_polygon_by_keyboard(open_map: OpenMap, tmp_path: Path) -> None:
    opened = open_map(study(60, local=LOCAL))
    page = opened.page
    page.click("#fs-tab-notes")
    page.click("#fs-draw-pin")
    box = page.locator(".folium-map").bounding_box()
    page.mouse.click(box["x"] + 400, box["y"] + 300)
    assert not page.is_visible("#fs-card"), "a click while drawing opens no card"
    typed = page.input_value("#fs-sketch-text")
    page.select_option("#fs-note-tab-colour", "2")
    page.fill("#fs-note-tab-author", "Bea")
    page.click("#fs-sketch .fs-first")

    page.focus("#fs-draw-polygon")
    page.keyboard.press("Enter")
    page.keyboard.type("112000 502000\n116000,5 502000\nnonsense")
    page.keyboard.press("Tab")
    assert "Regel 3" in opened.text("#fs-sketch-said")
    page.fill("#fs-sketch-text", "112000 502000\n116000,5 502000\n116000 506000")
    page.keyboard.press("Tab")
    assert "3 punten" in opened.text("#fs-sketch-said")
    page.fill("#fs-sketch-text", "112000 502000\n900000 502000\n116000 506000")
    page.keyboard.press("Tab")
    assert "buiten de kaart" in opened.text("#fs-sketch-said")
    page.click("#fs-sketch .fs-first")
    assert page.locator("#fs-sketch").count() == 1, "what is wrong is not saved"
    page.fill("#fs-sketch-text", "112000 502000\n116000,5 502000\n116000 506000")
    page.keyboard.press("Tab")
    page.fill("#fs-note-tab-note", "Rather not\nhere")
    page.focus("#fs-sketch .fs-first")
    page.keyboard.press("Enter")
    assert page.locator(".fs-notes > li").count() == 2
    page.wait_for_timeout(300)
    assert opened.js(SIGNS).get("#0b6e4f", 0) > 50, "the pin is green"
    assert page.locator(".leaflet-fsOverNotes-pane canvas").count() > 0

    frame = gpd.read_file(taken(opened, "#fs-notes-save", tmp_path)).to_crs(RD)
    x, y = map(float, typed.split())
    assert np.hypot(frame.geometry.iloc[0].x - x, frame.geometry.iloc[0].y - y) < 0.1
    assert frame["colour"].iloc[0] == 2
    triangle = shapely.Polygon([(112000, 502000), (116000.5, 502000), (116000, 506000)])
    assert frame.geometry.iloc[1].symmetric_difference(triangle).area < 1e-4 * triangle.area
    assert frame.geometry.iloc[1].exterior.is_ccw
    opened.quiet()


def test_an_entry_is_changed_deleted_and_brought_back(open_map: OpenMap) -> None:
    opened = open_map(study(60, local=LOCAL))
    page = opened.page
    bring(opened, collection(feature(shapely.Point(120000, 507000), colour=1, note="first", id="p1")))
    page.click(".fs-notes button:has-text('Wijzig')")
    page.fill("#fs-note-tab-note", "second")
    page.click("#fs-sketch .fs-first")
    assert "second" in opened.text(".fs-notes")
    page.click(".fs-notes button:has-text('Verwijder')")
    assert page.locator(".fs-notes > li").count() == 0
    page.click("button:has-text('Ongedaan maken')")
    assert "second" in opened.text(".fs-notes")
    bring(opened, collection(feature(shapely.Point(120000, 507000), colour=1, note="first", id="p1", revision=1)))
    assert "second" in opened.text(".fs-notes"), "an older revision does not win"
    bring(opened, collection(feature(shapely.Point(120000, 507000), colour=1, note="third", id="p1", revision=9)))
    assert "third" in opened.text(".fs-notes")
    opened.quiet()


def test_files_of_several_people_are_merged_with_the_meanings_of_their_colours(open_map: OpenMap) -> None:
    opened = open_map(study(60, local=LOCAL))
    spots = [shapely.Point(114000 + 900 * k, 505000) for k in range(7)]
    ann = [feature(spot, colour=1, author="Ann", id=f"a{k}") for k, spot in enumerate(spots[:6])]
    bea = [feature(spots[6], colour=1, author="Bea", id="b1", meaning="noise")]
    bring(opened, collection(*ann, flexsite={"meanings": ["meet", "", "", "", ""]}))
    bring(opened, collection(*bea, flexsite={"meanings": ["noise", "", "play", "", ""]}))
    text = opened.text("#fs-body")
    assert "Ann heeft 6 spelden" in text
    assert text.count("1, paars: meet") == 6
    assert "1, paars: noise" in text, "a meaning of somebody else stays with the pin"
    values = opened.js("[...document.querySelectorAll('.fs-meaning input')].map((field) => field.value)")
    assert values == ["meet", "", "play", "", ""]
    opened.quiet()


def test_a_verdict_finds_its_site_after_the_ground_was_cut_anew(open_map: OpenMap) -> None:
    data = study(60, local=LOCAL)
    old = data.sites.geometry.iloc[10]
    ids = [f"NEW-{k:03d}" for k in range(60)]
    sites = data.sites.assign(site_id=ids)
    moved = shapely.affinity.scale(old, 1.2, 1.1).buffer(3)
    west, south, east, north = old.bounds
    half = old.intersection(shapely.box(west, south, west + 0.4 * (east - west), north))
    assert 0.1 * old.area < half.area < 0.45 * old.area
    sites.geometry = [moved if k == 10 else half if k == 11 else shape for k, shape in enumerate(sites.geometry)]
    square = shapely.box(BOX[0] + 500, BOX[1] + 14000, BOX[0] + 660, BOX[1] + 14160)
    sites.geometry = [square if k == 40 else shape for k, shape in enumerate(sites.geometry)]
    table = data.suitability.assign(site_id=ids * 2)
    notes = (
        feature(old, verdict="veto", site_id="NHN00-00010", id="v1"),
        feature(shapely.affinity.translate(sites.geometry.iloc[20], 1500, 0), verdict="veto", site_id="x", id="v2"),
        feature(sites.geometry.iloc[30].representative_point(), verdict="favourite", id="v3"),
        feature(shapely.affinity.translate(square, 90, 0), verdict="favourite", id="v4", site_id="below"),
        feature(shapely.affinity.translate(square, 0, 70), verdict="favourite", id="v5", site_id="above"),
    )
    opened = open_map(study(60, sites=sites, suitability=table, local=LocalInfo(LOCAL.reasons, notes)))
    opened.page.click("#fs-tab-notes")
    text = opened.text(".fs-notes")
    assert "was NHN00-00010, nu NEW-010, NEW-011" in text, "more than half of the one or of the other"
    assert "ligt op geen locatie" in text
    assert "NEW-030" in text
    assert text.count("ligt op geen locatie") == 2, "44 % of both is no match"
    assert "was above, nu NEW-040" in text, "56 % is"
    assert "5 notities kwamen mee" in opened.text("#fs-body")
    opened.quiet()


def test_notes_of_the_run_do_not_come_back_once_deleted(open_map: OpenMap) -> None:
    notes = (feature(shapely.Point(120000, 507000), entry="pin", id="p1", note="from the run"),)
    opened = open_map(study(60, local=LocalInfo(LOCAL.reasons, notes)))
    opened.page.click("#fs-tab-notes")
    assert "from the run" in opened.text(".fs-notes")
    opened.page.click(".fs-notes button:has-text('Verwijder')")
    opened.page.reload()
    opened.js("() => window.flexsite.ready.then(() => true)")
    opened.page.click("#fs-tab-notes")
    assert "from the run" not in opened.text("#fs-body")


def test_without_storage_it_says_so_and_goes_on(open_map: OpenMap, browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "refused.html"
    file.write_text(SiteMap(study(60, local=LOCAL)).html(), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    try:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.add_init_script(f"({REFUSED})()")
        page.goto(file.as_uri())
        page.evaluate("() => window.flexsite.ready.then(() => true)")
        page.click("#fs-tab-notes")
        assert "bewaart niets" in page.inner_text("#fs-body")
        page.click("#fs-tab-list")
        page.click(".fs-list .fs-pick")
        page.click("#fs-verdict-favourite")
        page.click("#fs-card .fs-first")
        assert "Favoriet" in page.inner_text("#fs-card .fs-notes")
        assert errors == []
    finally:
        context.close()
    opened = open_map(study(60, local=LOCAL))
    opened.page.click("#fs-tab-notes")
    assert "bewaart niets" not in opened.text("#fs-body")


POINT = {"type": "Point", "coordinates": [4.9, 52.5]}
RING = [[4.9, 52.5], [4.91, 52.5], [4.91, 52.51], [4.9, 52.5]]


WRONG: list[tuple[Any, str]] = [
    ("<script>window.X=1</script>", "geen GeoJSON"),
    ("[" * 100000, "geen GeoJSON"),
    ({"type": "Feature"}, "geen GeoJSON"),
    (collection(crs={"properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}), "geen graden"),
    (collection("text"), "object 2 is geen notitie"),
    (collection({"type": "Feature", "geometry": POINT, "properties": [1]}), "object 2 is geen notitie"),
    (collection({"type": "Feature", "geometry": None, "properties": {}}), "object 2 is geen notitie"),
    (collection({"type": "Feature", "geometry": {"type": "__proto__"}, "properties": {}}), "geen punt, lijn"),
    (collection({"type": "Feature", "geometry": {"type": "GeometryCollection"}}), "geen punt, lijn of vlak"),
    (collection({"type": "Feature", "geometry": {**POINT, "coordinates": [120000, 500000]}}), "lengte- en breedte"),
    (collection({"type": "Feature", "geometry": {**POINT, "coordinates": ["4", "52"]}}), "lengte- en breedte"),
    (collection({"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [RING[:3]]}}), "lengte-"),
    (collection({"type": "Feature", "geometry": POINT, "properties": {"verdict": "burn"}}), "'burn' past niet"),
    (collection({"type": "Feature", "geometry": POINT, "properties": {"reason": "=1+1"}}), "'=1+1' past niet"),
    (collection({"type": "Feature", "geometry": POINT, "properties": {"colour": 6}}), "'6' past niet"),
    (collection({"type": "Feature", "geometry": POINT, "properties": {"note": "x" * 2001}}), "2000 tekens"),
    (collection({"type": "Feature", "geometry": POINT, "properties": {"note": {"a": 1}}}), "2000 tekens"),
    (collection({"type": "Feature", "geometry": POINT, "properties": {"id": "../../x"}}), "'../../x' past niet"),
    (collection(*[{"type": "Feature", "geometry": POINT, "properties": {}}] * 10001), "10000 notities"),
]


def test_a_wrong_file_is_refused_whole(open_map: OpenMap) -> None:
    opened = open_map(study(20, local=LOCAL))
    good = {"type": "Feature", "geometry": POINT, "properties": {"note": "good"}}
    for data, said in WRONG:
        if isinstance(data, dict) and 0 < len(data.get("features", [])) < 100:
            data = {**data, "features": [good, *data["features"]]}  # noqa: PLW2901
        bring(opened, data, "bad<b>.geojson")
        text = opened.text(".fs-notetab .fs-failed")
        assert said in text, text
        assert text.startswith("bad<b>.geojson is niet gelezen")
        assert opened.page.locator(".fs-notes > li").count() == 0
    assert opened.js("window.X") is None
    opened.quiet()


def test_hostile_texts_are_shown_as_text(open_map: OpenMap, tmp_path: Path) -> None:
    opened = open_map(study(60, local=LOCAL))
    inside = study(60).sites.geometry.iloc[0].representative_point()
    texts = [*PAYLOADS, "\u202egnp.exe", "zero\u200bwidth", "]]>", "\ud800", "${1}"]
    notes = [feature(inside, note=text, author=text, meaning=text, site_id=text) for text in texts]
    bring(opened, collection(*notes, flexsite={"meanings": [PAYLOADS[0], PAYLOADS[1], "", "", ""]}))
    opened.page.click("button:has-text('Toon'):first-of-type")
    shown = opened.text("#fs-body")
    for text in ("<img src=x onerror=window.X=1>", "{{ 7*7 }}", "</script><script>window.X=1</script>"):
        assert text in shown
    assert "49" not in opened.text(".fs-notes")
    assert opened.js("window.X") is None
    assert opened.page.locator("#fs-body img, #fs-body script, #fs-card img").count() == 0
    back = taken(opened, "#fs-notes-save", tmp_path).read_text(encoding="utf-8")
    assert len(json.loads(back)["features"]) == len(texts)
    opened.quiet()


def test_a_file_can_be_dropped_on_the_map(open_map: OpenMap) -> None:
    opened = open_map(study(60, local=LOCAL))
    text = json.dumps(collection(feature(shapely.Point(120000, 507000), note="dropped")))
    opened.js(
        """(text) => {
          const data = new DataTransfer();
          data.items.add(new File([text], 'notes.geojson'));
          const map = document.querySelector('.folium-map');
          const event = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
          map.dispatchEvent(event);
          if (!event.defaultPrevented) throw new Error('the browser would open the file');
        }""",
        text,
    )
    opened.page.wait_for_selector(".fs-told")
    assert "dropped" in opened.text(".fs-notes")
    opened.quiet()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_of_it_is_wider_than_the_screen(open_map: OpenMap, width: int) -> None:
    opened = open_map(study(60, local=LOCAL), width=width)
    spot = shapely.Point((BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2)
    bring(opened, collection(feature(spot, note="w" * 900, author="a" * 200), feature(spot, note="x", verdict="veto")))
    opened.page.click("#fs-draw-line")
    assert opened.js("document.documentElement.scrollWidth") <= width
    opened.page.click("#fs-sketch button:has-text('Annuleren')")
    opened.page.click("#fs-tab-list")
    opened.page.click(".fs-list .fs-pick")
    opened.page.click("#fs-verdict-veto")
    assert opened.js("document.documentElement.scrollWidth") <= width
    opened.page.click(".fs-export summary")
    assert opened.js("document.documentElement.scrollWidth") <= width


def test_words_follow_the_language(open_map: OpenMap) -> None:
    opened = open_map(study(60, local=LOCAL))
    bring(opened, collection(feature(shapely.Point(120000, 507000), verdict="veto", reason="nitrogen", note="n")))
    opened.page.click(".fs-language")
    text = opened.text("#fs-body")
    for part in ("Nitrogen", "Veto", "Pin", "Save as GeoJSON", "What the colours mean"):
        assert part in text
    for part in ("Speld", "Bewaar", "Stikstof", "notes.n", "draw.p"):
        assert part not in text
