"""What people read for the ids of rows, columns and measures, in Dutch and in English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from flexsite.study.access import CountMeasure, MeasureBase, NearestMeasure

Words = Mapping[str, str]
"""A text per language."""


@cache
def _labels() -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = yaml.safe_load(
        files("flexsite.outputs").joinpath("labels.yaml").read_text(encoding="utf-8")
    )
    return labels


def words(name: str, own: str | Mapping[str, str] | None = None) -> Words:
    """What people read for an id: the study's own label, else ours, else the id with spaces."""
    if isinstance(own, str):
        return {"nl": own, "en": own}
    if own:
        first = next(iter(own.values()))
        return {"nl": own.get("nl", first), "en": own.get("en", first)}
    text = name.replace("_", " ")
    return _labels().get(name, {"nl": text, "en": text})


def unit_of(measure: MeasureBase) -> str:
    """Unit of a measure's column: metres, minutes, decibels for noise, or none."""
    if isinstance(measure, NearestMeasure):
        if measure.report != "time":
            return ""
        return "min" if measure.mode == "transit" else "m"
    if isinstance(measure, CountMeasure):
        return ""
    return "dB" if measure.id == "noise" else ""
