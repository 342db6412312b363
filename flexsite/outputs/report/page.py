"""The page: sealed, with a policy that lets nothing run and nothing be asked of the network."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from flexsite.outputs.report.markup import Html, clean, el, escaped

if TYPE_CHECKING:
    from flexsite.outputs.report.speech import Speech

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_PLAIN = re.compile(r"[^A-Za-z0-9 ]")
_HEADING = re.compile(r'<h2 id="([\w-]+)">(.*?)</h2>', re.DOTALL)


def page(title: str, audience: str, speech: Speech, *content: Html) -> str:
    """A whole page.

    Parameters
    ----------
    title
        Of the study.
    audience
        For whom it is, in words.
    content
        Markup of the body.
    """
    head = [
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light"),
        el("meta", name="robots", content="noindex") if audience == speech.text("audience.internal") else None,
        el("link", rel="icon", href="data:,"),
        el("title", title),
        Html(f"<style>{_styles()}{_running(title, audience, speech)}</style>"),
    ]
    body = el("body", el("main", _patterns(), content))
    whole = el("html", Html("\n"), el("head", [Html(f"{one}\n") for one in head if one]), body, lang=speech.language)
    return f"<!DOCTYPE html>\n{_broken(whole)}\n"


def contents(body: Html, speech: Speech) -> Html:
    """Links to the parts of a page."""
    found = _HEADING.findall(body)
    links = [el("li", el("a", Html(text), href=f"#{name}")) for name, text in found]
    return el(
        "nav", el("h2", speech.t("contents"), class_="small"), el("ol", links), aria_label=speech.text("contents")
    )


@cache
def _styles() -> str:
    told = files("flexsite.outputs.report").joinpath("styles", "report.css").read_text(encoding="utf-8")
    return f"\n{told}"


def _running(title: str, audience: str, speech: Speech) -> str:
    """What stands above and below every printed page; whatever is no plain letter or digit is written by its number."""
    of = speech.text("page.of")
    top, side = (_quoted(clean(text, 70)) for text in (title, audience))
    return (
        f"@page {{ @top-left {{ content: {top}; }} @top-right {{ content: {side}; }} "
        f"@bottom-left {{ content: {_quoted(speech.text('page.made'))}; }} "
        f"@bottom-right {{ content: counter(page) {_quoted(f' {of} ')} counter(pages); }} }}\n"
    )


def _quoted(text: str) -> str:
    r"""A text as a string of a style sheet, in which nothing can end the string or the sheet.

    Examples
    --------
    >>> _quoted('</style>')
    '"\\00003c \\00002f style\\00003e "'
    """
    # The space ends the number; a reader of style sheets drops it.
    return '"' + _PLAIN.sub(lambda found: f"\\{ord(found.group()):06x} ", text) + '"'


def _patterns() -> Html:
    """The hatching that drawings share."""
    line = el("path", d="M-1 7L7 -1", class_="hatch")
    pattern = el("pattern", line, id="taken", width="6", height="6", patternUnits="userSpaceOnUse")
    return el("svg", el("defs", pattern), width="0", height="0", class_="defs", aria_hidden="true")


def _broken(text: str) -> str:
    """Lines that a person can read: a row or a part on each."""
    return re.sub(r"(</(?:tr|p|h[1-4]|li|svg|section|article|caption|dl|head|header|nav|figure)>)", r"\1\n", text)


__all__ = ["POLICY", "contents", "escaped", "page"]
