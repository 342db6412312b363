"""Hashes of what is seen of features from a box, two words of 64 bits each."""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry, inner

# Odd multipliers of splitmix64 and xxhash64, and the seeds: digits of pi.
_A, _B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_SEED_A, _SEED_B = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344)
_MIX, _STIR = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_27, _29, _30, _31, _32 = np.uint64(27), np.uint64(29), np.uint64(30), np.uint64(31), np.uint64(32)


@inner
def _absorb(a: np.uint64, b: np.uint64, value: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Both words after one more value; which is lost from neither."""
    a = (a ^ value) * _A
    b = (b ^ value) * _B
    return a ^ (a >> _32), b ^ (b >> _29)


@inner
def _final(word: np.uint64) -> np.uint64:
    """The finisher of splitmix64 (Steele, Lea and Flood, 2014): every bit depends on every bit."""
    word = (word ^ (word >> _30)) * _MIX
    word = (word ^ (word >> _27)) * _STIR
    return word ^ (word >> _31)


@entry
def seen(
    boxes: Array,
    xy: Array,
    words: Array,
    rings: Array,
    rows: Array,
    start: Array,
    found: Array,
    part: Array,
    keys: Array,
    parts: int,
) -> Array:
    """(N, parts, 2) words per box and part of what its features are within the box; zeros where they are nothing.

    `words` are the bits of `xy`.
    """
    result = np.zeros((len(boxes), parts, 2), np.uint64)
    for p in range(len(boxes)):
        left, low, right, high = boxes[p, 0], boxes[p, 1], boxes[p, 2], boxes[p, 3]
        for t in range(start[p], start[p + 1]):
            f = found[t]
            a, b = _absorb(_SEED_A, _SEED_B, keys[f, 0])
            a, b = _absorb(a, b, keys[f, 1])
            edges, around = 0, 0
            for ring in range(rows[f], rows[f + 1]):
                x1, y1 = xy[rings[ring], 0], xy[rings[ring], 1]
                for i in range(rings[ring] + 1, rings[ring + 1]):
                    x0, y0, x1, y1 = x1, y1, xy[i, 0], xy[i, 1]
                    if (y0 < low and y1 < low) or (y0 > high and y1 > high) or (x0 > right and x1 > right):
                        continue
                    if x0 < left and x1 < left:
                        around += int(y1 <= low) - int(y0 <= low)
                        continue
                    for j in range(i - 1, i + 1):
                        for axis in range(2):
                            a, b = _absorb(a, b, words[j, axis])
                    edges += 1
                a, b = _absorb(a, b, np.uint64(edges))
            if edges > 0 or around != 0:
                a, b = _absorb(a, b, np.uint64(around))
                k = part[f]
                result[p, k, 0], result[p, k, 1] = _absorb(result[p, k, 0] ^ a, result[p, k, 1] ^ b, np.uint64(edges))
        for k in range(parts):
            if result[p, k, 0] != 0 or result[p, k, 1] != 0:
                result[p, k, 0], result[p, k, 1] = _final(result[p, k, 0]), _final(result[p, k, 1])
    return result
