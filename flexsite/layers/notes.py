"""A file of notes on a place, made by people and therefore looked at closely: verdicts on sites, pins, drawings.

GeoJSON of RFC 7946: longitude and latitude in degrees. A feature tells, all optional but its geometry:
`entry` (verdict, pin, drawing), `verdict` (favourite, veto), `reason` (an id of the rulebook), `note`, `author`,
`date`, `colour` and `meaning` of a pin, `site_id`, and `id` and `revision`, by which the map knows it again.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from flexsite.errors import InputError
from flexsite.study.base import nearest
from flexsite.study.local import VERDICTS, local_book

if TYPE_CHECKING:
    from pathlib import Path

    from flexsite.geometry import Geometries

MAX_BYTES = 20_000_000
MAX_ENTRIES = 10_000
MAX_TEXT = 2_000
ENTRIES = ("verdict", "pin", "drawing")
COLOURS = 5
_DECIMALS = 8  # of a degree: a millimetre
_DEPTH = {"Point": 0, "LineString": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}
_TEXTS = ("note", "author", "meaning", "site_id")
_REMEDY = "export the notes from the map again, or take the feature out"


@dataclass(frozen=True)
class Notes:
    """What a file of notes says.

    Attributes
    ----------
    features
        As GeoJSON in degrees, with the properties that are ours and none other.
    shapes
        The same in the CRS of the study; None for a feature that names a site and has no geometry.
    """

    features: tuple[dict[str, Any], ...]
    shapes: Geometries


def read_notes(path: Path, crs: pyproj.CRS) -> Notes:
    """Read a file of notes.

    Parameters
    ----------
    path
        GeoJSON, at most 20 MB and 10,000 features.
    crs
        The CRS of the study.

    Raises
    ------
    InputError
        The file is missing, is no GeoJSON, or says what notes cannot say; names the feature.
    """
    where = f"local ({path.name})"
    data = _parsed(path, where)
    features = tuple(_feature(one, f"{where}, feature {number}") for number, one in enumerate(data, start=1))
    _name(features, where)
    shapes = np.array([_shape(one["geometry"]) for one in features], dtype=object).reshape(-1)
    there = np.array([shape is not None for shape in shapes], dtype=bool)
    to_study = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    moved = shapely.transform(
        shapes[there], lambda xy: np.column_stack(to_study.transform(xy[:, 0], xy[:, 1])), include_z=False
    )
    numbers = np.flatnonzero(there)
    lost = [int(row) for row, shape in zip(numbers, moved, strict=True) if not _finite(shape)]
    if lost:
        raise InputError(
            "this place is not on the map of the study", where=f"{where}, feature {lost[0] + 1}", remedy=_REMEDY
        )
    shapes[there] = shapely.make_valid(moved)
    return Notes(features, shapes)


def _parsed(path: Path, where: str) -> list[Any]:
    """The features of the file as plain values."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"the file is larger than {MAX_BYTES // 10**6} MB", where=where, remedy="split it")
        data = json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=_refuse_constant)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=where, remedy="check the path") from error
    except (ValueError, RecursionError) as error:
        raise InputError("this is no GeoJSON", where=where, remedy="export the notes from the map again") from error
    listed = data.get("features") if isinstance(data, dict) else None
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection" or not isinstance(listed, list):
        raise InputError("this is no GeoJSON FeatureCollection", where=where, remedy="export the notes from the map")
    crs = data.get("crs")
    if crs is not None and not re.search(r"CRS84|EPSG:+4326\b", json.dumps(crs)):
        raise InputError(
            "the coordinates are not in degrees (EPSG:4326)", where=where, remedy="save the file as GeoJSON RFC 7946"
        )
    if len(listed) > MAX_ENTRIES:
        raise InputError(f"more than {MAX_ENTRIES} features", where=where, remedy="split the file")
    return listed


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _feature(given: Any, where: str) -> dict[str, Any]:
    """A feature with what is ours, every value of its kind."""
    if not isinstance(given, dict) or given.get("type") != "Feature":
        raise InputError("this is no GeoJSON feature", where=where, remedy=_REMEDY)
    told = given.get("properties") or {}
    if not isinstance(told, dict):
        raise InputError("'properties' is no mapping", where=where, remedy=_REMEDY)
    geometry = _geometry(given.get("geometry"), where)
    own = {name: _text(told, name, where) for name in _TEXTS}
    own["entry"] = _one_of(told, "entry", ENTRIES, where)
    own["verdict"] = _one_of(told, "verdict", VERDICTS, where)
    own["reason"] = _one_of(told, "reason", tuple(local_book().reasons.labels), where)
    own["date"] = _date(told, where)
    if not own["entry"]:
        point = geometry is not None and geometry["type"] == "Point"
        own["entry"] = "verdict" if own["verdict"] and not point else "pin" if point else "drawing"
    if own["entry"] == "verdict" and not own["verdict"]:
        raise InputError("a verdict says neither favourite nor veto", where=where, remedy=_REMEDY)
    if geometry is None and not own["site_id"]:
        raise InputError("neither a geometry nor a site_id", where=where, remedy=_REMEDY)
    known: dict[str, Any] = {name: value for name, value in own.items() if value}
    for name, most in (("colour", COLOURS), ("revision", 10**9)):
        value = told.get(name)
        if value is not None:
            if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= most or value % 1:
                raise InputError(f"'{name}' is no whole number from 1 to {most}", where=where, remedy=_REMEDY)
            known[name] = int(value)
    name = told.get("id") or ""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", name):
        raise InputError("'id' is no short name", where=where, remedy=_REMEDY)
    return {"type": "Feature", "geometry": geometry, "properties": {"id": name, **known}}


