"""The layers that rules read: land use, zoning plan, nature, restrictions, noise."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry as Geometry

from flexsite.demo import places
from flexsite.demo.frame import CRS, ORIGIN, PRECISION, SIZE, along, curve, parts, place, polygonal, spline
from flexsite.demo.places import SOURCE
from flexsite.demo.settlements import Settlements
from flexsite.demo.terrain import Line, Terrain

DITCH = 1.5
NOISE_CELL = 50.0
NODATA = -9999.0


def frame(columns: dict[str, object], geometry: Iterable[Geometry]) -> gpd.GeoDataFrame:
    """Make a layer: columns, the source and geometry in EPSG:28992."""
    shapes = list(geometry)
    return gpd.GeoDataFrame({**columns, "bron": [SOURCE] * len(shapes)}, geometry=shapes, crs=CRS)


def landuse(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the land use: klasse, soort, geometry. Fields are surrounded by ditches, which are water."""
    field = ((parcels["kind"] == "field") & (parcels["klasse"] != "plantsoen")).to_numpy()
    whole = parcels.geometry.to_numpy()
    inner = shapely.buffer(whole[field], -DITCH, join_style="mitre")
    ditch = shapely.difference(whole[field], inner)
    klasse = parcels["klasse"].to_numpy(dtype=str)
    kept = ~shapely.is_empty(inner)
    shapes = [*whole[~field], *inner[kept], *ditch]
    values = [*klasse[~field], *klasse[field][kept], *["water"] * len(ditch)]
    return frame(
        {"klasse": values, "soort": ["" for _ in range(len(shapes) - len(ditch))] + ["sloot"] * len(ditch)}, shapes
    )


