"""Which group each site serves best, and what is left when a group goes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexsite.outputs.report.figure import Column, paragraphs, section, table
from flexsite.outputs.report.markup import Html, el

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.outputs.report.facts import Facts


def groups(facts: Facts) -> Html:
    """Best for whom, how many groups sites serve, and how far one group's sites suit another."""
    best, robust = facts.table("best_for"), facts.table("robustness")
    if best is None and robust is None:
        return Html()
    speech = facts.speech
    robust = None if robust is None else robust[robust["variant"] == "base"]
    return section(
        speech,
        "groups",
        paragraphs(speech.t("groups.intro")),
        None if best is None else _best(best, facts),
        None if robust is None else _served(robust, facts),
        None if robust is None else _in_place(robust, facts),
    )


def _best(best: pd.DataFrame, facts: Facts) -> Html:
    speech = facts.speech
    first, following = best["best_for"].value_counts(), best["next_best"].value_counts()
    rows = [
        (
            one.profile.name(speech.language),
            speech.number(one.sites),
            speech.number(int(first.get(one.profile.id, 0))),
            speech.number(int(following.get(one.profile.id, 0))),
        )
        for one in facts.totals
    ]
    none = int(first.get("", 0))
    columns = [
        Column(speech.t("summary.whom")),
        Column(speech.t("groups.suits"), number=True),
        Column(speech.t("groups.best"), number=True),
        Column(speech.t("groups.next"), number=True),
    ]
    told = table(speech.t("groups.best_caption"), columns, rows)
    return Html(told + el("p", speech.t("groups.none", n=speech.number(none), m=speech.number(len(best)))))


def _served(robust: pd.DataFrame, facts: Facts) -> Html:
    """Of each group's sites, how many serve no other, one other, several."""
    speech = facts.speech
    counted = robust[(robust["to"] == "") & (robust["groups"] != "")]
    rows = []
    for name, part in counted.groupby("from", sort=False):
        of = {str(row["groups"]): int(row["sites"]) for _, row in part.iterrows()}
        rows.append((facts.names.profile(str(name)), *(speech.number(of.get(key, 0)) for key in ("1", "2", "3+"))))
    if not rows:
        return Html()
    columns = [Column(speech.t("summary.whom")), *(Column(speech.t(f"groups.serves_{key}"), number=True)
                                                   for key in ("1", "2", "3"))]  # fmt: skip
    return table(speech.t("groups.serves"), columns, rows)


def _in_place(robust: pd.DataFrame, facts: Facts) -> Html:
    """Of the sites of each group (rows), the share that suits another (columns)."""
    speech = facts.speech
    pairs = robust[robust["to"] != ""]
    sites = {(row["from"], row["to"]): int(row["sites"]) for _, row in pairs.iterrows()}
    ids = [profile.id for profile in facts.study.profiles]
    columns = [Column(speech.t("groups.from"))]
    columns += [Column(facts.names.profile(name), number=True) for name in ids]
    rows = []
    for name in ids:
        own = sites.get((name, name), 0)
        cells = ["·" if other == name else speech.share(sites.get((name, other), 0) / own if own else None)
                 for other in ids]  # fmt: skip
        rows.append([facts.names.profile(name), *cells])
    note = el("p", speech.t("groups.in_place_note"), class_="note")
    return Html(table(speech.t("groups.in_place"), columns, rows) + note)
