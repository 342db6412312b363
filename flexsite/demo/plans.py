"""Plan capacity: where permanent homes are planned, how sure that is, and from which year."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry as Geometry

from flexsite.demo import places
from flexsite.demo.frame import PRECISION, Geometries, Turned, generator, polygonal, wobble
from flexsite.demo.parcels import draw
from flexsite.demo.rules_layers import frame
from flexsite.demo.settlements import Settlements

MISSING = -9999
STATUS = {
    "1A": 0.2,
    "1B": 0.04,
    "1C": 0.03,
    "2A": 0.12,
    "2B": 0.03,
    "2C": 0.04,
    "3": 0.17,
    "4A": 0.18,
    "4B": 0.08,
    "5A": 0.08,
    "5B": 0.03,
}
# first and last year that a plan of this status may start, and the share of plans for later, with their years
YEARS = {"1": (2025, 2033), "2": (2027, 2036), "3": (2029, 2040), "4": (2032, 2050), "5": (2030, 2050)}
LATER, LATER_YEARS = 0.4, (2038, 2047)
COLUMNS = ("plannaam", "gemeente", "status", "plantype", "jaar_van", "aantal", "vertrouwelijk", "programma")
# what a plan consists of, in the words of Planmonitor Wonen; one has flex homes beside permanent ones
ORDINARY, MIXED = "Regulier permanent", 3
# kinds of plans beside those for permanent homes
TEMPORARY, SEARCHED = "Tijdelijke bewoning", "Zoekgebied"
APART = (TEMPORARY, SEARCHED)
# status, first year and programme of flex homes that are planned already, given out to the towns in turn
FLEX = (
    ("1A", 2026, "Flexwoningen"),
    ("2A", 2027, "Flexwoningen"),
    ("3", 2027, "Tijdelijk"),
    ("4A", 2028, "Flexwoningen"),
)
FLEX_TOWNS = ("Molmerdam", "Zilverhoven", "Kranewaarde")
# town, status and homes of plans that are drawn as a point
POINTS = (("Molmerdam", "2A", 24), ("Kranewaarde", "3", 40), ("Zilverhoven", "5A", 15))
# town, status, middle and homes of search areas
SEARCH = (("Zilverhoven", "2C", (8.1, 12.3), 60), ("Kranewaarde", "4A", (13.5, 15.7), 90))
Row = tuple[str, str, str, str, int, int, str, str, Geometry]


def build(parcels: gpd.GeoDataFrame, settlements: Settlements) -> gpd.GeoDataFrame:
    """Return plans: `COLUMNS`, with a status of 1A to 5B, bron and geometry.

    `jaar_van` is -9999 where no year is known; one municipality has handed in nothing. Some plans are flex homes, some
    are drawn as a point or as a contour around a search area.
    """
    random = generator("plans")
    known = (parcels["municipality"] != places.UNCOVERED).to_numpy()
    klasse = parcels["klasse"].to_numpy(dtype=str)
    kind = parcels["kind"].to_numpy(dtype=str)
    use = parcels["use"].to_numpy(dtype=str)
    ground = parcels.geometry.to_numpy()
    points = shapely.point_on_surface(ground)
    area = shapely.area(ground)
    built = shapely.union_all(list(settlements.covers.values()))
    distance = shapely.distance(points, built)
    near = known & (kind == "field") & (distance < 520)
    far = known & (kind == "field") & (distance > 1300)
    infill = known & (kind == "plot") & (klasse == "braak") & (area > 2000) & ~np.isin(use, ["bedrijven", "glas"])
    change = (
        known
        & (kind == "plot")
        & np.isin(use, ["bedrijven", "centrum", "naoorlogs"])
        & (area > 3000)
        & (klasse != "braak")
    )
    shapes: list[Geometry] = []
    types: list[str] = []
    usable = known & (kind == "field")
    open_ground = np.array([shape if ok else None for shape, ok in zip(ground, usable, strict=True)], dtype=object)
    for number in random.choice(np.flatnonzero(near), 46, replace=False):
        shapes.append(_extension(open_ground, points[number], Turned(ground[number]), float(random.uniform(130, 270))))
        types.append(str(random.choice(["Uitbreiding uitleg", "Uitbreiding uitleg", "Uitbreiding overig"])))
    for number in random.choice(np.flatnonzero(far), 9, replace=False):
        shapes.append(_extension(open_ground, points[number], Turned(ground[number]), float(random.uniform(90, 150))))
        types.append("Uitbreiding overig")
    for number in random.choice(np.flatnonzero(infill), min(18, int(infill.sum()) // 2), replace=False):
        shapes.append(ground[number])
        types.append("Verdichting")
    for number in random.choice(np.flatnonzero(change), 14, replace=False):
        shapes.append(ground[number])
        types.append(str(random.choice(["Herstructurering", "Transformatiegebied", "Pand Transformatie"])))
    permanent = _describe(shapes, types, parcels, random)
    taken = shapely.union_all(permanent.geometry.to_numpy())
    free = parcels[infill]
    free = free[~shapely.intersects(free.geometry.to_numpy(), taken)]
    free = free.iloc[np.argsort(-shapely.bounds(free.geometry.to_numpy())[:, 2], kind="stable")]
    rows = [*_flex(free[free["owner_class"] == "gemeente"]), *_points(free[free["owner_class"] != "gemeente"])]
    rows += _searched(parcels, settlements)
    more = frame({name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}, [row[-1] for row in rows])
    return pd.concat([permanent, more], ignore_index=True)[[*COLUMNS, "bron", "geometry"]]


def _flex(plots: gpd.GeoDataFrame) -> list[Row]:
    """Return flex homes that are planned already, on plots in the towns."""
    rows: list[Row] = []
    for number, (status, year, words) in enumerate(FLEX):
        town, order = FLEX_TOWNS[number % len(FLEX_TOWNS)], number // len(FLEX_TOWNS)
        shape = plots.geometry[(plots["municipality"] == town) & (plots.geometry.area < 12_000)].iloc[order]
        homes = round(shape.area / 10_000 * 75)
        rows.append((f"Flexwonen {town} {order + 1}", town, status, TEMPORARY, year, homes, "nee", words, shape))
    return rows


def _points(plots: gpd.GeoDataFrame) -> list[Row]:
    """Return plans of which only a point is known, as registers write these: a square of 9 m."""
    rows: list[Row] = []
    for number, (town, status, homes) in enumerate(POINTS, 1):
        x, y = shapely.get_coordinates(shapely.point_on_surface(plots.geometry[plots["municipality"] == town].iloc[0]))[
            0
        ]
        shape = shapely.box(*np.round([x - 4.5, y - 4.5, x + 4.5, y + 4.5], 2))
        name = f"{town} Locatie {number}"
        rows.append((name, town, status, "Verdichting", 2030 + number, homes, "nee", ORDINARY, shape))
    return rows


def _searched(parcels: gpd.GeoDataFrame, settlements: Settlements) -> list[Row]:
    """Return search areas: wide contours beside a town, with hardly a home to the hectare."""
    rows: list[Row] = []
    shapes, towns = parcels.geometry.to_numpy(), parcels["municipality"].to_numpy(dtype=str)
    for town, status, centre, homes in SEARCH:
        contour = wobble(centre, 760, (0.4, 1.7, 3.1))
        ground = shapely.coverage_union_all(shapes[(towns == town) & shapely.intersects(shapes, contour)])
        shape = shapely.difference(shapely.intersection(contour, ground), settlements.covers[town], grid_size=PRECISION)
        rows.append((f"{SEARCHED} {town}", town, status, SEARCHED, 2035, homes, "nee", ORDINARY, polygonal(shape)))
    return rows


def _extension(open_ground: Geometries, point: Geometry, field: Turned, size: float) -> Geometry:
    """Return the open ground in a rectangle along a field: plans do not keep to parcel boundaries."""
    ((along, across),) = shapely.get_coordinates(point) @ field.axes.T
    corners = field.back(along + size * np.array([-1, 1, 1, -1]), across + 0.7 * size * np.array([-1, -1, 1, 1]))
    area = shapely.Polygon(np.round(corners, 2))
    hit = shapely.intersects(area, open_ground)
    return shapely.intersection(shapely.coverage_union_all(open_ground[hit]), area)


def _describe(
    shapes: list[Geometry], types: list[str], parcels: gpd.GeoDataFrame, random: np.random.Generator
) -> gpd.GeoDataFrame:
    status = draw(STATUS, len(shapes), random)
    taken: Geometry = shapely.Polygon()
    rows: list[tuple[str, str, str, int, int, str, Geometry]] = []
    tree = shapely.STRtree(parcels.geometry.to_numpy())
    towns = parcels["municipality"].to_numpy(dtype=str)
    for shape, sort, state in zip(shapes, types, status, strict=True):
        free = polygonal(shapely.difference(shape, taken, grid_size=PRECISION))
        if free.area < 1500:
            continue
        taken = shapely.union(taken, free)
        town = str(towns[tree.nearest(shapely.point_on_surface(free))])
        if town == places.UNCOVERED:
            continue
        first, last = LATER_YEARS if random.random() < LATER else YEARS[str(state)[0]]
        year = MISSING if random.random() < 0.09 else int(random.integers(first, last + 1))
        density = 26 if sort.startswith("Uitbreiding") else 55
        homes = max(5, round(free.area / 10_000 * density * random.uniform(0.7, 1.2)))
        rows.append((town, str(state), sort, year, homes, "ja" if random.random() < 0.15 else "nee", free))
    names = [
        f"{row[0]} {('Uitbreiding', 'Inbreiding')[not row[2].startswith('Uit')]} {i}" for i, row in enumerate(rows, 1)
    ]
    words = ["Onbekend" if row[1].startswith("5") else ORDINARY for row in rows]
    words[MIXED] = "Regulier en flexwoningen"
    columns: dict[str, object] = {"plannaam": names, "programma": words}
    for position, column in enumerate(COLUMNS[1:7]):
        columns[column] = [row[position] for row in rows]
    return frame(columns, [row[-1] for row in rows])
