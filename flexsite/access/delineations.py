"""One figure of the sites, taken over several delineations of the same ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from flexsite.access.ground import polygon_value
from flexsite.access.places import numbers
from flexsite.access.streets.model import FloatArray, expand
from flexsite.errors import InputError
from flexsite.geometry import Geometries, are_polygons, buffered

if TYPE_CHECKING:
    from flexsite.layers import Layers
    from flexsite.study.boundaries import Boundaries


def delineated(spec: Boundaries, layers: Layers, sites: Geometries) -> dict[str, FloatArray]:
    """The figure of each site by each delineation.

    A layer gives the mean of its areas on the site, weighted by ground; a buffer the mean within so many metres of the
    site, the site included; a grid the mean of its cells on the site, each the mean of the ground in it. Buffer and
    grid take the layer with the smallest areas (by their median), the first of several.

    Parameters
    ----------
    sites
        (n,) polygons in the study's CRS.

    Returns
    -------
    By name of the delineation, the layers first, then `buffer_<metres>` and `grid_<metres>`: (n,) values; NaN where
    more than half of the ground has none.

    Raises
    ------
    InputError
        A layer is a raster, holds no areas or lacks the column, or its figures are no numbers.
    """
    reach = max(spec.buffer or 0.0, spec.grid or 0.0)
    box = tuple(shapely.total_bounds(sites).tolist()) if len(sites) else (0.0, 0.0, 0.0, 0.0)
    found: dict[str, FloatArray] = {}
    finest: tuple[float, Geometries, FloatArray] | None = None
    for name, layer in spec.layers.items():
        place = f"boundaries of '{spec.measure}', layer '{layer}'"
        if layers.is_raster(layer):
            raise InputError("a delineation is a layer of areas, and this layer is a raster", where=place)
        frame = layers.vector(layer, bounds=expand(box, reach), columns=[spec.column]).frame
        features, values = frame.geometry.to_numpy(), numbers(frame[spec.column], layer, spec.column)
        solid = are_polygons(features)
        if len(features) and not solid.any():
            raise InputError("its features are lines or points, which are no areas", where=place)
        features, values = features[solid], values[solid]
        found[name] = polygon_value(features, values, "mean", sites)
        size = float(np.median(shapely.area(features))) if len(features) else np.inf
        if finest is None or size < finest[0]:
            finest = size, features, values
    assert finest is not None, "the study names a layer"  # noqa: S101
    _, features, values = finest
    if spec.buffer is not None:
        found[f"buffer_{spec.buffer:g}"] = polygon_value(features, values, "mean", buffered(sites, spec.buffer))
    if spec.grid is not None:
        cells = grid_cells(sites, spec.grid)
        of_cells = polygon_value(features, values, "mean", cells)
        found[f"grid_{spec.grid:g}"] = polygon_value(cells, of_cells, "mean", sites)
    return found


def grid_cells(sites: Geometries, side: float) -> Geometries:
    """Square cells on whole multiples of their side that lie under the boxes around sites, each once.

    Examples
    --------
    >>> [cell.bounds for cell in grid_cells(np.array([shapely.box(90, 10, 110, 20)]), 100.0)]
    [(0.0, 0.0, 100.0, 100.0), (100.0, 0.0, 200.0, 100.0)]
    """
    if not len(sites):
        return np.empty(0, dtype=object)
    bounds = shapely.bounds(sites)
    low = np.floor(bounds[:, :2] / side).astype(np.int64)
    high = np.maximum(np.ceil(bounds[:, 2:] / side).astype(np.int64), low + 1)
    wide, deep = (high - low).T
    count = wide * deep
    site = np.repeat(np.arange(len(sites)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    column, row = low[site, 0] + step % wide[site], low[site, 1] + step // wide[site]
    column, row = np.unique(np.stack([column, row]), axis=1)
    cells: Geometries = shapely.box(column * side, row * side, (column + 1) * side, (row + 1) * side)
    return cells
