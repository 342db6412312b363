"""Homes by kind of site: those of a parcel and of the building on it are not one sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flexsite.outputs.tables import hectares
from flexsite.study.kinds import kinds_in_use

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flexsite.study.models import Study

TABLE = "kinds"


def kinds_table(
    study: Study, sites: pd.DataFrame, judged: pd.DataFrame, available: NDArray[np.bool_]
) -> pd.DataFrame | None:
    """Sites, hectares and homes per profile and kind of site; None where all candidates are of one kind.

    Parameters
    ----------
    sites
        With `kind` and `area_m2`.
    judged
        Every site x profile, as in `suitability.parquet`.
    available
        False for rows of `sites` that stand for ground the rules took.

    Returns
    -------
    pandas.DataFrame
        profile, kind, sites, suitable, area_ha and homes of the suitable ones, homes_fit.
    """
    kinds = kinds_in_use(study)
    if len(kinds) < 2:
        return None
    of, area = sites["kind"].to_numpy(dtype=object), sites["area_m2"].to_numpy(dtype=float)
    rows = []
    for profile in study.profiles:
        mine = judged[judged["profile"] == profile.id]
        suitable = mine["suitable"].to_numpy(dtype=bool)
        for kind in kinds:
            here = (of == kind.id) & available
            rows.append(
                {
                    "profile": profile.id,
                    "kind": kind.id,
                    "sites": int(here.sum()),
                    "suitable": int((here & suitable).sum()),
                    "area_ha": hectares(float(area[here & suitable].sum())),
                    "homes": int(mine["homes"].to_numpy()[here & suitable].sum()),
                    "homes_fit": int(mine["homes_fit"].to_numpy()[here & suitable].sum()),
                }
            )
    return pd.DataFrame(rows, columns=["profile", "kind", "sites", "suitable", "area_ha", "homes", "homes_fit"])
