"""Requirements and criteria on the level of a standard: compared by its number, listed by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from flexsite.capacity.fitting import homes_fit
from flexsite.errors import InputError
from flexsite.rulebook import standard_path
from flexsite.study.models import Study
from flexsite.suitability.judging import judge_profile
from flexsite.suitability.requirements import judge, refuse_unknown_levels

SITES = pd.DataFrame(
    {
        "site_id": ["a", "b", "c", "d", "e"],
        "area_m2": 10_000.0,
        "net_years": np.nan,
        "london_level": pd.Series(["6b", "1a", "0", None, "6a"], dtype="str"),
        "pt_level": pd.Series(["4", "2", "stop", None, "0"], dtype="str"),
    }
)


def study(folder: Path | None = None, standard: str = "ptal", **profile: Any) -> Study:
    data = {
        "flexsite": 1, "name": "x", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10, "area": "a.gpkg",
        "layers": {"parcels": "p.gpkg"}, "candidates": {"layer": "parcels"},
        "access": {"measures": [{"id": "london", "standard": standard}, {"id": "pt", "standard": "pbl-crow"}]},
        "profiles": [{"id": "p", "unit": {"homes_per_ha": 40}} | profile],
    }  # fmt: skip
    return Study.model_validate(data, context={"folder": folder} if folder else None)


def outcome(requirement: dict[str, Any]) -> str:
    """Per site y (meets it), n (does not) or ? (nobody knows)."""
    found = study(requires={"r": requirement})
    judged = judge(found.profiles[0].requires["r"], found, SITES, "profile 'p'")
    return "".join(
        "y" if one else "?" if unknown else "n" for one, unknown in zip(judged.passes, judged.unknown, strict=True)
    )


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ({"measure": "london", "at_least": 6.5}, "ynn?n"),
        ({"measure": "london", "at_least": 6}, "ynn?y"),
        ({"measure": "london", "at_least": 1}, "yyn?y"),
        ({"measure": "london", "at_most": 1}, "nyy?n"),
        ({"measure": "london", "in": ["6a", "6b"]}, "ynn?y"),
        ({"measure": "london", "in": [0, "1a"]}, "nyy?n"),
        ({"column": "london_level", "at_least": 6}, "ynn?y"),
        # a stop without known departures has no number, and is no less than 0 for that
        ({"measure": "pt", "at_least": 1}, "yy??n"),
        ({"measure": "pt", "at_least": 0}, "yy??y"),
        ({"measure": "pt", "in": ["2", "4", "stop"]}, "yyy?n"),
        ({"any": [{"measure": "pt", "at_least": 4}, {"measure": "london", "at_least": 6}]}, "yn??y"),
    ],
)
def test_requirements(requirement: dict[str, Any], expected: str) -> None:
    assert outcome(requirement) == expected


def test_a_criterion_scores_the_number_of_the_level() -> None:
    found = study(criteria={"c": {"measure": "pt", "best": 4, "worst": 0, "weight": 50}})
    table = judge_profile(
        found.profiles[0], found, SITES, homes_fit(found.profiles[0], found, SITES), np.full(5, np.inf)
    ).table
    assert table["v_c"].tolist() == [100, 50, 0, 0, 0]
    assert table["missing"].tolist() == ["", "", "c", "c", ""]


@pytest.mark.parametrize(
    "requirement", [{"measure": "london", "in": ["6", "6b"]}, {"column": "london_level", "in": [6]}]
)
@pytest.mark.parametrize("nested", [True, False])
def test_a_level_that_the_standard_does_not_have_is_refused(requirement: dict[str, Any], nested: bool) -> None:
    found = study(requires={"r": {"any": [requirement]} if nested else requirement})
    wrong = r"profile 'p'.*: the standard 'ptal' has no level '6'; its levels are, best first: 6b, 6a, 5, 4"
    with pytest.raises(InputError, match=wrong):
        judge(found.profiles[0].requires["r"], found, SITES, "profile 'p', requires.r")
    with pytest.raises(InputError, match=wrong):
        refuse_unknown_levels(found)


def test_levels_that_are_there_are_not_refused() -> None:
    refuse_unknown_levels(
        study(requires={"a": {"measure": "london", "in": ["6b", 0]}, "b": {"measure": "gone", "in": ["x"]}})
    )


def test_a_standard_of_ones_own_has_its_own_numbers(tmp_path: Path) -> None:
    own = yaml.safe_load(standard_path("ptal").read_text(encoding="utf-8"))
    own["id"], own["levels"][0]["value"] = "ours", 66
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    found = study(tmp_path, "ours.yaml", requires={"r": {"measure": "london", "at_least": 66}})
    judged = judge(found.profiles[0].requires["r"], found, SITES, "profile 'p'")
    assert judged.passes.tolist() == [True, False, False, False, False]
