"""GraphML files as osmnx writes them, read without networkx."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree  # expat expands no external entities, and refuses entity bombs

import pyproj
import shapely
from pyproj.exceptions import CRSError

from flexsite.access.readers.directed import DirectedEdge, line_points, streets_from_edges
from flexsite.access.streets.model import StreetFile
from flexsite.errors import InputError


def read_graphml(path: Path) -> StreetFile:
    """Streets from a `.graphml` file.

    Parameters
    ----------
    path
        A file in osmnx form: nodes with `x` and `y`, edges with an optional `geometry` (WKT), the graph with `crs`.

    Raises
    ------
    InputError
        The file is no GraphML, or lacks coordinates or CRS.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except ElementTree.ParseError as error:
        raise InputError(
            f"is no valid GraphML ({error})", where=str(path), remedy="write it again with osmnx.save_graphml"
        ) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path), remedy="check the path") from error


def _read(file: IO[bytes], path: Path) -> StreetFile:
    names: dict[str, str] = {}
    graph: dict[str, str] = {}
    nodes: dict[Hashable, tuple[float, float]] = {}
    edges: list[DirectedEdge] = []
    directed = True
    for tag, element in _elements(file):
        if tag == "key":
            names[element.get("id", "")] = element.get("attr.name", "")
        elif tag == "graph":
            directed = element.get("edgedefault") != "undirected"
            graph = _data(element, names)
        elif tag == "node":
            data, node = _data(element, names), _node(element.get("id", ""))
            try:
                nodes[node] = (float(data["x"]), float(data["y"]))
            except (KeyError, ValueError) as error:
                raise InputError(
                    f"the node {node!r} has no x and y", where=str(path), remedy="give a graph in osmnx form"
                ) from error
            element.clear()
        elif tag == "edge":
            edges.append(_edge(element, names, path))
            element.clear()
    if "crs" not in graph:
        raise InputError(
            "the graph has no attribute 'crs'",
            where=str(path),
            remedy="write it with osmnx.save_graphml, which keeps the CRS",
        )
    try:
        crs = pyproj.CRS.from_user_input(graph["crs"])
    except CRSError as error:
        raise InputError(f"the graph's CRS '{graph['crs']}' is unknown", where=str(path)) from error
    return streets_from_edges(path.name, crs, nodes, edges, directed=directed)


def _elements(file: IO[bytes]) -> Iterator[tuple[str, ElementTree.Element]]:
    for _, element in ElementTree.iterparse(file, events=("end",)):  # noqa: S314  # see the import
        yield element.tag.rpartition("}")[2], element


def _edge(element: ElementTree.Element, names: dict[str, str], path: Path) -> DirectedEdge:
    data = _data(element, names)
    u, v = _node(element.get("source", "")), _node(element.get("target", ""))
    where = f"{path}, edge {u} - {v}"
    try:
        geometry = shapely.from_wkt(data["geometry"]) if data.get("geometry") else None
    except shapely.errors.GEOSException as error:
        raise InputError("the geometry is no WKT", where=where) from error
    return DirectedEdge(u, v, line_points(geometry, where), data)


def _data(element: ElementTree.Element, names: dict[str, str]) -> dict[str, str]:
    """Attributes of a graph, node or edge by name."""
    found = (child for child in element if child.tag.rpartition("}")[2] == "data")
    return {names.get(child.get("key", ""), child.get("key", "")): child.text or "" for child in found}


def _node(text: str) -> Hashable:
    """A node id as a number where it is one, as osmnx reads it."""
    try:
        return int(text)
    except ValueError:
        return text
