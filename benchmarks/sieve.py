"""Time the rules: 50,000 candidates against 60,000 buildings and a noise raster, as one whole process.

    python benchmarks/sieve.py [--candidates 50000] [--buildings 60000]

Prints wall time, CPU time and peak memory of `flexsite run`, reading and imports included. The region is invented, with
a fixed seed: parcels of 60 x 90 m that tile the ground, buildings in clusters, a raster of 25 m.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

CRS = "EPSG:28992"
X0, Y0 = 30_000.0, 530_000.0
WIDTH, DEPTH = 60.0, 90.0
STUDY = """\
flexsite: 1
name: sieve
crs: EPSG:28992
date: 2026-01-01
term: 15
area: area.gpkg
layers:
  parcels: {path: parcels.parquet}
  buildings: {path: buildings.parquet, coverage: complete}
  noise: noise.tif
candidates: {layer: parcels, id: id, min_area: 2500, min_width: 15}
rules:
  - {id: built, exclude: buildings, buffer: 5, class: very_hard}
  - {id: noise, exclude: noise, above: 60}
outputs: [parquet]
"""


def write(folder: Path, candidates: int, buildings: int) -> None:
    """Write the invented region and its study."""
    random = np.random.default_rng(7)
    columns = int(np.ceil(np.sqrt(candidates * DEPTH / WIDTH)))
    place = np.arange(candidates)
    x, y = X0 + place % columns * WIDTH, Y0 + place // columns * DEPTH
    parcels = gpd.GeoDataFrame(
        {"id": [f"P{i:06d}" for i in place]}, geometry=shapely.box(x, y, x + WIDTH, y + DEPTH), crs=CRS
    )
    parcels.to_parquet(folder / "parcels.parquet")
    minx, miny, maxx, maxy = parcels.total_bounds
    gpd.GeoDataFrame(geometry=[shapely.box(minx, miny, maxx, maxy)], crs=CRS).to_file(folder / "area.gpkg")
    towns = random.uniform((minx, miny), (maxx, maxy), (40, 2))
    centre = towns[random.integers(0, len(towns), buildings)] + random.normal(0, 700, (buildings, 2))
    centre = np.clip(centre, (minx, miny), (maxx, maxy))
    size = random.uniform(4, 9, (buildings, 2))
    low, high = centre - size, centre + size
    houses = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    gpd.GeoDataFrame(geometry=houses, crs=CRS).to_parquet(folder / "buildings.parquet")
    shape = (int((maxy - miny) / 25) + 1, int((maxx - minx) / 25) + 1)
    north = np.linspace(0, 30, shape[0])[:, np.newaxis]
    values = (45 + 20 * np.abs(np.sin(north)) + random.uniform(0, 2, shape)).astype("float32")
    profile = {"driver": "GTiff", "height": shape[0], "width": shape[1], "count": 1, "dtype": "float32", "crs": CRS}
    with rasterio.open(
        folder / "noise.tif", "w", transform=from_origin(minx, maxy, 25, 25), nodata=-1, **profile
    ) as file:
        file.write(values, 1)
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")


def main() -> None:
    """Write the region, run the study in a process of its own, print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=50_000)
    parser.add_argument("--buildings", type=int, default=60_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, asked.candidates, asked.buildings)
        command = [sys.executable, "-m", "flexsite", "run", str(folder / "study.yaml"), "--out", str(folder / "out")]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    if status != 0:
        sys.exit("the run failed")
    print(f"{asked.candidates} candidates, {asked.buildings} buildings, {os.cpu_count()} cores")
    print(f"wall {wall:.1f} s, CPU {usage.ru_utime + usage.ru_stime:.1f} s, peak {usage.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
