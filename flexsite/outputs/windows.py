"""How long sites stay free: how many reach which term."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexsite.availability.leading import moves
from flexsite.outputs.tables import hectares
from flexsite.study.owners import default_terms

if TYPE_CHECKING:
    from flexsite.study.models import Study

WINDOWS = {
    "profile": "str",
    "term": "float64",
    "sites": "Int64",
    "area_ha": "float64",
    "homes": "Int64",
    "median_net_years": "float64",
    "moves": "Int64",
}
"""Columns of the table of windows and their types."""
_TERM = "term"


def asks_windows(study: Study) -> bool:
    """Whether windows are counted: the study names terms, or a rule says from when ground is needed."""
    return study.terms is not None or any(getattr(rule, "until", None) is not None for rule in study.rules)


def windows_table(
    study: Study, sites: pd.DataFrame, judged: pd.DataFrame, available: NDArray[np.bool_]
) -> pd.DataFrame:
    """Sites whose net years reach each term: of all available ones, and of those that meet the rest of a profile.

    Parameters
    ----------
    sites
        With `net_years`, in code point order of `site_id`.
    judged
        Every site x profile, with `failed` and `homes`.
    available
        False for rows that stand for ground the rules took.

    Returns
    -------
    pandas.DataFrame
        `WINDOWS`: the median is that of the counted sites with a known end, empty where there is none; moves are those
        of homes that stand for the whole term.
    """
    net = sites["net_years"].to_numpy(dtype=float, na_value=np.nan)
    area = sites["area_m2"].to_numpy(dtype=float)
    groups: list[tuple[str, NDArray[np.bool_], NDArray[np.int64] | None]] = [("", available, None)]
    for place, profile in enumerate(study.profiles):
        rows = judged.iloc[place * len(sites) : (place + 1) * len(sites)]
        passes = rows["failed"].isin(["", _TERM]).to_numpy(dtype=bool)
        groups.append((profile.id, passes, rows["homes"].to_numpy(dtype=np.int64)))
    found: list[dict[str, Any]] = []
    for profile_id, passes, homes in groups:
        for term in default_terms() if study.terms is None else study.terms:
            with np.errstate(invalid="ignore"):
                chosen = passes & (np.isnan(net) | (net >= term))
            ends = net[chosen & ~np.isnan(net)]
            found.append(
                {
                    "profile": profile_id,
                    "term": term,
                    "sites": int(chosen.sum()),
                    "area_ha": hectares(float(area[chosen].sum())),
                    "homes": None if homes is None else int(homes[chosen].sum()),
                    "median_net_years": float(np.median(ends)) if len(ends) else np.nan,
                    "moves": int(moves(study.payback, np.array([np.nan]), term)[0]),
                }
            )
    return pd.DataFrame(found, columns=list(WINDOWS)).astype(WINDOWS)
