"""What lies below the sites on the map: the study area, its surroundings, and the known projects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from flexsite.outputs.map.codec import encode_polygons
from flexsite.outputs.map.columns import labelled, plain, text_of

if TYPE_CHECKING:
    from flexsite.outputs.map.codec import Place
    from flexsite.outputs.map.columns import Columns
    from flexsite.outputs.map.data import MapData

_AREA_VERTICES = 20_000
_CONTEXT_VERTICES = 60_000  # of one kind; some 3 bytes each in the page
_TOLERANCES = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_LINE = 4.0  # m to either side of a line
_POINT = 10.0  # m around a point


def backdrop(columns: Columns, data: MapData, place: Place) -> dict[str, Any]:
    """The area, then the context, as one block of polygons, and the names of places.

    Lines are drawn as narrow polygons and points as small ones, so that one painter does all.

    Parameters
    ----------
    place
        From coordinates of the study CRS to units of the map.
    """
    parts = [bounded(np.array([data.area], dtype=object), _AREA_VERTICES)[0]]
    kinds = ["area"]
    names = []
    for item in data.context:
        shapes = _widened(item.geometry.to_numpy())
        if len(item.names) == len(shapes):
            names.append({"kind": item.kind, **_names(columns, item.names, shapes, place)})
        simple, tolerance = bounded(shapes, _CONTEXT_VERTICES)
        simple = _largest(simple, _CONTEXT_VERTICES) if tolerance == _TOLERANCES[-1] else simple
        parts.append(simple)
        kinds += [item.kind] * len(simple)
    return {
        "backdrop": columns.raw(encode_polygons(np.concatenate(parts), place)),
        "backdrop_kind": columns.text(kinds),
        "context": [
            {"kind": item.kind, "label": labelled(item.label), "source": item.source, "date": item.date}
            for item in data.context
        ],
        "names": names,
    }


def projects(table: pd.DataFrame | None, place: Place) -> list[dict[str, Any]]:
    """The known projects that may be shown on the map, with places in the study CRS and in units of the map.

    Parameters
    ----------
    table
        Columns x, y (m), homes, year, status and name; a project without a place is left out.
    """
    if table is None:
        return []
    rows = table[table["x"].notna() & table["y"].notna()]
    at = rows[["x", "y"]].to_numpy(dtype=np.float64)
    units = np.rint(place(at)).astype(np.int64)
    told = zip(at.tolist(), units.tolist(), rows.to_dict(orient="records"), strict=True)
    return [
        {
            "at": own,
            "x": x,
            "y": y,
            "name": text_of(row["name"]),
            "homes": plain(row["homes"]),
            "year": text_of(row["year"]),
            "status": text_of(row["status"]),
        }
        for own, (x, y), row in told
    ]


def bounded(shapes: NDArray[Any], vertices: int) -> tuple[NDArray[Any], float]:
    """Polygons with at most so many vertices when that can be had, and the tolerance used in metres."""
    simple, used = shapes, _TOLERANCES[0]
    for used in _TOLERANCES:
        simple = shapely.simplify(shapes, used)
        if shapely.get_num_coordinates(simple).sum() <= vertices:
            break
    return simple, used


def _largest(shapes: NDArray[Any], vertices: int) -> NDArray[Any]:
    """The largest pieces that have so many vertices together, in their order."""
    pieces = shapely.get_parts(shapes)
    turn = np.argsort(-shapely.area(pieces), kind="stable")
    kept = np.cumsum(shapely.get_num_coordinates(pieces[turn])) <= vertices
    found: NDArray[Any] = pieces[np.sort(turn[kept])]
    return found


def _widened(shapes: NDArray[Any]) -> NDArray[Any]:
    kind = shapely.get_type_id(shapes)
    wide = np.where(np.isin(kind, (1, 2, 5)), shapely.buffer(shapes, _LINE, quad_segs=1), shapes)
    widened: NDArray[Any] = np.where(np.isin(kind, (0, 4)), shapely.buffer(shapes, _POINT, quad_segs=3), wide)
    return widened


def _names(columns: Columns, names: Sequence[str], shapes: NDArray[Any], place: Place) -> dict[str, Any]:
    """Names with the place to write them and the width of what they name, in units of the map."""
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    points = shapely.get_coordinates(shapely.point_on_surface(shapes[there]))
    bounds = shapely.bounds(shapes[there])
    ends = [place(np.column_stack((bounds[:, side], points[:, 1]))) for side in (0, 2)]
    return {
        "names": [text_of(name) for name, shown in zip(names, there, strict=True) if shown],
        "at": columns.array(place(points).reshape(-1)),
        "wide": columns.array(ends[1][:, 0] - ends[0][:, 0]),
    }
