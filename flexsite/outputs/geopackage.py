"""GeoPackages that open styled in QGIS, the same bytes every time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    import geopandas as gpd

_MOMENT = "2000-01-01T00:00:00.000Z"
"""Time stamp inside the file: a fixed one, so that equal content gives equal bytes."""
_STYLE_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""


def write_gpkg(
    frame: gpd.GeoDataFrame, path: Path, layer: str, *, style: tuple[str, dict[str, str]] | None = None
) -> None:
    """Write one layer.

    Parameters
    ----------
    frame
        Features in a projected CRS.
    style
        Expression and the label of each of its values, for the QGIS style that is stored in the file.
    """
    import pyogrio

    plain = frame.copy()
    for name in plain.columns:
        if isinstance(plain[name].dtype, pd.ArrowDtype):
            plain[name] = plain[name].astype(pd.ArrowDtype(pa.date32()))
    own = {"FID": _free("fid", plain), "GEOMETRY_NAME": _free("geom", plain)}
    with _fixed_clock():
        pyogrio.write_dataframe(
            plain, path, layer=layer, driver="GPKG", geometry_type=_geometry_type(frame), use_arrow=True, **own
        )
    if style is not None:
        _store_style(path, layer, own["GEOMETRY_NAME"], qml(*style))


def _free(name: str, frame: gpd.GeoDataFrame) -> str:
    """A name for a column of the format's own that the study did not give to one of its columns."""
    taken = {str(column).lower() for column in frame.columns}
    while name in taken:
        name += "_"
    return name


def _geometry_type(frame: gpd.GeoDataFrame) -> str:
    kinds = set(frame.geom_type)
    if not kinds <= {"Polygon", "MultiPolygon"}:
        return "Unknown"
    return "MultiPolygon" if "MultiPolygon" in kinds else "Polygon"


@contextmanager
def _fixed_clock() -> Iterator[None]:
    """GDAL takes the time stamps of a GeoPackage from this variable."""
    before = os.environ.get("OGR_CURRENT_DATE")
    os.environ["OGR_CURRENT_DATE"] = _MOMENT
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _MOMENT})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        if before is None:
            os.environ.pop("OGR_CURRENT_DATE", None)
        else:
            os.environ["OGR_CURRENT_DATE"] = before


def _store_style(path: Path, layer: str, geometry: str, text: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(_STYLE_TABLE)
        connection.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
            " styleQML, styleSLD, useAsDefault, description, owner, ui, update_time)"
            " VALUES ('', '', ?, ?, 'flexsite', ?, '', 1, '', '', NULL, ?)",
            (layer, geometry, text, _MOMENT),
        )
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
            (_MOMENT,),
        )


COLOURS = ("#fde725", "#5ec962", "#21918c", "#3b528b", "#b9b9b9", "#440154")
"""Fills of a style's values, in order; readable with every kind of colour vision."""


def qml(expression: str, labels: dict[str, str]) -> str:
    """A QGIS style that fills each value of an expression with its own colour.

    Parameters
    ----------
    expression
        QGIS expression, such as a quoted column name.
    labels
        Value to label, in the order of the legend.
    """
    template = files("flexsite.outputs").joinpath("style.qml").read_text(encoding="utf-8")
    symbol = files("flexsite.outputs").joinpath("symbol.qml").read_text(encoding="utf-8")
    categories, symbols = [], []
    for place, (value, label) in enumerate(labels.items()):
        quoted = {'"': "&quot;"}
        categories.append(
            f'<category symbol="{place}" value="{escape(value, quoted)}" label="{escape(label, quoted)}"'
            ' render="true" type="string"/>'
        )
        symbols.append(symbol.replace("@NAME@", str(place)).replace("@COLOUR@", _rgba(COLOURS[place % len(COLOURS)])))
    filled = template.replace("@ATTRIBUTE@", escape(expression, {'"': "&quot;"}))
    return filled.replace("@CATEGORIES@", "\n".join(categories)).replace("@SYMBOLS@", "\n".join(symbols))


def _rgba(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},255"
