"""Polygons as flat arrays: a quarter of the memory of GEOS objects, and what compiled code works on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.geometry import WORKERS, Floats, Geometries, Indices

if TYPE_CHECKING:
    import pyarrow as pa

Offsets = NDArray[np.int64]
_MANY = 50_000
"""Rows from which compiled code pays for the time it takes to load."""
_AT_ONCE = 8192
"""Geometries laid flat at a time: their parts are objects, of which many at once cost three times as much."""


@dataclass(frozen=True)
class Flat:
    """Rows of polygons or multipolygons in one CRS.

    Attributes
    ----------
    xy
        (V, 2) coordinates, metres.
    rings
        (R + 1,) where each ring begins in `xy`; rings are closed.
    polygons
        (P + 1,) where each polygon begins in `rings`: a shell, counter-clockwise, then its holes, clockwise.
    rows
        (N + 1,) where each row begins in `polygons`; a row may hold none.

    Examples
    --------
    >>> squares = Flat.of(shapely.box([0, 5], 0, [2, 6], [2, 1]))
    >>> len(squares), squares.area.tolist(), squares.bounds[1].tolist()
    (2, [4.0, 1.0], [5.0, 0.0, 6.0, 1.0])
    """

    xy: Floats
    rings: Offsets
    polygons: Offsets
    rows: Offsets

    @classmethod
    def of(cls, geometry: Geometries) -> Flat:
        """Flat arrays of polygons and multipolygons; what is missing or empty becomes a row without polygons.

        Raises
        ------
        ValueError
            A geometry is neither polygon nor multipolygon.
        """
        if len(geometry) > _AT_ONCE:
            some = [geometry[first : first + _AT_ONCE] for first in range(0, len(geometry), _AT_ONCE)]
            with ThreadPoolExecutor(WORKERS.get() or os.cpu_count() or 1) as pool:
                return cls.join(list(pool.map(cls.of, some)))
        geometry = np.asarray(geometry, dtype=object)
        kinds = shapely.get_type_id(geometry)
        if (kinds == shapely.GeometryType.POLYGON).all():
            parts, row = geometry, np.arange(len(geometry))
        else:
            parts, row = shapely.get_parts(geometry, return_index=True)
            if len(parts) and (shapely.get_type_id(parts) != shapely.GeometryType.POLYGON).any():
                raise ValueError("only polygons can be laid flat")
        filled = ~shapely.is_empty(parts)
        parts, row = parts[filled], row[filled]
        rows: Offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(geometry)))]).astype(np.int64)
        if not len(parts):
            return cls(np.empty((0, 2)), np.zeros(1, np.int64), np.zeros(1, np.int64), rows)
        _, xy, (rings, polygons) = shapely.to_ragged_array(parts)
        ends: Offsets = rings.astype(np.int64)
        shells: Offsets = polygons.astype(np.int64)
        return cls(_turned(np.ascontiguousarray(xy), ends, shells), ends, shells, rows)

    @classmethod
    def join(cls, some: Sequence[Flat]) -> Flat:
        """Rows of several, one after the other."""
        if len(some) == 1:
            return some[0]
        return cls(
            np.concatenate([np.empty((0, 2)), *(one.xy for one in some)]),
            _chained([one.rings for one in some]),
            _chained([one.polygons for one in some]),
            _chained([one.rows for one in some]),
        )

    @classmethod
    def of_wkb(cls, wkb: pa.Array) -> Flat:
        """Rows from WKB, as `wkb` writes it."""
        if compiled_pays(len(wkb)) and wkb.null_count == 0:
            from flexsite.kernel.binary import from_wkb

            found = from_wkb(*_buffers(wkb))
            if found is not None:
                return found
        return cls.of(np.asarray(shapely.from_wkb(wkb.to_numpy(zero_copy_only=False)), dtype=object))

    @classmethod
    def of_chunks(cls, chunks: Sequence[pa.Array], each: Callable[..., Iterable[Any]]) -> Flat:
        """Rows of several arrays of WKB, read by compiled code; `each` runs a function on all of them, like `map`."""
        from flexsite.kernel.binary import from_chunks

        found = None if any(one.null_count for one in chunks) else from_chunks([_buffers(one) for one in chunks], each)
        return cls.join([cls.of_wkb(one) for one in chunks]) if found is None else found

    def wkb(self) -> pa.Array:
        """Rows as WKB."""
        import pyarrow as pa

        if not compiled_pays(len(self)):
            return pa.array(shapely.to_wkb(self.geometry()), pa.large_binary())
        from flexsite.kernel.binary import to_wkb

        data, offsets = to_wkb(self)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.large_binary(), len(self), buffers)

    def __len__(self) -> int:
        return len(self.rows) - 1

    def geometry(self, rows: Indices | None = None) -> Geometries:
        """Shapely polygons; a row with several becomes a multipolygon, one without an empty polygon."""
        if rows is not None:
            return self.take(rows).geometry()
        counts = np.diff(self.rows)
        result = np.full(len(self), shapely.Polygon(), dtype=object)
        if not len(self.xy):
            return result
        parts = shapely.from_ragged_array(shapely.GeometryType.POLYGON, self.xy, (self.rings, self.polygons))
        owner = np.repeat(np.arange(len(self)), counts)
        single = counts[owner] == 1
        result[owner[single]] = parts[single]
        several = np.flatnonzero(counts > 1)
        if len(several):
            place = np.cumsum(counts > 1) - 1
            result[several] = shapely.multipolygons(parts[~single], indices=place[owner[~single]])
        return result

    def take(self, rows: Indices) -> Flat:
        """Some rows, in the order asked; a row may be asked twice."""
        rows = np.ascontiguousarray(rows, dtype=np.int64)
        if len(rows) and (rows.min() < 0 or rows.max() >= len(self)):
            raise IndexError("a row that does not exist was asked")
        taken = self._taken(rows)
        if "bounds" in self.__dict__:
            taken.__dict__["bounds"] = self.bounds[rows]  # known already
        return taken

    def _taken(self, rows: Offsets) -> Flat:
        if self._quick():
            from flexsite.kernel._rows import taken

            return Flat(*taken(self.xy, self.rings, self.polygons, self.rows, rows))
        polygons, new_rows = _ranges(self.rows, rows)
        rings, new_polygons = _ranges(self.polygons, polygons)
        vertices, new_rings = _ranges(self.rings, rings)
        return Flat(self.xy[vertices], new_rings, new_polygons, new_rows)

    def _quick(self) -> bool:
        """Whether compiled code, which is there already, can read the arrays as they are."""
        arrays = self.xy, self.rings, self.polygons, self.rows
        plain = all(one.flags.c_contiguous and one.flags.writeable for one in arrays)
        return plain and _compiled() and {one.dtype for one in arrays[1:]} == {np.dtype(np.int64)}

    @cached_property
    def spans(self) -> Offsets:
        """(N + 1,) where the coordinates of each row begin in `xy`."""
        result: Offsets = self.rings[self.polygons[self.rows]]
        return result

    @cached_property
    def bounds(self) -> Floats:
        """(N, 4) minx, miny, maxx, maxy; NaN for a row without polygons; no negative zero, so that all ways agree."""
        if self._quick():
            from flexsite.kernel._rows import boxes

            found: Floats = boxes(self.xy, self.spans) + 0.0
            return found
        result = np.full((len(self), 4), np.nan)
        filled = np.flatnonzero(np.diff(self.spans) > 0)
        if len(filled):
            starts = self.spans[:-1][filled]
            result[filled, :2] = np.minimum.reduceat(self.xy, starts)
            result[filled, 2:] = np.maximum.reduceat(self.xy, starts)
        return result + 0.0

    @cached_property
    def area(self) -> Floats:
        """(N,) areas in m2, by the shoelace formula around the first vertex of each ring."""
        result = np.zeros(len(self))
        if not len(self.xy):
            return result
        row_of_ring = np.repeat(np.repeat(np.arange(len(self)), np.diff(self.rows)), np.diff(self.polygons))
        return np.bincount(row_of_ring, _signed(self.xy, self.rings), minlength=len(self)).astype(float)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.xy.nbytes + self.rings.nbytes + self.polygons.nbytes + self.rows.nbytes


def compiled_pays(rows: int) -> bool:
    """Whether compiled code is quicker, with the time that loading it takes; it gives the same."""
    return rows >= _MANY or _compiled()


def _buffers(wkb: pa.Array) -> tuple[NDArray[np.uint8], Offsets]:
    """The bytes of large binaries, and where each begins."""
    _, offsets, data = wkb.buffers()
    ends = np.frombuffer(offsets, np.int64)[wkb.offset : wkb.offset + len(wkb) + 1]
    return np.frombuffer(data, np.uint8), ends


def _compiled() -> bool:
    """Whether compiled code is loaded."""
    return "flexsite.kernel._wkb" in sys.modules


def _signed(xy: Floats, rings: Offsets) -> Floats:
    """Area of each ring, positive when it runs counter-clockwise."""
    ring = np.repeat(np.arange(len(rings) - 1), np.diff(rings))
    local = xy - xy[rings[:-1]][ring]
    cross = local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1]
    cross[ring[1:] != ring[:-1]] = 0.0
    areas: Floats = np.add.reduceat(np.append(cross, 0.0), rings[:-1]) / 2
    return areas


def _turned(xy: Floats, rings: Offsets, polygons: Offsets) -> Floats:
    """Coordinates with shells counter-clockwise and holes clockwise."""
    shell = np.zeros(len(rings) - 1, dtype=bool)
    shell[polygons[:-1]] = True
    wrong = np.flatnonzero((_signed(xy, rings) > 0) != shell)
    if not len(wrong):
        return xy
    index, _ = _ranges(rings, wrong)
    counts = np.diff(rings)[wrong]
    last = np.repeat(rings[1:][wrong] - 1, counts)
    first = np.repeat(rings[:-1][wrong], counts)
    turned = xy.copy()
    turned[index] = xy[last - (index - first)]
    return turned


def _ranges(offsets: Offsets, wanted: Offsets) -> tuple[Offsets, Offsets]:
    """Every index within the wanted ranges of `offsets`, one range after the other, and the offsets of the result."""
    first = offsets[wanted]
    counts = offsets[wanted + 1] - first
    ends = np.cumsum(counts)
    starts = ends - counts
    index = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - starts, counts)
    return index, np.concatenate([[0], ends]).astype(np.int64)


def _offsets(counts: NDArray[np.integer]) -> Offsets:
    """Where each of some runs begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _chained(offsets: Sequence[Offsets]) -> Offsets:
    """Offsets of several, each counted on from the end of the one before."""
    ends = np.cumsum([0, *(int(one[-1]) for one in offsets)])
    moved = [one[1:] + end for one, end in zip(offsets, ends, strict=False)]
    return np.concatenate([np.zeros(1, np.int64), *moved])
