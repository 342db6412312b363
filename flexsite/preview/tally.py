"""The waterfall of a preview: amounts per row of the grid become hectares per rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flexsite.availability.account import Step, effect_of
from flexsite.geometry import Floats
from flexsite.kernel.scan import TOTALS
from flexsite.outputs.tables import MIN_SIZE, hectares
from flexsite.preview.bands import Done
from flexsite.preview.claims import Claim
from flexsite.preview.grid import Grid
from flexsite.preview.patches import Patches
from flexsite.preview.sources import Source

if TYPE_CHECKING:
    from flexsite.study.models import Study


@dataclass(frozen=True)
class Sums:
    """Totals over the grid.

    Attributes
    ----------
    start_ha, cells
        Ground before any rule, and how many cells have any.
    steps
        What each rule did; `candidates` are cells.
    bound_ha, mixed_ha
        Per rule: how much the ground left after it can differ from the truth at most, and the ground in cells where
        it can differ.
    """

    start_ha: float
    cells: int
    steps: list[Step]
    bound_ha: list[float]
    mixed_ha: list[float]


class Tally:
    """Adds up bands; per row first, so that the sum does not depend on the bands."""

    def __init__(self) -> None:
        self._start: list[Floats] = []
        self._totals: list[Floats] = []
        self._alone: list[Floats] = []

    def add(self, done: Done) -> None:
        """Count a band; from north to south."""
        self._start.append(done.start)
        self._totals.append(done.totals)
        self._alone.append(done.alone)

    def sums(self, ground: Source, claims: Sequence[Claim], study: Study, grid: Grid, *, centres: bool) -> Sums:
        """Totals in hectares."""
        start = np.concatenate(self._start)
        totals = np.concatenate(self._totals, axis=1)
        alone = iter(np.concatenate(self._alone).sum(axis=0))
        column = {name: totals[:, :, place].sum(axis=1) for place, name in enumerate(TOTALS)}
        start_ha = float(start[:, 0].sum()) * grid.hectares
        if centres:
            entered = np.cumsum([claim.entered(grid) if claim.takes else 0 for claim in claims]).astype(float)
            edge = ground.entered(grid)  # of ground without a centre nothing is known
            column["error"] = column["mixed"] = np.minimum(entered, start_ha / grid.hectares) + edge
        steps = [
            Step(
                rule=claim.rule.id,
                effect=effect_of(claim.rule, study),
                hardness=claim.rule.hardness,
                candidates=int(column["cells"][k]),
                area_ha=float(column["left"][k]) * grid.hectares,
                touched_ha=float(column["touched"][k]) * grid.hectares,
                only_ha=float(next(alone)) * grid.hectares if claim.takes else 0.0,
                unknown_ha=float(column["unknown"][k]) * grid.hectares
                if claim.rule.outside_coverage == "unknown"
                else 0.0,
            )
            for k, claim in enumerate(claims)
        ]
        return Sums(
            start_ha,
            int(start[:, 1].sum()),
            steps,
            [float(value) * grid.hectares for value in column["error"]],
            [float(value) * grid.hectares for value in column["mixed"]],
        )


def rows(sums: Sums, patches: Patches, names: dict[str, str]) -> list[dict[str, Any]]:
    """Rows of the waterfall, in the columns of a run: `candidates` are cells.

    Parameters
    ----------
    names
        Under which each rule appears.
    """
    common = {"variant": "preview", "stage": "availability", "profile": ""}
    left = hectares(sums.start_ha * 1e4)
    blank = {"effect": "", "class": ""}
    found = [{**common, **blank, "step": 0, "rule": "start", "candidates": sums.cells, "area_ha": left,
              "removed_ha": 0.0}]  # fmt: skip
    for number, step in enumerate(sums.steps, start=1):
        after = hectares(step.area_ha * 1e4)
        found.append(
            {
                **common, "step": number, "rule": names[step.rule], "effect": step.effect, "class": step.hardness,
                "candidates": step.candidates, "area_ha": after, "removed_ha": round(left - after, 6) + 0.0,
                "touched_ha": hectares(step.touched_ha * 1e4), "only_ha": hectares(step.only_ha * 1e4),
                "unknown_ha": hectares(step.unknown_ha * 1e4),
            }
        )  # fmt: skip
        left = after
    after = hectares(float(patches.area_m2.sum()))
    found.append(
        {**common, **blank, "step": len(found), "rule": MIN_SIZE, "candidates": int(patches.cells.sum()),
         "area_ha": after, "removed_ha": round(left - after, 6) + 0.0}
    )  # fmt: skip
    return found
