"""The street network as OpenStreetMap has it: ways that share nodes, and amenities."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry as Geometry

from flexsite.demo import places
from flexsite.demo.frame import PRECISION, Floats, Geometries, along, dots, generator, parts, pieces, place
from flexsite.demo.polders import Polders
from flexsite.demo.settlements import Settlements
from flexsite.demo.terrain import HALF_WIDTH, Line, Terrain

RANK = ("primary", "secondary", "tertiary", "residential", "unclassified", "cycleway")
# what parks out of town are called, by land use
PARKS = {"bos": "Bosje", "recreatie": "Recreatieveld"}
# The Dutch grid to WGS 84 by seven parameters (EPSG:15934), without a correction grid: the same on every computer.
TO_WGS84 = (
    "+proj=pipeline +step +inv +proj=sterea +lat_0=52.1561605555556 +lon_0=5.38763888888889 +k=0.9999079 "
    "+x_0=155000 +y_0=463000 +ellps=bessel +step +proj=push +v_3 +step +proj=cart +ellps=bessel "
    "+step +proj=helmert +x=565.4171 +y=50.3319 +z=465.5524 +rx=-0.398957 +ry=0.343988 +rz=-1.8774 +s=4.0725 "
    "+convention=position_vector +step +inv +proj=cart "
    "+ellps=WGS84 +step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)


@dataclass
class Network:
    """Ways and nodes in EPSG:28992; `nodes` gives the number of each position (centimetres)."""

    ways: list[tuple[list[int], dict[str, str]]] = field(default_factory=list)
    nodes: dict[tuple[int, int], int] = field(default_factory=dict)
    places: list[tuple[Point, dict[str, str]]] = field(default_factory=list)
    stations: list[Floats] = field(default_factory=list)

    def add(self, line: Geometry, tags: dict[str, str]) -> None:
        """Add a way; equal positions become one node."""
        keys = [(int(x), int(y)) for x, y in np.round(shapely.get_coordinates(line) * 100)]
        numbers = [self.nodes.setdefault(key, len(self.nodes) + 1) for key in keys]
        numbers = [a for a, b in zip(numbers, [0, *numbers], strict=False) if a != b]
        if len(numbers) > 1:
            self.ways.append((numbers, tags))

    def positions(self) -> Floats:
        """Return the positions of the nodes, in order of their number."""
        return np.array(list(self.nodes), dtype=float) / 100


def build(
    terrain: Terrain, settlements: Settlements, polders: Polders, parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame
) -> Network:
    """Build the network of streets, paths and motorway, and place the amenities."""
    network = Network()
    lines = [*terrain.roads, *settlements.streets, *polders.roads]
    _streets(network, lines, terrain, settlements)
    streets: Geometries = np.array([line.geometry for line in lines], dtype=object)
    vertices = dots(network.positions())
    _motorway(network, terrain, vertices)
    _paths(network, terrain, parcels, vertices)
    network.add(terrain.rail, {"railway": "rail", "name": "Waardlijn", "electrified": "contact_line"})
    _amenities(network, buildings, streets)
    return network


def _streets(network: Network, lines: list[Line], terrain: Terrain, settlements: Settlements) -> None:
    random = generator("streets")
    lines = sorted(lines, key=lambda line: RANK.index(line.kind))
    shapes: Geometries = np.array([line.geometry for line in lines], dtype=object)
    edges = _without_stubs(parts(shapely.union_all(shapes, grid_size=PRECISION)))
    middles = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    edge, line = shapely.STRtree(shapes).query(middles, predicate="dwithin", distance=0.05)
    owner = np.full(len(edges), len(lines))
    np.minimum.at(owner, edge, line)
    missing = owner == len(lines)
    owner[missing] = shapely.STRtree(shapes).nearest(middles[missing])
    rails = shapely.union_all(
        [terrain.rail.buffer(HALF_WIDTH["rail"] + 8), terrain.motorway.buffer(HALF_WIDTH["motorway"] + 8)]
    )
    water = shapely.union_all([terrain.canals, settlements.moats])
    shapely.prepare(rails)
    shapely.prepare(water)
    core = shapely.union_all([Point(place(p.centre)).buffer(0.3 * p.radius) for p in places.PLACES if p.kind == "town"])
    shapely.prepare(core)
    inner = shapely.contains(core, middles)
    over = shapely.intersects(rails, edges)
    wet = shapely.intersects(water, edges)
    points = shapely.get_coordinates(middles)
    for number in np.lexsort((points[:, 0], points[:, 1])):
        source = lines[owner[number]]
        tags = {"highway": source.kind, "name": source.name}
        if source.kind == "cycleway":
            tags |= {"foot": "yes", "surface": "asphalt"}
        elif source.kind in ("primary", "secondary"):
            tags |= {
                "maxspeed": "60" if source.kind == "secondary" else "80",
                "cycleway:both": "separate",
                "sidewalk": "both",
            }
        elif source.kind == "residential":
            tags["maxspeed"] = "30"
            if inner[number] and random.random() < 0.3:
                tags["oneway"] = "yes"
                if random.random() < 0.7:
                    tags["oneway:bicycle"] = "no"
        if over[number] or wet[number]:
            on = rails if over[number] else water
            bridge = parts(shapely.intersection(edges[number], on), 0.05)
            for piece in (*parts(shapely.difference(edges[number], on), 0.05), *bridge):
                level = {"bridge": "yes", "layer": "1"} if any(piece is part for part in bridge) else {}
                network.add(piece, tags | level)
        else:
            network.add(edges[number], tags)


def _without_stubs(edges: Geometries) -> Geometries:
    """Drop the dead ends of less than 2 m that remain where a street was drawn a little past its end."""
    ends = shapely.get_coordinates([shapely.get_point(edges, 0), shapely.get_point(edges, -1)])
    _, number, degree = np.unique(np.round(ends, 2), axis=0, return_inverse=True, return_counts=True)
    loose = (degree[number.reshape(2, -1)] == 1).any(axis=0)
    return np.asarray(edges[~(loose & (shapely.length(edges) < 2))])


def _motorway(network: Network, terrain: Terrain, vertices: Geometries) -> None:
    """Add two one-way carriageways and ramps that share nodes with motorway and street."""
    sides = {}
    for side in (13.0, -13.0):
        line = shapely.set_precision(shapely.offset_curve(terrain.motorway, side), PRECISION)
        sides[side] = line if side < 0 else shapely.reverse(line)
        network.add(sides[side], {"highway": "motorway", "ref": "A999", "oneway": "yes", "maxspeed": "100"})
    carriageways = {side: dots(shapely.get_coordinates(line)) for side, line in sides.items()}
    streets = shapely.STRtree(vertices)
    for ramp in terrain.ramps:
        xy = shapely.get_coordinates(ramp)
        side = min(sides, key=lambda key: sides[key].distance(Point(xy[0])))
        nodes = carriageways[side]
        xy[0] = shapely.get_coordinates(nodes[int(np.argmin(shapely.distance(nodes, Point(xy[0]))))])[0]
        xy[-1] = shapely.get_coordinates(vertices[streets.nearest(Point(xy[-1]))])[0]
        network.add(LineString(xy), {"highway": "motorway_link"})


def _paths(network: Network, terrain: Terrain, parcels: gpd.GeoDataFrame, vertices: Geometries) -> None:
    """Add footpaths through parks and to the stations, from the nearest street nodes."""
    tree = shapely.STRtree(vertices)
    barrier = shapely.union_all([terrain.rail, terrain.motorway, terrain.canals])
    in_town = (parcels["klasse"] == "park") & (parcels.geometry.area > 2500)
    country = (parcels["kind"] == "field") & parcels["klasse"].isin(list(PARKS))
    parks = parcels[in_town | country]
    for park, klasse in zip(parks.geometry, parks["klasse"], strict=True):
        ring = shapely.get_coordinates(shapely.set_precision(park.exterior, PRECISION))
        network.add(LineString(ring), {"leisure": "park", "name": PARKS.get(klasse, "Plantsoen")})
        centre = park.representative_point()
        corners = shapely.line_interpolate_point(park.exterior, [0.0, 0.25, 0.5, 0.75], normalized=True)
        ends = sorted({int(end) for end in tree.nearest(corners)})
        for end in ends:
            path = LineString([centre, vertices[end]])
            if vertices[end].distance(park) < 40 and not path.intersects(barrier):
                network.add(path, {"highway": "footway", "surface": "gravel"})
    for _, at in places.STATIONS:
        _station(network, terrain, place(at), vertices)


def _station(network: Network, terrain: Terrain, at: Floats, vertices: Geometries) -> None:
    """Place a station's entrance 20 m from the track, on the side of the nearest street, with a path to it."""
    around = vertices[shapely.dwithin(vertices, Point(at), 600)]
    ends = shapely.get_coordinates(around[shapely.distance(around, terrain.rail) > 25])
    end = ends[np.lexsort((ends[:, 0], np.round(np.hypot(*(ends - at).T), 1)))[0]]
    on_track = terrain.rail.project(Point(at))
    before, after = along(terrain.rail, [on_track - 1, on_track + 1])
    across = np.array([before[1] - after[1], after[0] - before[0]]) / np.hypot(*(after - before))
    entrance = np.round(along(terrain.rail, [on_track])[0] + 20 * np.sign(across @ (end - at)) * across, 2)
    network.stations.append(entrance)
    network.add(LineString([entrance, end]), {"highway": "footway", "name": "Stationspad"})


