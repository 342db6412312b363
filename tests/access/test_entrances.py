"""Entrances: where sites and places meet the streets."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access.entering.entrances import Barriers, place_entrances, site_entrances
from flexsite.access.entering.snap import Entrances
from flexsite.access.streets.model import Graph

from .conftest import RD, street_file

NO_BARRIERS = Barriers(np.empty(0, dtype=object))
STREET = street_file([([(-1000, 0), (1000, 0)],)]).window(RD).graph("walk")


def geometries(*items: object) -> np.ndarray:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def enter(
    graph: Graph, *polygons: object, max_snap: float = 100, spacing: float = 50, barriers: Barriers = NO_BARRIERS
) -> Entrances:
    return site_entrances(graph, geometries(*polygons), max_snap=max_snap, spacing=spacing, barriers=barriers)


def test_a_short_boundary_gives_one_entrance() -> None:
    found = enter(STREET, shapely.box(0, 10, 25, 35))  # 100 m round: not longer than 100
    assert found.leg.tolist() == [10]
    assert len(enter(STREET, shapely.box(0, 10, 80, 35))) == 2


def test_the_offset_runs_from_the_first_node_of_the_edge() -> None:
    found = enter(STREET, shapely.Polygon([(5, 10), (20, 30), (-10, 30)]))
    assert found.xy.tolist() == [pytest.approx([5, 0])]
    assert found.offset.tolist() == [pytest.approx(1005)]


def test_points_every_50_metres_counter_clockwise() -> None:
    # the triangle's lowest corner is nearest; counter-clockwise goes along the right side first
    corner = shapely.Polygon([(0, 10), (300, 90), (0, 90)])
    found = enter(STREET, corner, max_snap=60)
    slope = np.hypot(300, 80)
    # neighbours are 48.3 m apart on the street, which is within 50, so every second one stays
    expected = [300 / slope * step for step in (0, 100, 200)]
    assert found.xy[:, 0] == pytest.approx(expected)
    # the leg is the shortest line to the site: square to its slope
    assert found.leg == pytest.approx([10, *((10 + 80 / 300 * x) * 300 / slope for x in expected[1:])], rel=0.02)
    turned = enter(STREET, corner.reverse(), max_snap=60)
    np.testing.assert_allclose(turned.xy, found.xy, atol=1e-9)


def test_points_exactly_the_spacing_apart_stay() -> None:
    found = enter(STREET, shapely.box(0, 10, 200, 60))
    assert np.sort(found.xy[:, 0]).tolist() == [0, 50, 100, 150, 200]


def test_at_most_16() -> None:
    assert len(enter(STREET, shapely.Polygon([(-900, 9), (900, 10), (900, 20), (-900, 20)]))) == 16


def test_none_farther_than_max_snap() -> None:
    assert len(enter(STREET, shapely.box(0, 100.5, 10, 110))) == 0
    assert enter(STREET, shapely.box(0, 100, 10, 110)).leg.tolist() == [100]
    assert len(enter(STREET, shapely.box(0, 0, 10, 10), max_snap=0)) == 1


def test_none_across_a_barrier_even_when_another_street_is_free() -> None:
    graph = street_file([([(0, 0), (100, 0)],), ([(0, 60), (100, 60)],)]).window(RD).graph("walk")
    canal = Barriers(geometries(shapely.box(-10, 5, 110, 15)))
    small = shapely.box(10, 20, 20, 30)  # 20 m from the street across the canal, 30 m from the other
    assert len(enter(graph, small, barriers=canal)) == 0
    assert len(enter(graph, small)) == 1
    bank = shapely.box(10, 15, 20, 45)  # touches the canal: 15 m to both streets, and the first counts
    assert enter(graph, bank, barriers=canal).edge.tolist() == []
    assert enter(graph, shapely.box(10, 15, 20, 46), barriers=canal).edge.tolist() == [
        1
    ]  # its leg only touches no barrier


def test_a_blocked_first_entrance_does_not_stop_the_others() -> None:
    graph = street_file([([(0, 0), (100, 0)],), ([(0, 80), (100, 80)],)]).window(RD).graph("walk")
    canal = Barriers(geometries(shapely.LineString([(-10, 5), (110, 5)])))
    found = enter(graph, shapely.box(10, 10, 90, 65), barriers=canal)
    assert set(found.edge.tolist()) == {1}


def test_streets_through_a_site_have_no_leg_and_the_middle_counts() -> None:
    graph = street_file([([(0, 5), (100, 5)],), ([(0, 50), (100, 50)],)]).window(RD).graph("walk")
    found = enter(graph, shapely.box(20, 0, 80, 100))
    assert found.leg[0] == 0
    assert found.xy[0].tolist() == [50, 50]


def test_no_door_on_a_street_one_may_not_use() -> None:
    graph = street_file([([(0, 0), (100, 0)], "fb"), ([(0, 60), (100, 60)], "w"), ([(0, 7), (100, 7)], "wfbF")]).window(
        RD
    )
    box = shapely.box(10, 10, 20, 20)
    assert enter(graph.graph("walk"), box).edge.tolist() == [1]
    assert enter(graph.graph("cycle"), box).edge.tolist() == [0]


def test_equal_distances_give_the_first_edge() -> None:
    graph = street_file([([(0, 60), (100, 60)],), ([(0, 0), (100, 0)],)]).window(RD).graph("walk")
    assert enter(graph, shapely.box(10, 20, 20, 40)).edge.tolist() == [0]


def test_every_part_of_a_site_is_walked_and_holes_are_not() -> None:
    near, far = shapely.box(0, 10, 60, 20), shapely.box(200, 10, 260, 20)
    found = enter(STREET, shapely.union(near, far))
    assert (found.xy[:, 0] > 150).any()
    assert (found.xy[:, 0] < 100).any()
    shell, hole = (
        [(0, 9), (400, 10), (400, 500), (-400, 500), (-400, 10)],
        [(0, 20), (390, 20), (390, 490), (-390, 490), (-390, 20)],
    )
    assert (
        enter(STREET, shapely.Polygon(shell, [hole])).xy.tolist() == enter(STREET, shapely.Polygon(shell)).xy.tolist()
    )


def test_the_leg_does_not_cross_the_site() -> None:
    thick = shapely.Polygon([(0, 20), (10, 10), (300, 10.1), (300, 95), (0, 95)])
    found = enter(STREET, thick, max_snap=60)  # its far side is 95 m from the street, and looks through the site
    assert found.leg.max() < 21
    assert found.xy[:, 0].max() == pytest.approx(300, abs=50)


def test_a_place_has_one_entrance() -> None:
    canal = Barriers(geometries(shapely.box(40, 5, 60, 8)))
    places = geometries(
        shapely.Point(10, 30), shapely.Point(50, 10), shapely.Point(0, 101), shapely.box(-300, 20, 300, 60)
    )
    found = place_entrances(STREET, places, max_snap=100, barriers=canal)
    assert found.owner.tolist() == [0, 3]
    assert found.leg.tolist() == [30, 20]


NUMBER = st.integers(0, 400)


@given(
    st.lists(st.lists(st.tuples(NUMBER, NUMBER), min_size=2, max_size=3, unique=True), min_size=1, max_size=8),
    st.tuples(NUMBER, NUMBER, st.integers(1, 200), st.integers(1, 200)),
    st.sampled_from([20.0, 50.0, 70.0]),
)
@settings(max_examples=150, deadline=None)
def test_properties(lines: list, box: tuple, spacing: float) -> None:
    graph = street_file([(line,) for line in lines]).window(RD).graph("walk")
    site = shapely.box(box[0], box[1], box[0] + box[2], box[1] + box[3])
    found = enter(graph, site, spacing=spacing)
    nearest = shapely.distance(graph.streets.lines, site).min()
    assert (len(found) > 0) == (nearest <= 100) or abs(nearest - 100) < 1e-6
    if not len(found):
        return
    assert found.leg[0] == pytest.approx(nearest, abs=1e-9)
    assert len(found) <= 16
    assert (found.leg <= 100).all()
    apart = shapely.distance(*np.meshgrid(shapely.points(found.xy), shapely.points(found.xy)))
    assert (apart[~np.eye(len(found), dtype=bool)] >= spacing - 1e-5).all()
    lines_of = graph.streets.lines[found.edge]
    np.testing.assert_allclose(shapely.distance(lines_of, shapely.points(found.xy)), 0, atol=1e-9)
    np.testing.assert_allclose(
        shapely.get_coordinates(shapely.line_interpolate_point(lines_of, found.offset)), found.xy, atol=1e-6
    )
    # independent: walk the boundary point by point
    ring = shapely.get_exterior_ring(shapely.orient_polygons(site))
    if ring.length > 100:
        begin = ring.project(shapely.Point(found.xy[0]))
        doors = [shapely.Point(found.xy[0])]
        street = shapely.MultiLineString(list(graph.streets.lines))
        for step in range(int(np.ceil(ring.length / spacing))):
            place = ring.interpolate((begin + step * spacing) % ring.length)
            nearby = shapely.ops.nearest_points(street, place)[0]
            if site.distance(nearby) <= 100 and min(nearby.distance(door) for door in doors) >= spacing:
                doors.append(nearby)
        doors = doors[:16]
        legs = [site.distance(door) for door in doors]
        assert (
            len(doors) == len(found) or _tie(graph, ring, begin, spacing) or min(abs(leg - 100) for leg in legs) < 1e-6
        )


def _tie(graph: Graph, ring: shapely.LinearRing, begin: float, spacing: float) -> bool:
    """Whether some boundary point is as near to two street points, or two street points are the spacing apart."""
    places = [
        ring.interpolate((begin + step * spacing) % ring.length) for step in range(int(np.ceil(ring.length / spacing)))
    ]
    doors = []
    for place in places:
        distance = np.sort(shapely.distance(graph.streets.lines, place))
        if len(distance) > 1 and distance[1] - distance[0] < 1e-6:
            return True
        doors.append(shapely.ops.nearest_points(shapely.MultiLineString(list(graph.streets.lines)), place)[0])
    apart = shapely.distance(*np.meshgrid(doors, doors))
    return bool((np.abs(apart - spacing) < 1e-6).any())
