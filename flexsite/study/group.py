"""What a profile says of its group beside where it can live: households, stay, mix with ordinary tenants."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.base import NonNegative, Sourced, Word

Share = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]
OTHER_FUNCTIONS = ("shelter", "care", "recreation")
"""Main functions that BZK's definition of a flex home leaves out."""
TOLERANCE = 1e-6
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def sum_to_one(shares: dict[str, float], what: str) -> None:
    """Refuse shares that do not sum to 1. Raises PydanticCustomError."""
    total = sum(shares.values())
    if round(abs(total - 1), 9) > TOLERANCE:
        raise PydanticCustomError(
            "shares",
            "the shares of {what} sum to {total}, not to 1; change one of them",
            {"what": what, "total": f"{total:.9g}"},
        )


def refuse_other_function(value: Any) -> Any:
    """Pass a main function on, or refuse those that make no flex home. Raises PydanticCustomError."""
    if value in OTHER_FUNCTIONS:
        raise PydanticCustomError(
            "function",
            "{value} is no flex home: by the definition of the Ministry of the Interior (BZK) a flex home is not "
            "meant for shelter, care or recreation in the first place; choose 'living', or leave the group out",
            {"value": value},
        )
    return value


def _shares_of_groups(shares: dict[str, float]) -> dict[str, float]:
    sum_to_one(shares, "the groups")
    return shares


Shares = Annotated[dict[Word, Share], Field(min_length=1), AfterValidator(_shares_of_groups)]
"""Share per name, summing to 1."""


class Households(Sourced):
    """Share of the homes per type of household; types are those of the rulebook's norms.

    Examples
    --------
    >>> Households(single=0.8, couple=0.2).shares
    {'single': 0.8, 'couple': 0.2}
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Share] = Field(init=False)

    @property
    def shares(self) -> dict[str, float]:
        """Share per type of household, in the order given; they sum to 1."""
        return dict(self.__pydantic_extra__)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        """Every key that is not of `Sourced` is a type of household."""
        return data

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name in self.shares:
            if not _NAME.match(name):
                raise PydanticCustomError(
                    "name",
                    "'{name}' is no valid name of a type of household; use lower case letters, digits, underscores",
                    {"name": name},
                )
        sum_to_one(self.shares, "the households")
        return self


class Stay(Sourced):
    """Years that a household stays in the home."""

    min: NonNegative = 0.0
    max: NonNegative | None = None

    @model_validator(mode="after")
    def _order(self) -> Self:
        _in_order("stay", self.min, self.max)
        return self


class Mix(Sourced):
    """Smallest and largest share of the homes that go to ordinary tenants."""

    min: Share = 0.0
    max: Share = 1.0

    @model_validator(mode="after")
    def _order(self) -> Self:
        _in_order("mix", self.min, self.max)
        return self


def _in_order(what: str, low: float, high: float | None) -> None:
    if high is not None and high < low:
        raise PydanticCustomError(what, "'max' is below 'min'; exchange the two")
