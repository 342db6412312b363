"""Homes by kind of site: on the ground, on its unused part, in a building, on a roof, on plots.

=========  ==========================================================================================
method     homes, rounded down
=========  ==========================================================================================
`ground`   area x usable share x density of the unit
`unused`   area x (1 - used share) x usable share x density of the unit
`floor`    floor area x factor / (floor area of a home x (1 + shared space))
`roof`     area x usable share x extra storeys / (floor area of a home / form factor)
`plots`    area / plot area
=========  ==========================================================================================

`most`, where a kind gives it, bounds each. What a method reads and nobody knows leaves no homes. The first is the
contract's formula, exactly, for a kind without a usable share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flexsite.study.kind import PER_HOME, READ_BY
from flexsite.study.kinds import kinds_in_use

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.study.kind import Kind
    from flexsite.study.models import Study
    from flexsite.study.units import Unit

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
_ON_GROUND = ("ground", "unused")
_CRUMB = 1e-9


def ground_area(study: Study, sites: pd.DataFrame) -> Floats:
    """Square metres of each site that a density per hectare is counted over.

    All of it, but for kinds of which a part is in use or cannot be used; 0 where that part is not known.
    """
    area: Floats = sites["area_m2"].to_numpy(dtype=float, copy=True)
    for kind, rows in _by_kind(study, sites):
        capacity = kind.capacity
        if capacity.method == "unused":
            used = sites["used_share"].to_numpy(dtype=float)[rows]
            area[rows] *= np.where(np.isnan(used), 0.0, 1.0 - used)
        if capacity.usable_share is not None and capacity.method in _ON_GROUND:
            area[rows] *= capacity.number("usable_share")
    return area


def by_kind(unit: Unit, study: Study, sites: pd.DataFrame, on_ground: Integers) -> Integers:
    """Homes of each site by its kind.

    Parameters
    ----------
    unit
        The home.
    sites
        With `kind`, `area_m2` and the columns that kinds need.
    on_ground
        Homes at the density of the unit over `ground_area`; they stand for kinds whose homes are counted so.
    """
    homes = on_ground
    for kind, rows in _by_kind(study, sites):
        capacity = kind.capacity
        if capacity.method not in _ON_GROUND:
            homes = homes.copy() if homes is on_ground else homes
            homes[rows] = _whole(_counted(kind, unit, sites.iloc[rows]))
        if capacity.most is not None:
            homes = homes.copy() if homes is on_ground else homes
            homes[rows] = np.minimum(homes[rows], int(capacity.number("most")))
    return homes


def on_new_ground(study: Study, sites: pd.DataFrame) -> NDArray[np.bool_]:
    """Sites whose homes stand on ground of their own: not in a building or on a roof that is there already."""
    new = np.ones(len(sites), dtype=bool)
    for kind, rows in _by_kind(study, sites):
        new[rows] = kind.capacity.method not in PER_HOME
    return new


def _counted(kind: Kind, unit: Unit, sites: pd.DataFrame) -> Floats:
    """Homes before rounding; 0 where the unit has no floor area to divide by, which is refused for who accepts them."""
    capacity = kind.capacity
    area: Floats = sites["area_m2"].to_numpy(dtype=float)
    if capacity.method == "plots":
        return area / capacity.number("plot_area")
    if unit.floor_area is None:
        return np.zeros(len(sites))
    if capacity.method == "floor":
        floor: Floats = sites[READ_BY["floor"]].to_numpy(dtype=float)
        return floor * capacity.number("factor") / (unit.floor_area * (1 + capacity.number("shared_space")))
    form = unit.form_factor or capacity.number("form_factor")
    usable = area * capacity.number("usable_share") * capacity.number("extra_storeys")
    return usable * form / unit.floor_area


def _whole(homes: Floats) -> Integers:
    return np.floor(np.nan_to_num(homes) + _CRUMB).astype(np.int64)


def _by_kind(study: Study, sites: pd.DataFrame) -> list[tuple[Kind, NDArray[np.intp]]]:
    """The kinds of a study that count otherwise than land, each with the rows of its sites."""
    special = [kind for kind in kinds_in_use(study) if kind.capacity.method != "ground" or kind.capacity.parameters()]
    if not special:
        return []
    of = sites["kind"].to_numpy(dtype=object)
    return [(kind, np.flatnonzero(of == kind.id)) for kind in special]
