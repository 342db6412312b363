"""The study: one file that says everything about a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.access import (
    Access,
    Measure,
    MeasureBase,
    StandardMeasure,
    StreetsSource,
    output_column,
    output_columns,
    targets,
)
from flexsite.study.base import Count, Day, Id, NonNegative, PositiveNumber, StrictModel, Text, Word, nearest
from flexsite.study.boundaries import Boundaries
from flexsite.study.capacity import Capacity, check_capacity
from flexsite.study.column import SiteColumn
from flexsite.study.kind import Kind
from flexsite.study.kinds import check_kinds, kind_columns, withheld_kind_columns
from flexsite.study.layer import Candidates, Layer
from flexsite.study.library import Province
from flexsite.study.local import Local
from flexsite.study.map import MapOptions
from flexsite.study.owners import LeadTimes, Owners, check_owners, default_payback, owner_columns, owner_layers
from flexsite.study.profile import Profile
from flexsite.study.rule import CapRule, ExcludeRule, Hardness, KeepRule, MarkRule, RouteRule, Rule, RuleBase
from flexsite.study.sensitivity import Sensitivity, Sweep
from flexsite.study.shown import Shown, ShownField, ShownRoute
from flexsite.study.untested import Untested

Output = Literal["parquet", "gpkg", "excluded", "tables", "xlsx", "map", "report"]


def _default_outputs() -> list[Output]:
    return ["parquet", "gpkg", "map"]


class Study(StrictModel):
    """A study, format 1; see the design for the meaning of every key."""

    flexsite: Literal[1] = Field(description="version of the study format")
    name: Text
    language: Literal["nl", "en"] = "en"
    crs: Text = Field(description="projected, in metres")
    date: Day = Field(description="reference date")
    term: NonNegative = Field(description="years the homes must be able to stay")
    lead_time: Count = Field(0, description="months between the date and the first resident")
    strictness: Hardness = "hard"
    audience: Literal["internal", "public"] = "internal"
    province: Province | None = Field(None, description="for rules of the library that differ by province")
    area: Layer
    layers: dict[Word, Layer] = Field(default_factory=dict)
    candidates: Candidates
    kinds: list[Kind] | None = Field(None, description="kinds of sites, built in and of one's own", min_length=1)
    rules: list[Rule] = Field(default_factory=list)
    columns: dict[Id, SiteColumn] = Field(default_factory=dict)
    owners: Owners | None = Field(None, description="whose land it is")
    lead_times: LeadTimes | None = Field(None, description="nl, or months by owner and route on top of lead_time")
    payback: PositiveNumber = Field(default_factory=default_payback, description="years until homes are paid back")
    terms: list[PositiveNumber] | None = Field(None, description="years by which windows are counted", min_length=1)
    access: Access = Field(default_factory=Access)
    local: Local | None = Field(None, description="notes of people who know the place, from the map")
    profiles: list[Profile] = Field(default_factory=list)
    capacity: Capacity | None = Field(None, description="norms of rooms, people and parking")
    boundaries: list[Boundaries] | None = Field(None, min_length=1)
    variants: dict[Id, dict[str, Any]] = Field(default_factory=dict)
    sweep: dict[Word, Sweep] = Field(default_factory=dict)
    sensitivity: Sensitivity | None = None
    map: MapOptions | None = Field(None, description="what the interactive map may show beside the results")
    outputs: list[Output] = Field(default_factory=_default_outputs)

    _path: Path = PrivateAttr(default=Path("study.yaml"))
    _tree: dict[str, Any] = PrivateAttr(default_factory=dict)
    _untested: tuple[Untested, ...] = PrivateAttr(default=())
    _elsewhere: tuple[str, ...] = PrivateAttr(default=())

    @property
    def path(self) -> Path:
        """The file the study was loaded from."""
        return self._path

    @property
    def tree(self) -> dict[str, Any]:
        """The resolved study as plain values, with built-in and named profiles filled in and paths as written."""
        return self._tree

    @property
    def untested(self) -> tuple[Untested, ...]:
        """Rules of the library that the study asks for and has no layer for: never tested, so never free."""
        return self._untested

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Rules of the library that the study asks for and that are not for its province; they are left out."""
        return self._elsewhere

    def resolved(self) -> dict[str, Any]:
        """Every key with its value, defaults included, as plain values; paths from the folder of the study."""
        plain = self.model_dump(mode="json", by_alias=True, exclude_none=True, context={"folder": self.path.parent})
        plain["rules"] += [one.written for one in self.untested]
        return plain

    @model_validator(mode="after")
    def _kinds(self) -> Self:
        check_kinds(self)
        return self

    @model_validator(mode="after")
    def _owners(self) -> Self:
        check_owners(self)
        return self

    @model_validator(mode="after")
    def _unique(self) -> Self:
        _once("rules", [rule.id for rule in self.rules], "rules")
        _once("measures", [measure.id for measure in self.access.measures], "access.measures")
        _once("profiles", [profile.id for profile in self.profiles], "profiles")
        routes = [rule.id for rule in self.rules if isinstance(rule, RouteRule)]
        if len(routes) > 1:
            raise PydanticCustomError(
                "rules",
                "a study has one route rule, not {n}: {ids}",
                {"n": len(routes), "ids": ", ".join(routes), "at": f"rules.{routes[-1]}"},
            )
        outputs = {column: f"columns.{column}" for column in self.columns}
        made = [(f"{column}_share", f"columns.{column}") for column in self.columns]
        made += [(column, "owners") for column in owner_columns(self)]
        made += [
            (name, f"access.measures.{measure.id}")
            for measure in self.access.measures
            for name in output_columns(measure)
        ]
        for name, place in made:
            if name in outputs:
                raise PydanticCustomError(
                    "twice",
                    "the output column '{name}' would be there twice; rename one of the two",
                    {"name": name, "at": place},
                )
            outputs[name] = place
        return self

    @model_validator(mode="after")
    def _references(self) -> Self:
        for place, name in self.layer_references():
            if name not in self.layers:
                raise PydanticCustomError(
                    "layer",
                    "the layer '{name}' is not defined under 'layers'; {remedy}",
                    {"at": place, "name": name, "remedy": nearest(name, list(self.layers))},
                )
        for profile in self.profiles:
            for test in profile.subjects():
                if test.column is not None and test.column not in self.known_columns():
                    raise PydanticCustomError(
                        "column",
                        "the column '{name}' is not defined under 'columns'; {remedy}",
                        {
                            "at": f"profiles.{profile.id}",
                            "name": test.column,
                            "remedy": nearest(test.column, list(self.columns)),
                        },
                    )
        return self

    @model_validator(mode="after")
    def _norms(self) -> Self:
        check_capacity(self)
        return self

    @model_validator(mode="after")
    def _public_scores(self) -> Self:
        """A score rests on its criteria, and the map recomputes it: a private one could be read back from it."""
        measures = {measure.id: output_column(measure) for measure in self.withheld_measures()}
        columns = {name for column in self.withheld_columns() for name in (column, f"{column}_share")}
        columns |= {*measures.values(), *withheld_kind_columns(self)}
        for profile in self.profiles:
            for name, criterion in profile.criteria.items():
                if criterion.column in columns or criterion.measure in measures:
                    raise PydanticCustomError(
                        "private",
                        "a public study cannot score on '{name}', which is private; {remedy}",
                        {
                            "at": f"profiles.{profile.id}.criteria.{name}",
                            "name": criterion.column or criterion.measure,
                            "remedy": "make the audience internal, or leave the criterion out",
                        },
                    )
        return self

    def withheld_columns(self) -> list[str]:
        """Columns that a public study keeps to itself: private ones, and those from private layers."""
        if self.audience != "public":
            return []
        return [name for name, column in self.columns.items() if column.private or self.layers[column.layer].private]

    def withheld_measures(self) -> list[MeasureBase]:
        """Measures that a public study keeps to itself: those of private layers."""
        if self.audience != "public":
            return []
        return [
            measure
            for measure in self.access.measures
            if any(self.layers[name].private for name in measure_layers(measure))
        ]

    def visible_shown(self) -> list[Shown]:
        """What of `access.shown` the audience may see: nothing of a private layer."""
        if self.audience != "public":
            return self.access.shown
        hidden = {measure.id for measure in self.withheld_measures()}
        return [
            one
            for one in self.access.shown
            if not (isinstance(one, ShownField) and one.field in hidden)
            and not (isinstance(one, ShownRoute) and self.layers[one.route].private)
        ]

    def visible_boundaries(self) -> list[Boundaries]:
        """What of `boundaries` the audience may see: nothing of a private layer."""
        hidden = {name for name, layer in self.layers.items() if layer.private} if self.audience == "public" else set()
        return [one for one in self.boundaries or [] if not hidden & set(one.layers.values())]

    def layer_references(self) -> Iterator[tuple[str, str]]:
        """Every (place in the study, layer name) pair."""
        for candidates in self.candidates.every():
            yield "candidates", candidates.layer
        for rule in self.rules:
            yield f"rules.{rule.id}", rule.layer
        for name, column in self.columns.items():
            yield f"columns.{name}", column.layer
        yield from owner_layers(self)
        for one in self.boundaries or []:
            for name in one.layers.values():
                yield "boundaries", name
        for barrier in self.access.barriers:
            yield "access.barriers", barrier
        for closed in self.access.closed:
            if isinstance(closed, str):
                yield "access.closed", closed
        for shown in self.access.shown:
            if isinstance(shown, ShownRoute):
                yield "access.shown", shown.route
        for measure in self.access.measures:
            for name in measure_layers(measure):
                yield f"access.measures.{measure.id}", name

    def known_columns(self) -> frozenset[str]:
        """Columns of the sites on which a profile may set a requirement."""
        joined = {*kind_columns(self), *owner_columns(self)} | {
            name for column in self.columns for name in (column, f"{column}_share")
        }
        return SITE_COLUMNS | joined | {name for measure in self.access.measures for name in output_columns(measure)}

    def undefined_measures(self) -> list[str]:
        """Measures that profiles ask for and the study does not define, sorted."""
        defined = {measure.id for measure in self.access.measures}
        asked = {test.measure for profile in self.profiles for test in profile.subjects() if test.measure is not None}
        return sorted(asked - defined)

    def measure_column(self, measure_id: str) -> str | None:
        """Output column of a measure, or None when the study does not define it."""
        for measure in self.access.measures:
            if measure.id == measure_id:
                return output_column(measure)
        return None


SITE_COLUMNS = frozenset({"kind", "area_m2", "route", "route_share", "net_years", "moves", "bridging"})
"""Columns every site has, on which a profile may set a requirement."""


def own_standards(study: Study) -> list[Path]:
    """Files of the user's that measures of service levels name."""
    named = [one.standard for one in study.access.measures if isinstance(one, StandardMeasure)]
    return [one for one in named if isinstance(one, Path)]


def measure_layers(measure: MeasureBase) -> list[str]:
    """Layers that a measure reads."""
    return [name for name in targets(measure) if isinstance(name, str)]


def _once(what: str, ids: list[str], at: str) -> None:
    seen: set[str] = set()
    for name in ids:
        if name in seen:
            raise PydanticCustomError(
                "twice",
                "the id '{name}' is used twice in {what}; rename one of the two",
                {"what": what, "name": name, "at": f"{at}.{name}"},
            )
        seen.add(name)


__all__ = [
    "Access", "CapRule", "ExcludeRule", "KeepRule", "Layer", "MarkRule", "Measure", "Profile", "RouteRule",
    "RuleBase", "StreetsSource", "Study", "measure_layers", "output_column",
]  # fmt: skip
