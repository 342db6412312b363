"""Geometry as the rest of flexsite expects it: two-dimensional, valid, of one dimension, with nothing lost unseen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import shapely

from flexsite.layers.table import Array, Mask

_POINTS = (0, 4)
_LINES = (1, 2, 5)
_POLYGONS = (3, 6)
_COLLECTION = 7
AT_ONCE = 1024
"""Features made of WKB at a time; results do not depend on it."""


@dataclass(frozen=True)
class Cleaned:
    """Geometries, with masks of what was repaired and of what has nothing left (None in `geometries`)."""

    geometries: Array
    repaired: Mask
    empty: Mask


def parse(wkb: pa.Array) -> tuple[Array, Mask, Mask]:
    """Flat geometries from WKB, with masks of those repaired (a ring closed) and of those that cannot be read."""
    repaired = np.zeros(len(wkb), bool)
    unreadable = np.zeros(len(wkb), bool)
    made = []
    # Bytes of few features at a time: they are Python objects, and other threads wait while shapely reads them.
    for first in range(0, len(wkb), AT_ONCE):
        raw = wkb.slice(first, AT_ONCE).to_numpy(zero_copy_only=False)
        try:
            shapes = from_wkb(raw, "raise")
        except (shapely.errors.GEOSException, NotImplementedError):
            shapes = from_wkb(raw, "ignore")
            odd = np.flatnonzero((shapes == None) & (raw != None))  # noqa: E711
            shapes[odd] = from_wkb(raw[odd], "fix")
            repaired[first + odd] = shapes[odd] != None  # noqa: E711
            unreadable[first + odd] = ~repaired[first + odd]
        made.append(shapes)
    return flatten(np.concatenate([np.empty(0, object), *made])), repaired, unreadable


def from_wkb(raw: Array, on_invalid: Literal["raise", "ignore", "fix"]) -> Array:
    """What shapely makes of bytes; coordinates that are not numbers are for `not_finite` to tell."""
    with np.errstate(invalid="ignore"):
        return np.asarray(shapely.from_wkb(raw, on_invalid=on_invalid), dtype=object)


def flatten(shapes: Array) -> Array:
    """Geometries without heights and measures."""
    if (shapely.has_z(shapes) | shapely.has_m(shapes)).any():
        return np.asarray(shapely.force_2d(shapes), dtype=object)
    return shapes


def not_finite(shapes: Array) -> Array:
    """Rows of the geometries with a coordinate that is not finite."""
    some = (shapes[first : first + AT_ONCE] for first in range(0, len(shapes), AT_ONCE))
    if all(np.isfinite(shapely.get_coordinates(few)).all() for few in some):
        return np.empty(0, np.intp)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    return np.unique(owner[~np.isfinite(xy).all(axis=1)])


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
