"""Reading OpenStreetMap files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import networkx
import numpy as np
import pyproj
import pytest
import shapely

from flexsite.access.measures import measure
from flexsite.access.readers.network_x import to_networkx
from flexsite.access.readers.osm import read_features, read_streets
from flexsite.access.streets.model import StreetFile
from flexsite.errors import InputError
from flexsite.layers import Layers
from flexsite.study.access import Access

from .conftest import RD, sites

Tags = Mapping[str, str]


def write_osm(
    path: Path,
    nodes: Mapping[int, tuple[float, float]],
    ways: Sequence[tuple[int, Sequence[int], Tags]],
    tagged: Mapping[int, Tags] = {},
    relations: Sequence[tuple[int, Sequence[tuple[int, str]], Tags]] = (),
    *,
    ways_first: bool = False,
) -> Path:
    """An .osm file; nodes as (x, y) in the RD system."""
    back = pyproj.Transformer.from_crs(RD, 4326, always_xy=True)

    def tag(tags: Tags) -> str:
        return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())

    points = ""
    for node, (x, y) in nodes.items():
        lon, lat = back.transform(x, y)
        points += f'<node id="{node}" lon="{lon:.7f}" lat="{lat:.7f}" version="1">{tag(tagged.get(node, {}))}</node>'
    lines = "".join(
        f'<way id="{way}" version="1">{"".join(f"<nd ref={quoteattr(str(ref))}/>" for ref in refs)}{tag(tags)}</way>'
        for way, refs, tags in ways
    )
    groups = "".join(
        f'<relation id="{row}" version="1">'
        + "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
        + f"{tag(tags)}</relation>"
        for row, members, tags in relations
    )
    body = lines + points if ways_first else points + lines
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{body}{groups}</osm>', encoding="utf-8")
    return path


HOME = (130_000.0, 480_000.0)
STREET = {"highway": "residential"}


def around(*offsets: tuple[float, float]) -> dict[int, tuple[float, float]]:
    return {row + 1: (HOME[0] + x, HOME[1] + y) for row, (x, y) in enumerate(offsets)}


def test_ways_are_cut_where_they_share_a_node(tmp_path: Path) -> None:
    nodes = around((0, 0), (50, 0), (100, 0), (150, 20), (200, 0), (100, 100))
    file = read_streets(
        write_osm(
            tmp_path / "a.osm",
            nodes,
            [(7, [1, 2, 3, 4, 5], STREET), (8, [6, 3], STREET), (9, [1, 6], {"highway": "motorway"})],
        )
    )
    streets = file.window(RD)
    assert streets.node_id.tolist() == [1, 3, 5, 6]
    ends = sorted((streets.node_id[u], streets.node_id[v]) for u, v in zip(streets.u, streets.v, strict=True))
    assert ends == [(1, 3), (1, 6), (3, 5), (6, 3)]
    assert streets.length.tolist() == pytest.approx([100, 2 * np.hypot(50, 20), 100, 100 * 2**0.5], abs=0.02)
    assert streets.way_id.tolist() == [7, 7, 8, 9]
    assert np.diff(streets.start).tolist() == [3, 3, 2, 2]
    assert streets.walk.tolist() == [True, True, True, False], "a motorway is for cars"
    assert streets.drive_backward.tolist() == [True, True, True, False]


def test_ways_that_cross_without_a_node_do_not_meet(tmp_path: Path) -> None:
    nodes = around((0, 0), (100, 0), (50, -50), (50, 50))
    streets = read_streets(
        write_osm(
            tmp_path / "a.osm", nodes, [(1, [1, 2], STREET), (2, [3, 4], {**STREET, "bridge": "yes", "layer": "1"})]
        )
    ).window(RD)
    assert len(streets.node_id) == 4
    assert set(streets.graph("walk").component.tolist()) == {0, 1}


def test_a_loop_and_a_way_that_meets_itself(tmp_path: Path) -> None:
    nodes = around((0, 0), (100, 0), (100, 100), (0, 100), (200, 200))
    loop = read_streets(write_osm(tmp_path / "a.osm", nodes, [(1, [1, 2, 3, 4, 1], STREET)])).window(RD)
    assert loop.length == pytest.approx([400], abs=0.1)
    assert loop.u.tolist() == loop.v.tolist() == [0]
    lasso = read_streets(write_osm(tmp_path / "b.osm", nodes, [(1, [5, 3, 2, 1, 4, 3], STREET)])).window(RD)
    assert lasso.node_id.tolist() == [3, 5]
    assert sorted(lasso.length) == pytest.approx([np.hypot(100, 100), 400], abs=0.1)


def test_missing_nodes_break_a_way(tmp_path: Path) -> None:
    nodes = around((0, 0), (50, 0), (100, 0), (150, 0))
    streets = read_streets(
        write_osm(tmp_path / "a.osm", nodes, [(1, [98, 1, 2, 99, 3, 4, 97], STREET), (2, [96, 4], STREET)])
    ).window(RD)
    assert streets.length == pytest.approx([50, 50], abs=0.02)


@pytest.mark.parametrize("ways_first", [True, False])
def test_files_of_editors_have_negative_ids_and_any_order(tmp_path: Path, ways_first: bool) -> None:
    nodes = {-1: HOME, -2: (HOME[0] + 30, HOME[1]), 3: (HOME[0] + 70, HOME[1])}
    streets = read_streets(
        write_osm(tmp_path / "a.osm", nodes, [(-9, [-1, -2, 3], STREET)], ways_first=ways_first)
    ).window(RD)
    assert streets.length == pytest.approx([70], abs=0.02)


def test_walkers_ignore_one_ways_and_bicycles_do_not(tmp_path: Path) -> None:
    ways = [
        (1, [1, 2], {**STREET, "oneway": "yes"}),
        (2, [2, 3], {"highway": "steps"}),
        (3, [3, 4], {"route": "ferry", "foot": "yes"}),
    ]
    streets = read_streets(write_osm(tmp_path / "a.osm", around((0, 0), (100, 0), (200, 0), (300, 0)), ways)).window(RD)
    assert streets.walk.all()
    assert streets.forward.tolist() == [True, False, False]
    assert not streets.backward.any()
    assert streets.graph("walk").doors.tolist() == [0, 1]


def test_what_a_ferry_takes_is_shared_by_length(tmp_path: Path) -> None:
    boat = {"route": "ferry", "foot": "yes", "duration": "00:40"}
    ways = [
        (1, [1, 2, 3, 4], boat),  # 100 m and 300 m: a quay half-way
        (2, [2, 5], STREET),
        (3, [4, 6], {**boat, "duration": "a while"}),
        (4, [6, 7, 99], boat),  # leaves the extract
        (5, [5, 1], {**STREET, "duration": "00:10"}),
    ]
    nodes = around((0, 0), (100, 0), (200, 0), (400, 0), (100, 50), (400, 90), (400, 200))
    file = read_streets(write_osm(tmp_path / "a.osm", nodes, ways))
    by_way = {way: file.seconds[file.way_id == way].tolist() for way in range(1, 6)}
    assert by_way[1] == pytest.approx([600, 1800], abs=0.1)
    assert np.isnan([*by_way[2], *by_way[3], *by_way[4], *by_way[5]]).all()
    assert file.ferry.tolist() == [True, True, False, True, True, False]
    streets = file.window(RD)
    plain, timed = streets.graph("walk"), streets.graph("walk", timed=True)
    assert plain is streets.graph("walk")
    assert plain.metres is streets.length
    assert timed.metres[:2] == pytest.approx([600 * 4.8 / 3.6, 1800 * 4.8 / 3.6], abs=0.2)
    np.testing.assert_array_equal(timed.metres[2:], streets.length[2:])
    assert timed.matrix[0, 1] == timed.metres[0]
    with pytest.raises(ValueError, match="drive"):
        streets.graph("drive", timed=True)


@pytest.mark.parametrize("content", ["", "no xml", "<osm version='0.6'></osm>"])
def test_a_file_without_streets_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "streets.osm"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"streets\.osm"):
        read_streets(path)


def test_features_by_tag(tmp_path: Path) -> None:
    nodes = around((0, 0), (10, 0), (10, 10), (0, 10), (50, 50), (90, 90), (4, 4), (6, 4), (6, 6), (4, 6))
    shop = {"shop": "supermarket"}
    path = write_osm(
        tmp_path / "a.osm",
        nodes,
        [
            (1, [1, 2, 3, 4, 1], {}),
            (2, [7, 8, 9, 10, 7], {}),
            (3, [1, 2, 3, 4, 1], shop),
            (4, [5, 6], {"amenity": "school"}),
            (5, [7, 8, 9, 7], {"shop": "kiosk"}),
        ],
        tagged={5: shop, 6: {"amenity": "school", "shop": "books"}},
        relations=[
            (1, [(1, "outer"), (2, "inner")], {"type": "multipolygon", **shop}),
            (2, [(4, "")], {"type": "site", **shop}),
        ],
    )
    found = read_features(path, {"shop": "supermarket"})
    assert sorted(shapely.get_type_id(found).tolist()) == [0, 3, 6]
    area = {
        kind: shapely.area(shapely.transform(found[shapely.get_type_id(found) == kind], _rd, interleaved=False))[0]
        for kind in (3, 6)
    }
    assert area == pytest.approx({3: 100, 6: 96}, abs=0.2)
    assert len(read_features(path, {"shop": ["supermarket", "kiosk"]})) == 4
    assert len(read_features(path, {"shop": True})) == 5
    assert len(read_features(path, {"shop": "kiosk", "amenity": "school"})) == 3
    with pytest.raises(InputError, match="shop=supermarkt"):
        read_features(path, {"shop": "supermarkt"})


def _rd(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return np.array(pyproj.Transformer.from_crs(4326, RD, always_xy=True).transform(lon, lat))


def test_measures_by_tag(tmp_path: Path) -> None:
    nodes = around((0, 0), (500, 0), (300, 0))
    path = write_osm(tmp_path / "a.osm", nodes, [(1, [1, 2], STREET)], tagged={3: {"shop": "supermarket"}})
    place = sites(shapely.Polygon([(100, 10), (110, 30), (90, 30)]))
    place = place.set_geometry(place.translate(*HOME))
    tag = {"osm": {"shop": "supermarket"}}
    access = Access.model_validate(
        {
            "streets": str(path),
            "measures": [
                {"id": "shop", "to": tag, "mode": "walk"},
                {"id": "crow", "to": tag, "mode": "straight"},
                {"id": "n", "count": tag, "mode": "cycle", "within": 200},
            ],
        }
    )
    found = measure(access, Layers({}, RD), place, RD).columns
    assert found.loc[0].tolist() == pytest.approx([210, np.hypot(190, 30), 0], abs=0.05)


FILES = ["osm_Helsinki-centre.osm.pbf", "osm_Liechtenstein_2022-02-23.osm.pbf", "osm_PortoAlegre.osm.pbf"]
LOCAL = {"Helsinki": 3067, "Liechtenstein": 32632, "PortoAlegre": 31982}


def real(shared: Path, name: str) -> tuple[StreetFile, pyproj.CRS]:
    return read_streets(shared / "data" / name), pyproj.CRS.from_epsg(
        next(code for town, code in LOCAL.items() if town in name)
    )


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_real_streets(shared: Path, name: str) -> None:
    file, crs = real(shared, name)
    streets = file.window(crs)
    assert len(streets) > 1000
    np.testing.assert_allclose(shapely.length(streets.lines), streets.length, rtol=1e-12)
    used = np.bincount(np.concatenate([streets.u, streets.v]))
    assert used.min() > 0
    largest = np.bincount(streets.graph("walk").component).max() / len(used)
    assert largest > 0.8, "one network, not islands"
    steps = streets.highway == "steps"
    assert steps.any()
    assert streets.walk[steps].mean() > 0.9
    assert streets.forward[steps].mean() < 0.2
    part = file.window(
        crs, tuple(np.quantile(streets.node_xy, 0.4, axis=0)) + tuple(np.quantile(streets.node_xy, 0.6, axis=0))
    )
    assert 0 < len(part) < len(streets)
    np.testing.assert_array_equal(part.length, streets.length[part.edge_id])


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("mode", ["walk", "cycle"])
def test_real_distances_are_those_of_networkx(shared: Path, name: str, mode: str) -> None:
    from flexsite.access.entering.entrances import Barriers, place_entrances
    from flexsite.access.reach.distance import nearest

    file, crs = real(shared, name)
    streets = file.window(crs)
    graph = streets.graph(mode)  # type: ignore[arg-type]
    random = np.random.default_rng(5)
    chosen = streets.node_xy[random.integers(len(streets.node_id), size=40)] + random.normal(0, 30, (40, 2))
    nothing = Barriers(np.empty(0, dtype=object))
    here = place_entrances(graph, shapely.points(chosen), max_snap=100, barriers=nothing)
    back = networkx.MultiDiGraph()
    back.add_nodes_from(streets.node_id.tolist())
    back.add_edges_from((v, u, data) for u, v, data in to_networkx(streets).edges(data=True) if data[mode])
    ids = streets.node_id
    compared = 0
    for place in range(36, 40):
        goal = here.take(here.owner == place)
        found = nearest(graph, here, goal, 40)
        if not len(goal):
            assert np.isnan(found).all()
            continue
        edge = int(goal.edge[0])
        reach = [
            (streets.u[edge], goal.offset[0], graph.along[edge]),
            (streets.v[edge], streets.length[edge] - goal.offset[0], graph.against[edge]),
        ]
        tables = [
            (networkx.single_source_dijkstra_path_length(back, ids[node], weight="length"), metres)
            for node, metres, allowed in reach
            if allowed
        ]
        for row in range(len(here)):
            start = int(here.edge[row])
            if start == edge:
                continue
            leave = [
                (streets.u[start], here.offset[row], graph.against[start]),
                (streets.v[start], streets.length[start] - here.offset[row], graph.along[start]),
            ]
            ways = [
                table.get(ids[node], np.inf) + metres + ahead
                for node, ahead, allowed in leave
                if allowed
                for table, metres in tables
            ]
            expected = min(ways) + here.leg[row] + goal.leg[0]
            assert found[here.owner[row]] == pytest.approx(expected, abs=1e-6) or (
                np.isinf(expected) and np.isnan(found[here.owner[row]])
            )
            compared += 1
    assert compared > 40


@pytest.mark.shared
def test_liechtenstein_supermarkets(shared: Path) -> None:
    path = shared / "data" / FILES[1]
    file, crs = real(shared, FILES[1])
    streets = file.window(crs)
    random = np.random.default_rng(3)
    corner = streets.node_xy[random.integers(len(streets.node_id), size=300)] + random.normal(0, 40, (300, 2))
    corner[-3:] += 30_000  # far from every street
    where = sites(*(shapely.box(x, y, x + 40, y + 60) for x, y in corner)).set_crs(crs, allow_override=True)
    access = Access.model_validate(
        {
            "streets": str(path),
            "measures": [
                {"id": "shop", "to": {"osm": {"shop": "supermarket"}}, "mode": "walk"},
                {"id": "crow", "to": {"osm": {"shop": "supermarket"}}, "mode": "straight"},
                {"id": "stops", "count": {"osm": {"highway": "bus_stop"}}, "mode": "walk", "within": 600.0},
                {"id": "near", "count": {"osm": {"highway": "bus_stop"}}, "mode": "straight", "within": 600.0},
            ],
        }
    )
    found = measure(access, Layers({}, crs), where, crs)
    table = found.columns
    assert found.no_access[-3:].all()
    assert table["shop_m"][-3:].isna().all()
    assert table["crow_m"].notna().all()
    known = table["shop_m"].notna()
    assert known.sum() > 250
    assert (table["shop_m"][known] >= table["crow_m"][known] - 1e-6).all()
    both = table["stops_n"].notna()
    assert (table["stops_n"][both] <= table["near_n"][both]).all()
    assert table["stops_n"].sum() > 300
