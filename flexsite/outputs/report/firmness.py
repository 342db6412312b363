"""How firm the answer is: weights drawn anew, assumptions moved one by one, values swept along a curve."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from flexsite.outputs import plots
from flexsite.outputs.key_words import label_of
from flexsite.outputs.report.figure import Column, paragraphs, section, table
from flexsite.outputs.report.markup import Html, el, escaped
from flexsite.outputs.words import words

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.outputs.report.facts import Facts

MOST_MOVES = 12
"""Assumptions of a tornado in the table, as many as the figure draws."""
MOST_POINTS = 60
"""Rows of a sweep in the table; the figure has all."""


def sensitivity(facts: Facts) -> Html:
    """Each part only where the study asks for it."""
    speech = facts.speech
    parts = [*_tornados(facts), *_sweeps(facts), *_weights(facts)]
    return section(speech, "sensitivity", paragraphs(speech.t("sensitivity.intro")) if parts else None, *parts)


def _drawn(svg: str) -> Html:
    """A figure of `flexsite.outputs.plots`, which is sealed and holds no text that runs."""
    return el("figure", Html(svg), class_="plot")


def _tornados(facts: Facts) -> list[Html]:
    found = facts.table("tornado")
    if found is None:
        return []
    speech = facts.speech
    parts = [el("h3", speech.t("tornado.title")), *_paragraph(speech.t("tornado.intro"))]
    for profile in facts.study.profiles:
        rows = found[found["profile"] == profile.id]
        if rows.empty:
            continue
        moving = rows[rows["swing"] > 0].head(MOST_MOVES)
        if len(moving):
            parts.append(_drawn(plots.tornado(facts.result, profile.id, MOST_MOVES)))
            parts.append(_moves(moving, profile.name(speech.language), facts))
        else:
            parts.append(el("p", speech.t("tornado.still", whom=profile.name(speech.language))))
    return parts


def _paragraph(text: Html) -> list[Html]:
    return [el("p", text)]


def _moves(rows: pd.DataFrame, whom: str, facts: Facts) -> Html:
    speech = facts.speech
    columns = [
        Column(speech.t("tornado.assumption")),
        Column(speech.t("tornado.values"), number=True),
        Column(speech.t("tornado.low"), number=True),
        Column(speech.t("tornado.base"), number=True),
        Column(speech.t("tornado.high"), number=True),
        Column(speech.t("tornado.swing"), number=True),
    ]
    body = [
        (
            escaped(str(row["label"])),
            Html(" / ".join(speech.plain(row[name]) for name in ("low", "base", "high"))),
            speech.number(row["homes_low"]),
            speech.number(row["homes_base"]),
            speech.number(row["homes_high"]),
            speech.number(row["swing"]),
        )
        for _, row in rows.iterrows()
    ]
    return table(speech.t("tornado.caption", whom=whom), columns, body)


def _sweeps(facts: Facts) -> list[Html]:
    found = facts.table("sweep")
    if found is None:
        return []
    speech = facts.speech
    parts = [el("h3", speech.t("sweep.title")), *_paragraph(speech.t("sweep.intro"))]
    for name in facts.study.sweep:
        if (found["sweep"] == name).any():
            parts += [_drawn(plots.sweep(facts.result, name)), _points(found[found["sweep"] == name], name, facts)]
    return parts


def _points(rows: pd.DataFrame, name: str, facts: Facts) -> Html:
    """Homes per point and group; values are those of the study, in its order."""
    speech, spec = facts.speech, facts.study.sweep[name]
    parameters = spec.parameters()
    points = list(itertools.product(*(values for _, values in parameters)))
    ids = [profile.id for profile in facts.study.profiles]
    homes = {one: rows.loc[rows["profile"] == one, "homes"].tolist() for one in ids}
    heads = ["; ".join(dict.fromkeys(label_of(facts.study, key) for key in keys)) for keys, _ in parameters]
    columns = [*(Column(head, number=True) for head in heads),
               *(Column(facts.names.profile(one), number=True) for one in ids)]  # fmt: skip
    body: list[list[Any]] = [
        [
            *(speech.plain(value) for value in point),
            *(speech.number(homes[one][place] if place < len(homes[one]) else None) for one in ids),
        ]
        for place, point in enumerate(points[:MOST_POINTS])
    ]
    more = len(points) - len(body)
    end = el("p", speech.t("more", n=speech.number(more))) if more > 0 else Html()
    label = words(name, spec.label)[speech.language]
    return Html(table(speech.t("sweep.caption", what=label), columns, body) + end)


def _weights(facts: Facts) -> list[Html]:
    found = facts.table("weights")
    asked = facts.study.sensitivity
    if found is None or asked is None or asked.weights is None:
        return []
    speech = facts.speech
    draws = speech.number(asked.weights.draws)
    parts = [el("h3", speech.t("weights.title")), *_paragraph(speech.t("weights.intro", draws=draws))]
    rows = []
    drawn = []
    for profile in facts.study.profiles:
        mine = found[found["profile"] == profile.id]
        if mine.empty:
            continue
        drawn.append(_drawn(plots.ranks(facts.result, profile.id)))
        firm = int((mine["top10"] >= 0.9).sum())
        ever = int((mine["top10"] > 0).sum())
        name = profile.name(speech.language)
        rows.append((name, speech.number(len(mine)), speech.number(firm), speech.number(ever)))
    columns = [
        Column(speech.t("summary.whom")),
        Column(speech.t("Nouns"), number=True),
        Column(speech.t("weights.firm"), number=True),
        Column(speech.t("weights.ever"), number=True),
    ]
    return [*parts, table(speech.t("weights.caption"), columns, rows), *drawn]
