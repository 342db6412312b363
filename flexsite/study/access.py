"""Access measures of the study format: what is measured from each site, to what, and how."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.base import (
    Day,
    Id,
    Label,
    NonNegative,
    Number,
    PositiveNumber,
    Scalar,
    Sourced,
    StrictModel,
    StudyPath,
    Text,
    unknown_kind,
)

Mode = Literal["straight", "walk", "cycle", "transit"]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2\d):[0-5]\d$")]


class StreetsSource(StrictModel):
    """Where the street network comes from: one file, or a table of nodes and one of edges."""

    path: StudyPath | None = None
    nodes: StudyPath | None = None
    edges: StudyPath | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, data: Any) -> Any:
        return {"path": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _complete(self) -> Self:
        tables = self.nodes is not None and self.edges is not None
        if (self.path is not None) == tables or (self.nodes is None) != (self.edges is None):
            raise PydanticCustomError("streets", "streets are one file, or 'nodes' and 'edges' together")
        return self


class Timetable(StrictModel):
    """A GTFS feed and the service day to read from it."""

    path: StudyPath
    date: Day


class OsmTags(StrictModel):
    """Features of the street file by OSM tag: `{osm: {shop: supermarket}}`; several tags: any of them."""

    osm: dict[str, Text | Literal[True] | list[Text]] = Field(min_length=1)


Places = Text | OsmTags


class MeasureBase(Sourced):
    """What every measure may say."""

    kind: ClassVar[str]
    id: Id
    label: Label | None = None


class _Departing(MeasureBase):
    """Measures that for transit have a window of departures."""

    mode: Mode
    depart: tuple[ClockTime, ClockTime] | None = None
    statistic: Literal["median", "mean", "min", "max", "p85", "p90"] | None = None

    @model_validator(mode="after")
    def _transit_only(self) -> Self:
        if self.mode != "transit" and (self.depart is not None or self.statistic is not None):
            raise PydanticCustomError("depart", "'depart' and 'statistic' belong to mode transit; leave them out")
        return self


class NearestMeasure(_Departing):
    """Distance (m) or time (minutes, transit) to the nearest place."""

    kind = "to"
    to: Places


class CountMeasure(_Departing):
    """Number of places within a distance (m) or time (minutes, transit)."""

    kind = "count"
    count: Places
    within: PositiveNumber


class SumMeasure(_Departing):
    """Sum of a column over the places within a distance (m) or time (minutes, transit)."""

    kind = "sum"
    sum: Text
    of: Text
    within: PositiveNumber


class ValueMeasure(MeasureBase):
    """Value of a raster, or of a column of a polygon layer, on the site."""

    kind = "value"
    value: Text
    column: Text | None = Field(None, description="for a polygon layer: the number to average by area")
    statistic: Literal["mean", "min", "max"] = "mean"


class ShareMeasure(MeasureBase):
    """Share (0..1) of the site's area under the features of a layer, or under cells of a raster."""

    kind = "share"
    share: Text
    where: Text | None = Field(None, description="polygon layer: SQLite expression; features that meet it")
    above: Number | None = Field(None, description="raster: cells above this value")
    below: Number | None = Field(None, description="raster: cells below this value")
    values: list[Number] | None = Field(None, description="raster: cells with one of these values", min_length=1)

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if sum(value is not None for value in (self.where, self.above, self.below, self.values)) > 1:
            raise PydanticCustomError("share", "give one of 'where', 'above', 'below' and 'values'")
        return self


class StandardMeasure(MeasureBase):
    """Service level at the site by a published standard."""

    kind = "standard"
    standard: Text


MEASURES: dict[str, type[MeasureBase]] = {
    model.kind: model
    for model in (NearestMeasure, CountMeasure, SumMeasure, ValueMeasure, ShareMeasure, StandardMeasure)
}


def _kind_of(data: Any) -> str | None:
    if isinstance(data, MeasureBase):
        return data.kind
    return next((kind for kind in MEASURES if kind in data), None)


def _one_kind(data: Any) -> Any:
    """Refuse what has no kind, or several, before the models look at it."""
    if isinstance(data, MeasureBase):
        return data
    if not isinstance(data, dict):
        raise PydanticCustomError(
            "measure",
            "a measure is a mapping of keys; write it as {example}",
            {"example": "{id: stop, to: stops, mode: walk}"},
        )
    given = [kind for kind in MEASURES if kind in data]
    if len(given) > 1:
        raise PydanticCustomError(
            "measure", "a measure has one kind, not several: {given}", {"given": ", ".join(given)}
        )
    if not given:
        known = {name for model in MEASURES.values() for name in model.model_fields}
        raise unknown_kind(data, known, list(MEASURES), "the measure has no kind")
    return data


Measure = Annotated[
    Annotated[
        Annotated[NearestMeasure, Tag("to")]
        | Annotated[CountMeasure, Tag("count")]
        | Annotated[SumMeasure, Tag("sum")]
        | Annotated[ValueMeasure, Tag("value")]
        | Annotated[ShareMeasure, Tag("share")]
        | Annotated[StandardMeasure, Tag("standard")],
        Discriminator(_kind_of),
    ],
    BeforeValidator(_one_kind),
]


class Access(StrictModel):
    """Streets, timetable and the measures taken from every site."""

    streets: StreetsSource | None = None
    timetable: Timetable | None = None
    max_snap: NonNegative = Field(100.0, description="metres between a site and the street it is reached from")
    entrance_spacing: PositiveNumber = Field(50.0, description="metres")
    barriers: list[Text] = Field(default_factory=list, description="layers that the straight leg may not cross")
    margin: PositiveNumber = Field(5000.0, description="metres around the sites to read at first")
    measures: list[Measure] = Field(default_factory=list)


def output_column(measure: MeasureBase) -> str:
    """Name of the measure's column in the outputs (design, Measures).

    Examples
    --------
    >>> output_column(NearestMeasure(id="stop", to="stops", mode="walk"))
    'stop_m'
    """
    if isinstance(measure, NearestMeasure):
        return f"{measure.id}_min" if measure.mode == "transit" else f"{measure.id}_m"
    if isinstance(measure, CountMeasure | SumMeasure):
        return f"{measure.id}_n"
    return f"{measure.id}_level" if isinstance(measure, StandardMeasure) else f"{measure.id}_v"


__all__ = [
    "Access", "CountMeasure", "Measure", "MeasureBase", "NearestMeasure", "OsmTags", "Places", "Scalar", "ShareMeasure",
    "StandardMeasure", "StreetsSource", "SumMeasure", "Timetable", "ValueMeasure", "output_column",
]  # fmt: skip
