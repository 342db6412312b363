"""What a report says, against numbers worked out by hand on a small world.

Four parcels of a hectare: K1 free, K2 half nature, K3 planned for 2030 (0.3 ha) and 2050 (0.7 ha), K4 outside what the
plans know. Left are 1 + 0.5 + 0.7 + 1 = 3.2 ha. A stop lies 50, 250, 480 and 650 m away. For the tester, within 400 m,
K1 holds 40 homes cut to 30, K2 20; for those far off, from 200 m on, K2, K3 and K4 hold 5, 7 and 10.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from flexsite.outputs.assumed import assumptions
from flexsite.outputs.map_data import map_data
from flexsite.outputs.report import facts_in, facts_of, report_page
from flexsite.outputs.report.assumptions import of_kinds, of_profile, of_rules
from flexsite.outputs.report.sources import is_old
from tests.outputs.helpers import box, layer, run, world

from .pages import Taken
from .worlds import rewritten


@pytest.fixture(scope="module")
def told(english: Path) -> Taken:
    return Taken((english / "report.html").read_text(encoding="utf-8"))


def test_the_head_says_whose_study_it_is_and_how_it_was_made(told: Taken, english: Path) -> None:
    assert told.headings[0] == (1, "A small world")
    for text in ("internal use", "1 January 2026", "10 years", "hard"):
        assert text in told.text
    assert facts_in(english).hash in told.text


def test_all_and_each_group_stand_in_one_block(told: Taken) -> None:
    assert told.table("How much, and for whom") == [
        ["For whom", "Sites", "Hectares", "Homes", "Floor area (m²)"],
        ["All that is available", "4", "3.20", "depends on for whom", "depends on for whom"],
        ["Tester", "2", "1.50", "50", "1,250"],
        ["Far off", "3", "2.20", "22", "1,100"],
    ]
    before = told.text[: told.text.index("How much, and for whom")]
    assert "309,000 → 220,000" in before, "the reservation comes before the numbers"
    assert "Do not add up the rows" in told.text


def test_the_summary_in_sentences(told: Taken) -> None:
    for text in (
        "It ranges from 2 sites for Tester to 3 sites for Far off.",
        "What costs most ground by itself: reserve (0.50 ha) and planned (0.30 ha).",
        "4 sites for 5 years or more and 4 sites for 10 years or more",
        "Something is unknown about 1 of the 4 available sites.",
        "9 of the 10 numbers behind the programmes and rules are assumptions.",
        "Assumed to be complete: ",
        "Capacity to connect",
        "The largest class of owners is Municipality: 50 % by count, 53 % by area.",
    ):
        assert text in told.text, text


def test_the_waterfall_leads_with_what_a_rule_alone_costs(told: Taken) -> None:
    head, *rows = told.table("What each rule costs, of 4.00 ha")
    assert head.index("This rule alone (ha)") < head.index("At its turn (ha)")
    assert rows == [
        ["reserve", "very hard", "0.50", "0.50", "0.50", "0"],
        ["planned", "hard", "0.30", "0.30", "0.30", "1.00"],
    ]
    assert told.table("Step by step")[1:] == [
        ["All candidates", "4", "", "4.00"],
        ["reserve", "4", "0.50", "3.50"],
        ["planned", "4", "0.30", "3.20"],
        ["Too small or narrow", "4", "0", "3.20"],
    ]


def test_rules_stand_by_what_they_alone_cost_whatever_their_turn(tmp_path: Path) -> None:
    """Two rules on the same reserve: the first takes all of it at its turn, and alone neither costs anything."""
    twice = [{"id": name, "exclude": "nature"} for name in ("reserve", "reserve_too")]
    rules = [*twice, {"id": "planned", "exclude": "plans", "until": "start"}]
    page = Taken(report_page(facts_of(run(world(tmp_path, rules=rules)))))
    assert [[row[0], *row[2:5]] for row in page.table("What each rule costs")[1:]] == [
        ["planned", "0.30", "0.30", "0.30"],
        ["reserve", "0", "0.50", "0.50"],
        ["reserve too", "0", "0", "0.50"],
    ]
    assert [row[0] for row in page.table("Step by step")[2:4]] == ["reserve", "reserve too"]


def test_columns_of_sites_stand_beside_their_own_rows(english: Path) -> None:
    facts = facts_in(english)
    rows = facts.judged("tester").iloc[[2, 0, 3]]
    beside = facts.with_sites(rows)
    assert list(zip(beside["site_id"], beside["municipality"], beside["area_m2"], strict=True)) == [
        ("K3", "West", 7000.0), ("K1", "Oost", 10000.0), ("K4", "West", 10000.0),
    ]  # fmt: skip


def test_what_is_left_after_each_requirement(told: Taken) -> None:
    assert told.table("What is left after each requirement: Tester")[1:] == [
        ["Available", "4", "3.20", "108", ""],
        ["Bus, tram or metro stop (on foot): ≤ 400 m", "2", "1.50", "50", "0"],
        ["Available long enough", "2", "1.50", "50", ""],
        ["Enough homes", "2", "1.50", "50", ""],
    ]
    assert told.row("What the ranking looks at: Tester", "Bus, tram or metro stop (on foot)")["Scores 0"] == "500 m"


def test_variants_side_by_side(told: Taken) -> None:
    """Within 100 m lies K1 alone: 30 homes, 20 fewer."""
    row = told.row("Homes, sites and hectares by variant", "Tester")
    assert row["near"] == "30 (−20)1 site, 1.00 ha" and row["The study itself"].startswith("50 ")
    assert "Bus, tram or metro stop (on foot): at most (Tester) = 100" in told.text


def test_groups_in_each_others_place(told: Taken) -> None:
    """K2 suits both and stands second of two here, third of three there: half and all of the ranking."""
    assert told.row("Whom sites serve best", "Tester")["Best for this group"] == "2"
    assert told.row("When one group goes away", "Tester")["Far off"] == "50 %"
    assert told.row("When one group goes away", "Far off")["Tester"] == "33 %"
    assert told.row("How many groups can live", "Far off") == {
        "For whom": "Far off",
        "This one alone": "2",
        "One other": "1",
        "Two others or more": "0",
    }


def test_owners_by_count_and_by_area(told: Taken) -> None:
    """The first 320 m are Jansen's: K1 and K2."""
    assert told.row("Owners of all available sites", "Municipality") == {
        "Owner": "Municipality",
        "Sites": "2",
        "By count": "50 %",
        "Hectares": "1.70",
        "By area": "53 %",
    }


