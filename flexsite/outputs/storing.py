"""Room for results: what a run needs on the disk beside its folder, and what it says when there is none left."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flexsite.cache import Cache
from flexsite.cache.private import storage_failed, why
from flexsite.cache.workplace import Workplace
from flexsite.errors import InputError
from flexsite.outputs.folder import RUN_RECORD, staged

_HARDLY_ANY = 1 << 20
"""Free bytes below which an error of GDAL, which has no number, is one of space."""
_FULL = ("full", "space", "quota")
"""Words by which SQLite and GDAL say so."""


@contextmanager
def stored(folder: Path, record: str = RUN_RECORD) -> Iterator[Path]:
    """A place to write results in, which become the folder's in one go: `flexsite.outputs.folder.staged`.

    Raises
    ------
    InputError
        Also when the disk is full or fails; the folder stays as it was.
    """
    with staged(folder, record) as stage:
        try:
            yield stage
        except (OSError, RuntimeError) as error:
            if isinstance(error, OSError) and not storage_failed(error):
                raise
            if not isinstance(error, OSError) and not _no_room(stage, error):
                raise
            said = why(error) if isinstance(error, OSError) else str(error)
            raise InputError(
                f"the results cannot be written ({said})",
                where=f"--out {folder}",
                remedy="free space there or choose another folder, and go on with --resume",
            ) from error


def _no_room(stage: Path, error: RuntimeError) -> bool:
    return any(word in str(error) for word in _FULL) or shutil.disk_usage(stage).free < _HARDLY_ANY


@contextmanager
def cache_beside(folder: Path) -> Iterator[Cache]:
    """A cache beside results, for a run that keeps nothing but shares intermediate results with a cluster's workers.

    What a killed run leaves of it goes with the next run into the same folder.

    Raises
    ------
    InputError
        It cannot be made.
    """
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        place = Workplace(folder.parent, f".{folder.name}.", ".partial", mode=0o777)
    except OSError as error:
        raise InputError(
            f"nothing can be put beside the folder ({why(error)})",
            where=f"--out {folder}",
            remedy="choose another folder, or leave out --no-cache",
        ) from error
    try:
        with Cache(place.path / "cache") as cache:
            yield cache
    finally:
        place.close()
