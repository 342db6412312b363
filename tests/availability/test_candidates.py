"""Candidates: cells of a grid, polygons of a layer, neighbours joined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from flexsite import candidates
from flexsite.candidates import _cells, _joined, build, overlaps
from flexsite.errors import InputError
from flexsite.flat import Flat
from flexsite.geometry import rounded_area
from flexsite.layers import Layers
from flexsite.notices import Notices
from flexsite.study.models import Study

from .helpers import boxes, objects, shapes, strip

AREA = shapely.box(0, 0, 1000, 1000)


class TestCells:
    def test_ids_are_the_metres_of_the_lower_left_corner(self) -> None:
        ids, _ = _cells(100, shapes(shapely.box(-150, 99, 40, 201)))
        assert set(ids) == {f"E{x}N{y}" for x in (-200, -100, 0) for y in (0, 100, 200)}
        assert set(_cells(0.5, shapes(shapely.box(0, 0, 1, 0.5)))[0]) == {"E0N0", "E0.5N0"}

    @settings(max_examples=30, deadline=None)
    @given(st.lists(boxes, min_size=1, max_size=3), st.sampled_from([3, 7, 10, 12.5]))
    def test_cells_are_clipped_and_tile_the_area(self, area: list[Any], size: float) -> None:
        ids, flat = _cells(size, shapes(*area))
        cells = flat.geometry()
        whole = shapely.union_all(area)
        assert len(set(ids)) == len(ids)
        assert shapely.area(cells).sum() == pytest.approx(whole.area, abs=1e-9)
        for name, cell in zip(ids, cells, strict=True):
            x, y = (float(part) for part in name[1:].split("N"))
            assert x % size == y % size == 0
            full = shapely.box(x, y, x + size, y + size)
            assert cell.symmetric_difference(full.intersection(whole)).area == 0
            assert cell.area > 0

    @pytest.mark.parametrize("size", [7.0, 10.0, 33.3, 100.0])
    def test_blocks_of_cells_do_not_show(self, size: float, monkeypatch: pytest.MonkeyPatch) -> None:
        """A heavy area with a hole, cut in pieces on multiples of a kilometre."""
        area = shapely.Point(1000, 700).buffer(600, quad_segs=200).difference(shapely.box(900, 600, 1010, 703))
        found = {}
        for block in (1, 5, 1000):
            monkeypatch.setattr(candidates, "_BLOCK", block)
            ids, cells = _cells(size, shapes(area))
            order = np.argsort(ids.astype(str))
            found[block] = (ids[order].tolist(), shapely.to_wkb(cells.take(order).geometry()).tolist())
        assert found[1] == found[5] == found[1000]
        assert shapely.area(cells.geometry()).sum() == pytest.approx(area.area, abs=0.1)  # without slivers


class TestJoin:
    def groups(self, **items: tuple[Any, Any]) -> dict[str, float]:
        ids, joined = _joined(
            objects(list(items)), shapes(*(box for box, _ in items.values())), objects([v for _, v in items.values()])
        )
        return {name: shape.area for name, shape in zip(ids, joined, strict=True)}

    def test_neighbours_with_an_equal_value_become_one_with_the_smallest_id(self) -> None:
        found = self.groups(
            c=(strip(0, 10), "x"), a=(strip(10, 20), "x"), b=(strip(20, 30), "y"), B=(strip(30, 40), "y")
        )
        assert found == {"a": 2000, "B": 2000}

    def test_ids_compare_by_code_point_not_by_number(self) -> None:
        assert list(self.groups(**{"9": (strip(0, 10), 1), "10": (strip(10, 20), 1)})) == ["10"]

    def test_chains_join_whole(self) -> None:
        items = {f"k{i:02d}": (strip(10 * i, 10 * i + 10), "x") for i in range(12)}
        assert self.groups(**items) == {"k00": 12_000}

    def test_missing_values_join_nothing(self) -> None:
        for nothing in (None, float("nan"), ""):
            assert len(self.groups(a=(strip(0, 10), nothing), b=(strip(10, 20), nothing))) == 2

    def test_corners_do_not_join(self) -> None:
        assert len(self.groups(a=(shapely.box(0, 0, 10, 10), 1), b=(shapely.box(10, 10, 20, 20), 1))) == 2

    @pytest.mark.parametrize("origin", [0.0, 150_000.0, 463_000.0, 463_000.3, 120_000.7])
    @pytest.mark.parametrize(("length", "joined"), [(0.05, False), (0.1, False), (0.102, True), (0.2, True)])
    def test_a_shared_boundary_of_more_than_a_decimetre(self, origin: float, length: float, joined: bool) -> None:
        left = shapely.box(origin, origin, origin + 10, origin + 10)
        right = shapely.box(origin + 10, origin + 10 - length, origin + 20, origin + 20)
        assert (len(self.groups(a=(left, 1), b=(right, 1))) == 1) == joined

    def test_a_boundary_in_several_pieces_adds_up(self) -> None:
        comb = shapely.union_all([shapely.box(10, y, 11, y + 0.06) for y in (0, 1)] + [shapely.box(11, 0, 20, 10)])
        assert len(self.groups(a=(shapely.box(0, 0, 10, 10), 1), b=(comb, 1))) == 1

    def test_overlap_joins(self) -> None:
        assert self.groups(a=(strip(0, 15), 1), b=(strip(5, 20), 1)) == {"a": 2000}

    def test_whole_numbers_and_the_same_as_floats_are_equal(self) -> None:
        assert len(self.groups(a=(strip(0, 10), 3), b=(strip(10, 20), 3.0), c=(strip(20, 30), "3"))) == 1


def built(folder: Path, frame: gpd.GeoDataFrame, area: Any = AREA, **spec: Any) -> tuple[Any, Notices]:
    """Candidates of a layer `parcels` in a file."""
    frame.to_parquet(folder / "parcels.parquet")
    study = Study.model_validate(
        {
            "flexsite": 1, "name": "x", "crs": "EPSG:28992", "date": "2026-01-01", "term": 10, "area": "area.gpkg",
            "layers": {"parcels": "parcels.parquet"}, "candidates": {"layer": "parcels", **spec},
        },
        context={"folder": folder},
    )  # fmt: skip
    notices = Notices()
    return build(study, Layers(study.layers, CRS(28992)), shapes(area), notices), notices


def frame(*geometries: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(geometries), crs="EPSG:28992")


class TestOfALayer:
    def test_rows_come_in_code_point_order(self, tmp_path: Path) -> None:
        parcels = frame(*(strip(20 * i, 20 * i + 10) for i in range(5)), code=["b", "10", "B", "é", "9"])
        found, notices = built(tmp_path, parcels, id="code")
        assert found.ids.tolist() == ["10", "9", "B", "b", "é"]
        assert found.bounds == (0, 0, 90, 100)
        assert notices.texts == {}

    def test_numbers_as_ids(self, tmp_path: Path) -> None:
        found, _ = built(tmp_path, frame(strip(0, 10), strip(20, 30), code=[7.0, 12.5]), id="code")
        assert found.ids.tolist() == ["12.5", "7"]

    def test_without_id_the_row_number_and_a_warning(self, tmp_path: Path) -> None:
        found, notices = built(tmp_path, frame(strip(0, 10), strip(20, 30)))
        assert found.ids.tolist() == ["0", "1"]
        assert "2 ids are feature numbers" in notices.texts["candidates_no_id"]

    def test_an_empty_id_is_refused_with_its_feature(self, tmp_path: Path) -> None:
        for empty in ([None, "a", None], [float("nan"), 1.0, float("nan")]):
            with pytest.raises(InputError, match=r"2 candidates have no id \(first: feature 0\)"):
                built(tmp_path, frame(strip(0, 10), strip(20, 30), strip(40, 50), code=empty), id="code")

    def test_an_id_twice_counts_only_in_the_area(self, tmp_path: Path) -> None:
        parcels = frame(strip(0, 10), strip(20, 30), strip(5000, 5010), code=["a", "b", "b"])
        assert built(tmp_path, parcels, shapely.box(0, 0, 6000, 50).intersection(AREA), id="code")[0].ids.size == 2
        with pytest.raises(InputError, match="'b', 2 times"):
            built(tmp_path, parcels, shapely.box(0, 0, 6000, 1000), id="code")

    def test_a_point_on_the_surface_decides(self, tmp_path: Path) -> None:
        horseshoe = shapely.box(900, 0, 1300, 300).difference(shapely.box(900, 100, 1200, 200))
        inside = shapely.box(900, 400, 1050, 500)
        outside = shapely.box(960, 600, 1200, 700)
        found, _ = built(tmp_path, frame(horseshoe, inside, outside, code=["h", "i", "o"]), id="code")
        assert found.ids.tolist() == [
            name
            for name, shape in (("h", horseshoe), ("i", inside), ("o", outside))
            if AREA.intersects(shapely.point_on_surface(shape))
        ]
        assert "i" in found.ids and "o" not in found.ids
        assert found.geometry[found.ids.tolist().index("i")].area == 15_000

    def test_points_among_the_polygons_are_counted(self, tmp_path: Path) -> None:
        found, notices = built(tmp_path, frame(strip(0, 10), shapely.Point(5, 5), code=["a", "p"]), id="code")
        assert found.ids.tolist() == ["a"]
        assert "1 features of 'parcels' are no polygons" in notices.texts["candidates_no_polygon"]

    def test_nothing_in_the_area(self, tmp_path: Path) -> None:
        hole = AREA.difference(shapely.box(100, 100, 900, 900))
        with pytest.raises(InputError, match="no candidate lies in the area"):
            built(tmp_path, frame(shapely.box(200, 200, 300, 300), code=["a"]), hole, id="code")

    def test_overlaps_are_counted_once_per_pair(self, tmp_path: Path) -> None:
        parcels = frame(strip(0, 100), strip(50, 150), strip(140, 200), strip(200, 250), code=list("abcd"))
        found, notices = built(tmp_path, parcels, id="code")
        assert shapely.area(found.geometry).sum() == 31_000
        assert "2 pairs of candidates overlap (0.60 ha)" in notices.texts["candidates_overlap"]

    def test_neighbours_do_not_overlap(self, tmp_path: Path) -> None:
        assert (
            "candidates_overlap" not in built(tmp_path, frame(strip(0, 100), strip(100, 150), code=list("ab")))[1].texts
        )

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 2**32))
    def test_compiled_code_finds_the_same_overlaps(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        x, y = np.round(rng.uniform(0, 40, (2, 30)))
        width, height = rng.integers(1, 12, (2, 30)) - rng.choice([0, 0.004, 0.5], (2, 30))
        layout = Flat.of(shapely.box(x, y, x + width, y + height))
        texts = []
        for least in (10**9, 0):
            notices = Notices()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(overlaps, "_COMPILED_FROM", least)
                patch.setattr(overlaps, "_ROWS", 7)
                overlaps.warn_overlaps(layout, notices)
            texts.append(notices.texts)
        left, right = np.triu_indices(len(layout), 1)
        areas = rounded_area(shapely.intersection(layout.geometry(left), layout.geometry(right)))
        expected = f"{(areas > 0).sum()} pairs of candidates overlap ({areas.sum() / 1e4:.2f} ha); each counts whole"
        assert texts == [{"candidates_overlap": expected}] * 2

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 2**32), st.sampled_from([1, 2, 13, 128]))
    def test_a_point_is_looked_for_only_where_blocks_do_not_tell(self, seed: int, look: int) -> None:
        rng = np.random.default_rng(seed)
        area = shapely.buffer(shapely.points(rng.uniform(0, 3000, (3, 2))), rng.uniform(50, 1500, 3), quad_segs=30)
        area = np.append(area, shapely.box(0, 0, 500, 500))
        x, y = rng.uniform(-500, 4000, (2, 300))
        squares = shapely.box(x, y, x + rng.exponential(100, 300), y + rng.exponential(100, 300))
        squares[::3] = shapely.difference(squares[::3], shapely.buffer(shapely.centroid(squares[::3]), 20))
        squares = squares[~shapely.is_empty(squares)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(candidates, "_LOOK", look)
            found = candidates._in_area(squares, area)
        assert (found == shapely.intersects(shapely.union_all(area), shapely.point_on_surface(squares))).all()

    def test_join_comes_after_the_area(self, tmp_path: Path) -> None:
        """The smallest id lies outside: it neither joins nor lends its id."""
        parcels = frame(strip(980, 1040), strip(940, 980), strip(900, 940), code=list("abc"), use=["x", "x", "x"])
        found, _ = built(tmp_path, parcels, id="code", join="use")
        assert (found.ids.tolist(), shapely.area(found.geometry).tolist()) == (["b"], [8000])

    def test_a_heavy_area_is_the_same_area(self, tmp_path: Path) -> None:
        """The area is cut in pieces first; what lies on a cut still lies in it."""
        angles = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
        circle = shapely.Polygon(2500 + 2000 * np.column_stack([np.cos(angles), np.sin(angles)]))
        x, y = (grid.ravel() for grid in np.meshgrid(np.arange(0, 5000, 500.0), np.arange(0, 5000, 500.0)))
        squares = shapely.box(x - 50, y - 50, x + 50, y + 50)
        found, _ = built(tmp_path, frame(*squares, code=[str(i) for i in range(len(squares))]), circle, id="code")
        inside = [i for i, point in enumerate(shapely.point_on_surface(squares)) if circle.intersects(point)]
        assert 0 < len(inside) < len(squares)
        assert set(found.ids) == {str(i) for i in inside}
