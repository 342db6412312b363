"""Whether two results are the same to the last bit."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import shapely

from flexsite.flat import Flat


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """Where two results differ in a type, a length or a bit; nothing for results that are the same."""
    if isinstance(one, Flat):
        mine = ((name, getattr(one, name), getattr(other, name)) for name in ("xy", "rings", "polygons", "rows"))
        return [text for name, a, b in mine for text in differences(a, b, f"{where}.{name}")]
    if is_dataclass(one):
        names = [field.name for field in fields(one)]
        return [
            text for name in names for text in differences(getattr(one, name), getattr(other, name), f"{where}.{name}")
        ]
    if isinstance(one, dict):
        if list(one) != list(other):
            return [f"{where}: {list(one)}, {list(other)}"]
        return [text for name in one for text in differences(one[name], other[name], f"{where}.{name}")]
    if isinstance(one, list | tuple):
        if len(one) != len(other):
            return [f"{where}: {len(one)} and {len(other)} items"]
        return [
            text for k, (a, b) in enumerate(zip(one, other, strict=True)) for text in differences(a, b, f"{where}[{k}]")
        ]
    if isinstance(one, np.ndarray):
        return _of_arrays(one, other, where)
    return [] if type(one) is type(other) and one == other else [f"{where}: {one!r}, {other!r}"]


def _of_arrays(one: Any, other: Any, where: str) -> list[str]:
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return [f"{where}: {one.dtype} {one.shape}, {other.dtype} {other.shape}"]
    if one.dtype != object:
        return [] if one.tobytes() == other.tobytes() else [f"{where}: {one}, {other}"]
    plain = [[_plain(value) for value in some.tolist()] for some in (one, other)]
    return [] if plain[0] == plain[1] else [f"{where}: {one}, {other}"]


def _plain(value: Any) -> tuple[type, Any]:
    return type(value), shapely.to_wkb(value) if isinstance(value, shapely.Geometry) else value
