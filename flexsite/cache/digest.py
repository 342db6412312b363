"""The fingerprint of a file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_RACY_NS = 2_000_000_000
"""Nanoseconds after a change within which a second may leave the same time stamp (some file systems count in 2 s)."""


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def state(path: Path) -> tuple[int, ...]:
    """What changes when a file's content does: device, inode, size, and its times in nanoseconds."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def settled(found: tuple[int, ...], now_ns: int) -> bool:
    """Whether a file's times are old enough to notice a change made from now on.

    Git's "racy" problem: who writes twice within one tick of the clock leaves a file that looks unchanged. A time in
    the future proves nothing either.
    """
    return max(found[-2:]) + _RACY_NS < now_ns


def place(path: Path) -> str:
    """The absolute name of a file, links in it left as they are."""
    return os.path.abspath(path)  # noqa: PTH100 - `absolute` leaves `..`, `resolve` follows links
