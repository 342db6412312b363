"""Tables of attributes beside a layer: CSV as Dutch and English programs write it, and Parquet."""

from __future__ import annotations

import csv
import io
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from flexsite.errors import InputError
from flexsite.layers.table import nearest, plain
from flexsite.values import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flexsite.study.layer import Table

_DELIMITERS = (";", "\t", ",", "|")
_NOTHING = ("", ".")
"""Cells without a value: empty, or a dot, as StatLine writes it."""
_WHOLE = r"^[+-]?\d{1,18}$"
_POINT = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_COMMA = r"^[+-]?(\d{1,3}(\.\d{3})+|\d*)(,\d+)?$"
_CODE = r"^[+-]?0\d"
"""Begins with a zero that a number would lose."""
_COMMA_SURE = r"^[+-]?(\d{1,3}(\.\d{3})+|\d*),(\d{1,2}|\d{4,})$|^[+-]?(\d{4,}|0?),\d+$|^[+-]?\d{1,3}(\.\d{3}){2,}$"
"""Only a decimal comma, or dots between thousands, explain it."""
_COMMA_LIKELY = r"^[+-]?\d+,\d+$"
_DOTS_EITHER = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"
"""A thousand and some, or one and some thousandths."""
_COMMAS_EITHER = r"^[+-]?[1-9]\d{0,2}(,\d{3})+$"


