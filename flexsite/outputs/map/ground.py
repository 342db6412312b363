"""Ground that rules took, as the page needs it: where, by which rules at once, and how much of it by combination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from flexsite.outputs.map.backdrop import bounded
from flexsite.outputs.map.codec import encode_polygons
from flexsite.outputs.map.columns import texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd

    from flexsite.outputs.gone import Spots
    from flexsite.outputs.map.codec import Place
    from flexsite.outputs.map.columns import Columns
    from flexsite.outputs.map.data import MapData

VERTICES = 1_000_000
"""Above which shapes are simplified, up to `COARSEST`."""
COARSEST = 5.0
"""Metres within which the map draws the ground that rules took."""
MOST_COMBINATIONS = 100_000
_SPOT_BYTES = 6_000_000


def ground_meta(columns: Columns, data: MapData, place: Place) -> dict[str, Any]:
    """What stands in the description of the block on the ground that rules took."""
    gone = data.gone
    frame = gone.parts
    if frame is None and data.excluded is not None:
        frame = data.excluded.assign(rules=data.excluded["rule"])
    order = _order([rule.id for rule in data.rules], [] if frame is None else _first(texts(frame, "rules")))
    return {
        "excluded": None if frame is None else _parts(columns, frame, order, place),
        "combinations": None if gone.combinations is None else _combinations(columns, gone.combinations),
        "spots": None if gone.spots is None else _spots(columns, gone.spots),
    }


def _order(rules: list[str], names: Iterable[str]) -> list[str]:
    """Rules in their order, then other names by code point."""
    return list(dict.fromkeys([*rules, *sorted(set(names))]))


def _first(joined: list[str]) -> list[str]:
    return [text.split(";", 1)[0] for text in joined]


def _parts(columns: Columns, frame: gpd.GeoDataFrame, order: list[str], place: Place) -> dict[str, Any]:
    """The ground, by the rule that took it at its turn, then candidate."""
    rank = {name: at for at, name in enumerate(order)}
    joined, candidates = texts(frame, "rules"), texts(frame, "candidate_id")
    taker = _first(joined)
    turn = sorted(range(len(frame)), key=lambda row: (rank[taker[row]], candidates[row], row))
    shapes, tolerance = bounded(frame.geometry.to_numpy()[turn], VERTICES)
    if tolerance > COARSEST:
        shapes, tolerance = shapely.simplify(frame.geometry.to_numpy()[turn], COARSEST), COARSEST
    return {
        "polygons": columns.raw(encode_polygons(shapes, place)),
        "tolerance": tolerance,
        "rule": columns.text([taker[row] for row in turn]),
        "rules": columns.text([joined[row] for row in turn]),
        "candidate": columns.text([candidates[row] for row in turn]),
        "area_m2": columns.number(frame["area_m2"].to_numpy(dtype=np.float64)[turn], 0),
        "order": order,
    }


def _combinations(columns: Columns, table: pd.DataFrame) -> dict[str, Any] | None:
    """Hectares under each set of rules at once; a set is bits in two columns of 32, by place in `rules`."""
    sets = [text.split(";") for text in texts(table, "rules")]
    names = sorted({name for one in sets for name in one})
    if len(table) > MOST_COMBINATIONS or len(names) > 64:
        return None
    bit = {name: 1 << at for at, name in enumerate(names)}
    masks = np.array([sum(bit[name] for name in one) for one in sets], dtype=np.uint64)
    return {
        "rules": names,
        "low": columns.array((masks & np.uint64(0xFFFFFFFF)).astype(np.uint32)),
        "high": columns.array((masks >> np.uint64(32)).astype(np.uint32)),
        "ha": columns.array(table["area_ha"].to_numpy(dtype=np.float64)),
        "candidates": columns.array(table["candidates"].to_numpy().astype(np.uint32)),
    }


def _spots(columns: Columns, spots: Spots) -> dict[str, Any] | None:
    """Cells row by row from the north: 0 where no candidate lies, else 1 + the place in `rules`."""
    few = len(spots.rules) < 2**8
    if spots.code.size > _SPOT_BYTES:
        return None
    return {
        "cell": spots.cell,
        "west": spots.west,
        "north": spots.north,
        "columns": spots.code.shape[1],
        "code": columns.array(spots.code.reshape(-1).astype(np.uint8 if few else np.uint16)),
        "rules": list(spots.rules),
    }
