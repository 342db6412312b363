"""A timetable kept in a folder: arrays that can be mapped into memory, and texts."""

from __future__ import annotations

import datetime
import json
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexsite.access.timetable.model import Changes, Lines, Stops, Timetable
from flexsite.errors import InputError

_FORM = 1
"""Number of the form of the files; a folder of another form is not read."""
_PARTS: dict[str, type[Stops | Lines | Changes]] = {"stops": Stops, "lines": Lines, "changes": Changes}
_TEXTS = "texts"


def save(timetable: Timetable, folder: Path) -> None:
    """Write a timetable to an existing folder: a `.npy` per array, and what is left in `timetable.json`.

    Texts are one array of UTF-8 bytes and one of where each begins.
    """
    for name, array in _arrays(timetable).items():
        if array.dtype == object:
            encoded = [text.encode() for text in array.tolist()]
            sizes = np.array([0, *map(len, encoded)], np.int64)
            np.save(folder / f"{name}.{_TEXTS}.npy", np.frombuffer(b"".join(encoded), np.uint8))
            np.save(folder / f"{name}.first.npy", np.cumsum(sizes))
        else:
            np.save(folder / f"{name}.npy", array)
    rest = {
        "form": _FORM, "day": timetable.day.isoformat(), "warnings": list(timetable.warnings),
        "counts": timetable.counts,
    }  # fmt: skip
    (folder / "timetable.json").write_text(json.dumps(rest, ensure_ascii=False), encoding="utf-8")


def load(folder: Path) -> Timetable:
    """Read what `save` wrote; arrays are mapped into memory, read only.

    Raises
    ------
    InputError
        The folder holds no timetable of this form, or only a part of one.
    """
    try:
        rest = json.loads((folder / "timetable.json").read_text(encoding="utf-8"))
        if rest["form"] != _FORM:
            raise InputError("is of another version", where=str(folder), remedy="remove it; it is made again")
        parts = {
            part: kind(**{field.name: _loaded(folder, f"{part}.{field.name}") for field in fields(kind)})
            for part, kind in _PARTS.items()
        }
        whole = {
            field.name: _loaded(folder, field.name)
            for field in fields(Timetable)
            if field.name not in (*_PARTS, "day", "warnings", "counts")
        }
        day = datetime.date.fromisoformat(rest["day"])
        given: dict[str, Any] = {**parts, **whole}
        return Timetable(day=day, warnings=tuple(rest["warnings"]), counts=dict(rest["counts"]), **given)
    except (OSError, ValueError, KeyError) as error:
        what = f"holds no whole timetable ({error})"
        raise InputError(what, where=str(folder), remedy="remove it; it is made again") from None


def _arrays(timetable: Timetable) -> dict[str, NDArray[Any]]:
    """All arrays by the name of their file."""
    found: dict[str, NDArray[Any]] = {}
    for field in fields(timetable):
        value = getattr(timetable, field.name)
        if field.name in _PARTS:
            found |= {f"{field.name}.{inner.name}": getattr(value, inner.name) for inner in fields(value)}
        elif isinstance(value, np.ndarray):
            found[field.name] = value
    return found


def _loaded(folder: Path, name: str) -> NDArray[Any]:
    path = folder / f"{name}.npy"
    if path.exists():
        return _mapped(path)
    data = _mapped(folder / f"{name}.{_TEXTS}.npy").tobytes()
    first = np.load(folder / f"{name}.first.npy").tolist()
    texts = np.empty(len(first) - 1, dtype=object)
    texts[:] = [data[low:high].decode() for low, high in pairwise(first)]
    return texts


def _mapped(path: Path) -> NDArray[Any]:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    return np.asarray(array)  # a plain view of the mapped file
