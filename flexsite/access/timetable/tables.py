"""Tables of a feed as columns of text, whatever their encoding, line ends and loose ends."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from flexsite.access.timetable.feed import Feed
from flexsite.errors import InputError
from flexsite.notices import Notices

if TYPE_CHECKING:
    import pyarrow as pa

_PART = 24 << 20
"""Bytes of a long table that are read at a time."""
_BLOCK = 1 << 20
"""Bytes that one thread reads at a time."""


@dataclass(frozen=True)
class Table:
    """Rows of a table: texts by column, "" where a row has nothing; a column the file lacks is all "".

    Columns that were asked for as numbers are numbers with nulls where every value is one, else texts.
    """

    columns: Mapping[str, pa.Array]
    rows: int

    def __getitem__(self, column: str) -> Any:
        """A column, without blanks around its values where it was read whole."""
        import pyarrow as pa

        return self.columns[column] if column in self.columns else pa.repeat(pa.scalar(""), self.rows)

    def __contains__(self, column: str) -> bool:
        """Whether the file has the column."""
        return column in self.columns

    def __len__(self) -> int:
        """Number of rows."""
        return self.rows

    def only(self, keep: Any) -> Table:
        """The rows of which the number is in `keep`, or for which it is true."""
        import numpy as np
        import pyarrow as pa

        rows = np.flatnonzero(keep) if np.asarray(keep).dtype == bool else np.asarray(keep)
        if len(rows) == self.rows and (rows == np.arange(self.rows)).all():
            return self
        taken = pa.array(rows)
        return Table({name: values.take(taken) for name, values in self.columns.items()}, len(rows))


@dataclass
class _Layout:
    """How a table is written down."""

    place: str
    names: list[str]
    wanted: list[str]
    numbers: Mapping[str, str]
    several_lines: bool
    odd: list[str] = field(default_factory=list)
    dropped: int = 0
    recoded: bool = False


def read_table(feed: Feed, table: str, required: Sequence[str], optional: Sequence[str], notices: Notices) -> Table:
    """A whole table.

    Parameters
    ----------
    feed, table
        The table must be there.
    required, optional
        Columns to read.
    notices
        Is told of rows that do not fit their header, and of text that is not UTF-8.

    Raises
    ------
    InputError
        A required column is missing, or the file is no table.
    """
    import pyarrow.compute as pc

    with feed.open(table) as stream:
        data = b"".join(_utf8(stream, 1 << 24))
    body, layout = _layout(feed, table, data, required, optional, {}, several_lines=True)
    read = _joined(_parsed(body, layout), layout)
    _tell(feed, table, layout, notices)
    return Table({name: pc.utf8_trim_whitespace(values) for name, values in read.columns.items()}, len(read))


def stream_table(
    feed: Feed,
    table: str,
    required: Sequence[str],
    optional: Sequence[str],
    numbers: Mapping[str, str],
    notices: Notices,
) -> Iterator[Table]:
    """A long table, part by part, so that no more than a few parts are in memory.

    Parameters
    ----------
    feed, table, required, optional, notices
        As for `read_table`; blanks around values stay.
    numbers
        Columns to read as numbers, with their Arrow type.
    """
    with feed.open(table) as stream, ThreadPoolExecutor(1) as ahead:
        parts = _lines(_utf8(stream, _PART))
        first = next(parts, b"")
        body, layout = _layout(feed, table, first, required, optional, numbers, several_lines=False)
        coming = ahead.submit(next, parts, None)  # the next part is unpacked while this one is read
        while True:
            yield _joined(_parsed(body, layout), layout)
            after = coming.result()
            if after is None:
                break
            body = after
            coming = ahead.submit(next, parts, None)
    _tell(feed, table, layout, notices)


def _tell(feed: Feed, table: str, layout: _Layout, notices: Notices) -> None:
    if layout.recoded:
        notices.warn(f"encoding {table}", f"{feed.where(table)}: is not UTF-8; read as Latin-1")
    if layout.dropped:
        text = f"{feed.where(table)}: {layout.dropped} rows do not fit the header; set aside"
        notices.warn(f"fields {table}", text)


def _utf8(stream: IO[bytes], size: int) -> Iterator[bytes]:
    """Pieces of a file without the mark at its beginning; UTF-16 becomes UTF-8."""
    first = stream.read(size)
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if first.startswith(mark):
            decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
            yield decoder.decode(first[2:]).encode()
            while piece := stream.read(size):
                yield decoder.decode(piece).encode()
            return
    yield first.removeprefix(codecs.BOM_UTF8)
    while piece := stream.read(size):
        yield piece


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, in parts that end where a line ends."""
    rest: list[bytes] = []
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if not cut:
            rest.append(piece)
            continue
        yield b"".join([*rest, piece[:cut]]) if rest else piece[:cut]
        rest = [piece[cut:]] if cut < len(piece) else []
    if any(rest):
        yield b"".join(rest)


