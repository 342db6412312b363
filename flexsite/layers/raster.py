"""Rasters, never resampled: a cell is the quadrilateral of its four corners brought to the CRS of the study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyproj
import rasterio
import shapely
from affine import Affine
from rasterio.windows import Window

from flexsite.errors import InputError
from flexsite.layers import overlap, projection
from flexsite.layers.files import Dataset, locate
from flexsite.layers.report import LayerReport
from flexsite.layers.table import Array, Bounds, Mask

if TYPE_CHECKING:
    from flexsite.study.models import Layer

Statistic = Literal["mean", "min", "max"]
_ENOUGH = 0.5 * (1 - 1e-9)
"""Share of a polygon that must have a value."""
MOST_VALUES = 250
"""Values of which `shares` gives the share at once."""


@dataclass(frozen=True)
class Raster:
    """A band of a raster, or the part of it around some bounds.

    Attributes
    ----------
    values
        2-D array as stored in the file, scaled where the band has a scale or offset.
    valid
        2-D array, false where the cell is nodata, masked or NaN.
    transform
        Affine from (column, row) to x, y in `crs`, for this part.
    crs
        CRS of the raster.
    study_crs
        CRS of the study, in which polygons are given and asked.
    row, column
        Where this part begins in the whole raster.
    """

    name: str
    values: Array
    valid: Mask
    transform: Affine
    crs: pyproj.CRS
    study_crs: pyproj.CRS
    row: int = 0
    column: int = 0

    @property
    def aligned(self) -> bool:
        """Whether cells are upright rectangles in the CRS of the study."""
        return projection.same(self.crs, self.study_crs) and self.transform.b == 0 and self.transform.d == 0

    def runs(self, mask: Mask) -> Array:
        """Polygons in the CRS of the study that cover exactly the cells where `mask` is true, without overlap.

        Cells beside each other in a row become one polygon. Equal runs in successive rows become one as long as cells
        are parallelograms; in another CRS a polygon goes through the corner of every cell, so that neighbours share
        every vertex.
        """
        rows, starts, stops = _runs(mask)
        if not len(rows):
            return np.empty(0, dtype=object)
        if not projection.same(self.crs, self.study_crs):
            return self._strips(rows, starts, stops)
        heights = np.ones(len(rows), int)
        order = np.lexsort((rows, stops, starts))
        rows, starts, stops = rows[order], starts[order], stops[order]
        new = np.ones(len(rows), bool)
        new[1:] = (starts[1:] != starts[:-1]) | (stops[1:] != stops[:-1]) | (rows[1:] != rows[:-1] + 1)
        first = np.flatnonzero(new)
        heights = np.diff(np.append(first, len(rows)))
        rows, starts, stops = rows[first], starts[first], stops[first]
        order = np.lexsort((starts, rows))
        rows, starts, stops, heights = rows[order], starts[order], stops[order], heights[order]
        return self._quads(rows, starts, rows + heights, stops)

    def cells(self, bounds: Bounds | None = None) -> tuple[Array, Array]:
        """Cells with a value, as polygons in the CRS of the study, and their values; all or those near `bounds`."""
        part = self if bounds is None else self._around(bounds)
        rows, columns = np.nonzero(part.valid)
        quads = part._cells(rows, columns)
        values = part.values[rows, columns]
        if bounds is not None and len(quads):
            west, south, east, north = shapely.bounds(quads).T
            near = (west <= bounds[2]) & (east >= bounds[0]) & (south <= bounds[3]) & (north >= bounds[1])
            quads, values = quads[near], values[near]
        return quads, values

    def area_weighted(self, polygons: Array, statistic: Statistic) -> Array:
        """A value per polygon (CRS of the study), weighted by the exact area of overlap with each cell.

        The mean is sum(value * area) / sum(area), min and max are over the cells that overlap. Cells without a value
        are left out; NaN where they, with what lies off the raster, are over half of the polygon, and for a polygon
        that is missing or empty.
        """
        polygons = np.asarray(polygons, dtype=object)
        sizes = shapely.area(polygons)
        if self._compiled(polygons):
            sums = overlap.statistics_compiled(polygons, self.transform, self.values, self.valid, sizes)
        else:
            sums = overlap.statistics(self._overlaps(polygons), self.values, self.valid, sizes)
        enough = (sums.known > 0) & (sums.known >= sizes * _ENOUGH)
        with np.errstate(invalid="ignore", divide="ignore"):
            # Within the extremes: rounding may not lift the mean of equal values above them.
            mean = np.clip(sums.total / sums.known, sums.low, sums.high)
        return np.where(enough, {"mean": mean, "min": sums.low, "max": sums.high}[statistic], np.nan)

    def where(
        self, *, above: float | None = None, below: float | None = None, values: Sequence[float] | None = None
    ) -> Mask:
        """Cells with a value above or below a number, or one of some values; give one of the three."""
        with np.errstate(invalid="ignore"):
            if above is not None:
                found = self.values > above
            elif below is not None:
                found = self.values < below
            else:
                found = np.isin(self.values, np.asarray(values))
        return np.asarray(found & self.valid)

    def shares(self, polygons: Array, values: Sequence[float]) -> Array:
        """The exact share of the area of each polygon (CRS of the study) where the raster has each of some values.

        Parameters
        ----------
        polygons
            (n,) polygons; None and empty ones have no share.
        values
            k different values, at most `MOST_VALUES`.

        Returns
        -------
        (n, k) shares (0..1) of the whole polygon; NaN where cells without a value, with what lies off the raster, are
        over half of the polygon, and for a polygon that is missing or empty.
        """
        if len(values) > MOST_VALUES:
            raise ValueError(f"at most {MOST_VALUES} values at once")
        codes = np.where(self.valid, len(values), overlap.UNKNOWN).astype(np.uint8)
        for code, value in enumerate(values):
            codes[self.valid & (self.values == value)] = code
        return self._shares(polygons, codes, len(values))

    def share(self, polygons: Array, mask: Mask) -> Array:
        """(n,) the exact share of the area of each polygon under the valid cells of a mask; NaN as in `shares`."""
        codes = np.where(self.valid, np.where(mask, 0, 1), overlap.UNKNOWN).astype(np.uint8)
        return np.asarray(self._shares(polygons, codes, 1)[:, 0])

    def _shares(self, polygons: Array, codes: Array, count: int) -> Array:
        """Shares of the first `count` codes; the code after them is any other value."""
        polygons = np.asarray(polygons, dtype=object)
        if self._compiled(polygons):
            areas = overlap.by_code_compiled(polygons, self.transform, codes, count + 1)
        else:
            areas = overlap.by_code(self._overlaps(polygons), codes, count + 1, len(polygons))
        sizes, known = shapely.area(polygons), areas.sum(axis=1)
        enough = (known > 0) & (known >= sizes * _ENOUGH)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = np.minimum(areas[:, :count] / sizes[:, None], 1.0)
        return np.where(enough[:, None], shares, np.nan)

    def _compiled(self, polygons: Array) -> bool:
        return len(polygons) >= overlap.COMPILED_FROM and projection.same(self.crs, self.study_crs)

    def _overlaps(self, polygons: Array) -> Iterator[overlap.Overlap]:
        asked = np.flatnonzero(np.isin(shapely.get_type_id(polygons), (3, 6)) & ~shapely.is_empty(polygons))
        windows = overlap.Windows(asked, self._windows(shapely.bounds(polygons[asked])))
        if projection.same(self.crs, self.study_crs):
            return overlap.of_grid(polygons, self.transform, windows)
        return overlap.of_quads(polygons, self._cells, self.valid, windows)

    def _cells(self, rows: Array, columns: Array) -> Array:
        return self._quads(rows, columns, rows + 1, columns + 1)

    def _windows(self, bounds: Array) -> Array:
        """Rows and columns (first row, end row, first column, end column) that hold rectangles in the study's CRS."""
        height, width = self.values.shape
        change = projection.transformer(self.study_crs, self.crs)
        west, south, east, north = bounds.T
        steps = np.linspace(0, 1, 2 if change is None else 9 if len(bounds) > 1 else 65)
        along_x, along_y = west + np.outer(steps, east - west), south + np.outer(steps, north - south)
        one = np.ones((len(steps), 1))
        x = np.concatenate([along_x, along_x, one * west, one * east])
        y = np.concatenate([one * south, one * north, along_y, along_y])
        if change is not None:
            x, y = (item.reshape(x.shape) for item in change.transform(x.ravel(), y.ravel()))
        inverse = ~self.transform
        columns, rows = inverse.a * x + inverse.b * y + inverse.c, inverse.d * x + inverse.e * y + inverse.f
        result = np.empty((len(bounds), 4), np.int64)
        for at, (values, size) in ((0, (rows, height)), (2, (columns, width))):
            finite = np.isfinite(values).all(axis=0)
            low, high = np.where(finite, values.min(axis=0), 0), np.where(finite, values.max(axis=0), size)
            slack = 1e-6 if change is None else 1.0 + (high - low) * 1e-3
            result[:, at] = np.clip(np.floor(low - slack), 0, size)
            result[:, at + 1] = np.clip(np.ceil(high + slack), 0, size)
        return result

    def _around(self, bounds: Bounds) -> Raster:
        top, bottom, left, right = (int(value) for value in self._windows(np.array([bounds]))[0])
        part = self.values[top:bottom, left:right], self.valid[top:bottom, left:right]
        return Raster(
            self.name,
            *part,
            _shifted(self.transform, left, top),
            self.crs,
            self.study_crs,
            self.row + top,
            self.column + left,
        )

    def _corners(self, columns: Array, rows: Array) -> Array:
        """x, y of grid corners in the CRS of the study; one corner gives the same numbers from every part."""
        whole = _shifted(self.transform, -self.column, -self.row)
        column, row = columns + self.column, rows + self.row
        x, y = whole.a * column + whole.b * row + whole.c, whole.d * column + whole.e * row + whole.f
        change = projection.transformer(self.crs, self.study_crs)
        if change is not None:
            x, y = change.transform(x, y)
        return np.stack([x, y], axis=-1)

    def _quads(self, top: Array, left: Array, bottom: Array, right: Array) -> Array:
        """Parallelograms between rows top..bottom and columns left..right."""
        if not len(top):
            return np.empty(0, dtype=object)
        columns = np.stack([left, right, right, left, left], axis=1)
        rows = np.stack([top, top, bottom, bottom, top], axis=1)
        return np.asarray(
            shapely.polygons(self._corners(columns.ravel(), rows.ravel()).reshape(-1, 5, 2)), dtype=object
        )

    def _strips(self, rows: Array, starts: Array, stops: Array) -> Array:
        """Runs as polygons through the corner of every cell."""
        made = np.empty(len(rows), dtype=object)
        lengths = stops - starts + 1
        for length in np.unique(lengths):
            same = np.flatnonzero(lengths == length)
            ahead = starts[same, None] + np.arange(length)
            columns = np.concatenate([ahead, ahead[:, ::-1], ahead[:, :1]], axis=1)
            above = np.broadcast_to(rows[same, None], ahead.shape)
            lines = np.concatenate([above, above + 1, above[:, :1]], axis=1)
            xy = self._corners(columns.ravel(), lines.ravel()).reshape(len(same), -1, 2)
            made[same] = shapely.polygons(xy)
        return made


