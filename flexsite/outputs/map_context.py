"""The surroundings on the map, from the study's own layers: borders, water, built-up ground, roads, rail, stops."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from flexsite.layers import Layers
from flexsite.outputs.map.data import ContextInfo
from flexsite.outputs.withheld import private_layers
from flexsite.outputs.words import words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flexsite.outputs.map.data import ContextKind
    from flexsite.outputs.result import Result

MUNICIPALITY = "municipality"
"""Column whose layer draws the borders on the map."""
BORDER_TOLERANCE = 20.0
"""Metres to which the borders are simplified for the map."""
TOLERANCE = 2.0
"""Metres to which all else is simplified, or more where there is much of it."""
MOST = 300_000
"""Features up to which a layer is read for the map alone."""
CELL = 100.0
"""Metres of the cells in which buildings are counted."""
BUILT = 0.15
"""Share of a cell under buildings from which it is drawn as built up."""

_NAMES: dict[ContextKind, str] = {
    "built": "built|built_up|builtup|urban|settlements|kernen|bebouwd|bebouwde_kom|bebouwde_kommen",
    "water": "water|waters|surface_water|water_bodies|rivers|lakes|sea|oppervlaktewater|waterdeel|waterdelen|watervlak",
    "road": "roads|main_roads|motorways|wegen|hoofdwegen|wegdeel|wegdelen|wegvakken",
    "rail": "rail|rails|railway|railways|tracks|spoor|spoorlijnen|spoorwegen|spoorbaandeel",
    "stop": "stops|bus_stops|transit_stops|haltes|bushaltes|ov_haltes",
    "station": "stations|railway_stations|train_stations|treinstations",
}
_BUILDINGS = "buildings|building|panden|pand|gebouwen|bag|bag_panden"
_LABELS: dict[ContextKind, dict[str, str]] = {
    "built": {"nl": "Bebouwing", "en": "Built up"},
    "water": {"nl": "Water", "en": "Water"},
    "road": {"nl": "Wegen", "en": "Roads"},
    "rail": {"nl": "Spoor", "en": "Rail"},
    "stop": {"nl": "Haltes", "en": "Stops"},
    "station": {"nl": "Stations", "en": "Stations"},
}


def context(result: Result) -> tuple[ContextInfo, ...]:
    """Everything that helps to find one's way, from below to above.

    A layer counts by its role or its whole name, in English or in Dutch. Where no layer says what is built up, cells
    with many buildings do. Layers of more than `MOST` features, rasters, and private ones of a public study are left
    out.
    """
    layers = Layers(result.study.layers, result.sites.crs)
    found = []
    for kind, names in _NAMES.items():
        named = _named(result, layers, names, kind)
        if kind == "built" and not named:
            found += [_built_up(result, layers, name) for name in _named(result, layers, _BUILDINGS, "buildings")]
        found += [_drawn(result, layers, name, kind) for name in named]
    return (*(info for info in found if len(info.geometry)), *_borders(result, layers))


def _named(result: Result, layers: Layers, names: str, role: str) -> list[str]:
    """Layers of a kind that may be shown and are no rasters; those of a role alone where one has it."""
    hidden = set(private_layers(result.study))
    specs = {name: spec for name, spec in result.study.layers.items() if name not in hidden}
    fitting = [name for name, spec in specs.items() if spec.role == role] or [
        name
        for name, spec in specs.items()
        if spec.role is None and re.fullmatch(names, name.lower().replace("-", "_"))
    ]
    return [name for name in fitting if not layers.is_raster(name) and _count(layers, name) <= MOST]


def _count(layers: Layers, name: str) -> int:
    description = layers.describe(name)
    return max((one.features for one in description.vectors if description.layer in (None, one.layer)), default=0)


def _shapes(result: Result, layers: Layers, name: str) -> NDArray[Any]:
    """Geometries of a layer within the bounds of the study area."""
    box = result.area.bounds
    shapes = layers.vector(name, bounds=box).frame.geometry.to_numpy()
    cut = shapely.clip_by_rect(shapes, *box)
    kept: NDArray[Any] = cut[~(shapely.is_missing(cut) | shapely.is_empty(cut))]
    return kept


def _info(result: Result, name: str, kind: ContextKind, shapes: NDArray[Any]) -> ContextInfo:
    import geopandas as gpd

    spec = result.study.layers[name]
    geometry = gpd.GeoSeries(shapes, crs=result.sites.crs)
    return ContextInfo(kind, _LABELS[kind], geometry, source=spec.source or spec.path.name, date=str(spec.date or ""))


def _drawn(result: Result, layers: Layers, name: str, kind: ContextKind) -> ContextInfo:
    simple = shapely.simplify(_shapes(result, layers, name), TOLERANCE)
    return _info(result, name, kind, simple[~shapely.is_empty(simple)])


def _built_up(result: Result, layers: Layers, name: str) -> ContextInfo:
    """Cells of which buildings cover so large a share, as polygons without their inner borders."""
    shapes = _shapes(result, layers, name)
    shapes = shapes[np.isin(shapely.get_type_id(shapes), (3, 6))]
    middle = shapely.get_coordinates(shapely.centroid(shapes)).reshape(-1, 2)
    cell, place = np.unique(np.floor(middle / CELL).astype(np.int64), axis=0, return_inverse=True)
    cover = np.bincount(place.reshape(-1), weights=shapely.area(shapes), minlength=len(cell))
    low = cell[cover >= BUILT * CELL**2] * CELL
    squares = shapely.box(low[:, 0], low[:, 1], low[:, 0] + CELL, low[:, 1] + CELL)
    return _info(
        result, name, "built", shapely.get_parts(shapely.intersection(shapely.union_all(squares), result.area))
    )


def _borders(result: Result, layers: Layers) -> tuple[ContextInfo, ...]:
    """Municipal borders, from the layer that names the municipality of each site."""
    study = result.study
    column = study.columns.get(MUNICIPALITY)
    if column is None or column.column is None or MUNICIPALITY not in result.sites.columns:
        return ()
    minx, miny, maxx, maxy = result.area.bounds
    frame = layers.vector(column.layer, bounds=(minx, miny, maxx, maxy), columns=(column.column,)).frame
    borders = frame.geometry.intersection(result.area).simplify(BORDER_TOLERANCE)
    shown = ~borders.is_empty
    names = tuple("" if name is None or name != name else str(name) for name in frame.loc[shown, column.column])
    spec = study.layers[column.layer]
    kept = borders[shown].reset_index(drop=True)
    source, date = spec.source or spec.path.name, str(spec.date or "")
    return (ContextInfo("border", words(MUNICIPALITY), kept, names, source=source, date=date),)
