"""Bounds of hard requirements that a reader of the map may move, with what judges a site anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from flexsite.outputs.map.data import TestInfo
from flexsite.outputs.words import unit_of, words
from flexsite.study.kind import READ_BY
from flexsite.study.kinds import kinds_in_use
from flexsite.study.profile import AnyOf
from flexsite.suitability.kinds import STEP
from flexsite.suitability.requirements import judge, standard_of, subject_column, values_of

if TYPE_CHECKING:
    from flexsite.outputs.map import MapData
    from flexsite.outputs.result import Result
    from flexsite.study.models import Study
    from flexsite.study.profile import Profile, Test

FIXED = frozenset({STEP, "available", "term", "homes.min"})
"""Reasons to fail that no requirement of a profile gives: one of the same name keeps its bounds."""
PASSES, UNKNOWN = 1, 2
"""What a column of verdicts says beside 0, fails."""


def with_bounds(data: MapData, result: Result) -> MapData:
    """Add to each requirement its tests where a reader can move a bound, and to the sites what these look at.

    A requirement keeps its bounds when it has none, when the audience may not see what it looks at, or when a kind of
    site has a requirement of the same name, so that nobody could tell which of the two a site fails.
    """
    study = result.study
    taken = FIXED | {name for kind in kinds_in_use(study) for name in kind.requires}
    taken |= {READ_BY[kind.capacity.method] for kind in kinds_in_use(study) if kind.capacity.method in READ_BY}
    found: dict[str, Any] = {}
    profiles = []
    for info, profile in zip(data.profiles, study.profiles, strict=True):
        requirements = [
            replace(item, tests=_tests(profile, item.id, result, found)) if item.id not in taken else item
            for item in info.requirements
        ]
        profiles.append(replace(info, requirements=tuple(requirements)))
    return replace(data, profiles=tuple(profiles), sites=data.sites.assign(**found))


def _tests(profile: Profile, name: str, result: Result, found: dict[str, Any]) -> tuple[TestInfo, ...]:
    """The tests of a requirement; none unless all it looks at is there to see, and one of them has a bound."""
    requirement = profile.requires.get(name)
    if requirement is None:
        return ()
    tests = requirement.any if isinstance(requirement, AnyOf) else [requirement]
    columns = [_column(test, result.study) for test in tests]
    bounded = any(column and test.in_ is None for test, column in zip(tests, columns, strict=True))
    if not bounded or any(column is not None and column not in result.sites.columns for column in columns):
        return ()
    return tuple(_test(test, profile, name, result, found) for test in tests)


def _column(test: Test, study: Study) -> str | None:
    return "route" if test.route is not None else subject_column(test.measure, test.column, study)


def _test(test: Test, profile: Profile, name: str, result: Result, found: dict[str, Any]) -> TestInfo:
    """A test with the column that it compares; one without a bound with a column of verdicts."""
    study, sites = result.study, result.sites
    column = _column(test, study)
    subject = test.measure or test.column or "route"
    measure = next((one for one in study.access.measures if one.id == test.measure), None)
    label = words(subject, measure.label if measure is not None else None)
    place = f"profile '{profile.id}', requires.{name}"
    if column is None or test.in_ is not None:
        outcome = judge(test, study, sites, place)
        verdict = f"verdict {len(found)}"
        found[verdict] = np.where(outcome.passes, PASSES, np.where(outcome.unknown, UNKNOWN, 0)).astype(np.uint8)
        return TestInfo(verdict, label)
    if standard_of(column, study) is not None:
        levels, column = column, f"worth {column}"
        found[column] = values_of(sites, levels, study, place)
    unit = unit_of(measure) if measure is not None else ""
    return TestInfo(column, label, unit, test.at_most, test.at_least)
