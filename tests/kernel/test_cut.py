"""Cutting on fixed lines: nothing lost, nothing twice, light pieces, shared edges still shared."""

from __future__ import annotations

import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.flat import Flat
from flexsite.geometry import Geometries
from flexsite.kernel import combine, cut, pairs

from .shapes import RD, scenes, shore

RINGED = shapely.box(2, 0, 3, 1).difference(shapely.box(2.2, 0.2, 2.5, 0.5))


def one(geometry: shapely.Geometry) -> Flat:
    return Flat.of(np.array([geometry], dtype=object))


def lake(seed: int, vertices: int = 1500, radius: float = 900.0) -> shapely.Polygon:
    rng = np.random.default_rng(seed)
    island = shore(rng, vertices // 4, radius / 12, RD)
    return shore(rng, vertices, radius, RD).difference(island)


@settings(deadline=None, max_examples=30)
@given(scenes, st.integers(0, 1000))
def test_pieces_give_the_areas_of_the_whole(scene: tuple[Geometries, Geometries], seed: int) -> None:
    ground, small = scene
    spread = shapely.transform(ground, lambda xy: (xy - RD) * 50 + RD)
    features = Flat.of(np.append(shapely.transform(small, lambda xy: (xy - RD) * 50 + RD), lake(seed)))
    rows = Flat.of(np.array([shape if shape.area < 1e9 else lake(seed + 1) for shape in spread], dtype=object))
    bit = (np.arange(len(features)) % 3).astype(np.uint8)
    pieces, owner = cut(features)
    whole = combine(rows, features, bit, *pairs(rows.bounds, features.bounds))
    parts = combine(rows, pieces, bit[owner], *pairs(rows.bounds, pieces.bounds))
    size = float(whole.start_area.max(initial=1))
    tables: list[dict[tuple[int, int], float]] = [
        dict(zip(zip(found.row.tolist(), found.mask.tolist(), strict=True), found.area.tolist(), strict=True))
        for found in (whole, parts)
    ]
    for key in tables[0].keys() | tables[1].keys():
        assert tables[1].get(key, 0) == pytest.approx(tables[0].get(key, 0), abs=1e-6 + 1e-12 * size)
    assert parts.crowded.tolist() == whole.crowded.tolist()


def test_pieces_are_light_and_between_fixed_lines() -> None:
    features = one(lake(1))
    pieces, owner = cut(features, 64)
    assert owner.tolist() == [0] * len(pieces)
    assert np.diff(pieces.spans).max() <= 64
    assert pieces.area.sum() == pytest.approx(features.area[0], abs=1e-6)
    corners = set(map(tuple, features.xy.tolist()))
    made = np.array([point for point in pieces.xy.tolist() if tuple(point) not in corners])
    assert len(made)
    assert (np.round(made / (1000 / 1024), 9) == made / (1000 / 1024)).any(axis=1).all()


def test_a_piece_does_not_depend_on_what_else_is_cut() -> None:
    both = Flat.of(np.array([lake(1), shapely.Polygon(), lake(2)], dtype=object))
    pieces, owner = cut(both)
    assert sorted(set(owner.tolist())) == [0, 1, 2]
    assert (np.diff(owner) >= 0).all()
    for row in (0, 2):
        alone, _ = cut(both.take(np.array([row])))
        assert alone.xy.tobytes() == pieces.take(np.flatnonzero(owner == row)).xy.tobytes()


def test_light_rows_pass_unchanged() -> None:
    shapes = [
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), RINGED]),
        shapely.Polygon(),
        shapely.box(-1e6, -1e6, 1e6, 1e6),
    ]
    flat = Flat.of(np.array(shapes, dtype=object))
    pieces, owner = cut(flat)
    assert owner.tolist() == [0, 1, 2]
    for name in ("xy", "rings", "polygons", "rows"):
        assert getattr(pieces, name).tolist() == getattr(flat, name).tolist()
    assert len(cut(Flat.of(np.empty(0, dtype=object)))[0]) == 0


def test_neighbours_that_share_a_border_share_it_after_the_cut() -> None:
    whole = lake(5)
    middle = shore(np.random.default_rng(6), 700, 400.0, RD)
    sides = Flat.of(np.array([middle, whole.difference(middle)], dtype=object))
    pieces, owner = cut(sides)
    west = RD[0] + np.arange(-2700.0, 2700, 90)
    ground = Flat.of(shapely.box(west, RD[1] - 2700, west + 90, RD[1] + 2700))
    found = combine(ground, pieces, owner.astype(np.uint8), *pairs(ground.bounds, pieces.bounds))
    assert not found.crowded.any()
    assert found.area[found.mask > 0].sum() == pytest.approx(whole.union(middle).area, abs=1e-6)


def test_a_polygon_of_a_million_vertices_takes_seconds() -> None:
    coast = one(shore(np.random.default_rng(7), 1_000_000, 20_000.0, RD))
    began = time.process_time()
    pieces, _ = cut(coast)
    assert time.process_time() - began < 5
    assert pieces.area.sum() == pytest.approx(coast.area[0], rel=1e-13)
    west = RD[0] + np.arange(0.0, 40_000, 100)
    ground = Flat.of(shapely.box(west, RD[1], west + 100, RD[1] + 100))
    found = combine(ground, pieces, np.zeros(len(pieces), np.uint8), *pairs(ground.bounds, pieces.bounds))
    assert found.start_area == pytest.approx(10_000, abs=1e-6)
    assert time.process_time() - began < 6


def test_pieces_without_end_are_refused() -> None:
    with pytest.raises(ValueError, match="8"):
        cut(one(shapely.box(0, 0, 1, 1)), 4)
