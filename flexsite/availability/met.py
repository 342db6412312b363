"""What the candidates of a tile meet, kept beside its result: later only those that meet something else are redone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flexsite.availability.laying import Laid, Prints, lay
from flexsite.geometry import Indices

if TYPE_CHECKING:
    from flexsite.availability.footprint import Footprint
    from flexsite.cache import Cache
    from flexsite.flat import Flat

_FILE = "met.parquet"
_LOOKED_AT = 4
"""Earlier results of one tile that are looked at: those used last."""
_COMPARED = 2
"""Those of them that are compared candidate by candidate: where the fewest rules changed."""


@dataclass(frozen=True)
class Met:
    """What candidates meet, by rule.

    Attributes
    ----------
    contents
        A fingerprint of everything that the rule knows around the tile.
    prints
        Per candidate a fingerprint of what it knows there.
    """

    contents: Mapping[str, str]
    prints: Mapping[str, Prints]

    def write(self, folder: Path) -> None:
        """Keep it with a result."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = {
            column: pa.array(words)
            for name, prints in self.prints.items()
            for column, words in zip(_columns(name), prints.T, strict=True)
        }
        table = pa.table(columns).replace_schema_metadata({"contents": json.dumps(dict(self.contents))})
        pq.write_table(table, folder / _FILE, compression="lz4", use_dictionary=False)


@dataclass(frozen=True)
class Known:
    """What is known before a tile is dealt with.

    Attributes
    ----------
    met
        What its candidates meet now.
    laid
        The features laid over the candidates, where that had to be done for all rules.
    before
        The earlier result that holds for most of the candidates, and the rows of the others; None without any.
    """

    met: Met
    laid: Laid | None
    before: tuple[Path, Indices] | None


def known(
    cache: Cache, kind: str, group: str, shapes: Flat, near: Mapping[str, Footprint], contents: Mapping[str, str]
) -> Known:
    """Find the earlier result of a tile of which most holds still; only rules that changed are laid over candidates.

    Parameters
    ----------
    group
        How the keys of all results of this kind begin that were made of the same candidates in the same way.
    near, contents
        By rule what lies around the tile, and a fingerprint of it.
    """
    earlier: list[tuple[Path, list[str]]] = []
    for folder in islice(cache.like(kind, group), _LOOKED_AT):
        then = _contents(folder)
        if then is not None and list(then) == list(contents):
            earlier.append((folder, [name for name, content in contents.items() if then[name] != content]))
    prints: dict[str, Prints] = {}
    best: tuple[Path, Indices, dict[str, Prints]] | None = None
    for folder, changed in sorted(earlier, key=lambda one: len(one[1]))[:_COMPARED]:
        new = {name: near[name] for name in changed if name not in prints}
        prints |= lay(shapes, new).prints(shapes, new) if new else {}
        theirs = _prints(folder, list(contents))
        differs = np.zeros(len(shapes), dtype=bool)
        for name in changed:
            differs |= (prints[name] != theirs[name]).any(axis=1)
        rows = np.flatnonzero(differs)
        if len(rows) < len(shapes) and (best is None or len(rows) < len(best[1])):
            best = folder, rows, {name: prints[name] if name in changed else theirs[name] for name in contents}
    if best is None:
        laid = lay(shapes, near)
        return Known(Met(contents, laid.prints(shapes, near)), laid, None)
    folder, rows, everything = best
    return Known(Met(contents, everything), None, (folder, rows))


def _columns(rule: str) -> tuple[str, str]:
    return f"{rule} 1", f"{rule} 2"


def _contents(folder: Path) -> dict[str, str] | None:
    import pyarrow.parquet as pq

    if not (folder / _FILE).exists():
        return None
    found: dict[str, str] = json.loads(pq.read_schema(folder / _FILE).metadata[b"contents"])
    return found


def _prints(folder: Path, rules: list[str]) -> dict[str, Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(folder / _FILE) as file:
        table = file.read([column for name in rules for column in _columns(name)])
    return {name: np.column_stack([table.column(column).to_numpy() for column in _columns(name)]) for name in rules}
