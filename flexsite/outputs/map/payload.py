"""The map's data as one block of bytes: a JSON description and the columns it points to.

    b"FSM1", u32 length of the JSON, the JSON, zero bytes up to a multiple of 8, the columns

The JSON names a column as [offset, length, type], type being u1, u2, u4, i4, f8 or
raw, offsets counted from the end of the JSON's padding. Equal columns are stored once.
"""

from __future__ import annotations

import json
import math
from importlib import resources
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from flexsite.outputs.map.backdrop import backdrop, projects
from flexsite.outputs.map.background import background_of
from flexsite.outputs.map.bounds import Bounds
from flexsite.outputs.map.codec import encode_polygons
from flexsite.outputs.map.columns import Columns, column_of, decimals_of, labelled, plain, short, text_of, texts, worded
from flexsite.outputs.map.data import CriterionInfo, MapData, ProfileInfo
from flexsite.outputs.map.explained import explained_meta
from flexsite.outputs.map.ground import ground_meta
from flexsite.outputs.map.lattice import Lattice, Nearby, lattices
from flexsite.outputs.map.local import local_meta
from flexsite.outputs.map.slim import criterion_values, front_coded, read_back

MAX_SITES = 200_000
_MANY = 20_000
_SITE_TOLERANCE = 0.1  # m; with the rounding to steps below the 0.4 m that the map promises


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
        for language, own in loaded.items():
            known = merged.setdefault(language, {})
            if twice := known.keys() & own.keys():
                raise ValueError(f"{file.name} repeats the texts of {', '.join(sorted(twice))}")
            known.update(own)
    return merged


def build(data: MapData) -> bytes:
    """The block of bytes that the page reads; equal data give equal bytes."""
    columns = Columns()
    sites = data.sites.assign(site_id=data.sites["site_id"].astype(str)).sort_values("site_id", kind="stable")
    ids: list[str] = sites["site_id"].tolist()
    if len(set(ids)) < len(ids):
        raise ValueError("site_id is not unique")
    forward, backward = lattices(data.crs, _bounds(data))
    place = Nearby(data.crs, _reach(data))
    joined: list[dict[str, Any]] = [
        {
            "name": item.name,
            "label": labelled(item.label),
            "value": column_of(columns, sites, item.name),
            "share": column_of(columns, sites, f"{item.name}_share"),
        }
        for item in data.columns
    ]
    measures: list[dict[str, Any]] = [
        {
            "id": item.id,
            "column": item.column,
            "unit": item.unit,
            "label": labelled(item.label),
            "value": column_of(columns, sites, item.column, decimals_of(item.unit, len(ids))),
        }
        for item in data.measures
    ]
    shown = {item["name"]: (("columns", place), item["value"]) for place, item in enumerate(joined)}
    shown |= {item["column"]: (("measures", place), item["value"]) for place, item in enumerate(measures)}
    bounds = Bounds(columns, sites, shown)
    meta: dict[str, Any] = {
        "title": short(data.title),
        "language": data.language,
        "audience": data.audience,
        "date": text_of(data.date),
        "term": plain(data.term),
        "strictness": data.strictness,
        "grid": data.is_grid,
        "n": len(ids),
        "ids": front_coded(columns, ids),
        "candidates": _candidates(ids, texts(sites, "candidate_id")),
        "polygons": columns.raw(encode_polygons(shapely.simplify(sites.geometry.to_numpy(), _SITE_TOLERANCE), place)),
        **backdrop(columns, data, place),
        "projects": projects(data.projects, place),
        "background": background_of(data.background),
        "forward": _lattice(columns, forward),
        "backward": _lattice(columns, backward),
        "facts": _facts(columns, sites),
        "columns": joined,
        "kinds": {name: labelled(label) for name, label in data.kinds.items()},
        "kind_columns": [
            [labelled(item.label), column_of(columns, sites, item.name), item.name] for item in data.kind_columns
        ],
        "measures": measures,
        "profiles": [_profile(columns, data, sites, profile, bounds) for profile in data.profiles],
        "bounded": bounds.bounded,
        "rules": [{**vars_of(rule), "label": labelled(rule.label)} for rule in data.rules],
        **ground_meta(columns, data, place),
        "explained": explained_meta(columns, data.explained, ids),
        "waterfall": _records(data.waterfall),
        "sources": [vars_of(source) for source in data.sources],
        "assumed_complete": list(data.assumed_complete),
        "assumptions": [plain(count) for count in data.assumptions],
        **({"untested": list(data.untested)} if data.untested else {}),
        "warnings": list(data.warnings),
        "local": local_meta(data.local, data.crs),
        "version": data.version,
        "study_hash": data.study_hash,
        "strings": strings(),
    }
    return columns.block(meta)


