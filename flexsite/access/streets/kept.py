"""What is read from street files, kept: opened again without reading, the arrays mapped into memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from flexsite.access.readers import graphml, osm, tables
from flexsite.access.readers.osm import OsmSelection
from flexsite.access.streets.islands import Islands
from flexsite.access.streets.model import ARRAYS, MODES, IntArray, StreetFile
from flexsite.cache import Cache, key
from flexsite.errors import InputError

_NOTES = "notes.json"
_NARROW: dict[str, type] = {"u": np.int32, "v": np.int32, "highway_code": np.int16}


def read_streets(paths: Sequence[Path]) -> StreetFile:
    """Streets of a file, or of a table of nodes and one of edges.

    Raises
    ------
    InputError
        It cannot be read, or its format is not known.
    """
    if len(paths) == 2:
        return tables.read_tables(*paths)
    (path,) = paths
    if osm.is_osm(path):
        return osm.read_streets(path)
    if path.suffix.lower() == ".graphml":
        return graphml.read_graphml(path)
    raise InputError(
        "this is no street file that can be read",
        where=str(path),
        remedy="give .osm.pbf, .osm, .graphml, or {nodes: , edges: }",
    )


def kept_streets(paths: Sequence[Path], cache: Cache | None = None) -> StreetFile:
    """As `read_streets`, read once for as long as the content of the files stays the same.

    Parameters
    ----------
    paths
        One street file, or tables of nodes and of edges.
    cache
        Where the streets are kept as arrays, with the islands of every mode; None reads the files.

    Raises
    ------
    InputError
        It cannot be read, or its format is not known.
    """
    if cache is None:
        return read_streets(paths)
    # the name decides the format, and stands in messages
    name = key("streets", [(path.name, _digest(cache, path)) for path in paths])
    known = cache.get("streets", name)
    if known is None:
        streets = read_streets(paths)
        if not _plain_ids(streets.node_id):
            return streets
        known = cache.make("streets", name, lambda folder: _write_streets(folder, streets))
    return _open_streets(known)


def kept_features(
    path: Path, selection: OsmSelection, cache: Cache | None = None, also: Sequence[OsmSelection] = ()
) -> NDArray[np.object_]:
    """As `readers.osm.read_features`, read once for as long as the content of the file stays the same.

    Parameters
    ----------
    path, selection
        As for `read_features`.
    cache
        Where the features are kept; None reads the file.
    also
        Selections that will be asked for too: when the file must be read, they are found in the same pass.
    """
    if cache is None:
        return osm.read_features(path, selection)
    digest = _digest(cache, path)
    wanted = {key("features", digest, _selected(one)): one for one in (selection, *also)}
    name = next(iter(wanted))
    known = cache.get("features", name)
    if known is None:
        missing = [one for one in wanted if one == name or cache.get("features", one) is None]
        found = osm.read_selections(path, [wanted[one] for one in missing])
        for one, features in zip(missing, found, strict=True):
            if len(features):
                cache.keep("features", one, partial(_write_features, features))
        if not len(found[0]):
            raise osm.nothing_with(selection, path)
        return found[0]
    start, data = np.load(known / "start.npy").tolist(), np.load(known / "wkb.npy").tobytes()
    return np.asarray(shapely.from_wkb([data[low:high] for low, high in pairwise(start)]), dtype=object)


def _write_features(features: NDArray[np.object_], folder: Path) -> None:
    wkb = shapely.to_wkb(features)
    np.save(folder / "start.npy", np.concatenate([[0], np.cumsum([len(one) for one in wkb])]).astype(np.int64))
    np.save(folder / "wkb.npy", np.frombuffer(b"".join(wkb), np.uint8))


def kept_way_ids(path: Path, selection: OsmSelection, cache: Cache | None = None) -> IntArray:
    """As `readers.osm.way_ids_with`, read once for as long as the content of the file stays the same."""
    if cache is None:
        return osm.way_ids_with(path, selection)

    def write(folder: Path) -> None:
        np.save(folder / "way_id.npy", osm.way_ids_with(path, selection))

    folder = cache.make("ways", key("ways", _digest(cache, path), _selected(selection)), write)
    found: IntArray = np.load(folder / "way_id.npy")
    return found


def _digest(cache: Cache, path: Path) -> str:
    """What is in a file, and in those that belong to it."""
    try:
        siblings = sorted(path.parent.glob(f"{path.stem}.*")) if path.suffix.lower() == ".shp" else [path]
        return "".join(cache.digest(one) for one in siblings if one.is_file() or one == path)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path), remedy="check the path") from error


def _selected(selection: OsmSelection) -> dict[str, Any]:
    return {name: value if isinstance(value, str | bool) else list(value) for name, value in selection.items()}


def _plain_ids(ids: NDArray[Any]) -> bool:
    """Whether ids are numbers or texts, which come back from a file as they were."""
    return ids.dtype.kind in "iu" or all(type(one) in (int, str) for one in ids.tolist())


def _write_streets(folder: Path, streets: StreetFile) -> None:
    for name in ARRAYS:
        values = getattr(streets, name)
        narrow = _NARROW.get(name)
        fits = narrow is not None and (not len(values) or values.max() <= np.iinfo(narrow).max)
        np.save(folder / f"{name}.npy", values.astype(narrow) if fits else values)
    np.save(folder / "boxes.npy", streets.boxes)
    numbers = streets.node_id.dtype.kind in "iu"
    if numbers:
        np.save(folder / "node_id.npy", streets.node_id)
    islands = {mode: streets.islands(mode) for mode in MODES}
    for mode, found in islands.items():
        np.save(folder / f"small_{mode}.npy", found.small)
    notes = {
        "name": streets.name,
        "crs": streets.crs.to_wkt(),
        "node_id": None if numbers else streets.node_id.tolist(),
        "islands": {mode: found.counts() for mode, found in islands.items()},
    }
    (folder / _NOTES).write_text(json.dumps(notes), encoding="utf-8", newline="\n")


def _open_streets(folder: Path) -> StreetFile:
    notes = json.loads((folder / _NOTES).read_text(encoding="utf-8"))

    def mapped(name: str) -> NDArray[Any]:
        return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))

    if notes["node_id"] is None:
        node_id = mapped("node_id")
    else:
        node_id = np.empty(len(notes["node_id"]), dtype=object)
        node_id[:] = notes["node_id"]
    islands = {mode: Islands(mapped(f"small_{mode}"), **counts) for mode, counts in notes["islands"].items()}
    streets = StreetFile(
        name=notes["name"], crs=pyproj.CRS.from_wkt(notes["crs"]), node_id=node_id, _islands=islands,
        **{name: mapped(name) for name in ARRAYS},
    )  # fmt: skip
    streets.__dict__["boxes"] = mapped("boxes")
    return streets
