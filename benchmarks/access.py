"""Time what flexsite finds along streets and by timetable, on an invented region, with other tools beside it.

    python benchmarks/access.py --scale 1 --repeat 5 --out result.json
    python benchmarks/access.py --from DIR --jobs nearest,total --tools ""
    python benchmarks/access.py --tools scipy,pandana --python pandana=venv/bin/python
    python benchmarks/access.py --markdown results/*.json --page ../docs/benchmarks.md

Every answer is checked before its time is reported; a wrong one ends the script with code 1. Each job has a process of
its own, in which it is done twice and then so often as `--repeat` says: the first time, which loads or compiles what it
needs, is told apart, the second is not counted. Then once more with one thread: the answer must be the same. Jobs:

nearest    metres to the nearest of seven kinds of places, from all sites
total      jobs within 1,000 m, from all sites
points     entering the streets: the nearest point of a street for all sites, as points
polygons   the same, as small polygons
centres    median of 25 departures to 20 centres, by timetable from all sites: ways to stops, then journeys
reached    jobs within 45 minutes, by timetable from all stops, one departure
level      PTAL of all sites, from ways to stops
timetable  a GTFS zip to the rides of a day
pbf        OpenStreetMap to a street network
study      all of this as the measures of a study, cold: a whole process, with a cache of streets and timetable

Other tools do the same job in their own process and Python, once. Tools under a licence that flexsite cannot share are
never installed by this script: give the Python of an environment that has them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import access_answers
import numpy as np
import page
import pandas as pd
import streets_region
from access_inside import JOBS as INSIDE
from access_inside import compiled
from answers import WrongError
from measure import Cost, FailedError, machine, medians, run, versions

HERE = Path(__file__).resolve().parent
PACKAGES = ("numpy", "scipy", "numba", "shapely", "pyarrow", "osmium")
WARMING = 2
JOBS = (*INSIDE, "study")


@dataclass(frozen=True)
class Tool:
    """Another tool: the module it is known by, and the jobs it does."""

    name: str
    module: str
    jobs: tuple[str, ...]


TOOLS = {
    "scipy": Tool("scipy", "scipy", ("nearest", "total")),
    "networkx": Tool("networkx", "networkx", ("nearest", "total")),
    "osmnx": Tool("osmnx (networkx)", "osmnx", ("nearest",)),
    "rustworkx": Tool("rustworkx", "rustworkx", ("nearest",)),
    "networkit": Tool("networkit", "networkit", ("nearest",)),
    "pandana": Tool("pandana", "pandana", ("nearest", "total")),
    "shapely": Tool("shapely STRtree", "shapely", ("points",)),
    "partridge": Tool("partridge", "partridge", ("timetable",)),
    "osmium": Tool("pyosmium, a loop", "osmium", ("pbf",)),
}
OWN = ("scipy", "networkx", "shapely", "osmium")
"""Tools of this Python."""


@dataclass
class Bench:
    """A region, a folder to work in, and how often to measure."""

    town: streets_region.Town
    folder: Path
    repeat: int

    def data(self) -> dict[str, Any]:
        """What was measured on, for the results."""
        g, lines = self.town.streets, self.town.lines
        return {
            "scale": round(len(g["x"]) / (streets_region.COLUMNS * streets_region.ROWS), 4), "mark": self.town.mark,
            "junctions": len(g["x"]), "streets": len(g["u"]), "sites": len(g["sx"]), "stops": int(lines["nstop"]),
            "rides": len(lines["dep"]),
        }  # fmt: skip

    def inside(self, job: str, out: Path, env: dict[str, str] | None = None) -> tuple[Cost, dict[str, Any]]:
        """A job in a process of its own."""
        asked = [sys.executable, str(HERE / "access_inside.py"), job, str(self.town.data), str(self.town.folder)]
        cost, text = run([*asked, str(out), str(self.repeat + WARMING)], env=env)
        return cost, json.loads(text)


def kernel(bench: Bench, job: str) -> dict[str, Any]:
    """A job done several times within one process."""
    out = bench.folder / f"{job}.npz"
    if job == "reached":
        assert len(bench.town.stop_jobs)  # made before, as it is no part of the job
    cost, found = bench.inside(job, out)
    if not found["same"]:
        raise WrongError(f"{job}: another answer with one thread")
    with np.load(out) as answer:
        checked = access_answers.CHECKS[job](bench.town, dict(answer))
    warm = [Cost(wall, cpu, cost.peak_mb) for wall, cpu in found["seconds"][WARMING:]]
    wall, cpu = found["one_thread"]
    return medians(warm) | {
        "checked": checked, "first_s": round(found["seconds"][0][0], 2), "compiled": found["compiled"],
        "one_thread": {"wall_s": round(wall, 3), "cpu_s": round(cpu, 3)},
        "parts": {name: round(value, 3) for name, value in found["parts"].items()},
    }  # fmt: skip


def study(bench: Bench) -> dict[str, Any]:
    """All measures in a cold process, with a warm cache."""
    cache, first = bench.folder / "cache", bench.folder / "first.parquet"
    env = {"FLEXSITE_CACHE": str(cache)}
    before = compiled()
    filling, _ = bench.inside("study", first, env)
    if compiled() != before:  # not what it costs the next time
        shutil.rmtree(cache)
        filling, _ = bench.inside("study", first, env)
    costs = []
    for _ in range(bench.repeat):
        out = bench.folder / "again.parquet"
        costs.append(bench.inside("study", out, env)[0])
        if out.read_bytes() != first.read_bytes():
            raise WrongError("study: other columns from the cache")
    checked = access_answers.check_study(bench.town, pd.read_parquet(first))
    made = {"wall_s": round(filling.wall_s, 2), "cpu_s": round(filling.cpu_s, 2), "peak_mb": round(filling.peak_mb)}
    return medians(costs) | {"checked": checked, "filling": made}


def version_of(python: str, tool: Tool) -> str | None:
    """The version of a tool in a Python; None where it cannot be imported."""
    code = f"import {tool.module}, importlib.metadata as i; print(i.version('{tool.module}'))"
    try:
        return run([python, "-c", code], env={"PYTHONPATH": ""})[1].split()[-1]
    except (FailedError, OSError):
        return None


def peer(bench: Bench, name: str, job: str, python: str, limit: float) -> dict[str, Any]:
    """A job with another tool: what it took, and whether the answer is right."""
    out = bench.folder / f"{name}-{job}.npz"
    asked = [python, str(HERE / "with_streets.py"), name, job, str(bench.town.data), str(out)]
    try:
        cost, text = run(asked, limit=limit, env={"PYTHONPATH": ""})
    except FailedError as error:
        print(error, file=sys.stderr)
        return {"why": str(error).partition(":")[0]}
    took = json.loads(text)
    with np.load(out) as file:
        answer = dict(file)
    found = {
        "wall_s": round(took["seconds"][0], 3), "cpu_s": round(took["seconds"][1], 3),
        "build_s": round(took["build"], 2), "peak_mb": round(cost.peak_mb), "share": took["share"],
    }  # fmt: skip
    try:
        return found | {"checked": access_answers.PEER_CHECKS[job](bench.town, answer)}
    except WrongError as error:
        return found | {"checked": f"wrong: {error}"}


def told(name: str, found: dict[str, Any]) -> None:
    """Show one job on the screen, as soon as it is done."""
    if "why" in found:
        print(f"{name:<24} {found['why']}", flush=True)
        return
    wall, cpu, peak = (
        found[key] if isinstance(found[key], float | int) else found[key]["median"]
        for key in ("wall_s", "cpu_s", "peak_mb")
    )
    more = {key: value for key, value in found.items() if key not in {"wall_s", "cpu_s", "peak_mb"}}
    print(f"{name:<24} wall {wall:7.3f} s   CPU {cpu:7.3f} s   peak {peak:6.0f} MB   {more}", flush=True)


def pythons(asked: argparse.Namespace, parser: argparse.ArgumentParser) -> dict[str, str]:
    """The Python of every tool that is asked for and has one."""
    names = [name for name in asked.tools.split(",") if name]
    given = dict(text.partition("=")[::2] for text in asked.python)
    if unknown := (set(names) | set(given)) - set(TOOLS):
        parser.error(f"no tool {', '.join(sorted(unknown))}; choose from {', '.join(TOOLS)}")
    return {name: given.get(name, sys.executable if name in OWN else "") for name in names}


def measured(bench: Bench, jobs: list[str], tools: dict[str, str], limit: float, keep: Callable[..., None]) -> None:
    """All jobs, then those of other tools."""
    found: dict[str, Any] = {}
    others: list[dict[str, Any]] = []
    for job in jobs:
        found[job] = study(bench) if job == "study" else kernel(bench, job)
        told(job, found[job])
        keep(found, others)
    for name, python in tools.items():
        tool = TOOLS[name]
        version = version_of(python, tool) if python else None
        for job in tool.jobs:
            if job in jobs:
                what = {"why": "not installed"} if version is None else peer(bench, name, job, python, limit)
                others.append({"job": job, "tool": f"{tool.name} {version or ''}".strip()} | what)
                told(f"{job}, {tool.name}", what)
                keep(found, others)


def main() -> None:
    """Make or find the region, run the jobs, print and keep what they cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    streets_region.options(parser)
    parser.add_argument("--repeat", type=int, default=5, help="measure so often, and give the median (default 5)")
    parser.add_argument("--jobs", default=",".join(JOBS), help="names with commas (default: all)")
    parser.add_argument("--tools", default=",".join(TOOLS), help="other tools, with commas (default: all)")
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH", help="the Python of a tool")
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a tool is ended (default 600)")
    parser.add_argument("--out", type=Path, help="also write the results here, as JSON")
    parser.add_argument("--markdown", type=Path, nargs="+", metavar="JSON", help="only print tables of these results")
    parser.add_argument("--page", type=Path, help="with --markdown: put the tables in this page, between their marks")
    asked = parser.parse_args()
    if asked.markdown:
        page.show(asked.markdown, asked.page)
        return
    jobs, tools = asked.jobs.split(","), pythons(asked, parser)
    if unknown := set(jobs) - set(JOBS):
        parser.error(f"no job {', '.join(sorted(unknown))}; choose from {', '.join(JOBS)}")
    before, used = machine(), versions(*PACKAGES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(streets_region.asked_for(asked, folder / "region"), folder, asked.repeat)

        def keep(found: dict[str, Any], others: list[dict[str, Any]]) -> None:
            result = {"script": "access", "machine": before, "versions": used, "data": bench.data()}
            if asked.out:
                asked.out.parent.mkdir(parents=True, exist_ok=True)
                text = json.dumps(result | {"jobs": found, "tools": others}, indent=1)
                asked.out.write_text(text + "\n", encoding="utf-8")

        try:
            measured(bench, jobs, tools, asked.limit, keep)
        except (WrongError, FailedError) as error:
            sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
