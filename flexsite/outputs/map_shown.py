"""Isochrones, routes and fields of a study as they are drawn on its map."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from flexsite.outputs.map.data import ContextInfo
from flexsite.outputs.words import unit_of, words

if TYPE_CHECKING:
    from flexsite.outputs.map.data import ContextKind
    from flexsite.outputs.result import Result

CLASSES = 5
"""Classes of a field, with about the same number of cells in each."""
_ORDER: tuple[ContextKind, ...] = ("reach", "walk", "cycle", "change", "ride")
_NAMED = ("reach", "ride")  # what bears its label on the map


def shown_access(result: Result) -> tuple[ContextInfo, ...]:
    """What a study shows of its access: fields below, then ground in reach, then ways."""
    if result.shown is None or not len(result.shown):
        return ()
    shown = result.shown
    found: list[ContextInfo] = []
    for name in dict.fromkeys(shown.loc[shown["kind"] == "field", "of"]):
        cells = shown[(shown["kind"] == "field") & (shown["of"] == name)]
        values = cells["value"].to_numpy()
        bounds = np.unique(np.quantile(values, np.arange(1, CLASSES) / CLASSES, method="lower"))
        place = np.searchsorted(bounds, values, side="left")
        measure = next(one for one in result.study.access.measures if one.id == name)
        own, unit = measure.label, unit_of(measure)
        for number in np.unique(place).tolist():
            of_class = place == number
            low, high = values[of_class].min(), values[of_class].max()
            span = f"{low:.1f} - {high:.1f} {unit}".rstrip()
            label = {
                key: f"{text}: {span.replace('.', ',') if key == 'nl' else span}"
                for key, text in words(name, own).items()
            }
            shade = cast("ContextKind", f"field{number + 1}")
            found.append(ContextInfo(shade, label, cells.geometry[of_class].reset_index(drop=True), explained=True))
    for kind in _ORDER:
        some = shown[shown["kind"] == kind]
        if len(some):
            names = tuple(some["label"]) if kind in _NAMED else ()
            found.append(ContextInfo(kind, words(kind), some.geometry.reset_index(drop=True), names, explained=True))
    return tuple(found)
