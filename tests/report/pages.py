"""Pages taken apart: tables by their caption, headings, texts; and pages opened in a browser without a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

VOID = {"meta", "link", "br", "col"}
INLINE = {"b", "bdi", "cite", "code", "span", "sup"}


@dataclass
class Taken(HTMLParser):
    """What a page holds."""

    html: str
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    headings: list[tuple[int, str]] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.parts: list[str] = []
        self.caption = ""
        self.feed(self.html)
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self.open.append(tag)
        if tag == "tr" and self.caption:
            self.tables[self.caption].append([])
        if tag in {"td", "th", "caption", "h1", "h2", "h3", "title"}:
            self.parts = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()
        if tag not in INLINE:
            self.texts.append(" ")
        told = " ".join("".join(self.parts).split())
        if tag == "caption":
            again = sum(caption.startswith(told) for caption in self.tables)
            self.caption = f"{told} ({again + 1})" if again else told
            self.tables[self.caption] = []
        elif tag in {"td", "th"} and self.caption:
            self.tables[self.caption][-1].append(told)
        elif tag == "table":
            self.caption = ""
        elif tag in {"h1", "h2", "h3"}:
            self.headings.append((int(tag[1]), told))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.parts.append(data)
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All text, on one line."""
        return " ".join("".join(self.texts).split())

    def table(self, begins: str) -> list[list[str]]:
        """The rows of the only table whose caption begins so, its head first."""
        [found] = [rows for caption, rows in self.tables.items() if caption.startswith(begins)]
        return found

    def row(self, table: str, name: str) -> dict[str, str]:
        """A row of a table by the text of its first cell, by column."""
        head, *rows = self.table(table)
        [found] = [row for row in rows if row[0] == name]
        return dict(zip(head, found, strict=True))


@dataclass
class Opened:
    """A page in a browser, with what it said and asked for."""

    page: Any
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def quiet(self) -> None:
        """Nothing on the console, nothing asked of the network."""
        assert self.messages == []
        assert self.requests == []


def open_page(browser: Any, file: Path, width: int = 1280) -> Opened:
    """Open a file without a network; the caller closes `page.context`."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    opened = Opened(context.new_page())
    opened.page.on("console", lambda message: opened.messages.append(f"{message.type}: {message.text}"))
    opened.page.on("pageerror", lambda error: opened.messages.append(f"error: {error}"))
    opened.page.on("dialog", lambda dialog: (opened.messages.append(dialog.message), dialog.dismiss()))

    def note(request: Any) -> None:
        if request.url != file.as_uri() and not request.url.startswith("data:"):
            opened.requests.append(request.url)

    opened.page.on("request", note)
    opened.page.goto(file.as_uri())
    return opened
