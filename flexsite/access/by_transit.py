"""Measures by public transport: travel times to places, and what is within reach by timetable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from flexsite.access.context import Context
from flexsite.access.habits import Window, window
from flexsite.access.places import Places
from flexsite.access.reach.legs import Legs
from flexsite.access.services import ServiceDay, Services
from flexsite.access.streets.model import FloatArray
from flexsite.study.access import CountMeasure, NearestMeasure, SumMeasure

MINUTE = 60
HOUR = 3600
MEDIAN = "median"


def departures(depart: Window) -> NDArray[np.int64]:
    """Every minute of a window, both ends included, in seconds.

    Examples
    --------
    >>> departures((25200, 25320)).tolist()
    [25200, 25260, 25320]
    """
    return np.arange(depart[0], depart[1] + 1, MINUTE)


def nearest(context: Context, services: Services, measures: Sequence[NearestMeasure]) -> dict[str, FloatArray]:
    """What each measure says of the journeys to the place that is reached first, by id of the measure.

    Measures with the same day, window and statistic are answered together.

    Parameters
    ----------
    context
        The sites.
    services
        The study's timetables.
    measures
        Of mode transit.

    Returns
    -------
    (n,) minutes, changes, share of the departures or hours after midnight, as `report` says; NaN where there is none.
    """
    together: defaultdict[tuple[date | None, Window, str], list[NearestMeasure]] = defaultdict(list)
    found: dict[str, FloatArray] = {}
    for one in measures:
        if not len(context.places(one).read(None)):
            found[one.id] = np.full(len(context.sites), np.nan)
            continue
        together[one.date, window(one.depart), one.statistic or MEDIAN].append(one)
    for (day, depart, statistic), some in together.items():
        service = services.day(day)
        places = [context.places(one).read(None).geometry for one in some]
        lanes = np.repeat(np.arange(len(some), dtype=np.int32), [len(these) for these in places])
        geometry = np.concatenate(places)
        journeys = service.router.travel(
            service.from_sites, service.legs_from(geometry), departures(depart), statistic,
            report=sorted({one.report for one in some} - {"time"}),
            lanes=lanes, direct=_on_foot(service, geometry, lanes, len(some)),
        )  # fmt: skip
        for lane, one in enumerate(some):
            table, unit = _TABLES[one.report]
            column = getattr(journeys, table)[:, lane] / unit
            column[~service.reaches(places[lane])] = np.nan
            found[one.id] = column
    return found


_TABLES = {"time": ("seconds", MINUTE), "changes": ("changes", 1), "share": ("share", 1), "last": ("last", HOUR)}
"""Where the answers to `report` are, and in what unit they are told."""


def _on_foot(service: ServiceDay, geometry: NDArray[np.object_], column: NDArray[np.int32], lanes: int) -> FloatArray:
    """(n, lanes) seconds of the shortest walk to any place of a lane; NaN where it is too far."""
    legs = service.on_foot(geometry)
    seconds = np.full((len(legs), lanes), np.inf)
    origin = np.repeat(np.arange(len(legs)), np.diff(legs.first))
    np.minimum.at(seconds, (origin, column[legs.stop]), legs.seconds(service.habits.speed))
    return np.where(np.isfinite(seconds), seconds, np.nan)


def total_within(context: Context, services: Services, one: CountMeasure | SumMeasure) -> FloatArray:
    """(n,) number or sum of the places whose travel time is within the minutes of a measure."""
    service = services.day(one.date)
    places: Places = context.places(one).read(None)
    legs: Legs = service.legs_from(places.geometry)
    total = service.router.within(
        service.from_sites, legs, departures(window(one.depart)), round(one.within * MINUTE), one.statistic or MEDIAN,
        values=places.value, direct=service.on_foot(places.geometry),
    )  # fmt: skip
    total[~service.reaches(places.geometry)] = np.nan
    return total
