"""Weights and bounds that a reader moves: ranks and verdicts in the browser are those of Python, to the site."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flexsite.outputs.map import CriterionInfo, MapData, ProfileInfo, RequirementInfo, TestInfo
from flexsite.suitability.scoring import ranks

from .fake import CRITERIA, study, suitability

pytestmark = pytest.mark.browser
OpenMap = Callable[..., Any]

PT = (
    TestInfo("stop_crow_m", {"nl": "Halte", "en": "Stop"}, "m", at_most=650.05),
    TestInfo("jobs_n", {"nl": "Banen", "en": "Jobs"}, "", at_least=60_000),
    TestInfo("near", {"nl": "Dichtbij", "en": "Near"}),
)
BOUNDED = (
    RequirementInfo(
        "supermarket", {"nl": "supermarkt", "en": "supermarket"}, (TestInfo("supermarket_m", "m", "m", at_most=1500),)
    ),
    RequirementInfo("pt", {"nl": "halte of banen", "en": "stop or jobs"}, PT),
    RequirementInfo("noise", {"nl": "geluid", "en": "noise"}, (TestInfo("noise_v", "dB", "dB", 58.25, 40.0),)),
    RequirementInfo("homes.min", {"nl": "genoeg woningen", "en": "enough homes"}),
)


def outcome(test: TestInfo, values: Any) -> tuple[Any, Any]:
    """Pandas' own verdict on a test: passes, unknown."""
    values = values.astype(float)
    if test.at_most is None and test.at_least is None:
        return (values == 1).to_numpy(), (values == 2).to_numpy()
    passes = values.notna()
    if test.at_most is not None:
        passes &= values <= test.at_most
    if test.at_least is not None:
        passes &= values >= test.at_least
    return passes.to_numpy(), values.isna().to_numpy()


def judged(sites: pd.DataFrame, requirements: tuple[RequirementInfo, ...], small: float) -> tuple[Any, list[str]]:
    """Who passes, and what each site fails, by pandas alone."""
    failed = [[] for _ in range(len(sites))]
    for item in requirements:
        found = [outcome(test, sites[test.column]) for test in item.tests]
        if not found:
            continue
        passes = np.logical_or.reduce([one for one, _ in found])
        unknown = ~passes & np.logical_or.reduce([other for _, other in found])
        for k in np.flatnonzero(~passes):
            failed[k].append(f"unknown:{item.id}" if unknown[k] else item.id)
    for k in np.flatnonzero(sites["area_m2"].to_numpy() < small):
        failed[k].append("homes.min")
    texts = [";".join(part) for part in failed]
    return np.array([text == "" for text in texts]), texts


