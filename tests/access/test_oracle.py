"""From an OSM file to measures, against a second implementation: segment by segment with networkx and shapely."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import networkx
import numpy as np
import pyproj
import pytest
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from flexsite.access.measures import measure
from flexsite.study.access import Access

from .conftest import RD, FakeLayers, points, sites
from .test_osm import HOME, write_osm

SHOP = {"shop": "supermarket"}
TO_SHOP = {"osm": SHOP}
TAGS = [
    ({"highway": "residential"}, "w+-"),
    ({"highway": "residential", "oneway": "yes"}, "w+"),
    ({"highway": "residential", "oneway": "-1"}, "w-"),
    ({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}, "w+-"),
    ({"highway": "footway"}, "w"),
    ({"highway": "motorway"}, ""),
    ({"highway": "service", "access": "private"}, ""),
    ({"highway": "cycleway", "foot": "no"}, "+-"),
]


class Oracle:
    """A mode's streets as straight segments between OSM nodes."""

    def __init__(self, mode: str, xy: dict[int, tuple[float, float]], ways: Sequence[tuple[list[int], str]]) -> None:
        self.graph = networkx.DiGraph()
        self.segments: list[tuple[int, int, shapely.LineString, bool, bool]] = []
        self.xy = xy
        for refs, allowed in ways:
            along, against = ("w" in allowed,) * 2 if mode == "walk" else ("+" in allowed, "-" in allowed)
            for u, v in itertools.pairwise(refs):
                line = shapely.LineString([xy[u], xy[v]])
                if along or against:
                    self.segments.append((u, v, line, along, against))
                if along:
                    self.graph.add_edge(u, v, length=line.length)
                if against:
                    self.graph.add_edge(v, u, length=line.length)

    def nearest(self, shape: BaseGeometry) -> tuple[int, shapely.Point]:
        row = min(range(len(self.segments)), key=lambda k: self.segments[k][2].distance(shape))
        return row, nearest_points(self.segments[row][2], shape)[0]

    def entrances(self, site: BaseGeometry, barrier: BaseGeometry) -> list[tuple[int, shapely.Point, float]]:
        first = self.nearest(site)
        found = [first]
        ring = shapely.get_exterior_ring(shapely.orient_polygons(site))
        if ring.length > 100:
            begin = ring.project(first[1])
            found += [
                self.nearest(ring.interpolate((begin + d) % ring.length)) for d in np.arange(0, ring.length, 50.0)
            ]
        kept: list[tuple[int, shapely.Point, float]] = []
        for row, door in found:
            leg = shapely.shortest_line(site, door)
            apart = min((door.distance(other) for _, other, _ in kept), default=np.inf)
            if leg.length <= 100 and not leg.crosses(barrier) and apart >= 50 and len(kept) < 16:
                kept.append((row, door, leg.length))
        return kept

    def place(self, shape: BaseGeometry, barrier: BaseGeometry) -> list[tuple[int, shapely.Point, float]]:
        row, door = self.nearest(shape)
        leg = shapely.shortest_line(shape, door)
        return [(row, door, leg.length)] if leg.length <= 100 and not leg.crosses(barrier) else []

    def distances(self, site: BaseGeometry, places: Sequence[BaseGeometry], barrier: BaseGeometry) -> list[float]:
        starts = self.entrances(site, barrier)
        lengths: dict[int, float] = {}
        for row, door, leg in starts:
            u, v, line, along, against = self.segments[row]
            ahead = line.project(door)
            for node, metres, allowed in ((v, line.length - ahead, along), (u, ahead, against)):
                if allowed or metres < 1e-7:
                    for other, far in self.reach(node).items():
                        lengths[other] = min(lengths.get(other, np.inf), leg + metres + far)
        answer = []
        for shape in places:
            if shape.intersects(site):
                answer.append(0.0)
                continue
            best = np.inf
            for row, door, leg in self.place(shape, barrier):
                u, v, line, along, against = self.segments[row]
                ahead = line.project(door)
                for node, metres, allowed in ((u, ahead, along), (v, line.length - ahead, against)):
                    if allowed or metres < 1e-7:
                        best = min(best, lengths.get(node, np.inf) + metres + leg)
                for other, start, more in starts:
                    moved = ahead - line.project(start)
                    if other == row and (moved >= 0 if along else moved <= 0) | (along and against):
                        best = min(best, more + abs(moved) + leg)
            answer.append(best)
        return answer

    def reach(self, node: int) -> dict[int, float]:
        if node not in self.graph:
            return {node: 0.0}
        return networkx.single_source_dijkstra_path_length(self.graph, node, weight="length")


