"""Polygons in GeoParquet files with a box per row, which DuckDB, Sedona, QGIS and others read as they are."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from flexsite.flat import Flat, compiled_pays
from flexsite.geometry import WORKERS, Indices
from flexsite.kernel import loading

_SIDES = ("xmin", "ymin", "xmax", "ymax")
ROWS = 20_000
"""Most rows in one group, the least that a reader takes; a group whose boxes lie elsewhere is not read."""
_BYTES = 4_000_000
"""Bytes of shapes in one group, about: heavy ones come in parts too, which are read beside each other."""


def write_shapes(
    path: Path, shapes: Flat, crs: str, columns: Mapping[str, Any], *, rows_per_group: int | None = None
) -> None:
    """Write polygons and columns as GeoParquet 1.1 with a bbox column.

    Parameters
    ----------
    crs
        As PROJJSON text.
    columns
        Values per row, in the order of the file.
    rows_per_group
        Default: at most 20,000, and fewer where shapes are heavy.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    box = pa.StructArray.from_arrays([pa.array(side) for side in shapes.bounds.T], names=list(_SIDES))
    table = pa.table(
        {**{name: pa.array(values) for name, values in columns.items()}, "geometry": shapes.wkb(), "bbox": box}
    )
    about = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": [],
                "crs": json.loads(crs),
                "covering": {"bbox": {side: ["bbox", side] for side in _SIDES}},
            }
        },
    }
    table = table.replace_schema_metadata({"geo": json.dumps(about)})
    if rows_per_group is None:
        rows_per_group = min(ROWS, len(shapes) * _BYTES // max(shapes.nbytes, 1) + 1)
    pq.write_table(table, path, row_group_size=rows_per_group, compression="lz4", use_dictionary=False)


def read_shapes(
    path: Path, bounds: tuple[float, float, float, float] | None, columns: Sequence[str]
) -> tuple[Flat, dict[str, Any]]:
    """Polygons and columns that `write_shapes` wrote; with `bounds` only rows whose box meets them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        about = file.metadata
        groups = [group for group in range(about.num_row_groups) if _may_meet(about.row_group(group), bounds)]
        rows = sum(about.row_group(group).num_rows for group in groups)
        if bounds is None and len(groups) > 1 and compiled_pays(rows):
            return _read_beside(path, about, groups, columns)
        table = file.read_row_groups(groups, columns=["geometry", *(["bbox"] if bounds else []), *columns])
    if bounds is not None:
        boxes = table.column("bbox").combine_chunks()
        chunks = boxes.chunks if isinstance(boxes, pa.ChunkedArray) else [boxes]
        sides = [
            np.concatenate([np.empty(0), *(chunk.field(side).to_numpy(zero_copy_only=False) for chunk in chunks)])
            for side in _SIDES
        ]
        table = table.take(pa.array(_meeting(sides, bounds)))
    wkb = pa.chunked_array(table.column("geometry").chunks, pa.large_binary()).combine_chunks()
    flat = Flat.of_wkb(wkb)
    return flat, {name: _values(table.column(name)) for name in columns}


def _read_beside(path: Path, about: Any, groups: list[int], columns: Sequence[str]) -> tuple[Flat, dict[str, Any]]:
    """Polygons and columns of many rows: row groups are read and decoded beside each other."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def table(group: int) -> Any:
        with pq.ParquetFile(path, metadata=about) as file:
            return file.read_row_group(group, columns=["geometry", *columns], use_threads=False)

    with ThreadPoolExecutor(WORKERS.get() or os.cpu_count() or 1) as pool:
        ready = loading()
        tables = list(pool.map(table, groups))
        ready.result()
        chunks = [chunk for one in tables for chunk in one.column("geometry").chunks]
        flat = Flat.of_chunks([chunk.cast(pa.large_binary()) for chunk in chunks], pool.map)
    whole = pa.concat_tables(one.select(list(columns)) for one in tables)
    return flat, {name: _values(whole.column(name)) for name in columns}


def _values(column: Any) -> Any:
    """Numbers and truths as numpy has them; text and days as objects."""
    import pyarrow as pa

    if pa.types.is_string(column.type) or pa.types.is_date(column.type):
        result = np.empty(len(column), dtype=object)
        result[:] = column.to_pylist()
        return result
    return column.to_numpy()


def _meeting(sides: list[Any], bounds: tuple[float, float, float, float]) -> Indices:
    with np.errstate(invalid="ignore"):
        level = (sides[0] <= bounds[2]) & (sides[2] >= bounds[0])
        return np.flatnonzero(level & (sides[1] <= bounds[3]) & (sides[3] >= bounds[1]))


def _may_meet(group: Any, bounds: tuple[float, float, float, float] | None) -> bool:
    """Whether the statistics of a row group allow a row that meets the bounds."""
    if bounds is None:
        return True
    found = {group.column(index).path_in_schema: group.column(index).statistics for index in range(group.num_columns)}
    low_x, low_y, high_x, high_y = (found[f"bbox.{side}"] for side in _SIDES)
    if not all(side is not None and side.has_min_max for side in (low_x, low_y, high_x, high_y)):
        return True
    level = low_x.min <= bounds[2] and high_x.max >= bounds[0]
    return bool(level and low_y.min <= bounds[3] and high_y.max >= bounds[1])
