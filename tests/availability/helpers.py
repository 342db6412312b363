"""Plain values for the rooms of availability, without any file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import shapely
from hypothesis import strategies as st

from flexsite.availability.footprint import Footprint
from flexsite.availability.sites import Sites
from flexsite.candidates import Candidates
from flexsite.flat import Flat
from flexsite.geometry import Geometries, rounded_area
from flexsite.study.models import Study

LAYERS = {name: f"{name}.gpkg" for name in ("parcels", "a", "b", "c", "zoning")}


def study(*rules: dict[str, Any], **changes: Any) -> Study:
    """A study of a few words; it names files that nobody opens."""
    return Study.model_validate(
        {
            "flexsite": 1,
            "name": "x",
            "crs": "EPSG:28992",
            "date": "2026-01-01",
            "term": 10,
            "area": "area.gpkg",
            "layers": LAYERS,
            "candidates": {"layer": "parcels"},
            "rules": list(rules),
        }
        | changes
    )


def shapes(*geometries: Any) -> Geometries:
    """An array of geometries."""
    result = np.empty(len(geometries), dtype=object)
    result[:] = geometries
    return result


def objects(values: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    result = np.empty(len(values), dtype=object)
    result[:] = list(values)
    return result


def sites(*geometries: Any) -> Sites:
    """Sites, each its own candidate."""
    array = shapes(*geometries)
    return Sites(np.arange(len(array)), array, rounded_area(array))


def candidates(**geometries: Any) -> Candidates:
    """Candidates by id, in code point order."""
    ids = sorted(geometries)
    found = Flat.of(shapes(*(geometries[name] for name in ids)))
    return Candidates(objects(ids), found, "land", is_grid=False)


def footprint(*features: Any, value: Sequence[Any] | None = None, coverage: Sequence[Any] | None = None) -> Footprint:
    """A footprint of polygons; `value` per feature, True when left out."""
    values = objects([True] * len(features) if value is None else value)
    known = None if coverage is None else Flat.of(shapes(*coverage))
    return Footprint(Flat.of(shapes(*features)), values, known, assumed=False)


def strip(x0: float, x1: float) -> shapely.Polygon:
    """A rectangle 100 m high."""
    return shapely.box(x0, 0, x1, 100)


def day(year: int, month: int = 1, number: int = 1) -> date:
    return date(year, month, number)


def solid(shape: Any) -> Any:
    """The polygons of what an overlay gave; GEOS fails on overlays of mixed collections."""
    parts = shapely.get_parts(shapely.get_parts([shape]))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    st.integers(0, 30), st.integers(0, 30), st.integers(1, 20), st.integers(1, 20),
)  # fmt: skip
"""Rectangles on whole metres: their areas are exact."""
