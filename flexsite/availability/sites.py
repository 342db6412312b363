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
    from flexsite.study.layer import Candidates as Spec

Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Sites:
    """Available pieces.

    Attributes
    ----------
    candidate
        Row of its candidate.
    geometry
        One polygon each.
    area_m2
        Rounded to 0.01 m2.
    """

    candidate: Indices
    geometry: Geometries
    area_m2: Floats

    def __len__(self) -> int:
        return len(self.candidate)


@dataclass(frozen=True)
class Parts:
    """All connected parts of the ground that is left, and which of them are sites."""

    candidate: Indices
    geometry: Geometries
    area_m2: Floats
    kept: NDArray[np.bool_]

    def sites(self) -> Sites:
        """The parts that are kept."""
        rows = np.flatnonzero(self.kept)
        return Sites(self.candidate[rows], self.geometry[rows], self.area_m2[rows])


def parts_of(ground: Geometries, spec: Spec) -> Parts:
    """Connected parts of the ground, tested against the smallest area (m2) and width (m) of a site."""
    parts, candidate = shapely.get_parts(ground, return_index=True)
    area = rounded_area(parts)
    kept = (area > 0) & (area >= spec.min_area)
    if spec.min_width > 0:
        rows = np.flatnonzero(kept)
        core = buffered(parts[rows], -spec.min_width / 2)
        kept[rows] = ~shapely.is_empty(core)
    return Parts(candidate, parts, area, kept)


def placeholders(sites: Sites, candidates: Geometries) -> Sites:
    """The largest part of every candidate that holds no site."""
    without = np.setdiff1d(np.arange(len(candidates)), sites.candidate)
    parts, owner = shapely.get_parts(candidates[without], return_index=True)
    order = np.lexsort((-shapely.area(parts), owner))
    first = order[np.unique(owner[order], return_index=True)[1]]
    return Sites(without, parts[first], rounded_area(parts[first]))


def numbered(candidate: Indices, bounds: Floats, area_m2: Floats, names: Texts) -> tuple[Texts, Indices]:
    """Ids of sites, and their order by id in code point order.

    One site bears its candidate's id, several get `.1`, `.2`... by falling area, then x, then y of the bounds.

    Parameters
    ----------
    candidate, bounds, area_m2
        Of the sites: row of the candidate, (n, 4) box, and area.
    names
        Ids of the candidates.

    Raises
    ------
    InputError
        Two sites would bear the same id.
    """
    order = np.lexsort((bounds[:, 1], bounds[:, 0], -area_m2, candidate))
    counts = np.bincount(candidate, minlength=len(names))
    firsts = np.cumsum(counts) - counts
    number = np.empty(len(candidate), dtype=np.int64)
    number[order] = np.arange(len(candidate)) - firsts[candidate[order]] + 1
    ids = names[candidate] if len(candidate) else empty_geometries()
    for row in np.flatnonzero(counts[candidate] > 1):
        ids[row] = f"{ids[row]}.{number[row]}"
    order = in_order(ids)
    twice = np.flatnonzero(ids[order[1:]] == ids[order[:-1]])
    if len(twice):
        first, second = order[twice[0]], order[twice[0] + 1]
        raise InputError(
            f"two sites would bear the id '{ids[first]}'",
            where=f"candidates '{names[candidate[first]]}' and '{names[candidate[second]]}'",
            remedy="rename one of the two candidates",
        )
    return ids, order


def in_order(texts: Texts) -> Indices:
    """Places of texts in code point order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # Arrow orders text by its UTF-8 bytes, which is the order of code points.
    order: Indices = pc.sort_indices(pa.array(texts, pa.large_string())).to_numpy().astype(np.intp)
    return order