def test_windows_municipalities_and_capacity(told: Taken) -> None:
    assert told.row("Available sites by term", "10 years or more")["Moves"] == "2"
    assert "No end is known of 3 of the 4 sites." in told.text
    assert told.row("By municipality", "West") == {
        "Municipality": "West", "Sites": "2", "Hectares": "1.70", "Tester": "–", "Far off": "172 sites",
    }  # fmt: skip
    row = told.row("Homes by group and what they mean", "Tester")
    assert (row["Rooms"], row["People"], row["Households"]) == ("100", "75", "50")
    assert told.row("Households by type", "Tester")["couple"] == "2550 people"


def test_the_best_sites_with_maps(told: Taken, english: Path) -> None:
    assert [row[:2] for row in told.table("The first 3 of 3: Far off")[1:]] == [["1", "K4"], ["2", "K3"], ["3", "K2"]]
    maps = [dict(attributes) for tag, attributes in told.tags if tag == "svg" and attributes.get("class") == "map"]
    assert [one["aria-label"] for one in maps] == [f"Map of site {name}" for name in ("K1", "K2", "K4", "K3", "K2")]


def test_sensitivity_with_figures_and_tables(told: Taken) -> None:
    """A fifth fewer or more homes per hectare: 32 cut to 30, and 16; 48 cut to 30, and 24."""
    assert told.row("Homes when an assumption is different: Tester", "Homes per hectare") == {
        "Assumption": "Homes per hectare", "Low / now / high": "32 / 40 / 48", "Homes low": "46", "Now": "50",
        "Homes high": "54", "Swing": "8",
    }  # fmt: skip
    assert [row[:2] for row in told.table("Homes: Distance")[1:]] == [["50", "30"], ["260", "50"], ["500", "78"]]
    titles = {attributes.get("aria-labelledby") for tag, attributes in told.tags if tag == "svg"}
    assert {"tornado_tester-title", "sweep_near-title", "ranks_tester-title", "ranks_far-title"} <= titles
    assert told.row("The first 2 of 2: Tester", "1")["Rank under other weights"] == "1–1"


