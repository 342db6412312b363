"""Division of the whole land into parcels without gap or overlap, by noding all lines and reading off the faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry as Geometry

from flexsite.demo.frame import (
    PRECISION,
    Floats,
    Geometries,
    Turned,
    along,
    dots,
    generator,
    parts,
    polygonal,
    segments,
    steps,
)
from flexsite.demo.polders import Polders
from flexsite.demo.settlements import PATTERNS, Quarter, Settlements
from flexsite.demo.terrain import HALF_WIDTH, Terrain, corridors

WILD = ("lake", "beach", "dunes", "wood", "reed", "marsh")
# mean area of a parcel in nature, m2
WILD_SIZE = {
    "lake": 800_000.0,
    "beach": 250_000.0,
    "dunes": 170_000.0,
    "wood": 62_000.0,
    "reed": 42_000.0,
    "marsh": 170_000.0,
}
SLIVER = 45.0


@dataclass(frozen=True)
class Tiling:
    """The parcels' ground.

    Attributes
    ----------
    faces
        Polygons, in a fixed order from south-west to north-east.
    kind
        What each face is: rail, motorway, road, water, one of `WILD`, plot, ribbon, farm or field.
    block
        Number of the block a face was cut from.
    quarter
        Number of the quarter a plot lies in; -1 elsewhere.
    split
        Whether the block was divided into plots.
    """

    faces: Geometries
    kind: npt.NDArray[np.str_]
    block: npt.NDArray[np.int64]
    quarter: npt.NDArray[np.int64]
    split: npt.NDArray[np.bool_]


def build(terrain: Terrain, settlements: Settlements, polders: Polders) -> Tiling:
    """Divide the land: first into blocks between roads and water, then each block into parcels."""
    network = _network(terrain, settlements, polders)
    layers = _corridors(terrain, settlements, polders, network)
    covers = list(settlements.covers.values())
    edges: list[Geometry] = [terrain.land.exterior, *(shape.boundary for shape in layers.values())]
    edges += [quarter.geometry.exterior for quarter in settlements.quarters]
    edges += [terrain.zones[name].boundary for name in WILD]
    edges += [municipality.exterior for municipality in terrain.municipalities.values()]
    edges += list(shapely.boundary(polders.ribbons)) + list(shapely.boundary(polders.farms))
    ground = shapely.union_all(edges, grid_size=PRECISION)
    blocks = _faces(ground, terrain.land)
    kind = _kinds(blocks, layers, terrain, polders, covers)
    quarter = _inside(blocks, np.array([quarter.geometry for quarter in settlements.quarters], dtype=object))

    lines: list[Geometries] = [_across(network)]
    split = np.zeros(len(blocks), dtype=bool)
    random = generator("plots")
    for number in np.flatnonzero((kind == "plot") & (quarter >= 0)):
        inner = _plots(blocks[number], settlements.quarters[quarter[number]], random)
        split[number] = len(inner) > 0
        lines.append(inner)
    lines += [_compartments(blocks[kind == name], WILD_SIZE[name], generator("nature " + name)) for name in WILD]
    shapely.prepare(blocks)
    fields = blocks[kind == "field"]
    line, block = shapely.STRtree(fields).query(polders.division, predicate="intersects")[:, :]
    lines.append(parts(shapely.intersection(polders.division[line], fields[block]), 1))
    ribbons = blocks[kind == "ribbon"]
    line, block = shapely.STRtree(ribbons).query(polders.ribbon_lines, predicate="intersects")[:, :]
    lines.append(parts(shapely.intersection(polders.ribbon_lines[line], ribbons[block]), 1))

    faces = _faces(shapely.union_all([ground, *np.concatenate(lines)], grid_size=PRECISION), terrain.land)
    home = _inside(faces, blocks)
    faces, home = _without_slivers(faces, home, kind)
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    order = np.lexsort((points[:, 0], points[:, 1], points[:, 0] // 1000, points[:, 1] // 1000))
    faces, home = faces[order], home[order]
    return Tiling(faces, kind[home], home, quarter[home], split[home])


def _network(terrain: Terrain, settlements: Settlements, polders: Polders) -> list[tuple[str, Geometry]]:
    """Return kind and centre line of every road and path that has its own ground."""
    lines = [*terrain.roads, *polders.roads, *settlements.streets]
    return [(line.kind, line.geometry) for line in lines]


def _corridors(
    terrain: Terrain, settlements: Settlements, polders: Polders, network: list[tuple[str, Geometry]]
) -> dict[str, Geometry]:
    """Return the ground of rail, motorway, roads and water; the first named wins where they cross."""
    shapes = {
        "rail": terrain.rail.buffer(HALF_WIDTH["rail"], cap_style="flat"),
        "motorway": shapely.union(
            terrain.motorway.buffer(HALF_WIDTH["motorway"], cap_style="flat"),
            corridors(np.array(terrain.ramps, dtype=object), ["motorway_link"] * len(terrain.ramps)),
        ),
        "road": corridors(np.array([line for _, line in network], dtype=object), [kind for kind, _ in network]),
        "water": shapely.union_all([terrain.canals, settlements.moats, polders.water]),
    }
    found: dict[str, Geometry] = {}
    for name, shape in shapes.items():
        inside = polygonal(shapely.intersection(shape, terrain.land, grid_size=PRECISION))
        for earlier in found.values():
            inside = polygonal(shapely.difference(inside, earlier, grid_size=PRECISION))
        found[name] = inside
    return found


def _faces(lines: Geometry, land: Polygon) -> Geometries:
    faces = shapely.get_parts(shapely.polygonize(list(parts(lines))))
    shapely.prepare(land)
    return np.asarray(faces[shapely.contains(land, shapely.point_on_surface(faces))])


def _inside(faces: Geometries, areas: Geometries) -> npt.NDArray[np.int64]:
    """Return for each face the number of the area that its point on surface lies in; -1 for none."""
    found = np.full(len(faces), -1, dtype=np.int64)
    face, area = shapely.STRtree(areas).query(shapely.point_on_surface(faces), predicate="intersects")
    found[face[::-1]] = area[::-1]
    return found


def _kinds(
    blocks: Geometries, layers: dict[str, Geometry], terrain: Terrain, polders: Polders, covers: list[Polygon]
) -> npt.NDArray[np.str_]:
    kind = np.full(len(blocks), "field", dtype="<U8")
    areas: list[tuple[str, Geometries]] = [("farm", polders.farms), ("ribbon", polders.ribbons)]
    areas += [("plot", np.array(covers, dtype=object))]
    areas += [(name, parts(terrain.zones[name])) for name in WILD]
    areas += [(name, parts(layers[name])) for name in ("water", "road", "motorway", "rail")]
    for name, shapes in areas:
        kind[_inside(blocks, shapes) >= 0] = name
    return kind


def _across(network: list[tuple[str, Geometry]]) -> Geometries:
    """Return short lines across the roads, half way between crossings: the ground of a road is not one parcel."""
    edges = shapely.get_parts(shapely.union_all([line for _, line in network], grid_size=PRECISION))
    edges = edges[shapely.length(edges) > 90]
    nearest = shapely.STRtree([line for _, line in network]).nearest(
        shapely.line_interpolate_point(edges, 0.5, normalized=True)
    )
    half = np.array([HALF_WIDTH[kind] for kind, _ in network])[nearest] + 0.4
    lengths = shapely.length(edges)
    before, middle, after = (along(edges, 0.5 * lengths + step) for step in (-2, 0, 2))
    run = after - before
    normal = np.column_stack([-run[:, 1], run[:, 0]]) / np.hypot(run[:, 0], run[:, 1])[:, None] * half[:, None]
    return segments(middle - normal, middle + normal)


def _plots(block: Polygon, quarter: Quarter, random: np.random.Generator) -> Geometries:
    """Return the lines that divide a block into plots, in two rows back to back; none for a block that stays whole."""
    pattern = PATTERNS[quarter.use]
    none: Geometries = np.array([], dtype=object)
    whole = {"naoorlogs": 0.42, "tuinwijk": 0.13, "nieuwbouw": 0.26, "dorp": 0.10, "bedrijven": 0.12}.get(
        quarter.use, 0.07
    )
    lot = random.random()
    if pattern.plot == 0 or block.area < 2.2 * pattern.plot * pattern.depth or lot < whole:
        return none
    frame = Turned(block)
    middle = (frame.low[1] + frame.high[1]) / 2
    starts: list[Floats] = []
    ends: list[Floats] = []
    if frame.breadth > 2.7 * pattern.depth:
        rows = [(frame.low[1], frame.low[1] + pattern.depth), (frame.high[1] - pattern.depth, frame.high[1])]
        backs = [rows[0][1], rows[1][0]]
    elif frame.breadth > 1.25 * pattern.depth:
        rows, backs = [(frame.low[1], middle), (middle, frame.high[1])], [middle]
    else:
        rows, backs = [(frame.low[1], frame.high[1])], []
    for back in backs:
        starts.append(frame.back(frame.low[0] - 5, back))
        ends.append(frame.back(frame.high[0] + 5, back))
    for low, high in rows:
        where = steps(frame.low[0], frame.high[0], pattern.plot, 0.2, random)[1:-1]
        starts.append(frame.back(where, low - (6 if low == frame.low[1] else 0)))
        ends.append(frame.back(where, high + (6 if high == frame.high[1] else 0)))
    if not starts:
        return none
    return parts(shapely.intersection(segments(np.vstack(starts), np.vstack(ends)), block), 0.05)


def _compartments(blocks: Geometries, size: float, random: np.random.Generator) -> Geometries:
    """Return lines that divide natural ground irregularly into pieces of about `size` m2."""
    lines: list[Geometries] = [np.array([], dtype=object)]
    for block in blocks:
        count = round(block.area / size)
        if count < 2:
            continue
        west, south, east, north = block.bounds
        tries = np.column_stack([random.uniform(west, east, 12 * count), random.uniform(south, north, 12 * count)])
        seeds = dots(np.round(tries, 1))
        seeds = seeds[shapely.contains(block, seeds)][:count]
        if len(seeds) < 2:
            continue
        cells = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=block, only_edges=True)
        lines.append(parts(shapely.intersection(cells, block), 1))
    return np.concatenate(lines)


def _without_slivers(
    faces: Geometries, home: npt.NDArray[np.int64], kind: npt.NDArray[np.str_]
) -> tuple[Geometries, npt.NDArray[np.int64]]:
    """Join every sliver to the neighbour with which it shares the longest boundary, of its own kind if there is one."""
    for _ in range(10):
        area, around = shapely.area(faces), shapely.length(faces)
        small = np.flatnonzero((area < SLIVER) | (2 * area / around < 1.2))
        if not len(small):
            break
        tree = shapely.STRtree(faces)
        left, right = tree.query(faces[small], predicate="intersects")
        left = small[left]
        other = left != right
        left, right = left[other], right[other]
        shared = shapely.length(shapely.intersection(shapely.boundary(faces[left]), shapely.boundary(faces[right])))
        same = (kind[home[left]] == kind[home[right]]) * 1.0
        rank = shared * (1 + 2 * same) + (home[left] == home[right]) * 0.5
        # the ground of rail, roads and water keeps its width where there is another neighbour
        rank -= 1e6 * (np.isin(kind[home[right]], ["rail", "motorway", "road", "water"]) & (same == 0))
        best: dict[int, int] = {}
        for position in np.lexsort((right, -rank, left)):
            if shared[position] > 0:
                best.setdefault(int(left[position]), int(right[position]))
        gone: set[int] = set()
        touched: set[int] = set()
        for sliver, target in best.items():
            if sliver in touched or target in gone or target in touched:
                continue
            merged = shapely.coverage_union_all([faces[sliver], faces[target]])
            if merged.geom_type != "Polygon":
                continue
            faces[target] = merged
            gone.add(sliver)
            touched.update((sliver, target))
        if not gone:
            break
        kept = np.array([number not in gone for number in range(len(faces))])
        faces, home = faces[kept], home[kept]
    return faces, home
