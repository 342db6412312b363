"""Counts of many studies as tables: sweeps, and a tornado."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from flexsite.outputs.tables import series
from flexsite.sensitivity.counting import Count
from flexsite.sensitivity.moving import Move
from flexsite.sensitivity.planning import BASE, Name

if TYPE_CHECKING:
    from flexsite.study.models import Study

Counts = Mapping[Name, Mapping[str, Count]]
"""Per study that was asked for, per profile."""
SWEEP = (
    "sweep", "parameter", "value", "parameter2", "value2", "profile", "sites", "area_ha", "homes", "homes_fit",
    "floor_area_m2",
)  # fmt: skip
TORNADO = (
    "profile", "key", "label", "low", "base", "high", "homes_low", "homes_base", "homes_high", "swing", "certainty",
)  # fmt: skip


def sweep_table(study: Study, counts: Counts) -> pd.DataFrame:
    """One row per sweep, point and profile, in the order of the study."""
    rows: list[dict[str, Any]] = []
    for sweep, spec in study.sweep.items():
        parameters = spec.parameters()
        keys = [";".join(keys) for keys, _ in parameters]
        for values in itertools.product(*(taken for _, taken in parameters)):
            (key, value), (key2, value2) = (*zip(keys, values, strict=True), ("", None))[:2]
            point = {"sweep": sweep, "parameter": key, "value": value, "parameter2": key2, "value2": value2}
            found = counts[Name("sweep", sweep, values)]
            rows += [{**point, "profile": profile, **count._asdict()} for profile, count in found.items()]
    table = pd.DataFrame(rows, columns=list(SWEEP))
    return table.assign(**{name: _as_written([row[name] for row in rows]) for name in ("value", "value2")})


def _as_written(values: list[Any]) -> pd.Series[Any]:
    """Values of several parameters: numbers as a column of numbers, else each as it was written."""
    kinds = {type(value) for value in values if value is not None}
    return series(values) if kinds <= {int, float} else pd.Series(values, dtype=object)


def tornado_table(study: Study, moves: list[Move], counts: Counts) -> pd.DataFrame:
    """One row per number and profile whose homes it can move; per profile the largest swing first."""
    base = counts.get(Name("variant", BASE), {})
    rows: list[tuple[int, int, str, dict[str, Any]]] = []
    for move in moves:
        ends = {end: counts.get(Name("tornado", move.key, (end,)), base) for end in ("low", "high")}
        for place, profile in enumerate(study.profiles):
            homes = [one[profile.id].homes for one in (ends["low"], base, ends["high"])]
            swing = max(homes) - min(homes)
            if move.profile not in {None, profile.id} and not swing:
                continue
            row = {
                "profile": profile.id,
                "key": move.key,
                "label": move.label,
                "low": float(move.low),
                "base": float(move.base),
                "high": float(move.high),
                "homes_low": homes[0],
                "homes_base": homes[1],
                "homes_high": homes[2],
                "swing": swing,
                "certainty": move.certainty,
            }
            rows.append((place, -swing, move.key, row))
    rows.sort(key=lambda row: row[:3])
    return pd.DataFrame([row for *_, row in rows], columns=list(TORNADO))
