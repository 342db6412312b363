"""OpenStreetMap files (.osm.pbf, .osm): the streets in them, and features by tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.access.readers import pbf
from flexsite.access.readers.tags import KEYS, SELECTING
from flexsite.access.readers.ways import NOWHERE, Ways, streets_from_ways
from flexsite.access.streets.model import IntArray, StreetFile
from flexsite.errors import InputError

OsmSelection = Mapping[str, str | Literal[True] | Sequence[str]]


def read_streets(path: Path) -> StreetFile:
    """Streets that one may walk, cycle or drive, with their topology.

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
    streets = streets_from_ways(path.name, _ways(path))
    if streets is None:
        raise InputError(
            "there is no street in it that one may walk, cycle or drive", where=str(path), remedy="give another extract"
        )
    return streets


def _ways(path: Path) -> Ways:
    """All ways that may be streets, the quick way where that pays."""
    try:
        if path.name.lower().endswith(".pbf") and path.stat().st_size >= pbf.MANY_BYTES and find_spec("numba"):
            return pbf.read_ways(path)
    except (pbf.Unfamiliar, OSError):
        pass  # libosmium reads more, and says what is wrong
    return ways_by_osmium(path)


def ways_by_osmium(path: Path) -> Ways:
    """As `pbf.read_ways`, of any file that libosmium reads, and with all tags.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    import osmium

    refs: list[int] = []
    xs: list[int] = []
    ys: list[int] = []
    sizes: list[int] = []
    way_ids: list[int] = []
    tag_set: list[int] = []
    known: dict[frozenset[tuple[str, str]], int] = {}
    try:
        ways: Any = (
            osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
            .with_locations()
            .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
            .with_filter(osmium.filter.KeyFilter(*SELECTING))
        )
        for item in ways:
            tags = frozenset((tag.k, tag.v) for tag in item.tags if tag.k in _ASKED)
            members = list(item.nodes)
            refs.extend([node.ref for node in members])
            xs.extend([node.x for node in members])
            ys.extend([node.y for node in members])
            sizes.append(len(members))
            way_ids.append(item.id)
            tag_set.append(known.setdefault(tags, len(known)))
    except (RuntimeError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    node_id, first, node = np.unique(np.array(refs, np.int64), return_index=True, return_inverse=True)
    xy = np.column_stack([np.array(xs, np.int64), np.array(ys, np.int64)])[first]
    _find_missing(path, node_id, xy)
    return Ways(
        np.array(way_ids, np.int64), np.array(sizes, np.int64), [dict(tags) for tags in known],
        np.array(tag_set, np.int64), node, node_id, xy,
    )  # fmt: skip


_ASKED = frozenset(KEYS)


def _find_missing(path: Path, node_id: IntArray, xy: IntArray) -> None:
    """Fill in locations that the index missed: negative ids, and nodes after the ways (files from editors)."""
    lost = (xy == NOWHERE).any(axis=1)
    if not lost.any() or not ((node_id[lost] < 0).any() or path.suffix == ".osm"):
        return
    import osmium

    wanted = set(node_id[lost].tolist())
    every: Any = osmium.FileProcessor(str(path), osmium.osm.NODE)
    found = {node.id: (node.location.x, node.location.y) for node in every if node.id in wanted}
    where = np.flatnonzero(lost)
    xy[where] = [found.get(node, (NOWHERE, NOWHERE)) for node in node_id[where].tolist()]


def way_ids_with(path: Path, selection: OsmSelection) -> IntArray:
    """Ids of the ways with any of the tags in `selection`, rising; none when nothing has such a tag.

    Parameters
    ----------
    path
        An OSM file.
    selection
        As for `read_features`.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    import osmium

    wanted = _Wanted(selection)
    try:
        ways: Any = osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(osmium.filter.KeyFilter(*selection))
        found = [way.id for way in ways if wanted.match(way.tags)]
    except (RuntimeError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return np.sort(np.array(found, np.int64))


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
    (found,) = read_selections(path, [selection])
    if not len(found):
        raise nothing_with(selection, path)
    return found


def nothing_with(selection: OsmSelection, path: Path) -> InputError:
    """The complaint that a file has no feature with a tag."""
    return InputError(
        f"no feature has {described(selection)}",
        where=str(path),
        remedy="check key and value at taginfo, or give another extract",
    )


def read_selections(path: Path, selections: Sequence[OsmSelection]) -> list[NDArray[np.object_]]:
    """As `read_features` for several selections, reading the file once; an array without features where there are none.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    import osmium

    found = [_Features(selection) for selection in selections]
    factory = osmium.geom.WKBFactory()
    keys = osmium.filter.KeyFilter(*{key for selection in selections for key in selection})
    try:
        things: Any = osmium.FileProcessor(str(path)).with_areas(keys).with_filter(keys)
        for thing in things:
            if thing.is_relation():
                continue
            takers = [one for one in found if one.match(thing.tags)]
            if not takers:
                continue
            if thing.is_node():
                if thing.location.valid():
                    point = (thing.location.lon, thing.location.lat)
                    for one in takers:
                        one.points.append(point)
            elif thing.is_way():
                line = _way_geometry(thing)
                for one in takers if line is not None else ():
                    one.lines.append(line)
            elif not thing.from_way():
                area = shapely.from_wkb(factory.create_multipolygon(thing))
                for one in takers:
                    one.areas.append(area)
    except (RuntimeError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return [one.geometries() for one in found]


class _Features:
    """What is found for a selection of tags."""

    def __init__(self, selection: OsmSelection) -> None:
        self.match = _Wanted(selection).match
        self.points: list[tuple[float, float]] = []
        self.lines: list[Any] = []
        self.areas: list[Any] = []

    def geometries(self) -> NDArray[np.object_]:
        """All of them, valid: points, lines, areas."""
        found = np.empty(len(self.points) + len(self.lines) + len(self.areas), dtype=object)
        found[:] = [*map(shapely.Point, self.points), *self.lines, *self.areas]
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
