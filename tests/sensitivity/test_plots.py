"""Figures: sealed, the same bytes, text that stays text, and bars as long as their numbers."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import pandas as pd
import pytest

import flexsite
from flexsite.outputs import plots
from flexsite.outputs.canvas import drawing, number, shown
from flexsite.outputs.result import Result
from tests.outputs.helpers import run, world

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("1")</script> & $x^2$ --> id="a" {} %s'
NEAR, DENSITY = "profiles.tester.requires.near.at_most", "profiles.tester.unit.homes_per_ha"
SWEEPS: dict[str, Any] = {
    "near": {"key": NEAR, "values": [50, 250, 700], "label": {"nl": "Afstand", "en": "Distance"}},
    "both": {"keys": {NEAR: [50, 250, 700], DENSITY: [20, 40]}},
    "words": {"key": "strictness", "values": ["very_hard", "soft"]},
    "flags": {"key": "term", "values": [10]},
}

SMALL: dict[str, Any] = {"sweep": {"near": SWEEPS["near"]}, "sensitivity": {}}


def asked(folder: Path, profile: dict[str, Any] | None = None, **keys: Any) -> Path:
    tester: dict[str, Any] = {
        "id": "tester",
        "label": HOSTILE,
        "requires": {"near": {"measure": "stop", "at_most": 400, "certainty": "assumption"}},
        "criteria": {
            "stop": {"measure": "stop", "best": 0, "worst": 700, "weight": 30},
            "size": {"column": "area_m2", "best": 10_000, "worst": 0, "weight": 30},
        },
        "unit": {"homes_per_ha": 40, "certainty": "assumption"},
    }
    changes = {"rules": [{"id": "reserve", "exclude": "nature", "label": "_" + HOSTILE}]}
    written = {
        "profiles": [tester | (profile or {})],
        "sweep": SWEEPS,
        "sensitivity": {"weights": {"draws": 20}, "tornado": {"keys": ["term"]}},
    }
    return world(folder, changes, **written | keys)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run(asked(tmp_path_factory.mktemp("plots")))


@pytest.fixture(scope="module")
def made(result: Result) -> dict[str, str]:
    return plots.figures(result)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own


def texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in parsed(svg).iter(f"{SVG}text")]


def widths(svg: str, colour: str) -> list[float]:
    """Widths of the bars of a colour, from the first drawn to the last."""
    found = []
    for path in parsed(svg).iter(f"{SVG}path"):
        if path.get("fill", "").lower() == colour.lower() and path.get("clip-path"):
            xs = [float(x) for x in re.findall(r"[ML] (-?[\d.]+) ", path.get("d", ""))]
            found.append(max(xs) - min(xs))
    return found


def test_every_table_has_its_figures(result: Result, made: dict[str, str]) -> None:
    assert {"waterfall", "waterfall_tester", "sweep_near", "sweep_both", "sweep_words", "sweep_flags", "tornado_tester",
            "ranks_tester"} <= set(made)  # fmt: skip
    bare = replace(result, tables={})
    assert set(plots.figures(bare)) == {"waterfall", "waterfall_tester"}


def test_a_figure_is_sealed(made: dict[str, str]) -> None:
    for name, svg in made.items():
        root = parsed(svg)
        assert root.tag == f"{SVG}svg" and root.get("role") == "img", name
        assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
            "svg", "title", "g", "path", "text", "tspan", "use", "defs", "clipPath", "rect", "image",
        } - {"image"}, name  # fmt: skip
        for one in root.iter():
            assert "style" not in one.attrib and not [key for key in one.attrib if key.startswith("on")], name
            for key, value in one.attrib.items():
                assert "href" not in key or value.startswith("#"), name
                assert "http" not in value, name
        assert svg.startswith("<svg") and "<!" not in svg


def test_figures_can_stand_on_one_page(made: dict[str, str]) -> None:
    """No id twice, and everything that is pointed at is there, in the same figure."""
    ids: list[str] = []
    for svg in made.values():
        mine = re.findall(r' id="([^"]*)"', re.sub(r">[^<]*<", "><", svg))
        pointed = re.findall(r'(?:href="|url\()#([^")]*)', re.sub(r">[^<]*<", "><", svg))
        assert set(pointed) <= set(mine)
        ids += mine
    assert len(ids) == len(set(ids)) > 100


def test_hostile_text_is_shown_as_it_is(made: dict[str, str]) -> None:
    short = shown(HOSTILE)
    for name in ("waterfall_tester", "tornado_tester", "ranks_tester"):
        assert "<script" not in made[name]
        assert any(shown(HOSTILE, 30)[:-1] in text for text in texts(made[name])), name
    assert shown("_" + HOSTILE, 56) in texts(made["waterfall"])
    assert short in texts(made["sweep_near"]), "in the legend"


def test_what_begins_with_an_underscore_keeps_its_place_in_the_legend(tmp_path: Path) -> None:
    svg = plots.sweep(run(asked(tmp_path, {"label": "_private"}, **SMALL)), "near")
    assert any(text.strip("\N{HAIR SPACE}") == "_private" for text in texts(svg))


@pytest.mark.parametrize(
    "label", ["\x00\x07bell", "日本語 😀", "שלום", "a" * 10_000, "\ud83d", " ", "two\nlines", "&amp;"]
)
def test_labels_of_any_kind_can_be_drawn(label: str) -> None:
    svg = plots.bars("any", label, [label, "b"], [1.0, 2.0], label, "en")
    assert len(parsed(svg)) and len(svg) < 30_000
    assert shown(label, 56) in [text.strip() for text in texts(svg)] or not label.strip("\ud83d ")


def test_another_process_with_other_settings_writes_the_same_bytes_and_asks_for_no_screen() -> None:
    code = (
        "import sys, flexsite.outputs.plots, flexsite.pipeline; early = 'matplotlib' in sys.modules\n"
        "import matplotlib\n"
        "matplotlib.rcParams.update({'font.size': 20, 'svg.hashsalt': None, 'axes.grid': True})\n"
        "from flexsite.outputs.plots import bars\n"
        "sys.stdout.buffer.write(bars('x', 'T', ['a', 'b'], [1.5, 3.0], 'ha', 'nl').encode())\n"
        "print(early, 'matplotlib.pyplot' in sys.modules, 'tkinter' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.decode() == plots.bars("x", "T", ["a", "b"], [1.5, 3.0], "ha", "nl")
    assert done.stderr.split() == [b"False"] * 3


def test_the_same_result_gives_the_same_bytes(result: Result, made: dict[str, str]) -> None:
    assert plots.tornado(result, "tester") == made["tornado_tester"]
    assert plots.sweep(result, "both") == made["sweep_both"]


def test_the_settings_of_others_stay(result: Result) -> None:
    with matplotlib.rc_context({"font.size": 33}):
        plots.waterfall(result)
        assert matplotlib.rcParams["font.size"] == 33


def test_bars_are_as_long_as_their_numbers() -> None:
    svg = plots.bars("x", "T", ["a", "b", "c"], [10.0, 20.0, 0.0], "ha", "en")
    first, second, third = widths(svg, "#0072B2")
    assert second == pytest.approx(2 * first, rel=1e-3) and third == 0


def test_a_waterfall_shows_what_is_left_and_what_went(result: Result, made: dict[str, str]) -> None:
    rows = result.waterfall.query("profile == ''")
    left, removed = widths(made["waterfall"], "#0072B2"), widths(made["waterfall"], "#B8B8B8")
    scale = left[0] / rows["area_ha"].iloc[0]
    # The legend has a patch of either colour too, without a clip.
    assert left == pytest.approx([scale * value for value in rows["area_ha"]], abs=0.01)
    assert removed == pytest.approx([scale * value for value in rows["removed_ha"]], abs=0.01)


def test_a_tornado_shows_the_swing(result: Result, made: dict[str, str]) -> None:
    rows = result.tables["tornado"].query("swing > 0")
    assert len(rows) == 2
    low, high = widths(made["tornado_tester"], "#0072B2"), widths(made["tornado_tester"], "#E69F00")
    per_home = max(low) / (rows["homes_base"] - rows["homes_low"]).abs().max()
    assert low == pytest.approx(list(per_home * (rows["homes_base"] - rows["homes_low"]).abs()), abs=0.01)
    assert high == pytest.approx(list(per_home * (rows["homes_high"] - rows["homes_base"]).abs()), abs=0.01)
    assert any("Weights of criteria" in text for text in texts(made["tornado_tester"]))
    assert any(text.startswith("does not change: Term") for text in texts(made["tornado_tester"]))


def test_a_heat_map_shows_every_number_at_its_place(result: Result, made: dict[str, str]) -> None:
    """The first parameter goes to the right, the second upwards."""
    rows = result.tables["sweep"].query("sweep == 'both'").reset_index(drop=True)
    cells = [one for one in parsed(made["sweep_both"]).iter(f"{SVG}text") if one.get("font-size") == "7px"]
    places = {(float(one.get("x", 0)), -float(one.get("y", 0))): one.text for one in cells}
    across, up = (sorted({place[axis] for place in places}) for axis in (0, 1))
    assert (len(across), len(up), len(places)) == (3, 2, 6) and rows["homes"].nunique() > 4
    for near, density, homes in zip(rows["value"], rows["value2"], rows["homes"], strict=True):
        place = across[[50, 250, 700].index(near)], up[[20, 40].index(density)]
        assert places[place] == number(homes, "en")


def test_both_languages(tmp_path: Path) -> None:
    english, dutch = (run(asked(tmp_path, language=language, **SMALL)) for language in ("en", "nl"))
    assert "homes" in texts(plots.sweep(english, "near")) and "woningen" in texts(plots.sweep(dutch, "near"))
    assert "Afstand: woningen" in texts(plots.sweep(dutch, "near"))
    assert (number(1234.5, "nl"), number(1234.5, "en")) == ("1.234,5", "1,234.5")
    assert set(texts(plots.waterfall(dutch))) & {"over", "valt af"} == {"over", "valt af"}


def test_another_column_of_a_sweep(result: Result) -> None:
    assert "hectares" in texts(plots.sweep(result, "near", "area_ha"))
    assert "sites" in texts(plots.sweep(result, "near", "sites"))
    plots.sweep(result, "near", "floor_area_m2")  # a unit without floor area has none


def test_nothing_suitable_can_be_drawn(tmp_path: Path) -> None:
    empty = run(asked(tmp_path, {"homes": {"min": 10_000}}))
    assert len(texts(plots.tornado(empty, "tester"))) and len(texts(plots.sweep(empty, "both")))
    assert not len(empty.tables["weights"])


def test_owners_and_windows(result: Result) -> None:
    owners = pd.DataFrame({"profile": ["", "", "tester"], "owner_class": ["municipality", "other", "other"],
                           "area_ha": [1.0, 3.0, 9.0]})  # fmt: skip
    windows = pd.DataFrame({"profile": ["", ""], "term": [5.0, 10.0], "area_ha": [2.0, 1.0]})
    found = plots.figures(replace(result, tables={"owners": owners, "windows": windows}))
    assert "Municipality" in texts(found["owners"])
    first, second = widths(found["owners"], "#0072B2")
    assert second == pytest.approx(3 * first, rel=1e-3)
    assert "5 years or longer" in texts(found["windows"])


def test_a_drawing_left_by_an_error_has_no_svg() -> None:
    with pytest.raises(ZeroDivisionError), drawing("x", "T", 1) as broken:
        _ = 1 / 0
    assert broken.svg == ""


def test_the_public_sees_no_rule_that_is_private(tmp_path: Path) -> None:
    path = world(tmp_path, {"layers.plans": {"path": "plans.fgb", "private": True}}, audience="public", columns={})
    svg = plots.waterfall(flexsite.run(flexsite.load(path)))
    assert not [text for text in texts(svg) if text == "planned" or "plans" in text]
    assert "Planned (confidential)" in texts(svg)
