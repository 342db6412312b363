"""From a result to its map: the words, units and numbers that the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from flexsite import __version__
from flexsite.availability.projects import TABLE as PROJECTS
from flexsite.outputs.assumed import assumptions
from flexsite.outputs.map import (
    ColumnInfo,
    CriterionInfo,
    LocalInfo,
    MapData,
    MeasureInfo,
    ProfileInfo,
    RequirementInfo,
    RuleInfo,
    SourceInfo,
)
from flexsite.outputs.map_bounds import with_bounds
from flexsite.outputs.map_context import context
from flexsite.outputs.map_explained import explained
from flexsite.outputs.map_owners import mark_info, owner_info, window_info, worded
from flexsite.outputs.map_shown import shown_access
from flexsite.outputs.record import sources
from flexsite.outputs.tables import MIN_SIZE
from flexsite.outputs.withheld import WITHHELD, is_withheld, public_study, shown_rules, study_hash
from flexsite.outputs.words import Words, unit_of, words
from flexsite.study.access import output_column, output_columns
from flexsite.study.kind import READ_BY
from flexsite.study.kinds import kinds_in_use
from flexsite.study.library import sources as sources_of_library
from flexsite.study.local import local_book
from flexsite.study.profile import AnyOf

if TYPE_CHECKING:
    from flexsite.outputs.map import SiteMap
    from flexsite.outputs.result import Result
    from flexsite.study.access import MeasureBase
    from flexsite.study.base import Sourced
    from flexsite.study.models import Study
    from flexsite.study.profile import Profile, Requirement, Test

_OR = {"nl": " of ", "en": " or "}
_ONE_OF = {"nl": "een van", "en": "one of"}
_ROUTE = {"nl": "planologische route", "en": "permit route"}


def site_map(result: Result) -> SiteMap:
    """The interactive map of a result."""
    from flexsite.outputs.map import SiteMap

    return SiteMap(map_data(result), on_warning=result.warnings.append)


def map_data(result: Result) -> MapData:
    """Everything that the map of a result shows."""
    study = result.study
    shown = [name for name in study.columns if name in result.sites.columns]
    data = MapData(
        title=study.name,
        language=study.language,
        audience=study.audience,
        crs=result.sites.crs,
        date=study.date,
        term=int(study.term) if float(study.term).is_integer() else study.term,
        strictness=study.strictness,
        area=result.area,
        sites=worded(result),
        suitability=result.suitability,
        waterfall=result.waterfall[result.waterfall["variant"] == "base"].reset_index(drop=True),
        is_grid=study.candidates.grid is not None,
        profiles=tuple(_profile(profile, study) for profile in study.profiles),
        columns=(
            *(ColumnInfo(name, words(name, study.columns[name].label)) for name in shown),
            *owner_info(study),
        ),
        measures=tuple(
            info
            for measure in study.access.measures
            for info in _measure(measure)
            if info.column in result.sites.columns
        ),
        rules=_rules(result),
        excluded=result.excluded,
        gone=result.gone,
        explained=explained(result),
        sources=tuple(
            SourceInfo(item["layer"], item["source"] or item["file"], item["date"], item["licence"])
            for item in sources(study)
        ),
        assumed_complete=tuple(result.assumed_complete),
        assumptions=assumptions(study),
        untested=tuple(one.id for one in study.untested),
        warnings=tuple(result.warnings),
        version=__version__,
        context=(*context(result), *shown_access(result)),
        kinds={kind.id: words(kind.id, kind.label) for kind in kinds_in_use(study)},
        kind_columns=tuple(
            ColumnInfo(name, words(name, need.label))
            for name, need in {name: need for kind in kinds_in_use(study) for name, need in kind.needs.items()}.items()
            if name in result.sites.columns
        )
        + window_info(study),
        local=LocalInfo(local_book().reasons.labels, result.notes),
        projects=result.tables.get(PROJECTS),
        background=study.map.background if study.map else None,
        study_hash=study_hash(public_study(study)),
    )
    return with_bounds(data, result)


def _profile(profile: Profile, study: Study) -> ProfileInfo:
    criteria = []
    for name, criterion in profile.criteria.items():
        column = study.measure_column(criterion.measure) if criterion.measure is not None else criterion.column
        subject = words(criterion.measure or criterion.column or name, _own_label(study, criterion.measure))
        criteria.append(CriterionInfo(name, subject, column or "", criterion.best, criterion.worst, criterion.weight))
    requirements = tuple(
        RequirementInfo(name, _requirement(requirement, study)) for name, requirement in profile.requires.items()
    )
    of_kinds = tuple(info for info in _of_kinds(study) if info.id not in profile.requires)
    label, all_of_them = words(profile.id, profile.label), (*requirements, *of_kinds)
    return ProfileInfo(profile.id, label, tuple(criteria), all_of_them, profile.unit.floor_area)


def _of_kinds(study: Study) -> list[RequirementInfo]:
    """What kinds of sites ask whatever the group, and what homes are counted by."""
    found: dict[str, RequirementInfo] = {}
    for kind in kinds_in_use(study):
        asked = {name: requirement.label for name, requirement in kind.requires.items()}
        read = READ_BY.get(kind.capacity.method)
        if read is not None:
            asked.setdefault(read, kind.needs[read].label)
        for name, label in asked.items():
            first = found.get(name) or RequirementInfo(name, words(name, label))
            found[name] = replace(first, kinds=(*first.kinds, kind.id))
    return list(found.values())


def _own_label(study: Study, measure_id: str | None) -> str | Mapping[str, str] | None:
    return next((measure.label for measure in study.access.measures if measure.id == measure_id), None)


def _requirement(requirement: Requirement, study: Study) -> Words:
    tests = requirement.any if isinstance(requirement, AnyOf) else [requirement]
    return {language: _OR[language].join(_test(test, study, language) for test in tests) for language in ("nl", "en")}


def _test(test: Test, study: Study, language: str) -> str:
    if is_withheld(test, study):
        return words(WITHHELD)[language]
    if test.route is not None:
        subject = _ROUTE[language]
    else:
        column = study.columns.get(test.column or "")
        own = _own_label(study, test.measure) or (column.label if column is not None else None)
        subject = words(test.measure or test.column or "", own)[language]
    if test.in_ is not None:
        return f"{subject}: {_ONE_OF[language]} {', '.join(str(value) for value in test.in_)}"
    unit = next((unit_of(measure) for measure in study.access.measures if measure.id == test.measure), "")
    bounds = [
        f"{sign} {bound:g} {unit}".rstrip()
        for sign, bound in (("≥", test.at_least), ("≤", test.at_most))
        if bound is not None
    ]
    return f"{subject} {' , '.join(bounds)}"


def _measure(measure: MeasureBase) -> list[MeasureInfo]:
    """A measure, and the reason where it comes with one."""
    own = MeasureInfo(measure.id, output_column(measure), unit_of(measure), words(measure.id, measure.label))
    return [own, *(MeasureInfo(name, name, "", words("why")) for name in output_columns(measure)[1:])]


def _title(rule: Sourced) -> str:
    """Title of the source that a rule of the library, or a mark of a kind of sites, cites."""
    return str(sources_of_library().get(rule.source or "", {}).get("title", ""))


def _rules(result: Result) -> tuple[RuleInfo, ...]:
    study = result.study
    rows = result.waterfall[(result.waterfall["variant"] == "base") & (result.waterfall["stage"] == "availability")]
    effects = dict(zip(rows["rule"], rows["effect"], strict=True))
    infos = []
    shown = shown_rules(study)
    for rule in study.rules:
        if shown[rule.id] != rule.id:
            infos.append(RuleInfo(shown[rule.id], "", "", label=words(shown[rule.id])))
            continue
        layer = study.layers[rule.layer]
        infos.append(
            RuleInfo(
                rule.id,
                str(effects[rule.id]),
                rule.hardness,
                rule.basis or "",
                (rule.source if rule.library is None else _title(rule)) or layer.source or layer.path.name,
                str(rule.date or layer.date or ""),
                words(rule.id, rule.label),
            )
        )
    for one in study.untested:
        about = (one.rule.basis or "", _title(one.rule), str(one.rule.date or ""))
        infos.append(RuleInfo(one.id, one.effect, one.rule.hardness, *about, words(one.id, one.label)))
    infos += [
        RuleInfo(mark.id, "mark", "", mark.basis or "", _title(mark), "", words(mark.id, mark.label))
        for mark in {mark.id: mark for kind in kinds_in_use(study) for mark in kind.marks}.values()
    ]
    infos += mark_info(study)
    minimum = study.candidates
    size = f"≥ {minimum.min_area:g} m², ≥ {minimum.min_width:g} m"
    return (*infos, RuleInfo(MIN_SIZE, "exclude", "", size, label=words(MIN_SIZE)))
