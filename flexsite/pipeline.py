"""A run: from a study to a result, room by room."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from flexsite.availability.projects import TABLE as KNOWN_PROJECTS
from flexsite.availability.work import Crew
from flexsite.capacity.counting import capacity_frame, parking_text, refuse_norms, totals_frame
from flexsite.capacity.fitting import homes_fit
from flexsite.geometry import WORKERS
from flexsite.notices import Notices
from flexsite.outputs.kinds_table import TABLE as KINDS
from flexsite.outputs.kinds_table import kinds_table
from flexsite.outputs.not_tested import untested_text
from flexsite.outputs.owners import owners_table
from flexsite.outputs.permits import TABLE as PERMITS
from flexsite.outputs.permits import permits_frame
from flexsite.outputs.result import Result
from flexsite.outputs.tables import EMPTY_SUITABILITY, availability_rows, suitability_rows, waterfall_frame
from flexsite.outputs.windows import asks_windows, windows_table
from flexsite.outputs.withheld import withhold
from flexsite.sensitivity.counting import counted
from flexsite.sensitivity.planning import BASE, plan
from flexsite.sensitivity.tables import sweep_table, tornado_table
from flexsite.sensitivity.weighing import weighed, weights_table
from flexsite.standing import Standing, stand, things
from flexsite.study.capacity import says_who_lives_there
from flexsite.study.kinds import unlisted_kinds
from flexsite.suitability.boundaries import compare
from flexsite.suitability.judging import judge_profile
from flexsite.suitability.requirements import refuse_unknown_levels
from flexsite.suitability.serving import serving_tables

if TYPE_CHECKING:
    from flexsite.cache import Cache
    from flexsite.sensitivity.counting import Count
    from flexsite.sensitivity.moving import Move
    from flexsite.sensitivity.planning import Asked, Name
    from flexsite.study.models import Study

Progress = Callable[[str], None]
OF_VARIANTS = ("capacity_totals", "robustness")
"""Tables that hold the rows of all variants."""


def run(
    study: Study,
    *,
    progress: Progress | None = None,
    workers: int | None = None,
    cache: Cache | None = None,
    crew: Crew | None = None,
) -> Result:
    """Run a study with its variants.

    Parameters
    ----------
    study
        From `flexsite.load`.
    progress
        Told the name of each step as it begins.
    workers
        Threads, all cores when left out; the result does not depend on it.
    cache
        Where results of steps are kept, such as `flexsite.cache.Cache.default()`: what was computed before with the
        same inputs is not computed again. The result does not depend on it.
    crew
        Who works, instead of `workers` and `cache`.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        The study or its data are wrong.

    Examples
    --------
    >>> result = run(load("study.yaml"))  # doctest: +SKIP
    >>> result.sites[["site_id", "area_m2"]]  # doctest: +SKIP
    """
    told = progress or (lambda _: None)
    crew = crew or Crew(workers, cache)
    WORKERS.set(crew.workers)
    asked = plan(study)
    for one in (asked_of for ground in asked.grounds for asked_of in ground):
        refuse_norms(one.study)
    results: dict[str, Result] = {}
    counts: dict[Name, dict[str, Count]] = {}
    for ground in asked.grounds:
        judged, here = _on_ground(ground, told, crew, counting=bool(study.sweep or asked.moves))
        results |= judged
        counts |= here
    results = {BASE: results[BASE], **{name: results[name] for name in study.variants}}
    base = _with_tables(results.pop(BASE), asked.moves, counts, told)
    varied = results
    if not varied:
        return base
    tables = [base.waterfall, *(result.waterfall for result in varied.values())]
    more = [
        f"variant '{name}': {text}"
        for name, result in varied.items()
        for text in result.warnings
        if text not in base.warnings
    ]
    warnings = [*base.warnings, *more]
    in_all: dict[str, pd.DataFrame] = {}
    for name in OF_VARIANTS:
        totals = [one.tables[name] for one in (base, *varied.values()) if name in one.tables]
        in_all |= {name: pd.concat(totals, ignore_index=True)} if totals else {}
    waterfall = pd.concat(tables, ignore_index=True)
    return replace(base, waterfall=waterfall, tables=base.tables | in_all, variants=varied, warnings=warnings)


def _on_ground(
    ground: list[Asked], told: Progress, crew: Crew, *, counting: bool
) -> tuple[dict[str, Result], dict[Name, dict[str, Count]]]:
    """Judge the variants that stand on the same ground, and count what else is asked there."""
    standing = stand(ground[0].study, told, crew)
    judged = {
        one.name.about: judge(one.study, one.name.about, standing, told)
        for one in ground
        if one.name.purpose == "variant"
    }
    return judged, counted(ground, standing, told) if counting else {}


def _with_tables(base: Result, moves: list[Move], counts: dict[Name, dict[str, Count]], told: Progress) -> Result:
    """The study's result with what it asks about its own assumptions."""
    study, tables, warnings = base.study, dict(base.tables), list(base.warnings)
    if study.sweep:
        tables["sweep"] = sweep_table(study, counts)
    if study.sensitivity is not None and study.sensitivity.tornado is not None:
        tables["tornado"] = tornado_table(study, moves, counts)
    if study.sensitivity is not None and study.sensitivity.weights is not None:
        told("weights")
        tables["weights"] = weights_table(study, base.suitability)
        without = [one.id for one in study.profiles if one not in weighed(study)]
        if without:
            warnings.append(f"{len(without)} profiles have no weights to draw: {', '.join(without)}")
    return replace(base, tables=tables, warnings=warnings)


