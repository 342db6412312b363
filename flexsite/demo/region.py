"""The whole invented region at once: every layer by the file and name it is written under."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from flexsite.demo import (
    areas,
    buildings,
    parcels,
    places,
    plans,
    polders,
    rules_layers,
    settlements,
    streets,
    terrain,
    tiling,
    timetable,
)
from flexsite.demo.frame import dots, place
from flexsite.demo.rules_layers import frame

PARCEL_COLUMNS = ["perceelnummer", "owner_class", "recht", "geometry"]
NEIGHBOURHOOD_COLUMNS = ["buurtcode", "buurtnaam", "wijkcode", "gemeente", "geometry"]
DISTRICT_COLUMNS = ["wijkcode", "wijknaam", "gemeente", "geometry"]


@dataclass(frozen=True)
class Region:
    """All that is written.

    Attributes
    ----------
    vectors
        GeoDataFrames by (file stem, layer name).
    noise
        Lden in dB, cells of `rules_layers.NOISE_CELL` metres from the north-west corner.
    network, table
        Streets with amenities, and the timetable.
    figures
        Figures of neighbourhoods and districts, text of a CSV file.
    """

    vectors: dict[tuple[str, str], gpd.GeoDataFrame]
    noise: npt.NDArray[np.float32]
    network: streets.Network
    table: timetable.Timetable
    figures: str


def build() -> Region:
    """Make the region; it is the same every time."""
    ground = terrain.build()
    towns = settlements.build(ground)
    country = polders.build(ground, towns)
    plots = parcels.build(ground, towns, tiling.build(ground, towns, country))
    lines = [*ground.roads, *towns.streets, *country.roads]
    houses = buildings.build(
        plots, np.array([line.geometry for line in lines if line.kind != "cycleway"], dtype=object)
    )
    planned = plans.build(plots, towns)
    homes = buildings.dwellings(houses)
    buurten = areas.neighbourhoods(ground, towns, homes)
    wijken = areas.districts(buurten)
    shapes = plots.geometry.to_numpy()
    towns_of = plots["municipality"].to_numpy(dtype=str)
    # borders and coast are those of the parcels, to the last vertex
    shared = {name: shapely.coverage_union_all(shapes[towns_of == name]) for name in ground.municipalities}
    network = streets.build(ground, towns, country, plots, houses)
    table = timetable.build(ground, towns, network)
    halts = timetable.stops(table)
    centres = [entry for entry in places.PLACES if entry.kind != "estate"]
    columns: dict[str, object] = {"naam": [entry.name for entry in centres], "soort": [entry.kind for entry in centres]}
    single = {
        "parcels": plots[PARCEL_COLUMNS],
        "buildings": houses.drop(columns=["woningen", "parcel"]),
        "landuse": rules_layers.landuse(plots),
        "zoning": rules_layers.zoning(plots, planned),
        "zoning_coverage": rules_layers.zoning_coverage(ground, towns),
        "natura2000": rules_layers.natura2000(ground),
        "plans": planned,
        "plans_coverage": rules_layers.municipalities(shared, covered=True),
        "municipalities": rules_layers.municipalities(shared),
        "urban_areas": areas.urban(towns, homes),
        "jobs": buildings.jobs(houses, plots),
        "dwellings": homes,
        "centres": frame(columns, dots([place(entry.centre) for entry in centres])),
        "area": frame({"naam": [f"{places.REGION} (invented)"]}, [shapely.coverage_union_all(shapes)]),
    }
    vectors = {(name, name): layer for name, layer in single.items()}
    vectors |= {("restrictions", name): layer for name, layer in rules_layers.restrictions(ground, towns).items()}
    vectors |= {("barriers", name): layer for name, layer in rules_layers.barriers(plots).items()}
    vectors[("neighbourhoods", "neighbourhoods")] = buurten[NEIGHBOURHOOD_COLUMNS]
    vectors[("neighbourhoods", "districts")] = wijken[DISTRICT_COLUMNS]
    vectors[("stops", "stops")] = halts
    vectors[("stops", "stations")] = halts[halts["mode"] == "train"].reset_index(drop=True)
    return Region(vectors, rules_layers.noise(ground, ground.roads), network, table, areas.figures(buurten, wijken))
