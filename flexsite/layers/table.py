"""What flows inside this room: the schema of a layer in a file, and rows read from it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyproj

Bounds = tuple[float, float, float, float]
"""minx, miny, maxx, maxy."""
Kind = Literal["boolean", "integer", "real", "text", "binary"]
"""Kinds of field: dates and times are ISO text, lists and structures JSON text, as GDAL writes them to a GeoPackage."""
Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

Value = TypeVar("Value")

_ARROW: dict[Kind, pa.DataType] = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "real": pa.float64(),
    "text": pa.large_string(),
    "binary": pa.large_binary(),
}


@dataclass(frozen=True)
class Schema:
    """One layer of a file, as the file has it.

    `fid` is the file's own name of the feature id column, empty where it has none; `geometry` the name of the
    geometry column, empty where the layer has no geometry. `count` is -1 where only reading tells.
    """

    layer: str
    fields: Mapping[str, Kind]
    fid: str
    geometry: str
    geometry_type: str | None
    crs: pyproj.CRS | None
    count: int


@dataclass(frozen=True)
class Rows:
    """Rows of a layer: feature ids, WKB and values by field.

    `wkb` is null where a feature has no geometry, and None when geometry was not read. `shapes` are the same
    geometries as shapely reads them, where the source had to make them to see what meets the bounds.
    """

    ids: Ids
    wkb: pa.Array
    fields: dict[str, pa.Array] = field(default_factory=dict)
    shapes: Array | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, mask: Mask) -> Rows:
        """The rows where `mask` is true."""
        if mask.all():
            return self
        chosen = pa.array(mask)
        return Rows(
            self.ids[mask],
            None if self.wkb is None else self.wkb.filter(chosen),
            {name: values.filter(chosen) for name, values in self.fields.items()},
            None if self.shapes is None else self.shapes[mask],
        )

    def slice(self, first: int, count: int) -> Rows:
        """`count` rows from `first`, without a copy."""
        return Rows(
            self.ids[first : first + count],
            None if self.wkb is None else self.wkb.slice(first, count),
            {name: values.slice(first, count) for name, values in self.fields.items()},
            None if self.shapes is None else self.shapes[first : first + count],
        )

    @classmethod
    def joined(cls, some: Sequence[Rows]) -> Rows:
        """Rows of several, which have the same fields, one after the other; without any, none and no fields."""
        if len(some) == 1:
            return some[0]
        first = some[0] if some else cls(np.empty(0, np.int64), None)
        return cls(
            np.concatenate([np.empty(0, np.int64), *(rows.ids for rows in some)]),
            None if first.wkb is None else pa.concat_arrays([rows.wkb for rows in some]),
            {name: pa.concat_arrays([rows.fields[name] for rows in some]) for name in first.fields},
            None if first.shapes is None else np.concatenate([rows.shapes for rows in some]),
        )


class Source(Protocol):
    """A file with layers."""

    def names(self) -> list[tuple[str, str | None]]:
        """Layers in file order, each with its geometry type (None: no geometry)."""

    def schema(self, layer: str) -> Schema:
        """The schema of a layer."""

    def read(self, layer: str, fields: Iterable[str], *, geometry: bool, bounds: Bounds | None = None) -> Rows:
        """Rows in file order; with `bounds` (CRS of the file) at least those whose geometry meets it."""

    def parts(self, layer: str, fields: Iterable[str], *, bounds: Bounds | None = None) -> Iterator[Rows]:
        """The same rows with their geometry, in parts of which only one at a time exists where the format allows it.

        There is at least one part, with all fields, also where there is no row.
        """

    def extent(self, layer: str) -> Bounds | None:
        """Bounding rectangle of a layer in its own CRS, None when it has no geometry at all."""


def ahead(values: Iterable[Value]) -> Iterator[Value]:
    """The same values, each made by another thread while the one before is in use."""
    source = iter(values)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, source, None)
        while (value := coming.result()) is not None:
            coming = pool.submit(next, source, None)
            yield value


def nearest(name: str, known: Iterable[str]) -> str:
    """A remedy that names the known name most like `name`, or the known names.

    Examples
    --------
    >>> nearest("Status", ["status", "naam"])
    "did you mean 'status'?"
    """
    names = list(known)
    folded = {other.casefold(): other for other in reversed(names)}
    close = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    if close:
        return f"did you mean '{folded[close[0]]}'?"
    if not names:
        return "there are none"
    return "known are: " + ", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else "")


def kind_of(dtype: pa.DataType) -> Kind:
    """The kind of field an Arrow type becomes."""
    types = pa.types
    if isinstance(dtype, pa.BaseExtensionType):
        return kind_of(dtype.storage_type)
    if types.is_dictionary(dtype):
        return kind_of(dtype.value_type)
    if types.is_boolean(dtype):
        return "boolean"
    if types.is_integer(dtype) or types.is_duration(dtype):
        return "integer"
    if types.is_floating(dtype) or types.is_decimal(dtype):
        return "real"
    if (
        types.is_binary(dtype)
        or types.is_large_binary(dtype)
        or types.is_fixed_size_binary(dtype)
        or types.is_binary_view(dtype)
    ):
        return "binary"
    return "text"


def plain(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """`values` as one array of a plain type (see `Kind`); NaN becomes null."""
    if isinstance(values, pa.ChunkedArray):
        values = (
            values.chunk(0)
            if values.num_chunks == 1
            else pa.concat_arrays(values.chunks)
            if values.num_chunks
            else pa.array([], values.type)
        )
    dtype = values.type
    types = pa.types
    if isinstance(dtype, pa.BaseExtensionType):
        return plain(values.storage)
    if types.is_dictionary(dtype):
        return plain(values.dictionary_decode())
    target = _ARROW[kind_of(dtype)]
    if types.is_floating(dtype):
        real = values.cast(pa.float64())
        return pc.if_else(pc.is_nan(real), pa.scalar(None, pa.float64()), real)
    if types.is_uint64(dtype) and len(values) and (pc.max(values).as_py() or 0) >= 2**63:
        return values.cast(pa.float64(), safe=False)
    if types.is_timestamp(dtype):
        return _timestamps(values)
    if types.is_nested(dtype):
        texts = [
            None if item is None else json.dumps(item, ensure_ascii=False, default=str) for item in values.to_pylist()
        ]
        return pa.array(texts, pa.large_string())
    if dtype.equals(target):
        return values
    return values.cast(target)


def _timestamps(values: pa.Array) -> pa.Array:
    """ISO text as GDAL writes it: fractions of a second only where there are any, UTC as Z."""
    zone = "Z" if values.type.tz is not None else ""
    naive = values.cast(pa.timestamp("ms", values.type.tz), safe=False)
    if zone:
        naive = naive.cast(pa.timestamp("ms", "UTC")).cast(pa.timestamp("ms"), safe=False)
    text = pc.strftime(naive, format="%Y-%m-%dT%H:%M:%S")
    return pc.binary_join_element_wise(pc.replace_substring_regex(text, r"\.000$", ""), zone, "").cast(
        pa.large_string()
    )


def column(values: list[Any]) -> pa.Array:
    """An array of plain type from SQLite's values: all integers, numbers, or else text."""
    types = {type(value) for value in values} - {type(None)}
    if types <= {int}:
        return pa.array(values, pa.int64() if types else pa.large_string())
    if types <= {int, float}:
        return plain(pa.array([None if value is None else float(value) for value in values], pa.float64()))
    if types <= {bytes}:
        return pa.array(values, pa.large_binary())
    return pa.array(
        [None if value is None else value if isinstance(value, str) else str(value) for value in values],
        pa.large_string(),
    )
