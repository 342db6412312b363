"""Makes the pictures of this folder again from what `flexsite demo` wrote: python maps/make.py flexsite-demo.

It opens map and report in Chromium as a reader does and takes what is on the screen: each picture shows what the page
does today. It needs the test extra (playwright) and a Chromium, Chrome or Edge; FLEXSITE_BROWSER names another.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Page

HERE = Path(__file__).resolve().parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
# of classes, texts and grounds: these stay what they are
MEANING = """
ffffff fbfbf8 e9ecef d5dadf aab0b6 a3abb3 7a838c 55606c 1d2733 1b2a6b 1f6fb2 3fb3bd b5dfa5 5f8a50 1f5f99 f2b134
9b2226 fdf6e8 dcecf8 1b6b3a d9e4ea e6e3de c2410c 6a51a3 f6e8c3 dfc27d c69a4f a5702c 7f4a14
"""
MOST_BYTES = 150_000
BEST = "flexsite.selection().slice(0, 3)"
CARD = "document.querySelector('#fs-card')"


def start(page: Page) -> None:
    """The map as it opens."""


def choose(page: Page) -> None:
    """Ground of a municipality, with room for forty homes."""
    page.click(".fs-filters summary")
    page.locator(".fs-boxes label", has_text="Gemeente").first.click()
    page.fill("#fs-homes-0", "40")
    page.wait_for_timeout(200)


def filtered(page: Page) -> None:
    """The filters, and what is found with them."""
    choose(page)
    page.evaluate("document.querySelector('.fs-filters').scrollIntoView()")
    page.evaluate("document.querySelector('#fs-panel').scrollTop -= 90")


def compared(page: Page) -> None:
    """The best of these, explained, beside the two that follow."""
    choose(page)
    page.evaluate(f"flexsite.compare({BEST})")
    page.click(".fs-list .fs-pick")
    page.mouse.move(700, 10)
    page.evaluate("document.querySelector('.fs-listed').scrollIntoView()")
    page.evaluate("document.querySelector('#fs-panel').scrollTop -= 90")


def explained(page: Page) -> None:
    """What a site meets and what its score is made of."""
    choose(page)
    page.click(".fs-list .fs-pick")
    page.wait_for_timeout(600)
    page.evaluate(f"{CARD}.scrollTop = {CARD}.querySelector('.fs-needs').closest('section').offsetTop - 8")


def waterfall(page: Page) -> None:
    """What is left after each step, with the noise rule off."""
    page.click("#fs-tab-waterfall")
    page.evaluate("flexsite.off(['noise'])")
    page.evaluate("document.querySelector('#fs-whatif').scrollIntoView()")
    page.evaluate("document.querySelector('#fs-panel').scrollTop -= 90")


def why_not(page: Page) -> None:
    """A place without a site, and the rule that took it."""
    page.click("#fs-tab-layers")
    page.check("label:has-text('Natura 2000') input")
    page.locator("label:has-text('Natura 2000')").first.evaluate("(one) => one.scrollIntoView({block: 'center'})")
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    for part in (0.08, 0.1, 0.12, 0.15):  # the west is dunes
        page.mouse.click(box["x"] + part * box["width"], box["y"] + 0.35 * box["height"])
        if page.locator("#fs-card .fs-rules").count():
            break
    page.wait_for_timeout(400)


def reach(page: Page) -> None:
    """Where a resident comes within 15, 30 and 45 minutes, and the way to the centre."""
    page.click("#fs-tab-layers")
    for name in ("Bereikbaar binnen de tijd", "Lopen", "Rijden"):
        page.locator(f".fs-layerlist label:has-text('{name}') input[type=checkbox]").first.check()
    page.locator(".fs-layerlist label:has-text('Bereikbaar binnen de tijd')").first.scroll_into_view_if_needed()
    page.evaluate("map_0.setZoom(map_0.getZoom() + 2, {animate: false})")
    page.evaluate("map_0.panBy([-330, 560], {animate: false})")


MAP: tuple[tuple[str, int, int, Callable[[Page], None]], ...] = (
    ("map", 1120, 720, start),
    ("filters", 1280, 800, filtered),
    ("explained", 1280, 800, explained),
    ("compared", 1280, 800, compared),
    ("waterfall", 1120, 720, waterfall),
    ("why-not-here", 1120, 720, why_not),
    ("reach", 1120, 720, reach),
    ("phone", 390, 844, start),
)


def _palette(image: Image.Image, colours: int) -> Image.Image:
    """The colours that mean something, then those that fill most of the picture."""
    told = [tuple(bytes.fromhex(colour)) for colour in MEANING.split()]
    common = sorted(image.getcolors(image.width * image.height) or [], reverse=True)
    told += [colour for _, colour in common if colour not in told][: max(0, colours - len(told))]
    palette = Image.new("P", (1, 1))
    palette.putpalette([value for colour in told for value in colour])
    return palette


def small(picture: bytes, path: Path) -> None:
    """A PNG of few colours: as many as it may have bytes for."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (96, 64, 48, 0):
        image.quantize(palette=_palette(image, colours), dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return
    raise SystemExit(f"{path.name} has {path.stat().st_size} bytes, which is more than {MOST_BYTES}")


def make(demo: Path) -> None:
    """All pictures, of the map and of the report in a folder of results."""
    found = os.environ.get("FLEXSITE_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"] if root else [])
        for name, width, height, act in MAP:
            page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
            page.goto((demo / "map.html").resolve().as_uri())
            page.evaluate("() => window.flexsite.ready.then(() => true)")
            act(page)
            page.wait_for_timeout(700)
            small(page.screenshot(), HERE / f"{name}.png")
            page.close()
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto((demo / "report.html").resolve().as_uri())
        small(page.screenshot(), HERE / "report.png")
        browser.close()
    shutil.copyfile(HERE / "map.png", HERE.parent / "docs" / "map.png")


if __name__ == "__main__":
    make(Path(sys.argv[1] if len(sys.argv) > 1 else "flexsite-demo"))
