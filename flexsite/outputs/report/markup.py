"""Markup by elements: whatever comes from data is text, never tags, however it is written."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

LONGEST = 600
"""Characters of a text from data; the rest is cut off with an ellipsis."""
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_VOID = frozenset({"br", "col", "link", "meta"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def clean(text: str, longest: int = LONGEST) -> str:
    r"""Text that a page can hold: what is no character becomes the mark for that, what is too long is cut.

    Examples
    --------
    >>> clean("a\x00b"), clean("abcdef", 4)
    ('a�b', 'abc…')
    """
    text = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text[: longest + 1])
    return text if len(text) <= longest else text[: longest - 1] + "…"


def escaped(content: Any) -> Html:
    """Content as markup: markup stays, everything else becomes text; what is several is joined, None is nothing.

    Examples
    --------
    >>> escaped(["a < b", None, el("b", 1)])
    'a &lt; b<b>1</b>'
    """
    if content is None:
        return Html()
    if isinstance(content, Html):
        return content
    if isinstance(content, Iterable) and not isinstance(content, str):
        return Html("".join(map(escaped, content)))
    return Html(html.escape(clean(str(content)), quote=True))


def el(tag: str, *children: Any, **attributes: Any) -> Html:
    """An element.

    Parameters
    ----------
    children
        Markup, or anything else as text; None is left out.
    attributes
        A trailing `_` is dropped and other `_` become `-`; None and False are left out, True has no value.

    Examples
    --------
    >>> el("p", "1 < 2", class_="note", hidden=False)
    '<p class="note">1 &lt; 2</p>'
    """
    given = "".join(
        f" {name.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escaped(value)}"')
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    end = "" if tag in _VOID else f"</{tag}>"
    return Html(f"<{tag}{given}>{escaped(children)}{end}")


def isolated(content: Any) -> Html:
    """Text from data within a sentence, so that what it writes from right to left turns nothing else round."""
    return content if isinstance(content, Html) else el("bdi", content)
