"""What the rulebook says of reports: when a layer is old, and how a comparable study fared."""

from __future__ import annotations

from functools import cache
from typing import Any

from flexsite.rulebook import reports_path
from flexsite.study.base import Count, Sourced, StrictModel
from flexsite.study.yaml_source import read


class OldLayer(Sourced):
    """Months before the date of the study from which on a layer is called old."""

    months: Count
    date: Any


class FellAway(Sourced):
    """Homes of a comparable desk study before and after talks with municipalities."""

    before: Count
    after: Count
    municipalities: Count
    date: Any


class Caveat(Sourced):
    """A reservation that a study of this kind makes, by the key of its text."""

    text: str
    date: Any


class ReportBook(StrictModel):
    """The rulebook on reports."""

    old_layer: OldLayer
    fell_away: FellAway
    caveats: list[Caveat]


@cache
def report_book() -> ReportBook:
    """The rulebook on reports."""
    return ReportBook.model_validate(read(reports_path()).data)


def fell_away() -> FellAway:
    """How a comparable desk study fared after talks with municipalities.

    Examples
    --------
    >>> told = fell_away()
    >>> told.before, told.after
    (309000, 220000)
    """
    return report_book().fell_away
