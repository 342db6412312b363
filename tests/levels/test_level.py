"""Levels of sites by the built-in standards, on timetables written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flexsite.access.levels import level as level_module
from flexsite.access.levels import wording
from flexsite.access.levels.level import Levels, levels, needs
from flexsite.access.levels.standard import Standard, Way, load_standard
from flexsite.access.levels.supply import Supply, supply_of, supply_of_stops
from flexsite.access.reach.legs import Legs
from flexsite.errors import InputError

from .hand import legs, service, shown, timetable

STOPS = [
    ("Dorpsplein", 0.0, 0.0),  # 0: bus 12 four times an hour there, twice back
    ("Kerk", 1000.0, 0.0),  # 1: end of bus 12; bus 14 leaves once an hour
    ("Metro Noord", 0.0, 1000.0),  # 2
    ("Alkmaar", 5000.0, 0.0, 1),  # 3: platforms of a station with Intercity and Sprinter
    ("Alkmaar", 5010.0, 0.0, 1),  # 4
    ("Heiloo", 9000.0, 0.0, 2),  # 5: Sprinter only
    ("Verlaten", 0.0, 3000.0),  # 6: nothing leaves here
    ("Veerpont", 100.0, 0.0),  # 7: a ferry
]
LINES = [
    ("12", "bus"),
    ("14", "bus"),
    ("52", "metro"),
    ("", "rail", "Intercity Den Helder - Nijmegen"),
    ("SPR", "rail"),
    ("F4", "ferry"),
]
TRIPS = [
    *service(0, 0, [0, 1], 15, "06:00", "20:00"),
    *service(0, 1, [1, 0], 30, "06:00", "20:00"),
    *service(1, 0, [1, 0], 60, "06:00", "20:00"),
    *service(2, 0, [2, 6], 10, "06:00", "20:00"),
    *service(3, 0, [3, 5], 60, "06:15", "20:15"),
    *service(4, 0, [4, 5], 30, "06:00", "20:00"),
    *service(4, 1, [5, 3], 30, "06:00", "20:00"),
    *service(5, 0, [7, 2], 5, "06:00", "20:00"),
]


def supply(standard: Standard) -> Supply:
    return supply_of(timetable(STOPS, LINES, TRIPS), standard.window.seconds)


def judged(
    name: str, ways: list[dict[int, float]] | dict[str, list[dict[int, float]]], *, mode: Way | None = None,
    language: Any = "en", given: Supply | None = None, reached: dict[str, list[bool]] | None = None,
) -> Levels:  # fmt: skip
    """Levels of sites with these ways, by how they are measured; each need gets all of them, near and far."""
    standard = load_standard(name)
    made = given or supply(standard)
    wanted = needs(standard, made, mode)
    found: list[Legs] = [legs(ways[need.mode] if isinstance(ways, dict) else ways) for need in wanted]
    everywhere = [
        np.array(reached[need.mode]) if reached else np.ones(len(one), bool)
        for need, one in zip(wanted, found, strict=True)
    ]
    return levels(standard, made, wanted, found, everywhere, language)


class TestPblCrow:
    def test_asks_only_for_ways_to_stops_where_something_leaves(self) -> None:
        wanted = needs(load_standard("pbl-crow"), supply(load_standard("pbl-crow")))
        assert [(need.mode, need.metres, need.stops.tolist()) for need in wanted] == [
            ("walk", 500.0, [0, 1]), ("walk", 1000.0, [2]), ("walk", 2000.0, [3, 4, 5]), ("walk", 3000.0, [3, 4]),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("way", "level"),
        [
            ({0: 500.0}, "4"),  # at the bound
            ({0: 500.01}, "0"),
            ({0: 501, 1: 499}, "2"),  # from Kerk bus 12 twice an hour and bus 14 once, in their own direction: three
            ({2: 1000.0}, "4"),
            ({2: 1001.0}, "0"),
            ({5: 2000.0}, "2"),  # Sprinter, no Intercity
            ({5: 2001.0}, "0"),
            ({3: 2001.0}, "2"),  # three an hour: Intercity and two Sprinters, of which one platform is as good as all
            ({4: 3000.0}, "2"),
            ({4: 3000.5}, "0"),
            ({6: 10.0}, "0"),  # nothing leaves
            ({7: 10.0}, "0"),  # the source counts no ferries
            ({}, "0"),
        ],
    )
    def test_gives_the_best_class_within_the_distance_of_its_mode(self, way: dict[int, float], level: str) -> None:
        found = judged("pbl-crow", [way])
        assert shown(found.level) == [level]
        assert found.value.tolist() == [float(level)]

    def test_says_which_stop_lines_frequency_and_distance(self) -> None:
        ways: list[dict[int, float]] = [{0: 310.2, 1: 100}, {1: 30.4}, {4: 2900, 5: 1}, {6: 5.0}]
        assert shown(judged("pbl-crow", ways, language="nl").why) == [
            "Halte Dorpsplein, bus 12, 4 per uur, 310 m",
            "Halte Kerk, bus 12, 14, 3 per uur, 30 m",
            "Station Heiloo, trein SPR, 2 per uur, 1 m",
            "geen halte met vertrekken binnen de norm",
        ]
        assert shown(judged("pbl-crow", ways).why) == [
            "Stop Dorpsplein, bus 12, 4 per hour, 310 m",
            "Stop Kerk, bus 12, 14, 3 per hour, 30 m",
            "Station Heiloo, train SPR, 2 per hour, 1 m",
            "no stop with departures within the standard's distance",
        ]

    def test_names_an_intercity_station_as_such_beyond_the_reach_of_a_station(self) -> None:
        why = shown(judged("pbl-crow", [{3: 2500}], language="nl").why)
        assert why == ["Intercitystation Alkmaar, trein SPR, Intercity Den Helder - Nijmegen, 3 per uur, 2500 m"]

    def test_an_intercity_every_two_hours_makes_no_intercity_station(self) -> None:
        seldom = timetable(
            STOPS, LINES, service(3, 0, [3, 5], 120, "07:00", "18:59") + service(4, 0, [4, 5], 15, "07:00", "18:59")
        )
        standard = load_standard("pbl-crow")
        given = supply_of(seldom, standard.window.seconds)
        assert shown(judged("pbl-crow", [{3: 2001}, {3: 2000}], given=given).level) == ["0", "4"]

    @pytest.mark.parametrize(
        ("long", "level"), [("IC 3100", "2"), ("Intercity", "2"), ("Sonic express", "0"), ("intercity direct", "2")]
    )
    def test_an_intercity_is_known_by_a_whole_word(self, long: str, level: str) -> None:
        made = timetable(STOPS, [("9", "rail", long)], service(0, 0, [3, 5], 30, "07:00", "18:59"))
        given = supply_of(made, load_standard("pbl-crow").window.seconds)
        assert shown(judged("pbl-crow", [{3: 2600}], given=given).level) == [level]

    def test_just_less_than_a_class_is_not_rounded_up_to_it(self) -> None:
        """47 departures in 12 hours are 3.92 an hour: class 2, and called 3.9."""
        made = timetable(STOPS, LINES, service(0, 0, [0, 1], 15, "07:00", "18:44"))
        given = supply_of(made, load_standard("pbl-crow").window.seconds)
        found = judged("pbl-crow", [{0: 1.0}], given=given)
        assert shown(found.level) == ["2"]
        assert shown(found.why) == ["Stop Dorpsplein, bus 12, 3.9 per hour, 1 m"]

    def test_less_than_once_an_hour_is_the_lowest_level_and_named(self) -> None:
        made = timetable(STOPS, LINES, service(0, 0, [0, 1], 120, "07:00", "18:59"))
        given = supply_of(made, load_standard("pbl-crow").window.seconds)
        found = judged("pbl-crow", [{0: 80.0}], given=given, language="nl")
        assert shown(found.level) == ["0"]
        assert shown(found.why) == ["Halte Dorpsplein, bus 12, 0,5 per uur, 80 m"]

    def test_as_the_crow_flies_says_so(self) -> None:
        assert {
            need.mode for need in needs(load_standard("pbl-crow"), supply(load_standard("pbl-crow")), "straight")
        } == {"straight"}
        found = judged("pbl-crow", {"straight": [{0: 499.6}]}, mode="straight", language="nl")
        assert shown(found.why) == ["Halte Dorpsplein, bus 12, 4 per uur, 500 m hemelsbreed"]

    def test_a_site_without_entrance_has_no_level(self) -> None:
        found = judged("pbl-crow", [{}, {0: 1.0}, {}], reached={"walk": [False, True, True]})
        assert shown(found.level) == [None, "4", "0"]
        assert shown(found.why)[0] is None
        assert np.isnan(found.value[0])

    def test_no_sites_have_no_levels(self) -> None:
        assert len(judged("pbl-crow", []).level) == 0


@pytest.mark.parametrize(
    ("value", "nl", "en"), [(3.96, "3,9", "3.9"), (4.0, "4", "4"), (0.05, "0", "0"), (12.5, "12,5", "12.5")]
)
def test_departures_per_hour_are_rounded_down(value: float, nl: str, en: str) -> None:
    assert (wording._number(value, "nl"), wording._number(value, "en")) == (nl, en)


class TestNhKnooppunt:
    @pytest.mark.parametrize(
        ("walk", "cycle", "level", "why"),
        [
            ({3: 1200.0}, {}, "1", "Station Alkmaar, trein SPR, Intercity Den Helder - Nijmegen, 3 per uur, 1200 m"),
            ({3: 1201.0}, {3: 2501.0}, "0", "geen halte met vertrekken binnen de norm"),
            (
                {3: 2600.0},
                {3: 2500.0},
                "1",
                "Station Alkmaar, trein SPR, Intercity Den Helder - Nijmegen, 3 per uur, 2500 m fietsen",
            ),
            ({0: 10.0}, {0: 10.0}, "0", "geen halte met vertrekken binnen de norm"),
        ],
    )
    def test_is_near_a_station_on_foot_or_by_bicycle(
        self, walk: dict[int, float], cycle: dict[int, float], level: str, why: str
    ) -> None:
        found = judged("nh-knooppunt", {"walk": [walk], "cycle": [cycle]}, language="nl")
        assert shown(found.level) == [level]
        assert shown(found.why) == [why]

    def test_counts_a_named_bus_station_and_no_other(self) -> None:
        stops = [("Huizen, Busstation", 0, 0), ("Huizen, Busstationsplein", 1, 1), ("Elders", 9, 9)]
        made = timetable(stops, [("320", "bus")], service(0, 0, [0, 1, 2], 15, "07:00", "18:59"))
        given = supply_of(made, load_standard("nh-knooppunt").window.seconds)
        ways: list[dict[int, float]] = [{0: 900.0}, {1: 10.0}]
        found = judged("nh-knooppunt", {"walk": ways, "cycle": [{}, {}]}, given=given, language="nl")
        assert shown(found.level) == ["1", "0"]
        assert shown(found.why)[0] == "Busstation Huizen, Busstation, bus 320, 4 per uur, 900 m"

    def test_is_known_from_one_way_of_measuring_only_when_it_is_the_best(self) -> None:
        """No entrance for bicycles: near on foot is near, far on foot may still be near by bicycle."""
        found = judged(
            "nh-knooppunt", {"walk": [{3: 100.0}, {}], "cycle": [{}, {}]},
            reached={"walk": [True, True], "cycle": [False, False]},
        )  # fmt: skip
        assert shown(found.level) == ["1", None]


def test_rail_minutes_are_walked_at_80_metres_a_minute() -> None:
    ways: list[dict[int, float]] = [
        {5: 1200.0}, {5: 1200.1}, {5: 2400.0, 3: 2400.1}, {3: 2400.1}, {3: 3600.0}, {3: 3600.1}, {0: 1.0, 2: 1.0}
    ]  # fmt: skip
    found = judged("rail-minutes", ways)
    assert shown(found.level) == ["15", "30", "30", "45", "45", "none", "none"]
    assert found.value.tolist() == [3, 2, 2, 1, 1, 0, 0]
    assert shown(found.why)[2] == "Station Heiloo, train SPR, 2 per hour, 2400 m"
    crow = judged("rail-minutes", {"straight": ways}, mode="straight")
    assert shown(crow.level) == shown(found.level)


LONDON_STOPS = [
    ("Bus A", 0.0, 0.0), ("Bus B", 0.0, 0.0), ("Bus C", 0.0, 0.0), ("Tube", 0.0, 0.0), ("End", 9000.0, 0.0),
]  # fmt: skip
LONDON_LINES = [("10", "bus"), ("20", "bus"), ("30", "bus"), ("Victoria", "metro"), ("R", "ferry")]
LONDON_TRIPS = [
    *service(0, 0, [0, 1, 4], 10, "08:15", "09:14", 0),  # 6 an hour, at Bus A and Bus B
    *service(0, 1, [4, 1, 0, 4], 15, "08:15", "09:14", 0),  # 4 an hour back
    *service(1, 0, [1, 4], 5, "08:15", "09:14"),  # 12 an hour
    *service(1, 0, [1, 4], 60, "09:15", "09:15"),  # too late
    *service(2, 0, [2, 4], 30, "08:15", "09:14"),  # 2 an hour
    *service(3, 0, [3, 4], 4, "08:15", "09:14"),  # 15 an hour
    *service(4, 0, [0, 4], 1, "08:15", "09:14"),  # a ferry, which does not count
]
LONDON_WAYS = {0: 160.0, 1: 320.0, 2: 640.0, 3: 960.0}


class TestPtal:
    """Transport for London's formula, worked by hand."""

    def found(self, ways: list[dict[int, float]], **how: Any) -> Levels:
        made = timetable(LONDON_STOPS, LONDON_LINES, LONDON_TRIPS)
        return judged("ptal", ways, given=supply_of(made, load_standard("ptal").window.seconds), **how)

    def test_equals_a_case_worked_by_hand(self) -> None:
        """Minutes of access = metres / 80 + 30 / departures per hour + lateness (bus 2, rail 0.75).

        Bus 10, nearest at Bus A: 160 / 80 + 30 / 6 + 2 = 2 + 5 + 2 = 9, so 30 / 9 = 3.3333
        Bus 20 at Bus B: 320 / 80 + 30 / 12 + 2 = 4 + 2.5 + 2 = 8.5, so 30 / 8.5 = 3.5294
        Bus 30 at Bus C: 640 / 80 + 30 / 2 + 2 = 8 + 15 + 2 = 25, so 30 / 25 = 1.2
        Tube: 960 / 80 + 30 / 15 + 0.75 = 12 + 2 + 0.75 = 14.75, so 30 / 14.75 = 2.0339
        Bus: 3.5294 + (3.3333 + 1.2) / 2 = 5.7961; with the Tube 7.8300: band 2.
        """
        found = self.found([LONDON_WAYS], language="nl")
        assert shown(found.why) == ["index 7,83; beste lijn: Halte Bus B, bus 20, 12 per uur, 320 m"]
        assert shown(found.level) == ["2"]
        assert found.value.tolist() == [2.0]

    @pytest.mark.parametrize(
        ("way", "index"),
        [
            ({0: 640.0}, "2.00"),  # 8 + 5 + 2 = 15
            ({0: 640.01}, None),
            ({3: 960.0}, "2.03"),
            ({3: 960.01}, None),
            ({1: 0.0}, "8.81"),  # 30 / 4.5 = 6.6667 and half of 30 / 7 = 4.2857
            ({0: 80.0, 1: 40.0}, "8.00"),  # the nearest stop of bus 10 is Bus B: 30 / 5 = 6 and half of 30 / 7.5 = 4
        ],
    )
    def test_counts_the_nearest_stop_of_a_line_within_reach(self, way: dict[int, float], index: str | None) -> None:
        said = shown(self.found([way]).why)[0]
        if index is None:
            assert said == "no stop with departures within the standard's distance"
            return
        assert said.startswith(f"index {index}; best line: ")

    @pytest.mark.parametrize(
        ("hundredths", "level", "value"),
        [
            (0, "0", 0), (1, "1a", 1), (250, "1a", 1), (251, "1b", 1.5), (500, "1b", 1.5), (501, "2", 2),
            (1000, "2", 2), (1001, "3", 3), (1500, "3", 3), (1501, "4", 4), (2000, "4", 4), (2001, "5", 5),
            (2500, "5", 5), (2501, "6a", 6), (4000, "6a", 6), (4001, "6b", 6.5),
        ],
    )  # fmt: skip
    def test_bands_are_those_of_the_method(
        self, hundredths: int, level: str, value: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        none = np.array([-1])
        monkeypatch.setattr(level_module, "index_of", lambda *_: (np.array([hundredths / 100]), none, none))
        found = self.found([{}])
        assert shown(found.level) == [level]
        assert found.value.tolist() == [value]

    def test_a_site_without_entrance_has_no_level(self) -> None:
        found = self.found([{}, {}], reached={"walk": [True, False]})
        assert shown(found.level) == ["0", None]
        assert shown(found.why)[1] is None

    def test_compiled_and_plain_agree(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(5)
        ways = [
            {int(s): float(rng.uniform(0, 1100)) for s in rng.permutation(5)[: rng.integers(0, 6)]} for _ in range(300)
        ]
        plain = self.found(ways)
        monkeypatch.setattr(level_module, "FEW", -1)
        compiled = self.found(ways)
        assert shown(plain.why) == shown(compiled.why)
        assert shown(plain.level) == shown(compiled.level)
        assert len(set(shown(plain.level))) > 3


UNTIMED = (
    "there is no timetable: with a stop within reach the level is 'stop', which has no number, because nobody knows "
    "what leaves there"
)


class TestWithoutTimetable:
    def stops(self, name: str, modes: Any = ("bus", "Metro", "trein", "intercity", "veer", "?")) -> Supply:
        return supply_of_stops(load_standard(name), ["A", "B", "C", "D", "E", "F"], modes)

    def test_a_stop_within_reach_is_all_that_is_known(self) -> None:
        given = self.stops("pbl-crow")
        ways: list[dict[int, float]] = [
            {0: 500.0}, {0: 501.0}, {1: 1000.0}, {2: 2000.0}, {2: 2001.0}, {3: 3000.0}, {4: 1.0, 5: 1.0}
        ]  # fmt: skip
        found = judged("pbl-crow", ways, given=given, language="nl")
        assert shown(found.level) == ["stop", "0", "stop", "stop", "0", "stop", "0"]
        assert np.isnan(found.value[0])
        assert found.value[1] == 0
        assert shown(found.why)[:2] == ["Halte A, bus, vertrekken onbekend, 500 m", "geen halte binnen de norm"]
        assert given.warnings == (
            "1 of 6 stops have a mode that is not known and do not count",
            UNTIMED,
        )

    def test_a_kind_of_stop_is_of_its_mode_too(self) -> None:
        standard, given = load_standard("pbl-crow"), self.stops("pbl-crow")
        assert np.flatnonzero(given.per_hour(standard, "rail")).tolist() == [2, 3]
        assert np.flatnonzero(given.per_hour(standard, "intercity")).tolist() == [3]

    def test_levels_by_distance_alone_are_known(self) -> None:
        given = self.stops("rail-minutes", modes=None)
        assert given.warnings == ("6 stops have no column 'mode' and count as rail",)
        assert shown(judged("rail-minutes", [{0: 1300.0}, {5: 100.0}], given=given).level) == ["30", "15"]
        nodes = supply_of_stops(load_standard("nh-knooppunt"), ["Edam, Busstation", "Edam, Dam"], ["bus", "bus"])
        found = judged("nh-knooppunt", {"walk": [{0: 1.0}, {1: 1.0}], "cycle": [{}, {}]}, given=nodes)
        assert shown(found.level) == ["1", "0"]

    def test_ptal_needs_departures(self) -> None:
        with pytest.raises(InputError, match="'ptal' needs departures"):
            self.stops("ptal")

    def test_words_that_nobody_knows_are_refused(self) -> None:
        with pytest.raises(InputError, match=r"such as 'x'.*use bus, ferry"):
            self.stops("pbl-crow", modes=["x"] * 6)
