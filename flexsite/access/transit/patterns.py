"""Vehicles with the same stops in one table, in which the earlier one is never slower: what RAPTOR searches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable.model import Flags, Ints
from flexsite.access.transit.connections import Connections

Offsets = NDArray[np.int64]


@dataclass(frozen=True)
class Patterns:
    """Tables of vehicles that pass the same stops under the same rules, none overtaken by a later one.

    Parameters
    ----------
    stops
        Number of stops of the timetable.
    first
        (p + 1,) the stops of pattern i are elements first[i]:first[i + 1] of the next three arrays.
    stop, board, alight
        (q,) row of the stop, whether one may get on and off there.
    first_vehicle
        (p + 1,) vehicles of pattern i are elements first_vehicle[i]:first_vehicle[i + 1] of `run`, by time.
    run
        (v,) number of the vehicle in the connections.
    first_time
        (p + 1,) times of pattern i, vehicle by vehicle: that of its vehicle k at its stop j is element
        first_time[i] + k * (number of stops) + j of the next arrays.
    arrive, depart
        (x,) seconds of the service day.
    ride
        (x,) row of the connection that leaves there, -1 at the end of a trip.
    served
        (s + 1,) calls at stop s where one may get on are elements served[s]:served[s + 1] of the next arrays.
    pattern, place
        (y,) pattern that calls, and the place of the stop in it.
    """

    stops: int
    first: Offsets
    stop: Ints
    board: Flags
    alight: Flags
    first_vehicle: Offsets
    run: Ints
    first_time: Offsets
    arrive: Ints
    depart: Ints
    ride: Ints
    served: Offsets
    pattern: Ints
    place: Ints

    def __len__(self) -> int:
        """Number of patterns."""
        return len(self.first) - 1

    @classmethod
    def of(cls, connections: Connections) -> Patterns:
        """Patterns of all rides."""
        calls = _calls(connections)
        group = _alike(calls)
        size = np.diff(calls.first)
        begins = calls.depart[calls.first[:-1]]
        ends = calls.arrive[calls.first[1:] - 1]
        order = np.lexsort((ends, begins, group))
        pattern = _without_overtaking(calls, group, order)
        order = order[np.argsort(pattern[order], kind="stable")]
        vehicles = np.bincount(pattern, minlength=int(pattern.max(initial=-1)) + 1)
        first_vehicle = _offsets(vehicles)
        leader = order[first_vehicle[:-1]]
        stops_of, row = _spread(calls.first[leader], size[leader])
        _, times = _spread(calls.first[order], size[order])
        return _served(
            connections.stops,
            _offsets(size[leader]),
            (calls.stop[row], calls.board[row], calls.alight[row]),
            first_vehicle,
            order.astype(np.int32),
            (calls.arrive[times], calls.depart[times], calls.ride[times]),
            stops_of,
        )

    def between(self, since: int, until: int) -> Patterns:
        """Without vehicles that arrive for the last time before `since` or leave for the first time after `until`."""
        size = np.diff(self.first)
        owner = np.repeat(np.arange(len(self)), np.diff(self.first_vehicle))
        begin = self.first_time[owner] + (np.arange(len(owner)) - self.first_vehicle[owner]) * size[owner]
        keep = (self.arrive[begin + size[owner] - 1] >= since) & (self.depart[begin] <= until)
        left = np.bincount(owner[keep], minlength=len(self))
        used = left > 0
        stops_of, row = _spread(self.first[:-1][used], size[used])
        _, times = _spread(begin[keep], size[owner[keep]])
        return _served(
            self.stops,
            _offsets(size[used]),
            (self.stop[row], self.board[row], self.alight[row]),
            _offsets(left[used]),
            self.run[keep],
            (self.arrive[times], self.depart[times], self.ride[times]),
            stops_of,
        )


@dataclass(frozen=True)
class _Calls:
    """Where each vehicle calls, in its order: elements first[r]:first[r + 1] of vehicle r."""

    first: Offsets
    stop: Ints
    arrive: Ints
    depart: Ints
    board: Flags
    alight: Flags
    ride: Ints


def _calls(connections: Connections) -> _Calls:
    """Calls of the vehicles: a ride ends with one, and begins with another where the vehicle was not there yet."""
    order = np.argsort(connections.run, kind="stable")
    run = connections.run[order]
    from_stop, to_stop = connections.from_stop[order], connections.to_stop[order]
    starts = np.ones(len(order), bool)
    starts[1:] = (run[1:] != run[:-1]) | (from_stop[1:] != to_stop[:-1])
    end = np.cumsum(1 + starts) - 1
    begin = end - 1  # the call before: the end of the ride before, unless this one starts with its own
    total = int(end[-1]) + 1 if len(end) else 0
    stop, arrive, depart = (np.zeros(total, np.int32) for _ in range(3))
    board, alight, ride = np.zeros(total, bool), np.zeros(total, bool), np.full(total, -1, np.int32)
    arrive[begin] = connections.depart[order]  # of a call without an arrival: nobody gets off there
    stop[end], arrive[end], alight[end] = to_stop, connections.arrive[order], connections.alight[order]
    depart[end] = arrive[end]
    stop[begin], depart[begin], board[begin] = from_stop, connections.depart[order], connections.board[order]
    ride[begin] = order
    size = np.bincount(run, weights=1 + starts, minlength=connections.runs).astype(np.int64)
    return _Calls(_offsets(size), stop, arrive, depart, board, alight, ride)


def _alike(calls: _Calls) -> NDArray[np.int64]:
    """A number for each vehicle, the same for those with the same stops and rules."""
    size = np.diff(calls.first)
    code = calls.stop.astype(np.int64) * 4 + calls.board * 2 + calls.alight
    group = np.zeros(len(size), np.int64)
    total = 0
    for length in np.unique(size):
        rows = np.flatnonzero(size == length)
        table = np.ascontiguousarray(code[calls.first[rows][:, None] + np.arange(length)])
        # equal as bytes is equal as numbers, and one comparison instead of `length`
        _, same = np.unique(table.view(np.dtype((np.void, 8 * int(length))))[:, 0], return_inverse=True)
        group[rows] = total + same
        total += int(same.max()) + 1
    return group


def _without_overtaking(calls: _Calls, group: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """A pattern for each vehicle: its group, split where a later one is somewhere earlier."""
    size = np.diff(calls.first)
    pattern = group.copy()
    if len(order) < 2:
        return pattern
    follows = np.flatnonzero(group[order[1:]] == group[order[:-1]]) + 1
    one, other = order[follows - 1], order[follows]
    pair, before = _spread(calls.first[one], size[one])
    _, behind = _spread(calls.first[other], size[other])
    back = (calls.arrive[behind] < calls.arrive[before]) | (calls.depart[behind] < calls.depart[before])
    total = int(group.max()) + 1
    for wanted in np.unique(group[other[pair[back]]]):
        last: list[tuple[np.ndarray, int]] = []  # times of the last vehicle of each pattern made of this group
        for vehicle in order[group[order] == wanted]:
            part = slice(calls.first[vehicle], calls.first[vehicle + 1])
            times = np.concatenate([calls.arrive[part], calls.depart[part]])
            fits = next((i for i, (least, _) in enumerate(last) if bool((times >= least).all())), len(last))
            if fits == len(last):
                last.append((times, int(wanted) if not last else total))
                total += len(last) > 1
            last[fits] = (times, last[fits][1])
            pattern[vehicle] = last[fits][1]
    return pattern


def _served(
    stops: int,
    first: Offsets,
    along: tuple[Ints, Flags, Flags],
    first_vehicle: Offsets,
    run: Ints,
    times: tuple[Ints, Ints, Ints],
    pattern: NDArray[np.int64],
) -> Patterns:
    """Patterns with the list of what calls at a stop; `pattern` is that of every stop along."""
    stop, board, alight = along
    call = np.flatnonzero(board)
    call = call[np.argsort(stop[call], kind="stable")]
    return Patterns(
        stops=stops, first=first, stop=stop, board=board, alight=alight, first_vehicle=first_vehicle, run=run,
        first_time=_offsets(np.diff(first) * np.diff(first_vehicle)), arrive=times[0], depart=times[1], ride=times[2],
        served=_offsets(np.bincount(stop[call], minlength=stops)),
        pattern=pattern[call].astype(np.int32), place=(call - first[pattern[call]]).astype(np.int32),
    )  # fmt: skip


def _offsets(size: np.ndarray) -> Offsets:
    """Where each part begins, and where the last ends."""
    return np.concatenate([[0], np.cumsum(size)]).astype(np.int64)


def _spread(begin: np.ndarray, size: np.ndarray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Elements begin[i]:begin[i] + size[i] for every i, one after the other: their i, and themselves."""
    owner = np.repeat(np.arange(len(size)), size)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size) + begin[owner]
