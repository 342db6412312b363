"""Requirements, reasons, homes and ranks of a profile, on sites written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from flexsite.capacity.fitting import homes_fit
from flexsite.errors import InputError
from flexsite.study.models import Study
from flexsite.study.profile import Profile
from flexsite.suitability.judging import Verdict, _joined, judge_profile
from flexsite.suitability.requirements import judge
from flexsite.values import text_of

NAN = float("nan")
SITES = pd.DataFrame(
    {
        "site_id": ["a", "b", "c", "d"],
        "kind": "land",
        "area_m2": [10_000.0, 5000.0, 2500.0, 20_000.0],
        "route": ["allowed", "check", "unknown", "forbidden"],
        "route_share": [1.0, 0.6, 1.0, 1.0],
        "net_years": [NAN, 15.0, 9.5, 10.0],
        "stop_m": [100.0, 500.0, NAN, 501.0],
        "noise_v": [45.0, NAN, 60.0, 52.5],
        "use": pd.Series(["grass", None, "gravel", "3"], dtype="str"),
        "use_share": [1.0, 0.0, 0.5, 0.2],
        "code": pd.array([3, 4, None, 3], dtype="Int64"),
        "open": pd.array([True, False, None, True], dtype="boolean"),
    }
)


def study(**profile: Any) -> Study:
    return Study.model_validate(
        {
            "flexsite": 1, "name": "x", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10, "area": "a.gpkg",
            "layers": {"parcels": "p.gpkg", "stops": "s.gpkg", "noise": "n.tif"}, "candidates": {"layer": "parcels"},
            "columns": {name: {"layer": "parcels", "column": name} for name in ("use", "code", "open")},
            "access": {
                "measures": [
                    {"id": "stop", "to": "stops", "mode": "straight"}, {"id": "noise", "value": "noise"},
                ]
            },
            "profiles": [{"id": "p", "unit": {"homes_per_ha": 40}} | profile],
        }
    )  # fmt: skip


def outcome(requirement: dict[str, Any]) -> str:
    """Per site y (meets it), n (does not) or ? (nobody knows)."""
    found = study(requires={"r": requirement})
    judged = judge(found.profiles[0].requires["r"], found, SITES, "profile 'p'")
    assert not (judged.passes & judged.unknown).any()
    return "".join(
        "y" if one else "?" if not_known else "n" for one, not_known in zip(*vars(judged).values(), strict=True)
    )


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        # Bounds are inclusive
        ({"measure": "stop", "at_most": 500}, "yy?n"),
        ({"measure": "stop", "at_most": 499.99}, "yn?n"),
        ({"measure": "stop", "at_least": 500}, "ny?y"),
        ({"measure": "stop", "at_least": 100, "at_most": 500}, "yy?n"),
        ({"column": "area_m2", "at_least": 5000}, "yyny"),
        ({"column": "code", "at_most": 3}, "yn?y"),
        ({"column": "use_share", "at_least": 0.5}, "ynyn"),
        ({"column": "net_years", "at_least": 10}, "?yny"),
        # Lists
        ({"column": "use", "in": ["grass", "sand"]}, "y?nn"),
        ({"column": "use", "in": [3]}, "n?ny"),
        ({"column": "code", "in": [3]}, "yn?y"),
        ({"column": "code", "in": ["3", 4.0]}, "yy?y"),
        ({"column": "kind", "in": ["land"]}, "yyyy"),
        ({"column": "open", "in": ["True"]}, "yn?y"),
        # The route, however it is written
        ({"route": ["allowed", "check"]}, "yy?n"),
        ({"route": True, "in": ["allowed"]}, "yn?n"),
        ({"column": "route", "in": ["allowed"]}, "yn?n"),
        ({"route": ["allowed", "unknown"]}, "ynyn"),
        # A measure that the study lacks
        ({"measure": "jobs", "at_least": 1}, "????"),
        # Any: passes when one passes, unknown only if none does and one is unknown
        ({"any": [{"measure": "stop", "at_most": 100}, {"measure": "noise", "at_most": 50}]}, "y??n"),
        ({"any": [{"measure": "stop", "at_most": 100}, {"measure": "noise", "at_least": 60}]}, "y?yn"),
        ({"any": [{"measure": "jobs", "at_least": 1}, {"column": "area_m2", "at_least": 5000}]}, "yy?y"),
        ({"any": [{"measure": "jobs", "at_least": 1}]}, "????"),
        ({"any": [{"route": ["allowed"]}, {"column": "use", "in": ["gravel"]}]}, "y?yn"),
    ],
)
def test_requirements(requirement: dict[str, Any], expected: str) -> None:
    assert outcome(requirement) == expected


@pytest.mark.parametrize(
    "part",
    [
        {"requires": {"r": {"column": "use", "at_most": 3}}},
        {"criteria": {"c": {"column": "use", "best": 1, "worst": 0, "weight": 1}}},
    ],
)
def test_a_bound_on_text_is_refused(part: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        verdict(**part)
    assert "'use' holds text" in caught.value.what and "profile 'p'" in caught.value.where and caught.value.remedy


def verdict(cap: Any = None, available: Any = None, **profile: Any) -> Verdict:
    found = study(**profile)
    limits = np.full(4, np.inf) if cap is None else np.asarray(cap, dtype=float)
    return judge_profile(found.profiles[0], found, SITES, homes_fit(found.profiles[0], found, SITES), limits, available)


def column(judged: Verdict, name: str) -> list[Any]:
    return [None if pd.isna(value) else value for value in judged.table[name].tolist()]


def test_every_reason_is_named_in_order() -> None:
    judged = verdict(
        requires={"near": {"measure": "stop", "at_most": 400}, "quiet": {"measure": "noise", "at_most": 50}},
        term={"min": 10}, homes={"min": 30},
    )  # fmt: skip
    assert column(judged, "failed") == [
        "",
        "near;unknown:quiet;homes.min",
        "unknown:near;quiet;term;homes.min",
        "near;quiet",
    ]
    assert column(judged, "suitable") == [True, False, False, False]
    assert [(step.rule, int(step.sites.sum())) for step in judged.steps] == [
        ("available", 4), ("near", 1), ("quiet", 1), ("term", 1), ("homes.min", 1),
    ]  # fmt: skip


def test_no_known_end_passes_any_term() -> None:
    assert column(verdict(term={"min": 99}), "suitable") == [True, False, False, False]
    assert column(verdict(term={"min": 10}), "suitable") == [True, True, False, True]
    assert column(verdict(), "suitable") == [True] * 4


def test_homes_are_cut_and_what_fits_is_told() -> None:
    judged = verdict(cap=[np.inf, 7, 0, 100], homes={"min": 5, "max": 30})
    assert column(judged, "homes_fit") == [40, 20, 10, 80]
    assert column(judged, "homes") == [30, 7, 0, 30]
    assert column(judged, "failed") == ["", "", "homes.min", ""]


def test_a_limit_of_no_homes() -> None:
    assert column(verdict(homes={"max": 0}), "homes") == [0] * 4


CRITERIA = {
    "stop": {"measure": "stop", "best": 100, "worst": 500, "weight": 60},
    "quiet": {"measure": "noise", "best": 45, "worst": 60, "weight": 20},
    "green": {"column": "use_share", "best": 1, "worst": 0, "weight": 10},
    "jobs": {"measure": "jobs", "best": 1, "worst": 0, "weight": 10},
}


def test_score_values_missing_and_rank() -> None:
    judged = verdict(criteria=CRITERIA)
    assert column(judged, "v_stop") == [100, 0, 0, 0]
    assert column(judged, "v_quiet") == [100, 0, 0, 50]
    assert column(judged, "v_green") == [100, 0, 50, 20]
    assert column(judged, "score") == [90, 0, 5, 12]
    assert column(judged, "missing") == ["jobs", "quiet;jobs", "stop;jobs", "jobs"]
    assert column(judged, "rank") == [1, 4, 3, 2]


def test_access_is_what_lies_outside_the_site() -> None:
    """A measure the study lacks is no known kind of access; noise and shares are of the site itself."""
    assert column(verdict(criteria=CRITERIA), "access_score") == [100, 0, 0, 0]
    assert column(verdict(criteria={"quiet": CRITERIA["quiet"]}), "access_score") == [0] * 4


def test_only_suitable_sites_are_scored_and_ranked() -> None:
    judged = verdict(criteria=CRITERIA, requires={"large": {"column": "area_m2", "at_most": 5000}})
    assert column(judged, "rank") == [None, 2, 1, None]
    assert column(judged, "score") == [None, 0, 5, None]
    assert column(judged, "access_score") == [None, 0, 0, None]
    assert column(judged, "v_stop") == [100, 0, 0, 0], "values are there for every site"


def test_ties_go_by_site_id_and_no_criteria_score_nothing() -> None:
    judged = verdict()
    assert column(judged, "score") == [0] * 4
    assert column(judged, "rank") == [1, 2, 3, 4]
    weightless = verdict(criteria={"stop": CRITERIA["stop"] | {"weight": 0}})
    assert column(weightless, "score") == [0] * 4


def test_ground_that_the_rules_took_fails_as_available() -> None:
    judged = verdict(
        available=np.array([True, False, True, True]), requires={"near": {"measure": "stop", "at_most": 100}}
    )
    assert column(judged, "failed") == ["", "available;near", "unknown:near", "near"]
    assert int(judged.steps[0].sites.sum()) == 3


def test_no_sites_at_all() -> None:
    found = study(criteria=CRITERIA, requires={"near": {"measure": "stop", "at_most": 100}})
    judged = judge_profile(found.profiles[0], found, SITES.iloc[:0], np.empty(0, np.int64), np.empty(0))
    full = verdict(criteria=CRITERIA)
    assert len(judged.table) == 0
    assert list(judged.table.columns) == list(full.table.columns)


def test_the_given_sites_stay_as_they_are() -> None:
    before = SITES.copy()
    verdict(criteria=CRITERIA)
    pd.testing.assert_frame_equal(SITES, before)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3.0, "3"), (3, "3"), (3.5, "3.5"), ("3", "3"), (None, ""), (NAN, ""), (pd.NA, ""), (pd.NaT, ""),
        (np.float32(2), "2"), (True, "True"),
    ],
)  # fmt: skip
def test_values_as_text(value: Any, expected: str) -> None:
    assert text_of(value) == expected


def test_certainties_of_a_profile() -> None:
    """What is not said to be a norm counts as an assumption on the map."""
    either = [{"measure": "x", "at_most": 1, "certainty": "norm"}, {"measure": "y", "at_most": 2}]
    requires = {
        "a": {"any": either, "certainty": "background"},
        "b": {"route": ["allowed"], "certainty": "norm"},
    }
    unit = {"homes_per_ha": 40, "certainty": "found"}
    profile = Profile.model_validate({"id": "p", "unit": unit, "requires": requires})
    assert profile.certainties() == ["norm", "background", "found", None, None]


@pytest.mark.parametrize("count", [0, 1, 300])
@pytest.mark.parametrize("names", [0, 1, 8, 70])
def test_reasons_are_joined_in_order_however_many_there_are(count: int, names: int) -> None:
    rng = np.random.default_rng(names)
    masks = [(f"r{k}", rng.random(count) < rng.choice([0.0, 0.05, 0.9])) for k in range(names)]
    expected = [";".join(name for name, mask in masks if mask[row]) for row in range(count)]
    found = _joined(masks, count)
    assert found.tolist() == expected
    assert found.dtype == "str"
