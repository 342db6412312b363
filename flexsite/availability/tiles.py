"""Candidates in tiles: squares of a fixed grid, halved where they hold many, in the order of a space-filling curve.

Tiles bound the memory of a step and are what threads, resumed runs and other machines share. No result depends on
them: every candidate is dealt with by itself.
"""

from __future__ import annotations

import numpy as np

from flexsite.geometry import Floats, Indices

MOST = 20_000
"""Candidates above which a tile is split into four."""
_CELL = 1000.0
"""Metres; the smallest tile, and the grid that all tiles lie on."""
_LEVELS = 24
"""Halvings from the largest tile to the smallest: wider than any CRS in metres."""
_OFFSET = 1 << (_LEVELS - 1)


def split(boxes: Floats, *, most: int = MOST) -> list[Indices]:
    """Rows of candidates per tile.

    Parameters
    ----------
    boxes
        (N, 4) minx, miny, maxx, maxy in metres; the middle says in which tile a candidate lies.
    most
        Candidates above which a tile is split; only the smallest tiles, of 1,000 m, may hold more.

    Examples
    --------
    >>> split(np.array([[0.0, 0.0, 1.0, 1.0], [1500.0, 0.0, 1501.0, 1.0], [2.0, 2.0, 3.0, 3.0]]), most=2)
    [array([0, 2]), array([1])]
    """
    if not len(boxes):
        return []
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    cell = np.clip(np.floor(middle / _CELL), -_OFFSET, _OFFSET - 1).astype(np.int64) + _OFFSET
    code = _interleaved(cell[:, 0]) | (_interleaved(cell[:, 1]) << 1)
    order = np.argsort(code, kind="stable")
    code = code[order]
    found: list[Indices] = []
    todo = [(0, len(code), _LEVELS)]
    while todo:
        first, last, level = todo.pop()
        if last - first <= most or level == 0:
            found.append(np.sort(order[first:last]))
            continue
        quarter = code[first:last] >> (2 * (level - 1))
        borders = first + np.flatnonzero(np.diff(quarter)) + 1
        edges = [first, *borders.tolist(), last]
        todo += [(low, high, level - 1) for low, high in zip(edges[-2::-1], edges[:0:-1], strict=True)]
    return found


def _interleaved(value: Indices) -> Indices:
    """The bits of a number below 2^24 with a zero between each two."""
    value = (value | (value << 16)) & 0x0000FFFF0000FFFF
    value = (value | (value << 8)) & 0x00FF00FF00FF00FF
    value = (value | (value << 4)) & 0x0F0F0F0F0F0F0F0F
    value = (value | (value << 2)) & 0x3333333333333333
    result: Indices = (value | (value << 1)) & 0x5555555555555555
    return result
