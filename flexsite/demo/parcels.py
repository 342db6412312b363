"""What every parcel is used for, what the plan allows there, who owns it and by what right."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from flexsite.demo import places
from flexsite.demo.frame import CRS, ORIGIN, generator
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
          "plantsoen": "groen", "sport": "sport", "volkstuin": "recreatie",
          "recreatie": "recreatie"}  # fmt: skip
# woods and recreation grounds in the countryside: metres from any town or village, and from each other
PARK_FROM_TOWN, PARK_APART = 500.0, 2600.0
LEASED = 0.2
# the plan for ground that lies fallow, by quarter
FALLOW = {"centrum": "centrum", "vooroorlogs": "gemengd", "naoorlogs": "maatschappelijk", "tuinwijk": "wonen",
          "nieuwbouw": "woongebied", "dorp": "wonen", "bedrijven": "bedrijventerrein", "glas": "agrarisch",
          "": "agrarisch"}  # fmt: skip


def build(terrain: Terrain, settlements: Settlements, tiling: Tiling) -> gpd.GeoDataFrame:
    """Return the parcels with all that is known of them.

    Columns: perceelnummer, owner_class, recht (right of the owner), klasse (land use), bestemming (zoning),
    municipality, quarter (number, -1 outside the settlements), use (of the quarter), kind, block, whole, geometry;
    ordered by perceelnummer.
    """
    count = len(tiling.faces)
    use = np.array([*(quarter.use for quarter in settlements.quarters), ""])[tiling.quarter]
    points = shapely.point_on_surface(tiling.faces)
    names = list(terrain.municipalities)
    within = np.zeros(count, dtype=np.int64)
    face, area = shapely.STRtree(list(terrain.municipalities.values())).query(points, predicate="intersects")
    within[face] = area
    klasse = _landuse(tiling, use, points)
    green = _country_parks(settlements, tiling, klasse, points)
    klasse[green] = np.where(np.arange(len(green)) % 3 == 2, "recreatie", "bos")
    owners = _owners(terrain, settlements, tiling, use, klasse, points)
    owners[green] = np.where(klasse[green] == "bos", "natuurorganisatie", "gemeente")
    return gpd.GeoDataFrame(
        {
            "perceelnummer": [f"INV-{number:05d}" for number in range(1, count + 1)],
            "owner_class": owners,
            "recht": _rights(tiling, owners),
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


def _country_parks(
    settlements: Settlements, tiling: Tiling, klasse: npt.NDArray[np.str_], points: npt.NDArray[np.object_]
) -> npt.NDArray[np.int64]:
    """Return the numbers of fields that are a small wood or a recreation ground: at a road, out of town, well apart.

    Arable land and orchards alone make room for them: the study looks for no sites there.
    """
    random = generator("country parks")
    area = shapely.area(tiling.faces)
    built = shapely.union_all(list(settlements.covers.values()))
    fit = (tiling.kind == "field") & np.isin(klasse, ["akkerland", "boomgaard"]) & (area > 15_000) & (area < 60_000)
    fit[fit] = shapely.distance(points[fit], built) > PARK_FROM_TOWN
    fields = np.flatnonzero(fit)
    roads = shapely.STRtree(tiling.faces[tiling.kind == "road"])
    at_road = np.unique(roads.query(tiling.faces[fields], predicate="dwithin", distance=2.0)[0])
    xy = shapely.get_coordinates(points)
    chosen: list[int] = []
    for number in random.permutation(fields[at_road]):
        if not chosen or np.hypot(*(xy[chosen] - xy[number]).T).min() > PARK_APART:
            chosen.append(int(number))
    return np.array(sorted(chosen), dtype=np.int64)


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


def _rights(tiling: Tiling, owners: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Return the right of every owner: a fifth of what municipalities own, roads and water apart, is leased out."""
    random = generator("rights")
    leased = (owners == "gemeente") & ~np.isin(tiling.kind, ["road", "water"]) & (random.random(len(owners)) < LEASED)
    return np.where(leased, "Eigendom belast met erfpacht", "Eigendom")
