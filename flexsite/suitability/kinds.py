"""Whether a target group can live on sites of their kind, and whether the kind's own requirements are met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flexsite.candidates.needed import known, met
from flexsite.study.kind import READ_BY
from flexsite.study.kinds import accepts, kinds_in_use
from flexsite.suitability.requirements import Mask

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.study.kind import Kind
    from flexsite.study.models import Study
    from flexsite.study.profile import Profile

STEP = "kind"
"""Step of the waterfall, and the reason why a site fails whose kind a target group refuses."""


@dataclass(frozen=True)
class KindStep:
    """Which sites pass, and why others do not: reasons with the sites they hold for, in order."""

    passes: Mask
    failed: list[tuple[str, Mask]]


def has_kind_step(study: Study) -> bool:
    """Whether kinds can make a difference: a profile refuses one that is in use, or one has requirements of its own."""
    kinds = kinds_in_use(study)
    refused = any(not accepts(profile, kind, study) for profile in study.profiles for kind in kinds)
    return refused or any(kind.may_fail for kind in kinds)


def judge_kinds(profile: Profile, study: Study, sites: pd.DataFrame) -> KindStep | None:
    """Judge the kinds of the sites for one target group; None where kinds make no difference.

    A requirement of a kind is reported under its name, and as `unknown:<name>` where its column says nothing; what
    homes are counted by, as `unknown:<column>`.

    Parameters
    ----------
    sites
        With `kind` and the columns that kinds need.
    """
    if not has_kind_step(study):
        return None
    of = sites["kind"].to_numpy(dtype=object)
    none = np.zeros(len(sites), dtype=bool)
    refused = none.copy()
    failed: dict[str, Mask] = {}
    for kind in kinds_in_use(study):
        mine = of == kind.id
        if not accepts(profile, kind, study):
            refused |= mine
        for name, where in _own(kind, sites):
            failed[name] = failed.get(name, none) | (where & mine)
    reasons = {STEP: refused, **failed}
    return KindStep(~np.logical_or.reduce(list(reasons.values())), list(reasons.items()))


def _own(kind: Kind, sites: pd.DataFrame) -> list[tuple[str, Mask]]:
    """Why sites of a kind fail by the kind alone, as if all were of it."""
    found: list[tuple[str, Mask]] = []
    for name, requirement in kind.requires.items():
        values = sites[requirement.column].to_numpy(dtype=object if requirement.in_ is not None else float)
        passes, there = met(requirement, values), known(values)
        if requirement.otherwise == "unknown":
            found.append((f"unknown:{name}", ~passes))
            continue
        found += [(f"unknown:{name}", ~there), (name, there & ~passes)]
    read = READ_BY.get(kind.capacity.method)
    if read is not None and read not in {requirement.column for requirement in kind.requires.values()}:
        found.append((f"unknown:{read}", ~known(sites[read].to_numpy(dtype=float))))
    return found
