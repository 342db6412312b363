"""Sizes in bytes, as people write and read them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flexsite.errors import InputError

if TYPE_CHECKING:
    from flexsite.cache.entry import Entry

_DECIMAL = ("B", "kB", "MB", "GB", "TB")
_FACTORS = {"": 1, "b": 1} | {
    unit: base**power
    for power, letter in enumerate("kmgt", 1)
    for unit, base in ((letter, 1000), (f"{letter}b", 1000), (f"{letter}ib", 1024))
}


def size_from(text: str, *, where: str) -> int:
    """Bytes from a text such as `5GB`; without a unit the number counts bytes.

    Parameters
    ----------
    text
        A number and a unit: B, kB, MB, GB, TB are powers of 1000, KiB, MiB, GiB, TiB of 1024.
    where
        Where the text stands, for the message.

    Raises
    ------
    InputError
        The text is no size.

    Examples
    --------
    >>> size_from("2.5 GB", where="here"), size_from("1KiB", where="here")
    (2500000000, 1024)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([a-z]*)", re.sub(r"\s", "", text).lower(), flags=re.ASCII)
    if found is None or found[2] not in _FACTORS:
        raise InputError(f"'{text}' is no size", where=where, remedy="write a number and a unit, such as 5GB or 500MB")
    return int(float(found[1]) * _FACTORS[found[2]])


def size_text(count: int) -> str:
    """Bytes as people read them, in powers of 1000.

    Examples
    --------
    >>> size_text(0), size_text(1234), size_text(20_000_000_000)
    ('0 B', '1.2 kB', '20 GB')
    """
    power = min((len(str(count)) - 1) // 3, len(_DECIMAL) - 1)
    value = count / 1000**power
    return f"{value:.1f}".removesuffix(".0") + f" {_DECIMAL[power]}"


def table(entries: Sequence[Entry]) -> list[str]:
    """Number and size of entries per kind and in all, as lines of text.

    Examples
    --------
    >>> table([])
    ['kind   entries  size', 'total        0   0 B']
    """
    count, size = Counter[str](), Counter[str]()
    for one in entries:
        count[one.kind] += 1
        size[one.kind] += one.size
    rows = [(kind, str(count[kind]), size_text(size[kind])) for kind in sorted(count)]
    rows = [("kind", "entries", "size"), *rows, ("total", str(len(entries)), size_text(size.total()))]
    kinds, counts, sizes = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [f"{kind:<{kinds}}  {number:>{counts}}  {many:>{sizes}}" for kind, number, many in rows]
