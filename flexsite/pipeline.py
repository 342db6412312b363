"""A run: from a study to a result, room by room."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from flexsite import candidates as candidate_room
from flexsite.access.measures import measure as measure_access
from flexsite.availability import columns, footprint, route, sites, touching, waterfall
from flexsite.availability.window import Clock
from flexsite.errors import InputError
from flexsite.geometry import WORKERS, Geometries
from flexsite.layers import Layers
from flexsite.notices import Notices
from flexsite.outputs.result import Result
from flexsite.outputs.tables import (
    EMPTY_SUITABILITY,
    availability_rows,
    excluded_frame,
    series,
    suitability_rows,
    taken_frame,
    waterfall_frame,
)
from flexsite.outputs.withheld import private_columns, private_rules
from flexsite.study.loading import vary
from flexsite.study.models import measure_layers
from flexsite.study.rule import RouteRule
from flexsite.suitability.judging import judge_profile

if TYPE_CHECKING:
    from flexsite.study.models import Study

AREA = "study area"
"""Name under which the readers know the area of the study."""
EXCLUDED_UP_TO = 50_000
"""Candidates up to which a map brings the excluded ground along (design, section 6)."""
BASE = "base"
Progress = Callable[[str], None]


def run(study: Study, *, progress: Progress | None = None, workers: int | None = None) -> Result:
    """Run a study with its variants.

    Parameters
    ----------
    study
        From `flexsite.load`.
    progress
        Told the name of each step as it begins.
    workers
        Threads for overlays, all cores when left out; the result does not depend on it.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        The study or its data are wrong.

    Examples
    --------
    >>> result = run(load("study.yaml"))  # doctest: +SKIP
    >>> result.sites[["site_id", "area_m2"]]  # doctest: +SKIP
    """
    told = progress or (lambda _: None)
    WORKERS.set(workers)
    changed = {
        name: vary(study, changes, place=f"{study.path.name}, variants.{name}")
        for name, changes in study.variants.items()
    }
    base = run_one(study, BASE, told)
    varied = {name: run_one(variant, name, told) for name, variant in changed.items()}
    if not varied:
        return base
    tables = [base.waterfall, *(result.waterfall for result in varied.values())]
    warnings = list(dict.fromkeys([*base.warnings, *(text for result in varied.values() for text in result.warnings)]))
    return replace(base, waterfall=pd.concat(tables, ignore_index=True), variants=varied, warnings=warnings)


class _Timer:
    """Seconds per room."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = time.perf_counter()

    def lap(self, room: str) -> None:
        now = time.perf_counter()
        self.seconds[room] = round(self.seconds.get(room, 0.0) + now - self.last, 3)
        self.last = now


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
    """Readers for the layers of a study and its area."""
    return Layers({**study.layers, AREA: study.area}, study_crs(study))


