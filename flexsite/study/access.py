"""Access measures of the study format: what is measured from each site, to what, and how."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from flexsite.rulebook import standard_ids
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
    nearest,
    unknown_kind,
)
from flexsite.study.clock import ClockTime
from flexsite.study.shown import Shown, ShownField
from flexsite.study.transport import StreetsSource, Timetable

Mode = Literal["straight", "walk", "cycle", "drive", "transit"]
Statistic = Literal["median", "mean", "min", "max", "p85", "p90"]


class OsmTags(StrictModel):
    """Features of the street file by OSM tag: `{osm: {shop: supermarket}}`; several tags: any of them."""

    osm: dict[str, Text | Literal[True] | list[Text]] = Field(min_length=1)


Places = Text | OsmTags


class MeasureBase(Sourced):
    """What every measure may say."""

    kind: ClassVar[str]
    id: Id
    label: Label | None = None
    library: Text | None = Field(None, description="where in the rule library it comes from")


class _Departing(MeasureBase):
    """Measures that for transit have a window of departures."""

    mode: Mode
    depart: tuple[ClockTime, ClockTime] | None = Field(None, description="transit: first and last minute of departure")
    date: Day | None = Field(None, description="transit: another service day than that of the timetable")
    statistic: Statistic | None = None

    @model_validator(mode="after")
    def _transit_only(self) -> Self:
        given = [name for name in ("depart", "date", "statistic") if getattr(self, name) is not None]
        if self.mode != "transit" and given:
            raise PydanticCustomError(
                "depart", "{given} belong to mode transit; leave them out", {"given": " and ".join(given)}
            )
        if self.depart is not None and self.depart[0] > self.depart[1]:
            raise PydanticCustomError("depart", "the last departure is before the first; a night goes on to 29:59")
        return self


class NearestMeasure(_Departing):
    """Distance (m) or time (minutes, transit) to the nearest place."""

    kind = "to"
    to: Places
    report: Literal["time", "changes", "share", "last"] = Field(
        "time",
        description="transit: minutes; changes of the fastest journey; share of departures with a journey; last one "
        "(hours after midnight)",
    )

    @model_validator(mode="after")
    def _report_of_transit(self) -> Self:
        if self.mode != "transit" and self.report != "time":
            raise PydanticCustomError("report", "'report' belongs to mode transit; leave it out")
        if self.report in ("share", "last") and self.statistic is not None:
            raise PydanticCustomError("report", "a share or a last departure has no 'statistic'; leave it out")
        return self


class Decay(StrictModel):
    """How places count less with distance (m): by half at every so many metres, by a power, or by a logistic curve."""

    halving: PositiveNumber | None = Field(None, description="metres at which a place counts half, a quarter at twice")
    power: PositiveNumber | None = Field(None, description="places count d^-power, those within `least` as at `least`")
    least: PositiveNumber = Field(100.0, description="metres; see `power`")
    middle: PositiveNumber | None = Field(None, description="metres at which the logistic curve is a half")
    spread: PositiveNumber = Field(100.0, description="metres in which the logistic curve falls by a factor e/(1+e)")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if sum(value is not None for value in (self.halving, self.power, self.middle)) != 1:
            raise PydanticCustomError("decay", "give one of 'halving', 'power' and 'middle'")
        return self


class _Within(_Departing):
    """Measures of all places within reach."""

    within: PositiveNumber
    decay: Decay | None = None

    @model_validator(mode="after")
    def _decay_along_streets(self) -> Self:
        if self.decay is not None and self.mode == "transit":
            raise PydanticCustomError("decay", "'decay' is about metres, and transit has minutes; leave it out")
        return self


class CountMeasure(_Within):
    """Number of places within a distance (m) or time (minutes, transit)."""

    kind = "count"
    count: Places


class SumMeasure(_Within):
    """Sum of a column over the places within a distance (m) or time (minutes, transit)."""

    kind = "sum"
    sum: Text
    of: Text


class BasketMeasure(MeasureBase):
    """Share (0..1) of a set of amenities of which one is within a distance (m)."""

    kind = "basket"
    basket: dict[Id, Places] = Field(min_length=1)
    mode: Literal["straight", "walk", "cycle"]
    within: PositiveNumber


class CatchmentMeasure(MeasureBase):
    """Capacity of the amenities within reach per unit of demand: two-step floating catchment (Luo and Wang, 2003)."""

    kind = "catchment"
    catchment: Places
    capacity: Text | None = Field(None, description="column of the amenities; left out, each counts 1")
    demand: Text = Field(description="layer of what asks for it, such as neighbourhoods")
    households: Text | None = Field(None, description="column of `demand`; left out, each feature counts 1")
    mode: Literal["walk", "cycle"]
    within: PositiveNumber


class CharacterMeasure(MeasureBase):
    """What the streets around a site are like: junctions per km2, or how direct they are (0..1)."""

    kind = "character"
    character: Literal["intersections", "directness"]
    mode: Literal["walk", "cycle"] = "walk"
    within: PositiveNumber = Field(800.0, description="metres around the site")


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


def _built_in(name: str) -> str:
    if name not in standard_ids():
        raise PydanticCustomError(
            "standard",
            "there is no built-in standard '{name}'; {remedy}",
            {"name": name, "remedy": nearest(name, list(standard_ids()))},
        )
    return name


def _id_or_file(data: Any) -> str:
    return "file" if str(data).lower().endswith((".yaml", ".yml")) else "name"


StandardName = Annotated[
    Annotated[Text, AfterValidator(_built_in), Tag("name")] | Annotated[StudyPath, Tag("file")],
    Discriminator(_id_or_file),
    WithJsonSchema({"type": "string", "description": "id of a built-in standard, or path of a file"}),
]


class StandardMeasure(MeasureBase):
    """Service level at the site by a published standard."""

    kind = "standard"
    standard: StandardName = Field(description="a built-in standard, or the path of a file like those")
    stops: Text | None = Field(None, description="layer of stops, for a study without timetable; `mode`: what stops")
    mode: Literal["straight", "walk"] | None = Field(None, description="how to measure, instead of the standard's way")
    depart: tuple[ClockTime, ClockTime] | None = Field(None, description="window, instead of the standard's")
    date: Day | None = Field(None, description="another service day than that of the timetable")

    @model_validator(mode="after")
    def _window_has_hours(self) -> Self:
        if self.depart is not None and self.depart[0] >= self.depart[1]:
            raise PydanticCustomError("depart", "the window ends before it has begun; a night goes on to 29:59")
        return self


MEASURES: dict[str, type[MeasureBase]] = {
    model.kind: model
    for model in (
        NearestMeasure,
        CountMeasure,
        SumMeasure,
        ValueMeasure,
        ShareMeasure,
        StandardMeasure,
        BasketMeasure,
        CatchmentMeasure,
        CharacterMeasure,
    )
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
        | Annotated[StandardMeasure, Tag("standard")]
        | Annotated[BasketMeasure, Tag("basket")]
        | Annotated[CatchmentMeasure, Tag("catchment")]
        | Annotated[CharacterMeasure, Tag("character")],
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
    closed: list[Places] = Field(
        default_factory=list,
        description="streets out of use: those that lines or polygons of a layer touch, or with an OSM tag",
    )
    shown: list[Shown] = Field(default_factory=list, description="isochrones, routes and fields, drawn on the map")
    margin: PositiveNumber = Field(5000.0, description="metres around the sites to read at first")
    measures: list[Measure] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fields_of_measures(self) -> Self:
        known = [measure.id for measure in self.measures]
        for shown in self.shown:
            if isinstance(shown, ShownField) and shown.field not in known:
                raise PydanticCustomError(
                    "shown", "there is no measure '{name}' to show; {remedy}",
                    {"name": shown.field, "remedy": nearest(shown.field, known), "at": "access.shown"},
                )  # fmt: skip
        return self


def targets(measure: MeasureBase) -> list[str | OsmTags]:
    """Layers and OSM tags that a measure leads to or reads.

    Examples
    --------
    >>> targets(CatchmentMeasure(id="gp", catchment="doctors", demand="areas", mode="walk", within=1500))
    ['doctors', 'areas']
    """
    match measure:
        case NearestMeasure():
            return [measure.to]
        case CountMeasure():
            return [measure.count]
        case SumMeasure():
            return [measure.of]
        case ValueMeasure():
            return [measure.value]
        case ShareMeasure():
            return [measure.share]
        case BasketMeasure():
            return list(measure.basket.values())
        case CatchmentMeasure():
            return [measure.catchment, measure.demand]
        case StandardMeasure():
            return [] if measure.stops is None else [measure.stops]
        case _:
            return []


def output_columns(measure: MeasureBase) -> list[str]:
    """All columns of a measure in the outputs: a service level comes with the reason for it.

    Examples
    --------
    >>> output_columns(StandardMeasure(id="pt", standard="pbl-crow"))
    ['pt_level', 'pt_why']
    """
    why = [f"{measure.id}_why"] if isinstance(measure, StandardMeasure) else []
    return [output_column(measure), *why]


def output_column(measure: MeasureBase) -> str:
    """Name of the measure's column in the outputs (design, Measures).

    Examples
    --------
    >>> output_column(NearestMeasure(id="stop", to="stops", mode="walk"))
    'stop_m'
    """
    if isinstance(measure, NearestMeasure):
        if measure.report != "time":
            return f"{measure.id}_n" if measure.report == "changes" else f"{measure.id}_v"
        return f"{measure.id}_min" if measure.mode == "transit" else f"{measure.id}_m"
    if isinstance(measure, CountMeasure | SumMeasure):
        return f"{measure.id}_n"
    return f"{measure.id}_level" if isinstance(measure, StandardMeasure) else f"{measure.id}_v"


__all__ = [
    "Access", "BasketMeasure", "CatchmentMeasure", "CharacterMeasure", "CountMeasure", "Decay", "Measure",
    "MeasureBase", "NearestMeasure", "OsmTags", "Places", "Scalar", "ShareMeasure", "StandardMeasure", "Statistic",
    "StreetsSource", "SumMeasure", "Timetable", "ValueMeasure", "output_column",
    "output_columns", "targets",
]  # fmt: skip
