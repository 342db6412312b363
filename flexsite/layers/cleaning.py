"""Geometry as the rest of flexsite expects it: two-dimensional, valid, of one dimension, with nothing lost unseen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely

from flexsite.errors import InputError
from flexsite.layers.table import Array, Ids, Mask

_POINTS = (0, 4)
_LINES = (1, 2, 5)
_POLYGONS = (3, 6)
_COLLECTION = 7


@dataclass(frozen=True)
class Cleaned:
    """Geometries, with masks of what was repaired and of what has nothing left (None in `geometries`)."""

    geometries: Array
    repaired: Mask
    empty: Mask


def parse(wkb: pa.Array, ids: Ids, place: str) -> tuple[Array, Mask, Mask]:
    """Flat geometries from WKB, with masks of those repaired (a ring closed) and of those that cannot be read.

    Raises
    ------
    InputError
        When a coordinate is not finite: naming the feature.
    """
    raw = wkb.to_numpy(zero_copy_only=False)
    repaired = np.zeros(len(raw), bool)
    unreadable = np.zeros(len(raw), bool)
    try:
        shapes = np.asarray(shapely.from_wkb(raw), dtype=object)
    except (shapely.errors.GEOSException, NotImplementedError):
        shapes = np.asarray(shapely.from_wkb(raw, on_invalid="ignore"), dtype=object)
        odd = np.flatnonzero((shapes == None) & wkb.is_valid().to_numpy(zero_copy_only=False))  # noqa: E711
        shapes[odd] = shapely.from_wkb(raw[odd], on_invalid="fix")
        repaired[odd] = shapes[odd] != None  # noqa: E711
        unreadable[odd] = ~repaired[odd]
    if (shapely.has_z(shapes) | shapely.has_m(shapes)).any():
        shapes = np.asarray(shapely.force_2d(shapes), dtype=object)
    if not np.isfinite(shapely.get_coordinates(shapes)).all():
        xy, owner = shapely.get_coordinates(shapes, return_index=True)
        features = np.unique(owner[~np.isfinite(xy).all(axis=1)])
        raise InputError(
            f"feature {ids[features[0]]}"
            + (f" and {len(features) - 1} more have" if len(features) > 1 else " has")
            + " a coordinate that is not a number",
            where=place,
            remedy="repair the geometry in the file",
        )
    return shapes, repaired, unreadable


def clean(shapes: Array) -> Cleaned:
    """Valid geometries of one dimension each.

    Polygons are made valid by structure: shells are united, holes taken out, so that overlapping parts of one
    multipolygon become their union and not a hole. Of a polygon only polygon parts are kept. Of a collection the
    polygons are kept, else the lines, else the points. Lines and points cannot be invalid in a way that matters here,
    but lines of no length are dropped.
    """
    shapes = shapes.copy()
    kinds = shapely.get_type_id(shapes)
    for row in np.flatnonzero(kinds == _COLLECTION):
        shapes[row] = _highest(shapes[row])
    kinds = shapely.get_type_id(shapes)
    areal = np.isin(kinds, _POLYGONS)
    repaired = areal & ~np.asarray(shapely.is_valid(shapes))
    if repaired.any():
        valid = np.asarray(shapely.make_valid(shapes[repaired], method="structure", keep_collapsed=False), dtype=object)
        for row in np.flatnonzero(~np.isin(shapely.get_type_id(valid), _POLYGONS)):
            valid[row] = _parts_of(valid[row], _POLYGONS)
        shapes[repaired] = valid
    empty = np.asarray(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    empty |= areal & (np.asarray(shapely.area(shapes)) == 0)
    empty |= np.isin(kinds, _LINES) & (np.asarray(shapely.length(shapes)) == 0)
    shapes[empty] = None
    return Cleaned(shapes, repaired & ~empty, empty)


def _highest(collection: shapely.Geometry) -> shapely.Geometry | None:
    for kinds in (_POLYGONS, _LINES, _POINTS):
        found = _parts_of(collection, kinds)
        if found is not None:
            return found
    return None


def _parts_of(shape: shapely.Geometry | None, kinds: tuple[int, ...]) -> shapely.Geometry | None:
    """The parts of some kinds, at any depth, as one geometry; polygons, which may overlap in a collection, united."""
    parts = np.array([shape], dtype=object)
    while _COLLECTION in shapely.get_type_id(parts):
        parts = shapely.get_parts(parts)
    parts = shapely.get_parts(parts)
    parts = parts[np.isin(shapely.get_type_id(parts), kinds) & ~shapely.is_empty(parts)]
    made: shapely.Geometry | None = None
    if len(parts) == 1:
        made = parts[0]
    elif len(parts) and kinds is _POLYGONS:
        made = shapely.union_all(shapely.make_valid(parts, method="structure", keep_collapsed=False))
    elif len(parts):
        made = shapely.multilinestrings(list(parts)) if kinds is _LINES else shapely.multipoints(list(parts))
    return made
