"""The study beside its variants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flexsite.outputs.key_words import label_of, profile_of
from flexsite.outputs.report.figure import Column, bullets, paragraphs, section, table
from flexsite.outputs.report.markup import Html, el, escaped

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts

_BASE = "base"
BESIDE = 4
"""Variants beside each other in one table."""


def variants(facts: Facts) -> Html:
    """What each variant changes, and what that does for each group; only where the study has variants."""
    table_ = facts.variants
    if table_.empty:
        return Html()
    speech = facts.speech
    names = [name for name in dict.fromkeys(table_["variant"]) if name != _BASE]
    found = {(row["variant"], row["profile"]): row for _, row in table_.iterrows()}
    parts = []
    for first in range(0, len(names), BESIDE):
        some = names[first : first + BESIDE]
        columns = [Column(speech.t("summary.whom")), Column(speech.t("variants.base"), number=True)]
        columns += [Column(_title(name), number=True) for name in some]
        rows = [
            [profile.name(speech.language), *(_cell(found.get((name, profile.id)), facts) for name in (_BASE, *some))]
            for profile in facts.study.profiles
        ]
        parts.append(table(speech.t("variants.caption"), columns, rows))
    changes = [Html(f"{el('b', _title(name))}: {_changes(name, facts)}") for name in names]
    return section(speech, "variants", paragraphs(speech.t("variants.intro")), bullets(changes), *parts)


def _title(name: str) -> str:
    return name.replace("_", " ")


def _cell(row: Any, facts: Facts) -> Html:
    speech = facts.speech
    if row is None:
        return Html("–")
    homes = el("b", speech.number(int(row["homes"])))
    moved = _signed(int(row["d_homes"]), facts) if row["variant"] != _BASE else ""
    small = el("small", speech.sites(int(row["sites"])), ", ", speech.hectares(float(row["area_ha"])), " ha")
    return Html(f"{homes} {moved}{small}")


def _signed(change: int, facts: Facts) -> Html:
    if not change:
        return el("span", "(=)", class_="moved")
    sign = "+" if change > 0 else ""
    return el("span", f"({sign}", facts.speech.number(change), ")", class_="moved")


def _changes(name: str, facts: Facts) -> Html:
    """Keys and values that a variant changes, in words where there are any."""
    speech = facts.speech
    told = []
    for key, value in facts.study.variants.get(name, {}).items():
        label = label_of(facts.study, key)
        whose = profile_of(key)
        about = f" ({escaped(facts.names.profile(whose))})" if whose and label != key else ""
        given = speech.t("variants.gone") if value is None else speech.plain(value) if _simple(value) else str(value)
        told.append(f"{escaped(label)}{about} = {el('bdi', given)}")
    return Html("; ".join(told))


def _simple(value: Any) -> bool:
    return isinstance(value, int | float | str | bool)
