"""Straight-line distances from the polygon of a site (0 inside it) to places."""

from __future__ import annotations

import numpy as np
import shapely

from flexsite.access.places import Geometries, PlaceSource
from flexsite.access.reach.decay import weights
from flexsite.access.streets.model import Bounds, FloatArray, expand
from flexsite.study.access import Decay

_AT_ONCE = 2000  # sites whose places within reach are held in memory together


def nearest(source: PlaceSource, sites: Geometries, margin: float) -> FloatArray:
    """Metres from each site to the nearest place.

    Places within `margin` of the sites are read first, and the others only when some site has none as near as that.

    Parameters
    ----------
    source
        The places.
    sites
        (n,) polygons in the study's CRS.
    margin
        Metres.

    Returns
    -------
    (n,) metres; NaN when there is no place at all.
    """
    metres = np.full(len(sites), np.nan)
    if not len(sites):
        return metres
    places = source.read(expand(_bounds(sites), margin))
    for pending in (np.arange(len(sites)), None):
        rows = np.flatnonzero(~(metres <= margin)) if pending is None else pending
        if len(places) and len(rows):
            (row, _), found = places.tree.query_nearest(sites[rows], return_distance=True, all_matches=False)
            metres[rows[row]] = found
        if pending is None or places.complete or (metres <= margin).all():
            break
        places = source.read(None)
    return metres


def total_within(source: PlaceSource, sites: Geometries, within: float, decay: Decay | None = None) -> FloatArray:
    """Number or sum of the places within a straight distance of each site.

    Parameters
    ----------
    source
        The places.
    sites
        (n,) polygons in the study's CRS.
    within
        Metres; a place at exactly that distance counts.
    decay
        How the value of a place counts less with its distance; None: all count in full.
    """
    total = np.zeros(len(sites))
    if not len(sites):
        return total
    places = source.read(expand(_bounds(sites), within))
    for begin in range(0, len(sites), _AT_ONCE):
        site, place = places.tree.query(sites[begin : begin + _AT_ONCE], predicate="dwithin", distance=within)
        order = np.lexsort((place, site))  # a sum does not depend on the order in the index
        site, place = site[order], place[order]
        value = places.value[place]
        if decay is not None:
            value = value * weights(decay, shapely.distance(sites[begin + site], places.geometry[place]))
        total[begin : begin + _AT_ONCE] = np.bincount(site, value, minlength=len(total[begin : begin + _AT_ONCE]))
    return total


def _bounds(sites: Geometries) -> Bounds:
    return tuple(shapely.total_bounds(sites).tolist())
