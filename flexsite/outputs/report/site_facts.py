"""What is known of one site: its ground and owner, its window, marks, what is unknown, measures with their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flexsite.outputs.report.bounds import bound, column_of, tests_of, with_unit
from flexsite.outputs.report.figure import Column, table
from flexsite.outputs.report.markup import Html, el, escaped
from flexsite.outputs.report.speech import absent
from flexsite.outputs.sheets import OWNER
from flexsite.study.access import output_columns
from flexsite.study.column import ContextColumn
from flexsite.study.kinds import kinds_in_use
from flexsite.study.library import sources as published
from flexsite.study.local import local_book
from flexsite.study.owners import owner_book
from flexsite.study.permits import permits_on

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts
    from flexsite.study.base import Sourced
    from flexsite.study.profile import Test

Pair = tuple[Any, Any] | None
_NAMED = 3
"""Groups that set the same bound and are named with it; more are counted, as each stands with its reason above."""
ALMOST_ALL = 0.995
"""Share of a site from which on the rest is not worth a word."""


def about_site(site: Any, facts: Facts) -> list[Pair]:
    """Area, kind, owner, permit route, and the columns that the study joins."""
    speech, names = facts.speech, facts.names
    found: list[Pair] = [
        (speech.t("area"), speech.t("m2_ha", m2=speech.number(float(site["area_m2"])),
                                    ha=speech.hectares(float(site["area_m2"]) / 1e4))),
        (speech.t("column.kind"), escaped(names.kind(str(site["kind"])))),
        (speech.t("candidate"), escaped(site["candidate_id"])),
    ]  # fmt: skip
    owner = next((name for name in OWNER if name in site.index), None)
    if owner is not None:
        told = speech.t("unknown") if absent(site[owner]) else names.owner(site[owner])
        found.append((speech.t("owner"), _with_share(told, site, f"{owner}_share", facts)))
    for name in ("right", "price_class"):
        if name in site.index and not absent(site[name]):
            label = owner_book().words.get(str(site[name]))
            found.append((escaped(names.column(name)), escaped(names.of(str(site[name]), label))))
    route = site["route"]
    if facts.asks_route and not absent(route) and route:
        found.append((speech.t("route"), _with_share(speech.word("route", str(route)), site, "route_share", facts)))
        found.append((speech.t("permits.permit"), _permits(str(route), facts)))
    for name, column in facts.study.columns.items():
        if name not in site.index or name == owner:
            continue
        own = site[name]
        told = speech.word("context", str(own)) if isinstance(column, ContextColumn) else speech.plain(own)
        told = speech.t("unknown") if absent(own) or own == "" else told
        found.append((escaped(names.column(name)), _with_share(told, site, f"{name}_share", facts)))
    found += _local(site, facts)
    needs = dict.fromkeys(name for kind in kinds_in_use(facts.study) for name in kind.needs)
    known = [name for name in needs if name in site.index and not absent(site[name])]
    return [*found, *((escaped(names.column(name)), speech.plain(site[name])) for name in known)]


def _local(site: Any, facts: Facts) -> list[Pair]:
    """What people who know the place say of it."""
    if "local_verdict" not in site.index or absent(site["local_verdict"]) or not site["local_verdict"]:
        return []
    book, names = local_book(), facts.names
    verdict = str(site["local_verdict"])
    reasons = [name for name in str(site["local_reason"] or "").split(";") if name]
    told = [names.of(name, book.reasons.labels.get(name)) for name in reasons]
    given = escaped(names.of(verdict, book.verdicts.get(verdict)))
    because = el("small", facts.speech.list(list(told))) if told else ""
    return [(escaped(names.column("local_verdict")), Html(f"{given} {because}"))]


def _with_share(told: Html, site: Any, share: str, facts: Facts) -> Html:
    """With the part of the site for which it holds, where that is not nearly all of it."""
    part = site[share] if share in site.index else None
    if absent(part) or part is None or not 0 < float(part) < ALMOST_ALL:
        return told
    return Html(f"{told} {el('small', facts.speech.t('sheet.share', share=facts.speech.share(float(part))))}")


def _permits(route: str, facts: Facts) -> Html:
    speech = facts.speech
    told = []
    for permit in permits_on(facts.study.date):
        if route in permit.routes:
            weeks = speech.t("permits.years") if permit.weeks is None else speech.t("n_weeks", n=permit.weeks)
            told.append(Html(f"{escaped(permit.label[speech.language])} ({weeks})"))
    return Html("; ".join(told)) if told else speech.t("none")


def window_of(site: Any, facts: Facts) -> list[Pair]:
    """From when to when it is free, and what follows for homes that stand there."""
    speech = facts.speech
    ends = speech.t("no_end") if absent(site["available_until"]) else speech.day(site["available_until"])
    years = speech.t("no_end") if absent(site["net_years"]) else speech.number(site["net_years"], 1)
    found: list[Pair] = [
        (speech.t("time.from"), speech.day(site["available_from"])),
        (speech.t("time.until"), ends),
        (speech.t("net_years"), years),
    ]
    if not absent(site["mark_until"]):
        found.append((speech.t("time.mark"), speech.day(site["mark_until"])))
    if "moves" in site.index and not absent(site["moves"]):
        found.append((speech.t("windows.moves"), speech.number(int(site["moves"]))))
    if "bridging" in site.index and bool(site["bridging"]):
        found.append((speech.t("time.bridging"), speech.t("yes")))
    return found


def marks_of(site: Any, facts: Facts) -> list[Html]:
    """What must be weighed, with what it rests on and its date."""
    told = []
    for name in str(site["marks"] or "").split(";"):
        if not name:
            continue
        rests, day = _rests(name, facts)
        told.append(Html(f"{escaped(facts.names.rule(name))}{_grounds(rests, day, facts)}"))
    return told


def _rests(name: str, facts: Facts) -> tuple[Sourced | None, Any]:
    rule = next((rule for rule in facts.study.rules if rule.id == name), None)
    if rule is not None:
        layer = facts.study.layers.get(rule.layer)
        return rule, rule.date or (None if layer is None else layer.date)
    marks = [mark for kind in kinds_in_use(facts.study) for mark in kind.marks if mark.id == name]
    if marks:
        return marks[0], None
    if name == "public_selection":
        return owner_book().public_selection, owner_book().public_selection.date
    return None, None


def _grounds(rests: Sourced | None, day: Any, facts: Facts) -> Html:
    if rests is None:
        return Html()
    title = published().get(rests.source or "", {}).get("title", rests.source or "")
    told = [escaped(part) for part in (rests.basis, title) if part]
    told += [] if day is None else [facts.speech.day(day)]
    return el("small", Html("; ".join(told))) if told else Html()


def unknown_of(site: Any, facts: Facts) -> list[Html]:
    """Rules whose data do not cover the site, or for which there is no layer at all."""
    speech = facts.speech
    untested = {one.id for one in facts.study.untested}
    told = []
    for name in str(site["unknown"] or "").split(";"):
        if name:
            key = "sheet.untested" if name in untested else "sheet.outside"
            told.append(Html(f"{escaped(facts.names.rule(name))} {el('small', speech.t(key))}"))
    return told


def measures_of(site: Any, facts: Facts) -> Html:
    """Every measure with its value, and the bounds that groups set on it."""
    speech = facts.speech
    rows = []
    for measure in facts.study.access.measures:
        column, *more = output_columns(measure)
        if column not in site.index:
            continue
        value = site[column]
        told = speech.t("unknown") if absent(value) or value == "" else with_unit(value, measure.id, facts)
        why = [escaped(str(site[name])) for name in more if name in site.index and not absent(site[name])]
        bounds = _bounds(measure.id, site, facts)
        last = Html(f"{bounds} {el('small', why)}") if why else bounds
        rows.append((escaped(facts.names.subject(measure.id, None)), told, last or "–"))
    if not rows:
        return Html()
    columns = [Column(speech.t("sheet.measure")), Column(speech.t("assumptions.value"), number=True),
               Column(speech.t("sheet.bounds"))]  # fmt: skip
    return el("div", table(speech.t("sheet.measures"), columns, rows), class_="measures")


def _bounds(measure: str, site: Any, facts: Facts) -> Html:
    """Bounds on a measure with the groups that set them, and whether the site keeps to each."""
    speech = facts.speech
    asked: dict[str, tuple[Test, list[str]]] = {}
    for profile in facts.study.profiles:
        for requirement in profile.requires.values():
            for test in tests_of(requirement):
                if test.measure == measure:
                    whom = asked.setdefault(bound(test, facts), (test, []))[1]
                    whom.append(profile.name(speech.language))
    told = []
    for words, (test, whom) in asked.items():
        sign = _kept(test, site, facts)
        said = speech.text("sheet.kept" if sign else "sheet.unknown_bound" if sign is None else "sheet.broken")
        mark = el("span", "✓" if sign else "?" if sign is None else "✗", title=said, class_="yes" if sign else "no")
        names = list(dict.fromkeys(whom))
        by = speech.t("sheet.by", n=len(names)) if len(names) > _NAMED else escaped(", ".join(names))
        told.append(Html(f"{mark} {words} {el('small', '(', by, ')')}"))
    return Html("; ".join(told))


def _kept(test: Test, site: Any, facts: Facts) -> bool | None:
    column = column_of(test, facts)
    value = None if column is None or column not in site.index else site[column]
    if absent(value) or value == "":
        return None
    if test.in_ is not None:
        return str(value) in {str(one) for one in test.in_}
    if not isinstance(value, int | float):
        return None
    return (test.at_most is None or value <= test.at_most) and (test.at_least is None or value >= test.at_least)
