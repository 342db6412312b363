"""Whose land it is, how long it stays free, and by which permit one may build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from flexsite.outputs.report.figure import Column, bar, paragraphs, section, table
from flexsite.outputs.report.markup import Html, el, escaped
from flexsite.outputs.report.speech import absent
from flexsite.outputs.sheets import OWNER, by_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flexsite.outputs.report.facts import Facts


def owners(facts: Facts) -> Html:
    """Owners by count and by area of all available sites, then of those that suit each group."""
    found = _owned(facts)
    if found is None:
        return Html()
    speech = facts.speech
    everything = found[found["profile"] == ""]
    columns = [
        Column(speech.t("owner")),
        Column(speech.t("Nouns"), number=True),
        Column(speech.t("by_count"), number=True),
        Column(speech.t("ha"), number=True),
        Column(speech.t("by_area"), number=True),
    ]
    rows = [
        (
            facts.names.owner(row["owner_class"]),
            speech.number(int(row["sites"])),
            Html(f"{bar(float(row['share_sites']), 1)} {speech.share(float(row['share_sites']))}"),
            speech.hectares(float(row["area_ha"])),
            Html(f"{bar(float(row['share_area']), 1)} {speech.share(float(row['share_area']))}"),
        )
        for _, row in everything[(everything["sites"] > 0) | (everything["area_ha"] > 0)].iterrows()
    ]
    return section(
        speech,
        "owners",
        paragraphs(speech.t("owners.intro")),
        table(speech.t("owners.caption"), columns, rows),
        _owners_of_groups(found, facts),
    )


def _owned(facts: Facts) -> pd.DataFrame | None:
    """Owners as the study classes them, or else by the column that names them."""
    table_ = facts.table("owners")
    if table_ is not None:
        return table_
    name = next((one for one in OWNER if one in facts.result.sites.columns), None)
    if name is None:
        return None
    counted = by_column(facts.result, name).rename(
        columns={name: "owner_class", "sites_share": "share_sites", "area_share": "share_area"}
    )
    return counted.assign(owner_class=counted["owner_class"].fillna(facts.speech.text("unknown")))


def _owners_of_groups(found: pd.DataFrame, facts: Facts) -> Html:
    """A column per group: sites by class of owner, and the homes on them."""
    speech = facts.speech
    rows = found[(found["profile"] != "") & (found["sites"] > 0)]
    if rows.empty:
        return Html()
    classes = [name for name in dict.fromkeys(found["owner_class"]) if (rows["owner_class"] == name).any()]
    ids = [profile.id for profile in facts.study.profiles]
    cells = {(row["owner_class"], row["profile"]): row for _, row in rows.iterrows()}
    columns = [Column(speech.t("owner")), *(Column(facts.names.profile(name), number=True) for name in ids)]
    body = [[facts.names.owner(one), *(_homes_and_sites(cells.get((one, name)), facts) for name in ids)]
            for one in classes]  # fmt: skip
    return table(speech.t("owners.groups"), columns, body)


def _homes_and_sites(row: pd.Series | None, facts: Facts) -> Html:
    """Sites, with the homes below."""
    if row is None or absent(row["sites"]) or not int(row["sites"]):
        return Html("–")
    homes = "" if absent(row["homes"]) else el("small", facts.speech.t("n_homes", n=facts.speech.number(row["homes"])))
    return Html(f"{facts.speech.number(int(row['sites']))}{homes}")


def windows(facts: Facts) -> Html:
    """How many sites stay free for which term, the moves that follow, and where the time until a plan is bridged."""
    found = facts.table("windows")
    if found is None:
        return Html()
    speech = facts.speech
    ids = [profile.id for profile in facts.study.profiles]
    cells = {(row["term"], row["profile"]): row for _, row in found.iterrows()}
    columns = [
        Column(speech.t("head.term")),
        Column(speech.t("Nouns"), number=True),
        Column(speech.t("ha"), number=True),
        Column(speech.t("windows.median"), number=True),
        Column(speech.t("windows.moves"), number=True),
    ]
    everything = found[found["profile"] == ""]
    rows = [
        (
            speech.t("windows.reach", years=speech.plain(row["term"])),
            speech.number(int(row["sites"])),
            speech.hectares(float(row["area_ha"])),
            speech.number(row["median_net_years"], 1),
            speech.number(row["moves"]),
        )
        for _, row in everything.iterrows()
    ]
    by_group = Html()
    if ids:
        heads = [Column(speech.t("head.term")), *(Column(facts.names.profile(name), number=True) for name in ids)]
        body: list[Sequence[object]] = [
            [speech.t("windows.reach", years=speech.plain(term)),
             *(_homes_and_sites(cells.get((term, name)), facts) for name in ids)]
            for term in dict.fromkeys(found["term"])
        ]  # fmt: skip
        by_group = table(speech.t("windows.groups"), heads, body)
    return section(
        speech,
        "windows",
        paragraphs(speech.t("windows.intro", payback=speech.plain(facts.study.payback))),
        table(speech.t("windows.caption"), columns, rows),
        _ends(facts),
        by_group,
    )


def _ends(facts: Facts) -> Html:
    speech, sites = facts.speech, facts.available
    open_end = int(sites["net_years"].isna().sum())
    told = [speech.t("windows.open", n=speech.number(open_end), m=speech.number(len(sites)))]
    if "bridging" in sites.columns:
        bridging = int(sites["bridging"].fillna(value=False).astype(bool).sum())
        told.append(speech.t("windows.bridging", n=speech.number(bridging)))
    return el("p", [Html(f"{one} ") for one in told])


def permits(facts: Facts) -> Html:
    """The permits by which one may build, per permit route, with their terms of law."""
    found = facts.table("permits")
    if found is None:
        return Html()
    speech = facts.speech
    rows = []
    before = ""
    for _, row in found.iterrows():
        route = str(row["route"])
        again, before = route == before, route
        extra = "" if absent(row["extension"]) or not int(row["extension"]) else f" (+{int(row['extension'])})"
        rows.append(
            (
                el("span", speech.word("route", route), class_="again" if again else None),
                "" if again else speech.number(int(row["sites"])),
                "" if again else speech.hectares(float(row["area_ha"])),
                escaped(facts.names.permit(str(row["permit"]))),
                speech.t("permits.years") if absent(row["weeks"]) else Html(f"{int(row['weeks'])}{extra}"),
                speech.number(row["appeal"]),
                speech.word("certainty", str(row["certainty"])),
            )
        )  # fmt: skip
    columns = [
        Column(speech.t("route")),
        Column(speech.t("Nouns"), number=True),
        Column(speech.t("ha"), number=True),
        Column(speech.t("permits.permit")),
        Column(speech.t("permits.weeks"), number=True),
        Column(speech.t("permits.appeal"), number=True),
        Column(speech.t("certainty")),
    ]
    day = speech.day(facts.study.date)
    return section(
        speech,
        "permits",
        paragraphs(speech.t("permits.intro", day=day)),
        table(speech.t("permits.caption"), columns, rows),
    )
