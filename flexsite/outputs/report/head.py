"""What comes first: whose study it is and how it was made, and what it found in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flexsite.availability.projects import TABLE as KNOWN_PROJECTS
from flexsite.availability.projects import summary
from flexsite.outputs.assumed import assumptions
from flexsite.outputs.report.figure import Column, bullets, pairs, table
from flexsite.outputs.report.markup import Html, el, escaped
from flexsite.outputs.report.rulebook import fell_away

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts


def heading(facts: Facts, kind: str = "report") -> Html:
    """Title, audience, and the settings of the study."""
    study, speech = facts.study, facts.speech
    audience = speech.t(f"audience.{study.audience}")
    told: list[tuple[Any, Any] | None] = [
        (speech.t("head.date"), speech.day(study.date)),
        (speech.t("head.term"), speech.t("years", n=speech.plain(study.term))),
        (speech.t("head.lead"), speech.t("months", n=speech.number(study.lead_time))) if study.lead_time else None,
        (speech.t("head.strictness"), speech.t(f"class.{study.strictness}")),
        (speech.t("head.version"), escaped(facts.version)),
        (speech.t("head.hash"), el("code", facts.hash)),
    ]
    return el(
        "header",
        el("p", el("span", audience, class_=f"stamp stamp-{study.audience}"), " ", speech.t(f"kind.{kind}"),
           class_="kicker"),
        el("h1", study.name),
        pairs(told),
        class_="head" if kind == "report" else "head paper-sheet",
    )  # fmt: skip


def summary_block(facts: Facts) -> Html:
    """How many, for whom, in one block with the reservation that goes with it; then what stands out."""
    speech = facts.speech
    fell = fell_away()
    desk = speech.t("summary.desk", before=speech.number(fell.before), after=speech.number(fell.after))
    return el(
        "section",
        el("h2", speech.t("summary.title"), id="summary-title"),
        el("p", speech.t("summary.intro"), class_="lead"),
        el("p", desk, class_="desk"),
        _counts(facts),
        el("p", speech.t("summary.no_sum"), class_="note") if len(facts.totals) > 1 else None,
        bullets(_points(facts), class_="points"),
        id="summary",
        aria_labelledby="summary-title",
    )


def _counts(facts: Facts) -> Html:
    speech = facts.speech
    columns = [
        Column(speech.t("summary.whom")),
        Column(speech.t("Nouns"), number=True),
        Column(speech.t("ha"), number=True),
        Column(speech.t("homes"), number=True),
        Column(speech.t("floor_area"), number=True),
    ]
    depends = el("small", speech.t("summary.depends"))
    all_ = (speech.t("summary.all"), speech.number(len(facts.available)), speech.hectares(facts.available_ha),
            depends, depends)  # fmt: skip
    rows = [
        (
            one.profile.name(speech.language),
            speech.number(one.sites),
            speech.hectares(one.area_ha),
            speech.number(one.homes),
            speech.t("summary.no_floor") if one.floor_area is None else speech.number(one.floor_area),
        )
        for one in facts.totals
    ]
    caption = speech.t("summary.caption" if rows else "summary.caption_none")
    return table(caption, columns, [all_, *rows])


def _points(facts: Facts) -> list[Html]:
    """What stands out, each in a sentence; only what the run can tell."""
    speech, names = facts.speech, facts.names
    found: list[Html] = []
    if len(facts.totals) > 1:
        few, many = min(facts.totals, key=lambda one: one.sites), max(facts.totals, key=lambda one: one.sites)
        if few.sites != many.sites:
            found.append(
                speech.t(
                    "summary.range",
                    few=speech.sites(few.sites),
                    few_for=few.profile.name(speech.language),
                    many=speech.sites(many.sites),
                    many_for=many.profile.name(speech.language),
                )
            )
    costs = facts.steps().dropna(subset=["only_ha"])
    costs = costs[costs["only_ha"] >= 0.005].sort_values("only_ha", ascending=False, kind="stable").head(3)
    if len(costs):
        told = [
            Html(f"{escaped(names.rule(str(rule)))} ({speech.hectares(float(only))} ha)")
            for rule, only in zip(costs["rule"], costs["only_ha"], strict=True)
        ]
        found.append(speech.t("summary.costs", rules=speech.list(told)))
    found += _owner_point(facts)
    windows = facts.table("windows")
    if windows is not None:
        rows = windows[(windows["profile"] == "") & (windows["sites"] > 0)]
        told = [
            speech.t("summary.term", sites=speech.sites(int(sites)), years=speech.plain(float(term)))
            for sites, term in zip(rows["sites"], rows["term"], strict=True)
        ]
        if told:
            found.append(speech.t("summary.windows", told=speech.list(told)))
    projects = facts.table(KNOWN_PROJECTS)
    if projects is not None:
        known = summary(projects)
        found.append(
            speech.t("summary.projects", homes=speech.number(known["homes"]), n=speech.number(known["projects"]))
        )
    unknown = int((facts.available["unknown"].fillna("") != "").sum())
    if unknown:
        found.append(speech.t("summary.unknown", n=speech.number(unknown), m=speech.number(len(facts.available))))
    if facts.study.untested:
        told = [escaped(names.rule(one.id)) for one in facts.study.untested]
        found.append(speech.t("summary.untested", rules=speech.list(told)))
    assumed, of = assumptions(facts.study)
    if of:
        found.append(speech.t("summary.assumptions", n=speech.number(assumed), m=speech.number(of)))
    if facts.result.assumed_complete:
        layers = speech.list(names.layers(facts.result.assumed_complete))
        found.append(speech.t("summary.complete", layers=layers))
    return found


def _owner_point(facts: Facts) -> list[Html]:
    owners = facts.table("owners")
    if owners is None:
        return []
    speech = facts.speech
    rows = owners[(owners["profile"] == "") & (owners["sites"] > 0)]
    if rows.empty:
        return []
    first = rows.sort_values("share_sites", ascending=False, kind="stable").iloc[0]
    municipal = rows[rows["owner_class"].isin(["municipality", "municipality_leased"])]
    return [
        speech.t(
            "summary.owners",
            owner=facts.names.owner(first["owner_class"]),
            count=speech.share(float(first["share_sites"])),
            area=speech.share(float(first["share_area"])),
            municipal=speech.share(float(municipal["share_sites"].sum())),
        )
    ]
