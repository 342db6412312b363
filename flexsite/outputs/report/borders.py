"""Borders of the study area and of municipalities, as small maps draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from flexsite.layers import Layers

if TYPE_CHECKING:
    from flexsite.outputs.result import Result

FILE = "borders.parquet"
"""Written beside a report, so that sheets of sites can be made from the folder alone."""
AREA, MUNICIPALITY = "area", "municipality"
TOLERANCE = 20.0
"""Metres to which borders are simplified."""


def borders_of(result: Result) -> gpd.GeoDataFrame:
    """The area, and the municipalities in it where a column names that of each site.

    Returns
    -------
    geopandas.GeoDataFrame
        kind (`area`, `municipality`), name, and geometry in the CRS of the study.
    """
    shapes = [shapely.simplify(result.area, TOLERANCE)]
    names = [""]
    column = result.study.columns.get(MUNICIPALITY)
    if column is not None and column.column is not None and MUNICIPALITY in result.sites.columns:
        layers = Layers(result.study.layers, result.sites.crs)
        west, south, east, north = result.area.bounds
        found = layers.vector(column.layer, bounds=(west, south, east, north), columns=(column.column,)).frame
        within = found.geometry.intersection(result.area).simplify(TOLERANCE)
        kept = ~within.is_empty & within.geom_type.isin(["Polygon", "MultiPolygon"])
        shapes += within[kept].to_list()
        names += ["" if pd.isna(name) else str(name) for name in found.loc[kept, column.column]]
    kinds = np.where(np.arange(len(shapes)) == 0, AREA, MUNICIPALITY)
    columns = {"kind": pd.array(kinds.tolist(), dtype="str"), "name": pd.array(names, dtype="str")}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=result.sites.crs)


def no_borders(crs: object) -> gpd.GeoDataFrame:
    """Borders of which nothing is known."""
    empty = {"kind": pd.array([], dtype="str"), "name": pd.array([], dtype="str")}
    return gpd.GeoDataFrame(empty, geometry=[], crs=crs)