def step_count(study: Study, *, alone: bool = False) -> int:
    """How many steps `run` tells of, with the writing of the outputs after it.

    Parameters
    ----------
    alone
        Without variants, sweeps and sensitivity, as a screening runs.

    Raises
    ------
    InputError
        A variant or a sweep leads to no study.
    """
    if alone:
        return len(study.rules) + len(study.columns) + (study.owners is not None) + 5
    asked = plan(study)
    grounds = [ground[0].study for ground in asked.grounds]
    laid_out = sum(len(one.rules) + len(one.columns) + (one.owners is not None) + 3 for one in grounds)
    weights = study.sensitivity is not None and study.sensitivity.weights is not None
    return laid_out + asked.told() + weights + 1


def _warn_about(study: Study, notices: Notices) -> None:
    """What a reader of the study alone can see will be missing."""
    undefined = study.undefined_measures()
    if undefined:
        names = f"{len(undefined)} measures that profiles ask for are not defined and empty everywhere"
        notices.warn("measures", f"{names}: {', '.join(undefined)}")
    if text := untested_text(study):
        notices.warn("untested", text)
    if unlisted := unlisted_kinds(study):
        text = f"{len(unlisted)} kinds of candidates are in no rulebook and count as land: {', '.join(unlisted)}"
        notices.warn("kinds", text)
    if not study.rules:
        notices.warn("no_rules", "the study has no rules: all ground of the candidates counts as available")
    if not study.profiles:
        notices.warn("no_profiles", "the study has no profiles: no site is judged for a target group")


def run_one(study: Study, variant: str, told: Progress, crew: Crew | None = None, *, keep_all: bool = False) -> Result:
    """Run a study without its variants.

    Parameters
    ----------
    variant
        Name in the waterfall.
    keep_all
        Every candidate stays a row, wherever it lies: one without a site, or outside the area, is never suitable.
    """
    refuse_unknown_levels(study)
    refuse_norms(study)
    return judge(study, variant, stand(study, told, crew or Crew(), keep_all=keep_all), told)


