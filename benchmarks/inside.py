"""What is timed within a process: questions to the table, and land-use shares. Called by `land.py`.

    python benchmarks/inside.py questions study.yaml OUT      # a warm cache is in FLEXSITE_CACHE
    python benchmarks/inside.py widened study.yaml OUT METRES
    python benchmarks/inside.py shares study.yaml OUT

Prints seconds as JSON and writes the answers to OUT, for the caller to check. Imports stand inside the functions, as in
flexsite itself: each process pays for what it needs.
"""

# ruff: noqa: PLC0415
from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

QUESTIONS: dict[str, dict[str, Any]] = {
    "a rule off": {"off": ["noise"]},
    "another order": {"order": ["landuse", "safety", "noise", "planned", "nature", "buildings"]},
    "another minimum area": {"min_area": 5000.0},
}
TIMES = 7
CLASSES = range(1, 11)


def questions(study: Path, out: Path) -> dict[str, Any]:
    """Ask each question several times; the first of all is reported apart, since it imports what is needed."""
    import numpy as np

    from flexsite.availability.work import Crew
    from flexsite.cache import Cache
    from flexsite.study.loading import load
    from flexsite.whatif import what_if

    loaded = load(study)
    with Cache.default() as cache:
        start = time.perf_counter()
        found = what_if(loaded, Crew(cache=cache))
        seconds: dict[str, float] = {"the table from the cache": time.perf_counter() - start}
        for name, asked in QUESTIONS.items():
            took = []
            for _ in range(TIMES):
                start = time.perf_counter()
                table = found.waterfall(**asked)
                took.append(time.perf_counter() - start)
            seconds.setdefault("the first question", took[0])
            seconds[name] = statistics.median(took)
            table.to_parquet(out / f"{name}.parquet")
        found.areas(off=["noise"]).to_parquet(out / "areas-off.parquet")
        bits = {name: found.table.feature_bit[name] for name in (rule.id for rule in loaded.rules)}
        np.savez(
            out / "table.npz", ids=found.ids.astype(str), start=found.table.start, row=found.table.row,
            mask=found.table.mask, area=found.table.area, names=list(bits), bits=list(bits.values()),
        )  # fmt: skip
    return {name: round(value, 5) for name, value in seconds.items()}


def widened(study: Path, out: Path, metres: str) -> dict[str, Any]:
    """What each rule takes of every parcel with so many metres around noise; nothing is timed."""
    from flexsite.availability.work import Crew
    from flexsite.cache import Cache
    from flexsite.study.loading import load
    from flexsite.whatif import what_if

    with Cache.default() as cache:
        found = what_if(load(study, {"rules.noise.buffer": float(metres)}), Crew(cache=cache))
        found.areas().to_parquet(out / "areas-widened.parquet")
    return {}


def shares(study: Path, out: Path) -> dict[str, Any]:
    """The exact share of every class of land use in every parcel."""
    import numpy as np

    from flexsite.opening import open_layers
    from flexsite.study.loading import load

    start = time.perf_counter()
    loaded = load(study)
    layers = open_layers(loaded)
    parcels = layers.vector("parcels", columns=["id"]).frame
    raster = layers.raster("cover")
    read = time.perf_counter()
    found = raster.shares(parcels.geometry.to_numpy(), list(CLASSES))
    done = time.perf_counter()
    np.save(out / "shares.npy", found)
    np.save(out / "ids.npy", parcels["id"].to_numpy().astype("int64"))
    return {"reading": round(read - start, 3), "shares": round(done - read, 3)}


if __name__ == "__main__":
    doing: dict[str, Any] = {"questions": questions, "widened": widened, "shares": shares}
    print(json.dumps(doing[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:])))
