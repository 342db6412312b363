"""Fingerprints: equal content, equal print; anything else, another."""

from __future__ import annotations

import struct

import numpy as np
import shapely
from hypothesis import given, settings

from flexsite.flat import Flat
from flexsite.geometry import Geometries
from flexsite.kernel import fingerprints, mix

from .shapes import scenes


def flat(*shapes: shapely.Geometry) -> Flat:
    return Flat.of(np.array(shapes, dtype=object))


def distinct(prints: np.ndarray) -> int:
    return len(set(map(tuple, prints.tolist())))


WORD = 2**64


def by_hand(words: list[int]) -> list[int]:
    """The hash in whole numbers, of which Python has enough digits."""
    result = []
    for seed, factor, turn in (
        (0x243F6A8885A308D3, 0x9E3779B97F4A7C15, 32),
        (0x13198A2E03707344, 0xC2B2AE3D27D4EB4F, 29),
    ):
        state = seed
        for word in words:
            state = (state ^ word) * factor % WORD
            state ^= state >> turn
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % WORD
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB % WORD
        result.append(state ^ (state >> 31))
    return result


def test_prints_are_the_same_on_every_machine() -> None:
    shapes = flat(shapely.box(0, 0, 1, 1), shapely.Polygon())
    bits = [int.from_bytes(struct.pack("<d", value), "little") for value in shapes.xy.ravel()]
    prints = fingerprints(shapes)
    assert prints.tolist() == [by_hand([1, 1, 5, *bits]), by_hand([0])]
    found = mix(prints, np.array([0, 2, 2]), np.array([1, 0]), prints)
    own, other = prints.tolist()
    assert found.tolist() == [by_hand([2, *own, *other, *own]), by_hand([0, *other])]


@settings(deadline=None, max_examples=30)
@given(scenes)
def test_the_print_of_a_row_is_that_of_its_content(scene: tuple[Geometries, Geometries]) -> None:
    shapes = Flat.of(np.concatenate(scene))
    prints = fingerprints(shapes)
    rows = np.arange(len(shapes))[::-1].copy()
    assert fingerprints(shapes.take(rows)).tolist() == prints[::-1].tolist()
    assert distinct(prints) == len({shape.wkb for shape in shapes.geometry()})


def test_every_coordinate_and_every_offset_counts() -> None:
    a, b = shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)
    hole = shapely.Polygon(a.exterior, [b.exterior])
    whole = flat(a, b, hole, shapely.MultiPolygon([a, b]), shapely.MultiPolygon([b, a]), shapely.Polygon())
    assert distinct(fingerprints(whole)) == 6
    base = flat(shapely.Point(3, 4).buffer(2))
    changed = [fingerprints(base)]
    for i in range(len(base.xy)):
        for axis in range(2):
            xy = base.xy.copy()
            xy[i, axis] = np.nextafter(xy[i, axis], 100)
            changed.append(fingerprints(Flat(xy, base.rings, base.polygons, base.rows)))
    assert distinct(np.concatenate(changed)) == 2 * len(base.xy) + 1


def test_no_two_of_many_near_each_other_share_half_a_print() -> None:
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(300), np.arange(300)))
    prints = fingerprints(Flat.of(shapely.box(x, y, x + 1, y + 1)))
    assert len(np.unique(prints[:, 0])) == len(np.unique(prints[:, 1])) == 90_000
    ones = np.unpackbits(prints.view(np.uint8)).mean()
    assert abs(ones - 0.5) < 0.001


def test_minus_zero_equals_zero() -> None:
    zero = flat(shapely.Polygon([(0, 0), (1, 0), (1, 1)]))
    minus = Flat(np.where(zero.xy == 0, -0.0, zero.xy), zero.rings, zero.polygons, zero.rows)
    assert fingerprints(minus).tolist() == fingerprints(zero).tolist()


def test_a_mix_depends_on_row_features_order_and_count() -> None:
    keys = fingerprints(flat(*(shapely.box(k, 0, k + 1, 1) for k in range(3))))
    own = keys[[0, 1]]

    def mixed(*features: int, row: int = 0) -> tuple[int, ...]:
        found = mix(own[row : row + 1], np.array([0, len(features)]), np.array(features, dtype=np.int64), keys)
        return tuple(found[0].tolist())

    several = [mixed(), mixed(0), mixed(0, 0), mixed(1), mixed(0, 1), mixed(1, 0), mixed(0, 1, 2), mixed(0, row=1)]
    assert len(set(several)) == len(several)
    together = mix(own, np.array([0, 2, 3]), np.array([1, 0, 0]), keys)
    assert [tuple(row) for row in together.tolist()] == [mixed(1, 0), mixed(0, row=1)]
    part = mix(own[1:], np.array([2, 3]), np.array([1, 0, 0]), keys)  # offsets of a slice
    assert part.tolist() == together[1:].tolist()
