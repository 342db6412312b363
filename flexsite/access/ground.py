"""What lies on a site: the value of a raster or of a polygon layer there, and the share of it that features cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from flexsite.access.places import numbers
from flexsite.access.streets.model import Bounds, FloatArray
from flexsite.errors import InputError
from flexsite.geometry import Geometries, cut_heavy, meet, overlap, rounded_area

if TYPE_CHECKING:
    from flexsite.layers import Layers
    from flexsite.study.access import ShareMeasure

Statistic = Literal["mean", "min", "max"]
_HALF = 0.5 - 1e-9
"""Share of a site that must be known for it to have a value (design, Measures)."""
_TRIFLE = 0.005
"""Square metres up to which an overlap is only a shared boundary."""


def value(layers: Layers, layer: str, column: str | None, statistic: Statistic, sites: Geometries) -> FloatArray:
    """Value of a layer on each site: the mean is weighted by area, min and max are over all that touches its ground.

    Parameters
    ----------
    layers
        The study's layers.
    layer
        A raster, or a polygon layer with a column of numbers.
    column
        That column; None for a raster.
    statistic
        mean, min or max.
    sites
        (n,) polygons in the study's CRS.

    Returns
    -------
    (n,) values; NaN where more than half of the site has none.

    Raises
    ------
    InputError
        A polygon layer without `column`, or a raster with one.
    """
    if layers.is_raster(layer):
        if column is not None:
            raise InputError("a raster has no columns", where=f"layer {layer}", remedy="leave out `column`")
        if not len(sites):
            return np.empty(0)
        return np.asarray(layers.raster(layer, bounds=_bounds(sites)).area_weighted(sites, statistic), float)
    if column is None:
        raise InputError(
            "a value of a polygon layer needs the column to read", where=f"layer {layer}", remedy="give `column`"
        )
    if not len(sites):
        return np.empty(0)
    frame = layers.vector(layer, bounds=_bounds(sites), columns=[column]).frame
    return polygon_value(frame.geometry.to_numpy(), numbers(frame[column], layer, column), statistic, sites)


def polygon_value(features: Geometries, values: FloatArray, statistic: Statistic, sites: Geometries) -> FloatArray:
    """Value of polygons on each site, as `value` takes it.

    Parameters
    ----------
    features, values
        (m,) polygons and their values; NaN where a polygon has none.
    sites
        (n,) polygons.

    Returns
    -------
    (n,) values; NaN where more than half of the site has none.
    """
    known = np.isfinite(values) & (shapely.get_dimensions(features) == 2)
    features, values = features[known], values[known]
    pieces, feature = cut_heavy(features)
    pairs = meet(shapely.STRtree(sites), pieces)
    row, area = pairs.left, shapely.area(sites)[pairs.left]
    partly = ~pairs.covered
    area[partly] = shapely.area(shapely.intersection(sites[row[partly]], pieces[pairs.right[partly]]))
    real = area > _TRIFLE
    row, area, found = row[real], area[real], values[feature[pairs.right[real]]]
    if not len(row):
        return np.full(len(sites), np.nan)
    low, high = np.full(len(sites), np.inf), np.full(len(sites), -np.inf)
    np.minimum.at(low, row, found)
    np.maximum.at(high, row, found)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(row, area * found, minlength=len(sites)) / np.bincount(row, area, minlength=len(sites))
    # within the extremes: rounding may not lift the mean of equal values above them
    result = {"mean": np.clip(mean, low, high), "min": low, "max": high}[statistic]
    result[covered(features, sites) < _HALF] = np.nan
    return result


def share(layers: Layers, one: ShareMeasure, sites: Geometries) -> FloatArray:
    """Share (0..1) of each site's area that the features of a layer, or the cells of a raster, cover together.

    Parameters
    ----------
    layers
        The study's layers.
    one
        The measure: a polygon layer, with `where` which of its features; or a raster, with `above`, `below` or
        `values` which of its cells.
    sites
        (n,) polygons in the study's CRS.

    Returns
    -------
    (n,) shares of the whole site, exact for a raster too; NaN where more than half of it is outside the layer's
    coverage, or on cells without a value.

    Raises
    ------
    InputError
        The condition does not fit the kind of layer.
    """
    place = f"measure '{one.id}', layer '{one.share}' ({layers.specs[one.share].path.name})"
    on_cells = any(value is not None for value in (one.above, one.below, one.values))
    if layers.is_raster(one.share):
        return _raster_share(layers, one, on_cells, sites, place)
    if on_cells:
        raise InputError("'above', 'below' and 'values' are for rasters", where=place, remedy="use 'where' on a column")
    if not len(sites):
        return np.empty(0)
    bounds = _bounds(sites)
    frame = layers.vector(one.share, bounds=bounds, where=one.where).frame
    result = covered(frame.geometry.to_numpy(), sites)
    known = layers.coverage(one.share, bounds=bounds).polygons
    if known is not None:
        result[covered(np.asarray(known, dtype=object), sites) < _HALF] = np.nan
    return result


def _raster_share(layers: Layers, one: ShareMeasure, on_cells: bool, sites: Geometries, place: str) -> FloatArray:
    if one.where is not None:
        raise InputError(
            "'where' asks for columns, and a raster has none", where=place, remedy="use above, below or values"
        )
    if not on_cells:
        raise InputError(
            "a share of a raster needs a condition", where=place, remedy="give 'above', 'below' or 'values'"
        )
    if not len(sites):
        return np.empty(0)
    raster = layers.raster(one.share, bounds=_bounds(sites))
    cells = raster.where(above=one.above, below=one.below, values=one.values)
    return np.asarray(raster.share(sites, cells), float)


def covered(features: Geometries, sites: Geometries) -> FloatArray:
    """(n,) share of each site's area under the union of the features' polygons."""
    features = features[shapely.get_dimensions(features) == 2]
    result = np.zeros(len(sites))
    row, _, area = overlap(sites, features, np.zeros(len(features), np.int64), union=True)
    result[row] = np.minimum(area / rounded_area(sites[row]), 1.0)
    return result


def _bounds(sites: Geometries) -> Bounds:
    low_x, low_y, high_x, high_y = shapely.total_bounds(sites).tolist()
    return (low_x, low_y, high_x, high_y)
