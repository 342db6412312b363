"""Towns, villages and estates: their quarters, streets and building blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry as Geometry

from flexsite.demo import places
from flexsite.demo.frame import PRECISION, Turned, generator, one, parts, place, segments, steps, wobble
from flexsite.demo.places import Place
from flexsite.demo.terrain import Line, Terrain, connected

CORE, MIDDLE = 0.30, 0.63
MOAT = (0.37, 8.0)


@dataclass(frozen=True)
class Pattern:
    """How a quarter is laid out: distance between streets, length of blocks, width and depth of plots; metres."""

    across: float
    along: float
    plot: float
    depth: float = 27.0


PATTERNS = {
    "centrum": Pattern(58, 95, 18, 24),
    "vooroorlogs": Pattern(60, 125, 20, 25),
    "naoorlogs": Pattern(74, 155, 26),
    "tuinwijk": Pattern(68, 145, 27),
    "nieuwbouw": Pattern(64, 130, 23),
    "dorp": Pattern(80, 140, 30, 34),
    "bedrijven": Pattern(125, 210, 55, 55),
    "glas": Pattern(210, 330, 105, 100),
    "groen": Pattern(190, 280, 0),
}


@dataclass(frozen=True)
class Quarter:
    """A part of a settlement between main streets, with one use."""

    place: str
    name: str
    use: str
    geometry: Polygon
    angle: float


@dataclass(frozen=True)
class Settlements:
    """All settlements: what they cover, their streets and their quarters."""

    covers: dict[str, Polygon]
    streets: tuple[Line, ...]
    quarters: tuple[Quarter, ...]
    moats: Geometry


def build(terrain: Terrain) -> Settlements:
    """Lay out every settlement of the region."""
    covers: dict[str, Polygon] = {}
    streets: list[Line] = []
    quarters: list[Quarter] = []
    moats: list[Geometry] = []
    tracks = shapely.union_all([terrain.rail.buffer(24), terrain.motorway.buffer(45)])
    barrier = shapely.union_all([tracks, terrain.canals.buffer(9), terrain.zones["dunes"]])
    for entry in places.PLACES:
        cover = one(Polygon, wobble(entry.centre, entry.radius, entry.phases) - terrain.zones["dunes"])
        covers[entry.name] = cover
        mains, moat = _main_streets(entry, terrain)
        if moat is not None:
            moats.append(moat)
        blocked = shapely.union_all([barrier, *([moat.buffer(6)] if moat is not None else [])])
        streets += [Line("residential", name, part) for name, line in mains for part in parts(line - tracks, 20)]
        for quarter in _quarters(entry, cover, [line for _, line in mains], terrain):
            quarters.append(quarter)
            streets += _side_streets(quarter, blocked)
    main = [road for road in terrain.roads if road.kind != "cycleway"]
    return Settlements(covers, tuple(connected(streets, main)), tuple(quarters), shapely.union_all(moats))


def _main_streets(entry: Place, terrain: Terrain) -> tuple[list[tuple[str, LineString]], Geometry | None]:
    """Return ring roads and extra radials (the roads of the terrain are the other radials) and the town's moat."""
    if entry.kind == "estate":
        return [("Ringweg", _ring(entry, 0.97))], None
    if entry.kind == "village":
        return [("Ommegang", _ring(entry, 0.94))], None
    rings = [("Wal", _ring(entry, CORE)), ("Singel", _ring(entry, MIDDLE)), ("Randweg", _ring(entry, 0.97))]
    moat = _ring(entry, MOAT[0]).buffer(MOAT[1])
    centre = place(entry.centre)
    middle = rings[1][1]
    cuts = [
        shapely.get_coordinates(shapely.intersection(middle, line.geometry))
        for line in terrain.roads
        if line.kind != "cycleway" and line.geometry.intersects(middle)
    ]
    offsets = np.vstack(cuts) - centre
    angles = np.sort(np.arctan2(offsets[:, 1], offsets[:, 0]))
    radials = []
    for start, end in pairwise([*angles, angles[0] + 2 * np.pi]):
        extra = math.ceil((end - start) / math.radians(75)) - 1
        for number in range(1, extra + 1):
            angle = start + (end - start) * number / (extra + 1)
            far = centre + entry.radius * 1.2 * np.array([math.cos(angle), math.sin(angle)])
            near = centre + entry.radius * 0.2 * np.array([math.cos(angle), math.sin(angle)])
            piece = shapely.intersection(
                segments(near[None], far[None], 60)[0],
                shapely.difference(Polygon(rings[2][1]).buffer(1), Polygon(rings[0][1]).buffer(-1)),
            )
            radials += [(f"{('Ooster', 'Noorder', 'Wester', 'Zuider')[round(angle / (np.pi / 2)) % 4]}laan", part)
                        for part in parts(piece, 40)]  # fmt: skip
    return rings + radials, moat


def _ring(entry: Place, share: float) -> LineString:
    return LineString(wobble(entry.centre, entry.radius * share, entry.phases).exterior)


