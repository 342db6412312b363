"""Areas per combination, against GEOS and by hand."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from flexsite.flat import Flat
from flexsite.geometry import Geometries
from flexsite.kernel import Combinations, combine, pairs

from .shapes import RD, polygonal, scenes, shore


def combined(ground: Geometries, features: Geometries, bit: list[int]) -> Combinations:
    flat, others = Flat.of(ground), Flat.of(features)
    return combine(flat, others, np.array(bit, np.uint8), *pairs(flat.bounds, others.bounds))


def table(found: Combinations, row: int = 0) -> dict[int, float]:
    here = found.row == row
    return dict(zip(found.mask[here].tolist(), found.area[here].tolist(), strict=True))


def by_geos(ground: shapely.Geometry, features: Geometries, bit: list[int]) -> dict[int, float]:
    parts = {0: ground}
    for k in sorted(set(bit)):
        footprint = shapely.union_all([one for one, of in zip(features, bit, strict=True) if of == k])
        parts = {mask: polygonal(part.difference(footprint)) for mask, part in parts.items()} | {
            mask | 1 << k: polygonal(part.intersection(footprint)) for mask, part in parts.items()
        }
    return {mask: part.area for mask, part in parts.items()}


def squares(*corners: tuple[float, float, float, float]) -> Geometries:
    return np.array([shapely.box(*corner) for corner in corners], dtype=object)


@settings(deadline=None, max_examples=150)
@given(scenes)
def test_areas_are_those_of_geos(scene: tuple[Geometries, Geometries]) -> None:
    ground, features = scene
    bit = [(0, 5, 63)[i % 3] for i in range(len(features))]
    found = combined(ground, features, bit)
    for row, shape in enumerate(ground):
        expected, got = by_geos(shape, features, bit), table(found, row)
        for mask in expected.keys() | got.keys():
            assert got.get(mask, 0.0) == pytest.approx(expected.get(mask, 0.0), abs=1e-6)
        assert list(got) == sorted(got)
        assert min(got.values(), default=1.0) > 0
        assert found.start_area[row] == pytest.approx(shape.area, abs=1e-6)
        assert sum(got.values()) == pytest.approx(found.start_area[row], abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(scenes)
def test_crowded_says_whether_features_overlap_in_the_box_of_a_row(scene: tuple[Geometries, Geometries]) -> None:
    ground, features = scene
    found = combined(ground, features, [i % 2 for i in range(len(features))])
    for row, shape in enumerate(ground):
        if shape.is_empty:
            assert not found.crowded[row]
            continue
        cut = [polygonal(one.intersection(shapely.box(*shape.bounds))) for one in features]
        overlap = max((one.intersection(two).area for one, two in itertools.combinations(cut, 2)), default=0.0)
        if not 1e-7 < overlap < 1e-5:
            assert found.crowded[row] == (overlap > 1e-6)


@settings(deadline=None, max_examples=40)
@given(scenes)
def test_a_row_does_not_depend_on_the_rows_beside_it(scene: tuple[Geometries, Geometries]) -> None:
    ground, features = scene
    bit = np.arange(len(features)).astype(np.uint8)
    flat, others = Flat.of(ground), Flat.of(features)
    start, feature = pairs(flat.bounds, others.bounds)
    whole = combine(flat, others, bit, start, feature)
    for row in range(len(flat)):
        alone = combine(flat.take(np.array([row])), others, bit, start[row : row + 2], feature)
        here = whole.row == row
        assert alone.mask.tobytes() == whole.mask[here].tobytes()
        assert alone.area.tobytes() == whole.area[here].tobytes()
        assert alone.start_area[0] == whole.start_area[row]
        assert alone.crowded[0] == whole.crowded[row]
    order = np.arange(len(flat))[::-1].copy()
    turned = flat.take(order)
    back = combine(turned, others, bit, *pairs(turned.bounds, others.bounds))
    assert back.start_area[order].tobytes() == whole.start_area.tobytes()


def test_a_square_under_two_footprints_by_hand() -> None:
    found = combined(squares((0, 0, 10, 10)), squares((-5, 0, 4, 10), (0, 0, 10, 3)), [0, 7])
    assert table(found) == {0: 42, 1: 28, 128: 18, 129: 12}
    assert found.crowded.tolist() == [True]


def test_overlap_within_a_footprint_counts_once() -> None:
    found = combined(squares((0, 0, 10, 10)), squares((0, 0, 6, 10), (4, 0, 8, 10)), [2, 2])
    assert table(found) == {0: 20, 4: 80}
    assert found.crowded.tolist() == [True]


def test_features_that_touch_do_not_crowd() -> None:
    x, y = RD
    found = combined(
        squares((x, y, x + 10, y + 10)), squares((x, y, x + 5.1, y + 10), (x + 5.1, y - 3, x + 9, y + 20)), [0, 1]
    )
    assert found.crowded.tolist() == [False]
    assert table(found) == pytest.approx({0: 10, 1: 51, 2: 39}, abs=1e-6)


def test_features_beside_the_ground_and_ground_without_any() -> None:
    ground = np.array([shapely.box(0, 0, 1, 1), shapely.Polygon(), shapely.box(5, 5, 6, 7)], dtype=object)
    found = combined(ground, squares((1, 0, 2, 1), (0, 1, 1, 2), (-1, 0, 0, 1)), [0, 1, 2])
    assert found.row.tolist() == [0, 2]
    assert found.mask.tolist() == [0, 0]
    assert found.area.tolist() == [1, 2]
    assert found.start_area.tolist() == [1, 0, 2]
    assert not found.crowded.any()


def test_holes_of_ground_and_of_features() -> None:
    ground = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    ring = shapely.box(-50, -50, 50, 50).difference(shapely.box(2, 2, 8, 8))
    found = combined(np.array([ground], dtype=object), np.array([ring], dtype=object), [63])
    assert table(found) == {0: 36 - 4, 1 << 63: 64}


def test_a_ring_around_itself_twice_counts_once() -> None:
    twice = Flat(
        np.array([[0, 0], [4, 0], [4, 4], [0, 4], [0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], dtype=float),
        np.array([0, 9]), np.array([0, 1]), np.array([0, 1]),
    )  # fmt: skip
    none = Flat.of(squares())
    found = combine(twice, none, np.empty(0, np.uint8), np.zeros(2, np.int64), np.empty(0, np.int64))
    assert found.area.tolist() == [16]


def test_sixty_four_footprints() -> None:
    strips = squares(*((k, 0, k + 1, 1) for k in range(64)))
    found = combined(squares((0, 0, 70, 1)), strips, list(range(64)))
    assert found.mask.tolist() == [0, *(1 << k for k in range(64))]
    assert found.area.tolist() == pytest.approx([6] + [1] * 64)


def test_many_masks_on_one_row() -> None:
    strips = squares(*((2.0**-k * j, 0, 2.0**-k * (j + 1), 1) for k in range(1, 9) for j in range(1, 2**k, 2)))
    found = combined(squares((0, 0, 1, 1)), strips, [k - 1 for k in range(1, 9) for _ in range(1, 2**k, 2)])
    assert found.mask.tolist() == list(range(256))
    assert found.area.tolist() == pytest.approx([1 / 256] * 256, rel=1e-12)


def test_very_many_crossings_at_one_height() -> None:
    angle = np.linspace(0.05, 0.35, 80)
    fans = [
        np.array([shapely.Polygon([(x, 0), (x + s * 100 * np.cos(a), 100 * np.sin(a)), (x, 0.4)]) for a in angle])
        for x, s in ((0, 1), (100, -1))
    ]
    fans = [np.array([shapely.union_all(fan)], dtype=object) for fan in fans]
    ground, features, bit = squares((-5, -5, 105, 50))[0], np.concatenate(fans), [3, 9]
    assert table(combined(np.array([ground], dtype=object), features, bit)) == pytest.approx(
        by_geos(ground, features, bit), abs=1e-6
    )


def test_ground_and_features_with_very_many_edges() -> None:
    rng = np.random.default_rng(3)
    ground = shore(rng, 30_000, 25_000, RD)
    features = np.array([shore(rng, 20_000, 15_000, (RD[0] + 9_000 * k, RD[1])) for k in (-1, 0, 1)], dtype=object)
    combined(squares((0, 0, 1, 1)), squares((0, 0, 1, 1)), [0])  # compiles
    began = time.process_time()
    found = combined(np.array([ground], dtype=object), features, [0, 1, 1])
    assert time.process_time() - began < 5
    expected = by_geos(ground, features, [0, 1, 1])
    assert table(found) == pytest.approx(expected, rel=1e-13, abs=1e-5)


def test_what_does_not_fit_is_refused() -> None:
    flat = Flat.of(squares((0, 0, 1, 1)))
    start, feature = np.array([0, 1]), np.array([0])
    with pytest.raises(ValueError, match="64"):
        combine(flat, flat, np.array([64], np.uint8), start, feature)
    with pytest.raises(ValueError, match="start"):
        combine(flat, flat, np.array([0], np.uint8), start[:1], feature)
    with pytest.raises(ValueError, match="pair"):
        combine(flat, flat, np.array([0], np.uint8), start, np.array([1]))
