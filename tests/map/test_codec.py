"""The codec gives back what went in, to within the promised 0.4 m."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from flexsite.outputs.map import codec
from flexsite.outputs.map.lattice import Nearby, lattices

from .fake import BOX, RD, blobs, special

LATITUDE_SCALE = np.cos(np.radians(52.5))  # web mercator metres to metres of ground


def rebuilt(block: bytes) -> list[shapely.Geometry]:
    """Polygons from a decoded block, by the even-odd rule, in web mercator metres."""
    rings = codec.decode_polygons(block)
    out = []
    for i in range(len(rings.ring) - 1):
        shape = shapely.Polygon()
        for r in range(rings.ring[i], rings.ring[i + 1]):
            xy = codec.to_mercator(rings.xy[rings.vertex[r] : rings.vertex[r + 1]])
            if len(xy) >= 3:
                shape = shape.symmetric_difference(shapely.Polygon(xy))
        out.append(shape)
    return out


@given(st.lists(st.integers(0, 2**35 - 1)))
def test_varint_round_trip(values: list[int]) -> None:
    stream = codec.varint(np.array(values, dtype=np.uint64))
    assert codec.read_varint(stream).tolist() == values


def test_zigzag_puts_small_magnitudes_first() -> None:
    assert codec.zigzag(np.array([0, -1, 1, -2, 2])).tolist() == [0, 1, 2, 3, 4]


def test_polygons_with_holes_and_parts_come_back_within_four_decimetres() -> None:
    shapes = np.concatenate((np.array(special(), dtype=object), blobs(np.random.default_rng(1), 200)))
    mercator = gpd.GeoSeries(shapes, crs=RD).to_crs(3857)
    back = rebuilt(codec.encode_polygons(shapely.simplify(shapes, 0.1), Nearby(RD, BOX)))
    assert len(back) == len(shapes)
    for before, after in zip(mercator, back, strict=True):
        if before.area < 100:
            assert before.distance(after) * LATITUDE_SCALE <= 0.4
            continue
        assert shapely.hausdorff_distance(before, after) * LATITUDE_SCALE <= 0.4
        assert after.area == pytest.approx(before.area, rel=0.02)
    assert len(back[0].interiors) == 1
    assert back[1].geom_type == "MultiPolygon"


def test_empty_and_missing_polygons_keep_their_place() -> None:
    shapes = np.array([None, shapely.Polygon(), shapely.box(0, 0, 50, 50)], dtype=object)
    rings = codec.decode_polygons(codec.encode_polygons(shapes))
    assert np.diff(rings.ring).tolist() == [0, 0, 1]
    assert rings.xy.shape == (4, 2)


def test_no_polygons_at_all() -> None:
    rings = codec.decode_polygons(codec.encode_polygons(np.zeros(0, dtype=object)))
    assert rings.ring.tolist() == [0]


def test_a_site_smaller_than_a_step_keeps_a_vertex() -> None:
    rings = codec.decode_polygons(codec.encode_polygons(np.array([shapely.box(0, 0, 0.01, 0.01)])))
    assert len(rings.xy) == 1


@pytest.mark.parametrize("turned", [False, True])
def test_exterior_rings_and_holes_turn_opposite_ways(turned: bool) -> None:
    shapes = shapely.orient_polygons(np.array(special()[:2], dtype=object), exterior_cw=turned)
    rings = codec.decode_polygons(codec.encode_polygons(shapes, Nearby(RD, BOX)))
    turns = []
    for start, end in zip(rings.vertex[:-1], rings.vertex[1:], strict=True):
        x, y = rings.xy[start:end].T - rings.xy[start][:, None]
        turns.append(np.sign(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))))
    assert turns[0] == -turns[1]
    assert turns[2] == turns[3] == turns[0]


def test_pack_has_no_time_stamp_and_only_inert_characters() -> None:
    text = codec.pack(b"the same" * 100)
    assert text == codec.pack(b"the same" * 100)
    assert not set(text) & set("<>{}'\"`&")


@pytest.mark.parametrize(
    ("crs", "bounds"),
    [
        (28992, BOX),
        (28992, (10000.0, 306000.0, 280000.0, 620000.0)),
        (25832, (300000.0, 5200000.0, 900000.0, 6100000.0)),
    ],
)
def test_lattices_agree_with_pyproj_within_five_centimetres(crs: int, bounds: tuple[float, ...]) -> None:
    forward, backward = lattices(pyproj.CRS(crs), bounds)  # type: ignore[arg-type]
    rng = np.random.default_rng(2)
    points = np.column_stack((rng.uniform(bounds[0], bounds[2], 2000), rng.uniform(bounds[1], bounds[3], 2000)))
    transformer = pyproj.Transformer.from_crs(crs, 3857, always_xy=True)
    units = codec.to_units(np.column_stack(transformer.transform(points[:, 0], points[:, 1])))
    assert np.abs(forward(points) - units).max() * 0.6 <= 0.05
    assert np.abs(backward(units) - points).max() <= 0.05


@pytest.mark.parametrize(
    ("crs", "bounds"),
    [(28992, BOX), (28992, (10000.0, 306000.0, 280000.0, 620000.0)), (25832, (3e5, 5.2e6, 9e5, 6.1e6))],
)
def test_positions_between_the_nodes_of_a_grid_are_those_of_pyproj(crs: int, bounds: tuple[float, ...]) -> None:
    rng = np.random.default_rng(3)
    points = np.column_stack((rng.uniform(bounds[0], bounds[2], 3000), rng.uniform(bounds[1], bounds[3], 3000)))
    transformer = pyproj.Transformer.from_crs(crs, 3857, always_xy=True)
    units = codec.to_units(np.column_stack(transformer.transform(points[:, 0], points[:, 1])))
    assert np.abs(Nearby(pyproj.CRS(crs), bounds)(points) - units).max() * 0.6 <= 0.05  # type: ignore[arg-type]


def test_where_no_grid_is_fine_enough_every_position_is_projected() -> None:
    world = Nearby(pyproj.CRS(28992), (-7e6, -7e6, 7e6, 7e6))
    point = np.array([[120000.0, 500000.0]])
    assert np.abs(world(point) - Nearby(RD, BOX)(point)).max() * 0.6 <= 0.05
