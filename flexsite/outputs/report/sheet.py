"""A page per site: all that a run knows of it, to take along into a talk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flexsite.errors import InputError, InputErrors
from flexsite.outputs.report.bounds import reason
from flexsite.outputs.report.facts import MUNICIPALITY
from flexsite.outputs.report.figure import Column, bullets, pairs, table
from flexsite.outputs.report.head import heading
from flexsite.outputs.report.markup import Html, el, escaped
from flexsite.outputs.report.page import page
from flexsite.outputs.report.rulebook import fell_away
from flexsite.outputs.report.site_facts import about_site, marks_of, measures_of, unknown_of, window_of
from flexsite.outputs.report.site_map import SiteMaps
from flexsite.outputs.report.speech import absent
from flexsite.outputs.report.timebar import time_bar
from flexsite.study.base import nearest

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts

_SHOWN = 3
"""Ids that a message names when none is near."""
_EXPLAINED = 9
"""Groups with a row each, and every reason with its bound and value; of more, those that the site does not suit stand
together by reason, and the table of measures tells bounds and values."""


def sheets_page(facts: Facts, site_ids: Sequence[str]) -> str:
    """One sealed HTML file with a page for each of the sites.

    Parameters
    ----------
    site_ids
        Of sites of the run, in the order of the pages; each once.

    Raises
    ------
    InputErrors
        The run has no such site; the message names the nearest.
    """
    asked = list(dict.fromkeys(site_ids))
    _refuse_unknown(facts, asked)
    rows = facts.result.sites.set_index("site_id", drop=False)
    maps = SiteMaps(facts)
    sheets = [_sheet(rows.loc[name], maps, facts) for name in asked]
    audience = facts.speech.text(f"audience.{facts.study.audience}")
    return page(facts.study.name, audience, facts.speech, heading(facts, "sheet"), *sheets)


def _refuse_unknown(facts: Facts, asked: Sequence[str]) -> None:
    known = facts.result.sites["site_id"].tolist()
    problems = []
    for name in asked:
        if name not in set(known):
            near = nearest(name, known)
            shown = ", ".join(known[:_SHOWN])
            remedy = near if near.startswith("did") else f"the run has {len(known)} sites, such as {shown}"
            problems.append(InputError(f"the run has no site '{name}'", where="--site", remedy=remedy))
    if problems:
        raise InputErrors(problems)


def _sheet(site: Any, maps: SiteMaps, facts: Facts) -> Html:
    speech = facts.speech
    town = "" if MUNICIPALITY not in site or absent(site[MUNICIPALITY]) else f"{site[MUNICIPALITY]}"
    fell = fell_away()
    desk = speech.t("summary.desk", before=speech.number(fell.before), after=speech.number(fell.after))
    marks, unknown = marks_of(site, facts), unknown_of(site, facts)
    name = f"sheet-{maps.place(str(site['site_id']))}"
    left = [
        el("figure", maps.draw(str(site["site_id"]), 340, 230)),
        maps.legend(),
        el("h3", speech.t("sheet.window")),
        time_bar(site, facts),
        pairs(window_of(site, facts)),
        el("h3", speech.t("sheet.unknown")),
        bullets(unknown) if unknown else el("p", speech.t("none")),
    ]
    right = [
        pairs(about_site(site, facts)),
        el("h3", speech.t("sheet.marks")),
        bullets(marks) if marks else el("p", speech.t("none")),
    ]
    return el(
        "article",
        el("h2", escaped(site["site_id"]), el("span", town, class_="town-of") if town else None, id=name),
        el("div", el("div", left), el("div", right), class_="two"),
        _groups(site, facts),
        measures_of(site, facts),
        el("p", desk, class_="desk"),
        class_="sheet",
        aria_labelledby=name,
    )


def _groups(site: Any, facts: Facts) -> Html:
    """For every group: suitable or why not, with rank, homes, rooms and people; many groups are told more briefly."""
    speech = facts.speech
    capacity = facts.table("capacity")
    mine = None if capacity is None else capacity[capacity["site_id"] == site["site_id"]].set_index("profile")
    with_people = mine is not None and "people" in mine.columns
    together = len(facts.study.profiles) > _EXPLAINED
    rows: list[list[Any]] = []
    refused: dict[Html, list[str]] = {}
    for profile in facts.study.profiles:
        judged = facts.judged(profile.id)
        row = judged[judged["site_id"] == site["site_id"]]
        if row.empty:
            continue
        one = facts.with_sites(row).iloc[0]
        suits = bool(one["suitable"])
        if together and not suits:
            refused.setdefault(_why(one, profile, facts), []).append(profile.name(speech.language))
            continue
        homes = int(one["homes"])
        floor = None if profile.unit.floor_area is None or not suits else homes * profile.unit.floor_area
        of = speech.number(len(facts.suitable(profile.id)))
        rank = speech.t("sheet.rank", rank=speech.number(one["rank"]), n=of)
        cells = [
            profile.name(speech.language),
            el("span", speech.t("sheet.yes" if suits else "sheet.no"), class_="yes" if suits else "no"),
            rank if suits else _why(one, profile, facts),
            speech.number(one["score"], 1),
            speech.number(homes) if suits else Html("–"),
            speech.number(floor),
        ]
        if with_people and mine is not None:
            own = mine.loc[profile.id] if profile.id in mine.index else None
            cells += [speech.number(None if own is None else own[name], 0) for name in ("rooms", "people")]
        rows.append(cells)
    others = [Html(f"{el('b', escaped(', '.join(whom)))}: {why}") for why, whom in refused.items()]
    below = el("div", el("h3", speech.t("sheet.not_for")), bullets(others)) if others else Html()
    if not rows:
        return below
    columns = [
        Column(speech.t("summary.whom")),
        Column(speech.t("sheet.suits")),
        Column(speech.t("sheet.why")),
        Column(speech.t("score"), number=True),
        Column(speech.t("homes"), number=True),
        Column(speech.t("floor_area"), number=True),
    ]
    if with_people:
        columns += [Column(speech.t("capacity.rooms"), number=True), Column(speech.t("capacity.people"), number=True)]
    return Html(table(speech.t("sheet.groups"), columns, rows) + below)


def _why(one: Any, profile: Any, facts: Facts) -> Html:
    """Everything that the site fails for the group."""
    failed = [name for name in str(one["failed"] or "").split(";") if name]
    unknown = [name.removeprefix("unknown:") for name in failed if name.startswith("unknown:")]
    known = [name for name in failed if not name.startswith("unknown:")]
    brief = [name for name in known if name in profile.requires] if len(facts.study.profiles) > _EXPLAINED else []
    told = [reason(name, profile, one, facts) for name in known if name not in brief]
    for key, names in (("reason.brief", brief), ("reason.unknown", unknown)):
        if names:
            what = ", ".join(escaped(facts.names.requirement(profile, name)) for name in names)
            told.append(facts.speech.t(key, what=Html(what)))
    return Html("; ".join(told))
