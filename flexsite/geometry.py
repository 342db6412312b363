"""Exact polygon arithmetic over arrays, shared by every room.

All functions take and return numpy arrays of shapely geometries in one projected CRS with metres, and leave their
input as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import NamedTuple, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries: TypeAlias = NDArray[np.object_]
Indices: TypeAlias = NDArray[np.intp]
Floats: TypeAlias = NDArray[np.float64]

QUADRANT_SEGMENTS = 16
"""Segments to a quarter circle of every buffer (design, Geometry)."""
_CUT_GRID = 1000.0
"""Heavy polygons are cut on multiples of this many metres, so that results do not depend on the bounds of data."""
_HEAVY = 256
"""Vertices above which a polygon is cut before it meets many small ones."""

WORKERS: ContextVar[int | None] = ContextVar("flexsite_workers", default=None)
"""Threads for overlays; None: as many as there are cores. Results do not depend on it."""
_CHUNK = 2048
"""Rows that one thread takes at a time."""
_SMALL = 24
"""Vertices up to which cutting a feature to the ground's box costs more than it saves."""
_ROOM = 1.0
"""Metres that this box reaches beyond the ground, so that its lines never meet it."""


class Sparse(NamedTuple):
    """One geometry for some rows of a longer array: `row` rises and holds none twice."""

    row: Indices
    geometry: Geometries


def empty_geometries(count: int = 0) -> Geometries:
    """An array of `count` empty slots for geometries."""
    return np.empty(count, dtype=object)


def rounded_area(geometry: Geometries) -> Floats:
    """Areas in m2, rounded to 0.01 m2 as the design asks before anything derives from them."""
    areas: Floats = np.round(shapely.area(geometry), 2)
    return areas + 0.0  # no negative zero


def are_polygons(geometry: Geometries) -> NDArray[np.bool_]:
    """Whether each geometry is a polygon or multipolygon, which alone hold ground."""
    return np.isin(shapely.get_type_id(geometry), [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])


def polygonal(geometry: Geometries) -> Geometries:
    """The polygon parts of each geometry; an overlay may also leave lines and points, which hold no ground."""
    result = np.asarray(geometry, dtype=object).copy()
    mixed = np.flatnonzero(shapely.get_type_id(result) == shapely.GeometryType.GEOMETRYCOLLECTION)
    other = ~np.isin(
        shapely.get_type_id(result),
        [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON, shapely.GeometryType.GEOMETRYCOLLECTION],
    )
    result[other] = shapely.Polygon()
    if len(mixed):
        parts, owner = shapely.get_parts(result[mixed], return_index=True)
        flat, inner = shapely.get_parts(parts, return_index=True)
        keep = shapely.get_type_id(flat) == shapely.GeometryType.POLYGON
        groups = owner[inner][keep]
        result[mixed] = shapely.Polygon()
        if keep.any():
            present, compact = np.unique(groups, return_inverse=True)
            result[mixed[present]] = shapely.multipolygons(flat[keep], indices=compact)
    return result


def cut_heavy(geometry: Geometries) -> tuple[Geometries, Indices]:
    """Cut polygons with many vertices into pieces on a fixed grid.

    Returns
    -------
    pieces, owner
        The pieces and, for each, the row of the polygon it came from. Together they cover exactly the same ground.
    """
    todo = np.asarray(geometry, dtype=object)
    owner = np.arange(len(todo))
    done: list[Geometries] = []
    owners: list[Indices] = []
    while len(todo):
        bounds = shapely.bounds(todo)
        with np.errstate(invalid="ignore"):
            first = np.floor(bounds[:, :2] / _CUT_GRID)
            cells = np.ceil(bounds[:, 2:] / _CUT_GRID) - first
            heavy = (shapely.get_num_coordinates(todo) > _HEAVY) & (cells.max(axis=1) > 1)
        done.append(todo[~heavy])
        owners.append(owner[~heavy])
        todo, owner, bounds, first, cells = todo[heavy], owner[heavy], bounds[heavy], first[heavy], cells[heavy]
        if not len(todo):
            break
        axis = np.argmax(cells, axis=1)
        rows = np.arange(len(todo))
        line = (first[rows, axis] + np.floor(cells[rows, axis] / 2)) * _CUT_GRID
        low, high = bounds.copy(), bounds.copy()
        low[rows, axis + 2] = line
        high[rows, axis] = line
        halves = [intersection(todo, shapely.box(*side.T)) for side in (low, high)]
        todo, owner = np.concatenate(halves), np.concatenate([owner, owner])
        filled = ~shapely.is_empty(todo)
        todo, owner = todo[filled], owner[filled]
    if not done:
        return empty_geometries(), np.empty(0, dtype=np.intp)
    pieces, index = np.concatenate(done), np.concatenate(owners)
    order = np.argsort(index, kind="stable")
    return pieces[order], index[order]


