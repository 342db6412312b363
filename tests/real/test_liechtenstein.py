"""Liechtenstein from one OpenStreetMap extract: ground against an overlay, distances against networkx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

import flexsite

from .conftest import cut

pytestmark = pytest.mark.shared
LV95 = "EPSG:2056"
FILE = "osm_Liechtenstein_2022-02-23.osm.pbf"
OPEN = ("brownfield", "construction", "farmland", "grass", "greenfield", "meadow")


@pytest.fixture(scope="module")
def polygons(data: Path) -> gpd.GeoDataFrame:
    frame = gpd.read_file(data / FILE, layer="multipolygons").to_crs(LV95)
    return frame.assign(geometry=frame.geometry.make_valid())


@pytest.fixture(scope="module")
def ground(polygons: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Open ground in the country, with ids made of osm_id and osm_way_id."""
    country = polygons[(polygons["boundary"] == "administrative") & (polygons["admin_level"] == "2")].geometry.iloc[0]
    frame = polygons[polygons["landuse"].isin(OPEN)]
    frame = frame[shapely.intersects(shapely.point_on_surface(frame.geometry.to_numpy()), country)]
    return frame.assign(id=("r" + frame["osm_id"]).fillna("w" + frame["osm_way_id"]))


def rows(result: flexsite.Result) -> pd.DataFrame:
    return result.waterfall[result.waterfall["stage"] == "availability"].set_index("rule")


class TestGround:
    """Candidates, what is taken from them, and whose they are."""

    def test_candidates_are_the_open_ground_under_unique_ids(
        self, liechtenstein: flexsite.Result, ground: gpd.GeoDataFrame
    ) -> None:
        assert ground["id"].is_unique and set(ground["id"].str[0]) == {"r", "w"}
        assert set(liechtenstein.plots["candidate_id"]) == set(ground["id"])
        assert rows(liechtenstein).loc["start", "area_ha"] == pytest.approx(ground.area.sum() / 1e4, abs=0.01)

    def test_buildings_and_reserves_take_what_an_overlay_finds(
        self, liechtenstein: flexsite.Result, polygons: gpd.GeoDataFrame, ground: gpd.GeoDataFrame
    ) -> None:
        built = polygons[polygons["building"].notna()].buffer(5, quad_segs=16)
        reserve = (polygons["boundary"] == "protected_area") | (polygons["leisure"] == "nature_reserve")
        candidates = ground.geometry.to_numpy()
        without = cut(candidates, built)
        left = cut(without, polygons.geometry[reserve])
        found = rows(liechtenstein)
        expected = (shapely.area(candidates) - shapely.area(without)).sum() / 1e4
        assert found.loc["built", "removed_ha"] == pytest.approx(expected, abs=0.01)
        expected = (shapely.area(without) - shapely.area(left)).sum() / 1e4
        assert found.loc["protected", "removed_ha"] == pytest.approx(expected, abs=0.01)
        parts = pd.Series(shapely.get_parts(left))
        kept = [part for part in parts if part.area >= 2500 and not part.buffer(-10).is_empty]
        assert len(liechtenstein.sites) == len(kept)
        assert liechtenstein.sites["area_m2"].sum() == pytest.approx(sum(part.area for part in kept), abs=10)

    def test_overlapping_ground_is_warned_of(self, liechtenstein: flexsite.Result) -> None:
        assert any("candidates overlap" in text for text in liechtenstein.warnings)

    def test_all_eleven_municipalities_are_found(self, liechtenstein: flexsite.Result) -> None:
        assert len(set(liechtenstein.sites["municipality"])) == 11


class Streets:
    """Segments between neighbouring nodes, in a networkx graph; positions anywhere on them."""

    def __init__(self, file: Path) -> None:
        import osmium

        from flexsite.access.readers.tags import permission

        ways: Any = osmium.FileProcessor(str(file), osmium.osm.NODE | osmium.osm.WAY).with_locations()
        pairs, places = [], {}
        for way in ways:
            if not way.is_way() or not permission(dict(way.tags))[0]:
                continue
            nodes = [node for node in way.nodes if node.location.valid()]
            places.update({node.ref: (node.lon, node.lat) for node in nodes})
            pairs += list(zip([node.ref for node in nodes[:-1]], [node.ref for node in nodes[1:]], strict=True))
        number = {ref: row for row, ref in enumerate(places)}
        lonlat = np.array(list(places.values()))
        to_metres = pyproj.Transformer.from_crs(4326, LV95, always_xy=True)
        self.xy = np.column_stack(to_metres.transform(lonlat[:, 0], lonlat[:, 1]))
        self.ends = np.array([(number[a], number[b]) for a, b in pairs if a != b])
        self.lines = shapely.linestrings(self.xy[self.ends])
        self.tree = shapely.STRtree(self.lines)
        self.graph = nx.Graph()
        for (u, v), metres in zip(self.ends.tolist(), shapely.length(self.lines).tolist(), strict=True):
            self.graph.add_edge(u, v, metres=metres)

    def enter(self, geometry: Any) -> tuple[int, float, float]:
        """Segment nearest to a geometry, metres along it, and the straight leg."""
        segment = int(self.tree.query_nearest(geometry, all_matches=False)[0])
        line = self.lines[segment]
        point = shapely.shortest_line(line, geometry).coords[0]
        return segment, float(line.project(shapely.Point(point))), float(line.distance(geometry))

    def distances(self, places: list[Any]) -> dict[int, float]:
        """Metres from each node to the nearest place, straight legs included."""
        for place in places:
            segment, along, leg = self.enter(place)
            u, v = self.ends[segment].tolist()
            for node, metres in ((u, along), (v, self.lines[segment].length - along)):
                known = self.graph.get_edge_data("places", node, {"metres": np.inf})["metres"]
                self.graph.add_edge("places", node, metres=min(known, leg + metres))
        return dict(nx.single_source_dijkstra_path_length(self.graph, "places", weight="metres"))


