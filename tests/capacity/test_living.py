"""People, households and who does not fit; ordinary tenants in a mix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexsite.capacity.living import Living, living
from flexsite.capacity.mixing import mix_above, ordinary
from flexsite.capacity.norms import load_norm, rooms_needed
from flexsite.study.group import Mix
from flexsite.study.households import household_types
from flexsite.study.profile import Profile


def lived(norm: str = "aedes", occupancy: str | None = None, **keys: Any) -> Living:
    profile = Profile.model_validate({"id": "p", "unit": {"type": "family"}} | keys)
    return living(profile, load_norm(norm), None if occupancy is None else load_norm(occupancy))


def test_people_and_those_who_do_not_fit_by_hand() -> None:
    mix = {"single": 0.5, "couple": 0.2, "single_parent_2": 0.2, "couple_5": 0.1}
    found = lived(households=mix)  # three rooms: couples fit, two children need four by Aedes
    assert found.people == pytest.approx(0.5 * 1 + 0.2 * 2 + 0.2 * 3 + 0.1 * 7)
    assert found.households == 1
    assert found.by_type == mix
    assert found.unfit == pytest.approx(0.3)
    assert lived("almere2021", households=mix).unfit == pytest.approx(0.1), "Almere gives three rooms to two children"


def test_a_young_person_fits_in_a_studio_by_almere_and_not_by_aedes() -> None:
    for norm, unfit in (("almere2021", 0.0), ("aedes", 1.0)):
        assert lived(norm, unit={"type": "studio"}, households={"single_young": 1.0}).unfit == unfit


def test_without_households_nothing_is_made_up() -> None:
    assert lived() == Living(None, None, {}, None, None, None)
    assert lived(unit={"homes_per_ha": 40}, households={"single": 1.0}).unfit is None, "rooms are not known"


def test_a_shared_home_holds_three_people_alone() -> None:
    friends = lived(unit={"type": "shared"})
    assert (friends.people, friends.households, friends.unfit) == (3, 3, 0)
    young = lived(unit={"type": "shared"}, households={"single_young": 0.75, "single": 0.25})
    assert young.by_type == {"single_young": 2.25, "single": 0.75}
    five = lived(unit={"type": "shared", "shared_by": 5, "rooms": 6})
    assert five.people == 5


def test_whom_a_home_is_meant_for() -> None:
    large = {"type": "family_large"}
    mix = {"single": 0.25, "couple": 0.25, "couple_1": 0.5}
    assert lived(unit=large, households=mix, occupancy="haaglanden").refused == 0.5
    assert lived(unit=large, households=mix, occupancy="gooi2018").later == 0.5
    assert lived(unit=large, households=mix, occupancy="gooi2018").refused == 0
    assert lived(unit=large, households=mix).refused is None


def test_whether_people_fit_in_a_flexmilieu_is_for_its_groups_to_say() -> None:
    mixed = {"groups": {"a": 0.5, "b": 0.5}, "households": {"single": 0.5, "couple_3": 0.5}}
    assert lived(**mixed, unit={"homes_per_ha": 40, "rooms": 3}).unfit is None, "three rooms on average"
    milieu = lived(**mixed)
    assert milieu.people == pytest.approx(3)
    assert milieu.unfit == 0.5, "one type of home for all"


TYPES = list(household_types())
MIXES = st.dictionaries(st.sampled_from(TYPES), st.integers(1, 50), min_size=1).map(
    lambda parts: {name: part / sum(parts.values()) for name, part in parts.items()}
)


@given(mix=MIXES, rooms=st.integers(1, 6))
def test_shares_are_kept_and_a_room_more_never_fits_fewer(mix: dict[str, float], rooms: int) -> None:
    unit = {"homes_per_ha": 40, "rooms": rooms}
    found = lived(unit=unit, households=mix)
    assert sum(found.by_type.values()) == pytest.approx(1)
    people = sum(part * (household_types()[n].adults + household_types()[n].children) for n, part in mix.items())
    assert found.people == pytest.approx(people)
    fits = [
        n
        for n in mix
        if rooms_needed(
            "aedes", household_types()[n].adults, household_types()[n].children, 22 if n == "single_young" else 40
        ).least
        <= rooms
    ]
    assert found.unfit is not None
    assert found.unfit == pytest.approx(1 - sum(mix[n] for n in fits), abs=1e-6)
    roomier = lived(unit=unit | {"rooms": rooms + 1}, households=mix).unfit
    assert roomier is not None and roomier <= found.unfit + 1e-9


def test_g8_mix_ratios_of_three_projects() -> None:
    assert pytest.approx(0.244, abs=5e-4) == 22 / 90
    assert ordinary(np.array([133]), Mix(min=0.30), 80).least[0] == pytest.approx(39.9)
    assert ordinary(np.array([144]), Mix(min=0.30), 80).least[0] == pytest.approx(43.2)
    assert ordinary(np.array([100]), Mix(min=0.50, max=0.50), 80) == (50.0, 50.0)
    assert 90 - ordinary(np.array([90]), Mix(min=68 / 90), 80).least[0] == pytest.approx(22), "studios for refugees"


def test_g8_the_mix_holds_above_eighty_homes() -> None:
    assert mix_above() == 80
    least, most = ordinary(np.array([0, 80, 81]), Mix(min=0.5, max=0.6), mix_above())
    assert least.tolist() == [0, 0, 40.5]
    assert most.tolist() == [0, 80, 48.6]


@given(homes=st.integers(0, 500), above=st.integers(0, 500), low=st.floats(0, 1), high=st.floats(0, 1))
def test_ordinary_tenants_never_outnumber_the_homes(homes: int, above: int, low: float, high: float) -> None:
    mix = Mix(min=min(low, high), max=max(low, high))
    least, most = ordinary(np.array([homes]), mix, above)
    assert 0 <= least[0] <= most[0] <= homes
