"""The tables of a result: waterfall, taken, excluded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from flexsite.geometry import Floats, rounded_area
from flexsite.values import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyproj import CRS

    from flexsite.availability.finding import Available
    from flexsite.candidates import Candidates
    from flexsite.study.models import Study
    from flexsite.study.untested import Untested
    from flexsite.suitability.judging import Verdict

WATERFALL = {
    "variant": "str",
    "stage": "str",
    "profile": "str",
    "step": "Int64",
    "rule": "str",
    "effect": "str",
    "class": "str",
    "candidates": "Int64",
    "sites": "Int64",
    "area_ha": "float64",
    "removed_ha": "float64",
    "touched_ha": "float64",
    "only_ha": "float64",
    "unknown_ha": "float64",
    "homes": "Int64",
    "homes_fit": "Int64",
}
"""Columns of the waterfall and their types."""
EMPTY_SUITABILITY = pd.DataFrame(
    {
        name: pd.Series([], dtype=kind)
        for name, kind in {
            "site_id": "str",
            "profile": "str",
            "suitable": "bool",
            "failed": "str",
            "missing": "str",
            "score": "float64",
            "access_score": "float64",
            "rank": "Int64",
            "homes": "int64",
            "homes_fit": "int64",
        }.items()
    }
)
MIN_SIZE = "min_size"


def series(values: Iterable[Any], *, as_text: bool = False) -> pd.Series[Any]:
    """Values as a column of one type: whole numbers, numbers, booleans or text, with empty places for missing ones."""
    listed = values.tolist() if isinstance(values, np.ndarray) and values.dtype.kind in "Obiuf" else list(values)
    if set(map(type, listed)) <= {str, type(None)}:
        return pd.Series(listed, dtype="str")
    listed = [None if value is None or value != value else value for value in listed]
    kinds = set(map(type, listed)) - {type(None)}
    if not as_text and kinds:
        if all(issubclass(kind, bool | np.bool_) for kind in kinds):
            return pd.Series(listed, dtype="boolean")
        if all(issubclass(kind, int | np.integer) and not issubclass(kind, bool) for kind in kinds):
            return pd.Series(listed, dtype="Int64")
        if all(
            issubclass(kind, int | float | np.integer | np.floating) and not issubclass(kind, bool) for kind in kinds
        ):
            return pd.Series(listed, dtype="float64")
    return pd.Series([None if value is None else text_of(value) for value in listed], dtype="str")


def hectares(square_metres: float) -> float:
    """Hectares to the 0.01 m2 that areas are rounded to."""
    return round(square_metres / 1e4, 6) + 0.0


def availability_rows(variant: str, found: Available, untested: Sequence[Untested] = ()) -> list[dict[str, Any]]:
    """Rows of the waterfall from `start` to `min_size`.

    Rules that are untested for want of a layer come after those that act: they remove nothing, and all ground that is
    left is unknown.
    """
    ground = found.ground
    real = ~found.sites.stand_in
    common = {"variant": variant, "stage": "availability", "profile": ""}
    left = hectares(float(ground.start_m2.sum()))
    rows: list[dict[str, Any]] = [
        {
            **common,
            "step": 0,
            "rule": "start",
            "effect": "",
            "class": "",
            "candidates": int((ground.start_m2 > 0).sum()),
            "area_ha": left,
            "removed_ha": 0.0,
        }
    ]
    for number, step in enumerate(found.steps, start=1):
        after = round(step.area_ha, 6)
        rows.append(
            {
                **common,
                "step": number,
                "rule": step.rule,
                "effect": step.effect,
                "class": step.hardness,
                "candidates": step.candidates,
                "area_ha": after,
                "removed_ha": round(left - after, 6) + 0.0,
                "touched_ha": round(step.touched_ha, 6),
                "only_ha": round(step.only_ha, 6),
                "unknown_ha": round(step.unknown_ha, 6),
            }
        )
        left = after
    for one in untested:
        nothing = {"removed_ha": 0.0, "touched_ha": 0.0, "only_ha": 0.0, "unknown_ha": left}
        about = {"step": len(rows), "rule": one.id, "effect": one.effect, "class": one.rule.hardness}
        rows.append({**common, **about, "candidates": rows[-1]["candidates"], "area_ha": left, **nothing})
    after = hectares(float(found.sites.area_m2[real].sum()))
    rows.append(
        {
            **common,
            "step": len(rows),
            "rule": MIN_SIZE,
            "effect": "",
            "class": "",
            "candidates": len(np.unique(found.sites.candidate[real])),
            "sites": int(real.sum()),
            "area_ha": after,
            "removed_ha": round(left - after, 6) + 0.0,
        }
    )
    return rows


def suitability_rows(variant: str, profile: str, verdict: Verdict, area_m2: Floats) -> list[dict[str, Any]]:
    """Rows of the waterfall from `available` to `homes.min` for one profile."""
    rows: list[dict[str, Any]] = []
    homes, fit = verdict.table["homes"].to_numpy(), verdict.table["homes_fit"].to_numpy()
    for number, step in enumerate(verdict.steps):
        area = hectares(float(area_m2[step.sites].sum()))
        removed = round(rows[-1]["area_ha"] - area, 6) + 0.0 if rows else 0.0
        rows.append(
            {
                "variant": variant,
                "stage": "suitability",
                "profile": profile,
                "step": number,
                "rule": step.rule,
                "effect": "",
                "class": "",
                "sites": int(step.sites.sum()),
                "area_ha": area,
                "removed_ha": removed,
                "homes": int(homes[step.sites].sum()),
                "homes_fit": int(fit[step.sites].sum()),
            }
        )
    return rows


def waterfall_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a table with the columns and types of the design."""
    table = pd.DataFrame(rows, columns=list(WATERFALL))
    return table.astype(WATERFALL)