def _layout(
    feed: Feed,
    table: str,
    data: bytes,
    required: Sequence[str],
    optional: Sequence[str],
    numbers: Mapping[str, str],
    *,
    several_lines: bool,
) -> tuple[bytes, _Layout]:
    """What the header says, and the bytes behind it."""
    data = data.lstrip(b"\r\n \t")
    ends = [end for end in (data.find(b"\n"), data.find(b"\r")) if end >= 0]
    end = min(ends, default=len(data))
    header = data[:end].decode("latin-1")
    place = feed.where(table)
    if not header.strip():
        raise InputError("the table is empty", where=place, remedy="ask the publisher for a whole feed")
    if "\0" in header:
        raise InputError("is no text, or UTF-16 without a mark", where=place, remedy="save it as UTF-8")
    names = [name.strip().lower() for name in next(csv.reader([header]), [])]
    missing = [name for name in required if name not in names]
    if missing:
        what = f"column{'s' if len(missing) > 1 else ''} {', '.join(missing)} missing"
        other = next((sign for sign in ";\t|" if len(header.split(sign)) > len(names)), None)
        remedy = f"the header has {', '.join(names[:12])}; GTFS requires {', '.join(required)}"
        if other is not None:
            remedy = f"its columns seem to be separated by {other!r}; GTFS asks for commas"
        raise InputError(what, where=place, remedy=remedy)
    unique = [name if name not in names[:i] else f"{name}#{i}" for i, name in enumerate(names)]
    wanted = [name for name in (*required, *optional) if name in unique]
    layout = _Layout(place, unique, wanted, {k: v for k, v in numbers.items() if k in wanted}, several_lines)
    return data[end:].lstrip(b"\r\n"), layout


def _parsed(body: bytes, layout: _Layout) -> list[Any]:
    """Arrow tables of the rows: as numbers where that can be, else as text, else as Latin-1."""
    import pyarrow as pa

    if not body.strip():
        return []
    odd = len(layout.odd)
    attempts = [(layout.numbers, _BLOCK), ({}, _BLOCK), ({}, len(body) + 1)]
    for turn, (numbers, block) in enumerate(attempts):
        try:
            tables = [_read(body, layout, numbers, block)]
            break
        except pa.ArrowInvalid as error:
            del layout.odd[odd:]
            if turn == 0:
                body = _recoded(body, layout)
            if turn == len(attempts) - 1:
                what = f"is no table that can be read ({str(error).splitlines()[0]})"
                raise InputError(what, where=layout.place, remedy="check its quotes and commas") from None
    _refuse_open_quote(body, sum(map(len, tables)) + len(layout.odd) - odd, layout)
    if len(layout.odd) > odd:
        tables.append(_mended(sorted(layout.odd[odd:]), layout))  # threads find them in any order
        del layout.odd[odd:]
    return tables


def _refuse_open_quote(body: bytes, rows: int, layout: _Layout) -> None:
    """Refuse a quote that is not closed: all lines up to the next one would be lost in one value."""
    if b'"' not in body or body.count(b'"') % 2 == 0:
        return
    lines = [line for line in body.splitlines() if line.strip()]
    if rows < len(lines):
        line = next(line for line in lines if line.count(b'"') % 2).decode("utf-8", "replace")
        what = f"a quote is opened and not closed, in or after the line '{line[:80]}'"
        raise InputError(what, where=layout.place, remedy="close it; within a value it is written twice")


def _recoded(body: bytes, layout: _Layout) -> bytes:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        layout.recoded = True
        return body.decode("latin-1").encode()
    return body


def _read(body: bytes, layout: _Layout, numbers: Mapping[str, str], block: int) -> Any:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    def keep(row: Any) -> str:
        layout.odd.append(row.text)
        return "skip"

    return arrow_csv.read_csv(
        pa.BufferReader(body),
        read_options=arrow_csv.ReadOptions(column_names=layout.names, block_size=block),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=layout.several_lines, invalid_row_handler=keep),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=layout.wanted,
            column_types={name: pa.type_for_alias(numbers.get(name, "string")) for name in layout.wanted},
        ),
    )


def _mended(texts: list[str], layout: _Layout) -> Any:
    """Rows with too few fields, the rest of which is empty, and rows with nothing in the fields too many."""
    import pyarrow as pa

    width = len(layout.names)
    rows = []
    for text in texts:
        try:
            fields = next(csv.reader(io.StringIO(text)), [])
        except csv.Error:  # a field beyond what the csv module takes
            layout.dropped += 1
            continue
        if any(value.strip() for value in fields[width:]):
            layout.dropped += 1
        elif any(value.strip() for value in fields):
            rows.append([*fields[:width], *[""] * (width - len(fields))])
    places = {name: layout.names.index(name) for name in layout.wanted}
    return pa.table({name: pa.array([row[at] for row in rows], pa.string()) for name, at in places.items()})


def _joined(tables: list[Any], layout: _Layout) -> Table:
    """One table of all columns asked for."""
    import pyarrow as pa

    rows = sum(len(table) for table in tables)
    columns: dict[str, Any] = {}
    for name in layout.wanted:
        chunks = list(chain.from_iterable(table[name].chunks for table in tables))
        if len({chunk.type for chunk in chunks}) > 1:
            chunks = [_as_text(chunk) for chunk in chunks]
        columns[name] = pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
    return Table(columns, rows)


def _as_text(values: Any) -> Any:
    import pyarrow.compute as pc

    return pc.fill_null(values.cast("string"), "")
