"""Dutch ferries by their timetable without streets, and stops without a timetable."""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

import flexsite
from flexsite.access.measures import measure
from flexsite.errors import InputError
from flexsite.layers import Layers
from flexsite.study.access import Access
from flexsite.study.layer import Layer

from .conftest import EXAMPLES, RD

sys.path.append(str(Path(__file__).resolve().parents[1]))  # the room of the oracle is beside this one

from oracle.feed import Day, read_day
from oracle.planner import Place, Planner, percentile, window
from oracle.streets import point, seconds

pytestmark = pytest.mark.shared
FERRIES = "gtfs_dutch-ferries_2018-2020_NL.zip"
DAY = dt.date(2019, 7, 9)
SPEED = 4.8 / 3.6
TO = {"texel": "Texel", "vlieland": "Vlieland", "woudrichem": "Woudrichem", "werkendam": "Werkendam"}


def study_of(folder: Path, sites: dict[str, Any], access: dict[str, Any], layers: dict[str, Any]) -> Any:
    """A study of some sites of which nothing is asked but access."""
    squares = gpd.GeoDataFrame({"id": list(sites)}, geometry=list(sites.values()), crs=RD)
    squares.to_file(folder / "sites.gpkg")
    gpd.GeoDataFrame(geometry=[shapely.box(*squares.total_bounds).buffer(1000)], crs=RD).to_file(folder / "area.gpkg")
    overrides = {
        "area": str(folder / "area.gpkg"),
        "layers": {"sites": {"path": str(folder / "sites.gpkg")}, **layers},
        "candidates": {"layer": "sites", "id": "id"},
        "access": access,
        "outputs": ["parquet"],
        **{key: [] for key in ("rules", "profiles")},
        **{key: {} for key in ("columns", "variants")},
    }
    return flexsite.load(EXAMPLES / "noord-holland" / "study.yaml", overrides)


