"""Hand-computed timetables of small feeds."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pyproj
import pytest

from flexsite.access.timetable.model import FORBIDDEN, MODES
from flexsite.access.timetable.reading import days, read_timetable
from flexsite.errors import InputError

from .conftest import PLAIN, PLAIN_SAID, RD, TUESDAY, arrays, changes, pack, read, said, table, together, write

TIMES = "trip_id,arrival_time,departure_time,stop_id,stop_sequence"
TRIPS = "route_id,service_id,trip_id"
CALENDAR = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date"
STOPS = "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station"


def test_a_plain_feed(tmp_path: Path) -> None:
    timetable = read(write(tmp_path))
    assert said(timetable) == [PLAIN_SAID]
    assert timetable.warnings == ()
    assert list(timetable.stops.name) == ["Aa", "Bee", "Cee"]
    expected = pyproj.Transformer.from_crs(4326, 28992, always_xy=True).transform(4.89, 52.37)
    assert timetable.stops.xy[0] == pytest.approx(expected, abs=1e-6)
    assert timetable.stops.station.tolist() == [0, 1, 2]
    assert (timetable.lines.id[0], timetable.lines.short_name[0], timetable.lines.long_name[0]) == (
        "r",
        "1",
        "Line one",
    )
    assert MODES[timetable.lines.mode[0]] == "bus"
    assert timetable.trip_direction.tolist() == [1] and timetable.trip_headsign.tolist() == ["Cee"]
    assert timetable.board.all() and timetable.alight.all()
    assert timetable.counts["stop_times"] == 3 and timetable.counts["trips"] == 1


def test_what_is_under_way_at_midnight_and_what_leaves_after_it(tmp_path: Path) -> None:
    times = table(
        TIMES,
        [
            ("late", "23:50:00", "23:50:00", "A", 1), ("late", "24:10:00", "24:10:00", "B", 2),
            ("night", "25:30:00", "25:30:00", "A", 1), ("night", "26:00:00", "26:00:00", "C", 2),
            ("last", "23:00:00", "23:00:00", "A", 1), ("last", "24:00:00", "24:00:00", "C", 2),
            ("early", "05:00:00", "05:00:00", "A", 1), ("early", "05:30:00", "05:30:00", "B", 2),
            ("eight", "08:00:00", "08:00:00", "A", 1), ("eight", "08:30:00", "08:30:00", "B", 2),
        ],
    )  # fmt: skip
    trips = table(TRIPS, [("r", "wk", trip) for trip in ("late", "night", "last", "early", "eight")])
    wednesday = said(read(write(tmp_path, stop_times=times, trips=trips), datetime.date(2026, 3, 11)))
    assert wednesday == [
        "early: A 05:00, B 05:30", "early: A 29:00, B 29:30",
        "eight: A 08:00, B 08:30",
        "last: A 23:00, C 24:00",
        "late: A -00:10, B 00:10", "late: A 23:50, B 24:10",
        "night: A 01:30, C 02:00", "night: A 25:30, C 26:00",
    ]  # fmt: skip
    friday = said(read(tmp_path / "feed.zip", datetime.date(2026, 3, 13)))  # nothing runs on Saturday
    assert "early: A 29:00, B 29:30" not in friday and "late: A -00:10, B 00:10" in friday
    monday = said(read(tmp_path / "feed.zip", datetime.date(2026, 3, 9)))  # nothing ran on Sunday
    assert "late: A -00:10, B 00:10" not in monday and "early: A 29:00, B 29:30" in monday


def test_the_day_after_has_its_own_services(tmp_path: Path) -> None:
    calendar = table(
        CALENDAR,
        [("tue", 0, 1, 0, 0, 0, 0, 0, 20260101, 20261231), ("wed", 0, 0, 1, 0, 0, 0, 0, 20260101, 20261231)],
    )
    trips = table(TRIPS, [("r", "tue", "x"), ("r", "wed", "y")])
    times = table(TIMES, [(t, f"0{h}:00:00", f"0{h}:00:00", s, h) for t in "xy" for h, s in ((6, "A"), (7, "B"))])
    timetable = read(write(tmp_path, calendar=calendar, trips=trips, stop_times=times))
    assert said(timetable) == ["x: A 06:00, B 07:00", "y: A 30:00, B 31:00"]
    assert timetable.counts["trips_of_day_after"] == 1


def test_calendar_dates_alone_and_both_tables(tmp_path: Path) -> None:
    dates = "service_id,date,exception_type\nwk,20260310,1\n"
    assert said(read(write(tmp_path, calendar=None, calendar_dates=dates))) == [PLAIN_SAID]
    off = write(tmp_path, calendar_dates="service_id,date,exception_type\nwk,20260310,2\n")
    with pytest.raises(InputError, match="no trip runs on Tuesday 2026-03-10"):
        read(off)
    sunday = write(tmp_path, calendar_dates="service_id,date,exception_type\nwk,20260315,1\n")
    assert PLAIN_SAID in said(read(sunday, datetime.date(2026, 3, 15)))


def test_a_day_without_service_names_days_with_it(tmp_path: Path) -> None:
    path = write(tmp_path)
    with pytest.raises(InputError) as caught:
        read(path, datetime.date(2026, 3, 14))
    text = str(caught.value)
    assert "feed.zip: no trip runs on Saturday 2026-03-14" in text
    assert "from 2026-01-01 to 2026-12-31" in text and "Friday 2026-03-13 has 1 trips" in text
    assert "it never runs on a Saturday" in text and "right period" not in text
    with pytest.raises(InputError) as caught:
        read(path, datetime.date(2027, 3, 10))
    text = str(caught.value)
    assert "Thursday 2026-12-31" in text and "the nearest Wednesday is 2026-12-30" in text and "right period" in text


def test_days_of_one_and_two_feeds(tmp_path: Path) -> None:
    one = write(tmp_path, "one.zip")
    dates = "service_id,date,exception_type\nwk,20270102,1\n"
    two = write(tmp_path, "two.zip", calendar=None, calendar_dates=dates)
    found = days([one])
    assert (found.first, found.last) == (datetime.date(2026, 1, 1), datetime.date(2026, 12, 31))
    assert found.on(TUESDAY) == 1 and found.on(datetime.date(2026, 3, 14)) == 0
    assert int(found.trips.sum()) == 261  # weekdays of 2026
    both = days([two, one])
    assert both.last == datetime.date(2027, 1, 2) and int(both.trips.sum()) == 262
    assert both.on(datetime.date(2020, 1, 1)) == 0


def test_times_between_known_ones(tmp_path: Path) -> None:
    # B lies twice as far from A as from C, and C as far from A as both together
    stops = "stop_id,stop_name,stop_lat,stop_lon\nA,A,52.37,4.90\nB,B,52.37,4.92\nC,C,52.37,4.93\n"
    times = table(
        f"{TIMES},shape_dist_traveled",
        [
            ("near", "08:00:00", "08:01:00", "A", 1, ""), ("near", "", "", "B", 5, ""), ("near", "", "", "C", 6, ""),
            ("near", "08:07:00", "08:08:00", "A", 9, ""),
            ("still", "08:00:00", "08:00:00", "A", 1, ""), ("still", "", "", "A", 2, ""),
            ("still", "08:04:00", "08:04:00", "A", 3, ""),
            ("way", "09:00:00", "09:00:00", "A", 1, 0), ("way", "", "", "B", 2, 100), ("way", "", "", "C", 3, 900),
            ("way", "09:10:00", "09:10:00", "A", 4, 1000),
            ("half", "10:00:00", "10:00:00", "A", 1, 0), ("half", "", "", "B", 2, 10), ("half", "", "", "C", 3, ""),
            ("half", "10:12:00", "", "A", 4, 100), ("half", "", "10:20:00", "B", 5, 110),
        ],
    )  # fmt: skip
    trips = table(TRIPS, [("r", "wk", trip) for trip in ("near", "still", "way", "half")])
    timetable = read(write(tmp_path, stop_times=times, trips=trips, stops=stops))
    assert said(timetable) == [
        "half: A 10:00, B 10:04, C 10:06, A 10:12, B 10:20",
        "near: A 08:00-08:01, B 08:03, C 08:04, A 08:07-08:08",
        "still: A 08:00, A 08:02, A 08:04",
        "way: A 09:00, B 09:01, C 09:09, A 09:10",
    ]
    assert timetable.warnings == ()


def test_frequencies(tmp_path: Path) -> None:
    rows = [("t", "07:00:00", "07:30:00", 600, 0), ("t", "07:20:00", "07:40:00", 600, 0)]
    frequencies = table("trip_id,start_time,end_time,headway_secs,exact_times", rows)
    timetable = read(write(tmp_path, frequencies=frequencies))
    assert said(timetable)[:3] == [
        "t 07:00:00: A 07:00, B 07:10-07:11, C 07:20",
        "t 07:10:00: A 07:10, B 07:20-07:21, C 07:30",
        "t 07:20:00: A 07:20, B 07:30-07:31, C 07:40",
    ]
    today = [row for row in said(timetable) if ": A 07" in row]
    assert len(today) == 4 and "07:30" in today[3]  # rows overlap at 07:20; 07:40 is the end, and does not run
    assert [row for row in said(timetable) if ": A 31" in row]  # the morning after
    assert len(timetable.warnings) == 1 and "1 trips of 1 lines" in timetable.warnings[0]
    exact = read(write(tmp_path, frequencies=frequencies.replace(",0\n", ",1\n")))
    assert exact.warnings == () and said(exact) == said(timetable)
    assert exact.counts["trips_by_headway"] == len(exact) == len(set(exact.trip_run.tolist()))


def test_a_headway_past_midnight(tmp_path: Path) -> None:
    frequencies = "trip_id,start_time,end_time,headway_secs,exact_times\nt,23:45:00,24:46:00,1800,1\n"
    assert said(read(write(tmp_path, frequencies=frequencies))) == [
        "t 23:45:00: A -00:15, B -00:05--00:04, C 00:05",
        "t 24:15:00: A 00:15, B 00:25-00:26, C 00:35",
        "t 24:45:00: A 00:45, B 00:55-00:56, C 01:05",
        "t 23:45:00: A 23:45, B 23:55-23:56, C 24:05",
        "t 24:15:00: A 24:15, B 24:25-24:26, C 24:35",
        "t 24:45:00: A 24:45, B 24:55-24:56, C 25:05",
    ]


def test_getting_on_and_off(tmp_path: Path) -> None:
    rows = [("08:00:00", "A", 1, "", 1), ("08:10:00", "B", 2, 2, 0), ("08:20:00", "C", 3, 1, 3)]
    times = table(
        f"{TIMES},pickup_type,drop_off_type,continuous_pickup",
        [("t", time, time, stop, at, on, off, 0) for time, stop, at, on, off in rows],
    )
    path = write(tmp_path, stop_times=times)
    timetable = read(path)
    assert timetable.board.tolist() == [True, False, False]
    assert timetable.alight.tolist() == [False, True, False]
    assert len(timetable.warnings) == 1
    assert "2 stop times" in timetable.warnings[0] and "on_demand: true" in timetable.warnings[0]
    asked = read(path, on_demand=True)
    assert asked.board.tolist() == [True, True, False] and asked.alight.tolist() == [False, True, True]
    assert "they count" in asked.warnings[0]


STATION = table(
    STOPS,
    [
        ("A", "A", 52.37, 4.89, 0, ""), ("B", "B", 52.38, 4.90, "", ""),
        ("C1", "C", 52.39, 4.91, 0, "S"), ("C2", "C", "", "", 0, "S"), ("C2x", "C", "", "", 4, "C2"),
        ("S", "Station", 52.395, 4.915, 1, ""), ("E1", "north", 52.396, 4.916, 2, "S"),
        ("E2", "", 52.394, 4.914, 2, "S"),
        ("N", "hall", "", "", 3, "S"), ("E0", "", "", "", 2, "S"),
    ],
)  # fmt: skip


def test_stations_entrances_and_boarding_areas(tmp_path: Path) -> None:
    times = table(
        TIMES,
        [("t", f"08:{at}0:00", f"08:{at}0:00", stop, at) for at, stop in enumerate(("A", "C1", "C2", "C2x", "S"))],
    )
    stops = read(write(tmp_path, stops=STATION, stop_times=times)).stops
    assert stops.id.tolist() == ["A", "B", "C1", "C2", "C2x", "S"]
    assert len(set(stops.station[2:].tolist())) == 1 and len(set(stops.station[:3].tolist())) == 3
    assert stops.xy[3].tolist() == stops.xy[5].tolist() == stops.xy[4].tolist() != stops.xy[2].tolist()
    assert stops.entrance_stop.tolist() == [2, 2, 3, 3, 4, 4, 5, 5]
    door = pyproj.Transformer.from_crs(4326, 28992, always_xy=True).transform(4.916, 52.396)
    assert stops.entrance_xy[0] == pytest.approx(door, abs=1e-6)


def test_stops_that_nothing_serves_have_no_stop_time(tmp_path: Path) -> None:
    timetable = read(write(tmp_path, stops=PLAIN["stops"] + "pseudo,Nowhere,52.40,4.92\n"))
    served = np.isin(np.arange(len(timetable.stops)), timetable.stop)
    assert timetable.stops.id[~served].tolist() == ["pseudo"]
    assert timetable.counts["stops"] == 4 and timetable.counts["stops_served"] == 3


def test_bounds_keep_whole_trips_and_stops_within(tmp_path: Path) -> None:
    times = PLAIN["stop_times"] + table(TIMES, [("u", "09:00:00", "09:00:00", "A", 1), ("u", "09:09:00", "", "B", 2)])
    times = times.replace(TIMES + "\n", "", 2).join((TIMES + "\n", ""))
    path = write(
        tmp_path,
        trips=table(TRIPS, [("r", "wk", "t"), ("r", "wk", "u")]),
        stop_times=times,
        stops=PLAIN["stops"] + "D,near C,52.3901,4.9101\nE,far,52.0,4.0\n",
    )
    x, y = read(path).stops.xy[2]
    timetable = read(path, bounds=(x - 50, y - 50, x + 50, y + 50))
    assert said(timetable) == [PLAIN_SAID]
    assert timetable.stops.id.tolist() == ["A", "B", "C", "D"]
    nothing = read(path, bounds=(0.0, 0.0, 1.0, 1.0))
    assert len(nothing) == 0 and len(nothing.stops) == 0 and nothing.first.tolist() == [0]
    assert "calls at a stop in the area" in nothing.warnings[0]


def linked(*blocks: tuple[str, str, str, str]) -> dict[str, str]:
    """Trips (id, block, 'A 08:00', 'B 08:10') from one stop to another."""
    trips = table(f"{TRIPS},block_id", [("r", "wk", trip, block) for trip, block, _, _ in blocks])
    times = [
        (trip, f"{call.split()[1]}:00", f"{call.split()[1]}:00", call.split()[0], at)
        for trip, _, start, end in blocks
        for at, call in enumerate((start, end))
    ]
    return {"trips": trips, "stop_times": table(TIMES, times)}


def test_runs_of_blocks(tmp_path: Path) -> None:
    feed = linked(
        ("c", "1", "A 09:00", "B 09:30"), ("a", "1", "A 08:00", "B 08:10"), ("b", "1", "B 08:10", "A 09:00"),
        ("d", "1", "C 10:00", "A 10:10"),  # elsewhere
        ("e", "1", "A 10:05", "B 10:10"),  # d has not arrived
        ("f", "", "B 08:10", "A 09:00"), ("g", "2", "B 08:10", "A 09:00"),
    )  # fmt: skip
    timetable = read(write(tmp_path, **feed))
    today = [trips for trips in together(timetable) if trips == ["a", "b", "c"]]
    assert today == [["a", "b", "c"]] and len(together(timetable)) == 1


def test_runs_go_on_within_a_station_and_not_into_another_day(tmp_path: Path) -> None:
    feed = linked(
        ("a", "1", "A 08:00", "C1 08:10"), ("b", "1", "C2 08:12", "A 08:30"), ("z", "1", "A 23:50", "A 24:10")
    )
    timetable = read(write(tmp_path, stops=STATION, **feed))
    assert sorted(together(timetable)) == [["a", "b", "z"]]
    assert timetable.trip_id.tolist() == ["a", "b", "z", "z"]
    assert timetable.trip_run.tolist() == [0, 0, 1, 0]


def test_transfers_join_and_part_runs(tmp_path: Path) -> None:
    feed = linked(
        ("a", "1", "A 08:00", "B 08:10"), ("b", "1", "B 08:10", "A 09:00"), ("c", "", "B 08:20", "C 09:00"),
        ("d", "", "C 09:00", "A 09:30"), ("e", "", "C 09:05", "B 09:30"), ("f", "", "A 07:00", "B 07:10"),
    )  # fmt: skip
    header = "from_stop_id,to_stop_id,transfer_type,from_trip_id,to_trip_id"
    rows = [("", "", 5, "a", "b"), ("", "", 4, "a", "c"), ("", "", 4, "c", "d"), ("", "", 4, "c", "e"),
            ("", "", 4, "e", "f"), ("", "", 4, "a", "nobody")]  # fmt: skip
    timetable = read(write(tmp_path, **feed, transfers=table(header, rows)))
    assert together(timetable)[0] == ["a", "c", "d"] and len(together(timetable)) == 1
    text = " ".join(timetable.warnings)
    assert "1 rows of type 4 leave before the first arrives" in text
    assert "1 rows of type 4 split or join vehicles" in text
    assert "1 rows of type 4 or 5 name no two trips" in text


def test_a_vehicle_that_takes_over_a_trip_of_a_block(tmp_path: Path) -> None:
    feed = linked(
        ("a", "1", "A 08:00", "B 08:10"), ("b", "1", "B 08:20", "A 09:00"), ("c", "", "C 08:00", "B 08:15"),
        ("early", "1", "C 07:00", "A 08:00"),
    )  # fmt: skip
    transfers = "from_stop_id,to_stop_id,transfer_type,from_trip_id,to_trip_id\n,,4,c,b\n"
    assert together(read(write(tmp_path, **feed)))[0] == ["a", "b", "early"]
    found = together(read(write(tmp_path, **feed, transfers=transfers)))
    assert [trips for trips in found if "b" in trips] == [["b", "c"]] and ["a", "early"] in found


def test_changes_of_stops_and_stations(tmp_path: Path) -> None:
    rows = [
        ("A", "B", 2, 120, ""), ("B", "A", 3, "", ""), ("A", "A", 1, "", ""), ("B", "B", 0, "", ""),
        ("S", "S", 2, 300, ""), ("C1", "C2", 2, 90, ""), ("C2", "C2", 3, "", ""),
        ("A", "S", 2, 200, ""), ("A", "C1", 2, 500, ""), ("A", "B", 2, 100, ""),
        ("A", "?", 2, 60, ""), ("B", "C1", 2, "", ""), ("B", "C1", 2, 30, "r"),
    ]  # fmt: skip
    transfers = table("from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_route_id", rows)
    timetable = read(
        write(tmp_path, stops=STATION, stop_times=PLAIN["stop_times"].replace(",C,", ",C1,"), transfers=transfers)
    )
    assert changes(timetable) == {
        ("A", "A"): 0, ("A", "B"): 120, ("A", "C1"): 500, ("A", "C2"): 200, ("B", "A"): FORBIDDEN,
        ("C1", "C1"): 300, ("C1", "C2"): 90, ("C2", "C1"): 300, ("C2", "C2"): FORBIDDEN,
    }  # fmt: skip
    text = " ".join(timetable.warnings)
    assert "1 rows are about single trips or lines" in text and "1 rows name a stop" in text
    assert "1 rows have no time or type" in text


@pytest.mark.parametrize(
    ("number", "mode"),
    [(0, "tram"), (1, "metro"), (2, "rail"), (3, "bus"), (4, "ferry"), (5, "tram"), (6, "other"), (7, "other"),
     (11, "bus"), (12, "metro"), (100, "rail"), (109, "rail"), (200, "bus"), (401, "metro"), (700, "bus"), (800, "bus"),
     (900, "tram"), (1000, "ferry"), (1100, "other"), (1300, "other"), (1400, "other"), (1700, "other")],
)  # fmt: skip
def test_route_types(tmp_path: Path, number: int, mode: str) -> None:
    lines = read(write(tmp_path, routes=f"route_id,route_type\nr,{number}\n")).lines
    assert MODES[lines.mode[0]] == mode and lines.route_type[0] == number and lines.short_name[0] == ""


def test_several_feeds(tmp_path: Path) -> None:
    one = write(tmp_path, "one.zip", transfers="from_stop_id,to_stop_id,transfer_type\nA,B,3\n")
    two = write(tmp_path, "two.zip", stops=STATION, transfers="from_stop_id,to_stop_id,transfer_type\nB,A,3\n",
                stop_times=PLAIN["stop_times"].replace(",C,", ",C2,"))  # fmt: skip
    timetable = read_timetable([one, two], TUESDAY, RD)
    assert said(timetable) == [
        "1:t: 1:A 08:00, 1:B 08:10-08:11, 1:C 08:20", "2:t: 2:A 08:00, 2:B 08:10-08:11, 2:C2 08:20",
    ]  # fmt: skip
    assert timetable.lines.id.tolist() == ["1:r", "2:r"] and timetable.trip_line.tolist() == [0, 1]
    assert changes(timetable) == {("1:A", "1:B"): FORBIDDEN, ("2:B", "2:A"): FORBIDDEN}
    stops = timetable.stops
    assert stops.station[stops.id.tolist().index("2:C1")] == stops.station[stops.id.tolist().index("2:C2")]
    assert len(set(stops.station.tolist())) == len(stops) - 1
    assert set(stops.id[stops.entrance_stop]) == {"2:C1", "2:C2"}
    assert timetable.counts["feeds"] == 2 and timetable.trip_run.tolist() == [0, 1]


def test_a_feed_that_rests_is_told_and_one_that_has_expired_is_refused(tmp_path: Path) -> None:
    one = write(tmp_path, "one.zip")
    museum = write(tmp_path, "museum.zip", calendar=table(CALENDAR, [("wk", 0, 0, 0, 0, 0, 1, 1, 20260101, 20261231)]))
    timetable = read_timetable([museum, one], TUESDAY, RD)
    assert timetable.trip_id.tolist() == ["2:t"]
    assert len(timetable.warnings) == 1 and "museum.zip: no trip runs on Tuesday" in timetable.warnings[0]
    old = write(tmp_path, "old.zip", calendar=table(CALENDAR, [("wk", 1, 1, 1, 1, 1, 1, 1, 20200101, 20201231)]))
    with pytest.raises(InputError, match="old"):
        read_timetable([one, old], TUESDAY, RD)
    with pytest.raises(InputError, match="museum"):
        read_timetable([museum, museum], TUESDAY, RD)


def test_rows_in_any_order_give_the_same(tmp_path: Path) -> None:
    rows = [("t", f"08:{at:02d}:00", f"08:{at:02d}:30", "ABC"[at % 3], at * 3) for at in range(30)]
    rows += [("s", f"07:{at:02d}:00", f"07:{at:02d}:30", "CBA"[at % 3], at) for at in range(30)]
    trips = [("r", "wk", "t"), ("r", "wk", "s")]
    stops = PLAIN["stops"].splitlines()
    sorted_feed = write(tmp_path, stop_times=table(TIMES, rows), trips=table(TRIPS, trips))
    mixed = np.random.default_rng(1).permutation(len(rows))
    mixed_feed = write(
        tmp_path, "mixed.zip", stop_times=table(TIMES, [rows[at] for at in mixed]), trips=table(TRIPS, trips[::-1]),
        stops="\n".join([stops[0], *stops[:0:-1]]),
    )  # fmt: skip
    expected = arrays(read(sorted_feed))
    assert arrays(read(mixed_feed)) == expected
    apart = write(tmp_path, "apart.zip", stop_times=table(TIMES, rows[30:] + rows[:30]), trips=table(TRIPS, trips))
    assert arrays(read(apart)) == expected


def test_texts_of_any_kind(tmp_path: Path) -> None:
    long = "9" * 300
    feed = pack(
        tmp_path / "odd.zip",
        {
            "stops": f'stop_id,stop_name,stop_lat,stop_lon\n001,"Plein, ""t\nOude""",52.37,4.89\n{long},É,52.38,4.90\n',
            "routes": '"route_id","route_type","colour"\n"00","2","x"\n',
            "trips": f"route_id,service_id,trip_id\n00,wk,{long}\n",
            "stop_times": f"{TIMES}\n{long},8:00:00,8:00:00,001,10\n{long}, 8:05:00,08:05:00,{long},20\n",
            "calendar": PLAIN["calendar"],
        },
    )
    timetable = read(feed)
    assert said(timetable) == [f"{long}: 001 08:00, {long} 08:05"]
    assert timetable.stops.name.tolist() == ['Plein, "t\nOude"', "É"]
    assert timetable.lines.id.tolist() == ["00"]


