"""What is planned as flex already: counted apart, and silent on what is confidential."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import flexsite
from tests.acceptance.helpers import box, cli, one_parcel, vector

PLANS: dict[str, Any] = {
    "id": ["p1", "p2", "p3", "p4", "p5", "p6"],
    "plannaam": ["De Kade", "Zuid", "Geheim hof", "Ver weg", "Vlakbij", "Zonder getal"],
    "prog": ["Flexwoningen", "Regulier permanent", "tijdelijk", "Flexwoningen", "Flexwoningen", "flex"],
    "fase": ["2A Vastgesteld", "1A Onherroepelijk", "4B. Idee", "1A", "3. In voorbereiding", "Onbekend"],
    "aantal": [40, 100, 25, 500, 7, -9],
    "jaar": [2027, 2028, 2029, 2030, 2031, 2032],
    "vertrouwelijkheid": ["Openbaar", "Openbaar", "Gemeente", "Openbaar", "Openbaar", "Openbaar"],
}
# The area reaches to 1000 m: the fourth lies further from it than 1 km, the fifth within that.
SHAPES = [
    box(0, 0, 50, 100), box(50, 0, 100, 100), box(200, 0, 300, 50), box(2500, 0, 2600, 100), box(1900, 0, 2000, 100),
    box(-500, 0, -450, 50),
]  # fmt: skip
COLUMNS = {
    "name": "plannaam", "programme": "prog", "status": "fase", "homes": "aantal", "start_year": "jaar",
    "confidential": "vertrouwelijkheid",
}  # fmt: skip
RULE = {"id": "planned", "exclude": "plans", "match": {"programme": {"not_in": ["flex"]}}}


def world(folder: Path, **changes: Any) -> Path:
    vector(folder / "plans.gpkg", SHAPES, **PLANS)
    spec = {"path": "plans.gpkg", "role": "plans", "columns": COLUMNS, "missing": [-9], **changes.pop("plans", {})}
    return one_parcel(folder, layers={"plans": spec}, rules=[RULE], **changes)


def table(path: Path, **changes: Any) -> pd.DataFrame:
    return flexsite.run(flexsite.load(path, changes)).tables["known_projects"]


class TestKnownProjects:
    def test_are_the_plans_with_flex_homes_in_the_area_and_near_it(self, tmp_path: Path) -> None:
        found = table(world(tmp_path)).set_index("id")
        assert list(found.index) == ["p1", "p3", "p5", "p6"]
        assert found["layer"].unique().tolist() == ["plans"]
        assert found["name"].tolist() == ["De Kade", "Geheim hof", "Vlakbij", "Zonder getal"]
        assert found["homes"].tolist() == [40, 25, 7, pd.NA]
        assert found["year"].tolist() == ["2027", "2029", "2031", "2032"]
        assert found["status"].tolist() == ["2A", "4B", "3", ""]
        assert found["inside"].tolist() == [True, True, False, True]
        assert found["confidential"].tolist() == [False, True, False, False]
        assert list(found.loc["p3", ["x", "y", "area"]]) == [150_250, 450_025, 5000]

    def test_take_no_ground(self, tmp_path: Path) -> None:
        result = flexsite.run(flexsite.load(world(tmp_path)))
        assert result.sites["area_m2"].tolist() == [5000.0]

    def test_are_told_of_in_the_record_and_on_the_screen(self, tmp_path: Path) -> None:
        told = cli("run", world(tmp_path), "--out", tmp_path / "run", "--quiet")
        assert "already planned as flex: 65 homes in 3 projects, of which 1 do not say how many" in told.out
        record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
        assert record["known_projects"] == {"projects": 3, "homes": 65, "without_homes": 1, "near": 1}
        lines = (tmp_path / "run" / "known_projects.csv").read_text(encoding="utf-8").splitlines()
        assert lines[0] == "layer,id,name,homes,year,status,inside,confidential,x,y,area"
        assert lines[1] == "plans,p1,De Kade,40,2027,2A,true,false,150025.0,450050.0,5000.0"

    def test_keep_what_is_confidential_out_of_public_studies(self, tmp_path: Path) -> None:
        path = world(tmp_path, audience="public")
        flexsite.run(flexsite.load(path)).write(tmp_path / "run")
        for file in (tmp_path / "run").iterdir():
            assert b"Geheim" not in file.read_bytes(), file.name
        found = table(path).set_index("name")
        assert found.loc["planned", "id"] == "planned"
        assert found.loc["planned", ["x", "y", "area"]].isna().all()
        assert list(found.loc["planned", ["homes", "year", "status"]]) == [25, "2029", "4B"]
        assert found.loc["De Kade", "id"] == "p1"

    def test_of_a_layer_that_does_not_say_what_is_open_are_shown_and_without_a_word_are_not(
        self, tmp_path: Path
    ) -> None:
        path = world(tmp_path, audience="public")
        open_columns = {name: theirs for name, theirs in COLUMNS.items() if name != "confidential"}
        assert "Geheim hof" in table(path, **{"layers.plans.columns": open_columns})["name"].tolist()
        vector(tmp_path / "plans.gpkg", SHAPES, **PLANS | {"vertrouwelijkheid": [None, *["?!"] * 5]})
        assert table(path)["name"].unique().tolist() == ["planned"]

    def test_of_a_private_layer_stay_inside(self, tmp_path: Path) -> None:
        path = world(tmp_path, plans={"private": True}, audience="public")
        result = flexsite.run(flexsite.load(path))
        assert "known_projects" not in result.tables
        result.write(tmp_path / "run")
        assert "flex" not in json.loads((tmp_path / "run" / "run.json").read_text())["layers"]
        assert "known_projects" in flexsite.run(flexsite.load(path, {"audience": "internal"})).tables

    @pytest.mark.parametrize(
        "plans", [{"role": None}, {"columns": {"status": "fase"}}], ids=["without the role", "without a programme"]
    )
    def test_are_not_there_when_no_layer_tells_of_them(self, tmp_path: Path, plans: dict[str, Any]) -> None:
        path = world(tmp_path, plans=plans)
        study = flexsite.load(path, {"rules": []})
        assert "known_projects" not in flexsite.run(study).tables

    def test_are_none_when_all_plans_are_permanent(self, tmp_path: Path) -> None:
        path = world(tmp_path)
        vector(tmp_path / "plans.gpkg", SHAPES, **PLANS | {"prog": ["Regulier permanent"] * 6})
        assert len(table(path)) == 0
        assert "already planned as flex: 0 homes in 0 projects" in cli("run", path, "--out", tmp_path / "r").out
