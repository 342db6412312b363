"""Types of homes: complete, sourced, possible, and filled in where a profile names one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import flexsite
from flexsite.rulebook import sources_path, units_path
from flexsite.study.units import Unit, unit_types

from .helpers import study

NUMBERS = ("homes_per_ha", "floor_area", "storeys", "rooms", "net_share", "form_factor", "parking", "shared_by")


def unit(**keys: Any) -> Unit:
    return Unit.model_validate(keys)


@pytest.mark.parametrize("name", list(unit_types()))
class TestEveryType:
    def test_has_a_basis_and_a_certainty_for_every_number_and_a_source_for_what_was_found(self, name: str) -> None:
        sources = yaml.safe_load(sources_path().read_text(encoding="utf-8"))
        written = yaml.safe_load(units_path().read_text(encoding="utf-8"))[name]
        assert set(written["label"]) == {"nl", "en"}
        for key in NUMBERS:
            if key == "shared_by" and key not in written:
                continue
            figure = written[key]
            assert figure["basis"], key
            assert figure["certainty"] in {"found", "norm", "background", "assumption", "verify"}, key
            assert figure.get("source", "rsopen_packages") in sources, key
            assert figure["certainty"] == "assumption" or "source" in figure, key

    def test_stands_on_less_than_half_of_its_ground(self, name: str) -> None:
        home = unit(type=name)
        assert home.footprint is not None and home.floor_area is not None
        assert home.footprint * home.homes_per_ha < 5000
        assert home.footprint > home.floor_area / (home.storeys or 1)
        assert home.homes_per_ha / (home.net_share or 1) > home.homes_per_ha, "denser on net ground"

    def test_denser_with_more_storeys(self, name: str) -> None:
        table = unit_types()[name].homes_per_ha.by_storeys or {}
        assert [table[n] for n in sorted(table)] == sorted(set(table.values()))


def test_gross_is_net_over_1_13_in_the_packages() -> None:
    net = {"tiny_house": 15.2, "shared": 41.6, "family_large": 32.8}
    for name, homes in net.items():
        assert unit(type=name).homes_per_ha == pytest.approx(homes / 1.13, abs=0.1)
    assert unit(type="tiny_house").net_share == pytest.approx(1 / 1.13, abs=1e-3)


def test_keys_beside_the_type_win() -> None:
    assert unit(type="stacked").homes_per_ha == 120
    assert unit(type="stacked", storeys=4).homes_per_ha == 185
    four = unit(type="stacked", storeys=4, homes_per_ha=150, floor_area=40)
    assert (four.homes_per_ha, four.floor_area, four.rooms) == (150, 40, 2)


def test_the_density_brings_its_certainty_and_a_density_of_ones_own_does_not() -> None:
    assert unit(type="tiny_house").certainty == "found"
    assert unit(type="tiny_house", homes_per_ha=20).certainty is None
    assert unit(type="tiny_house", homes_per_ha=20, certainty="assumption").certainty == "assumption"
    assert unit(type="stacked", certainty="verify").certainty == "verify"


@given(
    name=st.sampled_from(list(unit_types())),
    own=st.fixed_dictionaries({}, optional={"homes_per_ha": st.floats(1, 20), "floor_area": st.floats(10, 90),
                                            "parking": st.floats(0, 2), "net_share": st.floats(0.1, 1)}),
)  # fmt: skip
def test_what_is_given_stays_and_the_rest_is_the_types(name: str, own: dict[str, float]) -> None:
    home, plain = unit(type=name, **own), unit(type=name)
    for key in NUMBERS:
        assert getattr(home, key) == own.get(key, getattr(plain, key)), key


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"type": "stackd"}, "did you mean 'stacked'"),
        ({"type": "stacked", "storeys": 2}, "have 3, 4, 5 storeys, not 2"),
        ({"type": "low_rise", "storeys": 3}, "have 1, 2 storeys, not 3"),
        ({"type": "shared", "rooms": 2}, "a room for each"),
        ({"homes_per_ha": 40, "shared_by": 3}, "a room for each"),
        ({"homes_per_ha": 400, "floor_area": 30, "storeys": 1}, "more ground than the hectare"),
        ({"floor_area": 30}, "Field required"),
        ({"homes_per_ha": 40, "net_share": 1.2}, "less than or equal to 1"),
        ({"homes_per_ha": 40, "parking": -1}, "greater than or equal to 0"),
    ],
)
def test_an_impossible_home_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        unit(**keys)


def test_a_resolved_study_shows_the_numbers_and_loads_again() -> None:
    first = study({"id": "p", "unit": {"type": "stacked", "storeys": 5}})
    shown = first.resolved()["profiles"][0]["unit"]
    assert (shown["type"], shown["homes_per_ha"], shown["floor_area"]) == ("stacked", 250, 30)
    assert study({"id": "p", "unit": shown}).profiles == first.profiles


def test_another_type_takes_the_place_of_the_home_of_the_profile_that_is_extended(tmp_path: Path) -> None:
    def loaded(**entry: Any) -> Unit:
        written = study().resolved() | {"profiles": [{"id": "x", "extends": "starter"} | entry]}
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
        return flexsite.load(tmp_path / "study.yaml").profiles[0].unit

    assert loaded(unit={"storeys": 2}).homes_per_ha == 80, "the starter's own"
    assert loaded(unit={"type": "stacked", "storeys": 4}) == unit(type="stacked", storeys=4)


def test_a_shared_home_is_for_people_alone() -> None:
    young = {"id": "p", "unit": {"type": "shared"}, "households": {"single_young": 0.5, "single": 0.5}}
    assert study(young).profiles[0].unit.shared_by == 3
    with pytest.raises(ValidationError, match="a shared home is for people alone, and 'couple_1' are 3"):
        study(young | {"households": {"single": 0.5, "couple_1": 0.5}})


def test_a_type_of_household_is_one_of_the_rulebook() -> None:
    with pytest.raises(ValidationError, match="did you mean 'couple'"):
        study({"id": "p", "unit": {"type": "family"}, "households": {"cuple": 1.0}})
