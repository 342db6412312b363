"""A run: from a study to a result, room by room."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from flexsite import candidates as candidate_room
from flexsite import keeping
from flexsite.availability.finding import Available, find
from flexsite.availability.sites import Sites
from flexsite.availability.work import Crew, digest
from flexsite.geometry import WORKERS, Floats, Geometries
from flexsite.memory import give_back
from flexsite.notices import Notices
from flexsite.opening import assumed_complete, open_layers, read_area
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
from flexsite.outputs.withheld import withhold
from flexsite.study.loading import vary
from flexsite.suitability.judging import judge_profile
from flexsite.suitability.requirements import refuse_unknown_levels

if TYPE_CHECKING:
    from flexsite.cache import Cache
    from flexsite.layers import Layers
    from flexsite.study.models import Study

EXCLUDED_UP_TO = 50_000
"""Candidates up to which a map brings the excluded ground along (design, section 6)."""
BASE = "base"
Progress = Callable[[str], None]


def run(
    study: Study,
    *,
    progress: Progress | None = None,
    workers: int | None = None,
    cache: Cache | None = None,
    crew: Crew | None = None,
) -> Result:
    """Run a study with its variants.

    Parameters
    ----------
    study
        From `flexsite.load`.
    progress
        Told the name of each step as it begins.
    workers
        Threads, all cores when left out; the result does not depend on it.
    cache
        Where results of steps are kept, such as `flexsite.cache.Cache.default()`: what was computed before with the
        same inputs is not computed again. The result does not depend on it.
    crew
        Who works, instead of `workers` and `cache`.

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
    crew = crew or Crew(workers, cache)
    WORKERS.set(crew.workers)
    changed = {
        name: vary(study, changes, place=f"{study.path.name}, variants.{name}")
        for name, changes in study.variants.items()
    }
    base = run_one(study, BASE, told, crew)
    varied = {name: run_one(variant, name, told, crew) for name, variant in changed.items()}
    if not varied:
        return base
    tables = [base.waterfall, *(result.waterfall for result in varied.values())]
    more = [
        f"variant '{name}': {text}"
        for name, result in varied.items()
        for text in result.warnings
        if text not in base.warnings
    ]
    warnings = [*base.warnings, *more]
    return replace(base, waterfall=pd.concat(tables, ignore_index=True), variants=varied, warnings=warnings)


def step_count(study: Study) -> int:
    """How many steps `run` tells of, with the writing of the outputs after it."""
    return (len(study.rules) + len(study.columns) + 4) * (1 + len(study.variants)) + 1


