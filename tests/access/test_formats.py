"""GraphML, tables and networkx graphs: the same streets in another form."""

from __future__ import annotations

from pathlib import Path

import geopandas
import networkx
import numpy as np
import osmnx
import pyproj
import pytest
import shapely

from flexsite.access.network import open_streets
from flexsite.access.reach.distance import nearest
from flexsite.access.readers.graphml import read_graphml
from flexsite.access.readers.network_x import from_networkx, to_networkx
from flexsite.access.readers.osm import read_streets
from flexsite.access.readers.tables import read_tables
from flexsite.access.streets.model import MODES, NetworkMode, Streets
from flexsite.errors import InputError
from flexsite.study.access import StreetsSource

from .conftest import RD, street_file
from .test_distance import doors
from .test_osm import STREET, around, write_osm

CRS_KEY = "<key id='c' for='graph' attr.name='crs'/><graph edgedefault='directed'><data key='c'>EPSG:28992</data>"
MIXED = street_file(
    [
        ([(0, 0), (100, 0)], "wfbdr"),
        ([(100, 0), (200, 50), (300, 0)], "wfr"),
        ([(300, 0), (300, 200), (0, 0)], "wb"),
        ([(100, 0), (100, 80)], "w"),
        ([(300, 0), (400, 0)], "fd"),
        ([(0, 0), (-50, 0), (-50, 50), (0, 0)], "wfd"),
        ([(400, 0), (400, 400)], "wfbFdr", 754.25),
        ([(400, 0), (500, 400)], "wF"),
        ([(100, 80), (300, 200)], "dr"),
        ([(300, 200), (300, 0)], "r"),
        ([(0, 0), (100, 0)], "w"),
    ]
)
SAME_LINE = len(MIXED) - 1  # a second street on the first's line says nothing new


def junction_distances(streets: Streets, mode: NetworkMode) -> dict[tuple[object, object], float]:
    """Metres between all junctions, by their ids."""
    from scipy.sparse.csgraph import dijkstra

    table = dijkstra(streets.graph(mode).matrix)
    ids = streets.node_id.tolist()
    return {(ids[u], ids[v]): table[u, v] for u in range(len(ids)) for v in range(len(ids))}


def assert_same(one: Streets, other: Streets, tolerance: float = 1e-9) -> None:
    for mode in MODES:
        first, second = junction_distances(one, mode), junction_distances(other, mode)
        assert first.keys() == second.keys()
        for pair, metres in first.items():
            assert second[pair] == pytest.approx(metres, abs=tolerance), (mode, pair)


def test_to_networkx_is_in_osmnx_form() -> None:
    graph = to_networkx(MIXED.window(RD))
    assert graph.is_multigraph()
    assert graph.is_directed()
    assert pyproj.CRS.from_user_input(graph.graph["crs"]).equals(RD)
    nodes, edges = osmnx.convert.graph_to_gdfs(graph)
    assert {"x", "y"} <= set(nodes.columns)
    assert {"osmid", "length", "geometry", "oneway", "highway", "reversed", "walk", "cycle", "drive"} <= set(
        edges.columns
    )
    np.testing.assert_allclose(edges.length, edges["length"])
    for (u, v, _), edge in edges.iterrows():
        assert edge.geometry.coords[0] == (nodes.loc[u, "x"], nodes.loc[u, "y"])
        assert edge.geometry.coords[-1] == (nodes.loc[v, "x"], nodes.loc[v, "y"])


def test_networkx_there_and_back() -> None:
    streets = MIXED.window(RD)
    back = from_networkx(to_networkx(streets)).window(RD)
    assert_same(streets, back)

    def what(one: Streets) -> set:
        return {
            (tuple(sorted([line.wkt, line.reverse().wkt])), *flags)
            for line, *flags in zip(
                one.lines, one.walk, one.ferry, one.way_id, one.highway, np.nan_to_num(one.seconds, nan=-1), strict=True
            )
        }

    distinct = what(streets) - {row for row in what(streets) if row[3] == SAME_LINE}
    assert what(back) == distinct


def test_networkx_agrees_with_its_own_shortest_paths() -> None:
    streets = MIXED.window(RD)
    graph = to_networkx(streets)
    for mode in MODES:
        view = networkx.subgraph_view(graph, filter_edge=lambda u, v, k, mode=mode: graph.edges[u, v, k][mode])
        for (u, v), metres in junction_distances(streets, mode).items():
            expected = (
                networkx.shortest_path_length(view, u, v, weight="length") if networkx.has_path(view, u, v) else np.inf
            )
            assert metres == pytest.approx(expected, abs=1e-9)


