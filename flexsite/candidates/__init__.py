"""Candidates: the polygons that might hold a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.candidates.needed import Values, needed, together
from flexsite.candidates.overlaps import warn_overlaps
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
from flexsite.study.kinds import kind_of
from flexsite.values import texts_of

if TYPE_CHECKING:
    from flexsite.layers import Layers
    from flexsite.study.layer import MoreCandidates
    from flexsite.study.models import Study

MOST_CELLS = 20_000_000
"""Cells of a grid over the bounds of the area that one machine can still hold."""
_SHARED_BOUNDARY = 0.1
"""Metres of boundary from which two candidates touch (design, Candidates)."""
_BLOCK = 16
"""Cells along the side of a block that is looked at as one; results do not depend on it."""
_LOOK = 128
"""Blocks along the side of an area in which most candidates lie whole; results do not depend on it."""
_AT_ONCE = 8192
"""Candidates laid flat at a time; results do not depend on it."""
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
    kind
        Of all candidates, or of those of the first layer.
    is_grid
        The candidates are cells of a grid: outputs speak of cells, never of sites.
    columns
        What their kinds need, a value per candidate.
    part, part_kinds
        Where there are several layers: the layer of each candidate, as a position in `Candidates.every` of the study,
        and the kind of each layer.
    """

    ids: NDArray[np.object_]
    shapes: Flat
    kind: str
    is_grid: bool
    columns: Mapping[str, Values] = field(default_factory=dict)
    part: Indices | None = None
    part_kinds: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def kinds(self) -> NDArray[np.object_]:
        """Kind of each candidate."""
        if self.part is None:
            return np.full(len(self), self.kind, dtype=object)
        return np.array(self.part_kinds, dtype=object)[self.part]

    def take(self, rows: Indices) -> Candidates:
        """Some candidates, in the order asked."""
        return replace(
            self,
            ids=self.ids[rows],
            shapes=self.shapes.take(rows),
            columns={name: values[rows] for name, values in self.columns.items()},
            part=None if self.part is None else self.part[rows],
        )

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
    return joined([of_layer(one, study, layers, area, notices) for one in study.candidates.every()], study, notices)


class OfLayer(NamedTuple):
    """Candidates of one layer: ids, polygons, and what their kind needs."""

    ids: NDArray[np.object_]
    geometry: Geometries
    columns: dict[str, Values]


def joined(found: list[OfLayer], study: Study, notices: Notices) -> Candidates:
    """Candidates of one layer or of several, in code point order of their ids.

    Parameters
    ----------
    found
        Of each layer, in the order of the study; emptied on the way.

    Raises
    ------
    InputError
        Two layers give the same id.
    """
    every = study.candidates.every()
    ids = np.concatenate([one.ids for one in found])
    part = np.repeat(np.arange(len(found)), [len(one.ids) for one in found])
    order = np.argsort(ids.astype(str), kind="stable")
    ids, part = ids[order], part[order]
    twice = np.flatnonzero(ids[1:] == ids[:-1])
    if len(twice):
        first, second = (every[part[twice[0] + k]].layer for k in (0, 1))
        raise InputError(
            f"{len(twice)} candidate ids stand in more than one layer (first: '{ids[twice[0]]}')",
            where=f"candidates, layers '{first}' and '{second}'",
            remedy="give one of the two a 'prefix' for its ids",
        )
    columns = together([one.columns for one in found], [len(one.ids) for one in found])
    columns = {name: values[order] for name, values in columns.items()}
    geometry = np.concatenate([one.geometry for one in found])[order]
    found.clear()  # so that the polygons go as they are laid flat
    shapes = _laid(geometry)
    if len(every) == 1:
        warn_overlaps(shapes, notices)
        return Candidates(ids, shapes, study.candidates.kind, is_grid=False, columns=columns)
    several = Candidates(
        ids, shapes, study.candidates.kind, is_grid=False, columns=columns, part=part.astype(np.intp),
        part_kinds=tuple(one.kind for one in every),
    )  # fmt: skip
    warn_overlaps(shapes, notices, several.kinds)
    return several


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


def of_layer(spec: MoreCandidates, study: Study, layers: Layers, area: Geometries, notices: Notices) -> OfLayer:
    """Candidates of one layer. Parameters and errors as `build`; a further layer without any is a warning."""
    name, kind = spec.layer, kind_of(study, spec.kind)
    given = spec.columns or {}
    file = study.layers[name].path.name
    place = f"candidates, layer '{name}' ({file})"
    if layers.is_raster(name):
        raise InputError(
            "candidates are polygons, and this layer is a raster", where=place, remedy="use 'grid', or a vector layer"
        )
    bounds = tuple(float(value) for value in shapely.total_bounds(area))
    wanted = [column for column in (spec.id, spec.join, *given.values()) if column is not None]
    vector = layers.vector(name, bounds=bounds, columns=tuple(dict.fromkeys(wanted)))  # type: ignore[arg-type]
    geometry = vector.frame.geometry.to_numpy()
    features = np.asarray(vector.ids)
    ids = _ids(vector.frame[spec.id].to_numpy() if spec.id else None, features, place, notices)
    if spec.prefix is not None:
        ids = spec.prefix + ids
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
    if not inside.any() and spec in (study.candidates.also or []):
        notices.warn(f"candidates_none_{name}", f"0 candidates of the layer '{name}' lie in the area")
    elif not inside.any():
        raise InputError(
            "no candidate lies in the area", where=place, remedy="check the area, the CRS of both files and 'where'"
        )
    _refuse_twice(ids[inside], place)
    ids, geometry, values = ids[inside], geometry[inside], vector.frame.loc[inside]
    if spec.join is not None:
        ids, geometry = _joined(ids, geometry, values[spec.join].to_numpy())
        values, features = values.iloc[:0].reindex(range(len(ids))), np.arange(len(ids))
        return OfLayer(ids, geometry, needed(kind, {}, values, features, place, notices))
    return OfLayer(ids, geometry, needed(kind, given, values, features[inside], place, notices))


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
