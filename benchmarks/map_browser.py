"""What a page of a map costs a browser: until it is there, in memory, per frame, per step of a slider."""

from __future__ import annotations

import os
import re
import shutil
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measure import ROOT, FailedError, _pss_kb, _tree
from playwright.sync_api import sync_playwright

WINDOW = {"width": 1280, "height": 800}
LEAFLET = ROOT / "flexsite" / "outputs" / "map" / "assets" / "leaflet"
LIMIT_MS = 180_000

MOVES = """async (steps) => {
  const map = window[Object.keys(window).find((name) => /^map_/.test(name))];
  const rest = (ms) => new Promise((done) => setTimeout(done, ms));
  if (steps) map.setZoom(map.getZoom() + steps, {animate: false});
  await rest(1500);
  const frames = [];
  let last = performance.now();
  let on = true;
  (function frame() {
    const now = performance.now();
    frames.push(now - last);
    last = now;
    if (on) requestAnimationFrame(frame);
  })();
  for (const by of [[300, 0], [0, 200], [-300, -200]]) {
    map.panBy(by, {animate: true, duration: 0.4});
    await rest(700);
  }
  map.zoomIn(1, {animate: true});
  await rest(900);
  map.zoomOut(1, {animate: true});
  await rest(900);
  on = false;
  return frames;
}"""
SLIDES = """async () => {
  const names = Object.keys(flexsite.weights());
  const took = [];
  for (let step = 0; step < 15; step++) {
    const start = performance.now();
    flexsite.weights({[names[step % names.length]]: (step * 37) % 101});
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    took.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, 400));
  }
  return took;
}"""
OURS_READY = "() => window.flexsite.ready.then(() => performance.getEntriesByName('flexsite:ready')[0].startTime)"
THEIRS_READY = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
  setTimeout(() => done(performance.now()), 0))))"""


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium without a graphics card."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
    path = os.environ.get("FLEXSITE_BROWSER") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise FailedError("no Chromium, Chrome or Edge on this machine")
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--disable-gpu", *root])
        yield chromium
        chromium.close()


def page_costs(file: Path, *, ours: bool, repeat: int) -> dict[str, Any]:
    """Medians over so many openings of a page, each in a new browser.

    Returns
    -------
    `version` of the browser, `ready_s`, `memory_mb` (PSS of the renderer), and `frame_p95_ms`, `frame_worst_ms` and
    `slider_ms` as [over the whole map, three levels closer].
    """
    found: dict[str, list[Any]] = {}
    version = ""
    for _ in range(repeat):
        with browser() as chromium:
            version = chromium.version
            for name, value in _opened(chromium, file, ours=ours).items():
                found.setdefault(name, []).append(value)
    return {"version": version, **{name: _middle(values) for name, values in found.items()}}


def _middle(values: Sequence[Any]) -> Any:
    if isinstance(values[0], list):
        return [round(statistics.median(some), 1) for some in zip(*values, strict=True)]
    return round(statistics.median(values), 3)


def _opened(chromium: Any, file: Path, *, ours: bool) -> dict[str, Any]:
    context = chromium.new_context(viewport=WINDOW)
    context.set_default_timeout(LIMIT_MS)
    page = context.new_page()
    page.route(re.compile("^https?:"), _answer)  # as if the network took no time; ours asks nothing
    page.goto(file.as_uri(), wait_until="load", timeout=LIMIT_MS)
    ready = page.evaluate(OURS_READY if ours else THEIRS_READY)
    page.wait_for_timeout(500)
    found: dict[str, Any] = {"ready_s": ready / 1000, "memory_mb": _renderer_mb()}
    slides, worst, slow = [], [], []
    for steps in (0, 3):
        frames = sorted(page.evaluate(MOVES, steps))
        slow.append(frames[int(0.95 * len(frames))])
        worst.append(frames[-1])
        if ours:
            slides.append(statistics.median(page.evaluate(SLIDES)))
    context.close()
    return found | {"frame_p95_ms": slow, "frame_worst_ms": worst, **({"slider_ms": slides} if ours else {})}


def _answer(route: Any) -> None:
    """Leaflet for those who take it from the network, and nothing for what else they ask."""
    url = route.request.url
    if url.endswith("/leaflet.js"):
        route.fulfill(body=(LEAFLET / "leaflet.js").read_text(encoding="utf-8"), content_type="text/javascript")
    elif url.endswith("/leaflet.css"):
        route.fulfill(body=(LEAFLET / "leaflet.css").read_text(encoding="utf-8"), content_type="text/css")
    else:
        route.fulfill(body="", content_type="text/css" if url.endswith(".css") else "text/javascript")


def _renderer_mb() -> float:
    """The largest PSS of a renderer among our children, MB (10**6 bytes)."""
    sizes = [0]
    for pid in _tree(os.getpid()):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"--type=renderer" in command:
            sizes.append(_pss_kb(pid))
    return max(sizes) * 1024 / 1e6
