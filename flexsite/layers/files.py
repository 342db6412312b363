"""Where a dataset is: plain files, members of a ZIP, and GML, which GDAL may not open where it stands."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Literal

from flexsite.errors import InputError
from flexsite.layers.table import nearest

PARQUET = (".parquet", ".geoparquet", ".pq")
RASTERS = (
    ".tif",
    ".tiff",
    ".gtiff",
    ".asc",
    ".vrt",
    ".img",
    ".jp2",
    ".nc",
    ".grd",
    ".bil",
    ".flt",
    ".xyz",
    ".dem",
    ".hgt",
    ".png",
    ".ecw",
    ".sid",
)
_VECTORS = (
    ".shp",
    ".gpkg",
    ".gml",
    ".geojson",
    ".json",
    ".geojsonl",
    ".fgb",
    ".csv",
    ".tab",
    ".mif",
    ".kml",
    ".sqlite",
    ".db",
    ".xml",
    ".dxf",
    ".gpx",
)
ONLY_VECTORS = (
    ".shp",
    ".gml",
    ".geojson",
    ".json",
    ".geojsonl",
    ".fgb",
    ".csv",
    ".tab",
    ".mif",
    ".kml",
    ".dxf",
    ".gpx",
)
"""Suffixes that leave no doubt; other files, GeoPackages among them, are opened to see."""
_GML = (".gml", ".xml")
_EXTRACTED = (".gml", ".xml", ".gpkg", ".sqlite", ".db", *PARQUET)
_POINTERS = (b"<OGRVRTDataSource", b"<OGRWFS", b"<OGROAPIF", b"<OGRCSW", b"<GDAL_WMS", b"gdal_streamed_alg")
_MAX_EXTRACTED = 50 << 30

_lock = threading.RLock()
_folders: dict[int, TemporaryDirectory[str]] = {}


@dataclass(frozen=True)
class Dataset:
    """A dataset as a library opens it: `target` is a path or a GDAL virtual path, `path` what the study names."""

    path: Path
    target: str
    kind: Literal["parquet", "raster", "vector"]
    staged: bool = False
    """True when `target` is a link or copy in our temporary folder."""


def locate(path: Path, place: str) -> Dataset:
    """Find a dataset.

    A ZIP with one dataset is that dataset; with several, `archive.zip/member` names one. A ZIP with several
    shapefiles in one folder is one dataset with as many layers.

    Raises
    ------
    InputError
        When there is no such file, or when a ZIP leaves open which dataset is meant.
    """
    if path.is_dir() and path.suffix.lower() != ".gdb":
        raise InputError(f"{path.name} is a folder", where=place, remedy="name a file in it")
    if not path.exists():
        for parent in path.parents:
            if parent.suffix.lower() == ".zip" and parent.is_file():
                return _member(parent, path.relative_to(parent).as_posix(), path, place)
        raise _missing(path, place)
    if path.suffix.lower() == ".zip":
        return _member(path, None, path, place)
    try:
        with path.open("rb") if path.is_file() else os.scandir(path):
            pass
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read ({error.strerror})", where=place, remedy="check who may read it"
        ) from None
    suffix = path.suffix.lower()
    _refuse_pointers(path, place)
    if suffix in PARQUET:
        return Dataset(path, str(path), "parquet")
    if suffix in RASTERS:
        return Dataset(path, str(path), "raster")
    if suffix in _GML:
        return Dataset(path, str(_beside(path)), "vector", staged=True)
    return Dataset(path, str(path), "vector")


def _refuse_pointers(path: Path, place: str) -> None:
    """GDAL follows such files to other files, servers and programs; a layer is one file that the study names."""
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(4096)
        if any(mark in start for mark in _POINTERS):
            raise InputError(
                f"{path.name} only points at other data", where=place, remedy="name the file with the data"
            )


def _missing(path: Path, place: str) -> InputError:
    folder = path.parent
    if not folder.is_dir():
        return InputError(
            f"no file {path.name}: the folder {folder} does not exist", where=place, remedy="check the path"
        )
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    return InputError(f"no file {path.name} in {folder}", where=place, remedy=nearest(path.name, names))


def _member(archive: Path, member: str | None, path: Path, place: str) -> Dataset:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [info for info in opened.infolist() if not info.is_dir() and "__MACOSX" not in info.filename]
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(
            f"{archive.name} is not a sound ZIP file ({error})", where=place, remedy="fetch it again"
        ) from None
    names = sorted(info.filename for info in members)
    if member is None:
        known = _VECTORS + RASTERS + PARQUET
        found = [
            name
            for name in names
            if name.lower().endswith(known) and not name.lower().endswith((".shp.xml", ".aux.xml", "metadata.xml"))
        ]
        strong = [name for name in found if not name.lower().endswith((".xml", ".csv", ".json", ".png"))]
        found = strong or found
        folders = {str(PurePosixPath(name).parent) for name in found}
        if len(found) > 1 and len(folders) == 1 and all(name.lower().endswith(".shp") for name in found):
            return Dataset(path, f"/vsizip/{{{archive}}}/{'' if folders == {'.'} else folders.pop()}", "vector")
        databases = {name[: name.lower().index(".gdb/") + 4] for name in names if ".gdb/" in name.lower()}
        if len(databases) == 1:
            return Dataset(path, f"/vsizip/{{{archive}}}/{databases.pop()}", "vector")
        if not found:
            raise InputError(
                f"{archive.name} holds no dataset we know",
                where=place,
                remedy=f"it holds: {', '.join(names[:20]) or 'nothing'}",
            )
        if len(found) > 1:
            shown = ", ".join(f"{archive.name}/{name}" for name in found[:20])
            raise InputError(
                f"{archive.name} holds {len(found)} datasets", where=place, remedy=f"give the path of one: {shown}"
            )
        member = found[0]
    elif member not in names:
        raise InputError(f"no {member} in {archive.name}", where=place, remedy=nearest(member, names))
    suffix = PurePosixPath(member).suffix.lower()
    if suffix in _EXTRACTED:
        target = _extracted(archive, member, place)
        if suffix in PARQUET:
            return Dataset(path, str(target), "parquet", staged=True)
        return Dataset(path, str(target), "vector", staged=True)
    return Dataset(path, f"/vsizip/{{{archive}}}/{member}", "raster" if suffix in RASTERS else "vector")


def _folder(*key: object) -> Path:
    """A folder of ours for something with this key, gone when the process ends."""
    process = os.getpid()
    if process not in _folders:
        _folders[process] = TemporaryDirectory(prefix="flexsite-", ignore_cleanup_errors=True)
    name = hashlib.sha256("\0".join(map(str, key)).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    folder = Path(_folders[process].name) / name
    folder.mkdir(exist_ok=True)
    return folder


@atexit.register
def _clean() -> None:
    folder = _folders.pop(os.getpid(), None)
    if folder is not None:
        folder.cleanup()


def _beside(path: Path) -> Path:
    """A link to a GML in a folder of ours: GDAL writes a .gfs next to a GML, and the input folder stays as it is."""
    state = path.stat()
    with _lock:
        target = _folder(path.resolve(), state.st_mtime_ns, state.st_size) / path.name
        if not target.exists():
            for suffix in (".gfs", ".xsd"):
                companion = path.with_suffix(suffix)
                if companion.is_file():
                    shutil.copy2(companion, target.with_suffix(suffix))
            try:
                target.symlink_to(path.resolve())
            except OSError:  # no right to make links (Windows)
                shutil.copy2(path, target)
    return target


def _extracted(archive: Path, member: str, place: str) -> Path:
    """A member of a ZIP as a file of ours: these formats are read back and forth, which a ZIP makes very slow."""
    state = archive.stat()
    with _lock:
        target = _folder(archive.resolve(), state.st_mtime_ns, state.st_size, member) / PurePosixPath(member).name
        if not target.exists():
            partial = target.with_name(target.name + ".part")
            try:
                with zipfile.ZipFile(archive) as opened:
                    if opened.getinfo(member).file_size > _MAX_EXTRACTED:
                        raise InputError(
                            f"{member} is larger than 50 GB", where=place, remedy="unpack it yourself and name the file"
                        )
                    with opened.open(member) as source, partial.open("wb") as sink:
                        shutil.copyfileobj(source, sink, 1 << 20)
            except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
                partial.unlink(missing_ok=True)
                raise InputError(
                    f"{member} cannot be unpacked from {archive.name} ({error})",
                    where=place,
                    remedy="unpack it yourself",
                ) from None
            partial.replace(target)
    return target