def test_what_is_unknown(told: Taken) -> None:
    assert told.table("Ground of which a layer says nothing")[1:] == [["planned", "1.00", "1"]]
    unknown = told.text[told.text.index("What is unknown", told.text.index("How firm is the answer?", 5000)) :]
    assert "Capacity to connect to the power grid not tested" in unknown


def test_missing_values_and_measures(tmp_path: Path) -> None:
    profile = {
        "id": "asker",
        "requires": {"quiet": {"measure": "noise", "at_most": 55}},
        "criteria": {"jobs": {"measure": "jobs", "best": 10, "worst": 0, "weight": 5}},
        "unit": {"homes_per_ha": 10},
    }
    lenient = profile | {"id": "lenient", "requires": {}}
    page = Taken(report_page(facts_of(run(world(tmp_path, profiles=[profile, lenient])))))
    assert page.table("Failed because a value is missing")[1:] == [["asker", "Noise (Lden)", "4"]]
    assert page.table("Criteria without a value")[1:] == [["lenient", "Jobs around", "4", "4"]]
    assert "Measures that a programme asks for and the study does not have" in page.text
    assert page.row("How much, and for whom", "lenient")["Floor area (m²)"] == "not given"


def test_every_number_is_listed_and_counted_as_on_the_map(english: Path) -> None:
    facts = facts_in(english)
    numbers = [one for profile in facts.study.profiles for one in of_profile(profile, facts)]
    numbers += [*of_kinds(facts), *of_rules(facts)]
    listed = [one for one in numbers if one.counted]
    assert assumptions(facts.study) == (9, 10)
    assert (sum(one.certainty in (None, "assumption", "verify") for one in listed), len(listed)) == (9, 10)


def test_rules_of_the_library_count_tested_or_not(tmp_path: Path) -> None:
    """Natura 2000 has a layer; the power grid and noise of roads have none, and the first is said in its own words."""
    rules = ["nl/natura2000", "nl/grid", "nl/noise_state_roads"]
    result = run(world(tmp_path, {"layers.nature": {"path": "nature.fgb", "role": "natura2000"}}, rules=rules))
    facts = facts_of(result)
    numbers = [*(one for profile in facts.study.profiles for one in of_profile(profile, facts)), *of_rules(facts)]
    assert assumptions(facts.study) == assumptions(result.study)
    assert assumptions(facts.study)[1] == sum(one.counted for one in numbers) == 5 + 3
    page = Taken(report_page(facts))
    assert page.text.count("capacity to connect to the power grid not tested") >= 2
    assert "Capacity to connect to the power grid not tested" not in page.text
    assert [row[0] for row in page.table("What each rule costs")[1:]] == ["Natura 2000"]
    assert "Something is unknown about 4 of the 4 available sites" in page.text


def test_each_test_of_which_one_must_pass_is_a_number(tmp_path: Path) -> None:
    either = [{"measure": "stop", "at_most": 100}, {"measure": "stop_crow", "at_most": 50}]
    one = {"any": either, "certainty": "norm"}
    profile = {"id": "asker", "requires": {"pt": one}, "unit": {"homes_per_ha": 10, "certainty": "found"}}
    facts = facts_of(run(world(tmp_path, profiles=[profile])))
    numbers = list(of_profile(facts.study.profiles[0], facts))
    assert [number.certainty for number in numbers] == ["norm", "norm", "found", None, None]
    assert assumptions(facts.study) == (2, 5)


