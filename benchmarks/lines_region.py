"""Lines of public transport over the stops of an invented region: trips, footpaths between stops, a GTFS feed.

Trains run through hubs, buses along corridors of stops; both directions, more often in the peaks. Footpaths join stops
within 400 m, straight; a change takes a minute at least. Everything runs on workdays, half of it at weekends.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.spatial import cKDTree

Array = NDArray[Any]

RIDES, RAIL_LINES, HUBS = 1_000_000, 34, 70
DAY = datetime.date(2026, 12, 2)
"""A Wednesday, without holidays about it."""
FOOTPATH, CHANGE, WALK = 400.0, 60, 1.25
"""Metres straight, seconds, metres per second; streets are 1.25 times as long."""
BUS, RAIL = 3, 2


@dataclass(frozen=True)
class Trip:
    """Stops of one vehicle, seconds of leaving each but the last, and of arriving at each but the first."""

    line: int
    direction: int
    kind: int
    stops: Array
    leave: Array
    arrive: Array


def make(random: np.random.Generator, scale: float, xy: Array, weight: Array) -> list[Trip]:
    """Lines until there are a million rides (scale 1)."""
    near = cKDTree(xy)
    hubs = random.choice(len(xy), max(12, round(HUBS * scale)), replace=False, p=weight / weight.sum())
    trips: list[Trip] = []
    rides = line = 0
    ways = [(stops, RAIL) for stops in _rail(random, scale, xy, hubs)]
    coming = iter(_corridors(random, xy, near, hubs))
    while rides < RIDES * scale:
        stops, kind = ways.pop() if ways else (next(coming), BUS)
        for one in _day(random, line, kind, xy, stops):
            trips.append(one)
            rides += len(one.leave)
        line += 1
    return trips


def _rail(random: np.random.Generator, scale: float, xy: Array, hubs: Array) -> Iterator[Array]:
    """Hubs along straight lines between two of them."""
    for _ in range(max(6, round(RAIL_LINES * scale))):
        one, other = random.choice(hubs, 2, replace=False)
        along, aside, far = _beside(xy[hubs], xy[one], xy[other])
        chosen = (along >= 0) & (along <= far) & (aside < 3500)
        if far > 8000 * min(1.0, scale**0.5) and chosen.sum() >= 3:
            yield hubs[chosen][np.argsort(along[chosen], kind="stable")]


def _corridors(random: np.random.Generator, xy: Array, near: cKDTree, hubs: Array) -> Iterator[Array]:
    """Stops within 230 m of a line of up to 16 km, half of them to the nearest hub."""
    while True:
        start = int(random.integers(len(xy)))
        around = np.array(near.query_ball_point(xy[start], random.uniform(4000, 16_000)))
        if random.random() < 0.5:
            end = int(hubs[np.argmin(np.hypot(*(xy[hubs] - xy[start]).T))])
        else:
            end = int(around[random.integers(len(around))])
        along, aside, far = _beside(xy[around], xy[start], xy[end])
        if far < 1500:
            continue
        chosen = (along >= -230) & (along <= far + 230) & (aside < 230)
        if 6 <= chosen.sum() <= 70:
            yield around[chosen][np.argsort(along[chosen], kind="stable")]


def _beside(xy: Array, start: Array, end: Array) -> tuple[Array, Array, float]:
    """How far points are along a line and aside of it, and its length."""
    far = max(float(np.hypot(*(end - start))), 1e-9)
    unit = (end - start) / far
    off = xy - start
    return off @ unit, np.abs(off[:, 0] * unit[1] - off[:, 1] * unit[0]), far


def _day(random: np.random.Generator, line: int, kind: int, xy: Array, stops: Array) -> Iterator[Trip]:
    """The trips of a line, both ways."""
    speed, dwell, first, last = (23.0, 40, 5.0, 25.0) if kind == RAIL else (6.6, 0, 5.5, 24.8)
    every = 60 * int(random.choice([15, 30] if kind == RAIL else [15, 30, 30, 60, 60]))
    for direction in (0, 1):
        calls = stops if direction == 0 else stops[::-1]
        ride = np.maximum(20, np.round((np.hypot(*np.diff(xy[calls], axis=0).T) * 1.25 + 60) / speed)).astype(int)
        begins = np.concatenate([[0], np.cumsum(ride + dwell)[:-1]])
        at = int(first * 3600 + random.integers(every))
        while at < last * 3600:
            yield Trip(line, direction, kind, calls, at + begins, at + begins + ride)
            hour = at / 3600
            peak = 6.5 <= hour < 9.5 or 15.5 <= hour < 18.5
            at += int(every * (1 if peak else 1.5 if hour < 20 else 2))


def arrays(trips: list[Trip], xy: Array) -> dict[str, Array]:
    """Rides by departure, trip and place in it, and footpaths."""
    size = [len(trip.leave) for trip in trips]
    number, rank = np.repeat(np.arange(len(trips)), size), np.concatenate([np.arange(n) for n in size])
    leave = np.concatenate([trip.leave for trip in trips])
    order = np.lexsort((rank, number, leave))
    columns = {
        "dep": leave, "arr": np.concatenate([trip.arrive for trip in trips]),
        "cu": np.concatenate([trip.stops[:-1] for trip in trips]),
        "cv": np.concatenate([trip.stops[1:] for trip in trips]), "trip": number, "seq": rank,
    }  # fmt: skip
    pair = np.array(sorted(cKDTree(xy).query_pairs(FOOTPATH)), np.int64).reshape(-1, 2)
    far = np.hypot(*(xy[pair[:, 0]] - xy[pair[:, 1]]).T) * 1.25
    walk, own = np.maximum(CHANGE, np.ceil(far / WALK)), np.arange(len(xy))
    paths = {
        "fu": np.concatenate([pair[:, 0], pair[:, 1], own]), "fv": np.concatenate([pair[:, 1], pair[:, 0], own]),
        "fd": np.concatenate([walk, walk, np.full(len(xy), CHANGE)]),
    }  # fmt: skip
    lines = np.array([(trip.line, trip.direction, trip.kind) for trip in trips], np.int32)
    return {name: values[order].astype(np.int32) for name, values in columns.items()} | {
        **{name: values.astype(np.int32) for name, values in paths.items()},
        "ntrip": np.array(len(trips)), "nstop": np.array(len(xy)), "trip_line": lines,
    }  # fmt: skip


def write_gtfs(path: Path, trips: list[Trip], xy: Array, crs: str) -> None:
    """The trips as a feed; those with an even number run on Saturdays and Sundays too, under another name."""
    clock = np.array([f"{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}" for at in range(32 * 3600)])
    size = np.array([len(trip.stops) for trip in trips])
    number, rank = np.repeat(np.arange(len(trips)), size), np.concatenate([np.arange(n) for n in size])
    stop = np.concatenate([trip.stops for trip in trips])
    arrive = np.concatenate([np.concatenate([trip.leave[:1], trip.arrive]) for trip in trips])
    leave = np.concatenate([np.concatenate([trip.leave, trip.arrive[-1:]]) for trip in trips])
    line, direction, kind = np.array([(trip.line, trip.direction, trip.kind) for trip in trips]).T
    again, weekend = np.flatnonzero(number % 2 == 0), np.arange(0, len(trips), 2)
    rows = np.concatenate([np.arange(len(number)), again])
    shift = np.where(np.arange(len(rows)) < len(number), 0, len(trips))
    lines = int(line.max()) + 1
    kinds = np.zeros(lines, int)
    kinds[line] = kind
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform(*xy.T)
    period = f"{DAY:%Y%m}01,{DAY:%Y%m}31"
    texts = {
        "agency": "agency_id,agency_name,agency_url,agency_timezone\nX,X,https://example.org,Europe/Amsterdam\n",
        "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        f"wk,1,1,1,1,1,0,0,{period}\nsa,0,0,0,0,0,1,1,{period}\n",
        "calendar_dates": f"service_id,date,exception_type\nwk,{DAY:%Y}1225,2\nsa,{DAY:%Y}1225,1\n",
        "stops": _csv(stop_id=np.arange(len(xy)), stop_name=np.char.add("Stop ", np.arange(len(xy)).astype(str)),
                      stop_lat=np.round(lat, 7), stop_lon=np.round(lon, 7)),
        "routes": _csv(route_id=np.arange(lines), agency_id=np.full(lines, "X"), route_short_name=np.arange(lines),
                       route_long_name=np.char.add("Line ", np.arange(lines).astype(str)), route_type=kinds),
        "trips": _csv(route_id=np.append(line, line[weekend]),
                      service_id=np.repeat(["wk", "sa"], [len(trips), len(weekend)]),
                      trip_id=np.append(np.arange(len(trips)), len(trips) + weekend),
                      direction_id=np.append(direction, direction[weekend])),
        "stop_times": _csv(trip_id=number[rows] + shift, arrival_time=clock[arrive[rows]],
                           departure_time=clock[leave[rows]], stop_id=stop[rows], stop_sequence=rank[rows]),
    }  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in texts.items():
            archive.writestr(f"{name}.txt", text)


def _csv(**columns: Array) -> bytes:
    sink = io.BytesIO()
    arrow_csv.write_csv(pa.table(columns), sink, arrow_csv.WriteOptions(quoting_style="none"))
    return sink.getvalue()
