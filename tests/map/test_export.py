"""What is taken along: a table for a Dutch Excel, GeoJSON, a picture and a print, each with what it was made of."""

from __future__ import annotations

import base64
import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from .fake import RD, study
from .hostile import hostile_study
from .test_local import LOCAL, judge, taken

pytestmark = pytest.mark.browser
OpenMap = Callable[..., Any]
HEAD = 10  # lines that say what the table was made of


def saved(opened: Any, kind: str, folder: Path) -> Path:
    if not opened.page.is_visible(f"#fs-export-{kind}"):
        opened.page.click(".fs-export summary")
    return taken(opened, f"#fs-export-{kind}", folder)


def test_the_table_is_read_back_with_dutch_settings(open_map: OpenMap, tmp_path: Path) -> None:
    data = study(200, local=LOCAL)
    opened = open_map(data)
    opened.js("flexsite.weights({supermarket: 10, quiet: 90, jobs: 0})")
    opened.page.click(".fs-list .fs-pick")
    judge(opened, "favourite", reason="none")
    ranking = opened.js("flexsite.ranking()")
    file = saved(opened, "csv", tmp_path)
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf# Studie;")
    assert raw.count(b"\r\n") == raw.count(b"\n")
    table = pd.read_csv(file, sep=";", decimal=",", skiprows=HEAD, encoding="utf-8-sig")
    assert len(table) == len(ranking)
    assert table["Locatie"].tolist() == [item["site_id"] for item in ranking]
    assert table["Rang"].tolist() == list(range(1, len(ranking) + 1))
    np.testing.assert_allclose(table["Score"], [item["score"] for item in ranking], atol=1e-6)
    sites = data.sites.set_index("site_id").loc[table["Locatie"]]
    np.testing.assert_array_equal(table["Oppervlakte (m²)"], sites["area_m2"])
    np.testing.assert_allclose(table["Supermarkt, lopend (m)"], sites["supermarket_m"], atol=0.051)
    assert table["Gemeente"].tolist() == sites["municipality"].tolist()
    assert table["Lokaal oordeel"].iloc[0] == "Favoriet"
    with file.open(encoding="utf-8-sig", newline="") as text:
        head = {row[0]: row[1] for row in list(csv.reader(text, delimiter=";"))[:HEAD]}
    assert head["# Studie"] == data.title
    assert head["# Studiecode"].startswith(data.study_hash)
    assert head["# Gewichten"] == "Supermarkt dichtbij: 10; Rustig: 90; Werk bereikbaar: 0 (aangepast)"
    assert head["# Filters"] == "geen"
    assert head["# Aantal in de selectie"] == str(len(ranking))
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", head["# Gemaakt op"])
    opened.quiet()


def test_filters_hold_for_the_table_and_stand_in_its_head(open_map: OpenMap, tmp_path: Path) -> None:
    data = study(200, local=LOCAL)
    opened = open_map(data)
    opened.js("flexsite.filter({homes: [40, null], municipality: ['Alkmaar']})")
    listed = opened.js("flexsite.selection()")
    file = saved(opened, "csv", tmp_path)
    table = pd.read_csv(file, sep=";", decimal=",", skiprows=HEAD, encoding="utf-8-sig")
    assert 0 < len(table) < len(opened.js("flexsite.ranking()"))
    assert table["Locatie"].tolist() == listed
    assert (table["Woningen"] >= 40).all() and set(table["Gemeente"]) == {"Alkmaar"}
    text = file.read_text(encoding="utf-8-sig")
    assert "# Filters;Woningen: ≥ 40; Gemeente: Alkmaar" in text.replace('"', "")
    frame = gpd.read_file(saved(opened, "geojson", tmp_path))
    assert frame["site_id"].tolist() == listed


