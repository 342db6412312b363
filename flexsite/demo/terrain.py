"""The ground plan of the invented region: coast, nature, water, main lines and municipal borders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry as Geometry

from flexsite.demo import places
from flexsite.demo.frame import ORIGIN, PRECISION, SIZE, Geometries, curve, one, parts, place, spline

# half the width of the parcel that a road lies on, metres
HALF_WIDTH = {
    "rail": 11.0,
    "motorway": 27.0,
    "motorway_link": 8.0,
    "primary": 10.0,
    "secondary": 8.5,
    "tertiary": 7.0,
    "unclassified": 4.5,
    "residential": 5.0,
    "cycleway": 3.0,
}


@dataclass(frozen=True)
class Line:
    """A road, railway or path by its centre line."""

    kind: str
    name: str
    geometry: LineString


@dataclass(frozen=True)
class Terrain:
    """Everything that was there before people divided the ground; geometries in EPSG:28992."""

    land: Polygon
    zones: dict[str, Geometry]
    roads: tuple[Line, ...]
    motorway: LineString
    ramps: tuple[LineString, ...]
    rail: LineString
    canals: Geometry
    municipalities: dict[str, Polygon]

    def outside(self) -> Polygon:
        """Return the whole drawing, sea included."""
        return shapely.box(ORIGIN[0], ORIGIN[1], ORIGIN[0] + SIZE, ORIGIN[1] + SIZE)


def build() -> Terrain:
    """Draw the ground plan."""
    land = Polygon(spline(places.COAST, closed=True, step=90))
    rail = curve(places.RAIL)
    motorway = one(LineString, shapely.intersection(curve(places.MOTORWAY), land))
    roads = tuple(
        Line(kind, name, part)
        for kind, name, points in places.ROADS
        for part in parts(shapely.intersection(curve(points), land.buffer(-40)), 20)
    )
    zones = _zones(land)
    canals = shapely.union_all([curve(points).buffer(half, quad_segs=3) for _, half, points in places.CANALS])
    canals = shapely.difference(shapely.intersection(canals, land), zones["lake"])
    return Terrain(land, zones, roads, motorway, _ramps(motorway, roads), rail, canals, _municipalities(land))


def left_of(edge: tuple[tuple[float, float], ...], west: float = -5.0) -> Polygon:
    """Return the area west of a curve that runs from south to north."""
    line = spline(edge)
    far = ORIGIN[0] + 1000 * west
    return Polygon(np.vstack([line, [[far, line[-1, 1]], [far, line[0, 1]]]])).buffer(0)


def _zones(land: Polygon) -> dict[str, Geometry]:
    """Divide the natural parts of the land: beach, dunes, wood, lake, reed and salt marsh, none overlapping."""
    (x, y), (rx, ry) = places.LAKE
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    r = 1 + 0.10 * np.sin(2 * angle + 0.6) + 0.07 * np.sin(3 * angle + 2.0) + 0.04 * np.sin(7 * angle)
    middle = place((x, y))
    shore = np.column_stack([middle[0] + 1000 * rx * r * np.cos(angle), middle[1] + 1000 * ry * r * np.sin(angle)])
    lake = Polygon(np.round(shore, 2))
    reed = lake.buffer(230, quad_segs=6)
    bay = Polygon(np.round(middle + (shore - middle) * [1.42, 0.62] + [-120.0, 160.0], 2))
    marsh_line = spline(places.MARSH)
    corner = place((20.5, 20.5))
    marsh = Polygon(np.vstack([marsh_line, [corner]])).buffer(0)
    wood_line = spline(places.WOOD)
    wood = Polygon(np.vstack([wood_line, [place((2.3, 12.0)), place((2.3, 3.0))]])).buffer(0)

    taken: Geometry = Polygon()
    zones: dict[str, Geometry] = {}
    shapes = {
        "lake": lake,
        "beach": left_of(places.BEACH),
        "dunes": left_of(places.DUNES),
        "wood": wood,
        "reed": shapely.union(reed, bay),
        "marsh": marsh,
    }
    for name, shape in shapes.items():
        zones[name] = shapely.difference(shapely.intersection(shape, land), taken)
        taken = shapely.union(taken, zones[name])
    return zones


def _municipalities(land: Polygon) -> dict[str, Polygon]:
    """Divide the land between the municipalities along the border curves."""
    lines = [land.exterior, *(curve(points, step=120) for points in places.BORDERS)]
    faces = shapely.get_parts(shapely.polygonize(list(parts(shapely.union_all(lines, grid_size=PRECISION)))))
    seeds = shapely.points([place(point) for _, _, point in places.MUNICIPALITIES])
    found: dict[str, list[Polygon]] = {name: [] for _, name, _ in places.MUNICIPALITIES}
    for face in faces:
        nearest = int(np.argmin(shapely.distance(seeds, face)))
        found[places.MUNICIPALITIES[nearest][1]].append(face)
    return {name: one(Polygon, shapely.union_all(pieces, grid_size=PRECISION)) for name, pieces in found.items()}


def _ramps(motorway: LineString, roads: tuple[Line, ...]) -> tuple[LineString, ...]:
    """Draw the four ramps of every junction, each from the motorway to the crossing road."""
    ramps = []
    for road in roads:
        crossing = shapely.intersection(road.geometry, motorway)
        if road.name not in places.JUNCTIONS or not isinstance(crossing, Point):
            continue
        on_motorway, on_road = motorway.project(crossing), road.geometry.project(crossing)
        for run in (-1, 1):
            for side in (-1, 1):
                far = np.array(motorway.interpolate(on_motorway + run * 420).coords[0])
                end = np.array(road.geometry.interpolate(on_road + side * 85).coords[0])
                before = np.array(motorway.interpolate(on_motorway + run * 405).coords[0])
                across = np.array([far[1] - before[1], before[0] - far[0]]) * run / 15
                across *= np.sign(across @ (end - np.array(crossing.coords[0])))
                middle = np.array(motorway.interpolate(on_motorway + run * 190).coords[0]) + 48 * across
                points = [far + 13 * across, middle, end]
                ramps.append(LineString(spline([tuple((p - np.array(ORIGIN)) / 1000) for p in points], step=30)))
    return tuple(ramps)


def connected(lines: list[Line], network: list[Line]) -> list[Line]:
    """Keep the lines that are connected, directly or through each other, to the network."""
    shapes: Geometries = np.array([line.geometry for line in lines], dtype=object)
    reached = np.zeros(len(shapes), dtype=bool)
    base = shapely.STRtree([line.geometry for line in network])
    reached[base.query(shapes, predicate="dwithin", distance=0.02)[0]] = True
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=0.02)
    while True:
        grown = reached.copy()
        grown[second[reached[first]]] = True
        if (grown == reached).all():
            return [line for line, keep in zip(lines, reached, strict=True) if keep]
        reached = grown


def corridors(lines: Geometries, kinds: list[str]) -> Geometry:
    """Return the ground under roads or rails: each centre line widened to its parcel."""
    widths = np.array([HALF_WIDTH[kind] for kind in kinds])
    return shapely.union_all(shapely.buffer(lines, widths, quad_segs=2))
