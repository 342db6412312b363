"""From all candidates to what is available: what each rule costs by itself, and the steps in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flexsite.outputs.report.figure import Column, bar, paragraphs, section, table
from flexsite.outputs.report.markup import Html, el, escaped
from flexsite.outputs.report.speech import absent

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts

_TAKES = ("exclude", "keep", "route")
"""Effects by which a rule takes ground."""
LEAST_HA = 5e-7
"""Less ground than this is none: areas are whole hundredths of a square metre."""


def waterfall(facts: Facts) -> Html:
    """What each rule alone costs, then the steps, then what must be weighed."""
    speech = facts.speech
    return section(
        speech,
        "waterfall",
        paragraphs(speech.t("waterfall.intro")),
        _costs(facts),
        _steps(facts),
        _marks(facts),
    )


def _costs(facts: Facts) -> Html:
    speech, names = facts.speech, facts.names
    rows = facts.steps()
    start = float(rows["area_ha"].iloc[0]) if len(rows) else 0.0
    rules = rows[rows["effect"].isin(_TAKES)].copy()
    if rules.empty:
        return el("p", speech.t("waterfall.no_rules"))
    untested = {one.id for one in facts.study.untested}
    rules = rules[~rules["rule"].isin(untested)].sort_values("only_ha", ascending=False, kind="stable")
    whole = max(float(rules["touched_ha"].max() or 0.0), LEAST_HA)
    cells = [
        (
            escaped(names.rule(row["rule"])),
            speech.word("class", str(row["class"])),
            Html(f"{bar(float(row['only_ha'] or 0.0), whole)} {el('b', speech.hectares(row['only_ha']))}"),
            speech.hectares(row["removed_ha"]),
            speech.hectares(row["touched_ha"]),
            speech.hectares(row["unknown_ha"]),
        )
        for _, row in rules.iterrows()
    ]
    columns = [
        Column(speech.t("rule")),
        Column(speech.t("class")),
        Column(speech.t("waterfall.only"), number=True),
        Column(speech.t("waterfall.removed"), number=True),
        Column(speech.t("waterfall.touched"), number=True),
        Column(speech.t("waterfall.unknown"), number=True),
    ]
    note = el("p", speech.t("waterfall.only_note"), class_="note")
    return Html(table(speech.t("waterfall.costs", ha=speech.hectares(start)), columns, cells) + note)


def _steps(facts: Facts) -> Html:
    speech, names = facts.speech, facts.names
    rows = facts.steps()
    start = float(rows["area_ha"].iloc[0]) if len(rows) else 0.0
    cells = []
    for _, row in rows.iterrows():
        if row["effect"] in ("mark", "cap", "score"):
            continue
        left, taken = float(row["area_ha"]), float(row["removed_ha"])
        cells.append(
            (
                escaped(names.rule(row["rule"])),
                speech.number(None if absent(row["candidates"]) else int(row["candidates"])),
                speech.hectares(taken) if row["step"] else "",
                Html(f"{bar(left, start, second=taken)} {speech.hectares(left)}"),
            )
        )
    columns = [
        Column(speech.t("step")),
        Column(speech.t("waterfall.candidates"), number=True),
        Column(speech.t("waterfall.removed"), number=True),
        Column(speech.t("waterfall.left"), number=True),
    ]
    end = speech.t("waterfall.end", sites=speech.sites(len(facts.available)), ha=speech.hectares(facts.available_ha))
    return Html(table(speech.t("waterfall.steps"), columns, cells) + el("p", end))


def _marks(facts: Facts) -> Html:
    """Rules that take nothing, with the sites on which they must be weighed; marks of kinds and owners too."""
    speech, names = facts.speech, facts.names
    rows = facts.steps()
    counts = facts.available["marks"].fillna("").str.split(";").explode().value_counts()
    untested = {one.id for one in facts.study.untested}
    steps = rows[rows["effect"].isin(["mark", "cap"]) & ~rows["rule"].isin(untested)]
    # Several that are withheld bear one name, so that rows are taken as they come.
    listed: list[tuple[str, Any]] = [(row["rule"], row) for _, row in steps.iterrows()]
    listed += [(name, None) for name in sorted(counts.index) if name and name not in set(steps["rule"])]
    if not listed:
        return Html()
    cells: list[tuple[Any, ...]] = []
    for name, row in listed:
        effect = "mark" if row is None else str(row["effect"])
        touched = None if row is None else row["touched_ha"]
        number = _capped(facts, name) if effect == "cap" else speech.number(int(counts.get(name, 0)))
        cells.append((escaped(names.rule(name)), speech.word("effect", effect), speech.hectares(touched), number))
    columns = [
        Column(speech.t("rule")),
        Column(speech.t("effect")),
        Column(speech.t("waterfall.touched"), number=True),
        Column(speech.t("Nouns"), number=True),
    ]
    return table(speech.t("waterfall.marks"), columns, cells)


def _capped(facts: Facts, name: str) -> Html:
    """A cap is no mark of a site; where it demoted to one, it is counted like one."""
    marked = facts.available["marks"].fillna("").str.split(";").map(lambda ids: name in ids)
    return facts.speech.number(int(marked.sum())) if marked.any() else Html("–")
