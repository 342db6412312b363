"""Compiled: grids looked at row by row. Cells by their centres or under rasters, connected cells, their outlines."""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry, inner

NEAR = 1e-9
"""Share of a cell that is rounding."""


@entry
def resolve(sums: Array, count: Array, high: Array, low: Array) -> None:
    """Shares of cells from signed areas: `high` is their sum up to 1, `low` the least it can be where they overlap."""
    for row in range(high.shape[0]):
        share = 0.0
        for column in range(high.shape[1]):
            share += sums[row, column]
            most = min(max(share, 0.0), 1.0)
            if most < NEAR:
                most = 0.0
            elif most > 1.0 - NEAR:
                most = 1.0
            high[row, column] = most
            several = count[row, column] > 1
            low[row, column] = min(max(share, 0.0) / count[row, column], most) if several else most


@entry
def centres(
    xy: Array, rings: Array, polygons: Array, rows: Array, wanted: Array, inverse: Array, top: int, sums: Array
) -> None:
    """Note in `sums` (rows, columns + 1, int32) where the rows `wanted` begin and end to hold the centre of a cell.

    Summed along a row it is above zero where any of them holds it.
    """
    bottom, columns = top + sums.shape[0], sums.shape[1] - 1
    for feature in wanted:
        for polygon in range(rows[feature], rows[feature + 1]):
            for ring in range(polygons[polygon], polygons[polygon + 1]):
                start, end = rings[ring], rings[ring + 1]
                area = 0.0
                for i in range(start + 1, end - 1):
                    area += (xy[i, 0] - xy[start, 0]) * (xy[i + 1, 1] - xy[start, 1])
                    area -= (xy[i + 1, 0] - xy[start, 0]) * (xy[i, 1] - xy[start, 1])
                gain = 1 if (area > 0) != (ring > polygons[polygon]) else -1
                u1 = inverse[0] * xy[start, 0] + inverse[1] * xy[start, 1] + inverse[2]
                v1 = inverse[3] * xy[start, 0] + inverse[4] * xy[start, 1] + inverse[5]
                for i in range(start + 1, end):
                    u0, v0 = u1, v1
                    u1 = inverse[0] * xy[i, 0] + inverse[1] * xy[i, 1] + inverse[2]
                    v1 = inverse[3] * xy[i, 0] + inverse[4] * xy[i, 1] + inverse[5]
                    first = max(int(np.ceil(min(v0, v1) - 0.5)), top)
                    last = min(int(np.ceil(max(v0, v1) - 0.5)), bottom)
                    if first >= last:
                        continue
                    slope = (u1 - u0) / (v1 - v0)
                    step = gain if v0 < v1 else -gain
                    for row in range(first, last):
                        column = int(np.ceil(u0 + (row + 0.5 - v0) * slope - 0.5))
                        if column <= columns:
                            sums[row - top, max(column, 0)] += step


@entry
def entered(xy: Array, rings: Array, inverse: Array) -> int:
    """How many cells the rings can enter: each one, and another for every line of the grid that it crosses."""
    count = 0
    for ring in range(len(rings) - 1):
        count += 1
        column, row = 0.0, 0.0
        for i in range(rings[ring], rings[ring + 1]):
            u = np.floor(inverse[0] * xy[i, 0] + inverse[1] * xy[i, 1] + inverse[2])
            v = np.floor(inverse[3] * xy[i, 0] + inverse[4] * xy[i, 1] + inverse[5])
            if i > rings[ring]:
                count += int(abs(u - column) + abs(v - row))
            column, row = u, v
    return count


@entry
def inside(sums: Array, high: Array) -> None:
    """1 where the sum along the row is above zero, else 0."""
    for row in range(high.shape[0]):
        depth = 0
        for column in range(high.shape[1]):
            depth += sums[row, column]
            high[row, column] = 1.0 if depth > 0 else 0.0


@entry
def spread(
    mask: Array, row_first: Array, row_weight: Array, column_first: Array, column_weight: Array, high: Array
) -> None:
    """Share of each cell of a grid under the true cells of an upright raster, by the share of each side they have.

    Cell (i, j) lies on the rows from `row_first[i]` with weights `row_weight[i]`, and the same for columns; a weight
    of 0 ends them.
    """
    for i in range(high.shape[0]):
        for j in range(high.shape[1]):
            share = 0.0
            for a in range(row_weight.shape[1]):
                if row_weight[i, a] == 0:
                    break
                for b in range(column_weight.shape[1]):
                    if column_weight[j, b] == 0:
                        break
                    if mask[row_first[i] + a, column_first[j] + b]:
                        share += row_weight[i, a] * column_weight[j, b]
            high[i, j] = 0.0 if share < NEAR else 1.0 if share > 1.0 - NEAR else share


@entry
def count_runs(share: Array, least: float, count: Array) -> None:
    """How many runs of cells with at least so much each row has."""
    for row in range(share.shape[0]):
        before = False
        for column in range(share.shape[1]):
            here = share[row, column] >= least
            if here and not before:
                count[row] += 1
            before = here


