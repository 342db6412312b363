"""Journeys found by walking through every event of a day: slow, and nothing like the searches it checks."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from flexsite.access.timetable.model import Timetable


@dataclass
class Events:
    """Events are calls of trips; being aboard at one means that the vehicle is about to leave from there."""

    day: Timetable
    ways: Mapping[tuple[int, int], int]
    trip_of: list[int] = field(default_factory=list)
    goes_on: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        day = self.day
        runs: dict[int, list[tuple[int, int, int]]] = {}
        for trip in range(len(day)):
            low, high = int(day.first[trip]), int(day.first[trip + 1])
            self.trip_of += [trip] * (high - low)
            if high - low > 1:
                runs.setdefault(int(day.trip_run[trip]), []).append(
                    (int(day.depart[low]), int(day.arrive[high - 1]), trip)
                )
        for listed in runs.values():
            listed.sort()
            for (_, end, trip), (begin, _, following) in itertools.pairwise(listed):
                if begin >= end:
                    self.goes_on[int(day.first[trip + 1]) - 1] = int(day.first[following])

    def last(self, event: int) -> bool:
        return event + 1 == int(self.day.first[self.trip_of[event] + 1])

    def offs(self, start: Mapping[int, int]) -> dict[int, int]:
        """Calls at which one can get off, with the smallest number of vehicles."""
        day = self.day
        calls = [e for e in range(len(self.trip_of)) if day.board[e] and not self.last(e)]
        aboard: dict[int, int] = {}
        queue: deque[tuple[int, int]] = deque()

        def board(stop: int, second: int, vehicles: int) -> None:
            for event in calls:
                if day.stop[event] == stop and day.depart[event] >= second and vehicles < aboard.get(event, 10**9):
                    aboard[event] = vehicles
                    queue.append((vehicles, event))

        for stop, second in start.items():
            board(stop, second, 1)
        found: dict[int, int] = {}
        while queue:
            vehicles, event = queue.popleft()
            if aboard[event] < vehicles:
                continue
            event += 1
            if day.alight[event] and vehicles < found.get(event, 10**9):
                found[event] = vehicles
                for (one, other), seconds in self.ways.items():
                    if one == day.stop[event]:
                        board(other, int(day.arrive[event]) + seconds, vehicles + 1)
            onward = self.goes_on.get(event) if self.last(event) else event
            if onward is not None and vehicles < aboard.get(onward, 10**9):
                aboard[onward] = vehicles
                queue.appendleft((vehicles, onward))
        return found

    def arrivals(self, start: Mapping[int, int], latest: int) -> dict[int, int]:
        """Earliest second of getting off, by stop."""
        best: dict[int, int] = {}
        for event in self.offs(start):
            stop, second = int(self.day.stop[event]), int(self.day.arrive[event])
            if second <= latest:
                best[stop] = min(second, best.get(stop, second))
        return best

    def fastest(self, start: Mapping[int, int], egress: Mapping[int, int], latest: int) -> tuple[int, int] | None:
        """Earliest second of arrival and the fewest vehicles of it; None if there is no journey."""
        found = [
            (int(self.day.arrive[event]) + egress[int(self.day.stop[event])], vehicles)
            for event, vehicles in self.offs(start).items()
            if int(self.day.stop[event]) in egress
        ]
        return min((one for one in found if one[0] <= latest), default=None)
