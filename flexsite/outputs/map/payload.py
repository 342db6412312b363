"""The map's data as one block of bytes: a JSON description and the columns it points to.

    b"FSM1", u32 length of the JSON, the JSON, zero bytes up to a multiple of 8, the columns

The JSON names a column as [offset, length, type], type being u1, u2, u4, i4, f8 or
raw, offsets counted from the end of the JSON's padding. Equal columns are stored once.
"""

from __future__ import annotations

import datetime
import json
import math
import struct
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from flexsite.outputs.map.codec import HALF_EQUATOR, WORLD, encode_polygons, shuffle, to_units
from flexsite.outputs.map.data import Label, MapData, ProfileInfo
from flexsite.outputs.map.lattice import Lattice, lattices

MAGIC = b"FSM1"
MAX_SITES = 200_000
_EXCLUDED_VERTICES = 1_000_000
_CONTEXT_VERTICES = 200_000
_AREA_VERTICES = 20_000
_TOLERANCES = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_SITE_TOLERANCE = 0.1  # m; with the rounding to steps below the 0.4 m that the map promises
_NULL = -(2**31)
_MANY = 100_000
_FEW = 4096  # so many different numbers are stored exactly, as a dictionary

Section = tuple[int, int, str]


class Columns:
    """Collects columns of bytes and says where each one lies."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._seen: dict[tuple[str, bytes], Section] = {}

    def raw(self, data: bytes, kind: str = "raw") -> Section:
        """Store bytes; equal bytes get the place they already have."""
        key = (kind, data)
        if key not in self._seen:
            self._seen[key] = (self._size, len(data), kind)
            padded = data + bytes(-len(data) % 8)
            self._parts.append(padded)
            self._size += len(padded)
        return self._seen[key]

    def array(self, values: NDArray[Any]) -> Section:
        """Store numbers, bytes regrouped."""
        return self.raw(shuffle(values), values.dtype.kind + str(values.dtype.itemsize))

    def codes(self, values: NDArray[Any], size: int) -> Section:
        """Store places in a dictionary of `size` entries in as few bytes as they need."""
        kind = "u1" if size <= 2**8 else "u2" if size <= 2**16 else "u4"
        return self.array(values.astype(kind))

    def text(self, values: Sequence[str]) -> dict[str, Any]:
        """Store texts by a sorted dictionary."""
        words = sorted(set(values))
        place = {word: code for code, word in enumerate(words)}
        codes = np.fromiter((place[value] for value in values), dtype=np.int64, count=len(values))
        return {"words": words, "codes": self.codes(codes, len(words))}

    def number(self, values: NDArray[np.float64], decimals: int) -> dict[str, Any]:
        """Store numbers: exactly when few differ or they do not fit, else to so many decimals; NaN is missing."""
        few, codes = np.unique(values, return_inverse=True)
        if len(few) <= _FEW:
            return {"few": [_plain(value) for value in few.tolist()], "codes": self.codes(codes, len(few))}
        scaled = values * 10**decimals
        finite = np.isfinite(scaled)
        if finite.sum() + np.isnan(values).sum() == len(values) and np.abs(scaled[finite]).max(initial=0) < 2**31 - 1:
            whole = np.where(finite, np.rint(np.where(finite, scaled, 0)), _NULL).astype(np.int32)
            return {"scaled": self.array(whole), "decimals": decimals}
        return {"exact": self.array(values.astype(np.float64))}

    def block(self, meta: Mapping[str, Any]) -> bytes:
        """The whole: magic, JSON, columns."""
        text = json.dumps(meta, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
        head = MAGIC + struct.pack("<I", len(text)) + text
        return b"".join([head, bytes(-len(head) % 8), *self._parts])


def strings() -> dict[str, dict[str, str]]:
    """Every text of the page's own, by language; each part of the page brings its own file.

    Raises
    ------
    ValueError
        Two files give a text for the same key.
    """
    merged: dict[str, dict[str, str]] = {}
    folder = resources.files("flexsite.outputs.map") / "assets" / "words"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        loaded: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
        for language, texts in loaded.items():
            known = merged.setdefault(language, {})
            if twice := known.keys() & texts.keys():
                raise ValueError(f"{file.name} repeats the texts of {', '.join(sorted(twice))}")
            known.update(texts)
    return merged


def build(data: MapData) -> bytes:
    """The block of bytes that the page reads; equal data give equal bytes."""
    columns = Columns()
    sites = data.sites.assign(site_id=data.sites["site_id"].astype(str)).sort_values("site_id", kind="stable")
    ids: list[str] = sites["site_id"].tolist()
    if len(set(ids)) < len(ids):
        raise ValueError("site_id is not unique")
    forward, backward = lattices(data.crs, _bounds(data))
    meta: dict[str, Any] = {
        "title": data.title,
        "language": data.language,
        "audience": data.audience,
        "date": _text(data.date),
        "term": _plain(data.term),
        "strictness": data.strictness,
        "grid": data.is_grid,
        "n": len(ids),
        "ids": ids,
        "candidates": _candidates(ids, _texts(sites, "candidate_id")),
        "polygons": columns.raw(_polygons(sites.geometry.to_numpy(), data.crs, _SITE_TOLERANCE)),
        **_backdrop(columns, data),
        "forward": _lattice(columns, forward),
        "backward": _lattice(columns, backward),
        "facts": _facts(columns, sites),
        "columns": [
            {
                "name": item.name,
                "label": _label(item.label),
                "value": _column(columns, sites, item.name),
                "share": _column(columns, sites, f"{item.name}_share"),
            }
            for item in data.columns
        ],
        "kinds": {name: _label(label) for name, label in data.kinds.items()},
        "kind_columns": [[_label(item.label), _column(columns, sites, item.name)] for item in data.kind_columns],
        "measures": [
            {
                "id": item.id,
                "column": item.column,
                "unit": item.unit,
                "label": _label(item.label),
                "value": _column(columns, sites, item.column, _decimals(item.unit, len(ids))),
            }
            for item in data.measures
        ],
        "profiles": [_profile(columns, data, sites, profile) for profile in data.profiles],
        "rules": [{**vars_of(rule), "label": _label(rule.label)} for rule in data.rules],
        "excluded": _excluded(columns, data),
        "waterfall": _records(data.waterfall),
        "sources": [vars_of(source) for source in data.sources],
        "assumed_complete": list(data.assumed_complete),
        "assumptions": [_plain(count) for count in data.assumptions],
        **({"untested": list(data.untested)} if data.untested else {}),
        "warnings": list(data.warnings),
        "version": data.version,
        "study_hash": data.study_hash,
        "strings": strings(),
    }
    return columns.block(meta)


def vars_of(item: Any) -> dict[str, str]:
    """The fields of a flat dataclass as texts."""
    return {name: _text(value) for name, value in vars(item).items()}


def geographic_bounds(data: MapData) -> tuple[float, float, float, float]:
    """(south, west, north, east) in degrees of what the map shows at first."""
    import pyproj

    box = pyproj.Transformer.from_crs(data.crs, "EPSG:4326", always_xy=True).transform_bounds(*_bounds(data))
    return float(box[1]), float(box[0]), float(box[3]), float(box[2])


def _bounds(data: MapData) -> tuple[float, float, float, float]:
    """Bounds in the study CRS of the area, or of the sites when the area is empty."""
    for found in (data.area.bounds, tuple(data.sites.total_bounds) if len(data.sites) else ()):
        if len(found) == 4 and all(math.isfinite(value) for value in found):
            return (float(found[0]), float(found[1]), float(found[2]), float(found[3]))
    raise ValueError("neither the area nor the sites have a place on the map")


def _polygons(geometry: NDArray[Any], crs: Any, tolerance: float) -> bytes:
    """Encoded polygons of a study CRS, simplified first."""
    simple = shapely.simplify(geometry, tolerance) if tolerance else geometry
    return encode_polygons(gpd.GeoSeries(simple, crs=crs).to_crs(3857).to_numpy())


def _bounded(shapes: NDArray[Any], vertices: int) -> tuple[NDArray[Any], float]:
    """Polygons with at most so many vertices when that can be had, and the tolerance used in metres."""
    simple, used = shapes, _TOLERANCES[0]
    for used in _TOLERANCES:
        simple = shapely.simplify(shapes, used)
        if shapely.get_num_coordinates(simple).sum() <= vertices:
            break
    return simple, used


def _backdrop(columns: Columns, data: MapData) -> dict[str, Any]:
    """The area, then the context, as one block of polygons, and the names of places.

    Lines are drawn as narrow polygons, so that one painter does all.
    """
    parts = [_bounded(np.array([data.area], dtype=object), _AREA_VERTICES)[0]]
    kinds = ["area"]
    names = []
    for item in data.context:
        shapes = item.geometry.to_numpy()
        shapes = np.where(
            np.isin(shapely.get_type_id(shapes), (1, 2, 5)), shapely.buffer(shapes, 4.0, quad_segs=1), shapes
        )
        parts.append(_bounded(shapes, _CONTEXT_VERTICES)[0])
        kinds += [item.kind] * len(shapes)
        if len(item.names) == len(shapes):
            names.append(_names(columns, item.names, gpd.GeoSeries(shapes, crs=data.crs).to_crs(3857)))
    return {
        "backdrop": columns.raw(_polygons(np.concatenate(parts), data.crs, 0.0)),
        "backdrop_kind": columns.text(kinds),
        "backdrop_legend": [[item.kind, _label(item.label)] for item in data.context if item.explained],
        "names": names,
    }


def _names(columns: Columns, names: Sequence[str], shapes: gpd.GeoSeries) -> dict[str, Any]:
    """Names with the place to write them and the width of what they name, in units of the map."""
    there = ~(shapes.isna() | shapes.is_empty).to_numpy()
    points = shapely.get_coordinates(shapely.point_on_surface(shapes.to_numpy()[there]))
    bounds = shapely.bounds(shapes.to_numpy()[there])
    return {
        "names": [_text(name) for name, shown in zip(names, there, strict=True) if shown],
        "at": columns.array(to_units(points).reshape(-1)),
        "wide": columns.array((bounds[:, 2] - bounds[:, 0]) * WORLD / (2 * HALF_EQUATOR)),
    }


def _lattice(columns: Columns, lattice: Lattice) -> dict[str, Any]:
    rows, width, _ = lattice.node.shape
    return {
        "x0": lattice.x0,
        "y0": lattice.y0,
        "dx": lattice.dx,
        "dy": lattice.dy,
        "rows": rows,
        "columns": width,
        "x": columns.array(np.ascontiguousarray(lattice.node[:, :, 0]).reshape(-1)),
        "y": columns.array(np.ascontiguousarray(lattice.node[:, :, 1]).reshape(-1)),
    }


def _candidates(ids: list[str], candidates: list[str]) -> list[str | int]:
    """Candidate ids; 0 where it equals the site's id, 1 where the site's id is it with a dot and a number behind."""
    return [
        0 if candidate == site else 1 if candidate == site.rpartition(".")[0] else candidate
        for site, candidate in zip(ids, candidates, strict=True)
    ]


def _facts(columns: Columns, sites: gpd.GeoDataFrame) -> dict[str, Any]:
    """The columns that every run has; missing ones are left out."""
    decimals = {"area_m2": 2, "route_share": 4, "net_years": 6}
    names = (
        "kind", "area_m2", "route", "route_share", "available_from", "available_until",
        "mark_until", "net_years", "marks", "unknown",
    )  # fmt: skip
    found = {name: _column(columns, sites, name, decimals.get(name, 3)) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _profile(columns: Columns, data: MapData, sites: gpd.GeoDataFrame, profile: ProfileInfo) -> dict[str, Any]:
    """A profile's rows of the suitability table, in the order of the sites."""
    table = data.suitability
    rows = table[table["profile"] == profile.id]
    rows = rows.set_index(rows["site_id"].astype(str))
    if not sites["site_id"].isin(rows.index).all():
        raise ValueError(f"the suitability table lacks sites of profile {profile.id!r}")
    rows = rows.loc[sites["site_id"]]
    units = {measure.column: measure.unit for measure in data.measures}
    return {
        "id": profile.id,
        "label": _label(profile.label),
        "suitable": columns.array(rows["suitable"].fillna(False).to_numpy(dtype=bool).astype(np.uint8)),
        "failed": columns.text(_texts(rows, "failed")),
        "missing": columns.text(_texts(rows, "missing")),
        "access_score": _column(columns, rows, "access_score", 4),
        "homes": _column(columns, rows, "homes", 0),
        "homes_fit": _column(columns, rows, "homes_fit", 0),
        "requirements": [{"id": item.id, "text": _label(item.text)} for item in profile.requirements],
        "criteria": [
            {
                "id": item.id,
                "label": _label(item.label),
                "best": _plain(item.best),
                "worst": _plain(item.worst),
                "weight": int(item.weight),
                "raw": _column(columns, sites, item.column, _decimals(units.get(item.column, ""), len(sites))),
                "unit": units.get(item.column, ""),
                "value": columns.array(rows[f"v_{item.id}"].fillna(0).to_numpy(dtype=np.float64).astype(np.uint8)),
            }
            for item in profile.criteria
        ],
    }


