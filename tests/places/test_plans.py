"""Plans of any register: status, programme and drawing in our words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import yaml
from pyproj import CRS

import flexsite
from flexsite.errors import InputError
from flexsite.layers import Layers
from flexsite.layers.plan_words import confidentiality, programme, rulebook, status
from flexsite.layers.plans import drawn
from flexsite.rulebook import plans_path, sources_path
from flexsite.study.layer import Layer
from tests.acceptance.helpers import RD, box, cli, one_parcel, run_study, vector

EIB = "plancapaciteit_EIB2020_NH-ZH-FL-GE.gpkg"
EIB_WORDS = {
    "1A Onherroepelijk": "1A", "1B Onherroepelijk, uitwerkingsplicht": "1B", "1B onhr + uitwerkingsplicht": "1B",
    "1C Onherroepelijk, wijzigingsbevoegdheid": "1C", "1C onhr + wijzigingsbevoegdheid": "1C",
    "2A Vastgesteld": "2A", "2A Vastgesteld plan/besluit": "2A", "2B vastgesteld + Uitwerkingsplicht": "2B",
    "2C Vastgesteld, wijzigingsbevoegdheid": "2C", "2C vastgesteld + Wijzigingebevoegdheid": "2C",
    "3 In voorbereiding": "3", "3 plan/besluit in voorbereiding": "3", "4A Visie": "4A",
    "4A potentiele locatie in visie": "4A", "4B Optie": "4B", "4B potentiele locatie optie": "4B",
    "Onbekend": None, "Status onbekend": None,
}  # fmt: skip


class TestTheWordsOfAStatus:
    @pytest.mark.parametrize(("text", "code"), EIB_WORDS.items())
    def test_both_spellings_of_2020_map(self, text: str, code: str | None) -> None:
        assert status(text) == (code, True)

    @pytest.mark.parametrize("text", [text for text in EIB_WORDS if text[0].isdigit()])
    def test_the_words_alone_say_the_same(self, text: str) -> None:
        assert status(text.partition(" ")[2]) == (EIB_WORDS[text], True)

    @pytest.mark.parametrize(
        ("text", "code"),
        {
            "_1A_ONHERROEPELIJK": "1A", "_1B_ONHERROEPELIJK_MET_UITWERKING_NODIG": "1B",
            "_1C_ONHERROEPELIJK_MET_BW_NODIG": "1C", "2a Vastgesteld": "2A",
            "_2B_VASTGESTELD_MET_UITWERKING_NODIG": "2B", "2C. Vastgesteld, wijzigingsbevoegdheid": "2C",
            "3. In voorbereiding": "3", "_4A_OPGENOMEN_IN_VISIE": "4A", "_4B_NIET_OPGENOMEN_IN_VISIE": "4B",
            "4B. Idee": "4B", "4B. Optie": "4B", "Niet opgenomen in visie": "4B", "5A": "5A", "5 b": "5B",
            " potentiële locatie in visie ": "4A", "Ambtelijk, zonder locatie": "5B",
        }.items(),
    )  # fmt: skip
    def test_planmonitor_and_diwi_map(self, text: str, code: str) -> None:
        assert status(text) == (code, True)

    def test_numbers_map_as_their_text(self) -> None:
        assert [status(value).value for value in (3, 3.0, "3", "03")] == ["3", "3", "3", None]

    @pytest.mark.parametrize("text", ["", None, float("nan"), "  ", "unknown", "n.v.t."])
    def test_unknown_is_unknown_and_understood(self, text: Any) -> None:
        assert status(text) == (None, True)

    @pytest.mark.parametrize("text", ["2020", "1", "6A", "3 5 jaar", "1Ab", "hard", "21A", "3B"])
    def test_what_is_no_status_is_not_guessed(self, text: str) -> None:
        assert status(text) == (None, False)


class TestTheWordsOfAProgramme:
    @pytest.mark.parametrize(
        ("text", "word"),
        {
            "Flexwoningen": "flex", "flex-woningen": "flex", "Tijdelijke huisvesting": "flex", "temporary": "flex",
            "Regulier permanent": "permanent", "permanent (geen flexwoningen)": "permanent",
            "Flexwoningen en regulier": "mixed", "gemengd": "mixed", "permanent, deels tijdelijk": "mixed",
            "flexibele fasering": None, "niet tijdelijk": None, "Onbekend": None,
        }.items(),
    )  # fmt: skip
    def test_map(self, text: str, word: str | None) -> None:
        assert programme(text).value == word

    def test_a_column_that_asks_flex_answers(self) -> None:
        assert [programme(value).value for value in (True, np.bool_(False), None)] == ["flex", "permanent", None]

    def test_a_number_of_flex_homes_is_no_programme(self) -> None:
        assert programme(50) == (None, False)


def test_only_what_is_said_to_be_open_is_open() -> None:
    words = [
        "Openbaar",
        "openbaar",
        "nee",
        False,
        "0",
        "Gemeente",
        "prive",
        "privé",
        "intern_uitvoering",
        "secret",
        None,
    ]
    assert [confidentiality(word).value for word in words] == ["open"] * 5 + ["closed"] * 6
    assert not confidentiality("secret").understood


def test_the_rulebook_stands_in_its_sources_and_knows_every_code() -> None:
    book = rulebook()
    known = yaml.safe_load(sources_path().read_text(encoding="utf-8"))
    cited = [part["source"] for part in (book["status"], book["programme"], book["drawn"]["point"]) if "source" in part]
    assert len(cited) == 3
    assert set(cited) <= set(known)
    assert list(book["status"]["words"]) == book["status"]["codes"]
    every = [text for texts in book["status"]["words"].values() for text in texts]
    assert len(every) == len(set(every)), "a word means one thing"
    for text in every:
        assert status(text).value is not None, "words are written as they are compared"


class TestTheDrawing:
    def test_bounds_are_where_the_rulebook_puts_them(self) -> None:
        side = 10.0
        shapes = np.array([shapely.box(0, 0, side, 9.99), shapely.box(0, 0, side, side), shapely.box(0, 0, 200, 100)])
        assert drawn(shapes, np.full(3, np.nan)).tolist() == ["point", "clear", "clear"]
        assert drawn(np.repeat(shapes[2:], 5), np.array([1.99, 2, 0, -1, np.nan])).tolist() == [
            "thin", "clear", "thin", "clear", "clear",
        ]  # fmt: skip

    def test_points_and_lines_hold_no_ground(self) -> None:
        shapes = np.array([shapely.Point(0, 0), shapely.LineString([(0, 0), (900, 0)])])
        assert drawn(shapes, np.array([np.nan, 4.0])).tolist() == ["point", "point"]


def plans(folder: Path, rules: list[dict[str, Any]], *, role: str | None = "plans", **columns: Any) -> Path:
    """A parcel of a hectare, a plan on each quarter of it."""
    quarters = [box(25 * i, 0, 25 * i + 25, 100) for i in range(4)]
    vector(folder / "plans.gpkg", quarters, **columns)
    spec: dict[str, Any] = {"path": "plans.gpkg", "columns": {"status": "Planstatus"}}
    if role is not None:
        spec["role"] = role
    return one_parcel(folder, layers={"plans": spec}, rules=rules)


STATUSES = ["1A Onherroepelijk", "3 plan/besluit in voorbereiding", "Onbekend", None]


class TestALayerOfPlans:
    def test_gives_rules_and_columns_the_status_in_our_words(self, tmp_path: Path) -> None:
        path = plans(tmp_path, [{"id": "p", "exclude": "plans", "match": {"status": ["1A", "3"]}}], Planstatus=STATUSES)
        result = run_study(path)
        assert result.sites["area_m2"].tolist() == [5000.0]
        told = result.layers["plans"]
        assert told["values"] == {"status": {"1A": 1, "3": 1, "unknown": 2}}
        assert "not_understood" not in told
        assert "layer 'plans': 2 of 4 features have an unknown status" in result.warnings

    def test_without_the_role_is_as_it_is(self, tmp_path: Path) -> None:
        rule = {"id": "p", "exclude": "plans", "match": {"status": ["1A"]}}
        result = run_study(plans(tmp_path, [rule], role=None, Planstatus=STATUSES))
        assert result.sites["area_m2"].tolist() == [10000.0]
        assert "values" not in result.layers["plans"]

    def test_says_which_texts_it_did_not_understand(self, tmp_path: Path) -> None:
        rule = {"id": "p", "exclude": "plans", "match": {"status": ["1A"]}}
        result = run_study(plans(tmp_path, [rule], Planstatus=["1A", "hard", "zacht", "hard"]))
        assert result.layers["plans"]["not_understood"] == {"status": {"hard": 2, "zacht": 1}}
        text = "3 of 4 features have an unknown status, of which 3 by 2 texts that mean nothing to us"
        assert f"layer 'plans': {text}" in result.warnings

    def test_without_a_column_for_the_status_asks_for_it(self, tmp_path: Path) -> None:
        path = plans(tmp_path, [{"id": "p", "exclude": "plans", "match": {"status": ["1A"]}}], Fase=STATUSES)
        study = flexsite.load(path, {"layers.plans.columns": {}})
        with pytest.raises(InputError, match="no column 'status'") as error:
            flexsite.run(study)
        assert "columns: {status: ...}" in str(error.value)

    def test_flex_never_excludes_where_rules_leave_it_out_and_mixed_does(self, tmp_path: Path) -> None:
        rule = {"id": "p", "exclude": "plans", "match": {"programme": {"not_in": ["flex"]}}}
        words = ["Flexwoningen", "Regulier permanent", "Flexwoningen en regulier permanent", None]
        result = run_study(plans(tmp_path, [rule], Planstatus=STATUSES, programme=words))
        assert result.sites["area_m2"].tolist() == [2500.0]
        assert result.layers["plans"]["values"]["programme"] == {
            "flex": 1, "mixed": 1, "permanent": 1, "unknown": 1,
        }  # fmt: skip

    def test_without_a_programme_all_are_unknown(self, tmp_path: Path) -> None:
        rule = {"id": "p", "exclude": "plans", "match": {"programme": ["unknown"]}}
        assert not len(run_study(plans(tmp_path, [rule], Planstatus=STATUSES)).sites)

    def test_thin_plans_and_points_are_told_apart(self, tmp_path: Path) -> None:
        rules = [
            {"id": "clear", "exclude": "plans", "match": {"drawn": ["clear"]}},
            {"id": "vague", "mark": "plans", "match": {"drawn": ["thin", "point"]}},
        ]
        path = plans(tmp_path, rules, Planstatus=STATUSES, homes=["10", "0.2", None, "0"])
        result = run_study(path)
        assert sorted(result.sites["area_m2"]) == [2500.0, 2500.0]
        assert result.sites["marks"].tolist() == ["vague", "vague"]

    def test_homes_that_are_no_number_are_named(self, tmp_path: Path) -> None:
        rule = {"id": "p", "exclude": "plans", "match": {"drawn": ["clear"]}}
        told = cli("run", plans(tmp_path, [rule], Planstatus=STATUSES, homes=["ca. 10", "1", "1", "1"]), "--quiet")
        assert told.code == 2
        assert told.says("'ca. 10' is no number")

    def test_gives_a_site_its_status(self, tmp_path: Path) -> None:
        path = plans(tmp_path, [], Planstatus=["4B. Idee"] * 3 + ["1A"])
        study = flexsite.load(path, {"columns": {"plan": {"layer": "plans", "column": "status"}}})
        result = flexsite.run(study)
        assert (result.sites["plan"].tolist(), result.sites["plan_share"].tolist()) == (["4B"], [0.75])


@pytest.mark.shared
class TestThePlansOf2020:
    @pytest.fixture(scope="class")
    def frame(self, shared: Path) -> gpd.GeoDataFrame:
        return gpd.read_file(shared / "data" / EIB)

    @pytest.fixture(scope="class")
    def read(self, shared: Path) -> tuple[gpd.GeoDataFrame, Layers]:
        columns = {"status": "Planstatus", "homes": "Aantalrest"}
        spec = Layer(path=shared / "data" / EIB, role="plans", columns=columns)
        layers = Layers({"plans": spec}, CRS(RD))
        return layers.vector("plans", columns=["status", "drawn", "homes", "Planstatus"]).frame, layers

    def test_every_spelling_maps(self, frame: gpd.GeoDataFrame, read: tuple[gpd.GeoDataFrame, Layers]) -> None:
        assert set(frame["Planstatus"]) == set(EIB_WORDS)
        found, layers = read
        assert len(found) == len(frame) == 3644
        mine = found["status"].map(lambda value: value or "")
        assert mine.tolist() == found["Planstatus"].map(lambda text: EIB_WORDS[text] or "").tolist()
        expected = frame["Planstatus"].map(EIB_WORDS).fillna("unknown").value_counts().to_dict()
        assert layers.report["plans"].counts()["values"]["status"] == expected
        assert expected["unknown"] == 358
        assert not layers.report["plans"].odd

    def test_points_drawn_as_polygons_are_found(
        self, frame: gpd.GeoDataFrame, read: tuple[gpd.GeoDataFrame, Layers]
    ) -> None:
        found, _ = read
        small = frame.geometry.make_valid().area < 100
        assert small.sum() == 140
        assert (found["drawn"] == "point").sum() == 140
        dense = frame["Aantalrest"] / (frame.geometry.make_valid().area / 1e4)
        assert (found["drawn"] == "thin").sum() == (~small & (dense < 1)).sum()
        assert pd.Series(found["drawn"]).isin(["clear", "point", "thin"]).all()


def test_what_is_read_depends_on_the_rulebook(tmp_path: Path) -> None:
    from flexsite.study.identity import identity

    vector(tmp_path / "plans.gpkg", [box(0, 0, 1, 1)])
    told: list[str] = []

    def digest(path: Path) -> str:
        told.append(path.name)
        return path.name

    plain = identity(Layer(path=tmp_path / "plans.gpkg"), digest)
    of_plans = identity(Layer(path=tmp_path / "plans.gpkg", role="plans"), digest)
    assert plain != of_plans
    assert told.count(plans_path().name) == 1
