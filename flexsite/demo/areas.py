"""Neighbourhoods, districts and built-up areas, and the figures about them, which come in a table of their own."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from flexsite.demo import places
from flexsite.demo.frame import CRS, PRECISION, generator, place
from flexsite.demo.rules_layers import frame
from flexsite.demo.settlements import Settlements
from flexsite.demo.terrain import Terrain

# people per home, and homes below which a neighbourhood has no figures
PER_HOME, FEW = 2.1, 10
# class of liveability, and share of homes let by corporations, by the use of most of a neighbourhood
STATE: dict[str, tuple[int | None, float | None]] = {
    "centrum": (6, 0.24), "vooroorlogs": (6, 0.28), "naoorlogs": (3, 0.61), "tuinwijk": (7, 0.18),
    "nieuwbouw": (8, 0.22), "dorp": (7, 0.15), "groen": (7, 0.2),
}  # fmt: skip


def neighbourhoods(terrain: Terrain, settlements: Settlements, dwellings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the neighbourhoods: quarters of one name together, and the countryside of every municipality.

    Columns: buurtcode, buurtnaam, wijkcode, wijknaam, gemeente, leefbaarheid (class 1 to 9, empty on estates and where
    hardly anybody lives), sociale_huur (share of homes let by corporations, 0..1), woningen, geometry.
    """
    random = generator("neighbourhoods")
    seeds = shapely.points([place(point) for _, _, point in places.MUNICIPALITIES])
    homes = [name for _, name, _ in places.MUNICIPALITIES]
    kinds = {entry.name: entry.kind for entry in places.PLACES}
    rows: list[dict[str, Any]] = []
    for name in dict.fromkeys(quarter.name for quarter in settlements.quarters):
        mine = [quarter for quarter in settlements.quarters if quarter.name == name]
        main = max(mine, key=lambda quarter: quarter.geometry.area)
        shape = shapely.union_all([quarter.geometry for quarter in mine], grid_size=PRECISION)
        inside = [town for town, area in terrain.municipalities.items() if area.contains(shape.representative_point())]
        level, social = STATE.get(main.use, (None, None))
        part = "Binnen" if not name.endswith("Buiten") else "Buiten"
        rows.append(
            {
                "buurtnaam": name,
                "wijknaam": f"{main.place} {part}" if kinds[main.place] == "town" else "",
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
                "wijknaam": "",
                "gemeente": town,
                "leefbaarheid": int(random.integers(6, 9)),
                "sociale_huur": round(float(random.uniform(0.02, 0.08)), 2),
                "geometry": shapely.difference(area, covers, grid_size=PRECISION),
            }
        )
    found = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    # villages, estates and countryside are one district in each municipality
    found["wijknaam"] = found["wijknaam"].where(found["wijknaam"] != "", "Dorpen en buitengebied " + found["gemeente"])
    found["woningen"] = _counts(found.geometry.to_numpy(), dwellings)
    found.loc[found["woningen"] < FEW, ["leefbaarheid", "sociale_huur"]] = None
    codes = {name: code[2:] for code, name, _ in places.MUNICIPALITIES}
    wijk: dict[str, str] = {}
    numbers: list[str] = []
    for row in found.itertuples():
        town = codes[row.gemeente]
        before = sum(code.startswith(f"WK{town}") for code in wijk.values())
        code = wijk.setdefault(row.wijknaam, f"WK{town}{before + 1:02d}")
        numbers.append(f"BU{code[2:]}{sum(one.startswith(f'BU{code[2:]}') for one in numbers) + 1:02d}")
    found["buurtcode"], found["wijkcode"] = numbers, found["wijknaam"].map(wijk)
    order = ["buurtcode", "buurtnaam", "wijkcode", "wijknaam", "gemeente", "leefbaarheid", "sociale_huur", "woningen"]
    return found[[*order, "geometry"]].astype({"leefbaarheid": "float64", "sociale_huur": "float64"})


def districts(buurten: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the districts, each some neighbourhoods together; figures are means of theirs by homes.

    Columns: wijkcode, wijknaam, gemeente, leefbaarheid, sociale_huur, woningen, geometry.
    """
    rows: list[dict[str, Any]] = []
    for code, mine in buurten.groupby("wijkcode", sort=True):
        row: dict[str, Any] = {"wijkcode": code, "wijknaam": mine["wijknaam"].iloc[0]}
        row["gemeente"] = mine["gemeente"].iloc[0]
        for name, digits in (("leefbaarheid", 1), ("sociale_huur", 2)):
            known = mine[mine[name].notna()]
            row[name] = round(float(np.average(known[name], weights=known["woningen"])), digits)
        row["woningen"] = int(mine["woningen"].sum())
        row["geometry"] = shapely.union_all(mine.geometry.to_numpy(), grid_size=PRECISION)
        rows.append(row)
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def figures(buurten: gpd.GeoDataFrame, wijken: gpd.GeoDataFrame) -> str:
    """Return the table of figures as text: semicolons and decimal commas, as Dutch programs write it.

    Columns: gwb_code, soort, naam, inwoners, leefbaarheid, sociale_huur; first the districts, then the neighbourhoods.
    """
    parts = [
        pd.DataFrame(
            {
                "gwb_code": layer[f"{sort}code"],
                "soort": sort.capitalize(),
                "naam": layer[f"{sort}naam"],
                "inwoners": (layer["woningen"] * PER_HOME).round(-1).astype(int),
                "leefbaarheid": layer["leefbaarheid"],
                "sociale_huur": layer["sociale_huur"],
            }
        ).sort_values("gwb_code")
        for sort, layer in (("wijk", wijken), ("buurt", buurten))
    ]
    return pd.concat(parts).to_csv(index=False, sep=";", decimal=",", lineterminator="\n")


def urban(settlements: Settlements, dwellings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the built-up ground of towns and villages: naam, inwoners, geometry. Estates are no settlements."""
    names = [entry.name for entry in places.PLACES if entry.kind != "estate"]
    shapes = np.array([settlements.covers[name] for name in names], dtype=object)
    people = np.round(_counts(shapes, dwellings) * PER_HOME, -1).astype(np.int64)
    return frame({"naam": names, "inwoners": people}, shapes)


def _counts(shapes: npt.NDArray[np.object_], dwellings: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return how many homes lie in each area."""
    _, area = shapely.STRtree(shapes).query(dwellings.geometry.to_numpy(), predicate="within")
    return np.bincount(area, minlength=len(shapes))
