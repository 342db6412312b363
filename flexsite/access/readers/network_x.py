"""Streets as a `networkx.MultiDiGraph` in osmnx form, and back."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any

import pyproj

from flexsite.access.readers.directed import DirectedEdge, line_points, streets_from_edges
from flexsite.access.streets import StreetFile, Streets
from flexsite.errors import InputError

if TYPE_CHECKING:
    import networkx


def to_networkx(streets: Streets) -> networkx.MultiDiGraph:
    """The streets as a graph that osmnx and networkx understand.

    A street that one may use both ways becomes two opposite edges. `walk` and `cycle` say who may go along an edge in
    its direction; `oneway` is about bicycles, as walkers go both ways.

    Parameters
    ----------
    streets
        Streets in the study's CRS.

    Returns
    -------
    networkx.MultiDiGraph
        graph: `crs`; nodes: `x`, `y`; edges: `osmid`, `highway`, `length` (m), `geometry`, `oneway`, `reversed`,
        `walk`, `cycle`, `ferry`.

    Examples
    --------
    >>> import networkx
    >>> walkable = lambda u, v, k: graph.edges[u, v, k]["walk"]  # doctest: +SKIP
    >>> networkx.subgraph_view(to_networkx(streets), filter_edge=walkable)  # doctest: +SKIP
    """
    import networkx

    graph = networkx.MultiDiGraph(crs=streets.crs, created_with="flexsite")
    ids = streets.node_id.tolist()
    graph.add_nodes_from((node, {"x": x, "y": y}) for node, (x, y) in zip(ids, streets.node_xy.tolist(), strict=True))
    columns = (
        streets.u,
        streets.v,
        streets.length,
        streets.walk,
        streets.forward,
        streets.backward,
        streets.ferry,
        streets.way_id,
        streets.highway,
    )
    rows = zip(*(column.tolist() for column in columns), streets.lines, strict=True)
    for u, v, length, walk, forward, backward, ferry, osmid, highway, line in rows:
        common = {"osmid": osmid, "length": length, "oneway": forward != backward, "walk": walk, "ferry": ferry}
        if highway:
            common["highway"] = highway
        if walk or forward:
            graph.add_edge(ids[u], ids[v], **common, geometry=line, cycle=forward, reversed=False)
        if walk or backward:
            graph.add_edge(ids[v], ids[u], **common, geometry=line.reverse(), cycle=backward, reversed=True)
    return graph


def from_networkx(graph: networkx.MultiDiGraph, *, name: str = "graph") -> StreetFile:
    """Streets from a graph in osmnx form: that of `to_networkx`, of osmnx, or one's own.

    Parameters
    ----------
    graph
        graph: `crs`; nodes: `x`, `y`; edges: optional `geometry` (LineString from u to v), OSM tags, `oneway`, `walk`,
        `cycle`.
    name
        What to call it in messages.

    Raises
    ------
    InputError
        The graph has no CRS, or a node no coordinates.
    """
    if "crs" not in graph.graph:
        raise InputError("the graph has no attribute 'crs'", where=name, remedy="set graph.graph['crs']")
    nodes: dict[Hashable, tuple[float, float]] = {}
    for node, data in graph.nodes(data=True):
        if "x" not in data or "y" not in data:
            raise InputError(f"the node {node!r} has no x and y", where=name, remedy="give a graph in osmnx form")
        nodes[node] = (float(data["x"]), float(data["y"]))
    crs = pyproj.CRS.from_user_input(graph.graph["crs"])
    return streets_from_edges(name, crs, nodes, _edges(graph, name), directed=graph.is_directed())


def _edges(graph: Any, name: str) -> Iterator[DirectedEdge]:
    for u, v, data in graph.edges(data=True):
        yield DirectedEdge(u, v, line_points(data.get("geometry"), f"{name}, edge {u} - {v}"), data)
