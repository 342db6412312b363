"""Rules of the study format: they take ground away, cap it, mark it, or say how building there is permitted."""

from __future__ import annotations

from datetime import date as Date
from enum import IntEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.base import (
    Count,
    Id,
    Label,
    NonNegative,
    Number,
    Scalar,
    Sourced,
    StrictModel,
    Text,
    Word,
    unknown_kind,
)
from flexsite.study.match import Match

Hardness = Literal["very_hard", "hard", "medium", "soft"]
Outside = Literal["exclude", "free", "unknown"]
Route = Literal["allowed", "check", "deviation", "forbidden", "unlisted", "unknown"]


class Softness(IntEnum):
    """PBL's ladder of restrictions, from a ban by law to a point of attention."""

    very_hard = 0
    hard = 1
    medium = 2
    soft = 3


class When(StrictModel):
    """Condition on the term of the study; where it does not hold, the rule only marks."""

    term_above: Number | None = None
    term_at_most: Number | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.term_above is None) == (self.term_at_most is None):
            raise PydanticCustomError("when", "'when' needs either 'term_above' or 'term_at_most'")
        return self

    def holds(self, term: float) -> bool:
        """Whether the condition holds for a term in years."""
        if self.term_above is not None:
            return term > self.term_above
        return self.term_at_most is not None and term <= self.term_at_most


class Touch(StrictModel):
    """From when on a footprint counts for a site: at least this share of it and this area (m2)."""

    share: float = Field(0.01, ge=0, le=1, strict=True)
    area: float = Field(50.0, ge=0, strict=True, allow_inf_nan=False)


class RuleBase(Sourced):
    """What every rule may say."""

    effect: ClassVar[str]
    id: Id
    label: Label | None = None
    hardness: Hardness = Field("hard", alias="class", description="very_hard < hard < medium < soft")
    date: Date | str | None = None
    where: Text | None = Field(None, description="SQLite expression, ANDed to the layer's")
    match: dict[Text, Match] | None = Field(
        None, description="column, under our name: values or bounds; features that meet all are taken", min_length=1
    )
    buffer: NonNegative = Field(0.0, description="metres around the features")
    above: Number | None = Field(None, description="raster: cells above this value")
    below: Number | None = Field(None, description="raster: cells below this value")
    values: list[Number] | None = Field(None, description="raster: cells with one of these values", min_length=1)
    when: When | None = None
    kinds: list[Word] | None = Field(
        None, description="kinds of candidates it acts on; left out: all but those exempt from it", min_length=1
    )
    touch: Touch = Field(default_factory=Touch, description="threshold for marks, windows, caps and unknown")
    outside_coverage: Outside = "unknown"
    library: Text | None = Field(None, description="where in the rule library it comes from")
    theme: Text | None = None

    @property
    def layer(self) -> str:
        """Name of the layer that the rule reads."""
        return str(getattr(self, self.effect))

    @property
    def raster_conditions(self) -> int:
        """How many of `above`, `below`, `values` are given."""
        return sum(value is not None for value in (self.above, self.below, self.values))

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if self.raster_conditions > 1:
            raise PydanticCustomError("raster", "give one of 'above', 'below' and 'values'")
        return self

    def acts(self, strictness: Hardness, term: float) -> bool:
        """Whether the rule has its own effect; otherwise it only marks (design, Strictness)."""
        return Softness[self.hardness] <= Softness[strictness] and (self.when is None or self.when.holds(term))


class ExcludeRule(RuleBase):
    """Takes the ground of the features, or of the raster cells that meet the condition."""

    effect = "exclude"
    exclude: Text
    until: Text | None = Field(None, description="column: from when on the ground is needed")
    horizon: NonNegative | None = Field(None, description="years; default: the term of the study")


class KeepRule(RuleBase):
    """Takes all ground within coverage that is not under the features."""

    effect = "keep"
    keep: Text


class RouteRule(RuleBase):
    """Says by which permit route building is possible, from a zoning column; takes only forbidden ground."""

    effect = "route"
    route: Text
    column: Text
    allowed: list[Scalar] = Field(default_factory=list)
    check_: list[Scalar] = Field(default_factory=list, alias="check")
    deviation: list[Scalar] = Field(default_factory=list)
    forbidden: list[Scalar] = Field(default_factory=list)
    otherwise: Literal["allowed", "check", "deviation", "unlisted"] = "unlisted"

    @model_validator(mode="after")
    def _listed_once(self) -> Self:
        seen: dict[str, str] = {}
        for route, values in self.listed().items():
            for value in values:
                if value in seen and seen[value] != route:
                    raise PydanticCustomError(
                        "route",
                        "the value '{value}' is listed as {a} and as {b}; keep one of the two",
                        {"value": value, "a": seen[value], "b": route},
                    )
                seen[value] = route
        return self

    def listed(self) -> dict[Route, list[str]]:
        """Values of the column per route, as text."""
        return {
            "forbidden": [str(value) for value in self.forbidden],
            "check": [str(value) for value in self.check_],
            "deviation": [str(value) for value in self.deviation],
            "allowed": [str(value) for value in self.allowed],
        }


class CapRule(RuleBase):
    """At most so many homes on a site that touches the features."""

    effect = "cap"
    cap: Text
    homes: Count | Text = Field(description="number, or column with the number")


class MarkRule(RuleBase):
    """Takes nothing; says that something must be weighed."""

    effect = "mark"
    mark: Text
    until: Text | None = None


EFFECTS: dict[str, type[RuleBase]] = {
    model.effect: model for model in (ExcludeRule, KeepRule, RouteRule, CapRule, MarkRule)
}


def _effect_of(data: Any) -> str | None:
    if isinstance(data, RuleBase):
        return data.effect
    return next((effect for effect in EFFECTS if effect in data), None)


def _one_effect(data: Any) -> Any:
    """Refuse what has no effect, or several, before the models look at it."""
    if isinstance(data, RuleBase):
        return data
    if not isinstance(data, dict):
        raise PydanticCustomError(
            "rule",
            "a rule is a mapping of keys; write it as {example}, or name one of the library, such as nl/natura2000",
            {"example": "{id: built, exclude: buildings}"},
        )
    given = [effect for effect in EFFECTS if effect in data]
    if len(given) > 1:
        raise PydanticCustomError(
            "rule", "a rule has one effect, not {n}: {given}", {"n": len(given), "given": ", ".join(given)}
        )
    if not given:
        known = {field.alias or name for model in EFFECTS.values() for name, field in model.model_fields.items()}
        raise unknown_kind(data, known, list(EFFECTS), "the rule has no effect")
    return data


Rule = Annotated[
    Annotated[
        Annotated[ExcludeRule, Tag("exclude")]
        | Annotated[KeepRule, Tag("keep")]
        | Annotated[RouteRule, Tag("route")]
        | Annotated[CapRule, Tag("cap")]
        | Annotated[MarkRule, Tag("mark")],
        Discriminator(_effect_of),
    ],
    BeforeValidator(_one_effect),
]
