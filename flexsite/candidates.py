"""Candidates: the polygons that might hold a site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.errors import InputError
from flexsite.flat import Flat
from flexsite.geometry import (
    Floats,
    Geometries,
    Indices,
    are_polygons,
    cut_heavy,
    empty_geometries,
    footprint_on,
    intersection,
    rounded_area,
    spread,
    union_groups,
)
from flexsite.notices import Notices
from flexsite.values import texts_of

if TYPE_CHECKING:
    from flexsite.layers import Layers
    from flexsite.study.models import Study

MOST_CELLS = 20_000_000
"""Cells of a grid over the bounds of the area that one machine can still hold."""
_SHARED_BOUNDARY = 0.1
"""Metres of boundary from which two candidates touch (design, Candidates)."""
_BLOCK = 16
"""Cells along the side of a block that is looked at as one; results do not depend on it."""
_LOOK = 128
"""Blocks along the side of an area in which most candidates lie whole; results do not depend on it."""
_COMPILED_FROM = 50_000
"""Candidates from which compiled code looks for overlaps; what it finds does not depend on it."""
_AT_ONCE, _ROWS = 8192, 200_000
"""Candidates laid flat, and looked at for overlaps, at a time; results do not depend on them."""
_SNAP = 1e-3
"""Metres within which two boundaries are the same line when candidates are joined."""


@dataclass(frozen=True)
class Candidates:
    """Polygons with an id, in the CRS of the study.

    Attributes
    ----------
    ids
        Text, unique; rows are in code point order of it.
    shapes
        Polygons or multipolygons.
    is_grid
        The candidates are cells of a grid: outputs speak of cells, never of sites.
    """

    ids: NDArray[np.object_]
    shapes: Flat
    kind: str
    is_grid: bool

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def geometry(self) -> Geometries:
        """The polygons as shapely has them, made anew each time it is asked for."""
        return self.shapes.geometry()

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Bounding box of all candidates, metres in the CRS of the study."""
        low, high = np.nanmin(self.shapes.bounds[:, :2], axis=0), np.nanmax(self.shapes.bounds[:, 2:], axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def build(study: Study, layers: Layers, area: Geometries, notices: Notices) -> Candidates:
    """Candidates of a study.

    Parameters
    ----------
    study, layers
        What to build and the readers.
    area
        Polygons of the study area, in its CRS.
    notices
        Receives the warnings.

    Raises
    ------
    InputError
        No polygon among the candidates, none in the area, or an id that is missing or stands twice.
    """
    kind = study.candidates.kind
    if study.candidates.grid is not None:
        ids, cells = _cells(study.candidates.grid, area)
        order = np.argsort(ids.astype(str), kind="stable")
        return Candidates(ids[order], cells.take(order), kind, is_grid=True)
    ids, geometry = _of_layer(study, layers, area, notices)
    order = np.argsort(ids.astype(str), kind="stable")
    ids, geometry = ids[order], geometry[order]
    shapes = _laid(geometry)
    _warn_overlaps(shapes, notices)
    return Candidates(ids, shapes, kind, is_grid=False)


def _laid(geometry: Geometries) -> Flat:
    """Polygons laid flat; the array is emptied on the way, so that memory never holds all of them twice."""
    made = []
    for first in range(0, len(geometry), _AT_ONCE):
        made.append(Flat.of(geometry[first : first + _AT_ONCE]))
        geometry[first : first + _AT_ONCE] = None
    return Flat.join(made)


def _cells(size: float, area: Geometries) -> tuple[NDArray[np.object_], Flat]:
    """Cells on multiples of `size`, clipped to the area."""
    minx, miny, maxx, maxy = shapely.total_bounds(area)
    count = ((maxx - minx) / size + 1) * ((maxy - miny) / size + 1)
    if count > MOST_CELLS:
        raise InputError(
            f"a grid of {size:g} m has {count:.0f} cells over the area, more than {MOST_CELLS}",
            where="candidates, grid",
            remedy="use larger cells, in metres",
        )
    columns = np.arange(np.floor(minx / size), np.ceil(maxx / size)) * size
    rows = np.arange(np.floor(miny / size), np.ceil(maxy / size)) * size
    whole, partly = _blocks(columns, rows, size, cut_heavy(area)[0])
    x, y = columns[partly[0]], rows[partly[1]]
    cells = shapely.box(x, y, x + size, y + size)
    inside, covered = footprint_on(cells, shapely.STRtree(cells), area)
    clipped = cells[inside.row]
    clipped[~covered] = intersection(clipped[~covered], inside.geometry[~covered])
    filled = rounded_area(clipped) > 0
    if round(size * size, 2) == 0:
        whole = whole[:, :0]
    column, row = np.concatenate([whole, partly[:, inside.row[filled]]], axis=1)
    east, north = (np.array([_metres(value) for value in side], dtype=object) for side in (columns, rows))
    ids = ("E" + east)[column] + ("N" + north)[row]
    return ids, Flat.join([_squares(columns[whole[0]], rows[whole[1]], size), Flat.of(clipped[filled])])


def _blocks(columns: Floats, rows: Floats, size: float, area: Geometries) -> tuple[Indices, Indices]:
    """Cells, as (2, n) of column and row, in blocks that one polygon of the area covers, and in others that it meets.

    Most cells of a large area lie far within it, and blocks of many tell so at once.
    """
    x, y = (
        np.stack([side[::_BLOCK], side[np.minimum(np.arange(0, len(side), _BLOCK) + _BLOCK, len(side)) - 1] + size])
        for side in (columns, rows)
    )
    met, whole = _on_blocks(x, y, area)
    across, along = (grid.ravel() for grid in np.meshgrid(np.arange(_BLOCK), np.arange(_BLOCK)))

    def cells(chosen: NDArray[np.bool_]) -> Indices:
        column, row = np.nonzero(chosen)
        column = (_BLOCK * column[:, np.newaxis] + across).ravel()
        row = (_BLOCK * row[:, np.newaxis] + along).ravel()
        exists = (column < len(columns)) & (row < len(rows))
        return np.stack([column[exists], row[exists]])

    return cells(whole), cells(met & ~whole)


def _on_blocks(x: Floats, y: Floats, area: Geometries) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Per block whether the area meets it, and whether one polygon of the area covers it.

    Parameters
    ----------
    x, y
        (2, n) and (2, m): where columns and rows of blocks begin and end.
    """
    column, row = (grid.ravel() for grid in np.meshgrid(np.arange(x.shape[1]), np.arange(y.shape[1]), indexing="ij"))
    tree = shapely.STRtree(shapely.box(x[0][column], y[0][row], x[1][column], y[1][row]))
    met, whole = np.zeros(len(column), bool), np.zeros(len(column), bool)
    met[tree.query(area, predicate="intersects")[1]] = True
    whole[tree.query(area, predicate="covers")[1]] = True
    return met.reshape(x.shape[1], -1), whole.reshape(x.shape[1], -1)


def _in_area(geometry: Geometries, area: Geometries) -> NDArray[np.bool_]:
    """Whether a point on each polygon, as shapely chooses it, lies in the area.

    A polygon whose box lies in blocks that the area covers needs no point.
    """
    pieces, _ = cut_heavy(area)
    bounds, frame = shapely.bounds(geometry), shapely.total_bounds(area)
    ranges, whole = [], np.zeros(len(geometry), bool)
    edges = [np.linspace(frame[axis], frame[axis + 2], _LOOK + 1) for axis in (0, 1)]
    for axis, edge in enumerate(edges):
        first = np.searchsorted(edge, bounds[:, axis], "right") - 1
        last = np.maximum(np.searchsorted(edge, bounds[:, axis + 2], "left"), first + 1)
        ranges.append((first, last))
    known = (ranges[0][0] >= 0) & (ranges[0][1] <= _LOOK) & (ranges[1][0] >= 0) & (ranges[1][1] <= _LOOK)
    x, y = (np.stack([edge[:-1], edge[1:]]) for edge in edges)
    _, covered = _on_blocks(x, y, pieces)
    total = np.zeros((_LOOK + 1, _LOOK + 1), np.int64)
    total[1:, 1:] = covered.cumsum(axis=0).cumsum(axis=1)
    (west, east), (south, north) = ((first[known], last[known]) for first, last in ranges)
    sum_within = total[east, north] - total[west, north] - total[east, south] + total[west, south]
    whole[known] = sum_within == (east - west) * (north - south)
    rest = np.flatnonzero(~whole)
    points = spread(shapely.point_on_surface, geometry[rest])
    whole[rest[shapely.STRtree(points).query(pieces, predicate="intersects")[1]]] = True
    return whole


def _squares(x: Floats, y: Floats, size: float) -> Flat:
    """Cells by their lower left corners, with vertices as those of `shapely.box`."""
    low, high = np.stack([x, y], axis=1), np.stack([x + size, y + size], axis=1)
    lower_right, upper_left = np.stack([high[:, 0], y], axis=1), np.stack([x, high[:, 1]], axis=1)
    xy = np.stack([lower_right, high, upper_left, low, lower_right], axis=1).reshape(-1, 2)
    each = np.arange(len(x) + 1)
    return Flat(xy, 5 * each, each, each)


def _metres(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _of_layer(
    study: Study, layers: Layers, area: Geometries, notices: Notices
) -> tuple[NDArray[np.object_], Geometries]:
    spec = study.candidates
    name = str(spec.layer)
    file = study.layers[name].path.name
    place = f"candidates, layer '{name}' ({file})"
    if layers.is_raster(name):
        raise InputError(
            "candidates are polygons, and this layer is a raster", where=place, remedy="use 'grid', or a vector layer"
        )
    bounds = tuple(float(value) for value in shapely.total_bounds(area))
    wanted = [column for column in (spec.id, spec.join) if column is not None]
    vector = layers.vector(name, bounds=bounds, columns=tuple(dict.fromkeys(wanted)))  # type: ignore[arg-type]
    geometry = vector.frame.geometry.to_numpy()
    ids = _ids(vector.frame[spec.id].to_numpy() if spec.id else None, np.asarray(vector.ids), place, notices)
    polygons = are_polygons(geometry)
    if len(geometry) and not polygons.any():
        raise InputError(
            "no feature here is a polygon", where=place, remedy="candidates are polygons; give another layer"
        )
    if not polygons.all():
        notices.warn(
            "candidates_no_polygon", f"{int((~polygons).sum())} features of '{name}' are no polygons and hold no site"
        )
    inside = polygons.copy()
    inside[polygons] = _in_area(geometry[polygons], area)
    if not inside.any():
        raise InputError(
            "no candidate lies in the area", where=place, remedy="check the area, the CRS of both files and 'where'"
        )
    _refuse_twice(ids[inside], place)
    ids, geometry = ids[inside], geometry[inside]
    if spec.join is not None:
        ids, geometry = _joined(ids, geometry, vector.frame[spec.join].to_numpy()[inside])
    return ids, geometry


def _ids(values: NDArray[np.object_] | None, features: Indices, place: str, notices: Notices) -> NDArray[np.object_]:
    """Candidate ids as text."""
    result = empty_geometries(len(features))
    if values is None:
        notices.warn(
            "candidates_no_id",
            f"candidates have no 'id' column: {len(features)} ids are feature numbers and may change with the file",
        )
        result[:] = [str(int(value)) for value in features]
        return result
    texts = texts_of(values)
    empty = texts.count("")
    if empty:
        first = features[texts.index("")]
        raise InputError(
            f"{empty} candidates have no id (first: feature {first})", where=place, remedy="choose another 'id' column"
        )
    result[:] = texts
    return result


def _refuse_twice(ids: NDArray[np.object_], place: str) -> None:
    if len(set(ids.tolist())) < len(ids):
        values, counts = np.unique(ids.astype(str), return_counts=True)
        worst = values[counts > 1]
        raise InputError(
            f"{len(worst)} candidate ids stand more than once (first: '{worst[0]}', {counts[counts > 1][0]} times)",
            where=place,
            remedy="choose a unique 'id' column, or leave 'id' out",
        )


def _joined(
    ids: NDArray[np.object_], geometry: Geometries, values: NDArray[np.object_]
) -> tuple[NDArray[np.object_], Geometries]:
    """Candidates with an equal value that share a boundary become one; its id is the smallest of theirs."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    texts = np.array(texts_of(values), dtype=object)
    left, right = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    pairs = (left < right) & (texts[left] == texts[right]) & (texts[left] != "")
    left, right = left[pairs], right[pairs]
    lengths = shapely.length(shapely.intersection(geometry[left], geometry[right], grid_size=_SNAP))
    shared = np.round(lengths, 3) > _SHARED_BOUNDARY  # to the millimetre, as the lines are snapped
    left, right = left[shared], right[shared]
    links = coo_array((np.ones(len(left), bool), (left, right)), shape=(len(ids), len(ids)))
    count, group = connected_components(links, directed=False)
    order = np.lexsort((ids.astype(str), group))
    first = order[np.searchsorted(group[order], np.arange(count))]
    return ids[first], union_groups(geometry, group.astype(np.intp)).geometry


def _warn_overlaps(shapes: Flat, notices: Notices) -> None:
    """Overlapping candidates count whole; say how many there are."""
    left, right = _may_overlap(shapes)
    one, other = shapes.geometry(left), shapes.geometry(right)
    inner = ~np.asarray(spread(lambda *two: np.asarray(shapely.touches(*two)), one, other), dtype=bool)
    areas = rounded_area(intersection(one[inner], other[inner]))
    count = int((areas > 0).sum())
    if count:
        hectares = float(areas.sum()) / 1e4
        notices.warn(
            "candidates_overlap", f"{count} pairs of candidates overlap ({hectares:.2f} ha); each counts whole"
        )


def _may_overlap(shapes: Flat) -> tuple[Indices, Indices]:
    """Pairs of candidates, the first row before the second, that may share ground; all that do are among them."""
    if len(shapes) >= _COMPILED_FROM:
        from flexsite.kernel import pairs
        from flexsite.kernel.overlapping import may_overlap

        start, met = pairs(shapes.bounds, shapes.bounds)
        found: list[tuple[Indices, Indices]] = []
        for first in range(0, len(shapes), _ROWS):
            rows = np.arange(first, min(first + _ROWS, len(shapes)))
            left = np.repeat(rows, np.diff(start[first : first + _ROWS + 1]))
            right = met[start[rows[0]] : start[rows[-1] + 1]]
            left, right = left[left < right], right[left < right]
            kept = may_overlap(shapes, left, right)
            found.append((left[kept], right[kept]))
        return np.concatenate([left for left, _ in found]), np.concatenate([right for _, right in found])
    geometry = shapes.geometry()
    if shapely.coverage_is_valid(shapely.get_parts(geometry)):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    left, right = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    return left[left < right], right[left < right]
