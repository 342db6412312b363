"""The quick reader of .osm.pbf files against libosmium's."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.access.readers import pbf
from flexsite.access.readers.osm import read_streets, ways_by_osmium
from flexsite.access.readers.ways import NOWHERE, Ways
from flexsite.access.streets.model import StreetFile
from flexsite.errors import InputError

pytest.importorskip("numba", reason="without numba there is only libosmium")

FILES = [
    "osm_Amsterdam-tiny.osm.pbf",
    "osm_Helsinki-centre.osm.pbf",
    "osm_Liechtenstein_2022-02-23.osm.pbf",
    "osm_PortoAlegre.osm.pbf",
]


def assert_equal(one: Ways, other: Ways) -> None:
    for name in ("way_id", "size", "node", "node_id", "xy"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert [one.tags[row] for row in one.tag_set] == [other.tags[row] for row in other.tag_set]


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_real_files_read_as_libosmium_reads_them(shared: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared / "data" / name
    assert_equal(pbf.read_ways(path), ways_by_osmium(path))
    slow = read_streets(path)
    monkeypatch.setattr(pbf, "MANY_BYTES", 0)
    quick = read_streets(path)
    for field in StreetFile.__dataclass_fields__:
        if field not in {"crs", "name", "_islands"}:
            np.testing.assert_array_equal(getattr(quick, field), getattr(slow, field), err_msg=field)


def write(path: Path, nodes: list[tuple[int, float, float]], ways: list[tuple[int, list[int], dict[str, str]]]) -> Path:
    writer = osmium.SimpleWriter(str(path), overwrite=True)
    for node, lon, lat in nodes:
        writer.add_node(osmium.osm.mutable.Node(id=node, location=(lon, lat), version=1))
    for way, refs, tags in ways:
        writer.add_way(osmium.osm.mutable.Way(id=way, nodes=refs, tags=tags, version=1))
    writer.close()
    return path


NODE = st.integers(1, 12)
TAGS = st.dictionaries(
    st.sampled_from(["highway", "route", "name", "oneway", "access", "railway", "highwa", "naïve"]),
    st.sampled_from(["residential", "ferry", "yes", "platform", "ü", "x" * 300]),
    max_size=4,
)


@given(
    st.lists(st.tuples(NODE, st.floats(-180, 180), st.floats(-90, 90)), max_size=12, unique_by=lambda node: node[0]),
    st.lists(st.tuples(st.integers(-(2**40), 2**40), st.lists(NODE, max_size=6), TAGS), max_size=12),
)
@settings(max_examples=25, deadline=None)
def test_any_file_reads_as_libosmium_reads_it(tmp_path_factory: pytest.TempPathFactory, nodes: Any, ways: Any) -> None:
    path = write(tmp_path_factory.mktemp("pbf") / "a.osm.pbf", sorted(nodes), ways)
    assert_equal(pbf.read_ways(path), ways_by_osmium(path))


def test_nodes_in_any_order_and_after_the_ways_are_found(tmp_path: Path) -> None:
    path = tmp_path / "a.osm.pbf"
    writer = osmium.SimpleWriter(str(path))
    writer.add_way(osmium.osm.mutable.Way(id=4, nodes=[30, 10, 20, 99], tags={"highway": "path"}, version=1))
    for node in (20, 30, 10):
        writer.add_node(osmium.osm.mutable.Node(id=node, location=(node / 10, 50), version=1))
    writer.close()
    found = pbf.read_ways(path)
    assert found.node_id[found.node].tolist() == [30, 10, 20, 99]
    assert found.xy[found.node, 0].tolist() == [30_000_000, 10_000_000, 20_000_000, NOWHERE]


def blob(kind: bytes, content: bytes) -> bytes:
    header = b"\x0a" + bytes([len(kind)]) + kind + b"\x18" + number(len(content))
    return struct.pack(">I", len(header)) + header + content


def number(value: int) -> bytes:
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])


def field(tag: int, content: bytes) -> bytes:
    return number(tag << 3 | 2) + number(len(content)) + content


def packed(block: bytes) -> bytes:
    return field(3, zlib.compress(block)) + b"\x10" + number(len(block))


HEADER = blob(b"OSMHeader", packed(field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes")))
TEXTS = field(1, b"".join(field(1, text) for text in (b"", b"highway", b"path")))
WAY = field(3, b"\x08\x07" + field(2, b"\x01") + field(3, b"\x02") + field(8, b"\x02\x04"))  # 7: nodes 1 and 3
PLAIN_NODES = field(1, b"\x08\x02\x40\x06\x48\x08") + field(1, b"\x08\x06\x40\x0a\x48\x0c")  # (4, 3) and (6, 5)


def test_plain_nodes_offsets_granularity_and_raw_blobs(tmp_path: Path) -> None:
    block = TEXTS + field(2, PLAIN_NODES + WAY) + number(17 << 3) + number(1000)
    block += number(19 << 3) + number(2500) + number(20 << 3) + number((1 << 64) - 9999)
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(HEADER + blob(b"OSMData", field(1, block)))
    found = pbf.read_ways(path)
    assert found.way_id.tolist() == [7]
    assert found.tags == [{"highway": "path"}]
    assert found.xy.tolist() == [[-59, 55], [-39, 75]], "cut off towards zero"
    assert_equal(found, ways_by_osmium(path))


def damaged(change: Callable[[bytes], bytes]) -> bytes:
    block = TEXTS + field(2, PLAIN_NODES + WAY)
    return HEADER + blob(b"OSMData", packed(change(block)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pbf at all",
        HEADER[:-3],
        blob(b"OSMData", packed(TEXTS)),
        blob(b"OSMHeader", packed(field(4, b"HistoricalInformation"))),
        blob(b"OSMHeader", packed(field(5, b"LocationsOnWays"))),
        HEADER + blob(b"OSMData", field(6, b"lz4")),
        HEADER + blob(b"OSMData", field(3, b"no zlib")),
        damaged(lambda block: block[:-1]),
        damaged(lambda block: block.replace(field(2, b"\x01"), field(2, b"\x09"))),
        damaged(lambda block: block + b"\xff" * 12),
        damaged(lambda block: TEXTS + field(2, field(3, b"\x10\x01"))),
        damaged(lambda block: b"\x0b" + block),
    ],
)
def test_what_is_not_read_here_is_left_to_libosmium(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(pbf.Unfamiliar):
        pbf.read_ways(path)
    monkeypatch.setattr(pbf, "MANY_BYTES", 0)
    with pytest.raises(InputError, match=r"a\.osm\.pbf"):
        read_streets(path)
