"""From the CRS of a file to that of the study and back."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import pyproj
import shapely

from flexsite.errors import InputError
from flexsite.geometry import WORKERS
from flexsite.layers.report import LayerReport
from flexsite.layers.table import Array, Bounds, nearest

MANY = 200_000
"""Points from which threads pay for bringing them to another CRS."""
_EDGE_POINTS = 41
_MARGIN = 100.0
"""Metres around a window in another CRS: a straight edge in one is a curve in the other (2.5 m in an edge of 10 km)."""


def parse(text: str, place: str) -> pyproj.CRS:
    """The CRS a user names.

    Raises
    ------
    InputError
        When PROJ does not know it.
    """
    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        common = [
            "EPSG:28992",
            "EPSG:7415",
            "EPSG:4326",
            "EPSG:4258",
            "EPSG:3857",
            "EPSG:25831",
            "EPSG:3035",
            "OGC:CRS84",
        ]
        raise InputError(f"the CRS '{text}' is not known", where=place, remedy=nearest(text, common)) from None


def choose(own: pyproj.CRS | None, given: str | None, report: LayerReport, place: str) -> pyproj.CRS:
    """The CRS a file says it has, else the one the study gives for it.

    Raises
    ------
    InputError
        When neither is there.
    """
    asked = None if given is None else parse(given, place)
    if own is not None:
        if asked is not None and not same(own, asked):
            report.note(f"the file says its CRS is {named(own)}; crs: {given} is not used")
        return own
    if asked is None:
        remedy = "add crs: to the layer, such as crs: EPSG:28992"
        raise InputError("the file has no CRS", where=place, remedy=remedy)
    return asked


def named(crs: pyproj.CRS) -> str:
    """A short name, as EPSG:28992 where there is one."""
    authority = crs.to_authority(min_confidence=70)
    return ":".join(authority) if authority else crs.name


def horizontal(crs: pyproj.CRS) -> pyproj.CRS:
    """The two-dimensional part of a CRS: heights are dropped."""
    return _horizontal(crs.to_wkt())


@lru_cache(maxsize=64)
def _horizontal(wkt: str) -> pyproj.CRS:
    crs = pyproj.CRS.from_wkt(wkt)
    if crs.is_compound and crs.sub_crs_list:
        crs = crs.sub_crs_list[0]
    return crs.to_2d() if len(crs.axis_info) == 3 else crs


def same(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Whether coordinates, in x, y order, mean the same in both."""
    return _same(horizontal(one).to_wkt(), horizontal(other).to_wkt())


@lru_cache(maxsize=64)
def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    first, second = pyproj.CRS.from_wkt(one), pyproj.CRS.from_wkt(other)
    if first.equals(second, ignore_axis_order=True):
        return True
    code = first.to_epsg(min_confidence=70)
    return code is not None and code == second.to_epsg(min_confidence=70)


def transformer(source: pyproj.CRS, target: pyproj.CRS) -> pyproj.Transformer | None:
    """From one CRS to another in x, y order; None when they are the same."""
    return None if same(source, target) else _transformer(horizontal(source).to_wkt(), horizontal(target).to_wkt())


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(pyproj.CRS.from_wkt(source), pyproj.CRS.from_wkt(target), always_xy=True)


def move(change: pyproj.Transformer, xy: Array) -> Array:
    """(k, 2) points in the other CRS; many of them in threads, each point for itself."""
    workers = WORKERS.get() or os.cpu_count() or 1
    if len(xy) < MANY or workers == 1:
        return np.column_stack(change.transform(xy[:, 0], xy[:, 1]))
    moved = np.empty_like(xy)
    at = np.linspace(0, len(xy), workers + 1).astype(int).tolist()

    def some(low: int, high: int) -> None:
        moved[low:high] = np.column_stack(change.transform(xy[low:high, 0], xy[low:high, 1]))

    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(some, low, high) for low, high in itertools.pairwise(at)]:
            done.result()
    return moved


def project(geometries: Array, change: pyproj.Transformer | None) -> Array:
    """Geometries with every vertex brought to the other CRS; what cannot be brought there gets infinite coordinates."""
    if change is None or not len(geometries):
        return geometries

    def move(xy: Array) -> Array:
        return np.column_stack(change.transform(xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(geometries, move))


def window(bounds: Bounds, study: pyproj.CRS, file: pyproj.CRS) -> Bounds | None:
    """The rectangle in the CRS of a file that holds all within `bounds` of the study; None when there is none."""
    change = transformer(study, file)
    if change is None:
        return bounds
    metre = study.axis_info[0].unit_conversion_factor if study.is_projected else 111_000.0
    margin = _MARGIN / (metre or 1.0)
    wide = (bounds[0] - margin, bounds[1] - margin, bounds[2] + margin, bounds[3] + margin)
    west, south, east, north = change.transform_bounds(*wide, densify_pts=_EDGE_POINTS)
    usable = np.isfinite((west, south, east, north)).all() and west <= east and south <= north
    return (west, south, east, north) if usable else None


def rectangle(bounds: Bounds, file: pyproj.CRS, study: pyproj.CRS) -> shapely.Polygon:
    """A rectangle of a file in the CRS of the study, edges bent as they are there (a point per 1/256 of a side)."""
    box = shapely.box(*bounds)
    change = transformer(file, study)
    if change is None:
        return box
    step = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / 256
    dense = shapely.segmentize(box, step) if step > 0 else box
    bent: shapely.Polygon = project(np.array([dense], dtype=object), change)[0]
    return bent
