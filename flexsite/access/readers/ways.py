"""From OpenStreetMap ways to streets between junctions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyproj

from flexsite.access.readers.tags import FORBIDDEN, Permission, kind, permission, seconds
from flexsite.access.streets.model import FloatArray, IntArray, StreetFile, codes, rough_lengths

WGS84 = pyproj.CRS.from_epsg(4326)
NOWHERE = 2147483647
"""Coordinate of a node that is not in the file (libosmium's)."""
SCALE = 1e-7
"""Degrees per unit of integer coordinates."""


@dataclass(frozen=True)
class Ways:
    """Ways as they are in a file.

    Parameters
    ----------
    way_id
        (w,) ids.
    size
        (w,) number of nodes.
    tags
        The distinct sets of tags.
    tag_set
        (w,) which of them each way has.
    node
        (k,) nodes of all ways, one way after the other, as rows of `node_id`.
    node_id
        (n,) ids, rising.
    xy
        (n, 2) longitude and latitude in 1e-7 degree, or `NOWHERE`.
    """

    way_id: IntArray
    size: IntArray
    tags: Sequence[Mapping[str, str]]
    tag_set: IntArray
    node: IntArray
    node_id: IntArray
    xy: IntArray

    def usable(self) -> Ways:
        """Those that anybody may use."""
        used = np.array([permission(tags).anybody for tags in self.tags], bool)
        keep = used[self.tag_set]
        if keep.all():
            return self
        rows = np.zeros(len(self.node_id), bool)
        node = self.node[np.repeat(keep, self.size)]
        rows[node] = True
        place = np.cumsum(rows) - 1
        return Ways(
            self.way_id[keep], self.size[keep], self.tags, self.tag_set[keep],
            place[node], self.node_id[rows], self.xy[rows],
        )  # fmt: skip


def streets_from_ways(name: str, ways: Ways) -> StreetFile | None:
    """Streets between junctions: nodes that two ways share, and ends of ways. None when there are none.

    A way of which nodes are missing from the file (an extract's edge) is broken there. What a ferry lasts is shared
    among its pieces by their length; of a ferry with missing nodes it is not known.
    """
    ways = ways.usable()
    way = np.repeat(np.arange(len(ways.size)), ways.size)
    there = (ways.xy != NOWHERE).all(axis=1)[ways.node]
    node, run = ways.node, way
    if not there.all():
        node, way, run = node[there], way[there], (way + np.cumsum(~there))[there]
    point, start = split(node, run, len(ways.node_id))
    if len(start) < 2:
        return None
    first, last = node[point[start[:-1]]], node[point[start[1:] - 1]]
    used = np.zeros(len(ways.node_id), bool)
    used[first] = used[last] = True
    row = np.cumsum(used) - 1
    coords: FloatArray = ways.xy[node[point]].astype(float) * SCALE
    of_way = way[point[start[:-1]]]
    kinds = ways.tag_set[of_way]
    may: list[Permission] = [permission(tags) for tags in ways.tags] or [FORBIDDEN]
    flag = np.array(may, bool)[kinds]
    highway, names = codes([kind(tags) or "" for tags in ways.tags])
    lasts = np.array(
        [seconds(tags.get("duration")) if one.ferry else np.nan for tags, one in zip(ways.tags, may, strict=False)]
    )
    whole = np.ones(len(ways.size), bool)
    whole[np.repeat(np.arange(len(ways.size)), ways.size)[~there]] = False
    shared = _shares(coords, start, of_way, np.where(whole[of_way], lasts[kinds], np.nan))
    return StreetFile(
        name=name, crs=WGS84, node_id=ways.node_id[used], u=row[first], v=row[last], coords=coords, start=start,
        walk=flag[:, 0], forward=flag[:, 1], backward=flag[:, 2], ferry=flag[:, 3],
        drive_forward=flag[:, 4], drive_backward=flag[:, 5], seconds=shared,
        way_id=ways.way_id[of_way], highway_code=highway[kinds], highway_names=names,
    )  # fmt: skip


def split(node: IntArray, run: IntArray, nodes: int) -> tuple[IntArray, IntArray]:
    """Cut runs of nodes at junctions.

    Parameters
    ----------
    node
        (k,) nodes of all runs.
    run
        (k,) the run that each belongs to.
    nodes
        Number of nodes.

    Returns
    -------
    point
        Positions in `node` of the points of all pieces; a junction is the last of one piece and the first of the next.
    start
        First element of every piece in `point`, and the end of the last one.
    """
    if not len(node):
        return np.empty(0, np.int64), np.zeros(1, np.int64)
    opens = np.append(True, run[1:] != run[:-1])
    closes = np.append(opens[1:], True)
    # a node at both ends of one closed way is used twice too, and is an end anyway
    junction = opens | closes | (np.bincount(node, minlength=nodes) > 1)[node]
    begins = np.flatnonzero(junction & ~closes)
    size = np.flatnonzero(junction & ~opens) - begins + 1
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    return np.repeat(begins - start[:-1], size) + np.arange(start[-1]), start


def _shares(coords: FloatArray, start: IntArray, way: IntArray, lasts: FloatArray) -> FloatArray:
    """What each piece of a way has of the way's duration, by its length."""
    timed = np.flatnonzero(np.isfinite(lasts))
    answer = np.full(len(lasts), np.nan)
    if len(timed):
        length = rough_lengths(coords, start, timed, WGS84)
        _, group = np.unique(way[timed], return_inverse=True)
        whole = np.bincount(group, length)[group]
        pieces = np.bincount(group)[group]
        answer[timed] = lasts[timed] * np.divide(length, whole, out=1.0 / pieces, where=whole > 0)
    return answer
