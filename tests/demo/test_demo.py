"""The invented region: the same every time, an exact tiling, and fit for every room of flexsite."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import rasterio.features
import shapely

import flexsite
from flexsite.demo import places
from flexsite.demo.frame import ORIGIN, SIZE
from flexsite.demo.writing import write_region, write_vectors

OWNERS = {"gemeente", "corporatie", "particulier", "bedrijf", "rijk", "provincie", "waterschap", "natuurorganisatie"}
IMRO = {
    "agrarisch", "agrarisch met waarden", "bedrijf", "bedrijventerrein", "bos", "centrum", "cultuur en ontspanning",
    "detailhandel", "dienstverlening", "gemengd", "groen", "horeca", "kantoor", "maatschappelijk", "natuur", "overig",
    "recreatie", "sport", "tuin", "verkeer", "water", "wonen", "woongebied",
}  # fmt: skip
STATUS = {"1A", "1B", "1C", "2A", "2B", "2C", "3", "4A", "4B", "5A", "5B"}
Network = tuple[dict[int, tuple[float, float]], list[tuple[list[int], dict[str, str]]], list[dict[str, str]]]


@pytest.fixture(scope="session")
def twice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The region, written by this process and at the same time by another with other hashes and another time zone."""
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    code = "import sys; from pathlib import Path; from flexsite.demo import write; write(Path(sys.argv[1]))"
    environment = {**os.environ, "PYTHONHASHSEED": "123", "TZ": "Asia/Tokyo"}
    environment["PYTHONPATH"] = str(Path(flexsite.__file__).parent.parent)
    other = subprocess.Popen([sys.executable, "-c", code, str(second)], env=environment)
    # asked for here and not as an argument, so that both processes work at the same time
    assert write_region(request.getfixturevalue("region"), first) == first / "study.yaml"
    assert other.wait(timeout=300) == 0
    return first, second


@pytest.fixture(scope="session")
def inputs(twice: tuple[Path, Path]) -> Path:
    return twice[0] / "input"


