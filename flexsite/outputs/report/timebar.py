"""How long a site is free, as a bar of years."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flexsite.outputs.report.markup import Html, el
from flexsite.outputs.report.speech import absent

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts

WIDTH, HEIGHT = 520, 58
LONGEST = 40
"""Years that a bar shows at most."""
_YEAR = 365.25


def time_bar(site: Any, facts: Facts) -> Html:
    """Preparing, the years that the site is free, and when a plan needs it.

    Parameters
    ----------
    site
        With available_from, available_until and mark_until; an empty end is not known.
    """
    study, speech = facts.study, facts.speech
    begin = study.date
    start = _day(site["available_from"]) or begin
    until, mark = _day(site["available_until"]), _day(site["mark_until"])
    asked = study.term + _years(begin, start)
    ends = [_years(begin, one) for one in (until, mark) if one is not None]
    shown = min(max([asked, *ends]) + 3, LONGEST)
    wide = WIDTH / shown

    def x(years: float) -> float:
        return round(min(max(years, 0.0), shown) * wide, 1)

    ready = x(_years(begin, start))
    free = max((WIDTH if until is None else x(_years(begin, until))) - ready, 0)
    told = [
        el("rect", x="0", y="14", width=f"{ready:g}", height="16", class_="preparing"),
        el("rect", x=f"{ready:g}", y="14", width=f"{free:g}", height="16", class_="free"),
    ]
    if until is None:
        told.append(el("path", d=f"M{WIDTH - 10} 14L{WIDTH} 22L{WIDTH - 10} 30Z", class_="open-end"))
    elif _years(begin, until) < shown:
        told.append(el("rect", x=f"{ready + free:g}", y="14", width=f"{WIDTH - ready - free:g}", height="16",
                       class_="needed"))  # fmt: skip
    told.append(_line(x(asked), "term-line", speech.text("time.term"), 10))
    if mark is not None:
        told.append(_line(x(_years(begin, mark)), "mark-line", speech.text("time.mark"), 10))
    step = 5 if shown <= 25 else 10
    for year in range(begin.year - begin.year % step + step, begin.year + int(shown) + 1, step):
        at = x(_years(begin, date(year, 1, 1)))
        if at <= WIDTH - 12:
            told.append(el("path", d=f"M{at:g} 30V36", class_="tick"))
            told.append(el("text", str(year), x=f"{at:g}", y="48", class_="year"))
    told.append(el("text", str(begin.year), x="0", y="48", class_="year first"))
    return el("svg", told, role="img", aria_label=_said(site, facts), class_="time", viewBox=f"0 0 {WIDTH} {HEIGHT}",
              width=str(WIDTH), height=str(HEIGHT))  # fmt: skip


def _line(at: float, class_: str, label: str, y: int) -> Html:
    anchor = "end" if at > WIDTH * 0.7 else "start"
    text = el("text", label, x=f"{at + (-3 if anchor == 'end' else 3):g}", y=str(y), class_="year", text_anchor=anchor)
    return Html(el("path", d=f"M{at:g} 2V32", class_=class_) + text)


def _said(site: Any, facts: Facts) -> str:
    """The bar in words."""
    return f"{facts.speech.text('time.label')} {site['site_id']}"


def _day(value: Any) -> date | None:
    return None if absent(value) or not isinstance(value, date) else value


def _years(begin: date, end: date) -> float:
    return (end - begin).days / _YEAR
