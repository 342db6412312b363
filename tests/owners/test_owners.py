"""Whose land a site is, by count and by area, worked out by hand and by another way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.availability.owners import shares
from flexsite.availability.sites import Sites
from flexsite.errors import InputError, InputErrors
from flexsite.outputs.owners import OWNERS
from flexsite.study.owners import OWNER_CLASSES, RIGHTS
from tests.acceptance.helpers import box, cli, ids, line, raster, run_study, vector

from .worlds import HECTARE, row_of, world


def columns(result: Any, *names: str) -> list[tuple[Any, ...]]:
    return list(result.sites[list(names)].itertuples(index=False, name=None))


def by(table: pd.DataFrame, profile: str, column: str) -> dict[str, float]:
    rows = table[table["profile"] == profile].set_index("owner_class")[column]
    return {name: value for name, value in rows.items() if pd.notna(value) and value}


class TestASite:
    def test_belongs_to_whom_holds_most_of_it(self, tmp_path: Path) -> None:
        owned = [box(0, 0, 60, 100), box(60, 0, 100, 100), box(200, 0, 300, 100)]
        result = run_study(world(tmp_path, 3, owned, {"naam": ["Gemeente Urk", "Jansen", "Bouw B.V."]}))
        assert columns(result, "owner_class", "owner_share", "price_class") == [
            ("municipality", 0.6, "middle"),
            ("commercial", 1.0, "high"),
            ("unknown", 1.0, "unknown"),
        ]
        assert "right" not in result.sites.columns

    def test_is_of_unknown_owner_where_most_of_it_is(self, tmp_path: Path) -> None:
        """A strip of the neighbour's road makes no municipal land."""
        owned = [box(-50, 0, 5, 100), box(200, 0, 250, 100)]
        result = run_study(world(tmp_path, 2, owned, {"naam": ["Gemeente Urk", "Gemeente Urk"]}))
        assert columns(result, "owner_class", "owner_share") == [("unknown", 0.95), ("municipality", 0.5)]

    def test_with_equal_shares_goes_by_code_point_order(self, tmp_path: Path) -> None:
        owned = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
        for names in (["Provincie Flevoland", "Gemeente Urk"], ["Gemeente Urk", "Provincie Flevoland"]):
            assert columns(run_study(world(tmp_path, 1, owned, {"naam": names})), "owner_class") == [("municipality",)]

    def test_counts_parcels_of_one_class_together(self, tmp_path: Path) -> None:
        owned = [box(0, 0, 40, 100), box(40, 0, 70, 100), box(70, 0, 100, 100)]
        result = run_study(world(tmp_path, 1, owned, {"naam": ["Gemeente Urk", "Jansen", "Pietersen"]}))
        assert columns(result, "owner_class", "owner_share") == [("other", 0.6)]

    def test_without_a_name_has_no_known_owner(self, tmp_path: Path) -> None:
        names = [None, "n.v.t.", "  "]
        result = run_study(world(tmp_path, 3, row_of(3), {"naam": names}))
        assert columns(result, "owner_class") == [("unknown",)] * 3
        assert any("tells of no owner here" in text for text in result.warnings)

    def test_shared_by_two_owners_counts_once(self, tmp_path: Path) -> None:
        """A register has a row for each of those who own a parcel together."""
        owned = [box(0, 0, 100, 100)] * 3
        result = run_study(world(tmp_path, 1, owned, {"naam": ["Gemeente Urk", "Jansen", "Pietersen"]}))
        areas = by(result.tables["owners"], "", "area_ha")
        assert areas == {"municipality": 0.5, "other": 0.5}


