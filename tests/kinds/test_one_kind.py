"""A study of land alone is what it was; commands for one kind say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flexsite
from flexsite.availability import merging
from flexsite.availability.work import Crew
from flexsite.cache import Cache
from flexsite.errors import FlexsiteError
from flexsite.preview.looking import preview
from flexsite.screening import screen
from flexsite.whatif import what_if

from .helpers import box, layer, study

RULES = [
    {"id": "built", "exclude": "blocks", "class": "very_hard"},
    {"id": "for_roofs", "exclude": "wet", "kinds": ["roof"]},
    {"id": "wet", "exclude": "wet"},
]
ALSO = [{"layer": "blocks", "id": "code", "kind": "building", "columns": {"floor_area": "m2"}}]


def ground(folder: Path, also: list[dict[str, Any]] | None = None, **changes: Any) -> Path:
    layer(folder / "parcels.gpkg", [box(0, 0, 100, 100), box(100, 0, 200, 100)], code=["P1", "P2"])
    layer(folder / "blocks.gpkg", [box(20, 20, 40, 40), box(900, 0, 920, 20)], code=["B1", "B2"], m2=[600.0, None])
    layer(folder / "wet.gpkg", [box(150, 0, 300, 100)])
    spec: dict[str, Any] = {"layer": "parcels", "id": "code", "min_area": 100}
    return study(folder, {**spec, "also": also} if also else spec, **{"rules": RULES} | changes)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "run.json"}


class TestLandAlone:
    def test_has_no_word_of_kinds_in_its_outputs(self, tmp_path: Path) -> None:
        result = flexsite.run(flexsite.load(ground(tmp_path, rules=[RULES[0], RULES[2]])))
        result.write(tmp_path / "out")
        assert set(result.sites["kind"]) == {"land"}
        assert "kind" not in result.waterfall["rule"].tolist() and "kinds" not in result.tables
        written = json.loads((tmp_path / "out" / "run.json").read_text())["study"]
        assert "kinds" not in written
        assert not {"also", "columns"} & set(written["candidates"]) and "kinds" not in written["rules"][0]

    def test_goes_the_way_it_went(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The study itself is one group with all candidates, and nothing is merged."""
        monkeypatch.setattr(merging, "_merged", None)
        path = ground(tmp_path, rules=[RULES[0], RULES[2]])
        plain = flexsite.load(path)
        flexsite.run(plain).write(tmp_path / "plain")
        named = flexsite.load(path, {"candidates.kind": "land"})
        flexsite.run(named).write(tmp_path / "named")
        assert files(tmp_path / "plain") == files(tmp_path / "named")

    def test_merging_one_group_gives_the_same_bytes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        study = flexsite.load(ground(tmp_path, rules=[RULES[0], RULES[2]], outputs=["parquet", "excluded", "map"]))
        flexsite.run(study).write(tmp_path / "plain")
        whole = merging.groups

        def halves(study: Any, candidates: Any) -> list[merging.Group]:
            (one,) = whole(study, candidates)
            return [merging.Group(one.study, np.array([row])) for row in range(len(candidates))]

        monkeypatch.setattr(merging, "groups", halves)
        flexsite.run(study).write(tmp_path / "merged")
        assert files(tmp_path / "plain") == files(tmp_path / "merged")