def _amenities(network: Network, buildings: gpd.GeoDataFrame, streets: Geometries) -> None:
    """Place supermarkets, schools, doctors and other shops at buildings beside a street."""
    function = buildings["gebruiksdoel"].to_numpy(dtype=str)
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    short = pieces(streets)
    near_street, _ = shapely.STRtree(short).query(points, predicate="dwithin", distance=60)
    reach = np.zeros(len(points), dtype=bool)
    reach[near_street] = True
    business = reach & ~np.isin(function, ["woonfunctie", "overige gebruiksfunctie", "industriefunctie"])
    names = ("Marskramer", "Boodschap", "Kruidentuin", "Voorraad", "Grutter")
    used: set[int] = set()
    for number, (target, radius) in enumerate(_supermarkets()):
        near = np.flatnonzero(business & (shapely.distance(points, target) < radius))
        near = near[~np.isin(near, list(used))]
        if not len(near):
            continue
        chosen = int(near[np.argmin(shapely.distance(points[near], target))])
        used.add(chosen)
        network.places.append((points[chosen], {"shop": "supermarket", "name": names[number % len(names)]}))
    for kind, sort, every in (("onderwijsfunctie", "school", 2), ("gezondheidszorgfunctie", "doctors", 2)):
        label = "Basisschool" if sort == "school" else "Huisartsen"
        for order, number in enumerate(np.flatnonzero(reach & (function == kind))[::every]):
            network.places.append(
                (points[number], {"amenity": sort, "name": f"{label} {names[order % len(names)]} {order + 1}"})
            )
    villages = [entry for entry in places.PLACES if entry.kind == "village"]
    for entry in villages:
        centre = Point(place(entry.centre))
        near = np.flatnonzero(reach & (shapely.distance(points, centre) < entry.radius))
        first, second, third = near[np.argsort(shapely.distance(points[near], centre), kind="stable")][:3]
        network.places.append((points[first], {"amenity": "school", "name": f"Dorpsschool {entry.name}"}))
        if entry.name in ("Wulpendorp", "Meerkoetsluis", "Kluutmeer", "Tureluurkerk"):
            network.places.append((points[second], {"amenity": "doctors", "name": f"Huisarts {entry.name}"}))
            network.places.append((points[third], {"shop": "supermarket", "name": f"Buurtsuper {entry.name}"}))