class TestRights:
    def rights(self, folder: Path, rows: list[tuple[str, str | None]], shapes: list[Any] | None = None) -> Any:
        owned = shapes or [box(0, 0, 100, 100)] * len(rows)
        names, rights = (list(part) for part in zip(*rows, strict=True))
        keys = {"owners": {"layer": "owned", "name": "naam", "right": "recht"}}
        return run_study(world(folder, 1, owned, {"naam": names, "recht": rights}, **keys))

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            ([("Gemeente Urk", "Eigendom (recht van)")], ("municipality", "ownership")),
            ([("Gemeente Urk", "Eigendom belast met erfpacht")], ("municipality_leased", "erfpacht")),
            ([("Gemeente Urk", "erfpacht")], ("municipality_leased", "erfpacht")),
            ([("Gemeente Urk", "Eigendom"), ("Jansen", "Erfpacht (recht van)")], ("municipality_leased", "erfpacht")),
            ([("Jansen", "Erfpacht (recht van)"), ("Gemeente Urk", "Eigendom")], ("municipality_leased", "erfpacht")),
            ([("Provincie Flevoland", "Eigendom"), ("Jansen", "Erfpacht")], ("province", "erfpacht")),
            ([("Gemeente Urk", "Eigendom"), ("Liander N.V.", "Opstal (recht van)")], ("municipality", "opstal")),
            ([("Jansen", "Erfpacht (recht van)")], ("other", "erfpacht")),
            ([("Jansen", "Eigendom"), ("Pietersen", "Vruchtgebruik (recht van)")], ("other", "ownership")),
            ([("Gemeente Urk", None)], ("municipality", "unknown")),
        ],
    )
    def test_leased_land_is_told_apart(
        self, tmp_path: Path, rows: list[tuple[str, str | None]], expected: tuple[str, str]
    ) -> None:
        result = self.rights(tmp_path, rows)
        assert columns(result, "owner_class", "right", "owner_share") == [(*expected, 1.0)]
        assert by(result.tables["owners"], "", "area_ha") == {expected[0]: 1.0}

    def test_the_right_is_that_of_the_largest_owner(self, tmp_path: Path) -> None:
        shapes = [box(0, 0, 35, 100), box(35, 0, 60, 100), box(60, 0, 100, 100)]
        rows = [("Gemeente Urk", "Eigendom"), ("Gemeente Ede", "Opstal"), ("Jansen", "Erfpacht")]
        result = self.rights(tmp_path, rows, shapes)
        assert columns(result, "owner_class", "owner_share", "right") == [("municipality", 0.6, "ownership")]


class TestClasses:
    def classes(self, folder: Path, values: list[Any], **owners: Any) -> Any:
        keys = {"owners": {"layer": "owned", "class": "klasse", **owners}}
        return run_study(world(folder, len(values), row_of(len(values)), {"klasse": values}, **keys))

    def test_of_ones_own_are_mapped(self, tmp_path: Path) -> None:
        result = self.classes(tmp_path, [1, 2, 3], classes={1: "state", 2: "municipality_leased"})
        assert columns(result, "owner_class") == [("state",), ("municipality_leased",), ("unknown",)]
        assert [text for text in result.warnings if text.startswith("owners: 1 of 3 features")]

    def test_usual_words_and_our_own_need_no_mapping(self, tmp_path: Path) -> None:
        words = ["Gemeente", "rijk", "NatuurOrganisatie", "particulier", "Overigen", "bedrijf", "water_board", None]
        found = [one for (one,) in columns(self.classes(tmp_path, words), "owner_class")]
        assert found == [
            "municipality", "state", "nature_organisation", "other", "other", "commercial", "water_board", "unknown",
        ]  # fmt: skip

    def test_every_class_has_words_of_its_own(self, tmp_path: Path) -> None:
        found = dict(columns(self.classes(tmp_path, list(OWNER_CLASSES)), "site_id", "owner_class"))
        assert found == {f"K{place + 1}": name for place, name in enumerate(OWNER_CLASSES)}


