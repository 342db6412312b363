"""A street network as two tables, nodes and edges, in any vector format (osmnx, QGIS, pandas)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from flexsite.access.readers.directed import DirectedEdge, line_points, streets_from_edges
from flexsite.access.streets.model import StreetFile
from flexsite.errors import InputError

_ENDS = (("u", "v"), ("from", "to"), ("source", "target"), ("from_node", "to_node"))
_NODE_IDS = ("osmid", "node_id", "nodeid", "id", "index")


def read_tables(nodes: Path, edges: Path) -> StreetFile:
    """Streets from a table of nodes (points) and one of edges (lines).

    Edges name their nodes in the columns u and v (or from and to, source and target), and nodes have the id in `osmid`,
    `node_id` or `id`. Without such columns edges meet where their ends are the same point, and the table of nodes is
    not needed for it.

    Parameters
    ----------
    nodes, edges
        Vector files; of a file with several layers, those named nodes and edges.

    Raises
    ------
    InputError
        A file cannot be read, has no CRS, or edges are no lines.
    """
    points, lines = _read(nodes, "nodes"), _read(edges, "edges")
    if points.crs is None or lines.crs is None:
        raise InputError(
            "has no CRS", where=str(nodes if points.crs is None else edges), remedy="set its CRS, or give another file"
        )
    if not points.crs.equals(lines.crs):
        points = points.to_crs(lines.crs)
    geometry = lines.geometry.to_numpy()
    ends = next((pair for pair in _ENDS if all(name in lines.columns for name in pair)), None)
    key = next((name for name in _NODE_IDS if name in points.columns), None)
    places: dict[Hashable, tuple[float, float]]
    if ends is not None and key is not None:
        ids = [_plain(value) for value in points[key].tolist()]
        places = dict(zip(ids, zip(points.geometry.x.tolist(), points.geometry.y.tolist(), strict=True), strict=True))
        u, v = ([_plain(value) for value in lines[name].tolist()] for name in ends)
    else:
        whole = [line_points(line, f"{edges}, row {row}") for row, line in enumerate(geometry)]
        if any(line is None for line in whole):
            raise InputError("an edge has no geometry and no columns u and v", where=str(edges))
        first, last = (
            np.array([line[end] for line in whole if line is not None], float).reshape(-1, 2) for end in (0, -1)
        )
        xy, node = np.unique(np.concatenate([first, last]), axis=0, return_inverse=True)
        places = {row: (float(x), float(y)) for row, (x, y) in enumerate(xy)}
        u, v = node.ravel()[: len(first)].tolist(), node.ravel()[len(first) :].tolist()
    return streets_from_edges(
        edges.name, pyproj.CRS.from_user_input(lines.crs), places, _rows(lines, geometry, u, v, edges)
    )


def _rows(
    lines: pd.DataFrame, geometry: Any, u: list[Hashable], v: list[Hashable], path: Path
) -> Iterator[DirectedEdge]:
    columns = {name: lines[name].tolist() for name in lines.columns if name != "geometry"}
    # a table without any word on direction is of streets, not of directed edges
    silent = "oneway" not in columns and not {"walk", "cycle"} <= set(columns)
    for row, line in enumerate(geometry):
        attributes = {name: values[row] for name, values in columns.items()}
        if silent:
            attributes["oneway"] = "no"
        yield DirectedEdge(u[row], v[row], line_points(line, f"{path}, row {row}"), attributes)


def _read(path: Path, layer: str) -> Any:
    import geopandas
    import pyogrio

    try:
        if path.suffix in (".parquet", ".geoparquet"):
            return geopandas.read_parquet(path)
        layers = pyogrio.list_layers(path)[:, 0].tolist()
        table = geopandas.read_file(path, layer=layer if layer in layers else layers[0], engine="pyogrio")
    except (pyogrio.errors.DataSourceError, OSError, ValueError, IndexError) as error:
        raise InputError(
            f"cannot be read as a table of {layer} ({error})", where=str(path), remedy="check path and format"
        ) from error
    if not isinstance(table, geopandas.GeoDataFrame) or table.empty:
        raise InputError(f"has no {layer} with geometry", where=str(path))
    wanted = 0 if layer == "nodes" else 1
    kinds = set(shapely.get_dimensions(table.geometry.to_numpy()).tolist()) - {-1, wanted}
    if kinds:
        raise InputError(f"not all {layer} are {'points' if wanted == 0 else 'lines'}", where=str(path))
    return table


def _plain(value: Any) -> Hashable:
    """Ids as read from files: 12.0 and 12 are one node."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else str(value)
