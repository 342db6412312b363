"""Rings cut at lines and clipped to boxes (Sutherland and Hodgman, 1974)."""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry, inner

_COARSE = 1000.0
"""Metres between the lines of the coarsest grid to cut at."""
_FINE = _COARSE / 1024
"""And of the finest: what is heavy within a metre stays so."""
_RUN = 32
"""Vertices that share one bounding box."""


@inner
def _longer(values: Array, need: int) -> Array:
    """The same values with room for `need`."""
    more = np.empty(max(need, 2 * len(values)), values.dtype)
    for i in range(len(values)):
        more[i] = values[i]
    return more


@inner
def _wider(xy: Array, need: int) -> Array:
    """The same coordinates with room for `need`."""
    more = np.empty((max(need, 2 * len(xy)), 2))
    for i in range(len(xy)):
        more[i, 0], more[i, 1] = xy[i, 0], xy[i, 1]
    return more


@inner
def _half(xy: Array, n: int, axis: int, line: float, sign: float, out: Array, m: int) -> int:
    """Add to `out`, from m, what lies on one side of a line of a ring of n vertices, the last not repeated.

    Where it crosses is computed from the end with the smaller coordinate, so that polygons that share the edge still
    share it afterwards.
    """
    if n == 0:
        return m
    side = sign * (xy[0, axis] - line)
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        other = sign * (xy[j, axis] - line)
        if side >= 0:
            out[m, 0], out[m, 1] = xy[i, 0], xy[i, 1]
            m += 1
        if (side < 0 < other) or (other < 0 < side):
            a, b = (i, j) if xy[i, axis] < xy[j, axis] else (j, i)
            t = (line - xy[a, axis]) / (xy[b, axis] - xy[a, axis])
            out[m, axis] = line
            out[m, 1 - axis] = xy[a, 1 - axis] + t * (xy[b, 1 - axis] - xy[a, 1 - axis])
            m += 1
        side = other
    return m


@inner
def _piece(xy: Array, ends: Array, axis: int, line: float, sign: float) -> tuple[Array, Array]:
    """One side of the rings of a piece; rings without ground there are left out."""
    out, m = np.empty((2 * len(xy) + len(ends), 2)), int(np.int64(0))
    kept, rings = np.zeros(len(ends), np.int64), 1
    for r in range(len(ends) - 1):
        begin = m
        m = _half(xy[ends[r] :], ends[r + 1] - ends[r] - 1, axis, line, sign, out, begin)
        inside = False
        for i in range(begin, m):
            inside |= out[i, axis] != line
        if inside and m - begin > 2:
            out[m, 0], out[m, 1] = out[begin, 0], out[begin, 1]
            m += 1
            kept[rings] = m
            rings += 1
        else:
            m = begin
    return out[:m].copy(), kept[:rings].copy()


@inner
def _line(xy: Array) -> tuple[int, float]:
    """The axis and the line to cut at: on the coarsest grid that crosses the piece, near its middle; -1: none."""
    low, high = np.array([xy[0, 0], xy[0, 1]]), np.array([xy[0, 0], xy[0, 1]])
    for i in range(len(xy)):
        for axis in range(2):
            low[axis], high[axis] = min(low[axis], xy[i, axis]), max(high[axis], xy[i, axis])
    grid = _COARSE
    while grid >= _FINE:
        best, line, most = -1, 0.0, 0.0
        for axis in range(2):
            first, last = np.floor(low[axis] / grid) + 1, np.ceil(high[axis] / grid) - 1
            if last - first + 1 > most:
                best, line, most = axis, np.floor((first + last) / 2) * grid, last - first + 1
        if best >= 0:
            return best, line
        grid /= 2
    return -1, 0.0


