"""GeoParquet through pyarrow: the wheels of GDAL for Python have no Parquet driver."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyproj
import shapely

from flexsite.errors import InputError
from flexsite.layers.cleaning import AT_ONCE, from_wkb
from flexsite.layers.files import Dataset
from flexsite.layers.table import Array, Bounds, Mask, Rows, Schema, ahead, kind_of, plain

_NATIVE = {"point": 0, "linestring": 1, "polygon": 2, "multipoint": 1, "multilinestring": 2, "multipolygon": 3}
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_BATCH = 32_768
_BATCH_BYTES = 8 << 20
"""Rows and bytes in memory at a time; results do not depend on it."""


class ParquetSource:
    """A GeoParquet file: one layer, named after the file; feature ids are row numbers from 0."""

    def __init__(self, dataset: Dataset, place: str) -> None:
        self.place = place
        self._target = dataset.target
        self._layer = dataset.path.stem
        try:
            with pq.ParquetFile(self._target) as file:
                self._arrow = file.schema_arrow
                self._count = file.metadata.num_rows
                meta = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
                logical = {
                    file.schema.column(index).path: str(file.schema.column(index).logical_type)
                    for index in range(len(file.schema))
                }
        except (pa.ArrowException, OSError, ValueError) as error:
            raise InputError(
                f"it is no sound Parquet file ({_short(error)})", where=place, remedy="write it again"
            ) from None
        self._geometry, self._about = self._primary(meta, logical)
        self._covering: dict[str, list[str]] = (self._about.get("covering") or {}).get("bbox") or {}
        self._hidden = {self._geometry} | {path[0] for path in self._covering.values()}

    def _primary(self, meta: dict[str, Any], logical: dict[str, str]) -> tuple[str, dict[str, Any]]:
        """The main geometry column and what the file says of it."""
        name = meta.get("primary_column")
        columns = meta.get("columns") or {}
        if name in columns and name in self._arrow.names:
            return str(name), columns[name]
        for path, kind in logical.items():
            if kind.lower().startswith(("geometry", "geography")) and path in self._arrow.names:
                crs = kind.partition("crs=")[2].partition(",")[0].strip(" )") if "crs=" in kind else ""
                return path, {"encoding": "WKB", **({"crs": crs} if crs else {})}
        raise InputError(
            "it is Parquet without geometry", where=self.place, remedy="write GeoParquet, with its 'geo' metadata"
        )

    def names(self) -> list[tuple[str, str | None]]:
        """The one layer."""
        return [(self._layer, self.schema(self._layer).geometry_type)]

    def schema(self, _layer: str) -> Schema:
        """The schema of the layer."""
        kinds = self._about.get("geometry_types") or []
        return Schema(
            layer=self._layer,
            fields={field.name: kind_of(field.type) for field in self._arrow if field.name not in self._hidden},
            fid="",
            geometry=self._geometry,
            geometry_type=kinds[0] if len(kinds) == 1 else "Unknown",
            crs=self._crs(),
            count=self._count,
        )

    def _crs(self) -> pyproj.CRS | None:
        """The CRS in the metadata: left out means longitude and latitude, null means not known."""
        given = self._about.get("crs", "OGC:CRS84")
        if given is None:
            return None
        try:
            return pyproj.CRS.from_user_input(given)
        except pyproj.exceptions.CRSError as error:
            raise InputError(
                f"its CRS is not known ({_short(error)})", where=self.place, remedy="write it again with a known CRS"
            ) from None

    def read(self, layer: str, fields: Iterable[str], *, geometry: bool, bounds: Bounds | None = None) -> Rows:
        """Rows in file order; with `bounds` (CRS of the file) at least those whose geometry meets it."""
        return Rows.joined(list(self._parts(layer, fields, geometry, bounds)))

    def parts(self, layer: str, fields: Iterable[str], *, bounds: Bounds | None = None) -> Iterator[Rows]:
        """The same rows with their geometry, in parts: only one at a time is in memory."""
        return self._parts(layer, fields, True, bounds)

    def _parts(self, layer: str, fields: Iterable[str], geometry: bool, bounds: Bounds | None) -> Iterator[Rows]:
        chosen = set(fields)
        wanted = [name for name in self.schema(layer).fields if name in chosen]
        boxes = sorted({path[0] for path in self._covering.values()}) if bounds is not None else []
        needed = geometry or (bounds is not None and not boxes)
        asked = [*wanted, *([self._geometry] if needed else []), *boxes]
        start, some = 0, False
        try:
            with pq.ParquetFile(self._target) as file:
                for group in range(file.metadata.num_row_groups):
                    about = file.metadata.row_group(group)
                    if bounds is None or not boxes or self._may_meet(about, bounds):
                        for rows in self._group(file, group, start, asked, geometry, bounds):
                            some = True
                            yield rows
                    start += about.num_rows
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"it cannot be read ({_short(error)})", where=self.place, remedy="write it again"
            ) from None
        if not some:
            nothing = {name: plain(pa.array([], self._arrow.field(name).type)) for name in wanted}
            yield Rows(np.empty(0, np.int64), pa.array([], pa.large_binary()) if geometry else None, nothing)

    def _group(
        self, file: pq.ParquetFile, group: int, start: int, asked: list[str], geometry: bool, bounds: Bounds | None
    ) -> Iterator[Rows]:
        """Rows of one row group, a batch at a time."""
        about = file.metadata.row_group(group)
        if not asked:
            yield Rows(np.arange(start, start + about.num_rows, dtype=np.int64), None)
            return
        size = max(1, min(_BATCH, _BATCH_BYTES * about.num_rows // max(about.total_byte_size, 1)))
        for batch in ahead(file.iter_batches(size, row_groups=[group], columns=asked)):
            ids = np.arange(start, start + len(batch), dtype=np.int64)
            start += len(batch)
            wkb = self._wkb(batch.column(self._geometry)) if self._geometry in asked else None
            mask: Mask | None = None
            shapes: Array | None = None
            if bounds is not None and self._covering:
                mask = _meets([_at(batch, self._covering[side]) for side in _SIDES], bounds)
            elif bounds is not None and wkb is not None:
                shapes = _shapes(wkb)
                mask = _meets(list(shapely.bounds(shapes).T), bounds)
            values = {name: plain(batch.column(name)) for name in asked if name not in self._hidden}
            rows = Rows(ids, wkb if geometry else None, values, shapes if geometry else None)
            yield rows if mask is None else rows.keep(mask)

    def _may_meet(self, group: pq.RowGroupMetaData, bounds: Bounds) -> bool:
        """Whether what the file says of a group's boxes allows one that meets `bounds`."""
        known = {
            group.column(index).path_in_schema: group.column(index).statistics for index in range(group.num_columns)
        }
        ends = []
        for side in _SIDES:
            found = known.get(".".join(self._covering[side]))
            if found is None or not found.has_min_max:
                return True
            ends.append(np.array([found.min if side.endswith("min") else found.max]))
        return bool(_meets(ends, bounds)[0])

    def _wkb(self, column: pa.Array) -> pa.Array:
        encoding = str(self._about.get("encoding", "WKB")).lower()
        if encoding == "wkb":
            return plain(column).cast(pa.large_binary())
        if encoding not in _NATIVE:
            raise InputError(
                f"its geometry encoding '{encoding}' is not known", where=self.place, remedy="write it with WKB"
            )
        return _native(column, encoding)

    def extent(self, layer: str) -> Bounds | None:
        """Bounding rectangle of the layer in its own CRS, None when it has no geometry at all."""
        given = self._about.get("bbox")
        if given and len(given) in (4, 6) and np.isfinite(given).all() and given[0] <= given[len(given) // 2]:
            half = len(given) // 2
            return float(given[0]), float(given[1]), float(given[half]), float(given[half + 1])
        wkb = self.read(layer, (), geometry=True).wkb
        total = shapely.total_bounds(_shapes(wkb)) if wkb is not None and len(wkb) else np.full(4, np.nan)
        return None if np.isnan(total).any() else (float(total[0]), float(total[1]), float(total[2]), float(total[3]))


def _shapes(wkb: pa.Array) -> Array:
    raw = (wkb.slice(first, AT_ONCE).to_numpy(zero_copy_only=False) for first in range(0, len(wkb), AT_ONCE))
    return np.concatenate([np.empty(0, object), *(from_wkb(some, "ignore") for some in raw)])


def _meets(sides: list[Array], bounds: Bounds) -> Mask:
    """True where a box (xmin, ymin, xmax, ymax) meets `bounds`, with room for boxes in single precision."""
    slack = 1e-6 * max(1.0, *(abs(value) for value in bounds))
    xmin, ymin, xmax, ymax = (np.asarray(side, float) for side in sides)
    with np.errstate(invalid="ignore"):
        west, south, east, north = bounds
        level = (xmin <= east + slack) & (xmax >= west - slack)
        return np.asarray(level & (ymin <= north + slack) & (ymax >= south - slack))


def _at(batch: pa.RecordBatch, path: list[str]) -> Array:
    values = batch.column(path[0])
    for name in path[1:]:
        values = pc.struct_field(values, name)
    return np.asarray(plain(values).to_numpy(zero_copy_only=False))


def _native(values: pa.Array, encoding: str) -> pa.Array:
    """WKB from GeoArrow's separated coordinates: lists of structures {x, y[, z]}."""
    present = values.is_valid().to_numpy(zero_copy_only=False)
    inner = values.filter(pa.array(present))
    offsets = []
    for _ in range(_NATIVE[encoding]):
        offsets.append(np.asarray(inner.offsets) - inner.offsets[0].as_py())
        inner = inner.flatten()
    xy = np.column_stack(
        [plain(pc.struct_field(inner, axis)).to_numpy(zero_copy_only=False) for axis in ("x", "y")]
    ).astype(float)
    kind = shapely.GeometryType[encoding.upper()]
    shapes = np.full(len(values), None, dtype=object)
    shapes[present] = shapely.from_ragged_array(kind, xy, tuple(reversed(offsets)))
    return pa.array(shapely.to_wkb(shapes), pa.large_binary())


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
