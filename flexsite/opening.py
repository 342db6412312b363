"""The inputs of a study, opened: its CRS, the readers of its layers, its area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproj import CRS
from pyproj.exceptions import CRSError

from flexsite.errors import InputError
from flexsite.geometry import Geometries, are_polygons
from flexsite.layers import Layers
from flexsite.study.models import measure_layers

if TYPE_CHECKING:
    from flexsite.study.models import Study

AREA = "study area"
"""Name under which the readers know the area of the study."""


def study_crs(study: Study) -> CRS:
    """The CRS of a study.

    Raises
    ------
    InputError
        It is unknown, not projected, or not in metres.
    """
    place = f"{study.path.name}, crs"
    try:
        crs = CRS.from_user_input(study.crs)
    except CRSError:
        raise InputError(
            f"'{study.crs}' is no coordinate reference system", where=place, remedy="write it as EPSG:28992"
        ) from None
    if not crs.is_projected or any(axis.unit_name not in {"metre", "meter"} for axis in crs.axis_info[:2]):
        raise InputError(
            f"'{study.crs}' is not projected in metres", where=place, remedy="use a projected CRS, such as EPSG:28992"
        )
    return crs


def open_layers(study: Study) -> Layers:
    """Readers for the layers of a study and its area. Raises as `study_crs`."""
    return Layers({**study.layers, AREA: study.area}, study_crs(study))


def read_area(study: Study, layers: Layers) -> Geometries:
    """Polygons of the study area.

    Raises
    ------
    InputError
        The area holds no polygon.
    """
    geometry = layers.vector(AREA).frame.geometry.to_numpy()
    polygons: Geometries = geometry[are_polygons(geometry)]
    if not len(polygons):
        raise InputError(
            "the area holds no polygon",
            where=f"area ({study.area.path.name})",
            remedy="give a file with the border of the area",
        )
    return polygons


def assumed_complete(study: Study, layers: Layers) -> list[str]:
    """Vector layers whose absence of a feature counts as 'nothing there' without the study saying what they cover."""
    used = [rule.layer for rule in study.rules] + [column.layer for column in study.columns.values()]
    used += [name for measure in study.access.measures for name in measure_layers(measure)]
    if study.owners is not None and study.owners.preemption is not None:
        used.append(study.owners.preemption)  # of the owners' own layer nothing is assumed: no polygon is unknown
    return [name for name in dict.fromkeys(used) if study.layers[name].coverage is None and not layers.is_raster(name)]
