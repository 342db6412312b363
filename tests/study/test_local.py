"""Notes of people who know the place: the key of the study, the file, and the sites they are about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from flexsite.availability.local import spoken_of
from flexsite.errors import InputError
from flexsite.layers.notes import Notes, read_notes
from flexsite.study.library import sources
from flexsite.study.local import Local, local_book

RD = pyproj.CRS("EPSG:28992")
X, Y = 120_000.0, 500_000.0
POINT = {"type": "Point", "coordinates": [4.9, 52.5]}
RING = [[4.9, 52.5], [4.91, 52.5], [4.91, 52.51], [4.9, 52.5]]


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    return shapely.box(X + x0, Y + y0, X + x1, Y + y1)


def notes(*given: tuple[shapely.Geometry | None, dict[str, Any]]) -> Notes:
    features = tuple(
        {"type": "Feature", "geometry": None if shape is None else {}, "properties": {"id": str(k), **told}}
        for k, (shape, told) in enumerate(given)
    )
    shapes = np.empty(len(given), dtype=object)
    shapes[:] = [shape for shape, _ in given]
    return Notes(features, shapes)


def written(folder: Path, data: Any) -> Path:
    path = folder / "notes.geojson"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", **more, "features": list(features)}


def feature(geometry: Any = None, **told: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": POINT if geometry is None else geometry, "properties": told}


class TestBook:
    def test_the_reasons_are_those_of_the_planmonitor_and_one_of_ours(self) -> None:
        book = local_book()
        assert len(book.reasons.labels) == 13
        assert list(book.reasons.labels)[-2:] == ["none", "other"]
        assert book.reasons.source in sources()
        assert all(set(label) == {"nl", "en"} for label in book.reasons.labels.values())

    def test_a_path_alone_shows(self) -> None:
        assert Local.model_validate("notes.geojson") == Local(path=Path("notes.geojson"), veto="show")


class TestReading:
    def test_degrees_come_to_the_study(self, tmp_path: Path) -> None:
        back = pyproj.Transformer.from_crs(RD, "EPSG:4326", always_xy=True)
        lon, lat = back.transform(121_000.5, 507_000.25)
        found = read_notes(
            written(tmp_path, collection(feature({**POINT, "coordinates": [lon, lat, 3]}, colour=2))), RD
        )
        assert np.hypot(found.shapes[0].x - 121_000.5, found.shapes[0].y - 507_000.25) < 0.01
        assert found.features[0]["properties"]["entry"] == "pin"
        assert found.features[0]["geometry"]["coordinates"] == [round(lon, 8), round(lat, 8)]

    def test_only_what_is_ours_is_kept(self, tmp_path: Path) -> None:
        file = written(tmp_path, collection(feature(verdict="veto", note="no", phone="06", study_wkt="POINT (1 2)")))
        told = read_notes(file, RD).features[0]["properties"]
        assert set(told) == {"id", "entry", "verdict", "note"}
        assert read_notes(file, RD).features[0]["properties"]["id"] == told["id"], "the same file, the same ids"

    def test_equal_features_without_ids_are_two(self, tmp_path: Path) -> None:
        found = read_notes(written(tmp_path, collection(feature(note="x"), feature(note="x"))), RD)
        assert len({one["properties"]["id"] for one in found.features}) == 2

    def test_an_empty_file_says_nothing(self, tmp_path: Path) -> None:
        found = read_notes(written(tmp_path, collection()), RD)
        assert found.features == () and len(found.shapes) == 0
        spoken = spoken_of(found, np.array([box(0, 0, 1, 1)]), np.array(["a"]))
        assert spoken.verdict.tolist() == [""] and spoken.warning() == ""

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ("{", "no GeoJSON"),
            ("[" * 100_000, "no GeoJSON"),
            ('{"type": "FeatureCollection", "features": [NaN]}', "no GeoJSON"),
            ({"type": "Feature"}, "no GeoJSON FeatureCollection"),
            (collection(crs={"properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}), "not in degrees"),
            (collection(7), "no GeoJSON feature"),
            (collection({"type": "Feature", "geometry": POINT, "properties": []}), None),
            (collection({"type": "Feature", "geometry": POINT, "properties": [1]}), "no mapping"),
            (collection({"type": "Feature", "geometry": None, "properties": {"note": "x"}}), "neither a geometry"),
            (collection(feature({"type": "GeometryCollection", "geometries": []})), "no point, line or polygon"),
            (collection(feature({"type": ["Point"]})), "no point, line or polygon"),
            (collection(feature({"type": "Point", "coordinates": [120000, 500000]})), "longitude and latitude"),
            (collection(feature({"type": "Point", "coordinates": [True, 52]})), "longitude and latitude"),
            (collection(feature({"type": "Point", "coordinates": None})), "longitude and latitude"),
            (collection(feature({"type": "Polygon", "coordinates": [RING[:3]]})), "too few"),
            (collection(feature({"type": "Polygon", "coordinates": [[*RING[:3], [5, 52]]]})), "not closed"),
            (collection(feature({"type": "Polygon", "coordinates": []})), "too few"),
            (collection(feature(verdict="vetoo")), "did you mean 'veto'"),
            (collection(feature(reason="rain")), "'rain' is no reason"),
            (collection(feature(entry="verdict")), "neither favourite nor veto"),
            (collection(feature(colour=6)), "'colour'"),
            (collection(feature(colour=True)), "'colour'"),
            (collection(feature(revision=1.5)), "'revision'"),
            (collection(feature(date="1 May")), "'date'"),
            (collection(feature(note="x" * 2001)), "2000 characters"),
            (collection(feature(author=["x"])), "'author'"),
            (collection(feature(id="a b")), "'id'"),
            (collection(feature(id="a"), feature(id="a")), "twice"),
            (collection(*[feature()] * 10_001), "more than 10000"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_named(self, tmp_path: Path, data: Any, said: str | None) -> None:
        path = written(tmp_path, data)
        if said is None:
            assert len(read_notes(path, RD).features) == 1
            return
        with pytest.raises(InputError, match=r"local \(notes\.geojson\)") as caught:
            read_notes(path, RD)
        assert said in str(caught.value)
        if isinstance(data, dict) and len(data.get("features", ())) == 1:
            assert "feature 1" in caught.value.where
        assert len(str(caught.value)) < 300

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="cannot be read"):
            read_notes(tmp_path / "none.geojson", RD)


class TestMatching:
    SITES = np.array([box(0, 0, 100, 100), box(100, 0, 200, 100), box(300, 0, 400, 100)])
    IDS = np.array(["a", "b", "c"])

    def said(self, *given: tuple[shapely.Geometry | None, dict[str, Any]]) -> Any:
        return spoken_of(notes(*given), self.SITES, self.IDS)

    def test_more_than_half_of_the_one_or_of_the_other(self) -> None:
        veto = {"verdict": "veto"}
        assert self.said((box(0, 0, 149, 100), veto)).verdict.tolist() == ["veto", "", ""]
        assert self.said((box(0, 0, 151, 100), veto)).verdict.tolist() == ["veto", "veto", ""]
        assert self.said((box(50, 0, 150, 100), veto)).verdict.tolist() == ["", "", ""], "half is not more than half"
        assert self.said((box(310, 10, 320, 20), veto)).verdict.tolist() == ["", "", "veto"]
        assert self.said((box(200, 0, 310, 100), veto)).verdict.tolist() == ["", "", ""], "touching is nothing"

    def test_points_lines_and_names(self) -> None:
        veto = {"verdict": "veto"}
        assert self.said((shapely.Point(X + 350, Y + 50), veto)).verdict.tolist() == ["", "", "veto"]
        line = shapely.LineString([(X + 90, Y + 50), (X + 190, Y + 50)])
        assert self.said((line, veto)).verdict.tolist() == ["", "veto", ""]
        assert self.said((None, {**veto, "site_id": "b"})).verdict.tolist() == ["", "veto", ""]
        assert self.said((None, {**veto, "site_id": "z"})).verdicts == (1, 1)

    def test_a_veto_outweighs_favourites_and_brings_its_own_reasons(self) -> None:
        here = shapely.Point(X + 50, Y + 50)
        found = self.said(
            (here, {"verdict": "favourite", "reason": "none"}),
            (here, {"verdict": "veto", "reason": "soil"}),
            (here, {"verdict": "veto", "reason": "access"}),
            (here, {"note": "a pin"}),
            (shapely.Point(X + 900, Y), {"note": "elsewhere"}),
            (shapely.Point(X + 900, Y), {"verdict": "favourite"}),
        )
        assert found.verdict[0] == "veto"
        assert found.reason[0] == "access;soil"
        assert found.notes.tolist() == [4, 0, 0]
        assert found.disputed == 1
        text = found.warning()
        for part in ("1 of 4 verdicts", "1 of 2 pins and drawings", "1 sites with a favourite and a veto"):
            assert part in text

    @given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=1, max_size=6), st.data())
    def test_equal_to_counting_cells(self, sizes: list[tuple[int, int, int, int]], data: st.DataObject) -> None:
        shapes = [box(x, y, x + 1 + w, y + 1 + h) for x, y, w, h in sizes]
        said = [data.draw(st.sampled_from(["veto", "favourite", ""])) for _ in shapes]
        sites = np.array([box(20 * i, 20 * j, 20 * i + 20, 20 * j + 20) for i in range(3) for j in range(3)])
        found = spoken_of(notes(*[(s, {"verdict": v} if v else {}) for s, v in zip(shapes, said, strict=True)]), sites,
                          np.array([str(k) for k in range(9)]))  # fmt: skip
        for k, site in enumerate(sites):
            cells = {(int(x), int(y)) for x in range(20) for y in range(20)}
            x0, y0 = site.bounds[0] - X, site.bounds[1] - Y
            mine = {(x + x0, y + y0) for x, y in cells}
            verdicts = set()
            count = 0
            for (x, y, w, h), verdict in zip(sizes, said, strict=True):
                theirs = {(float(x + i), float(y + j)) for i in range(w + 1) for j in range(h + 1)}
                if 2 * len(mine & theirs) > min(len(mine), len(theirs)):
                    verdicts.add(verdict)
                    count += 1
            wanted = "veto" if "veto" in verdicts else "favourite" if "favourite" in verdicts else ""
            assert found.verdict[k] == wanted
            assert found.notes[k] == count
