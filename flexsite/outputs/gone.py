"""Why ground is gone: by the rules that claim it at once, in shapes, in sums, and on a grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexsite.geometry import rounded_area, union_groups
from flexsite.outputs.tables import MIN_SIZE

if TYPE_CHECKING:
    from pyproj import CRS

    from flexsite.availability.finding import Available
    from flexsite.availability.overlaps import Masks
    from flexsite.candidates import Candidates
    from flexsite.study.models import Study


COMBINATIONS = {"rules": "str", "area_ha": "float64", "candidates": "int64"}


@dataclass(frozen=True)
class Spots:
    """What claims the ground at the centres of cells.

    Attributes
    ----------
    cell, west, north
        Metres of a side, and the corner of the first cell in cells from the origin of the CRS of the study.
    code
        (rows, columns) from the north: 0 where no candidate lies, else 1 + the place in `rules`.
    rules
        Ids in their order, joined by `;`; empty where no rule claims the ground.
    """

    cell: float
    west: int
    north: int
    code: NDArray[np.uint16]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Gone:
    """The ground that rules took; each part is None where it was not kept.

    Attributes
    ----------
    parts
        candidate_id, rules, area_m2 and the ground, cut where a rule ends: `rules` are all that claim it, as ids in
        their order joined by `;`, the first being the one that took it at its turn; what is too small for a site has
        the name of that step.
    combinations
        The same summed over candidates, in full: rules, area_ha and how many candidates have such ground.
    spots
        For runs too large for all shapes.
    """

    parts: gpd.GeoDataFrame | None = None
    combinations: pd.DataFrame | None = None
    spots: Spots | None = None

    def without(self, hidden: set[str], shown: Mapping[str, str]) -> Gone:
        """As an audience may see it from which rules are hidden.

        No line on the map is theirs alone; in the sums they appear under the names in `shown`.
        """
        return Gone(
            None if self.parts is None else _parts_without(self.parts, hidden),
            None if self.combinations is None else _renamed(self.combinations, shown),
            None if self.spots is None else _spots_without(self.spots, hidden),
        )


def gone_ground(found: Available, candidates: Candidates, study: Study, crs: CRS) -> Gone:
    """What is known of the ground that rules took from the candidates of a study."""
    return Gone(_parts(found, candidates, study, crs), _combinations(found, study), _spots(found, study))


def _parts(found: Available, candidates: Candidates, study: Study, crs: CRS) -> gpd.GeoDataFrame | None:
    overlaps = found.ground.overlaps
    if overlaps is None or any(shape is None for shape in overlaps.geometry):
        return None
    owner, small = found.small.candidate, found.small.shapes.geometry()
    row = np.concatenate([overlaps.candidate, owner])
    rules = np.concatenate([_named(overlaps.mask, study), np.full(len(owner), MIN_SIZE, dtype=object)])
    area = np.concatenate([overlaps.area_m2, rounded_area(small)])
    order = np.argsort(row, kind="stable")
    return gpd.GeoDataFrame(
        {
            "candidate_id": pd.array(candidates.ids[row[order]], dtype="str"),
            "rules": pd.array(rules[order], dtype="str"),
            "area_m2": area[order],
        },
        geometry=np.concatenate([overlaps.geometry, small])[order],
        crs=crs,
    )


def _combinations(found: Available, study: Study) -> pd.DataFrame | None:
    overlaps = found.ground.overlaps
    if overlaps is None:
        return None
    masks, place, count = np.unique(overlaps.mask, return_inverse=True, return_counts=True)
    area = np.round(np.bincount(place, overlaps.area_m2, minlength=len(masks)) / 1e4, 6) + 0.0
    table = pd.DataFrame({"rules": _named(masks, study), "area_ha": area, "candidates": count}).astype(COMBINATIONS)
    return table.sort_values("rules", kind="stable", ignore_index=True)


def _spots(found: Available, study: Study) -> Spots | None:
    spots = found.spots
    if spots is None:
        return None
    frame = spots.frame
    return Spots(frame.cell, frame.west, frame.north, spots.code, tuple(_named(spots.masks, study).tolist()))


def _named(masks: Masks, study: Study) -> NDArray[np.object_]:
    """Ids of the rules of masks, in their order, joined by `;`."""
    ids = [rule.id for rule in study.rules]
    few, place = np.unique(masks, return_inverse=True)
    texts = [";".join(name for bit, name in enumerate(ids) if int(mask) >> bit & 1) for mask in few]
    return np.array([*texts, ""], dtype=object)[place]


def _parts_without(frame: gpd.GeoDataFrame, hidden: set[str]) -> gpd.GeoDataFrame:
    kept = frame["rules"].map(_less(frame["rules"], hidden)).astype("str")
    frame = frame.assign(rules=kept)[kept != ""].reset_index(drop=True)
    key = pd.factorize(frame["candidate_id"] + "\n" + frame["rules"])[0]
    whole = union_groups(frame.geometry.to_numpy(), key)
    plain = pd.DataFrame(frame.drop(columns="geometry"))
    plain["area_m2"] = plain.groupby(key)["area_m2"].transform("sum").round(2)
    return gpd.GeoDataFrame(
        plain.drop_duplicates(["candidate_id", "rules"], ignore_index=True), geometry=whole.geometry, crs=frame.crs
    )


def _renamed(table: pd.DataFrame, shown: Mapping[str, str]) -> pd.DataFrame:
    texts = {
        text: ";".join(dict.fromkeys(shown.get(name, name) for name in text.split(";"))) for text in table["rules"]
    }
    renamed = table.assign(rules=table["rules"].map(texts))
    return renamed.groupby("rules", sort=True, as_index=False).sum().astype(COMBINATIONS)


def _spots_without(spots: Spots, hidden: set[str]) -> Spots:
    less = _less(spots.rules, hidden)
    names = tuple(sorted({less[text] for text in spots.rules}))
    place = np.array([0, *(1 + names.index(less[text]) for text in spots.rules)], dtype=np.uint16)
    return replace(spots, code=place[spots.code], rules=names)


def _less(texts: Iterable[str], hidden: set[str]) -> dict[str, str]:
    return {text: ";".join(name for name in text.split(";") if name not in hidden) for text in dict.fromkeys(texts)}
