"""On the map, what a study has no layer for: in words on every card, and hatched on none."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pytest

from flexsite.outputs.map import MapData, RuleInfo
from flexsite.outputs.map.payload import build

from .fake import BOX, RULES, study
from .test_browser import where

OpenMap = Callable[..., Any]
GRID = RuleInfo(
    "grid", "mark", "medium", "Netcode elektriciteit", "ACM", "2026-07-01",
    {"nl": "aansluitcapaciteit niet getoetst", "en": "capacity to connect to the power grid not tested"},
)  # fmt: skip


def untested(unknown: list[str]) -> MapData:
    """Three sites and a study without a layer of the power grid."""
    data = study(3)
    sites = data.sites.assign(unknown=unknown)
    return dataclasses.replace(data, context=(), sites=sites, rules=(*RULES, GRID), untested=("grid",))


def test_a_site_says_that_power_was_not_tested_apart_from_what_is_unknown_here(open_map: OpenMap) -> None:
    opened = open_map(untested(["grid", "noise;grid", "grid"]))
    x, y = BOX[0] + 9150, BOX[1] + 7350
    assert [rule["rule"] for rule in opened.js("(p) => window.flexsite.explain(...p)", [x, y])["unknown"]] == ["grid"]
    opened.page.mouse.click(*where(opened, x, y))
    unknown, heading, not_tested = opened.text("#fs-card").partition("Niet getoetst")
    assert heading and "aansluitcapaciteit niet getoetst" in not_tested
    assert "geen" in unknown.partition("Niet bekend")[2] and "aansluitcapaciteit" not in unknown
    opened.quiet()


@pytest.mark.parametrize(("unknown", "hatched"), [(["grid"] * 3, 0), (["grid", "noise;grid", "grid"], 1)])
def test_what_is_unknown_everywhere_hatches_nothing(open_map: OpenMap, unknown: list[str], hatched: int) -> None:
    data = untested(unknown)
    own = data.suitability[data.suitability["profile"] == "starter"].set_index("site_id").loc[data.sites["site_id"]]
    failed = own["failed"].str.contains("unknown:").to_numpy()
    legend = open_map(data).js("() => document.querySelector('.fs-legend, #fs-legend').innerText")
    told = re.search(r"iets is niet bekend\s*(\d+)?", legend)
    assert told is not None and int(told[1] or 0) == hatched + failed.sum()


def test_a_study_that_tests_all_has_the_bytes_it_had() -> None:
    assert b'"untested"' not in build(study(3))
    assert b'"untested":["grid"]' in build(untested(["grid"] * 3))
