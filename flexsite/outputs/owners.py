"""Whose land the sites are: their columns, and owners by count and by area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from flexsite.availability.leading import windows
from flexsite.outputs.tables import hectares, series
from flexsite.outputs.withheld import WITHHELD, private_layers
from flexsite.study.owners import OWNER_CLASSES, PREEMPTION, PUBLIC_SELECTION, owner_layers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexsite.availability.owners import Owned
    from flexsite.availability.tile import Pieces
    from flexsite.study.models import Study

Mask = NDArray[np.bool_]
OWNERS = {
    "profile": "str",
    "owner_class": "str",
    "sites": "Int64",
    "share_sites": "float64",
    "area_ha": "float64",
    "share_area": "float64",
    "homes": "Int64",
}
"""Columns of the table of owners and their types."""
PRINTED = 3
"""Profiles whose owners are printed; all are in the table."""


def add_owners(sites: pd.DataFrame, owned: Owned, study: Study) -> None:
    """Give the sites their columns on owners, and the marks that follow from them; changes the sites."""
    area = sites["area_m2"].to_numpy(dtype=float)
    sites["owner_class"] = series(owned.classes(), as_text=True)
    sites["owner_share"] = owned.share(area)
    if study.owners is not None and study.owners.right is not None:
        sites["right"] = series(owned.rights(), as_text=True)
    sites["price_class"] = series(owned.prices(), as_text=True)
    hidden = any(place == "owners.preemption" and name in private_layers(study) for place, name in owner_layers(study))
    preemption = WITHHELD if hidden else PREEMPTION
    _note(sites, "marks", preemption, owned.preemption)
    _note(sites, "marks", PUBLIC_SELECTION, owned.public_selection(area))
    _note(sites, "unknown", preemption, owned.preemption_unknown)


def _note(sites: pd.DataFrame, column: str, name: str, rows: Mask) -> None:
    if rows.any():
        texts = sites[column].astype(object).to_numpy(copy=True)
        texts[rows] = [f"{text};{name}" if text else name for text in texts[rows].tolist()]
        sites[column] = series(texts, as_text=True)


def add_windows(sites: pd.DataFrame, pieces: Pieces, study: Study) -> None:
    """Give the sites their windows, each with its own preparing, and the moves that follow; changes the sites."""
    days = pd.ArrowDtype(pa.date32())
    owner = sites["owner_class"].to_numpy(dtype=object) if "owner_class" in sites.columns else None
    found = windows(study, pieces.route, owner, pieces.available_until, pieces.mark_until)
    sites["available_from"] = pd.Series(found.available_from, dtype=days)
    sites["net_years"] = found.net_years
    if found.lead_months is not None:
        sites["lead_months"] = found.lead_months
    sites["moves"] = pd.arrays.IntegerArray(np.nan_to_num(found.moves).astype(np.int64), np.isnan(found.moves))
    sites["bridging"] = found.bridging


def owners_table(
    study: Study, sites: pd.DataFrame, judged: pd.DataFrame, owned: Owned, available: Mask
) -> pd.DataFrame:
    """Owners of all available sites and of those that suit each profile, by count and by area.

    Parameters
    ----------
    sites
        With `owner_class`, in code point order of `site_id`.
    judged
        Every site x profile.
    available
        False for rows that stand for ground the rules took.

    Returns
    -------
    pandas.DataFrame
        `OWNERS`: a row for every class, whether it has sites or not. By count a site counts for the class that holds
        most of it, and its homes with it; by area every class counts for the ground that it has. Shares are 0..1 of the
        profile's; empty where it has no site.
    """
    owner = owned.owner
    rows: list[dict[str, Any]] = []
    for profile, chosen, homes in _chosen(study, sites, judged, available):
        count = np.bincount(owner[chosen], minlength=len(OWNER_CLASSES))
        area = owned.area_m2[chosen].sum(axis=0)
        fit = None if homes is None else np.bincount(owner[chosen], weights=homes[chosen], minlength=len(OWNER_CLASSES))
        for place, name in enumerate(OWNER_CLASSES):
            rows.append(
                {
                    "profile": profile,
                    "owner_class": name,
                    "sites": int(count[place]),
                    "share_sites": count[place] / count.sum() if count.sum() else np.nan,
                    "area_ha": hectares(float(area[place])),
                    "share_area": area[place] / area.sum() if area.sum() > 0 else np.nan,
                    "homes": None if fit is None else int(fit[place]),
                }
            )
    return pd.DataFrame(rows, columns=list(OWNERS)).astype(OWNERS)


def owners_lines(table: pd.DataFrame, things: str) -> list[str]:
    """The table in words, for all available sites and for the first profiles: largest shares first.

    Parameters
    ----------
    things
        What rows of the sites are called: sites or cells.

    Examples
    --------
    >>> rows = [("", "state", 1, 0.25, 2.0, 0.4, None), ("", "other", 3, 0.75, 3.0, 0.6, None)]
    >>> owners_lines(pd.DataFrame(rows, columns=list(OWNERS)), "sites")
    ['owners of all available sites by count: other 75 %, state 25 %; by area: other 60 %, state 40 %']
    """
    lines = []
    groups = list(table.groupby("profile", sort=False))
    for profile, rows in groups[: 1 + PRINTED]:
        shares = [_ordered(rows, name) for name in ("share_sites", "share_area")]
        if all(shares):
            who = f"{things} suitable for {profile!s}" if profile else f"all available {things}"
            lines.append(f"owners of {who} by count: {shares[0]}; by area: {shares[1]}")
    if len(groups) > 1 + PRINTED:
        lines.append(f"owners for all {len(groups) - 1} profiles: owners.csv")
    return lines


def _ordered(rows: pd.DataFrame, share: str) -> str:
    held = rows[rows[share] > 0].sort_values(share, ascending=False, kind="stable")
    names = [str(name) for name in held["owner_class"]]
    return ", ".join(f"{name} {100 * part:.3g} %" for name, part in zip(names, held[share].tolist(), strict=True))


def _chosen(
    study: Study, sites: pd.DataFrame, judged: pd.DataFrame, available: Mask
) -> Iterator[tuple[str, Mask, NDArray[np.int64] | None]]:
    yield "", available, None
    for place, profile in enumerate(study.profiles):
        rows = judged.iloc[place * len(sites) : (place + 1) * len(sites)]
        yield profile.id, rows["suitable"].to_numpy(dtype=bool), rows["homes"].to_numpy(dtype=np.int64)
