"""Layers of housing plans: their status, programme and drawing in our words, whatever register they come from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely

from flexsite.errors import InputError
from flexsite.layers.joining import Readable
from flexsite.layers.matching import numbers
from flexsite.layers.plan_words import folded, programme, read_words, rulebook, status
from flexsite.layers.report import UNKNOWN
from flexsite.layers.table import Array, Bounds
from flexsite.layers.vector import Vector
from flexsite.values import text_of

ROLE = "plans"
STATUS, PROGRAMME, DRAWN, HOMES = "status", "programme", "drawn", "homes"
CLEAR, POINT, THIN = "clear", "point", "thin"
_SOURCES = {STATUS: (STATUS,), PROGRAMME: (PROGRAMME,), DRAWN: (DRAWN, HOMES)}
"""Columns that each of ours is made of."""


class Plans:
    """A reader of plans that gives `status`, `programme` and `drawn` in our words when they are asked for.

    `status` is 1A to 5B, or missing. `programme` is permanent, flex, mixed or unknown. `drawn` is `point` for lines,
    points and polygons too small to hold a home, `thin` for plans with so few homes on their ground that it shows no
    more than where to look, else `clear`.
    """

    def __init__(self, reader: Readable) -> None:
        self._reader, self.report, self.place = reader, reader.report, reader.place

    def has(self, column: str) -> bool:
        """Whether file or table has a column; what is made here needs none."""
        return self._reader.has(column)

    def read(self, bounds: Bounds | None, where: str | None, columns: Sequence[str]) -> Vector:
        """Features as the file's reader gives them.

        Raises
        ------
        InputError
            As that reader; or no column holds the status, or homes are no numbers.
        """
        asked = list(dict.fromkeys(columns))
        made = [name for name in asked if name in _SOURCES]
        if not made:
            return self._reader.read(bounds, where, columns)
        if STATUS in made and not self._reader.has(STATUS):
            raise InputError(
                "no column 'status', and the layer has the role 'plans'",
                where=self.place,
                remedy="say which column holds it, under columns: {status: ...}",
            )
        sources = [source for name in made for source in _SOURCES[name] if self._reader.has(source)]
        plain = [name for name in asked if name not in _SOURCES]
        found = self._reader.read(bounds, where, [*plain, *sources])
        frame = found.frame.copy()
        for name in made:
            made_of = self._drawn(found) if name == DRAWN else self._worded(name, found)
            frame[name] = pd.Series(made_of, dtype=object)
        return Vector(found.name, frame[[*asked, "geometry"]], found.ids)

    def _worded(self, name: str, found: Vector) -> Array:
        """Status or programme, from the column of that name."""
        if name not in found.frame:
            return np.full(len(found), UNKNOWN, dtype=object)
        read = read_words(found.frame[name], status if name == STATUS else programme)
        self.report.count_values(name, read.counts, read.odd)
        return read.words if name == STATUS else np.where(pd.isna(read.words), UNKNOWN, read.words)

    def _drawn(self, found: Vector) -> Array:
        """As the layer says, and else from the ground and the homes of each plan."""
        homes = np.full(len(found), np.nan)
        if HOMES in found.frame:
            homes = numbers(found.frame[HOMES], found.ids, f"{self.place}, column '{HOMES}'")
        values = drawn(found.frame.geometry.to_numpy(), homes)
        if DRAWN in found.frame:
            said = np.array([folded(text_of(value)) for value in found.frame[DRAWN]], dtype=object)
            values = np.where(np.isin(said, [CLEAR, POINT, THIN]), said, values)
        kinds, often = np.unique(values.astype(str), return_counts=True)
        self.report.count_values(DRAWN, dict(zip(kinds.tolist(), often.tolist(), strict=True)), {})
        return values


def drawn(geometry: Array, homes: Array) -> Array:
    """How plans are drawn.

    Parameters
    ----------
    geometry
        (n,) in the CRS of the study, metres.
    homes
        (n,) homes; NaN or below zero where not known, which makes no plan thin.

    Returns
    -------
    (n,) clear, point or thin.

    Examples
    --------
    >>> shapes = np.array([shapely.box(0, 0, 9, 9), shapely.box(0, 0, 200, 100), shapely.box(0, 0, 200, 100)])
    >>> drawn(shapes, np.array([5.0, 1.0, 2.0]))
    array(['point', 'thin', 'clear'], dtype=object)
    """
    book = rulebook()["drawn"]
    area = shapely.area(geometry)
    with np.errstate(divide="ignore", invalid="ignore"):
        thin = (homes >= 0) & (homes / (area / 1e4) < book["thin"]["below"])
    found = np.full(len(geometry), CLEAR, dtype=object)
    found[thin] = THIN
    found[area < book["point"]["below"]] = POINT
    return found
