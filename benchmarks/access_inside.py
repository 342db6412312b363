"""The jobs of `access.py` within one process: python benchmarks/access_inside.py JOB DATA FOLDER OUT TIMES

Each job is done so many times, then once with one thread; prints seconds and CPU seconds of each time as JSON, and
writes the answers to OUT, for the caller to check. What a job starts from (streets as a graph, a timetable as rides) is
made before, and told apart. Imports stand inside the functions: each process pays for what it needs.
"""

# ruff: noqa: PLC0415
from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import lines_region
import numpy as np
from measure import ROOT
from numpy.typing import NDArray
from streets_region import CRS, Town

Array = NDArray[Any]
Answer = dict[str, Array]

WALK = 1.25
"""Metres per second."""
TO_STOP, WITHIN, SNAP, SPACING = 800.0, 1000.0, 100.0, 50.0
DEPARTURES = np.arange(7 * 3600, 9 * 3600 + 1, 300)
AT, BUDGET = 8 * 3600, 45 * 60


class Job:
    """What the jobs start from, made once; `parts` collects seconds of what is told apart."""

    def __init__(self, town: Town) -> None:
        self.town, self.parts = town, dict[str, float]()

    def timed(self, name: str, function: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        found = function()
        self.parts[name] = time.perf_counter() - start
        return found

    @cached_property
    def streets(self) -> Any:
        """The streets straight from the arrays: each as long as its column says, which is not straight."""
        import dataclasses

        import pyproj

        from flexsite.access.streets.model import StreetFile

        g = self.town.streets
        count = len(g["u"])
        ends = np.stack([g["u"], g["v"]], axis=1).ravel()
        yes, no = np.ones(count, bool), np.zeros(count, bool)
        file = StreetFile(
            name="streets", crs=pyproj.CRS.from_user_input(CRS), node_id=np.arange(len(g["x"])),
            u=g["u"].astype(np.int64), v=g["v"].astype(np.int64),
            coords=np.column_stack([g["x"], g["y"]])[ends], start=np.arange(count + 1) * 2,
            walk=yes, forward=yes, backward=~g["oneway"], drive_forward=yes, drive_backward=~g["oneway"],
            ferry=no, seconds=np.full(count, np.nan), way_id=np.arange(count),
            highway_code=np.zeros(count, np.int32), highway_names=np.array(["residential"]),
        )  # fmt: skip
        return dataclasses.replace(file.window(file.crs), length=g["length"].astype(float))

    @cached_property
    def graph(self) -> Any:
        from flexsite.access.reach.compact import compact

        def make() -> Any:
            graph = self.streets.graph("walk")
            compact(graph)
            return graph

        return self.timed("graph", make)

    def at(self, nodes: Array) -> Any:
        """Entrances at junctions, in order: each at an end of a street."""
        from flexsite.access.entering.snap import Entrances

        g = self.town.streets
        edge = np.full(len(g["x"]), -1)
        edge[g["v"]] = np.arange(len(g["v"]))
        edge[g["u"]] = np.arange(len(g["u"]))
        here = edge[nodes]
        assert (here >= 0).all(), "a junction without a street"
        offset = np.where(g["u"][here] == nodes, 0.0, g["length"][here])
        xy = np.column_stack([g["x"], g["y"]])[nodes]
        return Entrances(np.arange(len(nodes)), here, offset, np.zeros(len(nodes)), xy)

    @cached_property
    def sites(self) -> Any:
        return self.at(self.town.streets["site_node"])

    def legs(self, origins: Any, stops: Any, limit: float) -> Any:
        from flexsite.access.reach.legs import legs

        nothing = np.empty(0, np.int64), np.empty(0, np.int64)
        return legs(self.graph, origins, stops, len(origins), len(stops), limit, nothing)

    @cached_property
    def timetable(self) -> Any:
        import pyproj

        from flexsite.access.timetable.reading import read_timetable

        return read_timetable([self.town.gtfs], lines_region.DAY, pyproj.CRS.from_user_input(CRS))

    @cached_property
    def number(self) -> Array:
        """(s,) number of every stop of the timetable in the region."""
        return self.timetable.stops.id.astype(np.int64)

    @cached_property
    def stops(self) -> Any:
        """Where the stops of the timetable are entered."""
        return self.at(self.town.streets["stop_node"][self.number])

    @cached_property
    def router(self) -> Any:
        from flexsite.access.transit.footpaths import Footpaths
        from flexsite.access.transit.router import Router

        lines, row = self.town.lines, np.argsort(self.number)
        one, other = row[lines["fu"]], row[lines["fv"]]
        order = np.lexsort((other, one))
        first = np.searchsorted(one[order], np.arange(len(row) + 1)).astype(np.int64)
        seconds = lines["fd"][order].astype(np.int32)
        metres = np.where(one == other, 0.0, lines["fd"] * WALK)[order]
        paths = Footpaths(first, other[order].astype(np.int32), seconds, metres, WALK)
        return Router.of(self.timetable, paths)


def nearest(job: Job) -> Callable[[], Answer]:
    """Metres to the nearest of seven kinds, from all sites."""
    from flexsite.access.reach.distance import nearest_places

    graph, sites, kinds = job.graph, job.sites, [job.at(nodes) for nodes in job.town.kinds]
    return lambda: {"metres": nearest_places(graph, sites, kinds, len(sites))[0]}


def total(job: Job) -> Callable[[], Answer]:
    """Jobs within 1,000 m, from all sites."""
    from flexsite.access.reach.distance import total_within

    works = np.flatnonzero(job.town.streets["jobs"])
    graph, sites, places = job.graph, job.sites, job.at(works)
    values, none = job.town.streets["jobs"][works].astype(float), np.empty(0, np.int64)
    return lambda: {"jobs": total_within(graph, sites, places, values, len(sites), WITHIN, (none, none))}


def entering(job: Job, *, polygons: bool) -> Callable[[], Answer]:
    """Entrances of all sites at streets, the index included."""
    from flexsite.access.entering.entrances import Barriers, place_entrances, site_entrances
    from flexsite.access.streets.model import Graph

    nothing = Barriers(np.empty(0, dtype=object))
    shapes, streets = job.town.polygons if polygons else job.town.points, job.streets
    streets.source.islands("walk")

    def once() -> Answer:
        graph = Graph.of(streets, "walk")  # a new one, with no index of segments
        if polygons:
            found = site_entrances(graph, shapes, max_snap=SNAP, spacing=SPACING, barriers=nothing)
        else:
            found = place_entrances(graph, shapes, max_snap=SNAP, barriers=nothing)
        return {"owner": found.owner, "edge": found.edge, "leg": found.leg, "xy": found.xy}

    return once


def centres(job: Job) -> Callable[[], Answer]:
    """Median seconds to each of the centres, from all sites."""
    graph, sites, stops, router = job.graph, job.sites, job.stops, job.router
    places = job.at(job.town.streets["centre"])
    assert len(graph.doors)

    def once() -> Answer:
        ways = job.timed("ways to stops", lambda: job.legs(sites, stops, TO_STOP))
        last = job.legs(places, stops, TO_STOP)
        journeys = job.timed("journeys", lambda: router.travel(ways, last, DEPARTURES, "median"))
        return {"seconds": journeys.seconds}

    return once


def reached(job: Job) -> Callable[[], Answer]:
    """Jobs at the stops that are reached within 45 minutes, from all stops."""
    from flexsite.access.reach.legs import Legs

    router, number = job.router, job.number
    job.timed("patterns", lambda: router.patterns)
    paths = router.footpaths
    own = paths.stop == np.repeat(np.arange(len(number)), np.diff(paths.first))
    ways = Legs(paths.first, paths.stop, np.where(own, 0.0, paths.metres))
    values = job.town.stop_jobs[number].astype(float)

    def once() -> Answer:
        found = np.empty(len(number))
        found[number] = router.totals(ways, AT, BUDGET, values)
        return {"jobs": found}

    return once


def level(job: Job) -> Callable[[], Answer]:
    """PTAL of all sites."""
    from flexsite.access.levels.level import levels, needs
    from flexsite.access.levels.standard import load_standard
    from flexsite.access.levels.supply import supply_of

    standard, timetable, sites = load_standard("ptal"), job.timetable, job.sites
    supply = job.timed("departures", lambda: supply_of(timetable, standard.seconds(None)))
    wanted = needs(standard, supply)
    nothing, there = (np.empty(0, np.int64), np.empty(0, np.int64)), np.ones(len(sites), bool)

    def ways() -> list[Any]:
        from flexsite.access.reach.legs import Legs, legs

        found = []
        for need in wanted:
            some = job.at(job.town.streets["stop_node"][job.number[need.stops]])
            one = legs(job.graph, sites, some, len(sites), len(some), need.metres, nothing)
            found.append(Legs(one.first, need.stops[one.stop].astype(np.int32), one.metres))
        return found

    ways()
    walked = job.timed("ways to stops", ways)

    def once() -> Answer:
        found = levels(standard, supply, wanted, walked, [there] * len(wanted), "en")
        return {"value": found.value}

    return once


def timetable(job: Job) -> Callable[[], Answer]:
    """Rides of a day from a GTFS zip."""
    import pyproj

    from flexsite.access.timetable.reading import read_timetable
    from flexsite.access.transit.connections import Connections

    crs = pyproj.CRS.from_user_input(CRS)

    def once() -> Answer:
        read = job.timed("reading", lambda: read_timetable([job.town.gtfs], lines_region.DAY, crs))
        rides = Connections.of(read)
        number = read.stops.id.astype(np.int64)
        return {
            "dep": rides.depart, "arr": rides.arrive, "cu": number[rides.from_stop], "cv": number[rides.to_stop],
            "trip": read.trip_id[rides.trip].astype(np.int64), "xy": read.stops.xy[np.argsort(number)],
        }  # fmt: skip

    return once


def pbf(job: Job) -> Callable[[], Answer]:
    """Streets from an OpenStreetMap file."""
    from flexsite.access.streets.kept import read_streets

    def once() -> Answer:
        file = read_streets([job.town.pbf])
        return {
            "u": file.node_id[file.u], "v": file.node_id[file.v], "way": file.way_id, "lonlat": file.coords,
            "backward": file.backward, "walk": file.walk,
        }  # fmt: skip

    return once


JOBS: dict[str, Callable[[Job], Callable[[], Answer]]] = {
    "nearest": nearest, "total": total, "points": lambda job: entering(job, polygons=False),
    "polygons": lambda job: entering(job, polygons=True), "centres": centres, "reached": reached, "level": level,
    "timetable": timetable, "pbf": pbf,
}  # fmt: skip


def compiled() -> dict[Path, float]:
    """Compiled functions on disk."""
    folders = [ROOT / "flexsite", *map(Path, filter(None, [os.environ.get("NUMBA_CACHE_DIR")]))]
    return {path: path.stat().st_mtime for folder in folders for path in folder.rglob("*.nb[ci]")}


def do(name: str, town: Town, out: Path, times: int) -> dict[str, Any]:
    """Do a job, write its answers, and return what it took."""
    job, before = Job(town), compiled()
    once = JOBS[name](job)
    seconds: list[tuple[float, float]] = []
    answers: list[Answer] = []
    cores = os.cpu_count
    for number in range(times + 1):
        if number == times:
            os.cpu_count = lambda: 1  # all threads are counted by it
        wall, cpu = time.perf_counter(), time.process_time()
        answers = [*answers[-1:], once()]
        seconds.append((time.perf_counter() - wall, time.process_time() - cpu))
        if number == times - 1:
            parts = dict(job.parts)
    os.cpu_count = cores
    same = all(answers[0][key].tobytes() == answers[1][key].tobytes() for key in answers[0])
    np.savez(out, **answers[0])
    return {
        "seconds": seconds[:times], "one_thread": seconds[times], "same": same, "parts": parts,
        "compiled": compiled() != before,
    }  # fmt: skip


def study(town: Town, out: Path) -> dict[str, Any]:
    """All measures of the study, with the cache that FLEXSITE_CACHE names."""
    import geopandas

    from flexsite.access.measures import measure
    from flexsite.cache import Cache
    from flexsite.opening import open_layers
    from flexsite.study.loading import load

    loaded = load(town.study)
    layers = open_layers(loaded)
    sites = geopandas.read_parquet(town.folder / "sites.parquet").rename(columns={"id": "site_id"})
    with Cache.default() as cache:
        found = measure(loaded.access, layers, sites, layers.crs, cache=cache)
    found.columns.to_parquet(out)
    return {"warnings": list(found.warnings)}


def main() -> None:
    name, data, folder, out, times = sys.argv[1:6]
    town = Town(Path(data), Path(folder))
    found = study(town, Path(out)) if name == "study" else do(name, town, Path(out), int(times))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
