"""Time other tools on the same job beside flexsite, in one run, each in its own interpreter.

    python benchmarks/peers.py --parcels 50000 --make-venvs ../peer-venvs --out result.json
    python benchmarks/peers.py --from DIR --python duckdb=venv/bin/python --python atlite=other/bin/python

Tools: geopandas, duckdb, sedonadb (the waterfall and sites, exact), atlite, glaes (what is left on a raster of 10 m).
geopandas is taken from this Python unless told otherwise. A tool without an interpreter, or whose interpreter lacks it,
is named as not installed. GLAES comes from conda-forge only: give its Python with `--python glaes=PATH`. Answers are
checked as those of flexsite; how far each is from GEOS is part of the result.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import land
import numpy as np
import page
import region
import shapely
from answers import Answer, WrongError, close
from measure import Cost, FailedError, machine, medians, run, versions
from rules import RULES

HERE = Path(__file__).resolve().parent
_ITS_OWN = {"PYTHONPATH": ""}
"""No package of ours comes before those of a tool's own environment."""
EXACT, RASTER = "waterfall and sites, exact", "left on cells of 10 m"
_FAR_M2 = 0.01
"""m2 per parcel and rule that a tool may be from GEOS."""
_FAR_SHARE = 0.005
"""Share of all ground that a raster may be from the exact answer."""


@dataclass(frozen=True)
class Peer:
    """A tool: its job, its name, the module it is known by, and the packages that hold it."""

    job: str
    tool: str
    module: str
    packages: tuple[str, ...]


PEERS = {
    "geopandas": Peer(EXACT, "geopandas.overlay", "geopandas", ("geopandas", "pyarrow")),
    "duckdb": Peer(EXACT, "DuckDB spatial, clipped first", "duckdb", ("duckdb", "duckdb-extension-spatial", "numpy")),
    "sedonadb": Peer(EXACT, "SedonaDB", "sedonadb", ("sedonadb[geopandas]", "pyarrow", "shapely")),
    "atlite": Peer(RASTER, "atlite (one mask, no waterfall)", "atlite", ("atlite", "pyarrow")),
    "glaes": Peer(RASTER, "GLAES", "glaes", ()),
}


def made(folder: Path, names: list[str]) -> dict[str, str]:
    """An environment per tool, made with pip where it is not there yet; the interpreters."""
    found = {}
    for name in names:
        home = folder / name
        python = home / "bin" / "python"
        if not PEERS[name].packages:
            continue
        if not python.exists():
            print(f"making {home}", file=sys.stderr)
            venv.create(home, with_pip=True)
        asked = [str(python), "-m", "pip", "install", "--quiet", *PEERS[name].packages]
        if subprocess.run(asked, stdout=subprocess.DEVNULL, check=False).returncode == 0:  # noqa: S603
            found[name] = str(python)
        else:
            print(f"pip could not install {name}", file=sys.stderr)
    return found


def version_of(python: str, peer: Peer) -> str | None:
    """The version of a tool in an interpreter; None where it cannot be imported."""
    code = f"import {peer.module}, importlib.metadata as i; print(i.version('{peer.module}'))"
    try:
        return run([python, "-c", code], env=_ITS_OWN)[1].split()[-1]
    except (FailedError, OSError):
        return None


def geopackages(found: region.Region, folder: Path) -> Path:
    """The layers and the ground as GeoPackages, for tools that read nothing else."""
    folder.mkdir()
    for name in RULES:
        gpd.read_parquet(found.data / f"{name}.parquet").to_file(folder / f"{name}.gpkg")
    ground = gpd.GeoDataFrame(geometry=[shapely.box(*found.bounds)], crs=region.CRS)
    ground.to_file(folder / "ground.gpkg")
    return folder


def apart(file: Path, answer: Answer) -> float:
    """The largest difference with GEOS, in m2 per parcel and rule; sites must be the same."""
    with np.load(file) as found:
        removed, sites, sites_m2 = found["removed"], found["sites"], found["sites_m2"]
    largest = [
        close(f"m2 that {name} takes", mine[answer.ids], right, _FAR_M2)
        for mine, (name, right) in zip(removed, answer.removed.items(), strict=True)
    ]
    close("sites per parcel", sites[answer.ids], answer.sites, 0)
    close("m2 of the sites of a parcel", sites_m2[answer.ids], answer.sites_m2, _FAR_M2)
    return max(largest)


