"""Bounded searches from many places side by side: places near each other share most of what is around them."""

from __future__ import annotations

from typing import Any

import numpy as np

from flexsite.kernel._jit import Array, entry, inner, longer, taller

# mypy: disable-error-code="no-any-return"

LANES = 32
"""Sources that are searched from together."""
_PATIENCE = 64
"""Times that a junction is settled on average before the search goes on in passes."""


@inner
def _around(graph: Any, sources: Any, order: Array, low: int, high: int, limit: float, width: float, work: Any) -> Any:
    """Junctions within the limit of any of the sources, roughly by distance from the nearest one.

    Buckets `width` metres wide, first in first out: labels may be corrected, so the order is not exact, which costs
    time and changes nothing. Afterwards `slot` of a junction is its place in `node`, else -1.
    """
    pointer, head, length = graph
    start, start_node, start_metres = sources
    slot, first, last, touched, near, rank, item, value, after, node = work
    count, used = 0, 0
    buckets = len(first)
    for i in range(buckets):
        first[i] = -1
    for lane in range(low, high):
        source = order[lane]
        for k in range(start[source], start[source + 1]):
            metres, junction = start_metres[k], start_node[k]
            if metres > limit:
                continue
            if slot[junction] < 0:
                if count == len(touched):
                    touched, near = longer(touched, count + 1), longer(near, count + 1)
                slot[junction] = count
                touched[count] = junction
                near[count] = np.inf
                count += 1
            t = slot[junction]
            if metres < near[t]:
                near[t] = metres
                if used == len(item):
                    item, value, after = longer(item, used + 1), longer(value, used + 1), longer(after, used + 1)
                item[used], value[used], after[used] = t, metres, -1
                bucket = min(int(metres / width), buckets - 1)
                if first[bucket] < 0:
                    first[bucket] = used
                else:
                    after[last[bucket]] = used
                last[bucket] = used
                used += 1
    if count > len(rank):
        rank = longer(rank, count)
    for t in range(count):
        rank[t] = -1
    ranked = 0
    for current in range(buckets):
        e = first[current]
        while e >= 0:
            t, metres = item[e], value[e]
            if metres == near[t]:
                if rank[t] < 0:
                    rank[t] = ranked
                    ranked += 1
                junction = touched[t]
                for k in range(pointer[junction], pointer[junction + 1]):
                    further, other = metres + length[k], head[k]
                    if further > limit:
                        continue
                    j = slot[other]
                    if j < 0:
                        if count == len(touched):
                            touched, near = longer(touched, count + 1), longer(near, count + 1)
                        if count >= len(rank):
                            rank = longer(rank, count + 1)
                        j = count
                        slot[other] = j
                        touched[j] = other
                        near[j] = np.inf
                        rank[j] = -1
                        count += 1
                    if further < near[j]:
                        near[j] = further
                        if used == len(item):
                            item, value = longer(item, used + 1), longer(value, used + 1)
                            after = longer(after, used + 1)
                        item[used], value[used], after[used] = j, further, -1
                        bucket = min(int(further / width), buckets - 1)
                        if first[bucket] < 0:
                            first[bucket] = used
                        else:
                            after[last[bucket]] = used
                        last[bucket] = used
                        used += 1
            if after[e] < 0:
                first[current] = -1
            e = after[e]
    if count > len(node):
        node = longer(node, count)
    for t in range(count):
        node[rank[t]] = touched[t]
        slot[touched[t]] = rank[t]
    return count, (slot, first, last, touched, near, rank, item, value, after, node)


