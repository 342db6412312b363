"""What the map says of owners and windows, in the words of its readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flexsite.outputs.map.data import ColumnInfo, RuleInfo
from flexsite.outputs.windows import asks_windows
from flexsite.outputs.words import words
from flexsite.study.owners import PREEMPTION, PUBLIC_SELECTION, owner_book, owner_columns

if TYPE_CHECKING:
    import geopandas as gpd

    from flexsite.outputs.result import Result
    from flexsite.study.models import Study

OWNER = "owner_class"
_VALUES = ("right", "price_class")
_WINDOW = ("moves", "bridging")


def worded(result: Result) -> gpd.GeoDataFrame:
    """The sites with classes, rights and prices in words of the study's language; bridging is said where it is so."""
    study, sites = result.study, result.sites
    told: dict[str, Any] = {}
    if study.owners is not None:
        book, language = owner_book(), study.language
        labels = {name: _label(kind.label, language) for name, kind in book.classes.items()}
        told[OWNER] = sites[OWNER].map(labels).astype("str")
        told[f"{OWNER}_share"] = sites["owner_share"]
        values = {name: _label(label, language) for name, label in book.words.items()}
        told |= {name: sites[name].map(values).astype("str") for name in _VALUES if name in sites.columns}
    if asks_windows(study):
        yes = _label(owner_book().words["yes"], study.language)
        told["bridging"] = np.where(sites["bridging"].to_numpy(dtype=bool), yes, "")
    return sites.assign(**told) if told else sites


def owner_info(study: Study) -> tuple[ColumnInfo, ...]:
    """The class of owners, with its share of the site."""
    return (ColumnInfo(OWNER, words(OWNER)),) if study.owners is not None else ()


def window_info(study: Study) -> tuple[ColumnInfo, ...]:
    """What else is said of a site's owner and of its window."""
    named = [name for name in owner_columns(study) if name not in (OWNER, "owner_share")]
    return tuple(ColumnInfo(name, words(name)) for name in (*named, *(_WINDOW if asks_windows(study) else ())))


def mark_info(study: Study) -> tuple[RuleInfo, ...]:
    """The marks that owners give, with what they rest on."""
    if study.owners is None:
        return ()
    about = owner_book().public_selection
    marks = [RuleInfo(PUBLIC_SELECTION, "mark", "", about.basis or "", "", str(about.date), words(PUBLIC_SELECTION))]
    if study.owners.preemption is not None:
        layer = study.layers[study.owners.preemption]
        if not (layer.private and study.audience == "public"):
            source = layer.source or layer.path.name
            marks.append(RuleInfo(PREEMPTION, "mark", "", "", source, str(layer.date or ""), words(PREEMPTION)))
    return tuple(marks)


def _label(label: str | dict[str, str], language: str) -> str:
    return label if isinstance(label, str) else label[language]
