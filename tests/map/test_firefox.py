"""The sealed map in Firefox: no request, no word on the console, nothing against its own policy, the same ranking."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flexsite.outputs.map import SiteMap

from .fake import study
from .firefox import Session, firefox, session

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    program = firefox()
    if program is None:
        pytest.skip("no Firefox on this machine")
    folder = tmp_path_factory.mktemp("firefox")
    file = folder / "map.html"
    file.write_bytes(SiteMap(study(300)).html().encode("utf-8"))
    with session(program, folder) as opened:
        opened.open(file)
        yield opened


def test_the_map_opens_and_answers_without_a_word(page: Session) -> None:
    assert page.js("window.flexsite.ready.then(() => true)") is True
    data = study(300)
    rows = data.suitability.query("profile == 'starter' and suitable").sort_values("rank")
    assert page.js("flexsite.ranking().map((one) => one.site_id)") == rows["site_id"].tolist()
    for tab in page.js("[...document.querySelectorAll('[role=tab]')].map((one) => one.id)"):
        page.click(f"#{tab}")
        assert len(page.js("document.querySelector('#fs-body').innerText")) > 50, tab
    page.click("#fs-tab-list")
    page.click(".fs-list .fs-pick")
    assert rows["site_id"].iloc[0] in page.js("document.querySelector('#fs-card h2').innerText")
    page.click(".fs-language")
    assert page.js("document.documentElement.lang") == "en"
    painted = """[...document.querySelectorAll('.leaflet-fsSites-pane canvas')].some((one) =>
      one.getContext('2d').getImageData(0, 0, one.width, one.height).data.some((value) => value > 0))"""
    assert page.js(painted)
    assert page.messages == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert sum(url.startswith("file:") for url in page.requests) <= 1


def test_what_breaks_the_policy_would_be_heard(page: Session) -> None:
    page.js("window.flexsite.ready.then(() => true)")
    before = len(page.messages)
    page.js(
        "void document.body.append(Object.assign(document.createElement('img'), {src: 'https://example.org/x.png'}))"
    )
    page.js("new Promise((done) => setTimeout(done, 300, 1))")
    assert any(text.startswith("policy: img-src") for text in page.messages[before:])
