"""Reading as far as needed: answers are those of reading everything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from flexsite.access import network
from flexsite.access.measures import AccessResult, measure
from flexsite.access.streets.model import StreetFile
from flexsite.study.access import Access

from .conftest import NAN, RD, FakeLayers, points, sites, street_file

MEASURES = [
    {"id": "walk", "to": "stops", "mode": "walk"},
    {"id": "cycle", "to": "stops", "mode": "cycle"},
    {"id": "crow", "to": "stops", "mode": "straight"},
    {"id": "n", "count": "stops", "mode": "walk", "within": 900},
    {"id": "jobs", "sum": "jobs", "of": "stops", "mode": "cycle", "within": 900},
    {"id": "near", "sum": "jobs", "of": "stops", "mode": "straight", "within": 700},
    {"id": "drive", "to": "stops", "mode": "drive"},
]


def town(seed: int) -> StreetFile:
    """A grid of bent streets with one-ways, gaps, and separate pieces."""
    random = np.random.default_rng(seed)
    node = {(x, y): np.array([x, y]) * 200 + random.uniform(-60, 60, 2) for x in range(30) for y in range(8)}
    edges = []
    for (x, y), begin in node.items():
        for step in ((1, 0), (0, 1)):
            end = node.get((x + step[0], y + step[1]))
            if (
                end is None or random.random() < 0.35 or (step == (1, 0) and x == 14 and y < 7)
            ):  # two halves, joined in the north
                continue
            middle = (begin + end) / 2 + random.uniform(-30, 30, 2)
            edges.append(
                (
                    [tuple(begin), tuple(middle), tuple(end)],
                    random.choice(["wfbdr", "wfbdr", "wfd", "wbr", "w", "fb", "dr"]),
                )
            )
    return street_file(edges)


def answer(
    monkeypatch: pytest.MonkeyPatch, file: StreetFile, layers: FakeLayers, where: object, **access: object
) -> AccessResult:
    monkeypatch.setattr(network, "open_streets", lambda source, cache: file)
    study = Access.model_validate({"streets": "streets.osm", "measures": MEASURES, **access})
    return measure(study, layers, where, RD)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(8))
def test_a_small_margin_gives_the_same_bytes_as_everything(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(100 + seed)
    corner = random.uniform((0, 0), (5700, 1400), (40, 2))
    where = sites(
        *(
            shapely.box(x, y, x + w, y + h)
            for (x, y), (w, h) in zip(corner, random.uniform(5, 90, (40, 2)), strict=True)
        )
    )
    east = random.uniform((4600, 0), (5700, 1400), (12, 2))  # places in one corner, so most sites are far from all
    areas = [shapely.Point(x, y).buffer(random.choice([0.001, 30, 150])) for x, y in east]
    places = points(*east, jobs=random.uniform(0, 100, 12)).set_geometry(areas, crs=RD)
    river = points((0, 0)).set_geometry([shapely.LineString(random.uniform((0, 0), (5700, 1400), (6, 2)))], crs=RD)
    layers = FakeLayers(stops=places, river=river)
    file = town(seed)
    everything = answer(monkeypatch, file, layers, where, margin=1e7, barriers=["river"])
    assert layers.asked
    assert everything.columns.notna().any().all()
    assert everything.columns["walk_m"].isna().any()
    for margin in (1, 150, 2000):
        few = answer(monkeypatch, file, layers, where, margin=margin, barriers=["river"])
        pd.testing.assert_frame_equal(few.columns, everything.columns, check_exact=True)
    alone = where.iloc[[7]].reset_index(drop=True)
    found = answer(monkeypatch, file, layers, alone, margin=150, barriers=["river"])
    pd.testing.assert_frame_equal(found.columns, everything.columns.iloc[[7]].reset_index(drop=True), check_exact=True)


def test_little_is_read_when_the_answer_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = FakeLayers(stops=points((50, 0), (90_000, 0), jobs=[1, 2]))
    file = street_file([([(x, 0), (x + 100, 0)],) for x in range(0, 100_000, 100)])
    answer(monkeypatch, file, layers, sites((10, 5, 20, 15)), margin=500)
    assert all(bounds is not None and bounds[2] < 2000 for bounds in layers.asked)


def test_a_closed_pocket_is_empty_without_reading_the_country(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = []
    whole = StreetFile.window

    def spy(file: StreetFile, *arguments: object) -> object:
        windows.append(arguments[-1])
        return whole(file, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(StreetFile, "window", spy)
    pocket = [([(0, 0), (100, 0)],), ([(100, 0), (100, 100)],)]
    file = street_file([*pocket, *(([(x, 500), (x + 100, 500)],) for x in range(-100_000, 100_000, 100))])
    layers = FakeLayers(stops=points((50_000, 500), jobs=[1]))
    found = answer(monkeypatch, file, layers, sites((10, 5, 20, 15)), margin=300, measures=MEASURES[:1])
    assert np.isnan(found.columns["walk_m"]).all()
    assert all(window[2] < 5000 for window in windows)


def test_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    file = street_file([([(0, 0), (1000, 0)], "wfr"), ([(1000, 0), (1000, 300)], "wfb"), ([(3000, 0), (3100, 0)],)])
    layers = FakeLayers(stops=points((1010, 200), (400, 0), (3050, 0), jobs=[5, 7, 11]))
    where = sites(
        (100, 10, 120, 20),
        (390, -5, 410, 5),
        (3000, 10, 3010, 20),
        (5000, 5000, 5010, 5010),
        shapely.Polygon([(700, 30), (705, 40), (695, 40)]),
    )
    found = answer(monkeypatch, file, layers, where).columns
    assert found["walk_m"].tolist()[1] == 0
    assert found["walk_m"][[0, 2, 4]].tolist() == pytest.approx([10 + 280, 10 + 40, 30 + 300], abs=1e-6)
    assert np.isnan(found["walk_m"][3])
    assert found["cycle_m"][4] == pytest.approx(30 + 300 + 200 + 10)  # one-way towards the east
    np.testing.assert_allclose(found["drive_m"], [NAN, 0, NAN, NAN, 30 + 300])  # one-way towards the west
    assert found["crow_m"].tolist()[1] == 0
    np.testing.assert_array_equal(found["n_n"], [1, 2, 1, NAN, 2])
    np.testing.assert_array_equal(found["jobs_n"], [7, 12, 11, NAN, 5])
    np.testing.assert_array_equal(found["near_n"], [7, 12, 11, 0, 12])


def test_no_access_and_the_table_of_entrances(monkeypatch: pytest.MonkeyPatch) -> None:
    file = street_file([([(0, 0), (1000, 0)], "wf"), ([(0, 500), (1000, 500)], "fb")])
    where = sites((100, 10, 110, 20), (100, 510, 110, 520))
    found = answer(monkeypatch, file, FakeLayers(stops=points((0, 0), (10, 300), jobs=[1, 1])), where)
    assert found.no_access.tolist() == [False, True]
    walk = found.entrances[found.entrances["mode"] == "walk"]
    assert walk["site_id"].tolist() == ["s0"]
    assert walk["leg_m"].tolist() == [10]
    assert set(found.entrances["mode"]) == {"walk", "cycle"}, "of cars there are no streets"
    assert found.info["sites_without_entrance"] == 1
    assert any("1 of 2 sites" in text for text in found.warnings)
    assert any("1 of 2 places" in text for text in found.warnings)


def test_a_place_inside_is_0_even_without_streets_near(monkeypatch: pytest.MonkeyPatch) -> None:
    file = street_file([([(0, 0), (1000, 0)],)])
    where = sites((100, 5000, 150, 5050), (200, 5000, 250, 5050))
    found = answer(monkeypatch, file, FakeLayers(stops=points((150, 5025), jobs=[3])), where).columns  # on the boundary
    np.testing.assert_array_equal(found["walk_m"], [0, NAN])
    np.testing.assert_array_equal(found["n_n"], [1, NAN])
    np.testing.assert_array_equal(found["jobs_n"], [3, NAN])


def test_no_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answer(monkeypatch, town(0), FakeLayers(stops=points((0, 0), jobs=[1])), sites().set_crs(RD))
    assert list(found.columns) == ["walk_m", "cycle_m", "crow_m", "n_n", "jobs_n", "near_n", "drive_m"]
    assert len(found.columns) == len(found.no_access) == len(found.entrances) == 0


def test_no_streets_near_the_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answer(monkeypatch, town(0), FakeLayers(stops=points((0, 0), jobs=[1])), sites((90_000, 0, 90_010, 10)))
    assert found.no_access.all()
    assert np.isnan(found.columns["walk_m"]).all()
    assert found.columns["crow_m"][0] == 90_000


def test_sites_keep_their_index(monkeypatch: pytest.MonkeyPatch) -> None:
    where = sites((100, 10, 110, 20), (200, 10, 210, 20)).set_index(pd.Index([7, 3]))
    found = answer(monkeypatch, town(0), FakeLayers(stops=points((0, 0), jobs=[1])), where)
    assert found.columns.index.tolist() == [7, 3]


def test_missing_numbers_count_as_0_and_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = FakeLayers(stops=points((100, 0), (150, 0), jobs=[4, None]))
    found = answer(monkeypatch, street_file([([(0, 0), (1000, 0)],)]), layers, sites((100, 10, 110, 20)))
    assert found.columns["jobs_n"].tolist() == [4]
    assert any("jobs" in text and "1 place" in text for text in found.warnings)


def test_speeds_have_a_source() -> None:
    import yaml

    speeds = yaml.safe_load((Path(network.__file__).parent / "speeds.yaml").read_text(encoding="utf-8"))
    assert {mode: entry["km_per_hour"] for mode, entry in speeds.items()} == {"walk": 4.8, "cycle": 15}
    assert all({"source", "date", "certainty"} <= set(entry) for entry in speeds.values())
