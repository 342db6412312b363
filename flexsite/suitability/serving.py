"""Which group each site serves best, who could live there next, and what is left of sites when a group goes away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flexsite.geometry import Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flexsite.study.models import Study

BEST_FOR = {"site_id": "str", "best_for": "str", "next_best": "str", "groups_n": "int64", "groups": "str"}
ROBUSTNESS = {
    "variant": "str", "from": "str", "to": "str", "groups": "str", "sites": "int64", "area_ha": "float64",
    "homes": "int64", "homes_before": "int64",
}  # fmt: skip
COUNTS = ("1", "2", "3+")
"""How many groups a site serves, as the rows of `robustness_table` have it."""


def best_table(study: Study, judged: pd.DataFrame) -> pd.DataFrame:
    """Tell for every site which group it is best for, and which would come next.

    Scores of groups have no common measure, ranks do: a site is best for the profile of which it stands highest among
    the suitable sites, as rank / number of suitable sites; ties go by the order of the study. `next_best` is the best
    when the demand of that group falls away: a flexmilieu that holds it falls away with it.

    Parameters
    ----------
    judged
        Every site x profile, by profile in the order of the study, then by site: `site_id`, `suitable`, `rank`.

    Returns
    -------
    pandas.DataFrame
        One row per site: site_id, best_for, next_best (both empty for none), groups_n and groups, the groups that can
        live there. Flexmilieus are bundles: they can be the best, and are not counted as a group.
    """
    suitable = _by_profile(judged["suitable"], study, bool)
    ranks = _by_profile(judged["rank"].fillna(0), study, np.float64)
    ids = np.array([*(profile.id for profile in study.profiles), ""], dtype=object)
    none = len(study.profiles)
    numbers = np.maximum(suitable.sum(axis=1, keepdims=True), 1)
    share = np.where(suitable, ranks / numbers, np.inf)
    best = _least(share, none)
    for number, profile in enumerate(study.profiles):
        here = best == number
        falling = [other == number or profile.id in (one.groups or {}) for other, one in enumerate(study.profiles)]
        share[np.ix_(np.flatnonzero(falling), np.flatnonzero(here))] = np.inf
    groups = suitable[_groups(study)]
    names = [profile.id for profile, one in zip(study.profiles, _groups(study), strict=True) if one]
    sites = judged["site_id"].array[: suitable.shape[1]]
    table = pd.DataFrame(
        {
            "site_id": sites,
            "best_for": ids[best],
            "next_best": ids[_least(share, none)],
            "groups_n": groups.sum(axis=0),
            "groups": _named(groups, names),
        }
    )
    return table.astype(BEST_FOR)


def robustness_table(variant: str, study: Study, sites: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Count what is left of the sites of one group when another comes in its place, and how many groups sites serve.

    Parameters
    ----------
    sites
        With `area_m2`, in the order of `judged`.
    judged
        Every site x profile, as for `best_table`, with `homes`.

    Returns
    -------
    pandas.DataFrame
        Per pair of profiles the sites of `from` that are suitable for `to` as well: number, hectares, homes that `to`
        gets there, homes that `from` has there (`homes_before`); the pair of a profile with itself is all it has. Then
        per group how many of its sites serve 1, 2, 3 or more `groups`, itself included; there `to` is empty.
    """
    suitable = _by_profile(judged["suitable"], study, np.int64)
    homes = _by_profile(judged["homes"], study, np.int64) * suitable
    # Whole numbers: their sums are the same in any order.
    area = np.rint(sites["area_m2"].to_numpy(dtype=float) * 100).astype(np.int64)
    left, hundredths = suitable @ suitable.T, (suitable * area) @ suitable.T
    to, before = suitable @ homes.T, homes @ suitable.T
    rows: list[dict[str, Any]] = [
        {"from": one.id, "to": other.id, "groups": "", "sites": left[i, j], "area_ha": hundredths[i, j] / 1e6,
         "homes": to[i, j], "homes_before": before[i, j]}
        for i, one in enumerate(study.profiles) for j, other in enumerate(study.profiles)
    ]  # fmt: skip
    of_groups = _groups(study)
    served = np.minimum(suitable[of_groups].sum(axis=0), len(COUNTS))
    for number in np.flatnonzero(of_groups):
        for at, name in enumerate(COUNTS, start=1):
            here = suitable[number] * (served == at)
            homes_here = int((homes[number] * here).sum())
            rows.append(
                {"from": study.profiles[number].id, "to": "", "groups": name, "sites": here.sum(),
                 "area_ha": int((area * here).sum()) / 1e6, "homes": homes_here, "homes_before": homes_here}
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(ROBUSTNESS)[1:]).assign(variant=variant)[list(ROBUSTNESS)].astype(ROBUSTNESS)


def serving_tables(variant: str, study: Study, sites: pd.DataFrame, judged: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Both tables by name; none for a study of fewer than two profiles, where nothing can be compared."""
    if len(study.profiles) < 2:
        return {}
    return {
        "best_for": best_table(study, judged),
        "robustness": robustness_table(variant, study, sites, judged),
    }


def _by_profile(column: pd.Series, study: Study, kind: Any) -> NDArray[Any]:
    """A column of every site x profile with a row per profile."""
    return column.to_numpy(dtype=kind).reshape(len(study.profiles), -1)


def _groups(study: Study) -> NDArray[np.bool_]:
    """Which profiles are groups, and not bundles of them."""
    return np.array([profile.groups is None for profile in study.profiles], dtype=bool)


def _least(share: Floats, none: int) -> NDArray[np.intp]:
    """Per site the profile with the least share, the first of equals; `none` where there is no finite one."""
    least = share.argmin(axis=0)
    return np.where(np.isfinite(share.min(axis=0)), least, none)


def _named(groups: NDArray[np.bool_], names: list[str]) -> NDArray[np.object_]:
    """Per site the names of its groups, joined by `;`; each combination is put in words once."""
    place = np.zeros(groups.shape[1], dtype=np.int64)
    known = np.zeros(1, dtype=np.int64)
    for row in groups:
        place, known = pd.factorize(place * 2 + row)
    first = np.zeros(len(known), dtype=np.intp)
    first[place[::-1]] = np.arange(len(place))[::-1]
    texts = [";".join(name for name, on in zip(names, column, strict=True) if on) for column in groups[:, first].T]
    return np.array(texts, dtype=object)[place] if len(place) else np.zeros(0, dtype=object)
