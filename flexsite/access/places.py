"""The places that measures lead to: features of a layer, or of the OpenStreetMap file by tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from flexsite.access.readers.osm import OsmSelection, described
from flexsite.access.readers.ways import WGS84
from flexsite.access.streets.kept import kept_features
from flexsite.access.streets.model import Bounds, FloatArray
from flexsite.errors import InputError
from flexsite.layers import projection

if TYPE_CHECKING:
    from flexsite.cache import Cache
    from flexsite.layers import Layers

Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Places:
    """Geometries (p,) in the study's CRS, the value (p,) each adds to a sum, and whether these are all."""

    geometry: Geometries
    value: FloatArray
    complete: bool

    def __len__(self) -> int:
        """Number of places."""
        return len(self.geometry)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index."""
        return shapely.STRtree(self.geometry)

    @property
    def bounds(self) -> Bounds | None:
        """Bounds of all places; None when there is none."""
        return None if not len(self) else tuple(shapely.total_bounds(self.geometry).tolist())


class PlaceSource(Protocol):
    """Where places come from."""

    name: str
    without_value: int
    """Places whose value was missing and counts as 0."""

    def read(self, bounds: Bounds | None) -> Places:
        """The places that touch `bounds`, whole, and perhaps others; None: all."""


class LayerPlaces:
    """Features of a vector layer.

    Parameters
    ----------
    layers
        The study's layers.
    layer
        Its name.
    column
        The number to add up; None to count.
    """

    def __init__(self, layers: Layers, layer: str, column: str | None = None) -> None:
        self.name = layer
        self.without_value = 0
        self._layers, self._column = layers, column
        self._read: tuple[Bounds | None, Places] | None = None

    def read(self, bounds: Bounds | None) -> Places:
        """See `PlaceSource`; what was read before is not read again."""
        if self._read is not None and _covers(self._read[0], bounds):
            return self._read[1]
        vector = self._layers.vector(self.name, bounds=bounds, columns=[self._column] if self._column else [])
        geometry = vector.frame.geometry.to_numpy()
        there = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
        value = (
            np.ones(len(geometry))
            if self._column is None
            else numbers(vector.frame[self._column], self.name, self._column)
        )
        self.without_value = int(np.isnan(value[there]).sum())
        places = Places(np.asarray(geometry[there], dtype=object), np.nan_to_num(value[there]), complete=bounds is None)
        self._read = (bounds, places)
        return places


class OsmPlaces:
    """Features of an OpenStreetMap file with any of the given tags.

    Parameters
    ----------
    path, selection
        As for `readers.osm.read_features`.
    crs
        The study's CRS.
    cache
        Where the features are kept once they are read.
    also
        Selections that will be asked for too, so that the file is read once for all.
    """

    def __init__(
        self,
        path: Path,
        selection: OsmSelection,
        crs: pyproj.CRS,
        cache: Cache | None = None,
        also: Sequence[OsmSelection] = (),
    ) -> None:
        self.name = described(selection)
        self.without_value = 0
        self._path, self._selection, self._crs = path, selection, crs
        self._cache, self._also = cache, also

    @cached_property
    def _all(self) -> Places:
        found = kept_features(self._path, self._selection, self._cache, self._also)
        there = projection.project(found, projection.transformer(WGS84, self._crs))
        there = there[np.isfinite(shapely.bounds(there)).all(axis=1)]
        return Places(there, np.ones(len(there)), complete=True)

    def read(self, bounds: Bounds | None) -> Places:
        """See `PlaceSource`; the file is read once."""
        everything = self._all
        if bounds is None:
            return everything
        box = shapely.bounds(everything.geometry)
        near = (box[:, 0] <= bounds[2]) & (box[:, 2] >= bounds[0]) & (box[:, 1] <= bounds[3]) & (box[:, 3] >= bounds[1])
        return Places(everything.geometry[near], everything.value[near], complete=bool(near.all()))


def numbers(column: pd.Series[Any], layer: str, name: str) -> FloatArray:
    """A column as numbers, missing values as NaN.

    Raises
    ------
    InputError
        It holds something else.
    """
    values = pd.to_numeric(column, errors="coerce")
    text = column[values.isna() & column.notna()]
    if len(text):
        raise InputError(f"the column '{name}' holds {str(text.iloc[0])!r}, which is no number", where=f"layer {layer}")
    return values.to_numpy(dtype=float, na_value=np.nan)


def _covers(read: Bounds | None, asked: Bounds | None) -> bool:
    if read is None or asked is None:
        return read is None
    return read[0] <= asked[0] and read[1] <= asked[1] and read[2] >= asked[2] and read[3] >= asked[3]
