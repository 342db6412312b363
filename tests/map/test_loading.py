"""How a page comes to life: what is there at once, and what a reader sees when its scripts cannot run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flexsite.outputs.map import SiteMap
from flexsite.outputs.map.codec import pack

from .fake import study
from .test_page import packed, unpacked

pytestmark = pytest.mark.browser

AT_ONCE = """document.addEventListener('DOMContentLoaded', () => {
  window.SEEN = { names: Object.keys(window.flexsite), ready: window.flexsite.ready instanceof Promise,
    profiles: window.flexsite.profiles.length, panel: document.getElementById('fs-panel').textContent };
});"""
OUTCOME = """() => Promise.race([window.flexsite.ready.then(() => 'ready', (error) => String(error)),
  new Promise((done) => setTimeout(() => done('nothing told'), 20000))])"""

Load = Callable[..., tuple[Any, list[str]]]


@pytest.fixture(scope="module")
def html() -> str:
    return SiteMap(study(40)).html()


@pytest.fixture
def load(browser: Any, tmp_path: Path) -> Iterator[Load]:
    """Opens a page after a script of the test; gives it and what it said."""
    contexts = []

    def loaded(html: str, before: str = "") -> tuple[Any, list[str]]:
        context = browser.new_context(offline=True)
        contexts.append(context)
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: said.append(request.url) if request.url.startswith("http") else None)
        page.add_init_script(before)
        (tmp_path / "map.html").write_bytes(html.encode())
        page.goto((tmp_path / "map.html").as_uri())
        return page, said

    yield loaded
    for context in contexts:
        context.close()


def test_the_public_face_is_there_at_once_and_stays_the_same(load: Load, html: str) -> None:
    page, said = load(html, AT_ONCE)
    assert page.evaluate("() => window.flexsite.ready.then((face) => face === window.flexsite)")
    seen = page.evaluate("() => window.SEEN")
    assert seen == {"names": ["ready", "profiles"], "ready": True, "profiles": 0, "panel": "flexsite"}
    names = set(page.evaluate("() => Object.keys(window.flexsite)"))
    assert {"ready", "profiles", "select", "weights", "ranking", "explain"} <= names
    assert not names & {"start", "begin"}
    assert said == []


def test_scripts_other_than_ours_do_not_run_and_the_reader_is_told(load: Load, html: str) -> None:
    other = pack(unpacked(html, "fs-code") + b"window.X = 1;\n")
    page, said = load(html.replace(packed(html, "fs-code"), other))
    assert "do not run" in page.evaluate(OUTCOME)
    assert "do not run" in page.inner_text("#fs-panel")
    assert page.evaluate("() => [window.X, window.flexsite.ranking]") == [None, None]
    assert len(said) == 1
    assert "Content Security Policy" in said[0]


@pytest.mark.parametrize("block", ["fs-code", "fs-data"])
def test_a_cut_block_is_told(load: Load, html: str, block: str) -> None:
    text = packed(html, block)
    page, _ = load(html.replace(text, text[: len(text) // 8 * 4]))
    assert "Error" in page.evaluate(OUTCOME)
    assert "Error" in page.inner_text("#fs-panel")


def test_a_browser_that_cannot_unpack_is_told(load: Load, html: str) -> None:
    page, _ = load(html, "delete window.DecompressionStream;")
    assert "DecompressionStream" in page.evaluate(OUTCOME)
    assert "DecompressionStream" in page.inner_text("#fs-panel")


def test_an_older_browser_unpacks_too(load: Load, html: str) -> None:
    page, said = load(html, "delete Uint8Array.fromBase64;")
    assert page.evaluate(OUTCOME) == "ready"
    assert said == []