def test_the_power_grid_is_no_longer_unknown_where_it_is_tested(tmp_path: Path) -> None:
    rules = [{"use": "nl/grid", "layer": "nature", "match": None}]
    page = Taken(report_page(facts_of(run(world(tmp_path, rules=rules)))))
    assert "power grid not tested" not in page.text


def test_sources_say_what_is_old_undated_or_without_licence(told: Taken) -> None:
    """Towns are of May 2020; the study looks from January 2026."""
    assert told.row("Layers of this study", "towns")["Date"] == "1 May 2020 old"
    assert told.row("Layers of this study", "parcels") == {
        "Layer": "parcels", "Source": "Land registry", "Date": "1 January 2026", "Licence": "CC-BY-4.0",
        "Coverage": "assumed complete",
    }  # fmt: skip
    assert "Older than 24 months on 1 January 2026: towns." in told.text
    assert "Without a date: nature, plans, owners and stops." in told.text
    assert "Without a licence: nature, plans, owners, stops and towns." in told.text
    assert told.row("Published sources", "crow2019_ov")["Year"] == "2019"


def test_an_old_layer_is_older_than_two_years() -> None:
    from datetime import date

    day = date(2026, 1, 15)
    old = {
        "2024-01-15": False,
        "2024-01-14": True,
        "2023": True,
        "2024": False,
        "2024-01": False,
        "2023-12": True,
        "x": False,
    }
    assert {written: is_old(written, day) for written in old} == old


def test_the_reservations_of_pbl_are_there(told: Taken) -> None:
    for text in (
        "distorted picture",
        "does not mean that it fits",
        "not set in concrete",
        "local",
        "309,000",
        "220,000",
        "23",
    ):
        assert text in told.text[told.text.rindex("Reservations") :], text


def test_a_part_is_there_only_where_the_run_has_something_for_it(tmp_path: Path) -> None:
    page = Taken(report_page(facts_of(run(world(tmp_path, profiles=[], rules=[], columns={})))))
    assert [title for level, title in page.headings if level == 2] == [
        "In short", "Contents", "Waterfall: what each rule costs", "Where", "What is unknown", "Sources and licences",
        "Reservations",
    ]  # fmt: skip
    assert page.table("How much ground there is")[1][1:3] == ["4", "4.00"]
    assert "This study has no rules that take ground." in page.text


def test_an_empty_run_gives_a_tidy_report(tmp_path: Path) -> None:
    path = world(tmp_path, {"candidates": {"layer": "parcels", "id": "code", "min_area": 99_000}})
    page = Taken(report_page(facts_of(run(path))))
    assert page.row("How much, and for whom", "All that is available")["Sites"] == "0"


def test_the_hash_is_that_of_the_map(tmp_path: Path) -> None:
    result = run(world(tmp_path))
    assert facts_of(result).hash == map_data(result).study_hash


def test_a_report_agrees_with_the_tables_of_its_run(english: Path, told: Taken) -> None:
    judged = pd.read_parquet(english / "suitability.parquet")
    for name, label in (("tester", "Tester"), ("far", "Far off")):
        suitable = judged[(judged["profile"] == name) & judged["suitable"]]
        row = told.row("How much, and for whom", label)
        assert (int(row["Sites"]), int(row["Homes"])) == (len(suitable), int(suitable["homes"].sum()))
    record = json.loads((english / "run.json").read_text(encoding="utf-8"))
    assert all(text in told.text for text in record["warnings"])


def test_projects_are_counted_apart(tmp_path: Path) -> None:
    path = world(tmp_path)
    layer(tmp_path / "flex.fgb", [box(0, 200, 50, 250), box(0, 300, 50, 350)], programme=["flex", "flex"],
          homes=[40, 2], name=["Kop <b>", "Staart"])  # fmt: skip
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    rewritten(path, layers=tree["layers"] | {"flex": {"path": "flex.fgb", "role": "plans"}})
    page = Taken(report_page(facts_of(run(path))))
    assert "Already planned as flex: 42 homes in 2 projects" in page.text
    assert [row[:2] for row in page.table("Known projects in the area")[1:]] == [["Kop <b>", "40"], ["Staart", "2"]]
