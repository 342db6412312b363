"""What a study asks about its own assumptions: sweeps over values, draws of weights, a tornado."""

from __future__ import annotations

import math
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.base import Label, Number, PositiveNumber, Scalar, StrictModel, Text

MOST_POINTS = 1000
"""Points of one sweep: more is a slip in a step, and a reader of curves needs tens."""
MOST_DRAWS = 100_000

Keys = Text | Annotated[list[Text], Field(min_length=1)]
"""A key of the resolved study, or several that take the same value."""


class Steps(StrictModel):
    """Values that a parameter takes: listed, or from one number to another in steps."""

    values: list[bool | Scalar] | None = Field(None, min_length=1)
    from_: Number | None = Field(None, alias="from")
    to: Number | None = None
    step: PositiveNumber | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: Any) -> Any:
        return {"values": data} if isinstance(data, list) else data

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self.refuse_half()
        return self

    def refuse_half(self) -> None:
        """Refuse values that are half given, or far too many. Raises PydanticCustomError."""
        given = [part is not None for part in (self.from_, self.to, self.step)]
        if any(given) == (self.values is not None) or any(given) != all(given):
            raise PydanticCustomError("steps", "give either 'values', or 'from', 'to' and 'step'")
        if self.values is not None:
            if len({(isinstance(value, str), value) for value in self.values}) < len(self.values):
                raise PydanticCustomError("steps", "a value stands twice in 'values'; remove one of the two")
        elif self.from_ is not None and self.to is not None and self.to < self.from_:
            raise PydanticCustomError("steps", "'to' is below 'from'; exchange the two")
        if self.size() > MOST_POINTS:
            raise PydanticCustomError(
                "steps",
                "{size} values are too many for a sweep; take at most {most}",
                {"size": f"{self.size():.0f}", "most": MOST_POINTS},
            )

    def size(self) -> float:
        """How many values there are."""
        if self.values is not None:
            return len(self.values)
        if self.from_ is None or self.to is None or self.step is None:
            return 0
        return math.floor((self.to - self.from_) / self.step + 1e-9) + 1

    def taken(self) -> list[bool | Scalar]:
        """The values in their order; whole numbers as integers.

        Examples
        --------
        >>> Steps.model_validate({"from": 200, "to": 500, "step": 100}).taken()
        [200, 300, 400, 500]
        """
        if self.values is not None:
            return self.values
        if self.from_ is None or self.step is None:
            return []
        found = [round(self.from_ + place * self.step, 9) for place in range(int(self.size()))]
        return [int(value) if value.is_integer() else value for value in found]


class Sweep(Steps):
    """One parameter, or a grid of two, for which the study is counted again and again."""

    label: Label | None = None
    key: Keys | None = Field(None, description="key of the resolved study, as in variants; a list moves together")
    keys: dict[Text, Steps] | None = Field(None, description="two keys with their values", min_length=1, max_length=2)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.key is None) == (self.keys is None):
            raise PydanticCustomError("sweep", "a sweep needs either 'key' with its values, or 'keys' for two of them")
        bare = self.values is None and self.from_ is None and self.to is None and self.step is None
        if self.keys is not None:
            if not bare:
                raise PydanticCustomError("sweep", "the values of 'keys' stand with each key, not beside them")
            if math.prod(steps.size() for steps in self.keys.values()) > MOST_POINTS:
                raise PydanticCustomError(
                    "sweep", "the grid has more than {most} points; take fewer values", {"most": MOST_POINTS}
                )
            return self
        self.refuse_half()
        return self

    def parameters(self) -> list[tuple[tuple[str, ...], list[bool | Scalar]]]:
        """Each parameter's keys and values."""
        if self.keys is not None:
            return [((key,), steps.taken()) for key, steps in self.keys.items()]
        keys = (self.key,) if isinstance(self.key, str) else tuple(self.key or ())
        return [(keys, self.taken())]


class Weights(StrictModel):
    """Draws of criterion weights around the given ones, from a Dirichlet distribution."""

    draws: int = Field(1000, ge=1, le=MOST_DRAWS, strict=True)
    seed: int = Field(1, ge=0, strict=True)
    concentration: PositiveNumber | None = Field(
        None, description="how tightly the draws lie around the given weights; left out: the number of criteria"
    )


class Range(StrictModel):
    """A number of the study and the bounds between which it is moved."""

    key: Text
    low: Number | None = None
    high: Number | None = None
    label: Label | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_key(cls, data: Any) -> Any:
        return {"key": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise PydanticCustomError("range", "'low' is above 'high'; exchange the two")
        return self


def _default_certainty() -> list[Text]:
    return ["assumption"]


class Tornado(StrictModel):
    """Each assumption moved down and up, one at a time."""

    step: PositiveNumber = Field(0.2, description="share by which a number moves where no low or high is given")
    certainty: list[Text] = Field(
        default_factory=_default_certainty, description="numbers of the profiles that are moved: those so marked"
    )
    keys: list[Range] = Field(default_factory=list, description="further numbers of the study, or bounds of their own")


class Sensitivity(StrictModel):
    """How far results rest on assumptions."""

    weights: Weights | None = None
    tornado: Tornado | None = None
