"""Geometry comes out two-dimensional, valid and of one dimension, and nothing is lost unseen."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from flexsite.layers import Layers
from flexsite.layers.cleaning import clean, not_finite, parse

from .helpers import RD, write

Open = Callable[..., Layers]
POLYGONAL = {3, 6}


def cleaned(*wkts: str) -> np.ndarray:
    return clean(np.array([shapely.from_wkt(wkt) for wkt in wkts], dtype=object)).geometries


def test_overlapping_parts_become_their_union_and_not_a_hole() -> None:
    two = "MULTIPOLYGON (((0 0, 2 0, 2 2, 0 2, 0 0)), ((1 0, 3 0, 3 2, 1 2, 1 0)))"
    (found,) = cleaned(two)
    assert found.area == 6 and found.equals(shapely.box(0, 0, 3, 2))


def test_a_hole_stays_a_hole_and_one_outside_is_a_part() -> None:
    inside, outside = cleaned(
        "POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (1 1, 1 3, 3 3, 3 1, 1 1), (2 2, 2 4, 4 4, 4 2, 2 2))",
        "POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (20 20, 20 21, 21 21, 20 20))",
    )
    assert inside.area == 81 - 7
    # A hole outside every shell is ground of its own to GEOS: nothing drawn is lost.
    assert outside.equals(
        shapely.union_all([shapely.box(0, 0, 9, 9), shapely.from_wkt("POLYGON ((20 20, 20 21, 21 21, 20 20))")])
    )


def test_bow_ties_spikes_and_collapsed_polygons() -> None:
    tie, spike, flat, line = cleaned(
        "POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))",
        "POLYGON ((0 0, 4 0, 4 4, 9 4, 4 4, 0 4, 0 0))",
        "POLYGON ((0 0, 1 1, 2 2, 0 0))",
        "LINESTRING (1 1, 1 1)",
    )
    assert tie.area == 2 and tie.geom_type == "MultiPolygon"
    assert spike.equals(shapely.box(0, 0, 4, 4))
    assert flat is None and line is None


def test_collections_keep_polygons_else_lines_else_points() -> None:
    found = cleaned(
        "GEOMETRYCOLLECTION (POINT (0 0), LINESTRING (0 0, 9 9), POLYGON ((0 0, 1 0, 1 1, 0 0)))",
        "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))), POLYGON ((1 0, 3 0, 3 2, 1 2, 1 0)))",  # noqa: E501
        "GEOMETRYCOLLECTION (POINT (0 0), MULTILINESTRING ((0 0, 1 1), (5 5, 6 6)))",
        "GEOMETRYCOLLECTION (POINT (0 0), MULTIPOINT ((1 1), (2 2)))",
        "GEOMETRYCOLLECTION EMPTY",
        "GEOMETRYCOLLECTION (POLYGON EMPTY, POINT (3 3))",
        "GEOMETRYCOLLECTION (POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0)))",
    )
    kinds = [None if shape is None else shape.geom_type for shape in found]
    assert kinds == ["Polygon", "Polygon", "MultiLineString", "MultiPoint", None, "Point", "MultiPolygon"]
    assert found[1].area == 6


rings = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=9)


@given(st.lists(rings, min_size=1, max_size=3))
def test_whatever_the_rings_the_result_is_valid_and_is_their_union(shells: list[list[tuple[int, int]]]) -> None:
    multi = shapely.MultiPolygon([shapely.Polygon(shell) for shell in shells])
    (found,) = clean(np.array([multi], dtype=object)).geometries
    # An independent way to the same ground: each shell made valid by itself, then all united.
    parts = [shapely.make_valid(shapely.Polygon(shell), method="structure", keep_collapsed=False) for shell in shells]
    ground = shapely.union_all(parts)
    if ground.area == 0:
        assert found is None
        return
    assert shapely.is_valid(found) and shapely.get_type_id(found) in POLYGONAL
    assert shapely.symmetric_difference(found, ground).area < 1e-9


def test_heights_measures_and_counts(tmp_path: Path, layers: Open) -> None:
    shapes = shapely.from_wkt(
        [
            "POLYGON Z ((0 0 1, 9 0 1, 9 9 nan, 0 9 1, 0 0 1))",
            "POLYGON M ((0 0 1, 9 0 1, 9 9 2, 0 9 1, 0 0 1))",
            "POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))",
            "POLYGON EMPTY",
            None,
            "POLYGON ((0 0, 1 1, 2 2, 0 0))",
        ]
    )
    frame = gpd.GeoDataFrame({"nr": range(6)}, geometry=shapes, crs=RD)
    opened = layers(shapes=write(frame, tmp_path / "shapes.parquet"))
    found = opened.vector("shapes", columns=["nr"]).frame
    assert found["nr"].tolist() == [0, 1, 2]
    assert not shapely.has_z(found.geometry).any() and not shapely.has_m(found.geometry).any()
    counts = opened.report["shapes"].counts()
    assert (counts["features"], counts["repaired"], counts["dropped_empty"]) == (6, 1, 3)
    assert opened.report["shapes"].warnings == [
        "layer 'shapes': 1 of 3 features read had invalid polygons, made valid",
        "layer 'shapes': 3 of 3 features read have no geometry, left out",
    ]


def test_rings_left_open_are_closed_and_counted() -> None:
    ring = struct.pack("<I", 4) + struct.pack("<8d", 0, 0, 4, 0, 4, 4, 0, 4)
    wkb = struct.pack("<BII", 1, 3, 1) + ring
    shapes, closed, unreadable = parse(pa.array([wkb, None], pa.large_binary()))
    assert shapes[0].equals(shapely.box(0, 0, 4, 4)) and shapes[1] is None
    assert closed.tolist() == [True, False] and unreadable.tolist() == [False, False]


def test_what_geos_does_not_know_is_counted() -> None:
    tin = struct.pack("<BII", 1, 16, 0)
    _, closed, unreadable = parse(pa.array([tin], pa.large_binary()))
    assert unreadable.tolist() == [True] and closed.tolist() == [False]
    assert not_finite(np.array([shapely.Point(0, 1), shapely.Point(np.inf, 1), None], dtype=object)).tolist() == [1]


def curved(path: Path) -> Path:
    """A GeoPackage with a disc of radius 10 as a CURVEPOLYGON, which no writer in Python makes."""
    write(gpd.GeoDataFrame({"nr": [1, 2]}, geometry=[shapely.box(0, 0, 1, 1)] * 2, crs=RD), path)
    arcs = struct.pack("<BIIBII", 1, 10, 1, 1, 8, 5) + struct.pack("<10d", 10, 0, 0, 10, -10, 0, 0, -10, 10, 0)
    header = b"GP\x00\x03" + struct.pack("<i4d", 28992, -10, 10, -10, 10)
    with sqlite3.connect(path) as file:
        for table in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f'DROP TRIGGER "{table[0]}"')
        name = path.stem
        file.execute(f'UPDATE "{name}" SET geom = ? WHERE nr = 2', (header + arcs,))  # noqa: S608 - ours
        file.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'GEOMETRY'")
        file.execute(f'DELETE FROM "rtree_{name}_geom"')  # noqa: S608 - ours
        file.execute(
            f'INSERT INTO "rtree_{name}_geom" VALUES (1, 0, 1, 0, 1), (2, -10, 10, -10, 10)'  # noqa: S608 - ours
        )
    return path


def test_curves_are_made_of_straight_pieces(tmp_path: Path, layers: Open) -> None:
    opened = layers(discs=curved(tmp_path / "discs.gpkg"))
    for bounds in (None, (-9.0, -1.0, -8.0, 1.0)):
        frame = opened.vector("discs", bounds=bounds, columns=["nr"]).frame
        disc = frame.set_index("nr").geometry[2]
        assert disc.geom_type == "Polygon"
        assert disc.area == pytest.approx(np.pi * 100, rel=2e-3)
        assert list(frame["nr"]) == ([1, 2] if bounds is None else [2])
