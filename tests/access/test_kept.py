"""Street files that are read once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import geopandas
import numpy as np
import osmnx
import pytest
import shapely

from flexsite.access.network import open_streets
from flexsite.access.readers.network_x import to_networkx
from flexsite.access.readers.osm import read_features
from flexsite.access.streets import kept
from flexsite.access.streets.kept import kept_features, kept_streets, kept_way_ids, read_streets
from flexsite.access.streets.model import ARRAYS, MODES, StreetFile
from flexsite.cache import Cache
from flexsite.errors import InputError
from flexsite.study.access import StreetsSource

from .conftest import RD
from .test_formats import MIXED
from .test_osm import STREET, around, write_osm

NODES = around((0, 0), (100, 0), (200, 0), (200, 90), (300, 0))
WAYS = [
    (1, [1, 2, 3], {**STREET, "oneway": "yes"}),
    (2, [3, 4], {"highway": "path", "tunnel": "yes"}),
    (3, [3, 5], {"route": "ferry", "foot": "yes", "motor_vehicle": "yes", "duration": "00:12"}),
]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache(tmp_path / "cache") as cache:
        yield cache


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_osm(tmp_path / "town.osm", NODES, WAYS, tagged={2: {"shop": "supermarket"}, 5: {"shop": "books"}})


def assert_same(one: StreetFile, other: StreetFile) -> None:
    assert one.name == other.name
    assert one.crs.equals(other.crs)
    assert one.node_id.tolist() == other.node_id.tolist()
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    np.testing.assert_array_equal(one.boxes, other.boxes)
    for mode in MODES:
        np.testing.assert_array_equal(one.islands(mode).small, other.islands(mode).small)
        assert one.islands(mode).counts() == other.islands(mode).counts()
        first, second = (file.window(RD).graph(mode).matrix for file in (one, other))
        assert (first != second).nnz == 0


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("read again")

    for name in ("read_streets", "read_features", "read_selections", "way_ids_with"):
        monkeypatch.setattr(kept.osm, name, refuse)
    monkeypatch.setattr(kept.tables, "read_tables", refuse)
    monkeypatch.setattr(kept.graphml, "read_graphml", refuse)


def test_streets_are_read_once_and_come_back_as_they_were(
    path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = kept_streets([path])
    assert_same(kept_streets([path], cache), plain)
    forbid(monkeypatch)
    again = kept_streets([path], cache)
    assert_same(again, plain)
    assert again.seconds[again.ferry].tolist() == [720]
    assert isinstance(again.coords.base, np.memmap), "mapped, not loaded"
    assert_same(open_streets(StreetsSource(path=path), cache), plain)


def test_another_content_is_another_entry(path: Path, cache: Cache) -> None:
    first = kept_streets([path], cache)
    write_osm(path, NODES, WAYS[:1])
    os.utime(path, ns=(1, 1))  # older: the content counts
    assert len(kept_streets([path], cache)) < len(first)


def test_other_formats_too(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = to_networkx(MIXED.window(RD))
    osmnx.save_graphml(graph, tmp_path / "own.graphml")
    text = (tmp_path / "own.graphml").read_text(encoding="utf-8").replace('"100"', '"west"')
    (tmp_path / "words.graphml").write_text(text, encoding="utf-8")
    nodes, edges = osmnx.graph_to_gdfs(graph)
    for name, frame in (("nodes", nodes), ("edges", edges)):
        geopandas.GeoDataFrame(frame.reset_index()).to_file(tmp_path / f"{name}.shp", engine="pyogrio")
    sources = [
        [tmp_path / "own.graphml"],
        [tmp_path / "words.graphml"],
        [tmp_path / "nodes.shp", tmp_path / "edges.shp"],
    ]
    plain = [read_streets(paths) for paths in sources]
    for paths in sources:
        kept_streets(paths, cache)
    assert {type(one) for one in plain[1].node_id.tolist()} == {int, str}
    with pytest.MonkeyPatch.context() as patch:
        forbid(patch)
        for paths, expected in zip(sources, plain, strict=True):
            assert_same(kept_streets(paths, cache), expected)
    attributes = tmp_path / "edges.dbf"
    attributes.write_bytes(attributes.read_bytes() + b" ")
    forbid(monkeypatch)
    with pytest.raises(AssertionError, match="read again"):
        kept_streets(sources[2], cache)


def test_features_and_way_ids(path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    shops = {"shop": ["supermarket", "books"]}
    plain = read_features(path, shops)
    assert shapely.equals_exact(kept_features(path, shops, cache), plain).all()
    assert kept_way_ids(path, {"tunnel": True}, cache).tolist() == kept_way_ids(path, {"tunnel": True}).tolist() == [2]
    assert kept_way_ids(path, {"tunnel": "no"}, cache).tolist() == []
    with pytest.raises(InputError, match="shop=kiosk"):
        kept_features(path, {"shop": "kiosk"}, cache)
    forbid(monkeypatch)
    found = kept_features(path, {"shop": ("supermarket", "books")}, cache)
    assert shapely.equals_exact(found, plain).all()
    assert len(found) == 2
    assert kept_way_ids(path, {"tunnel": True}, cache).tolist() == [2]


def test_what_will_be_asked_for_is_found_in_one_pass(path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    books, market, none = {"shop": "books"}, {"shop": "supermarket"}, {"shop": "kiosk"}
    plain = [read_features(path, one) for one in (books, market)]
    assert shapely.equals_exact(kept_features(path, books, cache, also=[market, none, books]), plain[0]).all()
    with pytest.raises(InputError, match="shop=kiosk"):
        kept_features(path, none, cache)
    forbid(monkeypatch)
    assert shapely.equals_exact(kept_features(path, market, cache, also=[books]), plain[1]).all()
    assert len(plain[0]) == len(plain[1]) == 1


def test_a_missing_file_is_told(tmp_path: Path, cache: Cache) -> None:
    with pytest.raises(InputError, match=r"gone\.osm.*check the path"):
        kept_streets([tmp_path / "gone.osm"], cache)
    with pytest.raises(InputError, match=r"gone\.osm.*check the path"):
        kept_features(tmp_path / "gone.osm", {"shop": True}, cache)


@pytest.mark.shared
def test_a_real_file(shared: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared / "data" / "osm_Helsinki-centre.osm.pbf"
    plain, schools = read_streets([path]), read_features(path, {"amenity": "school"})
    kept_streets([path], cache)
    kept_features(path, {"amenity": "school"}, cache)
    forbid(monkeypatch)
    assert_same(kept_streets([path], cache), plain)
    assert shapely.equals_exact(kept_features(path, {"amenity": "school"}, cache), schools).all()
