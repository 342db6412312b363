"""Vector files through GDAL: everything that pyogrio's GDAL reads."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import pyproj
from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

from flexsite.errors import InputError
from flexsite.layers.files import Dataset, _lock
from flexsite.layers.table import Bounds, Kind, Rows, Schema, plain

pyogrio.set_gdal_config_options(
    {
        "GML_DOWNLOAD_WFS_SCHEMA": "NO",
        "OGR_GEOJSON_MAX_OBJ_SIZE": "0",
        # GDAL 3.12's own Arrow stream of a FlatGeobuf gives 65,536 rows of rubbish for a window without features.
        "OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES",
    }
)

_CSV = {
    "AUTODETECT_TYPE": "YES",
    "X_POSSIBLE_NAMES": "x,lon,long,longitude,lng,x_coord,xcoord,lengtegraad,stop_lon",
    "Y_POSSIBLE_NAMES": "y,lat,latitude,y_coord,ycoord,breedtegraad,stop_lat",
    "GEOM_POSSIBLE_NAMES": "wkt,geom,geometry,the_geom",
    "KEEP_GEOM_COLUMNS": "YES",
}
_SINGLE = (".geojson", ".geojsonl", ".fgb", ".shp", ".csv")


class OgrSource:
    """A vector file that GDAL reads."""

    def __init__(self, dataset: Dataset, place: str) -> None:
        self.place = place
        self._target = dataset.target
        self._options: dict[str, Any] = dict(_CSV) if dataset.target.lower().endswith(".csv") else {}
        self._names: list[tuple[str, str | None]] | None = None
        self._schemas: dict[str | None, Schema] = {}
        self._extents: dict[str, Bounds | None] = {}
        if dataset.target.lower().endswith((".gml", ".xml")):
            _any_geometry(Path(dataset.target))

    def names(self) -> list[tuple[str, str | None]]:
        """Layers in file order, each with its geometry type (None: no geometry)."""
        if self._names is None and self._target.lower().endswith(_SINGLE):
            # Without a look at the list of layers, for which GDAL reads a whole GeoJSON once more.
            schema = self.schema(None)
            self._names = [(schema.layer, schema.geometry_type)]
        elif self._names is None:
            with self._opening():
                found = pyogrio.list_layers(self._target)
            self._names = [(str(name), str(kind) if kind else None) for name, kind in found]
        return self._names

    def schema(self, layer: str | None) -> Schema:
        """The schema of a layer; None: the first."""
        if layer not in self._schemas:
            with self._opening():
                info = pyogrio.read_info(self._target, layer=layer, **self._options)
            has_geometry = info["geometry_type"] not in (None, "None", "")
            fields = {
                str(name): _kind(str(ogr), str(subtype))
                for name, ogr, subtype in zip(info["fields"], info["ogr_types"], info["ogr_subtypes"], strict=True)
            }
            geometry = (info["geometry_name"] or "geometry") if has_geometry else ""
            if geometry in fields and not info["geometry_name"]:
                geometry = "_geometry_"
            name = str(info["layer_name"])
            self._schemas[layer] = self._schemas[name] = Schema(
                layer=name,
                fields=fields,
                fid=info["fid_column"] if info["fid_column"] not in fields else "",
                geometry=geometry,
                geometry_type=info["geometry_type"] if has_geometry else None,
                crs=pyproj.CRS.from_user_input(info["crs"]) if info["crs"] else None,
                count=int(info["features"]),
            )
        return self._schemas[layer]

    def read(self, layer: str, fields: Iterable[str], *, geometry: bool, bounds: Bounds | None = None) -> Rows:
        """Rows in file order; with `bounds` (CRS of the file) those whose geometry meets it."""
        wanted = [name for name in self.schema(layer).fields if name in set(fields)]
        asked: dict[str, Any] = {
            "layer": layer,
            "columns": wanted,
            "read_geometry": geometry,
            "bbox": bounds,
            "return_fids": True,
        }
        with self._opening():
            _, table = pyogrio.read_arrow(self._target, datetime_as_string=True, **asked, **self._options)
        # By position: a field may bear the name that GDAL gives the feature id.
        ids = table.column(0).to_numpy().astype(np.int64)
        named = {
            table.field(index).name: table.column(index)
            for index in range(1, table.num_columns)
            if not _is_geometry(table.field(index))
        }
        values = {name: plain(named[name]) for name in wanted}
        wkb = None
        if geometry:
            columns = [index for index in range(1, table.num_columns) if _is_geometry(table.field(index))]
            wkb = plain(table.column(columns[0])) if columns else pa.nulls(len(ids), pa.large_binary())
            if _curved(wkb):
                wkb = self._linear(asked, ids)
        rows = Rows(ids, wkb, values)
        return rows if (np.diff(ids) > 0).all() else _sorted(rows)

    def parts(self, layer: str, fields: Iterable[str], *, bounds: Bounds | None = None) -> Iterator[Rows]:
        """The same rows with their geometry, in one part."""
        yield self.read(layer, fields, geometry=True, bounds=bounds)

    def extent(self, layer: str) -> Bounds | None:
        """Bounding rectangle of a layer in its own CRS, None when it has no geometry at all."""
        if layer not in self._extents:
            with self._opening():
                found = pyogrio.read_info(self._target, layer=layer, force_total_bounds=True, **self._options)[
                    "total_bounds"
                ]
            bad = found is None or not np.isfinite(found).all() or found[0] > found[2] or found[1] > found[3]
            self._extents[layer] = None if bad else (float(found[0]), float(found[1]), float(found[2]), float(found[3]))
        return self._extents[layer]

    def _linear(self, asked: dict[str, Any], ids: Any) -> pa.Array:
        """The geometry once more, curves as GDAL makes straight pieces of them."""
        with self._opening():
            _, again, wkb, _ = pyogrio.raw.read(self._target, **{**asked, "columns": []}, **self._options)
        place = {fid: row for row, fid in enumerate(again.tolist())}
        return pa.array([wkb[place[fid]] for fid in ids.tolist()], pa.large_binary())

    @contextmanager
    def _opening(self) -> Iterator[None]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                yield
        except (
            DataSourceError,
            DataLayerError,
            GeometryError,
            FieldError,
            pa.ArrowInvalid,
            UnicodeDecodeError,
            RuntimeError,
        ) as error:
            message = str(error).replace(self._target, "the file").split("; It might help")[0].strip().rstrip(".")
            raise InputError(
                f"it cannot be read: {message}", where=self.place, remedy="open it in QGIS to see what is wrong"
            ) from None


def _any_geometry(path: Path) -> None:
    """Let GDAL write its scheme (.gfs) of a GML, and repair the geometry type of BGT in it, which pyogrio refuses."""
    scheme = path.with_suffix(".gfs")
    with _lock:
        if not scheme.exists():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", RuntimeWarning)
                    pyogrio.list_layers(path)
            except (DataSourceError, GeometryError):
                pass  # reported, if still so, by whoever reads it
        if scheme.exists():
            text = scheme.read_text("utf-8", "replace")
            repaired = text.replace("<GeometryType>-2147483648<", "<GeometryType>0<")
            if repaired != text:
                scheme.write_text(repaired, "utf-8")


def _kind(ogr: str, subtype: str) -> Kind:
    if subtype == "OFSTBoolean" and ogr == "OFTInteger":
        return "boolean"
    if ogr in ("OFTInteger", "OFTInteger64"):
        return "integer"
    if ogr == "OFTReal":
        return "real"
    return "binary" if ogr == "OFTBinary" else "text"


def _is_geometry(field: pa.Field) -> bool:
    name = (field.metadata or {}).get(b"ARROW:extension:name", b"")
    return name in (b"geoarrow.wkb", b"ogc.wkb") or getattr(field.type, "extension_name", "") in (
        "geoarrow.wkb",
        "ogc.wkb",
    )


def _curved(wkb: pa.Array) -> bool:
    """Whether any geometry is of a type beyond the seven simple ones: its code is in bytes 1 to 4."""
    known = wkb.drop_null()
    if len(known) == 0:
        return False
    data = np.frombuffer(known.buffers()[2], np.uint8)
    offsets = np.frombuffer(known.buffers()[1], np.int64)[known.offset : known.offset + len(known)]
    little = data[offsets] == 1
    low = np.where(little, data[offsets + 1], data[offsets + 4]).astype(int)
    high = np.where(little, data[offsets + 2], data[offsets + 3]).astype(int)
    codes = (low + 256 * high) % 1000
    return bool((codes > 7).any()) or bool((codes == 7).any() and _holds_curve(known.filter(pa.array(codes == 7))))


def _holds_curve(collections: pa.Array) -> bool:
    import shapely

    try:
        shapely.from_wkb(collections.to_numpy(zero_copy_only=False))
    except (shapely.errors.GEOSException, NotImplementedError):
        return True
    return False


def _sorted(rows: Rows) -> Rows:
    order = np.argsort(rows.ids, kind="stable")
    taken = pa.array(order)
    return Rows(
        rows.ids[order],
        None if rows.wkb is None else rows.wkb.take(taken),
        {name: values.take(taken) for name, values in rows.fields.items()},
    )
