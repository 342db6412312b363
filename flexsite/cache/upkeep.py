"""Taking entries away, without taking them from a process that uses them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from flexsite.cache import entry
from flexsite.cache.sizes import size_text
from flexsite.cache.workplace import Workplace, holding, sweep

_RUNNING = ".running"
"""Folder with a workplace for each process that uses the cache: its lock, and what it is writing."""
_GUARD = ".lock"
"""Held shared while an entry is looked up, alone while one is taken away."""
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of flexsite; backups may leave it out.\n"
"""Content of CACHEDIR.TAG, https://bford.info/cachedir/."""


class Removed(NamedTuple):
    """What a trim took away, and how many entries it had to leave to running processes or other users."""

    entries: int
    size: int
    left: int

    def __str__(self) -> str:
        """In a sentence, as the command line says it."""
        left = f"; {self.left} in use stay" if self.left else ""
        return f"{self.entries} removed, {size_text(self.size)}{left}"


def workplace(root: Path) -> Workplace:
    """A new workplace in a cache, which is made when it is not there; those of dead processes go.

    Raises
    ------
    OSError
        The cache cannot be written.
    """
    running = root / _RUNNING
    if not entry.there(running):
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        (root / "CACHEDIR.TAG").write_text(_TAG, encoding="ascii", newline="\n")
        running.mkdir(exist_ok=True)
    sweep(running)
    return Workplace(running, mode=0o777)  # as the user's mask has it: a shared cache is swept by all


def looked_up(root: Path, path: Path, *, verify: bool) -> bool:
    """Whether an entry is sound; it counts as used now."""
    with holding(root / _GUARD, alone=False):
        entry.use(path)
        return entry.sound(path, verify=verify)


def take_away(root: Path, path: Path, still: Callable[[], bool], place: Workplace) -> bool:
    """Take an entry away, in one step, if `still` holds while nobody looks it up.

    Raises
    ------
    OSError
        The workplace cannot be written.
    """
    with place.scratch() as gone, holding(root / _GUARD, alone=True):
        if not entry.there(path) or not still():
            return False
        try:
            path.rename(gone / "entry")
        except PermissionError:
            return False  # another user's; on Windows also one with an open file
        return True


def trim(root: Path, most_bytes: int) -> Removed:
    """Remove the least recently used entries until the rest fits.

    What was looked up since the oldest running process began, or since this trim began, may be in use and stays.

    Raises
    ------
    OSError
        The cache cannot be read or written.
    """
    now = workplace(root)
    try:
        first = min([now.since, *sweep(root / _RUNNING)])
        found = sorted(entry.listed(root), key=lambda one: (one.used, one.kind, one.key))
        excess = sum(one.size for one in found) - most_bytes
        count = size = left = 0
        for one in found:
            if excess <= 0:
                break

            def unused(path: Path = one.path) -> bool:
                return entry.last_use(path) < first

            if one.used < first and take_away(root, one.path, unused, now):
                count, size, excess = count + 1, size + one.size, excess - one.size
                with suppress(OSError):  # not empty
                    one.path.parent.rmdir()
            elif entry.there(one.path):
                left += 1
        return Removed(count, size, left)
    finally:
        now.close()
