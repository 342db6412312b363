"""Buildings on the parcels, and the homes and jobs in them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from flexsite.demo.frame import CRS, Floats, Geometries, generator, pieces

# middle and spread of the building year by quarter
YEARS = {"centrum": (1840, 70), "vooroorlogs": (1922, 12), "naoorlogs": (1966, 7), "tuinwijk": (1984, 9),
         "nieuwbouw": (2014, 6), "dorp": (1938, 42), "bedrijven": (1996, 13), "glas": (2003, 9), "groen": (1988, 14),
         "": (1926, 44)}  # fmt: skip
# use area per gross floor area, and share of the buildings without homes that stand empty
USE_AREA, VACANT = 0.9, 0.03
# jobs per 100 m2 of floor
JOBS = {"industriefunctie": 0.55, "kantoorfunctie": 3.0, "winkelfunctie": 1.5, "bijeenkomstfunctie": 0.9,
        "onderwijsfunctie": 1.6, "gezondheidszorgfunctie": 2.2, "sportfunctie": 0.4}  # fmt: skip


@dataclass(frozen=True)
class Fronts:
    """Plots seen from the street: middle of the front, directions along and away from it, width and depth in metres."""

    middle: Floats
    along: Floats
    away: Floats
    width: Floats
    depth: Floats

    def boxes(self, left: npt.ArrayLike, right: npt.ArrayLike, near: npt.ArrayLike, far: npt.ArrayLike) -> Geometries:
        """Return rectangles: from `left` to `right` in shares of the width (-0.5..0.5), `near` to `far` in metres."""
        count = len(self.width)
        x0, x1 = (np.broadcast_to(np.asarray(v, dtype=float), count) * self.width for v in (left, right))
        y0, y1 = (np.broadcast_to(np.asarray(v, dtype=float), count) for v in (near, far))
        corners = [
            self.middle + x[:, None] * self.along + y[:, None] * self.away
            for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        ]
        return np.asarray(shapely.polygons(np.round(np.stack(corners, axis=1), 2)))


def fronts(plots: Geometries, roads: Geometries) -> Fronts:
    """Look at every plot from the side that is nearest to a road."""
    box = shapely.get_coordinates(shapely.oriented_envelope(plots)).reshape(len(plots), 5, 2)[:, :4]
    after = np.roll(box, -1, axis=1)
    middles = (box + after) / 2
    tree = shapely.STRtree(roads)
    points = shapely.points(middles.reshape(-1, 2))
    distance = shapely.distance(points, roads[tree.nearest(points)]).reshape(len(plots), 4)
    # of two sides at a road the shorter is the front, as on a corner; 3 m more or less to the road does not count
    sides = np.hypot(*np.moveaxis(after - box, 2, 0))
    best = np.argmin(np.round(distance / 3, 0) + 0.02 * sides, axis=1)
    row = np.arange(len(plots))
    middle, opposite = middles[row, best], middles[row, (best + 2) % 4]
    depth = np.hypot(*(opposite - middle).T)
    away = (opposite - middle) / np.maximum(depth, 1e-6)[:, None]
    along = np.column_stack([away[:, 1], -away[:, 0]])
    return Fronts(middle, along, away, sides[row, best], depth)


class Builder:
    """Collects the buildings of one kind of parcel after another.

    Parameters
    ----------
    parcels
        Parcels as `parcels.build` returns them.
    roads
        Centre lines of all roads, which the buildings face.
    """

    def __init__(self, parcels: gpd.GeoDataFrame, roads: Geometries) -> None:
        self.parcels = parcels
        self.roads = pieces(roads)
        self.shapes: list[Geometries] = []
        self.functions: list[npt.NDArray[np.str_]] = []
        self.owners: list[npt.NDArray[np.int64]] = []
        self.storeys: list[npt.NDArray[np.int64]] = []

    def select(self, mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], Geometries, Fronts]:
        """Return numbers, ground and fronts of the parcels in a mask."""
        numbers = np.flatnonzero(mask)
        ground = self.parcels.geometry.to_numpy()[numbers]
        return numbers, ground, fronts(ground, self.roads)

    def add(
        self, numbers: npt.NDArray[np.int64], ground: Geometries, boxes: Geometries, function: npt.ArrayLike,
        storeys: npt.ArrayLike, margin: float, minimum: float = 18.0,
    ) -> None:  # fmt: skip
        """Put up boxes, cut to lie within their parcel, at least `margin` metres from its boundary."""
        room = shapely.buffer(ground, -margin, join_style="mitre") if margin else ground
        cut = shapely.intersection(boxes, room)
        good = (shapely.get_type_id(cut) == 3) & (shapely.area(cut) > minimum)
        self.shapes.append(cut[good])
        self.owners.append(numbers[good])
        self.functions.append(np.broadcast_to(np.asarray(function), len(numbers))[good])
        self.storeys.append(np.broadcast_to(np.asarray(storeys), len(numbers))[good])


def build(parcels: gpd.GeoDataFrame, roads: Geometries) -> gpd.GeoDataFrame:
    """Return the buildings.

    Columns: pand, gebruiksdoel (BAG), bouwjaar, bouwlagen, oppervlakte (use area, m2), jaren_leeg (empty: in use),
    dakvorm (plat or schuin), gewicht (of homes on its roof, as a share of its own weight; empty: not known), woningen,
    parcel (row number), geometry.
    """
    random = generator("buildings")
    builder = Builder(parcels, roads)
    klasse, use, kind = (parcels[name].to_numpy(dtype=str) for name in ("klasse", "use", "kind"))
    whole = parcels["whole"].to_numpy()
    area = parcels.geometry.area.to_numpy()
    lots = (klasse == "wonen") & (kind == "plot") & ~(whole & (area > 2200))
    _houses(builder, lots, use, random)
    _flats(builder, (klasse == "wonen") & whole & (area > 2200), random)
    _ribbons(builder, (klasse == "wonen") & (kind == "ribbon"), random)
    _farms(builder, klasse == "erf", random)
    _halls(builder, klasse == "bedrijventerrein", random)
    _public(builder, klasse == "voorzieningen", use, random)
    numbers, ground, front = builder.select(klasse == "glastuinbouw")
    builder.add(numbers, ground, front.boxes(-0.47, 0.47, 22, front.depth - 4), "overige gebruiksfunctie", 1, 4, 400)
    builder.add(numbers, ground, front.boxes(-0.4, -0.1, 7, 18), "woonfunctie", 2, 3, 40)
    numbers, ground, front = builder.select(klasse == "sport")
    builder.add(numbers, ground, front.boxes(-0.08, 0.08, 14, 28), "sportfunctie", 1, 3, 60)

    owner = np.concatenate(builder.owners)
    function = np.concatenate(builder.functions)
    shapes = np.concatenate(builder.shapes)
    storeys = np.concatenate(builder.storeys)
    order = np.lexsort((shapely.bounds(shapes)[:, 1], shapely.bounds(shapes)[:, 0], owner))
    owner, function, shapes, storeys = owner[order], function[order], shapes[order], storeys[order]
    middle, spread = np.array([YEARS[name] for name in use[owner]]).T
    year = np.clip(np.round(random.normal(middle, spread)), 1610, 2025).astype(np.int64)
    floor = shapely.area(shapes) * storeys
    roof, bearing = _roofs(function, storeys)
    homes = np.where(function == "woonfunctie", np.maximum(1, np.where(floor > 420, floor // 92, 1)), 0)
    return gpd.GeoDataFrame(
        {
            "pand": [f"INV-P{number:05d}" for number in range(1, len(owner) + 1)],
            "gebruiksdoel": function,
            "bouwjaar": year,
            "bouwlagen": storeys,
            "oppervlakte": np.round(floor * USE_AREA).astype(np.int64),
            "jaren_leeg": _vacancy(function, floor, klasse[owner]),
            "dakvorm": roof,
            "gewicht": bearing,
            "woningen": homes.astype(np.int64),
            "parcel": owner,
        },
        geometry=shapes,
        crs=CRS,
    )


def _houses(
    builder: Builder, mask: npt.NDArray[np.bool_], use: npt.NDArray[np.str_], random: np.random.Generator
) -> None:
    """Terraces and pairs of houses: a plot of 25 m holds three houses under one roof, a loose one a villa."""
    numbers, ground, front = builder.select(mask)
    centre = use[numbers] == "centrum"
    loose = np.isin(use[numbers], ["dorp"]) | ((use[numbers] == "tuinwijk") & (random.random(len(numbers)) < 0.5))
    homes = np.where(loose, 1, np.clip(np.round(front.width / np.where(centre, 7.0, 8.5)), 1, 4)).astype(np.int64)
    homes[(use[numbers] == "tuinwijk") & loose & (front.width > 20)] = 2
    setback = np.where(centre, 0.8, random.choice([3.5, 4.0, 4.5, 6.0], len(numbers)))
    deep = np.minimum(random.uniform(8.5, 11.0, len(numbers)) + 3 * centre, 0.55 * front.depth)
    side = np.where(loose, 0.5 - 4.0 / np.maximum(front.width, 9.0), np.where(centre, 0.5, 0.46))
    for part in range(4):
        here = homes > part
        left = -side + 2 * side * part / homes
        right = -side + 2 * side * (part + 1) / homes
        jump = np.where(loose, random.uniform(0, 2, len(numbers)), 0)
        boxes = front.boxes(left, right, setback + jump, setback + jump + deep)
        builder.add(numbers[here], ground[here], boxes[here], "woonfunctie", np.where(centre, 3, 2)[here], 0, 28)
    shed = (random.random(len(numbers)) < 0.42) & (front.depth > 21)
    at = random.choice([-0.46, 0.18], len(numbers))
    boxes = front.boxes(at, at + 0.26, front.depth - 5.5, front.depth - 1.2)
    builder.add(numbers[shed], ground[shed], boxes[shed], "overige gebruiksfunctie", 1, 0, 9)


def _flats(builder: Builder, mask: npt.NDArray[np.bool_], random: np.random.Generator) -> None:
    numbers, ground, front = builder.select(mask)
    storeys = random.choice([3, 4, 4, 5, 5], len(numbers))
    for near in (8, 42, 76):
        here = front.depth > near + 18
        boxes = front.boxes(-0.42, 0.42, near, near + 12)
        builder.add(numbers[here], ground[here], boxes[here], "woonfunctie", storeys[here], 4, 150)


def _ribbons(builder: Builder, mask: npt.NDArray[np.bool_], random: np.random.Generator) -> None:
    numbers, ground, front = builder.select(mask)
    near = random.uniform(5, 10, len(numbers))
    left = random.uniform(-0.36, -0.16, len(numbers))
    builder.add(numbers, ground, front.boxes(left, left + random.uniform(0.28, 0.4, len(numbers)), near, near + 12),
                "woonfunctie", 2, 2, 40)  # fmt: skip
    shed = random.random(len(numbers)) < 0.55
    boxes = front.boxes(0.2, 0.4, near + 15, near + 24)
    builder.add(numbers[shed], ground[shed], boxes[shed], "overige gebruiksfunctie", 1, 1.5, 15)


def _farms(builder: Builder, mask: npt.NDArray[np.bool_], random: np.random.Generator) -> None:
    numbers, ground, front = builder.select(mask)
    count = len(numbers)
    house = random.uniform(-0.4, -0.25, count)
    builder.add(numbers, ground, front.boxes(house, house + 0.22, 10, 24), "woonfunctie", 2, 3, 60)
    boxes = front.boxes(random.uniform(-0.1, 0.0, count), random.uniform(0.28, 0.42, count), 30, front.depth * 0.62)
    builder.add(numbers, ground, boxes, "industriefunctie", 1, 4, 120)
    second = random.random(count) < 0.6
    boxes = front.boxes(-0.4, -0.12, 34, front.depth * random.uniform(0.6, 0.9, count))
    builder.add(numbers[second], ground[second], boxes[second], "industriefunctie", 1, 4, 100)


def _halls(builder: Builder, mask: npt.NDArray[np.bool_], random: np.random.Generator) -> None:
    numbers, ground, front = builder.select(mask)
    count = len(numbers)
    left, right = random.uniform(-0.44, -0.3, count), random.uniform(0.2, 0.44, count)
    near = random.uniform(7, 14, count)
    far = near + (front.depth - near - 5) * random.uniform(0.5, 1.0, count)
    function = random.choice(["industriefunctie", "industriefunctie", "kantoorfunctie", "winkelfunctie"], count)
    builder.add(
        numbers, ground, front.boxes(left, right, near, far), function, random.choice([1, 2, 2, 3], count), 3, 80
    )


def _public(
    builder: Builder, mask: npt.NDArray[np.bool_], use: npt.NDArray[np.str_], random: np.random.Generator
) -> None:
    numbers, ground, front = builder.select(mask)
    count = len(numbers)
    shop = np.isin(use[numbers], ["centrum"])
    function = np.where(
        shop,
        random.choice(["winkelfunctie", "winkelfunctie", "bijeenkomstfunctie", "kantoorfunctie"], count),
        random.choice(["onderwijsfunctie", "gezondheidszorgfunctie", "bijeenkomstfunctie"], count),
    )
    near = np.where(shop, 0.8, 9.0)
    far = np.where(shop, np.minimum(17.0, 0.8 * front.depth), near + np.minimum(26.0, 0.45 * front.depth))
    boxes = front.boxes(np.where(shop, -0.49, -0.36), np.where(shop, 0.49, 0.36), near, far)
    builder.add(numbers, ground, boxes, function, np.where(shop, 2, 2), 0.3, 40)


def _vacancy(
    function: npt.NDArray[np.str_], floor: npt.NDArray[np.float64], klasse: npt.NDArray[np.str_]
) -> npt.NDArray[np.float64]:
    """Return the years that each building has stood empty; no dwelling, shed, farm or glasshouse does."""
    random = generator("vacancy")
    other = function != "woonfunctie"
    large = other & (floor > 250) & ~np.isin(klasse, ["erf", "glastuinbouw", "wonen"])
    empty = random.choice(np.flatnonzero(large), round(VACANT * other.sum()), replace=False)
    years = np.full(len(function), np.nan)
    years[empty] = random.integers(0, 7, len(empty))
    return years


def _roofs(
    function: npt.NDArray[np.str_], storeys: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.float64]]:
    """Return the shape of each roof, and the weight that half of the buildings are known to bear."""
    random = generator("roofs")
    count = len(function)
    home = function == "woonfunctie"
    flat = np.where(home, random.random(count) < np.where(storeys >= 4, 0.9, 0.12), random.random(count) < 0.7)
    bearing = np.round(random.uniform(0.06, 0.13, count), 3)
    bearing[random.random(count) < 0.5] = np.nan
    return np.where(flat, "plat", "schuin"), bearing


def dwellings(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one point per home, inside its building: woningnummer, geometry."""
    random = generator("dwellings")
    homes = buildings["woningen"].to_numpy()
    rows = np.repeat(np.arange(len(buildings)), homes)
    shapes = buildings.geometry.to_numpy()[rows]
    centre = shapely.get_coordinates(shapely.point_on_surface(shapes))
    rim = shapely.get_coordinates(
        shapely.line_interpolate_point(shapely.boundary(shapes), random.random(len(rows)), normalized=True)
    )
    share = 0.8 * random.random((len(rows), 1)) * (homes[rows] > 1)[:, None]
    points = shapely.points(np.round(centre + share * (rim - centre), 2))
    return gpd.GeoDataFrame(
        {"woningnummer": [f"INV-W{i:05d}" for i in range(1, len(rows) + 1)]}, geometry=points, crs=CRS
    )


