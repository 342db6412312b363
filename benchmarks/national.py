"""Make a timetable feed as large as that of the Netherlands, and measure what reading one day of it costs.

    python benchmarks/national.py --out feed                     # 15 million stop times; 1.1 GB unpacked
    python benchmarks/national.py --out feed --trips 80000       # a tenth of it

The feed has the columns of the Dutch one and, like it, calendar_dates.txt alone: 40,000 services that each run on 8 of
60 days, 65,000 quays in 25,000 stations, 4,000 lines. Per call one Python is measured as a whole process: the whole
country, and what calls in a square of 60 km. The number of trips and stop times of the day is checked against what was
written.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import measure
import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

Array = NDArray[Any]

SEED = 5051
FIRST = datetime.date(2026, 3, 2)
DAYS, RUNS, SERVICES, LINES, QUAYS, STATIONS = 60, 8, 40_000, 4_000, 65_000, 25_000
DAY = datetime.date(2026, 3, 24)
SQUARE = (100_000.0, 470_000.0, 160_000.0, 530_000.0)
"""In EPSG:28992."""
PART = 50_000
"""Trips written at a time."""
READ = """
import datetime, json, sys
from pathlib import Path
import pyproj
from flexsite.access.timetable.reading import read_timetable
day, bounds = datetime.date.fromisoformat(sys.argv[2]), json.loads(sys.argv[3])
timetable = read_timetable([Path(sys.argv[1])], day, pyproj.CRS.from_epsg(28992), bounds=bounds)
print(json.dumps(timetable.counts))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the feed; used again when it is there")
    parser.add_argument("--trips", type=int, default=800_000)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    feed = given.out / f"national-{given.trips}.zip"
    facts = feed.with_suffix(".json")
    if not facts.exists():
        facts.write_text(json.dumps(make(feed, given.trips)), encoding="utf-8")
    expected = json.loads(facts.read_text(encoding="utf-8"))
    print(json.dumps(expected))
    for name, bounds in (("all", None), ("square", SQUARE)):
        command = [sys.executable, "-c", READ, str(feed), DAY.isoformat(), json.dumps(bounds)]
        cost, printed = measure.run(command, limit=900)
        counts = json.loads(printed)
        around = counts["trips_of_day_before"] + counts["trips_of_day_after"]
        assert counts["stop_times_read"] == expected["stop_times"]
        assert bounds is not None or counts["trips"] - around == expected["trips_of_day"]
        assert bounds is None or 0 < counts["trips"] - around < expected["trips_of_day"]
        costs = f"{cost.wall_s:.1f} s, {cost.cpu_s:.1f} s CPU, {cost.peak_mb:.0f} MB"
        print(f"{name}: {costs}; {counts['trips']} trips, {counts['stop_times']} stop times")


def make(path: Path, trips: int) -> dict[str, int]:
    """Write the feed; returns what a reader should find."""
    random = np.random.default_rng(SEED)
    service = random.integers(0, SERVICES, trips)
    line = random.integers(0, LINES, trips)
    calls = random.integers(10, 29, LINES)[line]
    names = 100_000_000 + random.permutation(trips)
    begins = random.integers(5 * 3600, 25 * 3600, trips)
    on = np.argsort(random.random((SERVICES, DAYS)), axis=1)[:, :RUNS]
    dates = np.array([(FIRST + datetime.timedelta(days=day)).strftime("%Y%m%d") for day in range(DAYS)])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        agency = "agency_id,agency_name,agency_url,agency_timezone\nX,X,https://example.org,Europe/Amsterdam\n"
        archive.writestr("agency.txt", agency)
        archive.writestr("stops.txt", stops())
        _write(archive, "routes.txt", [{"route_id": np.arange(LINES), "agency_id": np.full(LINES, "X"),
               "route_short_name": np.arange(LINES), "route_long_name": np.full(LINES, "A - B"),
               "route_type": np.arange(LINES) % 4}])  # fmt: skip
        _write(archive, "calendar_dates.txt", [{"service_id": np.repeat(np.arange(SERVICES), RUNS),
               "date": dates[on.reshape(-1)], "exception_type": np.ones(SERVICES * RUNS, int)}])  # fmt: skip
        _write(archive, "trips.txt", [{
            "route_id": line, "service_id": service, "trip_id": names, "realtime_trip_id": names + 1,
            "trip_headsign": np.char.add("Plaats ", (line % 700).astype(str)), "direction_id": names % 2,
            "block_id": names // 9, "shape_id": line, "wheelchair_accessible": np.ones(trips, int),
        }])  # fmt: skip
        _write(archive, "stop_times.txt", stop_times(names, line, calls, begins))
    today = (on == (DAY - FIRST).days).any(axis=1)[service]
    return {"stop_times": int(calls.sum()), "trips_of_day": int(today.sum()), "zip_mb": path.stat().st_size >> 20}


def stops() -> str:
    """Quays in rows over the country, each in the station of its neighbours."""
    rows = ["stop_id,stop_code,stop_name,stop_lat,stop_lon,location_type,parent_station"]
    for quay in range(QUAYS):
        across, down = quay % 255, quay // 255
        lat, lon = 51.0 + 2.4 * down / 255, 3.6 + 3.4 * (across if down % 2 else 255 - across) / 255
        station = f"stoparea:{quay * STATIONS // QUAYS}"
        rows.append(f"{quay:07d},{quay},Plaats {quay % 700}; Halte {quay},{lat:.6f},{lon:.6f},0,{station}")
    rows += [f"stoparea:{station},,Station {station},52.1,5.1,1," for station in range(STATIONS)]
    return "\n".join(rows) + "\n"


def stop_times(names: Array, line: Array, calls: Array, begins: Array) -> Iterator[dict[str, Array]]:
    """Rows of the trips, one part after another."""
    clock = np.array([f"{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}" for at in range(40 * 3600)])
    quays = np.array([f"{quay:07d}" for quay in range(QUAYS)])
    heads = np.array([f"Plaats {number}" for number in range(700)])
    for low in range(0, len(names), PART):
        part = slice(low, low + PART)
        size = calls[part]
        at = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        time = np.repeat(begins[part], size) + at * 95
        stop = (np.repeat(line[part] * 16, size) + at) % QUAYS
        yield {
            "trip_id": np.repeat(names[part], size), "stop_sequence": at, "stop_id": quays[stop],
            "stop_headsign": heads[np.repeat(line[part], size) % 700],
            "arrival_time": clock[time], "departure_time": clock[time + 15],
            "pickup_type": (at == np.repeat(size, size) - 1).astype(int), "drop_off_type": (at == 0).astype(int),
            "timepoint": np.zeros(len(at), int), "shape_dist_traveled": at * 410 + stop % 7,
            "fare_units_traveled": at * 400,
        }  # fmt: skip


def _write(archive: zipfile.ZipFile, name: str, parts: Any) -> None:
    """Write a table of several parts."""
    options = {"quoting_style": "none"}
    with archive.open(name, "w", force_zip64=True) as stream:
        _parts(stream, parts, options)


def _parts(stream: IO[bytes], parts: Any, options: dict[str, Any]) -> None:
    for number, part in enumerate(parts):
        table = pa.table({name: pa.array(column) for name, column in part.items()})
        text = pa.BufferOutputStream()
        arrow_csv.write_csv(table, text, arrow_csv.WriteOptions(include_header=False, **options))
        if number == 0:
            stream.write((",".join(table.column_names) + "\n").encode())
        stream.write(text.getvalue())


if __name__ == "__main__":
    main()