def vars_of(item: Any) -> dict[str, str]:
    """The fields of a flat dataclass as texts."""
    return {name: text_of(value) for name, value in vars(item).items()}


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


def _reach(data: MapData) -> tuple[float, float, float, float]:
    """Bounds in the study CRS of everything on the map."""
    frames = [
        data.sites,
        *(item.geometry for item in data.context),
        *([] if data.excluded is None else [data.excluded]),
    ]
    found = np.array([_bounds(data), *(frame.total_bounds for frame in frames if len(frame))], dtype=float)
    low, high = np.nanmin(found[:, :2], axis=0), np.nanmax(found[:, 2:], axis=0)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


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
    many = len(sites) > _MANY  # whole square metres and percents there, to spare bytes
    decimals = {"area_m2": 0 if many else 2, "route_share": 2 if many else 4, "net_years": 6}
    names = (
        "kind", "area_m2", "route", "route_share", "available_from", "available_until",
        "mark_until", "net_years", "marks", "unknown",
    )  # fmt: skip
    found = {name: column_of(columns, sites, name, decimals.get(name, 3)) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _profile(
    columns: Columns, data: MapData, sites: gpd.GeoDataFrame, profile: ProfileInfo, bounds: Bounds
) -> dict[str, Any]:
    """A profile's rows of the suitability table, in the order of the sites."""
    table = data.suitability
    rows = table[table["profile"] == profile.id]
    turn = pd.Index(rows["site_id"].astype(object).map(str)).get_indexer(pd.Index(sites["site_id"].astype(object)))
    if (turn < 0).any():
        raise ValueError(f"the suitability table lacks sites of profile {profile.id!r}")
    rows = rows.iloc[turn]
    units = {measure.column: measure.unit for measure in data.measures}
    return {
        "id": profile.id,
        "label": labelled(profile.label),
        "suitable": columns.array(rows["suitable"].fillna(False).to_numpy(dtype=bool).astype(np.uint8)),
        "failed": worded(columns, rows, "failed"),
        "missing": worded(columns, rows, "missing"),
        "access_score": column_of(columns, rows, "access_score", 4),
        "homes": column_of(columns, rows, "homes", 0),
        **_homes_fit(columns, rows),
        "requirements": bounds.requirements(profile.requirements),
        "floor_area": plain(profile.floor_area),
        "criteria": [_criterion(columns, sites, rows, item, units.get(item.column, "")) for item in profile.criteria],
    }


def _criterion(
    columns: Columns, sites: gpd.GeoDataFrame, rows: pd.DataFrame, item: CriterionInfo, unit: str
) -> dict[str, Any]:
    raw = column_of(columns, sites, item.column, decimals_of(unit, len(sites)))
    stored = np.zeros(0)
    if raw is not None and "words" not in raw:
        stored = read_back(raw, sites[item.column].to_numpy(dtype=np.float64, na_value=np.nan))
    return {
        "id": item.id,
        "label": labelled(item.label),
        "best": plain(item.best),
        "worst": plain(item.worst),
        "weight": int(item.weight),
        "raw": raw,
        "unit": unit,
        **criterion_values(columns, rows[f"v_{item.id}"], raw, stored, item.best, item.worst),
    }


def _homes_fit(columns: Columns, rows: pd.DataFrame) -> dict[str, Any]:
    """How many homes fit, as what they are more than the homes that are counted: mostly nothing."""
    if "homes" not in rows or "homes_fit" not in rows or rows[["homes", "homes_fit"]].isna().any(axis=None):
        return {"homes_fit": column_of(columns, rows, "homes_fit", 0)}
    return {"homes_more": columns.number((rows["homes_fit"] - rows["homes"]).to_numpy(dtype=np.float64), 0)}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the unvaried run, numbers as numbers."""
    if "variant" in frame.columns:
        frame = frame[frame["variant"].isin(["base", ""]) | frame["variant"].isna()]
    numeric = {name for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])}
    return [
        {str(name): plain(value) if name in numeric else text_of(value) for name, value in row.items()}
        for row in frame.to_dict(orient="records")
    ]