@inner
def _links(graph: Any, count: int, slot: Array, node: Array, work: Any) -> Any:
    """The arcs among the junctions found, by their places in `node`."""
    pointer, head, length = graph
    link, other, metres = work
    if count + 1 > len(link):
        link = longer(link, count + 1)
    e = 0
    for i in range(count):
        link[i] = e
        low, high = pointer[node[i]], pointer[node[i] + 1]
        if e + high - low > len(other):
            other, metres = longer(other, e + high - low), longer(metres, e + high - low)
        for k in range(low, high):
            j = slot[head[k]]
            if j >= 0:
                other[e] = j
                metres[e] = length[k]
                e += 1
    link[count] = e
    return link, other, metres


@inner
def _settle(count: int, link: Array, other: Array, metres: Array, reach: Array, active: Array, limit: float) -> None:
    """Shorten `reach` (junctions, lanes) until no way within the limit is shorter.

    The first junction that has changed goes first: those near the sources settle before those further away start. On
    no network this goes on without end, but on an odd one it may take long, so after a while it is one pass after the
    other, of which no more are needed than there are junctions.
    """
    left = _PATIENCE * count
    i, back = 0, count
    while i < count or back < count:
        if i >= count:
            i, back = back, count
        if active[i] == 0:
            i += 1
            continue
        active[i] = 0
        left -= 1
        lowest = i + 1
        for k in range(link[i], link[i + 1]):
            j, length, hit = other[k], metres[k], 0
            for lane in range(LANES):
                further, known = reach[i, lane] + length, reach[j, lane]
                shorter = further < known
                hit |= shorter & (further <= limit)
                reach[j, lane] = further if shorter else known
            if hit:
                active[j] = 1
                lowest = min(lowest, j)
        if left > 0:
            i = lowest
        else:
            if lowest <= i:
                back = min(back, lowest)
            i += 1


@inner
def _row(place: int, found: int, row: Array, places: Array, best: Array) -> Any:
    """The row of a place in `best`, made where there is none."""
    r = row[place]
    if r < 0:
        if found == len(places):
            places, best = longer(places, found + 1), taller(best, found + 1)
        r = found
        row[place] = r
        places[r] = place
        for lane in range(LANES):
            best[r, lane] = np.inf
        found += 1
    return r, found, places, best


@inner
def _block(
    graph: Any, sources: Any, targets: Any, known: Any, order: Array, low: int, high: int, limit: float, width: float,
    row: Array, work: Any,
) -> Any:  # fmt: skip
    """Metres from the sources order[low:high], one in each lane, to the places within the limit of any of them.

    Returns the places, rising, their rows in `best` (rows, lanes), and the work arrays, which may have grown. What is
    above the limit in `best` is no distance, only too far.
    """
    start, start_node, start_metres = sources
    stop, stop_place, stop_metres = targets
    known_start, known_place, known_metres = known
    ball, links, reach, active, places, best = work
    count, ball = _around(graph, sources, order, low, high, limit, width, ball)
    slot, node = ball[0], ball[9]
    links = _links(graph, count, slot, node, links)
    if count > len(reach):
        reach, active = taller(reach, count), longer(active, count)
    for i in range(count):
        active[i] = 0
        for lane in range(LANES):
            reach[i, lane] = np.inf
    for lane in range(high - low):
        source = order[low + lane]
        for k in range(start[source], start[source + 1]):
            if start_metres[k] <= limit:
                i = slot[start_node[k]]
                reach[i, lane] = min(reach[i, lane], start_metres[k])
                active[i] = 1
    _settle(count, links[0], links[1], links[2], reach, active, limit)
    found = 0
    for i in range(count):
        for k in range(stop[node[i]], stop[node[i] + 1]):
            r, found, places, best = _row(stop_place[k], found, row, places, best)
            more = stop_metres[k]
            for lane in range(LANES):
                best[r, lane] = min(best[r, lane], reach[i, lane] + more)
    for lane in range(high - low):
        source = order[low + lane]
        for k in range(known_start[source], known_start[source + 1]):
            r, found, places, best = _row(known_place[k], found, row, places, best)
            best[r, lane] = min(best[r, lane], known_metres[k])
    for i in range(count):
        slot[node[i]] = -1
    ordered = np.sort(places[:found])
    rows = np.empty(found, np.int64)
    for i in range(found):
        rows[i] = row[ordered[i]]
        row[ordered[i]] = -1
    return ordered, rows, (ball, links, reach, active, places, best)


