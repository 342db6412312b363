"""The planner of the tests on a town that fits in the head: four stops in a row, two lines, a street beside them."""

from __future__ import annotations

import math
import zipfile
from datetime import date
from pathlib import Path

import networkx as nx
import pytest
import shapely

from .feed import Call, clock, read_day
from .planner import Place, Planner, percentile, window
from .streets import Streets, seconds

EIGHT = 8 * 3600


def vehicle(*calls: tuple[str, int, int]) -> list[Call]:
    return [Call(stop, EIGHT + arrive, EIGHT + depart) for stop, arrive, depart in calls]


A_B_C = vehicle(("a", 0, 0), ("b", 300, 330), ("c", 600, 600))
LATER = vehicle(("a", 600, 600), ("b", 900, 930), ("c", 1200, 1200))
B_D = vehicle(("b", 390, 390), ("d", 700, 700))
OWN = {stop: {stop: 60} for stop in "abcd"}


def journey(planner: Planner, leave: int, access: dict[str, int], place: Place) -> tuple[float, float]:
    return planner.journeys(access, {"end": place}, [EIGHT + leave])["end"][0]


class TestPlanner:
    def test_one_may_board_in_the_second_of_departure_and_no_later(self) -> None:
        planner = Planner([A_B_C, LATER], OWN)
        assert journey(planner, -40, {"a": 40}, Place({"c": 20})) == (660, 1)
        assert journey(planner, -39, {"a": 40}, Place({"c": 20})) == (1259, 1)

    def test_a_change_takes_a_minute_and_staying_seated_none(self) -> None:
        to_d = Place({"d": 0})
        assert journey(Planner([A_B_C, B_D], OWN), 0, {"a": 0}, to_d) == (700, 2)  # at b from 300, 390 is in time
        slow = {**OWN, "b": {"b": 91}}
        assert journey(Planner([A_B_C, B_D], slow), 0, {"a": 0}, to_d) == (math.inf, math.inf)
        assert journey(Planner([A_B_C[:2] + B_D], slow), 0, {"a": 0}, to_d) == (700, 1)

    def test_walks_between_vehicles_do_not_add_up(self) -> None:
        changes = {"b": {"b": 60, "x": 100}, "x": {"x": 60, "y": 100}}
        onward = vehicle(("y", 3000, 3000), ("d", 3300, 3300))
        assert journey(Planner([A_B_C, onward], changes), 0, {"a": 0}, Place({"d": 0})) == (math.inf, math.inf)

    def test_the_fewest_vehicles_of_equally_fast_journeys_count(self) -> None:
        straight = vehicle(("a", 100, 100), ("d", 700, 700))
        assert journey(Planner([A_B_C, B_D, straight], OWN), 0, {"a": 0}, Place({"d": 5})) == (705, 1)
        found_last = vehicle(("e", 400, 400), ("d", 700, 700))
        planner = Planner([A_B_C, B_D, found_last], OWN)
        assert journey(planner, 0, {"a": 0}, Place({"d": 5})) == (705, 2)
        assert journey(planner, 0, {"a": 0, "e": 395}, Place({"d": 5})) == (705, 1)
        assert journey(planner, 0, {"a": 0}, Place({"d": 5, "c": 105})) == (705, 1)

    def test_walking_wins_when_it_is_quicker_and_two_hours_are_the_end(self) -> None:
        planner = Planner([A_B_C], OWN)
        assert journey(planner, 0, {"a": 0}, Place({"c": 0}, 599)) == (599, 0)
        assert journey(planner, 0, {}, Place({}, 7200)) == (7200, 0)
        assert journey(planner, 0, {}, Place({}, 7201)) == (math.inf, math.inf)
        assert journey(planner, -6600, {"a": 6600}, Place({"c": 0})) == (7200, 1)
        assert journey(planner, -6600, {"a": 6600}, Place({"c": 1})) == (math.inf, math.inf)

    def test_many_departures_at_once_are_those_asked_one_by_one(self) -> None:
        planner, place = Planner([A_B_C, LATER, B_D], OWN), Place({"c": 10, "d": 200}, 1500)
        leaves = [EIGHT + second for second in range(-1200, 1200, 7)]
        together = planner.journeys({"a": 45, "b": 400}, {"end": place}, leaves)["end"]
        assert together == [
            planner.journeys({"a": 45, "b": 400}, {"end": place}, [leave])["end"][0] for leave in leaves
        ]
        assert len(set(together)) > 50

    def test_flags_are_obeyed(self) -> None:
        closed = [A_B_C[0], Call("b", EIGHT + 300, EIGHT + 330, board=False, alight=False), A_B_C[2]]
        planner = Planner([closed], OWN)
        assert journey(planner, 0, {"a": 0}, Place({"b": 0})) == (math.inf, math.inf)
        assert journey(planner, 0, {"b": 0}, Place({"c": 0})) == (math.inf, math.inf)


