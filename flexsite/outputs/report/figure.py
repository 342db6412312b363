"""Tables, bars and small figures of a page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from flexsite.outputs.report.markup import Html, el, escaped

if TYPE_CHECKING:
    from flexsite.outputs.report.speech import Speech

BAR = 64.0
"""Width of a bar that stands for the whole, in pixels."""
WIDE = 5
"""Columns from which on a table may be wider than a screen."""

SHORT = 14
"""Rows up to which a table is printed on one page."""


class Column(NamedTuple):
    """A column of a table: its head, and whether it holds numbers."""

    head: Any
    number: bool = False


def table(caption: Any, columns: Sequence[Column], rows: Iterable[Sequence[Any]], *, last: bool = False) -> Html:
    """A table with a caption, whose first column names the rows.

    Parameters
    ----------
    rows
        Cells as markup or text.
    last
        The last row is a sum.
    """
    kinds = ["n" if column.number else None for column in columns]
    head = [el("th", column.head, scope="col", class_=kind) for column, kind in zip(columns, kinds, strict=True)]
    body = []
    for row in rows:
        cells = [
            el("td", cell, class_=kind) if place else el("th", cell, scope="row", class_=kind)
            for place, (cell, kind) in enumerate(zip(row, kinds, strict=True))
        ]
        body.append(el("tr", cells))
    end = el("tfoot", body.pop()) if last and body else None
    inner = el("table", el("caption", caption), el("thead", el("tr", head)), el("tbody", body), end)
    class_ = "wide short" if len(body) <= SHORT else "wide"
    if len(columns) < WIDE:
        return el("div", inner, class_=class_)
    # What may be wider than a screen is reached by the keyboard.
    label = html.unescape(re.sub("<[^>]*>", "", escaped(caption)))
    return el("div", inner, class_=class_, tabindex="0", role="region", aria_label=label)


def bar(part: float, whole: float, *, second: float = 0.0) -> Html:
    """A bar as long as its part of the whole; `second` goes on where it ends."""
    if not whole > 0 or part != part:
        return Html()
    ends = [BAR * max(0.0, min(one / whole, 1.0)) for one in (part, part + second)]
    rects = el("rect", width=f"{BAR:g}", height="9", class_="bar-whole")
    if second:
        rects = Html(rects + el("rect", width=f"{ends[1]:.1f}", height="9", class_="bar-second"))
    rects = Html(rects + el("rect", width=f"{ends[0]:.1f}", height="9", class_="bar-part"))
    return el("svg", rects, class_="bar", width=f"{BAR:g}", height="9", viewBox=f"0 0 {BAR:g} 9", aria_hidden="true")


def pairs(told: Iterable[tuple[Any, Any] | None]) -> Html:
    """Names with what is known of them."""
    return el("dl", [el("div", el("dt", one[0]), el("dd", one[1])) for one in told if one is not None])


def bullets(items: Iterable[Any], **attributes: Any) -> Html:
    """A list, nothing when it is empty."""
    told = [el("li", item) for item in items]
    return el("ul", told, **attributes) if told else Html()


def paragraphs(*texts: Any, class_: str | None = None) -> Html:
    """Paragraphs; those that are None or empty are left out."""
    return Html("".join(el("p", one, class_=class_) for one in texts if one))


def section(speech: Speech, name: str, *content: Any) -> Html:
    """A part of the report with its heading, to which the contents lead; nothing without content."""
    told = [one for one in content if one]
    if not told:
        return Html()
    return el("section", el("h2", speech.t(f"{name}.title"), id=f"{name}-title"), told, id=name,
              aria_labelledby=f"{name}-title")  # fmt: skip
