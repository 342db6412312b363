"""One small dataset with every kind of value, and how to write it in every format."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

RD = pyproj.CRS("EPSG:28992")
FORMATS = {
    "gpkg": "GPKG",
    "fgb": "FlatGeobuf",
    "geojson": "GeoJSON",
    "shp": "ESRI Shapefile",
    "gml": "GML",
    "parquet": None,
}


def plots() -> gpd.GeoDataFrame:
    """Eight squares of 100 m in a row, 200 m apart, with every kind of value and the odd ones among them."""
    x = 120_000 + 200.0 * np.arange(8)
    return gpd.GeoDataFrame(
        {
            "nr": np.arange(8),
            "naam": ["Aalsmeer", "aalsmeer", "O'Neill", 'De "Punt"', "Één", None, "50%_af", "Ümlaut"],
            "klasse": ["1A", "1B", "1a", None, "10", "9", "4B", ""],
            "aantal": pd.array([10, 9, None, -99997, 0, 1, 100, 2], dtype="Int64"),
            "deel": [0.5, np.nan, 1.0, 2.25, -0.125, 0.0, 1e6, 3.0],
            "vast": pd.array([True, False, None, True, False, True, False, True], dtype="boolean"),
            "datum": [dt.date(2020 + year, 6, 1) if year != 3 else None for year in range(8)],
        },
        geometry=shapely.box(x, 480_000, x + 100, 480_100),
        crs=RD,
    )


def write(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> Path:
    """Write a frame in the format of the suffix."""
    driver = FORMATS[path.suffix[1:]]
    if driver is None:
        frame.to_parquet(path, **options)
    else:
        pyogrio.write_dataframe(frame, path, driver=driver, **options)
    return path
