"""Small maps: geometries in pixels, cut to the window and no longer than a page can bear."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import shapely

from flexsite.outputs.report import facts_in
from flexsite.outputs.report import overview as drawn_area
from flexsite.outputs.report.overview import overview
from flexsite.outputs.report.site_map import SiteMaps
from flexsite.outputs.report.tracing import MOST_POINTS, Frame, path, scale_bar


def shapes(*geometries: shapely.Geometry) -> np.ndarray:
    return np.array(geometries, dtype=object)


def test_a_square_in_pixels() -> None:
    """100 m to 50 pixels; north is up."""
    frame = Frame(1000, 2000, 0.5, 200, 100)
    assert path(shapes(shapely.box(1020, 1900, 1060, 1980)), frame, class_="a") in {
        f'<path d="{d}" class="a"></path>'
        for d in ("M10 50L30 50L30 10L10 10Z", "M30 50L30 10L10 10L10 50Z", "M30 10L10 10L10 50L30 50Z",
                  "M10 10L10 50L30 50L30 10Z", "M10 50L10 10L30 10L30 50Z", "M30 50L10 50L10 10L30 10Z",
                  "M30 10L30 50L10 50L10 10Z", "M10 10L30 10L30 50L10 50Z")
    }  # fmt: skip


def test_what_lies_outside_is_left_out_and_what_crosses_is_cut() -> None:
    frame = Frame(0, 100, 1, 100, 100)
    assert path(shapes(shapely.box(500, 500, 600, 600)), frame) == ""
    numbers = [float(one) for one in re.findall(r"-?[\d.]+", path(shapes(shapely.box(-5000, 20, 5000, 60)), frame))]
    assert min(numbers) >= -6 and max(numbers) <= 106


def test_holes_stay_open() -> None:
    """Rings turn against each other, so that what is inside is not filled."""
    frame = Frame(0, 100, 1, 100, 100)
    holed = shapely.Polygon(shapely.box(10, 10, 90, 90).exterior, [shapely.box(30, 30, 60, 60).exterior])
    for one in (holed, shapely.reverse(holed)):
        rings = re.findall(r"M([^Z]+)Z", path(shapes(one), frame))
        areas = []
        for ring in rings:
            points = np.array([[float(x) for x in pair.split()] for pair in ring.split("L")])
            x, y = points.T
            areas.append(0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
        assert sorted(map(abs, areas)) == [900, 6400] and areas[0] * areas[1] < 0


@pytest.mark.parametrize("points", [5_000, 60_000])
def test_a_path_is_bounded_however_fine_the_border(points: int) -> None:
    turns = np.linspace(0, 2 * np.pi, points)
    ragged = 4000 + 300 * np.sin(turns * points / 7)
    star = shapely.Polygon(np.stack([ragged * np.cos(turns), ragged * np.sin(turns)], axis=1))
    drawn = path(shapes(star), Frame.around(star.bounds, 300, 200, 100))
    assert 0 < drawn.count("L") <= 2 * MOST_POINTS


def test_lines_and_broken_polygons_are_drawn() -> None:
    frame = Frame(0, 100, 1, 100, 100)
    assert path(shapes(shapely.LineString([(0, 0), (50, 50)])), frame) == '<path d="M0 100L50 50"></path>'
    bow = shapely.Polygon([(10, 10), (90, 90), (90, 10), (10, 90)])
    assert path(shapes(bow), frame).count("M") == 2


@pytest.mark.parametrize(("metres", "told"), [(300, "100 m"), (1_000, "200 m"), (9_000, "2 km"), (170_000, "50 km")])
def test_the_scale_has_a_round_length_below_a_third(metres: float, told: str) -> None:
    bar = scale_bar(Frame(0, 0, 210 / metres, 210, 150))
    [length] = re.findall(r"H([\d.]+)", bar)
    assert told in bar and float(length) - 8 <= 70


def test_a_site_in_its_surroundings(english: Path) -> None:
    facts = facts_in(english)
    drawn = SiteMaps(facts).draw("K2")
    kinds = re.findall(r'<path d="[^"]+" class="(\w+)"', drawn)
    assert kinds == ["area", "taken", "other", "border", "site", "scale"]
    assert len(drawn) < 6000


def test_the_whole_area_with_the_names_of_towns(english: Path) -> None:
    """K2 suits both groups, the others one."""
    drawn = overview(facts_in(english))
    assert re.findall(r'class="town">(\w+)<', drawn) == ["West", "Oost"]
    assert re.findall(r'<path d="[^"]+" class="(serves-\d)"', drawn) == ["serves-1", "serves-2"]


@pytest.mark.parametrize(
    ("groups", "classes", "told"),
    [
        (1, {0: 0, 1: 1}, "1 of the 1"),
        (3, {0: 0, 1: 1, 2: 2, 3: 3}, "2 of the 3"),
        (9, {0: 0, 1: 1, 3: 1, 4: 2, 6: 2, 7: 3, 9: 3}, "4 to 6 of the 9"),
        (4, {1: 1, 2: 2, 3: 3, 4: 3}, "3 to 4 of the 4"),
    ],
)
def test_shades_are_thirds_of_the_groups(
    groups: int, classes: dict[int, int], told: str, english: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A map of what suits any group at all would say that everything is possible."""
    import pandas as pd

    facts = facts_in(english)
    ids = [f"g{number}" for number in range(groups)]
    monkeypatch.setattr(drawn_area, "_groups", lambda _: ids)
    for count, expected in classes.items():
        rows = {name: pd.DataFrame({"site_id": ["K1"], "suitable": [place < count]}) for place, name in enumerate(ids)}
        monkeypatch.setattr(type(facts), "judged", lambda _, name, rows=rows: rows[name])
        assert drawn_area._classes(facts).tolist() == [expected, 0, 0, 0], count
    assert told in " ".join(text.replace("<bdi>", "").replace("</bdi>", "") for _, text in drawn_area._legend(facts))


def test_many_small_sites_become_dots_one_for_each_place(english: Path) -> None:
    """Ten thousand sites of 10 m in an area of 100 km are a few hundred dots at most."""
    import dataclasses

    import geopandas as gpd

    facts = facts_in(english)
    side = np.arange(100) * 1000.0
    x, y = (one.ravel() for one in np.meshgrid(side, side))
    sites = gpd.GeoDataFrame(
        {"site_id": [f"S{k}" for k in range(10_000)], "area_m2": 100.0},
        geometry=shapely.box(x, y, x + 10, y + 10), crs=28992,
    )  # fmt: skip
    result = dataclasses.replace(facts.result, sites=sites)
    few = dataclasses.replace(facts, result=result, borders=facts.borders.iloc[:0])
    drawn = overview(few)
    assert drawn.count("h0") == 10_000 and len(drawn) < 120_000
    west = dataclasses.replace(few, result=dataclasses.replace(result, sites=sites.assign(
        geometry=shapely.box(x / 50, y / 50, x / 50 + 10, y / 50 + 10)).head(9999)))  # fmt: skip
    assert len(overview(west)) < 250_000
