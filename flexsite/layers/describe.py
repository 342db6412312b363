"""What a file holds, for `flexsite check`: layers, fields, CRS, counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyproj

from flexsite.errors import InputError
from flexsite.layers.files import ONLY_VECTORS, locate
from flexsite.layers.table import Bounds, Kind, Source

if TYPE_CHECKING:
    from flexsite.study.models import Layer


@dataclass(frozen=True)
class VectorDescription:
    """One vector layer of a file; `features` is -1 where only reading tells."""

    layer: str
    geometry_type: str | None
    crs: pyproj.CRS | None
    features: int
    bounds: Bounds | None
    fields: Mapping[str, Kind]


@dataclass(frozen=True)
class RasterDescription:
    """A raster file. Without `nodata` or a mask every cell counts as known."""

    width: int
    height: int
    bands: int
    dtype: str
    nodata: float | None
    masked: bool
    crs: pyproj.CRS | None
    bounds: Bounds


@dataclass(frozen=True)
class Description:
    """What a file holds: vector layers, or a raster."""

    vectors: tuple[VectorDescription, ...] = field(default=())
    raster: RasterDescription | None = None
    layer: str | None = None
    """The layer of `vectors` that the study means; None for a raster, with `sql`, or when that is not clear."""

    @property
    def fields(self) -> list[str]:
        """Field names of the layer that the study means, without its feature id and geometry."""
        return [name for vector in self.vectors if vector.layer == self.layer for name in vector.fields]


def describe(spec: Layer, place: str = "") -> Description:
    """What the file of a layer holds; features are not read.

    Parameters
    ----------
    spec
        A layer of a study: its `path`, and its `band` for a raster.
    place
        Name of the layer, for messages; left out: the file's name.

    Raises
    ------
    InputError
        When the file is missing or cannot be read.
    """
    place = place or spec.path.name
    if holds_raster(spec, place):
        return Description(raster=_raster(spec, place))
    source = source_of(spec, place)
    found = []
    for name, kind in source.names():
        schema = source.schema(name)
        bounds = source.extent(name) if schema.geometry else None
        found.append(VectorDescription(name, kind, schema.crs, schema.count, bounds, schema.fields))
    spatial = [vector.layer for vector in found if vector.geometry_type is not None]
    layer = spec.layer or (spatial[0] if len(spatial) == 1 else found[0].layer if len(found) == 1 else None)
    return Description(vectors=tuple(found), layer=None if spec.sql is not None else layer)


def _raster(spec: Layer, place: str) -> RasterDescription:
    from flexsite.layers.raster import opened

    with opened(locate(spec.path, place), place) as file:
        if spec.band > file.count:
            raise InputError(f"no band {spec.band}", where=place, remedy=f"it has {file.count}")
        band = spec.band - 1
        return RasterDescription(
            width=file.width,
            height=file.height,
            bands=file.count,
            dtype=file.dtypes[band],
            nodata=file.nodatavals[band],
            masked="all_valid" not in [flag.name for flag in file.mask_flag_enums[band]],
            crs=pyproj.CRS.from_wkt(file.crs.to_wkt()) if file.crs else None,
            bounds=tuple(file.bounds),
        )


def source_of(spec: Layer, place: str) -> Source:
    """The file of a vector layer, opened with whatever reads it."""
    dataset = locate(spec.path, place)
    if dataset.kind == "parquet":
        from flexsite.layers.parquet import ParquetSource

        return ParquetSource(dataset, place)
    if dataset.kind == "raster":
        raise InputError("it is a raster", where=place, remedy="name a vector file here")
    from flexsite.layers.ogr import OgrSource

    return OgrSource(dataset, place)


def holds_raster(spec: Layer, place: str) -> bool:
    """Whether a file is a raster: by its suffix, else by what GDAL finds in it."""
    dataset = locate(spec.path, place)
    if dataset.kind != "vector" or dataset.target.lower().endswith(ONLY_VECTORS):
        return dataset.kind == "raster"
    try:
        return not source_of(spec, place).names()
    except InputError:
        return _opens_as_raster(spec, place)


def _opens_as_raster(spec: Layer, place: str) -> bool:
    from flexsite.layers.raster import opened

    try:
        with opened(locate(spec.path, place), place):
            return True
    except InputError:
        return False