@pytest.mark.parametrize("kind", ["csv", "geojson"])
def test_a_long_file_is_made_in_slices_and_anew_when_the_list_changes(
    open_map: OpenMap, tmp_path: Path, kind: str
) -> None:
    """Every slice seems long here; between the first two the reader chooses a municipality."""
    opened = open_map(study(1500, local=LOCAL))
    opened.page.click(".fs-export summary")
    change = """(kind) => {
      let clock = 0;
      performance.now = () => (clock += 1000);
      flexsite.filter({suitable: 'all'});
      document.getElementById('fs-export-' + kind).click();
      const said = document.getElementById('fs-export-said').textContent;
      flexsite.filter({municipality: ['Alkmaar']});
      return [said, flexsite.selection()];
    }"""
    with opened.page.expect_download() as download:
        said, listed = opened.js(change, kind)
    assert said == "Het bestand wordt gemaakt: 10%"
    assert 200 < len(listed) < 1500
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    text = file.read_text(encoding="utf-8-sig")
    if kind == "csv":
        table = pd.read_csv(file, sep=";", decimal=",", skiprows=HEAD, encoding="utf-8-sig")
        assert table["Locatie"].tolist() == listed and "Gemeente: Alkmaar" in text
    else:
        raw = json.loads(text)
        assert [one["properties"]["site_id"] for one in raw["features"]] == listed
    opened.page.wait_for_timeout(50)
    assert opened.text("#fs-export-said") == ""
    opened.quiet()


def test_no_cell_is_a_formula(open_map: OpenMap, tmp_path: Path) -> None:
    opened = open_map(
        hostile_study(("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", 'a";=1+1', "\n=2", "ok"))
    )
    file = saved(opened, "csv", tmp_path)
    with file.open(encoding="utf-8-sig", newline="") as text:
        cells = [cell for row in csv.reader(text, delimiter=";") for cell in row]
    assert any(cell == "'=1+1" or cell.startswith("'=1+1 ") for cell in cells)
    for cell in cells:
        if re.fullmatch(r"-?[\d.,]+", cell):
            continue
        assert not re.match(r"[=+\-@\t\r＝＋－＠]", cell), cell
    opened.quiet()


def test_the_layer_is_read_by_geopandas(open_map: OpenMap, tmp_path: Path) -> None:
    data = study(120, local=LOCAL)
    every = data.suitability.assign(suitable=True, failed="", rank=pd.array(range(1, len(data.suitability) + 1)))
    data = study(120, suitability=every, local=LOCAL)
    opened = open_map(data)
    file = saved(opened, "geojson", tmp_path)
    frame = gpd.read_file(file)
    assert frame.crs.to_epsg() == 4326
    assert len(frame) == 120
    there = frame.to_crs(RD).set_index("site_id")
    sites = data.sites.set_index("site_id").loc[there.index]
    large = sites.area > 1000
    assert there.is_valid[large].all()
    off = (there.area - sites.area).abs() / sites.area
    assert off[large].max() < 0.01
    assert there.symmetric_difference(sites)[large].area.sum() < 0.01 * sites.area.sum()
    assert (there.area_m2 - sites.area_m2).abs().max() < 0.01
    hole, parts = there.geometry["NHN00-00000"], there.geometry["NHN00-00001"]
    assert len(hole.interiors) == 1
    assert parts.geom_type == "MultiPolygon" and len(parts.geoms) == 2
    raw = json.loads(file.read_text(encoding="utf-8"))
    ring = np.array(raw["features"][0]["geometry"]["coordinates"][0])
    if ring.ndim == 2:
        assert ((ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]).sum()) > 0, "against the clock"
    assert raw["flexsite"]["study_hash"] == data.study_hash
    assert raw["flexsite"]["weights"] == {"supermarket": 60, "quiet": 20, "jobs": 35}
    assert {"profile", "rank", "score", "homes", "candidate_id"} <= set(frame.columns)
    assert set(frame["profile"]) == {"starter"}
    opened.quiet()


READ = """async (address) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0);
  const counts = {};
  const hex = (value) => (value & 255).toString(16).padStart(2, '0');
  for (const value of new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer)) {
    const key = '#' + hex(value) + hex(value >> 8) + hex(value >> 16);
    counts[key] = (counts[key] || 0) + 1;
  }
  return [canvas.width, canvas.height, counts];
}"""


