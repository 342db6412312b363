"""Porto Alegre by bus and train: a second planner against figures of r5r, and the product against that planner."""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

import flexsite

from .conftest import EXAMPLES

sys.path.append(str(Path(__file__).resolve().parents[1]))  # the room of the oracle is beside this one

from oracle import record
from oracle.planner import percentile, window
from oracle.town import PortoAlegre, Way

pytestmark = pytest.mark.shared
STUDY = EXAMPLES / "porto-alegre" / "study.yaml"
DEPART = ["14:00", "14:30"]
R5 = Way(speed=3.6, walk=1800, change_walk=500, change_time=0, board_wait=60, rides=3)
"""How r5r travels: see the table of its figures."""


@pytest.fixture(scope="module")
def town(data: Path) -> PortoAlegre:
    return PortoAlegre(data)


def recorded(name: str) -> list[dict[str, str]]:
    with (record.RECORDED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def published(figure: str) -> list[dict[str, str]]:
    rows = [row for row in recorded("r5r_porto_alegre.csv") if row["figure"] == figure]
    assert rows
    return rows


def whole_minutes(times: list[float]) -> float:
    """r5r's median: the lower middle one, in whole minutes, rounded down."""
    return sorted(times)[(len(times) - 1) // 2] // 60


EXPLAINED = {"metropolitan_cathedral", "farroupilha_park"}
"""Over three minutes nearer to the market than r5r prints; with r5r's settings the planner is within a minute."""


class TestAgainstR5:
    """The planner of the tests, travelling as r5r does, finds what r5r prints."""

    @pytest.fixture(scope="class")
    def from_market(self, town: PortoAlegre) -> dict[Any, list[float]]:
        egress = {key: town.legs(key, R5) for key in town.points}
        found = town.matrix("public_market", egress, window("14:00", "14:09"), R5)
        return {key: [way[0] for way in ways] for key, ways in found.items()}

    def test_medians_from_the_market(self, from_market: dict[Any, list[float]]) -> None:
        rows = published("median of 14:00 to 14:09")
        assert len(rows) == 9
        for row in rows:
            assert abs(whole_minutes(from_market[row["to"]]) - float(row["value"])) <= 1, row

    def test_minute_by_minute(self, from_market: dict[Any, list[float]]) -> None:
        apart = []
        for row in published("one departure"):
            minute = int(row["depart"][3:])
            apart.append(abs(from_market[row["to"]][minute] / 60 - float(row["value"])))
        # At 14:08 one is at the stop exactly a minute before bus 493 leaves: r5r lets it go, and is 1.7 minutes later.
        assert sorted(apart)[-2] < 0.75 and max(apart) < 2

    def test_hexagons(self, town: PortoAlegre) -> None:
        rows = published("median of 14:00 to 14:59")
        assert {row["from"] for row in rows} == {"89a901291abffff"}
        egress = {row["to"]: town.legs(row["to"], R5) for row in rows}
        found = town.matrix("89a901291abffff", egress, window("14:00", "14:59"), R5)
        for row in rows:
            assert whole_minutes([way[0] for way in found[row["to"]]]) == float(row["value"]), row

    def test_schools_and_healthcare_within_20_minutes(self, town: PortoAlegre) -> None:
        short = replace(R5, longest=21 * 60)
        rows = [row for row in recorded("r5r_porto_alegre.csv") if "20" in row["figure"]]
        wanted = [key for key in town.hexagons if key in town.reached and held(town, key)]
        egress = {key: town.legs(key, short) for key in wanted}
        assert len(rows) == 18 and len(wanted) > 250
        apart = {}
        for origin in {row["from"] for row in rows}:
            found = town.matrix(origin, egress, window("14:00", "14:59"), short)
            minutes = {str(key): whole_minutes([way[0] for way in ways]) for key, ways in found.items()}
            for row in rows:
                if row["from"] == origin:
                    limit = 19 if "less than" in row["figure"] else 20
                    what = row["figure"].split()[0]
                    there = sum(int(town.hexagons[key][what] or 0) for key in wanted if minutes[key] <= limit)
                    apart[origin, what] = there - int(row["value"])
        # the one school too many lies 20.3 minutes away, at the end of a walk from 41 m beside the street
        assert {key: number for key, number in apart.items() if number} == {("89a9012124fffff", "schools"): 1}


def held(town: PortoAlegre, key: str) -> int:
    """Schools and healthcare in a hexagon."""
    return sum(int(town.hexagons[key][what] or 0) for what in ("schools", "healthcare"))


class TestRecorded:
    """What is written down is what the planner finds."""

    def test_a_row_of_the_matrix(self, town: PortoAlegre) -> None:
        origin = "pucrs"
        rows = [row for row in recorded("porto_alegre_matrix.csv") if row["from"] == origin]
        found = [[str(value) for value in row] for row in record.matrix_row(town, origin)]
        assert [list(row.values()) for row in rows] == found

    def test_schools_around_a_hexagon(self, town: PortoAlegre) -> None:
        origin, way = town.sample[7], Way(longest=1800)
        row = next(row for row in recorded("porto_alegre_sums.csv") if row["hexagon"] == origin)
        schools = [key for key in town.hexagons if int(town.hexagons[key]["schools"] or 0) and key in town.reached]
        found = record.sums(town, {key: town.legs(key, way) for key in schools}, origin, ["schools"], way)
        assert found[0] == int(row["schools_30"]) > 0


def calls_of(timetable: Any) -> Counter[Any]:
    """Vehicles of the product's timetable as the oracle has them."""
    vehicles: dict[int, list[Any]] = defaultdict(list)
    order = sorted(range(len(timetable)), key=lambda trip: int(timetable.depart[timetable.first[trip]]))
    for trip in order:
        for k in range(timetable.first[trip], timetable.first[trip + 1]):
            call = (timetable.arrive[k], timetable.depart[k], timetable.board[k], timetable.alight[k])
            vehicles[timetable.trip_run[trip]].append((timetable.stops.id[timetable.stop[k]], *map(int, call)))
    return Counter(map(tuple, vehicles.values()))


def test_every_vehicle_of_the_day_is_read_with_all_its_calls(data: Path, town: PortoAlegre) -> None:
    from flexsite.access.timetable.reading import read_timetable

    feeds = [data / name for name in PortoAlegre.FEEDS]
    timetable = read_timetable(feeds, PortoAlegre.DAY, pyproj.CRS(PortoAlegre.CRS))
    assert not timetable.warnings

    def id_of(stop: str) -> str:  # the oracle numbers feeds from 0
        number, rest = stop.split(":", 1)
        return f"{int(number) + 1}:{rest}"

    expected = Counter(
        tuple((id_of(call.stop), call.arrive, call.depart, int(call.board), int(call.alight)) for call in vehicle)
        for vehicle in town.day.vehicles
    )
    found = calls_of(timetable)
    assert sum(found.values()) > 3000 and found == expected


class TestStudy:
    """The product on sites of a square metre, at the points of interest and at a sample of the hexagons."""

    @pytest.fixture(scope="class")
    def result(self, data: Path, town: PortoAlegre, tmp_path_factory: pytest.TempPathFactory) -> flexsite.Result:
        folder = tmp_path_factory.mktemp("porto_alegre")
        squares = gpd.GeoDataFrame({"id": list(town.sites)}, geometry=list(town.sites.values()), crs=PortoAlegre.CRS)
        squares.to_file(folder / "squares.gpkg", layer="squares")
        area = gpd.GeoDataFrame(geometry=[shapely.box(*squares.total_bounds).buffer(1000)], crs=PortoAlegre.CRS)
        area.to_file(folder / "area.gpkg")
        points = data / "PortoAlegre_poa_points_of_interest.csv"
        layers = {
            f"layers.at_{key}": {"path": str(points), "crs": "EPSG:4326", "where": f"id = '{key}'"}
            for key in town.points
        }
        common = {"mode": "transit", "depart": DEPART}
        measures: list[dict[str, Any]] = []
        for key in town.points:
            measures += [
                {"id": f"median_{key}", "to": f"at_{key}", **common},
                {"id": f"p85_{key}", "to": f"at_{key}", "statistic": "p85", **common},
                {"id": f"changes_{key}", "to": f"at_{key}", "report": "changes", **common},
                {"id": f"share_{key}", "to": f"at_{key}", "report": "share", **common},
            ]
        measures += [
            {"id": f"{what}_{minutes}", "sum": what, "of": "hexagons", "within": minutes, **common}
            for what in record.OPPORTUNITIES
            for minutes in record.MINUTES
        ]
        study = flexsite.load(
            STUDY,
            {
                **layers,
                "layers.squares": {"path": str(folder / "squares.gpkg")},
                "area": str(folder / "area.gpkg"),
                "candidates": {"layer": "squares", "id": "id"},
                "access.measures": measures,
                "outputs": ["parquet"],
            },
        )
        return flexsite.run(study)

    @pytest.fixture(scope="class")
    def sites(self, result: Any) -> pd.DataFrame:
        return pd.DataFrame(result.sites).set_index("site_id")

    @pytest.mark.parametrize(
        ("column", "measure", "unit"),
        [
            pytest.param("median_s", "median_{}_min", 60),
            pytest.param("p85_s", "p85_{}_min", 60),
            pytest.param("changes", "changes_{}_n", 1),
            ("share", "share_{}_v", 1),
        ],
    )
    def test_the_matrix_equals_that_of_the_other_planner(
        self, sites: pd.DataFrame, column: str, measure: str, unit: float
    ) -> None:
        rows = recorded("porto_alegre_matrix.csv")
        assert len(rows) == len(sites) * 15
        expected = np.array([float(row[column]) for row in rows])
        found = np.array([sites.loc[row["from"], measure.format(row["to"])] for row in rows], float) * unit
        np.testing.assert_allclose(found, expected, atol=1e-3)
        assert np.isfinite(expected).mean() > 0.9

    def test_jobs_and_schools_within_reach_equal_those_of_the_other_planner(self, sites: pd.DataFrame) -> None:
        rows = recorded("porto_alegre_sums.csv")
        assert len(rows) == len(sites) - 15
        for row in rows:
            for name, value in row.items():
                if name != "hexagon":
                    assert sites.loc[row["hexagon"], f"{name}_n"] == int(value), (row["hexagon"], name)

    def test_what_is_over_three_minutes_from_r5r_is_so_for_its_settings(
        self, town: PortoAlegre, sites: pd.DataFrame
    ) -> None:
        """Between what r5r prints and the product lie r5r's settings alone: the planner has been at both ends."""
        egress = {key: town.legs(key, Way()) for key in town.points}
        found = town.matrix(("site", "public_market"), egress, window("14:00", "14:30"), Way())
        apart = {}
        for row in published("median of 14:00 to 14:09"):
            minutes = sites.loc["public_market", f"median_{row['to']}_min"]
            assert minutes * 60 == pytest.approx(percentile([way[0] for way in found[row["to"]]], 0.5))
            apart[row["to"]] = minutes - float(row["value"])
        assert (
            len(apart) == 9 and max(apart.values()) < 0
        )  # who walks faster and need not wait at a stop is there first
        assert {key for key, away in apart.items() if away < -3} == EXPLAINED


def test_percentile_counts_what_cannot_be_reached_last() -> None:
    assert np.isnan(percentile([1, np.inf], 0.5)) and percentile([1, 2, np.inf], 0.5) == 2
