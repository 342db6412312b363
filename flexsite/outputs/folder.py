"""A results folder that is whole or not there: written beside its place, then moved."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flexsite.cache.workplace import LOCK, Workplace, sweep
from flexsite.errors import InputError

RUN_RECORD = "run.json"
"""Written last: a folder without it is no run."""
PREVIEW_RECORD = "preview.json"
"""The same for a preview, so that none is taken for a run."""
_LONGEST_NAME = 100


def slug(name: str) -> str:
    """A folder name from the name of a study.

    Examples
    --------
    >>> slug("Noord-Holland, first exploration")
    'noord-holland-first-exploration'
    """
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name.lower())[:_LONGEST_NAME].strip("-") or "run"


def refuse_foreign(folder: Path, record: str = RUN_RECORD) -> None:
    """Refuse a folder that holds something else than an earlier run (or preview), or that cannot be written.

    Parameters
    ----------
    record
        File by which an earlier one is known.

    Raises
    ------
    InputError
        With the way out.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("this is a file, not a folder", where=f"--out {folder}", remedy="give the name of a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / record).is_file():
        raise InputError(
            f"the folder is not empty and holds no earlier {Path(record).stem}",
            where=f"--out {folder}",
            remedy="choose another folder, or empty it",
        )
    parent = _first_existing(folder)
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(
            f"'{parent}' cannot be written", where=f"--out {folder}", remedy="choose a folder where you may write"
        )


def _first_existing(folder: Path) -> Path:
    return next((parent for parent in [folder, *folder.absolute().parents] if parent.exists()), Path("/"))


@contextmanager
def staged(folder: Path, record: str = RUN_RECORD) -> Iterator[Path]:
    """A temporary sibling to write in; on success its files move into the folder, the run record last.

    Whatever an earlier run left under a name that this one does not write is removed, so that a folder never mixes
    two runs. On an error the folder stays as it was. What a killed run left beside it is removed, but never what a
    running one is writing.

    Parameters
    ----------
    record
        File to move last.

    Raises
    ------
    InputError
        The folder is foreign or cannot be written.
    """
    refuse_foreign(folder, record)
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        prefix, suffix = f".{folder.name}.", ".partial"
        sweep(folder.parent, prefix, suffix)
        stage = Workplace(folder.parent, prefix, suffix)
    except OSError as error:
        raise InputError(
            f"the folder cannot be made ({error.strerror})", where=f"--out {folder}", remedy="choose another folder"
        ) from error
    try:
        yield stage.path
        _move(stage.path, folder, record)
    finally:
        stage.close()


def _move(stage: Path, folder: Path, record: str) -> None:
    ours = (path for path in stage.rglob("*") if path.is_file() and path != stage / LOCK)
    written = sorted(path.relative_to(stage) for path in ours)
    folder.mkdir(exist_ok=True)
    (folder / record).unlink(missing_ok=True)
    for own in _OWN[record]:
        old = folder / own
        if Path(own) not in written:
            shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    for name in [path for path in written if path != Path(record)] + [path for path in written if path == Path(record)]:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (stage / name).replace(target)


_OWN = {
    RUN_RECORD: (
        "waterfall.csv", "sites.parquet", "suitability.parquet", "taken.parquet", "excluded.parquet", "sites.gpkg",
        "shown.gpkg", "sites.xlsx", "map.html", "report.html", "borders.parquet", "variants.csv", "screen.gpkg",
        "screen.csv", "variants",
        *(f"{table}.parquet" for table in ("best_for", "capacity", "weights")),
        *(f"{table}.csv" for table in ("boundaries", "capacity_totals", "kinds", "known_projects", "owners", "permits",
                                       "robustness", "sweep", "tornado", "windows")),
    ),
    PREVIEW_RECORD: (
        "waterfall.csv", "available.tif", "taken_by.tif", "taken_by.tif.aux.xml", "patches.parquet",
    ),
}  # fmt: skip
"""What a run and a preview may write at the top of their folder, by their record."""
