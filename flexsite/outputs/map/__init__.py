"""The interactive map: one sealed HTML file on a `folium.Map`.

`MapData` and its parts are plain values; `SiteMap` imports folium when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flexsite.outputs.map.data import (
    ColumnInfo,
    ContextInfo,
    CriterionInfo,
    MapData,
    MeasureInfo,
    ProfileInfo,
    RequirementInfo,
    RuleInfo,
    SourceInfo,
    TestInfo,
)
from flexsite.outputs.map.local import LocalInfo

if TYPE_CHECKING:
    from flexsite.outputs.map.page import SiteMap, external_refs

__all__ = [
    "ColumnInfo",
    "ContextInfo",
    "CriterionInfo",
    "LocalInfo",
    "MapData",
    "MeasureInfo",
    "ProfileInfo",
    "RequirementInfo",
    "RuleInfo",
    "SiteMap",
    "SourceInfo",
    "TestInfo",
    "external_refs",
]


def __getattr__(name: str) -> Any:
    if name in ("SiteMap", "external_refs"):
        from flexsite.outputs.map import page

        return getattr(page, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
