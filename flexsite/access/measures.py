"""Every access measure of a study, for every site."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import geopandas
import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from flexsite.access import ground, straight
from flexsite.access.network import Network
from flexsite.access.places import Geometries, LayerPlaces, OsmPlaces, PlaceSource
from flexsite.access.readers.osm import is_osm
from flexsite.access.streets import FloatArray, NetworkMode
from flexsite.errors import InputError
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
)

if TYPE_CHECKING:
    from flexsite.layers import Layers

NETWORK_MODES = ("walk", "cycle")


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
    """

    columns: pd.DataFrame
    no_access: NDArray[np.bool_]
    entrances: pd.DataFrame
    info: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def measure(
    access: Access, layers: Layers, sites: geopandas.GeoDataFrame, crs: pyproj.CRS, *, noun: str = "sites"
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

    Raises
    ------
    InputError
        A measure cannot be taken with what the study gives: walking or cycling without streets, OSM tags without an OSM
        file, a layer or column that is not there, a measure that is not built yet.
    """
    check(access)
    taker = _Taker(access, layers, np.asarray(sites.geometry.to_numpy(), dtype=object), crs, noun)
    columns = {output_column(one): taker.take(one) for one in access.measures}
    frame = pd.DataFrame(columns, index=sites.index, dtype=float)
    no_access, entrances = taker.entrances(sites)
    return AccessResult(
        frame, no_access, entrances, taker.info(frame, no_access), tuple(taker.warnings(frame, no_access))
    )


def check(access: Access) -> None:
    """Refuse measures that cannot be taken, before anything is read.

    Raises
    ------
    InputError
        With the measure's id.
    """
    for one in access.measures:
        where = f"access.measures, {one.id}"
        if isinstance(one, StandardMeasure | BasketMeasure | CatchmentMeasure | CharacterMeasure):
            raise InputError(f"measures of the kind '{one.kind}' are not built yet", where=where, remedy="leave it out")
        if isinstance(one, ValueMeasure | ShareMeasure):
            continue
        if one.mode == "transit":
            raise InputError(
                "mode transit is not built yet", where=where, remedy="use `mode: walk`, `cycle` or `straight`"
            )
        if one.mode in NETWORK_MODES and access.streets is None:
            raise InputError(
                f"mode {one.mode} needs streets", where=where, remedy="give access.streets, or use `mode: straight`"
            )
        if isinstance(_target(one), OsmTags) and (
            access.streets is None or access.streets.path is None or not is_osm(access.streets.path)
        ):
            raise InputError(
                "places by OSM tag come from the street file, and there is no OpenStreetMap file",
                where=where, remedy="give access.streets as .osm.pbf or .osm, or name a layer",
            )  # fmt: skip


class _Taker:
    """Takes one measure after the other, and keeps what they share."""

    def __init__(self, access: Access, layers: Layers, sites: Geometries, crs: pyproj.CRS, noun: str) -> None:
        self._noun = noun
        self._access, self._layers, self._sites, self._crs = access, layers, sites, crs
        self._network = Network(access, layers, sites, crs) if access.streets is not None else None
        self._sources: dict[str, PlaceSource] = {}
        self._without_value: dict[str, int] = {}

    def take(self, one: Measure) -> FloatArray:
        """(n,) the measure's values, by its kind."""
        match one:
            case NearestMeasure():
                return self._nearest(one)
            case CountMeasure() | SumMeasure():
                return self._within(one)
            case ValueMeasure():
                return ground.value(self._layers, one.value, one.column, one.statistic, self._sites)
            case ShareMeasure():
                return ground.share(self._layers, one, self._sites)
            case _:
                raise AssertionError("check() refuses these")

    def _nearest(self, one: NearestMeasure) -> FloatArray:
        source = self._source(one.to, None)
        if one.mode == "straight":
            return straight.nearest(source, self._sites, self._access.margin)
        assert self._network is not None, "check() refuses these"  # noqa: S101
        return self._network.nearest(source, cast("NetworkMode", one.mode))

    def _within(self, one: CountMeasure | SumMeasure) -> FloatArray:
        source = self._source(_target(one), one.sum if isinstance(one, SumMeasure) else None)
        if one.mode == "straight":
            total = straight.total_within(source, self._sites, one.within)
        else:
            assert self._network is not None, "check() refuses these"  # noqa: S101
            total = self._network.total_within(source, cast("NetworkMode", one.mode), one.within)
        if source.without_value:
            self._without_value[one.id] = source.without_value
        return total

    def _source(self, target: str | OsmTags, column: str | None) -> PlaceSource:
        """Where places come from, opened once."""
        key = repr((target, column))
        if key not in self._sources:
            if isinstance(target, OsmTags):
                assert self._access.streets is not None  # noqa: S101
                assert self._access.streets.path is not None  # noqa: S101
                self._sources[key] = OsmPlaces(self._access.streets.path, target.osm, self._crs)
            else:
                self._sources[key] = LayerPlaces(self._layers, target, column)
        return self._sources[key]

    def entrances(self, sites: geopandas.GeoDataFrame) -> tuple[NDArray[np.bool_], pd.DataFrame]:
        """Sites without an entrance for walkers, and a table of the entrances of every mode in use."""
        modes = sorted(
            {"walk"}
            | {one.mode for one in self._access.measures if isinstance(one, NearestMeasure | CountMeasure | SumMeasure)}
        )
        tables = []
        no_access = np.zeros(len(sites), bool)
        ids = sites["site_id"].to_numpy()
        for mode in modes if self._network is not None else []:
            if mode not in NETWORK_MODES:
                continue
            assert self._network is not None  # noqa: S101
            found = self._network.entrances(cast("NetworkMode", mode))
            if mode == "walk":
                no_access[:] = True
                no_access[found.owner] = False
            tables.append(
                pd.DataFrame(
                    {
                        "mode": mode,
                        "site_id": ids[found.owner],
                        "x": found.xy[:, 0],
                        "y": found.xy[:, 1],
                        "leg_m": found.leg,
                    }
                )
            )
        columns = ["mode", "site_id", "x", "y", "leg_m"]
        return no_access, pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)

    def info(self, columns: pd.DataFrame, no_access: NDArray[np.bool_]) -> dict[str, Any]:
        """Counts for run.json."""
        measures = {name: {"sites_without_answer": int(columns[name].isna().sum())} for name in columns}
        answer: dict[str, Any] = {"measures": measures}
        if self._network is not None and len(self._sites):
            streets = self._network.streets
            kilometres = round(float(streets.length.sum()) / 1000, 1)
            answer["streets"] = {
                "file": streets.name, "edges": len(streets), "junctions": len(streets.node_id), "km": kilometres,
            }  # fmt: skip
            answer["sites_without_entrance"] = int(no_access.sum())
            answer["places"] = {
                f"{name}, {mode}": {"read": read, "with_entrance": entered}
                for (name, mode), (read, entered) in sorted(self._network.places.items())
            }
        return answer

    def warnings(self, columns: pd.DataFrame, no_access: NDArray[np.bool_]) -> list[str]:
        """What the user should know."""
        count, snap = len(self._sites), self._access.max_snap
        said = []
        if no_access.any():
            said.append(
                f"{no_access.sum()} of {count} {self._noun} have no street to walk on within {snap:g} m, "
                "or only across a barrier: mark no_access"
            )
        for (source, mode), (read, entered) in (
            sorted(self._network.places.items()) if self._network is not None else []
        ):
            if entered < read:
                said.append(
                    f"{read - entered} of {read} places of {source} cannot be reached by mode {mode}: "
                    f"no street within {snap:g} m, or only across a barrier"
                )
        for name, missing in sorted(self._without_value.items()):
            said.append(f"measure {name}: {missing} places without a value count as 0")
        said.extend(
            f"{name} is empty for all {count} sites" for name in columns if count and columns[name].isna().all()
        )
        return said


def _target(one: NearestMeasure | CountMeasure | SumMeasure) -> str | OsmTags:
    """What a measure leads to: a layer's name, or OSM tags."""
    if isinstance(one, NearestMeasure):
        return one.to
    return one.count if isinstance(one, CountMeasure) else one.of
