"""Footprints read once and kept: a run that asks for the same ground again need not read, repair and buffer it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flexsite.availability.footprint import Footprint, read
from flexsite.cache import key as key_of
from flexsite.geometry import WORKERS
from flexsite.geoparquet import read_shapes, write_shapes
from flexsite.study.identity import identity
from flexsite.study.rule import CapRule, ExcludeRule, KeepRule, MarkRule, RouteRule

if TYPE_CHECKING:
    from flexsite.availability.footprint import Bounds
    from flexsite.availability.window import Clock
    from flexsite.cache import Cache
    from flexsite.layers import Layers
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase

KIND = "footprint"
ABOUT = "about.json"
_READING = ("where", "buffer", "above", "below", "values")


def name_of(
    rule: RuleBase, study: Study, layers: Layers, bounds: Bounds, clock: Clock, cache: Cache | None
) -> str | None:
    """The name under which a footprint is kept; None where nothing may be kept of its layer."""
    made_of = None if cache is None else _made_of(rule, study, layers, bounds, clock, cache)
    return None if made_of is None else key_of(KIND, made_of)


def footprint(
    rule: RuleBase,
    study: Study,
    layers: Layers,
    bounds: Bounds,
    clock: Clock,
    cache: Cache | None,
    loading: Future[Footprint] | None = None,
) -> Footprint:
    """The footprint of a rule, from the cache where the same was read before. Parameters and errors as `read`.

    Parameters
    ----------
    loading
        What `load` gives of it, where that was begun before.
    """
    name = name_of(rule, study, layers, bounds, clock, cache)
    if cache is None or name is None:
        return read(rule, study, layers, bounds, clock)
    known = cache.get(KIND, name)
    if known is None:
        with layers.noting(rule.layer) as noted:
            found = read(rule, study, layers, bounds, clock)
        cache.keep(KIND, name, lambda folder: save(found, folder, layers.crs.to_json(), noted.as_plain()))
        return found
    recall(known, layers)
    return load(known) if loading is None else loading.result()


def footprints(
    rules: Sequence[RuleBase], study: Study, layers: Layers, bounds: Bounds, clock: Clock, cache: Cache | None
) -> Iterator[Footprint]:
    """The footprints of several rules, in their order; those that are kept are loaded beside each other."""
    with ThreadPoolExecutor(WORKERS.get() or os.cpu_count() or 1) as pool:
        loading: dict[str, Future[Footprint]] = {}
        for rule in rules:
            name = name_of(rule, study, layers, bounds, clock, cache)
            known = None if cache is None or name is None else cache.get(KIND, name)
            if known is not None:
                loading[rule.id] = pool.submit(load, known)
        for rule in rules:
            yield footprint(rule, study, layers, bounds, clock, cache, loading.pop(rule.id, None))


def recall(folder: Path, layers: Layers) -> int:
    """Report what was noted when a kept footprint was read; returns how many features it has."""
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    layers.recall(about)
    return int(about["features"])


def _made_of(
    rule: RuleBase, study: Study, layers: Layers, bounds: Bounds, clock: Clock, cache: Cache
) -> dict[str, Any] | None:
    """Everything that a footprint depends on; None where that cannot be known."""
    file = identity(study.layers[rule.layer], cache.digest)
    if file is None:
        return None
    column: object = None
    if isinstance(rule, ExcludeRule | MarkRule):
        column = ["until", rule.until, clock.today if rule.until else None]
    elif isinstance(rule, RouteRule):
        column = ["route", rule.column, rule.listed(), rule.otherwise]
    elif isinstance(rule, CapRule):
        column = ["cap", rule.homes]
    reading = {name: getattr(rule, name) for name in _READING}
    reading["match"] = (
        None
        if rule.match is None
        else {name: condition.model_dump(by_alias=True) for name, condition in rule.match.items()}
    )
    takes = isinstance(rule, ExcludeRule | KeepRule)
    return {
        "layer": file, "crs": layers.crs.to_wkt(), "bounds": bounds, "column": column, "takes": takes, "rule": rule.id,
        **reading,
    }  # fmt: skip


def save(footprint: Footprint, folder: Path, crs: str, noted: dict[str, Any] | None = None) -> None:
    """Write a footprint as GeoParquet: `features.parquet` and, where it has one, `coverage.parquet`."""
    code, values = _coded(footprint.value)
    write_shapes(folder / "features.parquet", footprint.shapes, crs, {"value": code})
    if footprint.covered is not None:
        write_shapes(folder / "coverage.parquet", footprint.covered, crs, {})
    about = {"assumed": footprint.assumed, "features": len(footprint), "values": values, **(noted or {})}
    (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")


def load(folder: Path, bounds: Bounds | None = None) -> Footprint:
    """Read a footprint that `save` wrote, or the part of it around some bounds."""
    shapes, columns = read_shapes(folder / "features.parquet", bounds, ["value"])
    beyond = folder / "coverage.parquet"
    covered = read_shapes(beyond, bounds, [])[0] if beyond.exists() else None
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    values = np.empty(len(about["values"]), dtype=object)
    values[:] = [_MADE[kind](text) for kind, text in about["values"]]
    return Footprint(shapes, values[columns["value"]], covered, bool(about["assumed"]))


_KINDS = {bool: "truth", date: "date", int: "number", str: "text", type(None): "nothing"}
_MADE: dict[str, Callable[[str], Any]] = {
    "truth": lambda text: text == "True",
    "date": date.fromisoformat,
    "number": int,
    "text": str,
    "nothing": lambda _: None,
}


def _coded(values: NDArray[np.object_]) -> tuple[NDArray[np.int64], list[tuple[str, str]]]:
    """A number per value, and what the numbers stand for."""
    listed = values.tolist()
    place = {value: code for code, value in enumerate(dict.fromkeys(listed))}
    codes = np.fromiter((place[value] for value in listed), dtype=np.int64, count=len(listed))
    return codes, [(_KINDS[type(value)], str(value)) for value in place]
