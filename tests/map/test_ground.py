"""Why ground is gone, and what comes back: the map says what the run and the what-if say."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import yaml

from flexsite import standing
from flexsite.availability import finding
from flexsite.outputs.gone import Gone, Spots
from flexsite.outputs.map import MapData, SiteMap
from flexsite.outputs.map.ground import COARSEST
from flexsite.outputs.map_data import map_data
from flexsite.outputs.result import Result
from flexsite.pipeline import run
from flexsite.study.loading import load
from flexsite.whatif import WhatIf, what_if

from .fake import BOX, RD, RULES, study
from .hostile import PAYLOADS

SMALL = Path(__file__).parents[2] / "data" / "small"
OpenMap = Callable[..., Any]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules of the small study, without streets and groups."""
    folder = tmp_path_factory.mktemp("ground")
    shutil.copytree(SMALL / "input", folder / "input")
    tree = yaml.safe_load((SMALL / "study.yaml").read_text(encoding="utf-8"))
    left_out = {"access", "profiles", "columns", "capacity", "boundaries", "outputs"}
    kept = {key: tree[key] for key in tree if key not in left_out}
    (folder / "my study.yaml").write_text(yaml.safe_dump({**kept, "outputs": ["excluded", "map"]}), encoding="utf-8")
    return folder / "my study.yaml"


@pytest.fixture(scope="module")
def result(file: Path) -> Result:
    return run(load(file))


@pytest.fixture(scope="module")
def table(file: Path) -> WhatIf:
    return what_if(load(file))