class TestOneOfSeveral:
    def test_a_rule_for_others_keeps_its_row_and_takes_nothing(self, tmp_path: Path) -> None:
        result = flexsite.run(flexsite.load(ground(tmp_path)))
        rows = result.waterfall.set_index("rule")
        assert rows.loc["for_roofs", "removed_ha"] == 0 and rows.loc["wet", "removed_ha"] == 0.5
        assert any("rule 'for_roofs' acts on 0 of 2 candidates" in text for text in result.warnings)

    def test_the_table_of_kinds_adds_up_to_each_profile(self, tmp_path: Path) -> None:
        result = flexsite.run(flexsite.load(ground(tmp_path, ALSO)))
        table = result.tables["kinds"].set_index("kind")
        assert table["sites"].to_dict() == {"land": 2, "building": 2}
        last = result.waterfall[result.waterfall["rule"] == "homes.min"].iloc[0]
        assert table["homes"].sum() == last["homes"] and table["suitable"].sum() == last["sites"]
        result.write(tmp_path / "out")
        assert (tmp_path / "out" / "kinds.csv").exists()

    def test_threads_and_a_cache_change_nothing(self, tmp_path: Path) -> None:
        study = flexsite.load(ground(tmp_path, ALSO, outputs=["parquet", "excluded", "map", "gpkg"]))
        flexsite.run(study, crew=Crew(1)).write(tmp_path / "one")
        with Cache.temporary() as cache:
            for name in ("two", "three"):
                flexsite.run(study, crew=Crew(2, cache)).write(tmp_path / name)
        assert files(tmp_path / "one") == files(tmp_path / "two") == files(tmp_path / "three")

    def test_a_further_layer_may_have_nothing_here(self, tmp_path: Path) -> None:
        path = ground(tmp_path, ALSO)
        layer(tmp_path / "blocks.gpkg", [box(9000, 0, 9020, 20)], code=["B9"], m2=[1.0])
        result = flexsite.run(flexsite.load(path))
        assert result.sites["site_id"].tolist() == ["P1", "P2"]
        assert any("0 candidates of the layer 'blocks' lie in the area" in text for text in result.warnings)

    def test_a_public_study_keeps_what_private_buildings_hold(self, tmp_path: Path) -> None:
        path = ground(tmp_path, ALSO, audience="public")
        loaded = flexsite.load(path, {"layers.blocks.private": True})
        shown = flexsite.run(loaded).sites
        assert not {"floor_area", "vacant_years", "function", "storeys"} & set(shown.columns)
        assert "floor_area" in flexsite.run(flexsite.load(path)).sites.columns


class TestCommandsOfOneKind:
    def test_a_preview_and_what_if_refuse_several_layers(self, tmp_path: Path) -> None:
        several = flexsite.load(ground(tmp_path, ALSO))
        with pytest.raises(FlexsiteError, match="a preview looks at candidates of one layer, and this study has 2"):
            preview(several, tmp_path / "out")
        with pytest.raises(FlexsiteError, match=r"what if looks at candidates of one layer.*candidates\.also=null"):
            what_if(several)

    def test_they_leave_out_rules_that_do_not_act(self, tmp_path: Path) -> None:
        alone = flexsite.load(ground(tmp_path, ALSO), {"candidates.also": None})
        exact = flexsite.run(alone).waterfall
        rows = what_if(alone).waterfall()
        assert rows["rule"].tolist() == ["start", "built", "wet", "min_area"]
        assert rows.iloc[-1]["area_ha"] == exact[exact["rule"] == "min_size"]["area_ha"].iloc[0]
        seen = preview(alone, tmp_path / "out", cell=10, exact=True).waterfall
        assert "for_roofs" not in seen["rule"].tolist()

    def test_plots_are_of_the_first_kind_with_what_it_needs_by_the_same_names(self, tmp_path: Path) -> None:
        layer(tmp_path / "parks.gpkg", [box(0, 0, 100, 100)], code=["A"], used=[0.5])
        layer(tmp_path / "plots.gpkg", [box(300, 0, 400, 100)], code=["X"], used=[0.25])
        layer(tmp_path / "bare.gpkg", [box(300, 0, 400, 100)], code=["X"])
        spec = {"layer": "parks", "id": "code", "kind": "partly_used", "columns": {"used_share": "used"}}
        loaded = flexsite.load(study(tmp_path, spec))
        assert screen(tmp_path / "plots.gpkg", loaded).plots["tester_homes_fit"].tolist() == [30]
        bare = screen(tmp_path / "bare.gpkg", loaded).plots
        assert bare["tester_failed"].tolist() == ["unknown:used"] and bare["tester_homes_fit"].tolist() == [0]