def zoning(parcels: gpd.GeoDataFrame, plans: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the zoning plan: one polygon per block and value, and younger plans for new housing that overlap it."""
    groups = parcels.groupby(["municipality", "bestemming", "block"], sort=True).indices
    shapes = parcels.geometry.to_numpy()
    rows = [(*key, shapely.coverage_union_all(shapes[where])) for key, where in groups.items()]
    adopted = plans[plans["status"].isin(["1A", "2A"]) & (plans["plantype"] != "Pand Transformatie")]
    # flex homes need no zoning plan of their own, and a point has no ground
    adopted = adopted[adopted["programma"].str.startswith("Regulier") & (adopted.geometry.area > 100)]
    names = [f"Bestemmingsplan {town} 2013" for town, *_ in rows] + [
        f"{name}, woningbouw" for name in adopted["plannaam"]
    ]
    values = [value for _, value, *_ in rows] + ["woongebied"] * len(adopted)
    status = ["onherroepelijk"] * len(rows) + ["vastgesteld"] * len(adopted)
    geometry = [row[-1] for row in rows] + list(adopted.geometry)
    return frame({"plannaam": names, "planstatus": status, "bestemmingshoofdgroep": values}, geometry)


def zoning_coverage(terrain: Terrain, settlements: Settlements) -> gpd.GeoDataFrame:
    """Return where the zoning plan is digital: everywhere but in the glasshouse area, whose plan is on paper."""
    shape = shapely.difference(terrain.land, settlements.covers["Zuiderglas"], grid_size=PRECISION)
    return frame({"naam": ["digitale plannen"]}, [shape])


def natura2000(terrain: Terrain) -> gpd.GeoDataFrame:
    """Return the Natura 2000 areas: dunes with beach, salt marsh, lake with its reed."""
    shapes = [
        shapely.union_all([terrain.zones["dunes"], terrain.zones["beach"]], grid_size=PRECISION),
        terrain.zones["marsh"],
        shapely.union_all([terrain.zones["lake"], terrain.zones["reed"]], grid_size=PRECISION),
    ]
    names = ["Duinen van Helmzande", "Kwelder Noordoost", "Blinkmeer"]
    return frame({"naam": names, "richtlijn": ["HR", "HR+VR", "VR"], "nummer": [901, 902, 903]}, shapes)


def restrictions(terrain: Terrain, settlements: Settlements) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of restrictions.gpkg by name; hardheid is PBL's ladder from very_hard to soft."""
    land, zones = terrain.land, terrain.zones
    canals = terrain.canals
    links = shapely.union_all([zones["wood"], zones["reed"].buffer(120), curve(places.CANALS[3][2]).buffer(55)])
    forest_edge = shapely.intersection(zones["wood"].buffer(260), land)
    meadow = _around((9.2, 17.4), 1500, 520)
    network = [
        zones["wood"],
        shapely.difference(forest_edge, zones["wood"]),
        shapely.intersection(links - zones["wood"], land),
        meadow,
    ]
    soft_coast = shapely.union_all([zones["beach"], zones["dunes"]]).buffer(150)
    dike = shapely.difference(shapely.intersection(land.exterior.buffer(65), land), soft_coast)
    outer = shapely.difference(shapely.intersection(land.exterior.buffer(145), land), shapely.union(dike, soft_coast))
    quays = shapely.intersection(shapely.difference(canals.buffer(24), canals), land)
    well = shapely.Point(place((4.8, 7.5))).buffer(480, quad_segs=12)
    ground = shapely.intersection(shapely.Point(place((4.6, 7.6))).buffer(1600, quad_segs=16), land)
    middle = (20.3, 10.9)
    lib4 = shapely.intersection(_around(middle, 3000, 800, 0.10), land)
    lib5 = shapely.intersection(_around(middle, 5600, 1750, 0.10), land)
    landscape = [
        _around((13.9, 6.0), 2300, 1500, 0.5),
        _around((4.9, 15.4), 1500, 2300, -0.2),
        _around((8.0, 9.0), 1000, 700, 0.9),
    ]
    rural = shapely.difference(land, shapely.union_all(list(settlements.covers.values())))
    silence = _around((5.9, 17.0), 1700, 1100, 0.3)
    main = ((5.2, 1.0), (9.3, 4.6), (11.9, 8.9), (13.9, 10.9), (15.9, 13.9), (16.4, 18.4))
    branch = ((11.9, 8.9), (7.9, 10.6), (6.9, 14.4), (7.2, 18.6))
    pipes: list[Geometry] = [curve(main), curve(branch)]
    power: list[Geometry] = [
        curve(((17.9, 3.8), (15.7, 6.9), (13.2, 9.2), (12.5, 11.3), (13.6, 14.2), (13.8, 18.9)), step=350)
    ]
    found: dict[str, tuple[dict[str, object], list[Geometry]]] = {
        "natuurnetwerk": (
            {"naam": ["Helmbos", "Bosrand", "Natte as", "Weidevogelkern"], "hardheid": ["hard"] * 4},
            network,
        ),
        "waterkering": (
            {
                "naam": ["Zeedijk", "Zeedijk", "Boezemkade"],
                "soort": ["primair", "primair", "regionaal"],
                "zone": ["kernzone", "beschermingszone", "kern- en beschermingszone"],
                "hardheid": ["hard", "medium", "medium"],
            },
            [dike, outer, quays],
        ),
        "drinkwater": (
            {"zone": ["waterwingebied", "grondwaterbeschermingsgebied"], "hardheid": ["hard", "soft"]},
            [well, ground - well],
        ),
        "luchthaven": ({"zone": ["LIB4", "LIB5"], "hardheid": ["very_hard", "soft"]}, [lib4, lib5 - lib4]),
        "landschap": (
            {
                "naam": ["Meerlanden", "Oude Koog", "Gruttermieden"],
                "max_woningen": [25] * 3,
                "hardheid": ["medium"] * 3,
            },
            [shape - zones["lake"] for shape in landscape],
        ),
        "stiltegebied": ({"naam": ["Stilte Noordwest"], "hardheid": ["soft"]}, [silence]),
        "buisleiding": ({"stof": ["aardgas"] * 2, "druk_bar": [80, 40], "hardheid": ["very_hard"] * 2}, pipes),
        "landelijk_gebied": ({"naam": ["Landelijk gebied"], "hardheid": ["medium"]}, [rural]),
        "hoogspanning": ({"spanning_kv": [150], "hardheid": ["soft"]}, power),
    }
    return {name: frame(columns, _clipped(shapes, land)) for name, (columns, shapes) in found.items()}


def _clipped(shapes: list[Geometry], land: Polygon) -> list[Geometry]:
    cut = [shapely.set_precision(shapely.intersection(shape, land), PRECISION) for shape in shapes]
    return [polygonal(shape) if shapely.area(shape) > 0 else shape for shape in cut]


def barriers(parcels: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return water (canals, lakes) and rail with motorway: nobody walks straight across these."""
    found = {}
    for name, kinds in (("water", ["water", "lake"]), ("rail", ["rail", "motorway"])):
        chosen = parcels[parcels["kind"].isin(kinds)]
        shapes = parts(shapely.coverage_union_all(chosen.geometry.to_numpy()))
        found[name] = frame({"soort": [name] * len(shapes)}, shapes)
    return found


def municipalities(shapes: dict[str, Geometry], *, covered: bool = False) -> gpd.GeoDataFrame:
    """Return the municipalities: code, naam, parkeren (ja: new homes get no permit to park in the street).

    `covered` keeps only those of which the plans are known, and leaves out what is not about plans.
    """
    rows = [row for row in places.MUNICIPALITIES if not covered or row[1] != places.UNCOVERED]
    columns: dict[str, object] = {"code": [row[0] for row in rows], "naam": [row[1] for row in rows]}
    if not covered:
        columns["parkeren"] = [places.PARKING[row[1]] for row in rows]
    return frame(columns, [shapes[row[1]] for row in rows])


def _around(centre: tuple[float, float], rx: float, ry: float, turn: float = 0.0) -> Polygon:
    """Draw an irregular oval."""
    angle = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    r = 1 + 0.08 * np.sin(3 * angle + centre[0]) + 0.05 * np.sin(5 * angle + centre[1])
    x, y = rx * r * np.cos(angle), ry * r * np.sin(angle)
    points = np.column_stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)])
    return Polygon(np.round(points + place(centre), 2))


def noise(terrain: Terrain, roads: tuple[Line, ...]) -> npt.NDArray[np.float32]:
    """Return Lden (dB) on cells of 50 m from north-west: every piece of road or rail is a point source.

    The sea and the north-west of Helmzande were not calculated: nodata.
    """
    # level at 50 m beside an endless line, dB
    sources: list[tuple[float, Geometry]] = [(67.0, terrain.motorway), (61.5, terrain.rail)]
    sources += [({"primary": 58.0, "secondary": 54.0, "tertiary": 51.0}[road.kind], road.geometry)
                for road in roads if road.kind in ("primary", "secondary", "tertiary")]  # fmt: skip
    count = round(SIZE / NOISE_CELL)
    energy = np.full((count, count), 10 ** (38 / 10))
    axis = (np.arange(count) + 0.5) * NOISE_CELL
    spacing = 40.0
    for level, line in sources:
        at = np.arange(spacing / 2, line.length, spacing)
        points = along(line, at) - np.array(ORIGIN)
        power = 10 ** (level / 10) * 50 * spacing / np.pi
        reach = 54 if level > 60 else 30
        for x, y in points:
            column, row = int(x // NOISE_CELL), int(y // NOISE_CELL)
            columns = slice(max(column - reach, 0), min(column + reach + 1, count))
            rows = slice(max(row - reach, 0), min(row + reach + 1, count))
            square = (axis[columns][None, :] - x) ** 2 + (axis[rows][:, None] - y) ** 2 + 400.0
            energy[rows, columns] += power / square * np.exp(-np.sqrt(square) / 650.0)
    level_db = np.round(10 * np.log10(energy), 1)
    x, y = np.meshgrid(ORIGIN[0] + axis, ORIGIN[1] + axis)
    centres = shapely.points(x, y)
    near = terrain.land.buffer(100)
    shapely.prepare(near)
    known = shapely.contains(near, centres)
    corner = Polygon(
        np.vstack([spline(((7.3, 20.0), (6.9, 17.2), (5.2, 16.3), (3.4, 16.5), (0.0, 16.2))), [place((0.0, 20.0))]])
    )
    shapely.prepare(corner)
    known &= ~shapely.contains(corner, centres)
    return np.where(known, level_db, NODATA)[::-1].astype(np.float32)
