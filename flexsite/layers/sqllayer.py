"""A layer that a `sql` makes out of the tables of a file."""

# ruff: noqa: S608 - names are quoted; the statement of a study is checked and runs guarded

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyproj

from flexsite.errors import InputError
from flexsite.layers.query import Database, declared, file_names
from flexsite.layers.sqltext import expression, quote, select, shown
from flexsite.layers.table import Bounds, Kind, Mask, Rows, Schema, Source, column, nearest


class SqlLayer:
    """The result of one SELECT over the layers of a file; its feature ids are row numbers from 0.

    Layers are tables under their own names. The geometry of a table is its geometry column, which may be passed on,
    chosen by CASE or coalesce, but not looked into: geometry never enters SQLite. Only the tables and columns that
    the statement reads are loaded.

    Raises
    ------
    InputError
        When the statement is wrong, has two columns of one name, or gives not exactly one geometry.
    """

    def __init__(self, text: str, source: Source, place: str, name: str) -> None:
        self.text, self.place, self.name = text, place, name
        self._database = Database(place)
        self._tables: list[Rows] = []
        self._schemas: list[Schema] = []
        self._extents: list[Bounds] = []
        statement = select(text, place)
        columns = self._try(statement, source)
        self._load(source)
        made = "result of the sql"
        with self._database.making(made):
            self._database.run(f"CREATE TABLE {quote(made)} AS {statement}", text)
        for schema in self._schemas:
            self._database.connection.execute(f"DROP TABLE {quote(schema.layer)}")
        self._database.connection.execute(f"ALTER TABLE {quote(made)} RENAME TO {quote(self.name)}")
        self.count = int(self._database.connection.execute(f"SELECT count(*) FROM {quote(self.name)}").fetchone()[0])
        self._names = dict(zip(columns, self._result_names(), strict=True))
        self.geometry, self.rows = self._geometry(columns)
        self.columns = [item for item in columns if item != self.geometry]
        fields: dict[str, Kind] = dict.fromkeys(self.columns, "text")
        self._result = Schema(self.name, fields, "", "", None, self.crs, self.count)
        self._database.tables = {self.name: self._result}

    def _try(self, statement: str, source: Source) -> list[str]:
        """Names of the result's columns, from a run over empty tables, each made when it is missed."""
        available = dict(source.names())
        while True:
            self._database.reads.clear()
            try:
                columns, _ = self._database.run(statement, self.text)
                break
            except InputError as error:
                wanted = error.what.partition("no table '")[2].partition("'")[0]
                missing = next(
                    (
                        name
                        for name in available
                        if name.lower() == wanted.lower() and name not in self._database.tables
                    ),
                    None,
                )
                if missing is not None:
                    self._database.create(source.schema(missing))
                    continue
                if wanted:
                    raise InputError(error.what, where=self.place, remedy=nearest(wanted, available)) from None
                raise
        seen: set[str] = set()
        for item in columns:
            if item.lower() in seen:
                raise InputError(
                    f"two columns of the result are called '{item}', in: {shown(self.text)}",
                    where=self.place,
                    remedy="name them apart with AS",
                )
            seen.add(item.lower())
        return columns

    def _load(self, source: Source) -> None:
        crs: list[pyproj.CRS | None] = []
        for layer, schema in self._database.tables.items():
            if len(declared(schema)) < len([name for name in schema.fields if name.lower() != schema.fid.lower()]):
                file_names(schema, {name.lower() for name in schema.fields}, self.place)
            names = file_names(schema, self._database.read_of(schema, self.text), self.place)
            geometry = schema.geometry != "" and schema.geometry in names
            rows = source.read(layer, sorted(names - {schema.geometry}), geometry=geometry)
            self._database.fill(schema, rows, by_position=False)
            self._tables.append(rows)
            self._schemas.append(schema)
            if geometry:
                crs.append(schema.crs)
                if (extent := source.extent(layer)) is not None:
                    self._extents.append(extent)
        if len({"" if item is None else item.to_wkt() for item in crs}) > 1:
            raise InputError(
                "the tables have different CRSs", where=self.place, remedy="read them as layers of their own"
            )
        self.crs = crs[0] if crs else None
        self._order = list(self._database.tables)

    def _result_names(self) -> list[str]:
        return [row[1] for row in self._database.connection.execute(f"PRAGMA table_info({quote(self.name)})")]

    def _geometry(self, columns: list[str]) -> tuple[str, Rows]:
        """The one column that holds geometry, and the WKB of each row."""
        run, nonce, table = self._database.connection.execute, self._database.nonce, quote(self.name)
        found = []
        for item in columns:
            name = quote(self._names[item])
            query = f"SELECT 1 FROM {table} WHERE typeof({name}) = 'blob' AND substr({name}, 1, 16) = ? LIMIT 1"
            if run(query, (nonce,)).fetchone():
                found.append(item)
        ids = np.arange(self.count, dtype=np.int64)
        if not self.count:
            return "", Rows(ids, pa.array([], pa.large_binary()))
        names = sorted({schema.geometry for schema in self._schemas if schema.geometry})
        if len(found) != 1:
            what = (
                f"the result has {len(found)} geometry columns ({', '.join(found)})"
                if found
                else "the result has no geometry"
            )
            remedy = (
                "keep one of them"
                if found
                else f"add the geometry column {' or '.join(names) or 'of a layer'} to the SELECT"
            )
            raise InputError(f"{what}, in: {shown(self.text)}", where=self.place, remedy=remedy)
        handles = [
            row[0] for row in run(f"SELECT {quote(self._names[found[0]])} FROM {quote(self.name)} ORDER BY rowid")
        ]
        wkb = self._resolve(handles)
        return found[0], Rows(ids, wkb)

    def _resolve(self, handles: list[object]) -> pa.Array:
        nonce = self._database.nonce
        good = [isinstance(item, bytes) and len(item) == 24 and item.startswith(nonce) for item in handles]
        for row, (item, is_handle) in enumerate(zip(handles, good, strict=True)):
            if item is not None and not is_handle:
                raise InputError(
                    f"row {row} of the result has something else in the place of its geometry",
                    where=self.place,
                    remedy="let every branch give a geometry column or NULL",
                )
        numbers = [int.from_bytes(item[16:], "big") if isinstance(item, bytes) else -1 for item in handles]
        number = np.array(numbers, dtype=np.int64)
        at_table, at_row = number >> 48, number & ((1 << 48) - 1)
        result = np.full(len(handles), None, dtype=object)
        for rows, schema in zip(self._tables, self._schemas, strict=True):
            mask = at_table == self._order.index(schema.layer)
            if mask.any() and rows.wkb is not None:
                result[mask] = rows.wkb.take(pa.array(at_row[mask])).to_numpy(zero_copy_only=False)
        return pa.array(result, pa.large_binary())

    def mask(self, wheres: Sequence[str]) -> Mask:
        """True where a row of the result meets every `where`."""
        mask = np.ones(self.count, bool)
        for text in wheres:
            checked = expression(text, self.place)
            self._database.run(f"EXPLAIN SELECT CASE WHEN {checked} THEN 1 END FROM {quote(self.name)}", text)
            _, rows = self._database.run(f"SELECT rowid FROM {quote(self.name)} WHERE ({checked})", text)
            passing = np.zeros(self.count, bool)
            passing[np.fromiter((row[0] for row in rows), np.int64, len(rows)) - 1] = True
            mask &= passing
        return mask

    def field(self, name: str) -> pa.Array:
        """A column of the result."""
        cursor = self._database.connection.execute(
            f"SELECT {quote(self._names[name])} FROM {quote(self.name)} ORDER BY rowid"
        )
        return column([row[0] for row in cursor])

    @property
    def features(self) -> int:
        """Features in the tables that were read."""
        return sum(len(rows) for rows in self._tables)

    @property
    def extent(self) -> Bounds | None:
        """Bounding rectangle of the tables whose geometry was read, in the CRS of the file."""
        if not self._extents:
            return None
        box = np.array(self._extents)
        return float(box[:, 0].min()), float(box[:, 1].min()), float(box[:, 2].max()), float(box[:, 3].max())
