"""Bounded searches from many places side by side: places near each other share most of what is around them."""

from __future__ import annotations

from typing import Any

import numpy as np

from flexsite.kernel._jit import Array, entry, inner, longer

# mypy: disable-error-code="no-any-return"

LANES = 32
"""Sources that are searched from together."""
_PATIENCE = 64
"""Times that a junction is settled on average before the search goes on in passes."""


@inner
def _forget(slot: Array, touched: Array, count: int) -> None:
    """Clear the marks of a search."""
    for t in range(count):
        slot[touched[t]] = -1


@inner
def _around(
    graph: Any, sources: Any, order: Array, low: int, high: int, limit: float, width: float,
    slot: Array, buckets: Array, junctions: Any, queue: Any,
) -> int:  # fmt: skip
    """Junctions within the limit of any of the sources, roughly by distance from the nearest one.

    Buckets `width` metres wide, first in first out: labels may be corrected, so the order is not exact, which costs
    time and changes nothing. Returns their number; `slot` of a junction is then its place in `node`, and -1 of all
    others. Where there is no room for them it returns -1, and nothing is marked.
    """
    pointer, head, length = graph
    start, start_node, start_metres = sources
    touched, near, rank, node = junctions
    item, value, after = queue
    most, room = len(touched), len(item)
    count, used, last = 0, 0, len(buckets) - 1
    for i in range(len(buckets)):
        buckets[i, 0] = -1
    for lane in range(low, high):
        source = order[lane]
        for k in range(start[source], start[source + 1]):
            metres, junction = start_metres[k], start_node[k]
            if metres > limit:
                continue
            if count == most or used == room:
                _forget(slot, touched, count)
                return -1
            t = slot[junction]
            if t < 0:
                t = count
                slot[junction], touched[t], near[t], rank[t] = t, junction, np.inf, -1
                count += 1
            if metres < near[t]:
                near[t] = metres
                item[used], value[used], after[used] = t, metres, -1
                bucket = min(int(metres / width), last)
                if buckets[bucket, 0] < 0:
                    buckets[bucket, 0] = used
                else:
                    after[buckets[bucket, 1]] = used
                buckets[bucket, 1] = used
                used += 1
    ranked = 0
    for current in range(len(buckets)):
        e = buckets[current, 0]
        while e >= 0:
            t, metres = item[e], value[e]
            if metres == near[t]:
                if rank[t] < 0:
                    rank[t] = ranked
                    ranked += 1
                junction = touched[t]
                begin, end = pointer[junction], pointer[junction + 1]
                if count + end - begin > most or used + end - begin > room:
                    _forget(slot, touched, count)
                    return -1
                for k in range(begin, end):
                    further, other = metres + length[k], head[k]
                    if further > limit:
                        continue
                    j = slot[other]
                    if j < 0:
                        j = count
                        slot[other], touched[j], near[j], rank[j] = j, other, np.inf, -1
                        count += 1
                    if further < near[j]:
                        near[j] = further
                        item[used], value[used], after[used] = j, further, -1
                        bucket = min(int(further / width), last)
                        if buckets[bucket, 0] < 0:
                            buckets[bucket, 0] = used
                        else:
                            after[buckets[bucket, 1]] = used
                        buckets[bucket, 1] = used
                        used += 1
            e = after[e]
            buckets[current, 0] = e
    for t in range(count):
        node[rank[t]] = touched[t]
        slot[touched[t]] = rank[t]
    return count


@inner
def _links(graph: Any, count: int, slot: Array, node: Array, links: Any) -> None:
    """The arcs among the junctions found, by their places in `node`; there is room for all."""
    pointer, head, length = graph
    link, other, metres = links
    e = 0
    for i in range(count):
        link[i] = e
        for k in range(pointer[node[i]], pointer[node[i] + 1]):
            j = slot[head[k]]
            if j >= 0:
                other[e] = j
                metres[e] = length[k]
                e += 1
    link[count] = e


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
def _reset(values: Array, count: int) -> None:
    for i in range(count):
        for lane in range(LANES):
            values[i, lane] = np.inf


@inner
def _gather(
    targets: Any, known: Any, order: Array, low: int, high: int, count: int, node: Array, reach: Array,
    row: Array, places: Array, best: Array,
) -> int:  # fmt: skip
    """The places beside the junctions and those known, each with a row in `best`; there is room for all."""
    stop, stop_place, stop_metres = targets
    known_start, known_place, known_metres = known
    found = 0
    for i in range(count):
        for k in range(stop[node[i]], stop[node[i] + 1]):
            place, more = stop_place[k], stop_metres[k]
            r = row[place]
            if r < 0:
                r = found
                row[place], places[r] = r, place
                found += 1
                for lane in range(LANES):
                    best[r, lane] = reach[i, lane] + more
            else:
                for lane in range(LANES):
                    best[r, lane] = min(best[r, lane], reach[i, lane] + more)
    for lane in range(high - low):
        source = order[low + lane]
        for k in range(known_start[source], known_start[source + 1]):
            place = known_place[k]
            r = row[place]
            if r < 0:
                r = found
                row[place], places[r] = r, place
                found += 1
                for other in range(LANES):
                    best[r, other] = np.inf
            best[r, lane] = min(best[r, lane], known_metres[k])
    return found


