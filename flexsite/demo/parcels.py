"""What every parcel is used for, what the plan allows there, and what kind of owner it has."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from flexsite.demo import places
from flexsite.demo.frame import CRS, ORIGIN, generator, place
from flexsite.demo.settlements import Settlements
from flexsite.demo.terrain import Terrain
from flexsite.demo.tiling import Tiling

Shares = dict[str, float]

# what a block in a town quarter is used for when it was not divided into plots
WHOLE: dict[str, Shares] = {
    "centrum": {"voorzieningen": 0.45, "parkeren": 0.25, "wonen": 0.2, "braak": 0.1},
    "vooroorlogs": {"voorzieningen": 0.35, "wonen": 0.35, "park": 0.2, "braak": 0.1},
    "naoorlogs": {"wonen": 0.66, "voorzieningen": 0.12, "park": 0.12, "braak": 0.1},
    "tuinwijk": {"park": 0.42, "voorzieningen": 0.28, "wonen": 0.16, "braak": 0.14},
    "nieuwbouw": {"braak": 0.58, "park": 0.22, "voorzieningen": 0.2},
    "dorp": {"grasland": 0.3, "voorzieningen": 0.2, "sport": 0.2, "park": 0.15, "braak": 0.15},
    "bedrijven": {"bedrijventerrein": 0.4, "braak": 0.5, "parkeren": 0.1},
    "glas": {"glastuinbouw": 0.6, "grasland": 0.3, "braak": 0.1},
    "groen": {"sport": 0.42, "park": 0.34, "volkstuin": 0.12, "grasland": 0.12},
}
# and what a plot is used for
PLOT: dict[str, Shares] = {
    "centrum": {"wonen": 0.62, "voorzieningen": 0.37, "braak": 0.01},
    "vooroorlogs": {"wonen": 0.95, "voorzieningen": 0.04, "braak": 0.01},
    "naoorlogs": {"wonen": 0.985, "braak": 0.015},
    "tuinwijk": {"wonen": 0.99, "braak": 0.01},
    "nieuwbouw": {"wonen": 0.97, "braak": 0.03},
    "dorp": {"wonen": 0.93, "voorzieningen": 0.04, "braak": 0.03},
    "bedrijven": {"bedrijventerrein": 0.85, "braak": 0.13, "parkeren": 0.02},
    "glas": {"glastuinbouw": 0.86, "grasland": 0.08, "braak": 0.06},
}
OWNERS: dict[str, Shares] = {
    "road": {"gemeente": 1.0},
    "motorway": {"rijk": 1.0},
    "rail": {"bedrijf": 1.0},
    "water": {"waterschap": 0.93, "provincie": 0.07},
    "lake": {"rijk": 0.6, "natuurorganisatie": 0.4},
    "beach": {"rijk": 1.0},
    "marsh": {"rijk": 0.4, "natuurorganisatie": 0.6},
    "dunes": {"natuurorganisatie": 0.72, "rijk": 0.16, "provincie": 0.12},
    "wood": {"natuurorganisatie": 0.62, "particulier": 0.22, "gemeente": 0.16},
    "reed": {"natuurorganisatie": 0.8, "waterschap": 0.2},
    "farm": {"particulier": 0.93, "bedrijf": 0.07},
    "field": {"particulier": 0.82, "bedrijf": 0.06, "gemeente": 0.07, "provincie": 0.02, "waterschap": 0.01,
              "rijk": 0.02},
    "field_town": {"particulier": 0.44, "bedrijf": 0.24, "gemeente": 0.3, "corporatie": 0.005, "provincie": 0.015},
    "fallow": {"gemeente": 0.34, "bedrijf": 0.38, "particulier": 0.22, "corporatie": 0.04, "provincie": 0.02},
    "flats": {"corporatie": 0.72, "bedrijf": 0.18, "particulier": 0.1},
    "house": {"particulier": 0.86, "bedrijf": 0.05, "corporatie": 0.09},
    "social": {"particulier": 0.55, "bedrijf": 0.03, "corporatie": 0.42},
    "business": {"bedrijf": 0.78, "particulier": 0.16, "gemeente": 0.06},
    "public": {"gemeente": 0.72, "bedrijf": 0.18, "provincie": 0.03, "particulier": 0.07},
}  # fmt: skip
WILD_USE = {"lake": "water", "beach": "strand", "dunes": "duin", "wood": "bos", "reed": "moeras", "marsh": "kwelder",
            "water": "water", "road": "weg", "motorway": "weg", "rail": "spoor", "farm": "erf"}  # fmt: skip
ZONING = {"weg": "verkeer", "spoor": "verkeer", "parkeren": "verkeer", "water": "water", "strand": "recreatie",
          "duin": "natuur", "bos": "bos", "moeras": "natuur", "kwelder": "natuur", "erf": "agrarisch",
          "grasland": "agrarisch", "akkerland": "agrarisch", "boomgaard": "agrarisch", "glastuinbouw": "agrarisch",
          "wonen": "wonen", "voorzieningen": "maatschappelijk", "bedrijventerrein": "bedrijventerrein", "park": "groen",
          "plantsoen": "groen", "sport": "sport", "volkstuin": "recreatie"}  # fmt: skip
# the plan for ground that lies fallow, by quarter
FALLOW = {"centrum": "centrum", "vooroorlogs": "gemengd", "naoorlogs": "maatschappelijk", "tuinwijk": "wonen",
          "nieuwbouw": "woongebied", "dorp": "wonen", "bedrijven": "bedrijventerrein", "glas": "agrarisch",
          "": "agrarisch"}  # fmt: skip


def build(terrain: Terrain, settlements: Settlements, tiling: Tiling) -> gpd.GeoDataFrame:
    """Return the parcels with all that is known of them.

    Columns: perceelnummer, owner_class, klasse (land use), bestemming (zoning), municipality, quarter (number, -1
    outside the settlements), use (of the quarter), kind, block, whole, geometry; ordered by perceelnummer.
    """
    count = len(tiling.faces)
    use = np.array([*(quarter.use for quarter in settlements.quarters), ""])[tiling.quarter]
    points = shapely.point_on_surface(tiling.faces)
    names = list(terrain.municipalities)
    within = np.zeros(count, dtype=np.int64)
    face, area = shapely.STRtree(list(terrain.municipalities.values())).query(points, predicate="intersects")
    within[face] = area
    klasse = _landuse(tiling, use, points)
    return gpd.GeoDataFrame(
        {
            "perceelnummer": [f"INV-{number:05d}" for number in range(1, count + 1)],
            "owner_class": _owners(terrain, settlements, tiling, use, klasse, points),
            "klasse": klasse,
            "bestemming": _zoning(terrain, tiling, use, klasse, points),
            "municipality": np.array(names)[within],
            "quarter": tiling.quarter,
            "use": use,
            "kind": tiling.kind,
            "block": tiling.block,
            "whole": (tiling.kind == "plot") & ~tiling.split,
        },
        geometry=tiling.faces,
        crs=CRS,
    )


def draw(shares: Shares, count: int, random: np.random.Generator) -> npt.NDArray[np.str_]:
    """Draw `count` values with the given shares."""
    weights = np.array(list(shares.values()))
    return np.asarray(random.choice(np.array(list(shares)), size=count, p=weights / weights.sum()))


def _landuse(tiling: Tiling, use: npt.NDArray[np.str_], points: npt.NDArray[np.object_]) -> npt.NDArray[np.str_]:
    random = generator("land use")
    area = shapely.area(tiling.faces)
    found = np.full(len(area), "plantsoen", dtype="<U16")
    for kind, value in WILD_USE.items():
        found[tiling.kind == kind] = value
    plot = tiling.kind == "plot"
    for table, chosen in ((WHOLE, plot & ~tiling.split), (PLOT, plot & tiling.split)):
        for quarter, shares in table.items():
            here = chosen & (use == quarter)
            found[here] = draw(shares, int(here.sum()), random)
    # left-over corners, the green edge of a town, and the inner ground of deep blocks
    breadth = 2 * area / shapely.length(tiling.faces)
    found[plot & ((area < 160) | (~tiling.split & (breadth < 33) & (area > 4000)))] = "plantsoen"
    inner = plot & tiling.split & (area > 3600) & ~np.isin(use, ["bedrijven", "glas"])
    found[inner] = np.where(random.random(int(inner.sum())) < 0.3, "braak", "plantsoen")
    ribbon = tiling.kind == "ribbon"
    shares = {"wonen": 0.72, "grasland": 0.2, "boomgaard": 0.05, "braak": 0.03}
    found[ribbon] = draw(shares, int(ribbon.sum()), random)
    field = tiling.kind == "field"
    x, y = (shapely.get_coordinates(points) - np.array(ORIGIN)).T / 1000
    clay = 1 / (1 + np.exp(-1.1 * (0.5 * x + 0.55 * y - 13.2 + 1.6 * np.sin(x * 0.9) + 1.2 * np.cos(y * 0.8))))
    crop = np.where(random.random(len(x)) < 0.08 + 0.62 * clay, "akkerland", "grasland")
    crop[random.random(len(x)) < 0.012] = "boomgaard"
    crop[(random.random(len(x)) < 0.02) & (area < 40_000)] = "braak"
    found[field] = crop[field]
    found[field & (area < 900)] = "plantsoen"
    return found


def _zoning(
    terrain: Terrain,
    tiling: Tiling,
    use: npt.NDArray[np.str_],
    klasse: npt.NDArray[np.str_],
    points: npt.NDArray[np.object_],
) -> npt.NDArray[np.str_]:
    random = generator("zoning")
    found = np.array([ZONING.get(value, "groen") for value in klasse], dtype="<U24")
    fallow = klasse == "braak"
    for quarter, value in FALLOW.items():
        found[fallow & (use == quarter)] = value
    centre = use == "centrum"
    found[centre & np.isin(klasse, ["wonen", "voorzieningen"])] = "centrum"
    mixed = (use == "vooroorlogs") & (klasse == "voorzieningen")
    found[mixed] = "gemengd"
    found[(use == "nieuwbouw") & (klasse == "wonen")] = "woongebied"
    shops = (klasse == "voorzieningen") & np.isin(use, ["dorp", "tuinwijk"]) & (random.random(len(klasse)) < 0.3)
    found[shops] = "detailhandel"
    near = shapely.distance(points, shapely.union_all([terrain.zones["reed"], terrain.zones["dunes"]])) < 900
    found[(found == "agrarisch") & near & (tiling.kind == "field")] = "agrarisch met waarden"
    return found


def _owners(
    terrain: Terrain,
    settlements: Settlements,
    tiling: Tiling,
    use: npt.NDArray[np.str_],
    klasse: npt.NDArray[np.str_],
    points: npt.NDArray[np.object_],
) -> npt.NDArray[np.str_]:
    random = generator("owners")
    sort = np.where(np.isin(tiling.kind, ["plot", "ribbon"]), "public", tiling.kind).astype("<U12")
    towns = [settlements.covers[entry.name] for entry in places.PLACES if entry.kind == "town"]
    sort[(sort == "field") & (shapely.distance(points, shapely.union_all(towns)) < 650)] = "field_town"
    built = np.isin(tiling.kind, ["plot", "ribbon"])
    sort[built & (klasse == "wonen")] = "house"
    sort[built & (klasse == "wonen") & (use == "naoorlogs")] = "social"
    sort[built & (klasse == "wonen") & ~tiling.split & (tiling.kind == "plot")] = "flats"
    sort[np.isin(klasse, ["bedrijventerrein", "glastuinbouw"])] = "business"
    sort[built & (klasse == "braak")] = "fallow"
    sort[built & np.isin(klasse, ["grasland", "boomgaard"])] = "field"
    found = np.full(len(sort), "particulier", dtype="<U20")
    for name, shares in OWNERS.items():
        here = sort == name
        found[here] = draw(shares, int(here.sum()), random)
    # the province keeps the roads between the towns
    provincial = [line.geometry for line in terrain.roads if line.kind == "primary"]
    town = shapely.union_all(list(settlements.covers.values()))
    road = (tiling.kind == "road") & ~shapely.intersects(points, town)
    found[road & (shapely.distance(points, shapely.union_all(provincial)) < 12)] = "provincie"
    return found


def neighbourhoods(terrain: Terrain, settlements: Settlements) -> gpd.GeoDataFrame:
    """Return the neighbourhoods: quarters of one name together, and the countryside of every municipality.

    Columns: buurtnaam, gemeente, leefbaarheid (class 1 to 9, empty where hardly anybody lives), sociale_huur (share of
    homes let by corporations, 0..1), geometry.
    """
    random = generator("neighbourhoods")
    state: dict[str, tuple[int | None, float | None]] = {
        "centrum": (6, 0.24), "vooroorlogs": (6, 0.28), "naoorlogs": (3, 0.61), "tuinwijk": (7, 0.18),
        "nieuwbouw": (8, 0.22), "dorp": (7, 0.15), "groen": (7, 0.2),
    }  # fmt: skip
    seeds = shapely.points([place(point) for _, _, point in places.MUNICIPALITIES])
    homes = [name for _, name, _ in places.MUNICIPALITIES]
    rows: list[dict[str, Any]] = []
    names = list(dict.fromkeys(quarter.name for quarter in settlements.quarters))
    for name in names:
        mine = [quarter for quarter in settlements.quarters if quarter.name == name]
        main = max(mine, key=lambda quarter: quarter.geometry.area)
        shape = shapely.union_all([quarter.geometry for quarter in mine], grid_size=0.01)
        inside = [town for town, area in terrain.municipalities.items() if area.contains(shape.representative_point())]
        level, social = state.get(main.use, (None, None))
        rows.append(
            {
                "buurtnaam": name,
                "gemeente": inside[0] if inside else homes[int(np.argmin(shapely.distance(seeds, shape)))],
                "leefbaarheid": None if level is None else int(np.clip(level + random.integers(-1, 2), 1, 9)),
                "sociale_huur": None if social is None else round(float(social + random.normal(0, 0.03)), 2),
                "geometry": shape,
            }
        )
    covers = shapely.union_all([row["geometry"] for row in rows])
    for town, area in terrain.municipalities.items():
        rows.append(
            {
                "buurtnaam": f"Buitengebied {town}",
                "gemeente": town,
                "leefbaarheid": int(random.integers(6, 9)),
                "sociale_huur": round(float(random.uniform(0.02, 0.08)), 2),
                "geometry": shapely.difference(area, covers, grid_size=0.01),
            }
        )
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    return frame.astype({"leefbaarheid": "float64", "sociale_huur": "float64"})
