"""Hashes of content, two words of 64 bits each."""

from __future__ import annotations

import numpy as np

from flexsite.kernel._jit import Array, entry, inner

# Odd multipliers of splitmix64 and xxhash64, and the seeds: digits of pi.
_A, _B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_SEED_A, _SEED_B = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344)
_MIX, _STIR = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_27, _29, _30, _31, _32 = np.uint64(27), np.uint64(29), np.uint64(30), np.uint64(31), np.uint64(32)
_MINUS_ZERO = np.uint64(1 << 63)


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
def prints(xy: Array, rings: Array, polygons: Array, rows: Array) -> Array:
    """(N, 2) words per row of its structure and the bits of its coordinates."""
    result = np.empty((len(rows) - 1, 2), np.uint64)
    for row in range(len(rows) - 1):
        a, b = _absorb(_SEED_A, _SEED_B, np.uint64(rows[row + 1] - rows[row]))
        for polygon in range(rows[row], rows[row + 1]):
            a, b = _absorb(a, b, np.uint64(polygons[polygon + 1] - polygons[polygon]))
            for ring in range(polygons[polygon], polygons[polygon + 1]):
                a, b = _absorb(a, b, np.uint64(rings[ring + 1] - rings[ring]))
                for i in range(rings[ring], rings[ring + 1]):
                    for axis in range(2):
                        value = xy[i, axis]
                        a, b = _absorb(a, b, np.uint64(0) if value == _MINUS_ZERO else value)
        result[row, 0], result[row, 1] = _final(a), _final(b)
    return result


@entry
def mixed(own: Array, start: Array, feature: Array, keys: Array) -> Array:
    """(N, 2) words per row of its own and, in order, those of its features."""
    result = np.empty((len(own), 2), np.uint64)
    for row in range(len(own)):
        a, b = _absorb(_SEED_A, _SEED_B, np.uint64(start[row + 1] - start[row]))
        a, b = _absorb(a, b, own[row, 0])
        a, b = _absorb(a, b, own[row, 1])
        for t in range(start[row], start[row + 1]):
            a, b = _absorb(a, b, keys[feature[t], 0])
            a, b = _absorb(a, b, keys[feature[t], 1])
        result[row, 0], result[row, 1] = _final(a), _final(b)
    return result
