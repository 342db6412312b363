"""The jobs of `access.py` with another tool, run by that tool's Python: with_streets.py TOOL JOB DATA OUT

Prints seconds and CPU seconds of the job, seconds of making a network of the arrays beforehand (`build`), and the share
of the sites that were asked (`share`: slow tools are asked about a sample). The answers are written to OUT.
"""

# ruff: noqa: PLC0415
from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Job = tuple[Callable[[], Any], Callable[[Any], dict[str, Array]]]
"""Makes the network; does the job with it."""

WITHIN, FAR, KINDS = 1000.0, 5000.0, 6
SAMPLE = {"scipy": 320, "networkx": 400}
DAY = (2026, 12, 2)


class Region:
    """The arrays, read before anything is timed."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with np.load(data / "g1.npz") as file:
            self.of = {name: file[name] for name in file.files}
        self.nodes, self.site = len(self.of["x"]), self.of["site_node"]
        self.u, self.v, self.length = self.of["u"], self.of["v"], self.of["length"]
        kind = self.of["amen_cat"]
        self.kinds = [np.unique(self.of["stop_node"])]
        self.kinds += [np.unique(self.of["amen_node"][kind == k]) for k in range(KINDS)]

    def rows(self, tool: str) -> Array:
        """Sites that are asked about what is within reach."""
        random = np.random.default_rng(4)
        every = np.arange(len(self.site))
        return np.sort(random.choice(every, min(SAMPLE[tool], len(every)), replace=False)) if tool in SAMPLE else every

    def nearest(self, one: Callable[[Any, Array], Array]) -> Callable[[Any], dict[str, Array]]:
        """The answer of all kinds from the metres of all junctions to one."""
        return lambda net: {"metres": np.stack([one(net, nodes)[self.site] for nodes in self.kinds])}


def scipy(region: Region, job: str) -> Job:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    def build() -> Any:
        tail, head = np.concatenate([region.u, region.v]), np.concatenate([region.v, region.u])
        metres = np.concatenate([region.length] * 2)
        return coo_array((metres, (tail, head)), shape=(region.nodes,) * 2).tocsr()

    rows = region.rows("scipy")

    def total(net: Any) -> dict[str, Array]:
        found = []
        for low in range(0, len(rows), 16):
            metres = dijkstra(net, indices=region.site[rows[low : low + 16]], limit=WITHIN)
            found.append(np.isfinite(metres) @ region.of["jobs"])
        return {"rows": rows, "jobs": np.concatenate(found)}

    nearest = region.nearest(lambda net, nodes: dijkstra(net, indices=nodes, min_only=True))
    return build, nearest if job == "nearest" else total


def networkx(region: Region, job: str, *, osmnx: bool = False) -> Job:
    import networkx as nx

    def build() -> Any:
        streets = list(zip(region.u.tolist(), region.v.tolist(), region.length.tolist(), strict=True))
        if not osmnx:
            net = nx.Graph()
            net.add_nodes_from(range(region.nodes))
            net.add_weighted_edges_from(streets, weight="length")
            return net
        net = nx.MultiDiGraph(crs="EPSG:28992")
        places = enumerate(zip(region.of["x"].tolist(), region.of["y"].tolist(), strict=True))
        net.add_nodes_from((number, {"x": x, "y": y}) for number, (x, y) in places)
        net.add_edges_from((u, v, {"length": metres}) for u, v, metres in streets)
        net.add_edges_from((v, u, {"length": metres}) for u, v, metres in streets)
        return net

    def one(net: Any, nodes: Array) -> Array:
        found = np.full(region.nodes, np.inf)
        for node, metres in nx.multi_source_dijkstra_path_length(net, set(nodes.tolist()), weight="length").items():
            found[node] = metres
        return found

    rows = region.rows("networkx")

    def total(net: Any) -> dict[str, Array]:
        jobs = region.of["jobs"]
        found = []
        for node in region.site[rows].tolist():
            near = nx.single_source_dijkstra_path_length(net, node, cutoff=WITHIN, weight="length")
            found.append(sum(int(jobs[at]) for at in near))
        return {"rows": rows, "jobs": np.array(found)}

    return build, region.nearest(one) if job == "nearest" else total


def rustworkx(region: Region, _: str) -> Job:
    import rustworkx as rx

    def build() -> Any:
        net = rx.PyGraph()
        net.add_nodes_from(range(region.nodes))
        net.add_edges_from(list(zip(region.u.tolist(), region.v.tolist(), region.length.tolist(), strict=True)))
        return net

    def one(net: Any, nodes: Array) -> Array:
        source = net.add_node(-1)  # it searches from one junction
        net.add_edges_from([(source, node, 0.0) for node in nodes.tolist()])
        found = np.full(region.nodes + 1, np.inf)
        metres = rx.graph_dijkstra_shortest_path_lengths(net, source, float)
        found[np.fromiter(metres.keys(), np.int64, len(metres))] = np.fromiter(metres.values(), float, len(metres))
        net.remove_node(source)
        return found[:-1]

    return build, region.nearest(one)


def networkit(region: Region, _: str) -> Job:
    import networkit as nk

    def build() -> Any:
        streets = (region.length, (region.u.astype(np.uint64), region.v.astype(np.uint64)))
        return nk.GraphFromCoo(streets, n=region.nodes, weighted=True, directed=False)

    def one(net: Any, nodes: Array) -> Array:
        source = net.addNode()
        for node in nodes.tolist():
            net.addEdge(source, node, 0.0)
        search = nk.distance.Dijkstra(net, source, storePaths=False).run()
        metres = np.array(search.getDistances(asarray=True))[: region.nodes]
        net.removeNode(source)
        return np.where(metres > 1e300, np.inf, metres)

    return build, region.nearest(one)


def pandana(region: Region, job: str) -> Job:
    import pandana as pdna
    import pandas as pd

    x, y = pd.Series(region.of["x"]), pd.Series(region.of["y"])

    def build() -> Any:
        ends = pd.Series(region.u.astype(int)), pd.Series(region.v.astype(int))
        return pdna.Network(x, y, *ends, pd.DataFrame({"length": region.length}), twoway=True)

    def one(net: Any, nodes: Array) -> Array:
        net.set_pois("places", FAR, 1, x[nodes], y[nodes])
        metres = net.nearest_pois(FAR, "places", num_pois=1)[1].to_numpy()
        return np.where(metres >= FAR, np.inf, metres)

    def nearest(net: Any) -> dict[str, Array]:
        return region.nearest(one)(net) | {"limit": np.array(FAR)}

    def total(net: Any) -> dict[str, Array]:
        net.set(pd.Series(np.arange(region.nodes)), variable=pd.Series(region.of["jobs"].astype(float)), name="jobs")
        found = net.aggregate(WITHIN, type="sum", decay="flat", name="jobs").to_numpy()
        return {"rows": np.arange(len(region.site)), "jobs": found[region.site]}

    return build, nearest if job == "nearest" else total


def shapely(region: Region, _: str) -> Job:
    import shapely as geos

    xy = np.column_stack([region.of["x"], region.of["y"]])
    lines = np.asarray(geos.linestrings(np.stack([xy[region.u], xy[region.v]], axis=1)))
    sites = np.asarray(geos.points(region.of["sx"], region.of["sy"]))

    def points(_: Any) -> dict[str, Array]:
        tree = geos.STRtree(lines)
        (row, line), leg = tree.query_nearest(sites, max_distance=100.0, return_distance=True, all_matches=False)
        along = geos.line_locate_point(lines[line], sites[row])
        found = np.full(len(sites), np.inf)
        found[row] = leg
        return {"leg": found, "along": along}

    return lambda: None, points


def partridge(region: Region, _: str) -> Job:
    import datetime

    import partridge as ptg

    def read(_: Any) -> dict[str, Array]:
        path = str(region.data / "gtfs.zip")
        services = ptg.read_service_ids_by_date(path)[datetime.date(*DAY)]
        times = ptg.load_feed(path, view={"trips.txt": {"service_id": services}}).stop_times
        times = times.sort_values(["trip_id", "stop_sequence"])
        return {"rows": np.array(len(times)), "trips": np.array(times["trip_id"].nunique())}

    return lambda: None, read


def osmium(region: Region, _: str) -> Job:
    import osmium as osm

    def read(_: Any) -> dict[str, Array]:
        ids, places, pairs = [], [], []
        for one in osm.FileProcessor(str(region.data / "streets.osm.pbf")):
            if one.is_node():
                ids.append(one.id)
                places.append((one.location.lon, one.location.lat))
            elif one.is_way() and "highway" in one.tags:
                refs = [node.ref for node in one.nodes]
                pairs += itertools.pairwise(refs)
        order = np.searchsorted(np.array(ids), np.array(pairs))
        return {"streets": np.array(len(order)), "junctions": np.array(len(places))}

    return lambda: None, read


TOOLS: dict[str, Callable[[Region, str], Job]] = {
    "scipy": scipy, "networkx": networkx, "osmnx": lambda region, job: networkx(region, job, osmnx=True),
    "rustworkx": rustworkx, "networkit": networkit, "pandana": pandana, "shapely": shapely, "partridge": partridge,
    "osmium": osmium,
}  # fmt: skip


def main(tool: str, job: str, data: str, out: str) -> None:
    region = Region(Path(data))
    build, do = TOOLS[tool](region, job)
    start = time.perf_counter()
    net = build()
    built = time.perf_counter() - start
    wall, cpu = time.perf_counter(), time.process_time()
    answer = do(net)
    took = time.perf_counter() - wall, time.process_time() - cpu
    np.savez(out, **answer)
    share = len(answer["rows"]) / len(region.site) if job == "total" else 1.0
    print(json.dumps({"seconds": took, "build": built, "share": share}))


if __name__ == "__main__":
    main(*sys.argv[1:])