class TestMarks:
    def test_public_land_must_be_offered_to_all(self, tmp_path: Path) -> None:
        names = ["Gemeente Urk", "De Staat (Defensie)", "Provincie Flevoland", "Jansen", "Bouw B.V.", "Stichting Ymere"]
        result = run_study(world(tmp_path, 6, row_of(6), {"naam": names}))
        assert [ids(text) for text in result.sites["marks"]] == [["public_selection"]] * 3 + [[]] * 3

    def test_also_a_part_that_counts_and_no_sliver(self, tmp_path: Path) -> None:
        owned = [box(0, 0, 2, 100), box(200, 0, 200.5, 100)]
        result = run_study(world(tmp_path, 2, owned, {"naam": ["Gemeente Urk"] * 2}))
        assert result.sites["marks"].tolist() == ["public_selection", ""]
        assert result.sites["owner_class"].tolist() == ["unknown", "unknown"]

    def test_pre_emption_and_where_nothing_is_known_of_it(self, tmp_path: Path) -> None:
        vector(tmp_path / "pre.gpkg", [box(0, 0, 10, 100), box(205, 5, 215, 7)])
        vector(tmp_path / "known.gpkg", [box(-50, -50, 350, 150)])
        result = run_study(
            world(
                tmp_path, 3, row_of(3), {"naam": ["Jansen"] * 3},
                layers={"pre": {"path": "pre.gpkg", "coverage": "known.gpkg"}},
                owners={"layer": "owned", "name": "naam", "preemption": "pre"},
            )
        )  # fmt: skip
        assert columns(result, "marks", "unknown") == [("preemption", ""), ("", ""), ("", "preemption")]

    def test_of_pre_emption_completeness_may_be_assumed_and_of_owners_not(self, tmp_path: Path) -> None:
        vector(tmp_path / "pre.gpkg", row_of(1))
        owners = {"layer": "owned", "name": "naam", "preemption": "pre"}
        layers = {"pre": "pre.gpkg"}
        result = run_study(world(tmp_path, 1, row_of(1), {"naam": ["Jansen"]}, layers=layers, owners=owners))
        assert result.assumed_complete == ["pre"]


