"""Hard requirements: which sites meet them, which fail, and where nothing is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexsite.access.levels.standard import Standard, load_standard
from flexsite.errors import InputError
from flexsite.geometry import Floats
from flexsite.study.access import StandardMeasure, output_column
from flexsite.study.owners import owner_columns
from flexsite.study.profile import AnyOf, Test
from flexsite.values import text_of

if TYPE_CHECKING:
    from flexsite.study.models import Study
    from flexsite.study.profile import Requirement

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """Per site: meets the requirement; and cannot be judged, which also fails."""

    passes: Mask
    unknown: Mask


def judge(requirement: Requirement, study: Study, sites: pd.DataFrame, place: str) -> Outcome:
    """Judge all sites on one requirement.

    `any` passes when one passes, and is unknown only if none passes and one is unknown.

    Raises
    ------
    InputError
        A bound on a column that holds text, or a level that the measure's standard does not have.
    """
    if isinstance(requirement, AnyOf):
        outcomes = [_judge_test(test, study, sites, place) for test in requirement.any]
        passes = np.logical_or.reduce([outcome.passes for outcome in outcomes])
        return Outcome(passes, ~passes & np.logical_or.reduce([outcome.unknown for outcome in outcomes]))
    return _judge_test(requirement, study, sites, place)


def _judge_test(test: Test, study: Study, sites: pd.DataFrame, place: str) -> Outcome:
    if test.route is not None or test.column == "route":
        return _judge_route(test, sites)
    name = subject_column(test.measure, test.column, study)
    if name is None:
        return Outcome(np.zeros(len(sites), bool), np.ones(len(sites), bool))
    if test.in_ is not None:
        _refuse_unknown_levels(test.in_, standard_of(name, study), place)
        codes, present = pd.factorize(sites[name])
        texts = [*(text_of(value) for value in present), ""]  # the last is where a missing value, -1, finds its text
        listed = {text_of(value) for value in test.in_} - {""}
        passes = np.array([text in listed for text in texts], dtype=bool)
        nothing = {"", "unknown"} if name in owner_columns(study) else {""}
        return Outcome(passes[codes], np.array([text in nothing for text in texts], dtype=bool)[codes])
    values = values_of(sites, name, study, place)
    missing = np.isnan(values)
    passes = ~missing
    with np.errstate(invalid="ignore"):
        if test.at_most is not None:
            passes &= values <= test.at_most
        if test.at_least is not None:
            passes &= values >= test.at_least
    return Outcome(passes, missing)


def _judge_route(test: Test, sites: pd.DataFrame) -> Outcome:
    listed = {str(value) for value in test.in_ or []}
    passes = sites["route"].isin(listed).to_numpy(dtype=bool)
    return Outcome(passes, ~passes & (sites["route"] == "unknown").to_numpy(dtype=bool))


def subject_column(measure: str | None, column: str | None, study: Study) -> str | None:
    """Column of the sites that a requirement or criterion is about; None for a measure that the study lacks."""
    return study.measure_column(measure) if measure is not None else column


def standard_of(column: str, study: Study) -> Standard | None:
    """The standard whose levels a column holds, if it does."""
    for measure in study.access.measures:
        if isinstance(measure, StandardMeasure) and output_column(measure) == column:
            return load_standard(measure.standard)
    return None


def _refuse_unknown_levels(listed: list[Any], standard: Standard | None, place: str) -> None:
    for level in map(text_of, listed):
        if standard is not None and level not in standard.level_ids:
            raise InputError(
                f"the standard '{standard.id}' has no level '{level}'",
                where=place,
                remedy=f"its levels are, best first: {', '.join(standard.level_ids)}",
            )


def refuse_unknown_levels(study: Study) -> None:
    """Refuse requirements that list a level which the standard of their measure does not have.

    Raises
    ------
    InputError
        With the profile and the levels there are; or a standard cannot be read.
    """
    for profile in study.profiles:
        for name, requirement in profile.requires.items():
            for test in requirement.any if isinstance(requirement, AnyOf) else [requirement]:
                column = subject_column(test.measure, test.column, study)
                if column is not None and test.in_ is not None:
                    place = f"profile '{profile.id}', requires.{name}"
                    _refuse_unknown_levels(test.in_, standard_of(column, study), place)


def values_of(sites: pd.DataFrame, name: str, study: Study, place: str) -> Floats:
    """A column as numbers, missing as NaN; levels of a standard as the numbers by which they are compared.

    Raises
    ------
    InputError
        The column holds text that is no level.
    """
    standard = standard_of(name, study)
    if standard is None:
        return numbers(sites, name, place)
    codes, present = pd.factorize(sites[name])
    worth = [standard.numbers.get(text_of(level), np.nan) for level in present]
    return np.array([*worth, np.nan])[codes]  # the last is where a missing level, -1, finds its number


def numbers(sites: pd.DataFrame, name: str, place: str) -> Floats:
    """A column as numbers, missing as NaN.

    Raises
    ------
    InputError
        The column holds text.
    """
    try:
        return pd.to_numeric(sites[name]).to_numpy(dtype=float, na_value=np.nan)
    except (ValueError, TypeError):
        raise InputError(
            f"the column '{name}' holds text, and a bound or a criterion needs numbers",
            where=place,
            remedy="use 'in', or another column",
        ) from None