def test_what_is_closed_and_how_long_boats_take_survive_the_way_there_and_back() -> None:
    closed = np.zeros(len(MIXED), bool)
    closed[[0, SAME_LINE, 4]] = True
    rest = MIXED.without(closed)
    back = from_networkx(to_networkx(rest.window(RD))).window(RD)
    assert_same(rest.window(RD), back)
    assert len(back) == len(MIXED) - 3
    here, there = rest.window(RD).graph("walk", timed=True).matrix, back.graph("walk", timed=True).matrix
    assert sorted(here.data) == pytest.approx(sorted(there.data))
    assert np.isclose(here.data, 754.25 * 4.8 / 3.6).any()


def test_a_ferry_of_another_graph_takes_what_its_tag_says() -> None:
    boat = {"route": "ferry", "foot": "yes", "motor_vehicle": "yes", "duration": "00:20"}
    streets = directed(("a", "b", boat), ("b", "a", boat), ("b", "c", {"duration": "00:20"}))
    assert streets.seconds.tolist()[0] == 1200
    assert np.isnan(streets.seconds[1]), "no boat"
    assert streets.ferry.tolist() == [True, False]
    assert streets.drive_backward.tolist() == [True, False]


def test_the_graph_given_is_not_changed() -> None:
    graph = networkx.MultiDiGraph(crs="EPSG:28992")
    graph.add_node("a", x=0, y=0)
    graph.add_node(("b", 1), x=30, y=40)
    graph.add_edge("a", ("b", 1), highway="residential", oneway=True)
    before = networkx.to_dict_of_dicts(graph)
    streets = from_networkx(graph).window(RD)
    assert networkx.to_dict_of_dicts(graph) == before
    assert streets.length.tolist() == [50]
    assert (streets.walk.tolist(), streets.forward.tolist(), streets.backward.tolist()) == ([True], [True], [False])


def directed(*edges: tuple[str, str, dict]) -> Streets:
    graph = networkx.MultiDiGraph(crs="EPSG:28992")
    for name, (x, y) in {"a": (0, 0), "b": (100, 0), "c": (100, 100)}.items():
        graph.add_node(name, x=x, y=y)
    graph.add_edges_from(edges)
    return from_networkx(graph).window(RD)


def test_opposite_edges_are_one_street() -> None:
    two_way = directed(("a", "b", {}), ("b", "a", {}), ("b", "c", {"oneway": True}))
    assert len(two_way) == 2
    assert two_way.forward.tolist() == [True, True]
    assert two_way.backward.tolist() == [True, False]
    assert two_way.walk.all()
    bent = shapely.LineString([(0, 0), (50, 50), (100, 0)])
    parallel = directed(("a", "b", {"geometry": bent}), ("b", "a", {}), ("a", "b", {"geometry": bent}))
    assert len(parallel) == 2
    assert not (parallel.forward & parallel.backward).any()
    drawn_once = directed(("a", "b", {"geometry": bent}), ("b", "a", {"geometry": bent}))
    assert (len(drawn_once), drawn_once.backward.tolist()) == (1, [True])


def test_tags_of_a_graph_count() -> None:
    streets = directed(
        ("a", "b", {"highway": ["residential", "steps"]}),
        ("b", "c", {"highway": "motorway"}),
        ("c", "a", {"oneway": True, "oneway:bicycle": "no"}),
    )
    assert streets.walk.tolist() == [True, False, True]
    assert streets.forward.tolist() == [False, False, True]
    assert streets.backward.tolist() == [False, False, True]
    assert streets.drive_forward.tolist() == [False, True, True]
    assert not streets.drive_backward.any()


def osmnx_town(tmp_path: Path) -> tuple[Path, Path]:
    """One small town as .osm and as osmnx writes it in .graphml."""
    nodes = around((0, 0), (100, 5), (200, -10), (200, 120), (90, 130), (0, 110), (300, 0), (150, 60))
    ways = [
        (1, [1, 2, 3], STREET),
        (2, [3, 8, 4], {"highway": "tertiary", "oneway": "yes"}),
        (3, [4, 5, 6, 1], {"highway": "residential", "oneway": "-1"}),
        (4, [3, 7], {"highway": "service"}),
        (5, [2, 5], {"highway": "cycleway"}),
        (6, [7, 4], {"highway": "motorway", "oneway": "yes"}),
    ]
    path = write_osm(tmp_path / "town.osm", nodes, ways)
    graph = osmnx.graph_from_xml(path, retain_all=True, simplify=True)
    osmnx.save_graphml(graph, tmp_path / "town.graphml")
    return path, tmp_path / "town.graphml"