@pytest.fixture(scope="session")
def parcels(inputs: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(inputs / "parcels.gpkg")


@pytest.fixture(scope="session")
def network(inputs: Path) -> Network:
    import osmium

    nodes: dict[int, tuple[float, float]] = {}
    ways: list[tuple[list[int], dict[str, str]]] = []
    tagged: list[dict[str, str]] = []
    for item in osmium.FileProcessor(str(inputs / "streets.osm.pbf")):
        tags = {tag.k: tag.v for tag in item.tags}
        if item.is_node():
            nodes[item.id] = (item.location.lon, item.location.lat)
            if tags:
                tagged.append(tags)
        elif item.is_way():
            ways.append(([node.ref for node in item.nodes], tags))
    return nodes, ways, tagged


def layers(folder: Path) -> list[tuple[Path, str]]:
    return [(path, str(name)) for path in sorted(folder.glob("*.gpkg")) for name, _ in pyogrio.list_layers(path)]


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_writes_give_the_same_bytes(twice: tuple[Path, Path]) -> None:
    first, second = map(hashes, twice)
    assert len(first) == 23
    assert first == second


def test_the_study_is_valid_and_names_existing_layers(twice: tuple[Path, Path]) -> None:
    study = flexsite.load(twice[0] / "study.yaml")
    assert [profile.id for profile in study.profiles] == [
        "starter", "urgent_seeker", "student", "labour_migrant", "labour_migrant_shuttle", "statushouder",
        "economic_homeless", "tiny_house", "senior", "skaeve_huse", "flex_homes", "tiny_house_community",
    ]  # fmt: skip
    assert {rule.effect for rule in study.rules} == {"exclude", "keep", "route", "cap", "mark"}
    assert [rule.id for rule in study.rules if rule.library is None] == ["noise", "use"]
    for layer in study.layers.values():
        assert layer.source == "flexsite, invented"
        assert layer.path.exists()


def test_parcels_tile_the_land_exactly(parcels: gpd.GeoDataFrame, inputs: Path) -> None:
    shapes = parcels.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert (shapely.get_type_id(shapes) == 3).all()
    land = gpd.read_file(inputs / "area.gpkg").geometry.iloc[0]
    assert land.geom_type == "Polygon"
    assert not land.interiors
    assert shapes.size and abs(float(shapely.area(shapes).sum()) - land.area) < 1e-3
    towns = gpd.read_file(inputs / "municipalities.gpkg").geometry.to_numpy()
    assert shapely.coverage_is_valid(towns)
    assert shapely.coverage_union_all(towns).equals(land)


def test_parcels_look_like_a_cadastre(parcels: gpd.GeoDataFrame) -> None:
    assert 11_000 <= len(parcels) <= 17_000
    assert parcels["perceelnummer"].is_unique
    assert parcels["perceelnummer"].str.fullmatch(r"INV-\d{5}").all()
    assert set(parcels["owner_class"]) == OWNERS
    area = parcels.geometry.area
    assert area.min() >= 45
    assert 300 < area.median() < 1500
    assert area.quantile(0.9) > 20_000


def test_the_region_lies_in_its_square_of_sea(inputs: Path) -> None:
    west, south, east, north = gpd.read_file(inputs / "area.gpkg").total_bounds
    assert west > ORIGIN[0] and south > ORIGIN[1] and east < ORIGIN[0] + SIZE and north < ORIGIN[1] + SIZE
    # the Dutch mainland coast lies east of x = 60,000 everywhere north of y = 440,000
    assert east < 60_000


def test_every_layer_can_be_read_and_is_valid(inputs: Path) -> None:
    found = layers(inputs)
    assert len(found) == 29
    for path, name in found:
        frame = gpd.read_file(path, layer=name)
        assert len(frame), (path.name, name)
        assert frame.crs.to_epsg() == 28992
        assert frame.geometry.is_valid.all() and not frame.geometry.is_empty.any(), (path.name, name)
        if "bron" in frame:
            assert set(frame["bron"]) == {"flexsite, invented"}


def test_buildings_stand_on_parcels(inputs: Path, parcels: gpd.GeoDataFrame) -> None:
    buildings = gpd.read_file(inputs / "buildings.gpkg")
    assert 12_000 <= len(buildings) <= 20_000
    assert buildings["bouwjaar"].between(1600, 2025).all()
    shapes, ground = buildings.geometry.to_numpy(), parcels.geometry.to_numpy()
    building, parcel = shapely.STRtree(ground).query(shapely.point_on_surface(shapes), predicate="within")
    assert len(building) == len(buildings)
    outside = shapely.area(shapely.difference(shapes[building], ground[parcel]))
    assert outside.max() < 0.01


def test_a_fifth_of_municipal_ground_is_leased_out(inputs: Path, parcels: gpd.GeoDataFrame) -> None:
    leased = parcels["recht"] == "Eigendom belast met erfpacht"
    assert set(parcels["recht"]) == {"Eigendom", "Eigendom belast met erfpacht"}
    assert set(parcels["owner_class"][leased]) == {"gemeente"}
    landuse = gpd.read_file(inputs / "landuse.gpkg", where="klasse NOT IN ('weg', 'water')")
    _, parcel = shapely.STRtree(parcels.geometry.to_numpy()).query(
        shapely.point_on_surface(landuse.geometry.to_numpy()), predicate="within"
    )
    assert 0.16 < leased.iloc[np.unique(parcel)][parcels["owner_class"] == "gemeente"].mean() < 0.24


def test_buildings_have_what_kinds_of_sites_ask(inputs: Path) -> None:
    buildings = gpd.read_file(inputs / "buildings.gpkg")
    assert buildings["pand"].is_unique
    assert set(buildings["bouwlagen"]) == {1, 2, 3, 4, 5}
    expected = buildings.geometry.area * buildings["bouwlagen"] * 0.9
    assert (buildings["oppervlakte"] - expected).abs().max() <= 0.51
    home = buildings["gebruiksdoel"] == "woonfunctie"
    empty = buildings["jaren_leeg"].dropna()
    assert len(empty) == pytest.approx(0.03 * (~home).sum(), abs=1)
    assert set(empty) == {0, 1, 2, 3, 4, 5, 6}
    assert not home[empty.index].any()
    assert buildings["gewicht"].dropna().between(0.06, 0.13).all()
    assert 0.47 < buildings["gewicht"].isna().mean() < 0.53
    assert set(buildings["dakvorm"]) == {"plat", "schuin"}


def test_the_table_of_figures_has_every_neighbourhood_and_district(inputs: Path) -> None:
    with (inputs / "kerncijfers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    buurten = gpd.read_file(inputs / "neighbourhoods.gpkg", layer="neighbourhoods")
    wijken = gpd.read_file(inputs / "neighbourhoods.gpkg", layer="districts")
    codes = [row["gwb_code"] for row in rows]
    assert sorted(codes) == sorted([*buurten["buurtcode"], *wijken["wijkcode"]])
    assert len(set(codes)) == len(codes)
    values = [float(row["leefbaarheid"].replace(",", ".")) for row in rows if row["leefbaarheid"]]
    assert min(values) >= 1 and max(values) <= 9 and len(values) < len(rows)
    # districts are their neighbourhoods together, and their figure lies between those of these
    for wijk, mine in buurten.groupby("wijkcode"):
        district = wijken[wijken["wijkcode"] == wijk].geometry.iloc[0]
        assert district.symmetric_difference(mine.geometry.union_all()).area < 1
        figure = dict(zip(codes, rows, strict=True))
        known = [int(float(figure[code]["leefbaarheid"].replace(",", "."))) for code in mine["buurtcode"]
                 if figure[code]["leefbaarheid"]]  # fmt: skip
        assert min(known) <= float(figure[str(wijk)]["leefbaarheid"].replace(",", ".")) <= max(known)


def test_towns_have_more_inhabitants_than_villages(inputs: Path) -> None:
    urban = gpd.read_file(inputs / "urban_areas.gpkg").set_index("naam")["inwoners"]
    towns = {"Zilverhoven", "Molmerdam", "Kranewaarde"}
    assert set(urban.index[urban >= 5000]) == towns
    assert (urban.drop(list(towns)).between(100, 4000)).all()
    assert len(urban) == 11


def test_land_use_covers_the_parcels_and_has_ditches(inputs: Path) -> None:
    landuse = gpd.read_file(inputs / "landuse.gpkg")
    land = gpd.read_file(inputs / "area.gpkg").geometry.iloc[0]
    assert landuse.geometry.area.sum() == pytest.approx(land.area, abs=5)
    ditches = landuse[landuse["soort"] == "sloot"]
    assert len(ditches) > 1000 and set(ditches["klasse"]) == {"water"}
    expected = "braak grasland akkerland park bos water bedrijventerrein glastuinbouw sport wonen".split()
    assert set(expected) <= set(landuse["klasse"])


def test_about_one_in_ten_suitable_parcels_is_municipal(inputs: Path, parcels: gpd.GeoDataFrame) -> None:
    landuse = gpd.read_file(inputs / "landuse.gpkg", where="klasse IN ('braak', 'grasland')")
    large = landuse[landuse.geometry.area > 2500]
    points = shapely.point_on_surface(large.geometry.to_numpy())
    _, parcel = shapely.STRtree(parcels.geometry.to_numpy()).query(points, predicate="within")
    share = parcels["owner_class"].iloc[parcel].value_counts(normalize=True)
    assert 0.07 < share["gemeente"] < 0.14
    assert share["corporatie"] < 0.01


def test_zoning_uses_imro_values_and_overlaps_here_and_there(inputs: Path) -> None:
    zoning = gpd.read_file(inputs / "zoning.gpkg")
    assert set(zoning["bestemmingshoofdgroep"]) <= IMRO
    assert len(set(zoning["bestemmingshoofdgroep"])) >= 13
    younger = zoning[zoning["planstatus"] == "vastgesteld"]
    older = zoning[zoning["planstatus"] == "onherroepelijk"]
    assert len(younger) >= 3
    assert younger.geometry.map(lambda shape: older.geometry.intersection(shape).area.sum()).min() > 100


def test_plans_have_every_stage_and_leave_one_municipality_out(inputs: Path) -> None:
    plans = gpd.read_file(inputs / "plans.gpkg")
    assert set(plans["status"]) <= STATUS
    assert {status[0] for status in plans["status"]} == set("12345")
    assert (plans["jaar_van"] == -9999).any()
    assert plans.loc[plans["jaar_van"] != -9999, "jaar_van"].between(2025, 2052).all()
    # hard plans both before and after 2038, ten years from the first resident
    hard = plans[plans["status"].str[0].isin(["1", "2"]) & (plans["jaar_van"] > 0)]["jaar_van"]
    assert (hard < 2038).sum() >= 5 and (hard >= 2038).sum() >= 5
    covered = gpd.read_file(inputs / "plans_coverage.gpkg")
    towns = gpd.read_file(inputs / "municipalities.gpkg").set_index("naam").geometry
    assert set(towns.index) - set(covered["naam"]) == {places.UNCOVERED}
    known = covered.geometry.union_all()
    assert known.intersection(towns[places.UNCOVERED]).area < 1e-6
    assert (plans.geometry.intersection(known).area > 0.999 * plans.geometry.area).all()


def test_some_plans_are_flex_homes_and_some_are_no_ground(inputs: Path) -> None:
    plans = gpd.read_file(inputs / "plans.gpkg")
    flex = plans[plans["programma"].isin(["Flexwoningen", "Tijdelijk"])]
    assert len(flex) == 4
    assert {"Regulier permanent", "Regulier en flexwoningen", "Onbekend"} <= set(plans["programma"])
    assert (plans["programma"] == "Regulier permanent").mean() > 0.7
    area = plans.geometry.area
    points = area < 100
    thin = ~points & (plans["aantal"] / (area / 10_000) < 1)
    assert (points.sum(), thin.sum()) == (3, 2)
    # a hard plan is among both, which would close its ground if it were drawn clearly
    assert "2" in {status[0] for status in plans["status"][points]} & {status[0] for status in plans["status"][thin]}
    others = plans[~points & ~thin & ~plans.index.isin(flex.index)].geometry.union_all()
    assert flex.geometry.intersection(others).area.max() < 1


def test_noise_has_levels_that_matter_and_a_part_not_calculated(inputs: Path) -> None:
    with rasterio.open(inputs / "noise.tif") as source:
        values = source.read(1, masked=True)
        assert source.crs.to_epsg() == 28992
        assert source.dtypes == ("float32",)
        assert source.res == (50.0, 50.0)
        land = gpd.read_file(inputs / "area.gpkg").geometry.iloc[0]
        inside = rasterio.features.geometry_mask([land], values.shape, source.transform, invert=True)
    known = values[inside].compressed()
    assert 38 <= known.min() < 45
    assert 0.01 < float((known > 60).mean()) < 0.08
    assert 0.01 < float(np.ma.getmaskarray(values)[inside].mean()) < 0.1


def components(ways: list[tuple[list[int], dict[str, str]]]) -> dict[int, int]:
    """The connected part that every node of the walkable network belongs to (union-find)."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for nodes, tags in ways:
        if not tags.get("highway", "motorway").startswith("motorway"):
            for a, b in pairwise(nodes):
                parent[root(a)] = root(b)
    return {node: root(node) for node in list(parent)}


def test_streets_connect_all_places(network: Network, inputs: Path) -> None:
    nodes, ways, _ = network
    part = components(ways)
    sizes: dict[int, int] = defaultdict(int)
    for root in part.values():
        sizes[root] += 1
    largest = max(sizes, key=lambda root: sizes[root])
    assert sizes[largest] > 0.99 * len(part)
    centres = gpd.read_file(inputs / "centres.gpkg").to_crs(4326)
    numbers = np.array(list(part))
    spots = np.array([nodes[number] for number in numbers])
    for centre in centres.geometry:
        nearest = numbers[np.argmin(np.hypot(spots[:, 0] - centre.x, spots[:, 1] - centre.y))]
        assert part[int(nearest)] == largest


def test_streets_have_what_a_real_extract_has(network: Network) -> None:
    nodes, ways, tagged = network
    kinds = {tags["highway"] for _, tags in ways if "highway" in tags}
    assert {
        "motorway",
        "motorway_link",
        "primary",
        "secondary",
        "tertiary",
        "residential",
        "cycleway",
        "footway",
    } <= kinds
    assert any(tags.get("oneway") == "yes" and tags.get("highway") == "residential" for _, tags in ways)
    assert any(tags.get("oneway:bicycle") == "no" for _, tags in ways)
    assert sum(tags.get("bridge") == "yes" for _, tags in ways) >= 20
    assert any(tags.get("leisure") == "park" and way[0] == way[-1] for way, tags in ways)
    counts = Counter(item for tags in tagged for item in tags.items())
    assert counts["shop", "supermarket"] >= 12
    assert counts["amenity", "school"] >= 15
    assert counts["amenity", "doctors"] >= 10
    assert all(node in nodes for way, _ in ways for node in way)


def test_small_woods_and_recreation_grounds_lie_out_of_town(network: Network, inputs: Path) -> None:
    nodes, ways, _ = network
    green = [shapely.Polygon([nodes[node] for node in way]) for way, tags in ways if tags.get("leisure") == "park"]
    towns = gpd.read_file(inputs / "urban_areas.gpkg").to_crs(4326).geometry.union_all()
    names = {tags["name"] for _, tags in ways if tags.get("leisure") == "park"}
    assert names == {"Plantsoen", "Bosje", "Recreatieveld"}
    assert sum(not shape.intersects(towns) for shape in green) >= 15
    assert sum(bool(shape.intersects(towns)) for shape in green) >= 15


def test_nobody_walks_over_the_railway_but_on_a_bridge(network: Network, inputs: Path) -> None:
    nodes, ways, _ = network
    track = next(way for way, tags in ways if tags.get("railway") == "rail")
    line = shapely.linestrings([nodes[node] for node in track])
    streets = [(way, tags) for way, tags in ways if not tags.get("highway", "motorway").startswith("motorway")]
    shapes = np.array([shapely.LineString([nodes[node] for node in way]) for way, _ in streets])
    crossing = np.flatnonzero(shapely.intersects(shapes, line))
    assert len(crossing) >= 6
    assert all(streets[number][1].get("bridge") == "yes" for number in crossing)


def test_streets_lie_where_the_parcels_lie(network: Network, inputs: Path) -> None:
    nodes, _, _ = network
    points = gpd.GeoSeries(gpd.points_from_xy(*zip(*nodes.values(), strict=True)), crs=4326).to_crs(28992)
    rail = gpd.read_file(inputs / "barriers.gpkg", layer="rail")
    stations = gpd.read_file(inputs / "stops.gpkg", layer="stations")
    assert points.x.between(ORIGIN[0], ORIGIN[0] + SIZE).all()
    for station in stations.geometry:
        assert points.distance(station).min() < 0.05
        assert 0 < rail.distance(station).min() < 15


def test_the_timetable_is_sound(inputs: Path) -> None:
    with zipfile.ZipFile(inputs / "gtfs.zip") as archive:
        assert all(item.date_time == (2026, 1, 1, 0, 0, 0) for item in archive.infolist())
        tables = {
            name.removesuffix(".txt"): list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8"))))
            for name in archive.namelist()
        }
    assert set(tables) == {"agency", "feed_info", "calendar", "stops", "routes", "trips", "stop_times"}
    stops = {row["stop_id"] for row in tables["stops"]}
    routes = {row["route_id"] for row in tables["routes"]}
    trips = {row["trip_id"]: row for row in tables["trips"]}
    services = {row["service_id"]: row for row in tables["calendar"]}
    assert len(stops) == len(tables["stops"]) and len(trips) == len(tables["trips"])
    assert {row["route_type"] for row in tables["routes"]} == {"2", "3"}
    assert {row["route_id"] for row in trips.values()} == routes
    assert {row["service_id"] for row in trips.values()} == set(services)
    for service in services.values():
        assert date.fromisoformat(service["start_date"]) <= date(2026, 3, 10) <= date.fromisoformat(service["end_date"])
    calls: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in tables["stop_times"]:
        assert row["stop_id"] in stops
        calls[row["trip_id"]].append(row)
    assert set(calls) == set(trips)

    def seconds(clock: str) -> int:
        hours, minutes, rest = map(int, clock.split(":"))
        return 3600 * hours + 60 * minutes + rest

    for rows in calls.values():
        assert len(rows) >= 2
        assert [int(row["stop_sequence"]) for row in rows] == list(range(1, len(rows) + 1))
        times = [seconds(row["departure_time"]) for row in rows]
        assert all(a < b for a, b in pairwise(times))
    assert {row["stop_id"] for row in tables["stop_times"]} == stops


def test_stops_and_timetable_agree(inputs: Path) -> None:
    stops = gpd.read_file(inputs / "stops.gpkg", layer="stops")
    stations = gpd.read_file(inputs / "stops.gpkg", layer="stations")
    assert set(stops["mode"]) == {"bus", "train"} and set(stations["mode"]) == {"train"}
    with zipfile.ZipFile(inputs / "gtfs.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("stops.txt").decode("utf-8"))))
    spots = gpd.GeoSeries(
        gpd.points_from_xy([float(row["stop_lon"]) for row in rows], [float(row["stop_lat"]) for row in rows]), crs=4326
    ).to_crs(28992)
    assert [row["stop_id"] for row in rows] == stops["halte"].tolist()
    assert spots.distance(stops.geometry.reset_index(drop=True)).max() < 0.2


def test_writing_again_into_the_same_folder_changes_nothing(twice: tuple[Path, Path], tmp_path: Path) -> None:
    frame = gpd.read_file(twice[0] / "input" / "centres.gpkg")
    for _ in range(2):
        write_vectors({("centres", "centres"): frame}, tmp_path)
        assert len(gpd.read_file(tmp_path / "centres.gpkg")) == len(frame)
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None
