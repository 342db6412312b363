"""Where sites lie: inside, edge, village or rural, worked out by hand and by brute force."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import shapely
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import flexsite
from flexsite.availability import columns
from flexsite.availability.context import Bounds, of
from flexsite.availability.work import Crew
from flexsite.cache import Cache
from flexsite.errors import InputError
from flexsite.rulebook import context_path
from flexsite.study.column import ContextColumn
from flexsite.study.schema import study_schema
from tests.acceptance.helpers import RD, box, cli, point, profile_file, study_file, vector
from tests.study.schemas import faults

TOWN, HAMLET = box(0, 0, 1000, 1000), box(5000, 0, 5200, 200)
SITES = {
    "in_town": box(400, 400, 500, 500),
    "half_in": box(950, 400, 1050, 500),
    "third_in": box(967, 300, 1067, 400),
    "at_edge": box(1250, 100, 1350, 200),
    "beyond": box(1250.5, 500, 1350.5, 600),
    "in_hamlet": box(5050, 50, 5150, 150),
    "by_hamlet": box(5300, 0, 5400, 100),
    "far": box(9000, 0, 9100, 100),
}
EXPECTED = {
    "in_town": "inside", "half_in": "inside", "third_in": "edge", "at_edge": "edge", "beyond": "rural",
    "in_hamlet": "village", "by_hamlet": "village", "far": "rural",
}  # fmt: skip
VILLAGE = {"context": "urban", "village": {"column": "inhabitants"}}


def country(folder: Path, column: dict[str, Any], *, people: Any = (20_000, 400), **changes: Any) -> Path:
    """A town, a hamlet and parcels in and around them."""
    vector(folder / "area.gpkg", [box(-2000, -2000, 12000, 3000)])
    vector(folder / "parcels.gpkg", list(SITES.values()), code=list(SITES))
    vector(folder / "urban.gpkg", [TOWN, HAMLET], inhabitants=list(people))
    layers = {"parcels": "parcels.gpkg", "urban": {"path": "urban.gpkg", **changes.pop("urban", {})}}
    content = {
        "flexsite": 1, "name": "Country", "crs": RD, "date": "2026-01-01", "term": 10, "area": "area.gpkg",
        "layers": layers, "candidates": {"layer": "parcels", "id": "code"}, "columns": {"context": column},
        "outputs": ["parquet"],
    }  # fmt: skip
    return study_file(folder, content | changes)


def contexts(path: Path, **changes: Any) -> dict[str, Any]:
    sites = flexsite.run(flexsite.load(path, changes)).sites
    told = [context if isinstance(context, str) else None for context in sites["context"]]
    return dict(zip(sites["site_id"], told, strict=True))


class TestTheContext:
    def test_by_hand(self, tmp_path: Path) -> None:
        path = country(tmp_path, VILLAGE)
        assert contexts(path) == EXPECTED
        share = flexsite.run(flexsite.load(path)).sites.set_index("site_id")["context_share"]
        assert share[["in_town", "half_in", "third_in", "far"]].tolist() == [1.0, 0.5, 0.33, 0.0]

    def test_without_villages_a_hamlet_is_as_a_town(self, tmp_path: Path) -> None:
        found = contexts(country(tmp_path, {"context": "urban"}))
        assert found == EXPECTED | {"in_hamlet": "inside", "by_hamlet": "edge"}

    def test_its_numbers_are_the_study_s(self, tmp_path: Path) -> None:
        path = country(tmp_path, VILLAGE)
        assert contexts(path, **{"columns.context.edge": 0})["at_edge"] == "rural"
        assert contexts(path, **{"columns.context.edge": 0})["third_in"] == "edge"
        assert contexts(path, **{"columns.context.edge": 251})["beyond"] == "edge"
        assert contexts(path, **{"columns.context.village.below": 400})["in_hamlet"] == "inside"
        assert contexts(path, **{"columns.context.village.below": 400.5})["in_hamlet"] == "village"

    def test_and_else_the_rulebook_s_each_with_its_certainty(self) -> None:
        book = yaml.safe_load(context_path().read_text(encoding="utf-8"))
        assert all({"value", "unit", "basis", "certainty", "date"} <= set(part) for part in book.values())
        plain = ContextColumn(context="urban")
        assert Bounds.of(plain) == tuple(float(book[name]["value"]) for name in ("inside", "edge", "village"))
        assert Bounds.of(ContextColumn(context="urban", edge=0.0)).edge == 0

    def test_is_empty_where_inhabitants_decide_and_are_not_known(self, tmp_path: Path) -> None:
        found = contexts(country(tmp_path, VILLAGE, people=(20_000, None)))
        assert found == EXPECTED | {"in_hamlet": None, "by_hamlet": None}

    def test_is_empty_where_most_of_a_site_lies_outside_the_coverage(self, tmp_path: Path) -> None:
        vector(tmp_path / "known.gpkg", [box(-10, -10, 1300, 1000), box(8960, 0, 9049, 100)])
        path = country(tmp_path, VILLAGE, urban={"coverage": "known.gpkg"})
        found = contexts(path)
        assert {name for name, context in found.items() if context is None} == {"in_hamlet", "by_hamlet", "far"} | {
            "beyond"
        }
        share = flexsite.run(flexsite.load(path)).sites.set_index("site_id")["context_share"]
        assert share.isna().sum() == 4
        assert found["at_edge"] == "edge", "half of it is known"

    def test_may_be_required(self, tmp_path: Path) -> None:
        requires = {"place": {"column": "context", "in": ["inside", "edge"]}}
        profile_file(tmp_path, "urbanite", requires=requires)
        vector(tmp_path / "known.gpkg", [box(-10, -10, 1500, 1000)])
        path = country(tmp_path, VILLAGE, urban={"coverage": "known.gpkg"}, profiles=["urbanite.yaml"])
        judged = flexsite.run(flexsite.load(path)).suitability.set_index("site_id")
        assert sorted(judged.index[judged["suitable"]]) == ["at_edge", "half_in", "in_town", "third_in"]
        assert judged["failed"].to_dict() == {
            "in_town": "", "half_in": "", "third_in": "", "at_edge": "", "beyond": "place",
            "in_hamlet": "unknown:place", "by_hamlet": "unknown:place", "far": "unknown:place",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("column", "message"),
        [
            ({"context": "towns"}, "the layer 'towns' is not defined"),
            ({"context": "urban", "egde": 5}, "did you mean 'edge'?"),
            ({"context": "urban", "village": {"column": "people"}}, "no column 'people'"),
            ({"context": "urban", "village": {"column": "inhabitants", "below": 0}}, "greater than 0"),
        ],
    )
    def test_that_is_wrong_is_refused(self, tmp_path: Path, column: dict[str, Any], message: str) -> None:
        told = cli("check", country(tmp_path, column))
        assert told.code == 2
        assert told.says(message)
        assert told.says("context") or told.says("urban")

    def test_is_made_from_polygons(self, tmp_path: Path) -> None:
        path = country(tmp_path, {"context": "urban"})
        vector(tmp_path / "urban.gpkg", [point(450, 450)])
        with pytest.raises(InputError, match="lines or points"):
            contexts(path)

    def test_is_kept_and_made_anew_when_its_numbers_change(self, tmp_path: Path) -> None:
        study = flexsite.load(country(tmp_path, VILLAGE))
        wider = flexsite.load(study.path, {"columns.context.edge": 300})
        with Cache(tmp_path / "cache") as cache, patch.object(columns, "join", wraps=columns.join) as made:
            runs = [flexsite.run(one, crew=Crew(1, cache)).sites for one in (study, study, wider)]
        assert made.call_count == 2
        assert runs[0].equals(runs[1])
        assert (runs[0]["context"] == "rural").sum() == (runs[2]["context"] == "rural").sum() + 1

    def test_stands_in_the_schema(self, tmp_path: Path) -> None:
        study = flexsite.load(country(tmp_path, {**VILLAGE, "label": {"nl": "Ligging"}}))
        schema = study_schema()
        assert faults(study.tree, schema, schema) == []
        assert faults(study.resolved(), schema, schema) == []

    def test_of_a_private_layer_stays_inside(self, tmp_path: Path) -> None:
        path = country(tmp_path, VILLAGE, urban={"private": True}, audience="public")
        result = flexsite.run(flexsite.load(path))
        assert not {"context", "context_share"} & set(result.sites.columns)
        result.write(tmp_path / "run")
        assert "inhabitants" not in (tmp_path / "run" / "run.json").read_text(encoding="utf-8")


rectangles = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    st.integers(0, 60), st.integers(0, 60), st.integers(1, 30), st.integers(1, 30),
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(
    st.lists(rectangles, min_size=1, max_size=4),
    st.lists(st.tuples(rectangles, st.sampled_from([100.0, 9000.0, np.nan])), max_size=4),
    st.sampled_from([0.0, 5.0, 20.0]),
)
def test_all_sites_among_random_towns(sites: list[Any], towns: list[tuple[Any, float]], edge: float) -> None:
    shapes = [town for town, _ in towns]
    built, people = np.array(shapes, dtype=object), np.array([count for _, count in towns])
    grounds = np.array(sites, dtype=object)
    found, share = of(grounds, shapely.area(grounds), built, people, Bounds(0.5, edge, 5000.0))
    for site, context, part in zip(sites, found, share, strict=True):
        under = shapely.union_all(built).intersection(site).area / site.area if towns else 0.0
        assert part == pytest.approx(under, abs=1e-4)
        near = [i for i in range(len(towns)) if shapes[i].distance(site) <= edge]
        if not near and under < 0.5:
            assert context == "rural"
            continue
        mine = min(near, key=lambda i: (-round(shapes[i].intersection(site).area, 2), shapes[i].distance(site), i))
        plain = "inside" if part >= 0.5 else "edge"
        assert context == (None if np.isnan(people[mine]) else "village" if people[mine] < 5000 else plain)
