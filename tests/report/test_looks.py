"""In a browser: readable from a phone to a wide screen, on paper, and for those who cannot see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from flexsite.outputs.report import facts_in, sheets_page

from .pages import Opened, Taken, open_page

pytestmark = pytest.mark.browser
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  return [...document.querySelectorAll('body *')].filter((one) => !one.closest('.wide') && !one.closest('svg')
    && one.getBoundingClientRect().right > wide + 1).map((one) => one.outerHTML.slice(0, 80));
}"""
CONTRAST = """() => {
  const light = (rgb) => {
    const part = rgb.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const numbers = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const rgb = numbers(getComputedStyle(at).backgroundColor);
      if (rgb.length === 3 || rgb[3] > 0) return rgb.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const one of document.querySelectorAll('main *')) {
    if (one.closest('svg') || ![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    const [a, b] = [light(numbers(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(one.outerHTML.slice(0, 90));
  }
  return poor;
}"""


@pytest.fixture(scope="module")
def pages(dutch: Path) -> dict[str, Path]:
    sheets = dutch / "sheets_all.html"
    sheets.write_text(sheets_page(facts_in(dutch), ["K1", "K2", "K3", "K4"]), encoding="utf-8")
    return {"report": dutch / "report.html", "sheets": sheets}


@pytest.fixture(params=["report", "sheets"])
def opened(request: Any, browser: Any, pages: dict[str, Path]) -> Iterator[Opened]:
    one = open_page(browser, pages[request.param])
    yield one
    one.page.context.close()


def test_it_is_quiet_and_fits_every_width(opened: Opened) -> None:
    opened.quiet()
    for width in (390, 820, 1280, 2560):
        opened.page.set_viewport_size({"width": width, "height": 900})
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.page.evaluate(OVERFLOW) == [], width


def test_text_stands_out_from_its_ground(opened: Opened) -> None:
    assert opened.page.evaluate(CONTRAST) == []


def test_what_scrolls_is_reached_by_the_keyboard(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 390, "height": 900})
    bare = opened.page.evaluate("document.querySelectorAll('.wide[tabindex]:not([aria-label])').length")
    assert bare == 0


def test_it_prints_on_pages_of_a4(browser: Any, pages: dict[str, Path]) -> None:
    counts = {}
    for name, file in pages.items():
        one = open_page(browser, file)
        pdf = one.page.pdf(prefer_css_page_size=True)
        boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
        counts[name] = len(re.findall(rb"/Type /Page\b", pdf))
        assert {(round(float(x)), round(float(y))) for x, y in boxes} <= {
            (595, 842),
            (596, 842),
            (595, 841),
            (594, 841),
        }
        one.page.context.close()
    assert counts["sheets"] == 4, "a page for each site"
    assert 5 <= counts["report"] <= 25


def test_a_sheet_with_a_dozen_groups_still_is_one_page(browser: Any, tmp_path: Path, root: Path) -> None:
    """The corner of the invented region, where the sheets are fullest."""
    import flexsite

    path = root / "data" / "small" / "study.yaml"
    if not path.is_file():
        pytest.skip("no small region in this checkout")
    flexsite.run(flexsite.load(path, {"outputs": ["parquet"]})).write(tmp_path / "out")
    facts = facts_in(tmp_path / "out")
    ids = facts.available["site_id"].tolist()[::7]
    (tmp_path / "sheets.html").write_text(sheets_page(facts, ids), encoding="utf-8")
    one = open_page(browser, tmp_path / "sheets.html")
    one.quiet()
    assert len(re.findall(rb"/Type /Page\b", one.page.pdf(prefer_css_page_size=True))) == len(ids)
    one.page.context.close()


@pytest.mark.parametrize("name", ["report", "sheets"])
def test_who_cannot_see_it_can_read_it(name: str, pages: dict[str, Path]) -> None:
    """Language, title, one heading of the first level, none skipped; tables with heads; figures with a text."""
    html = pages[name].read_text(encoding="utf-8")
    page = Taken(html)
    assert page.tags[0] == ("html", {"lang": "nl"})
    assert re.search(r"<title>[^<]+</title>", html)
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    heads = [attributes for tag, attributes in page.tags if tag == "th"]
    assert heads and all(attributes.get("scope") in ("col", "row") for attributes in heads)
    assert html.count("<caption>") == html.count("<table>") > 5
    for tag, attributes in page.tags:
        if tag == "svg":
            assert {"aria-hidden", "aria-label", "aria-labelledby"} & set(attributes), attributes
    assert len([tag for tag, _ in page.tags if tag == "main"]) == 1
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    ids = {attributes.get("id") for _, attributes in page.tags}
    assert all(link is not None and link[1:] in ids for link in links)
    assert bool(links) == (name == "report")