def test_the_picture_holds_the_map_the_legend_and_the_notes(open_map: OpenMap, tmp_path: Path) -> None:
    opened = open_map(study(200, local=LOCAL))
    opened.page.click(".fs-list .fs-pick")
    judge(opened, "veto")
    opened.page.keyboard.press("Escape")
    opened.page.click(".fs-home")
    opened.page.wait_for_timeout(700)
    assert not opened.page.is_visible("#fs-card"), "a click on the control is none on the map"
    file = saved(opened, "png", tmp_path)
    assert file.name.endswith("-kaart.png")
    address = "data:image/png;base64," + base64.b64encode(file.read_bytes()).decode()
    width, height, counts = opened.js(READ, address)
    box = opened.page.locator(".folium-map").bounding_box()
    assert width >= 2 * box["width"] and height > 2 * box["height"]
    for colour, least in (
        ("#b5dfa5", 500),
        ("#3fb3bd", 200),
        ("#fbfbf8", 20_000),
        ("#a50f15", 60),
        ("#ffffff", 50_000),
    ):
        assert counts.get(colour, 0) > least, colour
    opened.quiet()


def test_a_print_has_two_pages_of_a4_across(open_map: OpenMap) -> None:
    data = study(200, local=LOCAL)
    opened = open_map(data)
    opened.js("flexsite.weights({supermarket: 10, quiet: 90, jobs: 0})")
    raw = opened.page.pdf(prefer_css_page_size=True, print_background=True)
    sizes = [tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", raw)]
    assert len(sizes) == 2
    for _, _, width, height in sizes:
        assert abs(width - 842) < 2 and abs(height - 595) < 2
    assert opened.page.locator("#fs-print *").count() == 0, "gone after printing"
    opened.js("window.dispatchEvent(new Event('beforeprint'))")
    opened.page.emulate_media(media="print")
    text = opened.text("#fs-print")
    for part in (
        data.title, "INTERN GEBRUIK", "1 januari 2026", data.study_hash, "Legenda", "beste 1 %", "Rustig: 90",
        "(aangepast)", "bureaustudie", "Monitor Plancapaciteit", "CC-BY-4.0", "parcels, water",
        opened.js("flexsite.ranking()[0].site_id"),
    ):  # fmt: skip
        assert part in text, part
    assert opened.page.locator("#fs-print tbody tr").count() == 20
    painted = opened.js(
        """() => {
          const canvas = document.querySelector('.fs-printmap canvas');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )
    assert painted > 20
    opened.quiet()


def test_hostile_texts_reach_paper_and_picture_as_text(open_map: OpenMap, tmp_path: Path) -> None:
    opened = open_map(hostile_study())
    assert saved(opened, "png", tmp_path).stat().st_size > 10_000
    assert re.fullmatch(r"[a-z0-9-]+\.png", next(tmp_path.glob("*.png")).name)
    opened.page.pdf()
    opened.js("window.dispatchEvent(new Event('beforeprint'))")
    assert opened.page.locator("#fs-print img, #fs-print script, #fs-print svg").count() == 0
    assert "<img src=x onerror=window.X=1>" in opened.js("document.querySelector('#fs-print').textContent")
    assert opened.js("window.X") is None
    raw = json.loads(saved(opened, "geojson", tmp_path).read_text(encoding="utf-8"))
    assert raw["features"]
    opened.quiet()


def test_a_study_without_profiles_or_sites_can_be_taken_along(open_map: OpenMap, tmp_path: Path) -> None:
    plain = study(30, profiles=(), local=LOCAL)
    opened = open_map(plain)
    table = pd.read_csv(saved(opened, "csv", tmp_path), sep=";", decimal=",", skiprows=HEAD, encoding="utf-8-sig")
    assert len(table) == 30
    empty = open_map(study(0, local=LOCAL))
    table = pd.read_csv(saved(empty, "csv", tmp_path), sep=";", decimal=",", skiprows=HEAD, encoding="utf-8-sig")
    assert len(table) == 0
    assert json.loads(saved(empty, "geojson", tmp_path).read_text(encoding="utf-8"))["features"] == []
    empty.page.pdf()
    empty.quiet()
