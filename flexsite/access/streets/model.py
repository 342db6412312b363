"""The street network: compact arrays, cut to a window, with one graph per mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from flexsite.access.habits import metres_per_second
from flexsite.access.streets.arcs import shortest_arcs
from flexsite.access.streets.islands import Islands
from flexsite.layers import projection

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from flexsite.access.entering.snap import Segments

Bounds = tuple[float, float, float, float]
"""minx, miny, maxx, maxy."""
NetworkMode = Literal["walk", "cycle", "drive"]
MODES: tuple[NetworkMode, ...] = ("walk", "cycle", "drive")
_WIDEST = 2e6  # metres; the outline of a wider window need not have a sensible image in another CRS
_DEGREE = 6371008.8 * np.pi / 180  # metres, on a sphere
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Edges:
    """Streets between junctions as arrays.

    Edges run between junctions: nodes that two ways share, and ends of ways. Nodes in between are geometry.

    Parameters
    ----------
    name
        What to call the source in messages.
    crs
        CRS of `coords`.
    node_id
        (n,) ids of the junctions in the source.
    u, v
        (m,) first and last junction of every edge, as rows of `node_id`.
    coords
        (k, 2) points of all edges, one edge after the other, x (longitude) first.
    start
        (m + 1,) first point of every edge in `coords`.
    walk, forward, backward, drive_forward, drive_backward
        (m,) whether one may walk (both ways), cycle from u to v, cycle from v to u, and drive likewise.
    ferry
        (m,) edges that are boats: travelled, but never boarded half-way.
    seconds
        (m,) how long a boat takes, where that is known, else NaN.
    way_id
        (m,) id of the OSM way, 0 when not known.
    highway_code, highway_names
        (m,) value of the tag `highway` as a row of the names, "" when not known.
    """

    name: str
    crs: pyproj.CRS
    node_id: NDArray[Any]
    u: IntArray
    v: IntArray
    coords: FloatArray
    start: IntArray
    walk: BoolArray
    forward: BoolArray
    backward: BoolArray
    drive_forward: BoolArray
    drive_backward: BoolArray
    ferry: BoolArray
    seconds: FloatArray
    way_id: IntArray
    highway_code: NDArray[np.int32]
    highway_names: NDArray[np.str_]

    def __len__(self) -> int:
        """Number of edges."""
        return len(self.u)

    @property
    def highway(self) -> NDArray[np.str_]:
        """(m,) value of the tag `highway`, "" when not known."""
        return self.highway_names[self.highway_code]

    def directions(self, mode: NetworkMode) -> tuple[BoolArray, BoolArray]:
        """(m,) whether a mode may go from u to v, and from v to u; walkers go both ways everywhere."""
        if mode == "walk":
            return self.walk, self.walk
        return (self.forward, self.backward) if mode == "cycle" else (self.drive_forward, self.drive_backward)

    def uses(self, keep: IntArray | BoolArray) -> dict[str, Any]:
        """Who may use some of the edges, and what they are: the fields that follow the edges alone."""
        return {name: getattr(self, name)[keep] for name in _USES}


_USES = (
    "walk", "forward", "backward", "drive_forward", "drive_backward", "ferry", "seconds", "way_id", "highway_code",
)  # fmt: skip
ARRAYS = ("u", "v", "coords", "start", *_USES, "highway_names")
"""Fields of `Edges` that are arrays of numbers, flags or words; the ids of junctions may be anything."""


@dataclass(frozen=True)
class StreetFile(Edges):
    """All streets of one source, in the source's own CRS; readers make it, `window` cuts and projects it.

    The topology is that of the whole file, so that a distance does not depend on the window it is computed in.
    """

    _islands: dict[str, Islands] = field(default_factory=dict, repr=False, compare=False)

    def islands(self, mode: NetworkMode) -> Islands:
        """The parts of a mode's network that hang together, and which edges are on a small one; found once."""
        if mode not in self._islands:
            self._islands[mode] = Islands.of(self, mode)
        return self._islands[mode]

    def without(self, edges: BoolArray) -> StreetFile:
        """The streets but those (m,) that are closed; what they cut off may become an island."""
        keep = np.flatnonzero(~edges)
        points, start = rows_of(self.start, keep)
        return StreetFile(
            name=self.name, crs=self.crs, node_id=self.node_id, u=self.u[keep], v=self.v[keep],
            coords=self.coords[points], start=start, highway_names=self.highway_names, **self.uses(keep),
        )  # fmt: skip

    @cached_property
    def boxes(self) -> FloatArray:
        """(m, 4) bounds of every edge in the source's CRS."""
        if not len(self):
            return np.empty((0, 4))
        first = self.start[:-1]
        low, high = np.minimum.reduceat(self.coords, first), np.maximum.reduceat(self.coords, first)
        return np.column_stack([low, high])

    def window(self, crs: pyproj.CRS, bounds: Bounds | None = None) -> Streets:
        """The edges that touch `bounds`, whole, in the study's CRS.

        Parameters
        ----------
        crs
            The study's CRS: projected, metres.
        bounds
            In `crs`; every edge that touches it is in the answer, and a few near it may be. None: all edges.
        """
        keep = np.arange(len(self))
        if bounds is not None and len(self):
            low_x, low_y, high_x, high_y = _bounds_in(bounds, crs, self.crs)
            box = self.boxes
            keep = np.flatnonzero(
                (box[:, 0] <= high_x) & (box[:, 2] >= low_x) & (box[:, 1] <= high_y) & (box[:, 3] >= low_y)
            )
        complete = len(keep) == len(self)
        size = np.diff(self.start)[keep]
        points, start = rows_of(self.start, keep)
        coords = self.coords[points]
        change = projection.transformer(self.crs, crs)
        if change is not None and len(coords):
            coords = projection.move(change, coords)
        if len(coords):
            bad = ~np.isfinite(coords).all(axis=1)
            if bad.any():  # outside what the projection can show, so far from any site
                good = ~np.maximum.reduceat(bad, start[:-1])
                coords, keep, size = coords[np.repeat(good, size)], keep[good], size[good]
                start = np.concatenate([[0], np.cumsum(size)])
        u, v = self.u[keep], self.v[keep]
        used = np.zeros(len(self.node_id), bool)
        used[u] = used[v] = True
        row = np.cumsum(used) - 1
        return Streets(
            source=self, name=self.name, crs=crs, bounds=bounds, complete=complete, edge_id=keep,
            node_id=self.node_id[used], u=row[u], v=row[v], coords=coords, start=start,
            length=_lengths(coords, start), highway_names=self.highway_names, **self.uses(keep),
        )  # fmt: skip


