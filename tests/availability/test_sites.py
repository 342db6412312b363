"""Sites: connected parts, their size, their width, their number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.availability.sites import Parts, Sites, numbered, parts_of, placeholders
from flexsite.candidates import Candidates
from flexsite.errors import InputError
from flexsite.study.layer import Candidates as Spec

from .helpers import boxes, candidates, strip

NAMES = ("candidate", "geometry", "area_m2")


def found(rows: Candidates, **spec: Any) -> tuple[Parts, dict[str, Any]]:
    parts = parts_of(rows.geometry, Spec(layer="parcels", **spec))
    ids, result = named(parts.sites(), rows)
    assert ids == sorted(ids)
    assert result.area_m2.tolist() == np.round(shapely.area(result.geometry), 2).tolist()
    return parts, dict(zip(ids, result.geometry, strict=True))


def named(sites: Sites, rows: Candidates) -> tuple[list[str], Sites]:
    """Ids of sites and the sites in their order."""
    bounds = shapely.bounds(sites.geometry).reshape(-1, 4)
    ids, order = numbered(sites.candidate, bounds, sites.area_m2, rows.ids)
    return ids[order].tolist(), Sites(sites.candidate[order], sites.geometry[order], sites.area_m2[order])


def many(*parts: Any) -> shapely.MultiPolygon:
    return shapely.MultiPolygon(parts)


def test_one_part_bears_the_candidates_id_and_several_a_number() -> None:
    _, sites = found(candidates(a=strip(0, 10), b=many(strip(20, 25), strip(30, 40))))
    assert {name: site.area for name, site in sites.items()} == {"a": 1000, "b.1": 1000, "b.2": 500}


def test_ties_go_by_the_smallest_x_then_y() -> None:
    squares = [shapely.box(x, y, x + 10, y + 10) for x, y in ((20, 0), (0, 40), (0, 20), (40, -20))]
    _, sites = found(candidates(k=many(*squares)))
    assert [sites[f"k.{n}"].bounds[:2] for n in (1, 2, 3, 4)] == [(0, 20), (0, 40), (20, 0), (40, -20)]


def test_only_kept_parts_are_numbered() -> None:
    rows = candidates(k=many(strip(0, 10), strip(20, 28), strip(40, 41)), m=many(strip(100, 103), strip(110, 120)))
    parts, sites = found(rows, min_area=500)
    assert list(sites) == ["k.1", "k.2", "m"]
    assert parts.kept.sum() == 3 and len(parts.kept) == 5


def test_ten_parts_and_code_point_order() -> None:
    _, sites = found(candidates(k=many(*(strip(20 * i, 20 * i + 15 - i) for i in range(11)))))
    assert list(sites)[:3] == ["k.1", "k.10", "k.11"]
    assert sites["k.11"].area == 500


def test_parts_that_share_a_corner_are_two() -> None:
    _, sites = found(candidates(k=many(shapely.box(0, 0, 10, 10), shapely.box(10, 10, 20, 20))))
    assert list(sites) == ["k.1", "k.2"]


@pytest.mark.parametrize(("width", "kept"), [(9.9, True), (10, False), (10.1, False)])
def test_the_width_is_that_of_the_widest_place(width: float, kept: bool) -> None:
    """A shape 10 m wide has an empty core at exactly 10 m, as the design's buffer says."""
    assert bool(found(candidates(k=strip(0, 10)), min_width=width)[1]) == kept


def test_the_part_keeps_its_whole_shape() -> None:
    dumbbell = shapely.union_all([shapely.box(0, 0, 30, 30), shapely.box(30, 14, 60, 16), shapely.box(60, 0, 90, 30)])
    _, sites = found(candidates(k=dumbbell), min_width=20)
    assert sites["k"].equals(dumbbell)


def test_area_is_inclusive_and_rounded_first() -> None:
    assert found(candidates(k=strip(0, 10)), min_area=1000)[1]
    assert not found(candidates(k=strip(0, 10)), min_area=1000.01)[1]
    assert found(candidates(k=shapely.box(0, 0, 100, 9.99996)), min_area=1000)[1]
    assert not found(candidates(k=shapely.box(0, 0, 0.05, 0.05)))[1], "an area that rounds to nothing is no site"


def test_two_equal_ids_are_refused() -> None:
    with pytest.raises(InputError, match=r"two sites would bear the id 'k\.1'") as caught:
        found(candidates(**{"k": many(strip(0, 10), strip(20, 30)), "k.1": strip(50, 60)}))
    assert "'k'" in caught.value.where and "'k.1'" in caught.value.where and "rename" in caught.value.remedy


def test_equal_ids_are_no_matter_while_one_part_is_too_small() -> None:
    _, sites = found(candidates(**{"k": many(strip(0, 10), strip(20, 21)), "k.1": strip(50, 60)}), min_area=500)
    assert list(sites) == ["k", "k.1"]


@settings(deadline=None)
@given(st.lists(st.lists(boxes, min_size=1, max_size=4), min_size=1, max_size=4), st.sampled_from([0, 20, 90]))
def test_numbers_against_a_naive_count(shapes: list[list[Any]], least: float) -> None:
    rows = candidates(**{f"c{i}": shapely.union_all(one) for i, one in enumerate(shapes)})
    _, sites = found(rows, min_area=least)
    expected = {}
    for name, shape in zip(rows.ids, rows.geometry, strict=True):
        kept = [part for part in getattr(shape, "geoms", [shape]) if part.area >= max(least, 0.01)]
        kept.sort(key=lambda part: (-part.area, part.bounds[0], part.bounds[1]))
        expected |= {f"{name}.{n}" if len(kept) > 1 else name: part for n, part in enumerate(kept, 1)}
    assert set(sites) == set(expected)
    assert all(sites[name].area == part.area and sites[name].bounds == part.bounds for name, part in expected.items())


class TestPlaceholders:
    """Screening keeps a row for a plot without any site."""

    def placed(self, rows: Candidates, kept: list[str]) -> tuple[list[str], Sites, list[str]]:
        """Ids of all, the sites, and which of them stand in."""
        parts = parts_of(rows.geometry, Spec(layer="parcels"))
        keep = np.isin(rows.ids[parts.candidate], kept)
        own = Parts(parts.candidate, parts.geometry, parts.area_m2, keep).sites()
        stood = placeholders(own, rows.geometry)
        both = Sites(*(np.concatenate([getattr(own, name), getattr(stood, name)]) for name in NAMES))
        ids, merged = named(both, rows)
        return ids, merged, rows.ids[stood.candidate].tolist()

    def test_the_largest_part_stands_for_it(self) -> None:
        rows = candidates(a=strip(0, 10), b=many(strip(20, 22), strip(30, 38)), c=strip(50, 60))
        ids, merged, names = self.placed(rows, ["c"])
        assert names == ["a", "b"]
        assert ids == ["a", "b", "c"]
        assert merged.area_m2.tolist() == [1000, 800, 1000]
        assert rows.ids[merged.candidate].tolist() == ["a", "b", "c"]

    def test_none_is_needed(self) -> None:
        ids, _, names = self.placed(candidates(a=strip(0, 10)), ["a"])
        assert (ids, names) == (["a"], [])

    def test_it_may_not_bear_the_id_of_a_site(self) -> None:
        rows = candidates(**{"k": many(strip(0, 10), strip(20, 30)), "k.1": strip(50, 60)})
        with pytest.raises(InputError, match="two sites would bear"):
            self.placed(rows, ["k"])
