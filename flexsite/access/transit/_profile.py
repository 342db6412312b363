"""One scan over all rides, the last one first: from every stop and second to many destinations at once."""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry, inner

# mypy: disable-error-code="no-any-return"


@inner
def _again(
    arrive: Array,
    run: Array,
    low: int,
    high: int,
    second: int,
    seat: Array,
    seat_at: Array,
    kept: Array,
    kept_at: Array,
) -> tuple[bool, Array, Array]:
    """Whether a ride of this second takes no time; then also what passengers had before this second."""
    found = False
    for i in range(low, high):
        found = found or arrive[i] == second
    if not found:
        return False, kept, kept_at
    if len(kept) < high - low:
        kept = np.empty((2 * (high - low), seat.shape[1]), seat.dtype)
        kept_at = np.empty(2 * (high - low), np.int32)
    for i in range(low, high):
        kept_at[i - low] = seat_at[run[i]]
        for k in range(seat.shape[1]):
            kept[i - low, k] = seat[run[i], k]
    return True, kept, kept_at


@entry
def scan(
    depart: Array, arrive: Array, from_stop: Array, to_stop: Array, run: Array, board: Array, alight: Array, runs: int,
    first: Array, stop: Array, seconds: Array,
    near: Array, egress: Array, limit: int, unit: int, none: int,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Rows per stop, by falling departure: for who is there then, what every destination costs from that moment.

    A cost is a number of seconds times `unit`, plus the number of vehicles boarded where `unit` is above 1, so that
    the smallest is the fastest journey with the fewest changes. `egress` (stops, lanes) gives costs from a stop to the
    destinations, `none` where there is no way, and its type is that of all costs; `near` names the stops that have
    any. Costs above `limit` seconds become `none`. Both added together must fit the type.

    Returns where the rows of a stop begin and end, the second of each, and the costs.
    """
    kind = egress.dtype.type
    lanes = egress.shape[1]
    stops = len(near)
    begin = np.zeros(stops + 1, np.int64)
    for i in range(len(depart)):
        if board[i]:
            begin[from_stop[i] + 1] += 1
    for s in range(stops):
        begin[s + 1] += begin[s]
    end = begin[:-1].copy()
    row_at = np.empty(begin[stops], np.int32)
    row = np.empty((begin[stops], lanes), egress.dtype)
    seat = np.empty((runs, lanes), egress.dtype)
    seat_at = np.full(runs, -1, np.int32)  # the ride that `seat` was last written for; -1: nobody gets anywhere
    now = np.empty(lanes, egress.dtype)
    kept = np.empty((0, lanes), egress.dtype)
    kept_at = np.empty(0, np.int32)
    nothing, most, one = kind(none), kind(limit * unit + unit - 1), kind(1 if unit > 1 else 0)
    instant = False
    for k in range(len(seconds)):
        instant = instant or seconds[k] <= 0

    high = len(depart)
    while high > 0:
        second = depart[high - 1]
        low = high - 1
        while low > 0 and depart[low - 1] == second:
            low -= 1
        again = False
        if instant:  # only then can who arrives in this second leave in it, by a ride that was looked at before
            again, kept, kept_at = _again(arrive, run, low, high, second, seat, seat_at, kept, kept_at)
        while True:
            moved = False
            for i in range(high - 1, low - 1, -1):
                vehicle, ride = run[i], arrive[i] - second
                some = False
                if seat_at[vehicle] >= 0 and depart[seat_at[vehicle]] - second <= limit:
                    some = True
                    gap = kind((depart[seat_at[vehicle]] - second) * unit)
                    for k in range(lanes):
                        cost = kind(seat[vehicle, k] + gap)
                        now[k] = cost if cost <= most else nothing
                if alight[i] and ride <= limit:
                    to = to_stop[i]
                    if near[to]:
                        if not some:
                            for k in range(lanes):
                                now[k] = nothing
                        some = True
                        gap = kind(ride * unit)
                        for k in range(lanes):
                            cost = kind(egress[to, k] + gap)
                            cost = cost if cost <= most else nothing
                            now[k] = min(now[k], cost)
                    for p in range(first[to], first[to + 1]):
                        other, ready = stop[p], arrive[i] + seconds[p]
                        j = end[other] - 1
                        while j >= begin[other] and row_at[j] < ready:
                            j -= 1
                        if j >= begin[other] and row_at[j] - second <= limit:
                            if not some:
                                for k in range(lanes):
                                    now[k] = nothing
                            some = True
                            gap = kind((row_at[j] - second) * unit)
                            for k in range(lanes):
                                cost = kind(row[j, k] + gap)
                                cost = cost if cost <= most else nothing
                                now[k] = min(now[k], cost)
                if not some:
                    continue
                seat_at[vehicle] = i
                for k in range(lanes):
                    seat[vehicle, k] = now[k]
                if not board[i]:
                    continue
                start = from_stop[i]
                last = end[start] - 1
                changed = False
                if last >= begin[start] and row_at[last] - second <= limit:
                    gap = kind((row_at[last] - second) * unit)
                    for k in range(lanes):
                        before = kind(row[last, k] + gap)
                        before = before if before <= most else nothing
                        cost = kind(now[k] + one)
                        cost = cost if cost <= most else nothing
                        changed |= cost < before
                        now[k] = min(before, cost)
                    if changed and row_at[last] != second:
                        last += 1
                else:
                    for k in range(lanes):
                        cost = kind(now[k] + one)
                        now[k] = cost if cost <= most else nothing
                        changed |= now[k] < nothing
                    last += 1
                if changed:
                    moved = True
                    row_at[last] = second
                    for k in range(lanes):
                        row[last, k] = now[k]
                    end[start] = last + 1
            if not (again and moved):
                break
            for i in range(low, high):
                seat_at[run[i]] = kept_at[i - low]
                for k in range(lanes):
                    seat[run[i], k] = kept[i - low, k]
        high = low
    return begin, end, row_at, row
