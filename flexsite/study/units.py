"""The home that a group is given: its own numbers, or those of a type of the rulebook."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from flexsite.rulebook import units_path
from flexsite.study.base import Label, NonNegative, PositiveNumber, Sourced, StrictModel, Text, Word, nearest
from flexsite.study.yaml_source import read

Part = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=1)]


class Figure(Sourced):
    """A number of the rulebook with where it comes from."""

    value: NonNegative


class Density(Sourced):
    """Homes per gross hectare: one number, or one per number of floors."""

    value: PositiveNumber | None = None
    by_storeys: dict[int, PositiveNumber] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.value is None) == (not self.by_storeys):
            raise PydanticCustomError("density", "give either 'value' or 'by_storeys'")
        return self


class UnitType(StrictModel):
    """A type of home of the rulebook."""

    label: Label
    about: Text
    homes_per_ha: Density
    floor_area: Figure
    storeys: Figure
    rooms: Figure
    net_share: Figure
    form_factor: Figure
    parking: Figure
    shared_by: Figure | None = None


_PLAIN = ("floor_area", "storeys", "rooms", "net_share", "form_factor", "parking", "shared_by")


@cache
def unit_types() -> dict[str, UnitType]:
    """Types of homes of the rulebook, by id.

    Examples
    --------
    >>> unit_types()["tiny_house"].homes_per_ha.value
    13.5
    """
    return {name: UnitType.model_validate(data) for name, data in read(units_path()).data.items()}


def filled(given: dict[str, Any]) -> dict[str, Any]:
    """A unit with the numbers of its type where it has none of its own.

    The density follows the number of floors where the type has one per number of floors, and brings its source and
    certainty along.

    Raises
    ------
    PydanticCustomError
        There is no such type, or it has no density for that number of floors.

    Examples
    --------
    >>> filled({"type": "stacked", "storeys": 4, "floor_area": 35})["homes_per_ha"]
    185.0
    >>> filled({"type": "stacked", "homes_per_ha": 100})["storeys"]
    3.0
    """
    name = given.get("type")
    if not isinstance(name, str):
        return given  # the model says what is wrong
    if name not in unit_types():
        raise PydanticCustomError(
            "unit", "there is no type of home '{name}'; {remedy}",
            {"name": name, "remedy": nearest(name, list(unit_types()))},
        )  # fmt: skip
    of_type = unit_types()[name]
    own = {key: value for key, value in given.items() if value is not None}
    figures: dict[str, Figure | None] = {key: getattr(of_type, key) for key in _PLAIN}
    result = {key: figure.value for key, figure in figures.items() if figure is not None} | own
    if "homes_per_ha" not in own:
        result["homes_per_ha"] = _density(name, of_type.homes_per_ha, result["storeys"])
        for key in ("basis", "source", "certainty"):
            result.setdefault(key, getattr(of_type.homes_per_ha, key))
    return result


def _density(name: str, density: Density, storeys: Any) -> float:
    if density.by_storeys is None:
        assert density.value is not None  # noqa: S101  (the model refuses it)
        return density.value
    if storeys not in density.by_storeys:
        known = ", ".join(str(number) for number in density.by_storeys)
        raise PydanticCustomError(
            "unit",
            "homes of type '{name}' have {known} storeys, not {given}; choose one of these, or give 'homes_per_ha'",
            {"name": name, "known": known, "given": str(storeys)},
        )
    return density.by_storeys[storeys]


class Unit(Sourced):
    """The home that the group is given; density per gross hectare.

    Examples
    --------
    >>> Unit.model_validate({"type": "low_rise", "storeys": 1}).homes_per_ha
    40.0
    >>> Unit.model_validate({"type": "shared"}).shared_by
    3
    """

    # As written, a unit with a type needs no density.
    model_config = ConfigDict(
        json_schema_extra=lambda schema: schema.update(
            required=[], anyOf=[{"required": ["homes_per_ha"]}, {"required": ["type"]}]
        )
    )

    type: Word | None = Field(None, description="a unit of the rulebook; keys given beside it win")
    homes_per_ha: PositiveNumber
    floor_area: PositiveNumber | None = Field(None, description="m2 of a home")
    storeys: PositiveNumber | None = None
    rooms: PositiveNumber | None = Field(None, description="rooms of a home, the living room among them")
    net_share: Part | None = Field(None, description="net ground per gross ground")
    form_factor: Part | None = Field(None, description="use area of the homes per gross floor area")
    parking: NonNegative | None = Field(None, description="spaces per home that lie within the density")
    shared_by: int | None = Field(None, ge=2, description="people who share a home and are no household together")

    @model_validator(mode="before")
    @classmethod
    def _of_a_type(cls, data: Any) -> Any:
        return filled(data) if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.shared_by is not None and (self.rooms is None or self.rooms < self.shared_by):
            raise PydanticCustomError(
                "unit", "a home shared by {n} has a room for each of them; give more 'rooms', or lower 'shared_by'",
                {"n": self.shared_by},
            )  # fmt: skip
        if self.floor_area is not None and self.storeys is not None:
            ground = self.floor_area / (self.form_factor or 1.0) / max(self.storeys, 1.0)
            if ground * self.homes_per_ha > 10_000:
                raise PydanticCustomError(
                    "unit",
                    "{homes} homes of {area} m2 on {storeys} storeys stand on more ground than the hectare they are "
                    "on; give more 'storeys', or lower 'homes_per_ha'",
                    {
                        "homes": f"{self.homes_per_ha:g}",
                        "area": f"{self.floor_area:g}",
                        "storeys": f"{self.storeys:g}",
                    },
                )
        return self

    @property
    def footprint(self) -> float | None:
        """Ground under a home, in m2: its gross floor area over the number of floors; None where one is not known."""
        if self.floor_area is None or self.storeys is None or self.form_factor is None:
            return None
        return self.floor_area / self.form_factor / max(self.storeys, 1.0)