@pytest.fixture(scope="module")
def large(file: Path) -> Result:
    """The same as a run too large to bring all shapes along."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, "EXCLUDED_UP_TO", 0)
        patch.setattr(finding, "MANY", 0)
        return run(load(file, {"outputs": ["map"]}))


@pytest.fixture(scope="module")
def page(result: Result) -> str:
    """The map of that run, made once."""
    return SiteMap(map_data(result)).html()


@pytest.fixture(scope="module")
def large_page(large: Result) -> str:
    """The map of the large run."""
    return SiteMap(map_data(large)).html()


def rules_at(parts: gpd.GeoDataFrame, points: Any, clear: float) -> list[str | None]:
    """`rules` of the part under each point, "" for none; None within so many metres of where one ends."""
    shapes = parts.geometry.to_numpy()
    edges = shapely.STRtree(shapely.boundary(shapes))
    near = set(edges.query(points, predicate="dwithin", distance=clear)[0].tolist())
    under = dict(shapely.STRtree(shapes).query(points, predicate="within").T.tolist())
    return [None if k in near else parts["rules"].iloc[under[k]] if k in under else "" for k in range(len(points))]


def spread(result: Result, count: int, seed: int) -> Any:
    """Points over the candidates."""
    rng = np.random.default_rng(seed)
    west, south, east, north = result.area.bounds
    return shapely.points(rng.uniform(west, east, count), rng.uniform(south, north, count))


@pytest.mark.browser
def test_a_spot_names_the_rules_that_took_it_in_their_order(open_map: OpenMap, result: Result, page: str) -> None:
    opened = open_map(page)
    points = spread(result, 400, 3)
    assert result.gone.parts is not None
    assert result.excluded is not None
    expected = rules_at(result.gone.parts, points, 2.0)
    taken = result.taken.set_index(["candidate_id", "rule"])
    found = opened.js(
        "(points) => points.map(([x, y]) => flexsite.explain(x, y))", shapely.get_coordinates(points).tolist()
    )
    counts = {"": 0, "one": 0, "more": 0}
    for point, rules, place in zip(points, expected, found, strict=True):
        if rules is None or place["site_id"] is not None:
            assert rules is None or rules == ""
            continue
        assert [one["rule"] for one in place["excluded"]] == [name for name in rules.split(";") if name], str(point)
        counts["" if not rules else "more" if ";" in rules else "one"] += 1
        if not rules:
            assert place["reason"] in ("nothing", "outside")
            assert place["text"]
            continue
        assert place["reason"] == "taken"
        assert [one["turn"] for one in place["excluded"]] == [True] + [False] * (len(place["excluded"]) - 1)
        for one in place["excluded"]:
            row = taken.loc[(one["candidate_id"], one["rule"])]
            assert one["area_m2"] == pytest.approx(row["taken_m2"], abs=2 + 0.01 * row["taken_m2"])
            if one["rule"] != "min_size":
                assert one["touched_m2"] == pytest.approx(row["touched_m2"], abs=2 + 0.01 * row["touched_m2"])
        own = result.excluded[result.excluded.geometry.contains(point)]
        assert own["rule"].tolist() == [place["excluded"][0]["rule"]]
    assert min(counts.values()) > 10, counts
    opened.quiet()


@pytest.mark.browser
def test_a_large_run_tells_it_for_the_middle_of_a_cell(
    open_map: OpenMap, large: Result, large_page: str, result: Result
) -> None:
    assert large.excluded is None
    assert large.gone.parts is None
    spots, parts = large.gone.spots, result.gone.parts
    assert spots is not None
    assert parts is not None
    rng = np.random.default_rng(5)
    rows, columns = rng.integers(0, spots.code.shape[0], 300), rng.integers(0, spots.code.shape[1], 300)
    xy = np.column_stack([(spots.west + columns + 0.5) * spots.cell, (spots.north - rows - 0.5) * spots.cell])
    expected = rules_at(parts, shapely.points(xy), 0.05)
    opened = open_map(large_page)
    off_centre = xy + rng.uniform(-0.4, 0.4, xy.shape) * spots.cell
    found = opened.js("(points) => points.map(([x, y]) => flexsite.explain(x, y))", off_centre.tolist())
    seen = set()
    for rules, place in zip(expected, found, strict=True):
        if rules is None or place["site_id"] is not None or not place["inside"]:
            continue
        names = [one["rule"] for one in place["excluded"]]
        assert names == [name for name in rules.split(";") if name and name != "min_size"]
        assert place["precision"] == spots.cell
        seen.add(place["reason"])
    assert {"taken", "nothing"} <= seen
    place = next(place for place in found if place["reason"] == "taken")
    x, y = place["x"], place["y"]
    assert "25" in opened.js(f"flexsite.explain({x}, {y}).precision.toString()")
    opened.quiet()


@pytest.mark.browser
@pytest.mark.parametrize("which", ["page", "large_page"])
def test_rules_switched_off_give_the_hectares_of_a_what_if(
    open_map: OpenMap, table: WhatIf, which: str, request: pytest.FixtureRequest
) -> None:
    opened = open_map(request.getfixturevalue(which))
    ids, rng = np.array([rule.id for rule in table.study.rules]), np.random.default_rng(11)
    for _ in range(25):
        off = rng.choice(ids, int(rng.integers(0, 8)), replace=False).tolist()
        left = table.rows(off=off)[-2]["area_ha"]
        assert opened.js("(off) => flexsite.off(off)", off) == pytest.approx(left, abs=2e-4), off
        assert opened.js("flexsite.off()") == off
    with pytest.raises(Exception, match="no rule"):
        opened.js("flexsite.off(['nowhere'])")


def test_combinations_hold_what_every_rule_costs_by_itself(file: Path) -> None:
    changes = {"strictness": "medium", "term": 8, "rules.use": None}
    found = run(load(file, changes))
    table = found.gone.combinations
    assert table is not None
    rows = found.waterfall[found.waterfall["stage"] == "availability"].set_index("rule")
    alone = dict(zip(table["rules"], table["area_ha"], strict=True))
    for rule in load(file, changes).rules:
        assert alone.get(rule.id, 0.0) == pytest.approx(rows.loc[rule.id, "only_ha"], abs=2e-4)
    last = [rule.id for rule in load(file, changes).rules][-1]
    assert rows.loc["start", "area_ha"] - table["area_ha"].sum() == pytest.approx(rows.loc[last, "area_ha"], abs=2e-4)


@pytest.mark.browser
def test_the_command_leads_to_the_hectares_that_were_shown(open_map: OpenMap, file: Path, page: str) -> None:
    opened = open_map(page)
    opened.page.click("#fs-tab-waterfall")
    opened.page.uncheck("#fs-off-noise")
    opened.page.uncheck("#fs-off-plans_hard")
    command = opened.text("#fs-whatif code")
    assert command == "flexsite run 'my study.yaml' --set rules.noise=null --set rules.plans_hard=null"
    sets = dict(text.split("=") for text in re.findall(r"--set (\S+)", command))
    again = run(load(file, {key: yaml.safe_load(value) for key, value in sets.items()}))
    rows = again.waterfall[again.waterfall["stage"] == "availability"]
    shown = opened.js("flexsite.off(flexsite.off())")
    assert shown == pytest.approx(rows["area_ha"].iloc[-2], abs=2e-4)
    assert opened.text(".fs-whatif-sum b") == f"{shown:.0f} ha".replace(" ", "\u00a0")
    opened.page.click("#fs-whatif-reset")
    assert opened.js("flexsite.off()") == []
    assert opened.js("document.activeElement.id").startswith("fs-off-")
    assert opened.page.locator("#fs-whatif code").count() == 0


HATCHED = """() => [...document.querySelectorAll('.leaflet-fsOverFree-pane canvas')].reduce((sum, tile) => {
  const data = tile.getContext('2d').getImageData(0, 0, tile.width, tile.height).data;
  for (let k = 3; k < data.length; k += 4) sum += data[k] > 60 ? 1 : 0;
  return sum;
}, 0)"""


def hatched(opened: Any, *, some: bool) -> int:
    """Pixels of ground that comes free, once there are any."""
    for _ in range(100 if some else 3):
        opened.page.wait_for_timeout(100)
        if opened.js(HATCHED):
            break
    opened.page.wait_for_timeout(300)
    return int(opened.js(HATCHED))


@pytest.mark.browser
@pytest.mark.parametrize("which", ["page", "large_page"])
def test_ground_that_comes_free_is_hatched(open_map: OpenMap, which: str, request: pytest.FixtureRequest) -> None:
    opened = open_map(request.getfixturevalue(which))
    seen = []
    for off in (["noise"], ["noise", "use"], ["natura2000"], []):
        opened.js("(off) => flexsite.off(off)", off)
        seen.append((hatched(opened, some="noise" in off), "komt vrij" in opened.text("#fs-legend")))
    assert seen[1][0] > 1.2 * seen[0][0] > 1000
    assert [shown for _, shown in seen] == [True, True, False, False]  # natura2000 frees nothing by itself
    assert seen[2][0] == seen[3][0] == 0


@pytest.mark.browser
def test_a_link_keeps_what_is_off(open_map: OpenMap, page: str) -> None:
    opened = open_map(page)
    opened.js("flexsite.off(['use', 'noise'])")
    for _ in range(50):
        opened.page.wait_for_timeout(100)
        if "off=" in opened.page.url:
            break
    url = opened.page.url
    assert "off=use,noise" in url
    opened.page.goto("about:blank")
    opened.page.goto(url)
    opened.js("() => window.flexsite.ready.then(() => true)")
    assert opened.js("flexsite.off()") == ["use", "noise"]
    assert hatched(opened, some=True) > 1000


def test_the_map_draws_the_ground_within_five_metres(result: Result) -> None:
    from flexsite.outputs.map import ground

    data = map_data(result)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ground, "VERTICES", 100)
        columns: Any = _Columns()
        assert ground.ground_meta(columns, data, _Place())["excluded"]["tolerance"] == COARSEST


class _Columns:
    """Stands for the block of bytes."""

    def __getattr__(self, _: str) -> Any:
        return lambda *given: given


class _Place:
    def __call__(self, xy: Any) -> Any:
        return xy


def test_rules_of_a_private_layer_leave_no_line_and_no_name(file: Path, result: Result) -> None:
    changes = {"audience": "public", "layers.plans.private": True, "layers.noise.private": True}
    found = run(load(file, changes)).gone
    whole = result.gone
    assert found.parts is not None
    assert whole.parts is not None
    assert found.combinations is not None
    names = {name for text in found.parts["rules"] for name in text.split(";")}
    assert names.isdisjoint({"", "noise", "plans_hard", "planned", "withheld"})
    assert {"planned", "withheld"} <= {name for text in found.combinations["rules"] for name in text.split(";")}
    assert found.combinations["area_ha"].sum() == pytest.approx(whole.combinations["area_ha"].sum(), abs=1e-4)  # type: ignore[index]
    use = whole.parts[whole.parts["rules"].str.split(";").map(lambda names: "use" in names)]
    mine = found.parts[found.parts["rules"].str.split(";").map(lambda names: "use" in names)]
    assert mine.geometry.area.sum() == pytest.approx(use.geometry.area.sum(), rel=1e-6)
    assert mine.groupby(["candidate_id", "rules"]).size().max() == 1
    spots = Spots(25.0, 0, 1, np.array([[0, 1, 2, 3]], np.uint16), ("", "a", "a;secret"))
    shown = Gone(spots=spots).without({"secret"}, {}).spots
    assert shown is not None
    assert [("-", *shown.rules)[code] for code in shown.code[0]] == ["-", "", "a", "a"]


def fake_gone(rules: list[str]) -> Gone:
    """Three squares in a corner, each under all the rules up to one more."""
    x, y = BOX[0] + 500, BOX[1] + 500
    texts = [";".join(rules[: k + 1]) for k in range(3)]
    squares = [shapely.box(x + 400 * k, y, x + 400 * k + 300, y + 300) for k in range(3)]
    parts = gpd.GeoDataFrame({"candidate_id": "K", "rules": texts, "area_m2": 9e4}, geometry=squares, crs=RD)
    return Gone(parts, pd.DataFrame({"rules": texts, "area_ha": 9.0, "candidates": 1}))


@pytest.mark.browser
def test_more_than_thirty_two_rules_are_told_apart(open_map: OpenMap) -> None:
    ids = [f"r{k:02d}" for k in range(50)]
    rules = tuple(dataclasses.replace(RULES[0], id=name) for name in ids)
    texts = [ids[k] for k in range(50)] + [";".join(ids[k : k + 3]) for k in range(48)]
    ha = np.random.default_rng(1).uniform(1, 9, len(texts)).round(3)
    rows = [{"stage": "availability", "rule": name, "area_ha": 100.0} for name in ["start", *ids, "min_size"]]
    table = pd.DataFrame({"rules": texts, "area_ha": ha, "candidates": 1})
    data = study(5, rules=rules, waterfall=pd.DataFrame(rows), gone=Gone(combinations=table))
    opened = open_map(data)
    for off in (["r31", "r32", "r33"], ["r49", "r48", "r47", "r00"], ids):
        freed = sum(area for text, area in zip(texts, ha, strict=True) if set(text.split(";")) <= set(off))
        assert opened.js("(off) => flexsite.off(off)", off) == pytest.approx(100 + freed)


@pytest.mark.browser
def test_every_switch_works_from_the_keyboard_in_both_languages(open_map: OpenMap) -> None:
    opened = open_map(study(30, gone=fake_gone(["built", "natura2000", "noise"])))
    opened.page.focus("#fs-tab-waterfall")
    opened.page.keyboard.press("Enter")
    opened.page.focus("#fs-off-built")
    opened.page.keyboard.press("Space")
    assert opened.js("[flexsite.off(), document.activeElement.id]") == [["built"], "fs-off-built"]
    assert "9,0 ha" in opened.text(".fs-whatif-sum").replace("\u00a0", " ")
    opened.page.keyboard.press("Tab")
    opened.page.keyboard.press("Space")
    assert opened.js("flexsite.off()") == ["built", "natura2000"]
    opened.page.focus("#fs-count-homes")
    opened.page.keyboard.press("Enter")
    assert opened.page.locator("#fs-count-homes").get_attribute("aria-pressed") == "true"
    dutch = opened.text("#fs-body")
    opened.page.click(".fs-language")
    english = opened.text("#fs-body")
    for word in ("Beperking", "woningen", "uitzetten", "kost op zichzelf", "Varianten"):
        assert word.lower() not in english.lower()
    for word in ("restriction", "by itself", "left"):
        assert word not in dutch
        assert word in english
    opened.page.click("#fs-whatif-copy")
    opened.page.wait_for_timeout(100)
    assert opened.text(".fs-command [role=status]")
    opened.quiet()


@pytest.mark.browser
def test_hostile_names_of_rules_are_text(open_map: OpenMap) -> None:
    hostile = [f"{text}".replace(";", ",") for text in PAYLOADS[:8]]
    rules = tuple(dataclasses.replace(RULES[0], id=name, label=name) for name in hostile)
    rows = [
        {"stage": "availability", "rule": name, "area_ha": 100.0, "only_ha": 1.0} for name in ["start", *hostile, "x"]
    ]
    opened = open_map(study(10, rules=rules, waterfall=pd.DataFrame(rows), gone=fake_gone(hostile)))
    opened.page.click("#fs-tab-waterfall")
    opened.js("(off) => flexsite.off(off)", hostile)
    shown = opened.page.text_content("#fs-body")
    for text in hostile[:3]:
        assert text.replace("\r\n", "\n").replace("\r", "\n") in shown.replace("\r\n", "\n").replace("\r", "\n")
    opened.js(f"flexsite.explain({BOX[0] + 1400}, {BOX[1] + 600})")
    assert opened.js("window.X") is None
    opened.quiet()


@pytest.mark.browser
def test_a_map_without_any_of_it_says_so(open_map: OpenMap) -> None:
    data: MapData = study(10, excluded=None)
    opened = open_map(data)
    opened.page.click("#fs-tab-waterfall")
    assert "niet geteld" in opened.text("#fs-whatif")
    assert opened.js("flexsite.off(['built'])") is None
    assert opened.js(f"flexsite.explain({BOX[0] + 200}, {BOX[1] + 200})")["reason"] in ("noground", "outside")
    opened.quiet()