@entry
def fill_runs(share: Array, least: float, start: Array, stop: Array, size: Array) -> None:
    """First and end column of every run, row by row, and the sum of its shares."""
    at = -1
    for row in range(share.shape[0]):
        before = False
        for column in range(share.shape[1]):
            here = share[row, column] >= least
            if here:
                if not before:
                    at += 1
                    start[at] = column
                    size[at] = 0.0
                stop[at] = column + 1
                size[at] += share[row, column]
            before = here


@inner
def root(parent: Array, item: int) -> int:
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item


@entry
def connect(first: Array, start: Array, stop: Array, patch: Array) -> int:
    """Number the sets of runs that touch along an edge, in the order of their first run; returns how many."""
    for item in range(len(patch)):
        patch[item] = item
    for row in range(1, len(first) - 1):
        above, below = first[row - 1], first[row]
        while above < first[row] and below < first[row + 1]:
            if start[above] < stop[below] and start[below] < stop[above]:
                one, other = root(patch, above), root(patch, below)
                patch[max(one, other)] = min(one, other)
            if stop[above] <= stop[below]:
                above += 1
            else:
                below += 1
    count = 0
    for item in range(len(patch)):
        # The root of a set is its first run, which has its number by now, stored as -1 - number.
        own = patch[item]
        if own == item:
            patch[item] = -1 - count
            count += 1
        else:
            while own >= 0:
                own = patch[own]
            patch[item] = own
    for item in range(len(patch)):
        patch[item] = -1 - patch[item]
    return count


@entry
def corners(
    first: Array, start: Array, stop: Array, patch: Array, columns: int, x: Array, y: Array, after: Array, owner: Array
) -> int:
    """Corners of the outlines of the runs with a patch (others have -1), line by line; returns how many.

    Each corner is followed, with the ground at its left, by `after`. Where two cells touch at a corner alone there
    are two corners, one for each of the cells. With empty arrays the corners are only counted.
    """
    fill, count, rows = len(x) > 0, 0, len(first) - 1
    open_at = np.full(columns + 1, -1, np.int64)
    for line in range(rows + 1):
        a = first[line - 1] if line > 0 else 0
        a_end = first[line] if line > 0 else 0
        b = first[line] if line < rows else 0
        b_end = first[line + 1] if line < rows else 0
        in_a, in_b, pending = False, False, -1
        while True:
            while a < a_end and patch[a] < 0:
                a += 1
            while b < b_end and patch[b] < 0:
                b += 1
            if a >= a_end and b >= b_end:
                break
            next_a = (stop[a] if in_a else start[a]) if a < a_end else columns + 1
            next_b = (stop[b] if in_b else start[b]) if b < b_end else columns + 1
            column = min(next_a, next_b)
            turn_a, turn_b = next_a == column, next_b == column
            if turn_a and turn_b and in_a == in_b:  # the outline goes straight on
                a, b = a + in_a, b + in_b
                in_a, in_b = not in_a, not in_b
                continue
            above = open_at[column]
            before, later = in_a != in_b, (in_a != turn_a) != (in_b != turn_b)
            # At a diagonal the left corner is that of the cell at the left, above or below.
            for side in range(2 if turn_a and turn_b else 1):
                up = turn_a if not (turn_a and turn_b) else in_a == (side == 0)
                if fill:
                    x[count], y[count] = column, line
                    owner[count] = patch[a] if up else patch[b]
                    if before and side == 0:  # the horizontal edge from the left
                        if in_a:
                            after[pending] = count
                        else:
                            after[count] = pending
                    if later and (side == 1 or not (turn_a and turn_b)):
                        pending = count
                    if not up:
                        open_at[column] = count
                    elif in_a:
                        after[count] = above
                    else:
                        after[above] = count
                count += 1
            if turn_a:
                a, in_a = a + in_a, not in_a
            if turn_b:
                b, in_b = b + in_b, not in_b
    return count


@entry
def outlines(x: Array, y: Array, after: Array, order: Array, ring: Array, area: Array) -> int:
    """Closed rings along the corners, without a corner twice: `order` has their corners, `ring` where each begins.

    `area` is positive for a ring around ground. Returns how many rings there are.
    """
    count, made, done = 0, 0, len(x)
    place = np.full(done, -1, np.int64)  # on the way now: where; -2: part of a ring
    way = np.empty(done, np.int64)
    for begin in range(done):
        if place[begin] == -2:
            continue
        length, here = 0, begin
        while True:
            closed = length > 0 and here == begin
            twin = -1
            if here > 0 and x[here - 1] == x[here] and y[here - 1] == y[here]:
                twin = here - 1
            elif here + 1 < done and x[here + 1] == x[here] and y[here + 1] == y[here]:
                twin = here + 1
            base = 0 if closed else place[twin] if twin >= 0 and place[twin] >= 0 else -1
            if base >= 0 and length > base:
                ring[count] = made
                twice = 0.0
                for i in range(base, length):
                    one, two = way[i], way[i + 1] if i + 1 < length else way[base]
                    twice += float(y[one]) * float(x[two]) - float(x[one]) * float(y[two])
                    order[made] = one
                    made += 1
                    place[one] = -2
                area[count] = twice / 2
                count += 1
                length = base
            if closed:
                break
            place[here] = length
            way[length] = here
            length += 1
            here = after[here]
    ring[count] = made
    return count
