"""Where a layer knows anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely

from flexsite.layers.table import Array

CoverageKind = Literal["polygons", "complete", "assumed", "extent", "raster"]


@dataclass(frozen=True)
class Coverage:
    """Where a layer knows anything.

    Attributes
    ----------
    kind
        `polygons` of a file, `complete` as the study says, `assumed` complete because it says nothing, `extent` of
        the layer, or the valid cells of a `raster`.
    polygons
        Polygons in the CRS of the study, which may overlap; None when everything is covered. An empty array: nothing
        here is covered.
    """

    kind: CoverageKind
    polygons: Array | None


def intersection(cells: Array, polygons: Array) -> Array:
    """The polygonal ground that both cover, cell by cell."""
    if not len(cells) or not len(polygons):
        return np.empty(0, dtype=object)
    ground = shapely.union_all(polygons)
    shapely.prepare(ground)
    inside = shapely.contains(ground, cells)
    edge = cells[~inside & shapely.intersects(ground, cells)]
    cut = shapely.get_parts(shapely.intersection(edge, ground))
    cut = shapely.get_parts(cut)
    cut = cut[(shapely.get_type_id(cut) == 3) & (shapely.area(cut) > 0)]
    return np.concatenate([cells[inside], cut])