class TestTheTable:
    """Case 9 of the seeds: owner shares by count and by area, both printed."""

    def case(self, folder: Path, **keys: Any) -> Path:
        """K1 is 60 municipal and 40 private, K2 private, K3 a company's and small, K4 nobody knows."""
        vector(folder / "lake.gpkg", [box(420, 0, 500, 100)])
        owned = [box(0, 0, 60, 100), box(60, 0, 100, 100), box(200, 0, 300, 100), box(400, 0, 500, 100)]
        return world(
            folder, 4, owned, {"naam": ["Gemeente Urk", "Jansen", "Pietersen", "Bouw B.V."]},
            layers={"lake": "lake.gpkg"}, rules=[{"id": "lake", "exclude": "lake"}],
            profiles=[{"id": "tester", "unit": {"homes_per_ha": 40}, "homes": {"min": 20}}], **keys,
        )  # fmt: skip

    def test_counts_sites_by_their_largest_owner_and_ground_by_who_has_it(self, tmp_path: Path) -> None:
        table = run_study(self.case(tmp_path)).tables["owners"]
        assert by(table, "", "sites") == {"municipality": 1, "other": 1, "commercial": 1, "unknown": 1}
        assert by(table, "", "share_sites") == {
            "municipality": 0.25,
            "other": 0.25,
            "commercial": 0.25,
            "unknown": 0.25,
        }
        assert by(table, "", "area_ha") == {"municipality": 0.6, "other": 1.4, "commercial": 0.2, "unknown": 1.0}
        assert by(table, "", "share_area") == pytest.approx(
            {"municipality": 0.6 / 3.2, "other": 1.4 / 3.2, "commercial": 0.2 / 3.2, "unknown": 1.0 / 3.2}
        )
        assert by(table, "", "homes") == {}
        assert by(table, "tester", "sites") == {"municipality": 1, "other": 1, "unknown": 1}
        assert by(table, "tester", "area_ha") == {"municipality": 0.6, "other": 1.4, "unknown": 1.0}
        assert by(table, "tester", "homes") == {"municipality": 40, "other": 40, "unknown": 40}

    def test_has_a_row_for_every_class_also_without_a_site(self, tmp_path: Path) -> None:
        table = run_study(self.case(tmp_path)).tables["owners"]
        assert list(table.columns) == list(OWNERS)
        assert table.groupby("profile", sort=False)["owner_class"].agg(list).to_dict() == {
            "": list(OWNER_CLASSES), "tester": list(OWNER_CLASSES),
        }  # fmt: skip

    def test_is_written_and_printed_both_ways(self, tmp_path: Path) -> None:
        done = cli("run", self.case(tmp_path), "--out", tmp_path / "out", "--quiet", "--no-cache")
        assert done.code == 0, done.err
        found = pd.read_csv(tmp_path / "out" / "owners.csv", keep_default_na=False)
        assert found["sites"].sum() == 7
        lines = [text for text in done.out.splitlines() if text.startswith("owners of ")]
        assert [text.partition(" by count: ")[0] for text in lines] == [
            "owners of all available sites",
            "owners of sites suitable for tester",
        ]
        first, second = (text.partition(" by count: ")[2].split("; by area: ") for text in lines)
        assert first == [
            "municipality 25 %, commercial 25 %, other 25 %, unknown 25 %",
            "other 43.8 %, unknown 31.2 %, municipality 18.8 %, commercial 6.25 %",
        ]
        assert second == [
            "municipality 33.3 %, other 33.3 %, unknown 33.3 %",
            "other 46.7 %, unknown 33.3 %, municipality 20 %",
        ]

    def test_of_nothing_suitable_has_no_shares(self, tmp_path: Path) -> None:
        table = run_study(
            world(
                tmp_path, 1, row_of(1), {"naam": ["Jansen"]},
                profiles=[{"id": "tester", "unit": {"homes_per_ha": 1}, "homes": {"min": 20}}],
            )
        ).tables["owners"]  # fmt: skip
        none = table[table["profile"] == "tester"]
        assert none["sites"].sum() == 0 and none["share_sites"].isna().all() and none["share_area"].isna().all()

    def test_needs_owners(self, tmp_path: Path) -> None:
        result = run_study(world(tmp_path, 1, row_of(1), {"naam": ["Jansen"]}, owners=None))
        assert "owners" not in result.tables and "owner_class" not in result.sites.columns


class TestRequirements:
    def test_may_ask_for_an_owner_and_unknown_is_no_answer(self, tmp_path: Path) -> None:
        profile = {
            "id": "tester",
            "unit": {"homes_per_ha": 40},
            "requires": {"own": {"column": "owner_class", "in": ["corporation", "municipality"]}},
        }
        names = ["Gemeente Urk", "Jansen", None]
        result = run_study(world(tmp_path, 3, row_of(3), {"naam": names}, profiles=[profile]))
        assert result.suitability["failed"].tolist() == ["", "own", "unknown:own"]

    def test_may_ask_for_time_to_prepare(self, tmp_path: Path) -> None:
        profile = {
            "id": "tester",
            "unit": {"homes_per_ha": 40},
            "requires": {
                "soon": {"column": "lead_months", "at_most": 11},
                "few": {"column": "moves", "at_most": 1},
                "bridge": {"column": "bridging", "in": [False]},
            },
        }
        keys: dict[str, Any] = {"lead_times": {"owner": {"municipality": 6, "other": 12}}, "profiles": [profile]}
        result = run_study(world(tmp_path, 2, row_of(2), {"naam": ["Gemeente Urk", "Jansen"]}, **keys))
        assert result.suitability["failed"].tolist() == ["", "soon"]


