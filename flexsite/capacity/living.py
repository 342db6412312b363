"""Who lives in the homes of a profile: people, households by type, and those who do not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flexsite.capacity.norms import Norm, meant_for, rooms_needed
from flexsite.study.households import household_types

if TYPE_CHECKING:
    from flexsite.study.households import Household
    from flexsite.study.profile import Profile


@dataclass(frozen=True)
class Living:
    """What one home of a profile means, on average; None where the profile does not say.

    Attributes
    ----------
    people, households
        Per home.
    by_type
        Households per home, by type in the order of the rulebook.
    unfit
        Share of the households that need more rooms by the norm than the home has.
    refused, later
        Share of the households that a norm keeps the home from, and that it lets others go before.
    """

    people: float | None
    households: float | None
    by_type: dict[str, float]
    unfit: float | None
    refused: float | None
    later: float | None


def living(profile: Profile, rooms: Norm, occupancy: Norm | None = None) -> Living:
    """Who lives in a home of a profile.

    A home holds one household of its mix; a shared home holds as many people alone as share it, each with a room of
    their own, so that all of them fit. The homes of a flexmilieu are of several sizes, unless it names a type: whether
    its households fit is for its groups to say.

    Parameters
    ----------
    rooms
        Rooms that households need.
    occupancy
        Households that homes are meant for.

    Raises
    ------
    InputError
        The norm of rooms has no row for one of the households.

    Examples
    --------
    >>> from flexsite.capacity.norms import load_norm
    >>> from flexsite.study.profile import Profile
    >>> mix = {"single": 0.75, "couple_2": 0.25}
    >>> profile = Profile.model_validate({"id": "p", "unit": {"type": "family"}, "households": mix})
    >>> lived = living(profile, load_norm("aedes"))
    >>> lived.people, lived.by_type, lived.unfit
    (1.75, {'single': 0.75, 'couple_2': 0.25}, 0.25)
    """
    unit, together = profile.unit, profile.unit.shared_by
    if profile.households is None:
        if together is None:
            return Living(None, None, {}, None, None, None)
        return Living(float(together), float(together), {}, 0.0, None, None)
    types, shares = household_types(), profile.households.shares
    present = {name: shares[name] for name in types if shares.get(name, 0.0) > 0}
    if together is not None:
        by_type = {name: share * together for name, share in present.items()}
        return Living(float(together), float(together), by_type, 0.0, None, None)
    several = profile.groups is not None and unit.type is None
    people = sum(types[name].people * share for name, share in present.items())
    unfit = None
    if unit.rooms is not None and not several:
        size = unit.rooms
        unfit = sum(share for name, share in present.items() if _needs(types[name], rooms) > size)
    refused = later = None
    if occupancy is not None and not several:
        whom = {
            name: meant_for(occupancy, unit.floor_area, unit.rooms, types[name].people, types[name].children)
            for name in present
        }
        refused = sum(share for name, share in present.items() if whom[name] == "refused")
        later = sum(share for name, share in present.items() if whom[name] == "later")
    return Living(round(people, 9), 1.0, present, *(None if one is None else round(one, 9) for one in (
        unfit, refused, later
    )))  # fmt: skip


def _needs(household: Household, rooms: Norm) -> int:
    """Least rooms by a norm; of an adult of an age group, those of somebody just below its end."""
    age = None if household.below is None else household.below - 1
    return rooms_needed(rooms, household.adults, household.children, age).least
