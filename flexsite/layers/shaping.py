"""From WKB to clean geometries in a window, a piece at a time on all cores."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely

from flexsite.errors import InputError
from flexsite.geometry import WORKERS
from flexsite.layers import projection
from flexsite.layers.cleaning import clean, flatten, not_finite, parse
from flexsite.layers.report import LayerReport
from flexsite.layers.table import Array, Bounds, Ids, Mask, Rows

PIECE = 32_768
"""Rows that one thread cleans at a time; results do not depend on it."""
_PIECE_BYTES = 8 << 20
"""WKB in a piece, where single features are large."""


@dataclass(frozen=True)
class Shaped:
    """Clean geometries of the rows that have one in the window, and those rows without their WKB."""

    geometries: Array
    rows: Rows
    count: int
    """Rows that came in."""


@dataclass(frozen=True)
class _Piece:
    """One piece: masks over its rows, and geometries of those kept."""

    ids: Ids
    kept: Mask
    absent: Mask
    outside: Mask
    unreadable: Mask
    repaired: Mask
    empty: Mask
    geometries: Array
    not_finite: Ids


class Shaper:
    """Makes clean geometries in the CRS of the study of a file's rows.

    Parameters
    ----------
    source, target
        CRS of the file and of the study.
    bounds
        Features that touch it, in the CRS of the study, are kept; None for all.
    place
        Of the layer, for messages.
    """

    def __init__(self, source: pyproj.CRS, target: pyproj.CRS, bounds: Bounds | None, place: str) -> None:
        self._source, self._bounds, self._place = source, bounds, place
        self._change = projection.transformer(source, target)

    def shape(self, parts: Iterable[Rows], report: LayerReport) -> Shaped:
        """Clean geometries of rows that come in parts, of which only one at a time need exist.

        Shapely makes geometries of WKB under Python's lock and checks them without it: so this thread makes them while
        others check those made before.

        Raises
        ------
        InputError
            A coordinate is not finite, the CRS allows none of the features, or, without a window, none has a geometry.
        """
        left: list[Rows] = []
        waiting: list[Future[_Piece]] = []
        with ThreadPoolExecutor(WORKERS.get() or os.cpu_count() or 1) as pool:
            for part in parts:
                for rows in _pieces(part):
                    shapes = flatten(rows.shapes) if rows.shapes is not None else None
                    closed = unreadable = np.zeros(len(rows), bool)
                    if shapes is None:
                        shapes, closed, unreadable = parse(rows.wkb)
                    waiting.append(pool.submit(self._clean, rows.ids, shapes, closed, unreadable))
                    left.append(Rows(rows.ids, None, rows.fields))
            pieces = [each.result() for each in waiting]
        self._refuse(pieces)
        for what in ("outside", "unreadable", "repaired", "empty"):
            ids = [piece.ids[getattr(piece, what)] for piece in pieces]
            report.add(_REPORTED[what], np.concatenate([np.empty(0, np.int64), *ids]))
        kept = [rows.keep(piece.kept) for rows, piece in zip(left, pieces, strict=True)]
        geometries = np.concatenate([np.empty(0, object), *(piece.geometries for piece in pieces)])
        return Shaped(geometries, Rows.joined(kept), sum(map(len, left)))

    def _clean(self, ids: Ids, shapes: Array, closed: Mask, unreadable: Mask) -> _Piece:
        bounds, nothing = self._bounds, np.zeros(len(ids), bool)
        bad = not_finite(shapes)
        if len(bad):
            none = np.empty(0, object)
            return _Piece(ids, nothing, nothing, nothing, nothing, nothing, nothing, none, ids[bad])
        shapes = projection.project(shapes, self._change)
        absent = np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        outside = nothing
        if self._change is not None:
            outside = ~absent & ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
            shapes[outside] = None
        inside, whole = (np.ones(len(ids), bool),) * 2 if bounds is None else _placed(shapes, bounds)
        inside = inside | absent
        result = clean(shapes[inside])
        kept, repaired, empty = nothing.copy(), nothing.copy(), nothing.copy()
        kept[inside] = ~result.empty
        repaired[inside] = result.repaired | closed[inside] & ~result.empty
        empty[inside] = result.empty & ~outside[inside] & ~unreadable[inside]
        geometries = result.geometries[~result.empty]
        if bounds is not None and not whole[kept].all():
            touch = whole[kept]
            touch[~touch] = touching(geometries[~touch], bounds)
            kept[kept] = touch
            geometries = geometries[touch]
        return _Piece(ids, kept, absent, outside, unreadable, repaired, empty, geometries, ids[bad])

    def _refuse(self, pieces: list[_Piece]) -> None:
        bad = np.concatenate([np.empty(0, np.int64), *(piece.not_finite for piece in pieces)])
        if len(bad):
            more = f" and {len(bad) - 1} more have" if len(bad) > 1 else " has"
            raise InputError(
                f"feature {bad[0]}{more} a coordinate that is not a number",
                where=self._place,
                remedy="repair the geometry in the file",
            )
        outside = any(piece.outside.any() for piece in pieces)
        if outside and all((piece.outside | piece.absent).all() for piece in pieces):
            raise InputError(
                f"no feature has coordinates that {projection.named(self._source)} allows",
                where=self._place,
                remedy="check the CRS of the file",
            )
        total = sum(len(piece.ids) for piece in pieces)
        if self._bounds is None and total and not any(piece.kept.any() for piece in pieces):
            count = f"{total} feature" + ("s" if total != 1 else "")
            raise InputError(
                f"none of its {count} has a geometry", where=self._place, remedy="name another file or layer"
            )


_REPORTED = {
    "outside": "dropped_outside_crs",
    "unreadable": "dropped_unreadable",
    "repaired": "repaired",
    "empty": "dropped_empty",
}


def _pieces(rows: Rows) -> Iterator[Rows]:
    """Rows in runs of at most `PIECE`, or fewer where they are large."""
    size = max(1, min(PIECE, _PIECE_BYTES * len(rows) // max(rows.wkb.nbytes, 1)))
    for first in range(0, max(len(rows), 1), size):  # none is a piece too: it has the fields
        yield rows.slice(first, size)


def _placed(shapes: Array, bounds: Bounds) -> tuple[Mask, Mask]:
    """Where the bounding rectangle meets `bounds`, and where it lies within."""
    west, south, east, north = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        near = (west <= bounds[2]) & (east >= bounds[0]) & (south <= bounds[3]) & (north >= bounds[1])
        return near, (west >= bounds[0]) & (east <= bounds[2]) & (south >= bounds[1]) & (north <= bounds[3])


def touching(shapes: Array, bounds: Bounds) -> Mask:
    """True where the geometry itself meets `bounds`: the same features whatever the format and its index."""
    near, within = _placed(shapes, bounds)
    rows = np.flatnonzero(near & ~within)
    box = shapely.box(*bounds)
    shapely.prepare(box)
    near[rows] = shapely.intersects(box, shapes[rows])
    return near