@entry
def cut(xy: Array, rings: Array, polygons: Array, rows: Array, most: int) -> tuple[Array, Array, Array, Array, Array]:
    """Coordinates, rings, polygons and rows of the pieces, and the row that each comes from."""
    count = len(rows) - 1
    out_xy, out_rings = np.empty((len(xy) + 64, 2)), np.zeros(len(rings) + 64, np.int64)
    out_polygons, out_rows = np.zeros(len(polygons) + 64, np.int64), np.zeros(count + 64, np.int64)
    owner = np.empty(count + 64, np.int64)
    v, r, p, n = 0, 0, 0, 0
    for row in range(count):
        first, last = polygons[rows[row]], polygons[rows[row + 1]]
        begin, end = rings[first], rings[last]
        ends = np.empty(last - first + 1, np.int64)
        for i in range(first, last + 1):
            ends[i - first] = rings[i] - begin
        todo = [(xy[begin:end], ends)]
        while todo:
            some, ends = todo.pop()
            light = end - begin <= most
            if not light and len(some) > most:
                axis, line = _line(some)
                if axis >= 0:
                    for sign in (1.0, -1.0):
                        part = _piece(some, ends, axis, line, sign)
                        if len(part[0]):
                            todo.append(part)
                    continue
            if v + len(some) > len(out_xy):
                out_xy = _wider(out_xy, v + len(some))
            if r + len(ends) > len(out_rings):
                out_rings = _longer(out_rings, r + len(ends))
            more = rows[row + 1] - rows[row] if light else 1
            if p + more + 1 > len(out_polygons):
                out_polygons = _longer(out_polygons, p + more + 1)
            if n + 2 > len(out_rows):
                out_rows = _longer(out_rows, n + 2)
                owner = _longer(owner, n + 2)
            for i in range(len(some)):
                out_xy[v + i, 0], out_xy[v + i, 1] = some[i, 0], some[i, 1]
            for i in range(1, len(ends)):
                out_rings[r + i] = v + ends[i]
            for i in range(more):
                out_polygons[p + i + 1] = r + (polygons[rows[row] + i + 1] - first if light else len(ends) - 1)
            v, r, p = v + len(some), r + len(ends) - 1, p + more
            owner[n], out_rows[n + 1] = row, p
            n += 1
    return out_xy[:v].copy(), out_rings[: r + 1], out_polygons[: p + 1], out_rows[: n + 1], owner[:n]


@inner
def _straight(xy: Array, i: int, j: int, k: int, box: Array) -> bool:
    """Whether three points lie on one line of the box, or the first two on each other."""
    for axis in range(2):
        for line in (box[axis], box[axis + 2]):
            if xy[i, axis] == line and xy[j, axis] == line and xy[k, axis] == line:
                return True
    return bool(xy[i, 0] == xy[j, 0] and xy[i, 1] == xy[j, 1])


@inner
def _tidy(xy: Array, n: int, box: Array) -> tuple[int, int]:
    """Leave out, in place, points between others on a line of the box; where the ring then begins and ends."""
    m = 0
    for i in range(n):
        xy[m, 0], xy[m, 1] = xy[i, 0], xy[i, 1]
        m += 1
        while m > 2 and _straight(xy, m - 3, m - 2, m - 1, box):
            xy[m - 2, 0], xy[m - 2, 1] = xy[m - 1, 0], xy[m - 1, 1]
            m -= 1
    begin = 0
    while m - begin > 2:
        if _straight(xy, m - 2, m - 1, begin, box):
            m -= 1
        elif _straight(xy, m - 1, begin, begin + 1, box):
            begin += 1
        else:
            break
    return begin, m


