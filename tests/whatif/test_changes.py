"""Tables of tiles and of studies that change: only what changed is swept again, and no bit tells."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import flexsite
from flexsite import keeping, opening, whatif
from flexsite.availability import prepared, tiles
from flexsite.availability.combinations import Combinations
from flexsite.availability.exact import possible
from flexsite.availability.work import Crew
from flexsite.cache import Cache
from flexsite.outputs.writing import write
from flexsite.whatif import what_if
from tests.availability.alike import differences
from tests.availability.test_kept import changed
from tests.availability.worlds import World, wide_worlds

STUDY = "data/small/study.yaml"
WITHOUT = {"profiles": [], "access": {}, "columns": {}, "capacity": {}, "boundaries": None, "outputs": ["parquet"]}


def table_of(world: World, crew: Crew, most: int) -> Combinations:
    """The table of a world, with tiles of so many candidates."""
    with (
        patch.object(opening, "open_layers"),
        patch.object(opening, "read_area"),
        patch.object(keeping, "candidates", lambda *_: world.candidates),
        patch.object(prepared, "footprints", lambda rules, *_: (world.footprints[rule.id] for rule in rules)),
        patch.object(tiles, "split", partial(tiles.split, most=most)),
    ):
        return whatif._computed(world.study, crew).table


@settings(max_examples=40, deadline=None)
@given(
    wide_worlds,
    st.lists(
        st.tuples(
            st.sampled_from(["coverage", "unknown", "add", "remove", "value", "move"]),
            st.integers(0, 5),
            st.integers(0, 9),
        ),
        min_size=1,
        max_size=3,
    ),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_a_table_after_changes_is_the_table_made_afresh(
    world: World, changes: list[tuple[str, int, int]], most: int, other: int
) -> None:
    assume(world.study.rules and possible(world.study.rules))
    with Cache.temporary() as cache:
        table_of(world, Crew(1, cache), most)
        for kind, rule, row in changes:
            name = world.study.rules[rule % len(world.study.rules)].id
            world, _ = changed(world, kind, name, row)
            after = table_of(world, Crew(1, cache), most)
            assert differences(after, table_of(world, Crew(2), other)) == []


@pytest.fixture(scope="module")
def cache() -> Any:
    with Cache.temporary() as made:
        yield made


@settings(max_examples=2, deadline=None)
@given(buffers=st.lists(st.sampled_from([0.5, 7, 30, 31.25, 80, 333]), min_size=1, max_size=2), seed=st.integers(0, 9))
def test_random_buffers_change_no_byte(
    root: Path, cache: Cache, tmp_path_factory: pytest.TempPathFactory, buffers: list[float], seed: int
) -> None:
    """What the caches of other buffers leave to do gives the same table and the same files as doing all."""
    base = flexsite.load(root / STUDY)
    buffered = [rule.id for rule in base.rules if rule.buffer > 0]
    chosen = np.random.default_rng(seed).choice(buffered, size=min(len(buffers), len(buffered)), replace=False)
    changes: dict[str, Any] = {f"rules.{name}.buffer": buffer for name, buffer in zip(chosen, buffers, strict=False)}
    study = flexsite.load(root / STUDY, {**WITHOUT, **changes})
    assert differences(what_if(study, Crew(1, cache)).table, what_if(study).table) == []
    files = []
    with patch("flexsite.availability.finding.MANY", 0):
        for crew in (Crew(1, cache), Crew(2)):
            folder = tmp_path_factory.mktemp("out")
            write(flexsite.run(study, crew=crew), folder)
            files.append(
                {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".parquet", ".csv"}}
            )
    assert files[0] == files[1] and len(files[0]) > 2


def test_a_write_that_goes_wrong_beside_the_work_is_heard(root: Path) -> None:
    study = flexsite.load(root / STUDY, WITHOUT)

    def broken(*_: object) -> None:
        raise ValueError("no such shape")

    with (
        Cache.temporary() as cache,
        patch.object(whatif, "_save_table", broken),
        pytest.raises(ValueError, match="shape"),
    ):
        what_if(study, Crew(1, cache))
    with patch.object(whatif, "_save_table", broken):
        assert len(what_if(study).rows()) > 2, "without a cache nothing is written"


def test_work_that_goes_wrong_is_heard_rather_than_a_write() -> None:
    def broken() -> None:
        raise ValueError("the write")

    def work() -> None:
        with whatif._Writing() as writing:
            writing.begin(broken)
            raise KeyError("the work")

    with pytest.raises(KeyError, match="the work"):
        work()
