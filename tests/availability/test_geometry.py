"""Polygon arithmetic against plain shapely, one geometry at a time."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite import geometry
from flexsite.geometry import (
    cut_heavy,
    difference,
    footprint_on,
    intersection,
    overlap,
    polygonal,
    rounded_area,
    spread,
    union_groups,
)

from .helpers import boxes, objects, shapes

several = st.lists(boxes, min_size=1, max_size=6)


def star(x: float, y: float, size: float, corners: int, seed: int) -> shapely.Polygon:
    """A polygon of many vertices around a point, seldom convex."""
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = size * np.random.default_rng(seed).uniform(0.3, 1, corners)
    return shapely.Polygon(np.column_stack([x + reach * np.cos(angles), y + reach * np.sin(angles)]))


stars = st.builds(
    star,
    st.floats(-5000, 5000), st.floats(-5000, 5000), st.floats(100, 4000), st.integers(260, 900), st.integers(0, 99),
)  # fmt: skip


def test_areas_are_rounded_to_square_decimetres() -> None:
    found = rounded_area(shapes(shapely.box(0, 0, 1, 1.23456), shapely.Polygon(), shapely.box(0, 0, 0.06, 0.06)))
    assert found.tolist() == [1.23, 0.0, 0.0]
    assert not np.signbit(found).any()


class TestPolygonal:
    def test_lines_and_points_hold_no_ground(self) -> None:
        square = shapely.box(0, 0, 1, 1)
        mixed = shapely.GeometryCollection([shapely.Point(3, 3), square, shapely.LineString([(5, 5), (6, 6)])])
        nested = shapely.GeometryCollection([mixed, shapely.MultiPolygon([shapely.box(2, 0, 3, 1)])])
        found = polygonal(
            shapes(square, mixed, shapely.Point(0, 0), nested, shapely.GeometryCollection(), shapely.MultiPolygon())
        )
        assert [one.area for one in found] == [1, 1, 0, 2, 0, 0]
        assert set(shapely.get_type_id(found)) <= {3, 6}
        assert found[0] is square

    def test_the_input_stays(self) -> None:
        given_shapes = shapes(shapely.Point(0, 0))
        polygonal(given_shapes)
        assert given_shapes[0] == shapely.Point(0, 0)


class TestCutHeavy:
    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.one_of(stars, boxes), min_size=1, max_size=4))
    def test_pieces_tile_the_polygon(self, polygons: list[Any]) -> None:
        pieces, owner = cut_heavy(shapes(*polygons))
        assert (np.diff(owner) >= 0).all()
        for row, polygon in enumerate(polygons):
            own = pieces[owner == row]
            # Corners on the grid lines are rounded to the last bit: nanometres of width along the lines.
            assert shapely.area(own).sum() == pytest.approx(polygon.area, rel=1e-12, abs=1e-5)
            assert shapely.union_all(own).symmetric_difference(polygon).area < 1e-4
            left, right = shapely.STRtree(own).query(own, predicate="intersects")
            pairs = left < right
            assert shapely.area(shapely.intersection(own[left[pairs]], own[right[pairs]])).sum() < 1e-6

    @settings(max_examples=15, deadline=None)
    @given(stars)
    def test_pieces_are_light_or_within_a_cell_of_the_grid(self, polygon: Any) -> None:
        pieces, _ = cut_heavy(shapes(polygon))
        for piece in pieces:
            minx, miny, maxx, maxy = piece.bounds
            small = max(np.ceil(maxx / 1000) - np.floor(minx / 1000), np.ceil(maxy / 1000) - np.floor(miny / 1000)) <= 1
            assert small or shapely.get_num_coordinates(piece) <= 256

    @settings(max_examples=15, deadline=None)
    @given(stars)
    def test_cuts_lie_on_multiples_of_a_kilometre(self, polygon: Any) -> None:
        """A vertex that the polygon did not have lies on a line of the grid."""
        own = {tuple(point) for point in shapely.get_coordinates(polygon)}
        pieces, _ = cut_heavy(shapes(polygon))
        new = np.array([point for point in shapely.get_coordinates(pieces) if tuple(point) not in own])
        if len(new):
            off = np.abs(new - np.round(new / 1000) * 1000).min(axis=1)
            assert off.max() < 1e-6

    def test_what_else_is_there_does_not_matter(self) -> None:
        polygon, other = star(0, 0, 3000, 800, 1), star(-9000, 400, 1700, 700, 2)
        alone, _ = cut_heavy(shapes(polygon))
        both, owner = cut_heavy(shapes(other, polygon))
        assert shapely.to_wkb(alone).tolist() == shapely.to_wkb(both[owner == 1]).tolist()
        assert len(alone) > 3

    def test_light_ones_stay_themselves(self) -> None:
        wide, small = shapely.box(0, 0, 9000, 9000), star(500, 500, 300, 800, 3)
        pieces, owner = cut_heavy(shapes(wide, small, shapely.Polygon()))
        assert pieces[0] is wide and pieces[1] is small
        assert owner.tolist() == [0, 1, 2]

    def test_none(self) -> None:
        pieces, owner = cut_heavy(shapes())
        assert len(pieces) == len(owner) == 0


class TestUnionGroups:
    @given(st.lists(st.tuples(boxes, st.integers(0, 4)), max_size=8))
    def test_equals_a_union_per_group(self, items: list[tuple[Any, int]]) -> None:
        group = np.array([number for _, number in items], dtype=np.intp)
        found = union_groups(shapes(*(box for box, _ in items)), group)
        assert found.row.tolist() == sorted({number for _, number in items})
        for row, one in zip(found.row, found.geometry, strict=True):
            assert one.equals(shapely.union_all([box for box, number in items if number == row]))

    def test_a_group_of_one_is_that_one(self) -> None:
        box = shapely.box(0, 0, 1, 1)
        assert union_groups(shapes(box), np.array([7])).geometry[0] is box


class TestFootprintOn:
    @settings(deadline=None)
    @given(several, st.lists(st.one_of(boxes, st.builds(lambda b: b.buffer(1.5), boxes)), max_size=6))
    def test_on_each_row_it_is_the_union_of_the_features(self, ground: list[Any], features: list[Any]) -> None:
        rows = shapes(*ground)
        found, covered = footprint_on(rows, shapely.STRtree(rows), shapes(*features))
        assert (np.diff(found.row) > 0).all()
        everything = shapely.union_all(features) if features else shapely.Polygon()
        for row, polygon in enumerate(ground):
            expected = polygon.intersection(everything).area
            at = np.flatnonzero(found.row == row)
            if not len(at):
                assert expected == 0
                continue
            assert polygon.intersection(found.geometry[at[0]]).area == pytest.approx(expected, abs=1e-9)
            if covered[at[0]]:
                assert found.geometry[at[0]] is polygon
                assert any(feature.covers(polygon) for feature in features)

    def test_a_heavy_feature_is_met_in_pieces(self) -> None:
        lake = star(0, 0, 3000, 900, 5)
        x, y = (grid.ravel() for grid in np.meshgrid(np.arange(-2000, 2000, 400.0), np.arange(-2000, 2000, 400.0)))
        ground = shapely.box(x, y, x + 350, y + 350)
        found, _ = footprint_on(ground, shapely.STRtree(ground), shapes(lake))
        taken = np.zeros(len(ground))
        taken[found.row] = shapely.area(shapely.intersection(ground[found.row], found.geometry))
        assert np.allclose(taken, shapely.area(shapely.intersection(ground, lake)), atol=1e-6)


class TestOverlap:
    @settings(deadline=None)
    @given(several, st.lists(st.tuples(boxes, st.sampled_from(["b", "a", "é", 3, 20])), max_size=6), st.booleans())
    def test_against_brute_force(self, ground: list[Any], features: list[tuple[Any, Any]], union: bool) -> None:
        row, value, area = overlap(
            shapes(*ground), shapes(*(box for box, _ in features)), objects([v for _, v in features]), union=union
        )
        expected = []
        for number, polygon in enumerate(ground):
            for one in sorted({v for _, v in features}, key=str):
                own = [box for box, v in features if v == one]
                parts = [shapely.union_all(own)] if union else own
                size = sum(polygon.intersection(part).area for part in parts)
                if size > 0:
                    expected.append((number, one, size))
        assert list(zip(row.tolist(), value.tolist(), area.tolist(), strict=True)) == expected

    def test_nothing_meets(self) -> None:
        row, value, area = overlap(
            shapes(shapely.box(0, 0, 1, 1)), shapes(shapely.box(1, 0, 2, 1)), objects(["x"]), union=True
        )
        assert (len(row), len(value), len(area)) == (0, 0, 0)


class TestSpread:
    def test_equals_one_call_whatever_the_threads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(1)
        x, y = rng.uniform(0, 50, (2, 5000))
        left, right = shapely.box(x, y, x + 9, y + 9), shapely.box(y, x, y + 9, x + 9)
        once = shapely.to_wkb(shapely.intersection(left, right))
        for workers in (1, 2, 7):
            monkeypatch.setattr(os, "cpu_count", lambda workers=workers: workers)
            assert (shapely.to_wkb(spread(shapely.intersection, left, right)) == once).all()

    def test_the_number_of_threads_can_be_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[int] = []
        pool = geometry.ThreadPoolExecutor
        monkeypatch.setattr(geometry, "ThreadPoolExecutor", lambda count: asked.append(count) or pool(count))
        token = geometry.WORKERS.set(3)
        try:
            boxes_ = shapely.box(*np.tile(np.arange(5000.0), (4, 1)) + np.array([[0], [0], [1], [1]]))
            spread(shapely.area, boxes_)
        finally:
            geometry.WORKERS.reset(token)
        assert asked == [3]

    def test_an_error_in_a_thread_is_an_error(self) -> None:
        with pytest.raises(ZeroDivisionError):
            spread(lambda _: 1 / 0, np.empty(5000, dtype=object))  # type: ignore[arg-type, return-value]


@given(several, several)
def test_difference_and_intersection_share_the_ground(left: list[Any], right: list[Any]) -> None:
    count = min(len(left), len(right))
    one, other = shapes(*left[:count]), shapes(*right[:count])
    inside, outside = intersection(one, other), difference(one, other)
    assert (shapely.area(inside) + shapely.area(outside) == shapely.area(one)).all()
    assert not shapely.is_empty(one).any()


def test_ground_that_is_covered_whole_stays_the_same_object() -> None:
    box = shapely.box(0, 0, 1, 1)
    assert intersection(shapes(box), shapes(box))[0] is box
