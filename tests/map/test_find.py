"""Finding sites in the map: search, filters, order and sums against pandas, by mouse and by keyboard."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from flexsite.outputs.map import MapData

from .fake import OWNERS, TOWNS, study
from .hostile import hostile_study
from .test_weights import settled

pytestmark = pytest.mark.browser
OpenMap = Callable[..., Any]


def table_of(data: MapData, profile: str = "starter") -> pd.DataFrame:
    """The sites with what the profile makes of them, in the order of the map."""
    rows = data.suitability[data.suitability["profile"] == profile]
    table = data.sites.drop(columns="geometry").merge(rows, on="site_id").sort_values("site_id", kind="stable")
    return pd.DataFrame(table.assign(flags=table["unknown"].ne("") | table["failed"].str.contains("unknown:")))


def wanted(table: pd.DataFrame, filters: dict[str, Any]) -> pd.Series[bool]:
    """Which sites meet the filters, by pandas alone."""
    good = pd.Series(True, index=table.index)
    numbers = {"homes": table["homes"], "area": table["area_m2"] / 1e4, "years": table["net_years"].fillna(np.inf)}
    for key, values in numbers.items():
        low, high = filters.get(key, (None, None))
        good &= (values >= low) if low is not None else True
        good &= (values <= high) if high is not None else True
    for key in ("route", "owner", "municipality"):
        if key in filters:
            good &= table[key].isin(filters[key])
    for key, values in (("marks", table["marks"].ne("")), ("unknown", table["flags"])):
        if key in filters:
            good &= values == filters[key]
    for term in filters.get("text", "").lower().split():
        texts = [table[name].str.lower() for name in ("site_id", "candidate_id", "municipality", "owner")]
        good &= np.logical_or.reduce([text.str.contains(term, regex=False) for text in texts])
    which = filters.get("suitable", "suitable")
    return good & {"suitable": table["suitable"], "all": True, "unsuitable": ~table["suitable"]}[which]


def some_filters(rng: np.random.Generator) -> dict[str, Any]:
    """A few conditions, of every sort in turn."""
    found = {
        "homes": [int(rng.integers(0, 60)) if rng.random() < 0.7 else None, int(rng.integers(40, 151))],
        "area": [
            round(float(rng.uniform(0, 1)), 2),
            None if rng.random() < 0.5 else round(float(rng.uniform(1, 3)), 2),
        ],
        "years": [int(rng.integers(5, 20)), None if rng.random() < 0.6 else int(rng.integers(10, 29))],
        "route": rng.choice(["allowed", "check", "deviation"], 2, replace=False).tolist(),
        "owner": rng.choice(OWNERS, 3, replace=False).tolist(),
        "municipality": rng.choice(TOWNS, 2, replace=False).tolist(),
        "marks": bool(rng.random() < 0.5),
        "unknown": bool(rng.random() < 0.5),
        "suitable": str(rng.choice(["all", "unsuitable", "suitable"])),
        "text": str(rng.choice(["-p00", "NHN00-001", "schagen", "gem", "alk 0", "ALKMAAR particulier", "rijk"])),
    }
    return {name: value for name, value in found.items() if rng.random() < 0.3}


def test_filters_find_what_pandas_finds(open_map: OpenMap) -> None:
    data = study(2000)
    opened = open_map(data)
    table = table_of(data)
    rng = np.random.default_rng(4)
    tries = [some_filters(rng) for _ in range(150)]
    found = opened.js(
        """(tries) => tries.map((filters) => {
          flexsite.filter(null);
          flexsite.filter(filters);
          return [flexsite.selection().sort(), flexsite.state().sums];
        })""",
        tries,
    )
    sizes = []
    for filters, (ids, sums) in zip(tries, found, strict=True):
        rows = table[wanted(table, filters)]
        assert ids == sorted(rows["site_id"]), filters
        assert sums["sites"] == len(rows)
        assert sums["homes"] == rows["homes"].sum()
        assert sums["ha"] == pytest.approx(rows["area_m2"].sum() / 1e4)
        sizes.append(len(rows))
    assert sum(0 < size < 500 for size in sizes) > 40
    opened.quiet()


def test_every_column_sorts_and_equal_ones_stay_by_rank(open_map: OpenMap) -> None:
    data = study(900)
    opened = open_map(data)
    table = table_of(data)
    table = table[table["suitable"]].sort_values("rank")
    columns = {
        "site": table["site_id"],
        "score": table["score"],
        "homes": table["homes"],
        "area": table["area_m2"],
        "years": table["net_years"],
        "municipality": table["municipality"].str.removeprefix("'s-"),
        "owner": table["owner"].str.lower(),
        "rank": table["rank"],
    }
    columns["municipality"] = table["municipality"].map({"'s-Gravenland": "0"}).fillna(table["municipality"])
    for key, values in columns.items():
        for down in (False, True):
            for _ in range(4):
                here = opened.js("flexsite.state().sort")
                if here["key"] == key and here["down"] == down:
                    break
                opened.page.click(f"#fs-sort-{key}")
            expected = table.assign(key=values).sort_values(
                "key", ascending=not down, kind="stable", na_position="last"
            )
            assert opened.js("flexsite.selection()") == expected["site_id"].tolist(), (key, down)
            head = opened.page.locator(f"th:has(#fs-sort-{key})")
            assert head.get_attribute("aria-sort") == ("descending" if down else "ascending")
            assert opened.page.locator("th[aria-sort='ascending'], th[aria-sort='descending']").count() == 1
            assert opened.js("document.activeElement.id") in (f"fs-sort-{key}", "", "fs-body")
    opened.quiet()


def test_search_is_instant_and_knows_parcels(open_map: OpenMap) -> None:
    data = study(400)
    opened = open_map(data)
    parcel = data.sites.loc[data.sites["candidate_id"].str.contains("-p"), "candidate_id"].iloc[3]
    opened.js("flexsite.filter({suitable: 'all'})")
    opened.page.fill("#fs-search", parcel.upper())
    settled(opened)
    assert opened.page.locator(".fs-list tbody tr").count() == 1
    assert opened.js("document.activeElement.id") == "fs-search"
    assert "1 locatie" in opened.text("#fs-selection")
    opened.page.fill("#fs-search", "nowhere at all")
    settled(opened)
    assert "voldoet aan deze selectie" in opened.text("#fs-body")
    opened.page.click("#fs-clear")
    assert opened.page.input_value("#fs-search") == ""
    assert opened.page.locator(".fs-list tbody tr").count() == 50


def test_accents_and_capitals_do_not_matter(open_map: OpenMap) -> None:
    data = study(60)
    names = ["Sint Anna", "Súdwest-Fryslân", "İstanbul", "Ĳsselstein"] * 15
    opened = open_map(dataclasses.replace(data, sites=data.sites.assign(municipality=names)))
    opened.js("flexsite.filter({suitable: 'all'})")
    for text in ("sudwest", "FRYSLÂN", "ijssel", "istanbul"):
        opened.js("(text) => flexsite.filter({text})", text)
        assert len(opened.js("flexsite.selection()")) == 15, text


def test_fields_filter_by_hand(open_map: OpenMap) -> None:
    data = study(500)
    opened = open_map(data)
    table = table_of(data)
    opened.page.click(".fs-filters summary")
    opened.page.fill("#fs-homes-0", "40")
    opened.page.fill("#fs-area-1", "1,5")
    settled(opened)
    opened.page.check(".fs-boxes label:has-text('gemeente') input")
    opened.page.select_option("#fs-find-unknown", "without")
    rows = table[wanted(table, {"homes": (40, None), "area": (None, 1.5), "owner": ["gemeente"], "unknown": False})]
    assert 0 < len(rows) < 60
    assert sorted(opened.js("flexsite.selection()")) == sorted(rows["site_id"])
    told = opened.js("flexsite.state().filters")
    assert told == {"homes": [40, None], "area": [None, 1.5], "owner": ["gemeente"], "unknown": False}
    assert "4 actief" in opened.text(".fs-filters summary")
    homes = f"{rows['homes'].sum():,}".replace(",", ".")
    assert homes in opened.text("#fs-selection")
    opened.page.fill("#fs-homes-0", "veel")
    settled(opened)
    assert opened.page.get_attribute("#fs-homes-0", "aria-invalid") == "true"
    opened.page.fill("#fs-homes-0", "1.000")
    settled(opened)
    assert opened.js("flexsite.state().filters.homes") == [1000, None], "a point parts thousands in Dutch"
    opened.quiet()


def test_filtered_sites_leave_the_map(open_map: OpenMap) -> None:
    opened = open_map(study(400))
    legend = "[...document.querySelectorAll('#fs-legend li b')].map((b) => Number(b.textContent.replace('.', '')))"
    before = opened.js(legend)
    opened.js("flexsite.filter({municipality: ['Alkmaar']})")
    after = opened.js(legend)
    assert sum(after[:4]) == opened.js("flexsite.state().sums.sites")
    assert 0 < sum(after[:5]) < sum(before[:5])


def test_bars_sum_per_municipality_and_choose_one(open_map: OpenMap) -> None:
    data = study(600)
    opened = open_map(data)
    table = table_of(data)
    per = table[table["suitable"]].groupby("municipality")["homes"].sum().sort_values(ascending=False)
    found = opened.js(
        "[...document.querySelectorAll('.fs-place')].map((b) => [b.dataset.word, b.lastChild.textContent])"
    )
    assert [(name, int(text.replace(".", ""))) for name, text in found] == list(per.items())
    opened.page.focus(".fs-place:nth-child(1)")
    opened.page.keyboard.press("Enter")
    assert opened.js("flexsite.state().filters") == {"municipality": [per.index[0]]}
    assert opened.js("document.activeElement.dataset.word") == per.index[0]
    assert opened.page.locator(".fs-place").count() == len(per), "the others stay to be chosen too"
    opened.page.click(f'.fs-place:has-text("{per.index[2]}")')
    assert opened.js("flexsite.state().sums.homes") == per.iloc[0] + per.iloc[2]
    assert opened.page.locator(".fs-place[aria-pressed='true']").count() == 2


def test_the_list_by_keyboard(open_map: OpenMap) -> None:
    opened = open_map(study(400))
    ids = opened.js("flexsite.selection()")
    opened.page.focus(".fs-pick")
    for key, place in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("End", 49), ("PageDown", 50), ("Home", 50)):
        opened.page.keyboard.press(key)
        assert opened.js("document.activeElement.textContent") == ids[place], key
    opened.page.keyboard.press("PageUp")
    opened.page.keyboard.press("Enter")
    assert ids[0] in opened.text("#fs-card")
    assert opened.page.locator(".fs-list tr[aria-current='true']").count() == 1


LINKED = {
    "homes": [20, None],
    "municipality": ["'s-Gravenland", "Schagen"],
    "owner": ["gemeente", "particulier"],
    "text": "a&b=c,~%#é NHN",
    "unknown": False,
    "suitable": "all",
}


def reopened(opened: Any, link: str) -> None:
    opened.page.goto("about:blank")
    opened.page.goto(opened.file + link)
    opened.js("() => window.flexsite.ready.then(() => true)")


def link_of(opened: Any) -> str:
    """The hash, once it is written."""
    for _ in range(100):
        written, link = opened.js("[location.hash, flexsite.state().link]")
        if (written or "#") == link:
            return str(written)
        opened.page.wait_for_timeout(50)
    raise AssertionError(f"{written} is not {link}")


def test_a_link_brings_everything_back(open_map: OpenMap) -> None:
    from .test_weights import bounded_study

    opened = open_map(bounded_study(300))
    opened.file = opened.page.url
    assert link_of(opened) == ""
    length = opened.js("history.length")
    opened.js("(filters) => flexsite.filter(filters)", {**LINKED, "text": "NHN"})
    opened.js("flexsite.weights({quiet: 77, jobs: 0})")
    opened.js("flexsite.bounds({pt: [{at_most: 812.5}, {}, {}], noise: {at_most: 55, at_least: 41.25}})")
    opened.page.click("#fs-sort-homes")
    opened.page.click(".fs-language")
    opened.page.click("#fs-tab-weights")
    opened.page.check("input[value='score']")
    opened.page.click("#fs-tab-list")
    opened.page.click(".fs-pick")
    opened.page.wait_for_timeout(1200)
    opened.js("map_0.setView([52.55, 4.72], 13.5, {animate: false})")
    opened.page.click("#fs-tab-weights")
    opened.js("(text) => flexsite.filter({text})", LINKED["text"])
    link = link_of(opened)
    state, order = opened.js("[flexsite.state(), flexsite.selection()]")
    assert state["filters"] == LINKED
    assert state["weights"] == {"supermarket": 60, "quiet": 77, "jobs": 0}
    assert state["weights_changed"]
    assert state["bounds_changed"]
    assert state["bounds"]["pt"][0] == {"at_most": 812.5}
    assert state["sort"] == {"key": "homes", "down": True}
    assert state["site"]
    assert state["link"] == link
    assert opened.js("history.length") == length, "going back leaves the map"
    reopened(opened, link)
    again, same = opened.js("[flexsite.state(), flexsite.selection()]")
    assert {name: value for name, value in again.items() if value != state[name]} == {}
    assert same == order
    assert opened.js("[map_0.getZoom(), map_0.getCenter().lat.toFixed(3), map_0.getCenter().lng.toFixed(3)]") == [
        13.5,
        "52.550",
        "4.720",
    ]
    assert opened.js("document.documentElement.lang") == "en"
    assert opened.page.is_visible("#fs-card")
    assert opened.page.get_attribute("#fs-tab-weights", "aria-selected") == "true"
    assert link_of(opened) == link
    opened.quiet()


def test_another_group_in_a_link(open_map: OpenMap) -> None:
    opened = open_map(study(100))
    opened.file = opened.page.url
    opened.page.select_option("#fs-profile", "tiny_house")
    opened.js("flexsite.weights({quiet: 3})")
    link = link_of(opened)
    assert link == "#g=tiny_house&w=tiny_house:quiet:3" or link == "#w=tiny_house:quiet:3&g=tiny_house"
    reopened(opened, link)
    assert opened.js("flexsite.state().profile") == "tiny_house"
    assert opened.js("flexsite.weights()") == {"supermarket": 60, "quiet": 3}


@pytest.mark.parametrize(
    "link",
    [
        "#<img src=x onerror=window.X=1>",
        "#f=homes~x&w=starter:supermarket:101&g=nobody&t=nothing&l=xx&c=1&s=none&v=99/1.0/1.0&o=-secret&b=starter:pt:0:at_most:9",
        "#__proto__=1&constructor=2&w=__proto__:constructor:3&f=__proto__~1",
        "#w=%E0%A4%A&f=%25E0%25A4%25A",
        "#" + "a=1&" * 9000,
        "#v=NaN/Infinity/-Infinity",
        "#v=12/52.1/4.1/<script>",
    ],
    ids=["markup", "wrong values", "prototypes", "broken escapes", "very long", "no numbers", "too much"],
)
def test_a_hostile_link_is_left_out_and_said(open_map: OpenMap, link: str) -> None:
    opened = open_map(study(60))
    fresh = opened.js("flexsite.state()")
    opened.file = opened.page.url
    reopened(opened, link)
    assert "die deze kaart niet kent" in opened.text("#fs-panel [role='alert']")
    assert opened.js("flexsite.state()") == fresh
    assert opened.js(
        "window.X === undefined && ({}).constructor === Object && Object.keys(Object.prototype).length === 0"
    )
    opened.page.click("#fs-panel [role='alert'] button")
    assert opened.page.locator("#fs-panel [role='alert']").count() == 0
    opened.quiet()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_overflows_whatever_is_open(open_map: OpenMap, width: int) -> None:
    for data in (study(300), hostile_study()):
        opened = open_map(data, width=width)
        opened.page.click(".fs-filters summary")
        assert opened.js("document.documentElement.scrollWidth") <= width
        assert (
            opened.js(
                "document.getElementById('fs-panel').scrollWidth - document.getElementById('fs-panel').clientWidth"
            )
            <= 0
        )
        opened.page.click("#fs-tab-weights")
        assert opened.js("document.documentElement.scrollWidth") <= width


def test_empty_studies_can_be_filtered(open_map: OpenMap) -> None:
    empty = gpd.GeoDataFrame({"site_id": [], "candidate_id": []}, geometry=[], crs=28992)
    for change in (
        {"sites": empty, "suitability": study(3).suitability.iloc[:0]},
        {"profiles": (), "suitability": pd.DataFrame({"site_id": [], "profile": []})},
    ):
        opened = open_map(study(30, **change))
        opened.js("flexsite.filter({text: 'x', area: [1, 2], marks: true, suitable: 'all'})")
        assert opened.js("flexsite.selection()") == []
        opened.js("flexsite.filter(null)")
        for tab in ("list", "weights"):
            opened.page.click(f"#fs-tab-{tab}")
        opened.quiet()
