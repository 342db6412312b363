"""An entry of a cache: a folder of files with a manifest of their sizes and checksums."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flexsite.cache.digest import sha256

MANIFEST = ".manifest.json"
"""Written last; its time of change is the entry's last use."""
_KIND = re.compile(r"[a-z][a-z0-9_]*", flags=re.ASCII)
_KEY = re.compile(r"[0-9a-f]{64}", flags=re.ASCII)


@dataclass(frozen=True)
class Entry:
    """One result in a cache.

    Attributes
    ----------
    size
        Bytes of its files.
    used
        Last use, nanoseconds since 1970 by the clock of the file system.
    """

    kind: str
    key: str
    path: Path
    size: int
    used: int


def place_of(folder: Path, kind: str, key: str) -> Path:
    """Where an entry stands.

    Raises
    ------
    ValueError
        The kind is no lower-case name, or the key is not one of `key`.
    """
    if not _KIND.fullmatch(kind) or not _KEY.fullmatch(key):
        raise ValueError(f"no kind and key of a cache: {kind!r}, {key!r}")
    return folder / kind / key[:2] / key


def there(folder: Path) -> bool:
    """Whether a folder is there, as far as we may look."""
    try:
        return folder.is_dir()
    except OSError:
        return False  # closed to us


def seal(folder: Path, *, durable: bool) -> None:
    """Complete an entry: its files reach the disk, then their names, sizes and checksums are noted.

    The manifest itself need not reach the disk: without it, or with half of it, the entry counts as absent.

    Parameters
    ----------
    durable
        Wait until the disk has the files; only a cache that outlives its process needs that.
    """
    files: dict[str, list[object]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if durable:
            _flush(path)
        files[path.relative_to(folder).as_posix()] = [path.stat().st_size, sha256(path)]
    (folder / MANIFEST).write_text(json.dumps(files), encoding="utf-8")


def _flush(path: Path) -> None:
    """Bring a file's content to the disk."""
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)  # Windows flushes what may be written
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def manifest(folder: Path) -> dict[str, tuple[int, str]] | None:
    """Size and SHA-256 of each file of an entry; None when the manifest is missing or damaged."""
    try:
        listed = json.loads((folder / MANIFEST).read_bytes())
        return {str(name): (int(size), str(digest)) for name, (size, digest) in listed.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return None  # whatever is wrong with it, the entry has to be made again


def sound(folder: Path, *, verify: bool) -> bool:
    """Whether an entry's files are all there with their sizes and, with `verify`, their checksums."""
    files = manifest(folder)
    if files is None:
        return False
    try:
        return all(
            (folder / name).stat().st_size == size and (not verify or sha256(folder / name) == digest)
            for name, (size, digest) in files.items()
        )
    except OSError:
        return False  # a file is missing or cannot be read: no entry


def listed(folder: Path) -> Iterator[Entry]:
    """The entries below the folder of a cache, and nothing else that may stand there; by kind and key."""
    for kind in _folders(folder, _KIND):
        for two in _folders(kind, re.compile(r"[0-9a-f]{2}")):
            for path in _folders(two, _KEY):
                found = _measured(path)
                if found is not None:
                    yield Entry(kind.name, path.name, path, *found)


def _folders(folder: Path, names: re.Pattern[str]) -> list[Path]:
    try:
        with os.scandir(folder) as inside:
            return sorted(folder / one.name for one in inside if names.fullmatch(one.name) and one.is_dir())
    except FileNotFoundError:
        return []  # another run removed it meanwhile


def _measured(path: Path) -> tuple[int, int] | None:
    """Bytes and last use of an entry, damaged or not; one that just went is None."""
    size, used, todo = 0, None, [os.fspath(path)]
    try:
        while todo:
            with os.scandir(todo.pop()) as inside:
                for one in inside:
                    if one.is_dir(follow_symlinks=False):
                        todo.append(one.path)
                        continue
                    found = one.stat(follow_symlinks=False)
                    size += found.st_size
                    used = found.st_mtime_ns if one.name == MANIFEST else used
        return size, path.stat().st_mtime_ns if used is None else used
    except FileNotFoundError:
        return None


def use(path: Path) -> None:
    """Note that an entry is used now; nothing when it is absent, damaged or not ours to touch."""
    with suppress(OSError):
        os.utime(path / MANIFEST)


def last_use(path: Path) -> int:
    """Last use of an entry, nanoseconds since 1970."""
    held = path / MANIFEST
    return (held if held.exists() else path).stat().st_mtime_ns
