"""The result of a run: what it found, ready to look at, to draw and to write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from flexsite.outputs.gone import Gone

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from flexsite.outputs.map import SiteMap
    from flexsite.study.models import Study


@dataclass(frozen=True)
class Result:
    """What a run found.

    Attributes
    ----------
    sites
        One row per site, by `site_id`; polygons in the CRS of the study.
    suitability
        Every site x profile, by profile in the order of the study, then `site_id`.
    waterfall
        What is left after each rule and each requirement, in sites, hectares and homes; all variants.
    taken
        What each rule took from each candidate, in m2.
    excluded
        The ground that each rule took; None when it was not asked for.
    area
        Polygons of the study area.
    lay_out
        Makes `plots`.
    unavailable
        When plots are screened: ids in `sites` that stand for a plot without any site, or outside the area.
    shown
        Isochrones, routes and fields that the study asks for, to be drawn; None when it asks for none.
    tables
        What else is counted, by name: each is written as a file of that name, parquet where a row is about a site.
    notes
        What people who know the place wrote on the map, as GeoJSON features; empty for a public study.
    gone
        The ground that rules took by which of them claim it at once, as far as it was kept.
    """

    study: Study
    sites: gpd.GeoDataFrame
    suitability: pd.DataFrame
    waterfall: pd.DataFrame
    taken: pd.DataFrame
    excluded: gpd.GeoDataFrame | None
    area: BaseGeometry
    lay_out: Callable[[], gpd.GeoDataFrame]
    assumed_complete: list[str]
    counts: dict[str, int]
    layers: dict[str, Any]
    access: dict[str, Any]
    warnings: list[str]
    timings: dict[str, float]
    unavailable: list[str] = field(default_factory=list)
    variants: dict[str, Result] = field(default_factory=dict)
    shown: gpd.GeoDataFrame | None = None
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[dict[str, Any], ...] = ()
    gone: Gone = field(default_factory=Gone)

    @cached_property
    def plots(self) -> gpd.GeoDataFrame:
        """Per candidate its ground before and after the rules; made when it is asked for, for a province is large."""
        return self.lay_out()

    def map(self) -> SiteMap:
        """The result as an interactive map; `result.map().save("map.html")` writes one sealed file."""
        from flexsite.outputs.map_data import site_map

        return site_map(self)

    def write(self, folder: str | Path) -> None:
        """Write the outputs that the study asks for into a folder; nothing half-written is left when this fails."""
        from flexsite.outputs.writing import write

        write(self, Path(folder))
