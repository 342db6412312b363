"""For each group: what it asks, what is left after each demand, and what counts for the ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flexsite.outputs.report.bounds import asked, subject, with_unit
from flexsite.outputs.report.figure import Column, bar, pairs, paragraphs, section, table
from flexsite.outputs.report.markup import Html, el, escaped
from flexsite.outputs.report.speech import absent

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts
    from flexsite.study.profile import Profile


def programmes(facts: Facts) -> Html:
    """A part for every group."""
    speech = facts.speech
    parts = [_programme(profile, facts) for profile in facts.study.profiles]
    return section(speech, "programmes", paragraphs(speech.t("programmes.intro")) if parts else None, *parts)


def _programme(profile: Profile, facts: Facts) -> Html:
    name = profile.name(facts.speech.language)
    steps = facts.steps(profile.id)
    return el(
        "article",
        el("h3", name, id=f"programme-{profile.id}"),
        pairs(_about(profile, facts)),
        _steps(profile, steps, facts) if len(steps) else None,
        _criteria(profile, facts),
    )


def _about(profile: Profile, facts: Facts) -> list[tuple[Any, Any] | None]:
    speech, unit = facts.speech, profile.unit
    size = None if unit.floor_area is None else speech.t("m2", n=speech.plain(unit.floor_area))
    storeys = None if unit.storeys is None else speech.plain(unit.storeys)
    homes = speech.t("programmes.range" if profile.homes.max is not None else "programmes.least",
                     low=speech.number(profile.homes.min), high=speech.number(profile.homes.max))  # fmt: skip
    groups = profile.groups or {}
    milieu = [Html(f"{escaped(facts.names.profile(one))} {speech.share(part)}") for one, part in groups.items()]
    kinds = None if profile.kinds is None else speech.list([facts.names.kind(one) for one in profile.kinds])
    return [
        (speech.t("programmes.groups"), speech.list(milieu)) if milieu else None,
        (speech.t("programmes.density"), speech.t("per_ha", n=speech.plain(unit.homes_per_ha))),
        (speech.t("programmes.size"), size or speech.t("summary.no_floor")),
        (speech.t("programmes.storeys"), storeys) if storeys else None,
        (speech.t("programmes.homes"), homes),
        (speech.t("programmes.term"), speech.t("years", n=speech.plain(profile.term.min))),
        (speech.t("programmes.kinds"), kinds) if kinds else None,
    ]


def _steps(profile: Profile, steps: Any, facts: Facts) -> Html:
    speech = facts.speech
    failed = facts.judged(profile.id)["failed"].fillna("")
    unknown = failed.str.split(";").explode().value_counts()
    start = float(steps["area_ha"].iloc[0])
    rows = []
    for _, row in steps.iterrows():
        name = str(row["rule"])
        requirement = profile.requires.get(name)
        told = escaped(facts.names.rule(name)) if requirement is None else asked(requirement, facts)
        missing = int(unknown.get(f"unknown:{name}", 0))
        area = float(row["area_ha"])
        rows.append(
            (
                told,
                Html(f"{bar(area, start)} {speech.number(int(row['sites']))}"),
                speech.hectares(area),
                speech.number(None if absent(row["homes"]) else int(row["homes"])),
                speech.number(missing) if requirement is not None else "",
            )
        )
    columns = [
        Column(speech.t("programmes.asks")),
        Column(speech.t("programmes.sites_left"), number=True),
        Column(speech.t("ha"), number=True),
        Column(speech.t("homes"), number=True),
        Column(speech.t("programmes.unknown"), number=True),
    ]
    return table(speech.t("programmes.steps", whom=profile.name(speech.language)), columns, rows)


def _criteria(profile: Profile, facts: Facts) -> Html:
    """What sites are ranked by; what has no weight is named, for that too is a choice."""
    speech = facts.speech
    weighted = {name: one for name, one in profile.criteria.items() if one.weight}
    if not profile.criteria:
        return Html()
    whole = sum(one.weight for one in weighted.values())
    rows = [
        (
            subject(one, facts),
            with_unit(one.best, one.measure, facts),
            with_unit(one.worst, one.measure, facts),
            Html(f"{bar(one.weight, 100)} {speech.number(one.weight)}"),
            speech.share(one.weight / whole),
        )
        for one in weighted.values()
    ]
    columns = [
        Column(speech.t("criterion")),
        Column(speech.t("programmes.best"), number=True),
        Column(speech.t("programmes.worst"), number=True),
        Column(speech.t("weight"), number=True),
        Column(speech.t("programmes.part"), number=True),
    ]
    told = table(speech.t("programmes.criteria", whom=profile.name(speech.language)), columns, rows) if rows else Html()
    off = [subject(one, facts) for one in profile.criteria.values() if not one.weight]
    note = el("p", speech.t("programmes.off", what=speech.list(list(dict.fromkeys(off)))), class_="note") if off else ""
    return Html(told + note)
