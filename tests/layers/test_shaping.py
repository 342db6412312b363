"""Layers come in pieces; nobody may see where one ends."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from flexsite.errors import InputError
from flexsite.layers import Layers, cleaning, parquet, shaping
from flexsite.layers.files import Dataset
from flexsite.layers.parquet import ParquetSource

from .helpers import RD, write

Open = Callable[..., Layers]
TIN = struct.pack("<BII", 1, 16, 0)
OPEN_RING = struct.pack("<BII", 1, 3, 1) + struct.pack("<I8d", 4, 0, 0, 4, 0, 4, 4, 0, 4)


def odd_shapes(count: int = 40) -> list[Any]:
    """Squares in a row, among them bow ties, needles, nothing, heights and collections."""
    made: list[Any] = [shapely.box(10.0 * x, 0, 10.0 * x + 8, 8) for x in range(count)]
    made[5] = shapely.Polygon([(50, 0), (58, 8), (58, 0), (50, 8)])
    made[11] = None
    made[17] = shapely.Polygon([(170, 0), (178, 0), (174, 0)])
    made[23] = shapely.force_3d(made[23], 7.0)
    made[31] = shapely.GeometryCollection([made[31], shapely.Point(0, 0)])
    made[37] = shapely.Polygon()
    return made


def stored(path: Path, wkb: list[bytes | None], *, rows: int = 1000) -> Path:
    """GeoParquet of any bytes, with a number and a text per row."""
    frame = gpd.GeoDataFrame({"nr": range(len(wkb))}, geometry=[shapely.Point(0, 0)] * len(wkb), crs=RD)
    table = pa.table(
        {"nr": pa.array(range(len(wkb))), "naam": [f"n{row}" for row in range(len(wkb))], "geometry": pa.array(wkb)}
    )
    frame.to_parquet(path)
    table = table.replace_schema_metadata({b"geo": pq.read_schema(path).metadata[b"geo"].replace(b'"bbox"', b'"_"')})
    pq.write_table(table, path, row_group_size=rows)
    return path


def wkb_of(shapes: list[Any]) -> list[bytes | None]:
    """WKB, None where there is no geometry."""
    return [None if shape is None else shapely.to_wkb(shape, output_dimension=4) for shape in shapes]


def small_pieces(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Cut everything that has a size into pieces of this many rows."""
    monkeypatch.setattr(shaping, "PIECE", size)
    monkeypatch.setattr(cleaning, "AT_ONCE", size)
    monkeypatch.setattr(parquet, "AT_ONCE", size)
    monkeypatch.setattr(parquet, "_BATCH", max(1, 2 * size - 1))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("bounds", [None, (44.0, -1.0, 233.0, 4.0), (-9.0, -9.0, -1.0, -1.0)])
@pytest.mark.parametrize("where", [None, "nr % 3 <> 1"])
@pytest.mark.parametrize("suffix", ["parquet", "gpkg"])
def test_pieces_do_not_show(
    size: int,
    bounds: tuple[float, float, float, float] | None,
    where: str | None,
    suffix: str,
    tmp_path: Path,
    layers: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = gpd.GeoDataFrame({"nr": range(40), "naam": list("ab" * 20)}, geometry=odd_shapes(), crs=RD)
    path = write(frame, tmp_path / f"odd.{suffix}")
    whole = layers(odd=path)
    expected = whole.vector("odd", bounds=bounds, where=where, columns=["nr", "naam"])
    small_pieces(monkeypatch, size)
    pieces = layers(odd=path)
    found = pieces.vector("odd", bounds=bounds, where=where, columns=["nr", "naam"])
    assert found.ids.tolist() == expected.ids.tolist()
    assert found.frame[["nr", "naam"]].equals(expected.frame[["nr", "naam"]])
    assert (shapely.to_wkb(found.frame.geometry.array) == shapely.to_wkb(expected.frame.geometry.array)).all()
    assert pieces.report["odd"].counts() == whole.report["odd"].counts()
    if bounds is None and where is None:
        counts = pieces.report["odd"].counts()
        assert (counts["read"], counts["repaired"], counts["dropped_empty"]) == (37, 1, 3)
        assert set(range(40)) - set(found.frame["nr"]) == {11, 17, 37}


def test_what_cannot_be_read_in_a_later_piece_is_told_as_in_the_first(
    tmp_path: Path, layers: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pieces(monkeypatch, 4)
    wkb = wkb_of([shapely.box(x, 0, x + 1, 1) for x in range(30)])
    wkb[22], wkb[27], wkb[29] = TIN, OPEN_RING, None
    opened = layers(odd=stored(tmp_path / "odd.parquet", wkb, rows=9))
    vector = opened.vector("odd", columns=["nr"])
    assert vector.frame["nr"].tolist() == [row for row in range(30) if row not in (22, 29)]
    assert vector.frame.geometry[26].equals(shapely.box(0, 0, 4, 4))
    report = opened.report["odd"]
    assert [report.dropped_unreadable.tolist(), report.repaired.tolist(), report.dropped_empty.tolist()] == [
        [22],
        [27],
        [29],
    ]


def test_a_coordinate_that_is_no_number_in_later_pieces_is_refused_once(
    tmp_path: Path, layers: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pieces(monkeypatch, 4)
    wkb = wkb_of([shapely.box(x, 0, x + 1, 1) for x in range(30)])
    wkb[13], wkb[28] = (struct.pack("<BIIIdddddddd", 1, 3, 1, 4, x, 0, x + 1, 0, x, np.nan, x, 0) for x in (13, 28))
    opened = layers(odd=stored(tmp_path / "odd.parquet", wkb))
    with pytest.raises(InputError, match="feature 13 and 1 more have a coordinate that is not a number"):
        opened.vector("odd")
    with pytest.raises(InputError, match="feature 28 has a coordinate that is not a number"):
        opened.vector("odd", bounds=(27.0, 0.0, 30.0, 1.0))
    assert len(opened.vector("odd", bounds=(0.0, 0.0, 5.5, 1.0))) == 6


def test_groups_whose_boxes_lie_elsewhere_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = gpd.GeoDataFrame({"nr": range(40)}, geometry=shapely.box(np.arange(40), 0, np.arange(40) + 0.5, 1), crs=RD)
    path = write(frame, tmp_path / "boxes.parquet", write_covering_bbox=True, row_group_size=10)
    dataset = Dataset(path, str(path), "parquet")
    source = ParquetSource(dataset, "here")
    assert list(source.schema("").fields) == ["nr"]
    read: list[int] = []
    whole = pq.ParquetFile.iter_batches

    def watched(self: pq.ParquetFile, *args: Any, row_groups: list[int], **options: Any) -> Any:
        read.extend(row_groups)
        return whole(self, *args, row_groups=row_groups, **options)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
    rows = source.read("", ["nr"], geometry=True, bounds=(12.2, 0.0, 20.1, 1.0))
    assert rows.ids.tolist() == rows.fields["nr"].to_pylist() == list(range(12, 21))
    assert read == [1, 2]
    assert len(source.read("", ["nr"], geometry=True, bounds=(99.0, 0.0, 100.0, 1.0))) == 0
    assert read == [1, 2]
