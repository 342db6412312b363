"""Screening: a user's own plots against the rules and profiles of a study, every plot kept as a row."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from flexsite.errors import InputError
from flexsite.outputs.folder import RUN_RECORD
from flexsite.outputs.geopackage import write_gpkg
from flexsite.outputs.record import record, write_json
from flexsite.outputs.storing import stored
from flexsite.outputs.tables import MIN_SIZE, series
from flexsite.outputs.text_table import write_csv
from flexsite.outputs.withheld import shown_rules
from flexsite.pipeline import Progress, run_one
from flexsite.study.loading import resolve
from flexsite.study.yaml_source import Document

if TYPE_CHECKING:
    from flexsite.availability.work import Crew
    from flexsite.outputs.result import Result
    from flexsite.study.models import Study

PLOTS = "screened_plots"
"""Name of the layer with the plots in the study that screens them."""
VERDICTS = {
    "available": {"nl": "geheel beschikbaar", "en": "available as a whole"},
    "partly": {"nl": "deels beschikbaar", "en": "partly available"},
    "too_small": {"nl": "rest te klein of te smal", "en": "what is left is too small or narrow"},
    "excluded": {"nl": "uitgesloten", "en": "excluded"},
    "outside_area": {"nl": "buiten het studiegebied", "en": "outside the study area"},
}
"""Verdicts on a plot, and their words on screens."""


@dataclass(frozen=True)
class Screening:
    """Every plot with its verdict; `result` is the run behind it."""

    plots: gpd.GeoDataFrame
    result: Result


def screen(
    plots: str | Path,
    study: Study,
    *,
    id_column: str | None = None,
    layer: str | None = None,
    progress: Progress | None = None,
    crew: Crew | None = None,
) -> Screening:
    """Screen plots with the rules, measures and profiles of a study.

    Parameters
    ----------
    plots
        File with polygons.
    study
        From `flexsite.load`; its candidates are replaced by the plots, which are of the kind of its first candidates
        and have what that needs where they have columns of the same name; its area only says which plots lie outside.
    id_column
        Column with the id of a plot; left out, a column `plot_id` or `id` if there is one, else the feature id.
    layer
        Layer in the file, where it holds several.
    progress
        Told the name of each step as it begins.
    crew
        Who works, and where results of steps are kept.

    Returns
    -------
    Screening
        One row per plot: plot_id, area_m2, available_m2, verdict, rules (those that took ground), then the columns of
        its largest site, or
        of the whole plot where no site is left, then `<rule>_m2` per rule, and per profile its columns of the
        suitability table.

    Raises
    ------
    InputError
        As `flexsite.run`.
    """
    path = Path(plots)
    if not path.exists():
        raise InputError("there is no such file", where=f"plots '{plots}'", remedy="check the path")
    candidates: dict[str, Any] = {**study.tree["candidates"], "layer": PLOTS}
    needed = candidates.get("columns") or {}
    for key in ("grid", "id", "join", "also", "columns"):
        candidates.pop(key, None)
    file = os.path.relpath(path.absolute(), study.path.parent.absolute())
    own = resolve(_tree(study, file, layer, candidates), Document(study.path, None, {}), {})
    fields = _fields(own)
    names = {"id": id_column or next((name for name in ("plot_id", study.candidates.id, "id") if name in fields), None)}
    there = {ours: theirs for ours, theirs in needed.items() if theirs in fields}
    more = {key: value for key, value in {**names, "columns": there}.items() if value}
    if more:
        own = resolve(_tree(study, file, layer, {**candidates, **more}), Document(study.path, None, {}), {})
    result = run_one(own, "base", progress or (lambda _: None), crew, keep_all=True)
    return Screening(_rows(result, study), result)


def write(screening: Screening, folder: Path) -> None:
    """Write `screen.gpkg`, `screen.csv`, `waterfall.csv`, `map.html` and `run.json`, all or nothing."""
    result = screening.result
    with stored(folder) as stage:
        write_csv(pd.DataFrame(screening.plots.drop(columns="geometry")), stage / "screen.csv")
        labels = {verdict: words[result.study.language] for verdict, words in VERDICTS.items()}
        write_gpkg(screening.plots, stage / "screen.gpkg", "screen", style=('"verdict"', labels))
        write_csv(result.waterfall, stage / "waterfall.csv")
        result.map().save(stage / "map.html")
        write_json(record(result), stage / RUN_RECORD)


def _tree(study: Study, file: str, layer: str | None, candidates: dict[str, Any]) -> dict[str, Any]:
    tree = copy.deepcopy(study.tree)
    plots: dict[str, Any] = {"path": Path(file).as_posix(), **({"layer": layer} if layer else {})}
    tree["layers"] = {**tree.get("layers", {}), PLOTS: plots}
    tree["candidates"] = candidates
    tree["variants"] = {}
    tree["outputs"] = ["parquet", "excluded", "map"]
    return tree


def _fields(study: Study) -> Mapping[str, Any]:
    """Columns of the plots."""
    from flexsite.layers import describe

    found = describe(study.layers[PLOTS], f"plots ({study.layers[PLOTS].path.name})").vectors
    wanted = study.layers[PLOTS].layer
    return next((vector.fields for vector in found if wanted in {None, vector.layer}), {})


def _rows(result: Result, study: Study) -> gpd.GeoDataFrame:
    """One row per plot, with the columns of its largest site."""
    plots = result.plots
    ids = plots["candidate_id"].to_numpy(dtype=object)
    sites = result.sites.assign(real=~result.sites["site_id"].isin(result.unavailable).to_numpy())
    ordered = sites.sort_values(["candidate_id", "area_m2"], ascending=[True, False], kind="stable")
    largest = ordered.drop_duplicates("candidate_id").set_index("candidate_id").reindex(ids)
    kept = sites[sites["real"]].groupby("candidate_id")["area_m2"].sum().reindex(ids).fillna(0.0).to_numpy()
    left, area = plots["left_m2"].to_numpy(dtype=float), plots["area_m2"].to_numpy(dtype=float)
    verdict = np.select(
        [~plots["inside"].to_numpy(dtype=bool), kept == area, kept > 0, left > 0],
        ["outside_area", "available", "partly", "too_small"],
        "excluded",
    )
    took = result.taken[(result.taken["rule"] != MIN_SIZE) & (result.taken["taken_m2"] > 0)]
    by_plot = took.groupby("candidate_id")["rule"].agg(lambda rules: ";".join(dict.fromkeys(rules))).reindex(ids)
    data: dict[str, Any] = {
        "plot_id": series(ids, as_text=True),
        "area_m2": area,
        "available_m2": left,
        "verdict": series(verdict, as_text=True),
        "rules": series(by_plot.fillna(""), as_text=True),
    }
    for name in largest.columns:
        if name not in {"real", "geometry", "area_m2"}:
            data[name] = largest[name].array
    data["site_area_m2"] = np.where(largest["real"].to_numpy(dtype=bool), largest["area_m2"].to_numpy(dtype=float), 0.0)
    touched = result.taken.pivot_table(index="candidate_id", columns="rule", values="touched_m2", aggfunc="sum")
    for name in dict.fromkeys(shown_rules(study).values()):
        column = touched[name] if name in touched.columns else pd.Series(dtype=float)
        title = f"{name}_m2" if f"{name}_m2" not in data else f"rule_{name}_m2"
        data[title] = column.reindex(ids).fillna(0.0).to_numpy(dtype=float)
    for profile in study.profiles:
        data |= _judged(result, profile.id, sites, largest)
    return gpd.GeoDataFrame(data, geometry=plots.geometry.to_numpy(), crs=plots.crs)


def _judged(result: Result, profile: str, sites: pd.DataFrame, largest: pd.DataFrame) -> dict[str, Any]:
    """A profile's columns: those of the largest site, the homes of all sites of the plot, and the rank among plots."""
    table = result.suitability[result.suitability["profile"] == profile].set_index("site_id")
    judged = table.reindex(largest["site_id"])
    per_plot = table.reindex(sites["site_id"])[["homes", "homes_fit"]].groupby(sites["candidate_id"].to_numpy()).sum()
    data: dict[str, Any] = {}
    for name in judged.columns:
        if name in per_plot.columns:
            data[f"{profile}_{name}"] = per_plot[name].reindex(largest.index).to_numpy(dtype=int)
        elif name == "rank":
            data[f"{profile}_{name}"] = judged[name].rank(method="first").astype("Int64").array
        elif name != "profile" and not (name.startswith("v_") and judged[name].isna().all()):
            data[f"{profile}_{name}"] = judged[name].array
    return data
