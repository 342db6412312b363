"""Which group a site serves best, who comes next, and what stays when a group goes: by hand and by brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.rulebook import flexmilieu_ids, profile_ids
from flexsite.study.models import Study
from flexsite.suitability.serving import BEST_FOR, ROBUSTNESS, best_table, robustness_table, serving_tables

from .groups import sites, study, table

GROUND = pd.DataFrame({"site_id": ["a", "b", "c", "d"], "area_m2": [10_000.0, 5_000.01, 2_500.0, 100.0]})


def by_hand(ranks: dict[str, list[int | None]], **groups: dict[str, float]) -> tuple[Study, pd.DataFrame]:
    """A study of these profiles and their ranks on the sites; 10 homes on each for the first, 20 for the second..."""
    unit = {"homes_per_ha": 10}
    profiles: list[dict[str, Any]] = [{"id": name, "unit": unit} for name in ranks]
    for profile in profiles:
        if profile["id"] in groups:
            profile |= {"groups": groups[profile["id"]], "requires": {}, "criteria": {}}
    frames = [
        pd.DataFrame(
            {
                "site_id": GROUND["site_id"],
                "profile": name,
                "suitable": [one is not None for one in of],
                "rank": pd.array(of, dtype="Int64"),
                "homes": 10 * number,
            }
        )
        for number, (name, of) in enumerate(ranks.items(), start=1)
    ]
    return Study.model_validate(
        {
            "flexsite": 1, "name": "x", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10, "area": "a.gpkg",
            "layers": {"parcels": "p.gpkg"}, "candidates": {"layer": "parcels"}, "profiles": profiles,
        }
    ), pd.concat(frames, ignore_index=True)  # fmt: skip


def rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame.itertuples(index=False, name=None))


def test_best_is_where_a_site_stands_highest_among_the_suitable() -> None:
    found, judged = by_hand({"p": [1, 2, 3, None], "q": [2, 1, None, None], "r": [1, None, 2, None]})
    assert rows(best_table(found, judged)) == [
        ("a", "p", "r", 3, "p;q;r"),  # 1/3 against 2/2 and 1/2
        ("b", "q", "p", 2, "p;q"),  # 1/2 against 2/3
        ("c", "p", "r", 2, "p;r"),  # 3/3 and 2/2 are equal: the order of the study
        ("d", "", "", 0, ""),
    ]


def test_g16_next_best_is_the_best_when_the_first_group_has_no_demand() -> None:
    """Seeds-demand G16: the main group's demand is 0, and the site's best alternative is reported."""
    ranks: dict[str, list[int | None]] = {"p": [1, 2, 3, 4], "q": [2, 1, 3, None], "r": [3, 2, 1, None]}
    table = best_table(*by_hand(ranks))
    for gone in ranks:
        without = best_table(*by_hand({name: of for name, of in ranks.items() if name != gone}))
        here = table["best_for"] == gone
        assert table["next_best"][here].tolist() == without["best_for"][here].tolist()
    assert set(table["best_for"]) == {"p", "q", "r"}


def test_a_flexmilieu_can_be_best_is_no_group_and_falls_away_with_its_own() -> None:
    found, judged = by_hand(
        {"p": [1, 3, 2, 4], "both": [2, 1, 3, None], "q": [4, 3, 2, 1]}, both={"p": 0.5, "other": 0.5}
    )
    assert rows(best_table(found, judged)) == [
        ("a", "p", "q", 2, "p;q"),  # both has p in it: without p there is no both
        ("b", "both", "p", 2, "p;q"),  # without the bundle there still is p
        ("c", "p", "q", 2, "p;q"),
        ("d", "q", "p", 2, "p;q"),
    ]


def test_case_13_how_many_sites_keep_a_valid_profile_when_the_demand_shifts() -> None:
    """Seeds-supply case 13: from status holders to students."""
    ranks: dict[str, list[int | None]] = {"statushouder": [1, 2, 3, None], "student": [1, None, 2, 3]}
    found, judged = by_hand(ranks)
    table = robustness_table("base", found, GROUND, judged)
    assert rows(table) == [
        ("base", "statushouder", "statushouder", "", 3, 1.750001, 30, 30),
        ("base", "statushouder", "student", "", 2, 1.25, 40, 20),
        ("base", "student", "statushouder", "", 2, 1.25, 20, 40),
        ("base", "student", "student", "", 3, 1.26, 60, 60),
        ("base", "statushouder", "", "1", 1, 0.500001, 10, 10),
        ("base", "statushouder", "", "2", 2, 1.25, 20, 20),
        ("base", "statushouder", "", "3+", 0, 0.0, 0, 0),
        ("base", "student", "", "1", 1, 0.01, 20, 20),
        ("base", "student", "", "2", 2, 1.25, 40, 40),
        ("base", "student", "", "3+", 0, 0.0, 0, 0),
    ]
    assert {name: str(kind) for name, kind in table.dtypes.items()} == ROBUSTNESS


@given(st.lists(st.sampled_from([*profile_ids(), *flexmilieu_ids()]), min_size=2, max_size=6, unique=True),
       st.integers(0, 20))  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_as_a_plain_loop_finds_it(names: list[str], seed: int) -> None:
    found, ground = study(*names), sites(seed)
    judged = table(found, ground)
    numbers = judged.groupby("profile")["suitable"].sum()
    groups = {one.id: one.groups for one in found.profiles}
    by_site = {name: part.set_index("profile") for name, part in judged.groupby("site_id")}

    def best(part: pd.DataFrame, without: set[str]) -> str:
        open_ = [one for one in names if part.loc[one, "suitable"] and one not in without]
        return min(open_, key=lambda one: part.loc[one, "rank"] / numbers[one], default="")

    for site_id, best_for, next_best, count, listed in rows(best_table(found, judged)):
        part = by_site[site_id]
        assert best_for == best(part, set())
        gone = {best_for, *(one for one in names if best_for in (groups[one] or {}))}
        assert next_best == (best(part, gone) if best_for else "")
        serving = [one for one in names if part.loc[one, "suitable"] and groups[one] is None]
        assert (count, listed) == (len(serving), ";".join(serving))
    pairs = robustness_table("base", found, ground, judged)
    of_profile = {name: part.set_index("site_id") for name, part in judged.groupby("profile")}
    area = ground.set_index("site_id")["area_m2"]
    for row in pairs[pairs["to"] != ""].to_dict("records"):
        before, after = of_profile[row["from"]], of_profile[row["to"]]
        both = before["suitable"] & after["suitable"]
        assert row["sites"] == both.sum()
        assert row["area_ha"] == pytest.approx(area[both].sum() / 1e4, abs=1e-9)
        assert (row["homes"], row["homes_before"]) == (after["homes"][both].sum(), before["homes"][both].sum())
    counted = pairs[pairs["to"] == ""].groupby("from", sort=False)["sites"].sum()
    assert counted.to_dict() == {one: int(numbers[one]) for one in names if groups[one] is None}


def test_there_is_nothing_to_compare_below_two_profiles_and_no_sites_are_no_trouble() -> None:
    ground = sites(1)
    one = study("starter")
    assert serving_tables("base", one, ground, table(one, ground)) == {}
    two = study("starter", "senior")
    empty = serving_tables("base", two, ground.iloc[:0], table(two, ground.iloc[:0]))
    assert {name: str(kind) for name, kind in empty["best_for"].dtypes.items()} == BEST_FOR
    assert len(empty["best_for"]) == 0
    assert empty["robustness"]["sites"].sum() == 0


def test_many_profiles_are_named_right() -> None:
    """More profiles than a number has bits for their combinations."""
    rng = np.random.default_rng(1)
    names = [f"p{number}" for number in range(70)]
    on = rng.random((70, 4)) < 0.5
    ranks = {name: [int(rank) if one else None for rank, one in zip(row.cumsum(), row, strict=True)]
             for name, row in zip(names, on, strict=True)}  # fmt: skip
    found = best_table(*by_hand(ranks))
    assert found["groups"].tolist() == [
        ";".join(name for name, one in zip(names, column, strict=True) if one) for column in on.T
    ]
