"""The sheets of the workbook, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from flexsite import __version__
from flexsite.outputs.record import sources
from flexsite.outputs.tables import hectares
from flexsite.outputs.withheld import public_study
from flexsite.outputs.words import words
from flexsite.study.access import output_columns

if TYPE_CHECKING:
    from flexsite.outputs.result import Result

MUNICIPALITY = "municipality"
"""Column of the sites by which the sheet of municipalities adds up."""
OWNER = ("owner_class", "owner")
"""Columns of the sites by which owners add up where the study does not class them."""
_NAME = 31
"""Characters of a sheet's name, by the file format."""
_NOT_SHOWN = {"sites", "waterfall", "owners", "municipalities", "sources", "settings", "columns"}


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, its table, and how many columns stay in view at its left."""

    name: str
    table: pd.DataFrame
    frozen: int = 0


def sheets(result: Result) -> list[Sheet]:
    """All sheets of a run, in order.

    Examples
    --------
    >>> [sheet.name for sheet in sheets(result)]  # doctest: +SKIP
    ['sites', 'ranking_starter', 'waterfall', 'owners', 'municipalities', 'sources', 'settings', 'columns']
    """
    found = [Sheet("sites", pd.DataFrame(result.sites.drop(columns="geometry")), frozen=1)]
    taken = {sheet.name for sheet in found} | _NOT_SHOWN
    for profile in result.study.profiles:
        name = _free(f"ranking_{profile.id}", taken)
        found.append(Sheet(name, ranking(result, profile.id), frozen=2))
    found.append(Sheet("waterfall", result.waterfall))
    found.append(Sheet("owners", owners(result)))
    found.append(Sheet("municipalities", by_column(result, MUNICIPALITY)))
    if result.variants:
        from flexsite.outputs.writing import variants_frame

        found.append(Sheet(_free("variants", taken), variants_frame(result)))
    for name, table in result.tables.items():
        if "site_id" not in table.columns and name != "owners":
            found.append(Sheet(_free(name, taken), table))
    listed = pd.DataFrame(sources(result.study), columns=["layer", "file", "source", "date", "licence", "coverage"])
    found.append(Sheet("sources", listed))
    found.append(Sheet("settings", settings(result)))
    found.append(Sheet("columns", column_words(result, found[0].table)))
    return found


def ranking(result: Result, profile: str) -> pd.DataFrame:
    """Suitable sites of a profile, best first, with what a reader asks first."""
    judged = result.suitability[(result.suitability["profile"] == profile) & result.suitability["suitable"]]
    known = ("area_m2", "route", "net_years", *result.study.columns, "marks", "unknown")
    sites = result.sites.set_index("site_id")
    beside = sites[[name for name in known if name in sites.columns]].reindex(judged["site_id"])
    values = [name for name in judged.columns if name.startswith("v_") and judged[name].notna().any()]
    first = judged[["rank", "site_id", "score", "access_score", "homes", "homes_fit", "missing", *values]]
    table: pd.DataFrame = pd.concat([first.reset_index(drop=True), beside.reset_index(drop=True)], axis=1)
    return table.sort_values("rank", kind="stable", ignore_index=True)


def owners(result: Result) -> pd.DataFrame:
    """Owners by count and by area; empty where the study knows no owner."""
    if "owners" in result.tables:
        return result.tables["owners"]
    name = next((one for one in OWNER if one in result.sites.columns), OWNER[0])
    return by_column(result, name)


def by_column(result: Result, column: str) -> pd.DataFrame:
    """Sites, hectares and homes per value of a column: of all that is available, and of what suits each profile.

    Shares are of the row's profile, by count and by area; sites without a value come last, with an empty one.
    """
    names = ["profile", column, "sites", "sites_share", "area_ha", "area_share", "homes"]
    if column not in result.sites.columns:
        return pd.DataFrame(columns=names)
    sites = result.sites[["site_id", column, "area_m2"]].set_index("site_id")
    rows: list[dict[str, Any]] = []
    for profile, chosen, homes in _chosen(result):
        part = sites.reindex(chosen)
        part["homes"] = homes
        whole = float(part["area_m2"].sum())
        for value, group in part.groupby(column, dropna=False, sort=True):
            area = float(group["area_m2"].sum())
            rows.append(
                {
                    "profile": profile,
                    column: None if pd.isna(value) else value,
                    "sites": len(group),
                    "sites_share": len(group) / len(part),
                    "area_ha": hectares(area),
                    "area_share": area / whole if whole else 0.0,
                    "homes": None if homes is None else int(group["homes"].sum()),
                }
            )
    return pd.DataFrame(rows, columns=names).astype({"homes": "Int64"})


def _chosen(result: Result) -> Iterator[tuple[str, pd.Series[Any], Any]]:
    hidden = set(result.unavailable)
    yield "", result.sites["site_id"][~result.sites["site_id"].isin(hidden)], None
    for profile in result.study.profiles:
        judged = result.suitability[(result.suitability["profile"] == profile.id) & result.suitability["suitable"]]
        yield profile.id, judged["site_id"], judged["homes"].to_numpy()


def settings(result: Result) -> pd.DataFrame:
    """Every value of the study that was run, defaults included, by its key."""
    rows = [("flexsite version", __version__), *_flat(public_study(result.study))]
    return pd.DataFrame(rows, columns=["key", "value"])


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Keys with dots, items of a list by their id, and the plain values under them."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flat(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for place, item in enumerate(value):
            name = item["id"] if isinstance(item, dict) and "id" in item else place
            yield from _flat(item, f"{key}.{name}")
    elif isinstance(value, list):
        yield key, ", ".join(map(str, value))
    else:
        yield key, value


def column_words(result: Result, sites: pd.DataFrame) -> pd.DataFrame:
    """What each column of the sites means, in Dutch and in English."""
    own: dict[str, Any] = {name: column.label for name, column in result.study.columns.items()}
    for measure in result.study.access.measures:
        own |= dict.fromkeys(output_columns(measure), measure.label)
    rows = [(name, *(words(name, own.get(name))[language] for language in ("nl", "en"))) for name in sites.columns]
    return pd.DataFrame(rows, columns=["column", "nl", "en"])


def _free(name: str, taken: set[str]) -> str:
    """A sheet's name within the limit that no other sheet has, whatever the case; notes it as taken."""
    base, number = name[:_NAME], 1
    while base.lower() in taken:
        number += 1
        tail = f"_{number}"
        base = name[: _NAME - len(tail)] + tail
    taken.add(base.lower())
    return base
