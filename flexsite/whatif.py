"""What if a rule were off, came first, or sites had to be larger? Answered from one table, without any geometry.

The table holds the ground of every candidate by combination of footprints. It says how many m2 each candidate keeps;
how that falls apart in sites takes a run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flexsite.availability.combinations import MOST_BITS, Combinations
from flexsite.availability.tile import Wanted
from flexsite.availability.work import GROUP, Crew, box_of, contents_of, part_of, recipe, tile_key
from flexsite.cache import key
from flexsite.errors import InputError
from flexsite.study.identity import identity
from flexsite.study.kinds import of_one_kind

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from flexsite.availability.footprint import Footprint
    from flexsite.availability.window import Clock
    from flexsite.cache import Cache
    from flexsite.flat import Flat
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase

KIND, TILE = "combinations", "combined_tile"
_WANTED = Wanted(compiled=True, taken=False, stand_ins=False)
_PARTS, _WHOLE = "combinations.parquet", "candidates.parquet"


@dataclass(frozen=True)
class WhatIf:
    """The ground of all candidates by combination of rules.

    Attributes
    ----------
    table
        Their ground by combination.
    read_ids
        Gives the ids of the candidates.

    Examples
    --------
    >>> found = what_if(flexsite.load("study.yaml"))  # doctest: +SKIP
    >>> found.waterfall(off=["noise"], min_area=5000)  # doctest: +SKIP
    """

    study: Study
    table: Combinations
    read_ids: Callable[[], NDArray[np.object_]]

    @cached_property
    def ids(self) -> NDArray[np.object_]:
        """Ids of the candidates, read when they are asked for."""
        return self.read_ids()

    def waterfall(
        self, *, off: Sequence[str] = (), order: Sequence[str] | None = None, min_area: float | None = None
    ) -> pd.DataFrame:
        """The waterfall with other rules.

        Parameters
        ----------
        off
            Ids of rules that do not act.
        order
            Ids in another order; rules left out come after these, in the order of the study.
        min_area
            m2 that a candidate must keep; default: the study's.

        Returns
        -------
        pandas.DataFrame
            rule, effect, class, candidates, area_ha, removed_ha, touched_ha, only_ha, unknown_ha. The last row,
            `min_area`, counts candidates that keep enough in all, also where that lies in several parts: no fewer
            than hold a site.

        Raises
        ------
        InputError
            No rule has such an id.
        """
        import pandas as pd

        return pd.DataFrame(self.rows(off=off, order=order, min_area=min_area))

    def rows(
        self, *, off: Sequence[str] = (), order: Sequence[str] | None = None, min_area: float | None = None
    ) -> list[dict[str, str | int | float]]:
        """The rows of `waterfall`, as plain values; parameters and errors as there."""
        rules = self._rules(off, order)
        account, _ = self.table.account(self.study, rules, overlaps=False)
        left = float(account.start_m2.sum()) / 1e4
        rows = [_row("start", "", "", int((account.start_m2 > 0).sum()), left, left)]
        for step in account.steps(self.study, rules):
            rows.append(
                _row(step.rule, step.effect, step.hardness, step.candidates, step.area_ha, left)
                | {name: round(getattr(step, name), 6) for name in ("touched_ha", "only_ha", "unknown_ha")}
            )
            left = step.area_ha
        least = self.study.candidates.min_area if min_area is None else min_area
        enough = (account.area_m2 > 0) & (account.area_m2 >= least)
        rows.append(_row("min_area", "", "", int(enough.sum()), float(account.area_m2[enough].sum()) / 1e4, left))
        return rows

    def areas(self, *, off: Sequence[str] = (), order: Sequence[str] | None = None) -> pd.DataFrame:
        """Per candidate what it had, what each rule takes at its turn, and what is left, in m2."""
        import pandas as pd

        rules = self._rules(off, order)
        account, _ = self.table.account(self.study, rules, overlaps=False)
        found = {"candidate_id": self.ids, "area_m2": account.start_m2}
        for rule in rules:
            taken = np.zeros(len(account.start_m2))
            taken[account.taken[rule.id].index] = account.taken[rule.id].taken_m2
            found[rule.id] = taken
        return pd.DataFrame({**found, "left_m2": account.area_m2})

    def _rules(self, off: Sequence[str], order: Sequence[str] | None) -> list[RuleBase]:
        known = {rule.id: rule for rule in self.study.rules}
        for name in [*off, *(order or ())]:
            if name not in known:
                raise InputError(f"no rule '{name}'", where="what if", remedy=f"choose from {', '.join(known)}")
        names = dict.fromkeys([*(order or ()), *known])
        return [known[name] for name in names if name not in off]


def what_if(study: Study, crew: Crew | None = None) -> WhatIf:
    """The table for questions about a study's rules, from the crew's cache where it was made before.

    Raises
    ------
    InputError
        As `flexsite.run`; or the study has candidates of several layers, or more rules than a table can tell apart.
    """
    crew, study = crew or Crew(), of_one_kind(study, "a table of what if")
    if 2 * len(study.rules) > MOST_BITS:
        raise InputError(
            f"{len(study.rules)} rules are more than one table tells apart",
            where=f"{study.path.name}, rules",
            remedy=f"ask about a study with at most {MOST_BITS // 2} rules",
        )
    made_of = None if crew.cache is None else _made_of(study, crew)
    if crew.cache is None or made_of is None:
        return _computed(study, crew)
    known = crew.cache.get(KIND, made_of)
    if known is not None:
        return _load(known, study)
    found = _computed(study, crew)
    crew.cache.keep(KIND, made_of, lambda folder: _save(found, folder))
    return found


def _computed(study: Study, crew: Crew) -> WhatIf:
    from flexsite import keeping
    from flexsite.availability import exact, prepared, tiles
    from flexsite.availability.window import Clock
    from flexsite.notices import Notices
    from flexsite.opening import open_layers, read_area

    layers, clock = open_layers(study), Clock.of(study)
    candidates = keeping.candidates(study, layers, read_area(study, layers), Notices(), crew.cache)
    found = prepared.footprints(study.rules, study, layers, candidates.bounds, clock, crew.cache)
    footprints = dict(zip([rule.id for rule in study.rules], found, strict=True))
    settings = recipe(study, _WANTED)

    def one(mine: NDArray[np.intp]) -> Combinations:
        some = candidates.shapes.take(mine)
        around = box_of(some)
        near = {name: found.near(around) for name, found in footprints.items()}
        if crew.cache is None:
            return exact.combinations(some, near, study, clock)
        return _remembered(some, near, study, clock, settings, crew.cache, writing)

    rows = tiles.split(candidates.shapes.bounds)
    # Who writes mostly waits for the disk.
    with _Writing() as writing, ThreadPoolExecutor(crew.workers or os.cpu_count() or 1) as pool:
        parts = list(pool.map(one, rows))
    row = np.concatenate([own[part.row] for own, part in zip(rows, parts, strict=True)])
    order = np.argsort(row, kind="stable")
    start = np.zeros(len(candidates))
    for own, part in zip(rows, parts, strict=True):
        start[own] = part.start
    table = Combinations(
        start,
        row[order],
        np.concatenate([part.mask for part in parts])[order],
        np.concatenate([part.area for part in parts])[order],
        parts[0].feature_bit,
        parts[0].coverage_bit,
    )
    return WhatIf(study, table, lambda: candidates.ids)


def _remembered(
    shapes: Flat,
    near: Mapping[str, Footprint],
    study: Study,
    clock: Clock,
    settings: str,
    cache: Cache,
    writing: _Writing,
) -> Combinations:
    """The table of a tile, of which only candidates that meet something else than before are swept again."""
    from flexsite.availability import exact, met

    contents = contents_of(near)
    name = tile_key(shapes, contents, settings)
    folder = cache.get(TILE, name)
    if folder is not None:
        return _load_table(folder)
    known = met.known(cache, TILE, name[:GROUP], shapes, near, contents)
    if known.before is None:
        table = exact.combinations(shapes, near, study, clock, known.laid)
    else:
        folder, rows = known.before
        table = _load_table(folder)
        if len(rows):
            table = table.with_rows(rows, exact.combinations(*part_of(shapes, near, rows), study, clock))

    def write(place: Path) -> None:
        _save_table(table, place, {})
        known.met.write(place)

    writing.begin(lambda: cache.keep(TILE, name, write))
    return table


class _Writing:
    """Writes beside the work, which need not wait for the disk; whoever leaves waits, and hears of what went wrong."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="writing")
        self._begun: list[Future[object]] = []

    def __enter__(self) -> _Writing:
        return self

    def begin(self, write: Callable[[], object]) -> None:
        """Write something, soon."""
        self._begun.append(self._pool.submit(write))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown(cancel_futures=kind is not None)
        for one in self._begun if kind is None else ():
            one.result()


