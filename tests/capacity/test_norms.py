"""Rooms by household: every row of the published tables, and what must hold between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flexsite.capacity.living import living
from flexsite.capacity.norms import Norm, Rooms, load_norm, meant_for, rooms_needed
from flexsite.errors import InputError
from flexsite.rulebook import norm_ids, norm_path, sources_path
from flexsite.study.households import household_types
from flexsite.study.profile import Profile

# Printed tables: household -> (Almere regular, Almere extended, Aedes); None: no upper end.
PRINTED = [
    ((1, 0, 22), (1, 1), (1, 1), (2, 2)),
    ((1, 0, 23), (1, 2), (1, 2), (2, 2)),
    ((1, 0, None), (1, 2), (1, 2), (2, 2)),
    ((2, 0, None), (3, 3), (3, 3), (3, 3)),
    ((1, 1, None), (3, 3), (3, 3), (3, 3)),
    ((2, 1, None), (3, 3), (3, 3), (3, 3)),
    ((1, 2, None), (3, 3), (4, 4), (4, 4)),
    ((2, 2, None), (3, 3), (4, 4), (4, 4)),
    ((1, 3, None), (4, 4), (5, 5), (4, 4)),
    ((2, 3, None), (4, 4), (5, 5), (4, 4)),
    ((1, 4, None), (4, 4), (5, 5), (5, 5)),
    ((2, 4, None), (4, 4), (5, 5), (5, 5)),
    ((1, 5, None), (5, None), (5, None), (5, 5)),
    ((2, 5, None), (5, None), (5, None), (5, 5)),
    ((2, 8, None), (5, None), (5, None), (5, 5)),
]
TABLES = ("almere2021", "almere2021_extended", "aedes")


@pytest.mark.parametrize(("household", "regular", "extended", "aedes"), PRINTED)
def test_g1_every_printed_row(
    household: tuple[int, int, int | None],
    regular: tuple[int, int | None],
    extended: tuple[int, int | None],
    aedes: tuple[int, int | None],
) -> None:
    adults, children, age = household
    for table, expected in zip(TABLES, (regular, extended, aedes), strict=True):
        assert rooms_needed(table, adults, children, age) == Rooms(*expected), table


def test_g1_more_than_six_people_are_a_household_of_their_own_at_almere() -> None:
    assert rooms_needed("almere2021", adults=4, children=3) == (5, None)
    with pytest.raises(InputError, match="'almere2021' has no row for 3 adults and 0 children"):
        rooms_needed("almere2021", adults=3, children=0)


@given(table=st.sampled_from(TABLES), adults=st.integers(1, 2), children=st.integers(0, 9))
def test_g1_a_child_more_never_needs_fewer_rooms(table: str, adults: int, children: int) -> None:
    fewer, more = (rooms_needed(table, adults, children + extra) for extra in (0, 1))
    assert more.least >= fewer.least
    assert more.most is None or (fewer.most is not None and more.most >= fewer.most)


@given(adults=st.integers(1, 2), children=st.integers(0, 9), age=st.one_of(st.none(), st.integers(18, 99)))
def test_g1_the_extended_table_gives_a_room_more_for_two_three_and_four_children_alone(
    adults: int, children: int, age: int | None
) -> None:
    regular, extended = (rooms_needed(table, adults, children, age) for table in TABLES[:2])
    assert extended.least - regular.least == (1 if children in (2, 3, 4) else 0)


def test_g2_a_large_home_needs_three_people_in_haaglanden() -> None:
    assert meant_for("haaglanden", floor_area=80, rooms=3, persons=2, children=0) == "refused"
    assert meant_for("haaglanden", floor_area=80, rooms=3, persons=3, children=0) == "first"
    assert meant_for("haaglanden", floor_area=79.9, rooms=4, persons=1, children=0) == "first"
    assert meant_for("haaglanden", floor_area=None, rooms=4, persons=1, children=0) == "first", "size not known"


def test_g2_four_rooms_go_first_to_three_people_with_children_and_refuse_nobody() -> None:
    assert meant_for("gooi2018", floor_area=80, rooms=4, persons=2, children=0) == "later"
    assert meant_for("gooi2018", floor_area=80, rooms=4, persons=2, children=1) == "later"
    assert meant_for("gooi2018", floor_area=80, rooms=4, persons=3, children=1) == "first"
    assert meant_for("gooi2018", floor_area=80, rooms=3, persons=1, children=0) == "first"
    assert meant_for("gooi2018", floor_area=40, rooms=2, persons=3, children=2) == "later"


def test_nobody_is_no_household() -> None:
    for adults, children in ((0, 2), (1, -1)):
        with pytest.raises(ValueError, match="no household"):
            rooms_needed("aedes", adults, children)


def test_a_norm_of_homes_says_nothing_of_rooms() -> None:
    with pytest.raises(InputError, match="choose a norm of rooms"):
        rooms_needed("haaglanden", 1, 0)


@pytest.mark.parametrize("name", norm_ids())
def test_every_norm_has_a_source_and_a_date(name: str) -> None:
    norm = load_norm(name)
    assert norm.id == name
    assert norm.source in yaml.safe_load(sources_path().read_text(encoding="utf-8"))
    assert norm.certainty in {"found", "norm"}
    assert 2018 <= norm.date.year <= 2021


@pytest.mark.parametrize("table", TABLES)
def test_every_type_of_household_has_a_row(table: str) -> None:
    for name, household in household_types().items():
        needed = rooms_needed(table, household.adults, household.children)
        assert 1 <= needed.least <= household.people + 1, name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("  - {adults: 1, rooms: 2, childern: 0}", "did you mean 'children'"),
        ("  - {adults: 1, rooms: {at_least: 3, at_most: 2}}", "larger 'at_most'"),
        ("  - {adults: one, rooms: 2}", "rooms.6.adults: not a number; give one"),
    ],
)
def test_a_file_of_ones_own_is_read_and_its_slips_are_named(tmp_path: Path, change: str, message: str) -> None:
    text = norm_path("aedes").read_text(encoding="utf-8")
    own = tmp_path / "own.yaml"
    own.write_text(text, encoding="utf-8")
    assert rooms_needed(own, 1, 0) == (2, 2)
    own.write_text(f"{text}{change}\n", encoding="utf-8")
    with pytest.raises(InputError, match=message) as refused:
        rooms_needed(own, 1, 0)
    assert "own.yaml, line" in str(refused.value)


def own_norm(**rows: Any) -> Norm:
    kept = {"id": "own", "label": "own", "about": "own", "source": "own", "date": "2026-01-01", "certainty": "norm"}
    return Norm.model_validate(kept | rows)


def test_an_age_is_of_people_alone_and_below_its_end() -> None:
    norm = own_norm(rooms=[{"below": 23, "rooms": 1}, {"rooms": {"at_least": 2}}])
    assert rooms_needed(norm, 1, 0, 22) == (1, 1)
    assert rooms_needed(norm, 1, 0, 23) == rooms_needed(norm, 2, 0, 22) == rooms_needed(norm, 1, 0) == (2, None)
    studio = Profile.model_validate(
        {"id": "p", "unit": {"type": "studio"}, "households": {"single_young": 0.7, "single": 0.3}}
    )
    assert living(studio, norm).unfit == 0.3


def test_the_strictest_row_counts_whatever_their_order() -> None:
    rows = [
        {"rooms": {"at_least": 3}, "persons": {"at_least": 2}, "effect": "refused"},
        {"rooms": {"at_least": 2}, "persons": {"at_least": 3}, "effect": "later"},
    ]
    for homes in (rows, rows[::-1]):
        found = [meant_for(own_norm(homes=homes), None, 3, persons, 0) for persons in (1, 2, 3)]
        assert found == ["refused", "later", "first"]
    with pytest.raises(ValidationError, match="give 'floor_area' or 'rooms' of the home"):
        own_norm(homes=[{"persons": 2, "effect": "later"}])
