"""Reading one vector layer: window, filter, CRS, cleaning, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely

from flexsite.errors import InputError
from flexsite.layers import projection
from flexsite.layers.describe import source_of
from flexsite.layers.query import Filter
from flexsite.layers.report import LayerReport
from flexsite.layers.shaping import Shaper, touching
from flexsite.layers.sqllayer import SqlLayer
from flexsite.layers.table import Array, Bounds, Ids, Rows, Schema, Source, nearest

if TYPE_CHECKING:
    import geopandas

    from flexsite.study.models import Layer


@dataclass(frozen=True)
class Vector:
    """Features of a layer in the CRS of the study.

    Attributes
    ----------
    name
        Name of the layer in the study.
    frame
        GeoDataFrame with a RangeIndex, the asked columns under our names and `geometry`: valid, two-dimensional, never
        empty. Integers are int64, or float64 with NaN where values are missing; other numbers float64 with NaN; truth
        is bool, or objects True, False, None; text, dates and times are objects, str or None: dates as ISO text.
    ids
        Feature ids as GDAL has them, or row numbers from 0 for GeoParquet and `sql`; int64, rising.
    """

    name: str
    frame: geopandas.GeoDataFrame
    ids: Ids

    def __len__(self) -> int:
        return len(self.ids)


class VectorReader:
    """One vector layer of a study: `read` gives its features in a window.

    `first` takes the first layer of a file where the study names none: for the polygons of a coverage.
    """

    def __init__(self, name: str, spec: Layer, crs: pyproj.CRS, report: LayerReport, *, first: bool = False) -> None:
        self.name, self._spec, self._crs, self.report = name, spec, crs, report
        label = f"layer '{name}'"
        self.place = f"{label} ({spec.path.name})"
        self.source: Source = source_of(spec, self.place)
        self._sql: SqlLayer | None = None
        self._sql_geometry: tuple[Array, Ids] | None = None
        self._proven: set[tuple[str, ...]] = set()
        report.path, report.kind = str(spec.path), "vector"
        if spec.sql is None:
            layer = self._choose(spec.layer, first)
            self.place = f"{label} ({spec.path.name}, layer {layer})"
            self.schema: Schema | None = self.source.schema(layer)
            if not self.schema.geometry:
                raise InputError("it has no geometry", where=self.place, remedy=self._without_geometry())
            report.layer, report.features = layer, max(self.schema.count, 0)
        else:
            self.schema = None

    def read(self, bounds: Bounds | None, where: str | None, columns: Sequence[str]) -> Vector:
        """Features that meet the layer's `where` and this one, and that touch `bounds` (CRS of the study)."""
        wheres = tuple(text for text in (self._spec.where, where) if text is not None)
        if self.schema is None:
            shapes, ids, values = self._from_sql(wheres, self._theirs(columns, self.sql.columns, ""), bounds)
        else:
            shapes, ids, values = self._from_file(self.schema, wheres, columns, bounds)
        self.report.add("read", ids)
        data = {
            ours: self._values(ours, values[theirs]) for ours, theirs in self._theirs(columns, list(values), "").items()
        }
        return Vector(self.name, _frame(data, shapes, self._crs), ids)

    @property
    def sql(self) -> SqlLayer:
        """The result of the layer's `sql`, run once."""
        if self._sql is None:
            if self._spec.sql is None:
                raise ValueError("the layer has no sql")
            self._sql = SqlLayer(self._spec.sql, self.source, self.place, self.name)
            self.report.features = self._sql.features
        return self._sql

    def fields(self) -> list[str]:
        """Column names that the layer has under the file's names."""
        if self.schema is None:
            return self.sql.columns
        return [*self.schema.fields, *([self.schema.fid] if self.schema.fid else [])]

    def has(self, column: str) -> bool:
        """Whether the layer has a column, by our name or the file's."""
        return self._spec.columns.get(column, column) in self.fields()

    def distinct(self, column: str) -> list[Any]:
        """Values of a column in the whole file, whatever the filter, each once."""
        theirs = self._spec.columns.get(column, column)
        if self.schema is None:
            values = self.sql.field(theirs)
        elif theirs == self.schema.fid and theirs not in self.schema.fields:
            values = pa.array(self.source.read(self.schema.layer, set(), geometry=False).ids)
        else:
            values = self.source.read(self.schema.layer, {theirs}, geometry=False).fields[theirs]
        found: list[Any] = values.unique().to_pylist()
        return found

    def extent(self) -> shapely.Polygon | None:
        """The bounding rectangle of the layer in its file, whatever the filter, brought to the CRS of the study."""
        box = self.sql.extent if self.schema is None else self.source.extent(self.schema.layer)
        return None if box is None else projection.rectangle(box, self.file_crs(), self._crs)

    def file_crs(self) -> pyproj.CRS:
        """The CRS of the file, or else the one the study gives.

        Raises
        ------
        InputError
            When neither has one.
        """
        own = self.sql.crs if self.schema is None else self.schema.crs
        found = projection.choose(own, self._spec.crs, self.report, self.place)
        self.report.crs = projection.named(found)
        return found

    def _choose(self, wanted: str | None, first: bool) -> str:
        layers = self.source.names()
        names = [name for name, _ in layers]
        if wanted is not None:
            if wanted not in names:
                raise InputError(
                    f"no layer '{wanted}'",
                    where=self.place,
                    remedy=f"{nearest(wanted, names)} (layers: {', '.join(names)})",
                )
            return wanted
        spatial = [name for name, kind in layers if kind is not None]
        if not names:
            raise InputError("it holds no layer", where=self.place, remedy="name another file")
        if len(names) == 1:
            return names[0]
        if not spatial:
            raise InputError(
                "no layer in it has geometry", where=self.place, remedy=f"its layers are: {', '.join(names)}"
            )
        if len(spatial) > 1 and not first:
            raise InputError(
                f"it holds {len(spatial)} layers",
                where=self.place,
                remedy=f"add layer: with one of {', '.join(spatial)}",
            )
        return spatial[0]

    def _without_geometry(self) -> str:
        if self._spec.path.suffix.lower() == ".csv":
            return "a CSV needs columns x and y, or lon and lat, or wkt, and crs: in the study"
        return "name a layer with geometry"

    def _theirs(self, columns: Sequence[str], known: Sequence[str], fid: str) -> dict[str, str]:
        """Our name: theirs, for the asked columns."""
        found = {}
        for ours in dict.fromkeys(columns):
            if ours == "geometry":
                raise InputError(
                    "a column cannot be called 'geometry'",
                    where=self.place,
                    remedy="give it another name under columns:",
                )
            theirs = self._spec.columns.get(ours, ours)
            if theirs not in known and not (fid and theirs == fid):
                what = f"no column '{theirs}'" + (f" (our '{ours}')" if theirs != ours else "")
                raise InputError(
                    what,
                    where=self.place,
                    remedy=nearest(theirs, [*self._spec.columns, *known] if theirs == ours else known),
                )
            found[ours] = theirs
        return found

    def _from_file(
        self, schema: Schema, wheres: tuple[str, ...], columns: Sequence[str], bounds: Bounds | None
    ) -> tuple[Array, Ids, dict[str, pa.Array]]:
        theirs = set(self._theirs(columns, list(schema.fields), schema.fid).values())
        crs = self.file_crs()
        passing = Filter(wheres, schema, self.place) if wheres else None
        read = theirs | (passing.columns if passing else set())
        window = None if bounds is None else projection.window(bounds, self._crs, crs)
        if passing and passing.whole:
            window = None
        parts = self.source.parts(schema.layer, read - {schema.geometry}, bounds=window)
        if passing:
            parts = iter([self._passing(Rows.joined(list(parts)), passing, wheres, bounds)])
        found = Shaper(crs, self._crs, bounds, self.place).shape(parts, self.report)
        if not found.count:
            if bounds is None:
                raise self._nothing(())
            self._prove(schema, wheres, passing)
        fields, ids = found.rows.fields, found.rows.ids
        values = {name: fields[name] for name in theirs if name in fields}
        if schema.fid in theirs and schema.fid not in values:
            values[schema.fid] = pa.array(ids)
        return found.geometries, ids, values

    def _passing(self, rows: Rows, passing: Filter, wheres: tuple[str, ...], bounds: Bounds | None) -> Rows:
        """Rows that meet the conditions; all are needed at once, as a condition may compare them."""
        some = rows.keep(passing.mask(rows))
        if bounds is None and not len(some):
            raise self._nothing(wheres if len(rows) else ())
        return some

    def _from_sql(
        self, wheres: tuple[str, ...], theirs: dict[str, str], bounds: Bounds | None
    ) -> tuple[Array, Ids, dict[str, pa.Array]]:
        result = self.sql
        if not result.count:
            raise InputError("its sql gives no feature", where=self.place, remedy="check the sql")
        if self._sql_geometry is None:
            whole = Shaper(self.file_crs(), self._crs, None, self.place).shape([result.rows], self.report)
            self._sql_geometry = whole.geometries, whole.rows.ids
        shapes, ids = self._sql_geometry
        if wheres:
            mask = result.mask(wheres)
            if not mask.any():
                raise self._nothing(wheres)
            inside = mask[ids]
            shapes, ids = shapes[inside], ids[inside]
        if bounds is not None:
            near = touching(shapes, bounds)
            shapes, ids = shapes[near], ids[near]
        taken = pa.array(ids)
        return shapes, ids, {name: result.field(name).take(taken) for name in set(theirs.values())}

    def _prove(self, schema: Schema, wheres: tuple[str, ...], passing: Filter | None) -> None:
        """An empty window is an answer only when the whole file has something to give."""
        if wheres in self._proven:
            return
        if passing is None:
            if schema.count == 0 or self.source.extent(schema.layer) is None:
                raise self._nothing(())
        else:
            rows = self.source.read(
                schema.layer, passing.columns - {schema.geometry}, geometry=schema.geometry in passing.columns
            )
            if not len(rows) or not passing.mask(rows).any():
                raise self._nothing(wheres if len(rows) else ())
        self._proven.add(wheres)

    def _nothing(self, wheres: tuple[str, ...]) -> InputError:
        if not wheres:
            return InputError(
                "it has no feature", where=self.place, remedy="name another file or layer, or leave it out"
            )
        text = " AND ".join(wheres)
        return InputError(
            f"no feature meets  {text}", where=self.place, remedy="check the values: '=' minds upper and lower case"
        )

    def _values(self, ours: str, values: pa.Array) -> pd.Series[Any]:
        series, nulled = series_of(values, self._spec.missing)
        if nulled:
            self.report.missing[ours] = max(nulled, self.report.missing.get(ours, 0))
        return series