@dataclass(frozen=True)
class Streets(Edges):
    """Streets in the study's CRS; arrays as in `Edges`, and `length` (m,) in metres of the geometry in that CRS.

    They are part of `source`. `bounds` is the window they were cut to (None: no window), `complete` says whether that
    is all of the source, and `edge_id` (m,) is the row of every edge in the source, which rises.
    """

    source: StreetFile
    bounds: Bounds | None
    complete: bool
    edge_id: IntArray
    length: FloatArray
    _graphs: dict[tuple[str, bool], Graph] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def node_xy(self) -> FloatArray:
        """(n, 2) coordinates of the junctions."""
        xy = np.empty((len(self.node_id), 2))
        xy[self.v] = self.coords[self.start[1:] - 1]
        xy[self.u] = self.coords[self.start[:-1]]
        return xy

    @cached_property
    def lines(self) -> NDArray[np.object_]:
        """(m,) shapely LineStrings."""
        return np.asarray(
            shapely.linestrings(self.coords, indices=np.repeat(np.arange(len(self)), np.diff(self.start)))
        )

    def graph(self, mode: NetworkMode, *, timed: bool = False) -> Graph:
        """The part of the network that a mode may use, made once.

        Parameters
        ----------
        mode
            Who travels.
        timed
            A boat of which is known how long it takes counts for the metres that one would go in that time, so that
            metres divided by the speed are seconds everywhere. Else all metres are those of the geometry.

        Raises
        ------
        ValueError
            `timed` for driving, of which no speed is known.
        """
        if timed and mode != "drive" and not (self.ferry & np.isfinite(self.seconds)).any():
            timed = False  # the same, without making it twice
        if (mode, timed) not in self._graphs:
            self._graphs[mode, timed] = Graph.of(self, mode, timed=timed)
        return self._graphs[mode, timed]


