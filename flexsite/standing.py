"""Where a study stands before any profile is looked at: the ground that is left, and all that is known of each site.

Variants that differ in their profiles alone stand on the same ground: it is laid out once for all of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
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
from flexsite.access.delineations import delineated
from flexsite.availability.finding import Available
from flexsite.availability.local import spoken_of
from flexsite.availability.marking import kind_columns_of, with_kind_marks
from flexsite.availability.merging import find_all
from flexsite.availability.projects import known_projects
from flexsite.availability.sites import Sites
from flexsite.availability.spots import Frame
from flexsite.availability.work import Crew, digest
from flexsite.geometry import Floats, Geometries
from flexsite.layers.notes import read_notes
from flexsite.memory import give_back
from flexsite.notices import Notices
from flexsite.opening import assumed_complete, open_layers, read_area
from flexsite.outputs.gone import Gone, gone_ground
from flexsite.outputs.not_tested import with_untested
from flexsite.outputs.owners import add_owners, add_windows
from flexsite.outputs.tables import excluded_frame, series, taken_frame

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from flexsite.availability.owners import Owned
    from flexsite.cache import Cache
    from flexsite.layers import Layers
    from flexsite.study.models import Study

EXCLUDED_UP_TO = 50_000
"""Candidates up to which a map brings the excluded ground along (design, section 6)."""
Progress = Callable[[str], None]
_OF_PROFILES = ("name", "profiles", "capacity", "terms", "variants", "outputs", "sweep", "sensitivity")


@dataclass(frozen=True)
class Standing:
    """Sites with all their columns and measures, and what the rules did to the ground.

    Attributes
    ----------
    sites
        One row per site, by `site_id`, with its geometry in the CRS of the study.
    found
        What the rules left, in the same order.
    available
        False for rows that stand for ground the rules took, or that lies outside the area.
    access
        Counts for the record.
    shown
        Isochrones, routes and fields to be drawn.
    wanted
        Whether the ground that each rule took was kept.
    projects
        What is planned as flex already; None where no layer says so.
    delineated
        For each of `visible_boundaries`, values of the sites by delineation.
    owned
        Whose land the sites are; None where the study does not ask.
    notes
        What people who know the place wrote on the map, as GeoJSON features.
    """

    study: Study
    sites: gpd.GeoDataFrame
    found: Available
    candidates: candidate_room.Candidates
    available: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    area: Geometries
    crs: CRS
    access: dict[str, Any]
    shown: gpd.GeoDataFrame | None
    wanted: bool
    assumed_complete: list[str]
    layers: dict[str, Any]
    warnings: dict[str, str]
    timings: dict[str, float]
    projects: pd.DataFrame | None = None
    delineated: Sequence[dict[str, Floats]] = ()
    owned: Owned | None = None
    notes: tuple[dict[str, Any], ...] = ()

    @cached_property
    def plain(self) -> pd.DataFrame:
        """The sites without their geometry."""
        return pd.DataFrame(self.sites.drop(columns="geometry"))

    @cached_property
    def taken(self) -> pd.DataFrame:
        """What each rule took from each candidate, in m2."""
        return taken_frame(self.found, self.candidates, self.study)

    @cached_property
    def excluded(self) -> gpd.GeoDataFrame | None:
        """The ground that each rule took, where it was kept."""
        return excluded_frame(self.found, self.candidates, self.study, self.crs) if self.wanted else None

    @cached_property
    def gone(self) -> Gone:
        """The ground that rules took by which of them claim it at once."""
        return gone_ground(self.found, self.candidates, self.study, self.crs)

    @cached_property
    def border(self) -> BaseGeometry:
        """The area as one polygon."""
        return shapely.union_all(self.area)

    def lay_out(self) -> gpd.GeoDataFrame:
        """Per candidate its ground before and after the rules."""
        return _plots(self.candidates, self.found.ground.start_m2, self.found.ground.area_m2, self.inside, self.crs)


def ground_key(study: Study) -> str:
    """Equal for studies that differ in nothing but what comes after the ground: profiles, variants, outputs."""
    plain = study.resolved()
    kept = {name: value for name, value in plain.items() if name not in _OF_PROFILES}
    if isinstance(kept.get("local"), dict):
        kept["local"].pop("veto")
    for kind in kept.get("kinds", []):
        kind.pop("capacity")
        kind.pop("requires")
    return json.dumps([kept, _keeps_excluded(study)], sort_keys=True, default=str)


def stand(study: Study, told: Progress, crew: Crew, *, keep_all: bool = False) -> Standing:
    """Lay out the ground of a study: candidates, rules, columns, access measures.

    Parameters
    ----------
    told
        Receives the name of each step as it begins.
    keep_all
        Every candidate stays a row, wherever it lies: one without a site, or outside the area, is never suitable.

    Raises
    ------
    InputError
        The study or its data are wrong.
    """
    timer, notices = _Timer(), Notices()
    layers = open_layers(study)
    told("candidates")
    area = read_area(study, layers)
    within = area if not keep_all else np.array([_frame_around(study, layers)], dtype=object)
    candidates = keeping.candidates(study, layers, within, notices, crew.cache)
    give_back()
    timer.lap("candidates")
    wanted = "excluded" in study.outputs or ("map" in study.outputs and len(candidates.ids) <= EXCLUDED_UP_TO)
    large = "map" in study.outputs and not wanted
    grid = Frame.around(candidates.bounds) if large else None
    found = find_all(study, layers, candidates, notices, told, crew, keep_taken=wanted, keep_all=keep_all, frame=grid)
    timer.lap("availability")
    timer.seconds["tiles_kept"], timer.seconds["tiles"] = found.reused
    frame = _site_frame(found, candidates, study, layers.crs)
    frame["unknown"] = with_untested(frame["unknown"], study)
    place = digest(found.sites.shapes)
    owned = _owned(frame, found, study, layers, told, notices, place, crew.cache)
    add_windows(frame, found.sites, study)
    timer.lap("owners")
    _join_columns(frame, found, study, layers, told, place, crew.cache)
    timer.lap("columns")
    written = _spoken(frame, study, layers.crs, notices)
    told("access")
    access, shown = _measure(frame, study, layers, area, notices, place, crew.cache)
    frame = frame[[*(name for name in frame.columns if name != "geometry"), "geometry"]]
    timer.lap("access")
    projects = known_projects(study, layers, area)
    shapes = frame.geometry.to_numpy()
    by_boundary = [delineated(one, layers, shapes) for one in study.visible_boundaries()]
    if projects is not None or by_boundary:
        timer.lap("places")
    inside = _inside(candidates, area) if keep_all else np.ones(len(candidates.ids), dtype=bool)
    for name, report in layers.report.items():
        for text in report.warnings:
            notices.warn(f"layer_{name}_{text}", text)
    return Standing(
        study=study,
        sites=frame,
        found=found,
        candidates=candidates,
        available=~found.sites.stand_in & inside[found.sites.candidate],
        inside=inside,
        area=area,
        crs=layers.crs,
        access=access,
        shown=shown,
        wanted=wanted,
        assumed_complete=assumed_complete(study, layers),
        layers={name: report.counts() for name, report in layers.report.items()},
        warnings=dict(notices.texts),
        timings=timer.seconds,
        projects=projects,
        delineated=by_boundary,
        owned=owned,
        notes=written,
    )


def _keeps_excluded(study: Study) -> list[bool]:
    return ["excluded" in study.outputs, "map" in study.outputs]


class _Timer:
    """Seconds per room."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = time.perf_counter()

    def lap(self, room: str) -> None:
        now = time.perf_counter()
        self.seconds[room] = round(self.seconds.get(room, 0.0) + now - self.last, 3)
        self.last = now


