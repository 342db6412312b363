"""Types of households of the rulebook."""

from __future__ import annotations

from functools import cache

from pydantic import Field
from pydantic_core import PydanticCustomError

from flexsite.rulebook import households_path
from flexsite.study.base import Label, StrictModel, nearest
from flexsite.study.yaml_source import read


class Household(StrictModel):
    """A type of household: so many adults and children; `below` is the age that its one adult has not reached."""

    adults: int = Field(ge=1, le=2)
    children: int = Field(ge=0)
    below: int | None = Field(None, ge=18)
    label: Label

    @property
    def people(self) -> int:
        """How many they are.

        Examples
        --------
        >>> household_types()["couple_2"].people
        4
        """
        return self.adults + self.children


@cache
def household_types() -> dict[str, Household]:
    """Types of households by id, in the order in which tables show them.

    Examples
    --------
    >>> list(household_types())[:4]
    ['single_young', 'single', 'couple', 'single_parent_1']
    """
    return {name: Household.model_validate(data) for name, data in read(households_path()).data.items()}


def refuse_unknown_types(names: list[str], at: str) -> None:
    """Refuse a type of household that the rulebook does not have; `at` is its place. Raises PydanticCustomError."""
    for name in names:
        if name not in household_types():
            raise PydanticCustomError(
                "household", "there is no type of household '{name}'; {remedy}",
                {"at": f"{at}.{name}", "name": name, "remedy": nearest(name, list(household_types()))},
            )  # fmt: skip
