"""Where it comes from: the layers with their dates and licences, what the rulebook cites, and its reservations."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from flexsite.outputs.record import sources as listed_sources
from flexsite.outputs.report.assumptions import of_kinds, of_profile, of_rules
from flexsite.outputs.report.figure import Column, bullets, paragraphs, section, table
from flexsite.outputs.report.markup import Html, el, escaped
from flexsite.outputs.report.rulebook import report_book
from flexsite.study.library import sources as published

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts

_PARTIAL = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")


def sources(facts: Facts) -> Html:
    """The layers of the study, then the published sources of its numbers."""
    speech = facts.speech
    return section(
        speech,
        "sources",
        _layers(facts),
        _published(facts),
        paragraphs(speech.t("sources.made", version=facts.version)),
    )


def months_between(written: str, day: date) -> float | None:
    """Months from a date, or from the last day that a year or month may mean, to a day; None where it is no date.

    Examples
    --------
    >>> months_between("2023-12-31", date(2026, 1, 1)), months_between("spring", date(2026, 1, 1))
    (24.03, None)
    """
    found = _PARTIAL.match(written.strip())
    if found is None:
        return None
    year, month, dom = found.groups()
    try:
        made = date(int(year), int(month or 12), int(dom or 28))
    except ValueError:
        return None
    return round((day.year - made.year) * 12 + day.month - made.month + (day.day - made.day) / 31, 2)


def is_old(written: str, day: date) -> bool:
    """Whether a layer of that date is older than the rulebook lets pass without a word.

    Examples
    --------
    >>> is_old("2023-12-31", date(2026, 1, 1)), is_old("2024-01-01", date(2026, 1, 1)), is_old("2020", date(2026, 1, 1))
    (True, False, True)
    """
    months = months_between(written, day)
    return months is not None and months > report_book().old_layer.months


def _layers(facts: Facts) -> Html:
    speech, day = facts.speech, facts.study.date
    rows: list[tuple[Any, ...]] = []
    old, undated = [], []
    for item in listed_sources(facts.study):
        name = facts.names.layer(item["layer"])
        if not item["date"]:
            undated.append(name)
        elif is_old(item["date"], day):
            old.append(name)
        mark = el("span", speech.t("sources.old"), class_="assumed") if name in old else None
        cover = speech.word("coverage", item["coverage"])
        rows.append((name, item["source"] or item["file"], Html(f"{speech.day(item['date'] or None)} {mark or ''}"),
                     item["licence"] or "–", cover))  # fmt: skip
    if not rows:
        return Html()
    columns = [Column(speech.t(f"sources.{key}")) for key in ("layer", "source", "date", "licence", "coverage")]
    months = speech.number(report_book().old_layer.months)
    told = [speech.t("sources.old_ones", months=months, day=speech.day(day), layers=speech.list(old))] if old else []
    told += [speech.t("sources.undated", layers=speech.list(undated))] if undated else []
    unlicensed = [row[0] for row in rows if row[3] == "–"]
    told += [speech.t("sources.unlicensed", layers=speech.list(unlicensed))] if unlicensed else []
    return Html(table(speech.t("sources.caption"), columns, rows) + bullets(told))


def _published(facts: Facts) -> Html:
    """What the numbers of groups, kinds and rules cite, in the order of the catalogue."""
    numbers = [one for profile in facts.study.profiles for one in of_profile(profile, facts)]
    numbers += [*of_kinds(facts), *of_rules(facts)]
    book = report_book()
    cited = {one.rests.source for one in numbers} | {one.source for one in (book.fell_away, *book.caveats)}
    speech = facts.speech
    rows = [
        (
            el("code", name),
            escaped(entry["title"]),
            escaped(entry.get("publisher", "")),
            str(entry.get("year") or "–"),
            speech.t("yes" if entry.get("seen", True) else "no"),
        )
        for name, entry in published().items()
        if name in cited
    ]
    columns = [Column(speech.t(f"published.{key}")) for key in ("id", "title", "publisher", "year", "seen")]
    return table(speech.t("published.caption"), columns, rows) if rows else Html()


def caveats(facts: Facts) -> Html:
    """The reservations that PBL itself makes, and that of a comparable study."""
    speech, book = facts.speech, report_book()
    told = [Html(f"{speech.t(one.text)} {_cited(one.source)}") for one in book.caveats]
    fell = book.fell_away
    about = {"before": fell.before, "after": fell.after, "n": fell.municipalities}
    told.append(
        Html(f"{speech.t('caveat.desk', **{name: speech.number(value) for name, value in about.items()})} "
             f"{_cited(fell.source)}")
    )  # fmt: skip
    if facts.speech.grid:
        told.append(speech.t("caveat.cells"))
    return section(speech, "caveats", paragraphs(speech.t("caveats.intro")), bullets(told))


def _cited(name: str | None) -> Html:
    entry = published().get(name or "", {})
    if not entry:
        return Html()
    year = f", {entry['year']}" if entry.get("year") else ""
    return el("cite", f"{entry['title']}{year}")
