"""What the map tells beside the numbers of a site: permits, other groups, people, variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from flexsite.outputs.map.columns import labelled, plain, text_of, texts

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.outputs.map.columns import Columns
    from flexsite.outputs.map.data import Label

PER_HOME = ("floor_area_m2", "rooms", "people")
"""What the table of capacity has by home."""


@dataclass(frozen=True)
class PermitInfo:
    """A way to a permit on a route: weeks in which is decided (None: no term of law), weeks on top, weeks of appeal."""

    route: str
    label: Label
    weeks: int | None
    extension: int | None
    appeal: int
    basis: str = ""
    certainty: str = ""


@dataclass(frozen=True)
class ExplainedInfo:
    """What is told beside the numbers of a site; all of it may be missing.

    `variants` has the columns variant, profile, sites, area_ha and homes; `best` site_id, best_for and next_best;
    `capacity` site_id, profile, homes and `PER_HOME`. `grounds` gives basis and certainty by profile and requirement,
    `command` is how this run is made again.
    """

    variants: pd.DataFrame | None = None
    best: pd.DataFrame | None = None
    capacity: pd.DataFrame | None = None
    permits: tuple[PermitInfo, ...] = ()
    grounds: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)
    command: str = "flexsite run study.yaml"


def explained_meta(columns: Columns, told: ExplainedInfo, ids: list[str]) -> dict[str, Any]:
    """What stands of it in the description of the block; `ids` are the sites in the order of the map."""
    return {
        "variants": [] if told.variants is None else _records(told.variants),
        "best": None if told.best is None else _best(columns, told.best, ids),
        "capacity": {} if told.capacity is None else _capacity(columns, told.capacity, ids),
        "permits": [
            {
                "route": item.route,
                "label": labelled(item.label),
                "weeks": plain(item.weeks),
                "extension": plain(item.extension),
                "appeal": plain(item.appeal),
                "basis": item.basis,
                "certainty": item.certainty,
            }
            for item in told.permits
        ],
        "grounds": {profile: {name: list(one) for name, one in own.items()} for profile, own in told.grounds.items()},
        "command": told.command,
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "variant": text_of(row["variant"]),
            "profile": text_of(row["profile"]),
            **{name: plain(row[name]) for name in ("sites", "area_ha", "homes")},
        }
        for row in frame.to_dict(orient="records")
    ]


def _best(columns: Columns, frame: pd.DataFrame, ids: list[str]) -> dict[str, Any]:
    rows = frame.set_index(frame["site_id"].astype(str)).reindex(ids)
    return {name: columns.text(texts(rows, name)) for name in ("best_for", "next_best")}


def _capacity(columns: Columns, frame: pd.DataFrame, ids: list[str]) -> dict[str, Any]:
    """Per profile what a home brings where that is one number, else what each site has."""
    found: dict[str, Any] = {}
    for profile, rows in frame.groupby("profile", sort=False):
        by_site = rows.set_index(rows["site_id"].astype(str))
        homes = by_site["homes"].to_numpy(dtype=np.float64)
        own: dict[str, Any] = {}
        for name in PER_HOME:
            if name not in by_site or not by_site[name].notna().any():
                continue
            values = by_site[name].to_numpy(dtype=np.float64, na_value=np.nan)
            per_home = float(values[homes > 0][0] / homes[homes > 0][0]) if (homes > 0).any() else 0.0
            if np.allclose(values, homes * round(per_home, 6), rtol=1e-9, atol=1e-6):
                own[name] = {"each": round(per_home, 6)}
            else:
                spread = by_site[name].reindex(ids).to_numpy(dtype=np.float64, na_value=np.nan)
                own[name] = {"value": columns.number(spread, 2)}
        if own:
            found[str(profile)] = own
    return found