def _excluded(columns: Columns, data: MapData) -> dict[str, Any] | None:
    """The ground each rule took, in the order of the rules."""
    if data.excluded is None:
        return None
    order = {rule.id: place for place, rule in enumerate(data.rules)}
    frame = data.excluded
    names = _texts(frame, "rule")
    later = {name: len(order) + place for place, name in enumerate(sorted(set(names) - set(order)))}
    rank = {**order, **later}
    candidates = _texts(frame, "candidate_id")
    turn = sorted(range(len(frame)), key=lambda row: (rank[names[row]], candidates[row], row))
    shapes, tolerance = _bounded(frame.geometry.to_numpy()[turn], _EXCLUDED_VERTICES)
    return {
        "polygons": columns.raw(_polygons(shapes, data.crs, 0.0)),
        "tolerance": tolerance,
        "rule": columns.text([names[row] for row in turn]),
        "candidate": columns.text([candidates[row] for row in turn]),
        "area_m2": columns.number(frame["area_m2"].to_numpy(dtype=np.float64)[turn], 0),
        "order": [name for name, _ in sorted(rank.items(), key=lambda item: item[1])],
    }


def _column(columns: Columns, frame: pd.DataFrame, name: str, decimals: int = 3) -> dict[str, Any] | None:
    """A column as numbers or texts, None when the frame lacks it."""
    if name not in frame.columns:
        return None
    values = frame[name]
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return columns.text(_texts(frame, name))
    return columns.number(values.to_numpy(dtype=np.float64, na_value=np.nan), decimals)


