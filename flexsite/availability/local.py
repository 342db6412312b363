"""Which sites people who know the place speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from flexsite.geometry import Geometries
    from flexsite.layers.notes import Notes

HALF = 0.5
"""Share of the one or of the other above which two polygons are taken for the same ground (design, Sites)."""


@dataclass(frozen=True)
class Spoken:
    """What is said of each site.

    Attributes
    ----------
    verdict
        `favourite`, `veto` or empty; one veto outweighs every favourite.
    reason
        Reasons given for that verdict, sorted, joined by `;`.
    notes
        How many entries lie on the site: verdicts, pins and drawings.
    disputed
        How many sites are a favourite of one and vetoed by another.
    verdicts, others
        (how many lie on no site, of how many) of the verdicts, and of pins and drawings without one.
    """

    verdict: NDArray[np.object_]
    reason: NDArray[np.object_]
    notes: NDArray[np.int64]
    disputed: int
    verdicts: tuple[int, int]
    others: tuple[int, int]

    def warning(self) -> str:
        """What a reader should know, empty where there is nothing."""
        parts = [
            f"{lost} of {all_of} {what} lie on no site"
            for (lost, all_of), what in ((self.verdicts, "verdicts"), (self.others, "pins and drawings"))
            if lost
        ]
        if self.disputed:
            parts.append(f"{self.disputed} sites with a favourite and a veto count as vetoed")
        return "local knowledge: " + ", ".join(parts) if parts else ""


def spoken_of(notes: Notes, sites: Geometries, ids: NDArray[Any]) -> Spoken:
    """Find the sites that the entries of a file of notes are about.

    A point is about the sites it lies in; a polygon about those that share more than half of the site or of the
    polygon with it; a line about those that hold more than half of it; an entry without geometry about the site it
    names.

    Parameters
    ----------
    notes
        From `flexsite.layers.notes.read_notes`, in the CRS of the sites.
    sites
        Polygons.
    ids
        Their `site_id`.
    """
    entry, site = _pairs(notes.shapes, sites)
    named = {str(name): row for row, name in enumerate(ids)}
    bare = [
        (row, named[one["properties"]["site_id"]])
        for row, one in enumerate(notes.features)
        if one["geometry"] is None and one["properties"]["site_id"] in named
    ]
    entry = np.concatenate([entry, np.array([row for row, _ in bare], dtype=np.intp)])
    site = np.concatenate([site, np.array([row for _, row in bare], dtype=np.intp)])
    said = np.array([one["properties"].get("verdict", "") for one in notes.features], dtype=object).reshape(-1)
    favourite, veto = np.zeros(len(sites), dtype=bool), np.zeros(len(sites), dtype=bool)
    favourite[site[said[entry] == "favourite"]] = True
    veto[site[said[entry] == "veto"]] = True
    verdict = np.where(veto, "veto", np.where(favourite, "favourite", "")).astype(object)
    reasons: dict[int, set[str]] = {}
    for row, place in zip(entry.tolist(), site.tolist(), strict=True):
        why = notes.features[row]["properties"].get("reason")
        if why and said[row] == verdict[place]:
            reasons.setdefault(place, set()).add(why)
    reason = np.full(len(sites), "", dtype=object)
    for place, several in reasons.items():
        reason[place] = ";".join(sorted(several))
    lost = np.ones(len(notes.features), dtype=bool)
    lost[entry] = False
    judged = said != ""
    return Spoken(
        verdict=verdict,
        reason=reason,
        notes=np.bincount(site, minlength=len(sites)).astype(np.int64),
        disputed=int((favourite & veto).sum()),
        verdicts=(int((lost & judged).sum()), int(judged.sum())),
        others=(int((lost & ~judged).sum()), int((~judged).sum())),
    )


def _pairs(entries: Geometries, sites: Geometries) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of entries and of sites that belong together."""
    there = np.flatnonzero([shape is not None and not shape.is_empty for shape in entries])
    if not len(there) or not len(sites):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    near, site = shapely.STRtree(sites).query(entries[there], predicate="intersects")
    entry = there[near]
    kind = shapely.get_dimensions(entries[entry])
    keep = kind == 0
    for dimension, measure in ((1, shapely.length), (2, shapely.area)):
        rows = np.flatnonzero(kind == dimension)
        shared = measure(shapely.intersection(entries[entry[rows]], sites[site[rows]]))
        whole = measure(entries[entry[rows]])
        if dimension == 2:
            whole = np.minimum(whole, shapely.area(sites[site[rows]]))
        keep[rows] = shared > HALF * whole
    return entry[keep], site[keep]
