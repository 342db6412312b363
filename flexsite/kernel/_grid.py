"""Boxes that meet, by a pyramid of grids."""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry

# mypy: disable-error-code="no-any-return"


@entry
def meet(ground: Array, feature: Array, extent: Array, cell: float, cells: int) -> tuple[Array, Array]:
    """Rows of `feature` whose boxes meet each box of `ground`, rising; about `cells` cells are used at most.

    A feature lies in one cell only: that of its lower left corner, at the level whose cells are wider than the
    feature. So nothing is found twice, the memory does not depend on how large boxes are, and a look-up reads one
    row and one column of cells more than the box itself covers. Corners beyond `extent` lie in the cells at its
    border, so that a box far away does not make the others share few cells.
    """
    start = np.zeros(len(ground) + 1, np.int64)
    found = np.empty(4 * len(ground) + 64, np.int64)
    x_min, y_min, x_max, y_max = np.inf, np.inf, -np.inf, -np.inf
    for p in range(len(ground)):
        if np.isfinite(ground[p, 0] + ground[p, 1] + ground[p, 2] + ground[p, 3]):
            x_min, y_min = min(x_min, ground[p, 0]), min(y_min, ground[p, 1])
            x_max, y_max = max(x_max, ground[p, 2]), max(y_max, ground[p, 3])
    count, near, widest = len(feature), 0, 0.0
    level = np.full(count, -1, np.int64)
    for i in range(count):
        if np.isfinite(feature[i, 0] + feature[i, 1] + feature[i, 2] + feature[i, 3]):
            x0, y0, x1, y1 = feature[i, 0], feature[i, 1], feature[i, 2], feature[i, 3]
            if x0 <= x_max and x1 >= x_min and y0 <= y_max and y1 >= y_min:
                level[i] = 0
                near += 1
                widest = max(widest, x1 - x0, y1 - y0)
    if near == 0:
        return start, found[:0].copy()
    west, south, east, north = extent[0], extent[1], extent[2], extent[3]
    while ((east - west) / cell + 1) * ((north - south) / cell + 1) > cells:
        cell *= 2
    levels = 1
    while cell * 2.0 ** (levels - 1) * 0.99 < widest:
        levels += 1
    across = np.empty(levels, np.int64)
    along = np.empty(levels, np.int64)
    first = np.zeros(levels + 1, np.int64)
    for k in range(levels):
        across[k] = int((east - west) / (cell * 2.0**k)) + 1
        along[k] = int((north - south) / (cell * 2.0**k)) + 1
        first[k + 1] = first[k] + across[k] * along[k]
    place = np.empty(count, np.int64)
    begin = np.zeros(first[levels] + 1, np.int64)
    used = np.zeros(levels, np.bool_)
    for i in range(count):
        if level[i] < 0:
            continue
        size, k = max(feature[i, 2] - feature[i, 0], feature[i, 3] - feature[i, 1]), 0
        while k < levels - 1 and size > cell * 2.0**k * 0.99:  # 0.99: room for the rounding of what follows
            k += 1
        side = cell * 2.0**k
        column = int(min(max((feature[i, 0] - west) / side, 0.0), across[k] - 1.0))
        row = int(min(max((feature[i, 1] - south) / side, 0.0), along[k] - 1.0))
        place[i] = first[k] + row * across[k] + column
        used[k] = True
        begin[place[i] + 1] += 1
    for i in range(first[levels]):
        begin[i + 1] += begin[i]
    item = np.empty(begin[first[levels]], np.int64)
    box = np.empty((begin[first[levels]], 4))
    fill = begin[:-1].copy()
    for i in range(count):
        if level[i] < 0:
            continue
        at = fill[place[i]]
        fill[place[i]] += 1
        item[at] = i
        for c in range(4):
            box[at, c] = feature[i, c]

    total = 0
    for p in range(len(ground)):
        x0, y0, x1, y1 = ground[p, 0], ground[p, 1], ground[p, 2], ground[p, 3]
        here = total
        if np.isfinite(x0 + y0 + x1 + y1):
            for k in range(levels):
                if not used[k]:
                    continue
                side = cell * 2.0**k
                low = int(min(max((x0 - west) / side, 0.0), across[k] - 1.0))
                high = int(min(max((x1 - west) / side, 0.0), across[k] - 1.0))
                bottom = int(min(max((y0 - south) / side, 0.0), along[k] - 1.0))
                top = int(min(max((y1 - south) / side, 0.0), along[k] - 1.0))
                for row in range(max(bottom - 1, 0), top + 1):
                    line = first[k] + row * across[k]
                    for at in range(begin[line + max(low - 1, 0)], begin[line + high + 1]):
                        if box[at, 0] <= x1 and box[at, 2] >= x0 and box[at, 1] <= y1 and box[at, 3] >= y0:
                            if total == len(found):
                                more = np.empty(2 * total, np.int64)
                                for i in range(total):
                                    more[i] = found[i]
                                found = more
                            found[total] = item[at]
                            total += 1
        gap = 1  # Shell's sort
        while gap * 9 // 4 < total - here:
            gap = gap * 9 // 4 + 1
        while gap > 0:
            for i in range(here + gap, total):
                value, j = found[i], i - gap
                while j >= here and found[j] > value:
                    found[j + gap] = found[j]
                    j -= gap
                found[j + gap] = value
            gap = gap * 4 // 9
        start[p + 1] = total
    return start, found[:total].copy()
