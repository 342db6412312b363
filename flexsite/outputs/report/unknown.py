"""What is not known: layers taken on trust, rules not tested, ground outside coverage, values that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flexsite.outputs.report.figure import Column, bullets, paragraphs, section, table
from flexsite.outputs.report.ground import LEAST_HA
from flexsite.outputs.report.markup import Html, el, escaped

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts

GRID = "nl/grid"
"""Rule of the library on the capacity to connect to the power grid."""


def unknown(facts: Facts) -> Html:
    """Each part where there is something to say; a missing layer is never no restriction."""
    speech = facts.speech
    return section(
        speech,
        "unknown",
        paragraphs(speech.t("unknown.intro")),
        _listed("unknown.complete", [facts.names.layer(one) for one in facts.result.assumed_complete], facts),
        _listed("unknown.untested", _untested(facts), facts),
        _outside(facts),
        _requirements(facts),
        _criteria(facts),
        _listed("unknown.measures", [facts.names.of(one) for one in undefined(facts)], facts),
        _warnings(facts),
    )


def undefined(facts: Facts) -> list[str]:
    """Measures that profiles ask for and the study does not define; not those that are withheld."""
    hidden = set(facts.withheld)
    ends = ("m", "min", "n", "v", "level")
    return [one for one in facts.study.undefined_measures() if not {f"{one}_{end}" for end in ends} & hidden]


def _untested(facts: Facts) -> list[Any]:
    told: list[Any] = [facts.names.rule(one.id) for one in facts.study.untested]
    tested = {rule.library for rule in facts.study.rules}
    if GRID not in tested and not any(one.rule.library == GRID for one in facts.study.untested):
        told.append(facts.speech.t("unknown.grid"))
    return told


def _listed(key: str, items: list[Any], facts: Facts) -> Html:
    if not items:
        return Html()
    return Html(el("h3", facts.speech.t(key)) + bullets(items))


def _outside(facts: Facts) -> Html:
    """Hectares of candidates that a rule's layer says nothing of, and the available sites that bear its name."""
    speech = facts.speech
    steps = facts.steps()
    untested = {one.id for one in facts.study.untested}
    rows = steps[(steps["unknown_ha"].fillna(0.0) > LEAST_HA) & ~steps["rule"].isin(untested)]
    counts = facts.available["unknown"].fillna("").str.split(";").explode().value_counts()
    known = set(rows["rule"]) | untested
    cells = [
        (
            escaped(facts.names.rule(str(row["rule"]))),
            speech.hectares(float(row["unknown_ha"])),
            speech.number(int(counts.get(row["rule"], 0))),
        )
        for _, row in rows.iterrows()
    ]
    cells += [
        (escaped(facts.names.rule(str(name))), Html("–"), speech.number(int(number)))
        for name, number in counts.sort_index().items()
        if name and name not in known
    ]
    if not cells:
        return Html()
    columns = [Column(speech.t("rule")), Column(speech.t("waterfall.unknown"), number=True),
               Column(speech.t("unknown.sites"), number=True)]  # fmt: skip
    return table(speech.t("unknown.outside"), columns, cells)


def _requirements(facts: Facts) -> Html:
    """Sites that fail a requirement because its value is missing."""
    speech = facts.speech
    rows = []
    for profile in facts.study.profiles:
        failed = facts.judged(profile.id)["failed"].fillna("").str.split(";").explode()
        counts = failed[failed.str.startswith("unknown:")].str.removeprefix("unknown:").value_counts().sort_index()
        rows += [
            (profile.name(speech.language), facts.names.requirement(profile, str(name)), speech.number(int(number)))
            for name, number in counts.items()
        ]
    if not rows:
        return Html()
    columns = [
        Column(speech.t("summary.whom")),
        Column(speech.t("requirement")),
        Column(speech.t("Nouns"), number=True),
    ]
    return table(speech.t("unknown.requirements"), columns, rows)


def _criteria(facts: Facts) -> Html:
    """Criteria with weight whose value is missing on suitable sites, where they count 0."""
    speech = facts.speech
    rows = []
    for profile in facts.study.profiles:
        suitable = facts.suitable(profile.id)
        counts = suitable["missing"].fillna("").str.split(";").explode().value_counts()
        for name, criterion in profile.criteria.items():
            number = int(counts.get(name, 0))
            if number and criterion.weight:
                subject = facts.names.subject(criterion.measure, criterion.column)
                rows.append((profile.name(speech.language), subject, speech.number(number),
                             speech.number(len(suitable))))  # fmt: skip
    if not rows:
        return Html()
    columns = [
        Column(speech.t("summary.whom")),
        Column(speech.t("criterion")),
        Column(speech.t("unknown.missing"), number=True),
        Column(speech.t("unknown.of"), number=True),
    ]
    return table(speech.t("unknown.criteria"), columns, rows)


def _warnings(facts: Facts) -> Html:
    """What the run warned of, in its own words."""
    if not facts.result.warnings:
        return Html()
    return Html(
        el("h3", facts.speech.t("unknown.warnings")) + bullets(facts.result.warnings, lang="en", class_="warnings")
    )
