"""Folders that belong to a running process, known as such by a lock that dies with it.

Other processes may ask whether a folder's owner still runs, and remove what a dead one left. The lock is the operating
system's own (flock; on Windows a locked byte): `kill -9` and a power cut give it back, and no process number can be
taken for another's.
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
import shutil
import sys
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = ".lock"
"""The locked file in each such folder."""
_UNLOCKED_FOR = 60.0
"""Seconds that an empty folder without a lock may be one whose owner is about to lock it."""
_LOCKLESS_FOR = 86_400.0
"""Seconds that an owner counts as running on a file system that knows no locks."""
_OURS: dict[Path, int] = {}
"""Folders of this process, and since when: on NFS, opening and closing their locks here would give them back."""

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, alone: bool, wait: bool) -> None:  # noqa: ARG001
        """Lock a file, always alone: Windows knows no shared locks on this road."""
        while True:
            try:
                return msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except OSError as error:
                if not wait:
                    raise BlockingIOError from error
            time.sleep(0.001)

else:
    import fcntl

    def _lock(descriptor: int, *, alone: bool, wait: bool) -> None:
        """Lock an open file, shared or alone.

        Raises
        ------
        BlockingIOError
            Somebody else holds it.
        OSError
            The file system knows no locks.
        """
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))


class Workplace:
    """A new folder that is this process's until it is closed or the process ends.

    Parameters
    ----------
    parent
        Existing folder to make it in.
    prefix, suffix
        Of its name; between them come twelve random characters.
    mode
        Rights of the folder.

    Attributes
    ----------
    path
        The folder. It holds the file `LOCK`, and whatever its owner puts there.
    since
        When it was made, nanoseconds since 1970 by the clock of the file system.

    Raises
    ------
    OSError
        The folder cannot be made.
    """

    def __init__(self, parent: Path, prefix: str = "", suffix: str = "", mode: int = 0o700) -> None:
        self._numbers = itertools.count()
        self.path = _fresh(parent, prefix, suffix)
        try:
            while (descriptor := _made(self.path, mode)) is None:
                self.path = _fresh(parent, prefix, suffix)
            self.since = _OURS[self.path] = os.fstat(descriptor).st_mtime_ns
            self._close = weakref.finalize(self, _leave, self.path, descriptor, os.getpid())
        except BaseException:  # Ctrl-C before anybody can close it
            _remove(self.path)
            raise

    def new_path(self) -> Path:
        """A name in the folder that nothing has yet."""
        return self.path / str(next(self._numbers))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A new folder in it, gone afterwards unless it was moved."""
        path = self.new_path()
        path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Remove the folder with everything in it; in a forked child, leave it to the parent."""
        self._close()


def _fresh(parent: Path, prefix: str, suffix: str) -> Path:
    return parent / f"{prefix}{secrets.token_hex(6)}{suffix}"


def _made(path: Path, mode: int) -> int | None:
    """Make and lock a folder; None when it is not ours after all."""
    try:
        path.mkdir(mode)
    except FileExistsError:
        return None
    return _take(path)


def _take(path: Path) -> int | None:
    """Lock a new folder; None when a sweeping process took it for a dead one's in between."""
    try:
        descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except FileNotFoundError:
        return None
    except OSError:
        path.rmdir()
        raise
    try:
        _lock(descriptor, alone=True, wait=False)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        pass  # no locks here: others go by the time of the file
    if (path / LOCK).exists():
        return descriptor
    os.close(descriptor)
    return None


def _leave(path: Path, descriptor: int, owner: int) -> None:
    if os.getpid() != owner:
        return
    _OURS.pop(path, None)
    os.close(descriptor)
    _remove(path)


def _remove(path: Path) -> None:
    """Remove a folder, its lock last: whoever dies half way leaves a folder that still shows whose it was."""
    with suppress(OSError):  # another run may be sweeping it too; what stays is swept later
        for inner in path.iterdir():
            if inner.is_dir() and not inner.is_symlink():
                shutil.rmtree(inner, ignore_errors=True)
            elif inner.name != LOCK:
                inner.unlink(missing_ok=True)
        (path / LOCK).unlink(missing_ok=True)
        path.rmdir()


def running_since(path: Path) -> int | None:
    """When the owner of a folder made it, nanoseconds since 1970; None when its owner runs no more."""
    if path in _OURS:
        return _OURS[path]
    try:
        descriptor = os.open(path / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return _young_since(path)
    except OSError:
        return 0  # another user's, closed to us: nothing shows that it is dead
    try:
        made = os.fstat(descriptor).st_mtime_ns
        _lock(descriptor, alone=False, wait=False)
    except BlockingIOError:
        return made
    except OSError:
        return made if time.time() - made / 1e9 < _LOCKLESS_FOR else None
    else:
        return None
    finally:
        os.close(descriptor)


def _young_since(path: Path) -> int | None:
    """A folder without a lock is about to be locked, or its owner died before it could."""
    try:
        made = path.stat().st_mtime_ns
    except OSError:
        return None
    return made if time.time() - made / 1e9 < _UNLOCKED_FOR else None


def sweep(parent: Path, prefix: str = "", suffix: str = "") -> list[int]:
    """Remove folders that dead processes left.

    A folder of that name without a lock in it is removed only when it is empty: it may be somebody's own.

    Returns
    -------
    list of int
        When each living owner made its folder, nanoseconds since 1970.
    """
    names = re.compile(f"{re.escape(prefix)}[0-9a-f]{{12}}{re.escape(suffix)}")
    since = []
    try:
        found = sorted(path for path in parent.iterdir() if names.fullmatch(path.name))
    except OSError:
        return []  # no such folder, or closed to us: nothing of ours is in it
    for path in found:
        made = running_since(path)
        if made is not None:
            since.append(made)
        elif (path / LOCK).exists():
            _remove(path)
        else:
            with suppress(OSError):
                path.rmdir()
    return since


@contextmanager
def holding(path: Path, *, alone: bool) -> Iterator[None]:
    """Hold a lock file, shared or alone, while the block runs; without a file system that can lock, just run."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        try:
            descriptor = os.open(path, os.O_RDONLY)  # another user's: reading suffices to lock
        except OSError:
            yield  # a cache that we cannot write, and nobody ever locked
            return
    try:
        with suppress(OSError):  # a file system without locks
            _lock(descriptor, alone=alone, wait=True)
        yield
    finally:
        os.close(descriptor)
