"""Where the tables of a feed lie: a zip, a folder, a zip with a folder inside, or a zip in a zip."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from flexsite.errors import InputError

_REQUIRED = ("stops", "routes", "trips", "stop_times")
_WHOLE = "a timetable is a GTFS feed with stops.txt, routes.txt, trips.txt, stop_times.txt and calendar.txt or "
_WHOLE += "calendar_dates.txt"


@dataclass(frozen=True)
class Feed:
    """Tables of one feed, by name without `.txt`.

    Examples
    --------
    >>> with open_feed(Path("gtfs.zip")) as feed:  # doctest: +SKIP
    ...     print(feed.name, "transfers" in feed.tables)
    gtfs.zip True
    """

    name: str
    tables: Mapping[str, Callable[[], IO[bytes]]]

    def has(self, table: str) -> bool:
        """Whether the feed has the table."""
        return table in self.tables

    def where(self, table: str, column: str = "") -> str:
        """The place of a table or column, for messages."""
        return f"{self.name}, {table}.txt" + (f", column '{column}'" if column else "")

    @contextmanager
    def open(self, table: str) -> Iterator[IO[bytes]]:
        """The bytes of a table.

        Raises
        ------
        InputError
            They cannot be read to the end.
        """
        with _readable(self.where(table)), self.tables[table]() as stream:
            yield stream


@contextmanager
def open_feed(path: Path) -> Iterator[Feed]:
    """Find the tables of a feed, and check that those are there without which there is no timetable.

    Parameters
    ----------
    path
        A zip, or a folder with the text files; the files may be in one folder inside, or in one zip inside.

    Raises
    ------
    InputError
        There is nothing there, it is no zip or a damaged one, it holds no or several feeds, or a required table is
        missing.
    """
    with ExitStack() as stack:
        if path.is_dir():
            tables = _in_folder(path, stack)
        elif path.exists():
            if path.suffix.lower() in (".txt", ".csv"):
                raise InputError("one table is no timetable", where=str(path), remedy="give the folder it is in")
            tables = _in_zip(_zip(path, path.name, stack), path.name, stack)
        else:
            raise InputError("there is no such file or folder", where=str(path), remedy="check timetable.path")
        missing = [f"{name}.txt" for name in _REQUIRED if name not in tables]
        if not missing and "calendar" not in tables and "calendar_dates" not in tables:
            missing = ["calendar.txt or calendar_dates.txt"]
        if missing:
            lacks = " and ".join(missing) + (" is missing" if len(missing) == 1 else " are missing")
            raise InputError(lacks, where=path.name, remedy=f"{_WHOLE}; ask the publisher for a whole feed")
        yield Feed(path.name, tables)


def _in_folder(path: Path, stack: ExitStack) -> dict[str, Callable[[], IO[bytes]]]:
    inside = [entry for entry in path.iterdir() if not entry.name.startswith(".")]
    deeper = [file for folder in inside if folder.is_dir() for file in folder.iterdir()]
    files = {file.relative_to(path).as_posix(): file for file in [*inside, *deeper] if file.is_file()}
    found = _tables(list(files), path.name)
    if found:
        return {table: _opener(files[name]) for table, name in found.items()}
    name = _only_zip(list(files), path.name)
    return _in_zip(_zip(files[name], f"{path.name}/{name}", stack), f"{path.name}/{name}", stack)


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _in_zip(
    archive: zipfile.ZipFile, place: str, stack: ExitStack, *, inner: bool = False
) -> dict[str, Callable[[], IO[bytes]]]:
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    found = _tables(names, place)
    if found:
        return {table: _member(archive, name) for table, name in found.items()}
    if inner:
        raise InputError("a zip in a zip in a zip", where=place, remedy="unpack it and give the innermost zip")
    name = _only_zip(names, place)
    unpacked: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the stack closes it; a packed file seeks slowly
    stack.enter_context(unpacked)
    with _readable(f"{place}/{name}"), archive.open(name) as packed:
        shutil.copyfileobj(packed, unpacked, 1 << 20)
    return _in_zip(_zip(unpacked, f"{place}/{name}", stack), f"{place}/{name}", stack, inner=True)


def _member(archive: zipfile.ZipFile, name: str) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(name)


def _zip(file: Path | IO[bytes], place: str, stack: ExitStack) -> zipfile.ZipFile:
    try:
        return stack.enter_context(zipfile.ZipFile(file))
    except (zipfile.BadZipFile, OSError) as error:
        remedy = "download it again; a page with an error message may have been saved in its place"
        raise InputError(f"is no zip, or a damaged one ({error})", where=place, remedy=remedy) from None


def _tables(names: list[str], place: str) -> dict[str, str]:
    """Member or file of every table: those of the one folder that has stop times, or of the one that has any."""
    folders: dict[str, dict[str, str]] = defaultdict(dict)
    for name in sorted(names):
        path = PurePosixPath(name.replace("\\", "/"))
        if path.suffix.lower() == ".txt" and not path.name.startswith(".") and "__MACOSX" not in path.parts:
            folders[str(path.parent)][path.stem.lower()] = name
    feeds = {folder: found for folder, found in folders.items() if set(_REQUIRED) & set(found)}
    whole = {folder: found for folder, found in feeds.items() if "stop_times" in found} or feeds
    if len(whole) > 1:
        what = f"holds {len(whole)} feeds, in {', '.join(sorted(whole)[:4])}"
        raise InputError(what, where=place, remedy="unpack it and list the folders in timetable.path")
    return next(iter(whole.values()), {})


def _only_zip(names: list[str], place: str) -> str:
    inner = [name for name in names if name.lower().endswith(".zip") and "__MACOSX" not in name]
    if not inner:
        raise InputError("holds no tables of a timetable", where=place, remedy=_WHOLE)
    if len(inner) > 1:
        remedy = "unpack it and list the zips in timetable.path"
        raise InputError(f"holds {len(inner)} zips and no tables of its own", where=place, remedy=remedy)
    return inner[0]


@contextmanager
def _readable(place: str) -> Iterator[None]:
    """Say of damaged and locked archives what they are."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, io.UnsupportedOperation) as error:
        raise InputError(f"is damaged ({error})", where=place, remedy="download the feed again") from None
    except NotImplementedError as error:
        remedy = "unpack it and give the folder"
        raise InputError(f"is packed in a way that cannot be read ({error})", where=place, remedy=remedy) from None
    except RuntimeError as error:
        if "encrypted" not in str(error):
            raise
        raise InputError("is locked with a password", where=place, remedy="unpack it and give the folder") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", where=place, remedy="check the file") from None
