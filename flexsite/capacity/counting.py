"""The tables of capacity: homes with their floor area, rooms, people and parking, per suitable site and in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexsite.capacity.living import Living, living
from flexsite.capacity.methods import on_new_ground
from flexsite.capacity.mixing import mix_above, ordinary
from flexsite.capacity.norms import load_norm
from flexsite.capacity.parking import Need, parking_need, refuse_parking
from flexsite.errors import InputError
from flexsite.study.capacity import norms_of
from flexsite.study.households import household_types

if TYPE_CHECKING:
    from pathlib import Path

    from flexsite.study.models import Study
    from flexsite.study.profile import Profile

Floats = NDArray[np.float64]
SUMMED = ("homes", "homes_fit", "floor_area_m2", "footprint_m2", "rooms", "people", "households")
_MIXED = ("ordinary", "ordinary_most")
_SHARES = ("unfit_share", "refused_share", "later_share")


def refuse_norms(study: Study) -> None:
    """Refuse norms of capacity that cannot be read, or that are no norms of what they are named for.

    Raises
    ------
    InputError
        With the key in the study, or the place in the file of norms.
    """
    capacity = norms_of(study)
    _norm(study, "rooms", capacity.rooms)
    if capacity.occupancy is not None:
        _norm(study, "occupancy", capacity.occupancy)
    refuse_parking(study)
    rooms = load_norm(capacity.rooms)
    for profile in study.profiles:
        living(profile, rooms)


def _norm(study: Study, key: str, name: str | Path) -> None:
    norm = load_norm(name)
    if not (norm.rooms if key == "rooms" else norm.homes):
        what = "rooms that households need" if key == "rooms" else "households that homes are meant for"
        other = "aedes or almere2021" if key == "rooms" else "haaglanden or gooi2018"
        raise InputError(
            f"the norm '{norm.id}' says nothing of {what}",
            where=f"{study.path.name}, capacity.{key}",
            remedy=f"choose another, such as {other}",
        )


def capacity_frame(study: Study, sites: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """What the homes on every suitable site mean, by profile in the order of the study, then `site_id`.

    Parameters
    ----------
    sites
        Sites with their columns and measures.
    judged
        Every site x profile, as in `suitability.parquet`; rows of a profile in the order of the sites.

    Returns
    -------
    pandas.DataFrame
        site_id, profile, homes, homes_fit; floor_area_m2 (use area), footprint_m2 (ground under new buildings), rooms,
        people and households; hh_<type>; unfit_share, and with an occupancy norm refused_share and later_share;
        ordinary and ordinary_most; with parking norms parking_norm (spaces per home), parking_spaces and
        parking_assumed. Empty where the profile does not say. Parts of people and homes are expectations.
    """
    norms = norms_of(study)
    rooms = load_norm(norms.rooms)
    occupancy = None if norms.occupancy is None else load_norm(norms.occupancy)
    lives = [living(profile, rooms, occupancy) for profile in study.profiles]
    types = [name for name in household_types() if any(name in one.by_type for one in lives)]
    parts = []
    for number, (profile, lived) in enumerate(zip(study.profiles, lives, strict=True)):
        block = judged.iloc[number * len(sites) : (number + 1) * len(sites)]
        rows = np.flatnonzero(block["suitable"].to_numpy(dtype=bool))
        need = parking_need(profile, study, sites.iloc[rows])
        built = on_new_ground(study, sites.iloc[rows])
        parts.append(_part(profile, study, block.iloc[rows], lived, types, built, need))
    if not parts:
        return pd.DataFrame({"site_id": pd.Series(dtype="str"), "profile": pd.Series(dtype="str")})
    return pd.concat(parts, ignore_index=True)


def _part(
    profile: Profile,
    study: Study,
    rows: pd.DataFrame,
    lived: Living,
    types: list[str],
    built: NDArray[np.bool_],
    need: Need | None,
) -> pd.DataFrame:
    homes = rows["homes"].to_numpy(dtype=np.int64)
    unit = profile.unit

    def each(amount: float | None) -> Floats:
        return np.full(len(homes), np.nan) if amount is None else np.round(homes * amount, 6)

    def same(share: float | None) -> Floats:
        return np.full(len(homes), np.nan if share is None else share)

    columns = {
        "site_id": rows["site_id"].array,
        "profile": rows["profile"].array,
        "homes": homes,
        "homes_fit": rows["homes_fit"].to_numpy(dtype=np.int64),
        "floor_area_m2": each(unit.floor_area),
        "footprint_m2": np.where(built, each(unit.footprint), 0.0),
        "rooms": each(unit.rooms),
        "people": each(lived.people),
        "households": each(lived.households),
    }
    known = bool(lived.by_type)
    columns |= {f"hh_{name}": each(lived.by_type.get(name, 0.0) if known else None) for name in types}
    columns["unfit_share"] = same(lived.unfit)
    if norms_of(study).occupancy is not None:
        columns |= {"refused_share": same(lived.refused), "later_share": same(lived.later)}
    if profile.mix is None:
        columns |= dict.fromkeys(_MIXED, same(None))
    else:
        above = norms_of(study).mix_above
        shared_out = ordinary(homes, profile.mix, mix_above() if above is None else above)
        columns |= {"ordinary": shared_out.least, "ordinary_most": shared_out.most}
    if need is not None:
        columns |= {
            "parking_norm": np.round(need.norm, 6),
            "parking_spaces": np.ceil(np.round(homes * need.norm, 6)),
            "parking_assumed": need.assumed,
        }
    return pd.DataFrame(columns)


def totals_frame(variant: str, study: Study, sites: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Sums per profile of `capacity_frame`: sites, hectares, homes and what they mean.

    `unfit_homes`, `refused_homes` and `later_homes` are the homes of households that do not fit, or that the homes are
    not meant for. Never add people over profiles: the same site serves several, and people belong to several groups.
    """
    area = sites.set_index("site_id")["area_m2"]
    rows = []
    for profile in study.profiles:
        own = table[table["profile"] == profile.id]
        row: dict[str, object] = {
            "variant": variant,
            "profile": profile.id,
            "sites": len(own),
            "area_ha": round(float(area.reindex(own["site_id"]).sum()) / 1e4, 6),
        }
        for name in table.columns:
            if name in SUMMED or name in _MIXED or name.startswith("hh_") or name == "parking_spaces":
                row[name] = _sum(own[name])
            elif name in _SHARES:
                row[name.replace("_share", "_homes")] = _sum(own[name] * own["homes"])
            elif name == "parking_assumed":
                row["parking_assumed_sites"] = int(own[name].sum())
        rows.append(row)
    totals = pd.DataFrame(rows)
    whole = ("sites", "homes", "homes_fit", "parking_assumed_sites")
    return totals.astype({name: "int64" for name in whole if name in totals.columns})


def parking_text(study: Study, table: pd.DataFrame, things: str) -> str:
    """What to say of parking norms that rest on something unknown; nothing where there is none."""
    if "parking_assumed" not in table.columns or not len(table):
        return ""
    if norms_of(study).level is None:
        return "parking: without 'capacity.level' the norm does not fall with public transport"
    rows = table[table["parking_assumed"].to_numpy(dtype=bool)]
    if not len(rows):
        return ""
    few, all_ = rows["site_id"].nunique(), table["site_id"].nunique()
    return (
        f"parking: public transport, regulation or cycling is not known for {few} of {all_} suitable {things}; "
        "nothing is taken off the norm for it"
    )


def _sum(column: pd.Series[float]) -> float:
    """Sum of a column, empty where a site's amount is not known; of no sites zero."""
    total = column.sum(skipna=False) if len(column) else 0.0
    return round(float(total), 6)
