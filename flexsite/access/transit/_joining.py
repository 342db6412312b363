"""From rows per stop to journeys from every origin at every departure, and a statistic of them."""

from __future__ import annotations

import numpy as np

from flexsite.access.transit._lanes import counted, lowered
from flexsite.kernel._jit import Array, entry, inner

# mypy: disable-error-code="no-any-return"


@inner
def _ranked(cost: Array, rank: int, most: int, none: int, low: Array, high: Array, middle: Array, count: Array) -> None:
    """Set `low` to the cost at `rank` (0: the smallest) of every column, by halving the range it lies in."""
    kind = cost.dtype.type
    lanes = cost.shape[1]
    for k in range(lanes):
        low[k] = none
        high[k] = 0
        middle[k] = most
    counted(cost, middle, count)
    for i in range(len(cost)):
        for k in range(lanes):
            low[k] = min(low[k], cost[i, k])
            there = cost[i, k] if cost[i, k] <= most else kind(0)
            high[k] = max(high[k], there)
    wide = kind(0)
    for k in range(lanes):
        if count[k] <= rank:
            low[k] = none
            high[k] = none
        wide = max(wide, kind(high[k] - low[k]))
    while wide > 0:
        for k in range(lanes):
            middle[k] = kind(low[k] + ((high[k] - low[k]) >> 1))
        counted(cost, middle, count)
        wide = kind(0)
        for k in range(lanes):
            fits = count[k] > rank
            above = kind(min(middle[k] + 1, high[k]))
            high[k] = middle[k] if fits else high[k]
            low[k] = low[k] if fits else above
            wide = max(wide, kind(high[k] - low[k]))


@inner
def _statistic(
    cost: Array, low_rank: int, high_rank: int, shift: int, most: int, none: int, work: Array, out: Array
) -> None:
    """Mean of the two costs at these ranks, in seconds, of every column; of all costs where a rank is below 0."""
    lanes = len(out)
    if low_rank < 0:
        for k in range(lanes):
            out[k] = 0.0
        for i in range(len(cost)):
            for k in range(lanes):
                out[k] += (cost[i, k] >> shift) if cost[i, k] <= most else np.nan
        for k in range(lanes):
            out[k] /= len(cost)
        return
    low, high, middle, count = work[0], work[1], work[2], work[3]
    _ranked(cost, low_rank, most, none, low, high, middle, count)
    if high_rank == low_rank:
        for k in range(lanes):
            out[k] = low[k] >> shift if low[k] <= most else np.nan
        return
    counted(cost, low, count)
    for k in range(len(high)):
        high[k] = none
    for i in range(len(cost)):
        for k in range(len(high)):
            above = cost[i, k] if cost[i, k] > low[k] else high[k]
            high[k] = min(high[k], above)
    for k in range(lanes):
        upper = low[k] if count[k] > high_rank else high[k]
        out[k] = ((low[k] >> shift) + (upper >> shift)) / 2 if upper <= most else np.nan


@entry
def join(
    first: Array, stop: Array, seconds: Array, direct: Array, departures: Array,
    begin: Array, end: Array, row_at: Array, row: Array,
    limit: int, shift: int, none: int, low_rank: int, high_rank: int, middle_low: int, middle_high: int,
    statistic: Array, share: Array, last: Array, changes: Array,
) -> None:  # fmt: skip
    """Fill in, per origin and destination, what is asked for: an array without rows is not.

    Ways on foot from origin o to stops are elements first[o]:first[o + 1] of `stop` and `seconds`; departures rise.
    Costs are those of `scan`; a row's length is a multiple of `LANES`.
    """
    kind = row.dtype.type
    wide, lanes, moments = row.shape[1], statistic.shape[1], len(departures)
    nothing, most, vehicles = kind(none), kind(((limit + 1) << shift) - 1), (1 << shift) - 1
    cost = np.empty((moments, wide), row.dtype)
    work = np.empty((4, wide), row.dtype)
    for o in range(len(first) - 1):
        for i in range(moments):
            for k in range(wide):
                cost[i, k] = nothing
        somewhere = False
        if len(direct) > 0:
            for k in range(lanes):
                if direct[o, k] < nothing:
                    somewhere = True
                    for i in range(moments):
                        cost[i, k] = direct[o, k]
        for leg in range(first[o], first[o + 1]):
            here = stop[leg]
            j, under = end[here] - 1, begin[here]
            if seconds[leg] > limit:
                continue
            for i in range(moments):
                ready = departures[i] + seconds[leg]
                while j >= under and row_at[j] < ready:
                    j -= 1
                if j < under:
                    break
                gap = row_at[j] - departures[i]
                if gap <= limit:
                    somewhere = True
                    lowered(cost, i, row, j, kind(gap << shift))
        if not somewhere:
            continue  # most origins, where destinations are far away: all is filled in as for no journey
        _statistic(cost, low_rank, high_rank, shift, most, none, work, statistic[o])
        if len(share) > 0 or len(last) > 0:
            for k in range(wide):
                work[0, k] = most
                work[2, k] = -1
            counted(cost, work[0], work[1])
            for i in range(moments):
                for k in range(wide):
                    work[2, k] = kind(i) if cost[i, k] <= most else work[2, k]
            for k in range(lanes):
                if len(share) > 0:
                    share[o, k] = work[1, k] / moments
                if len(last) > 0 and work[2, k] >= 0:
                    last[o, k] = departures[work[2, k]]
        if len(changes) > 0:
            for i in range(moments):
                for k in range(wide):
                    ridden = (cost[i, k] & vehicles) - 1
                    cost[i, k] = kind(max(ridden, 0)) if cost[i, k] <= most else nothing
            _statistic(cost, middle_low, middle_high, 0, most, none, work, changes[o])