class Attributes:
    """A table of attributes, by its key.

    Parameters
    ----------
    spec
        What the study says of it.
    missing
        Texts that stand for no value.
    layer
        Name of the layer, for messages.

    Raises
    ------
    InputError
        The file is missing, of another kind or broken, lacks the key, or has a key twice.
    """

    def __init__(self, spec: Table, missing: Sequence[object], layer: str) -> None:
        self.spec, self._missing = spec, [*_NOTHING, *map(str, missing)]
        self.place = f"layer '{layer}', table ({spec.path.name})"
        self._delimiter = ""
        if not spec.path.is_file():
            raise InputError("there is no such file", where=self.place, remedy="check the path")
        kind = spec.path.suffix.lower()
        if kind in {".csv", ".txt", ".tsv"}:
            self._columns = self._from_csv()
        elif kind in {".parquet", ".pq"}:
            self._columns = self._from_parquet()
        else:
            raise InputError(
                f"a table is CSV or Parquet, and this is '{kind}'", where=self.place, remedy="save it as CSV, UTF-8"
            )
        if spec.key not in self._columns:
            raise InputError(
                f"no column '{spec.key}' for the key", where=self.place, remedy=nearest(spec.key, self.fields)
            )

    @property
    def fields(self) -> list[str]:
        """Names of its columns."""
        return list(self._columns)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row by key; a row without a key is left out."""
        found: dict[str, int] = {}
        twice: dict[str, None] = {}
        for row, value in enumerate(self._columns[self.spec.key].to_pylist()):
            key = text_of(value).strip()
            if key and key in found:
                twice.setdefault(key)
            elif key:
                found[key] = row
        if twice:
            raise InputError(
                f"the key '{next(iter(twice))}' stands in several rows"
                + (f", as do {len(twice) - 1} others" if len(twice) > 1 else ""),
                where=f"{self.place}, column '{self.spec.key}'",
                remedy="keep one row per key: one year, one kind of area",
            )
        if not found:
            raise InputError("it has no row with a key", where=self.place, remedy="check the file")
        return found

    def field(self, name: str) -> pa.Array:
        """A column, as numbers where all its values are numbers and as text otherwise.

        Raises
        ------
        InputError
            The numbers can be read in two ways.
        """
        values = self._columns[name]
        return self._typed(values, name) if self._delimiter else plain(values)

    def _from_csv(self) -> dict[str, pa.Array]:
        data = self.spec.path.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            try:
                text = data.decode("cp1252")
            except UnicodeDecodeError:
                raise InputError(
                    "it is neither UTF-8 nor Windows text", where=self.place, remedy="save it as CSV, UTF-8"
                ) from None
        first, _, rest = text.partition("\n")
        if first.lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own word for it
            self._delimiter, text = first[4], rest
        else:
            self._delimiter = _delimiter(first)
        try:
            lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter, strict=True))
        except csv.Error as error:
            raise InputError(f"it is no sound CSV ({error})", where=self.place, remedy="save it anew") from None
        numbered = [(number, line) for number, line in enumerate(lines, 1) if any(cell.strip() for cell in line)]
        if len(numbered) < 2:
            raise InputError("it has no rows", where=self.place, remedy="name another file")
        names = [name.strip() for name in numbered[0][1]]
        double = next((name for name in names if name and names.count(name) > 1), None)
        if double is not None:
            raise InputError(f"two columns are called '{double}'", where=self.place, remedy="rename one of the two")
        odd = next((number for number, line in numbered if len(line) != len(names)), None)
        if odd is not None:
            raise InputError(
                f"row {odd} has another number of cells than the header, which has {len(names)}",
                where=self.place,
                remedy="put cells that hold the separator between quotes",
            )
        cells = zip(*(line for _, line in numbered[1:]), strict=True)
        return {
            name: pc.utf8_trim_whitespace(pa.array(values, pa.large_string()))
            for name, values in zip(names, cells, strict=True)
            if name
        }

    def _from_parquet(self) -> dict[str, pa.Array]:
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(self.spec.path)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise InputError(f"it is no sound Parquet ({error})", where=self.place, remedy="save it anew") from None
        return {name: table.column(name) for name in table.column_names}

    @cached_property
    def _decimal(self) -> str:
        """The mark before decimals: what the study says, or what any of the columns shows."""
        if self.spec.decimal is not None:
            return self.spec.decimal
        sure = _COMMA_SURE if self._delimiter == "," else f"{_COMMA_SURE}|{_COMMA_LIKELY}"
        shown = any(pc.any(pc.match_substring_regex(values, sure)).as_py() for values in self._columns.values())
        return "," if shown else ""

    def _typed(self, values: pa.Array, name: str) -> pa.Array:
        gone = pc.is_in(values, pa.array(self._missing, pa.large_string()))
        values = pc.if_else(gone, pa.scalar(None, pa.large_string()), values)
        given = values.drop_null()

        def all_are(pattern: str) -> bool:
            return bool(len(given)) and bool(pc.all(pc.match_substring_regex(given, pattern)).as_py())

        def any_is(pattern: str) -> bool:
            return bool(pc.any(pc.match_substring_regex(given, pattern)).as_py())

        if not len(given) or any_is(_CODE):
            return values
        if all_are(_WHOLE):
            return values.cast(pa.int64())
        if self._decimal == "," and all_are(_COMMA):
            bare = pc.replace_substring(values, ".", "")
            return pc.replace_substring(bare, ",", ".").cast(pa.float64())
        unclear = _COMMAS_EITHER if self._delimiter == "," else _DOTS_EITHER
        if not self._decimal and all_are(f"{unclear}|{_WHOLE}"):
            raise InputError(
                f"the numbers of '{name}' can be read in two ways: '{given.filter(_that(given, unclear))[0]}'",
                where=self.place,
                remedy="say under table: what stands before decimals, decimal: ',' or decimal: '.'",
            )
        if self.spec.decimal == "." and all_are(f"{_COMMAS_EITHER}|{_POINT}"):
            values = pc.replace_substring(values, ",", "")
            return values.cast(pa.float64())
        return values.cast(pa.float64()) if all_are(_POINT) else values


def _that(values: pa.Array, pattern: str) -> pa.Array:
    return pc.match_substring_regex(values, pattern)


def _delimiter(header: str) -> str:
    """What separates the cells of a header, quoted ones aside.

    Examples
    --------
    >>> _delimiter('code;"naam, voluit";jaar'), _delimiter("code")
    (';', ',')
    """
    bare = "".join(header.split('"')[::2])
    best = max(_DELIMITERS, key=bare.count)
    return best if bare.count(best) else ","
