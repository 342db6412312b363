"""`flexsite check`: every problem in a study and its data, without running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import shapely

from flexsite import candidates as candidate_room
from flexsite.access.delineations import delineated
from flexsite.access.measures import check as refuse
from flexsite.access.measures import measure as measure_access
from flexsite.access.timetable.reading import refuse_idle
from flexsite.availability import footprint
from flexsite.availability.owners import find_owners
from flexsite.availability.projects import known_projects
from flexsite.availability.sites import Sites
from flexsite.availability.window import Clock
from flexsite.capacity.counting import refuse_norms
from flexsite.errors import InputError, InputErrors
from flexsite.layers.matching import values_of
from flexsite.layers.notes import read_notes
from flexsite.notices import Notices
from flexsite.opening import assumed_complete, open_layers, read_area
from flexsite.outputs.not_tested import untested_text
from flexsite.outputs.writing import refuse_unbuilt
from flexsite.sensitivity.moving import moves
from flexsite.sensitivity.planning import sweep_points, tornado_points
from flexsite.standing import ground_key
from flexsite.study.access import (
    Access,
    BasketMeasure,
    CatchmentMeasure,
    CountMeasure,
    Measure,
    NearestMeasure,
    ShareMeasure,
    SumMeasure,
    ValueMeasure,
    targets,
)
from flexsite.study.loading import load, vary
from flexsite.study.models import measure_layers
from flexsite.study.owners import holds_names
from flexsite.study.yaml_source import read
from flexsite.suitability.requirements import refuse_unknown_levels

if TYPE_CHECKING:
    from flexsite.layers import Layers
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase

Found = TypeVar("Found")
_NAMED = 5
"""Keys or values that a remark names."""


class _Problems:
    """Collects what is wrong, each problem once, and what is worth knowing."""

    def __init__(self) -> None:
        self.errors: dict[str, InputError] = {}
        self.remarks: dict[str, None] = {}

    def add(self, error: InputError) -> None:
        """Note a problem."""
        self.errors.setdefault(str(error), error)

    def remark(self, text: str) -> None:
        """Note something that does not stop a run."""
        self.remarks.setdefault(text)

    def attempt(self, probe: Callable[[], Found]) -> Found | None:
        """The result of a probe, or None after noting why it failed."""
        try:
            return probe()
        except InputError as error:
            self.add(error)
        except InputErrors as several:
            for one in several.errors:
                self.add(one)
        return None


def check(path: str | Path, overrides: Mapping[str, Any] | None = None) -> tuple[list[InputError], list[str]]:
    """Every problem in a study and its data.

    Parameters
    ----------
    path
        The study file.
    overrides
        As for `flexsite.load`.

    Returns
    -------
    problems, remarks
        What a run would refuse, and what it would accept and warn about or assume.
    """
    problems = _Problems()
    study = problems.attempt(lambda: load(path, overrides))
    if study is None:
        _missing_files(Path(path), problems)
    else:
        _check_study(study, problems)
        for name, changes in study.variants.items():
            varied = problems.attempt(partial(vary, study, changes, place=f"{study.path.name}, variants.{name}"))
            if varied is not None:
                _check_study(varied, problems)
        own = ground_key(study)
        for name in study.sweep:
            problems.attempt(partial(lambda one: list(sweep_points(study, one, own)), name))
        for move in problems.attempt(partial(moves, study)) or []:
            problems.attempt(partial(lambda one: list(tornado_points(study, one, own)), move))
    return list(problems.errors.values()), list(problems.remarks)


def _missing_files(path: Path, problems: _Problems) -> None:
    """Where the study itself is wrong, at least say which files it names are not there."""
    try:
        data = read(path).data
    except InputError:
        return
    layers = data.get("layers") if isinstance(data, dict) else None
    for name, layer in (layers if isinstance(layers, dict) else {}).items():
        file = layer.get("path") if isinstance(layer, dict) else layer
        if isinstance(file, str) and not (path.parent / file).exists() and "!" not in file and "/vsi" not in file:
            problems.add(InputError("there is no such file", where=f"layer '{name}' ({file})", remedy="check the path"))


def _check_study(study: Study, problems: _Problems) -> None:
    problems.attempt(lambda: refuse_unbuilt(study))
    layers = problems.attempt(lambda: open_layers(study))
    if layers is None:
        return
    undefined = study.undefined_measures()
    if undefined:
        problems.remark(f"measures that profiles ask for and the study does not define: {', '.join(undefined)}")
    if text := untested_text(study):
        problems.remark(text)
    if study.elsewhere:
        problems.remark(f"left out, since they are not for {study.province}: {', '.join(study.elsewhere)}")
    notices = Notices()
    area = problems.attempt(lambda: read_area(study, layers))
    found = None if area is None else _check_candidates(study, layers, area, notices, problems)
    bounds = _bounds(found, area)
    margin = study.access.margin
    around = (bounds[0] - margin, bounds[1] - margin, bounds[2] + margin, bounds[3] + margin)
    far = {name for measure in study.access.measures for name in measure_layers(measure)}
    for name in study.layers:
        window = around if name in far else bounds
        problems.attempt(partial(_check_layer, name, study, layers, window, problems))
    clock = Clock.of(study)
    for rule in study.rules:
        claim = problems.attempt(partial(footprint.read, rule, study, layers, bounds, clock))
        if claim is not None and not len(claim.features):
            problems.remark(f"rule '{rule.id}': 0 features of layer '{rule.layer}' in this area")
            problems.attempt(partial(_tell_values, rule, study, layers, bounds, problems))
    for name, column in study.columns.items():
        problems.attempt(partial(_check_column, name, column.layer, column.column, layers, bounds))
    if study.owners is not None:
        problems.attempt(partial(_check_owners, study, layers, found, bounds, problems))
    if study.local is not None:
        problems.attempt(partial(read_notes, study.local.path, layers.crs))
    if area is not None:
        problems.attempt(partial(known_projects, study, layers, area))
    shape = np.array([found.geometry[0] if found is not None else shapely.box(*bounds)], dtype=object)
    for one in study.boundaries or []:
        problems.attempt(partial(delineated, one, layers, shape))
    _check_access(study, layers, found, bounds, problems)
    for text in notices.texts.values():
        problems.remark(text)
    for report in layers.report.values():
        for text in report.warnings:
            problems.remark(text)
    assumed = assumed_complete(study, layers) if not problems.errors else []
    if assumed:
        problems.remark(f"assumed complete, since the study gives no coverage: {', '.join(assumed)}")


def _check_candidates(
    study: Study, layers: Layers, area: Any, notices: Notices, problems: _Problems
) -> candidate_room.Candidates | None:
    """The candidates, after every layer of them has been looked at."""
    if study.candidates.grid is not None:
        return problems.attempt(lambda: candidate_room.build(study, layers, area, notices))
    found = [
        problems.attempt(partial(candidate_room.of_layer, one, study, layers, area, notices))
        for one in study.candidates.every()
    ]
    whole = [one for one in found if one is not None]
    return problems.attempt(lambda: candidate_room.joined(whole, study, notices)) if len(whole) == len(found) else None


def _bounds(found: candidate_room.Candidates | None, area: Any) -> tuple[float, float, float, float]:
    if found is not None:
        return found.bounds
    if area is None:
        return (-1e7, -1e7, 1e7, 1e7)
    minx, miny, maxx, maxy = shapely.total_bounds(area)
    return float(minx), float(miny), float(maxx), float(maxy)


def _check_layer(
    name: str, study: Study, layers: Layers, bounds: tuple[float, float, float, float], problems: _Problems
) -> None:
    place = f"layer '{name}' ({study.layers[name].path.name})"
    if layers.is_raster(name):
        raster = layers.describe(name).raster
        if raster is not None and raster.nodata is None and not raster.masked:
            problems.remark(f"{place}: the raster has no nodata value, so every cell counts as known")
        if not layers.raster(name, bounds=bounds).valid.any():
            problems.remark(f"{place}: the raster knows nothing in this area")
    elif not len(layers.vector(name, bounds=bounds).frame):
        problems.remark(f"{place}: nothing in this area")
    else:
        _check_table(name, study, layers, problems)


def _check_table(name: str, study: Study, layers: Layers, problems: _Problems) -> None:
    """Keys that stand on one side alone, with their number and the first of them."""
    table, found = study.layers[name].table, layers.unmatched(name)
    if table is None or found is None:
        return
    place = f"layer '{name}', table ({table.path.name})"
    for keys, text in ((found.keys, "keys have no feature"), (found.features, "keys of features have no row")):
        if keys:
            more = ", ..." if len(keys) > _NAMED else ""
            problems.remark(f"{place}: {len(keys)} {text}: {', '.join(keys[:_NAMED])}{more}")


def _check_column(
    name: str, layer: str, column: str | None, layers: Layers, bounds: tuple[float, float, float, float]
) -> None:
    if layers.is_raster(layer):
        raise InputError(
            "a column is joined from polygons, and this layer is a raster", where=f"column '{name}', layer '{layer}'"
        )
    layers.vector(layer, bounds=bounds, columns=() if column is None else (column,))


def _check_owners(
    study: Study,
    layers: Layers,
    found: candidate_room.Candidates | None,
    bounds: tuple[float, float, float, float],
    problems: _Problems,
) -> None:
    """Class all owners, and look whose land the first candidate is."""
    shape = found.geometry[:1] if found is not None else np.array([shapely.box(*bounds)], dtype=object)
    owned = find_owners(Sites(np.zeros(1, dtype=np.intp), shape, shapely.area(shape)), study, layers, bounds)
    for text in owned.notes:
        problems.remark(text)


def _tell_values(
    rule: RuleBase, study: Study, layers: Layers, bounds: tuple[float, float, float, float], problems: _Problems
) -> None:
    """What the columns hold that a rule without features matches on, but for names of owners."""
    if rule.match and not layers.is_raster(rule.layer):
        frame = layers.vector(rule.layer, bounds=bounds, where=rule.where, columns=tuple(rule.match)).frame
        told = [name for name in rule.match if not holds_names(study, rule.layer, name)]
        held = "; ".join(f"'{name}' holds {values_of(frame[name])}" for name in told)
        if len(frame) and told:
            problems.remark(f"rule '{rule.id}': none of {len(frame)} features matches: {held}")


def _check_access(
    study: Study,
    layers: Layers,
    found: candidate_room.Candidates | None,
    bounds: tuple[float, float, float, float],
    problems: _Problems,
) -> None:
    """Try each measure on one candidate; networks are not built, only their file is looked for."""
    shape = found.geometry[0] if found is not None else shapely.box(*bounds)
    site = gpd.GeoDataFrame(
        {"site_id": ["1"], "area_m2": [float(shapely.area(shape))]}, geometry=[shape], crs=layers.crs
    )
    streets = study.access.streets
    for path in [] if streets is None else [streets.path, streets.nodes, streets.edges]:
        if path is not None and not path.exists():
            problems.add(
                InputError("there is no such file", where=f"access.streets ({path.name})", remedy="check the path")
            )
    for barrier in study.access.barriers:
        problems.attempt(partial(layers.vector, barrier, bounds=bounds))
    if study.access.timetable is not None:
        asked = {getattr(measure, "date", None) or study.access.timetable.date for measure in study.access.measures}
        for day in sorted(asked):
            problems.attempt(partial(refuse_idle, study.access.timetable.paths, day))
    problems.attempt(partial(refuse_unknown_levels, study))
    problems.attempt(partial(refuse_norms, study))
    problems.attempt(partial(refuse, study.access.model_copy(update={"measures": []})))
    for measure in study.access.measures:
        problems.attempt(partial(refuse, study.access.model_copy(update={"measures": [measure], "shown": []})))
        for probe in _probes(measure):
            problems.attempt(partial(measure_access, Access(measures=[probe], streets=None), layers, site, layers.crs))


def _probes(measure: Measure) -> list[Measure]:
    """Measures that read the same layers and columns as one along streets or by timetable, but straight.

    Places in the street file are read with it.
    """
    match measure:
        case NearestMeasure() | CountMeasure() | SumMeasure():
            told = {"mode": "straight", "depart": None, "date": None, "statistic": None}
            one = measure.model_copy(update=told | ({"report": "time"} if isinstance(measure, NearestMeasure) else {}))
            return [one] if all(isinstance(place, str) for place in targets(measure)) else []
        case BasketMeasure():
            ways = [place for place in measure.basket.values() if isinstance(place, str)]
            return [NearestMeasure(id=measure.id, to=place, mode="straight") for place in ways]
        case CatchmentMeasure():
            return [
                SumMeasure(id=measure.id, sum=column, of=place, mode="straight", within=measure.within)
                if column is not None
                else CountMeasure(id=measure.id, count=place, mode="straight", within=measure.within)
                for place, column in ((measure.catchment, measure.capacity), (measure.demand, measure.households))
                if isinstance(place, str)
            ]
        case ValueMeasure() | ShareMeasure():
            return [measure]
        case _:
            return []


__all__ = ["check"]
