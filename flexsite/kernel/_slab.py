"""Area per combination of features: the ground cut into slabs in which no edges cross, summed strip by strip.

Within a slab the edges that cross it lie in a fixed order from left to right, so that each strip between two
neighbours is a trapezoid with one set of features over it: those around which the edges so far wind.
"""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry, inner, longer, sort, taller
from flexsite.kernel._line import Line, again, apart, crossings_of, enter, rise

Box = tuple[float, float, float, float]
"""Left, low, right, high."""
Below = tuple[np.uint64, int, int]
"""Mask, sum of the windings of features and number of footprints at the left side of the box."""
Store = tuple[Array, Array, Array, Array, Array]
"""Edges (x0, y0, x1, y1, slope; y0 < y1) and what each is (2 * footprint + whether it runs down); heights at which
windings step left of the box, what steps there (2 * footprint + whether up), and what they begin with. Footprint 0 is
the ground."""
_MANY = 256
"""Edges above which a box is halved, so that slabs stay short and few edges are active at once."""


@inner
def _step(ys: Array, codes: Array, m: int, base: Array, low: float, high: float, y: float, code: int) -> int:
    """From height `y` up, left of the box, one winding more (odd code) or less around footprint code // 2.

    A path left of the box steps up where an edge ends and down where the next begins: both are forgotten, so that
    only where it enters or leaves the box remains.
    """
    if y <= low:
        base[code >> 1] += 2 * (code & 1) - 1
    elif y < high:
        if m > 0 and ys[m - 1] == y and codes[m - 1] == code ^ 1:
            m -= 1
        else:
            ys[m], codes[m] = y, code
            m += 1
    return m


@inner
def _close(ys: Array, codes: Array, first: int, m: int) -> int:
    """Forget that a ring, whose steps are those from `first` on, begins and ends left of the box: it goes on there."""
    a, b = first, m
    while b - a >= 2 and ys[a] == ys[b - 1] and codes[a] == codes[b - 1] ^ 1:
        a, b = a + 1, b - 1
    if a == first:
        return m
    for i in range(a, b):
        ys[first + i - a], codes[first + i - a] = ys[i], codes[i]
    return first + b - a


@inner
def _inside(box: Box, ax: float, ay: float, bx: float, by: float) -> tuple[float, float, float, float, float, float]:
    """The part of the edge a-b within the box, from below, and between which heights it runs left of the box.

    Nothing where the heights are equal.
    """
    left, low, right, high = box
    x0, y0, x1, y1 = (bx, by, ax, ay) if ay > by else (ax, ay, bx, by)
    if y0 == y1 or y1 <= low or y0 >= high:
        return x0, low, x1, low, low, low
    u, v, dx, dy = x0, y0, x1 - x0, y1 - y0
    if y0 < low:
        x0, y0 = u + (low - v) * (dx / dy), low
    if y1 > high:
        x1, y1 = u + (high - v) * (dx / dy), high
    if x0 >= right and x1 >= right:
        return x0, low, x1, low, low, low
    p, q = y0, y0
    if x0 <= left and x1 <= left:
        q = y0 = y1
    elif x0 < left:
        q = min(max(v + (left - u) * (dy / dx), y0), y1)
        x0, y0 = left, q
    elif x1 < left:
        p, q = min(max(v + (left - u) * (dy / dx), y0), y1), y1
        x1, y1 = left, p
    if x0 > right:
        x0, y0 = right, min(max(v + (right - u) * (dy / dx), y0), y1)
    elif x1 > right:
        x1, y1 = right, min(max(v + (right - u) * (dy / dx), y0), y1)
    return x0, y0, x1, y1, p, q