def test_a_holiday_and_a_feed_meant_for_other_days_are_told(tmp_path: Path) -> None:
    calendar = PLAIN["calendar"] + "hol,0,0,0,0,0,0,1,20260101,20261231\n"
    dates = "service_id,date,exception_type\nwk,20260310,2\nhol,20260310,1\n"
    trips = table(TRIPS, [("r", "wk", "t"), ("r", "wk", "u"), ("r", "wk", "v"), ("r", "hol", "h")])
    times = "".join(
        PLAIN["stop_times"].replace("t,08", f"{trip},08").split("\n", 1)[at] for at, trip in ((1, "t"), (1, "h"))
    )
    path = write(tmp_path, calendar=calendar, calendar_dates=dates, trips=trips, stop_times=f"{TIMES}\n{times}")
    texts = read(path).warnings
    assert "1 trips run on Tuesday 2026-03-10, 3 on most days" in texts[0] and "holiday" in texts[0]
    info = "feed_publisher_name,feed_start_date,feed_end_date\nX,20260401,20260430\n"
    told = read(write(tmp_path, feed_info=info)).warnings
    assert len(told) == 1 and "2026-04-01 to 2026-04-30; 1 trips run on 2026-03-10 all the same" in told[0]


def test_twins_count_once(tmp_path: Path) -> None:
    times = PLAIN["stop_times"] + "".join(PLAIN["stop_times"].split("\n", 1)[1].replace("t,", f"{t},") for t in "uvw")
    header = f"{TRIPS},trip_headsign,direction_id,block_id"
    trips = table(header, [("r", "wk", "t", "x", 0, ""), ("r", "wk", "u", "x", 0, ""), ("r", "wk", "v", "x", 1, ""),
                           ("r", "wk", "w", "x", 0, "7")])  # fmt: skip
    timetable = read(write(tmp_path, trips=trips, stop_times=times))
    assert timetable.trip_id.tolist() == ["t", "v", "w"]
    assert len(timetable.warnings) == 1 and "1 trips are the same as another" in timetable.warnings[0]
