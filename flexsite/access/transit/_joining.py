"""From rows per stop to journeys from every origin at every departure, and a statistic of them."""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry, inner

# mypy: disable-error-code="no-any-return"


@inner
def _ranked(cost: Array, lanes: int, rank: int, low: Array, high: Array, middle: Array, count: Array) -> None:
    """Set `low` to the cost at `rank` (0: the smallest) of every lane's column, by halving the range it lies in."""
    kind = cost.dtype.type
    rows = len(cost)
    wide = kind(0)
    for k in range(lanes):
        low[k] = cost[0, k]
        high[k] = cost[0, k]
    for i in range(1, rows):
        for k in range(lanes):
            low[k] = min(low[k], cost[i, k])
            high[k] = max(high[k], cost[i, k])
    for k in range(lanes):
        wide = max(wide, kind(high[k] - low[k]))
    while wide > 0:
        for k in range(lanes):
            middle[k] = kind(low[k] + ((high[k] - low[k]) >> 1))
            count[k] = 0
        i = 0
        while i + 4 <= rows:
            for k in range(lanes):
                some = kind(cost[i, k] <= middle[k]) + kind(cost[i + 1, k] <= middle[k])
                more = kind(cost[i + 2, k] <= middle[k]) + kind(cost[i + 3, k] <= middle[k])
                count[k] = kind(count[k] + kind(kind(some) + kind(more)))
            i += 4
        while i < rows:
            for k in range(lanes):
                count[k] = kind(count[k] + kind(cost[i, k] <= middle[k]))
            i += 1
        wide = kind(0)
        for k in range(lanes):
            if count[k] > rank:
                high[k] = middle[k]
            elif low[k] < high[k]:
                low[k] = kind(middle[k] + 1)
            wide = max(wide, kind(high[k] - low[k]))


@inner
def _statistic(
    cost: Array, lanes: int, low_rank: int, high_rank: int, unit: int, nothing: int, work: Array, out: Array
) -> None:
    """Mean of the two costs at these ranks, in seconds, of every lane; of all costs where a rank is below 0."""
    if low_rank < 0:
        for k in range(lanes):
            total, all_there = 0, True
            for i in range(len(cost)):
                all_there = all_there and cost[i, k] < nothing
                total += cost[i, k] // unit
            out[k] = total / len(cost) if all_there else np.nan
        return
    _ranked(cost, lanes, low_rank, work[0], work[1], work[2], work[3])
    if high_rank == low_rank:
        for k in range(lanes):
            out[k] = work[0, k] // unit if work[0, k] < nothing else np.nan
        return
    for k in range(lanes):
        value = work[0, k]
        upper, upto = np.int64(nothing), 0
        for i in range(len(cost)):
            if cost[i, k] <= value:
                upto += 1
            else:
                upper = min(upper, np.int64(cost[i, k]))
        if upto > high_rank:
            upper = np.int64(value)
        out[k] = (value // unit + upper // unit) / 2 if upper < nothing and value < nothing else np.nan


@entry
def join(
    first: Array, stop: Array, seconds: Array, direct: Array, departures: Array,
    begin: Array, end: Array, row_at: Array, row: Array,
    limit: int, unit: int, none: int, low_rank: int, high_rank: int, middle_low: int, middle_high: int,
    statistic: Array, share: Array, last: Array, changes: Array,
) -> None:  # fmt: skip
    """Fill in, per origin and destination, what is asked for: an array without rows is not.

    Ways on foot from origin o to stops are elements first[o]:first[o + 1] of `stop` and `seconds`; departures rise.
    """
    kind = row.dtype.type
    wide, lanes, moments = row.shape[1], statistic.shape[1], len(departures)
    nothing, most = kind(none), kind(limit * unit + unit - 1)
    cost = np.empty((moments, wide), row.dtype)
    work = np.empty((4, wide), row.dtype)
    for o in range(len(first) - 1):
        empty = first[o] == first[o + 1]
        for i in range(moments):
            for k in range(wide):
                cost[i, k] = nothing
        if len(direct) > 0:
            for k in range(lanes):
                if direct[o, k] < nothing:
                    empty = False
                    for i in range(moments):
                        cost[i, k] = direct[o, k]
        if empty:
            continue
        for leg in range(first[o], first[o + 1]):
            here = stop[leg]
            j = end[here] - 1
            if seconds[leg] > limit:
                continue
            for i in range(moments):
                ready = departures[i] + seconds[leg]
                while j >= begin[here] and row_at[j] < ready:
                    j -= 1
                if j < begin[here]:
                    break
                if row_at[j] - departures[i] <= limit:
                    gap = kind((row_at[j] - departures[i]) * unit)
                    for k in range(wide):
                        new = kind(row[j, k] + gap)
                        cost[i, k] = min(cost[i, k], new)
        for i in range(moments):
            for k in range(wide):
                cost[i, k] = cost[i, k] if cost[i, k] <= most else nothing
        _statistic(cost, lanes, low_rank, high_rank, unit, none, work, statistic[o])
        if len(share) > 0 or len(last) > 0:
            for k in range(lanes):
                there, latest = 0, -1
                for i in range(moments):
                    if cost[i, k] < nothing:
                        there += 1
                        latest = i
                if len(share) > 0:
                    share[o, k] = there / moments
                if len(last) > 0 and latest >= 0:
                    last[o, k] = departures[latest]
        if len(changes) > 0:
            for i in range(moments):
                for k in range(wide):
                    if cost[i, k] < nothing:
                        cost[i, k] = kind(max(cost[i, k] % unit - 1, 0))
            _statistic(cost, lanes, middle_low, middle_high, 1, none, work, changes[o])
