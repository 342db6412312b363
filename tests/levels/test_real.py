"""Departures of real feeds equal those counted in their own tables; stops that are none stay out."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyproj
import pytest

from flexsite.access.levels.departures import busiest, departures
from flexsite.access.levels.level import levels, needs
from flexsite.access.levels.standard import load_standard
from flexsite.access.levels.supply import supply_of, supply_of_stops
from flexsite.access.timetable.model import MODES, Timetable
from flexsite.access.timetable.reading import read_timetable
from flexsite.opening import open_layers
from flexsite.study.models import Study

from .hand import clock, legs, shown

pytestmark = pytest.mark.shared
TUESDAY = datetime.date(2019, 5, 14)
FERRIES, RAIL, BUS = (
    "gtfs_dutch-ferries_2018-2020_NL.zip",
    "gtfs_PortoAlegre_trensurb-rail.zip",
    "gtfs_PortoAlegre_eptc-bus.zip",
)


def rows(feed: Path, table: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(feed) as packed:
        return list(csv.DictReader(io.StringIO(packed.read(f"{table}.txt").decode("utf-8-sig"))))


def seconds(text: str) -> int:
    hours, minutes, rest = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def totals(feed: Timetable, first: str, last: str) -> dict[str, int]:
    """Departures by stop, in both directions."""
    found = departures(feed, clock(first), clock(last))
    number = np.bincount(found.place, found.number, minlength=len(feed.stops)).astype(int)
    return {name: n for name, n in zip(feed.stops.id, number.tolist(), strict=True) if n}


def test_dutch_ferries_leave_as_often_as_their_headways_say(shared: Path) -> None:
    path = shared / "data" / FERRIES
    calls = defaultdict(list)
    for row in rows(path, "stop_times"):
        calls[row["trip_id"]].append((int(row["stop_sequence"]), row["stop_id"], seconds(row["departure_time"])))
    expected: Counter[str] = Counter()
    for row in rows(path, "frequencies"):
        made = sorted(calls[row["trip_id"]])
        if len(made) < 2:
            continue
        begin, end, headway = seconds(row["start_time"]), seconds(row["end_time"]), int(row["headway_secs"])
        for start in range(begin, end, headway):
            seen = {stop for _, stop, time in made[:-1] if clock("09:00") <= start + time - made[0][2] < clock("17:00")}
            expected.update(seen)
    feed = read_timetable([path], datetime.date(2018, 6, 5), pyproj.CRS.from_epsg(28992))
    assert totals(feed, "09:00", "17:00") == dict(expected)
    assert len(expected) > 500
    supply = supply_of(feed, load_standard("pbl-crow").seconds())
    assert not any(len(need.stops) for need in needs(load_standard("pbl-crow"), supply)), "the source counts no ferries"
    assert set(supply.by_mode.nonzero()[1].tolist()) == {MODES.index("ferry")}


def test_trensurb_without_directions_is_told_apart_as_its_shapes_do(shared: Path) -> None:
    path = shared / "data" / RAIL
    shape = {row["trip_id"]: row["shape_id"] for row in rows(path, "trips") if row["service_id"] == "FULLW"}
    calls = defaultdict(list)
    for row in rows(path, "stop_times"):
        if shape.get(row["trip_id"], "").startswith("LINHA1-"):
            calls[row["trip_id"]].append((int(row["stop_sequence"]), row["stop_id"], seconds(row["departure_time"])))
    number: Counter[tuple[str, str]] = Counter()
    for trip, made in calls.items():
        for _, stop, time in sorted(made)[:-1]:
            number[stop, shape[trip]] += clock("07:00") <= time < clock("09:00")
    feed = read_timetable([path], TUESDAY, pyproj.CRS.from_epsg(31982))
    line = feed.lines.id.tolist().index("LINHA1")
    found = busiest(departures(feed, clock("07:00"), clock("09:00")), len(feed.stops))
    at = np.repeat(np.arange(len(feed.stops)), np.diff(found.first))
    ours = {feed.stops.id[at[row]]: int(found.number[row]) for row in np.flatnonzero(found.line == line)}
    assert ours == {
        stop: most for stop in feed.stops.id if (most := max(number[stop, f"LINHA1-{way}"] for way in "12"))
    }
    assert len(ours) > 20


def test_levels_of_porto_alegre_at_its_busiest_and_quietest_stops(shared: Path) -> None:
    """From 13:00 to 15:00, in which the sample of the bus feed is whole; rail reaches farther."""
    data = shared / "data"
    feed = read_timetable([data / BUS, data / RAIL], TUESDAY, pyproj.CRS.from_epsg(31982))
    standard = load_standard("pbl-crow")
    supply = supply_of(feed, (clock("13:00"), clock("15:00")))
    buses = supply.by_mode[supply.place, MODES.index("bus")]
    busy, quiet = int(np.argmax(buses)), int(np.argmin(np.where(buses > 0, buses, np.inf)))
    station = feed.stops.id.tolist().index("2:CN")
    sites = legs([{busy: 200.0}, {quiet: 499.0}, {station: 1900.0, busy: 501.0}, {station: 2100.0}])
    wanted = needs(standard, supply)
    found = levels(standard, supply, wanted, [sites] * len(wanted), [np.ones(4, bool)] * len(wanted), "en")
    assert shown(found.level) == ["4", "0", "4", "0"]
    why = shown(found.why)
    assert why[0].startswith(f"Stop {feed.stops.name[busy]}, bus ")
    trip = np.repeat(np.arange(len(feed)), np.diff(feed.first))
    here = (feed.stops.station[feed.stop] == feed.stops.station[busy]) & feed.board
    here &= (clock("13:00") <= feed.depart) & (feed.depart < clock("15:00"))
    last = np.zeros(len(here), bool)
    last[feed.first[1:] - 1] = True
    lines = len(set(feed.trip_line[trip[here & ~last]].tolist()))
    assert f"and {lines - 3} more, 85.5 per hour, 200 m" in why[0]
    assert why[1].endswith("0.5 per hour, 499 m")
    assert why[2].startswith("Station ESTACAO CANOAS/LA SALLE, train LINHA1, ")


def test_pseudo_stops_that_a_layer_leaves_out_give_no_level(shared: Path) -> None:
    """GOVI's file has 68 zone borders and 45 unknown points among its 4,429 stops."""
    path = shared / "data" / "ov-haltes_GOVI2011_Amsterdam-Zaan-Waterland-Haarlem_NH.geojson"
    real = "name NOT LIKE '%Zonegrens%' AND name NOT LIKE '%ONBEKEND%'"
    study = Study.model_validate(
        {
            "flexsite": 1, "name": "x", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10,
            "area": {"path": str(path)}, "candidates": {"grid": 100},
            "layers": {"stops": {"path": str(path), "where": real}, "all": str(path)},
        }
    )  # fmt: skip
    layers = open_layers(study)
    everything, kept = (layers.vector(name, columns=["name"]).frame for name in ("all", "stops"))
    assert (len(everything), len(kept)) == (4429, 4316)
    standard = load_standard("pbl-crow")
    pseudo = everything.geometry[everything["name"].str.contains("Zonegrens|ONBEKEND")].to_numpy()
    given = {}
    for name, frame in (("all", everything), ("stops", kept)):
        supply = supply_of_stops(standard, frame["name"].tolist(), None)
        wanted = needs(standard, supply)
        ways = legs([{int(row): 0.0 for row in np.flatnonzero(frame.geometry.geom_equals(one))} for one in pseudo])
        known = [np.ones(len(pseudo), bool)] * len(wanted)
        given[name] = shown(levels(standard, supply, wanted, [ways] * len(wanted), known, "nl").level)
    assert set(given["all"]) == {"stop"}
    assert given["stops"].count("0") > 100, "some share their place with a real stop"
