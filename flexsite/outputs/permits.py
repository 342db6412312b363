"""Which permits the sites of a run need, and how long these take by law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from flexsite.outputs.tables import hectares
from flexsite.study.permits import permits_on
from flexsite.study.rule import RouteRule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flexsite.study.models import Study

TABLE = "permits"
"""Name of the table."""
_ORDER = ("allowed", "check", "deviation", "unlisted", "unknown")
_TYPES = {
    "route": "str",
    "permit": "str",
    "weeks": "Int64",
    "extension": "Int64",
    "appeal": "Int64",
    "basis": "str",
    "certainty": "str",
    "sites": "Int64",
    "area_ha": "float64",
}


def _is_dutch(study: Study) -> bool:
    """Whether Dutch law is meant: a province, or rules of the Dutch library."""
    rules = [*study.rules, *(one.rule for one in study.untested)]
    return study.province is not None or any((rule.library or "").startswith("nl") for rule in rules)


def permits_frame(study: Study, sites: pd.DataFrame, available: NDArray[Any]) -> pd.DataFrame | None:
    """The permits that are a way on each route that occurs, as the law is on the date of the study.

    Parameters
    ----------
    sites
        With `route` and `area_m2`.
    available
        False for rows that are no site.

    Returns
    -------
    pandas.DataFrame or None
        route, permit, weeks (empty: no term of law, it takes years), extension (weeks on top, once), appeal (weeks for
        objection and then for appeal, together), basis, certainty, sites and area_ha of the route; by route, then as
        in the rulebook. None for a study without a route rule, or that uses none of the Dutch rules.
    """
    if not any(isinstance(rule, RouteRule) for rule in study.rules) or not _is_dutch(study):
        return None
    known = permits_on(study.date)
    rows: list[dict[str, Any]] = []
    for route in _ORDER:
        areas = sites.loc[available & (sites["route"] == route).to_numpy(), "area_m2"]
        if not len(areas):
            continue
        rows += [
            {
                "route": route,
                "permit": permit.id,
                "weeks": permit.weeks,
                "extension": permit.extension,
                "appeal": permit.objection + permit.appeal,
                "basis": permit.basis,
                "certainty": permit.certainty,
                "sites": len(areas),
                "area_ha": hectares(float(areas.sum())),
            }
            for permit in known
            if route in permit.routes
        ]
    return pd.DataFrame(rows, columns=list(_TYPES)).astype(_TYPES)
