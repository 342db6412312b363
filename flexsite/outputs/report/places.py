"""Where: municipalities, what is planned as flex already, and how far figures hang on boundaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexsite.availability.projects import TABLE as KNOWN_PROJECTS
from flexsite.availability.projects import summary
from flexsite.outputs.report.facts import MUNICIPALITY
from flexsite.outputs.report.figure import Column, paragraphs, section, table
from flexsite.outputs.report.markup import Html, el, escaped
from flexsite.outputs.report.overview import overview
from flexsite.outputs.report.speech import absent
from flexsite.outputs.sheets import by_column

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.outputs.report.facts import Facts

MOST_PROJECTS = 40
"""Projects that are listed; the file beside the report has all."""


def municipalities(facts: Facts) -> Html:
    """A map of the area, and per municipality what is available and how many homes suit each group."""
    drawn = overview(facts)
    if MUNICIPALITY not in facts.result.sites.columns:
        return section(facts.speech, "where", drawn) if drawn else Html()
    speech = facts.speech
    found = by_column(facts.result, MUNICIPALITY)
    cells = {(_key(row[MUNICIPALITY]), row["profile"]): row for _, row in found.iterrows()}
    names = list(dict.fromkeys(_key(value) for value in found[MUNICIPALITY]))
    ids = [profile.id for profile in facts.study.profiles]
    columns = [Column(speech.t("municipality")), Column(speech.t("Nouns"), number=True),
               Column(speech.t("ha"), number=True)]  # fmt: skip
    columns += [Column(facts.names.profile(name), number=True) for name in ids]
    rows = [
        [
            name or speech.t("unknown"),
            *_available(cells.get((name, "")), facts),
            *(_cell(cells.get((name, one)), facts) for one in ids),
        ]
        for name in names
    ]
    return section(
        speech,
        "where",
        drawn,
        paragraphs(speech.t("where.intro" if ids else "where.intro_none")),
        table(speech.t("where.caption"), columns, rows),
    )


def _key(value: object) -> str:
    return "" if absent(value) else str(value)


def _available(row: pd.Series | None, facts: Facts) -> tuple[Html, Html]:
    if row is None:
        return Html("–"), Html("–")
    return facts.speech.number(int(row["sites"])), facts.speech.hectares(float(row["area_ha"]))


def _cell(row: pd.Series | None, facts: Facts) -> Html:
    if row is None:
        return Html("–")
    return Html(f"{facts.speech.number(int(row['homes']))}{el('small', facts.speech.sites(int(row['sites'])))}")


def projects(facts: Facts) -> Html:
    """What is planned as flex already; counted apart, since it is no new capacity."""
    found = facts.table(KNOWN_PROJECTS)
    if found is None:
        return Html()
    speech, known = facts.speech, summary(found)
    inside = found[found["inside"].astype(bool)]
    rows = [
        (
            facts.names.of("planned") if row["name"] == "planned" else str(row["name"] or row["id"]),
            speech.number(row["homes"]),
            escaped(str(row["year"])),
            escaped(str(row["status"])),
        )
        for _, row in inside.sort_values("homes", ascending=False, kind="stable").head(MOST_PROJECTS).iterrows()
    ]
    columns = [Column(speech.t("projects.name")), Column(speech.t("homes"), number=True),
               Column(speech.t("projects.year")), Column(speech.t("projects.status"))]  # fmt: skip
    told = speech.t(
        "projects.intro",
        n=speech.number(known["projects"]),
        homes=speech.number(known["homes"]),
        silent=speech.number(known["without_homes"]),
        near=speech.number(known["near"]),
    )
    more = len(inside) - len(rows)
    return section(
        speech,
        "projects",
        paragraphs(told),
        table(speech.t("projects.caption"), columns, rows) if rows else None,
        paragraphs(speech.t("more", n=speech.number(more))) if more > 0 else None,
    )


def boundaries(facts: Facts) -> Html:
    """How far sites would be judged otherwise with boundaries drawn elsewhere."""
    found = facts.table("boundaries")
    if found is None:
        return Html()
    speech = facts.speech
    rows = []
    for _, row in found.iterrows():
        flips = Html()
        if not absent(row["flips"]):
            part = int(row["flips"]) / int(row["sites"]) if row["sites"] else None
            flips = Html(f"{speech.number(int(row['flips']))} ({speech.share(part)})")
        rows.append(
            (
                facts.names.of(str(row["measure"])),
                Html(f"{_delineation(str(row['a']), facts)} – {_delineation(str(row['b']), facts)}"),
                speech.number(int(row["sites"])),
                speech.number(row["spearman"], 2),
                speech.plain(row["line"]),
                flips,
            )
        )
    columns = [
        Column(speech.t("boundaries.figure")),
        Column(speech.t("boundaries.pair")),
        Column(speech.t("Nouns"), number=True),
        Column(speech.t("boundaries.spearman"), number=True),
        Column(speech.t("boundaries.line"), number=True),
        Column(speech.t("boundaries.flips"), number=True),
    ]
    return section(
        speech,
        "boundaries",
        paragraphs(speech.t("boundaries.intro")),
        table(speech.t("boundaries.caption"), columns, rows),
    )


def _delineation(name: str, facts: Facts) -> Html:
    """A layer of areas, a buffer around the site, or cells of a grid."""
    kind, _, metres = name.partition("_")
    if kind in ("buffer", "grid") and metres.replace(".", "", 1).isdigit():
        return facts.speech.t(f"boundaries.{kind}", n=facts.speech.plain(float(metres)))
    return escaped(facts.names.of(name))
