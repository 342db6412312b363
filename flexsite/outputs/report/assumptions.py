"""Every number of the groups, the kinds of sites and the rules, with what it rests on, and how many are assumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from flexsite.outputs.assumed import ASSUMED
from flexsite.outputs.assumed import assumptions as assumed_of
from flexsite.outputs.report.bounds import bound, subject, tests_of, with_unit
from flexsite.outputs.report.figure import Column, paragraphs, section, table
from flexsite.outputs.report.markup import Html, el, escaped
from flexsite.study.kinds import kinds_in_use

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts
    from flexsite.study.base import Sourced
    from flexsite.study.profile import Profile
    from flexsite.study.rule import RuleBase


class Number(NamedTuple):
    """A number, what it is about, its value in words, and what it rests on."""

    what: Html
    value: Html
    rests: Sourced
    certainty: str | None
    counted: bool = True


def assumptions(facts: Facts) -> Html:
    """A table for every group, one for the kinds of sites, one for the rules."""
    speech = facts.speech
    assumed, of = assumed_of(facts.study)
    parts = [
        _table(profile.name(speech.language), list(of_profile(profile, facts)), facts)
        for profile in facts.study.profiles
    ]
    kinds = list(of_kinds(facts))
    if kinds:
        parts.append(_table(speech.t("assumptions.kinds"), kinds, facts))
    rules = list(of_rules(facts))
    if rules:
        parts.append(_table(speech.t("assumptions.rules"), rules, facts))
    told = speech.t("assumptions.count", n=speech.number(assumed), m=speech.number(of)) if of else None
    return section(
        speech,
        "assumptions",
        paragraphs(told, speech.t("assumptions.intro")) if parts else None,
        *parts,
        paragraphs(speech.t("assumptions.certainties"), class_="note") if parts else None,
    )


def _table(name: Any, numbers: list[Number], facts: Facts) -> Html:
    speech = facts.speech
    rows = [
        (
            one.what if one.counted else Html(f"{one.what} {el('sup', '*')}"),
            one.value,
            _certainty(one, facts),
            Html(f"{escaped(one.rests.basis or '–')}{el('small', one.rests.note) if one.rests.note else ''}"),
            el("code", one.rests.source) if one.rests.source else "–",
        )
        for one in numbers
    ]
    columns = [
        Column(speech.t("assumptions.number")),
        Column(speech.t("assumptions.value")),
        Column(speech.t("certainty")),
        Column(speech.t("assumptions.basis")),
        Column(speech.t("source")),
    ]
    some = [one for one in numbers if one.counted]
    assumed = sum(one.certainty in ASSUMED for one in some)
    caption = name
    if some:
        caption = speech.t("assumptions.caption", what=name, n=speech.number(assumed), m=speech.number(len(some)))
    return el("div", table(caption, columns, rows), class_="sourced")


def _certainty(one: Number, facts: Facts) -> Html:
    word = facts.speech.word("certainty", one.certainty or "none")
    return el("span", word, class_="assumed" if one.counted and one.certainty in ASSUMED else None)


def of_profile(profile: Profile, facts: Facts) -> Iterator[Number]:
    """The numbers of a group: bounds, criteria, the home, sizes, the term; then what says who lives there."""
    speech = facts.speech
    for requirement in profile.requires.values():
        for test in tests_of(requirement):
            rests = test if test.basis or test.source else requirement
            yield Number(subject(test, facts), bound(test, facts), rests, test.certainty or requirement.certainty,
                         counted=test.in_ is None)  # fmt: skip
    for criterion in profile.criteria.values():
        best, worst = (with_unit(value, criterion.measure, facts) for value in (criterion.best, criterion.worst))
        value = speech.t("assumptions.criterion", best=best, worst=worst, weight=speech.number(criterion.weight))
        yield Number(subject(criterion, facts), value, criterion, criterion.certainty)
    unit = profile.unit
    home = [speech.t("per_ha", n=speech.plain(unit.homes_per_ha))]
    home += [] if unit.floor_area is None else [speech.t("m2", n=speech.plain(unit.floor_area))]
    home += [] if unit.storeys is None else [speech.t("n_storeys", n=speech.plain(unit.storeys))]
    yield Number(speech.t("assumptions.unit"), Html(", ".join(home)), unit, unit.certainty)
    most = profile.homes.max
    size = speech.t("programmes.least" if most is None else "programmes.range", low=speech.number(profile.homes.min),
                    high=speech.number(most))  # fmt: skip
    yield Number(speech.t("programmes.homes"), size, profile.homes, profile.homes.certainty)
    years = speech.t("years", n=speech.plain(profile.term.min))
    yield Number(speech.t("programmes.term"), years, profile.term, profile.term.certainty)
    yield from _of_people(profile, facts)


def _of_people(profile: Profile, facts: Facts) -> Iterator[Number]:
    from flexsite.study.households import household_types

    speech = facts.speech
    if profile.stay is not None:
        low, high = (speech.plain(value) for value in (profile.stay.min, profile.stay.max))
        value = speech.t("years", n=Html(f"{low}–{high}"))
        yield Number(speech.t("assumptions.stay"), value, profile.stay, profile.stay.certainty, counted=False)
    if profile.households is not None:
        labels = {name: one.label for name, one in household_types().items()}
        told = [
            Html(f"{escaped(facts.names.of(name, labels.get(name)))} {speech.share(part)}")
            for name, part in profile.households.shares.items()
        ]
        value = Html(", ".join(told))
        yield Number(speech.t("assumptions.households"), value, profile.households, profile.households.certainty,
                     counted=False)  # fmt: skip
    if profile.mix is not None:
        value = Html(f"{speech.share(profile.mix.min)}–{speech.share(profile.mix.max)}")
        yield Number(speech.t("assumptions.mix"), value, profile.mix, profile.mix.certainty, counted=False)


def of_kinds(facts: Facts) -> Iterator[Number]:
    """The numbers of the kinds of sites in use: conditions with bounds, and what homes are counted by."""
    speech, names = facts.speech, facts.names
    for kind in kinds_in_use(facts.study):
        conditions = [*kind.requires.values(), *(one for mark in kind.marks for one in mark.when or [])]
        for one in conditions:
            if not one.bounds:
                continue
            signs = (("≥", one.at_least), ("≤", one.at_most), (">", one.above), ("<", one.below))
            told = [escaped(f"{sign} ") + speech.plain(value) for sign, value in signs if value is not None]
            what = Html(f"{escaped(names.kind(kind.id))}: {escaped(names.column(one.column))}")
            yield Number(what, Html(", ".join(told)), one, one.certainty)
        for name, parameter in kind.capacity.parameters().items():
            what = Html(f"{escaped(names.kind(kind.id))}: {speech.word('parameter', name)}")
            yield Number(what, speech.plain(parameter.value), parameter, parameter.certainty)


def of_rules(facts: Facts) -> Iterator[Number]:
    """The rules: those of the library count, tested or not; those of the study stand beside them."""
    for rule in facts.study.rules:
        yield Number(_named(rule.id, facts), _of_rule(rule, facts), rule, rule.certainty or _own(rule),
                     counted=rule.library is not None)  # fmt: skip
    for one in facts.study.untested:
        yield Number(_named(one.id, facts), facts.speech.t("not_tested"), one.rule, one.rule.certainty)


def _own(rule: RuleBase) -> str | None:
    return None if rule.library is not None else "own"


def _named(name: str, facts: Facts) -> Html:
    return escaped(facts.names.rule(name))


def _of_rule(rule: RuleBase, facts: Facts) -> Html:
    """Effect, class and numbers of a rule."""
    speech = facts.speech
    told = [speech.word("effect", rule.effect), speech.word("class", rule.hardness)]
    if rule.buffer:
        told.append(speech.t("rule.buffer", n=speech.plain(rule.buffer)))
    signs = ((">", rule.above), ("<", rule.below))
    told += [Html(escaped(f"{sign} ") + speech.plain(value)) for sign, value in signs if value is not None]
    homes = getattr(rule, "homes", None)
    if isinstance(homes, int):
        told.append(speech.t("n_homes", n=speech.number(homes)))
    horizon = getattr(rule, "horizon", None)
    if horizon is not None:
        told.append(speech.t("rule.horizon", n=speech.plain(horizon)))
    if rule.when is not None:
        above, most = rule.when.term_above, rule.when.term_at_most
        told.append(speech.t("rule.above" if most is None else "rule.at_most", n=speech.plain(above or most)))
    return Html(", ".join(told))
