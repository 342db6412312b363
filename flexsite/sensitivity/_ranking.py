"""Ranks under many weights, in the subset of Python that numba compiles."""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry

_DIGIT, _LOW, _HIGH = np.uint32(2047), np.uint32(11), np.uint32(22)


@entry
def ranked(values: Array, weights: Array, ranks: Array) -> None:
    """Rank sites under each row of weights: 1 is best, ties by row.

    The weighted sums, below 2^32, are sorted by their digits (least significant first, 11 bits each), which keeps the
    order of rows among equals.

    Parameters
    ----------
    values
        (K, N) uint8, 0..100.
    weights
        (D, K) uint32; a row sums to less than 2^25.
    ranks
        (D, N) uint32, filled.
    """
    criteria, count = values.shape
    short, short_row = np.empty(count, np.uint32), np.empty(count, np.uint32)
    key, row = np.empty(count, np.uint32), np.empty(count, np.uint32)
    for draw in range(len(weights)):
        start = np.zeros((3, 2048), np.int64)
        top = np.uint32(0)
        for k in range(criteria):
            top += np.uint32(100) * weights[draw, k]
        for i in range(count):
            less = top
            for k in range(criteria):
                less -= np.uint32(values[k, i]) * weights[draw, k]
            key[i] = less
            start[0, less & _DIGIT] += 1
            start[1, (less >> _LOW) & _DIGIT] += 1
            start[2, less >> _HIGH] += 1
        for digit in range(3):
            before = 0
            for value in range(2048):
                here = start[digit, value]
                start[digit, value] = before
                before += here
        for i in range(count):
            place = start[0, key[i] & _DIGIT]
            start[0, key[i] & _DIGIT] += 1
            short[place] = key[i]
            short_row[place] = i
        for i in range(count):
            value = (short[i] >> _LOW) & _DIGIT
            place = start[1, value]
            start[1, value] += 1
            key[place] = short[i]
            row[place] = short_row[i]
        for i in range(count):
            value = key[i] >> _HIGH
            start[2, value] += 1
            ranks[draw, row[i]] = start[2, value]
