"""Kinds of sites: land, a vacant building, a flat roof... What counts of each, what it asks, how homes are counted."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from flexsite.study.base import Id, Label, Number, Scalar, Sourced, StrictModel, Text, Word, nearest

Method = Literal["ground", "unused", "floor", "roof", "plots"]
_NEEDED: dict[str, tuple[str, ...]] = {
    "ground": (),
    "unused": (),
    "floor": ("factor", "shared_space"),
    "roof": ("usable_share", "extra_storeys", "form_factor"),
    "plots": ("plot_area",),
}
_ALLOWED = {"ground": ("usable_share",), "unused": ("usable_share",), "floor": (), "roof": (), "plots": ()}
READ_BY: dict[str, str] = {"unused": "used_share", "floor": "floor_area"}
"""Column that a way of counting homes reads, besides the area of the site."""
PER_HOME = ("floor", "roof")
"""Ways of counting that divide by the floor area of a home."""


class Need(StrictModel):
    """A column of the candidates that a kind looks at, by the name it has here."""

    label: Label | None = None
    about: str | None = None
    type: Literal["number", "text"] = "number"
    at_least: Number | None = Field(None, description="a smaller value is refused")
    at_most: Number | None = Field(None, description="a larger value is refused")
    divided: bool = Field(
        False, strict=True, description="of the whole candidate: a site that is a part of it gets its share by area"
    )


class Condition(Sourced):
    """What the column of a candidate must hold; a missing value meets no condition."""

    column: Id
    at_least: Number | None = None
    at_most: Number | None = None
    above: Number | None = None
    below: Number | None = None
    in_: list[bool | Scalar] | None = Field(None, alias="in", min_length=1)

    @property
    def bounds(self) -> bool:
        """Whether it compares numbers."""
        return any(value is not None for value in (self.at_least, self.at_most, self.above, self.below))

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.bounds == (self.in_ is not None):
            raise PydanticCustomError(
                "condition", "a condition needs 'at_least', 'at_most', 'above' or 'below', or else 'in'"
            )
        return self


class KindRequirement(Condition):
    """A condition that every site of a kind must meet; a missing value is unknown, and fails."""

    label: Label | None = None
    otherwise: Literal["fails", "unknown"] = Field(
        "fails", description="unknown: a value that does not meet it says that somebody must look, no more"
    )


class KindMark(Sourced):
    """Something to weigh at sites of a kind: always, where a condition holds, or where columns say nothing.

    Of the conditions under `when` the first whose column is known decides.
    """

    id: Id
    label: Label | None = None
    when: list[Condition] | None = Field(None, min_length=1)
    missing: list[Id] | None = Field(None, min_length=1, description="columns, none of which is known")


class Parameter(Sourced):
    """A number with the reason for it."""

    value: Number = Field(ge=0)

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, data: Any) -> Any:
        return {"value": data} if isinstance(data, int | float) and not isinstance(data, bool) else data


class Capacity(StrictModel):
    """How homes are counted on sites of a kind; see `flexsite.capacity.methods` for the formulas."""

    method: Method
    usable_share: Parameter | None = Field(None, description="share of the area that homes can take")
    factor: Parameter | None = Field(None, description="share of the floor area left for homes after conversion")
    shared_space: Parameter | None = Field(None, description="shared space per home, as a share of its floor area")
    form_factor: Parameter | None = Field(None, description="use area per gross floor area, where the unit has none")
    extra_storeys: Parameter | None = Field(None, description="storeys of homes on a roof")
    plot_area: Parameter | None = Field(None, description="m2 of ground per home")
    most: Parameter | None = Field(None, description="most homes on a site")

    @model_validator(mode="after")
    def _fits_method(self) -> Self:
        given = {name for name in type(self).model_fields if name != "method" and getattr(self, name) is not None}
        lacking = [name for name in _NEEDED[self.method] if name not in given]
        beside = sorted(given - {*_NEEDED[self.method], *_ALLOWED[self.method], "most"})
        if lacking or beside:
            raise PydanticCustomError(
                "capacity",
                "the method '{method}' {what}",
                {
                    "method": self.method,
                    "what": f"needs '{lacking[0]}'" if lacking else f"knows no '{beside[0]}'; leave it out",
                },
            )
        for name in ("factor", "usable_share", "form_factor"):
            share = getattr(self, name)
            if share is not None and share.value > 1:
                raise PydanticCustomError("capacity", "'{name}' is a share, from 0 to 1", {"name": name})
        if self.plot_area is not None and self.plot_area.value == 0:
            raise PydanticCustomError("capacity", "'plot_area' must be above 0")
        return self

    def number(self, name: str, default: float = 1.0) -> float:
        """A parameter as a number."""
        given = getattr(self, name)
        return default if given is None else float(given.value)

    def parameters(self) -> dict[str, Parameter]:
        """The parameters that are given."""
        found = {name: getattr(self, name) for name in type(self).model_fields if name != "method"}
        return {name: given for name, given in found.items() if given is not None}


class Kind(Sourced):
    """A kind of sites: what must be known of them, how homes are counted, and what must be weighed."""

    id: Word
    label: Label | None = None
    about: str | None = None
    needs: dict[Id, Need] = Field(default_factory=dict, description="columns of the candidates")
    capacity: Capacity
    requires: dict[Id, KindRequirement] = Field(default_factory=dict)
    marks: list[KindMark] = Field(default_factory=list)
    exempt: list[Text] = Field(default_factory=list, description="ids or themes of rules that do not act on it")

    @model_validator(mode="after")
    def _known_columns(self) -> Self:
        asked = [(f"requires.{name}", one.column, one.bounds) for name, one in self.requires.items()]
        for mark in self.marks:
            asked += [(f"marks.{mark.id}", one.column, one.bounds) for one in mark.when or []]
            asked += [(f"marks.{mark.id}", name, False) for name in mark.missing or []]
        read = READ_BY.get(self.capacity.method)
        if read is not None:
            asked.append((f"capacity, method '{self.capacity.method}'", read, True))
        for place, name, as_number in asked:
            if name not in self.needs:
                raise PydanticCustomError(
                    "needs",
                    "the kind '{kind}' looks at a column '{name}' ({place}) that is not under its 'needs'; {remedy}",
                    {"kind": self.id, "name": name, "place": place, "remedy": nearest(name, list(self.needs))},
                )
            if as_number and self.needs[name].type != "number":
                raise PydanticCustomError(
                    "needs",
                    "the kind '{kind}' compares the column '{name}' ({place}) as a number, and it holds text; use 'in'",
                    {"kind": self.id, "name": name, "place": place},
                )
        ids = [mark.id for mark in self.marks]
        if len(set(ids)) < len(ids):
            raise PydanticCustomError("twice", "the kind '{kind}' has a mark twice; rename one", {"kind": self.id})
        return self

    @property
    def may_fail(self) -> bool:
        """Whether a site of this kind can fail by the kind's own requirements, or for want of what is counted."""
        return bool(self.requires) or self.capacity.method in READ_BY

    def certainties(self) -> list[str | None]:
        """Certainty of every number with a policy meaning."""
        conditions: list[Condition] = [*self.requires.values()]
        conditions += [one for mark in self.marks for one in mark.when or []]
        numbers: list[Sourced] = [one for one in conditions if one.bounds]
        return [part.certainty for part in (*numbers, *self.capacity.parameters().values())]
