"""What the map shows: plain values that a run fills in, nothing that reads files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from flexsite.outputs.gone import Gone
from flexsite.outputs.map.explained import ExplainedInfo
from flexsite.outputs.map.local import LocalInfo

if TYPE_CHECKING:
    import datetime

    import geopandas as gpd
    import pandas as pd
    import pyproj
    from shapely.geometry.base import BaseGeometry

Language = Literal["nl", "en"]


Label = str | Mapping[str, str]
"""One text for both languages, or `{"nl": ..., "en": ...}`."""


@dataclass(frozen=True)
class CriterionInfo:
    """A soft criterion of a profile.

    `column` is the column of the sites that holds the measure; the criterion's
    value, an integer 0..100, is column `v_<id>` of the suitability table.
    `best` and `worst` are in the measure's unit, `weight` is an integer 0..100.
    """

    id: str
    label: Label
    column: str
    best: float
    worst: float
    weight: int


@dataclass(frozen=True)
class TestInfo:
    """One bound of a requirement that readers may move, on a column of the sites.

    With neither bound the column holds verdicts: 1 passes, 2 unknown, 0 fails.
    """

    __test__ = False  # pytest: this is no test class

    column: str
    label: Label
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None


@dataclass(frozen=True)
class RequirementInfo:
    """A hard requirement of a profile, with the text people read when a site fails it.

    It passes when one of `tests` does; without any, readers cannot move its bounds. With `kinds` it is asked of sites
    of these kinds alone.
    """

    id: str
    text: Label
    tests: tuple[TestInfo, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProfileInfo:
    """A target group's programme of requirements; `floor_area` is the use area of a home in m2, where known."""

    id: str
    label: Label
    criteria: tuple[CriterionInfo, ...] = ()
    requirements: tuple[RequirementInfo, ...] = ()
    floor_area: float | None = None


@dataclass(frozen=True)
class ColumnInfo:
    """A column joined to the sites by overlap; `<name>_share` may stand beside it."""

    name: str
    label: Label


@dataclass(frozen=True)
class MeasureInfo:
    """An access measure; `unit` is shown behind the number ("m", "min", "dB", "")."""

    id: str
    column: str
    unit: str
    label: Label


@dataclass(frozen=True)
class RuleInfo:
    """A rule of the study: what it does, how hard it is and on which basis.

    Without a `label` people read the id with spaces.
    """

    id: str
    effect: str
    hardness: str
    basis: str = ""
    source: str = ""
    date: str = ""
    label: Label = ""


@dataclass(frozen=True)
class SourceInfo:
    """Where a layer comes from."""

    layer: str
    source: str = ""
    date: str = ""
    licence: str = ""


ContextKind = Literal[
    "border", "water", "built", "rail", "road", "field1", "field2", "field3", "field4", "field5", "reach", "walk",
    "cycle", "change", "ride", "station", "stop",
]  # fmt: skip


@dataclass(frozen=True)
class ContextInfo:
    """Quiet background for finding one's way, such as municipal borders; or what a study shows of its access.

    `geometry` holds polygons, lines or points in the study CRS; `names`, of equal length,
    are written on the map at the polygons. With `explained` the label stands in the legend.
    """

    kind: ContextKind
    label: Label
    geometry: gpd.GeoSeries
    names: tuple[str, ...] = ()
    explained: bool = False
    source: str = ""
    date: str = ""


Background = Literal["brt-grijs", "osm"]
"""A map from the network that readers may switch on below the sites."""


@dataclass(frozen=True)
class MapData:
    """Everything on one map; geometries are in `crs`, a projected CRS in metres.

    `sites` has the columns of sites.parquet, `suitability` those of
    suitability.parquet, `waterfall` those of waterfall.csv, `excluded` those of
    excluded.parquet (None: the ground that rules took is not part of this map), in place
    of which `gone` may have it with all rules that claim it at once.
    Whatever is in here is shown: leave out what the audience may not see.
    `assumptions` is (how many are assumed, of how many numbers), `untested` the
    ids of rules that are unknown on every site for want of a layer, `kinds` the names
    of the kinds of sites, `kind_columns` what is known of sites of some kinds alone.
    `projects` has the columns x, y, homes, year, status and name of known projects; `background` is what the page may
    ask of the network, once its reader switches it on.
    """

    title: str
    language: Language
    audience: str
    crs: pyproj.CRS
    date: datetime.date | str
    term: float
    strictness: str
    area: BaseGeometry
    sites: gpd.GeoDataFrame
    suitability: pd.DataFrame
    waterfall: pd.DataFrame
    is_grid: bool = False
    profiles: tuple[ProfileInfo, ...] = ()
    columns: tuple[ColumnInfo, ...] = ()
    measures: tuple[MeasureInfo, ...] = ()
    rules: tuple[RuleInfo, ...] = ()
    excluded: gpd.GeoDataFrame | None = None
    sources: tuple[SourceInfo, ...] = ()
    assumed_complete: tuple[str, ...] = ()
    assumptions: tuple[int, int] = (0, 0)
    untested: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    version: str = ""
    study_hash: str = ""
    context: tuple[ContextInfo, ...] = ()
    kinds: Mapping[str, Label] = field(default_factory=dict)
    kind_columns: tuple[ColumnInfo, ...] = ()
    local: LocalInfo = field(default_factory=LocalInfo)
    projects: pd.DataFrame | None = None
    background: Background | None = None
    gone: Gone = field(default_factory=Gone)
    explained: ExplainedInfo = field(default_factory=ExplainedInfo)
