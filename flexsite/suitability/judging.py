"""One profile against all sites: suitable or why not, homes, score, rank and the waterfall of its requirements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flexsite.geometry import Floats
from flexsite.study.access import CountMeasure, NearestMeasure, StandardMeasure, SumMeasure
from flexsite.study.local import STEP as LOCAL
from flexsite.suitability.kinds import STEP, judge_kinds
from flexsite.suitability.requirements import Mask, judge, subject_column, values_of
from flexsite.suitability.scoring import Integers, ranks, score, value, weighted_sum

if TYPE_CHECKING:
    from flexsite.study.models import Study
    from flexsite.study.profile import Criterion, Profile


@dataclass(frozen=True)
class Passing:
    """Sites that pass a step and all before it."""

    rule: str
    sites: Mask


@dataclass(frozen=True)
class Verdict:
    """What a profile makes of the sites.

    Attributes
    ----------
    table
        One row per site: site_id, profile, suitable, failed, missing, score, access_score, rank, homes, homes_fit,
        v_<criterion>...
    steps
        Who is left after each requirement, in order; the first is all sites.
    """

    table: pd.DataFrame
    steps: list[Passing]


def judge_profile(
    profile: Profile, study: Study, sites: pd.DataFrame, fit: Integers, cap: Floats, available: Mask | None = None
) -> Verdict:
    """Judge every site for one target group.

    Parameters
    ----------
    sites
        Sites in code point order of `site_id`, with their columns and measures.
    fit
        Homes that the ground of each site holds.
    cap
        Largest number of homes that rules allow per site; infinite without one.
    available
        False for rows that stand for ground the rules took: these fail as `available`.
    """
    count = len(sites)
    place = f"profile '{profile.id}'"
    most = np.minimum(cap, np.inf if profile.homes.max is None else profile.homes.max)
    if available is not None:
        fit = np.where(available, fit, 0)
    homes = np.minimum(fit, most).astype(np.int64)

    left = np.ones(count, bool) if available is None else available.copy()
    steps = [Passing("available", left.copy())]
    failed: list[tuple[str, Mask]] = [("available", ~left)]

    def require(name: str, passes: Mask, unknown: Mask | None = None) -> None:
        nonlocal left
        if unknown is not None:
            failed.append((f"unknown:{name}", unknown))
            failed.append((name, ~passes & ~unknown))
        else:
            failed.append((name, ~passes))
        left = left & passes
        steps.append(Passing(name, left.copy()))

    kinds = judge_kinds(profile, study, sites)
    if kinds is not None:
        failed += kinds.failed
        left = left & kinds.passes
        steps.append(Passing(STEP, left.copy()))
    if study.local is not None and study.local.veto == "exclude":
        require(LOCAL, sites["local_verdict"].to_numpy(dtype=object) != "veto")
    for name, requirement in profile.requires.items():
        outcome = judge(requirement, study, sites, f"{place}, requires.{name}")
        require(name, outcome.passes, outcome.unknown & ~outcome.passes)
    net_years = sites["net_years"].to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        require("term", np.isnan(net_years) | (net_years >= profile.term.min))
    require("homes.min", homes >= profile.homes.min)

    values, missing = _criteria(profile, study, sites, place)
    weights = [criterion.weight for criterion in profile.criteria.values()]
    access = [_is_access(criterion, study) for criterion in profile.criteria.values()]
    mean = score(list(values.values()), weights, count)
    access_mean = score(
        [column for column, on in zip(values.values(), access, strict=True) if on],
        [weight for weight, on in zip(weights, access, strict=True) if on],
        count,
    )
    rank = ranks(weighted_sum(list(values.values()), weights, count), left)
    table = pd.DataFrame(
        {
            "site_id": sites["site_id"].array,
            "profile": profile.id,
            "suitable": left,
            "failed": _joined(failed, count),
            "missing": _joined(missing, count),
            "score": np.where(left, mean, np.nan),
            "access_score": np.where(left, access_mean, np.nan),
            "rank": pd.arrays.IntegerArray(np.where(left, rank, 1), ~left),
            "homes": homes,
            "homes_fit": fit,
            **{f"v_{name}": column for name, column in values.items()},
        }
    )
    return Verdict(table, steps)


def _criteria(
    profile: Profile, study: Study, sites: pd.DataFrame, place: str
) -> tuple[dict[str, Integers], list[tuple[str, Mask]]]:
    values: dict[str, Integers] = {}
    missing: list[tuple[str, Mask]] = []
    for name, criterion in profile.criteria.items():
        column = subject_column(criterion.measure, criterion.column, study)
        at = f"{place}, criteria.{name}"
        x = np.full(len(sites), np.nan) if column is None else values_of(sites, column, study, at)
        values[name] = value(x, criterion)
        missing.append((name, np.isnan(x)))
    return values, missing


def _is_access(criterion: Criterion, study: Study) -> bool:
    """Distances, times, counts, sums and service levels are access; a value or share on the site itself is not."""
    kinds = (NearestMeasure, CountMeasure, SumMeasure, StandardMeasure)
    return any(measure.id == criterion.measure and isinstance(measure, kinds) for measure in study.access.measures)


def _joined(masks: list[tuple[str, Mask]], count: int) -> pd.api.extensions.ExtensionArray:
    """Per site the names whose mask holds, in order, joined by `;`."""
    if not masks:
        return pd.array([""], dtype="str").take(np.zeros(count, dtype=np.intp))
    # Few of all combinations occur: each is put in words once.
    bits = np.packbits(np.stack([mask for _, mask in masks], axis=1), axis=1)
    place = np.zeros(count, dtype=np.int64)
    for column in bits.T:
        place, known = pd.factorize(place * 256 + column)
    first = np.zeros(len(known), dtype=np.intp)
    first[place[::-1]] = np.arange(count)[::-1]
    held = np.unpackbits(bits[first], axis=1, count=len(masks)).astype(bool)
    texts = [";".join(name for (name, _), on in zip(masks, row, strict=True) if on) for row in held.tolist()]
    return pd.array(texts, dtype="str").take(place)