@inner
def _room(junctions: int, buckets: int) -> Any:
    """Work arrays; all but those as long as there are junctions and buckets grow."""
    ball = (
        np.full(junctions, -1, np.int32), np.full(buckets, -1, np.int32), np.full(buckets, -1, np.int32),
        np.empty(512, np.int32), np.empty(512), np.empty(512, np.int32),
        np.empty(512, np.int32), np.empty(512), np.empty(512, np.int32), np.empty(512, np.int32),
    )  # fmt: skip
    links = (np.empty(512, np.int32), np.empty(512, np.int32), np.empty(512))
    return (
        ball, links, np.empty((512, LANES)), np.empty(512, np.uint8), np.empty(512, np.int64), np.empty((512, LANES)),
    )  # fmt: skip


@entry
def totals(
    graph: Any, sources: Any, targets: Any, known: Any, order: Array, limit: float, width: float, buckets: int,
    values: Array,
) -> Array:  # fmt: skip
    """Sum of the values of the places within the limit of each source in `order`, added in the order of the places."""
    work = _room(len(graph[0]) - 1, buckets)
    row = np.full(len(values), -1, np.int32)
    answer = np.zeros(len(order))
    added = np.empty(LANES)
    for low in range(0, len(order), LANES):
        high = min(low + LANES, len(order))
        places, rows, work = _block(graph, sources, targets, known, order, low, high, limit, width, row, work)
        best = work[5]
        added[:] = 0.0
        for i in range(len(places)):
            r, value = rows[i], values[places[i]]
            for lane in range(LANES):
                added[lane] += value if best[r, lane] <= limit else 0.0
        for lane in range(high - low):
            answer[low + lane] = added[lane]
    return answer


@entry
def pairs(
    graph: Any, sources: Any, targets: Any, known: Any, order: Array, limit: float, width: float, buckets: int,
    count: int,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """The places within the limit of each source in `order`: how many, which (rising, one after the other), metres."""
    work = _room(len(graph[0]) - 1, buckets)
    row = np.full(count, -1, np.int32)
    size = np.zeros(len(order), np.int64)
    place, metres = np.empty(1024, np.int32), np.empty(1024)
    total = 0
    for low in range(0, len(order), LANES):
        high = min(low + LANES, len(order))
        places, rows, work = _block(graph, sources, targets, known, order, low, high, limit, width, row, work)
        best = work[5]
        if total + len(places) * LANES > len(place):
            place, metres = longer(place, total + len(places) * LANES), longer(metres, total + len(places) * LANES)
        for lane in range(high - low):
            before = total
            for i in range(len(places)):
                if best[rows[i], lane] <= limit:
                    place[total] = places[i]
                    metres[total] = best[rows[i], lane]
                    total += 1
            size[low + lane] = total - before
    return size, place[:total].copy(), metres[:total].copy()


@entry
def turned(begin: Array, size: Array, place: Array, metres: Array, count: int) -> tuple[Array, Array, Array]:
    """Pairs by place instead of by source: where each place begins, the sources (rising), metres.

    Those of source s are elements `begin[s]:begin[s] + size[s]`.
    """
    first = np.zeros(count + 1, np.int64)
    for k in range(len(place)):
        first[place[k] + 1] += 1
    for p in range(count):
        first[p + 1] += first[p]
    fill = first[:-1].copy()
    source, far = np.empty(len(place), np.int32), np.empty(len(place))
    for s in range(len(begin)):
        for k in range(begin[s], begin[s] + size[s]):
            at = fill[place[k]]
            fill[place[k]] += 1
            source[at] = s
            far[at] = metres[k]
    return first, source, far
