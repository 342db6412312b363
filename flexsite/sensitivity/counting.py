"""What a study comes to, per profile, on ground that is laid out: suitable sites, hectares, homes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flexsite.capacity.fitting import homes_fit
from flexsite.outputs.tables import hectares
from flexsite.sensitivity.planning import BASE, Name, steps
from flexsite.study.loading import OF_SEVERAL_RUNS
from flexsite.suitability.judging import judge_profile

if TYPE_CHECKING:
    from flexsite.sensitivity.planning import Asked
    from flexsite.standing import Standing
    from flexsite.study.models import Study

_OUTWARD = frozenset({"name", "outputs", "profiles", *OF_SEVERAL_RUNS})
"""Keys that change no count, and the profiles, which count one by one."""


class Count(NamedTuple):
    """Sites that are suitable for a profile, and what they hold together.

    Attributes
    ----------
    floor_area_m2
        Of the homes; NaN where the unit has no floor area.
    """

    sites: int
    area_ha: float
    homes: int
    homes_fit: int
    floor_area_m2: float


class Counter:
    """Counts studies on the same ground; what was counted before for an equal profile is not counted again."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self._known: dict[tuple[str, str], Count] = {}

    def count(self, study: Study) -> dict[str, Count]:
        """Count per profile.

        Parameters
        ----------
        study
            One whose ground this is.
        """
        around = {name: value for name, value in study.resolved().items() if name not in _OUTWARD}
        surroundings = json.dumps(around, sort_keys=True, default=str)
        counts: dict[str, Count] = {}
        for profile in study.profiles:
            asked = (surroundings, profile.model_dump_json(by_alias=True, exclude_none=True))
            if asked not in self._known:
                self._known[asked] = self._judged(study, profile.id)
            counts[profile.id] = self._known[asked]
        return counts

    def _judged(self, study: Study, profile_id: str) -> Count:
        profile = next(one for one in study.profiles if one.id == profile_id)
        standing = self.standing
        sites, pieces = standing.plain, standing.found.sites
        fit = homes_fit(profile, study, sites)
        verdict = judge_profile(profile, study, sites, fit, pieces.cap, standing.available)
        passed = verdict.steps[-1].sites
        homes = int(verdict.table["homes"].to_numpy()[passed].sum())
        area = profile.unit.floor_area
        return Count(
            sites=int(passed.sum()),
            area_ha=hectares(float(pieces.area_m2[passed].sum())),
            homes=homes,
            homes_fit=int(verdict.table["homes_fit"].to_numpy()[passed].sum()),
            floor_area_m2=np.nan if area is None else round(homes * area, 2),
        )


def counted(ground: list[Asked], standing: Standing, told: Callable[[str], None]) -> dict[Name, dict[str, Count]]:
    """Count every sweep and tornado on some ground, and the study as it is, if this is its ground.

    Parameters
    ----------
    told
        Receives the name of each step as it begins.
    """
    counter = Counter(standing)
    counts: dict[Name, dict[str, Count]] = {}
    for step in steps(ground):
        told(step)
        for one in ground:
            if one.name.purpose != "variant" and one.name.step == step:
                counts[one.name] = counter.count(one.study)
    for one in ground:
        if one.name == Name("variant", BASE):
            counts[one.name] = counter.count(one.study)
    return counts
