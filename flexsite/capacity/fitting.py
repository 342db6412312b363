"""How many homes the ground of a site holds for a profile, before caps and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.study.models import Study
    from flexsite.study.profile import Profile

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def homes_fit(profile: Profile, study: Study, sites: pd.DataFrame) -> Integers:  # noqa: ARG001 - the study's kinds come
    """Homes of a profile that each site holds, before `homes.max` and caps of rules.

    Parameters
    ----------
    sites
        One row per site, with `area_m2` and every column and measure of the study.

    Examples
    --------
    >>> import pandas as pd
    >>> from flexsite.study.profile import Profile
    >>> starter = Profile.model_validate({"id": "starter", "unit": {"homes_per_ha": 80}})
    >>> homes_fit(starter, None, pd.DataFrame({"area_m2": [2500.0, 10000.0]})).tolist()
    [20, 80]
    """
    return on_ground(sites["area_m2"].to_numpy(dtype=float), profile.unit.homes_per_ha)


def on_ground(area_m2: Floats, homes_per_ha: float | Floats) -> Integers:
    """Homes that ground holds at a density per gross hectare (design, Homes).

    Examples
    --------
    >>> on_ground(np.array([2500.0, 10000.0]), 80).tolist()
    [20, 80]
    """
    return np.floor(area_m2 * homes_per_ha / 10000 + 1e-9).astype(np.int64)
