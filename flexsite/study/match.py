"""Conditions on the columns of features, by the names that the study gives them."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.base import Number, Scalar, StrictModel


class Match(StrictModel):
    """What a column must hold: one of some values, none of some values, or a number within bounds.

    A list alone means `in`. Text is compared as it is, without spaces around it; a missing value is in no list and
    within no bounds, and `not_in` lets it through.
    """

    in_: list[bool | Scalar] | None = Field(None, alias="in", min_length=1)
    not_in: list[bool | Scalar] | None = Field(None, min_length=1)
    at_least: Number | None = None
    at_most: Number | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: Any) -> Any:
        return {"in": data} if isinstance(data, list) else data

    @model_validator(mode="after")
    def _complete(self) -> Self:
        lists = (self.in_ is not None) + (self.not_in is not None)
        bounds = self.at_least is not None or self.at_most is not None
        if lists + bounds != 1:
            raise PydanticCustomError("match", "give one of 'in', 'not_in', or 'at_least' and/or 'at_most'")
        return self
