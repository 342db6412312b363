"""Keys: one name for everything that a result depends on."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flexsite import __version__

FORMAT = 1
"""Raised when entries are laid out or keys are made in another way."""
_ASKED = {
    "numba": None,
    "numpy": None,
    "pyogrio": "__gdal_version_string__",
    "pyproj": "proj_version_str",
    "rasterio": "__gdal_version__",
    "shapely": "geos_version_string",
}
"""Libraries that shape geometry, and the attribute with the version of the C library behind each."""


def key(*parts: object) -> str:
    """A name for what is computed from these parts by this version of flexsite and its libraries.

    Parameters
    ----------
    parts
        Everything that the result depends on: None, bool, int, float, str, date, datetime, bytes, numpy scalars and
        arrays of numbers, lists, tuples and mappings of these. A list equals a tuple, a numpy scalar its Python value;
        1, 1.0, True and "1" differ. Mappings count without their order.

    Returns
    -------
    str
        SHA-256, 64 hexadecimal digits.

    Raises
    ------
    TypeError
        A part is of another type. A path, for one, says nothing of what is in the file: give `Cache.digest`.

    Examples
    --------
    >>> key("tile", 3, {"buffer": 5.0}) == key("tile", 3, {"buffer": 5.0})
    True
    >>> key(1) == key(1.0)
    False
    """
    text = json.dumps([surroundings(), [_plain(part) for part in parts]], separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(value: Any) -> list[Any]:
    """A value as JSON that begins with its type, so that equal texts mean equal values."""
    if value is None:
        return ["none"]
    if hasattr(value, "dtype"):
        return _plain(value.item()) if value.shape == () else _array(value)
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(int(value))]
    if isinstance(value, float):
        return ["float", float(value).hex()]
    if isinstance(value, str):
        return ["str", str.__str__(value)]
    if isinstance(value, datetime):
        return ["datetime", value.isoformat()]
    if isinstance(value, date):
        return ["date", value.isoformat()]
    if isinstance(value, bytes | bytearray | memoryview):
        return ["bytes", hashlib.sha256(value).hexdigest()]
    if isinstance(value, list | tuple):
        return ["list", [_plain(item) for item in value]]
    if isinstance(value, Mapping):
        items = [[_plain(name), _plain(item)] for name, item in value.items()]
        return ["map", sorted(items, key=lambda item: json.dumps(item[0]))]
    if isinstance(value, Path):
        raise TypeError(f"a path says nothing of what is in the file: use the digest of '{value}'")
    raise TypeError(f"a key cannot be made from {type(value).__name__}")


def _array(value: Any) -> list[Any]:
    if value.dtype.kind not in "biufMmSU":
        raise TypeError(f"a key cannot be made from an array of {value.dtype}")
    return ["array", value.dtype.str, list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()]


@cache
def surroundings() -> dict[str, str]:
    """What every result depends on besides its inputs: this program, its libraries, the kind of machine."""
    known = {"cache": str(FORMAT), "flexsite": __version__, "code": _code(), "machine": _machine()}
    return known | {name: _library(name, attribute) for name, attribute in sorted(_ASKED.items())}


def _machine() -> str:
    """Mathematical functions may differ in the last bit between kinds of machines."""
    return f"{sys.platform} {platform.machine()}"


def _code() -> str:
    """Fingerprint of flexsite's own modules: between releases the version number stays, the results may not."""
    package = Path(__file__).resolve().parents[1]
    found = hashlib.sha256()
    for path in sorted(package.rglob("*.py"), key=lambda path: path.relative_to(package).as_posix()):
        found.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _library(name: str, attribute: str | None) -> str:
    """Version of a library and of the C library behind it.

    Wheels bring the C library along, with a hash in its file name: that tells the version without loading it, which
    for GDAL takes half a second. Where nothing is brought along (conda, Debian), the library is asked.
    """
    try:
        own = version(name)
    except PackageNotFoundError:
        return ""
    if attribute is None:
        return own
    spec = find_spec(name)
    package = Path(spec.origin).parent if spec is not None and spec.origin else Path(name)
    folders = (package.with_name(f"{name}.libs"), package / ".dylibs")
    brought = sorted(path.name for folder in folders if folder.is_dir() for path in folder.iterdir())
    if brought:
        return f"{own} {hashlib.sha256(' '.join(brought).encode()).hexdigest()[:16]}"
    return f"{own} {getattr(import_module(name), attribute)}"