def bounded_study(n: int, seed: int = 11, decimals: int = 3) -> MapData:
    """A study whose suitability follows from `BOUNDED`; numbers with more decimals than the map keeps."""
    rng = np.random.default_rng(seed)
    profile = ProfileInfo("starter", {"nl": "Starters", "en": "Starters"}, CRITERIA, BOUNDED, 28.0)
    data = study(n, seed)
    stop = rng.gamma(2.5, 250, n).round(decimals)
    stop[: n // 10] = rng.choice([699.96, 700.0, 700.04, 650.05, 649.95, 650.0, 650.049, 650.07], n // 10)
    stop[rng.random(n) < 0.08] = np.nan
    sites = data.sites.assign(near=rng.choice([0, 1, 2], n, p=[0.8, 0.1, 0.1]), stop_crow_m=stop)
    passes, failed = judged(sites, BOUNDED, 1500)
    table = suitability(sites, (profile,)).assign(suitable=passes, failed=failed)
    return dataclasses.replace(data, sites=sites, suitability=table, profiles=(profile,))


def many_ties(n: int) -> MapData:
    """Sites whose criteria have few values, so that most scores are shared."""
    data = study(n)
    sites = data.sites.assign(noise_v=data.sites["noise_v"].round(-1), jobs_n=data.sites["jobs_n"].round(-5))
    profiles = tuple(dataclasses.replace(one, criteria=one.criteria[1:]) for one in data.profiles)
    return dataclasses.replace(data, sites=sites, suitability=suitability(sites, profiles), profiles=profiles)


def many_criteria(n: int) -> MapData:
    """Ten criteria of all sorts, sites in no order."""
    data = study(n, 3)
    columns = ("supermarket_m", "stop_crow_m", "noise_v", "jobs_n", "area_m2")
    criteria = tuple(
        CriterionInfo(f"c{k}", f"c{k}", columns[k % 5], *((1000.0 + k, 0.0) if k % 2 else (0.0, 5000.0 + k)), 10 * k)
        for k in range(10)
    )
    profile = ProfileInfo("starter", "Starters", criteria, ())
    sites = data.sites.sample(frac=1, random_state=1)
    return dataclasses.replace(data, sites=sites, suitability=suitability(sites, (profile,)), profiles=(profile,))


@pytest.mark.parametrize(
    "data", [many_ties(800), many_criteria(700), bounded_study(900)], ids=["ties", "ten", "bounds"]
)
def test_ranks_equal_pythons_for_two_hundred_weight_vectors(open_map: OpenMap, data: MapData) -> None:
    opened = open_map(data)
    profile = data.profiles[0]
    names = [item.id for item in profile.criteria]
    rng = np.random.default_rng(8)
    tries = [{name: int(rng.choice([0, rng.integers(0, 101)])) for name in names} for _ in range(200)]
    found = opened.js(
        """(tries) => tries.map((weights) => {
          flexsite.weights(weights);
          return flexsite.ranking().map((site) => [site.site_id, site.rank]);
        })""",
        tries,
    )
    rows = data.suitability[data.suitability["profile"] == profile.id].sort_values("site_id", kind="stable")
    ids = rows["site_id"].to_numpy()
    ties = 0
    for weights, ranking in zip(tries, found, strict=True):
        total = np.zeros(len(rows), dtype=np.int64)
        for name, weight in weights.items():
            total += weight * rows[f"v_{name}"].to_numpy(dtype=np.int64)
        mine = ranks(total, rows["suitable"].to_numpy(dtype=bool))
        assert dict(ranking) == {ids[k]: int(mine[k]) for k in np.flatnonzero(mine)}
        ties += len(np.unique(total[mine > 0])) < (mine > 0).sum()
    assert ties >= 100


def moved(requirements: tuple[RequirementInfo, ...], bounds: dict[str, list[dict[str, float]]]) -> Any:
    """The requirements with other bounds."""
    return tuple(
        dataclasses.replace(
            item,
            tests=tuple(dataclasses.replace(test, **bounds[item.id][k]) for k, test in enumerate(item.tests)),
        )
        if item.id in bounds
        else item
        for item in requirements
    )


def some_bounds(rng: np.random.Generator) -> dict[str, list[dict[str, float]]]:
    """Bounds on the steps in which the map knows the numbers: 0.1 m, whole jobs, 0.01 dB."""
    metres = float(rng.choice([650.0, 700.0, 699.9, 650.1, round(rng.uniform(50, 3000), 1)]))
    stop = {"at_most": metres} if rng.random() < 0.6 else {}
    found = {
        "supermarket": [{"at_most": round(float(rng.uniform(100, 4000)), 1)}],
        "pt": [stop, {"at_least": float(rng.integers(0, 80000))}, {}],
        "noise": [{"at_most": round(float(rng.uniform(45, 70)), 2), "at_least": round(float(rng.uniform(30, 50)), 2)}],
    }
    return {name: found[name] for name in found if rng.random() < 0.6}


BOUNDS = """(tries) => tries.map((bounds) => {
  flexsite.bounds(null);
  flexsite.bounds(bounds);
  return flexsite.ranking().map((site) => site.site_id).sort();
})"""


@pytest.mark.parametrize("n", [600, 6000], ids=["few numbers", "many numbers"])
def test_bounds_judge_sites_as_pandas_does(open_map: OpenMap, n: int) -> None:
    data = bounded_study(n)
    opened = open_map(data)
    rows = data.suitability.set_index("site_id")
    before = sorted(rows.index[rows["suitable"]])
    assert sorted(site["site_id"] for site in opened.js("flexsite.ranking()")) == before
    rng = np.random.default_rng(2)
    tries = [some_bounds(rng) for _ in range(60)]
    for bounds, found in zip(tries, opened.js(BOUNDS, tries), strict=True):
        passes, _ = judged(data.sites, moved(BOUNDED, bounds), 1500)
        assert found == sorted(data.sites["site_id"][passes]), bounds
    opened.js("flexsite.bounds(null)")
    assert sorted(site["site_id"] for site in opened.js("flexsite.ranking()")) == before
    opened.quiet()


def test_a_site_says_what_it_fails_under_the_bounds_that_are_set(open_map: OpenMap) -> None:
    data = bounded_study(300)
    opened = open_map(data)
    bounds = {"supermarket": [{"at_most": 900.0}], "pt": [{"at_most": 300.0}, {"at_least": 1e6}, {}]}
    opened.js("(b) => flexsite.bounds(b)", bounds)
    passes, failed = judged(data.sites, moved(BOUNDED, bounds), 1500)
    points = data.sites.geometry.representative_point()
    found = opened.js("(points) => points.map(([x, y]) => flexsite.explain(x, y))", [[p.x, p.y] for p in points])
    by_id = dict(zip(data.sites["site_id"], zip(passes, failed, strict=True), strict=True))
    assert any("unknown:pt" in text for text in failed)
    for place in found:
        suits, why = by_id[place["site_id"]]
        assert place["suitable"] == suits
        assert set(place["failed"]) == set(filter(None, why.split(";")))
        assert (place["rank"] is None) == (not suits)


def test_wrong_bounds_are_refused(open_map: OpenMap) -> None:
    opened = open_map(bounded_study(60))
    told = opened.js("flexsite.bounds()")
    assert told["supermarket"] == [{"at_most": 1500}]
    assert "homes.min" not in told
    for wrong in (
        {"nothing": {"at_most": 1}},
        {"homes.min": {"at_least": 1}},
        {"supermarket": {"at_least": 1}},
        {"supermarket": {"at_most": "1"}},
        {"pt": [{}, {}, {"at_most": 1}]},
    ):
        with pytest.raises(Exception, match="flexsite"):
            opened.js("(b) => flexsite.bounds(b)", wrong)
    assert opened.js("flexsite.bounds()") == told
    assert opened.js("flexsite.bounds({supermarket: {at_most: 900}})")["supermarket"] == [{"at_most": 900}]
    assert opened.js("flexsite.bounds({supermarket: null})") == told


@pytest.fixture
def weights_tab(open_map: OpenMap) -> Iterator[Any]:
    opened = open_map(bounded_study(400))
    opened.page.click("#fs-tab-weights")
    yield opened
    opened.quiet()


def settled(opened: Any) -> None:
    """The frame after what was typed."""
    opened.js("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_sliders_and_fields_move_together_by_keyboard(weights_tab: Any) -> None:
    opened = weights_tab
    opened.page.focus("#fs-w-0-slider")
    for _ in range(3):
        opened.page.keyboard.press("ArrowRight")
    settled(opened)
    assert opened.js("flexsite.weights().supermarket") == 63
    assert opened.page.input_value("#fs-w-0") == "63"
    assert opened.js("document.activeElement.id") == "fs-w-0-slider", "the slider stays in the hand"
    opened.page.focus("#fs-w-0")
    opened.page.keyboard.press("ArrowDown")
    settled(opened)
    assert opened.js("flexsite.weights().supermarket") == 62
    opened.page.fill("#fs-w-0", "7,5")
    settled(opened)
    assert opened.page.get_attribute("#fs-w-0", "aria-invalid") == "true"
    assert opened.js("flexsite.weights().supermarket") == 62
    opened.page.fill("#fs-w-0", "100")
    settled(opened)
    assert opened.page.input_value("#fs-w-0-slider") == "100"
    assert "telt 65" in opened.text("#fs-w-0-note").replace("\u00a0", "")
    assert "Gewichten zijn aangepast" in opened.text(".fs-changed")
    opened.page.click(".fs-changed button")
    assert opened.js("flexsite.weights().supermarket") == 60
    assert opened.page.input_value("#fs-w-0-slider") == "60"


def test_a_bound_that_moves_changes_the_numbers_and_says_so(weights_tab: Any) -> None:
    opened = weights_tab
    before = opened.text(".fs-big b")
    met = opened.text("#fs-meet-0")
    assert opened.page.locator("#fs-bounds-note").count() == 0
    opened.page.fill("#fs-b-supermarket-0-at_most", "500")
    settled(opened)
    assert "Niet de grenzen van de studie" in opened.text("#fs-bounds-note")
    assert "trechter niet" in opened.text("#fs-bounds-note")
    assert int(opened.text(".fs-big b")) < int(before)
    assert opened.text("#fs-meet-0") != met
    assert opened.text(".fs-big b") in opened.text("#fs-selection")
    opened.page.click("#fs-bounds-note button")
    assert opened.text(".fs-big b") == before
    assert opened.text("#fs-meet-0") == met
    assert opened.page.input_value("#fs-b-supermarket-0-at_most") == "1500"


def test_classes_go_by_score_on_request(weights_tab: Any) -> None:
    opened = weights_tab
    opened.page.check("input[value='score']")
    legend = opened.text("#fs-legend")
    assert "score vanaf 80" in legend
    assert "beste 1 %" not in legend
    scores = [site["score"] for site in opened.js("flexsite.ranking()")]
    numbers = opened.js("[...document.querySelectorAll('#fs-legend li b')].map((b) => Number(b.textContent))")
    ends = ((80, 101), (60, 80), (40, 60), (0, 40))
    assert numbers[:4] == [sum(low <= score < high for score in scores) for low, high in ends]
    assert opened.js("flexsite.state().classes") == "score"


def test_a_study_without_tests_shows_its_requirements_as_fixed(open_map: OpenMap) -> None:
    opened = open_map(study(40))
    opened.page.click("#fs-tab-weights")
    assert "hoogstens 1.500 m lopen" in opened.text("#fs-body")
    assert "staat vast" in opened.text("#fs-body")
    opened = open_map(study(40, profiles=(), suitability=pd.DataFrame({"site_id": [], "profile": []})))
    opened.page.click("#fs-tab-weights")
    assert "geen programma's van eisen" in opened.text("#fs-body")
    opened.quiet()


def test_the_map_goes_first_and_the_words_are_never_far_behind(open_map: OpenMap) -> None:
    opened = open_map(study(400))
    first = "document.querySelector('.fs-list tbody tr .fs-pick').textContent"
    at_once = opened.js(
        f"""() => {{
          const before = [flexsite.ranking()[0].site_id, {first}];
          flexsite.weights({{supermarket: 0, quiet: 100, jobs: 0}});
          const busy = document.querySelectorAll('[aria-busy=true]').length;
          return [before, [flexsite.ranking()[0].site_id, {first}], busy];
        }}"""
    )
    (site, shown), (site_now, shown_now), busy = at_once
    assert (site == shown, site_now != site, shown_now == shown, busy) == (True, True, True, 1)
    assert opened.text(".fs-list tbody tr .fs-pick") == site_now
    assert opened.page.locator("[aria-busy]").count() == 0
    renewed = opened.js(
        """async () => {
          const table = () => document.querySelector('.fs-list tbody tr');
          let last = table(), renewed = 0;
          const end = performance.now() + 900;
          for (let weight = 0; performance.now() < end; weight = (weight + 7) % 101) {
            flexsite.weights({supermarket: weight});
            await new Promise((done) => setTimeout(done, 15));
            if (table() !== last) renewed++;
            last = table();
          }
          return renewed;
        }"""
    )
    assert renewed >= 2, "a slider that never rests"
    opened.quiet()
