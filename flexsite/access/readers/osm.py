"""OpenStreetMap files (.osm.pbf, .osm): the streets in them, and features by tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from flexsite.access.readers.tags import permission
from flexsite.access.streets import StreetFile
from flexsite.errors import InputError

WGS84 = pyproj.CRS.from_epsg(4326)
OsmSelection = Mapping[str, str | Literal[True] | Sequence[str]]
_NOWHERE = 2147483647  # libosmium's coordinate of a node that is not in the file
_SCALE = 1e-7  # degrees per unit of libosmium's integer coordinates


def read_streets(path: Path) -> StreetFile:
    """Streets that one may walk or cycle, with their topology.

    Ways meet where they share a node, so bridges, tunnels and levels stay apart. A way of which nodes are missing from
    the file (an extract's edge) is broken there.

    Parameters
    ----------
    path
        A `.osm.pbf`, `.osm` or other file that libosmium reads.

    Raises
    ------
    InputError
        The file cannot be read, or has no street.
    """
    refs: list[int] = []
    xs: list[int] = []
    ys: list[int] = []
    sizes: list[int] = []
    flags: list[tuple[bool, bool, bool, bool]] = []
    way_ids: list[int] = []
    highways: list[str] = []
    import osmium

    try:
        ways: Any = (
            osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
            .with_locations()
            .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
            .with_filter(osmium.filter.KeyFilter("highway", "route"))
        )
        for item in ways:
            tags = dict(item.tags)
            allowed = permission(tags)
            if not any(allowed[:3]):
                continue
            members = list(item.nodes)
            refs.extend([node.ref for node in members])
            xs.extend([node.x for node in members])
            ys.extend([node.y for node in members])
            sizes.append(len(members))
            flags.append(allowed)
            way_ids.append(item.id)
            highways.append(tags.get("highway", ""))
    except (RuntimeError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    ref, xy = np.array(refs, np.int64), np.column_stack([np.array(xs, np.int64), np.array(ys, np.int64)])
    _find_missing(path, ref, xy)
    way = np.repeat(np.arange(len(sizes)), sizes)
    there = (xy != _NOWHERE).all(axis=1)
    run = way + np.cumsum(~there)  # a missing node breaks its way in two
    cut = _split(ref[there], run[there])
    point, start, first, last = cut
    if len(start) < 2:
        raise InputError(
            "there is no street in it that one may walk or cycle", where=str(path), remedy="give another extract"
        )
    of_way = way[there][point[start[:-1]]]
    nodes, ends = np.unique(np.concatenate([first, last]), return_inverse=True)
    flag = np.array(flags, bool)[of_way]
    return StreetFile(
        name=path.name, crs=WGS84, node_id=nodes, u=ends[: len(first)], v=ends[len(first) :],
        coords=xy[there][point] * _SCALE, start=start,
        walk=flag[:, 0], forward=flag[:, 1], backward=flag[:, 2], ferry=flag[:, 3],
        way_id=np.array(way_ids, np.int64)[of_way], highway=np.array(highways, dtype=np.str_)[of_way],
    )  # fmt: skip


def _split(ref: NDArray[np.int64], run: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Cut runs of nodes at junctions.

    Returns
    -------
    point
        Positions in `ref` of the points of all pieces; a junction is the last of one piece and the first of the next.
    start
        First element of every piece in `point`, and the end of the last one.
    first, last
        Node ids at both ends of every piece.
    """
    if not len(ref):
        empty = np.empty(0, np.int64)
        return empty, np.zeros(1, np.int64), empty, empty
    opens = np.append(True, run[1:] != run[:-1])
    closes = np.append(opens[1:], True)
    _, node, used = np.unique(ref, return_inverse=True, return_counts=True)
    # a node at both ends of one closed way is used twice too, and is an end anyway
    junction = opens | closes | (used[node] > 1)
    begins = np.flatnonzero(junction & ~closes)
    ends = np.flatnonzero(junction & ~opens)
    size = ends - begins + 1
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    point = np.repeat(begins - start[:-1], size) + np.arange(start[-1])
    return point, start, ref[begins], ref[ends]


def _find_missing(path: Path, ref: NDArray[np.int64], xy: NDArray[np.int64]) -> None:
    """Fill in locations that the index missed: negative ids, and nodes after the ways (files from editors)."""
    lost = (xy == _NOWHERE).any(axis=1)
    if not lost.any() or not ((ref[lost] < 0).any() or path.suffix == ".osm"):
        return
    import osmium

    wanted = set(ref[lost].tolist())
    every: Any = osmium.FileProcessor(str(path), osmium.osm.NODE)
    found = {node.id: (node.location.x, node.location.y) for node in every if node.id in wanted}
    where = np.flatnonzero(lost)
    xy[where] = [found.get(node, (_NOWHERE, _NOWHERE)) for node in ref[where].tolist()]


def read_features(path: Path, selection: OsmSelection) -> NDArray[np.object_]:
    """Features with any of the tags in `selection`, in the file's order: nodes, ways, multipolygons.

    A node is a point, an open way a line, a closed way a polygon unless it says `area=no`, a multipolygon relation a
    polygon. Features without geometry in the file are left out.

    Parameters
    ----------
    path
        An OSM file.
    selection
        Tag to value, list of values, or True for any value. Several tags: a feature with any of them counts.

    Returns
    -------
    (n,) shapely geometries in longitude, latitude.

    Raises
    ------
    InputError
        The file cannot be read, or nothing in it has such a tag.
    """
    import osmium

    wanted = _Wanted(selection)
    points: list[tuple[float, float]] = []
    lines: list[Any] = []
    areas: list[Any] = []
    factory = osmium.geom.WKBFactory()
    keys = osmium.filter.KeyFilter(*selection)
    try:
        things: Any = osmium.FileProcessor(str(path)).with_areas(keys).with_filter(keys)
        for thing in things:
            if thing.is_relation() or not wanted.match(thing.tags):
                continue
            if thing.is_node():
                if thing.location.valid():
                    points.append((thing.location.lon, thing.location.lat))
            elif thing.is_way():
                line = _way_geometry(thing)
                if line is not None:
                    lines.append(line)
            elif not thing.from_way():
                areas.append(shapely.from_wkb(factory.create_multipolygon(thing)))
    except (RuntimeError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    found = np.empty(len(points) + len(lines) + len(areas), dtype=object)
    found[:] = [*map(shapely.Point, points), *lines, *areas]
    if not len(found):
        raise InputError(
            f"no feature has {described(selection)}",
            where=str(path),
            remedy="check key and value at taginfo, or give another extract",
        )
    return np.asarray(shapely.make_valid(found), dtype=object)


class _Wanted:
    """A selection of tags, ready to be asked."""

    def __init__(self, selection: OsmSelection) -> None:
        self._values: dict[str, frozenset[str] | None] = {}
        for key, value in selection.items():
            self._values[key] = None if value is True else frozenset([value] if isinstance(value, str) else value)

    def match(self, tags: Any) -> bool:
        for key, values in self._values.items():
            value = tags.get(key)
            if value is not None and (values is None or value in values):
                return True
        return False


def described(selection: OsmSelection) -> str:
    """A selection of tags in words.

    Examples
    --------
    >>> described({"shop": ["supermarket", "convenience"], "amenity": True})
    'shop=supermarket|convenience or amenity=*'
    """
    values = {key: [value] if isinstance(value, str) else value for key, value in selection.items()}
    return " or ".join(f"{key}={'*' if value is True else '|'.join(value)}" for key, value in values.items())


def _way_geometry(way: Any) -> Any | None:
    points = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
    whole = len(points) == len(way.nodes)
    if whole and len(points) >= 4 and way.is_closed() and way.tags.get("area") != "no":
        return shapely.Polygon(points)
    if len(set(points)) >= 2:
        return shapely.LineString(points)
    return shapely.Point(points[0]) if points else None


def _unreadable(path: Path, error: Exception) -> InputError:
    remedy = "give an OpenStreetMap file (.osm.pbf or .osm)" if path.exists() else "check the path"
    return InputError(f"cannot be read as OpenStreetMap data ({error})", where=str(path), remedy=remedy)


def is_osm(path: Path) -> bool:
    """Whether a path is an OpenStreetMap file by its name.

    Examples
    --------
    >>> is_osm(Path("noord-holland.osm.pbf")), is_osm(Path("net.graphml"))
    (True, False)
    """
    return path.name.lower().endswith(OSM_SUFFIXES)


OSM_SUFFIXES: tuple[str, ...] = (".osm.pbf", ".pbf", ".osm", ".osm.bz2", ".osm.gz")
