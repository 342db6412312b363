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
    Geometries,
    Indices,
    are_polygons,
    cut_heavy,
    empty_geometries,
    footprint_on,
    intersection,
    rounded_area,
    union_groups,
)
from flexsite.notices import Notices
from flexsite.values import text_of

if TYPE_CHECKING:
    from flexsite.layers import Layers
    from flexsite.study.models import Study

MOST_CELLS = 20_000_000
"""Cells of a grid over the bounds of the area that one machine can still hold."""
_SHARED_BOUNDARY = 0.1
"""Metres of boundary from which two candidates touch (design, Candidates)."""
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
    if study.candidates.grid is not None:
        ids, geometry = _cells(study.candidates.grid, area)
    else:
        ids, geometry = _of_layer(study, layers, area, notices)
    order = np.argsort(ids.astype(str), kind="stable")
    ids, geometry = ids[order], geometry[order]
    if study.candidates.grid is None:
        _warn_overlaps(geometry, notices)
    return Candidates(ids, Flat.of(geometry), study.candidates.kind, study.candidates.grid is not None)


def _cells(size: float, area: Geometries) -> tuple[NDArray[np.object_], Geometries]:
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
    x, y = (grid.ravel() for grid in np.meshgrid(columns, rows))
    cells = shapely.box(x, y, x + size, y + size)
    inside, covered = footprint_on(cells, shapely.STRtree(cells), area)
    clipped = cells[inside.row]
    clipped[~covered] = intersection(clipped[~covered], inside.geometry[~covered])
    filled = rounded_area(clipped) > 0
    index = inside.row[filled]
    ids = empty_geometries(len(index))
    ids[:] = [f"E{_metres(east)}N{_metres(north)}" for east, north in zip(x[index], y[index], strict=True)]
    return ids, clipped[filled]


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
    pieces, _ = cut_heavy(area)
    inside = np.zeros(len(geometry), bool)
    rows = np.flatnonzero(polygons)
    points = shapely.point_on_surface(geometry[rows])
    inside[rows[np.unique(shapely.STRtree(points).query(pieces, predicate="intersects")[1])]] = True
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
    texts = [text_of(value) for value in values]
    empty = sum(text == "" for text in texts)
    if empty:
        first = features[texts.index("")]
        raise InputError(
            f"{empty} candidates have no id (first: feature {first})", where=place, remedy="choose another 'id' column"
        )
    result[:] = texts
    return result


def _refuse_twice(ids: NDArray[np.object_], place: str) -> None:
    values, counts = np.unique(ids.astype(str), return_counts=True)
    if (counts > 1).any():
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

    texts = np.array([text_of(value) for value in values], dtype=object)
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


def _warn_overlaps(geometry: Geometries, notices: Notices) -> None:
    """Overlapping candidates count whole; say how many there are."""
    parts = shapely.get_parts(geometry)
    if shapely.coverage_is_valid(parts):
        return
    left, right = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    pairs = left < right
    left, right = left[pairs], right[pairs]
    inner = ~shapely.touches(geometry[left], geometry[right])
    areas = rounded_area(intersection(geometry[left[inner]], geometry[right[inner]]))
    count = int((areas > 0).sum())
    if count:
        hectares = float(areas.sum()) / 1e4
        notices.warn(
            "candidates_overlap", f"{count} pairs of candidates overlap ({hectares:.2f} ha); each counts whole"
        )
