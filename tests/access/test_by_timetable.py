"""Measures by timetable and by standard, from a study's files to columns: one street, one bus, worked out by hand.

The site is 5 m from the street at 600 m along it, the bus goes from 1,000 m to 5,000 m in ten minutes at 7:10, 7:40
and 8:10, and the shop is 10 m from the street at 5,200 m. On foot at 80 m a minute it is 405 m or 304 s to the bus, and
210 m or 158 s from it.
"""

from __future__ import annotations

import datetime
import itertools
import zipfile
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from pyproj import Transformer

from flexsite.access.measures import AccessResult, check, measure
from flexsite.cache import Cache
from flexsite.errors import InputError
from flexsite.layers import Layers
from flexsite.study.access import Access
from flexsite.study.layer import Layer

from .conftest import RD

X, Y = 120_000.0, 480_000.0
TUESDAY, SUNDAY = datetime.date(2026, 3, 10), datetime.date(2026, 3, 15)
STOPS = {"A": ("Dorp", 1000), "B": ("Stad", 5000)}
BUSES = ("07:10", "07:40", "08:10")


def at(*xy: tuple[float, float]) -> list[tuple[float, float]]:
    return [(X + x, Y + y) for x, y in xy]


def later(clock: str, minutes: int) -> str:
    total = int(clock[:2]) * 60 + int(clock[3:]) + minutes
    return f"{total // 60:02d}:{total % 60:02d}:00"


