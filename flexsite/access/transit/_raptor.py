"""Earliest arrivals at all stops, a number of vehicles at a time."""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry, inner

# mypy: disable-error-code="no-any-return"

NEVER = np.int32(2**31 - 1)


@inner
def _round(
    begin: Array, stop: Array, board: Array, alight: Array, begin_vehicle: Array, begin_time: Array,
    arrive: Array, depart: Array, patterns: Array, from_place: Array, count: int, latest: int,
    ready: Array, there: Array, fresh: Array, better: Array,
) -> int:  # fmt: skip
    """Ride every pattern of the list from the first place where somebody may board: the stops that are reached earlier.

    A vehicle that would arrive too late is not left before the end of its pattern: an earlier one may be boarded
    further on.
    """
    reached = 0
    for n in range(count):
        p = patterns[n]
        low, size = begin[p], begin[p + 1] - begin[p]
        vehicles, times = begin_vehicle[p + 1] - begin_vehicle[p], begin_time[p]
        vehicle = vehicles  # none yet
        start = from_place[p]
        from_place[p] = -1
        for place in range(start, size):
            here = stop[low + place]
            if vehicle < vehicles and alight[low + place]:
                moment = arrive[times + vehicle * size + place]
                if moment <= latest and moment < there[here]:
                    there[here] = moment
                    if not fresh[here]:
                        fresh[here] = True
                        better[reached] = here
                        reached += 1
            if board[low + place] and ready[here] <= latest:
                moment = ready[here]
                if vehicle == vehicles:
                    under, over = 0, vehicles
                    while under < over:
                        middle = (under + over) // 2
                        if depart[times + middle * size + place] >= moment:
                            over = middle
                        else:
                            under = middle + 1
                    vehicle = under
                else:
                    while vehicle > 0 and depart[times + (vehicle - 1) * size + place] >= moment:
                        vehicle -= 1
    return reached


@entry
def raptor(
    begin: Array, stop: Array, board: Array, alight: Array, begin_vehicle: Array, begin_time: Array,
    arrive: Array, depart: Array, served: Array, pattern: Array, place: Array,
    first: Array, foot_stop: Array, foot_seconds: Array,
    origin: Array, near: Array, seconds: Array, departure: int, latest: int, values: Array,
    arrivals: Array, totals: Array,
) -> None:  # fmt: skip
    """Earliest arrivals from every origin, and the total value of the stops reached, until `latest`.

    `arrivals` (n, stops) gets the earliest second of getting off at a stop, `NEVER` if not in time, and `totals` (n,)
    the values of all stops where one gets off, or that one walks to from the origin or from a vehicle; an array without
    rows is not wanted.
    """
    stops = len(served) - 1
    ready = np.full(stops, NEVER, np.int32)  # when one can board
    there = np.full(stops, NEVER, np.int32)  # when one gets off
    fresh = np.zeros(stops, np.bool_)
    marked = np.empty(stops, np.int32)
    better = np.empty(stops, np.int32)
    waiting = np.zeros(stops, np.bool_)
    from_place = np.full(len(begin) - 1, -1, np.int32)
    patterns = np.empty(len(begin) - 1, np.int32)
    for o in range(len(origin) - 1):
        ready[:] = NEVER
        there[:] = NEVER
        count = 0
        for leg in range(origin[o], origin[o + 1]):
            s, moment = near[leg], np.int64(departure) + seconds[leg]
            if moment <= latest and moment < ready[s]:
                ready[s] = moment
                if not waiting[s]:
                    waiting[s] = True
                    marked[count] = s
                    count += 1
        while count > 0:
            listed = 0
            for n in range(count):
                s = marked[n]
                waiting[s] = False
                for call in range(served[s], served[s + 1]):
                    p = pattern[call]
                    if from_place[p] < 0:
                        patterns[listed] = p
                        listed += 1
                        from_place[p] = place[call]
                    elif place[call] < from_place[p]:
                        from_place[p] = place[call]
            reached = _round(
                begin, stop, board, alight, begin_vehicle, begin_time, arrive, depart, patterns, from_place, listed,
                latest, ready, there, fresh, better,
            )  # fmt: skip
            count = 0
            for n in range(reached):
                s = better[n]
                fresh[s] = False
                for way in range(first[s], first[s + 1]):
                    other, moment = foot_stop[way], np.int64(there[s]) + foot_seconds[way]
                    if moment <= latest and moment < ready[other]:
                        ready[other] = moment
                        if not waiting[other]:
                            waiting[other] = True
                            marked[count] = other
                            count += 1
        if len(arrivals) > 0:
            for s in range(stops):
                arrivals[o, s] = there[s]
        if len(totals) > 0:
            total = 0.0
            for s in range(stops):  # in their own order, so that a sum does not depend on the way the search went
                if ready[s] <= latest or there[s] <= latest:
                    total += values[s]
            totals[o] = total
