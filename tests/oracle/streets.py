"""Walking along OpenStreetMap, node by node: every straight segment between two OSM nodes is an edge in networkx."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import networkx as nx
import osmium
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from flexsite.access.readers.tags import permission  # who may walk where is said once, for both


@dataclass(frozen=True)
class Door:
    """Where a place meets the streets: the segment (two OSM nodes), metres from its first node, straight leg."""

    u: int
    v: int
    along: float
    length: float
    leg: float


class Streets:
    """The streets one may walk, in metres of a projected CRS, with places attached to them.

    Parameters
    ----------
    pbf
        An OpenStreetMap file.
    crs
        Projected, such as "EPSG:31982".
    snap
        Metres between a place and the nearest street point at most.
    island
        Connected parts with fewer junctions than this give no door where another street is within `snap`.
    """

    def __init__(self, pbf: Path, crs: str, *, snap: float = 100.0, island: int = 50) -> None:
        project = _projection(crs).transform
        self.snap, self.graph = snap, nx.Graph()
        self.doors: dict[Any, Door] = {}
        self.xy = xy = dict[int, tuple[float, float]]()
        chains: list[list[int]] = []
        open_doors: list[bool] = []
        ways: Any = osmium.FileProcessor(str(pbf), osmium.osm.NODE | osmium.osm.WAY).with_locations()
        for way in ways:
            if not way.is_way():
                continue
            tags = dict(way.tags)
            if not permission(tags).walk:
                continue
            chain: list[int] = []
            for node in way.nodes:
                if node.location.valid():
                    xy.setdefault(node.ref, project(node.lon, node.lat))
                    chain.append(node.ref)
                    continue
                chains.append(chain)  # a node beyond the edge of the extract breaks the way
                open_doors.append("highway" in tags)
                chain = []
            chains.append(chain)
            open_doors.append("highway" in tags)
        uses: dict[int, int] = defaultdict(int)
        for chain in chains:
            for place, node in enumerate(chain):
                uses[node] += 2 if place in (0, len(chain) - 1) else 1
        pairs = []
        for chain, opens in zip(chains, open_doors, strict=True):
            for u, v in itertools.pairwise(chain):
                metres = math.dist(xy[u], xy[v])
                if u != v and metres < self.graph.get_edge_data(u, v, {"metres": math.inf})["metres"]:
                    self.graph.add_edge(u, v, metres=metres)
                if opens:
                    pairs.append((u, v))
        small = set()
        for part in nx.connected_components(self.graph):
            if sum(uses[node] > 1 for node in part) < island:
                small |= part
        # all segments first, then those of large parts alone
        self._layers = []
        for chosen in (pairs, [pair for pair in pairs if pair[0] not in small]):
            lines = [shapely.LineString([xy[u], xy[v]]) for u, v in chosen]
            self._layers.append((chosen, lines, shapely.STRtree(lines)))
        self.small = small
        self._on: dict[frozenset[int], list[Any]] = defaultdict(list)

    def door(self, shape: BaseGeometry) -> Door | None:
        """The street point nearest to a shape; of a shape with streets in it, the one nearest to its middle."""
        for pairs, lines, tree in reversed(self._layers):
            near = [int(row) for row in tree.query(shape, predicate="dwithin", distance=self.snap)]
            if not near:
                continue
            legs = {row: lines[row].distance(shape) for row in near}
            least = min(legs.values())
            if least == 0 and shape.area > 0:
                middle = shape.point_on_surface()
                inside = {row: lines[row].intersection(shape) for row in near if legs[row] == 0}
                row = min(inside, key=lambda one: (round(inside[one].distance(middle), 8), one))
                point = shapely.shortest_line(inside[row], middle).coords[0]
            else:
                row = min(row for row in near if legs[row] == least)
                point = shapely.shortest_line(lines[row], shape).coords[0]
            u, v = pairs[row]
            return Door(u, v, lines[row].project(shapely.Point(point)), lines[row].length, least)
        return None

    def attach(self, key: Any, shape: BaseGeometry) -> bool:
        """Make a place a node of the graph, with its straight leg; False when it is too far from every street."""
        door = self.door(shape)
        if door is None:
            return False
        self.doors[key] = door
        self.graph.add_edge(key, door.u, metres=door.leg + door.along)
        self.graph.add_edge(key, door.v, metres=door.leg + door.length - door.along)
        others = self._on[frozenset((door.u, door.v))]
        for other in others:  # along the same segment without passing its ends
            there = self.doors[other]
            ahead = there.along if there.u == door.u else there.length - there.along
            self.graph.add_edge(key, other, metres=door.leg + abs(door.along - ahead) + there.leg)
        others.append(key)
        return True

    def walks(self, key: Any, limit: float) -> dict[Any, float]:
        """Metres to every attached place within a limit, itself left out."""
        if key not in self.doors:
            return {}
        found = nx.single_source_dijkstra_path_length(self.graph, key, cutoff=limit, weight="metres")
        return {other: metres for other, metres in found.items() if other in self.doors and other != key}


def seconds(metres: float, metres_per_second: float) -> int:
    """Whole seconds, rounded up; what exceeds a whole one by a millionth is rounding of coordinates."""
    return math.ceil(metres / metres_per_second - 1e-6)


def point(lonlat: Sequence[float], crs: str) -> shapely.Point:
    """A place in a projected CRS."""
    x, y = _projection(crs).transform(lonlat[0], lonlat[1])
    return shapely.Point(x, y)


@lru_cache
def _projection(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(4326, crs, always_xy=True)
