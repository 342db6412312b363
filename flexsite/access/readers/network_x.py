"""Streets as a `networkx.MultiDiGraph` in osmnx form, and back."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any

import pyproj

from flexsite.access.readers.directed import DirectedEdge, line_points, streets_from_edges
from flexsite.access.streets.model import StreetFile, Streets
from flexsite.errors import InputError

if TYPE_CHECKING:
    import networkx


def to_networkx(streets: Streets) -> networkx.MultiDiGraph:
    """The streets as a graph that osmnx and networkx understand.

    A street that one may use both ways becomes two opposite edges. `walk`, `cycle` and `drive` say who may go along an
    edge in its direction; `oneway` is about bicycles, and about cars where there are none, as walkers go both ways.

    Parameters
    ----------
    streets
        Streets in the study's CRS.

    Returns
    -------
    networkx.MultiDiGraph
        graph: `crs`; nodes: `x`, `y`; edges: `osmid`, `highway`, `length` (m), `geometry`, `oneway`, `reversed`,
        `walk`, `cycle`, `drive`, `ferry`, `seconds` (that a boat takes, where it is known).

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
        streets.u, streets.v, streets.length, streets.walk, streets.forward, streets.backward, streets.drive_forward,
        streets.drive_backward, streets.ferry, streets.seconds, streets.way_id, streets.highway,
    )  # fmt: skip
    rows = zip(*(column.tolist() for column in columns), streets.lines, strict=True)
    for u, v, length, walk, forward, backward, ahead, back, ferry, lasts, osmid, highway, line in rows:
        oneway = forward != backward if forward or backward else ahead != back
        common = {"osmid": osmid, "length": length, "oneway": oneway, "walk": walk, "ferry": ferry}
        if highway:
            common["highway"] = highway
        if lasts == lasts:
            common["seconds"] = lasts
        if walk or forward or ahead:
            graph.add_edge(ids[u], ids[v], **common, geometry=line, cycle=forward, drive=ahead, reversed=False)
        if walk or backward or back:
            graph.add_edge(ids[v], ids[u], **common, geometry=line.reverse(), cycle=backward, drive=back, reversed=True)
    return graph


def from_networkx(graph: networkx.MultiDiGraph, *, name: str = "graph") -> StreetFile:
    """Streets from a graph in osmnx form: that of `to_networkx`, of osmnx, or one's own.

    Parameters
    ----------
    graph
        graph: `crs`; nodes: `x`, `y`; edges: optional `geometry` (LineString from u to v), OSM tags, `oneway`, `walk`,
        `cycle`, `drive`.
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
