"""What must hold of every programme of requirements: asking more never gives more, a turned sign turns the order."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from .groups import NEAR, RANGES, judged, sites, study

COLUMNS = {f"{name}_m": 3000 for name in NEAR} | RANGES
MEASURES = {column.rpartition("_")[0]: most for column, most in COLUMNS.items()}
seeds = st.integers(0, 40)


@st.composite
def bounds(draw: st.DrawFn) -> dict[str, Any]:
    measure = draw(st.sampled_from(sorted(MEASURES)))
    bound = draw(st.integers(1, MEASURES[measure]))
    return {"measure": measure, draw(st.sampled_from(["at_most", "at_least"])): bound}


@st.composite
def profiles(draw: st.DrawFn) -> dict[str, Any]:
    """A random programme of requirements."""
    requires: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 3))):
        any_of = draw(st.booleans())
        requires[f"r{number}"] = (
            {"any": draw(st.lists(bounds(), min_size=1, max_size=2))} if any_of else draw(bounds())
        )  # fmt: skip
    criteria: dict[str, Any] = {}
    for number in range(draw(st.integers(0, 3))):
        measure = draw(st.sampled_from(sorted(MEASURES)))
        ends = draw(st.lists(st.integers(0, MEASURES[measure]), min_size=2, max_size=2, unique=True))
        criteria[f"c{number}"] = {
            "measure": measure, "best": ends[0], "worst": ends[1], "weight": draw(st.integers(0, 100)),
        }  # fmt: skip
    least = draw(st.integers(0, 20))
    return {
        "id": "random",
        "requires": requires,
        "criteria": criteria,
        "unit": {"homes_per_ha": draw(st.integers(5, 150)), "floor_area": 30},
        "homes": {"min": least, "max": least + draw(st.integers(1, 100))},
        "term": {"min": draw(st.integers(0, 15))},
    }


def found(profile: dict[str, Any], seed: int) -> pd.DataFrame:
    ground = sites(seed)
    return judged(study(profile), ground)[0].table.set_index("site_id")


def assert_no_more(stricter: pd.DataFrame, looser: pd.DataFrame) -> None:
    """A subset of the sites, with no more homes on any of them, nor in all."""
    assert not (stricter["suitable"] & ~looser["suitable"]).any()
    assert (stricter["homes"][stricter["suitable"]] <= looser["homes"][stricter["suitable"]]).all()
    assert stricter["homes"][stricter["suitable"]].sum() <= looser["homes"][looser["suitable"]].sum()


@given(profiles(), seeds, st.data())
@settings(max_examples=60, deadline=None)
def test_a_stricter_bound_never_gives_more_sites_or_homes(profile: dict[str, Any], seed: int, data: Any) -> None:
    stricter = copy.deepcopy(profile)
    requirement = stricter["requires"][data.draw(st.sampled_from(sorted(stricter["requires"])))]
    one = data.draw(st.sampled_from(requirement["any"])) if "any" in requirement else requirement
    step = data.draw(st.integers(0, 2000))
    for key, sign in (("at_most", -1), ("at_least", 1)):
        if key in one:
            one[key] += sign * step
    assert_no_more(found(stricter, seed), found(profile, seed))


@given(profiles(), seeds, st.sampled_from(["homes.min", "homes.max", "term", "kinds"]), st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_stricter_bounds_on_homes_and_term_never_give_more(
    profile: dict[str, Any], seed: int, key: str, step: int
) -> None:
    stricter = copy.deepcopy(profile)
    if key == "homes.min":
        stricter["homes"]["min"] += step
        stricter["homes"]["max"] = max(stricter["homes"].values())
        profile["homes"]["max"] = stricter["homes"]["max"]
    elif key == "homes.max":
        stricter["homes"]["max"] = max(stricter["homes"]["max"] - step, stricter["homes"]["min"])
    elif key == "term":
        stricter["term"]["min"] += step
    else:
        stricter["kinds"] = ["building"]
    assert_no_more(found(stricter, seed), found(profile, seed))


@given(profiles(), seeds, bounds())
@settings(max_examples=60, deadline=None)
def test_g10_a_hard_filter_more_never_raises_capacity_and_gives_a_subset(
    profile: dict[str, Any], seed: int, more: dict[str, Any]
) -> None:
    wider = copy.deepcopy(profile)
    profile["requires"]["more"] = more
    stricter, looser = found(profile, seed), found(wider, seed)
    assert_no_more(stricter, looser)
    with_filter = judged(study(profile), sites(seed))[0].steps
    assert all(not (b.sites & ~a.sites).any() for a, b in pairwise(with_filter))
    # what is left keeps its score: a filter chooses, it does not weigh
    stays = stricter["suitable"]
    assert (stricter["score"][stays] == looser["score"][stays]).all()
    assert (stricter["rank"][stays].astype(int) <= looser["rank"][stays].astype(int)).all()


@given(seeds, st.integers(1, 9), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_g10_a_stricter_liveability_cap_never_lowers_the_score_of_what_remains(seed: int, at: int, step: int) -> None:
    def capped(least: int) -> pd.DataFrame:
        floor = {"measure": "liveability", "at_least": least}
        profile = {"id": "mine", "extends": "starter", "requires": {"liveability": floor}}
        return found(profile | {"criteria": {"liveability": {"weight": 40}}}, seed)

    looser, stricter = capped(at), capped(at + step)
    stays = stricter["suitable"]
    assert looser["suitable"][stays].all()
    assert (stricter["score"][stays] >= looser["score"][stays]).all()


@given(seeds, st.integers(0, 100))
@settings(max_examples=30, deadline=None)
def test_turning_one_criterion_turns_the_order_of_different_scores(seed: int, weight: int) -> None:
    assume(weight > 0)
    one = {"measure": "park", "best": 137, "worst": 2411, "weight": weight}
    turned = one | {"best": one["worst"], "worst": one["best"]}
    profile: dict[str, Any] = {"id": "mine", "unit": {"homes_per_ha": 10}}
    there = found(profile | {"criteria": {"c": one}}, seed)
    back = found(profile | {"criteria": {"c": turned}}, seed)
    known = there["suitable"] & (there["missing"] == "")
    a, b = there["score"][known].to_numpy(), back["score"][known].to_numpy()
    before = a[:, None] > a[None, :]
    assert before.any()
    assert (b[:, None] <= b[None, :])[before].all()
    both = before & (b[:, None] != b[None, :])
    ranks = there["rank"][known].to_numpy(dtype=int), back["rank"][known].to_numpy(dtype=int)
    assert (ranks[0][:, None] < ranks[0][None, :])[both].all()
    assert (ranks[1][:, None] > ranks[1][None, :])[both].all()


@given(seeds, st.lists(st.integers(1, 100), min_size=3, max_size=3))
@settings(max_examples=30, deadline=None)
def test_turning_all_criteria_turns_the_ranking_round(seed: int, weights: list[int]) -> None:
    """On whole hundredths nothing is rounded: the score of every site becomes 100 less it."""
    columns = {"park": 100, "noise": 50, "dwellings": 200}
    ground = sites(seed)
    rng = np.random.default_rng(seed)
    for name, most in columns.items():
        ground[f"{name}_{'m' if name == 'park' else 'n' if name == 'dwellings' else 'v'}"] = (
            rng.integers(0, 101, len(ground)) * most / 100
        )

    def scores(best_is_most: bool) -> pd.Series:
        criteria = {
            name: {"measure": name, "best": most if best_is_most else 0, "worst": 0 if best_is_most else most,
                   "weight": weight}
            for (name, most), weight in zip(columns.items(), weights, strict=True)
        }  # fmt: skip
        table = judged(study({"id": "m", "unit": {"homes_per_ha": 10}, "criteria": criteria}), ground)[0].table
        return table["score"][table["suitable"]]

    np.testing.assert_allclose(scores(True) + scores(False), 100, atol=1e-9)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_case_7_and_g10_weaker_demands_admit_a_superset(seed: int) -> None:
    own, shuttle, short, long = judged(
        study(
            "labour_migrant", "labour_migrant_shuttle",
            {"id": "ten", "unit": {"homes_per_ha": 30}, "term": {"min": 10}},
            {"id": "fifteen", "unit": {"homes_per_ha": 30}, "term": {"min": 15}},
        ),
        sites(seed),
    )  # fmt: skip
    assert not (own.table["suitable"] & ~shuttle.table["suitable"]).any()
    assert shuttle.table["suitable"].sum() > own.table["suitable"].sum()
    assert not (long.table["suitable"] & ~short.table["suitable"]).any()


def test_the_invented_sites_leave_something_to_judge() -> None:
    """A property that nothing can break is none."""
    tables = [verdict.table for verdict in judged(study("starter", "labour_migrant", "tiny_house", "senior"), sites(3))]
    assert all(0 < table["suitable"].sum() < len(table) for table in tables)
