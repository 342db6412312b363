"""A door-to-door planner: Dijkstra over the moments at which one is ready to board, one departure after the other.

Slow and plain on purpose. The meaning, in whole seconds: one leaves at t, walks to a stop, boards what departs then or
later, rides, and either walks to the destination or changes, by one walk between two vehicles, which takes the change
time at least. Or one walks all the way. A journey of more than two hours is none.
"""

from __future__ import annotations

import heapq
import itertools
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .feed import Vehicle
from .streets import Streets, seconds

LONGEST = 7200
Walks = Mapping[str, int]
"""Seconds to stops."""
Labels = list[tuple[int, int]]
"""Moment, or place in a vehicle, and number of vehicles used; none is worse than another in both."""


@dataclass(frozen=True)
class Place:
    """A destination: seconds from its stops, and of the whole way on foot."""

    egress: Walks
    direct: float = math.inf


@dataclass
class Planner:
    """Vehicles of a day and walks between their stops.

    Parameters
    ----------
    vehicles
        Each the list of its calls.
    changes
        From each stop to the stops at which one can board next, in seconds; the stop itself included.
    board_wait
        Seconds that one must be at a stop before a vehicle departs.
    rides
        Vehicles in a journey at most.
    longest
        Seconds of a journey at most.
    """

    vehicles: Sequence[Vehicle]
    changes: Mapping[str, Walks]
    board_wait: int = 0
    rides: int = 99
    longest: int = LONGEST
    _boards: dict[str, list[tuple[int, int, int]]] = field(default_factory=lambda: defaultdict(list), repr=False)

    def __post_init__(self) -> None:
        for number, vehicle in enumerate(self.vehicles):
            for place, call in enumerate(vehicle[:-1]):
                if call.board:
                    self._boards[call.stop].append((call.depart, number, place))
        for departures in self._boards.values():
            departures.sort()

    def arrivals(self, access: Walks, leaves: Iterable[int]) -> Iterator[tuple[int, Mapping[str, Labels]]]:
        """Each moment of leaving, the last first, and when one can alight at each stop with how many vehicles.

        Who leaves earlier can wait for what a later one takes, so the answers for later moments stay: only what is
        better than they are is followed further.
        """
        ready: dict[str, Labels] = defaultdict(list)
        found: dict[str, Labels] = defaultdict(list)
        ridden: dict[int, Labels] = defaultdict(list)
        for leave in sorted(leaves, reverse=True):
            heap = [(leave + walk, 0, stop) for stop, walk in access.items()]
            heapq.heapify(heap)
            while heap:
                moment, used, stop = heapq.heappop(heap)
                if moment > leave + self.longest or used == self.rides or not _new(ready[stop], moment, used):
                    continue
                departures = self._boards.get(stop, [])
                for depart, number, place in departures[bisect_left(departures, (moment + self.board_wait,)) :]:
                    if depart > leave + self.longest:
                        break
                    if not _new(ridden[number], place, used):
                        continue
                    for call in self.vehicles[number][place + 1 :]:
                        if call.arrive > leave + self.longest:
                            break
                        if call.alight and _new(found[call.stop], call.arrive, used + 1):
                            for other, walk in self.changes.get(call.stop, {}).items():
                                heapq.heappush(heap, (call.arrive + walk, used + 1, other))
            yield leave, found

    def journeys(
        self, access: Walks, places: Mapping[Hashable, Place], leaves: Iterable[int]
    ) -> dict[Hashable, list[tuple[float, float]]]:
        """Per place and moment: seconds of the fastest journey, and vehicles, the fewest among equals; inf for none."""
        answer: dict[Hashable, list[tuple[float, float]]] = {key: [] for key in places}
        for leave, found in self.arrivals(access, leaves):
            first = {stop: min(labels) for stop, labels in found.items() if labels}
            for key, place in places.items():
                best = (place.direct, 0.0)
                for stop in place.egress.keys() & first.keys():
                    arrive, used = first[stop]
                    under_way = arrive + place.egress[stop] - leave
                    if under_way <= best[0]:
                        best = min(best, (under_way, used))
                answer[key].append(best if best[0] <= self.longest else (math.inf, math.inf))
        return {key: ways[::-1] for key, ways in answer.items()}


def _new(labels: Labels, value: int, used: int) -> bool:
    """Add a label, unless one of them is as good; those that are now worse go."""
    for other, vehicles in labels:
        if other <= value and vehicles <= used:
            return False
    if labels:
        labels[:] = [label for label in labels if label[0] < value or label[1] < used]
    labels.append((value, used))
    return True


def plan_changes(streets: Streets, stops: Iterable[str], speed: float, walk: float, change: int) -> dict[str, Walks]:
    """Walks between vehicles along the streets: the change time at least, which is also that at one stop.

    Parameters
    ----------
    streets
        With the stops attached.
    stops
        Those to change at.
    speed
        Metres per second.
    walk
        Metres at most.
    change
        Seconds at least.
    """
    known = set(stops)
    return {
        stop: {stop: change}
        | {
            other: max(change, seconds(metres, speed))
            for other, metres in streets.walks(stop, walk).items()
            if other in known
        }
        for stop in known
    }


def percentile(times: Sequence[float], share: float) -> float:
    """By nearest rank; the median (0.5) of an even number is the mean of the two middle ones. Infinite: NaN.

    >>> percentile([4, 1, 3, 2], 0.5), percentile([4, 1, 3, 2], 0.85)
    (2.5, 4)
    """
    ranked = sorted(times)
    if share == 0.5:
        value = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
    else:
        value = ranked[max(math.ceil(share * len(ranked) - 1e-9) - 1, 0)]
    return value if math.isfinite(value) else math.nan


def window(first: str, last: str) -> list[int]:
    """Every minute from one clock time to another, both included, in seconds.

    >>> window("07:00", "07:02")
    [25200, 25260, 25320]
    """
    begin, end = (int(text[:2]) * 3600 + int(text[3:]) * 60 for text in (first, last))
    return list(itertools.takewhile(lambda moment: moment <= end, itertools.count(begin, 60)))
