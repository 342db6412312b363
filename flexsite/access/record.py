"""What is told about access besides its measures: entrances, counts for the record, warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexsite.access.context import NETWORK_MODES

if TYPE_CHECKING:
    from flexsite.access.context import Context
    from flexsite.access.streets.model import NetworkMode

COLUMNS = ("mode", "site_id", "x", "y", "leg_m")


def entrances(context: Context, ids: NDArray[np.object_]) -> tuple[NDArray[np.bool_], pd.DataFrame]:
    """Where sites meet the streets.

    Parameters
    ----------
    ids
        (n,) ids of the sites.

    Returns
    -------
    (n,) sites without an entrance for walkers, and a table of the entrances of every mode in use: x and y in the
    study's CRS, metres of the straight leg.
    """
    no_access = np.zeros(len(ids), bool)
    tables = [pd.DataFrame(columns=list(COLUMNS))]
    for mode in used_modes(context):
        found = context.streets().entrances(mode)
        if mode == "walk":
            no_access[:] = True
            no_access[found.owner] = False
        columns = (mode, ids[found.owner], found.xy[:, 0], found.xy[:, 1], found.leg)
        tables.append(pd.DataFrame(dict(zip(COLUMNS, columns, strict=True))))
    return no_access, tables[0] if len(tables) == 1 else pd.concat(tables[1:], ignore_index=True)


def used_modes(context: Context) -> list[NetworkMode]:
    """Modes along streets that measures use; walking in any study with streets."""
    used = {"walk"} | {getattr(one, "mode", None) for one in context.access.measures}
    return [mode for mode in NETWORK_MODES if mode in used and context.network is not None]


def info(context: Context, columns: pd.DataFrame, no_access: NDArray[np.bool_]) -> dict[str, Any]:
    """Counts for run.json."""
    measures = {name: {"sites_without_answer": int(columns[name].isna().sum())} for name in columns}
    answer: dict[str, Any] = {"measures": measures}
    network = context.network
    if network is not None and len(context.sites):
        streets = network.streets
        kilometres = round(float(streets.length.sum()) / 1000, 1)
        answer["streets"] = {
            "file": streets.name, "edges": len(streets), "junctions": len(streets.node_id), "km": kilometres,
        }  # fmt: skip
        answer["islands"] = {mode: streets.source.islands(mode).report() for mode in used_modes(context)}
        answer["sites_without_entrance"] = int(no_access.sum())
        answer["places"] = {
            f"{name}, {mode}": {"read": read, "with_entrance": entered}
            for (name, mode), (read, entered) in sorted(network.places.items())
        }
    if context.counts:
        answer["timetable"] = dict(sorted(context.counts.items()))
    return answer


def warnings(context: Context, columns: pd.DataFrame, no_access: NDArray[np.bool_]) -> list[str]:
    """What the user should know."""
    count, snap, network = len(context.sites), context.access.max_snap, context.network
    said = []
    if no_access.any():
        said.append(
            f"{no_access.sum()} of {count} {context.noun} have no street to walk on within {snap:g} m, "
            "or only across a barrier: mark no_access"
        )
    for (source, mode), (read, entered) in sorted(network.places.items()) if network is not None else []:
        if entered < read:
            said.append(
                f"{read - entered} of {read} places of {source} cannot be reached by mode {mode}: "
                f"no street within {snap:g} m, or only across a barrier"
            )
    for name, missing in sorted(context.without_value.items()):
        said.append(f"measure {name}: {missing} places without a value count as 0")
    said += context.said
    said.extend(f"{name} is empty for all {count} sites" for name in columns if count and columns[name].isna().all())
    return said
