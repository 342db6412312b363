"""Who deals with the tiles: threads of this machine, with a memory of what was done before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from flexsite.availability import kept, met
from flexsite.availability.tile import Tile, Wanted, find
from flexsite.cache import key as key_of
from flexsite.flat import Flat
from flexsite.geometry import WORKERS, Indices

if TYPE_CHECKING:
    from pathlib import Path

    from flexsite.availability.cluster import Cluster
    from flexsite.availability.footprint import Footprint
    from flexsite.availability.window import Clock
    from flexsite.cache import Cache
    from flexsite.study.models import Study

Item = TypeVar("Item")
Found = TypeVar("Found")
_COSMETIC = {
    "basis",
    "source",
    "note",
    "date",
    "label",
    "certainty",
    "where",
    "match",
    "buffer",
    "above",
    "below",
    "values",
    "layer",
    "kinds",
    "library",
    "theme",
}
"""What a rule says that does not change what its features do; what is read of them counts by its content."""

GROUP = 32
"""Digits of a tile's key that candidates and settings make."""


@dataclass(frozen=True)
class Crew:
    """Who works, and what they remember.

    Attributes
    ----------
    workers
        Threads; None for all cores. Results do not depend on it.
    cache
        Where results of tiles are kept; None for nowhere.
    scheduler
        Address of a Dask scheduler whose workers deal with the tiles, `local` for processes of this machine, or a
        cluster that was reached; None for threads.
    """

    workers: int | None = None
    cache: Cache | None = None
    scheduler: str | Cluster | None = None

    def tiles(
        self,
        shapes: Flat,
        rows: Sequence[Indices],
        footprints: Mapping[str, Footprint],
        study: Study,
        clock: Clock,
        wanted: Wanted,
    ) -> tuple[list[Tile], int, list[str]]:
        """Deal with every tile of candidates.

        Parameters
        ----------
        shapes
            All candidates.
        rows
            Those of each tile.

        Returns
        -------
        The tiles, how many of them were known from before, and the names under which this crew's cache has them.

        Raises
        ------
        InputError
            A scheduler or its workers cannot be reached, or do not fit.
        """
        if self.scheduler is not None:
            return self._on_cluster(self.scheduler, shapes, rows, footprints, study, clock, wanted)
        threads = self.workers or os.cpu_count() or 1
        settings = recipe(study, wanted)

        def one(mine: Indices) -> tuple[Tile, bool, str]:
            if len(rows) > 1 and threads > 1:
                WORKERS.set(1)
            some = shapes.take(mine)
            around = box_of(some)
            near = {name: footprint.near(around) for name, footprint in footprints.items()}
            if self.cache is None:
                return find(some, near, study, clock, wanted), False, ""
            contents = contents_of(near)
            key = tile_key(some, contents, settings)
            return *remembered(some, near, contents, study, clock, wanted, key, self.cache), key

        done = _on_threads(one, rows, threads)
        return [tile for tile, _, _ in done], sum(known for _, known, _ in done), [key for _, _, key in done if key]

    def recalled(self, keys: Sequence[str]) -> list[Tile] | None:
        """Tiles that the cache has under these names, or None where it lacks one."""
        if self.cache is None:
            return None
        folders = [self.cache.get(kept.KIND, key) for key in keys]
        present = [folder for folder in folders if folder is not None]
        if len(present) < len(folders):
            return None
        return _on_threads(kept.load, present, self.workers or os.cpu_count() or 1)

    def _on_cluster(self, scheduler: str | Cluster, *what: Any) -> tuple[list[Tile], int, list[str]]:
        """Deal with every tile on a cluster; its workers need a shared folder, if only for this run."""
        from flexsite.availability import cluster
        from flexsite.cache import Cache

        with cluster.reached(scheduler, self.workers) as workers:
            if self.cache is not None:
                return cluster.tiled(workers, self.cache, *what)
            with Cache.temporary() as cache:
                return cluster.tiled(workers, cache, *what)