def test_screened_plots_have_owners_too(tmp_path: Path) -> None:
    path = world(tmp_path, 1, row_of(2), {"naam": ["Gemeente Urk", "Jansen"]}, lead_times="nl")
    vector(tmp_path / "plots.gpkg", row_of(2), plot_id=["a", "b"])
    done = cli("screen", tmp_path / "plots.gpkg", "--study", path, "--out", tmp_path / "out", "--quiet")
    assert done.code == 0, done.err
    plots = pd.read_csv(tmp_path / "out" / "screen.csv")
    assert plots["owner_class"].tolist() == ["municipality", "other"]
    assert plots["lead_months"].tolist() == [12, 18]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 250), st.integers(0, 90), st.integers(5, 120), st.integers(5, 60), st.integers(0, 8),
            st.integers(0, 4),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_areas_equal_those_of_another_way(drawn: list[Any]) -> None:
    """Overlapping rectangles over two sites, against unions and intersections one by one."""
    geometry = np.array(row_of(2), dtype=object)
    sites = Sites(np.arange(2), geometry, np.full(2, HECTARE))
    shapes = [box(x, y, x + width, y + height) for x, y, width, height, _, _ in drawn]
    held, right = (np.array([one[place] for one in drawn], dtype=np.intp) for place in (4, 5))
    polygons = np.array([*shapes, None], dtype=object)[:-1]
    area, rights = shares(sites, polygons, held, right)
    assert area.sum(axis=1) == pytest.approx([HECTARE] * 2, abs=0.02)
    for row, site in enumerate(geometry):
        by_right = np.zeros((len(OWNER_CLASSES), len(RIGHTS)))
        for owner, what in set(zip(held.tolist(), right.tolist(), strict=True)):
            mine = [shape for shape, *code in zip(shapes, held, right, strict=True) if code == [owner, what]]
            by_right[owner, what] = shapely.intersection(shapely.union_all(mine), site).area
        by_right *= min(HECTARE / max(by_right.sum(), 1e-9), 1.0)
        by_right[-1, -1] = HECTARE - by_right.sum()
        assert area[row] == pytest.approx(by_right.sum(axis=1), abs=0.02)
        largest = by_right[np.argmax(area[row])]
        assert largest[rights[row]] >= largest.max() - 0.02


