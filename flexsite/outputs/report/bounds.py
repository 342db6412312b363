"""Requirements and criteria as people read them: what is looked at, the bound, the value of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flexsite.outputs.report.markup import Html, escaped
from flexsite.outputs.report.speech import absent
from flexsite.study.access import output_column
from flexsite.study.profile import AnyOf

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts
    from flexsite.study.profile import Criterion, Profile, Requirement, Test


def tests_of(requirement: Requirement) -> list[Test]:
    """The tests of a requirement, of which one must pass."""
    return requirement.any if isinstance(requirement, AnyOf) else [requirement]


def subject(test: Test | Criterion, facts: Facts) -> Html:
    """What a test or a criterion looks at."""
    if getattr(test, "route", None) is not None:
        return facts.speech.t("route")
    return escaped(facts.names.subject(test.measure, test.column))


def with_unit(value: Any, measure: str | None, facts: Facts) -> Html:
    """A value with the unit of its measure."""
    unit = facts.names.unit(measure)
    told = facts.speech.plain(round(value, 1) if isinstance(value, float) and abs(value) >= 10 else value)
    return Html(f"{told}\N{NO-BREAK SPACE}{unit}") if unit and not absent(value) else told


def bound(test: Test, facts: Facts) -> Html:
    """The bound of a test, such as `≤ 500 m`."""
    if test.in_ is not None:
        if test.route is not None:
            listed = [facts.speech.word("route", str(value)) for value in test.in_]
        else:
            listed = [escaped(facts.names.owner(value)) if test.column == "owner_class" else facts.speech.plain(value)
                      for value in test.in_]  # fmt: skip
        return Html(f"{facts.speech.t('one_of')} {', '.join(listed)}" if len(listed) > 1 else "".join(listed))
    signs = (("≥", test.at_least), ("≤", test.at_most))
    return Html(", ".join(f"{sign} {with_unit(value, test.measure, facts)}" for sign, value in signs
                          if value is not None))  # fmt: skip


def asked(requirement: Requirement, facts: Facts) -> Html:
    """A requirement in words: its tests, joined by `or`."""
    told = [f"{subject(test, facts)}: {bound(test, facts)}" for test in tests_of(requirement)]
    return Html(f" {facts.speech.t('or')} ".join(told))


def column_of(test: Test | Criterion, facts: Facts) -> str | None:
    """Column of the sites that a test or a criterion looks at; None for a measure that the study lacks."""
    if getattr(test, "route", None) is not None:
        return "route"
    if test.measure is None:
        return test.column
    return next((output_column(one) for one in facts.study.access.measures if one.id == test.measure), None)


def value_of(test: Test, site: Any, facts: Facts) -> Html:
    """What a site has there, or that it is not known."""
    column = column_of(test, facts)
    value = None if column is None or column not in site else site[column]
    if absent(value) or value == "":
        return facts.speech.t("unknown")
    if test.route is not None:
        return facts.speech.word("route", str(value))
    if test.column == "owner_class":
        return facts.names.owner(value)
    return with_unit(value, test.measure, facts)


def reason(name: str, profile: Profile, site: Any, facts: Facts) -> Html:
    """Why a site does not suit a group: the requirement that it fails, what is asked, and what it has."""
    bare = name.removeprefix("unknown:")
    told = escaped(facts.names.requirement(profile, bare))
    requirement = profile.requires.get(bare)
    if name.startswith("unknown:"):
        return facts.speech.t("reason.unknown", what=told)
    if requirement is not None:
        tests = tests_of(requirement)
        has = [str(value_of(test, site, facts)) for test in tests]
        if len(tests) > 1:
            has = [f"{subject(test, facts)} {value}" for test, value in zip(tests, has, strict=True)]
        return facts.speech.t("reason.bound", asked=asked(requirement, facts), has=Html("; ".join(has)))
    if bare == "homes.min":
        homes, least = facts.speech.number(site["homes"]), facts.speech.number(profile.homes.min)
        return facts.speech.t("reason.homes", homes=homes, least=least)
    if bare == "term":
        years = facts.speech.number(site["net_years"], 1)
        return facts.speech.t("reason.term", years=years, least=facts.speech.plain(profile.term.min))
    return facts.speech.t("reason.kind", kind=facts.names.kind(str(site["kind"]))) if bare == "kind" else told
