"""A layer with a table: its features carry the attributes of the row with their key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from flexsite.errors import InputError
from flexsite.layers.attributes import Attributes
from flexsite.layers.table import Bounds
from flexsite.layers.vector import Vector, VectorReader, series_of
from flexsite.values import text_of, texts_of

if TYPE_CHECKING:
    from flexsite.layers.report import LayerReport
    from flexsite.study.layer import Layer


class Readable(Protocol):
    """What gives the features of a layer."""

    report: LayerReport
    place: str

    def has(self, column: str) -> bool:
        """Whether file or table has a column, by our name or the file's."""

    def read(self, bounds: Bounds | None, where: str | None, columns: Sequence[str]) -> Vector:
        """Features with columns, as `VectorReader.read`."""


@dataclass(frozen=True)
class Unmatched:
    """Keys on one side alone, each once, in code point order.

    Attributes
    ----------
    keys
        Of the table, without a feature.
    features
        Of features, without a row.
    """

    keys: list[str]
    features: list[str]


class Joined:
    """A reader of features that also gives the columns of a table.

    A column that file and table both have is the file's. A feature whose key has no row has no value.

    Raises
    ------
    InputError
        As `Attributes`; or the layer lacks the column with the key, or shares no key with the table.
    """

    def __init__(self, reader: VectorReader, spec: Layer) -> None:
        assert spec.table is not None, "a layer without a table has nothing to join"  # noqa: S101
        self._reader, self._spec, self._on = reader, spec, spec.table.on
        self.report, self.place = reader.report, reader.place
        self._table = Attributes(spec.table, spec.missing, reader.name)
        if not reader.has(self._on):
            raise InputError(
                f"no column '{self._on}' to join the table {spec.table.path.name} on",
                where=self.place,
                remedy=f"name under table.on a column of the layer: {', '.join(reader.fields()[:30])}",
            )
        if not self.unmatched.keys or len(self.unmatched.keys) < len(self._table.rows):
            return
        mine, theirs = next(iter(self.unmatched.features), ""), next(iter(self._table.rows))
        raise InputError(
            f"no key of the table is a '{self._on}' of the layer: '{theirs}' there, '{mine}' here",
            where=self._table.place,
            remedy="join on columns with the same codes; leading zeros and letters count",
        )

    def has(self, column: str) -> bool:
        """Whether file or table has a column."""
        return self._reader.has(column) or self._theirs(column) in self._table.fields

    def read(self, bounds: Bounds | None, where: str | None, columns: Sequence[str]) -> Vector:
        """Features as the file's reader gives them, with columns of the table besides."""
        added = [name for name in dict.fromkeys(columns) if not self._reader.has(name) and self.has(name)]
        own = [name for name in columns if name not in added]
        found = self._reader.read(bounds, where, [*own, self._on] if added else own)
        self._note()
        if not added:
            return found
        rows = self._table.rows
        place = [rows.get(key.strip(), -1) for key in texts_of(found.frame[self._on].to_numpy())]
        at = np.array(place, dtype=np.int64)
        self.report.add("without_row", found.ids[at < 0])
        taken = pa.array(at, mask=at < 0)
        frame = found.frame
        for name in added:
            values, nulled = series_of(self._table.field(self._theirs(name)).take(taken), self._spec.missing)
            frame[name] = values
            if nulled:
                self.report.missing[name] = max(nulled, self.report.missing.get(name, 0))
        return Vector(found.name, frame[[*dict.fromkeys(columns), "geometry"]], found.ids)

    @cached_property
    def unmatched(self) -> Unmatched:
        """Keys without a feature and features without a row, in the whole file."""
        here = {text_of(value).strip() for value in self._reader.distinct(self._on)}
        there = self._table.rows.keys()
        return Unmatched(sorted(there - here), sorted(here - there - {""}))

    def _theirs(self, column: str) -> str:
        return self._spec.columns.get(column, column)

    def _note(self) -> None:
        spec = self._table.spec
        self.report.table = {
            "file": spec.path.name,
            "year": spec.year,
            "rows": len(self._table.rows),
            "keys_without_feature": len(self.unmatched.keys),
            "keys_without_row": len(self.unmatched.features),
        }
