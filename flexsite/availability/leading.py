"""Preparing a site takes longer on one owner's land than on another's: what that leaves of its window."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexsite.availability.window import add_months, whole_months
from flexsite.geometry import Floats

if TYPE_CHECKING:
    from flexsite.study.models import Study
    from flexsite.study.owners import LeadTimes

Days = NDArray[np.object_]


@dataclass(frozen=True)
class Windows:
    """The window of each site, its own preparing counted.

    Attributes
    ----------
    lead_months
        Months of preparing on top of the study's lead time; None where the study gives none.
    available_from
        Date of the study + its lead time + those months.
    net_years
        Whole months until the ground is needed / 12; NaN where no end is known.
    moves
        Times that homes must move before they are paid back; NaN where they cannot stand at all.
    bridging
        Whether a plan needs the ground, and only after the term: homes bridge the time until then.
    """

    lead_months: NDArray[np.int64] | None
    available_from: Days
    net_years: Floats
    moves: Floats
    bridging: NDArray[np.bool_]


def windows(
    study: Study, route: NDArray[np.object_], owner: NDArray[np.object_] | None, until: Days, mark_until: Days
) -> Windows:
    """Lay the window of each site.

    Parameters
    ----------
    route, owner
        Permit route and class of owner per site; without owners every site counts as that of an unknown one.
    until, mark_until
        Dates or None: when an excluding rule, and when a mark needs the ground.
    """
    months = None if study.lead_times is None else _months(study.lead_times, route, owner)
    extra = np.zeros(len(until), dtype=np.int64) if months is None else months
    distinct, place = np.unique(extra, return_inverse=True)
    starts = np.empty(len(distinct), dtype=object)
    starts[:] = [add_months(study.date, study.lead_time + one) for one in distinct.tolist()]
    begin = starts[place]
    net = net_years(begin, until)
    return Windows(
        months, begin, net, moves(study.payback, net, study.term), bridging(begin, until, mark_until, study.term)
    )


def _months(lead: LeadTimes, route: NDArray[np.object_], owner: NDArray[np.object_] | None) -> NDArray[np.int64]:
    """Months per site by owner and route; a class or route that is not listed adds none."""
    by_owner = {str(name): count for name, count in lead.owner.items()}
    months = _looked_up(route, {str(name): count for name, count in lead.route.items()})
    return months + (by_owner.get("unknown", 0) if owner is None else _looked_up(owner, by_owner))


def _looked_up(words: NDArray[np.object_], months: dict[str, int]) -> NDArray[np.int64]:
    codes, present = pd.factorize(words)
    return np.array([*(months.get(str(word), 0) for word in present), 0], dtype=np.int64)[codes]


def net_years(begin: Days, until: Days) -> Floats:
    """Years between two dates in whole months, NaN where the second is None.

    Examples
    --------
    >>> from datetime import date
    >>> net_years(np.array([date(2029, 1, 1)] * 2), np.array([date(2041, 1, 1), None])).tolist()
    [12.0, nan]
    """
    (first, starts), (last, ends) = _coded(begin), _coded(until)
    pairs, of_pair = np.unique(first * len(ends) + last, return_inverse=True)
    found = []
    for start, end in zip((pairs // len(ends)).tolist(), (pairs % len(ends)).tolist(), strict=True):
        day = ends[end]
        found.append(math.nan if day is None else whole_months(starts[start], day) / 12)
    return np.array(found, dtype=float)[of_pair]


def _coded(days: Days) -> tuple[NDArray[np.int64], list[Any]]:
    """Per row the place of its date in a list of all there are, None last."""
    codes, present = pd.factorize(days)
    return np.where(codes < 0, len(present), codes).astype(np.int64), [*present, None]


def moves(payback: float, net: Floats, term: float) -> Floats:
    """Times that homes move before they are paid back: ceil(payback / years on one site) - 1.

    The years on one site are the net years, at most the term, and the term where no end is known; NaN where these are
    none.

    Parameters
    ----------
    payback, term
        Years.
    net
        Net years of each site, NaN where no end is known.

    Examples
    --------
    >>> moves(30, np.array([np.nan, 15, 12, 10, 40, 0]), 15).tolist()
    [1.0, 1.0, 2.0, 2.0, 1.0, nan]
    """
    years = np.fmin(net, term)
    stands = years > 0
    result = np.full(len(net), np.nan)
    result[stands] = np.ceil(payback / years[stands] - 1e-9) - 1
    return result


def bridging(begin: Days, until: Days, mark_until: Days, term: float) -> NDArray[np.bool_]:
    """Whether the first date that a plan, hard or soft, needs the ground is known and the term ends before it.

    Examples
    --------
    >>> from datetime import date
    >>> plans = np.array([date(2044, 1, 1), date(2040, 1, 1), None])
    >>> bridging(np.array([date(2028, 1, 1)] * 3), plans, np.array([None] * 3), 15).tolist()
    [True, False, False]
    """
    ends = _ordinals(begin, lambda day: add_months(day, round(term * 12)))
    needed = np.fmin(_ordinals(until), _ordinals(mark_until))
    return ~np.isnan(needed) & (needed >= ends)


def _ordinals(days: Days, of: Callable[[date], date] = lambda day: day) -> Floats:
    """Dates as numbers of days, NaN for None."""
    codes, present = _coded(days)
    return np.array([math.nan if day is None else of(day).toordinal() for day in present], dtype=float)[codes]
