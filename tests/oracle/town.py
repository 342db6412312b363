"""A town for the planner: streets, vehicles of a day, origins and places, from files alone."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from .feed import Day, read_day
from .planner import LONGEST, Place, Planner, Walks, plan_changes
from .streets import Streets, point, seconds


@dataclass(frozen=True)
class Way:
    """How one travels.

    Parameters
    ----------
    speed
        On foot, kilometres per hour.
    walk, change_walk
        Metres to the first stop, from the last, or all the way, and between two vehicles, at most.
    change_time
        Seconds between two vehicles at least.
    board_wait
        Seconds at a stop before any vehicle departs, the first too.
    rides, longest
        Vehicles and seconds at most.
    """

    speed: float = 4.8
    walk: float = 2000.0
    change_walk: float = 500.0
    change_time: int = 60
    board_wait: int = 0
    rides: int = 99
    longest: int = LONGEST

    @property
    def metres_per_second(self) -> float:
        return self.speed / 3.6


class Town:
    """Streets and vehicles; `attach` puts origins and places on the streets.

    Parameters
    ----------
    pbf, feeds, day
        OpenStreetMap, GTFS zips, service day.
    crs
        Projected, metres.
    snap
        Metres between a place or stop and its street at most.
    """

    def __init__(
        self, pbf: Path, feeds: Sequence[Path], day: dt.date, crs: str, *, snap: float = 100.0, by: str = "distance"
    ) -> None:
        self.crs, self.streets = crs, Streets(pbf, crs, snap=snap)
        self.day: Day = read_day(feeds, day, by=by)
        self.served = sorted({call.stop for vehicle in self.day.vehicles for call in vehicle})
        self.stops = [stop for stop in self.served if self.streets.attach(stop, point(self.day.stops[stop][1:], crs))]
        self._known = set(self.stops)
        self._planners: dict[Way, Planner] = {}

    def attach(self, shapes: Mapping[Hashable, BaseGeometry]) -> set[Hashable]:
        """Put origins and places on the streets; those that are too far from one are left out of the answer."""
        return {key for key, shape in shapes.items() if self.streets.attach(key, shape)}

    def planner(self, way: Way) -> Planner:
        if way not in self._planners:
            changes = plan_changes(self.streets, self.served, way.metres_per_second, way.change_walk, way.change_time)
            self._planners[way] = Planner(self.day.vehicles, changes, way.board_wait, way.rides, way.longest)
        return self._planners[way]

    def legs(self, key: Hashable, way: Way) -> Walks:
        """Seconds on foot to the stops within reach."""
        found = self.streets.walks(key, way.walk)
        return {
            str(stop): seconds(metres, way.metres_per_second) for stop, metres in found.items() if stop in self._known
        }

    def matrix(
        self, origin: Hashable, egress: Mapping[Hashable, Walks], leaves: Sequence[int], way: Way
    ) -> dict[Hashable, list[tuple[float, float]]]:
        """Seconds and vehicles from one origin to places, whose `legs` are given, for every moment of leaving.

        A site is a pair ("site", key of the place in it), and where it is one already is.
        """
        here = origin[1] if isinstance(origin, tuple) else origin
        speed = way.metres_per_second
        on_foot = self.streets.walks(origin, way.walk)
        places = {
            key: Place(walks, 0 if key == here else seconds(on_foot[key], speed) if key in on_foot else math.inf)
            for key, walks in egress.items()
        }
        return self.planner(way).journeys(self.legs(origin, way), places, leaves)


def square(where: shapely.Point) -> shapely.Polygon:
    """A site of one square metre around a point."""
    return shapely.box(where.x - 0.5, where.y - 0.5, where.x + 0.5, where.y + 0.5)


class PortoAlegre(Town):
    """Porto Alegre on Monday 13 May 2019, which both feeds cover, with its 15 points of interest and 1,227 hexagons."""

    DAY = dt.date(2019, 5, 13)
    CRS = "EPSG:31982"
    PBF = "osm_PortoAlegre.osm.pbf"
    FEEDS = ("gtfs_PortoAlegre_eptc-bus.zip", "gtfs_PortoAlegre_trensurb-rail.zip")
    EVERY = 30  # of the hexagons, this one is a site
    SNAP = 300.0  # the Farrapos station is 131 m from the nearest street of the extract

    def __init__(self, data: Path, by: str = "distance") -> None:
        feeds = [data / feed for feed in self.FEEDS]
        super().__init__(data / self.PBF, feeds, self.DAY, self.CRS, snap=self.SNAP, by=by)
        self.points = self._read(data / "PortoAlegre_poa_points_of_interest.csv")
        self.hexagons = self._read(data / "PortoAlegre_poa_hexgrid.csv")
        places = {**self.points, **self.hexagons}
        where = {key: point((float(row["lon"]), float(row["lat"])), self.CRS) for key, row in places.items()}
        self.reached = self.attach(where)
        hexagons = [key for key in self.hexagons if key in self.reached]
        self.sites = {key: square(where[key]) for key in (*self.points, *hexagons[:: self.EVERY])}
        self.attach({("site", key): shape for key, shape in self.sites.items()})

    @property
    def sample(self) -> list[str]:
        """The hexagons with a site, a square of a metre."""
        return [key for key in self.sites if key in self.hexagons]

    @staticmethod
    def _read(path: Path) -> dict[str, dict[str, str]]:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["id"]: row for row in csv.DictReader(file)}
