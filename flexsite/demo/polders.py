"""The countryside: polders with their farm roads, watercourses, ribbons of houses and farmsteads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry as Geometry

from flexsite.demo import places
from flexsite.demo.frame import PRECISION, Floats, Geometries, Turned, along, generator, parts, place, segments, steps
from flexsite.demo.settlements import Settlements
from flexsite.demo.terrain import HALF_WIDTH, Line, Terrain, connected

# length of the ribbon of houses along the roads of each village, metres
RIBBONS = {"Lepelaarsdijk": 1500, "Plevierkoog": 1100, "Scholeksterhorn": 900, "Kluutmeer": 500, "Grutterswolde": 450,
           "Tureluurkerk": 500, "Wulpendorp": 550, "Meerkoetsluis": 300}  # fmt: skip
RIBBON_DEPTH, RIBBON_PLOT = 48.0, 36.0


@dataclass(frozen=True)
class Polders:
    """What was made of the countryside; `division` holds the lines along which fields are divided."""

    roads: tuple[Line, ...]
    water: Geometry
    division: Geometries
    ribbons: Geometries
    ribbon_lines: Geometries
    farms: Geometries


def build(terrain: Terrain, settlements: Settlements) -> Polders:
    """Lay out the countryside round the settlements."""
    covers = list(settlements.covers.values())
    wild = [terrain.zones[name] for name in ("lake", "beach", "dunes", "wood", "reed", "marsh")]
    taken = shapely.union_all([*covers, *wild])
    rails = shapely.union_all(
        [terrain.rail.buffer(25), terrain.motorway.buffer(60), *(ramp.buffer(12) for ramp in terrain.ramps)]
    )
    roads: list[Line] = []
    water: list[Geometry] = []
    division: list[Geometries] = []
    for number, face in enumerate(_faces(terrain)):
        random = generator(f"polder {number}")
        bays, fields = _bays(face, random)
        for order, bay in enumerate(bays):
            pieces = parts(shapely.difference(shapely.intersection(bay, face), taken), 80)
            kind = (order + number) % 4
            if kind % 2 == 0:
                pieces = parts(shapely.difference(shapely.make_valid(pieces), rails), 150)
                name = f"{('Kavel', 'Tocht', 'Molen', 'Ree')[number % 4]}weg {order + 1}"
                roads += [Line("unclassified", name, piece) for piece in pieces]
            elif kind == 1:
                water += list(shapely.buffer(pieces, random.uniform(3.5, 5.5), cap_style="flat"))
            division.append(pieces)
        division.append(parts(shapely.difference(shapely.intersection(fields, face), taken), 8))
    network = [road for road in terrain.roads if road.kind != "cycleway"]
    roads = connected(roads, [*network, *settlements.streets])
    ribbons, ribbon_lines = _ribbons(network, shapely.union_all([taken, rails, terrain.canals.buffer(6)]))
    closed = shapely.union_all([taken, rails, terrain.canals.buffer(4), *water, *ribbons])
    farms = _farms([*network, *roads], closed, terrain)
    return Polders(tuple(roads), shapely.union_all(water), np.concatenate(division), ribbons, ribbon_lines, farms)


def _faces(terrain: Terrain) -> list[Polygon]:
    """Return the land between main roads, canals, borders, railway and coast, west to east."""
    lines: list[Geometry] = [line.geometry for line in terrain.roads if line.kind != "cycleway"]
    lines += [polygon.exterior for polygon in terrain.municipalities.values()]
    lines += [terrain.rail, terrain.motorway, terrain.land.exterior, terrain.canals.boundary]
    faces = shapely.get_parts(shapely.polygonize(list(parts(shapely.union_all(lines, grid_size=PRECISION)))))
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    return [faces[i] for i in np.lexsort((points[:, 1], points[:, 0])) if shapely.area(faces[i]) > 3000]


def _bays(face: Polygon, random: np.random.Generator) -> tuple[Geometries, Geometries]:
    """Return the lines between bays and the field lines across them, not yet clipped to the polder.

    Old polders have long narrow strips, younger ones broad blocks; the younger lie in the north-east.
    """
    frame = Turned(face)
    centre = shapely.get_coordinates(face.centroid)[0] - place((0, 0))
    young = centre[1] > 10_600 and centre[0] > 9_000
    depth = 620.0 if young else 760.0
    rows = steps(frame.low[1], frame.high[1], depth, 0.18, random)
    bays = segments(frame.back(frame.low[0] - 200, rows[1:-1]), frame.back(frame.high[0] + 200, rows[1:-1]), 120)
    starts, ends = [], []
    for number, (low, high) in enumerate(pairwise(rows)):
        mean = random.uniform(165, 245) if young else random.uniform(70, 140)
        gaps = mean * random.lognormal(0, 0.28, int(frame.length / mean * 1.6) + 3)
        where = frame.low[0] + np.cumsum(gaps)
        where = where[where < frame.high[0]]
        # a little past the bay, so that bent lines always meet; what sticks out bounds nothing
        starts.append(frame.back(where, low - (200 if number == 0 else 6)))
        ends.append(frame.back(where, high + (200 if number == len(rows) - 2 else 6)))
        # here and there a strip was divided again
        split = where[random.random(len(where)) < 0.3]
        middle_at = low + (high - low) * random.uniform(0.3, 0.7, len(split))
        starts.append(frame.back(split - 4, middle_at))
        ends.append(frame.back(split + 0.94 * mean, middle_at))
    return bays, segments(np.vstack(starts), np.vstack(ends), 120)


def _normals(line: Geometry, at: Floats) -> tuple[Floats, Floats]:
    """Return points of a line at distances along it, and the unit normals there."""
    here = along(line, at)
    before, after = along(line, np.maximum(at - 5, 0)), along(line, np.minimum(at + 5, line.length))
    run = after - before
    run /= np.maximum(np.hypot(run[:, 0], run[:, 1]), 1e-9)[:, None]
    return here, np.column_stack([-run[:, 1], run[:, 0]])


def _ribbons(network: list[Line], closed: Geometry) -> tuple[Geometries, Geometries]:
    """Return the ground of the houses along the village roads, and the lines between their plots."""
    random = generator("ribbons")
    grounds: list[Geometry] = []
    lines: list[Geometries] = []
    for entry in places.PLACES:
        reach = RIBBONS.get(entry.name, 0)
        around = shapely.Point(place(entry.centre)).buffer(entry.radius + reach) - shapely.Point(
            place(entry.centre)
        ).buffer(0.8 * entry.radius)
        for road in network:
            if not reach or not road.geometry.intersects(around):
                continue
            half = HALF_WIDTH[road.kind]
            for piece in parts(shapely.intersection(road.geometry, around), 60):
                ground = piece.buffer(half + RIBBON_DEPTH, cap_style="flat", quad_segs=4) - closed
                at = steps(0, piece.length, RIBBON_PLOT, 0.25, random)
                here, normal = _normals(piece, at)
                far = half + RIBBON_DEPTH + 0.5
                across = segments(here - far * normal, here + far * normal)
                grounds += list(parts(ground, 300))
                lines.append(parts(shapely.intersection(across, ground), 3))
    return np.array(grounds, dtype=object), np.concatenate(lines)


def _farms(roads: list[Line], closed: Geometry, terrain: Terrain) -> Geometries:
    """Return farmyards: rectangles beside the roads of the countryside, none overlapping."""
    random = generator("farms")
    shapes: list[Geometry] = []
    for road in roads:
        at = steps(0, road.geometry.length, 330, 0.4, random)[1:-1]
        if not len(at):
            continue
        here, normal = _normals(road.geometry, at)
        side = np.where(random.random(len(at)) < 0.5, 1.0, -1.0)[:, None] * normal
        run = np.column_stack([normal[:, 1], -normal[:, 0]])
        width, depth = random.uniform(26, 44, (len(at), 1)), random.uniform(75, 120, (len(at), 1))
        near, far = here + (HALF_WIDTH[road.kind] - 1) * side, here + (HALF_WIDTH[road.kind] + depth) * side
        ring = np.stack([near - width * run, near + width * run, far + width * run, far - width * run], axis=1)
        shapes += list(np.asarray(shapely.polygons(ring)))
    farms: Geometries = np.array(shapes, dtype=object)
    shapely.prepare(closed)
    other = shapely.union_all([road.geometry for road in roads])
    free = (
        ~shapely.intersects(closed, farms)
        & (shapely.distance(farms, other) > 1.5)
        & shapely.within(farms, terrain.land)
    )
    farms = farms[free & (random.random(len(farms)) < 0.75)]
    first, second = shapely.STRtree(farms).query(farms, predicate="intersects")
    return np.asarray(np.delete(farms, np.unique(second[second > first])))