def _texts(frame: pd.DataFrame, name: str) -> list[str]:
    """A column's values as people read them; every different value is put into words once."""
    codes, values = pd.factorize(frame[name], use_na_sentinel=True)
    words = np.array([*(_text(value) for value in values.tolist()), ""], dtype=object)
    texts: list[str] = words[codes].tolist()
    return texts


def _text(value: Any) -> str:
    """A value as people read it; missing is empty, a date is ISO."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _plain(value: Any) -> float | int | None:
    """A number that JSON can hold; NaN is None, infinity an error."""
    if value is None or value is pd.NA or math.isnan(value):
        return None
    number = float(value)
    if math.isinf(number):
        raise ValueError("infinity cannot be shown on the map")
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _label(label: Label) -> dict[str, str]:
    if isinstance(label, str):
        return {"nl": label, "en": label}
    fallback = next(iter(label.values()), "")
    return {language: label.get(language, fallback) for language in ("nl", "en")}


def _decimals(unit: str, sites: int) -> int:
    """Decimals that a measure keeps; one less each on a map of many sites, to spare bytes."""
    return {"m": 1, "min": 2, "dB": 2}.get(unit, 3) - (sites > _MANY)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the unvaried run, numbers as numbers."""
    if "variant" in frame.columns:
        frame = frame[frame["variant"].isin(["base", ""]) | frame["variant"].isna()]
    numeric = {name for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])}
    return [
        {str(name): _plain(value) if name in numeric else _text(value) for name, value in row.items()}
        for row in frame.to_dict(orient="records")
    ]