def _runs(mask: Mask) -> tuple[Array, Array, Array]:
    """Row, first column and end column of every run of true cells, row by row."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    return rows, starts, np.nonzero(change == -1)[1]


class RasterReader:
    """One raster layer of a study."""

    def __init__(self, name: str, spec: Layer, crs: pyproj.CRS, report: LayerReport) -> None:
        self._name, self._spec, self._crs, self._report = name, spec, crs, report
        self.place = f"layer '{name}' ({spec.path.name})"
        for key in ("layer", "where", "sql"):
            if getattr(spec, key) is not None:
                raise InputError(
                    f"a raster has no '{key}'", where=self.place, remedy=f"leave {key}: out, or name a vector file"
                )
        self.dataset = locate(spec.path, self.place)
        report.path, report.kind = str(spec.path), "raster"

    def read(self, bounds: Bounds | None) -> Raster:
        """The band, or the part of it that holds `bounds` (CRS of the study)."""
        with opened(self.dataset, self.place) as file:
            crs = self._file_crs(file)
            if self._spec.band > file.count:
                raise InputError(f"no band {self._spec.band}", where=self.place, remedy=f"it has {file.count}")
            whole = Raster(self._name, *(np.broadcast_to(np.False_, file.shape),) * 2, file.transform, crs, self._crs)
            top, bottom, left, right = (0, file.height, 0, file.width)
            if bounds is not None:
                top, bottom, left, right = (int(value) for value in whole._windows(np.array([bounds]))[0])
            values, valid = _band(
                file, self._spec.band, Window(left, top, max(right - left, 0), max(bottom - top, 0)), self.place
            )
            transform = _shifted(file.transform, left, top)
        return Raster(self._name, values, valid, transform, crs, self._crs, top, left)

    def _file_crs(self, file: Any) -> pyproj.CRS:
        own = pyproj.CRS.from_wkt(file.crs.to_wkt()) if file.crs else None
        found = projection.choose(own, self._spec.crs, self._report, self.place)
        self._report.crs = projection.named(found)
        self._report.features = file.width * file.height
        return found


class opened:  # noqa: N801 - reads as a verb in `with opened(...)`
    """A raster opened with rasterio, errors told as the user's, nothing written next to it."""

    def __init__(self, dataset: Dataset, place: str) -> None:
        self._dataset, self._place = dataset, place
        self._env = rasterio.Env(GDAL_PAM_ENABLED="NO")

    def __enter__(self) -> Any:
        self._env.__enter__()
        try:
            self._file = rasterio.open(self._dataset.target)
        except (rasterio.errors.RasterioError, OSError) as error:
            self._env.__exit__(None, None, None)
            message = str(error).replace(self._dataset.target, self._dataset.path.name)
            raise InputError(
                f"it cannot be read: {message}", where=self._place, remedy="open it in QGIS to see what is wrong"
            ) from None
        return self._file

    def __exit__(self, *args: Any) -> None:
        self._file.close()
        self._env.__exit__(*args)


def _band(file: Any, band: int, window: Window, place: str) -> tuple[Array, Mask]:
    if window.width == 0 or window.height == 0:
        return np.empty((int(window.height), int(window.width)), file.dtypes[band - 1]), np.empty(
            (int(window.height), int(window.width)), bool
        )
    try:
        values = file.read(band, window=window)
        valid = file.read_masks(band, window=window) > 0
    except (rasterio.errors.RasterioError, OSError) as error:
        raise InputError(
            f"band {band} cannot be read ({error})", where=place, remedy="the file may be cut short; fetch it again"
        ) from None
    if values.dtype.kind == "c":
        raise InputError("its values are complex numbers", where=place, remedy="name a band of real numbers")
    if values.dtype.kind == "f":
        valid &= np.isfinite(values)
    scale, offset = file.scales[band - 1], file.offsets[band - 1]
    if (scale, offset) != (1.0, 0.0):
        values = values.astype(float) * scale + offset
    return values, valid


def _shifted(transform: Affine, columns: float, rows: float) -> Affine:
    """The transform of a part that begins so many columns and rows further, in a way every version of affine knows."""
    a, b, c, d, e, f = transform[:6]
    return Affine(a, b, a * columns + b * rows + c, d, e, d * columns + e * rows + f)
