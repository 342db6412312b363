"""The page: the same bytes every time, sealed, and nothing in the data is ever run."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import importlib
import io
import json
import re
import struct
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pytest

from flexsite.outputs.map import ColumnInfo, MapData, SiteMap, external_refs
from flexsite.outputs.map.page import LOADER, SCRIPTS, STYLES
from flexsite.outputs.map.payload import build, strings

from .fake import study
from .hostile import PAYLOADS, hostile_study

ASSETS = resources.files("flexsite.outputs.map") / "assets"
ROOMS = ("scripts", "styles", "words")
FIXED = 350_000  # bytes of a page that has no site
PER_SITE = 80  # and of a site of twenty corners in a large study

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
map_region = importlib.import_module("map_region")
sys.path.remove(str(BENCHMARKS))


def meta_of(block: bytes) -> Any:
    """The JSON description of a block."""
    return json.loads(block[8 : 8 + struct.unpack_from("<I", block, 4)[0]])


def ids_of(block: bytes) -> list[str]:
    """The ids of a block, each put together from the one before it."""
    stored = meta_of(block)["ids"]
    offset, count, kind = stored["shared"]
    assert kind == "u1"
    start = -(-(8 + struct.unpack_from("<I", block, 4)[0]) // 8) * 8 + offset
    ids = [""]
    for length, rest in zip(block[start : start + count], stored["rest"], strict=True):
        ids.append(ids[-1][:length] + rest)
    return ids[1:]


def data_of(html: str) -> Any:
    """The JSON description inside a page."""
    return meta_of(unpacked(html, "fs-data"))


def code_of(html: str) -> str:
    """The scripts of ours that a page runs, its loader first."""
    loaders = [code for code in re.findall(r"<script>(.*?)</script>", html, re.DOTALL) if "DecompressionStream" in code]
    assert len(loaders) == 1
    return loaders[0] + unpacked(html, "fs-code").decode()


def packed(html: str, name: str) -> str:
    """A packed block of a page, as it stands there."""
    found = re.findall(f'id="{name}">([A-Za-z0-9+/=]+)</script>', html)
    assert len(found) == 1
    return str(found[0])


def unpacked(html: str, name: str) -> bytes:
    """A packed block of a page."""
    return gzip.decompress(base64.b64decode(packed(html, name)))


def hash_of(code: bytes | str) -> str:
    """A script as a policy names it."""
    raw = code.encode() if isinstance(code, str) else code
    return f"'sha256-{base64.b64encode(hashlib.sha256(raw).digest()).decode()}'"


@pytest.fixture(scope="module")
def data() -> MapData:
    return study(120)


@pytest.fixture(scope="module")
def html(data: MapData) -> str:
    return SiteMap(data).html()


def test_the_same_data_give_the_same_bytes(data: MapData, html: str) -> None:
    site_map = SiteMap(study(120))
    assert site_map.html() == html
    assert site_map.html() == html


def test_the_order_of_rows_does_not_matter(data: MapData) -> None:
    turned = dataclasses.replace(
        data, sites=data.sites.iloc[::-1], suitability=data.suitability.sample(frac=1, random_state=1)
    )
    assert build(turned) == build(data)


def test_sites_are_in_code_point_order(data: MapData) -> None:
    ids = ["b", "a.10", "a.2", "Z", "é"]
    sites = data.sites.iloc[:5].assign(site_id=ids)
    rows = data.suitability[data.suitability["profile"] == "starter"].iloc[:5].assign(site_id=ids)
    small = dataclasses.replace(data, sites=sites, suitability=rows, profiles=data.profiles[:1])
    assert ids_of(build(small)) == sorted(ids)


def test_save_writes_the_page_to_a_path_and_to_a_file(data: MapData, html: str, tmp_path: Any) -> None:
    SiteMap(data).save(tmp_path / "map.html")
    assert (tmp_path / "map.html").read_bytes() == html.encode()
    target = io.BytesIO()
    SiteMap(data).save(target, close_file=False)
    assert target.getvalue() == html.encode()


def test_it_is_a_folium_map_that_asks_nothing_of_the_network(data: MapData, html: str) -> None:
    assert isinstance(SiteMap(data), folium.Map)
    assert external_refs(html) == []
    code = code_of(html)
    assert external_refs(code) == []
    assert set(re.findall(r"https?://([\w.-]+)", html + code)) <= {
        "leafletjs.com",
        "www.w3.org",
        "bugs.chromium.org",
        "bugzilla.mozilla.org",
    }  # a link, a name space and two comments
    assert folium.Map.default_js, "folium's own map must keep its links"


def test_an_addition_that_needs_the_network_is_refused(data: MapData) -> None:
    site_map = SiteMap(data)
    folium.Marker([52.5, 4.8], icon=folium.Icon(icon="home", prefix="fa")).add_to(site_map)
    site_map.get_root().header.add_child(folium.JavascriptLink("https://example.org/x.js"))
    with pytest.raises(ValueError, match=r"example\.org"):
        site_map.html()


def test_a_packed_script_that_needs_the_network_is_refused(data: MapData) -> None:
    site_map = SiteMap(data)
    site_map.get_root().packed += ("document.write('<script src=https://example.org/y.js>')",)
    with pytest.raises(ValueError, match=r"example\.org/y"):
        site_map.html()


def test_it_shows_in_a_notebook(data: MapData) -> None:
    assert SiteMap(data)._repr_html_().startswith("<div")


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://a.example/x.js">',
        "<SCRIPT async src=//a.example/x.js>",
        '<link rel="stylesheet" href="http://a.example/x.css">',
        "<img src='https://a.example/x.png'>",
        "<style>@import 'x.css';</style>",
        "<style>a { background: url(https://a.example/x.png) }</style>",
        '<iframe src="https://a.example">',
    ],
)
def test_external_refs_finds(text: str) -> None:
    assert external_refs(text)


def test_the_policy_names_every_script_and_nothing_unsafe(html: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    scripts = re.findall(r"script-src ([^;]*);", policy.group(1))[0]
    assert "unsafe" not in scripts
    codes = [
        code for kind, code in re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL) if "plain" not in kind
    ]
    assert len(codes) == 3  # Leaflet, the loader, and the start of the map
    assert scripts.split() == [hash_of(code) for code in (*codes, unpacked(html, "fs-code"))]
    assert "default-src 'none'" in policy.group(1)


def test_the_head_of_the_page(html: str) -> None:
    assert html.startswith('<!DOCTYPE html>\n<html lang="nl">')
    assert '<meta charset="utf-8">' in html[:200]
    assert "<title>Noord-Holland, eerste verkenning</title>" in html
    assert "user-scalable" not in html[: html.index("<script>")]
    assert html.count("<main") == 1


def test_both_languages_have_the_same_strings_with_the_same_places() -> None:
    texts = strings()
    assert set(texts) == {"nl", "en"}
    assert texts["nl"].keys() == texts["en"].keys()
    for key in texts["nl"]:
        places = [set(re.findall(r"\{(\w+)\}", texts[language][key])) for language in ("nl", "en")]
        assert places[0] == places[1], key
        assert all(texts[language][key] for language in ("nl", "en"))


def test_every_string_that_the_scripts_ask_for_exists_and_none_is_spare() -> None:
    code = "\n".join((ASSETS / "scripts" / f"{name}.js").read_text() for name in (LOADER, *SCRIPTS))
    assert {file.name for file in (ASSETS / "scripts").iterdir()} == {f"{name}.js" for name in (LOADER, *SCRIPTS)}
    assert {file.name for file in (ASSETS / "styles").iterdir()} == {f"{name}.css" for name in STYLES}
    known = strings()["nl"]
    quoted = set(re.findall(r"'([a-z_]+(?:\.[a-z_0-9]+)*)'", code))
    missing = {key for key in re.findall(r"\bt\('([^']+)'[,)]", code) if key not in known}
    assert not missing
    built = (
        "sites.",
        "cells.",
        "candidate.",
        "audience.",
        "class.",
        "effect.",
        "route.",
        "tab.",
        "step.",
        "sources.",
        "why.",
        "unit.",
        "certainty.",
        "need.",
        "people.",
        "notes.favourite",
        "notes.veto",
        "notes.pin",
        "notes.drawing",
        "notes.colour.",
        "notes.sign.",
        "notes.wrong.",
        "draw.",
        "export.",
        "bounds.at_",
        "classes.",
        "find.",
        "context.",
        "list.municipality",
        "list.owner",
        "list.route",
        "head.complete.",
        "head.untested.",
        "layers.sites",
        "layers.unsuitable",
        "layers.group.",
    )
    spare = {key for key in known if key not in quoted and not key.startswith(built)}
    assert not spare


def test_our_assets_hold_no_template_marks_and_vendored_files_are_as_recorded() -> None:
    vendored = json.loads((ASSETS / "vendor.json").read_text())["leaflet"]
    assert vendored["version"] == "1.9.4"
    for name, digest in vendored["sha256"].items():
        assert hashlib.sha256((ASSETS / "leaflet" / name).read_bytes()).hexdigest() == digest, name
    ours = [file for room in (ASSETS, *(ASSETS / name for name in ROOMS)) for file in room.iterdir()]
    assert len(ours) > 15
    for file in ours:
        if file.name.endswith((".js", ".css", ".html", ".json")):
            assert not re.search(r"\{\{|\{%|\{#", file.read_text()), file.name
        if file.name.endswith(".js"):
            assert len(file.read_text().splitlines()) < 400
            assert "innerHTML" not in file.read_text()


def test_no_value_is_evaluated_in_python_and_all_stay_as_they_are(tmp_path: Any) -> None:
    data = hostile_study(PAYLOADS)
    html = SiteMap(data).html()
    meta = data_of(html)
    words = meta["columns"][0]["value"]["words"]
    assert set(PAYLOADS) <= set(words)
    assert set(PAYLOADS) <= {text for source in meta["sources"] for text in source.values()}
    assert meta["title"] == "".join(PAYLOADS)
    outside = html.replace(packed(html, "fs-data"), "")
    title = re.search(r"<title>(.*?)</title>", outside, re.DOTALL)
    assert title
    assert "{{ 7*7 }}" in title.group(1)
    assert "49" not in title.group(1)
    assert "<img src=x" not in outside
    assert outside.count("</script") == 5


def test_a_lone_surrogate_does_not_stop_the_map(data: MapData) -> None:
    assert SiteMap(dataclasses.replace(data, title="a\ud800b")).html()


def test_infinity_is_an_error_and_nan_is_missing(data: MapData) -> None:
    sites = data.sites.assign(noise_v=np.inf)
    with pytest.raises(ValueError, match="infinity"):
        build(dataclasses.replace(data, sites=sites))
    assert meta_of(build(dataclasses.replace(data, sites=data.sites.assign(noise_v=np.nan))))["measures"][2]["value"][
        "few"
    ] == [None]


def test_two_equal_ids_or_missing_rows_are_our_fault(data: MapData) -> None:
    with pytest.raises(ValueError, match="unique"):
        build(dataclasses.replace(data, sites=gpd.GeoDataFrame(data.sites.assign(site_id="x"))))
    with pytest.raises(ValueError, match="lacks sites"):
        build(dataclasses.replace(data, suitability=data.suitability.iloc[:-1]))


def test_a_column_that_the_sites_lack_is_left_out(data: MapData) -> None:
    meta = meta_of(build(dataclasses.replace(data, columns=(ColumnInfo("plaats", "Plaats"),))))
    assert meta["columns"][0]["value"] is None


def test_a_large_map_is_reported(data: MapData, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    SiteMap(data, on_warning=said.append).html()
    assert said == []
    monkeypatch.setattr("flexsite.outputs.map.page.MAX_SITES", 100)
    SiteMap(data, on_warning=said.append).html()
    assert len(said) == 1
    assert "120 sites" in said[0]


def test_size_per_site() -> None:
    small, large = (len(SiteMap(study(n, excluded=None)).html()) for n in (100, 2100))
    assert small < FIXED
    assert (large - small) / 2000 < 135  # twenty vertices, five measures, two profiles


@pytest.mark.parametrize("n", [0, 50_000])
def test_size_of_a_large_study(n: int) -> None:
    assert len(SiteMap(map_region.map_data(n)).html().encode()) <= FIXED + PER_SITE * n


def test_importing_the_data_classes_imports_no_folium() -> None:
    import subprocess

    code = "import sys, flexsite.outputs.map; sys.exit('folium' in sys.modules or 'branca' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
