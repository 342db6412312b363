"""Area per combination of features: the ground cut into slabs in which no edges cross, summed strip by strip.

Within a slab the edges that cross it lie in a fixed order from left to right, so that each strip between two
neighbours is a trapezoid with one set of features over it: those around which the edges so far wind.
"""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry, inner

Box = tuple[float, float, float, float]
"""Left, low, right, high."""
Store = tuple[Array, Array, Array, Array, Array]
"""Edges (x0, y0, x1, y1, slope; y0 < y1) and what each is (2 * footprint + whether it runs down); heights at which
windings step left of the box, what steps there (2 * footprint + whether up), and what they begin with. Footprint 0 is
the ground."""
_MANY = 256
"""Edges above which a box is halved, so that slabs stay short and few edges are active at once."""


@inner
def _longer(values: Array, end: int) -> Array:
    """The same values, the first `end` of them filled, in twice the room."""
    more = np.empty(2 * end, values.dtype)
    for i in range(end):
        more[i] = values[i]
    return more


@inner
def _taller(values: Array, end: int) -> Array:
    """The same rows, the first `end` of them filled, in twice the room."""
    more = np.empty((2 * end, values.shape[1]))
    for i in range(end):
        for j in range(values.shape[1]):
            more[i, j] = values[i, j]
    return more


@inner
def _sort(values: Array, order: Array, n: int) -> None:
    """Sort the first n values, in place, and `order` along with them (Shell's sort with Ciura's gaps)."""
    gap = 1
    while gap * 9 // 4 < n:
        gap = gap * 9 // 4 + 1
    while gap > 0:
        for i in range(gap, n):
            x, g, j = values[i], order[i], i - gap
            while j >= 0 and values[j] > x:
                values[j + gap], order[j + gap] = values[j], order[j]
                j -= gap
            values[j + gap], order[j + gap] = x, g
        gap = gap * 4 // 9


@inner
def _step(ys: Array, codes: Array, m: int, base: Array, low: float, high: float, y: float, code: int) -> int:
    """From height `y` up, left of the box, one winding more (odd code) or less around footprint code // 2.

    A path left of the box steps up where an edge ends and down where the next begins: both are forgotten, so that
    only where it enters or leaves the box remains.
    """
    if y <= low:
        base[code >> 1] += 2 * (code & 1) - 1
        return m
    if y >= high:
        return m
    if m > 0 and ys[m - 1] == y and codes[m - 1] == code ^ 1:
        return m - 1
    ys[m], codes[m] = y, code
    return m + 1


@inner
def _put(store: Store, n: int, m: int, box: Box, ax: float, ay: float, bx: float, by: float, k: int) -> tuple[int, int]:
    """Add the part of the edge a-b within the box; its part left of the box becomes steps of the winding."""
    edges, codes, ys, steps, base = store
    left, low, right, high = box
    down = int(ay > by)
    x0, y0, x1, y1 = (bx, by, ax, ay) if down else (ax, ay, bx, by)
    if y0 == y1 or y1 <= low or y0 >= high:
        return n, m
    u, v, dx, dy = x0, y0, x1 - x0, y1 - y0
    if y0 < low:
        x0, y0 = u + (low - v) * (dx / dy), low
    if y1 > high:
        x1, y1 = u + (high - v) * (dx / dy), high
    if x0 >= right and x1 >= right:
        return n, m
    p, q = y0, y0  # the part left of the box
    if x0 <= left and x1 <= left:
        q = y0 = y1
    elif x0 < left:
        q = min(max(v + (left - u) * (dy / dx), y0), y1)
        x0, y0 = left, q
    elif x1 < left:
        p, q = min(max(v + (left - u) * (dy / dx), y0), y1), y1
        x1, y1 = left, p
    if p < q:
        m = _step(ys, steps, m, base, low, high, q if down else p, 2 * k)
        m = _step(ys, steps, m, base, low, high, p if down else q, 2 * k + 1)
    if x0 > right:
        x0, y0 = right, min(max(v + (right - u) * (dy / dx), y0), y1)
    elif x1 > right:
        x1, y1 = right, min(max(v + (right - u) * (dy / dx), y0), y1)
    if y0 < y1:
        edges[n, 0], edges[n, 1], edges[n, 2], edges[n, 3] = x0, y0, x1, y1
        edges[n, 4] = (x1 - x0) / (y1 - y0)
        codes[n] = 2 * k + down
        n += 1
    return n, m


