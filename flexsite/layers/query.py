"""The one engine behind `where` and `sql`: SQLite in memory, which reads the tables it is given and nothing else."""

# ruff: noqa: S608 - names are quoted; the statements of a study are checked and run guarded

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from flexsite.errors import InputError
from flexsite.layers.sqltext import expression, identifiers, quote, shown
from flexsite.layers.table import Mask, Rows, Schema, nearest

_FUNCTIONS = frozenset(
    """abs coalesce ifnull iif if nullif lower upper length octet_length substr substring trim ltrim rtrim
    replace instr round sign concat concat_ws min max sum total avg count group_concat string_agg like glob
    typeof hex quote char unicode format printf ceil ceiling floor trunc mod pow power sqrt exp ln log log10
    log2 pi sin cos tan asin acos atan atan2 radians degrees date time datetime julianday strftime unixepoch
    timediff row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value
    nth_value likely unlikely likelihood""".split()
)
_CLOCKED = ("date", "time", "datetime", "julianday", "strftime", "unixepoch")
_SQL_TYPE = {"boolean": "INTEGER", "integer": "INTEGER", "real": "REAL", "text": "TEXT", "binary": "BLOB"}
_MAX_TEXT = 4_000_000
_MEMORY = 4 << 30
_CHUNK = 50_000


