"""Opens a map in a browser without a network, every message and request written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import flexsite
from flexsite.outputs.map import MapData, SiteMap

OUTPUTS = ["map", "report", "parquet"]


@dataclass
class Opened:
    """A page with what it said and asked for."""

    page: Any
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def js(self, code: str, argument: Any = None) -> Any:
        """The value of a JavaScript expression or function."""
        return self.page.evaluate(code, argument)

    def text(self, selector: str) -> str:
        """The text of an element as it is shown, once the words have caught up with the map."""
        self.caught_up()
        return str(self.page.inner_text(selector))

    def caught_up(self) -> None:
        """Wait until the panel no longer says that it is busy."""
        self.page.evaluate("""async () => {
            while (document.querySelector('[aria-busy=true]')) await new Promise((done) => setTimeout(done, 5));
        }""")

    def quiet(self) -> None:
        """Nothing on the console, nothing asked of the network."""
        assert self.messages == []
        assert self.requests == []


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """The folder of a run of the corner of the invented region: its map, its report and its tables."""
    folder = tmp_path_factory.mktemp("small") / "out"
    flexsite.run(flexsite.load(root / "data" / "small" / "study.yaml", {"outputs": OUTPUTS})).write(folder)
    return folder


@pytest.fixture
def open_map(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a map, by its data or its HTML, in a page without a network."""
    contexts = []

    def opened(data: MapData | str, width: int = 1280, height: int = 800) -> Opened:
        file = tmp_path / f"map{len(contexts)}.html"
        file.write_bytes((data if isinstance(data, str) else SiteMap(data).html()).encode("utf-8"))
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        result = Opened(context.new_page())

        def note(request: Any) -> None:
            if request.url != file.as_uri() and not request.url.startswith(("data:", "blob:")):
                result.requests.append(request.url)

        result.page.on("console", lambda message: result.messages.append(f"{message.type}: {message.text}"))
        result.page.on("pageerror", lambda error: result.messages.append(f"error: {error}"))
        result.page.on("dialog", lambda dialog: (result.messages.append(dialog.message), dialog.dismiss()))
        result.page.on("request", note)
        result.page.goto(file.as_uri())
        result.js("() => window.flexsite.ready.then(() => true)")
        return result

    yield opened
    for context in contexts:
        context.close()