@inner
def _gather(
    path: Array, first: int, last: int, ox: float, oy: float, k: int, box: Box, store: Store, n: int, m: int
) -> tuple[int, int]:
    """Add to the store, which has room, what a path does within the box, from `ox`, `oy`."""
    edges, codes, ys, steps, base = store
    _, low, right, high = box
    bx, by = path[first, 0] - ox, path[first, 1] - oy
    for i in range(first + 1, last):
        ax, ay, bx, by = bx, by, path[i, 0] - ox, path[i, 1] - oy
        if (ay <= low and by <= low) or (ay >= high and by >= high) or (ax >= right and bx >= right) or ay == by:
            continue
        down = int(ay > by)
        x0, y0, x1, y1, p, q = _inside(box, ax, ay, bx, by)
        if p < q:
            m = _step(ys, steps, m, base, low, high, q if down else p, 2 * k)
            m = _step(ys, steps, m, base, low, high, p if down else q, 2 * k + 1)
        if y0 < y1:
            edges[n, 0], edges[n, 1], edges[n, 2], edges[n, 3], edges[n, 4] = x0, y0, x1, y1, (x1 - x0) / (y1 - y0)
            codes[n] = 2 * k + down
            n += 1
    return n, m


@inner
def _sweep(
    na: int,
    line: Line,
    codes: Array,
    wind: Array,
    bits: Array,
    keys: Array,
    sums: Array,
    n: int,
    below: Below,
    box: Box,
    h: float,
) -> tuple[int, float]:
    """Add the strips of a slab to the sums of their masks, which rise and have room; and what lies under several."""
    act, mid, _, _ = line
    mask, total, on = below
    x, right, last, crowd = box[0], box[2], 0, 0.0
    for i in range(na + 1):
        end = mid[i] if i < na else right
        if end > x:
            piece = (end - x) * h
            if total >= 2 or on >= 2:
                crowd += piece
            if wind[0] > 0:
                if last >= n or keys[last] != mask:
                    last, high = 0, n
                    while last < high:
                        middle = (last + high) >> 1
                        if keys[middle] < mask:
                            last = middle + 1
                        else:
                            high = middle
                    if last == n or keys[last] != mask:
                        for j in range(n, last, -1):
                            keys[j], sums[j, 0], sums[j, 1] = keys[j - 1], sums[j - 1, 0], sums[j - 1, 1]
                        keys[last], sums[last, 0], sums[last, 1] = mask, 0.0, 0.0
                        n += 1
                # What rounding loses is kept apart (Kahan, 1965), for ground of many square kilometres.
                old = sums[last, 0]
                sums[last, 0] = old + piece
                sums[last, 1] += piece - (sums[last, 0] - old)
            x = end
        if i < na:
            k, d = codes[act[i]] >> 1, 2 * (codes[act[i]] & 1) - 1
            before = wind[k]
            wind[k] += d
            if k > 0:
                total += d
                if (before > 0) != (before + d > 0):
                    mask ^= bits[k]
                    on += d
    return n, crowd


