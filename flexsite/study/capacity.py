"""How homes become rooms, people and parking spaces: norms that a study chooses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, field_validator, model_validator
from pydantic_core import PydanticCustomError

from flexsite.rulebook import norm_ids, parking_ids
from flexsite.study.access import StandardMeasure, output_columns
from flexsite.study.base import Count, StrictModel, StudyPath, Text, nearest
from flexsite.study.households import household_types, refuse_unknown_types
from flexsite.study.kinds import withheld_kind_columns
from flexsite.study.profile import Test

if TYPE_CHECKING:
    from flexsite.study.models import Study
    from flexsite.study.profile import Profile

YES: list[bool | int | str] = [True, 1, "true", "TRUE", "ja", "Ja", "JA", "j", "yes", "Yes", "YES", "y"]
"""What in a column means that parking is regulated."""


def _known(what: str, ids: Callable[[], tuple[str, ...]]) -> AfterValidator:
    def check(name: str) -> str:
        if name not in ids():
            raise PydanticCustomError(
                "norm", "there is no built-in {what} '{name}'; {remedy}",
                {"what": what, "name": name, "remedy": nearest(name, list(ids()))},
            )  # fmt: skip
        return name

    return AfterValidator(check)


def _id_or_file(data: Any) -> str:
    return "file" if str(data).lower().endswith((".yaml", ".yml")) else "name"


NormName = Annotated[
    Annotated[Text, _known("norm", norm_ids), Tag("name")] | Annotated[StudyPath, Tag("file")],
    Discriminator(_id_or_file),
    WithJsonSchema({"type": "string", "description": "id of a built-in norm, or path of a file like it"}),
]
ParkingName = Annotated[
    Annotated[Text, _known("parking norm", parking_ids), Tag("name")] | Annotated[StudyPath, Tag("file")],
    Discriminator(_id_or_file),
    WithJsonSchema({"type": "string", "description": "id of built-in parking norms, or path of a file like them"}),
]


def _or_a_column(schema: dict[str, Any]) -> None:
    """As written, a test on a column may be its name alone."""
    schema["anyOf"].append({"type": "string", "description": "a column"})


class Capacity(StrictModel):
    """Norms of rooms, of who a home is meant for, and of parking; size from which ordinary tenants are mixed in."""

    rooms: NormName = Field("aedes", description="norm of the rooms that a household needs")
    occupancy: NormName | None = Field(None, description="norm of the households that a home is meant for")
    parking: ParkingName | None = Field(None, description="parking norms; left out: the density says it all")
    level: Text | None = Field(None, description="measure of a service level, with which the parking norm falls")
    regulated: Test | None = Field(
        None,
        description="where parking is regulated: a column, or a test on one",
        json_schema_extra=_or_a_column,
    )
    cycling: Test | None = Field(None, description="where cycling is good enough to do without a car")
    mix_above: Count | None = Field(None, description="homes above which the profile's `mix` holds; left out: De Key's")

    @field_validator("regulated", mode="before")
    @classmethod
    def _a_column(cls, value: Any) -> Any:
        return {"column": value, "in": YES} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _with_parking(self) -> Self:
        if self.parking is None:
            for name in ("level", "regulated", "cycling"):
                if getattr(self, name) is not None:
                    raise PydanticCustomError(
                        "parking", "'{name}' is about parking; give 'parking: nl' beside it, or leave it out",
                        {"name": name},
                    )  # fmt: skip
        return self

    def tests(self) -> dict[str, Test]:
        """The tests on sites, by key."""
        named = {"regulated": self.regulated, "cycling": self.cycling}
        return {name: test for name, test in named.items() if test is not None}


def norms_of(study: Study) -> Capacity:
    """The norms of a study, the usual ones where it chooses none."""
    return study.capacity or Capacity()


def says_who_lives_there(study: Study) -> bool:
    """Whether more is asked of its homes than their number: a norm, a type of home, who lives there."""
    told = (
        one.households is not None or one.mix is not None or one.unit.type is not None or one.unit.shared_by is not None
        for one in study.profiles
    )
    varied = (key.split(".")[0] == "capacity" for changes in study.variants.values() for key in changes)
    return bool(study.profiles) and (study.capacity is not None or any(told) or any(varied))


def own_norms(study: Study) -> list[Path]:
    """Files of the user's that the study names as norms."""
    norms = norms_of(study)
    return [one for one in (norms.rooms, norms.occupancy, norms.parking) if isinstance(one, Path)]


def check_capacity(study: Study) -> None:
    """Refuse names that lead nowhere, and what a public study may not use. Raises PydanticCustomError."""
    for profile in study.profiles:
        _check_households(profile)
    capacity = norms_of(study)
    measures = {measure.id: measure for measure in study.access.measures}
    levels = [name for name, measure in measures.items() if isinstance(measure, StandardMeasure)]
    if capacity.level is not None and capacity.level not in levels:
        raise PydanticCustomError(
            "level", "there is no measure of a service level '{name}'; {remedy}",
            {"at": "capacity.level", "name": capacity.level, "remedy": nearest(capacity.level, levels)},
        )  # fmt: skip
    private = {
        *withheld_kind_columns(study),
        *study.withheld_columns(),
        *(f"{name}_share" for name in study.withheld_columns()),
    }
    private |= {one for measure in study.withheld_measures() for one in (measure.id, *output_columns(measure))}
    used = {"level": capacity.level} if capacity.level is not None else {}
    for key, test in capacity.tests().items():
        known = sorted(study.known_columns()) if test.column is not None else list(measures)
        name = test.column if test.column is not None else test.measure
        if name is not None and name not in known:
            raise PydanticCustomError(
                "column", "the {what} '{name}' is not defined; {remedy}",
                {"at": f"capacity.{key}", "what": "column" if test.column is not None else "measure", "name": name,
                 "remedy": nearest(name, known)},
            )  # fmt: skip
        if name is not None:
            used[key] = name
    for key, name in used.items():
        if name in private:
            raise PydanticCustomError(
                "private", "a public study cannot reckon parking with '{name}', which is private; {remedy}",
                {"at": f"capacity.{key}", "name": name, "remedy": "make the audience internal, or leave it out"},
            )  # fmt: skip


def _check_households(profile: Profile) -> None:
    names = [] if profile.households is None else list(profile.households.shares)
    refuse_unknown_types(names, f"profiles.{profile.id}.households")
    if profile.unit.shared_by is None:
        return
    for name in names:
        if household_types()[name].people > 1:
            raise PydanticCustomError(
                "household",
                "a shared home is for people alone, and '{name}' are {n}; leave it out, or take another unit",
                {"at": f"profiles.{profile.id}.households.{name}", "name": name, "n": household_types()[name].people},
            )  # fmt: skip