@inner
def _lay(edges: Array, act: Array, na: int, work: Array, lo: float, hi: float, slack: float) -> bool:
    """Sort the active edges by x at mid-height of the slab; whether none of them cross within it."""
    mid, bottom, top = work[0], work[1], work[2]
    for i in range(na):
        g = act[i]
        bottom[i] = edges[g, 0] if edges[g, 1] >= lo else edges[g, 0] + (lo - edges[g, 1]) * edges[g, 4]
        top[i] = edges[g, 2] if edges[g, 3] <= hi else edges[g, 0] + (hi - edges[g, 1]) * edges[g, 4]
        mid[i] = (bottom[i] + top[i]) / 2
    for i in range(1, na):  # nearly sorted from the slab below
        x, a, b, g, j = mid[i], bottom[i], top[i], act[i], i - 1
        while j >= 0 and mid[j] > x:
            mid[j + 1], bottom[j + 1], top[j + 1], act[j + 1] = mid[j], bottom[j], top[j], act[j]
            j -= 1
        mid[j + 1], bottom[j + 1], top[j + 1], act[j + 1] = x, a, b, g
    apart = True
    for i in range(1, na):
        apart &= bottom[i - 1] <= bottom[i] + slack and top[i - 1] <= top[i] + slack
    return apart


@inner
def _crossings(work: Array, na: int, lo: float, hi: float, slack: float) -> Array:
    """Heights at which active edges cross within the slab, rising."""
    bottom, top = work[1], work[2]
    for i in range(1, na):
        a, b, j = bottom[i], top[i], i - 1
        while j >= 0 and (bottom[j] > a or (bottom[j] == a and top[j] > b)):
            bottom[j + 1], top[j + 1] = bottom[j], top[j]
            j -= 1
        bottom[j + 1], top[j + 1] = a, b
    result, count = np.empty(16), int(np.int64(0))
    for i in range(1, na):  # every exchange on the way from the order below to that above is a crossing
        a, b, j = bottom[i], top[i], i - 1
        while j >= 0 and top[j] > b:
            if top[j] > b + slack or bottom[j] < a - slack:
                if count == len(result):
                    result = _longer(result, count)
                result[count] = lo + (hi - lo) * ((a - bottom[j]) / ((a - bottom[j]) + (top[j] - b)))
                count += 1
            bottom[j + 1], top[j + 1] = bottom[j], top[j]
            j -= 1
        bottom[j + 1], top[j + 1] = a, b
    _sort(result, np.empty(count, np.int64), count)
    return result[:count]


