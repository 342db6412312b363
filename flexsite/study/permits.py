"""Permits by which temporary homes may be built, by permit route, as the law has them on a day."""

from __future__ import annotations

from datetime import date
from functools import cache

from flexsite.rulebook import routes_path
from flexsite.study.base import Count, Day, Sourced, Text, Word
from flexsite.study.rule import Route
from flexsite.study.yaml_source import read


class Permit(Sourced):
    """A way to a permit.

    Attributes
    ----------
    routes
        Permit routes of sites on which it is a way.
    weeks
        In which is decided; None: no term of law, it takes years.
    extension
        Weeks that may come on top, once.
    objection, appeal
        Weeks in which others may object to it, and go to court.
    most_years
        For which it may be given; None: no such bound.
    """

    id: Word
    label: dict[str, str]
    routes: list[Route]
    weeks: Count | None
    extension: Count | None
    objection: Count
    appeal: Count
    appeal_source: Text
    most_years: Count | None = None
    valid_from: Day = date.min
    valid_until: Day = date.max


@cache
def permits() -> tuple[Permit, ...]:
    """All permits of the rulebook, in its order."""
    return tuple(Permit.model_validate(entry) for entry in read(routes_path()).data)


def permits_on(day: date) -> list[Permit]:
    """The permits that law knows on a day.

    Examples
    --------
    >>> [permit.id for permit in permits_on(date(2023, 12, 31)) if "deviation" in permit.routes]
    ['kruimel', 'zoning_plan']
    >>> [permit.id for permit in permits_on(date(2024, 1, 1)) if "deviation" in permit.routes]
    ['bopa_regular', 'bopa_extended', 'plan_change']
    """
    return [permit for permit in permits() if permit.valid_from <= day <= permit.valid_until]
