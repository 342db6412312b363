"""What touches a site: marks, windows, caps and unknown ground, measured on the site as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.availability.waterfall import acts
from flexsite.geometry import Floats, difference, empty_geometries, footprint_on, intersection, overlap, rounded_area
from flexsite.study.rule import CapRule, ExcludeRule, KeepRule, MarkRule, RouteRule

if TYPE_CHECKING:
    from flexsite.availability.footprint import Footprint
    from flexsite.availability.sites import Sites
    from flexsite.availability.window import Clock
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase, Touch


@dataclass
class Touching:
    """Per site: ids of marks and of rules without data, the ends of the window, and the smallest cap."""

    marks: list[list[str]]
    unknown: list[list[str]]
    available_until: NDArray[np.object_]
    mark_until: NDArray[np.object_]
    cap: Floats

    @classmethod
    def none(cls, count: int) -> Touching:
        """Nothing touches any of so many sites."""
        return cls(
            [[] for _ in range(count)], [[] for _ in range(count)], empty_geometries(count), empty_geometries(count),
            np.full(count, np.inf),
        )  # fmt: skip


def counts(area: Floats, site_area: Floats, touch: Touch) -> NDArray[np.bool_]:
    """Whether so many m2 of a site count: the share, and the area or half the site, whichever is less.

    Examples
    --------
    >>> from flexsite.study.rule import Touch
    >>> counts(np.array([30.0, 30.0]), np.array([60.0, 4000.0]), Touch()).tolist()
    [True, False]
    """
    return (area / site_area >= touch.share) & (area >= np.minimum(touch.area, site_area / 2))


def touch(result: Touching, sites: Sites, rule: RuleBase, footprint: Footprint, study: Study, clock: Clock) -> None:
    """Note on each site what a rule means to it; changes `result`."""
    if not len(sites):
        return
    active = acts(rule, study)
    if isinstance(rule, KeepRule):
        _note_keep(result, sites, rule, footprint, active=active)
        return
    demoted = not active and not isinstance(rule, RouteRule)
    if isinstance(rule, MarkRule) or demoted:
        row, _, area = overlap(sites.geometry, footprint.features, _same(footprint), union=True)
        for site in row[counts(area, sites.area_m2[row], rule.touch)]:
            result.marks[site].append(rule.id)
    if isinstance(rule, RouteRule) and not active:
        forbidden = footprint.features[[route == "forbidden" for route in footprint.value]]
        row, _, area = overlap(sites.geometry, forbidden, np.zeros(len(forbidden), dtype=np.intp), union=True)
        for site in row[counts(area, sites.area_m2[row], rule.touch)]:
            result.marks[site].append(rule.id)
    if isinstance(rule, ExcludeRule | MarkRule) and rule.until is not None:
        kept = np.ones(len(footprint.value), bool)
        ends = result.mark_until
        if active and isinstance(rule, ExcludeRule):
            limit = clock.limit(rule)
            kept = np.fromiter((until >= limit for until in footprint.value), dtype=bool, count=len(footprint.value))
            ends = result.available_until
        row, value, area = overlap(sites.geometry, footprint.features[kept], footprint.value[kept], union=True)
        enough = counts(area, sites.area_m2[row], rule.touch)
        for site, until in zip(row[enough], value[enough], strict=True):
            ends[site] = _earliest(ends[site], until)
    if isinstance(rule, CapRule) and active:
        stated = np.array([value is not None for value in footprint.value], dtype=bool)
        row, value, area = overlap(sites.geometry, footprint.features[stated], footprint.value[stated], union=True)
        enough = counts(area, sites.area_m2[row], rule.touch)
        np.minimum.at(result.cap, row[enough], value[enough].astype(float))
    _note_unknown(result, sites, rule, footprint)


def _same(footprint: Footprint) -> NDArray[np.intp]:
    return np.zeros(len(footprint.features), dtype=np.intp)


def _earliest(left: date | None, right: date) -> date:
    return right if left is None or right < left else left


def _note_keep(result: Touching, sites: Sites, rule: KeepRule, footprint: Footprint, *, active: bool) -> None:
    """A keep rule that only marks: ground within coverage and not under its features must be weighed."""
    uncovered = _uncovered_m2(sites, footprint)
    if rule.outside_coverage == "unknown":
        for site in np.flatnonzero(counts(uncovered, sites.area_m2, rule.touch) & (uncovered > 0)):
            result.unknown[site].append(rule.id)
    if active:
        return
    under, covered = footprint_on(sites.geometry, shapely.STRtree(sites.geometry), footprint.features)
    rest = sites.geometry.copy()
    rest[under.row] = difference(sites.geometry[under.row], under.geometry)
    rest[under.row[covered]] = shapely.Polygon()
    if footprint.coverage is not None and rule.outside_coverage != "exclude":
        known, _ = footprint_on(sites.geometry, shapely.STRtree(sites.geometry), footprint.coverage)
        inside = np.full(len(rest), shapely.Polygon(), dtype=object)
        inside[known.row] = intersection(rest[known.row], known.geometry)
        rest = inside
    area = rounded_area(rest)
    for site in np.flatnonzero(counts(area, sites.area_m2, rule.touch) & (area > 0)):
        result.marks[site].append(rule.id)


def _note_unknown(result: Touching, sites: Sites, rule: RuleBase, footprint: Footprint) -> None:
    if rule.outside_coverage != "unknown" or footprint.coverage is None:
        return
    area = _uncovered_m2(sites, footprint)
    for site in np.flatnonzero(counts(area, sites.area_m2, rule.touch) & (area > 0)):
        result.unknown[site].append(rule.id)


def _uncovered_m2(sites: Sites, footprint: Footprint) -> Floats:
    """Area of each site outside the coverage."""
    if footprint.coverage is None:
        return np.zeros(len(sites))
    under, covered = footprint_on(sites.geometry, shapely.STRtree(sites.geometry), footprint.coverage)
    rest = sites.geometry.copy()
    partly = under.row[~covered]
    rest[partly] = difference(sites.geometry[partly], under.geometry[~covered])
    rest[under.row[covered]] = shapely.Polygon()
    return rounded_area(rest)
