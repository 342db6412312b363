"""Streets out of use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from flexsite.access.readers.osm import read_streets, way_ids_with
from flexsite.access.streets.closing import closed_by, closed_ways, touched_by

from .conftest import RD, street_file
from .test_osm import STREET, around, write_osm

# a street along the x axis in pieces of 100 m, and one that crosses it at x = 150 without a junction
FILE = street_file([*[([(x, 0), (x + 100, 0)],) for x in range(0, 500, 100)], ([(150, -50), (150, 50)],)])


def closed(*shapes: object) -> list[int]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    found = closed_by(FILE, RD, array)
    np.testing.assert_array_equal(found, touched_by(FILE.window(RD), array), err_msg="whatever the window")
    return np.flatnonzero(found).tolist()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (shapely.LineString([(50, -5), (50, 5)]), [0]),
        (shapely.LineString([(120, -5), (180, 5)]), [1, 5]),
        (shapely.LineString([(50, 0), (50, 30)]), [0]),  # ends on the street, within it
        (shapely.LineString([(100, -5), (100, 5)]), []),  # crosses at a junction
        (shapely.LineString([(100, 0), (100, 30)]), []),
        (shapely.LineString([(60, 0), (160, 0)]), [0, 1, 5]),  # runs along
        (shapely.LineString([(200, 0), (300, 0)]), [2]),
        (shapely.LineString([(50, 1), (90, 1)]), []),
        (shapely.MultiLineString([[(50, -5), (50, 5)], [(450, -5), (450, 5)]]), [0, 4]),
        (shapely.box(40, -5, 60, 5), [0]),
        (shapely.box(195, -5, 305, 5), [1, 2, 3]),
        (shapely.box(200, 0, 300, 50), [2]),  # along its side: as much as inside
        (shapely.box(200, -50, 300, 50), [2]),
        (shapely.box(50, 0.1, 90, 5), []),
        (shapely.Polygon([(50, 0), (60, 30), (40, 30)]), []),  # touches with a corner
        (shapely.box(-10, -100, 1000, 100), [0, 1, 2, 3, 4, 5]),
        (shapely.box(40, -5, 60, 5).difference(shapely.box(30, -2, 70, 2)), []),  # around a hole
        (shapely.Point(50, 0), []),
    ],
)
def test_lines_and_polygons(shape: object, expected: list[int]) -> None:
    assert closed(shape) == expected


def test_several_shapes_and_none() -> None:
    assert closed(shapely.Point(50, 0), shapely.box(40, -5, 60, 5), shapely.LineString([(450, -5), (450, 5)])) == [0, 4]
    assert closed() == []
    assert closed(shapely.Polygon(), None) == []


def test_by_tag(tmp_path: Path) -> None:
    ways = [
        (7, [1, 2], {**STREET, "tunnel": "yes"}),
        (8, [2, 3, 4], {**STREET, "tunnel": "building_passage"}),
        (9, [3, 1], STREET),
        (5, [1, 4], {"waterway": "canal", "tunnel": "yes"}),
    ]
    path = write_osm(tmp_path / "a.osm", around((0, 0), (100, 0), (200, 0), (200, 90)), ways)
    file = read_streets(path)
    assert way_ids_with(path, {"tunnel": "yes"}).tolist() == [5, 7]
    assert way_ids_with(path, {"tunnel": ["yes", "building_passage"]}).tolist() == [5, 7, 8]
    assert way_ids_with(path, {"bridge": True}).tolist() == []
    found = closed_ways(file, way_ids_with(path, {"tunnel": True}))
    assert sorted(file.way_id[~found].tolist()) == [9]
    rest = file.without(found).window(RD)
    assert rest.way_id.tolist() == [9]
    assert rest.node_id.tolist() == [1, 3]
    assert rest.length.tolist() == pytest.approx([200], abs=0.02)
    assert not closed_ways(FILE, np.array([0])).any(), "0 says that the way is not known"