class _Timer:
    """Seconds per room."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = time.perf_counter()

    def lap(self, room: str) -> None:
        now = time.perf_counter()
        self.seconds[room] = round(self.seconds.get(room, 0.0) + now - self.last, 3)
        self.last = now


def run_one(study: Study, variant: str, told: Progress, crew: Crew | None = None, *, keep_all: bool = False) -> Result:
    """Run a study without its variants.

    Parameters
    ----------
    variant
        Name in the waterfall.
    keep_all
        Every candidate stays a row, wherever it lies: one without a site, or outside the area, is never suitable.
    """
    refuse_unknown_levels(study)
    timer, notices, crew = _Timer(), Notices(), crew or Crew()
    _warn_about(study, notices)
    layers = open_layers(study)
    told("candidates")
    area = read_area(study, layers)
    within = area if not keep_all else np.array([_frame_around(study, layers)], dtype=object)
    candidates = keeping.candidates(study, layers, within, notices, crew.cache)
    give_back()
    timer.lap("candidates")
    wanted = "excluded" in study.outputs or ("map" in study.outputs and len(candidates.ids) <= EXCLUDED_UP_TO)
    found = find(study, layers, candidates, notices, told, crew, keep_taken=wanted, keep_all=keep_all)
    timer.lap("availability")
    timer.seconds["tiles_kept"], timer.seconds["tiles"] = found.reused
    frame = _site_frame(found, candidates, layers.crs)
    place = digest(found.sites.shapes)
    _join_columns(frame, found, study, layers, told, place, crew.cache)
    timer.lap("columns")
    told("access")
    access, shown = _measure(frame, study, layers, area, notices, place, crew.cache)
    frame = frame[[*(name for name in frame.columns if name != "geometry"), "geometry"]]
    timer.lap("access")
    told("suitability")
    inside = _inside(candidates, area) if keep_all else np.ones(len(candidates.ids), dtype=bool)
    available = ~found.sites.stand_in & inside[found.sites.candidate]
    plain = pd.DataFrame(frame.drop(columns="geometry"))
    verdicts = [judge_profile(profile, study, plain, found.sites.cap, available) for profile in study.profiles]
    rows = availability_rows(variant, found)
    for profile, verdict in zip(study.profiles, verdicts, strict=True):
        rows += suitability_rows(variant, profile.id, verdict, found.sites.area_m2)
        if len(frame) and not verdict.steps[-1].sites.any():
            text = f"0 of {len(frame)} {things(study)} are suitable for '{profile.id}'"
            notices.warn(f"profile_{profile.id}", text)
    judged = _suitability_frame(verdicts)
    timer.lap("suitability")
    for name, report in layers.report.items():
        for text in report.warnings:
            notices.warn(f"layer_{name}_{text}", text)
    return withhold(
        Result(
            study=study,
            sites=frame,
            suitability=judged,
            waterfall=waterfall_frame(rows),
            taken=taken_frame(found, candidates, study),
            excluded=excluded_frame(found, candidates, study, layers.crs) if wanted else None,
            area=shapely.union_all(area),
            lay_out=partial(_plots, candidates, found.ground.start_m2, found.ground.area_m2, inside, layers.crs),
            assumed_complete=assumed_complete(study, layers),
            counts={"candidates": len(candidates.ids), "sites": len(frame), "suitability": len(judged)},
            layers={name: report.counts() for name, report in layers.report.items()},
            access=access,
            warnings=list(notices.texts.values()),
            timings=timer.seconds,
            unavailable=[str(name) for name in found.ids[~available]],
            shown=shown,
        )
    )


def _warn_about(study: Study, notices: Notices) -> None:
    """What a reader of the study alone can see will be missing."""
    undefined = study.undefined_measures()
    if undefined:
        names = f"{len(undefined)} measures that profiles ask for are not defined and empty everywhere"
        notices.warn("measures", f"{names}: {', '.join(undefined)}")
    if not study.rules:
        notices.warn("no_rules", "the study has no rules: all ground of the candidates counts as available")
    if not study.profiles:
        notices.warn("no_profiles", "the study has no profiles: no site is judged for a target group")


def _join_columns(
    frame: gpd.GeoDataFrame,
    found: Available,
    study: Study,
    layers: Layers,
    told: Progress,
    place: str,
    cache: Cache | None,
) -> None:
    """Add the columns of the study and their shares to the sites."""
    sites = Sites(found.sites.candidate, frame.geometry.to_numpy(), found.sites.area_m2)
    extent = _extent(sites.geometry)
    for name in study.columns:
        told(f"column {name}")
        values, share = keeping.column(sites, place, name, study, layers, extent, cache)
        frame[name] = series(values)
        frame[f"{name}_share"] = share


def _measure(
    frame: gpd.GeoDataFrame,
    study: Study,
    layers: Layers,
    area: Geometries,
    notices: Notices,
    place: str,
    cache: Cache | None,
) -> tuple[dict[str, Any], gpd.GeoDataFrame | None]:
    """Add the measures and the mark `no_access` to the sites; returns counts for the record, and what is drawn."""
    access = keeping.access(frame, place, study, layers, area, things(study), cache)
    for name in access.columns.columns:
        column = access.columns[name]
        frame[name] = column.to_numpy() if column.dtype.kind == "f" else column.array
    for warning in access.warnings:
        notices.warn(f"access_{warning}", warning)
    if access.no_access.any():
        marks = frame["marks"].astype(object).to_numpy(copy=True)
        for row in np.flatnonzero(access.no_access):
            marks[row] = f"{marks[row]};no_access" if marks[row] else "no_access"
        frame["marks"] = series(marks, as_text=True)
    return dict(access.info), access.shown


def _site_frame(found: Available, candidates: candidate_room.Candidates, crs: CRS) -> gpd.GeoDataFrame:
    days = pd.ArrowDtype(pa.date32())
    pieces, clock = found.sites, found.clock
    count = len(pieces)
    ends = {end: np.nan if end is None else clock.net_years(end) for end in set(pieces.available_until.tolist())}
    net = np.array([ends[end] for end in pieces.available_until.tolist()], dtype=float)
    return gpd.GeoDataFrame(
        {
            "site_id": series(found.ids, as_text=True),
            "candidate_id": series(candidates.ids[pieces.candidate], as_text=True),
            "kind": series(np.full(count, candidates.kind, dtype=object), as_text=True),
            "area_m2": pieces.area_m2,
            "route": series(pieces.route, as_text=True),
            "route_share": pieces.route_share,
            "available_from": pd.Series([clock.available_from] * count, dtype=days),
            "available_until": pd.Series(pieces.available_until, dtype=days),
            "mark_until": pd.Series(pieces.mark_until, dtype=days),
            "net_years": net,
            "marks": series(pieces.marks, as_text=True),
            "unknown": series(pieces.unknown, as_text=True),
        },
        geometry=pieces.shapes.geometry(),
        crs=crs,
    )


def things(study: Study) -> str:
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


def _plots(
    candidates: candidate_room.Candidates, start_m2: Floats, left_m2: Floats, inside: NDArray[np.bool_], crs: CRS
) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "candidate_id": series(candidates.ids, as_text=True),
            "area_m2": start_m2,
            "left_m2": left_m2,
            "inside": inside,
        },
        geometry=candidates.geometry,
        crs=crs,
    )


def _frame_around(study: Study, layers: Layers) -> shapely.Geometry:
    """A box that holds all candidates, wherever they lie."""
    geometry = layers.vector(str(study.candidates.layer)).frame.geometry.to_numpy()
    return shapely.box(*shapely.total_bounds(geometry)).buffer(1.0)


def _inside(candidates: candidate_room.Candidates, area: Geometries) -> NDArray[np.bool_]:
    """Candidates whose point on surface lies in the area."""
    points = shapely.point_on_surface(candidates.geometry)
    inside = np.zeros(len(candidates.ids), dtype=bool)
    inside[shapely.STRtree(points).query(area, predicate="intersects")[1]] = True
    return inside