@inner
def _block(
    graph: Any, sources: Any, targets: Any, known: Any, order: Array, low: int, high: int, limit: float, width: float,
    slot: Array, row: Array, work: Any,
) -> Any:  # fmt: skip
    """Metres from the sources order[low:high], one in each lane, to the places within the limit of any of them.

    Returns the places, rising, their rows in `best` (rows, lanes), and the work arrays, which may have grown. What is
    above the limit in `best` is no distance, only too far.
    """
    start, start_node, start_metres = sources
    buckets, junctions, queue, links, reach, active, places, best = work
    count = -1
    while count < 0:
        count = _around(graph, sources, order, low, high, limit, width, slot, buckets, junctions, queue)
        if count < 0:
            touched, near, rank, node = junctions
            more = 2 * len(touched)
            junctions = (longer(touched, more), longer(near, more), longer(rank, more), longer(node, more))
            item, value, after = queue
            queue = (longer(item, 2 * more), longer(value, 2 * more), longer(after, 2 * more))
    node = junctions[3]
    arcs, ends = 0, 0
    for i in range(count):
        arcs += graph[0][node[i] + 1] - graph[0][node[i]]
        ends += targets[0][node[i] + 1] - targets[0][node[i]]
    for lane in range(low, high):
        ends += known[0][order[lane] + 1] - known[0][order[lane]]
    if arcs > len(links[1]) or count >= len(links[0]):
        links = (np.empty(2 * count + 1, np.int32), np.empty(2 * arcs, np.int32), np.empty(2 * arcs))
    if count > len(reach):
        reach, active = np.empty((2 * count, LANES)), np.empty(2 * count, np.uint8)
    if ends > len(places):
        places, best = np.empty(2 * ends, np.int64), np.empty((2 * ends, LANES))
    _links(graph, count, slot, node, links)
    _reset(reach, count)
    for i in range(count):
        active[i] = 0
    for lane in range(high - low):
        source = order[low + lane]
        for k in range(start[source], start[source + 1]):
            if start_metres[k] <= limit:
                i = slot[start_node[k]]
                reach[i, lane] = min(reach[i, lane], start_metres[k])
                active[i] = 1
    _settle(count, links[0], links[1], links[2], reach, active, limit)
    found = _gather(targets, known, order, low, high, count, node, reach, row, places, best)
    _forget(slot, node, count)
    ordered = np.sort(places[:found])
    rows = np.empty(found, np.int64)
    for i in range(found):
        rows[i] = row[ordered[i]]
        row[ordered[i]] = -1
    return ordered, rows, (buckets, junctions, queue, links, reach, active, places, best)


@inner
def _room(buckets: int) -> Any:
    """Work arrays, which grow as need be; but for the buckets."""
    junctions = (np.empty(1024, np.int32), np.empty(1024), np.empty(1024, np.int32), np.empty(1024, np.int32))
    queue = (np.empty(4096, np.int32), np.empty(4096), np.empty(4096, np.int32))
    links = (np.empty(1, np.int32), np.empty(1, np.int32), np.empty(1))
    return (
        np.full((buckets, 2), -1, np.int32), junctions, queue, links,
        np.empty((1, LANES)), np.empty(1, np.uint8), np.empty(1, np.int64), np.empty((1, LANES)),
    )  # fmt: skip


@entry
def totals(
    graph: Any, sources: Any, targets: Any, known: Any, order: Array, limit: float, width: float, buckets: int,
    slot: Array, row: Array, values: Array,
) -> Array:  # fmt: skip
    """Sum of the values of the places within the limit of each source in `order`, added in the order of the places.

    `slot`, one for every junction, and `row`, one for every place, are -1 throughout before and after.
    """
    work = _room(buckets)
    answer = np.zeros(len(order))
    added = np.empty(LANES)
    for low in range(0, len(order), LANES):
        high = min(low + LANES, len(order))
        places, rows, work = _block(graph, sources, targets, known, order, low, high, limit, width, slot, row, work)
        best = work[7]
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
    slot: Array, row: Array,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """The places within the limit of each source in `order`: how many, which (rising, one after the other), metres.

    `slot` and `row` as in `totals`.
    """
    work = _room(buckets)
    size = np.zeros(len(order), np.int64)
    place, metres = np.empty(1024, np.int32), np.empty(1024)
    total = 0
    for low in range(0, len(order), LANES):
        high = min(low + LANES, len(order))
        places, rows, work = _block(graph, sources, targets, known, order, low, high, limit, width, slot, row, work)
        best = work[7]
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
