"""Make an invented region of streets, stops, places and a timetable from a fixed seed, for `access.py`.

    python benchmarks/streets_region.py --scale 0.1 --out region         # a region and its study
    python benchmarks/streets_region.py --from elsewhere --out region    # only a study, on data made before

Scale 1 has 600,000 junctions and 750,000 streets on 50 x 54 km, towns and polders; an island without a bridge and 60
closed pockets; 12,000 stops, 5,000 amenities of six kinds, 100,000 junctions with jobs, 200,000 sites beside streets,
20 centres; a million rides a day. Junctions are in no order, as those of OpenStreetMap. With `--from` a folder needs
g1.npz (streets), g2.npz (timetable), gtfs.zip and streets.osm.pbf.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import geopandas as gpd
import lines_region
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree

Array = NDArray[Any]

SEED = 7707
CRS = "EPSG:28992"
CORNER = np.array([95_000.0, 470_000.0])
COLUMNS, ROWS, SPACING = 750, 800, 67.0
"""Junctions of scale 1, and metres between them on average."""
MORE_STREETS, ONE_WAY = 1.25, 0.07
STOPS, AMENITIES, KINDS, WORKPLACES, SITES, CENTRES = 12_000, 5_000, 6, 100_000, 200_000, 20
POCKETS, ISLAND = 60, 0.96
BESIDE = 30.0
"""Metres between sites and the street they were thrown at, as a standard deviation."""
NEAR_STOP_CM = 40_000
"""Jobs within so many centimetres of a stop are reached with it."""
FILES = ("g1.npz", "g2.npz", "gtfs.zip", "streets.osm.pbf")


@dataclass(frozen=True)
class Town:
    """Where a benchmark finds its data, and what is in them.

    Attributes
    ----------
    data
        Folder with the files of `FILES`.
    folder
        Where the study is, and what else is made.
    """

    data: Path
    folder: Path

    @cached_property
    def streets(self) -> dict[str, Array]:
        """Junctions, streets, stops, amenities, jobs, sites and centres."""
        with np.load(self.data / "g1.npz") as file:
            return {name: file[name] for name in file.files}

    @cached_property
    def lines(self) -> dict[str, Array]:
        """Rides, and footpaths between stops."""
        with np.load(self.data / "g2.npz") as file:
            return {name: file[name] for name in file.files}

    @property
    def gtfs(self) -> Path:
        return self.data / "gtfs.zip"

    @property
    def pbf(self) -> Path:
        return self.data / "streets.osm.pbf"

    @property
    def study(self) -> Path:
        return self.folder / "study.yaml"

    @cached_property
    def mark(self) -> int:
        """A number that tells these data from others."""
        found = 0
        for values in (self.streets["length"], self.streets["site_node"], self.lines["dep"]):
            found = zlib.crc32(np.ascontiguousarray(values).tobytes(), found)
        return found

    @cached_property
    def kinds(self) -> list[Array]:
        """Junctions of the stops, and of the amenities of each kind."""
        node, kind = self.streets["amen_node"], self.streets["amen_cat"]
        return [np.unique(self.streets["stop_node"]), *(np.unique(node[kind == k]) for k in range(KINDS))]

    @cached_property
    def matrix(self) -> csr_array[Any]:
        """(n, n) metres from junction to junction, both ways."""
        g = self.streets
        return symmetric(len(g["x"]), g["u"], g["v"], g["length"])

    @cached_property
    def centimetres(self) -> tuple[list[int], list[int], list[int]]:
        """The same as lists of where each junction begins, neighbours and whole centimetres."""
        a = self.matrix
        return a.indptr.tolist(), a.indices.tolist(), np.rint(a.data * 100).astype(np.int64).tolist()

    def around(self, node: int, limit: int) -> dict[int, int]:
        """Centimetres to the junctions within a limit, by Dijkstra's algorithm as in the book."""
        pointer, head, weight = self.centimetres
        found: dict[int, int] = {}
        queue = [(0, node)]
        while queue:
            far, at = heappop(queue)
            if at in found:
                continue
            found[at] = far
            for k in range(pointer[at], pointer[at + 1]):
                if far + weight[k] <= limit and head[k] not in found:
                    heappush(queue, (far + weight[k], head[k]))
        return found

    @cached_property
    def stop_jobs(self) -> Array:
        """(stops,) jobs that have a stop as their nearest, within 400 m; of stops as near in seconds the first."""
        file = self.folder / "stop_jobs.npy"
        if not file.exists():
            best: dict[int, tuple[int, int]] = {}
            for stop, node in enumerate(self.streets["stop_node"].tolist()):
                for at, far in self.around(node, NEAR_STOP_CM).items():
                    mine = (-(-far // 125), stop)  # seconds at 1.25 m/s
                    if at not in best or mine < best[at]:
                        best[at] = mine
            total = np.zeros(len(self.streets["stop_node"]), np.int64)
            for at, (_, stop) in best.items():
                total[stop] += self.streets["jobs"][at]
            np.save(file, total)
        return np.load(file)

    @cached_property
    def points(self) -> Array:
        """(sites,) where the sites are."""
        return np.asarray(shapely.points(self.streets["sx"], self.streets["sy"]), dtype=object)

    @cached_property
    def polygons(self) -> Array:
        """(sites,) small rectangles about the points, turned any way; less than 100 m around."""
        random = np.random.default_rng(SEED + 1)
        turn = random.uniform(0, np.pi / 2, len(self.points))
        sides = random.uniform(5, 12, (len(self.points), 2))
        corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * sides[:, np.newaxis]
        cos, sin = np.cos(turn)[:, np.newaxis], np.sin(turn)[:, np.newaxis]
        x = self.streets["sx"][:, np.newaxis] + corner[..., 0] * cos - corner[..., 1] * sin
        y = self.streets["sy"][:, np.newaxis] + corner[..., 0] * sin + corner[..., 1] * cos
        return np.asarray(shapely.polygons(np.stack([x, y], axis=-1)), dtype=object)


def symmetric(nodes: int, u: Array, v: Array, metres: Array) -> csr_array[Any]:
    """Metres between junctions, both ways; no two streets join the same two."""
    tail, head = np.concatenate([u, v]), np.concatenate([v, u])
    return coo_array((np.concatenate([metres, metres]), (tail, head)), shape=(nodes, nodes)).tocsr()


def make(folder: Path, scale: float, seed: int = SEED) -> Town:
    """Write the data of a region and its study."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    streets = make_streets(random, scale)
    weight = streets.pop("stop_weight")
    np.savez(data / "g1.npz", **streets)
    xy = np.column_stack([streets["x"], streets["y"]])[streets["stop_node"]]
    trips = lines_region.make(random, scale, xy, weight)
    np.savez(data / "g2.npz", **lines_region.arrays(trips, xy))
    lines_region.write_gtfs(data / "gtfs.zip", trips, xy, CRS)
    write_pbf(data / "streets.osm.pbf", streets)
    return study_on(data, folder)


def make_streets(random: np.random.Generator, scale: float) -> dict[str, Array]:
    """Junctions on a bent grid, streets between them, and what lies beside."""
    columns, rows = round(COLUMNS * scale**0.5), round(ROWS * scale**0.5)
    row, column = np.divmod(np.arange(columns * rows), columns)
    xy = _bent(random, column, row, columns, rows)
    u, v = _streets(random, column, row, columns, rows)
    nodes, streets = len(xy), len(u)
    name = random.permutation(nodes)  # files are in no spatial order
    moved = np.empty_like(xy)
    moved[name] = xy
    shuffled = random.permutation(streets)
    xy, u, v = moved, name[u[shuffled]], name[v[shuffled]]
    x, y = xy.T
    metres = np.round(np.hypot(x[u] - x[v], y[u] - y[v]) * random.uniform(1, 1.15, streets), 2)
    count, part = connected_components(coo_array((np.ones(streets), (u, v)), shape=(nodes, nodes)), directed=False)
    assert count > 2
    size = xy.max(axis=0) - xy.min(axis=0)
    off = (xy - xy.min(axis=0)) / size - [0.5, 0.3]
    density = np.exp(-((off[:, 0] / 0.35) ** 2) - (off[:, 1] / 0.4) ** 2) + 0.12
    weight = density / density.sum()
    number = {name: round(many * scale) for name, many in
              (("stops", STOPS), ("amenities", AMENITIES), ("jobs", WORKPLACES), ("sites", SITES))}  # fmt: skip
    stop = random.choice(nodes, number["stops"], replace=False, p=weight)
    works = random.choice(nodes, number["jobs"], replace=False, p=weight)
    jobs = np.zeros(nodes, np.int32)
    jobs[works] = np.maximum(1, random.lognormal(1.2, 1.2, len(works)).astype(np.int32))
    at, part_way = random.integers(0, streets, number["sites"]), random.random((number["sites"], 1))
    site = xy[u[at]] * (1 - part_way) + xy[v[at]] * part_way + random.normal(0, BESIDE, (number["sites"], 2))
    far, nearest = cKDTree(xy).query(site)
    return {
        "x": x, "y": y, "u": u.astype(np.int32), "v": v.astype(np.int32), "length": metres,
        "oneway": random.random(streets) < ONE_WAY, "comp": part.astype(np.int32),
        "stop_node": stop.astype(np.int32), "stop_weight": density[stop],
        "amen_node": random.choice(nodes, number["amenities"], p=weight).astype(np.int32),
        "amen_cat": random.integers(0, KINDS, number["amenities"]).astype(np.int8), "jobs": jobs,
        "sx": site[:, 0], "sy": site[:, 1], "site_node": nearest.astype(np.int32), "site_d": far,
        "centre": _centres(random, xy, density, part == np.bincount(part).argmax(), 2500 * min(1, scale**0.5)),
    }  # fmt: skip


def _bent(random: np.random.Generator, column: Array, row: Array, columns: int, rows: int) -> Array:
    """(n, 2) junctions of a grid, shaken and drawn together in towns."""
    at = (np.column_stack([column, row]) + random.uniform(-0.33, 0.33, (len(row), 2))) / [columns, rows]
    for waves, lag, strength in ((2, (0.3, 1.7), 0.45), (5, (1.1, 0.2), 0.35)):
        at = at + strength / (2 * np.pi * waves) * np.sin(2 * np.pi * waves * at + np.array(lag))
    return np.asarray(CORNER + at * [columns * SPACING, rows * SPACING])


def _streets(random: np.random.Generator, column: Array, row: Array, columns: int, rows: int) -> tuple[Array, Array]:
    """A tree over each part, and a quarter more; an island and pockets have no street to the rest."""
    own = np.arange(len(row))
    u = np.concatenate([own[column < columns - 1], own[row < rows - 1]])
    v = np.concatenate([own[column < columns - 1] + 1, own[row < rows - 1] + columns])
    shore = int(rows * ISLAND)
    pocket = np.where(row >= shore, -1, 0)
    for number in range(1, max(4, round(POCKETS * columns * rows / (COLUMNS * ROWS))) + 1):
        west, south, wide = (int(random.integers(*span)) for span in ((10, columns - 20), (10, shore - 20), (3, 9)))
        pocket[(column >= west) & (column < west + wide) & (row >= south) & (row < south + wide)] = number
    same = pocket[u] == pocket[v]
    u, v = u[same], v[same]
    tree = minimum_spanning_tree(coo_array((random.random(len(u)) + 1e-3, (u, v)), shape=(len(row), len(row)))).tocoo()
    chosen = np.isin(u * len(row) + v, tree.row.astype(np.int64) * len(row) + tree.col)
    rest = np.flatnonzero(~chosen)
    chosen[random.choice(rest, max(0, int(MORE_STREETS * len(row)) - int(chosen.sum())), replace=False)] = True
    return u[chosen], v[chosen]


def _centres(random: np.random.Generator, xy: Array, density: Array, mainland: Array, apart: float) -> Array:
    """Junctions where much is, none within `apart` metres of another."""
    found: list[int] = []
    for node in random.permutation(np.argsort(-density)[: len(xy) // 5]).tolist():
        if mainland[node] and all(np.hypot(*(xy[node] - xy[other])) > apart for other in found):
            found.append(node)
        if len(found) == CENTRES:
            break
    return np.array(found, np.int32)


def write_pbf(path: Path, streets: dict[str, Array]) -> None:
    """The streets as OpenStreetMap has them: a way each, straight; junction n is node n + 1."""
    import osmium  # noqa: PLC0415 - only who makes a region needs it
    from osmium.osm.mutable import Node, Way  # noqa: PLC0415
    from pyproj import Transformer  # noqa: PLC0415

    path.unlink(missing_ok=True)
    lon, lat = Transformer.from_crs(CRS, 4326, always_xy=True).transform(streets["x"], streets["y"])
    writer = osmium.SimpleWriter(str(path))
    for number, place in enumerate(zip(lon.tolist(), lat.tolist(), strict=True), 1):
        writer.add_node(Node(id=number, location=place, version=1))
    ends = zip(streets["u"].tolist(), streets["v"].tolist(), streets["oneway"].tolist(), strict=True)
    for number, (u, v, oneway) in enumerate(ends, 1):
        tags = {"highway": "residential"} | ({"oneway": "yes"} if oneway else {})
        writer.add_way(Way(id=number, nodes=[u + 1, v + 1], tags=tags, version=1))
    writer.close()


def study_on(data: Path, folder: Path) -> Town:
    """Write the layers and the study on data that are there."""
    if missing := [name for name in FILES if not (data / name).exists()]:
        raise SystemExit(f"{data} lacks {', '.join(missing)}")
    folder.mkdir(parents=True, exist_ok=True)
    town = Town(data.resolve(), folder.resolve())
    for name, frame in _layers(town):
        gpd.GeoDataFrame(frame, crs=CRS).to_parquet(folder / f"{name}.parquet")
    g = town.streets
    low, high = (f(np.column_stack([g["x"], g["y"]]), axis=0) for f in (np.min, np.max))
    area = shapely.box(*(low - 100), *(high + 100))
    gpd.GeoDataFrame(geometry=[area], crs=CRS).to_parquet(folder / "area.parquet")
    walks = [{"id": name, "to": name, "mode": "walk"} for name in kind_names()]
    journeys = [
        {"id": f"centre{k}", "to": f"centre{k}", "mode": "transit", "depart": ["08:00", "08:24"]}
        for k in range(len(g["centre"]))
    ]
    names = [*kind_names(), "jobs", *(f"centre{k}" for k in range(len(g["centre"])))]
    study = {
        "flexsite": 1, "name": "streets and timetable", "crs": CRS, "area": "area.parquet",
        "date": "2026-01-01", "term": 15,
        "candidates": {"layer": "sites", "id": "id"},
        "layers": {"sites": "sites.parquet"} | {name: f"{name}.parquet" for name in names},
        "access": {
            "streets": str(town.pbf),
            "timetable": {"path": str(town.gtfs), "date": lines_region.DAY.isoformat(), "max_walk": 800},
            "measures": [
                *walks, {"id": "work", "sum": "number", "of": "jobs", "mode": "walk", "within": 1000}, *journeys,
                {"id": "level", "standard": "ptal"},
            ],
        },
    }  # fmt: skip
    town.study.write_text(json.dumps(study, indent=1), encoding="utf-8")  # JSON is YAML too
    return town


def kind_names() -> list[str]:
    """Layers of the seven kinds of places that are near or far."""
    return ["stops", *(f"amenity{k}" for k in range(KINDS))]


def _layers(town: Town) -> Iterator[tuple[str, dict[str, Any]]]:
    g = town.streets

    def at(nodes: Array) -> Array:
        return np.asarray(shapely.points(g["x"][nodes], g["y"][nodes]), dtype=object)

    yield "sites", {"id": np.arange(len(town.polygons)), "geometry": town.polygons}
    for name, nodes in zip(kind_names(), town.kinds, strict=True):
        yield name, {"geometry": at(nodes)}
    works = np.flatnonzero(g["jobs"])
    yield "jobs", {"number": g["jobs"][works], "geometry": at(works)}
    for k, centre in enumerate(g["centre"].tolist()):
        yield f"centre{k}", {"geometry": at(np.array([centre]))}


def options(parser: argparse.ArgumentParser) -> None:
    """The options that say which region."""
    parser.add_argument("--scale", type=float, default=0.1, help="part of a province (default 0.1)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--from", dest="data", type=Path, metavar="DIR", help="data that are there, instead of making")


def asked_for(asked: argparse.Namespace, folder: Path) -> Town:
    """The region that the options ask for, with its study in a folder."""
    return study_on(asked.data, folder) if asked.data else make(folder, asked.scale, asked.seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options(parser)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    town = asked_for(asked, asked.out)
    print(f"{len(town.streets['x']):,} junctions, {len(town.streets['u']):,} streets, {len(town.lines['dep']):,} rides")


if __name__ == "__main__":
    main()