def test_graphml_by_osmnx_gives_the_streets_of_the_osm_file(tmp_path: Path) -> None:
    path, written = osmnx_town(tmp_path)
    assert_same(read_graphml(written).window(RD), read_streets(path).window(RD), tolerance=1e-6)


def test_graphml_again_after_projection(tmp_path: Path) -> None:
    path, written = osmnx_town(tmp_path)
    graph = osmnx.project_graph(osmnx.load_graphml(written), to_crs="EPSG:25831")
    osmnx.save_graphml(graph, tmp_path / "utm.graphml")
    assert_same(read_graphml(tmp_path / "utm.graphml").window(RD), read_streets(path).window(RD), tolerance=1e-4)


def test_our_own_graph_as_graphml(tmp_path: Path) -> None:
    streets = MIXED.window(RD)
    osmnx.save_graphml(to_networkx(streets), tmp_path / "own.graphml")
    assert_same(read_graphml(tmp_path / "own.graphml").window(RD), streets)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<graphml><graph edgedefault='directed'><node id='1'/></graph></graphml>", "no x and y"),
        ("<graphml><graph edgedefault='directed'/></graphml>", "crs"),
        ("<graphml><graph", "no valid GraphML"),
        ("<graphml>" + CRS_KEY + "<edge source='1' target='2'/></graph></graphml>", "not among the nodes"),
        ("<graphml>" + CRS_KEY + "</graph></graphml>", "no street"),
    ],
)
def test_bad_graphml_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "bad.graphml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        read_graphml(path)
    assert "bad.graphml" in str(caught.value)


def test_tables_by_osmnx(tmp_path: Path) -> None:
    path, written = osmnx_town(tmp_path)
    osmnx.save_graph_geopackage(osmnx.load_graphml(written), tmp_path / "town.gpkg", directed=True)
    both = tmp_path / "town.gpkg"
    assert_same(read_tables(both, both).window(RD), read_streets(path).window(RD), tolerance=1e-6)
    source = StreetsSource(nodes=both, edges=both)
    assert len(open_streets(source)) == len(read_tables(both, both))


def test_tables_without_columns_meet_at_their_ends(tmp_path: Path) -> None:
    streets = MIXED.window(RD)
    geopandas.GeoDataFrame(geometry=list(streets.lines), crs=RD).to_file(tmp_path / "edges.gpkg")
    geopandas.GeoDataFrame(geometry=list(shapely.points(streets.node_xy)), crs=RD).to_file(tmp_path / "nodes.gpkg")
    found = read_tables(tmp_path / "nodes.gpkg", tmp_path / "edges.gpkg").window(RD)
    assert len(found.node_id) == len(streets.node_id)
    assert found.forward.all()
    assert found.backward.all()
    assert nearest(found.graph("cycle"), doors((0, 0, 10, 0)), doors((0, 0, 40, 0)), 1).tolist() == [30]


def test_tables_that_are_no_tables(tmp_path: Path) -> None:
    geopandas.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=RD).to_file(tmp_path / "nodes.gpkg")
    with pytest.raises(InputError, match="not all edges are lines"):
        read_tables(tmp_path / "nodes.gpkg", tmp_path / "nodes.gpkg")
    with pytest.raises(InputError, match=r"no\.gpkg"):
        read_tables(tmp_path / "no.gpkg", tmp_path / "no.gpkg")


@pytest.mark.shared
def test_wageningen_tables(shared: Path, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(shared / "data" / "osm_straten_Wageningen_nodes-edges_shp.zip") as archive:
        archive.extractall(tmp_path)  # our own file
    nodes, edges = next(tmp_path.rglob("nodes.shp")), next(tmp_path.rglob("edges.shp"))
    streets = read_tables(nodes, edges).window(RD)
    assert len(streets) > 5000
    assert np.bincount(streets.graph("walk").component).max() / len(streets.node_id) > 0.9
    np.testing.assert_allclose(shapely.length(streets.lines), streets.length, rtol=1e-12)


def test_unknown_formats_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not there.*check access\.streets"):
        open_streets(StreetsSource(path=tmp_path / "gone.osm.pbf"))
    (tmp_path / "streets.docx").write_text("")
    with pytest.raises(InputError, match=r"streets\.docx.*\.graphml"):
        open_streets(StreetsSource(path=tmp_path / "streets.docx"))