@inner
def _cell(
    store: Store, bits: Array, box: Box, work: Array, index: Array, keys: Array, sums: Array, count: int
) -> tuple[Array, Array, int, float]:
    """Add the areas within one box to the sums per mask; also return the area over which features overlap."""
    edges, codes, ys, steps, base = store
    n, m, high = len(edges), len(ys), box[3]
    need = 2 * n + m + 2
    if work.shape[1] < need:
        work, index = np.empty((4, 2 * need)), np.empty((5, 2 * need), np.int64)
    event, line, cuts = work[0], (index[0], work[1], work[2], work[3]), np.empty(16)
    order, turn, up, down = index[1], index[2], index[3], index[4]
    slack = 4e-15 * max(abs(box[0]), abs(box[2]), high)
    tiny = 1e-11 + 4e-15 * high
    # The heights where slabs end, and which edges have their lower end there: at most one that runs up from a vertex
    # and one that runs down to it.
    event[0], event[1], e, linked = box[1], high, 2, False
    for i in range(n):
        runs_down = codes[i] & 1
        if not linked:  # else it begins where the last one ends
            event[e], up[e], down[e] = edges[i, 1 + 2 * runs_down], -1, -1
            e += 1
        if not runs_down:
            up[e - 1] = i
        event[e], up[e], down[e] = edges[i, 3 - 2 * runs_down], -1, i if runs_down else -1
        linked = i + 1 < n and edges[i + 1, 1 + 2 * (codes[i + 1] & 1)] == event[e]
        e += 1
    for i in range(m):
        event[e], up[e], down[e], line[1][i], turn[i] = ys[i], -1, -1, ys[i], i
        e += 1
    sort(line[1], turn, m)
    up[0] = up[1] = down[0] = down[1] = np.int64(-1)
    for i in range(e):
        order[i] = i
    sort(event, order, e)

    wind = base.copy()
    mask, total, on = np.uint64(0), 0, 0
    for k in range(1, len(base)):
        total += base[k]
        if base[k] > 0:
            mask |= bits[k]
            on += 1
    crowd, na, begun, turned, lo = 0.0, 0, 0, 0, event[0]
    for at in range(1, e):
        hi = event[at]
        # A slab too low for its middle to be told from its edges joins the next, so that no ground is lost.
        if hi - lo <= tiny and at < e - 1:
            continue
        ym = (lo + hi) / 2
        na = rise(edges, line, na, hi, ym)
        while begun < at and event[begun] < ym:
            for g in (down[order[begun]], up[order[begun]]):
                if g >= 0 and edges[g, 3] > ym:
                    enter(edges, line, na, g, lo, hi)
                    na += 1
            begun += 1
        while turned < m and ys[turn[turned]] < ym:
            k, d = steps[turn[turned]] >> 1, 2 * (steps[turn[turned]] & 1) - 1
            before = base[k]
            base[k] += d
            if k > 0:
                total += d
                if (before > 0) != (before + d > 0):
                    mask ^= bits[k]
                    on += d
            turned += 1
        crossings = 0
        if not apart(line, na, slack):
            crossings = crossings_of(cuts, line, na, lo, hi, slack)
            if crossings > len(cuts):
                cuts = np.empty(2 * crossings)
                again(edges, line, na, lo, hi)
                crossings = crossings_of(cuts, line, na, lo, hi, slack)
            sort(cuts, np.empty(crossings, np.int64), crossings)
            again(edges, line, na, lo, hi)
        if count + (crossings + 1) * (na + 1) > len(keys):
            keys = longer(keys, count + (crossings + 1) * (na + 1))
            sums = taller(sums, len(keys))
        p = lo
        for s in range(crossings + 1):
            q = cuts[s] if s < crossings else hi
            if s < crossings and (q - p <= tiny or hi - q <= tiny):
                continue
            if crossings:
                again(edges, line, na, p, q)
            for k in range(len(base)):
                wind[k] = base[k]
            count, more = _sweep(na, line, codes, wind, bits, keys, sums, count, (mask, total, on), box, q - p)
            crowd += more
            p = q
        lo = hi
    return keys, sums, count, crowd


@inner
def _filled(store: Store, n: int, m: int, used: int) -> Store:
    """The part of a store that holds something."""
    return store[0][:n], store[1][:n], store[2][:m], store[3][:m], store[4][:used]


@inner
def _part(store: Store, box: Box) -> Store:
    """Copy what lies within a narrower box."""
    edges, codes, ys, steps, base = store
    n, m, path = int(np.int64(0)), len(ys), np.empty((2, 2))
    of_edges, of_steps = len(edges), m + 2 * len(edges)
    new, turns = np.empty((of_edges, 5)), np.empty(of_steps, np.int64)
    part = (new, np.empty(of_edges, np.int64), np.empty(of_steps), turns, base.copy())
    for i in range(m):
        part[2][i], part[3][i] = ys[i], steps[i]
    for i in range(len(edges)):
        a = codes[i] & 1  # the end where the edge begins
        path[a, 0], path[a, 1], path[1 - a, 0], path[1 - a, 1] = edges[i, 0], edges[i, 1], edges[i, 2], edges[i, 3]
        n, m = _gather(path, 0, 2, 0.0, 0.0, codes[i] >> 1, box, part, n, m)
    return _filled(part, n, m, len(base))


