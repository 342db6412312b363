"""What the measures of a study share: its sites, layers, streets, places, each opened once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pyproj

from flexsite.access.network import Network
from flexsite.access.places import Geometries, LayerPlaces, OsmPlaces, PlaceSource
from flexsite.access.streets.model import NetworkMode
from flexsite.study.access import Access, CountMeasure, NearestMeasure, OsmTags, SumMeasure, targets

if TYPE_CHECKING:
    from flexsite.cache import Cache
    from flexsite.layers import Layers


NETWORK_MODES: tuple[NetworkMode, ...] = ("walk", "cycle", "drive")
"""Modes along streets."""


@dataclass
class Context:
    """The sites of a study and what is around them.

    Parameters
    ----------
    access
        The study's `access`.
    layers
        The study's layers.
    sites
        (n,) polygons in the study's CRS.
    crs
        That CRS: projected, metres.
    noun
        What warnings call the sites: a grid study has cells.
    language
        nl or en, of the texts about service levels.
    cache
        Where street files and timetables are kept once they are read.
    """

    access: Access
    layers: Layers
    sites: Geometries
    crs: pyproj.CRS
    noun: str = "sites"
    language: str = "en"
    cache: Cache | None = None
    without_value: dict[str, int] = field(default_factory=dict)
    """Places without a value, which count as 0, by measure."""
    said: list[str] = field(default_factory=list)
    """Warnings so far."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """Numbers about the timetables, by day."""
    _sources: dict[str, PlaceSource] = field(default_factory=dict)

    @cached_property
    def network(self) -> Network | None:
        """The streets around the sites; None in a study without."""
        if self.access.streets is None:
            return None
        return Network(self.access, self.layers, self.sites, self.crs, self.cache)

    def streets(self) -> Network:
        """The same, where `check` has refused a study without."""
        assert self.network is not None, "check() refuses this"  # noqa: S101
        return self.network

    def source(self, target: str | OsmTags, column: str | None = None) -> PlaceSource:
        """Where places come from: a layer by its name, or the street file by tag."""
        key = repr((target, column))
        if key not in self._sources:
            if isinstance(target, OsmTags):
                assert self.access.streets is not None  # noqa: S101
                assert self.access.streets.path is not None  # noqa: S101
                also = [
                    one.osm for measure in self.access.measures for one in targets(measure) if isinstance(one, OsmTags)
                ]
                self._sources[key] = OsmPlaces(self.access.streets.path, target.osm, self.crs, self.cache, also)
            else:
                self._sources[key] = LayerPlaces(self.layers, target, column)
        return self._sources[key]

    def places(self, one: NearestMeasure | CountMeasure | SumMeasure) -> PlaceSource:
        """The places that a measure leads to."""
        return self.source(target(one), one.sum if isinstance(one, SumMeasure) else None)

    def warn(self, text: str) -> None:
        """Say something once."""
        if text not in self.said:
            self.said.append(text)


def target(one: NearestMeasure | CountMeasure | SumMeasure) -> str | OsmTags:
    """What a measure leads to: a layer's name, or OSM tags."""
    if isinstance(one, NearestMeasure):
        return one.to
    return one.count if isinstance(one, CountMeasure) else one.of
