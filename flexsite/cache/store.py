"""The cache: get, make, trim."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flexsite.cache import digest, entry, upkeep
from flexsite.cache.entry import Entry
from flexsite.cache.keys import key as key_of
from flexsite.cache.private import Write, storage_failed, temporary_workplace, why, write_new
from flexsite.cache.sizes import size_from
from flexsite.cache.upkeep import Removed
from flexsite.cache.workplace import Workplace
from flexsite.errors import InputError

FOLDER_VARIABLE = "FLEXSITE_CACHE"
LIMIT_VARIABLE = "FLEXSITE_CACHE_LIMIT"
MOST_BYTES = 20_000_000_000
"""What a cache may hold after a run, unless FLEXSITE_CACHE_LIMIT says otherwise."""
Warn = Callable[[str, str], None]

_TRIES = 5
"""How often an entry of another run, damaged as soon as it is there, is replaced."""


class Cache:
    """Results of earlier runs in a folder, safe for any number of processes and threads at once.

    An entry is a folder with files, complete or absent whatever happens to the process or the machine. Entries that a
    process has looked up or made are not taken away by others until it closes its cache or ends. A folder that cannot
    be written, or is full, never stops a run: results are then kept for this process only.

    Parameters
    ----------
    folder
        Made when first written to. Only what a cache made itself is ever removed from it.
    limit
        Bytes that `finish` leaves in the cache.

    Examples
    --------
    >>> from flexsite.cache import key
    >>> with Cache.temporary() as cache:
    ...     path = cache.make("greeting", key("hello"), lambda folder: (folder / "a.txt").touch())
    ...     cache.get("greeting", key("hello")) == path
    True
    """

    def __init__(self, folder: Path, *, limit: int = MOST_BYTES) -> None:
        self.folder = Path(folder).absolute()
        self.limit = limit
        self._throwaway = False
        self._workplace: Workplace | None = None
        self._private: Workplace | None = None
        self._private_paths: dict[tuple[str, str], Path] = {}
        self._mutex = threading.RLock()
        self._process = os.getpid()
        self._unkept = 0
        self._trouble = ""

    @classmethod
    def default(cls) -> Cache:
        """The cache of this user: folder FLEXSITE_CACHE, else `flexsite` among the system's caches.

        Raises
        ------
        InputError
            FLEXSITE_CACHE_LIMIT is no size.
        """
        limit = os.environ.get(LIMIT_VARIABLE, "").strip()
        most = size_from(limit, where=LIMIT_VARIABLE) if limit else MOST_BYTES
        named = os.environ.get(FOLDER_VARIABLE, "").strip()
        if named:
            return cls(Path(named).expanduser(), limit=most)
        from platformdirs import user_cache_path

        return cls(user_cache_path("flexsite", appauthor=False), limit=most)

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator[Cache]:
        """A cache that nobody else sees, removed at the end; the road of a run that keeps nothing.

        Raises
        ------
        InputError
            The system's temporary folder cannot be written.
        """
        place = temporary_workplace()
        cache = cls(place.path / "cache")
        cache._throwaway = True
        try:
            yield cache
        finally:
            cache.close()
            place.close()

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, kind: str, key: str, *, verify: bool = False) -> Path | None:
        """The folder of an entry, or None.

        Parameters
        ----------
        kind
            What sort of result it is: a lower-case name.
        key
            From `flexsite.cache.key`.
        verify
            Read the files and compare checksums; else sizes only.

        Returns
        -------
        Path or None
            Stays there until this cache is closed. A damaged entry is removed and counts as absent.
        """
        path = entry.place_of(self.folder, kind, key)
        if (kind, key) in self._private_paths:
            return self._private_paths[kind, key]
        if not entry.there(path):
            return None
        with suppress(OSError):  # a cache that can only be read serves as well, though nothing keeps its entries there
            self._own()
        if upkeep.looked_up(self.folder, path, verify=verify):
            return path
        with suppress(OSError):  # not ours to remove: it stays, and counts as absent
            upkeep.take_away(self.folder, path, lambda: not entry.sound(path, verify=verify), self._own())
        return None

    def like(self, kind: str, start: str) -> Iterator[Path]:
        """Folders of the sound entries whose key has a given start of two digits or more, last used first."""
        folder = self.folder / kind / start[:2]
        found = [(path.stat().st_mtime_ns, path.name) for path in folder.glob(f"{start}*") if path.is_dir()]
        for _, name in sorted(found, reverse=True):
            known = self.get(kind, name)
            if known is not None:
                yield known

    def make(self, kind: str, key: str, write: Write) -> Path:
        """The folder of an entry, written now unless it is there.

        Parameters
        ----------
        kind, key
            As for `get`.
        write
            Given a new folder, puts the files in it; the same files whenever the key is the same. It is called once
            more, with another folder, when the cache cannot take the entry.

        Returns
        -------
        Path
            As for `get`; in a folder of this process when the cache could not take the entry.

        Raises
        ------
        InputError
            Not even the system's temporary folder takes it.
        """
        return self.keep(kind, key, write) or self._make_private(kind, key, write)

    def keep(self, kind: str, key: str, write: Write) -> Path | None:
        """Write an entry unless it is there, for later: as `make`, for who has the result at hand already.

        Returns
        -------
        Path or None
            None when the cache could not take the entry; `tell` will say so.
        """
        return self.get(kind, key) or self._keep(kind, key, write)

    def digest(self, path: Path) -> str:
        """SHA-256 of a file's content, read only when the file is not as it was when last read.

        Raises
        ------
        OSError
            The file cannot be read.
        """
        state = digest.state(path)
        name = key_of("digest", digest.place(path), *state)
        known = self.get("digest", name, verify=True)
        if known is not None:
            return (known / "sha256").read_text(encoding="ascii")
        found = digest.sha256(path)
        if digest.state(path) == state and digest.settled(state, time.time_ns()):
            self._keep("digest", name, lambda folder: _write_text(folder / "sha256", found))
        return found

    def tell(self, warn: Warn) -> None:
        """Warn once, with a count, when results could not be kept: `warn(key, text)`, as `Notices.warn`."""
        if self._trouble and not self._throwaway:
            text = f"the cache '{self.folder}' cannot be written ({self._trouble}): {self._unkept} results not kept"
            warn("cache", f"{text}; free space there, or set {FOLDER_VARIABLE} to another folder")

    def entries(self) -> list[Entry]:
        """What the cache holds, by kind and key.

        Raises
        ------
        InputError
            The folder cannot be read.
        """
        try:
            return list(entry.listed(self.folder))
        except OSError as error:
            raise self._refusal("read", error) from error

    def trim(self, most_bytes: int) -> Removed:
        """Remove the least recently used entries until the rest fits, but none that a running process may be using.

        Leftovers of dead processes go too.

        Raises
        ------
        InputError
            The cache cannot be read or written.
        """
        try:
            return upkeep.trim(self.folder, most_bytes) if self.folder.exists() else Removed(0, 0, 0)
        except OSError as error:
            raise self._refusal("trimmed", error) from error

    def clear(self) -> Removed:
        """Remove every entry that no running process may be using; errors as for `trim`."""
        return self.trim(-1)

    def finish(self) -> None:
        """End a run: let go of the entries and trim the cache to its limit."""
        self.close()
        if entry.there(self.folder) and not self._throwaway:
            try:
                upkeep.trim(self.folder, self.limit)
            except OSError as error:
                self._trouble = self._trouble or why(error)

    def close(self) -> None:
        """Let go of the entries: others may trim them from now on, and results that could not be kept are gone."""
        with self._mutex:
            for place in (self._workplace, self._private):
                if place is not None:
                    place.close()
            self._workplace = self._private = None
            self._private_paths.clear()

    def _own(self) -> Workplace:
        """Our workplace in the cache, made when first needed; it protects what is used from now on."""
        with self._mutex:
            if self._process != os.getpid():  # forked: the parent's is not ours
                self._process, self._workplace, self._private = os.getpid(), None, None
                self._private_paths = {}
            if self._workplace is None:
                self._workplace = upkeep.workplace(self.folder)
            return self._workplace

    def _keep(self, kind: str, key: str, write: Write) -> Path | None:
        """Write an entry; None when the cache cannot take it."""
        path = entry.place_of(self.folder, kind, key)
        own: OSError | None = None

        def watched(folder: Path) -> None:
            nonlocal own
            try:
                write(folder)
            except OSError as error:
                own = None if storage_failed(error) else error
                raise

        if not self._trouble:
            try:
                return self._written(path, watched, lambda: self.get(kind, key))
            except OSError as error:
                if error is own:
                    raise
                self._trouble = why(error)
        with self._mutex:
            self._unkept += 1
        return None

    def _written(self, path: Path, write: Write, theirs: Callable[[], Path | None]) -> Path:
        """Write an entry under no name, then give it its own; where another run was first, theirs is as good."""
        with self._own().scratch() as partial:
            write(partial)
            entry.seal(partial, durable=not self._throwaway)
            for _ in range(_TRIES):
                if _named(partial, path) or theirs() is not None:
                    return path
        raise FileExistsError(errno.EEXIST, "a damaged entry cannot be replaced", str(path))

    def _make_private(self, kind: str, key: str, write: Write) -> Path:
        """Write an entry for this process alone."""
        with self._mutex:
            if self._private is None:
                self._private = temporary_workplace()
            path = self._private.new_path()
        write_new(path, write)
        return self._private_paths.setdefault((kind, key), path)

    def _refusal(self, done: str, error: OSError) -> InputError:
        return InputError(
            f"the cache cannot be {done} ({why(error)})",
            where=str(self.folder),
            remedy=f"check its permissions, or set {FOLDER_VARIABLE} to another folder",
        )


def _named(partial: Path, path: Path) -> bool:
    """Give an entry its name, in one step; False when there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        partial.rename(path)
    except FileNotFoundError:
        return False  # a trim removed the empty parent in between
    except OSError:
        if entry.there(path):
            return False
        raise
    return True


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii", newline="\n")
