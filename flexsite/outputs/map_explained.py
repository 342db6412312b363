"""From a result to what the card and the panels of its map tell beside the numbers of a site."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from flexsite.outputs.map.explained import PER_HOME, ExplainedInfo, PermitInfo
from flexsite.outputs.permits import TABLE as PERMITS
from flexsite.outputs.writing import variants_frame
from flexsite.study.permits import permits
from flexsite.study.profile import AnyOf

if TYPE_CHECKING:
    from flexsite.outputs.result import Result
    from flexsite.study.models import Study


def explained(result: Result) -> ExplainedInfo:
    """What a result tells beside the numbers of its sites."""
    tables = result.tables
    capacity = tables.get("capacity")
    if capacity is not None:
        capacity = capacity[["site_id", "profile", "homes", *(name for name in PER_HOME if name in capacity)]]
    return ExplainedInfo(
        variants=variants_frame(result) if result.variants else None,
        best=tables.get("best_for"),
        capacity=capacity,
        permits=_permits(result),
        grounds=_grounds(result.study),
        command=f"flexsite run {shlex.quote(result.study.path.name)}",
    )


def _permits(result: Result) -> tuple[PermitInfo, ...]:
    table = result.tables.get(PERMITS)
    if table is None:
        return ()
    labels = {permit.id: permit.label for permit in permits()}
    whole = table.astype(object).where(table.notna(), None)
    return tuple(
        PermitInfo(
            row["route"], labels[row["permit"]], row["weeks"], row["extension"], row["appeal"], row["basis"] or "",
            row["certainty"] or "",
        )
        for row in whole.to_dict(orient="records")
    )  # fmt: skip


def _grounds(study: Study) -> dict[str, dict[str, tuple[str, str]]]:
    """Basis and certainty of each requirement; of its first test where the whole says nothing."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for profile in study.profiles:
        own = {}
        for name, requirement in profile.requires.items():
            first = requirement.any[0] if isinstance(requirement, AnyOf) else requirement
            basis, certainty = requirement.basis or first.basis, requirement.certainty or first.certainty
            if basis or certainty:
                own[name] = (basis or "", certainty or "")
        if own:
            found[profile.id] = own
    return found