def jobs(buildings: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one point per workplace of two jobs and more: vestiging, sector, banen, geometry."""
    random = generator("jobs")
    density = buildings["gebruiksdoel"].map(JOBS).fillna(0.0).to_numpy()
    use = parcels["klasse"].to_numpy(dtype=str)[buildings["parcel"].to_numpy()]
    density = np.where(use == "erf", 0.12, density)
    density = np.where(
        (use == "glastuinbouw") & (buildings["gebruiksdoel"] == "overige gebruiksfunctie"), 0.06, density
    )
    floor = buildings.geometry.area.to_numpy() * buildings["bouwlagen"].to_numpy() / 100
    count = np.round(floor * density * random.lognormal(0, 0.35, len(floor))).astype(np.int64)
    kept = count >= 2
    points = shapely.point_on_surface(buildings.geometry.to_numpy()[kept])
    sector = np.where(
        np.isin(use[kept], ["erf", "glastuinbouw"]),
        "land- en tuinbouw",
        buildings["gebruiksdoel"].to_numpy(dtype=str)[kept],
    )
    return gpd.GeoDataFrame(
        {"vestiging": [f"INV-B{i:04d}" for i in range(1, int(kept.sum()) + 1)], "sector": sector, "banen": count[kept]},
        geometry=shapely.set_precision(points, 0.01),
        crs=CRS,
    )
