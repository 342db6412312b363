"""What a study shows of its access, so that people believe the numbers: what is in reach, routes, fields."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.base import Day, PositiveNumber, StrictModel, Text
from flexsite.study.clock import ClockTime

MOST_BANDS = 4


class _Shown(StrictModel):
    """What is shown of a site."""

    mode: Literal["walk", "cycle", "transit"] = "transit"
    depart: ClockTime = Field("08:00", description="transit: departure")
    date: Day | None = Field(None, description="transit: another service day than that of the timetable")


class ShownReach(_Shown):
    """The ground that is reached from a site within some minutes: isochrones."""

    kind: ClassVar[str] = "reach"
    reach: list[PositiveNumber] = Field(description="minutes", min_length=1, max_length=MOST_BANDS)
    site: Text = Field(description="its site_id")

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if sorted(set(self.reach)) != self.reach:
            raise PydanticCustomError("reach", "the minutes of 'reach' rise, each once")
        return self


class ShownRoute(_Shown):
    """The quickest way from a site to the nearest of some places, with its steps and times."""

    kind: ClassVar[str] = "route"
    route: Text = Field(description="layer of the places")
    site: Text = Field(description="its site_id")


class ShownField(StrictModel):
    """A measure taken on cells all over the area, such as the travel time to a centre."""

    kind: ClassVar[str] = "field"
    field: Text = Field(description="id of a measure")
    cell: PositiveNumber = Field(500.0, description="metres", ge=25)


def _kind(data: Any) -> str | None:
    keys = data if isinstance(data, dict) else type(data).model_fields
    return next((name for name in ("reach", "route", "field") if name in keys), None)


Shown = Annotated[
    Annotated[ShownReach, Tag("reach")] | Annotated[ShownRoute, Tag("route")] | Annotated[ShownField, Tag("field")],
    Discriminator(
        _kind,
        custom_error_type="shown",
        custom_error_message="what is shown is a 'reach', a 'route' or a 'field'",
    ),
]
