"""The right answers to the jobs of `access.py`, without flexsite, and the checks.

Distances are those of scipy, for all sites; jobs within reach and ways on foot come from Dijkstra's algorithm as in
the book, in whole centimetres; the nearest street is that of GEOS; journeys come from a plain scan of all rides in the
order of their departure, one site and one departure at a time. Samples are fixed. Where others have found totals for
the data, those must agree too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import lines_region
import numpy as np
import pandas as pd
import shapely
from access_inside import AT, BUDGET, DEPARTURES, SNAP, TO_STOP, WITHIN
from answers import WrongError, close
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.sparse.csgraph import connected_components, dijkstra
from streets_region import CRS, Town, kind_names, symmetric

Array = NDArray[Any]
Answer = Mapping[str, Array]

SAMPLE = {"total": 2000, "centres": 6, "reached": 60, "level": 400}
"""Sites, or stops, whose answer is found in the plain way."""
LONGEST = 7200
SMALL_ISLAND = 50
"""Junctions below which a part of the streets is entered only where nothing else is near."""
_NEAR_M = 1e-6
_DEGREE_M, ROUGH_M = 0.02, 0.1
"""Metres that degrees with seven decimals may be off, and ways along streets between such places."""
_PEER_M = 0.02
_ASIDE = 0.1
"""Metres from a street beyond which a site is beside it, whatever the rounding."""
PTAL_FROM, PTAL_UNTIL, PTAL_PACE = (8 * 60 + 15) * 60, (9 * 60 + 15) * 60, 80.0
PTAL_REACH, PTAL_LATE = (
    {lines_region.BUS: 640, lines_region.RAIL: 960},
    {lines_region.BUS: 2.0, lines_region.RAIL: 0.75},
)
PTAL_BANDS = ((40, 6.5), (25, 6), (20, 5), (15, 4), (10, 3), (5, 2), (2.5, 1.5), (0, 1))

RECORDED: dict[int, dict[str, float]] = {
    1950310795: {
        "seconds to the centres": 7174105814,
        "finite journeys": 1346255,
        "jobs within 45 minutes of all stops": 148673515,
    }
}
"""By `Town.mark`: totals of answers that others found: prototypes, held to networkx on a tenth of the region."""


def sample(town: Town, job: str, among: Array | None = None) -> Array:
    """Rows that are checked one by one."""
    rows = np.arange(len(town.points)) if among is None else among
    random = np.random.default_rng(3)
    return np.sort(random.choice(rows, min(SAMPLE[job], len(rows)), replace=False))


def known(town: Town, what: str, found: float, most: float) -> bool:
    """Whether a total is recorded for these data; it must agree."""
    totals = RECORDED.get(town.mark, {})
    if what in totals:
        close(f"recorded {what}", [found], [totals[what]], most)
    return what in totals


def check_nearest(town: Town, answer: Answer) -> str:
    g = town.streets
    for k, nodes in enumerate(town.kinds):
        right = dijkstra(town.matrix, indices=nodes, min_only=True)[g["site_node"]]
        same(f"metres to kind {k}", answer["metres"][k], np.where(np.isinf(right), np.nan, right), _NEAR_M)
    recorded = known(town, "metres to the nearest", float(np.nansum(answer["metres"])), 1.0)
    return _said(f"scipy, all {len(town.points):,} sites x {len(town.kinds)}", recorded=recorded)


def check_total(town: Town, answer: Answer) -> str:
    g, rows = town.streets, sample(town, "total")
    right = [sum(int(g["jobs"][at]) for at in town.around(node, int(WITHIN * 100)))
             for node in g["site_node"][rows].tolist()]  # fmt: skip
    close("jobs within 1,000 m", answer["jobs"][rows], right, 0)
    _, first = np.unique(g["site_node"], return_index=True)
    recorded = known(town, "jobs within reach of all junctions with a site", float(answer["jobs"][first].sum()), 0)
    return _said(f"plain Dijkstra, {len(rows):,} sites", recorded=recorded)


def check_entering(town: Town, answer: Answer, *, polygons: bool) -> str:
    """Every site has the street that GEOS finds, or none; small islands count where nothing else is near."""
    g, shapes = town.streets, town.polygons if polygons else town.points
    xy = np.column_stack([g["x"], g["y"]])
    lines = np.asarray(shapely.linestrings(np.stack([xy[g["u"]], xy[g["v"]]], axis=1)), dtype=object)
    _, part = connected_components(town.matrix, directed=False)
    away = np.bincount(part)[part][g["u"]] < SMALL_ISLAND
    right = _near(shapes, lines[~away])
    alone = np.flatnonzero(np.isinf(right))
    if away.any():
        right[alone] = _near(shapes[alone], lines)
    owner, leg = answer["owner"], answer["leg"]
    if len(np.unique(owner)) != len(owner):
        raise WrongError("a small site with several entrances")
    found = np.full(len(shapes), np.inf)
    found[owner] = leg
    same("metres from site to street", found, right, _NEAR_M)
    points = np.asarray(shapely.points(answer["xy"]), dtype=object)
    close("metres from entrance to its street", shapely.distance(points, lines[answer["edge"]]), 0 * leg, _NEAR_M)
    close("metres from entrance to site", shapely.distance(points, shapes[owner]), leg, _NEAR_M)
    return f"GEOS, all {len(shapes):,} sites"


def _near(shapes: Array, lines: Array) -> Array:
    far = np.full(len(shapes), np.inf)
    tree = shapely.STRtree(lines)
    (row, _), metres = tree.query_nearest(shapes, max_distance=SNAP, return_distance=True, all_matches=False)
    far[row] = metres
    return far


class Plain:
    """Journeys by a plain scan of the rides, as the connection scan algorithm does for one origin and departure."""

    def __init__(self, town: Town) -> None:
        lines = town.lines
        self.paths: list[list[tuple[int, int]]] = [[] for _ in range(int(lines["nstop"]))]
        for one, other, seconds in zip(lines["fu"].tolist(), lines["fv"].tolist(), lines["fd"].tolist(), strict=True):
            self.paths[one].append((other, seconds))
        self.leave = lines["dep"]
        self.rides = [lines[name] for name in ("dep", "arr", "cu", "cv", "trip")]
        at: dict[int, list[int]] = {}
        for stop, node in enumerate(town.streets["stop_node"].tolist()):
            at.setdefault(node, []).append(stop)
        self._at, self._town = at, town

    def ways(self, node: int, metres: float) -> dict[int, int]:
        """Seconds at 1.25 m/s to the stops around a junction."""
        found = self._town.around(node, int(metres * 100)).items()
        return {stop: -(-far // 125) for at, far in found for stop in self._at.get(at, ())}

    def arrivals(self, ways: Mapping[int, int], start: int, until: int) -> dict[int, int]:
        """Earliest second of getting off at each stop, no later than `until`."""
        ready = {stop: start + walk for stop, walk in ways.items()}
        off: dict[int, int] = {}
        aboard: set[int] = set()
        low, high = np.searchsorted(self.leave, [start, until + 1])
        for dep, arr, u, v, trip in zip(*(column[low:high].tolist() for column in self.rides), strict=True):
            if arr > until or not (trip in aboard or ready.get(u, until + 1) <= dep):
                continue
            aboard.add(trip)
            if arr < off.get(v, until + 1):
                off[v] = arr
                for other, walk in self.paths[v]:
                    if arr + walk < ready.get(other, until + 1):
                        ready[other] = arr + walk
        return off


def check_centres(town: Town, answer: Answer) -> str:
    g, plain, found = town.streets, Plain(town), answer["seconds"]
    with_journey = np.flatnonzero(np.isfinite(found).any(axis=1))
    rows = sample(town, "centres", with_journey)
    rows = np.append(rows, np.flatnonzero(~np.isfinite(found).any(axis=1))[:1])
    last = [plain.ways(node, TO_STOP) for node in g["centre"].tolist()]
    middle = len(DEPARTURES) // 2
    for row in rows.tolist():
        ways = plain.ways(int(g["site_node"][row]), TO_STOP)
        times = np.full((len(DEPARTURES), len(last)), np.inf)
        for i, start in enumerate(DEPARTURES.tolist()):
            off = plain.arrivals(ways, start, start + LONGEST)
            for k, egress in enumerate(last):
                times[i, k] = min((off[stop] + walk - start for stop, walk in egress.items() if stop in off),
                                  default=np.inf)  # fmt: skip
        times[times > LONGEST] = np.inf
        right = np.sort(times, axis=0)[middle]
        same(f"seconds from site {row}", found[row], np.where(np.isinf(right), np.nan, right), 0)
    _, first = np.unique(g["site_node"], return_index=True)
    total = float(np.nansum(found[first]))
    recorded = known(town, "seconds to the centres", total, 0)
    recorded &= known(town, "finite journeys", float(np.isfinite(found[first]).sum()), 0)
    if not len(with_journey):
        raise WrongError("no site has a journey")
    return _said(f"plain scan, {len(rows)} sites x {len(last)}", recorded=recorded)


def check_reached(town: Town, answer: Answer) -> str:
    plain, found, values = Plain(town), answer["jobs"], town.stop_jobs
    rows = sample(town, "reached", np.unique(town.lines["cu"]))
    right = []
    for stop in rows.tolist():
        ways = {other: 0 if other == stop else walk for other, walk in plain.paths[stop]}
        there = {other: AT + walk for other, walk in ways.items()}
        for at, second in plain.arrivals(ways, AT, AT + BUDGET).items():
            there[at] = min(second, there.get(at, second))
            for other, walk in plain.paths[at]:
                if other != at:
                    there[other] = min(second + walk, there.get(other, second + walk))
        right.append(sum(int(values[at]) for at, second in there.items() if second <= AT + BUDGET))
    close("jobs within 45 minutes", found[rows], right, 0)
    if not found.sum():
        raise WrongError("no jobs within reach")
    recorded = known(town, "jobs within 45 minutes of all stops", float(found.sum()), 0)
    return _said(f"plain scan, {len(rows)} stops", recorded=recorded)


def check_level(town: Town, answer: Answer) -> str:
    """PTAL by its formula: minutes on foot and of waiting per line, at its nearest stop, in its busier direction."""
    g, lines, rows, plain = town.streets, town.lines, sample(town, "level"), Plain(town)
    window = (lines["dep"] >= PTAL_FROM) & (lines["dep"] < PTAL_UNTIL)
    frame = pd.DataFrame({"stop": lines["cu"][window], "trip": lines["trip"][window]})
    line, direction, kind = lines["trip_line"].T
    frame = frame.assign(line=line[frame["trip"]], way=direction[frame["trip"]])
    often = frame.groupby(["stop", "line", "way"]).size().groupby(["stop", "line"]).max()
    leaves: dict[int, list[tuple[int, int]]] = {}
    for (stop, one), number in often.items():
        leaves.setdefault(stop, []).append((one, int(number)))
    kinds = dict(zip(line.tolist(), kind.tolist(), strict=True))
    hours = (PTAL_UNTIL - PTAL_FROM) / 3600
    right = []
    for node in g["site_node"][rows].tolist():
        best: dict[int, tuple[float, float]] = {}
        for at, centimetres in town.around(node, max(PTAL_REACH.values()) * 100).items():
            for stop in plain._at.get(at, ()):
                for one, number in leaves.get(stop, ()):
                    if centimetres <= PTAL_REACH[kinds[one]] * 100:
                        wait = 30 / (number / hours) + PTAL_LATE[kinds[one]]
                        best[one] = min(best.get(one, (np.inf, np.inf)), (centimetres / 100, wait))
        index = 0.0
        for mode in PTAL_REACH:
            some = [30 / (far / PTAL_PACE + wait) for one, (far, wait) in best.items() if kinds[one] == mode]
            index += 0.5 * sum(some) + 0.5 * max(some, default=0.0)
        hundredths = np.floor(index * 100 + 0.5)
        right.append(next((value for above, value in PTAL_BANDS if hundredths > above * 100), 0.0))
    close("level", answer["value"][rows], right, 0)
    if len(np.unique(right)) < 2:
        raise WrongError("all levels are the same")
    return f"formula of PTAL, {len(rows):,} sites"


def check_timetable(town: Town, answer: Answer) -> str:
    """The rides of the day, but for those of the nights before and after."""
    lines = town.lines
    today = (answer["trip"] < int(lines["ntrip"])) & (answer["dep"] >= lines["dep"].min())
    today &= answer["dep"] <= lines["dep"].max()
    order = np.lexsort((lines["trip"], lines["dep"]))
    mine = {name: answer[name][today] for name in ("dep", "arr", "cu", "cv", "trip")}
    at = np.lexsort((mine["trip"], mine["dep"]))
    for name, values in mine.items():
        close(f"{name} of the rides", values[at], lines[name][order], 0)
    g = town.streets
    xy = np.column_stack([g["x"], g["y"]])[g["stop_node"]]
    close("metres between stops and where they were put", np.hypot(*(answer["xy"] - xy).T), 0 * xy[:, 0], _DEGREE_M)
    return f"all {len(lines['dep']):,} rides"


def check_pbf(town: Town, answer: Answer) -> str:
    g = town.streets
    order = np.argsort(answer["way"])
    ends = np.sort(np.column_stack([answer["u"], answer["v"]])[order], axis=1)
    close("junctions of streets", ends, np.sort(np.column_stack([g["u"], g["v"]]) + 1, axis=1), 0)
    close("streets against which one may not cycle", ~answer["backward"][order], g["oneway"], 0)
    if not answer["walk"].all():
        raise WrongError("streets that nobody may walk")
    xy = np.column_stack(Transformer.from_crs(4326, CRS, always_xy=True).transform(*answer["lonlat"].T))
    here = np.column_stack([g["x"], g["y"]])[np.column_stack([answer["u"], answer["v"]]).ravel() - 1]
    close("metres between junctions and where they were put", np.hypot(*(xy - here).T), 0 * xy[:, 0], _DEGREE_M)
    return f"all {len(order):,} streets"


def check_study(town: Town, columns: pd.DataFrame) -> str:
    """Metres to the nearest of all kinds, for all sites beside the streets, by scipy from the ends of the nearest."""
    g, nodes = town.streets, len(town.streets["x"])
    xy = np.column_stack([g["x"], g["y"]])
    straight = np.hypot(*(xy[g["u"]] - xy[g["v"]]).T)
    lines = np.asarray(shapely.linestrings(np.stack([xy[g["u"]], xy[g["v"]]], axis=1)), dtype=object)
    _, part = connected_components(town.matrix, directed=False)
    small = np.bincount(part)[part] < SMALL_ISLAND
    mainland = np.flatnonzero(~small[g["u"]])

    def doors(shapes: Array) -> tuple[Array, Array, Array, Array]:
        """Row, nearest street, metres along it and to it."""
        tree = shapely.STRtree(lines[mainland])
        (row, edge), leg = tree.query_nearest(shapes, max_distance=SNAP, return_distance=True, all_matches=False)
        edge = mainland[edge]
        door = shapely.get_point(shapely.shortest_line(lines[edge], shapes[row]), 0)
        return row, edge, shapely.line_locate_point(lines[edge], door), leg

    row, edge, along, leg = doors(town.polygons)
    row, edge, along, leg = (column[leg > _ASIDE] for column in (row, edge, along, leg))
    off = np.zeros(len(row))
    for name, places in zip(kind_names(), town.kinds, strict=True):
        # a place on a small island is entered from the mainland where that is near: a junction more, and two streets
        own, there, at, far = doors(np.asarray(shapely.points(xy[places[small[places]]]), dtype=object))
        more, moved = nodes + np.arange(len(own)), places[small[places]][own]
        u, v = np.concatenate([g["u"], more, more]), np.concatenate([g["v"], g["u"][there], g["v"][there]])
        metres = np.concatenate([straight, far + at, far + straight[there] - at])
        from_all = dijkstra(symmetric(nodes + len(own), u, v, metres), min_only=True,
                            indices=np.concatenate([np.setdiff1d(places, moved), more]))  # fmt: skip
        ends = from_all[g["u"][edge]] + along, from_all[g["v"][edge]] + straight[edge] - along
        right = leg + np.minimum(*ends)
        found = columns[f"{name}_m"].to_numpy()[row]
        apart = np.abs(np.where(np.isinf(right), 0.0, found - right))
        apart = np.where(np.isinf(right) == np.isnan(found), apart, np.inf)
        off = np.maximum(off, np.where(np.isin(edge, there), 0.0, apart))  # nearer than by the ends of that street
    # where two streets are as near to a hundredth of a metre, either may be the one
    wrong = ~(off <= ROUGH_M)
    if wrong.mean() > 1e-3:
        raise WrongError(f"metres to the nearest: {int(wrong.sum()):,} of {len(off):,} sites differ")
    if empty := [name for name, column in columns.items() if column.isna().all()]:
        raise WrongError(f"columns that are empty: {', '.join(empty)}")
    return f"scipy to {ROUGH_M:g} m, {len(row):,} sites x {len(town.kinds)}; the same each time"


def same(what: str, found: Array, right: Array, most: float) -> float:
    """As `close`, where no number and infinity must be in the same places."""
    unknown = ~np.isfinite(right)
    if found.shape != right.shape or not np.array_equal(~np.isfinite(found), unknown):
        raise WrongError(f"{what}: known where it is not, or the other way round")
    return close(what, np.where(unknown, 0.0, found), np.where(unknown, 0.0, right), most)


def _said(text: str, *, recorded: bool) -> str:
    return f"{text}, and a recorded total" if recorded else text


CHECKS: dict[str, Callable[[Town, Answer], str]] = {
    "nearest": check_nearest, "total": check_total,
    "points": lambda town, answer: check_entering(town, answer, polygons=False),
    "polygons": lambda town, answer: check_entering(town, answer, polygons=True), "centres": check_centres,
    "reached": check_reached, "level": check_level, "timetable": check_timetable, "pbf": check_pbf,
}  # fmt: skip


def peer_nearest(town: Town, answer: Answer) -> str:
    limit, apart = float(answer.get("limit", np.inf)), 0.0
    for k, nodes in enumerate(town.kinds):
        right = dijkstra(town.matrix, indices=nodes, min_only=True)[town.streets["site_node"]]
        right[right >= limit - _PEER_M] = np.inf
        found = np.where(answer["metres"][k] >= limit - _PEER_M, np.inf, answer["metres"][k])
        apart = max(apart, same(f"metres to kind {k}", found, right, _PEER_M))
    return f"{apart:.1g} m apart" + (f", up to {limit:,.0f} m" if np.isfinite(limit) else "")


def peer_total(town: Town, answer: Answer) -> str:
    g, some = town.streets, np.arange(len(answer["rows"]))[: SAMPLE["total"]]
    right = [sum(int(g["jobs"][at]) for at in town.around(node, int(WITHIN * 100)))
             for node in g["site_node"][answer["rows"][some]].tolist()]  # fmt: skip
    close("jobs within 1,000 m", answer["jobs"][some], right, 0)
    return f"plain Dijkstra, {len(some):,} sites"


def peer_points(town: Town, answer: Answer) -> str:
    """No street is farther than the nearest junction."""
    far = np.maximum(answer["leg"] - town.streets["site_d"], 0.0)
    close(
        "metres beyond the nearest junction",
        far[town.streets["site_d"] < SNAP],
        0.0 * far[town.streets["site_d"] < SNAP],
        _NEAR_M,
    )
    return "no farther than the nearest junction; small islands count as any street"


def peer_timetable(town: Town, answer: Answer) -> str:
    lines = town.lines
    close(
        "stop times and trips",
        [answer["rows"], answer["trips"]],
        [len(lines["dep"]) + lines["ntrip"], lines["ntrip"]],
        0,
    )
    return "number of trips and stop times"


def peer_pbf(town: Town, answer: Answer) -> str:
    g = town.streets
    close("streets and junctions", [answer["streets"], answer["junctions"]], [len(g["u"]), len(g["x"])], 0)
    return "number of streets and junctions"


PEER_CHECKS: dict[str, Callable[[Town, Answer], str]] = {
    "nearest": peer_nearest, "total": peer_total, "points": peer_points, "timetable": peer_timetable, "pbf": peer_pbf,
}  # fmt: skip