def _frame(data: dict[str, pd.Series[Any]], shapes: Array, crs: pyproj.CRS) -> geopandas.GeoDataFrame:
    import geopandas

    geometry = geopandas.array.GeometryArray(np.asarray(shapes, dtype=object), crs=crs)
    return geopandas.GeoDataFrame(
        {**data, "geometry": geometry}, index=pd.RangeIndex(len(shapes)), geometry="geometry", crs=crs
    )


def series_of(values: pa.Array, missing: Sequence[float | int | str]) -> tuple[pd.Series[Any], int]:
    """A pandas column, and how many values `missing` made null."""
    gone = np.zeros(len(values), bool)
    if pa.types.is_large_string(values.type):
        # A number stands in a text column as it is written: many statistics come as text.
        texts = pa.array([str(item) for item in missing], pa.large_string())
        gone = pc.is_in(values, texts).fill_null(False).to_numpy(zero_copy_only=False)
    elif pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        for item in missing:
            if not isinstance(item, str) and abs(item) < 2**63:
                gone |= pc.equal(values, item).fill_null(False).to_numpy(zero_copy_only=False)
    gone &= values.is_valid().to_numpy(zero_copy_only=False)
    if gone.any():
        values = pc.if_else(pa.array(gone), pa.scalar(None, values.type), values)
    return _pandas(values), int(gone.sum())


def _pandas(values: pa.Array) -> pd.Series[Any]:
    full = values.null_count == 0
    if pa.types.is_floating(values.type) or (pa.types.is_boolean(values.type) and full):
        return pd.Series(values.to_numpy(zero_copy_only=False))
    if pa.types.is_integer(values.type) and (full or _is_exact(values)):
        return pd.Series(values.to_numpy(zero_copy_only=False))
    objects = np.empty(len(values), dtype=object)
    objects[:] = values.to_pylist()
    return pd.Series(objects, dtype=object)


def _is_exact(values: pa.Array) -> bool:
    """Whether integers survive as float64."""
    found = pc.min_max(values).as_py()
    return found["min"] is None or (found["min"] >= -(2**53) and found["max"] <= 2**53)