@pytest.mark.parametrize("seed", range(4))
def test_measures_from_a_file(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    grid = {1 + 9 * x + y: (HOME[0] + 110 * x, HOME[1] + 110 * y) for x in range(9) for y in range(9)}
    xy = {node: tuple(np.add(place, random.uniform(-35, 35, 2))) for node, place in grid.items()}
    ways, oracle_ways = [], []
    for number in range(46):
        step = random.choice([1, 9])
        refs = [int(random.choice(list(xy)))]
        while len(refs) < random.integers(2, 5) and refs[-1] + step in xy and (step == 9 or refs[-1] % 9):
            refs.append(int(refs[-1] + step))
        if len(refs) > 1:
            tags, allowed = TAGS[min(int(random.exponential(2.2)), 7)]
            ways.append((number + 1, refs, tags))
            oracle_ways.append((refs, allowed))
    shops = {500 + row: tuple(random.uniform(0, 880, 2) + HOME) for row in range(4)}
    path = write_osm(tmp_path / "town.osm", {**xy, **shops}, ways, tagged=dict.fromkeys(shops, SHOP))
    there = pyproj.Transformer.from_crs(4326, RD, always_xy=True)
    back = pyproj.Transformer.from_crs(RD, 4326, always_xy=True)

    def stored(place: tuple[float, float]) -> tuple[float, float]:
        """As the file keeps it: seven decimals of a degree."""
        return there.transform(*(round(degrees, 7) for degrees in back.transform(*place)))

    corners = random.uniform(0, 880, (25, 2)) + HOME
    where = sites(
        *(
            shapely.affinity.rotate(shapely.box(x, y, x + w, y + h), angle)
            for (x, y), (w, h), angle in zip(
                corners, random.uniform(8, 90, (25, 2)), random.uniform(3, 87, 25), strict=True
            )
        )
    )
    canal = shapely.LineString([np.add(HOME, (300, -50)), np.add(HOME, (420, 930))])
    layers = FakeLayers(canal=points((0, 0)).set_geometry([canal], crs=RD))
    access = Access.model_validate(
        {
            "streets": str(path),
            "barriers": ["canal"],
            "margin": 200,
            "measures": [
                {"id": "w", "to": TO_SHOP, "mode": "walk"},
                {"id": "c", "to": TO_SHOP, "mode": "cycle"},
                {"id": "near", "count": TO_SHOP, "mode": "walk", "within": 600},
                {"id": "near_c", "count": TO_SHOP, "mode": "cycle", "within": 600},
            ],
        }
    )
    found = measure(access, layers, where, RD)  # type: ignore[arg-type]
    places = [shapely.Point(stored(place)) for place in shops.values()]
    for mode, nearest, near in (("walk", "w_m", "near_n"), ("cycle", "c_m", "near_c_n")):
        oracle = Oracle(mode, {node: stored(place) for node, place in xy.items()}, oracle_ways)
        compared = 0
        for row, site in enumerate(where.geometry):
            if any(segment[2].intersects(site) for segment in oracle.segments):
                continue  # a street through the site: which of its points is nearest, is not said
            metres = np.array(oracle.distances(site, places, canal))
            expected = metres.min() if np.isfinite(metres.min()) else np.nan
            np.testing.assert_allclose(found.columns[nearest][row], expected, atol=1e-6)
            has_entrance = bool(oracle.entrances(site, canal)) or metres.min() == 0
            np.testing.assert_array_equal(found.columns[near][row], (metres <= 600).sum() if has_entrance else np.nan)
            if mode == "walk":
                assert found.no_access[row] == (not oracle.entrances(site, canal))
            compared += np.isfinite(expected)
        assert compared >= 3