def read_area(study: Study, layers: Layers) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Polygons of the study area.

    Raises
    ------
    InputError
        The area holds no polygon.
    """
    geometry = layers.vector(AREA).frame.geometry.to_numpy()
    polygons: Geometries = geometry[
        np.isin(shapely.get_type_id(geometry), [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])
    ]
    if not len(polygons):
        raise InputError(
            "the area holds no polygon",
            where=f"area ({study.area.path.name})",
            remedy="give a file with the border of the area",
        )
    return polygons


def run_one(study: Study, variant: str, told: Progress, *, keep_all: bool = False) -> Result:
    """Run a study without its variants.

    Parameters
    ----------
    variant
        Name in the waterfall.
    keep_all
        Every candidate stays a row: one without a site stands in as a whole, never suitable. Then all candidates lie
        in the area.
    """
    timer, notices = _Timer(), Notices()
    undefined = study.undefined_measures()
    if undefined:
        names = f"{len(undefined)} measures that profiles ask for are not defined and empty everywhere"
        notices.warn("measures", f"{names}: {', '.join(undefined)}")
    if not study.rules:
        notices.warn("no_rules", "the study has no rules: all ground of the candidates counts as available")
    if not study.profiles:
        notices.warn("no_profiles", "the study has no profiles: no site is judged for a target group")
    layers = open_layers(study)
    told("candidates")
    area = read_area(study, layers)
    within = area if not keep_all else np.array([_frame_around(study, layers)], dtype=object)
    candidates = candidate_room.build(study, layers, within, notices)
    timer.lap("candidates")

    ground = waterfall.start(candidates)
    clock = Clock.of(study)
    wanted = "excluded" in study.outputs or ("map" in study.outputs and len(candidates.ids) <= EXCLUDED_UP_TO)
    footprints: dict[str, footprint.Footprint] = {}
    for rule in study.rules:
        told(f"rule {rule.id}")
        found = footprint.read(rule, study, layers, candidates.bounds, clock)
        if not len(found.features):
            notices.warn(f"rule_{rule.id}", f"rule '{rule.id}': 0 features of layer '{rule.layer}' in this area")
        waterfall.apply(ground, rule, found, candidates, study, clock, keep_geometry=wanted)
        footprints[rule.id] = found
    told("sites")
    parts = sites.parts_of(ground, study.candidates)
    found_sites = sites.sites_of(parts, candidates)
    placeholders: list[str] = []
    if keep_all:
        found_sites, placeholders = sites.with_placeholders(found_sites, candidates)
    if not len(found_sites.ids):
        notices.warn("no_site", f"0 {_things(study)} are left of {len(candidates.ids)} candidates")
    touched = touching.Touching.none(len(found_sites.ids))
    for rule in study.rules:
        touching.touch(touched, found_sites, rule, footprints[rule.id], study, clock)
    route_rule = next((rule for rule in study.rules if isinstance(rule, RouteRule)), None)
    route_values, route_share = route.routes(found_sites, route_rule, footprints[route_rule.id] if route_rule else None)
    timer.lap("availability")

    frame = _site_frame(layers.crs, candidates, found_sites, touched, clock, route_values, route_share)
    extent = _extent(found_sites.geometry)
    for name in study.columns:
        told(f"column {name}")
        values, share = columns.join(found_sites, name, study, layers, extent)
        frame[name] = series(values)
        frame[f"{name}_share"] = share
    timer.lap("columns")
    told("access")
    access = measure_access(study.access, layers, frame[["site_id", "area_m2", "geometry"]], layers.crs)
    for name in access.columns.columns:
        frame[name] = access.columns[name].to_numpy()
    for warning in access.warnings:
        notices.warn(f"access_{warning}", warning)
    if access.no_access.any():
        marks = frame["marks"].astype(object).to_numpy(copy=True)
        for row in np.flatnonzero(access.no_access):
            marks[row] = f"{marks[row]};no_access" if marks[row] else "no_access"
        frame["marks"] = series(marks)
    frame = frame[[*(name for name in frame.columns if name != "geometry"), "geometry"]]
    timer.lap("access")

    told("suitability")
    plain = pd.DataFrame(frame.drop(columns="geometry"))
    available = ~plain["site_id"].isin(placeholders).to_numpy(dtype=bool)
    verdicts = [judge_profile(profile, study, plain, touched.cap, available) for profile in study.profiles]
    for profile, verdict in zip(study.profiles, verdicts, strict=True):
        if len(frame) and not verdict.steps[-1].sites.any():
            notices.warn(f"profile_{profile.id}", f"0 of {len(frame)} {_things(study)} are suitable for '{profile.id}'")
    judged = _suitability_frame(verdicts)
    rows = availability_rows(variant, ground, parts, study)
    for profile, verdict in zip(study.profiles, verdicts, strict=True):
        rows += suitability_rows(variant, profile.id, verdict, frame["area_m2"].to_numpy(dtype=float))
    timer.lap("suitability")

    for name, report in layers.report.items():
        for text in report.warnings:
            notices.warn(f"layer_{name}_{text}", text)
    result = Result(
        study=study,
        sites=frame,
        suitability=judged,
        waterfall=waterfall_frame(rows),
        taken=taken_frame(ground, parts, candidates, study),
        excluded=excluded_frame(ground, parts, candidates, study, layers.crs) if wanted else None,
        area=shapely.union_all(area),
        plots=_plots(candidates, ground, layers.crs),
        assumed_complete=assumed_complete(study, layers),
        counts={"candidates": len(candidates.ids), "sites": len(frame), "suitability": len(judged)},
        layers={name: report.counts() for name, report in layers.report.items()},
        access=dict(access.info),
        warnings=list(notices.texts.values()),
        timings=timer.seconds,
        placeholders=placeholders,
    )
    return _withheld(result)


def _site_frame(
    crs: CRS,
    candidates: candidate_room.Candidates,
    found: sites.Sites,
    touched: touching.Touching,
    clock: Clock,
    route_values: Any,
    route_share: Any,
) -> gpd.GeoDataFrame:
    days = pd.ArrowDtype(pa.date32())
    count = len(found.ids)
    net = np.array([np.nan if end is None else clock.net_years(end) for end in touched.available_until], dtype=float)
    return gpd.GeoDataFrame(
        {
            "site_id": series(found.ids, as_text=True),
            "candidate_id": series(candidates.ids[found.candidate], as_text=True),
            "kind": series(np.full(count, candidates.kind, dtype=object), as_text=True),
            "area_m2": found.area_m2,
            "route": series(route_values, as_text=True),
            "route_share": route_share,
            "available_from": pd.Series([clock.available_from] * count, dtype=days),
            "available_until": pd.Series(list(touched.available_until), dtype=days),
            "mark_until": pd.Series(list(touched.mark_until), dtype=days),
            "net_years": net,
            "marks": series([";".join(ids) for ids in touched.marks], as_text=True),
            "unknown": series([";".join(ids) for ids in touched.unknown], as_text=True),
        },
        geometry=found.geometry,
        crs=crs,
    )


def _things(study: Study) -> str:
    """Cells are not locations: a grid study never speaks of sites."""
    return "cells" if study.candidates.grid is not None else "sites"


def _extent(geometry: Any) -> tuple[float, float, float, float]:
    if not len(geometry):
        return (0.0, 0.0, 0.0, 0.0)
    minx, miny, maxx, maxy = shapely.total_bounds(geometry)
    return float(minx), float(miny), float(maxx), float(maxy)


def _suitability_frame(verdicts: list[Any]) -> pd.DataFrame:
    if not verdicts:
        return EMPTY_SUITABILITY.copy()
    table: pd.DataFrame = pd.concat([verdict.table for verdict in verdicts], ignore_index=True)
    values = [name for name in table.columns if name.startswith("v_")]
    table[values] = table[values].astype("Int64")
    for name in ("site_id", "profile", "failed", "missing"):
        table[name] = table[name].astype("str")
    return table


def _plots(candidates: candidate_room.Candidates, ground: waterfall.Ground, crs: CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"candidate_id": series(candidates.ids, as_text=True), "area_m2": ground.start_m2, "left_m2": ground.area_m2},
        geometry=candidates.geometry,
        crs=crs,
    )


def _frame_around(study: Study, layers: Layers) -> shapely.Geometry:
    """A box that holds all candidates, wherever they lie."""
    geometry = layers.vector(str(study.candidates.layer)).frame.geometry.to_numpy()
    return shapely.box(*shapely.total_bounds(geometry)).buffer(1.0)


def assumed_complete(study: Study, layers: Layers) -> list[str]:
    """Vector layers whose absence of a feature counts as 'nothing there' without the study saying what they cover."""
    used = [rule.layer for rule in study.rules] + [column.layer for column in study.columns.values()]
    used += [name for measure in study.access.measures for name in measure_layers(measure)]
    return [name for name in dict.fromkeys(used) if study.layers[name].coverage is None and not layers.is_raster(name)]


def _withheld(result: Result) -> Result:
    """The result without what its audience may not see."""
    hidden, rules = private_columns(result.study), private_rules(result.study)
    if not hidden and not rules:
        return result
    excluded = result.excluded
    if excluded is not None:
        excluded = excluded[~excluded["rule"].isin(rules)].reset_index(drop=True)
    return replace(result, sites=result.sites.drop(columns=hidden), excluded=excluded)
