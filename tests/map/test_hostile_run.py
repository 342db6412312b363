"""A study full of attacks, run by the command: every text is shown as it is, nothing runs, no cell is a formula."""

from __future__ import annotations

import csv
import re
import time
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
import yaml

from tests.acceptance.helpers import cli
from tests.report.pages import Opened, open_page

from .hostile_run import ATTACKS, SIGN, hostile_run, seen

pytestmark = pytest.mark.browser

TABS = ("list", "weights", "waterfall", "layers", "notes", "sources")
TEXTS = """() => {
  for (const one of document.querySelectorAll('details')) one.open = true;
  const found = [document.title];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const home = walker.currentNode.parentElement;
    if (home && !['SCRIPT', 'STYLE'].includes(home.tagName)) found.push(walker.currentNode.data);
  }
  const names = ['title', 'aria-label', 'placeholder', 'value', 'alt'];
  for (const one of document.querySelectorAll(names.map((name) => '[' + name + ']').join(',')))
    for (const name of names) if (one.hasAttribute(name)) found.push(one.getAttribute(name));
  return found;
}"""
UNSHOWN_ON_MAP = """project id|status|note of .*|about .*|source of (requires|criteria|unit|homes|mark).*
    |basis of (criteria|unit|homes).*|asked use|variant""".replace("\n    ", "")
"""Places that the map leaves to the report and the record."""
SHOWN_IN_REPORT = """title|municipality [ab]|site [01]|project|(source|licence) of \\d+|(basis|source) of rule \\w+
    |label of rule \\w+ en|group en|(basis|source|note) of (requires|criteria|unit|homes).*
    |asked town|column municipality en|measure en|kind en|variant|mark en""".replace("\n    ", "")
"""Places that an English report must tell of."""


class Ran(NamedTuple):
    """The folder of a run, and the texts that were planted by place."""

    folder: Path
    texts: dict[str, str]


@pytest.fixture(scope="module", params=[False, True], ids=["attacks", "long"])
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("hostile")
    path, texts = hostile_run(folder, start=7 if request.param else 0, long=request.param)
    done = cli("run", path, "--out", folder / "out", "--quiet", "--no-cache")
    assert done.code == 0, done.err
    return Ran(folder / "out", texts)


def shown(opened: Opened) -> list[str]:
    """All texts of a page as it is now: its words, and what its parts are called."""
    found: list[str] = opened.page.evaluate(TEXTS)
    return found


def missing(texts: dict[str, str], found: list[str]) -> set[str]:
    """Places of which a page does not show the text, literally, and to its end where it is not very long."""
    whole = "\n".join(dict.fromkeys(seen(one) for one in found))
    return {place for place, text in texts.items() if seen(text)[:500] not in whole}


def harmless(opened: Opened) -> None:
    """Nothing ran, nothing was asked for, nothing became an element."""
    opened.quiet()
    assert opened.page.evaluate("window.X") is None
    assert (
        opened.page.evaluate("document.querySelectorAll('img[src=x], svg[onload], b:not([class]) > script').length")
        == 0
    )
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_the_map_shows_every_text_and_runs_none(ran: Ran, browser: Any) -> None:
    began = time.process_time()
    opened = open_page(browser, ran.folder / "map.html")
    page = opened.page
    page.evaluate("() => window.flexsite.ready.then(() => true)")
    found = []
    page.evaluate("flexsite.filter({suitable: 'all'})")
    for _ in ("en", "nl"):
        for tab in TABS:
            page.click(f"#fs-tab-{tab}")
            found += shown(opened)
        page.click("#fs-tab-layers")
        for project in page.locator("#fs-body .fs-pick").all():
            project.dispatch_event("click")
            found += shown(opened)
        page.click("#fs-tab-list")
        for row in range(page.locator(".fs-list tbody tr").count()):
            page.click(f".fs-list tbody tr:nth-child({row + 1}) .fs-pick")
            found += shown(opened)
        page.click(".fs-language")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    found += shown(opened)
    harmless(opened)
    lacking = {place for place in missing(ran.texts, found) if not re.fullmatch(UNSHOWN_ON_MAP, place)}
    assert lacking == set()
    assert not [text for text in found if text.startswith(f"49{SIGN}")], "a template was filled in"
    longest = max(found, key=len)
    assert len(longest) <= 2001 and time.process_time() - began < 10, longest[:80]
    assert any(text.endswith("…") for text in found)
    page.context.close()


def test_the_report_shows_every_text_and_runs_none(ran: Ran, browser: Any) -> None:
    opened = open_page(browser, ran.folder / "report.html")
    found = [*shown(opened), opened.page.evaluate("document.body.textContent")]
    harmless(opened)
    lacking = missing(ran.texts, found)
    assert {place for place in lacking if re.fullmatch(SHOWN_IN_REPORT, place)} == set()
    assert max(len(text) for text in shown(opened)) < 2500
    assert len((ran.folder / "report.html").read_bytes()) < 300_000
    opened.page.context.close()


def test_no_cell_of_any_table_is_a_formula(ran: Ran) -> None:
    tables = list(ran.folder.rglob("*.csv"))
    assert {table.name for table in tables} >= {"known_projects.csv", "waterfall.csv", "owners.csv", "variants.csv"}
    csv.field_size_limit(10_000_000)
    for table in tables:
        with table.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        assert len({len(row) for row in rows}) == 1, table.name
        for cell in (cell for row in rows for cell in row):
            assert not re.match(r"[=+@\t\r\n＝＋－＠]|-(?!\d)", cell), (table.name, cell[:40])
    with zipfile.ZipFile(ran.folder / "sites.xlsx") as archive:
        for name in archive.namelist():
            text = archive.read(name).decode("utf-8")
            assert "<f>" not in text and "<hyperlink" not in text and "externalLink" not in name
    book = openpyxl.load_workbook(ran.folder / "sites.xlsx")
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    told = {cell.value for cell in cells if isinstance(cell.value, str)}
    assert len([text for text in ATTACKS if any(one.startswith(text[:30]) for one in told)]) > len(ATTACKS) / 2


def test_layers_bear_plain_names(tmp_path: Path) -> None:
    """The names of layers, rules and columns are words of the study's own: anything else is refused."""
    path, _ = hostile_run(tmp_path)
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    for changed in (
        {"layers": tree["layers"] | {"<img src=x onerror=window.X=1>": "nature.fgb"}},
        {"rules": [*tree["rules"], {"id": "=1+1", "mark": "nature"}]},
        {"columns": {"{{ 7*7 }}": tree["columns"]["other"]}},
        {"variants": {"../../out": {"term": 3}}},
    ):
        path.write_text(yaml.safe_dump(tree | changed), encoding="utf-8")
        done = cli("check", path)
        assert done.code == 2 and "use lower case letters" in done.err
