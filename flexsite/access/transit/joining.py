"""From profiles of destinations to what a journey from every origin takes, over many departures."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable.model import Ints
from flexsite.access.transit.profile import Coding, Costs, Profile
from flexsite.geometry import WORKERS

Numbers = NDArray[np.float64]
Report = frozenset[str]
REPORTS = ("share", "last", "changes")
"""What can be told about journeys besides their time."""
STATISTICS = ("median", "mean", "min", "max", "p85", "p90")
"""What can be made of the times of all departures."""
CHUNK = 4096
"""Origins that a thread deals with at a time."""


@dataclass(frozen=True)
class Origins:
    """Where journeys begin: ways on foot to stops, in seconds; those of origin i are first[i]:first[i + 1]."""

    first: NDArray[np.int64]
    stop: Ints
    seconds: Ints

    def __len__(self) -> int:
        """Number of origins."""
        return len(self.first) - 1


@dataclass(frozen=True)
class Journeys:
    """What is known of the journeys from every origin to every destination, over all departures.

    Parameters
    ----------
    seconds
        (n, lanes) the statistic of their times; NaN where a departure that it counts has no journey.
    share
        (n, lanes) part of the departures that have a journey; without rows if not asked for, as the next.
    last
        (n, lanes) second of the last departure with a journey, NaN where there is none.
    changes
        (n, lanes) median of the number of changes of the fastest journey, the fewest among equally fast ones; NaN where
        half of the departures have no journey.
    """

    seconds: Numbers
    share: Numbers
    last: Numbers
    changes: Numbers

    @classmethod
    def empty(cls, origins: int, lanes: int, report: Report) -> Journeys:
        """Without any journey, for what is asked for."""

        def table(value: float, name: str) -> Numbers:
            return np.full((origins if name in report or name == "seconds" else 0, lanes), value)

        return cls(table(np.nan, "seconds"), table(0.0, "share"), table(np.nan, "last"), table(np.nan, "changes"))

    def fill(self, part: Journeys, lanes: slice) -> None:
        """Take over the journeys to some destinations."""
        for name in ("seconds", *REPORTS):
            if len(getattr(part, name)):
                getattr(self, name)[:, lanes] = getattr(part, name)


def ranks(statistic: str, count: int) -> tuple[int, int]:
    """The two places, among `count` times in rising order, whose mean the statistic is; (-1, -1) for all of them.

    Examples
    --------
    >>> ranks("median", 4), ranks("p90", 25), ranks("p85", 1), ranks("max", 25), ranks("mean", 25)
    ((1, 2), (22, 22), (0, 0), (24, 24), (-1, -1))
    """
    nearest = {"min": 0, "max": count - 1, "p85": -(-85 * count // 100) - 1, "p90": -(-90 * count // 100) - 1}
    if statistic == "mean":
        return -1, -1
    if statistic == "median":
        return (count - 1) // 2, count // 2
    return nearest[statistic], nearest[statistic]


def join(
    profile: Profile, origins: Origins, direct: Costs, departures: Ints, statistic: str, report: Report
) -> Journeys:
    """Journeys from all origins to the destinations of a profile.

    Parameters
    ----------
    profile
        Of the destinations.
    origins
        Where journeys begin.
    direct
        (n, lanes) seconds of the way without any vehicle, NaN where there is none; without rows if there is none at
        all.
    departures
        (d,) seconds, rising.
    statistic
        One of `STATISTICS`.
    report
        Some of `REPORTS`.
    """
    from flexsite.access.transit._joining import join as compiled
    from flexsite.kernel._jit import plain

    if len(departures) >= 2**14:
        raise ValueError(f"{len(departures)} departures")  # counts of them must fit the type of costs
    coding = profile.coding
    out = Journeys.empty(len(origins), direct.shape[1], report)
    rows = (
        plain(profile.begin, np.int64),
        plain(profile.end, np.int64),
        plain(profile.second, np.int32),
        plain(profile.cost, coding.kind),
    )
    ways = plain(origins.stop, np.int32), plain(origins.seconds, np.int32)
    moments = plain(departures, np.int32)
    places = *ranks(statistic, len(moments)), *ranks("median", len(moments))

    def work(low: int, high: int) -> None:
        first = plain(origins.first[low : high + 1], np.int64)
        on_foot = plain(_on_foot(direct[low:high], coding), coding.kind)
        tables = (out.seconds[low:high], out.share[low:high], out.last[low:high], out.changes[low:high])
        compiled(first, *ways, on_foot, moments, *rows, coding.limit, coding.shift, coding.none, *places, *tables)

    spread(work, len(origins))
    return out


def _on_foot(seconds: NDArray[Any], coding: Coding) -> Costs:
    """Ways without any vehicle as costs; those too long are none."""
    possible = (seconds >= 0) & (seconds <= coding.limit)
    return np.where(possible, np.where(possible, seconds, 0).astype(np.int64) << coding.shift, coding.none).astype(
        coding.kind
    )


def spread(work: Callable[[int, int], None], count: int, chunk: int = CHUNK) -> None:
    """Work on ranges of `count` rows in threads; no result depends on how they are cut."""
    with ThreadPoolExecutor(WORKERS.get() or os.cpu_count() or 1) as pool:
        for done in [pool.submit(work, low, min(low + chunk, count)) for low in range(0, count, chunk)]:
            done.result()
