"""What was read, repaired and dropped, per layer: for run.json and the warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from flexsite.layers.table import Array, Ids

_IDS = ("read", "repaired", "dropped_empty", "dropped_unreadable", "dropped_outside_crs", "without_row")

UNKNOWN = "unknown"
"""Where values of a normalised column are counted that nobody knows."""
TOLD = frozenset({"status"})
"""Normalised columns of which people are told how much is not known, also where no text is strange."""


def _none() -> Ids:
    return np.empty(0, np.int64)


def _as_runs(ids: Ids) -> list[list[int]]:
    """Rising ids as the first of each run of consecutive ones, and its length: mostly a file is read whole."""
    first = np.flatnonzero(np.diff(ids, prepend=-2) != 1)
    runs: list[list[int]] = np.column_stack([ids[first], np.diff(first, append=len(ids))]).tolist()
    return runs


def _from_runs(runs: list[list[int]]) -> Ids:
    first, count = np.array(runs, dtype=np.int64).reshape(-1, 2).T
    before = np.cumsum(count) - count
    ids: Ids = np.arange(count.sum()) + np.repeat(first - before, count)
    return ids


@dataclass
class LayerReport:
    """What happened to one layer, over all readings of it together.

    The arrays hold feature ids, so that a feature read in two windows, or for two rules, counts once.
    """

    name: str
    path: str = ""
    layer: str = ""
    crs: str = ""
    kind: str = ""
    coverage: str = ""
    features: int = 0
    """Features in the file, before any filter."""
    read: Ids = field(default_factory=_none)
    """Met the layer's and the rule's `where`, and the window."""
    repaired: Ids = field(default_factory=_none)
    """Invalid polygons, made valid."""
    dropped_empty: Ids = field(default_factory=_none)
    """No geometry, or none left after repair."""
    dropped_unreadable: Ids = field(default_factory=_none)
    """Geometry that GEOS cannot represent."""
    dropped_outside_crs: Ids = field(default_factory=_none)
    """Outside where the CRS of the study can be computed."""
    without_row: Ids = field(default_factory=_none)
    """No row in the layer's table."""
    table: dict[str, Any] = field(default_factory=dict)
    """The table joined to the layer: file, year, rows and how many match nothing."""
    values: dict[str, dict[str, int]] = field(default_factory=dict)
    """How often each value of a normalised column was read, in the reading with most features."""
    odd: dict[str, dict[str, int]] = field(default_factory=dict)
    """Texts of such a column that mean nothing to us, and how often: most in one reading."""
    missing: dict[str, int] = field(default_factory=dict)
    """Values taken as null because `missing` lists them: most in one reading, by our column name."""
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, ids: Array) -> None:
        """Count features under `what`, one of the id arrays."""
        if len(ids):
            known = getattr(self, what)
            rising = bool((np.diff(ids) > 0).all())
            setattr(self, what, np.union1d(known, ids) if len(known) else ids if rising else np.unique(ids))

    def note(self, text: str) -> None:
        """Keep a remark once."""
        if text not in self.notes:
            self.notes.append(text)

    def count_values(self, column: str, values: Mapping[str, int], odd: Mapping[str, int]) -> None:
        """Keep how often each value of a normalised column was read, and the texts that were not understood."""
        if sum(values.values()) > sum(self.values.get(column, {}).values()):
            self.values[column] = dict(values)
        known = self.odd.get(column, {})
        more = {text: max(count, known.get(text, 0)) for text, count in odd.items()}
        if more:
            self.odd[column] = known | more

    def merge(self, other: LayerReport) -> None:
        """Take in what another process read of the same layer."""
        for what in _IDS:
            self.add(what, getattr(other, what))
        for what in ("path", "layer", "crs", "kind", "coverage"):
            setattr(self, what, getattr(self, what) or getattr(other, what))
        self.features = max(self.features, other.features)
        self.table = self.table or dict(other.table)
        for column in {**other.values, **other.odd}:
            self.count_values(column, other.values.get(column, {}), other.odd.get(column, {}))
        for name, count in other.missing.items():
            self.missing[name] = max(self.missing.get(name, 0), count)
        for text in other.notes:
            self.note(text)

    def set_aside(self) -> LayerReport:
        """What was noted so far, taken out of the report."""
        before = self.copied()
        for what in _IDS:
            setattr(self, what, _none())
        self.missing, self.notes, self.table, self.values, self.odd = {}, [], {}, {}, {}
        return before

    def put_back(self, before: LayerReport) -> None:
        """Add what was set aside, as if it had never been away."""
        since = self.notes
        self.notes = list(before.notes)
        self.merge(before)
        for text in since:
            self.note(text)

    def copied(self) -> LayerReport:
        """A report of its own with the same content."""
        return replace(
            self,
            missing=dict(self.missing),
            notes=list(self.notes),
            table=dict(self.table),
            values={name: dict(counts) for name, counts in self.values.items()},
            odd={name: dict(counts) for name, counts in self.odd.items()},
        )

    def as_plain(self) -> dict[str, Any]:
        """As JSON can hold it; the path is a matter of the machine and left out."""
        plain = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in {*_IDS, "path"}}
        return {**plain, **{what: _as_runs(getattr(self, what)) for what in _IDS}}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> LayerReport:
        """A report from what `as_plain` gave."""
        ids = {what: _from_runs(plain[what]) for what in _IDS}
        return cls(**{**plain, **ids})

    def counts(self) -> dict[str, Any]:
        """Plain values for run.json."""
        more: dict[str, Any] = {}
        if self.table:
            more["table"] = {**self.table, "features_without_row": len(self.without_row)}
        if self.values:
            more["values"] = {name: dict(sorted(counts.items())) for name, counts in sorted(self.values.items())}
        if self.odd:
            more["not_understood"] = {name: dict(sorted(texts.items())) for name, texts in sorted(self.odd.items())}
        return {
            "layer": self.layer,
            "crs": self.crs,
            "kind": self.kind,
            "coverage": self.coverage,
            "features": self.features,
            "read": len(self.read),
            "repaired": len(self.repaired),
            "dropped_empty": len(self.dropped_empty),
            "dropped_unreadable": len(self.dropped_unreadable),
            "dropped_outside_crs": len(self.dropped_outside_crs),
            "missing": dict(sorted(self.missing.items())),
            "notes": list(self.notes),
            **more,
        }

    @property
    def warnings(self) -> list[str]:
        """Sentences for people, each with its count; none when all went well."""
        found = [f"layer '{self.name}': {note}" for note in self.notes]
        for what, text in (
            ("repaired", "features read had invalid polygons, made valid"),
            ("dropped_empty", "features read have no geometry, left out"),
            ("dropped_unreadable", "features read have geometry of an unknown type, left out"),
            ("dropped_outside_crs", "features read lie outside what the CRS allows, left out"),
            ("without_row", "features read have no row in its table"),
        ):
            count = len(getattr(self, what))
            if count:
                found.append(f"layer '{self.name}': {count} of {max(len(self.read), count)} {text}")
        for column, counts in sorted(self.values.items()):
            unknown, strange = counts.get(UNKNOWN, 0), sum(self.odd.get(column, {}).values())
            if unknown and (strange or column in TOLD):
                more = (
                    f", of which {strange} by {len(self.odd[column])} texts that mean nothing to us" if strange else ""
                )
                found.append(
                    f"layer '{self.name}': {unknown} of {sum(counts.values())} features have an unknown {column}{more}"
                )
        return found
