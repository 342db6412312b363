"""axe-core, the checker of accessibility, finds nothing to mend in the map and the report, whatever is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
ALL_OPEN = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
TABS = "[...document.querySelectorAll('[role=tab]')].map((one) => one.id)"
Look = Callable[[Any], list[str]]


@pytest.fixture(scope="module")
def look() -> Look:
    """What axe finds in a page with all its rules, each with the elements that break it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def found(page: Any) -> list[str]:
        told = axe.run(page, options={"resultTypes": ["violations"]}).response
        assert told["passes"], "axe looked at something"
        return [f"{one['id']}: {[node['html'][:120] for node in one['nodes']][:3]}" for one in told["violations"]]

    return found


@pytest.fixture
def visit(browser: Any, small: Path) -> Iterator[Callable[..., Any]]:
    """Opens a file; the page's own policy lets no script in, and so not axe, unless it is set aside."""
    contexts = []

    def opened(name: str, width: int) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, offline=True, bypass_csp=True)
        contexts.append(context)
        page = context.new_page()
        page.goto((small / name).as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


def card_beside_comparison(page: Any) -> None:
    page.evaluate("flexsite.compare(flexsite.ranking().slice(0, 3).map((one) => one.site_id))")
    page.click(".fs-list .fs-pick")
    page.evaluate(ALL_OPEN)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_map(visit: Callable[..., Any], look: Look, width: int) -> None:
    page = visit("map.html", width)
    page.evaluate("() => window.flexsite.ready.then(() => true)")
    assert look(page) == []
    for tab in page.evaluate(TABS):
        page.click(f"#{tab}")
        page.evaluate(ALL_OPEN)
        assert look(page) == [], tab
    page.click("#fs-tab-list")
    for typed in ("a", "nowhere at all"):
        page.fill("#fs-search", typed)
        page.wait_for_function("(text) => (flexsite.state().filters.text || '') === text", arg=typed)
        assert look(page) == [], typed
    page.click("#fs-clear")
    card_beside_comparison(page)
    assert look(page) == [], "a card beside a comparison"


def test_the_map_in_english(visit: Callable[..., Any], look: Look) -> None:
    page = visit("map.html", 1280)
    page.evaluate("() => window.flexsite.ready.then(() => true)")
    page.click(".fs-language")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert look(page) == []
    card_beside_comparison(page)
    assert look(page) == []


def test_the_report(visit: Callable[..., Any], look: Look) -> None:
    page = visit("report.html", 390)  # where more of it scrolls than on a wide screen; all else is the same
    page.evaluate(ALL_OPEN)
    assert look(page) == []


def test_it_finds_what_is_wrong(visit: Callable[..., Any], look: Look) -> None:
    page = visit("map.html", 1280)
    page.set_content("<html lang='en'><title>a page</title><main><h1>a page</h1></main></html>")
    assert look(page) == []
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [text.split(":")[0] for text in look(page)] == ["button-name"]
