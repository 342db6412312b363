"""Where a site lies: inside built-up ground, at its edge, in or at a village, or in the country."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from flexsite.errors import InputError
from flexsite.geometry import Floats, Geometries, Indices, are_polygons, cut_heavy, overlap
from flexsite.layers.matching import numbers
from flexsite.rulebook import context_path
from flexsite.study.yaml_source import read

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flexsite.availability.sites import Sites
    from flexsite.layers import Layers
    from flexsite.study.column import ContextColumn
    from flexsite.study.models import Study

INSIDE, EDGE, VILLAGE, RURAL = "inside", "edge", "village", "rural"
CONTEXTS = (INSIDE, EDGE, VILLAGE, RURAL)
_HALF = 0.5
"""Share of a site that must be within the coverage, as for any value of a site."""


class Bounds(NamedTuple):
    """Where one context ends and the next begins.

    Attributes
    ----------
    inside
        Share of the site in built-up ground from which it is inside.
    edge
        Metres up to which a site is at the edge.
    village
        Inhabitants below which a settlement is a village.
    """

    inside: float
    edge: float
    village: float

    @classmethod
    def of(cls, spec: ContextColumn) -> Bounds:
        """What the study says, and for the rest the rulebook's."""
        book = _rulebook()
        below = None if spec.village is None else spec.village.below
        return cls(
            float(book["inside"]["value"]),
            float(book["edge"]["value"] if spec.edge is None else spec.edge),
            float(book["village"]["value"] if below is None else below),
        )


@cache
def _rulebook() -> dict[str, Any]:
    found: dict[str, Any] = read(context_path()).data
    return found


def locate(
    sites: Sites, name: str, spec: ContextColumn, study: Study, layers: Layers, extent: tuple[float, ...]
) -> tuple[NDArray[np.object_], Floats]:
    """The context of each site, and the share of it that lies in built-up ground.

    Parameters
    ----------
    extent
        Of the sites, metres in the CRS of the study.

    Returns
    -------
    contexts, share
        (n,) `inside`, `edge`, `village`, `rural`, or None where not known; (n,) 0 to 1, NaN where more than half of
        the site lies outside the coverage.

    Raises
    ------
    InputError
        The layer is a raster or holds no polygons, or a settlement's inhabitants are no number.
    """
    place = f"column '{name}', layer '{spec.context}' ({study.layers[spec.context].path.name})"
    if layers.is_raster(spec.context):
        raise InputError("built-up ground is read from polygons, and this layer is a raster", where=place)
    bounds = Bounds.of(spec)
    west, south, east, north = extent
    window = (west - bounds.edge, south - bounds.edge, east + bounds.edge, north + bounds.edge)
    vector = layers.vector(spec.context, bounds=window, columns=() if spec.column is None else (spec.column,))
    features = vector.frame.geometry.to_numpy()
    solid = are_polygons(features)
    if len(features) and not solid.any():
        raise InputError("its features are lines or points", where=place, remedy="give polygons of the built-up ground")
    people = np.full(len(features), np.inf)
    if spec.column is not None:
        people = numbers(vector.frame[spec.column], vector.ids, f"{place}, column '{spec.column}'")
    contexts, share = of(sites.geometry, sites.area_m2, features[solid], people[solid], bounds)
    known = layers.coverage(spec.context, bounds=window).polygons
    if known is not None:
        unknown = _share(sites.geometry, sites.area_m2, np.asarray(known, dtype=object)) < _HALF
        contexts[unknown], share[unknown] = None, np.nan
    return contexts, share


def of(
    sites: Geometries, area_m2: Floats, built: Geometries, people: Floats, bounds: Bounds
) -> tuple[NDArray[np.object_], Floats]:
    """The context of sites among built-up polygons.

    Parameters
    ----------
    sites, area_m2
        (n,) polygons and their areas.
    built, people
        (m,) polygons, and the inhabitants of the settlement that each belongs to; NaN where not known, infinite where
        no settlement is a village.

    Returns
    -------
    (n,) contexts, None where the inhabitants decide and are not known; (n,) share of the site in built-up ground.

    Examples
    --------
    >>> sites = np.array([shapely.box(0, 0, 10, 10), shapely.box(300, 0, 310, 10), shapely.box(900, 0, 910, 10)])
    >>> town = np.array([shapely.box(-50, -50, 100, 50)])
    >>> of(sites, np.full(3, 100.0), town, np.array([9000.0]), Bounds(0.5, 250.0, 5000.0))[0].tolist()
    ['inside', 'edge', 'rural']
    """
    pieces, owner = cut_heavy(built)
    share = _share(sites, area_m2, pieces)
    contexts = np.full(len(sites), RURAL, dtype=object)
    settlement = _settlements(sites, pieces, owner, bounds.edge)
    near = settlement >= 0
    contexts[near] = EDGE
    contexts[share >= bounds.inside] = INSIDE
    count = people[settlement[near]]
    found = contexts[near]
    found[count < bounds.village] = VILLAGE
    found[np.isnan(count)] = None
    contexts[near] = found
    return contexts, share


def _share(sites: Geometries, area_m2: Floats, ground: Geometries) -> Floats:
    found = np.zeros(len(sites))
    row, _, area = overlap(sites, ground, np.zeros(len(ground), np.intp), union=True)
    found[row] = np.minimum(area / area_m2[row], 1.0)
    return found


def _settlements(sites: Geometries, pieces: Geometries, owner: Indices, edge: float) -> Indices:
    """The polygon (by its number in `owner`) that covers most of each site, or else the nearest; -1 without.

    The nearest counts up to `edge` metres.
    """
    found = np.full(len(sites), -1, dtype=np.intp)
    if not len(sites) or not len(pieces):
        return found
    row, most, area = overlap(sites, pieces, owner, union=False)
    order = np.lexsort((most.astype(np.intp), -area, row))
    rows, first = np.unique(row[order], return_index=True)
    found[rows] = most[order][first]
    rest = np.flatnonzero(found < 0)
    (site, piece), metres = shapely.STRtree(pieces).query_nearest(
        sites[rest], max_distance=max(edge, 1e-9), return_distance=True, all_matches=True
    )
    within = metres <= edge
    site, polygon, metres = rest[site[within]], owner[piece[within]], metres[within]
    order = np.lexsort((polygon, metres, site))
    rows, first = np.unique(site[order], return_index=True)
    found[rows] = polygon[order][first]
    return found
