"""Make an invented region of any size from a fixed seed, with the study that the benchmarks run on it.

    python benchmarks/region.py --parcels 50000 --out region         # a region and its study
    python benchmarks/region.py --from elsewhere --out region        # only a study, on data made before

Per 500,000 parcels: 60 x 45 km, 600,000 buildings around 120 towns, 3,000 nature areas with fractal shores of 500 to
5,000 vertices, 8,000 plans, 1,000 noisy lines, 1,000 safety zones, and land use of ten classes in cells of 25 m. A
smaller region has the same density on less ground. With `--from` a folder needs parcels, buildings, nature, planned,
noise, safety and landuse as .parquet, landuse.tif and meta.json (n, seed, x0, y0, W, H).
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio import features
from rasterio.transform import from_origin
from rules import BUFFER, MIN_AREA, RULES
from scipy import ndimage

Array = NDArray[Any]

SEED = 4115
CRS = "EPSG:28992"
CORNER = np.array([110_000.0, 470_000.0])
FULL, FULL_SIZE = 500_000, np.array([60_000.0, 45_000.0])
CELL, CLASSES, TAKEN_CLASSES = 25.0, 10, (3, 6, 7)


@dataclass(frozen=True)
class Region:
    """Where a benchmark finds its data and its study.

    Attributes
    ----------
    data
        Folder with the layers.
    study
        The study file.
    meta
        Of the data: n parcels, seed, x0, y0, W, H, and who made it where that is known.
    """

    data: Path
    study: Path
    meta: dict[str, Any]

    @property
    def cells(self) -> Path:
        """The study of the same region as cells, for previews."""
        return self.study.with_name("cells.yaml")

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """All ground: minx, miny, maxx, maxy in metres."""
        x, y = float(self.meta["x0"]), float(self.meta["y0"])
        return x, y, x + float(self.meta["W"]), y + float(self.meta["H"])


def parcels(random: np.random.Generator, count: int, size: Array) -> Array:
    """About `count` parcels that tile the ground without gaps: 12 corners each, half a hectare on average."""
    columns = max(2, round(float(np.sqrt(count * size[0] / size[1]))))
    rows = max(2, round(count / columns))
    east, north = (_lines(random, n, length) for n, length in ((columns, size[0]), (rows, size[1])))
    room = [np.minimum(np.diff(at, prepend=-np.inf), np.diff(at, append=np.inf)) * 0.3 for at in (east, north)]
    for gap in room:
        gap[[0, -1]] = 0.0  # the border of the region stays straight
    at = np.stack(np.meshgrid(east, north), axis=-1)
    at += random.uniform(-1, 1, at.shape) * np.stack(np.meshgrid(*room), axis=-1)
    along, up = _bent(random, at[:, :-1], at[:, 1:]), _bent(random, at[:-1], at[1:])
    along[:, [0, -1]] = _straight(at[[0, -1], :-1], at[[0, -1], 1:])
    up[:, :, [0, -1]] = _straight(at[:-1, [0, -1]], at[1:, [0, -1]])
    ring = [
        at[:-1, :-1], *along[:, :-1], at[:-1, 1:], *up[:, :, 1:], at[1:, 1:], *along[::-1, 1:], at[1:, :-1],
        *up[::-1, :, :-1],
    ]  # fmt: skip
    shapes = shapely.polygons(np.stack(ring, axis=2).reshape(-1, len(ring), 2) + CORNER)
    return np.asarray(shapes[shapely.is_valid(shapes)])


def _lines(random: np.random.Generator, count: int, length: float) -> Array:
    """Places of `count` + 1 lines from 0 to `length`, with uneven steps."""
    steps = 1.0 + random.gamma(5.0, 1.0, count)
    return np.asarray(np.concatenate([[0.0], np.cumsum(steps)]) * (length / steps.sum()))


def _straight(start: Array, end: Array) -> Array:
    return np.stack([start + (end - start) / 3, start + (end - start) * 2 / 3])


def _bent(random: np.random.Generator, start: Array, end: Array) -> Array:
    """Two points between start and end, a little off the line: (2, ...)."""
    way = end - start
    aside = np.stack([-way[..., 1], way[..., 0]], axis=-1)
    return _straight(start, end) + aside * random.uniform(-0.06, 0.06, (2, *start.shape[:-1], 1))


class Towns:
    """Where people live: things scatter around towns, and some over all of the ground."""

    def __init__(self, random: np.random.Generator, share: float, size: Array) -> None:
        count = max(4, round(120 * share))
        self.random, self.size = random, size
        self.at, self.reach = random.uniform(0.03, 0.97, (count, 2)) * size, random.lognormal(6.3, 0.45, count)

    def scatter(self, count: int, near: float, wide: float = 1.0) -> Array:
        """(count, 2) places, a share `near` of them in and around towns."""
        inside = round(count * near)
        town = self.random.choice(len(self.at), inside, p=self.reach**2 / (self.reach**2).sum())
        close = self.at[town] + self.random.normal(0, 1, (inside, 2)) * self.reach[town, None] * wide
        spread = self.random.uniform(0, 1, (count - inside, 2)) * self.size
        return np.asarray(np.clip(np.concatenate([close, spread]), 20, self.size - 20))


_SQUARE = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=float)
_HOOK = np.array([(0, 0), (1, 0), (1, 0.45), (0.55, 0.45), (0.55, 1), (0, 1)])


def buildings(random: np.random.Generator, places: Array) -> Array:
    """Rectangles, and L shapes for four in ten, of some 85 m2, turned any way."""
    size, angle = random.lognormal(2.2, 0.35, places.shape), random.uniform(0, np.pi, len(places))
    hooked = random.random(len(places)) < 0.4
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.stack([cosine, sine, -sine, cosine], axis=-1).reshape(-1, 2, 2)
    shapes = np.empty(len(places), dtype=object)
    for outline, mine in ((_SQUARE, ~hooked), (_HOOK, hooked)):
        ring = outline * size[mine, None] @ turn[mine] + places[mine, None] + CORNER
        shapes[mine] = shapely.polygons(ring)
    return shapes


def shores(random: np.random.Generator, places: Array, radius: Array, corners: Array, rough: float) -> Array:
    """Areas around places with fractal shores: the distance between points along a shore is halved again and again."""
    shapes = np.empty(len(places), dtype=object)
    for i, (place, reach, count) in enumerate(zip(places, radius, corners, strict=True)):
        shore, step = random.normal(0, 0.8 * rough, 8), rough * 0.5
        while len(shore) < count:
            between = (shore + np.roll(shore, -1)) / 2 + random.normal(0, step, len(shore))
            shore, step = np.stack([shore, between], axis=1).ravel(), step * 0.55
        turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
        at = np.interp(turn, np.linspace(0, 2 * np.pi, len(shore) + 1), np.append(shore, shore[0]))
        out = reach * np.exp(np.clip(at, -1.6, 1.2))
        shapes[i] = shapely.Polygon(place + CORNER + out[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1))
    return shapes


def lines(random: np.random.Generator, count: int, size: Array) -> Array:
    """Winding lines of 15 to 59 points, some 75 m apart."""
    shapes = np.empty(count, dtype=object)
    for i in range(count):
        points = int(random.integers(15, 60))
        heading = random.uniform(0, 2 * np.pi) + np.cumsum(random.normal(0, 0.15, points))
        steps = random.uniform(40, 110, (points, 1)) * np.stack([np.cos(heading), np.sin(heading)], axis=-1)
        shapes[i] = shapely.LineString(random.uniform(0, 1, 2) * size + CORNER + np.cumsum(steps, axis=0))
    return shapes


def land_use(random: np.random.Generator, size: Array) -> Array:
    """Classes 1 to 10 in cells of 25 m, in patches of a few hundred metres."""
    shape = (int(np.ceil(size[1] / CELL)), int(np.ceil(size[0] / CELL)))
    most, classes = np.full(shape, -np.inf, dtype="float32"), np.zeros(shape, dtype="uint8")
    for number, common in enumerate((0.9, 0.7, 0.0, 0.5, 0.2, 0.15, -0.1, 0.3, 0.0, -0.2), start=1):
        field = ndimage.gaussian_filter(random.standard_normal(shape, dtype="float32"), 5)
        field = field / field.std() + common
        classes[field > most] = number
        np.maximum(most, field, out=most)
    return classes


def make(folder: Path, count: int) -> Region:
    """Write a region of about `count` parcels and its study into a folder; asked again, the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    random, share = np.random.default_rng(SEED), count / FULL
    size = FULL_SIZE * np.sqrt(share)
    towns = Towns(random, share, size)

    def number(per_full: int) -> int:
        return max(2, round(per_full * share))

    def anywhere(many: int) -> Array:
        return np.asarray(random.uniform(0, 1, (many, 2)) * size)

    layers = {
        "parcels": parcels(random, count, size),
        "buildings": buildings(random, towns.scatter(number(600_000), 0.8)),
    }
    many = number(3_000)
    reach, corners = np.minimum(random.lognormal(5.3, 0.75, many), 2500), random.lognormal(7.1, 0.6, many)
    layers["nature"] = shores(random, anywhere(many), reach, np.clip(corners, 500, 5000).astype(int), 0.6)
    many = number(8_000)
    places, reach = towns.scatter(many, 0.7, 1.6), random.lognormal(3.8, 0.5, many)
    layers["planned"] = shores(random, places, reach, random.integers(8, 24, many), 0.4)
    many = number(1_000)
    layers["noise"] = lines(random, many, size)
    layers["safety"] = shores(random, anywhere(many), random.lognormal(3.6, 0.6, many), np.full(many, 24), 0.3)

    classes = land_use(random, size)
    rows, columns = classes.shape
    transform = from_origin(CORNER[0], CORNER[1] + rows * CELL, CELL, CELL)
    profile = {
        "driver": "GTiff",
        "height": rows,
        "width": columns,
        "count": 1,
        "dtype": "uint8",
        "crs": CRS,
        "nodata": 0,
    }
    with rasterio.open(
        folder / "landuse.tif", "w", transform=transform, compress="deflate", tiled=True, **profile
    ) as file:
        file.write(classes, 1)
    taken = features.shapes(classes, np.isin(classes, TAKEN_CLASSES), connectivity=4, transform=transform)
    layers["landuse"] = np.array([shapely.geometry.shape(outline) for outline, _ in taken], dtype=object)

    for name, shapes in layers.items():
        table = {"id": np.arange(len(shapes), dtype="int64")}
        gpd.GeoDataFrame(table, geometry=shapes, crs=CRS).to_parquet(folder / f"{name}.parquet")
    meta: dict[str, Any] = {"maker": "flexsite", "n": len(layers["parcels"]), "seed": SEED}
    meta |= {"x0": CORNER[0], "y0": CORNER[1], "W": size[0], "H": size[1]}
    (folder / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")
    return study_on(folder, folder)


def study_on(data: Path, folder: Path) -> Region:
    """Write the study and its area into a folder, on data that are there."""
    names = ["parcels", *RULES]
    missing = [
        name for name in [*(f"{n}.parquet" for n in names), "landuse.tif", "meta.json"] if not (data / name).is_file()
    ]
    if missing:
        raise SystemExit(f"{data} lacks {', '.join(missing)}")
    folder.mkdir(parents=True, exist_ok=True)
    to = Path(os.path.relpath(data.resolve(), folder.resolve())).as_posix()
    layers = [f"  {name}: {json.dumps(f'{to}/{name}.parquet')}" for name in names]
    rules = [
        f"  - {{id: {name}, exclude: {name}{f', buffer: {BUFFER[name]:g}' if name in BUFFER else ''}}}"
        for name in RULES
    ]
    text = [
        "flexsite: 1", "name: land", f"crs: {CRS}", "date: 2026-01-01", "term: 15", "area: area.geojson", "layers:",
        *layers, f"  cover: {json.dumps(f'{to}/landuse.tif')}",
        f"candidates: {{layer: parcels, id: id, min_area: {MIN_AREA:g}}}", "rules:", *rules, "outputs: [parquet]", "",
    ]  # fmt: skip
    region = Region(data, folder / "study.yaml", json.loads((data / "meta.json").read_text(encoding="utf-8")))
    region.study.write_text("\n".join(text), encoding="utf-8")
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    for name, around in (("area", 500), ("extent", 0)):
        ring = shapely.get_coordinates(shapely.box(*region.bounds).buffer(around, join_style="mitre")).tolist()
        outline = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        collection = {"type": "FeatureCollection", "crs": crs, "features": [outline]}
        (folder / f"{name}.geojson").write_text(json.dumps(collection), encoding="utf-8")
    # A preview looks at ground, whatever parcels it is in, and takes land use from the raster as other tools do.
    cells = [
        line.replace("area.geojson", "extent.geojson")
        .replace("{layer: parcels, id: id,", "{grid: 100,")
        .replace("exclude: landuse}", f"exclude: cover, values: {list(TAKEN_CLASSES)}}}")
        for line in text
    ]
    region.cells.write_text("\n".join(cells), encoding="utf-8")
    return region


def asked_for(asked: argparse.Namespace, folder: Path) -> Region:
    """The region that the options `--from` and `--parcels` ask for; a study is written into the folder."""
    return study_on(asked.data, folder) if asked.data else make(folder, asked.parcels)


def options(parser: argparse.ArgumentParser) -> None:
    """The options that say which region."""
    parser.add_argument("--parcels", type=int, default=50_000, help="about how many parcels to make (default 50000)")
    parser.add_argument("--from", dest="data", type=Path, metavar="DIR", help="use the data of this folder")


def main() -> None:
    """Write what is asked, and say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    asked = parser.parse_args()
    region = asked_for(asked, asked.out)
    print(
        f"{region.study}: {region.meta['n']:,} parcels, {region.meta['W'] / 1e3:.1f} x {region.meta['H'] / 1e3:.1f} km"
    )


if __name__ == "__main__":
    main()
