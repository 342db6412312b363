"""What a map of many sites costs: its file, making it, and a browser that shows it; folium and geopandas beside it.

    python benchmarks/map.py --out benchmarks/results/map.json
    python benchmarks/map.py --markdown benchmarks/results/*.json --page docs/benchmarks.md

A map of 50,000 and of 200,000 sites with twenty corners and six criteria, from a fixed seed. The pages of folium and of
geopandas show the same sites with a colour, a tooltip and a popup; their libraries come without a network. Needs
playwright and a Chromium, and mapclassify for geopandas.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import page
from map_browser import page_costs
from measure import FailedError, machine, run, versions

HERE = Path(__file__).resolve().parent
PACKAGES = ("numpy", "shapely", "folium", "geopandas", "playwright")
GOALS = {
    50_000: {"bytes": 80 * 50_000 + 350_000, "ready_s": 1.0, "memory_mb": 250, "frame_p95_ms": 20, "frame_worst_ms": 60,
             "slider_ms": 50, "build_s": 2.0, "peak_mb": 500},
    200_000: {"bytes": 17_000_000, "ready_s": 3.0, "memory_mb": 600, "frame_p95_ms": 40, "slider_ms": 150,
              "build_s": 8.0},
}  # fmt: skip
"""What flexsite means to stay below."""


def measured(tool: str, n: int, folder: Path, repeat: int) -> dict[str, Any]:
    """One tool's page of so many sites: medians of making it and of opening it."""
    file = folder / f"{tool}{n}.html"
    made = []
    for _ in range(repeat):
        cost, said = run([sys.executable, str(HERE / "map_inside.py"), tool, str(n), str(file)])
        made.append({**json.loads(said), "peak_mb": cost.peak_mb})
    found = {name: round(statistics.median(one[name] for one in made), 3) for name in made[0]}
    return {
        "sites": n,
        "tool": tool,
        "repeat": repeat,
        **found,
        **page_costs(file, ours=tool == "flexsite", repeat=repeat),
    }


def main() -> None:
    """Measure, or show results made before."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, nargs="+", default=sorted(GOALS))
    parser.add_argument(
        "--beside", type=int, default=50_000, help="sites with which other tools are measured; 0: never"
    )
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--out", type=Path, help="write the results to this file")
    parser.add_argument("--markdown", type=Path, nargs="+", help="show results made before")
    parser.add_argument("--page", type=Path, help="put them in this page")
    asked = parser.parse_args()
    if asked.markdown:
        page.show(asked.markdown, asked.page)
        return
    before, used = machine(), versions(*PACKAGES)
    jobs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        for n in asked.sites:
            for tool in ("flexsite", *(("folium", "explore") if n == asked.beside else ())):
                try:
                    jobs.append(measured(tool, n, Path(name), asked.repeat))
                except FailedError as error:
                    jobs.append({"sites": n, "tool": tool, "why": str(error).splitlines()[-1]})
                print(json.dumps(jobs[-1]), flush=True)
                data = {
                    "sites": max(asked.sites),
                    "goals": {str(size): GOALS[size] for size in asked.sites if size in GOALS},
                }
                result = {"script": "map", "machine": before, "versions": used, "data": data, "jobs": jobs}
                if asked.out:
                    asked.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