@pytest.fixture(scope="module")
def supermarkets(data: Path, polygons: gpd.GeoDataFrame) -> list[Any]:
    points = gpd.read_file(data / FILE, layer="points").to_crs(LV95)
    tagged = points["other_tags"].fillna("").str.contains('"shop"=>"supermarket"', regex=False)
    in_tags = polygons["other_tags"].fillna("").str.contains('"shop"=>"supermarket"', regex=False)
    areas = polygons[(polygons["shop"] == "supermarket") | in_tags]
    return [*points[tagged].geometry, *areas.geometry]


class TestDistances:
    """To the supermarket, on foot and as the crow flies."""

    def test_straight_distances_equal_those_of_shapely(
        self, liechtenstein: flexsite.Result, supermarkets: list[Any]
    ) -> None:
        assert len(supermarkets) == 14
        sites = liechtenstein.sites
        expected = np.min([shapely.distance(sites.geometry.to_numpy(), place) for place in supermarkets], axis=0)
        np.testing.assert_allclose(sites["supermarket_crow_m"], expected, atol=1e-3)

    def test_walking_equals_networkx_where_a_site_has_one_entrance(
        self, liechtenstein: flexsite.Result, data: Path, ground: gpd.GeoDataFrame, supermarkets: list[Any]
    ) -> None:
        from flexsite.access.measures import measure
        from flexsite.layers import Layers

        outside = ground[~ground.intersects(shapely.union_all(supermarkets))]
        small, large = outside[outside.length < 100].iloc[::2], outside[outside.length > 400].iloc[::15]
        sample = pd.concat([small, large], ignore_index=True)[["id", "geometry"]].rename(columns={"id": "site_id"})
        access = liechtenstein.study.access
        measures = [one for one in access.measures if one.id == "supermarket"]
        access = access.model_copy(update={"measures": measures, "barriers": []})
        layers = Layers(liechtenstein.study.layers, pyproj.CRS(LV95))
        found = measure(access, layers, sample, pyproj.CRS(LV95)).columns["supermarket_m"].to_numpy()

        streets = Streets(data / FILE)
        to_node = streets.distances(supermarkets)
        expected, legs = np.full(len(sample), np.nan), np.zeros(len(sample))
        for row, geometry in enumerate(sample.geometry):
            segment, along, leg = streets.enter(geometry)
            legs[row] = leg
            u, v = streets.ends[segment].tolist()
            back = streets.lines[segment].length - along
            rest = min(to_node.get(u, np.inf) + along, to_node.get(v, np.inf) + back)
            if leg <= 100 and np.isfinite(rest):
                expected[row] = leg + rest
        count = len(small)
        assert np.isfinite(expected[:count]).sum() >= 40
        np.testing.assert_allclose(found[:count], expected[:count], atol=0.01)
        # A longer boundary has more entrances, of which the best wins; with a street inside, none is the nearest.
        single = np.isfinite(expected) & (legs > 0.5) & (np.arange(len(sample)) >= count)
        assert single.sum() >= 20 and (found[single] <= expected[single] + 0.01).all()
        assert (found[single] < expected[single] - 1).sum() >= 5

    def test_nobody_walks_shorter_than_the_crow_flies(self, liechtenstein: flexsite.Result) -> None:
        sites = liechtenstein.sites
        for name in ("supermarket", "stop"):
            walked = sites[f"{name}_m"].notna()
            assert (sites[f"{name}_m"] >= sites[f"{name}_crow_m"] - 0.01)[walked].all()
            assert sites.loc[walked, f"{name}_m"].median() > 1.2 * sites.loc[walked, f"{name}_crow_m"].median()

    def test_what_cannot_be_reached_is_empty_and_marked(self, liechtenstein: flexsite.Result) -> None:
        sites = liechtenstein.sites
        assert ((sites["marks"] == "no_access") == sites["supermarket_m"].isna()).all()
        assert (sites["marks"] == "no_access").sum() == 6
        judged = liechtenstein.suitability.query("profile == 'near_shops'").set_index("site_id")
        failed = judged.loc[sites.loc[sites["supermarket_m"].isna(), "site_id"], "failed"]
        assert set(failed) == {"unknown:stop;unknown:supermarket"}

    def test_asking_the_street_costs_sites(self, liechtenstein: flexsite.Result) -> None:
        judged = liechtenstein.suitability[liechtenstein.suitability["suitable"]]
        walk = set(judged.loc[judged["profile"] == "near_shops", "site_id"])
        crow = set(judged.loc[judged["profile"] == "near_shops_crow", "site_id"])
        assert walk < crow and len(crow) > 1.3 * len(walk)
