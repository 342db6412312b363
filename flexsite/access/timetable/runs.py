"""Runs: trips that one vehicle makes one after the other, so that people may stay seated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable.departures import Departures
from flexsite.access.timetable.feed import Feed
from flexsite.access.timetable.mending import Courses
from flexsite.access.timetable.model import Ints
from flexsite.access.timetable.transfers import Rules
from flexsite.access.timetable.trips import TripTable
from flexsite.notices import Notices


def runs(
    feed: Feed, trips: TripTable, courses: Courses, every: Departures, station: Ints, rules: Rules, notices: Notices
) -> Ints:
    """(d,) number of the run of every trip, from 0 in the order of their first trips.

    Trips of one block and service day are one run as long as the next begins where and after the former ends, at the
    stop or in its station. transfers.txt may join others (type 4) or part these (type 5). Trips made of frequencies are
    runs of their own: which vehicle makes them is not known.

    Parameters
    ----------
    station
        (s,) station of every stop.
    """
    count = len(every)
    trip = courses.trip[every.course]
    low, high = courses.first[every.course], courses.first[every.course + 1] - 1
    begins, ends = courses.depart[low] + every.later, courses.arrive[high] + every.later
    here, there = station[courses.stop[low]], station[courses.stop[high]]
    after = np.full(count, -1, np.int64)
    block = np.where(every.clock < 0, trips.block[trip], -1)
    order = np.lexsort((np.arange(count), ends, begins, every.shift, block))
    order = order[block[order] >= 0]
    one, two = order[:-1], order[1:]
    goes_on = (block[one] == block[two]) & (every.shift[one] == every.shift[two])
    goes_on &= (ends[one] <= begins[two]) & (there[one] == here[two])
    after[one[goes_on]] = two[goes_on]
    _relink(feed, rules, after, begins, ends, _by_trip(trip, every, len(trips)), notices)
    return _numbered(after)


def _by_trip(trip: Ints, every: Departures, trips: int) -> NDArray[np.int64]:
    """(t, 3) departure of every trip on each service day; -1 where it does not run, or at a headway."""
    found = np.full((trips, 3), -1, np.int64)
    plain = np.flatnonzero(every.clock < 0)
    found[trip[plain], every.shift[plain] + 1] = plain
    return found


def _relink(
    feed: Feed, rules: Rules, after: NDArray[np.int64], begins: Ints, ends: Ints, found: NDArray[np.int64],
    notices: Notices,
) -> None:  # fmt: skip
    """Part and join trips as transfers.txt says, in place."""
    for pairs, joins in ((rules.leave, False), (rules.stay, True)):
        one, two = found[pairs[:, 0]].reshape(-1), found[pairs[:, 1]].reshape(-1)
        both = (one >= 0) & (two >= 0)
        one, two = one[both], two[both]
        if not joins:
            parted = after[one] == two
            after[one[parted]] = -1
            continue
        possible = (ends[one] <= begins[two]) & (one != two)
        late = int((~possible).sum())
        one, two = one[possible], two[possible]
        order = np.lexsort((two, begins[two], one))
        one, two = one[order], two[order]
        fresh = np.ones(len(one), bool)
        fresh[1:] = one[1:] != one[:-1]  # a train that splits goes on in its first part
        several = int((~fresh).sum())
        one, two = one[fresh], two[fresh]
        two, first = np.unique(two, return_index=True)
        several += len(one) - len(first)
        one = one[first]
        after[np.isin(after, two)] = -1
        after[one] = two
        for number, what in ((late, "leave before the first arrives"), (several, "split or join vehicles")):
            if number:
                text = f"{feed.where('transfers')}: {number} rows of type 4 {what}; there one must change"
                notices.warn(f"stay {what}", text)


def _numbered(after: NDArray[np.int64]) -> Ints:
    """Numbers of chains, by their first element."""
    count = len(after)
    run = np.full(count, -1, np.int32)
    heads = np.ones(count, bool)
    heads[after[after >= 0]] = False
    current = np.flatnonzero(heads)
    number = np.arange(len(current), dtype=np.int32)
    rest = len(current)
    while len(current):
        run[current] = number
        going = after[current] >= 0
        current, number = after[current[going]], number[going]
    round_trips = np.flatnonzero(run < 0)  # trips of no duration may follow each other in a ring
    run[round_trips] = rest + np.arange(len(round_trips), dtype=np.int32)
    return run