class Database:
    """Tables with the declared types GDAL gives them in a GeoPackage, and guarded statements over them.

    A statement may be a SELECT of these tables with functions of `_FUNCTIONS`. It is stopped when it does far more
    work than its tables can explain, and may build no text above 4 MB. Geometry never enters: its column holds a
    handle with the number of the row.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self.tables: dict[str, Schema] = {}
        self.reads: dict[str, set[str]] = {}
        self.selects = 0
        self.nonce = os.urandom(16)
        self._denied = ""
        self._made = ""
        self._rows = 0
        self._work = 0
        connection = sqlite3.connect(":memory:", cached_statements=0, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA hard_heap_limit = {_MEMORY}")
        connection.execute("PRAGMA temp_store = MEMORY")
        for limit, value in (
            (sqlite3.SQLITE_LIMIT_LENGTH, _MAX_TEXT),
            (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 200_000),
            (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 50),
            (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
            (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
            (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0),
        ):
            connection.setlimit(limit, value)
        self.connection = connection
        self._clock = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for name in _CLOCKED:
            connection.create_function(name, -1, self._without_clock(name), deterministic=True)

    def create(self, schema: Schema) -> None:
        """An empty table for a layer. A field whose name differs from an earlier one in case alone stays out."""
        columns = [f"{quote(schema.fid)} INTEGER PRIMARY KEY"] if schema.fid else []
        columns += [f"{quote(schema.geometry)} BLOB"] if schema.geometry else []
        columns += [f"{quote(name)} {_SQL_TYPE[schema.fields[name]]}" for name in declared(schema)]
        self.connection.execute(f"CREATE TABLE {quote(schema.layer)} ({', '.join(columns) or '`-` INTEGER'})")
        self.tables[schema.layer] = schema

    def fill(self, schema: Schema, rows: Rows, *, by_position: bool = False) -> None:
        """Insert rows; the rowid is the feature id, or the row number from 0 with `by_position`."""
        ids = range(len(rows)) if by_position else rows.ids.tolist()
        names = [schema.fid or rowid(schema)]
        columns: list[Iterable[Any]] = [ids]
        if rows.wkb is not None and schema.geometry:
            names.append(schema.geometry)
            columns.append(self._handles(list(self.tables).index(schema.layer), rows.wkb))
        for name, values in rows.fields.items():
            names.append(name)
            columns.append(values.to_pylist())
        statement = (
            f"INSERT INTO {quote(schema.layer)} ({', '.join(map(quote, names))}) VALUES ({', '.join('?' * len(names))})"
        )
        rows_of_values = zip(*columns, strict=True)
        self._rows += len(rows)
        try:
            self.connection.execute("BEGIN")
            while chunk := list(islice(rows_of_values, _CHUNK)):
                self.connection.executemany(statement, chunk)
            self.connection.execute("COMMIT")
        except (sqlite3.Error, OverflowError, MemoryError) as error:
            raise InputError(
                f"its values do not fit in an SQL table ({error})",
                where=self.place,
                remedy="leave 'where' and 'sql' out",
            ) from None

    def _handles(self, table: int, wkb: pa.Array) -> list[bytes | None]:
        """What stands for the geometry of each row: 16 bytes of nonce, 2 of table, 6 of row."""
        numbers = (np.arange(len(wkb), dtype=">u8") + (table << 48)).astype(">u8").view(np.uint8).reshape(-1, 8)
        nonces = np.tile(np.frombuffer(self.nonce, np.uint8), (len(wkb), 1))
        handles: list[bytes | None] = np.hstack([nonces, numbers]).view("V24").ravel().tolist()
        for row in np.flatnonzero(wkb.is_null().to_numpy(zero_copy_only=False)).tolist():
            handles[row] = None
        return handles

    def run(self, statement: str, text: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Names and rows of a guarded statement; `text` is what the user wrote, for messages."""
        self._denied, self._work = "", 0
        budget = 3_000 + self._rows // 5
        self.connection.set_authorizer(self._authorize)
        self.connection.set_progress_handler(lambda: self._spend(budget), 10_000)
        try:
            cursor = self.connection.execute(statement)
            return [item[0] for item in cursor.description or ()], cursor.fetchall()
        except (sqlite3.Error, sqlite3.Warning, MemoryError, UnicodeError) as error:
            raise self._explained(error, text) from None
        finally:
            self.connection.set_progress_handler(None, 0)
            self.connection.set_authorizer(None)

    def read_of(self, schema: Schema, text: str) -> set[str]:
        """Columns of a table, in lower case, that the statement just run may read.

        SQLite reports columns that are written or stand for `*`, but not those that USING or NATURAL compare.
        """
        words = identifiers(text)
        known = {name.lower() for name in (*schema.fields, schema.fid, schema.geometry)} - {""}
        if "natural" in words:
            return known
        return {name.lower() for name in self.reads.get(schema.layer, ())} | (known & words)

    @contextmanager
    def making(self, name: str) -> Iterator[None]:
        """Allow one table, `name`, to be made by a guarded CREATE TABLE ... AS."""
        self._made = name
        try:
            yield
        finally:
            self._made = ""

    def _spend(self, budget: int) -> int:
        self._work += 1
        return int(self._work > budget)

    def _authorize(
        self, action: int, first: str | None, second: str | None, schema: str | None, _trigger: str | None
    ) -> int:
        if action == sqlite3.SQLITE_SELECT:
            self.selects += 1
        elif action == sqlite3.SQLITE_READ and first in self.tables and schema in ("main", None):
            self.reads.setdefault(first, set()).add(second or "")
        elif (
            action == sqlite3.SQLITE_READ
            and not second
            and not (first or "").lower().startswith(("sqlite_", "pragma_"))
        ):
            pass  # a subquery of the statement itself, of which no column is used
        elif not self._harmless(action, first, second):
            self._denied = self._denied or (
                f"the function {second}()" if action == sqlite3.SQLITE_FUNCTION else f"'{first or second}'"
            )
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def _harmless(self, action: int, first: str | None, second: str | None) -> bool:
        if action == sqlite3.SQLITE_FUNCTION:
            return (second or "").lower() in _FUNCTIONS
        making = first == "sqlite_master" or (action == sqlite3.SQLITE_CREATE_TABLE and first == self._made)
        return action == sqlite3.SQLITE_RECURSIVE or bool(self._made and making)

    def _without_clock(self, name: str) -> Callable[..., Any]:
        run = self._clock.execute

        def function(*values: Any) -> Any:
            times = values[1:] if name == "strftime" else values
            if not times or any(isinstance(value, str) and value.strip().lower() == "now" for value in times):
                raise ValueError("now")
            return run(f"SELECT {name}({', '.join('?' * len(values))})", values).fetchone()[0]

        return function

    def _explained(self, error: Exception, text: str) -> InputError:
        message = str(error)
        if self._denied:
            what, remedy = (
                f"{self._denied} may not be used",
                "use the columns of the layer, operators and SQLite's plain functions",
            )
        elif found := re.match(r"no such column: (.*)", message):
            name = found[1].removeprefix("main.")
            known = [
                other
                for schema in self.tables.values()
                for other in (*schema.fields, schema.fid, schema.geometry)
                if other
            ]
            what, remedy = (
                f"no column '{name}'",
                nearest(name.rpartition(".")[2] or name, known) + "; a text stands between single quotes",
            )
        elif found := re.match(r"no such table: (.*)", message):
            name = found[1].removeprefix("main.")
            what, remedy = f"no table '{name}'", nearest(name, self.tables)
        elif found := re.match(r"no such function: (.*)", message):
            what, remedy = f"no function {found[1]}()", "SQLite's plain functions work, geometry functions do not"
        elif "user-defined function" in message:
            what, remedy = "the time of now cannot be used, a run must not depend on the clock", "write the date itself"
        elif "interrupted" in message:
            what, remedy = "it asks for too much work", "write it without joins of everything with everything"
        elif isinstance(error, MemoryError) or "too big" in message:
            what, remedy = "it builds values that are too large", "write it more simply"
        else:
            what, remedy = message, "see https://www.sqlite.org/lang_expr.html"
        return InputError(f"{what}, in: {shown(text)}", where=self.place, remedy=remedy)


