"""Rides between neighbouring stops, in the order in which vehicles leave."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from flexsite.access.timetable.model import Flags, Ints, Timetable
from flexsite.errors import InputError

ALWAYS = np.iinfo(np.int32).max
"""Seconds that no timetable reaches."""


@dataclass(frozen=True)
class Connections:
    """Rides from one stop to the next, by departure.

    Of rides that leave in the same second, those of one vehicle come in the order of its run. Vehicles are numbered
    anew, without gaps, so that they can be rows of an array.

    Parameters
    ----------
    stops
        Number of stops of the timetable.
    runs
        Number of vehicles.
    depart, arrive
        (c,) seconds of the service day.
    from_stop, to_stop
        (c,) rows of stops.
    run
        (c,) number of the vehicle: who stays seated need not change. The trips of a run that follow each other in time
        are one vehicle, also where the next begins at another stop; one that leaves before the last has arrived is not.
    trip
        (c,) row of the trip.
    element
        (c,) element of the timetable's stop times from which the ride leaves; it arrives at the next.
    board, alight
        (c,) whether one may get on where it leaves, and off where it arrives.
    """

    stops: int
    runs: int
    depart: Ints
    arrive: Ints
    from_stop: Ints
    to_stop: Ints
    run: Ints
    trip: Ints
    element: Ints
    board: Flags
    alight: Flags

    def __len__(self) -> int:
        """Number of rides."""
        return len(self.depart)

    @classmethod
    def of(cls, timetable: Timetable, since: int = -ALWAYS, until: int = ALWAYS) -> Connections:
        """Rides of a timetable that leave at or after `since` and arrive at or before `until`.

        Parameters
        ----------
        timetable
            What runs on a day.
        since, until
            Seconds of the service day.

        Raises
        ------
        InputError
            Where a trip arrives before it has left; the reader of timetables lets none through.
        """
        trips, first = len(timetable), timetable.first
        count = np.diff(first)
        rides = np.maximum(count - 1, 0)
        trip = np.repeat(np.arange(trips), rides)
        element = np.arange(len(trip)) - np.repeat(np.cumsum(rides) - rides, rides) + np.repeat(first[:-1], rides)
        _check(timetable, trip, element)
        rank, run = _runs(timetable, rides)
        chosen = (timetable.depart[element] >= since) & (timetable.arrive[element + 1] <= until)
        trip, element = trip[chosen], element[chosen]
        # by vehicle and along its run first, so that the stable order by departure keeps that among equals
        order = np.argsort(rank[trip], kind="stable")
        order = order[np.argsort(timetable.depart[element[order]], kind="stable")]
        trip, element = trip[order], element[order]
        runs, numbers = _compact(run[rank[trip]])
        return cls(
            stops=len(timetable.stops),
            runs=runs,
            depart=timetable.depart[element].astype(np.int32),
            arrive=timetable.arrive[element + 1].astype(np.int32),
            from_stop=timetable.stop[element].astype(np.int32),
            to_stop=timetable.stop[element + 1].astype(np.int32),
            run=numbers,
            trip=trip.astype(np.int32),
            element=element.astype(np.int32),
            board=timetable.board[element].astype(bool),
            alight=timetable.alight[element + 1].astype(bool),
        )

    def between(self, since: int, until: int) -> Connections:
        """The rides that leave at or after `since` and arrive at or before `until`, vehicles numbered anew."""
        low, high = np.searchsorted(self.depart, [since, min(until, ALWAYS - 1) + 1])
        rows = low + np.flatnonzero(self.arrive[low:high] <= until)
        runs, numbers = _compact(self.run[rows])
        names = ("depart", "arrive", "from_stop", "to_stop", "trip", "element", "board", "alight")
        return replace(self, runs=runs, run=numbers, **{name: getattr(self, name)[rows] for name in names})


def _check(timetable: Timetable, trip: np.ndarray, element: np.ndarray) -> None:
    """Refuse a trip that goes back in time: searches by departure would silently miss it."""
    inner = element[1:][trip[1:] == trip[:-1]]
    for wrong in (
        element[timetable.arrive[element + 1] < timetable.depart[element]],
        inner[timetable.depart[inner] < timetable.arrive[inner]],
    ):
        if len(wrong):
            row = int(np.searchsorted(timetable.first, wrong[0], "right")) - 1
            raise InputError(
                "a trip goes back in time",
                where=f"timetable, trip '{timetable.trip_id[row]}'",
                remedy="its times must not fall along the way",
            )


def _runs(timetable: Timetable, rides: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place of each trip when all are listed by vehicle and time, and the vehicle of each place."""
    trips = len(timetable)
    begins, ends = np.zeros(trips, np.int64), np.zeros(trips, np.int64)
    real = rides > 0
    begins[real] = timetable.depart[timetable.first[:-1][real]]
    ends[real] = timetable.arrive[timetable.first[1:][real] - 1]
    order = np.lexsort((ends, begins, timetable.trip_run, ~real))
    rank = np.empty(trips, np.int64)
    rank[order] = np.arange(trips)
    vehicle = timetable.trip_run[order]
    another = np.ones(trips, bool)
    another[1:] = (vehicle[1:] != vehicle[:-1]) | (begins[order[1:]] < ends[order[:-1]])
    return rank, np.cumsum(another) - 1


def _compact(numbers: np.ndarray) -> tuple[int, Ints]:
    """How many different numbers there are, and the numbers without gaps, in the same order."""
    used = np.zeros(int(numbers.max(initial=-1)) + 1, bool)
    used[numbers] = True
    place = np.cumsum(used) - 1
    return int(used.sum()), place[numbers].astype(np.int32)
