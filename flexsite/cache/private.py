"""Results that no cache keeps: folders of this process among the system's temporary files."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from flexsite.cache.workplace import Workplace, sweep
from flexsite.errors import InputError

Write = Callable[[Path], None]

_PREFIX = "flexsite-cache-"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_NO_NUMBER = {None, errno.EIO, errno.ESTALE}
"""Errors that a full or failing disk may hide behind: libraries raise OSError without a number."""
_HARDLY_ANY = 1 << 20
"""Free bytes below which an error without a number is one of space."""


def storage_failed(error: OSError) -> bool:
    """Whether an error of a writing function may be the disk's, not its own (such as an input that is missing)."""
    return error.errno in _FULL or error.errno in _NO_NUMBER


def why(error: OSError) -> str:
    """What the system says of an error, in a few words."""
    return error.strerror or str(error)


def no_room(folder: Path, error: OSError) -> InputError:
    """The refusal to go on when nothing can be written any more."""
    return InputError(
        f"intermediate results cannot be written ({why(error)})",
        where=str(folder),
        remedy="free space there, or set TMPDIR to a folder with room",
    )


def temporary_workplace() -> Workplace:
    """A workplace among the system's temporary files; those of dead processes are removed first.

    Raises
    ------
    InputError
        It cannot be made.
    """
    parent = Path(tempfile.gettempdir())
    sweep(parent, _PREFIX)
    try:
        return Workplace(parent, _PREFIX)
    except OSError as error:
        raise no_room(parent, error) from error


def write_new(folder: Path, write: Write) -> None:
    """Make a folder and have it filled.

    Raises
    ------
    InputError
        There is no room for it.
    OSError
        The writing function failed for a reason of its own.
    """
    try:
        folder.mkdir(parents=True)
        write(folder)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        parent = folder.parent
        if error.errno in _FULL or (error.errno in _NO_NUMBER and shutil.disk_usage(parent).free < _HARDLY_ANY):
            raise no_room(parent, error) from error
        raise
