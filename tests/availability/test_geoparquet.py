"""Shapes in GeoParquet files: others read them as they are, and a box reads a part of them."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.flat import Flat
from flexsite.geoparquet import read_shapes, write_shapes

from .alike import differences
from .helpers import boxes, objects, shapes

CRS = pyproj.CRS(28992).to_json()
rows = st.lists(boxes | st.none() | st.tuples(boxes, boxes).map(shapely.union_all), max_size=9)
frames = st.tuples(*[st.integers(-5, 60)] * 4).map(
    lambda at: tuple(float(side) for side in (*np.minimum(at[:2], at[2:]), *np.maximum(at[:2], at[2:])))
)


def written(folder: Path, some: list[Any], **options: Any) -> tuple[Path, Flat]:
    flat = Flat.of(shapes(*some))
    path = folder / "shapes.parquet"
    columns = {"number": np.arange(len(flat)), "text": pa.array([f"é{k}" for k in range(len(flat))], pa.string())}
    write_shapes(path, flat, CRS, columns, **options)
    return path, flat


@settings(max_examples=30, deadline=None)
@given(rows, st.sampled_from([1, 3, 20_000]), st.booleans())
def test_everything_comes_back(some: list[Any], group: int, compiled: bool) -> None:
    """Also where groups are read beside each other, as those of many rows are."""
    pays = patch("flexsite.geoparquet.compiled_pays", lambda _: compiled)
    with tempfile.TemporaryDirectory() as name, pays:
        path, flat = written(Path(name), some, rows_per_group=group)
        found, columns = read_shapes(path, None, ["text", "number"])
        assert pq.read_metadata(path).num_row_groups == max(1, -(-len(some) // group))
    assert differences(found, flat) == []
    assert columns["number"].tolist() == list(range(len(some)))
    assert columns["text"].tolist() == [f"é{k}" for k in range(len(some))]


@settings(max_examples=25, deadline=None)
@given(rows, st.sampled_from([1, 2, 20_000]), frames)
def test_a_box_reads_the_rows_that_meet_it(
    some: list[Any], group: int, bounds: tuple[float, float, float, float]
) -> None:
    """Boxes that only touch count, rows without a polygon never do; whatever the row groups."""
    with tempfile.TemporaryDirectory() as name:
        path, flat = written(Path(name), some, rows_per_group=group)
        found, columns = read_shapes(path, bounds, ["number"])
    meets = [
        row
        for row, (x0, y0, x1, y1) in enumerate(flat.bounds.tolist())
        if x0 <= bounds[2] and x1 >= bounds[0] and y0 <= bounds[3] and y1 >= bounds[1]
    ]
    assert columns["number"].tolist() == meets
    assert differences(found, flat.take(np.array(meets, dtype=np.intp))) == []


def test_groups_elsewhere_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = written(tmp_path, [shapely.box(10 * k, 0, 10 * k + 5, 5) for k in range(6)], rows_per_group=2)
    asked: list[list[int]] = []
    read = pq.ParquetFile.read_row_groups

    def recorded(self: Any, groups: list[int], *others: Any, **options: Any) -> Any:
        asked.append(list(groups))
        return read(self, groups, *others, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", recorded)
    assert read_shapes(path, (22.0, 0.0, 31.0, 1.0), ["number"])[1]["number"].tolist() == [2, 3]
    assert asked == [[1]]


class TestOtherReaders:
    parts = (shapely.box(0, 0, 10, 10), shapely.MultiPolygon([shapely.box(20, 0, 30, 10), shapely.box(40, 0, 50, 10)]))

    def test_geopandas(self, tmp_path: Path) -> None:
        path, flat = written(tmp_path, list(self.parts))
        frame = gpd.read_parquet(path)
        assert frame.crs == pyproj.CRS(28992)
        assert shapely.equals_exact(frame.geometry.to_numpy(), flat.geometry()).all()
        assert (frame["number"].tolist(), frame["text"].tolist()) == ([0, 1], ["é0", "é1"])

    @pytest.mark.parametrize(("bbox", "found"), [((32, 2, 35, 3), [1]), ((9, 9, 11, 11), [0]), ((60, 60, 70, 70), [])])
    def test_geopandas_by_the_covering_box(self, tmp_path: Path, bbox: Any, found: list[int]) -> None:
        """The box of a multipolygon is met also between its parts: it is the covering that is asked."""
        path, _ = written(tmp_path, list(self.parts))
        assert gpd.read_parquet(path, bbox=bbox)["number"].tolist() == found

    def test_gdal(self, tmp_path: Path) -> None:
        import pyogrio

        if "Parquet" not in pyogrio.list_drivers():
            pytest.skip("this GDAL reads no Parquet")
        path, flat = written(tmp_path, list(self.parts))
        frame = pyogrio.read_dataframe(path)
        assert frame.crs == pyproj.CRS(28992)
        assert shapely.equals_topologically(frame.geometry.to_numpy(), flat.geometry()).all()
        assert pyogrio.read_dataframe(path, bbox=(32, 2, 35, 3))["number"].tolist() in ([], [1])

    def test_what_the_file_says_of_itself(self, tmp_path: Path) -> None:
        """As GeoParquet 1.1 asks: https://geoparquet.org/releases/v1.1.0/."""
        path, flat = written(tmp_path, list(self.parts))
        about = json.loads(pq.read_schema(path).metadata[b"geo"])
        column = about["columns"][about["primary_column"]]
        assert (about["version"], column["encoding"]) == ("1.1.0", "WKB")
        assert pyproj.CRS.from_json_dict(column["crs"]) == pyproj.CRS(28992)
        sides = ["xmin", "ymin", "xmax", "ymax"]
        assert column["covering"] == {"bbox": {side: ["bbox", side] for side in sides}}
        table = pq.read_table(path)
        assert [[row[side] for side in sides] for row in table["bbox"].to_pylist()] == flat.bounds.tolist()


def test_the_same_shapes_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    some = [shapely.box(0, 0, 3, 3), None, shapely.Polygon()]
    one, two = (written(tmp_path / name, some)[0].read_bytes() for name in ("one", "two"))
    assert one == two


def test_days_text_and_truths_keep_their_type(tmp_path: Path) -> None:
    flat = Flat.of(shapes(shapely.box(0, 0, 1, 1), shapely.box(0, 0, 2, 2)))
    columns = {
        "day": pa.array([date(2030, 1, 1), None], pa.date32()),
        "text": pa.array(["a;b", None], pa.string()),
        "truth": np.array([True, False]),
        "size": np.array([1.5, np.inf]),
    }
    write_shapes(tmp_path / "x.parquet", flat, CRS, columns)
    found = read_shapes(tmp_path / "x.parquet", None, list(columns))[1]
    expected = {"day": objects([date(2030, 1, 1), None]), "text": objects(["a;b", None])}
    assert differences(found, {**expected, "truth": columns["truth"], "size": columns["size"]}) == []