def union_groups(geometry: Geometries, group: Indices) -> Sparse:
    """Union of the geometries per group number."""
    return _grouped(geometry, group, lambda parts, owner, _: spread(union_parts, _bundled(parts, owner)))


def joined_groups(polygons: Geometries, group: Indices, apart: NDArray[np.bool_]) -> Sparse:
    """The ground of the polygons per group number, in less time than a union takes, for areas that are checked.

    Parameters
    ----------
    apart
        By group number, where the polygons probably do not overlap each other: these are put together as they are.
        The others are united by a buffer of nothing, which is right for valid polygons.
    """

    def join(parts: Geometries, owner: Indices, groups: Indices) -> Geometries:
        result = empty_geometries(len(groups))
        loose = apart[groups]
        if loose.any():
            result[loose] = shapely.multipolygons(
                parts[loose[owner]], indices=(np.cumsum(loose) - 1)[owner[loose[owner]]]
            )
            loose[loose] = shapely.is_valid(result[loose])
        if not loose.all():
            tight = ~loose[owner]
            bundles = _bundled(parts[tight], (np.cumsum(~loose) - 1)[owner[tight]])
            result[~loose] = spread(lambda some: np.asarray(shapely.buffer(some, 0.0)), bundles)
        return result

    parts, owner = shapely.get_parts(polygons, return_index=True)
    return _grouped(parts, group[owner], join)


def _grouped(
    geometry: Geometries, group: Indices, join: Callable[[Geometries, Indices, Indices], Geometries]
) -> Sparse:
    """Groups of one geometry as they are, and those of several as `join` makes them of parts, owners and groups."""
    if not len(geometry):
        return Sparse(np.empty(0, dtype=np.intp), empty_geometries())
    order = np.argsort(group, kind="stable")
    index, compact, counts = np.unique(group[order], return_inverse=True, return_counts=True)
    ordered = geometry[order]
    result = empty_geometries(len(index))
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    single = counts == 1
    result[single] = ordered[starts[single]]
    if not single.all():
        several = ~single[compact]
        numbers = np.cumsum(~single) - 1
        result[~single] = join(ordered[several], numbers[compact[several]], index[~single])
    return Sparse(index.astype(np.intp), result)


def _bundled(parts: Geometries, owner: Indices) -> Geometries:
    return np.asarray(shapely.geometrycollections(parts, indices=owner), dtype=object)


def union_parts(collections: Geometries) -> Geometries:
    """Union of the parts of each collection."""
    return np.asarray(shapely.union_all(collections[:, np.newaxis], axis=1), dtype=object)


class Meeting(NamedTuple):
    """Pairs of rows whose geometries share ground or a boundary; `covered` where the second covers the first whole."""

    left: Indices
    right: Indices
    covered: NDArray[np.bool_]


def meet(tree: shapely.STRtree, right: Geometries) -> Meeting:
    """Pairs (row in the tree, row of `right`) that intersect, sorted."""
    pairs = tree.query(right, predicate="intersects")
    order = np.lexsort((pairs[0], pairs[1]))
    left, other = pairs[1][order], pairs[0][order]
    whole = tree.query(right, predicate="covers")
    width = max(len(right), 1)
    covered = np.isin(left * width + other, whole[1] * width + whole[0])
    return Meeting(left, other, covered)


def footprint_on(ground: Geometries, tree: shapely.STRtree, features: Geometries) -> tuple[Sparse, NDArray[np.bool_]]:
    """Per row of `ground` (which the tree holds) the union of the features that meet it.

    Returns
    -------
    footprint, covered
        The union, reaching beyond the ground where features do, and whether one feature covers the row whole; then
        the footprint is the row's own ground.
    """
    pieces, _ = cut_heavy(features)
    pairs = meet(tree, pieces)
    whole = np.unique(pairs.left[pairs.covered])
    partly = ~np.isin(pairs.left, whole)
    left = pairs.left[partly]
    cut = union_groups(_near(pieces[pairs.right[partly]], ground[left]), left)
    index = np.concatenate([whole, cut.row]).astype(np.intp)
    geometry = np.concatenate([ground[whole], cut.geometry])
    covered = np.concatenate([np.ones(len(whole), bool), np.zeros(len(cut.row), bool)])
    order = np.argsort(index)
    return Sparse(index[order], geometry[order]), covered[order]