@inner
def _slot(keys: Array, n: int, mask: np.uint64) -> int:
    """Where a mask is, or belongs, among the first n, which rise."""
    low, high = 0, n
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < mask:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def _cell(
    store: Store, bits: Array, box: Box, work: Array, index: Array, keys: Array, sums: Array, count: int
) -> tuple[Array, Array, int, float]:
    """Add the areas within one box to the sums per mask; also return the area over which features overlap."""
    edges, codes, ys, steps, base = store
    left, low, right, high = box
    n, m = len(edges), len(ys)
    need = 2 * n + m + 2
    if work.shape[1] < need:
        work, index = np.empty((4, 2 * need)), np.empty((3, 2 * need), np.int64)
    event, act, order, turn = work[3], index[0], index[1], index[2]
    slack = 4e-15 * max(abs(left), abs(right), high)
    tiny = 1e-11 + 4e-15 * high
    e = 2
    event[0], event[1] = low, high
    for i in range(n):
        event[e], event[e + 1] = edges[i, 1], edges[i, 3]
        e += 2
    for i in range(m):
        event[e + i] = ys[i]
    e += m
    _sort(event, order, e)
    for i in range(n):
        work[0, i], order[i] = edges[i, 1], i
    for i in range(m):
        work[1, i], turn[i] = ys[i], i
    _sort(work[0], order, n)
    _sort(work[1], turn, m)

    wind = base.copy()
    base_mask, base_total, base_on = np.uint64(0), 0, 0
    for k in range(1, len(base)):
        base_total += base[k]
        if base[k] > 0:
            base_mask |= bits[k]
            base_on += 1
    crowd, last, na, waiting, turned, lo = 0.0, 0, 0, 0, 0, event[0]
    none = np.empty(0)
    for at in range(1, e):
        hi = event[at]
        # A slab too low for its middle to be told from its edges joins the next, so that no ground is lost.
        if hi - lo <= tiny and at < e - 1:
            continue
        ym = (lo + hi) / 2
        k = 0
        for i in range(na):
            if edges[act[i], 3] > ym:
                act[k] = act[i]
                k += 1
        na = k
        while waiting < n and edges[order[waiting], 1] < ym:
            if edges[order[waiting], 3] > ym:
                act[na] = order[waiting]
                na += 1
            waiting += 1
        while turned < m and ys[turn[turned]] < ym:
            code = steps[turn[turned]]
            k, d = code >> 1, 2 * (code & 1) - 1
            before = base[k]
            base[k] += d
            if k > 0:
                base_total += d
                if (before > 0) != (base[k] > 0):
                    base_mask ^= bits[k]
                    base_on += d
            turned += 1
        cuts = none
        if not _lay(edges, act, na, work, lo, hi, slack):
            cuts = _crossings(work, na, lo, hi, slack)
        p = lo
        for s in range(len(cuts) + 1):
            q = cuts[s] if s < len(cuts) else hi
            if s < len(cuts) and (q - p <= tiny or hi - q <= tiny):
                continue
            if len(cuts):
                _lay(edges, act, na, work, p, q, slack)
            for k in range(len(base)):
                wind[k] = base[k]
            mask, total, on, x = base_mask, base_total, base_on, left
            for i in range(na + 1):
                end = work[0, i] if i < na else right
                if end > x:
                    piece = (end - x) * (q - p)
                    if wind[0] > 0:
                        if last >= count or keys[last] != mask:
                            last = _slot(keys, count, mask)
                            if last == count or keys[last] != mask:
                                if count == len(keys):
                                    keys, sums = _longer(keys, count), _taller(sums, count)
                                for j in range(count, last, -1):
                                    keys[j], sums[j, 0], sums[j, 1] = keys[j - 1], sums[j - 1, 0], sums[j - 1, 1]
                                keys[last], sums[last, 0], sums[last, 1] = mask, 0.0, 0.0
                                count += 1
                        # What rounding loses is kept apart (Knuth's two-sum), for ground of many square kilometres.
                        old, new = sums[last, 0], sums[last, 0] + piece
                        sums[last, 1] += (old - (new - (new - old))) + (piece - (new - old))
                        sums[last, 0] = new
                    if total >= 2 or on >= 2:
                        crowd += piece
                    x = end
                if i < na:
                    code = codes[act[i]]
                    k, w = code >> 1, 2 * (code & 1) - 1
                    before = wind[k]
                    wind[k] += w
                    if k > 0:
                        total += w
                        if (before > 0) != (wind[k] > 0):
                            mask ^= bits[k]
                            on += w
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
    n, m = int(np.int64(0)), len(ys)
    of_edges, of_steps = len(edges), m + 2 * len(edges)
    new, turns = np.empty((of_edges, 5)), np.empty(of_steps, np.int64)
    part = (new, np.empty(of_edges, np.int64), np.empty(of_steps), turns, base.copy())
    for i in range(m):
        part[2][i], part[3][i] = ys[i], steps[i]
    for i in range(len(edges)):
        a = 2 * (codes[i] & 1)  # the end where the edge begins
        n, m = _put(part, n, m, box, edges[i, a], edges[i, a + 1], edges[i, 2 - a], edges[i, 3 - a], codes[i] >> 1)
    return _filled(part, n, m, len(base))


