"""GeoParquet through pyarrow: the wheels of GDAL for Python have no Parquet driver."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyproj
import shapely

from flexsite.errors import InputError
from flexsite.layers.files import Dataset
from flexsite.layers.table import Array, Bounds, Mask, Rows, Schema, kind_of, plain

_NATIVE = {"point": 0, "linestring": 1, "polygon": 2, "multipoint": 1, "multilinestring": 2, "multipolygon": 3}


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
        hidden = {self._geometry} | {path[0] for path in self._covering.values()}
        kinds = self._about.get("geometry_types") or []
        return Schema(
            layer=self._layer,
            fields={field.name: kind_of(field.type) for field in self._arrow if field.name not in hidden},
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
        chosen = set(fields)
        wanted = [name for name in self.schema(layer).fields if name in chosen]
        asked = wanted + ([self._geometry] if geometry or (bounds is not None and not self._covering) else [])
        parts: list[Rows] = []
        try:
            with pq.ParquetFile(self._target) as file:
                start = 0
                for group in range(file.metadata.num_row_groups):
                    count = file.metadata.row_group(group).num_rows
                    parts.append(self._group(file, group, start, count, asked, bounds))
                    start += count
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"it cannot be read ({_short(error)})", where=self.place, remedy="write it again"
            ) from None
        return _joined(parts, [*wanted], geometry, self._arrow)

    def _group(
        self, file: pq.ParquetFile, group: int, start: int, count: int, asked: list[str], bounds: Bounds | None
    ) -> Rows:
        mask: Mask | None = None
        if bounds is not None and self._covering:
            boxes = file.read_row_group(group, columns=sorted({".".join(path) for path in self._covering.values()}))
            mask = _meets([_at(boxes, self._covering[side]) for side in ("xmin", "ymin", "xmax", "ymax")], bounds)
            if not mask.any():
                return Rows(np.empty(0, np.int64), None)
        table = file.read_row_group(group, columns=asked) if asked else pa.table({})
        wkb = self._wkb(table.column(self._geometry)) if self._geometry in asked else None
        if bounds is not None and mask is None and wkb is not None:
            mask = _meets(list(shapely.bounds(_shapes(wkb)).T), bounds)
        rows = Rows(
            np.arange(start, start + count, dtype=np.int64),
            wkb,
            {name: plain(table.column(name)) for name in asked if name != self._geometry},
        )
        return rows if mask is None else rows.keep(mask)

    def _wkb(self, column: pa.ChunkedArray) -> pa.Array:
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
    return np.asarray(shapely.from_wkb(wkb.to_numpy(zero_copy_only=False), on_invalid="ignore"))


def _meets(sides: list[Array], bounds: Bounds) -> Mask:
    """True where a box (xmin, ymin, xmax, ymax) meets `bounds`, with room for boxes in single precision."""
    slack = 1e-6 * max(1.0, *(abs(value) for value in bounds))
    xmin, ymin, xmax, ymax = (np.asarray(side, float) for side in sides)
    with np.errstate(invalid="ignore"):
        west, south, east, north = bounds
        level = (xmin <= east + slack) & (xmax >= west - slack)
        return np.asarray(level & (ymin <= north + slack) & (ymax >= south - slack))


def _at(table: pa.Table, path: list[str]) -> Array:
    values = table.column(path[0]).combine_chunks()
    for name in path[1:]:
        values = pc.struct_field(values, name)
    return np.asarray(plain(values).to_numpy(zero_copy_only=False))


def _native(column: pa.ChunkedArray, encoding: str) -> pa.Array:
    """WKB from GeoArrow's separated coordinates: lists of structures {x, y[, z]}."""
    values = column.combine_chunks()
    values = values.chunk(0) if isinstance(values, pa.ChunkedArray) and values.num_chunks == 1 else values
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


def _joined(parts: list[Rows], names: list[str], geometry: bool, schema: pa.Schema) -> Rows:
    parts = [part for part in parts if len(part)]
    if not parts:
        nothing = {name: plain(pa.array([], schema.field(name).type)) for name in names}
        return Rows(np.empty(0, np.int64), pa.array([], pa.large_binary()) if geometry else None, nothing)
    return Rows(
        np.concatenate([part.ids for part in parts]),
        pa.concat_arrays([part.wkb for part in parts]) if geometry else None,
        {name: pa.concat_arrays([part.fields[name] for part in parts]) for name in names},
    )


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
