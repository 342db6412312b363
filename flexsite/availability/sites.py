"""Sites: connected pieces of available ground that are large and wide enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite.errors import InputError
from flexsite.geometry import Floats, Geometries, Indices, buffered, empty_geometries, rounded_area

if TYPE_CHECKING:
    from flexsite.availability.waterfall import Ground
    from flexsite.candidates import Candidates
    from flexsite.study.layer import Candidates as Spec


@dataclass(frozen=True)
class Sites:
    """Available pieces, in code point order of their id.

    Attributes
    ----------
    ids, candidate
        Id of the site, and row of its candidate.
    geometry
        One polygon each.
    area_m2
        Rounded to 0.01 m2.
    """

    ids: NDArray[np.object_]
    candidate: Indices
    geometry: Geometries
    area_m2: Floats


@dataclass(frozen=True)
class Parts:
    """All connected parts of the ground that is left, and which of them are sites."""

    candidate: Indices
    geometry: Geometries
    area_m2: Floats
    kept: NDArray[np.bool_]


def parts_of(ground: Ground, spec: Spec) -> Parts:
    """Connected parts of the ground, tested against the smallest area (m2) and width (m) of a site."""
    parts, candidate = shapely.get_parts(ground.geometry, return_index=True)
    area = rounded_area(parts)
    kept = (area > 0) & (area >= spec.min_area)
    if spec.min_width > 0:
        rows = np.flatnonzero(kept)
        core = buffered(parts[rows], -spec.min_width / 2)
        kept[rows] = ~shapely.is_empty(core)
    return Parts(candidate, parts, area, kept)


def sites_of(parts: Parts, candidates: Candidates) -> Sites:
    """Number the kept parts.

    One part bears the candidate's id, several get `.1`, `.2`... by falling area, then x, then y of the bounds.

    Raises
    ------
    InputError
        Two sites would bear the same id.
    """
    rows = np.flatnonzero(parts.kept)
    candidate, geometry, area = parts.candidate[rows], parts.geometry[rows], parts.area_m2[rows]
    bounds = shapely.bounds(geometry).reshape(-1, 4)
    order = np.lexsort((bounds[:, 1], bounds[:, 0], -area, candidate))
    candidate, geometry, area = candidate[order], geometry[order], area[order]
    counts = np.bincount(candidate, minlength=len(candidates.ids))
    firsts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    number = np.arange(len(candidate)) - firsts[candidate] + 1
    ids = empty_geometries(len(candidate))
    ids[:] = [
        f"{candidates.ids[c]}.{n}" if counts[c] > 1 else candidates.ids[c]
        for c, n in zip(candidate, number, strict=True)
    ]
    return _by_id(Sites(ids, candidate, geometry, area), candidates)


def _by_id(sites: Sites, candidates: Candidates) -> Sites:
    """The sites in code point order of their id. Raises InputError when two are equal."""
    order = np.argsort(sites.ids.astype(str), kind="stable")
    ids, candidate = sites.ids[order], sites.candidate[order]
    twice = np.flatnonzero(ids[1:] == ids[:-1])
    if len(twice):
        raise InputError(
            f"two sites would bear the id '{ids[twice[0]]}'",
            where=f"candidates '{candidates.ids[candidate[twice[0]]]}' and '{candidates.ids[candidate[twice[0] + 1]]}'",
            remedy="rename one of the two candidates",
        )
    return Sites(ids, candidate, sites.geometry[order], sites.area_m2[order])


def with_placeholders(sites: Sites, candidates: Candidates) -> tuple[Sites, NDArray[np.bool_]]:
    """Add the largest part of every candidate that holds no site, under the candidate's id, and say which these are.

    Raises
    ------
    InputError
        Two rows would bear the same id.
    """
    without = np.setdiff1d(np.arange(len(candidates.ids)), sites.candidate)
    parts, owner = shapely.get_parts(candidates.geometry[without], return_index=True)
    order = np.lexsort((-shapely.area(parts), owner))
    first = order[np.unique(owner[order], return_index=True)[1]]
    ids = np.concatenate([sites.ids, candidates.ids[without]])
    geometry = np.concatenate([sites.geometry, parts[first]])
    merged = Sites(ids, np.concatenate([sites.candidate, without]), geometry, rounded_area(geometry))
    ordered = _by_id(merged, candidates)
    return ordered, np.isin(ordered.candidate, without)
