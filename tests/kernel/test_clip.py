"""Clipping to boxes, against the plain algorithm and against overlays with the whole feature."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.flat import Flat
from flexsite.kernel import clip

from .shapes import RD, polygonal, scenes, shore

Ring = list[tuple[float, float]]


def half(ring: Ring, axis: int, line: float, sign: int) -> Ring:
    """Sutherland and Hodgman, as in the paper."""
    result: Ring = []
    for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
        u, v = sign * (a[axis] - line), sign * (b[axis] - line)
        if u >= 0:
            result.append(a)
        if u * v < 0:
            low, high = (a, b) if a[axis] < b[axis] else (b, a)
            t = (line - low[axis]) / (high[axis] - low[axis])
            other = low[1 - axis] + t * (high[1 - axis] - low[1 - axis])
            result.append((line, other) if axis == 0 else (other, line))
    return result


def tidied(ring: Ring, box: tuple[float, float, float, float]) -> Ring:
    """Without points that lie between others on a line of the box, and without repetitions."""

    def straight(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
        return a == b or any(a[k & 1] == b[k & 1] == c[k & 1] == box[k] for k in range(4))

    result: Ring = []
    for point in ring:
        result.append(point)
        while len(result) > 2 and straight(*result[-3:]):
            del result[-2]
    while len(result) > 2:
        if straight(result[-2], result[-1], result[0]):
            del result[-1]
        elif straight(result[-1], result[0], result[1]):
            del result[0]
        else:
            break
    return result if len(result) > 2 else []


def plain(ring: shapely.LinearRing, box: tuple[float, float, float, float]) -> Ring:
    points: Ring = [tuple(point) for point in ring.coords[:-1]]
    for axis, line, sign in ((0, box[0], 1), (0, box[2], -1), (1, box[1], 1), (1, box[3], -1)):
        points = half(points, axis, line, sign)
    return tidied(points, box)


def clipped(shape: shapely.Geometry, box: tuple[float, float, float, float]) -> Flat:
    return clip(Flat.of(np.array([shape], dtype=object)), np.array([0]), np.array([box]))


boxes = st.tuples(*[st.floats(-1.3, 1.3)] * 2, st.floats(0.001, 1.5), st.floats(0.001, 1.5))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10_000), st.sampled_from([5, 31, 33, 64, 700, 3000]), boxes)
def test_passing_over_runs_gives_what_the_plain_algorithm_gives(
    seed: int, vertices: int, where: tuple[float, float, float, float]
) -> None:
    lake = shore(np.random.default_rng(seed), vertices, 1000.0, RD)
    x, y, wide, high = (1000 * value for value in where)
    box = (RD[0] + x, RD[1] + y, RD[0] + x + wide, RD[1] + y + high)
    shell = Flat.of(np.array([lake], dtype=object)).geometry()[0].exterior
    west, south, east, north = lake.bounds
    lies_within = box[0] <= west and box[1] <= south and box[2] >= east and box[3] >= north
    expected = list(shell.coords[:-1]) if lies_within else plain(shell, box)
    got = clipped(lake, box)
    assert got.xy[:-1].tolist() == [list(point) for point in expected]
    assert got.xy[:1].tolist() == got.xy[-1:].tolist()


def difference_is_that_of_the_whole(parcel: shapely.Geometry, shape: shapely.Geometry) -> None:
    x0, y0, x1, y1 = parcel.bounds
    part = clipped(shape, (x0 - 1, y0 - 1, x1 + 1, y1 + 1)).geometry()[0]
    assert parcel.difference(part).area == pytest.approx(parcel.difference(shape).area, abs=1e-6)
    assert parcel.intersection(part).area == pytest.approx(parcel.intersection(shape).area, abs=1e-6)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10_000), st.floats(0, 6.3), st.floats(0.0, 1.6), st.floats(1, 400))
def test_overlay_with_a_clipped_shore_is_that_with_the_whole(
    seed: int, angle: float, reach: float, side: float
) -> None:
    rng = np.random.default_rng(seed)
    lake = shore(rng, 2500, 1000.0, RD).difference(shore(rng, 500, 60.0, RD))
    lake = polygonal(lake.difference(shore(rng, 400, 90.0, (RD[0] + 150, RD[1]))))
    x, y = RD[0] + 1000 * reach * np.cos(angle), RD[1] + 1000 * reach * np.sin(angle)
    difference_is_that_of_the_whole(shapely.affinity.rotate(shapely.box(x, y, x + side, y + side / 3), seed % 90), lake)


@settings(deadline=None, max_examples=60)
@given(scenes)
def test_overlay_with_clipped_features_is_that_with_the_whole(scene: tuple) -> None:  # type: ignore[type-arg]
    ground, features = scene
    for parcel in ground:
        for shape in features:
            if not parcel.is_empty and shape.is_valid:
                small = shapely.affinity.scale(parcel, 0.2, 0.2)
                difference_is_that_of_the_whole(small, shape)


def test_rows_within_pass_bit_for_bit_and_rows_beyond_vanish() -> None:
    ringed = shapely.box(2, 0, 3, 1).difference(shapely.box(2.2, 0.2, 2.5, 0.5))
    shapes = [
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), ringed]),
        shapely.box(50, 50, 51, 51),
        shapely.Polygon(),
    ]
    flat = Flat.of(np.array(shapes, dtype=object))
    row = np.array([2, 0, 1, 0])
    got = clip(flat, row, np.array([[0.0, 0, 3, 1]] * 4))
    same = flat.take(np.array([0]))
    for at in (1, 3):
        part = got.take(np.array([at]))
        for name in ("xy", "rings", "polygons", "rows"):
            assert getattr(part, name).tolist() == getattr(same, name).tolist()
    assert np.diff(got.rows).tolist() == [0, 2, 0, 2]
    assert len(clip(flat, np.empty(0, np.int64), np.empty((0, 4)))) == 0


def test_holes_around_within_and_across_the_box() -> None:
    shape = shapely.box(-50, -50, 50, 50).difference(
        shapely.union_all([shapely.box(-20, -20, 0, 0), shapely.box(3, 3, 4, 4), shapely.box(8, 1, 40, 2)])
    )
    assert np.diff(clipped(shape, (-10, -10, -5, -5)).rows).tolist() == [0]  # within a hole
    assert clipped(shape, (1, 0, 10, 9)).area.tolist() == [81 - 1 - 2]
    assert clipped(shape, (5, 5, 6, 6)).area.tolist() == [1]


def test_arms_that_leave_the_box_leave_no_spikes_along_it() -> None:
    around = shapely.box(-10, -10, 20, 20).difference(shapely.box(-5, -5, 15, 25))  # a U around the box
    assert clipped(around, (0, 0, 10, 10)).xy.tolist() == []
    comb = shapely.box(0, 0, 10, 1).union(shapely.MultiPolygon([shapely.box(k, 0, k + 0.5, 9) for k in range(10)]))
    part = clipped(comb, (2, 2, 6, 12))
    assert part.area.tolist() == [pytest.approx(4 * 0.5 * 7)]


def test_what_does_not_fit_is_refused() -> None:
    flat = Flat.of(shapely.box([0], [0], [1], [1]))
    with pytest.raises(ValueError, match="box"):
        clip(flat, np.array([0, 0]), np.zeros((1, 4)))
    with pytest.raises(ValueError, match="exist"):
        clip(flat, np.array([1]), np.zeros((1, 4)))