class Filter:
    """The features of one layer that meet every one of some `where` texts.

    `columns` are the names the texts read, in the file's spelling; `whole` says that a subselect looks at the whole
    layer, so that a part of it will not do.
    """

    def __init__(self, wheres: Sequence[str], schema: Schema, place: str) -> None:
        self.schema, self.place = schema, place
        self._text = " AND ".join(wheres)
        expressions = [(text, expression(text, place)) for text in wheres]
        self._condition = " AND ".join(f"({checked})" for _, checked in expressions)
        trial = self._database()
        table = quote(schema.layer)
        selects = 0
        for text, checked in expressions:
            # One expression is one in any surroundings: no text breaks out of both.
            for form in (f"({checked})", f"CASE WHEN {checked} THEN 1 END"):
                trial.selects = 0
                trial.run(f"EXPLAIN SELECT 1 FROM {table} WHERE {form}", text)
                selects = max(selects, trial.selects)
        self.whole = selects > 1
        self.columns = file_names(schema, trial.read_of(schema, self._text), place)

    def _database(self) -> Database:
        database = Database(self.place)
        database.create(self.schema)
        return database

    def mask(self, rows: Rows) -> Mask:
        """True where a row meets the condition."""
        database = self._database()
        wkb = rows.wkb if self.schema.geometry in self.columns else None
        inside = Rows(rows.ids, wkb, {name: rows.fields[name] for name in self.columns if name in rows.fields})
        database.fill(self.schema, inside, by_position=not self.schema.fid)
        key = self.schema.fid or rowid(self.schema)
        _, found = database.run(
            f"SELECT {quote(key)} FROM {quote(self.schema.layer)} WHERE {self._condition}", self._text
        )
        passing = np.fromiter((row[0] for row in found), np.int64, len(found))
        mask = np.zeros(len(rows), bool)
        if self.schema.fid:
            order = np.argsort(rows.ids, kind="stable")
            mask[order[np.searchsorted(rows.ids[order], passing)]] = True
        else:
            mask[passing] = True
        return mask


def declared(schema: Schema) -> list[str]:
    """The fields an SQL table can have: SQLite does not tell names apart that differ in case alone."""
    seen = {schema.fid.lower(), schema.geometry.lower()} - {""}
    names = []
    for name in schema.fields:
        if name.lower() not in seen:
            seen.add(name.lower())
            names.append(name)
    return names


def file_names(schema: Schema, read: set[str], place: str) -> set[str]:
    """Columns that a statement reads (in lower case), in the file's spelling, without the row id.

    Raises
    ------
    InputError
        When the file has two fields whose names differ in case alone and the statement reads one of them.
    """
    chosen = {name for name in schema.fields if name.lower() in read}
    for name in sorted(chosen - set(declared(schema))):
        first = next(other for other in (schema.fid, schema.geometry, *schema.fields) if other.lower() == name.lower())
        raise InputError(
            f"two columns differ only in case, '{first}' and '{name}'",
            where=place,
            remedy="rename one of them in the file",
        )
    if schema.geometry and schema.geometry.lower() in read:
        chosen.add(schema.geometry)
    return chosen


def rowid(schema: Schema) -> str:
    """A name for the row number that no field of the layer takes."""
    taken = {name.lower() for name in (*schema.fields, schema.geometry)}
    return next(name for name in ("rowid", "_rowid_", "oid", "rowid") if name not in taken or name == "rowid")
