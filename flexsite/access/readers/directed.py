"""Streets from a directed graph in osmnx form, where a two-way street is a pair of opposite edges."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from flexsite.access.readers.tags import KEYS, Permission, bicycle_directions, car_directions, permission, seconds
from flexsite.access.streets.model import FloatArray, StreetFile, codes
from flexsite.errors import InputError

_Directions = Callable[[Mapping[str, str]], tuple[bool, bool]]


@dataclass(frozen=True)
class DirectedEdge:
    """One row of a directed graph: from node, to node, points (k, 2) or None for a straight line, and attributes."""

    u: Hashable
    v: Hashable
    points: FloatArray | None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class _Edge:
    u: int
    v: int
    points: FloatArray
    permission: Permission
    seconds: float
    way_id: int
    highway: str


def streets_from_edges(
    name: str,
    crs: pyproj.CRS,
    nodes: Mapping[Hashable, tuple[float, float]],
    edges: Iterable[DirectedEdge],
    *,
    directed: bool = True,
) -> StreetFile:
    """Join opposite edges of a directed graph to streets.

    Walkers may go both ways along every edge. Bicycles and cars go the way an edge points; against it where the
    opposite edge exists, where `oneway` says no, or where the tags let them through. Edges that are equal in ends,
    direction and points count once. Permission comes from the tags among the attributes (as for OSM files); from
    `walk`, `cycle` and `drive` when the graph was written by flexsite.

    Parameters
    ----------
    name
        What to call the source in messages.
    crs
        CRS of nodes and points.
    nodes
        Node id to (x, y).
    edges
        Edges, in the order that ties are decided by.
    directed
        False when every edge goes both ways.

    Raises
    ------
    InputError
        An edge names a node that is not there, or there is no edge that one may walk, cycle or drive.
    """
    index = {node: row for row, node in enumerate(nodes)}
    xy = np.array(list(nodes.values()), float).reshape(-1, 2)
    streets: dict[tuple[int, int, bytes], _Edge] = {}
    for edge in edges:
        if edge.u not in index or edge.v not in index:
            missing = edge.u if edge.u not in index else edge.v
            raise InputError(f"an edge names the node {missing!r}, which is not among the nodes", where=name)
        _add(streets, edge, index[edge.u], index[edge.v], xy, directed=directed)
    kept = [edge for edge in streets.values() if edge.permission.anybody]
    if not kept:
        raise InputError(
            "there is no street in it that one may walk, cycle or drive", where=name, remedy="give another network"
        )
    flag = np.array([edge.permission for edge in kept], bool)
    highway, names = codes([edge.highway for edge in kept])
    return StreetFile(
        name=name, crs=crs, node_id=_ids(list(nodes)),
        u=np.array([edge.u for edge in kept], np.int64), v=np.array([edge.v for edge in kept], np.int64),
        coords=np.concatenate([edge.points for edge in kept]),
        start=np.concatenate([[0], np.cumsum([len(edge.points) for edge in kept])]).astype(np.int64),
        walk=flag[:, 0], forward=flag[:, 1], backward=flag[:, 2], ferry=flag[:, 3],
        drive_forward=flag[:, 4], drive_backward=flag[:, 5], seconds=np.array([edge.seconds for edge in kept], float),
        way_id=np.array([edge.way_id for edge in kept], np.int64), highway_code=highway, highway_names=names,
    )  # fmt: skip


def _add(
    streets: dict[tuple[int, int, bytes], _Edge], edge: DirectedEdge, u: int, v: int, xy: FloatArray, *, directed: bool
) -> None:
    """Put one directed edge into the street it belongs to, made when it is the first."""
    points = xy[[u, v]] if edge.points is None else _oriented(edge.points, xy[u], xy[v])
    along = _permission(edge.attributes, directed=directed)
    same, opposite = (u, v, points.tobytes()), (v, u, np.ascontiguousarray(points[::-1]).tobytes())
    if opposite in streets and opposite != same:
        street, turned = streets[opposite], True
    elif same in streets:
        street, turned = streets[same], opposite == same
    else:
        streets[same] = _Edge(
            u,
            v,
            points,
            along,
            _seconds(edge.attributes) if along.ferry else np.nan,
            _first_number(edge.attributes.get("osmid")),
            _first_text(edge.attributes.get("highway")),
        )
        return
    here = street.permission
    walk, *there = along.walk, (along.forward, along.backward), (along.drive_forward, along.drive_backward)
    (forward, backward), (ahead, back) = (pair[::-1] if turned else pair for pair in there)
    street.permission = Permission(
        here.walk or walk, here.forward or forward, here.backward or backward, here.ferry and along.ferry,
        here.drive_forward or ahead, here.drive_backward or back,
    )  # fmt: skip


def _permission(attributes: Mapping[str, Any], *, directed: bool) -> Permission:
    """What is allowed along one directed edge; against it only what the edge itself says."""
    if "walk" in attributes and "cycle" in attributes:  # written by flexsite: one edge for every direction
        walk, cycle, drive, ferry = (_true(attributes.get(name)) for name in ("walk", "cycle", "drive", "ferry"))
        return Permission(walk, cycle, cycle and not directed, ferry, drive, drive and not directed)
    variants = _variants(attributes)
    allowed = [permission(tags) for tags in variants]
    cycle = all(one.forward or one.backward for one in allowed)
    drive = all(one.drive_forward or one.drive_backward for one in allowed)
    return Permission(
        all(one.walk for one in allowed),
        cycle,
        cycle and _two_way(variants[0], "bicycle", bicycle_directions, directed=directed),
        any(one.ferry for one in allowed),
        drive,
        drive and _two_way(variants[0], "motor_vehicle", car_directions, directed=directed),
    )


def _two_way(tags: Mapping[str, str], who: str, directions: _Directions, *, directed: bool) -> bool:
    """Whether bicycles or cars may go against an edge although its opposite may be missing."""
    if not directed:
        return True
    if "oneway" not in tags:
        return f"oneway:{who}" in tags and all(directions(tags))
    return all(directions({key: value for key, value in tags.items() if key != "junction"}))


def _seconds(attributes: Mapping[str, Any]) -> float:
    """How long a boat takes: as flexsite writes it, or as tagged on an edge that is a whole way."""
    try:
        found = float(_first_text(attributes.get("seconds")) or "nan")
    except ValueError:
        found = np.nan
    return found if np.isfinite(found) else seconds(_first_text(attributes.get("duration")))


def _variants(attributes: Mapping[str, Any]) -> list[dict[str, str]]:
    """The tags of an edge; one set for each value of `highway`, as osmnx merges ways into one edge."""
    tags = {key: value for key in KEYS if (value := _first_text(attributes.get(key)).lower())}
    tags["oneway"] = {"true": "yes", "false": "no"}.get(tags.get("oneway", ""), tags.get("oneway", ""))
    if not tags["oneway"]:
        del tags["oneway"]
    kinds = _texts(attributes.get("highway"))
    if not kinds:
        return [tags if tags.get("route") == "ferry" else {**tags, "highway": "unclassified"}]
    return [{**tags, "highway": kind} for kind in kinds]


def _texts(value: Any) -> list[str]:
    """A value as texts: osmnx writes several as a list, and in files as the text of a list."""
    if isinstance(value, list | tuple | set | np.ndarray):
        return [text for one in value for text in _texts(one)]
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return []
    text = str(value).strip()
    if text.startswith("[") and text.endswith("]"):
        return [part for raw in text[1:-1].split(",") if (part := raw.strip().strip("'\""))]
    return [text] if text else []


def _first_text(value: Any) -> str:
    return next(iter(_texts(value)), "")


def _first_number(value: Any) -> int:
    text = _first_text(value)
    try:
        return int(float(text)) if "." in text else int(text)
    except ValueError:
        return 0


def _true(value: Any) -> bool:
    return str(value).lower() in ("true", "1", "yes")


def _oriented(points: FloatArray, begin: FloatArray, end: FloatArray) -> FloatArray:
    """Points from `begin` to `end`: some writers keep the drawn direction for both edges of a pair."""
    points = np.ascontiguousarray(points[:, :2], dtype=float)
    straight = np.hypot(*(points[0] - begin)) + np.hypot(*(points[-1] - end))
    turned = np.hypot(*(points[-1] - begin)) + np.hypot(*(points[0] - end))
    return np.ascontiguousarray(points[::-1]) if turned < straight else points


def _ids(nodes: list[Hashable]) -> NDArray[Any]:
    if all(isinstance(node, int | np.integer) for node in nodes):
        return np.array(nodes, np.int64)
    ids = np.empty(len(nodes), dtype=object)
    ids[:] = nodes
    return ids


def line_points(geometry: Any, where: str) -> FloatArray | None:
    """Points (k, 2) of an edge's LineString, or of a MultiLineString of one part; None when there is none."""
    if geometry is None or shapely.is_missing(geometry) or shapely.is_empty(geometry):
        return None
    line = shapely.line_merge(geometry) if geometry.geom_type == "MultiLineString" else geometry
    if line.geom_type != "LineString":
        raise InputError(f"the geometry of an edge is a {line.geom_type}, not a LineString", where=where)
    return np.asarray(shapely.get_coordinates(line))