def remembered(
    shapes: Flat,
    near: Mapping[str, Footprint],
    contents: Mapping[str, str],
    study: Study,
    clock: Clock,
    wanted: Wanted,
    key: str,
    cache: Cache,
) -> tuple[Tile, bool]:
    """A tile from the cache, or else dealt with and kept there; and whether it was known.

    Where only some candidates meet other features than before, only those are dealt with again.

    Parameters
    ----------
    contents, key
        From `contents_of` and `tile_key`.
    """
    folder = cache.get(kept.KIND, key)
    if folder is not None:
        return kept.load(folder), True
    if not wanted.compiled:
        tile, meets = find(shapes, near, study, clock, wanted), None
    else:
        known = met.known(cache, kept.KIND, key[:GROUP], shapes, near, contents)
        meets = known.met
        if known.before is None:
            tile = find(shapes, near, study, clock, wanted, known.laid)
        else:
            folder, rows = known.before
            tile = kept.renewed(
                kept.load(folder),
                rows,
                len(shapes),
                lambda rows: find(*part_of(shapes, near, rows), study, clock, wanted),
                list(near),
            )

    def write(place: Path) -> None:
        kept.save(tile, place, study.crs)
        if meets is not None:
            meets.write(place)

    cache.keep(kept.KIND, key, write)
    return tile, False


def part_of(shapes: Flat, near: Mapping[str, Footprint], rows: Indices) -> tuple[Flat, dict[str, Footprint]]:
    """Some candidates of a tile, and what lies around these."""
    some = shapes.take(rows)
    return some, {name: one.among(some.bounds) for name, one in near.items()}


def contents_of(near: Mapping[str, Footprint]) -> dict[str, str]:
    """By rule a fingerprint of all that it knows around a tile."""
    return {name: key_of("tile content", digest_of(one)) for name, one in near.items()}


def tile_key(shapes: Flat, contents: Mapping[str, str], settings: str) -> str:
    """Name of the result of a tile; names of the same candidates and settings begin alike.

    Parameters
    ----------
    contents
        From `contents_of`.
    settings
        From `recipe`.
    """
    group = key_of("tile", settings, digest(shapes))
    return group[:GROUP] + key_of("tile", list(contents.items()))[GROUP:]


def recipe(study: Study, wanted: Wanted) -> str:
    """A name for what is done with candidates and features, apart from what these are."""
    rules = [
        {**rule.model_dump(mode="json", exclude=_COSMETIC), "effect": rule.effect, "layer": study.rules.index(rule)}
        for rule in study.rules
    ]
    spec = study.candidates
    settings = {
        "rules": rules, "strictness": study.strictness, "term": study.term, "date": study.date.isoformat(),
        "lead_time": study.lead_time, "min_area": spec.min_area, "min_width": spec.min_width,
        "compiled": wanted.compiled, "taken": wanted.taken, "stand_ins": wanted.stand_ins,
    }  # fmt: skip
    return key_of("recipe", settings)


def digest(shapes: Flat) -> str:
    """Fingerprint of polygons."""
    total = hashlib.sha256()
    for array in (shapes.xy, shapes.rings, shapes.polygons, shapes.rows):
        total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


def digest_of(footprint: Footprint) -> list[str]:
    """Fingerprints of a footprint: its features, their values, its coverage."""
    values = hashlib.sha256()
    for value in dict.fromkeys(footprint.value.tolist()):
        values.update(f"{type(value).__name__} {value}\n".encode())
        values.update(np.flatnonzero(footprint.value == value).tobytes())
    covered = "" if footprint.covered is None else digest(footprint.covered)
    return [digest(footprint.shapes), values.hexdigest(), covered]


def box_of(shapes: Flat) -> tuple[float, float, float, float]:
    """Bounding box of all polygons, metres."""
    low, high = shapes.bounds[:, :2].min(axis=0), shapes.bounds[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _on_threads(function: Callable[[Item], Found], items: Sequence[Item], threads: int) -> list[Found]:
    if len(items) == 1 or threads == 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(copy_context().run, function, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
