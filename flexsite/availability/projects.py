"""Homes that are planned as flex or temporary already: they take no ground, and are counted apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from flexsite.geometry import Floats
from flexsite.layers.matching import numbers
from flexsite.layers.plan_words import CLOSED, FLEX, confidentiality, read_words, rulebook
from flexsite.layers.plans import HOMES, PROGRAMME, ROLE, STATUS
from flexsite.values import text_of

if TYPE_CHECKING:
    from flexsite.geometry import Geometries
    from flexsite.layers import Layers
    from flexsite.layers.vector import Vector
    from flexsite.study.models import Study

TABLE = "known_projects"
ID, NAME, YEAR, CONFIDENTIAL = "id", "name", "start_year", "confidential"
PLANNED = "planned"
"""What a public reader sees of a confidential project."""
COLUMNS = {
    "layer": "str",
    "id": "str",
    "name": "str",
    "homes": "Int64",
    "year": "str",
    "status": "str",
    "inside": "bool",
    "confidential": "bool",
    "x": "float64",
    "y": "float64",
    "area": "float64",
}
"""Columns of the table and their types."""


def known_projects(study: Study, layers: Layers, area: Geometries) -> pd.DataFrame | None:
    """Plans whose programme is flex, in the area and near it.

    Parameters
    ----------
    area
        Polygons of the study area.

    Returns
    -------
    One row per plan, in the order of the layers and of their files: layer, id, name, homes, year, status (1A to 5B),
    inside (the area), confidential, x and y (metres, CRS of the study) of a point in it, area (m2). In a public study
    a private layer is left out, and of a confidential plan only homes, year, status and inside are told. None where
    no layer with the role `plans` says what its programme is.
    """
    frames: list[pd.DataFrame] = []
    hidden = study.audience == "public"
    for name, layer in study.layers.items():
        if layer.role != ROLE or (hidden and layer.private) or layers.is_raster(name):
            continue
        if layers.has(name, PROGRAMME):
            frames.append(_of_layer(name, layers, area, hidden=hidden))
    if not frames:
        return None
    return pd.concat(frames, ignore_index=True).astype(COLUMNS)


def summary(table: pd.DataFrame) -> dict[str, int]:
    """Projects and homes within the area, and how many projects do not say how many homes.

    Examples
    --------
    >>> table = pd.DataFrame({"inside": [True, True, False], "homes": pd.array([40, None, 10], dtype="Int64")})
    >>> summary(table)
    {'projects': 2, 'homes': 40, 'without_homes': 1, 'near': 1}
    """
    inside = table[table["inside"]]
    return {
        "projects": len(inside),
        "homes": int(inside["homes"].sum()),
        "without_homes": int(inside["homes"].isna().sum()),
        "near": len(table) - len(inside),
    }


def _of_layer(name: str, layers: Layers, area: Geometries, *, hidden: bool) -> pd.DataFrame:
    near = float(rulebook()["projects"]["near"])
    west, south, east, north = shapely.total_bounds(area).tolist()
    there = [column for column in (ID, NAME, HOMES, YEAR, STATUS, CONFIDENTIAL) if layers.has(name, column)]
    vector = layers.vector(name, bounds=(west - near, south - near, east + near, north + near),
                           columns=(PROGRAMME, *there))  # fmt: skip
    tree = shapely.STRtree(area)
    geometry = vector.frame.geometry.to_numpy()
    reached = np.zeros(len(geometry), bool)
    reached[tree.query(geometry, predicate="dwithin", distance=near)[0]] = True
    rows = np.flatnonzero(reached & (vector.frame[PROGRAMME] == FLEX).to_numpy(dtype=bool))
    geometry = geometry[rows]
    inside = np.zeros(len(geometry), bool)
    inside[tree.query(geometry, predicate="intersects")[0]] = True
    points = shapely.point_on_surface(geometry)
    texts = {column: _texts(vector, column, rows) for column in (ID, NAME, YEAR, STATUS)}
    closed = np.zeros(len(rows), bool)
    if CONFIDENTIAL in there:
        read = read_words(vector.frame[CONFIDENTIAL].iloc[rows], confidentiality)
        layers.report[name].count_values(CONFIDENTIAL, read.counts, read.odd)
        closed = read.words == CLOSED
    found = {
        "layer": name,
        "id": texts[ID] if ID in there else [str(one) for one in np.asarray(vector.ids)[rows]],
        "name": texts[NAME],
        "homes": _homes(vector, rows, name),
        "year": texts[YEAR],
        "status": texts[STATUS],
        "inside": inside,
        "confidential": closed,
        "x": np.round(shapely.get_x(points), 1),
        "y": np.round(shapely.get_y(points), 1),
        "area": np.round(shapely.area(geometry), 2),
    }
    table = pd.DataFrame(found, columns=list(COLUMNS))
    if hidden:
        table.loc[closed, ["id", "name"]] = PLANNED
        table.loc[closed, ["x", "y", "area"]] = np.nan
    return table


def _texts(vector: Vector, column: str, rows: Any) -> list[str]:
    if column not in vector.frame:
        return [""] * len(rows)
    return [text_of(value) for value in vector.frame[column].iloc[rows]]


def _homes(vector: Vector, rows: Any, name: str) -> pd.Series[Any]:
    """Whole homes; missing where not said, or below zero."""
    homes: Floats = np.full(len(rows), np.nan)
    if HOMES in vector.frame:
        given = vector.frame[HOMES].iloc[rows].reset_index(drop=True)
        homes = numbers(given, np.asarray(vector.ids)[rows], f"layer '{name}', column '{HOMES}'").round()
    homes[homes < 0] = np.nan
    return pd.Series(homes).astype("Int64")