def _owned(
    frame: gpd.GeoDataFrame,
    found: Available,
    study: Study,
    layers: Layers,
    told: Progress,
    notices: Notices,
    place: str,
    cache: Cache | None,
) -> Owned | None:
    """Add whose land the sites are, where the study asks."""
    if study.owners is None:
        if study.lead_times is not None and study.lead_times.owner:
            months = study.lead_times.owner.get("unknown", 0)
            text = f"lead times by owner without 'owners': every one counts as unknown, {months} months"
            notices.warn("owners", text)
        return None
    told("owners")
    sites = Sites(found.sites.candidate, frame.geometry.to_numpy(), found.sites.area_m2)
    owned = keeping.owners(sites, place, study, layers, _extent(sites.geometry), cache)
    for number, text in enumerate(owned.notes):
        notices.warn(f"owners_{number}", text)
    add_owners(frame, owned, study)
    return owned


def _spoken(frame: gpd.GeoDataFrame, study: Study, crs: CRS, notices: Notices) -> tuple[dict[str, Any], ...]:
    """Add what people who know the place say of the sites; returns their notes for the map."""
    if study.local is None:
        return ()
    notes = read_notes(study.local.path, crs)
    spoken = spoken_of(notes, frame.geometry.to_numpy(), frame["site_id"].to_numpy())
    frame["local_verdict"] = series(spoken.verdict, as_text=True)
    frame["local_reason"] = series(spoken.reason, as_text=True)
    frame["local_notes"] = spoken.notes
    if text := spoken.warning():
        notices.warn("local", text)
    return notes.features


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


def _site_frame(found: Available, candidates: candidate_room.Candidates, study: Study, crs: CRS) -> gpd.GeoDataFrame:
    days = pd.ArrowDtype(pa.date32())
    pieces, clock = found.sites, found.clock
    count = len(pieces)
    kinds = candidates.kinds[pieces.candidate]
    needed = kind_columns_of(found, candidates, study)
    ends = {end: np.nan if end is None else clock.net_years(end) for end in set(pieces.available_until.tolist())}
    net = np.array([ends[end] for end in pieces.available_until.tolist()], dtype=float)
    return gpd.GeoDataFrame(
        {
            "site_id": series(found.ids, as_text=True),
            "candidate_id": series(candidates.ids[pieces.candidate], as_text=True),
            "kind": series(kinds, as_text=True),
            "area_m2": pieces.area_m2,
            "route": series(pieces.route, as_text=True),
            "route_share": pieces.route_share,
            "available_from": pd.Series([clock.available_from] * count, dtype=days),
            "available_until": pd.Series(pieces.available_until, dtype=days),
            "mark_until": pd.Series(pieces.mark_until, dtype=days),
            "net_years": net,
            "marks": series(with_kind_marks(pieces.marks, kinds, needed, study), as_text=True),
            "unknown": series(pieces.unknown, as_text=True),
            **{
                name: series(values, as_text=True) if values.dtype == object else pd.Series(values)
                for name, values in needed.items()
            },
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
