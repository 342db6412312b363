"""The layers of a study, read as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from flexsite.errors import InputError
from flexsite.layers.coverage import Coverage, intersection
from flexsite.layers.describe import Description, describe, holds_raster
from flexsite.layers.joining import Joined, Readable, Unmatched
from flexsite.layers.plans import ROLE, Plans
from flexsite.layers.report import LayerReport
from flexsite.layers.table import Array, Bounds, nearest
from flexsite.layers.vector import Vector, VectorReader

if TYPE_CHECKING:
    from flexsite.layers.raster import Raster, RasterReader
    from flexsite.study.models import Layer


@dataclass
class Noted:
    """Reports of one reading, by layer."""

    reports: dict[str, LayerReport] = field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"reports": {name: report.as_plain() for name, report in self.reports.items()}}


class Layers:
    """Named layers of a study, brought to its CRS. Threads may read features at once; each waits for its turn.

    Parameters
    ----------
    specs
        Layers of the study by name.
    crs
        CRS of the study: projected, in metres.

    Attributes
    ----------
    report
        What was read, repaired and dropped so far, by layer; coverage files under `<name> coverage`.

    Examples
    --------
    >>> layers = Layers(study.layers, pyproj.CRS(study.crs))                          # doctest: +SKIP
    >>> layers.vector("plans", bounds=box, where="status = '1A'", columns=["homes"])  # doctest: +SKIP
    """

    def __init__(self, specs: Mapping[str, Layer], crs: pyproj.CRS) -> None:
        self.specs, self.crs = dict(specs), crs
        self.report: dict[str, LayerReport] = {}
        self._vectors: dict[str, VectorReader] = {}
        self._readers: dict[str, Readable] = {}
        self._joined: dict[str, Joined] = {}
        self._rasters: dict[str, RasterReader] = {}
        self._raster: dict[str, bool] = {}
        self._one_at_a_time = RLock()

    def __getstate__(self) -> dict[str, Any]:
        own = {name: value for name, value in self.__dict__.items() if name != "_one_at_a_time"}
        return {**own, "_vectors": {}, "_readers": {}, "_joined": {}, "_rasters": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _one_at_a_time=RLock())

    def is_raster(self, name: str) -> bool:
        """Whether a layer is a raster; GeoPackages with both count as vector."""
        if name not in self._raster:
            self._raster[name] = holds_raster(self._spec(name), self._place(name))
        return self._raster[name]

    def vector(
        self, name: str, *, bounds: Bounds | None = None, where: str | None = None, columns: Sequence[str] = ()
    ) -> Vector:
        """Features of a vector layer.

        Parameters
        ----------
        name
            Name of the layer in the study.
        bounds
            minx, miny, maxx, maxy in the CRS of the study: features that touch it; None for all.
        where
            A condition over the file's own names, besides the layer's own; over the result's names for a layer with
            `sql`.
        columns
            Columns wanted, under our names (the layer's `columns`), the file's names, or the name of its feature id.

        Raises
        ------
        InputError
            When the file cannot be read as the study says, lacks a column, or has no feature at all that meets the
            conditions. That there is none within `bounds` is an answer.
        """
        with self._one_at_a_time:
            return self._reader(name).read(bounds, where, columns)

    def has(self, name: str, column: str) -> bool:
        """Whether a vector layer has a column in its file or table, under our name or the file's."""
        return self._reader(name).has(column)

    def unmatched(self, name: str) -> Unmatched | None:
        """Keys of a layer's table without a feature, and of features without a row; None without a table."""
        if self._spec(name).table is None:
            return None
        self._reader(name)
        return self._joined[name].unmatched

    def raster(self, name: str, *, bounds: Bounds | None = None) -> Raster:
        """A raster layer, or the cells of it around `bounds` (CRS of the study).

        Raises
        ------
        InputError
            When the file cannot be read, lacks the band or a CRS, or is no raster.
        """
        from flexsite.layers.raster import RasterReader

        with self._one_at_a_time:
            if name not in self._rasters:
                if not self.is_raster(name):
                    raise InputError(
                        "it is no raster", where=self._place(name), remedy="name a raster, such as a GeoTIFF"
                    )
                self._rasters[name] = RasterReader(name, self._spec(name), self.crs, self._report(name))
        return self._rasters[name].read(bounds)

    def coverage(self, name: str, *, bounds: Bounds) -> Coverage:
        """Where a layer knows anything, within `bounds` (CRS of the study).

        The extent of a vector layer is the bounding rectangle of the whole layer in its file, before any `where`,
        with edges that are straight in the CRS of the file. A raster covers its valid cells; less, where the study
        gives coverage polygons too.
        """
        with self._one_at_a_time:
            return self._coverage(name, bounds)

    def _coverage(self, name: str, bounds: Bounds) -> Coverage:
        given = self._spec(name).coverage
        polygons = self._coverage_polygons(name, given, bounds) if isinstance(given, Path) else None
        if self.is_raster(name):
            raster = self.raster(name, bounds=bounds)
            cells = raster.runs(raster.valid)
            found = Coverage("raster", cells if polygons is None else intersection(cells, polygons))
        elif polygons is not None:
            found = Coverage("polygons", polygons)
        elif given == "extent":
            extent = self._vector(name).extent()
            found = Coverage("extent", _within([] if extent is None else [extent], bounds))
        else:
            found = Coverage("complete" if given == "complete" else "assumed", None)
        self._report(name).coverage = found.kind
        return found

    @contextmanager
    def noting(self, *names: str) -> Iterator[Noted]:
        """What is read, repaired and dropped of some layers within the block, by itself; the report has it too."""
        noted = Noted()
        wanted = [one for name in names for one in (name, f"{name} coverage")]
        before = {one: report.set_aside() for one, report in self.report.items() if one in wanted}
        yield noted
        for one in wanted:
            if one in self.report:
                noted.reports[one] = self.report[one].copied()
                if one in before:
                    self.report[one].put_back(before[one])

    def recall(self, noted: Mapping[str, Any]) -> None:
        """Report again what was noted when the same was read before."""
        for name, plain in noted["reports"].items():
            self._report(name).merge(LayerReport.from_plain(plain))

    def describe(self, name: str) -> Description:
        """What the file of a layer holds, without reading its features."""
        return describe(self._spec(name), self._place(name))

    def _coverage_polygons(self, name: str, path: Path, bounds: Bounds) -> Array:
        from flexsite.study.models import Layer

        key = f"{name} coverage"
        if key not in self._vectors:
            self._vectors[key] = VectorReader(key, Layer(path=path), self.crs, self._report(key), first=True)
        reader = self._vectors[key]
        polygons = reader.read(bounds, None, ()).frame.geometry.to_numpy()
        areal = np.isin(shapely.get_type_id(polygons), (3, 6))
        if len(polygons) and not areal.any():
            raise InputError(
                "its features are not polygons",
                where=reader.place,
                remedy="give polygons of where the layer knows anything",
            )
        return np.asarray(polygons[areal], dtype=object)

    def _vector(self, name: str) -> VectorReader:
        if name not in self._vectors:
            if self.is_raster(name):
                raise InputError("it is a raster", where=self._place(name), remedy="name a vector file here")
            self._vectors[name] = VectorReader(name, self._spec(name), self.crs, self._report(name))
        return self._vectors[name]

    def _reader(self, name: str) -> Readable:
        """The features of a layer with all that the study says of them."""
        if name not in self._readers:
            spec, reader = self._spec(name), self._vector(name)
            found: Readable = reader
            if spec.table is not None:
                found = self._joined[name] = Joined(reader, spec)
            self._readers[name] = Plans(found) if spec.role == ROLE else found
        return self._readers[name]

    def _spec(self, name: str) -> Layer:
        if name not in self.specs:
            raise InputError(f"no layer '{name}'", where="layers", remedy=nearest(name, self.specs))
        return self.specs[name]

    def _place(self, name: str) -> str:
        return f"layer '{name}' ({self._spec(name).path.name})"

    def _report(self, name: str) -> LayerReport:
        return self.report.setdefault(name, LayerReport(name))


def _within(polygons: list[shapely.Polygon], bounds: Bounds) -> Array:
    shapes = np.array(polygons, dtype=object)
    return shapes[shapely.intersects(shapes, shapely.box(*bounds))] if len(shapes) else shapes
