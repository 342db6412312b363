"""What the homes mean: floor area, rooms and people, and on what kind of site they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexsite.outputs.report.figure import Column, paragraphs, section, table
from flexsite.outputs.report.markup import Html, el
from flexsite.outputs.report.speech import absent
from flexsite.study.households import household_types

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.outputs.report.facts import Facts

_SUMS = ("homes", "homes_fit", "floor_area_m2", "rooms", "people", "households", "unfit_homes", "refused_homes",
         "later_homes", "ordinary", "ordinary_most", "parking_spaces")  # fmt: skip


def capacity(facts: Facts) -> Html:
    """Homes with their floor area, rooms and people, and the households that would live there, for each group."""
    found = facts.table("capacity_totals")
    found = None if found is None else found[found["variant"] == "base"]
    if found is None or found.empty:
        return Html()
    speech = facts.speech
    shown = [name for name in _SUMS if name in found.columns and found[name].notna().any()]
    columns = [Column(speech.t("summary.whom")), *(Column(speech.t(f"capacity.{name}"), number=True) for name in shown)]
    rows = [
        [facts.names.profile(str(row["profile"])), *(speech.number(row[name]) for name in shown)]
        for _, row in found.iterrows()
    ]
    return section(
        speech,
        "capacity",
        paragraphs(speech.t("capacity.intro")),
        table(speech.t("capacity.caption"), columns, rows),
        _households(found, facts),
        el("p", speech.t("capacity.expected"), class_="note"),
    )


def _households(found: pd.DataFrame, facts: Facts) -> Html:
    """Households and people by type: people are those of the households, so many of each."""
    speech = facts.speech
    types = {name: one for name, one in household_types().items() if f"hh_{name}" in found.columns}
    types = {name: one for name, one in types.items() if (found[f"hh_{name}"].fillna(0) > 0).any()}
    if not types:
        return Html()
    columns = [Column(speech.t("summary.whom"))]
    for one in types.values():
        label = one.label if isinstance(one.label, str) else one.label[speech.language]
        columns.append(Column(label, number=True))
    rows = []
    for _, row in found.iterrows():
        cells = []
        for name, one in types.items():
            households = row[f"hh_{name}"]
            if absent(households) or not households:
                cells.append(Html("–"))
                continue
            people = speech.t("n_people", n=speech.number(float(households) * one.people))
            cells.append(Html(f"{speech.number(households)}{el('small', people)}"))
        rows.append([facts.names.profile(str(row["profile"])), *cells])
    return table(speech.t("capacity.households_caption"), columns, rows)


def kinds(facts: Facts) -> Html:
    """Homes by kind of site; those of a parcel and of the building on it are not one sum."""
    found = facts.table("kinds")
    if found is None:
        return Html()
    speech = facts.speech
    ids = [profile.id for profile in facts.study.profiles]
    cells = {(row["kind"], row["profile"]): row for _, row in found.iterrows()}
    columns = [Column(speech.t("column.kind")), Column(speech.t("summary.all"), number=True)]
    columns += [Column(facts.names.profile(name), number=True) for name in ids]
    rows = []
    for kind in dict.fromkeys(found["kind"]):
        listed = [cells.get((kind, name)) for name in ids]
        here = next((row for row in listed if row is not None), None)
        rows.append(
            [
                facts.names.kind(str(kind)),
                speech.number(None if here is None else int(here["sites"])),
                *(_of_kind(row, facts) for row in listed),
            ]
        )
    return section(
        speech, "kinds", paragraphs(speech.t("kinds.intro")), table(speech.t("kinds.caption"), columns, rows)
    )


def _of_kind(row: pd.Series | None, facts: Facts) -> Html:
    """Homes, with the suitable sites and their hectares below."""
    if row is None:
        return Html("–")
    speech = facts.speech
    below = el("small", speech.sites(int(row["suitable"])), ", ", speech.hectares(float(row["area_ha"])), " ha")
    return Html(f"{speech.number(int(row['homes']))}{below}")