class TestRefusals:
    def refused(self, folder: Path, *signs: str, **keys: Any) -> None:
        path = world(folder, 1, row_of(1), {"naam": ["Zaphod Beeblebrox"], "klasse": ["Zaphod Beeblebrox"]}, **keys)
        with pytest.raises((InputError, InputErrors)) as caught:
            run_study(path)
        for sign in signs:
            assert sign in str(caught.value)
        assert "Zaphod" not in str(caught.value)
        checked = cli("check", path)
        assert checked.code == 2 and "Zaphod" not in checked.err + checked.out

    @pytest.mark.parametrize(
        ("owners", "sign"),
        [
            ({"layer": "owned"}, "either 'name' or 'class'"),
            ({"layer": "owned", "name": "naam", "class": "klasse"}, "either 'name' or 'class'"),
            ({"layer": "owned", "name": "naam", "classes": {"a": "state"}}, "'classes' belongs to 'class'"),
            ({"layer": "owned", "class": "klasse", "patterns": "my.yaml"}, "'patterns' belongs to 'name'"),
            ({"layer": "owned", "class": "klasse", "classes": {"Zaphod Beeblebrox": "stat"}}, "did you mean 'state'"),
            ({"layer": "owners", "name": "naam"}, "did you mean 'owned'"),
            ({"layer": "owned", "name": "name"}, "naam"),
            ({"layer": "owned", "name": "naam", "preemption": "pre"}, "'pre' is not defined"),
            ({"layer": "owned", "name": "naam", "patterns": "my.yaml"}, "my.yaml"),
        ],
    )
    def test_say_what_is_wrong(self, tmp_path: Path, owners: dict[str, Any], sign: str) -> None:
        self.refused(tmp_path, sign, owners=owners)

    def test_names_as_a_column_of_the_sites(self, tmp_path: Path) -> None:
        layers = {"again": {"path": "owned.gpkg", "columns": {"who": "naam"}}}
        for name, column in (("owned", "naam"), ("again", "who")):
            joined = {"owner": {"layer": name, "column": column}}
            self.refused(tmp_path, "columns.owner", "personal data", layers=layers, columns=joined)

    def test_names_as_ids(self, tmp_path: Path) -> None:
        self.refused(tmp_path, "candidates", "personal data", candidates={"layer": "owned", "id": "naam"})

    def test_a_column_or_rule_that_bears_our_name(self, tmp_path: Path) -> None:
        joined = {"owner_class": {"layer": "owned", "column": "klasse"}}
        self.refused(tmp_path, "owner_class", "twice", columns=joined)
        self.refused(tmp_path, "public_selection", rules=[{"id": "public_selection", "mark": "owned"}])

    def test_lines_and_rasters(self, tmp_path: Path) -> None:
        vector(tmp_path / "road.gpkg", [line((0, 0), (100, 100))], naam=["Zaphod Beeblebrox"])
        raster(tmp_path / "noise.tif", [[1.0, 2.0], [3.0, 4.0]], cell=50)
        layers = {"road": "road.gpkg", "noise": "noise.tif"}
        self.refused(tmp_path, "not polygons", "road", layers=layers, owners={"layer": "road", "name": "naam"})
        self.refused(tmp_path, "raster", "noise", layers=layers, owners={"layer": "noise", "name": "naam"})
        for name in layers:
            owners = {"layer": "owned", "name": "naam", "preemption": name}
            self.refused(tmp_path, name, layers=layers, owners=owners)

    @pytest.mark.parametrize(
        ("lead", "sign"),
        [
            ("de", "no built-in lead times 'de'"),
            ({"owner": {"municipal": 3}}, "lead_times"),
            ({"route": {"forbidden": 3}}, "lead_times"),
            ({"owner": {"state": -1}}, "lead_times"),
            ({"owners": {"state": 1}}, "did you mean 'owner'"),
        ],
    )
    def test_of_lead_times(self, tmp_path: Path, lead: Any, sign: str) -> None:
        self.refused(tmp_path, sign, lead_times=lead)


def test_a_check_of_a_right_study_finds_nothing(tmp_path: Path) -> None:
    done = cli("check", world(tmp_path, 1, row_of(1), {"naam": ["Jansen"]}, lead_times="nl", terms=[5, 10]))
    assert done.code == 0, done.err


def test_sites_by_owner_are_those_of_a_spatial_join(tmp_path: Path) -> None:
    """A grid over a patchwork of owners, against geopandas' overlay."""
    rng = np.random.default_rng(5)
    xs = np.cumsum([0, *rng.integers(30, 170, 8)])
    names = ["Gemeente Urk", "Jansen", "Bouw B.V.", "Waterschap Zuiderzeeland"]
    shapes = [box(a, -100, b, 300) for a, b in zip(xs[:-1].tolist(), xs[1:].tolist(), strict=True)]
    given_names = [names[place] for place in rng.integers(0, 4, len(shapes))]
    path = world(tmp_path, 1, shapes, {"naam": given_names}, candidates={"grid": 100})
    result = run_study(path)
    owned = gpd.GeoDataFrame({"naam": given_names}, geometry=shapes, crs=result.sites.crs)
    pieces = gpd.overlay(result.sites[["site_id", "geometry"]], owned, keep_geom_type=False)
    pieces["area"] = pieces.geometry.area
    mean = {"Gemeente Urk": "municipality", "Jansen": "other", "Bouw B.V.": "commercial"}
    total = pieces.groupby("naam")["area"].sum() / HECTARE
    found = by(result.tables["owners"], "", "area_ha")
    assert {name: found.pop(mean.get(name, "water_board")) for name in total.index} == pytest.approx(
        total.to_dict(), abs=1e-4
    )
    assert set(found) == {"unknown"}