@dataclass(frozen=True)
class Graph:
    """The streets as a directed graph for one mode.

    `along` and `against` (m,) say in which directions of every edge one may go, `metres` (m,) what that costs. `doors`
    are the edges that give entrances, which are those one may use that are no ferry; `island` (m,) tells those on a
    small island, which give entrances to what nothing else is near to.
    """

    streets: Streets
    mode: NetworkMode
    along: BoolArray
    against: BoolArray
    metres: FloatArray
    doors: IntArray
    island: BoolArray

    @classmethod
    def of(cls, streets: Streets, mode: NetworkMode, *, timed: bool = False) -> Graph:
        """The graph of a mode; see `Streets.graph`."""
        if timed and mode == "drive":
            raise ValueError("no speed is known for the mode drive")
        along, against = streets.directions(mode)
        metres = streets.length
        known = streets.ferry & np.isfinite(streets.seconds)
        if timed and known.any():
            metres = np.where(known, streets.seconds * metres_per_second(mode), metres)
        doors = np.flatnonzero((along | against) & ~streets.ferry)
        return cls(streets, mode, along, against, metres, doors, streets.source.islands(mode).small[streets.edge_id])

    @cached_property
    def segments(self) -> Segments:
        """Spatial index of the straight segments of the edges in `doors`."""
        from flexsite.access.entering.snap import Segments

        return Segments(self, self.doors)

    @cached_property
    def mainland(self) -> Segments:
        """As `segments`, of the doors that are not on a small island."""
        from flexsite.access.entering.snap import Segments

        away = self.island[self.doors]
        return Segments(self, self.doors[~away]) if away.any() else self.segments

    @cached_property
    def matrix(self) -> csr_array[Any]:
        """(n, n) sparse metres of the shortest edge from row to column; a street without length is an explicit 0."""
        streets = self.streets
        tail = np.concatenate([streets.u[self.along], streets.v[self.against]])
        head = np.concatenate([streets.v[self.along], streets.u[self.against]])
        return shortest_arcs(
            tail,
            head,
            np.concatenate([self.metres[self.along], self.metres[self.against]]),
            max(len(streets.node_id), 1),
        )

    @cached_property
    def reverse(self) -> csr_array[Any]:
        """The matrix with every direction turned round, to search from places back to sites."""
        return self.matrix.T.tocsr()

    @cached_property
    def component(self) -> IntArray:
        """(n,) number of the connected component of every node, directions aside."""
        from scipy.sparse.csgraph import connected_components

        label: IntArray = connected_components(self.matrix, directed=True, connection="weak")[1].astype(np.int64)
        return label


def expand(bounds: Bounds, metres: float) -> Bounds:
    """Bounds that reach further on all sides.

    Examples
    --------
    >>> expand((0, 0, 10, 10), 5)
    (-5, -5, 15, 15)
    """
    return (bounds[0] - metres, bounds[1] - metres, bounds[2] + metres, bounds[3] + metres)


def join(first: Bounds, second: Bounds | None) -> Bounds:
    """Bounds around both."""
    if second is None:
        return first
    return (min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3]))


def _bounds_in(bounds: Bounds, crs: pyproj.CRS, source: pyproj.CRS) -> Bounds:
    """Bounds in the source's CRS, a little wider because the sides of a box become curves."""
    width = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    found = projection.window(expand(bounds, width * 1e-3), crs, source) if width < _WIDEST else None
    return found or (-np.inf, -np.inf, np.inf, np.inf)


def codes(values: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.str_]]:
    """Texts as rows of a table without repetition.

    Examples
    --------
    >>> codes(["path", "", "path"])
    (array([1, 0, 1], dtype=int32), array(['', 'path'], dtype='<U4'))
    """
    names, code = np.unique(np.array(values, dtype=np.str_), return_inverse=True)
    return code.astype(np.int32), names


def rows_of(start: IntArray, keep: IntArray) -> tuple[IntArray, IntArray]:
    """Elements `start[i]:start[i + 1]` of every i in `keep`, one after the other, and where each group begins."""
    size = start[keep + 1] - start[keep]
    begins = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    return np.repeat(start[keep] - begins[:-1], size) + np.arange(begins[-1]), begins


def rough_lengths(coords: FloatArray, start: IntArray, keep: IntArray, crs: pyproj.CRS) -> FloatArray:
    """Metres of some edges in the source's CRS, degrees as on a sphere: for shares and reports, never for distances."""
    points, begins = rows_of(start, keep)
    there = np.array(coords[points], float)
    if crs.is_geographic:
        there *= _DEGREE
        there[:, 0] *= np.cos(np.radians(there[:, 1] / _DEGREE))
    else:
        there *= crs.axis_info[0].unit_conversion_factor
    return _lengths(there, begins)


def _lengths(coords: FloatArray, start: IntArray) -> FloatArray:
    if len(start) < 2:
        return np.empty(0)
    step = np.append(np.hypot(*(coords[1:] - coords[:-1]).T), 0.0)
    step[start[1:] - 1] = 0.0  # the jump from one edge to the next
    return np.asarray(np.add.reduceat(step, start[:-1]))
