"""The loop behind PTAL's index, in the subset of Python that numba compiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def index_of(
    first: Ints, stop: NDArray[np.int32], metres: Floats, place: Ints,
    offered: Ints, line: Ints, mode: Ints, waiting: Floats, reach: Floats,
    lines: int, pace: float, minutes: float, best_weight: float, other_weight: float,
) -> tuple[Floats, Ints, Ints]:  # fmt: skip
    """Index of every site, with the way and the row of the line that add most to it.

    Parameters
    ----------
    first, stop, metres
        Ways from sites to stops, as in `Legs`.
    place
        (stops,) place of every stop.
    offered, line, mode, waiting
        Lines of place p are rows offered[p]:offered[p + 1]: number, mode, minutes of waiting.
    reach
        (modes,) metres within which a stop counts, by mode.
    lines
        Number of lines.
    pace, minutes, best_weight, other_weight
        Metres per minute; numbers of the formula.
    """
    sites, modes = len(first) - 1, len(reach)
    index = np.zeros(sites)
    best_way = np.full(sites, -1, np.int64)
    best_row = np.full(sites, -1, np.int64)
    nearest = np.full(lines, np.inf)  # metres to each line
    row_of = np.zeros(lines, np.int64)
    way_of = np.zeros(lines, np.int64)
    met = np.zeros(lines, np.int64)  # lines within reach of this site, at most all of them
    best = np.zeros(modes)
    total = np.zeros(modes)
    for site in range(sites):
        found = 0
        for way in range(first[site], first[site + 1]):
            far = metres[way]
            at = place[stop[way]]
            for row in range(offered[at], offered[at + 1]):
                if far <= reach[mode[row]]:
                    one = line[row]
                    if nearest[one] == np.inf:
                        met[found] = one
                        found += 1
                    # the nearest stop of a line counts; of two as near, the one where it leaves most often
                    if far < nearest[one] or (far == nearest[one] and waiting[row] < waiting[row_of[one]]):
                        nearest[one] = far
                        row_of[one] = row
                        way_of[one] = way
        top = 0.0
        for k in range(found):
            one = met[k]
            row = row_of[one]
            frequency = minutes / (nearest[one] / pace + waiting[row])
            total[mode[row]] += frequency
            best[mode[row]] = max(best[mode[row]], frequency)
            if frequency > top:
                top = frequency
                best_way[site] = way_of[one]
                best_row[site] = row
            nearest[one] = np.inf
        for one in range(modes):
            index[site] += best_weight * best[one] + other_weight * (total[one] - best[one])
            best[one] = 0.0
            total[one] = 0.0
    return index, best_way, best_row
