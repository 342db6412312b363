"""Time flexsite on a region of parcels and six layers that exclude, each job cold in a process of its own.

    python benchmarks/land.py --parcels 50000 --repeat 3 --out result.json
    python benchmarks/land.py --from DIR --jobs sites,table
    python benchmarks/land.py --markdown result.json                       # tables of results made before
    python benchmarks/land.py --markdown results/*.json --page ../docs/benchmarks.md

Every answer is checked before its time is reported: parcel by parcel against GEOS, and by its totals where those are
known; a wrong one ends the script with code 1. Jobs:

sites    flexsite run --no-cache: the waterfall and all sites with their geometry, written as GeoParquet
filling  the same, with an empty cache that it fills
cached   the same again
buffer   the same, with 60 m (61, 62, ...) around noise instead of 50
table    flexsite whatif --no-cache: m2 of each parcel under each combination of rules
widened  flexsite whatif with another width around noise each time, with a warm cache
whatif   flexsite whatif --off noise with a warm cache, and questions within one process
preview  flexsite preview --cell 10: exact shares of cells of the region, not of its parcels; land use as a raster
centres  the same with --centres
shares   exact shares of ten classes of land use in every parcel, from a raster of 25 m
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import page
import pandas as pd
import rasterio
import region
import shapely
from answers import (
    EXACT_M2,
    Answer,
    Plain,
    Totals,
    WrongError,
    check_areas,
    check_run,
    check_table,
    check_totals,
    close,
    recorded,
    waterfall_of,
)
from measure import ROOT, Cost, FailedError, machine, medians, run, versions
from rules import RULES

HERE = Path(__file__).resolve().parent
PACKAGES = ("numpy", "shapely", "numba", "pyarrow", "geopandas", "pandas", "rasterio")
PER_PARCEL = {"checked": "0.01 m2 per parcel and rule"}
_SHOWN_HA = 0.0051
"""Screens show hectares with two decimals."""


class Bench:
    """A region, a folder to work in, and how often to measure."""

    def __init__(self, found: region.Region, folder: Path, repeat: int, workers: int | None) -> None:
        self.region, self.folder, self.repeat = found, folder, repeat
        self.workers = [] if workers is None else ["--workers", str(workers)]
        self.plain = Plain(found)
        self.cache = {"FLEXSITE_CACHE": str(folder / "cache")}
        self.totals: Totals | None = recorded(found)
        self.filled: Path | None = None
        self._made = 0

    def data(self) -> dict[str, Any]:
        """What was measured on, for the results."""
        meta, checked = self.region.meta, len(self.plain.ids)
        known = recorded(self.region) is not None or self.plain.all
        return {"parcels": meta["n"], "seed": meta["seed"], "checked": checked, "totals_checked": known}

    def out(self) -> Path:
        """A new name for results; those before it are removed, but for those of the run that filled the cache."""
        for old in self.folder.glob("out*"):
            if old != self.filled:
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        self._made += 1
        return self.folder / f"out{self._made}"

    def flexsite(self, command: str, *more: str) -> tuple[Cost, str]:
        """One command on the study, with the cache of this script."""
        asked = [sys.executable, "-m", "flexsite", command, str(self.region.study), *self.workers, *more]
        return run(asked, env=self.cache)

    def study_run(self, *more: str) -> tuple[Cost, Path]:
        """One run of the study."""
        out = self.out()
        return self.flexsite("run", "--quiet", "--out", str(out), *more)[0], out

    def checked_run(self, answer: Answer, *more: str, known: bool = True) -> tuple[Cost, Path]:
        """One run of the study, with its results checked; totals are known for the study as it is."""
        cost, out = self.study_run(*more)
        found = check_run(out, answer, self.totals if known else None)
        if known:
            self.totals = self.totals or found
        return cost, out

    def fill(self) -> Path:
        """Results of a run that left a warm cache."""
        if self.filled is None:
            self.filled = self.checked_run(self.plain.answer())[1]
        return self.filled

    def need_totals(self) -> Totals:
        """Totals that are recorded, or else those of a run that passed its checks."""
        if self.totals is None:
            self.checked_run(self.plain.answer(), "--no-cache")
        if self.totals is None:
            raise WrongError("a run without totals")
        return self.totals

    def times(self, once: Callable[[int], Cost]) -> dict[str, Any]:
        """Measure several times; a time in which something was compiled, once on a machine, does not count."""
        costs = []
        for number in range(self.repeat):
            before = _compiled()
            cost = once(number)
            costs.append(cost if _compiled() == before else once(number))
        return medians(costs)


def _compiled() -> dict[Path, float]:
    """Compiled functions on disk."""
    folders = [ROOT / "flexsite", *map(Path, filter(None, [os.environ.get("NUMBA_CACHE_DIR")]))]
    return {path: path.stat().st_mtime for folder in folders for path in folder.rglob("*.nb[ci]")}


def sites(bench: Bench) -> dict[str, Any]:
    answer = bench.plain.answer()
    found = bench.times(lambda _: bench.checked_run(answer, "--no-cache")[0])
    return found | PER_PARCEL | {"sites": bench.need_totals().sites}


def filling(bench: Bench) -> dict[str, Any]:
    """Measured once: afterwards the cache is not empty."""
    if bench.filled is not None:
        raise SystemExit("'filling' comes before the jobs that use the cache")
    before = _compiled()
    cost, out = bench.checked_run(bench.plain.answer())
    if _compiled() != before:  # not what it costs the next time
        shutil.rmtree(bench.cache["FLEXSITE_CACHE"])
        cost, out = bench.checked_run(bench.plain.answer())
    bench.filled = out
    return medians([cost]) | PER_PARCEL


def cached(bench: Bench) -> dict[str, Any]:
    first = bench.fill()

    def once(_: int) -> Cost:
        cost, out = bench.study_run()
        for name in ("waterfall.csv", "sites.parquet", "taken.parquet"):
            if not filecmp.cmp(first / name, out / name, shallow=False):
                raise WrongError(f"{name} differs from that of the first run")
        return cost

    return bench.times(once) | {"checked": "the same bytes as the first run"}


def buffer(bench: Bench) -> dict[str, Any]:
    bench.fill()
    used: Iterator[int] = iter(range(60, 1000))

    def once(_: int) -> Cost:
        metres = next(used)  # another each time, or it would be known already
        answer = bench.plain.answer(buffers={"noise": float(metres)})
        return bench.checked_run(answer, "--set", f"rules.noise.buffer={metres}", known=False)[0]

    return bench.times(once) | PER_PARCEL


def printed(text: str) -> pd.DataFrame:
    """The table that `flexsite whatif` prints: rule, area_ha and removed_ha."""
    rows = []
    for line in text.splitlines()[1:]:
        words = line.split()
        numbers = [float(word.replace(",", "")) for word in words if re.fullmatch(r"-?[\d,]+(\.\d+)?", word)]
        rows.append({"rule": words[0], "area_ha": numbers[1], "removed_ha": numbers[2]})
    return pd.DataFrame(rows)


def table(bench: Bench) -> dict[str, Any]:
    totals = bench.need_totals()

    def once(_: int) -> Cost:
        cost, text = bench.flexsite("whatif", "--no-cache")
        check_totals("the table", printed(text), totals, 2 * _SHOWN_HA)
        return cost

    return bench.times(once) | {"checked": "0.01 ha per rule"}


def widened(bench: Bench) -> dict[str, Any]:
    bench.flexsite("whatif")  # the table of the study as it is
    used: Iterator[int] = iter(range(60, 1000))

    def once(_: int) -> Cost:
        metres = next(used)  # another each time, or it would be known already
        cost, text = bench.flexsite("whatif", "--set", f"rules.noise.buffer={metres}")
        out = bench.out()
        out.mkdir()
        run(
            [sys.executable, str(HERE / "inside.py"), "widened", str(bench.region.study), str(out), str(metres)],
            env=bench.cache,
        )
        areas = pd.read_parquet(out / "areas-widened.parquet")
        check_areas(areas, bench.plain.answer(buffers={"noise": float(metres)}))
        sums = Totals({name: float(areas[name].sum()) / 1e4 for name in RULES}, areas["left_m2"].sum() / 1e4, 0, 0)
        check_totals("another buffer", printed(text), sums, 2 * _SHOWN_HA)
        return cost

    return bench.times(once) | PER_PARCEL


def whatif(bench: Bench) -> dict[str, Any]:
    off, left = bench.plain.answer(off=["noise"]), bench.need_totals().left_ha
    bench.flexsite("whatif")  # now it is in the cache
    out = bench.out()
    out.mkdir()
    asked = [sys.executable, str(HERE / "inside.py"), "questions", str(bench.region.study), str(out)]
    seconds = json.loads(run(asked, env=bench.cache)[1])
    apart = max(check_table(out / "table.npz", answer) for answer in (bench.plain.answer(), off))
    areas = pd.read_parquet(out / "areas-off.parquet")
    check_areas(areas, off)
    totals = Totals({name: float(areas[name].sum()) / 1e4 for name in off.removed}, areas["left_m2"].sum() / 1e4, 0, 0)
    check_totals("a rule off", pd.read_parquet(out / "a rule off.parquet"), totals, 1e-5)
    turned = pd.read_parquet(out / "another order.parquet").set_index("rule")
    close("hectares left in another order", [turned.loc["buildings", "area_ha"]], [left], _SHOWN_HA)

    def once(_: int) -> Cost:
        cost, text = bench.flexsite("whatif", "--off", "noise")
        check_totals("whatif --off noise", printed(text), off.totals or totals, 2 * _SHOWN_HA)
        return cost

    return bench.times(once) | {"seconds": seconds, "apart_m2": apart}


def preview(bench: Bench, *more: str) -> dict[str, Any]:
    totals = bench.need_totals()
    apart: list[float] = []

    def once(_: int) -> Cost:
        out = bench.out()
        asked = [
            "preview",
            str(bench.region.cells),
            "--cell",
            "10",
            "--quiet",
            "--out",
            str(out),
            *bench.workers,
            *more,
        ]
        cost = run([sys.executable, "-m", "flexsite", *asked, *more], env=bench.cache)[0]
        steps = waterfall_of(out).set_index("rule")
        record = json.loads((out / "preview.json").read_text(encoding="utf-8"))
        left, ground = (float(steps["area_ha"][rule]) for rule in (RULES[-1], "start"))
        most = min(record["error"]["bound_ha"], ground / (100 if more else 500)) + _SHOWN_HA
        apart.append(close("hectares left in the preview", [left], [totals.left_ha], most))
        return cost

    return bench.times(once) | {"apart_ha": round(apart[-1], 4), "exact_ha": round(totals.left_ha, 2)}


def centres(bench: Bench) -> dict[str, Any]:
    return preview(bench, "--centres")


def shares(bench: Bench) -> dict[str, Any]:
    plain = bench.plain
    taken = gpd.read_parquet(bench.region.data / "landuse.parquet").geometry.to_numpy()
    rows, features = shapely.STRtree(taken).query(plain.shapes)
    under = shapely.area(shapely.intersection(plain.shapes[rows], taken[features]))
    right = np.bincount(rows, under, minlength=len(plain.shapes))
    with rasterio.open(bench.region.data / "landuse.tif") as file:
        known = shapely.area(shapely.intersection(plain.shapes, shapely.box(*file.bounds)))
    size = shapely.area(plain.shapes)
    known[known < size / 2] = np.nan  # then flexsite does not say
    seconds: list[dict[str, float]] = []
    apart: list[float] = []

    def once(_: int) -> Cost:
        out = bench.out()
        out.mkdir()
        cost, text = run([sys.executable, str(HERE / "inside.py"), "shares", str(bench.region.study), str(out)])
        seconds.append(json.loads(text))
        found, ids = np.load(out / "shares.npy"), np.load(out / "ids.npy")
        mine = found[np.searchsorted(ids, plain.ids)]
        if not np.array_equal(np.isnan(mine).any(axis=1), np.isnan(known)):
            raise WrongError("shares where none are known, or none where they are")
        mine = np.where(np.isnan(known)[:, None], 0.0, mine)
        close("m2 of all classes", mine.sum(axis=1) * size, np.nan_to_num(known), EXACT_M2)
        excluded = mine[:, [number - 1 for number in region.TAKEN_CLASSES]].sum(axis=1) * size
        apart.append(close("m2 of three classes", excluded, np.where(np.isnan(known), 0.0, right), EXACT_M2))
        return cost

    return bench.times(once) | {"seconds": seconds[-1], "apart_m2": apart[-1]}


JOBS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "sites": sites, "filling": filling, "cached": cached, "buffer": buffer, "table": table, "widened": widened,
    "whatif": whatif, "preview": preview, "centres": centres, "shares": shares,
}  # fmt: skip


def options(parser: argparse.ArgumentParser) -> None:
    """The options that this script shares with `peers.py`."""
    region.options(parser)
    parser.add_argument("--repeat", type=int, default=3, help="measure so often, and give the median (default 3)")
    parser.add_argument("--workers", type=int, help="threads of flexsite (default: all cores)")
    parser.add_argument("--out", type=Path, help="also write the results here, as JSON")
    parser.add_argument("--markdown", type=Path, nargs="+", metavar="JSON", help="only print tables of these results")
    parser.add_argument("--page", type=Path, help="with --markdown: put the tables in this page, between their marks")


def told(name: str, found: dict[str, Any]) -> None:
    """Show one job on the screen, as soon as it is done."""
    wall, cpu, peak = (found[key]["median"] for key in ("wall_s", "cpu_s", "peak_mb"))
    more = {key: value for key, value in found.items() if key not in {"wall_s", "cpu_s", "peak_mb"}}
    print(f"{name:<24} wall {wall:8.2f} s   CPU {cpu:8.2f} s   peak {peak:7.0f} MB   {more or ''}", flush=True)


def write(asked: argparse.Namespace, results: dict[str, Any]) -> None:
    """Keep the results, if that was asked."""
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Make or find the region, run the jobs, print and keep what they cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options(parser)
    parser.add_argument("--jobs", default=",".join(JOBS), help="names with commas (default: all)")
    asked = parser.parse_args()
    if asked.markdown:
        page.show(asked.markdown, asked.page)
        return
    names = asked.jobs.split(",")
    if unknown := set(names) - set(JOBS):
        parser.error(f"no job {', '.join(sorted(unknown))}; choose from {', '.join(JOBS)}")
    before, used = machine(), versions(*PACKAGES)
    with tempfile.TemporaryDirectory() as name:
        folder, jobs = Path(name), {}
        try:
            bench = Bench(region.asked_for(asked, folder / "region"), folder, asked.repeat, asked.workers)
            for job in names:
                jobs[job] = JOBS[job](bench)
                told(job, jobs[job])
                write(
                    asked, {"script": "land", "machine": before, "versions": used, "data": bench.data(), "jobs": jobs}
                )
        except (WrongError, FailedError) as error:
            sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
