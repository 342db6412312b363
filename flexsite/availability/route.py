"""The permit route of a site: how building there is allowed, from a zoning layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.geometry import Floats, Geometries, difference, empty_geometries, footprint_on, intersection, rounded_area

if TYPE_CHECKING:
    from flexsite.availability.footprint import Footprint
    from flexsite.availability.sites import Sites
    from flexsite.study.rule import RouteRule

ORDER = ("forbidden", "check", "deviation", "allowed", "unlisted", "unknown")
"""Where zoning overlaps, and where two routes hold equal ground, the first of these holds (design, Route)."""


def routes(sites: Sites, rule: RouteRule | None, footprint: Footprint | None) -> tuple[NDArray[np.object_], Floats]:
    """Route of the largest part of each site, and its share of the site (0..1).

    Without a route rule no site has a zoning plan: every route is `unknown`, with share 1.
    """
    count = len(sites)
    route = empty_geometries(count)
    if rule is None or footprint is None:
        route[:] = "unknown"
        return route, np.ones(count)
    left = sites.geometry.copy()
    areas = np.zeros((len(ORDER), count))
    unknown = _outside(left, footprint) if rule.outside_coverage == "unknown" else None
    if unknown is not None:
        areas[ORDER.index("unknown")] = rounded_area(unknown)
        left = difference(left, unknown)
    for place, name in enumerate(ORDER[:5]):
        features = footprint.features[[value == name for value in footprint.value]]
        areas[place] += _take(left, features)
    areas[ORDER.index(rule.otherwise)] += rounded_area(left)
    best = np.argmax(np.round(areas, 2), axis=0)
    route[:] = [ORDER[place] for place in best]
    share = areas[best, np.arange(count)] / sites.area_m2
    return route, np.clip(share, 0.0, 1.0)


def _take(left: Geometries, features: Geometries) -> Floats:
    """Area that the features take of what is left; takes it from `left`."""
    area = np.zeros(len(left))
    if not len(features):
        return area
    under, _ = footprint_on(left, shapely.STRtree(left), features)
    taken = intersection(left[under.row], under.geometry)
    area[under.row] = rounded_area(taken)
    left[under.row] = difference(left[under.row], under.geometry)
    return area


def _outside(ground: Geometries, footprint: Footprint) -> Geometries | None:
    """Part of each site outside the coverage of the zoning layer."""
    if footprint.coverage is None:
        return None
    known, _ = footprint_on(ground, shapely.STRtree(ground), footprint.coverage)
    rest = ground.copy()
    rest[known.row] = difference(ground[known.row], known.geometry)
    return rest