def _near(features: Geometries, ground: Geometries) -> Geometries:
    """Each feature cut to a box around its row of ground.

    An overlay costs what its vertices cost, and those far off do not matter.
    """
    result = features.copy()
    left, bottom, right, top = (shapely.bounds(features) - shapely.bounds(ground)).T
    beyond = np.maximum(right - left, top - bottom) > 0  # wider or deeper than the ground
    large = np.flatnonzero(beyond & (shapely.get_num_coordinates(features) > _SMALL))
    if len(large):
        low_x, low_y, high_x, high_y = shapely.bounds(ground[large]).T
        box = (low_x - _ROOM, low_y - _ROOM, high_x + _ROOM, high_y + _ROOM)
        result[large] = intersection(features[large], shapely.box(*box))
    return result


def intersection(left: Geometries, right: Geometries) -> Geometries:
    """Ground that two arrays share, row by row.

    A row where both are one object, ground that is covered whole, stays as it is.
    """
    same = np.fromiter((a is b for a, b in zip(left, right, strict=True)), dtype=bool, count=len(left))
    result = np.asarray(left, dtype=object).copy()
    result[~same] = polygonal(spread(shapely.intersection, left[~same], right[~same]))
    return result


def buffered(geometry: Geometries, distance: float) -> Geometries:
    """Ground within a distance (metres) of each geometry; a negative distance shrinks."""
    return spread(lambda some: np.asarray(shapely.buffer(some, distance, quad_segs=QUADRANT_SEGMENTS)), geometry)


def difference(left: Geometries, right: Geometries) -> Geometries:
    """Ground of the first that the second leaves, row by row."""
    return polygonal(spread(shapely.difference, left, right))


def spread(function: Callable[..., Geometries], *arrays: Geometries) -> Geometries:
    """Apply an element-wise function on all cores: GEOS lets go of Python's lock. The result is that of one call."""
    count = len(arrays[0])
    workers = WORKERS.get() or os.cpu_count() or 1
    if count <= _CHUNK or workers == 1:
        return function(*arrays)
    chunks = range(0, count, _CHUNK)
    with ThreadPoolExecutor(workers) as pool:
        return np.concatenate(
            list(pool.map(lambda first: function(*(array[first : first + _CHUNK] for array in arrays)), chunks))
        )


def overlap(
    ground: Geometries, features: Geometries, value: NDArray[np.object_] | Indices, *, union: bool
) -> tuple[Indices, NDArray, Floats]:  # type: ignore[type-arg]
    """Area that the features with one value cover on each row of `ground`.

    Parameters
    ----------
    ground, features
        Polygons in one CRS.
    value
        A value per feature.
    union
        Ground under several features with one value counts once; otherwise their areas add up.

    Returns
    -------
    row, value, area
        Sorted by row, then value in code point order of its text; area in m2, rounded to 0.01, above zero.
    """
    codes, uniques = _codes(value)
    pieces, owner = cut_heavy(features)
    pairs = meet(shapely.STRtree(ground), pieces)
    width = max(len(uniques), 1)
    key = pairs.left * width + codes[owner[pairs.right]]
    areas: Floats
    if union:
        keys, geometry = union_groups(_clip(ground[pairs.left], pieces[pairs.right], pairs.covered), key)
        areas = rounded_area(geometry)
    else:
        clipped = shapely.area(_clip(ground[pairs.left], pieces[pairs.right], pairs.covered))
        keys, inverse = np.unique(key, return_inverse=True)
        areas = np.round(np.bincount(inverse, weights=clipped, minlength=len(keys)), 2)
    positive = areas > 0
    keys, areas = keys[positive], areas[positive]
    return (keys // width).astype(np.intp), uniques[keys % width], areas


def _codes(value: NDArray) -> tuple[Indices, NDArray]:  # type: ignore[type-arg]
    """Integer codes in code point order of the values' text."""
    listed = list(dict.fromkeys(np.asarray(value, dtype=object).tolist()))
    listed.sort(key=str)
    uniques = empty_geometries(len(listed))
    uniques[:] = listed
    place = {item: code for code, item in enumerate(listed)}
    return np.fromiter(
        (place[item] for item in np.asarray(value, dtype=object).tolist()), dtype=np.intp, count=len(value)
    ), uniques


def _clip(ground: Geometries, features: Geometries, covered: NDArray[np.bool_]) -> Geometries:
    clipped = ground.copy()
    clipped[~covered] = intersection(ground[~covered], features[~covered])
    return clipped
