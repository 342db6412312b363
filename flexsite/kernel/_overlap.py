"""Whether two polygons may share ground, by their edges."""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry, inner

# mypy: disable-error-code="no-any-return"

_NEAR = 1e-12
"""Distance, as a share of the largest coordinate, within which rounding may decide: thousands of times its size."""
_MOST = 1 << 22
"""Pairs of edges above which two large polygons are left to an overlay, which sweeps over them."""


@inner
def _away(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> float:
    """Squared distance of a point to the segment a-b."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = 0.0
    if length > 0.0:
        along = min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / length))
    ex, ey = px - ax - along * dx, py - ay - along * dy
    return ex * ex + ey * ey


@inner
def _left(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> bool:
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax) > 0.0


@inner
def _meets(e: Array, f: Array, near: float) -> bool:
    """Whether two edges come within `near` of each other elsewhere than in an end point they have in common."""
    if (
        min(e[0], e[2]) > max(f[0], f[2]) + near
        or max(e[0], e[2]) < min(f[0], f[2]) - near
        or min(e[1], e[3]) > max(f[1], f[3]) + near
        or max(e[1], e[3]) < min(f[1], f[3]) - near
    ):
        return False
    square = near * near
    first = (e[0] == f[0] and e[1] == f[1]) or (e[0] == f[2] and e[1] == f[3])
    last = (e[2] == f[0] and e[3] == f[1]) or (e[2] == f[2] and e[3] == f[3])
    if not first and _away(e[0], e[1], f[0], f[1], f[2], f[3]) <= square:
        return True
    if not last and _away(e[2], e[3], f[0], f[1], f[2], f[3]) <= square:
        return True
    start = (f[0] == e[0] and f[1] == e[1]) or (f[0] == e[2] and f[1] == e[3])
    end = (f[2] == e[0] and f[3] == e[1]) or (f[2] == e[2] and f[3] == e[3])
    if not start and _away(f[0], f[1], e[0], e[1], e[2], e[3]) <= square:
        return True
    if not end and _away(f[2], f[3], e[0], e[1], e[2], e[3]) <= square:
        return True
    if first or last:
        return False
    sides = _left(e[0], e[1], e[2], e[3], f[0], f[1]) != _left(e[0], e[1], e[2], e[3], f[2], f[3])
    return sides and _left(f[0], f[1], f[2], f[3], e[0], e[1]) != _left(f[0], f[1], f[2], f[3], e[2], e[3])


@inner
def _within(x: float, y: float, xy: Array, rings: Array, first: int, last: int) -> bool:
    """Whether a point lies in the polygon of these rings: a ray to the right crosses its boundary an odd time."""
    inside = False
    for ring in range(first, last):
        for k in range(rings[ring], rings[ring + 1] - 1):
            if (xy[k, 1] > y) != (xy[k + 1, 1] > y):
                upward = xy[k + 1, 1] > xy[k, 1]
                if _left(xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1], x, y) == upward:
                    inside = not inside
    return inside


@inner
def _gather(xy: Array, rings: Array, first: int, last: int, box: Array, edges: Array) -> int:
    """Put the edges whose own box meets `box` in `edges`; returns their number, which may be above its length."""
    count = 0
    for ring in range(first, last):
        for k in range(rings[ring], rings[ring + 1] - 1):
            ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
            if ax == bx and ay == by:
                continue
            if max(ax, bx) < box[0] or min(ax, bx) > box[2] or max(ay, by) < box[1] or min(ay, by) > box[3]:
                continue
            if count < len(edges):
                edges[count, 0], edges[count, 1], edges[count, 2], edges[count, 3] = ax, ay, bx, by
            count += 1
    return count


@inner
def _apart(
    one: Array, other: Array, own: Array, box: Array, near: float, xy: Array, rings: Array, a: int, b: int
) -> bool:
    """Whether edges of one polygon keep out of another, of which `box` is the box and a to b the rings.

    Parameters
    ----------
    own
        Whether an edge of `one` is no edge of the other.
    """
    for i in range(len(one)):
        if not own[i]:
            continue
        for j in range(len(other)):
            if _meets(one[i], other[j], near):
                return False
        x, y = (one[i, 0] + one[i, 2]) / 2, (one[i, 1] + one[i, 3]) / 2
        if box[0] <= x <= box[2] and box[1] <= y <= box[3] and _within(x, y, xy, rings, a, b):
            return False
    return True


@entry
def overlapping(xy: Array, rings: Array, rows: Array, boxes: Array, left: Array, right: Array) -> Array:
    """For each pair of rows whether they may overlap; see `overlapping.may_overlap`."""
    result = np.zeros(len(left), np.bool_)
    mine, theirs = np.empty((64, 4)), np.empty((64, 4))
    box = np.empty(4)
    for k in range(len(left)):
        p, q = left[k], right[k]
        box[0], box[1] = max(boxes[p, 0], boxes[q, 0]), max(boxes[p, 1], boxes[q, 1])
        box[2], box[3] = min(boxes[p, 2], boxes[q, 2]), min(boxes[p, 3], boxes[q, 3])
        if not (box[0] < box[2] and box[1] < box[3]):
            continue
        near = _NEAR * max(abs(boxes[p, 0]), abs(boxes[p, 1]), abs(boxes[p, 2]), abs(boxes[p, 3]))
        box[0], box[1], box[2], box[3] = box[0] - near, box[1] - near, box[2] + near, box[3] + near
        m = _gather(xy, rings, rows[p], rows[p + 1], box, mine)
        if m > len(mine):
            mine = np.empty((2 * m, 4))
            m = _gather(xy, rings, rows[p], rows[p + 1], box, mine)
        n = _gather(xy, rings, rows[q], rows[q + 1], box, theirs)
        if n > len(theirs):
            theirs = np.empty((2 * n, 4))
            n = _gather(xy, rings, rows[q], rows[q + 1], box, theirs)
        if m * n > _MOST:
            result[k] = True
            continue
        one, other = mine[:m], theirs[:n]
        own_p, own_q = np.ones(m, np.bool_), np.ones(n, np.bool_)
        for i in range(m):
            for j in range(n):
                ax, ay, bx, by = one[i, 0], one[i, 1], one[i, 2], one[i, 3]
                if ax == other[j, 2] and ay == other[j, 3] and bx == other[j, 0] and by == other[j, 1]:
                    own_p[i], own_q[j] = False, False
                elif ax == other[j, 0] and ay == other[j, 1] and bx == other[j, 2] and by == other[j, 3]:
                    result[k] = True
        if result[k]:
            continue
        apart = _apart(one, other, own_p, boxes[q], near, xy, rings, rows[q], rows[q + 1])
        apart = apart and _apart(other, one, own_q, boxes[p], near, xy, rings, rows[p], rows[p + 1])
        result[k] = not apart
    return result
