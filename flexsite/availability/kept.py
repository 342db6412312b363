"""Results of tiles on disk: GeoParquet that others can read, renewed where something changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from flexsite.availability.account import Account, Taken, Unknown
from flexsite.availability.overlaps import Overlaps
from flexsite.availability.tile import Pieces, Small, Tile, together
from flexsite.flat import Flat
from flexsite.geometry import Indices, empty_geometries
from flexsite.geoparquet import read_shapes, write_shapes

KIND = "tile"
_OVERLAPS, _OVERLAP_SHAPES = "overlaps.parquet", "overlap_shapes.parquet"
_TEXTS = ("marks", "unknown", "route")
_DAYS = ("available_until", "mark_until")
_NUMBERS = ("area_m2", "stand_in", "cap", "route_share")


def save(tile: Tile, folder: Path, crs: str) -> None:
    """Write a tile: `account`, `taken`, `unknown`, `sites`, `small` and, where asked for, `excluded` and `overlaps`."""
    import pyarrow as pa
    import pyproj

    projected = pyproj.CRS.from_user_input(crs).to_json()
    account = tile.account
    _write(folder / "account.parquet", {"start_m2": account.start_m2, "left_m2": account.area_m2})
    names = list(account.taken)
    number = np.repeat(np.arange(len(names)), [len(one.index) for one in account.taken.values()])
    columns = {
        name: np.concatenate([np.empty(0), *(getattr(one, name) for one in account.taken.values())])
        for name in ("touched_m2", "taken_m2", "only_m2")
    }
    index = _chain([one.index for one in account.taken.values()])
    _write(folder / "taken.parquet", {"candidate": index, "rule": number, **columns})
    geometry = np.concatenate([empty_geometries(), *(one.geometry for one in account.taken.values())])
    rows = np.flatnonzero(geometry != None)  # noqa: E711 - element by element
    excluded = Flat.of(geometry[rows])
    write_shapes(folder / "excluded.parquet", excluded, projected, {"taken": rows})
    if account.overlaps is not None:
        _save_overlaps(account.overlaps, folder, projected)
    beyond = account.unknown.values()
    of_rule = np.repeat(np.arange(len(names)), [len(one.index) for one in beyond])
    areas = np.concatenate([np.empty(0), *(one.area_m2 for one in beyond)])
    _write(
        folder / "unknown.parquet",
        {"candidate": _chain([one.index for one in beyond]), "rule": of_rule, "area_m2": areas},
    )
    pieces = tile.pieces
    described: dict[str, Any] = {"candidate": pieces.candidate}
    described |= {name: getattr(pieces, name) for name in _NUMBERS}
    described |= {name: pa.array(getattr(pieces, name), pa.string()) for name in _TEXTS}
    described |= {name: pa.array(getattr(pieces, name), pa.date32()) for name in _DAYS}
    write_shapes(folder / "sites.parquet", pieces.shapes, projected, described)
    write_shapes(folder / "small.parquet", tile.small.shapes, projected, {"candidate": tile.small.candidate})
    (folder / "rules.json").write_text(json.dumps(names), encoding="utf-8")


def load(folder: Path) -> Tile:
    """Read a tile that `save` wrote."""
    names = json.loads((folder / "rules.json").read_text(encoding="utf-8"))
    account, table, beyond = (_read(folder / f"{name}.parquet") for name in ("account", "taken", "unknown"))
    geometry = empty_geometries(len(table["rule"]))
    excluded, columns = read_shapes(folder / "excluded.parquet", None, ["taken"])
    geometry[columns["taken"].astype(np.intp)] = excluded.geometry()
    taken, unknown = {}, {}
    for number, name in enumerate(names):
        mine = table["rule"] == number
        taken[name] = Taken(
            table["candidate"][mine].astype(np.intp),
            table["touched_m2"][mine],
            table["taken_m2"][mine],
            table["only_m2"][mine],
            geometry[mine],
        )
        mine = beyond["rule"] == number
        unknown[name] = Unknown(beyond["candidate"][mine].astype(np.intp), beyond["area_m2"][mine])
    shapes, described = read_shapes(folder / "sites.parquet", None, ["candidate", *_NUMBERS, *_TEXTS, *_DAYS])
    described["candidate"] = described["candidate"].astype(np.intp)
    small, lost = read_shapes(folder / "small.parquet", None, ["candidate"])
    return Tile(
        Account(account["start_m2"], account["left_m2"], taken, unknown, _load_overlaps(folder)),
        Pieces(shapes=shapes, **described),
        Small(lost["candidate"].astype(np.intp), small),
    )


def _save_overlaps(overlaps: Overlaps, folder: Path, crs: str) -> None:
    columns = {"candidate": overlaps.candidate, "mask": overlaps.mask, "area_m2": overlaps.area_m2}
    _write(folder / _OVERLAPS, columns)
    if any(one is not None for one in overlaps.geometry):
        write_shapes(folder / _OVERLAP_SHAPES, Flat.of(overlaps.geometry), crs, {})


def _load_overlaps(folder: Path) -> Overlaps | None:
    if not (folder / _OVERLAPS).exists():
        return None
    columns = _read(folder / _OVERLAPS)
    geometry = empty_geometries(len(columns["mask"]))
    if (folder / _OVERLAP_SHAPES).exists():
        geometry = read_shapes(folder / _OVERLAP_SHAPES, None, [])[0].geometry()
    return Overlaps(columns["candidate"].astype(np.intp), columns["mask"], columns["area_m2"], geometry)


def renewed(before: Tile, rows: Indices, count: int, find: Callable[[Indices], Tile], rules: Sequence[str]) -> Tile:
    """A tile of `count` candidates, of which some rows are dealt with now and the others are known from before."""
    if not len(rows):
        return before
    others = np.setdiff1d(np.arange(count), rows)
    return together([before.take(others), find(rows)], [others, rows], count, rules)


def _chain(arrays: Sequence[Indices]) -> Indices:
    return np.concatenate([np.empty(0, dtype=np.intp), *arrays])


def _write(path: Path, columns: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), path, compression="lz4")


def _read(path: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    table = pq.read_table(path, partitioning=None)
    return {name: table.column(name).to_numpy() for name in table.column_names}