def _quarters(entry: Place, cover: Polygon, mains: list[LineString], terrain: Terrain) -> list[Quarter]:
    """Divide a settlement along its main streets and give every part a use."""
    random = generator("quarters " + entry.name)
    lines = [line.geometry for line in terrain.roads if line.kind != "cycleway"]
    # the town's edge follows the municipality's ground: a quarter never crosses motorway or railway
    noded = shapely.union_all([cover.exterior, *mains, *lines, terrain.rail, terrain.motorway], grid_size=PRECISION)
    faces = shapely.get_parts(shapely.polygonize(list(parts(noded))))
    faces = faces[
        shapely.contains_properly(cover.buffer(2), shapely.point_on_surface(faces)) & (shapely.area(faces) > 1500)
    ]
    centre = shapely.Point(place(entry.centre))
    far = shapely.distance(shapely.point_on_surface(faces), centre) / entry.radius
    offset = shapely.get_coordinates(shapely.point_on_surface(faces)) - place(entry.centre)
    turn = np.mod(np.arctan2(offset[:, 1], offset[:, 0]), 2 * np.pi)
    found: list[Quarter] = []
    for number in np.lexsort((turn, np.digitize(far, [CORE, MIDDLE]))):
        face, angle = faces[number], float(turn[number])
        if entry.kind == "village":
            name, use = entry.name, "dorp"
        elif entry.kind == "estate":
            name, use = entry.name, entry.uses[0]
        elif far[number] < CORE:
            name, use = f"{entry.name} Centrum", "centrum"
        else:
            outer = far[number] >= MIDDLE - 0.02
            compass = ("Oost", "Noordoost", "Noord", "Noordwest", "West", "Zuidwest", "Zuid", "Zuidoost")
            name = f"{entry.name} {compass[round(angle / (np.pi / 4)) % 8]}" + (" Buiten" if outer else "")
            sector = int(angle / (2 * np.pi) * len(entry.uses)) % len(entry.uses)
            use = entry.uses[sector] if outer else ("vooroorlogs" if sector % 2 else "naoorlogs")
        tilt = angle + random.normal(0, 0.12) + (np.pi / 2 if random.random() < 0.5 else 0)
        found.append(Quarter(entry.name, name, use, face, tilt))
    return found


def _side_streets(quarter: Quarter, blocked: Geometry) -> list[Line]:
    """Draw the streets within a quarter: parallel streets with staggered cross streets."""
    random = generator(f"streets {quarter.name} {quarter.geometry.area:.0f}")
    pattern = PATTERNS[quarter.use]
    frame = Turned(quarter.geometry, quarter.angle)
    if frame.breadth < 1.5 * pattern.across and frame.length < 1.2 * pattern.along:
        return []
    rows = steps(frame.low[1], frame.high[1], pattern.across, 0.12, random)
    starts, ends = [], []
    for row in rows[1:-1]:
        starts.append(frame.back(frame.low[0] - 90, row))
        ends.append(frame.back(frame.high[0] + 90, row))
    for low, high in pairwise(rows):
        first = frame.low[0] + random.uniform(0.1, 0.9) * pattern.along
        where = np.arange(first, frame.high[0], pattern.along) + random.uniform(-9, 9)
        if len(where):
            starts.append(frame.back(where, low))
            ends.append(frame.back(where, high))
    if not starts:
        return []
    lines = segments(np.vstack(starts), np.vstack(ends), 70)
    ground = shapely.difference(quarter.geometry, blocked)
    pieces = parts(shapely.intersection(lines, ground), 26)
    # a street along the edge of a quarter would leave a useless strip
    edge = quarter.geometry.exterior.buffer(0.36 * pattern.across)
    beside = shapely.length(shapely.intersection(pieces, edge)) / shapely.length(pieces)
    kept = pieces[beside < 0.75]
    names = _names(quarter.use)
    return [Line("residential", str(names[int(random.integers(len(names)))]), piece) for piece in kept]


def _names(use: str) -> tuple[str, ...]:
    trees = ("Elzen", "Wilgen", "Iepen", "Essen", "Berken", "Linden", "Meidoorn", "Vlier", "Esdoorn", "Populieren")
    birds = (
        "Grutto",
        "Wulp",
        "Tureluur",
        "Kluut",
        "Plevier",
        "Scholekster",
        "Kieviten",
        "Lepelaar",
        "Tapuit",
        "Karekiet",
    )
    crafts = ("Wever", "Smeden", "Bakker", "Touwslagers", "Kuipers", "Zeilmakers", "Molenaars", "Turfdragers")
    trades = ("Ambacht", "Nijverheids", "Energie", "Ondernemers", "Handels", "Metaal")
    if use in ("bedrijven", "glas"):
        return tuple(f"{name}weg" for name in trades)
    if use in ("centrum", "vooroorlogs"):
        return tuple(f"{name}{'steeg' if number % 3 == 0 else 'straat'}" for number, name in enumerate(crafts))
    stems = birds if use in ("tuinwijk", "groen", "dorp") else trees
    return tuple(f"{name}{('laan', 'straat', 'hof')[number % 3]}" for number, name in enumerate(stems))
