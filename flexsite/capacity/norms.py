"""Norms of rooms: how many a household needs, and whom a home of so many rooms is meant for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, LiteralString, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from flexsite.capacity.files import load
from flexsite.errors import InputError
from flexsite.rulebook import norm_path
from flexsite.study.base import Day, Label, NonNegative, StrictModel, Text

For = Literal["first", "later", "refused"]
"""Whom a home is meant for: them; others before them; others only."""


class Rooms(NamedTuple):
    """Rooms by a norm, the living room among them; `most` is None where the norm has no upper end."""

    least: int
    most: int | None


_BOUNDS: LiteralString = "not a number; give one, or 'at_least' and/or a larger 'at_most'"


class Bounds(StrictModel):
    """A number, or `at_least` and/or `at_most`, inclusive."""

    at_least: NonNegative | None = None
    at_most: NonNegative | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_number(cls, data: Any) -> Any:
        if isinstance(data, int | float) and not isinstance(data, bool):
            return {"at_least": data, "at_most": data}
        if not isinstance(data, dict | Bounds):
            raise PydanticCustomError("bounds", _BOUNDS)
        return data

    @model_validator(mode="after")
    def _some(self) -> Self:
        low, high = self.at_least, self.at_most
        if (low is None and high is None) or (low is not None and high is not None and high < low):
            raise PydanticCustomError("bounds", _BOUNDS)
        return self

    def hold(self, value: float) -> bool:
        """Whether a number lies within."""
        low, high = self.at_least, self.at_most
        return (low is None or value >= low) and (high is None or value <= high)


class RoomRow(StrictModel):
    """Rooms of the households that meet every bound; `below` is an age that an adult alone has not reached."""

    persons: Bounds | None = None
    adults: Bounds | None = None
    children: Bounds | None = None
    below: int | None = Field(None, ge=1)
    rooms: Bounds

    def holds(self, adults: int, children: int, age: float | None) -> bool:
        """Whether a household meets every bound."""
        counts = ((self.persons, adults + children), (self.adults, adults), (self.children, children))
        young = self.below is None or (adults == 1 and age is not None and age < self.below)
        return young and all(bounds is None or bounds.hold(count) for bounds, count in counts)


class HomeRow(StrictModel):
    """Whom homes within the bounds on floor area and rooms are meant for; the effect is on all others."""

    floor_area: Bounds | None = None
    rooms: Bounds | None = None
    persons: Bounds | None = None
    children: Bounds | None = None
    effect: Literal["later", "refused"]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.floor_area is None and self.rooms is None) or (self.persons is None and self.children is None):
            raise PydanticCustomError("home", "give 'floor_area' or 'rooms' of the home, and 'persons' or 'children'")
        return self


class Norm(StrictModel):
    """A published norm: rooms of households, or households of homes."""

    id: Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]*$")]
    label: Label
    about: Text
    source: Text
    date: Day
    certainty: Text
    rooms: list[RoomRow] = Field(default_factory=list)
    homes: list[HomeRow] = Field(default_factory=list)


def load_norm(norm: str | Path) -> Norm:
    """Load a norm: the id of a built-in one, or the path of a file of the same form. Raises InputError.

    Examples
    --------
    >>> load_norm("almere2021").date.year
    2021
    """
    return load(norm if isinstance(norm, Path) else norm_path(norm), Norm, "a built-in norm such as aedes.yaml")


def rooms_needed(table: str | Path | Norm, adults: int, children: int, age: float | None = None) -> Rooms:
    """Rooms that a household needs by a norm.

    Parameters
    ----------
    table
        The norm, its id or its file.
    adults, children
        Who they are.
    age
        Of an adult alone, in years; left out: 23 or older.

    Returns
    -------
    Rooms
        Least and most.

    Raises
    ------
    InputError
        The norm says nothing of such a household.
    ValueError
        Nobody, or fewer than no children.

    Examples
    --------
    >>> rooms_needed("almere2021", adults=1, children=0)
    Rooms(least=1, most=2)
    >>> rooms_needed("aedes", adults=2, children=4)
    Rooms(least=5, most=5)
    """
    if adults < 1 or children < 0:
        raise ValueError(f"{adults} adults and {children} children are no household")
    norm = table if isinstance(table, Norm) else load_norm(table)
    for row in norm.rooms:
        if row.holds(adults, children, age):
            low, high = row.rooms.at_least, row.rooms.at_most
            return Rooms(int(low or 0), None if high is None else int(high))
    raise InputError(
        f"the norm '{norm.id}' has no row for {adults} adults and {children} children",
        remedy="choose a norm of rooms, such as aedes" if not norm.rooms else "add one in a file of your own",
    )


def meant_for(
    table: str | Path | Norm, floor_area: float | None, rooms: float | None, persons: int, children: int
) -> For:
    """Whether a home is meant for a household: the strictest of the norm's rows that know the home.

    Parameters
    ----------
    floor_area, rooms
        Of the home, in m2 and number; None where it is not known, and rows about it do not hold.
    persons, children
        Of the household; children are among the persons.

    Examples
    --------
    >>> meant_for("haaglanden", floor_area=80, rooms=4, persons=2, children=0)
    'refused'
    >>> meant_for("gooi2018", floor_area=80, rooms=4, persons=2, children=0)
    'later'
    """
    norm = table if isinstance(table, Norm) else load_norm(table)
    found: For = "first"
    for row in norm.homes:
        home = ((row.floor_area, floor_area), (row.rooms, rooms))
        asked = all(bounds is None or (size is not None and bounds.hold(size)) for bounds, size in home)
        household = ((row.persons, persons), (row.children, children))
        if asked and not all(bounds is None or bounds.hold(count) for bounds, count in household):
            found = "refused" if "refused" in (found, row.effect) else "later"
    return found