@inner
def _thin(xy: Array, n: int, runs: Array, box: Array, out: Array) -> int:
    """Leave out the inside of stretches of a ring that lie wholly beyond one side of the box.

    Nothing of them can reach the box, and how they enter and leave depends on their first and last vertex alone.
    """
    m, beyond, length = 0, -1, 0
    for k in range((n + _RUN - 1) // _RUN):
        a, b = k * _RUN, min(n, (k + 1) * _RUN)
        here = -1
        for side in range(4):
            axis = side & 1
            out_of = runs[k, axis + 2] < box[side] if side < 2 else runs[k, axis] > box[side]
            if out_of and (here < 0 or side == beyond):
                here = side
        if here < 0:
            for i in range(a, b):
                out[m, 0], out[m, 1] = xy[i, 0], xy[i, 1]
                m += 1
        else:
            if here != beyond:
                out[m, 0], out[m, 1] = xy[a, 0], xy[a, 1]
                m += 1
                length = 1
            if here != beyond and b - a == 1:
                beyond = here
                continue
            if length > 1:
                m -= 1
            out[m, 0], out[m, 1] = xy[b - 1, 0], xy[b - 1, 1]
            m += 1
            length = 2
        beyond = here
    return m


@inner
def _boxes(xy: Array, rings: Array, first: int, last: int, begin: Array, runs: Array) -> Array:
    """Fill the bounding boxes of the runs of rings first..last; return the box of all."""
    whole = np.array([np.inf, np.inf, -np.inf, -np.inf])
    for r in range(first, last):
        n = rings[r + 1] - rings[r] - 1
        for k in range((n + _RUN - 1) // _RUN):
            box = runs[begin[r - first] + k]
            for axis in range(2):
                box[axis], box[axis + 2] = np.inf, -np.inf
                for i in range(rings[r] + k * _RUN, rings[r] + min(n, (k + 1) * _RUN)):
                    box[axis], box[axis + 2] = min(box[axis], xy[i, axis]), max(box[axis + 2], xy[i, axis])
                whole[axis], whole[axis + 2] = min(whole[axis], box[axis]), max(whole[axis + 2], box[axis + 2])
    return whole


@inner
def _within(runs: Array, first: int, last: int, box: Array) -> bool:
    """Whether all of these runs lie within the box."""
    for k in range(first, last):
        if runs[k, 0] < box[0] or runs[k, 1] < box[1] or runs[k, 2] > box[2] or runs[k, 3] > box[3]:
            return False
    return True


@inner
def _room(xy: Array, need: int) -> Array:
    """An array for `need` points: this one, or a new one."""
    return xy if len(xy) >= need else np.empty((2 * need, 2))


@entry
def clip(
    xy: Array, rings: Array, polygons: Array, rows: Array, row: Array, boxes: Array
) -> tuple[Array, Array, Array, Array]:
    """Coordinates, rings, polygons and rows of `row`, which rises, each clipped to its box."""
    out_xy, out_rings, out_polygons = np.empty((1024, 2)), np.zeros(1024, np.int64), np.zeros(1024, np.int64)
    out_rows = np.zeros(len(row) + 1, np.int64)
    one, two = np.empty((1024, 2)), np.empty((1024, 2))
    runs, begin, whole = np.empty((0, 4)), np.zeros(1, np.int64), np.zeros(4)
    v, r, p, known = 0, 0, 0, -1
    for k in range(len(row)):
        f, box = row[k], boxes[k]
        first, last = polygons[rows[f]], polygons[rows[f + 1]]
        if f != known:
            known = f
            begin = np.zeros(last - first + 1, np.int64)
            for i in range(first, last):
                begin[i - first + 1] = begin[i - first] + (rings[i + 1] - rings[i] - 2 + _RUN) // _RUN
            runs = np.empty((begin[last - first], 4))
            whole = _boxes(xy, rings, first, last, begin, runs)
        apart = whole[2] < box[0] or whole[3] < box[1] or whole[0] > box[2] or whole[1] > box[3]
        for polygon in range(rows[f], rows[f] if apart else rows[f + 1]):
            v_before, r_before = v, r
            for i in range(polygons[polygon], polygons[polygon + 1]):
                n = rings[i + 1] - rings[i] - 1
                a, b = begin[i - first], begin[i - first + 1]
                low, m, source, shell = 0, n, xy[rings[i] :], i == polygons[polygon]
                if not _within(runs, a, b, box):
                    one = _room(one, n)
                    m = _thin(source, n, runs[a:], box, one)
                    two = _room(two, 2 * m)
                    m = _half(one, m, 0, box[0], 1.0, two, 0)
                    one = _room(one, 2 * m)
                    m = _half(two, m, 0, box[2], -1.0, one, 0)
                    two = _room(two, 2 * m)
                    m = _half(one, m, 1, box[1], 1.0, two, 0)
                    one = _room(one, 2 * m)
                    m = _half(two, m, 1, box[3], -1.0, one, 0)
                    low, m = _tidy(one, m, box)
                    source = one
                if m - low < 3:
                    if shell:
                        break
                    continue
                corners = 0
                for j in range(low, m):
                    x, y = source[j, 0], source[j, 1]
                    corners += int((x == box[0] or x == box[2]) and (y == box[1] or y == box[3]))
                if not shell and m - low == 4 and corners == 4:  # the box lies in the hole
                    v, r = v_before, r_before
                    break
                if v + m - low + 1 > len(out_xy):
                    out_xy = _wider(out_xy, v + m - low + 1)
                if r + 2 > len(out_rings):
                    out_rings = _longer(out_rings, r + 2)
                for j in range(low, m + 1):
                    c = j if j < m else low
                    out_xy[v, 0], out_xy[v, 1] = source[c, 0], source[c, 1]
                    v += 1
                r += 1
                out_rings[r] = v
            if r > r_before:
                if p + 2 > len(out_polygons):
                    out_polygons = _longer(out_polygons, p + 2)
                p += 1
                out_polygons[p] = r
        out_rows[k + 1] = p
    return out_xy[:v].copy(), out_rings[: r + 1], out_polygons[: p + 1], out_rows