def judge(study: Study, variant: str, standing: Standing, told: Progress) -> Result:
    """Judge the sites of a study for each of its profiles.

    Parameters
    ----------
    standing
        Of this study, or of one that differs in its profiles alone.
    """
    refuse_unknown_levels(study)
    told("suitability")
    begun, notices, found = time.perf_counter(), Notices(), standing.found
    _warn_about(study, notices)
    for name, text in standing.warnings.items():
        notices.warn(name, text)
    sites = standing.plain
    verdicts = [
        judge_profile(profile, study, sites, homes_fit(profile, study, sites), found.sites.cap, standing.available)
        for profile in study.profiles
    ]
    rows = availability_rows(variant, found, study.untested)
    for profile, verdict in zip(study.profiles, verdicts, strict=True):
        rows += suitability_rows(variant, profile.id, verdict, found.sites.area_m2)
        if len(standing.sites) and not verdict.steps[-1].sites.any():
            text = f"0 of {len(standing.sites)} {things(study)} are suitable for '{profile.id}'"
            notices.warn(f"profile_{profile.id}", text)
    judged = _suitability_frame(verdicts)
    tables = _capacity_tables(study, variant, sites, judged, notices)
    tables |= _place_tables(study, standing)
    tables |= serving_tables(variant, study, sites, judged)
    permits = permits_frame(study, sites, standing.available)
    if permits is not None:
        tables[PERMITS] = permits
    tables |= _owner_tables(study, standing, judged)
    by_kind = kinds_table(study, sites, judged, standing.available)
    if by_kind is not None:
        tables[KINDS] = by_kind
    counts = {"candidates": len(standing.candidates.ids), "sites": len(standing.sites), "suitability": len(judged)}
    return withhold(
        Result(
            study=study,
            sites=standing.sites,
            suitability=judged,
            waterfall=waterfall_frame(rows),
            taken=standing.taken,
            excluded=standing.excluded,
            gone=standing.gone,
            area=standing.border,
            lay_out=standing.lay_out,
            assumed_complete=standing.assumed_complete,
            counts=counts,
            layers=standing.layers,
            access=standing.access,
            warnings=list(notices.texts.values()),
            timings={**standing.timings, "suitability": round(time.perf_counter() - begun, 3)},
            unavailable=[str(name) for name in found.ids[~standing.available]],
            shown=standing.shown,
            notes=standing.notes,
            tables=tables,
        )
    )


def _capacity_tables(
    study: Study, variant: str, sites: pd.DataFrame, judged: pd.DataFrame, notices: Notices
) -> dict[str, pd.DataFrame]:
    """What the homes mean in floor area, rooms, people and parking, where the study says who lives there."""
    if not says_who_lives_there(study):
        return {}
    table = capacity_frame(study, sites, judged)
    if text := parking_text(study, table, things(study)):
        notices.warn("parking", text)
    return {"capacity": table, "capacity_totals": totals_frame(variant, study, sites, table)}


def _place_tables(study: Study, standing: Standing) -> dict[str, pd.DataFrame]:
    """What is planned as flex already, and how far figures depend on boundaries; each where there is any."""
    tables = {} if standing.projects is None else {KNOWN_PROJECTS: standing.projects}
    asked = study.visible_boundaries()
    if asked:
        values = [{name: one[standing.available] for name, one in found.items()} for found in standing.delineated]
        tables["boundaries"] = compare(asked, values, study)
    return tables


def _owner_tables(study: Study, standing: Standing, judged: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Whose land the sites are, and how many stay free for which term; each where the study asks."""
    tables, sites = {}, standing.plain
    if standing.owned is not None:
        tables["owners"] = owners_table(study, sites, judged, standing.owned, standing.available)
    if asks_windows(study):
        tables["windows"] = windows_table(study, sites, judged, standing.available)
    return tables


def _suitability_frame(verdicts: list[Any]) -> pd.DataFrame:
    if not verdicts:
        return EMPTY_SUITABILITY.copy()
    table: pd.DataFrame = pd.concat([verdict.table for verdict in verdicts], ignore_index=True)
    values = [name for name in table.columns if name.startswith("v_")]
    table[values] = table[values].astype("Int64")
    for name in ("site_id", "profile", "failed", "missing"):
        table[name] = table[name].astype("str")
    return table
