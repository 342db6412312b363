"""The edges that cross a slab, in their order from left to right, and where they cross each other.

Compiled within `_slab.combinations`. numba compiles that anew when its own file changes, not this one: touch it too.
"""

from __future__ import annotations

from flexsite.kernel._jit import Array, inner

Line = tuple[Array, Array, Array, Array]
"""The active edges from left to right, and where each is at mid-height, at the bottom and at the top of the slab."""


@inner
def _insert(line: Line, n: int, g: int, x: float, low: float, high: float) -> None:
    """Put an edge into its place among n from left to right; most come nearly in order from the slab below."""
    act, mid, bottom, top = line
    j = n - 1
    while j >= 0 and mid[j] > x:
        act[j + 1], mid[j + 1], bottom[j + 1], top[j + 1] = act[j], mid[j], bottom[j], top[j]
        j -= 1
    act[j + 1], mid[j + 1], bottom[j + 1], top[j + 1] = g, x, low, high


@inner
def _at_top(edges: Array, g: int, hi: float) -> float:
    """Where an edge leaves a slab."""
    x: float = edges[g, 2] if edges[g, 3] <= hi else edges[g, 0] + (hi - edges[g, 1]) * edges[g, 4]
    return x


@inner
def enter(edges: Array, line: Line, n: int, g: int, lo: float, hi: float) -> None:
    """Put an edge into its place in a slab."""
    low = edges[g, 0] if edges[g, 1] >= lo else edges[g, 0] + (lo - edges[g, 1]) * edges[g, 4]
    high = _at_top(edges, g, hi)
    _insert(line, n, g, (low + high) / 2, low, high)


@inner
def rise(edges: Array, line: Line, n: int, hi: float, ym: float) -> int:
    """Go on to the slab above, from `ym` half way up to `hi`, with those of n edges that reach it; their number."""
    kept = 0
    for i in range(n):
        g = line[0][i]
        if edges[g, 3] > ym:
            low, high = line[3][i], _at_top(edges, g, hi)
            _insert(line, kept, g, (low + high) / 2, low, high)
            kept += 1
    return kept


@inner
def again(edges: Array, line: Line, n: int, lo: float, hi: float) -> None:
    """Put the same edges in order in another slab."""
    for i in range(n):
        enter(edges, line, i, line[0][i], lo, hi)


@inner
def apart(line: Line, n: int, slack: float) -> bool:
    """Whether no edges cross within the slab."""
    _, _, bottom, top = line
    apart = True
    for i in range(1, n):
        apart &= bottom[i - 1] <= bottom[i] + slack and top[i - 1] <= top[i] + slack
    return apart


@inner
def crossings_of(cuts: Array, line: Line, na: int, lo: float, hi: float, slack: float) -> int:
    """Number of crossings of active edges within the slab, and as many of their heights as `cuts` has room for.

    The line is of no use afterwards.
    """
    _, _, bottom, top = line
    for i in range(1, na):
        a, b, j = bottom[i], top[i], i - 1
        while j >= 0 and (bottom[j] > a or (bottom[j] == a and top[j] > b)):
            bottom[j + 1], top[j + 1] = bottom[j], top[j]
            j -= 1
        bottom[j + 1], top[j + 1] = a, b
    count = 0
    for i in range(1, na):  # every exchange on the way from the order below to that above is a crossing
        a, b, j = bottom[i], top[i], i - 1
        while j >= 0 and top[j] > b:
            if top[j] > b + slack or bottom[j] < a - slack:
                if count < len(cuts):
                    cuts[count] = lo + (hi - lo) * ((a - bottom[j]) / ((a - bottom[j]) + (top[j] - b)))
                count += 1
            bottom[j + 1], top[j + 1] = bottom[j], top[j]
            j -= 1
        bottom[j + 1], top[j + 1] = a, b
    return count