class TestFerries:
    """Boats every hour, from quays to which one walks in a straight line."""

    @pytest.fixture(scope="class")
    def day(self, data: Path) -> Day:
        return read_day([data / FERRIES], DAY)

    @pytest.fixture(scope="class")
    def quays(self, day: Day) -> dict[str, shapely.Point]:
        served = {call.stop for vehicle in day.vehicles for call in vehicle}
        return {stop: point(day.stops[stop][1:], RD) for stop in sorted(served)}

    @pytest.fixture(scope="class")
    def ends(self, day: Day, quays: dict[str, shapely.Point]) -> dict[str, list[shapely.Point]]:
        """Destinations: the quays with a name in theirs."""
        return {key: [quays[stop] for stop in quays if name in day.stops[stop][0]] for key, name in TO.items()}

    @pytest.fixture(scope="class")
    def sites(self, day: Day, quays: dict[str, shapely.Point]) -> dict[str, shapely.Polygon]:
        """Squares of ten metres, 200 m north of quays from where a boat or two go to a destination, and of others."""
        near = {stop for stop in quays if any(name in day.stops[stop][0] for name in TO.values())}
        for _ in range(2):
            near |= {
                call.stop for vehicle in day.vehicles if near & {call.stop for call in vehicle} for call in vehicle
            }
        chosen = [where for row, (stop, where) in enumerate(quays.items()) if stop in near or row % 40 == 0]
        return {
            f"site_{row}": shapely.box(where.x + 4 * row - 5, where.y + 195, where.x + 4 * row + 5, where.y + 205)
            for row, where in enumerate(chosen)
        }

    @pytest.fixture(scope="class")
    def expected(
        self,
        day: Day,
        quays: dict[str, shapely.Point],
        sites: dict[str, shapely.Polygon],
        ends: dict[str, list[shapely.Point]],
    ) -> dict[str, dict[str, list[tuple[float, float]]]]:
        def walks(shape: Any, metres: float, least: int = 0) -> dict[str, int]:
            near = {stop: where.distance(shape) for stop, where in quays.items()}
            return {stop: max(least, seconds(away, SPEED)) for stop, away in near.items() if away <= metres}

        planner = Planner(day.vehicles, {stop: walks(where, 500, 60) for stop, where in quays.items()})
        egress = {(key, n): walks(where, 2000) for key, these in ends.items() for n, where in enumerate(these)}
        found: dict[str, dict[str, list[tuple[float, float]]]] = {}
        for site, shape in sites.items():
            on_foot = {(key, n): ends[key][n].distance(shape) for key, n in egress}
            places = {
                key: Place(egress[key], seconds(away, SPEED) if away <= 2000 else math.inf)
                for key, away in on_foot.items()
            }
            journeys = planner.journeys(walks(shape, 2000), places, window("07:00", "09:00"))
            found[site] = {
                key: [min(ways) for ways in zip(*(journeys[key, n] for n in range(len(ends[key]))), strict=True)]
                for key in TO
            }
        return found

    @pytest.fixture(scope="class")
    def result(
        self,
        data: Path,
        sites: dict[str, shapely.Polygon],
        ends: dict[str, list[shapely.Point]],
        tmp_path_factory: pytest.TempPathFactory,
    ) -> Any:
        folder = tmp_path_factory.mktemp("ferries")
        layers = {}
        for key, these in ends.items():
            gpd.GeoDataFrame(geometry=these, crs=RD).to_file(folder / f"{key}.gpkg")
            layers[key] = {"path": str(folder / f"{key}.gpkg")}
        measures = [
            {"id": f"{key}_{report}", "to": key, "mode": "transit", "report": report, "depart": ["07:00", "09:00"]}
            for key in TO
            for report in ("time", "changes", "share", "last")
        ]
        access = {"timetable": {"path": str(data / FERRIES), "date": DAY.isoformat()}, "measures": measures}
        return flexsite.run(study_of(folder, sites, access, layers))

    def test_journeys_equal_those_of_the_other_planner(self, result: Any, expected: Any) -> None:
        sites = pd.DataFrame(result.sites).set_index("site_id")
        leaves = window("07:00", "09:00")
        reached: Counter[str] = Counter()
        for site, ends in expected.items():
            for key, ways in ends.items():
                times = [way[0] for way in ways]
                possible = [leave for leave, time in zip(leaves, times, strict=True) if math.isfinite(time)]
                answers = {
                    f"{key}_time_min": percentile(times, 0.5) / 60,
                    f"{key}_changes_n": percentile([max(way[1] - 1, 0) for way in ways], 0.5),
                    f"{key}_share_v": len(possible) / len(leaves),
                    f"{key}_last_v": max(possible) / 3600 if possible else math.nan,
                }
                for column, answer in answers.items():
                    assert sites.loc[site, column] == pytest.approx(answer, nan_ok=True), (site, column)
                reached[key] += bool(possible)
        used = {way[1] for ends in expected.values() for ways in ends.values() for way in ways}
        assert min(reached.values()) >= 2 and used > {0, 1, 2}

    def test_assumptions_are_told(self, result: Any) -> None:
        said = " ".join(result.warnings)
        assert "550 trips of 269 lines only have a headway" in said and "walks to stops are straight lines" in said

    def test_a_day_after_the_feed_is_refused_with_days_that_work(self, data: Path, tmp_path: Path) -> None:
        site = {"site": shapely.box(113000, 552000, 113010, 552010)}
        quay = gpd.GeoDataFrame(geometry=[shapely.Point(113000, 552500)], crs=RD)
        quay.to_file(tmp_path / "quay.gpkg")
        access = {
            "timetable": {"path": str(data / FERRIES), "date": "2026-03-10"},
            "measures": [{"id": "quay", "to": "quay", "mode": "transit"}],
        }
        study = study_of(tmp_path, site, access, {"quay": {"path": str(tmp_path / "quay.gpkg")}})
        with pytest.raises(InputError, match=r"2026-03-10.*2018-01-01 to 2020-12-31"):
            flexsite.run(study)


