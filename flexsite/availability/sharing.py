"""The shared folder of a cluster: what a run puts there for workers, and what a worker reads of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flexsite.availability import tiles
from flexsite.availability.footprint import Footprint
from flexsite.availability.tile import Wanted
from flexsite.availability.work import box_of, digest, digest_of
from flexsite.cache import key as key_of
from flexsite.errors import InputError
from flexsite.flat import Flat
from flexsite.geometry import Indices
from flexsite.geoparquet import read_shapes, write_shapes

if TYPE_CHECKING:
    from flexsite.availability.footprint import Bounds
    from flexsite.availability.window import Clock
    from flexsite.cache import Cache
    from flexsite.cache.private import Write
    from flexsite.study.models import Study

CANDIDATES = "tiled_candidates"
FOOTPRINT = "tiled_footprint"
"""Kinds of the entries that workers read: candidates, a file per tile; footprints, near features side by side."""


class Spread(NamedTuple):
    """A footprint in the shared folder."""

    folder: Path
    values: list[Any]
    complete: bool
    assumed: bool


@dataclass(frozen=True)
class Job:
    """What every task of a run is told."""

    cache: Path
    candidates: Path
    footprints: dict[str, Spread]
    study: Study
    clock: Clock
    wanted: Wanted


def share(
    cache: Cache,
    shapes: Flat,
    rows: Sequence[Indices],
    footprints: Mapping[str, Footprint],
    study: Study,
    clock: Clock,
    wanted: Wanted,
) -> Job:
    """Put candidates and footprints where workers read them, so that each reads little more than its tile.

    Parameters
    ----------
    cache
        In a folder that all workers see under the same path.
    shapes, rows
        All candidates, and those of each tile.

    Raises
    ------
    InputError
        The folder cannot take them.
    """
    import pyproj

    crs = pyproj.CRS.from_user_input(study.crs).to_json()

    def candidates(folder: Path) -> None:
        for number, mine in enumerate(rows):
            write_shapes(_tile_file(folder, number), shapes.take(mine), crs, {"row": mine})

    made_of = key_of(CANDIDATES, crs, digest(shapes), np.concatenate(rows), [len(mine) for mine in rows])
    return Job(
        cache.folder,
        put(cache, CANDIDATES, made_of, candidates),
        {name: _spread(cache, footprint, crs) for name, footprint in footprints.items()},
        study,
        clock,
        wanted,
    )


def _spread(cache: Cache, footprint: Footprint, crs: str) -> Spread:
    """Put a footprint into the shared folder."""
    listed = footprint.value.tolist()
    place = {value: code for code, value in enumerate(dict.fromkeys(listed))}

    def write(folder: Path) -> None:
        codes = np.fromiter((place[value] for value in listed), dtype=np.int64, count=len(listed))
        _write_near(folder / "features.parquet", footprint.shapes, crs, {"value": codes})
        if footprint.covered is not None:
            _write_near(folder / "coverage.parquet", footprint.covered, crs, {})

    folder = put(cache, FOOTPRINT, key_of(FOOTPRINT, crs, digest_of(footprint)), write)
    return Spread(folder, list(place), footprint.covered is None, footprint.assumed)


def put(cache: Cache, kind: str, key: str, write: Write) -> Path:
    """An entry that others can read.

    Raises
    ------
    InputError
        The shared folder cannot take it.
    """
    folder = cache.keep(kind, key, write)
    if folder is None or not folder.is_relative_to(cache.folder):
        told: list[str] = []
        cache.tell(lambda _, text: told.append(text))
        raise InputError(
            told[0] if told else "the folder cannot be written",
            where=f"shared folder '{cache.folder}'",
            remedy="workers read there what they need",
        )
    return folder


def _write_near(path: Path, shapes: Flat, crs: str, columns: Mapping[str, Any]) -> None:
    """Write polygons with their row, in the order of tiles, so that a tile meets few groups of rows."""
    filled = np.flatnonzero(~np.isnan(shapes.bounds[:, 0]))
    parts = tiles.split(shapes.bounds[filled])
    order = filled[np.concatenate([np.empty(0, dtype=np.intp), *parts])]
    write_shapes(path, shapes.take(order), crs, {"row": order} | {name: all_[order] for name, all_ in columns.items()})


def _read_near(path: Path, bounds: Bounds, columns: Sequence[str]) -> tuple[Flat, dict[str, Any]]:
    """What `_write_near` wrote around some bounds, in its own order."""
    shapes, found = read_shapes(path, bounds, ["row", *columns])
    order = np.argsort(found["row"])
    return shapes.take(order), {name: found[name][order] for name in columns}


def _tile_file(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.parquet"


def part(job: Job, number: int) -> tuple[Flat, dict[str, Footprint]]:
    """The candidates of a tile, and what lies around them by rule.

    Raises
    ------
    OSError
        The folder cannot be read.
    """
    shapes, _ = read_shapes(_tile_file(job.candidates, number), None, [])
    around = box_of(shapes)
    return shapes, {name: _near(spread, around) for name, spread in job.footprints.items()}


def _near(spread: Spread, bounds: Bounds) -> Footprint:
    shapes, found = _read_near(spread.folder / "features.parquet", bounds, ["value"])
    covered = None if spread.complete else _read_near(spread.folder / "coverage.parquet", bounds, [])[0]
    values = np.empty(len(spread.values), dtype=object)
    values[:] = spread.values
    return Footprint(shapes, values[found["value"]], covered, spread.assumed)
