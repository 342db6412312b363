"""How far a preview is from the truth: a bound that needs no exact run, and the difference with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flexsite import candidates as candidate_room
from flexsite.availability.finding import find
from flexsite.availability.work import Crew
from flexsite.geometry import Geometries
from flexsite.notices import Notices
from flexsite.outputs.tables import hectares
from flexsite.preview.tally import Sums
from flexsite.study.kinds import of_one_kind
from flexsite.study.loading import vary

if TYPE_CHECKING:
    from flexsite.availability.account import Step
    from flexsite.layers import Layers
    from flexsite.study.models import Study

_SIDE = 1000.0
"""Metres of the cells in which the exact run of a grid study goes: hectares per rule do not depend on them."""


def exact_steps(
    study: Study, layers: Layers, area: Geometries, told: Callable[[str], None], workers: int | None
) -> tuple[float, list[Step]]:
    """Ground before any rule (ha), and the steps of the exact rules on the study's own candidates.

    The cells of a grid study are made larger: what rules take does not depend on them, only the time does.
    """
    grid = study.candidates.grid
    if grid is not None and grid < _SIDE:
        study = of_one_kind(vary(study, {"candidates": {"grid": _SIDE}}, place="exact run"), "a preview")
    candidates = candidate_room.build(study, layers, area, Notices())
    crew = Crew(workers)
    found = find(study, layers, candidates, Notices(), told, crew, keep_taken=False, keep_all=False)
    return float(found.ground.start_m2.sum()) / 1e4, found.steps


def summary(sums: Sums, names: dict[str, str], exact: tuple[float, list[Step]] | None) -> dict[str, Any]:
    """What `preview.json` says of the error, per rule and in all; hectares, and per cent of the ground at start.

    Parameters
    ----------
    names
        Under which each rule appears.
    exact
        From `exact_steps`, where asked for.
    """
    steps: list[dict[str, Any]] = []
    for place, step in enumerate(sums.steps):
        steps.append(
            {
                "rule": names[step.rule],
                "area_ha": hectares(step.area_ha * 1e4),
                "bound_ha": round(sums.bound_ha[place], 6),
                "shared_ha": round(sums.mixed_ha[place], 6),
            }
        )
    found: dict[str, Any] = {
        "bound_ha": steps[-1]["bound_ha"] if steps else 0.0,
        "bound_pct": _percent(steps[-1]["bound_ha"] if steps else 0.0, sums.start_ha),
        "steps": steps,
    }
    if exact is None:
        return found
    start, true = exact
    before = 0.0
    for row, step in zip(steps, true, strict=True):
        difference = row["area_ha"] - step.area_ha
        row["exact_area_ha"] = hectares(step.area_ha * 1e4)
        row["difference_ha"] = round(difference, 6) + 0.0
        row["difference_pct"] = _percent(difference, start)
        row["removed_difference_ha"] = round(before - difference, 6) + 0.0
        before = difference
    found["exact_start_ha"] = hectares(start * 1e4)
    found["difference_ha"] = steps[-1]["difference_ha"] if steps else 0.0
    found["difference_pct"] = steps[-1]["difference_pct"] if steps else 0.0
    return found


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 6) + 0.0 if whole else 0.0
