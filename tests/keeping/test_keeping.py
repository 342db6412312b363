"""What a run need not compute again, and that nobody can tell from its results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import flexsite
from flexsite import keeping
from flexsite.access import measures
from flexsite.availability import columns, prepared, work
from flexsite.availability.work import Crew
from flexsite.cache import Cache
from flexsite.outputs.writing import write
from flexsite.study.identity import files_of

STUDY = "data/small/study.yaml"


@contextmanager
def counted() -> Iterator[dict[str, Any]]:
    """How often each step that costs time is really taken."""
    with (
        patch.object(keeping.candidate_room, "build", wraps=keeping.candidate_room.build) as built,
        patch.object(prepared, "read", wraps=prepared.read) as read,
        patch.object(work, "find", wraps=work.find) as found,
        patch.object(columns, "join", wraps=columns.join) as joined,
        patch.object(measures, "measure", wraps=measures.measure) as measured,
    ):
        yield {"build": built, "read": read, "find": found, "join": joined, "measure": measured}


def taken(calls: dict[str, Any]) -> dict[str, int]:
    return {name: mock.call_count for name, mock in calls.items() if mock.call_count}


def files(root: Path, folder: Path, cache: Cache | None, **changes: Any) -> dict[str, bytes]:
    """A run's files; what it took is no part of them."""
    write(flexsite.run(flexsite.load(root / STUDY, changes), crew=Crew(1, cache)), folder)
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    record = json.loads(found["run.json"])
    del record["timings"]
    return found | {"run.json": json.dumps(record).encode()}


@pytest.fixture(scope="module")
def filled(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cache, dict[str, bytes]]]:
    """A cache in which the study was run once, and its files."""
    with Cache(tmp_path_factory.mktemp("filled")) as cache:
        yield cache, files(root, tmp_path_factory.mktemp("results") / "first", cache)


def test_the_same_run_again_computes_nothing_and_gives_the_same_bytes(
    root: Path, tmp_path: Path, filled: tuple[Cache, dict[str, bytes]]
) -> None:
    cache, first = filled
    with counted() as calls:
        again = files(root, tmp_path / "again", cache)
    assert taken(calls) == {}
    assert again == first == files(root, tmp_path / "fresh", None)


def test_another_target_group_recomputes_nothing_spatial(
    root: Path, tmp_path: Path, filled: tuple[Cache, dict[str, bytes]]
) -> None:
    cache, first = filled
    change = {"profiles": ["senior"]}
    with counted() as calls:
        other = files(root, tmp_path / "other", cache, **change)
    assert taken(calls) == {}
    assert other == files(root, tmp_path / "fresh", None, **change)
    assert other["suitability.parquet"] != first["suitability.parquet"]


def test_a_changed_rule_reads_that_rule_alone_and_deals_with_the_rest(
    root: Path, tmp_path: Path, filled: tuple[Cache, dict[str, bytes]]
) -> None:
    cache, first = filled
    study = flexsite.load(root / STUDY)
    rule = next(one for one in study.rules if one.effect == "exclude" and one.buffer > 0)
    change = {f"rules.{rule.id}.buffer": rule.buffer + 3}
    with counted() as calls:
        other = files(root, tmp_path / "other", cache, **change)
    assert [call.args[0].id for call in calls["read"].call_args_list] == [rule.id]
    assert taken(calls)["find"] == 1 and "build" not in taken(calls)
    assert other == files(root, tmp_path / "fresh", None, **change)
    assert other["waterfall.csv"] != first["waterfall.csv"]


def test_a_changed_file_is_seen_though_its_name_is_the_same(tmp_path: Path) -> None:
    path = write_study(tmp_path, x=0)
    with Cache(tmp_path / "cache") as cache:
        before = flexsite.run(flexsite.load(path), cache=cache).sites["area_m2"].tolist()
        write_study(tmp_path, x=20)
        after = flexsite.run(flexsite.load(path), cache=cache).sites["area_m2"].tolist()
    assert (before, after) == ([9000.0], [7000.0])


def test_warnings_and_counts_of_kept_layers_are_told_again(tmp_path: Path) -> None:
    path = write_study(tmp_path, x=0, twisted=True)
    with Cache(tmp_path / "cache") as cache:
        first, again = (flexsite.run(flexsite.load(path), cache=cache) for _ in range(2))
    assert first.layers["built"]["repaired"] == 1
    assert (again.layers, again.warnings) == (first.layers, first.warnings)
    assert any("made valid" in text for text in first.warnings)


def test_what_lies_beside_a_file_counts(tmp_path: Path) -> None:
    for name in ("a.shp", "a.dbf", "a.txt", "b.tif", "b.tif.msk", "c.gpkg", "c.gpkg-wal"):
        (tmp_path / name).touch()
    named = {name: [one.name for one in files_of(tmp_path / name) or ()] for name in ("a.shp", "b.tif", "c.gpkg")}
    assert named == {"a.shp": ["a.shp", "a.dbf"], "b.tif": ["b.tif", "b.tif.msk"], "c.gpkg": ["c.gpkg", "c.gpkg-wal"]}


def write_study(folder: Path, x: float, *, twisted: bool = False) -> Path:
    """One parcel of a hectare, of which buildings take a strip of 10 m and what lies left of `x`."""
    import geopandas as gpd
    import shapely

    def layer(name: str, *shapes: shapely.Polygon) -> None:
        gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:28992").to_file(folder / f"{name}.gpkg", layer=name)

    layer("parcels", shapely.box(100_000, 400_000, 100_100, 400_100))
    bow = shapely.Polygon([(100_300, 400_000), (100_310, 400_010), (100_310, 400_000), (100_300, 400_010)])
    near = shapely.Polygon([(100_090, 400_000), (100_100, 400_000), (100_100, 400_100), (100_090, 400_100)])
    left = shapely.box(100_000, 400_000, 100_000 + x, 400_100) if x else shapely.box(99_000, 400_000, 99_001, 400_001)
    bow = shapely.transform(bow, lambda xy: xy - (215, 0)) if twisted else near
    layer("built", near, left, bow)
    study = folder / "study.yaml"
    study.write_text(
        "flexsite: 1\nname: kept\ncrs: EPSG:28992\ndate: 2026-01-01\nterm: 10\narea: parcels.gpkg\n"
        "layers: {parcels: parcels.gpkg, built: built.gpkg}\ncandidates: {layer: parcels}\n"
        "rules: [{id: built, exclude: built}]\noutputs: [parquet]\n",
        encoding="utf-8",
    )
    return study
