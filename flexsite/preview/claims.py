"""What each rule claims of the cells: its features or cells of its raster, and where its layer knows anything."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from flexsite.availability import footprint, waterfall
from flexsite.availability.window import Clock
from flexsite.flat import Flat
from flexsite.geometry import WORKERS
from flexsite.notices import Notices
from flexsite.preview.grid import Bounds, Grid
from flexsite.preview.sources import Cells, Polygons, Source, Way, upright
from flexsite.study.rule import KeepRule

if TYPE_CHECKING:
    from flexsite.layers import Layers
    from flexsite.study.models import Study
    from flexsite.study.rule import RuleBase


@dataclass(frozen=True)
class Claim:
    """A rule, ready to act on cells.

    Attributes
    ----------
    under
        Its features, or cells that meet its condition.
    known
        Where its layer knows anything; None: everywhere.
    takes, keeps, beyond
        It takes ground in this study; it keeps what is under its features; it claims ground outside the coverage.
    """

    rule: RuleBase
    under: Source
    known: Source | None
    takes: bool

    @property
    def keeps(self) -> bool:
        """Whether ground under the features stays and the rest goes."""
        return isinstance(self.rule, KeepRule)

    def entered(self, grid: Grid) -> int:
        """How many cells it claims in part, at most."""
        return self.under.entered(grid) + (0 if self.known is None else self.known.entered(grid))

    @property
    def beyond(self) -> bool:
        """Whether the rule also claims ground where its layer knows nothing."""
        return self.rule.outside_coverage == "exclude"


def read_claims(
    study: Study,
    layers: Layers,
    bounds: Bounds,
    clock: Clock,
    notices: Notices,
    way: Way,
    told: Callable[[str], None],
) -> list[Claim]:
    """Read and prepare what the rules claim, several at a time; told of each, in their order.

    Raises
    ------
    InputError
        Of the first rule that cannot be read.
    """

    def one(rule: RuleBase) -> tuple[Claim, Notices]:
        mine = Notices()
        claim = read(rule, study, layers, bounds, clock, mine)
        for source in (claim.under, claim.known):
            if source is not None:
                source.prepare(way)
        return claim, mine

    claims = []
    with ThreadPoolExecutor(WORKERS.get() or os.cpu_count() or 1) as pool:
        pending = [pool.submit(copy_context().run, one, rule) for rule in study.rules]
        try:
            for rule, waited in zip(study.rules, pending, strict=True):
                told(f"rule {rule.id}")
                claim, mine = waited.result()
                claims.append(claim)
                for key, text in mine.texts.items():
                    notices.warn(key, text)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return claims


def read(rule: RuleBase, study: Study, layers: Layers, bounds: Bounds, clock: Clock, notices: Notices) -> Claim:
    """Read what a rule claims around the ground.

    Parameters
    ----------
    bounds
        Of the ground, metres in the CRS of the study.
    notices
        Receives a warning where there is nothing.

    Raises
    ------
    InputError
        As `availability.footprint.read`.
    """
    takes = waterfall.removes(rule, study)
    if upright(rule, layers, bounds):
        footprint.cells(rule, study, layers, (bounds[0], bounds[3], bounds[0], bounds[3]))  # refuses early
        cells = Cells(rule, study, layers)
        known: Source = cells.valid()
        if isinstance(study.layers[rule.layer].coverage, Path):
            polygons = layers.coverage(rule.layer, bounds=bounds).polygons
            known = Polygons(Flat.of(np.empty(0, dtype=object) if polygons is None else polygons))
        return Claim(rule, cells, known, takes)
    found = footprint.read(rule, study, layers, bounds, clock)
    if not len(found):
        notices.warn(
            f"rule_{rule.id}",
            f"rule '{rule.id}': 0 features of layer '{rule.layer}' {'match ' if rule.match else ''}in this area",
        )
    mine = waterfall.claiming(rule, found, clock, active=waterfall.acts(rule, study))
    shapes = found.shapes if mine.all() else found.shapes.take(np.flatnonzero(mine))
    covered = None if found.covered is None else Polygons(found.covered)
    return Claim(rule, Polygons(shapes), covered, takes)
