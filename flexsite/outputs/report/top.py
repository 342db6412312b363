"""The best sites of each group, in a table and on small maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flexsite.outputs.report.facts import MUNICIPALITY
from flexsite.outputs.report.figure import Column, paragraphs, section, table
from flexsite.outputs.report.markup import Html, el, escaped
from flexsite.outputs.report.site_map import SiteMaps
from flexsite.outputs.report.speech import absent
from flexsite.outputs.sheets import OWNER

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts
    from flexsite.study.profile import Profile

LISTED, DRAWN = 10, 6
"""Sites per group in the table, and on a map."""


def top_sites(facts: Facts) -> Html:
    """The best sites of every group that has any."""
    speech = facts.speech
    maps = SiteMaps(facts)
    parts = [_of_group(profile, maps, facts) for profile in facts.study.profiles]
    parts = [part for part in parts if part]
    if not parts:
        return Html()
    return section(speech, "top", paragraphs(speech.t("top.intro")), maps.legend(), *parts)


def _of_group(profile: Profile, maps: SiteMaps, facts: Facts) -> Html:
    speech = facts.speech
    suitable = facts.suitable(profile.id)
    if suitable.empty:
        return Html()
    best = facts.with_sites(suitable.head(LISTED))
    firm = _firmness(profile, facts)
    has_town = MUNICIPALITY in best.columns
    owner = next((name for name in OWNER if name in best.columns), None)
    columns = [Column(speech.t("rank"), number=True), Column(speech.t("Noun"))]
    columns += [Column(speech.t("municipality"))] if has_town else []
    columns += [Column(speech.t("ha"), number=True), Column(speech.t("homes"), number=True),
                Column(speech.t("net_years"), number=True)]  # fmt: skip
    columns += [Column(speech.t("route"))] if facts.asks_route else []
    columns += [Column(speech.t("owner"))] if owner else []
    columns += [Column(speech.t("score"), number=True)]
    columns += [Column(speech.t("top.firm"), number=True)] if firm else []
    rows = []
    for _, site in best.iterrows():
        cells: list[Any] = [speech.number(int(site["rank"])), escaped(site["site_id"])]
        cells += [_text(site[MUNICIPALITY], facts)] if has_town else []
        years = speech.t("no_end") if absent(site["net_years"]) else speech.number(site["net_years"], 1)
        homes = speech.number(int(site["homes"]))
        cells += [speech.hectares(float(site["area_m2"]) / 1e4), homes, years]
        cells += [_route(site["route"], facts)] if facts.asks_route else []
        cells += [facts.names.owner(site[owner]) if not absent(site[owner]) else speech.t("unknown")] if owner else []
        cells.append(speech.number(site["score"], 1))
        cells += [firm.get(site["site_id"], "")] if firm else []
        rows.append(cells)
    name = profile.name(speech.language)
    figures = [
        el("figure", maps.draw(site), el("figcaption", el("b", f"{place}. "), el("bdi", site)))
        for place, site in enumerate(best["site_id"].head(DRAWN).tolist(), start=1)
    ]
    caption = speech.t("top.caption", whom=name, n=speech.number(len(best)), m=speech.number(len(suitable)))
    return el("article", el("h3", name), table(caption, columns, rows), el("div", figures, class_="maps"))


def _text(value: Any, facts: Facts) -> Html:
    return facts.speech.t("unknown") if absent(value) or value == "" else escaped(str(value))


def _route(value: Any, facts: Facts) -> Html:
    return facts.speech.t("unknown") if absent(value) or value == "" else facts.speech.word("route", str(value))


def _firmness(profile: Profile, facts: Facts) -> dict[str, Html]:
    """Between which ranks each site moves when weights are drawn."""
    weights = facts.table("weights")
    if weights is None:
        return {}
    rows = weights[weights["profile"] == profile.id]
    return {
        str(row["site_id"]): Html(f"{facts.speech.number(row['rank_p05'])}–{facts.speech.number(row['rank_p95'])}")
        for _, row in rows.iterrows()
    }
