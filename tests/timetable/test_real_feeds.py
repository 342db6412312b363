"""Feeds as publishers make them: buses and trains of Porto Alegre, ferries of the Netherlands."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyproj
import pytest

from flexsite.access.timetable.model import MODES
from flexsite.access.timetable.reading import days, read_timetable
from flexsite.errors import InputError

from .conftest import RD

pytestmark = pytest.mark.shared
UTM = pyproj.CRS.from_epsg(31982)
MONDAY = datetime.date(2019, 5, 13)


@pytest.fixture(scope="module")
def bus(shared: Path) -> Path:
    return shared / "data" / "gtfs_PortoAlegre_eptc-bus.zip"


@pytest.fixture(scope="module")
def rail(shared: Path) -> Path:
    return shared / "data" / "gtfs_PortoAlegre_trensurb-rail.zip"


@pytest.fixture(scope="module")
def ferries(shared: Path) -> Path:
    return shared / "data" / "gtfs_dutch-ferries_2018-2020_NL.zip"


def rows(path: Path, table: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(f"{table}.txt").decode("utf-8-sig"))))


def seconds(text: str) -> int:
    hours, minutes, rest = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + rest


def test_buses_and_trains_of_porto_alegre(bus: Path, rail: Path) -> None:
    timetable = read_timetable([bus, rail], MONDAY, UTM)
    assert timetable.warnings == ()
    modes = [MODES[mode] for mode in timetable.lines.mode[timetable.trip_line]]
    today = timetable.depart[timetable.first[:-1]] < 86_400
    assert sum(today[at] and mode == "bus" for at, mode in enumerate(modes)) == days([bus]).on(MONDAY) == 2374
    assert sum(today[at] and mode == "rail" for at, mode in enumerate(modes)) == days([rail]).on(MONDAY) == 529
    assert (np.diff(timetable.first) >= 2).all()
    inner = np.ones(len(timetable.stop), bool)
    inner[timetable.first[1:-1]] = False
    assert (timetable.depart >= timetable.arrive).all()
    assert (timetable.arrive[1:] >= timetable.depart[:-1])[inner[1:]].all()
    west, south, east, north = 470_000, 6_640_000, 510_000, 6_730_000  # the city and the railway to the north
    assert ((timetable.stops.xy >= (west, south)) & (timetable.stops.xy <= (east, north))).all()


SPHERE = pyproj.Geod(a=6_371_008.8, b=6_371_008.8)


def test_known_times_of_buses_stay_and_the_others_lie_between(bus: Path) -> None:
    timetable = read_timetable([bus], MONDAY, UTM)
    calls = defaultdict(list)
    for row in rows(bus, "stop_times"):
        calls[row["trip_id"]].append(row)
    places = {row["stop_id"]: (float(row["stop_lon"]), float(row["stop_lat"])) for row in rows(bus, "stops")}
    empty = 0
    for trip in range(0, len(timetable), 25):
        own = sorted(calls[timetable.trip_id[trip]], key=lambda row: int(row["stop_sequence"]))
        part = slice(timetable.first[trip], timetable.first[trip + 1])
        assert timetable.stops.id[timetable.stop[part]].tolist() == [row["stop_id"] for row in own]
        known = [at for at, row in enumerate(own) if row["arrival_time"]]
        times = [seconds(own[at]["arrival_time"]) for at in known]
        steps = SPHERE.line_lengths(*np.transpose([places[row["stop_id"]] for row in own]))
        gone = np.concatenate([[0], np.cumsum(steps)])
        expected = np.rint(np.interp(gone, gone[known], times)).astype(int)
        assert np.abs(timetable.arrive[part] - expected).max() <= 1  # halves may round either way
        assert timetable.arrive[part][known].tolist() == times
        empty += len(own) - len(known)
    assert empty > 1000


def test_days_of_porto_alegre(bus: Path, rail: Path) -> None:
    found = days([bus])
    assert (found.first, found.last) == (datetime.date(2019, 4, 15), datetime.date(2019, 7, 15))
    with pytest.raises(InputError) as caught:
        read_timetable([bus, rail], datetime.date(2019, 8, 20), UTM)
    assert "eptc-bus" in str(caught.value) and "2019-07-15" in str(caught.value)
    with pytest.raises(InputError) as caught:
        read_timetable([bus], datetime.date(2019, 5, 12), UTM)  # this cut of the feed has weekdays alone
    assert "it never runs on a Sunday" in str(caught.value)
    assert any(
        "no trip runs on Sunday" in text
        for text in read_timetable([bus, rail], datetime.date(2019, 5, 12), UTM).warnings
    )


def test_ferries_that_have_only_a_headway(ferries: Path) -> None:
    timetable = read_timetable([ferries], datetime.date(2020, 6, 9), RD)
    assert {MODES[mode] for mode in timetable.lines.mode} == {"ferry"}
    template = "27817646-09b9-4a29-a3d7-841d7725009e_trip"
    ids = [text for text in timetable.trip_id if text.startswith(template)]
    # every hour from 00:00:00 to 24:00:00, seven more until 8 the next day, and the boat of 24:00:00 of the day before
    assert len(ids) == 25 + 8 + 1 and f"{template} 07:00:00" in ids
    assert timetable.counts["trips_by_headway"] == len(timetable)
    assert any("assumption" in text for text in timetable.warnings)
    served = np.isin(np.arange(len(timetable.stops)), timetable.stop)
    assert timetable.counts["stops_served"] == served.sum()


def test_ferries_have_expired(ferries: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_timetable([ferries], datetime.date(2026, 3, 10), RD)
    text = str(caught.value)
    assert "no trip runs on Tuesday 2026-03-10" in text and "from 2018-01-01 to 2020-12-31" in text
    assert "the nearest Tuesday is 2020-12-29" in text and "a feed of the right period" in text


def test_only_what_stops_in_the_area(ferries: Path) -> None:
    everything = read_timetable([ferries], datetime.date(2020, 6, 9), RD)
    bounds = (110_000.0, 480_000.0, 130_000.0, 500_000.0)  # Amsterdam
    timetable = read_timetable([ferries], datetime.date(2020, 6, 9), RD, bounds=bounds)

    def inside(x: float, y: float) -> bool:
        return bounds[0] <= x <= bounds[2] and bounds[1] <= y <= bounds[3]

    near = {
        everything.trip_id[trip]
        for trip in range(len(everything))
        if any(
            inside(*everything.stops.xy[stop]) for stop in everything.stop[slice(*everything.first[trip : trip + 2])]
        )
    }
    assert 0 < len(near) < len(set(everything.trip_id)) and set(timetable.trip_id) == near