@entry
def combinations(
    gxy: Array,
    grings: Array,
    grows: Array,
    fxy: Array,
    frings: Array,
    frows: Array,
    bit: Array,
    start: Array,
    feature: Array,
) -> tuple[Array, Array, Array, Array, Array]:
    """Row, mask and area of every combination; per row the area where features overlap, and its own area."""
    rows = len(grows) - 1
    overlap, own = np.zeros(rows), np.zeros(rows)
    zero = int(np.int64(0))  # no literal: else numba compiles functions twice, for literals too
    size, out = 2 * rows + 64, zero
    out_row, out_mask, out_area = np.empty(size, np.int64), np.empty(size, np.uint64), np.empty(size)
    edges, codes = np.empty((512, 5)), np.empty(512, np.int64)
    ys, steps = np.empty(1024), np.empty(1024, np.int64)
    work, index = np.empty((4, 2048)), np.empty((3, 2048), np.int64)
    keys, sums = np.zeros(64, np.uint64), np.zeros((64, 2))
    local, bits = np.zeros(64, np.int64), np.zeros(65, np.uint64)
    base = np.zeros(65, np.int64)
    for p in range(rows):
        first, end = grings[grows[p]], grings[grows[p + 1]]
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
                xy, rings, low_ring, high_ring, k = gxy, grings, grows[p], grows[p + 1], 0
            else:
                f = feature[t]
                xy, rings, low_ring, high_ring = fxy, frings, frows[f], frows[f + 1]
                if local[bit[f]] == 0:
                    local[bit[f]] = used
                    bits[used] = np.uint64(1) << np.uint64(bit[f])
                    used += 1
                k = local[bit[f]]
            for r in range(low_ring, high_ring):
                bx, by = xy[rings[r], 0] - ox, xy[rings[r], 1] - oy
                for q in range(rings[r] + 1, rings[r + 1]):
                    ax, ay, bx, by = bx, by, xy[q, 0] - ox, xy[q, 1] - oy
                    if (ay <= 0 and by <= 0) or (ay >= high and by >= high) or (ax >= right and bx >= right):
                        continue
                    if n == len(edges):
                        edges, codes = _taller(edges, n), _longer(codes, n)
                    if m + 2 > len(ys):
                        ys, steps = _longer(ys, m), _longer(steps, m)
                    n, m = _put((edges, codes, ys, steps, base), n, m, box, ax, ay, bx, by, k)
        count, crowd = zero, 0.0
        todo = [(_filled((edges, codes, ys, steps, base), n, m, used), box)]
        while todo:
            store, area = todo.pop()
            if len(store[0]) > _MANY:
                x = (store[0][:, 0].sum() + store[0][:, 2].sum()) / (2 * len(store[0]))
                if area[0] < x < area[2]:
                    near, far = (area[0], area[1], x, area[3]), (x, area[1], area[2], area[3])
                    west, east = _part(store, near), _part(store, far)
                    if len(west[0]) + len(east[0]) < 1.5 * len(store[0]):
                        todo.append((east, far))
                        todo.append((west, near))
                        continue
            keys, sums, count, more = _cell(store, bits, area, work, index, keys, sums, count)
            crowd += more
        overlap[p] = crowd
        for k in range(count):
            if out == len(out_row):
                out_row, out_mask, out_area = _longer(out_row, out), _longer(out_mask, out), _longer(out_area, out)
            area_here = sums[k, 0] + sums[k, 1]
            if area_here > 0:
                out_row[out], out_mask[out], out_area[out] = p, keys[k], area_here
                own[p] += area_here
                out += 1
    return out_row[:out].copy(), out_mask[:out].copy(), out_area[:out].copy(), overlap, own
