"""Public transport: stops, stations and a timetable (GTFS) of bus lines and one railway."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry as Geometry

from flexsite.demo import places
from flexsite.demo.frame import Floats, dots, place
from flexsite.demo.rules_layers import frame
from flexsite.demo.settlements import Settlements
from flexsite.demo.streets import TO_WGS84, Network, shortest
from flexsite.demo.terrain import Terrain

MAIN = frozenset({"primary", "secondary", "tertiary"})
STREETS = MAIN | {"residential", "unclassified"}
# line, places in order, minutes between departures on weekdays, first and last departure
LINES: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("1", ("Zilverhoven", "Kranewaarde"), 15),
    ("2", ("Zilverhoven", "Molmerdam"), 15),
    ("3", ("Zilverhoven", "Tureluurkerk", "Wulpendorp"), 30),
    ("4", ("Zilverhoven", "Meerkoetsluis", "Plevierkoog"), 30),
    ("5", ("Molmerdam", "Lepelaarsdijk", "Scholeksterhorn"), 60),
    ("6", ("Zilverhoven", "Kluutmeer"), 60),
    ("7", ("Molmerdam", "Grutterswolde", "Zilverhoven"), 60),
)
# ring lines within the towns: share of the radius
RINGS = (("10", "Zilverhoven", 0.63), ("11", "Zilverhoven", 0.97), ("20", "Molmerdam", 0.63), ("21", "Molmerdam", 0.97),
         ("30", "Kranewaarde", 0.63), ("31", "Kranewaarde", 0.97))  # fmt: skip
BUS_SPEED, TRAIN_SPEED = 30 / 3.6, 75 / 3.6
IN_TOWN, OUTSIDE, MERGE = 470.0, 2600.0, 170.0


@dataclass(frozen=True)
class Route:
    """A line: its stops by number and the travel time to each from the first, seconds."""

    name: str
    mode: str
    stops: tuple[int, ...]
    seconds: tuple[int, ...]
    headway: int


@dataclass(frozen=True)
class Timetable:
    """Stops (name, mode, position in EPSG:28992) and the routes over them."""

    names: tuple[str, ...]
    modes: tuple[str, ...]
    points: Floats
    routes: tuple[Route, ...]


def build(terrain: Terrain, settlements: Settlements, network: Network) -> Timetable:
    """Lay bus lines over the main roads and the railway over its stations."""
    names: list[str] = []
    modes: list[str] = []
    points: list[Floats] = []
    routes: list[Route] = []

    used: dict[str, int] = {}

    def stop(at: Floats, mode: str, label: str) -> int:
        for number, (other, kind) in enumerate(zip(points, modes, strict=True)):
            if kind == mode and np.hypot(*(other - at)) < MERGE:
                return number
        used[label] = used.get(label, 0) + 1
        names.append(label if used[label] == 1 else f"{label} {used[label]}")
        modes.append(mode)
        points.append(np.round(at, 2))
        return len(points) - 1

    stations = [
        stop(at, "train", f"Station {entry[0]}") for entry, at in zip(places.STATIONS, network.stations, strict=True)
    ]
    at = [terrain.rail.project(Point(place(position))) for _, position in places.STATIONS]
    run = [round(abs(distance - at[0]) / TRAIN_SPEED) + 60 * number for number, distance in enumerate(at)]
    routes.append(Route("Waardlijn", "train", tuple(stations), tuple(run), 30))
    # a bus stops at a node of a street, not on a bridge and not where a ring road is broken by the railway
    xy = network.positions()
    streets = [way for way, tags in network.ways if tags.get("highway") in STREETS and "bridge" not in tags]
    usable = np.unique(np.concatenate([np.array(way) for way in streets]))
    beside = terrain.rail.buffer(30)
    shapely.prepare(beside)
    usable = usable[~shapely.intersects(beside, dots(xy[usable - 1]))]
    tree = shapely.STRtree(dots(xy[usable - 1]))
    covers = shapely.union_all([cover.buffer(60) for cover in settlements.covers.values()])
    tracks = [(name, _path(network, calls), headway) for name, calls, headway in LINES]
    for name, town, share in RINGS:
        entry = next(entry for entry in places.PLACES if entry.name == town)
        shape = shapely.get_coordinates(settlements.covers[town].exterior)
        tracks.append((name, LineString(place(entry.centre) + share * (shape - place(entry.centre))), 20))
    for name, line, headway in tracks:
        chosen: list[int] = []
        seconds: list[int] = []
        for distance in _positions(line, covers):
            at_line = line.interpolate(distance)
            here = xy[usable[int(tree.nearest(at_line))] - 1]
            if at_line.distance(Point(here)) > 90:
                continue
            number = stop(here, "bus", _label(settlements, here))
            if chosen and number == chosen[-1]:
                continue
            chosen.append(number)
            seconds.append(round(distance / BUS_SPEED / 15) * 15)
        routes.append(Route(name, "bus", tuple(chosen), tuple(seconds), headway))
    return Timetable(tuple(names), tuple(modes), np.array(points), tuple(routes))


def _path(network: Network, calls: tuple[str, ...]) -> LineString:
    """Return the road between places, from centre to centre."""
    xy = network.positions()
    main = np.array(sorted({n for numbers, tags in network.ways if tags.get("highway") in MAIN for n in numbers}))
    centres = {entry.name: place(entry.centre) for entry in places.PLACES}
    ends = [int(main[np.argmin(np.hypot(*(xy[main - 1] - centres[call]).T))]) for call in calls]
    nodes = [ends[0]]
    for start, end in pairwise(ends):
        nodes += shortest(network, start, end, MAIN)[1:]
    return LineString(xy[np.array(nodes) - 1])


def _positions(line: LineString, covers: Geometry) -> list[float]:
    """Return where a bus stops: often within settlements, seldom between them, and at both ends."""
    found = [0.0]
    for distance in np.arange(50.0, line.length - 150, 50.0):
        inside = covers.contains(line.interpolate(distance))
        if distance - found[-1] >= (IN_TOWN if inside else OUTSIDE):
            found.append(float(distance))
    return [*found, float(line.length)]


def _label(settlements: Settlements, at: Floats) -> str:
    point = Point(at)
    nearest = min(settlements.covers, key=lambda name: settlements.covers[name].distance(point))
    return nearest if settlements.covers[nearest].distance(point) < 150 else f"{nearest}, Polder"


def stops(table: Timetable) -> gpd.GeoDataFrame:
    """Return all stops, stations included: halte, naam, mode, geometry."""
    columns: dict[str, object] = {
        "halte": [f"INV-H{number:03d}" for number in range(1, len(table.names) + 1)],
        "naam": list(table.names),
        "mode": list(table.modes),
    }
    return frame(columns, dots(table.points))


def write(table: Timetable, path: Path) -> None:
    """Write the timetable as a GTFS feed; the zip has fixed times, so equal tables give equal bytes."""
    from pyproj import Transformer

    lon, lat = Transformer.from_pipeline(TO_WGS84).transform(*table.points.T)
    files: dict[str, list[Sequence[object]]] = {
        "agency.txt": [
            ("agency_id", "agency_name", "agency_url", "agency_timezone", "agency_lang"),
            ("INV", "Waardvervoer (invented)", "https://example.org/", "Europe/Amsterdam", "nl"),
        ],
        "feed_info.txt": [
            ("feed_publisher_name", "feed_publisher_url", "feed_lang",
             "feed_start_date", "feed_end_date", "feed_version"),
            ("flexsite demo, invented", "https://example.org/", "nl", "20260101", "20261231", "1"),
        ],
        "calendar.txt": [
            ("service_id", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
             "start_date", "end_date"),
            ("week", 1, 1, 1, 1, 1, 0, 0, "20260101", "20261231"),
            ("weekend", 0, 0, 0, 0, 0, 1, 1, "20260101", "20261231"),
        ],
        "stops.txt": [("stop_id", "stop_name", "stop_lat", "stop_lon", "location_type")],
        "routes.txt": [("route_id", "agency_id", "route_short_name", "route_long_name", "route_type")],
        "trips.txt": [("route_id", "service_id", "trip_id", "direction_id")],
        "stop_times.txt": [("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence")],
    }  # fmt: skip
    for number, name in enumerate(table.names):
        files["stops.txt"].append((f"INV-H{number + 1:03d}", name, f"{lat[number]:.6f}", f"{lon[number]:.6f}", 0))
    for route in table.routes:
        title = f"{table.names[route.stops[0]]} - {table.names[route.stops[-1]]}"
        files["routes.txt"].append((f"R{route.name}", "INV", route.name, title, 2 if route.mode == "train" else 3))
        for service, headway in (("week", route.headway), ("weekend", max(60, route.headway))):
            for direction in (0, 1):
                _trips(files, route, service, headway, direction)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, rows in files.items():
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(info, "".join(_csv(row) for row in rows))


def _trips(files: dict[str, list[Sequence[object]]], route: Route, service: str, headway: int, direction: int) -> None:
    order = route.stops if direction == 0 else route.stops[::-1]
    total = route.seconds[-1]
    offsets = route.seconds if direction == 0 else tuple(total - second for second in route.seconds[::-1])
    for number, start in enumerate(range(6 * 3600 + 300 * direction, 23 * 3600, 60 * headway)):
        trip = f"{route.name}-{service}-{direction}-{number + 1}"
        files["trips.txt"].append((f"R{route.name}", service, trip, direction))
        for sequence, (stop, offset) in enumerate(zip(order, offsets, strict=True), 1):
            moment = start + offset
            clock = f"{moment // 3600:02d}:{moment // 60 % 60:02d}:{moment % 60:02d}"
            files["stop_times.txt"].append((trip, clock, clock, f"INV-H{stop + 1:03d}", sequence))


def _csv(row: Iterable[object]) -> str:
    return ",".join(f'"{value}"' if "," in str(value) else str(value) for value in row) + "\r\n"
