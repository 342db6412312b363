"""One scan over all rides, the last one first: from every stop and second to many destinations at once."""

from __future__ import annotations

import numpy as np

from flexsite.access.transit._lanes import lowered
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
    near: Array, egress: Array, limit: int, shift: int, none: int,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Rows per stop, by falling departure: for who is there then, what every destination costs from that moment.

    A cost is a number of seconds, shifted to the left by `shift` bits in which vehicles boarded are counted, if any, so
    that the smallest is the fastest journey with the fewest changes. `egress` (stops, lanes) gives costs from a stop to
    the destinations, `none` where there is no way, and its type is that of all costs; its rows are a multiple of
    `LANES` long. `near` names the stops that have any. Costs above `limit` seconds become `none`. Both added together
    must fit the type.

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
    now = np.empty((1, lanes), egress.dtype)
    kept = np.empty((0, lanes), egress.dtype)
    kept_at = np.empty(0, np.int32)
    nothing, most, one = kind(none), kind(((limit + 1) << shift) - 1), kind(1 if shift > 0 else 0)
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
                for k in range(lanes):
                    now[0, k] = nothing
                before = depart[seat_at[vehicle]] - second if seat_at[vehicle] >= 0 else limit + 1
                if before <= limit:
                    some = True
                    lowered(now, 0, seat, vehicle, kind(before << shift))
                if alight[i] and ride <= limit:
                    to = to_stop[i]
                    if near[to]:
                        some = True
                        lowered(now, 0, egress, to, kind(ride << shift))
                    for p in range(first[to], first[to + 1]):
                        other, ready = stop[p], arrive[i] + seconds[p]
                        j, under = end[other] - 1, begin[other]
                        while j >= under and row_at[j] < ready:
                            j -= 1
                        if j >= under and row_at[j] - second <= limit:
                            some = True
                            lowered(now, 0, row, j, kind((row_at[j] - second) << shift))
                if not some:
                    continue
                seat_at[vehicle] = i
                for k in range(lanes):
                    now[0, k] = now[0, k] if now[0, k] <= most else nothing
                    seat[vehicle, k] = now[0, k]
                if not board[i]:
                    continue
                start = from_stop[i]
                last = end[start] - 1
                changed = False
                before = row_at[last] - second if last >= begin[start] else limit + 1
                if before <= limit:
                    gap = kind(before << shift)
                    for k in range(lanes):
                        later = kind(row[last, k] + gap)
                        later = later if later <= most else nothing
                        cost = kind(now[0, k] + one)
                        cost = cost if cost <= most else nothing
                        changed |= cost < later
                        now[0, k] = min(later, cost)
                    last += 1 if before > 0 else 0
                else:
                    for k in range(lanes):
                        cost = kind(now[0, k] + one)
                        now[0, k] = cost if cost <= most else nothing
                        changed |= now[0, k] < nothing
                    last += 1
                if changed:
                    moved = True
                    row_at[last] = second
                    for k in range(lanes):
                        row[last, k] = now[0, k]
                    end[start] = last + 1
            if not (again and moved):
                break
            for i in range(low, high):
                seat_at[run[i]] = kept_at[i - low]
                for k in range(lanes):
                    seat[run[i], k] = kept[i - low, k]
        high = low
    return begin, end, row_at, row
