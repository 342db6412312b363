"""Columns joined to the sites by the largest overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flexsite.availability import confidential, context
from flexsite.errors import InputError
from flexsite.geometry import Floats, are_polygons, empty_geometries, overlap
from flexsite.study.column import ContextColumn

if TYPE_CHECKING:
    from flexsite.availability.sites import Sites
    from flexsite.layers import Layers
    from flexsite.study.models import Study


def join(
    sites: Sites, name: str, study: Study, layers: Layers, bounds: tuple[float, float, float, float]
) -> tuple[NDArray[np.object_], Floats]:
    """Value of the layer's column with the largest overlap, and that overlap as a share of the site.

    Overlaps add up per value, missing values do not compete, ties go to the first in code point order; a site that no
    value overlaps gets an empty value and share 0. A context is told as `context.locate` does.
    """
    spec = study.columns[name]
    if isinstance(spec, ContextColumn):
        return context.locate(sites, name, spec, study, layers, bounds)
    place = f"column '{name}', layer '{spec.layer}' ({study.layers[spec.layer].path.name})"
    if layers.is_raster(spec.layer):
        raise InputError(
            "a column is joined from polygons, and this layer is a raster",
            where=place,
            remedy="use a measure with 'value'",
        )
    closed = confidential.asked(name, study, layers)
    vector = layers.vector(spec.layer, bounds=bounds, columns=tuple(dict.fromkeys((spec.column, *closed))))
    features = vector.frame.geometry.to_numpy()
    values = vector.frame[spec.column].to_numpy(dtype=object)
    if closed:
        values = confidential.without_names(values, vector.frame)
    usable = np.array([value is not None and value == value for value in values], dtype=bool)
    usable &= are_polygons(features)
    joined = empty_geometries(len(sites))
    share = np.zeros(len(sites))
    row, value, area = overlap(sites.geometry, features[usable], values[usable], union=False)
    if len(row):
        order = np.lexsort(
            (np.arange(len(row)), -area, row)
        )  # rows come in code point order of the value, so ties keep it
        first = order[np.unique(row[order], return_index=True)[1]]
        joined[row[first]] = value[first]
        share[row[first]] = np.minimum(area[first] / sites.area_m2[row[first]], 1.0)
    return joined, share


def recipe(name: str, study: Study, layers: Layers) -> list[Any]:
    """All that a column depends on besides its layer and the sites."""
    spec = study.columns[name]
    if isinstance(spec, ContextColumn):
        return ["context", list(context.Bounds.of(spec)), spec.column]
    return ["joined", spec.column, *confidential.asked(name, study, layers)]
