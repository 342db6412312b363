"""Every access measure of a study, for every site."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from flexsite.access import along, by_standard, by_transit, ground, record, showing
from flexsite.access.context import NETWORK_MODES, Context
from flexsite.access.readers.osm import is_osm
from flexsite.access.services import Services
from flexsite.access.streets.model import FloatArray
from flexsite.errors import InputError
from flexsite.memory import give_back
from flexsite.study.access import (
    Access,
    BasketMeasure,
    CatchmentMeasure,
    CharacterMeasure,
    CountMeasure,
    Measure,
    NearestMeasure,
    OsmTags,
    ShareMeasure,
    StandardMeasure,
    SumMeasure,
    ValueMeasure,
    output_column,
    output_columns,
    targets,
)
from flexsite.study.shown import ShownField

if TYPE_CHECKING:
    from flexsite.cache import Cache
    from flexsite.layers import Layers

Column = FloatArray | pd.api.extensions.ExtensionArray


@dataclass(frozen=True)
class AccessResult:
    """Measures of all sites.

    Parameters
    ----------
    columns
        One row per site, aligned on the sites; one column per measure, in the order of the study.
    no_access
        (n,) sites without an entrance for walkers; False for all in a study without streets.
    entrances
        mode, site_id, x, y (study CRS), leg_m: where sites meet the streets.
    info
        Counts for run.json.
    warnings
        What the user should know, each with a count.
    shown
        What `access.shown` asks for: kind, of, label, value, geometry; None when it asks for nothing.
    """

    columns: pd.DataFrame
    no_access: NDArray[np.bool_]
    entrances: pd.DataFrame
    info: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    shown: geopandas.GeoDataFrame | None = None


def measure(
    access: Access,
    layers: Layers,
    sites: geopandas.GeoDataFrame,
    crs: pyproj.CRS,
    *,
    noun: str = "sites",
    language: str = "en",
    cache: Cache | None = None,
    area: shapely.Geometry | None = None,
) -> AccessResult:
    """Take every measure of `access` from every site.

    Parameters
    ----------
    access
        The study's `access`.
    layers
        The study's layers.
    sites
        Polygons with a column `site_id`, in the study's CRS.
    crs
        That CRS: projected, metres.
    noun
        What warnings call the rows: a grid study has cells.
    language
        nl or en, of the reasons for service levels.
    cache
        Where street files and timetables are kept once they are read.
    area
        Where fields of `access.shown` are drawn; around the sites when left out.

    Raises
    ------
    InputError
        A measure cannot be taken with what the study gives: walking or cycling without streets, OSM tags without an OSM
        file, a layer or column that is not there, a measure that is not built yet.
    """
    check(access)
    shapes = np.asarray(sites.geometry.to_numpy(), dtype=object)
    context = Context(access, layers, shapes, crs, noun, language, cache)
    taker = _Taker(context)
    columns: dict[str, Column] = {}
    for one in access.measures:
        columns |= taker.take(one)
    give_back()
    frame = pd.DataFrame(columns, index=sites.index)
    ids = sites["site_id"].to_numpy()
    shown = taker.show(ids, area) if access.shown else None
    no_access, entrances = record.entrances(context, ids)
    info, warnings = record.info(context, frame, no_access), record.warnings(context, frame, no_access)
    return AccessResult(frame, no_access, entrances, info, tuple(warnings), shown)


def check(access: Access) -> None:
    """Refuse measures that cannot be taken, before anything is read.

    Raises
    ------
    InputError
        With the measure's id.
    """
    _check_shown(access)
    tagged = access.streets is not None and access.streets.path is not None and is_osm(access.streets.path)
    if any(isinstance(one, OsmTags) for one in access.closed) and not tagged:
        raise InputError(
            "streets are closed by OSM tag, and there is no OpenStreetMap file", where="access.closed",
            remedy="give access.streets as .osm.pbf or .osm, or name a layer",
        )  # fmt: skip
    for one in access.measures:
        where = f"access.measures, {one.id}"
        if isinstance(one, StandardMeasure) and access.timetable is None and one.stops is None:
            raise InputError(
                "a service level needs a timetable, or a layer of stops", where=where,
                remedy="give access.timetable, or `stops` with the name of a layer of stops",
            )  # fmt: skip
        if isinstance(one, ValueMeasure | ShareMeasure | StandardMeasure):
            continue
        mode = one.mode
        if mode == "transit" and access.timetable is None:
            raise InputError(
                "mode transit needs a timetable", where=where,
                remedy="give access.timetable, or use `mode: walk`, `cycle` or `straight`",
            )  # fmt: skip
        if mode in NETWORK_MODES and access.streets is None:
            raise InputError(
                f"mode {mode} needs streets", where=where, remedy="give access.streets, or use `mode: straight`"
            )
        if any(isinstance(target, OsmTags) for target in targets(one)) and not tagged:
            raise InputError(
                "places by OSM tag come from the street file, and there is no OpenStreetMap file",
                where=where, remedy="give access.streets as .osm.pbf or .osm, or name a layer",
            )  # fmt: skip


def _check_shown(access: Access) -> None:
    for one in access.shown:
        where = f"access.shown, {one.kind}"
        if isinstance(one, ShownField):
            continue
        if access.streets is None:
            raise InputError(f"a {one.kind} is drawn along streets", where=where, remedy="give access.streets")
        if one.mode == "transit" and access.timetable is None:
            raise InputError(
                "mode transit needs a timetable", where=where, remedy="give access.timetable, or use `mode: walk`"
            )


class _Taker:
    """Takes the measures of a study, those by transit together."""

    def __init__(self, context: Context) -> None:
        self._context, self._access = context, context.access
        self._ways: dict[str, dict[str, FloatArray]] = {}
        """Answers of all measures to the nearest place along the streets, by mode."""
        feeds = context.access.timetable
        self._services = None if feeds is None else Services(context, feeds)

    @cached_property
    def _journeys(self) -> dict[str, FloatArray]:
        """Answers of all measures to the nearest place by transit."""
        asked = [one for one in self._access.measures if isinstance(one, NearestMeasure) and one.mode == "transit"]
        if not len(self._context.sites):
            return {one.id: np.empty(0) for one in asked}
        return by_transit.nearest(self._context, self._timed(), asked)

    def _timed(self) -> Services:
        assert self._services is not None, "check() refuses this"  # noqa: S101
        return self._services

    def take(self, one: Measure) -> dict[str, Column]:
        """Columns of a measure, (n,) each, by its kind."""
        name, context = output_column(one), self._context
        if isinstance(one, StandardMeasure) and not len(context.sites):
            return {column: pd.array([], dtype="str") for column in output_columns(one)}
        match one:
            case NearestMeasure():
                return {name: self._nearest(one)}
            case CountMeasure() | SumMeasure():
                return {name: self._within(one)}
            case ValueMeasure():
                return {name: ground.value(context.layers, one.value, one.column, one.statistic, context.sites)}
            case ShareMeasure():
                return {name: ground.share(context.layers, one, context.sites)}
            case StandardMeasure():
                found = by_standard.level(context, self._services, one)
                return dict(zip(output_columns(one), (found.level, found.why), strict=True))
            case BasketMeasure():
                return {name: along.basket(context, one)}
            case CatchmentMeasure():
                return {name: along.catchment(context, one)}
            case CharacterMeasure():
                return {name: along.character(context, one)}

    def _nearest(self, one: NearestMeasure) -> FloatArray:
        if one.mode == "transit":
            return self._journeys[one.id]
        if one.mode == "straight":
            return along.nearest(self._context, one.to, one.mode)
        if one.mode not in self._ways:
            asked = [
                other for other in self._access.measures if isinstance(other, NearestMeasure) and other.mode == one.mode
            ]
            found = along.nearest_of(self._context, [other.to for other in asked], one.mode)
            self._ways[one.mode] = {other.id: metres for other, metres in zip(asked, found, strict=True)}
        return self._ways[one.mode][one.id]

    def _within(self, one: CountMeasure | SumMeasure) -> FloatArray:
        context, source = self._context, self._context.places(one)
        if not len(context.sites):
            return np.empty(0)
        if one.mode == "transit":
            total = by_transit.total_within(context, self._timed(), one)
        else:
            total = along.total_within(context, one)
        if source.without_value:
            context.without_value[one.id] = source.without_value
        return total

    def show(self, ids: NDArray[np.object_], area: shapely.Geometry | None) -> geopandas.GeoDataFrame:
        """What the study shows of its access."""
        around = shapely.box(*shapely.total_bounds(self._context.sites)) if area is None else area
        return showing.show(self._context, self._services, ids, around, self._from_points)

    def _from_points(self, name: str, points: NDArray[np.object_]) -> FloatArray:
        """A measure taken from points; a service level as its number."""
        one = next(measure for measure in self._access.measures if measure.id == name)
        access = self._access.model_copy(update={"measures": [one], "shown": []})
        if not len(points):
            return np.empty(0)
        other = _Taker(replace(self._context, access=access, sites=points, said=self._context.said))
        if isinstance(one, StandardMeasure):
            return by_standard.level(other._context, other._services, one).value
        return np.asarray(next(iter(other.take(one).values())), float)
