"""Small street networks, a stand-in for layers, and networkx as oracle."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas
import networkx
import numpy as np
import pyproj
import shapely

from flexsite.access.entering.snap import Entrances
from flexsite.access.streets.model import Graph, StreetFile

RD = pyproj.CRS.from_epsg(28992)
NAN = float("nan")


def street_file(edges: Sequence[tuple[Any, ...]], crs: pyproj.CRS = RD) -> StreetFile:
    """Streets from (points, permission, seconds): 'w' for walk, 'f' cycle forward, 'b' backward, 'F' a ferry, 'd' drive
    forward, 'r' backward; seconds of a ferry may be left out.

    Edges meet where their ends have the same coordinates.
    """
    points = [np.array(edge[0], float) for edge in edges]
    allowed = [edge[1] if len(edge) > 1 else "wfb" for edge in edges]
    ends = np.array([[tuple(line[0]), tuple(line[-1])] for line in points])
    _, node = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    node = node.reshape(-1, 2)
    flag = np.array([[letter in one for letter in "wfbFdr"] for one in allowed])
    seconds = np.array([edge[2] if len(edge) > 2 else np.nan for edge in edges], float)
    return StreetFile(
        name="streets", crs=crs, node_id=np.arange(node.max() + 1) + 100, u=node[:, 0], v=node[:, 1],
        coords=np.concatenate(points), start=np.concatenate([[0], np.cumsum([len(line) for line in points])]),
        walk=flag[:, 0], forward=flag[:, 1], backward=flag[:, 2], ferry=flag[:, 3],
        drive_forward=flag[:, 4], drive_backward=flag[:, 5], seconds=seconds, way_id=np.arange(len(edges)),
        highway_code=np.zeros(len(edges), np.int32), highway_names=np.array(["residential"]),
    )  # fmt: skip


def pair_distances(graph: Graph, sites: Entrances, places: Entrances, count: int, place_count: int) -> np.ndarray:
    """Distances (sites, places) by networkx, on a copy of the graph in which every entrance is a node."""
    streets = graph.streets
    copy = networkx.DiGraph()
    copy.add_nodes_from(range(len(streets.node_id)))

    def arc(tail: Any, head: Any, metres: float) -> None:
        if not copy.has_edge(tail, head) or copy.edges[tail, head]["length"] > metres:
            copy.add_edge(tail, head, length=metres)

    stops: dict[int, list[tuple[float, Any]]] = {}
    for kind, entrances in (("site", sites), ("place", places)):
        for row in range(len(entrances)):
            edge, offset = int(entrances.edge[row]), float(entrances.offset[row])
            if offset == 0:
                node: Any = int(streets.u[edge])
            elif offset == streets.length[edge]:
                node = int(streets.v[edge])
            else:
                node = ("door", edge, offset)
                stops.setdefault(edge, []).append((offset, node))
            owner = (kind, int(entrances.owner[row]))
            if kind == "site":
                arc(owner, node, float(entrances.leg[row]))
            else:
                arc(node, owner, float(entrances.leg[row]))
    for edge in range(len(streets)):
        chain = [
            (0.0, int(streets.u[edge])),
            *sorted(set(stops.get(edge, []))),
            (float(streets.length[edge]), int(streets.v[edge])),
        ]
        for (before, tail), (after, head) in itertools.pairwise(chain):
            if graph.along[edge]:
                arc(tail, head, after - before)
            if graph.against[edge]:
                arc(head, tail, after - before)
    answer = np.full((count, place_count), np.inf)
    for site in range(count):
        if ("site", site) in copy:
            found = networkx.single_source_dijkstra_path_length(copy, ("site", site), weight="length")
            for place in range(place_count):
                answer[site, place] = found.get(("place", place), np.inf)
    return answer


@dataclass
class FakeVector:
    frame: geopandas.GeoDataFrame
    name: str = "layer"


class FakeLayers:
    """Vector layers in memory; remembers how much was asked for."""

    def __init__(self, **frames: geopandas.GeoDataFrame) -> None:
        self.frames = frames
        self.asked: list[Any] = []

    def is_raster(self, name: str) -> bool:
        return False

    def vector(
        self, name: str, *, bounds: Any = None, where: str | None = None, columns: Sequence[str] = ()
    ) -> FakeVector:
        self.asked.append(bounds)
        frame = self.frames[name]
        if where is not None:
            frame = frame.query(where)
        if bounds is not None:
            frame = frame[shapely.intersects(frame.geometry.to_numpy(), shapely.box(*bounds))]
        return FakeVector(frame.reset_index(drop=True))


def points(*xy: tuple[float, float], **columns: Any) -> geopandas.GeoDataFrame:
    """A point layer."""
    return geopandas.GeoDataFrame(columns, geometry=list(shapely.points(np.array(xy, float).reshape(-1, 2))), crs=RD)


def sites(*boxes: Any) -> geopandas.GeoDataFrame:
    """Sites s0, s1, ... from boxes (minx, miny, maxx, maxy) or polygons."""
    polygons = [shapely.box(*box) if isinstance(box, tuple) else box for box in boxes]
    return geopandas.GeoDataFrame({"site_id": [f"s{row}" for row in range(len(polygons))]}, geometry=polygons, crs=RD)
