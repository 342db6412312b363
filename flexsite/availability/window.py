"""The window: from when, and until when, a site is free."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.errors import InputError
from flexsite.study.rule import ExcludeRule

if TYPE_CHECKING:
    from flexsite.study.models import Study

_YEAR = re.compile(r"^[0-9]{4}$")
_DATE = re.compile(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(T.*| .*)?$")


def add_months(start: date, months: int) -> date:
    """The same day so many months later; the last of the month where that day is missing.

    Beyond the calendar, such as for a horizon that means 'ever', it is the calendar's last day.

    Examples
    --------
    >>> add_months(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    count = start.year * 12 + start.month - 1 + months
    year, month = divmod(count, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def whole_months(start: date, end: date) -> int:
    """Whole months between two dates; negative when the end comes first.

    Examples
    --------
    >>> whole_months(date(2028, 1, 1), date(2043, 1, 1)), whole_months(date(2028, 1, 15), date(2028, 2, 14))
    (180, 0)
    """
    if end < start:
        return -whole_months(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (add_months(start, months) > end)


@dataclass(frozen=True)
class Clock:
    """The dates of a study: when the homes come, and until when an excluding rule must leave the ground free."""

    today: date
    available_from: date
    term: float

    @classmethod
    def of(cls, study: Study) -> Clock:
        """The clock of a study: `available_from` = date + lead time."""
        return cls(study.date, add_months(study.date, study.lead_time), study.term)

    def limit(self, rule: ExcludeRule) -> date:
        """Ground needed before this date is taken by the rule: `available_from` + horizon (default: the term)."""
        years = self.term if rule.horizon is None else rule.horizon
        return add_months(self.available_from, round(years * 12))

    def net_years(self, until: date) -> float:
        """Years between `available_from` and the end, in whole months."""
        return whole_months(self.available_from, until) / 12


def needed_from(
    values: NDArray[np.object_], today: date, place: str, features: NDArray[np.intp]
) -> NDArray[np.object_]:
    """Dates of a column that says from when ground is needed.

    A whole year means its first of January, an empty value means now.

    Raises
    ------
    InputError
        A value is neither a year nor a date; names the feature.
    """
    known: dict[object, date] = {}
    result = np.empty(len(values), dtype=object)
    for row, value in enumerate(values.tolist()):
        if value not in known:
            moment = _moment(value, today)
            if moment is None:
                raise InputError(
                    f"the value {value!r} is neither a year nor a date (feature {features[row]})",
                    where=place,
                    remedy="write years as 2035, dates as 2035-01-31, or leave empty for 'needed now'",
                )
            known[value] = moment
        result[row] = known[value]
    return result


def _moment(value: object, today: date) -> date | None:
    if value is None or value != value:
        return today
    if isinstance(value, datetime | np.datetime64):
        return date.fromisoformat(str(value)[:10])
    if isinstance(value, date):
        return value
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        whole = float(value).is_integer() and 1 <= float(value) <= 9999
        return date(int(value), 1, 1) if whole else None
    text = str(value).strip()
    try:
        if _YEAR.match(text):
            return date(int(text), 1, 1)
        match = _DATE.match(text)
        return date.fromisoformat(match[1]) if match else (today if text == "" else None)
    except ValueError:
        return None