def feed(path: Path) -> Path:
    to_degrees = Transformer.from_crs(28992, 4326, always_xy=True)
    stops = ["stop_id,stop_name,stop_lat,stop_lon"]
    for key, (name, along) in STOPS.items():
        lon, lat = to_degrees.transform(X + along, Y)
        stops.append(f"{key},{name},{lat:.9f},{lon:.9f}")
    times = ["trip_id,arrival_time,departure_time,stop_id,stop_sequence"]
    for number, clock in enumerate(BUSES):
        times.append(f"t{number},{later(clock, 0)},{later(clock, 0)},A,1")
        times.append(f"t{number},{later(clock, 10)},{later(clock, 10)},B,2")
    tables = {
        "agency": ["agency_id,agency_name,agency_url,agency_timezone", "x,X,http://localhost,Europe/Amsterdam"],
        "stops": stops,
        "routes": ["route_id,route_short_name,route_long_name,route_type", "r,12,Dorp - Stad,3"],
        "trips": ["route_id,service_id,trip_id", *(f"r,week,t{number}" for number in range(len(BUSES)))],
        "stop_times": times,
        "calendar": [
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
            "week,1,1,1,1,1,0,0,20260101,20261231",
        ],
    }
    with zipfile.ZipFile(path, "w") as file:
        for name, lines in tables.items():
            file.writestr(f"{name}.txt", "\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a street, a feed and layers."""
    folder = tmp_path_factory.mktemp("place")
    ends = [0, 700, 1000, 3000, 5000, 6000]
    lines = [shapely.LineString(at((low, 0), (high, 0))) for low, high in itertools.pairwise(ends)]
    side = shapely.LineString(at((3000, 0), (3000, 300)))
    geopandas.GeoDataFrame(geometry=[*lines, side], crs=RD).to_file(folder / "edges.gpkg", layer="edges")
    spots = [shapely.Point(X + end, Y) for end in ends]
    geopandas.GeoDataFrame(geometry=spots, crs=RD).to_file(folder / "nodes.gpkg", layer="nodes")
    feed(folder / "gtfs.zip")
    layers: dict[str, tuple[list[shapely.Geometry], dict[str, list[Any]]]] = {
        "shops": ([shapely.Point(*at((5200, 10))[0]), shapely.Point(*at((5400, 0))[0])], {"jobs": [30, 5]}),
        "schools": ([shapely.Point(*at((1500, 0))[0])], {"places": [120]}),
        "nowhere": ([shapely.Point(X + 90_000, Y)], {}),
        "homes": ([shapely.Point(*at((1400, 0))[0]), shapely.Point(*at((2500, 0))[0])], {"number": [200, 100]}),
        "stops": (
            [shapely.Point(X + along, Y) for _, along in STOPS.values()],
            {"name": ["Dorp", "Stad"], "mode": ["bus"] * 2},
        ),
        "works": ([shapely.LineString(at((800, -50), (800, 50)))], {}),
    }
    for name, (geometry, columns) in layers.items():
        geopandas.GeoDataFrame(columns, geometry=geometry, crs=RD).to_file(folder / f"{name}.gpkg")
    return folder


SITES = geopandas.GeoDataFrame(
    {"site_id": ["near", "far"]},
    geometry=[
        shapely.Polygon(at((600, 5), (605, 15), (595, 15))),
        shapely.Polygon(at((600, 900), (605, 915), (595, 915))),
    ],
    crs=RD,
)


def taken(
    place: Path, *measures: dict[str, Any], streets: bool = True, cache: Cache | None = None, **access: Any
) -> AccessResult:
    """Measures of the two sites."""
    names = ("shops", "schools", "nowhere", "homes", "stops", "works")
    layers = Layers({name: Layer(path=place / f"{name}.gpkg") for name in names}, RD)
    asked: dict[str, Any] = {
        "timetable": {"path": place / "gtfs.zip", "date": TUESDAY},
        "measures": list(measures),
        **access,
    }
    if streets:
        asked["streets"] = {"nodes": place / "nodes.gpkg", "edges": place / "edges.gpkg"}
    area = shapely.box(X, Y - 200, X + 6000, Y + 1000)
    return measure(Access.model_validate(asked), layers, SITES, RD, cache=cache, area=area)


def near(result: AccessResult, column: str) -> Any:
    """The answer of the site beside the street; the other has no street within 100 m and so no answer."""
    values = result.columns[column]
    assert values.isna().tolist()[1], "a site without an entrance has no answer"
    return values.iloc[0]


TEN = {"mode": "transit", "depart": ["07:00", "07:09"]}


def test_every_minute_of_the_window_counts(place: Path) -> None:
    found = taken(
        place,
        {"id": "median", "to": "shops", **TEN},
        {"id": "best", "to": "shops", **TEN, "statistic": "min"},
        {"id": "worst", "to": "shops", **TEN, "statistic": "max"},
        {"id": "mean", "to": "shops", **TEN, "statistic": "mean"},
    )
    # until 7:04 one makes the bus of 7:10 and is there at 7:22:38, later that of 7:40
    times = [1358 - 60 * t if t <= 4 else 3158 - 60 * t for t in range(10)]
    assert near(found, "median_min") == pytest.approx(np.median(times) / 60)
    assert near(found, "best_min") == min(times) / 60
    assert near(found, "worst_min") == max(times) / 60
    assert near(found, "mean_min") == pytest.approx(np.mean(times) / 60)


def test_share_last_and_changes(place: Path) -> None:
    late = {"mode": "transit", "depart": ["08:00", "08:09"]}
    found = taken(
        place,
        {"id": "share", "to": "shops", **late, "report": "share"},
        {"id": "last", "to": "shops", **late, "report": "last"},
        {"id": "changes", "to": "shops", **TEN, "report": "changes"},
        {"id": "median", "to": "shops", **late},
    )
    assert near(found, "share_v") == 0.5  # the last bus is that of 8:10
    assert near(found, "last_v") == pytest.approx(8 + 4 / 60)
    assert near(found, "changes_n") == 0
    assert np.isnan(found.columns["median_min"].iloc[0])


def test_places_within_so_many_minutes(place: Path) -> None:
    # the first shop takes 1988 s at the median, and the second 153 s more
    ways = [
        {"id": f"n{minutes:g}".replace(".", "_"), "count": "shops", **TEN, "within": minutes}
        for minutes in (33, 34, 36)
    ]
    found = taken(place, *ways, {"id": "jobs", "sum": "jobs", "of": "shops", **TEN, "within": 34})
    assert [near(found, f"n{minutes}_n") for minutes in (33, 34, 36)] == [0, 1, 2]
    assert near(found, "jobs_n") == 30


def test_who_walks_faster_walks(place: Path) -> None:
    found = taken(
        place, {"id": "school", "to": "schools", **TEN}, {"id": "all", "count": "schools", **TEN, "within": 12}
    )
    assert near(found, "school_min") == pytest.approx(679 / 60)  # 905 m in 678.75 s
    assert near(found, "all_n") == 1


def test_places_out_of_reach(place: Path) -> None:
    found = taken(place, {"id": "no", "to": "nowhere", **TEN}, {"id": "none", "count": "nowhere", **TEN, "within": 60})
    assert np.isnan(found.columns["no_min"].iloc[0])
    assert near(found, "none_n") == 0


def test_without_streets_walks_are_straight_and_it_is_said(place: Path) -> None:
    found = taken(place, {"id": "best", "to": "shops", **TEN, "statistic": "min"}, streets=False)
    # both sites reach the bus: 400.03 m and 984.9 m away; from it 200.2 m
    # the corner of the one is 395.3 m from the stop: at 7:05 it makes the bus of 7:10; the other, at 7:09, that of 7:40
    assert found.columns["best_min"].tolist() == [(20 * 60 + 151 - 5 * 60) / 60, (50 * 60 + 151 - 9 * 60) / 60]
    assert any("straight lines" in text for text in found.warnings)


def test_another_day_of_a_measure(place: Path) -> None:
    with pytest.raises(InputError, match=r"2026-03-15.*2026-03-1[36]"):
        taken(place, {"id": "sunday", "to": "shops", **TEN, "date": SUNDAY})


def test_a_timetable_from_the_cache_answers_the_same(place: Path, tmp_path: Path) -> None:
    asked = {"id": "median", "to": "shops", **TEN}
    cache = Cache(tmp_path / "cache")
    first, second, plain = taken(place, asked, cache=cache), taken(place, asked, cache=cache), taken(place, asked)
    assert first.columns.equals(plain.columns)
    assert second.columns.equals(plain.columns)
    assert any((tmp_path / "cache" / "timetable").iterdir())


def test_a_level_with_its_reason(place: Path) -> None:
    found = taken(
        place,
        {"id": "pt", "standard": "pbl-crow", "depart": ["07:00", "08:30"]},
        {"id": "all_day", "standard": "pbl-crow"},
        {"id": "crow", "standard": "pbl-crow", "depart": ["07:00", "08:30"], "mode": "straight"},
    )
    assert near(found, "pt_level") == "2"  # three in an hour and a half
    assert "Dorp" in near(found, "pt_why")
    assert "405" in near(found, "pt_why")
    assert near(found, "all_day_level") == "0"
    assert found.columns["crow_level"].tolist() == ["2", "0"]  # 400 m and 985 m as the crow flies


def test_a_level_from_stops_alone(place: Path) -> None:
    asked = {"id": "pt", "standard": "pbl-crow", "stops": "stops"}
    found = taken(place, asked, timetable=None)
    assert near(found, "pt_level") == "stop"
    assert any("nobody knows what leaves there" in text for text in found.warnings)
    with pytest.raises(InputError, match="timetable, or a layer of stops"):
        taken(place, {"id": "pt", "standard": "pbl-crow"}, timetable=None)


def test_closed_streets_lead_nowhere(place: Path) -> None:
    found = taken(
        place, {"id": "bus", "to": "stops", "mode": "walk"}, {"id": "share", "to": "shops", **TEN, "report": "share"}
    )
    shut = taken(
        place,
        {"id": "bus", "to": "stops", "mode": "walk"},
        {"id": "share", "to": "shops", **TEN, "report": "share"},
        closed=["works"],
    )
    assert near(found, "bus_m") == pytest.approx(405, abs=1e-3)
    assert near(found, "share_v") == 1
    assert np.isnan(shut.columns["bus_m"].iloc[0])
    assert near(shut, "share_v") == 0


def test_baskets_decay_catchments_and_character(place: Path) -> None:
    found = taken(
        place,
        {"id": "both", "basket": {"school": "schools", "shop": "shops"}, "mode": "walk", "within": 1000},
        {"id": "soft", "sum": "places", "of": "schools", "mode": "walk", "within": 2000, "decay": {"halving": 905}},
        {
            "id": "gp", "catchment": "schools", "capacity": "places", "demand": "homes", "households": "number",
            "mode": "walk", "within": 1000,
        },
        {"id": "cross", "character": "intersections", "within": 3000},
        {"id": "direct", "character": "directness", "within": 3000},
    )  # fmt: skip
    assert near(found, "both_v") == 0.5
    assert near(found, "soft_n") == pytest.approx(60, rel=1e-6)
    assert near(found, "gp_v") == pytest.approx(120 / 300)  # homes at 100 m and at 1000 m of the school share it
    assert near(found, "cross_v") == pytest.approx(1 / (np.pi * 9))
    assert near(found, "direct_v") == pytest.approx(1, abs=1e-6)


def test_what_is_shown(place: Path) -> None:
    found = taken(
        place,
        {"id": "centre", "to": "shops", **TEN, "statistic": "min"},
        shown=[
            {"reach": [10, 30], "site": "near", "depart": "07:00"},
            {"route": "shops", "site": "near", "depart": "07:00"},
            {"field": "centre", "cell": 100},
            {"reach": [10], "site": "gone"},
        ],
    )
    shown = found.shown
    assert shown is not None
    wide, narrow = shown[shown["kind"] == "reach"].geometry
    # ten minutes on foot, and ten more from the bus at 7:20
    assert narrow.covers(shapely.Point(X + 1390, Y)) and not narrow.intersects(shapely.Point(X + 1450, Y))
    assert wide.covers(shapely.Point(X + 5790, Y)) and not wide.intersects(shapely.Point(X + 5850, Y))
    assert not wide.intersects(shapely.Point(X + 3600, Y))  # seen from the bus
    steps = shown[shown["kind"].isin(["walk", "ride", "change"])]
    assert steps["kind"].tolist() == ["walk", "ride", "walk"]
    assert steps["label"].tolist()[1] == "07:10-07:20 12: Dorp to Stad"
    assert steps.length.tolist() == pytest.approx([400, 4000, 200], abs=0.01)
    cells = shown[shown["kind"] == "field"]
    # the middle of a cell beside the street is 50 m from it: at 950 m along it 100 m from the bus
    beside = dict(zip(cells.geometry.bounds["minx"] - X, cells["value"], strict=True))
    assert beside[900] == pytest.approx((20 * 60 + 158 - 8 * 60) / 60)
    # from the middle of the street it is more than 2,000 m on foot to the bus and to the shop
    assert set(range(0, 6000, 100)) - set(beside) - {2900} == {3000, 3100, 3200}  # at 2900 it is 2,000 m and a hair
    assert any("'gone'" in text for text in found.warnings)


def test_a_field_of_no_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="no measure 'center'"):
        Access.model_validate(
            {"measures": [{"id": "centre", "to": "x", "mode": "straight"}], "shown": [{"field": "center"}]}
        )


def test_nobody_has_no_answer(place: Path) -> None:
    layers = Layers({"shops": Layer(path=place / "shops.gpkg")}, RD)
    asked = {
        "streets": {"nodes": place / "nodes.gpkg", "edges": place / "edges.gpkg"},
        "timetable": {"path": place / "gtfs.zip", "date": TUESDAY},
    }
    ways = [
        {"id": "a", "to": "shops", **TEN},
        {"id": "b", "count": "shops", **TEN, "within": 30},
        {"id": "pt", "standard": "ptal"},
    ]
    found = measure(Access.model_validate({**asked, "measures": ways}), layers, SITES.iloc[:0], RD)
    assert found.columns.shape == (0, 4)


@pytest.mark.parametrize(
    ("access", "message"),
    [
        ({"shown": [{"reach": [15], "site": "near"}]}, "shown, reach.*drawn along streets.*access.streets"),
        (
            {"streets": {"path": "x.osm"}, "shown": [{"route": "shops", "site": "near"}]},
            "shown, route.*transit needs a timetable.*walk",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused_before_anything_is_read(access: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check(Access.model_validate(access))