@entry
def combinations(
    gxy: Array, gring: Array, grow: Array, fxy: Array, fring: Array, frow: Array, bit: Array, start: Array, found: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """Row, mask and area of every combination; per row the area where features overlap, and its own area."""
    rows = len(grow) - 1
    overlap, own = np.zeros(rows), np.zeros(rows)
    zero = int(np.int64(0))  # no literal: else numba compiles functions twice, for literals too
    out, room = zero, 2 * rows + 64
    out_row, out_mask, out_area = np.empty(room, np.int64), np.empty(room, np.uint64), np.empty(room)
    edges, codes = np.empty((512, 5)), np.empty(512, np.int64)
    ys, steps = np.empty(1024), np.empty(1024, np.int64)
    work, index = np.empty((4, 2048)), np.empty((5, 2048), np.int64)
    keys, sums = np.zeros(64, np.uint64), np.zeros((64, 2))
    local, bits = np.zeros(64, np.int64), np.zeros(65, np.uint64)
    base = np.zeros(65, np.int64)
    for p in range(rows):
        first, end = gring[grow[p]], gring[grow[p + 1]]
        if first == end:
            continue
        ox, oy, right, high = gxy[first, 0], gxy[first, 1], gxy[first, 0], gxy[first, 1]
        for q in range(first, end):
            ox, oy = min(ox, gxy[q, 0]), min(oy, gxy[q, 1])
            right, high = max(right, gxy[q, 0]), max(high, gxy[q, 1])
        # Coordinates from the lower left corner of the ground: there a metre has digits enough for 1e-6 m2.
        right, high = right - ox, high - oy
        box = (0.0, 0.0, right, high)
        base[:] = 0
        local[:] = 0
        used, n, m = zero + 1, zero, zero
        for t in range(start[p] - 1, start[p + 1]):
            if t < start[p]:  # the ground itself
                xy, rings, low_ring, high_ring, k = gxy, gring, grow[p], grow[p + 1], 0
            else:
                f = found[t]
                xy, rings, low_ring, high_ring = fxy, fring, frow[f], frow[f + 1]
                if local[bit[f]] == 0:
                    local[bit[f]] = used
                    bits[used] = np.uint64(1) << np.uint64(bit[f])
                    used += 1
                k = local[bit[f]]
            for r in range(low_ring, high_ring):
                size = rings[r + 1] - rings[r]
                if n + size > len(edges):
                    edges, codes = taller(edges, n + size), longer(codes, n + size)
                if m + 2 * size > len(ys):
                    ys, steps = longer(ys, m + 2 * size), longer(steps, m + 2 * size)
                store = (edges, codes, ys, steps, base)
                first = m
                n, m = _gather(xy, rings[r], rings[r + 1], ox, oy, k, box, store, n, m)
                m = _close(ys, steps, first, m)
        count, crowd = zero, 0.0
        todo = [(_filled((edges, codes, ys, steps, base), n, m, used), box)]
        while todo:
            store, area = todo.pop()
            if len(store[0]) > _MANY:
                x = (store[0][:, 0].sum() + store[0][:, 2].sum()) / (2 * len(store[0]))
                if area[0] < x < area[2]:
                    near, far = (area[0], area[1], x, area[3]), (x, area[1], area[2], area[3])
                    west, east = _part(store, near), _part(store, far)
                    both = len(west[0]) + len(east[0])
                    if both < 1.5 * len(store[0]) and max(len(west[0]), len(east[0])) < len(store[0]):
                        todo.append((east, far))
                        todo.append((west, near))
                        continue
            keys, sums, count, more = _cell(store, bits, area, work, index, keys, sums, count)
            crowd += more
        overlap[p] = crowd
        for k in range(count):
            if out == len(out_row):
                out_row, out_mask, out_area = longer(out_row, out), longer(out_mask, out), longer(out_area, out)
            area_here = sums[k, 0] + sums[k, 1]
            if area_here > 0:
                out_row[out], out_mask[out], out_area[out] = p, keys[k], area_here
                own[p] += area_here
                out += 1
    return out_row[:out].copy(), out_mask[:out].copy(), out_area[:out].copy(), overlap, own
