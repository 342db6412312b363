"""How many homes the ground of a site holds for a profile, before caps and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.capacity.methods import by_kind, ground_area
from flexsite.capacity.parking import parking_need

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.study.models import Study
    from flexsite.study.profile import Profile

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def homes_fit(profile: Profile, study: Study, sites: pd.DataFrame) -> Integers:
    """Homes of a profile that each site holds, before `homes.max` and caps of rules.

    Parameters
    ----------
    sites
        One row per site, with `area_m2`, `kind` and every column and measure of the study.

    Raises
    ------
    InputError
        The parking norms of the study cannot be read, or do not go with its levels.
    """
    fit = on_ground(ground_area(study, sites), density(profile, study, sites))
    return by_kind(profile.unit, study, sites, fit)


def density(profile: Profile, study: Study, sites: pd.DataFrame) -> float | Floats:
    """Homes per gross hectare: the unit's own, or per site what parking leaves of it where the study asks for that."""
    need = parking_need(profile, study, sites)
    return profile.unit.homes_per_ha if need is None else need.density


def on_ground(area_m2: Floats, homes_per_ha: float | Floats) -> Integers:
    """Homes that ground holds at a density per gross hectare (design, Homes).

    Examples
    --------
    >>> on_ground(np.array([2500.0, 10000.0]), 80).tolist()
    [20, 80]
    """
    return np.floor(area_m2 * homes_per_ha / 10000 + 1e-9).astype(np.int64)