def _name(features: tuple[dict[str, Any], ...], where: str) -> None:
    """Refuse an id that is there twice, and give one to those without: the same for the same file; changes them."""
    seen: set[str] = set()
    for one in features:
        name = one["properties"]["id"]
        if name and name in seen:
            raise InputError(f"the id '{name}' is there twice", where=where, remedy=_REMEDY)
        seen.add(name)
    for one in features:
        name, turn = one["properties"]["id"], 0
        while not name or (turn and name in seen):
            text = json.dumps([one, turn], sort_keys=True)
            name, turn = hashlib.sha256(text.encode()).hexdigest()[:16], turn + 1
        one["properties"]["id"] = name
        seen.add(name)


def _text(told: dict[str, Any], name: str, where: str) -> str:
    value = told.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise InputError(f"'{name}' is no text of at most {MAX_TEXT} characters", where=where, remedy=_REMEDY)
    return value.encode("utf-8", "replace").decode("utf-8")


def _date(told: dict[str, Any], where: str) -> str:
    value = _text(told, "date", where)
    if value and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise InputError("'date' is no date such as 2026-01-31", where=where, remedy=_REMEDY)
    return value


def _one_of(told: dict[str, Any], name: str, known: tuple[str, ...], where: str) -> str:
    value = _text(told, name, where)
    if value and value not in known:
        raise InputError(f"'{value[:40]}' is no {name}", where=where, remedy=nearest(value[:40], list(known)))
    return value


def _geometry(given: Any, where: str) -> dict[str, Any] | None:
    """The geometry with its coordinates as numbers of degrees, or None where there is none."""
    if given is None:
        return None
    kind = given.get("type") if isinstance(given, dict) else None
    if not isinstance(kind, str) or kind not in _DEPTH:
        shown = kind[:40] if isinstance(kind, str) else "this"
        raise InputError(
            f"'{shown}' is no point, line or polygon", where=where, remedy=f"notes have one of: {', '.join(_DEPTH)}"
        )
    return {"type": kind, "coordinates": _positions(given.get("coordinates"), _DEPTH[kind], kind, where)}


def _positions(given: Any, depth: int, kind: str, where: str) -> list[Any]:
    if depth:
        least = {"LineString": 2, "MultiLineString": 2}.get(kind, 4) if depth == 1 else 1
        if not isinstance(given, list) or len(given) < least:
            raise InputError(f"too few positions for a {kind}", where=where, remedy=_REMEDY)
        inner = [_positions(one, depth - 1, kind, where) for one in given]
        if depth == 1 and "Polygon" in kind and inner[0] != inner[-1]:
            raise InputError("a ring is not closed", where=where, remedy=_REMEDY)
        return inner
    pair = given[:2] if isinstance(given, list) and 2 <= len(given) <= 4 else []
    numbers = [x for x in pair if isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)]
    if len(numbers) != 2 or abs(numbers[0]) > 180 or abs(numbers[1]) > 90:
        raise InputError(
            "a position is no longitude and latitude in degrees", where=where, remedy="save as GeoJSON RFC 7946"
        )
    return [round(float(x), _DECIMALS) for x in numbers]


def _shape(geometry: dict[str, Any] | None) -> shapely.Geometry | None:
    return None if geometry is None else shapely.geometry.shape(geometry)


def _finite(shape: shapely.Geometry) -> bool:
    return bool(np.isfinite(shapely.get_coordinates(shape)).all())