class TestStopsOnly:
    """GOVI's stops of 2011: where they are, not how often anything leaves."""

    GOVI = "ov-haltes_GOVI2011_Amsterdam-Zaan-Waterland-Haarlem_NH.geojson"
    REAL = "name NOT LIKE '%Zonegrens%' AND name NOT LIKE '%ONBEKEND%'"

    def test_a_site_near_a_pseudo_stop_has_no_stop(self, data: Path, tmp_path: Path) -> None:
        stops = gpd.read_file(data / self.GOVI).to_crs(RD)
        pseudo = stops["name"].str.contains("Zonegrens|ONBEKEND")
        assert pseudo.sum() == 113
        real = shapely.MultiPoint(list(stops.geometry[~pseudo]))
        lonely = [where for where in stops.geometry[pseudo] if where.distance(real) > 600][:5]
        near = list(stops.geometry[~pseudo])[::400]
        edge = [shapely.Point(where.x + away, where.y) for where in near for away in (150, 450, 700)]
        sites = {
            f"site_{row}": shapely.box(where.x - 5, where.y - 5, where.x + 5, where.y + 5)
            for row, where in enumerate([*lonely, *edge])
        }
        layers = {
            "stops": {"path": str(data / self.GOVI), "where": self.REAL},
            "all_stops": {"path": str(data / self.GOVI)},
        }
        measures = [
            {"id": "pt", "standard": "pbl-crow", "stops": "stops", "mode": "straight"},
            {"id": "pt_all", "standard": "pbl-crow", "stops": "all_stops", "mode": "straight"},
        ]
        result = flexsite.run(study_of(tmp_path, sites, {"measures": measures}, layers))
        found = pd.DataFrame(result.sites).set_index("site_id").loc[list(sites)]
        away = np.array([shape.distance(real) for shape in sites.values()])
        within = away <= 500
        assert len(lonely) == 5 and not within[:5].any() and 5 < within.sum() < len(within) - 5
        np.testing.assert_array_equal(found["pt_level"] == "stop", within)
        assert set(found["pt_level"]) == {"stop", "0"}
        assert (found["pt_all_level"].iloc[:5] == "stop").all()  # what the filter is for
        names = set(stops["name"][~pseudo])
        for site in found.index[within]:
            distance = int(found.loc[site, "pt_why"].split(" m")[0].split()[-1])
            assert distance == pytest.approx(away[found.index.get_loc(site)], abs=1)
            assert any(name in found.loc[site, "pt_why"] for name in names)


@pytest.mark.parametrize(
    ("file", "reach"),
    [
        ("ov-haltes-bus-veer_Amsterdam_jetlag2026.geojson", {"bus": 500.0}),
        ("ov-stations-rail-metro-tram_Amsterdam_jetlag2026.geojson", {"tram": 500.0, "metro": 1000.0}),
    ],
)
def test_stops_of_amsterdam_count_by_their_mode(data: Path, file: str, reach: dict[str, float]) -> None:
    """Without a timetable, as the crow flies: ferries are among the stops, and no stop of the standard."""
    stops = gpd.read_file(data / file).to_crs(RD)
    low_x, low_y, high_x, high_y = stops.total_bounds
    x, y = np.meshgrid(np.arange(low_x, high_x, 700.0), np.arange(low_y, high_y, 700.0))
    ids = np.arange(x.size).astype(str)
    cells = gpd.GeoDataFrame({"site_id": ids}, geometry=gpd.points_from_xy(x.ravel(), y.ravel()), crs=RD)
    asked = {"measures": [{"id": "pt", "standard": "pbl-crow", "stops": "stops", "mode": "straight"}]}
    layers = Layers({"stops": Layer(path=data / file, columns={"mode": "_styleId"})}, pyproj.CRS(RD))
    found = measure(Access.model_validate(asked), layers, cells, pyproj.CRS(RD)).columns["pt_level"]
    near = np.zeros(len(cells), bool)
    for mode, metres in reach.items():
        of_mode = stops.geometry[stops["_styleId"] == mode]
        near |= np.array([of_mode.distance(spot).min() <= metres for spot in cells.geometry])
    assert found.tolist() == np.where(near, "stop", "0").tolist()
    assert 0.05 < near.mean() < 0.95