def taken_frame(found: Available, candidates: Candidates, study: Study) -> pd.DataFrame:
    """What each rule took from each candidate at its turn, and touched, in m2; `min_size` is what is too small."""
    small = _too_small(found)
    left = np.flatnonzero(small > 0)
    rules = [*(rule.id for rule in study.rules), MIN_SIZE]
    parts = [found.ground.taken[rule] for rule in rules[:-1]]
    index = np.concatenate([*(taken.index for taken in parts), left])
    rule = np.repeat(np.arange(len(rules)), [*(len(taken.index) for taken in parts), len(left)])
    # Candidates stand in code point order of their id: rows in their order are in that of the text.
    order = np.lexsort((rule, index))
    return pd.DataFrame(
        {
            "candidate_id": pd.array(candidates.ids, dtype="str").take(index[order]),
            "rule": pd.array(rules, dtype="str").take(rule[order]),
            "taken_m2": np.concatenate([*(taken.taken_m2 for taken in parts), small[left]])[order],
            "touched_m2": np.concatenate([*(taken.touched_m2 for taken in parts), small[left]])[order],
        }
    )


def _too_small(found: Available) -> Floats:
    """m2 per candidate that is left by the rules and lies in no site."""
    ground, real = found.ground, ~found.sites.stand_in
    kept = np.bincount(found.sites.candidate[real], weights=found.sites.area_m2[real], minlength=len(ground.area_m2))
    small: Floats = np.round(ground.area_m2 - kept, 2)
    return np.maximum(small, 0.0)


def excluded_frame(found: Available, candidates: Candidates, study: Study, crs: CRS) -> gpd.GeoDataFrame:
    """The ground that each rule took at its turn, per candidate, and the parts too small for a site."""
    frames: list[pd.DataFrame] = []
    for place, rule in enumerate(study.rules):
        taken = found.ground.taken[rule.id]
        rows = np.flatnonzero(taken.taken_m2 > 0)
        frames.append(
            pd.DataFrame(
                {
                    "candidate_id": candidates.ids[taken.index[rows]],
                    "rule": rule.id,
                    "area_m2": taken.taken_m2[rows],
                    "geometry": taken.geometry[rows],
                    "place": place,
                }
            )
        )
    owner = found.small.candidate
    if len(owner):
        lost = found.small.shapes.geometry()
        frames.append(
            pd.DataFrame(
                {
                    "candidate_id": candidates.ids[owner],
                    "rule": MIN_SIZE,
                    "area_m2": rounded_area(lost),
                    "geometry": lost,
                    "place": len(study.rules),
                }
            )
        )
    table = (
        pd.concat(frames, ignore_index=True)
        if frames
        else pd.DataFrame(columns=["candidate_id", "rule", "area_m2", "geometry", "place"])
    )
    table = table.iloc[np.lexsort((table["place"].to_numpy(dtype=int), table["candidate_id"].to_numpy().astype(str)))]
    return gpd.GeoDataFrame(
        {
            "candidate_id": table["candidate_id"].astype("str").reset_index(drop=True),
            "rule": table["rule"].astype("str").reset_index(drop=True),
            "area_m2": table["area_m2"].astype("float64").reset_index(drop=True),
        },
        geometry=table["geometry"].to_numpy(dtype=object),
        crs=crs,
    )


__all__ = [
    "EMPTY_SUITABILITY",
    "WATERFALL",
    "availability_rows",
    "excluded_frame",
    "hectares",
    "series",
    "suitability_rows",
    "taken_frame",
    "waterfall_frame",
]
