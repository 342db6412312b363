"""Profiles: a target group's programme of requirements."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.base import Id, Label, NonNegative, Number, Scalar, Sourced, StrictModel, Text, Word
from flexsite.study.group import Households, Mix, Shares, Stay, refuse_other_function
from flexsite.study.units import Unit


class Test(Sourced):
    """One bound on a measure, a column or the route of a site."""

    __test__ = False  # pytest: this is no test class

    measure: Text | None = None
    column: Text | None = None
    route: bool | Text | None = Field(None, description="true: the permit route of the site")
    at_most: Number | None = None
    at_least: Number | None = None
    in_: list[bool | Scalar] | None = Field(None, alias="in", min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _route_list(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "route" not in data:
            return data
        route = data["route"]
        if isinstance(route, list):
            return {**data, "route": True, "in": route}
        if isinstance(route, dict):
            return {**data, "route": True, **route}
        return {**data, "route": True} if route is None else data

    @model_validator(mode="after")
    def _complete(self) -> Self:
        subjects = [self.measure is not None, self.column is not None, self.route is not None]
        if sum(subjects) != 1:
            raise PydanticCustomError("test", "a requirement needs one of 'measure', 'column', 'route' (or 'any')")
        bounds = self.at_most is not None or self.at_least is not None
        if bounds == (self.in_ is not None):
            raise PydanticCustomError("test", "a requirement needs 'at_most' and/or 'at_least', or 'in'")
        if self.route is not None and self.in_ is None:
            raise PydanticCustomError("test", "a requirement on the route needs 'in', such as in: [allowed, check]")
        if self.at_most is not None and self.at_least is not None and self.at_least > self.at_most:
            raise PydanticCustomError(
                "test", "'at_least' is above 'at_most', so that no site can meet both; exchange the two"
            )
        return self


class AnyOf(Sourced):
    """Passes when one of its tests passes; unknown when none passes and one is unknown."""

    any: list[Test] = Field(min_length=1)


def _test_or_any(data: Any) -> str:
    given = data if isinstance(data, dict) else vars(data) if isinstance(data, AnyOf | Test) else {}
    return "any" if "any" in given else "test"


Requirement = Annotated[Annotated[Test, Tag("test")] | Annotated[AnyOf, Tag("any")], Discriminator(_test_or_any)]


class Criterion(Sourced):
    """A soft wish: `best` scores 100, `worst` 0; which of the two is larger is the sign."""

    measure: Text | None = None
    column: Text | None = None
    best: Number
    worst: Number
    weight: int = Field(ge=0, le=100, strict=True)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.measure is None) == (self.column is None):
            raise PydanticCustomError("criterion", "a criterion needs either 'measure' or 'column'")
        if self.best == self.worst:
            raise PydanticCustomError("criterion", "'best' equals 'worst': the criterion cannot tell sites apart")
        return self


class HomesBound(Sourced):
    """Smallest and largest number of homes on a site."""

    min: int = Field(0, ge=0, strict=True)
    max: int | None = Field(None, ge=0, strict=True)

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.max is not None and self.max < self.min:
            raise PydanticCustomError("homes", "'max' is below 'min'; exchange the two")
        return self


class TermBound(Sourced):
    """Years that the homes must be able to stay."""

    min: NonNegative = 0.0


class Profile(StrictModel):
    """Hard requirements, signed criteria, unit, size and term of one target group."""

    id: Id
    label: Label | None = None
    about: str | None = None
    extends: Text | None = Field(None, description="a profile, built in or a file, of which this one is a variant")
    function: Literal["living"] | None = Field(None, description="living; a flex home has no other main function")
    kinds: list[Word] | None = Field(None, min_length=1, description="kinds of sites accepted; left out: all")
    groups: Shares | None = Field(None, description="of a flexmilieu: share of its homes per group, summing to 1")
    requires: dict[Id, Requirement] = Field(default_factory=dict)
    criteria: dict[Id, Criterion] = Field(default_factory=dict)
    unit: Unit
    homes: HomesBound = Field(default_factory=HomesBound)
    term: TermBound = Field(default_factory=TermBound)
    stay: Stay | None = Field(None, description="years of a tenancy")
    households: Households | None = Field(None, description="share of the homes per type of household, summing to 1")
    mix: Mix | None = Field(None, description="share of the homes for ordinary tenants")

    @field_validator("function", mode="before")
    @classmethod
    def _is_living(cls, value: Any) -> Any:
        return refuse_other_function(value)

    def name(self, language: str) -> str:
        """Label in a language, else in any, else the id."""
        if isinstance(self.label, dict):
            return self.label.get(language) or next(iter(self.label.values()), self.id)
        return self.label or self.id

    def tests(self) -> list[Test]:
        """All tests of the requirements, those under `any` included."""
        return [
            test for requirement in self.requires.values()
            for test in (requirement.any if isinstance(requirement, AnyOf) else [requirement])
        ]  # fmt: skip

    def subjects(self) -> list[Test | Criterion]:
        """Everything in the profile that looks at a measure or column."""
        return [*self.tests(), *self.criteria.values()]

    def certainties(self) -> list[str | None]:
        """Certainty of every number with a policy meaning.

        A test under `any` takes that of the whole where it has none of its own.
        """
        found: list[str | None] = []
        for requirement in self.requires.values():
            tests = requirement.any if isinstance(requirement, AnyOf) else [requirement]
            found += [test.certainty or requirement.certainty for test in tests if test.in_ is None]
        return [*found, *(part.certainty for part in (*self.criteria.values(), self.unit, self.homes, self.term))]