def test_percentiles() -> None:
    assert percentile([5, 1, 3], 0.5) == 3 and percentile([1, 2, 3, 4], 0.5) == 2.5
    assert percentile(list(range(1, 21)), 0.85) == 17 and percentile([7], 0.85) == 7
    assert math.isnan(percentile([1, math.inf], 0.5)) and percentile([1, 2, math.inf], 0.5) == 2
    assert len(window("14:00", "14:30")) == 31


FEED = {
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\na,A,0,0\nb,B,0,0.003\nc,C,0,0.004\n",
    "routes.txt": "route_id,route_short_name,route_type\nr,7,3\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "week,1,1,1,1,1,0,0,20190101,20191231\n",
    "calendar_dates.txt": "service_id,date,exception_type\nweek,20190514,2\nonce,20190514,1\n",
    "trips.txt": "route_id,service_id,trip_id\nr,week,t\nr,once,o\n",
    "stop_times.txt": "trip_id,stop_sequence,stop_id,arrival_time,departure_time\n"
    "t,2,b,,\nt,1,a,23:50:00,23:50:00\nt,3,c,24:10:00,24:10:00\no,1,a,08:00:00,08:00:00\no,2,b,08:10:00,08:10:00\n",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs\no,09:00:00,10:00:00,1800\n",
}


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "feed.zip", "w") as archive:
        for name, text in FEED.items():
            archive.writestr(name, text)
    return tmp_path / "feed.zip"


class TestFeed:
    def test_exceptions_frequencies_and_the_night_before(self, feed: Path) -> None:
        vehicles = read_day([feed], date(2019, 5, 14)).vehicles  # a Tuesday without its usual service
        times = sorted((one[0].depart, one[-1].arrive) for one in vehicles)
        after = 86400 + EIGHT + 3600  # on Wednesday the trip of the week leaves after the night that matters here
        assert times == [(-600, 600), (32400, 33000), (34200, 34800)] and after > 32 * 3600

    def test_calls_without_time_lie_where_the_distance_says(self, feed: Path) -> None:
        monday = date(2019, 5, 13)
        by_distance = read_day([feed], monday).vehicles[0]
        assert [call.arrive - clock("23:50:00") for call in by_distance] == [0, 900, 1200]
        evenly = read_day([feed], monday, by="sequence").vehicles[0]
        assert [call.arrive - clock("23:50:00") for call in evenly] == [0, 600, 1200]


def test_walks_follow_the_street_with_both_straight_legs(tmp_path: Path) -> None:
    nodes = {1: (8.995, 50.0), 2: (9.005, 50.0), 3: (9.005, 50.01)}  # on both sides of the meridian of zone 32
    text = "<osm version='0.6'>" + "".join(
        f"<node id='{key}' version='1' lon='{x}' lat='{y}'/>" for key, (x, y) in nodes.items()
    )
    text += "<way id='9' version='1'><nd ref='1'/><nd ref='2'/><nd ref='3'/><tag k='highway' v='footway'/></way>"
    text += "<way id='8' version='1'><nd ref='1'/><nd ref='3'/><tag k='highway' v='motorway'/></way></osm>"
    (tmp_path / "town.osm").write_text(text)
    streets = Streets(tmp_path / "town.osm", "EPSG:32632", island=2)
    assert streets.graph.number_of_edges() == 2 and nx.is_connected(streets.graph)
    (x1, y1), (x2, y2) = ((streets.xy[key]) for key in (1, 2))
    begin = shapely.Point(x1, y1 - 30)
    assert streets.attach("begin", begin) and not streets.attach("far", shapely.Point(x1, y1 - 130))
    assert streets.attach("middle", shapely.Point((x1 + x2) / 2, (y1 + y2) / 2 + 40))
    metres = streets.walks("begin", 5000)["middle"]
    assert metres == pytest.approx(30 + math.dist((x1, y1), (x2, y2)) / 2 + 40, abs=0.1)
    assert seconds(400.0000000001, 4 / 3) == 300 and seconds(400.01, 4 / 3) == 301