def measured(bench: land.Bench, name: str, python: str, limit: float) -> dict[str, Any]:
    """The cost of a tool and how far it is from the right answer; or why there is none."""
    peer = PEERS[name]
    data = bench.region.data.resolve() if name != "glaes" else geopackages(bench.region, bench.folder / "packages")
    costs: list[Cost] = []
    more: dict[str, Any] = {}
    try:
        for _ in range(bench.repeat):
            out = bench.out().with_suffix(".npz")
            costs.append(
                run([python, str(HERE / f"with_{name}.py"), str(data), str(out)], limit=limit, env=_ITS_OWN)[0]
            )
            if peer.job == EXACT:
                more["apart_m2"] = max(apart(out, bench.plain.answer()), more.get("apart_m2", 0.0))
            else:
                right = bench.need_totals().left_ha
                west, south, east, north = bench.region.bounds
                far = (east - west) * (north - south) / 1e4 * _FAR_SHARE
                left = float(np.load(out)["left_ha"])
                more |= {"apart_ha": close("hectares left", [left], [right], far), "exact_ha": right}
    except FailedError as error:
        print(error, file=sys.stderr)
        return {"why": str(error).partition(":")[0]}
    except WrongError as error:
        return medians(costs) | {"why": f"wrong: {error}"}
    return medians(costs) | more


def ours(bench: land.Bench) -> dict[str, dict[str, Any]]:
    """Flexsite on the same jobs, measured in the same way."""
    tools = {
        "flexsite run": (EXACT, land.sites),
        "flexsite whatif, areas only": ("waterfall, exact", land.table),
        "flexsite preview (waterfall, patches)": (RASTER, land.preview),
        "flexsite preview --centres": (RASTER, land.centres),
    }
    found = {}
    for tool, (job, doing) in tools.items():
        found[tool] = {"job": job, "tool": tool} | doing(bench)
        land.told(tool, found[tool])
    return found


def main() -> None:
    """Run everything that is asked and installed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    land.options(parser)
    parser.add_argument("--tools", default=",".join(PEERS), help="names with commas (default: all)")
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH", help="the interpreter of a tool")
    parser.add_argument("--make-venvs", type=Path, metavar="DIR", help="make an environment per tool here, with pip")
    parser.add_argument("--limit", type=float, default=1800, help="seconds after which a tool is ended (default 1800)")
    asked = parser.parse_args()
    if asked.markdown:
        page.show(asked.markdown, asked.page)
        return
    names = asked.tools.split(",")
    given = dict(text.partition("=")[::2] for text in asked.python)
    if unknown := (set(names) | set(given)) - set(PEERS):
        parser.error(f"no tool {', '.join(sorted(unknown))}; choose from {', '.join(PEERS)}")
    pythons = {"geopandas": sys.executable}
    if asked.make_venvs:
        pythons |= made(asked.make_venvs.resolve(), [name for name in names if name not in given])
    pythons |= given
    before, used = machine(), versions(*land.PACKAGES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            bench = land.Bench(region.asked_for(asked, folder / "region"), folder, asked.repeat, asked.workers)
            jobs = ours(bench)
        except (WrongError, FailedError) as error:
            sys.exit(f"{type(error).__name__}: {error}")
        for one in names:
            peer = PEERS[one]
            version = version_of(pythons[one], peer) if one in pythons else None
            found = {"why": "not installed"} if version is None else measured(bench, one, pythons[one], asked.limit)
            jobs[one] = {"job": peer.job, "tool": f"{peer.tool} {version or ''}".strip()} | found
            if "wall_s" in found:
                land.told(peer.tool, found)
            else:
                print(f"{peer.tool:<24} {found['why']}", flush=True)
            result = {"script": "peers", "machine": before, "versions": used, "data": bench.data(), "jobs": jobs}
            land.write(asked, result)


if __name__ == "__main__":
    main()
