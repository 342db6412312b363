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
    """The polygonal ground that both cover: whole cells where they lie in one piece of it, else their parts."""
    pieces = subdivided(shapely.union_all(polygons)) if len(polygons) else polygons
    if not len(cells) or not len(pieces):
        return np.empty(0, dtype=object)
    tree = shapely.STRtree(pieces)
    whole = np.unique(tree.query(cells, predicate="within")[0])
    edge = np.setdiff1d(np.arange(len(cells)), whole)
    at, piece = tree.query(cells[edge], predicate="intersects")
    cut = shapely.get_parts(shapely.intersection(cells[edge[at]], pieces[piece]))
    cut = shapely.get_parts(cut)
    cut = cut[(shapely.get_type_id(cut) == shapely.GeometryType.POLYGON) & (shapely.area(cut) > 0)]
    return np.concatenate([cells[whole], cut])


def subdivided(ground: shapely.Geometry, most: int = 256) -> Array:
    """Polygons that cover `ground` without overlap, halved until none has more than `most` vertices."""
    done: list[shapely.Geometry] = []
    todo = list(shapely.get_parts(np.array([ground], dtype=object)))
    while todo:
        shape = todo.pop()
        if shapely.get_type_id(shape) != shapely.GeometryType.POLYGON or shape.area == 0:
            continue
        if shapely.get_num_coordinates(shape) <= most:
            done.append(shape)
            continue
        west, south, east, north = shape.bounds
        if east - west > north - south:
            middle = (west + east) / 2
            halves = shapely.box([west, middle], south, [middle, east], north)
        else:
            middle = (south + north) / 2
            halves = shapely.box(west, [south, middle], east, [middle, north])
        todo.extend(shapely.get_parts(shapely.get_parts(shapely.intersection(shape, halves))))
    return np.array(done, dtype=object)