def _supermarkets() -> list[tuple[Point, float]]:
    """Return where supermarkets are wanted: two in every town centre and some round it."""
    wanted = []
    for entry in places.PLACES:
        if entry.kind != "town":
            continue
        centre = place(entry.centre)
        for share, angle in ((0.1, 0.6), (0.2, 3.6), (0.55, 0.9), (0.6, 2.6), (0.55, 4.1), (0.6, 5.3)):
            at = centre + share * entry.radius * np.array([np.cos(angle), np.sin(angle)])
            wanted.append((Point(at), 420.0))
    return wanted


def write(network: Network, path: Path, bounds: tuple[float, float, float, float] | None = None) -> None:
    """Write the network as OSM PBF (or XML, by the suffix); with `bounds` (EPSG:28992) only the ways that touch it."""
    import osmium
    from osmium.osm import mutable
    from pyproj import Transformer

    xy = network.positions()
    extra = shapely.get_coordinates([point for point, _ in network.places])
    # latitude and longitude to 7 decimals, as OpenStreetMap stores them
    lon, lat = Transformer.from_pipeline(TO_WGS84).transform(*np.vstack([xy, extra]).T)
    location = np.round(np.column_stack([lon, lat]), 7)
    west, south, east, north = bounds or (-np.inf, -np.inf, np.inf, np.inf)
    x, y = np.vstack([xy, extra]).T
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    ways = [way for way in network.ways if inside[np.array(way[0]) - 1].any()]
    used = np.zeros(len(location) + 1, dtype=bool)
    for numbers, _ in ways:
        used[numbers] = True
    path.unlink(missing_ok=True)
    header = osmium.io.Header()
    header.set("generator", "flexsite demo, invented data")
    writer = osmium.SimpleWriter(str(path), header=header)
    common: dict[str, Any] = {
        "version": 1,
        "timestamp": "2026-01-01T00:00:00Z",
        "changeset": 1,
        "user": "flexsite",
        "uid": 1,
        "visible": True,
    }
    for number in range(1, len(xy) + 1):
        if used[number]:
            writer.add_node(mutable.Node(id=number, location=tuple(location[number - 1]), **common))
    for order, (_, tags) in enumerate(network.places):
        number = len(xy) + 1 + order
        if inside[number - 1]:
            writer.add_node(mutable.Node(id=number, location=tuple(location[number - 1]), tags=tags, **common))
    for order, (numbers, tags) in enumerate(ways, 1):
        writer.add_way(mutable.Way(id=order, nodes=numbers, tags=tags, **common))
    writer.close()


def shortest(network: Network, start: int, end: int, kinds: frozenset[str]) -> list[int]:
    """Return the node numbers of the shortest way between two nodes along ways of the given kinds (Dijkstra)."""
    xy = network.positions()
    links: dict[int, list[tuple[int, float]]] = {}
    for numbers, tags in network.ways:
        if tags.get("highway") in kinds:
            for a, b in pairwise(numbers):
                length = float(np.hypot(*(xy[a - 1] - xy[b - 1])))
                links.setdefault(a, []).append((b, length))
                links.setdefault(b, []).append((a, length))
    best: dict[int, float] = {start: 0.0}
    before: dict[int, int] = {}
    queue = [(0.0, start)]
    while queue:
        so_far, here = heapq.heappop(queue)
        if here == end:
            break
        if so_far > best[here]:
            continue
        for there, length in links.get(here, []):
            if so_far + length < best.get(there, np.inf):
                best[there], before[there] = so_far + length, here
                heapq.heappush(queue, (so_far + length, there))
    path = [end]
    while path[-1] != start:
        path.append(before[path[-1]])
    return path[::-1]
