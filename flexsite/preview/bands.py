"""The rules on a grid, a band of rows at a time: threads work on bands, their results come in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from flexsite.geometry import WORKERS, Floats
from flexsite.kernel.scan import TOTALS, Runs, Shares
from flexsite.kernel.scan import Band as Settled
from flexsite.preview.claims import Claim
from flexsite.preview.grid import Band, Grid
from flexsite.preview.sources import Source, Way

LEAST = 0.5
"""Share of a cell that must be left for the cell to belong to a patch."""
OUTSIDE = 255
"""Code of a cell without ground."""


@dataclass(frozen=True)
class Done:
    """What the rules leave of a band.

    Attributes
    ----------
    left, code
        Share of each cell that is left, and the number of the rule that took most of it.
    start
        (rows, 2) ground before any rule, in cells, and how many cells have any.
    totals
        (rules, rows, k) as `TOTALS`, in cells.
    alone
        (rows, k) what only one rule claims, for the rules that take.
    runs
        Cells that are left for the larger part.
    """

    band: Band
    left: Shares
    code: np.ndarray
    start: Floats
    totals: Floats
    alone: Floats
    runs: Runs


def settle(ground: Source, claims: Sequence[Claim], grid: Grid, way: Way) -> Iterator[Done]:
    """Let all rules act on all bands.

    Parameters
    ----------
    ground
        What is there before any rule.
    claims
        The rules, in order, prepared for the same way.
    way
        Exact shares or centres of cells.

    Yields
    ------
    Done
        From north to south; no more bands are in memory than there are threads, and one.
    """
    workers = WORKERS.get() or os.cpu_count() or 1
    bands = grid.bands()
    ground.prepare(way)
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[Done]] = deque()
        for band in bands:
            ahead.append(pool.submit(_settle, band, ground, claims, grid, way))
            if len(ahead) > workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _settle(band: Band, ground: Source, claims: Sequence[Claim], grid: Grid, way: Way) -> Done:
    here = ground.of(grid, band, way)
    settled = Settled(here.high)
    totals = np.zeros((len(claims), band.rows, len(TOTALS)))
    for place, claim in enumerate(claims):
        under = claim.under.of(grid, band, way)
        known = None if claim.known is None else claim.known.of(grid, band, way)
        totals[place] = settled.act(
            place + 1,
            (under.high, under.low),
            None if known is None else (known.high, known.low),
            keeps=claim.keeps,
            beyond=claim.beyond,
            takes=claim.takes,
        )
    code = settled.code
    code[here.high == 0] = OUTSIDE
    runs = Runs.of(settled.left, LEAST)
    return Done(band, settled.left, code, settled.start, totals, settled.alone(), runs)