def _made_of(study: Study, crew: Crew) -> str | None:
    """Everything that the table depends on, found without reading any geometry; None where that cannot be known."""
    if crew.cache is None:
        return None
    used = {rule.layer for rule in study.rules} | ({study.candidates.layer} if study.candidates.layer else set())
    files = {name: identity(study.layers[name], crew.cache.digest) for name in sorted(used)}
    area = identity(study.area, crew.cache.digest)
    if area is None or None in files.values():
        return None
    reading = [rule.model_dump(mode="json", exclude={"basis", "label", "certainty"}) for rule in study.rules]
    spec = study.candidates.model_dump(mode="json", exclude={"min_area", "min_width"})
    return key(KIND, files, area, reading, spec, study.crs, recipe(study, _WANTED))


def _save_table(table: Combinations, folder: Path, columns: Mapping[str, Any]) -> None:
    """Write a table, with columns of the candidates beside their areas."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = pa.table({"candidate": table.row, "mask": table.mask, "area_m2": table.area})
    bits = {f"feature {name}": str(bit) for name, bit in table.feature_bit.items()}
    bits |= {f"coverage {name}": str(bit) for name, bit in table.coverage_bit.items()}
    parts = parts.replace_schema_metadata(bits)
    pq.write_table(parts, folder / _PARTS, compression="lz4", use_dictionary=["mask"])
    whole = pa.table({**columns, "area_m2": table.start})
    pq.write_table(whole, folder / _WHOLE, compression="lz4", use_dictionary=False)


def _load_table(folder: Path) -> Combinations:
    import pyarrow.parquet as pq

    # Not pq.read_table: it loads pandas.
    with pq.ParquetFile(folder / _PARTS) as file:
        parts = file.read()
    with pq.ParquetFile(folder / _WHOLE) as file:
        whole = file.read(["area_m2"])
    bits = {name.decode(): int(bit) for name, bit in (parts.schema.metadata or {}).items()}

    def of(kind: str) -> dict[str, int]:
        return {name.removeprefix(kind): bit for name, bit in bits.items() if name.startswith(kind)}

    return Combinations(
        _numbers(whole.column("area_m2")),
        _numbers(parts.column("candidate")),
        _numbers(parts.column("mask")),
        _numbers(parts.column("area_m2")),
        of("feature "),
        of("coverage "),
    )


def _numbers(column: Any) -> NDArray[Any]:
    """Numbers without a gap, without loading pandas, which the column's own `to_numpy` does."""
    chunks = [np.from_dlpack(chunk) for chunk in column.chunks]
    if len(chunks) == 1:
        return chunks[0]
    return np.concatenate([np.empty(0, column.type.to_pandas_dtype()), *chunks])


def _save(found: WhatIf, folder: Path) -> None:
    import pyarrow as pa

    _save_table(found.table, folder, {"candidate_id": pa.array(found.ids, pa.large_string())})


def _load(folder: Path, study: Study) -> WhatIf:
    import pyarrow.parquet as pq

    def ids() -> NDArray[np.object_]:
        with pq.ParquetFile(folder / _WHOLE) as file:
            found: NDArray[np.object_] = file.read(["candidate_id"]).column(0).to_numpy()
        return found

    return WhatIf(study, _load_table(folder), ids)


def _row(
    rule: str, effect: str, hardness: str, candidates: int, area: float, before: float
) -> dict[str, str | int | float]:
    return {
        "rule": rule, "effect": effect, "class": hardness, "candidates": candidates, "area_ha": round(area, 6),
        "removed_ha": round(before - area, 6) + 0.0,
    }  # fmt: skip


def as_text(rows: Sequence[Mapping[str, str | int | float]]) -> str:
    """Rows as a table to read: hectares with two decimals, numbers at the right."""
    heads = list(dict.fromkeys(name for row in rows for name in row))
    lines = [heads, *([_shown(row.get(name, "")) for name in heads] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    shown = ("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in shown)


def _shown(value: str | int | float) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
